"""A first look at a file of any shape: its encoding, separator and sheets, and its cells as text, unnamed.

For `tsm map`, which has to find the headings itself; the readers of the tables know what to look for.
"""

from __future__ import annotations

import csv
import io
import re
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pandas as pd
import pyarrow as pa
import pyarrow.csv
import python_calamine

from pipelines.intake.encodings import to_utf8
from pipelines.intake.parquet_file import read_parquet
from pipelines.intake.received import READERS, _bytes, _what_it_is
from pipelines.intake.sheet import MAX_COLUMNS, Refused, text_frame
from pipelines.intake.values import cell_text
from pipelines.intake.xlsx_file import _a_whole_workbook
from pipelines.intake.xlsx_file import _cells as _sheet_cells
from pipelines.intake.xlsx_parts import Extent, measure
from schemas.errors import InputError
from schemas.tables import TABLES
from schemas.tables.file_rules import BY_ID

TOP = 40  # rows in which headings, titles and question texts are looked for
_SAMPLE = 1 << 20
_MOST_SHEETS = 40
_DELIMITERS = (",", ";", "\t", "|")
_MULTIBYTE = re.compile(rb"[\xc2-\xf4][\x80-\xbf]")


@dataclass(frozen=True)
class Page:
    """One sheet, or the whole file where it has none.

    `top`: its first rows as they stand. `below(at)`: the cells under row `at` (from 0), one text column for
    each cell of that row, and how many rows were left out because they have another number of cells.
    """

    sheet: str
    top: list[list[str]]
    below: Callable[[int], tuple[pd.DataFrame, int]]


@dataclass(frozen=True)
class Glance:
    """A file as first seen. `encoding` is "" for UTF-8; `delimiter` is "" where the file is not CSV."""

    file: str
    kind: str
    encoding: str
    delimiter: str
    pages: tuple[Page, ...]


def glance(path: Path) -> Glance:
    """Look at a CSV, XLSX or Parquet file; InputError says why one cannot be read."""
    suffix = path.suffix.casefold()
    known = ", ".join(READERS)
    if not path.exists():
        raise InputError(f"There is no file {path}: correct the path.")
    try:
        data = _bytes(path)
        what = _what_it_is(data)
        if suffix not in READERS:
            raise InputError(f"{path.name} is not a file that is read: save it as one of {known}.")
        if not data.strip():
            raise Refused(3)
        if what and what != suffix:
            raise Refused(8, what=what, kind=suffix[1:].upper())
        return _READ[suffix](path.name, data)
    except Refused as refused:
        rule = BY_ID[f"FIL-{refused.number:03d}"]
        facts = {"file": path.name, "table": "", **refused.facts}
        message = f"{rule.message.format_map(facts)} {rule.remedy.format_map(facts)}"
        raise InputError(message) from refused


# ------------------------------------------------------------------------------------------------------ CSV


def _csv(name: str, data: bytes) -> Glance:
    utf8, encoding = to_utf8(data)
    if encoding == "Windows-1252" and not _is_all_windows(data):
        encoding = ""  # the reader takes each part as what it is
    lines = list(io.StringIO(utf8[:_SAMPLE].decode("utf-8", errors="ignore"), newline=""))
    if len(utf8) > _SAMPLE and len(lines) > 1:
        lines.pop()  # cut off in the middle
    delimiter = _delimiter(lines)
    top, ends = _rows(lines, delimiter)

    def below(at: int) -> tuple[pd.DataFrame, int]:
        offset = len("".join(lines[: ends[at]]).encode())
        return _cells(utf8, offset, len(top[at]), delimiter)

    words = {"Windows-1252": "cp1252", "UTF-16": "utf-16", "UTF-32": "utf-32"}
    return Glance(name, "csv", words.get(encoding, ""), delimiter, (Page("", top, below),))


def _is_all_windows(data: bytes) -> bool:
    """Whether the whole of a file is Windows-1252, with no part in UTF-8."""
    try:
        data.decode("cp1252")
    except UnicodeDecodeError:
        return False
    return not _MULTIBYTE.search(data)


