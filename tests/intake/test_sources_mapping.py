"""Files of other shapes mapped onto our tables: columns, values, dates, rows, and where each row stood."""

from __future__ import annotations

from pathlib import Path

import openpyxl
import pandas as pd
import pytest

from pipelines.intake import Records, check_table, receive
from pipelines.intake.mapping import FILTERED
from schemas.errors import InputError
from schemas.tables import TABLES
from tests.intake.support import CLEAN, EDITION, SETTINGS, check_file, related_to, rows_of

JOBS = """\
Job No;Property;Priority;Raised;Done;State
J1;H1;E;01/05/2024 10:00;01/05/2024 15:30;Completed
J2;H2;Routine;01/06/2024 09:00;20/06/2024 12:00;Completed
J3;H2;r;02/06/2024 09:00;;Raised
"""


def others(first: str, content: str = JOBS) -> str:
    """The jobs under other references."""
    return content.replace("\nJ", f"\n{first}")


ENTRY = """\
tables:
  repairs:
    files: {files}
    columns: {{repair_id: Job No, home_id: Property, priority: Priority, reported_at: Raised,
      completed_at: Done, status: State}}
    values: {{priority: {{E: emergency, R: non_emergency, routine: non_emergency}}, status: {{Raised: open}}}}
    dates: "%d/%m/%Y %H:%M"
    {more}
"""


def write(folder: Path, sources: str, **files: str | bytes) -> Path:
    """Write sources.yaml and files, whose names have __ for a dot."""
    (folder / "sources.yaml").write_text(sources, encoding="utf-8")
    for name, content in files.items():
        path = folder / name.replace("__", ".")
        path.write_bytes(content if isinstance(content, bytes) else content.encode())
    return folder


def jobs(folder: Path, more: str = "", content: str = JOBS, files: str = "jobs.csv") -> Path:
    return write(folder, ENTRY.format(files=files, more=more), jobs__csv=content)


@pytest.mark.parametrize("columns", ["", ", columns: {case_id: Ref, opened_on: Opened}"])
def test_a_record_that_is_said_to_be_the_headings_is_not_shown(tmp_path: Path, columns: str) -> None:
    content = "case_id,tenant,opened_on\nA1,Mary Smith,2024-05-01\nA2,John Smith,2024-05-02\n"
    entry = f"tables: {{asb_cases: {{files: a.csv, header_row: 2{columns}}}}}"
    (said,) = check_file(write(tmp_path, entry, a__csv=content), "asb_cases").findings["message"]
    assert "Smith" not in said
    assert "not shown" in said
    shown = check_file(
        write(tmp_path, entry.replace("2", "1", 1), a__csv="case_id,Tenant\nA1,Mary\n"), "asb_cases"
    )
    assert "case_id, Tenant" in shown.findings["message"].iloc[0]


def told(records: Records, rule_id: str) -> list[str]:
    return records.findings.loc[records.findings["finding_id"] == rule_id, "message"].to_list()


def ids(records: Records) -> list[str]:
    return sorted(records.findings["finding_id"])


def test_a_mapped_file_gives_the_records_of_a_native_one(tmp_path: Path) -> None:
    native = tmp_path / "native"
    native.mkdir()
    (native / "repairs.csv").write_text(
        "repair_id,home_id,priority,reported_at,completed_at,status\n"
        "J1,H1,emergency,2024-05-01T10:00,2024-05-01T15:30,completed\n"
        "J2,H2,non_emergency,2024-06-01T09:00,2024-06-20T12:00,completed\n"
        "J3,H2,non_emergency,2024-06-02T09:00,,open\n",
        encoding="utf-8",
    )
    mapped = check_file(jobs(tmp_path), "repairs")
    expected = check_file(native, "repairs")

    assert ids(mapped) == ["FIL-024"]  # that it is separated by semicolons
    pd.testing.assert_frame_equal(mapped.accepted, expected.accepted)
    assert mapped.accepted.attrs["file"] == "jobs.csv"
    assert "source_file" not in mapped.accepted
    assert mapped.rejected.empty


