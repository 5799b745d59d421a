"""From the values that a column holds to ours: a map of what can be told, and a list of what cannot.

A value that the table reads as it is needs no entry. What is not sure is shown and not mapped: a row with an
unknown value is turned away and named, a row with a wrong one is counted wrongly.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field

import pyarrow as pa

from pipelines.intake.codebook import Said
from pipelines.intake.content import Content, bare, split_label, vocabulary_of
from pipelines.intake.lexicon import Lexicon
from pipelines.intake.parse import NULL_WORDS, answer_key
from pipelines.intake.sheet import heading_key
from schemas.rulebook import Edition
from schemas.tables import Column, Kind

_LONGEST = 300  # characters of a value that may stand in a map
BEST_FIRST = ("VS", "FS", "NSD", "FD", "VD")

_READ_AS_FLAG = frozenset({"yes", "y", "true", "1", "no", "n", "false", "0"})
_CODE_OF_LABEL = re.compile(
    r"(?<![\d.])(\d{1,2})\s*\)?\s*(?:=|-|–|:|means|is|being|represents|indicates)\s*"
    r"[\"'“‘(]?\s*([A-Za-z][A-Za-z' /]{2,40})"
)
_LABEL_OF_CODE = re.compile(r"([A-Za-z][A-Za-z' ]{2,40}?)\s*[\"'”’]?\s*(?:=|\()\s*(\d{1,2})(?![\d.])")
_INVERTING = frozenset({"non", "fail", "failing", "failed", "failure", "nondecent"})


@dataclass(frozen=True)
class Entry:
    """One value of theirs and ours, with the number of rows and how sure it is."""

    theirs: str
    ours: str
    rows: int
    confidence: str


@dataclass
class ValueMap:
    """A column's values: `entries` to map, `unsure` to show only, `unknown` of which nothing can be said.

    `has_no_direction`: they are codes from 1 to 5, and nothing says which end is satisfied, or two texts that
    stand in `against` say different things.
    """

    column: str
    entries: list[Entry] = field(default_factory=list)
    unsure: list[Entry] = field(default_factory=list)
    unknown: list[tuple[str, int, str]] = field(default_factory=list)
    are_codes: bool = False
    has_no_direction: bool = False
    against: tuple[str, ...] = ()

    def __bool__(self) -> bool:
        return bool(self.entries or self.unsure or self.unknown or self.has_no_direction)

    def put(self, theirs: str, ours: str, rows: int, confidence: str) -> None:
        """Add an entry, once: values are compared whatever their case."""
        if len(theirs) > _LONGEST:
            self.unknown.append((theirs, rows, "too long for a word of a list"))
        elif all(entry.theirs.casefold() != theirs.casefold() for entry in self.entries):
            self.entries.append(Entry(theirs, ours, rows, confidence))


def value_map(
    table: str, column: Column, content: Content, edition: Edition, said: Sequence[Sequence[Said]] = ()
) -> ValueMap:
    """The map of one column's values; empty where the table reads all of them as they are.

    `said`: the texts that may say the meaning of answer codes, those of the column itself first.
    """
    found = ValueMap(column.name)
    if column.is_date:
        _dates(found, column, content)
    elif column.kind is Kind.FLAG:
        _flags(found, column, content)
    elif column.kind in (Kind.CHOICE, Kind.STAGE):
        _choices(found, table, column, content)
    elif column.kind in (Kind.ANSWER, Kind.STAR):
        _answers(found, column, content, edition, said)
    return found


def _blank(found: ValueMap, column: Column, content: Content, value: str, rows: int) -> bool:
    """Take a word that stands for a blank, and say whether it is one."""
    if not content.lexicon.is_blank(value):
        return False
    if value.casefold() in NULL_WORDS:
        return True  # every column reads these as blank
    if column.required:
        found.unknown.append((value, rows, "stands for a blank, and a value is required"))
    else:
        found.put(value, "", rows, "likely")
    return True


def _dates(found: ValueMap, column: Column, content: Content) -> None:
    for value, rows in content.values.items():
        _blank(found, column, content, value, rows)


def register_values(contents: Iterable[Content]) -> ValueMap:
    """The words among the dates of a register with a column a programme: those that say "not required"."""
    found = ValueMap("completed_on")
    for content in contents:
        for value, rows in content.values.items():
            if content.lexicon.is_not_required(value):
                found.put(value, "", rows, "likely")
            elif content.lexicon.is_blank(value) and value.casefold() not in NULL_WORDS:
                found.unknown.append((value, rows, "never done, or not required?"))
    return found


# ----------------------------------------------------------------------------------------- flags and choices


def _flags(found: ValueMap, column: Column, content: Content) -> None:
    lexicon = content.lexicon
    coded = content.codes and content.codes <= {"1", "2", "3", "9", "99"} and "2" in content.codes
    for value, rows in content.values.items():
        code, label = bare(value), split_label(value)[1]
        hate = lexicon.hate(label, content.heading) if column.name == "hate_incident" else None
        if coded and code in ("1", "2"):
            found.put(code, "yes" if code == "1" else "no", rows, "likely")
        elif value.casefold() in _READ_AS_FLAG:
            continue
        elif answer := lexicon.flag(code):
            found.put(code, answer, rows, "sure")
        elif answer := lexicon.flag(label):
            found.put(value, answer, rows, "sure")
        elif hate and hate.unsure:
            found.unknown.append((value, rows, hate.why))
        elif hate:
            found.put(value, hate.ours, rows, "likely")
        elif lexicon.is_neither(label) and not column.required:
            found.put(value, "", rows, "likely")
        elif not _blank(found, column, content, value, rows):
            found.unknown.append((value, rows, "neither yes nor no"))


def _choices(found: ValueMap, table: str, column: Column, content: Content) -> None:
    lexicon = content.lexicon
    ours = {word.lower() for word in column.vocabulary}
    vocabulary = vocabulary_of(table, column.name, lexicon)
    codes = lexicon.codes(column.name, content.heading)
    for value, rows in content.values.items():
        reads = value if column.kind is Kind.STAGE else heading_key(value)
        if reads in ours:
            continue
        if value in codes:
            found.put(value, codes[value], rows, "likely")
            continue
        meaning = lexicon.meaning(value, vocabulary) if vocabulary else None
        word = _word(column, content, value, meaning.ours if meaning else "")
        beside = lexicon.beside_a_programme(value) if meaning and vocabulary == "programme" else ""
        if meaning and (why := f"“{beside}” is not the programme's own check" if beside else meaning.why):
            found.unknown.append((value, rows, why))
        elif meaning and word in column.vocabulary and meaning.unsure:
            found.unsure.append(Entry(value, word, rows, "guess"))
        elif meaning and word in column.vocabulary:
            found.put(value, word, rows, "sure" if meaning.whole else "likely")
        elif not _blank(found, column, content, value, rows):
            found.unknown.append((value, rows, ""))


def _word(column: Column, content: Content, value: str, word: str) -> str:
    """A meaning as the heading turns it: "non-decent: yes" fails; only an emergency flag says yes or no."""
    flag = content.lexicon.flag(value)
    if not flag:
        return word
    heading = set(heading_key(content.heading).split("_"))
    if column.name == "decent_homes" and heading & _INVERTING:
        return "fails" if flag == "yes" else "meets"
    if column.name == "priority" and not value.isdigit():
        return ("emergency" if flag == "yes" else "non_emergency") if "emergency" in heading else ""
    return word


# --------------------------------------------------------------------------------------------------- answers


def _answers(
    found: ValueMap, column: Column, content: Content, edition: Edition, said: Sequence[Sequence[Said]]
) -> None:
    lexicon = content.lexicon
    scales = _scales(column, content)
    labels = {answer.code: answer.label for answer in edition.scales[scales[0]].answers}
    labels |= {"NADK": edition.nadk, "blank": ""}
    read = _read_as_answers(scales, edition)
    if content.codes:
        _codes(found, content, labels, scales[0], said)
        return
    for value, rows in content.values.items():
        if _key(value) in read or value.casefold() in NULL_WORDS:
            continue
        _, label = split_label(value)
        code, how = next((a for s in scales if (a := lexicon.answer(label, s))[0]), ("", ""))
        if code and how == "departs":
            found.unknown.append((value, rows, f"not the prescribed wording, which is “{labels[code]}”"))
        elif code:
            found.put(value, labels[code], rows, "sure" if _key(label) in read else "likely")
        elif not _blank(found, column, content, value, rows):
            found.unknown.append((value, rows, "not an answer of the prescribed scale"))


def _scales(column: Column, content: Content) -> list[str]:
    if column.kind is Kind.ANSWER:
        return ["AGR5"] if column.name == "TP08" else ["SAT5"]
    answers = [content.lexicon.answer(split_label(value)[1], "AGR5")[0] for value in content.counted]
    return ["AGR5", "SAT5"] if set(answers) - {"", "NADK", "blank", "NSD"} else ["SAT5", "AGR5"]


def _key(value: str) -> str:
    return str(answer_key(pa.array([value], pa.large_string()))[0].as_py())


def _read_as_answers(scales: list[str], edition: Edition) -> set[str]:
    labels = [answer.label for scale in scales for answer in edition.scales[scale].answers]
    return {_key(label) for label in [*labels, edition.nadk]}


def _codes(
    found: ValueMap,
    content: Content,
    labels: dict[str, str],
    scale: str,
    said: Sequence[Sequence[Said]],
) -> None:
    """Map answer codes where the texts agree what they mean; else say that none does, and choose neither."""
    found.are_codes = True
    counts: Counter[str] = Counter()
    for value, rows in content.counted.items():
        counts[bare(value)] += rows
    in_order = sorted(counts.items(), key=lambda each: int(each[0]))
    meanings: dict[str, str] = {}
    for place, texts in enumerate(said):
        keys = [(each.where, key) for each in texts for key in _keys(each.text, scale, content.lexicon)]
        if not keys:
            continue
        where, meanings = keys[0]
        meanings = _other_codes([*said[:place], texts, *said[1:2]], scale, content.lexicon) | meanings
        found.against = next(((where, w) for w, key in keys if not _agree(key, meanings)), ())
        for value, rows in [] if found.against else in_order:
            if value in meanings:
                found.put(value, labels[meanings[value]], rows, "likely" if place else "sure")
            else:
                found.unknown.append((value, rows, "a code that nothing in the file explains"))
        break
    if not meanings or found.against:
        found.has_no_direction = True
        others = [(value, rows) for value, rows in in_order if value not in "12345"]
        found.unknown += [(value, rows, "often “don't know”") for value, rows in others]


def _other_codes(said: Iterable[Sequence[Said]], scale: str, lexicon: Lexicon) -> dict[str, str]:
    """Codes outside the scale that texts explain alike; what is said of a column itself comes first."""
    known: dict[str, str] = {}
    for texts in said:
        found: dict[str, set[str]] = {}
        for code, label in [pair for each in texts for pair in _pairs(each.text)]:
            if code not in "12345" and (answer := _longest_answer(label, scale, lexicon, or_none=True)):
                found.setdefault(code, set()).add(answer)
        known = {code: min(answers) for code, answers in found.items() if len(answers) == 1} | known
    return known


def _agree(one: dict[str, str], other: dict[str, str]) -> bool:
    return all(one[code] == other[code] for code in "12345")


def code_meanings(text: str, scale: str, lexicon: Lexicon) -> dict[str, str]:
    """What a text such as "1 = very satisfied … 5 = very dissatisfied" says of codes: code → answer.

    Where it names both ends of a five-point scale alone, what lies between follows. A text that explains the
    codes of satisfaction explains the direction of agreement, and the other way round. A text that says two
    things of a code says nothing.
    """
    keys = _keys(text, scale, lexicon)
    return keys[0] if keys and all(_agree(key, keys[0]) for key in keys) else {}


def _pairs(text: str) -> list[tuple[str, str]]:
    """The codes that a text names, each with what stands beside it."""
    pairs = list(_CODE_OF_LABEL.findall(text))
    return pairs + [(code, label) for label, code in _LABEL_OF_CODE.findall(text)]


def _keys(text: str, scale: str, lexicon: Lexicon) -> list[dict[str, str]]:
    """The five-point scales that a text explains: another one begins where a code has another meaning."""
    pairs = _pairs(text)
    other = {"SAT5": "AGR5", "AGR5": "SAT5"}.get(scale, scale)
    for each in (scale, other):
        keys: list[dict[str, str]] = [{}]
        for code, label in pairs:
            answer = _longest_answer(label, each, lexicon)
            if answer and keys[-1].get(code, answer) != answer:
                keys.append({})
            if answer:
                keys[-1][code] = answer
        if whole := [between for key in keys if (between := _whole_scale(key))]:
            return whole
    return []


def _whole_scale(found: dict[str, str]) -> dict[str, str]:
    """Codes and answers of a five-point scale, what lies between its ends filled in; empty if it is none."""
    ends = {answer: code for code, answer in found.items()}
    if {ends.get("VS"), ends.get("VD")} != {"1", "5"}:
        return {}
    rising = ends["VS"] == "1"
    whole = {str(i if rising else 6 - i): answer for i, answer in enumerate(BEST_FIRST, 1)}
    if any(found.get(code, answer) != answer for code, answer in whole.items()):
        return {}
    return whole | {code: answer for code, answer in found.items() if code not in whole}


def _longest_answer(label: str, scale: str, lexicon: Lexicon, *, or_none: bool = False) -> str:
    """The answer that a text begins with, its longest form first; `or_none`: "refused" and the like too."""
    words = label.strip().split()
    for length in range(min(len(words), 7), 0, -1):
        code, how = lexicon.answer(" ".join(words[:length]), scale)
        if code and (or_none or code != "blank") and how == "short":
            return code
    return ""
