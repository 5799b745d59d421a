"""Dates in a stated format, re-written to ISO text a whole column at once; what does not fit stays as it is.

No locale and no library that guesses: months are English words, a two-digit year means 1969 to 2068, and
31/02 is no date.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

_MONTHS = (
    "january",
    "february",
    "march",
    "april",
    "may",
    "june",
    "july",
    "august",
    "september",
    "october",
    "november",
    "december",
)
_MONTH_WORDS = {
    month[:length]: f"{number:02d}"
    for number, month in enumerate(_MONTHS, 1)
    for length in range(3, len(month) + 1)
}
_DAYS_IN_MONTH = np.array([0, 31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31], dtype=np.uint8)

# What each directive may look like, and how the last day of 2025 and five past two look in it.
_PARTS = {
    "d": ("(?P<d>[0-9]{1,2})(?:st|nd|rd|th)?", "31"),
    "m": ("(?P<m>[0-9]{1,2})", "03"),
    "Y": ("(?P<Y>[0-9]{4})", "2025"),
    "y": ("(?P<y>[0-9]{2})", "25"),
    "b": (r"(?P<b>[a-z]{3,9})\.?", "Mar"),
    "B": (r"(?P<b>[a-z]{3,9})\.?", "March"),
    "a": (r"[a-z]{3,9}\.?", "Mon"),
    "A": (r"[a-z]{3,9}\.?", "Monday"),
    "H": ("(?P<H>[0-9]{1,2})", "14"),
    "I": ("(?P<I>[0-9]{1,2})", "02"),
    "p": (r"(?P<p>[ap])\.?m\.?", "PM"),
    "M": ("(?P<M>[0-9]{1,2})", "05"),
    "S": ("(?P<S>[0-9]{1,2})", "00"),
    "f": ("(?P<f>[0-9]{1,9})", "000000"),
    "z": ("(?P<z>z|[+-][0-9]{2}:?[0-9]{2})", "+01:00"),
}
_SAME = ({"m", "b", "B"}, {"Y", "y"}, {"H", "I"}, {"a", "A"})
_WIDTHS = {"d": 2, "m": 2, "Y": 4, "H": 2, "M": 2, "S": 2}
_DIGITS = frozenset({"%d", "%m", "%Y", "%y", "%H", "%I", "%M", "%S"})
_HOW = "write a format such as %d/%m/%Y %H:%M"


@dataclass(frozen=True)
class DateFormat:
    """A date format in the manner of strptime; ValueError, the rest of a sentence, for any other."""

    text: str

    def __post_init__(self) -> None:
        directives = self._directives
        for name in directives:
            if name not in _PARTS:
                raise ValueError(f"which has %{name}, a part that is not read: {_HOW}")
        for same in (*({name} for name in directives), *_SAME):
            if sum(name in same for name in directives) > 1:
                raise ValueError(f"which says the same part twice: {_HOW}")
        if not {"d"} <= set(directives) or not all(
            any(name in same for name in directives) for same in ({"m", "b", "B"}, {"Y", "y"})
        ):
            raise ValueError(f"which lacks the day, the month or the year: {_HOW}")
        if directives.index("d") < next(at for at, name in enumerate(directives) if name in "mbB") and (
            directives[0] == "Y"
        ):
            # A date in ISO form would be read one way where it fits, and the other where it does not.
            raise ValueError(f"year, day, month, an order that cannot be told from year, month, day: {_HOW}")
        has = set(directives)
        if ({"M", "S", "f", "z"} & has and not {"H", "I"} & has) or ("I" in has) != ("p" in has):
            raise ValueError(f"which has half a time of day: {_HOW}, or with %I:%M %p")
        if ({"H", "I"} & has and "M" not in has) or ("f" in has and "S" not in has):
            raise ValueError(f"which has half a time of day: {_HOW}, or with %I:%M %p")
        if re.search(r"[\x00-\x1f\x7f]", self.text):
            raise ValueError(f"which has a line end or a control character in it: {_HOW}")

    @cached_property
    def _pieces(self) -> list[str]:
        """The format cut into directives (%d) and what stands between them."""
        return [piece for piece in re.split("(%.?)", self.text) if piece]

    @property
    def _directives(self) -> list[str]:
        return [piece[1:] for piece in self._pieces if piece.startswith("%")]

    @cached_property
    def example(self) -> str:
        """How 31 March 2025, five past two in the afternoon, is written."""
        return "".join(_PARTS[p[1:]][1] if p.startswith("%") else p for p in self._pieces)

    @property
    def shape(self) -> str:
        """The format, but for which digits are the day: what fits one, fits all of its shape."""
        return re.sub("%[dmy]", "%d", self.text)

    @property
    def is_reversible(self) -> bool:
        """Whether a moment, written in the format, is the very text that it was read from."""
        return self.places is not None and set(self._directives) <= set("dmYHMS")

    @cached_property
    def pattern(self) -> str:
        """A regular expression of what fits the format, digits short of a leading zero too.

        Of digits without anything between them only the first may be short: 1122024 is 1 December alone.
        """
        words = []
        before = ""
        for piece in self._pieces:
            word = re.sub(r"(?:\\ )+", " +", re.escape(piece))
            if piece.startswith("%"):
                word = _PARTS[piece[1:]][0]
                word = word.replace("{1,2}", "{2}") if before in _DIGITS else word
            words.append(word)
            before = piece
        return f"(?i)^{''.join(words)}$"

    @cached_property
    def places(self) -> tuple[int, dict[str, int], dict[int, int]] | None:
        """Of digits in fixed places: the length, where each part begins, what else stands where."""
        starts: dict[str, int] = {}
        literals: dict[int, int] = {}
        at = 0
        for piece in self._pieces:
            if not piece.startswith("%"):
                encoded = piece.encode()
                literals |= dict(enumerate(encoded, at))
                at += len(encoded)
            elif piece[1:] in _WIDTHS:
                starts[piece[1:]] = at
                at += _WIDTHS[piece[1:]]
            else:
                return None
        return at, starts, literals


def expected(formats: Sequence[DateFormat]) -> str:
    """What a cell in one of these formats looks like, in words."""
    return "a date such as " + " or ".join(f"{f.example} ({f.text})" for f in formats)


@dataclass(frozen=True)
class Rewritten:
    """Cells as they stood before they were re-written, in a third of the room that their text takes.

    `moments`: what those say that are in `form`, where every digit has its place, NaT for the others; of
    these `texts` are the ones that are not blank, and `places` says where they stand.
    """

    form: str
    moments: np.ndarray
    places: np.ndarray
    texts: pa.Array

    def __len__(self) -> int:
        return len(self.moments)

    def take(self, rows: np.ndarray) -> pa.Array:
        """Some of the cells, as text."""
        words = [m.strftime(self.form) if m is not None else "" for m in self.moments[rows].tolist()]
        at = np.searchsorted(self.places, rows)
        for here in np.flatnonzero(np.isin(rows, self.places)):
            words[here] = self.texts[at[here]].as_py()
        return pa.array(words, pa.large_string())


def to_iso(cells: pa.Array, formats: Sequence[DateFormat]) -> pa.Array:
    """Re-write the cells that fit one of the formats as ISO text; the others stay as they are.

    `cells`: text without missing ones.
    """
    return rewrite(cells, formats)[0]


def rewrite(cells: pa.Array, formats: Sequence[DateFormat]) -> tuple[pa.Array, pa.Array | Rewritten]:
    """Return the cells as `to_iso` does, and as they were."""
    left = np.ones(len(cells), dtype=bool)  # which cells no format has fitted yet
    given: pa.Array | Rewritten = cells
    for number, one in enumerate(formats):
        if one.places is not None:
            before = cells
            cells, fits, read = _fixed_to_iso(cells, one.places)
            if read is not None and not number and one.is_reversible:
                given = _as_moments(before, fits, read, one.text)
            left &= ~fits
    if left.any():
        left[left] = _looks_unread(cells.filter(pa.array(left)))
    if not left.any():
        return cells, given
    encoded = cells.filter(pa.array(left)).dictionary_encode()
    distinct = encoded.dictionary
    for one in formats:
        distinct = _any_to_iso(distinct, one)
    return pc.replace_with_mask(cells, pa.array(left), distinct.take(encoded.indices)), given


def _as_moments(cells: pa.Array, fits: np.ndarray, read: _Read, form: str) -> pa.Array | Rewritten:
    """Cells by what those say that fit a form; as they are, where that would save little."""
    others = ~fits & (pc.binary_length(cells).to_numpy(zero_copy_only=False) > 0)
    if 4 * np.count_nonzero(others) > len(cells) or int(read.value["Y"][read.good].min()) < 1000:
        return cells
    moments = np.full(len(cells), np.datetime64("NaT", "s"), dtype="datetime64[s]")
    moments[fits] = read.moments()
    return Rewritten(form, moments, np.flatnonzero(others), cells.filter(pa.array(others)))


def read_iso(cells: pa.Array) -> tuple[np.ndarray, np.ndarray]:
    """Return the moments (datetime64) of cells in plain ISO form, and which cells are.

    Plain are 2025-03-31, 2025-03-31T14:05 and 2025-03-31T14:05:00, with a T or a space. `cells`: text without
    missing ones.
    """
    moments = np.full(len(cells), np.datetime64("NaT", "us"), dtype="datetime64[us]")
    plain = np.zeros(len(cells), dtype=bool)
    for start in range(0, len(cells), _ROWS_AT_ONCE):
        end = min(start + _ROWS_AT_ONCE, len(cells))
        ends, data = _bytes(cells.slice(start, end - start))
        lengths = np.diff(ends)
        for length, places in _ISO_PLACES.items():
            fits = lengths == length
            if not fits.any():
                continue
            grid = _grid(ends, data, fits, length)
            read = _Read(grid, places, {4: b"-", 7: b"-", 10: b"T ", 13: b":", 16: b":"})
            fits[fits] = read.good
            moments[start:end][fits] = read.moments()
            plain[start:end] |= fits
    return moments, plain


_MONTHS_IN_YEAR, _FEW = 12, 20
DAY_FIRST = tuple(DateFormat(f"%d/%m/%Y{time}") for time in ("", " %H:%M", " %H:%M:%S"))


def half_swapped(cells: pa.Array, formats: Sequence[DateFormat]) -> tuple[int, int] | None:
    """How many date cells and dates in text a column has, where it looks as if the former were swapped.

    A spreadsheet set to another country takes 03/04/2024 for 4 March and makes it a date cell; 25/04/2024,
    of which it can make nothing, stays text. Then no date cell has a day above 12, and every text has. None
    where a cell says otherwise, or where there are too few to tell. `cells`: text without missing ones.
    """
    moments, typed = read_iso(cells)
    days = _days(moments[typed])
    if len(days) < _FEW or (days > _MONTHS_IN_YEAR).any():
        return None
    texts, read = read_iso(to_iso(cells.filter(pa.array(~typed)), formats))
    written = _days(texts[read])
    if len(written) < _FEW or (written <= _MONTHS_IN_YEAR).any():
        return None
    return len(days), len(written)


def _days(moments: np.ndarray) -> np.ndarray:
    """The days of the month."""
    return (moments.astype("datetime64[D]") - moments.astype("datetime64[M]")).astype(np.int64) + 1


_ROWS_AT_ONCE = 1 << 16
_ISO_PLACES = {
    10: {"Y": 0, "m": 5, "d": 8},
    16: {"Y": 0, "m": 5, "d": 8, "H": 11, "M": 14},
    19: {"Y": 0, "m": 5, "d": 8, "H": 11, "M": 14, "S": 17},
}


def _looks_unread(cells: pa.Array) -> np.ndarray:
    """Which cells are neither blank nor in the form of an ISO date."""
    iso = pc.match_substring_regex(cells, "^(?:[0-9]{4}-[0-9]{2}-[0-9]{2}(?:T.*)?)?$")
    return ~iso.to_numpy(zero_copy_only=False)


def _bytes(cells: pa.Array) -> tuple[np.ndarray, np.ndarray]:
    """An array's offsets and bytes (large_string, no missing cells)."""
    _, offsets, data = cells.buffers()
    ends = np.frombuffer(offsets, dtype=np.int64)[cells.offset : cells.offset + len(cells) + 1]
    return ends, np.frombuffer(data, dtype=np.uint8) if data else np.zeros(0, dtype=np.uint8)


