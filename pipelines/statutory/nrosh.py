"""The fields of the regulator's return form (NROSH+), filled from the return document.

What a form asks, where each value comes from and which of RSH's symbols may stand in its place is data
(data/reference/nrosh_*.csv): a form of another year is another file, not another rule here.
"""

from __future__ import annotations

import csv
import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal
from fractions import Fraction
from functools import cache
from pathlib import Path
from typing import Any

from pipelines.measures.rounding import round_half_up
from pipelines.statutory.wording import listed, percentage
from schemas.errors import InputError
from schemas.rulebook import Edition

FORMS = Path(__file__).resolve().parents[2] / "data" / "reference"
CHARACTERISTICS = FORMS / "weighting_characteristics.csv"

# The newest form whose fields are shipped: used where the year's own is not.
NEWEST_FORM = "nrosh_2025"

Value = int | float | str | None
# TP01 (%) by population and method, methods with few responses included.
ByMethod = Mapping[tuple[str, str], float]

# Decimals of a weighted count to type; RSH's own file has one.
_TYPED_PLACES = 4
_APPROACH = {"census": "Census", "sample": "Sample"}
_YES_NO = {True: "Yes", False: "No"}
_TARGET_UNITS = {"emergency": "hours", "non_emergency": "working days"}
_RULE = re.compile("(?P<symbol>[XZUS0-])=(?P<condition>[a-z_]+)")
_SENTENCES = {"X": "Leave blank.", "Z": "Not required.", "-": "Nothing to enter.", "S": ""}
_OF_THE_CONDITION = {"not_applicable": "Not applicable.", "no_cases": "No cases."}
_WORKED_OUT = "Worked out by RSH from the counts: nothing to enter."


@dataclass(frozen=True, slots=True)
class Field:
    """One field of the form.

    `type`: what is entered (data/reference/README.md lists the types), for a `choice` one of `choices`.
    `symbols`: which of RSH's symbols stands there instead, and when. `source`: where the value comes from.
    `slip` names a known error of RSH's dictionary or file at this field.
    """

    section: str
    question_ref: str
    datapoint: str
    field: str
    label: str
    table: str
    type: str
    choices: str
    symbols: str
    source: str
    slip: str

    @property
    def options(self) -> tuple[str, ...]:
        """What a `choice` is between."""
        return tuple(filter(None, self.choices.split(";")))

    @property
    def rules(self) -> dict[str, str]:
        """The symbol by the condition under which it stands."""
        return {rule["condition"]: rule["symbol"] for rule in _RULE.finditer(self.symbols)}

    @property
    def measure(self) -> str:
        """The measure that the field is about; '' for all others."""
        kind, _, rest = self.source.partition(":")
        return rest.partition(":")[0] if kind in {"figure", "applies", "system"} else ""

    @property
    def key(self) -> tuple[str, str, str, str]:
        """What tells the field from all others: RSH repeats datapoints, question references and names."""
        return (self.datapoint, self.measure, self.table, self.field)

    @property
    def population(self) -> str:
        """The population that the field belongs to: the one its source names, else its sheet's."""
        kind, *rest = self.source.split(":")
        if kind == "text":
            return ""
        at = {"figure": 1, "applies": 1, "system": 1, "code": 1, "survey": 0}.get(kind)
        return _TABLE_POPULATION.get(self.table, "") if at is None else rest[at]

    def accepts(self, value: Value) -> bool:
        """Whether a value is of the field's type; counts of a survey may be fractions (weighted)."""
        if self.type in {"integer", "count", "percent", "per_1000"}:
            if isinstance(value, bool) or not isinstance(value, int | float) or value < 0:
                return False
            return (self.type != "integer" or value == int(value)) and (
                self.type != "percent" or value <= 100
            )
        if not isinstance(value, str):
            return False
        if self.type == "url":
            return value.startswith(("https://", "http://"))
        return self.type == "text" or value in (self.options or ("Yes", "No"))


_TABLE_POPULATION = {
    "LCRA_Perception": "LCRA",
    "LCHO_Perception": "LCHO",
    "Combined_Perception": "COMBINED",
}


@dataclass(frozen=True, slots=True)
class Entry:
    """What to enter in a field: a value, or nothing (`symbol`, `note` say why, `remedy` what to do)."""

    value: Value = None
    note: str = ""
    symbol: str = ""
    remedy: str = ""


@dataclass(frozen=True, slots=True)
class _Nothing:
    """Nothing can be entered, under one of the conditions that a field's symbols are declared for."""

    condition: str
    reason: str


@dataclass(frozen=True, slots=True)
class _Lacking:
    """A person must supply the value, in this way."""

    remedy: str


Outcome = Entry | _Nothing | _Lacking


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


