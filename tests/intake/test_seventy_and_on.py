"""Bad input from number 128, a line a case: what the file holds, what becomes of it, what is proved."""

from __future__ import annotations

import bz2
import datetime as dt
import lzma
import os
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from pipelines.intake import Records
from schemas.errors import InputError
from tests.intake.bad_files import (
    ACCEPT,
    HEAD,
    REJECT_FILE,
    REJECT_ROW,
    ROW,
    SECOND,
    WARN,
    asb_sheet,
    book,
    case,
    with_cells,
    xlsx_records,
)
from tests.intake.support import check_file

WHOLE = HEAD + ROW + SECOND
THERE = ["A1", "A2"]
Given = bytes | str | Callable[[Path], None]


def cell(**cells: str) -> str:
    """The clean table, its second row with other cells."""
    return with_cells("asb_cases", **cells)


def parquet(**columns: pa.Array) -> Callable[[Path], None]:
    """The clean table as Parquet, some columns of other types."""

    def write(folder: Path) -> None:
        cells = zip(HEAD.strip().split(","), *(row.strip().split(",") for row in (ROW, SECOND)), strict=True)
        base = {name: pa.array(both) for name, *both in cells}
        pq.write_table(pa.table(base | columns), folder / "asb_cases.parquet")

    return write


def broken_parquet(folder: Path) -> None:
    parquet()(folder)
    path = folder / "asb_cases.parquet"
    data = bytearray(path.read_bytes())
    data[-8:-4] = b"\xff\xff\xff\x7f"  # the length of the part that says what is where
    path.write_bytes(bytes(data))


def sources(text: str) -> Callable[[Path], None]:
    """A sources.yaml beside a clean file of another name; `…` stands for what is common to most."""

    def write(folder: Path) -> None:
        (folder / "export.csv").write_text(WHOLE)
        text_ = text.replace("…", "tables: {asb_cases: {files: export.csv, ") + ("}}" if "…" in text else "")
        (folder / "sources.yaml").write_text(text_, encoding="utf-8")

    return write


def named(name: str) -> Callable[[Path], None]:
    """The clean table under another name."""
    return lambda folder: (folder / name).write_bytes(WHOLE.encode()) and None


