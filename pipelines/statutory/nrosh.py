"""The fields of the regulator's return form (NROSH+), filled from the return document."""

from __future__ import annotations

import csv
from collections.abc import Mapping
from dataclasses import dataclass
from decimal import Decimal
from fractions import Fraction
from functools import cache
from pathlib import Path
from typing import Any

from pipelines.measures.rounding import round_half_up
from schemas.errors import InputError
from schemas.rulebook import Edition

FORMS = Path(__file__).resolve().parents[2] / "data" / "reference"

# The newest form whose fields are shipped: used where the year's own is not.
NEWEST_FORM = "nrosh_2025"

# What a person must supply, and what RSH works out for itself: the two kinds of field without our value.
BY_A_PERSON = ""
SYSTEM = "system"

Value = int | float | str | None
Filled = tuple[Value, str]

# Decimals of a weighted count to type; RSH's own file has one.
_TYPED_PLACES = 4
_APPROACH = {"census": "Census", "sample": "Sample"}
_NOTHING_TO_ENTER = {
    "not_applicable": "[U] Not applicable.",
    "not_required": "[Z] Not required.",
    "withheld": "Withheld.",
}
_TARGET_UNITS = {"emergency": "hours", "non_emergency": "working_days"}


@dataclass(frozen=True, slots=True)
class Field:
    """One field of the form.

    `source` says where its value comes from (data/reference/README.md lists the expressions); blank = a
    person must supply it. `slip` names a known error of RSH's dictionary at this field.
    """

    section: str
    question_ref: str
    datapoint: str
    field: str
    label: str
    table: str
    source: str
    slip: str


@cache
def load_form(form: str) -> tuple[Field, ...]:
    """Return the fields of a form ("nrosh_2025") in its order; InputError for one that is not shipped."""
    path = FORMS / f"{form}.csv"
    if not path.is_file():
        raise InputError(f"The fields of the return form '{form}' are not in {FORMS}: use {NEWEST_FORM}.")
    with path.open(encoding="utf-8", newline="") as lines:
        return tuple(Field(**row) for row in csv.DictReader(lines))


def form_used(edition: Edition) -> dict[str, str]:
    """Return the form whose fields are filled (key `form`) and what to know about it (`note`)."""
    if (FORMS / f"{edition.return_form}.csv").is_file():
        return {"form": edition.return_form, "note": edition.return_form_note}
    instead = "Its fields are not in this release; those of the 2025 return are listed: compare them first."
    return {"form": NEWEST_FORM, "note": f"{edition.return_form_note} {instead}".strip()}


def nrosh_fields(document: Mapping[str, Any]) -> list[dict[str, Any]]:
    """Return every field of the document's return form, in the form's order.

    Keys: section, question, datapoint, field, label, value, note.
    `value` is None where nothing is to be entered; `note` then says why, with RSH's symbol where there is
    one: [Z] not required, [U] empty denominator, [S] suppressed. Where a person must supply the value, the
    note says so.

    Source: RSH's 2025 data dictionary; its slips are named in the form's `slip` column.
    """
    answers = _Answers(document)
    rows = []
    for field in load_form(document["return_form"]["form"]):
        value, note = answers.fill(field)
        rows.append(
            {
                "section": field.section,
                "question": field.question_ref,
                "datapoint": field.datapoint,
                "field": field.field,
                "label": field.label,
                "value": value,
                "note": note,
            }
        )
    return rows


_TABLE_POPULATION = {
    "LCRA_Perception": "LCRA",
    "LCHO_Perception": "LCHO",
    "Combined_Perception": "COMBINED",
}


