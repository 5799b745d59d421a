"""How far what was not used could move a figure: checked against every way in which it could turn out."""

from __future__ import annotations

from collections.abc import Iterator
from fractions import Fraction
from itertools import product

import pandas as pd
import pytest

from pipelines.assurance.compute import check_landlord, compute_ledgers
from pipelines.measures.figures import Figure
from pipelines.sample import SampleSpec, write_sample
from pipelines.statutory.finding_effects import (
    COLUMNS,
    IGNORED,
    REJECTED,
    _Unused,
    figure_effects,
    group_effects,
    unused_records,
)
from pipelines.statutory.findings import finding_groups
from schemas.rulebook import load_edition
from tests.statutory import builders

EDITION = load_edition("2024-25")
SHARE, RATE = EDITION.measure("RP02_1"), EDITION.measure("CH01_1")


def lines(*rows: tuple[object, ...]) -> pd.DataFrame:
    return pd.DataFrame(list(rows), columns=list(COLUMNS))


def figure(measure: str, population: str, part: int, whole: int) -> Figure:
    return builders.figure(EDITION, measure, population, part, whole)


def effect(unused: pd.DataFrame, *figures: Figure) -> dict[str, object]:
    (row,) = figure_effects(unused, figures, EDITION)
    return row


# ---------------------------------------------------------------------------------------------- the bounds

STATES = ((0, 0), (1, 0), (1, 1))  # (in the denominator, in the numerator)


def every_share(numerator: int, denominator: int, unused: _Unused) -> Iterator[Fraction]:
    """Each share that could come out: units join in any state, and some of those there take another."""
    there = [(1, 1)] * numerator + [(1, 0)] * (denominator - numerator) + [(0, 0)] * unused.changed
    for joined in product(STATES, repeat=unused.added):
        for turned in product(range(len(there)), repeat=unused.changed):
            for states in product(STATES, repeat=unused.changed):
                units = [*there, *joined]
                for place, state in zip(turned, states, strict=True):
                    units[place] = state
                whole = sum(unit[0] for unit in units)
                if whole:
                    yield Fraction(sum(unit[1] for unit in units), whole)


@pytest.mark.parametrize(
    ("numerator", "denominator", "unused"),
    [
        (numerator, denominator, _Unused(added, changed))
        for denominator in (1, 3)
        for numerator in range(denominator + 1)
        for added, changed in ((1, 0), (2, 0), (0, 1), (0, 2), (1, 1), (2, 1))
    ],
)
def test_the_ends_of_a_share_are_the_least_and_the_greatest_that_could_come_out(
    numerator: int, denominator: int, unused: _Unused
) -> None:
    ends = unused.ends(figure("RP02_1", "LCRA", numerator, denominator), SHARE)
    possible = list(every_share(numerator, denominator, unused))
    assert ends == (min(possible), Fraction(numerator, denominator), max(possible))


@pytest.mark.parametrize(
    "unused", [_Unused(2), _Unused(0, 2), _Unused(0, 0, 2), _Unused(0, 0, 0, 2), _Unused(2, 1, 2, 1)]
)
def test_the_ends_of_a_rate_are_the_least_and_the_greatest_that_could_come_out(unused: _Unused) -> None:
    cases, homes = 3, 5
    possible = [
        Fraction(max(cases + more, 0), homes + of_them)
        for more in range(-unused.changed, unused.added + unused.changed + 1)
        for of_them in range(-unused.homes_changed, unused.homes + unused.homes_changed + 1)
    ]
    ends = unused.ends(figure("CH01_1", "LCRA", cases, homes), RATE)
    assert ends == (min(possible), Fraction(cases, homes), max(possible))


def test_where_no_home_may_be_left_a_rate_has_no_range() -> None:
    row = effect(lines(("HOM-062", "homes", IGNORED, "CH01_1", "LCRA", 5, 5)), figure("CH01_1", "LCRA", 3, 5))
    assert (row["low"], row["high"], row["widest"], row["range_text"]) == (None, None, None, "")
    assert row["text"] == "No range can be given for CH01 (1) LCRA: the 5 values not used might change it."


