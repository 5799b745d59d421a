"""A mapping applied: a sheet as it was read becomes a table's columns, whole columns at once.

The order, for one sheet: blank rows go; every column of ours is found under its heading; columns become rows
(unpivot); values are replaced; dates are re-written as ISO text; constants are filled in; filters say which
rows are left out. Then the sheets of all files are stacked. Nothing goes without a trace: what is not used,
not named or left out is said in findings, and rows left out are handed on with the reason.
"""

from __future__ import annotations

import os
from collections.abc import Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field, replace
from functools import cached_property
from typing import Any

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.compute as pc

from pipelines.intake import dates
from pipelines.intake.findings import MASKED, file_finding, join, mapping_finding, no_findings, shown
from pipelines.intake.origin import Origin, Pieces, SourceFile, labelled
from pipelines.intake.parse import clean
from pipelines.intake.sheet import Refused, Sheet, heading_key
from pipelines.intake.sources import RESERVED, Filter, Prefer, TableMapping, Unpivot, value_keys
from schemas.rulebook import Edition
from schemas.tables import Kind, Table, is_personal

_TEXT = pa.large_string()
_MOST_SHOWN = 12
_LONGEST = 60
_WORDS_OF_A_QUESTION = 5  # a heading of so many words is the question itself
_AT_ONCE = 4
_MOST_KEPT = 1_000  # values that a map does not name, of one column
FILTERED, PREFERRED = "MAP-201", "MAP-205"


class NotMapped(Refused):
    """A file that a mapping does not fit: the MAP rule and the facts of its message."""

    def __init__(self, number: int, **facts: Any) -> None:
        super().__init__(5, missing=facts.get("heading", ""), headings=facts.get("headings", ""))
        self.mapping_number = number
        self.mapping_facts = facts

    def finding(self, table: Table, file: str, sheet: str) -> pd.DataFrame:
        """The refusal as a finding."""
        return mapping_finding(self.mapping_number, table, file, sheet, self.mapping_facts)


@dataclass(frozen=True)
class LeftOut:
    """Rows that are left out before the checks: as text, by the rule `finding_id`, for `reason` (in words).

    Their index is as that of the table's frame. They go to the rejected rows, and do not count towards the
    share of rejected rows that stops the return.
    """

    rows: pd.DataFrame
    finding_id: str
    reason: str


@dataclass(frozen=True)
class Asked:
    """The text of a question as a file or sources.yaml carries it."""

    column: str
    text: str
    file: str = ""
    sheet: str = ""
    row: int | None = None


@dataclass(frozen=True)
class Replaced:
    """How many cells of a column said `given`, and were read as `ours` (None: they stayed as they were)."""

    column: str
    heading: str
    given: str
    ours: str | None
    count: int


@dataclass(frozen=True)
class Mapped:
    """What the checks must know of a table that was mapped, beside its text.

    `expected`: date column → what a cell of it looks like, in words.
    """

    origin: Origin
    expected: Mapping[str, str] = field(default_factory=dict)
    replaced: tuple[Replaced, ...] = ()
    asked: tuple[Asked, ...] = ()


@dataclass(frozen=True)
class Stacked:
    """A table put together from its files: its text, what stands behind it, and what is left out."""

    frame: pd.DataFrame
    mapped: Mapped
    left_out: tuple[LeftOut, ...]
    findings: pd.DataFrame


@dataclass
class MappedSheet:
    """One sheet in a table's columns.

    `columns`: text; `rows`: each row's number in the sheet; `given` and `spread`: see `Origin`; `filtered`:
    which filter leaves a row out, from 1 (0: none).
    """

    file: SourceFile
    mapping: TableMapping
    columns: dict[str, pa.ChunkedArray]
    rows: np.ndarray
    given: dict[str, Pieces]
    spread: dict[str, tuple[np.ndarray, tuple[str, ...]]]
    filtered: np.ndarray
    replaced: list[Replaced]
    asked: list[Asked]
    findings: list[pd.DataFrame]
    newness: np.ndarray | None = None  # by which the newest of several files is told (see `Prefer`)


def take_questions(sheet: Sheet, row: int | None) -> tuple[Sheet, list[str]]:
    """Take the row that holds the questions' text out of a sheet; raises Refused where there is none."""
    if row is None:
        return sheet, []
    found = np.flatnonzero(sheet.rows == row)
    if len(found):
        kept = np.ones(len(sheet.rows), dtype=bool)
        kept[found] = False
        questions = sheet.cells.iloc[found[0]].to_list()
        return replace(sheet, cells=sheet.cells.loc[kept], rows=sheet.rows[kept]), questions
    if row <= len(sheet.above):
        return sheet, sheet.above[row - 1]
    raise Refused(
        7,
        problem=f"there is no row {row}, which is said to hold the questions",
        how="Correct question_row in sources.yaml.",
    )


