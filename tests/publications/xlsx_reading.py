"""Reads a workbook back as a reader meets it: its one table a worksheet; and what makes it hard to read."""

from __future__ import annotations

import io
import re
from collections.abc import Iterator
from typing import Any

import openpyxl
from openpyxl.utils import get_column_letter, range_boundaries
from openpyxl.utils.escape import unescape

FILL = "00FFE9A8"
SYMBOLS = {"[x]", "[z]", "[s]"}
_A_NUMBER = re.compile(r"[+-]?[\d,]*\.?\d+%?")
# Worksheets of the landlord's own texts, in which digits are text and a blank is a blank.
_THEIR_TEXT = {"Each finding", "NROSH+ entry"}


def open_xlsx(content: bytes) -> Any:
    return openpyxl.load_workbook(io.BytesIO(content))


def table_of(workbook: Any, name: str) -> list[dict[str, Any]]:
    """The rows of a worksheet's table by its headings; [] where it has none."""
    sheet = workbook[name]
    if not sheet.tables:
        return []
    (table,) = sheet.tables.values()
    heads, *rows = [[cell.value for cell in row] for row in sheet[table.ref]]
    return [dict(zip(heads, row, strict=True)) for row in rows]


def lines_of(workbook: Any, name: str) -> list[str]:
    """What stands in column A above the table, the title first."""
    sheet = workbook[name]
    top = min((range_boundaries(table.ref)[1] for table in sheet.tables.values()), default=sheet.max_row + 1)
    return [sheet.cell(line, 1).value for line in range(1, top)]


def links_of(sheet: Any) -> dict[str, str]:
    """The texts that are links, each with the place that it leads to."""
    cells = (cell for row in sheet.iter_rows() for cell in row)
    return {cell.value: cell.hyperlink.location for cell in cells if cell.hyperlink is not None}


def faults(workbook: Any) -> list[str]:
    """What the Analysis Function's guidance on spreadsheets would have different, a sentence each."""
    found = [
        f"no {name}" for name in ("title", "creator", "language") if not getattr(workbook.properties, name)
    ]
    names = workbook.sheetnames
    titles = [workbook[name]["A1"].value for name in names]
    if len(set(titles)) < len(titles) or not all(titles):
        found.append("a title is missing or there twice")
    linked = links_of(workbook[names[0]])
    for name in names[1:]:
        if linked.get(name) != f"'{name}'!A1":
            found.append(f"{name}: no link from the contents")
        if links_of(workbook[name]) != {"Back to the contents": f"'{names[0]}'!A1"}:
            found.append(f"{name}: no link back to the contents")
    for sheet in workbook:
        found += [f"{sheet.title}: {what}" for what in _faults_of(sheet)]
    return found


def _faults_of(sheet: Any) -> Iterator[str]:
    if sheet.sheet_state != "visible":
        yield "hidden"
    if sheet.merged_cells.ranges:
        yield "merged cells"
    if any(each.hidden for each in (*sheet.column_dimensions.values(), *sheet.row_dimensions.values())):
        yield "a hidden row or column"
    if sheet.oddHeader.center.text or sheet.oddFooter.center.text:
        yield "a page header or footer"
    if sheet._images or sheet._charts:
        yield "a picture"
    if len(sheet.tables) > 1:
        yield "several tables"
    for cell in (cell for row in sheet.iter_rows() for cell in row):
        if cell.data_type == "f":
            yield f"{cell.coordinate} is a formula"
        if cell.value is not None and (cell.font.sz < 12 or cell.font.name != "Arial"):
            yield f"{cell.coordinate} is in small or fancy type"
        if cell.fill.fgColor.rgb == FILL and not (cell.font.b and cell.border.left.style):
            yield f"{cell.coordinate} is told by its colour alone"
    if not sheet.tables and sheet.max_column > 1:
        yield "cells beside the text, and no table"
    for table in sheet.tables.values():
        yield from _faults_of_table(sheet, table)


def _faults_of_table(sheet: Any, table: Any) -> Iterator[str]:
    left, top, right, bottom = range_boundaries(table.ref)
    if re.fullmatch(r"Table\d*", table.displayName):
        yield "a table without a name of its own"
    if (left, bottom, right) != (1, sheet.max_row, sheet.max_column):
        yield "the table is not all that there is below the text"
    lines = [[sheet.cell(line, at).value for at in range(1, sheet.max_column + 1)] for line in range(1, top)]
    if any(not line[0] or any(each is not None for each in line[1:]) for line in lines):
        yield "above the table there is more, or less, than text in column A"
    heads, *rows = list(sheet[table.ref])
    names = [cell.value for cell in heads]
    if [unescape(str(name)) for name in names] != [column.name for column in table.tableColumns]:
        yield "the table's headings are not those in its cells"
    if len({str(name).casefold() for name in names if name}) < len(names):
        yield "a heading is missing or there twice"
    if any(all(cell.value is None for cell in row) for row in rows):
        yield "a blank row"
    for at, column in enumerate(zip(*rows, strict=True), start=1):
        width = sheet.column_dimensions[get_column_letter(at)].width
        numbers = heads[at - 1].alignment.horizontal == "right" and sheet.title not in _THEIR_TEXT
        for cell in column:
            if numbers and cell.value is None:
                yield f"{cell.coordinate} is an empty cell in a column of numbers"
            if not isinstance(cell.value, str):
                continue
            if numbers and cell.value not in SYMBOLS:
                yield f"{cell.coordinate} is a text in a column of numbers"
            if (
                cell.data_type == "s"
                and sheet.title in ("Figures", "Last year")
                and _A_NUMBER.fullmatch(cell.value)
            ):
                yield f"{cell.coordinate} is a number kept as text"
            if (
                len(cell.value) > width * 1.2
                and not cell.alignment.wrap_text
                and cell.fill.fgColor.rgb != FILL
            ):
                yield f"{cell.coordinate} runs out of its cell"