def test_an_end_is_rounded_once_and_half_up() -> None:
    # 1 of 2 with 14 rows more: 1/16 = 6.25% and 15/16 = 93.75%.
    row = effect(
        lines(("REP-501", "repairs", REJECTED, "RP02_1", "LCRA", 14, 14)), figure("RP02_1", "LCRA", 1, 2)
    )
    assert (row["low"], row["high"], row["low_text"], row["high_text"]) == (6.3, 93.8, "6.3%", "93.8%")
    assert row["widest"] == 43.8  # 43.75 either way
    assert row["rejected"] == 14
    assert row["ignored"] == 0
    assert row["text"] == (
        "RP02 (1) is 50.0%. With the 14 rows turned away it would lie anywhere from 6.3% to 93.8%: the "
        "widest possible range."
    )


def test_a_weighted_count_keeps_its_decimals() -> None:
    weighted = Figure("TP01", None, "LCRA", Fraction("7.25"), Fraction("10.5"), None, "percent", "reported")
    ends = _Unused(1).ends(weighted, EDITION.measure("TP01"))
    assert ends == (
        Fraction("7.25") / Fraction("11.5"),
        Fraction("7.25") / Fraction("10.5"),
        Fraction("8.25") / Fraction("11.5"),
    )


def test_a_figure_that_does_not_move_at_one_decimal_says_so() -> None:
    row = effect(
        lines(("REP-501", "repairs", REJECTED, "RP02_1", "LCRA", 1, 1)), figure("RP02_1", "LCRA", 5000, 9999)
    )
    assert row["range_text"] == "50.0%"
    assert "With the 1 row turned away it would stay at 50.0%" in str(row["text"])


def test_a_response_is_said_to_count_as_one() -> None:
    unused = lines(
        ("SUR-042", "survey_responses", REJECTED, "TP01", "LCHO", 1, 1),
        ("SUR-212", "survey_responses", IGNORED, "TP01", "LCHO", 2, 2),
    )
    row = effect(unused, figure("TP01", "LCHO", 50, 100))
    assert (row["name"], row["rejected"], row["ignored"]) == ("TP01 LCHO", 1, 2)
    assert row["text"] == (
        "TP01 LCHO is 50.0%. With the 1 row turned away and the 2 values not used it would lie anywhere from "
        "47.5% to 52.5%: the widest possible range, each response counting as one."
    )


def test_a_rate_says_its_unit_once() -> None:
    row = effect(
        lines(("CMP-052", "complaints", REJECTED, "CH01_1", "COMBINED", 2, 2)),
        figure("CH01_1", "COMBINED", 49, 1000),
    )
    assert row["name"] == "CH01 (1) combined"
    assert row["range_text"] == "49.0 to 51.0 per 1,000 homes"


def test_figures_that_are_not_reported_or_lack_nothing_are_left_out() -> None:
    unused = lines(("REP-501", "repairs", REJECTED, "TP01", "COMBINED", 1, 1))
    absent = builders.without_value(EDITION, "TP01", "COMBINED", "not_required", "Reported apart.")
    assert figure_effects(unused, [absent, figure("RP02_1", "LCRA", 1, 2)], EDITION) == []


def test_a_figure_without_a_value_may_get_one() -> None:
    empty = builders.without_value(EDITION, "CH02_2", "LCHO", "no_cases", "None.")
    row = effect(lines(("CMP-052", "complaints", REJECTED, "CH02_2", "LCHO", 3, 3)), empty)
    assert row["value_text"] == "No cases"
    assert row["text"] == "No range can be given for CH02 (2) LCHO: the 3 rows turned away might change it."


# --------------------------------------------------------------------------------------------- the counting


def accepted(**frames: pd.DataFrame) -> dict[str, pd.DataFrame]:
    homes = pd.DataFrame(
        {
            "home_id": ["H1", "H2", "H3", "H4"],
            "building_id": ["B1", "B1", "B1", None],
            "source_row": [2, 3, 4, 5],
        }
    )
    return {"homes": homes, **frames}


def rejected(finding_id: str, **columns: list[str]) -> pd.DataFrame:
    frame = pd.DataFrame(columns, dtype="str")
    return frame.assign(finding_id=finding_id, reason="", source_row=range(2, len(frame) + 2))


def counts(unused: pd.DataFrame) -> dict[tuple[str, str], tuple[int, int]]:
    return {(row.measure, row.population): (row.rows, row.units) for row in unused.itertuples(index=False)}


def of_rejected(table: str, finding_id: str, **columns: list[str]) -> dict[tuple[str, str], tuple[int, int]]:
    turned_away = {table: rejected(finding_id, **columns)}
    return counts(unused_records(builders.findings(), accepted(), turned_away, EDITION))


