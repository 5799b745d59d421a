"""What the three readers hand over: a sheet of text cells, and the file-level problems they met."""

from __future__ import annotations

import re
import unicodedata
from dataclasses import dataclass, field
from typing import Any

import numpy as np
import pandas as pd

from schemas.tables import Table

MAX_COLUMNS = 1_000
_HEADINGS_WITHIN = 20  # rows from the top in which the headings are looked for

# Zero-width and direction marks, and control characters other than tab and line ends: nobody means them, and
# a spreadsheet or a PDF would either hide them or refuse them.
INVISIBLE = "[\u00ad\u200b-\u200f\u2028-\u202e\u2060-\u2069\ufeff\x00-\x08\x0b\x0c\x0e-\x1f\x7f]"
_INVISIBLE = re.compile(INVISIBLE)
_NOT_WORD = re.compile(r"[^a-z0-9]+")


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


@dataclass
class Sheet:
    """A file's cells as text.

    `cells`: one column a heading (labelled 0, 1, …), a blank cell is "". `rows`: each row's number as a
    spreadsheet shows it. `name`: the sheet, where the file has sheets.
    """

    headings: list[str]
    cells: pd.DataFrame
    rows: np.ndarray
    name: str = ""
    problems: list[Problem] = field(default_factory=list)


def heading_key(heading: str) -> str:
    """A heading as it is compared: small letters, anything but letters and digits as one underscore."""
    plain = unicodedata.normalize("NFKC", _INVISIBLE.sub("", heading)).lower()
    return _NOT_WORD.sub("_", plain).strip("_")


def find_headings(rows: list[list[str]], table: Table) -> int:
    """Which of the first rows (from 0) holds the headings: exports often put a title above them.

    The first row with all required columns, else the one with the most columns of the table, else the first
    that is not blank. Raises Refused for a file without any.
    """
    required = {heading_key(c.name) for c in table.columns if c.required}
    ours = {heading_key(c.name) for c in table.columns}
    best, most = -1, -1
    for number, row in enumerate(rows[:_HEADINGS_WITHIN]):
        keys = {heading_key(cell) for cell in row} - {""}
        if required <= keys:
            return number
        if keys and len(keys & ours) > most:
            best, most = number, len(keys & ours)
    if best < 0:
        raise Refused(3)
    return best


def refuse_too_wide(headings: list[str]) -> None:
    """Raise Refused where a file has more columns than any table could."""
    if len(headings) > MAX_COLUMNS:
        raise Refused(10, size=f"has {len(headings):,} columns", limit=f"{MAX_COLUMNS:,} columns")


def text_frame(columns: list[Any]) -> pd.DataFrame:
    """A frame of text from one list or array a column, labelled 0, 1, …"""
    return pd.DataFrame({i: pd.Series(values, dtype="str") for i, values in enumerate(columns)})
