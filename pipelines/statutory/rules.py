"""The regulator's validations, each a rule object with an id, that compares figures of a return document.

Hard validations held in every record of RSH's 2024/25 file; a failure is an impossible return. Warnings are
implausible and want a named person's confirmation. The ids follow the numbers of the list that the rules
were drawn from; from 20 on they are our own. The same rules run on a return that was filed elsewhere
(pipelines.statutory.filed), as far as its form goes.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal
from fractions import Fraction
from math import ceil
from typing import Any, Literal

from pipelines.measures.rounding import round_half_up, told_apart
from pipelines.statutory.plausibility import plausibility
from pipelines.statutory.wording import counted
from pipelines.survey.accuracy import achieved_margin, required_exactly
from schemas.rulebook import load_edition

# Severity of a validation, and the grade of the finding that a breach becomes.
Severity = Literal["hard", "warning"]
Grade = Literal["stop", "confirm", "note"]

_BLOCKS = ("LCRA", "LCHO", "COMBINED")
_APPLYING = ("BS01", "BS02", "BS03", "BS04", "BS05", "RP01", "RP02_1", "RP02_2")
# What is over the homes owned, by tenure.
_OVER_HOMES = {
    "LCRA": ("CH01_1", "CH01_2", "NM01_1", "NM01_2", "RP01"),
    "LCHO": ("CH01_1", "CH01_2", "NM01_1", "NM01_2"),
}
_FILTERED = ("TP02", "TP03", "TP09", "TP10")
_COUNTS = ("numerator", "denominator", "not_applicable", "filter_yes", "filter_no")
_SCALE_FACTORS = {"percent": 100, "per_1000_homes": 1000}

# Weighted counts are sums of weights: RSH's own file has one that exceeds its total by a tenth.
_WEIGHTED_SLACK = Fraction(1, 10)
# Published values are binary fractions of about 15 digits.
_FLOAT_ERROR = Fraction(1, 10**9)
# Percentages of all homes below which a safety measure's denominator is looked at.
_LEAST_SHARE: Mapping[str, Fraction] = {
    "BS01": Fraction(10),
    **dict.fromkeys(("BS02", "BS03", "BS04", "BS05"), Fraction(1, 2)),
}
# A margin is published to one decimal in 2023/24, rounded from a float.
_MARGIN_ROUNDED = Decimal("0.0501")
# (completed + closed + outstanding) / raised: nine landlords in ten lie between 0.98 and 1.20.
_REPAIRS_BALANCE = (Fraction(9, 10), Fraction(5, 4))


@dataclass(frozen=True, slots=True)
class Comparison:
    """One comparison: whether it held, its numbers in words, the measures that it touches."""

    held: bool
    message: str
    measures: tuple[str, ...] = ()


@dataclass(frozen=True)
class View:
    """A return document, with its figures and surveys looked up by name."""

    document: Mapping[str, Any]
    figures: Mapping[tuple[str, str], Mapping[str, Any]]

    @property
    def as_filed(self) -> bool:
        """Whether the return was filed elsewhere: its values then stand as somebody rounded them."""
        return bool(self.document.get("as_filed"))

    @property
    def repairs(self) -> Mapping[str, int] | None:
        """The return's counts of repairs; None where it has none."""
        context: Mapping[str, int] | None = self.document["repairs"]["context"]
        return context

    @property
    def surveys(self) -> Sequence[Mapping[str, Any]]:
        return self.document["survey"]

    def count(self, measure: str, population: str, what: str) -> Fraction | None:
        """A count of a figure, exact; None where the figure or the count is absent."""
        figure = self.figures.get((measure, population))
        return None if figure is None else _exact(figure[what])

    def populations(self, *measures: str) -> Iterator[str]:
        """The populations for which every one of `measures` has a denominator."""
        for population in (*_BLOCKS, "ALL"):
            if all(self.count(key, population, "denominator") is not None for key in measures):
                yield population


Check = Callable[[View], Iterator[Comparison]]


@dataclass(frozen=True, slots=True)
class Validation:
    """A validation of the return, from the reporting year `first_year` on.

    `fields`: what could put a breach right: columns of the input tables, keys of year.yaml (`year.…`), or
    what is entered in the return itself (`return.…`).
    """

    id: str
    severity: Severity
    grade: Grade
    title: str
    remedy: str
    fields: tuple[str, ...]
    source: str
    first_year: str
    check: Check


VALIDATIONS: list[Validation] = []
# The first return of all, and the first that asks what some of the rules compare.
FIRST_YEAR, REDESIGNED = "2023-24", "2024-25"

