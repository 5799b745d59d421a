"""asb_cases: anti-social behaviour cases opened by or on behalf of the landlord."""

from __future__ import annotations

import pandas as pd

from schemas.tables import masks
from schemas.tables.model import NM, Column, Context, Effect, Grade, Kind, Rule, Table


def _closed_before_opened(cases: pd.DataFrame, context: Context) -> pd.Series:
    return cases["closed_on"] < cases["opened_on"]


def _unknown_home(cases: pd.DataFrame, context: Context) -> pd.Series:
    return masks.dangles(cases, context, "home_id")


def _nowhere(cases: pd.DataFrame, context: Context) -> pd.Series:
    return cases["home_id"].isna() & cases["tenure"].isna()


def _tenure_differs(cases: pd.DataFrame, context: Context) -> pd.Series:
    return masks.tenure_differs(cases, context)


ASB_CASES = Table(
    name="asb_cases",
    prefix="ASB",
    description="Anti-social behaviour cases, by the day they were opened, hate incidents marked.",
    key=("case_id",),
    touches=NM,
    columns=(
        Column("case_id", Kind.TEXT, 1, "The landlord's own reference of the case.", required=True),
        Column("home_id", Kind.TEXT, 2, "The home the report came from."),
        Column("tenure", Kind.CHOICE, 3, "Where no home is given.", vocabulary=("LCRA", "LCHO", "other")),
        Column("opened_on", Kind.DATE, 4, "Day the case was opened.", required=True),
        Column("closed_on", Kind.DATE, 5, "Day the case was closed.", bad_grade=Grade.NOTE, touches=()),
        Column(
            "hate_incident",
            Kind.FLAG,
            6,
            "yes where the victim or anyone else perceived it as a hate incident.",
            required=True,
        ),
    ),
    own_rules=(
        Rule(
            id="ASB-501",
            grade=Grade.NOTE,
            title="Closed before it was opened",
            message="closed_on {closed_on} is before opened_on {opened_on}; closed_on is ignored.",
            remedy="Correct opened_on or closed_on.",
            effect=Effect.VALUE_IGNORED,
            columns=("closed_on", "opened_on"),
            mask=_closed_before_opened,
        ),
        Rule(
            id="ASB-502",
            grade=Grade.CONFIRM,
            title="Home not in the homes table",
            message=(
                "home_id {home_id} is not in the homes table; the tenure on the row is used, or the case "
                "counts as one without a home."
            ),
            remedy="Correct home_id, or add the home to the homes table.",
            effect=Effect.VALUE_IGNORED,
            columns=("home_id",),
            mask=_unknown_home,
        ),
        Rule(
            id="ASB-503",
            grade=Grade.NOTE,
            title="Neither home nor tenure",
            message=(
                "The case names neither home_id nor tenure; the setting asb_without_home says whether it "
                "counts."
            ),
            remedy="Give home_id, or tenure, where it is known.",
            effect=Effect.KEPT,
            columns=("home_id", "tenure"),
            mask=_nowhere,
        ),
        Rule(
            id="ASB-504",
            grade=Grade.NOTE,
            title="Tenure differs from the home's",
            message="tenure is {tenure}, which differs from that of home {home_id}; the home's is used.",
            remedy="Nothing need be done, unless the home's tenure is wrong in the homes table.",
            effect=Effect.KEPT,
            columns=("tenure", "home_id"),
            mask=_tenure_differs,
        ),
        Rule(
            id="ASB-903",
            grade=Grade.STOP,
            title="Wrong year",
            message="Not one case in the file was opened in the reporting year.",
            remedy="Put this year's cases in the folder.",
            effect=Effect.TABLE_REFUSED,
            columns=("opened_on",),
            mask=masks.none_in_year("opened_on"),
            level="table",
        ),
    ),
)
