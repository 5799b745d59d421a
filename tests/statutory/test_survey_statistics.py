"""The survey's statistics in the return document: each number with the words that show it."""

from __future__ import annotations

import copy
import json
from typing import Any

import pytest

from pipelines.statutory.survey_statistics import (
    effect_text,
    p_text,
    representation_text,
    representativeness_text,
    response_text,
    shown,
    weights_text,
    with_texts,
)
from pipelines.survey.estimation import FPC_ASSUMPTION
from tests.survey.reference import last_year
from tests.survey.surveyed import reference_answers, reference_sample, statistics

LABELS = {f"TP{number:02d}": f"TP{number:02d} label" for number in range(1, 13)}

WEIGHTS: dict[str, Any] = {
    "method": "rake",
    "characteristics": ["age_band"],
    "population": 14500.0,
    "bounds": None,
    "least_ratio": 0.504,
    "greatest_ratio": 1.995,
    "design_effect": 1.115,
    "n_effective": 1083.5,
    "margins": [],
}
ACCURACY: dict[str, Any] = {
    "n_effective": 1083.5,
    "honest_margin": "2.865000",
    "honest_met": True,
    "only_nominally": False,
}
ESTIMATE: dict[str, Any] = {
    "measure": "TP01",
    "n": 1200,
    "value": 65.56,
    "se": 1.45,
    "deff": 1.125,
    "n_effective": 1083.5,
    "ci_low": 62.66,
    "ci_high": 68.375,
}
CHANGE: dict[str, Any] = {
    "measure": "TP01",
    "this_year": 65.56,
    "last_year": 62.36,
    "difference": 3.2,
    "se": 1.4,
    "ci_low": 0.44,
    "ci_high": 5.96,
    "p_value": 0.0049,
    "p_adjusted": 0.029,
}
CELL: dict[str, Any] = {
    "measure": "TP01",
    "characteristic": "area",
    "category": "North",
    "mark": "",
    "n": 300,
    "value": 70.25,
    "difference": 4.75,
    "difference_low": -0.04,
    "difference_high": 9.5,
    "p_value": 0.01,
    "p_adjusted": 0.04,
}
GROUPS: dict[str, Any] = {
    "tested": 1,
    "small": 0,
    "protecting": 0,
    "imprecise": 0,
    "omitted": [],
    "cells": [CELL],
}


def category(name: str, gap: float, weighted_gap: float | None = None) -> dict[str, Any]:
    return {
        "category": name,
        "respondents": 10,
        "households": 100,
        "sample_percent": 25 + gap,
        "population_percent": 25.0,
        "gap": gap,
        "weighted_percent": None if weighted_gap is None else 25 + weighted_gap,
        "weighted_gap": weighted_gap,
    }


def representation(*categories: dict[str, Any], name: str = "age_band") -> dict[str, Any]:
    weighted = categories[0]["weighted_gap"] is not None
    return {
        "characteristic": name,
        "categories": list(categories),
        "effect_size": 0.123,
        "p_value": 0.0004,
        "weighted": {"effect_size": 0.004, "p_value": None} if weighted else None,
        "not_stated": 0,
        "unmatched": [],
    }


RESPONSE: dict[str, Any] = {
    "r": 0.8321,
    "cv": 0.21,
    "mean_propensity": 31.25,
    "invited": 1640,
    "responded": 1512,
    "partial": [{"characteristic": "age_band", "value": 0.05349}],
}


def texts(last_year: dict[str, Any] | None = None, **raw: Any) -> dict[str, Any]:
    """The statistics of a population with some parts changed; the raw ones must stay as they are."""
    given = {
        "population": "LCRA",
        "population_size": 14500,
        "responses": 1200,
        "weights": WEIGHTS,
        "accuracy": ACCURACY,
        "estimates": [ESTIMATE],
        "representativeness": [],
        "response": None,
        "changes": [],
        "groups": GROUPS,
        **raw,
    }
    before = copy.deepcopy(given)
    found = with_texts(given, last_year, LABELS)
    assert given == before
    assert json.loads(json.dumps(found, allow_nan=False)) == found
    return found


# Numbers


