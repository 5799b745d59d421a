"""One population's survey: who is in it, what its population is, and the weights that come of it."""

from __future__ import annotations

from dataclasses import replace
from decimal import Decimal
from typing import Any

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from pipelines.measures.ledger import exact_sum
from pipelines.survey.estimation import estimate
from pipelines.survey.sample import (
    WEIGHT_COLUMNS,
    Sample,
    Scheme,
    counts_as,
    design_of,
    make_sample,
    weigh,
    weights_frame,
)
from pipelines.survey.weighting import Limits, Weighting, WeightingRefusedError

LIMITS = Limits()
EXAMPLES = settings(max_examples=25, deadline=None, derandomize=True)


def table(rows: list[dict[str, Any]], characteristics: tuple[str, ...] = ()) -> pd.DataFrame:
    """Rows as an accepted table: text columns, and which of them are characteristics."""
    frame = pd.DataFrame(rows)
    text = [name for name in frame if name not in ("households", "invited")]
    frame = frame.astype(dict.fromkeys(text, "str"))
    frame.attrs["characteristics"] = list(characteristics)
    return frame


def responses(*rows: dict[str, Any], characteristics: tuple[str, ...] = ("age",)) -> pd.DataFrame:
    """Responses with what every one has; the household of R1 is H1 unless told otherwise."""
    return table(
        [
            {
                "response_id": f"R{number}",
                "household_id": f"H{number}",
                "tenure": "LCRA",
                "population": "LCRA",
                "standing": "",
                "weight": None,
                **row,
            }
            for number, row in enumerate(rows, 1)
        ],
        characteristics,
    )


def register(*rows: dict[str, Any], characteristics: tuple[str, ...] = ("age",)) -> pd.DataFrame:
    """Households with what every one has."""
    return table(
        [
            {"household_id": f"H{number}", "tenure": "LCRA", "stratum": None, "invited": None, **row}
            for number, row in enumerate(rows, 1)
        ],
        characteristics,
    )


def totals(*rows: tuple[str, str, str, int]) -> pd.DataFrame:
    columns = ["tenure", "characteristic", "category", "households"]
    return table([dict(zip(columns, row, strict=True)) for row in rows])


def sample(
    people: pd.DataFrame,
    households: pd.DataFrame | None = None,
    margins: pd.DataFrame | None = None,
    population: str = "LCRA",
    stated: int | None = None,
    **scheme: Any,
) -> Sample:
    """The survey of `population`; `stated`: its households as year.yaml has them."""
    return make_sample(population, people, households, margins, Scheme(population=stated, **scheme))


def young_and_old(young: int, old: int, **more: Any) -> pd.DataFrame:
    return responses(*[{"age": "young", **more}] * young, *[{"age": "old", **more}] * old)


AGES = totals(("LCRA", "age", "young", 60), ("LCRA", "age", "old", 40))


def weights_of(found: Sample) -> pd.DataFrame:
    return weights_frame(found, weigh(found, LIMITS))


# Who is in it


def test_those_who_take_part_in_this_population() -> None:
    everyone = responses(
        {"age": "young", "population": "LCHO"},
        {"age": "young"},
        {"age": "old", "standing": "superseded"},
        {"age": "old"},
    )
    found = sample(everyone)
    assert found.population == "LCRA"
    assert found.respondents["response_id"].tolist() == ["R2", "R4"]
    assert found.respondents.index.tolist() == [0, 1]
    assert found.characteristics == ("age",)
    assert sample(everyone, population="LCHO").respondents["response_id"].tolist() == ["R1"]
    assert sample(everyone, population="COMBINED").respondents.empty


def test_what_the_households_table_alone_says_is_looked_up() -> None:
    everyone = responses(
        {"age": "young"}, {"age": "old"}, {"age": "old", "household_id": None}, {"age": "old"}
    )
    households = register(
        {"age": "from the register", "area": "North", "size": "2"},
        {"area": "South", "size": "1"},
        {"household_id": "H2", "area": "Elsewhere", "size": "9"},
        characteristics=("age", "area", "size"),
    )
    found = sample(everyone, households)
    assert found.characteristics == ("age", "area", "size")
    assert found.respondents["age"].tolist() == ["young", "old", "old", "old"]
    # The household of R3 is not stated; that of R4 is not in the table; of H2 the first row counts.
    assert found.respondents["area"].fillna("?").tolist() == ["North", "South", "?", "?"]
    assert found.respondents["size"].fillna("?").tolist() == ["2", "1", "?", "?"]
    assert "area" not in everyone


