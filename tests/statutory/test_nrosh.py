"""The regulator's return form: every field is mapped, kept in order and filled with the right value."""

from __future__ import annotations

import copy
import csv
from collections import Counter
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from python_calamine import CalamineWorkbook

from pipelines.statutory import assemble, nrosh_fields
from pipelines.statutory.nrosh import Field, choice_for, entries, form_used, load_form, missing_from
from schemas.errors import InputError
from schemas.rulebook import load_edition
from tests.statutory.builders import BLOCKS, combined, document, figure_in, inputs, survey_in

FORM = load_form("nrosh_2025")
FORM_2024 = load_form("nrosh_2024")
SHARED = Path(__file__).parents[3] / "shared"
ORIGINAL = SHARED / "reference" / "nrosh_tsm_2025_fields.csv"
WORKBOOK = SHARED / "rsh" / "2024_TSM_Full_Data_v1.1_FINAL.xlsx"
DOCUMENT = document()
PAST = document(year="2023-24")
TYPES = {"integer", "count", "percent", "per_1000", "yes_no", "choice", "text", "url"}
CONDITIONS = {
    "not_reported", "not_applicable", "no_cases", "no_responses", "few_responses", "no_other_method",
    "not_weighted", "no_further", "no_other", "no_contractor", "not_mixed", "one_target", "no_rented_homes",
    "standard_timescales",
}  # fmt: skip


def row_of(source: Any, name: str, table: str | None = None) -> dict[str, Any]:
    form = load_form(source["return_form"]["form"])
    matches = [
        row
        for row, field in zip(nrosh_fields(source), form, strict=True)
        if field.field == name and (table is None or field.table == table)
    ]
    assert len(matches) == 1, name
    return matches[0]


def filled(source: Any, name: str, table: str | None = None) -> tuple[Any, str]:
    row = row_of(source, name, table)
    return row["value"], row["note"]


def lacking(source: Any) -> set[str]:
    """The keys of year.yaml that the return form is said to lack."""
    return {
        each["remedy"].partition(":")[0] for each in source["status"]["missing"]
        if each["what"].startswith("Return form")
    }  # fmt: skip


@pytest.mark.parametrize(
    ("form", "fields", "sources"),
    [
        (FORM, 449, {"figure": 314, "survey": 105, "applies": 8, "system": 8, "repairs": 10, "text": 4}),
        (FORM_2024, 413, {"figure": 302, "survey": 87, "code": 6, "system": 8, "repairs": 6, "text": 4}),
    ],
)
def test_every_field_has_a_source_a_type_and_a_key_of_its_own(
    form: tuple[Field, ...], fields: int, sources: dict[str, int]
) -> None:
    assert len(form) == fields
    assert Counter(field.source.partition(":")[0] for field in form) == sources
    assert len({field.key for field in form}) == fields
    assert {field.type for field in form} == TYPES
    assert all((field.type == "choice") == bool(field.options) for field in form)


@pytest.mark.parametrize("form", [FORM, FORM_2024], ids=["2025", "2024"])
def test_symbol_rules_can_be_read_and_name_known_conditions(form: tuple[Field, ...]) -> None:
    for field in form:
        assert len(field.rules) == len(field.symbols.split()), field
        assert field.rules.keys() <= CONDITIONS, field
    used = {condition for field in form for condition in field.rules}
    assert CONDITIONS - used == ({"standard_timescales"} if form is FORM else {
        "few_responses", "no_contractor", "not_mixed",
    })  # fmt: skip


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
    assert filled(changed, "TP01_Satisfied_Postal_a") == (
        None,
        "[X] Leave blank. No responses by this method.",
    )


def test_a_target_in_another_unit_is_left_to_a_person() -> None:
    changed = document(
        year_file={"repairs": {"targets": {"non_emergency": {"working_days": None, "calendar_days": 28}}}}
    )
    value, note = filled(changed, "RP02_Max_Timescale_Non_Emer")
    assert value is None
    assert "28 calendar days" in note
    assert "Put 'longest' under repairs, return_form, non_emergency in year.yaml" in lacking(changed)
    asked = {"repairs": {"return_form": {"non_emergency": {"longest": 20}}}}
    assert filled(document(year_file=asked), "RP02_Max_Timescale_Non_Emer") == (20, "")


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
    assert filled(weighted, "Weighting_characteristic2_a") == ("Geographical area", "year.yaml: area.")
    assert filled(weighted, "Weighting_characteristic3_a")[1].startswith("[Z] Not required. There is no")
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
    without = replace(load_edition("2024-25"), return_form="nrosh_1999")
    used = form_used(without)
    assert used["form"] == "nrosh_2025"
    assert "not in this release" in used["note"]
    for year, form in (("2023-24", "nrosh_2024"), ("2024-25", "nrosh_2025")):
        edition = load_edition(year)
        assert form_used(edition) == {"form": form, "note": edition.return_form_note}


