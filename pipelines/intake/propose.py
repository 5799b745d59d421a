"""`tsm map`: what a file is and how it is read, as an entry of sources.yaml with its doubts.

Nothing is asked and nothing is decided: what is not sure is marked, and what is doubtful is shown and left
out, so that a row is turned away by name and never counted by a wrong guess.
"""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

import pandas as pd
import pyarrow.compute as pc

from pipelines.intake.codebook import Said, names_in, said_on
from pipelines.intake.content import Content, bare, content_of, fit, text_array
from pipelines.intake.dates import DateFormat, half_swapped
from pipelines.intake.glance import Glance, Page, glance
from pipelines.intake.lexicon import Lexicon, lexicon
from pipelines.intake.matching import (
    LONGEST_HEADING,
    Asked,
    Guess,
    Match,
    Reading,
    asb_values,
    is_due,
    is_five_point,
    match,
    programme_of,
    read_page,
)
from pipelines.intake.sheet import heading_key, much_the_same
from pipelines.intake.two_stages import STAGES
from pipelines.intake.value_maps import ValueMap, register_values, value_map
from schemas.errors import InputError
from schemas.rulebook import Edition
from schemas.tables import TABLES, Column, Kind, Table

# Presets that map the answer codes of TP01 to TP12, by the code of "Very satisfied".
ONE_IS_BEST, FIVE_IS_BEST = "tsm_codes_1_is_best", "tsm_codes_5_is_best"
DELIMITER_WORDS = {";": ";", "\t": "tab", "|": "|"}

_RECOGNISED = 2.0  # a table is recognised from this score
_NEARLY_AS_GOOD = 0.7  # of the best table's score
_REPEATED_SHARE, _REPEATED_COLUMNS = 0.02, 8  # of rows alike but for their reference; of columns, at least
_MOST_TOTALS, _TOTALS_SHARE = 60, 0.05  # different rows of totals (one a week, say), and their share of all

_HINTS = {
    "tenure": "if every row is of one tenure, constants: {tenure: LCRA}",
    "method": "if all answered in one way, constants: {method: telephone}",
    "programme": "if every row is of one programme, constants: {programme: gas}",
    "stage": "if every row is of one stage, constants: {stage: 1}",
    "hate_incident": "whether a case involved a hate incident must be known of every case",
    "check_id": "every check needs a reference of its own",
}


@dataclass(frozen=True)
class Filter:
    """Rows to leave out. `active`: proposed, not only shown."""

    entry: dict[str, Any]
    rows: int
    active: bool


