"""The statistics of one population: each number where it belongs, and nothing that is not known."""

from __future__ import annotations

from collections import Counter
from decimal import Decimal
from math import sqrt
from typing import Any

import numpy as np
import pandas as pd
import pytest

from pipelines.survey.accuracy import accuracy_test
from pipelines.survey.estimation import estimate, kish_deff, make_design
from pipelines.survey.sample import Scheme, weigh
from pipelines.survey.statistics import (
    Thresholds,
    answers_of,
    survey_statistics,
)
from pipelines.survey.weighting import Limits

from .reference import HEADLINE, HOUSEHOLDS, MARGINS, design, last_year, reference, respondents
from .surveyed import (
    ACCURACY,
    THRESHOLDS,
    answered,
    frame,
    reference_answers,
    reference_sample,
    sampled,
    statistics,
)

KEYS = {
    "population",
    "population_size",
    "responses",
    "weights",
    "accuracy",
    "estimates",
    "representativeness",
    "response",
    "changes",
    "groups",
}


@pytest.fixture(scope="module")
def raked() -> dict[str, Any]:
    return statistics(reference_sample(), reference_answers(), last_year=last_year())


def by(key: str, rows: list[dict[str, Any]]) -> dict[str, dict[str, Any]]:
    found = {row[key]: row for row in rows}
    assert len(found) == len(rows)
    return found


def north_and_south(ours: str = "nnnnnnss", answers: str = "yyynnnyn") -> dict[str, Any]:
    """Six of the north and two of the south, post-stratified to 60 and 60 households."""
    area = ["north" if letter == "n" else "south" for letter in ours]
    sample = sampled(
        frame(area=area),
        margins={"area": {"north": 60, "south": 60}},
        scheme=Scheme("post_stratify", ("area",)),
    )
    return statistics(sample, {"TP01": answered(answers)})


# The reference survey, as R has it


@pytest.mark.parametrize("item", HEADLINE)
def test_the_estimates_are_rs_in_percent(raked: dict[str, Any], item: str) -> None:
    found, ours = reference("calib_raking", f"{item}_sat"), by("measure", raked["estimates"])[item]
    assert ours["n"] == found["n_valid"]
    assert ours["value"] == pytest.approx(100 * found["p"], abs=1e-7)
    assert ours["unweighted_value"] == pytest.approx(
        100 * reference("unweighted_srs", f"{item}_sat")["p"], rel=1e-14
    )
    assert ours["se"] == pytest.approx(100 * found["se"], rel=1e-6)
    assert ours["se_fpc"] == pytest.approx(100 * reference("calib_raking_fpc", f"{item}_sat")["se"], rel=1e-6)
    assert ours["deff"] == pytest.approx(found["deff_srs_wr"], rel=1e-6)
    assert ours["deff_kish"] == pytest.approx(found["kish_deff_valid"], rel=1e-6)
    assert ours["n_effective"] == pytest.approx(min(found["neff_lin"], found["n_valid"]), rel=1e-6)
    assert ours["ci_low"] < ours["value"] < ours["ci_high"]
    assert ours["method"] == "wilson"


def test_the_headline_of_the_reference(raked: dict[str, Any]) -> None:
    assert set(raked) == KEYS
    assert (raked["population"], raked["population_size"], raked["responses"]) == ("LCRA", HOUSEHOLDS, 1200)
    first = raked["estimates"][0]
    assert first["measure"] == "TP01"
    assert first["value"] == pytest.approx(65.5584, abs=1e-4)
    assert first["unweighted_value"] == pytest.approx(67.7338, abs=1e-4)
    assert (first["ci_low"], first["ci_high"]) == pytest.approx((62.66, 68.35), abs=0.01)


