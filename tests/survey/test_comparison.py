"""Differences between years and between groups: what is compared with what, and what is not said."""

from __future__ import annotations

from dataclasses import replace
from itertools import pairwise
from math import sqrt

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from pipelines.survey.comparison import (
    CHANGE_COLUMNS,
    SCREEN_COLUMNS,
    benjamini_hochberg,
    change,
    from_rest,
    holm,
    screen,
    year_on_year,
)
from pipelines.survey.estimation import (
    Design,
    Estimate,
    covariance,
    end_variance,
    estimate,
    linearise,
    make_design,
)

from .reference import HEADLINE, MARGINS, answers, design, estimated, last_year, reference, respondents


def certain(found: Estimate | None) -> Estimate:
    assert found is not None
    return found


@pytest.mark.parametrize("item", HEADLINE)
def test_the_change_on_last_year_is_rs(item: str) -> None:
    found = reference("yoy_calib_raking", f"{item}_sat")
    before = reference("yoy_calib_raking", f"{item}_sat", "prev")
    assert last_year()[item].p == pytest.approx(before["p"], abs=1e-10)
    assert last_year()[item].se == pytest.approx(before["se"], rel=1e-6)
    ours = change(estimated("calib_raking", item), last_year()[item])
    assert ours.difference == pytest.approx(found["diff"], abs=1e-10)
    assert ours.se == pytest.approx(found["se_diff"], rel=1e-6)
    assert ours.z == pytest.approx(found["z"], rel=1e-6)
    assert ours.p_value == pytest.approx(found["p_value"], abs=1e-6)


def test_the_twelve_changes_together() -> None:
    table = year_on_year({item: estimated("calib_raking", item) for item in HEADLINE}, last_year())
    assert list(table.columns) == list(CHANGE_COLUMNS)
    assert list(table["measure"]) == HEADLINE
    rows = [reference("yoy_calib_raking", f"{item}_sat") for item in HEADLINE]
    assert table["p_adjusted"].to_list() == pytest.approx([row["p_holm"] for row in rows], abs=1e-6)
    adjusted = benjamini_hochberg(table["p_value"].to_list())
    assert adjusted == pytest.approx([row["p_bh"] for row in rows], abs=1e-6)
    assert list(table.loc[table["p_adjusted"] < 0.05, "measure"]) == ["TP06", "TP07"]
    assert list(table.loc[table["p_value"] < 0.05, "measure"]) == ["TP06", "TP07", "TP11"]
    assert ((table["ci_low"] < table["difference"]) & (table["difference"] < table["ci_high"])).all()
    assert (table["this_year"] - table["last_year"]).to_list() == table["difference"].to_list()


def test_only_measures_of_both_years_are_compared() -> None:
    this = {item: estimated("calib_raking", item) for item in HEADLINE}
    table = year_on_year(this, {"TP06": last_year()["TP06"], "TP99": last_year()["TP01"]})
    assert list(table["measure"]) == ["TP06"]
    # One test only: nothing to adjust for.
    assert table["p_adjusted"].to_list() == table["p_value"].to_list()
    assert year_on_year(this, {}).empty


def test_the_finite_population_correction_where_both_years_have_it() -> None:
    this, last = estimated("calib_raking", "TP01"), last_year()["TP01"]
    assert last.se_fpc is None
    assert change(this, last, finite=True) == change(this, last)
    known = replace(last, se_fpc=0.01)
    corrected = change(this, known, finite=True)
    assert corrected.se == pytest.approx(sqrt((this.se_fpc or 0) ** 2 + 0.01**2))
    assert change(this, known).se == pytest.approx(sqrt(this.se**2 + last.se**2))


def small(satisfied: int, n: int) -> Estimate:
    met = np.arange(n) < satisfied
    return certain(estimate(make_design(np.ones(n)), met, np.ones(n, dtype=bool)))


def test_when_everybody_agreed_there_is_still_chance() -> None:
    full, most = small(12, 12), small(9, 12)
    found = change(full, most)
    assert found.se == pytest.approx(sqrt(most.se**2 + end_variance(full)))
    assert found.ci_high <= 1
    assert change(small(12, 12), small(0, 12)).ci_high == 1


def test_what_the_weights_decide_is_not_tested() -> None:
    area = pd.DataFrame({"area": ["north"] * 6 + ["south"] * 4})
    met = (area["area"] == "north").to_numpy() | (np.arange(10) == 9)
    fixed = make_design(np.ones(10), margins=pd.DataFrame({"met": met.astype(str)}))
    everybody = np.ones(10, dtype=bool)
    estimated_exactly = certain(estimate(fixed, met, everybody))
    found = change(estimated_exactly, estimated_exactly)
    assert (found.difference, found.z, found.p_value) == (0, None, None)
    assert year_on_year({"TP01": estimated_exactly}, {"TP01": estimated_exactly})["p_adjusted"].isna().all()