# Number, name, outcome, rules, what the file holds, and the references that are accepted (None: not asked).
LINES: list[tuple[int, str, str, tuple[str, ...], Given, list[str] | None]] = [
    (128, "utf32_without_a_mark", WARN, ("FIL-016",), WHOLE.encode("utf-32-le"), THERE),
    (129, "utf32_big_end_first", WARN, ("FIL-016",), WHOLE.encode("utf-32-be"), THERE),
    (
        130,
        "two_utf16_files_joined",
        WARN,
        ("FIL-016", "FIL-019"),
        WHOLE.encode("utf-16") + (HEAD + ROW.replace("A1", "A3")).encode("utf-16"),
        [*THERE, "A3"],
    ),
    (131, "utf16_cut_in_a_letter", WARN, ("FIL-016", "FIL-027"), WHOLE.encode("utf-16")[:-1], THERE),
    (
        132,
        "line_ends_of_three_kinds",
        ACCEPT,
        (),
        HEAD + ROW.replace("\n", "\r\n") + SECOND.replace("\n", "\r") + ROW.replace("A1", "A3"),
        [*THERE, "A3"],
    ),
    (133, "line_ends_doubled_by_a_transfer", WARN, ("FIL-015",), WHOLE.replace("\n", "\r\r\n"), THERE),
    (134, "line_ends_of_a_mainframe", REJECT_FILE, ("FIL-007",), WHOLE.replace("\n", "\x85"), None),
    (135, "line_separators_of_unicode", REJECT_FILE, ("FIL-007",), WHOLE.replace("\n", "\u2028"), None),
    (136, "end_of_file_sign_of_dos", REJECT_ROW, ("FIL-014", "FIL-027"), WHOLE + "\x1a", THERE),
    (137, "bzip2_named_csv", REJECT_FILE, ("FIL-008",), bz2.compress(WHOLE.encode()), None),
    (138, "xz_named_csv", REJECT_FILE, ("FIL-008",), lzma.compress(WHOLE.encode()), None),
    (139, "picture_named_csv", REJECT_FILE, ("FIL-008",), b"\x89PNG\r\n\x1a\n" + bytes(range(256)), None),
    (140, "spss_file_named_csv", REJECT_FILE, ("FIL-008",), b"$FL2@(#) SPSS DATA FILE" + bytes(100), None),
    (141, "access_database_named_csv", REJECT_FILE, ("FIL-008",), b"\0\1\0\0Standard ACE DB\0", None),
    (
        142,
        "json_of_persons_named_csv",
        REJECT_FILE,
        ("FIL-008",),
        '[{"case_id":"A1","tenant":"Jo Bloggs"}]',
        None,
    ),
    (143, "json_a_line", REJECT_FILE, ("FIL-008",), '{"case_id": "A1"}\n{"case_id": "A2"}\n', None),
    (
        144,
        "pointer_of_git_lfs",
        REJECT_FILE,
        ("FIL-008",),
        "version https://git-lfs.github.com/spec/v1\noid x\n",
        None,
    ),
    (145, "web_archive_named_csv", REJECT_FILE, ("FIL-008",), "MIME-Version: 1.0\n\n<html>", None),
    (
        146,
        "insert_statements",
        REJECT_FILE,
        ("FIL-035",),
        "INSERT INTO a VALUES ('A1','H1',NULL,'2024-09-01');\n" * 3,
        None,
    ),
    (
        147,
        "table_drawn_by_a_database_client",
        REJECT_FILE,
        ("FIL-009",),
        " | ".join(HEAD.strip().split(",")) + "\n--------+------\n(1 row)\n",
        None,
    ),
    (
        148,
        "table_of_a_wiki",
        REJECT_ROW,
        ("ASB-042",),
        "".join(
            f"|{line.replace(',', '|')}|\n" for line in (HEAD.strip(), "---,---,---,---,---,---", ROW.strip())
        ),
        ["A1"],
    ),
    (149, "columns_of_fixed_width", REJECT_FILE, ("FIL-005",), WHOLE.replace(",", "   "), None),
    (
        150,
        "marks_of_a_merge_conflict",
        REJECT_ROW,
        ("FIL-014",),
        HEAD + "<<<<<<< HEAD\n" + ROW + "=======\n" + SECOND + ">>>>>>> b\n",
        THERE,
    ),
    (
        151,
        "remarks_above_and_below",
        REJECT_ROW,
        ("FIL-014", "FIL-018"),
        "# export\n" + WHOLE + "# end of export\n",
        THERE,
    ),
    (
        152,
        "row_of_types_under_the_headings",
        REJECT_ROW,
        ("ASB-042",),
        HEAD + "text,text,,yyyy-mm-dd,,yes/no\n" + ROW,
        ["A1"],
    ),
    (153, "tilde_between_cells", REJECT_FILE, ("FIL-005",), WHOLE.replace(",", "~"), None),
    (154, "two_bars_between_cells", WARN, ("FIL-024",), WHOLE.replace(",", "||"), THERE),
    (155, "separator_at_the_end_of_every_row", ACCEPT, (), WHOLE.replace("\n", ",\n"), THERE),
    (
        156,
        "separator_at_the_start_of_every_row",
        ACCEPT,
        (),
        "".join(f",{line}\n" for line in WHOLE.splitlines()),
        THERE,
    ),
    (157, "row_numbers_of_a_data_frame", WARN, ("FIL-023",), f",{HEAD}0,{ROW}1,{SECOND}", THERE),
    (
        158,
        "heading_in_cyrillic_lookalikes",
        ACCEPT,
        (),
        WHOLE.replace("case_id", "саѕе_id").replace("home_id", "hоmе_id"),
        THERE,
    ),
    (159, "heading_of_full_width_letters", ACCEPT, (), WHOLE.replace("case_id", "ｃａｓｅ＿ｉｄ"), THERE),
    (160, "heading_with_a_zero_width_space", ACCEPT, (), WHOLE.replace("case_id", "case\u200b_id"), THERE),
    (
        161,
        "headings_in_capitals_with_spaces",
        ACCEPT,
        (),
        HEAD.upper().replace("_", " ").replace(",", " , ") + ROW,
        ["A1"],
    ),
    (
        162,
        "one_column_in_two_spellings",
        REJECT_FILE,
        ("FIL-006",),
        HEAD.replace("tenure", "Case ID") + ROW,
        None,
    ),
    (163, "dates_of_an_american_system", REJECT_ROW, ("ASB-042",), cell(opened_on="12/25/2024"), ["A1"]),
    (164, "month_in_welsh", REJECT_ROW, ("ASB-042",), cell(opened_on="3 Mawrth 2024"), ["A1"]),
    (165, "week_date", REJECT_ROW, ("ASB-042",), cell(opened_on="2024-W36-1"), ["A1"]),
    (166, "day_of_the_year", REJECT_ROW, ("ASB-042",), cell(opened_on="2024-245"), ["A1"]),
    (167, "quarter_or_month_for_a_day", REJECT_ROW, ("ASB-042",), cell(opened_on="2024-09"), ["A1"]),
    (168, "milliseconds_since_1970", REJECT_ROW, ("ASB-042",), cell(opened_on="1725148800000"), ["A1"]),
    (169, "day_number_with_a_fraction", REJECT_ROW, ("ASB-042",), cell(opened_on="45536.5"), ["A1"]),
    (170, "date_of_eight_digits", REJECT_ROW, ("ASB-042",), cell(opened_on="20240901"), ["A1"]),
    (171, "date_in_digits_of_another_script", REJECT_ROW, ("ASB-042",), cell(opened_on="٢٠٢٤-٠٩-٠١"), ["A1"]),
    (172, "date_with_long_dashes", REJECT_ROW, ("ASB-042",), cell(opened_on="2024–09–01"), ["A1"]),
    (173, "year_of_another_calendar", REJECT_ROW, ("ASB-043",), cell(opened_on="2567-09-01"), ["A1"]),
    (174, "zone_by_its_name", REJECT_ROW, ("ASB-042",), cell(opened_on="2024-09-01 10:00 BST"), ["A1"]),
    (175, "offset_of_25_hours", REJECT_ROW, ("ASB-042",), cell(opened_on="2024-09-01T10:00+25:00"), ["A1"]),
    (
        176,
        "date_as_javascript_sends_it",
        REJECT_ROW,
        ("ASB-042",),
        cell(opened_on="/Date(1725148800000)/"),
        ["A1"],
    ),
    (177, "two_dates_in_a_cell", REJECT_ROW, ("ASB-042",), cell(opened_on="2024-09-01/2024-09-05"), ["A1"]),
    (178, "day_nought_and_month_thirteen", REJECT_ROW, ("ASB-042",), cell(opened_on="2024-13-00"), ["A1"]),
    (179, "date_with_a_line_end", ACCEPT, (), HEAD + ROW + 'A2,H2,,"2024-11-01\n",,yes\n', THERE),
    (180, "flag_in_welsh", REJECT_ROW, ("ASB-062",), cell(hate_incident="nac oes"), ["A1"]),
    (181, "flag_with_a_question_mark", REJECT_ROW, ("ASB-062",), cell(hate_incident="no?"), ["A1"]),
    (182, "flag_with_a_letter_of_another_script", REJECT_ROW, ("ASB-062",), cell(hate_incident="nо"), ["A1"]),
    (183, "flag_of_one_letter_and_an_accent", REJECT_ROW, ("ASB-062",), cell(hate_incident="né"), ["A1"]),
    (184, "flag_as_a_tick", REJECT_ROW, ("ASB-062",), cell(hate_incident="✓"), ["A1"]),
    (185, "flag_kept_as_a_fraction", REJECT_ROW, ("ASB-062",), cell(hate_incident="1.0"), ["A1"]),
    (186, "reference_with_a_mark_of_direction", REJECT_ROW, ("ASB-902",), cell(case_id="\u202eA1"), ["A1"]),
    (
        187,
        "references_nought_inf_and_none",
        ACCEPT,
        (),
        HEAD + "-0,H1,,2024-09-01,,no\ninf,H1,,2024-09-01,,no\nNone,H1,,2024-09-01,,no\n",
        ["-0", "inf", "None"],
    ),
    (
        188,
        "reference_that_is_a_format",
        ACCEPT,
        (),
        HEAD + "{0},H1,,2024-09-01,,no\n%s%n,H1,,2024-09-01,,no\n",
        ["{0}", "%s%n"],
    ),
    (
        189,
        "lengths_of_time_in_parquet",
        REJECT_FILE,
        ("FIL-007",),
        parquet(opened_on=pa.array([1, 2], pa.duration("s"))),
        None,
    ),
    (
        190,
        "map_in_parquet",
        REJECT_FILE,
        ("FIL-007",),
        parquet(tenure=pa.array([[("a", 1)], []], pa.map_(pa.string(), pa.int64()))),
        None,
    ),
    (
        191,
        "flags_and_not_a_number_in_parquet",
        REJECT_ROW,
        ("ASB-061",),
        parquet(hate_incident=pa.array([1.0, float("nan")])),
        ["A1"],
    ),
    (192, "column_of_nothing_in_parquet", ACCEPT, (), parquet(tenure=pa.nulls(2)), THERE),
    (
        193,
        "references_kept_as_floats_and_huge",
        WARN,
        ("FIL-031",),
        parquet(case_id=pa.array([1e22, 2.5])),
        ["10000000000000000000000", "2.5"],
    ),
    (
        194,
        "whole_numbers_above_any_sign",
        ACCEPT,
        (),
        parquet(case_id=pa.array([2**64 - 1, 1], pa.uint64())),
        [str(2**64 - 1), "1"],
    ),
    (195, "parquet_that_lies_about_its_footer", REJECT_FILE, ("FIL-007",), broken_parquet, None),
    (
        196,
        "index_of_a_data_frame_in_parquet",
        ACCEPT,
        (),
        lambda f: (
            pd.DataFrame([ROW.strip().split(",")], columns=HEAD.strip().split(","))
            .set_index("case_id")
            .to_parquet(f / "asb_cases.parquet")
        ),
        ["A1"],
    ),
    (
        197,
        "pipe_under_the_name_of_a_file",
        REJECT_FILE,
        ("FIL-007",),
        lambda folder: os.mkfifo(folder / "asb_cases.csv"),
        None,
    ),
    (
        198,
        "link_to_itself",
        REJECT_FILE,
        ("FIL-007",),
        lambda folder: (folder / "asb_cases.csv").symlink_to("asb_cases.csv"),
        None,
    ),
    (
        199,
        "names_that_differ_in_case_alone",
        REJECT_FILE,
        ("FIL-002",),
        lambda folder: [named(name)(folder) for name in ("asb_cases.csv", "ASB_CASES.csv")] and None,
        None,
    ),
    (
        200,
        "lock_and_shadow_files_beside_it",
        ACCEPT,
        (),
        lambda folder: (
            [named(name)(folder) for name in ("asb_cases.csv", "~$asb_cases.xlsx", "._asb_cases.csv")]
            and None
        ),
        THERE,
    ),
    (201, "second_download_of_a_file", REJECT_FILE, ("FIL-001",), named("asb_cases (1).csv"), None),
    (
        202,
        "filter_that_leaves_nothing",
        REJECT_FILE,
        ("MAP-202", "MAP-201"),
        sources("… filters: [{column: home_id, matches: '.*', reason: all}]"),
        None,
    ),
    (
        203,
        "filter_that_takes_other_programs_for_ever",
        WARN,
        ("MAP-203",),
        sources("… filters: [{column: home_id, matches: '(a+)+$', reason: test}]"),
        THERE,
    ),
    (
        204,
        "value_map_that_swaps",
        ACCEPT,
        (),
        sources('… values: {hate_incident: {"no": "yes", "yes": "no"}}'),
        THERE,
    ),
    (
        205,
        "value_map_into_a_word_that_is_none",
        REJECT_ROW,
        ("ASB-062",),
        sources('… values: {hate_incident: {"no": maybe}}'),
        ["A2"],
    ),
    (
        206,
        "pattern_that_no_file_fits",
        REJECT_FILE,
        ("MAP-001",),
        sources("tables: {asb_cases: {files: 'asb_*.csv'}}"),
        None,
    ),
    (
        207,
        "pattern_that_takes_in_everything",
        REJECT_FILE,
        ("MAP-002",),
        sources("tables: {asb_cases: {files: '*'}}"),
        None,
    ),
    (
        208,
        "headings_in_a_row_that_is_not_there",
        REJECT_FILE,
        ("FIL-007",),
        sources("… header_row: 99"),
        None,
    ),
]


