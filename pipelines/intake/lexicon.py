"""What `tsm map` knows of other people's words: synonyms.yaml, read once and made quick to ask."""

from __future__ import annotations

import math
import re
import unicodedata
from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass
from functools import cache, cached_property, lru_cache
from importlib import resources
from typing import Any

import yaml

from pipelines.intake.settings import _Loader
from pipelines.intake.sheet import heading_key
from schemas.rulebook import Edition
from schemas.tables import TABLES, Table, is_personal

Words = frozenset[str]

# Words of headings that bear a question's code and are not its answers.
_BESIDE_A_QUESTION = frozenset(
    {"filter", "comment", "comments", "why", "reason", "verbatim", "other", "base"}
)
# How well a heading names one of our columns: ours letter by letter, a synonym, a part of one, not at all.
SAME, SYNONYM, NOTHING = 1.0, 0.95, 0.0
_EXTRA_WORD = 0.1
_WITHIN = 0.7  # a heading that ends with a synonym, the words run together: PROPROPREF
_SENTENCE = 8  # words
_QUESTION = 0.5  # how alike a heading and a question must be
_CAMEL = re.compile(r"(?<=[a-z0-9])(?=[A-Z])|(?<=[A-Z])(?=[A-Z][a-z])")
_LETTERS_THEN_DIGITS = re.compile(r"(?<=[a-zA-Z]{4})(?=\d)")
_SCALE_TEXT = re.compile(r"[(\[][^()\[\]]*\d\s*[=:–-][^()\[\]]*[)\]]")
_MEASURE = re.compile(r"(?:^|[^A-Za-z0-9])TP[ _-]?0?([1-9]|1[0-2])(?![0-9])", re.IGNORECASE)
_QUESTION_NUMBER = re.compile(r"q[0-9]{1,3}[a-z]?")
_NUMBER_OF = re.compile(r"(?:^|(?<=_))(?:no|num|nr|number)_of_")
_PLACEHOLDER = re.compile(r"\[[^\]]*\]")
_COMMON = frozenset(
    """the of a an and or to in on is are you your that with how do does have has if yes following my me it be
    would""".split()  # noqa: SIM905
)


@dataclass(frozen=True)
class Meaning:
    """What a value of theirs means in our words; `whole`: the phrase is all of it; `unsure`: better asked.

    `why`: what in the value speaks against the meaning, so that it is not even a guess.
    """

    ours: str
    whole: bool
    unsure: bool
    why: str = ""


@dataclass(frozen=True)
class _Phrase:
    """A phrase of theirs and our word; `kind`: the list of synonyms.yaml that holds it."""

    ours: str
    kind: str


