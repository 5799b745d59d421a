"""The workbook: everything of the return, easy to read for everybody, exact, and nothing in it runs."""

from __future__ import annotations

import io
import re
import time
import zipfile
from collections.abc import Callable
from datetime import datetime
from typing import Any

import pytest
from openpyxl.styles import Alignment, Font, PatternFill
from openpyxl.worksheet.table import Table

from pipelines.publications import findings_xlsx, return_xlsx
from pipelines.publications.exports import PRECISION_COLUMNS
from pipelines.publications.findings import COLUMNS
from pipelines.publications.workbook_sheets import NOT_SHOWN, Head, Sheet, contents, workbook
from tests.publications import document as documents
from tests.publications.xlsx_reading import FILL, SYMBOLS, faults, lines_of, links_of, open_xlsx, table_of

SHEETS = [
    "Contents", "About", "Notes", "Figures", "Answers", "Complaints", "Precision", "Last year",
    "Nation and peers", "Method changes", "Accuracy", "Methods", "Survey approach", "NROSH+ entry",
    "Validations", "Findings", "Each finding", "Confirmations", "Settings",
]  # fmt: skip
DOCUMENTS = {
    "plain": documents.build,
    "hostile": lambda: documents.build(
        name=documents.HOSTILE_NAME, text=documents.HOSTILE_TEXT, provisional=True
    ),
    "empty": documents.empty,
    "combined": documents.combined,
    "crowded": documents.crowded,
}


@pytest.fixture(scope="module")
def made() -> dict[str, bytes]:
    """The workbooks of all documents, made once."""
    return {
        name: return_xlsx(make(), [] if name == "empty" else documents.findings())
        for name, make in DOCUMENTS.items()
    }


@pytest.fixture(scope="module")
def books(made: dict[str, bytes]) -> dict[str, Any]:
    return {name: open_xlsx(content) for name, content in made.items()}


@pytest.fixture(scope="module")
def plain_book(books: dict[str, Any]) -> Any:
    return books["plain"]


@pytest.fixture(scope="module")
def hostile_book(books: dict[str, Any]) -> Any:
    return books["hostile"]


def book_of(*sheets: Sheet) -> bytes:
    return workbook(
        [contents("Contents", [], sheets), *sheets], title="t", author="a", about="m",
        moment=datetime.fromisoformat("2025-03-31"),
    )  # fmt: skip


# ------------------------------------------------------------------------------------- easy for everybody


@pytest.mark.parametrize("name", DOCUMENTS)
def test_the_workbook_is_as_the_guidance_asks(books, name):
    book = books[name]
    assert book.sheetnames == SHEETS
    assert faults(book) == []


def test_the_findings_workbook_is_as_the_guidance_asks(plain):
    assert faults(open_xlsx(findings_xlsx(plain, documents.findings(), {}))) == []


def small_book() -> Any:
    """A workbook of one small worksheet, without a fault, to be spoilt."""
    heads = [Head("Measure", 12), Head("Title", 30), Head("Value", 12, "one")]
    rows = [["TP01", "Overall satisfaction", 73.0], ["TP02", "Repairs", "[z]"]]
    return open_xlsx(book_of(Sheet("Figures", "Every figure", ["Rules: 2024-25."], heads, rows)))


def merge(book: Any) -> None:
    book["Figures"].merge_cells("A6:B6")


def add_beneath(book: Any) -> None:
    book["Figures"].cell(9, 1, "Source: the survey")


def add_a_table(book: Any) -> None:
    book["Figures"].add_table(Table(displayName="More", ref="A6:B7"))


def blank_a_row(book: Any) -> None:
    for cell in book["Figures"][6]:
        cell.value = None


def keep_colour_alone(book: Any) -> None:
    book["Figures"]["B6"].fill = PatternFill("solid", fgColor=FILL)


def run_out(book: Any) -> None:
    book["Figures"]["B6"].value = "word " * 60
    book["Figures"]["B6"].alignment = Alignment(wrap_text=False)


def set_value(at: str, value: Any) -> Callable[[Any], None]:
    return lambda book: setattr(book["Figures"][at], "value", value)


