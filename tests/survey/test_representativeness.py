"""Whether the sample is like its population, before and after weighting, and who of the invited responded."""

from __future__ import annotations

from dataclasses import replace
from math import sqrt
from typing import Any

import numpy as np
import pandas as pd
import pytest

from pipelines.survey.association import r_indicator
from pipelines.survey.representativeness import response
from pipelines.survey.sample import Sample, Scheme
from pipelines.survey.statistics import Thresholds

from .reference import FOLDER, HOUSEHOLDS, MARGINS, reference
from .surveyed import frame, reference_sample, sampled, statistics

# Representativeness


def compared(sample: Sample, most_categories: int = 30) -> list[dict[str, Any]]:
    thresholds = Thresholds(10, 30, most_categories)
    found: list[dict[str, Any]] = statistics(sample, {}, thresholds=thresholds)["representativeness"]
    return found


def households(**columns: list[str | None]) -> pd.DataFrame:
    rows = frame(**columns)
    return rows.assign(household_id=[f"H{number}" for number in range(len(rows))], tenure="LCRA")


def test_the_reference_before_and_after_weighting() -> None:
    found = compared(reference_sample())
    assert [each["characteristic"] for each in found] == MARGINS
    for each in found:
        expected = reference("unweighted_srs", "REPRESENT", each["characteristic"])
        assert each["statistic"] == pytest.approx(expected["chisq"], rel=1e-10)
        assert each["df"] == expected["df"]
        assert each["p_value"] == pytest.approx(expected["p"], rel=1e-6)
        assert each["effect_size"] == pytest.approx(sqrt(expected["chisq"] / 1200))
        assert (each["source"], each["not_stated"], each["unmatched"]) == ("population_margins", 0, [])
        assert sum(row["households"] for row in each["categories"]) == HOUSEHOLDS
        assert sum(row["respondents"] for row in each["categories"]) == 1200
        for row in each["categories"]:
            name = f"{each['characteristic']}={row['category']}"
            gap = reference("unweighted_srs", "REPRESENT", name)["share_gap_pp"]
            assert row["gap"] == pytest.approx(gap, abs=1e-9)
            assert row["sample_percent"] - row["population_percent"] == pytest.approx(row["gap"])
            # The weights were fitted to these very totals.
            assert row["weighted_gap"] == pytest.approx(0, abs=1e-6)
            assert row["weighted_percent"] == pytest.approx(row["population_percent"])
        weighted = each["weighted"]
        assert weighted["effect_size"] == pytest.approx(0, abs=1e-8)
        assert (weighted["statistic"], weighted["df"], weighted["p_value"]) == (None, None, None)


def test_by_hand_from_the_households() -> None:
    register = households(area=["north"] * 30 + ["south"] * 60 + [None] * 5 + ["unknown"] * 5)
    people = frame(area=["north", "north", "north", " north ", "south", None, "Prefer not to say", "east"])
    (found,) = compared(sampled(people, households=register))
    assert found == {
        "characteristic": "area",
        "source": "households",
        "categories": [
            {
                "category": "north",
                "respondents": 4,
                "households": 30,
                "sample_percent": pytest.approx(80),
                "population_percent": pytest.approx(100 / 3),
                "gap": pytest.approx(80 - 100 / 3),
                "weighted_percent": None,
                "weighted_gap": None,
            },
            {
                "category": "south",
                "respondents": 1,
                "households": 60,
                "sample_percent": pytest.approx(20),
                "population_percent": pytest.approx(200 / 3),
                "gap": pytest.approx(20 - 200 / 3),
                "weighted_percent": None,
                "weighted_gap": None,
            },
        ],
        "effect_size": pytest.approx(sqrt((7 / 15) ** 2 * (3 + 1.5))),
        "statistic": pytest.approx(5 * (7 / 15) ** 2 * (3 + 1.5)),
        "df": 1,
        "p_value": pytest.approx(0.02686, abs=1e-4),
        "weighted": None,
        "not_stated": 2,
        "unmatched": ["east"],
    }


def test_spellings_of_one_category_are_one() -> None:
    sample = sampled(
        frame(area=["north", "south"]), margins={"area": {"north": 10, " north": 20, "south": 30}}
    )
    (found,) = compared(sample)
    assert [row["households"] for row in found["categories"]] == [30, 30]
    assert found["effect_size"] == 0


def test_a_category_that_nobody_of_responded() -> None:
    sample = sampled(frame(area=["north", "north"]), margins={"area": {"north": 75, "south": 25}})
    north, south = compared(sample)[0]["categories"]
    assert (north["respondents"], north["gap"]) == (2, 25)
    assert (south["respondents"], south["sample_percent"], south["gap"]) == (0, 0, -25)


