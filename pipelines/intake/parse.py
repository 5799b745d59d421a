"""From text to types, a whole column at once: what cannot be read is left blank and marked, never guessed.

Only the distinct values of a column are worked on, then taken back to their rows: a million dates are some
hundreds of distinct ones.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.compute as pc

from pipelines.intake.sheet import INVISIBLE
from schemas.rulebook import Edition
from schemas.tables import Column, Kind

# Dates outside these are placeholders (1900-01-01, 1970-01-01, 9999-12-31) or slips of the year.
EARLIEST = pd.Timestamp(1990, 1, 1)
_YEARS_AFTER = 1  # how long after the year's end something may have happened
_YEARS_AHEAD = 20  # how far ahead something may be due

# How databases write a blank into an export.
NULL_WORDS = ("null", "\\n", "nan", "nat", "<na>")

_DATE = r"[0-9]{4}-[0-9]{2}-[0-9]{2}"
_TIME = r"(?:[01][0-9]|2[0-3]):[0-5][0-9](?::[0-5][0-9](?:\.[0-9]{1,9})?)?"
_OFFSET = r"(?:Z|[+-][0-9]{2}:?[0-9]{2})"
_MOMENT = f"^{_DATE}(?:[T ]{_TIME}(?: ?{_OFFSET})?)?$"
_ZONED = f"{_TIME} ?{_OFFSET}$"
_END_OF_DAY = pd.Timedelta(days=1) - pd.Timedelta(microseconds=1)
_SPACES = r"[\s\p{Z}]+"
_APOSTROPHES = "[’‘ʼʹ′`´＇‛]"


@dataclass(frozen=True)
class Parsed:
    """A column as read: `values` typed (missing where blank or unreadable), and which rows are at fault.

    `blank`: nothing in the cell; `unreadable`: something that is not what the column holds; `implausible`:
    a date that cannot be meant. `null_words`: how many cells were blank by a word, such as NULL.
    """

    values: pd.Series
    blank: np.ndarray
    unreadable: np.ndarray
    implausible: np.ndarray
    null_words: int


def parse_column(text: pd.Series, column: Column, edition: Edition) -> Parsed:
    """Read one column of text cells (no missing ones) as its kind; the index is kept."""
    cells = pa.array(text)
    cells = cells.combine_chunks() if isinstance(cells, pa.ChunkedArray) else cells
    encoded = cells.cast(pa.large_string()).dictionary_encode()
    at = encoded.indices.to_numpy(zero_copy_only=False)
    distinct = clean(encoded.dictionary)
    is_null_word = np.zeros(len(distinct), dtype=bool)
    if not column.free_text:
        is_null_word = _bools(pc.is_in(pc.utf8_lower(distinct), pa.array(NULL_WORDS, distinct.type)))
    blank = _bools(pc.equal(distinct, "")) | is_null_word
    distinct = pc.if_else(pa.array(blank), pa.scalar(None, distinct.type), distinct)
    values = _READERS[column.kind](distinct, column, edition)
    implausible = np.zeros(len(values), dtype=bool)
    if column.is_date:
        implausible = _implausible(values, column, edition)
        if column.to_the_end_of_day:
            values = values.where(values != values.dt.normalize(), values + _END_OF_DAY)
    unreadable = values.isna().to_numpy() & ~blank
    values = values.mask(implausible).astype(column.dtype)
    return Parsed(
        # A table without rows has no distinct values to take from.
        values=(values.take(at) if len(at) else values).set_axis(text.index),
        blank=blank[at],
        unreadable=unreadable[at],
        implausible=implausible[at],
        null_words=int(is_null_word[at].sum()),
    )


def clean(cells: pa.Array) -> pa.Array:
    """Text without invisible characters and outer space, in one Unicode form; any space is a plain one."""
    if not pc.all(pc.string_is_ascii(cells)).as_py():
        cells = pc.utf8_normalize(cells, form="NFC")
        cells = pc.replace_substring_regex(cells, r"\p{Zs}", " ")
    if pc.any(pc.match_substring_regex(cells, INVISIBLE)).as_py():
        cells = pc.replace_substring_regex(cells, INVISIBLE, "")
    return pc.utf8_trim_whitespace(cells)


def clean_text(text: pd.Series) -> pd.Series:
    """A column of characteristics: cleaned text, missing where blank."""
    cells = clean(pa.array(text).cast(pa.large_string()))
    return pc.if_else(pc.equal(cells, ""), None, cells).to_pandas().astype("str").set_axis(text.index)


def _bools(mask: Any) -> np.ndarray:
    return pc.fill_null(mask, False).to_numpy(zero_copy_only=False).astype(bool)


def _series(array: Any, dtype: str) -> pd.Series:
    return pd.Series(array.to_pandas(), dtype=dtype)


def _match(cells: pa.Array, pattern: str) -> pa.Array:
    """The cells that match, the others missing."""
    return pc.if_else(pc.match_substring_regex(cells, pattern), cells, None)


def _text(cells: pa.Array, column: Column, edition: Edition) -> pd.Series:
    return _series(_match(cells, f"^(?:{column.pattern})$") if column.pattern else cells, "str")


def _moment(cells: pa.Array, column: Column, edition: Edition) -> pd.Series:
    """Dates and date-times in ISO form, to naive UK local time."""
    well_formed = pc.replace_substring_regex(_match(cells, _MOMENT), r"(\.[0-9]{6})[0-9]+", r"\1")
    text = well_formed.to_pandas().astype("str")
    zoned = _bools(pc.match_substring_regex(well_formed, _ZONED))
    moments = pd.to_datetime(text.mask(zoned), format="ISO8601", errors="coerce").astype("datetime64[us]")
    if zoned.any():
        utc = pd.to_datetime(text[zoned], format="ISO8601", errors="coerce", utc=True)
        local = utc.dt.tz_convert("Europe/London").dt.tz_localize(None)
        moments[zoned] = local.astype("datetime64[us]")
    return moments.dt.normalize() if column.kind is Kind.DATE else moments


def _slug(cells: pa.Array) -> pa.Array:
    words = pc.replace_substring_regex(pc.utf8_lower(cells), "[^a-z0-9]+", "_")
    return pc.utf8_trim(words, characters="_")


def _lookup(cells: pa.Array, meanings: dict[str, Any], dtype: str) -> pd.Series:
    """Each cell's meaning, missing where it has none."""
    found = pc.index_in(cells, value_set=pa.array(list(meanings), cells.type))
    return _series(pc.take(pa.array(list(meanings.values())), found), dtype)


