"""CH01 and CH02: complaints per 1,000 homes, and those answered within the Complaint Handling Code."""

from __future__ import annotations

import pandas as pd

from schemas.rulebook import Measure, StageLimits

from . import ledger
from .inputs import Inputs
from .stock import Stock, home_tenure, stock_lines, year_mask
from .working_days import add_working_days

_OUTCOMES = {
    "in_time": (True, True),
    "in_time_with_extension": (True, True),
    "withdrawn_in_time": (True, True),
    "acknowledged_late": (True, False),
    "not_acknowledged": (True, False),
    "responded_late": (True, False),
    "late_beyond_extension": (True, False),
    "not_responded": (True, False),
    "withdrawn_late": (True, False),
    "withdrawn_undated": (True, False),
}


def classify(inputs: Inputs, measure: Measure) -> pd.DataFrame:
    """Return the ledger of CH01 or CH02 of one stage: one line a complaint, and for CH01 the homes.

    CH02's denominator is CH01's numerator: the same complaints, made in the year by tenants of relevant
    stock (refused ones are outside; withdrawn ones follow the setting `withdrawn_complaints`).

    Source: Technical Requirements, CH01 and CH02; Complaint Handling Code of the year.
    """
    complaints = inputs.accepted["complaints"]
    tenure, abroad = home_tenure(complaints, inputs.stock)
    tenure = tenure.fillna(complaints["tenure"])
    outside = _outside(complaints, tenure, abroad, inputs, measure)
    population = inputs.stock.block_of(tenure)
    rejected = ledger.rejected_lines("complaint", inputs.rejected["complaints"], "complaint_id")
    if measure.code == "CH01":
        reason = ledger.first_reason(complaints.index, outside, otherwise="made_in_year")
        made = {"made_in_year": (False, True)}
        return ledger.join(
            _homes(inputs.stock),
            ledger.build("complaint", complaints, "complaint_id", population, reason, made),
            rejected,
            ledger.rejected_lines("home", inputs.rejected["homes"], "home_id"),
        )
    assert measure.stage is not None
    limits = inputs.edition.complaints_code.stages[measure.stage]
    steps, evidence = _timeliness(complaints, limits, inputs)
    reason = ledger.first_reason(complaints.index, [*outside, *steps], otherwise="in_time")
    lines = ledger.build("complaint", complaints, "complaint_id", population, reason, _OUTCOMES, evidence)
    return ledger.join(lines, rejected)


def _outside(
    complaints: pd.DataFrame, tenure: pd.Series, abroad: pd.Series, inputs: Inputs, measure: Measure
) -> list[tuple[pd.Series, str]]:
    steps = [
        (complaints["stage"] != measure.stage, "other_stage"),
        (~year_mask(complaints["received_on"], inputs.edition), "outside_year"),
        (complaints["status"] == "refused", "refused"),
        (abroad, "outside_england"),
        *inputs.stock.block_reasons(tenure),
    ]
    if inputs.settings["withdrawn_complaints"] == "drop":
        steps.append((complaints["status"] == "withdrawn", "withdrawn_dropped"))
    return steps


def _homes(stock: Stock) -> pd.DataFrame:
    tenure = stock.homes["tenure"]
    return stock_lines(stock, stock.block_of(tenure), stock.block_reasons(tenure))


def _timeliness(
    complaints: pd.DataFrame, limits: StageLimits, inputs: Inputs
) -> tuple[list[tuple[pd.Series, str]], dict[str, pd.Series]]:
    """Return the steps that decide whether a complaint was answered in time, and the dates they rest on.

    The setting `complaint_test` says which test: `strict` (acknowledged in time, and answered in time from
    the acknowledgement), `total` (answered within both limits added together from receipt), `from_receipt`
    (answered in time from receipt). A recorded extension moves the last day, never beyond the Code's longest
    extension unless `extension_beyond_code` is `accept`.
    """
    test = inputs.settings["complaint_test"]
    received, responded = complaints["received_on"], complaints["responded_on"]
    acknowledged = complaints["acknowledged_on"]
    if inputs.settings["response_counts_as_acknowledgement"]:
        acknowledged = acknowledged.fillna(responded)
    withdrawn = complaints["status"] == "withdrawn"
    acknowledge_by = add_working_days(received, limits.acknowledge_working_days)
    if test == "strict":
        # A withdrawn complaint's clock starts by the last day for the acknowledgement, sent or not.
        started = acknowledged.where(~withdrawn | (acknowledged <= acknowledge_by), acknowledge_by)
        due = add_working_days(started, limits.respond_working_days)
    elif test == "total":
        due = add_working_days(received, limits.acknowledge_working_days + limits.respond_working_days)
    else:
        due = add_working_days(received, limits.respond_working_days)

    longest = add_working_days(due, limits.extension_working_days)
    extended = complaints["extended_until"]
    usable = extended.notna() & (extended > due)
    last = due.where(~usable, extended)
    if inputs.settings["extension_beyond_code"] == "cap":
        last = last.where(~usable | (extended <= longest), longest)

    unanswered = responded.isna()
    steps = [(withdrawn & unanswered, "withdrawn_undated")]
    if test == "strict":
        steps += [
            (~withdrawn & acknowledged.isna() & ~unanswered, "not_acknowledged"),
            (~withdrawn & ~unanswered & (acknowledged > acknowledge_by), "acknowledged_late"),
        ]
    in_time = responded <= last
    steps += [
        (unanswered, "not_responded"),
        (withdrawn & in_time, "withdrawn_in_time"),
        (withdrawn, "withdrawn_late"),
        (~in_time & usable, "late_beyond_extension"),
        (~in_time, "responded_late"),
        (responded > due, "in_time_with_extension"),
    ]
    return steps, {"acknowledge_by": acknowledge_by, "respond_by": due, "extended_to": last.where(usable)}