@dataclass
class Proposal:
    """What is proposed for one file; `proposal_text.as_yaml` prints it.

    `rivals`: other tables that it may be; `left_out`: rows with too many or too few cells; `missing`:
    required columns that were not found, each with a hint; `ignored`: columns that the table would keep and
    should not, those about a person above all. `sheets`: where several sheets are of one kind, each of them;
    `of_sheets`: each one's constants. `due`: programme → the column of its next due dates, where a register
    has them beside those of `unpivot` and they are needed. `swapped`: by the place of a date column in whose
    date cells day and month look swapped, how many of these there are and how many dates as text.
    """

    glance: Glance
    page: Page
    header: int
    question_row: int
    table: Table
    confidence: str
    rivals: tuple[str, ...]
    rows: int
    left_out: int
    guesses: list[Guess]
    unpivot: dict[str, Content]
    stages: dict[str, dict[str, Content]]
    values: dict[str, ValueMap] = field(default_factory=dict)
    constants: dict[str, tuple[str, str]] = field(default_factory=dict)
    filters: list[Filter] = field(default_factory=list)
    ignored: list[Content] = field(default_factory=list)
    unused: list[Content] = field(default_factory=list)
    missing: list[tuple[str, str]] = field(default_factory=list)
    notes: list[str] = field(default_factory=list)
    sheets: tuple[Reading, ...] = ()
    of_sheets: list[dict[str, tuple[str, str]]] = field(default_factory=list)
    due: dict[str, Content] = field(default_factory=dict)
    swapped: dict[int, tuple[int, int]] = field(default_factory=dict)

    @property
    def is_ours(self) -> bool:
        """Whether the file has the table's own name and form, so that it needs no entry."""
        same = all(heading_key(g.content.heading) == heading_key(g.column.name) for g in self.guesses)
        named = self.glance.file.rsplit(".", 1)[0].casefold() == self.table.name
        shaped = self.question_row or self.unpivot or self.stages or self.constants or self.sheets
        other = self.glance.delimiter not in ("", ",") or shaped
        return same and named and not other and not self.missing

    def entry(self) -> dict[str, Any]:
        """The table's entry of sources.yaml."""
        entry: dict[str, Any] = {"files": self.parts() or self.glance.file}
        if self.page.sheet and not self.sheets:
            entry["sheet"] = self.page.sheet
        if self.header:
            entry["header_row"] = self.header + 1
        if self.glance.encoding:
            entry["encoding"] = self.glance.encoding
        if self.glance.delimiter not in ("", ","):
            entry["delimiter"] = DELIMITER_WORDS[self.glance.delimiter]
        if self.question_row:
            entry["question_row"] = self.question_row
        entry["columns"] = {guess.column.name: guess.content.heading for guess in self.guesses}
        if self.unpivot and not self.due:
            entry["unpivot"] = _unpivoted(self.unpivot)
        if self.ignored:
            entry["ignore"] = list(dict.fromkeys(content.heading for content in self.ignored))
        mapped = {name: found for name, found in self.values.items() if found.entries}
        if mapped:
            entry["values"] = {n: {e.theirs: e.ours for e in found.entries} for n, found in mapped.items()}
        if dates := self.dates():
            entry["dates"] = dates
        if self.constants:
            entry["constants"] = {name: value for name, (value, _) in self.constants.items()}
        if filters := [each.entry for each in self.filters if each.active]:
            entry["filters"] = filters
        return entry

    def parts(self) -> list[dict[str, Any]]:
        """The file once a sheet, where several are of one kind, and once a stage or a programme."""
        if not (self.sheets or self.stages or self.due):
            return []
        parts = []
        for sheet in self._sheet_parts() or [{}]:
            for reading in self._stage_parts() or self._programme_parts() or [{}]:
                part = {"file": self.glance.file, **sheet, **reading}
                if constants := {**sheet.get("constants", {}), **reading.get("constants", {})}:
                    part["constants"] = constants
                parts.append(part)
        return parts

    def _sheet_parts(self) -> list[dict[str, Any]]:
        parts: list[dict[str, Any]] = []
        for reading, constants in zip(self.sheets, self.of_sheets, strict=True):
            said = {name: value for name, (value, _) in constants.items()}
            parts.append({"sheet": reading.page.sheet} | ({"constants": said} if said else {}))
        return parts

    def _stage_parts(self) -> list[dict[str, Any]]:
        """What differs by the stage, where both stages of a complaint stand in one row."""
        parts = []
        for stage, columns in self.stages.items():
            part: dict[str, Any] = {name: content.heading for name, content in columns.items()}
            part = {"columns": part, "constants": {"stage": stage}}
            if stage != STAGES[0]:
                heading, reason = columns["received_on"].heading, "complaints that were not escalated"
                part["filters"] = [{"column": heading, "blank": True, "reason": reason}]
            parts.append(part)
        return parts

    def _programme_parts(self) -> list[dict[str, Any]]:
        """What differs by the programme, where each has a column of next due dates too."""
        parts: list[dict[str, Any]] = []
        for programme, done in self.unpivot.items() if self.due else ():
            due = self.due.get(programme)
            part = {"columns": {"valid_until": due.heading}} if due else {}
            parts.append(part | {"unpivot": _unpivoted({programme: done})})
        return parts

    def dates(self) -> dict[str, str | list[str]]:
        """The formats of the date columns that are not written as 2025-03-31."""
        written = {g.column.name: _formats(g.content) for g in self.guesses if g.column.is_date}
        for name, spread in (("completed_on", self.unpivot), ("valid_until", self.due)):
            if spread:
                every = [shape for content in spread.values() for shape in _formats(content)]
                written[name] = list(dict.fromkeys(every))
        for columns in self.stages.values():
            for name, content in columns.items():
                written[name] = list(dict.fromkeys([*written.get(name, ()), *_formats(content)]))
        return {name: f[0] if len(f) == 1 else f[:5] for name, f in written.items() if f}


