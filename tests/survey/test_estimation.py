"""What an estimate is, on samples small enough to work out by hand, and what must not change it."""

from __future__ import annotations

from dataclasses import astuple
from decimal import Decimal
from math import sqrt

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from pipelines.survey.accuracy import accuracy_test
from pipelines.survey.estimation import (
    Design,
    Estimate,
    end_variance,
    estimate,
    honest_accuracy,
    kish_deff,
    linearise,
    make_design,
    standard_error,
)
from schemas.rulebook import load_edition

RULES = load_edition("2024-25").accuracy


def flags(text: str) -> np.ndarray:
    return np.array([letter == "y" for letter in text])


def certain(found: Estimate | None) -> Estimate:
    assert found is not None
    return found


def test_an_unweighted_proportion_has_the_textbook_standard_error() -> None:
    found = certain(estimate(make_design(np.ones(40)), flags("y" * 30 + "n" * 10), flags("y" * 40)))
    assert (found.p, found.n, found.deff_kish) == (0.75, 40, 1.0)
    assert found.se == pytest.approx(sqrt(0.75 * 0.25 / 39), rel=1e-14)
    assert found.deff == pytest.approx(1, rel=1e-14)
    assert found.n_effective == pytest.approx(39, rel=1e-14)
    assert found.se_fpc is None
    assert found.method == "wilson"


def test_those_outside_the_base_still_count_in_the_variance() -> None:
    """Worked by hand: of ten, six answered, four of them satisfied."""
    met, counted = flags("yyyynnyynn"), flags("yyyyyynnnn")
    found = certain(estimate(make_design(np.ones(10)), met, counted))
    # z is (1 - p)/6 four times, -p/6 twice, 0 four times; they add up to nothing.
    by_hand = 10 / 9 * (4 * (1 / 3 / 6) ** 2 + 2 * (2 / 3 / 6) ** 2)
    assert found.p == pytest.approx(2 / 3, rel=1e-14)
    assert found.se == pytest.approx(sqrt(by_hand), rel=1e-14)
    assert found.n == 6
    left_out = certain(estimate(make_design(np.ones(6)), met[:6], counted[:6]))
    assert left_out.se != pytest.approx(found.se, rel=1e-3)


def test_weights_that_fix_what_the_answer_depends_on_leave_no_error() -> None:
    """All in the north are satisfied and none in the south: knowing how many live where is knowing it all."""
    area = pd.DataFrame({"area": ["north"] * 6 + ["south"] * 4})
    weights = np.array([10.0] * 6 + [15.0] * 4)
    met = flags("y" * 6 + "n" * 4)
    fitted = certain(estimate(make_design(weights, margins=area), met, flags("y" * 10)))
    assert fitted.p == 0.5
    assert fitted.se == pytest.approx(0, abs=1e-15)
    assert fitted.n_effective == 10
    taken_as_they_are = certain(estimate(make_design(weights), met, flags("y" * 10)))
    assert taken_as_they_are.se > 0.1


def test_post_stratification_leaves_the_spread_within_its_cells() -> None:
    cell = pd.DataFrame({"cell": ["a"] * 4 + ["b"] * 6})
    weights = np.array([5.0] * 4 + [2.5] * 6)
    met = flags("yynnyyyyyn")
    found = certain(estimate(make_design(weights, margins=cell), met, flags("y" * 10)))
    # Residuals from each cell's own mean: ±1/2 in a; 1/6 and -5/6 in b. The population is 20 + 15.
    by_hand = 10 / 9 * (4 * (5 * 0.5) ** 2 + 5 * (2.5 / 6) ** 2 + (2.5 * 5 / 6) ** 2) / 35**2
    assert found.se == pytest.approx(sqrt(by_hand), rel=1e-13)


