"""The findings workbook: the landlord's rows with the cells marked, nothing personal, nothing that runs."""

from __future__ import annotations

import io
import time
import zipfile
from typing import Any

import openpyxl
import pandas as pd
import pytest
from openpyxl.utils import get_column_letter

from pipelines.intake import check_table, receive
from pipelines.publications.findings_workbook import (
    LONGEST_CELL,
    MASKED,
    MOST_COLUMNS,
    MOST_ROWS,
    findings_xlsx,
    rows_with_findings,
)
from pipelines.statutory.findings import finding_groups
from schemas.outputs import FINDING_COLUMNS
from schemas.rulebook import load_edition
from tests.publications import document as documents
from tests.publications.xlsx_reading import FILL, faults, lines_of, table_of

HOSTILE = ["=1+1", "@SUM(A1)", "+1", "-1", "\t=1", "#N/A", "a\x07b\x00c", "Ŵyn", "W" * 40_000,
           "\U0001f600" * 40_000, "<b>&amp;</b>", "_x0041_", "]]>", "\ufffe", "  kept  "]  # fmt: skip


def finding(row: int | None, column: str, finding_id: str = "REP-501", **more: Any) -> dict[str, Any]:
    return dict.fromkeys(FINDING_COLUMNS, "") | {
        "finding_id": finding_id, "grade": "confirm", "table": "repairs", "file": "repairs.csv", "row": row,
        "column": column, "title": "Completed before it was reported", "message": f"{column} is wrong.",
        "remedy": "Correct it.", "effect": "row_rejected", "touches": "RP02_1;RP02_2",
    } | more  # fmt: skip


def frame_of(findings: list[dict[str, Any]]) -> pd.DataFrame:
    return pd.DataFrame(findings, columns=list(FINDING_COLUMNS)).astype({"row": "Int64"})


def repairs(**columns: list[str]) -> pd.DataFrame:
    """A table as it arrived: text, numbered as a spreadsheet does."""
    usual = {"repair_id": ["R1", "R2", "R3"], "completed_at": ["2024-05-01", "", "soon"]} | columns
    frame = pd.DataFrame(usual, dtype="str")
    frame.index = pd.RangeIndex(2, len(frame) + 2, name="source_row")
    return frame


def opened(
    findings: list[dict[str, Any]], sheets: dict[str, pd.DataFrame], document: dict[str, Any] | None = None
) -> Any:
    content = findings_xlsx(document or documents.build(), findings, sheets)
    return openpyxl.load_workbook(io.BytesIO(content))


def marked(sheet: Any) -> list[tuple[str, Any]]:
    """(coordinate, value) of each filled cell; each is framed and bold too, so not told by colour alone."""
    cells = [cell for row in sheet.iter_rows() for cell in row if cell.fill.fgColor.rgb == FILL]
    assert all(cell.border.left.style == "medium" and cell.font.bold for cell in cells)
    return [(cell.coordinate, cell.value) for cell in cells]


def headings(sheet: Any) -> list[str]:
    """The headings of a worksheet's table."""
    (table,) = sheet.tables.values()
    return [cell.value for cell in sheet[table.ref][0]]


def told_of(workbook: Any, name: str = "Repairs") -> str:
    """What a worksheet says of itself beneath its title."""
    return lines_of(workbook, name)[1]


# ------------------------------------------------------------------------------------------------- the copy


def test_the_rows_that_have_findings_are_copied_with_their_numbers():
    copied = rows_with_findings(
        repairs(), frame_of([finding(4, "completed_at"), finding(None, "")]), "repairs"
    )
    assert copied.to_dict("list") == {"source_row": [4], "repair_id": ["R3"], "completed_at": ["soon"]}


def test_findings_of_other_tables_copy_nothing():
    copied = rows_with_findings(repairs(), frame_of([finding(4, "home_id", table="homes")]), "repairs")
    assert copied.columns.to_list() == ["source_row"]
    assert copied.empty


def test_an_empty_table_copies_nothing():
    assert rows_with_findings(repairs().iloc[:0], frame_of([finding(4, "x")]), "repairs").empty


