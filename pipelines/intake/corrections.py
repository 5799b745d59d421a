"""corrections.yaml: known errors of a source, each overridden, dropped or flagged by an entry that says why.

Entries are looked for in the text of a table as it arrived (mapped, not yet parsed), all of them in the same
text: what one changes another does not see, so their order means nothing.
"""

from __future__ import annotations

import difflib
import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import date
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.compute as pc

from pipelines.intake.findings import MASKED, cross_findings, join, shown
from pipelines.intake.mapping import LeftOut
from pipelines.intake.origin import Origin
from pipelines.intake.parse import clean
from pipelines.intake.received import Received
from pipelines.intake.records import Records, check_table
from pipelines.intake.settings import _load
from pipelines.intake.sheet import heading_key
from schemas.errors import InputError
from schemas.rulebook import Edition, Settings
from schemas.tables import TABLES, Table
from schemas.tables.correction_rules import BY_NUMBER

FILE = "corrections.yaml"
DROPPED = BY_NUMBER[7].id
# More records than these get one finding together: the entry is named, and every record is in the ledger.
MOST_NAMED = 20

_PLACE = ("row", "file")
_BETWEEN = "\x1f"  # parts the cells of a locator: no cleaned cell holds it


@dataclass(frozen=True)
class Correction:
    """One entry of corrections.yaml; `entry` counts from 1.

    `where`: column → cell, among them `row` and `file`, all as text. `expect`: column → cell. `value`: the
    new cell of `column`.
    """

    entry: int
    table: str
    where: Mapping[str, str]
    action: str
    reason: str
    by: str
    on: date
    column: str = ""
    value: str = ""
    expect: Mapping[str, str] = field(default_factory=dict)

    @property
    def said(self) -> str:
        """Why, by whom and when, in words."""
        return f"{_line(self.reason).rstrip('.')} ({_line(self.by)}, {self.on})"

    @property
    def names_one_record(self) -> bool:
        """Whether its locator can mean one record only."""
        return "row" in self.where or set(TABLES[self.table].key) <= set(self.where)


@dataclass(frozen=True)
class Corrected:
    """A table's text after its corrections.

    `frame`: as given, with values overridden and without the dropped rows. `left_out`: the dropped rows, an
    entry's together. `marks`: for each row of `frame`, what was done to it in words, "" for nothing.
    `findings`: see `FINDING_COLUMNS`. `applied`: each entry of the table with what became of it, for the
    return; nothing personal is in it.
    """

    frame: pd.DataFrame
    left_out: tuple[LeftOut, ...]
    marks: pd.Series
    findings: pd.DataFrame
    applied: tuple[dict[str, Any], ...]


# ----------------------------------------------------------------------------------------- reading the file


def load_corrections(folder: Path) -> tuple[Correction, ...]:
    """Read corrections.yaml in a landlord's folder of one year; none where there is no such file.

    InputError says what to correct.
    """
    path = folder / FILE
    if not path.exists() and not path.is_symlink():
        return ()
    entries = _load(path, "corrections").get("corrections") or ()
    return tuple(_correction(number, content, path) for number, content in enumerate(entries, start=1))


def _correction(entry: int, content: dict[str, Any], path: Path) -> Correction:
    table = TABLES[content["table"]]
    where = f"{path}, correction {entry}"
    overrides = content["action"] == "override"
    for name in ("column", "value"):
        if overrides and name not in content:
            raise InputError(f"{where}: '{name}' is missing: an override needs a column and its value.")
        if not overrides and name in content:
            raise InputError(
                f"{where}: '{name}' belongs to an override, not to a {content['action']}: remove it."
            )
    located = _cells(content["where"], table, where, _PLACE)
    if set(located) == {"file"}:
        raise InputError(f"{where}: 'where' names a file alone: add a row, or a column and its value.")
    return Correction(
        entry=entry,
        table=table.name,
        where=located,
        action=content["action"],
        reason=content["reason"],
        by=content["by"],
        on=date.fromisoformat(content["on"]),
        column=_column(content["column"], table, where) if overrides else "",
        value=_cell(content["value"]) if overrides else "",
        expect=_cells(content.get("expect") or {}, table, where, ()),
    )