def _unpivoted(columns: dict[str, Content]) -> dict[str, Any]:
    """The lines by which the columns of a register become rows."""
    headings = {name: content.heading for name, content in columns.items()}
    return {"into": {"name": "programme", "value": "completed_on"}, "columns": headings}


def propose(path: Path, edition: Edition, table: str = "", landlord: str = "") -> Proposal:
    """Propose a table's entry for one file; InputError where nothing can be made of it.

    `table`: which table it is, "" to find out. `landlord`: the name that stands in the questions' text.
    """
    if table and table not in TABLES:
        raise InputError(f"'{table}' is not a table: use one of {', '.join(TABLES)}.")
    asked = Asked(edition, landlord)
    seen = glance(path)
    readings = [reading for page in seen.pages if (reading := read_page(page, asked))]
    wanted = [TABLES[table]] if table else list(TABLES.values())
    matches = [match(reading, each, seen, asked) for reading in readings for each in wanted]
    if not matches:
        raise InputError(f"{path.name} has no row of headings with rows under it: export the table again.")
    matches.sort(key=lambda each: each.score, reverse=True)
    best = matches[0]
    if not table and best.score < _RECOGNISED:
        raise InputError(_not_recognised(path.name, best))
    rivals = _rivals(matches)
    sheets = [each for each in readings if _is_read_alike(each, best.reading)]
    others = [each.page.sheet for each in readings if each not in sheets and _is_like(each, best.reading)]
    if len(sheets) > 1:
        best = match(_joined(sheets), best.table, seen, asked)
    due = _due(best, edition)
    swapped = _half_swapped(best, due) if seen.kind == "xlsx" else {}
    best = replace(best, guesses=[_doubted(g) if g.content.position in swapped else g for g in best.guesses])
    proposal = _proposal(seen, best, rivals, swapped)
    proposal.due = due
    proposal.sheets = tuple(sheets) if len(sheets) > 1 else ()
    _fill_values(proposal, best.reading, seen, edition)
    _fill_rest(proposal, best.reading)
    _fill_constants(proposal, best)
    _fill_missing(proposal, best)
    _fill_filters(proposal, best.reading)
    if others:
        proposal.notes.append(
            f"These sheets have much the same headings and are not taken: {_listed(others)}. Name each under "
            "files, with what differs in it, or leave them out on purpose."
        )
    _fill_notes(proposal, best.reading)
    return proposal


def _headings(reading: Reading) -> list[str]:
    return [content.heading for content in reading.contents]


def _is_like(reading: Reading, other: Reading) -> bool:
    return much_the_same(_headings(reading), _headings(other))


def _is_read_alike(reading: Reading, other: Reading) -> bool:
    """Whether two sheets have the same headings in the same row, so that one mapping reads both."""
    rows = (reading.header, reading.question_row) == (other.header, other.question_row)
    return rows and sorted(map(heading_key, _headings(reading))) == sorted(map(heading_key, _headings(other)))