def test_a_finding_names_the_cell_as_it_is_in_the_landlords_file(tmp_path: Path) -> None:
    content = JOBS.replace("01/06/2024 09:00", "31/06/2024 09:00").replace(
        "01/05/2024 15:30", "30/04/2024 8:00"
    )

    found = check_file(jobs(tmp_path, "delimiter: semicolon", content), "repairs").findings

    unreadable, early = (found.set_index("finding_id").loc[rule] for rule in ("REP-072", "REP-501"))
    assert list(unreadable[["file", "row", "column", "value", "record_id"]]) == [
        "jobs.csv",
        3,
        "Raised",
        "31/06/2024 09:00",
        "J2",
    ]
    assert unreadable["message"] == (
        "reported_at is “31/06/2024 09:00”, which is not a date such as 31/03/2025 14:05 (%d/%m/%Y %H:%M)."
    )
    assert unreadable["remedy"] == (
        "Correct reported_at to a date such as 31/03/2025 14:05 (%d/%m/%Y %H:%M)."
    )
    assert list(early[["row", "column", "value"]]) == [2, "Done", "30/04/2024 8:00"]
    assert early["message"] == "completed_at 2024-04-30T08:00 is before reported_at 2024-05-01T10:00."


def test_several_files_are_stacked_and_every_record_says_which_it_is_from(tmp_path: Path) -> None:
    more = JOBS.replace("J1", "K1").replace("J2", "K2").replace("J3", "K3").replace(";E;", ";P9;")
    write(
        tmp_path,
        ENTRY.format(files="jobs_*.csv", more="delimiter: ';'"),
        jobs_10__csv=more,
        jobs_9__csv=JOBS,
    )

    records = check_file(tmp_path, "repairs")

    assert records.accepted[["repair_id", "source_row", "source_file"]].to_numpy().tolist() == [
        ["J1", 2, "jobs_9.csv"],
        ["J2", 3, "jobs_9.csv"],
        ["J3", 4, "jobs_9.csv"],
        ["K2", 3, "jobs_10.csv"],
        ["K3", 4, "jobs_10.csv"],
    ]
    assert records.rejected[["repair_id", "source_row", "source_file", "finding_id"]].to_numpy().tolist() == [
        ["K1", 2, "jobs_10.csv", "REP-052"]
    ]
    finding = records.findings.set_index("finding_id").loc["REP-052"]
    assert list(finding[["file", "row", "column", "value"]]) == ["jobs_10.csv", 2, "Priority", "P9"]
    assert records.accepted.attrs["file"] == "jobs_*.csv (2 files)"
    received = receive(tmp_path, "repairs")
    assert [file.name for file in received.files] == ["jobs_9.csv", "jobs_10.csv"]
    assert len({received.sha256, *(file.sha256 for file in received.files)}) == 3
    assert received.size == sum(file.size for file in received.files) == len(JOBS) + len(more)
    assert len(received.sources_sha256) == 64


def test_the_hash_of_several_files_does_not_hang_on_their_order(tmp_path: Path) -> None:
    hashes = []
    for files in ("[jobs_1.csv, jobs_2.csv]", "[jobs_2.csv, jobs_1.csv]"):
        write(tmp_path, ENTRY.format(files=files, more=""), jobs_1__csv=JOBS, jobs_2__csv=others("K"))
        hashes.append(receive(tmp_path, "repairs").sha256)

    assert hashes[0] == hashes[1]


def test_a_row_of_the_wrong_length_is_turned_away_by_its_file(tmp_path: Path) -> None:
    write(
        tmp_path,
        ENTRY.format(files="jobs_*.csv", more=""),
        jobs_1__csv=JOBS,
        jobs_2__csv=others("K").replace("K2;", "K2;x;"),
    )

    records = check_file(tmp_path, "repairs")

    assert records.rejected[["repair_id", "source_row", "source_file", "finding_id"]].to_numpy().tolist() == [
        ["K2", 3, "jobs_2.csv", "FIL-014"]
    ]


def test_what_is_said_of_many_files_alike_is_said_once(tmp_path: Path) -> None:
    content = (
        JOBS.replace("State", "State;Trade")
        .replace("Completed", "Completed;Gas")
        .replace("Raised\n", "Raised;Gas\n")
    )
    files = {f"jobs_{n}__csv": others("JKL"[n], content) for n in range(3)}
    write(tmp_path, ENTRY.format(files="jobs_*.csv", more="delimiter: ';'"), **files)

    records = check_file(tmp_path, "repairs")

    assert told(records, "FIL-017") == [
        "jobs_0.csv (like 2 other files) has columns that the table does not use: Trade."
    ]


