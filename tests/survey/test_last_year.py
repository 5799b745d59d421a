"""Last year's figures as estimates: what can be tested against, on what footing, and what cannot."""

from __future__ import annotations

from dataclasses import replace
from decimal import Decimal
from fractions import Fraction
from math import sqrt

import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from pipelines.measures.figures import Figure, figures_frame
from pipelines.survey.comparison import year_on_year
from pipelines.survey.estimation import Estimate
from pipelines.survey.intervals import interval
from pipelines.survey.last_year import NO_COUNTS, NOT_A_PERCENTAGE, TWICE, LastYear, last_year_estimates

from .reference import HEADLINE, estimated, last_year, reference


def read(*rows: dict[str, object]) -> LastYear:
    return last_year_estimates(
        pd.DataFrame([{"measure": "TP01", "population": "LCRA", **row} for row in rows])
    )


def the(found: LastYear, measure: str = "TP01") -> Estimate:
    return found.estimates["LCRA"][measure]


def published(estimate: Estimate, measure: str) -> dict[str, object]:
    """A row as this year's figures.csv has it."""
    return {
        "measure": measure,
        "numerator": f"{estimate.p * estimate.n:.9f}",
        "denominator": str(estimate.n),
        "value": f"{100 * estimate.p:.1f}",
        "se": 100 * estimate.se,
        "deff": estimate.deff,
        "n_effective": estimate.n_effective,
        "ci_low": 100 * estimate.ci_low,
        "ci_high": 100 * estimate.ci_high,
    }


def test_figures_that_were_written_come_back() -> None:
    """The reference's last year through a table and back: the same changes, as R has them."""
    found = read(*(published(each, item) for item, each in last_year().items()))
    assert found.assumed == {}
    assert found.left_out == {}
    assert list(found.estimates) == ["LCRA"]
    for item in HEADLINE:
        ours = the(found, item)
        expected = replace(last_year()[item], se_fpc=None, deff_kish=ours.deff_kish)
        for name, value in vars(expected).items():
            assert getattr(ours, name) == (
                pytest.approx(value, abs=1e-9) if isinstance(value, float) else value
            )
    this = {item: estimated("calib_raking", item) for item in HEADLINE}
    adjusted = year_on_year(this, found.estimates["LCRA"])["p_adjusted"].to_list()
    expected_p = [reference("yoy_calib_raking", f"{item}_sat")["p_holm"] for item in HEADLINE]
    assert adjusted == pytest.approx(expected_p, abs=1e-6)


def test_counts_alone_are_taken_for_a_simple_random_sample() -> None:
    found = read({"numerator": 30, "denominator": 40, "value": 75})
    ours = the(found)
    assert (ours.p, ours.n, ours.n_effective, ours.se_fpc, ours.deff) == (0.75, 40, 40, None, None)
    assert ours.se == pytest.approx(sqrt(0.75 * 0.25 / 40))
    assert (ours.ci_low, ours.ci_high) == (interval(0.75, 40).low, interval(0.75, 40).high)
    assert (ours.deff_kish, ours.method) == (1, "wilson")
    assert found.assumed == {"LCRA": ("TP01",)}


@pytest.mark.parametrize(
    ("row", "p"),
    [
        # The value is the share of the counts, rounded: the counts are exact.
        ({"numerator": 2, "denominator": 3, "value": 66.7}, 2 / 3),
        ({"numerator": 1, "denominator": 16, "value": 6.3}, 1 / 16),
        ({"numerator": "2", "denominator": "3", "value": ""}, 2 / 3),
        ({"numerator": 2, "denominator": 3}, 2 / 3),
        # The value was weighted and the counts were not: the value was reported.
        ({"numerator": 2, "denominator": 3, "value": 66.2}, 0.662),
        ({"denominator": 3, "value": 66.7}, 0.667),
        ({"numerator": "", "denominator": "3", "value": "66.7"}, 0.667),
        ({"numerator": float("nan"), "denominator": 3, "value": 66.7}, 0.667),
        # Everybody agreed, or nobody.
        ({"numerator": 3, "denominator": 3, "value": 100}, 1),
        ({"numerator": 0, "denominator": 3, "value": 0}, 0),
    ],
)
def test_which_share_is_taken(row: dict[str, object], p: float) -> None:
    assert the(read(row)).p == pytest.approx(p, abs=1e-12)
    assert the(read(row)).n == int(str(row["denominator"]))


def test_an_error_without_counts_says_what_it_is_worth() -> None:
    found = read({"value": 50, "se": 5})
    ours = the(found)
    assert (ours.se, ours.n) == (0.05, 100)
    assert ours.n_effective == pytest.approx(100)
    assert found.assumed == {}