def _grid(ends: np.ndarray, data: np.ndarray, chosen: np.ndarray, length: int) -> np.ndarray:
    """The bytes of the chosen cells, all of one length: a row a place, a column a cell."""
    if ends[-1] - ends[0] == length * int(chosen.sum()):  # the others are blank
        return np.ascontiguousarray(data[ends[0] : ends[-1]].reshape(-1, length).T)
    return data[ends[:-1][chosen] + np.arange(length)[:, None]]


class _Read:
    """Cells with every digit in its place, read by position: which are a moment (`good`), and their parts."""

    def __init__(self, grid: np.ndarray, starts: Mapping[str, int], literals: Mapping[int, bytes]) -> None:
        self.digits = grid - 48  # below "0" wraps round to far above 9
        good = np.ones(grid.shape[1], dtype=bool)
        for name, start in starts.items():
            for at in range(start, start + _WIDTHS[name]):
                good &= self.digits[at] <= 9
        for at, marks in literals.items():
            if at < len(grid):
                good &= np.logical_or.reduce([grid[at] == mark for mark in marks])
        self.starts = starts
        self.value = {name: self._number(name) for name in starts}
        good &= _is_possible(self.value)
        self.good = good

    @property
    def template(self) -> str:
        """The form of the ISO text that is made of them."""
        return "YYYY-mm-dd" + ("THH:MM" if "H" in self.starts else "") + (":SS" if "S" in self.starts else "")

    def _number(self, name: str) -> np.ndarray:
        at = self.starts[name]
        pairs = [10 * self.digits[i] + self.digits[i + 1] for i in range(at, at + _WIDTHS[name], 2)]
        return pairs[0] if len(pairs) == 1 else pairs[0].astype(np.int16) * 100 + pairs[1]

    def iso(self) -> pa.Array:
        """The good cells as ISO text."""
        template = self.template
        good = self.digits if self.good.all() else self.digits[:, self.good]
        made = np.empty((len(template), good.shape[1]), dtype=np.uint8)
        seen: dict[str, int] = {}
        for at, mark in enumerate(template):
            if mark in _WIDTHS:
                made[at] = good[self.starts[mark] + seen.get(mark, 0)] + 48
                seen[mark] = seen.get(mark, 0) + 1
            else:
                made[at] = ord(mark)
        count = made.shape[1]
        ends = np.arange(count + 1, dtype=np.int64) * len(template)
        text = np.ascontiguousarray(made.T).reshape(-1)
        return pa.LargeStringArray.from_buffers(count, pa.py_buffer(ends), pa.py_buffer(text))

    def moments(self) -> np.ndarray:
        """The good cells as datetime64."""
        part = {name: number[self.good].astype(np.int64) for name, number in self.value.items()}
        months = (part["Y"] - 1970) * 12 + part["m"] - 1
        days = months.view("datetime64[M]").astype("datetime64[D]").astype(np.int64) + part["d"] - 1
        hour, minute, second = (part.get(name, 0) for name in "HMS")
        seconds = ((days * 24 + hour) * 60 + minute) * 60 + second
        return (seconds * 1_000_000).view("datetime64[us]")


