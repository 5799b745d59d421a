"""Responses by collection method, unweighted TP01 and the STAR questions that stand beside the TSMs."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from decimal import Decimal
from fractions import Fraction
from typing import Any

import pandas as pd

from pipelines.measures.ledger import exact_sum
from pipelines.measures.rounding import round_half_up
from pipelines.statutory.wording import percentage
from schemas.rulebook import Edition, Scale

# STAR's further questions, each on its own scale: never part of a TSM.
STAR_LABELS: Mapping[str, str] = {
    "quality_of_home": "Satisfied with the overall quality of the home",
    "rent_value": "Satisfied that the rent provides value for money",
    "service_charge_value": "Satisfied that the service charge provides value for money",
    "easy_to_deal_with": "Satisfied that the landlord is easy to deal with",
    "trust": "Trust the landlord",
}
NET_PROMOTER_LABEL = "Would recommend the landlord: net promoter score (-100 to +100)"
_PROMOTERS_FROM = 9
_DETRACTORS_TO = 6


def size(responses: pd.DataFrame, weighted: bool) -> Fraction:
    """Return how many responses there are, or the exact sum of their supplied weights (blank = 0)."""
    return exact_sum(responses["weight"].fillna("0")) if weighted else Fraction(len(responses))


def _scale(edition: Edition) -> Scale:
    """The five-point scale of TP01 and of STAR's questions."""
    scale = edition.measure("TP01").scale
    assert scale is not None
    return edition.scales[scale]


def _answered(responses: pd.DataFrame, question: str, edition: Edition) -> pd.DataFrame:
    """The responses that answered a five-point question on its scale: the base of its percentage."""
    return responses[responses[question].isin(_scale(edition).codes)]


def _top_two(base: pd.DataFrame, question: str, edition: Edition, weighted: bool) -> Decimal | None:
    """The % of the base in the top two answers of a five-point question; None for an empty base."""
    whole = size(base, weighted)
    if whole == 0:
        return None
    return percentage(size(base[base[question].isin(_scale(edition).positive)], weighted), whole)


def by_method(
    responses: pd.DataFrame, edition: Edition, settings: Mapping[str, Any], weighted: bool
) -> list[dict[str, Any]]:
    """Return responses and TP01 (%) by collection method, in the rulebook's order, methods that were used.

    Responses are counted unweighted; TP01 is on the basis of the survey's own results (weighted where they
    are). TP01 is suppressed where a method has fewer responses than the setting `mode_minimum_responses`.

    Source: the return's questions 12 and 13; RSH suppresses a method with fewer than 50 responses.
    """
    minimum = int(settings["mode_minimum_responses"])
    rows = []
    for method, label in edition.survey_methods.items():
        mine = responses[responses["method"] == method]
        if mine.empty:
            continue
        suppressed = len(mine) < minimum
        base = _answered(mine, "TP01", edition)
        value = None if suppressed else _top_two(base, "TP01", edition, weighted)
        if suppressed:
            text = f"Not shown: fewer than {minimum} responses"
        else:
            text = "No answers" if value is None else f"{value}%"
        rows.append(
            {
                "method": method,
                "label": label,
                "responses": len(mine),
                "tp01_value": None if value is None else float(value),
                "tp01_text": text,
                "suppressed": suppressed,
            }
        )
    return rows


def unweighted_tp01(responses: pd.DataFrame, edition: Edition) -> dict[str, Any]:
    """Return the unweighted counts and % of TP01, which a landlord that weights supplies as well.

    Keys: answers (code to count), base, value (None for an empty base), value_text.
    Source: the return's question 15.
    """
    base = _answered(responses, "TP01", edition)
    value = _top_two(base, "TP01", edition, weighted=False)
    return {
        "answers": {code: int((base["TP01"] == code).sum()) for code in _scale(edition).codes},
        "base": len(base),
        "value": None if value is None else float(value),
        "value_text": "No answers" if value is None else f"{value}%",
    }


def star_summary(responses: pd.DataFrame, edition: Edition, weighted: bool) -> list[dict[str, Any]]:
    """Return the summary of STAR's further questions that were answered: key, label, base, value, value_text.

    Five-point questions: % in the top two of those who answered; `recommend`: promoters (9-10) less
    detractors (0-6), in points. `base` is the number of people who answered; the value uses the survey's
    weights. "Not applicable/ don't know" is outside the base.

    Source: Housemark STAR; these questions are no part of the TSMs.
    """
    return [*_five_point(responses, edition, weighted), *_net_promoter(responses, weighted)]


def _five_point(responses: pd.DataFrame, edition: Edition, weighted: bool) -> Iterator[dict[str, Any]]:
    for key, label in STAR_LABELS.items():
        base = _answered(responses, key, edition)
        value = _top_two(base, key, edition, weighted)
        if value is not None:
            yield _star_row(key, label, len(base), value, f"{value}%")


def _net_promoter(responses: pd.DataFrame, weighted: bool) -> Iterator[dict[str, Any]]:
    base = responses[responses["recommend"].notna()]
    whole = size(base, weighted)
    if whole == 0:
        return
    promoters = size(base[base["recommend"] >= _PROMOTERS_FROM], weighted)
    detractors = size(base[base["recommend"] <= _DETRACTORS_TO], weighted)
    score = round_half_up((promoters - detractors) / whole * 100, 1)
    yield _star_row("recommend", NET_PROMOTER_LABEL, len(base), score, f"{score:+}")


def _star_row(key: str, label: str, base: int, value: Decimal, text: str) -> dict[str, Any]:
    return {"key": key, "label": label, "base": base, "value": float(value), "value_text": text}
