import pandas as pd
import pytest

from .frames import figure_of, home, inputs, ledger_of, line

YEAR_END = pd.Timestamp("2025-03-31")


def check(check_id="K1", **changes):
    usual = {
        "check_id": check_id,
        "programme": "fire",
        "home_id": "H1",
        "completed_on": pd.Timestamp("2024-06-01"),
        "valid_until": pd.Timestamp("2025-06-01"),
    }
    return {**usual, **changes}


MET, MISSED, OUT = (True, True), (True, False), (False, False)


@pytest.mark.parametrize(
    ("changes", "expected"),
    [
        ({}, ("all_in_date", *MET)),
        ({"valid_until": YEAR_END}, ("all_in_date", *MET)),
        ({"valid_until": pd.Timestamp("2025-03-30")}, ("overdue", *MISSED)),
        ({"completed_on": pd.NaT}, ("never_done", *MISSED)),
        ({"completed_on": YEAR_END}, ("all_in_date", *MET)),
        ({"completed_on": pd.Timestamp("2025-04-01")}, ("done_after_year_end", *MISSED)),
        ({"valid_until": pd.NaT}, ("no_expiry_date", *MISSED)),
        ({"programme": "gas"}, ("no_check_and_no_exclusion", *OUT)),
    ],
)
def test_each_home_is_classified(changes, expected):
    assert line(inputs(safety_checks=[check(**changes)]), "BS02", "H1") == expected


def test_one_missing_check_of_the_building_fails_every_home_it_serves():
    homes = [home("H1", building_id="B1"), home("S1", "LCHO", building_id="B1"), home("H3", building_id="B2")]
    checks = [
        check("K1", home_id="H1"),
        check("K2", home_id=None, building_id="B1", completed_on=pd.NaT),
        check("K3", home_id=None, building_id="B2"),
    ]
    given = inputs(homes=homes, safety_checks=checks)
    assert line(given, "BS02", "H1") == line(given, "BS02", "S1") == ("never_done", *MISSED)
    figure = figure_of(given, "BS02", "ALL")
    assert (figure.numerator, figure.denominator, str(figure.value)) == (1, 3, "33.3")


@pytest.mark.parametrize(
    ("settings", "expected"),
    [({}, "all_in_date"), ({"interval_last_day": "day_before"}, "overdue")],
)
def test_a_gas_check_without_expiry_runs_twelve_months(settings, expected):
    gas = check(programme="gas", completed_on=pd.Timestamp("2024-03-31"), valid_until=pd.NaT)
    assert line(inputs(safety_checks=[gas], settings=settings), "BS01", "H1")[0] == expected


def test_a_lift_check_without_expiry_runs_six_months():
    lift = check(programme="lift", completed_on=pd.Timestamp("2024-09-29"), valid_until=pd.NaT)
    assert line(inputs(safety_checks=[lift]), "BS05", "H1")[0] == "overdue"
    in_date = {**lift, "completed_on": pd.Timestamp("2024-09-30")}
    assert line(inputs(safety_checks=[in_date]), "BS05", "H1")[0] == "overdue"  # to 30 March
    october = {**lift, "completed_on": pd.Timestamp("2024-10-01")}
    assert line(inputs(safety_checks=[october]), "BS05", "H1")[0] == "all_in_date"


def test_a_check_without_expiry_can_be_taken_as_in_date():
    given = inputs(safety_checks=[check(valid_until=pd.NaT)], settings={"check_without_expiry": "meets"})
    assert line(given, "BS02", "H1") == ("all_in_date", *MET)


def test_exclusions_by_home_and_by_building_are_told_from_homes_without_either():
    homes = [home("H1"), home("H2", building_id="B1"), home("H3")]
    exclusions = [
        {"programme": "fire", "home_id": "H1", "reason": "house"},
        {"programme": "fire", "building_id": "B1", "reason": "no shared parts"},
        {"programme": "gas", "home_id": "H3", "reason": "electric"},
    ]
    given = inputs(homes=homes, safety_exclusions=exclusions)
    found = [line(given, "BS02", home_id)[0] for home_id in ("H1", "H2", "H3")]
    assert found == ["no_check_required", "no_check_required", "no_check_and_no_exclusion"]


def test_a_check_wins_over_an_exclusion():
    given = inputs(
        safety_checks=[check(completed_on=pd.NaT)],
        safety_exclusions=[{"programme": "fire", "home_id": "H1", "reason": "house"}],
    )
    assert line(given, "BS02", "H1") == ("never_done", *MISSED)


def test_homes_sold_during_the_year_are_outside():
    given = inputs(homes=[home(owned_to=pd.Timestamp("2024-12-01"))], safety_checks=[check()])
    assert line(given, "BS02", "H1") == ("home_not_owned_at_year_end", *OUT)


def test_no_lift_is_neither_nought_nor_a_hundred():
    exclusions = [{"programme": "lift", "home_id": "H1", "reason": "no lift"}]
    figure = figure_of(inputs(safety_exclusions=exclusions), "BS05", "ALL")
    assert (figure.value, figure.status) == (None, "not_applicable")


def test_rejected_checks_are_seen_to_be_missing_in_their_programme_alone():
    given = inputs(
        safety_checks=[check()], rejected={"safety_checks": [check("K9"), check("K8", programme=" Gas ")]}
    )
    assert line(given, "BS02", "K9") == ("rejected_record", *OUT)
    assert line(given, "BS01", "K8") == ("rejected_record", *OUT)
    with pytest.raises(ValueError, match="unpack"):
        line(given, "BS02", "K8")


def test_without_any_record_it_cannot_be_told_whether_the_measure_applies():
    homes = [home("H1"), home("H2")]
    excluded = {"programme": "fire", "home_id": "H1", "reason": "house"}
    figure = figure_of(inputs(homes=homes, safety_exclusions=[excluded]), "BS02", "ALL")
    assert (figure.status, figure.value, figure.denominator) == ("withheld", None, None)
    both = [excluded, {**excluded, "home_id": "H2"}]
    assert figure_of(inputs(homes=homes, safety_exclusions=both), "BS02", "ALL").status == "not_applicable"


def test_the_ledger_names_the_check_that_decides():
    homes = [home("H1", building_id="B1"), home("H2", building_id="B1")]
    checks = [
        check("K1", home_id="H1"),
        check("K2", home_id=None, building_id="B1", completed_on=pd.NaT),
        check("K3", home_id="H2", completed_on=pd.NaT),
    ]
    lines = ledger_of(inputs(homes=homes, safety_checks=checks), "BS02").set_index("record_id")
    assert lines["check_id"].to_dict() == {"H1": "K2", "H2": "K3"}
