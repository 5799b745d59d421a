"""The return as a workbook: contents, figures, NROSH+ entry sheet, findings. The same bytes every time."""

from __future__ import annotations

import io
import re
import zipfile
from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any

from pipelines.publications.exports import (
    FIGURE_COLUMNS,
    NROSH_COLUMNS,
    PRECISION_COLUMNS,
    figure_rows,
    nrosh_rows,
)
from pipelines.publications.findings import COLUMNS as FINDING_COLUMNS
from pipelines.publications.findings import findings_rows
from pipelines.publications.text import clean, date_text

_LONGEST_CELL = 32_767  # Excel's own limit
_WIDEST = 60
# How the numbers of the figures are shown; what is stored is not rounded.
_SHOWN = {"value": "0.0"} | dict.fromkeys(PRECISION_COLUMNS, "0.00")
_EPOCH = (1980, 1, 1, 0, 0, 0)
_XLSX_ROWS = 1_048_575  # without the header


def return_xlsx(document: Mapping[str, Any], findings: Sequence[Mapping[str, Any]]) -> bytes:
    """The workbook. One table a sheet from cell A1, a header row, no merged cells, nothing that runs.

    Text is stored as text whatever it begins with; numbers are numbers, values shown with one decimal and
    their precision with two.
    """
    from openpyxl import Workbook

    found = findings_rows(findings)
    sheets = (
        ("Figures", "Every reported value with its counts", FIGURE_COLUMNS, figure_rows(document)),
        ("NROSH+", "The fields of the NROSH+ form, in its order", NROSH_COLUMNS, nrosh_rows(document)),
        ("Findings", "What was found in the files received", FINDING_COLUMNS, found[:_XLSX_ROWS]),
    )
    book = Workbook()
    _contents(book.active, document, [(name, about) for name, about, _, _ in sheets])
    for name, _, columns, rows in sheets:
        _fill(book.create_sheet(name), columns, rows)

    moment = datetime.fromisoformat(document["year_end"])
    properties = book.properties
    properties.title = clean(f"{document['landlord']['name']}: TSM return {document['reporting_year']}")
    properties.creator = document["software"]["name"]
    properties.language = "en-GB"
    properties.created = moment
    buffer = io.BytesIO()
    book.save(buffer)
    return _fixed(buffer.getvalue(), moment)


def _contents(sheet: Any, document: Mapping[str, Any], about: Sequence[tuple[str, str]]) -> None:
    from openpyxl.styles import Font

    status = document["status"]
    facts = [
        ("Tenant Satisfaction Measures return", document["reporting_year"]),
        ("Landlord", document["landlord"]["name"]),
        ("Landlord code", document["landlord"]["code"]),
        ("Year", f"{date_text(document['year_start'])} to {date_text(document['year_end'])}"),
        ("Status", "Draft: not signed off" if status["draft"] else "Signed off"),
        ("Approval", document["approval"]["text"] if document["approval"] else ""),
        ("Revision", document["revision"]["text"] if document["revision"] else ""),
        ("Complete", "Yes" if status["complete"] else "No"),
        ("Findings to confirm", status["to_confirm"]),
        ("Rules", f"{document['edition']['year']}, {document['edition']['status']}"),
        ("Note on the rules", document["edition"]["status_note"]),
        ("Form", document["return_form"]["form"]),
        ("Note on the form", document["return_form"]["note"]),
    ]
    sheet.title = "Contents"
    for row, (name, value) in enumerate([*facts, *about], start=1):
        _put(sheet.cell(row, 1), name)
        _put(sheet.cell(row, 2), value)
        sheet.cell(row, 1).font = Font(bold=True)
        if row > len(facts):
            sheet.cell(row, 1).hyperlink = f"#'{name}'!A1"
            sheet.cell(row, 1).font = Font(bold=True, underline="single", color="12436D")
    sheet.cell(1, 1).font = Font(bold=True, size=14)
    sheet.column_dimensions["A"].width = 42
    sheet.column_dimensions["B"].width = 70


def _fill(sheet: Any, columns: Sequence[str], rows: Sequence[Sequence[Any]]) -> None:
    from openpyxl.styles import Alignment, Font
    from openpyxl.utils import get_column_letter
    from openpyxl.worksheet.table import Table

    bold, wrapped = Font(bold=True), Alignment(wrap_text=True, vertical="top")
    for at, column in enumerate(columns, start=1):
        _put(sheet.cell(1, at), column)
        sheet.cell(1, at).font = bold
        longest = max((_length(row[at - 1]) for row in rows), default=0)
        sheet.column_dimensions[get_column_letter(at)].width = min(max(longest, len(column)) + 2, _WIDEST)
    for line, row in enumerate(rows, start=2):
        for at, value in enumerate(row, start=1):
            cell = sheet.cell(line, at)
            _put(cell, value)
            if isinstance(value, str) and len(value) > _WIDEST:
                cell.alignment = wrapped
            elif columns is FIGURE_COLUMNS and columns[at - 1] in _SHOWN:
                cell.number_format = _SHOWN[columns[at - 1]]
    if rows:  # a table names its header row to a screen reader; Excel refuses one without rows
        name = re.sub(r"\W", "", sheet.title)
        sheet.add_table(Table(displayName=name, ref=f"A1:{get_column_letter(len(columns))}{len(rows) + 1}"))


def _length(value: Any) -> int:
    """How many characters of a value are seen: of a number with many decimals, two of them."""
    if value is None:
        return 0
    return len(f"{value:.2f}" if isinstance(value, float) else str(value))


def _put(cell: Any, value: Any) -> None:
    """Writes a value; text is stored as text, so that nothing in it is ever run as a formula."""
    if value is None:
        return
    if isinstance(value, bool):
        value = "yes" if value else "no"
    if isinstance(value, int | float):
        cell.value = value
        return
    text = clean(str(value))[:_LONGEST_CELL]
    cell.value = text
    cell.data_type = "s"
    if text.startswith(("=", "+", "-", "@", "\t", "\r", "\n")):
        cell.quotePrefix = True  # stays text when somebody edits the cell


def _fixed(content: bytes, moment: datetime) -> bytes:
    """The same workbook without the clock in it: no times in the archive, the year's end as its date."""
    out = io.BytesIO()
    with (
        zipfile.ZipFile(io.BytesIO(content)) as source,
        zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as target,
    ):
        for entry in sorted(source.namelist()):
            data = source.read(entry)
            if entry == "docProps/core.xml":
                stamp = moment.strftime("%Y-%m-%dT%H:%M:%SZ").encode("ascii")
                data = re.sub(rb"(<dcterms:modified[^>]*>)[^<]*", rb"\g<1>" + stamp, data)
            info = zipfile.ZipInfo(entry, _EPOCH)
            info.compress_type = zipfile.ZIP_DEFLATED
            info.external_attr = 0o600 << 16
            target.writestr(info, data)
    return out.getvalue()