@pytest.mark.parametrize(
    ("number", "places", "text"),
    [
        (65.5584, 1, "65.6"),
        (0.25, 1, "0.3"),
        (0.75, 1, "0.8"),
        (62.5, 0, "63"),
        (63.5, 0, "64"),
        (0.125, 2, "0.13"),
        (-0.25, 1, "-0.3"),
        (-0.04, 1, "0.0"),
        (1083.5, 0, "1,084"),
        (12345.678, 1, "12,345.7"),
        (100.0, 1, "100.0"),
        (0.0, 1, "0.0"),
        (None, 1, "–"),
    ],
)
def test_numbers_are_rounded_half_up(number: float | None, places: int, text: str) -> None:
    assert shown(number, places) == text


@pytest.mark.parametrize(
    ("number", "text"),
    [
        (3.2, "+3.2"),
        (-3.2, "-3.2"),
        (0.25, "+0.3"),
        (-0.25, "-0.3"),
        (0.0, "0.0"),
        (-0.0, "0.0"),
        (0.04, "0.0"),
        (-0.04, "0.0"),
        (1234.5, "+1,234.5"),
        (None, "–"),
    ],
)
def test_differences_have_a_sign_unless_they_are_nothing(number: float | None, text: str) -> None:
    assert shown(number, sign=True) == text


@pytest.mark.parametrize(
    ("p_value", "text"),
    [
        (0.0, "<0.001"),
        (0.000999, "<0.001"),
        (0.001, "0.001"),
        (0.03125, "0.031"),
        (0.0496, "0.0496"),
        (0.0504, "0.050"),
        (0.0625, "0.063"),
        (0.9996, "1.000"),
        (1.0, "1.000"),
        (None, "not tested"),
    ],
)
def test_p_values(p_value: float | None, text: str) -> None:
    assert p_text(p_value) == text


@pytest.mark.parametrize(
    ("effect_size", "text"),
    [
        (0.0, "0.00 (negligible)"),
        (0.094, "0.09 (negligible)"),
        (0.0999, "0.10 (small)"),  # the word is that of the number shown
        (0.1, "0.10 (small)"),
        (0.294, "0.29 (small)"),
        (0.3, "0.30 (medium)"),
        (0.494, "0.49 (medium)"),
        (0.5, "0.50 (large)"),
        (1.7, "1.70 (large)"),
    ],
)
def test_effect_sizes_have_a_word(effect_size: float, text: str) -> None:
    assert effect_text(effect_size) == text


# How it was weighted, and what that costs


def test_not_weighted() -> None:
    raw = {**WEIGHTS, "method": "none", "characteristics": [], "least_ratio": None, "greatest_ratio": None}
    assert weights_text(raw) == "Responses are not weighted: each counts the same."


COST = (
    " Weights run from 0.50 to 2.00 times the base weight; unequal weights make the responses worth 1,084 "
    "equal ones (design effect 1.12)."
)


@pytest.mark.parametrize(
    ("changes", "text"),
    [
        (
            {"method": "supplied", "characteristics": []},
            "Responses are weighted by weights that the contractor supplied.",
        ),
        (
            {"method": "post_stratify", "characteristics": ["age_band", "area"]},
            "Responses are post-stratified on age band and area.",
        ),
        (
            {"characteristics": ["age_band", "area", "ethnic_group"]},
            "Responses are raked (weighted to each characteristic's totals in turn until all are met) on age "
            "band, area and ethnic group.",
        ),
        (
            {"bounds": [0.3, 3.0]},
            "Responses are raked (weighted to each characteristic's totals in turn until all are met) on age "
            "band. No weight is below 0.3 or above 3 times the base weight.",
        ),
    ],
)
def test_how_it_was_weighted(changes: dict[str, Any], text: str) -> None:
    raw = {**WEIGHTS, "design_effect": 1.125, **changes}
    expected = text + COST.replace("1.12)", "1.13)")
    assert weights_text(raw) == expected
    assert texts(weights=raw)["weights"] == {**raw, "text": expected}


# Accuracy at what the responses are worth


