"""Reading CSV: every cell as text, nothing guessed, a broken row named and not guessed at."""

from __future__ import annotations

import csv
import io
import re
from contextlib import suppress
from dataclasses import dataclass, replace
from itertools import islice
from typing import Any

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.csv

from pipelines.intake.encodings import to_utf8
from pipelines.intake.sheet import (
    AS_FOUND,
    FULL_SHEETS,
    Form,
    Problem,
    Refused,
    Sheet,
    find_headings,
    heading_key,
    known_headings,
    refuse_too_wide,
    rows_to_look_at,
    text_frame,
    without_repeated_headings,
)
from schemas.tables import Table

MAX_CELLS = 200_000_000  # blank ones included: a file of nothing but line ends would fill the memory
MAX_RAGGED = 10_000  # rows of another length than the headings, beyond which the file is at fault
MOST_OF_AT_LEAST = 20  # rows: of fewer, any number may be of another length

_SAMPLE = 1 << 20  # bytes in which the headings are looked for
_BLOCK = 1 << 24  # no cell may be longer
_SEPARATORS = {",": "commas", ";": "semicolons", "\t": "tabs", "|": "vertical bars"}
_STATED = re.compile(r"sep=(.)[\r\n]", re.IGNORECASE)  # Excel's own line above the headings
_PLAIN = 3  # separators in a line of a comment that are more than chance
_TOO_LONG = "a cell is longer than 16 MB"
_LONG_LINE = "its first line is longer than 1 MB"
_CLOSE_IT = "Look for a quotation mark that is not closed."


@dataclass(frozen=True)
class _Top:
    """Where the headings stand: their row (from 1) and the byte at which the next row begins.

    `above`: the rows above them.
    """

    headings: list[str]
    row: int
    offset: int
    delimiter: str
    above: list[list[str]]


@dataclass(frozen=True)
class _Ragged:
    """A row of another length than the headings, by its number below them (from 1)."""

    number: int
    cells: int
    text: str


def read_csv(data: bytes, table: Table, form: Form = AS_FOUND) -> Sheet:
    """Read a CSV file's bytes as a sheet of text; raises Refused where it is refused as a whole."""
    if not data[:_SAMPLE].strip() and not data.strip():
        raise Refused(3)
    start = data[:_SAMPLE]
    if len(data) > _SAMPLE and b"\n" not in start and b"\r" not in start:
        raise Refused(7, problem=_LONG_LINE, how="Export the table again.")
    data, encoding = to_utf8(data, form.encoding)
    _refuse_other_line_ends(data)
    problems = [Problem(16, {"encoding": encoding})] if encoding and not form.encoding else []
    top = _top(data, table, form)
    if top.delimiter != "," and not form.delimiter:
        problems.append(Problem(24, {"separator": _named(top.delimiter)}))
    refuse_too_wide(top.headings)
    data, lines = _bounded(data, top)
    found = _cells_of_single_lines(data, lines, top)
    cells, numbers, ragged = found or _cells(data, top)
    if len(ragged) > MAX_RAGGED:
        top = _widened(top, ragged)
        cells, numbers, ragged = _cells(data, top)
        if len(ragged) > MAX_RAGGED:
            raise _do_not_fit(ragged, f"more than {MAX_RAGGED:,}", top)
    rows = numbers + top.row
    cells, rows, more = _mend(cells, rows, ragged, top, form.record or heading_key(table.record_name))
    if not found:
        _refuse_swallowed_rows(data, cells, rows, top, table)
    if top.row > 1 and form.header_row is None:
        problems.append(Problem(18, {"row": top.row}))
    problems += more
    if not data.endswith((b"\n", b"\r")):
        problems.append(Problem(27, {}))
    if b"\x00" in data:
        problems.append(Problem(28, {"count": data.count(b"\x00")}))
    if len(rows) and int(rows[-1]) in FULL_SHEETS:
        problems.append(Problem(22, {"rows": f"{rows[-1]:,}"}))
    return without_repeated_headings(Sheet(top.headings, cells, rows, problems=problems, above=top.above))


