"""A second oracle: the independent package svy, on random designs of every kind."""

from __future__ import annotations

from math import sqrt
from typing import Any

import numpy as np
import pandas as pd
import polars as pl
import pytest
import svy
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.special import stdtrit

from pipelines.survey.association import rao_scott
from pipelines.survey.comparison import from_rest
from pipelines.survey.estimation import Design, estimate, make_design
from pipelines.survey.plan import proportional

ANSWERED = svy.col("valid") == 1
EXAMPLES = settings(max_examples=25, deadline=None, derandomize=True)
SEEDS = st.integers(0, 2**32 - 1)


class Survey:
    """A random survey, for us and for svy: answers depend on area and age, and some are missing."""

    def __init__(self, seed: int, weighting: str) -> None:
        random = np.random.Generator(np.random.PCG64(seed))
        size = int(random.integers(150, 500))
        areas, ages = int(random.integers(2, 6)), int(random.integers(2, 5))
        self.people = pd.DataFrame(
            {
                "area": [f"area {code}" for code in _everywhere(random, areas, size)],
                "age": [f"age {code}" for code in _everywhere(random, ages, size)],
            }
        )
        area = self.people["area"].str[-1].astype(int).to_numpy()
        age = self.people["age"].str[-1].astype(int).to_numpy()
        self.met = random.random(size) < random.uniform(0.3, 0.8) - 0.05 * area + 0.08 * age
        self.counted = random.random(size) < random.uniform(0.6, 1)
        # Where svy rakes unequal weights it fits the residuals without them, as R's rake does; R's calibrate,
        # Deville and Särndal and we fit them with them, as svy's own calibrate does.
        base = np.full(size, 10.0) if weighting == "raked" else np.round(random.uniform(5, 20, size), 3)
        households = int(base.sum() * random.uniform(1.2, 2))
        sizes = {
            name: int(n * random.integers(3, 9)) for name, n in self.people["area"].value_counts().items()
        }
        columns: dict[str, Any] = {
            **{name: self.people[name].to_list() for name in self.people},
            "met": self.met.astype(int),
            "valid": self.counted.astype(int),
            "base": base,
            "households": [households] * size,
            "in_area": [sizes[name] for name in self.people["area"]],
        }
        sample = svy.Sample(pl.DataFrame(columns), svy.Design(wgt="base"))
        margins: pd.DataFrame | None = None
        if weighting == "raked":
            margins = self.people
            controls = {name: _targets(random, self.people[name], households) for name in self.people}
            sample = sample.weighting.rake(controls=controls, tol=1e-13, max_iter=5000)
        elif weighting == "calibrated":
            margins = self.people
            # As numbers, one age fewer: with every category of both, svy now and then finds the system
            # singular and treats the weights as fixed.
            by_age = _targets(random, self.people["age"], households)
            by_age.popitem()
            columns |= {name: (self.people["age"] == name).astype(float).to_list() for name in by_age}
            terms = {svy.Cat("area"): _targets(random, self.people["area"], households), **by_age}
            sample = svy.Sample(pl.DataFrame(columns), svy.Design(wgt="base"))
            sample = sample.weighting.calibrate(controls=terms)
        elif weighting == "post-stratified":
            margins = self.people[["area"]]
            controls = _targets(random, self.people["area"], households)
            sample = sample.weighting.poststratify(controls=controls, cells="area")
        elif weighting == "stratified":
            design = svy.Design(wgt="base", stratum="area", pop_size="in_area")
            sample = svy.Sample(pl.DataFrame(columns), design)
        elif weighting == "finite":
            sample = svy.Sample(pl.DataFrame(columns), svy.Design(wgt="base", pop_size="households"))
        self.theirs = sample
        weights = sample.data[sample.design.wgt].to_numpy()
        strata = self.people["area"] if weighting == "stratified" else None
        population: Any = {"stratified": sizes, "finite": households}.get(weighting)
        self.ours: Design = make_design(
            weights, base=base, margins=margins, strata=strata, population=population
        )


def _everywhere(random: np.random.Generator, categories: int, size: int) -> np.ndarray:
    """Categories 0 to `categories` - 1 at random, each at least ten times."""
    every = np.repeat(np.arange(categories), 10)
    chosen = np.concatenate([every, random.integers(0, categories, size - len(every))])
    return random.permutation(chosen)