def suppresses(form: str) -> bool:
    """Whether TP01 is suppressed in a form for a collection method with few responses."""
    return any("few_responses" in field.rules for field in load_form(form))


def nrosh_fields(document: Mapping[str, Any], by_method: ByMethod | None = None) -> list[dict[str, Any]]:
    """Return every field of the document's return form, in the form's order.

    Keys: section, question, datapoint, field, label, type, value, symbol, note. `value` is None where nothing
    is to be entered; `note` then says why, with RSH's symbol where the form has one: [X] left blank, [Z] not
    required, [U] empty denominator, [S] suppressed. Where a person must supply the value, the note says how.

    `by_method`: TP01 of the methods with few responses too, which the form of 2024 takes.
    """
    return [
        {
            "section": field.section,
            "question": field.question_ref,
            "datapoint": field.datapoint,
            "field": field.field,
            "label": field.label,
            "type": field.type,
            "value": entry.value,
            "symbol": entry.symbol,
            "note": entry.note,
        }
        for field, entry in entries(document, by_method)
    ]


def entries(document: Mapping[str, Any], by_method: ByMethod | None = None) -> list[tuple[Field, Entry]]:
    """Return every field of the document's return form with what to enter in it."""
    answers = _Answers(document, by_method or {})
    return [(field, answers.entry(field)) for field in load_form(document["return_form"]["form"])]


def missing_from(
    document: Mapping[str, Any], listed_already: Iterable[Mapping[str, str]]
) -> list[dict[str, str]]:
    """Return what a person must still supply for the form (what, remedy), each remedy once.

    `listed_already`: what is known to be missing for other reasons; a key of year.yaml that a remedy there
    names is not listed again.
    """
    known = {_place(each["remedy"]) for each in listed_already}
    missing: list[dict[str, str]] = []
    for field, entry in entries(document):
        if entry.remedy and _place(entry.remedy) not in known:
            known.add(_place(entry.remedy))
            where = f"Return form, {field.section} {field.question_ref}"
            missing.append({"what": f"{where}: {field.label}", "remedy": entry.remedy})
    return missing


def _place(remedy: str) -> str:
    """The key of year.yaml that a remedy names."""
    return remedy.partition(":")[0].rstrip(".")


