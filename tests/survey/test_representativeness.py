"""How the achieved sample is compared with the population."""

from __future__ import annotations

from fractions import Fraction

import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from pipelines.survey.representativeness import compare, largest_gaps, shares


def frame(**columns: list[str | None]) -> pd.DataFrame:
    return pd.DataFrame({name: pd.Series(values, dtype="str") for name, values in columns.items()})


def test_shares_are_exact_and_name_the_blanks() -> None:
    assert shares(pd.Series(["a", "a", None], dtype="str")) == {
        "a": Fraction(2, 3),
        "not stated": Fraction(1, 3),
    }


def test_each_category_of_either_side_has_a_row() -> None:
    sample = frame(area=["north", "north", "south"])
    population = frame(area=["north", "south", "south", "west"])
    compared = compare(sample, population, ["area"])
    assert compared.to_dict("records") == [
        row("north", 2, 1, Fraction(2, 3), Fraction(1, 4)),
        row("south", 1, 2, Fraction(1, 3), Fraction(1, 2)),
        row("west", 0, 1, Fraction(0), Fraction(1, 4)),
    ]


def row(category: str, sample: int, population: int, ours: Fraction, theirs: Fraction) -> dict[str, object]:
    return {
        "characteristic": "area",
        "category": category,
        "sample": sample,
        "population": population,
        "sample_share": ours,
        "population_share": theirs,
        "gap": ours - theirs,
    }


@pytest.mark.parametrize("blank", ["sample", "population"])
def test_a_characteristic_that_one_side_never_states_is_left_out(blank: str) -> None:
    stated, unstated = frame(area=["north", "south"]), frame(area=[None, None])
    sides = (unstated, stated) if blank == "sample" else (stated, unstated)
    assert compare(*sides, ["area"]).empty


@pytest.mark.parametrize(("sample", "population"), [([], ["north"]), (["north"], [])])
def test_no_share_of_nothing(sample: list[str | None], population: list[str | None]) -> None:
    with pytest.raises(ValueError, match="at least one response and one household"):
        compare(frame(area=sample), frame(area=population), ["area"])


def test_the_largest_gap_of_each_characteristic_either_way() -> None:
    sample = frame(area=["north", "north", "south", "west"], age=["old", "old", "old", "young"])
    population = frame(area=["north", "south", "south", "west"], age=["old", "young", "young", "young"])
    largest = largest_gaps(compare(sample, population, ["area", "age"]))
    assert list(largest["characteristic"]) == ["area", "age"]
    assert list(largest["category"]) == ["north", "old"]
    assert list(largest["gap"]) == [Fraction(1, 4), Fraction(1, 2)]


@given(
    st.lists(st.sampled_from("abc"), min_size=1, max_size=30),
    st.lists(st.sampled_from("abcd"), min_size=1, max_size=30),
)
def test_gaps_cancel_out_and_turn_round(sample: list[str], population: list[str]) -> None:
    ours, theirs = frame(area=list(sample)), frame(area=list(population))
    forward, back = compare(ours, theirs, ["area"]), compare(theirs, ours, ["area"])
    assert sum(forward["gap"]) == 0
    assert list(forward["gap"]) == [-gap for gap in back["gap"]]