def map_sheet(
    sheet: Sheet,
    mapping: TableMapping,
    table: Table,
    file: SourceFile,
    questions: Sequence[str] = (),
) -> MappedSheet:
    """Apply a mapping to one sheet (blank rows left out before); raises Refused where it does not fit.

    `questions`: the cells of the row that holds the questions' text, where there is one.
    """
    work = _Work(sheet, mapping, table, file, questions)
    work.name_columns()
    work.spread_columns()
    for column, meanings in mapping.values.items():
        work.replace_values(column, meanings)
    work.rewrite_dates(mapping.dates)
    for column, constant in mapping.constants.items():
        work.columns[column] = _repeated(constant, len(work.rows))
    work.filter_rows()
    work.tell_newness()
    return work.done()


class _Work:
    """One sheet on its way into a table's columns."""

    def __init__(
        self,
        sheet: Sheet,
        mapping: TableMapping,
        table: Table,
        file: SourceFile,
        questions: Sequence[str],
    ) -> None:
        self.sheet = sheet
        self.questions = questions
        self.mapping = mapping
        self.table = table
        self.file = file
        self.columns: dict[str, pa.ChunkedArray] = {}
        self.headings: dict[str, str] = {}
        self.given: dict[str, Pieces] = {}
        self.spread: dict[str, tuple[np.ndarray, tuple[str, ...]]] = {}
        self.replaced: list[Replaced] = []
        self.asked: list[Asked] = []
        self.findings: list[pd.DataFrame] = []
        self.rows = np.asarray(sheet.rows, dtype=np.int64)
        self.at = np.arange(len(self.rows))  # which row of the sheet each of our rows is from
        self.is_spread = False
        self.positions: dict[str, list[int]] = {}
        for position, heading in enumerate(sheet.headings):
            if key := heading_key(heading):
                self.positions.setdefault(key, []).append(position)
        self.filtered = np.zeros(len(self.rows), dtype=np.int16)

    def say(self, number: int, touches: Sequence[str] | None = None, **facts: Any) -> None:
        """Add a finding about the file."""
        found = mapping_finding(number, self.table, self.file.name, self.file.sheet, facts, touches=touches)
        self.findings.append(found)

    # ------------------------------------------------------------------------------------ finding the columns

    def position_of(self, headings: Sequence[str]) -> int | None:
        """Where one of some headings stands, the first that the file has; Refused where it has it twice."""
        for heading in headings:
            found = self.positions.get(heading_key(heading), [])
            if len(found) > 1:
                raise Refused(6, column=heading)
            if found:
                return found[0]
        return None

    def raw(self, position: int) -> pa.ChunkedArray:
        """A column of the sheet as it stood."""
        return _chunked(self.sheet.cells[position])

    def name_columns(self) -> None:
        """Find the column of ours that each heading is, and say which headings are none."""
        mapping, table = self.mapping, self.table
        taken: dict[int, str] = {}
        sources: dict[str, int] = {}
        for name, headings in mapping.columns.items():
            position = self.position_of(headings)
            if position is None:
                self.missing(name, headings)
            else:
                sources[name] = position
                taken[position] = name
        spoken_of = {heading_key(heading) for heading in mapping.ignore}
        ignored = {position for key in spoken_of for position in self.positions.get(key, ())}
        filled = {*mapping.columns, *mapping.constants}
        if mapping.unpivot:
            filled |= {mapping.unpivot.name, mapping.unpivot.value}
            for headings in mapping.unpivot.columns.values():
                ignored |= {p for heading in headings for p in self.positions.get(heading_key(heading), ())}
        used_by_filters = {
            position
            for one in mapping.filters
            for position in self.positions.get(heading_key(one.column), ())
        }
        if mapping.prefer:
            used_by_filters |= {*self.positions.get(heading_key(mapping.prefer.column), ())}
        ours = {heading_key(name): name for name in table.by_name}
        unused, doubles = [], []
        for key, places in self.positions.items():
            name = ours.get(key, key)
            for position in places:
                if position in taken or position in ignored:
                    continue
                if name in filled:
                    doubles.append((self.sheet.headings[position], name))
                elif name in table.by_name or (table.keeps_characteristics and name not in RESERVED):
                    if name in sources:
                        raise Refused(6, column=name)
                    sources[name] = position
                elif position not in used_by_filters:
                    unused.append(self.sheet.headings[position])
        for name in dict.fromkeys([*table.by_name, *sources]):
            if name in sources:
                self.columns[name] = self.raw(sources[name])
                self.headings[name] = self.sheet.headings[sources[name]].strip()
        for heading, name in doubles:
            self.say(104, heading=_heading(heading), column=name)
        if unused:
            said = {"columns": _listed(unused)}
            self.findings.append(file_finding(17, table, self.file.name, self.file.sheet, said))
        self.require()
        self.take_in_questions(sources)

    def missing(self, name: str, headings: Sequence[str]) -> None:
        """Say that the file lacks a column that the mapping names; raises NotMapped where it cannot do so."""
        column = self.table.by_name.get(name)
        said = {"heading": "” or “".join(_heading(h) for h in headings), "column": name}
        is_stated = ("columns", name) in self.mapping.stated
        if column and column.required:
            raise NotMapped(101, **said, headings=self.shown_headings())
        if is_stated:
            touches = (self.table.touches if column.touches is None else column.touches) if column else ()
            self.say(102, touches, **said)

    def shown_headings(self) -> str:
        """The sheet's headings as a message may show them: of a row that is none, nothing is shown."""
        spread = self.mapping.unpivot.columns if self.mapping.unpivot else {}
        named = [each for headings in (*self.mapping.columns.values(), *spread.values()) for each in headings]
        known = {heading_key(each) for each in (*named, *self.table.by_name)}
        if known.isdisjoint(self.positions):
            return "not shown, as none is known here and they may be the values of a record"
        return _listed(self.sheet.headings)

    def require(self) -> None:
        """Raise Refused where a required column comes from nowhere."""
        mapping = self.mapping
        elsewhere = {*mapping.constants}
        if mapping.unpivot:
            elsewhere |= {mapping.unpivot.name, mapping.unpivot.value}
            if self.made_key is not None:
                elsewhere.add(self.table.key[0])
        missing = [
            c.name
            for c in self.table.columns
            if c.required and c.name not in self.columns and c.name not in elsewhere
        ]
        if missing:
            raise Refused(5, missing=" and no column ".join(missing), headings=self.shown_headings())

    def take_in_questions(self, sources: Mapping[str, int]) -> None:
        """Keep the text of each question: as sources.yaml has it, the row of questions, or the heading."""
        for name, position in sources.items():
            heading = self.sheet.headings[position]
            row = self.mapping.question_row if self.questions else None
            text = self.questions[position] if position < len(self.questions) else ""
            if not self.questions and len(heading.split()) >= _WORDS_OF_A_QUESTION:
                text = heading
            if name not in self.mapping.questions and text.strip():
                self.asked.append(Asked(name, text, self.file.name, self.file.sheet, row))
        self.asked += [Asked(name, text) for name, text in self.mapping.questions.items()]

    # ------------------------------------------------------------------------------------ columns become rows

    @cached_property
    def made_key(self) -> list[str] | None:
        """The columns of which each row's own key is made, where one row becomes several; None: it is not."""
        key = self.table.key
        if self.mapping.unpivot is None or len(key) > 1:
            return None
        if key[0] in self.columns:
            return [key[0]]
        places: list[str] = [name for name in ("home_id", "building_id") if name in self.columns]
        return places or None

    def spread_columns(self) -> None:
        """One row a named column that has a value (see `Unpivot`)."""
        unpivot = self.mapping.unpivot
        if unpivot is None:
            return
        found = self.spread_positions(unpivot)
        count = len(self.rows)
        names = list(found)
        headings = tuple(self.sheet.headings[position].strip() for position in found.values())
        stood = [self.raw(position) for position in found.values()]
        which = np.repeat(np.arange(len(names)), count)
        cells = pa.chunked_array([c for column in stood for c in column.chunks], _TEXT)
        meanings = self.mapping.values.get(unpivot.value, {})
        read = _replaced(_encoded(cells), meanings)[0] if meanings else cells
        filled = pc.not_equal(pc.utf8_trim_whitespace(read), "").to_numpy()
        for number, (name, heading) in enumerate(zip(names, headings, strict=True)):
            part = slice(number * count, (number + 1) * count)
            if name in unpivot.kept_blank:  # what a value map blanks (n/a) says that nothing is required
                stood_blank = pc.equal(pc.utf8_trim_whitespace(cells[part]), "").to_numpy() & ~filled[part]
                filled[part] |= stood_blank
                if stood_blank.any():
                    said = {"count": f"{int(stood_blank.sum()):,}", "heading": _heading(heading)}
                    self.say(106, **said, column=unpivot.value)
            blank = int((~filled[part]).sum())
            if blank:
                self.say(105, count=f"{blank:,}", heading=_heading(heading))
        kept = np.flatnonzero(filled)
        self.at = (kept % count) if count else kept
        order = np.argsort(self.at, kind="stable")
        kept, self.at = kept[order], self.at[order]
        for name, column in self.columns.items():
            self.columns[name] = _taken(column, self.at)
        which = which[kept]
        self.columns[unpivot.value] = _taken(cells, kept)
        self.columns[unpivot.name] = _chunk(pa.array(names, _TEXT).take(pa.array(which)))
        self.spread[unpivot.value] = (which, headings)
        self.spread[unpivot.name] = (which, headings)
        self.rows = self.rows[self.at]
        self.filtered = np.zeros(len(self.rows), dtype=np.int16)
        self.is_spread = True
        self.make_keys(unpivot)

    def spread_positions(self, unpivot: Unpivot) -> dict[str, int]:
        found: dict[str, int] = {}
        for name, headings in unpivot.columns.items():
            position = self.position_of(headings)
            if position is not None:
                found[name] = position
            elif ("unpivot", name) in self.mapping.stated:
                said = {"heading": "” or “".join(_heading(h) for h in headings), "column": unpivot.value}
                raise NotMapped(101, **said, headings=self.shown_headings())
        if not found:
            wanted = "” or “".join(_heading(h[0]) for h in unpivot.columns.values())
            raise NotMapped(101, heading=wanted, column=unpivot.value, headings=self.shown_headings())
        return found

    def make_keys(self, unpivot: Unpivot) -> None:
        """Give each of the rows that a row became its own reference: the row's, and the column's name."""
        if self.made_key is None:
            return
        key = self.table.key[0]
        base = self.columns[self.made_key[0]]
        for other in self.made_key[1:]:
            blank = pc.equal(pc.utf8_trim_whitespace(base), "")
            base = pc.if_else(blank, self.columns[other], base)
        if key in self.columns:
            self.given[key] = self.columns[key].chunks
        made = pc.binary_join_element_wise(
            pc.utf8_trim_whitespace(base), self.columns[unpivot.name], pa.scalar("-", _TEXT)
        )
        blank = pc.equal(pc.utf8_trim_whitespace(base), "")
        self.columns[key] = _chunk(pc.if_else(blank, pa.scalar("", _TEXT), made))

    # -------------------------------------------------------------------------------------- cells re-written

    def replace_values(self, column: str, meanings: Mapping[str, str]) -> None:
        """Replace a column's values by ours, and count what was and was not replaced."""
        if column not in self.columns:
            return
        encoded = _encoded(self.columns[column])
        self.columns[column], counts, at = _replaced(encoded, meanings)
        self.given.setdefault(column, [encoded])
        distinct = encoded.dictionary
        ours = list(meanings.values())
        heading = self.headings.get(column, column)
        unnamed = np.flatnonzero(at < 0)
        most = unnamed[np.argsort(-counts[unnamed], kind="stable")[:_MOST_KEPT]]
        kept = np.concatenate([np.flatnonzero(at >= 0), most])
        for given, count, which in zip(
            distinct.take(pa.array(kept)).to_pylist(), counts[kept].tolist(), at[kept].tolist(), strict=True
        ):
            if count and (which >= 0 or given.strip()):
                told = ours[which] if which >= 0 else None
                self.replaced.append(Replaced(column, heading, given, told, count))

    def rewrite_dates(self, formats: Mapping[str, Sequence[dates.DateFormat]]) -> None:
        """Re-write dates as ISO text, the chunks of all columns at the same time."""
        columns = [name for name in formats if name in self.columns]
        if self.sheet.name:  # only a workbook has date cells beside text
            for name in columns:
                self.say_half_swapped(name, formats[name])
        work = [(chunk, formats[name]) for name in columns for chunk in self.columns[name].chunks]
        with ThreadPoolExecutor(min(_AT_ONCE, os.cpu_count() or 1)) as pool:
            done = list(pool.map(lambda one: dates.rewrite(*one), work))
        for name in columns:
            count = self.columns[name].num_chunks
            chunks, done = done[:count], done[count:]
            self.given.setdefault(name, [given for _, given in chunks])
            self.columns[name] = pa.chunked_array([iso for iso, _ in chunks], _TEXT)

    def say_half_swapped(self, name: str, formats: Sequence[dates.DateFormat]) -> None:
        """Say where day and month look swapped in the date cells of one of the file's columns."""
        cells = self.columns[name].combine_chunks()
        which, headings = self.spread.get(name, (None, (self.headings.get(name, name),)))
        for number, heading in enumerate(headings):
            under = cells if which is None else cells.filter(pa.array(which == number))
            if found := dates.half_swapped(under, formats):
                facts = {"column": _heading(heading), "dates": f"{found[0]:,}", "texts": f"{found[1]:,}"}
                self.findings.append(file_finding(38, self.table, self.file.name, self.file.sheet, facts))

    # ------------------------------------------------------------------------------------------ rows left out

    def filter_rows(self) -> None:
        """Say of each row which filter leaves it out, the first that does."""
        for number, one in enumerate(self.mapping.filters, 1):
            hit = filter_hits(self.filter_cells(one), one)
            self.filtered[hit & (self.filtered == 0)] = number

    def filter_cells(self, one: Filter) -> pa.ChunkedArray:
        """The cells that a filter looks at: the file's own as they stood, else ours as they were mapped."""
        position = self.position_of([one.column])
        if position is not None:
            cells = self.raw(position)
            return _taken(cells, self.at) if self.is_spread else cells
        for name in (one.column, heading_key(one.column)):
            if name in self.columns:
                return self.columns[name]
        raise NotMapped(103, heading=_heading(one.column), reason=one.reason)

    def tell_newness(self) -> None:
        """Read the column by which the newest of several files is told."""
        prefer = self.mapping.prefer
        self.newness: np.ndarray | None = None
        if prefer is None or prefer.which != "newest":
            return
        position = self.position_of([prefer.column])
        name = next((n for n in (prefer.column, heading_key(prefer.column)) if n in self.columns), None)
        if position is not None:
            cells = self.raw(position)
            cells = _taken(cells, self.at) if self.is_spread else cells
        elif name is not None:
            cells = self.columns[name]
        else:
            raise NotMapped(107, heading=_heading(prefer.column))
        formats = prefer.formats or self.mapping.dates.get(name or self.named_after(position), ())
        text = dates.to_iso(clean(cells.combine_chunks()), formats)
        # Parts of a second, and a zone that all cells share, do not tell one month's file from the next.
        self.newness = dates.read_iso(pc.utf8_slice_codeunits(text, 0, 19).cast(_TEXT))[0]

    def named_after(self, position: int | None) -> str:
        """Our column that is taken from a place in the sheet, "" where none is."""
        heading = self.sheet.headings[position].strip() if position is not None else ""
        return next((name for name, theirs in self.headings.items() if theirs == heading), "")

    def done(self) -> MappedSheet:
        """The sheet in our columns."""
        file = replace(self.file, headings=self.headings)
        return MappedSheet(
            file,
            self.mapping,
            self.columns,
            self.rows,
            self.given,
            self.spread,
            self.filtered,
            self.replaced,
            self.asked,
            self.findings,
            self.newness,
        )