def _fixed_to_iso(
    cells: pa.Array, places: tuple[int, dict[str, int], dict[int, int]]
) -> tuple[pa.Array, np.ndarray, _Read | None]:
    """Re-write the cells that have every digit in its place; say which they are, and what was read."""
    length, starts, literals = places
    fits = np.zeros(len(cells), dtype=bool)
    if not len(cells):
        return cells, fits, None
    ends, data = _bytes(cells)
    fits = np.diff(ends) == length
    if not fits.any():
        return cells, fits, None
    marks = {at: bytes([byte]) for at, byte in literals.items()}
    read = _Read(_grid(ends, data, fits, length), starts, marks)
    others_are_blank = read.good.all() and ends[-1] - ends[0] == length * int(fits.sum())
    fits[fits] = read.good
    if not read.good.any():
        return cells, fits, None
    iso = read.iso()
    if not others_are_blank:
        return pc.replace_with_mask(cells, pa.array(fits), iso), fits, read
    ends = np.zeros(len(cells) + 1, dtype=np.int64)
    np.cumsum(fits * len(read.template), out=ends[1:])
    return pa.LargeStringArray.from_buffers(len(cells), pa.py_buffer(ends), iso.buffers()[2]), fits, read


def _is_possible(value: Mapping[str, np.ndarray]) -> np.ndarray:
    """Which rows are a day of the calendar and a time of day."""
    year, month, day = value["Y"], value["m"], value["d"]
    possible = (year >= 1) & (month >= 1) & (month <= 12) & (day >= 1)
    last = _DAYS_IN_MONTH[np.where(possible, month, 0)]
    possible &= day <= last
    leap_days = np.flatnonzero((day == 29) & (month == 2))
    if len(leap_days):
        years = year[leap_days].astype(np.int64)
        leap = (years % 4 == 0) & ((years % 100 != 0) | (years % 400 == 0))
        possible[leap_days] = leap & (years >= 1)
    for name, most in (("H", 23), ("M", 59), ("S", 59)):
        if name in value:
            possible &= value[name] <= most
    return possible


