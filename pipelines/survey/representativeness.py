"""How far those who answered differ from those who could have been asked."""

from __future__ import annotations

from collections.abc import Sequence
from fractions import Fraction

import pandas as pd

NOT_STATED = "not stated"

COLUMNS = (
    "characteristic",
    "category",
    "sample",
    "population",
    "sample_share",
    "population_share",
    "gap",
)


def shares(values: pd.Series) -> dict[str, Fraction]:
    """Return the exact share of each category, blanks as "not stated"; nothing for an empty series."""
    counts = values.astype("str").fillna(NOT_STATED).value_counts()
    return {str(category): Fraction(int(count), len(values)) for category, count in counts.items()}


def compare(sample: pd.DataFrame, population: pd.DataFrame, characteristics: Sequence[str]) -> pd.DataFrame:
    """Return sample and population side by side for each category of each characteristic.

    Columns `COLUMNS`: counts, exact shares (Fraction of 1), and `gap` = sample share - population share (a
    Fraction; times 100 it is percentage points). One row a category that occurs in either, sorted. A
    characteristic that is blank throughout the sample or the population says nothing and is left out.

    Raises ValueError for an empty sample or population: no share of nothing exists.
    """
    if sample.empty or population.empty:
        raise ValueError("representativeness needs at least one response and one household")
    rows = []
    for name in characteristics:
        if sample[name].isna().all() or population[name].isna().all():
            continue
        answered, known = shares(sample[name]), shares(population[name])
        for category in sorted(answered.keys() | known.keys()):
            ours, theirs = answered.get(category, Fraction(0)), known.get(category, Fraction(0))
            counts = int(ours * len(sample)), int(theirs * len(population))
            rows.append((name, category, *counts, ours, theirs, ours - theirs))
    return pd.DataFrame(rows, columns=list(COLUMNS))


def largest_gaps(comparison: pd.DataFrame) -> pd.DataFrame:
    """Return for each characteristic the row whose gap is the largest either way (the first of equals)."""
    sizes = comparison["gap"].map(abs)
    order = sizes.sort_values(ascending=False, kind="stable").index
    return comparison.loc[order].drop_duplicates("characteristic").sort_index()
