"""The raw parts of a workbook: how large they truly are and what each sheet shows before it is laid out.

Sizes stated inside a zip file may lie, so every part is unpacked in pieces, none of which is kept. A few
cells at the far corners of a sheet make the rectangle that a reader lays out enormous, so corners are looked
for.
"""

from __future__ import annotations

import io
import posixpath
import re
import zipfile
import zlib
from collections.abc import Callable
from dataclasses import dataclass
from typing import IO
from xml.parsers import expat

import numpy as np

from pipelines.intake.sheet import Refused

MAX_UNPACKED = 2_000_000_000  # bytes of all parts of the workbook together
MAX_CELLS = 30_000_000  # of the rectangle that holds a sheet's cells: the reader lays all of it out
MAX_PARTS = 2_000
MAX_TEXT = 1 << 24  # bytes of one cell
MAX_INDEX = 1 << 25  # bytes of the workbook's own list of sheets

HOW = "Open it in Excel and save it again as .xlsx, without a password."

_CHUNK = 1 << 20
_OVERLAP = 200  # bytes kept from one piece to the next where no cell begins
_WRITERS = (zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED)  # how workbooks are packed; other ways need much memory
_ODD_REFERENCE = re.compile(rb"""\br(?:\s+=\s*["']|=\s*'|=\s+["'])\s*([A-Za-z]{1,4})([0-9]{1,10})""")
_ERROR = re.compile(rb"""<(?:\w{1,20}:)?c [^>]{0,200}\bt\s*=\s*["']e["']""")
_FORMULA_ONLY = re.compile(
    rb"(?:</(?:\w{1,20}:)?f>|<(?:\w{1,20}:)?f(?: [^>]{0,2000})?/>)\s{0,9}"
    rb"(?:<(?:\w{1,20}:)?v\s{0,9}/>|<v>\s{0,9}</v>)?\s{0,9}</(?:\w{1,20}:)?c>"
)
_HIDDEN = re.compile(rb"""<(?:\w{1,20}:)?row [^>]{0,400}\bhidden\s*=\s*["'](?:1|true)["']""")
_TOO_LONG_A_NUMBER = re.compile(rb"<v>-?(?:[0-9]{16}|[1-9](?:\.[0-9]{1,17})?[eE]\+?(?:1[5-9]|[2-9][0-9]))")


@dataclass
class Extent:
    """What the raw part of a sheet shows: the corner of its cells, their number, and what is odd in them."""

    rows: int = 0
    columns: int = 0
    cells: int = 0
    valueless: int = 0
    hidden: int = 0
    too_long: int = 0
    merged: bool = False

    @property
    def is_too_large(self) -> bool:
        return self.rows * self.columns > MAX_CELLS or self.cells > MAX_CELLS

    def refuse_if_too_large(self) -> None:
        """Raise Refused where the sheet cannot be laid out safely."""
        if self.is_too_large:
            size = max(self.rows * self.columns, self.cells)
            raise Refused(10, size=f"spans {size:,} cells or more", limit=f"{MAX_CELLS:,} cells")


def measure(data: bytes) -> dict[str, Extent]:
    """Look through a workbook; the extent of each sheet that is there, by its name. Raises Refused."""
    _refuse_too_many_parts(data)
    try:
        with zipfile.ZipFile(io.BytesIO(data)) as book:
            parts = book.infolist()
            if len(parts) != len({_plain(part.filename) for part in parts}):
                raise Refused(7, problem="it holds two parts of one name", how=HOW)
            if sum(part.file_size for part in parts) > MAX_UNPACKED:
                _refuse_unpacking()
            for part in parts:
                if part.flag_bits & 1:
                    raise Refused(7, problem="it has a password", how=HOW)
                if part.compress_type not in _WRITERS:
                    raise Refused(7, problem="it is packed as no workbook is", how=HOW)
                part.file_size = MAX_UNPACKED + 2 * _CHUNK  # read to the true end, not to the stated one
            sheets = _sheets(book)
            of_parts: dict[str, Extent] = {}
            total = 0
            for part in parts:
                with book.open(part) as stream:
                    path = _plain(part.filename)
                    of_parts[path], total = _look_through(stream, path, set(sheets.values()), total)
    except (
        zipfile.BadZipFile,
        zlib.error,
        EOFError,
        NotImplementedError,
        RuntimeError,
        KeyError,
        OSError,
        ValueError,
        OverflowError,
        expat.ExpatError,
    ) as error:
        raise Refused(7, problem="it is not a whole XLSX workbook", how=HOW) from error
    return {name: of_parts[path] for name, path in sheets.items() if path in of_parts}


def _plain(path: str) -> str:
    """A part's name as readers compare it: they take either slash, and letters of either case."""
    return posixpath.normpath(path.replace("\\", "/")).casefold()


def _refuse_unpacking() -> None:
    raise Refused(10, size="unpacks to more", limit=f"{MAX_UNPACKED // 10**9} GB")


def _refuse_too_many_parts(data: bytes) -> None:
    """Count before the list is read: the list of millions of parts would itself fill the memory."""
    count = data.count(b"PK\x01\x02")
    if count > MAX_PARTS:
        raise Refused(10, size=f"has {count:,} parts", limit=f"{MAX_PARTS:,} parts")


# ----------------------------------------------------------------------------------------- the list of sheets


