"""A survey before its fieldwork: sizes, quotas, and a sample that anybody can draw again."""

from __future__ import annotations

from decimal import Decimal
from fractions import Fraction

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from pipelines.survey.plan import SAMPLE_COLUMNS, allocate, cells, draw, plan_survey, proportional
from schemas.rulebook import load_edition

RULES = load_edition("2024-25").accuracy


def households(size: int, **columns: list[str | None]) -> pd.DataFrame:
    ids = pd.Series([f"H{number:05d}" for number in range(1, size + 1)], dtype="str")
    reasons = pd.Series([None] * size, dtype="str")
    given_columns = {name: pd.Series(values, dtype="str") for name, values in columns.items()}
    return pd.DataFrame({"household_id": ids, "excluded_reason": reasons, **given_columns})


def test_quotas_by_largest_remainder() -> None:
    # Exact shares 4.4, 3.3, 2.2 and 1.1 of 11: the one that is left over goes to the largest remainder.
    assert proportional({"a": 40, "b": 30, "c": 20, "d": 10}, 11) == {"a": 5, "b": 3, "c": 2, "d": 1}
    assert proportional({"a": 1, "b": 1, "c": 1}, 2) == {"a": 1, "b": 1, "c": 0}
    assert proportional({"a": 0, "b": 7}, 3) == {"a": 0, "b": 3}
    assert proportional({"a": 0}, 3) == {"a": 0}
    assert proportional({}, 3) == {}


@given(st.lists(st.integers(0, 5000), min_size=1, max_size=15), st.integers(0, 4000))
def test_quotas_add_up_and_stay_within_one_of_their_share(sizes: list[int], total: int) -> None:
    named = {str(place): size for place, size in enumerate(sizes)}
    shared = proportional(named, total)
    everybody = sum(sizes)
    if not everybody:
        return
    assert sum(shared.values()) == total
    for name, size in named.items():
        assert abs(shared[name] - Fraction(total * size, everybody)) < 1


def test_no_stratum_is_left_alone() -> None:
    assert allocate({"big": 900, "small": 30, "tiny": 3, "one": 1}, 50) == {
        "big": 45,
        "small": 2,
        "tiny": 2,
        "one": 1,
    }
    assert allocate({"a": 60, "b": 40}, 10) == {"a": 6, "b": 4}


def test_too_few_to_draw_for_so_many_strata() -> None:
    with pytest.raises(ValueError, match=r"3 strata need 5 households.* only 4 are: stratify by fewer"):
        allocate({"a": 60, "b": 40, "c": 1}, 4)


@given(st.lists(st.integers(1, 300), min_size=1, max_size=12), st.integers(0, 400))
def test_an_allocation_adds_up_and_can_be_drawn(sizes: list[int], beyond: int) -> None:
    named = {str(place): size for place, size in enumerate(sizes)}
    total = min(sum(min(size, 2) for size in sizes) + beyond, sum(sizes))
    drawn = allocate(named, total)
    assert sum(drawn.values()) == total
    assert all(min(size, 2) <= drawn[name] <= size for name, size in named.items())


def test_cells_are_their_categories() -> None:
    frame = households(3, area=["north", "south", None], age=["old", None, "young"])
    assert list(cells(frame, ["area", "age"])) == [
        "north / old",
        "south / not stated",
        "not stated / young",
    ]
    assert list(cells(frame, ["age"])) == ["old", "not stated", "young"]
    assert list(cells(frame, [])) == ["all", "all", "all"]


def test_every_word_for_a_blank_is_one_cell() -> None:
    frame = households(4, area=["north", " Unknown", None, "not stated"])
    assert list(cells(frame, ["area"])) == ["north", "not stated", "not stated", "not stated"]
    assert list(cells(frame.assign(area=None), ["area"])) == ["not stated"] * 4


def test_the_sample_of_a_seed_is_for_ever_the_same() -> None:
    """Pinned: another version of Python, numpy or pandas, another hash seed must draw these too."""
    sample = draw(households(1000), 5, "2024-25 LCRA")
    assert list(sample["household_id"]) == ["H00985", "H00901", "H00054", "H00612", "H00978"]
    assert list(sample.columns) == list(SAMPLE_COLUMNS)
    assert list(sample["draw"]) == [1, 2, 3, 4, 5]
    assert (sample["base_weight"] == 200).all()
    assert (sample["stratum"] == "all").all()


def test_the_order_of_rows_decides_nothing_and_the_seed_everything() -> None:
    frame = households(300, area=["north", "south", "west"] * 100)
    shuffled = frame.sample(frac=1, random_state=np.random.RandomState(3))
    for strata in ([], ["area"]):
        usual = draw(frame, 60, "seed", strata)
        pd.testing.assert_frame_equal(usual, draw(shuffled, 60, "seed", strata))
        other = draw(frame, 60, "another", strata)
        assert set(usual["household_id"]) != set(other["household_id"])


def test_the_first_of_a_sample_are_a_smaller_sample() -> None:
    frame = households(300)
    pd.testing.assert_series_equal(
        draw(frame, 20, "seed")["household_id"], draw(frame, 60, "seed")["household_id"].head(20)
    )


