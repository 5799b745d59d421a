"""What a column of text holds, told from its cells alone: dates and how they are written, codes, persons."""

from __future__ import annotations

import datetime as dt
import re
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass
from functools import cache, cached_property

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.compute as pc

from pipelines.intake.lexicon import Lexicon
from pipelines.intake.parse import clean
from schemas.tables import Column, Kind
from schemas.tables.survey_responses import STAR_QUESTIONS

_LOOKED_AT = 2_000  # values of a column that are looked at one by one
_SEVERAL = 60  # a vocabulary has no more words than that

_TIME = r"(?P<time>[T ,]+\d{1,2}:\d{2}(?P<seconds>:\d{2}(?P<part>\.\d+)?)?(?P<noon> ?[AaPp]\.?[Mm]\.?)?)?"
_ZONE = r"(?P<zone> ?(?:Z|[+-]\d{2}:?\d{2}))?"
_ISO = re.compile(rf"^\d{{4}}-\d{{2}}-\d{{2}}{_TIME}{_ZONE}$")
_NUMBERS = re.compile(rf"^(?P<a>\d{{1,2}})(?P<s>[/.\- ])(?P<b>\d{{1,2}})(?P=s)(?P<y>\d{{4}}|\d{{2}}){_TIME}$")
_YEAR_FIRST = re.compile(rf"^\d{{4}}(?P<s>[/. ])\d{{1,2}}(?P=s)\d{{1,2}}{_TIME}$")
_DAY_NAME = re.compile(
    rf"^(?P<w>[A-Za-z]{{3,9}},? )?\d{{1,2}}(?P<s>[ \-/.])(?P<m>[A-Za-z]{{3,9}})(?P<t>[ \-/.,]+)"
    rf"(?P<y>\d{{4}}|\d{{2}}){_TIME}$"
)
_NAME_DAY = re.compile(rf"^(?P<m>[A-Za-z]{{3,9}}) \d{{1,2}}(?P<t>,? )(?P<y>\d{{4}}){_TIME}$")
_MONTH = re.compile(r"^(?:\d{4}[-/](?:0[1-9]|1[0-2])|(?:0[1-9]|1[0-2])/\d{4}|[A-Za-z]{3,9}[ -]\d{2,4})$")
_BY_NUMBERS = re.compile(r"%d([/.\- ])%m\1|%m([/.\- ])%d\2")
_MONTHS = ("jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec")
_EARLY, _LATE = dt.date(1900, 1, 1), dt.date(2100, 1, 1)

_PERSONAL = re.compile(
    r"\S+@\S+\.\S+"
    r"|(?:^|\s)(?:\+44|0)[\d ()-]{9,}$"
    r"|\b[A-Z]{1,2}\d[A-Z\d]? ?\d[A-Z]{2}\b"
    r"|\b[A-CEGHJ-PR-TW-Z]{2} ?(?:\d{2} ?){3}[A-D]\b"
    r"|\b(?:Mr|Mrs|Ms|Miss|Dr)\.? [A-Z]"
)
_PERSONS_NAME = re.compile(r"^[A-Z][a-z'’-]+(?:,? [A-Z][A-Za-z'’.-]*){1,3}$")
_ANSWER_CODES = frozenset({0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 88, 97, 98, 99})
_WHOLE = re.compile(r"^\d{1,9}$")
_CODE = re.compile(r"^(\d{1,2})(?:\.0+)?$")
_SCORE = re.compile(r"^(?:10|\d)$")
_UPRN = re.compile(r"^\d{5,12}$")
_LOST_DIGITS = re.compile(r"^\d(?:\.\d+)?[Ee]\+\d+$")
_GSS = re.compile(r"^[EWSN]\d{8}$")
_DECIMAL = re.compile(r"^\d{1,9}(?:\.\d+)?$")
_SERIAL = re.compile(r"^[345]\d{4}(?:\.\d+)?$")
_CODED_LABEL = re.compile(r"^\(?(?P<code>\d{1,2})\)?\s*[-–:.=)]?\s*(?P<label>[A-Za-z].*)$")
_LABEL_CODE = re.compile(r"^(?P<label>[A-Za-z].*?)\s*[-–:=]?\s*[(\[](?P<code>\d{1,2})[)\]]$")


@dataclass(frozen=True)
class Dates:
    """How the dates of a column are written.

    `format`: as strptime reads it, "" for the form that needs no word (2025-03-31). `share`: of the filled
    cells; `proof`: cells that only this order of day and month allows; `against`: cells that only the other
    allows; `ambiguous`: whether no cell proves either; `others`: formats of the rest, "iso" for 2025-03-31.
    """

    format: str
    share: float
    proof: int
    against: int
    ambiguous: bool
    others: tuple[str, ...]


