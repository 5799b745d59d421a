"""survey_responses: the tenant perception survey in the manner of STAR, one row a response.

TP01 to TP12 are closed to the wording that the rulebook prescribes; STAR's further questions are optional
columns on their own scales and never enter a measure.
"""

from __future__ import annotations

import pandas as pd

from schemas.tables import masks
from schemas.tables.model import TP, Column, Context, Effect, Grade, Kind, Mask, Rule, Table

STAR_QUESTIONS = ("quality_of_home", "rent_value", "service_charge_value", "easy_to_deal_with", "trust")

# Which filter question goes before which questions (the rulebook's `filter` of each measure).
_FILTERED = {"TP02": "had_repair", "TP03": "had_repair", "TP09": "made_complaint", "TP10": "communal_areas"}
_NADK_NOT_OFFERED = ("TP01", "TP02", "TP03", "TP04", "TP09", "TP10")
# Short rows may agree by chance; files whose rows stand for weights have far more copies than this.
_ENOUGH_CELLS = 8
_COPIED_SHARE = 0.02
_LCRA_ONLY = ("TP02", "TP03", "TP04")


def _answered_though_no(question: str, filter_question: str) -> Mask:
    def mask(responses: pd.DataFrame, context: Context) -> pd.Series:
        answered = responses[question].notna() & (responses[question] != "NADK")
        return answered & (responses[filter_question] == False)  # noqa: E712 (a missing filter is not a no)

    return mask


def _nadk_not_offered(question: str) -> Mask:
    def mask(responses: pd.DataFrame, context: Context) -> pd.Series:
        if context.edition.measure(question).nadk_offered:
            return masks.nobody(responses)
        return responses[question] == "NADK"

    return mask


def _lcho_asked(question: str) -> Mask:
    def mask(responses: pd.DataFrame, context: Context) -> pd.Series:
        return (responses["tenure"] == "LCHO") & responses[question].notna()

    return mask


def _outside_year(responses: pd.DataFrame, context: Context) -> pd.Series:
    return responses["completed_on"].notna() & ~masks.in_year(responses["completed_on"], context)


def _nothing_answered(responses: pd.DataFrame, context: Context) -> pd.Series:
    return responses[list(TP)].isna().all(axis=1)


def _weight_missing(responses: pd.DataFrame, context: Context) -> pd.Series:
    weighted = responses.loc[responses["weight"].notna(), "tenure"].unique()
    return responses["weight"].isna() & responses["tenure"].isin(list(weighted))


def _copied_rows(responses: pd.DataFrame, context: Context) -> pd.Series:
    """Everybody, where many rows say what another says in everything but the response's own reference."""
    once = responses.drop_duplicates()
    said = once.drop(columns="response_id")
    copies = said[said.notna().sum(axis=1) >= _ENOUGH_CELLS].duplicated()
    many = len(once) > 0 and copies.sum() >= _COPIED_SHARE * len(once) and copies.any()
    return masks.everybody(responses) if many else masks.nobody(responses)


def _unknown_household(responses: pd.DataFrame, context: Context) -> pd.Series:
    return masks.dangles(responses, context, "household_id", "households")


def _household_of(responses: pd.DataFrame, context: Context, column: str) -> pd.Series:
    households = context.related.get("households")
    if households is None or households.empty:
        return pd.Series(None, index=responses.index, dtype="str")
    first = households.drop_duplicates("household_id").set_index("household_id")[column]
    return masks.look_up(responses["household_id"], first)


def _household_tenure_differs(responses: pd.DataFrame, context: Context) -> pd.Series:
    tenure = _household_of(responses, context, "tenure")
    return tenure.notna() & responses["tenure"].notna() & (tenure != responses["tenure"])


def _household_again(responses: pd.DataFrame, context: Context) -> pd.Series:
    """A later response of a household, unless the whole row is a repeat, which is said of the key."""
    known = responses["household_id"].notna() & ~responses.duplicated("response_id")
    return known & responses[known].duplicated("household_id").reindex(responses.index, fill_value=False)


def _household_excluded(responses: pd.DataFrame, context: Context) -> pd.Series:
    return _household_of(responses, context, "excluded_reason").notna()


def _question_absent(question: str) -> Mask:
    def mask(responses: pd.DataFrame, context: Context) -> pd.Series:
        asked_of = responses[responses["tenure"] == "LCRA"] if question in _LCRA_ONLY else responses
        absent = question in context.absent and len(asked_of) > 0
        return masks.everybody(responses) if absent else masks.nobody(responses)

    return mask


def _filter_absent(filter_question: str, questions: tuple[str, ...]) -> Mask:
    def mask(responses: pd.DataFrame, context: Context) -> pd.Series:
        asked = responses[list(questions)].notna().to_numpy().any()
        absent = filter_question in context.absent and asked
        return masks.everybody(responses) if absent else masks.nobody(responses)

    return mask


