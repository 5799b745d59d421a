"""Each of the regulator's validations: a planted violation is caught by its id, the clean twin passes."""

from __future__ import annotations

import copy
import json
from collections.abc import Callable
from importlib import resources
from typing import Any

import pytest

from pipelines.intake import FINDING_COLUMNS
from pipelines.statutory import VALIDATIONS, as_findings, validate
from pipelines.statutory.validations import CheckOutcome
from schemas.tables import TABLES
from tests.statutory.builders import document, figure_in, finding, findings, survey_in

Document = dict[str, Any]
Plant = Callable[[Document], None]

CLEAN = document()


def outcomes(planted: Document) -> dict[str, str]:
    return {each.validation.id: each.outcome for each in validate(planted)}


def plant(measure: str, population: str, **values: Any) -> Plant:
    def change(planted: Document) -> None:
        figure_in(planted, measure, population).update(values)

    return change


def methods_fall_short(planted: Document) -> None:
    survey_in(planted, "LCRA")["methods"][0]["responses"] -= 1


def an_answer_in_parts(planted: Document) -> None:
    figure_in(planted, "TP05", "LCRA")["answers"][0]["count"] = 100.5


def fewer_responses(planted: Document) -> None:
    survey = survey_in(planted, "LCHO")
    survey["accuracy"]["responses"] = 269
    survey["methods"][0]["responses"] = 169


def requirement_missed(planted: Document) -> None:
    survey_in(planted, "LCHO")["accuracy"].update(met=False, responses=270, required_responses=282)


def repairs_lost(planted: Document) -> None:
    planted["repairs"]["context"]["outstanding"] = 600


def one_more_completed(planted: Document) -> None:
    planted["repairs"]["context"]["completed"] += 1


def a_small_method(planted: Document) -> None:
    survey_in(planted, "LCRA")["methods"][1]["suppressed"] = True


def passed_only_nominally(planted: Document) -> None:
    survey_in(planted, "LCRA")["statistics"]["accuracy"]["only_nominally"] = True


def another_requirement(planted: Document) -> None:
    survey_in(planted, "LCRA")["accuracy"]["required_responses"] += 1


def a_margin_as_a_fraction(planted: Document) -> None:
    survey_in(planted, "LCHO")["accuracy"]["achieved_margin"] /= 100


def homes_for_complaints(planted: Document) -> None:
    homes = figure_in(planted, "CH01_2", "LCRA")["denominator"]
    figure_in(planted, "CH02_2", "LCRA")["denominator"] = homes


