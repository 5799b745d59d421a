"""complaints: one row per complaint per stage of the Complaint Handling Code."""

from __future__ import annotations

import pandas as pd

from schemas.tables import masks
from schemas.tables.model import CH, Column, Context, Effect, Grade, Kind, Rule, Table

_ANSWERED = ("CH02_1", "CH02_2")


def _earlier_than_received(column: str, frame: pd.DataFrame) -> pd.Series:
    return frame[column] < frame["received_on"]


def _acknowledged_early(complaints: pd.DataFrame, context: Context) -> pd.Series:
    return _earlier_than_received("acknowledged_on", complaints)


def _responded_early(complaints: pd.DataFrame, context: Context) -> pd.Series:
    return _earlier_than_received("responded_on", complaints)


def _extended_early(complaints: pd.DataFrame, context: Context) -> pd.Series:
    return _earlier_than_received("extended_until", complaints)


def _responded_before_acknowledged(complaints: pd.DataFrame, context: Context) -> pd.Series:
    answered = complaints["responded_on"] < complaints["acknowledged_on"]
    return answered & (complaints["responded_on"] >= complaints["received_on"])


def _unknown_home(complaints: pd.DataFrame, context: Context) -> pd.Series:
    return masks.dangles(complaints, context, "home_id") & complaints["tenure"].notna()


def _nowhere(complaints: pd.DataFrame, context: Context) -> pd.Series:
    return ~masks.resolves(complaints, context, "home_id") & complaints["tenure"].isna()


def _tenure_differs(complaints: pd.DataFrame, context: Context) -> pd.Series:
    return masks.tenure_differs(complaints, context)


def _closed_unanswered(complaints: pd.DataFrame, context: Context) -> pd.Series:
    return (complaints["status"] == "closed") & complaints["responded_on"].isna()


def _unanswered(complaints: pd.DataFrame, context: Context) -> pd.Series:
    open_still = complaints["status"].isna() | (complaints["status"] == "open")
    in_year = masks.in_year(complaints["received_on"], context)
    return open_still & complaints["responded_on"].isna() & in_year


def _withdrawn_undated(complaints: pd.DataFrame, context: Context) -> pd.Series:
    return (complaints["status"] == "withdrawn") & complaints["responded_on"].isna()


def _stage_two_first(complaints: pd.DataFrame, context: Context) -> pd.Series:
    stage_one = complaints[complaints["stage"] == 1].drop_duplicates("complaint_id")
    first = masks.look_up(complaints["complaint_id"], stage_one.set_index("complaint_id")["received_on"])
    return (complaints["stage"] == 2) & (complaints["received_on"] < first)


