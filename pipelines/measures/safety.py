"""BS01–BS05: homes for which every required safety check was done, in date and recorded at year end."""

from __future__ import annotations

import pandas as pd

from schemas.rulebook import Measure, Programme

from . import ledger
from .inputs import Inputs
from .stock import ALL

# What is wrong with a check, worst first: a home takes the worst of its own and its building's checks.
_FAULTS = ("never_done", "done_after_year_end", "no_expiry_date", "overdue")
_OUTCOMES = {"all_in_date": (True, True), **dict.fromkeys(_FAULTS, (True, False))}


def classify(inputs: Inputs, measure: Measure) -> pd.DataFrame:
    """Return the ledger of one building safety measure: one line a home, LCRA and LCHO together.

    In the base: a home whose own rows, or whose building's rows, require a check of the programme. Met: all
    of them were carried out by year end and in date on it; one missing check fails every home it serves.
    Evidence: `check_id`, the check that decides.

    Source: Technical Requirements, BS01 to BS05 (the unit is the dwelling; remedial works are out).
    """
    assert measure.programme is not None
    programme = inputs.edition.safety_programmes[measure.programme]
    homes = inputs.stock.homes
    worst, check_id = _worst_check(homes, _faults(inputs, programme))
    excluded = _served(homes, _of_programme(inputs.accepted["safety_exclusions"], programme))
    standing = homes["standing"]
    reason = ledger.first_reason(
        homes.index,
        [
            *((standing == code, code) for code in standing[standing != ""].unique()),
            *((worst == rank, fault) for rank, fault in enumerate(_FAULTS)),
            (worst == len(_FAULTS), "all_in_date"),
            (excluded, "no_check_required"),
        ],
        otherwise="no_check_and_no_exclusion",
    )
    population = pd.Series(ALL, index=homes.index, dtype="str").where(standing == "", "")
    lines = ledger.build("home", homes, "home_id", population, reason, _OUTCOMES, {"check_id": check_id})
    return ledger.join(
        lines,
        ledger.rejected_lines("home", inputs.rejected["homes"], "home_id"),
        ledger.rejected_lines(
            "safety_check", _of_programme(inputs.rejected["safety_checks"], programme), "check_id"
        ),
    )


def _of_programme(rows: pd.DataFrame, programme: Programme) -> pd.DataFrame:
    return rows[rows["programme"].str.strip().str.casefold() == programme.key]


def _faults(inputs: Inputs, programme: Programme) -> pd.DataFrame:
    """Return the programme's checks with `rank`: their fault's position in _FAULTS, its length if none."""
    checks = _of_programme(inputs.accepted["safety_checks"], programme)
    end = pd.Timestamp(inputs.edition.end)
    valid_until = checks["valid_until"]
    if programme.interval_months is not None:
        last_day = checks["completed_on"] + pd.DateOffset(months=programme.interval_months)
        if inputs.settings["interval_last_day"] == "day_before":
            last_day -= pd.Timedelta(days=1)
        valid_until = valid_until.fillna(last_day)
    undated = valid_until.isna()
    if inputs.settings["check_without_expiry"] == "meets":
        undated &= False
    fault = ledger.first_reason(
        checks.index,
        [
            (checks["completed_on"].isna(), "never_done"),
            (checks["completed_on"] > end, "done_after_year_end"),
            (undated, "no_expiry_date"),
            (valid_until < end, "overdue"),
        ],
        otherwise="",
    )
    ranks = {name: rank for rank, name in enumerate(_FAULTS)}
    return checks.assign(rank=fault.map(ranks).fillna(len(_FAULTS)).astype("int64"))


def _worst_check(homes: pd.DataFrame, checks: pd.DataFrame) -> tuple[pd.Series, pd.Series]:
    """Return (rank, check_id) of the worst of each home's own and its building's checks (missing: none)."""
    worst_first = checks.sort_values("rank", kind="stable")

    def of(column: str) -> pd.DataFrame:
        worst = worst_first.dropna(subset=[column]).drop_duplicates(column).set_index(column)
        return worst[["rank", "check_id"]].reindex(homes[column]).set_axis(homes.index)

    own, shared = of("home_id"), of("building_id")
    takes_own = own["rank"].notna() & ~(shared["rank"] < own["rank"])
    return own["rank"].where(takes_own, shared["rank"]), own["check_id"].where(takes_own, shared["check_id"])


def _served(homes: pd.DataFrame, rows: pd.DataFrame) -> pd.Series:
    """Return which homes are named by `rows`, by themselves or by their building."""
    by_building = homes["building_id"].notna() & homes["building_id"].isin(rows["building_id"].dropna())
    return homes["home_id"].isin(rows["home_id"].dropna()) | by_building
