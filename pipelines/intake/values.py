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


def decimal_text(number: Decimal) -> str:
    """A decimal with every digit that counts and no more; not-a-number is blank."""
    if not number.is_finite():
        return "" if number.is_nan() else str(float(number))
    plain = format(number, "f")
    return plain.rstrip("0").rstrip(".") if "." in plain else plain


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
        # The reader has rounded to milliseconds. To round further could carry a job into the next year.
        if value.time() == dt.time():
            return value.date().isoformat()
        return value.isoformat(timespec="milliseconds" if value.microsecond else "seconds")
    if isinstance(value, dt.date | dt.time):
        return value.isoformat()
    return str(value)