_SOURCE = "RSH's return of 2024/25: held in every published record"
_WARNING_SOURCE = "RSH's return of 2024/25: held with few exceptions"


def _rule(
    number: int,
    severity: Severity,
    title: str,
    remedy: str,
    fields: tuple[str, ...],
    source: str = "",
    grade: Grade | None = None,
    first_year: str = FIRST_YEAR,
) -> Callable[[Check], Check]:
    graded = grade or ("stop" if severity == "hard" else "confirm")
    source = source or (_SOURCE if severity == "hard" else _WARNING_SOURCE)

    def register(check: Check) -> Check:
        name = f"VAL-{number:02}"
        VALIDATIONS.append(
            Validation(name, severity, graded, title, remedy, fields, source, first_year, check)
        )
        return check

    return register


def _exact(count: int | float | None) -> Fraction | None:
    """A count as written in the document, exactly: a float is read by its shortest decimal form."""
    return None if count is None else Fraction(Decimal(str(count)))


def _show(count: Fraction) -> str:
    return f"{count.numerator:,}" if count.denominator == 1 else f"{float(count):,}"


def _label(view: View, measure: str, population: str) -> str:
    label = next((each["label"] for each in view.document["measures"] if each["key"] == measure), measure)
    return label if population == "ALL" else f"{label} {population}"


def _equal(view: View, left: tuple[str, str, str], right: tuple[str, str, str]) -> Comparison:
    """Compare two counts of the return, each named as (measure, population, numerator or denominator)."""
    a, b = view.count(*left), view.count(*right)
    assert a is not None
    assert b is not None
    first, second = (f"{what} of {_label(view, key, population)}" for key, population, what in (left, right))
    message = f"The {first} is {_show(a)}, the {second} is {_show(b)}."
    return Comparison(a == b, message, (left[0], right[0]))


@_rule(
    1, "hard", "Responses by method add up to all responses",
    "Give every response one of the collection methods.", ("survey_responses.method",),
)  # fmt: skip
def _modes_add_up(view: View) -> Iterator[Comparison]:
    for survey in view.surveys:
        total, parts = survey["accuracy"]["responses"], [each["responses"] for each in survey["methods"]]
        message = f"{survey['population']}: methods add up to {sum(parts):,}, all responses are {total:,}."
        yield Comparison(sum(parts) == total, message, ("TP01",))


@_rule(
    2, "hard", "CH02's denominator is CH01's numerator",
    "Both count the complaints made in the year: correct the complaints table, then run again.",
    ("complaints.stage", "complaints.received_on", "complaints.status"),
)  # fmt: skip
def _same_complaints(view: View) -> Iterator[Comparison]:
    for stage in (1, 2):
        made, answered = f"CH01_{stage}", f"CH02_{stage}"
        for population in view.populations(made, answered):
            yield _equal(view, (answered, population, "denominator"), (made, population, "numerator"))


@_rule(
    3, "hard", "Complaints in time are those without and those with an extension",
    "Check the dates and extensions of the complaints table.",
    ("complaints.responded_on", "complaints.extended_until"), first_year=REDESIGNED,
)  # fmt: skip
def _extension_split(view: View) -> Iterator[Comparison]:
    for measure in ("CH02_1", "CH02_2"):
        for population in view.populations(measure):
            in_time, without, extended = (
                view.count(measure, population, what) or Fraction(0)
                for what in ("numerator", "met_without_extension", "met_with_extension")
            )
            message = (
                f"{_label(view, measure, population)}: {_show(without)} without and {_show(extended)} with "
                f"an extension make {_show(without + extended)}, the numerator is {_show(in_time)}."
            )
            yield Comparison(without + extended == in_time, message, (measure,))


@_rule(
    4, "hard", "Both parts of a rate are over the same homes",
    "Both parts are per 1,000 of the homes owned at year end: correct the homes table.",
    ("homes.tenure", "homes.owned_from", "homes.owned_to"),
)  # fmt: skip
def _same_homes(view: View) -> Iterator[Comparison]:
    for code in ("CH01", "NM01"):
        first, second = f"{code}_1", f"{code}_2"
        for population in view.populations(first, second):
            yield _equal(view, (first, population, "denominator"), (second, population, "denominator"))


