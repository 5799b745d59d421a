"""What was done otherwise than last year is found in the two returns, told, and asked about."""

from __future__ import annotations

import copy
from collections.abc import Callable
from functools import cache
from typing import Any

import pandas as pd
import pytest

from pipelines.statutory.comparison import comparison, comparison_findings
from pipelines.statutory.inputs import Beside, LastYear
from pipelines.statutory.method_changes import changes_text, method_changes
from tests.statutory import builders
from tests.statutory.builders import survey_in

Document = dict[str, Any]


@cache
def now() -> Document:
    return builders.document()


def earlier(change: Callable[[Document], None] = lambda _: None, year: str = "2024-25") -> Beside:
    """Last year's return: this one, changed. Of the same edition, so that no rule differs."""
    before = copy.deepcopy(now())
    before["reporting_year"] = year
    change(before)
    return Beside(LastYear(year, "figures.csv", "ab" * 32, True, _figures(before), before))


def _figures(document: Document) -> pd.DataFrame:
    columns = ["measure", "population", "numerator", "denominator", "value"]
    frame = pd.DataFrame([{name: each[name] for name in columns} for each in document["figures"]])
    return frame.astype(dict.fromkeys(columns[2:], "float64"))


def facts(**changed: Any) -> Callable[[Document], None]:
    def change(before: Document) -> None:
        survey_in(before, "LCRA")["facts"].update(changed)

    return change


def all_by_telephone(before: Document) -> None:
    before["survey"][0]["methods"] = [{"method": "telephone", "label": "Telephone", "responses": 500}]


def raked(before: Document) -> None:
    facts(weighted=True, weighting_characteristics=["age_band"])(before)
    survey_in(before, "LCRA")["statistics"]["weights"]["method"] = "rake"


def another_target(before: Document) -> None:
    before["repairs"]["targets"][1]["text"] = "28 calendar days"


def another_setting(before: Document) -> None:
    next(each for each in before["settings"]["all"] if each["key"] == "complaint_test")["value"] = "total"


def half_the_homes(before: Document) -> None:
    before["stock"]["ALL"] //= 2


def surveyed_together(before: Document) -> None:
    before["survey"] = [before["survey"][0] | {"population": "COMBINED"}]


def of_an_earlier_version(before: Document) -> None:
    """That version told the incentives in item j alone."""
    survey_in(before, "LCRA")["facts"].pop("incentives")
    item = next(each for each in survey_in(before, "LCRA")["items"] if each["letter"] == "j")
    item["text"] = "A voucher for £5."


OURS = "Example Research Ltd"
PLANTED = [
    (all_by_telephone, "How answers were collected", "telephone 100%", "telephone 67% and internet 33%",
     "TP01"),
    (facts(contractor="Other Research"), "External contractor", "Other Research", OURS, "TP01"),
    (facts(contractor_used=False), "External contractor", "no external contractor", OURS, "TP01"),
    (facts(interviewed_by="Mixed"), "Who interviewed", "mixed", "external contractor", "TP12"),
    (facts(interviewed_by="None"), "Who interviewed", "no interviewers", "external contractor", "TP12"),
    (facts(approach="census"), "Census or sample", "a census", "a sample", "TP01"),
    (facts(sampling="stratified"), "How the sample was drawn", "stratified random sampling", "quota sampling",
     "TP01"),
    (raked, "Weighting", "weighted by raking on age band", "not weighted", "TP01"),
    (facts(incentives="A voucher for £5"), "Incentives", "A voucher for £5", "none", "TP01"),
    (of_an_earlier_version, "Incentives", "A voucher for £5", "none", "TP01"),
    (surveyed_together, "Populations surveyed", "COMBINED", "LCRA and LCHO", "TP02"),
    (another_target, "Target for non-emergency repairs", "28 calendar days", "20 working days", "RP02_1"),
    (half_the_homes, "Homes owned at year end", "2,050 homes", "4,100 homes", "BS01"),
]  # fmt: skip


@pytest.mark.parametrize(("change", "what", "was", "is_now", "affects"), PLANTED)
def test_a_change_is_found_and_nothing_else(change, what, was, is_now, affects):
    (found,) = method_changes(now(), earlier(change))
    assert (found.what, found.was, found.now) == (what, was, is_now)
    assert affects in found.affects
    assert found.text.endswith(f"{is_now}; last year {was}.")


def test_a_setting_is_told_by_what_it_means():
    (found,) = method_changes(now(), earlier(another_setting))
    assert found.what.startswith("Setting: ")
    assert found.was != found.now
    assert {"CH02_1", "CH02_2"} <= set(found.affects)


def test_two_returns_alike_show_no_change():
    assert method_changes(now(), earlier()) == []
    assert method_changes(now(), Beside()) == []


@pytest.mark.parametrize(
    ("telephone", "found"),
    [(360 - 53, 0), (360 + 55, 1)],  # of 540: 9.8 points fewer; 10.2 points more
)
def test_a_mixture_that_moved_little_is_no_change(telephone, found):
    def change(before: Document) -> None:
        methods = survey_in(before, "LCRA")["methods"]
        methods[0]["responses"], methods[1]["responses"] = telephone, 540 - telephone

    assert len(method_changes(now(), earlier(change))) == found