def filter_hits(cells: pa.ChunkedArray, one: Filter) -> np.ndarray:
    """Which cells a filter leaves out."""
    encoded = _encoded(cells)
    distinct, codes = encoded.dictionary, encoded.indices.to_numpy(zero_copy_only=False)
    keys = value_keys(distinct)
    if one.kind == "matches":
        hit = pc.match_substring_regex(clean(distinct), one.values[0], ignore_case=True)
    elif one.kind in ("blank", "filled"):
        hit = pc.equal(keys, "")
    else:
        hit = pc.is_in(keys, value_set=value_keys(pa.array(one.values, _TEXT)))
    mask = hit.to_numpy(zero_copy_only=False)
    if one.kind in ("filled", "is_not"):
        mask = ~mask
    return mask[codes] if len(mask) else np.zeros(len(codes), dtype=bool)


def condition(one: Filter) -> str:
    """A filter in words."""
    column = f"“{_heading(one.column)}”"
    if one.kind in ("blank", "filled"):
        return f"{column} is {'' if one.kind == 'blank' else 'not '}blank"
    hidden = is_personal(heading_key(one.column))
    words = [MASKED if hidden else _heading(word) or "blank" for word in one.values[:_MOST_SHOWN]]
    more = f" and {len(one.values) - _MOST_SHOWN} more" if len(one.values) > _MOST_SHOWN else ""
    verb = {"is": "is", "is_not": "is not", "matches": "matches"}[one.kind]
    return f"{column} {verb} {' or '.join(words)}{more}"


