"""safety_checks: one row per check that is required in a home or in a building."""

from __future__ import annotations

import pandas as pd

from schemas.tables import masks
from schemas.tables.model import BS, Column, Context, Effect, Grade, Kind, Rule, Table

PROGRAMMES = ("gas", "fire", "asbestos", "water", "lift")

# A certificate may be renewed up to two months early and keep its anniversary.
_EARLY_RENEWAL_MONTHS = 2


def _no_place(frame: pd.DataFrame, context: Context) -> pd.Series:
    return frame["home_id"].isna() & frame["building_id"].isna()


def _two_places(frame: pd.DataFrame, context: Context) -> pd.Series:
    return frame["home_id"].notna() & frame["building_id"].notna()


def _unknown_home(frame: pd.DataFrame, context: Context) -> pd.Series:
    return masks.dangles(frame, context, "home_id") & frame["building_id"].isna()


def _unknown_building(frame: pd.DataFrame, context: Context) -> pd.Series:
    return masks.dangles(frame, context, "building_id") & frame["home_id"].isna()


def _expires_before_done(checks: pd.DataFrame, context: Context) -> pd.Series:
    return checks["valid_until"] < checks["completed_on"]


def _intervals(context: Context) -> dict[str, int]:
    programmes = context.edition.safety_programmes
    return {key: p.interval_months for key, p in programmes.items() if p.interval_months is not None}


def _no_expiry(checks: pd.DataFrame, context: Context) -> pd.Series:
    without = checks["programme"].notna() & ~checks["programme"].isin(list(_intervals(context)))
    return without & checks["completed_on"].notna() & checks["valid_until"].isna()


def _expiry_without_check(checks: pd.DataFrame, context: Context) -> pd.Series:
    return checks["valid_until"].notna() & checks["completed_on"].isna()


def _too_long(checks: pd.DataFrame, context: Context) -> pd.Series:
    too_long = masks.nobody(checks)
    for programme, months in _intervals(context).items():
        latest = checks["completed_on"] + pd.DateOffset(months=months + _EARLY_RENEWAL_MONTHS)
        too_long |= (checks["programme"] == programme) & (checks["valid_until"] > latest)
    return too_long


def _after_year_end(checks: pd.DataFrame, context: Context) -> pd.Series:
    return checks["completed_on"] > pd.Timestamp(context.edition.end)


def place_rules(prefix: str, what: str, touches: tuple[str, ...]) -> tuple[Rule, ...]:
    """The rules that a check or an exclusion stands for exactly one home or building, and that it exists."""
    return (
        Rule(
            id=f"{prefix}-501",
            grade=Grade.CONFIRM,
            title="Neither a home nor a building",
            message=f"The {what} names neither a home_id nor a building_id, so it cannot be placed.",
            remedy="Give exactly one of home_id and building_id.",
            effect=Effect.ROW_REJECTED,
            columns=("home_id", "building_id"),
            touches=touches,
            mask=_no_place,
        ),
        Rule(
            id=f"{prefix}-502",
            grade=Grade.CONFIRM,
            title="Both a home and a building",
            message=(
                f"The {what} names home {{home_id}} and building {{building_id}}; it must stand for one of "
                "them."
            ),
            remedy="Keep home_id for one inside the home, building_id for one of its shared parts.",
            effect=Effect.ROW_REJECTED,
            columns=("home_id", "building_id"),
            touches=touches,
            mask=_two_places,
        ),
        Rule(
            id=f"{prefix}-503",
            grade=Grade.CONFIRM,
            title="Home not in the homes table",
            message="home_id {home_id} is not in the homes table, so the row is not counted.",
            remedy="Correct home_id, or add the home to the homes table.",
            effect=Effect.ROW_REJECTED,
            columns=("home_id",),
            touches=touches,
            mask=_unknown_home,
        ),
        Rule(
            id=f"{prefix}-504",
            grade=Grade.CONFIRM,
            title="Building of no home",
            message="building_id {building_id} is on no row of the homes table, so the row is not counted.",
            remedy="Correct building_id, or give it to the building's homes in the homes table.",
            effect=Effect.ROW_REJECTED,
            columns=("building_id",),
            touches=touches,
            mask=_unknown_building,
        ),
    )


