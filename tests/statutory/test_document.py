"""The return document: exactly what the published schema says, with every text made from the rulebook."""

from __future__ import annotations

import json
from fractions import Fraction
from pathlib import Path
from typing import Any

import pandas as pd
import pytest
from jsonschema import Draft202012Validator

from pipelines.measures.figures import Figure
from pipelines.statutory import assemble
from tests.statutory.builders import (
    BLOCKS,
    combined,
    document,
    figure_in,
    finding,
    findings,
    inputs,
    responses,
    survey_in,
    without_value,
)

SCHEMA = json.loads(
    (Path(__file__).parents[2] / "schemas" / "return.schema.json").read_text(encoding="utf-8")
)
DOCUMENT = document()

BARE = {"survey": None, "repairs": None, "publication_url": None}
WEIGHTED = {"survey": {"LCRA": {"weighting": {"method": "supplied", "characteristics": ["age_band"]}}}}


def problems(made: dict[str, Any]) -> list[str]:
    """What the schema finds wrong with a document after a trip through JSON."""
    as_json = json.loads(json.dumps(made, allow_nan=False))
    return [f"{each.json_path}: {each.message}" for each in Draft202012Validator(SCHEMA).iter_errors(as_json)]


def test_the_schema_is_a_schema() -> None:
    Draft202012Validator.check_schema(SCHEMA)


@pytest.mark.parametrize(
    "changes",
    [
        {},
        {"year_file": BARE, "landlord": {"contacts": None, "former_names": None, "region": None}},
        {"year_file": WEIGHTED},
        {"year": "2023-24"},
        {"year": "2025-26"},
        {"year": "2026-27"},
        {"year_file": {"stock_return": {"LCRA": 3000, "LCHO": 0}}},
        {"blocks": {**BLOCKS, "LCHO": "not_applicable"}, "stock": {"LCRA": 3000, "LCHO": 0}},
        {"findings": findings(finding("REP-006", "confirm", 12, "RP02_1"), finding("FIL-001", "stop", None))},
    ],
)
def test_an_assembled_document_fits_the_schema(changes: dict[str, Any]) -> None:
    assert problems(document(**changes)) == []


def test_a_combined_return_fits_the_schema_and_passes_the_validations() -> None:
    made = assemble(combined())
    assert problems(made) == []
    assert {check["outcome"] for check in made["checks"]} == {"passed"}


@pytest.mark.parametrize(
    ("path", "value"),
    [
        (("figures", 0, "value"), "77.8%"),
        (("figures", 0, "status"), "missing"),
        (("landlord", "nickname"), "EH"),
        (("survey", 0, "items"), []),
        (("edition", "fingerprint"), "abc"),
    ],
)
def test_the_schema_refuses_what_is_not_in_it(path: tuple[str | int, ...], value: Any) -> None:
    changed = json.loads(json.dumps(DOCUMENT))
    place = changed
    for step in path[:-1]:
        place = place[step]
    place[path[-1]] = value
    assert len(problems(changed)) >= 1


def test_figures_carry_counts_and_texts() -> None:
    satisfied = figure_in(DOCUMENT, "TP01", "LCRA")
    assert (satisfied["numerator"], satisfied["denominator"], satisfied["value"]) == (378, 486, 77.8)
    assert satisfied["value_text"] == "77.8%"
    assert figure_in(DOCUMENT, "CH01_1", "LCRA")["value_text"] == "20.0 per 1,000 homes"
    nothing = figure_in(DOCUMENT, "BS05", "ALL")
    assert (nothing["value"], nothing["value_text"], nothing["reason"]) == (
        None, "Not applicable", "No passenger lifts.",
    )  # fmt: skip
    assert figure_in(DOCUMENT, "TP01", "COMBINED")["value_text"] == "Not required"


def test_the_five_answers_with_their_shares() -> None:
    satisfied = figure_in(DOCUMENT, "TP05", "LCRA")
    assert [(each["code"], each["count"], each["percent_text"]) for each in satisfied["answers"]] == [
        ("VS", 216, "44.4%"),
        ("FS", 162, "33.3%"),
        ("NSD", 54, "11.1%"),
        ("FD", 0, "0.0%"),
        ("VD", 54, "11.1%"),
    ]
    assert satisfied["not_applicable"] == 54
    assert figure_in(DOCUMENT, "TP08", "LCRA")["answers"][0]["label"] == "Strongly agree"
    assert figure_in(DOCUMENT, "RP01", "LCRA")["answers"] is None