def test_no_more_rows_are_copied_than_the_limit():
    findings = frame_of([finding(row, "completed_at") for row in (2, 3, 4)])
    assert rows_with_findings(repairs(), findings, "repairs", limit=2)["source_row"].to_list() == [2, 3]


def test_columns_beyond_the_limit_go_but_never_the_contracts_nor_one_that_a_finding_names():
    more = {f"extra_{number}": ["x", "y", "z"] for number in range(80)}
    findings = frame_of([finding(2, "extra_79")])
    copied = rows_with_findings(repairs(**more, status=["open"] * 3), findings, "repairs")
    assert copied.shape[1] == MOST_COLUMNS + 1
    assert {"repair_id", "completed_at", "status", "extra_79", "extra_0"} <= set(copied.columns)
    assert copied.attrs["columns_left_out"] == 83 - MOST_COLUMNS
    book = opened([finding(2, "extra_79")], {"repairs": copied})
    assert told_of(book).endswith("23 columns that no finding names left out.")


@pytest.mark.parametrize(
    ("table", "column"),
    [
        ("survey_responses", "comment"),  # personal
        ("households", "excluded_reason"),  # free text, in which anything may stand
        ("survey_responses", "tenant_name"),  # a landlord's own column
        ("repairs", "contact phone"),
    ],
)
def test_what_may_be_of_a_person_is_never_shown(table: str, column: str):
    frame = repairs(**{column: ["Jo Secret", "", "Jo Secret"]})
    findings = [finding(row, column, table=table) for row in (2, 3)]
    copied = rows_with_findings(frame, frame_of(findings), table)
    assert copied[column].to_list() == [MASKED, ""]
    for given in (copied, frame):  # the workbook masks by itself too
        content = findings_xlsx(documents.build(), findings, {table: given})
        assert not any(b"Secret" in each for each in unzipped(content).values())


def test_an_address_of_electronic_post_is_never_shown():
    frame = repairs(status=["jo@example.org", "open", "open"])
    findings = frame_of([finding(2, "status")])
    assert rows_with_findings(frame, findings, "repairs")["status"].to_list() == [MASKED]


# --------------------------------------------------------------------------------------- mapped from sources


def mapped(tmp_path: Any, sources: str, **files: str) -> tuple[Any, Any]:
    """A repairs table as sources.yaml maps it, and what its checks found."""
    folder = tmp_path / "2024-25"
    folder.mkdir()
    (folder / "sources.yaml").write_text(sources)
    for name, text in files.items():
        (folder / f"{name}.csv").write_text(text)
    edition = load_edition("2024-25")
    received = receive(folder, next(iter(sources.split()[1:])).strip(":"))
    return received, check_table(received, edition, {}, edition.resolve_settings({}))


COLUMNS = """tables:
  repairs:
    files: {files}
    columns: {{repair_id: Job No, priority: Priority, reported_at: Reported, completed_at: {done},
      status: State, tenure: Tenure}}
    dates: "%d/%m/%Y %H:%M"
"""
HEAD = "Job No,Priority,Reported,{done},State,Tenure,Operative\n"
GOOD = "{id},emergency,02/05/2024 10:00,03/05/2024 09:00,completed,LCRA,Bob\n"
BAD = "{id},emergency,02/05/2024 10:00,31/02/2025 10:00,completed,LCRA,Bob\n"


def test_a_mapped_table_is_copied_as_it_stood_under_the_landlords_own_headings(tmp_path):
    text = HEAD.format(done="Done") + GOOD.format(id="J1") + BAD.format(id="J2")
    received, checked = mapped(tmp_path, COLUMNS.format(files="jobs.csv", done="Done"), jobs=text)
    copied = rows_with_findings(received.frame, checked.findings, "repairs", origin=received.mapped.origin)
    assert copied["source_row"].to_list() == [3]
    assert copied.loc[0, ["Job No", "Reported", "Done"]].to_list() == [
        "J2", "02/05/2024 10:00", "31/02/2025 10:00",
    ]  # fmt: skip
    listed = checked.findings.to_dict("records")
    sheet = opened(listed, {"repairs": copied})["Repairs"]
    assert [value for _, value in marked(sheet)] == ["31/02/2025 10:00"]
    assert "Operative" not in headings(sheet)


