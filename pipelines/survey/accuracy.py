"""The regulator's accuracy test for a perception survey: required responses and achieved margin of error."""

from __future__ import annotations

from dataclasses import dataclass
from decimal import Decimal
from fractions import Fraction
from math import ceil

from schemas.rulebook import Accuracy

# Digits that the achieved margin is shown with; RSH's own file agrees to six.
_MARGIN = Decimal("0.000001")


@dataclass(frozen=True)
class AccuracyTest:
    """The test of one population: households, responses, what was required and what was reached.

    `required_margin` and `achieved_margin` are percentage points at 95% confidence (None where no response
    or a single household leaves it undefined); `met_by_census` where only the census fallback meets the rule.
    """

    population_size: int
    responses: int
    required_responses: int
    required_margin: int
    achieved_margin: Decimal | None
    met: bool
    met_by_census: bool


def required_exactly(population_size: int, accuracy: Accuracy) -> Fraction:
    """Return the unrounded number of responses that `population_size` households require.

    n = n0 / (1 + n0 / N) with n0 = z² p (1 - p) / e²: the finite population correction with N, as RSH's
    required samples have it.
    """
    if population_size == 0:
        return Fraction(0)
    margin = Fraction(accuracy.margin_points(population_size), 100)
    p = Fraction(accuracy.proportion)
    unlimited = Fraction(accuracy.confidence_z) ** 2 * p * (1 - p) / margin**2
    return unlimited / (1 + unlimited / population_size)


def achieved_margin(population_size: int, responses: int, accuracy: Accuracy) -> Decimal | None:
    """Return the margin of error reached, in percentage points.

    100 z sqrt(p (1 - p) / n x (N - n) / (N - 1)): the correction with N - 1, as RSH's achieved margins have
    it (the two of RSH's formulas differ). None without a response, or with at most one household.
    """
    if responses == 0 or population_size <= 1:
        return None
    p = accuracy.proportion
    # More responses than households cannot be a smaller error than none.
    missing = max(population_size - responses, 0)
    variance = p * (1 - p) / responses * missing / (population_size - 1)
    return (100 * accuracy.confidence_z * variance.sqrt()).quantize(_MARGIN)


def accuracy_test(population_size: int, responses: int, census: bool, accuracy: Accuracy) -> AccuracyTest:
    """Return the test of one population; `census` says that every household was invited.

    Source: Tenant Survey Requirements (accuracy by population band, census fallback for small populations);
    the formulas reproduce RSH's published required samples and margins.
    """
    required = ceil(required_exactly(population_size, accuracy))
    enough = responses >= required
    by_census = not enough and census and population_size <= accuracy.census_fallback_limit
    return AccuracyTest(
        population_size,
        responses,
        required,
        accuracy.margin_points(population_size),
        achieved_margin(population_size, responses, accuracy),
        enough or by_census,
        by_census,
    )
