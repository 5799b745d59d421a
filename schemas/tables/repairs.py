"""repairs: the job log, of which RP02 takes responsive repairs completed in the year."""

from __future__ import annotations

import pandas as pd

from schemas.tables import masks
from schemas.tables.model import RP02, Column, Context, Effect, Grade, Kind, Rule, Table

_LONGEST_TARGET = pd.Timedelta(days=1000)  # as in year.yaml; what lies further off is a slip of the year


def _unknown_home(repairs: pd.DataFrame, context: Context) -> pd.Series:
    placed = masks.resolves(repairs, context, "building_id") | repairs["tenure"].notna()
    return masks.dangles(repairs, context, "home_id") & placed


def _unknown_building(repairs: pd.DataFrame, context: Context) -> pd.Series:
    placed = masks.resolves(repairs, context, "home_id") | repairs["tenure"].notna()
    return masks.dangles(repairs, context, "building_id") & placed


def _nowhere(repairs: pd.DataFrame, context: Context) -> pd.Series:
    placed = masks.resolves(repairs, context, "home_id") | masks.resolves(repairs, context, "building_id")
    return ~placed & repairs["tenure"].isna()


def _tenure_differs(repairs: pd.DataFrame, context: Context) -> pd.Series:
    return masks.tenure_differs(repairs, context)


def _completed_before_reported(repairs: pd.DataFrame, context: Context) -> pd.Series:
    return masks.before(repairs["completed_at"], repairs["reported_at"])


def _target_before_reported(repairs: pd.DataFrame, context: Context) -> pd.Series:
    return repairs["target_at"] < repairs["reported_at"]


def _target_far_off(repairs: pd.DataFrame, context: Context) -> pd.Series:
    return repairs["target_at"] > repairs["reported_at"] + _LONGEST_TARGET


def _completed_undated(repairs: pd.DataFrame, context: Context) -> pd.Series:
    return (repairs["status"] == "completed") & repairs["completed_at"].isna()


def _open_but_completed(repairs: pd.DataFrame, context: Context) -> pd.Series:
    return (repairs["status"] == "open") & repairs["completed_at"].notna()


def _bare_dates(repairs: pd.DataFrame, context: Context) -> pd.Series:
    bare = masks.is_midnight(repairs["reported_at"]) | masks.is_midnight(repairs["completed_at"])
    return bare & (repairs["priority"] == "emergency") & (repairs["status"] == "completed")