@dataclass(frozen=True, eq=False)
class Content:
    """One column of a file.

    `values`: its most frequent values, cleaned, with their counts; of a column of a few words all of them.
    `not_blank`: cells that are not blank, `different`: how many different ones there are.
    """

    heading: str
    position: int
    values: dict[str, int]
    not_blank: int
    different: int
    lexicon: Lexicon

    @cached_property
    def counted(self) -> dict[str, int]:
        """The values without those that say that there is none."""
        return {v: n for v, n in self.values.items() if not self.lexicon.is_blank(v)}

    @cached_property
    def filled(self) -> int:
        """How many cells hold something."""
        return self.not_blank - sum(n for v, n in self.values.items() if v not in self.counted)

    @cached_property
    def distinct(self) -> int:
        """How many different values there are."""
        return self.different - len(self.values) + len(self.counted)

    @cached_property
    def _looked_at(self) -> int:
        return sum(self.counted.values())

    @property
    def is_vocabulary(self) -> bool:
        """Whether the values are few, as codes and words of a list are."""
        return 0 < self.distinct <= _SEVERAL

    @property
    def is_unique(self) -> bool:
        return self.filled > 0 and self.distinct >= 0.99 * self.filled

    @cache  # noqa: B019 (a file's columns are looked at once, and then let go with the process)
    def share(self, holds: re.Pattern[str]) -> float:
        """The share of the filled cells that match a pattern."""
        return self.share_where(lambda value: bool(holds.match(value)))

    def share_where(self, holds: Callable[[str], bool]) -> float:
        """The share of the filled cells of which something holds."""
        hits = sum(n for v, n in self.counted.items() if holds(v))
        return hits / self._looked_at if self._looked_at else 0.0

    @cached_property
    def is_prose(self) -> bool:
        """Whether the cells are sentences: many words, hardly two alike."""
        words = sum(n * (v.count(" ") + 1) for v, n in self.counted.items())
        return words > 4 * self._looked_at and not self.recurs and not self.dates

    @cached_property
    def is_personal(self) -> bool:
        """Whether the heading or the cells suggest a person; then no cell is shown."""
        if self.lexicon.is_personal(self.heading) or self.is_prose:
            return True
        if any(map(looks_personal, self.counted)):
            return True
        return self.share(_PERSONS_NAME) > 0.5 and not self.recurs

    @property
    def recurs(self) -> bool:
        """Whether the values are few and each stands on several rows."""
        return self.is_vocabulary and self.filled >= 3 * self.distinct

    @cached_property
    def samples(self) -> tuple[str, ...]:
        """Up to three values that may be shown, "•••" for a column that may not."""
        if not self.counted:
            return ()
        if self.is_personal:
            return ("•••",)
        return tuple(v if len(v) <= 30 else f"{v[:30]}…" for v in list(self.counted)[:3])

    @cached_property
    def dates(self) -> Dates | None:
        """How the dates are written, None where most cells are none."""
        return _dates(list(self.counted.items()))

    @cached_property
    def is_month_only(self) -> bool:
        """Whether the cells name months without a day."""
        return self.share(_MONTH) > 0.8 and self.dates is None

    @cached_property
    def are_serials(self) -> bool:
        """Whether the cells may be a spreadsheet's day numbers."""
        return self.share(_SERIAL) > 0.9

    @cached_property
    def has_lost_digits(self) -> bool:
        """Whether long numbers were shortened by a spreadsheet (1.00023E+11)."""
        return self.share(_LOST_DIGITS) > 0

    @cached_property
    def codes(self) -> frozenset[str]:
        """The distinct values where all of them are whole numbers below 100, else none."""
        are_codes = all(map(_CODE.match, self.counted))
        return frozenset(map(bare, self.counted)) if are_codes else frozenset()


def bare(value: str) -> str:
    """A code without the ".0" that software adds to a column of numbers with blanks; else the value."""
    code = _CODE.match(value)
    return code[1] if code else value


def looks_personal(value: str) -> bool:
    """Whether one cell holds an address, a telephone number, a title before a name or the like."""
    return bool(_PERSONAL.search(value))


def text_array(cells: pd.Series) -> pa.Array:
    """A column of text as one Arrow array."""
    text = pa.array(cells).cast(pa.large_string())
    return text.combine_chunks() if isinstance(text, pa.ChunkedArray) else text


