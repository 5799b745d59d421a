"""How the landlords of the nation are spread on each measure, and where a value stands among them.

A distribution is known at a few percentiles only, so that a position is a band between two of them: nothing
more precise can be said from it, and nothing is.
"""

from __future__ import annotations

import csv
import hashlib
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal
from fractions import Fraction
from functools import cache
from math import ceil, floor
from pathlib import Path
from typing import Literal

from pipelines.measures.rounding import round_half_up

SHIPPED = Path(__file__).resolve().parents[2] / "data" / "reference" / "benchmarks.csv"
COLUMNS = (
    "year", "population", "measure", "group_by", "group", "unit", "landlords",
    "min", "p10", "q1", "median", "q3", "p90", "max", "mean", "pooled",
)  # fmt: skip
PERCENTILES = (0, 10, 25, 50, 75, 90, 100)
_KNOTS = ("min", "p10", "q1", "median", "q3", "p90", "max")

# RSH changed some names between years; the later ones are used throughout.
NEWER_NAMES: Mapping[str, str] = {
    "LARP": "LA",
    ">40000": ">40,000",
    "FacetoFace": "Face to Face",
}
# They cover rented homes alone, but RSH publishes them beside the measures of all homes.
_TABLED_AS_ALL = ("RP01", "RP02_1", "RP02_2")

# Of fewer landlords a quarter is a handful and a tenth is nobody.
_FEW, _VERY_FEW = 20, 10

Better = Literal["higher", "lower", "neither"]


@dataclass(frozen=True, slots=True)
class Distribution:
    """One group of landlords on one measure: how many there are, and their values at PERCENTILES."""

    landlords: int
    knots: tuple[Fraction, ...]

    @property
    def median(self) -> Fraction:
        return self.knots[3]

    def at(self, percentile: int) -> Fraction:
        """Return the value at one of PERCENTILES."""
        return self.knots[PERCENTILES.index(percentile)]

    @property
    def known(self) -> tuple[int, ...]:
        """The percentiles that mean something with so many landlords."""
        if self.landlords < _VERY_FEW:
            return (0, 50, 100)
        return (0, 25, 50, 75, 100) if self.landlords < _FEW else PERCENTILES


@dataclass(frozen=True, slots=True)
class Position:
    """Where a value stands: between the percentiles `low` and `high` (0 to 100, in ascending values).

    `shared`: the value is that of all the landlords between the two. `outside`: it lies below or above all of
    them. `quarter`: 1 (best) to 4; None where neither end is the better one or there are too few landlords.
    `rank`: about which places, best first; None likewise.
    """

    low: int
    high: int
    shared: bool
    outside: Literal["", "below", "above"]
    quarter: int | None
    rank: tuple[int, int] | None


def position(value: Decimal, distribution: Distribution, better: Better, places: int = 1) -> Position:
    """Return where a value stands; values are compared as they are published, to `places` decimals."""
    percentiles = distribution.known
    knots = [round_half_up(distribution.at(each), places) for each in percentiles]
    pairs = list(zip(percentiles, knots, strict=True))
    same = [percentile for percentile, knot in pairs if knot == value]
    outside: Literal["", "below", "above"] = ""
    if same:
        low, high = same[0], same[-1]
    elif value < knots[0]:
        low, high, outside = 0, 0, "below"
    elif value > knots[-1]:
        low, high, outside = 100, 100, "above"
    else:
        low = max(percentile for percentile, knot in pairs if knot < value)
        high = min(percentile for percentile, knot in pairs if knot > value)
    # Where more than a quarter have the very same value, it is in no one quarter.
    many = len(same) > 1 and high - low > 25
    enough = distribution.landlords >= _VERY_FEW and better != "neither" and not many
    return Position(
        low,
        high,
        len(same) > 1,
        outside,
        _quarter(value, dict(pairs), better) if enough else None,
        _rank(low, high, distribution.landlords, better) if enough else None,
    )


def _quarter(value: Decimal, knots: Mapping[int, Decimal], better: Better) -> int:
    """Return the quarter, 1 the best; a value on the line between two is in the better one."""
    if better == "higher":
        return 1 + sum(value < knots[each] for each in (75, 50, 25))
    return 1 + sum(value > knots[each] for each in (25, 50, 75))


def _rank(low: int, high: int, landlords: int, better: Better) -> tuple[int, int]:
    """Return about which places the percentiles stand for, the best value first."""
    above, below = (100 - high, 100 - low) if better == "higher" else (low, high)
    first = min(floor(Fraction(above, 100) * landlords) + 1, landlords)
    return first, max(first, ceil(Fraction(below, 100) * landlords))


Key = tuple[str, str, str, str, str]


def tabled(measure: str, population: str) -> str:
    """Return the population under which RSH's data has a measure: for RP01 and RP02, that of all homes."""
    return "ALL" if measure in _TABLED_AS_ALL else population


@dataclass(frozen=True)
class Benchmarks:
    """The national table: distributions by (year, population, measure, group_by, group)."""

    table: Mapping[Key, Distribution]

    @property
    def years(self) -> list[str]:
        """The years that the table has, earliest first."""
        return sorted({key[0] for key in self.table})

    def year_for(self, year: str) -> str | None:
        """Return the year to compare a return of `year` with: its own, else the latest before it."""
        return max((each for each in self.years if each <= year), default=None)

    def get(self, year: str, population: str, measure: str, group_by: str, group: str) -> Distribution | None:
        """Return a distribution, or None where the table has none (so always for combined surveys)."""
        return self.table.get((year, tabled(measure, population), measure, group_by, group))

    def with_rows(self, rows: Iterable[Mapping[str, str]]) -> Benchmarks:
        """Return the table with every row of some years replaced by these (see `read_rows`)."""
        fresh = read_rows(rows)
        years = {key[0] for key in fresh}
        return Benchmarks({k: v for k, v in self.table.items() if k[0] not in years} | fresh)


def read_rows(rows: Iterable[Mapping[str, str]]) -> dict[Key, Distribution]:
    """Return rows with the columns COLUMNS, as text, as distributions by key."""
    table = {}
    for row in rows:
        group = NEWER_NAMES.get(row["group"], row["group"])
        key = (row["year"], row["population"], row["measure"], row["group_by"], group)
        table[key] = Distribution(int(row["landlords"]), tuple(Fraction(row[name]) for name in _KNOTS))
    return table


@cache
def load_benchmarks() -> Benchmarks:
    """Return the national table that is shipped."""
    with SHIPPED.open(encoding="utf-8", newline="") as lines:
        return Benchmarks(read_rows(csv.DictReader(lines)))


@dataclass(frozen=True)
class National:
    """The national table that returns are compared with, the file that it is from, and that in a sentence."""

    table: Benchmarks
    file: str
    sha256: str
    size: int
    text: str


@cache
def shipped() -> National:
    """Return the table that is shipped, with what it is."""
    data = SHIPPED.read_bytes()
    text = f"The figures are those shipped with the software ({SHIPPED.name})."
    return National(load_benchmarks(), SHIPPED.name, hashlib.sha256(data).hexdigest(), len(data), text)


def knots_of(values: Sequence[float]) -> dict[str, float]:
    """Return the percentiles of landlords' values, between two by straight interpolation, by column name."""
    ordered = sorted(values)
    found = {}
    for name, percentile in zip(_KNOTS, PERCENTILES, strict=True):
        place = Fraction(percentile, 100) * (len(ordered) - 1)
        at = floor(place)
        upper = ordered[min(at + 1, len(ordered) - 1)]
        found[name] = ordered[at] + (upper - ordered[at]) * float(place - at)
    return found
