"""A table of the report, and how a long one is cut so that none crosses a page.

A table that crosses a page becomes two tables to a screen reader (WeasyPrint issue 2903). So long ones
are split here into parts that each fit, every part with the caption and the headers. Heights are
reckoned from the typeface's own character widths, a little on the safe side.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace

from pipelines.publications.fonts import printable, width

TEXT_WIDTH_MM = 174.0
_MM = 25.4 / 72  # millimetres in a point
FONT_MM = 10.5 * _MM
NOTE_MM = 9.5 * _MM
DENSE_MM, DENSE_NOTE_MM = 9.5 * _MM, 9.0 * _MM  # of a table with many columns
_LINE = 1.3  # of the size
_ROW_PADDING_MM = 2.6
_CELL_PADDING_MM = 3.2
_SAFETY = 1.05  # semibold is wider than regular

# A table up to WHOLE_MM stays in one piece; a longer one is cut into parts of at most PART_MM, three of which
# fill a page, so that little of a page is left empty where a table begins or ends. A cell longer than CELL_MM
# is cut, or one hostile cell could outgrow any page.
WHOLE_MM = 150.0
PART_MM = 68.0
CELL_MM = 56.0
_LONGEST = 4000  # characters: no cell of that length could fit
MOST_ROWS = 400  # then a last row says how many more there are: a register is for machines
CUT = " … (cut here; the whole text is in return.json)"


@dataclass(frozen=True)
class Cell:
    """What stands in a cell: a text, and a smaller note beneath it."""

    text: str
    note: str = ""
    strong: bool = False


@dataclass(frozen=True)
class Column:
    """A column: its header, its share of the table's width in percent, and whether it holds numbers."""

    title: str
    share: float
    number: bool = False


@dataclass(frozen=True)
class Table:
    """A captioned table. The first cell of a row is the row's header; `part` tells which piece this is."""

    caption: str
    columns: tuple[Column, ...]
    rows: tuple[tuple[Cell, ...], ...]
    part: str = ""
    headless: bool = False  # facts with a name each: row headers suffice
    dense: bool = False  # in smaller type


def make_table(
    caption: str,
    columns: Sequence[Column],
    rows: Sequence[Sequence[Cell | str]],
    headless: bool = False,
    dense: bool = False,
) -> Table:
    """A table from texts and cells. ValueError where a row's length is not the number of columns."""
    made = []
    if len(rows) > MOST_ROWS:
        more = Cell(f"{len(rows) - MOST_ROWS:,} more rows", "All of them are in return.json.")
        rows = [*rows[:MOST_ROWS], [more, *[""] * (len(columns) - 1)]]
    for row in rows:
        if len(row) != len(columns):
            raise ValueError(f"table {caption!r}: a row has {len(row)} cells for {len(columns)} columns")
        cells = (cell if isinstance(cell, Cell) else Cell(cell) for cell in row)
        made.append(tuple(_cut(cell, column) for cell, column in zip(cells, columns, strict=True)))
    return Table(caption, tuple(columns), tuple(made), headless=headless, dense=dense)


def parts(table: Table) -> tuple[Table, ...]:
    """The pieces of a table that each fit on a page, captioned '(part 1 of 3)'; one piece if it is short."""
    heights = [row_height(table.columns, row, table.dense) for row in table.rows]
    if sum(heights) <= WHOLE_MM:
        return (table,)
    pieces = [table.rows[start:stop] for start, stop in _spans(heights)]
    return tuple(
        replace(table, rows=rows, part=f"part {number} of {len(pieces)}")
        for number, rows in enumerate(pieces, start=1)
    )


def row_height(columns: Sequence[Column], row: Sequence[Cell], dense: bool = False) -> float:
    """The height of a row on paper in millimetres, reckoned on the safe side."""
    return _ROW_PADDING_MM + max(
        _cell_height(cell, column, dense) for cell, column in zip(row, columns, strict=True)
    )


def lines_needed(text: str, available: float, size: float) -> int:
    """How many lines `text` takes in a column: words are kept whole unless one is wider than the column."""
    total = 0
    for paragraph in text.split("\n"):
        used, lines = 0.0, 1
        for word in paragraph.split(" "):
            extent = width(word + " ", size) * _SAFETY
            if used + extent <= available:
                used += extent
            elif extent <= available:
                lines, used = lines + 1, extent
            else:  # a word wider than the column starts on a line of its own and is broken anywhere
                full, rest = divmod(extent, available - size)
                lines, used = lines + int(full) + (1 if used else 0), rest
        total += lines
    return total


def _spans(heights: Sequence[float]) -> Iterator[tuple[int, int]]:
    start, used = 0, 0.0
    for index, height in enumerate(heights):
        if used and used + height > PART_MM:
            yield start, index
            start, used = index, 0.0
        used += height
    yield start, len(heights)


def _cell_height(cell: Cell, column: Column, dense: bool = False) -> float:
    available = TEXT_WIDTH_MM * column.share / 100 - _CELL_PADDING_MM
    sizes = (DENSE_MM, DENSE_NOTE_MM) if dense else (FONT_MM, NOTE_MM)
    return sum(
        lines_needed(printable(text), available, size) * size * _LINE
        for text, size in zip((cell.text, cell.note), sizes, strict=True)
        if text
    )


def _cut(cell: Cell, column: Column) -> Cell:
    if max(len(cell.text), len(cell.note)) <= _LONGEST and _cell_height(cell, column) <= CELL_MM:
        return cell
    available = TEXT_WIDTH_MM * column.share / 100 - _CELL_PADDING_MM
    text = _fitting(cell.text, available, FONT_MM, CELL_MM / (2 if cell.note else 1))
    return replace(cell, text=text, note=_fitting(cell.note, available, NOTE_MM, CELL_MM / 2))


def _fitting(text: str, available: float, size: float, height: float) -> str:
    """The longest beginning of `text` that fits a height, together with the words that say it was cut."""
    allowed = int(height / (size * 1.3))

    def fits(piece: str) -> bool:
        return lines_needed(printable(piece), available, size) <= allowed

    if len(text) <= _LONGEST and fits(text):
        return text
    low, high = 0, min(len(text), _LONGEST)
    while low < high:
        middle = (low + high + 1) // 2
        low, high = (middle, high) if fits(text[:middle] + CUT) else (low, middle - 1)
    return text[:low].rstrip() + CUT