def _cells(given: Mapping[str, Any], table: Table, where: str, others: Sequence[str]) -> dict[str, str]:
    cells: dict[str, str] = {}
    for written, value in given.items():
        name = written if written in others else _column(written, table, where)
        if name in cells:
            raise InputError(f"{where}: the column {name} is named twice: keep one.")
        cells[name] = _cleaned(_cell(value))
    return cells


def _column(written: str, table: Table, where: str) -> str:
    """A column by its name as the table has it; InputError where it can have none such."""
    key = heading_key(str(written))
    ours = {heading_key(name): name for name in table.by_name}
    if key in ours or (table.keeps_characteristics and key):
        return ours.get(key, key)
    close = difflib.get_close_matches(key, ours, n=1)
    hint = f" (did you mean {ours[close[0]]}?)" if close else ""
    raise InputError(
        f"{where}: {table.name} has no column '{_line(str(written))[:60]}'{hint}: use one of "
        f"{', '.join(table.by_name)}."
    )


def _cell(value: Any) -> str:
    """A value of the file as a cell's text."""
    if value is None:
        return ""
    return str(value).lower() if isinstance(value, bool) else str(value)


def _cleaned(text: str) -> str:
    return str(_cleaned_cells([text])[0].as_py())


def _cleaned_cells(cells: Any) -> pa.Array:
    text = pa.array(cells)
    text = text.combine_chunks() if isinstance(text, pa.ChunkedArray) else text
    return clean(text.cast(pa.large_string()))


def _line(text: str) -> str:
    return re.sub(r"\s+", " ", text).strip()


# ------------------------------------------------------------------------------------------------- applying


def check_corrected(
    received: Received,
    corrections: Iterable[Correction],
    edition: Edition,
    related: Mapping[str, pd.DataFrame],
    settings: Settings,
    landlord_names: Sequence[str] = (),
) -> tuple[Records, Corrected]:
    """Apply corrections to a received table and check it (see `check_table`).

    The dropped rows are among the rejected ones, and what the corrections found is among the findings.
    """
    corrected = correct(received, corrections)
    if received.frame is not None:
        left_out = (*received.left_out, *corrected.left_out)
        marks = corrected.marks if (corrected.marks != "").any() else None
        received = replace(received, frame=corrected.frame, left_out=left_out, marks=marks)
    records = check_table(received, edition, related, settings, landlord_names)
    return replace(records, findings=join(records.findings, corrected.findings)), corrected


def correct(received: Received, corrections: Iterable[Correction]) -> Corrected:
    """Apply the corrections of a received table.

    A table that is absent counts as one without rows, so that its corrections are not forgotten; one that was
    refused has none applied, as it is to be read again.
    """
    frame = received.frame
    if frame is None:
        table = TABLES[received.table]
        frame = pd.DataFrame({name: pd.Series([], dtype="str") for name in table.by_name})
        frame.index = pd.Index([], dtype="int64", name="source_row")
        is_absent = not received.file and received.findings.empty
        corrections = corrections if is_absent else ()
    origin = received.mapped.origin if received.mapped else None
    return apply_corrections(
        frame, corrections, received.table, file=received.file, sheet=received.sheet, origin=origin
    )


def apply_corrections(
    frame: pd.DataFrame,
    corrections: Iterable[Correction],
    table: str,
    *,
    file: str = "",
    sheet: str = "",
    origin: Origin | None = None,
) -> Corrected:
    """Apply the corrections of one table to its text (see `Received.frame`); `origin` where it was mapped."""
    mine = [correction for correction in corrections if correction.table == table]
    work = _Work(frame, TABLES[table], file, sheet, origin)
    located = work.locate(mine)
    for correction in mine:
        work.apply(correction, located[correction.entry])
    return work.done()


