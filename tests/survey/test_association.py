"""Whether the sample looks like the population, whether groups answer alike, and who responded."""

from __future__ import annotations

from math import sqrt

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from pipelines.survey.association import goodness_of_fit, r_indicator, rao_scott, weighted_fit
from pipelines.survey.estimation import Design, make_design

from .reference import FOLDER, MARGINS, answers, design, expected, population_of, reference, respondents


@pytest.mark.parametrize("margin", MARGINS)
def test_chi_square_and_gaps_of_the_reference(margin: str) -> None:
    found = reference("unweighted_srs", "REPRESENT", margin)
    ours = goodness_of_fit(respondents()[margin], population_of(margin))
    assert ours is not None
    assert ours.test == "chi_square"
    assert ours.statistic == pytest.approx(found["chisq"], rel=1e-10)
    assert ours.df == found["df"]
    assert ours.p_value == pytest.approx(found["p"], rel=1e-6)
    assert ours.effect_size == pytest.approx(sqrt(found["chisq"] / 1200), rel=1e-10)
    gaps = expected().loc["unweighted_srs", "REPRESENT", :, "share_gap_pp"]
    for category, gap in ours.gaps.items():
        assert gap == pytest.approx(gaps[f"{margin}={category}"], abs=1e-10)


@pytest.mark.parametrize("margin", MARGINS)
@pytest.mark.parametrize("name", ["calib_raking", "raked_weights_as_fixed"])
def test_rao_scott_of_the_reference(name: str, margin: str) -> None:
    found = reference(name, "TP01_sat", f"raoscott_{margin}")
    ours = rao_scott(design(name), *answers("TP01"), respondents()[margin])
    assert ours is not None
    assert ours.statistic == pytest.approx(found["F_stat"], rel=1e-6)
    assert ours.p_value == pytest.approx(found["F_p"], abs=1e-6)


def _invited() -> tuple[pd.DataFrame, np.ndarray]:
    counts = pd.read_csv(FOLDER / "frame_invited.csv")
    people = counts.loc[counts.index.repeat(counts["invited"])]
    return people[MARGINS], (people.groupby(level=0).cumcount() < people["responded"]).to_numpy()


def test_the_r_indicator_of_the_reference() -> None:
    found = reference("invited", "R_INDICATOR")
    ours = r_indicator(*_invited())
    assert ours.mean_propensity == pytest.approx(found["mean_rho"], rel=1e-9)
    assert ours.sd_propensity == pytest.approx(found["sd_rho"], rel=1e-9)
    assert ours.r == pytest.approx(found["R_unadjusted"], rel=1e-9)
    assert ours.cv == pytest.approx(found["CV"], rel=1e-9)


def test_what_each_characteristic_did_to_the_response() -> None:
    """With one characteristic the propensities are its response rates: worked by hand."""
    area = pd.DataFrame({"area": ["north"] * 40 + ["south"] * 60})
    responded = np.array([True] * 10 + [False] * 30 + [True] * 30 + [False] * 30)
    ours = r_indicator(area, responded)
    spread = sqrt(0.4 * (0.25 - 0.4) ** 2 + 0.6 * (0.5 - 0.4) ** 2)
    assert ours.partial == {"area": pytest.approx(spread)}
    assert ours.sd_propensity == pytest.approx(spread * sqrt(100 / 99))
    assert ours.r == pytest.approx(1 - 2 * spread * sqrt(100 / 99))


def test_a_response_that_depends_on_nothing() -> None:
    area = pd.DataFrame({"area": ["north", "south"] * 20, "age": [None] * 40})
    ours = r_indicator(area, np.array([True, True, False, False] * 10))
    assert ours.r == pytest.approx(1, abs=1e-7)
    assert ours.partial == {"area": pytest.approx(0, abs=1e-7), "age": pytest.approx(0, abs=1e-12)}


def test_categories_where_all_or_none_responded_have_their_limit() -> None:
    area = pd.DataFrame({"area": ["all"] * 10 + ["none"] * 10 + ["half"] * 10, "age": ["x", "y"] * 15})
    responded = np.array([True] * 10 + [False] * 10 + [True] * 5 + [False] * 5)
    ours = r_indicator(area, responded)
    assert ours.mean_propensity == pytest.approx(0.5, abs=1e-6)
    assert ours.partial["area"] == pytest.approx(sqrt(1 / 6), abs=1e-3)
    assert r_indicator(area, np.ones(30)).r == pytest.approx(1, abs=1e-6)
    nobody = r_indicator(area, np.zeros(30))
    assert nobody.r == pytest.approx(1, abs=1e-6)