def _joined(readings: list[Reading]) -> Reading:
    """Sheets with the same headings as one, in the order of the first one's columns."""
    first = readings[0]
    ours = _by_heading(first)
    frames, machine_rows = [], []
    for reading in readings:
        places = dict(zip(_by_heading(reading), ours, strict=True))
        frames.append(reading.frame[list(places)].rename(columns=places))
        machine_rows.append(reading.machine_rows[list(places)].rename(columns=places))
    frame = pd.concat(frames, ignore_index=True)
    return replace(
        first,
        frame=frame,
        left_out=sum(reading.left_out for reading in readings),
        contents=[content_of(frame[c.position], c.heading, c.position, c.lexicon) for c in first.contents],
        machine_rows=pd.concat(machine_rows, ignore_index=True),
    )


def _by_heading(reading: Reading) -> list[int]:
    """The places of a sheet's columns in the order of their headings."""
    return [c.position for c in sorted(reading.contents, key=lambda c: heading_key(c.heading))]


def _due(best: Match, edition: Edition) -> dict[str, Content]:
    """The columns of next due dates of a register, none where no programme needs them."""
    keys = Counter(heading_key(content.heading) for content in best.reading.contents)
    found: dict[str, Content] = {}
    for content in best.reading.contents:
        programme = programme_of(content.heading)
        if programme not in best.unpivot or not is_due(content.heading) or not content.dates:
            continue
        if keys[heading_key(content.heading)] > 1:
            continue
        if programme not in found or content.filled > found[programme].filled:
            found[programme] = content
    needed = [name for name in found if edition.safety_programmes[name].interval_months is None]
    return found if needed else {}


def _half_swapped(best: Match, due: dict[str, Content]) -> dict[int, tuple[int, int]]:
    """The date columns in whose date cells day and month look swapped (see `Proposal`)."""
    contents = [guess.content for guess in best.guesses if guess.column.is_date]
    contents += [c for columns in (best.unpivot, due, *best.stages.values()) for c in columns.values()]
    found = {}
    for content in contents:
        cells = text_array(best.reading.frame[content.position])
        if counts := half_swapped(cells, [DateFormat(shape) for shape in _formats(content)]):
            found[content.position] = counts
    return found


def _doubted(guess: Guess) -> Guess:
    return replace(guess, confidence="guess", why="day and month look swapped in its date cells")


def _proposal(
    seen: Glance, best: Match, rivals: tuple[str, ...], swapped: dict[int, tuple[int, int]]
) -> Proposal:
    reading = best.reading
    return Proposal(
        glance=seen,
        page=reading.page,
        header=reading.header,
        question_row=reading.question_row,
        table=best.table,
        confidence=_table_confidence(best, rivals, swapped),
        rivals=rivals,
        rows=len(reading.frame),
        left_out=reading.left_out,
        guesses=best.guesses,
        unpivot=best.unpivot,
        stages=best.stages,
        swapped=swapped,
    )


def _not_recognised(file: str, best: Match) -> str:
    lacks = [f"{c.name} ({hint})" if (hint := _hint(c, best)) else c.name for c in best.missing]
    near = f" The nearest is {best.table.name}, for which it lacks {' and '.join(lacks)}." if lacks else ""
    due = [c.heading for c in best.reading.contents if programme_of(c.heading) and is_due(c.heading)]
    if len(due) > 1:
        near += " It says when checks fall due; the days on which they were done are needed."
    return (
        f"{file} is like none of our tables.{near} Its headings are "
        f"{_listed([content.heading for content in best.reading.contents])}. "
        f"Say which table it is: --table {best.table.name}, for example."
    )


def _rivals(matches: list[Match]) -> tuple[str, ...]:
    """Other tables that the file may be as well."""
    best = matches[0]
    near = [m for m in matches[1:] if m.score > max(_NEARLY_AS_GOOD * best.score, _RECOGNISED)]
    return tuple(dict.fromkeys(m.table.name for m in near if m.table is not best.table))


def _table_confidence(best: Match, rivals: tuple[str, ...], swapped: dict[int, tuple[int, int]]) -> str:
    weak = [guess for guess in best.guesses if guess.column.required and guess.confidence == "guess"]
    hard = [column for column in best.missing if column.name not in ("tenure", "method", "programme")]
    if hard or not best.guesses:
        return "guess"
    return "likely" if rivals or weak or best.missing or swapped else "sure"