def test_rows_of_several_files_are_told_apart_and_each_heading_means_its_own_files_column(tmp_path):
    sources = """tables:
  repairs:
    files:
      - {file: april.csv, columns: {completed_at: Done}}
      - {file: may.csv, columns: {completed_at: Finished}}
    columns: {repair_id: Job No, priority: Priority, reported_at: Reported, status: State, tenure: Tenure}
    dates: "%d/%m/%Y %H:%M"
"""
    received, checked = mapped(
        tmp_path,
        sources,
        april=HEAD.format(done="Done") + GOOD.format(id="A1") + BAD.format(id="A2"),
        may=HEAD.format(done="Finished") + BAD.format(id="M1") + GOOD.format(id="M2"),
    )
    copied = rows_with_findings(received.frame, checked.findings, "repairs", origin=received.mapped.origin)
    assert copied[["source_file", "source_row", "Job No"]].to_numpy().tolist() == [
        ["april.csv", 3, "A2"], ["may.csv", 2, "M1"],
    ]  # fmt: skip
    sheet = opened(checked.findings.to_dict("records"), {"repairs": copied})["Repairs"]
    assert headings(sheet)[:2] == ["Row in your file", "File"]
    assert [value for _, value in marked(sheet)] == ["31/02/2025 10:00"] * 2
    column = get_column_letter(headings(sheet).index("completed_at") + 1)
    assert [coordinate for coordinate, _ in marked(sheet)] == [f"{column}7", f"{column}8"]


class Register:
    """Where rows stood that one row of a register gave: a column a programme."""

    class File:
        label, headings = "register.csv", {"check_id": "Asset", "home_id": "Tenant name"}

    files = (File,)
    spread = {  # noqa: RUF012
        "completed_on": ([0, 1], ("LGSR date", "FRA date")),
        "programme": ([0, 1], ("LGSR date", "FRA date")),
    }

    def row_numbers(self, index):
        return [7, 7]

    def as_given(self, column, cells):
        return cells


def test_of_a_register_with_a_column_a_programme_the_cell_in_question_is_marked():
    frame = pd.DataFrame(
        {
            "check_id": ["A1-gas", "A1-fire"],
            "home_id": ["Jo Secret", "Jo Secret"],
            "completed_on": ["x", "2024-05-01"],
            "programme": ["gas", "fire"],
            "filled_in": ["by the mapping", "by the mapping"],
        },
        dtype="str",
    )
    found = [
        finding(7, "LGSR date", "CHK-052", table="safety_checks", file="register.csv", value="x"),
        finding(7, "FRA date", "CHK-509", table="safety_checks", file="register.csv", value="elsewhere"),
    ]
    copied = rows_with_findings(frame, frame_of(found), "safety_checks", origin=Register())
    assert copied.columns.to_list() == ["source_row", "Asset", "Tenant name", "completed_on"]
    assert copied["Tenant name"].to_list() == [MASKED, MASKED]
    sheet = opened(found[:1], {"safety_checks": copied})["Safety checks"]
    assert [value for _, value in marked(sheet)] == ["x"]
    both = opened(found[1:], {"safety_checks": copied})["Safety checks"]
    assert len(marked(both)) == 2  # it cannot be told which


# ---------------------------------------------------------------------------------------------- the workbook


def usual() -> tuple[list[dict[str, Any]], dict[str, pd.DataFrame]]:
    findings = [
        finding(2, "completed_at"),
        finding(3, "completed_at", "REP-503"),
        finding(2, "repair_id", "REP-902"),
    ]
    findings.append(finding(None, "", "FIL-017", grade="note", message="A column is not used.", touches=""))
    return findings, {"repairs": rows_with_findings(repairs(), frame_of(findings), "repairs")}


def test_the_sheets_are_the_contents_the_findings_and_the_tables_that_have_any():
    findings, sheets = usual()
    workbook = opened(
        findings, sheets | {"homes": pd.DataFrame({"source_row": pd.Series([], dtype="int64")})}
    )
    assert workbook.sheetnames == ["Contents", "Findings", "Each finding", "Repairs"]
    assert workbook.properties.language == "en-GB"
    assert faults(workbook) == []


