"""Comparisons: is a difference more than chance, on last year and between groups of tenants."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass, replace
from math import sqrt
from typing import Any

import numpy as np
import pandas as pd
from scipy.special import ndtr

from .estimation import (
    Design,
    Estimate,
    end_variance,
    estimate,
    linearise,
    linearised_estimate,
    standard_error,
)
from .intervals import Z
from .suppression import IMPRECISE, SHOWN, marks

# (met, counted): flags, one a respondent, as `estimation.estimate` takes them.
Answers = tuple[np.ndarray, np.ndarray]

CHANGE_COLUMNS = (
    "measure",
    "this_year",
    "last_year",
    "difference",
    "se",
    "ci_low",
    "ci_high",
    "z",
    "p_value",
    "p_adjusted",
)

SCREEN_COLUMNS = (
    "measure",
    "characteristic",
    "category",
    "mark",
    "n",
    "n_effective",
    "p",
    "se",
    "ci_low",
    "ci_high",
    "rest",
    "difference",
    "difference_se",
    "difference_low",
    "difference_high",
    "z",
    "p_value",
    "p_adjusted",
)
# What a cell takes from its estimate.
_ESTIMATED = ("n", "n_effective", "p", "se", "ci_low", "ci_high")
# A standard error this small is rounding: nothing is left to chance, so nothing is left to test.
_NO_ERROR = 1e-12


@dataclass(frozen=True)
class Difference:
    """A difference of two proportions (-1 to 1) with its 95% interval.

    `z` and the two-sided `p_value` are None where the weights leave no sampling error to test against.
    """

    difference: float
    se: float
    ci_low: float
    ci_high: float
    z: float | None
    p_value: float | None


def change(this: Estimate, last: Estimate, *, finite: bool = False) -> Difference:
    """Return this year's proportion less last year's, from two independent samples.

    `finite` takes the standard errors with the finite population correction, where both years have one.
    """
    pairs = [(year.se, year.se_fpc) for year in (this, last)]
    corrected = finite and all(se_fpc is not None for _, se_fpc in pairs)
    variance = sum((se_fpc if corrected and se_fpc is not None else se) ** 2 for se, se_fpc in pairs)
    return _difference(this.p - last.p, variance + end_variance(this) + end_variance(last))


def from_rest(design: Design, answers: Answers, members: np.ndarray, stated: np.ndarray) -> Difference | None:
    """Return the difference of a group from the rest: not from the total, which contains the group.

    `members`, `stated`: flags, one a respondent; the rest are the others whose group is known. Both are of
    one sample with one set of weights, so their covariance counts. None where either has no answer.
    """
    met, counted = answers
    inside = linearised_estimate(design, met, counted & members)
    return None if inside is None else _from_rest(design, inside, (met, counted & stated & ~members))


def _from_rest(design: Design, inside: tuple[Estimate, np.ndarray], others: Answers) -> Difference | None:
    met, counted = others
    if design.weights[counted].sum() == 0:
        return None
    ours, scores = inside
    rest, their_scores = linearise(design, met, counted)
    variance = standard_error(design, scores - their_scores) ** 2 + end_variance(ours)
    # Only where the rest agree is more of their estimate needed than the scores: a screen has many cells.
    theirs = None if 0 < rest < 1 else estimate(design, met, counted)
    if theirs is not None:
        variance += end_variance(theirs)
    return _difference(ours.p - rest, variance)


def _difference(difference: float, variance: float) -> Difference:
    se = sqrt(variance)
    low, high = max(difference - Z * se, -1.0), min(difference + Z * se, 1.0)
    if se < _NO_ERROR:
        return Difference(difference, se, low, high, None, None)
    z = difference / se
    return Difference(difference, se, low, high, z, 2 * float(ndtr(-abs(z))))


def holm(p_values: Sequence[float | None]) -> list[float | None]:
    """Return Holm's adjusted p-values: the chance of even one false alarm among all of them stays in hand.

    For the twelve headline comparisons. None (not tested) stays None and does not count as a test.
    Source: Holm 1979; R `p.adjust(method = "holm")`.
    """
    return _adjusted(p_values, lambda p: np.maximum.accumulate(p * np.arange(len(p), 0, -1)))


def benjamini_hochberg(p_values: Sequence[float | None]) -> list[float | None]:
    """Return Benjamini and Hochberg's adjusted p-values: the share of false alarms among what is found.

    For screens of many cells. None (not tested) stays None and does not count as a test.
    Source: Benjamini and Hochberg 1995; R `p.adjust(method = "BH")`.
    """
    return _adjusted(
        p_values, lambda p: np.minimum.accumulate((p * len(p) / np.arange(1, len(p) + 1))[::-1])[::-1]
    )


def _adjusted(
    p_values: Sequence[float | None], adjust: Callable[[np.ndarray], np.ndarray]
) -> list[float | None]:
    """Return p-values adjusted by what `adjust` makes of those that were tested, in rising order."""
    tested = {place: p for place, p in enumerate(p_values) if p is not None}
    rising = sorted(tested, key=tested.__getitem__)
    values = np.minimum(adjust(np.array([tested[place] for place in rising])), 1)
    found: list[float | None] = [None] * len(p_values)
    for place, value in zip(rising, values, strict=True):
        found[place] = float(value)
    return found


def year_on_year(
    this: Mapping[str, Estimate], last: Mapping[str, Estimate], *, finite: bool = False
) -> pd.DataFrame:
    """Return each measure that both years have, compared; `p_adjusted` by Holm over these measures.

    Columns `CHANGE_COLUMNS`, proportions and differences of 1, one row a measure in the order of `this`.
    """
    shared = [measure for measure in this if measure in last]
    changes = [change(this[measure], last[measure], finite=finite) for measure in shared]
    rows = [
        {"measure": measure, "this_year": this[measure].p, "last_year": last[measure].p, **asdict(found)}
        for measure, found in zip(shared, changes, strict=True)
    ]
    table = pd.DataFrame(rows, columns=list(CHANGE_COLUMNS))
    return table.assign(p_adjusted=pd.Series(holm([found.p_value for found in changes]), dtype="float64"))


def screen(
    design: Design, answers: Mapping[str, Answers], groups: pd.DataFrame, *, least: int, caution: float
) -> pd.DataFrame:
    """Return every group of every measure against the rest; `p_adjusted` by Benjamini-Hochberg over them.

    `groups`: one row a respondent, one column a characteristic, blank where not stated. A cell of fewer than
    `least` answers, and those that would give it away, say nothing (`mark`: see `suppression`) and are not
    tested; one that is worth fewer than `caution` independent answers is marked imprecise. Columns
    `SCREEN_COLUMNS`, proportions and differences of 1, by measure, characteristic and category.
    """
    # No finite population correction enters a screen: without the sizes none is worked out.
    plain = replace(design, sizes=None)
    members = {name: _members(groups[name]) for name in groups.columns}
    rows = [
        {"measure": measure, "characteristic": name, **row}
        for measure, asked in answers.items()
        for name, inside in members.items()
        for row in _cells(plain, asked, inside, least, caution)
    ]
    adjusted = benjamini_hochberg([row.get("p_value") for row in rows])
    table = pd.DataFrame(rows, columns=list(SCREEN_COLUMNS))
    kinds = dict.fromkeys(SCREEN_COLUMNS[5:], "float64") | {"n": "Int64"}
    return table.assign(p_adjusted=adjusted).astype(kinds)


def _members(group: pd.Series) -> dict[str, np.ndarray]:
    """Return who belongs to each category of a characteristic, by category; the blank belong to none."""
    codes, found = pd.factorize(group, sort=True)
    return {str(name): codes == code for code, name in enumerate(found)}


def _cells(
    design: Design, answers: Answers, groups: Mapping[str, np.ndarray], least: int, caution: float
) -> Iterator[dict[str, Any]]:
    met, counted = answers
    inside = {name: counted & members for name, members in groups.items()}
    counts = pd.Series({name: int(flags.sum()) for name, flags in inside.items()}, dtype=int)
    counts = counts[counts > 0]
    stated = np.any(list(inside.values()), axis=0)
    found = marks(counts, least, [pd.Series("all", index=counts.index)])
    for name in counts.index:
        cell: dict[str, Any] = {"category": name, "mark": found[name]}
        shown = found[name] == SHOWN
        estimated = linearised_estimate(design, met, inside[name]) if shown else None
        if estimated is not None:
            ours, _ = estimated
            cell["mark"] = IMPRECISE if ours.n_effective < caution else SHOWN
            cell |= {field: getattr(ours, field) for field in _ESTIMATED}
            difference = _from_rest(design, estimated, (met, stated & ~inside[name]))
            if difference is not None:
                cell |= {
                    "rest": ours.p - difference.difference,
                    "difference": difference.difference,
                    "difference_se": difference.se,
                    "difference_low": difference.ci_low,
                    "difference_high": difference.ci_high,
                    "z": difference.z,
                    "p_value": difference.p_value,
                }
        yield cell