# --------------------------------------------------------------------------------------------------- stacking


def stack(sheets: list[MappedSheet], table: Table, said_as: str) -> Stacked:
    """Put the sheets of a table's files under one another.

    `said_as`: what stands for all of them in a finding about the table as a whole.
    """
    files = labelled([sheet.file for sheet in sheets])
    names = list(dict.fromkeys(name for sheet in sheets for name in sheet.columns))
    names.sort(key=lambda name: list(table.by_name).index(name) if name in table.by_name else len(names) + 99)
    lengths = [len(sheet.rows) for sheet in sheets]
    total = sum(lengths)

    def pieces(name: str) -> list[tuple[MappedSheet, pa.ChunkedArray]]:
        return [
            (sheet, sheet.columns[name] if name in sheet.columns else _repeated("", length))
            for sheet, length in zip(sheets, lengths, strict=True)
        ]

    columns = {
        name: pa.chunked_array([c for _, column in pieces(name) for c in column.chunks], _TEXT)
        for name in names
    }
    rewritten = dict.fromkeys(name for sheet in sheets for name in sheet.given)
    spread: dict[str, tuple[np.ndarray, tuple[str, ...]]] = {}
    for name in dict.fromkeys(name for sheet in sheets for name in sheet.spread):
        which, words = [], list[str]()
        for sheet, length in zip(sheets, lengths, strict=True):
            of_sheet = sheet.spread.get(name)
            heading = (sheet.file.headings.get(name, name),)
            codes, there = (np.zeros(length, dtype=np.int64), heading) if of_sheet is None else of_sheet
            which.append(codes + len(words))
            words += there
        spread[name] = (np.concatenate(which), tuple(words))
    origin = Origin(
        files=files,
        at=np.repeat(np.arange(len(files), dtype=np.int16), lengths),
        rows=np.concatenate([sheet.rows for sheet in sheets]),
        given={
            name: [p for sheet, column in pieces(name) for p in sheet.given.get(name, column.chunks)]
            for name in rewritten
        },
        spread=spread,
    )
    unmatched = _values_not_there(sheets, table, said_as)
    for sheet in sheets:
        sheet.columns.clear()  # so that they can go, one after another, as the frame's are made
    frame, left_out, findings = _without_filtered(columns, total, sheets, table, said_as)
    mapped = Mapped(
        origin,
        expected=_expected(sheets),
        replaced=tuple(one for sheet in sheets for one in sheet.replaced),
        asked=tuple(one for sheet in sheets for one in sheet.asked),
    )
    given_twice = no_findings()
    if origin.several:
        prefer = sheets[0].mapping.prefer
        several = _in_two_files(frame, origin, table)
        if several is not None and prefer is None:
            given_twice = _first_kept(several, origin, table, said_as)
        elif several is not None and prefer is not None:
            newness = [sheet.newness for sheet in sheets if sheet.newness is not None]
            told = np.concatenate(newness) if newness else None
            kept, given_twice = _preferred(several, prefer, told, origin, table, said_as)
            lost = ~frame.index.isin(several.index[~kept])
            left_out += (LeftOut(frame.loc[~lost], PREFERRED, f"another file is preferred ({prefer.words})"),)
            frame = frame.loc[lost]
    of_sheets = [finding for sheet in sheets for finding in sheet.findings]
    return Stacked(frame, mapped, left_out, join(*of_sheets, unmatched, *findings, given_twice))