def test_weighted_counts_are_decimals_and_whole_ones_are_whole() -> None:
    base = inputs(year_file=WEIGHTED)
    weighted = []
    for each in base.figures:
        if each.key == ("TP01", "LCRA"):
            answers = {code: count / 8 for code, count in each.answers.items()}
            each = Figure(**{
                **each.__dict__, "answers": answers,
                "numerator": each.numerator / 8, "denominator": each.denominator / 8,
            })  # fmt: skip
        weighted.append(each)
    figure = figure_in(document(year_file=WEIGHTED, figures=weighted), "TP01", "LCRA")
    assert (figure["numerator"], figure["denominator"]) == (47.25, 60.75)
    assert figure["answers"][0]["count"] == 27
    assert isinstance(figure["answers"][0]["count"], int)


def test_an_empty_base_has_answers_without_shares() -> None:
    base = inputs()
    empty = dict.fromkeys(("VS", "FS", "NSD", "FD", "VD"), Fraction(0))
    nobody = Figure(
        "TP09", None, "LCRA", Fraction(0), Fraction(0), None, "percent", "no_cases", "Nobody answered.", empty
    )
    made = document(figures=[nobody if each.key == nobody.key else each for each in base.figures])
    figure = figure_in(made, "TP09", "LCRA")
    assert figure["value_text"] == "No cases"
    assert {each["percent"] for each in figure["answers"]} == {None}
    assert problems(made) == []


def test_only_records_outside_the_figure_are_exclusions() -> None:
    assert [(each["population"], each["reason"], each["records"]) for each in DOCUMENT["exclusions"]] == [
        ("", "not_lcra", 30),
        ("LCRA", "other_priority", 200),
    ]
    assert DOCUMENT["exclusions"][0]["sentence"] == inputs().edition.reasons["not_lcra"]


@pytest.mark.parametrize(
    ("lcho", "homes", "reason"),
    [
        (
            "not_required",
            212,
            "The landlord owned 212 such homes at year end, fewer than the 1,000 from which they",
        ),
        ("not_applicable", 0, "The landlord owned no such homes at year end."),
    ],
)
def test_ownership_homes_that_are_not_reported_say_why(lcho: str, homes: int, reason: str) -> None:
    made = document(blocks={**BLOCKS, "LCHO": lcho}, stock={"LCRA": 3000, "LCHO": homes})
    assert made["populations"][1]["reason"].startswith(reason)
    assert [survey["population"] for survey in made["survey"]] == ["LCRA"]
    assert made["stock"]["ALL"] == 3000 + homes


def test_populations_reported_apart_or_together_say_so() -> None:
    assert DOCUMENT["populations"][2]["reason"].endswith("are reported apart.")
    together = assemble(combined())["populations"]
    assert together[0]["reason"].startswith("Reported together with the other tenure")
    assert [each["reason"] for each in together[2:]] == ["", ""]


def test_what_is_missing_outside_the_survey_is_listed_with_its_remedy() -> None:
    bare = document(year_file=BARE, landlord={"contacts": None})
    missing = {each["what"]: each["remedy"] for each in bare["status"]["missing"]}
    assert missing["Target timescale for emergency repairs"].endswith("{hours: 24}.")
    assert missing["Target timescale for non-emergency repairs"].endswith("{working_days: 20}.")
    assert "'publication_url'" in missing["Web address of the published TSMs"]
    assert "landlord.yaml" in missing["Contacts for the return"]
    assert "'questionnaire' under survey, LCRA" in missing["LCRA questionnaire"]
    assert bare["status"]["complete"] is False
    assert DOCUMENT["status"] == {
        "draft": True, "complete": True, "missing": [], "to_confirm": 0, "confirmed": 0, "notes": 0,
    }  # fmt: skip


def test_a_questionnaire_that_is_named_and_not_there_is_missing() -> None:
    made = document(questionnaires={})
    assert [each["what"] for each in made["status"]["missing"]] == [
        "LCRA questionnaire",
        "LCHO questionnaire",
    ]
    assert "the file questionnaire.pdf, which year.yaml names" in made["status"]["missing"][0]["remedy"]
    absent = [item["text"] for item in made["publication"]["items"] if not item["present"]]
    assert len(absent) == 1
    assert "questionnaire" in absent[0].lower()


def test_a_landlord_without_rental_homes_needs_no_repair_targets() -> None:
    base = inputs()
    figures = [each for each in base.figures if each.population in {"LCHO", "ALL"}]
    rental = [each for each in base.figures if each.population not in {"LCHO", "ALL"}]
    without = [
        without_value(base.edition, each.measure, each.population, "not_applicable", "None owned.")
        for each in rental
    ]
    made = document(
        blocks={**BLOCKS, "LCRA": "not_applicable"},
        stock={"LCRA": 0, "LCHO": 1100},
        figures=[*figures, *without],
        year_file={"repairs": None},
        repairs_context=dict.fromkeys(("raised", "completed", "closed_without_completion", "outstanding"), 0),
    )
    assert made["status"]["missing"] == []
    assert problems(made) == []