def test_a_repair_counts_where_its_priority_puts_it_and_in_both_where_it_cannot_be_read() -> None:
    found = of_rejected("repairs", "REP-501", priority=[" Emergency", "non_emergency", "emergency", "urgent"])
    assert found == {("RP02_1", "LCRA"): (2, 2), ("RP02_2", "LCRA"): (3, 3)}


def test_a_complaint_counts_in_its_stage_of_every_population() -> None:
    found = of_rejected("complaints", "CMP-052", stage=["1", "1"])
    assert found == {
        (measure, population): (2, 2)
        for measure in ("CH01_1", "CH02_1")
        for population in EDITION.measure(measure).populations
    }


def test_a_response_counts_in_its_tenure_and_in_the_survey_of_both_together() -> None:
    found = of_rejected("survey_responses", "SUR-042", tenure=["LCHO"])
    assert ("TP01", "LCRA") not in found
    assert {found["TP01", "LCHO"], found["TP01", "COMBINED"]} == {(1, 1)}
    assert len(of_rejected("survey_responses", "SUR-032", tenure=["?"])) > len(found)


def test_a_home_counts_in_the_stock_measures_and_beneath_the_rates() -> None:
    measures = {key for key, _ in of_rejected("homes", "HOM-022", home_id=["H9"])}
    assert measures == {
        "RP01",
        "BS01",
        "BS02",
        "BS03",
        "BS04",
        "BS05",
        "CH01_1",
        "CH01_2",
        "NM01_1",
        "NM01_2",
    }
    unused = lines(("HOM-022", "homes", REJECTED, "CH01_1", "LCRA", 250, 250))
    row = effect(unused, figure("CH01_1", "LCRA", 50, 1000))
    assert (row["low"], row["high"]) == (40.0, 50.0)


def test_what_shapes_a_figure_only_by_way_of_others_is_in_none() -> None:
    assert of_rejected("households", "HSE-022", tenure=["?"]) == {}


@pytest.mark.parametrize(
    ("home", "building", "served"),
    [
        ("H4", "", 1),
        ("", "B1", 3),
        ("H4", "B1", 4),
        ("H1", "B1", 3),  # H1 is in B1
        ("H9", "", 1),  # no such home: some one home
        ("", "B9", 3),  # no such building: it may be the largest
        ("", "", 3),
    ],
)
def test_a_check_stands_for_the_homes_that_it_serves(home: str, building: str, served: int) -> None:
    found = of_rejected("safety_checks", "CHK-503", programme=["gas"], home_id=[home], building_id=[building])
    assert found == {("BS01", "ALL"): (1, served)}


def test_a_check_of_no_known_programme_may_be_of_any() -> None:
    found = of_rejected("safety_checks", "CHK-022", programme=["?"], home_id=["H1"], building_id=[""])
    assert set(found) == {(f"BS0{number}", "ALL") for number in range(1, 6)}


def test_where_no_home_is_in_a_building_a_check_stands_for_one() -> None:
    homes = pd.DataFrame({"home_id": ["H1"], "building_id": pd.Series([None], dtype="str")})
    turned_away = {"safety_checks": rejected("CHK-501", programme=["gas"], home_id=[""], building_id=[""])}
    unused = unused_records(builders.findings(), {"homes": homes}, turned_away, EDITION)
    assert counts(unused) == {("BS01", "ALL"): (1, 1)}


def test_a_check_can_turn_homes_that_count_already() -> None:
    unused = lines(("CHK-503", "safety_checks", REJECTED, "BS01", "ALL", 1, 10))
    row = effect(unused, figure("BS01", "ALL", 95, 100))
    assert (row["low"], row["high"], row["rejected"]) == (85.0, 100.0, 1)


@pytest.mark.parametrize("finding_id", ["REP-901", "MAP-201", "COR-007"])
def test_repeats_and_what_is_left_out_on_purpose_take_nothing_from_a_figure(finding_id: str) -> None:
    assert of_rejected("repairs", finding_id, priority=["emergency"]) == {}


def ignored(table: str, finding_id: str, row: int | None, touches: str, **more: object) -> dict[str, object]:
    return builders.finding(
        finding_id, "confirm", row, touches, table=table, effect=IGNORED, file=f"{table}.csv", **more
    )


