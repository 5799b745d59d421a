"""A landlord's return in memory: 3,000 rental and 1,100 ownership homes, both surveyed, nothing amiss."""

from __future__ import annotations

import copy
import json
from collections.abc import Mapping
from dataclasses import replace
from fractions import Fraction
from functools import cache
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import pandas as pd

from pipelines.intake import FINDING_COLUMNS, load_landlord, load_year, no_findings
from pipelines.measures.figures import Figure, value_of
from pipelines.statutory import ReturnInputs, SurveyEvidence, assemble, questionnaire
from pipelines.survey.accuracy import accuracy_test
from pipelines.survey.sample import Scheme, make_sample, weigh
from pipelines.survey.statistics import Thresholds, survey_statistics
from pipelines.survey.weighting import Limits
from schemas.rulebook import Edition, load_edition

LANDLORD = {
    "code": "L0001",
    "name": "Example Homes <Ltd>",
    "type": "PRP",
    "region": "North",
    "former_names": ["Sample Housing"],
    "contacts": [{"name": "A. Example", "email": "tsm@example.org"}],
}

PLAN = {
    "approach": "sample",
    "sampling": "quota",
    "fieldwork": {"from": "2024-09-02", "to": "2024-11-29"},
    "contractor": "Example Research Ltd",
    "interviewed_by": "contractor",
    "incentives": "none",
    "questionnaire": "questionnaire.pdf",
    "changes_since_last_year": "none",
    "other_issues": "none",
}

YEAR = {
    "reporting_year": "2024-25",
    "survey": {"LCRA": PLAN, "LCHO": PLAN},
    "repairs": {"targets": {"emergency": {"hours": 24}, "non_emergency": {"working_days": 20}}},
    "publication_url": "https://example.org/tsm",
}

STOCK = {"LCRA": 3000, "LCHO": 1100}
BLOCKS = {"LCRA": "reported", "LCHO": "reported", "COMBINED": "not_required"}
CONTEXT = {"raised": 1000, "completed": 900, "closed_without_completion": 60, "outstanding": 80}
PERCEPTION = [f"TP{number:02}" for number in range(1, 13)]
FILTERS = {"TP02": "had_repair", "TP03": "had_repair", "TP09": "made_complaint", "TP10": "communal_areas"}

# The five answers and "not applicable", in a cycle of ten respondents: 7 of 9 answers are in the top two.
CYCLE = ["VS", "FS", "VS", "FS", "NSD", "VS", "FS", "VD", "VS", "NADK"]
# How many of nine answers are in the top two, where seven would be far from every landlord's.
TOP_TWO = {
    "LCRA": {"TP09": 4, "TP12": 6},
    "LCHO": {
        "TP01": 5,
        "TP05": 6,
        "TP06": 4,
        "TP07": 5,
        "TP08": 5,
        "TP09": 2,
        "TP10": 5,
        "TP11": 4,
        "TP12": 3,
    },
}
STAR = ["quality_of_home", "rent_value", "service_charge_value", "easy_to_deal_with", "trust"]


def _lowered(cycle: list[str], top_two: int) -> list[str]:
    """Return a cycle of answers with only the first `top_two` of its positive ones left."""
    positive = [place for place, answer in enumerate(cycle) if answer in ("VS", "FS")][top_two:]
    return ["FD" if place in positive else answer for place, answer in enumerate(cycle)]


def responses(tenure: str, count: int) -> pd.DataFrame:
    """Return `count` responses: two in three by telephone, a third of them aged 65 or over."""
    numbers = range(count)
    answers = [CYCLE[number % len(CYCLE)] for number in numbers]
    other = {
        key: [_lowered(CYCLE, top_two)[number % len(CYCLE)] for number in numbers]
        for key, top_two in TOP_TWO[tenure].items()
    }
    frame = pd.DataFrame(
        {
            "response_id": [f"{tenure}-{number}" for number in numbers],
            "household_id": pd.Series([None] * count, dtype="str"),
            "tenure": tenure,
            "completed_on": pd.to_datetime(
                ["2024-09-05" if number % 2 else "2024-11-20" for number in numbers]
            ),
            "method": ["internet" if number % 3 == 0 else "telephone" for number in numbers],
            **{
                name: pd.array([number % 10 != 9 for number in numbers], "boolean")
                for name in FILTERS.values()
            },
            **dict.fromkeys([*PERCEPTION, *STAR], answers),
            **other,
            "recommend": pd.array([number % 11 for number in numbers], "Int64"),
            "weight": "1",
            "age_band": ["65 and over" if number % 3 == 0 else "under 65" for number in numbers],
        }
    )
    for key in PERCEPTION:
        if key not in {"TP05", "TP06", "TP07", "TP08", "TP11", "TP12"}:
            frame.loc[frame[key] == "NADK", key] = pd.NA
    frame.attrs["characteristics"] = ["age_band"]
    return frame


