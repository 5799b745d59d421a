"""RP02: responsive repairs completed within the landlord's own target."""

from __future__ import annotations

from collections.abc import Mapping

import pandas as pd

from schemas.rulebook import Measure
from schemas.targets import Target

from . import ledger
from .inputs import Inputs
from .stock import LCRA, home_tenure, is_abroad, year_mask
from .working_days import add_working_days

_OUTCOMES = {"in_target": (True, True), "out_of_target": (True, False), "no_target": (True, False)}
_END_OF_DAY = pd.Timedelta(days=1) - pd.Timedelta(microseconds=1)


def classify(inputs: Inputs, measure: Measure) -> pd.DataFrame:
    """Return the ledger of RP02 (1) or (2): one line a repair record.

    In: responsive repairs of the measure's priority, completed in the year, in LCRA homes or the communal
    parts of their buildings. Met: `completed_at` is not after the target. A job without a target of its own
    is measured against the year's target for its priority.

    Source: Technical Requirements, RP02; the landlord's own target timescales.
    """
    repairs = inputs.accepted["repairs"]
    reason, deadline, tenure = _reasons(inputs, measure)
    population = pd.Series(LCRA, index=repairs.index, dtype="str").where(tenure == LCRA, "")
    evidence = {"deadline": deadline, "completed_at": repairs["completed_at"]}
    lines = ledger.build("repair", repairs, "repair_id", population, reason, _OUTCOMES, evidence)
    return ledger.join(lines, ledger.rejected_lines("repair", inputs.rejected["repairs"], "repair_id"))


def _reasons(inputs: Inputs, measure: Measure) -> tuple[pd.Series, pd.Series, pd.Series]:
    """Return (reason, deadline, tenure) of every repair under the measure."""
    repairs = inputs.accepted["repairs"]
    deadline = deadlines(repairs, inputs.targets)
    tenure, abroad = _tenure(repairs, inputs)
    late = repairs["completed_at"] > deadline
    reason = ledger.first_reason(
        repairs.index,
        [
            (repairs["status"] == "cancelled", "cancelled"),
            (repairs["status"] == "reclassified", "reclassified"),
            (repairs["work_type"].fillna("responsive") != "responsive", "not_responsive"),
            (repairs["completed_at"].isna() | (repairs["status"] != "completed"), "not_completed"),
            (~year_mask(repairs["completed_at"], inputs.edition), "outside_year"),
            (abroad, "outside_england"),
            (tenure != LCRA, "not_lcra"),
            (repairs["priority"] != measure.priority, "other_priority"),
            (deadline.isna(), "no_target"),
            (late, "out_of_target"),
        ],
        otherwise="in_target",
    )
    return reason, deadline, tenure


def deadlines(repairs: pd.DataFrame, targets: Mapping[str, Target]) -> pd.Series:
    """Return the last moment at which each repair is in time (date-times, UK local time).

    A target in days runs to the end of its last day; working days leave out weekends and bank holidays.
    """
    due = repairs["target_at"].copy()
    for priority, target in targets.items():
        unset = due.isna() & (repairs["priority"] == priority)
        reported = repairs.loc[unset, "reported_at"]
        if target.hours is not None:
            due[unset] = reported + pd.Timedelta(hours=target.hours)
        elif target.working_days is not None:
            due[unset] = add_working_days(reported.dt.normalize(), target.working_days) + _END_OF_DAY
        elif target.calendar_days is not None:
            due[unset] = reported.dt.normalize() + pd.Timedelta(days=target.calendar_days) + _END_OF_DAY
    return due


def _tenure(repairs: pd.DataFrame, inputs: Inputs) -> tuple[pd.Series, pd.Series]:
    """Return (tenure, abroad), a communal repair taking the tenure of its building's homes."""
    tenure, abroad = home_tenure(repairs, inputs.stock)
    homes = inputs.stock.homes
    foreign = is_abroad(homes).groupby(homes["building_id"]).all()
    abroad |= repairs["home_id"].isna() & repairs["building_id"].isin(foreign[foreign].index)
    homes = homes[~is_abroad(homes)]
    is_lcra = (homes["tenure"] == LCRA).groupby(homes["building_id"])
    shared = (
        is_lcra.any()
        if inputs.settings["communal_repairs_in_mixed_buildings"] == "any_lcra"
        else is_lcra.all()
    )
    by_building = repairs["building_id"].map(shared).map({True: LCRA, False: "other"}).astype("str")
    return tenure.fillna(by_building).fillna(repairs["tenure"]), abroad


def context(inputs: Inputs) -> dict[str, int]:
    """Return the return's repair context: raised, completed, closed_without_completion, outstanding.

    Counts of responsive repairs in LCRA homes: raised in the year; completed in the year; raised in the
    year and closed other than by completion; still open at year end.

    Source: the return's questions Q6, Q6a, Q6b, Q6d.
    """
    repairs = inputs.accepted["repairs"]
    tenure, abroad = _tenure(repairs, inputs)
    mine = repairs[(tenure == LCRA) & ~abroad & (repairs["work_type"].fillna("responsive") == "responsive")]
    raised = year_mask(mine["reported_at"], inputs.edition)
    done = (mine["status"] == "completed") & mine["completed_at"].notna()
    closed = mine["status"].isin(["cancelled", "reclassified"])
    after_year = mine["completed_at"] > pd.Timestamp(inputs.edition.end) + _END_OF_DAY
    reported_by_end = mine["reported_at"] <= pd.Timestamp(inputs.edition.end) + _END_OF_DAY
    return {
        "raised": int(raised.sum()),
        "completed": int((done & year_mask(mine["completed_at"], inputs.edition)).sum()),
        "closed_without_completion": int((closed & raised).sum()),
        "outstanding": int((reported_by_end & ~closed & (~done | after_year)).sum()),
    }


def other_targets(inputs: Inputs) -> dict[str, int]:
    """Return by priority how many repairs of RP02 have a target of their own that is not the year's.

    A priority without a target of the year is left out: there is nothing to compare with. Two targets are the
    same where they fall on the same day, or for a target in hours at the same time.
    """
    counts: dict[str, int] = {}
    for measure in inputs.edition.measures:
        priority = measure.priority
        if measure.family != "repairs" or priority is None or priority not in inputs.targets:
            continue
        reason, _, _ = _reasons(inputs, measure)
        repairs = inputs.accepted["repairs"]
        own = repairs[reason.isin(list(_OUTCOMES)) & repairs["target_at"].notna()]
        usual = deadlines(own.assign(target_at=pd.Series(pd.NaT, index=own.index)), inputs.targets)
        given = own["target_at"]
        if inputs.targets[priority].hours is None:
            usual, given = usual.dt.normalize(), given.dt.normalize()
        counts[priority] = int((usual != given).sum())
    return counts
