"""A survey during its fieldwork: how far it is, what is missing, and where the present pace leads."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, timedelta
from decimal import Decimal
from fractions import Fraction
from math import ceil, floor

import pandas as pd

from schemas.rulebook import Accuracy

from .accuracy import accuracy_test

# The days that the present pace is measured over: two weeks even out weekends and single mailings.
PACE_DAYS = 14

CELL_COLUMNS = ("cell", "target", "responses", "to_go", "due", "behind")


@dataclass(frozen=True)
class Fieldwork:
    """The days of fieldwork, first and last included, and the day that the survey is looked at."""

    first: date
    last: date
    as_at: date

    @property
    def days(self) -> int:
        """The days of the whole fieldwork."""
        return (self.last - self.first).days + 1

    @property
    def days_gone(self) -> int:
        """The days of fieldwork up to `as_at`, that day included."""
        return max((min(self.as_at, self.last) - self.first).days + 1, 0)


@dataclass(frozen=True)
class Progress:
    """How far the survey of one population is.

    `more_needed` responses until `required_responses`; `margin` now and `required_margin` in percentage
    points (`margin` None without a response). `pace` responses a day over the last two weeks.
    `enough_on` the day when there are or, at that pace, will be enough responses (None: not at this pace);
    `responses_at_end` what the pace leads to by the end of fieldwork; `on_course` whether that is enough.
    """

    population_size: int
    responses: int
    required_responses: int
    more_needed: int
    required_margin: int
    margin: Decimal | None
    met: bool
    pace: Fraction
    enough_on: date | None
    responses_at_end: int
    on_course: bool


def progress(
    completed_on: pd.Series, population_size: int, census: bool, fieldwork: Fieldwork, accuracy: Accuracy
) -> Progress:
    """Return the progress of one population from the days its responses were completed (datetime64).

    Responses after `fieldwork.as_at` are not there yet. Raises ValueError where fieldwork ends before it
    starts.
    """
    if fieldwork.last < fieldwork.first:
        raise ValueError(f"fieldwork ends ({fieldwork.last}) before it starts ({fieldwork.first})")
    so_far = _until(completed_on, fieldwork.as_at).sort_values()
    test = accuracy_test(population_size, len(so_far), census, accuracy)
    more = max(test.required_responses - len(so_far), 0)
    pace = _pace(so_far, fieldwork)
    left = max((fieldwork.last - fieldwork.as_at).days, 0)
    at_end = min(len(so_far) + floor(pace * left), max(population_size, len(so_far)))
    enough_on = None
    if not more and test.required_responses:
        enough_on = so_far.iloc[test.required_responses - 1].date()
    elif more and pace:
        enough_on = fieldwork.as_at + timedelta(days=ceil(more / pace))
    return Progress(
        population_size,
        len(so_far),
        test.required_responses,
        more,
        test.required_margin,
        test.achieved_margin,
        test.met,
        pace,
        enough_on,
        at_end,
        at_end >= test.required_responses,
    )


def quota_cells(
    completed_on: pd.Series, cell: pd.Series, targets: Mapping[str, int], fieldwork: Fieldwork
) -> pd.DataFrame:
    """Return how each quota cell stands, columns `CELL_COLUMNS`, in the order of `targets`.

    `cell`: the cell of each response. `due` is the part of the target that the days gone would have brought
    at an even pace, rounded down; `behind` how many are missing from it, `to_go` from the whole target.
    Responses in cells without a target follow, with a target of 0.
    """
    so_far = cell[_until(completed_on, fieldwork.as_at).index].value_counts()
    untargeted = sorted(set(so_far.index) - set(targets))
    rows = []
    for name, target in [*targets.items(), *((name, 0) for name in untargeted)]:
        responses = int(so_far.get(name, 0))
        due = target * fieldwork.days_gone // fieldwork.days
        rows.append((name, target, responses, max(target - responses, 0), due, max(due - responses, 0)))
    return pd.DataFrame(rows, columns=list(CELL_COLUMNS))


def _until(completed_on: pd.Series, as_at: date) -> pd.Series:
    return completed_on[completed_on < pd.Timestamp(as_at) + pd.Timedelta(days=1)]


def _pace(so_far: pd.Series, fieldwork: Fieldwork) -> Fraction:
    """Return responses a day over the last days up to `as_at`, from the first day of fieldwork at most."""
    days = min((fieldwork.as_at - fieldwork.first).days + 1, PACE_DAYS)
    if days < 1:
        return Fraction(0)
    recent = so_far >= pd.Timestamp(fieldwork.as_at) - pd.Timedelta(days=days - 1)
    return Fraction(int(recent.sum()), days)