def _enter(number: int, name: str, outcome: str, rules: tuple[str, ...], given: Given, there: Any) -> None:
    def test(tmp_path: Path) -> Records:
        if callable(given):
            given(tmp_path)
        else:
            (tmp_path / "asb_cases.csv").write_bytes(given.encode() if isinstance(given, str) else given)
        records = check_file(tmp_path, "asb_cases")
        if there is not None:
            assert records.accepted["case_id"].tolist() == there
        assert "Bloggs" not in " ".join(records.findings["message"])
        return records

    test.__name__ = f"test_case_{number}_{name}"
    globals()[test.__name__] = case(outcome, *rules)(test)


for line in LINES:
    _enter(*line)


# What is wrong in sources.yaml itself is a sentence, and no row is read.
SENTENCES = {
    209: ("name_that_leads_out_of_the_folder", "tables: {asb_cases: {files: ../x.csv}}", "may lead out"),
    210: (
        "address_for_a_file",
        "tables: {asb_cases: {files: 'https://jo:hunter2@a.b/c.csv'}}",
        "may lead out",
    ),
    211: ("alias_in_yaml", "a: &a [x]\ntables: {asb_cases: {files: *a}}", "alias"),
    212: ("key_twice_in_yaml", "tables:\n  asb_cases: {files: x}\n  asb_cases: {files: y}", "is given twice"),
    213: ("tabs_in_yaml", "tables:\n\tasb_cases:", "cannot start any token"),
    214: ("two_documents_in_yaml", "tables: {}\n---\ntables: {}", "another document"),
    215: ("setting_misspelt", "… colums: {a: b}", "did you mean 'columns'"),
    216: ("values_that_collide", "… values: {hate_incident: {'YES': 'no', 'yes ': 'yes'}}", "is given twice"),
    217: (
        "expression_that_swells",
        "… filters: [{column: a, matches: '((a{100}){100}){100}', reason: abc}]",
        "simpler",
    ),
    218: ("encoding_that_is_none", "… encoding: rot13", "is not a text encoding"),
    219: ("date_format_of_the_machine", "… dates: '%x'", "a part that is not read"),
    220: (
        "column_from_two_places",
        "… constants: {tenure: LCRA}, columns: {tenure: Tenure}",
        "a second time",
    ),
    221: (
        "password_in_sources",
        "tables: {asb_cases: {sql: {url: 'postgresql://jo:hunter2@h/d', query: select 1}}}",
        "not shown",
    ),
    222: (
        "password_as_a_setting",
        "tables: {asb_cases: {sql: {url: X, query: select 1, password: hunter2}}}",
        "is not a setting",
    ),
}