class _Work:
    """A table on its way through its corrections."""

    def __init__(
        self, frame: pd.DataFrame, table: Table, file: str, sheet: str, origin: Origin | None
    ) -> None:
        self.frame = frame
        self.table = table
        self.file = file
        self.sheet = sheet
        self.origin = origin
        self.lines: list[tuple[int, dict[str, Any]]] = []  # the rule's number and the finding's columns
        self.seen: dict[tuple[str, str], str] = {}
        self.applied: list[dict[str, Any]] = []
        # Which entry drops a row and which overrides a cell, 0 for none.
        self.drops = np.zeros(len(frame), dtype=np.int64)
        self.overrides: dict[str, np.ndarray] = {}
        self.new: dict[str, dict[int, str]] = {}
        self.marks = np.full(len(frame), "", dtype=object)
        self.reasons: dict[int, str] = {}

    # ---------------------------------------------------------------------------------------------- locating

    def locate(self, corrections: list[Correction]) -> dict[int, np.ndarray]:
        """Which rows, by position, each entry's locator fits: one pass for each set of columns."""
        found = {correction.entry: np.array([], dtype=np.int64) for correction in corrections}
        alike: dict[tuple[str, ...], list[Correction]] = {}
        for correction in corrections:
            if not self.missing(correction):
                alike.setdefault(tuple(sorted(correction.where)), []).append(correction)
        for columns, those in alike.items():
            keys = [_BETWEEN.join(each.where[name] for name in columns) for each in those]
            distinct = pa.array(list(dict.fromkeys(keys)), pa.large_string())
            cells = [self.cells(name) for name in columns]
            joined = pc.binary_join_element_wise(*cells, pa.scalar(_BETWEEN, pa.large_string()))
            which = pc.fill_null(pc.index_in(joined, value_set=distinct), -1)
            which = which.to_numpy(zero_copy_only=False)
            hit = np.flatnonzero(which >= 0)
            order = hit[np.argsort(which[hit], kind="stable")]
            starts = np.searchsorted(which[order], np.arange(len(distinct) + 1))
            place = {key.as_py(): number for number, key in enumerate(distinct)}
            for correction, key in zip(those, keys, strict=True):
                number = place[key]
                found[correction.entry] = order[starts[number] : starts[number + 1]]
        return found

    def missing(self, correction: Correction) -> str:
        """The first column that an entry names and the table does not have as it arrived."""
        named = [*(name for name in correction.where if name not in _PLACE), *correction.expect]
        named += [correction.column] if correction.column else []
        return next((name for name in named if name not in self.frame), "")

    def cells(self, name: str, rows: np.ndarray | None = None) -> pa.Array:
        """A column's cells, cleaned, of all rows or those at some positions; or the rows' places as text."""
        index = self.frame.index if rows is None else self.frame.index[rows]
        cells: Any
        if name == "row":
            numbers = self.origin.row_numbers(index) if self.origin else index.to_numpy()
            cells = pa.array(numbers)
        elif name == "file":
            names = self.origin.names(index) if self.origin else [self.file] * len(index)
            cells = pa.array(names, pa.string())
        else:
            cells = self.frame[name] if rows is None else self.frame[name].iloc[rows]
        return _cleaned_cells(cells)

    def given(self, name: str, rows: np.ndarray) -> pd.Series:
        """A column's cells as they stood in the source, before a mapping re-wrote them."""
        cells = self.frame[name].iloc[rows]
        return self.origin.as_given(name, cells) if self.origin else cells

    # ---------------------------------------------------------------------------------------------- applying

    def apply(self, correction: Correction, rows: np.ndarray) -> None:
        if missing := self.missing(correction):
            self.say(9, correction, "column missing", column=missing)
        elif not len(rows):
            self.say(1, correction, "fits no record")
        elif correction.names_one_record and len(rows) > 1:
            self.say(2, correction, "fits several records", rows, listed=self.listed(rows))
        elif unexpected := self.unexpected(correction, rows):
            column, row = unexpected
            facts = {"column": column, "expected": self.quoted(column, correction.expect[column])}
            facts["actual"] = self.quoted(column, self.given(column, np.array([row])).iloc[0])
            self.say(4, correction, "source differs from what it expects", rows, at=row, **facts)
        elif other := self.clash(correction, rows):
            self.say(10, correction, "contradicts another correction", rows, **other)
        else:
            if not correction.names_one_record and len(rows) > 1:
                self.say(3, correction, "", rows)
            {"override": self.override, "drop": self.drop, "flag": self.flag}[correction.action](
                correction, rows
            )

    def unexpected(self, correction: Correction, rows: np.ndarray) -> tuple[str, int] | None:
        """The first column and row in which the source does not say what an entry expects."""
        for name, expected in correction.expect.items():
            given = _cleaned_cells(self.given(name, rows))
            either = pc.or_(pc.equal(self.cells(name, rows), expected), pc.equal(given, expected))
            differs = ~either.to_numpy(zero_copy_only=False)
            if differs.any():
                return name, int(rows[np.flatnonzero(differs)[0]])
        return None

    def clash(self, correction: Correction, rows: np.ndarray) -> dict[str, Any] | None:
        """The earlier entry that changes the same record or cell, if any, and what both change."""
        if correction.action == "flag":
            return None
        claims = {"the record": self.drops}
        if correction.action == "drop":
            claims |= {"the record": np.maximum.reduce([self.drops, *self.overrides.values()])}
        elif correction.column in self.overrides:
            claims[correction.column] = self.overrides[correction.column]
        for what, claimed in claims.items():
            taken = claimed[rows]
            if taken.any():
                return {"what": what, "other": int(taken[taken > 0][0])}
        return None

    def override(self, correction: Correction, rows: np.ndarray) -> None:
        column = correction.column
        claimed = self.overrides.setdefault(column, np.zeros(len(self.frame), dtype=np.int64))
        claimed[rows] = correction.entry
        after = self.quoted(column, correction.value)
        changed = rows[pc.not_equal(self.cells(column, rows), _cleaned(correction.value)).to_numpy(False)]
        if not len(changed):
            self.say(5, correction, "changes nothing", rows, column=column, after=after)
            return
        self.new.setdefault(column, {}).update(dict.fromkeys(changed.tolist(), correction.value))
        self.mark(changed, f"{column} overridden by correction {correction.entry}")
        given = self.given(column, changed)
        before = [self.shown(column, text) for text in given.unique()]
        if len(changed) <= MOST_NAMED:
            cells = [self.shown(column, text) for text in given]
            self.of_records(6, correction, changed, column, cells, after)
        told = before[0] if len(before) == 1 else f"{len(before):,} different values"
        self.report(correction, "applied", len(changed), told, self.shown(column, correction.value))

    def drop(self, correction: Correction, rows: np.ndarray) -> None:
        self.drops[rows] = correction.entry
        self.reasons[correction.entry] = correction.said
        self.of_records(7, correction, rows)
        self.report(correction, "applied", len(rows))

    def flag(self, correction: Correction, rows: np.ndarray) -> None:
        self.mark(rows, f"flagged by correction {correction.entry}")
        self.of_records(8, correction, rows)
        self.report(correction, "applied", len(rows))

    def mark(self, rows: np.ndarray, words: str) -> None:
        before = self.marks[rows]
        self.marks[rows] = np.where(before == "", words, before + "; " + words)

    # ------------------------------------------------------------------------------------------------ saying

    def shown(self, column: str, text: str) -> str:
        """A cell as it may be shown: nothing of a person."""
        if (column, text) not in self.seen:
            personal = self.origin is not None and self.origin.is_personal(column)
            cell = shown(pd.Series([text], dtype="str"), column, self.table).iloc[0]
            self.seen[column, text] = MASKED if personal and text else str(cell)
        return self.seen[column, text]

    def quoted(self, column: str, text: str) -> str:
        return _quoted(self.shown(column, text))

    def where(self, correction: Correction) -> str:
        """A locator in words."""
        parts = []
        for name, text in correction.where.items():
            is_place = name in _PLACE and name not in self.table.by_name
            parts.append(f"{name} is {text if is_place else self.quoted(name, text)}")
        return " and ".join(parts)

    def listed(self, rows: np.ndarray) -> str:
        numbers = [str(number) for number in self.cells("row", rows[:3]).to_pylist()]
        more = f" and {len(rows) - 3:,} more" if len(rows) > 3 else ""
        return f"rows {', '.join(numbers)}{more}"

    def facts(self, correction: Correction, rows: np.ndarray | None = None) -> dict[str, Any]:
        return {
            "entry": correction.entry,
            "action": correction.action,
            "table": self.table.name,
            "where": self.where(correction),
            "said": correction.said,
            "count": f"{0 if rows is None else len(rows):,}",
        }

    def say(
        self,
        number: int,
        correction: Correction,
        outcome: str,
        rows: np.ndarray | None = None,
        at: int | None = None,
        **facts: Any,
    ) -> None:
        """One finding about an entry; with an outcome nothing was done, and the report says so."""
        rule = BY_NUMBER[number]
        facts = self.facts(correction, rows) | facts
        one = at if at is not None else (int(rows[0]) if rows is not None and len(rows) == 1 else None)
        column = str(facts.get("column", ""))
        line = {"file": FILE, "sheet": "", "row": None, "column": column, "record_id": "", "value": ""}
        if one is not None:
            (place,) = self.places(np.array([one]), column)
            line |= place
        self.lines.append((number, line | {"message": rule.message.format_map(facts)}))
        if outcome:
            self.report(correction, outcome, 0)

    def of_records(
        self,
        number: int,
        correction: Correction,
        rows: np.ndarray,
        column: str = "",
        before: Sequence[str] = (),
        after: str = "",
    ) -> None:
        """A finding for each record, unless there are many: COR-003 has then said how many."""
        if len(rows) > MOST_NAMED:
            return
        facts = self.facts(correction, rows) | {"column": column, "after": after}
        cells = before or [""] * len(rows)
        for place, cell in zip(self.places(rows, column), cells, strict=True):
            message = BY_NUMBER[number].message.format_map(facts | {"before": _quoted(cell)})
            self.lines.append((number, place | {"value": cell, "message": message}))

    def findings(self) -> pd.DataFrame:
        """What was said, in the order in which it was said; a frame a rule, as each frame costs its time."""
        frames, order = [], []
        for number in sorted({number for number, _ in self.lines}):
            said = [(at, line) for at, (other, line) in enumerate(self.lines) if other == number]
            order += [at for at, _ in said]
            columns = {name: [line[name] for _, line in said] for name in said[0][1]}
            rule = replace(BY_NUMBER[number], columns=("",), touches=self.table.touches)
            frames.append(cross_findings(rule, {"table": self.table.name, **columns}, len(said)))
        joined = join(*frames)
        return joined.iloc[np.argsort(order, kind="stable")].reset_index(drop=True) if order else joined

    def places(self, rows: np.ndarray, column: str) -> list[dict[str, Any]]:
        """File, sheet, row, column and record of the records at some positions, as findings have them."""
        hit = self.frame.iloc[rows]
        name = self.table.record_name
        given = hit[name] if name in hit else [""] * len(hit)
        ids = [self.shown(name, text) for text in given]
        if self.origin is None:
            return [
                {"file": self.file, "sheet": self.sheet, "row": row, "column": column, "record_id": record}
                for row, record in zip(hit.index, ids, strict=True)
            ]
        headings = self.origin.headings(column, hit.index) if column else [""] * len(hit)
        names, sheets = self.origin.names(hit.index), self.origin.sheets(hit.index)
        numbers = self.origin.row_numbers(hit.index)
        return [
            dict(zip(("file", "sheet", "row", "column", "record_id"), place, strict=True))
            for place in zip(names, sheets, numbers, headings, ids, strict=True)
        ]

    def report(
        self, correction: Correction, outcome: str, rows: int, before: str = "", after: str = ""
    ) -> None:
        """Note what became of an entry, as the return tells it."""
        self.applied.append(
            {
                "entry": correction.entry,
                "table": correction.table,
                "where": self.where(correction),
                "action": correction.action,
                "column": correction.column,
                "before": before,
                "after": after,
                "records": rows,
                "outcome": outcome,
                "reason": _line(correction.reason),
                "by": _line(correction.by),
                "on": str(correction.on),
            }
        )

    def done(self) -> Corrected:
        kept = self.drops == 0
        frame = self.frame.assign(**{name: self.overridden(name) for name in self.new})
        entries = self.drops[~kept]
        gone = self.frame.loc[~kept]
        left_out = tuple(
            LeftOut(gone.loc[entries == entry], DROPPED, f"{BY_NUMBER[7].title}: {reason}")
            for entry, reason in self.reasons.items()
        )
        return Corrected(
            frame=frame if kept.all() else frame.loc[kept],
            left_out=left_out,
            marks=pd.Series(self.marks[kept], index=self.frame.index[kept], dtype="str"),
            findings=self.findings(),
            applied=tuple(self.applied),
        )

    def overridden(self, column: str) -> pd.Series:
        cells = self.frame[column].copy()
        cells.iloc[list(self.new[column])] = list(self.new[column].values())
        return cells


def _quoted(text: str) -> str:
    return f"“{text}”" if text else "blank"
