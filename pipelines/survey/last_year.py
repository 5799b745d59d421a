"""Last year's survey results as estimates, from the table of last year's figures."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from math import inf, isnan, nan, sqrt

import pandas as pd

from schemas.tables.model import TP

from .estimation import Estimate
from .intervals import interval

# The numbers of a row, each with the least and the most that it can be (a value that cannot be one is named).
_MANY = 1e12
_RANGES = {
    "numerator": (0.0, _MANY),
    "denominator": (1.0, _MANY),
    "value": (-inf, inf),
    "se": (0.0, 100.0),
    "deff": (0.0, _MANY),
    "n_effective": (1.0, _MANY),
    "ci_low": (0.0, 100.0),
    "ci_high": (0.0, 100.0),
}
# In points: a standard error this small is none, as where everybody agreed.
_NO_ERROR = 1e-9
# Values are published to one decimal: counts that round to the value are its exact form.
_ROUNDED = 0.05 + 1e-9

NO_COUNTS = "it stands without the counts behind it"
NOT_A_PERCENTAGE = "its value is no percentage"
TWICE = "it stands there more than once"


@dataclass(frozen=True)
class LastYear:
    """Last year's perception measures, by population.

    `estimates`: by population and measure. `assumed`: the measures of them that came without an error, for
    which a simple random sample of that many answers is assumed. `left_out`: those that nothing can be
    tested against, with why.
    """

    estimates: Mapping[str, Mapping[str, Estimate]] = field(default_factory=dict)
    assumed: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    left_out: Mapping[str, Mapping[str, str]] = field(default_factory=dict)


def last_year_estimates(frame: pd.DataFrame) -> LastYear:
    """Return last year's estimates of TP01 to TP12 from a table of figures such as figures.csv.

    Columns measure, population, numerator, denominator and value (percent); se, n_effective, ci_low and
    ci_high (percent) and deff where last year's figures have them; numbers or text, blank where unknown.
    Rows of other measures, and rows without any number, are passed over.
    """
    rows = frame[frame["measure"].isin(TP)]
    repeated = rows.duplicated(["population", "measure"], keep=False)
    estimates: dict[str, dict[str, Estimate]] = {}
    assumed: dict[str, tuple[str, ...]] = {}
    left_out: dict[str, dict[str, str]] = {}
    keys = zip(rows["population"].astype("str"), rows["measure"].astype("str"), repeated, strict=True)
    for (population, measure, twice), row in zip(keys, _numbers(rows), strict=True):
        found = TWICE if twice else _estimate(row)
        if isinstance(found, str):
            left_out.setdefault(population, {})[measure] = found
        elif found is not None:
            estimates.setdefault(population, {})[measure] = found
            if row["se"] is None and row["n_effective"] is None:
                assumed[population] = (*assumed.get(population, ()), measure)
    return LastYear(estimates, assumed, left_out)


def _numbers(rows: pd.DataFrame) -> list[dict[str, float | None]]:
    """Return the numbers of each row; None for a blank, or what cannot be that number."""
    numbers = pd.DataFrame(index=rows.index)
    for name, (least, most) in _RANGES.items():
        given = pd.to_numeric(rows[name], errors="coerce") if name in rows else pd.Series(nan, rows.index)
        given = given.astype("float64")
        numbers[name] = given.where(given.between(least, most))
    return [
        {str(name): None if isnan(number) else number for name, number in row.items()}
        for row in numbers.to_dict("records")
    ]


def _estimate(row: Mapping[str, float | None]) -> Estimate | str | None:
    """Return the estimate of one row, None where nothing was reported, or why it cannot be tested against."""
    value, numerator, n, se = row["value"], row["numerator"], row["denominator"], row["se"]
    exact = None if numerator is None or n is None else 100 * numerator / n
    if value is None and exact is None:
        return None
    # Where counts and value disagree, the value was weighted and the counts were not.
    percent = value if exact is None or (value is not None and abs(exact - value) > _ROUNDED) else exact
    assert percent is not None
    if not 0 <= percent <= 100:
        return NOT_A_PERCENTAGE
    p = percent / 100
    worth = row["n_effective"] or _worth(p, se) or n
    if not worth:
        return NO_COUNTS
    worth = min(worth, n or worth)
    ends = interval(p, worth)
    low, high = row["ci_low"], row["ci_high"]
    return Estimate(
        p,
        sqrt(p * (1 - p) / worth) if se is None else se / 100,
        None,
        max(round(n or worth), 1),
        worth,
        row["deff"],
        # Not known of last year: as if weights alone made the answers worth less.
        (n or worth) / worth,
        ends.low if low is None else low / 100,
        ends.high if high is None else high / 100,
        ends.method,
    )


def _worth(p: float, se: float | None) -> float:
    """Return how many independent answers a standard error (in points) stands for; 0 where it cannot tell."""
    return 0.0 if se is None or se < _NO_ERROR else p * (1 - p) / (se / 100) ** 2