@_rule(
    5, "hard", "Hate incidents are among the anti-social behaviour cases",
    "Record every hate incident as a case of anti-social behaviour.", ("asb_cases.hate_incident",),
)  # fmt: skip
def _hate_within_asb(view: View) -> Iterator[Comparison]:
    for population in view.populations("NM01_1", "NM01_2"):
        counts = (view.count(measure, population, "numerator") for measure in ("NM01_1", "NM01_2"))
        cases, hate = (count or Fraction(0) for count in counts)
        message = f"{_show(hate)} hate incidents among {_show(cases)} cases."
        yield Comparison(hate <= cases, message, ("NM01_1", "NM01_2"))


@_rule(
    6, "hard", "NM01 covers at least the homes of CH01",
    "NM01 is over all low cost rental and home ownership homes: correct the homes table.", ("homes.tenure",),
)  # fmt: skip
def _all_homes(view: View) -> Iterator[Comparison]:
    homes = view.count("NM01_1", "ALL", "denominator")
    parts = [view.count("CH01_1", population, "denominator") for population in view.populations("CH01_1")]
    if homes is not None and parts:
        apart = sum((part for part in parts if part is not None), Fraction(0))
        message = f"NM01 is over {_show(homes)} homes, CH01 over {_show(apart)}."
        yield Comparison(homes >= apart, message, ("NM01_1", "NM01_2", "CH01_1"))


@_rule(
    7, "hard", "RP02's two denominators add up to the repairs completed",
    "Give every responsive repair a priority and, once completed, its date.",
    ("repairs.priority", "repairs.completed_at"), first_year=REDESIGNED,
)  # fmt: skip
def _repairs_add_up(view: View) -> Iterator[Comparison]:
    parts = [view.count(key, "LCRA", "denominator") for key in ("RP02_1", "RP02_2")]
    counts = [part for part in parts if part is not None]
    if counts and view.repairs is not None:
        completed = view.repairs["completed"]
        together = sum(counts, Fraction(0))
        message = f"The denominators add up to {_show(together)}, repairs completed are {completed:,}."
        yield Comparison(together == completed, message, ("RP02_1", "RP02_2"))


@_rule(
    8, "hard", "No percentage has a numerator above its denominator",
    "The numerator counts some of what the denominator counts: correct the records behind it.",
    ("complaints.responded_on", "repairs.completed_at", "safety_checks.valid_until", "homes.decent_homes"),
)  # fmt: skip
def _part_of_whole(view: View) -> Iterator[Comparison]:
    for (measure, population), figure in view.figures.items():
        part, whole = _exact(figure["numerator"]), _exact(figure["denominator"])
        if figure["unit"] == "percent" and part is not None and whole is not None:
            message = f"{_label(view, measure, population)}: {_show(part)} of {_show(whole)}."
            yield Comparison(part <= whole, message, (measure,))


@_rule(
    9, "hard", "Each value is its counts to one decimal place",
    "Compute the value from the counts, and round it once.",
    ("return.value", "return.numerator", "return.denominator"),
)  # fmt: skip
def _value_of_counts(view: View) -> Iterator[Comparison]:
    for (measure, population), figure in view.figures.items():
        part, whole = _exact(figure["numerator"]), _exact(figure["denominator"])
        label, value = _label(view, measure, population), _exact(figure["value"])
        if value is None:
            continue
        if part is None or not whole:
            lacks = "denominator is 0" if whole == 0 else "numerator or denominator is blank"
            message = f"{label}: the value is {round_half_up(value, 1)}, its {lacks}."
            yield Comparison(False, message, (measure,))
            continue
        exact = part / whole * _SCALE_FACTORS[figure["unit"]]
        computed = Fraction(round_half_up(exact, 1))
        held = _as_shown(exact, value) if view.as_filed else computed == value
        shown, given = told_apart(value, exact if view.as_filed else computed)
        yield Comparison(held, f"{label}: the value is {shown}, its counts give {given}.", (measure,))


def _as_shown(exact: Fraction, shown: Fraction) -> bool:
    """Whether a value that somebody rounded, or not, is the exact one: RSH shows some as whole numbers."""
    half_a_unit = Fraction(1, 2) if shown.denominator == 1 else Fraction(1, 20)
    return abs(exact - shown) <= half_a_unit + _FLOAT_ERROR


