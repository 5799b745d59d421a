"""The regulator's return form: every field is mapped, kept in order and filled with the right value."""

from __future__ import annotations

import copy
import csv
from collections import Counter
from pathlib import Path
from typing import Any

import pytest

from pipelines.statutory import assemble, nrosh_fields
from pipelines.statutory.nrosh import load_form
from schemas.errors import InputError
from schemas.rulebook import load_edition
from tests.statutory.builders import BLOCKS, combined, document, figure_in, inputs, survey_in

FORM = load_form("nrosh_2025")
ORIGINAL = Path(__file__).parents[3] / "shared" / "reference" / "nrosh_tsm_2025_fields.csv"
DOCUMENT = document()

# A person must supply these: nothing in the records or year.yaml settles them.
PERSON = {
    "Interviews_conducted_by_desc_a",
    "Interviews_conducted_by_desc_b",
    "Interviews_conducted_by_desc_c",
    "More_than_one_target_NE",
    "More_than_one_target_NE_Text",
    "More_than_one_target_E",
    "More_than_one_target_E_Text",
}


def filled(source: Any, name: str, table: str | None = None) -> tuple[Any, str]:
    matches = [
        (row["value"], row["note"])
        for row, field in zip(nrosh_fields(source), FORM, strict=True)
        if field.field == name and (table is None or field.table == table)
    ]
    assert len(matches) == 1, name
    return matches[0]


def test_all_449_fields_each_with_a_source_or_a_person() -> None:
    assert len(FORM) == 449
    assert {field.field for field in FORM if not field.source} == PERSON
    assert Counter(field.source.partition(":")[0] for field in FORM) == {
        "figure": 314, "survey": 102, "applies": 8, "system": 8, "": 7, "repairs": 6, "text": 4,
    }  # fmt: skip


@pytest.mark.skipif(not ORIGINAL.is_file(), reason="the field list that the form was drawn from is not here")
def test_no_field_of_the_published_file_is_lost_or_altered() -> None:
    with ORIGINAL.open(encoding="utf-8", newline="") as lines:
        published = [
            (row["table"], row["return_section"], row["question_ref"], row["datapoint"], row["field_name"])
            for row in csv.DictReader(lines)
        ]
    ours = [(f.table, f.section, f.question_ref, f.datapoint, f.field) for f in FORM]
    assert sorted(ours) == sorted(published)


def test_sections_follow_one_another_and_the_order_is_kept() -> None:
    main = [
        field.section for field in FORM if field.section.startswith("Section") and "/" not in field.section
    ]
    assert list(dict.fromkeys(main)) == [
        "Section1a", "Section1b", "Section1c", "Section2", "Section3", "Section4", "Section5", "Section6",
    ]  # fmt: skip
    assert main == sorted(main)
    assert [(row["datapoint"], row["field"]) for row in DOCUMENT["nrosh"]] == [
        (field.datapoint, field.field) for field in FORM
    ]