def _any_to_iso(cells: pa.Array, one: DateFormat) -> pa.Array:
    """Re-write the cells that fit a format of any kind."""
    found = pc.extract_regex(pc.utf8_trim_whitespace(cells), one.pattern)
    fits = found.is_valid().to_numpy(zero_copy_only=False)
    if not fits.any():
        return cells
    parts = (
        dict(zip(found.type.names, found.filter(pa.array(fits)).flatten(), strict=True)) if fits.any() else {}
    )
    parts = {name: text.cast(pa.large_string()) for name, text in parts.items()}
    text, value = _numbers(parts)
    good = _is_possible(value)
    if "I" in parts:
        twelve = _number(parts["I"])
        good &= (twelve >= 1) & (twelve <= 12)
    if "b" in parts:
        good &= value["m"] > 0
    pieces = [text["Y"], "-", text["m"], "-", text["d"]]
    if "H" in text:
        pieces += ["T", text["H"], ":", text["M"]]
    if "S" in text:
        pieces += [":", text["S"]]
    if "f" in text:
        pieces += [".", text["f"]]
    if "z" in text:
        pieces += [pc.utf8_upper(text["z"])]
    iso = pc.binary_join_element_wise(*(_large(piece) for piece in pieces), _large(""))
    fits[fits] = good
    return pc.replace_with_mask(cells, pa.array(fits), iso.filter(pa.array(good)))