def households(tenure: str, count: int, excluded: int = 0) -> pd.DataFrame:
    """Return `count` households, one in four aged 65 or over, the first `excluded` out of the frame."""
    frame = pd.DataFrame(
        {
            "household_id": [f"{tenure}-{number}" for number in range(count)],
            "tenure": tenure,
            "excluded_reason": [
                "risk to interviewer" if number < excluded else None for number in range(count)
            ],
            "age_band": ["65 and over" if number % 4 == 0 else "under 65" for number in range(count)],
        }
    )
    frame.attrs["characteristics"] = ["age_band"]
    return frame


def figure(edition: Edition, measure: str, population: str, part: int, whole: int, **more: Any) -> Figure:
    """Return a reported figure with whole counts."""
    rule = edition.measure(measure)
    numerator, denominator = Fraction(part), Fraction(whole)
    value = value_of(numerator, denominator, rule)
    return Figure(
        measure, rule.part, population, numerator, denominator, value, rule.unit, "reported", **more
    )


def without_value(edition: Edition, measure: str, population: str, status: str, reason: str) -> Figure:
    """Return a figure that has no value."""
    rule = edition.measure(measure)
    return Figure(measure, rule.part, population, None, None, None, rule.unit, status, reason)


def perception(edition: Edition, measure: str, population: str, frame: pd.DataFrame) -> Figure:
    """Return the figure of one survey question, counted from `frame`."""
    said = frame[FILTERS[measure]] if measure in FILTERS else pd.Series(True, index=frame.index)
    asked = frame[said]
    answers = {
        code: Fraction(int((asked[measure] == code).sum())) for code in ("VS", "FS", "NSD", "FD", "VD")
    }
    top, whole = int(answers["VS"] + answers["FS"]), int(sum(answers.values()))
    more: dict[str, Any] = {}
    if edition.measure(measure).nadk_offered:
        answers["NADK"] = Fraction(int((asked[measure] == "NADK").sum()))
    if measure in FILTERS:
        more = {"filter_yes": Fraction(int(said.sum())), "filter_no": Fraction(int((~said).sum()))}
    return figure(edition, measure, population, top, whole, answers=answers, **more)


MANAGEMENT = {
    "CH01_1": (60, {"LCRA": 3000, "LCHO": 1100}),
    "CH01_2": (12, {"LCRA": 3000, "LCHO": 1100}),
    "NM01_1": (90, {"ALL": 4100}),
    "NM01_2": (3, {"ALL": 4100}),
    "RP01": (25, {"LCRA": 3000}),
    "RP02_1": (600, {"LCRA": 700}),
    "RP02_2": (195, {"LCRA": 200}),
    "BS01": (3990, {"ALL": 4000}),
    "BS02": (1500, {"ALL": 1500}),
    "BS03": (900, {"ALL": 900}),
    "BS04": (300, {"ALL": 300}),
}
ANSWERED = {"CH02_1": (55, 60), "CH02_2": (10, 12)}


def figures(edition: Edition, evidence: Mapping[str, SurveyEvidence]) -> list[Figure]:
    """Return every figure of the landlord: BS05 does not apply, COMBINED is not required."""
    found = []
    for measure in edition.measures:
        for population in measure.populations:
            key = measure.key
            if population == "COMBINED":
                found.append(without_value(edition, key, population, "not_required", "Reported apart."))
            elif measure.kind == "perception":
                found.append(perception(edition, key, population, evidence[population].responses))
            elif key == "BS05":
                found.append(without_value(edition, key, population, "not_applicable", "No passenger lifts."))
            elif key in ANSWERED:
                part, whole = ANSWERED[key]
                split = {"met_without_extension": Fraction(part - 4), "met_with_extension": Fraction(4)}
                found.append(figure(edition, key, population, part, whole, **split))
            else:
                part, homes = MANAGEMENT[key]
                found.append(figure(edition, key, population, part, homes[population]))
    return found


