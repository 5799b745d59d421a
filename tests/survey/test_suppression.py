"""Small cells, and the cells that would give them away."""

from __future__ import annotations

import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from pipelines.survey.suppression import PROTECTING, SHOWN, SMALL, marks


def one_total(counts: list[int], least: int = 10) -> list[str]:
    column = pd.Series(counts)
    return list(marks(column, least, [pd.Series("all", index=column.index)]))


@pytest.mark.parametrize(
    ("counts", "expected"),
    [
        # Nothing small, nothing hidden.
        ([10, 20, 30], [SHOWN, SHOWN, SHOWN]),
        # One small cell is the total less the others: the next smallest goes with it.
        ([9, 30, 20], [SMALL, SHOWN, PROTECTING]),
        # Two small cells that are together still fewer than ten.
        ([4, 5, 30, 20], [SMALL, SMALL, SHOWN, PROTECTING]),
        # Two small cells that protect each other.
        ([5, 5, 30, 20], [SMALL, SMALL, SHOWN, SHOWN]),
        # The first of equals.
        ([3, 20, 20], [SMALL, PROTECTING, SHOWN]),
        # A cell with nobody in it hides nobody and protects nobody.
        ([3, 0, 20, 30], [SMALL, SHOWN, PROTECTING, SHOWN]),
        # Nobody left to go with it.
        ([3, 0], [SMALL, SHOWN]),
        ([3], [SMALL]),
        ([], []),
    ],
)
def test_one_published_total(counts: list[int], expected: list[str]) -> None:
    assert one_total(counts) == expected


def test_rows_and_columns_protect_each_other() -> None:
    """Area by age, both totals published: a hidden cell needs company in its row and in its column."""
    cells = pd.DataFrame(
        {
            "area": ["n", "n", "n", "s", "s", "s", "w", "w", "w"],
            "age": ["x", "y", "z"] * 3,
            "n": [4, 40, 50, 41, 30, 60, 70, 80, 90],
        }
    )
    found = marks(cells["n"], 10, [cells["area"], cells["age"]])
    assert list(found) == [SMALL, PROTECTING, "", PROTECTING, PROTECTING, "", "", "", ""]


def test_each_characteristic_has_its_own_total() -> None:
    cells = pd.Series([3, 30, 40, 50])
    of = pd.Series(["area", "area", "age", "age"])
    assert list(marks(cells, 10, [of])) == [SMALL, PROTECTING, SHOWN, SHOWN]


@given(st.lists(st.integers(0, 60), max_size=12), st.integers(1, 30))
def test_no_hidden_cell_can_be_worked_out(counts: list[int], least: int) -> None:
    found = one_total(counts, least)
    hidden = [n for n, mark in zip(counts, found, strict=True) if mark != SHOWN]
    shown = [n for n, mark in zip(counts, found, strict=True) if mark == SHOWN]
    assert all(n == 0 or n >= least for n in shown)
    if hidden and any(shown):
        assert len(hidden) >= 2
        assert sum(hidden) >= least
