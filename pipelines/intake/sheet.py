"""What the three readers hand over: a sheet of text cells, and the file-level problems they met."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterable
from dataclasses import dataclass, field, replace
from typing import Any

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.compute as pc

from schemas.tables import Table

MAX_COLUMNS = 1_000
MAX_HEADING_ROW = 1_000
HEADINGS_WITHIN = 20  # rows from the top in which the headings are looked for
FULL_SHEETS = (65_536, 1_048_576)  # the rows of a full sheet, in old workbooks and in new ones

# Zero-width and direction marks, and control characters other than tab and line ends: nobody means them, and
# a spreadsheet or a PDF would either hide them or refuse them.
INVISIBLE = "[\u00ad\u200b-\u200f\u2028-\u202e\u2060-\u2069\ufeff\x00-\x08\x0b\x0c\x0e-\x1f\x7f]"
_INVISIBLE = re.compile(INVISIBLE)
_NOT_WORD = re.compile(r"[^a-z0-9]+")
# Letters of other alphabets that look like ours, as a keyboard left in another language writes them.
_LOOKALIKES = str.maketrans(
    "асеһіјорѕухАВСЕНІЈКМОРЅТУХαεικνορτυχΑΒΕΖΗΙΚΜΝΟΡΤΥΧ", "acehijopsyxabcehijkmopstyxaeiknoptuxabezhikmnoptyx"
)
_VALUE = re.compile(
    r"[0-9]{4}-[0-9]{2}-[0-9]{2}|[0-9]{1,2}[/.][0-9]{1,2}[/.][0-9]{2,4}|\b[0-9]{5,}\b|@"
    r"|\b[A-Z]{1,2}[0-9][A-Z0-9]? ?[0-9][A-Z]{2}\b|\b0[0-9]{2,4} [0-9]{3,}"
)


class Refused(Exception):  # noqa: N818 (it is an answer, not a defect)
    """The file is refused as a whole: `number` of the FIL rule, and the facts of its message."""

    def __init__(self, number: int, **facts: Any) -> None:
        super().__init__(number)
        self.number = number
        self.facts = facts


@dataclass(frozen=True)
class Problem:
    """Something about a file, or one of its rows, that does not refuse it: the FIL rule and its facts."""

    number: int
    facts: dict[str, Any]
    row: int | None = None
    record_id: str = ""


@dataclass(frozen=True)
class Form:
    """What a landlord says of a file's form; what is not said is found out.

    `header_row`: the headings' row as a spreadsheet numbers it. `headings`: the headings that the file must
    have, as `heading_key` gives them, where they are not the table's own required columns; `any_of`: groups
    of which it must have one each; `known`: others that it may have. `record`: the heading of what names a
    record, where it is not the table's own. `spoken_of`: the file's sheets that sources.yaml names anywhere.
    """

    sheet: str = ""
    header_row: int | None = None
    encoding: str = ""
    delimiter: str = ""
    headings: frozenset[str] = frozenset()
    record: str = ""

    any_of: tuple[frozenset[str], ...] = ()
    known: frozenset[str] = frozenset()
    spoken_of: frozenset[str] = frozenset()

    def fits(self, headings: Iterable[str], table: Table) -> bool:
        """Whether these are the headings that the file must have, the table's required columns else."""
        keys = {heading_key(heading) for heading in headings}
        if not self.is_mapped:
            return {heading_key(c.name) for c in table.columns if c.required} <= keys
        return self.headings <= keys and all(group & keys for group in self.any_of)

    @property
    def is_mapped(self) -> bool:
        """Whether the headings are others than the table's own."""
        return bool(self.headings or self.any_of or self.known)


AS_FOUND = Form()  # nothing is said


@dataclass
class Sheet:
    """A file's cells as text.

    `cells`: one column a heading (labelled 0, 1, …), a blank cell is "". `rows`: each row's number as a
    spreadsheet shows it. `name`: the sheet, where the file has sheets. `above`: the rows above the headings.
    """

    headings: list[str]
    cells: pd.DataFrame
    rows: np.ndarray
    name: str = ""
    problems: list[Problem] = field(default_factory=list)
    above: list[list[str]] = field(default_factory=list)


def heading_key(heading: str) -> str:
    """A heading as it is compared: small letters, anything but letters and digits as one underscore."""
    plain = unicodedata.normalize("NFKC", _INVISIBLE.sub("", heading)).translate(_LOOKALIKES).lower()
    return _NOT_WORD.sub("_", plain).strip("_")


def much_the_same(headings: Iterable[str], others: Iterable[str]) -> bool:
    """Whether two rows of headings have at least half of all their headings in common."""
    one, other = ({heading_key(heading) for heading in row} - {""} for row in (headings, others))
    return 2 * len(one & other) >= len(one | other) > 0


def known_headings(row: list[str], table: Table, form: Form) -> int:
    """How many of a row's cells are headings of the table."""
    ours = {heading_key(c.name) for c in table.columns} | form.headings | form.known
    ours = ours.union(*form.any_of)
    return len({heading_key(cell) for cell in row} & ours)


