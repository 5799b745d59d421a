from decimal import Decimal
from fractions import Fraction

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pipelines.measures.rounding import round_half_up


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
