"""Intervals against published values, and at their edges."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pipelines.survey.intervals import Z, interval, korn_graubard, wilson


def test_the_normal_quantile() -> None:
    assert pytest.approx(1.959963984540054, abs=1e-12) == Z


# Newcombe 1998 (Statistics in Medicine 17), table I: score and exact limits of r/n.
@pytest.mark.parametrize(
    ("positive", "n", "score", "exact"),
    [
        (81, 263, (0.2553, 0.3662), (0.2527, 0.3676)),
        (15, 148, (0.0624, 0.1605), (0.0578, 0.1617)),
        (0, 20, (0.0000, 0.1611), (0.0000, 0.1684)),
        (1, 29, (0.0061, 0.1718), (0.0009, 0.1776)),
    ],
)
def test_published_limits(
    positive: int, n: int, score: tuple[float, float], exact: tuple[float, float]
) -> None:
    assert wilson(positive / n, n) == pytest.approx(score, abs=5e-5)
    assert korn_graubard(positive / n, n) == pytest.approx(exact, abs=5e-5)


def test_the_cautious_interval_serves_below_thirty() -> None:
    assert interval(0.5, 30).method == "wilson"
    small = interval(0.5, 29.999)
    assert small.method == "korn_graubard"
    assert (small.low, small.high) == korn_graubard(0.5, 29.999)


def test_the_ends_are_exact() -> None:
    for method in (wilson, korn_graubard):
        assert method(0, 12)[0] == 0
        assert method(1, 12)[1] == 1


@given(st.floats(0, 1), st.floats(1, 5000))
def test_positive_and_other_answers_mirror_each_other(p: float, n: float) -> None:
    one, other = interval(p, n), interval(1 - p, n)
    assert (one.low, one.high) == pytest.approx((1 - other.high, 1 - other.low), abs=1e-9)
    assert 0 <= one.low <= p <= one.high <= 1


@given(st.floats(0.01, 0.99), st.floats(2, 400))
def test_the_cautious_interval_is_the_wider_one_where_both_sides_have_answers(p: float, n: float) -> None:
    if n * p >= 1 and n * (1 - p) >= 1:
        (low, high), (lower, higher) = wilson(p, n), korn_graubard(p, n)
        assert higher - lower > high - low
