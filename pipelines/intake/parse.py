"""From text to types, a whole column at once: what cannot be read is left blank and marked, never guessed.

Only the distinct values of a column are worked on, then taken back to their rows: a million dates are some
hundreds of distinct ones.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.compute as pc

from pipelines.intake.dates import read_iso
from pipelines.intake.sheet import INVISIBLE
from schemas.rulebook import Edition
from schemas.tables import Column, Kind

# Dates outside these are placeholders (1900-01-01, 1970-01-01, 9999-12-31) or slips of the year.
EARLIEST = pd.Timestamp(1990, 1, 1)
_YEARS_AFTER = 1  # how long after the year's end something may have happened
_YEARS_AHEAD = 20  # how far ahead something may be due

_SAMPLE = 10_000  # cells that show whether a column's values repeat

# How databases write a blank into an export.
NULL_WORDS = ("null", "\\n", "nan", "nat", "<na>")

# What a spreadsheet shows instead of a value, and saves into a CSV: an error, or a column too narrow.
_ERROR_WORD = (
    r"^(?:#n/a|#ref!|#value!|#name\?|#div/0!|#null!|#num!|#spill!|#calc!|#field!|#blocked!|#unknown!|#connect!"
    r"|#busy!|#getting_data|#{3,})$"
)
# A long number as a spreadsheet shows it: 1.00023E+11.
_SHORTENED = r"^[0-9](?:[.,][0-9]{1,14})?E\+(?:0?[89]|[1-9][0-9])$"

_DATE = r"[0-9]{4}-[0-9]{2}-[0-9]{2}"
_TIME = r"(?:[01][0-9]|2[0-3]):[0-5][0-9](?::[0-5][0-9](?:\.[0-9]{1,9})?)?"
_OFFSET = r"(?:Z|[+-][0-9]{2}:?[0-9]{2})"
_MOMENT = f"^{_DATE}(?:[T ]{_TIME}(?: ?{_OFFSET})?)?$"
_ZONED = f"{_TIME} ?{_OFFSET}$"
_END_OF_DAY = pd.Timedelta(days=1) - pd.Timedelta(microseconds=1)
_CALENDAR = pd.Timestamp("0001-01-02", tz="UTC"), pd.Timestamp("9999-12-30", tz="UTC")
_SPACES = r"[\s\p{Z}]+"
_APOSTROPHES = "[’‘ʼʹ′`´＇‛]"


@dataclass(frozen=True)
class Parsed:
    """A column as read: `values` typed (missing where blank or unreadable), and which rows are at fault.

    `blank`: nothing in the cell; `unreadable`: something that is not what the column holds; `implausible`:
    a date that cannot be meant. `null_words`: how many cells were blank by a word, such as NULL;
    `error_words`: by a spreadsheet's error, such as #N/A; `shortened`: how many are references that a
    spreadsheet has shortened.
    """

    values: pd.Series
    blank: np.ndarray
    unreadable: np.ndarray
    implausible: np.ndarray
    null_words: int
    error_words: int = 0
    shortened: int = 0


def parse_column(text: pd.Series, column: Column, edition: Edition) -> Parsed:
    """Read one column of text cells (no missing ones) as its kind; the index is kept."""
    cells = pa.array(text)
    cells = cells.combine_chunks() if isinstance(cells, pa.ChunkedArray) else cells
    cells = cells.cast(pa.large_string())
    read = _dates_of(cells, column, edition) if column.is_date else _cells_of(cells, column, edition)
    values = read.values
    implausible = np.zeros(len(values), dtype=bool)
    if column.is_date:
        implausible = _implausible(values, column, edition)
        if column.to_the_end_of_day:
            values = values.where(values != values.dt.normalize(), values + _END_OF_DAY)
        if implausible.any():
            values = values.mask(implausible)
    return replace(read, values=values.astype(column.dtype).set_axis(text.index), implausible=implausible)


def _cells_of(cells: pa.Array, column: Column, edition: Edition) -> Parsed:
    """Read cells of any kind: each distinct one once, unless most of them are distinct."""
    at, given = None, cells
    if len(pc.unique(cells.slice(0, _SAMPLE))) < _SAMPLE // 2:
        encoded = cells.dictionary_encode()
        at, cells = encoded.indices.to_numpy(zero_copy_only=False), encoded.dictionary
    distinct, cells = cells, clean(cells)
    is_null_word = is_error_word = is_shortened = np.zeros(len(cells), dtype=bool)
    if not column.free_text:
        is_null_word = _bools(pc.is_in(pc.utf8_lower(cells), pa.array(NULL_WORDS, cells.type)))
    if column.kind is Kind.TEXT and not column.free_text and not column.pattern:
        is_error_word = _is_error_word(cells)
        if pc.any(pc.match_substring(cells, "E+")).as_py():
            is_shortened = _bools(pc.match_substring_regex(cells, _SHORTENED))
    blank = _bools(pc.equal(cells, "")) | is_null_word | is_error_word
    if blank.any():
        cells = pc.if_else(pa.array(blank), pa.scalar(None, cells.type), cells)
    values = _READERS[column.kind](cells, column, edition)
    unreadable = values.isna().to_numpy() & ~blank
    masks = (blank, unreadable, is_null_word, is_error_word, is_shortened)
    if at is not None and len(at):  # a table without rows has no distinct values to take from
        is_as_given = cells is distinct and column.kind is Kind.TEXT and not unreadable.any()
        values = _series(given, "str") if is_as_given else values.take(at)
        masks = tuple(mask[at] if mask.any() else np.zeros(len(at), dtype=bool) for mask in masks)
    blank, unreadable, *words = masks
    return Parsed(values, blank, unreadable, np.zeros(0, dtype=bool), *(int(mask.sum()) for mask in words))


def _dates_of(cells: pa.Array, column: Column, edition: Edition) -> Parsed:
    """Read dates: those in plain ISO form by position, the others as cells of any kind."""
    moments, plain = read_iso(cells)
    if column.kind is Kind.DATE:
        moments = moments.astype("datetime64[D]").astype("datetime64[us]")
    rest = ~plain
    blank, unreadable = np.zeros(len(cells), dtype=bool), np.zeros(len(cells), dtype=bool)
    if not rest.any():
        return Parsed(pd.Series(moments), blank, unreadable, blank, 0)
    read = _cells_of(cells.filter(pa.array(rest)), column, edition)
    moments[rest] = read.values.to_numpy(dtype="datetime64[us]")
    blank[rest], unreadable[rest] = read.blank, read.unreadable
    return replace(read, values=pd.Series(moments), blank=blank, unreadable=unreadable)


def _is_error_word(cells: pa.Array) -> np.ndarray:
    if not pc.any(pc.starts_with(cells, "#")).as_py():
        return np.zeros(len(cells), dtype=bool)
    return _bools(pc.match_substring_regex(cells, _ERROR_WORD, ignore_case=True))


def clean(cells: pa.Array) -> pa.Array:
    """Text without invisible characters and outer space, in one Unicode form; any space is a plain one.

    What some systems write so that a spreadsheet keeps a zero, ="00071", is what the spreadsheet would show.
    """
    is_ascii = pc.all(pc.string_is_ascii(cells)).as_py()
    if not is_ascii:
        cells = pc.utf8_normalize(cells, form="NFC")
        cells = pc.replace_substring_regex(cells, r"\p{Zs}", " ")
    # What is invisible in ASCII are control characters alone, and those are found without reading the text.
    if not is_ascii or _has_control_characters(cells):
        cells = pc.replace_substring_regex(cells, INVISIBLE, "")
    cells = _trimmed(cells)
    if pc.any(pc.starts_with(cells, '="')).as_py():
        cells = pc.utf8_trim_whitespace(pc.replace_substring_regex(cells, '^="([^"]*)"$', r"\1"))
    return cells


def _trimmed(cells: pa.Array) -> pa.Array:
    """The cells without outer space; the very same where none has any, so that nothing is held twice."""
    trimmed = pc.utf8_trim_whitespace(cells)
    same = pc.sum(pc.binary_length(trimmed)).equals(pc.sum(pc.binary_length(cells)))
    return cells if same else trimmed


def _has_control_characters(cells: pa.Array) -> bool:
    data = cells.buffers()[2]
    if data is None:
        return False
    these = np.frombuffer(data, dtype=np.uint8)
    return bool(((these < 32) | (these == 127)).any())


def clean_text(text: pd.Series) -> tuple[pd.Series, int]:
    """A column of characteristics: cleaned text, missing where blank or an error, and how many are errors."""
    encoded = _encoded(text)
    distinct = clean(encoded.dictionary)
    wrong = _is_error_word(distinct)
    distinct = pc.if_else(pc.or_(pc.equal(distinct, ""), pa.array(wrong)), None, distinct)
    at = encoded.indices.to_numpy(zero_copy_only=False)
    return distinct.take(encoded.indices).to_pandas().astype("str").set_axis(text.index), int(wrong[at].sum())


def _encoded(text: pd.Series) -> pa.DictionaryArray:
    """A column as its distinct cells and which of them each row has."""
    cells = pa.array(text)
    cells = cells.combine_chunks() if isinstance(cells, pa.ChunkedArray) else cells
    return cells.cast(pa.large_string()).dictionary_encode()


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
        utc = utc.where(utc.between(*_CALENDAR))  # a day beyond, no clock can be told
        local = utc.dt.tz_convert("Europe/London").dt.tz_localize(None)
        moments[zoned] = local.astype("datetime64[us]")
    return moments.dt.normalize() if column.kind is Kind.DATE else moments


def _slug(cells: pa.Array) -> pa.Array:
    # A letter of another script and a question mark are no mere punctuation: "no?" is not "no".
    words = pc.replace_substring_regex(pc.utf8_lower(cells), r"[^\p{L}\p{M}\p{N}?]+", "_")
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