def _expected(sheets: list[MappedSheet]) -> dict[str, str]:
    formats: dict[str, dict[str, dates.DateFormat]] = {}
    for sheet in sheets:
        for name, several in sheet.mapping.dates.items():
            formats.setdefault(name, {}).update({one.text: one for one in several})
    return {name: dates.expected(list(several.values())) for name, several in formats.items()}


def _without_filtered(
    columns: dict[str, pa.ChunkedArray],
    total: int,
    sheets: list[MappedSheet],
    table: Table,
    said_as: str,
) -> tuple[pd.DataFrame, tuple[LeftOut, ...], list[pd.DataFrame]]:
    """Part the rows that filters leave out from the others."""
    filters: dict[Filter, np.ndarray] = {}
    start = 0
    for sheet in sheets:
        end = start + len(sheet.rows)
        for number, one in enumerate(sheet.mapping.filters, 1):
            hit = filters.setdefault(one, np.zeros(total, dtype=bool))
            hit[start:end] |= sheet.filtered == number
        start = end
    left_out, findings = [], []
    kept = np.ones(total, dtype=bool)
    for one, hit in filters.items():
        count = int(hit.sum())
        words = {"condition": condition(one), "reason": one.reason, "count": f"{count:,}"}
        findings.append(mapping_finding(201 if count else 203, table, said_as, "", words))
        if count:
            kept &= ~hit
            left_out.append(LeftOut(_rows_of(columns, hit), FILTERED, one.reason))
    if filters and total and not kept.any():
        words = {"count": f"{total:,}", "condition": condition(list(filters)[-1])}
        findings.append(mapping_finding(202, table, said_as, "", words))
    return _rows_of(columns, kept, used_up=True), tuple(left_out), findings


