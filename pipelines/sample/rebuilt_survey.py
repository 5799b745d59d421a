"""Survey responses rebuilt from published counts: answers, and weights where fractional."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import date
from decimal import Decimal

import numpy as np
import pandas as pd

from pipelines.sample.draw import Draw, day_text, numbered, year_end, year_start
from pipelines.sample.published import ANSWERS, Published, PublishedSurvey
from pipelines.sample.survey import FILTER_OF, LCRA_ONLY, NADK, QUESTIONS, answers_of
from schemas.errors import InputError

# Counts were published to one decimal place: weights in tenths can give them exactly.
_TENTHS = 10
_TRIES = 40


def fieldwork(year: str) -> tuple[date, date]:
    """First and last day of the survey."""
    first = year_start(year)
    return first.replace(month=5, day=10), year_end(year).replace(month=2, day=20)


def responses_table(published: Published, year: str, seed: int) -> pd.DataFrame:
    """The `survey_responses` file: every survey of the landlord, and some responses that must not count."""
    parts = [
        _survey(survey, population, Draw(seed, published.code, "survey", population), year)
        for population, survey in published.surveys.items()
    ]
    parts.append(_beside(parts[0], published, year))
    rows = pd.concat(parts, ignore_index=True).fillna("")
    if not any(survey.weighted for survey in published.surveys.values()):
        rows = rows.drop(columns="weight")
    rows = rows.sort_values(["completed_on", "household_id"], kind="stable").reset_index(drop=True)
    rows.insert(0, "response_id", numbered("S", range(1, len(rows) + 1), 6))
    return rows


def _survey(survey: PublishedSurvey, population: str, draw: Draw, year: str) -> pd.DataFrame:
    n = survey.achieved
    weights, tp01 = _weights(draw, n) if survey.weighted else np.full(n, _TENTHS), None
    for _ in range(_TRIES):
        if grouped := _by_unweighted_answer(survey, draw):
            weights, tp01 = grouped
        columns = _answers(survey, population, draw, weights, tp01)
        if columns is not None:
            break
    else:
        raise InputError(
            f"No set of weights in tenths gives the published {population} counts: give whole counts."
        )
    begin, end = fieldwork(year)
    days = np.arange(np.datetime64(begin, "D") + 1, np.datetime64(end, "D") + 1)
    methods = _methods(survey, columns["TP01"], draw)
    return pd.DataFrame(
        {
            "household_id": numbered(f"{population}-", range(1, n + 1), 6),
            "tenure": columns.pop("tenure"),
            "completed_on": day_text(draw.choice(days, None, n)),
            "method": methods,
            **columns,
            "weight": [str(Decimal(int(weight)) / _TENTHS) for weight in weights],
        }
    )


def _methods(survey: PublishedSurvey, answers: np.ndarray, draw: Draw) -> np.ndarray:
    """By which method each response came: in any order, or so that TP01 of each method is as published."""
    n = survey.achieved
    positive = np.isin(answers, answers_of("TP01")[:2])
    shares = None
    if survey.tp01_by_method and not survey.weighted:
        shares = _share_by_method(survey, int(positive.sum()), int((answers != "").sum()))
    if shares is None:
        return np.repeat(list(survey.methods), list(survey.methods.values()))[draw.order(n)]
    methods = np.empty(n, dtype="U16")
    kinds = (positive, (answers != "") & ~positive, answers == "")
    for which, members in enumerate(kinds):
        counts = [
            (met, base - met, survey.methods[name] - base)[which] for name, (met, base) in shares.items()
        ]
        places = np.flatnonzero(members)
        methods[places[draw.order(len(places))]] = np.repeat(list(shares), counts)
    return methods


def _share_by_method(
    survey: PublishedSurvey, positive: int, answered: int
) -> dict[str, tuple[int, int]] | None:
    """Return (positive, answered) of each method with its published TP01 and all of TP01's answers in sum.

    None where no whole numbers do: what landlords published by method need not add up.
    """
    names = list(survey.methods)
    unanswered = survey.achieved - answered
    # What can be reached with the methods so far: (positive, answered) in sum, and how the last was chosen.
    reached: list[dict[tuple[int, int], tuple[int, int]]] = [{(0, 0): (0, 0)}]
    for name in names:
        responses, value = survey.methods[name], survey.tp01_by_method.get(name)
        choices = [
            (met, base)
            for base in range(max(responses - unanswered, 0), responses + 1)
            for met in _positive_of(base, value)
        ]
        step: dict[tuple[int, int], tuple[int, int]] = {}
        for met, base in reached[-1]:
            for more, among in choices:
                if met + more <= positive and base + among <= answered:
                    step.setdefault((met + more, base + among), (more, among))
        reached.append(step)
    total = (positive, answered)
    if total not in reached[-1]:
        return None
    found = {}
    for name, step in zip(reversed(names), reversed(reached[1:]), strict=True):
        met, base = found[name] = step[total]
        total = (total[0] - met, total[1] - base)
    return {name: found[name] for name in names}


def _positive_of(base: int, value: Decimal | None) -> list[int]:
    """Return how many of a method's answers are positive where they give the published % to its decimals."""
    if value is None or not base:
        return [0] if value is None or value == 0 else []
    nearest = int(value * base / 100 + Decimal("0.5"))
    slack = Decimal("0.05") if value % 1 else Decimal("0.5")
    near = {count for count in (nearest - 1, nearest, nearest + 1) if 0 <= count <= base}
    return sorted(count for count in near if abs(100 * Decimal(count) / base - value) <= slack)