@pytest.mark.parametrize(
    ("changes", "margin", "text"),
    [
        (
            {},
            2.87,
            "The responses are worth 1,084 equally weighted ones, which gives a margin of error of ±2.87 "
            "percentage points. That meets the requirement too.",
        ),
        (
            {"honest_met": False},
            2.87,
            "The responses are worth 1,084 equally weighted ones, which gives a margin of error of ±2.87 "
            "percentage points. That does not meet the requirement.",
        ),
        (
            {"honest_met": False, "only_nominally": True, "honest_margin": "4.004999"},
            4.0,
            "The responses are worth 1,084 equally weighted ones, which gives a margin of error of ±4.00 "
            "percentage points. The regulator's test, which ignores weighting, is passed; at what the "
            "responses are worth it would not be: read the results with the wider margin.",
        ),
        (
            {"honest_margin": None},
            None,
            "The responses are worth 1,084 equally weighted ones. That meets the requirement too.",
        ),
    ],
    ids=["met", "not met", "only nominally", "no margin"],
)
def test_the_honest_margin(changes: dict[str, Any], margin: float | None, text: str) -> None:
    found = texts(accuracy={**ACCURACY, **changes})["accuracy"]
    assert (found["honest_margin"], found["text"]) == (margin, text)
    assert found["n_effective"] == 1083.5


def test_without_a_population_there_is_no_accuracy() -> None:
    assert texts(accuracy=None, population_size=None)["accuracy"] is None


# Estimates


def test_an_estimate() -> None:
    (found,) = texts()["estimates"]
    assert found == {
        **ESTIMATE,
        "value_text": "65.6%",
        "interval_text": "62.7% to 68.4%",
        "margin_text": "±2.9",
        "n_effective_text": "1,084",
        "deff_text": "1.13",
    }


def test_an_estimate_of_everybody() -> None:
    everybody = {**ESTIMATE, "value": 100.0, "deff": None, "ci_low": 99.68, "ci_high": 100.0, "se": 0.0}
    (found,) = texts(estimates=[everybody])["estimates"]
    assert found["value_text"] == "100.0%"
    assert found["interval_text"] == "99.7% to 100.0%"
    assert found["margin_text"] == "±0.2"
    assert found["deff_text"] == "–"


# The sample against the population


def test_a_characteristic_before_and_after_weighting() -> None:
    raw = representation(category("16-34", -5.25, 0.0), category("65+", 5.25, -0.04), category("rest", 0, 0))
    (found,) = texts(representativeness=[raw])["representativeness"]
    # Of equally large differences the first is named.
    assert found["text"] == (
        "age band 5.3 percentage points (16-34: 19.8% of responses, 25.0% of households; effect size 0.12 "
        "(small)), at most 0.0 after weighting"
    )
    assert (found["effect_text"], found["weighted_effect_text"]) == ("0.12 (small)", "0.00 (negligible)")
    assert found["p_text"] == "<0.001"
    first, second, third = found["categories"]
    assert first == {
        **raw["categories"][0],
        "sample_text": "19.8%",
        "population_text": "25.0%",
        "weighted_text": "25.0%",
        "gap_text": "-5.3",
        "weighted_gap_text": "0.0",
    }
    assert (second["gap_text"], second["weighted_gap_text"]) == ("+5.3", "0.0")
    assert third["gap_text"] == "0.0"


def test_a_characteristic_that_was_not_weighted() -> None:
    raw = representation(category("16-34", -1.0), category("65+", 1.5)) | {"p_value": None}
    (found,) = texts(representativeness=[raw])["representativeness"]
    assert found["text"] == (
        "age band 1.5 percentage points (65+: 26.5% of responses, 25.0% of households; effect size 0.12 "
        "(small))"
    )
    assert found["weighted_effect_text"] == ""
    assert found["p_text"] == "not tested"
    assert {each["weighted_text"] + each["weighted_gap_text"] for each in found["categories"]} == {""}


def test_what_is_left_after_weighting_is_the_largest_of_any_category() -> None:
    raw = representation(category("16-34", -5.0, 0.1), category("65+", 5.0, -0.75))
    assert representation_text(raw).endswith("), at most 0.8 after weighting")


