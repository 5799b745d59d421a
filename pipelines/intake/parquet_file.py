"""Reading Parquet: typed columns become the text that a careful person would have written in a CSV."""

from __future__ import annotations

from collections.abc import Iterator
from decimal import Decimal
from typing import Any

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq

from pipelines.intake.sheet import (
    AS_FOUND,
    Form,
    Problem,
    Refused,
    Sheet,
    heading_key,
    refuse_too_wide,
    without_repeated_headings,
)
from pipelines.intake.values import decimal_text, float_text
from schemas.tables import Table

MAX_CELLS = 200_000_000
MAX_UNPACKED = 4_000_000_000  # bytes of the columns as the file packs them, and of their text
OUT_OF_RANGE = "a date outside the years 1 to 9999"

_ROWS_AT_ONCE = 1 << 16
_HOW = "Write the table again as Parquet, XLSX or CSV."
# Whole numbers up to these are exact in floating point of 32 and of 64 bits.
_EXACT = {"float": 1 << 24, "double": 1 << 53, "halffloat": 1 << 11}


def read_parquet(data: bytes, table: Table, form: Form = AS_FOUND) -> Sheet:
    """Read a Parquet file's bytes as a sheet of text; raises Refused where it is refused as a whole."""
    try:
        file = _opened(data)
        names = file.schema_arrow.names
        readers = [
            _Column(kind, name, table, form)
            for name, kind in zip(names, file.schema_arrow.types, strict=True)
        ]
        parts: list[list[pa.Array]] = [[] for _ in names]
        for batch in _batches(file, len(names)):
            for part, column, reader in zip(parts, batch.columns, readers, strict=True):
                part.append(reader.text(column))
        rows = file.metadata.num_rows
        columns = [pa.chunked_array(part, pa.large_string()).to_pandas().astype("str") for part in parts]
    except (pa.ArrowException, OSError, ValueError, ArithmeticError) as error:
        raise Refused(7, problem="it is not a Parquet file, or is damaged", how=_HOW) from error
    if not names or any(len(column) != rows for column in columns):
        raise Refused(*(3,) if not names else (7,), problem="it is damaged", how=_HOW)
    problems = []
    if too_long := sum(reader.too_long for reader in readers):
        problems.append(Problem(31, {"count": f"{too_long:,}"}))
    cells = pd.DataFrame(dict(enumerate(columns)))
    return without_repeated_headings(Sheet(list(names), cells, np.arange(2, rows + 2), problems=problems))


def _opened(data: bytes) -> pq.ParquetFile:
    """The file, its text columns kept as the distinct values that they are packed as; raises Refused."""
    file = pq.ParquetFile(pa.BufferReader(data))
    names, columns = file.schema_arrow.names, file.metadata.num_columns
    refuse_too_wide(["x"] * max(len(names), columns))
    size = file.metadata.num_rows * max(1, columns)
    if size > MAX_CELLS:
        raise Refused(10, size=f"has {size:,} cells", limit=f"{MAX_CELLS:,} cells")
    groups = [file.metadata.row_group(i) for i in range(file.metadata.num_row_groups)]
    unpacked = sum(group.column(i).total_uncompressed_size for group in groups for i in range(columns))
    if unpacked > MAX_UNPACKED:
        raise Refused(10, size="unpacks to more", limit=f"{MAX_UNPACKED // 10**9} GB")
    # One long value that a million rows share takes little room until it is written out for each.
    texts = [file.schema.column(i) for i in range(columns)]
    paths = [column.path for column in texts if _is_packed_text(column)]
    return pq.ParquetFile(pa.BufferReader(data), read_dictionary=paths) if paths else file


def _is_packed_text(column: Any) -> bool:
    return column.physical_type == "BYTE_ARRAY" and column.logical_type.type in (
        "STRING",
        "NONE",
        "JSON",
        "ENUM",
    )


def _batches(file: pq.ParquetFile, columns: int) -> Iterator[pa.RecordBatch]:
    """The rows some at a time; raises Refused once their text is more than may be held."""
    total = 0
    for batch in file.iter_batches(batch_size=_ROWS_AT_ONCE, use_threads=False):
        total += sum(_size(column) for column in batch.columns)
        if total > MAX_UNPACKED:
            raise Refused(10, size="unpacks to more", limit=f"{MAX_UNPACKED // 10**9} GB")
        yield batch


def _size(column: pa.Array) -> int:
    """How many bytes a column takes when every cell is written out."""
    kind = column.type
    if not pa.types.is_dictionary(kind) or not _is_text(kind.value_type):
        return column.nbytes
    lengths = pc.binary_length(column.dictionary)
    return int(pc.sum(lengths.take(column.indices).cast(pa.int64())).as_py() or 0)


def _is_text(kind: pa.DataType) -> bool:
    return (
        pa.types.is_string(kind)
        or pa.types.is_large_string(kind)
        or pa.types.is_string_view(kind)
        or pa.types.is_binary(kind)
        or pa.types.is_large_binary(kind)
        or pa.types.is_binary_view(kind)
    )


