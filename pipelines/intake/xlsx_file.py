"""Reading XLSX: what a sheet shows as text, after its size has been measured and found bearable."""

from __future__ import annotations

import io
from collections.abc import Iterator
from contextlib import contextmanager
from itertools import islice
from typing import Any

import numpy as np
import pandas as pd
import pyarrow as pa
import python_calamine

from pipelines.intake.sheet import (
    AS_FOUND,
    FULL_SHEETS,
    Form,
    Problem,
    Refused,
    Sheet,
    find_headings,
    heading_key,
    much_the_same,
    refuse_too_wide,
    rows_to_look_at,
    without_repeated_headings,
)
from pipelines.intake.values import cell_text
from pipelines.intake.xlsx_parts import HOW, Extent, measure
from schemas.tables import Table

LAST_ROW = FULL_SHEETS[1]
_ROWS_AT_ONCE = 20_000


def read_xlsx(data: bytes, table: Table, form: Form = AS_FOUND) -> Sheet:
    """Read a workbook's bytes: the sheet of the table's name, else the first with its headings, else the
    first, one that is hidden only where no other is; raises Refused.
    """
    extents = measure(data)
    with _a_whole_workbook():
        book = _Book(python_calamine.load_workbook(io.BytesIO(data)), extents, table, form)
        name, problems = book.choose()
        extent = extents[name]
        extent.refuse_if_too_large()
        grid = book.sheet(name)
        top = book.top(name)
        if grid.start is None:
            raise Refused(3)
        at = find_headings(top, table, form)
        headings = top[at]
        refuse_too_wide(headings)
        cells = _cells(grid, at + 1, len(headings))
        merged = _merged(grid, at, cells) if extent.merged else []
    while headings and not headings[-1].strip() and (cells[len(headings) - 1] == "").all():
        headings.pop()
        cells = cells.drop(columns=len(headings))
    if at and form.header_row is None:
        problems.append(Problem(18, {"row": at + 1}))
    if merged:
        problems.append(Problem(34, {"count": len(merged), "row": min(merged)}))
    for number, count in ((21, extent.valueless), (30, extent.hidden), (31, extent.too_long)):
        if count:
            problems.append(Problem(number, {"count": f"{count:,}"}))
    last = at + 1 + len(cells)
    if last >= LAST_ROW:
        problems.append(Problem(22, {"rows": f"{last:,}"}))
    rows = np.arange(at + 2, last + 1)
    sheet = Sheet(headings, cells, rows, " ".join(name.split()), problems, above=top[:at])
    return without_repeated_headings(sheet)


@contextmanager
def _a_whole_workbook() -> Iterator[None]:
    """Raise Refused for whatever the reader makes of a damaged workbook."""
    try:
        yield
    except (
        python_calamine.CalamineError,
        OSError,
        ValueError,
        KeyError,
        IndexError,
        ArithmeticError,
    ) as error:
        raise Refused(7, problem="it is not a whole XLSX workbook", how=HOW) from error
    except BaseException as error:
        if type(error).__name__ != "PanicException":  # how the reader, written in Rust, gives up
            raise
        raise Refused(7, problem="it is not a whole XLSX workbook", how=HOW) from error