def test_one_sheet_of_a_workbook_with_a_title_and_another_as_a_second_part(tmp_path: Path) -> None:
    book = openpyxl.Workbook()
    april, may = book.active, book.create_sheet("May")
    april.title = "April"
    for sheet, first in ((april, "A"), (may, "B")):
        sheet.append(["Jobs of the month"])
        sheet.append([])
        sheet.append(["Job No", "Property", "Priority", "Raised", "Done", "State"])
        sheet.append([f"{first}1", "H1", "E", "01/05/2024 10:00", "01/05/2024 15:30", "Completed"])
        sheet.append([f"{first}2", "H1", "X", "01/05/2024 10:00", "01/05/2024 15:30", "Completed"])
    book.save(tmp_path / "jobs.xlsx")
    parts = "[{file: jobs.xlsx, sheet: April, header_row: 3}, {file: jobs.xlsx, sheet: May, header_row: 3}]"
    write(tmp_path, ENTRY.format(files=parts, more=""))

    records = check_file(tmp_path, "repairs")

    assert records.accepted[["source_row", "source_file"]].to_numpy().tolist() == [
        [4, "jobs.xlsx (April)"],
        [4, "jobs.xlsx (May)"],
    ]
    found = records.findings[records.findings["finding_id"] == "REP-052"]
    assert found[["file", "sheet", "row"]].to_numpy().tolist() == [
        ["jobs.xlsx", "April", 5],
        ["jobs.xlsx", "May", 5],
    ]
    assert records.accepted.attrs["file"] == "jobs.xlsx (2 sheets)"


def test_a_part_named_in_full_is_not_taken_in_by_a_pattern_too(tmp_path: Path) -> None:
    odd = others("K").replace("Property", "Home")
    write(
        tmp_path,
        ENTRY.format(files="['jobs_*.csv', {file: jobs_2.csv, columns: {home_id: Home}}]", more=""),
        jobs_1__csv=JOBS,
        jobs_2__csv=odd,
    )

    records = check_file(tmp_path, "repairs")

    assert len(records.accepted) == 6
    assert records.accepted["home_id"].notna().all()


def test_filtered_rows_are_kept_with_their_reason_and_do_not_count_as_rejected(tmp_path: Path) -> None:
    rows = "".join(
        f"T{n};H1;E;01/05/2024 10:00;01/05/2024 11:00;{'Test' if n % 2 else 'Void '}\n" for n in range(8)
    )
    filters = (
        "filters: [{column: State, is: [test], reason: jobs of a test},"
        " {column: status, is: ['VOID', test], reason: void works}]"
    )

    records = check_file(
        jobs(tmp_path, filters, JOBS + rows), "repairs", settings=EDITION.resolve_settings({})
    )

    assert len(records.accepted) == 3
    assert "FIL-013" not in ids(records)
    assert records.rejected["finding_id"].unique().tolist() == [FILTERED]
    assert records.rejected["reason"].value_counts().to_dict() == {"jobs of a test": 4, "void works": 4}
    assert records.rejected["source_row"].tolist() == list(range(5, 13))
    assert records.rejected["reported_at"].iloc[0] == "2024-05-01T10:00"
    assert told(records, FILTERED) == [
        "4 rows where “State” is test were left out by sources.yaml: jobs of a test.",
        "4 rows where “status” is VOID or test were left out by sources.yaml: void works.",
    ]


@pytest.mark.parametrize(
    ("condition", "left"),
    [
        ("column: State, is_not: Completed", ["J1", "J2"]),
        ("column: Done, blank: true", ["J1", "J2"]),
        ("column: Done, blank: false", ["J3"]),
        ("column: Job No, matches: '^j[12]$'", ["J3"]),
        ("column: priority, is: emergency", ["J1", "J2", "J3"]),  # the file's Priority says E
        ("column: Priority, is: [e, ROUTINE]", ["J3"]),
        ("column: completed_at, matches: '^2024-06'", ["J1", "J3"]),  # ours, as it was mapped
        ("column: work_type, is: void", []),
    ],
)
def test_what_filters_leave(tmp_path: Path, condition: str, left: list[str]) -> None:
    more = f"constants: {{work_type: void}}\n    filters: [{{{condition}, reason: why not}}]"

    records = check_file(jobs(tmp_path, more), "repairs")

    assert records.accepted["repair_id"].tolist() == left
    assert len(records.rejected) == 3 - len(left)