def test_representativeness_in_the_approach() -> None:
    age = representation(category("16-34", -5.0, 0.0), category("65+", 5.0, 0.0))
    area = representation(category("North", 1.0, 0.0), category("South", -1.0, 0.0), name="area")
    raw: dict[str, Any] = {
        "population_size": 14500,
        "representativeness": [age, area],
        "response": None,
    }
    text = representativeness_text(raw)
    assert text == (
        "Responses, before weighting, were compared with the 14,500 households of the relevant tenant "
        "population. The largest difference within each characteristic: age band 5.0 percentage points "
        "(16-34: 20.0% of responses, 25.0% of households; effect size 0.12 (small)), at most 0.0 after "
        "weighting; area 1.0 percentage points (North: 26.0% of responses, 25.0% of households; effect size "
        "0.12 (small)), at most 0.0 after weighting."
    )
    responded = representativeness_text({**raw, "response": RESPONSE})
    assert responded == f"{text} {response_text(RESPONSE)}"
    unweighted = representation(category("16-34", -5.0), category("65+", 5.0))
    raw = {"population_size": None, "representativeness": [unweighted], "response": None}
    plain = representativeness_text(raw)
    assert plain is not None
    assert plain.startswith("Responses were compared with the relevant tenant population. ")
    assert representativeness_text({**raw, "representativeness": []}) is None


def test_the_response() -> None:
    found = texts(response=RESPONSE)["response"]
    assert found["text"] == (
        "Of 1,640 invited households 1,512 responded (31.3%); the R-indicator, 1 where all kinds of "
        "household were equally likely to respond, is 0.83."
    )
    assert found["partial"] == [{"characteristic": "age_band", "value": 0.05349, "value_text": "0.053"}]
    assert texts()["response"] is None
    assert response_text({**RESPONSE, "invited": 1, "responded": 1}).startswith("Of 1 invited household 1 ")


# Change on last year

NO_CHANGE = "No more than chance explains"


@pytest.mark.parametrize(
    ("changes", "expected"),
    [
        ({}, ("+3.2", "+0.4 to +6.0", "0.029", True, "Higher than last year, by more than chance explains")),
        (
            {"difference": -3.25, "ci_low": -6.25, "ci_high": -0.04, "p_adjusted": 0.0001},
            ("-3.3", "-6.3 to 0.0", "<0.001", True, "Lower than last year, by more than chance explains"),
        ),
        ({"p_adjusted": 0.05}, ("+3.2", "+0.4 to +6.0", "0.050", False, NO_CHANGE)),
        (
            {"difference": 0.0, "ci_low": -2.0, "ci_high": 2.0, "p_adjusted": 1.0},
            ("0.0", "-2.0 to +2.0", "1.000", False, NO_CHANGE),
        ),
        ({"p_value": None, "p_adjusted": None}, ("+3.2", "+0.4 to +6.0", "not tested", False, NO_CHANGE)),
    ],
    ids=["higher", "lower", "on the line", "none", "not tested"],
)
def test_a_change(changes: dict[str, Any], expected: tuple[Any, ...]) -> None:
    (found,) = texts(changes=[{**CHANGE, **changes}])["changes"]
    names = ("difference_text", "interval_text", "p_text", "significant", "text")
    assert tuple(found[name] for name in names) == expected
    assert found["measure"] == "TP01"


def source(published: bool = False, **more: Any) -> dict[str, Any]:
    return {
        "year": "2023-24",
        "file": "last_year.csv",
        "published": published,
        "assumed": {},
        "left_out": {},
        **more,
    }


def test_where_last_years_figures_are_from() -> None:
    assert texts()["changes_from"] is None
    assert texts(source())["changes_from"] == {
        "year": "2023-24",
        "source": "Last year's figures are those of last_year.csv, which the landlord gave.",
    }
    assert texts(source(published=True))["changes_from"]["source"] == (
        "Last year's figures are those of the return of 2023-24 that was made here."
    )


def test_what_last_years_figures_lack() -> None:
    lacking = source(
        assumed={"LCRA": ["TP01", "TP02", "TP05"], "LCHO": ["TP06"]},
        left_out={"LCRA": {"TP03": "it stands without the counts behind it"}, "LCHO": {"TP07": "its value"}},
    )
    assert texts(lacking)["changes_from"]["source"] == (
        "Last year's figures are those of last_year.csv, which the landlord gave. Their standard errors were "
        "not given and are taken to be those of a simple random sample (TP01 label, TP02 label and TP05 "
        "label). TP03 label is not compared: it stands without the counts behind it."
    )


# Groups of tenants


