"""What was found in the landlord's files: a page for people and a table for a spreadsheet."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from pipelines.publications.exports import rules_text, to_csv
from pipelines.publications.pages import screen, stylesheet
from pipelines.publications.text import cell_text, is_missing
from schemas.outputs import FINDING_COLUMNS

COLUMNS = (*FINDING_COLUMNS, "rules")
# A page of more rows than this is slow on a phone; findings.csv has them all.
MOST_ROWS = 2000
_GRADES = {"stop": 0, "confirm": 1, "note": 2}


def findings_csv(document: Mapping[str, Any], findings: Sequence[Mapping[str, Any]]) -> bytes:
    """Every finding, a row each, the gravest first; opens in a spreadsheet without running anything."""
    rows = [[*row[:-1], rules_text(document)] for row in findings_rows(findings)]
    return to_csv(COLUMNS, rows, byte_order_mark=True)


def findings_html(document: Mapping[str, Any], findings: Sequence[Mapping[str, Any]]) -> bytes:
    """The findings as a page: groups first, then each finding with file, row, value and remedy."""
    rows = findings_rows(findings)
    template = screen().get_template("findings.html.j2")
    html = template.render(
        document=document,
        css=stylesheet("page.css"),
        rows=[
            {key: cell_text(value) for key, value in zip(COLUMNS, row, strict=True)}
            for row in rows[:MOST_ROWS]
        ],
        total=len(rows),
        most=MOST_ROWS,
    )
    return html.encode("utf-8")


def findings_rows(findings: Sequence[Mapping[str, Any]]) -> list[list[Any]]:
    """The findings as rows of COLUMNS: by grade, rule, file and row; None for what is missing."""
    ordered = sorted(
        findings,
        key=lambda each: (
            _GRADES.get(cell_text(each["grade"]), 3),
            cell_text(each["finding_id"]),
            cell_text(each["file"]),
            0 if is_missing(each["row"]) else int(each["row"]),
        ),
    )
    return [[_plain(each.get(column), column) for column in COLUMNS] for each in ordered]


def _plain(value: Any, column: str) -> Any:
    if is_missing(value):
        return None
    return int(value) if column == "row" else str(value)