@given(st.integers(0, 2**32 - 1))
@settings(max_examples=100)
def test_propensities_add_up_to_the_responses_in_every_category(seed: int) -> None:
    """The equations of maximum likelihood, on samples so small that a plain Newton step overshoots."""
    random = np.random.Generator(np.random.PCG64(seed))
    size = int(random.integers(2, 60))
    invited = pd.DataFrame(
        {name: random.integers(0, random.integers(1, 9), size).astype(str) for name in ("a", "b", "c")}
    )
    responded = random.random(size) < random.choice([0.05, 0.5, 0.95])
    ours = r_indicator(invited, responded)
    assert ours.mean_propensity == pytest.approx(responded.mean(), abs=1e-6)
    assert all(0 <= part <= ours.sd_propensity + 1e-9 for part in ours.partial.values())


def test_an_r_indicator_needs_people_and_a_characteristic() -> None:
    with pytest.raises(ValueError, match="two or more invited households and a characteristic"):
        r_indicator(pd.DataFrame({"area": ["north"]}), np.ones(1))
    with pytest.raises(ValueError, match="two or more invited households and a characteristic"):
        r_indicator(pd.DataFrame(index=range(3)), np.ones(3))


@pytest.mark.parametrize("margin", MARGINS)
def test_weights_fitted_to_a_margin_leave_no_gap_and_nothing_to_test(margin: str) -> None:
    ours = weighted_fit(design("calib_raking"), respondents()[margin], population_of(margin))
    assert ours is not None
    assert max(abs(gap) for gap in ours.gaps.values()) < 1e-6
    assert ours.effect_size < 1e-8
    assert (ours.statistic, ours.df, ours.p_value) == (None, None, None)


def test_the_weighted_test_of_an_unweighted_sample_is_nearly_pearsons() -> None:
    """Rao and Scott estimate the spread, Pearson knows it under the hypothesis: alike where that is true."""
    random = np.random.Generator(np.random.PCG64(3))
    area = pd.Series(random.choice(["a", "b", "c"], 4000, p=[0.5, 0.3, 0.2]))
    truth = {"a": 500, "b": 300, "c": 200}
    ours = weighted_fit(make_design(np.ones(4000)), area, truth)
    plain = goodness_of_fit(area, truth)
    assert ours is not None
    assert plain is not None
    assert ours.statistic is not None
    assert plain.statistic is not None
    assert ours.test == "rao_scott"
    assert ours.statistic * 2 == pytest.approx(plain.statistic, rel=0.02)
    assert ours.df == pytest.approx(2, abs=0.01)
    assert ours.p_value == pytest.approx(plain.p_value, abs=0.01)
    assert ours.gaps == pytest.approx(plain.gaps)


def test_the_weighted_test_keeps_its_level() -> None:
    """Unequal weights, true hypothesis: 5% of p-values are under 5%. Pearson's would be over 15%."""
    random = np.random.Generator(np.random.PCG64(11))
    shares = {"a": 0.4, "b": 0.3, "c": 0.2, "d": 0.1}
    rejected = by_pearson = 0
    for _ in range(400):
        area = pd.Series(random.choice(list(shares), 400, p=list(shares.values())))
        found = weighted_fit(
            make_design(random.lognormal(0, 0.8, 400)),
            area,
            {name: int(1000 * share) for name, share in shares.items()},
        )
        assert found is not None
        assert found.p_value is not None
        rejected += found.p_value < 0.05
        by_pearson += 400 * found.effect_size**2 > 7.815
    assert 0.03 < rejected / 400 < 0.075
    assert by_pearson / 400 > 0.15


def test_categories_that_the_population_does_not_have_are_named_and_left_out() -> None:
    area = pd.Series(["a", "a", "b", "moon", None])
    population = {"a": 50, "b": 50, "closed": 0}
    for ours in (goodness_of_fit(area, population), weighted_fit(make_design(np.ones(5)), area, population)):
        assert ours is not None
        assert ours.unmatched == ("moon",)
        assert ours.population_shares == {"a": 0.5, "b": 0.5}
        assert ours.shares == pytest.approx({"a": 2 / 3, "b": 1 / 3})
        assert ours.gaps == pytest.approx({"a": 100 / 6, "b": -100 / 6})


