"""Whole tables: what becomes of duplicates, of faults that most rows share, of rows turned away."""

from __future__ import annotations

import time
from pathlib import Path

import pandas as pd
import pytest

from pipelines.intake import check_table, empty_records, receive
from pipelines.intake.records import MOST_OF_AT_LEAST
from schemas.tables import TABLES
from tests.intake.support import CLEAN, EDITION, Row, check_file, check_rows, related_to, rows_of

REPAIR = CLEAN["repairs"][0]


def many(count: int, **change: str) -> list[Row]:
    return [REPAIR | {"repair_id": f"R{n}"} | change for n in range(count)]


def stops(records: object) -> list[str]:
    findings = records.findings  # type: ignore[attr-defined]
    return list(findings.loc[findings["grade"] == "stop", "finding_id"])


def test_of_a_repeated_row_one_is_kept_and_nothing_need_be_confirmed(tmp_path: Path) -> None:
    records = check_rows(tmp_path, "repairs", [REPAIR, REPAIR, CLEAN["repairs"][1], REPAIR])

    assert list(records.accepted["source_row"]) == [2, 4]
    assert rows_of(records, "REP-901") == [3, 5]
    assert set(records.findings["grade"]) == {"note"}


def test_a_file_given_twice_over_is_no_stop(tmp_path: Path) -> None:
    settings = EDITION.resolve_settings({})

    records = check_rows(tmp_path, "repairs", many(40) * 2, settings=settings)

    assert len(records.accepted) == 40
    assert stops(records) == []


def test_a_good_row_is_not_the_duplicate_of_a_rejected_one(tmp_path: Path) -> None:
    bad = REPAIR | {"reported_at": "yesterday"}

    records = check_rows(tmp_path, "repairs", [bad, REPAIR])

    assert list(records.accepted["source_row"]) == [3]
    assert set(records.findings["finding_id"]) == {"REP-072"}


def test_of_contradicting_rows_the_first_is_kept(tmp_path: Path) -> None:
    records = check_rows(tmp_path, "repairs", [REPAIR, REPAIR | {"completed_at": "2024-05-03T08:00"}, REPAIR])

    assert list(records.accepted["source_row"]) == [2]
    assert rows_of(records, "REP-902") == [3]
    assert rows_of(records, "REP-901") == [4]


def test_a_homes_id_with_two_contents_stops_the_return(tmp_path: Path) -> None:
    first, second = CLEAN["homes"]

    records = check_rows(tmp_path, "homes", [first, second | {"home_id": "H1"}])

    assert stops(records) == ["HOM-902"]
    assert records.findings["effect"].iloc[-1] == "table_refused"


def test_the_same_id_at_two_stages_is_two_complaints(tmp_path: Path) -> None:
    first, second = CLEAN["complaints"]

    records = check_rows(tmp_path, "complaints", [first, second | {"complaint_id": "C1"}])

    assert records.findings.empty
    assert records.accepted["stage"].tolist() == [1, 2]


def test_a_fault_that_most_rows_share_is_one_stop(tmp_path: Path) -> None:
    settings = EDITION.resolve_settings({})

    records = check_rows(
        tmp_path, "repairs", many(MOST_OF_AT_LEAST, reported_at="01/05/2024"), settings=settings
    )

    assert list(records.findings["finding_id"]) == ["FIL-012"]
    message = records.findings["message"].iloc[0]
    assert message.startswith("20 of 20 rows fail REP-072 (reported_at cannot be read), first in row 2: ")
    assert "01/05/2024" in message


def test_a_fault_that_half_the_rows_share_is_theirs(tmp_path: Path) -> None:
    rows = many(10) + [
        row | {"repair_id": f"Q{n}", "reported_at": "01/05/2024"} for n, row in enumerate(many(10))
    ]

    records = check_rows(tmp_path, "repairs", rows)

    assert len(rows_of(records, "REP-072")) == 10
    assert stops(records) == []


def test_a_file_of_another_years_repairs_is_one_stop(tmp_path: Path) -> None:
    rows = many(30, reported_at="2022-05-01T10:00", completed_at="2022-05-01T09:00", target_at="2020-01-01")

    records = check_rows(tmp_path, "repairs", rows)

    assert list(records.findings["finding_id"]) == ["REP-903"]


@pytest.mark.parametrize(("bad", "expected"), [(5, []), (6, ["FIL-013"])])
def test_more_rejected_rows_than_the_setting_allows_stop_the_return(
    tmp_path: Path, bad: int, expected: list[str]
) -> None:
    rows = many(100)
    for row in rows[:bad]:
        row["priority"] = ""

    records = check_rows(tmp_path, "repairs", rows, settings=EDITION.resolve_settings({}))

    assert stops(records) == expected
    assert len(records.rejected) == bad
    assert len(records.accepted) == 100 - bad


