"""Where a file's headings stand, which table it is, and which of its columns is which: all by scores.

A score joins what a heading says with what the cells hold: a column called "Target date" whose cells are
words is none, and a column called "X1" with tenures in it may be one.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import pandas as pd

from pipelines.intake.content import Content, content_of, fit
from pipelines.intake.glance import Glance, Page
from pipelines.intake.lexicon import NOTHING, SAME, SYNONYM, Lexicon, lexicon
from pipelines.intake.sheet import HEADINGS_WITHIN, heading_key
from pipelines.intake.two_stages import two_stages
from schemas.rulebook import Edition
from schemas.tables import Column, Table
from schemas.tables.safety_checks import PROGRAMMES

# Columns that many tables have: they hardly tell which table a file is.
_COMMON = frozenset({"home_id", "building_id", "tenure", "uprn", "household_id"})
_SPREAD = frozenset(
    {"programme", "completed_on", "valid_until"}
)  # what a register with many programmes has not
_ACCEPTED = 0.4  # a column is proposed from this score
_NEARLY_AS_GOOD = 0.03
_MARGIN_COLUMNS = 8  # a table of known totals has no more
LONGEST_HEADING = 1_000  # that sources.yaml may name
_BOTH = 0.05  # of the rows of a register naming a home and a building, from which only homes are meant
_QUESTIONS = 3  # texts of questions in a row, from which it is taken for a row of questions


@dataclass(frozen=True)
class Guess:
    """One column of ours and the one of theirs that it is taken from; `why`: what makes it doubtful."""

    column: Column
    content: Content
    score: float
    confidence: str
    why: str = ""


@dataclass(frozen=True)
class Reading:
    """One sheet with one row (from 0) taken for its headings.

    `question_texts`: the questions' text by position, from row `question_row` (from 1; 0: there is none).
    `machine_rows`: second rows of headings, as survey tools write them; they are not in `frame`.
    """

    page: Page
    header: int
    frame: pd.DataFrame
    left_out: int
    contents: list[Content]
    question_texts: dict[int, str]
    question_row: int
    machine_rows: pd.DataFrame

    @property
    def titles(self) -> str:
        """What stands above the headings."""
        return " ; ".join(" ".join(row) for row in self.page.top[: self.header])


@dataclass(frozen=True)
class Match:
    """How a reading fits one table.

    `unpivot`: programme → the column that holds its dates; `stages`: complaint stage → its columns, where
    both stages stand in one row.
    """

    table: Table
    reading: Reading
    guesses: list[Guess]
    unpivot: dict[str, Content]
    stages: dict[str, dict[str, Content]]
    missing: list[Column]
    score: float


@dataclass(frozen=True)
class Asked:
    """What the user said: the rulebook's year, and the landlord's name as the questions have it."""

    edition: Edition
    landlord: str = ""

    def question(self, text: str) -> tuple[str, float]:
        """The prescribed question that a text is nearest to, and how near."""
        return lexicon().question(text, self.edition, self.landlord)


# ----------------------------------------------------------------------------------------------- the headings


def read_page(page: Page, asked: Asked) -> Reading | None:
    """Find a sheet's headings and look at every column under them; None where it has none."""
    at = _header(page.top, asked)
    if at < 0:
        return None
    row, texts = _question_row(page.top, at, asked)
    frame, left_out = page.below(at)
    if row > at:
        frame = frame.iloc[row - at :]
    words = lexicon()
    of_machines = sum(_are_machine_cells(row, words) for row in frame.head(2).itertuples(index=False))
    machine_rows, frame = frame.iloc[:of_machines], frame.iloc[of_machines:]
    headings = enumerate(page.top[at])
    contents = [content_of(frame[i], heading, i, words) for i, heading in headings if heading_key(heading)]
    return Reading(page, at, frame, left_out, contents, texts, row + 1, machine_rows)


def _are_machine_cells(row: tuple[str, ...], words: Lexicon) -> bool:
    cells = [cell for cell in row if cell.strip()]
    return len(cells) > 1 and sum(map(words.is_machine_cell, cells)) > 0.5 * len(cells)