def _large(piece: Any) -> Any:
    return pa.scalar(piece, pa.large_string()) if isinstance(piece, str) else piece


def _number(text: pa.Array) -> np.ndarray:
    return text.cast(pa.int32()).to_numpy(zero_copy_only=False)


def _numbers(parts: dict[str, pa.Array]) -> tuple[dict[str, Any], dict[str, np.ndarray]]:
    """Year, month, day and time as text of full width, and as numbers (a month that is none is 0)."""
    text: dict[str, Any] = {name: parts[name] for name in ("f", "z") if name in parts}
    if "y" in parts:
        century = pc.if_else(pc.less_equal(parts["y"], "68"), "20", "19").cast(pa.large_string())
        text["Y"] = pc.binary_join_element_wise(century, parts["y"], _large(""))
    else:
        text["Y"] = parts["Y"]
    for name in ("m", "d", "H", "M", "S"):
        if name in parts:
            text[name] = pc.utf8_lpad(parts[name], 2, "0")
    if "b" in parts:
        words = pa.array(list(_MONTH_WORDS), pa.large_string())
        at = pc.index_in(pc.utf8_lower(parts["b"]), value_set=words)
        text["m"] = pc.fill_null(pa.array(list(_MONTH_WORDS.values()), pa.large_string()).take(at), "00")
    if "I" in parts:
        hours = _number(parts["I"]) % 12
        hours = hours + 12 * pc.equal(pc.utf8_lower(parts["p"]), "p").to_numpy(zero_copy_only=False)
        text["H"] = pc.utf8_lpad(pa.array(hours).cast(pa.large_string()), 2, "0")
    return text, {name: _number(text[name]) for name in ("Y", "m", "d", "H", "M", "S") if name in text}
