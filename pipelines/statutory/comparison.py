"""A return beside last year's, the nation and its peer groups: the `comparison` of the return document.

Every value comes with its finished words. Survey results carry the significance that the survey's statistics
found; all other measures count every record, so that chance in drawing a sample plays no part in them.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from decimal import Decimal
from fractions import Fraction
from math import isnan
from typing import Any

import pandas as pd

from pipelines.intake import FINDING_COLUMNS
from pipelines.measures.rounding import round_half_up
from pipelines.statutory.approach import is_none
from pipelines.statutory.benchmarks import compare
from pipelines.statutory.code_history import between
from pipelines.statutory.inputs import Beside, LastYear
from pipelines.statutory.method_changes import RULE, STOCK, SURVEY, MethodChange
from pipelines.statutory.wording import listed, value_text
from schemas.rulebook import load_edition
from schemas.rulebook.model import SCALE_FACTORS

# (measure, population).
Key = tuple[str, str]

UNROUNDED = (
    "Changes are of unrounded values, so that they may differ by 0.1 from the difference of the values shown."
)
FULL_COUNT = "It is a full count of the records, not a sample: no sampling error is in it"


def comparison(
    document: Mapping[str, Any], beside: Beside, found: Sequence[MethodChange] = ()
) -> dict[str, Any]:
    """Return the comparison of an assembled return, JSON-able; `found`: what was done otherwise last year.

    Keys: `last_year` (where its figures are from; None where there are none), `changes` (a figure that both
    years have), `new` and `gone` (a figure that one year alone has), `method_changes`, and `benchmarks` as
    `benchmarks.compare` gives it.
    """
    others = {
        "method_changes": [each.as_dict() for each in found],
        "benchmarks": compare(document, beside.national, beside.supported),
    }
    last_year = beside.last_year
    if last_year is None:
        return {"last_year": None, "changes": [], "new": [], "gone": [], **others}
    measures = {each["key"]: each for each in document["measures"]}
    before = _last_values(last_year, measures)
    now = {(each["measure"], each["population"]): each for each in document["figures"]}
    tested = _tested(document)
    changes = [
        _change(figure, measures[key[0]], before[key], tested.get(key), found)
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
            "text": " ".join(_about(document, last_year, found, new, gone)),
            "source": "computed here" if last_year.published else "given",
            "file": last_year.file,
            "sha256": last_year.sha256,
        },
        "changes": changes,
        "new": new,
        "gone": gone,
        **others,
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
    found: Sequence[MethodChange],
) -> dict[str, Any]:
    assert before.exact is not None
    exact = Fraction(tested["difference"]) if tested else _exact(figure, measure) - before.exact
    change = round_half_up(exact, 1)
    significant = tested["significant"] if tested and tested["p_adjusted"] is not None else None
    direction = _direction(change, measure["better"])
    size = "no change" if change == 0 else _size(change, measure)
    text = (
        f"{label(measure, figure['population'])}: {before.text} last year, {figure['value_text']} now "
        f"({size}){_meaning(direction, measure, significant)}."
    )
    return {
        "measure": figure["measure"],
        "population": figure["population"],
        "last_year": float(round_half_up(before.exact, 1)),
        "last_year_text": before.text,
        "change": float(change),
        "change_text": size,
        "direction": direction,
        "significant": significant,
        "text": " ".join([text, *_due_to(figure, found)]),
    }


def _due_to(figure: Mapping[str, Any], found: Sequence[MethodChange]) -> Iterator[str]:
    """Sentences on what else than the service a figure's change may be due to."""
    mine = [
        each
        for each in found
        if figure["measure"] in each.affects and each.population in ("", figure["population"])
    ]
    rules = [each for each in mine if each.kind == RULE]
    if rules:
        said = "; ".join(f"{each.subject}: {each.now}, last year {each.was}" for each in rules)
        yield f"The change may be due to the rule ({said})."
    others = [each.subject for each in mine if each.kind != RULE]
    if others:
        yield f"Done differently from last year, which may explain part of it: {listed(others)}."


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