def test_a_category_that_nobody_of_the_sample_is_in_is_a_gap() -> None:
    ours = goodness_of_fit(pd.Series(["a"] * 10), {"a": 50, "b": 50})
    assert ours is not None
    assert ours.gaps == {"a": 50, "b": -50}
    assert ours.statistic == pytest.approx(10)


def test_a_single_category_tests_nothing() -> None:
    ours = goodness_of_fit(pd.Series(["a"] * 3), {"a": 50})
    assert ours is not None
    assert (ours.statistic, ours.df, ours.p_value, ours.effect_size) == (None, None, None, 0)


def test_nobody_to_compare() -> None:
    nobody = pd.Series(["moon", None])
    assert goodness_of_fit(nobody, {"a": 1}) is None
    assert weighted_fit(make_design(np.ones(2)), nobody, {"a": 1}) is None
    weightless = make_design(np.array([0.0, 1.0]))
    assert weighted_fit(weightless, pd.Series(["a", None]), {"a": 1, "b": 1}) is None


def test_one_respondent_leaves_no_degrees_of_freedom() -> None:
    ours = weighted_fit(make_design(np.array([1.0, 1.0])), pd.Series(["a", None]), {"a": 1, "b": 1})
    assert ours is not None
    assert ours.p_value is None


def everybody(size: int) -> np.ndarray:
    return np.ones(size, dtype=bool)


def test_groups_that_answer_alike_and_groups_that_do_not() -> None:
    groups = pd.Series(["a"] * 50 + ["b"] * 50)
    alike = rao_scott(make_design(np.ones(100)), np.arange(100) % 2 == 0, everybody(100), groups)
    assert alike is not None
    assert alike.statistic == pytest.approx(0, abs=1e-12)
    assert alike.p_value == pytest.approx(1)
    apart = rao_scott(make_design(np.ones(100)), np.arange(100) < 60, everybody(100), groups)
    assert apart is not None
    # The table 50 0 / 10 40: Cramér's V by hand.
    assert apart.effect_size == pytest.approx(sqrt(100 * (50 * 40 - 0) ** 2 / (60 * 40 * 50 * 50)) / 10)
    assert apart.p_value < 1e-9


def test_cells_without_an_answer_are_no_obstacle() -> None:
    groups = pd.Series(["a"] * 20 + ["b"] * 20 + ["c"] * 20)
    met = np.array([True] * 20 + [False] * 20 + [True, False] * 10)
    found = rao_scott(make_design(np.ones(60)), met, everybody(60), groups)
    assert found is not None
    assert found.p_value < 1e-6


def test_the_unstated_are_left_out_but_stay_in_the_sample() -> None:
    groups = pd.Series(["a"] * 30 + ["b"] * 30 + [None] * 40)
    met = np.arange(100) % 3 == 0
    found = rao_scott(make_design(np.ones(100)), met, everybody(100), groups)
    stated = rao_scott(make_design(np.ones(60)), met[:60], everybody(60), groups[:60])
    assert found is not None
    assert stated is not None
    assert found.effect_size == pytest.approx(stated.effect_size)
    assert found.df_denominator == pytest.approx(stated.df_denominator, rel=0.01)


@pytest.mark.parametrize(
    ("met", "groups"),
    [
        ([True, False, True, False], ["a", "a", "a", "a"]),
        ([True, True, True, True], ["a", "a", "b", "b"]),
        ([False, False, False, False], ["a", "a", "b", "b"]),
        ([True, False, True, False], [None, None, None, None]),
    ],
)
def test_nothing_to_compare(met: list[bool], groups: list[str | None]) -> None:
    plan: Design = make_design(np.ones(4))
    assert rao_scott(plan, np.array(met), everybody(4), pd.Series(groups, dtype="str")) is None


def test_what_the_weights_decide_is_no_association() -> None:
    """Weights fitted to the very table leave nothing to chance."""
    groups = pd.Series(["a", "a", "a", "b", "b", "b"])
    met = np.array([True, False, True, True, False, False])
    cell = pd.DataFrame({"cell": groups + met.astype(str)})
    assert rao_scott(make_design(np.ones(6), margins=cell), met, everybody(6), groups) is None