# ----------------------------------------------------------------------------------------- values and dates


def _fill_values(proposal: Proposal, reading: Reading, seen: Glance, edition: Edition) -> None:
    if proposal.unpivot and (found := register_values(proposal.unpivot.values())):
        proposal.values["completed_on"] = found
    if proposal.due and (found := register_values(proposal.due.values())):
        proposal.values["valid_until"] = replace(found, column="valid_until")
    elsewhere: list[Said] | None = None
    for guess in proposal.guesses:
        said: list[list[Said]] = []
        if guess.content.codes and guess.column.kind in (Kind.ANSWER, Kind.STAR):
            elsewhere = _said_elsewhere(reading, seen, proposal.sheets) if elsewhere is None else elsewhere
            said = _said_of(guess, reading, elsewhere)
        found = value_map(proposal.table.name, guess.column, guess.content, edition, said)
        if found:
            proposal.values[guess.column.name] = found


def _said_elsewhere(reading: Reading, seen: Glance, taken: tuple[Reading, ...]) -> list[Said]:
    """What titles and the sheets of the workbook that are not taken say of codes."""
    headings = [content.heading for content in reading.contents]
    headers = {id(each.page): each.header for each in taken or (reading,)}
    pages = [(page, headers.get(id(page))) for page in seen.pages]
    return [said for page, header in pages for said in said_on(page, header, headings, lexicon())]


def _said_of(guess: Guess, reading: Reading, elsewhere: list[Said]) -> list[list[Said]]:
    """The texts that may say what a column's codes mean: of itself, of no question, of others."""
    content = guess.content
    names = names_in(content.heading) | names_in(guess.column.name)
    own = [
        Said("its heading", content.heading),
        Said("its question", reading.question_texts.get(content.position, "")),
        Said("the column beside it", _label_column(guess, reading)),
    ]
    own += [said for said in elsewhere if said.names & names]
    general = [said for said in elsewhere if not said.names]
    return [own, general, [said for said in elsewhere if said.names and not said.names & names]]


def _label_column(guess: Guess, reading: Reading) -> str:
    """What a column of words beside a column of codes says of them: "1 = Very satisfied; …"."""
    words = lexicon()
    for other in reading.contents:
        if other is guess.content or other.codes or not other.is_vocabulary:
            continue
        alike = words.words(other.heading) & words.words(guess.content.heading)
        if not alike or fit(other, guess.column, heading_names_it=False) < 0.8:
            continue
        both = reading.frame[[guess.content.position, other.position]].drop_duplicates()
        both = both[(both != "").all(axis=1)]
        if not both[guess.content.position].duplicated().any():
            return "; ".join(f"{bare(code)} = {label}" for code, label in both.itertuples(index=False))
    return ""


def _formats(content: Content) -> list[str]:
    if content.dates is None:
        return []
    every = [content.dates.format, *content.dates.others]
    return [shape for shape in dict.fromkeys(every) if shape not in ("", "iso")]


# ------------------------------------------------------------------------------ what is left, and what lacks


def _fill_rest(proposal: Proposal, reading: Reading) -> None:
    """Part the columns that are left: what is about a person is ignored where the table would keep it."""
    used = {guess.content.position for guess in proposal.guesses}
    for columns in (proposal.unpivot, proposal.due, *proposal.stages.values()):
        used |= {content.position for content in columns.values()}
    rest = [content for content in reading.contents if content.position not in used]
    if not proposal.table.keeps_characteristics:
        # A column that bears our name is read unless it is said not to be.
        proposal.ignored = [c for c in rest if heading_key(c.heading) in proposal.table.by_name]
        proposal.unused = [c for c in rest if heading_key(c.heading) not in proposal.table.by_name]
        return
    rest = [content for content in rest if len(content.heading) <= LONGEST_HEADING]
    again = Counter(heading_key(content.heading) for content in rest)
    kept_out = {c.position for c in rest if c.is_personal or again[heading_key(c.heading)] > 1}
    proposal.ignored = [content for content in rest if content.position in kept_out]
    proposal.unused = [content for content in rest if content.position not in kept_out]