def test_a_column_of_the_households_table_never_replaces_one_of_the_survey() -> None:
    everyone = responses({"weight": "0.5"}, {"weight": "1.5"}, characteristics=())
    households = register(
        {"weight": "9", "tenure": "LCRA", "area": "North"}, characteristics=("weight", "tenure", "area")
    )
    found = sample(everyone, households, method="supplied")
    assert found.characteristics == ("area",)
    assert found.respondents["weight"].tolist() == ["0.5", "1.5"]
    assert weights_of(found)["counts_as"].tolist() == ["0.5", "1.5"]


def test_households_of_another_tenure_are_no_population() -> None:
    everyone = young_and_old(1, 1)
    households = register({"tenure": "LCHO", "age": "old", "area": "North"}, characteristics=("age", "area"))
    for given_households in (None, households):
        found = sample(everyone, given_households)
        assert found.households is None
        assert found.population_size is None
        assert found.characteristics == ("age",)
        assert found.known("age") == {}


def test_combined_has_the_households_of_both_tenures_and_tells_them_apart() -> None:
    everyone = responses(
        {"population": "COMBINED"}, {"population": "COMBINED", "tenure": "LCHO"}, characteristics=()
    )
    households = register(
        {}, {"tenure": "LCHO"}, {"tenure": "other"}, {"tenure": "LCRA"}, characteristics=("age",)
    ).assign(age="old")
    found = sample(everyone, households, population="COMBINED")
    assert found.population_size == 3
    assert found.characteristics == ("tenure", "age")
    assert found.known("tenure") == {"LCHO": 1, "LCRA": 2}
    found = sample(
        everyone, households, population="COMBINED", method="post_stratify", characteristics=("tenure",)
    )
    assert weights_of(found)["weight"].tolist() == pytest.approx([2, 1])


def test_combined_takes_its_own_margins_else_the_sum_of_both() -> None:
    everyone = responses({"population": "COMBINED", "age": "old"})
    both = [
        ("LCRA", "age", "young", 60),
        ("LCRA", "age", "old", 40),
        ("LCHO", "age", "old", 5),
        ("LCHO", "age", "young", 7),
    ]
    found = sample(everyone, margins=totals(*both), population="COMBINED")
    assert found.known("age") == {"old": 45, "young": 67}
    assert (found.margins_total, found.population_size) == (112, 112)
    own = totals(*both, ("COMBINED", "age", "old", 200))
    assert sample(everyone, margins=own, population="COMBINED").known("age") == {"old": 200}
    # LCRA's margins are LCRA's alone.
    assert sample(everyone, margins=own).known("age") == {"young": 60, "old": 40}


def test_margins_of_one_tenure_alone_are_not_those_of_both() -> None:
    everyone = responses({"population": "COMBINED", "age": "old"})
    margins = totals(
        ("LCRA", "age", "old", 40),
        ("LCHO", "age", "old", 5),
        ("LCRA", "area", "North", 40),
    )
    found = sample(everyone, margins=margins, population="COMBINED")
    assert set(found.margins["characteristic"]) == {"age"}
    found = sample(everyone, margins=margins.head(1), population="COMBINED")
    assert (found.margins.empty, found.population_size) == (True, None)


# How large the population is, and what is known of it


def test_the_population_is_the_households_else_what_the_year_file_says_else_the_margins() -> None:
    everyone = young_and_old(1, 1)
    households = register(*[{"age": "young"}] * 3)
    margins = totals(
        ("LCRA", "age", "young", 60),
        ("LCRA", "age", "old", 40),
        ("LCRA", "area", "North", 101),
        ("LCHO", "age", "old", 999),
    )
    assert sample(everyone, households, margins, stated=70).population_size == 3
    assert sample(everyone, None, margins, stated=70).population_size == 70
    # The largest: a smaller one lacks those whose category nobody recorded.
    found = sample(everyone, None, margins)
    assert (found.population_size, found.margins_total) == (101, 101)
    found = sample(everyone)
    assert (found.population_size, found.margins_total) == (None, None)