def test_rows_left_out_by_a_filter_are_no_duplicates_of_others(tmp_path: Path) -> None:
    content = JOBS + "J1;H1;E;01/05/2024 10:00;01/05/2024 15:30;Test\n"

    records = check_file(
        jobs(tmp_path, "filters: [{column: State, is: Test, reason: tests}]", content), "repairs"
    )

    assert records.accepted["repair_id"].tolist() == ["J1", "J2", "J3"]
    assert records.rejected["finding_id"].tolist() == [FILTERED]


REGISTER = """\
UPRN,Block,LGSR date,FRA date,Lift
H1,,01/06/2024,n/a,
,B2,,10/01/2024,31/02/2024
H2,,05/06/2024,,
"""
REGISTER_ENTRY = """\
tables:
  safety_checks:
    files: register.csv
    columns: {home_id: UPRN, building_id: Block}
    unpivot: {into: {name: programme, value: completed_on},
      columns: {gas: LGSR date, fire: FRA date, lift: Lift}}
    values: {completed_on: {n/a: ""}}
    dates: "%d/%m/%Y"
"""


def test_columns_become_rows_that_know_their_heading(tmp_path: Path) -> None:
    write(tmp_path, REGISTER_ENTRY, register__csv=REGISTER)

    records = check_file(tmp_path, "safety_checks")

    columns = ["check_id", "programme", "home_id", "building_id", "source_row"]
    assert records.accepted[columns].fillna("").to_numpy().tolist() == [
        ["H1-gas", "gas", "H1", "", 2],
        ["B2-fire", "fire", "", "B2", 3],
        ["B2-lift", "lift", "", "B2", 3],
        ["H2-gas", "gas", "H2", "", 4],
    ]
    bad = records.findings.set_index("finding_id").loc["CHK-052"]
    assert list(bad[["row", "column", "value", "record_id"]]) == [3, "Lift", "31/02/2024", "B2-lift"]
    assert told(records, "MAP-105") == [
        "1 blank cells of “LGSR date” gave no row of safety_checks.",
        "2 blank cells of “FRA date” gave no row of safety_checks.",
        "2 blank cells of “Lift” gave no row of safety_checks.",
    ]


def test_a_register_with_references_of_its_own_keeps_them(tmp_path: Path) -> None:
    content = "Asset,UPRN,LGSR date\nA1,H1,01/06/2024\n,H2,05/06/2024\n"
    entry = (
        "tables: {safety_checks: {files: register.csv, columns: {check_id: Asset, home_id: UPRN}, dates: "
        "'%d/%m/%Y', unpivot: {into: {name: programme, value: completed_on}, columns: {gas: LGSR date}}}}"
    )
    write(tmp_path, entry, register__csv=content)

    records = check_file(tmp_path, "safety_checks")

    assert records.accepted["check_id"].tolist() == ["A1-gas"]
    finding = records.findings.set_index("finding_id").loc["CHK-011"]
    assert list(finding[["row", "column", "value"]]) == [3, "Asset", ""]


def test_a_register_filtered_by_a_column_of_its_own(tmp_path: Path) -> None:
    entry = REGISTER_ENTRY + "    filters: [{column: Block, is: B2, reason: sold},"
    entry += (
        " {column: programme, is: lift, reason: no lifts}, {column: LGSR date, blank: true, reason: x y z}]\n"
    )
    write(tmp_path, entry, register__csv=REGISTER)

    records = check_file(tmp_path, "safety_checks")

    assert records.accepted["check_id"].tolist() == ["H1-gas", "H2-gas"]
    assert records.rejected["reason"].tolist() == ["sold", "sold"]


def test_a_register_with_nothing_to_say_who(tmp_path: Path) -> None:
    entry = REGISTER_ENTRY.replace("home_id: UPRN, building_id: Block", "valid_until: Lift")
    write(tmp_path, entry, register__csv=REGISTER)

    assert told(check_file(tmp_path, "safety_checks"), "FIL-005") == [
        "register.csv has no column check_id; its headings are UPRN, Block, LGSR date, FRA date, Lift."
    ]


def test_margins_spread_over_columns(tmp_path: Path) -> None:
    entry = (
        "tables: {population_margins: {files: m.csv, constants: {tenure: LCRA, characteristic: area}, "
        "unpivot: {into: {name: category, value: households}, columns: {North: N, South: S}}}}"
    )
    write(tmp_path, entry, m__csv="N,S\n60,40\n")

    accepted = check_file(tmp_path, "population_margins").accepted

    assert accepted[["category", "households", "source_row"]].to_numpy().tolist() == [
        ["North", 60, 2],
        ["South", 40, 2],
    ]