def finding(finding_id: str, grade: str, row: int | None, touches: str = "", **more: Any) -> dict[str, Any]:
    """Return one finding's row, in the repairs table unless told otherwise."""
    return {
        **dict.fromkeys(FINDING_COLUMNS, ""),
        "finding_id": finding_id,
        "grade": grade,
        "table": "repairs",
        "file": "repairs.csv",
        "row": row,
        "title": "A completion before the report",
        "message": f"Row {row} was completed before it was reported.",
        "remedy": "Correct the dates.",
        "effect": "row_rejected",
        "touches": touches,
        **more,
    }


def findings(*rows: dict[str, Any]) -> pd.DataFrame:
    """Return a findings frame of `rows`."""
    return pd.DataFrame(list(rows), columns=list(FINDING_COLUMNS)).astype({"row": "Int64"})


def merged(base: Mapping[str, Any], changes: Mapping[str, Any]) -> dict[str, Any]:
    """Return `base` with `changes` merged into it, key by key; None removes a key."""
    result = copy.deepcopy(dict(base))
    for key, value in changes.items():
        if value is None:
            result.pop(key, None)
        elif isinstance(value, Mapping) and isinstance(result.get(key), Mapping):
            result[key] = merged(result[key], value)
        else:
            result[key] = value
    return result


def as_yaml(content: Mapping[str, Any]) -> str:
    """Return settings as YAML: JSON is YAML, and has no anchors."""
    return json.dumps(content)


def evidence(
    population: str,
    answered: pd.DataFrame,
    known: pd.DataFrame | None = None,
    scheme: Scheme = Scheme(),  # noqa: B008 (frozen)
    last_year: Mapping[str, Any] | None = None,
) -> SurveyEvidence:
    """Return the evidence of one population, its statistics among it."""
    everyone = answered.assign(population=population, standing="")
    everyone.attrs = answered.attrs
    sample = make_sample(population, everyone, known, None, scheme)
    statistics = None
    if len(answered):
        edition = load_edition("2024-25")
        weighting = weigh(sample, Limits())
        flags = {
            key: (
                sample.respondents[key].isin(["VS", "FS"]).to_numpy(dtype=bool),
                sample.respondents[key].isin(["VS", "FS", "NSD", "FD", "VD"]).to_numpy(dtype=bool),
            )
            for key in PERCEPTION
        }
        size = sample.population_size
        test = None if size is None else accuracy_test(size, len(answered), False, edition.accuracy)
        limits = Thresholds(least=10, caution=30, most_categories=30)
        statistics = survey_statistics(sample, weighting, flags, test, edition.accuracy, {}, limits)
    return SurveyEvidence(answered, known, None, statistics, last_year)


@cache
def usual_evidence() -> Mapping[str, SurveyEvidence]:
    """Return the evidence of both surveys; every test shares it, so none may change it."""
    return {
        "LCRA": evidence("LCRA", responses("LCRA", 540), households("LCRA", 2900, excluded=2)),
        "LCHO": evidence("LCHO", responses("LCHO", 300), households("LCHO", 1050)),
    }


@cache
def usual_figures(edition: Edition) -> list[Figure]:
    """Return the landlord's figures under an edition."""
    return figures(edition, usual_evidence())


