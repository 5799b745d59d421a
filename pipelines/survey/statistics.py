"""All statistics of one population's survey, as plain numbers: what the return says of it rests on these.

Values and shares in percent, differences and gaps in percentage points, nothing rounded; None where unknown.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from fractions import Fraction
from typing import Any

import pandas as pd

from schemas.categories import label_of, stated
from schemas.rulebook import Accuracy

from .accuracy import AccuracyTest
from .comparison import Answers, screen, year_on_year
from .estimation import Design, Estimate, estimate, honest_accuracy
from .representativeness import representativeness, response
from .sample import Sample, design_of
from .suppression import IMPRECISE, PROTECTING, SMALL
from .weighting import Weighting

# The collection method is compared like a characteristic: people answer an interviewer otherwise than a form.
METHOD = "method"

_COLLAPSED = "WGT-202"
_CHANGE_PERCENTS = ("this_year", "last_year", "difference", "se", "ci_low", "ci_high")
_CELL_PERCENTS = ("ci_low", "ci_high", "rest", "difference", "difference_low", "difference_high")


@dataclass(frozen=True)
class Thresholds:
    """Which groups are shown: `least` answers; `caution` effective answers, under which a cell is imprecise.

    A characteristic with more than `most_categories` categories is not screened.
    """

    least: int
    caution: float
    most_categories: int


def survey_statistics(
    sample: Sample,
    weighting: Weighting,
    answers: Mapping[str, Answers],
    test: AccuracyTest | None,
    accuracy: Accuracy,
    last_year: Mapping[str, Estimate],
    thresholds: Thresholds,
) -> dict[str, Any]:
    """Return the statistics of one population: a dict of plain values that JSON can hold.

    `answers`: of each measure, whose flags are in the order of the respondents (see `answers_of`); one
    without an answer has no estimate.
    `test`: the regulator's accuracy test, None where the population is unknown. `last_year`: estimates of
    the same population (see `last_year.last_year_estimates`).
    """
    design = design_of(sample, weighting)
    estimates = {measure: estimate(design, *flags) for measure, flags in answers.items()}
    this_year = {measure: each for measure, each in estimates.items() if each is not None}
    return {
        "population": sample.population,
        "population_size": sample.population_size,
        "responses": len(sample.respondents),
        "weights": _weights(sample, weighting),
        "accuracy": None if test is None else _accuracy(test, weighting, accuracy),
        "estimates": [_estimate(measure, each, answers[measure]) for measure, each in this_year.items()],
        "representativeness": representativeness(sample, design, thresholds.most_categories),
        "response": response(sample, thresholds.most_categories),
        "changes": _changes(this_year, last_year),
        "groups": _groups(design, sample, answers, thresholds),
    }


def answers_of(ledger: pd.DataFrame, sample: Sample) -> Answers:
    """Return the flags (met, counted) of a measure's ledger, in the order of the sample's respondents.

    Raises KeyError for a respondent that the ledger has no line of, ValueError for one with two.
    """
    mine = ledger[ledger["population"] == sample.population].set_index("record_id")
    if not mine.index.is_unique:
        raise ValueError(f"the ledger has two lines of response {mine.index[mine.index.duplicated()][0]}")
    flags = mine.loc[sample.respondents["response_id"]]
    return flags["met"].to_numpy(dtype=bool), flags["counted"].to_numpy(dtype=bool)


def _weights(sample: Sample, weighting: Weighting) -> dict[str, Any]:
    """Return how the weights came about."""
    worst, bounds = weighting.worst_category, weighting.bounds
    return {
        "method": weighting.method,
        "characteristics": list(weighting.characteristics),
        "population": float(weighting.population),
        "sweeps": int(weighting.sweeps),
        "worst_error": float(weighting.worst_error),
        "worst_category": None if worst is None else " ".join(worst),
        "bounds": None if bounds is None else [float(bound) for bound in bounds],
        "least_ratio": weighting.least_ratio,
        "greatest_ratio": weighting.greatest_ratio,
        "design_effect": weighting.design_effect,
        "n_effective": weighting.effective_n,
        "collapsed": [
            {"characteristic": name, "from": old, "to": new}
            for name, old, new in _collapsed(sample, weighting)
        ],
        "margins": weighting.margins.to_dict("records"),
    }


def _collapsed(sample: Sample, weighting: Weighting) -> list[tuple[str, str, str]]:
    """Return (characteristic, from, to) of each entry of the collapsing map that joined something."""
    joined = {
        (name, label_of(old)): label_of(new)
        for name, mapping in sample.scheme.collapse.items()
        for old, new in mapping.items()
    }
    used = [(each.characteristic, each.category) for each in weighting.problems if each.id == _COLLAPSED]
    return [(*key, joined[key]) for key in used]


def _accuracy(test: AccuracyTest, weighting: Weighting, accuracy: Accuracy) -> dict[str, Any]:
    """Return the accuracy test at what the responses are worth; the margin as exact decimal text."""
    found = honest_accuracy(test, weighting.effective_n, accuracy)
    margin = found.achieved_margin
    return {
        "n_effective": found.n_effective,
        "honest_margin": None if margin is None else f"{margin:f}",
        "honest_met": found.met,
        "only_nominally": found.only_nominally,
    }


def _estimate(measure: str, found: Estimate, answers: Answers) -> dict[str, Any]:
    met, counted = answers
    return {
        "measure": measure,
        "n": found.n,
        "value": 100 * found.p,
        "unweighted_value": float(Fraction(100 * int((met & counted).sum()), found.n)),
        "se": 100 * found.se,
        "se_fpc": None if found.se_fpc is None else 100 * found.se_fpc,
        "deff": found.deff,
        "deff_kish": found.deff_kish,
        "n_effective": found.n_effective,
        "ci_low": 100 * found.ci_low,
        "ci_high": 100 * found.ci_high,
        "method": found.method,
    }


def _changes(this_year: Mapping[str, Estimate], last_year: Mapping[str, Estimate]) -> list[dict[str, Any]]:
    """Return each measure of both years, compared; p-values adjusted by Holm over these measures."""
    return [
        {
            "measure": row["measure"],
            **{name: _percent(row[name]) for name in _CHANGE_PERCENTS},
            "p_value": _number(row["p_value"]),
            "p_adjusted": _number(row["p_adjusted"]),
        }
        for row in year_on_year(this_year, last_year).to_dict("records")
    ]


def _groups(
    design: Design, sample: Sample, answers: Mapping[str, Answers], thresholds: Thresholds
) -> dict[str, Any]:
    """Return every group of respondents against the rest, and which characteristics were not compared."""
    groups, omitted = {}, []
    for name in dict.fromkeys([*sample.characteristics, METHOD]):
        values = stated(sample.respondents[name])
        why = _why_omitted(values, thresholds.most_categories)
        if why:
            omitted.append({"characteristic": name, "why": why})
        else:
            groups[name] = values
    table = screen(
        design,
        answers,
        pd.DataFrame(groups, index=sample.respondents.index),
        least=thresholds.least,
        caution=thresholds.caution,
    )
    return {
        "tested": int(table["p_value"].notna().sum()),
        **{mark: int((table["mark"] == mark).sum()) for mark in (SMALL, PROTECTING, IMPRECISE)},
        "omitted": omitted,
        "cells": [_cell(row) for row in table.to_dict("records")],
    }


def _why_omitted(values: pd.Series, most_categories: int) -> str:
    categories = values.nunique()
    if categories == 0:
        return "no response states it"
    if categories == 1:
        return "every response that states it has the same"
    if categories > most_categories:
        return f"it has {categories:,} categories, more than {most_categories:,}"
    return ""


def _cell(row: Mapping[str, Any]) -> dict[str, Any]:
    return {
        **{name: row[name] for name in ("measure", "characteristic", "category", "mark")},
        "n": None if pd.isna(row["n"]) else int(row["n"]),
        "n_effective": _number(row["n_effective"]),
        "value": _percent(row["p"]),
        **{name: _percent(row[name]) for name in _CELL_PERCENTS},
        "p_value": _number(row["p_value"]),
        "p_adjusted": _number(row["p_adjusted"]),
    }


def _number(value: float) -> float | None:
    """Return a number of a table; None for the table's blank."""
    return None if pd.isna(value) else float(value)


def _percent(value: float) -> float | None:
    """Return a proportion of a table in percent; None for the table's blank."""
    return None if pd.isna(value) else 100 * float(value)