def test_the_changes_are_rs_with_holm(raked: dict[str, Any]) -> None:
    changes = by("measure", raked["changes"])
    assert list(changes) == HEADLINE
    for item, ours in changes.items():
        found = reference("yoy_calib_raking", f"{item}_sat")
        assert ours["difference"] == pytest.approx(100 * found["diff"], abs=1e-6)
        assert ours["this_year"] - ours["last_year"] == pytest.approx(ours["difference"])
        assert ours["se"] == pytest.approx(100 * found["se_diff"], rel=1e-6)
        assert ours["p_value"] == pytest.approx(found["p_value"], abs=1e-6)
        assert ours["p_adjusted"] == pytest.approx(found["p_holm"], abs=1e-6)
        assert ours["ci_low"] < ours["difference"] < ours["ci_high"]
    assert changes["TP06"]["p_adjusted"] == pytest.approx(0.0096, abs=1e-4)
    assert changes["TP07"]["p_adjusted"] == pytest.approx(0.0052, abs=1e-4)
    assert changes["TP11"]["p_value"] < 0.05 < changes["TP11"]["p_adjusted"]
    assert [item for item, row in changes.items() if row["p_adjusted"] < 0.05] == ["TP06", "TP07"]


def test_the_weights_of_the_reference(raked: dict[str, Any]) -> None:
    weights = raked["weights"]
    assert (weights["method"], weights["characteristics"]) == ("rake", MARGINS)
    assert weights["population"] == HOUSEHOLDS
    assert weights["design_effect"] == pytest.approx(kish_deff(design("calib_raking").weights), rel=1e-6)
    assert weights["n_effective"] == pytest.approx(1200 / weights["design_effect"])
    assert weights["worst_error"] <= 1e-8
    assert weights["worst_category"].split(" ")[0] in MARGINS
    assert weights["sweeps"] > 0
    assert weights["least_ratio"] < 1 < weights["greatest_ratio"]
    assert weights["collapsed"] == []
    assert weights["bounds"] is None
    for row in weights["margins"]:
        assert isinstance(row["respondents"], int)
        assert row["sample_percent"] == pytest.approx(100 * row["respondents"] / 1200)
        assert row["ratio"] == pytest.approx(row["achieved"] / row["target"])
    assert sum(row["target"] for row in weights["margins"]) == pytest.approx(len(MARGINS) * HOUSEHOLDS)


def test_the_honest_accuracy_of_the_reference(raked: dict[str, Any]) -> None:
    nominal = reference("unweighted_srs", "ACCURACY")["rsh_achieved_margin_pp"]
    accuracy = raked["accuracy"]
    assert float(accuracy["honest_margin"]) == pytest.approx(
        nominal * sqrt(raked["weights"]["design_effect"])
    )
    assert Decimal(accuracy["honest_margin"]).as_tuple().exponent == -6
    assert accuracy["n_effective"] == raked["weights"]["n_effective"]
    assert (accuracy["honest_met"], accuracy["only_nominally"]) == (True, False)


def test_the_screen_of_the_reference(raked: dict[str, Any]) -> None:
    groups = raked["groups"]
    cells = {(row["measure"], row["characteristic"], row["category"]): row for row in groups["cells"]}
    names = [*MARGINS, "method"]
    assert list(dict.fromkeys(name for _, name, _ in cells)) == names
    found = reference("calib_raking", "TP01_sat", "area=A3")
    ours = cells["TP01", "area", "A3"]
    assert (ours["n"], ours["mark"]) == (found["n_valid"], "")
    assert ours["value"] == pytest.approx(100 * found["p"], abs=1e-7)
    assert ours["value"] - ours["rest"] == pytest.approx(ours["difference"])
    assert ours["difference_low"] < ours["difference"] < ours["difference_high"]
    marks = Counter(row["mark"] for row in groups["cells"])
    assert {mark: groups[mark] for mark in ("small", "protecting", "imprecise")} == {
        mark: marks[mark] for mark in ("small", "protecting", "imprecise")
    }
    assert groups["tested"] == sum(row["p_value"] is not None for row in groups["cells"])
    assert groups["omitted"] == []