def _refuse_other_line_ends(data: bytes) -> None:
    """Raise Refused where lines end in signs that only some programs take for line ends."""
    if b"\n" in data or b"\r" in data:
        return
    if any(mark.encode() in data for mark in ("\x85", "\u2028", "\u2029", "\x1e")):
        how = "Export the table again, with the line ends of Windows or Unix."
        raise Refused(7, problem="its lines end in a sign that is no line end (NEL, LS, PS or RS)", how=how)


def _named(delimiter: str) -> str:
    return _SEPARATORS.get(delimiter, f"“{delimiter}”")


# ----------------------------------------------------------------------------- the headings and the separator


def _top(data: bytes, table: Table, form: Form) -> _Top:
    """Find the headings and what separates cells; raises Refused where there are none, or two answers."""
    sample = data[:_SAMPLE].decode("utf-8", errors="ignore")
    lines = list(io.StringIO(sample, newline=""))
    if len(data) > _SAMPLE:
        lines.pop()  # cut off in the middle
        if not lines:
            raise Refused(7, problem=_LONG_LINE, how="Export the table again.")
    stated = _STATED.match(sample)
    given = form.delimiter or (stated[1] if stated else "")
    if given:
        return _split(lines, given, table, form)
    tops = []
    for delimiter in _SEPARATORS:
        try:
            tops.append(_split(lines, delimiter, table, form))
        except Refused as refused:
            if delimiter == ",":
                by_comma = refused
    if not tops:
        raise by_comma
    top = _best(tops, table, form)
    if top.delimiter != ",":
        _refuse_unless_the_rows_agree(lines, top)
    return top


def _split(lines: list[str], delimiter: str, table: Table, form: Form) -> _Top:
    """The headings, where cells are separated by `delimiter`."""
    rows: list[list[str]] = []
    ends: list[int] = []
    reader = csv.reader(lines, delimiter=delimiter)
    try:
        for cells in islice(reader, rows_to_look_at(form)):
            rows.append(cells)
            ends.append(reader.line_num)
    except csv.Error:  # a cell of more than 128 kB: the headings stand above it or nowhere
        if not rows:
            raise Refused(7, problem="its first cell is too long for a heading", how=_CLOSE_IT) from None
    at = find_headings(rows, table, form)
    return _Top(rows[at], at + 1, len("".join(lines[: ends[at]]).encode()), delimiter, rows[:at])


def _best(tops: list[_Top], table: Table, form: Form) -> _Top:
    """The one separator by which the headings are those of the table; commas where none is."""

    def cells_of(top: _Top) -> int:
        return sum(bool(cell.strip()) for cell in top.headings)

    whole = [top for top in tops if form.fits(top.headings, table)]
    if not whole:  # a column is missing, then, or has another name
        known = {top.delimiter: known_headings(top.headings, table, form) for top in tops}
        most = max(known.values())
        whole = [top for top in tops if known[top.delimiter] == most > 1]
    if not whole:
        whole = [top for top in tops if cells_of(top) > 1]
    first = (whole or tops)[0]
    if first.delimiter == "," or len(whole) < 2:
        return first
    raise Refused(9, separators=" or ".join(_named(top.delimiter) for top in whole))


def _refuse_unless_the_rows_agree(lines: list[str], top: _Top) -> None:
    """Raise Refused where the rows below the headings are separated by something else than they are."""
    below = "".join(lines).encode()[top.offset :].decode(errors="ignore")
    rows: list[list[str]] = []
    with suppress(csv.Error):
        rows += islice(csv.reader(io.StringIO(below, newline=""), delimiter=top.delimiter), 20)
    filled = [row for row in rows if "".join(row).strip(" ,;\t|")]
    whole = [row for row in filled if len(row) == 1]
    if len(top.headings) > 1 and 2 * len(whole) > len(filled):
        others = [_named(d) for d in _SEPARATORS if d != top.delimiter and any(d in row[0] for row in whole)]
        raise Refused(9, separators=" or ".join([_named(top.delimiter), *(others or ["something else"])]))