def _enter_sentence(number: int, name: str, text: str, says: str) -> None:
    def test(tmp_path: Path) -> None:
        sources(text)(tmp_path)
        with pytest.raises(InputError, match=says) as told:
            check_file(tmp_path, "asb_cases")
        assert "hunter2" not in str(told.value)
        assert "\n" not in str(told.value)

    test.__name__ = f"test_case_{number}_{name}"
    globals()[test.__name__] = case(REJECT_FILE)(test)


for number, (name, text, says) in SENTENCES.items():
    _enter_sentence(number, name, text, says)


@case(WARN, "FIL-036")
def test_case_223_optional_table_under_nearly_its_name(tmp_path: Path) -> Records:
    name = "Safety Exclusions (1).csv"
    (tmp_path / name).write_text("programme,home_id,building_id,reason\ngas,H2,,no gas\n")
    records = check_file(tmp_path, "safety_exclusions")
    assert name in records.findings["message"].iloc[0]
    (tmp_path / name).rename(tmp_path / "other.csv")
    assert check_file(tmp_path, "safety_exclusions").findings.empty
    (tmp_path / "other.csv").rename(tmp_path / name)
    (tmp_path / "sources.yaml").write_text(f"tables: {{homes: {{files: '{name}'}}}}")
    assert check_file(tmp_path, "safety_exclusions").findings.empty  # it is said what it is
    return records


