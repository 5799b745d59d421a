"""Every problem of weighting: planted once, and a clean twin that has none."""

from __future__ import annotations

import re
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest

from pipelines.survey import weighting
from pipelines.survey.weighting_problems import RULES, homes, people
from tests.survey.test_weighting_golden import HOUSEHOLDS

NAMES = ["area", "age"]
# Respondents: 40 in each of the six combinations.
SAMPLE = pd.DataFrame(
    [(area, age) for area in ("North", "South") for age in ("Young", "Middle", "Old") for _ in range(40)],
    columns=NAMES,
).astype("str")
COUNTS = {
    ("area", "North"): 1500,
    ("area", "South"): 900,
    ("age", "Young"): 600,
    ("age", "Middle"): 800,
    ("age", "Old"): 1000,
}


def margins(**changes: float) -> pd.DataFrame:
    """The population's counts, with some changed by category."""
    counts: dict[tuple[str, str], Any] = dict(COUNTS)
    for category, households in changes.items():
        counts[next(key for key in COUNTS if key[1] == category)] = households
    rows = [(*key, households) for key, households in counts.items()]
    return pd.DataFrame(rows, columns=["characteristic", "category", "households"])


def with_row(characteristic: str, category: str | None, households: float) -> pd.DataFrame:
    return pd.concat(
        [margins(), pd.DataFrame([dict(zip(margins(), (characteristic, category, households), strict=True))])]
    )


def changed(column: str, value: str | None, rows: range) -> pd.DataFrame:
    """The sample with `value` in some rows of a column."""
    sample = SAMPLE.copy()
    sample.loc[list(rows), column] = value
    return sample


def attempt(work: Callable[[], weighting.Weighting]) -> tuple[weighting.WeightingProblem, ...]:
    """The problems of a weighting, whether it was refused or not."""
    try:
        return work().problems
    except weighting.WeightingRefusedError as refusal:
        return refusal.problems


def raking(sample: pd.DataFrame = SAMPLE, targets: pd.DataFrame | None = None, **options: Any) -> Any:
    return attempt(
        lambda: weighting.rake(sample, NAMES, margins() if targets is None else targets, **options)
    )


def rules(problems: Any) -> list[str]:
    return [problem.id for problem in problems]


def only(problems: Any, rule: str) -> weighting.WeightingProblem:
    assert rules(problems) == [rule]
    return problems[0]


def test_the_clean_twin_has_no_problem():
    assert raking() == ()
    weights = weighting.rake(SAMPLE, NAMES, margins())
    assert weights.method == "rake"
    assert weights.characteristics == ("area", "age")
    assert weights.bounds is None
    assert list(weights.margins) == list(weighting.MARGIN_COLUMNS)
    assert weights.margins["respondents"].tolist() == [120, 120, 80, 80, 80]
    assert weights.margins["sample_percent"].tolist() == pytest.approx([50, 50, 100 / 3, 100 / 3, 100 / 3])
    assert weights.margins["target"].tolist() == [1500, 900, 800, 1000, 600]
    assert weights.margins["achieved"].tolist() == pytest.approx([1500, 900, 800, 1000, 600], rel=1e-12)
    assert weights.worst_category in [
        tuple(row) for row in weights.margins[["characteristic", "category"]].to_numpy()
    ]
    assert weights.categories["age"].tolist() == SAMPLE["age"].tolist()


def test_every_problem_is_planted_in_this_module_or_its_twins():
    # WGT-107 in test_sample, where it is known who was invited; WGT-108 and WGT-204 beside it, as they need
    # the plan.
    assert set(re.findall(r"WGT-\d{3}", Path(__file__).read_text(encoding="utf-8"))) == set(RULES)


def test_001_nobody_answered():
    nobody = SAMPLE.iloc[:0]
    for work in (
        lambda: weighting.rake(nobody, NAMES, margins()),
        lambda: weighting.post_stratify(nobody, NAMES, cells()),
        lambda: weighting.unweighted(nobody, 2400),
        lambda: weighting.supplied(pd.Series([], dtype=float), 2400),
    ):
        assert only(attempt(work), "WGT-001").grade == "stop"


def test_002_a_characteristic_that_the_survey_lacks():
    problem = only(raking(SAMPLE[["age"]]), "WGT-002")
    assert (problem.characteristic, problem.counts["respondents"]) == ("area", 240)
    assert only(raking(SAMPLE.assign(area=None)), "WGT-002").characteristic == "area"
    assert only(raking(SAMPLE.assign(area="Unknown")), "WGT-002").characteristic == "area"