# ------------------------------------------------------------------------------------------------- the cells


def _bounded(data: bytes, top: _Top) -> tuple[bytes, int]:
    """The file without line ends at its end, if there are too many, and how many lines it has.

    Raises Refused for too many cells.
    """
    columns = len(top.headings)
    lines = _lines(data)
    if lines * columns <= MAX_CELLS:
        return data, lines
    data = data.rstrip(b"\r\n") + b"\n"
    lines = _lines(data)
    if lines <= MAX_CELLS:
        blank = 2 * (data.count(b"\n\n") + data.count(b"\r\r") + data.count(b"\r\n\r\n"))
        if min(lines * columns, data.count(top.delimiter.encode()) + lines + blank * columns) <= MAX_CELLS:
            return data, lines
    limit = f"{MAX_CELLS:,} cells"
    raise Refused(10, size=f"has more cells, blank ones included, in {lines:,} lines", limit=limit)


def _lines(data: bytes) -> int:
    these = np.frombuffer(data, dtype=np.uint8)
    blocks = [these[at : at + _SAMPLE] for at in range(0, len(these), _SAMPLE)]  # each fits the cache
    return sum(int(np.count_nonzero(block == ord("\n"))) for block in blocks) or data.count(b"\r")


def _cells_of_single_lines(
    data: bytes, lines: int, top: _Top
) -> tuple[pd.DataFrame, np.ndarray, list[_Ragged]] | None:
    """What `_cells` returns, in half its time, where every line is a row and all are of the same length.

    Else None. The file is cut at line ends without heed of quotation marks: that is the same only where there
    are as many rows as lines, one kind of line end, none inside a cell, and no quotation mark left open in
    the last line.
    """
    end = len(data)
    while end > top.offset and data[end - 1] in b"\r\n":
        end -= 1
    text = memoryview(data)[top.offset : end]
    last = data[data.rfind(b"\n", top.offset, end) + 1 : end]
    if not len(text) or _is_left_open(last, top.delimiter):
        return None
    if b"\r" in data and data.count(b"\r") != data.count(b"\r\n"):
        return None
    try:
        read = _read(pa.py_buffer(text), top, lambda row: "error", at_once=True)
    except pa.ArrowInvalid:
        return None
    if read.num_rows != lines - _lines(data[: top.offset]) - _lines(data[end:]) + 1:
        return None
    if b'"' in data and any(_has_a_line_end(chunk) for column in read.columns for chunk in column.chunks):
        return None
    return _frame(read), np.arange(1, read.num_rows + 1), []


def _is_left_open(line: bytes, delimiter: str) -> bool:
    try:
        list(csv.reader([line.decode()], delimiter=delimiter, strict=True))
    except csv.Error:
        return True
    return False


def _has_a_line_end(cells: pa.Array) -> bool:
    data = cells.buffers()[2]
    return data is not None and bool((np.frombuffer(data, dtype=np.uint8) == ord("\n")).any())


def _read(data: Any, top: _Top, of_other_length: Any, *, at_once: bool) -> pa.Table:
    """All cells as text. `at_once`: on all processors, where no cell has a line end in it."""
    names = [str(i) for i in range(len(top.headings))]
    return pyarrow.csv.read_csv(
        pa.BufferReader(data),
        # On one only are rows of another length numbered.
        read_options=pyarrow.csv.ReadOptions(column_names=names, use_threads=at_once, block_size=_BLOCK),
        parse_options=pyarrow.csv.ParseOptions(
            delimiter=top.delimiter,
            newlines_in_values=not at_once,
            ignore_empty_lines=False,
            invalid_row_handler=of_other_length,
        ),
        convert_options=pyarrow.csv.ConvertOptions(
            column_types=dict.fromkeys(names, pa.large_string()), strings_can_be_null=False
        ),
    )


