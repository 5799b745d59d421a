"""Reading Parquet: typed columns become the text that a careful person would have written in a CSV."""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq

from pipelines.intake.sheet import Refused, Sheet, refuse_too_wide
from pipelines.intake.values import float_text
from schemas.tables import Table

MAX_CELLS = 500_000_000


def read_parquet(data: bytes, table: Table) -> Sheet:
    """Read a Parquet file's bytes as a sheet of text; raises Refused where it is refused as a whole."""
    how = "Write the table again as Parquet, XLSX or CSV."
    try:
        file = pq.ParquetFile(pa.BufferReader(data))
        names = file.schema_arrow.names
        refuse_too_wide(names)
        size = file.metadata.num_rows * max(1, len(names))
        if size > MAX_CELLS:
            raise Refused(10, size=f"has {size:,} cells", limit=f"{MAX_CELLS:,} cells")
        read = file.read()
        columns = [_text(read.column(i), name) for i, name in enumerate(names)]
    except (pa.ArrowException, OSError, ValueError, OverflowError) as error:
        raise Refused(7, problem="it is not a Parquet file, or is damaged", how=how) from error
    cells = pd.DataFrame(dict(enumerate(columns)))
    if not names:
        raise Refused(3)
    return Sheet(list(names), cells, np.arange(2, read.num_rows + 2))


def _text(column: pa.ChunkedArray, name: str) -> pd.Series:
    kind = column.type
    if pa.types.is_dictionary(kind):
        column = column.cast(kind.value_type)
        kind = column.type
    text: Any
    if pa.types.is_boolean(kind):
        text = pc.if_else(column, "yes", "no")
    elif pa.types.is_timestamp(kind):
        text = _moments(column)
    elif pa.types.is_date(kind):
        text = column.cast(pa.date32()).cast(pa.string())
    elif pa.types.is_floating(kind):
        text = pa.array([None if v is None else float_text(v) for v in column.to_pylist()], pa.string())
    elif pa.types.is_decimal(kind):
        text = pa.array(
            [None if v is None else format(v.normalize(), "f") for v in column.to_pylist()], pa.string()
        )
    elif (
        pa.types.is_string(kind)
        or pa.types.is_large_string(kind)
        or pa.types.is_string_view(kind)
        or pa.types.is_integer(kind)
        or pa.types.is_null(kind)
        or pa.types.is_time(kind)
    ):
        text = column.cast(pa.large_string())
    else:
        raise Refused(
            7,
            problem=f"its column {name} holds {kind}, which is not text, a number, a date or a flag",
            how=f"Write {name} as text, or leave it out.",
        )
    return pc.fill_null(text, "").to_pandas().astype("str")


def _moments(column: pa.ChunkedArray) -> pa.ChunkedArray:
    """Date-times as text; one without a time of day as a date, one with a zone in UK local time."""
    moments = column.cast(pa.timestamp("us", tz=column.type.tz), safe=False)
    if column.type.tz is not None:
        moments = pc.local_timestamp(moments.cast(pa.timestamp("us", tz="Europe/London")))
    days = moments.cast(pa.date32(), safe=False).cast(pa.string())
    is_day = pc.equal(pc.floor_temporal(moments, unit="day"), moments)
    times = pc.strftime(moments, format="%Y-%m-%dT%H:%M:%S")  # with six places of the second
    return pc.if_else(is_day, days, pc.replace_substring_regex(times, r"\.0+$", ""))
