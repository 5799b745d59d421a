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
# Below this a programme's number is nothing.
NOTHING = 1e-6


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


def _solve(cost: Floats, equal: Any, **further: Any) -> OptimizeResult | None:
    """Return the optimum of a programme whose equalities are the totals, or None if it has none."""
    found = linprog(
        cost, A_eq=equal, b_eq=np.ones(equal.shape[0]), method="highs", options=_OPTIONS, **further
    )
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
    found = _solve(cost, equal, bounds=[(0, None)] * count + [(None, None)])
    if found is None:
        return None
    return Floor(float(found.x[-1]), int(np.argmax(found.lower.marginals[:-1])))


def least_cap(profiles: Profiles, base: Floats, targets: Floats, floor: float) -> float | None:
    """Return the least cap under which the totals can be met with no ratio below `floor`.

    None: no cap is enough, the floor itself is too high.
    """
    shares = _shares(profiles, base, targets)
    count = shares.shape[1]
    equal = hstack([shares, csr_matrix((shares.shape[0], 1))]).tocsr()
    cost = np.append(np.zeros(count), 1.0)
    below_cap = hstack([eye_array(count), csr_matrix(-np.ones((count, 1)))]).tocsr()
    limits = [(floor, None)] * count + [(None, None)]
    found = _solve(cost, equal, A_ub=below_cap, b_ub=np.zeros(count), bounds=limits)
    return None if found is None else float(found.x[-1])


def nearest_totals(profiles: Profiles, base: Floats, targets: Floats) -> Floats:
    """Return achieved ÷ target of each category where the totals are met as nearly as weights can.

    Nearly: the least sum of relative differences. For totals that contradict each other.
    """
    shares = _shares(profiles, base, targets)
    categories, count = shares.shape
    slack = eye_array(categories)
    cost = np.concatenate([np.zeros(count), np.ones(2 * categories)])
    found = _solve(cost, hstack([shares, slack, -slack]).tocsr(), bounds=(0, None))
    assert found is not None, "a programme whose every total may be missed has an optimum"
    achieved: Floats = shares @ found.x[:count]
    return achieved


def round_up(cap: float) -> float:
    """Return a cap as a year's settings would state it: two decimals, and room to be met comfortably."""
    return math.ceil(cap * 1.0005 * 100) / 100


def round_down(floor: float) -> float:
    """Return a floor as a year's settings would state it: two decimals, and room to be met comfortably."""
    return math.floor(floor * 0.9995 * 100) / 100