def _rows_of(columns: dict[str, pa.ChunkedArray], mask: np.ndarray, *, used_up: bool = False) -> pd.DataFrame:
    """Some rows of columns as a frame, numbered as they stand there; the columns may go where `used_up`."""
    if mask.all():
        index = pd.RangeIndex(len(mask), name="source_row")
        return pd.DataFrame({name: _series(column).array for name, column in columns.items()}, index=index)
    index = pd.Index(np.flatnonzero(mask), name="source_row")
    wanted = pa.array(mask)
    chosen = {}
    for name in list(columns):
        column = columns.pop(name) if used_up else columns[name]
        chosen[name] = _series(_chunk(column.filter(wanted).combine_chunks())).array
    return pd.DataFrame(chosen, index=index, copy=False)


def _values_not_there(sheets: list[MappedSheet], table: Table, said_as: str) -> pd.DataFrame:
    """A note for each column of which the landlord's own value map names values that no row has."""
    named: dict[str, dict[str, None]] = {}
    for sheet in sheets:
        for part in sheet.mapping.stated:
            if part[0] == "values" and len(part) == 3 and part[1] in sheet.columns:
                named.setdefault(part[1], {})[part[2]] = None
    there: dict[str, set[str]] = {}
    headings: dict[str, str] = {}
    for sheet in sheets:
        for one in sheet.replaced:
            headings[one.column] = one.heading
            if one.ours is not None:
                key = value_keys(pa.array([one.given], _TEXT))[0].as_py()
                there.setdefault(one.column, set()).add(key)
    found = []
    for column, keys in named.items():
        missing = sorted(set(keys) - there.get(column, set()))
        if missing:
            heading = headings.get(column, column)
            words = _values_shown([(word, None) for word in missing], column, heading, table)
            facts = {"heading": _heading(heading), "column": column, "values": words}
            found.append(mapping_finding(112, table, said_as, "", facts, touches=()))
    return join(*found)


