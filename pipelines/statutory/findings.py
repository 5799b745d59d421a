"""The findings of a return, grouped as a person answers them: one group a rule and table."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import TYPE_CHECKING, Any

import pandas as pd

from pipelines.statutory.confirmations import answer_to, digest
from pipelines.statutory.wording import EFFECT_TEXTS, listed

if TYPE_CHECKING:
    from pipelines.intake import Confirmation

GRADES = ("stop", "confirm", "note")

# How many source rows a group names before it says how many more there are.
_ROWS_NAMED = 5


def finding_groups(
    findings: pd.DataFrame, confirmations: Sequence[Mapping[str, Any]], measures: Sequence[str]
) -> list[dict[str, Any]]:
    """Return the groups of `findings` (columns as intake's FINDING_COLUMNS), the gravest first.

    A group takes title, remedy and effect from its first finding; its message is the finding's own where
    there is one, and names the first of them where there are more. A confirm group is confirmed where
    one of `confirmations` (see the module of that name) answers it, and reopened where one did before it
    moved. `measures` gives the order of the keys in `touches`.
    """
    groups = [
        _group(rows, confirmations, measures)
        for _, rows in findings.groupby(["finding_id", "table"], sort=False, dropna=False)
    ]
    return sorted(groups, key=lambda group: (GRADES.index(group["grade"]), group["finding_id"]))


def _group(
    rows: pd.DataFrame, confirmations: Sequence[Mapping[str, Any]], measures: Sequence[str]
) -> dict[str, Any]:
    first = rows.iloc[0]
    touched = {key for keys in rows["touches"].dropna() for key in str(keys).split(";") if key}
    grade = str(first["grade"])
    group: dict[str, Any] = {
        "finding_id": str(first["finding_id"]),
        "grade": grade,
        "table": _text(first["table"]),
        "title": _text(first["title"]),
        "message": _text(first["message"]),
        "remedy": _text(first["remedy"]),
        "effect": str(first["effect"]),
        "effect_text": EFFECT_TEXTS[str(first["effect"])],
        "touches": [key for key in measures if key in touched],
        "records": len(rows),
        "first_rows": rows_text([int(row) for row in rows["row"].dropna()]),
        "digest": digest(rows) if grade == "confirm" else None,
        "confirmed": None,
        "reopened": None,
    }
    if grade == "confirm":
        group["confirmed"], group["reopened"] = answer_to(group, confirmations)
    return group


def unmatched_confirmations(
    groups: Iterable[Mapping[str, Any]], confirmations: Iterable[Confirmation]
) -> list[dict[str, str]]:
    """Return, as missing, each confirmation that answers no finding: a slip in its id must be seen."""
    asked = {group["finding_id"] for group in groups if group["grade"] == "confirm"}
    return [
        {
            "what": f"A finding to confirm that {entry.id} is the answer to",
            "remedy": f"Correct the id {entry.id} under confirmations in year.yaml, or remove the entry.",
        }
        for entry in confirmations
        if entry.id not in asked
    ]


def rows_text(rows: Sequence[int]) -> str:
    """Return "row 12", "rows 12 and 40", "rows 3, 7, 12, 40, 51 and 3 more", "no single row"."""
    distinct = sorted(set(rows))
    if not distinct:
        return "no single row"
    named = [str(row) for row in distinct[:_ROWS_NAMED]]
    if len(distinct) > _ROWS_NAMED:
        named.append(f"{len(distinct) - _ROWS_NAMED:,} more")
    return f"row {named[0]}" if len(named) == 1 else f"rows {listed(named)}"


def grade_counts(groups: Iterable[Mapping[str, Any]]) -> dict[str, int]:
    """Return the number of single findings of each grade."""
    counts = dict.fromkeys(GRADES, 0)
    for group in groups:
        counts[group["grade"]] += group["records"]
    return counts


def _text(value: Any) -> str:
    return "" if pd.isna(value) else str(value)
