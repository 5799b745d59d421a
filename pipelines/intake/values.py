"""How a typed cell of a workbook or a Parquet file is written as text."""

from __future__ import annotations

import datetime as dt
import math
from decimal import Decimal
from typing import Any


def float_text(number: float) -> str:
    """A number as a person writes it: no ".0" and no exponent; not-a-number is blank."""
    if math.isnan(number):
        return ""
    if math.isinf(number):
        return str(number)
    if number.is_integer():
        return str(int(number))
    return format(Decimal(repr(number)), "f")


def cell_text(value: Any) -> str:
    """A workbook's cell as text: dates in ISO form, a date-time at midnight as a date, flags as yes or no."""
    if isinstance(value, str):
        return value
    if value is None:
        return ""
    if isinstance(value, bool):
        return "yes" if value else "no"
    if isinstance(value, float):
        return float_text(value)
    if isinstance(value, dt.datetime):
        # A workbook counts days in floating point, so a time may be a few microseconds off.
        whole = (value + dt.timedelta(milliseconds=500)).replace(microsecond=0)
        return whole.date().isoformat() if whole.time() == dt.time() else whole.isoformat()
    if isinstance(value, dt.date | dt.time):
        return value.isoformat()
    return str(value)
