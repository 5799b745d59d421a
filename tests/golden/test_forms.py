"""The published row of real landlords, rebuilt field by field: records in, the filled return form out.

The records are made up from each landlord's published counts, and go through the whole pipeline from files to
the form of 2024. Every field that the form has is compared with the published cell.
"""

from __future__ import annotations

import csv
import json
from collections import Counter
from collections.abc import Mapping
from decimal import Decimal
from fractions import Fraction
from math import floor
from pathlib import Path
from typing import Any

import pytest
import yaml

from pipelines.assurance.compute import check_folder
from pipelines.assurance.draft import draft_return
from pipelines.sample import Published, PublishedSurvey, write_reconstruction
from pipelines.statutory.filed import Filed
from pipelines.statutory.nrosh import Field, load_form
from pipelines.statutory.rsh_sheets import number
from tests.golden.distil import FORMS, LANDLORDS, METHODS, YEAR
from tests.golden.rows import filed

FORM = load_form("nrosh_2024")
HERE = Path(__file__).parent
NOTES = {
    entry["code"]: entry
    for entry in json.loads((HERE / f"landlords_{YEAR}.json").read_text(encoding="utf-8"))["landlords"]
}
# Left to test_reconstruction.py, or too long for a test of every field.
LARGE = {"00CJ", "L4465", "L3535", "L0006"}
CODES = [code for code in (*LANDLORDS, *FORMS) if code not in LARGE]
TENURES = ("LCRA", "LCHO", "COMBINED")
with (HERE / f"unmatched_{YEAR}.csv").open(encoding="utf-8", newline="") as lines:
    UNMATCHED = list(csv.DictReader(lines))

# Why a cell of the published row is not what the form is filled with. Whatever is not named here must match.
REASONS = {
    "address": "The landlord typed no web address, but words or one without https://.",
    "timescales": "It worked CH02 out by other timescales than the Code's; here that is always the Code.",
    "by_method": "TP01 by method, as published, does not add up to TP01 of all responses.",
    "by_method_weighted": "TP01 by method of a weighted survey hangs on the landlord's own weights.",
    "unweighted": "The weighted and the unweighted counts of TP01 fit no set of weights that average 1.",
    "basis": "Says that TP01 by method is unweighted though the survey is weighted (or the other way round).",
    "filters": "TP02 and TP03 follow one filter question: its counts can be only one pair.",
    "left_out": "Contradicts the landlord's other counts, so that no records can give both.",
    "excluded": "Excluded by RSH after the return.",
    "answered_no": "Text in a field that asks for none, as the answer before it is No.",
    "blank": "Left blank by the landlord, though the form asks for it.",
    "characteristics": "Chose characteristics in a way that the form's list does not allow, or none.",
}


def published_of(code: str) -> Published:
    """The counts of a landlord's published row, from which records are made."""
    given = filed()[code]
    notes = NOTES.get(code, {})
    surveys = {tenure: survey for tenure in TENURES if (survey := _survey(given, tenure)) is not None}
    counts: dict[str, dict[str, tuple[int, int]]] = {key: {} for key in ("ALL", *TENURES)}
    pairs: dict[tuple[str, str], dict[str, float]] = {}
    for field in FORM:
        kind, *rest = field.source.split(":")
        if kind == "figure" and field.table == "Management_Info" and rest[2] in {"numerator", "denominator"}:
            count = _number(given, field)
            if count is not None:
                pairs.setdefault((rest[0], rest[1]), {})[rest[2]] = count
    for (measure, population), pair in pairs.items():
        where = "ALL" if measure.startswith("RP") else population
        if len(pair) == 2 and f"{where}.{measure}" not in notes.get("left_out", {}):
            counts[where][measure] = (int(pair["numerator"]), int(pair["denominator"]))
    return Published(
        code=code,
        name=given.name,
        type="LA" if given.about["type"] == "LARP" else given.about["type"],
        region=given.about["region"],
        surveys=surveys,
        counts=counts,
        settings=notes.get("settings", {}),
    )