def test_the_contents_say_in_short_what_was_found_and_where_it_is():
    workbook = opened(*usual())
    assert lines_of(workbook, "Contents") == [
        "Example Homes Limited: findings in the files for 2024-25",
        "1 matter to confirm or put right; 1 other is confirmed.",
        "1 note for information.",
        "Rules: 2024-25",
        "This worksheet has one table.",
    ]
    assert [(row["Worksheet"], row["How long its table is"]) for row in table_of(workbook, "Contents")] == [
        ("Findings", "3 rows"), ("Each finding", "4 rows"), ("Repairs", "2 rows"),
    ]  # fmt: skip
    assert told_of(workbook) == "The cells that a finding names are filled and framed."


def test_the_groups_say_what_how_many_how_far_what_to_do_and_who_confirmed():
    document = documents.build()
    document["findings"]["groups"][0]["moves_text"] = "RP02 (2) is 97.3%, could be 96.6% to 97.4%"
    document["findings"]["groups"][2] |= {"first_rows": "no single row", "message": "No UPRN column."}
    rows = table_of(opened(*usual(), document), "Findings")
    assert tuple(rows[0].values()) == (
        "confirm", "Completed before it was reported", "Repairs", "REP-006", 14,
        "rows 12, 40, 977 and 11 more", "RP02 (2) is 97.3%, could be 96.6% to 97.4%",
        "Correct reported_at or completed_at in the repairs system and send the file again.", None,
    )  # fmt: skip
    why = "Typing errors of one interviewer. (evidence: Call log 12)"
    assert rows[1]["Confirmed"] == f"Confirmed by Jo Example on 2 May 2025: {why}"
    assert rows[2]["What was found"] == "Home without a UPRN: No UPRN column."


def test_every_finding_is_a_row_of_a_table_that_can_be_filtered_under_a_heading_that_stays():
    workbook = opened(*usual())
    sheet, rows = workbook["Each finding"], table_of(workbook, "Each finding")
    assert headings(sheet)[:8] == ["Finding", "Grade", "Table", "File", "Sheet", "Row", "Column", "Value"]
    assert [(row["Finding"], row["Row"]) for row in rows] == [
        ("REP-501", 2), ("REP-503", 3), ("REP-902", 2), ("FIL-017", None),
    ]  # fmt: skip
    assert rows[0]["Table"] == "Repairs"
    assert rows[0]["Figures touched"] == "RP02 (1), RP02 (2)"
    assert sheet.freeze_panes == "B6"
    (table,) = sheet.tables.values()
    assert table.autoFilter.ref == table.ref == "A5:N9"
    assert max(dimension.width for dimension in sheet.column_dimensions.values()) == 60


def test_the_cells_that_findings_name_are_marked_also_where_they_are_blank_and_the_rule_stands_beside():
    workbook = opened(*usual())
    sheet = workbook["Repairs"]
    assert headings(sheet) == [
        "Row in your file", "Findings", "What was found", "What to do", "repair_id", "completed_at",
    ]  # fmt: skip
    assert marked(sheet) == [("E7", "R1"), ("F7", "2024-05-01"), ("F8", None)]
    assert list(table_of(workbook, "Repairs")[0].values())[:4] == [
        2, "REP-501\nREP-902",
        "REP-501, completed_at: completed_at is wrong.\nREP-902, repair_id: repair_id is wrong.",
        "Correct it.",
    ]  # fmt: skip
    assert sheet.freeze_panes == "B7"
    (table,) = sheet.tables.values()
    assert table.autoFilter.ref == "A6:F8"


def test_rows_numbered_by_the_index_will_do_and_a_finding_of_no_column_marks_none():
    findings = [finding(3, "", "REP-901", message="Repeated."), finding(2, "no such column")]
    workbook = opened(findings, {"repairs": repairs()})
    assert marked(workbook["Repairs"]) == []
    rows = table_of(workbook, "Repairs")
    assert [(row["Row in your file"], row["Findings"]) for row in rows] == [
        (2, "REP-501"), (3, "REP-901"), (4, None),
    ]  # fmt: skip
    assert rows[1]["What was found"] == "REP-901: Repeated."