class _Answers:
    """Looks values up in a return document by a field's source expression."""

    def __init__(self, document: Mapping[str, Any]) -> None:
        self.document = document
        self.figures = {(each["measure"], each["population"]): each for each in document["figures"]}
        self.surveys = {each["population"]: each for each in document["survey"]}
        self.blocks = {each["key"]: each for each in document["populations"]}

    def fill(self, field: Field) -> Filled:
        kind, _, rest = field.source.partition(":")
        population = _population(field)
        # RP and BS ask first whether they apply, so their fields stand even where the answer is No.
        block = self.blocks.get(population)
        if block is not None and population != "ALL" and block["status"] != "reported" and not _asks(field):
            return None, f"[Z] Not required. {block['reason']}"
        if kind == BY_A_PERSON:
            return None, "To be supplied by the landlord: the records do not say."
        if kind == SYSTEM:
            return None, "Worked out by RSH from the counts."
        return getattr(self, f"_{kind}")(*rest.split(":"))

    def _text(self, name: str) -> Filled:
        url = self.document["publication"]["url"]
        return (url, "") if url else (None, f"To be supplied: put '{name}' in year.yaml.")

    def _applies(self, measure: str, population: str) -> Filled:
        status = self.figures[measure, population]["status"]
        if status == "withheld":
            return None, f"To be supplied. {self.figures[measure, population]['reason']}"
        return ("No" if status == "not_applicable" else "Yes"), ""

    def _figure(self, measure: str, population: str, what: str) -> Filled:
        figure = self.figures[measure, population]
        if figure["status"] in _NOTHING_TO_ENTER:
            return None, f"{_NOTHING_TO_ENTER[figure['status']]} {figure['reason']}".strip()
        if what == "value":
            value = figure["value"]
            return (value, "") if value is not None else (None, f"[U] No cases. {figure['reason']}")
        if what.startswith("answers."):
            code = what.removeprefix("answers.")
            return _to_type(next(each["count"] for each in figure["answers"] if each["code"] == code))
        return _to_type(figure[what])

    def _repairs(self, what: str) -> Filled:
        kind, _, name = what.partition(".")
        if kind == "context":
            return self.document["repairs"]["context"][name], ""
        wanted = _TARGET_UNITS[name]
        given = next((each for each in self.document["repairs"]["targets"] if each["priority"] == name), None)
        if given is None:
            return None, f"To be supplied: put '{name}' under repairs, targets in year.yaml."
        if given["unit"] != wanted:
            unit = wanted.replace("_", " ")
            return None, f"The target is {given['text']}: enter it in {unit}, as the form's figures are."
        return given["amount"], ""

    def _survey(self, population: str, what: str) -> Filled:
        survey = self.surveys[population]
        facts, accuracy = survey["facts"], survey["accuracy"]
        name, _, part = what.partition(".")
        if name in ("method", "tp01"):
            return _by_method(survey, name, part)
        if name in ("weighting", "weighting_other", "unweighted") and not facts["weighted"]:
            return None, "[Z] Not required. Responses were not weighted."
        if name == "weighting":
            named = facts["weighting_characteristics"][int(part) - 1 : int(part)]
            return (named[0], "Choose the nearest of the form's list.") if named else (None, "")
        if name == "weighting_other":
            return None, "To be supplied where a characteristic is not in the form's list."
        if name == "unweighted":
            counts = survey["unweighted_tp01"]
            return (counts["value"] if part == "value" else counts["answers"][part]), ""
        if name == "contractor":
            if facts["contractor_used"] is False:
                return None, "[Z] Not required. No external contractor was used."
            return _given(facts["contractor"])
        if name == "other_methods":
            if not any(each["method"] == "other" for each in survey["methods"]):
                return None, "[Z] Not required. No other method was used."
            return _given(facts["other_methods"])
        values: dict[str, Value] = {
            "population_size": accuracy["population_size"],
            "responses": accuracy["responses"],
            "excluded": facts["excluded"],
            "approach": _APPROACH.get(facts["approach"]),
            "contractor_used": {True: "Yes", False: "No"}.get(facts["contractor_used"]),
            "interviewed_by": facts["interviewed_by"],
            "basis": "Weighted" if facts["weighted"] else "Unweighted",
            "weighted": "Yes" if facts["weighted"] else "No",
        }
        return _given(values[name])


def _to_type(count: int | float | None) -> Filled:
    """Return a count as a person types it: a weighted one to four decimals, which moves no percentage."""
    if not isinstance(count, float):
        return count, ""
    return float(round_half_up(Fraction(Decimal(str(count))), _TYPED_PLACES)), ""


def _given(value: Value) -> Filled:
    return (value, "") if value is not None else (None, "To be supplied: year.yaml does not say.")


def _by_method(survey: Mapping[str, Any], what: str, method: str) -> Filled:
    row = next((each for each in survey["methods"] if each["method"] == method), None)
    if what == "method":
        return (0 if row is None else row["responses"]), ""
    if row is None:
        return None, "No responses by this method."
    if row["tp01_value"] is None:
        return None, f"{'[S] ' if row['suppressed'] else ''}{row['tp01_text']}."
    return row["tp01_value"], ""


def _population(field: Field) -> str:
    """The population that a field belongs to: its table's, else the one its source names ('' = none)."""
    parts = field.source.split(":")
    if field.source == "text:publication_url":
        return ""
    named = {"figure": 2, "applies": 2, "survey": 1}.get(parts[0])
    return parts[named] if named is not None else _TABLE_POPULATION.get(field.table, "")


def _asks(field: Field) -> bool:
    return field.section == "Section3"
