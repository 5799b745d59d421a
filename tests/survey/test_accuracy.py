from decimal import Decimal
from fractions import Fraction

import pytest

from pipelines.survey.accuracy import accuracy_test, achieved_margin, required_exactly
from schemas.rulebook import load_edition

RULES = load_edition("2024-25").accuracy

# Requirement by population, computed from the published formula and bands.
REQUIRED = {
    1000: 278,
    1500: 306,
    2000: 323,
    2499: 333,
    2500: 485,
    3000: 501,
    4000: 522,
    5000: 536,
    6000: 546,
    7500: 556,
    9999: 567,
    10000: 965,
    12500: 984,
    15000: 997,
    20000: 1014,
    24999: 1024,
    25000: 2191,
    30000: 2224,
    40000: 2266,
    50000: 2291,
}


@pytest.mark.parametrize(("households", "required"), REQUIRED.items())
def test_required_responses_by_band_are_rounded_up(households, required):
    assert accuracy_test(households, 0, census=False, accuracy=RULES).required_responses == required


def test_rshs_unrounded_requirement():
    # RSH's 2024-25 file: 926 households.
    assert abs(required_exactly(926, RULES) - Fraction("271.518104658973")) < Fraction(1, 10**11)


@pytest.mark.parametrize(
    ("households", "responses", "margin"),
    [(20780, 1317, "2.61351957936848"), (1080, 301, "4.79955347047619"), (34460, 2433, "1.91541028942578")],
)
def test_rshs_achieved_margins(households, responses, margin):
    # RSH's 2024-25 file, to the six decimals that are kept.
    assert achieved_margin(households, responses, RULES) == Decimal(margin).quantize(Decimal("0.000001"))


@pytest.mark.parametrize(
    ("households", "responses", "census", "met", "by_census"),
    [
        (3000, 501, False, True, False),
        (3000, 500, False, False, False),
        (3000, 500, True, False, False),
        (2500, 484, True, True, True),
        (2500, 484, False, False, False),
        (2501, 484, True, False, False),
        (2500, 485, True, True, False),
    ],
)
def test_the_test_and_its_census_fallback(households, responses, census, met, by_census):
    outcome = accuracy_test(households, responses, census, RULES)
    assert (outcome.met, outcome.met_by_census) == (met, by_census)


def test_no_response_and_nobody_to_ask():
    assert achieved_margin(3000, 0, RULES) is None
    assert achieved_margin(1, 1, RULES) is None
    assert achieved_margin(3000, 3100, RULES) == 0
    assert accuracy_test(0, 0, census=False, accuracy=RULES).required_responses == 0