class _Book:
    """A workbook and which of its sheets is the table."""

    def __init__(
        self, book: python_calamine.CalamineWorkbook, extents: dict[str, Extent], table: Table, form: Form
    ) -> None:
        self._book, self._extents, self._table, self._form = book, extents, table, form
        worksheet = python_calamine.SheetTypeEnum.WorkSheet
        visible = python_calamine.SheetVisibleEnum.Visible
        # Of a sheet that was not measured nobody knows how large it would grow: it is passed over.
        sheets = [s for s in book.sheets_metadata if s.typ == worksheet and s.name in extents]
        self._hidden = {s.name for s in sheets if s.visible != visible}
        self.names = sorted((s.name for s in sheets), key=self._hidden.__contains__)  # what is shown first
        self._open: tuple[str, python_calamine.CalamineSheet] | None = None

    def sheet(self, name: str) -> python_calamine.CalamineSheet:
        """The sheet as it is laid out; only the last one asked for is kept."""
        if self._open is None or self._open[0] != name:
            self._open = None
            self._open = name, self._book.get_sheet_by_name(name)
        return self._open[1]

    def top(self, name: str) -> list[list[str]]:
        """A sheet's first rows as text; none of a sheet that is too large to lay out."""
        if self._extents[name].is_too_large:
            return []
        grid = self.sheet(name).to_python(skip_empty_area=False, nrows=rows_to_look_at(self._form))
        return [[cell_text(cell) for cell in row] for row in grid]

    def choose(self) -> tuple[str, list[Problem]]:
        """The sheet to read, and what is to be said about the choice."""
        if not self.names:
            raise Refused(3)
        if wanted := self._form.sheet:
            name = self._stated(wanted)
            others = self._others_like(name)
            return name, [Problem(29, {"sheets": _quoted(others)})] if others else []
        name, problems = self._found()
        if name in self._hidden:
            problems.append(Problem(37, {"name": _quoted([name])}))
        return name, problems

    def _found(self) -> tuple[str, list[Problem]]:
        """The sheet that no mapping names: by its name, then by its headings, then the first."""
        if len(self.names) == 1:
            return self.names[0], []
        # From the last, so that the first, most likely the one, is open when it is read.
        alike = [name for name in reversed(self.names) if self._has_the_headings(name)][::-1]
        named = [name for name in self.names if heading_key(name) == self._table.name]
        if not alike and not named:
            return self._first_filled(), []
        problems = []
        chosen = (named or alike)[0]
        if not named and chosen != self.names[0]:
            problems.append(Problem(33, {"name": _quoted([chosen])}))
        if others := [name for name in alike if name != chosen]:
            problems.append(Problem(29, {"sheets": _quoted(others)}))
        return chosen, problems

    def _stated(self, wanted: str) -> str:
        for name in self.names:
            if _is_called(name, wanted):
                return name
        raise Refused(
            7,
            problem=f"it has no sheet “{wanted}”, but {_quoted(self.names)}",
            how="Correct the sheet's name.",
        )

    def _others_like(self, name: str) -> list[str]:
        """The sheets with much the same headings as the one stated of which sources.yaml does not speak."""
        told = (name, *self._form.spoken_of)
        others = [one for one in self.names if not any(_is_called(one, named) for named in told)]
        if not others or self._extents[name].is_too_large:
            return []
        tops = {one: self.top(one) for one in others}  # first, so that the one stated is open when it is read
        top = self.top(name)
        headings = top[find_headings(top, self._table, self._form)]

        def is_like(row: list[str]) -> bool:
            return self._form.fits(row, self._table) and much_the_same(headings, row)

        return [one for one in others if any(map(is_like, tops[one]))]

    def _has_the_headings(self, name: str) -> bool:
        return any(self._form.fits(row, self._table) for row in self.top(name))

    def _first_filled(self) -> str:
        filled = (name for name in self.names if any(any(row) for row in self.top(name)))
        return next(filled, self.names[0])


def _is_called(name: str, wanted: str) -> bool:
    return name == wanted or heading_key(name) == heading_key(wanted) != ""


def _quoted(names: list[str]) -> str:
    few = ", ".join(f"“{' '.join(name.split())[:31]}”" for name in names[:5])
    return few + (f" and {len(names) - 5:,} more" if len(names) > 5 else "")


def _cells(grid: python_calamine.CalamineSheet, below: int, width: int) -> pd.DataFrame:
    """The rows from `below` (from 0) as text, laid into columns a few thousand rows at a time."""
    before = grid.start[1] if grid.start else 0  # blank columns on the left, which the rows leave out
    parts: list[list[pa.Array]] = [[] for _ in range(width)]
    rows = islice(grid.iter_rows(), below, None)
    count = 0
    while some := list(islice(rows, _ROWS_AT_ONCE)):
        count += len(some)
        for position, column in enumerate(zip(*some, strict=True), start=before):
            parts[position].append(_text(column))
    blank = pa.array([""] * count, pa.large_string())
    chunks = [part or [blank] for part in parts]
    columns = [pa.chunked_array(part, pa.large_string()).to_pandas().astype("str") for part in chunks]
    return pd.DataFrame(dict(enumerate(columns)))


def _text(column: tuple[Any, ...]) -> pa.Array:
    return pa.array([v if type(v) is str else cell_text(v) for v in column], pa.large_string())


def _merged(grid: python_calamine.CalamineSheet, headings: int, cells: pd.DataFrame) -> list[int]:
    """The first rows of the merged groups of cells below the headings that hold a value."""
    found = []
    for (top, left), (bottom, right) in grid.merged_cell_ranges or []:
        inside = top > headings and left < cells.shape[1] and top - headings - 1 < len(cells)
        if inside and (top, left) != (bottom, right) and cells.iloc[top - headings - 1, left] != "":
            found.append(top + 1)
    return found
