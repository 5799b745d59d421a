from decimal import Decimal
from fractions import Fraction

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pipelines.measures.rounding import round_half_up, told_apart


@pytest.mark.parametrize(
    ("exact", "places", "expected"),
    [
        (Fraction(7625, 100), 1, "76.3"),  # Python's round gives 76.2
        (Fraction(1, 4), 1, "0.3"),  # Python's round gives 0.2
        (Fraction(5, 2), 0, "3"),
        (Fraction(-1, 4), 1, "-0.3"),
        (Fraction(99949, 1000), 1, "99.9"),
        (Fraction(99950, 1000), 1, "100.0"),
        (Fraction(0), 1, "0.0"),
    ],
)
def test_ties_go_away_from_zero(exact, places, expected):
    assert str(round_half_up(exact, places)) == expected


@given(st.fractions(min_value=-10_000, max_value=10_000), st.integers(0, 6))
def test_never_further_than_half_a_step_from_the_exact_value(exact, places):
    rounded = round_half_up(exact, places)
    assert isinstance(rounded, Decimal)
    assert abs(Fraction(rounded) - exact) <= Fraction(1, 2 * 10**places)


@pytest.mark.parametrize(
    ("first", "second", "shown"),
    [
        ("37.80877651845394", "38", ("37.8", "38.0")),
        ("24.92063492063492", "24.86", ("24.92", "24.86")),
        ("40.401146131805156", "40.4", ("40.401", "40.400")),
        ("40.4", "40.4", ("40.4", "40.4")),  # no difference to see
        ("40.40000000000000001", "40.4", ("40.4", "40.4")),
    ],
)
def test_two_numbers_have_the_decimals_that_tell_them_apart(first, second, shown):
    assert tuple(map(str, told_apart(Fraction(first), Fraction(second)))) == shown