SPOILT: dict[str, Callable[[Any], None]] = {
    "no title": set_value("A1", None),
    "an empty number": set_value("C6", None),
    "a number as text": set_value("C6", "73.0"),
    "a heading twice": set_value("B5", "Measure"),
    "a formula": set_value("B6", "=1+1"),
    "words beside the sentences": set_value("B2", "More"),
    "merged cells": merge,
    "words beneath": add_beneath,
    "two tables": add_a_table,
    "a blank row": blank_a_row,
    "colour alone": keep_colour_alone,
    "text that runs out": run_out,
    "a hidden column": lambda book: setattr(book["Figures"].column_dimensions["C"], "hidden", True),
    "a hidden sheet": lambda book: setattr(book["Figures"], "sheet_state", "hidden"),
    "small type": lambda book: setattr(book["Figures"]["B6"], "font", Font(name="Arial", size=9)),
    "no way there": lambda book: setattr(book["Contents"]["A4"], "hyperlink", None),
    "no way back": lambda book: setattr(book["Figures"]["A4"], "hyperlink", None),
    "no language": lambda book: setattr(book.properties, "language", None),
    "a page footer": lambda book: setattr(book["Figures"].oddFooter.center, "text", "Page"),
    "a nameless table": lambda book: setattr(
        book["Figures"].tables["Figures_table"], "displayName", "Table1"
    ),
}


def test_the_small_book_is_without_a_fault() -> None:
    assert faults(small_book()) == []


@pytest.mark.parametrize("name", SPOILT)
def test_what_the_guidance_would_have_different_is_found(name: str) -> None:
    book = small_book()
    SPOILT[name](book)
    assert len(faults(book)) >= 1


def test_each_worksheet_begins_with_its_title_and_leads_back(plain_book):
    assert lines_of(plain_book, "Figures") == [
        "Every reported value with its counts",
        "Rules: 2024-25. figures.csv has the same figures for machines.",
        "This worksheet has one table.",
        "Back to the contents",
    ]
    assert plain_book["Figures"]["A1"].style == "Heading 1"
    listed = table_of(plain_book, "Contents")
    assert [row["Worksheet"] for row in listed] == SHEETS[1:]
    assert len(links_of(plain_book["Contents"])) == len(SHEETS) - 1
    assert (
        next(row for row in listed if row["Worksheet"] == "NROSH+ entry")["How long its table is"] == "4 rows"
    )


def test_only_the_lists_that_people_work_down_have_filters_and_headings_that_stay(plain_book):
    stays = {sheet.title for sheet in plain_book if sheet.freeze_panes}
    filtered = {
        sheet.title for sheet in plain_book for table in sheet.tables.values() if table.autoFilter is not None
    }
    assert stays == filtered == {"Nation and peers", "NROSH+ entry", "Each finding"}
    assert plain_book["NROSH+ entry"].freeze_panes == "B6"


def test_the_properties_say_whose_return_it_is(plain_book):
    properties = plain_book.properties
    assert (properties.title, properties.creator) == (
        "Example Homes Limited: TSM return 2024-25", "Example Homes Limited",
    )  # fmt: skip
    assert properties.language == "en-GB"
    assert plain_book.active.title == "Contents"


def test_every_symbol_that_is_used_is_explained(books):
    for book in books.values():
        explained = {row["Symbol or word"] for row in table_of(book, "Notes")}
        used = {
            cell.value for sheet in book for row in sheet.iter_rows() for cell in row
            if isinstance(cell.value, str) and re.fullmatch(r"\[[a-zA-Z]\]", cell.value)
        }  # fmt: skip
        assert used <= explained
        assert explained > SYMBOLS


# ------------------------------------------------------------------------------------------ what is in it


def test_missing_numbers_carry_the_symbol_of_their_status(plain_book, books):
    rows = {(row["Measure"], row["Population"]): row for row in table_of(plain_book, "Figures")}
    assert [rows["BS05", "Together"][key] for key in ("Value", "Numerator", "Status")] == [
        "[z]", "[z]", "Not applicable",
    ]  # fmt: skip
    assert [rows["CH02 (2)", "LCHO"][key] for key in ("Value", "Denominator", "Status")] == [
        "[z]", 0, "No cases",
    ]  # fmt: skip
    assert {row["Value"] for row in table_of(books["empty"], "Figures")} == {"[x]"}
    combined = table_of(books["combined"], "Figures")
    assert (combined[-1]["Measure"], combined[-1]["Value"]) == ("TP01", "[z]")  # not required: the last


def test_the_numbers_are_numbers_with_the_decimals_that_are_reported(plain_book, plain):
    sheet = plain_book["Figures"]
    assert (sheet["D6"].value, sheet["D6"].number_format) == (plain["figures"][0]["value"], "0.0")
    assert (sheet["F6"].value, sheet["F6"].number_format) == (365, "#,##0")
    document = documents.build()
    document["figures"][0] |= {"numerator": 364.25, "denominator": 511.0}
    weighted = open_xlsx(return_xlsx(document, []))["Figures"]
    assert (weighted["F6"].value, weighted["F6"].number_format) == (364.25, "#,##0.0")
    assert (weighted["G6"].value, weighted["G6"].number_format) == (511, "#,##0")


