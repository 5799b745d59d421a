"""Survey statistics of a landlord that does not exist: made-up answers, real intervals and tests."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from decimal import ROUND_HALF_UP, Decimal
from math import erfc, sqrt
from typing import Any

from pipelines.survey.comparison import benjamini_hochberg, holm
from pipelines.survey.intervals import Z, interval

Counts = Sequence[int]

# Households and responses by category of each characteristic.
CHARACTERISTICS: dict[str, dict[str, dict[str, tuple[int, int]]]] = {
    "LCRA": {
        "age_band": {
            "16 to 34": (563, 71),
            "35 to 44": (487, 72),
            "45 to 54": (469, 77),
            "55 to 64": (541, 104),
            "65 and over": (844, 188),
        },
        "area": {
            "East": (702, 131),
            "North": (911, 144),
            "South": (388, 61),
            "West and the villages": (903, 176),
        },
        "building_type": {"Bungalow": (310, 69), "Flat": (1187, 188), "House": (1407, 255)},
        "ethnic_group": {
            "Asian or Asian British": (244, 35),
            "Black, Black British, Caribbean or African": (187, 26),
            "Mixed or multiple": (91, 12),
            "Other": (58, 9),
            "White": (2219, 409),
        },
    },
    "LCHO": {
        "age_band": {
            "16 to 34": (341, 52),
            "35 to 44": (322, 58),
            "45 to 54": (204, 41),
            "55 and over": (213, 49),
        },
        "building_type": {"Flat": (702, 121), "House": (378, 79)},
    },
}
RAKED = ("age_band", "area")
DESIGN_EFFECT = 1.16
_LAST_YEAR = {"TP01": -3.9, "TP05": -0.6, "TP06": 11.4, "TP08": 1.1, "TP09": -5.2, "TP12": 2.5}
_PARTIAL = {"age_band": 0.0531, "area": 0.0212, "building_type": 0.0144}


def _numbers(population: str, answers: Mapping[str, Counts], size: int, honest: float) -> dict[str, Any]:
    """The statistics without texts. LCRA is raked and has a last year; LCHO is not and has not."""
    known = CHARACTERISTICS[population]
    responses = sum(count for _, count in known["age_band"].values())
    weighted = population == "LCRA"
    effect = DESIGN_EFFECT if weighted else 1.0
    estimates = [
        _estimate(key, counts, effect + 0.013 * (number % 5 - 2) * weighted)
        for number, (key, counts) in enumerate(answers.items())
    ]
    return {
        "population_size": size,
        "responses": responses,
        "weights": _weights(known, size, responses, weighted),
        "accuracy": {"n_effective": responses / effect, "honest_margin": honest,
                     "honest_met": False, "only_nominally": weighted},
        "estimates": estimates,
        "representativeness": [
            representation(name, categories, weighted=weighted, fixed=name in RAKED)
            for name, categories in known.items()
        ],
        "response": None if not weighted else {
            "r": 0.8321, "cv": 0.2104, "mean_propensity": 31.22, "invited": 1640, "responded": 512,
            "partial": [{"characteristic": name, "value": value} for name, value in _PARTIAL.items()],
        },
        "changes": _changes(estimates) if weighted else [],
        "groups": _groups(known, estimates, responses),
    }  # fmt: skip


def statistics(population: str, answers: Mapping[str, Counts], size: int, honest: float) -> dict[str, Any]:
    """The statistics with their texts, as the return document has them."""
    found = _numbers(population, answers, size, honest)
    weights, accuracy, changed = found["weights"], found["accuracy"], found["changes"]
    weights["text"] = (
        "Responses are raked on age band and area. Unequal weights make the responses worth "
        f"{_shown(weights['n_effective'], 0)} equal ones."
        if weights["margins"]
        else "Responses are not weighted: each counts the same."
    )
    accuracy["text"] = (
        f"The responses are worth {_shown(accuracy['n_effective'], 0)} equally weighted ones, which gives a "
        f"margin of error of ±{_shown(honest, 2)} percentage points. "
    ) + (
        "The regulator's test, which ignores weighting, is passed; at what the responses are worth it would "
        "not be: read the results with the wider margin."
        if accuracy["only_nominally"]
        else "That does not meet the requirement."
    )
    for each in found["estimates"]:
        each |= {
            "value_text": f"{_shown(each['value'])}%",
            "interval_text": f"{_shown(each['ci_low'])}% to {_shown(each['ci_high'])}%",
            "margin_text": f"±{_shown((each['ci_high'] - each['ci_low']) / 2)}",
            "n_effective_text": _shown(each["n_effective"], 0),
            "deff_text": _shown(each["deff"], 2),
        }
    for each in found["representativeness"]:
        represented(each)
    if found["response"]:
        found["response"]["text"] = (
            "Of 1,640 invited households 512 responded (31.2%); the R-indicator, 1 where all kinds of "
            "household were equally likely to respond, is 0.83."
        )
        for each in found["response"]["partial"]:
            each["value_text"] = _shown(each["value"], 3)
    for each in changed:
        each |= _difference(each, "ci_low", "ci_high")
        each["text"] = (
            "Higher than last year, by more than chance explains"
            if each["significant"]
            else "No more than chance explains"
        )
    found["changes_from"] = {
        "year": "2023-24",
        "source": "Last year's figures are those of previous_figures.csv, which the landlord gave. Their "
        "standard errors were not given and are taken to be those of a simple random sample (TP09).",
    } if changed else None  # fmt: skip
    grouped = found["groups"]
    for each in grouped["cells"]:
        each["value_text"] = "[c]" if each["value"] is None else f"{_shown(each['value'])}%"
        each |= _difference(each, "difference_low", "difference_high")
    differing = sum(each["significant"] for each in grouped["cells"])
    hidden = grouped["small"] + grouped["protecting"]
    grouped["text"] = (
        f"{grouped['tested']} groups of tenants compared with the rest, question by question: {differing} "
        "differences of more than chance explains, allowing for the number of comparisons "
        f"(Benjamini-Hochberg). {hidden} results not shown. Not compared: postcode (it has 214 categories, "
        "more than 40)."
    )
    found["fpc_assumption"] = (
        "The correction for a finite population takes those who did not respond to be like those who did: "
        "as if the households that responded were a random sample of all of them."
    )
    return found


def represented(found: dict[str, Any]) -> dict[str, Any]:
    """Writes the texts into what `representation` gives."""
    weighted = found["weighted"]
    for each in found["categories"]:
        each |= {
            "sample_text": f"{_shown(each['sample_percent'])}%",
            "population_text": f"{_shown(each['population_percent'])}%",
            "gap_text": _shown(each["gap"], sign=True),
            "weighted_text": f"{_shown(each['weighted_percent'])}%" if weighted else "",
            "weighted_gap_text": _shown(each["weighted_gap"], sign=True) if weighted else "",
        }
    worst = max(found["categories"], key=lambda each: abs(each["gap"]))
    found |= {
        "effect_text": _effect(found["effect_size"]),
        "weighted_effect_text": _effect(weighted["effect_size"]) if weighted else "",
        "p_text": _p_text(found["p_value"]),
    }
    found["text"] = (
        f"{found['characteristic'].replace('_', ' ')} {_shown(abs(worst['gap']))} percentage points "
        f"({worst['category']}: {worst['sample_text']} of responses, {worst['population_text']} of "
        f"households; effect size {found['effect_text']})"
    )
    return found


def _shown(number: float | None, places: int = 1, *, sign: bool = False) -> str:
    if number is None:
        return "–"
    rounded = Decimal(number).quantize(Decimal(1).scaleb(-places), ROUND_HALF_UP)
    rounded = rounded if rounded else abs(rounded)
    return f"{rounded:+,}" if sign and rounded else f"{rounded:,}"


def _effect(size: float) -> str:
    return f"{_shown(size, 2)} ({'negligible' if size < 0.1 else 'small'})"


def _p_text(p_value: float | None) -> str:
    if p_value is None:
        return "not tested"
    return "<0.001" if p_value < 0.001 else _shown(p_value, 3)


def _difference(each: Mapping[str, Any], low: str, high: str) -> dict[str, Any]:
    adjusted = each["p_adjusted"]
    return {
        "difference_text": _shown(each["difference"], sign=True),
        "interval_text": f"{_shown(each[low], sign=True)} to {_shown(each[high], sign=True)}"
        if each["difference"] is not None
        else "–",
        "p_text": _p_text(adjusted),
        "significant": adjusted is not None and adjusted < 0.05,
    }


def representation(
    name: str, categories: Mapping[str, tuple[int, int]], *, weighted: bool = False, fixed: bool = False
) -> dict[str, Any]:
    """How responses compare with households by one characteristic, as `survey/statistics` has it."""
    households, responses = (sum(counts) for counts in zip(*categories.values(), strict=True))
    rows: list[dict[str, Any]] = []
    for category, (there, answered) in categories.items():
        share, sample = 100 * there / households, 100 * answered / responses
        after = share if fixed else share + (sample - share) * 0.7
        rows.append(
            {"category": category, "respondents": answered, "households": there, "sample_percent": sample,
             "population_percent": share, "gap": sample - share,
             "weighted_percent": after if weighted else None,
             "weighted_gap": after - share if weighted else None}
        )  # fmt: skip
    effect = sqrt(sum(row["gap"] ** 2 / row["population_percent"] for row in rows) / 100)
    left = 0.0 if fixed else effect * 0.7
    tested = not fixed
    after_test = {
        "effect_size": left, "statistic": 3.1 if tested else None,
        "df": float(len(rows) - 1) if tested else None, "p_value": 0.214 if tested else None,
    }  # fmt: skip
    return {
        "characteristic": name,
        "source": "population_margins" if name == "ethnic_group" else "households",
        "categories": rows, "effect_size": effect, "statistic": responses * effect**2,
        "df": float(len(rows) - 1), "p_value": 0.0004 if effect > 0.1 else 0.31,
        "weighted": after_test if weighted else None,
        "not_stated": 21 if name == "ethnic_group" else 0,
        "unmatched": ["Elsewhere"] if name == "ethnic_group" else [],
    }  # fmt: skip


def _estimate(measure: str, counts: Counts, effect: float) -> dict[str, Any]:
    n = sum(counts)
    p = (counts[0] + counts[1]) / n
    n_effective = min(n / effect, n)
    found, se = interval(p, n_effective), sqrt(p * (1 - p) / n_effective)
    return {
        "measure": measure, "n": n, "value": 100 * p,
        "unweighted_value": 100 * p + (1.7 if effect > 1 else 0.0), "se": 100 * se, "se_fpc": 91 * se,
        "deff": effect, "deff_kish": effect, "n_effective": n_effective, "ci_low": 100 * found.low,
        "ci_high": 100 * found.high, "method": found.method,
    }  # fmt: skip


def _weights(
    known: Mapping[str, Mapping[str, tuple[int, int]]], size: int, responses: int, weighted: bool
) -> dict[str, Any]:
    effect = DESIGN_EFFECT if weighted else 1.0
    margins = [
        {"characteristic": name, "category": category, "respondents": answered,
         "sample_percent": 100 * answered / responses, "target": float(there),
         "achieved": there * (1 + 2e-13), "ratio": 1 + 2e-13}
        for name in (RAKED if weighted else ())
        for category, (there, answered) in known[name].items()
    ]  # fmt: skip
    return {
        "method": "rake" if weighted else "none", "characteristics": list(RAKED) if weighted else [],
        "population": float(size), "sweeps": 5 if weighted else 0, "worst_error": 2e-13 if weighted else 0.0,
        "worst_category": "age_band 16 to 34" if weighted else None,
        "bounds": [0.3, 3.0] if weighted else None,
        "least_ratio": 0.7614 if weighted else 1.0, "greatest_ratio": 1.8102 if weighted else 1.0,
        "design_effect": effect, "n_effective": responses / effect,
        "collapsed": [{"characteristic": "area", "from": "The villages", "to": "West and the villages"}]
        if weighted else [],
        "margins": margins,
    }  # fmt: skip


def _tested(difference: float, se: float) -> float:
    return erfc(abs(difference / se) / sqrt(2))


def _changes(estimates: Sequence[Mapping[str, Any]]) -> list[dict[str, Any]]:
    rows: list[dict[str, Any]] = []
    for number, each in enumerate(estimates):
        difference = _LAST_YEAR.get(each["measure"], 0.9 - 0.35 * number)
        se = each["se"] * 1.42
        rows.append(
            {"measure": each["measure"], "this_year": each["value"], "last_year": each["value"] - difference,
             "difference": difference, "se": se, "ci_low": difference - Z * se,
             "ci_high": difference + Z * se, "p_value": _tested(difference, se)}
        )  # fmt: skip
    for row, adjusted in zip(rows, holm([row["p_value"] for row in rows]), strict=True):
        row["p_adjusted"] = adjusted
    return rows


def _groups(
    known: Mapping[str, Mapping[str, tuple[int, int]]], estimates: Sequence[Mapping[str, Any]], responses: int
) -> dict[str, Any]:
    cells = [
        _cell(each, name, category, round(each["n"] * answered / responses), number - 1.5 + place % 2)
        for place, each in enumerate(estimates)
        for name, categories in known.items()
        for number, (category, (_, answered)) in enumerate(categories.items())
    ]
    for cell, adjusted in zip(cells, benjamini_hochberg([cell["p_value"] for cell in cells]), strict=True):
        cell["p_adjusted"] = adjusted
    marks = [cell["mark"] for cell in cells]
    return {
        "tested": sum(cell["p_value"] is not None for cell in cells),
        **{mark: marks.count(mark) for mark in ("small", "protecting", "imprecise")},
        "omitted": [{"characteristic": "postcode", "why": "it has 214 categories, more than 40"}],
        "cells": cells,
    }


def _cell(each: Mapping[str, Any], name: str, category: str, n: int, shift: float) -> dict[str, Any]:
    cell: dict[str, Any] = {"measure": each["measure"], "characteristic": name, "category": category}
    if n < 10:
        mark = "small" if n % 2 else "protecting"
        blank = ("n", "n_effective", "value", "ci_low", "ci_high", "rest", "difference", "difference_low",
                 "difference_high", "p_value")  # fmt: skip
        return cell | {"mark": mark} | dict.fromkeys(blank)
    difference = 34.0 if (each["measure"], category) == ("TP06", "Mixed or multiple") else 2.9 * shift
    value = min(max(each["value"] + difference * 0.8, 1.0), 99.0)
    n_effective = n / (each["deff"] or 1.0)
    found = interval(value / 100, n_effective)
    se = 100 * sqrt(value * (100 - value) / 1e4 / n_effective)
    return cell | {
        "mark": "imprecise" if n_effective < 30 else "", "n": n, "n_effective": n_effective, "value": value,
        "ci_low": 100 * found.low, "ci_high": 100 * found.high, "rest": value - difference,
        "difference": difference, "difference_low": difference - Z * se,
        "difference_high": difference + Z * se, "p_value": _tested(difference, se),
    }  # fmt: skip
