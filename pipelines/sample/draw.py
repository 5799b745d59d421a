"""Seeded draws and calendar arithmetic for made-up records.

Everything is derived from the uniform doubles of PCG64, whose stream numpy keeps, and never from numpy's
named distributions, whose streams a numpy release may change: the sample stays the same to the byte.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date
from zlib import crc32

import holidays
import numpy as np


class Draw:
    """One stream of random draws, named by a key: a table that is added later shifts no other table."""

    def __init__(self, *key: int | str) -> None:
        parts = [part if isinstance(part, int) else crc32(part.encode()) for part in key]
        self._generator = np.random.Generator(np.random.PCG64(np.random.SeedSequence(parts)))

    def uniform(self, n: int) -> np.ndarray:
        """`n` doubles in [0, 1)."""
        return self._generator.random(n)

    def integers(self, low: int, high: int | np.ndarray, n: int) -> np.ndarray:
        """`n` integers in [low, high); `high` may be an array of `n` limits."""
        return low + np.floor(self.uniform(n) * (np.asarray(high) - low)).astype(np.int64)

    def choice(self, options: Sequence, weights: Sequence[float] | np.ndarray | None, n: int) -> np.ndarray:
        """`n` of the options, with weights that need not add up to one (None = equal)."""
        shares = np.ones(len(options)) if weights is None else np.asarray(weights, dtype=float)
        edges = np.cumsum(shares) / shares.sum()
        picked = np.minimum(np.searchsorted(edges, self.uniform(n), side="right"), len(options) - 1)
        return np.asarray(options)[picked]

    def flags(self, probability: float | np.ndarray, n: int) -> np.ndarray:
        """`n` booleans, true with the given probability (one, or one for each)."""
        return self.uniform(n) < probability

    def order(self, n: int) -> np.ndarray:
        """The numbers 0..n-1 shuffled."""
        return np.argsort(self.uniform(n), kind="stable")

    def normal(self, n: int) -> np.ndarray:
        """`n` draws close to a standard normal: twelve uniforms less six, which needs no library function."""
        return self.uniform(12 * n).reshape(12, n).sum(axis=0) - 6.0

    def waiting(self, mean: float, n: int) -> np.ndarray:
        """`n` waiting times, exponential with the given mean."""
        return -mean * np.log1p(-self.uniform(n))


def year_start(year: str) -> date:
    """1 April of a reporting year written 2024-25."""
    return date(int(year[:4]), 4, 1)


def year_end(year: str) -> date:
    """31 March of a reporting year written 2024-25."""
    return date(int(year[:4]) + 1, 3, 31)


def year_before(year: str) -> str:
    """2023-24 for 2024-25."""
    first = int(year[:4]) - 1
    return f"{first}-{(first + 1) % 100:02d}"


def working_days(first_year: int, last_year: int) -> np.busdaycalendar:
    """Monday to Friday less England's bank holidays, for the calendar years given, both included."""
    days = holidays.country_holidays("GB", subdiv="ENG", years=range(first_year, last_year + 1))
    return np.busdaycalendar(holidays=sorted(np.datetime64(day, "D") for day in days))


def add_working_days(start: np.ndarray, days: np.ndarray | int, calendar: np.busdaycalendar) -> np.ndarray:
    """The day `days` working days after each start; a start on a day off counts from the last working day."""
    return np.busday_offset(start.astype("datetime64[D]"), days, roll="backward", busdaycal=calendar)


def day_text(days: np.ndarray) -> np.ndarray:
    """Dates as 2025-03-31, blank where there is none."""
    return np.where(np.isnat(days), "", np.datetime_as_string(days.astype("datetime64[D]"), unit="D"))


def minute_text(moments: np.ndarray) -> np.ndarray:
    """Date-times as 2025-03-31T14:05, blank where there is none."""
    return np.where(np.isnat(moments), "", np.datetime_as_string(moments.astype("datetime64[m]"), unit="m"))


def at(days: np.ndarray, minutes: np.ndarray) -> np.ndarray:
    """A moment: the day and so many minutes after midnight."""
    return days.astype("datetime64[D]").astype("datetime64[m]") + minutes.astype("timedelta64[m]")


def numbered(prefix: str, numbers: np.ndarray | range, width: int) -> np.ndarray:
    """References such as H00042."""
    return np.array(
        [f"{prefix}{number:0{width}d}" for number in numbers], dtype=f"<U{len(prefix) + width + 4}"
    )
