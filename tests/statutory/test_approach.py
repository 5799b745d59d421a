"""The survey approach: each item from the records and year.yaml, or missing with what to put where."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from pipelines.statutory import SurveyEvidence, assemble
from pipelines.survey.sample import Scheme
from tests.statutory import builders
from tests.statutory.builders import combined, document, households, inputs, responses, survey_in


def items(population: str = "LCRA", **changes: Any) -> dict[str, dict[str, Any]]:
    return {item["letter"]: item for item in survey_in(document(**changes), population)["items"]}


def evidence(**changes: Any) -> dict[str, SurveyEvidence]:
    """The usual evidence, with other responses or households of the LCRA survey, and its statistics."""
    usual = inputs().surveys
    changed = replace(usual["LCRA"], **changes)
    return {**usual, "LCRA": builders.evidence("LCRA", changed.responses, changed.households)}


def plan(**changes: Any) -> dict[str, Any]:
    return {"survey": {"LCRA": changes}}


def test_a_complete_survey_has_all_eleven_items() -> None:
    assert list(items()) == list("abcdefghijk")
    assert not any(item["missing"] for item in items().values())


@pytest.mark.parametrize(
    ("letter", "text"),
    [
        ("a", "540 responses from tenants in low cost rental accommodation, of 2,900 households in the "
              "relevant tenant population."),
        ("b", "Fieldwork ran from 2 September 2024 to 29 November 2024. Responses were completed between "
              "5 September 2024 and 20 November 2024."),
        ("c", "Collected by: Telephone (360 responses) and Internet (180 responses)."),
        ("d", "A sample of households, drawn by quota sampling."),
        ("f", "No weighting was applied."),
        ("g", "Example Research Ltd was the external contractor for the survey. Interviews were carried out "
              "by the contractor."),
        ("h", "2 tenant households were left out of the sample frame: risk to interviewer (2)."),
        ("j", "No incentives were offered."),
    ],
)  # fmt: skip
def test_generated_texts(letter: str, text: str) -> None:
    assert items()[letter]["text"] == text


def test_representativeness_names_the_largest_gap_of_each_characteristic() -> None:
    # A third of the responses and a quarter of the households are 65 or over: 8.33 points.
    assert (
        "Responses were compared with the 2,900 households of the relevant tenant population. The largest "
        "difference within each characteristic: age band 8.3 percentage points (65 and over: 33.3% of "
        "responses, 25.0% of households; effect size 0.19 (small))." in items()["e"]["text"]
    )


@pytest.mark.parametrize(
    ("letter", "given", "text"),
    [
        ("d", {"approach": "census"},
         "A census: every household in the sample frame was invited to take part."),
        ("e", {"representativeness": "Close on age and area"}, "Close on age and area."),
        ("f", {"weighting": {"method": "supplied", "characteristics": ["age_band", "area"]}},
         "Responses were weighted by weights supplied by Example Research Ltd, on age band and area."),
        ("g", {"contractor": "none", "interviewed_by": "own_staff"},
         "No external contractor was used. Interviews were carried out by the landlord's own staff."),
        ("j", {"incentives": "A draw for a £50 voucher"}, "A draw for a £50 voucher."),
        ("k", {"changes_since_last_year": "Telephone replaced post"},
         "Changes since last year: Telephone replaced post."),
        ("k", {"other_issues": "A flood in May.", "changes_since_last_year": "Now quarterly"},
         "Other issues: A flood in May. Changes since last year: Now quarterly."),
    ],
)  # fmt: skip
def test_texts_from_year_yaml(letter: str, given: dict[str, Any], text: str) -> None:
    item = items(year_file=plan(**given))[letter]
    assert (item["text"], item["missing"]) == (text, False)


@pytest.mark.parametrize(
    ("letter", "removed", "named"),
    [
        ("f", {"weighting": {"method": "supplied"}}, "'weighting'"),
        ("g", {"contractor": None}, "'contractor'"),
        ("g", {"interviewed_by": None}, "'interviewed_by'"),
        ("j", {"incentives": None}, "'incentives'"),
        ("k", {"other_issues": None, "changes_since_last_year": None}, "'other_issues'"),
    ],
)
def test_what_is_missing_says_what_to_put_where(letter: str, removed: dict[str, Any], named: str) -> None:
    changed = document(year_file=plan(**removed))
    item = next(item for item in survey_in(changed, "LCRA")["items"] if item["letter"] == letter)
    assert item["missing"]
    assert item["text"].startswith("Not yet supplied. Put")
    missing = next(each for each in changed["status"]["missing"] if f"item {letter}:" in each["what"])
    assert missing["what"].startswith("LCRA survey approach")
    assert named in missing["remedy"]
    assert "under survey, LCRA in year.yaml" in missing["remedy"]
    assert changed["status"]["complete"] is False


@pytest.mark.parametrize("population", ["LCRA", "LCHO"])
def test_every_item_of_every_population_is_there_or_listed_as_missing(population: str) -> None:
    bare = {"survey": {population: None}, "publication_url": None}
    changed = document(year_file=bare, surveys=evidence_of_nothing(population))
    listed = {each["what"]: each["remedy"] for each in changed["status"]["missing"]}
    written = survey_in(changed, population)["items"]
    assert "".join(item["letter"] for item in written) == "abcdefghijk"
    lacking = "".join(item["letter"] for item in written if item["missing"])
    assert lacking == "abcdeghijk"  # unweighted is what a year file without a word means
    for item in written:
        what = f"{population} survey approach, item {item['letter']}: {item['title']}"
        assert (what in listed) == item["missing"]
        if item["missing"]:
            assert f"survey, {population} in year.yaml" in listed[what] or "survey_responses" in listed[what]
    assert f"{population} questionnaire" in listed


def evidence_of_nothing(population: str) -> dict[str, SurveyEvidence]:
    """The usual evidence, but of one population no response and no household."""
    nothing = builders.evidence(population, responses(population, 540).iloc[:0])
    return {**inputs().surveys, population: nothing}


def test_no_plan_at_all_leaves_what_the_records_know() -> None:
    found = items(year_file={"survey": None})
    assert [letter for letter, item in found.items() if item["missing"]] == ["d", "g", "j", "k"]


def test_without_responses_nothing_is_claimed() -> None:
    found = items(surveys=evidence(responses=responses("LCRA", 0)), year_file=plan(fieldwork=None))
    assert [letter for letter, item in found.items() if item["missing"]] == ["a", "b", "c", "e", "i"]


def test_all_responses_on_one_day() -> None:
    one = responses("LCRA", 540)
    one["completed_on"] = one["completed_on"].max()
    text = items(surveys=evidence(responses=one), year_file=plan(fieldwork=None))["b"]["text"]
    assert text == "All responses were completed on 20 November 2024."


def test_other_methods_must_be_described() -> None:
    changed = responses("LCRA", 540)
    changed.loc[changed.index[:60], "method"] = "other"
    assert items(surveys=evidence(responses=changed))["c"]["missing"]
    given = plan(other_method_text="Paper forms left in schemes")
    text = items(surveys=evidence(responses=changed), year_file=given)["c"]["text"]
    assert text.endswith("Other methods: Paper forms left in schemes.")


@pytest.mark.parametrize("households", [None, households("LCRA", 0)])
def test_without_households_year_yaml_gives_population_and_exclusions(households: Any) -> None:
    bare = evidence(households=households)
    found = items(surveys=bare)
    assert [letter for letter, item in found.items() if item["missing"]] == ["e", "h", "i"]
    stated = plan(
        population=2900,
        exclusions={"count": 1, "reason": "incapacity"},
        representativeness="Compared on age and area",
    )
    changed = document(surveys=bare, year_file=stated)
    assert not any(item["missing"] for item in survey_in(changed, "LCRA")["items"])
    text = next(item["text"] for item in survey_in(changed, "LCRA")["items"] if item["letter"] == "h")
    assert text == "1 tenant household was left out of the sample frame: incapacity."
    assert survey_in(changed, "LCRA")["accuracy"]["population_size"] == 2900
    assert survey_in(changed, "LCRA")["facts"]["excluded"] == 1


def test_no_exclusions_may_be_stated() -> None:
    stated = plan(population=2900, exclusions={"count": 0, "reason": "none"})
    text = items(surveys=evidence(households=None), year_file=stated)["h"]["text"]
    assert text == "No tenant household was left out of the sample frame."


def test_an_unknown_population_leaves_the_accuracy_open() -> None:
    accuracy = survey_in(document(surveys=evidence(households=None)), "LCRA")["accuracy"]
    assert accuracy["responses"] == 540
    assert accuracy["met"] is accuracy["required_responses"] is accuracy["achieved_margin"] is None


def test_no_shared_characteristic_means_no_claim() -> None:
    other = households("LCRA", 2900).rename(columns={"age_band": "area"})
    other.attrs["characteristics"] = ["area"]
    assert items(surveys=evidence(households=other))["e"]["missing"]
    blank = households("LCRA", 2900).assign(age_band=None)
    blank.attrs["characteristics"] = ["age_band"]
    assert items(surveys=evidence(households=blank))["e"]["missing"]


def test_after_raking_the_gap_that_is_left_is_told() -> None:
    raked = Scheme("rake", ("age_band",))
    lcra = builders.evidence("LCRA", responses("LCRA", 540), households("LCRA", 2900), raked)
    weighting = {"method": "rake", "characteristics": ["age_band"]}
    made = document(
        surveys={**inputs().surveys, "LCRA": lcra}, year_file=plan(weighting=weighting, contractor="none")
    )
    found = {item["letter"]: item["text"] for item in survey_in(made, "LCRA")["items"]}
    assert "Responses, before weighting, were compared" in found["e"]
    assert "effect size 0.19 (small)), at most 0.0 after weighting." in found["e"]
    assert found["f"] == "Responses were weighted by raking, on age band, to the relevant tenant population."
    assert survey_in(made, "LCRA")["unweighted_tp01"]["base"] == 486


def test_the_population_may_come_from_its_margins() -> None:
    usual = inputs().surveys
    lcra = replace(usual["LCRA"], households=None, margins_total=2800)
    made = document(surveys={**usual, "LCRA": lcra})
    assert survey_in(made, "LCRA")["accuracy"]["population_size"] == 2800


def test_a_missed_requirement_wants_its_reasons() -> None:
    few = evidence(responses=responses("LCRA", 400))
    found = items(surveys=few)["i"]
    assert found["missing"]
    assert "'failure_reason'" in found["text"]
    given = items(surveys=few, year_file=plan(failure_reason="Fieldwork ended early"))["i"]
    assert not given["missing"]
    assert given["text"].endswith("The requirement is not met. Fieldwork ended early.")


def test_a_small_census_meets_the_requirement_without_the_number() -> None:
    small = evidence(responses=responses("LCRA", 300), households=households("LCRA", 2400))
    assert items(surveys=small)["i"]["missing"]
    census = document(surveys=small, year_file=plan(approach="census"))
    assert survey_in(census, "LCRA")["accuracy"]["met"] is True
    assert "met by the census approach" in survey_in(census, "LCRA")["accuracy"]["text"]


def test_the_achieved_margin_is_shown_to_two_places() -> None:
    accuracy = survey_in(document(), "LCRA")["accuracy"]
    # 1.96 x sqrt(0.25 / 540 x (2900 - 540) / 2899) = 3.80517 points.
    assert accuracy["achieved_margin"] == 3.81
    assert (accuracy["required_responses"], accuracy["required_margin"]) == (498, 4)


def test_a_combined_survey_is_compared_on_tenure_too() -> None:
    made = assemble(combined())
    text = next(item["text"] for item in survey_in(made, "COMBINED")["items"] if item["letter"] == "e")
    assert "tenure 25.0 percentage points (LCHO: 25.0% of responses, 50.0% of households" in text
    statuses = [population["status"] for population in made["populations"]]
    assert statuses == ["not_required", "not_required", "reported", "reported"]


def test_questions_carry_the_landlords_name_and_their_answers() -> None:
    asked = {question["key"]: question for question in survey_in(document(), "LCRA")["questions"]}
    assert list(asked) == [f"TP{number:02}" for number in range(1, 13)]
    assert asked["TP08"]["question"].endswith('"Example Homes <Ltd> treats me fairly and with respect"?')
    assert asked["TP08"]["answers"][0] == "Strongly agree"
    assert asked["TP02"]["filter_question"] == (
        "Has Example Homes <Ltd> carried out a repair to your home in the last 12 months?"
    )
    assert "Not applicable/ don't know" in asked["TP05"]["answers"]
    assert len(asked["TP01"]["answers"]) == 5
    lcho = [question["key"] for question in survey_in(document(), "LCHO")["questions"]]
    assert not {"TP02", "TP03", "TP04"} & set(lcho)