def test_the_effective_number_without_an_error() -> None:
    found = read({"value": 50, "denominator": 200, "n_effective": 100})
    ours = the(found)
    assert (ours.se, ours.n, ours.n_effective, ours.deff_kish) == (0.05, 200, 100, 2)
    assert found.assumed == {}


def test_an_error_smaller_than_chance_is_kept_and_worth_no_more_than_the_answers() -> None:
    ours = the(read({"value": 50, "denominator": 100, "se": 2}))
    assert (ours.se, ours.n_effective) == (0.02, 100)
    assert the(read({"value": 50, "denominator": 100, "se": 0})).n_effective == 100
    # As small as rounding: not to be divided by.
    assert the(read({"value": 50, "denominator": 100, "se": 1e-300})).n_effective == 100


def test_what_cannot_be_tested_is_named_with_why() -> None:
    found = read(
        {"measure": "TP01", "value": 75},
        {"measure": "TP02", "value": 101, "denominator": 40},
        {"measure": "TP03", "value": -1, "denominator": 40},
        {"measure": "TP04", "numerator": 50, "denominator": 40},
        {"measure": "TP05", "numerator": 20, "denominator": 40},
        {"measure": "TP05", "numerator": 21, "denominator": 40},
        {"measure": "TP06", "value": 100, "se": 0},
        {"measure": "TP07", "value": 75, "numerator": 0, "denominator": 0},
        {"measure": "TP08", "numerator": 20, "denominator": 40},
        {"measure": "TP01", "population": "LCHO", "value": 75},
    )
    assert found.left_out == {
        "LCRA": {
            "TP01": NO_COUNTS,
            "TP02": NOT_A_PERCENTAGE,
            "TP03": NOT_A_PERCENTAGE,
            "TP04": NOT_A_PERCENTAGE,
            "TP05": TWICE,
            "TP06": NO_COUNTS,
            "TP07": NO_COUNTS,
        },
        "LCHO": {"TP01": NO_COUNTS},
    }
    assert list(found.estimates["LCRA"]) == ["TP08"]
    assert list(found.estimates) == ["LCRA"]


def test_what_was_not_reported_and_other_measures_are_passed_over() -> None:
    found = read(
        {"measure": "TP02", "value": "", "numerator": "", "denominator": ""},
        {"measure": "TP03", "value": "", "numerator": "0", "denominator": "0"},
        {"measure": "CH01_1", "value": "48.1", "numerator": "100", "denominator": "2080"},
        {"measure": "BS01", "value": "100", "numerator": "10", "denominator": "10"},
    )
    assert found == LastYear({}, {}, {})


def test_an_empty_table() -> None:
    assert last_year_estimates(pd.DataFrame({"measure": [], "population": [], "value": []})) == LastYear(
        {}, {}, {}
    )


def test_each_population_has_its_own() -> None:
    found = read(
        {"numerator": 30, "denominator": 40, "value": 75},
        {"population": "LCHO", "numerator": 10, "denominator": 40, "value": 25, "se": 7},
    )
    assert (found.estimates["LCRA"]["TP01"].p, found.estimates["LCHO"]["TP01"].p) == (0.75, 0.25)
    assert found.assumed == {"LCRA": ("TP01",)}


def test_the_projects_own_figures_can_be_read() -> None:
    figures = [
        Figure("TP01", None, "LCRA", Fraction(2), Fraction(3), Decimal("66.7"), "percent", "reported"),
        Figure("TP02", None, "LCRA", Fraction("1.5"), Fraction(3), Decimal("50.0"), "percent", "reported"),
        Figure("TP03", None, "LCRA", None, None, None, "percent", "not_required"),
        Figure("BS01", None, "ALL", Fraction(3), Fraction(3), Decimal("100.0"), "percent", "reported"),
    ]
    found = last_year_estimates(figures_frame(figures))
    assert {measure: each.p for measure, each in found.estimates["LCRA"].items()} == pytest.approx(
        {"TP01": 2 / 3, "TP02": 0.5}
    )
    assert found.assumed == {"LCRA": ("TP01", "TP02")}
    assert found.left_out == {}


NUMBERS = st.one_of(
    st.floats(), st.integers(-5, 200), st.sampled_from(["", "66.6", "n/a", None, "1e400", "inf"])
)
NAMES = ("numerator", "denominator", "value", "se", "deff", "n_effective", "ci_low", "ci_high")


@given(st.fixed_dictionaries(dict.fromkeys(NAMES, NUMBERS)))
def test_whatever_the_table_holds_the_change_is_a_number(row: dict[str, object]) -> None:
    found = read(row).estimates.get("LCRA", {})
    for change in year_on_year({"TP01": estimated("calib_raking", "TP01")}, found).to_dict("records"):
        assert 0 <= change["last_year"] <= 1
        assert 0 <= change["se"] <= 1.1
        assert 0 <= change["p_value"] <= 1
