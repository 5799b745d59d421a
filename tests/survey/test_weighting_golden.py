"""Weights against R's survey 4.1 (and, for bounds, an independent solver): tests/golden/survey."""

from __future__ import annotations

from functools import cache

import numpy as np
import pandas as pd
import pytest

from pipelines.survey import weighting
from tests.survey.reference import FOLDER, HOUSEHOLDS, MARGINS

TOLERANCE = 1e-8
YOUNG = {"age_band": {"16-24": "16-34", "25-34": "16-34"}}


@cache
def respondents() -> pd.DataFrame:
    return pd.read_csv(FOLDER / "dataset.csv", dtype="str").set_index("respondent_id")


@cache
def margins() -> pd.DataFrame:
    names = {"margin": "characteristic", "population": "households"}
    return pd.read_csv(FOLDER / "margins.csv").rename(columns=names)


@cache
def cells() -> pd.DataFrame:
    return pd.read_csv(FOLDER / "poststrata.csv").rename(
        columns={"age_ps": "age_band", "population": "households"}
    )


@cache
def expected(design: str) -> pd.Series:
    return pd.read_csv(FOLDER / "expected_weights.csv").set_index("respondent_id")[design]


def off(weights: pd.Series, reference: pd.Series) -> float:
    """The largest relative difference from the reference, respondent by respondent."""
    assert weights.index.equals(reference.index)
    return float((weights / reference - 1).abs().max())


@pytest.mark.parametrize("design", ["raked", "calib_raking"])
def test_raking_gives_the_weights_of_r(design):
    raked = weighting.rake(respondents(), MARGINS, margins())
    assert off(raked.weights, expected(design)) < TOLERANCE


def test_r_with_its_default_control_stops_early_and_we_do_not():
    raked = weighting.rake(respondents(), MARGINS, margins())
    assert raked.worst_error < 1e-12
    assert (raked.margins["ratio"] - 1).abs().max() < 1e-12


def test_post_stratification_gives_the_weights_of_r():
    found = weighting.post_stratify(respondents(), ["age_band", "property_type"], cells(), collapse=YOUNG)
    assert off(found.weights, expected("poststrat_age_ptype")) < TOLERANCE
    assert found.sweeps == 0
    # 9, 6, 6 and 7 respondents: the golden set's own thin cells.
    assert [problem.category for problem in found.problems if problem.id == "WGT-104"] == [
        "16-34 × Bungalow",
        "16-34 × Maisonette",
        "35-44 × Bungalow",
        "35-44 × Maisonette",
    ]


def test_bounded_raking_gives_the_weights_of_an_independent_solver():
    bounded = weighting.rake(respondents(), MARGINS, margins(), bounds=(0.5, 2))
    reference = pd.read_csv(FOLDER / "weights_bounded_0.5_2.csv").set_index("respondent_id")["weight_bounded"]
    assert off(bounded.weights, reference) < TOLERANCE
    assert bounded.greatest_ratio == pytest.approx(2, rel=1e-15)
    assert (bounded.ratios > 2 - 1e-9).sum() == 27


def test_the_least_cap_of_the_reference_survey_is_named_and_can_be_met():
    with pytest.raises(weighting.WeightingRefusedError) as refusal:
        weighting.rake(respondents(), MARGINS, margins(), bounds=(0.5, 1.8))
    (problem,) = (each for each in refusal.value.problems if each.grade == "stop")
    assert problem.id == "WGT-009"
    assert problem.counts["least_cap"] == pytest.approx(1.8144827586, rel=1e-9)
    assert "bounds: [0.5, 1.82]" in problem.remedy
    weighting.rake(respondents(), MARGINS, margins(), bounds=(0.5, 1.82))


def test_strata_invited_at_different_rates_give_the_design_weights_of_r():
    people = respondents()
    answered = people["area"].value_counts()
    areas = margins()[margins()["characteristic"] == "area"]
    frame = areas.assign(stratum=areas["category"], invited=areas["category"].map(answered))
    base = weighting.design_weights(people["area"], frame)
    assert off(base, expected("stratified_area_fpc")) < TOLERANCE
    assert off(weighting.unweighted(people, HOUSEHOLDS, base).weights, base) < TOLERANCE


def test_diagnostics_are_those_of_r():
    raked = weighting.rake(respondents(), MARGINS, margins())
    assert raked.design_effect == pytest.approx(1.12852140394, rel=1e-9)
    assert raked.effective_n == pytest.approx(1200 / 1.12852140394, rel=1e-9)
    assert raked.population == HOUSEHOLDS
    assert raked.weights.sum() == pytest.approx(HOUSEHOLDS, rel=1e-13)
    assert raked.response_weights.sum() == pytest.approx(1200, rel=1e-13)
    assert raked.least_ratio == pytest.approx(raked.weights.min() * 1200 / HOUSEHOLDS)


def test_a_bootstrap_of_raked_samples_is_raked_each_time():
    raked = weighting.rake(respondents(), MARGINS, margins())
    draws = np.random.default_rng(7).multinomial(1200, np.full(1200, 1 / 1200), 40)
    replicates = weighting.replicate(raked, draws)
    assert replicates.shape == draws.shape
    assert ((replicates > 0) == (draws > 0)).all()
    for name in MARGINS:
        achieved = pd.DataFrame(replicates.T).groupby(respondents()[name].to_numpy()).sum()
        target = raked.margins.set_index(["characteristic", "category"])["target"][name]
        np.testing.assert_allclose(achieved.T / target, 1, atol=1e-8)
    again = weighting.replicate(raked, np.ones((1, 1200), dtype=int))[0]
    np.testing.assert_allclose(again, raked.weights, rtol=1e-12)


def test_a_bootstrap_sample_that_misses_a_category_has_no_weights():
    raked = weighting.rake(respondents(), MARGINS, margins(), bounds=(0.5, 2))
    nobody_there = (respondents()["area"] != "A8").to_numpy().astype(int)
    few = np.where(respondents()["area"] == "A8", np.arange(1200) == 0, 1)
    few[np.flatnonzero(respondents()["area"] == "A8")[0]] = 1  # one of 38: the cap of 2 cannot be kept
    replicates = weighting.replicate(raked, np.stack([nobody_there, few, np.ones(1200, dtype=int)]))
    assert np.isnan(replicates).all(axis=1).tolist() == [True, True, False]
