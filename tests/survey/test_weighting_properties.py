"""What holds for every weighting, and the independent package svy as a second oracle."""

from __future__ import annotations

from functools import cache

import numpy as np
import pandas as pd
import polars as pl
import pytest
import svy
from hypothesis import given, settings
from hypothesis import strategies as st

from pipelines.survey import weighting
from pipelines.survey.weighting_problems import RULES

SEEDS = st.integers(0, 2**32 - 1)
EXAMPLES = settings(max_examples=40, deadline=None)
# Random samples have thin categories and large adjustments: not what these tests are about.
ANY = weighting.Limits(thin=0, small=0, thin_cell=0, far=(0, np.inf))


class Survey:
    """A random survey and register: who answers depends on area, type and age."""

    def __init__(self, seed: int):
        random = np.random.default_rng(seed)
        households = int(random.integers(2_000, 6_000))
        sizes = {"area": random.integers(2, 7), "type": random.integers(2, 5), "age": random.integers(2, 6)}
        codes = {name: random.integers(0, size, households) for name, size in sizes.items()}
        self.names = list(sizes)
        self.register = pd.DataFrame(
            {name: [f"{name} {code}" for code in codes[name]] for name in self.names}
        ).astype("str")
        answer = np.exp(sum(random.normal(0, 0.4, size)[codes[name]] for name, size in sizes.items()))
        chosen = random.choice(
            households, int(random.integers(300, 900)), replace=False, p=answer / answer.sum()
        )
        self.sample = self.register.iloc[np.sort(chosen)]
        self.base = pd.Series(np.round(random.uniform(2, 12, len(chosen)), 3), index=self.sample.index)
        self.margins = weighting.margins_of(self.register, self.names)
        self.cells = weighting.cells_of(self.register, ["area", "type"])

    def raked(self, **options):
        return weighting.rake(self.sample, self.names, self.margins, limits=ANY, **options)

    def controls(self) -> dict[str, dict[str, float]]:
        grouped = self.margins.groupby("characteristic")
        return {
            name: rows.set_index("category")["households"].astype(float).to_dict() for name, rows in grouped
        }

    def for_svy(self) -> svy.Sample:
        columns = {name: self.sample[name].to_list() for name in self.names}
        return svy.Sample(pl.DataFrame({**columns, "base": self.base.to_list()}), svy.Design(wgt="base"))


@given(SEEDS)
@EXAMPLES
def test_svy_rakes_to_the_same_weights(seed):
    survey = Survey(seed)
    theirs = survey.for_svy().weighting.rake(
        controls=survey.controls(), tol=1e-12, max_iter=5000, wgt_name="raked"
    )
    ours = survey.raked(base=survey.base)
    np.testing.assert_allclose(ours.weights, theirs.data["raked"].to_numpy(), rtol=1e-8)


@given(SEEDS)
@EXAMPLES
def test_svy_post_stratifies_to_the_same_weights(seed):
    survey = Survey(seed)
    controls = {
        (area, kind): float(households)
        for area, kind, households in survey.cells.itertuples(index=False, name=None)
    }
    theirs = survey.for_svy().weighting.poststratify(controls, cells=["area", "type"], wgt_name="stratified")
    ours = weighting.post_stratify(
        survey.sample, ["area", "type"], survey.cells, base=survey.base, limits=ANY
    )
    np.testing.assert_allclose(ours.weights, theirs.data["stratified"].to_numpy(), rtol=1e-8)


@given(SEEDS)
@EXAMPLES
def test_weights_are_positive_meet_every_margin_and_sum_to_the_population(seed):
    survey = Survey(seed)
    found = survey.raked(base=survey.base)
    assert (found.weights > 0).all()
    assert found.weights.index.equals(survey.sample.index)
    assert found.weights.sum() == pytest.approx(len(survey.register), rel=1e-12)
    assert found.base.sum() == pytest.approx(len(survey.register), rel=1e-12)
    for name in survey.names:
        achieved = found.weights.groupby(survey.sample[name]).sum()
        assert (achieved / survey.register[name].value_counts() - 1).abs().max() < 1e-8
    assert found.worst_error < 1e-8
    assert found.worst_error == (found.margins["achieved"] / found.margins["target"] - 1).abs().max()


@given(SEEDS)
@EXAMPLES
def test_the_order_of_rows_and_of_columns_changes_nothing(seed):
    random = np.random.default_rng(seed)
    survey = Survey(seed)
    found = survey.raked(base=survey.base)
    rows = random.permutation(survey.sample.index)
    columns = [str(name) for name in random.permutation(survey.names)]
    shuffled = weighting.rake(
        survey.sample.loc[rows, columns],
        columns,
        survey.margins.sample(frac=1, random_state=seed),
        base=survey.base.sample(frac=1, random_state=seed),
        limits=ANY,
    )
    pd.testing.assert_series_equal(shuffled.weights.loc[found.weights.index], found.weights, rtol=1e-9)
    assert shuffled.characteristics == tuple(columns)


@given(SEEDS, st.sampled_from([0.001, 7.0, 1e6]))
@EXAMPLES
def test_scaling_the_population_scales_the_weights(seed, factor):
    survey = Survey(seed)
    found = survey.raked()
    scaled = weighting.rake(
        survey.sample,
        survey.names,
        survey.margins.assign(households=survey.margins["households"] * factor),
        limits=ANY,
    )
    pd.testing.assert_series_equal(scaled.weights, found.weights * factor, rtol=1e-9)
    assert scaled.design_effect == pytest.approx(found.design_effect, rel=1e-9)


