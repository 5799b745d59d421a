"""A return beside last year's, the nation and its peer groups: the `comparison` of the return document.

Every value comes with its finished words. Survey results carry the significance that the survey's statistics
found; all other measures count every record, so that chance in drawing a sample plays no part in them.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from decimal import Decimal
from fractions import Fraction
from math import isnan
from typing import Any

from pipelines.measures.rounding import round_half_up
from pipelines.statutory.benchmarks import compare
from pipelines.statutory.distributions import Benchmarks
from pipelines.statutory.inputs import LastYear
from pipelines.statutory.wording import listed, value_text
from schemas.rulebook.model import SCALE_FACTORS

# (measure, population).
Key = tuple[str, str]

UNROUNDED = (
    "Changes are of unrounded values, so that they may differ by 0.1 from the difference of the values shown."
)
FULL_COUNT = "It is a full count of the records, not a sample: no sampling error is in it"


def comparison(
    document: Mapping[str, Any],
    last_year: LastYear | None,
    benchmarks: Benchmarks | None = None,
    supported: bool | None = None,
) -> dict[str, Any]:
    """Return the comparison of an assembled return, JSON-able.

    Keys: `last_year` (where its figures are from; None where there are none), `changes` (a figure that both
    years have), `new` and `gone` (a figure that one year alone has), `method_changes`, and `benchmarks` as
    `benchmarks.compare` gives it.
    """
    beside = {"method_changes": [], "benchmarks": compare(document, benchmarks, supported)}
    if last_year is None:
        return {"last_year": None, "changes": [], "new": [], "gone": [], **beside}
    measures = {each["key"]: each for each in document["measures"]}
    before = _last_values(last_year, measures)
    now = {(each["measure"], each["population"]): each for each in document["figures"]}
    tested = _tested(document)
    changes = [
        _change(figure, measures[key[0]], before[key], tested.get(key))
        for key, figure in now.items()
        if figure["value"] is not None and key in before
    ]
    new = [
        _only_one(key, measures, f"has no value of {last_year.year} to compare with")
        for key, figure in now.items()
        if figure["value"] is not None and key not in before
    ]
    gone = [
        _only_one(key, measures, f"was {value.text} in {last_year.year}, and has no value this year")
        for key, value in before.items()
        if key not in now or now[key]["value"] is None
    ]
    return {
        "last_year": {
            "year": last_year.year,
            "text": _last_year_text(last_year, new, gone),
            "source": "computed here" if last_year.published else "given",
            "file": last_year.file,
            "sha256": last_year.sha256,
        },
        "changes": changes,
        "new": new,
        "gone": gone,
        **beside,
    }


class _Value:
    """Last year's value of a figure: exact as far as the file tells, and as it was published."""

    def __init__(self, row: Mapping[str, float | None], measure: Mapping[str, Any]) -> None:
        value, exact = _number(row["value"]), _ratio(row, measure["unit"])
        # Counts that do not give the value are not those behind it: weighted results have stood beside them.
        if value is None or (exact is not None and round_half_up(exact, 1) == round_half_up(value, 1)):
            value, exact = exact if value is None else value, exact
        else:
            exact = value
        self.exact = exact
        self.text = "" if value is None else shown_value(value, measure)


def _number(number: float | None) -> Fraction | None:
    """A number of the file as it is written there; None for a blank."""
    return None if number is None or isnan(number) else Fraction(repr(float(number)))


def _ratio(row: Mapping[str, float | None], unit: str) -> Fraction | None:
    met, whole = _number(row["numerator"]), _number(row["denominator"])
    return None if met is None or not whole else met / whole * SCALE_FACTORS[unit]


def shown_value(exact: Fraction, measure: Mapping[str, Any]) -> str:
    """Return a value as it is reported: rounded once, with its unit."""
    return value_text(round_half_up(exact, 1), measure["unit_text"], "reported")


