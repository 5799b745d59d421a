"""The survey's statistics as the return document has them: the numbers, each with the words that show it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from decimal import Decimal
from fractions import Fraction
from typing import Any

from pipelines.measures.rounding import round_half_up
from pipelines.statutory.wording import counted, listed
from pipelines.survey.estimation import FPC_ASSUMPTION

# A change or a difference is called one only where chance explains it less often than this.
SIGNIFICANT = 0.05
# Cohen's conventions for w: below each, the word.
_EFFECTS = ((Decimal("0.1"), "negligible"), (Decimal("0.3"), "small"), (Decimal("0.5"), "medium"))

METHOD_TEXTS: Mapping[str, str] = {
    "none": "not weighted",
    "supplied": "weighted by weights that the contractor supplied",
    "post_stratify": "post-stratified",
    "rake": "raked (weighted to each characteristic's totals in turn until all are met)",
}


def with_texts(
    raw: Mapping[str, Any], last_year: Mapping[str, Any] | None, labels: Mapping[str, str]
) -> dict[str, Any]:
    """Return one population's statistics (`survey.statistics`) with their texts; `raw` stays as it is.

    `last_year`: where last year's figures are from (year, file, published, assumed, left_out; None where
    there are none); `labels`: the measures' labels.
    """
    return {
        "population_size": raw["population_size"],
        "responses": raw["responses"],
        "weights": {**raw["weights"], "text": weights_text(raw["weights"])},
        "accuracy": _accuracy(raw["accuracy"]),
        "estimates": [_estimate(each) for each in raw["estimates"]],
        "representativeness": [_representation(each) for each in raw["representativeness"]],
        "response": _response(raw["response"]),
        "changes": [_change(each) for each in raw["changes"]],
        "changes_from": None if last_year is None else _changes_from(last_year, raw["population"], labels),
        "groups": _groups(raw["groups"], labels),
        "fpc_assumption": FPC_ASSUMPTION,
    }


def shown(number: float | None, places: int = 1, *, sign: bool = False) -> str:
    """Return a number rounded half-up for display: "65.6", "+1.2"; "–" where there is none."""
    if number is None:
        return "–"
    rounded = round_half_up(Fraction(number), places)
    return f"{rounded:+,}" if sign and rounded else f"{rounded:,}"


def p_text(p_value: float | None) -> str:
    """Return a p-value for display: "<0.001", "0.029"; "not tested" where there is none."""
    if p_value is None:
        return "not tested"
    if p_value < 0.001:
        return "<0.001"
    # Rounded, a p-value must not change sides: 0.0496 is not shown as 0.050.
    rounded = float(round_half_up(Fraction(p_value), 3))
    places = 4 if p_value < SIGNIFICANT <= rounded else 3
    return shown(p_value, places)


def effect_text(effect_size: float) -> str:
    """Return an effect size (Cohen's w) with its word: "0.12 (small)"."""
    rounded = round_half_up(Fraction(effect_size), 2)  # the word is that of the number which is shown
    word = next((word for below, word in _EFFECTS if rounded < below), "large")
    return f"{rounded} ({word})"


def name_of(characteristic: str) -> str:
    """Return a characteristic's name in words."""
    return characteristic.replace("_", " ")


def weights_text(weights: Mapping[str, Any]) -> str:
    """Return how the responses were weighted, and what that costs, in sentences."""
    method = weights["method"]
    if method == "none":
        return "Responses are not weighted: each counts the same."
    names = listed([name_of(name) for name in weights["characteristics"]])
    by = f" on {names}" if names else ""
    text = f"Responses are {METHOD_TEXTS[method]}{by}."
    if weights["bounds"] is not None:
        low, high = weights["bounds"]
        text += f" No weight is below {low:g} or above {high:g} times the base weight."
    return (
        f"{text} Weights run from {shown(weights['least_ratio'], 2)} to "
        f"{shown(weights['greatest_ratio'], 2)} times the base weight; unequal weights make the responses "
        f"worth {shown(weights['n_effective'], 0)} equal ones (design effect "
        f"{shown(weights['design_effect'], 2)})."
    )


def _accuracy(raw: Mapping[str, Any] | None) -> dict[str, Any] | None:
    if raw is None:
        return None
    margin = None if raw["honest_margin"] is None else Decimal(raw["honest_margin"])
    points = None if margin is None else round_half_up(Fraction(margin), 2)
    worth = shown(raw["n_effective"], 0)
    text = f"The responses are worth {worth} equally weighted ones"
    if points is not None:
        text += f", which gives a margin of error of ±{points} percentage points"
    if raw["only_nominally"]:
        text += (
            ". The regulator's test, which ignores weighting, is passed; at what the responses are worth it "
            "would not be: read the results with the wider margin"
        )
    elif raw["honest_met"]:
        text += ". That meets the requirement too"
    else:
        text += ". That does not meet the requirement"
    return {
        **raw,
        "honest_margin": None if points is None else float(points),
        "text": f"{text}.",
    }


def _estimate(raw: Mapping[str, Any]) -> dict[str, Any]:
    half_width = (raw["ci_high"] - raw["ci_low"]) / 2
    return {
        **raw,
        "value_text": f"{shown(raw['value'])}%",
        "interval_text": f"{shown(raw['ci_low'])}% to {shown(raw['ci_high'])}%",
        "margin_text": f"±{shown(half_width)}",
        "n_effective_text": shown(raw["n_effective"], 0),
        "deff_text": shown(raw["deff"], 2),
    }


def _representation(raw: Mapping[str, Any]) -> dict[str, Any]:
    weighted = raw["weighted"]
    return {
        **raw,
        "categories": [_category(each) for each in raw["categories"]],
        "text": representation_text(raw),
        "effect_text": effect_text(raw["effect_size"]),
        "weighted_effect_text": "" if weighted is None else effect_text(weighted["effect_size"]),
        "p_text": p_text(raw["p_value"]),
    }


def _category(raw: Mapping[str, Any]) -> dict[str, Any]:
    weighted = raw["weighted_percent"]
    return {
        **raw,
        "sample_text": f"{shown(raw['sample_percent'])}%",
        "population_text": f"{shown(raw['population_percent'])}%",
        "weighted_text": "" if weighted is None else f"{shown(weighted)}%",
        "gap_text": shown(raw["gap"], sign=True),
        "weighted_gap_text": "" if weighted is None else shown(raw["weighted_gap"], sign=True),
    }


def representation_text(raw: Mapping[str, Any]) -> str:
    """Return how one characteristic's responses compare with the population, as a clause.

    "Age band: largest difference 5.3 percentage points (65 and over: 40.1% of responses, 34.8% of
    households), effect size 0.12 (small); after weighting 0.0 points".
    """
    worst = max(raw["categories"], key=lambda each: round(abs(each["gap"]), 9))  # of equals the first
    text = (
        f"{name_of(raw['characteristic'])} {shown(abs(worst['gap']))} percentage points "
        f"({worst['category']}: {shown(worst['sample_percent'])}% of responses, "
        f"{shown(worst['population_percent'])}% of households; effect size {effect_text(raw['effect_size'])})"
    )
    if raw["weighted"] is None:
        return text
    left = max(abs(each["weighted_gap"]) for each in raw["categories"])
    return f"{text}, at most {shown(left)} after weighting"


def representativeness_text(statistics: Mapping[str, Any]) -> str | None:
    """Return item e of the survey approach from the statistics; None where nothing could be compared."""
    compared: Sequence[Mapping[str, Any]] = statistics["representativeness"]
    if not compared:
        return None
    size = statistics["population_size"]
    population = "" if size is None else f"the {counted(size, 'household')} of "
    before = "" if compared[0]["weighted"] is None else ", before weighting,"
    text = (
        f"Responses{before} were compared with {population}the relevant tenant population. The largest "
        f"difference within each characteristic: {'; '.join(map(representation_text, compared))}."
    )
    response = statistics["response"]
    return text if response is None else f"{text} {response_text(response)}"


def response_text(raw: Mapping[str, Any]) -> str:
    """Return how evenly the invited responded, in a sentence."""
    return (
        f"Of {counted(raw['invited'], 'invited household')} {raw['responded']:,} responded "
        f"({shown(raw['mean_propensity'])}%); the R-indicator, 1 where all kinds of household were equally "
        f"likely to respond, is {shown(raw['r'], 2)}."
    )


def _response(raw: Mapping[str, Any] | None) -> dict[str, Any] | None:
    if raw is None:
        return None
    partial = [{**each, "value_text": shown(each["value"], 3)} for each in raw["partial"]]
    return {**raw, "partial": partial, "text": response_text(raw)}


def _change(raw: Mapping[str, Any]) -> dict[str, Any]:
    adjusted = raw["p_adjusted"]
    significant = adjusted is not None and adjusted < SIGNIFICANT
    direction = "Higher" if raw["difference"] > 0 else "Lower"
    return {
        **raw,
        **_difference_texts(raw, "ci_low", "ci_high"),
        "significant": significant,
        "text": f"{direction} than last year, by more than chance explains"
        if significant
        else "No more than chance explains",
    }


def _difference_texts(raw: Mapping[str, Any], low: str, high: str) -> dict[str, str]:
    if raw["difference"] is None:
        return {"difference_text": "–", "interval_text": "–", "p_text": p_text(None)}
    return {
        "difference_text": shown(raw["difference"], sign=True),
        "interval_text": f"{shown(raw[low], sign=True)} to {shown(raw[high], sign=True)}",
        "p_text": p_text(raw["p_adjusted"]),
    }


def _changes_from(last_year: Mapping[str, Any], population: str, labels: Mapping[str, str]) -> dict[str, str]:
    year, file = last_year["year"], last_year["file"]
    source = (
        f"Last year's figures are those of the return of {year} that was made here."
        if last_year["published"]
        else f"Last year's figures are those of {file}, which the landlord gave."
    )
    assumed = last_year["assumed"].get(population, [])
    if assumed:
        source += (
            f" Their standard errors were not given and are taken to be those of a simple random sample "
            f"({listed([labels[each] for each in assumed])})."
        )
    for measure, why in last_year["left_out"].get(population, {}).items():
        source += f" {labels[measure]} is not compared: {why}."
    return {"year": year, "source": source}


def _groups(raw: Mapping[str, Any], labels: Mapping[str, str]) -> dict[str, Any]:
    cells = []
    for each in raw["cells"]:
        adjusted = each["p_adjusted"]
        cells.append(
            {
                **each,
                "value_text": "[c]" if each["value"] is None else f"{shown(each['value'])}%",
                **_difference_texts(each, "difference_low", "difference_high"),
                "significant": adjusted is not None and adjusted < SIGNIFICANT,
            }
        )
    return {**raw, "cells": cells, "text": _groups_text(raw, cells, labels)}


def _groups_text(
    raw: Mapping[str, Any], cells: Sequence[Mapping[str, Any]], labels: Mapping[str, str]
) -> str:
    omitted = "; ".join(f"{name_of(each['characteristic'])} ({each['why']})" for each in raw["omitted"])
    omitted = omitted and f" Not compared: {omitted}."
    if not cells:
        none = "No groups of tenants could be compared"
        return (
            f"{none}.{omitted}" if omitted else f"{none}: the responses carry no characteristic to group by."
        )
    differing = [each for each in cells if each["significant"]]
    measures = list(dict.fromkeys(labels[each["measure"]] for each in differing))
    found = f"{counted(len(differing), 'difference')}" + (f" ({listed(measures)})" if measures else "")
    text = (
        f"{counted(raw['tested'], 'comparison')} of a group of tenants with the rest, question by question: "
        f"{found} of more than chance explains, allowing for the number of comparisons (Benjamini-Hochberg, "
        "at most 5% of them expected to be false alarms)."
    )
    hidden = raw["small"] + raw["protecting"]
    if hidden:
        text += (
            f" {counted(hidden, 'result')} not shown: {raw['small']:,} of too few answers, "
            f"{raw['protecting']:,} that would give those away."
        )
    if raw["imprecise"]:
        text += f" {counted(raw['imprecise'], 'result')} marked as imprecise."
    return text + omitted