REPAIRS = Table(
    name="repairs",
    prefix="REP",
    description="Every repair job raised or completed in the year, in homes and communal parts.",
    key=("repair_id",),
    touches=RP02,
    columns=(
        Column("repair_id", Kind.TEXT, 1, "The landlord's own reference of the job.", required=True),
        Column("home_id", Kind.TEXT, 2, "The home repaired."),
        Column("building_id", Kind.TEXT, 3, "The building, for a repair of its communal parts."),
        Column(
            "tenure",
            Kind.CHOICE,
            4,
            "Only where neither home nor building says it.",
            vocabulary=("LCRA", "LCHO", "other"),
        ),
        Column(
            "priority",
            Kind.CHOICE,
            5,
            "emergency or non_emergency, as the landlord's policy defines them.",
            required=True,
            vocabulary=("emergency", "non_emergency"),
        ),
        Column(
            "work_type",
            Kind.CHOICE,
            6,
            "Blank = responsive; only responsive repairs are measured.",
            vocabulary=("responsive", "void", "planned", "cyclical"),
        ),
        Column("reported_at", Kind.DATETIME, 7, "When the repair was reported.", required=True),
        Column(
            "target_at",
            Kind.DATETIME,
            8,
            "The job's own target (a date runs to its end); blank = the year's target for its priority.",
            forward=True,
            to_the_end_of_day=True,
        ),
        Column(
            "completed_at",
            Kind.DATETIME,
            9,
            "When the repair was completed; blank = not completed.",
            bad_effect=Effect.ROW_REJECTED,
        ),
        Column(
            "status",
            Kind.CHOICE,
            10,
            "Where the job stands.",
            required=True,
            vocabulary=("completed", "open", "cancelled", "reclassified"),
        ),
    ),
    own_rules=(
        Rule(
            id="REP-501",
            grade=Grade.CONFIRM,
            title="Completed before it was reported",
            message="completed_at {completed_at} is before reported_at {reported_at}.",
            remedy="Correct reported_at or completed_at.",
            effect=Effect.ROW_REJECTED,
            columns=("completed_at", "reported_at"),
            mask=_completed_before_reported,
        ),
        Rule(
            id="REP-502",
            grade=Grade.CONFIRM,
            title="Target before it was reported",
            message=(
                "target_at {target_at} is before reported_at {reported_at}; the year's target is used "
                "instead."
            ),
            remedy="Correct target_at, or leave it blank.",
            effect=Effect.VALUE_IGNORED,
            columns=("target_at", "reported_at"),
            mask=_target_before_reported,
        ),
        Rule(
            id="REP-503",
            grade=Grade.CONFIRM,
            title="Completed without a date",
            message="status is completed but completed_at is blank, so the job cannot be placed in a year.",
            remedy="Give completed_at, or correct status.",
            effect=Effect.ROW_REJECTED,
            columns=("completed_at", "status"),
            mask=_completed_undated,
        ),
        Rule(
            id="REP-504",
            grade=Grade.CONFIRM,
            title="Open but completed",
            message="status is open but completed_at is {completed_at}; the job is counted as not completed.",
            remedy="Set status to completed, or leave completed_at blank.",
            effect=Effect.KEPT,
            columns=("status", "completed_at"),
            mask=_open_but_completed,
        ),
        Rule(
            id="REP-505",
            grade=Grade.CONFIRM,
            title="Home not in the homes table",
            message=(
                "home_id {home_id} is not in the homes table; the building or tenure on the row is used "
                "instead."
            ),
            remedy="Correct home_id, or add the home to the homes table.",
            effect=Effect.VALUE_IGNORED,
            columns=("home_id",),
            mask=_unknown_home,
        ),
        Rule(
            id="REP-506",
            grade=Grade.CONFIRM,
            title="Building of no home",
            message=(
                "building_id {building_id} is on no row of the homes table; the home or tenure on the row "
                "is used instead."
            ),
            remedy="Correct building_id, or give it to the building's homes in the homes table.",
            effect=Effect.VALUE_IGNORED,
            columns=("building_id",),
            mask=_unknown_building,
        ),
        Rule(
            id="REP-507",
            grade=Grade.CONFIRM,
            title="Repair that cannot be placed",
            message=(
                "home_id “{home_id}” and building_id “{building_id}” lead to no home, and tenure is blank, "
                "so the repair is not counted."
            ),
            remedy="Correct home_id or building_id, or give the tenure.",
            effect=Effect.ROW_REJECTED,
            columns=("home_id", "building_id", "tenure"),
            mask=_nowhere,
        ),
        Rule(
            id="REP-508",
            grade=Grade.NOTE,
            title="Tenure differs from the home's",
            message="tenure is {tenure}, which differs from that of home {home_id}; the home's is used.",
            remedy="Nothing need be done, unless the home's tenure is wrong in the homes table.",
            effect=Effect.KEPT,
            columns=("tenure", "home_id"),
            mask=_tenure_differs,
        ),
        Rule(
            id="REP-509",
            grade=Grade.NOTE,
            title="Emergency repair without times of day",
            message=(
                "reported_at {reported_at} and completed_at {completed_at} do not both carry a time, so "
                "hours cannot be measured."
            ),
            remedy="Export date and time, such as 2025-03-31T14:05, for emergency repairs.",
            effect=Effect.KEPT,
            columns=("reported_at", "completed_at", "priority"),
            touches=("RP02_2",),
            mask=_bare_dates,
        ),
        Rule(
            id="REP-510",
            grade=Grade.CONFIRM,
            title="Target years after it was reported",
            message=(
                "target_at {target_at} is more than 1,000 days after reported_at {reported_at}; the year's "
                "target is used instead."
            ),
            remedy="Correct target_at, or leave it blank.",
            effect=Effect.VALUE_IGNORED,
            columns=("target_at", "reported_at"),
            mask=_target_far_off,
        ),
        Rule(
            id="REP-801",
            grade=Grade.STOP,
            title="Repairs without any target",
            message=(
                "{count} completed responsive repairs of priority {priority} have no target_at, and "
                "year.yaml states no target for it: none of them can be shown to be in time."
            ),
            remedy="State the target under repairs in year.yaml, or give target_at for each of them.",
            effect=Effect.KEPT,
            columns=("target_at", "priority"),
            level="cross",
        ),
        Rule(
            id="REP-903",
            grade=Grade.STOP,
            title="Wrong year",
            message="Not one repair in the file was reported or completed in the reporting year.",
            remedy="Put this year's repairs in the folder.",
            effect=Effect.TABLE_REFUSED,
            columns=("completed_at", "reported_at"),
            mask=masks.none_in_year("reported_at", "completed_at"),
            level="table",
        ),
    ),
)
