"""Records made up from real landlords' counts give, from files to figures, what the regulator published."""

from __future__ import annotations

import json
from collections.abc import Mapping
from fractions import Fraction
from math import floor
from pathlib import Path
from typing import Any

import pytest

from pipelines.assurance.compute import compute_figures
from pipelines.measures import Figure
from pipelines.sample import Published, write_reconstruction

YEAR = "2023-24"
HERE = Path(__file__).parent
LANDLORDS = json.loads((HERE / f"landlords_{YEAR}.json").read_text(encoding="utf-8"))["landlords"]
ANSWERS = ("VS", "FS", "NSD", "FD", "VD")
# RSH's file keeps binary fractions of about 15 digits.
FLOAT_ERROR = Fraction(1, 10**9)

Figures = Mapping[tuple[str, str], Figure]


@pytest.fixture(scope="module", params=LANDLORDS, ids=lambda entry: entry["code"])
def rebuilt(request, tmp_path_factory) -> tuple[dict[str, Any], Figures]:
    folder = write_reconstruction(tmp_path_factory.mktemp("home"), Published.from_dict(request.param), YEAR)
    return request.param, {
        (figure.measure, figure.population): figure for figure in compute_figures(folder, YEAR)
    }


def surveyed(entry: dict[str, Any]) -> list[tuple[str, str, dict[str, Any]]]:
    """Every published survey measure: (population, measure, counts and value)."""
    return [
        (population, key, row)
        for population, survey in entry["surveys"].items()
        for key, row in survey["measures"].items()
    ]


def managed(entry: dict[str, Any]) -> list[tuple[str, str, dict[str, Any]]]:
    """Every published management measure, but for those that contradict the landlord's other counts."""
    return [
        ("LCRA" if key.startswith("RP") else population, key, row)
        for population, figures in entry["management"]["figures"].items()
        for key, row in figures.items()
        if f"{population}.{key}" not in entry.get("left_out", {})
    ]


def half_up(exact: Fraction) -> Fraction:
    return Fraction(floor(exact * 10 + Fraction(1, 2)), 10)


def held(figure: Figure, numerator: Fraction, denominator: Fraction, published: str) -> bool:
    """Whether a figure has the published counts, and the published value where there is one."""
    if (figure.numerator, figure.denominator) != (numerator, denominator):
        return False
    if denominator == 0:
        # The 2023-24 file shows 0 where there was nothing to count.
        return published == "0" and figure.value is None and figure.status in {"no_cases", "not_applicable"}
    exact = numerator / denominator * (1000 if figure.unit == "per_1000_homes" else 100)
    whole = "." not in published
    as_published = abs(exact - Fraction(published)) <= (Fraction(1, 2) if whole else FLOAT_ERROR)
    return as_published and figure.status == "reported" and Fraction(str(figure.value)) == half_up(exact)


def test_survey_figures_are_the_published_ones(rebuilt):
    entry, figures = rebuilt
    wrong = []
    for population, key, row in surveyed(entry):
        denominator = sum(Fraction(row[code] or 0) for code in ANSWERS)
        numerator = Fraction(row["VS"] or 0) + Fraction(row["FS"] or 0)
        if not held(figures[key, population], numerator, denominator, row["value"]):
            wrong.append((key, population, figures[key, population], row))
    assert wrong == []
    assert len(surveyed(entry)) >= 9


def test_management_figures_are_the_published_ones(rebuilt):
    entry, figures = rebuilt
    wrong, compared = [], 0
    for population, key, row in managed(entry):
        figure = figures[key, population]
        if row["denominator"] is None:
            # not a block that the landlord reports
            if figure.value is not None or figure.status not in {"not_required", "not_applicable"}:
                wrong.append((key, population, figure, row))
            continue
        compared += 1
        if not held(figure, Fraction(row["numerator"]), Fraction(row["denominator"]), row["value"]):
            wrong.append((key, population, figure, row))
    assert wrong == []
    assert compared >= 11


def test_answers_and_filters_are_the_published_ones(rebuilt):
    entry, figures = rebuilt
    wrong = []
    for population, key, row in surveyed(entry):
        figure = figures[key, population]
        answers = {code: Fraction(row[code] or 0) for code in (*ANSWERS, "NADK") if code in row}
        if dict(figure.answers or {}) != answers:
            wrong.append((key, population, figure.answers, row))
        if "filter_yes" in row:
            # one column answers for TP02 and TP03, whose published filter counts may differ
            source = entry["surveys"][population]["measures"]["TP02" if key == "TP03" else key]
            filters = (Fraction(source["filter_yes"] or 0), Fraction(source["filter_no"] or 0))
            if (figure.filter_yes, figure.filter_no) != filters:
                wrong.append((key, population, figure.filter_yes, figure.filter_no, source))
    assert wrong == []


def test_the_landlords_are_of_every_shape():
    types = {entry["type"] for entry in LANDLORDS}
    blocks = [tuple(entry["surveys"]) for entry in LANDLORDS]
    approaches = {survey["approach"] for entry in LANDLORDS for survey in entry["surveys"].values()}
    stock = [int(entry["management"]["figures"]["ALL"]["NM01_1"]["denominator"]) for entry in LANDLORDS]
    empty = {
        key
        for entry in LANDLORDS
        for _, key, row in managed(entry)
        if row["denominator"] == "0" or row["numerator"] == row["denominator"] == "0"
    }
    assert len(LANDLORDS) >= 14
    assert types == {"PRP", "LA"}
    assert {("LCRA",), ("LCRA", "LCHO"), ("LCHO",), ("COMBINED",)} <= set(blocks)
    assert approaches == {"census", "sample"}
    assert max(stock) > 20_000 > 1_500 > min(stock)
    assert {"BS03", "BS04", "BS05", "CH02_2"} <= empty
    assert any(
        Published.from_dict(entry).surveys["LCRA"].weighted
        for entry in LANDLORDS
        if "LCRA" in entry["surveys"]
    )
