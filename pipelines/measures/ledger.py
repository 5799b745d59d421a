"""The ledger: every record classified once, then tallied.

A measure is a ledger: one line a record that says whether it adds to the denominator (`counted`), whether it
adds to the numerator (`met`), and why (`reason`, a code whose sentence stands in the rulebook). What a reason
does to the figure is fixed by the measure's outcomes, so a reason explains a line completely.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from decimal import Context, Decimal, Inexact, InvalidOperation
from fractions import Fraction
from functools import reduce

import numpy as np
import pandas as pd

from schemas.outputs import LEFT_OUT_REASONS, REJECTED

COLUMNS = ("record_type", "record_id", "source_row", "population", "counted", "met", "reason")

# Columns that some records have beside `source_row`.
PLACES = ("source_file", "correction")

# (adds to the denominator, adds to the numerator)
Outcome = tuple[bool, bool]

# Sums of decimal weights are exact or they raise: a silently rounded sum would be a silently wrong figure.
EXACT = Context(prec=400, traps=[Inexact, InvalidOperation])


def first_reason(index: pd.Index, steps: Sequence[tuple[pd.Series, str]], otherwise: str) -> pd.Series:
    """Return for each record the reason of the first step whose condition holds, else `otherwise`.

    The order of `steps` is the order in which an auditor would ask the questions.
    """
    names = list(dict.fromkeys([*(reason for _, reason in steps), otherwise]))
    position = {name: code for code, name in enumerate(names)}
    codes = np.full(len(index), position[otherwise])
    for condition, reason in reversed(steps):
        codes[condition.to_numpy(dtype=bool)] = position[reason]
    return pd.Series(pd.Categorical.from_codes(codes, categories=names), index=index).astype("str")


def build(
    record_type: str,
    records: pd.DataFrame,
    key: str,
    population: pd.Series,
    reason: pd.Series,
    outcomes: Mapping[str, Outcome],
    evidence: Mapping[str, pd.Series] | None = None,
) -> pd.DataFrame:
    """Return the ledger of `records`, one line each, in their order.

    `key` names the column that identifies a record; `outcomes` says what each reason does (a reason that is
    not named there is outside the figure); `evidence` adds columns that show what the decision rests on. Of
    records from several files `source_file` says which; of a table that corrections.yaml corrected,
    `correction` says what was done to the record.
    """
    counted = reason.map({code: outcome[0] for code, outcome in outcomes.items()})
    met = reason.map({code: outcome[1] for code, outcome in outcomes.items()})
    return pd.DataFrame(
        {
            "record_type": record_type,
            "record_id": records[key].astype("str"),
            "source_row": records["source_row"].astype("Int64"),
            "population": population,
            "counted": counted.astype("boolean").fillna(value=False).astype(bool),
            "met": met.astype("boolean").fillna(value=False).astype(bool),
            "reason": reason,
            **{name: records[name] for name in PLACES if name in records.columns},
            **(evidence or {}),
        }
    ).reset_index(drop=True)


def rejected_lines(record_type: str, rejected: pd.DataFrame, key: str) -> pd.DataFrame:
    """Return ledger lines for the records that were turned away: they are seen to be missing.

    By a check, or before it by a filter of sources.yaml or an entry of corrections.yaml (`finding_id`).
    """
    blank = pd.Series("", index=rejected.index, dtype="str")
    reason = rejected["finding_id"].map(LEFT_OUT_REASONS).fillna(REJECTED).astype("str")
    return build(record_type, rejected, key, blank, reason, {})


def join(*parts: pd.DataFrame) -> pd.DataFrame:
    """Return one ledger from several, leaving out empty parts so that they cannot change a column's type.

    The columns of the first, the records themselves, are there also where all of those were turned away.
    """
    filled = [part for part in parts if len(part)] or [parts[0]]
    together = pd.concat(filled, ignore_index=True)
    lacking = [name for name in parts[0].columns if name not in together.columns]
    return together.assign(**{name: parts[0][name].reindex(together.index) for name in lacking})


def exact_sum(weights: pd.Series) -> Fraction:
    """Return the exact sum of weights given as decimal text."""
    return Fraction(reduce(EXACT.add, map(Decimal, weights), Decimal(0)))


def total(lines: pd.DataFrame) -> Fraction:
    """Return how much `lines` add up to: their number, or the exact sum of `weight` where there is one."""
    if "weight" in lines.columns:
        return exact_sum(lines["weight"])
    return Fraction(len(lines))


def tally(lines: pd.DataFrame) -> tuple[Fraction, Fraction]:
    """Return (numerator, denominator) of ledger lines of one population: the one tally behind every value."""
    return total(lines[lines["met"]]), total(lines[lines["counted"]])


def reasons(ledger: pd.DataFrame) -> pd.DataFrame:
    """Return how many records have each reason: columns population, reason, counted, met, records."""
    keys = ["population", "reason", "counted", "met"]
    return ledger.groupby(keys, sort=True, observed=True).size().rename("records").reset_index()