def test_the_precision_is_stored_whole_and_shown_with_two_decimals(plain_book, plain):
    sheet = plain_book["Precision"]
    top = len(lines_of(plain_book, "Precision")) + 2
    first = plain["figures"][0]
    order = ("ci_low", "ci_high", "se", "deff", "n_effective", "unweighted_value")
    assert set(order) == set(PRECISION_COLUMNS)
    for at, key in enumerate(order, start=4):
        cell = sheet.cell(top, at)
        assert cell.value == pytest.approx(first[key], abs=1e-12)
        assert cell.number_format == "0.00"


def test_last_year_and_the_nation_stand_beside_each_figure(plain_book, plain):
    rows = table_of(plain_book, "Last year")
    assert len(rows) == len(plain["comparison"]["changes"])
    for row, change in zip(rows, plain["comparison"]["changes"], strict=True):
        assert (row["Last year"], row["Change"], row["In words"]) == (
            change["last_year"], change["change"], change["text"],
        )  # fmt: skip
    chance = {(row["Measure"], row["Population"]): row["More than chance explains?"] for row in rows}
    assert [chance[key] for key in (("TP01", "LCRA"), ("TP06", "LCRA"), ("TP01", "LCHO"))] == [
        "No", "Yes", "[x]",
    ]  # fmt: skip
    assert chance["BS02", "Together"] == "[z]"
    assert plain_book["Last year"].cell(len(lines_of(plain_book, "Last year")) + 2, 6).number_format == (
        "+0.0;-0.0;0.0"
    )
    peers = table_of(plain_book, "Nation and peers")
    groups = [group for each in plain["comparison"]["benchmarks"]["figures"] for group in each["groups"]]
    assert [(row["Beside"], row["Median"]) for row in peers] == [
        (group["label"], group["median"]) for group in groups
    ]
    assert [row["What changed"] for row in table_of(plain_book, "Method changes")] == [
        each["what"] for each in plain["comparison"]["method_changes"]
    ]


def test_the_survey_approach_has_all_its_items(plain_book):
    rows = table_of(plain_book, "Survey approach")
    for population in ("LCRA", "LCHO"):
        assert "".join(row["Item"] for row in rows if row["Population"] == population) == "abcdefghijk"
    assert [row["Summary"] for row in rows if row["Item"] == "k"] == [
        "Still missing. Say it in other_issues of year.yaml."
    ] * 2
    accuracy = {row["Population"]: row for row in table_of(plain_book, "Accuracy")}
    assert (accuracy["LCRA"]["Responses"], accuracy["LCRA"]["Requirement met?"]) == (512, "Yes")
    assert (accuracy["LCHO"]["Margin of error achieved"], accuracy["LCHO"]["Requirement met?"]) == (
        6.26,
        "No",
    )
    methods = [row["Overall satisfaction (TP01), %"] for row in table_of(plain_book, "Methods")]
    assert methods == [72.1, "[s]", 72.1, "[s]"]


def test_the_entry_sheet_keeps_the_forms_order_and_marks_what_is_not_typed(plain_book, plain):
    rows = table_of(plain_book, "NROSH+ entry")
    assert [row["Datapoint"] for row in rows] == [field["datapoint"] for field in plain["nrosh"]]
    assert [row["Value"] for row in rows] == ["https://example.org/tsm", 220, "[U]", -5]
    document = documents.build()
    assert [row["What is entered"] for row in rows] == [
        "Web address", "Count", "Whole number", "Whole number",
    ]  # fmt: skip
    document = documents.build()
    document["nrosh"][1] |= {"type": "percent", "value": 73.0}
    document["nrosh"][2] |= {"symbol": ""}
    book = open_xlsx(return_xlsx(document, []))
    assert table_of(book, "NROSH+ entry")[2]["Value"] == "[X]"
    cell = book["NROSH+ entry"]["G7"]
    assert (cell.value, cell.number_format) == (73.0, "0.0")


def test_confirmations_and_departures_are_listed(plain_book):
    (confirmed,) = table_of(plain_book, "Confirmations")
    assert (confirmed["Finding"], confirmed["By"], confirmed["On"]) == ("SUR-011", "Jo Example", "2 May 2025")
    (setting,) = table_of(plain_book, "Settings")
    assert (setting["Setting"], setting["This return"], setting["Default"]) == (
        "withdrawn complaints", "drop", "keep",
    )  # fmt: skip


def test_a_return_without_findings_says_so(books):
    book = books["empty"]
    assert lines_of(book, "Each finding")[-2] == "No findings."
    assert lines_of(book, "Settings")[-2] == "Every setting has its documented default."