def _fill_constants(proposal: Proposal, best: Match) -> None:
    """What the name of the file or the sheet says of every row, or of every row of each sheet."""
    told = [_told_by_name(proposal, best, reading) for reading in proposal.sheets or (best.reading,)]
    proposal.of_sheets = [{} for _ in proposal.sheets]
    for column, first in told[0].items():
        if all(each.get(column) == first for each in told):
            proposal.constants[column] = first
        elif all(column in each for each in told):
            for constants, each in zip(proposal.of_sheets, told, strict=True):
                constants[column] = each[column]


def _told_by_name(proposal: Proposal, best: Match, reading: Reading) -> dict[str, tuple[str, str]]:
    words = lexicon()
    missing = {column.name for column in best.missing}
    name = f"{proposal.glance.file.rsplit('.', 1)[0]} {reading.page.sheet}"
    told: dict[str, tuple[str, str]] = {}
    if "programme" in missing:
        dates = " ".join(guess.content.heading for guess in best.guesses if guess.column.is_date)
        places = {"the name of the file or sheet": name, "the title": reading.titles, "a heading": dates}
        for place, text in places.items():
            if programme := programme_of(text):
                told["programme"] = (programme, f"likely, from {place}")
                break
    for column in ("stage", "tenure"):
        meaning = words.meaning(name, column) if column in missing else None
        if meaning and not meaning.unsure and meaning.ours != "other":
            told[column] = (meaning.ours, "guess, from the name of the file or sheet")
    return told


def _hint(column: Column, best: Match) -> str:
    """What may be done about a required column that was not found, or why it was not."""
    months = [content.heading for content in best.reading.contents if content.is_month_only]
    if column.is_date and months:
        return f"“{months[0]}” names months without a day, and a day is needed"
    return _HINTS.get(column.name, "")


def _fill_missing(proposal: Proposal, best: Match) -> None:
    told = {name for constants in (proposal.constants, *proposal.of_sheets) for name in constants}
    missing = [column for column in best.missing if column.name not in told]
    proposal.missing += [(column.name, _hint(column, best)) for column in missing]
    places = {"home_id", "building_id", "tenure"}
    if best.table.name in ("repairs", "asb_cases", "complaints", "safety_checks", "safety_exclusions"):
        found = places & {guess.column.name for guess in proposal.guesses}
        if not found and "home_id" not in {name for name, _ in proposal.missing}:
            instead = "a building" if best.table.name.startswith("safety") else "constants: {tenure: LCRA}"
            proposal.missing.append(
                ("home_id", f"without it nothing can be placed; {instead} may stand for it")
            )


# -------------------------------------------------------------------------------------------------- filters


def _fill_filters(proposal: Proposal, reading: Reading) -> None:
    words = lexicon()
    key = next((g.content for g in proposal.guesses if g.column.name == proposal.table.key[0]), None)
    if key and len(reading.machine_rows):
        reason, cells = "second row of headings", [*reading.machine_rows[key.position]]
        how = {"is": cells} if all(cells) else {"blank": True}
        entry = {"column": key.heading, **how, "reason": reason}
        proposal.filters.append(Filter(entry, len(cells), active=True))
    # A row with a date is a record, whatever it says: “Total loss of heating”.
    dates = [guess.content.position for guess in proposal.guesses if guess.column.is_date]
    for content in reading.contents[:6]:
        totals = _totals(reading.frame[content.position], words)
        if totals and dates:
            dated = (reading.frame[dates] != "").any(axis=1)
            of_records = _totals(reading.frame.loc[dated, content.position], words)
            totals = {value: rows for value, rows in totals.items() if value not in of_records}
        most = max(3, _TOTALS_SHARE * len(reading.frame))
        few = 0 < len(totals) <= _MOST_TOTALS and sum(totals.values()) <= most
        if few and not content.is_prose:
            entry = {"column": content.heading, "is": list(totals), "reason": "rows of totals"}
            proposal.filters.append(Filter(entry, sum(totals.values()), active=True))
            break
    column_of = {guess.content.position: guess.column for guess in proposal.guesses}
    for content in reading.contents:
        column = column_of.get(content.position)
        if content.is_unique or (column and column.kind not in (Kind.CHOICE, Kind.TEXT)):
            continue
        proposal.filters += _no_records(content, proposal.table)
    if proposal.table.name == "asb_cases":
        proposal.filters += _not_asb(reading)
    if unknown := _unknown(proposal, "programme"):
        heading = next(g.content.heading for g in proposal.guesses if g.column.name == "programme")
        entry = {"column": heading, "is": list(unknown), "reason": "not one of the five programmes"}
        proposal.filters.append(Filter(entry, sum(unknown.values()), active=False))