def test_the_form_of_2024_asks_what_it_asked() -> None:
    assert PAST["return_form"]["form"] == "nrosh_2024"
    assert [row["field"] for row in PAST["nrosh"]] == [field.field for field in FORM_2024]
    assert filled(PAST, "TP01_VS_LCRA") == (216, "")
    assert filled(PAST, "CH02_calc_max_timescales_LCRA") == ("Yes", "")
    assert filled(PAST, "CH02_calc_timescale_Desc_LCRA")[1].startswith("[Z] Not required.")
    assert filled(PAST, "CH02_calc_max_timescales_COMB")[1].startswith("[X] Leave blank.")
    asked = {field.field for field in FORM_2024}
    assert not asked & {"BS01_Applies", "Repairs_Raised", "External_contractor_a", "Stg1_comp_with_Ext_LCRA"}
    assert not any(name.startswith("Weighting_characteristic4") for name in asked)
    # An empty base is entered as it was published that year: no homes, not a symbol.
    assert filled(PAST, "BS05_Denominator") == (0, "Not applicable. No passenger lifts.")
    assert row_of(PAST, "BS05_Calculated_Value")["symbol"] == ""
    assert filled(PAST, "BS05_Calculated_Value")[0] is None


def test_the_form_of_2024_takes_combined_reporters_in_its_section_1a() -> None:
    made = assemble(replace(combined(), edition=load_edition("2023-24")))
    assert made["return_form"]["form"] == "nrosh_2024"
    assert filled(made, "Total_sample_size_a", "Combined_Perception") == (400, "")
    assert filled(made, "Total_sample_size_a", "LCRA_Perception")[1].startswith("[X] Leave blank.")
    assert filled(made, "CH02_calc_max_timescales_COMB") == ("Yes", "")


def test_the_form_of_2024_takes_tp01_of_methods_with_few_responses() -> None:
    base = inputs(year="2023-24")
    few = base.surveys["LCRA"].responses.copy()
    few.attrs = base.surveys["LCRA"].responses.attrs
    few["method"] = "telephone"
    few.loc[few.index[:4], "method"] = "sms"
    surveys = {**base.surveys, "LCRA": replace(base.surveys["LCRA"], responses=few)}
    made = assemble(replace(base, surveys=surveys))
    satisfied = few["TP01"].head(4).isin(["VS", "FS"]).mean() * 100
    rows = zip(FORM_2024, made["nrosh"], strict=True)
    by_field = {field.field: row for field, row in rows if field.table == "LCRA_Perception"}
    assert by_field["TP01_Satisfied_SMS_a"]["value"] == satisfied
    assert "form alone" in by_field["TP01_Satisfied_SMS_a"]["note"]
    assert by_field["TP01_Satisfied_Postal_a"]["symbol"] == "[X]"
    # What everybody reads keeps it hidden.
    assert all(row["tp01_value"] is None for row in survey_in(made, "LCRA")["methods"] if row["suppressed"])


@pytest.mark.skipif(not WORKBOOK.is_file(), reason="the regulator's workbook is not here")
def test_no_field_of_the_published_file_of_2024_is_lost_or_altered() -> None:
    sheet = CalamineWorkbook.from_path(str(WORKBOOK)).get_sheet_by_name("Data Dictionary")
    published = []
    for table, _, name, datapoint, question, _, section, *_ in sheet.to_python(skip_empty_area=False)[4:]:
        cells = [" ".join(str(cell).split()) for cell in (table, section, question, datapoint, name)]
        cells[0] = cells[0].removeprefix("TSM24_")
        if cells[0] == "Management_Info":
            cells[2], cells[3] = cells[3], cells[2]  # the dictionary's own slip
        if cells[3].startswith("DP_"):
            published.append(tuple(cells))
    ours = [
        (f.table, f.section.replace("System Property", "") if f.field == "System Property" else f.section,
         f.question_ref, f.datapoint, f.field)
        for f in FORM_2024
    ]  # fmt: skip
    known = [cells if cells[2] else (*cells[:2], "System Property", *cells[3:]) for cells in published]
    plain = [(c[0], c[1].replace("System Property", ""), *c[2:]) for c in known]
    assert sorted(ours) == sorted(plain)