class Lexicon:
    """The synonyms, with the look-ups that the proposer needs."""

    def __init__(self, content: dict[str, Any]) -> None:
        self.content = content
        self._canonical = {word: head for head, words in content["words"].items() for word in words}
        self._idle = frozenset(content["idle"])
        self._contrary = frozenset(content["contrary"])
        self._weak = frozenset(content["weak"])
        self._personal = frozenset(content["personal"])
        self._of_places = frozenset(content["of_places"])
        self._names = {name: self._of_table(TABLES[name]) for name in TABLES}

    # ------------------------------------------------------------------------------------------- headings

    @lru_cache(maxsize=20_000)  # noqa: B019 (there is one lexicon, and it lives as long as the process)
    def words(self, heading: str) -> Words:
        """A heading as the set of its words: order, case, punctuation and idle words aside."""
        apart = _LETTERS_THEN_DIGITS.sub(" ", _CAMEL.sub(" ", _SCALE_TEXT.sub(" ", heading)))
        plain = _NUMBER_OF.sub("count_", heading_key(apart))
        split = [word for word in plain.split("_") if word]
        split = [word for word in split if not _QUESTION_NUMBER.fullmatch(word)] or split
        words = {self._canonical.get(word, word) for word in split if word not in self._idle}
        return frozenset(words or split)

    def naming(self, heading: str, table: Table, column: str) -> float:
        """How well a heading names a column of ours, from 0 to 1."""
        if heading_key(heading) == heading_key(column):
            return SAME
        if table.name == "survey_responses" and (measure := self.measure(heading)):
            return SYNONYM if measure == column else NOTHING
        compact = heading_key(_SCALE_TEXT.sub(" ", heading)).replace("_", "")
        words = self.words(heading)
        best = NOTHING
        for theirs, squeezed in self._names[table.name].get(column, ()):
            if squeezed == compact or theirs == words:
                return SYNONYM
            if len(squeezed) > 5 and compact.endswith(squeezed):
                best = max(best, _WITHIN)
            best = max(best, self._alike(words, theirs))
        return best

    def is_heading(self, text: str) -> bool:
        """Whether a text is a heading that some table of ours knows, whole."""
        known, compact = self._headings
        return self.words(text) in known or heading_key(text).replace("_", "") in compact

    @cached_property
    def _headings(self) -> tuple[frozenset[Words], frozenset[str]]:
        pairs = [pair for names in self._names.values() for each in names.values() for pair in each]
        return frozenset(words for words, _ in pairs), frozenset(squeezed for _, squeezed in pairs)

    def _alike(self, words: Words, theirs: Words) -> float:
        more, fewer = words - theirs, theirs - words
        if more & self._contrary or not words & theirs:
            return NOTHING
        if not fewer:  # the synonym and some words besides
            extra = len(more - self._weak)
            if (len(theirs) == 1 and theirs & self._weak) or extra > len(theirs):
                return NOTHING
            return 0.9 - _EXTRA_WORD * extra
        if not more:  # only a part of the synonym
            return NOTHING if words <= self._weak else 0.6 * len(words) / len(theirs)
        shared = len(words & theirs - self._weak) / len(words | theirs)
        return 0.7 * shared if shared >= 0.5 else NOTHING

    def measure(self, heading: str) -> str:
        """The measure whose code a heading bears, such as TP01; "" for none, and for a note beside it."""
        found = _MEASURE.search(heading)
        if not found or self.words(heading) & _BESIDE_A_QUESTION:
            return ""
        return f"TP{int(found[1]):02d}"

    def is_personal(self, heading: str) -> bool:
        """Whether a heading suggests a person, or something that a person wrote."""
        split = set(heading_key(_CAMEL.sub(" ", heading)).split("_"))
        if split & self._of_places and not split & self._personal - {"name", "names"}:
            return False  # the name of an area, not of somebody
        return is_personal(heading_key(heading)) or bool(self._personal & split)

    def about(self, table: str, text: str) -> int:
        """How many of the words that a table is about stand in a text, such as a file's name."""
        words = " ".join(sorted(self.words(text))) + " " + heading_key(text).replace("_", " ")
        return sum(word in words for word in self.content["tables"][table]["about"])

    def _of_table(self, table: Table) -> dict[str, list[tuple[Words, str]]]:
        own = self.content["tables"][table.name]["columns"]
        names: dict[str, list[tuple[Words, str]]] = {}
        for column in table.by_name:
            phrases = [column, *own.get(column, ()), *self.content["any"].get(column, ())]
            names[column] = [(self.words(p), heading_key(p).replace("_", "")) for p in phrases]
        return names

    # ------------------------------------------------------------------------------------------ questions

    @cache  # noqa: B019 (see above)
    def _questions(self, edition: Edition) -> dict[str, tuple[Words, float]]:
        texts = {m.key: m.question for m in edition.measures if m.question} | dict(edition.filters)
        texts = self.content["questions"] | texts
        words = {key: _plain_words(text) for key, text in texts.items()}
        found_in = Counter(word for each in words.values() for word in each)
        self._rarity = {word: math.log(1 + len(words) / count) for word, count in found_in.items()}
        return {key: (each, self._weight(each)) for key, each in words.items()}

    def _weight(self, words: Iterable[str]) -> float:
        return sum(self._rarity.get(word, 1.5) for word in words)

    def question(self, heading: str, edition: Edition, landlord: str = "") -> tuple[str, float]:
        """The prescribed question whose wording a heading is nearest to, and how near; "" where none is."""
        questions = self._questions(edition)
        plain = _SCALE_TEXT.sub(" ", heading)
        words = _plain_words(plain.replace(landlord, " ") if landlord else plain)
        if len(words) < 4:
            return "", 0.0
        given = self._weight(words)
        alike = {
            key: 2 * self._weight(words & theirs) / (given + weight)
            for key, (theirs, weight) in questions.items()
        }
        best = max(alike, key=lambda key: alike[key])
        others = max(value for key, value in alike.items() if key != best)
        if alike[best] < _QUESTION or alike[best] - others < 0.08:
            return "", 0.0
        return best, alike[best]

    # --------------------------------------------------------------------------------------------- values

    def is_blank(self, value: str) -> bool:
        """Whether a cell says in words that there is nothing in it."""
        return _value_key(value) in self._set("blank") or not value.strip()

    def is_neither(self, value: str) -> bool:
        """Whether an answer to a yes-or-no question is neither."""
        return _value_key(value) in self._set("neither")

    def is_not_required(self, value: str) -> bool:
        """Whether a register's cell says that no check is required."""
        return _value_key(value) in self._set("not_required")

    def is_machine_cell(self, value: str) -> bool:
        """Whether a cell belongs to the second row of headings that survey tools write."""
        return _value_key(value) in self._set("machine_cells") or value.startswith('{"ImportId"')

    def is_sentence(self, heading: str) -> bool:
        """Whether a heading is as long as a question."""
        return len(_SCALE_TEXT.sub(" ", heading).split()) > _SENTENCE

    def is_total(self, value: str) -> bool:
        """Whether a value marks a row of totals."""
        key = _value_key(value)
        return key in self._set("totals") or key.startswith(("total ", "totals ", "grand total "))

    @cached_property
    def total_pattern(self) -> str:
        """A regular expression of what may mark a row of totals, to be looked at by `is_total`."""
        first = sorted({re.escape(word.split(" ")[0]) for word in self._set("totals") | {"totals"}})
        return rf"^\s*(?:{'|'.join(first)})\b"

    def no_record(self, value: str) -> str:
        """The reason to give where a value often marks a record as none, else ""."""
        key = _value_key(value)
        return next((why for why, words in self._not_records.items() if key in words), "")

    @cached_property
    def _not_records(self) -> dict[str, frozenset[str]]:
        return {why: frozenset(map(_value_key, w)) for why, w in self.content["not_records"].items()}

    @cache  # noqa: B019
    def _set(self, name: str) -> frozenset[str]:
        return frozenset(_value_key(word) for word in self.content[name])

    def flag(self, value: str) -> str:
        """`yes`, `no`, or "" for a value that is neither."""
        key = _value_key(value)
        for answer in ("yes", "no"):
            if key in self._flags[answer]:
                return answer
        first = key.split(" ")[0]
        return first if first in ("yes", "no") and len(key) > len(first) + 1 else ""

    @cached_property
    def _flags(self) -> dict[str, frozenset[str]]:
        return {answer: frozenset(map(_value_key, self.content[answer])) for answer in ("yes", "no")}

    def meaning(self, value: str, vocabulary: str) -> Meaning | None:
        """What a value means in a vocabulary of ours, by the longest phrases that it holds."""
        return self._read(value, self._phrases(vocabulary))

    def hate(self, value: str, heading: str) -> Meaning | None:
        """Whether a value says that a case was a hate incident; under "hate", a kind of hate says so too."""
        named = "hate" in self.words(heading)
        return self._read(value, self._under_hate if named else self._phrases("hate_incident"))

    def _read(self, value: str, phrases: dict[str, _Phrase]) -> Meaning | None:
        """A value's meaning: none is sure where a word turns it, or where the value speaks of two."""
        key = _value_key(value)
        if phrase := phrases.get(key):
            return Meaning(phrase.ours, True, phrase.kind == "unsure")
        left, found = f" {key} ", []
        for words, phrase in phrases.items():
            if phrase.kind != "whole" and f" {words} " in left:
                sure = phrase.kind != "unsure"  # an unsure phrase only keeps its words from being read apart
                left = left.replace(f" {words} ", " | " if sure else " ~ ")
                found += [phrase] if sure else []
        if not found:
            return None
        before = left[: left.rfind("|")]
        turning = next((word for word in self._turning if f" {word} " in before), "")
        if turning or left.endswith((" no ", " n ", " false ")):
            return Meaning(found[0].ours, False, True, f"“{turning or 'no'}” may turn its meaning")
        first = [phrase for phrase in found if phrase.kind == "first"] or found
        meanings = dict.fromkeys(phrase.ours for phrase in first)
        if len(meanings) > 1:
            return Meaning(first[0].ours, False, True, f"it speaks of {' and of '.join(meanings)}")
        return Meaning(first[0].ours, False, False)

    def beside_a_programme(self, text: str) -> str:
        """The word by which a text speaks of something else than a programme's own check, "" for none."""
        words = heading_key(text).split("_")
        beside = set(self.content["not_programme"])
        if not {"lift", "lifts", "loler"} & set(words):
            beside -= {"domestic"}
        return next((word for word in words if word in beside), "")

    @cached_property
    def _turning(self) -> tuple[str, ...]:
        return tuple(map(_value_key, self.content["turning"]))

    @cache  # noqa: B019
    def _phrases(self, vocabulary: str) -> dict[str, _Phrase]:
        """Phrase → what it means, the longest first."""
        found: dict[str, _Phrase] = {}
        for ours, lists in self.content["values"][vocabulary].items():
            for kind in ("first", "values", "whole", "unsure"):
                for phrase in lists.get(kind, ()):
                    found.setdefault(_value_key(phrase), _Phrase(ours, kind))
            if ours not in ("yes", "no"):
                found.setdefault(_value_key(ours), _Phrase(ours, "values"))
        return _longest_first(found)

    @cached_property
    def _under_hate(self) -> dict[str, _Phrase]:
        kinds = {_value_key(kind): _Phrase("yes", "first") for kind in self.content["hate_kinds"]}
        return _longest_first(kinds | self._phrases("hate_incident"))

    def has_vocabulary(self, vocabulary: str) -> bool:
        """Whether there are synonyms for a vocabulary."""
        return vocabulary in self.content["values"]

    def codes(self, column: str, heading: str) -> dict[str, str]:
        """The codes of a whole column, known by its heading."""
        for name, codes in self.content["coded"].get(column, {}).items():
            if self.words(name) == self.words(heading):
                return dict(codes)
        return {}

    def answer(self, value: str, scale: str) -> tuple[str, str]:
        """An answer's code on a scale and how it was known: `short`, `departs`, or "" where it is not."""
        key = _value_key(value)
        answers = self._answers(scale)
        return answers.get(key, ("", ""))

    @cache  # noqa: B019
    def _answers(self, scale: str) -> dict[str, tuple[str, str]]:
        content = self.content["answers"]
        found: dict[str, tuple[str, str]] = {}
        for code, lists in content[scale].items():
            for how in ("short", "departs"):
                for phrase in lists[how]:
                    found.setdefault(_value_key(phrase), (code, how))
        for phrase in content["NADK"]:
            found.setdefault(_value_key(phrase), ("NADK", "short"))
        for phrase in content["blank"]:
            found.setdefault(_value_key(phrase), ("blank", "short"))
        return found


def _longest_first(phrases: dict[str, _Phrase]) -> dict[str, _Phrase]:
    return dict(sorted(phrases.items(), key=lambda each: len(each[0]), reverse=True))


def _value_key(value: str) -> str:
    """A value as it is compared: small letters, one apostrophe, one space between words and nothing else."""
    plain = unicodedata.normalize("NFKC", value).lower().replace("’", "'").strip()
    joined = re.sub(r"[^\w'#✓✔✗]+|_", " ", plain).strip()
    return joined or plain


def _plain_words(text: str) -> Words:
    """The words of a question's text that tell it from others."""
    plain = heading_key(_PLACEHOLDER.sub(" ", text.replace("'s", " ").replace("’s", " ")))
    words = {
        word for word in plain.split("_") if len(word) > 1 and word not in _COMMON and not word.isdigit()
    }
    return frozenset(words)


@cache
def lexicon() -> Lexicon:
    """The lexicon that ships."""
    text = (resources.files("pipelines.intake") / "synonyms.yaml").read_text("utf-8")
    return Lexicon(yaml.load(text, Loader=_Loader))  # noqa: S506 (a safe loader)
