"""A survey during its fieldwork: how far it is, what is missing, and where the present pace leads."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date, timedelta
from decimal import Decimal
from fractions import Fraction
from functools import cached_property
from math import ceil, floor

import pandas as pd

from pipelines.measures.inputs import Inputs
from pipelines.measures.stock import COMBINED, NOT_REQUIRED, RELEVANT, REPORTED, Stock
from schemas.rulebook import Accuracy

from .accuracy import accuracy_test
from .plan import cells, proportional, quotas
from .sample import Sample

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

    @property
    def days_left(self) -> int:
        """The days of fieldwork after `as_at`."""
        return self.days - self.days_gone

    @property
    def pace_days(self) -> int:
        """The days up to `as_at` that the pace is measured over (0 before fieldwork)."""
        return max(min((self.as_at - self.first).days + 1, PACE_DAYS), 0)


@dataclass(frozen=True)
class Progress:
    """How far the survey of one population is.

    `more_needed` responses until `required_responses`; `margin` now and `required_margin` in percentage
    points (`margin` None without a response). `pace` responses a day over the last two weeks; `pace_needed`
    what the days left would have to bring (None: nothing is missing, or no day is left).
    `enough_on` the day when there are or, at that pace, will be enough responses (None: not at this pace);
    `responses_at_end` what the pace leads to by the end of fieldwork; `on_course` whether that is enough.
    Where the days of fieldwork are not known, `pace`, `pace_needed` and `responses_at_end` are None.
    """

    population_size: int
    responses: int
    required_responses: int
    more_needed: int
    required_margin: int
    margin: Decimal | None
    met: bool
    pace: Fraction | None
    pace_needed: Fraction | None
    enough_on: date | None
    responses_at_end: int | None
    on_course: bool


def progress(
    completed_on: pd.Series,
    population_size: int,
    census: bool,
    fieldwork: Fieldwork | None,
    accuracy: Accuracy,
) -> Progress:
    """Return the progress of one population from the days its responses were completed (datetime64).

    Responses after `fieldwork.as_at` are not there yet; without `fieldwork` all are. Raises ValueError where
    fieldwork ends before it starts.
    """
    if fieldwork and fieldwork.last < fieldwork.first:
        raise ValueError(f"fieldwork ends ({fieldwork.last}) before it starts ({fieldwork.first})")
    so_far = _until(completed_on, fieldwork).sort_values()
    test = accuracy_test(population_size, len(so_far), census, accuracy)
    more = max(test.required_responses - len(so_far), 0)
    pace = pace_needed = at_end = enough_on = None
    if fieldwork:
        pace = _pace(so_far, fieldwork)
        at_end = min(len(so_far) + floor(pace * fieldwork.days_left), max(population_size, len(so_far)))
        pace_needed = Fraction(more, fieldwork.days_left) if more and fieldwork.days_left else None
        enough_on = fieldwork.as_at + timedelta(days=ceil(more / pace)) if more and pace else None
    if not more and test.required_responses:
        enough_on = so_far.iloc[test.required_responses - 1].date()
    return Progress(
        population_size,
        len(so_far),
        test.required_responses,
        more,
        test.required_margin,
        test.achieved_margin,
        test.met,
        pace,
        pace_needed,
        enough_on,
        at_end,
        (len(so_far) if at_end is None else at_end) >= test.required_responses,
    )


def quota_targets(
    sample: Sample, by: Sequence[str], required_responses: int
) -> dict[tuple[str, ...], dict[str, int]]:
    """Return the responses wanted of each quota cell, by the characteristics that its name is made of.

    One set of cells of all the characteristics together, proportional to the households that can be invited;
    where the households table does not state all of them, a set for each characteristic, by its margin.
    """
    register = sample.households
    if register is not None and set(by) <= set(register.columns[register.notna().any()]):
        frame = register[register["excluded_reason"].isna()]
        wanted = quotas(cells(frame, by), required_responses)
        return {tuple(by): dict(zip(wanted["cell"], wanted["quota"], strict=True))}
    return {(name,): proportional(sample.known(name), required_responses) for name in by}


def quota_cells(
    completed_on: pd.Series, cell: pd.Series, targets: Mapping[str, int], fieldwork: Fieldwork | None
) -> pd.DataFrame:
    """Return how each quota cell stands, columns `CELL_COLUMNS`, in the order of `targets`.

    `cell`: the cell of each response. `due` is the part of the target that the days gone would have brought
    at an even pace, rounded down; `behind` how many are missing from it (both None without `fieldwork`),
    `to_go` from the whole target. Responses in cells without a target follow, with a target of 0.
    """
    so_far = cell[_until(completed_on, fieldwork).index].value_counts()
    untargeted = sorted(set(so_far.index) - set(targets))
    rows = []
    for name, target in [*targets.items(), *((name, 0) for name in untargeted)]:
        responses = int(so_far.get(name, 0))
        due = target * fieldwork.days_gone // fieldwork.days if fieldwork else None
        behind = None if due is None else max(due - responses, 0)
        rows.append((name, target, responses, max(target - responses, 0), due, behind))
    return pd.DataFrame(rows, columns=list(CELL_COLUMNS))


def worst_first(standing: pd.DataFrame) -> pd.DataFrame:
    """Return what `quota_cells` gives, the furthest behind first, then those with the most to go."""
    return standing.sort_values(["behind", "to_go"], ascending=False, kind="stable", ignore_index=True)


@dataclass(frozen=True)
class _StatedInputs(Inputs):
    """Inputs without homes: the populations that are surveyed are stated, not counted."""

    stated: tuple[str, ...] = ()

    @cached_property
    def stock(self) -> Stock:
        """No homes, and the stated populations."""
        blocks = {name: REPORTED if name in self.stated else NOT_REQUIRED for name in (*RELEVANT, COMBINED)}
        return replace(super().stock, blocks=blocks)


def with_stated_populations(inputs: Inputs, populations: Sequence[str]) -> Inputs:
    """Return `inputs` with `populations` as those that are surveyed.

    During fieldwork the year has not ended: there may be no homes yet, whose number decides it.
    """
    parts = {name: getattr(inputs, name) for name in Inputs.__dataclass_fields__}
    return _StatedInputs(**parts, stated=tuple(populations))


def _until(completed_on: pd.Series, fieldwork: Fieldwork | None) -> pd.Series:
    if fieldwork is None:
        return completed_on
    return completed_on[completed_on < pd.Timestamp(fieldwork.as_at) + pd.Timedelta(days=1)]


def _pace(so_far: pd.Series, fieldwork: Fieldwork) -> Fraction:
    """Return responses a day over the last days up to `as_at`, from the first day of fieldwork at most."""
    days = fieldwork.pace_days
    if not days:
        return Fraction(0)
    recent = so_far >= pd.Timestamp(fieldwork.as_at) - pd.Timedelta(days=days - 1)
    return Fraction(int(recent.sum()), days)