def test_the_rules_of_two_editions_are_compared_by_what_they_define():
    given = earlier(year="2023-24").last_year
    assert given is not None
    beside = Beside(LastYear("2023-24", "given.csv", "ab" * 32, False, given.figures))
    found = method_changes(now(), beside)
    assert {each.kind for each in found} == {"rule"}
    assert {key for each in found for key in each.affects} == {"CH02_1", "CH02_2"}
    assert any(each.was == "receipt" and each.now == "the acknowledgement" for each in found)
    changes = {each["measure"]: each["text"] for each in comparison(now(), beside, found)["changes"]}
    assert "may be due to the rule (what the time to answer runs from" in changes["CH02_1"]
    assert "due to the rule" not in changes["CH01_1"]


def test_a_figure_says_what_else_its_change_may_be_due_to():
    beside = earlier(all_by_telephone)
    found = comparison(now(), beside, method_changes(now(), beside))
    by_figure = {(each["measure"], each["population"]): each["text"] for each in found["changes"]}
    assert by_figure["TP01", "LCRA"].endswith("may explain part of it: how answers were collected.")
    assert "may explain part of it" not in by_figure["TP01", "LCHO"]
    assert "may explain part of it" not in by_figure["RP01", "LCRA"]


# ---------------------------------------------------------------------------- what is done with what is found


def items(beside: Beside, **plan: Any) -> dict[str, dict[str, Any]]:
    document = builders.document(year_file={"survey": {"LCRA": plan}}, beside=beside)
    return {each["letter"]: each for each in survey_in(document, "LCRA")["items"]}


def test_what_was_found_fills_item_k_and_is_marked():
    item = items(earlier(all_by_telephone), changes_since_last_year=None)["k"]
    assert item["text"] == (
        "Changes since last year, found by comparing the two returns: how answers were collected: telephone "
        "67% and internet 33% (last year telephone 100%)."
    )
    assert (item["generated"], item["missing"]) == (True, False)


def test_what_year_yaml_says_is_not_written_over():
    item = items(earlier(all_by_telephone), changes_since_last_year="We asked online too")["k"]
    assert item["text"] == "Changes since last year: We asked online too."
    assert item["generated"] is False


def test_nothing_said_and_nothing_found_is_still_missing():
    item = items(earlier(), changes_since_last_year=None, other_issues=None)["k"]
    assert (item["missing"], item["generated"]) == (True, False)


def contradicting(beside: Beside, stated: str) -> pd.DataFrame:
    document = copy.deepcopy(now())
    survey_in(document, "LCRA")["facts"]["changes_since_last_year"] = stated
    document["comparison"] = comparison(document, beside, method_changes(document, beside))
    return comparison_findings(document)


def test_none_said_though_the_returns_differ_is_to_be_confirmed():
    (found,) = contradicting(earlier(all_by_telephone), "None ").to_dict("records")
    assert (found["finding_id"], found["grade"], found["record_id"]) == ("CHG-001", "confirm", "LCRA")
    assert "changes_since_last_year is “None”" in found["message"]
    assert "telephone 67% and internet 33%; last year telephone 100%." in found["message"]
    assert found["touches"].startswith("TP01;")


@pytest.mark.parametrize(
    ("change", "stated"),
    [(lambda _: None, "none"), (another_target, "none"), (all_by_telephone, "We asked online too")],
)
def test_a_true_statement_needs_no_confirmation(change, stated):
    assert contradicting(earlier(change), stated).empty


def test_the_finding_is_among_those_of_the_return():
    document = builders.document(beside=earlier(all_by_telephone))
    (group,) = [each for each in document["findings"]["groups"] if each["finding_id"] == "CHG-001"]
    assert (group["grade"], group["confirmed"], group["digest"] is not None) == ("confirm", None, True)


# ------------------------------------------------------------------------------------------ mergers and names


def test_a_return_of_a_former_code_or_name_is_named():
    def renamed(before: Document) -> None:
        before["landlord"]["name"] = "Old Homes"

    def recoded(before: Document) -> None:
        before["landlord"].update(code="L0009", name="Old Homes")

    texts = [comparison(now(), earlier(change))["last_year"]["text"] for change in (renamed, recoded)]
    assert "made under the name Old Homes." in texts[0]
    assert "They are those of Old Homes (L0009), a former code" in texts[1]


def test_stock_that_was_merged_makes_changes_misleading():
    beside = earlier(half_the_homes)
    found = comparison(now(), beside, method_changes(now(), beside))
    assert "merged or transferred stock" in found["last_year"]["text"]


def test_landlords_that_merged_are_named_and_none_of_them_is_last_year():
    beside = Beside(merged=("L0002", "L0003"))
    (found,) = method_changes(now(), beside)
    assert (found.was, found.now) == ("L0002 and L0003, landlords apart", "L0001")
    assert comparison(now(), beside, [found])["last_year"] is None


def test_a_merger_known_from_rsh_is_told():
    document = copy.deepcopy(now())
    document["landlord"]["code"] = "L4449"
    beside = earlier(year="2023-24")
    text = comparison(document, beside)["last_year"]["text"]
    assert "In 2023-24 its name was Bromford Housing Group Limited. Merged: its survey grew" in text


def test_nothing_of_a_survey_is_said_where_nothing_was_found():
    assert changes_text([], "LCRA") is None