def test_constants_and_columns_that_nobody_named(tmp_path: Path) -> None:
    content = "Case,opened_on,Outcome\nA1,2024-09-01,x\n"
    entry = (
        "tables: {asb_cases: {files: cases.csv, columns: {case_id: Case}, constants: {hate_incident: no, "
        "tenure: LCRA}, ignore: [Outcome, Officer]}}"
    )
    write(tmp_path, entry, cases__csv=content)

    records = check_file(tmp_path, "asb_cases")

    assert records.findings.empty
    assert records.accepted[["case_id", "tenure", "hate_incident"]].to_numpy().tolist() == [
        ["A1", "LCRA", False]
    ]
    assert records.accepted.attrs["absent_columns"] == ["closed_on", "home_id"]


def test_characteristics_are_named_by_the_landlord_or_by_their_heading(tmp_path: Path) -> None:
    content = "Ref,Tenure,Age Group,Patch,Notes\nH1,Rent,1,N,x\nH2,Rent,2,S,y\n"
    entry = (
        "tables: {homes: {files: stock.csv, columns: {home_id: Ref, age_band: Age Group}, ignore: [Notes], "
        "values: {tenure: {rent: LCRA}, age_band: {1: 16-24, 2: 25-34}, patch: {N: North}}}}"
    )
    write(tmp_path, entry, stock__csv=content)

    records = check_file(tmp_path, "homes")

    assert records.accepted.attrs["characteristics"] == ["age_band", "patch"]
    assert records.accepted["age_band"].tolist() == ["16-24", "25-34"]
    assert records.accepted["patch"].tolist() == ["North", "S"]
    assert told(records, "MAP-111") == [
        "sources.yaml does not say what these values of “Patch” (patch) are: “S” (1 rows)."
    ]


def test_a_heading_that_would_take_one_of_our_names_is_not_taken(tmp_path: Path) -> None:
    content = "home_id,tenure,source_file,Source Row\nH1,LCRA,x,9\n"
    write(tmp_path, "tables: {homes: {files: stock.csv}}", stock__csv=content)

    records = check_file(tmp_path, "homes")

    assert records.accepted["source_row"].tolist() == [2]
    assert "source_file" not in records.accepted
    assert told(records, "FIL-017") == [
        "stock.csv has columns that the table does not use: source_file, Source Row."
    ]


def test_a_rename_onto_a_column_that_exists_is_said(tmp_path: Path) -> None:
    content = JOBS.replace("State", "State;status;repair_id").replace("Completed", "Completed;open;Z9")
    content = content.replace(";Raised\n", ";Raised;x;Z8\n")

    records = check_file(jobs(tmp_path, content=content), "repairs")

    assert records.accepted["status"].tolist() == ["completed", "completed", "open"]
    assert records.accepted["repair_id"].tolist() == ["J1", "J2", "J3"]
    assert told(records, "MAP-104") == [
        f"jobs.csv has a column “{name}”, but sources.yaml takes {name} from elsewhere; the file's own is "
        "not used."
        for name in ("status", "repair_id")
    ]


def test_a_heading_given_twice_is_refused_where_it_is_used(tmp_path: Path) -> None:
    twice = (
        JOBS.replace("State", "State;Done")
        .replace("Completed", "Completed;x")
        .replace("Raised\n", "Raised;\n")
    )

    assert ids(check_file(jobs(tmp_path, "delimiter: ';'", twice), "repairs")) == ["FIL-006"]
    unused = twice.replace("Done", "Note").replace(
        "Property;Priority;Raised;Note", "Property;Priority;Raised;Done"
    )
    assert ids(check_file(jobs(tmp_path, "delimiter: ';'", unused), "repairs")) == ["FIL-017"]


def test_one_heading_may_serve_two_columns(tmp_path: Path) -> None:
    content = "Case,Day\nA1,2024-09-01\n"
    entry = (
        "tables: {asb_cases: {files: cases.csv, columns: {case_id: Case, opened_on: Day, closed_on: Day}, "
        "constants: {hate_incident: no, tenure: LCRA}}}"
    )
    write(tmp_path, entry, cases__csv=content)

    accepted = check_file(tmp_path, "asb_cases").accepted

    assert accepted["opened_on"].tolist() == accepted["closed_on"].tolist()


