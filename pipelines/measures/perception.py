"""TP01–TP12: what tenants said in the survey."""

from __future__ import annotations

import pandas as pd

from schemas.rulebook import Measure

from . import ledger
from .inputs import Inputs
from .stock import LCHO, REPORTED, year_mask

_OUTCOMES = {"positive": (True, True), "not_positive": (True, False)}
NADK = "NADK"
ASSUMED_YES = "assumed_yes"


def respondents(inputs: Inputs) -> pd.DataFrame:
    """Return the responses with `population` (where they are reported) and `standing`.

    `standing` is blank for a response that takes part, else the ledger reason that puts it outside: not
    relevant stock, a block that is not reported, completed outside the year, or superseded by the household's
    other response. The achieved sample is the number of blank ones.

    Source: Tenant Survey Requirements (population, one response a household); the year is 1 April–31 March.
    """
    responses = inputs.accepted["survey_responses"]
    stock = inputs.stock
    population = stock.block_of(responses["tenure"])
    unreported = ~population.isin([code for code, block in stock.blocks.items() if block == REPORTED])
    steps = [
        *stock.block_reasons(responses["tenure"]),
        (unreported, "block_not_required"),
        (~year_mask(responses["completed_on"], inputs.edition), "outside_year"),
    ]
    standing = ledger.first_reason(responses.index, steps, otherwise="")
    superseded = _superseded(responses[standing == ""], str(inputs.settings["household_duplicates"]))
    standing = standing.where(~standing.index.isin(superseded), "superseded")
    return responses.assign(population=population, standing=standing)


def _superseded(taking_part: pd.DataFrame, keep: str) -> pd.Index:
    """Return the rows of households that answered more than once, but for the one that `keep` names."""
    known = taking_part[taking_part["household_id"].notna()]
    ordered = known.sort_values(["completed_on", "source_row"], kind="stable")
    repeated = ordered.duplicated("household_id", keep="last" if keep == "latest" else "first")
    return ordered.index[repeated]


def classify(inputs: Inputs, measure: Measure) -> pd.DataFrame:
    """Return the ledger of one perception measure: one line a response.

    In the base: the five answers of the scale. Outside it: "not applicable/ don't know", those whom the
    filter question leaves out, and the unanswered. Evidence: `answer` (VS, FS, NSD, FD, VD or NADK; blank for
    responses that take no part), `filter_answer` (yes, no, assumed_yes, blank) and, where weights are used,
    `weight` (decimal text).

    Source: Technical Requirements, TP01 to TP12; Tenant Survey Requirements.
    """
    assert measure.scale is not None
    responses = respondents(inputs)
    answer = responses[measure.key]
    takes_part = responses["standing"] == ""
    steps = [(responses["standing"] == code, code) for code in responses["standing"].unique() if code]
    if measure.lcra_only:
        not_asked = responses["tenure"] == LCHO
        steps.append((not_asked, "not_asked_of_lcho"))
        takes_part &= ~not_asked
    asked, filter_answer = _filter(inputs, measure, responses)
    answered = answer.notna() & (answer != NADK)
    steps += [
        (filter_answer == "no", "filter_no"),
        (answered & ~asked, "answered_without_filter"),
        (answer == NADK, "nadk" if measure.nadk_offered else "nadk_not_offered"),
        (~answered, "unanswered"),
        (answer.isin(inputs.edition.scales[measure.scale].positive), "positive"),
    ]
    reason = ledger.first_reason(responses.index, steps, otherwise="not_positive")
    evidence = {"answer": answer.where(takes_part, ""), "filter_answer": filter_answer.where(takes_part, "")}
    if inputs.weights:
        evidence["weight"] = _counts_as(inputs, responses)
    lines = ledger.build(
        "response", responses, "response_id", responses["population"], reason, _OUTCOMES, evidence
    )
    return ledger.join(
        lines, ledger.rejected_lines("response", inputs.rejected["survey_responses"], "response_id")
    )


def _counts_as(inputs: Inputs, responses: pd.DataFrame) -> pd.Series:
    """Return what each response counts as, decimal text: its weight, 1 where its population is not weighted.

    A response that takes no part has no weight and counts as 0.
    """
    counts = pd.Series("1", index=responses.index, dtype="str")
    for population, weights in inputs.weights.items():
        mine = responses["population"] == population
        counts = counts.mask(mine, responses["response_id"].map(weights).fillna("0"))
    return counts


def _filter(inputs: Inputs, measure: Measure, responses: pd.DataFrame) -> tuple[pd.Series, pd.Series]:
    """Return (asked, filter answer): who counts as asked the question, and yes, no, assumed_yes or blank.

    An answer without a filter answer is taken as a Yes unless the setting `answer_without_filter` is
    `outside`: many questionnaires put the question only to those who said Yes and export no filter.
    """
    if measure.filter is None:
        return pd.Series(True, index=responses.index), pd.Series("", index=responses.index, dtype="str")
    said = responses[measure.filter].map({True: "yes", False: "no"}).astype("str").fillna("")
    answered = responses[measure.key].notna() & (responses[measure.key] != NADK)
    if inputs.settings["answer_without_filter"] == "counted":
        said = said.mask((said == "") & answered, ASSUMED_YES)
    return said.isin(["yes", ASSUMED_YES]), said