def _answer(number: int) -> Column:
    question = f"TP{number:02d}"
    return Column(
        question, Kind.ANSWER, 20 + number, f"The prescribed answer to {question}.", touches=(question,)
    )


def _star(number: int, name: str) -> Column:
    words = name.replace("_", " ")
    return Column(
        name, Kind.STAR, number, f"STAR: {words}, five-point scale.", bad_grade=Grade.NOTE, touches=()
    )


def _question_rules() -> list[Rule]:
    rules = []
    for offset, (question, filter_question) in enumerate(_FILTERED.items()):
        rules.append(
            Rule(
                id=f"SUR-{501 + offset}",
                grade=Grade.NOTE,
                title=f"{question} answered though {filter_question} is no",
                message=(
                    f"{question} is “{{{question}}}” though {filter_question} is no, so the answer is not "
                    "counted."
                ),
                remedy=f"Check {filter_question} with the survey contractor.",
                effect=Effect.KEPT,
                columns=(question, filter_question),
                touches=(question,),
                mask=_answered_though_no(question, filter_question),
            )
        )
    for question in _NADK_NOT_OFFERED:
        number = int(question[2:])
        rules.append(
            Rule(
                id=f"SUR-{520 + number}",
                grade=Grade.NOTE,
                title=f"{question} does not offer “not applicable”",
                message=(
                    f"{question} is “{{{question}}}”, which the question does not offer; it counts as not "
                    "answered."
                ),
                remedy="Nothing need be done; next time, do not read that answer out.",
                effect=Effect.KEPT,
                columns=(question,),
                touches=(question,),
                mask=_nadk_not_offered(question),
            )
        )
    for offset, question in enumerate(_LCRA_ONLY):
        rules.append(
            Rule(
                id=f"SUR-{541 + offset}",
                grade=Grade.NOTE,
                title=f"{question} asked of a shared owner",
                message=(
                    f"{question} is “{{{question}}}” in an LCHO response; the question is for LCRA tenants, "
                    "so it is not counted."
                ),
                remedy="Nothing need be done, unless the tenure is wrong.",
                effect=Effect.KEPT,
                columns=(question, "tenure"),
                touches=(question,),
                mask=_lcho_asked(question),
            )
        )
    for question in TP:
        rules.append(
            Rule(
                id=f"SUR-{570 + int(question[2:])}",
                grade=Grade.CONFIRM,
                title=f"No column {question}",
                message=f"The file has no column {question}, which all landlords must ask: it has no result.",
                remedy=(
                    f"Name the column that holds the answers {question}, there or in sources.yaml; if it was "
                    "not asked, confirm so."
                ),
                effect=Effect.KEPT,
                columns=(question,),
                touches=(question,),
                mask=_question_absent(question),
                level="table",
            )
        )
    for offset, filter_question in enumerate(dict.fromkeys(_FILTERED.values())):
        questions = tuple(q for q, f in _FILTERED.items() if f == filter_question)
        rules.append(
            Rule(
                id=f"SUR-{551 + offset}",
                grade=Grade.CONFIRM,
                title=f"No column {filter_question}",
                message=(
                    f"{' and '.join(questions)} are answered but the file has no column {filter_question}, "
                    "so the filter counts of the return cannot be given."
                ),
                remedy=f"Add the column {filter_question} with yes or no.",
                effect=Effect.KEPT,
                columns=(filter_question,),
                touches=questions,
                mask=_filter_absent(filter_question, questions),
                level="table",
            )
        )
    return rules


