"""What bounds and totals can be met at all: linear programmes over the ratios of weight to base weight.

The calibration says that it failed; these say why, and which bound would do. They are solved only then.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Any

import numpy as np
from scipy.optimize import OptimizeResult, linprog
from scipy.sparse import csr_matrix, eye_array, hstack

from .calibration import Floats, Profiles

_OPTIONS = {"primal_feasibility_tolerance": 1e-9, "dual_feasibility_tolerance": 1e-9}
# Totals missed by no more than this are met.
_MET = 1e-9


@dataclass(frozen=True)
class Floor:
    """The greatest ratio that every respondent can reach at once, and the profile that stands in the way.

    Zero or below: the totals can be met only by weights that are zero or negative, those of `profile`.
    """

    ratio: float
    profile: int


def _shares(profiles: Profiles, base: Floats, targets: Floats) -> Any:
    """Return the totals as a sparse matrix: with ratios g, `matrix @ g` = achieved ÷ target."""
    characteristics, count = profiles.codes.shape
    rows = profiles.codes.ravel()
    values = np.tile(base, characteristics) / targets[rows]
    columns = np.tile(np.arange(count), characteristics)
    return csr_matrix((values, (rows, columns)), shape=(profiles.categories, count))


def _solve(cost: Floats, equal: Any, limits: Floats) -> OptimizeResult | None:
    """Return the optimum of a programme whose equalities are the totals, or None if it has none."""
    met = np.ones(equal.shape[0])
    found = linprog(cost, A_eq=equal, b_eq=met, bounds=limits, method="highs-ds", options=_OPTIONS)
    return found if found.success else None


def greatest_floor(profiles: Profiles, base: Floats, targets: Floats) -> Floor | None:
    """Return the greatest floor under every ratio with which the totals can be met.

    None: not even negative weights meet the totals, which contradict each other.
    """
    shares = _shares(profiles, base, targets)
    count = shares.shape[1]
    # The ratios are floor + excess, excess >= 0.
    equal = hstack([shares, csr_matrix(shares.sum(axis=1).reshape(-1, 1))]).tocsr()
    cost = np.append(np.zeros(count), -1.0)
    limits = np.vstack([np.tile([0, np.inf], (count, 1)), [-np.inf, np.inf]])
    found = _solve(cost, equal, limits)
    if found is None:
        return None
    return Floor(float(found.x[-1]), int(np.argmax(found.lower.marginals[:-1])))


def least_cap(profiles: Profiles, base: Floats, targets: Floats, floor: float) -> float:
    """Return the least cap under which the totals can be met with no ratio below `floor`.

    `floor` lies below the greatest floor, so that some cap is enough. From a cap too low, the prices of the
    totals that it misses tell how much higher it must be at least (Dinkelbach's method): a handful of small
    programmes, where one programme for the cap itself takes ten times as long.
    """
    shares = _shares(profiles, base, targets)
    cap = 1.0
    while True:
        miss, prices = _least_miss(shares, floor, cap)
        worth = prices @ shares
        above, below = float(worth[worth > 0].sum()), float(worth[worth < 0].sum())
        higher = (float(prices.sum()) - floor * below) / above if miss > _MET else cap
        if higher <= cap * (1 + _MET):
            return cap
        cap = higher


def _least_miss(shares: Any, floor: float, cap: float) -> tuple[float, Floats]:
    """Return by how much the totals are missed at least within the bounds, and the price of each total."""
    found = _nearest(shares, floor, cap)
    return float(found.fun), found.eqlin.marginals


def _nearest(shares: Any, floor: float, cap: float) -> OptimizeResult:
    """Return the ratios within the bounds that miss the totals by the least sum of relative differences."""
    categories, count = shares.shape
    slack = eye_array(categories)
    cost = np.concatenate([np.zeros(count), np.ones(2 * categories)])
    limits = np.vstack([np.tile([floor, cap], (count, 1)), np.tile([0, np.inf], (2 * categories, 1))])
    found = _solve(cost, hstack([shares, slack, -slack]).tocsr(), limits)
    assert found is not None, "a programme whose every total may be missed has an optimum"
    return found


def nearest_totals(profiles: Profiles, base: Floats, targets: Floats) -> Floats:
    """Return achieved ÷ target of each category where weights come nearest to totals that contradict."""
    shares = _shares(profiles, base, targets)
    achieved: Floats = shares @ _nearest(shares, 0.0, np.inf).x[: shares.shape[1]]
    return achieved


def round_up(cap: float) -> float:
    """Return a cap as a year's settings would state it: two decimals, and room to be met comfortably."""
    return math.ceil(cap * 1.0005 * 100) / 100


def round_down(floor: float) -> float:
    """Return a floor as a year's settings would state it: two decimals, and room to be met comfortably."""
    return math.floor(floor * 0.9995 * 100) / 100