def test_without_homes_no_row_is_accused_of_an_unknown_home(tmp_path: Path) -> None:
    for related in ({}, {"homes": empty_records("homes").accepted}):
        assert check_rows(tmp_path, "repairs", many(3), related).findings.empty


def test_rejected_rows_keep_their_text(tmp_path: Path) -> None:
    first, second = CLEAN["safety_exclusions"]

    records = check_rows(tmp_path, "safety_exclusions", [first, second | {"programme": " Lifts? "}])

    row = records.rejected.iloc[0]
    assert row["programme"] == " Lifts? "
    assert row["reason_as_given"] == "no lift"
    assert row["reason"] == "programme cannot be read"
    assert row["finding_id"] == "EXC-012"
    assert row["source_row"] == 3


def test_characteristics_are_kept_where_the_table_keeps_them(tmp_path: Path) -> None:
    rows = [row | {"Age Band": " 16-34 "} for row in CLEAN["homes"]]

    records = check_rows(tmp_path, "homes", rows)

    assert records.accepted["age_band"].tolist() == ["16-34", "16-34"]
    assert records.accepted.attrs["characteristics"] == ["area", "age_band"]
    assert records.findings.empty


def test_a_column_that_bears_one_of_our_names_is_not_taken(tmp_path: Path) -> None:
    records = check_rows(tmp_path, "homes", [row | {"source_row": "9"} for row in CLEAN["homes"]])

    assert records.accepted["source_row"].tolist() == [2, 3]
    assert rows_of(records, "FIL-017") == [None]


def test_the_records_say_where_they_came_from(tmp_path: Path) -> None:
    check_rows(tmp_path, "asb_cases", CLEAN["asb_cases"])
    received = receive(tmp_path, "asb_cases")

    attrs = check_table(
        received, EDITION, related_to("asb_cases"), EDITION.resolve_settings({})
    ).accepted.attrs

    assert attrs == {
        "table": "asb_cases",
        "file": "asb_cases.csv",
        "sheet": "",
        "sha256": received.sha256,
        "absent_columns": [],
        "characteristics": [],
    }


@pytest.mark.parametrize("table", TABLES)
def test_empty_records_have_the_types_of_full_ones(tmp_path: Path, table: str) -> None:
    empty = empty_records(table)
    full = check_rows(tmp_path, table, CLEAN[table])

    contract = list(empty.accepted.columns)
    pd.testing.assert_series_equal(empty.accepted.dtypes, full.accepted[contract].dtypes)
    assert set(empty.rejected.columns) <= set(full.rejected.columns)
    assert empty.rejected["source_row"].dtype == "int64"


def test_an_absent_table_gives_empty_records_and_its_finding(tmp_path: Path) -> None:
    records = check_file(tmp_path, "repairs")

    assert stops(records) == ["FIL-001"]
    assert records.accepted.empty


def test_repairs_by_minutes_and_by_seconds_do_not_contradict_each_other(tmp_path: Path) -> None:
    row = REPAIR | {"reported_at": "2024-05-01T10:00:40", "completed_at": "2024-05-01T10:00", "target_at": ""}

    assert check_rows(tmp_path, "repairs", [row]).findings.empty


@pytest.mark.slow
@pytest.mark.parametrize("bad", [0, 3], ids=["clean", "three-in-ten-bad"])
def test_a_quarter_of_a_million_repairs_take_seconds(tmp_path: Path, bad: int) -> None:
    count = 250_000
    lines = ["repair_id,home_id,priority,reported_at,completed_at,status"]
    for n in range(count):
        reported = "01/05/2024" if n % 10 < bad else f"2024-05-01T{n % 24:02d}:{n % 60:02d}"
        lines.append(f"R{n},H{n % 2 + 1},non_emergency,{reported},2024-05-02T12:00,completed")
    (tmp_path / "repairs.csv").write_text("\n".join(lines))
    related = related_to("repairs")

    start = time.perf_counter()
    records = check_file(tmp_path, "repairs", related)
    seconds = time.perf_counter() - start

    assert len(records.accepted) + len(records.rejected) == count
    assert len(rows_of(records, "REP-072")) == count * bad // 10
    assert seconds < 10, "a cell-by-cell path has come back: a tenth of this is usual"


def test_homes_of_which_none_is_left_stop_the_return(tmp_path: Path) -> None:
    """Whatever turned them away: without homes no measure has a value."""
    settings = EDITION.resolve_settings({"rejected_share_stop": 100})
    one, other = CLEAN["homes"]
    unread = [home | {"tenure": "perhaps"} for home in (one, other)]
    assert stops(check_rows(tmp_path, "homes", unread, settings=settings)) == ["HOM-506"]
    assert stops(check_rows(tmp_path, "homes", [one, unread[1]], settings=settings)) == []
    (tmp_path / "sources.yaml").write_text(
        "tables: {homes: {files: homes.csv, filters: [{column: tenure, blank: false, reason: none}]}}"
    )
    assert "HOM-506" in stops(check_rows(tmp_path, "homes", [one, other], settings=settings))
