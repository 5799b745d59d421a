import pandas as pd
import pytest

from .frames import figure_of, home, inputs, line


@pytest.mark.parametrize(
    ("changes", "expected"),
    [
        ({"decent_homes": "fails"}, ("fails_standard", True, True)),
        ({"decent_homes": "meets"}, ("meets_standard", True, False)),
        ({"decent_homes": "exempt"}, ("exempt", False, False)),
        ({"decent_homes": "not_assessed"}, ("not_assessed", True, False)),
        ({}, ("not_assessed", True, False)),
        ({"decent_homes": "fails", "tenure": "LCHO"}, ("not_lcra", False, False)),
        ({"decent_homes": "fails", "tenure": "other"}, ("not_relevant_stock", False, False)),
        ({"decent_homes": "fails", "country": "Wales"}, ("outside_england", False, False)),
        ({"decent_homes": "fails", "country": "ENGLAND"}, ("fails_standard", True, True)),
        (
            {"decent_homes": "fails", "owned_to": pd.Timestamp("2025-03-30")},
            ("home_not_owned_at_year_end", False, False),
        ),
        ({"decent_homes": "fails", "owned_to": pd.Timestamp("2025-03-31")}, ("fails_standard", True, True)),
        (
            {"decent_homes": "fails", "owned_from": pd.Timestamp("2025-04-01")},
            ("home_not_owned_at_year_end", False, False),
        ),
        ({"decent_homes": "fails", "owned_from": pd.Timestamp("2025-03-31")}, ("fails_standard", True, True)),
    ],
)
def test_each_home_is_classified(changes, expected):
    assert line(inputs(homes=[home("H1", **changes)]), "RP01", "H1") == expected


@pytest.mark.parametrize(
    ("setting", "expected"),
    [("in_base", (True, False)), ("failing", (True, True)), ("outside", (False, False))],
)
def test_homes_never_assessed_follow_the_setting(setting, expected):
    given = inputs(homes=[home()], settings={"unassessed_homes": setting})
    assert line(given, "RP01", "H1") == ("not_assessed", *expected)


def test_failing_homes_are_never_rounded_out_of_sight():
    homes = [home(f"H{number}", decent_homes="meets") for number in range(2999)]
    figure = figure_of(inputs(homes=[*homes, home("X", decent_homes="fails")]), "RP01", "LCRA")
    assert (str(figure.value), figure.numerator, figure.denominator) == ("0.0", 1, 3000)


def test_without_rented_homes_the_measure_does_not_apply():
    figure = figure_of(inputs(homes=[home("S1", "LCHO")]), "RP01", "LCRA")
    assert (figure.value, figure.status) == (None, "not_applicable")


def test_exempt_homes_alone_leave_no_value():
    figure = figure_of(inputs(homes=[home(decent_homes="exempt")]), "RP01", "LCRA")
    assert (figure.value, figure.status) == (None, "not_applicable")
    assert figure.reason
