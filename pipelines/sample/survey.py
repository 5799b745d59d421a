"""A made-up tenant perception survey: who answers, by which method, and what they say."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date
from statistics import NormalDist

import numpy as np
import pandas as pd

from pipelines.sample.draw import Draw, at, day_text, numbered, year_start

SAT5 = (
    "Very satisfied",
    "Fairly satisfied",
    "Neither satisfied nor dissatisfied",
    "Fairly dissatisfied",
    "Very dissatisfied",
)
AGR5 = ("Strongly agree", "Agree", "Neither agree nor disagree", "Disagree", "Strongly disagree")
NADK = "Not applicable/ don't know"
QUESTIONS = tuple(f"TP{number:02d}" for number in range(1, 13))
FILTER_OF = {"TP02": "had_repair", "TP03": "had_repair", "TP09": "made_complaint", "TP10": "communal_areas"}
LCRA_ONLY = ("TP02", "TP03", "TP04")
STAR = ("quality_of_home", "rent_value", "service_charge_value", "easy_to_deal_with", "trust")


def answers_of(question: str) -> tuple[str, ...]:
    """The five prescribed answers of a question, from the most to the least satisfied."""
    return AGR5 if question == "TP08" else SAT5


# Near the national medians: percent satisfied among rented homes and among shared owners, and the share
# that answers "not applicable/ don't know". TP09 is higher here, for those who complain are less content.
_LEVELS: Mapping[str, tuple[float, float, float]] = {
    "TP01": (72, 48, 0),
    "TP02": (74, 0, 0),
    "TP03": (69, 0, 0),
    "TP04": (72, 0, 0),
    "TP05": (78, 73, 0.013),
    "TP06": (62, 38, 0.09),
    "TP07": (72, 56, 0.06),
    "TP08": (78, 60, 0.03),
    "TP09": (45, 32, 0),
    "TP10": (67, 47, 0),
    "TP11": (65, 41, 0.20),
    "TP12": (60, 38, 0.34),
    "quality_of_home": (72, 70, 0),
    "rent_value": (76, 50, 0),
    "service_charge_value": (60, 30, 0),
    "easy_to_deal_with": (68, 45, 0),
    "trust": (66, 44, 0),
}
_AGE_EFFECT = {"16-34": -0.30, "35-54": -0.15, "55-64": 0.05, "65+": 0.40}
_AREA_EFFECT = {"Northfield": 0.12, "Eastgate": -0.15, "Riverside": 0.0, "Hillside": 0.05}
_METHOD_EFFECT = {"telephone": 0.05, "internet": -0.20, "postal": 0.10}
_AGE_PROPENSITY = {"16-34": 0.55, "35-54": 0.85, "55-64": 1.1, "65+": 1.5}
_AREA_PROPENSITY = {"Northfield": 1.1, "Eastgate": 0.8, "Riverside": 1.0, "Hillside": 1.15}
_COMMENTS = (
    "The repair man was polite and cleared up after himself.",
    "Took three calls to get anyone to look at the damp in the bedroom.",
    "Happy with everything, thank you.",
    "The communal stairs need cleaning more often.",
    "Nobody ever rings back when they say they will.",
    "The service charge has gone up by £14 a month and I can't see what for.",
    "New kitchen is lovely.",
    "Neighbours upstairs play music until 3am, reported it, nothing done.",
    "Would like more parking.",
    "Lift was out of order for two weeks in the autumn.",
    "Always helpful on the phone.",
    "Windows are draughty; the heating costs a fortune.",
)


def responses_table(
    households: pd.DataFrame, year: str, counts: Mapping[str, int], seed: int
) -> pd.DataFrame:
    """The `survey_responses` file: `counts` responses a tenure, from households that are in the frame.

    Older households and some areas answer more readily, so that the sample is not perfectly representative.
    """
    parts = [_respondents(households, year, tenure, n, seed) for tenure, n in counts.items()]
    people = pd.concat(parts, ignore_index=True)
    draw = Draw(seed, "answers", year)
    n = len(people)
    mood = draw.normal(n) + people["age_band"].map(_AGE_EFFECT) + people["area"].map(_AREA_EFFECT)
    mood = (mood + people["method"].map(_METHOD_EFFECT)).to_numpy()
    lcra = (people["tenure"] == "LCRA").to_numpy()
    flat = (people["building_type"] == "flat").to_numpy()
    yes = {
        "had_repair": draw.flags(0.685, n),
        "made_complaint": draw.flags(np.where(mood < -0.3, 0.42, 0.16), n),
        "communal_areas": draw.flags(np.where(flat, 0.93, 0.08), n),
    }
    columns: dict[str, np.ndarray] = {name: np.where(flag, "yes", "no") for name, flag in yes.items()}
    columns["had_repair"] = np.where(lcra, columns["had_repair"], "")
    # Partial interviews stop after some question; single questions are skipped now and then.
    stops_after = np.where(draw.flags(0.03, n), draw.integers(2, 12, n), 99)
    for number, question in enumerate(_LEVELS, start=1):
        asked = draw.flags(0.993, n) & (number <= stops_after)
        if question in FILTER_OF:
            asked &= columns[FILTER_OF[question]] == "yes"
        if question in LCRA_ONLY:
            asked &= lcra
        if question in STAR:
            asked &= draw.flags(0.9, n)
        answer = _answer(draw, question, mood, lcra)
        columns[question] = np.where(asked, answer, "")
    score = np.clip(np.round(7 + 1.9 * mood + 0.8 * draw.normal(n)), 0, 10).astype(np.int64)
    comment = np.where(draw.flags(0.2, n) & (stops_after == 99), draw.choice(_COMMENTS, None, n), "")
    table = pd.DataFrame(
        {
            "response_id": numbered(f"S{year[2:4]}-", range(1, n + 1), 4),
            "household_id": people["household_id"],
            "tenure": people["tenure"],
            "completed_on": people["completed_on"],
            "method": people["method"],
            **{name: columns[name] for name in (*yes, *QUESTIONS)},
            "comment": comment,
            **{name: columns[name] for name in STAR},
            "recommend": np.where(draw.flags(0.85, n) & (stops_after == 99), score.astype("U3"), ""),
            "age_band": np.where(draw.flags(0.03, n), "", people["age_band"]),
            "area": people["area"],
        }
    )
    return _one_household_twice(table).sort_values(["completed_on", "response_id"]).reset_index(drop=True)


def _respondents(households: pd.DataFrame, year: str, tenure: str, count: int, seed: int) -> pd.DataFrame:
    draw = Draw(seed, "respondents", year, tenure)
    frame = households[(households["tenure"] == tenure) & (households["excluded_reason"] == "")]
    propensity = frame["age_band"].map(_AGE_PROPENSITY) * frame["area"].map(_AREA_PROPENSITY)
    # The smallest exponential waiting times are a weighted sample without replacement.
    first = np.argsort(draw.waiting(1.0, len(frame)) / propensity.to_numpy(), kind="stable")[:count]
    people = frame.iloc[np.sort(first)].reset_index(drop=True)
    n = len(people)
    young = people["age_band"].isin(["16-34", "35-54"]).to_numpy()
    method = np.where(
        young,
        draw.choice(("telephone", "internet", "postal"), (0.66, 0.31, 0.03), n),
        draw.choice(("telephone", "internet", "postal"), (0.80, 0.08, 0.12), n),
    )
    begins = np.datetime64(date(year_start(year).year, 9, 2), "D")
    completed = begins + draw.integers(0, 88, n)
    clock = at(completed, draw.integers(570, 1215, n))
    # Postal answers are dated, the others are timed by the survey system; the file keeps the date.
    return people.assign(method=method, completed_on=day_text(clock))


def _answer(draw: Draw, question: str, mood: np.ndarray, lcra: np.ndarray) -> np.ndarray:
    """Answers that share each person's mood, at the level of the question for the person's tenure."""
    n = len(mood)
    rented, owned, no_opinion = _LEVELS[question]
    # Mood has a variance of about 1.1; with the noise below the sum has a standard deviation near 1.25.
    feeling = (mood + 0.65 * draw.normal(n)) / 1.25
    texts = np.asarray(answers_of(question))
    rank = np.zeros(n, dtype=np.int64)
    for cut in range(4):
        edge = np.where(lcra, _edge(rented, cut), _edge(owned, cut))
        rank += feeling < edge
    answer = texts[rank]
    return np.where(draw.flags(no_opinion, n), NADK, answer)


def _edge(percent: float, cut: int) -> float:
    """The feeling that separates answer `cut` from the next, so that `percent` give one of the first two."""
    if percent == 0:
        return 0.0
    top = percent / 100
    shares = (top * 0.5, top, top + (1 - top) * 0.36, top + (1 - top) * 0.66)
    return NormalDist().inv_cdf(1 - shares[cut])


def _one_household_twice(table: pd.DataFrame) -> pd.DataFrame:
    """The first telephone respondent also answered by internet, later in the fieldwork."""
    telephone = table.index[(table["method"] == "telephone") & (table["completed_on"].str[5:7] == "09")]
    if not len(telephone):
        return table
    again = table.loc[[telephone[0]]].assign(method="internet", comment="")
    again["response_id"] = again["response_id"] + "B"
    again["completed_on"] = again["completed_on"].str[:4] + "-11-20"
    return pd.concat([table, again], ignore_index=True)