def _weights(draw: Draw, n: int) -> np.ndarray:
    """Weights in tenths, one each on average; a handful of very small ones make every sum reachable."""
    weights = np.clip(np.round(_TENTHS * np.exp(0.35 * draw.normal(n))), 3, 30).astype(np.int64)
    weights[: min(12, n)] = np.resize((1, 2), min(12, n))
    weights = weights[draw.order(n)]
    while (gap := _TENTHS * n - int(weights.sum())) != 0:
        movable = np.flatnonzero((weights > 3) & (weights < 30))
        weights[movable[draw.integers(0, len(movable), 1)[0]]] += np.sign(gap)
    return weights


def _by_unweighted_answer(survey: PublishedSurvey, draw: Draw) -> tuple[np.ndarray, np.ndarray] | None:
    """Return weights in tenths and answers to TP01 that give its weighted and its unweighted counts.

    None where nothing is known of the unweighted ones, or no weights could give both.
    """
    if not survey.unweighted_tp01:
        return None
    n, words = survey.achieved, dict(zip(ANSWERS, answers_of("TP01"), strict=True))
    groups = [
        (words[code], survey.unweighted_tp01[code], int(survey.answers["TP01"][code] * _TENTHS))
        for code in ANSWERS
    ]
    others = n - sum(count for _, count, _ in groups)
    groups.append(("", others, _TENTHS * n - sum(target for _, _, target in groups)))
    if any(target < count or (target and not count) for _, count, target in groups):
        return None
    weights = np.concatenate([_summing_to(draw, count, target) for _, count, target in groups])
    answers = np.concatenate([np.full(count, word, dtype="U40") for word, count, _ in groups])
    order = draw.order(n)
    return weights[order], answers[order]


def _summing_to(draw: Draw, count: int, target: int) -> np.ndarray:
    """Whole weights of at least 1, as even as may be, but for a few small ones that make sums reachable."""
    weights = np.ones(count, dtype=np.int64)
    if count:
        few = min(6, count - 1)
        weights[:few] = np.resize((1, 2), few)
        rest, left = count - few, target - int(weights[:few].sum())
        if left < rest:
            weights[:], few, rest, left = 1, 0, count, target
        share = np.exp(0.3 * draw.normal(rest))
        weights[few:] = np.maximum(np.floor(share / share.sum() * left), 1).astype(np.int64)
        while (gap := target - int(weights.sum())) != 0:
            movable = np.arange(few, count) if gap > 0 else np.flatnonzero(weights > 1)
            weights[movable[draw.integers(0, len(movable), 1)[0]]] += np.sign(gap)
    return weights


def _answers(
    survey: PublishedSurvey,
    population: str,
    draw: Draw,
    weights: np.ndarray,
    tp01: np.ndarray | None = None,
) -> dict[str, np.ndarray] | None:
    """Every column of answers, or None where this shuffle could not give the counts exactly."""
    n = len(weights)
    mood = draw.normal(n)
    everyone = np.arange(n)
    tenure = np.full(n, population)
    renters = everyone
    if population == "COMBINED":
        rented = _rented_responses(survey)
        renters = np.sort(draw.order(n)[:rented])
        tenure = np.where(np.isin(everyone, renters), "LCRA", "LCHO")
    columns: dict[str, np.ndarray] = {"tenure": tenure}
    filters = {FILTER_OF[key]: pair for key, pair in reversed(list(survey.filters.items()))}
    for name in dict.fromkeys(FILTER_OF.values()):
        columns[name] = np.full(n, "", dtype="U3")
        if name in filters:
            asked = renters if name == "had_repair" else everyone
            yes, no = filters[name]
            parts = _share(draw.order(n), asked, weights, {"yes": yes, "no": no})
            if parts is None:
                return None
            for word, members in parts.items():
                columns[name][members] = word
    for key in QUESTIONS:
        columns[key] = np.full(n, "", dtype="U40")
        if key not in survey.answers:
            continue
        if key == "TP01" and tp01 is not None:
            columns[key] = tp01
            continue
        asked = renters if key in LCRA_ONLY else everyone
        if key in FILTER_OF:
            asked = np.flatnonzero(columns[FILTER_OF[key]] == "yes")
        parts = _share(_by_mood(draw, mood), asked, weights, survey.answers[key])
        if parts is None:
            return None
        words = {**dict(zip(ANSWERS, answers_of(key), strict=True)), "NADK": NADK}
        for code, members in parts.items():
            columns[key][members] = words[code]
    return columns