@given(SEEDS, st.sampled_from([1e-3, 4.0]))
@EXAMPLES
def test_the_scale_of_base_weights_does_not_matter(seed, factor):
    survey = Survey(seed)
    one, other = survey.raked(base=survey.base), survey.raked(base=survey.base * factor)
    pd.testing.assert_series_equal(one.weights, other.weights, rtol=1e-9)
    pd.testing.assert_series_equal(one.base, other.base, rtol=1e-9)


@given(SEEDS)
@EXAMPLES
def test_duplicating_every_respondent_halves_the_weights(seed):
    survey = Survey(seed)
    found = survey.raked()
    twice = pd.concat([survey.sample, survey.sample], ignore_index=True)
    doubled = weighting.rake(twice, survey.names, survey.margins, limits=ANY)
    np.testing.assert_allclose(doubled.weights, np.tile(found.weights, 2) / 2, rtol=1e-9)
    assert doubled.effective_n == pytest.approx(2 * found.effective_n, rel=1e-9)


@given(SEEDS, st.sampled_from([(0.3, 3.0), (0.6, 1.6), (0.8, 1.3), (0.95, 1.05)]))
@EXAMPLES
def test_bounds_are_kept_or_refused_with_bounds_that_are_kept(seed, bounds):
    survey = Survey(seed)
    try:
        found = survey.raked(base=survey.base, bounds=bounds)
    except weighting.WeightingRefusedError as refusal:
        (problem,) = refusal.problems
        assert problem.id == "WGT-009"
        floor, cap = (float(number) for number in problem.remedy.split("[")[1].split("]")[0].split(","))
        assert (floor, cap) != bounds
        found, bounds = survey.raked(base=survey.base, bounds=(floor, cap)), (floor, cap)
    assert bounds[0] * (1 - 1e-12) <= found.least_ratio
    assert found.greatest_ratio <= bounds[1] * (1 + 1e-12)
    assert found.worst_error < 1e-8


@cache
def large() -> Survey:
    survey = Survey(2)
    random = np.random.default_rng(4)
    register = pd.DataFrame(
        {
            "area": random.choice([f"area {code}" for code in range(7)], 160_000),
            "ward": random.choice([f"ward {code:02d}" for code in range(24)], 160_000),
            "type": random.choice(["House", "Flat", "Bungalow", "Maisonette", "Bedsit"], 160_000),
            "age": random.choice(["16-24", "25-34", "35-44", "45-54", "55-64", "65+"], 160_000),
            "ethnicity": random.choice(["Asian", "Black", "Mixed", "Other", "White", "Irish"], 160_000),
        }
    ).astype("str")
    survey.register, survey.names = register, list(register)
    chance = register["age"].map({"65+": 3.0}).fillna(1.0).to_numpy()
    chosen = random.choice(160_000, 20_000, replace=False, p=chance / chance.sum())
    survey.sample = register.iloc[chosen].reset_index(drop=True)
    survey.margins = weighting.margins_of(register, survey.names)
    return survey


def attempt(sample: pd.DataFrame, margins: pd.DataFrame) -> list[tuple[str, str, str]]:
    """(id, characteristic, category) of each problem of raking the large survey."""
    try:
        found = weighting.rake(sample, large().names, margins)
    except weighting.WeightingRefusedError as refusal:
        problems = refusal.problems
    else:
        problems = found.problems
        assert found.worst_error < 1e-8
        assert len(found.weights) == len(sample)
    return [(problem.id, problem.characteristic, problem.category) for problem in problems]


def households(category: str, other: str, left: float) -> pd.DataFrame:
    """The large survey's margins with all but `left` households of a category moved to another."""
    margins = large().margins.astype({"households": float}).set_index("category")
    moved = margins.loc[category, "households"] - left
    margins.loc[category, "households"] = left
    margins.loc[other, "households"] += moved
    return margins.reset_index()


def test_20_000_respondents_and_five_margins_have_no_problem():
    assert attempt(large().sample, large().margins) == []


def test_an_empty_category_among_20_000_is_named():
    sample = large().sample
    problems = attempt(sample[sample["ward"] != "ward 11"], large().margins)
    assert problems == [("WGT-005", "ward", "ward 11")]


def test_an_empty_cell_among_20_000_is_no_problem_for_margins():
    sample = large().sample
    assert attempt(sample[(sample["ward"] != "ward 11") | (sample["age"] != "16-24")], large().margins) == []


@pytest.mark.parametrize("left", [1, 0.25])
def test_a_margin_next_to_nothing_is_met_and_told(left):
    problems = attempt(large().sample, households("ward 11", "ward 12", left))
    assert problems == [("WGT-105", "ward", "ward 11"), ("WGT-106", "", "")]


def test_a_category_of_no_households_with_respondents_is_named():
    assert attempt(large().sample, households("ward 11", "ward 12", 0)) == [("WGT-007", "ward", "ward 11")]


@pytest.mark.parametrize("word", [None, "Unknown"])
def test_two_percent_unknown_is_told(word):
    sample = large().sample.copy()
    sample.loc[sample.sample(frac=0.02, random_state=1).index, "ethnicity"] = word
    assert attempt(sample, large().margins) == [("WGT-102", "ethnicity", "not stated")]


def test_margins_without_a_solution_are_refused():
    sample = large().sample.assign(area=large().sample["ward"].str.replace("ward 0", "area ").str[:6])
    sample["area"] = sample["area"].where(sample["area"].isin(large().register["area"].unique()), "area 6")
    # Each ward lies in one area of the sample; in the register they are unrelated.
    stops = {problem[0] for problem in attempt(sample, large().margins) if RULES[problem[0]][0] == "stop"}
    assert stops == {"WGT-008"}


def test_totals_five_percent_apart_are_refused():
    margins = large().margins
    factor = np.where(margins["characteristic"] == "age", 1.05, 1)
    problems = attempt(large().sample, margins.assign(households=margins["households"] * factor))
    assert problems == [("WGT-004", "age", "")]