def test_two_groups_differ_by_the_difference_of_their_proportions() -> None:
    """Unweighted, and nobody left out: the textbook's two independent samples, but for n/(n - 1)."""
    group = np.arange(30) < 12
    met = np.isin(np.arange(30), [0, 1, 2, 3, 4, 5, 6, 7, 8, 20, 21, 22, 23])
    everybody = np.ones(30, dtype=bool)
    found = from_rest(make_design(np.ones(30)), (met, everybody), group, everybody)
    assert found is not None
    p, q = 9 / 12, 4 / 18
    assert found.difference == pytest.approx(p - q)
    assert found.se == pytest.approx(sqrt(30 / 29 * (p * (1 - p) / 12 + q * (1 - q) / 18)))


@pytest.mark.parametrize("name", ["unweighted_srs", "calib_raking", "raked_weights_as_fixed"])
def test_a_groups_covariance_with_the_rest_counts(name: str) -> None:
    """Var(a - b) = Var a + Var b - 2 Cov(a, b), each from the scores."""
    met, counted = answers("TP01")
    members = (respondents()["age_band"] == "65+").to_numpy()
    found = from_rest(design(name), (met, counted), members, np.ones(len(members), dtype=bool))
    parts = [linearise(design(name), met, counted & part)[1] for part in (members, ~members)]
    matrix = covariance(design(name), np.column_stack(parts))
    assert found is not None
    assert found.se**2 == pytest.approx(matrix[0, 0] + matrix[1, 1] - 2 * matrix[0, 1], rel=1e-10)


def test_the_rest_are_those_whose_group_is_known() -> None:
    met = np.array([True] * 6 + [False] * 6)
    everybody = np.ones(12, dtype=bool)
    stated = np.arange(12) < 9
    members = np.arange(12) < 4
    found = from_rest(make_design(np.ones(12)), (met, everybody), members, stated)
    assert found is not None
    assert found.difference == pytest.approx(1 - 2 / 5)


def test_nobody_to_compare_with() -> None:
    everybody = np.ones(5, dtype=bool)
    plan = make_design(np.ones(5))
    assert from_rest(plan, (everybody, everybody), everybody, everybody) is None
    assert from_rest(plan, (everybody, everybody), ~everybody, everybody) is None


def test_adjusting_by_hand() -> None:
    assert holm([0.01, 0.04, 0.03]) == pytest.approx([0.03, 0.06, 0.06])
    assert benjamini_hochberg([0.01, 0.04, 0.03]) == pytest.approx([0.03, 0.04, 0.04])
    assert holm([0.5, None, 0.9]) == [1, None, 1]
    assert benjamini_hochberg([None, 0.9]) == [None, 0.9]
    assert holm([]) == benjamini_hochberg([]) == []


@given(st.lists(st.floats(0, 1), min_size=1, max_size=20))
def test_adjusting_keeps_the_order_and_never_helps(p_values: list[float]) -> None:
    tiny = 1e-12
    for adjusted in (holm(p_values), benjamini_hochberg(p_values)):
        pairs = sorted((p, found or 0.0) for p, found in zip(p_values, adjusted, strict=True))
        assert all(p <= found + tiny and found <= 1 for p, found in pairs)
        assert all(one[1] <= next_one[1] + tiny for one, next_one in pairwise(pairs))
    both = zip(holm(p_values), benjamini_hochberg(p_values), strict=True)
    assert all((cautious or 0) >= (bold or 0) - tiny for cautious, bold in both)


def screened(least: int = 10, caution: float = 30) -> pd.DataFrame:
    asked = {item: answers(item) for item in HEADLINE}
    groups = respondents()[["area", "ethnicity", "collection_mode"]]
    return screen(design("calib_raking"), asked, groups, least=least, caution=caution)


