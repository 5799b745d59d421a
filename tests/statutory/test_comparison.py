"""The return beside last year's: every figure, with what its change means."""

from __future__ import annotations

from typing import Any

import pandas as pd
import pytest

from pipelines.statutory.comparison import comparison
from pipelines.statutory.inputs import Beside, LastYear
from tests.statutory import builders


@pytest.fixture(scope="module")
def document() -> dict[str, Any]:
    return builders.document()


def beside(*rows: dict[str, Any], published: bool = True, returned: dict[str, Any] | None = None) -> Beside:
    blank = {"numerator": None, "denominator": None, "value": None}
    frame = pd.DataFrame([blank | row for row in rows]).astype(
        {"numerator": "float64", "denominator": "float64", "value": "float64"}
    )
    return Beside(LastYear("2023-24", "figures.csv", "ab" * 32, published, frame, returned))


def figure(measure: str, population: str = "LCRA", **numbers: float) -> dict[str, Any]:
    return {"measure": measure, "population": population, **numbers}


def only_change(document: dict[str, Any], row: dict[str, Any]) -> dict[str, Any]:
    (change,) = comparison(document, beside(row))["changes"]
    return change


def test_without_last_year_there_is_nothing_but_the_nation(document):
    found = comparison(document, Beside())
    assert found["last_year"] is None
    assert (found["changes"], found["new"], found["gone"]) == ([], [], [])
    assert found["benchmarks"]["figures"]


def test_a_change_is_of_exact_values_and_rounded_once(document):
    # 600 of 700 is 85.714…: the change from 85.65 is +0.064…, though the rounded values differ by 0.0.
    change = only_change(document, figure("RP02_1", numerator=8565, denominator=10000, value=85.7))
    assert (change["change"], change["change_text"]) == (0.1, "+0.1 percentage points")
    assert change["last_year_text"] == "85.7%"


def test_a_management_measure_is_a_full_count_and_is_not_tested(document):
    change = only_change(document, figure("RP02_1", value=90.0))
    assert (change["direction"], change["significant"]) == ("worse", None)
    assert "full count" in change["text"]
    assert change["change_text"] == "-4.3 percentage points"


@pytest.mark.parametrize(
    ("row", "direction"),
    [
        (figure("RP01", value=5.0), "better"),  # fewer homes below the standard
        (figure("RP01", value=0.5), "worse"),
        (figure("RP02_1", value=80.0), "better"),
        (figure("BS02", "ALL", value=100.0), "same"),
    ],
)
def test_the_direction_goes_by_the_better_end_of_the_measure(document, row, direction):
    assert only_change(document, row)["direction"] == direction


def test_counts_that_do_not_give_the_value_are_not_used(document):
    change = only_change(document, figure("RP02_1", numerator=10, denominator=100, value=80.0))
    assert (change["last_year"], change["change"]) == (80.0, 5.7)


def test_figures_that_are_new_or_gone_are_named(document):
    found = comparison(document, beside(figure("BS05", "ALL", value=75.0), figure("RP01", value=1.0)))
    assert [each["measure"] for each in found["changes"]] == ["RP01"]
    assert [each["text"] for each in found["gone"]] == [
        "BS05 was 75.0% in 2023-24, and has no value this year."
    ]
    assert {"measure": "TP01", "population": "LCRA"}.items() <= found["new"][0].items()
    assert "BS05 ALL" in found["last_year"]["text"]