class _Answers:
    """Looks values up in a return document by a field's source expression."""

    def __init__(self, document: Mapping[str, Any], by_method: ByMethod) -> None:
        self.document = document
        self.by_method = by_method
        self.figures = {(each["measure"], each["population"]): each for each in document["figures"]}
        self.surveys = {each["population"]: each for each in document["survey"]}
        self.blocks = {each["key"]: each for each in document["populations"]}

    def entry(self, field: Field) -> Entry:
        outcome = self._outcome(field)
        if isinstance(outcome, _Lacking):
            return Entry(note=f"To be supplied. {outcome.remedy}", remedy=outcome.remedy)
        if isinstance(outcome, _Nothing):
            return _without_value(field, outcome)
        return outcome

    def _outcome(self, field: Field) -> Outcome:
        block = self.blocks.get(field.population)
        if "not_reported" in field.rules and block is not None and block["status"] != "reported":
            return _Nothing("not_reported", block["reason"])
        kind, _, rest = field.source.partition(":")
        found: Outcome = getattr(self, f"_{kind}")(field, *rest.split(":"))
        return found

    def _text(self, field: Field, name: str) -> Outcome:
        url = self.document["publication"]["url"]
        return Entry(url) if url else _Lacking(f"Put '{name}' in year.yaml: where the results are published.")

    def _applies(self, field: Field, measure: str, population: str) -> Outcome:
        figure = self.figures[measure, population]
        if figure["status"] == "withheld":
            return _Lacking(figure["reason"])
        return Entry(_YES_NO[figure["status"] != "not_applicable"])

    def _figure(self, field: Field, measure: str, population: str, what: str) -> Outcome:
        figure = self.figures[measure, population]
        if figure["status"] == "withheld":
            return Entry(note=f"Withheld. {figure['reason']}")
        if figure["status"] == "not_required":
            return _Nothing("not_reported", figure["reason"])
        if figure["status"] == "not_applicable":
            return _Nothing("not_applicable", figure["reason"])
        if what == "value":
            value = figure["value"]
            return Entry(value) if value is not None else _Nothing("no_cases", figure["reason"])
        if what.startswith("answers."):
            code = what.removeprefix("answers.")
            return Entry(_typed(next(each["count"] for each in figure["answers"] if each["code"] == code)))
        return Entry(_typed(figure[what]))

    def _system(self, field: Field, measure: str, population: str) -> Outcome:
        """The share of those asked who pass the filter: RSH works it out and shows it."""
        figure = self.figures[measure, population]
        yes, no = (Fraction(Decimal(str(figure[name] or 0))) for name in ("filter_yes", "filter_no"))
        if not yes + no:
            return _Nothing("no_cases", "Nobody answered the filter question.")
        return Entry(float(percentage(yes, yes + no)), _WORKED_OUT)

    def _code(self, field: Field, what: str, population: str) -> Outcome:
        """CH02 is always computed by the limits of the Code, which the edition states."""
        if what == "standard":
            return Entry("Yes")
        return _Nothing("standard_timescales", "CH02 was worked out with the Code's standard timescales.")

    def _repairs(self, field: Field, what: str) -> Outcome:
        kind, _, name = what.partition(".")
        repairs = self.document["repairs"]
        if kind == "context":
            return Entry(repairs["context"][name])
        if not self.document["stock"]["LCRA"]:
            return _Nothing("no_rented_homes", "The landlord owned no such homes at year end.")
        asked = next(each for each in repairs["return_form"] if each["priority"] == name)
        put = f"under repairs, return_form, {name} in year.yaml"
        if kind == "several":
            if asked["several"] is None:
                return _Lacking(f"Put 'several' {put}: yes or no.")
            return Entry(_YES_NO[asked["several"]], asked["note"])
        if kind == "outline":
            if asked["several"] is False:
                return _Nothing("one_target", "There is one target.")
            if not asked["outline"]:
                return _Lacking(
                    f"Put 'outline' {put}: the timescales used, and any that the longest leaves out."
                )
            return Entry(asked["outline"])
        return self._longest_target(name, asked, put)

    def _longest_target(self, name: str, asked: Mapping[str, Any], put: str) -> Outcome:
        unit = _TARGET_UNITS[name]
        if asked["longest"] is not None:
            return Entry(asked["longest"])
        targets = self.document["repairs"]["targets"]
        given = next((each for each in targets if each["priority"] == name), None)
        if given is None:
            return _Lacking(f"Put '{name}' under repairs, targets in year.yaml: the target in {unit}.")
        if given["unit"].replace("_", " ") != unit:
            return _Lacking(
                f"Put 'longest' {put}: the target is {given['text']}, and the form's figures are in {unit}."
            )
        if asked["several"]:
            return _Lacking(f"Put 'longest' {put}: the longest of the targets, in {unit}.")
        return Entry(given["amount"])

    def _survey(self, field: Field, population: str, what: str) -> Outcome:
        survey = self.surveys[population]
        facts, accuracy = survey["facts"], survey["accuracy"]
        name, _, part = what.partition(".")
        if name in {"method", "tp01"}:
            return self._of_method(field, survey, name, part)
        if name in {"weighting", "weighting_other", "unweighted"}:
            return self._of_weighting(field, survey, name, part)
        put = f"under survey, {population} in year.yaml"
        if name == "contractor" and facts["contractor_used"] is False:
            return _Nothing("no_contractor", "No external contractor was used.")
        if name == "other_methods" and not any(each["method"] == "other" for each in survey["methods"]):
            return _Nothing("no_other_method", "No other method was used.")
        if name == "interviewed_by_text" and not facts[name] and facts["interviewed_by"] != "Mixed":
            return _Nothing("not_mixed", "One kind of interviewer, or none.")
        known: dict[str, tuple[Value, str, str]] = {
            "population_size": (accuracy["population_size"], "population", "the number of households"),
            "responses": (accuracy["responses"], "", ""),
            "excluded": (facts["excluded"], "exclusions", "{count: 0, reason: none}"),
            "approach": (_APPROACH.get(facts["approach"]), "approach", "census or sample"),
            "contractor_used": (_YES_NO.get(facts["contractor_used"]), "contractor", "a name, or none"),
            "contractor": (facts["contractor"], "contractor", "a name, or none"),
            "interviewed_by": (facts["interviewed_by"], "interviewed_by", "contractor, own_staff, … or none"),
            "interviewed_by_text": (facts["interviewed_by_text"], "interviewed_by_text", "who, in words"),
            "other_methods": (facts["other_methods"], "other_method_text", "what they were, in words"),
            "basis": ("Weighted" if facts["weighted"] else "Unweighted", "", ""),
            "weighted": (_YES_NO[facts["weighted"]], "", ""),
        }
        value, key, example = known[name]
        return Entry(value) if value is not None else _Lacking(f"Put '{key}' {put}: {example}.")

    def _of_method(self, field: Field, survey: Mapping[str, Any], what: str, method: str) -> Outcome:
        row = next((each for each in survey["methods"] if each["method"] == method), None)
        if what == "method":
            return Entry(0 if row is None else row["responses"])
        if row is None:
            return _Nothing("no_responses", "No responses by this method.")
        if row["tp01_value"] is not None:
            return Entry(row["tp01_value"])
        if not row["suppressed"]:
            return _Nothing("no_cases", f"{row['tp01_text']}.")
        entered = self.by_method.get((survey["population"], method))
        if "few_responses" in field.rules or entered is None:
            return _Nothing("few_responses", f"{row['tp01_text']}.")
        return Entry(entered, "Few responses: shown in the form alone, which asks for every method.")

    def _of_weighting(self, field: Field, survey: Mapping[str, Any], what: str, part: str) -> Outcome:
        facts, population = survey["facts"], survey["population"]
        if not facts["weighted"]:
            return _Nothing("not_weighted", "Responses were not weighted.")
        if what == "unweighted":
            counts = survey["unweighted_tp01"]
            value = counts["value"] if part == "value" else counts["answers"][part]
            return Entry(value) if value is not None else _Nothing("no_cases", "Nobody answered TP01.")
        named = facts["weighting_characteristics"]
        if not named:
            return _Lacking(
                f"Put 'weighting' under survey, {population} in year.yaml: "
                "{method: supplied, characteristics: [age_band, area]}."
            )
        chosen, others = _form_characteristics(named, self._slots(population))
        if what == "weighting_other":
            if not others:
                return _Nothing("no_other", "Every characteristic is in the form's list.")
            return Entry(facts["weighting_other"] or listed(others))
        if len(chosen) < int(part):
            return _Nothing("no_further", "There is no further characteristic.")
        return Entry(*chosen[int(part) - 1])

    def _slots(self, population: str) -> Sequence[Field]:
        form = load_form(self.document["return_form"]["form"])
        return [each for each in form if each.source.startswith(f"survey:{population}:weighting.")]