def test_every_expression_can_be_filled_for_a_combined_return_too() -> None:
    made = assemble(combined({"survey": {"COMBINED": {"approach": "census", "contractor": "none"}}}))
    assert filled(made, "TP05_NADK_COMB") == (40, "")
    assert filled(made, "TP02_VS_COMB") == (120, "")  # rental tenants alone are asked
    assert filled(made, "CH02_1_Numerator_COMB") == (55, "")
    assert filled(made, "Census_or_Sample_c") == ("Census", "")
    assert filled(made, "External_contractor_c") == ("No", "")
    assert filled(made, "External_contractor_name_c")[1].startswith("[Z] Not required.")
    assert filled(made, "TP05_VS_LCRA")[1].startswith("[Z] Not required. Reported together")
    assert filled(made, "RP01_Denominator") == (3000, "")


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("TP01_VS_LCRA", 216),
        ("TP01_Satisfied_Calc_LCRA", 77.8),
        ("TP05_NADK_LCRA", 54),
        ("TP02_Filter_Yes_LCRA", 486),
        ("TP02_Fiter_No_LCRA", 54),
        ("TP08_VD_LCHO", 30),
        ("BS01 _Applies", "Yes"),
        ("BS05_Applies", "No"),
        ("RP01 _Applies", "Yes"),
        ("BS01_Numerator", 3990),
        ("RP02_2_Denominator", 200),
        ("CH01_1_Calculated_Value_LCRA", 20.0),
        ("CH02_1_Numerator_LCHO", 55),
        ("Stg1_comp_without_Ext_LCRA", 51),
        ("Stg2_comp_with_Ext_LCHO", 4),
        ("Relevant_ten_pop_size_a", 2900),
        ("Relevant_ten_pop_size_b", 1050),
        ("Total_sample_size_b", 300),
        ("Excluded_tens_a", 2),
        ("Census_or_Sample_a", "Sample"),
        ("Responses_Telephone_a", 360),
        ("Resopnses_Postal_b", 0),
        ("TP01_Satisfied_Internet_b", 55.6),
        ("TP01_Confirm_Weighting_a", "Unweighted"),
        ("Weighting_used_b", "No"),
        ("External_contractor_a", "Yes"),
        ("External_contractor_name_b", "Example Research Ltd"),
        ("Interviews_conducted_by_a", "External contractor"),
        ("RP02_Max_Timescale_Non_Emer", 20),
        ("RP02_Max_Timescale_Emer", 24),
        ("Repairs_Raised", 1000),
        ("Repairs_Calculated_Value", 900),
        ("Provide_URL_used/Provide_URL_intended", "https://example.org/tsm"),
    ],
)
def test_sample_values(field: str, value: Any) -> None:
    assert filled(DOCUMENT, field) == (value, "")


def test_swapped_repair_fields_go_by_their_question() -> None:
    by_question = {row["question"]: row for row in DOCUMENT["nrosh"] if row["section"] == "Section3"}
    assert by_question["Q6b"]["field"] == "Repairs_Cancelled_Reclassified"
    assert by_question["Q6b"]["value"] == 80  # outstanding
    assert by_question["Q6d"]["field"] == "Repairs_WIP"
    assert by_question["Q6d"]["value"] == 60  # closed without completion


def test_known_slips_are_named_at_their_fields() -> None:
    slips = {field.field: field.slip for field in FORM if field.slip}
    for name in (
        "Repairs_WIP", "Repairs_Cancelled_Reclassified", "Resopnses_Postal_b", "TP02_Fiter_No_LCRA",
        "TP05_VS_LCRA", "TP06_FD_LCHO", "TP07_NSD_COMB", "TP08_VS_LCRA", "CH02_1_Numerator_LCRA",
        "RP02_1_Applies", "Relevant_ten_pop_size_b", "Total_sample_size_b", "Other_methods_desc_b",
    ):  # fmt: skip
        assert slips[name]
    assert not {"TP04_VS_LCRA", "CH02_2_Numerator_LCRA", "BS02_Applies"} & slips.keys()


def test_a_measure_that_does_not_apply_has_nothing_to_enter() -> None:
    for name in ("BS05_Numerator", "BS05_Denominator", "BS05_Calculated_Value"):
        assert filled(DOCUMENT, name) == (None, "[U] Not applicable. No passenger lifts.")


def test_a_population_that_is_not_reported_is_not_required() -> None:
    combined = [
        row for row, field in zip(DOCUMENT["nrosh"], FORM, strict=True)
        if field.table == "Combined_Perception" and field.field != "Online_Publication_URL"
    ]  # fmt: skip
    assert combined
    assert all(row["value"] is None and row["note"].startswith("[Z] Not required.") for row in combined)
    without_lcho = document(blocks={**BLOCKS, "LCHO": "not_applicable"}, stock={"LCRA": 3000, "LCHO": 0})
    assert filled(without_lcho, "TP01_VS_LCHO")[1].startswith("[Z] Not required.")
    assert filled(without_lcho, "Interviews_conducted_by_desc_b")[1].startswith("[Z] Not required.")


def test_an_empty_base_enters_its_zeros_and_no_value() -> None:
    changed = copy.deepcopy(DOCUMENT)
    empty = {"numerator": 0, "denominator": 0, "value": None, "status": "no_cases", "reason": "None raised."}
    figure_in(changed, "RP02_2", "LCRA").update(empty)
    assert filled(changed, "RP02_2_Applies")[0] == "Yes"
    assert filled(changed, "RP02_2_Numerator") == (0, "")
    assert filled(changed, "RP02_2_Denominator") == (0, "")
    assert filled(changed, "RP02_2_Calculated_Value") == (None, "[U] No cases. None raised.")


