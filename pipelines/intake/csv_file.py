"""Reading CSV: every cell as text, nothing guessed, a broken row named and not guessed at."""

from __future__ import annotations

import codecs
import csv
import io
import re
from typing import Any

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.csv

from pipelines.intake.sheet import Problem, Refused, Sheet, find_headings, heading_key, refuse_too_wide
from schemas.tables import Table

_SAMPLE = 1 << 20  # bytes in which the headings are looked for
_BLOCK = 1 << 24  # no cell may be longer
_SEPARATORS = {";": "semicolons", "\t": "tabs", "|": "vertical bars"}
_WORD = "tsm-cp1252"


def _one_byte_as_cp1252(error: UnicodeError) -> tuple[str, int]:
    """Read the bytes that are not UTF-8, and only those, as Windows wrote them.

    A file joined from two systems may hold both; decoding all of it as cp1252 would garble the good half.
    """
    if not isinstance(error, UnicodeDecodeError):
        raise error
    wrong = error.object[error.start : error.end]
    return wrong.decode("cp1252", errors="replace"), error.end


codecs.register_error(_WORD, _one_byte_as_cp1252)


def to_utf8(data: bytes) -> tuple[bytes, str]:
    """Return the file in UTF-8 without its byte order mark, and its encoding where that was not UTF-8."""
    for mark, encoding in (
        (codecs.BOM_UTF32_LE, "UTF-32"),
        (codecs.BOM_UTF32_BE, "UTF-32"),
        (codecs.BOM_UTF16_LE, "UTF-16"),
        (codecs.BOM_UTF16_BE, "UTF-16"),
    ):
        if data.startswith(mark):
            return data.decode(encoding, errors="replace").encode(), encoding
    if data.startswith(codecs.BOM_UTF8):
        data = data[len(codecs.BOM_UTF8) :]
    head = data[:1000]
    for offset, encoding in ((1, "UTF-16-LE"), (0, "UTF-16-BE")):
        # Plain text in UTF-16 has a zero in every second byte.
        if len(head) >= 8 and head[offset::2].count(0) > 0.9 * len(head[offset::2]):
            return data.decode(encoding, errors="replace").encode(), "UTF-16"
    try:
        data.decode("utf-8")
    except UnicodeDecodeError:
        return data.decode("utf-8", errors=_WORD).encode(), "Windows-1252"
    return data, ""


def read_csv(data: bytes, table: Table) -> Sheet:
    """Read a CSV file's bytes as a sheet of text; raises Refused where it is refused as a whole."""
    if not data.strip():
        raise Refused(3)
    data, encoding = to_utf8(data)
    problems = [Problem(16, {"encoding": encoding})] if encoding else []
    headings, row, offset = _headings(data, table)
    refuse_too_wide(headings)
    cells, numbers, ragged = _cells(data, offset, headings)
    rows = numbers + row
    cells, rows, more = _mend(cells, rows, ragged, headings, row, table)
    _refuse_swallowed_rows(cells, rows, headings, table)
    if row > 1:
        problems.append(Problem(18, {"row": row}))
    return Sheet(headings, cells, rows, problems=[*problems, *more])


def _headings(data: bytes, table: Table) -> tuple[list[str], int, int]:
    """Return the headings, their row (from 1) and the byte at which the next row begins."""
    sample = data[:_SAMPLE].decode("utf-8", errors="ignore")
    lines = list(io.StringIO(sample, newline=""))
    if len(data) > _SAMPLE and len(lines) > 1:
        lines.pop()  # cut off in the middle
    rows: list[list[str]] = []
    ends: list[int] = []
    reader = csv.reader(lines)
    try:
        for cells in reader:
            rows.append(cells)
            ends.append(reader.line_num)
            if len(rows) == 20:
                break
    except csv.Error as error:
        raise Refused(
            7, problem=f"its first rows are not CSV ({error})", how="Export the table again."
        ) from error
    at = find_headings(rows, table)
    if len([cell for cell in rows[at] if cell.strip()]) == 1:
        _refuse_wrong_separator("".join(rows[at]))
    offset = len("".join(lines[: ends[at]]).encode())
    return rows[at], at + 1, offset