def _number(given: Filed, field: Field) -> float | None:
    return number(given.cells.get((field.table, field.field), ""))[0]


def _survey(given: Filed, tenure: str) -> PublishedSurvey | None:
    mine = {f.source.split(":", 2)[2]: f for f in FORM if f.source.startswith(f"survey:{tenure}:")}
    if _number(given, mine["responses"]) is None:
        return None

    def decimal(field: Field) -> Decimal:
        text = str(given.cells.get((field.table, field.field), ""))
        return Decimal(text) if number(text)[0] is not None else Decimal(0)

    answers: dict[str, dict[str, Decimal]] = {}
    filters: dict[str, dict[str, Decimal]] = {}
    for field in FORM:
        kind, *rest = field.source.split(":")
        if kind == "figure" and rest[1] == tenure and rest[0].startswith("TP"):
            measure, _, what = rest
            if what.startswith("answers."):
                answers.setdefault(measure, {})[what.removeprefix("answers.")] = decimal(field)
            elif what == "not_applicable":
                answers.setdefault(measure, {})["NADK"] = decimal(field)
            elif what.startswith("filter_"):
                filters.setdefault(measure, {})[what] = decimal(field)
    weighted = given.cells[mine["weighted"].table, mine["weighted"].field] == "Yes"
    by_method = {name: decimal(mine[f"tp01.{name}"]) for name in METHODS}
    unweighted = {code: int(decimal(mine[f"unweighted.{code}"])) for code in ("VS", "FS", "NSD", "FD", "VD")}
    methods = {name: int(decimal(mine[f"method.{name}"])) for name in METHODS}
    return PublishedSurvey(
        population_size=int(decimal(mine["population_size"])),
        approach=str(given.cells[mine["approach"].table, mine["approach"].field]).lower(),
        methods={name: count for name, count in methods.items() if count},
        answers=answers,
        filters={key: (pair["filter_yes"], pair["filter_no"]) for key, pair in filters.items()},
        tp01_by_method=by_method,
        says_weighted=weighted,
        unweighted_tp01=unweighted if weighted else {},
    )


def fill_year_file(path: Path, given: Filed) -> None:
    """Put into year.yaml what the landlord said in its return beside the counts."""

    def said(table: str, field: str) -> str | None:
        cell = str(given.cells.get((table, field), "")).strip()
        return None if cell in {"", "[X]", "[Z]", "[E]"} else cell

    content = yaml.safe_load(path.read_text(encoding="utf-8"))
    content["reporting_year"] = YEAR
    for tenure, plan in content["survey"].items():
        mine = {f.source.split(":", 2)[2]: f for f in FORM if f.source.startswith(f"survey:{tenure}:")}
        told = {name: said(field.table, field.field) for name, field in mine.items()}
        plan["exclusions"] = {"count": int(told["excluded"] or 0), "reason": "as the landlord said"}
        plan["other_method_text"] = told["other_methods"]
        if told["weighted"] == "Yes":
            named = [told[f"weighting.{slot}"] for slot in (1, 2, 3)]
            chosen = ["something else" if "Other" in name else name for name in named if name]
            plan["weighting"] = {"method": "supplied", "characteristics": list(dict.fromkeys(chosen))}
            plan["weighting"]["other_text"] = told["weighting_other"]
    url = said("Management_Info", "Provide_URL_used/Provide_URL_intended")
    if url and url.startswith(("http://", "https://")) and " " not in url:
        content["publication_url"] = url
    asked = {}
    for priority, letter, longest in (("non_emergency", "NE", "Non_Emer"), ("emergency", "E", "Emer")):
        several = said("Management_Info", f"More_than_one_target_{letter}")
        most = number(said("Management_Info", f"RP02_Max_Timescale_{longest}") or "")[0]
        asked[priority] = {
            "several": several.lower() if several else None,
            "longest": int(most) if most else None,
            "outline": said("Management_Info", f"More_than_one_target_{letter}_Text"),
        }
    content["repairs"]["return_form"] = asked
    path.write_text(yaml.safe_dump(content, allow_unicode=True, sort_keys=False), encoding="utf-8")