def _choice(cells: pa.Array, column: Column, edition: Edition) -> pd.Series:
    return _lookup(_slug(cells), {word.lower(): word for word in column.vocabulary}, "str")


def _flag(cells: pa.Array, column: Column, edition: Edition) -> pd.Series:
    words = {
        "yes": True,
        "y": True,
        "true": True,
        "1": True,
        "no": False,
        "n": False,
        "false": False,
        "0": False,
    }
    return _lookup(_slug(cells), words, "boolean")


def _stage(cells: pa.Array, column: Column, edition: Edition) -> pd.Series:
    return _lookup(cells, {word: int(word) for word in column.vocabulary}, "Int64")


def _whole(pattern: str) -> Callable[[pa.Array, Column, Edition], pd.Series]:
    def read(cells: pa.Array, column: Column, edition: Edition) -> pd.Series:
        return _match(cells, pattern).cast(pa.int64()).to_pandas(types_mapper=None).astype("Int64")

    return read


def _decimal(cells: pa.Array, column: Column, edition: Edition) -> pd.Series:
    """Numbers above 0, kept as text so that they stay exact: no leading or trailing zeros."""
    numbers = _match(_match(cells, r"^[0-9]{1,9}(?:\.[0-9]{1,30})?$"), "[1-9]")
    for pattern, instead in ((r"(\.[0-9]*?)0+$", r"\1"), (r"\.$", ""), (r"^0+([0-9])", r"\1")):
        numbers = pc.replace_substring_regex(numbers, pattern, instead)
    return _series(numbers, "str")


def answer_key(cells: pa.Array) -> pa.Array:
    """An answer as it is compared: any case, one kind of apostrophe, single spaces, none round a slash."""
    steps = ((_SPACES, " "), (_APOSTROPHES, "'"), (" ?/ ?", "/"))
    cells = pc.utf8_lower(cells)
    for pattern, instead in steps:
        cells = pc.replace_substring_regex(cells, pattern, instead)
    return cells


def _answers(cells: pa.Array, scales: Iterable[str], edition: Edition) -> pd.Series:
    pairs = [(a.label, a.code) for scale in scales for a in edition.scales[scale].answers]
    pairs.append((edition.nadk, "NADK"))
    keys = answer_key(pa.array([label for label, _ in pairs], pa.large_string())).to_pylist()
    meanings = {key: code for key, (_, code) in zip(keys, pairs, strict=True)}
    return _lookup(answer_key(cells), meanings, "str")


def _answer(cells: pa.Array, column: Column, edition: Edition) -> pd.Series:
    scale = edition.measure(column.name).scale
    assert scale is not None  # every perception measure has one: the rulebook's own check
    return _answers(cells, [scale], edition)


def _star(cells: pa.Array, column: Column, edition: Edition) -> pd.Series:
    return _answers(cells, edition.scales, edition)


_READERS: dict[Kind, Callable[[pa.Array, Column, Edition], pd.Series]] = {
    Kind.TEXT: _text,
    Kind.DATE: _moment,
    Kind.DATETIME: _moment,
    Kind.FLAG: _flag,
    Kind.CHOICE: _choice,
    Kind.STAGE: _stage,
    Kind.ANSWER: _answer,
    Kind.STAR: _star,
    Kind.SCORE: _whole("^(?:10|[0-9])$"),
    Kind.COUNT: _whole("^[0-9]{1,9}$"),
    Kind.DECIMAL: _decimal,
}


def _implausible(values: pd.Series, column: Column, edition: Edition) -> np.ndarray:
    years = _YEARS_AHEAD if column.forward else _YEARS_AFTER
    latest = pd.Timestamp(edition.end) + pd.DateOffset(years=years)
    too_early = values < EARLIEST
    too_late = values >= latest + pd.Timedelta(days=1)
    outside = (too_early & (not column.any_past)) | (too_late & (not column.any_future))
    return outside.to_numpy()