def test_what_is_known_of_a_characteristic() -> None:
    everyone = young_and_old(1, 1)
    households = register(
        {"age": "young", "area": "South"},
        {"age": "old", "area": "North"},
        {"age": "old"},
        characteristics=("age", "area"),
    )
    found = sample(everyone, households, AGES)
    assert found.known("age") == {"young": 60, "old": 40}
    assert found.known("area") == {"North": 1, "South": 1}
    assert found.known("colour") == {}
    assert sample(everyone, None, AGES).known("area") == {}


# The weights, by each method


def test_unweighted_each_counts_the_same() -> None:
    found = weights_of(sample(young_and_old(3, 1), stated=100))
    assert list(found) == list(WEIGHT_COLUMNS)
    assert found["weight"].tolist() == [25.0] * 4
    assert found["base_weight"].tolist() == [25.0] * 4
    assert found["counts_as"].tolist() == ["1"] * 4
    assert found["response_id"].tolist() == ["R1", "R2", "R3", "R4"]
    assert set(found["population"]) == {"LCRA"}


def test_supplied_weights_count_as_they_were_given() -> None:
    everyone = responses(
        {"weight": "0.5"}, {"weight": "1.50"}, {"weight": "2.123456789012345"}, characteristics=()
    )
    found = weights_of(sample(everyone, method="supplied", stated=1000))
    assert found["counts_as"].tolist() == ["0.5", "1.50", "2.123456789012345"]
    assert found["weight"].sum() == pytest.approx(1000, rel=1e-14)
    assert found["weight"].iloc[1] / found["weight"].iloc[0] == pytest.approx(3, rel=1e-14)
    assert found["base_weight"].tolist() == pytest.approx([1000 / 3] * 3)


@pytest.mark.parametrize(("method", "weight"), [("none", None), ("supplied", "7")])
def test_without_a_population_the_weights_sum_to_the_responses(method: str, weight: str | None) -> None:
    found = weights_of(sample(young_and_old(3, 1, weight=weight), method=method))
    assert found["weight"].tolist() == [1.0] * 4


@pytest.mark.parametrize("method", ["post_stratify", "rake"])
@pytest.mark.parametrize("known", ["margins", "households"])
def test_one_characteristic_by_hand(method: str, known: str) -> None:
    """3 young stand for 60, 1 old for 40: 20 each and 40; as they count, 0.8 each and 1.6."""
    households = register(*[{"age": "young"}] * 60, *[{"age": "old"}] * 40)
    given_tables = {"margins": (None, AGES), "households": (households, None)}[known]
    found = sample(young_and_old(3, 1), *given_tables, method=method, characteristics=("age",))
    weighting = weigh(found, LIMITS)
    assert (weighting.method, weighting.population) == (method, 100.0)
    frame = weights_frame(found, weighting)
    assert frame["weight"].tolist() == pytest.approx([20, 20, 20, 40], rel=1e-12)
    assert frame["counts_as"].tolist() == ["0.8", "0.8", "0.8", "1.6"]
    assert frame["base_weight"].tolist() == [25.0] * 4


@pytest.mark.parametrize("method", ["post_stratify", "rake"])
def test_margins_are_taken_before_the_households_table(method: str) -> None:
    households = register(*[{"age": "young"}] * 90, *[{"age": "old"}] * 10)
    found = sample(young_and_old(3, 1), households, AGES, method=method, characteristics=("age",))
    assert weights_of(found)["weight"].tolist() == pytest.approx([20, 20, 20, 40], rel=1e-12)