PLANTED: list[tuple[str, str, Plant]] = [
    ("VAL-01", "failed", methods_fall_short),
    ("VAL-02", "failed", plant("CH02_1", "LCRA", denominator=3000)),
    ("VAL-02", "failed", plant("CH02_2", "LCHO", denominator=13)),
    ("VAL-03", "failed", plant("CH02_1", "LCHO", met_with_extension=5)),
    ("VAL-03", "failed", plant("CH02_2", "LCRA", met_without_extension=None)),
    ("VAL-04", "failed", plant("CH01_2", "LCRA", denominator=2999)),
    ("VAL-04", "failed", plant("NM01_2", "ALL", denominator=4099)),
    ("VAL-05", "failed", plant("NM01_2", "ALL", numerator=91)),
    ("VAL-06", "failed", plant("NM01_1", "ALL", denominator=4099)),
    ("VAL-07", "failed", one_more_completed),
    ("VAL-08", "failed", plant("BS02", "ALL", numerator=1501)),
    ("VAL-09", "failed", plant("RP02_1", "LCRA", value=85.8)),
    ("VAL-09", "failed", plant("CH01_1", "LCRA", value=2.0)),
    ("VAL-09", "failed", plant("RP01", "LCRA", numerator=None)),
    ("VAL-09", "failed", plant("RP01", "LCRA", denominator=0)),
    ("VAL-10", "failed", plant("BS05", "ALL", denominator=40)),
    ("VAL-10", "failed", plant("BS01", "ALL", denominator=None)),
    ("VAL-11", "failed", an_answer_in_parts),
    ("VAL-11", "failed", plant("CH01_1", "LCHO", numerator=60.5)),
    ("VAL-12", "warning", fewer_responses),
    ("VAL-13", "warning", plant("TP09", "LCRA", filter_no=55)),
    ("VAL-13", "warning", plant("TP10", "LCHO", filter_yes=269)),
    ("VAL-14", "warning", plant("TP03", "LCRA", filter_yes=485)),
    ("VAL-15", "warning", requirement_missed),
    ("VAL-16", "warning", plant("RP01", "LCRA", denominator=2990)),
    ("VAL-16", "warning", lambda planted: planted.update(stock_return={"LCRA": 3000, "LCHO": 1101})),
    ("VAL-17", "warning", plant("TP01", "LCRA", value=12.3)),
    ("VAL-18", "warning", repairs_lost),
    ("VAL-19", "warning", a_small_method),
    ("VAL-20", "warning", passed_only_nominally),
    ("VAL-21", "warning", another_requirement),
    ("VAL-21", "warning", a_margin_as_a_fraction),
    ("VAL-22", "failed", homes_for_complaints),
    ("VAL-23", "warning", plant("BS01", "ALL", denominator=4101)),
    ("VAL-24", "warning", plant("BS02", "ALL", denominator=20)),
    ("VAL-24", "warning", plant("BS01", "ALL", denominator=409)),
]


@pytest.mark.parametrize(("rule", "outcome", "change"), PLANTED)
def test_a_planted_violation_is_caught(rule: str, outcome: str, change: Plant) -> None:
    planted = copy.deepcopy(CLEAN)
    assert outcomes(planted)[rule] == "passed"
    change(planted)
    assert outcomes(planted)[rule] == outcome


def test_every_validation_has_a_planted_violation_and_an_id_of_its_own() -> None:
    ids = [validation.id for validation in VALIDATIONS]
    assert len(set(ids)) == len(ids) == 24
    assert set(ids) == {rule for rule, _, _ in PLANTED}


def test_a_clean_return_compares_something_under_every_validation() -> None:
    for each in validate(CLEAN):
        assert each.comparisons, each.validation.id
        assert each.message.startswith("Held in")


# Errors that stand in RSH's published file of 2023/24, with the figures as published.
PUBLISHED = [
    ("City of York", "VAL-02", ("CH01_1", "numerator", 122), ("CH02_1", "denominator", 106),
     "The denominator of CH02 (1) LCRA is 106, the numerator of CH01 (1) LCRA is 122."),
    ("Clarion", "VAL-02", ("CH01_1", "numerator", 4520), ("CH02_1", "denominator", 4568),
     "The denominator of CH02 (1) LCRA is 4,568, the numerator of CH01 (1) LCRA is 4,520."),
    # Its number of homes stands where its complaints belong.
    ("Durham Aged Mineworkers", "VAL-02", ("CH01_2", "numerator", 0), ("CH02_2", "denominator", 1757),
     "The denominator of CH02 (2) LCRA is 1,757, the numerator of CH01 (2) LCRA is 0."),
    ("Broadacres", "VAL-04", ("CH01_1", "denominator", 6267), ("CH01_2", "denominator", 6257),
     "The denominator of CH01 (1) LCRA is 6,267, the denominator of CH01 (2) LCRA is 6,257."),
    ("Notting Hill Genesis", "VAL-04", ("CH01_1", "denominator", 40833), ("CH01_2", "denominator", 40883),
     "The denominator of CH01 (1) LCRA is 40,833, the denominator of CH01 (2) LCRA is 40,883."),
    ("Aspire", "VAL-14", ("TP02", "filter_yes", 437), ("TP03", "filter_yes", 434),
     "LCRA: 437 Yes at TP02, 434 at TP03."),
    ("Karibu", "VAL-11", ("TP11", "numerator", 97.5), ("TP11", "denominator", 486),
     "TP11 LCRA: 97.5 is not a whole number."),
]  # fmt: skip