def test_a_single_category_leaves_nothing_to_test() -> None:
    (found,) = compared(sampled(frame(area=["north"] * 3), margins={"area": {"north": 75, "south": 0}}))
    assert [row["category"] for row in found["categories"]] == ["north"]
    assert (found["statistic"], found["df"], found["p_value"]) == (None, None, None)


def test_supplied_weights_are_compared_too() -> None:
    people = frame(area=["north"] * 6 + ["south"] * 4, weight=["1"] * 6 + ["3"] * 4)
    margins = {"area": {"north": 50, "south": 50}}
    (found,) = compared(sampled(people, margins=margins, scheme=Scheme("supplied")))
    north, south = found["categories"]
    assert (north["gap"], north["weighted_percent"], north["weighted_gap"]) == pytest.approx(
        (10, 100 / 3, -50 / 3)
    )
    assert south["weighted_gap"] == pytest.approx(50 / 3)
    assert found["weighted"]["effect_size"] == pytest.approx(1 / 3)
    assert 0 < found["weighted"]["p_value"] < 1
    (unweighted,) = compared(sampled(people, margins=margins))
    assert unweighted["weighted"] is None


def test_only_what_both_sides_state_is_compared() -> None:
    register = households(
        area=["north"] * 50, age=["young", "old"] * 25, blank=[None] * 50, other=["x", "y"] * 25
    )
    people = frame(
        age=["young"] * 3, area=[None, "unknown", ""], blank=["a", "b", "c"], mine=["a"] * 3, other=["z"] * 3
    )
    assert [each["characteristic"] for each in compared(sampled(people, households=register))] == ["age"]


def test_columns_that_tell_households_apart_are_no_characteristics() -> None:
    postcodes: list[str | None] = [f"B{number}" for number in range(40)]
    sample = sampled(frame(postcode=postcodes[:20]), households=households(postcode=postcodes))
    assert compared(sample) == []
    assert len(compared(sample, most_categories=40)) == 1
    # Given on purpose: as totals, or to weight by.
    totals: dict[str, int] = {str(code): 1 for code in postcodes}
    (given,) = compared(sampled(frame(postcode=postcodes[:20]), margins={"postcode": totals}))
    assert len(given["categories"]) == 40
    scheme = Scheme("rake", ("postcode",))
    (weighted,) = compared(
        sampled(frame(postcode=postcodes), households=households(postcode=postcodes), scheme=scheme)
    )
    assert weighted["weighted"]["effect_size"] == pytest.approx(0)


COLLAPSE = {"age": {"16-24": "16-34", "25-34": "16-34", "85+": "65+", "odd": "unknown"}}


def test_a_category_of_respondents_alone_is_read_as_it_is_collapsed() -> None:
    people = frame(age=["16-24"] * 10 + ["25-34"] * 10 + ["65+"] * 15 + ["odd"])
    margins = {"age": {"16-34": 50, "65+": 40, "85+": 10}}
    (found,) = compared(sampled(people, margins=margins, scheme=Scheme(collapse=COLLAPSE)))
    assert (found["unmatched"], found["not_stated"]) == ([], 1)
    assert [(row["category"], row["respondents"]) for row in found["categories"]] == [
        ("16-34", 20),
        ("65+", 15),
        # Collapsed in the weighting, and still to be seen: nobody of them responded.
        ("85+", 0),
    ]


def test_the_gap_that_collapsing_leaves_is_to_be_seen() -> None:
    people = frame(age=["16-34"] * 20 + ["65+"] * 30)
    margins = {"age": {"16-34": 50, "65+": 40, "85+": 10}}
    scheme = Scheme("rake", ("age",), collapse={"age": {"85+": "65+"}})
    (found,) = compared(sampled(people, margins=margins, scheme=scheme))
    gaps = [row["weighted_gap"] for row in found["categories"]]
    assert gaps == pytest.approx([0, 10, -10], abs=1e-9)


# Who responded


def invited_sample(
    register: pd.DataFrame, responded: list[str], names: tuple[str, ...], strangers: int = 0
) -> Sample:
    ids = [*responded, *(f"X{number}" for number in range(strangers))]
    sample = sampled(frame(household_id=ids, here=["x"] * len(ids)), households=register)
    return replace(sample, characteristics=("here", *names))


def register_of(invited: object = True, **columns: list[str | None]) -> pd.DataFrame:
    return households(**columns).assign(invited=invited)