def test_blank_rows_and_columns_without_a_heading_are_said(tmp_path: Path) -> None:
    content = (
        JOBS.replace("State\n", "State;\n")
        .replace("Completed\n", "Completed;x\n")
        .replace("Raised\n", "Raised;\n")
    )
    content = content.replace("J2;", ";;;;;;\nJ2;") + ";;;;;;\n"

    records = check_file(jobs(tmp_path, "delimiter: ';'", content), "repairs")

    assert told(records, "FIL-015") == ["1 blank rows were passed over (row 3)."]
    assert told(records, "FIL-023") == [
        "jobs.csv has values in a column without a heading (column 7); they were not read."
    ]
    assert records.accepted["source_row"].tolist() == [2, 4, 5]


def test_a_file_of_headings_alone(tmp_path: Path) -> None:
    records = check_file(
        jobs(tmp_path, "filters: [{column: State, is: Test, reason: tests}]", JOBS.splitlines()[0] + "\n"),
        "repairs",
    )

    assert records.accepted.empty
    assert "MAP-202" not in ids(records)
    write(tmp_path, REGISTER_ENTRY, register__csv=REGISTER.splitlines()[0] + "\n")
    assert check_file(tmp_path, "safety_checks").accepted.empty


def test_a_table_is_found_by_its_name_where_the_entry_names_no_file(tmp_path: Path) -> None:
    write(tmp_path, ENTRY.format(files="x", more="").replace("    files: x\n", ""), repairs__csv=JOBS)

    assert len(check_file(tmp_path, "repairs").accepted) == 3
    (tmp_path / "repairs.csv").unlink()
    assert ids(check_file(tmp_path, "repairs")) == ["FIL-001"]


def test_a_text_file_with_tabs(tmp_path: Path) -> None:
    more = "encoding: cp1252\n    delimiter: tab"
    content = JOBS.replace(";", "\t").replace("J1", "J£1").encode("cp1252")
    write(tmp_path, ENTRY.format(files="jobs.txt", more=more), jobs__txt=content)

    records = check_file(tmp_path, "repairs")

    assert records.accepted["repair_id"].tolist() == ["J£1", "J2", "J3"]
    assert records.findings.empty


def test_one_file_that_is_refused_refuses_the_table(tmp_path: Path) -> None:
    write(
        tmp_path,
        ENTRY.format(files="jobs_*.csv", more=""),
        jobs_1__csv=JOBS,
        jobs_2__csv="<!DOCTYPE html><html>",
        jobs_3__csv="",
    )

    received = receive(tmp_path, "repairs")

    assert received.frame is None
    stops = received.findings[received.findings["grade"] == "stop"]
    assert stops[["finding_id", "file"]].to_numpy().tolist() == [
        ["FIL-008", "jobs_2.csv"],
        ["FIL-003", "jobs_3.csv"],
    ]
    assert len(received.files) == 3


def test_a_link_among_the_files_is_refused(tmp_path: Path) -> None:
    (tmp_path / "elsewhere.csv").write_text(JOBS, encoding="utf-8")
    jobs(tmp_path)
    (tmp_path / "jobs.csv").unlink()
    (tmp_path / "jobs.csv").symlink_to(tmp_path / "elsewhere.csv")

    assert told(check_file(tmp_path, "repairs"), "FIL-007") == [
        "jobs.csv cannot be read: it is a link, which is not followed."
    ]
    (tmp_path / "jobs_2.csv").write_text(JOBS, encoding="utf-8")
    (tmp_path / "sources.yaml").write_text(ENTRY.format(files="jobs*.csv", more=""), encoding="utf-8")
    assert receive(tmp_path, "repairs").frame is None, "no file is missing without a word"


def test_a_file_name_with_a_line_end_cannot_forge_a_line(tmp_path: Path) -> None:
    write(tmp_path, ENTRY.format(files="job*.csv", more=""))
    (tmp_path / "jobs\nERROR forged.csv").write_text(JOBS.replace(";E;", ";X;"), encoding="utf-8")

    findings = check_file(tmp_path, "repairs").findings

    assert set(findings["file"]) == {"jobs ERROR forged.csv"}


