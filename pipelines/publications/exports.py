"""The files for machines and spreadsheets: CSV and JSON, the same bytes every time.

CSV is RFC 4180's: commas, lines that end in CR LF, UTF-8. nrosh.csv and findings.csv, which people open with
a double click, begin with a byte order mark: without it Excel reads UTF-8 as the PC's own code page, and an
accent or a dash is spoilt. figures.csv, for machines, has none: many readers take it into the first heading.
"""

from __future__ import annotations

import csv
import io
import json
from collections.abc import Iterable, Mapping, Sequence
from decimal import Decimal
from typing import Any

import schemas.outputs
from pipelines.publications.text import ANSWER_CODES, STARTS_A_FORMULA, clean, plain_number

# With the edition, and that it is provisional where it is: a table is read away from the return.
FIGURE_COLUMNS = (*schemas.outputs.FIGURE_COLUMNS, "rules")
NROSH_COLUMNS = (
    "section", "question", "datapoint", "field", "label", "type", "value", "symbol", "note", "rules",
)  # fmt: skip

# The columns that hold the five answers, best first.
ANSWER_COLUMNS = dict(
    zip(
        ("very_satisfied", "fairly_satisfied", "neither", "fairly_dissatisfied", "very_dissatisfied"),
        ANSWER_CODES,
        strict=True,
    )
)
# The columns that say how far a survey's result can be off: never rounded.
PRECISION_COLUMNS = ("se", "deff", "n_effective", "ci_low", "ci_high", "unweighted_value")


def rules_text(document: Mapping[str, Any]) -> str:
    """The rulebook edition that the figures were made with, and that it is provisional where it is."""
    edition = document["edition"]
    return str(edition["year"]) + (" provisional" if edition["status"] == "provisional" else "")


def return_json(document: Mapping[str, Any]) -> bytes:
    """The return document as UTF-8 JSON in its own order of keys. ValueError where a number is not finite."""
    return (json.dumps(document, ensure_ascii=False, indent=2, allow_nan=False) + "\n").encode("utf-8")


def figures_csv(document: Mapping[str, Any]) -> bytes:
    """One row per reported value: counts exact, values with one decimal, precision unrounded, nothing where
    nothing is known.
    """
    return to_csv(FIGURE_COLUMNS, figure_rows(document), one_decimal="value")


def figure_rows(document: Mapping[str, Any]) -> list[list[Any]]:
    """The figures as rows in the order of FIGURE_COLUMNS; numbers stay numbers."""
    rules = rules_text(document)
    rows = []
    for figure in document["figures"]:
        counts = {answer["code"]: answer["count"] for answer in figure["answers"] or ()}
        answers = {column: counts.get(code) for column, code in ANSWER_COLUMNS.items()}
        known = {**figure, **answers, "rules": rules}
        rows.append([known[column] for column in FIGURE_COLUMNS])
    return rows


def nrosh_csv(document: Mapping[str, Any]) -> bytes:
    """The NROSH+ entry sheet: a row for each field of the form, in the form's order."""
    return to_csv(NROSH_COLUMNS, nrosh_rows(document), byte_order_mark=True)


def nrosh_rows(document: Mapping[str, Any]) -> list[list[Any]]:
    """The fields of the NROSH+ form as rows in the order of NROSH_COLUMNS."""
    rules = rules_text(document)
    return [
        [*(_entered(field) if column == "value" else field[column] for column in NROSH_COLUMNS[:-1]), rules]
        for field in document["nrosh"]
    ]


def _entered(field: Mapping[str, Any]) -> Any:
    """What is entered in a field of the form: of a rate 64.0, not 64."""
    value = field["value"]
    if field["type"] in ("percent", "per_1000") and isinstance(value, int | float):
        return Decimal(plain_number(value, 1))
    return value


def to_csv(
    columns: Sequence[str],
    rows: Iterable[Sequence[Any]],
    *,
    one_decimal: str = "",
    byte_order_mark: bool = False,
) -> bytes:
    """Rows as UTF-8 CSV that a spreadsheet opens without running any of it.

    A text that a spreadsheet would take for a formula gets a leading apostrophe; a number, negative ones
    included, stays a number. `one_decimal`: the column whose numbers all show one decimal.
    `byte_order_mark`: for files that people open in a spreadsheet, which else misreads accents and dashes.
    """
    buffer = io.StringIO(newline="")
    writer = csv.writer(buffer, lineterminator="\r\n")
    writer.writerow(columns)
    for row in rows:
        writer.writerow(
            [
                _csv_cell(value, places=1 if column == one_decimal else None)
                for value, column in zip(row, columns, strict=True)
            ]
        )
    return buffer.getvalue().encode("utf-8-sig" if byte_order_mark else "utf-8")


def _csv_cell(value: Any, places: int | None) -> str:
    if value is None:
        return ""
    if isinstance(value, bool):
        return "yes" if value else "no"
    if isinstance(value, Decimal):
        return f"{value:f}"
    if isinstance(value, int | float):
        return plain_number(value, places)
    return harmless(str(value))


def harmless(text: str) -> str:
    """`text`, with an apostrophe before it where a spreadsheet would take it for a formula.

    >>> harmless("=1+1"), harmless("-5"), harmless("Jo")
    ("'=1+1", "'-5", 'Jo')
    """
    text = clean(text)
    return f"'{text}" if text.startswith(STARTS_A_FORMULA) else text
