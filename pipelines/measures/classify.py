"""From a measure of the rulebook to its ledger: which family's function classifies its records."""

from __future__ import annotations

from collections.abc import Callable

import pandas as pd

from schemas.rulebook import Measure

from . import asb, complaints, decent_homes, perception, repairs, safety
from .inputs import Inputs

FAMILIES: dict[str, Callable[[Inputs, Measure], pd.DataFrame]] = {
    "perception": perception.classify,
    "complaints": complaints.classify,
    "asb": asb.classify,
    "decent_homes": decent_homes.classify,
    "repairs": repairs.classify,
    "safety": safety.classify,
}


def classify(inputs: Inputs, measure: Measure) -> pd.DataFrame:
    """Return the ledger of `measure`: columns of `ledger.COLUMNS` and the family's evidence columns.

    Raises ValueError where a record carries a reason that the rulebook does not list for the measure: a line
    that nobody can explain must not reach a figure.
    """
    lines = FAMILIES[measure.family](inputs, measure)
    unlisted = set(lines["reason"].unique()) - set(measure.reasons)
    if unlisted:
        raise ValueError(f"the rulebook lists no reason {sorted(unlisted)} for {measure.key}")
    return lines