def _rented_responses(survey: PublishedSurvey) -> int:
    """How many of a combined survey's responses must come from renters: those asked TP02 to TP04."""
    needed = [sum(survey.answers[key][code] for code in ANSWERS) for key in LCRA_ONLY]
    needed += [sum(survey.filters[key]) for key in LCRA_ONLY if key in survey.filters]
    return int(max(needed))


def _by_mood(draw: Draw, mood: np.ndarray) -> np.ndarray:
    """Ranks from the most to the least content, with some noise, so that a person's answers hang together."""
    return np.argsort(np.argsort(-(mood + 0.8 * draw.normal(len(mood))), kind="stable"), kind="stable")


def _share(
    rank: np.ndarray, asked: np.ndarray, weights: np.ndarray, counts: Mapping[str, Decimal]
) -> dict[str, np.ndarray] | None:
    """Share out those asked so that each part's weights add up to its count; the rest answer nothing.

    The smallest parts are formed first, while everybody is still there to choose from; the largest takes
    whoever is left, which adds up because all the others do. Parts follow the rank where they can.
    """
    targets = {code: int(count * _TENTHS) for code, count in counts.items()}
    targets[""] = int(weights[asked].sum()) - sum(targets.values())
    if targets[""] < 0:
        return None
    left = asked[np.argsort(rank[asked], kind="stable")]
    # Where each part would begin if people were taken in the order of the rank.
    begins, position = {}, 0.0
    for code, target in targets.items():
        begins[code] = position
        position += target
    parts: dict[str, np.ndarray] = {}
    *small, largest = sorted(targets, key=lambda code: targets[code])
    whole = max(position, 1.0)
    for code in small:
        taken = _take(left, int(begins[code] / whole * len(left)), weights, targets[code])
        if taken is None:
            return None
        parts[code] = left[taken]
        left = np.delete(left, taken)
    parts[largest] = left
    parts.pop("")
    return parts


def _take(left: np.ndarray, begin: int, weights: np.ndarray, target: int) -> list[int] | None:
    """Positions in `left`, from `begin` on and round again, whose weights add up to the target exactly."""
    order = [*range(begin, len(left)), *range(begin)]
    taken: list[int] = []
    missing = target
    for place, position in enumerate(order):
        weight = int(weights[left[position]])
        if missing <= 60:
            rest = _subset(order[place:], [int(weights[left[other]]) for other in order[place:]], missing)
            return None if rest is None else taken + rest
        taken.append(position)
        missing -= weight
    return taken if missing == 0 else None


def _subset(positions: Sequence[int], weights: Sequence[int], target: int) -> list[int] | None:
    """Some of the positions whose weights add up to the target, by growing the sums within reach."""
    reached: dict[int, tuple[int, int]] = {0: (-1, -1)}
    for index, weight in enumerate(weights):
        if target in reached:
            break
        for total in sorted(reached, reverse=True):
            if total + weight <= target and total + weight not in reached:
                reached[total + weight] = (index, total)
    if target not in reached:
        return None
    chosen = []
    total = target
    while total:
        index, total = reached[total]
        chosen.append(positions[index])
    return chosen


def _beside(rows: pd.DataFrame, published: Published, year: str) -> pd.DataFrame:
    """Responses that must change nothing: a household's earlier one, one too late, a small block's."""
    begin, _ = fieldwork(year)
    content = {key: answers_of(key)[0] for key in QUESTIONS if key not in LCRA_ONLY}
    extra = [
        rows.iloc[[0]].assign(completed_on=str(begin), weight="1", **content),
        rows.iloc[[1]].assign(
            completed_on=str(year_end(year).replace(month=4, day=5)),
            weight="1",
            household_id="LATE-1",
            **content,
        ),
    ]
    if published.homes["LCHO"] and not {"LCHO", "COMBINED"} & set(published.surveys):
        owners = rows.iloc[: min(10, len(rows))].assign(tenure="LCHO", weight="1", had_repair="", **content)
        owners = owners.assign(**dict.fromkeys(LCRA_ONLY, ""))
        owners["household_id"] = numbered("LCHO-", range(1, len(owners) + 1), 6)
        extra.append(owners)
    return pd.concat(extra, ignore_index=True)