def two_characteristics(**scheme: Any) -> Sample:
    """Eight responses, two of each age and area; 100 households, by area 70 and 30, by age 50 and 50."""
    kinds = [(age, area) for age in ("young", "old") for area in ("North", "South")]
    cells = dict(zip(kinds, (40, 10, 30, 20), strict=True))
    everyone = responses(*[{"age": age, "area": area} for age, area in kinds] * 2)
    everyone.attrs["characteristics"] = ["age", "area"]
    households = register(
        *[{"age": age, "area": area} for (age, area), number in cells.items() for _ in range(number)],
        characteristics=("age", "area"),
    )
    return sample(everyone, households, characteristics=("age", "area"), **scheme)


def test_a_joint_table_is_counted_in_the_households_table() -> None:
    found = weights_of(two_characteristics(method="post_stratify"))
    assert found["weight"].tolist() == pytest.approx([20, 5, 15, 10] * 2, rel=1e-12)


def test_raking_takes_each_characteristic_from_where_it_is() -> None:
    both = two_characteristics(method="rake")
    # By hand: age and area are independent, so a weight is 100 households x share of age x share of area / 2.
    assert weights_of(both)["weight"].tolist() == pytest.approx([17.5, 7.5, 17.5, 7.5] * 2, rel=1e-12)
    mixed = Sample(
        both.population,
        both.respondents,
        both.characteristics,
        both.households,
        AGES.drop(columns="tenure"),
        both.scheme,
    )
    assert weights_of(mixed)["weight"].tolist() == pytest.approx([21, 9, 14, 6] * 2, rel=1e-12)


def test_bounds_and_collapsing_are_those_of_the_scheme() -> None:
    everyone = responses({"age": "young"}, {"age": "young"}, {"age": "aged"}, {"age": "old"})
    scheme: dict[str, Any] = {"method": "rake", "characteristics": ("age",)}
    with pytest.raises(WeightingRefusedError, match="aged"):
        weights_of(sample(everyone, None, AGES, **scheme))
    scheme["collapse"] = {"age": {"aged": "old"}}
    assert weights_of(sample(everyone, None, AGES, **scheme))["weight"].tolist() == pytest.approx(
        [30, 30, 20, 20]
    )
    with pytest.raises(WeightingRefusedError, match=r"least cap that can be met is 1\.2"):
        weights_of(sample(everyone, None, AGES, **scheme, bounds=(0.5, 1.1)))


def refused(found: Sample) -> list[tuple[str, str]]:
    with pytest.raises(WeightingRefusedError) as refusal:
        weigh(found, LIMITS)
    return [(each.id, each.characteristic) for each in refusal.value.problems]


@pytest.mark.parametrize("method", ["post_stratify", "rake"])
@pytest.mark.parametrize("households", [None, register(*[{"age": "old"}] * 5)])
def test_a_characteristic_nowhere_to_be_found_is_refused_by_name(
    method: str, households: pd.DataFrame | None
) -> None:
    scheme: dict[str, Any] = {"method": method, "characteristics": ("colour",)}
    assert refused(sample(young_and_old(3, 1), households, AGES, **scheme)) == [("WGT-002", "colour")]
    # The survey has it, the population has not.
    asked = young_and_old(3, 1).assign(colour="red")
    assert refused(sample(asked, households, AGES, **scheme)) == [("WGT-002", "colour")]


def test_a_joint_table_of_what_the_population_lacks_is_refused_by_name() -> None:
    asked = young_and_old(3, 1).assign(colour="red")
    households = register(*[{"age": "old"}] * 5)
    scheme: dict[str, Any] = {"method": "post_stratify", "characteristics": ("age", "colour")}
    for known in (None, households):
        assert refused(sample(asked, known, AGES, **scheme)) == [("WGT-002", "age × colour")]


# Strata


def drawn(invited: Any = True, *, stray: bool = False, stratified: bool = True, **scheme: Any) -> Sample:
    """800 households in the North, 40 of them invited; 200 in the South, 40 invited; 20 responded in each.

    Half of the responses are of the young. `stray`: one more, of a household that is not in the register.
    """
    households = register(
        *[
            {"stratum": stratum, "invited": invited if number < 40 else None, "age": "old"}
            for stratum, size in (("North", 800), ("South", 200))
            for number in range(size)
        ]
    )
    first = {"North": 1, "South": 801}
    rows = [
        {"household_id": f"H{first[stratum] + number}", "age": "young" if number % 2 else "old"}
        for stratum in first
        for number in range(20)
    ]
    everyone = responses(*rows, *([{"household_id": "H9999", "age": "old"}] if stray else []))
    margins = totals(("LCRA", "age", "young", 600), ("LCRA", "age", "old", 400))
    return sample(everyone, households, margins, stratified=stratified, **scheme)