def test_a_screen_has_every_group_of_every_measure() -> None:
    table = screened()
    assert list(table.columns) == list(SCREEN_COLUMNS)
    groups = sum(respondents()[name].nunique() for name in ("area", "ethnicity", "collection_mode"))
    assert len(table) == 12 * groups
    row = table[(table["measure"] == "TP01") & (table["category"] == "A3")].iloc[0]
    found = reference("calib_raking", "TP01_sat", "area=A3")
    assert (row["n"], row["mark"]) == (found["n_valid"], "")
    assert row["p"] == pytest.approx(found["p"], abs=1e-10)
    assert row["se"] == pytest.approx(found["se"], rel=1e-6)
    assert row["p"] - row["rest"] == pytest.approx(row["difference"])
    tested = table["p_value"].dropna()
    assert table["p_adjusted"].dropna().to_list() == pytest.approx(benjamini_hochberg(tested.to_list()))
    shown = table[table["mark"] == ""]
    assert (shown["difference_low"] <= shown["difference"]).all()


def test_each_row_of_a_screen_is_its_own_comparison() -> None:
    """The mode effect: TP01 of those who answered by one method against all other methods."""
    table = screened()
    row = table[(table["measure"] == "TP01") & (table["category"] == "postal")].iloc[0]
    members = (respondents()["collection_mode"] == "postal").to_numpy()
    found = from_rest(design("calib_raking"), answers("TP01"), members, np.ones(len(members), dtype=bool))
    assert found is not None
    assert (row["difference"], row["difference_se"]) == (found.difference, found.se)
    assert (row["z"], row["p_value"]) == (found.z, found.p_value)


def hidden_columns(row: pd.Series) -> bool:
    return bool(row[list(SCREEN_COLUMNS[4:])].isna().all())


def tiny_survey() -> tuple[Design, dict[str, tuple[np.ndarray, np.ndarray]], pd.DataFrame]:
    area = pd.Series(["a"] * 5 + ["b"] * 12 + ["c"] * 20 + ["d"] * 40 + [None] * 10)
    random = np.random.Generator(np.random.PCG64(1))
    met = random.random(len(area)) < 0.6
    everybody = np.ones(len(area), dtype=bool)
    return make_design(np.ones(len(area))), {"TP01": (met, everybody)}, pd.DataFrame({"area": area})


def test_small_cells_and_those_that_give_them_away_say_nothing() -> None:
    table = screen(*tiny_survey(), least=10, caution=30).set_index("category")
    assert table["mark"].to_dict() == {"a": "small", "b": "protecting", "c": "imprecise", "d": ""}
    assert hidden_columns(table.loc["a"])
    assert hidden_columns(table.loc["b"])
    assert (table.loc["c", "n"], table.loc["d", "n"]) == (20, 40)
    # The two that are shown are the only tests.
    shown = table.loc[["c", "d"], "p_value"].to_list()
    assert table.loc[["c", "d"], "p_adjusted"].to_list() == pytest.approx(benjamini_hochberg(shown))
    assert table.loc["c", "p_value"] > 0


def test_the_thresholds_are_the_callers() -> None:
    table = screen(*tiny_survey(), least=1, caution=0)
    assert (table["mark"] == "").all()
    assert table["n"].to_list() == [5, 12, 20, 40]


def test_one_group_alone_has_no_rest() -> None:
    plan, asked, groups = tiny_survey()
    (row,) = screen(plan, asked, groups.where(groups["area"] == "d"), least=10, caution=30).to_dict("records")
    assert row["n"] == 40
    assert np.isnan(row["difference"])
    assert np.isnan(row["p_adjusted"])


def test_a_group_without_weight_has_no_value() -> None:
    _, asked, groups = tiny_survey()
    weightless = make_design(np.where(groups["area"] == "d", 0.0, 1.0))
    table = screen(weightless, asked, groups, least=10, caution=30).set_index("category")
    assert hidden_columns(table.loc["d"])
    assert table.loc["c", "n"] == 20


def test_a_screen_of_nothing_is_empty() -> None:
    plan, asked, groups = tiny_survey()
    for table in (
        screen(plan, {}, groups, least=10, caution=30),
        screen(plan, asked, groups[[]], least=10, caution=30),
    ):
        assert table.empty
        assert list(table.columns) == list(SCREEN_COLUMNS)


def test_the_order_of_respondents_changes_no_comparison() -> None:
    order = np.random.Generator(np.random.PCG64(7)).permutation(len(respondents()))
    people = respondents().iloc[order].reset_index(drop=True)
    weights = design("calib_raking").weights[order]
    shuffled = make_design(weights, margins=people[MARGINS], population=14_500)
    asked = {"TP01": answers("TP01", people)}
    theirs = screen(shuffled, asked, people[["area"]], least=10, caution=30)
    ours = screened().query("measure == 'TP01' and characteristic == 'area'").drop(columns="p_adjusted")
    pd.testing.assert_frame_equal(ours.reset_index(drop=True), theirs.drop(columns="p_adjusted"), rtol=1e-9)