def test_targets_and_timescales_in_words() -> None:
    assert [(each["priority"], each["text"]) for each in DOCUMENT["repairs"]["targets"]] == [
        ("emergency", "24 hours"),
        ("non_emergency", "20 working days"),
    ]
    first, second = (each["text"] for each in DOCUMENT["complaints"]["timescales"])
    assert "within 10 working days of the acknowledgement" in first
    assert second.endswith("within at most 20 more.")
    earlier = document(year="2023-24")["complaints"]["timescales"]
    assert "within 10 working days of receipt" in earlier[0]["text"]
    one_day = {"repairs": {"targets": {"emergency": {"hours": None, "calendar_days": 1}}}}
    assert document(year_file=one_day)["repairs"]["targets"][0]["text"] == "1 calendar day"


def test_findings_are_grouped_by_rule_and_table_gravest_first() -> None:
    rows = [finding("REP-006", "confirm", row, "RP02_1;RP02_2") for row in (40, 12, 12, 51, 7, 99, 100, 101)]
    rows.append(finding("CMP-002", "confirm", 3, "CH01_1", table="complaints", effect="value_ignored"))
    rows.append(finding("HOM-009", "note", None, table="homes", effect="kept"))
    rows.append(finding("FIL-001", "stop", None, table="asb_cases", effect="table_refused"))
    answer = {
        "id": "CMP-002",
        "by": "A. Person",
        "on": "2025-05-01",
        "reason": "Checked against the letters.",
    }
    made = document(findings=findings(*rows), year_file={"confirmations": [answer]})
    groups = made["findings"]["groups"]
    assert [group["finding_id"] for group in groups] == ["FIL-001", "CMP-002", "REP-006", "HOM-009"]
    repairs = groups[2]
    assert repairs["records"] == 8
    assert repairs["first_rows"] == "rows 7, 12, 40, 51, 99 and 2 more"
    assert repairs["touches"] == ["RP02_1", "RP02_2"]
    assert repairs["confirmed"] is None
    assert repairs["effect_text"] == "The row was left out of every figure."
    assert groups[1]["confirmed"] == {**{key: answer[key] for key in ("by", "on", "reason")}, "evidence": ""}
    assert groups[1]["first_rows"] == "row 3"
    assert made["findings"]["counts"] == {"stop": 1, "confirm": 9, "note": 1}
    status = made["status"]
    assert (status["to_confirm"], status["confirmed"], status["notes"], status["complete"]) == (
        1,
        1,
        1,
        False,
    )
    shown = {**answer, "evidence": "", "source": "year.yaml", "stands": True}
    answers = [{key: groups[1][key] for key in ("table", "digest", "records", "message")}]
    assert made["confirmations"] == [{**shown, "answers": answers}]


def test_a_confirmation_in_the_year_file_reopens_when_its_finding_moves() -> None:
    found = findings(finding("REP-006", "confirm", 3, "RP02_1"))
    given = {"by": "A. Person", "on": "2025-05-01", "reason": "Checked.", "evidence": "Log 7"}
    stated = {"confirmations": [{"id": "REP-006", **given}]}
    first = document(findings=found, year_file=stated)
    assert first["findings"]["groups"][0]["confirmed"] == given
    assert problems(first) == []
    again = document(findings=found, year_file=stated, confirmed_before=first["confirmations"])
    assert again == first

    moved = document(
        findings=found.assign(message="moved"), year_file=stated, confirmed_before=first["confirmations"]
    )
    (group,) = moved["findings"]["groups"]
    was = first["findings"]["groups"][0]["message"]
    assert (group["confirmed"], group["reopened"]) == (None, {**given, "was": was})
    assert (moved["status"]["to_confirm"], moved["status"]["missing"]) == (1, first["status"]["missing"])
    (shown,) = moved["confirmations"]
    assert shown == {**first["confirmations"][0], "stands": False}
    assert problems(moved) == []

    # It stays so, run after run, until it is answered anew: with another day, say.
    later = {"findings": found.assign(message="moved"), "confirmed_before": moved["confirmations"]}
    assert document(**later, year_file=stated) == moved
    anew = document(**later, year_file={"confirmations": [{"id": "REP-006", **given, "on": "2025-05-09"}]})
    assert anew["findings"]["groups"][0]["confirmed"] == {**given, "on": "2025-05-09"}
    # What was found at first is found again: what was said of it holds.
    back = document(findings=found, year_file=stated, confirmed_before=moved["confirmations"])
    assert back == first