def test_an_ignored_value_counts_once_a_row_and_only_where_it_is_used() -> None:
    complaints = pd.DataFrame({"stage": pd.array([1, 2], "Int64"), "source_row": [2, 3]})
    found = builders.findings(
        ignored("complaints", "CMP-501", 2, "CH02_1;CH02_2"),
        ignored("complaints", "CMP-501", 2, "CH02_1;CH02_2"),
        ignored("complaints", "CMP-501", 9, "CH02_1;CH02_2"),  # turned away by another rule
        ignored("complaints", "FIL-021", None, "CH02_1;CH02_2"),  # names no row
    )
    unused = unused_records(found, accepted(complaints=complaints), {}, EDITION)
    assert counts(unused) == {
        ("CH02_1", population): (1, 1) for population in EDITION.measure("CH02_1").populations
    }
    assert set(unused["effect"]) == {IGNORED}


def test_an_ignored_value_is_found_in_its_file() -> None:
    repairs = pd.DataFrame(
        {
            "priority": ["emergency", "emergency", "non_emergency"],
            "source_row": [2, 2, 2],
            "source_file": ["april.csv", "may.xlsx (Jobs)", "may.xlsx (Old)"],
        }
    )
    found = builders.findings(
        ignored("repairs", "REP-062", 2, "RP02_1;RP02_2") | {"file": "april.csv"},
        ignored("repairs", "REP-062", 2, "RP02_1;RP02_2") | {"file": "may.xlsx", "sheet": "Old"},
    )
    unused = unused_records(found, accepted(repairs=repairs), {}, EDITION)
    assert counts(unused) == {("RP02_1", "LCRA"): (1, 1), ("RP02_2", "LCRA"): (1, 1)}


def test_an_ignored_weight_has_no_range() -> None:
    responses = pd.DataFrame({"tenure": ["LCRA"], "source_row": [2]})
    found = builders.findings(ignored("survey_responses", "SUR-092", 2, "TP01"))
    assert unused_records(found, accepted(survey_responses=responses), {}, EDITION).empty


# ----------------------------------------------------------------------------------------------- the groups


def groups(*rows: dict[str, object], unused: pd.DataFrame, figures: list[Figure]) -> list[dict[str, object]]:
    keys = [measure.key for measure in EDITION.measures]
    return group_effects(finding_groups(builders.findings(*rows), [], keys), unused, figures, EDITION)


def test_a_group_says_how_far_its_own_rows_reach_the_widest_first() -> None:
    unused = lines(
        ("REP-501", "repairs", REJECTED, "RP02_1", "LCRA", 1, 1),
        ("REP-501", "repairs", REJECTED, "RP02_2", "LCRA", 3, 3),
        ("REP-503", "repairs", REJECTED, "RP02_1", "LCRA", 9, 9),
    )
    (group,) = groups(
        builders.finding("REP-501", "confirm", 7, "RP02_1;RP02_2"),
        unused=unused,
        figures=[figure("RP02_1", "LCRA", 8000, 9000), figure("RP02_2", "LCRA", 195, 200)],
    )
    assert [(move["measure"], move["rejected"]) for move in group["moves"]] == [("RP02_2", 3), ("RP02_1", 1)]
    assert group["widest"] == group["moves"][0]["widest"] == 1.4
    assert group["moves_text"] == (
        "RP02 (2) is 97.5%, could be 96.1% to 97.5%; 1 more figure by less than 0.1"
    )


@pytest.mark.parametrize(
    ("measure", "part", "whole", "said"),
    [
        ("CH01_1", 49, 1000, "CH01 (1) LCRA is 49.0, could be 49.0 to 50.0 per 1,000 homes"),
        ("TP01", 4000, 9999, "TP01 LCRA stays at 40.0%"),
    ],
)
def test_a_group_says_a_rates_unit_once_and_where_a_figure_stays(
    measure: str, part: int, whole: int, said: str
) -> None:
    (group,) = groups(
        builders.finding("X-1", "confirm", 7, measure, table="complaints"),
        unused=lines(("X-1", "complaints", REJECTED, measure, "LCRA", 1, 1)),
        figures=[figure(measure, "LCRA", part, whole)],
    )
    assert group["moves_text"] == said


