"""homes: every dwelling unit that the landlord owned at any time in the year."""

from __future__ import annotations

import pandas as pd

from schemas.tables import masks
from schemas.tables.model import BS, CH, NM, RP02, Column, Context, Effect, Grade, Kind, Rule, Table

# Words for what is neither low cost rental nor low cost home ownership.
_SOLD = r"leasehold|freehold|(?<!intermediate )market rent|outright sale|\bgarage|commercial|\bshop\b"

_TOUCHES = (*CH, *NM, "RP01", *RP02, *BS)


def _sold_before_bought(homes: pd.DataFrame, context: Context) -> pd.Series:
    return homes["owned_to"] < homes["owned_from"]


def _unassessed(homes: pd.DataFrame, context: Context) -> pd.Series:
    if "decent_homes" in context.absent:  # HOM-801 says so once
        return masks.nobody(homes)
    unknown = homes["decent_homes"].isna() | (homes["decent_homes"] == "not_assessed")
    return unknown & (homes["tenure"] == "LCRA") & masks.is_relevant_stock(homes, context)


def _unusual_country(homes: pd.DataFrame, context: Context) -> pd.Series:
    nations = ("england", "wales", "scotland", "northern ireland")
    return homes["country"].notna() & ~homes["country"].str.lower().isin(nations)


def _none_owned(homes: pd.DataFrame, context: Context) -> pd.Series:
    if masks.owned_at_year_end(homes, context).any():
        return masks.nobody(homes)
    return masks.everybody(homes)


def _uprn_again(homes: pd.DataFrame, context: Context) -> pd.Series:
    counted = homes["uprn"].where(masks.is_relevant_stock(homes, context))
    return counted.notna() & counted.duplicated(keep="first")


def _not_rented(homes: pd.DataFrame, context: Context) -> pd.Series:
    words = homes["stock_type"].str.lower().str.replace("[^a-z]+", " ", regex=True)
    sold = words.str.contains(_SOLD, regex=True, na=False)
    owned_in_part = words.str.contains("shared owner|part rent|part buy", regex=True, na=False)
    wrong = (homes["tenure"].isin(("LCRA", "LCHO")) & sold) | ((homes["tenure"] == "LCRA") & owned_in_part)
    return wrong & masks.is_relevant_stock(homes, context)


HOMES = Table(
    name="homes",
    prefix="HOM",
    description="Every dwelling unit that the landlord owned at any time in the reporting year.",
    key=("home_id",),
    touches=_TOUCHES,
    keeps_characteristics=True,
    # Tenure, ownership and safety all hang on which of two different homes bears the id: no guessing.
    conflict_grade=Grade.STOP,
    columns=(
        Column("home_id", Kind.TEXT, 1, "The landlord's own reference of the dwelling unit.", required=True),
        Column(
            "tenure",
            Kind.CHOICE,
            2,
            "LCRA (low cost rental), LCHO (low cost home ownership), or other (outside the measures).",
            required=True,
            vocabulary=("LCRA", "LCHO", "other"),
        ),
        Column(
            "stock_type",
            Kind.TEXT,
            3,
            "Such as general_needs, supported, older_people, intermediate_rent, temporary, shared_ownership.",
        ),
        Column("building_id", Kind.TEXT, 4, "The building or block that the home is part of."),
        Column(
            "uprn",
            Kind.TEXT,
            5,
            "Unique property reference number, up to 12 digits.",
            pattern=r"[0-9]{1,12}",
            expected="a UPRN of up to 12 digits",
            bad_grade=Grade.NOTE,
            touches=(),
        ),
        Column("owned_from", Kind.DATE, 6, "First day owned; blank = since before the year.", any_past=True),
        Column("owned_to", Kind.DATE, 7, "Last day owned; blank = still owned.", any_future=True),
        Column("country", Kind.TEXT, 8, "Blank = England; anything else is outside the measures."),
        Column(
            "la_code",
            Kind.TEXT,
            9,
            "ONS nine-character code of the local authority.",
            pattern=r"[EWSN][0-9]{8}",
            expected="an ONS code such as E08000035",
            bad_grade=Grade.NOTE,
            touches=(),
        ),
        Column(
            "decent_homes",
            Kind.CHOICE,
            10,
            "Whether the home meets the Decent Homes Standard at year end.",
            vocabulary=("meets", "fails", "exempt", "not_assessed"),
            touches=("RP01",),
        ),
    ),
    own_rules=(
        Rule(
            id="HOM-501",
            grade=Grade.CONFIRM,
            title="Owned until a day before it was owned from",
            message=(
                "owned_to {owned_to} is before owned_from {owned_from}; the home is not counted as owned "
                "at year end."
            ),
            remedy="Correct owned_from or owned_to.",
            effect=Effect.KEPT,
            columns=("owned_to", "owned_from"),
            mask=_sold_before_bought,
        ),
        Rule(
            id="HOM-502",
            grade=Grade.CONFIRM,
            title="Country is not one of the United Kingdom's",
            message="country is “{country}”, so the home is left out of every measure as outside England.",
            remedy="Write England or leave country blank if the home is in England.",
            effect=Effect.KEPT,
            columns=("country",),
            mask=_unusual_country,
        ),
        Rule(
            id="HOM-503",
            grade=Grade.CONFIRM,
            title="Decent Homes status not known",
            message=(
                "decent_homes is “{decent_homes}” for an LCRA home owned at year end; the setting "
                "unassessed_homes says how it counts."
            ),
            remedy="Give meets, fails or exempt, from the stock condition survey or its extrapolation.",
            effect=Effect.KEPT,
            columns=("decent_homes",),
            touches=("RP01",),
            mask=_unassessed,
        ),
        Rule(
            id="HOM-801",
            grade=Grade.STOP,
            title="No home has a Decent Homes status",
            message=(
                "None of the {count} LCRA homes owned at year end is said to meet, fail or be outside the "
                "Decent Homes Standard, so RP01 cannot be known (it would read 0%)."
            ),
            remedy="Add the column decent_homes with meets, fails, exempt or not_assessed.",
            effect=Effect.KEPT,
            columns=("decent_homes",),
            touches=("RP01",),
            level="cross",
        ),
        Rule(
            id="HOM-505",
            grade=Grade.CONFIRM,
            title="UPRN of another home",
            message="uprn {uprn} stands on an earlier home too, so one home may be counted twice.",
            remedy="Correct the uprn, or remove the home that is listed twice.",
            effect=Effect.KEPT,
            columns=("uprn",),
            mask=_uprn_again,
        ),
        Rule(
            id="HOM-507",
            grade=Grade.CONFIRM,
            title="Stock type does not fit the tenure",
            message="tenure is {tenure}, but stock_type is “{stock_type}”; the tenure decides how it counts.",
            remedy="Set tenure to LCHO for shared ownership, to other for leasehold or market rent.",
            effect=Effect.KEPT,
            columns=("tenure", "stock_type"),
            mask=_not_rented,
        ),
        Rule(
            id="HOM-506",
            grade=Grade.STOP,
            title="No home owned at year end",
            message="Not one home in the file was owned on the last day of the reporting year.",
            remedy=(
                "Check that this is the homes file of this reporting year, and its owned_from and owned_to."
            ),
            effect=Effect.TABLE_REFUSED,
            columns=("owned_from", "owned_to"),
            mask=_none_owned,
            level="table",
        ),
    ),
)
