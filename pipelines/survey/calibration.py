"""Calibration: the weights nearest to the base weights that meet the population's totals.

Raking, with or without bounds, is one problem. Among all ratios g (weight ÷ base weight d) that meet every
total and lie between the bounds, take those that minimise Σ d (g log g − g + 1). The answer has the form
g = min(max(exp(Σ λ), lower), upper) with one λ for each category: without bounds it is what iterative
proportional fitting converges to (Deming and Stephan 1940; Deville and Särndal 1992, the raking ratio), with
them it is the truncated raking ratio (Deville, Särndal and Sautory 1993).

The λ are found by a damped Newton method on the dual, a smooth convex function of as many variables as there
are categories. Since every total is linear, the dual has an optimum whenever the bounds can be met at all,
however barely; the damping (Levenberg's) serves the steps at which nearly everybody stands at a bound.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import NamedTuple, TypeAlias

import numpy as np
import pandas as pd
from numpy.typing import NDArray

Floats: TypeAlias = NDArray[np.float64]
Ints: TypeAlias = NDArray[np.int64]

# The largest relative difference between an achieved total and its target at which weights are accepted …
TOLERANCE = 1e-8
# … and the one that is aimed at: Newton's last step is cheap, and leaves the weights themselves exact. Once
# near, a step that comes no nearer is rounding.
_AIM, _NEAR = 1e-13, 1e-10
# Below this a ratio is as good as nothing: a millionth of a base weight.
NOTHING = 1e-6
# The most Newton steps; the hardest weightings that the tests found possible take forty.
SWEEPS = 200
_LARGEST_CODE = 2**62
# exp() of these is still a number: what "no bound" means on the logarithmic scale.
_NO_LOWER, _NO_UPPER = -700.0, 700.0
# Damping, relative to the targets: what keeps redundant categories solvable, and the first that is meant.
_RIDGE, _FIRST_DAMPING = 1e-12, 1e-6


@dataclass(frozen=True)
class Profiles:
    """Respondents grouped by their distinct profile: one category of each characteristic.

    Everything in calibration depends on the profile alone, and there are fewer of them than respondents.
    `of`: the profile of each respondent. `codes` (characteristic × profile): the category, numbered through
    over all characteristics, `categories` in all. `pairs`: where each pair of categories that meet in a
    profile stands in a flat categories × categories matrix.
    """

    of: Ints
    codes: Ints
    categories: int
    pairs: Ints

    def sums(self, amounts: Floats) -> Floats:
        """Return the total of `amounts` (one a profile) in each category."""
        repeated = np.tile(amounts, len(self.codes))
        return np.bincount(self.codes.ravel(), repeated, self.categories)

    def joint_sums(self, amounts: Floats) -> Floats:
        """Return the total of `amounts` (one a profile) in each pair of categories, a symmetric matrix."""
        repeated = np.tile(amounts, len(self.pairs) // len(amounts))
        one_way = np.bincount(self.pairs, repeated, self.categories**2).reshape(self.categories, -1)
        both: Floats = one_way + one_way.T
        np.fill_diagonal(both, np.diagonal(one_way))
        return both

    def per_profile(self, amounts: Floats) -> Floats:
        """Return the total of `amounts` (one a respondent) in each profile."""
        return np.bincount(self.of, amounts, self.codes.shape[1])


def group(codes: Sequence[Ints], sizes: Sequence[int]) -> Profiles:
    """Group respondents by profile.

    `codes`: for each characteristic the category of each respondent, 0 to its `sizes` − 1.
    """
    key, span = codes[0], sizes[0]
    for more, size in zip(codes[1:], sizes[1:], strict=True):
        if span * size > _LARGEST_CODE:
            key, found = pd.factorize(key, sort=True)
            span = len(found)
        key, span = key * size + more, span * size
    of, found = pd.factorize(key, sort=True)
    one_of_each = np.empty(len(found), dtype=np.int64)
    one_of_each[of] = np.arange(len(of))
    starts = np.cumsum([0, *sizes[:-1]])
    numbered = np.stack([code[one_of_each] + start for code, start in zip(codes, starts, strict=True)])
    categories = int(sum(sizes))
    pairs = [
        numbered[one] * categories + numbered[other]
        for one in range(len(numbered))
        for other in range(one + 1)
    ]
    return Profiles(of, numbered, categories, np.concatenate(pairs))


@dataclass(frozen=True)
class Solution:
    """What the calibration arrived at, converged or not.

    `ratios`: weight ÷ base weight of each profile. `error`: the largest relative difference of an achieved
    total from its target. `steps`: Newton steps, each one pass over the profiles. `multipliers`: the λ.
    """

    ratios: Floats
    error: float
    steps: int
    multipliers: Floats

    @property
    def converged(self) -> bool:
        """Whether every total is met within `TOLERANCE`."""
        return self.error <= TOLERANCE


class _Point(NamedTuple):
    multipliers: Floats
    ratios: Floats
    between: NDArray[np.bool_]
    objective: float
    gradient: Floats
    error: float


@dataclass(frozen=True)
class _Dual:
    profiles: Profiles
    base: Floats
    targets: Floats
    lower: float
    upper: float

    def at(self, multipliers: Floats) -> _Point:
        log_free = multipliers[self.profiles.codes].sum(axis=0)
        log_ratios = np.clip(log_free, self.lower, self.upper)
        ratios = np.exp(log_ratios)
        weights = self.base * ratios
        # Beyond a bound the objective goes on in a straight line. (Not `@`: a threaded dot product of long
        # vectors waits for the other cores, and sums in another order on another machine.)
        objective = float((weights * (1 + log_free - log_ratios)).sum() - (multipliers * self.targets).sum())
        achieved = self.profiles.sums(weights)
        return _Point(
            multipliers,
            ratios,
            log_free == log_ratios,
            objective,
            achieved - self.targets,
            float(np.abs(achieved / self.targets - 1).max()),
        )

    def step(self, here: _Point, curvature: Floats, damping: float) -> Floats:
        damped = curvature.copy()
        damped[np.diag_indices_from(damped)] += (damping + _RIDGE) * self.targets
        return np.linalg.solve(damped, -here.gradient)

    def accepts(self, here: _Point, there: _Point, step: Floats) -> bool:
        enough = here.objective + 1e-4 * float(here.gradient @ step)
        # Near the optimum the objective is flat to the last digit: the totals decide.
        rounding = 1e-13 * float(self.targets.sum())
        flat = abs(there.objective - here.objective) <= rounding
        return there.objective <= enough or (flat and there.error < here.error)


def calibrate(
    profiles: Profiles,
    base: Floats,
    targets: Floats,
    bounds: tuple[float, float] | None = None,
    limit: int = SWEEPS,
    start: Floats | None = None,
) -> Solution:
    """Return the ratios nearest to 1 that meet `targets`, as far as `limit` steps got.

    `base`: base weight of each profile (the sum over its respondents). `targets`: households of each
    category, all above 0, every characteristic with the same total. `bounds`: least and greatest ratio.
    `start`: multipliers to begin from, such as those of the whole sample in a bootstrap.

    The caller asks `converged`: nothing here is accepted because it stopped moving.
    """
    lower, upper = bounds or (0.0, np.inf)
    dual = _Dual(
        profiles,
        base,
        targets,
        float(np.log(lower)) if lower > 0 else _NO_LOWER,
        float(np.log(upper)) if upper < np.inf else _NO_UPPER,
    )
    # A step too long may overflow; such a point is not accepted.
    with np.errstate(over="ignore", invalid="ignore"):
        here = _first_point(dual, start)
        damping, steps = 0.0, 0
        while here.error > _AIM and steps < limit:
            there, damping = _next_point(dual, here, damping)
            if here.error <= min(_NEAR, there.error):
                break  # as near as rounding lets it come
            here = there
            steps += 1
    # exp(log(bound)) may be off in its last digit.
    ratios = np.clip(here.ratios, lower, upper)
    return Solution(ratios, here.error, steps, here.multipliers)


def _first_point(dual: _Dual, start: Floats | None) -> _Point:
    """Return where to begin: at `start`, at no adjustment, or at each characteristic adjusted by itself."""
    if start is not None:
        return dual.at(start)
    nowhere = dual.at(np.zeros(dual.profiles.categories))
    apart = dual.at(np.log(dual.targets / dual.profiles.sums(dual.base)))
    return min(nowhere, apart, key=lambda point: point.objective)


def _next_point(dual: _Dual, here: _Point, damping: float) -> tuple[_Point, float]:
    """Return the point after one damped step, and the damping to go on with.

    The loop ends: with damping enough the step becomes too small to raise the objective.
    """
    curvature = dual.profiles.joint_sums(np.where(here.between, dual.base * here.ratios, 0.0))
    while True:
        step = dual.step(here, curvature, damping)
        there = dual.at(here.multipliers + step)
        if dual.accepts(here, there, step):
            return there, damping / 10 if damping > _FIRST_DAMPING else 0.0
        damping = max(10 * damping, _FIRST_DAMPING)
