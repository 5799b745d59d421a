"""Findings: one row each, in a frame, built whole columns at once: there may be hundreds of thousands."""

from __future__ import annotations

import re
import string
from typing import Any

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.compute as pc

from schemas.outputs import FINDING_COLUMNS
from schemas.tables import Rule, Table, is_personal
from schemas.tables.file_rules import BY_ID

MASKED = "•••"
_LONGEST = 60


def no_findings() -> pd.DataFrame:
    """A findings frame without a row."""
    frame = pd.DataFrame({name: pd.Series([], dtype="str") for name in FINDING_COLUMNS})
    return frame.astype({"row": "Int64"})


def join(*frames: pd.DataFrame) -> pd.DataFrame:
    """Findings of several sources as one frame."""
    filled = [frame for frame in frames if len(frame)]
    return pd.concat(filled, ignore_index=True) if filled else no_findings()


def shown(cells: pd.Series, column: str, table: Table) -> pd.Series:
    """Cells as a finding may show them: on one line, cut short, and nothing of a person."""
    known = table.by_name.get(column)
    if (known.personal if known else is_personal(column)) or column == "":
        return cells.where(cells == "", MASKED)
    short = cells.where(cells.str.len() <= _LONGEST, cells.str.slice(0, _LONGEST) + "…")
    arrow = pc.replace_substring_regex(pa.array(short), "[\x00-\x1f\x7f\u2028\u2029]+", " ")
    one_line = arrow.to_pandas().astype("str").set_axis(cells.index)
    return one_line.where(~one_line.str.contains("@", regex=False), MASKED)


def row_findings(
    rule: Rule, table: Table, text: pd.DataFrame, mask: np.ndarray, file: str, sheet: str
) -> pd.DataFrame:
    """One finding for each row of `mask`: `text` holds the cells as they stood, its index the row numbers."""
    hit = text.loc[mask]
    culprit = rule.columns[0]
    fields = [name for _, name, _, _ in string.Formatter().parse(rule.message) if name]
    # By position, not by name: several times quicker, and a brace in a cell is then only a brace.
    order = {name: f"{{{position}}}" for position, name in enumerate(dict.fromkeys(fields))}
    message = rule.message.format_map(order)
    cells = {name: shown(_cells(hit, name), name, table) for name in {*order, culprit}}
    messages = list(map(message.format, *(cells[name] for name in order))) if order else rule.message
    return _frame(
        rule,
        len(hit),
        table=table.name,
        file=file,
        sheet=sheet,
        row=hit.index.to_numpy(),
        column=culprit,
        value=cells[culprit].to_numpy(),
        record_id=record_ids(hit, table),
        message=messages,
    )


def record_ids(rows: pd.DataFrame, table: Table) -> np.ndarray:
    """What names each row to its owner: the table's own reference."""
    return shown(_cells(rows, table.record_name), table.record_name, table).to_numpy()


def _cells(rows: pd.DataFrame, column: str) -> pd.Series:
    return rows[column] if column in rows else pd.Series("", index=rows.index, dtype="str")


def file_finding(
    number: int,
    table: Table,
    file: str,
    sheet: str,
    facts: dict[str, Any],
    row: int | None = None,
    record_id: str = "",
) -> pd.DataFrame:
    """One finding about a file as a whole, or about a row that could not be read as one."""
    rule = BY_ID[f"FIL-{number:03d}"]
    facts = {"table": table.name, "file": file or table.name, **facts}
    facts = {name: _one_line(fact) for name, fact in facts.items()}
    return _frame(
        rule,
        1,
        table=table.name,
        file=file,
        sheet=sheet,
        row=[row],
        column=str(facts.get("column", "")),
        value="",
        record_id=record_id,
        message=rule.message.format_map(facts),
        remedy=rule.remedy.format_map(facts),
        touches=";".join(table.touches),
    )


def table_finding(rule: Rule, table: Table, file: str, sheet: str) -> pd.DataFrame:
    """The one finding of a rule about the table as a whole."""
    return _frame(
        rule,
        1,
        table=table.name,
        file=file,
        sheet=sheet,
        row=[None],
        column=rule.columns[0],
        value="",
        record_id="",
        message=rule.message,
    )


def cross_findings(rule: Rule, columns: dict[str, Any], count: int) -> pd.DataFrame:
    """Findings of a rule over several tables, `count` of them; `columns` as in FINDING_COLUMNS."""
    return _frame(rule, count, **{"column": rule.columns[0], **columns})


def _frame(rule: Rule, count: int, **columns: Any) -> pd.DataFrame:
    constants = {
        "finding_id": rule.id,
        "grade": str(rule.grade),
        "title": rule.title,
        "remedy": rule.remedy,
        "effect": str(rule.effect),
        "touches": ";".join(rule.touches),
    }
    frame = pd.DataFrame({**constants, **columns}, index=range(count), columns=list(FINDING_COLUMNS))
    types = {name: "Int64" if name == "row" else "str" for name in FINDING_COLUMNS}
    return frame.astype(types)


def _one_line(fact: Any) -> Any:
    return re.sub(r"\s+", " ", fact) if isinstance(fact, str) else fact