@case(REJECT_FILE, "FIL-007")
def test_case_224_first_line_without_an_end(tmp_path: Path) -> Records:
    (tmp_path / "asb_cases.csv").write_bytes(bytes(3_000_000))
    return check_file(tmp_path, "asb_cases")


@case(ACCEPT)
def test_case_225_row_group_for_every_row(tmp_path: Path) -> Records:
    cells = zip(HEAD.strip().split(","), ROW.strip().split(","), strict=True)
    columns = {name: [cell] * 200 for name, cell in cells} | {"case_id": [f"A{n}" for n in range(200)]}
    pq.write_table(pa.table(columns), tmp_path / "asb_cases.parquet", row_group_size=1)
    records = check_file(tmp_path, "asb_cases")
    assert len(records.accepted) == 200
    return records


@case(WARN, "FIL-037")
def test_case_226_table_on_a_hidden_sheet(tmp_path: Path) -> Records:
    def hiding(number: int) -> Callable[[Any], None]:
        return lambda made: setattr(made.worksheets[number], "sheet_state", "veryHidden")

    others = [[row[0].replace("A", "X"), *row[1:]] for row in asb_sheet()]
    for sheets, hidden in (((others, asb_sheet()), 0), ((asb_sheet(), others), 1)):
        records = xlsx_records(tmp_path, book(*sheets, change=hiding(hidden)))  # what is shown comes first
        assert list(records.accepted["case_id"]) == ["A1", "A2"]
        assert list(records.findings["finding_id"]) == ["FIL-029"]
    on_a_hidden_sheet = book([["About"]], asb_sheet(), change=hiding(1))
    sources("tables: {asb_cases: {files: asb_cases.xlsx, sheet: Sheet1}}")(tmp_path)
    assert xlsx_records(tmp_path, on_a_hidden_sheet).findings.empty  # it is said which
    (tmp_path / "sources.yaml").unlink()
    return xlsx_records(tmp_path, on_a_hidden_sheet)