SURVEY_RESPONSES = Table(
    name="survey_responses",
    prefix="SUR",
    description=(
        "The responses to the tenant perception survey: the prescribed questions, and STAR's if asked."
    ),
    key=("response_id",),
    touches=TP,
    keeps_characteristics=True,
    columns=(
        Column("response_id", Kind.TEXT, 1, "The contractor's own reference of the response.", required=True),
        Column("household_id", Kind.TEXT, 2, "The household, as in the households table."),
        Column(
            "tenure",
            Kind.CHOICE,
            3,
            "LCRA or LCHO: the population surveyed.",
            required=True,
            vocabulary=("LCRA", "LCHO"),
        ),
        Column("completed_on", Kind.DATE, 4, "Day the response was completed.", required=True),
        Column(
            "method",
            Kind.CHOICE,
            5,
            "How the response was collected.",
            required=True,
            vocabulary=("telephone", "internet", "face_to_face", "postal", "sms", "other"),
        ),
        Column("had_repair", Kind.FLAG, 6, "A repair in the last 12 months?", touches=("TP02", "TP03")),
        Column("made_complaint", Kind.FLAG, 7, "A complaint in the last 12 months?", touches=("TP09",)),
        Column("communal_areas", Kind.FLAG, 8, "Lives with communal areas?", touches=("TP10",)),
        *(_answer(number) for number in range(1, 13)),
        Column("weight", Kind.DECIMAL, 9, "Only where the contractor supplies weights."),
        Column(
            "comment",
            Kind.TEXT,
            10,
            "What the tenant said; never shown in findings.",
            personal=True,
            free_text=True,
        ),
        *(_star(11 + offset, name) for offset, name in enumerate(STAR_QUESTIONS)),
        Column(
            "recommend",
            Kind.SCORE,
            16,
            "STAR: how likely to recommend, 0 to 10.",
            bad_grade=Grade.NOTE,
            touches=(),
        ),
    ),
    own_rules=(
        *_question_rules(),
        Rule(
            id="SUR-561",
            grade=Grade.CONFIRM,
            title="Completed outside the reporting year",
            message=(
                "completed_on {completed_on} is outside the reporting year, so the response is not counted."
            ),
            remedy="Correct completed_on, or remove the response.",
            effect=Effect.KEPT,
            columns=("completed_on",),
            mask=_outside_year,
        ),
        Rule(
            id="SUR-562",
            grade=Grade.CONFIRM,
            title="Not one question answered",
            message="None of TP01 to TP12 is answered, yet the row counts as a response.",
            remedy="Remove the row if the survey was not taken.",
            effect=Effect.KEPT,
            columns=("response_id", *TP),
            mask=_nothing_answered,
        ),
        Rule(
            id="SUR-563",
            grade=Grade.NOTE,
            title="No weight",
            message="weight is blank though other responses of the same tenure have one.",
            remedy="Ask the contractor for it: weights are used for all who take part, or not at all.",
            effect=Effect.KEPT,
            columns=("weight", "tenure"),
            mask=_weight_missing,
        ),
        Rule(
            id="SUR-564",
            grade=Grade.CONFIRM,
            title="Household not in the households table",
            message="household_id {household_id} is not in the households table.",
            remedy="Correct household_id, or add the household to the households table.",
            effect=Effect.KEPT,
            columns=("household_id",),
            mask=_unknown_household,
        ),
        Rule(
            id="SUR-565",
            grade=Grade.CONFIRM,
            title="Tenure differs from the household's",
            message=(
                "tenure is {tenure}, which differs from that of household {household_id} in the households "
                "table; the response's is used."
            ),
            remedy="Correct the tenure where it is wrong.",
            effect=Effect.KEPT,
            columns=("tenure", "household_id"),
            mask=_household_tenure_differs,
        ),
        Rule(
            id="SUR-566",
            grade=Grade.CONFIRM,
            title="Answered by an excluded household",
            message=(
                "Household {household_id} has an excluded_reason in the households table, yet it answered; "
                "the response counts."
            ),
            remedy="Remove excluded_reason if the household was surveyed after all.",
            effect=Effect.KEPT,
            columns=("household_id",),
            mask=_household_excluded,
        ),
        Rule(
            id="SUR-567",
            grade=Grade.CONFIRM,
            title="Responses that are copies of others",
            message=(
                "One response in fifty or more says the same as another in every column but response_id, as "
                "in files where a response is repeated in place of a weight."
            ),
            remedy=(
                "Ask for each response once, with its weight in the column weight; or confirm that the "
                "copies are different households."
            ),
            effect=Effect.KEPT,
            columns=("response_id",),
            mask=_copied_rows,
            level="table",
        ),
        Rule(
            id="SUR-568",
            grade=Grade.CONFIRM,
            title="Household that answered before",
            message="household_id {household_id} stands on an earlier row too; of its responses one counts.",
            remedy="Correct household_id, and leave it blank where the household is not known.",
            effect=Effect.KEPT,
            columns=("household_id",),
            mask=_household_again,
        ),
        Rule(
            id="SUR-801",
            grade=Grade.NOTE,
            title="No category as in the population",
            message=(
                "No category of {characteristic} in the survey ({ours}) is in {table} ({theirs}), "
                "so the two are not compared under representativeness."
            ),
            remedy="Write the categories with the same words in both, by values in sources.yaml if need be.",
            effect=Effect.KEPT,
            columns=("response_id",),
            level="cross",
        ),
        Rule(
            id="SUR-903",
            grade=Grade.STOP,
            title="Wrong year",
            message="Not one response in the file was completed in the reporting year.",
            remedy="Put this year's survey in the folder.",
            effect=Effect.TABLE_REFUSED,
            columns=("completed_on",),
            mask=masks.none_in_year("completed_on"),
            level="table",
        ),
    ),
)