@pytest.mark.parametrize(
    ("rule", "first", "second", "message"),
    [each[1:] for each in PUBLISHED],
    ids=[each[0] for each in PUBLISHED],
)
def test_errors_of_the_published_file_are_caught_with_their_numbers(
    rule: str, first: tuple[str, str, float], second: tuple[str, str, float], message: str
) -> None:
    planted = copy.deepcopy(CLEAN)
    for measure, name, value in (first, second):
        figure_in(planted, measure, "LCRA")[name] = value
    caught = next(each for each in validate(planted) if each.validation.id == rule)
    assert message in [breach.message for breach in caught.breaches]


def test_a_checks_message_names_three_breaches_and_counts_the_rest() -> None:
    planted = copy.deepcopy(CLEAN)
    for measure in ("BS01", "BS02", "BS03", "BS04"):
        plant(measure, "ALL", value=1.0)(planted)
    caught = next(each for each in validate(planted) if each.validation.id == "VAL-09")
    assert len(caught.breaches) == 4
    assert "BS01: the value is 1.0, its counts give 99.8." in caught.message
    assert caught.message.endswith("And 1 more.")


def test_weighted_counts_may_have_decimals_and_exceed_the_responses_by_a_tenth() -> None:
    planted = copy.deepcopy(CLEAN)
    survey_in(planted, "LCRA")["facts"]["weighted"] = True
    planted["figures"] = [
        {**each, "denominator": 540.1} if (each["measure"], each["population"]) == ("TP01", "LCRA") else each
        for each in planted["figures"]
    ]
    assert outcomes(planted)["VAL-11"] == outcomes(planted)["VAL-12"] == "passed"
    figure_in(planted, "TP01", "LCRA")["denominator"] = 540.2
    assert outcomes(planted)["VAL-12"] == "warning"


def test_the_value_is_rounded_half_up() -> None:
    planted = copy.deepcopy(CLEAN)
    plant("BS02", "ALL", numerator=1, denominator=16, value=6.3)(planted)
    assert outcomes(planted)["VAL-09"] == "passed"
    plant("BS02", "ALL", value=6.2)(planted)
    assert outcomes(planted)["VAL-09"] == "failed"


def test_an_unknown_population_leaves_the_accuracy_untested() -> None:
    planted = copy.deepcopy(CLEAN)
    for survey in planted["survey"]:
        survey["accuracy"]["met"] = None
    caught = next(each for each in validate(planted) if each.validation.id == "VAL-15")
    assert (caught.outcome, caught.message) == ("passed", "Nothing to compare in this return.")


def test_hard_failures_stop_and_warnings_ask_for_confirmation() -> None:
    planted = copy.deepcopy(CLEAN)
    plant("CH02_1", "LCRA", denominator=61)(planted)
    repairs_lost(planted)
    a_small_method(planted)
    found = as_findings(validate(planted))
    assert list(found.columns) == list(FINDING_COLUMNS)
    assert found["row"].dtype == "Int64"
    grades = dict(zip(found["finding_id"], found["grade"], strict=True))
    # The changed denominator breaks the value as well as the match with CH01.
    assert grades == {"VAL-02": "stop", "VAL-09": "stop", "VAL-18": "confirm", "VAL-19": "note"}
    stop = found[found["finding_id"] == "VAL-02"].iloc[0]
    assert stop["touches"] == "CH02_1;CH01_1"
    assert stop["file"] == "the return"
    assert stop["effect"] == "kept"
    assert as_findings(validate(CLEAN)).empty