def test_the_r_indicator_of_the_reference() -> None:
    counts = pd.read_csv(FOLDER / "frame_invited.csv")
    people = counts.loc[counts.index.repeat(counts["invited"])]
    responded = (people.groupby(level=0).cumcount() < people["responded"]).to_numpy()
    register = register_of(**{name: people[name].to_list() for name in MARGINS})
    # Those who were not invited are no part of it.
    others = register.head(500).assign(invited=None, household_id=[f"U{number}" for number in range(500)])
    whole = pd.concat([register.astype({"invited": object}), others], ignore_index=True)
    ids = register.loc[responded, "household_id"].to_list()
    found = response(invited_sample(whole, ids, tuple(MARGINS)), 30)
    expected = reference("invited", "R_INDICATOR")
    assert found is not None
    assert found["r"] == pytest.approx(expected["R_unadjusted"], rel=1e-9)
    assert found["r"] == pytest.approx(0.7944, abs=1e-4)
    assert found["cv"] == pytest.approx(expected["CV"], rel=1e-9)
    assert found["mean_propensity"] == pytest.approx(100 * expected["mean_rho"], rel=1e-9)
    assert [row["characteristic"] for row in found["partial"]] == MARGINS
    assert (found["invited"], found["responded"]) == (len(people), int(responded.sum()))


NORTH_AND_SOUTH: list[str | None] = [*["north"] * 40, *["south"] * 60]
TEN_AND_THIRTY = [f"H{number}" for number in [*range(10), *range(40, 70)]]


def test_by_hand() -> None:
    """10 of 40 and 30 of 60 responded: what tells nobody apart takes no part."""
    register = register_of(
        area=NORTH_AND_SOUTH,
        blank=[None] * 100,
        unsaid=["unknown", None] * 50,
        alike=["x"] * 100,
        name=[f"N{number}" for number in range(100)],
    ).astype({"invited": "boolean"})
    found = response(
        invited_sample(register, TEN_AND_THIRTY, ("area", "blank", "unsaid", "alike", "name", "none")), 30
    )
    spread = sqrt(0.4 * (0.25 - 0.4) ** 2 + 0.6 * (0.5 - 0.4) ** 2)
    assert found is not None
    assert found["partial"] == [{"characteristic": "area", "value": pytest.approx(spread)}]
    assert found["r"] == pytest.approx(1 - 2 * spread * sqrt(100 / 99))
    assert found["cv"] == pytest.approx(spread * sqrt(100 / 99) / 0.4)
    assert found["mean_propensity"] == pytest.approx(40)
    assert (found["invited"], found["responded"]) == (100, 40)


def test_a_category_that_is_not_stated_is_one_of_its_own() -> None:
    area: list[str | None] = [None, " Unknown", "north", "north "] * 25
    responded = [number for number in range(100) if number % 4 in (0, 2) or number < 20]
    found = response(
        invited_sample(register_of(area=area), [f"H{number}" for number in responded], ("area",)), 30
    )
    expected = r_indicator(
        pd.DataFrame({"area": ["", "", "north", "north"] * 25}),
        np.isin(np.arange(100), responded),
    )
    assert found is not None
    assert found["r"] == pytest.approx(expected.r)


def test_it_is_part_of_the_statistics() -> None:
    sample = invited_sample(register_of(area=NORTH_AND_SOUTH), TEN_AND_THIRTY, ())
    sample = replace(sample, characteristics=("area",))
    sample.respondents["area"] = "north"
    assert statistics(sample, {})["response"] == response(sample, 30)
    assert statistics(sample, {})["response"] is not None


def test_responses_that_cannot_be_traced() -> None:
    """Four of 44 without an invited household are little; five of 45 would pass for non-response."""
    register = register_of(area=NORTH_AND_SOUTH)
    assert response(invited_sample(register, TEN_AND_THIRTY, ("area",), strangers=4), 30) is not None
    assert response(invited_sample(register, TEN_AND_THIRTY, ("area",), strangers=5), 30) is None


def test_where_nothing_can_be_said() -> None:
    register = register_of(area=NORTH_AND_SOUTH)
    sample = invited_sample(register, TEN_AND_THIRTY, ("area",))
    everybody = [f"H{number}" for number in range(100)]
    nothing_said = {
        "no register": replace(sample, households=None),
        "invited unknown": replace(sample, households=register.drop(columns="invited")),
        "invited blank": replace(sample, households=register.assign(invited=None)),
        "nobody invited": replace(sample, households=register.assign(invited=False)),
        "responses without a household": replace(
            sample, respondents=sample.respondents.drop(columns="household_id")
        ),
        "households blank": replace(
            sample, respondents=sample.respondents.assign(household_id=pd.Series([None] * 40, dtype="str"))
        ),
        "all responded": invited_sample(register, everybody, ("area",)),
        "nothing known of them": invited_sample(register, TEN_AND_THIRTY, ()),
        "all alike": invited_sample(register.assign(area="north"), TEN_AND_THIRTY, ("area",)),
    }
    assert {why for why, each in nothing_said.items() if response(each, 30) is not None} == set()
    assert response(sample, 30) is not None
    assert response(sample, 1) is None