def values_not_named(mapped: Mapped, table: Table, edition: Edition, file: str) -> pd.DataFrame:
    """A note for each column whose value map leaves values unnamed that the column cannot hold."""
    from pipelines.intake.parse import parse_column

    by_column: dict[str, dict[str, int]] = {}
    headings: dict[str, str] = {}
    for one in mapped.replaced:
        if one.ours is None:
            counts = by_column.setdefault(one.column, {})
            counts[one.given] = counts.get(one.given, 0) + one.count
            headings[one.column] = one.heading
    found = []
    for name, counts in by_column.items():
        column = table.by_name.get(name)
        if column and column.is_date:
            continue  # what is no date is said row by row
        if column and (column.kind is not Kind.TEXT or column.pattern):
            read = parse_column(pd.Series(list(counts), dtype="str"), column, edition)
            counts = {word: counts[word] for word, bad in zip(counts, read.unreadable, strict=True) if bad}
        if counts:
            most = sorted(counts.items(), key=lambda item: (-item[1], item[0]))
            words = _values_shown(most, name, headings[name], table)
            facts = {"heading": _heading(headings[name]), "column": name, "values": words}
            found.append(mapping_finding(111, table, file, "", facts, touches=()))
    return join(*found)


def _values_shown(values: Sequence[tuple[str, int | None]], column: str, heading: str, table: Table) -> str:
    """Values and their counts as a message may show them: a few, on one line, and nothing of a person."""
    few = pd.Series([value for value, _ in values[:_MOST_SHOWN]], dtype="str")
    if is_personal(heading_key(heading)):
        few = few.where(few == "", MASKED)
    words = shown(few, column, table).to_list()
    counts = [f" ({count:,} rows)" if count else "" for _, count in values[:_MOST_SHOWN]]
    more = f" and {len(values) - _MOST_SHOWN:,} more" if len(values) > _MOST_SHOWN else ""
    return ", ".join(f"“{word}”{count}" for word, count in zip(words, counts, strict=True)) + more


def _in_two_files(frame: pd.DataFrame, origin: Origin, table: Table) -> pd.DataFrame | None:
    """The rows whose record stands in more than one of a table's files: their key, and `_file`, which one."""
    names = [name for name in table.key if name in frame]
    if len(names) < len(table.key):
        return None
    keys = frame[names].apply(lambda column: column.str.strip())
    again = keys.duplicated(keep=False) & (keys[names[0]] != "")
    if not again.any():
        return None
    labels = [file.label for file in origin.files]
    same = np.array([labels.index(label) for label in labels])  # a file that is read twice is one file
    keys = keys[again].assign(_file=same[origin.at[np.asarray(keys.index[again])]])
    several = keys.groupby(names, sort=False)["_file"].transform("nunique") > 1
    return keys[several] if several.any() else None


def _first_kept(keys: pd.DataFrame, origin: Origin, table: Table, said_as: str) -> pd.DataFrame:
    """A note that of records in several files the one read first is kept."""
    names = list(table.key)
    record = keys.iloc[0]
    rows = keys[(keys[names] == record[names]).all(axis=1)].drop_duplicates("_file")
    facts = {"count": f"{keys.groupby(names).ngroups:,}", "record": _record(record, table)}
    return mapping_finding(204, table, said_as, "", facts | _two_places(rows.index[:2], origin))


