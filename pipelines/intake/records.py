"""Checking a table: from text as it arrived to typed records, the rows turned away, and every finding.

The order: cells are parsed; the table's rules run as pandera checks over the parsed frame; what they say is
applied (a value ignored, a row rejected); the key is checked over the rows that are left; and the accepted
frame is held against the typed schema, which by then it must meet.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

import numpy as np
import pandas as pd
from pandera.errors import SchemaErrors

from pipelines.intake.findings import (
    file_finding,
    join,
    no_findings,
    row_findings,
    table_finding,
)
from pipelines.intake.parse import clean_text, parse_column
from pipelines.intake.received import Received, hold_against
from schemas.rulebook import Edition, Settings
from schemas.tables import TABLES, Column, Context, Effect, Grade, Rule, Table

# A rule that more than half of at least so many rows fail says that the file is wrong, not the rows.
MOST = 0.5
MOST_OF_AT_LEAST = 20

# Rows turned away that take nothing from a figure: they do not count towards `rejected_share_stop`.
_REPEATED_ROW = 901

# A table's own columns that bear the name of one of ours in the rejected frame.
_AS_GIVEN = {name: f"{name}_as_given" for name in ("finding_id", "reason")}


@dataclass(frozen=True)
class Records:
    """A checked table.

    `accepted`: the typed rows: all columns of the table, its characteristics, and `source_row`; its `attrs`
    has table, file, sheet, sha256, absent_columns and characteristics. `rejected`: one line a row turned
    away: its text as it stood, `source_row`, `finding_id` and `reason` (a column of the table's own by such a
    name is there as `reason_as_given`). `findings`: all of the table, those of the reader included.
    """

    table: str
    accepted: pd.DataFrame
    rejected: pd.DataFrame
    findings: pd.DataFrame


def empty_records(table: str) -> Records:
    """The records of a table that is not there: no rows, the right columns and types."""
    contract = TABLES[table]
    columns = {c.name: pd.Series([], dtype=c.dtype) for c in contract.columns}
    accepted = pd.DataFrame({**columns, "source_row": pd.Series([], dtype="int64")})
    accepted.attrs = _attrs(Received(table, None, "", "", "", 0, no_findings()), list(contract.by_name), [])
    return Records(table, accepted, _no_rejected([c.name for c in contract.columns]), no_findings())


def check_table(
    received: Received, edition: Edition, related: Mapping[str, pd.DataFrame], settings: Settings
) -> Records:
    """Check one received table against its contract.

    `related`: the accepted frames of the tables that this one points to (homes; for survey_responses also
    households), by name. Nothing about the data raises; what is wrong is a finding.
    """
    table = TABLES[received.table]
    if received.frame is None:
        empty = empty_records(table.name)
        return Records(table.name, empty.accepted, empty.rejected, received.findings)
    if received.frame.empty and table.name == "homes":
        empty = empty_records(table.name)
        none = file_finding(4, table, received.file, received.sheet, {})
        return Records(table.name, empty.accepted, empty.rejected, join(received.findings, none))
    absent = frozenset(table.by_name) - frozenset(received.frame.columns)
    check = _Check(table, received, Context(edition, settings, related, absent))
    check.parse()
    check.apply_rules(("row", "table"))
    if not check.refused:
        check.ignore_values()
        check.apply_rules(("key",))
    return check.records()


@dataclass
class _Check:
    """One table on its way through the checks; each step adds to `findings` and `reasons`."""

    table: Table
    received: Received
    context: Context
    findings: list[pd.DataFrame] = field(default_factory=list)
    refused: bool = False
    collapsed: bool = False

    def __post_init__(self) -> None:
        frame = self.received.frame
        assert frame is not None
        self.text = frame
        self.parsed = pd.DataFrame(index=frame.index)
        self.unusable: dict[str, np.ndarray] = {}
        self.ignored: list[tuple[str, np.ndarray]] = []
        # Which of `rejecting` rejected each row, from 1, the first to do so being its reason; 0 = accepted.
        self.rejected_by = np.zeros(len(frame), dtype=np.int32)
        self.rejecting: list[Rule] = []

    @property
    def alive(self) -> np.ndarray:
        """Which rows no rule has rejected so far."""
        return self.rejected_by == 0

    def parse(self) -> None:
        """Read every column, report blank, unreadable and implausible cells."""
        columns: dict[str, pd.Series] = {}
        for column in self.table.columns:
            if column.name not in self.text:
                columns[column.name] = pd.Series(pd.NA, index=self.text.index, dtype=column.dtype)
                self.unusable[column.name] = np.zeros(len(self.text), dtype=bool)
                continue
            columns[column.name] = self._parse_cells(column)
        for name in self.characteristics:
            columns[name] = clean_text(self.text[name])
        self.parsed = pd.DataFrame(columns, index=self.text.index)

    @property
    def characteristics(self) -> list[str]:
        return [name for name in self.text.columns if name not in self.table.by_name]

    def _parse_cells(self, column: Column) -> pd.Series:
        read = parse_column(self.text[column.name], column, self.context.edition)
        start = column.number * 10
        faults = [(start + 2, read.unreadable, ~read.blank), (start + 3, read.implausible, ~read.blank)]
        if column.required:
            faults.append((start + 1, read.blank, np.ones(len(read.blank), dtype=bool)))
        for number, mask, base in faults:
            if mask.any():
                self._report(self.table.rule(number), mask, int(base.sum()))
        if read.null_words:
            facts = {"count": f"{read.null_words:,}", "column": column.name, "word": "NULL, NaN or the like"}
            self.findings.append(file_finding(20, self.table, self.received.file, self.received.sheet, facts))
        required_blank = read.blank if column.required else np.zeros(len(read.blank), dtype=bool)
        self.unusable[column.name] = read.unreadable | read.implausible | required_blank
        return read.values

    def apply_rules(self, levels: tuple[str, ...]) -> None:
        """Run the rules of some levels through pandera; locate the rows of those that do not hold."""
        looked_at = self.alive if "key" in levels else np.ones(len(self.parsed), dtype=bool)
        frame = self.parsed[looked_at] if "key" in levels else self.parsed
        found: dict[str, pd.Series] = {}
        schema = self.table.rule_schema(self.context, levels, found)
        try:
            hold_against(schema, frame)
        except SchemaErrors as errors:
            broken = set(errors.failure_cases["check"]) - {rule_id for rule_id, m in found.items() if m.any()}
            if broken:  # a rule that could not run, or a column of the wrong type: our defect
                raise
        finally:
            self.context.answers.clear()  # they hold on to the frame, and pandera would on to them
        rules = [(rule, found[rule.id]) for rule in self.table.rules if rule.id in found]
        for rule, mask in rules:
            if rule.level == "table" and mask.any():
                self._report_table(rule)
        if self.refused:
            return
        for rule, mask in rules:
            if rule.level == "table":
                continue
            rows = np.zeros(len(self.parsed), dtype=bool)
            rows[looked_at] = mask.to_numpy()
            for name in rule.columns:
                rows &= ~self.unusable[name]  # what could not be read is not also accused of something else
            if rows.any():
                self._report(rule, rows, len(self.parsed))

    def _report_table(self, rule: Rule) -> None:
        if rule.grade is Grade.STOP:
            self.refused = True
            self.findings.clear()  # of a file of another year nothing else is worth saying
        self.findings.append(table_finding(rule, self.table, self.received.file, self.received.sheet))

    def _report(self, rule: Rule, rows: np.ndarray, base: int) -> None:
        """Record a rule's rows: as findings, and as what they do to the record."""
        count = int(rows.sum())
        if rule.effect is Effect.VALUE_IGNORED and rule.level != "cell":
            self.ignored.append((rule.columns[0], rows))
        if rule.effect in (Effect.ROW_REJECTED, Effect.TABLE_REFUSED):
            self.rejecting.append(rule)
            self.rejected_by[rows & self.alive] = len(self.rejecting)
        if rule.effect is Effect.TABLE_REFUSED:
            self.refused = True
        if self._is_a_fault_of_the_file(rule, count, base):
            self._report_once(rule, rows, count, base)
        else:
            self.findings.append(self._row_findings(rule, rows))

    def _is_a_fault_of_the_file(self, rule: Rule, count: int, base: int) -> bool:
        """Whether so many rows fail a rule that the file is at fault: then one finding says it, a stop."""
        if rule.effect is Effect.TABLE_REFUSED:
            return count > MOST_OF_AT_LEAST
        acts = rule.effect in (Effect.ROW_REJECTED, Effect.VALUE_IGNORED) and rule.grade is Grade.CONFIRM
        return acts and base >= MOST_OF_AT_LEAST and count > MOST * base

    def _row_findings(self, rule: Rule, rows: np.ndarray) -> pd.DataFrame:
        return row_findings(rule, self.table, self.text, rows, self.received.file, self.received.sheet)

    def _report_once(self, rule: Rule, rows: np.ndarray, count: int, base: int) -> None:
        self.collapsed = True
        first = np.zeros_like(rows)
        first[np.flatnonzero(rows)[0]] = True
        example = self._row_findings(rule, first).iloc[0]
        facts = {"count": f"{count:,}", "total": f"{base:,}", "rule": rule.id, "title": rule.title}
        facts |= {"column": rule.columns[0], "first": str(example["row"])}
        facts |= {"example": str(example["message"]), "fix": rule.remedy}
        self.findings.append(file_finding(12, self.table, self.received.file, self.received.sheet, facts))

    def ignore_values(self) -> None:
        """Blank the cells that a rule says to ignore."""
        for name, rows in self.ignored:
            self.parsed[name] = self.parsed[name].mask(rows)

    def records(self) -> Records:
        """Part the accepted rows from the rejected ones, and say so where too many are rejected."""
        rejected = self._rejected()
        self._check_share(rejected)
        names = [c.name for c in self.table.columns] + self.characteristics
        accepted = self.parsed.loc[self.alive, names]
        accepted = accepted.assign(source_row=accepted.index.to_numpy(dtype="int64")).reset_index(drop=True)
        hold_against(self.table.typed, accepted)
        accepted.attrs = _attrs(self.received, sorted(self.context.absent), self.characteristics)
        return Records(self.table.name, accepted, rejected, join(self.received.findings, *self.findings))

    def _rejected(self) -> pd.DataFrame:
        names = [c.name for c in self.table.columns] + self.characteristics
        turned_away = ~self.alive
        rows = self.text[turned_away].reindex(columns=names, fill_value="")
        source_rows = rows.index.to_numpy(dtype="int64")
        reasons = self.rejected_by[turned_away]
        rules = [self.rejecting[number - 1] for number in reasons]
        rows = rows.reset_index(drop=True).rename(columns=_AS_GIVEN)
        rows = rows.assign(
            source_row=source_rows,
            finding_id=pd.array([rule.id for rule in rules], dtype="str"),
            reason=pd.array([rule.title for rule in rules], dtype="str"),
        )
        unread = self._unread_rows(names)
        both = pd.concat([rows, unread], ignore_index=True) if len(unread) else rows
        return both.sort_values("source_row", kind="stable", ignore_index=True)

    def _unread_rows(self, names: list[str]) -> pd.DataFrame:
        """The rows that the reader could not take as rows: only what names them is known."""
        findings = self.received.findings
        unread = findings[findings["effect"] == Effect.ROW_REJECTED]
        rows = pd.DataFrame("", index=unread.index, columns=names, dtype="str").rename(columns=_AS_GIVEN)
        if self.table.record_name in names:
            rows[self.table.record_name] = unread["record_id"]
        return rows.assign(
            source_row=unread["row"].astype("int64"), finding_id=unread["finding_id"], reason=unread["title"]
        )

    def _check_share(self, rejected: pd.DataFrame) -> None:
        repeats = f"{self.table.prefix}-{_REPEATED_ROW}"
        count = int((rejected["finding_id"] != repeats).sum())
        total = len(self.text) + len(rejected) - int((~self.alive).sum())
        limit = self.context.settings["rejected_share_stop"]
        if self.refused or self.collapsed or count * 100 <= limit * total:
            return
        facts = {
            "count": f"{count:,}",
            "total": f"{total:,}",
            "share": f"{100 * count / total:.1f}",
            "limit": limit,
        }
        self.findings.append(file_finding(13, self.table, self.received.file, self.received.sheet, facts))


def _no_rejected(names: list[str]) -> pd.DataFrame:
    columns = {_AS_GIVEN.get(name, name): pd.Series([], dtype="str") for name in names}
    columns |= {name: pd.Series([], dtype="str") for name in ("finding_id", "reason")}
    return pd.DataFrame(columns).assign(source_row=pd.Series([], dtype="int64"))


def _attrs(received: Received, absent: list[str], characteristics: list[str]) -> dict[str, Any]:
    return {
        "table": received.table,
        "file": received.file,
        "sheet": received.sheet,
        "sha256": received.sha256,
        "absent_columns": absent,
        "characteristics": characteristics,
    }
