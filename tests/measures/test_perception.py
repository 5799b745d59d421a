import pandas as pd
import pytest

from pipelines.measures.perception import respondents

from .frames import figure_of, home, inputs, ledger_of, line


def response(response_id="V1", **changes):
    usual = {
        "response_id": response_id,
        "tenure": "LCRA",
        "completed_on": pd.Timestamp("2024-10-01"),
        "method": "telephone",
    }
    return {**usual, **changes}


IN, NOT_MET, OUT = (True, True), (True, False), (False, False)


@pytest.mark.parametrize(
    ("answer", "expected"),
    [
        ("VS", ("positive", *IN)),
        ("FS", ("positive", *IN)),
        ("NSD", ("not_positive", *NOT_MET)),
        ("FD", ("not_positive", *NOT_MET)),
        ("VD", ("not_positive", *NOT_MET)),
        ("NADK", ("nadk", *OUT)),
        (None, ("unanswered", *OUT)),
    ],
)
def test_five_answers_make_the_base_and_two_of_them_the_numerator(answer, expected):
    assert line(inputs(survey_responses=[response(TP05=answer)]), "TP05", "V1") == expected


def test_nadk_where_it_is_not_offered_is_no_answer():
    assert line(inputs(survey_responses=[response(TP01="NADK")]), "TP01", "V1") == ("nadk_not_offered", *OUT)


@pytest.mark.parametrize(
    ("had_repair", "answer", "expected"),
    [
        (True, "FS", ("positive", *IN)),
        (True, None, ("unanswered", *OUT)),
        (False, None, ("filter_no", *OUT)),
        (False, "FS", ("filter_no", *OUT)),
        (None, "FS", ("positive", *IN)),
        (None, None, ("unanswered", *OUT)),
        (True, "NADK", ("nadk_not_offered", *OUT)),
    ],
)
def test_the_filter_decides_who_was_asked(had_repair, answer, expected):
    given = inputs(survey_responses=[response(had_repair=had_repair, TP02=answer)])
    assert line(given, "TP02", "V1") == expected


def test_an_answer_without_a_filter_can_be_left_out():
    given = inputs(survey_responses=[response(TP02="FS")], settings={"answer_without_filter": "outside"})
    assert line(given, "TP02", "V1") == ("answered_without_filter", *OUT)


@pytest.mark.parametrize(("measure", "question"), [("TP09", "made_complaint"), ("TP10", "communal_areas")])
def test_each_filter_has_its_question(measure, question):
    given = inputs(survey_responses=[response(**{question: False, measure: "VS"})])
    assert line(given, measure, "V1")[0] == "filter_no"


def test_counts_of_answers_and_filters_come_from_the_ledger():
    rows = [
        response("V1", had_repair=True, TP02="VS"),
        response("V2", had_repair=True, TP02="VD"),
        response("V3", had_repair=True),
        response("V4", had_repair=False),
        response("V5", TP02="FS"),
        response("V6", completed_on=pd.Timestamp("2025-04-01"), had_repair=True, TP02="VS"),
    ]
    figure = figure_of(inputs(survey_responses=rows), "TP02", "LCRA")
    assert (figure.numerator, figure.denominator, str(figure.value)) == (2, 3, "66.7")
    assert figure.answers == {"VS": 1, "FS": 1, "NSD": 0, "FD": 0, "VD": 1}
    assert (figure.filter_yes, figure.filter_no) == (4, 1)


def test_filter_counts_are_not_made_up_where_no_filter_answer_is_on_file():
    rows = [response("V1", TP02="VS"), response("V2")]
    figure = figure_of(inputs(survey_responses=rows), "TP02", "LCRA")
    assert (figure.denominator, figure.filter_yes, figure.filter_no) == (1, None, None)


def test_not_applicable_is_counted_beside_the_base():
    rows = [response("V1", TP12="VS"), response("V2", TP12="NADK"), response("V3", TP12="NADK")]
    figure = figure_of(inputs(survey_responses=rows), "TP12", "LCRA")
    assert (str(figure.value), figure.answers["NADK"]) == ("100.0", 2)
    assert figure.filter_yes is None


@pytest.mark.parametrize(
    ("changes", "expected"),
    [
        ({"completed_on": pd.Timestamp("2024-03-31")}, "outside_year"),
        ({"completed_on": pd.Timestamp("2024-04-01")}, "positive"),
        ({"completed_on": pd.Timestamp("2025-03-31")}, "positive"),
        ({"completed_on": pd.Timestamp("2025-04-01")}, "outside_year"),
        ({"tenure": "LCHO"}, "lcho_below_threshold"),
    ],
)
def test_who_takes_part(changes, expected):
    given = inputs(homes=[home(), home("S1", "LCHO")], survey_responses=[response(TP01="VS", **changes)])
    assert line(given, "TP01", "V1")[0] == expected