def test_values_of_a_column_about_a_person_are_not_shown(tmp_path: Path) -> None:
    content = JOBS.replace("Job No", "Tenant Name").replace("J1", "Jo Bloggs")
    entry = (
        ENTRY.replace("Job No", "Tenant Name").format(files="jobs.csv", more="").replace("{E: ", "{x: y, Q: ")
    )
    entry = entry.replace("values: {", "values: {repair_id: {zz: z}, ")
    write(tmp_path, entry, jobs__csv=content)

    content += "Sam Bloggs;x\n"
    write(tmp_path, entry, jobs__csv=content)
    findings = check_file(tmp_path, "repairs").findings

    assert "Bloggs" not in findings.to_string()
    row = findings.set_index("finding_id").loc["REP-052"]
    assert list(row[["value", "record_id"]]) == ["E", "•••"]
    assert (
        "•••"
        in told(check_file(tmp_path, "repairs"), "MAP-111")[-1]
        + told(check_file(tmp_path, "repairs"), "MAP-111")[0]
    )


def test_a_fault_that_most_rows_share_names_the_file_of_the_first(tmp_path: Path) -> None:
    rows = "".join(f"T{n};H1;E;2024.05.01;01/05/2024 11:00;Completed\n" for n in range(30))
    head = JOBS.splitlines()[0] + "\n"
    write(
        tmp_path,
        ENTRY.format(files="jobs_*.csv", more="delimiter: ';'"),
        jobs_1__csv=head,
        jobs_2__csv=head + rows,
    )

    message = told(check_file(tmp_path, "repairs"), "FIL-012")[0]

    assert message.startswith(
        "30 of 30 rows fail REP-072 (reported_at cannot be read), first in row 2 of jobs_2.csv"
    )


def test_the_same_file_may_be_read_twice_by_two_mappings(tmp_path: Path) -> None:
    entry = (
        "tables: {safety_checks: {dates: '%d/%m/%Y', files: ["
        "{file: register.csv, columns: {check_id: UPRN, home_id: UPRN, completed_on: LGSR date}, "
        "constants: {programme: gas}, filters: [{column: LGSR date, blank: true, reason: no gas}]},"
        "{file: register.csv, columns: {check_id: Block, building_id: Block, completed_on: FRA date}, "
        "constants: {programme: fire}, filters: [{column: Block, blank: true, reason: no block}]}]}}"
    )
    write(tmp_path, entry, register__csv=REGISTER)

    records = check_file(tmp_path, "safety_checks")

    assert records.accepted["check_id"].tolist() == ["H1", "H2", "B2"]
    assert "source_file" not in records.accepted  # it is one file
    assert "MAP-204" not in ids(records)


HEADINGS = "Job No,Home,Priority,Raised,Done,State,Changed\n"
MAY = HEADINGS + "J1,H1,E,2024-05-01,,open,02/05/2024\nJ2,H1,E,2024-05-02,,open,\n"
JUNE = HEADINGS + "J1,H1,E,2024-05-01,2024-06-03,completed,03/06/2024\n"
MONTHS = (
    "tables: {{repairs: {{files: [{files}], columns: {{repair_id: Job No, home_id: Home, "
    "priority: Priority, reported_at: Raised, completed_at: Done, status: State}}, "
    "values: {{priority: {{E: emergency}}}}{more}}}}}"
)


@pytest.mark.parametrize(
    ("files", "prefer", "status", "told_by"),
    [
        ("may.csv, june.csv", "", "open", "MAP-204"),
        ("may.csv, june.csv", "first", "open", "MAP-205"),
        ("may.csv, june.csv", "last", "completed", "MAP-205"),
        ("june.csv, may.csv", "last", "open", "MAP-205"),
        ("june.csv, may.csv", "{newest: Changed, format: '%d/%m/%Y'}", "completed", "MAP-205"),
        ("may.csv, june.csv", "{newest: Changed, format: '%d/%m/%Y'}", "completed", "MAP-205"),
        ("june.csv, may.csv", "{newest: completed_at}", "completed", "MAP-205"),
    ],
)
def test_which_file_is_believed_of_a_record_in_two(
    tmp_path: Path, files: str, prefer: str, status: str, told_by: str
) -> None:
    write(tmp_path, MONTHS.format(files=files, more=f", prefer: {prefer}" if prefer else ""), may__csv=MAY)
    (tmp_path / "june.csv").write_text(JUNE)

    records = check_file(tmp_path, "repairs")

    accepted = records.accepted.set_index("repair_id")["status"].to_dict()
    assert accepted == {"J1": status, "J2": "open"}
    assert told_by in ids(records)
    assert ("REP-902" in ids(records)) == (not prefer)  # one that is chosen needs no confirming
    assert records.rejected["finding_id"].tolist() == ["MAP-205" if prefer else "REP-902"]