def test_002_a_characteristic_that_the_population_lacks():
    targets = margins()
    assert (
        only(raking(targets=targets[targets["characteristic"] == "age"]), "WGT-002").characteristic == "area"
    )
    assert only(raking(targets=margins(North=0, South=0)), "WGT-002").counts == {"households": 0}


@pytest.mark.parametrize("bad", [-1, np.nan, np.inf, "many", None])
def test_003_a_count_that_is_no_number_of_households(bad):
    problem = only(raking(targets=margins(Old=bad)), "WGT-003")
    assert (problem.characteristic, problem.category) == ("age", "Old")


def test_003_a_category_counted_twice():
    problem = only(raking(targets=with_row("age", "Old", 5)), "WGT-003")
    assert (problem.category, problem.counts["rows"]) == ("Old", 1)


@pytest.mark.parametrize("population", [0, -5, np.nan, np.inf])
def test_003_a_population_that_weights_cannot_add_up_to(population):
    assert rules(attempt(lambda: weighting.unweighted(SAMPLE, population))) == ["WGT-003"]
    assert rules(attempt(lambda: weighting.supplied(pd.Series([1.0, 2.0]), population))) == ["WGT-003"]
    assert "WGT-003" in rules(raking(population=population))
    assert "WGT-003" in rules(
        attempt(lambda: weighting.post_stratify(SAMPLE, NAMES, cells(), population=population))
    )


def test_004_totals_five_percent_apart():
    problem = only(raking(targets=margins(Young=720)), "WGT-004")
    # Of two totals nobody can say which is right: the larger is the population until it is given.
    assert problem.counts == {"households": 2400, "population": 2520}
    assert "2,400 households" in problem.message
    assert "2,520 households (4.8% apart)" in problem.message
    problem = only(raking(targets=margins(Young=720), population=2400), "WGT-004")
    assert (problem.characteristic, problem.counts["households"]) == ("age", 2520)


def test_004_names_the_characteristic_that_is_alone():
    sample = SAMPLE.assign(type=["House", "Flat"] * 120)
    extra = pd.DataFrame(
        {"characteristic": "type", "category": ["House", "Flat"], "households": [1300, 1100]}
    )
    targets = pd.concat([margins(Young=480), extra])
    problem = only(attempt(lambda: weighting.rake(sample, [*NAMES, "type"], targets)), "WGT-004")
    assert (problem.characteristic, problem.counts["population"]) == ("age", 2400)


def test_004_totals_that_disagree_with_the_population():
    assert rules(raking(population=3000)) == ["WGT-004", "WGT-004"]
    assert raking(population=2400) == ()


def test_101_totals_less_than_a_percent_apart_are_scaled():
    problem = only(raking(targets=margins(Young=610), population=2400), "WGT-101")
    assert (problem.grade, problem.characteristic) == ("confirm", "age")
    scaled = weighting.rake(SAMPLE, NAMES, margins(Young=610), population=2400)
    assert scaled.weights.sum() == pytest.approx(2400, rel=1e-13)
    assert scaled.margins["target"].iloc[-1] == pytest.approx(610 * 2400 / 2410)


def test_005_households_without_a_respondent():
    targets = pd.concat([margins(North=1400), with_row("area", "East", 100).tail(1)])
    problem = only(raking(targets=targets), "WGT-005")
    assert (problem.characteristic, problem.category) == ("area", "East")
    assert problem.counts == {"respondents": 0, "households": 100}
    assert 'collapse: {area: {"East": "…"}}' in problem.remedy
    joined = raking(targets=targets, collapse={"area": {"East": "North"}})
    assert rules(joined) == ["WGT-202"]


def test_a_category_without_households_and_without_respondents_is_nothing():
    assert raking(targets=with_row("area", "East", 0)) == ()


def test_006_respondents_without_a_count():
    problem = only(raking(changed("area", "East", range(30))), "WGT-006")
    assert (problem.category, problem.counts["respondents"]) == ("East", 30)


def test_005_and_006_of_the_same_category_spelt_apart():
    found = raking(changed("age", "old", range(80, 120)).replace({"age": {"Old": "old"}}))
    assert rules(found) == ["WGT-005", "WGT-006"]
    assert "is it “old”?" in found[0].message
    assert "is it “Old”?" in found[1].message