def test_the_order_of_the_respondents_changes_nothing(raked: dict[str, Any]) -> None:
    order = np.random.Generator(np.random.PCG64(3)).permutation(len(respondents()))
    shuffled = statistics(reference_sample(order), reference_answers(order), last_year=last_year())
    # Which category is the worst is a matter of the last digit where all totals are met.
    assert same(shuffled, raked, {"worst_error", "worst_category"})


def same(one: Any, other: Any, left_out: set[str]) -> bool:
    """Whether two trees are the same but for rounding, `left_out` aside."""
    if isinstance(one, dict):
        assert one.keys() == other.keys()
        return all(same(one[key], other[key], left_out) for key in one if key not in left_out)
    if isinstance(one, list):
        assert len(one) == len(other)
        return all(same(*pair, left_out) for pair in zip(one, other, strict=True))
    if isinstance(one, float):
        assert one == pytest.approx(other, rel=1e-8, abs=1e-8)
        return True
    return bool(one == other)


# By hand


def test_a_small_survey_by_hand() -> None:
    found = north_and_south()
    (ours,) = found["estimates"]
    # Half of each of two equal halves is satisfied, but half of eight: 3/6 of the north, 1/2 of the south.
    assert (ours["measure"], ours["n"], ours["value"], ours["unweighted_value"]) == ("TP01", 8, 50, 50)
    # Residuals of ±1/2 from each area's mean; weights 10 and 30; the population is 120.
    by_hand = 100 * sqrt(8 / 7 * (6 * (10 * 0.5) ** 2 + 2 * (30 * 0.5) ** 2)) / 120
    assert ours["se"] == pytest.approx(by_hand, rel=1e-12)
    assert ours["se_fpc"] == pytest.approx(by_hand * sqrt(1 - 8 / 120), rel=1e-12)
    assert ours["deff_kish"] == pytest.approx(8 * (6 * 100 + 2 * 900) / 120**2)
    assert found["weights"]["n_effective"] == pytest.approx(6)
    assert ours["method"] == "korn_graubard"


def test_what_the_weights_move() -> None:
    (ours,) = north_and_south(answers="yyyyyynn")["estimates"]
    assert ours["unweighted_value"] == 75
    assert ours["value"] == pytest.approx(50)
    # Where they live says it all: the weights leave no error.
    assert ours["se"] == pytest.approx(0, abs=1e-12)


def test_the_unweighted_value_is_of_exact_counts() -> None:
    sample = sampled(frame(area=["n"] * 3))
    met, counted = answered("yn-")
    # An answer outside the base is not met, whatever its flag says.
    (ours,) = statistics(sample, {"TP01": (met | ~counted, counted)})["estimates"]
    assert (ours["n"], ours["unweighted_value"]) == (2, 50)
    thirds = statistics(sample, {"TP01": answered("ynn")})["estimates"][0]
    assert thirds["unweighted_value"] == 100 / 3


def test_one_response_says_hardly_anything() -> None:
    sample = sampled(frame(area=["north"]), margins={"area": {"north": 500, "south": 500}})
    found = statistics(sample, {"TP01": answered("y"), "TP02": answered("-")})
    (ours,) = found["estimates"]
    assert (ours["n"], ours["value"], ours["se"], ours["deff"]) == (1, 100, 0, None)
    assert (ours["ci_low"], ours["ci_high"]) == pytest.approx((2.5, 100), abs=1e-9)
    assert found["accuracy"]["honest_margin"] is not None
    assert not found["accuracy"]["honest_met"]
    assert [each["characteristic"] for each in found["groups"]["omitted"]] == ["area", "method"]
    assert found["groups"]["cells"] == []


def test_a_census_that_everybody_answered_leaves_no_error() -> None:
    sample = sampled(frame(area=["north"] * 40), margins={"area": {"north": 40}}, scheme=Scheme(census=True))
    found = statistics(sample, {"TP01": answered("yn" * 20)}, census=True)
    (ours,) = found["estimates"]
    assert ours["se"] > 0
    assert ours["se_fpc"] == 0
    assert found["accuracy"] == {
        "n_effective": 40,
        "honest_margin": "0.000000",
        "honest_met": True,
        "only_nominally": False,
    }


