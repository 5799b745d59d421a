"""The reference survey of tests/golden/survey: answers, designs, and what R's survey 4.5 makes of them."""

from __future__ import annotations

from functools import cache
from pathlib import Path

import numpy as np
import pandas as pd

from pipelines.survey.estimation import Design, Estimate, estimate, make_design

FOLDER = Path(__file__).resolve().parents[1] / "golden" / "survey"
MARGINS = ["area", "property_type", "age_band", "ethnicity"]
HEADLINE = [f"TP{number:02d}" for number in range(1, 13)]
ITEMS = [*HEADLINE, "X_NEAR1", "X_NEAR0"]
HOUSEHOLDS = 14_500

# Each design of the reference, but for those that differ in the finite population correction alone.
DESIGNS = (
    "unweighted_srs",
    "raked",
    "calib_raking",
    "calib_linear",
    "calib_logit_0.4_2.5",
    "poststrat_age_ptype",
    "raked_weights_as_fixed",
    "trimmed_0.4_2.5_as_fixed",
)
CORRECTED = {
    "unweighted_srs_fpc": "unweighted_srs",
    "raked_fpc": "raked",
    "calib_raking_fpc": "calib_raking",
    "stratified_area_fpc": "stratified_area_fpc",
}


@cache
def respondents() -> pd.DataFrame:
    return pd.read_csv(FOLDER / "dataset.csv", na_values=[""])


@cache
def expected() -> pd.Series:
    """The reference numbers, by (design, measure, domain, quantity)."""
    rows = pd.read_csv(FOLDER / "expected.csv")
    return rows.set_index(["design", "measure", "domain", "quantity"])["value"].sort_index()


def reference(design: str, measure: str, domain: str = "all") -> dict[str, float]:
    return expected().loc[(design, measure, domain)].to_dict()


def population_of(margin: str) -> dict[str, int]:
    totals = pd.read_csv(FOLDER / "margins.csv")
    return totals[totals["margin"] == margin].set_index("category")["population"].to_dict()


@cache
def design(name: str) -> Design:
    people = respondents()
    weights = pd.read_csv(FOLDER / "expected_weights.csv")
    if name == "unweighted_srs":
        return make_design(np.ones(len(people)), population=HOUSEHOLDS)
    if name == "raked_weights_as_fixed":
        return make_design(weights["raked"])
    if name == "trimmed_0.4_2.5_as_fixed":
        return make_design(weights[name])
    if name == "stratified_area_fpc":
        return make_design(weights[name], strata=people["area"], population=population_of("area"))
    margins = people[MARGINS]
    if name == "poststrat_age_ptype":
        young = people["age_band"].isin(["16-24", "25-34"])
        margins = (people["age_band"].mask(young, "16-34") + " / " + people["property_type"]).to_frame("cell")
    return make_design(weights[name], margins=margins, population=HOUSEHOLDS)


def answers(item: str, people: pd.DataFrame | None = None) -> tuple[np.ndarray, np.ndarray]:
    """(met, counted) of an item: 1 and 2 are satisfied, 3 to 5 are not, the rest is no answer."""
    column = (respondents() if people is None else people)[item]
    if item.startswith("X"):
        return (column == 1).to_numpy(), np.ones(len(column), dtype=bool)
    return column.isin([1, 2]).to_numpy(), column.isin([1, 2, 3, 4, 5]).to_numpy()


def measure_name(item: str) -> str:
    return item if item.startswith("X") else f"{item}_sat"


def estimated(name: str, item: str) -> Estimate:
    found = estimate(design(name), *answers(item))
    assert found is not None
    return found


def raked(people: pd.DataFrame) -> np.ndarray:
    """Weights of `people` raked to the reference's margins: proportional fitting until nothing moves."""
    weights = np.full(len(people), HOUSEHOLDS / len(people))
    margins = [(pd.factorize(people[name]), population_of(name)) for name in MARGINS]
    for _ in range(200):
        for (codes, categories), totals in margins:
            target = np.array([totals[category] for category in categories])
            weights *= (target / np.bincount(codes, weights))[codes]
    return weights


@cache
def last_year() -> dict[str, Estimate]:
    people = pd.read_csv(FOLDER / "previous_year.csv", na_values=[""])
    raked_design = make_design(raked(people), margins=people[MARGINS])
    found = {item: estimate(raked_design, *answers(item, people)) for item in HEADLINE}
    return {item: value for item, value in found.items() if value is not None}
