"""Reading XLSX: what a sheet shows as text, after its size has been measured and found bearable."""

from __future__ import annotations

import io
import posixpath
import re
import zipfile
import zlib
from dataclasses import dataclass
from typing import IO
from xml.etree import ElementTree as ET

import numpy as np
import python_calamine

from pipelines.intake.sheet import (
    Problem,
    Refused,
    Sheet,
    find_headings,
    heading_key,
    refuse_too_wide,
    text_frame,
)
from pipelines.intake.values import cell_text
from schemas.tables import Table

MAX_UNPACKED = 2_000_000_000  # bytes of all parts of the workbook together
MAX_CELLS = 60_000_000  # of the rectangle that holds a sheet's cells: the reader lays all of it out
MAX_PARTS = 2_000
LAST_ROW = 1_048_576  # a sheet has no more

_CHUNK = 1 << 20
_OVERLAP = 200  # bytes kept from one piece to the next where no cell begins
_CELL = re.compile(rb"""\br\s*=\s*["']([A-Z]{1,3})([0-9]{1,7})["']""")
_ERROR = re.compile(rb"""<c [^>]*\bt\s*=\s*["']e["']""")
_FORMULA_ONLY = re.compile(rb"(?:</f>|<f[^>]*/>)\s*(?:<v\s*/>|<v>\s*</v>)?\s*</c>")
_HOW = "Open it in Excel and save it again as .xlsx, without a password."


@dataclass
class _Extent:
    """What the raw parts of a sheet show before it is laid out."""

    rows: int = 0
    columns: int = 0
    valueless: int = 0


def read_xlsx(data: bytes, table: Table) -> Sheet:
    """Read a workbook's bytes: the sheet of the table's name, else the first; raises Refused."""
    extents = _measure(data)
    try:
        book = python_calamine.load_workbook(io.BytesIO(data))
        name = _sheet_name(book, table)
        part = _part_of(data, name)
        extent = extents.get(part, _Extent())
        size = extent.rows * extent.columns
        if size > MAX_CELLS:
            raise Refused(10, size=f"spans {size:,} cells", limit=f"{MAX_CELLS:,} cells")
        grid = book.get_sheet_by_name(name).to_python(skip_empty_area=False)
    except (python_calamine.CalamineError, OSError, ValueError, KeyError, ET.ParseError) as error:
        raise Refused(7, problem="it is not a whole XLSX workbook", how=_HOW) from error
    if not any(cell != "" for row in grid[:1000] for cell in row):
        raise Refused(3)
    top = [[cell_text(cell) for cell in row] for row in grid[:20]]
    at = find_headings(top, table)
    headings = top[at]
    while headings and not headings[-1].strip() and not any(row[len(headings) - 1] != "" for row in grid):
        headings.pop()
    refuse_too_wide(headings)
    below = grid[at + 1 :]
    columns = [[cell_text(row[i]) for row in below] for i in range(len(headings))]
    problems = [Problem(18, {"row": at + 1})] if at else []
    if extent.valueless:
        problems.append(Problem(21, {"count": extent.valueless}))
    if len(grid) >= LAST_ROW:
        problems.append(Problem(22, {}))
    return Sheet(headings, text_frame(columns), np.arange(at + 2, at + 2 + len(below)), name, problems)


def _sheet_name(book: python_calamine.CalamineWorkbook, table: Table) -> str:
    names = [
        sheet.name for sheet in book.sheets_metadata if sheet.typ == python_calamine.SheetTypeEnum.WorkSheet
    ]
    if not names:
        raise Refused(3)
    named = [name for name in names if heading_key(name) == table.name]
    return named[0] if named else names[0]


def _measure(data: bytes) -> dict[str, _Extent]:
    """Unpack every part in pieces, keeping none, and return each sheet's extent.

    Sizes stated inside a zip file may lie, so they are measured. A few cells at the far corners of a sheet
    make the rectangle that a reader lays out enormous, so corners are looked for too.
    """
    extents: dict[str, _Extent] = {}
    total = 0
    try:
        with zipfile.ZipFile(io.BytesIO(data)) as book:
            parts = book.infolist()
            if len(parts) > MAX_PARTS:
                raise Refused(10, size=f"has {len(parts):,} parts", limit=f"{MAX_PARTS:,} parts")
            for part in parts:
                if part.flag_bits & 1:
                    raise Refused(7, problem="it has a password", how=_HOW)
                part.file_size = MAX_UNPACKED + 2 * _CHUNK  # read to the true end, not to the stated one
                extent = _Extent()
                with book.open(part) as stream:
                    total = _look_through(stream, extent, total)
                extents[posixpath.normpath(part.filename)] = extent
    except (zipfile.BadZipFile, zlib.error, EOFError, NotImplementedError, RuntimeError) as error:
        raise Refused(7, problem="it is not a whole XLSX workbook", how=_HOW) from error
    return extents


def _look_through(stream: IO[bytes], extent: _Extent, total: int) -> int:
    """Read one part to its end, adding what it shows to `extent`; return the bytes unpacked so far."""
    waiting = b""
    while chunk := stream.read(_CHUNK):
        total += len(chunk)
        if total > MAX_UNPACKED:
            raise Refused(10, size="unpacks to more", limit=f"{MAX_UNPACKED // 10**9} GB")
        waiting += chunk
        if b"<!DOCTYPE" in waiting:
            raise Refused(7, problem="it holds a document type, as no workbook does", how=_HOW)
        cut = waiting.rfind(b"<c ")  # the last cell may be cut in two: it waits for the next piece
        if cut < 0 or len(waiting) - cut > _CHUNK:
            cut = max(len(waiting) - _OVERLAP, 0)
        _look(waiting[:cut], extent)
        waiting = waiting[cut:]
    _look(waiting, extent)
    return total


def _look(piece: bytes, extent: _Extent) -> None:
    cells = set(_CELL.findall(piece))
    if cells:
        extent.rows = max(extent.rows, max(int(row) for _, row in cells))
        extent.columns = max(extent.columns, max(_column_number(name) for name, _ in cells))
    extent.valueless += len(_ERROR.findall(piece)) + len(_FORMULA_ONLY.findall(piece))


def _column_number(letters: bytes) -> int:
    number = 0
    for letter in letters:
        number = number * 26 + letter - 64
    return number


def _part_of(data: bytes, sheet: str) -> str:
    """The part of the workbook that holds a sheet, by the workbook's own list."""
    with zipfile.ZipFile(io.BytesIO(data)) as book:
        # No document type can be in these parts (see _measure), so no entity can swell them.
        workbook = ET.fromstring(book.read("xl/workbook.xml"))  # noqa: S314
        links = ET.fromstring(book.read("xl/_rels/workbook.xml.rels"))  # noqa: S314
    relation = ""
    for element in workbook.iter():
        if element.tag.endswith("}sheet") and element.get("name") == sheet:
            relation = next((v for k, v in element.attrib.items() if k.endswith("}id")), "")
    target = next((link.get("Target", "") for link in links if link.get("Id") == relation), "")
    return posixpath.normpath(posixpath.join("/xl", target)).lstrip("/")
