"""Running the regulator's validations on a return document, and what their outcomes become."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Literal

import pandas as pd

from pipelines.intake import FINDING_COLUMNS
from pipelines.statutory.rules import VALIDATIONS, Comparison, Validation, View
from pipelines.statutory.wording import counted

FILE = "the return"
TABLE = "return"

# How many breaches a check's message names; the findings have them all.
_BREACHES_NAMED = 3


@dataclass(frozen=True, slots=True)
class CheckOutcome:
    """What a validation found: every breach (empty = passed) out of `comparisons` made.

    `asked_from`: the first year of a validation that is of later years than the return; '' otherwise.
    """

    validation: Validation
    comparisons: int
    breaches: tuple[Comparison, ...]
    asked_from: str = ""

    @property
    def outcome(self) -> Literal["passed", "failed", "warning"]:
        if not self.breaches:
            return "passed"
        return "failed" if self.validation.severity == "hard" else "warning"

    @property
    def message(self) -> str:
        if self.breaches:
            named = [breach.message for breach in self.breaches[:_BREACHES_NAMED]]
            more = len(self.breaches) - len(named)
            return " ".join([*named, f"And {more:,} more."] if more else named)
        if self.asked_from:
            return f"Asked from the return of {self.asked_from} on."
        if not self.comparisons:
            return "Nothing to compare in this return."
        return f"Held in {counted(self.comparisons, 'comparison')}."


def validate(document: Mapping[str, Any]) -> list[CheckOutcome]:
    """Return the outcome of every validation on a return document, in the order of their ids."""
    figures = {(each["measure"], each["population"]): each for each in document["figures"]}
    view = View(document, figures)
    outcomes = []
    for validation in VALIDATIONS:
        if document["reporting_year"] < validation.first_year:
            outcomes.append(CheckOutcome(validation, 0, (), validation.first_year))
            continue
        made = list(validation.check(view))
        breaches = tuple(comparison for comparison in made if not comparison.held)
        outcomes.append(CheckOutcome(validation, len(made), breaches))
    return outcomes


def as_checks(outcomes: Sequence[CheckOutcome]) -> list[dict[str, Any]]:
    """Return the outcomes as the return document has them, with what could put a breach right."""
    return [
        {
            "id": each.validation.id,
            "title": each.validation.title,
            "severity": each.validation.severity,
            "outcome": each.outcome,
            "message": each.message,
            "fields": list(each.validation.fields),
            "source": each.validation.source,
        }
        for each in outcomes
    ]


def as_findings(outcomes: Sequence[CheckOutcome]) -> pd.DataFrame:
    """Return one finding a breach, columns as intake's FINDING_COLUMNS: hard ones stop, warnings confirm.

    VAL-19 and VAL-24 are notes: a small method is suppressed and nobody can confirm it away; a small base is
    no proof of an error.
    """
    rows = [
        {
            "finding_id": each.validation.id,
            "grade": each.validation.grade,
            "table": TABLE,
            "file": FILE,
            "column": ";".join(each.validation.fields),
            "title": each.validation.title,
            "message": breach.message,
            "remedy": each.validation.remedy,
            "effect": "kept",
            "touches": ";".join(breach.measures),
        }
        for each in outcomes
        for breach in each.breaches
    ]
    frame = pd.DataFrame(rows, columns=list(FINDING_COLUMNS), dtype="str").fillna("")
    return frame.assign(row=pd.array([None] * len(frame), dtype="Int64"))