@_rule(
    10, "hard", "A measure that does not apply has no counts, and one that applies has them",
    "A measure does not apply only where no home is in its base.",
    ("homes.tenure", "homes.decent_homes", "safety_checks.programme"), first_year=REDESIGNED,
)  # fmt: skip
def _applies(view: View) -> Iterator[Comparison]:
    for (measure, population), figure in view.figures.items():
        if measure in _APPLYING and figure["status"] in {"reported", "no_cases", "not_applicable"}:
            applies = figure["status"] != "not_applicable"
            base = _exact(figure["denominator"])
            held = base is not None if applies else not base
            stated = "applies" if applies else "does not apply"
            counts = "no counts" if base is None else f"a denominator of {_show(base)}"
            message = f"{_label(view, measure, population)} {stated}, with {counts}."
            yield Comparison(held, message, (measure,))


@_rule(
    11, "hard", "Counts are whole numbers unless responses are weighted",
    "Say how responses are weighted under survey in year.yaml, or remove the weights.",
    ("survey_responses.weight", "year.survey.weighting"),
)  # fmt: skip
def _whole_counts(view: View) -> Iterator[Comparison]:
    weighted = {survey["population"] for survey in view.surveys if survey["facts"]["weighted"]}
    for (measure, population), figure in view.figures.items():
        if population in weighted and measure.startswith("TP"):
            continue
        counts = [figure[name] for name in _COUNTS] + [each["count"] for each in figure["answers"] or ()]
        exact = [count for count in map(_exact, counts) if count is not None]
        parts = [count for count in exact if count.denominator != 1]
        if exact:
            shown = f"{_show(parts[0])} is not a whole number" if parts else "whole numbers"
            yield Comparison(not parts, f"{_label(view, measure, population)}: {shown}.", (measure,))


@_rule(
    12, "warning", "TP01's answers are at most the responses",
    "Count each household once; check the weights.", ("survey_responses.TP01", "survey_responses.weight"),
)  # fmt: skip
def _tp01_within_responses(view: View) -> Iterator[Comparison]:
    for survey in view.surveys:
        answered = view.count("TP01", survey["population"], "denominator")
        if answered is not None:
            responses = survey["accuracy"]["responses"]
            message = f"{survey['population']}: {_show(answered)} answers from {responses:,} responses."
            yield Comparison(answered <= responses + _slack(survey), message, ("TP01",))


@_rule(
    13, "warning", "Filter answers are at most the responses, and answers at most the filter's Yes",
    "Check the filter questions' answers, and who was asked the question that follows.",
    ("survey_responses.had_repair", "survey_responses.made_complaint", "survey_responses.communal_areas"),
)  # fmt: skip
def _filters(view: View) -> Iterator[Comparison]:
    for survey in view.surveys:
        population, responses = survey["population"], survey["accuracy"]["responses"]
        for measure in _FILTERED:
            yes, no = (view.count(measure, population, name) for name in ("filter_yes", "filter_no"))
            answered = view.count(measure, population, "denominator")
            if yes is None or no is None or answered is None:
                continue
            label, slack = _label(view, measure, population), _slack(survey)
            message = (
                f"{label}: {_show(yes)} Yes and {_show(no)} No to the filter of {responses:,} responses."
            )
            yield Comparison(yes + no <= responses + slack, message, (measure,))
            message = f"{label}: {_show(answered)} answers from {_show(yes)} who said Yes to the filter."
            yield Comparison(answered <= yes + slack, message, (measure,))


@_rule(
    14, "warning", "TP02 and TP03 have the same filter answers",
    "Both follow one filter question: check why some answers to it count for one measure only.",
    ("survey_responses.had_repair", "survey_responses.TP02", "survey_responses.TP03"),
)  # fmt: skip
def _same_filter(view: View) -> Iterator[Comparison]:
    for population in view.populations("TP02", "TP03"):
        for name, word in (("filter_yes", "Yes"), ("filter_no", "No")):
            first, second = (view.count(key, population, name) or Fraction(0) for key in ("TP02", "TP03"))
            message = f"{population}: {_show(first)} {word} at TP02, {_show(second)} at TP03."
            yield Comparison(first == second, message, ("TP02", "TP03"))


@_rule(
    15, "warning", "Enough responses for the required accuracy",
    "Give the reasons under 'failure_reason' in year.yaml: they must be published.",
    ("survey_responses.response_id", "year.survey.failure_reason"),
    "Tenant Survey Requirements, accuracy by population",
)  # fmt: skip
def _accuracy(view: View) -> Iterator[Comparison]:
    for survey in view.surveys:
        accuracy = survey["accuracy"]
        if accuracy["met"] is not None:
            message = (
                f"{survey['population']}: {counted(accuracy['responses'], 'response')} of the "
                f"{accuracy['required_responses']:,} required, from "
                f"{counted(accuracy['population_size'], 'household')}."
            )
            yield Comparison(accuracy["met"], message, ("TP01",))