def test_slips_of_the_form_of_2024_are_named() -> None:
    slips = {(field.table, field.field): field.slip for field in FORM_2024}
    for table, name, words in (
        ("Management_Info", "BS01_Numerator", "the other way round"),
        ("Combined_Perception", "Total_sample_size_a", "Combined reporters answered section 1a"),
        ("Combined_Perception", "Weighting_used_a", "one column to the left"),
        ("LCHO_Perception", "Other_methods_desc_b", "repeats the datapoint"),
        ("LCRA_Perception", "TP05_VS_LCRA", "wording of another question"),
        ("LCRA_Perception", "TP07_VS_LCRA", "lacks the words"),
        ("LCRA_Perception", "Unweighted_Prop_Satisfied_a", "shows 0"),
        ("Management_Info", "CH02_2_Numerator_LCHO", "stage one"),
    ):
        assert words in slips[table, name]
    assert not slips["LCRA_Perception", "TP04_VS_LCRA"]


@pytest.mark.parametrize("source", [DOCUMENT, PAST, assemble(combined())], ids=["2025", "2024", "combined"])
def test_what_is_filled_is_of_the_fields_type_and_its_symbol_is_declared(source: dict[str, Any]) -> None:
    values = 0
    for field, entry in entries(source):
        if entry.value is not None:
            values += 1
            assert field.accepts(entry.value), (field.field, entry.value)
        elif entry.symbol:
            assert entry.symbol.strip("[]") in field.rules.values(), field.field
        else:
            assert entry.note, field.field
    assert values > 160


@pytest.mark.parametrize(
    ("name", "accepted", "refused"),
    [
        ("TP01_VS_LCRA", 12.5, -1),
        ("BS01_Numerator", 12, 12.5),
        ("TP01_Satisfied_Calc_LCRA", 100.0, 100.1),
        ("CH01_1_Calculated_Value_LCRA", 1000.5, "many"),
        ("Weighting_used_a", "Yes", "yes"),
        ("Census_or_Sample_a", "Census", "census"),
        ("Online_Publication_URL", "https://example.org", "example.org"),
        ("Other_methods_desc_a", "Paper", 3),
        ("Total_sample_size_a", 3, True),
    ],
)
def test_a_field_accepts_its_type_alone(name: str, accepted: Any, refused: Any) -> None:
    field = next(each for each in FORM if each.field == name)
    assert field.accepts(accepted)
    assert not field.accepts(refused)


def test_what_a_person_must_supply_is_listed_as_missing_with_its_key_and_never_invented() -> None:
    assert lacking(DOCUMENT) == set()
    several = {"repairs": {"return_form": {"non_emergency": {"several": "yes"}}}}
    mixed = {"survey": {"LCRA": {"interviewed_by": "mixed"}}}
    lacks = document(year_file={**several, **mixed})
    assert lacking(lacks) == {
        "Put 'interviewed_by_text' under survey, LCRA in year.yaml",
        "Put 'longest' under repairs, return_form, non_emergency in year.yaml",
        "Put 'outline' under repairs, return_form, non_emergency in year.yaml",
    }
    assert not lacks["status"]["complete"]
    assert filled(lacks, "More_than_one_target_NE") == ("Yes", "")
    assert filled(lacks, "More_than_one_target_NE_Text")[0] is None
    assert filled(lacks, "RP02_Max_Timescale_Non_Emer")[0] is None
    several["repairs"]["return_form"]["non_emergency"] |= {"longest": 60, "outline": "5, 20 and 60 days"}
    mixed["survey"]["LCRA"]["interviewed_by_text"] = "Staff by telephone, a contractor at the door"
    given = document(year_file={**several, **mixed})
    assert lacking(given) == set()
    assert given["status"]["complete"]
    assert filled(given, "RP02_Max_Timescale_Non_Emer") == (60, "")
    assert filled(given, "More_than_one_target_NE_Text") == ("5, 20 and 60 days", "")
    assert filled(given, "Interviews_conducted_by_desc_a")[0].startswith("Staff by telephone")
    # The form of 2024 did not ask who interviewed.
    asked_then = document(year="2023-24", year_file={"survey": {"LCRA": {"interviewed_by": "mixed"}}})
    assert lacking(asked_then) == set()