def _header(top: list[list[str]], asked: Asked) -> int:
    """The row (from 0) that holds the headings: text in most cells, no two alike, some of them known."""
    widest = max((sum(bool(c.strip()) for c in row) for row in top), default=0)
    best, most = -1, 0.0
    for number, row in enumerate(top[:HEADINGS_WITHIN]):
        cells = [cell.strip() for cell in row if cell.strip()]
        if not cells or (len(cells) < 2 and widest > 1) or len(cells) < 0.4 * widest:
            continue
        text = sum(_is_text(cell) for cell in cells) / len(cells)
        alone = len({heading_key(cell) for cell in cells}) / len(cells)
        known = sum(_is_known(cell, asked) for cell in cells) / len(cells)
        score = 2 * known + text + alone + len(cells) / widest - 0.05 * number
        if score > most:
            best, most = number, score
    if best > 0 and _is_over_questions(top, best, asked):
        return best - 1
    return best


def _is_over_questions(top: list[list[str]], number: int, asked: Asked) -> bool:
    """Whether a row holds the questions' text and the row above it a code for every one of them."""
    above = [cell.strip() for cell in top[number - 1]]
    if sum(bool(asked.question(cell)[0]) for cell in top[number]) < _QUESTIONS or not all(above):
        return False
    return len(set(above)) == len(above) >= len(top[number]) and all(map(_is_text, above))


def _is_text(cell: str) -> bool:
    """Whether a cell is words, or a question's code such as Q1_2, and not a value."""
    is_code = cell[:1].isalpha() and len(cell) <= 12 and " " not in cell
    return is_code or not any(letter.isdigit() for letter in cell[:4])


def _is_known(cell: str, asked: Asked) -> bool:
    words = lexicon()
    return words.is_heading(cell) or bool(words.measure(cell)) or bool(asked.question(cell)[0])


def _question_row(top: list[list[str]], header: int, asked: Asked) -> tuple[int, dict[int, str]]:
    """The row (from 0) beside the headings that holds the questions' text, and its texts by position."""
    if sum(bool(asked.question(cell)[0]) for cell in top[header]) >= _QUESTIONS:
        return -1, {}  # the headings are the questions
    for number in (header + 1, header - 1, header + 2):
        if 0 <= number < len(top) and sum(bool(asked.question(c)[0]) for c in top[number]) >= _QUESTIONS:
            return number, {i: cell for i, cell in enumerate(top[number]) if cell.strip()}
    return -1, {}


# ------------------------------------------------------------------------------------- which column is which


def match(reading: Reading, table: Table, seen: Glance, asked: Asked) -> Match:
    """Find a table's columns among those of a reading, the best pair first."""
    unpivot = _programmes(reading) if table.name == "safety_checks" else {}
    stages = two_stages(reading.contents) if table.name == "complaints" else {}
    spread = _SPREAD if unpivot else frozenset(["stage", *(n for each in stages.values() for n in each)])
    spread = spread if unpivot or stages else frozenset()
    pairs = sorted(_pairs(reading, table, spread, asked), key=lambda pair: pair.order, reverse=True)
    taken = {content.position for each in (unpivot, *stages.values()) for content in each.values()}
    guesses: dict[str, Guess] = {}
    for pair in pairs:
        if pair.column.name not in guesses and pair.content.position not in taken:
            guesses[pair.column.name] = _guess(pair, _rival(pair, pairs, taken))
            taken.add(pair.content.position)
    if table.name.startswith("safety"):
        _one_place(guesses, reading)
    if table.name == "safety_checks" and not unpivot:
        _one_check_a_place(guesses, table)
    ordered = [guesses[name] for name in table.by_name if name in guesses]
    missing = [c for c in table.columns if c.required and c.name not in guesses]
    if unpivot:
        missing = [c for c in missing if c.name not in ("programme", "completed_on", "check_id")]
        if not {"home_id", "building_id"} & set(guesses):
            missing.append(table.by_name["home_id"])
    if stages:
        missing = [c for c in missing if c.name not in ("stage", "received_on")]
    spread_over = [*unpivot, *stages, *stages]
    if table.name == "safety_checks" and any(
        programme_of(g.content.heading) for g in ordered if g.column.is_date
    ):
        spread_over.append("programme")  # a date's heading says it of every row
    score = _table_score(table, ordered, missing, spread_over, reading, seen)
    return Match(table, reading, ordered, unpivot, stages, missing, score)


@dataclass(frozen=True)
class _Pair:
    column: Column
    content: Content
    score: float
    named: float
    order: tuple[float, int, int]


def _pairs(reading: Reading, table: Table, spread: frozenset[str], asked: Asked) -> Iterator[_Pair]:
    for number, column in enumerate(table.columns):
        if column.name in spread:
            continue
        for content in reading.contents:
            if len(content.heading) > LONGEST_HEADING:
                continue
            score, named = _score(content, column, table, reading, asked)
            if score >= _ACCEPTED:
                yield _Pair(column, content, score, named, (score, -number, -content.position))


