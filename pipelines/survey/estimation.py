"""Survey estimates: a weighted proportion and how far it can be off.

The standard error is the one of R's `survey` package: Taylor linearisation with domain estimation (those who
did not answer a question stay in the sample and add nothing to the sum, so that the uncertain number of
answers counts) and, where weights were fitted to known totals, with the residuals of that fit (what the
totals explain is no longer uncertain).
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from decimal import Decimal
from fractions import Fraction
from math import inf, sqrt

import numpy as np
import pandas as pd

from schemas.rulebook import Accuracy

from .accuracy import AccuracyTest, achieved_margin, required_exactly
from .intervals import Z, interval

FPC_ASSUMPTION = (
    "The correction for a finite population takes those who did not respond to be like those who did: as if "
    "the households that responded were a random sample of all of them."
)


# Smaller eigenvalues of the scaled cross-products are redundancy; one respondent in a million leaves more.
_REDUNDANT = 1e-11


@dataclass(frozen=True, eq=False)
class Calibration:
    """What weights were fitted to: the least squares of anything on the categories of the known totals.

    `codes` (characteristics x respondents): the category, numbered through over all characteristics; `base`
    the weights before the fit; `inverse` the (generalised) inverse of the categories' cross-products.
    """

    codes: np.ndarray
    base: np.ndarray
    inverse: np.ndarray

    def residuals(self, z: np.ndarray) -> np.ndarray:
        """Return what the categories do not explain of `z` (one number a respondent)."""
        weighted = self.base * z
        products = sum(np.bincount(codes, weighted, len(self.inverse)) for codes in self.codes)
        effects = self.inverse @ products
        return z - sum(effects[codes] for codes in self.codes)


@dataclass(frozen=True, eq=False)
class Design:
    """How the respondents stand for their population; made by `make_design`.

    Arrays have one entry a respondent, in the order of the responses: `weights` as used, `stratum` a code
    from 0. `sizes` are the households of each stratum (None where unknown: then there is no finite population
    correction). `calibration` is None where the weights are taken as they are.
    """

    weights: np.ndarray
    stratum: np.ndarray
    sizes: np.ndarray | None = None
    calibration: Calibration | None = None


@dataclass(frozen=True)
class Estimate:
    """A weighted proportion (0 to 1) of the answers in the base of one question, with its precision.

    `se` the standard error without, `se_fpc` with the finite population correction (None where the population
    is unknown; it rests on `FPC_ASSUMPTION`, so the interval and `n_effective` do not use it). `n` answers in
    the base. `deff` the linearised design effect (None where p is 0 or 1), `deff_kish` Kish's, of the weights
    alone. `n_effective` the number of answers of a simple random sample that would tell as much: p(1-p)/se²,
    at most n; by Kish where p is 0 or 1. `ci_low`, `ci_high`, `method`: the 95% interval.
    """

    p: float
    se: float
    se_fpc: float | None
    n: int
    n_effective: float
    deff: float | None
    deff_kish: float
    ci_low: float
    ci_high: float
    method: str


@dataclass(frozen=True)
class HonestAccuracy:
    """The regulator's accuracy test at the effective number of responses.

    `achieved_margin` in percentage points (None as in `AccuracyTest`). `only_nominally` where the regulator's
    test is passed by the number of responses, and would not be by what they are worth.
    """

    n_effective: float
    achieved_margin: Decimal | None
    met: bool
    only_nominally: bool


def make_design(
    weights: np.ndarray,
    *,
    base: np.ndarray | None = None,
    margins: pd.DataFrame | None = None,
    strata: pd.Series | None = None,
    population: int | Mapping[str, int] | None = None,
) -> Design:
    """Return the design of a survey's respondents.

    `weights`: one number a respondent, not negative (all 1 where no weights are used). `margins`: where the
    weights were fitted to known totals, the categories they were fitted to, one column a characteristic
    (post-stratification: one column with the cell), no blanks; and `base` the weights before the fit (all
    equal if left out). `strata`: the stratum that each respondent was drawn from. `population`: households,
    by stratum where there are strata; only the finite population correction needs it.

    Raises ValueError for weights that cannot be: negative, not finite, none positive, of another length.
    """
    weights = np.asarray(weights, dtype=float)
    if not (np.isfinite(weights).all() and (weights >= 0).all() and weights.sum() > 0):
        raise ValueError("survey weights must be numbers of 0 or more, at least one of them above 0")
    if strata is None:
        codes, labels = np.zeros(len(weights), dtype=int), ["all"]
    else:
        codes, found = pd.factorize(strata, sort=True)
        if len(codes) != len(weights) or (codes < 0).any():
            raise ValueError("every respondent needs the stratum that the household was drawn from")
        labels = [str(label) for label in found]
    sizes = None if population is None else _sizes(population, labels)
    if margins is None or margins.columns.empty:
        return Design(weights, codes, sizes)
    base = np.ones(len(weights)) if base is None else np.asarray(base, dtype=float)
    if not (len(margins) == len(base) == len(weights) and (base > 0).all()):
        raise ValueError("fitted weights need the categories and a positive base weight of every respondent")
    return Design(weights, codes, sizes, _calibration(margins, base))


def _sizes(population: int | Mapping[str, int], labels: list[str]) -> np.ndarray:
    by_label = population if isinstance(population, Mapping) else dict.fromkeys(labels[:1], population)
    missing = [label for label in labels if label not in by_label]
    if missing:
        raise ValueError(f"the number of households is needed for stratum {missing[0]!r} too")
    return np.array([float(by_label[label]) for label in labels])


def _calibration(margins: pd.DataFrame, base: np.ndarray) -> Calibration:
    rows, first = [], 0
    for name in margins.columns:
        codes, found = pd.factorize(margins[name], sort=True)
        if (codes < 0).any():
            raise ValueError(f"{name} is blank for a respondent whose weight was fitted to it")
        rows.append(codes + first)
        first += len(found)
    products = np.zeros((first, first))
    for one in rows:
        for other in rows:
            products += np.bincount(one * first + other, base, first**2).reshape(first, first)
    # The categories of each characteristic add up to everybody: redundant, so a generalised inverse. To the
    # same scale first, so that a small category is not taken for a redundant one.
    scale = 1 / np.sqrt(np.diag(products))
    inverse = np.linalg.pinv(products * np.outer(scale, scale), rcond=_REDUNDANT, hermitian=True)
    return Calibration(np.array(rows), base, inverse * np.outer(scale, scale))


def linearise(design: Design, met: np.ndarray, counted: np.ndarray) -> tuple[float, np.ndarray]:
    """Return (p, scores): the proportion of `met` among `counted`, and each respondent's part in its error.

    Both arguments are flags, one a respondent; `met` is read only where `counted`, which some weight is. The
    scores are w (z - fitted z) with z = v (y - p) / sum of w v; their variance as a sample total is the
    variance of p, and the variance of a difference of proportions is that of the difference of their scores.

    Source: Deville and Särndal 1992; Särndal, Swensson and Wretman 1992 (domain estimation).
    """
    base = design.weights * counted
    total = base.sum()
    p = float((base * met).sum() / total)
    z = counted * (met - p) / total
    return p, design.weights * (z if design.calibration is None else design.calibration.residuals(z))


def covariance(design: Design, scores: np.ndarray) -> np.ndarray:
    """Return the covariance matrix of what `scores` (respondents x estimates) linearise."""
    centred = np.column_stack([_deviations(design, column, finite=False) for column in scores.T])
    return centred.T @ centred


def standard_error(design: Design, scores: np.ndarray, *, finite: bool = False) -> float:
    """Return the standard error of one estimate from its scores.

    `finite` applies the finite population correction (1 - n / N) by stratum.
    """
    return sqrt((_deviations(design, scores, finite=finite) ** 2).sum())


def _deviations(design: Design, scores: np.ndarray, *, finite: bool) -> np.ndarray:
    """Return deviations from the stratum's mean, scaled so that their squares add up to the variance.

    A stratum's only respondent is compared with the whole sample, which errs on the side of caution.
    """
    people = np.bincount(design.stratum)
    alone = people == 1
    means = np.where(alone, scores.mean(), np.bincount(design.stratum, scores) / people)
    factor = np.where(alone, 1.0, people / np.maximum(people - 1, 1))
    if finite:
        assert design.sizes is not None
        # More respondents than households cannot be a smaller error than none.
        factor = factor * np.maximum(1 - people / design.sizes, 0)
    return (scores - means[design.stratum]) * np.sqrt(factor)[design.stratum]


def kish_deff(weights: np.ndarray) -> float:
    """Return Kish's design effect n Σw² / (Σw)²: what unequal weights cost, whatever the question."""
    return float(len(weights) * (weights**2).sum() / weights.sum() ** 2)