def _delimiter(lines: list[str]) -> str:
    """The separator that cuts most rows into the same number of cells, the more cells the better."""
    best, most = ",", 0.0
    for delimiter in _DELIMITERS:
        rows, _ = _rows(lines, delimiter)
        widths = Counter(len(row) for row in rows if any(cell.strip() for cell in row))
        width, count = max(
            widths.items(), key=lambda each: (each[1] * (each[0] > 1), each[0]), default=(1, 0)
        )
        score = 0.0 if width < 2 else count / sum(widths.values()) * (1 + min(width, 50) / 100)
        if score > most:
            best, most = delimiter, score
    return best


def _rows(lines: list[str], delimiter: str) -> tuple[list[list[str]], list[int]]:
    """The first rows, and for each the line at which it ends."""
    rows: list[list[str]] = []
    ends: list[int] = []
    reader = csv.reader(lines, delimiter=delimiter)
    try:
        for row in reader:
            rows.append(row)
            ends.append(reader.line_num)
            if len(rows) == TOP:
                break
    except csv.Error as error:
        if not rows:
            problem = f"its first rows are not CSV ({error})"
            raise Refused(7, problem=problem, how="Export the table again.") from error
    return rows, ends


def _cells(data: bytes, offset: int, width: int, delimiter: str) -> tuple[pd.DataFrame, int]:
    names = [str(i) for i in range(width)]
    left_out: list[Any] = []

    def leave_out(row: Any) -> str:
        if row.text.strip(" \t\r\n,;|"):
            left_out.append(row.number)
        return "skip"

    if not data[offset:].strip():
        return text_frame([[] for _ in names]), 0
    try:
        read = pyarrow.csv.read_csv(
            pa.BufferReader(pa.py_buffer(data).slice(offset)),
            read_options=pyarrow.csv.ReadOptions(column_names=names, block_size=1 << 24),
            parse_options=pyarrow.csv.ParseOptions(
                delimiter=delimiter, newlines_in_values=True, invalid_row_handler=leave_out
            ),
            convert_options=pyarrow.csv.ConvertOptions(
                column_types=dict.fromkeys(names, pa.string()), strings_can_be_null=False
            ),
        )
    except pa.ArrowInvalid as error:
        how = "Look for a quotation mark that is not closed."
        raise Refused(7, problem="it is not well-formed CSV", how=how) from error
    return read.to_pandas().set_axis(range(width), axis="columns").astype("str"), len(left_out)


# ----------------------------------------------------------------------------------------- XLSX and Parquet


def _xlsx(name: str, data: bytes) -> Glance:
    extents = measure(data)
    pages: list[Page] = []
    with _a_whole_workbook():
        book = python_calamine.load_workbook(io.BytesIO(data))
        for sheet in book.sheets_metadata[:_MOST_SHEETS]:
            extent = extents.get(sheet.name, Extent())
            if sheet.typ != python_calamine.SheetTypeEnum.WorkSheet or not extent.rows:
                continue
            if extent.is_too_large or extent.columns > MAX_COLUMNS:
                continue
            page = _sheet(sheet.name, book)
            if any(cell.strip() for row in page.top for cell in row):
                pages.append(page)
    if not pages:
        raise Refused(3)
    return Glance(name, "xlsx", "", "", tuple(pages))


def _sheet(name: str, book: python_calamine.CalamineWorkbook) -> Page:
    first = book.get_sheet_by_name(name).to_python(skip_empty_area=False, nrows=TOP)
    top = [_cut([cell_text(cell) for cell in row]) for row in first]

    def below(at: int) -> tuple[pd.DataFrame, int]:
        with _a_whole_workbook():
            return _sheet_cells(book.get_sheet_by_name(name), at + 1, len(first[at])), 0

    return Page(name, top, below)


def _cut(row: list[str]) -> list[str]:
    """A row without the blank cells at its end: a sheet's rows are all as wide as the widest."""
    while row and not row[-1].strip():
        row.pop()
    return row


def _parquet(name: str, data: bytes) -> Glance:
    sheet = read_parquet(data, TABLES["homes"])  # its columns have names, so the table does not matter
    first = [[str(cell) for cell in row] for row in sheet.cells.head(TOP - 1).to_numpy()]
    return Glance(
        name, "parquet", "", "", (Page("", [sheet.headings, *first], lambda at: (sheet.cells.iloc[at:], 0)),)
    )


_READ: dict[str, Callable[[str, bytes], Glance]] = {".csv": _csv, ".xlsx": _xlsx, ".parquet": _parquet}
