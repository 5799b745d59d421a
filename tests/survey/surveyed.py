"""Small surveys to make statistics of, and the reference survey as a sample."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
import pandas as pd

from pipelines.survey.accuracy import accuracy_test
from pipelines.survey.comparison import Answers
from pipelines.survey.estimation import Estimate
from pipelines.survey.sample import Sample, Scheme, weigh
from pipelines.survey.statistics import Thresholds, survey_statistics
from pipelines.survey.weighting import Limits
from schemas.rulebook import load_edition

from .reference import HEADLINE, HOUSEHOLDS, MARGINS, answers, population_of, respondents

ACCURACY = load_edition("2024-25").accuracy
THRESHOLDS = Thresholds(least=10, caution=30, most_categories=30)
NO_MARGINS: dict[str, dict[str, int]] = {}

Column = Sequence[str | None]


def flags(text: str) -> np.ndarray:
    return np.array([letter == "y" for letter in text], dtype=bool)


def answered(text: str) -> Answers:
    """(met, counted) of answers written as y (satisfied), n (not) and anything else (no answer)."""
    return flags(text), np.array([letter in "yn" for letter in text], dtype=bool)


def frame(**columns: Column) -> pd.DataFrame:
    return pd.DataFrame({name: pd.Series(list(values), dtype="str") for name, values in columns.items()})


def margins_frame(margins: Mapping[str, Mapping[str, int]]) -> pd.DataFrame:
    rows = [(name, category, n) for name, counts in margins.items() for category, n in counts.items()]
    return pd.DataFrame(rows, columns=["characteristic", "category", "households"])


def sampled(
    people: pd.DataFrame,
    *,
    margins: Mapping[str, Mapping[str, int]] = NO_MARGINS,
    households: pd.DataFrame | None = None,
    scheme: Scheme | None = None,
    population: str = "LCRA",
) -> Sample:
    """A survey of `people`; all columns but those that every response has are characteristics."""
    given = people.assign(response_id=[f"R{number}" for number in range(len(people))]).astype("str")
    if "method" not in given:
        given["method"] = pd.Series("internet", index=given.index, dtype="str")
    named = [name for name in people if name not in ("method", "household_id", "weight")]
    return Sample(population, given, tuple(named), households, margins_frame(margins), scheme or Scheme())


def statistics(
    sample: Sample,
    asked: Mapping[str, Answers],
    *,
    last_year: Mapping[str, Estimate] | None = None,
    thresholds: Thresholds = THRESHOLDS,
    census: bool = False,
) -> dict[str, Any]:
    """The statistics of a sample, weighted by its scheme; they must be plain enough for JSON."""
    size, responses = sample.population_size, len(sample.respondents)
    test = None if size is None else accuracy_test(size, responses, census, ACCURACY)
    weighting = weigh(sample, Limits()) if responses else None
    found = survey_statistics(sample, weighting, asked, test, ACCURACY, last_year or {}, thresholds)
    assert json.loads(json.dumps(found, allow_nan=False)) == found
    return found


def reference_sample(order: np.ndarray | None = None) -> Sample:
    """The reference survey, raked; its respondents in another order if one is given."""
    people = respondents() if order is None else respondents().iloc[order].reset_index(drop=True)
    given = people[[*MARGINS, "household_id"]].assign(method=people["collection_mode"])
    margins = {name: population_of(name) for name in MARGINS}
    return sampled(
        given.astype("str"), margins=margins, scheme=Scheme("rake", tuple(MARGINS), population=HOUSEHOLDS)
    )


def reference_answers(order: np.ndarray | None = None) -> dict[str, Answers]:
    asked = {item: answers(item) for item in HEADLINE}
    if order is None:
        return asked
    return {item: (met[order], counted[order]) for item, (met, counted) in asked.items()}