def estimate(design: Design, met: np.ndarray, counted: np.ndarray) -> Estimate | None:
    """Return the estimate of one question: the weighted proportion of `met` among `counted` respondents.

    Flags, one a respondent of the whole sample (a group is estimated by counting its members only: leaving
    the others out of the arrays would give another, wrong standard error). None where no answer counts.
    """
    found = linearised_estimate(design, met, counted)
    return None if found is None else found[0]


def linearised_estimate(
    design: Design, met: np.ndarray, counted: np.ndarray
) -> tuple[Estimate, np.ndarray] | None:
    """Return `estimate` with the scores of `linearise`, for those who compare it with another."""
    counted = np.asarray(counted, dtype=bool)
    met = np.asarray(met, dtype=bool) & counted
    n = int(counted.sum())
    used = design.weights[counted]
    if used.sum() == 0:
        return None
    p, scores = linearise(design, met, counted)
    se = standard_error(design, scores)
    by_kish = kish_deff(used)
    spread = p * (1 - p)
    worth = (spread / se**2 if se else inf) if spread else n / by_kish
    n_effective = float(min(worth, n))
    ends = interval(p, n_effective)
    found = Estimate(
        p,
        se,
        None if design.sizes is None else standard_error(design, scores, finite=True),
        n,
        n_effective,
        (n - 1) * se**2 / spread if spread else None,
        by_kish,
        ends.low,
        ends.high,
        ends.method,
    )
    return found, scores