def _cross(number: int, title: str, message: str, remedy: str) -> Rule:
    return Rule(
        id=f"CHK-{number}",
        grade=Grade.CONFIRM,
        title=title,
        message=message,
        remedy=remedy,
        effect=Effect.KEPT,
        columns=("home_id",),
        touches=BS,
        level="cross",
    )


SAFETY_CHECKS = Table(
    name="safety_checks",
    prefix="CHK",
    description=(
        "One row per gas, fire, asbestos, water or lift check that is required in a home or a building."
    ),
    key=("check_id",),
    touches=BS,
    columns=(
        Column(
            "check_id", Kind.TEXT, 1, "The landlord's own reference of the required check.", required=True
        ),
        Column(
            "programme",
            Kind.CHOICE,
            2,
            "The safety programme: gas (BS01), fire (BS02), asbestos (BS03), water (BS04), lift (BS05).",
            required=True,
            vocabulary=PROGRAMMES,
        ),
        Column("home_id", Kind.TEXT, 3, "The home, for a check inside it."),
        Column("building_id", Kind.TEXT, 4, "The building, for a check of its shared parts."),
        Column("completed_on", Kind.DATE, 5, "Day of the last check; blank = never done."),
        Column(
            "valid_until",
            Kind.DATE,
            6,
            "Last day in date; blank = by the programme's interval (gas 12 months, lift 6 months).",
            forward=True,
        ),
    ),
    own_rules=(
        *place_rules("CHK", "check", BS),
        Rule(
            id="CHK-505",
            grade=Grade.CONFIRM,
            title="In date until a day before it was done",
            message="valid_until {valid_until} is before completed_on {completed_on}.",
            remedy="Correct completed_on or valid_until.",
            effect=Effect.KEPT,
            columns=("valid_until", "completed_on"),
            mask=_expires_before_done,
        ),
        Rule(
            id="CHK-506",
            grade=Grade.CONFIRM,
            title="No last day in date",
            message=(
                "valid_until is blank, and the {programme} programme has no fixed interval to reckon it by."
            ),
            remedy="Give valid_until from the certificate, survey or assessment.",
            effect=Effect.KEPT,
            columns=("valid_until", "programme", "completed_on"),
            mask=_no_expiry,
        ),
        Rule(
            id="CHK-507",
            grade=Grade.CONFIRM,
            title="In date but never done",
            message="valid_until is {valid_until} but completed_on is blank; the check counts as never done.",
            remedy="Give completed_on, or remove valid_until.",
            effect=Effect.KEPT,
            columns=("completed_on", "valid_until"),
            mask=_expiry_without_check,
        ),
        Rule(
            id="CHK-508",
            grade=Grade.CONFIRM,
            title="In date for longer than the programme allows",
            message="valid_until {valid_until} is later than a {programme} check of {completed_on} can last.",
            remedy="Correct valid_until, or completed_on.",
            effect=Effect.KEPT,
            columns=("valid_until", "completed_on", "programme"),
            mask=_too_long,
        ),
        Rule(
            id="CHK-509",
            grade=Grade.NOTE,
            title="Done after the year end",
            message=(
                "completed_on {completed_on} is after the year end, so the home does not meet the measure "
                "by it."
            ),
            remedy="Nothing need be done, unless an earlier check should stand here.",
            effect=Effect.KEPT,
            columns=("completed_on",),
            mask=_after_year_end,
        ),
        _cross(
            801,
            "Home with neither a check nor an exclusion",
            (
                "Home {home_id} has neither a {programme} check nor an exclusion, itself or through its "
                "building."
            ),
            "Add the check that is required, or a row in safety_exclusions with the reason why none is.",
        ),
        _cross(
            802,
            "Home with both a check and an exclusion",
            "Home {home_id} has a {programme} check and an exclusion too; the check counts.",
            "Remove the exclusion if a check is required, else the check.",
        ),
        _cross(
            803,
            "No record at all of a programme",
            "There is no {programme} check and no {programme} exclusion, so no home is in that measure.",
            "Add the programme's checks, or one exclusion for every home or building with the reason.",
        ),
    ),
)