def test_rows_without_a_date_count_as_the_oldest(tmp_path: Path) -> None:
    entry = MONTHS.format(files="may.csv, june.csv", more=", prefer: {newest: Changed, format: '%d/%m/%Y'}")
    write(tmp_path, entry, may__csv=MAY.replace("02/05/2024", "soon"), june__csv=JUNE)

    records = check_file(tmp_path, "repairs")

    assert records.accepted["status"].tolist() == ["open", "completed"]
    assert told(records, "MAP-205")[0].endswith("1 rows without such a date count as the oldest.")
    assert "FIL-017" not in ids(records)  # the column is used


def test_a_file_and_its_own_repeats_are_no_matter_of_preference(tmp_path: Path) -> None:
    write(
        tmp_path,
        MONTHS.format(files="may.csv, june.csv", more=", prefer: last"),
        may__csv=MAY + "J2,H1,E,2024-05-02,,open,\n",
    )
    (tmp_path / "june.csv").write_text(JUNE.replace("J1", "J9"))

    records = check_file(tmp_path, "repairs")

    assert "MAP-205" not in ids(records)
    assert records.rejected["finding_id"].tolist() == ["REP-901"]


def test_a_blank_may_mean_never_done(tmp_path: Path) -> None:
    entry = (
        "tables: {safety_checks: {files: register.csv, columns: {home_id: UPRN}, dates: '%d/%m/%Y', "
        "values: {completed_on: {n/a: ''}}, unpivot: {into: {name: programme, value: completed_on}, "
        "columns: {gas: Gas, fire: FRA}}, keep_blank: KEEP}}"
    )
    register = "UPRN,Gas,FRA\nH1,01/06/2024,\nH2,,n/a\n"
    for keep, expected in (
        ("false", ["H1-gas"]),
        ("[fire]", ["H1-gas", "H1-fire"]),
        ("true", ["H1-gas", "H1-fire", "H2-gas"]),
    ):
        write(tmp_path, entry.replace("KEEP", keep), register__csv=register)
        records = check_file(tmp_path, "safety_checks")
        assert records.accepted["check_id"].tolist() == expected, keep
        assert records.accepted["completed_on"].isna().sum() == len(expected) - 1
    write(tmp_path, entry.replace("KEEP", "[water]"), register__csv=register)
    with pytest.raises(InputError, match="keep_blank' names water, which is not under unpivot"):
        check_file(tmp_path, "safety_checks")


def test_a_table_from_a_database(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    import sqlite3

    database = sqlite3.connect(tmp_path / "jobs.db")
    database.execute('create table jobs ("Job No", Property, Priority, Raised, Done, State)')
    database.executemany(
        "insert into jobs values (?, ?, ?, ?, ?, ?)", [line.split(";") for line in JOBS.splitlines()[1:]]
    )
    database.commit()
    database.close()
    monkeypatch.setenv("TSM_JOBS", f"sqlite:///{tmp_path / 'jobs.db'}")
    entry = ENTRY.format(files="x", more="sql: {url: TSM_JOBS, query: select * from jobs}")
    write(tmp_path, entry.replace("    files: x\n", ""), repairs__csv=JOBS)

    records = check_file(tmp_path, "repairs")

    assert sorted(records.accepted["repair_id"]) == ["J1", "J2", "J3"]
    assert records.accepted.attrs["file"] == "database TSM_JOBS"
    assert ids(records) == ["MAP-003"]
    monkeypatch.delenv("TSM_JOBS")
    refused = receive(tmp_path, "repairs")
    assert refused.frame is None
    assert "SQL-001" in set(refused.findings["finding_id"])


def test_without_sources_nothing_is_other_than_before(tmp_path: Path) -> None:
    received = receive(tmp_path, "repairs")
    assert (received.files, received.mapped, received.left_out) == ((), None, ())
    from tests.intake.support import write_csv

    write_csv(tmp_path, "repairs", CLEAN["repairs"])
    received = receive(tmp_path, "repairs")

    assert [file.sha256 for file in received.files] == [received.sha256]
    assert received.mapped is None
    records = check_table(received, EDITION, related_to("repairs"), SETTINGS)
    assert list(records.accepted.columns) == [*TABLES["repairs"].by_name, "source_row"]
    assert rows_of(records, "REP-901") == []