RAKED: dict[str, Any] = {"method": "rake", "characteristics": ("age",)}


@pytest.mark.parametrize("method", ["rake", "post_stratify"])
def test_households_drawn_at_different_rates_begin_with_different_weights(method: str) -> None:
    """Base weights 800/40 and 200/40, twice over to sum to 1,000; the young x 600/500, the old x 400/500."""
    found = drawn(method=method, characteristics=("age",))
    assert found.invited_by_stratum.to_dict("list") == {
        "stratum": ["North", "South"],
        "households": [800, 200],
        "invited": [40, 40],
    }
    weights = weights_of(found)
    assert weights["base_weight"].tolist() == pytest.approx([40] * 20 + [10] * 20, rel=1e-14)
    assert weights["weight"].tolist() == pytest.approx([32, 48] * 10 + [8, 12] * 10, rel=1e-12)
    assert weights["counts_as"].tolist() == ["1.28", "1.92"] * 10 + ["0.32", "0.48"] * 10


@pytest.mark.parametrize(
    ("stated", "weights", "expected"),
    [
        (False, "1.5", ["WGT-108"]),
        (True, "1.5", ["WGT-204"]),
        (False, "1.00", []),
        (True, None, []),
    ],
)
def test_weights_of_the_file_that_are_not_used_are_told(
    stated: bool, weights: str | None, expected: list[str]
) -> None:
    found = drawn(invited=None)
    some = found.respondents.assign(weight=pd.array([weights, *["1"] * 19, *[None] * 20], dtype="str"))
    problems = weigh(replace(found, respondents=some, scheme=Scheme(stated=stated)), LIMITS).problems
    assert [each.id for each in problems] == expected
    assert all(each.message.startswith("The file gives 1 respondent of 40 a weight") for each in problems)


def test_different_chances_that_no_weight_makes_up_for_are_told() -> None:
    (problem,) = weigh(drawn(), LIMITS).problems
    assert (problem.id, problem.grade) == ("WGT-107", "confirm")
    assert problem.message == (
        "Of stratum South 20% of households were invited, of North 5%, and every response counts the same."
    )
    assert weigh(drawn(invited=None), LIMITS).problems == ()
    assert weigh(drawn(invited=False), LIMITS).problems == ()
    assert weigh(drawn(stratified=False), LIMITS).problems == ()


def test_nearly_equal_chances_are_no_problem() -> None:
    found = drawn()
    assert found.households is not None
    north = found.households["stratum"] == "North"
    number = found.households.groupby("stratum").cumcount()
    invited = number < north.map({True: 400, False: 108})
    even = replace(found, households=found.households.assign(invited=invited))
    assert weigh(even, LIMITS).problems == ()


def test_the_same_responses_of_a_simple_sample_begin_equal() -> None:
    found = drawn(stratified=False, **RAKED)
    assert (found.frame, found.strata) == (None, None)
    assert weights_of(found)["weight"].tolist() == pytest.approx([20, 30] * 20, rel=1e-12)


def test_estimates_know_the_strata_and_their_sizes() -> None:
    found = drawn(**RAKED)
    weighting = weigh(found, LIMITS)
    design = design_of(found, weighting)
    assert design.stratum.tolist() == [0] * 20 + [1] * 20
    assert design.sizes is not None
    assert design.sizes.tolist() == [800, 200]
    assert design.calibration is not None
    assert design.calibration.base.tolist() == weighting.base.tolist()
    met = np.array([number % 4 == 0 for number in range(40)])
    ours = estimate(design, met, np.ones(40, dtype=bool))
    assert ours is not None
    # By hand: half of the old are satisfied, so p = 200/1,000; residuals w (y - 1/2) / 1,000 of the old only:
    # +-0.016 in the North, +-0.004 in the South, 5 of each sign; each stratum's squares x 20/19.
    assert ours.p == pytest.approx(0.2)
    north, south = 10 * 0.016**2, 10 * 0.004**2
    assert ours.se**2 == pytest.approx(20 / 19 * (north + south))
    assert ours.se_fpc is not None
    assert ours.se_fpc**2 == pytest.approx(20 / 19 * (north * (1 - 20 / 800) + south * (1 - 20 / 200)))