def test_a_confirmation_by_command_answers_until_the_finding_moves() -> None:
    found = findings(finding("REP-006", "confirm", 3, "RP02_1"))
    (group,) = document(findings=found)["findings"]["groups"]
    answers = [{key: group[key] for key in ("table", "digest", "records", "message")}]
    given = {"by": "A. Person", "on": "2025-05-01", "reason": "Checked.", "evidence": "Log 7"}
    confirmations = [{"id": "REP-006", **given, "source": "tsm confirm", "answers": answers}]
    made = document(findings=found, confirmations=confirmations)
    assert made["findings"]["groups"][0]["confirmed"] == given
    shown = {"id": "REP-006", **given, "source": "tsm confirm", "stands": True}
    assert made["confirmations"] == [{**shown, "answers": answers}]
    assert problems(made) == []
    moved = document(findings=found.assign(message="moved"), confirmations=confirmations)
    (group,) = moved["findings"]["groups"]
    assert (group["confirmed"], group["reopened"]) == (None, {**given, "was": answers[0]["message"]})
    assert moved["confirmations"] == []
    assert problems(moved) == []


def test_a_confirmation_that_answers_nothing_is_listed() -> None:
    answer = {"id": "ZZZ-999", "by": "A. Example", "on": "2025-05-01", "reason": "checked"}
    noted = {**answer, "id": "REP-901"}
    found = findings(finding("REP-006", "confirm", 3, "RP02_1"), finding("REP-901", "note", 4))
    made = document(findings=found, year_file={"confirmations": [answer, noted, {**answer, "id": "REP-006"}]})
    remedies = [each["remedy"] for each in made["status"]["missing"]]
    assert [remedy.split()[3] for remedy in remedies] == ["ZZZ-999", "REP-901"]
    assert made["status"]["complete"] is False


def test_a_stop_finding_cannot_be_confirmed_away() -> None:
    answer = {"id": "FIL-001", "by": "A. Person", "on": "2025-05-01", "reason": "It is fine."}
    made = document(
        findings=findings(finding("FIL-001", "stop", None)), year_file={"confirmations": [answer]}
    )
    assert made["findings"]["groups"][0]["confirmed"] is None
    assert made["status"]["complete"] is False


def test_settings_show_departures_and_all() -> None:
    made = document(year_file={"settings": {"complaint_test": "total"}})
    assert [(each["key"], each["value"], each["default"]) for each in made["settings"]["departures"]] == [
        ("complaint_test", "total", "strict")
    ]
    assert DOCUMENT["settings"]["departures"] == []
    assert {each["kind"] for each in made["settings"]["all"]} == {"computed", "declared"}
    assert len(made["settings"]["all"]) == len(inputs().edition.settings)


def test_publication_items_say_whether_this_return_has_them() -> None:
    assert all(item["present"] for item in DOCUMENT["publication"]["items"])
    assert DOCUMENT["publication"]["deadline"] == "2025-06-30"
    bare = document(year_file=BARE)["publication"]
    absent = [item["text"] for item in bare["items"] if not item["present"]]
    assert len(absent) == 4  # targets, approach, questionnaire, address
    later = document(year="2025-26", year_file={"survey": {"LCHO": {"changes_since_last_year": None}}})
    assert [item["present"] for item in later["publication"]["items"]].count(False) == 1


def test_a_provisional_edition_says_so() -> None:
    made = document(year="2026-27")
    assert made["edition"]["status"] == "provisional"
    assert made["edition"]["status_note"].startswith("Provisional.")


def test_the_landlord_and_the_measures() -> None:
    assert DOCUMENT["landlord"]["type_text"] == "Private registered provider"
    assert [theme["measures"][0] for theme in DOCUMENT["themes"]] == [
        "TP01",
        "TP02",
        "TP05",
        "TP06",
        "TP09",
        "TP10",
    ]
    assert sum(len(theme["measures"]) for theme in DOCUMENT["themes"]) == 26 == len(DOCUMENT["measures"])
    labels = {measure["key"]: measure["label"] for measure in DOCUMENT["measures"]}
    assert (labels["TP01"], labels["CH01_1"]) == ("TP01", "CH01 (1)")
    assert "Example Homes <Ltd>" in DOCUMENT["measures"][0]["question"]


def test_weighted_surveys_show_the_unweighted_result_beside() -> None:
    frame = responses("LCRA", 540)
    made = document(year_file=WEIGHTED)
    assert survey_in(made, "LCRA")["unweighted_tp01"]["base"] == int(frame["TP01"].notna().sum())
    assert survey_in(made, "LCHO")["unweighted_tp01"] is None
    assert "on age band" in survey_in(made, "LCRA")["weighting_text"]


def test_the_same_inputs_give_the_same_document() -> None:
    assert json.dumps(document()) == json.dumps(DOCUMENT)


def test_empty_reasons_give_no_exclusions() -> None:
    none = pd.DataFrame(columns=["measure", "population", "reason", "counted", "met", "records"])
    assert document(reasons=none)["exclusions"] == []