def _unknown(proposal: Proposal, column: str) -> dict[str, int]:
    """The values of a column that are none of ours."""
    found = proposal.values.get(column)
    return {value: rows for value, rows, _ in found.unknown[:20]} if found else {}


def _totals(cells: pd.Series, words: Lexicon) -> dict[str, int]:
    """The cells of a column that mark rows of totals, and on how many rows each stands."""
    text = text_array(cells)
    maybe = text.filter(pc.match_substring_regex(text, words.total_pattern, ignore_case=True))
    return {v.strip(): n for v, n in Counter(maybe.to_pylist()).items() if words.is_total(v)}


def _no_records(content: Content, table: Table) -> list[Filter]:
    """Rows whose value often marks a record as none."""
    by_reason: dict[str, dict[str, int]] = {}
    for value, rows in content.counted.items():
        reason = content.lexicon.no_record(value)
        if reason and (reason != "surveys not completed" or table.name == "survey_responses"):
            by_reason.setdefault(reason, {})[value] = rows
    return [
        Filter(
            {"column": content.heading, "is": list(values), "reason": why}, sum(values.values()), active=False
        )
        for why, values in by_reason.items()
    ]


def _not_asb(reading: Reading) -> list[Filter]:
    """Rows that are no anti-social behaviour, where a column says what each row is."""
    for content in reading.contents:
        asb = asb_values(content)
        if asb and len(asb) < len(content.counted):
            rows = content.filled - sum(content.counted[value] for value in asb)
            entry = {"column": content.heading, "is_not": asb, "reason": "not anti-social behaviour"}
            return [Filter(entry, rows, active=False)]
    return []


# ---------------------------------------------------------------------------------------------------- notes


def _fill_notes(proposal: Proposal, reading: Reading) -> None:
    notes = proposal.notes
    keys = Counter(heading_key(content.heading) for content in reading.contents)
    if again := [key for key, count in keys.items() if count > 1]:
        notes.append(f"More than one column is headed {_listed(again)}: only one of them can be used.")
    if proposal.left_out:
        notes.append(
            f"Rows with too many or too few cells, which would be turned away: {proposal.left_out:,}."
        )
    for content in reading.contents:
        if content.position in proposal.swapped:
            dates, texts = proposal.swapped[content.position]
            notes.append(
                f"“{content.heading}”: its {dates:,} date cells all have a day up to 12, its {texts:,} dates "
                "kept as text all have one above, as where a spreadsheet took day for month wherever it "
                "could. Format it as text in the source system's export, or import it with the right locale."
            )
    for guess in proposal.guesses:
        notes += _column_notes(guess, proposal.table)
    if proposal.unpivot:
        notes += _register_notes(proposal, reading)
    notes += _contradictions(proposal)
    unclear = [name for name, found in proposal.values.items() if found.has_no_direction]
    if unclear := [name for name in unclear if not proposal.values[name].against]:
        notes.append(
            f"Nothing in the file says whether 1 or 5 is satisfied in {_listed(unclear)}, so their codes are "
            f"not mapped. Ask the contractor, then add one line: preset: {ONE_IS_BEST} or "
            f"preset: {FIVE_IS_BEST}."
        )
    answers = [content.heading for content in proposal.unused if is_five_point(content)]
    if answers and proposal.table.name == "survey_responses":
        notes.append(f"These hold answers on five points too: {_listed(answers)}.")
    notes += _repeated_rows(proposal, reading)