def _without_value(field: Field, nothing: _Nothing) -> Entry:
    """The entry where nothing can be entered: what the form's own rule for the condition says."""
    symbol = field.rules.get(nothing.condition, "-")
    if symbol == "0":
        return Entry(0, f"{_OF_THE_CONDITION.get(nothing.condition, '')} {nothing.reason}".strip())
    said = _OF_THE_CONDITION.get(nothing.condition, "") if symbol == "U" else _SENTENCES[symbol]
    shown = "" if symbol == "-" else f"[{symbol}]"
    return Entry(note=" ".join(filter(None, (shown, said, nothing.reason))), symbol=shown)


def _typed(count: int | float | None) -> Value:
    """Return a count as a person types it: a weighted one to four decimals, which moves no percentage."""
    if not isinstance(count, float):
        return count
    return float(round_half_up(Fraction(Decimal(str(count))), _TYPED_PLACES))


# ------------------------------------------------------------------------- weighting, in the form's own words


def _form_characteristics(
    named: Sequence[str], slots: Sequence[Field]
) -> tuple[list[tuple[str, str]], list[str]]:
    """Return what to choose for each characteristic (the form's choice, a note), and those not in its list.

    Characteristics beyond the form's slots join those that are not in its list, which it takes as one text.
    """
    options = slots[0].options
    other = next(each for each in options if each.startswith("Other"))
    choices = {name: choice_for(name, options) for name in named}
    kept: dict[str, list[str]] = {}
    for name, choice in choices.items():
        kept.setdefault(choice or other, []).append(name)
    if len(kept) > len(slots):
        last = len(slots) - (other not in list(kept)[: len(slots)])
        for choice in [each for each in list(kept)[last:] if each != other]:
            kept.setdefault(other, []).extend(kept.pop(choice))
    others = [name.replace("_", " ") for name in kept.get(other, [])]
    return [(choice, f"year.yaml: {listed(names)}.") for choice, names in kept.items()], others


def choice_for(name: str, options: Sequence[str]) -> str | None:
    """Return the form's choice for a characteristic as the landlord names it; None where it has none.

    >>> choice_for("age_band", ["Age of respondent", "Other"])
    'Age of respondent'
    >>> choice_for("length_of_tenancy", ["Age of respondent", "Other"]) is None
    True
    """
    words = re.findall("[a-z]+", name.casefold())
    plain = " ".join(words)
    exact = next((each for each in options if " ".join(re.findall("[a-z]+", each.casefold())) == plain), None)
    if exact is not None:
        return exact
    for phrase, choice in _phrases():
        if choice in options and f" {phrase} " in f" {plain} ":
            return choice
    return None


@cache
def _phrases() -> tuple[tuple[str, str], ...]:
    """What landlords call a characteristic, with the form's choice for it: the longest phrases first."""
    with CHARACTERISTICS.open(encoding="utf-8", newline="") as lines:
        rows = [(row["called"], row["choice"]) for row in csv.DictReader(lines)]
    return tuple(sorted(rows, key=lambda row: -len(row[0])))
