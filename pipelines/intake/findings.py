"""Findings: one row each, in a frame, built whole columns at once: there may be hundreds of thousands."""

from __future__ import annotations

import re
import string
from collections.abc import Sequence
from functools import cache
from itertools import groupby
from typing import Any

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.compute as pc

from pipelines.intake.origin import Origin
from pipelines.intake.sheet import Problem
from schemas.outputs import FINDING_COLUMNS
from schemas.tables import Rule, Table, is_personal, mapping_rules
from schemas.tables.file_rules import BY_ID

MASKED = "•••"
_LONGEST = 60
_TEXT = pd.StringDtype(na_value=np.nan)


def no_findings() -> pd.DataFrame:
    """A findings frame without a row."""
    return _nothing().copy()


@cache
def _nothing() -> pd.DataFrame:
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
    arrow = pc.replace_substring_regex(
        arrow, "[\u200e\u200f\u202a-\u202e\u2066-\u2069]", ""
    )  # they turn a line round
    one_line = arrow.to_pandas().astype("str").set_axis(cells.index)
    return one_line.where(~one_line.str.contains("@", regex=False), MASKED)


def row_findings(
    rule: Rule,
    table: Table,
    text: pd.DataFrame,
    mask: np.ndarray,
    file: str,
    sheet: str,
    origin: Origin | None = None,
) -> pd.DataFrame:
    """One finding for each row of `mask`: `text` holds the cells as they stood, its index the row numbers.

    Of a mapped table `text` holds the cells as they were mapped, and `origin` says where each row stood: the
    finding then names its file, sheet, row and heading, and shows the cell as it is there.
    """
    culprit = rule.columns[0]
    fields = [name for _, name, _, _ in string.Formatter().parse(rule.message) if name]
    wanted = {*fields, culprit, table.record_name}
    hit = text[[name for name in text.columns if name in wanted]].iloc[np.flatnonzero(mask)]
    # By position, not by name: several times quicker, and a brace in a cell is then only a brace.
    order = {name: f"{{{position}}}" for position, name in enumerate(dict.fromkeys(fields))}
    message = rule.message.format_map(order)

    def visible(name: str, cells: pd.Series) -> pd.Series:
        if origin is not None and origin.is_personal(name):
            return cells.where(cells == "", MASKED)
        return shown(cells, name, table)

    cells = {name: visible(name, _cells(hit, name)) for name in {*order, culprit, table.record_name}}
    words = [cells[name].to_list() for name in order]
    messages = list(map(message.format, *words)) if order else rule.message
    place: dict[str, Any] = {"file": file, "sheet": sheet, "row": hit.index.to_numpy(), "column": culprit}
    value = cells[culprit]
    if origin is not None:
        place = {
            "file": origin.names(hit.index),
            "sheet": origin.sheets(hit.index),
            "row": origin.row_numbers(hit.index),
            "column": origin.headings(culprit, hit.index),
        }
        value = visible(culprit, origin.as_given(culprit, _cells(hit, culprit)))
    return _frame(
        rule,
        len(hit),
        table=table.name,
        **place,
        value=value.to_numpy(),
        record_id=cells[table.record_name].to_numpy(),
        message=messages,
    )


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
    return _told(BY_ID[f"FIL-{number:03d}"], table, file, sheet, facts, row, record_id)


def problem_findings(problems: Sequence[Problem], table: Table, file: str, sheet: str) -> pd.DataFrame:
    """The findings of what a reader met, in its order; those of one rule are built at once, as of rows."""
    frames = []
    for number, alike in groupby(problems, key=lambda problem: problem.number):
        rule = BY_ID[f"FIL-{number:03d}"]
        some = list(alike)
        said = [_facts(table, file, problem.facts) for problem in some]
        frame = _frame(
            rule,
            len(some),
            table=table.name,
            file=file,
            sheet=sheet,
            row=[problem.row for problem in some],
            column=[str(facts.get("column", "")) for facts in said],
            value="",
            record_id=[problem.record_id for problem in some],
            message=[rule.message.format_map(facts) for facts in said],
            remedy=[rule.remedy.format_map(facts) for facts in said],
            touches=";".join(table.touches),
        )
        frames.append(frame)
    return join(*frames)


def mapping_finding(
    number: int,
    table: Table,
    file: str,
    sheet: str,
    facts: dict[str, Any],
    row: int | None = None,
    touches: Sequence[str] | None = None,
) -> pd.DataFrame:
    """One finding about what sources.yaml says of a file; `column` among the facts is the culprit."""
    rule = mapping_rules.BY_ID[f"MAP-{number:03d}"]
    return _told(rule, table, file, sheet, facts, row, touches=touches)


def _told(
    rule: Rule,
    table: Table,
    file: str,
    sheet: str,
    facts: dict[str, Any],
    row: int | None,
    record_id: str = "",
    touches: Sequence[str] | None = None,
) -> pd.DataFrame:
    facts = _facts(table, file, facts)
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
        touches=";".join(table.touches if touches is None else touches),
    )


def _facts(table: Table, file: str, facts: dict[str, Any]) -> dict[str, Any]:
    facts = {"table": table.name, "file": file or table.name, **facts}
    return {name: _one_line(fact) for name, fact in facts.items()}


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
    given = {**constants, **columns}
    made = {name: _column(given.get(name), name, count) for name in FINDING_COLUMNS}
    return pd.DataFrame(made, copy=False)


def _column(value: Any, name: str, count: int) -> Any:
    """A column of findings: one value for all of them (None: missing), or one for each."""
    if isinstance(value, str) and name != "row":
        return pd.arrays.ArrowStringArray(pa.repeat(pa.scalar(value, pa.large_string()), count), dtype=_TEXT)
    if not pd.api.types.is_list_like(value):
        value = [value] * count
    return pd.array(value, dtype="Int64" if name == "row" else "str")


def _one_line(fact: Any) -> Any:
    return re.sub(r"\s+", " ", fact) if isinstance(fact, str) else fact