def test_a_household_alone_has_no_margin() -> None:
    sample = sampled(frame(area=["north"]), margins={"area": {"north": 1}})
    found = statistics(sample, {"TP01": answered("y")})
    assert found["accuracy"]["honest_margin"] is None
    assert found["accuracy"]["honest_met"]


def test_a_population_of_unknown_size() -> None:
    found = statistics(sampled(frame(area=["north", "south"])), {"TP01": answered("yn")})
    assert (found["population_size"], found["accuracy"]) == (None, None)
    assert found["estimates"][0]["se_fpc"] is None
    assert found["weights"]["population"] == 2
    assert found["representativeness"] == []


def test_passed_by_number_only() -> None:
    """1,000 responses of 14,500 households pass at ±4 points; weighted unevenly they are worth too few."""
    people = frame(area=["north"] * 1000, weight=["1"] * 900 + ["12"] * 100)
    sample = sampled(people, scheme=Scheme("supplied", population=14_500))
    accuracy = statistics(sample, {})["accuracy"]
    assert accuracy["only_nominally"] == (not accuracy["honest_met"])
    assert accuracy["only_nominally"]
    assert float(accuracy["honest_margin"]) > 4


def test_measures_that_were_not_asked_have_no_row() -> None:
    """Shared owners are not asked about repairs: TP02 to TP04 have no answer."""
    sample = sampled(frame(area=["north"] * 20 + ["south"] * 20), population="LCHO")
    asked = {item: answered("yn" * 20) for item in HEADLINE}
    asked |= {item: answered("-" * 40) for item in ("TP02", "TP03", "TP04")}
    before = estimate(make_design(np.ones(30)), *answered("y" * 20 + "n" * 10))
    assert before is not None
    found = statistics(sample, asked, last_year=dict.fromkeys(["TP01", "TP02", "TP99"], before))
    kept = [item for item in HEADLINE if item not in ("TP02", "TP03", "TP04")]
    assert [row["measure"] for row in found["estimates"]] == kept
    assert list(dict.fromkeys(row["measure"] for row in found["groups"]["cells"])) == kept
    (change,) = found["changes"]
    assert (change["measure"], change["this_year"]) == ("TP01", 50)
    assert change["p_adjusted"] == change["p_value"]


def test_what_the_weights_fix_has_a_change_but_no_test() -> None:
    met = ["yes"] * 6 + ["no"] * 4
    sample = sampled(
        frame(answer=met), margins={"answer": {"yes": 30, "no": 70}}, scheme=Scheme("rake", ("answer",))
    )
    flags = answered("y" * 6 + "n" * 4)
    fixed = estimate(make_design(np.ones(10), margins=frame(answer=met)), *flags)
    assert fixed is not None
    (change,) = statistics(sample, {"TP01": flags}, last_year={"TP01": fixed})["changes"]
    assert change["difference"] == pytest.approx(-30)
    assert (change["p_value"], change["p_adjusted"]) == (None, None)


# Weights


def test_what_was_collapsed_is_named() -> None:
    scheme = Scheme(
        "rake",
        ("age",),
        bounds=(0.1, 9.0),
        collapse={"age": {" 16-24": "16-34", "25-34": "16-34", "never": "16-34"}},
    )
    people = frame(age=["16-24"] * 10 + ["25-34"] * 15 + ["65+"] * 25)
    sample = sampled(people, margins={"age": {"16-34": 300, "65+": 200}}, scheme=scheme)
    weights = statistics(sample, {})["weights"]
    assert weights["collapsed"] == [
        {"characteristic": "age", "from": "16-24", "to": "16-34"},
        {"characteristic": "age", "from": "25-34", "to": "16-34"},
    ]
    assert weights["bounds"] == [0.1, 9.0]
    assert [row["category"] for row in weights["margins"]] == ["16-34", "65+"]


