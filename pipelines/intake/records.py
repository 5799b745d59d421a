"""Checking a table: from text as it arrived to typed records, the rows turned away, and every finding.

The order: cells are parsed; the table's rules run as pandera checks over the parsed frame; what they say is
applied (a value ignored, a row rejected); the key is checked over the rows that are left; and the accepted
frame is held against the typed schema, which by then it must meet.
"""

from __future__ import annotations

import os
from collections.abc import Callable, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field, replace
from typing import Any

import numpy as np
import pandas as pd
import pyarrow as pa
from pandera.errors import SchemaErrors

from pipelines.intake.findings import (
    file_finding,
    join,
    no_findings,
    row_findings,
    table_finding,
)
from pipelines.intake.lexicon import SYNONYM, lexicon
from pipelines.intake.mapping import values_not_named
from pipelines.intake.memory import give_back
from pipelines.intake.parse import Parsed, clean_text, parse_column
from pipelines.intake.received import Received, hold_against
from pipelines.intake.wording_check import wording_findings
from schemas.rulebook import Edition, Settings
from schemas.tables import TABLES, Column, Context, Effect, Grade, Rule, Table

# A rule that more than half of at least so many rows fail says that the file is wrong, not the rows.
MOST = 0.5
MOST_OF_AT_LEAST = 20

LONG = 100_000  # rows from which columns are read at the same time
_AT_ONCE = 4

# Rows turned away that take nothing from a figure: they do not count towards `rejected_share_stop`.
_REPEATED_ROW = 901

# A table's own columns that bear the name of one of ours in the rejected frame.
_AS_GIVEN = {name: f"{name}_as_given" for name in ("finding_id", "reason")}