def _targets(random: np.random.Generator, column: pd.Series, total: int) -> dict[str, float]:
    """Totals by category that differ from the sample's shares, adding up exactly."""
    sizes = column.value_counts().sort_index() * random.integers(700, 1400, column.nunique())
    shared = proportional({str(name): int(size) for name, size in sizes.items()}, total)
    return {name: float(count) for name, count in shared.items()}


FITTED = ["post-stratified", "raked", "calibrated"]
WEIGHTINGS = ["fixed", "finite", "stratified", *FITTED]


@pytest.mark.parametrize("weighting", WEIGHTINGS)
@EXAMPLES
@given(seed=SEEDS)
def test_estimate_error_design_effect_and_interval(weighting: str, seed: int) -> None:
    survey = Survey(seed, weighting)
    (theirs,) = [
        row
        for row in survey.theirs.estimation.prop(
            "met", where=ANSWERED, ci_method="wilson", deff="wr"
        ).estimates
        if row.y_level == 1
    ]
    ours = estimate(survey.ours, survey.met, survey.counted)
    assert ours is not None
    assert ours.n == theirs.n
    assert ours.p == pytest.approx(theirs.est, rel=1e-10)
    corrected = weighting in ("finite", "stratified")
    se = ours.se_fpc if corrected else ours.se
    assert se == pytest.approx(theirs.se, rel=1e-7)
    if not corrected:
        assert ours.deff == pytest.approx(theirs.deff, rel=1e-7)
    if weighting == "stratified":
        return  # svy adjusts the effective size of Wilson's interval for the strata too.
    assert se is not None
    n, t = ours.p * (1 - ours.p) / se**2, float(stdtrit(theirs.df, 0.975))
    centre = (ours.p + t**2 / (2 * n)) / (1 + t**2 / n)
    half = t * sqrt(ours.p * (1 - ours.p) / n + t**2 / (4 * n**2)) / (1 + t**2 / n)
    assert (centre - half, centre + half) == pytest.approx((theirs.lci, theirs.uci), abs=1e-6)


@pytest.mark.parametrize("weighting", ["fixed", *FITTED])
@EXAMPLES
@given(seed=SEEDS)
def test_a_group_against_the_rest(weighting: str, seed: int) -> None:
    survey = Survey(seed, weighting)
    inside = (survey.people["age"] == "age 0").to_numpy()
    means = survey.theirs.estimation.mean("met", by="age", where=ANSWERED)
    levels = [row.by_level[0] for row in means.estimates]
    people = pd.Series(survey.ours.weights * survey.counted).groupby(survey.people["age"]).sum()
    rest = people.drop("age 0") / people.drop("age 0").sum()
    # The rest is the weighted mean of the other ages, whose weights are estimated too: only two ages make it
    # a plain contrast of svy's.
    if len(rest) != 1:
        return
    one, other = levels.index("age 0"), 1 - levels.index("age 0")
    covariance = np.asarray(means.covariance)
    theirs = means.estimates[one].est - means.estimates[other].est
    variance = covariance[one, one] + covariance[other, other] - 2 * covariance[one, other]
    ours = from_rest(survey.ours, (survey.met, survey.counted), inside, np.ones(len(inside), dtype=bool))
    assert ours is not None
    assert ours.difference == pytest.approx(theirs, abs=1e-10)
    assert ours.se == pytest.approx(sqrt(variance), rel=1e-7)


@pytest.mark.parametrize("weighting", ["fixed", *FITTED])
@EXAMPLES
@given(seed=SEEDS)
def test_whether_groups_answer_alike(weighting: str, seed: int) -> None:
    survey = Survey(seed, weighting)
    theirs = survey.theirs.categorical.tabulate("met", "age", where=ANSWERED).stats.f
    ours = rao_scott(survey.ours, survey.met, survey.counted, survey.people["age"])
    assert ours is not None
    assert ours.statistic == pytest.approx(theirs.value, rel=1e-6)
    assert ours.df == pytest.approx(theirs.df_num, rel=1e-6)
    assert ours.df_denominator == pytest.approx(theirs.df_den, rel=1e-6)
    assert ours.p_value == pytest.approx(theirs.p_value, abs=1e-6)