def content_of(cells: pd.Series, heading: str, position: int, lexicon: Lexicon) -> Content:
    """Look at one column of text cells."""
    cleaned = clean(text_array(cells))
    found = pc.value_counts(cleaned.filter(pc.not_equal(cleaned, "")))
    counts = found.field("counts").to_numpy(zero_copy_only=False)
    most = np.argsort(-counts, kind="stable")[:_LOOKED_AT]
    values = found.field("values").take(pa.array(most)).to_pylist()
    frequent = dict(zip(values, counts[most].tolist(), strict=True))
    return Content(heading, position, frequent, int(counts.sum()), len(counts), lexicon)


def split_label(value: str) -> tuple[str, str]:
    """A value such as "1 - Very satisfied" as ("1", "Very satisfied"); the code is "" where there is none."""
    for pattern in (_CODED_LABEL, _LABEL_CODE):
        if match := pattern.match(value):
            return match["code"], match["label"].strip()
    return "", value


# ---------------------------------------------------------------------------------------------------- dates


def _dates(values: list[tuple[str, int]]) -> Dates | None:
    shapes: Counter[str] = Counter()
    looked = sum(n for _, n in values)
    proof = {"day": 0, "month": 0, "": 0}
    for value, count in values:
        shape, order = _shape(value)
        if shape:
            shapes[shape] += count
            proof[order] += count
    found = shapes.total()
    if not found or found < 0.8 * looked:
        return None
    month_first = proof["month"] > proof["day"]
    formats = Counter(_swapped(shapes) if month_first else shapes).most_common()
    first = formats[0][0]
    return Dates(
        format="" if first == "iso" else first,
        share=formats[0][1] / looked,
        proof=max(proof["day"], proof["month"]),
        against=min(proof["day"], proof["month"]),
        ambiguous=bool(_BY_NUMBERS.search(first)) and not proof["day"] and not proof["month"],
        others=tuple(shape for shape, _ in formats[1:]),
    )


def _swapped(shapes: Counter[str]) -> dict[str, int]:
    """Day-first formats as month-first ones."""
    swapped = re.compile(r"%d([/.\- ])%m\1")
    return {swapped.sub(r"%m\1%d\1", shape): count for shape, count in shapes.items()}


def _shape(value: str) -> tuple[str, str]:
    """A date's format, day first where that is open, and whether it proves that `day` or `month` is first.

    ("", "") for what is no date, for 31 February too.
    """
    if match := _ISO.match(value):
        if match["noon"] or "," in (match["time"] or ""):
            return _tried(value, f"%Y-%m-%d{_time_format(match)}", "")
        return ("iso", "") if _is_day(value[:10], "%Y-%m-%d") else ("", "")
    if match := _NUMBERS.match(value):
        a, b, s = int(match["a"]), int(match["b"]), match["s"]
        year = "%Y" if len(match["y"]) == 4 else "%y"
        if a > 12 and b > 12:
            return "", ""
        order = "day" if a > 12 else "month" if b > 12 else ""
        first = f"%m{s}%d" if order == "month" else f"%d{s}%m"
        shape, _ = _tried(value, f"{first}{s}{year}{_time_format(match)}", order)
        return (f"%d{s}%m{s}{year}{_time_format(match)}", order) if shape else ("", "")
    if match := _YEAR_FIRST.match(value):
        s = match["s"]
        return _tried(value, f"%Y{s}%m{s}%d{_time_format(match)}", "")
    if match := _DAY_NAME.match(value):
        weekday = re.match(r"([A-Za-z]*)(,? ?)", match["w"] or "")
        assert weekday is not None
        prefix = f"{'%a' if len(weekday[1]) == 3 else '%A'}{weekday[2]}" if weekday[1] else ""
        year = "%Y" if len(match["y"]) == 4 else "%y"
        return _tried(
            value, f"{prefix}%d{match['s']}{_month(match)}{match['t']}{year}{_time_format(match)}", ""
        )
    if match := _NAME_DAY.match(value):
        return _tried(value, f"{_month(match)} %d{match['t']}%Y{_time_format(match)}", "")
    return "", ""


def _month(match: re.Match[str]) -> str:
    return "%b" if len(match["m"]) == 3 and match["m"].lower() in _MONTHS else "%B"


def _time_format(match: re.Match[str]) -> str:
    if not match["time"]:
        return ""
    before = re.match(r"[T ,]+", match["time"])
    hours = "%I:%M" if match["noon"] else "%H:%M"
    seconds = (":%S.%f" if match["part"] else ":%S") if match["seconds"] else ""
    noon = (" %p" if match["noon"].startswith(" ") else "%p") if match["noon"] else ""
    return f"{before[0] if before else ' '}{hours}{seconds}{noon}"


def _tried(value: str, shape: str, order: str) -> tuple[str, str]:
    return (shape, order) if _is_day(value, shape) else ("", "")