@case(WARN, "FIL-029")
def test_case_227_sheets_beside_the_one_that_is_stated(tmp_path: Path) -> Records:
    def stating(entry: str) -> Records:
        (tmp_path / "sources.yaml").write_text(f"tables: {{{entry}}}", encoding="utf-8")
        return check_file(tmp_path, "asb_cases")

    others = [[row[0].replace("A", "X"), *row[1:]] for row in asb_sheet()]
    extra = [["Printed in May"], [*asb_sheet()[0][:5], "Hate Incident", "officer"], [*others[1], "Jo"]]
    homes = [["home_id", "tenure", "case_id", "opened_on", "hate_incident", *"abcdef"], ["H1", "LCRA"]]
    (tmp_path / "log.xlsx").write_bytes(book(asb_sheet(), others, extra, homes, [["About"]]))
    first = "{file: log.xlsx, sheet: Sheet}"
    told = stating(f"asb_cases: {{files: [{first}]}}")
    assert "on other sheets (“Sheet1”, “Sheet2”), which" in told.findings["message"].iloc[0]
    told = stating(f"asb_cases: {{files: [{first}, {{file: log.xlsx, sheet: sheet1}}]}}")
    assert list(told.accepted["case_id"]) == ["A1", "A2", "X1", "X2"]
    assert list(told.findings["finding_id"]) == ["FIL-029"]  # once, though two sheets are read
    named = f"asb_cases: {{files: [{first}]}}, homes: {{files: [%s]}}" % ", ".join(
        f"{{file: log.xlsx, sheet: {sheet}}}" for sheet in ("Sheet1", "Sheet2")
    )
    assert stating(named).findings.empty  # sheets that another table is taken from
    return stating("asb_cases: {files: log.xlsx, sheet: Sheet}")


@case(WARN, "FIL-038")
def test_case_228_day_and_month_swapped_where_a_spreadsheet_could(tmp_path: Path) -> Records:
    head, first, _ = asb_sheet()
    rows = []
    for number in range(60):
        day, month = 1 + number % 24, 5 + number % 6
        opened = dt.date(2024, day, month) if day <= 12 else f"{day}/{month:02d}/2024"
        rows.append([f"A{number}", *first[1:3], opened, "", "no"])
    (tmp_path / "asb_cases.xlsx").write_bytes(book([head, *rows]))
    as_it_is = check_file(tmp_path, "asb_cases")
    assert {"FIL-038", "ASB-042"} <= set(as_it_is.findings["finding_id"])
    sources("tables: {asb_cases: {files: asb_cases.xlsx, dates: '%d/%m/%Y'}}")(tmp_path)
    return check_file(tmp_path, "asb_cases")


@case(WARN, "FIL-029")
def test_case_229_sheets_like_the_one_of_the_tables_name(tmp_path: Path) -> Records:
    def name(made: Any) -> None:
        made.worksheets[0].title, made.worksheets[1].title = "asb_cases (2)", "asb_cases"

    others = [[row[0].replace("A", "X"), *row[1:]] for row in asb_sheet()]
    records = xlsx_records(tmp_path, book(others, asb_sheet(), change=name))
    assert list(records.accepted["case_id"]) == ["A1", "A2"]
    return records


@case(REJECT_FILE, "FIL-007")
def test_case_230_another_encoding_than_is_stated(tmp_path: Path) -> Records:
    sources("tables: {asb_cases: {files: export.csv, encoding: utf-16}}")(tmp_path)
    for more in ("", "\n"):  # of even length it can be read as Chinese without a line end
        (tmp_path / "export.csv").write_text(WHOLE + more)
        records = check_file(tmp_path, "asb_cases")
        assert "is not in utf-16, as stated" in records.findings["message"].iloc[0]
    return records