def _contradictions(proposal: Proposal) -> list[str]:
    """Say which columns' codes the file explains in two ways, and where."""
    columns: dict[tuple[str, ...], list[str]] = {}
    for name, found in proposal.values.items():
        if found.against:
            columns.setdefault(found.against, []).append(name)
    return [
        f"The file explains the codes of {_listed(names)} in two ways, in {' and in '.join(places)}, so they "
        f"are not mapped. Ask which is right, then add one line: preset: {ONE_IS_BEST} or "
        f"preset: {FIVE_IS_BEST}."
        for places, names in columns.items()
    ]


def _column_notes(guess: Guess, table: Table) -> list[str]:
    content, column, dates = guess.content, guess.column, guess.content.dates
    name = f"“{content.heading}”"
    said: list[str] = []
    if content.has_lost_digits:
        said.append(f"{name} holds numbers such as 1.0E+11, whose last digits are lost: export it again.")
    if column.is_date and content.are_serials and not dates:
        said.append(f"{name} holds a spreadsheet's day numbers: format it as a date and export it again.")
    if column.is_date and dates and dates.ambiguous:
        said.append(f"{name}: no day above 12 proves which of day and month comes first.")
    if column.is_date and dates and dates.against:
        said.append(
            f"{name}: cells in which day and month can only be the other way round: {dates.against:,}."
        )
    if table.key == (column.name,) and content.filled and not content.is_unique:
        repeats = content.filled - content.distinct
        said.append(f"{name} is not unique; rows that repeat an earlier reference: {repeats:,}.")
    return said


def _register_notes(proposal: Proposal, reading: Reading) -> list[str]:
    said = [
        "A blank date gives no row, as if no check were required: the home then needs a row in "
        "safety_exclusions. A check that is required and was never done must be added to safety_checks."
    ]
    for content in proposal.unpivot.values():
        if content.are_serials and not content.dates:
            said.append(f"“{content.heading}” holds a spreadsheet's day numbers: format it as a date.")
    carried = {content.position for content in proposal.due.values()}
    due = [
        content.heading
        for content in reading.contents
        if programme_of(content.heading) and is_due(content.heading) and content.position not in carried
    ]
    if due:
        said.append(
            f"The days on which checks fall due are not carried over ({_listed(due)}): fire, asbestos and "
            "water checks need theirs (valid_until), as no interval is prescribed for them."
        )
    return said


def _repeated_rows(proposal: Proposal, reading: Reading) -> list[str]:
    """Say where many rows are alike in everything but their reference, as when rows stand for weights."""
    key = next((g.content for g in proposal.guesses if g.column.name == proposal.table.key[0]), None)
    rest = [content.position for content in reading.contents if content is not key]
    if key is None or len(rest) < _REPEATED_COLUMNS:
        return []
    again = int(reading.frame[rest].duplicated().sum())
    if again < 2 or again < _REPEATED_SHARE * len(reading.frame):
        return []
    weights = ""
    if proposal.table.name == "survey_responses":
        weights = ", as where responses are weighted by copying them; give each once, with its weight"
    return [
        f"{again:,} of {len(reading.frame):,} rows repeat an earlier row in all but “{key.heading}”{weights}."
    ]


def _listed(names: list[str]) -> str:
    few = [name if len(name) <= 40 else f"{name[:40]}…" for name in names[:12]]
    return ", ".join(few) + (f" and {len(names) - 12:,} more" if len(names) > 12 else "")