COMPLAINTS = Table(
    name="complaints",
    prefix="CMP",
    description="Complaints as the Complaint Handling Code defines them, one row per complaint per stage.",
    key=("complaint_id", "stage"),
    touches=CH,
    columns=(
        Column(
            "complaint_id", Kind.TEXT, 1, "The landlord's own reference; unique with stage.", required=True
        ),
        Column("stage", Kind.STAGE, 2, "1 or 2.", required=True, vocabulary=("1", "2")),
        Column("home_id", Kind.TEXT, 3, "The complainant's home."),
        Column("tenure", Kind.CHOICE, 4, "Where no home is given.", vocabulary=("LCRA", "LCHO", "other")),
        Column(
            "received_on",
            Kind.DATE,
            5,
            "Day received; at stage two, the day the request to escalate was received.",
            required=True,
        ),
        Column("acknowledged_on", Kind.DATE, 6, "Day acknowledged.", touches=_ANSWERED),
        Column(
            "responded_on", Kind.DATE, 7, "Day of the full response; blank = none yet.", touches=_ANSWERED
        ),
        Column(
            "extended_until",
            Kind.DATE,
            8,
            "New last day told to the resident; blank = no extension.",
            forward=True,
            touches=_ANSWERED,
        ),
        Column(
            "status",
            Kind.CHOICE,
            9,
            "Where the complaint stands; refused ones are not complaints under the Code.",
            vocabulary=("open", "closed", "withdrawn", "refused"),
        ),
    ),
    own_rules=(
        Rule(
            id="CMP-501",
            grade=Grade.CONFIRM,
            title="Acknowledged before it was received",
            message=(
                "acknowledged_on {acknowledged_on} is before received_on {received_on}; the "
                "acknowledgement is ignored."
            ),
            remedy="Correct received_on or acknowledged_on.",
            effect=Effect.VALUE_IGNORED,
            columns=("acknowledged_on", "received_on"),
            touches=_ANSWERED,
            mask=_acknowledged_early,
        ),
        Rule(
            id="CMP-502",
            grade=Grade.CONFIRM,
            title="Answered before it was received",
            message=(
                "responded_on {responded_on} is before received_on {received_on}; the complaint counts as "
                "not answered."
            ),
            remedy="Correct received_on or responded_on.",
            effect=Effect.VALUE_IGNORED,
            columns=("responded_on", "received_on"),
            touches=_ANSWERED,
            mask=_responded_early,
        ),
        Rule(
            id="CMP-503",
            grade=Grade.CONFIRM,
            title="Extended to a day before it was received",
            message=(
                "extended_until {extended_until} is before received_on {received_on}; the extension is "
                "ignored."
            ),
            remedy="Correct extended_until, or leave it blank where there was no extension.",
            effect=Effect.VALUE_IGNORED,
            columns=("extended_until", "received_on"),
            touches=_ANSWERED,
            mask=_extended_early,
        ),
        Rule(
            id="CMP-504",
            grade=Grade.CONFIRM,
            title="Answered before it was acknowledged",
            message="responded_on {responded_on} is before acknowledged_on {acknowledged_on}.",
            remedy="Correct acknowledged_on or responded_on.",
            effect=Effect.KEPT,
            columns=("responded_on", "acknowledged_on"),
            touches=_ANSWERED,
            mask=_responded_before_acknowledged,
        ),
        Rule(
            id="CMP-505",
            grade=Grade.CONFIRM,
            title="Home not in the homes table",
            message="home_id {home_id} is not in the homes table; the tenure on the row is used instead.",
            remedy="Correct home_id, or add the home to the homes table.",
            effect=Effect.VALUE_IGNORED,
            columns=("home_id",),
            mask=_unknown_home,
        ),
        Rule(
            id="CMP-506",
            grade=Grade.CONFIRM,
            title="Complaint that cannot be placed",
            message=(
                "home_id “{home_id}” leads to no home and tenure is blank, so the complaint is not counted."
            ),
            remedy="Correct home_id, or give the tenure.",
            effect=Effect.ROW_REJECTED,
            columns=("home_id", "tenure"),
            mask=_nowhere,
        ),
        Rule(
            id="CMP-507",
            grade=Grade.NOTE,
            title="Tenure differs from the home's",
            message="tenure is {tenure}, which differs from that of home {home_id}; the home's is used.",
            remedy="Nothing need be done, unless the home's tenure is wrong in the homes table.",
            effect=Effect.KEPT,
            columns=("tenure", "home_id"),
            mask=_tenure_differs,
        ),
        Rule(
            id="CMP-508",
            grade=Grade.CONFIRM,
            title="Closed without an answer",
            message="status is closed but responded_on is blank; the complaint counts as not answered.",
            remedy="Give responded_on, or set status to withdrawn or refused if that is what happened.",
            effect=Effect.KEPT,
            columns=("responded_on", "status"),
            touches=_ANSWERED,
            mask=_closed_unanswered,
        ),
        Rule(
            id="CMP-509",
            grade=Grade.NOTE,
            title="Open and not answered",
            message=(
                "The complaint of {received_on} has no responded_on; as it stands it counts as not "
                "answered in time."
            ),
            remedy="Add responded_on once the complaint is answered, up to the day of the return.",
            effect=Effect.KEPT,
            columns=("responded_on", "received_on", "status"),
            touches=_ANSWERED,
            mask=_unanswered,
        ),
        Rule(
            id="CMP-510",
            grade=Grade.CONFIRM,
            title="Withdrawn on an unknown day",
            message=(
                "status is withdrawn but responded_on is blank, so whether it ended in time cannot be told."
            ),
            remedy="Give the day of the withdrawal in responded_on.",
            effect=Effect.KEPT,
            columns=("responded_on", "status"),
            touches=_ANSWERED,
            mask=_withdrawn_undated,
        ),
        Rule(
            id="CMP-511",
            grade=Grade.CONFIRM,
            title="Stage two before stage one",
            message="The stage two request of {received_on} is before the same complaint's stage one.",
            remedy="Correct received_on or stage.",
            effect=Effect.KEPT,
            columns=("received_on", "stage", "complaint_id"),
            mask=_stage_two_first,
        ),
        Rule(
            id="CMP-903",
            grade=Grade.STOP,
            title="Wrong year",
            message="Not one complaint in the file was received in the reporting year.",
            remedy="Put this year's complaints in the folder.",
            effect=Effect.TABLE_REFUSED,
            columns=("received_on",),
            mask=masks.none_in_year("received_on"),
            level="table",
        ),
    ),
)