def rebuilt_form(code: str, home: Path) -> list[dict[str, Any]]:
    """The filled form of a landlord, from files of made-up records."""
    folder = write_reconstruction(home, published_of(code), YEAR)
    fill_year_file(folder / YEAR / "year.yaml", filed()[code])
    checked = check_folder(folder, YEAR)
    assert not checked.stopped, checked.findings[checked.findings["grade"] == "stop"]["message"].tolist()
    return draft_return(checked)["nrosh"]


def same(field: Field, published: Any, row: Mapping[str, Any]) -> bool:
    """Whether what the form is filled with is the published cell, as RSH shows it."""
    ours, (value, marker) = row["value"], number(published if published is not None else "")
    if field.source == "text:publication_url" and published is None:
        return True  # a sheet in which the landlord has no row
    if field.type in {"text", "url", "choice", "yes_no"}:
        text = " ".join(str(published or "").split())
        if text in {"", "[X]", "[Z]", "0"}:
            return ours is None
        return ours is not None and " ".join(str(ours).split()) == text
    if value is None:
        # Blank or not required; methods that were not used may be left blank or entered as 0.
        return marker in {"", "[X]", "[Z]"} and (ours is None or ours == 0)
    if ours is None:
        return value == 0  # shown as 0 that year
    if field.type in {"integer", "count"}:
        return Fraction(str(ours)) == Fraction(str(published))
    exact = Fraction(str(published))
    if exact.denominator == 1:
        return abs(Fraction(str(ours)) - exact) <= Fraction(1, 2)
    return abs(Fraction(str(ours)) - Fraction(floor(exact * 10 + Fraction(1, 2)), 10)) <= (
        Fraction(1, 10) if field.source.split(":")[-1].startswith("tp01") else 0
    )


@pytest.mark.parametrize(
    "code", [code if at < 4 else pytest.param(code, marks=pytest.mark.slow) for at, code in enumerate(CODES)]
)
def test_the_form_is_filled_with_the_published_row(code, tmp_path):
    given, compared, unmatched = filed()[code], 0, []
    for field, row in zip(FORM, rebuilt_form(code, tmp_path), strict=True):
        if field.field == "System Property":
            continue  # RSH's own, without a name that a cell could be known by
        compared += 1
        if not same(field, given.cells.get((field.table, field.field)), row):
            unmatched.append((field.table, field.field))
    listed = [(each["table"], each["field"]) for each in UNMATCHED if each["code"] == code]
    assert sorted(unmatched) == sorted(listed)
    assert compared == 405


def test_every_cell_that_cannot_match_is_named_with_its_reason_and_counted():
    assert {each["reason"] for each in UNMATCHED} <= REASONS.keys()
    assert {each["code"] for each in UNMATCHED} <= set(CODES)
    assert len(CODES) >= 50
    # Not one count, answer or figure is among them, but for those that contradict the landlord's others.
    kinds = {(field.table, field.field): field.source.partition(":")[0] for field in FORM if field.source}
    figures = [each for each in UNMATCHED if kinds[each["table"], each["field"]] == "figure"]
    assert {each["reason"] for each in figures} <= {"left_out", "filters", "excluded"}
    assert len(UNMATCHED) < 0.01 * 405 * len(CODES)


def test_the_landlords_are_of_every_kind():
    mine = [published_of(code) for code in CODES]
    surveys = [survey for each in mine for survey in each.surveys.values()]
    assert {each.type for each in mine} == {"PRP", "LA"}
    assert {("LCRA",), ("LCRA", "LCHO"), ("LCHO",), ("COMBINED",)} <= {tuple(each.surveys) for each in mine}
    assert {survey.approach for survey in surveys} == {"census", "sample"}
    assert {name for survey in surveys for name in survey.methods} == set(METHODS)
    assert Counter(survey.weighted for survey in surveys)[True] >= 4
    empty = {measure for each in mine for measure, (_, base) in each.counts["ALL"].items() if base == 0}
    assert {"BS03", "BS05"} <= empty