@pytest.mark.parametrize(("setting", "kept"), [("latest", "V2"), ("first", "V1")])
def test_one_household_one_response(setting, kept):
    rows = [
        response("V1", household_id="N1", TP01="VS"),
        response("V2", household_id="N1", TP01="VD", completed_on=pd.Timestamp("2024-11-01")),
        response("V3", TP01="VS"),
        response("V4", TP01="VS"),
    ]
    given = inputs(survey_responses=rows, settings={"household_duplicates": setting})
    left = {"V1": "V2", "V2": "V1"}[kept]
    assert line(given, "TP01", left) == ("superseded", *OUT)
    assert line(given, "TP01", kept)[1]
    assert figure_of(given, "TP01", "LCRA").denominator == 3


def test_two_responses_of_one_day_the_later_row_counts():
    rows = [response("V1", household_id="N1", TP01="VS"), response("V2", household_id="N1", TP01="VD")]
    assert line(inputs(survey_responses=rows), "TP01", "V1")[0] == "superseded"


def test_a_response_outside_the_year_supersedes_none():
    late = response("V2", household_id="N1", TP01="VD", completed_on=pd.Timestamp("2025-05-01"))
    given = inputs(survey_responses=[response("V1", household_id="N1", TP01="VS"), late])
    assert line(given, "TP01", "V1") == ("positive", *IN)


def both_tenures(lcra, lcho):
    homes = [*(home(f"H{n}") for n in range(lcra)), *(home(f"S{n}", "LCHO") for n in range(lcho))]
    answers = {"had_repair": True, "TP01": "VS", "TP02": "VS"}
    rows = [response("V1", **answers), response("V2", tenure="LCHO", **answers)]
    return inputs(homes=homes, survey_responses=rows)


def test_lcho_has_a_survey_of_its_own_but_is_not_asked_about_repairs():
    given = both_tenures(1000, 1000)
    assert figure_of(given, "TP01", "LCRA").denominator == figure_of(given, "TP01", "LCHO").denominator == 1
    assert line(given, "TP02", "V2") == ("not_asked_of_lcho", *OUT)
    assert figure_of(given, "TP02", "LCRA").filter_yes == 1


def test_combined_pools_the_tenures_but_for_repairs():
    given = both_tenures(600, 400)
    assert figure_of(given, "TP01", "COMBINED").denominator == 2
    repairs = figure_of(given, "TP02", "COMBINED")
    assert (repairs.denominator, repairs.filter_yes) == (1, 1)
    assert figure_of(given, "TP01", "LCRA").status == "not_required"


def test_answers_of_a_tenure_that_the_landlord_does_not_own_are_outside():
    given = inputs(homes=[home("S1", "LCHO")], survey_responses=[response(TP01="VS")])
    assert line(given, "TP01", "V1") == ("block_not_required", *OUT)
    assert figure_of(given, "TP01", "LCRA").status == "not_applicable"


def test_weights_are_summed_exactly():
    rows = [
        response("V1", TP05="VS"),
        response("V2", TP05="FS"),
        response("V3", TP05="VD"),
        response("V4", TP05="NADK"),
    ]
    weights = {"LCRA": {"V1": "0.1", "V2": "0.2", "V3": "0.7", "V4": "1.05"}}
    figure = figure_of(inputs(survey_responses=rows, weights=weights), "TP05", "LCRA")
    assert (str(figure.numerator), figure.denominator, str(figure.value)) == ("3/10", 1, "30.0")
    assert str(figure.answers["NADK"]) == "21/20"


def test_a_population_that_is_not_weighted_counts_each_response_as_one():
    rows = [response("V1", TP01="VS", weight="9"), response("V2", TP01="VD", weight="1")]
    given = inputs(survey_responses=rows, weights={"LCHO": {"V9": "2"}})
    assert figure_of(given, "TP01", "LCRA").numerator == 1


def test_a_response_that_takes_no_part_weighs_nothing():
    rows = [response("V1", TP01="VS"), response("V2", completed_on=pd.Timestamp("2025-05-01"))]
    lines = ledger_of(inputs(survey_responses=rows, weights={"LCRA": {"V1": "2"}}), "TP01")
    assert lines.set_index("record_id")["weight"].to_dict() == {"V1": "2", "V2": "0"}


def test_the_achieved_sample_is_those_who_take_part():
    rows = [
        response("V1"),
        response("V2", completed_on=pd.Timestamp("2025-05-01")),
        response("V3", tenure="LCHO"),
    ]
    taking_part = respondents(inputs(survey_responses=rows))
    assert taking_part["standing"].tolist() == ["", "outside_year", "lcho_below_threshold"]


def test_rejected_responses_are_seen_to_be_missing():
    given = inputs(survey_responses=[response(TP01="VS")], rejected={"survey_responses": [response("V9")]})
    assert line(given, "TP01", "V9") == ("rejected_record", *OUT)
    assert ledger_of(given, "TP01")["record_id"].tolist() == ["V1", "V9"]


def test_nobody_answered_is_no_value():
    figure = figure_of(inputs(survey_responses=[response()]), "TP09", "LCRA")
    assert (figure.value, figure.status, figure.denominator) == (None, "no_cases", 0)