def end_variance(estimated: Estimate) -> float:
    """Return the variance to test with where p is 0 or 1, whose own is 0 (else 0: nothing is to be added).

    That of Agresti and Coull's shrunk proportion: agreement of the few who answered is not certainty.
    """
    if 0 < estimated.p < 1:
        return 0.0
    n = estimated.n_effective + Z**2
    p = (estimated.p * estimated.n_effective + Z**2 / 2) / n
    return p * (1 - p) / n


def honest_accuracy(test: AccuracyTest, n_effective: float, accuracy: Accuracy) -> HonestAccuracy:
    """Return the accuracy test of `test` as it comes out at `n_effective` responses (at most the responses).

    `n_effective` is that of all responses: responses / `kish_deff(weights)`. The regulator's formulas with
    the variance p(1-p)/n_effective, the share of households that responded as it is; so that without weights
    both tests agree. A pass by the census fallback does not rest on a margin and is not flagged.

    Source: the regulator's estimate ignores weighting (RSH, TSM data quality note).
    """
    population, responses = test.population_size, test.responses
    needed = required_exactly(population, accuracy)
    missing = max(population - responses, 0)
    met = missing == 0 or Fraction(n_effective) >= needed * missing / (population - needed)
    nominal = achieved_margin(population, responses, accuracy)
    margin = None
    if nominal is not None:
        margin = (nominal * Decimal(responses / n_effective).sqrt()).quantize(nominal)
    return HonestAccuracy(n_effective, margin, met, test.met and not test.met_by_census and not met)
