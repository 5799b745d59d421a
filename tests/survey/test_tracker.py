"""A survey during its fieldwork: what is there, what is missing, where the pace leads."""

from __future__ import annotations

from datetime import date
from decimal import Decimal
from fractions import Fraction

import pandas as pd
import pytest

from pipelines.measures.inputs import Inputs
from pipelines.measures.perception import respondents
from pipelines.survey.sample import Sample, Scheme
from pipelines.survey.tracker import (
    CELL_COLUMNS,
    Fieldwork,
    progress,
    quota_cells,
    quota_targets,
    with_stated_populations,
    worst_first,
)
from schemas.rulebook import load_edition

RULES = load_edition("2024-25").accuracy
FIRST, LAST = date(2024, 9, 1), date(2024, 11, 29)


def at(month: int, day: int) -> Fieldwork:
    return Fieldwork(FIRST, LAST, date(2024, month, day))


def every_day(a_day: int, first: str, days: int) -> pd.Series:
    dates = pd.date_range(first, periods=days, freq="D", unit="us").repeat(a_day)
    return pd.Series(dates + pd.Timedelta(hours=18)).sample(frac=1, random_state=1)


def test_halfway_and_on_course() -> None:
    # 3,000 households need 501 responses; 10 a day for 30 days.
    found = progress(every_day(10, "2024-09-01", 30), 3000, False, at(9, 30), RULES)
    assert (found.responses, found.required_responses, found.more_needed) == (300, 501, 201)
    assert (found.required_margin, found.margin) == (4, Decimal("5.368576"))
    assert found.pace == 10
    # 201 more at 10 a day is 21 more days; 60 more days bring 600.
    assert found.enough_on == date(2024, 10, 21)
    assert found.responses_at_end == 900
    assert found.pace_needed == Fraction(201, 60)
    assert (found.met, found.on_course) == (False, True)


def test_too_slow() -> None:
    found = progress(every_day(2, "2024-09-01", 30), 3000, False, at(9, 30), RULES)
    assert found.enough_on == date(2025, 5, 9)
    assert (found.responses_at_end, found.on_course) == (180, False)


def test_the_pace_is_that_of_the_last_two_weeks() -> None:
    fast_then_slow = pd.concat([every_day(20, "2024-09-01", 10), every_day(1, "2024-09-11", 20)])
    found = progress(fast_then_slow, 3000, False, at(9, 30), RULES)
    assert found.pace == 1
    early = progress(every_day(6, "2024-09-01", 30), 3000, False, at(9, 4), RULES)
    assert (early.responses, early.pace) == (24, 6)
    uneven = progress(every_day(1, "2024-09-01", 5), 3000, False, at(9, 14), RULES)
    assert uneven.pace == Fraction(5, 14)


def test_enough_is_dated_by_the_response_that_made_it_so() -> None:
    found = progress(every_day(10, "2024-09-01", 60), 3000, False, at(10, 30), RULES)
    assert (found.more_needed, found.met, found.on_course) == (0, True, True)
    assert found.pace_needed is None
    # The 501st response is the first of the 51st day.
    assert found.enough_on == date(2024, 10, 21)


def test_before_fieldwork_and_without_responses() -> None:
    found = progress(every_day(10, "2024-09-01", 0), 3000, False, at(8, 1), RULES)
    assert (found.responses, found.margin, found.pace, found.enough_on) == (0, None, 0, None)
    assert (found.responses_at_end, found.on_course) == (0, False)
    assert found.pace_needed == Fraction(501, 90)
    silent = progress(every_day(10, "2024-09-01", 0), 3000, False, at(9, 20), RULES)
    assert (silent.pace, silent.enough_on) == (0, None)


def test_what_comes_later_is_not_there_yet() -> None:
    found = progress(every_day(10, "2024-09-01", 60), 3000, False, at(9, 1), RULES)
    assert (found.responses, found.pace) == (10, 10)