def test_what_is_missing_anyway_is_not_listed_twice() -> None:
    bare = document(year_file={"survey": None, "repairs": None, "publication_url": None}, other_targets={})
    remedies = [each["remedy"].partition(":")[0].rstrip(".") for each in bare["status"]["missing"]]
    assert len(remedies) == len(set(remedies))
    assert "Put 'several' under repairs, return_form, emergency in year.yaml" in remedies
    assert missing_from(bare, bare["status"]["missing"]) == []


@pytest.mark.parametrize(
    ("others", "said", "value", "note"),
    [
        (0, None, "No", ""),
        (1_234, None, "Yes", "1,234 repairs had a target other than the year's."),
        (1_234, "no", "No", ""),
        (0, "yes", "Yes", ""),
    ],
)
def test_whether_there_are_several_targets_is_seen_in_the_records(
    others: int, said: str | None, value: str, note: str
) -> None:
    asked = {"repairs": {"return_form": {"non_emergency": {"several": said}}}}
    made = document(year_file=asked, other_targets={"emergency": 0, "non_emergency": others})
    assert filled(made, "More_than_one_target_NE") == (value, note)
    assert filled(made, "More_than_one_target_E") == ("No", "")


def test_a_landlord_without_rented_homes_is_asked_nothing_about_repairs() -> None:
    without = document(
        stock={"LCRA": 0, "LCHO": 1100},
        blocks={**BLOCKS, "LCRA": "not_applicable"},
        year_file={"repairs": None},
        other_targets={},
    )
    assert filled(without, "RP02_Max_Timescale_Emer")[1].startswith("[Z] Not required.")
    assert not any("repairs" in each for each in lacking(without))


def test_characteristics_are_given_in_the_forms_own_words() -> None:
    options = next(each.options for each in FORM if each.field == "Weighting_characteristic1_a")
    found = {name: choice_for(name, options) for name in (
        "age_band", "Ethnic group", "bedrooms", "stock_type", "household size", "patch", "village_hall",
    )}  # fmt: skip
    assert found == {
        "age_band": "Age of respondent",
        "Ethnic group": "Ethnicity of respondent",
        "bedrooms": "Property size",
        "stock_type": "Stock type",
        "household size": "Household size",
        "patch": "Geographical area",
        "village_hall": None,
    }


def test_characteristics_that_the_form_lacks_or_has_no_room_for_are_told_in_words() -> None:
    named = ["length_of_tenancy", "age_band", "area", "bedrooms", "benefits"]
    weighting = {"method": "supplied", "characteristics": named}
    past = document(year="2023-24", year_file={"survey": {"LCRA": {"weighting": weighting}}})
    sheet, names = "LCRA_Perception", [f"Weighting_characteristic{number}_a" for number in range(1, 6)]
    chosen = [filled(past, name, sheet)[0] for name in names[:3]]
    assert chosen == ["Other (specify in Q15b)", "Age of respondent", "Geographical area"]
    assert filled(past, "Weighting_other_desc_a", sheet) == ("length of tenancy, benefits and bedrooms", "")
    now = document(year_file={"survey": {"LCRA": {"weighting": weighting}}})
    chosen = [filled(now, name)[0] for name in names]
    assert chosen == ["Other", "Age of respondent", "Geographical area", "Property size", None]
    in_words = {**weighting, "other_text": "How long they have lived there; whether they claim"}
    said = document(year_file={"survey": {"LCRA": {"weighting": in_words}}})
    assert filled(said, "Weighting_other_desc_a") == (in_words["other_text"], "")


def test_shares_that_rsh_works_out_are_shown_to_compare() -> None:
    shares = [row for row in DOCUMENT["nrosh"] if row["field"] == "System Property"]
    assert shares[0]["value"] == 90.0
    assert all("nothing to enter" in row["note"] or row["symbol"] for row in shares)