@_rule(
    16, "warning", "RP01 and the stock return have the homes owned at year end",
    "Check which homes are exempt from the Standard or left out as not assessed: all others are in RP01's "
    "base. Where the stock return differs, correct the homes table, or say why the two differ.",
    ("homes.decent_homes", "homes.tenure", "homes.owned_from", "homes.owned_to", "year.stock_return"),
    "RSH reconciles RP01 with the stock returns; it annotated landlords that used surveyed homes as the base",
)  # fmt: skip
def _homes_as_elsewhere(view: View) -> Iterator[Comparison]:
    base, homes = view.count("RP01", "LCRA", "denominator"), view.document["stock"]["LCRA"]
    if base is not None and homes:
        message = f"RP01 is over {_show(base)} homes, {homes:,} were owned at year end."
        yield Comparison(base == homes, message, ("RP01",))
    for tenure, stated in view.document.get("stock_return", {}).items():
        owned = view.document["stock"][tenure]
        message = f"{tenure}: {owned:,} homes were owned at year end, the stock return has {stated:,}."
        yield Comparison(owned == stated, message, _OVER_HOMES[tenure])


@_rule(
    17, "warning", "Each value is where its peers' are, and has moved no more than chance explains",
    "Check the records behind the value; where it is right, confirm it and say why.",
    ("survey_responses", "complaints", "asb_cases", "repairs", "homes", "safety_checks"),
    "RSH, TSM 2024 and 2025 data: 10th to 90th percentile by type and size of landlord",
)  # fmt: skip
def _plausible(view: View) -> Iterator[Comparison]:
    for judged in plausibility(view.document):
        yield Comparison(judged.held, judged.message, judged.measures)


@_rule(
    18, "warning", "Repairs raised balance with those completed, closed and outstanding",
    "Check for repairs that are missing, counted twice or closed without a completion date.",
    ("repairs.status", "repairs.reported_at", "repairs.completed_at"),
    "RSH's return of 2024/25: between 0.98 and 1.20 for four landlords in five",
)  # fmt: skip
def _repairs_balance(view: View) -> Iterator[Comparison]:
    context = view.repairs
    if context is None:
        return
    ended = context["completed"] + context["closed_without_completion"] + context["outstanding"]
    low, high = _REPAIRS_BALANCE
    if context["raised"]:
        ratio = Fraction(ended, context["raised"])
        message = (
            f"{context['raised']:,} raised; {context['completed']:,} completed, "
            f"{context['closed_without_completion']:,} closed otherwise and {context['outstanding']:,} "
            f"outstanding make {round_half_up(ratio, 2)} for each one raised, "
            f"expected {float(low)} to {float(high)}."
        )
        yield Comparison(low <= ratio <= high, message, ("RP02_1", "RP02_2"))


@_rule(
    19, "warning", "Each collection method has enough responses for its TP01 to be shown",
    "Nothing to put right: RSH suppresses TP01 for a method with so few responses.",
    ("survey_responses.method",), "RSH's return of 2024/25, note 6", "note", REDESIGNED,
)  # fmt: skip
def _small_methods(view: View) -> Iterator[Comparison]:
    for survey in view.surveys:
        for method in survey["methods"]:
            responses = counted(method["responses"], "response")
            message = f"{survey['population']}, {method['label'].lower()}: {responses}."
            yield Comparison(not method["suppressed"], message)


@_rule(
    20, "warning", "Enough responses for the required accuracy, once weighting is allowed for",
    "Read and publish the results with the wider margin, or weight by fewer categories, or within bounds.",
    ("survey_responses.response_id", "year.survey.weighting"),
    "Not the regulator's: its test ignores what unequal weights cost",
)  # fmt: skip
def _honest_accuracy(view: View) -> Iterator[Comparison]:
    for survey in view.surveys:
        honest = (survey["statistics"] or {}).get("accuracy")
        if honest is not None:
            message = f"{survey['population']}: {honest['text']}"
            yield Comparison(not honest["only_nominally"], message, ("TP01",))