def _rival(pair: _Pair, pairs: list[_Pair], taken: set[int]) -> Content | None:
    """Another column of theirs that is as likely the same column of ours."""
    if pair.named == SAME:
        return None
    for other in pairs:
        if other.column is pair.column and other.content is not pair.content:
            free = other.content.position not in taken and other.content.filled
            if free and other.score > pair.score - _NEARLY_AS_GOOD:
                return other.content
    return None


def _score(
    content: Content, column: Column, table: Table, reading: Reading, asked: Asked
) -> tuple[float, float]:
    """How likely a column of theirs is one of ours, and how well its heading says so."""
    named = content.lexicon.naming(content.heading, table, column.name)
    if column.is_date and named < SYNONYM and content.dates:  # "Completed" is then "Completed date"
        named = max(named, content.lexicon.naming(f"{content.heading} date", table, column.name) - 0.05)
    if table.name == "safety_checks" and content.dates and programme_of(content.heading):
        due = is_due(content.heading)
        named = max(named, 0.8) if column.name == ("valid_until" if due else "completed_on") else named
    if table.name == "survey_responses" and named < SAME:
        named = _by_question(content, column, table, reading, asked, named)
    if named == NOTHING and _is_plain_reference(content, column, table):
        named = 0.65
    if not content.filled and named < SYNONYM:
        return 0.0, named
    fits = fit(content, column, named >= 0.6)
    if named == SAME:
        return (1.0 if fits >= 0.2 else 0.8), named
    if named > NOTHING:
        return (named * (0.35 + 0.65 * fits) if fits >= 0.2 else 0.2 * named), named
    return _by_content_alone(content, column, fits), named


def _by_question(
    content: Content, column: Column, table: Table, reading: Reading, asked: Asked, named: float
) -> float:
    """How well a heading names a column of the survey, where it is the question's text or stands over it."""
    for text in (content.heading, reading.question_texts.get(content.position, "")):
        question, alike = asked.question(text)
        if question == column.name:
            named = max(named, 0.5 + 0.5 * alike)
        elif question in table.by_name:
            named = max(named - 0.3, NOTHING) if named >= SYNONYM else NOTHING
        elif column.name.startswith("TP") and content.lexicon.is_sentence(text):
            named = named if content.lexicon.measure(text) else min(named, 0.5)
    return named


def _is_plain_reference(content: Content, column: Column, table: Table) -> bool:
    """Whether a column called "ID" or "Reference" is the table's own, told by its being unique."""
    words = content.lexicon.words(content.heading)
    first = content.position == 0 and "ref" in words and len(words) == 2
    plain = words <= {"ref", "unique", "record", "row"} or first
    return plain and column.name == table.key[0] and content.is_unique and content.dates is None


def _by_content_alone(content: Content, column: Column, fits: float) -> float:
    """A score for cells that speak for themselves: tenures, priorities, UPRNs, kinds of hate, stages."""
    if not content.filled or content.is_prose:
        return 0.0
    values = [value.casefold() for value in content.counted]
    speaks = False
    if column.name == "hate_incident":
        hate = [content.lexicon.meaning(value, "hate_incident") for value in content.counted]
        speaks = content.is_vocabulary and len(values) > 1 and any(m and m.ours == "yes" for m in hate)
    elif column.name == "priority":
        speaks = fits >= 0.8 and any("emerg" in value for value in values)
    elif column.name in ("tenure", "programme", "method"):
        known = [content.lexicon.meaning(value, column.name) for value in values]
        whole = sum(meaning is not None and meaning.whole for meaning in known) >= 0.5 * len(values)
        speaks = fits >= 0.9 and len(values) > 1 and whole and all(len(value) > 2 for value in values)
    elif column.name == "status":
        speaks = fits >= 0.9 and len(values) > 1 and any("complet" in value for value in values)
    elif column.name == "stage":
        speaks = fits >= 0.9 and all("stage" in value for value in values)
    elif column.name == "uprn":
        speaks = fits >= 0.99 and content.is_unique and all(len(value) >= 10 for value in values[:50])
    elif column.name == "la_code":
        speaks = fits >= 0.95
    return 0.42 if speaks else 0.0