def test_a_group_that_differs() -> None:
    found = texts()["groups"]
    (cell,) = found["cells"]
    assert cell == {
        **CELL,
        "value_text": "70.3%",
        "difference_text": "+4.8",
        "interval_text": "0.0 to +9.5",
        "p_text": "0.040",
        "significant": True,
    }
    assert found["text"] == (
        "1 comparison of a group of tenants with the rest, question by question: 1 difference (TP01 label) "
        "of more than chance explains, allowing for the number of comparisons (Benjamini-Hochberg, at most "
        "5% of them expected to be false alarms)."
    )


def test_a_hidden_cell_shows_nothing() -> None:
    hidden = {
        name: value if isinstance(value, str) else None for name, value in {**CELL, "mark": "small"}.items()
    }
    (cell,) = texts(groups={**GROUPS, "cells": [hidden], "small": 1})["groups"]["cells"]
    assert cell == {
        **hidden,
        "value_text": "[c]",
        "difference_text": "–",
        "interval_text": "–",
        "p_text": "not tested",
        "significant": False,
    }


def test_what_was_found_and_what_was_hidden() -> None:
    cells = [
        CELL,
        {**CELL, "category": "South"},
        {**CELL, "measure": "TP05"},
        {**CELL, "measure": "TP06", "p_adjusted": 0.05},
        {**CELL, "measure": "TP07", "p_adjusted": None},
    ]
    groups = {
        **GROUPS,
        "cells": cells,
        "tested": 1204,
        "small": 1100,
        "protecting": 2,
        "imprecise": 3,
        "omitted": [
            {"characteristic": "post_code", "why": "it has 214 categories, more than 30"},
            {"characteristic": "method", "why": "every response that states it has the same"},
        ],
    }
    assert texts(groups=groups)["groups"]["text"] == (
        "1,204 comparisons of a group of tenants with the rest, question by question: 3 differences (TP01 "
        "label and TP05 label) of more than chance explains, allowing for the number of comparisons "
        "(Benjamini-Hochberg, at most 5% of them expected to be false alarms). 1,102 results not shown: "
        "1,100 of too few answers, 2 that would give those away. 3 results marked as imprecise. Not "
        "compared: post code (it has 214 categories, more than 30); method (every response that states it "
        "has the same)."
    )
    nothing = texts(groups={**groups, "cells": cells[3:], "small": 1, "protecting": 0, "imprecise": 1})
    text = nothing["groups"]["text"]
    assert "question by question: 0 differences of more than chance explains" in text
    assert "1 result not shown: 1 of too few answers, 0 that would give those away." in text
    assert "1 result marked as imprecise." in text


def test_no_groups() -> None:
    none = {**GROUPS, "cells": [], "tested": 0}
    assert texts(groups=none)["groups"]["text"] == (
        "No groups of tenants could be compared: the responses carry no characteristic to group by."
    )
    omitted = [{"characteristic": "post_code", "why": "it has 214 categories, more than 30"}]
    assert texts(groups={**none, "omitted": omitted})["groups"]["text"] == (
        "No groups of tenants could be compared. Not compared: post code (it has 214 categories, more than "
        "30)."
    )


# The whole


def test_the_reference_survey_in_words() -> None:
    """What the statistics really give has every text, and every number stays."""
    raw = statistics(reference_sample(), reference_answers(), last_year=last_year())
    found = with_texts(raw, source(published=True), LABELS)
    assert json.loads(json.dumps(found, allow_nan=False)) == found
    assert found.keys() == (raw.keys() - {"population"}) | {"changes_from", "fpc_assumption"}
    assert found["fpc_assumption"] == FPC_ASSUMPTION
    first = found["estimates"][0]
    assert (first["value_text"], first["interval_text"]) == ("65.6%", "62.7% to 68.3%")
    assert [each["measure"] for each in found["changes"] if each["significant"]] == ["TP06", "TP07"]
    for part in ("estimates", "changes", "representativeness"):
        assert len(found[part]) == len(raw[part]) > 0
        for ours, theirs in zip(found[part], raw[part], strict=True):
            assert {name: ours[name] for name in theirs if name != "categories"} == {
                name: value for name, value in theirs.items() if name != "categories"
            }
    assert found["groups"]["text"].startswith(f"{raw['groups']['tested']:,} comparisons of a group")