def test_every_household_has_the_same_chance() -> None:
    """Of 200 seeds, each of 50 households is drawn in 40, give or take four standard deviations (5.7)."""
    frame = households(50)
    drawn = pd.concat([draw(frame, 10, str(seed)) for seed in range(200)])["household_id"].value_counts()
    assert len(drawn) == 50
    assert drawn.between(40 - 23, 40 + 23).all()
    # Their spread is that of chance too: a chi-square with 49 degrees of freedom.
    chi_square = ((drawn - 40) ** 2 / (200 * 0.2 * 0.8)).sum() * 49 / 50
    assert 25 < chi_square < 85


def test_a_stratified_sample_is_proportional_and_weighted_by_stratum() -> None:
    frame = households(1000, area=["north"] * 700 + ["south"] * 297 + ["isle"] * 3)
    sample = draw(frame, 100, "seed", ["area"])
    by_stratum = sample.groupby("stratum")
    assert by_stratum.size().to_dict() == {"isle": 2, "north": 69, "south": 29}
    assert by_stratum["base_weight"].sum().to_dict() == pytest.approx({"isle": 3, "north": 700, "south": 297})
    assert list(sample["stratum"]) == sorted(sample["stratum"])
    assert not sample["household_id"].duplicated().any()
    assert by_stratum["draw"].max().to_dict() == {"isle": 2, "north": 69, "south": 29}


def test_what_cannot_be_drawn() -> None:
    with pytest.raises(ValueError, match="6 households cannot be drawn from 5"):
        draw(households(5), 6, "seed")
    twice = pd.concat([households(3), households(3)])
    with pytest.raises(ValueError, match="a household_id stands twice"):
        draw(twice, 2, "seed")


def test_a_plan() -> None:
    frame = households(3000, area=["north"] * 2000 + ["south"] * 1000)
    frame.loc[:3, "excluded_reason"] = "risk to interviewer"
    frame.loc[4, "excluded_reason"] = "in prison"
    plan = plan_survey(
        frame, RULES, response_rate=Fraction(1, 4), seed="s", quota_by=["area"], strata=["area"]
    )
    assert (plan.population_size, plan.frame_size) == (3000, 2995)
    assert plan.exclusions.to_dict("records") == [
        {"reason": "in prison", "households": 1},
        {"reason": "risk to interviewer", "households": 4},
    ]
    assert list(plan.excluded["household_id"]) == ["H00001", "H00002", "H00003", "H00004", "H00005"]
    assert list(plan.excluded["excluded_reason"])[3:] == ["risk to interviewer", "in prison"]
    # 501 responses for 4 points; four invitations for each.
    assert (plan.required_responses, plan.required_margin, plan.invitations) == (501, 4, 2004)
    assert (plan.census, plan.falls_short) == (False, False)
    assert plan.quotas.to_dict("records") == [
        {"cell": "north", "households": 1995, "quota": 334},
        {"cell": "south", "households": 1000, "quota": 167},
    ]
    # A quarter of 2,004: 501, with ±4.00 (100 x 1.96 x sqrt(0.25 / 501 x 2,499 / 2,999)).
    assert (plan.expected_responses, plan.expected_margin) == (501, Decimal("3.996705"))
    assert len(plan.sample) == 2004
    assert list(plan.sample.columns) == [*SAMPLE_COLUMNS, "quota_cell"]
    assert (plan.sample["quota_cell"] == plan.sample["stratum"]).all()
    assert not set(plan.sample["household_id"]) & set(frame.loc[:4, "household_id"])
    assert plan.sample["base_weight"].sum() == pytest.approx(2995)


@pytest.mark.parametrize(
    ("rate", "invitations", "expected", "falls_short"),
    [(Fraction(1, 2), 556, 278, False), (Fraction(1, 5), 1000, 200, True)],
)
def test_where_few_respond_everybody_is_invited(
    rate: Fraction, invitations: int, expected: int, falls_short: bool
) -> None:
    plan = plan_survey(households(1000), RULES, response_rate=rate, seed="s")
    assert (plan.required_responses, plan.invitations) == (278, invitations)
    assert plan.expected_responses == expected
    assert (plan.census, plan.falls_short) == (falls_short, falls_short)
    assert plan.quotas.to_dict("records") == [{"cell": "all", "households": 1000, "quota": 278}]


def test_an_exact_census() -> None:
    plan = plan_survey(households(40), RULES, response_rate=Fraction(37, 40), seed="s")
    assert (plan.required_responses, plan.invitations) == (37, 40)
    assert (plan.census, plan.falls_short) == (True, False)
    assert (plan.sample["base_weight"] == 1).all()


def test_nobody_to_survey() -> None:
    plan = plan_survey(households(0), RULES, response_rate=Fraction(1), seed="s", strata=[])
    assert (plan.required_responses, plan.invitations, len(plan.sample), len(plan.quotas)) == (0, 0, 0, 0)
    assert plan.exclusions.empty
    assert (plan.expected_responses, plan.expected_margin) == (0, None)


@pytest.mark.parametrize("rate", [Fraction(0), Fraction(-1), Fraction(11, 10)])
def test_a_response_rate_that_is_none(rate: Fraction) -> None:
    with pytest.raises(ValueError, match="above 0% and at most 100%"):
        plan_survey(households(10), RULES, response_rate=rate, seed="s")