def test_after_fieldwork_nothing_more_is_expected() -> None:
    found = progress(every_day(1, "2024-09-01", 90), 3000, False, at(12, 31), RULES)
    assert (found.responses, found.pace, found.responses_at_end) == (90, 0, 90)
    assert (found.enough_on, found.on_course, found.pace_needed) == (None, False, None)
    just_over = progress(every_day(1, "2024-09-01", 90), 3000, False, at(11, 30), RULES)
    assert (just_over.responses, just_over.responses_at_end) == (90, 90)


def test_without_the_days_of_fieldwork_the_rest_is_known() -> None:
    found = progress(every_day(10, "2024-09-01", 30), 3000, False, None, RULES)
    assert (found.responses, found.more_needed, found.margin) == (300, 201, Decimal("5.368576"))
    assert (found.pace, found.pace_needed, found.responses_at_end, found.enough_on) == (None,) * 4
    assert not found.on_course
    enough = progress(every_day(10, "2024-09-01", 60), 3000, False, None, RULES)
    assert (enough.enough_on, enough.on_course) == (date(2024, 10, 21), True)


@pytest.mark.parametrize(
    ("day", "gone", "left", "pace_days"),
    [
        ((8, 31), 0, 90, 0),
        ((9, 1), 1, 89, 1),
        ((9, 30), 30, 60, 14),
        ((11, 29), 90, 0, 14),
        ((12, 31), 90, 0, 14),
    ],
)
def test_the_days_of_fieldwork(day: tuple[int, int], gone: int, left: int, pace_days: int) -> None:
    fieldwork = at(*day)
    assert (fieldwork.days, fieldwork.days_gone, fieldwork.days_left) == (90, gone, left)
    assert fieldwork.pace_days == pace_days


def test_more_than_all_households_cannot_respond() -> None:
    found = progress(every_day(20, "2024-09-01", 10), 300, False, at(9, 10), RULES)
    assert found.responses_at_end == 300


def test_a_census_meets_the_requirement_without_the_number() -> None:
    found = progress(every_day(1, "2024-09-01", 10), 1000, True, at(9, 10), RULES)
    assert (found.met, found.more_needed) == (True, 268)


def test_nobody_to_survey() -> None:
    found = progress(every_day(0, "2024-09-01", 1), 0, False, at(9, 10), RULES)
    assert (found.required_responses, found.enough_on, found.on_course) == (0, None, True)


def test_fieldwork_that_ends_before_it_starts() -> None:
    with pytest.raises(ValueError, match=r"ends .2024-09-01. before it starts .2024-11-29."):
        progress(every_day(1, "2024-09-01", 1), 100, False, Fieldwork(LAST, FIRST, FIRST), RULES)


def test_quota_cells_and_how_far_behind_they_are() -> None:
    completed = every_day(4, "2024-09-01", 30).sort_values().reset_index(drop=True)
    cell = pd.Series(["north", "north", "north", "moon"] * 30)
    found = quota_cells(completed, cell, {"north": 200, "south": 100}, at(9, 30))
    assert list(found.columns) == list(CELL_COLUMNS)
    # 30 of 90 days are gone: a third is due.
    assert found.to_dict("records") == [
        {"cell": "north", "target": 200, "responses": 90, "to_go": 110, "due": 66, "behind": 0},
        {"cell": "south", "target": 100, "responses": 0, "to_go": 100, "due": 33, "behind": 33},
        {"cell": "moon", "target": 0, "responses": 30, "to_go": 0, "due": 0, "behind": 0},
    ]


@pytest.mark.parametrize(
    ("day", "responses", "due"),
    [((8, 31), 0, 0), ((9, 1), 1, 1), ((9, 2), 2, 2), ((11, 29), 90, 90), ((12, 31), 90, 90)],
)
def test_what_is_due_follows_the_days(day: tuple[int, int], responses: int, due: int) -> None:
    completed = every_day(1, "2024-09-01", 90).sort_values().reset_index(drop=True)
    found = quota_cells(completed, pd.Series(["all"] * 90), {"all": 90}, at(*day))
    assert found.to_dict("records") == [
        {
            "cell": "all",
            "target": 90,
            "responses": responses,
            "to_go": 90 - responses,
            "due": due,
            "behind": 0,
        }
    ]


