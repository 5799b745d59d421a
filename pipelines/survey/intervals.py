"""Confidence intervals of a proportion that stay inside 0 and 1, and hold near them."""

from __future__ import annotations

from dataclasses import dataclass
from math import sqrt

from scipy.special import betaincinv, ndtri

CONFIDENCE = 0.95
TAIL = (1 - CONFIDENCE) / 2
# The normal quantile of the confidence level: 1.959964. The regulator's own formulas have 1.96 instead.
Z = float(-ndtri(TAIL))

WILSON = "wilson"
KORN_GRAUBARD = "korn_graubard"
# Below this effective size the cautious interval is used: its coverage never falls under the nominal level.
KORN_GRAUBARD_BELOW = 30


@dataclass(frozen=True)
class Interval:
    """A 95% confidence interval of a proportion: ends between 0 and 1, and the method that made it."""

    low: float
    high: float
    method: str


def interval(p: float, n_effective: float) -> Interval:
    """Return the interval of a proportion `p` that is worth `n_effective` independent answers (> 0).

    Wilson's; Korn and Graubard's where the effective size is under 30. Never p ± 1.96 se: that one runs past
    0 and 1 and covers far less than it says near them (docs/coverage.md).
    """
    if n_effective < KORN_GRAUBARD_BELOW:
        return Interval(*korn_graubard(p, n_effective), KORN_GRAUBARD)
    return Interval(*wilson(p, n_effective), WILSON)


def wilson(p: float, n: float) -> tuple[float, float]:
    """Return the ends of Wilson's score interval. Source: Wilson 1927, with n the effective size."""
    shrink = 1 + Z**2 / n
    centre = (p + Z**2 / (2 * n)) / shrink
    half = Z * sqrt(p * (1 - p) / n + Z**2 / (4 * n**2)) / shrink
    # At 0 and 1 rounding would leave an end a hair outside, or p outside its interval.
    return min(max(centre - half, 0.0), p), max(min(centre + half, 1.0), p)


def korn_graubard(p: float, n: float) -> tuple[float, float]:
    """Return the ends of the Clopper-Pearson interval at the effective size n.

    Source: Korn and Graubard 1998, without the t adjustment of the effective size (the survey's degrees of
    freedom are its respondents).
    """
    positive, other = n * p, n * (1 - p)
    low = float(betaincinv(positive, other + 1, TAIL)) if positive > 0 else 0.0
    high = float(betaincinv(positive + 1, other, 1 - TAIL)) if other > 0 else 1.0
    return min(low, p), max(high, p)