def test_base_weights_decide_how_the_totals_explain_the_answers() -> None:
    area = pd.DataFrame({"area": list("nnnsss"), "age": list("yoyoyo")})
    weights = np.array([3.0, 1, 2, 4, 1, 2])
    met, counted = flags("ynynny"), flags("yyyyyy")
    base = np.array([1.0, 2, 1, 2, 1, 2])
    equal = certain(estimate(make_design(weights, margins=area), met, counted))
    unequal = certain(estimate(make_design(weights, base=base, margins=area), met, counted))
    assert equal.p == unequal.p
    # Weighted least squares of z on [1, area, age] by the normal equations.
    x = np.column_stack([np.ones(6), area["area"] == "n", area["age"] == "y"]).astype(float)
    z = (met - equal.p) / weights.sum()
    slope = np.linalg.solve(x.T @ (base[:, None] * x), x.T @ (base * z))
    scores = weights * (z - x @ slope)
    assert unequal.se == pytest.approx(sqrt(6 / 5 * ((scores - scores.mean()) ** 2).sum()), rel=1e-12)
    assert unequal.se != pytest.approx(equal.se, rel=1e-3)


def test_the_finite_population_correction_stands_beside_and_decides_nothing_else() -> None:
    met, counted = flags("yyyn" * 10), flags("y" * 40)
    known = certain(estimate(make_design(np.ones(40), population=160), met, counted))
    unknown = certain(estimate(make_design(np.ones(40)), met, counted))
    assert known.se_fpc == pytest.approx(known.se * sqrt(0.75), rel=1e-14)
    assert astuple(known)[3:] == astuple(unknown)[3:]
    census = certain(estimate(make_design(np.ones(40), population=40), met, counted))
    overfull = certain(estimate(make_design(np.ones(40), population=39), met, counted))
    assert (census.se_fpc, overfull.se_fpc) == (0, 0)


def test_strata_leave_the_spread_within_them() -> None:
    strata = pd.Series(["a"] * 4 + ["b"] * 4)
    met = flags("yyynnnny")
    sizes = {"a": 8, "b": 40}
    weights = np.array([2.0] * 4 + [10.0] * 4)
    found = certain(estimate(make_design(weights, strata=strata, population=sizes), met, flags("y" * 8)))
    within = 3 / 16 / 3
    spread = [(size / 48) ** 2 * within for size in sizes.values()]
    assert found.se == pytest.approx(sqrt(sum(spread)), rel=1e-13)
    assert found.se_fpc == pytest.approx(sqrt(spread[0] * (1 - 4 / 8) + spread[1] * (1 - 4 / 40)), rel=1e-13)


def test_a_stratums_only_respondent_is_compared_with_everybody() -> None:
    strata = pd.Series(["a", "a", "b"])
    plan = make_design(np.ones(3), strata=strata)
    _, scores = linearise(plan, flags("yny"), flags("yyy"))
    a_spread = 2 * ((scores[:2] - scores[:2].mean()) ** 2).sum()
    alone = (scores[2] - scores.mean()) ** 2
    assert standard_error(plan, scores) == pytest.approx(sqrt(a_spread + alone), rel=1e-13)
    assert alone > 0


@pytest.mark.parametrize(
    ("all_met", "p", "low", "high"), [(True, 1.0, 0.9124, 1.0), (False, 0.0, 0.0, 0.0876)]
)
def test_at_the_ends_kishs_effective_size_serves(all_met: bool, p: float, low: float, high: float) -> None:
    found = certain(estimate(make_design(np.ones(40)), np.full(40, all_met), flags("y" * 40)))
    assert (found.p, found.se, found.deff) == (p, 0, None)
    assert found.n_effective == 40
    assert (found.ci_low, found.ci_high) == (pytest.approx(low, abs=1e-4), pytest.approx(high, abs=1e-4))
    weighted = certain(
        estimate(make_design(np.array([1.0, 3.0] * 20)), np.full(40, all_met), flags("y" * 40))
    )
    assert weighted.n_effective == pytest.approx(40 / 1.25)
    # One shrunk success or failure in n + z²: small, but not nothing.
    assert 0.0009 < end_variance(found) < end_variance(weighted)


def test_the_ends_lend_no_variance_to_what_has_its_own() -> None:
    found = certain(estimate(make_design(np.ones(10)), flags("yyyyyyyyyn"), flags("y" * 10)))
    assert end_variance(found) == 0