def _guess(pair: _Pair, rival: Content | None) -> Guess:
    content, named = pair.content, pair.named
    fits = fit(content, pair.column, named >= 0.6)
    is_name = named >= SYNONYM - 0.01
    if is_name and fits >= 0.9:
        confidence, why = "sure", ""
    elif (named >= 0.7 and fits >= 0.5) or (is_name and fits >= 0.2):
        confidence, why = "likely", ""
    else:
        confidence, why = "guess", "" if named else "by its values alone"
    if not content.filled:
        confidence, why = ("likely" if is_name else "guess"), "the column is empty"
    elif fits < 0.5 and named:
        why = "its values do not look like it"
    if rival is not None:
        confidence, why = "guess", f"or “{rival.heading}”"
    return Guess(pair.column, content, pair.score, confidence, why)


def _one_place(guesses: dict[str, Guess], reading: Reading) -> None:
    """Where rows name a home and its building, keep the home: a check stands for one place."""
    if not {"home_id", "building_id"} <= set(guesses):
        return
    both = reading.frame[[guesses[name].content.position for name in ("home_id", "building_id")]]
    if (both != "").all(axis=1).mean() > _BOTH:
        del guesses["building_id"]


def _one_check_a_place(guesses: dict[str, Guess], table: Table) -> None:
    """In a register of one row a place, let the place's reference be that of its check."""
    for name in ("home_id", "building_id"):
        place = guesses.get(name)
        if "check_id" not in guesses and place and place.content.is_unique and "completed_on" in guesses:
            why = "one row a place, so its reference is the check's"
            guesses["check_id"] = Guess(table.by_name["check_id"], place.content, 0.5, "likely", why)


def _table_score(
    table: Table,
    guesses: list[Guess],
    missing: list[Column],
    spread: list[str],
    reading: Reading,
    seen: Glance,
) -> float:
    words = lexicon()
    score = 1.5 * len(spread)
    for guess in guesses:
        common = guess.column.name in _COMMON and guess.column.name != table.key[0]
        score += guess.score * (0.3 if common else 1.5 if guess.column.required else 1.0)
    for column in missing:
        score -= 0.3 if column.name in ("tenure", "method") else 0.9
    if table.name == "population_margins" and len(reading.contents) > _MARGIN_COLUMNS:
        score -= 2
    if table.name == "asb_cases":
        score += 2 * any(asb_values(content) for content in reading.contents)
    if table.name == "survey_responses":
        score += 0.2 * min(sum(is_five_point(content) for content in reading.contents), 15)
    named = heading_key(seen.file.rsplit(".", 1)[0])
    if table.name in (named, heading_key(reading.page.sheet)):
        score += 3
    score += 0.6 * min(words.about(table.name, f"{named} {reading.page.sheet} {reading.titles}"), 2)
    headings = " ".join(content.heading for content in reading.contents)
    return score + 0.2 * min(words.about(table.name, headings), 4)


def asb_values(content: Content) -> list[str]:
    """The values of a list of kinds of record that are anti-social behaviour."""
    if not content.recurs:
        return []
    return [v for v in content.counted if {"anti", "social"} <= set(heading_key(v).split("_"))]


def is_five_point(content: Content) -> bool:
    """Whether a column holds the answers of a five-point scale, in words or as codes 1 to 5."""
    if {"1", "2", "3", "4", "5"} <= content.codes:
        return len(content.codes) <= 8
    if not content.is_vocabulary or content.codes:
        return False
    answers = {content.lexicon.answer(v, scale)[0] for v in content.counted for scale in ("SAT5", "AGR5")}
    return len(answers & {"VS", "FS", "NSD", "FD", "VD"}) >= 4


# -------------------------------------------------------------------------- registers with many programmes


def _programmes(reading: Reading) -> dict[str, Content]:
    """The columns of a register that hold one programme's dates each; empty unless there are two."""
    found: dict[str, Content] = {}
    for content in reading.contents:
        programme = programme_of(content.heading)
        if not programme or is_due(content.heading):
            continue
        if content.filled and not (content.dates or content.are_serials):
            continue
        if programme not in found or content.filled > found[programme].filled:
            found[programme] = content
    ordered = {name: found[name] for name in PROGRAMMES if name in found}
    return ordered if sum(bool(content.filled) for content in ordered.values()) > 1 else {}


def programme_of(heading: str) -> str:
    """The safety programme that a heading names, "" for none."""
    words = lexicon()
    plain = heading_key(heading).split("_")
    if words.beside_a_programme(heading) or set(plain) & set(words.content["not_programme_headings"]):
        return ""
    meaning = words.meaning(" ".join(plain), "programme")
    return meaning.ours if meaning and not meaning.unsure else ""


def is_due(heading: str) -> bool:
    """Whether a heading names the day on which a check falls due, not the day it was done."""
    return bool(set(heading_key(heading).split("_")) & set(lexicon().content["due"]))