def test_where_rows_are_cut_the_worksheet_says_so():
    findings = [finding(row, "completed_at") for row in range(2, MOST_ROWS + 4)]
    many = repairs(repair_id=[f"R{n}" for n in range(MOST_ROWS + 2)], completed_at=["x"] * (MOST_ROWS + 2))
    workbook = opened(findings, {"repairs": rows_with_findings(many, frame_of(findings), "repairs")})
    assert len(table_of(workbook, "Repairs")) == MOST_ROWS
    assert "5,002 rows have findings: these are the first 5,000 that could be copied." in told_of(workbook)
    assert len(table_of(workbook, "Each finding")) == MOST_ROWS + 2


def test_where_a_row_could_not_be_copied_the_worksheet_says_so():
    findings, sheets = usual()
    workbook = opened([*findings, finding(99, "completed_at")], sheets)
    assert "3 rows have findings: these are the 2 that could be copied." in told_of(workbook)


def unzipped(content: bytes) -> dict[str, bytes]:
    with zipfile.ZipFile(io.BytesIO(content)) as archive:
        return {name: archive.read(name) for name in archive.namelist()}


def test_hostile_cells_are_only_text():
    findings = [
        finding(row, cell, message=cell, title=cell, value=cell) for row, cell in enumerate(HOSTILE, start=2)
    ]
    findings[0]["message"] = "\ud800"  # a frame's text cannot hold it
    frame = repairs(repair_id=HOSTILE, completed_at=HOSTILE, **{HOSTILE[0]: HOSTILE, HOSTILE[10]: HOSTILE})
    document = documents.build(name=documents.HOSTILE_NAME, text=documents.HOSTILE_TEXT)
    workbook = opened(findings, {"repairs": frame}, document)
    cells = [
        cell for sheet in workbook for row in sheet.iter_rows() for cell in row if cell.value is not None
    ]
    assert {cell.data_type for cell in cells} <= {"s", "inlineStr", "n"}
    assert {type(cell.value) for cell in cells} == {str, int}
    assert max(len(str(cell.value)) for cell in cells) < LONGEST_CELL * 1.2
    for cell in cells:
        assert cell.quotePrefix == str(cell.value).startswith(("=", "+", "-", "@", "\t"))
    copied = [row["repair_id"] for row in table_of(workbook, "Repairs")]
    assert copied[0] == "=1+1"
    assert copied[1] == MASKED  # it holds an @
    assert copied[5] == "#N/A"
    assert copied[8] == "W" * LONGEST_CELL + " … (cut here)"
    assert copied[10] == "<b>&amp;</b>"
    assert copied[14] == "  kept  "


def test_line_ends_stay_one_cell():
    workbook = opened([finding(2, "repair_id", message="a\r\nb")], {"repairs": repairs()})
    assert table_of(workbook, "Repairs")[0]["What was found"] == "REP-501, repair_id: a \nb"


def test_the_workbook_has_the_same_bytes_at_another_time():
    first = findings_xlsx(documents.build(), *usual())
    time.sleep(2.1)  # archives keep times to two seconds
    assert findings_xlsx(documents.build(), *usual()) == first
    with zipfile.ZipFile(io.BytesIO(first)) as archive:
        assert {entry.date_time[0] for entry in archive.infolist()} == {1980}
        assert b"2025-03-31T00:00:00Z" in archive.read("docProps/core.xml")


def test_a_return_without_findings_has_a_workbook_that_says_so():
    workbook = opened([], {}, documents.empty())
    assert workbook.sheetnames == ["Contents", "Findings", "Each finding"]
    assert lines_of(workbook, "Contents")[1] == "No findings."
    assert lines_of(workbook, "Each finding")[1:] == ["No findings.", "Back to the contents"]
    assert faults(workbook) == []


def test_missing_cells_of_a_frame_are_empty():
    frame = frame_of([finding(2, "completed_at", value=None, sheet=None)])
    document = documents.build()
    groups = finding_groups(frame, [], ["RP02_1", "RP02_2"])
    nothing = {"moves": [], "moves_text": "", "widest": None}
    document["findings"]["groups"] = [group | nothing for group in groups]
    workbook = opened(frame.to_dict("records"), {"repairs": repairs()}, document)
    assert table_of(workbook, "Each finding")[0]["Value"] is None
    assert marked(workbook["Repairs"]) == [("F7", "2024-05-01")]
