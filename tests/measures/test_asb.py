import pandas as pd
import pytest

from .frames import figure_of, home, inputs, line


def case(**changes):
    return {
        "case_id": "A1",
        "home_id": "H1",
        "opened_on": pd.Timestamp("2024-07-01"),
        "hate_incident": False,
        **changes,
    }


@pytest.mark.parametrize(
    ("changes", "part_one", "part_two"),
    [
        ({}, ("opened_in_year", False, True), ("not_hate_incident", False, False)),
        ({"hate_incident": True}, ("opened_in_year", False, True), ("hate_incident", False, True)),
        ({"hate_incident": None}, ("opened_in_year", False, True), ("not_hate_incident", False, False)),
        (
            {"opened_on": pd.Timestamp("2025-04-01")},
            ("outside_year", False, False),
            ("outside_year", False, False),
        ),
        ({"home_id": "S1"}, ("opened_in_year", False, True), ("not_hate_incident", False, False)),
        ({"home_id": "L1"}, ("not_relevant_stock", False, False), ("not_relevant_stock", False, False)),
        ({"home_id": "W1"}, ("outside_england", False, False), ("outside_england", False, False)),
        ({"home_id": None}, ("opened_in_year", False, True), ("not_hate_incident", False, False)),
        (
            {"home_id": None, "tenure": "other"},
            ("not_relevant_stock", False, False),
            ("not_relevant_stock",) + (False,) * 2,
        ),
    ],
)
def test_each_case_is_classified(changes, part_one, part_two):
    homes = [home(), home("S1", "LCHO"), home("L1", "other"), home("W1", country="Wales")]
    given = inputs(homes=homes, asb_cases=[case(**changes)])
    assert line(given, "NM01_1", "A1") == part_one
    assert line(given, "NM01_2", "A1") == part_two


def test_cases_without_a_home_can_be_left_out():
    given = inputs(asb_cases=[case(home_id=None)], settings={"asb_without_home": "outside"})
    assert line(given, "NM01_1", "A1") == ("no_home_given", False, False)


def test_the_rate_is_per_thousand_homes_of_both_tenures_small_lcho_included():
    homes = [
        *(home(f"H{n}") for n in range(1500)),
        *(home(f"S{n}", "LCHO") for n in range(500)),
        home("L1", "other"),
    ]
    given = inputs(homes=homes, asb_cases=[case(), case(case_id="A2", home_id="S2", hate_incident=True)])
    rate = figure_of(given, "NM01_1", "ALL")
    assert (rate.numerator, rate.denominator, str(rate.value)) == (2, 2000, "1.0")
    hate = figure_of(given, "NM01_2", "ALL")
    assert (hate.numerator, hate.denominator, str(hate.value)) == (1, 2000, "0.5")
    assert line(given, "NM01_1", "L1") == ("not_relevant_stock", False, False)
    assert line(given, "NM01_1", "S1") == ("stock", True, False)