def _preferred(
    keys: pd.DataFrame,
    prefer: Prefer,
    newness: np.ndarray | None,
    origin: Origin,
    table: Table,
    said_as: str,
) -> tuple[np.ndarray, pd.DataFrame]:
    """Which rows of records in several files are of the file to be believed; and a note of it."""
    names = list(table.key)
    order = pd.DataFrame({"_file": keys["_file"].to_numpy()})
    undated = 0
    if prefer.which == "newest" and newness is not None:
        when = newness[np.asarray(keys.index)]
        undated = int(np.isnat(when).sum())
        order["when"] = np.where(np.isnat(when), np.iinfo(np.int64).min, when.astype(np.int64))
    else:
        order["when"] = 0
    order["rank"] = np.arange(len(order))
    sign = -1 if prefer.which == "first" else 1
    order = order.assign(_place=sign * order["_file"]).sort_values(["when", "_place"], kind="stable")
    record = keys.groupby(names, sort=False).ngroup().to_numpy()
    best = np.zeros(record.max() + 1, dtype=np.int64)
    best[record[order["rank"].to_numpy()]] = order["_file"].to_numpy()  # the last to be written is the best
    kept = keys["_file"].to_numpy() == best[record]
    winners = pd.Series([origin.files[number].label for number in best]).value_counts()
    shown_files = [f"{label} ({count:,})" for label, count in winners.head(_MOST_SHOWN).items()]
    more = f" and {len(winners) - _MOST_SHOWN:,} more" if len(winners) > _MOST_SHOWN else ""
    of_first = record == record[0]
    rows = [keys.index[of_first & kept][0], keys.index[of_first & ~kept][0]]
    facts = {
        "count": f"{len(best):,}",
        "how": _heading(prefer.words),
        "left": f"{int((~kept).sum()):,}",
        "winners": ", ".join(shown_files) + more,
        "record": _record(keys.iloc[0], table),
        "undated": f" {undated:,} rows without such a date count as the oldest." if undated else "",
    }
    found = mapping_finding(205, table, said_as, "", facts | _two_places(pd.Index(rows), origin))
    return kept, found


def _record(keys: pd.Series, table: Table) -> str:
    """A record's key as a message may show it."""
    return " ".join(shown(pd.Series([keys[name] for name in table.key], dtype="str"), table.key[0], table))


def _two_places(rows: pd.Index, origin: Origin) -> dict[str, str]:
    """The files and rows of two rows, as messages name them."""
    files, numbers = origin.labels(rows), origin.row_numbers(rows)
    return {
        "first": files.iloc[0],
        "first_row": f"{numbers[0]}",
        "second": files.iloc[1],
        "second_row": f"{numbers[1]}",
    }


# ----------------------------------------------------------------------------------------------- small things


def _chunked(cells: pd.Series) -> pa.ChunkedArray:
    return _chunk(pa.array(cells)).cast(_TEXT)


def _chunk(cells: Any) -> pa.ChunkedArray:
    return cells if isinstance(cells, pa.ChunkedArray) else pa.chunked_array([cells])


def _series(cells: pa.ChunkedArray) -> pd.Series:
    return pd.Series(pd.arrays.ArrowStringArray(cells, dtype=pd.StringDtype(na_value=np.nan)))


def _repeated(word: str, count: int) -> pa.ChunkedArray:
    return _chunk(pa.repeat(pa.scalar(word, _TEXT), count))


def _taken(cells: pa.ChunkedArray, at: np.ndarray) -> pa.ChunkedArray:
    return _chunk(cells.take(pa.array(at)))


def _encoded(cells: pa.ChunkedArray) -> pa.DictionaryArray:
    """A column as its distinct values, and which of them each cell has."""
    return cells.combine_chunks().dictionary_encode()


def _replaced(
    encoded: pa.DictionaryArray, meanings: Mapping[str, str]
) -> tuple[pa.ChunkedArray, np.ndarray, np.ndarray]:
    """Cells with values replaced; of each distinct one how often it stands, and which entry it met (-1)."""
    distinct, codes = encoded.dictionary, encoded.indices.to_numpy(zero_copy_only=False)
    at = pc.index_in(value_keys(distinct), value_set=pa.array(list(meanings), _TEXT))
    ours = pa.array(list(meanings.values()), _TEXT).take(at)
    read = pc.if_else(at.is_valid(), ours, distinct)
    counts = np.bincount(codes, minlength=len(distinct)) if len(codes) else np.zeros(0, dtype=np.int64)
    which = pc.fill_null(at, -1).to_numpy(zero_copy_only=False)
    return _chunk(read.take(encoded.indices)), counts, which


def _heading(heading: str) -> str:
    line = " ".join(heading.split())
    return line if len(line) <= _LONGEST else f"{line[:_LONGEST]}…"


def _listed(headings: Sequence[str]) -> str:
    plain = [_heading(heading) for heading in headings if heading.strip()]
    few = [MASKED if "@" in heading else heading for heading in plain[:_MOST_SHOWN]]
    return ", ".join(few) + (f" and {len(plain) - len(few):,} more" if len(plain) > len(few) else "")