def _is_day(value: str, shape: str) -> bool:
    try:
        day = dt.datetime.strptime(value, shape).date()  # noqa: DTZ007 (only whether it is a date)
    except ValueError:
        return False
    return _EARLY <= day < _LATE


# ------------------------------------------------------------------------------------------- how it fits ours


def fit(content: Content, column: Column, heading_names_it: bool) -> float:
    """How well what a column holds fits one of ours, from 0 to 1; an empty one says little."""
    if not content.filled:
        return 0.2 if column.required else 0.5
    share = _share(content, column, heading_names_it)
    return share if share is not None else 0.5


def _share(content: Content, column: Column, named: bool) -> float | None:
    kind = column.kind
    if kind in (Kind.DATE, Kind.DATETIME):
        if content.are_serials and named:
            return 0.6
        return content.dates.share + 0.2 * bool(content.dates.others) if content.dates else 0.0
    if kind is Kind.FLAG:
        few = content.is_vocabulary
        return content.share_where(lambda v: _means_flag(v, column, content)) if few else 0.0
    if kind in (Kind.CHOICE, Kind.STAGE):
        return _choices(content, column, named)
    if kind in (Kind.ANSWER, Kind.STAR):
        return _answers(content, column)
    if kind is Kind.SCORE:
        return content.share(_SCORE)
    if kind is Kind.COUNT:
        return content.share(_WHOLE)
    if kind is Kind.DECIMAL:
        return content.share(_DECIMAL)
    return _text(content, column)


def _text(content: Content, column: Column) -> float:
    if column.name == "uprn":
        return max(content.share(_UPRN), 0.6 * content.has_lost_digits)
    if column.name == "la_code":
        return content.share(_GSS)
    if column.free_text:
        return 0.3 if content.dates or content.codes else 1.0
    if column.name.endswith("_id"):
        if content.dates or content.is_prose:
            return 0.0
        if column.required:
            alone = content.distinct / content.filled
            a_row_a_stage = column.name == "complaint_id" and alone > 0.4
            return 1.0 if content.is_unique or a_row_a_stage else max(0.2, alone)
        answers = set(map(str.casefold, content.counted)) <= {"yes", "no", "y", "n"}
        return 0.2 if answers or content.codes else 1.0
    return 0.1 if content.dates or content.is_prose else 1.0


def _means_flag(value: str, column: Column, content: Content) -> bool:
    lexicon, code, label = content.lexicon, bare(value), split_label(value)[1]
    if lexicon.flag(code) or code in ("2", "9", "99") or lexicon.flag(label) or lexicon.is_neither(label):
        return True
    return column.name == "hate_incident" and lexicon.hate(label, content.heading) is not None


def vocabulary_of(table: str, column: str, lexicon: Lexicon) -> str:
    """The name under which synonyms of a column's values are kept; "" where there are none."""
    for name in (f"{table}.{column}", column):
        if lexicon.has_vocabulary(name):
            return name
    return ""


def _choices(content: Content, column: Column, named: bool) -> float:
    if not content.is_vocabulary:
        return 0.0
    lexicon = content.lexicon
    ours = {word.lower() for word in column.vocabulary}
    if column.name == "status":
        names = [n for n in ("repairs.status", "complaints.status") if _fits_status(column, n, lexicon)]
    else:
        names = [column.name] if lexicon.has_vocabulary(column.name) else []
    coded = lexicon.codes(column.name, content.heading)

    def means(value: str) -> bool:
        key = value.casefold().replace(" ", "_")
        return key in ours or value in coded or any(lexicon.meaning(value, name) for name in names)

    # A vocabulary that a heading names may be in codes that only its owner knows.
    return max(content.share_where(means), 0.3 * named)


def _fits_status(column: Column, name: str, lexicon: Lexicon) -> bool:
    return set(column.vocabulary) == {str(word) for word in lexicon.content["values"][name]}


def _answers(content: Content, column: Column) -> float:
    if not content.is_vocabulary:
        return 0.0
    scale = "AGR5" if column.name == "TP08" else "SAT5"
    lexicon = content.lexicon
    if content.codes:
        low = {int(code) for code in content.codes}
        if not low <= _ANSWER_CODES or not low & {1, 2, 3, 4, 5}:
            return 0.0
        return {1: 0.3, 2: 0.3, 3: 0.8}.get(len(low & {1, 2, 3, 4, 5}), 0.9)
    other = column.name in STAR_QUESTIONS

    def means(value: str) -> bool:
        label = split_label(value)[1]
        return bool(lexicon.answer(label, scale)[0]) or (other and bool(lexicon.answer(label, "AGR5")[0]))

    return content.share_where(means)