@pytest.mark.parametrize(
    ("given", "said"),
    [
        ({"grade": "stop"}, "No figure is published until it is put right."),
        ({"finding_id": "MAP-201"}, "Left out on purpose, so no range is given."),
        ({"finding_id": "REP-901"}, "No figure moves."),
        ({"touches": ""}, "No figure moves."),
        ({"table": "safety_exclusions", "touches": "BS01"}, "No figure moves: an exclusion only"),
        ({"effect": "kept"}, "Nothing was left out: what was found counts"),
        ({}, "Other findings turn the same rows away"),
        ({"effect": IGNORED}, "How far cannot be told"),
        ({"table": "households", "touches": "TP01"}, "How far cannot be told"),
    ],
)
def test_a_group_without_a_range_says_why(given: dict[str, str], said: str) -> None:
    row = builders.finding("REP-501", "confirm", 7, "RP02_1") | given
    (group,) = groups(row, unused=lines(), figures=[figure("RP02_1", "LCRA", 1, 2)])
    assert str(group["moves_text"]).startswith(said)
    assert (group["moves"], group["widest"]) == ([], None)


def test_a_group_says_how_far_its_other_figures_go() -> None:
    keys = ("TP01", "TP04", "TP05")
    (group,) = groups(
        builders.finding("SUR-042", "confirm", 7, ";".join(keys), table="survey_responses"),
        unused=lines(*(("SUR-042", "survey_responses", REJECTED, key, "LCRA", 1, 1) for key in keys)),
        figures=[figure(key, "LCRA", 50, size) for size, key in enumerate(keys, start=100)],
    )
    assert group["moves_text"] == "TP01 LCRA is 50.0%, could be 49.5% to 50.5%; 2 more figures by 0.5 at most"


def test_a_group_that_touches_only_figures_without_a_value_says_so() -> None:
    (group,) = groups(
        builders.finding("CMP-052", "confirm", 7, "CH02_2", table="complaints"),
        unused=lines(("CMP-052", "complaints", REJECTED, "CH02_2", "LCHO", 1, 1)),
        figures=[builders.without_value(EDITION, "CH02_2", "LCHO", "no_cases", "None.")],
    )
    assert group["moves_text"] == "No range: the figures that it touches have no value."


# --------------------------------------------------------------------------------------- a whole landlord


def test_what_is_counted_is_what_the_ledgers_leave_out(tmp_path) -> None:
    """Each line that a ledger calls rejected is counted, but for repeats and rows of another sort."""
    spec = SampleSpec(
        code="T0001", years=("2024-25",), lcra_homes=500, lcho_homes=60, repairs=400, responses=120
    )
    write_sample(tmp_path, spec)
    checked = check_landlord(tmp_path, "T0001", "2024-25")
    turned_away = {table: records.rejected for table, records in checked.records.items()}
    kept = {table: records.accepted for table, records in checked.records.items()}
    unused = unused_records(checked.findings, kept, turned_away, EDITION)
    counted = unused[unused["effect"] == REJECTED].groupby(["measure", "population"])["rows"].sum()
    assert len(counted)
    tables = {
        "response": "survey_responses",
        "repair": "repairs",
        "complaint": "complaints",
        "asb_case": "asb_cases",
        "home": "homes",
        "safety_check": "safety_checks",
    }
    repeats = {
        kind: set(turned_away[table].loc[turned_away[table]["finding_id"].str.endswith("-901"), "source_row"])
        for kind, table in tables.items()
    }
    for key, ledger in compute_ledgers(checked.inputs).items():
        measure = EDITION.measure(key)
        left_out = ledger[ledger["reason"] == "rejected_record"]
        again = [
            row in repeats[kind]
            for kind, row in zip(left_out["record_type"], left_out["source_row"], strict=True)
        ]
        expected = len(left_out) - sum(again)
        mine = counted.get((key, measure.populations[-1]), 0)  # the last is the widest: COMBINED, else ALL
        assert (
            mine == expected if measure.family in ("perception", "asb", "decent_homes") else mine <= expected
        )


def test_the_value_lies_between_its_ends() -> None:
    unused = lines(
        *(
            (finding_id, table, how, each.measure, each.population, 3, 5)
            for each in builders.usual_figures(EDITION)
            for finding_id, table in (("A", "homes"), ("B", "safety_checks"), ("C", "repairs"))
            for how in (REJECTED, IGNORED)
        )
    )
    rows = figure_effects(unused, builders.usual_figures(EDITION), EDITION)
    assert len(rows) == sum(each.status != "not_required" for each in builders.usual_figures(EDITION))
    for row in rows:
        assert row["low"] is None or row["low"] <= row["value"] <= row["high"]
        assert (row["low"] is None) == (row["value"] is None)