class _Column:
    """How one column becomes text; `too_long` counts the numbers whose digits its type cannot hold."""

    def __init__(self, kind: pa.DataType, name: str, table: Table, form: Form) -> None:
        self._name, self.too_long = name, 0
        ours = heading_key(name) in {heading_key(column) for column in table.by_name}
        # A column that the table does not use may hold anything; the finding about such columns names it.
        self._needed = ours or table.keeps_characteristics or form.is_mapped

    def text(self, column: pa.Array) -> pa.Array:
        """Some cells of the column; raises Refused for what is no text, number, date or flag."""
        if isinstance(column, pa.ExtensionArray):
            column = _plain(column)
        if pa.types.is_dictionary(column.type):
            column = column.dictionary_decode()
        column.validate(full=True)
        kind = column.type
        text: Any
        if pa.types.is_boolean(kind):
            text = pc.if_else(column, "yes", "no")
        elif pa.types.is_timestamp(kind):
            text = _moments(column)
        elif pa.types.is_date(kind):
            text = _days(column.cast(pa.date32(), safe=False))
        elif pa.types.is_floating(kind):
            text = self._floats(column)
        elif pa.types.is_decimal(kind):
            text = _each(column, decimal_text)
        elif _is_text(kind) or pa.types.is_integer(kind) or pa.types.is_null(kind) or pa.types.is_time(kind):
            text = self._cast(column)
        else:
            text = self._unreadable(column)
        return pc.fill_null(text.cast(pa.large_string()), "")

    def _cast(self, column: pa.Array) -> pa.Array:
        try:
            return column.cast(pa.large_string())
        except pa.ArrowInvalid:  # bytes that are no text
            return self._unreadable(column)

    def _unreadable(self, column: pa.Array) -> pa.Array:
        if self._needed:
            raise Refused(
                7,
                problem=f"its column {self._name[:60]} holds {str(column.type)[:60]}, which is not text, a "
                "number, a date or a flag",
                how=f"Write {self._name[:60]} as text, or leave it out.",
            )
        return pa.array(["•"] * len(column), pa.large_string())

    def _floats(self, column: pa.Array) -> pa.Array:
        exact = _EXACT[str(column.type)]
        numbers = column.cast(pa.float64())
        finite = pc.if_else(pc.is_finite(numbers), numbers, None)
        whole = pc.equal(pc.floor(finite), finite)
        self.too_long += int(pc.sum(pc.and_(whole, pc.greater(pc.abs(finite), float(exact)))).as_py() or 0)
        small = pc.and_(pc.fill_null(whole, False), pc.fill_null(pc.less(pc.abs(finite), 1e15), False))
        if pc.all(pc.or_(small, pc.or_(pc.is_null(numbers), pc.is_nan(numbers)))).as_py():
            return pc.if_else(small, finite, None).cast(pa.int64(), safe=False).cast(pa.large_string())
        if column.type == pa.float64():
            return _each(column, float_text)
        # As short as tells it from its neighbours: 0.1, not 0.10000000149011612.
        short = {pa.float32(): np.float32, pa.float16(): np.float16}[column.type]
        return _each(column, lambda value: _short_text(short(value)))


def _plain(column: pa.ExtensionArray) -> pa.Array:
    if str(column.type.extension_name) == "arrow.uuid":
        return pa.array([None if v is None else str(v) for v in column.to_pylist()], pa.string())
    return column.storage


def _short_text(number: np.floating[Any]) -> str:
    return decimal_text(Decimal(str(number))) if np.isfinite(number) else float_text(float(number))


def _each(column: pa.Array, text: Any) -> pa.Array:
    return pa.array([None if v is None else text(v) for v in column.to_pylist()], pa.large_string())


def _days(days: pa.Array) -> pa.Array:
    numbers = days.cast(pa.int32())
    readable = pc.and_(pc.greater_equal(numbers, -719_162), pc.less_equal(numbers, 2_932_896))
    known = pc.if_else(readable, days, None).cast(pa.large_string())
    return pc.if_else(pc.is_null(days), None, pc.fill_null(known, OUT_OF_RANGE))


def _moments(column: pa.Array) -> pa.Array:
    """Date-times as text; one without a time of day as a date, one with a zone in UK local time."""
    zone = column.type.tz
    naive = column.cast(pa.timestamp(column.type.unit)) if zone is None else column
    numbers = naive.cast(pa.int64())
    per_second = {"s": 1, "ms": 10**3, "us": 10**6, "ns": 10**9}[column.type.unit]
    # A day inside each end, so that no zone leads out of the calendar.
    first, last = -62_135_510_400 * per_second, 253_402_214_400 * per_second
    readable = pc.and_(
        pc.greater_equal(numbers, max(first, -(2**63))), pc.less_equal(numbers, min(last, 2**63 - 1))
    )
    moments = pc.if_else(readable, naive, None).cast(pa.timestamp("us", tz=zone), safe=False)
    if zone is not None:
        moments = pc.local_timestamp(moments.cast(pa.timestamp("us", tz="Europe/London")))
    days = moments.cast(pa.date32(), safe=False).cast(pa.string())
    is_day = pc.equal(pc.floor_temporal(moments, unit="day"), moments)
    times = pc.strftime(moments, format="%Y-%m-%dT%H:%M:%S")  # with six places of the second
    text = pc.if_else(is_day, days, pc.replace_substring_regex(times, r"\.0+$", ""))
    return pc.if_else(pc.is_null(column), None, pc.fill_null(text, OUT_OF_RANGE))