def test_unweighted_responses() -> None:
    weights = statistics(sampled(frame(area=["north"] * 4), scheme=Scheme(population=80)), {})["weights"]
    assert (weights["method"], weights["population"], weights["margins"]) == ("none", 80, [])
    assert (weights["worst_category"], weights["bounds"]) == (None, None)
    assert (weights["least_ratio"], weights["greatest_ratio"]) == (1, 1)
    assert (weights["design_effect"], weights["n_effective"]) == (1, 4)


# Groups


def grouped(
    groups: pd.DataFrame, answers: str | None = None, thresholds: Thresholds = THRESHOLDS
) -> dict[str, Any]:
    answers = answers or "yn" * (len(groups) // 2) + "y" * (len(groups) % 2)
    return statistics(sampled(groups), {"TP01": answered(answers)}, thresholds=thresholds)["groups"]


HIDDEN = ("n", "n_effective", "value", "ci_low", "ci_high", "rest", "difference")


def test_small_cells_are_hidden_and_the_next_smallest_with_them() -> None:
    found = grouped(frame(area=["a"] * 5 + ["b"] * 12 + ["c"] * 20 + ["d"] * 40 + [None] * 10))
    cells = by("category", found["cells"])
    assert {name: row["mark"] for name, row in cells.items()} == {
        "a": "small",
        "b": "protecting",
        "c": "imprecise",
        "d": "",
    }
    for name in ("a", "b"):
        assert [cells[name][key] for key in HIDDEN] == [None] * len(HIDDEN)
        assert (cells[name]["p_value"], cells[name]["p_adjusted"]) == (None, None)
    assert (cells["c"]["n"], cells["d"]["n"]) == (20, 40)
    assert (found["tested"], found["small"], found["protecting"], found["imprecise"]) == (2, 1, 1, 1)
    # The rest of d are all others whose area is known, the hidden ones too.
    assert cells["d"]["rest"] == pytest.approx(100 * 19 / 37)


def test_a_planted_difference_is_found_and_its_clean_twin_is_not() -> None:
    random = np.random.Generator(np.random.PCG64(5))
    groups = {f"c{number}": random.choice(list("abcd"), 1000) for number in range(6)}
    even = random.random(1000) < 0.6
    planted = np.where(groups["c2"] == "b", random.random(1000) < 0.3, even)
    found = [
        {
            (row["characteristic"], row["category"])
            for row in grouped(frame(**groups), "".join("ny"[int(met)] for met in flags))["cells"]
            if row["p_adjusted"] is not None and row["p_adjusted"] < 0.05
        }
        for flags in (planted, even)
    ]
    assert ("c2", "b") in found[0]
    assert {name for name, _ in found[0]} == {"c2"}
    assert found[1] == set()


def test_the_method_is_compared_like_a_characteristic() -> None:
    people = frame(area=[None] * 60, method=["postal"] * 30 + ["internet"] * 30)
    found = grouped(people, "y" * 30 + "n" * 30)
    cells = by("category", found["cells"])
    assert {row["characteristic"] for row in cells.values()} == {"method"}
    assert cells["postal"]["difference"] == 100
    assert cells["postal"]["p_value"] < 0.001
    assert found["omitted"] == [{"characteristic": "area", "why": "no response states it"}]


def test_what_cannot_be_compared_is_named() -> None:
    people = frame(
        blank=[None, "unknown"] * 20,
        alike=["north"] * 39 + [" "],
        name=[f"N{number}" for number in range(40)],
        kept=["a", "b"] * 20,
    )
    found = grouped(people, thresholds=Thresholds(10, 30, most_categories=39))
    assert found["omitted"] == [
        {"characteristic": "blank", "why": "no response states it"},
        {"characteristic": "alike", "why": "every response that states it has the same"},
        {"characteristic": "name", "why": "it has 40 categories, more than 39"},
        {"characteristic": "method", "why": "every response that states it has the same"},
    ]
    assert {row["characteristic"] for row in found["cells"]} == {"kept"}
    as_many = grouped(people, thresholds=Thresholds(1, 0, most_categories=40))
    assert {row["characteristic"] for row in as_many["cells"]} == {"name", "kept"}


def test_those_who_do_not_say_are_no_group() -> None:
    found = grouped(frame(area=["a"] * 30 + [" a"] * 10 + ["b"] * 40 + ["Prefer not to say"] * 40))
    assert {row["category"]: row["n"] for row in found["cells"]} == {"a": 40, "b": 40}


# What goes in, what comes out


def ledger(rows: list[tuple[str, str, bool, bool]]) -> pd.DataFrame:
    return pd.DataFrame(rows, columns=["record_id", "population", "counted", "met"])


def test_the_answers_of_a_ledger_are_in_the_order_of_the_respondents() -> None:
    lines = ledger(
        [
            ("R2", "LCRA", True, True),
            ("R9", "LCRA", False, False),  # takes no part
            ("R0", "LCRA", True, False),
            ("R1", "LCHO", True, True),
            ("R1", "LCRA", False, False),
            ("R1", "", False, False),  # a rejected row under the same id
        ]
    )
    met, counted = answers_of(lines, sampled(frame(area=["x", "y", "z"])))
    assert (met.dtype, counted.dtype) == (bool, bool)
    assert (list(met), list(counted)) == ([False, False, True], [True, False, True])


def test_a_ledger_must_have_one_line_of_each_respondent() -> None:
    sample = sampled(frame(area=["x", "y"]))
    with pytest.raises(KeyError, match="R1"):
        answers_of(ledger([("R0", "LCRA", True, True)]), sample)
    with pytest.raises(ValueError, match="R0"):
        answers_of(ledger([("R0", "LCRA", True, True)] * 2 + [("R1", "LCRA", True, True)]), sample)


def test_nobody_has_no_answers() -> None:
    met, counted = answers_of(ledger([("R0", "LCHO", True, True)]), sampled(frame(area=[])))
    assert (len(met), len(counted)) == (0, 0)


def test_strata_count_in_the_error() -> None:
    """Invited at different rates by area: each stratum has its own mean and its own correction."""
    households = pd.DataFrame(
        {
            "household_id": [f"H{number}" for number in range(60)],
            "tenure": "LCRA",
            "stratum": ["a"] * 20 + ["b"] * 40,
            "invited": ([True] * 10 + [False] * 10) * 3,
        }
    )
    people = frame(
        household_id=["H0", "H1", "H2", "H3", "H20", "H21", "H40", "H41"],
        area=["n"] * 4 + ["s"] * 4,
    )
    sample = sampled(
        people,
        households=households.assign(area=["n"] * 20 + ["s"] * 40),
        scheme=Scheme("rake", ("area",), stratified=True),
    )
    (ours,) = statistics(sample, {"TP01": answered("yynnyynn")})["estimates"]
    expected = estimate(
        make_design(
            np.array([5.0] * 4 + [10.0] * 4),
            margins=people[["area"]],
            base=np.array([2.0] * 8),
            strata=people["area"],
            population={"n": 20, "s": 40},
        ),
        *answered("yynnyynn"),
    )
    assert expected is not None
    assert ours["se"] == pytest.approx(100 * expected.se)
    assert expected.se_fpc is not None
    assert ours["se_fpc"] == pytest.approx(100 * expected.se_fpc)


def test_the_test_is_the_callers() -> None:
    """Without the regulator's test there is no honest one, even where the population is known."""
    sample = sampled(frame(area=["north"] * 4), scheme=Scheme(population=80))
    weighting = weigh(sample, Limits())
    test = accuracy_test(80, 4, census=False, accuracy=ACCURACY)
    without = survey_statistics(sample, weighting, {}, None, ACCURACY, {}, THRESHOLDS)
    given = survey_statistics(sample, weighting, {}, test, ACCURACY, {}, THRESHOLDS)
    assert without["accuracy"] is None
    assert given["accuracy"]["honest_margin"] == str(test.achieved_margin)