def test_only_the_first_categories_are_looked_for_under_another_spelling():
    """Else a characteristic of thousands, such as a postcode, would take minutes."""
    sample = SAMPLE.assign(age=[f"Age {number % 30:02d}" for number in range(len(SAMPLE))])
    targets = margins()
    ages = pd.DataFrame(
        {"characteristic": "age", "category": [f"age-{n:02d}" for n in range(30)], "households": 80}
    )
    found = raking(sample, pd.concat([targets[targets["characteristic"] != "age"], ages]))
    hinted = [problem for problem in found if "is it “" in problem.message]
    assert (len(found), len(hinted)) == (60, 40)


def test_007_respondents_where_there_are_no_households():
    problem = only(raking(targets=margins(South=0, North=2400)), "WGT-007")
    assert (problem.category, problem.counts["respondents"]) == ("South", 120)


def test_008_counts_that_contradict_each_other():
    sample = SAMPLE.assign(age=SAMPLE["area"].map({"North": "Young", "South": "Old"}))
    targets = margins()
    targets = targets[targets["category"] != "Middle"].assign(households=[1440, 960, 960, 1440])
    problem = only(attempt(lambda: weighting.rake(sample, NAMES, targets)), "WGT-008")
    assert "area, age" in problem.message
    assert 959 < problem.counts["nearest"] < 1441
    assert abs(problem.counts["nearest"] - problem.counts["households"]) > 100
    targets["households"] = [1440, 960, 1440, 960]
    assert attempt(lambda: weighting.rake(sample, NAMES, targets)) == ()


@pytest.mark.parametrize(("south_young", "possible"), [(1, False), (-20, False), (30, True)])
def test_008_respondents_for_whom_no_household_is_left(south_young, possible):
    # In the North everybody is young, so the South's young are the young less the North.
    sample = SAMPLE.assign(age=SAMPLE["age"].where(SAMPLE["area"] == "South", "Young"))
    young = 1500 + (0 if south_young == 1 else south_young)
    targets = margins(Young=young, Middle=500, Old=400 - (young - 1500))
    problems = raking(sample, targets)
    if possible:
        assert "WGT-008" not in rules(problems)
    else:
        (problem,) = (each for each in problems if each.grade == "stop")
        assert problem.id == "WGT-008"
        assert "area South and age Young" in problem.message
        assert problem.counts == {"respondents": 40}


def test_009_a_cap_too_low_names_the_least_that_can_be_met():
    problem = only(raking(bounds=(0.5, 1.2)), "WGT-009")
    # Six cells of 400. The South's young and middle-aged have 200 each at least, so the North's young 400 at
    # most; its 1,500 leave 1,100 for the two other cells: 550 ÷ 400.
    assert problem.counts["least_cap"] == pytest.approx(1.375)
    assert "bounds: [0.5, 1.38]" in problem.remedy
    assert raking(bounds=(0.5, 1.38)) == ()


def test_009_a_floor_too_high_names_the_greatest_that_can_be_met():
    problem = only(raking(bounds=(0.9, 3)), "WGT-009")
    # The South's respondents stand for 900 households at 10 each: 0.75.
    assert problem.counts["greatest_floor"] == pytest.approx(0.75)
    assert "greatest floor that can be met is 0.74" in problem.message
    floor, cap = (float(number) for number in problem.remedy.split("[")[1].split("]")[0].split(","))
    assert raking(bounds=(floor, cap)) == ()


@pytest.mark.parametrize("bounds", [(2, 1), (1.1, 3), (0.3, 0.9), (-1, 2), (1, 1)])
def test_010_bounds_out_of_order(bounds):
    assert only(raking(bounds=bounds), "WGT-010").counts["floor"] == bounds[0]
    assert rules(attempt(lambda: weighting.post_stratify(SAMPLE, NAMES, cells(), bounds=bounds))) == [
        "WGT-010"
    ]


@pytest.mark.parametrize("bad", [0, -1, np.nan, np.inf])
def test_011_a_weight_that_is_not_above_zero(bad):
    weights = pd.Series([1.0, bad, 2.0])
    problem = only(attempt(lambda: weighting.supplied(weights, 30)), "WGT-011")
    assert problem.counts == {"respondents": 1}
    base = pd.Series(1.0, index=SAMPLE.index)
    base.iloc[3] = bad
    assert rules(raking(base=base)) == ["WGT-011"]
    assert rules(attempt(lambda: weighting.unweighted(SAMPLE, 10, base))) == ["WGT-011"]
    assert rules(attempt(lambda: weighting.post_stratify(SAMPLE, NAMES, cells(), base=base))) == ["WGT-011"]