@dataclass(frozen=True)
class Records:
    """A checked table.

    `accepted`: the typed rows: all columns of the table, its characteristics, and `source_row`; its `attrs`
    has table, file, sheet, sha256, absent_columns and characteristics. `rejected`: one line a row turned
    away: its text as it stood (or was mapped), `source_row`, `finding_id` and `reason` (a column of the
    table's own by such a name is there as `reason_as_given`). Where the table was read from several files,
    both have `source_file` too. `findings`: all of the table, those of the reader included.
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
    received: Received,
    edition: Edition,
    related: Mapping[str, pd.DataFrame],
    settings: Settings,
    landlord_names: Sequence[str] = (),
) -> Records:
    """Check one received table against its contract.

    `related`: the accepted frames of the tables that this one points to (homes; for survey_responses also
    households), by name. `landlord_names`: the landlord's name and its former ones, as questions may say
    them; none where they are not known. Nothing about the data raises; what is wrong is a finding.
    """
    table = TABLES[received.table]
    if received.frame is None:
        empty = empty_records(table.name)
        return Records(table.name, empty.accepted, empty.rejected, received.findings)
    if received.frame.empty and table.name == "homes":
        empty = empty_records(table.name)
        none = file_finding(4, table, received.file, received.sheet, {})
        if not received.left_out:
            return Records(table.name, empty.accepted, empty.rejected, join(received.findings, none))
    absent = frozenset(table.by_name) - frozenset(received.frame.columns)
    check = _Check(table, received, Context(edition, settings, related, absent))
    check.parse()
    check.check_mapping(landlord_names)
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
        self.mapped = self.received.mapped
        self.origin = self.mapped.origin if self.mapped else None
        self.parsed = pd.DataFrame(index=frame.index)
        self.held = np.ones(len(frame), dtype=bool)  # which rows `parsed` has
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
        given = [column for column in self.table.columns if column.name in self.text]
        for column, read in zip(given, self._read(given), strict=True):
            columns[column.name] = self._take_in(column, read)
        for column in self.table.columns:
            if column not in given:
                columns[column.name] = pd.Series(pd.NA, index=self.text.index, dtype=column.dtype)
                self.unusable[column.name] = np.zeros(len(self.text), dtype=bool)
        for name in self.characteristics:
            columns[name], errors = clean_text(self.text[name])
            self._report_cells(21, errors, name)
        self._report_misnamed()
        self.parsed = pd.DataFrame(columns, index=self.text.index)
        if len(self.text) >= LONG:
            del read
            give_back()

    def _report_misnamed(self) -> None:
        """Report the characteristics that are most likely a column of ours under another name."""
        if not self.characteristics or not self.context.absent:
            return
        words = lexicon()
        for column in self.table.columns:
            if column.name not in self.context.absent:
                continue
            for name in self.characteristics:
                if words.naming(name, self.table, column.name) >= SYNONYM:
                    facts = {"column": column.name, "given": name}
                    file, sheet = self.received.file, self.received.sheet
                    self.findings.append(file_finding(39, self.table, file, sheet, facts))

    @property
    def characteristics(self) -> list[str]:
        return [name for name in self.text.columns if name not in self.table.by_name]

    def _read(self, columns: list[Column]) -> list[Parsed]:
        """Parse columns, those of a long table at the same time."""

        def parsed(column: Column) -> Parsed:
            return parse_column(self.text[column.name], column, self.context.edition)

        return _together(parsed, columns, len(self.text))

    def _take_in(self, column: Column, read: Parsed) -> pd.Series:
        """Return a column as parsed, after its blank, unreadable and implausible cells are reported."""
        start = column.number * 10
        faults = [(start + 2, read.unreadable, ~read.blank), (start + 3, read.implausible, ~read.blank)]
        if column.required:
            faults.append((start + 1, read.blank, np.ones(len(read.blank), dtype=bool)))
        for number, mask, base in faults:
            if mask.any():
                self._report(self._as_expected(self.table.rule(number), column), mask, int(base.sum()))
        self._report_cells(20, read.null_words, column.name, word="NULL, NaN or the like")
        self._report_cells(21, read.error_words, column.name)
        self._report_cells(32, read.shortened, column.name)
        required_blank = read.blank if column.required else np.zeros(len(read.blank), dtype=bool)
        self.unusable[column.name] = read.unreadable | read.implausible | required_blank
        return read.values

    def _report_cells(self, number: int, count: int, column: str, **facts: str) -> None:
        """Report how many cells of a column are of some kind, in one finding."""
        if count:
            facts |= {"count": f"{count:,}", "column": column}
            self.findings.append(
                file_finding(number, self.table, self.received.file, self.received.sheet, facts)
            )

    def _as_expected(self, rule: Rule, column: Column) -> Rule:
        """A rule about a cell, naming what the landlord says that the column's cells look like."""
        expected = self.mapped.expected.get(column.name) if self.mapped else None
        if expected is None:
            return rule
        message, remedy = (text.replace(column.reads, expected) for text in (rule.message, rule.remedy))
        return replace(rule, message=message, remedy=remedy)

    def check_mapping(self, landlord_names: Sequence[str]) -> None:
        """Report what only the rulebook shows of a mapped table: values left unnamed, and wording."""
        if self.mapped:
            told = self.mapped, self.table, self.context.edition
            file = self.received.file
            self.findings.append(values_not_named(*told, file))
            self.findings.append(wording_findings(*told, landlord_names, file))

    def _rows(self, mask: np.ndarray) -> pd.DataFrame:
        """The parsed rows of a mask; of the others, which no later step asks for, none is held any longer."""
        if not np.array_equal(mask, self.held):
            kept = mask[self.held]
            index, names = self.parsed.index[kept], list(self.parsed.columns)
            columns = {name: self.parsed.pop(name) for name in names}
            chosen = []
            for name in names:  # each goes as soon as its part is taken, so that little is held twice
                chosen.append(_chosen(columns.pop(name), kept))
                if len(mask) >= LONG:
                    give_back()
            self.parsed = pd.DataFrame(dict(zip(names, chosen, strict=True)), index=index, copy=False)
            self.held = mask
        return self.parsed

    def apply_rules(self, levels: tuple[str, ...]) -> None:
        """Run the rules of some levels through pandera; locate the rows of those that do not hold."""
        looked_at = self.alive if "key" in levels else np.ones(len(self.parsed), dtype=bool)
        frame = self._rows(looked_at)
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
            rows = np.zeros(len(self.text), dtype=bool)
            rows[looked_at] = mask.to_numpy()
            for name in rule.columns:
                rows &= ~self.unusable[name]  # what could not be read is not also accused of something else
            if rows.any():
                self._report(rule, rows, len(self.text))

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
        file, sheet = self.received.file, self.received.sheet
        return row_findings(rule, self.table, self.text, rows, file, sheet, self.origin)

    def _report_once(self, rule: Rule, rows: np.ndarray, count: int, base: int) -> None:
        self.collapsed = True
        first = np.zeros_like(rows)
        first[np.flatnonzero(rows)[0]] = True
        example = self._row_findings(rule, first).iloc[0]
        facts = {"count": f"{count:,}", "total": f"{base:,}", "rule": rule.id, "title": rule.title}
        where = f" of {example['file']}" if self.origin and self.origin.several else ""
        facts |= {"column": rule.columns[0], "first": f"{example['row']}{where}"}
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
        if self.table.name == "homes" and not (self.alive.any() or self.refused or self.collapsed):
            rule = self.table.rule(506)  # as where every home was sold: nothing can be measured
            self.findings.append(table_finding(rule, self.table, self.received.file, self.received.sheet))
        names = [c.name for c in self.table.columns] + self.characteristics
        accepted = self._rows(self.alive)[names]
        accepted = accepted.assign(**self._places(accepted.index)).reset_index(drop=True)
        hold_against(self.table.typed_rows, accepted)
        accepted.attrs = _attrs(self.received, sorted(self.context.absent), self.characteristics)
        return Records(self.table.name, accepted, rejected, join(self.received.findings, *self.findings))

    def _places(self, index: pd.Index) -> dict[str, Any]:
        """Where rows stood: `source_row`, of several files `source_file`; and `correction`, what was done."""
        places: dict[str, Any] = {"source_row": index.to_numpy(dtype="int64")}
        if self.origin is not None:
            places["source_row"] = self.origin.row_numbers(index)
            if self.origin.several:
                places["source_file"] = self.origin.labels(index).array
        if self.received.marks is not None:
            places["correction"] = self.received.marks.reindex(index).fillna("").to_numpy()
        return places

    def _rejected(self) -> pd.DataFrame:
        names = [c.name for c in self.table.columns] + self.characteristics
        turned_away = ~self.alive
        rules = [self.rejecting[number - 1] for number in self.rejected_by[turned_away]]
        ids, titles = [rule.id for rule in rules], [rule.title for rule in rules]
        parts = [
            self._turned_away(_chosen_rows(self.text, turned_away), names, ids, titles),
            self._unread_rows(names),
            *(
                self._turned_away(
                    each.rows, names, [each.finding_id] * len(each.rows), [each.reason] * len(each.rows)
                )
                for each in self.received.left_out
            ),
        ]
        filled = [part for part in parts if len(part)] or parts[:1]
        together = pd.concat(filled, ignore_index=True) if len(filled) > 1 else filled[0]
        if self.origin is not None and self.origin.several:
            order = {file.label: number for number, file in enumerate(self.origin.files)}
            files = together["source_file"].map(order)
            together = together.iloc[np.lexsort((together["source_row"], files))]
            return together.reset_index(drop=True)
        return together.sort_values("source_row", kind="stable", ignore_index=True)

    def _turned_away(
        self, rows: pd.DataFrame, names: list[str], ids: list[str], reasons: list[str]
    ) -> pd.DataFrame:
        places = self._places(rows.index)
        rows = rows.reindex(columns=names, fill_value="").reset_index(drop=True).rename(columns=_AS_GIVEN)
        return rows.assign(
            **places, finding_id=pd.array(ids, dtype="str"), reason=pd.array(reasons, dtype="str")
        )

    def _unread_rows(self, names: list[str]) -> pd.DataFrame:
        """The rows that the reader could not take as rows: only what names them is known."""
        findings = self.received.findings
        unread = findings[(findings["effect"] == Effect.ROW_REJECTED) & findings["row"].notna()]
        rows = pd.DataFrame("", index=unread.index, columns=names, dtype="str").rename(columns=_AS_GIVEN)
        if self.table.record_name in names:
            rows[self.table.record_name] = unread["record_id"]
        places: dict[str, Any] = {"source_row": unread["row"].astype("int64")}
        if self.origin is not None and self.origin.several:
            labels = {(file.name, file.sheet): file.label for file in self.origin.files}
            files = [labels[place] for place in zip(unread["file"], unread["sheet"], strict=True)]
            places["source_file"] = pd.array(files, dtype="str")
        return rows.assign(**places, finding_id=unread["finding_id"], reason=unread["title"])

    def _check_share(self, rejected: pd.DataFrame) -> None:
        left_out = sum(len(each.rows) for each in self.received.left_out)
        apart = {f"{self.table.prefix}-{_REPEATED_ROW}"} | {
            each.finding_id for each in self.received.left_out
        }
        count = int((~rejected["finding_id"].isin(apart)).sum())
        total = len(self.text) + len(rejected) - left_out - int((~self.alive).sum())
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


def _together(work: Callable[[Any], Any], things: list[Any], rows: int) -> list[Any]:
    """Do the same work on many things, at the same time where there are many rows."""
    if rows < LONG:
        return [work(thing) for thing in things]
    with ThreadPoolExecutor(min(_AT_ONCE, os.cpu_count() or 1)) as pool:
        done = list(pool.map(work, things))
    give_back()
    return done


def _chosen_rows(frame: pd.DataFrame, mask: np.ndarray) -> pd.DataFrame:
    columns = {name: _chosen(frame[name], mask) for name in frame.columns}
    return pd.DataFrame(columns, index=frame.index[mask], copy=False)


def _chosen(column: pd.Series, mask: np.ndarray) -> Any:
    """Some of a column's cells; of text by Arrow, which takes half the time."""
    if column.dtype != "str":
        return column.array[mask]
    cells = pa.array(column)
    cells = cells if isinstance(cells, pa.ChunkedArray) else pa.chunked_array([cells])
    return pd.arrays.ArrowStringArray(cells.filter(pa.array(mask)), dtype=column.dtype)


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