def test_the_homes_of_the_stock_return_are_compared_where_they_are_given() -> None:
    def outcome(**homes: int) -> CheckOutcome:
        made = document(year_file={"stock_return": homes})
        return next(each for each in validate(made) if each.validation.id == "VAL-16")

    assert (outcome().comparisons, outcome().outcome) == (1, "passed")
    assert (outcome(LCRA=3000).comparisons, outcome(LCRA=3000).outcome) == (2, "passed")
    assert (outcome(LCRA=3000, LCHO=1100).comparisons, outcome(LCRA=3000, LCHO=1100).outcome) == (3, "passed")
    (breach,) = outcome(LCRA=2988, LCHO=1100).breaches
    assert breach.message == "LCRA: 3,000 homes were owned at year end, the stock return has 2,988."
    assert "RP01" in breach.measures
    (breach,) = outcome(LCHO=0).breaches
    assert breach.message == "LCHO: 1,100 homes were owned at year end, the stock return has 0."
    assert "RP01" not in breach.measures


def test_a_breach_stands_among_the_checks_and_findings_until_it_is_confirmed() -> None:
    few = {"raised": 100, "completed": 900, "closed_without_completion": 0, "outstanding": 0}
    record = findings(finding("REP-006", "note", 12))
    planted = document(repairs_context=few, findings=record)
    check = next(each for each in planted["checks"] if each["id"] == "VAL-18")
    assert (check["outcome"], "make 9.00 for each one raised" in check["message"]) == ("warning", True)
    groups = planted["findings"]["groups"]
    assert [group["finding_id"] for group in groups] == ["VAL-18", "REP-006"]
    assert groups[0]["touches"] == ["RP02_1", "RP02_2"]
    assert groups[0]["first_rows"] == "no single row"
    assert (planted["status"]["to_confirm"], planted["status"]["complete"]) == (1, False)

    answer = {"id": "VAL-18", "by": "A. Person", "on": "2025-05-01", "reason": "A backlog was closed."}
    confirmed = document(repairs_context=few, findings=record, year_file={"confirmations": [answer]})
    status = confirmed["status"]
    assert (status["to_confirm"], status["confirmed"], status["complete"]) == (0, 1, True)


def test_every_validation_names_what_could_put_it_right_its_years_and_its_source() -> None:
    schema = json.loads((resources.files("schemas") / "settings" / "year.schema.json").read_text("utf-8"))
    columns = {f"{table.name}.{column.name}" for table in TABLES.values() for column in table.columns}
    keys = {f"year.survey.{name}" for name in schema["$defs"]["plan"]["properties"]}
    keys |= {f"year.{name}" for name in schema["properties"]}
    for each in VALIDATIONS:
        assert each.fields, each.id
        for name in each.fields:
            known = name in columns | keys or name in TABLES or name.startswith("return.")
            assert known, (each.id, name)
        assert each.source, each.id
        assert each.remedy, each.id
        assert each.first_year in {"2023-24", "2024-25"}
    later = {each.id for each in VALIDATIONS if each.first_year == "2024-25"}
    assert later == {"VAL-03", "VAL-07", "VAL-10", "VAL-19"}


def test_the_return_shows_what_could_put_a_check_right() -> None:
    check = next(each for each in CLEAN["checks"] if each["id"] == "VAL-02")
    rule = next(each for each in VALIDATIONS if each.id == "VAL-02")
    assert (check["severity"], check["fields"], check["source"]) == ("hard", list(rule.fields), rule.source)


def test_a_validation_of_a_later_form_is_not_asked_of_an_earlier_return() -> None:
    planted = {**copy.deepcopy(CLEAN), "reporting_year": "2023-24"}
    plant("CH02_1", "LCHO", met_with_extension=5)(planted)
    caught = next(each for each in validate(planted) if each.validation.id == "VAL-03")
    assert (caught.outcome, caught.message) == ("passed", "Asked from the return of 2024-25 on.")