def test_011_a_weight_that_is_no_number():
    assert rules(attempt(lambda: weighting.supplied(pd.Series(["1.5", "heavy", None]), 30))) == ["WGT-011"]
    assert attempt(lambda: weighting.supplied(pd.Series(["1.5", "1.2", "0.3"], dtype="str"), 30)) == ()


def test_012_a_collapsing_map_in_a_chain():
    chain = {"age": {"Young": "Middle", "Middle": "Old"}}
    assert "WGT-012" in rules(raking(collapse=chain))
    assert set(rules(raking(collapse={"age": {"Young": "Old", "Middle": "Old"}}))) == {"WGT-202"}


def test_013_the_cap_on_sweeps():
    sample = changed("area", "South", range(60))
    problem = only(raking(sample, max_sweeps=1), "WGT-013")
    assert problem.counts["sweeps"] == 1
    assert problem.counts["error"] > 1e-8
    assert (problem.characteristic, problem.category) == ("age", "Young")
    assert raking(sample) == ()
    assert "WGT-013" in rules(raking(sample, max_sweeps=1, bounds=(0.2, 5)))


def test_014_a_stratum_without_an_invited_sample():
    frame = pd.DataFrame({"stratum": ["North", "South"], "households": [1500, 900], "invited": [300, 300]})
    weights = weighting.design_weights(SAMPLE["area"], frame)
    assert weights.iloc[[0, -1]].tolist() == [5, 3]
    for planted in (
        frame.assign(invited=[300, 0]),
        frame.assign(households=[1500, 0]),
        frame.assign(households=[1500, np.nan]),
        frame.head(1),
    ):
        problem = only(attempt(lambda: weighting.design_weights(SAMPLE["area"], planted)), "WGT-014")  # noqa: B023
        assert (problem.category, problem.counts["respondents"]) == ("South", 120)
    blank = SAMPLE["area"].mask(SAMPLE.index < 7)
    assert (
        "(blank): 7 respondents"
        in only(attempt(lambda: weighting.design_weights(blank, frame)), "WGT-014").message
    )


@pytest.mark.parametrize("word", [None, "", "Unknown", "prefer not to say", "Not stated "])
def test_102_respondents_whose_category_is_not_stated_keep_their_share(word):
    sample = changed("age", word, range(0, 240, 40))
    problem = only(raking(sample), "WGT-102")
    assert (problem.grade, problem.characteristic, problem.category) == ("confirm", "age", "not stated")
    assert problem.counts == {"respondents": 6, "share": 0.025}
    weights = weighting.rake(sample, NAMES, margins())
    targets = weights.margins.set_index("category")["target"]
    assert targets["not stated"] == pytest.approx(60)
    assert targets["Old"] == pytest.approx(975)
    assert len(weights.weights) == len(sample)
    assert weights.weights.sum() == pytest.approx(2400)


def test_102_their_share_is_that_of_their_base_weights():
    sample = changed("age", None, range(0, 240, 40))
    base = pd.Series(1.0, index=sample.index).mask(sample["age"].isna(), 3.0)
    weights = weighting.rake(sample, NAMES, margins(), base=base)
    assert weights.margins.set_index("category")["target"]["not stated"] == pytest.approx(2400 * 18 / 252)


def test_102_a_population_with_a_count_for_it_is_taken_at_its_word():
    sample = changed("age", None, range(40, 70))
    targets = pd.concat([margins(Young=500), with_row("age", "unknown", 100).tail(1)])
    assert raking(sample, targets) == ()
    assert raking(sample, margins(Young=600), collapse={"age": {"unknown": "Middle"}})[0].id == "WGT-202"


def test_103_households_whose_category_is_not_stated_are_spread():
    targets = pd.concat([margins(Young=500), with_row("age", None, 100).tail(1)])
    problem = only(raking(targets=targets), "WGT-103")
    assert problem.counts == {"respondents": 0, "households": 100}
    found = weighting.rake(SAMPLE, NAMES, targets).margins.set_index("category")["target"]
    assert found["Young"] == pytest.approx(500 * 2400 / 2300)


def test_103_a_population_of_which_nothing_is_stated_is_no_population():
    targets = pd.DataFrame({"characteristic": "age", "category": ["refused"], "households": [2400]})
    targets = pd.concat([margins().head(2), targets])
    assert set(rules(raking(targets=targets))) == {"WGT-005", "WGT-006"}