@_rule(
    21, "warning", "The required sample and the margin of error are those of the survey",
    "Work both out from population and responses: another landlord's figure may stand there, or a "
    "fraction where a percentage belongs.",
    ("return.required_responses", "return.margin", "year.survey.population"),
    "RSH's published requirement and margin: one sample size and one margin follow from a population and its "
    "responses; in 2023/24 those of two landlords were exchanged and one margin was a fraction",
)  # fmt: skip
def _stated_accuracy(view: View) -> Iterator[Comparison]:
    bands = load_edition(view.document["reporting_year"]).accuracy
    for survey in view.surveys:
        accuracy, population = survey["accuracy"], survey["population"]
        size, responses = accuracy["population_size"], accuracy["responses"]
        if not size:
            continue
        if view.as_filed:
            stated = accuracy["stated"]  # as published beside it, if at all
        else:
            stated = {"required": accuracy["required_responses"], "margin": accuracy["achieved_margin"]}
        required, margin = required_exactly(size, bands), achieved_margin(size, responses, bands)
        if stated.get("required") is not None:
            given = Fraction(Decimal(str(stated["required"])))
            message = (
                f"{population}: {_show(given)} responses are stated as required, {ceil(required):,} follow "
                f"from {counted(size, 'household')}."
            )
            # Shown rounded up in one year, unrounded in the next.
            yield Comparison(abs(given - required) < 1, message, ("TP01",))
        if stated.get("margin") is not None and margin is not None:
            given = stated["margin"]
            fraction = abs(Decimal(str(given)) * 100 - margin) < _MARGIN_ROUNDED
            told = ": a fraction where a percentage belongs" if fraction else ""
            message = (
                f"{population}: the margin is stated as {given:g}{told}; {responses:,} responses give "
                f"{round_half_up(Fraction(margin), 2)} percentage points."
            )
            yield Comparison(abs(Decimal(str(given)) - margin) <= _MARGIN_ROUNDED, message, ("TP01",))


@_rule(
    22, "hard", "CH02 counts complaints, not homes",
    "The denominator of CH02 is the complaints made: enter those, not the homes owned.",
    ("return.denominator", "complaints.stage", "complaints.received_on"),
    "RSH's return of 2023/24: one landlord's homes stood where its complaints belong, and 0% was published",
)  # fmt: skip
def _complaints_not_homes(view: View) -> Iterator[Comparison]:
    for stage in (1, 2):
        made, answered = f"CH01_{stage}", f"CH02_{stage}"
        for population in view.populations(made, answered):
            base, homes = (view.count(key, population, "denominator") for key in (answered, made))
            complaints = view.count(made, population, "numerator")
            assert base is not None
            assert homes is not None
            label = _label(view, answered, population)
            message = f"{label} is over {_show(base)} complaints, the landlord owned {_show(homes)} homes."
            yield Comparison(not base or base != homes or base == complaints, message, (answered,))


@_rule(
    23, "warning", "No safety measure is over more homes than the landlord owned",
    "A safety measure counts homes: correct the homes table, or what was entered as homes.",
    ("homes.tenure", "safety_checks.home_id", "safety_checks.building_id", "return.denominator"),
    "By definition both count homes owned at year end; fourteen denominators of RSH's 2023/24 file are more",
)  # fmt: skip
def _bases_within_stock(view: View) -> Iterator[Comparison]:
    for measure, base, homes in _safety_bases(view):
        message = f"{measure} is over {_show(base)} homes, {_show(homes)} were owned at year end."
        yield Comparison(base <= homes, message, (measure,))


@_rule(
    24, "warning", "No safety measure is over implausibly few homes",
    "Check that every home of each building that needs the check is counted, not the building. There is "
    "nothing to put right where the stock is like that.",
    ("safety_checks.programme", "safety_checks.building_id", "homes.building_id", "return.denominator"),
    "A soft check on RSH's return of 2023/24, where four landlords in five have no base so small", "note",
)  # fmt: skip
def _bases_plausible(view: View) -> Iterator[Comparison]:
    for measure, base, homes in _safety_bases(view):
        if base and homes:
            share = base / homes * 100
            message = (
                f"{measure} is over {_show(base)} of {_show(homes)} homes "
                f"({round_half_up(share, 2)}%): homes are counted, not buildings or checks."
            )
            yield Comparison(share >= _LEAST_SHARE[measure], message, (measure,))


def _safety_bases(view: View) -> Iterator[tuple[str, Fraction, Fraction]]:
    """The safety measures, each with its denominator and the homes owned."""
    homes = view.count("NM01_1", "ALL", "denominator")
    for measure in _LEAST_SHARE:
        base = view.count(measure, "ALL", "denominator")
        if base is not None and homes is not None:
            yield measure, base, homes


def _slack(survey: Mapping[str, Any]) -> Fraction:
    return _WEIGHTED_SLACK if survey["facts"]["weighted"] else Fraction(0)
