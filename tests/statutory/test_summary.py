"""The summary says what the document says, and calls nothing better or worse that chance explains."""

from __future__ import annotations

import copy
from typing import Any

import pytest

from pipelines.statutory.summary import RULE, summarise
from tests.publications import document as documents


@pytest.fixture
def document() -> dict[str, Any]:
    return copy.deepcopy(documents.build())


def answer(document: dict[str, Any], key: str) -> tuple[str, str]:
    found = next(each for each in summarise(document)["questions"] if each["key"] == key)
    return found["state"], found["answer"]


def comply(document: dict[str, Any]) -> None:
    """Mends everything that the fixture lacks."""
    document["status"] |= {"complete": True, "missing": [], "to_confirm": 0}
    for each in document["checks"]:
        each["outcome"] = "passed"
    for each in document["publication"]["items"]:
        each["present"] = True
    for survey in document["survey"]:
        survey["accuracy"]["met"] = True


def test_a_return_that_meets_everything_is_compliant_and_complete(document):
    comply(document)
    assert answer(document, "compliant") == ("good", "Yes: no requirement of the return is found unmet")
    assert answer(document, "complete") == ("good", "Yes")
    assert answer(document, "confirm") == ("good", "No")


@pytest.mark.parametrize(
    "spoil",
    [
        lambda d: d["checks"][0].update(outcome="failed"),
        lambda d: d["publication"]["items"][0].update(present=False),
        lambda d: d["survey"][1]["accuracy"].update(met=False),
        lambda d: d["figures"][0].update(status="withheld"),
    ],
)
def test_each_requirement_that_is_not_met_is_named(document, spoil):
    comply(document)
    spoil(document)
    assert answer(document, "compliant") == ("bad", "No: 1 requirement is not met")


def test_a_survey_that_cannot_be_judged_leaves_it_open(document):
    comply(document)
    document["survey"][0]["accuracy"]["met"] = None
    assert answer(document, "compliant") == ("open", "Not known")


def test_findings_that_wait_are_no_missing_thing(document):
    comply(document)
    document["status"] |= {"complete": False, "to_confirm": 3}
    assert answer(document, "complete") == ("open", "Not yet: findings wait")
    assert answer(document, "confirm") == ("open", "Yes: 3 findings")


def beside(document: dict[str, Any], measure: str, population: str, median: float) -> None:
    """Moves the medians that one figure is compared with."""
    for each in document["comparison"]["benchmarks"]["figures"]:
        if (each["measure"], each["population"]) == (measure, population):
            for group in each["groups"]:
                group |= {"median": median, "median_text": f"{median}%"}


def named(document: dict[str, Any], part: str) -> set[tuple[str, str]]:
    return {(each["measure"], each["population"]) for each in summarise(document)[part]}


@pytest.mark.parametrize(
    ("distance", "good", "bad"), [(-9.0, True, False), (0.1, False, False), (9.0, False, True)]
)
def test_a_survey_result_is_named_only_where_its_interval_excludes_the_medians(document, distance, good, bad):
    figure = next(f for f in document["figures"] if (f["measure"], f["population"]) == ("TP01", "LCRA"))
    figure |= {"ci_low": figure["value"] - 4, "ci_high": figure["value"] + 4}
    beside(document, "TP01", "LCRA", figure["value"] + distance)
    assert (("TP01", "LCRA") in named(document, "good")) is good
    assert (("TP01", "LCRA") in named(document, "bad")) is bad


def test_a_result_above_the_nation_but_not_above_its_peers_is_not_named(document):
    figure = next(f for f in document["figures"] if (f["measure"], f["population"]) == ("TP01", "LCRA"))
    figure |= {"ci_low": figure["value"] - 4, "ci_high": figure["value"] + 4}
    beside(document, "TP01", "LCRA", figure["value"] - 9)
    groups = next(
        each["groups"]
        for each in document["comparison"]["benchmarks"]["figures"]
        if (each["measure"], each["population"]) == ("TP01", "LCRA")
    )
    next(each for each in groups if each["group_by"] == "method")["median"] = figure["value"]
    assert ("TP01", "LCRA") not in named(document, "good")


def test_homes_without_a_safety_check_are_always_named(document):
    bad = {each["measure"]: each["text"] for each in summarise(document)["bad"]}
    assert bad["BS03"].endswith("38 homes lack a check.")
    assert bad["BS01"].endswith("1 home lacks a check.")  # 100.0%, rounded
    assert "BS02" not in bad
    assert ("BS02", "ALL") in named(document, "good")


def test_a_change_that_chance_explains_is_not_named(document):
    for change in document["comparison"]["changes"]:
        if change["significant"] is not None:
            change["significant"] = (change["measure"], change["population"]) == ("TP01", "LCRA")
    survey = [each for each in summarise(document)["changed"] if each["measure"].startswith("TP")]
    assert [(each["measure"], each["population"]) for each in survey] == [("TP01", "LCRA")]
    assert survey[0]["text"].endswith("beyond chance.")
    assert "1 moved by more than chance explains" in summarise(document)["changed_text"]


def test_a_change_of_what_was_counted_says_of_how_many(document):
    found = {each["measure"]: each["text"] for each in summarise(document)["changed"]}
    assert found["RP01"] == (
        "RP01 Homes that do not meet the Decent Homes Standard (LCRA): 1.6% (47 of 2,981), 2.6 points better "
        "than last year’s 4.2%."
    )


def test_changes_of_method_are_named_where_the_changes_are(document):
    methods = document["comparison"]["method_changes"]
    told = "how answers were collected and target for non-emergency repairs (under Method)."
    assert summarise(document)["changed_text"].endswith(f"may be why figures differ: {told}")
    methods += [methods[0] | {"population": "LCHO"}, methods[0] | {"subject": "weighting"}]
    assert "non-emergency repairs and weighting (under" in summarise(document)["changed_text"]
    methods.append(methods[0] | {"subject": "incentives"})
    assert "non-emergency repairs and 2 more things (under" in summarise(document)["changed_text"]
    methods.clear()
    assert "method" not in summarise(document)["changed_text"]


def test_without_anything_to_compare_it_says_so():
    found = summarise(documents.empty())
    assert (found["good"], found["bad"], found["changed"]) == ([], [], [])
    assert all(found[each] for each in ("good_text", "bad_text", "changed_text"))
    assert found["rule"] == RULE


def test_what_could_move_a_figure_furthest_is_confirmed_first(document):
    groups = document["findings"]["groups"]
    groups.append({**groups[0], "finding_id": "REP-900", "records": 1, "widest": 2.0,
                   "moves": [{"name": "RP02 (1) LCRA", "range_text": "79.0% to 82.0%"}]})  # fmt: skip
    first, second = summarise(document)["confirm"]
    assert first["finding_id"] == "REP-900"
    assert first["text"].endswith("1 record; RP02 (1) LCRA would lie at 79.0% to 82.0%.")
    assert second["finding_id"] == "REP-006"


def test_a_theme_counts_its_figures_beside_the_median(document):
    found = {each["title"]: each["text"] for each in summarise(document)["themes"]}
    standings = [
        each["standing"]
        for each in summarise(document)["standings"]
        if each["measure"].startswith(("TP05", "BS"))
    ]
    assert standings.count("worse") == 2
    assert found["Maintaining building safety"].endswith("and 2 are worse.")