def _last_values(last_year: LastYear, measures: Mapping[str, Mapping[str, Any]]) -> dict[Key, _Value]:
    """Last year's values of this year's measures; a row without a value is none."""
    found = {}
    for row in last_year.figures.to_dict("records"):
        if row["measure"] in measures:
            value = _Value(row, measures[row["measure"]])
            if value.exact is not None:
                found[row["measure"], row["population"]] = value
    return found


def _tested(document: Mapping[str, Any]) -> dict[Key, Mapping[str, Any]]:
    """The changes that the surveys' statistics tested."""
    return {
        (change["measure"], survey["population"]): change
        for survey in document["survey"]
        for change in (survey["statistics"] or {}).get("changes", ())
        if change["difference"] is not None
    }


def _change(
    figure: Mapping[str, Any],
    measure: Mapping[str, Any],
    before: _Value,
    tested: Mapping[str, Any] | None,
) -> dict[str, Any]:
    assert before.exact is not None
    exact = Fraction(tested["difference"]) if tested else _exact(figure, measure) - before.exact
    change = round_half_up(exact, 1)
    significant = tested["significant"] if tested and tested["p_adjusted"] is not None else None
    direction = _direction(change, measure["better"])
    moved = "the same as last year" if change == 0 else _size(change, measure)
    return {
        "measure": figure["measure"],
        "population": figure["population"],
        "last_year": float(round_half_up(before.exact, 1)),
        "last_year_text": before.text,
        "change": float(change),
        "change_text": "no change" if change == 0 else _size(change, measure),
        "direction": direction,
        "significant": significant,
        "text": f"{label(measure, figure['population'])}: {before.text} last year, {figure['value_text']} now"
        f" ({moved}){_meaning(direction, measure, significant)}.",
    }


def _exact(figure: Mapping[str, Any], measure: Mapping[str, Any]) -> Fraction:
    """This year's value, exact; a reported figure has a denominator."""
    return Fraction(figure["numerator"]) / Fraction(figure["denominator"]) * SCALE_FACTORS[measure["unit"]]


def _direction(change: Decimal, better: str) -> str | None:
    if change == 0:
        return "same"
    if better == "neither":
        return None
    return "better" if (change > 0) == (better == "higher") else "worse"


def _size(change: Decimal, measure: Mapping[str, Any]) -> str:
    return f"{change:+,} {'percentage points' if measure['unit'] == 'percent' else measure['unit_text']}"


def _meaning(direction: str | None, measure: Mapping[str, Any], significant: bool | None) -> str:
    """What a change means, as the end of its sentence."""
    words = {"better": ", better", "worse": ", worse", "same": "", None: ", neither better nor worse"}
    if measure["kind"] != "perception":
        return f"{words[direction]}. {FULL_COUNT}"
    if significant is None:
        return f"{words[direction]}; whether by chance could not be tested"
    if significant:
        return f"{words[direction]}, by more than chance explains"
    return "; no more than chance explains"


def label(measure: Mapping[str, Any], population: str) -> str:
    """Return a figure's name: "TP01 (LCRA)", "BS01"."""
    return measure["label"] if population == "ALL" else f"{measure['label']} {population}"


def _only_one(key: Key, measures: Mapping[str, Mapping[str, Any]], what: str) -> dict[str, str]:
    measure, population = key
    return {
        "measure": measure,
        "population": population,
        "text": f"{label(measures[measure], population)} {what}.",
    }


def _last_year_text(last_year: LastYear, new: list[dict[str, str]], gone: list[dict[str, str]]) -> str:
    return " ".join(_sentences(last_year, new, gone))


def _sentences(last_year: LastYear, new: list[dict[str, str]], gone: list[dict[str, str]]) -> Iterator[str]:
    if last_year.published:
        yield f"Last year's figures are those of the return of {last_year.year} that was made here."
    else:
        yield f"Last year's figures are those of {last_year.file}, which the landlord gave."
    yield UNROUNDED
    for one, words in ((new, "Without a value last year"), (gone, "Without a value this year")):
        if one:
            yield f"{words}: {listed([each['measure'] + ' ' + each['population'] for each in one])}."