def test_without_strata_the_whole_population_is_one() -> None:
    design = design_of(found := drawn(stratified=False, **RAKED), weigh(found, LIMITS))
    assert (set(design.stratum), None if design.sizes is None else design.sizes.tolist()) == ({0}, [1000])


def test_a_respondent_without_a_stratum_is_refused_where_it_counts() -> None:
    found = drawn(stray=True, **RAKED)
    assert found.strata is not None
    assert found.strata.isna().sum() == 1
    assert refused(found) == [("WGT-014", "")]
    # Unweighted nothing rests on it; the strata are then left out of the errors.
    plain = drawn(stray=True)
    design = design_of(plain, weigh(plain, LIMITS))
    assert set(design.stratum) == {0}


@pytest.mark.parametrize(
    "found",
    [
        drawn(invited=None, **RAKED),
        sample(young_and_old(3, 1), None, AGES, stratified=True, **RAKED),
        sample(
            young_and_old(3, 1),
            register(*[{"invited": True, "age": "old"}] * 100),
            AGES,
            stratified=True,
            **RAKED,
        ),
    ],
    ids=["nobody is known to be invited", "no households table", "no stratum"],
)
def test_strata_that_are_not_known_are_none(found: Sample) -> None:
    assert (found.frame, found.strata) == (None, None)
    assert len(set(weigh(found, LIMITS).base)) == 1


def test_a_survey_that_names_no_households_has_no_strata() -> None:
    known = drawn(**RAKED)
    nameless = Sample(
        known.population,
        known.respondents.drop(columns="household_id"),
        known.characteristics,
        known.households,
        known.margins,
        known.scheme,
    )
    assert nameless.frame is not None
    assert nameless.strata is None
    assert len(set(weights_of(nameless)["base_weight"])) == 1


# What every output rests on


def test_households_that_nobody_is_known_to_have_invited_count_as_not_invited() -> None:
    households = register(
        {"stratum": "North", "invited": True},
        {"stratum": "North", "invited": None},
        {"stratum": "North", "invited": False},
        {"stratum": None, "invited": True},
    )
    found = sample(young_and_old(1, 1), households, stratified=True).invited_by_stratum
    assert found.to_dict("list") == {"stratum": ["North"], "households": [3], "invited": [1]}


class Survey:
    """A random survey, its population in margins of two characteristics; weights supplied too."""

    def __init__(self, seed: int) -> None:
        random = np.random.Generator(np.random.PCG64(seed))
        size = int(random.integers(60, 200))
        self.random = random
        self.people = responses(
            *[
                {
                    "age": f"age {random.integers(3) if number > 20 else number % 3}",
                    "area": f"area {random.integers(4) if number > 20 else number % 4}",
                    "weight": f"{random.uniform(0.3, 3):.5f}",
                    "satisfied": str(random.random() < 0.6),
                }
                for number in range(size)
            ],
            characteristics=("age", "area"),
        )
        self.margins = self.counted(int(random.integers(1000, 50_000)))

    def counted(self, households: int, times: int = 1) -> pd.DataFrame:
        rows: list[tuple[str, str, str, int]] = []
        for name in ("age", "area"):
            shares = self.people[name].value_counts(normalize=True).sort_index()
            shifted = shares * np.linspace(0.8, 1.2, len(shares))
            counts = np.floor(shifted / shifted.sum() * households).astype(int)
            counts.iloc[0] += households - counts.sum()
            rows += [("LCRA", name, str(category), times * int(n)) for category, n in counts.items()]
        return totals(*rows)

    def sample(self, method: str, people: pd.DataFrame | None = None, times: int = 1) -> Sample:
        given_people = self.people if people is None else people
        names = {"rake": ("age", "area"), "post_stratify": ("area",)}.get(method, ())
        margins = self.margins.assign(households=self.margins["households"] * times)
        return sample(given_people, None, margins, method=method, characteristics=names)