def _about(
    document: Mapping[str, Any],
    last_year: LastYear,
    found: Sequence[MethodChange],
    new: Sequence[Mapping[str, str]],
    gone: Sequence[Mapping[str, str]],
) -> Iterator[str]:
    """Yield what to know of last year's figures, a sentence each: where from, of whom, what is not alike."""
    year, landlord = last_year.year, document["landlord"]
    if last_year.published:
        yield f"Last year's figures are those of the return of {year} that was made here."
    else:
        yield f"Last year's figures are those of {last_year.file}, which the landlord gave."
    yield UNROUNDED
    yield from between(landlord["code"], year, document["reporting_year"])
    if last_year.document is None:
        if landlord["former_names"]:
            yield f"The landlord was formerly known as {listed(landlord['former_names'])}."
        yield "Only last year's figures are known: what was done differently cannot be found by comparison."
    else:
        yield from _of_the_return(last_year.document, document)
    if any(each.kind == STOCK for each in found):
        yield "The homes are not those of last year (merged or transferred stock), so that changes mislead."
    for some, words in ((new, "Without a value last year"), (gone, "Without a value this year")):
        if some:
            names = [f"{each['measure']} {each['population']}" for each in some]
            yield f"{words}: {listed(names)}."


def _of_the_return(before: Mapping[str, Any], document: Mapping[str, Any]) -> Iterator[str]:
    """Yield what last year's return says of itself that matters: another code, name, state of the rules."""
    then, now = before["landlord"], document["landlord"]
    if then["code"] != now["code"]:
        yield f"They are those of {then['name']} ({then['code']}), a former code of the landlord."
    elif then["name"] != now["name"]:
        yield f"That return was made under the name {then['name']}."
    made_by, stands = before["edition"], load_edition(before["reporting_year"])
    if made_by["fingerprint"] != stands.fingerprint:
        yield (
            f"That return was made by an earlier state of the rules of {before['reporting_year']} "
            f"({made_by['methodology_version']}; now {stands.methodology_version})."
        )


# ------------------------------------------------------------------------------------------------ the finding

CHANGED_ALL_THE_SAME = "CHG-001"


def comparison_findings(document: Mapping[str, Any]) -> pd.DataFrame:
    """Return the findings of a return beside last year's, columns as intake's FINDING_COLUMNS.

    CHG-001, to confirm: year.yaml says that nothing changed since last year, but the two returns differ.
    """
    rows = []
    for survey in document["survey"]:
        population = survey["population"]
        stated = survey["facts"]["changes_since_last_year"]
        changed = [
            each
            for each in document["comparison"]["method_changes"]
            if each["kind"] == SURVEY and each["population"] in ("", population)
        ]
        if stated and is_none(stated) and changed:
            rows.append(_nothing_changed(population, stated, changed))
    frame = pd.DataFrame(rows, columns=list(FINDING_COLUMNS), dtype="str").fillna("")
    return frame.assign(row=pd.array([None] * len(frame), dtype="Int64"))


def _nothing_changed(population: str, stated: str, changed: Sequence[Mapping[str, Any]]) -> dict[str, str]:
    return {
        "finding_id": CHANGED_ALL_THE_SAME,
        "grade": "confirm",
        "table": "return",
        "file": "year.yaml",
        "column": "changes_since_last_year",
        "value": stated,
        "record_id": population,
        "title": "The survey changed since last year, but is said not to have",
        "message": (
            f"{population}: changes_since_last_year is “{stated.strip()}”, but the returns of the two years "
            f"say: {' '.join(each['text'] for each in changed)}"
        ),
        "remedy": (
            f"Say what changed under survey, {population}, changes_since_last_year in year.yaml, or remove "
            "the line and what was found is printed; where the change has no bearing, confirm and say why."
        ),
        "effect": "kept",
        "touches": ";".join(dict.fromkeys(key for each in changed for key in each["affects"])),
    }