def find_headings(rows: list[list[str]], table: Table, form: Form = AS_FOUND) -> int:
    """Which of the first rows (from 0) holds the headings: exports often put a title above them.

    The row that the landlord names; else the first with all wanted headings, else the one with the most
    columns of the table, else the first that is not blank. Raises Refused for a file without any.
    """
    if form.header_row is not None:
        at = form.header_row - 1
        if at >= len(rows) or not any(cell.strip() for cell in rows[at]):
            raise Refused(
                7,
                problem=f"there are no headings in row {form.header_row}, where they are said to be",
                how="Correct the row of the headings.",
            )
        return at
    best, most = -1, -1
    for number, row in enumerate(rows[:HEADINGS_WITHIN]):
        keys = {heading_key(cell) for cell in row} - {""}
        if form.fits(row, table):
            return number
        known = known_headings(row, table, form)
        if keys and known > most:
            best, most = number, known
    if best < 0:
        raise Refused(3)
    refuse_too_wide(rows[best])
    if not most and _looks_like_values(rows[best]):
        raise Refused(35)  # and not shown: they may be a person's
    return best


def _looks_like_values(row: list[str]) -> bool:
    """Whether a row has the dates, numbers and addresses that headings do not have."""
    cells = [cell for cell in re.split("[,;|\t]", "\t".join(row)) if cell.strip()]
    return len(cells) > 1 and any(_VALUE.search(cell[:1000]) for cell in cells)


def rows_to_look_at(form: Form) -> int:
    """How many rows from the top must be read to find the headings."""
    return max(HEADINGS_WITHIN, min(form.header_row or 0, MAX_HEADING_ROW))


def refuse_too_wide(headings: list[str]) -> None:
    """Raise Refused where a file has more columns than any table could."""
    if len(headings) > MAX_COLUMNS:
        raise Refused(10, size=f"has {len(headings):,} columns", limit=f"{MAX_COLUMNS:,} columns")


def without_repeated_headings(sheet: Sheet) -> Sheet:
    """Leave out rows that say the headings again, as in files that were joined.

    Raises Refused where they say them in another order: what follows would be read under the wrong headings.
    """
    keys = [heading_key(heading) for heading in sheet.headings]
    named = [position for position, key in enumerate(keys) if key]
    if len(named) < 2 or not len(sheet.rows):
        return sheet
    at = _first_cells_that_are_headings(sheet.cells[named[0]], sheet.headings)
    if not len(at):  # even to take nothing, each column would be copied
        return sheet
    again: list[int] = []
    verdicts: dict[tuple[str, ...], bool] = {}
    for position, cells in zip(at, sheet.cells.iloc[at].itertuples(index=False, name=None), strict=True):
        if cells not in verdicts:
            verdicts[cells] = _says_the_headings(cells, keys, int(sheet.rows[position]))
        if verdicts[cells]:
            again.append(position)
    if not again:
        return sheet
    kept = np.ones(len(sheet.rows), dtype=bool)
    kept[again] = False
    problems = [*sheet.problems, Problem(19, {"rows": row_numbers(sheet.rows[~kept])})]
    cells = sheet.cells.loc[kept].reset_index(drop=True)
    return replace(sheet, cells=cells, rows=sheet.rows[kept], problems=problems)


def _first_cells_that_are_headings(column: pd.Series, headings: list[str]) -> np.ndarray:
    plain = [heading.strip().strip("\ufeff").lower() for heading in headings if heading.strip()]
    words = pa.array([mark + word for word in plain for mark in ("", "\ufeff")], pa.large_string())
    cells = pa.array(column)
    found = [  # chunk by chunk: the copies that are made are small, and gone soon
        pc.is_in(pc.utf8_lower(pc.utf8_trim_whitespace(chunk.cast(pa.large_string()))), value_set=words)
        for chunk in (cells.chunks if isinstance(cells, pa.ChunkedArray) else [cells])
    ]
    masks = [np.zeros(0, dtype=bool), *(chunk.to_numpy(zero_copy_only=False) for chunk in found)]
    return np.flatnonzero(np.concatenate(masks))


def _says_the_headings(cells: tuple[str, ...], keys: list[str], row: int) -> bool:
    there = [heading_key(cell) for cell in cells]
    if all(cell == key for cell, key in zip(there, keys, strict=True) if key):
        return True
    filled = [cell for cell in there if cell]
    if len(filled) > 1 and 2 * sum(cell in keys for cell in filled) > len(filled):
        raise Refused(26, row=row)
    return False


def row_numbers(rows: Iterable[int]) -> str:
    """Rows as a message names them: the first three, and how many more."""
    numbers = [int(row) for row in rows]
    few = ", ".join(str(row) for row in numbers[:3])
    more = f" and {len(numbers) - 3:,} more" if len(numbers) > 3 else ""
    return f"row {few}" if len(numbers) == 1 else f"rows {few}{more}"


def text_frame(columns: list[Any]) -> pd.DataFrame:
    """A frame of text from one list or array a column, labelled 0, 1, …"""
    return pd.DataFrame({i: pd.Series(values, dtype="str") for i, values in enumerate(columns)})