def inputs(
    year: str = "2024-25",
    year_file: Mapping[str, Any] | None = None,
    landlord: Mapping[str, Any] | None = None,
    **changes: Any,
) -> ReturnInputs:
    """Return the landlord's inputs: `year_file` and `landlord` are merged over the YAML, others replace."""
    edition = load_edition(year)
    with TemporaryDirectory() as name:
        # The folders of a landlord as they are on disk: landlords/<code>/<year>.
        folder = Path(name) / "L0001"
        (folder / year).mkdir(parents=True)
        (folder / "landlord.yaml").write_text(as_yaml(merged(LANDLORD, landlord or {})))
        stated = merged({**YEAR, "reporting_year": year}, year_file or {})
        (folder / year / "year.yaml").write_text(as_yaml(stated))
        loaded, stated_year = load_landlord(folder), load_year(folder / year)
    usual = ReturnInputs(
        edition=edition,
        landlord=loaded,
        year_file=stated_year,
        settings=edition.resolve_settings(stated.get("settings", {})),
        figures=usual_figures(edition),
        reasons=pd.DataFrame(
            [
                ("RP02_1", "LCRA", "in_target", True, True, 600),
                ("RP02_1", "LCRA", "out_of_target", True, False, 100),
                ("RP02_1", "LCRA", "other_priority", False, False, 200),
                ("RP02_1", "", "not_lcra", False, False, 30),
                ("CH01_1", "LCRA", "made_in_year", False, True, 60),
            ],
            columns=["measure", "population", "reason", "counted", "met", "records"],
        ),
        surveys=usual_evidence(),
        stock=STOCK,
        blocks=BLOCKS,
        repairs_context=CONTEXT,
        other_targets={"emergency": 0, "non_emergency": 0},
        findings=no_findings(),
        records_summary=[
            {
                "table": "repairs",
                "file": "repairs.csv",
                "sheet": None,
                "sha256": "ab" * 32,
                "bytes": 12345,
                "rows": 1040,
                "accepted": 1038,
                "rejected": 2,
            }
        ],
        assets=[{"key": "measures/RP02_1", "made_from": ["records/repairs"], "data_version": "cd" * 32}],
        software_version="0.1.0",
        questionnaires={PLAN["questionnaire"]: questionnaire(PLAN["questionnaire"], b"%PDF-1.7")},
        kept=[
            {"received": "repairs", "file": f"L0001/{year}/repairs.csv", "sha256": "ab" * 32, "bytes": 12345}
        ],
    )
    return replace(usual, **changes)


def document(**changes: Any) -> dict[str, Any]:
    """Return the assembled return of `inputs(**changes)`."""
    return assemble(inputs(**changes))


def combined(year_file: Mapping[str, Any] | None = None) -> ReturnInputs:
    """Return a landlord of 800 rental and 600 ownership homes, who are surveyed together (400 responses)."""
    base = inputs(
        year_file=merged({"survey": {"COMBINED": PLAN, "LCRA": None, "LCHO": None}}, year_file or {})
    )
    answered = pd.concat([responses("LCRA", 300), responses("LCHO", 100)], ignore_index=True)
    known = pd.concat([households("LCRA", 750), households("LCHO", 750)], ignore_index=True)
    for frame in (answered, known):
        frame.attrs["characteristics"] = ["age_band"]
    found = []
    for each in base.figures:
        measure = base.edition.measure(each.measure)
        if each.population == "ALL" or measure.populations == ("LCRA",):
            found.append(each)
        elif each.population != "COMBINED":
            reason = "Reported together."
            found.append(without_value(base.edition, each.measure, each.population, "not_required", reason))
        elif measure.kind == "perception":
            asked = answered[answered["tenure"] == "LCRA"] if measure.lcra_only else answered
            found.append(perception(base.edition, each.measure, "COMBINED", asked))
        else:
            rental = next(figure for figure in base.figures if figure.key == (each.measure, "LCRA"))
            found.append(replace(rental, population="COMBINED"))
    return replace(
        base,
        figures=found,
        blocks={"LCRA": "not_required", "LCHO": "not_required", "COMBINED": "reported"},
        surveys={"COMBINED": evidence("COMBINED", answered, known)},
    )


def figure_in(document: Mapping[str, Any], measure: str, population: str) -> dict[str, Any]:
    """Return one figure of a return document."""
    return next(f for f in document["figures"] if (f["measure"], f["population"]) == (measure, population))


def survey_in(document: Mapping[str, Any], population: str) -> dict[str, Any]:
    """Return one population's survey of a return document."""
    return next(survey for survey in document["survey"] if survey["population"] == population)