@pytest.mark.parametrize(
    ("respondents", "rule"), [(19, "WGT-104"), (20, "WGT-201"), (29, "WGT-201"), (30, None)]
)
def test_104_and_201_few_respondents_in_a_category(respondents, rule):
    sample = changed("area", "East", range(respondents))
    targets = pd.concat([margins(North=1300), with_row("area", "East", 200).tail(1)])
    assert rules(raking(sample, targets)) == ([rule] if rule else [])


def cells(**changes: float) -> pd.DataFrame:
    counts = {"North": [400, 500, 600], "South": [200, 300, 400]}
    rows = [
        (area, age, households)
        for area, row in counts.items()
        for age, households in zip(("Young", "Middle", "Old"), row, strict=True)
    ]
    frame = pd.DataFrame(rows, columns=[*NAMES, "households"]).astype({"households": object})
    for cell, households in changes.items():
        area, age = cell.split("_")
        frame.loc[(frame["area"] == area) & (frame["age"] == age), "households"] = households
    return frame


def stratifying(sample: pd.DataFrame = SAMPLE, targets: pd.DataFrame | None = None, **options: Any) -> Any:
    targets = cells() if targets is None else targets
    return attempt(lambda: weighting.post_stratify(sample, NAMES, targets, **options))


def test_post_stratification_meets_every_cell():
    found = weighting.post_stratify(SAMPLE, NAMES, cells())
    assert found.problems == ()
    assert found.margins["characteristic"].unique().tolist() == ["area × age"]
    assert found.weights.groupby([SAMPLE["area"], SAMPLE["age"]]).sum().tolist() == pytest.approx(
        [500, 600, 400, 300, 400, 200]
    )
    assert list(found.categories) == ["area × age"]


def test_one_characteristic_alone_is_post_stratified_like_a_margin():
    targets = margins().query("characteristic == 'area'").rename(columns={"category": "area"})
    one = weighting.post_stratify(SAMPLE, ["area"], targets[["area", "households"]])
    other = weighting.rake(SAMPLE, ["area"], margins())
    assert one.weights.equals(other.weights)


@pytest.mark.parametrize(
    ("respondents", "rule"), [(9, "WGT-104"), (10, "WGT-201"), (29, "WGT-201"), (30, None)]
)
def test_104_and_201_few_respondents_in_a_cell(respondents, rule):
    sample = changed("age", "Middle", range(40 - respondents))
    assert rules(stratifying(sample)) == ([rule] if rule else [])


def test_cells_without_respondents_households_or_a_count():
    sample = changed("age", "Middle", range(40))
    problem = only(stratifying(sample), "WGT-005")
    assert problem.category == "North × Young"
    assert 'collapse: {area: {"North": "…"}}' in problem.remedy
    assert only(stratifying(targets=cells(North_Young=0)), "WGT-007").category == "North × Young"
    assert only(stratifying(targets=cells().iloc[1:]), "WGT-006").category == "North × Young"
    assert only(stratifying(targets=cells(North_Young=-1)), "WGT-003").category == "North × Young"
    assert only(stratifying(SAMPLE[["age"]]), "WGT-002").characteristic == "area"
    assert (
        rules(stratifying(sample, collapse={"age": {"Young": "Under 60", "Middle": "Under 60"}}))
        == ["WGT-202"] * 2
    )


def test_a_cell_of_which_a_part_is_not_stated_is_not_stated():
    sample = changed("age", None, range(0, 240, 40))
    sample.loc[[1, 2], "area"] = None
    problem = only(stratifying(sample), "WGT-102")
    assert (problem.counts["respondents"], problem.characteristic) == (8, "area × age")


def test_009_bounds_that_a_cell_breaks():
    problem = only(stratifying(bounds=(0.3, 1.2)), "WGT-009")
    assert problem.counts["least_cap"] == pytest.approx(1.5)
    assert stratifying(bounds=(0.3, 1.5)) == ()


def test_105_a_category_far_from_its_share():
    targets = margins(North=2300, South=100)
    problem = next(each for each in raking(targets=targets) if each.id == "WGT-105")
    assert (problem.category, problem.counts["factor"]) == ("South", pytest.approx(1 / 12))
    assert "WGT-105" not in rules(raking(targets=margins(North=2160, South=240)))