def test_a_provisional_edition_and_an_approval_are_told():
    document = documents.build(draft=False, provisional=True)
    book = open_xlsx(return_xlsx(document, []))
    facts = {row["Fact"]: row["Answer"] for row in table_of(book, "About")}
    assert facts["Rules"].endswith("provisional")
    assert facts["Approval"] == "Approved by Alex Example, Chief executive, on 12 June 2025."
    assert lines_of(book, "Contents")[1] == "Signed off."


# ----------------------------------------------------------------------------------------------- harmless


def test_nothing_in_the_workbook_runs(hostile_book):
    kinds = {cell.data_type for sheet in hostile_book for row in sheet.iter_rows() for cell in row}
    assert kinds <= {"s", "inlineStr", "n"}  # "f" would be a formula; an empty cell counts as "n"
    formula = next(
        cell for row in hostile_book["Each finding"].iter_rows() for cell in row
        if str(cell.value).startswith("=HYPERLINK")
    )  # fmt: skip
    assert formula.data_type in ("s", "inlineStr")
    assert formula.quotePrefix


@pytest.mark.parametrize("start", [*"=+-@\t", "\uff1d", "\uff0b", "\uff0d", "\uff20"])
def test_text_stays_text_whatever_it_begins_with(start):
    sheet = Sheet("Texts", "Texts", [], [Head("Text")], [[f"{start}1"], [-1]])
    book = open_xlsx(book_of(sheet))
    cell, number = book["Texts"]["A5"], book["Texts"]["A6"]
    assert (cell.value, cell.data_type in ("s", "inlineStr"), cell.quotePrefix) == (f"{start}1", True, True)
    assert (number.value, number.data_type, number.quotePrefix) == (-1, "n", False)


def test_headings_of_any_text_make_a_table_that_opens():
    names = ["", "Twice", "twice", "two\nlines", "=1+1", "_x0041_", "W" * 300, "<b>&"]
    sheet = Sheet("Rows", "Rows", [], [Head(name) for name in names], [[str(at) for at in range(len(names))]])
    content = book_of(sheet)
    assert [f for f in faults(open_xlsx(content)) if "heading" in f] == []
    with zipfile.ZipFile(io.BytesIO(content)) as archive:
        table = next(name for name in archive.namelist() if "tables/table2" in name)
        columns = re.findall(rb'<tableColumn id="\d+" name="([^"]*)"', archive.read(table))
    assert [each.decode() for each in columns][:6] == [
        "Blank", "Twice", "twice (2)", "two lines", "=1+1", "_x005F_x0041_",
    ]  # fmt: skip
    assert len(columns[6]) == 240


def test_a_text_that_is_too_long_says_that_it_is_cut():
    book = open_xlsx(book_of(Sheet("Texts", "Texts", [], [Head("Text")], [["W" * 40_000]])))
    assert len(book["Texts"]["A5"].value) == 32_767
    assert book["Texts"]["A5"].value.endswith(NOT_SHOWN)


def test_the_workbook_has_the_same_bytes_at_another_time(plain, made):
    time.sleep(2.1)  # archives keep times to two seconds
    assert return_xlsx(plain, documents.findings()) == made["plain"]
    with zipfile.ZipFile(io.BytesIO(made["plain"])) as archive:
        assert {entry.date_time[0] for entry in archive.infolist()} == {1980}
        assert b"2025-03-31T00:00:00Z" in archive.read("docProps/core.xml")


PRIVATE = (
    ("survey_responses", "comment", "Ring Jo Secret"),  # personal
    ("safety_exclusions", "reason", "Jo Secret is ill"),  # free text
    ("repairs", "Tenant name", "Jo Secret"),  # a landlord's own column
    ("homes", "uprn", "jo.secret@example.org"),
)


def test_nothing_of_a_person_is_shown_whatever_made_the_finding(plain):
    found = [
        dict.fromkeys(COLUMNS, "") | {
            "finding_id": "XXX-001", "grade": "note", "table": table, "column": column, "value": value,
            "row": 2, "message": f"{column} is “{value}”.",
        }
        for table, column, value in (*PRIVATE, ("repairs", "priority", "urgent"))
    ]  # fmt: skip
    for content in (return_xlsx(plain, found), findings_xlsx(plain, found, {})):
        with zipfile.ZipFile(io.BytesIO(content)) as archive:
            assert not [name for name in archive.namelist() if b"ecret" in archive.read(name)]
        shown = {row["Column"]: row for row in table_of(open_xlsx(content), "Each finding")}
        for _, column, _ in PRIVATE:
            assert (shown[column]["Value"], shown[column]["What was found"]) == ("•••", f"{column} is “•••”.")
        assert shown["priority"]["Value"] == "urgent"