def achieved(found: Sample, frame: pd.DataFrame, name: str) -> dict[str, float]:
    return frame["weight"].groupby(found.respondents[name]).sum().to_dict()


SEEDS = st.integers(0, 2**32 - 1)
METHODS = ["none", "supplied", "post_stratify", "rake"]


@pytest.mark.parametrize("method", METHODS)
@EXAMPLES
@given(seed=SEEDS)
def test_weights_sum_to_the_population_and_are_what_counts(method: str, seed: int) -> None:
    found = Survey(seed).sample(method)
    weighting = weigh(found, LIMITS)
    frame, size = weights_frame(found, weighting), found.population_size
    assert size is not None
    assert frame["weight"].sum() == pytest.approx(size, rel=1e-9)
    assert frame["base_weight"].sum() == pytest.approx(size, rel=1e-9)
    # Exactly one factor between what a response counts as and the households that it stands for.
    factor = weighting.population / float(exact_sum(frame["counts_as"]))
    assert (frame["weight"] == frame["counts_as"].astype(float) * factor).all()
    assert frame["weight"].tolist() == pytest.approx(weighting.weights.tolist(), rel=1e-9)
    for name in weighting.characteristics:
        for category, households in achieved(found, frame, name).items():
            assert households == pytest.approx(found.known(name)[category], rel=1e-8)


@EXAMPLES
@given(seed=SEEDS)
def test_computed_weights_count_as_many_as_responded(seed: int) -> None:
    found = Survey(seed).sample("rake")
    counts = counts_as(found, weigh(found, LIMITS))
    assert float(exact_sum(counts)) == pytest.approx(len(counts), rel=1e-11)
    assert not any("E" in each for each in counts)
    assert all(-Decimal(each).as_tuple().exponent <= 12 for each in counts)  # type: ignore[operator]


@pytest.mark.parametrize("method", METHODS)
@EXAMPLES
@given(seed=SEEDS)
def test_the_order_of_the_responses_does_not_matter(method: str, seed: int) -> None:
    survey = Survey(seed)
    shuffled = survey.people.iloc[survey.random.permutation(len(survey.people))]
    shuffled.attrs = survey.people.attrs
    ours, theirs = (
        weights_of(survey.sample(method, people)).set_index("response_id")
        for people in (survey.people, shuffled)
    )
    assert list(theirs.index) == list(shuffled["response_id"])
    columns = ["weight", "base_weight"]
    pd.testing.assert_frame_equal(ours[columns], theirs.loc[ours.index, columns], rtol=1e-10)
    counts = [frame.loc[ours.index, "counts_as"].astype(float).tolist() for frame in (ours, theirs)]
    assert counts[0] == pytest.approx(counts[1], abs=1e-10)


@pytest.mark.parametrize("method", METHODS)
@EXAMPLES
@given(seed=SEEDS)
def test_a_population_ten_times_as_large_has_the_same_percentages(method: str, seed: int) -> None:
    survey = Survey(seed)
    met = (survey.people["satisfied"] == "True").to_numpy()
    everybody = np.ones(len(met), dtype=bool)
    found = []
    for times in (1, 10):
        each = survey.sample(method, times=times)
        weighting: Weighting = weigh(each, LIMITS)
        frame = weights_frame(each, weighting)
        estimated = estimate(design_of(each, weighting), met, everybody)
        assert estimated is not None
        assert estimated.p == pytest.approx((frame["weight"] * met).sum() / frame["weight"].sum(), rel=1e-10)
        found.append((frame["weight"].sum(), estimated.p, estimated.se))
    assert found[1][0] == pytest.approx(10 * found[0][0])
    assert found[1][1:] == pytest.approx(found[0][1:], rel=1e-9)