def test_an_estimate_is_never_worth_more_answers_than_it_has() -> None:
    """Strata can make a sample better than a simple random one; the interval does not bank on it."""
    strata = pd.Series(["a"] * 20 + ["b"] * 20)
    met = flags("y" * 19 + "n" + "n" * 19 + "y")
    found = certain(estimate(make_design(np.ones(40), strata=strata), met, flags("y" * 40)))
    assert found.p * (1 - found.p) / found.se**2 > 40
    assert found.n_effective == 40
    assert found.deff is not None
    assert found.deff < 1


def test_no_answer_no_estimate() -> None:
    assert estimate(make_design(np.ones(3)), flags("yyy"), flags("nnn")) is None
    assert estimate(make_design(np.array([1.0, 0.0, 0.0])), flags("yyy"), flags("nyy")) is None


def test_one_answer_is_an_estimate_of_next_to_nothing() -> None:
    found = certain(estimate(make_design(np.ones(1)), flags("y"), flags("y")))
    assert (found.p, found.se, found.n, found.method) == (1, 0, 1, "korn_graubard")
    assert found.ci_low == pytest.approx(0.025)


def test_kishs_design_effect() -> None:
    assert kish_deff(np.array([1.0, 1, 1])) == 1
    assert kish_deff(np.array([1.0, 3.0])) == pytest.approx(2 * 10 / 16)


@pytest.mark.parametrize("weights", [[1.0, -1.0], [1.0, np.nan], [1.0, np.inf], [0.0, 0.0], []])
def test_weights_that_cannot_be_are_refused(weights: list[float]) -> None:
    with pytest.raises(ValueError, match="numbers of 0 or more, at least one"):
        make_design(np.array(weights))


@pytest.mark.parametrize("strata", [["a", None], ["a"]])
def test_every_respondent_needs_a_stratum(strata: list[str | None]) -> None:
    with pytest.raises(ValueError, match="the stratum that the household was drawn from"):
        make_design(np.ones(2), strata=pd.Series(strata))


def test_every_stratum_needs_its_households_for_the_correction() -> None:
    with pytest.raises(ValueError, match="households is needed for stratum 'b' too"):
        make_design(np.ones(2), strata=pd.Series(["a", "b"]), population={"a": 10})
    with pytest.raises(ValueError, match="households is needed for stratum 'b' too"):
        make_design(np.ones(2), strata=pd.Series(["a", "b"]), population=10)


def test_a_fitted_weight_needs_its_category_and_its_base() -> None:
    with pytest.raises(ValueError, match="area is blank for a respondent"):
        make_design(np.ones(2), margins=pd.DataFrame({"area": ["north", None]}))
    area = pd.DataFrame({"area": ["north", "south"]})
    for base in (np.array([1.0, 0.0]), np.ones(3)):
        with pytest.raises(ValueError, match="a positive base weight of every respondent"):
            make_design(np.ones(2), base=base, margins=area)
    with pytest.raises(ValueError, match="a positive base weight of every respondent"):
        make_design(np.ones(3), margins=area)


def test_weights_fitted_to_nothing_are_taken_as_they_are() -> None:
    assert make_design(np.ones(3), margins=pd.DataFrame(index=range(3))).calibration is None


# A survey of 8 to 40, with weights, two characteristics and answers that leave some out.
surveys = st.integers(8, 40).flatmap(
    lambda size: st.tuples(
        st.lists(st.floats(0.2, 5), min_size=size, max_size=size),
        st.lists(st.sampled_from("abc"), min_size=size, max_size=size),
        st.lists(st.sampled_from("xy"), min_size=size, max_size=size),
        st.lists(st.sampled_from("ynn-"), min_size=size, max_size=size),
        st.permutations(range(size)),
    )
)
Survey = tuple[list[float], list[str], list[str], list[str], list[int]]


def _of(survey: Survey, order: np.ndarray | None = None, columns: list[str] | None = None) -> tuple:
    weights, area, age, said, _ = survey
    place = np.arange(len(weights)) if order is None else order
    margins = pd.DataFrame({"area": area, "age": age}).iloc[place].reset_index(drop=True)
    answer = np.array(said)[place]
    plan = make_design(
        np.array(weights)[place],
        base=1 + np.array(weights)[place] / 2,
        margins=margins[columns or ["area", "age"]],
        population=1000,
    )
    return plan, answer == "y", answer != "-"


