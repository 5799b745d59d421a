"""The tally gives every value that RSH published for 2023-24 and that its own counts reproduce."""

from __future__ import annotations

import csv
from decimal import Decimal
from fractions import Fraction
from pathlib import Path

import pandas as pd
import pytest

from pipelines.measures.figures import value_of
from pipelines.measures.ledger import tally
from pipelines.measures.rounding import round_half_up
from schemas.rulebook import load_edition

EDITION = load_edition("2023-24")
with (Path(__file__).parent / "published_2023-24.csv").open(encoding="utf-8", newline="") as file:
    CASES = list(csv.DictReader(file))

# RSH's file keeps binary fractions of about 15 digits.
FLOAT_ERROR = Fraction(1, 10**9)


def ledger_of(numerator: str, denominator: str, rate: bool) -> pd.DataFrame:
    """Return ledger lines that stand for the published counts (fractional where a landlord weights)."""
    met, counted = Decimal(numerator), Decimal(denominator)
    lines = (
        [(False, True, met), (True, False, counted)]
        if rate
        else [(True, True, met), (True, False, counted - met)]
    )
    return pd.DataFrame(
        {
            "counted": [line[0] for line in lines],
            "met": [line[1] for line in lines],
            "weight": pd.Series([str(line[2]) for line in lines], dtype="str"),
        }
    )


def exact_of(case: dict[str, str]) -> tuple[Fraction, Fraction]:
    measure = EDITION.measure(case["measure"])
    return tally(ledger_of(case["numerator"], case["denominator"], measure.unit == "per_1000_homes"))


def test_all_published_cases_are_here():
    assert len(CASES) == 9990
    assert sum(case["reproduces"] == "yes" for case in CASES) == 9927


@pytest.mark.parametrize("key", [measure.key for measure in EDITION.measures])
def test_every_published_value_is_reproduced(key):
    measure = EDITION.measure(key)
    mine = [case for case in CASES if case["measure"] == key and case["reproduces"] == "yes"]
    assert len(mine) > 300
    wrong = []
    for case in mine:
        numerator, denominator = exact_of(case)
        reported = Fraction(case["reported"])
        if denominator == 0:
            # RSH's 2023-24 file shows 0 where nothing was counted; we show no value.
            assert reported == 0
            continue
        exact = numerator / denominator * measure.scale_factor
        if case["publication_rule"] == "whole number":
            held = round_half_up(exact, 0) == case_value(reported)
        else:
            held = abs(exact - reported) < FLOAT_ERROR
            held &= value_of(numerator, denominator, measure) == round_half_up(reported, measure.places)
        if not held:
            wrong.append(case)
    assert wrong == []


def case_value(reported: Fraction) -> Decimal:
    return Decimal(reported.numerator) / reported.denominator


def test_the_cases_marked_as_not_reproducing_do_not():
    # The proof above can fail: these 63 are weighted counts that RSH rounded to whole people.
    differ = 0
    for case in CASES:
        if case["reproduces"] != "yes":
            numerator, denominator = exact_of(case)
            differ += abs(numerator / denominator * 100 - Fraction(case["reported"])) > FLOAT_ERROR
    assert differ == 63