def test_106_extreme_weights():
    heavy = pd.Series([1.0] * 99 + [20.0])
    problem = only(attempt(lambda: weighting.supplied(heavy, 1000)), "WGT-106")
    assert problem.counts["greatest"] == pytest.approx(20 / 1.19)
    assert attempt(lambda: weighting.supplied(heavy.clip(upper=4), 1000)) == ()
    assert "WGT-106" in rules(raking(targets=margins(North=2300, South=100)))
    assert rules(raking(targets=margins(North=2300, South=100), bounds=(0, 5))) == ["WGT-105"]


def test_202_and_203_what_the_collapsing_map_did():
    found = raking(collapse={"age": {"Young": "Middle", "Child": "Young"}, "town": {"A": "B"}})
    assert rules(found) == ["WGT-012", "WGT-203", "WGT-202", "WGT-203"]
    found = raking(collapse={"age": {"Young": "Middle", "Child": "Middle"}, "town": {"A": "B"}})
    assert [(each.id, each.characteristic, each.category) for each in found] == [
        ("WGT-203", "town", "A"),
        ("WGT-202", "age", "Young"),
        ("WGT-203", "age", "Child"),
    ]
    assert found[1].counts == {"respondents": 80, "households": 600}
    weights = weighting.rake(SAMPLE, NAMES, margins(), collapse={"age": {"Young": "Middle"}})
    assert weights.margins["category"].tolist() == ["North", "South", "Middle", "Old"]
    assert set(weights.categories["age"]) == {"Middle", "Old"}


def test_all_stops_are_told_at_once():
    sample = changed("area", "East", range(30)).assign(age=SAMPLE["age"].replace("Old", "Ancient"))
    with pytest.raises(
        weighting.WeightingRefusedError, match=r"WGT-006: area East.*WGT-005: age Old"
    ) as refusal:
        weighting.rake(sample, NAMES, margins(), bounds=(3, 1))
    assert rules(refusal.value.problems) == ["WGT-006", "WGT-005", "WGT-006", "WGT-010"]


def test_a_refusal_tells_the_doubts_too_but_its_message_the_stops_alone():
    sample = changed("age", None, range(0, 240, 40)).assign(area=SAMPLE["area"].replace("South", "West"))
    with pytest.raises(weighting.WeightingRefusedError) as refusal:
        weighting.rake(sample, NAMES, margins())
    assert {"WGT-102", "WGT-005", "WGT-006"} == set(rules(refusal.value.problems))
    assert "WGT-102" not in str(refusal.value)


def test_a_problem_says_its_grade_and_title():
    problem = only(raking(bounds=(2, 1)), "WGT-010")
    assert (problem.grade, problem.title) == RULES["WGT-010"]
    assert hash(problem) == hash(problem)


def test_households_become_margins_and_cells():
    register = pd.DataFrame({"area": ["N", "S", "S", None], "age": ["Old", "Old", "Young", "Young"]}).astype(
        "str"
    )
    found = weighting.margins_of(register, ["area", "age"])
    assert sorted(found.fillna("?").itertuples(index=False, name=None)) == [
        ("age", "Old", 2),
        ("age", "Young", 2),
        ("area", "?", 1),
        ("area", "N", 1),
        ("area", "S", 2),
    ]
    assert weighting.cells_of(register, ["area", "age"]).fillna("?").to_numpy().tolist() == [
        ["N", "Old", 1],
        ["S", "Old", 1],
        ["S", "Young", 1],
        ["?", "Young", 1],
    ]


def test_no_weighting_and_supplied_weights():
    none = weighting.unweighted(SAMPLE, 2400)
    assert none.weights.unique().tolist() == [10]
    assert (none.method, none.worst_category, none.worst_error, len(none.margins)) == ("none", None, 0, 0)
    assert none.design_effect == 1
    assert none.categories.shape == (240, 0)
    given = weighting.supplied(pd.Series(["1", "3"], index=["a", "b"], dtype="str"), 100)
    assert given.weights.to_dict() == {"a": 25, "b": 75}
    assert given.base.tolist() == [50, 50]
    assert given.response_weights.tolist() == [0.5, 1.5]
    assert given.method == "supplied"


def test_numbers_in_words():
    assert [people(1), people(1200)] == ["1 respondent", "1,200 respondents"]
    assert [homes(1), homes(2.5), homes(HOUSEHOLDS)] == [
        "1 household",
        "2.50 households",
        "14,500 households",
    ]