def _sheets(book: zipfile.ZipFile) -> dict[str, str]:
    """Each sheet's name and the part that holds it, by the workbook's own list."""
    relations: dict[str, str] = {}
    links: dict[str, str] = {}

    def sheet(tag: str, attributes: dict[str, str]) -> None:
        if tag.rpartition(":")[2] == "sheet":
            relation = next((v for k, v in attributes.items() if k.rpartition(":")[2] == "id"), "")
            if relations.setdefault(attributes.get("name", ""), relation) != relation:
                raise Refused(7, problem="two of its sheets have one name", how=HOW)

    def link(tag: str, attributes: dict[str, str]) -> None:
        if tag.rpartition(":")[2] == "Relationship":
            links[attributes.get("Id", "")] = attributes.get("Target", "")

    _parse(book, "xl/workbook.xml", sheet)
    _parse(book, "xl/_rels/workbook.xml.rels", link)
    return {
        name: _plain(posixpath.join("/xl", links.get(relation, "").replace("\\", "/"))).lstrip("/")
        for name, relation in relations.items()
    }


def _parse(book: zipfile.ZipFile, part: str, seen: Callable[[str, dict[str, str]], None]) -> None:
    """Report each element of a part; no tree is built, so its depth does not matter."""
    with book.open(part) as stream:
        content = stream.read(MAX_INDEX + 1)
    if len(content) > MAX_INDEX:
        raise Refused(10, size="lists its sheets at more length", limit=f"{MAX_INDEX >> 20} MB")
    parser = expat.ParserCreate()
    parser.StartDoctypeDeclHandler = _refuse_document_type
    parser.StartElementHandler = seen
    parser.Parse(content, True)


def _refuse_document_type(*_: object) -> None:
    raise Refused(7, problem="it holds a document type, as no workbook does", how=HOW)


# ------------------------------------------------------------------------------------------ looking at a part


def _look_through(stream: IO[bytes], path: str, sheets: set[str], total: int) -> tuple[Extent, int]:
    """Read one part to its end; return what it shows and the bytes unpacked so far."""
    extent = Extent()
    is_sheet = path in sheets
    is_xml = is_sheet or path.endswith((".xml", ".rels"))
    is_strings = posixpath.basename(path) == "sharedstrings.xml"
    waiting = b""
    unbroken = 0  # bytes since an element ended: a text as long as that is no cell's
    while chunk := stream.read(_CHUNK):
        total += len(chunk)
        if total > MAX_UNPACKED:
            _refuse_unpacking()
        if not is_xml:
            continue
        end = chunk.rfind(b">")
        unbroken = unbroken + len(chunk) if end < 0 else len(chunk) - end
        if unbroken > MAX_TEXT:
            raise Refused(7, problem="a cell is longer than 16 MB", how="Remove or shorten the cell.")
        waiting += chunk
        if b"<!DOCTYPE" in waiting:
            _refuse_document_type()
        if is_strings:
            extent.cells += chunk.count(b"<si")
            extent.refuse_if_too_large()
        if not is_sheet:
            waiting = waiting[-_OVERLAP:]
            continue
        cut = waiting.rfind(b"<c ")  # the last cell may be cut in two: it waits for the next piece
        if cut < 0 or len(waiting) - cut > _CHUNK:
            cut = max(len(waiting) - _OVERLAP, 0)
        _look(waiting[:cut], extent)
        waiting = waiting[cut:]
    if is_sheet:
        _look(waiting, extent)
    return extent, total


def _look(piece: bytes, extent: Extent) -> None:
    extent.merged |= b"mergeCell " in piece
    if extent.is_too_large or not piece:
        return
    rows, columns, references = _corner(piece)
    for letters, digits in _ODD_REFERENCE.findall(piece) if b"r='" in piece or b"r =" in piece else ():
        rows, columns = max(rows, int(digits)), max(columns, _column_number(letters))
        references += 1
    extent.rows, extent.columns = max(extent.rows, rows), max(extent.columns, columns)
    extent.cells += max(references, piece.count(b"<c ")) + piece.count(b"<c>")
    if b'"e"' in piece or b"'e'" in piece:
        extent.valueless += len(_ERROR.findall(piece))
    if b"f>" in piece or b"<f" in piece or b":f" in piece:
        extent.valueless += len(_FORMULA_ONLY.findall(piece))
    if b"hidden" in piece:
        extent.hidden += len(_HIDDEN.findall(piece))
    extent.too_long += len(_TOO_LONG_A_NUMBER.findall(piece))


def _corner(piece: bytes) -> tuple[int, int, int]:
    """The greatest row and column of the cells' references (r="B7"), and how many there are."""
    these = np.frombuffer(b" " + piece + bytes(16), dtype=np.uint8)
    found = (these[1:-2] == ord("r")) & (these[2:-1] == ord("=")) & (these[3:] == ord('"'))
    at = np.flatnonzero(found & (these[:-3] <= ord(" "))) + 4
    column, row = np.zeros(len(at), dtype=np.int64), np.zeros(len(at), dtype=np.int64)
    in_letters, in_digits = np.ones(len(at), dtype=bool), np.ones(len(at), dtype=bool)
    place = at.copy()
    for _ in range(4):
        letter = these[np.minimum(place, len(these) - 1)] & 0xDF
        in_letters &= (letter >= ord("A")) & (letter <= ord("Z"))
        column = np.where(in_letters, column * 26 + letter - 64, column)
        place += in_letters
    for _ in range(10):
        digit = these[np.minimum(place, len(these) - 1)]
        in_digits &= (digit >= ord("0")) & (digit <= ord("9"))
        row = np.where(in_digits, row * 10 + digit - 48, row)
        place += in_digits
    whole = (column > 0) & (row > 0)
    if not whole.any():
        return 0, 0, 0
    return int(row[whole].max()), int(column[whole].max()), int(whole.sum())


def _column_number(letters: bytes) -> int:
    number = 0
    for letter in letters.upper():
        number = number * 26 + letter - 64
    return number