def _frame(read: pa.Table) -> pd.DataFrame:
    kind = pd.StringDtype(na_value=np.nan)
    columns = (pd.arrays.ArrowStringArray(column, dtype=kind) for column in read.columns)
    return pd.DataFrame(dict(enumerate(columns)))


def _cells(data: bytes, top: _Top) -> tuple[pd.DataFrame, np.ndarray, list[_Ragged]]:
    """Return the cells, each row's number below the headings (from 1), and the rows of another length.

    Where there are too many of those it stops, and returns no cells.
    """
    headings = top.headings
    ragged: list[_Ragged] = []

    def keep_aside(row: Any) -> str:
        ragged.append(_Ragged(row.number, row.actual_columns, row.text))
        return "skip" if len(ragged) <= MAX_RAGGED else "error"

    nothing = text_frame([[] for _ in headings]), np.array([], int)
    if not data[top.offset : top.offset + _SAMPLE].strip(b"\r\n") and not data[top.offset :].strip(b"\r\n"):
        return *nothing, []
    try:
        read = _read(pa.py_buffer(data).slice(top.offset), top, keep_aside, at_once=False)
    except pa.ArrowInvalid as error:
        if len(ragged) > MAX_RAGGED:
            return *nothing, ragged
        problem = _TOO_LONG if "straddling" in str(error) else "it is not well-formed CSV"
        raise Refused(7, problem=problem, how=_CLOSE_IT) from error
    cells = _frame(read)
    numbers = np.arange(1, len(cells) + len(ragged) + 1)
    if ragged:
        numbers = np.delete(numbers, [row.number - 1 for row in ragged])
    return cells, numbers, ragged


def _widened(top: _Top, ragged: list[_Ragged]) -> _Top:
    """The headings with blank ones added, where the rows are longer by blank cells only; else raises Refused.

    Some exports end every row, but not the headings, with a separator.
    """
    width = max(row.cells for row in ragged)
    refuse_too_wide([""] * width)
    for row in ragged:
        values = _values(row.text, top.delimiter, row.number + top.row)
        if any(value.strip() for value in values[len(top.headings) :]) or len(values) < len(top.headings):
            raise _do_not_fit(ragged, f"more than {MAX_RAGGED:,}", top)
    return replace(top, headings=top.headings + [""] * (width - len(top.headings)))


def _do_not_fit(ragged: list[_Ragged], count: str, top: _Top) -> Refused:
    first = ragged[0]
    return Refused(
        25, count=count, row=first.number + top.row, actual=first.cells, expected=len(top.headings)
    )


def _mend(
    cells: pd.DataFrame, rows: np.ndarray, ragged: list[_Ragged], top: _Top, record: str
) -> tuple[pd.DataFrame, np.ndarray, list[Problem]]:
    """Take back the rows that only have blank cells too many; report the others of another length."""
    expected = len(top.headings)
    mended: list[list[str]] = []
    mended_rows: list[int] = []
    problems: list[Problem] = []
    misfits: list[_Ragged] = []
    keys = [heading_key(heading) for heading in top.headings]
    record_at = keys.index(record) if record in keys else len(keys)
    for row in ragged:
        number = row.number + top.row
        values = _values(row.text, top.delimiter, number)
        if not any(value.strip() for value in values):
            continue
        if len(values) > expected and not any(value.strip() for value in values[expected:]):
            mended.append(values[:expected])
            mended_rows.append(number)
            continue
        few = min(_PLAIN, max(expected - 1, 1))
        if any(line.count(top.delimiter) >= few for value in values for line in value.splitlines()[1:]):
            raise Refused(11, row=number)  # two rows in one, most likely, and only one would be reported
        misfits.append(row)
        facts = {"actual": row.cells, "expected": expected}
        record_id = values[record_at] if record_at < len(values) else ""
        problems.append(Problem(14, facts, number, _shown(record_id)))
    total = len(cells) + len(mended) + len(misfits)
    if len(misfits) > MOST_OF_AT_LEAST and 2 * len(misfits) > total:
        raise _do_not_fit(misfits, f"{len(misfits):,} of {total:,}", top)
    if mended:
        extra = pd.DataFrame(mended, dtype="str")
        rows = np.concatenate([rows, mended_rows])
        order = np.argsort(rows, kind="stable")
        cells = pd.concat([cells, extra], ignore_index=True).iloc[order].reset_index(drop=True)
        rows = rows[order]
    return cells, rows, problems


