"""Last year's figures, to compare this year's with: a figures.csv, or a shorter file of the same columns."""

from __future__ import annotations

import csv
import io

import numpy as np
import pandas as pd

from pipelines.intake.encodings import to_utf8
from pipelines.intake.sheet import Refused, heading_key
from schemas.errors import InputError

REQUIRED = ("measure", "population", "value")
NUMBERS = ("numerator", "denominator", "value", "se", "deff", "n_effective", "ci_low", "ci_high")


def year_before(year: str) -> str:
    """Return the reporting year before `year`.

    >>> year_before("2024-25")
    '2023-24'
    """
    start = int(year[:4])
    return f"{start - 1}-{start % 100:02d}"


def read_previous_figures(data: bytes, name: str) -> pd.DataFrame:
    """Return last year's figures: columns measure, population and NUMBERS (float64, NaN where blank).

    Indexed by the row that a spreadsheet shows. Raises InputError for a file that is no such table, and for a
    cell that is no number.
    """
    text = _text(data, name)
    for column in (*REQUIRED, *NUMBERS):
        if list(text.columns).count(column) > 1:
            raise InputError(f"{name}, last year's figures, has the column {column} twice: keep one.")
    found = text[list(REQUIRED[:2])].copy()
    for column in NUMBERS:
        cells = text[column] if column in text.columns else pd.Series("", index=text.index, dtype="str")
        numbers = pd.to_numeric(cells.where(cells != "", None), errors="coerce").astype("float64")
        wrong = (cells != "") & ~np.isfinite(numbers)
        if wrong.any():
            row = wrong.idxmax()
            raise InputError(
                f"{name}, last year's figures, row {row}: {column} is {cells[row][:40]!r}, which is "
                "not a number: correct it."
            )
        found[column] = numbers
    repeated = found.duplicated(["measure", "population"]) & (found["measure"] != "")
    if repeated.any():
        again = found[repeated].iloc[0]
        raise InputError(
            f"{name}, last year's figures, gives {again['measure']} of {again['population']} twice: keep one."
        )
    return found


def _text(data: bytes, name: str) -> pd.DataFrame:
    """Return the cells as text without blanks at their ends; rows that are blank are left out.

    A row may be shorter than the headings, or longer by blank cells; pandas would take the first column of
    longer rows for row names, and read every other cell under the heading beside its own.
    """
    try:
        lines = io.StringIO(to_utf8(data)[0].decode("utf-8"), newline="")
        rows = [[cell.strip() for cell in row] for row in csv.reader(lines, strict=True)]
    except (Refused, csv.Error) as error:
        why = error.facts["problem"] if isinstance(error, Refused) else error
        raise InputError(
            f"{name}, last year's figures, cannot be read as CSV ({why}): give last year's figures.csv."
        ) from error
    filled = {number: row for number, row in enumerate(rows, 1) if any(row)}
    if not filled:
        raise InputError(f"{name}, last year's figures, is empty: give last year's figures.csv.")
    headings = [heading_key(cell) for cell in filled.pop(min(filled))]
    missing = [column for column in REQUIRED if column not in headings]
    if missing:
        raise InputError(
            f"{name}, last year's figures, has no column {missing[0]}: give a figures.csv, or a file with "
            "the columns measure, population, numerator, denominator and value."
        )
    width = len(headings)
    for number, row in filled.items():
        if any(row[width:]):
            raise InputError(
                f"{name}, last year's figures, row {number} has more cells than there are headings: "
                "correct it, or give last year's figures.csv."
            )
    cells = [[*row, *[""] * (width - len(row))][:width] for row in filled.values()]
    return pd.DataFrame(cells, list(filled), headings, dtype="str")