def _same(one: Estimate | None, other: Estimate | None) -> None:
    if one is None or other is None:
        assert one is other
        return
    for name, value in vars(one).items():
        if isinstance(value, float):
            assert getattr(other, name) == pytest.approx(value, rel=1e-7, abs=1e-9), name
        else:
            assert getattr(other, name) == value, name


@given(surveys)
def test_the_order_of_rows_and_columns_changes_nothing(survey: Survey) -> None:
    usual = estimate(*_of(survey))
    _same(usual, estimate(*_of(survey, order=np.array(survey[-1]))))
    _same(usual, estimate(*_of(survey, columns=["age", "area"])))


@given(surveys, st.floats(0.01, 100))
def test_scaling_the_weights_changes_nothing(survey: Survey, factor: float) -> None:
    scaled = ([weight * factor for weight in survey[0]], *survey[1:])
    plan, met, counted = _of(survey)
    other = Design(plan.weights * factor, plan.stratum, plan.sizes, plan.calibration)
    assert np.allclose(other.weights, scaled[0])
    _same(estimate(plan, met, counted), estimate(other, met, counted))


@given(surveys)
def test_every_row_twice_keeps_p_and_halves_the_variance(survey: Survey) -> None:
    size = len(survey[0])
    once, twice = estimate(*_of(survey)), estimate(*_of(survey, order=np.repeat(np.arange(size), 2)))
    if once is None or twice is None:
        assert once is twice
        return
    assert twice.p == pytest.approx(once.p, rel=1e-12)
    assert twice.n == 2 * once.n
    # But for n/(n - 1), which 2n/(2n - 1) takes the place of.
    correction = (2 * size / (2 * size - 1)) / (size / (size - 1))
    assert twice.se**2 == pytest.approx(once.se**2 / 2 * correction, rel=1e-6, abs=1e-18)


@given(surveys)
def test_an_interval_holds_its_proportion_and_lies_between_0_and_1(survey: Survey) -> None:
    found = estimate(*_of(survey))
    if found is not None:
        assert 0 <= found.ci_low <= found.p <= found.ci_high <= 1
        assert 0 < found.n_effective <= found.n


def test_the_honest_margin_without_weights_is_the_regulators() -> None:
    for responses in (200, 277, 278, 400, 1000, 1100):
        test = accuracy_test(1000, responses, census=False, accuracy=RULES)
        honest = honest_accuracy(test, responses, RULES)
        assert (honest.met, honest.achieved_margin) == (test.met, test.achieved_margin)
        assert not honest.only_nominally


def test_weights_can_turn_a_pass_into_a_pass_on_paper() -> None:
    # The reference survey: 1,200 of 14,500, Kish's design effect 1.1285; 2.7095 points without weights.
    test = accuracy_test(14_500, 1200, census=False, accuracy=RULES)
    honest = honest_accuracy(test, 1200 / 1.1285, RULES)
    assert honest.achieved_margin == Decimal("2.878346")
    assert honest.met
    uneven = honest_accuracy(test, 1200 / 1.3, RULES)
    assert uneven.achieved_margin == Decimal("3.089327")
    assert (uneven.met, uneven.only_nominally) == (False, True)


def test_the_flag_is_for_passes_by_the_margin_alone() -> None:
    missed = accuracy_test(3000, 400, census=False, accuracy=RULES)
    by_census = accuracy_test(1000, 100, census=True, accuracy=RULES)
    assert not honest_accuracy(missed, 300, RULES).only_nominally
    assert by_census.met
    assert not honest_accuracy(by_census, 80, RULES).only_nominally


def test_the_honest_margin_of_nothing_and_of_everybody() -> None:
    nobody = honest_accuracy(accuracy_test(3000, 0, census=False, accuracy=RULES), 0, RULES)
    assert (nobody.achieved_margin, nobody.met) == (None, False)
    everybody = honest_accuracy(accuracy_test(50, 50, census=False, accuracy=RULES), 10, RULES)
    assert (everybody.achieved_margin, everybody.met) == (0, True)
    assert honest_accuracy(accuracy_test(0, 0, census=False, accuracy=RULES), 0, RULES).met