def _shown(record_id: str) -> str:
    """What names a record, as a finding may show it: whatever slipped into the column must not be shown."""
    plain = " ".join(record_id.split())
    return plain if len(plain) <= 60 and plain.isprintable() and "@" not in plain else ""


def _values(text: str, delimiter: str, number: int) -> list[str]:
    """The cells of a row of another length; raises Refused where a quotation mark took in further rows."""
    try:
        return next(csv.reader(io.StringIO(text, newline=""), delimiter=delimiter, strict=True), [])
    except csv.Error as error:
        # An inch mark and the like are harmless on one line, and no cell is as long as the limit.
        if re.search("[\r\n]", text) or "end of data" in str(error) or "field limit" in str(error):
            raise Refused(11, row=number) from error
    return text.split(delimiter)


def _refuse_swallowed_rows(
    data: bytes, cells: pd.DataFrame, rows: np.ndarray, top: _Top, table: Table
) -> None:
    """Raise Refused where a quotation mark that was never closed took in the rows after it.

    A line end belongs in free text only; and there no line has as many separators as a whole row, nor is one
    the beginning of a row.
    """
    structured = {heading_key(c.name) for c in table.columns if not c.free_text}
    separator = re.escape(top.delimiter)
    whole_row = re.compile(f"(?:[^{separator}\n\r]*{separator}){{{max(len(top.headings) - 1, 2)}}}")
    for position, heading in enumerate(top.headings):
        column = pa.array(cells[position])
        broken = np.flatnonzero(pc.match_substring_regex(column, "[\n\r]").to_numpy(zero_copy_only=False))
        if not len(broken):
            continue
        if heading_key(heading) in structured:
            # Line ends round a value are only space.
            broken = [at for at in broken if re.search("[\n\r]", cells[position].iloc[at].strip())]
            if broken:
                raise Refused(11, row=int(rows[broken[0]]))
            continue
        begun: dict[bytes, int] = {}
        for at in broken:
            _, *lines = re.split("[\n\r]+", cells[position].iloc[at])
            if any(whole_row.match(line) for line in lines):
                raise Refused(11, row=int(rows[at]))
            before = lines[-1].split(top.delimiter, position)[:-1]
            if len(before) == position and (position >= _PLAIN or lines[-1].endswith('"')):
                begun["".join(f"{cell}{top.delimiter}" for cell in before).encode()] = int(rows[at])
        _refuse_rows_begun_in_a_cell(data, position, begun, top)


def _refuse_rows_begun_in_a_cell(data: bytes, position: int, begun: dict[bytes, int], top: _Top) -> None:
    """Raise Refused where a line of the file begins as one of the cells ends, and then opens a quotation.

    So it is when the mark that closed the cell was meant to open the next row's: two rows became one.
    """
    if not begun:
        return
    separator = re.escape(top.delimiter.encode())
    # In a comment too a mark may follow a separator, there doubled; hardly after several of them in a line.
    opens = b'"' if position >= _PLAIN else b'"(?:[^"]|""[^"])'
    starts = re.compile(b'[\r\n]((?:[^%b"\r\n]*%b){%d})%b' % (separator, separator, position, opens))
    for start in starts.finditer(data, top.offset):
        if start[1] in begun:
            raise Refused(11, row=begun[start[1]])