def test_without_the_days_of_fieldwork_nothing_is_due() -> None:
    completed = every_day(1, "2024-09-01", 2)
    found = quota_cells(completed, pd.Series(["north", "north"], index=completed.index), {"north": 5}, None)
    assert found.to_dict("records") == [
        {"cell": "north", "target": 5, "responses": 2, "to_go": 3, "due": None, "behind": None}
    ]


def test_the_worst_cells_come_first() -> None:
    rows = [("a", 10, 10, 0, 5, 0), ("b", 10, 2, 8, 5, 3), ("c", 20, 7, 13, 10, 3), ("d", 9, 5, 4, 4, 0)]
    found = worst_first(pd.DataFrame(rows, columns=list(CELL_COLUMNS)))
    assert list(found["cell"]) == ["c", "b", "d", "a"]
    undated = pd.DataFrame([(*row[:4], None, None) for row in rows], columns=list(CELL_COLUMNS))
    assert list(worst_first(undated)["cell"]) == ["c", "b", "d", "a"]


def sample_of(households: pd.DataFrame | None, margins: list[tuple[str, str, int]]) -> Sample:
    table = pd.DataFrame(margins, columns=["characteristic", "category", "households"])
    return Sample("LCRA", pd.DataFrame(), ("area", "age"), households, table, Scheme())


def test_quota_targets_follow_the_households_that_can_be_invited() -> None:
    households = pd.DataFrame(
        {
            "household_id": [str(number) for number in range(10)],
            "excluded_reason": [None] * 8 + ["in prison"] * 2,
            "area": ["north"] * 4 + ["south"] * 6,
            "age": ["old", "young"] * 5,
        }
    ).astype({"excluded_reason": "str"})
    sample = sample_of(households, [("area", "north", 70), ("area", "south", 30)])
    assert quota_targets(sample, ["area"], 6) == {("area",): {"north": 3, "south": 3}}
    assert quota_targets(sample, ["area", "age"], 8) == {
        ("area", "age"): {"north / old": 2, "north / young": 2, "south / old": 2, "south / young": 2}
    }
    # The households do not say: the margins do, each for itself.
    blank = sample_of(households.assign(area=None), [("area", "north", 70), ("area", "south", 30)])
    assert quota_targets(blank, ["area"], 10) == {("area",): {"north": 7, "south": 3}}


def test_without_households_each_margin_has_its_quotas() -> None:
    sample = sample_of(
        None, [("area", "north", 70), ("area", "south", 30), ("age", "old", 50), ("age", "young", 50)]
    )
    assert quota_targets(sample, ["area", "age"], 10) == {
        ("area",): {"north": 7, "south": 3},
        ("age",): {"old": 5, "young": 5},
    }


def test_without_homes_the_stated_populations_are_surveyed() -> None:
    edition = load_edition("2024-25")
    no_homes = pd.DataFrame({name: pd.Series([], dtype="str") for name in ("home_id", "tenure", "country")})
    no_homes = no_homes.assign(owned_from=pd.NaT, owned_to=pd.NaT)
    responses = pd.DataFrame(
        {
            "response_id": ["a", "b"],
            "household_id": ["1", "2"],
            "tenure": ["LCRA", "LCHO"],
            "completed_on": pd.to_datetime(["2024-09-01", "2024-09-02"]),
            "source_row": [2, 3],
        }
    )
    inputs = Inputs(
        edition, edition.resolve_settings({}), {"homes": no_homes, "survey_responses": responses}, {}
    )
    assert set(inputs.stock.blocks.values()) == {"not_applicable", "not_required"}
    lcra = with_stated_populations(inputs, ["LCRA"])
    assert list(respondents(lcra)["standing"]) == ["", "lcho_below_threshold"]
    combined = with_stated_populations(inputs, ["COMBINED"])
    assert list(respondents(combined)["population"]) == ["COMBINED", "COMBINED"]
    assert list(respondents(combined)["standing"]) == ["", ""]
    assert combined.settings is inputs.settings