def _refuse_wrong_separator(line: str) -> None:
    separator = max(_SEPARATORS, key=line.count)
    if separator in line:
        raise Refused(9, separator=_SEPARATORS[separator])


def _cells(data: bytes, offset: int, headings: list[str]) -> tuple[pd.DataFrame, np.ndarray, list[Any]]:
    """Return the cells, each row's number below the headings (from 1), and the rows of another length."""
    names = [str(i) for i in range(len(headings))]
    ragged: list[Any] = []

    def keep_aside(row: Any) -> str:
        ragged.append(row)
        return "skip"

    if not data[offset:].strip(b"\r\n"):
        return (
            pd.DataFrame({i: pd.Series([], dtype="str") for i in range(len(headings))}),
            np.array([], int),
            [],
        )
    try:
        read = pyarrow.csv.read_csv(
            pa.BufferReader(pa.py_buffer(data).slice(offset)),
            # One thread: only then are rows of another length numbered.
            read_options=pyarrow.csv.ReadOptions(column_names=names, use_threads=False, block_size=_BLOCK),
            parse_options=pyarrow.csv.ParseOptions(
                newlines_in_values=True, ignore_empty_lines=False, invalid_row_handler=keep_aside
            ),
            convert_options=pyarrow.csv.ConvertOptions(
                column_types=dict.fromkeys(names, pa.string()), strings_can_be_null=False
            ),
        )
    except pa.ArrowInvalid as error:
        problem = "a cell is longer than 16 MB" if "straddling" in str(error) else "it is not well-formed CSV"
        raise Refused(7, problem=problem, how="Look for a quotation mark that is not closed.") from error
    cells = read.to_pandas()
    cells.columns = range(len(headings))
    numbers = np.arange(1, len(cells) + len(ragged) + 1)
    if ragged:
        numbers = np.delete(numbers, [row.number - 1 for row in ragged])
    return cells.astype("str"), numbers, ragged


def _mend(
    cells: pd.DataFrame, rows: np.ndarray, ragged: list[Any], headings: list[str], top: int, table: Table
) -> tuple[pd.DataFrame, np.ndarray, list[Problem]]:
    """Take back the rows that only have blank cells too many; report the others of another length."""
    mended: list[list[str]] = []
    mended_rows: list[int] = []
    problems: list[Problem] = []
    keys = [heading_key(heading) for heading in headings]
    record = heading_key(table.record_name)
    record_at = keys.index(record) if record in keys else 0
    for row in ragged:
        number = row.number + top
        if row.text.count('"') % 2:
            raise Refused(11, row=number)
        if not row.text.strip():
            continue
        values = next(csv.reader(io.StringIO(row.text, newline="")), [])
        if len(values) > len(headings) and not any(v.strip() for v in values[len(headings) :]):
            mended.append(values[: len(headings)])
            mended_rows.append(number)
            continue
        facts = {"actual": row.actual_columns, "expected": row.expected_columns}
        record_id = values[record_at] if record_at < len(values) else ""
        problems.append(Problem(14, facts, number, record_id))
    if mended:
        extra = pd.DataFrame(mended, dtype="str")
        rows = np.concatenate([rows, mended_rows])
        order = np.argsort(rows, kind="stable")
        cells = pd.concat([cells, extra], ignore_index=True).iloc[order].reset_index(drop=True)
        rows = rows[order]
    return cells, rows, problems


def _refuse_swallowed_rows(cells: pd.DataFrame, rows: np.ndarray, headings: list[str], table: Table) -> None:
    """Raise Refused where a quotation mark that was never closed took in the rows after it.

    A line end belongs in free text only; and there no line has as many commas as a whole row.
    """
    structured = {heading_key(c.name) for c in table.columns if not c.free_text}
    whole_row = re.compile(f"(?:[^,\n\r]*,){{{max(len(headings) - 1, 2)}}}")
    for position, heading in enumerate(headings):
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
        for at in broken:
            _, *lines = re.split("[\n\r]+", cells[position].iloc[at])
            if any(whole_row.match(line) for line in lines):
                raise Refused(11, row=int(rows[at]))