def test_a_withheld_figure_is_not_entered() -> None:
    changed = copy.deepcopy(DOCUMENT)
    figure_in(changed, "BS01", "ALL").update(status="withheld", value=None, reason="Stopped.")
    assert filled(changed, "BS01_Numerator") == (None, "Withheld. Stopped.")


def test_a_small_method_is_suppressed() -> None:
    changed = copy.deepcopy(DOCUMENT)
    survey_in(changed, "LCRA")["methods"][1].update(
        tp01_value=None, tp01_text="Not shown: fewer than 50 responses", suppressed=True
    )
    assert filled(changed, "TP01_Satisfied_Internet_a")[0] is None
    assert filled(changed, "TP01_Satisfied_Internet_a")[1].startswith("[S] ")
    assert filled(changed, "TP01_Satisfied_Postal_a") == (None, "No responses by this method.")


def test_a_target_in_another_unit_is_left_to_a_person() -> None:
    changed = document(
        year_file={"repairs": {"targets": {"non_emergency": {"working_days": None, "calendar_days": 28}}}}
    )
    value, note = filled(changed, "RP02_Max_Timescale_Non_Emer")
    assert value is None
    assert "28 calendar days" in note


def test_what_year_yaml_leaves_open_is_said() -> None:
    bare = document(year_file={"survey": None, "repairs": None, "publication_url": None})
    assert filled(bare, "Census_or_Sample_a")[1].startswith("To be supplied")
    assert filled(bare, "External_contractor_a")[1].startswith("To be supplied")
    assert filled(bare, "External_contractor_name_a")[1].startswith("To be supplied")
    assert filled(bare, "RP02_Max_Timescale_Emer")[1].startswith("To be supplied")
    assert filled(bare, "Online_Publication_URL", "LCRA_Perception")[1].startswith("To be supplied")


def test_weighted_returns_name_the_characteristics_and_give_the_unweighted_counts() -> None:
    weighting = {"method": "supplied", "characteristics": ["age_band", "area"]}
    weighted = document(year_file={"survey": {"LCRA": {"weighting": weighting}}})
    assert filled(weighted, "Weighting_used_a") == ("Yes", "")
    assert filled(weighted, "Weighting_characteristic2_a")[0] == "area"
    assert filled(weighted, "Weighting_characteristic3_a") == (None, "")
    assert filled(weighted, "Weighting_other_desc_a")[0] is None
    assert filled(weighted, "Unweighted_TP01_NSoD_a") == (54, "")
    assert filled(weighted, "Unweighted_Prop_Satisfied_a") == (77.8, "")
    assert filled(weighted, "TP01_Confirm_Weighting_a") == ("Weighted", "")
    assert filled(weighted, "Weighting_used_b") == ("No", "")


def test_other_methods_are_described() -> None:
    base = inputs()
    changed = base.surveys["LCRA"].responses.copy()
    changed.attrs = base.surveys["LCRA"].responses.attrs
    changed.loc[changed.index[:60], "method"] = "other"
    evidence = {**base.surveys, "LCRA": type(base.surveys["LCRA"])(changed, base.surveys["LCRA"].households)}
    text = {"survey": {"LCRA": {"other_method_text": "Paper forms left in schemes"}}}
    assert (
        filled(document(surveys=evidence, year_file=text), "Other_methods_desc_a")[0]
        == text["survey"]["LCRA"]["other_method_text"]
    )
    assert filled(document(surveys=evidence), "Other_methods_desc_a")[1].startswith("To be supplied")


def test_a_form_that_is_not_shipped_is_refused_and_replaced_with_a_warning() -> None:
    with pytest.raises(InputError, match="nrosh_1999"):
        load_form("nrosh_1999")
    past = document(year="2023-24")
    assert past["return_form"]["form"] == "nrosh_2025"
    assert "not in this release" in past["return_form"]["note"]
    assert DOCUMENT["return_form"] == {"form": "nrosh_2025", "note": load_edition("2024-25").return_form_note}
