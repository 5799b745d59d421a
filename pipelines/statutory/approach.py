"""The survey of one population, and the published summary of its approach: items a to k."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from decimal import Decimal
from fractions import Fraction
from functools import cached_property
from typing import TYPE_CHECKING, Any

import pandas as pd

from pipelines.measures.rounding import round_half_up
from pipelines.statutory.inputs import ReturnInputs, SurveyEvidence
from pipelines.statutory.methods import by_method
from pipelines.statutory.survey_statistics import name_of, representativeness_text
from pipelines.statutory.wording import (
    SAMPLING_TEXTS,
    TENANTS,
    counted,
    day_text,
    listed,
)
from pipelines.survey.accuracy import AccuracyTest, accuracy_test
from schemas.rulebook import Edition

if TYPE_CHECKING:
    from pipelines.intake import SurveyPlan


@dataclass(frozen=True)
class Survey:
    """One population's survey: its records, and its plan in year.yaml (None where it has none).

    `found`: what it did otherwise than last year's survey, as the two returns show it, in a sentence.
    """

    population: str
    evidence: SurveyEvidence
    plan: SurveyPlan | None
    inputs: ReturnInputs
    found: str | None = None

    @property
    def edition(self) -> Edition:
        return self.inputs.edition

    @property
    def responses(self) -> pd.DataFrame:
        return self.evidence.responses

    @property
    def households(self) -> pd.DataFrame | None:
        """The population's households; None where there is no table, or it has none of this tenure."""
        given = self.evidence.households
        return None if given is None or given.empty else given

    def given(self, key: str) -> Any:
        """What year.yaml says under survey, this population, `key`; None where it says nothing."""
        return None if self.plan is None else getattr(self.plan, key)

    def put(self, key: str, value: str) -> str:
        """The remedy that names the place in year.yaml."""
        return f"Put '{key}' under survey, {self.population} in year.yaml: {value}."

    @property
    def population_size(self) -> int | None:
        """Households of the relevant tenant population: by the households table, year.yaml or the margins."""
        if self.households is not None:
            return len(self.households)
        stated: int | None = self.given("population")
        return self.evidence.margins_total if stated is None else stated

    @cached_property
    def excluded(self) -> tuple[int, str] | None:
        """Households left out of the sample frame and why: the households table's, else year.yaml's."""
        if self.households is None:
            stated = self.given("exclusions")
            return None if stated is None else (stated.count, stated.reason)
        reasons = self.households["excluded_reason"].dropna().value_counts()
        return int(reasons.sum()), listed([f"{reason} ({count:,})" for reason, count in reasons.items()])

    @property
    def weighting(self) -> str:
        weighting = self.given("weighting")
        return "none" if weighting is None else str(weighting.method)

    @property
    def weighted(self) -> bool:
        return self.weighting != "none"

    @property
    def characteristics(self) -> list[str]:
        """What the responses were weighted on, as year.yaml names it."""
        return list(self.given("weighting").characteristics) if self.weighted else []

    @cached_property
    def accuracy(self) -> AccuracyTest | None:
        """The regulator's accuracy test; None where the size of the population is not known."""
        size = self.population_size
        if size is None:
            return None
        census = self.given("approach") == "census"
        return accuracy_test(size, len(self.responses), census, self.edition.accuracy)


# Each writer returns (text, what to do where there is no text).
Written = tuple[str | None, str]


def is_none(text: str) -> bool:
    """Whether year.yaml says in words that there is none."""
    return text.strip().casefold() in {"none", "no"}


def _sentence(text: str) -> str:
    text = text.strip()
    return text if text.endswith((".", "!", "?")) else f"{text}."


def _achieved(survey: Survey) -> Written:
    remedy = "Provide the survey_responses table with the year's responses."
    responses = len(survey.responses)
    if not responses:
        return None, remedy
    size = survey.population_size
    frame = "" if size is None else f", of {counted(size, 'household')} in the relevant tenant population"
    return f"{counted(responses, 'response')} from {TENANTS[survey.population]}{frame}.", remedy


def _timing(survey: Survey) -> Written:
    remedy = survey.put("fieldwork", "{from: 2024-09-01, to: 2024-11-30}")
    days = survey.responses["completed_on"].dropna()
    planned = survey.given("fieldwork")
    parts = []
    if planned is not None:
        parts.append(f"Fieldwork ran from {day_text(planned.start)} to {day_text(planned.end)}.")
    if len(days):
        first, last = day_text(days.min().date()), day_text(days.max().date())
        same = f"All responses were completed on {first}."
        parts.append(same if first == last else f"Responses were completed between {first} and {last}.")
    return " ".join(parts) or None, remedy


def _collection(survey: Survey) -> Written:
    methods = by_method(survey.responses, survey.edition, survey.inputs.settings, weighted=False)
    parts = [f"{row['label']} ({counted(row['responses'], 'response')})" for row in methods]
    text = f"Collected by: {listed(parts)}." if parts else None
    other = survey.given("other_method_text")
    if any(row["method"] == "other" for row in methods):
        if not other:
            return None, survey.put("other_method_text", "what the other collection methods were")
        text = f"{text} Other methods: {_sentence(other)}"
    return text, "Provide the survey_responses table with the method of each response."


def _sampling(survey: Survey) -> Written:
    approach, sampling = survey.given("approach"), survey.given("sampling")
    if approach == "census":
        return "A census: every household in the sample frame was invited to take part.", ""
    if approach is None:
        return None, survey.put("approach", "census or sample")
    return f"A sample of households, drawn by {SAMPLING_TEXTS[sampling]}.", ""


def _representativeness(survey: Survey) -> Written:
    remedy = survey.put(
        "representativeness",
        "how the responses compare with the tenant population and on which characteristics; or provide a "
        "households or population_margins table with the same characteristics as the responses",
    )
    stated = survey.given("representativeness")
    if stated:
        return _sentence(stated), remedy
    statistics = survey.evidence.statistics
    return None if statistics is None else representativeness_text(statistics), remedy


def weighting_item(survey: Survey) -> Written:
    """Return item f: the weighting applied and every characteristic it used."""
    if not survey.weighted:
        return "No weighting was applied.", ""
    if not survey.characteristics:
        return None, survey.put("weighting", "{method: supplied, characteristics: [age_band, area]}")
    names = listed([name_of(name) for name in survey.characteristics])
    if survey.weighting == "supplied":
        contractor = survey.given("contractor")
        source = f" supplied by {contractor}" if contractor and not is_none(contractor) else ""
        return f"Responses were weighted by weights{source}, on {names}.", ""
    how = {"rake": "by raking", "post_stratify": "by post-stratification"}[survey.weighting]
    return f"Responses were weighted {how}, on {names}, to the relevant tenant population.", ""


def _contractor(survey: Survey) -> Written:
    contractor, interviewed_by = survey.given("contractor"), survey.given("interviewed_by")
    if not contractor:
        return None, survey.put("contractor", "the name of the external contractor, or none")
    if interviewed_by is None:
        return None, survey.put("interviewed_by", "contractor, own_staff, managing_agent, mixed or none")
    who = {
        "contractor": "Interviews were carried out by the contractor.",
        "own_staff": "Interviews were carried out by the landlord's own staff.",
        "managing_agent": "Interviews were carried out by staff of the managing agent or ALMO.",
        "mixed": "Interviews were carried out by more than one kind of interviewer.",
        "none": "No interviewers were used.",
    }[interviewed_by]
    if is_none(contractor):
        return f"No external contractor was used. {who}", ""
    return f"{contractor} was the external contractor for the survey. {who}", ""


def _exclusions(survey: Survey) -> Written:
    remedy = survey.put(
        "exclusions",
        "{count: 4, reason: risk to interviewer} or {count: 0, reason: none}; or provide a households table",
    )
    if survey.excluded is None:
        return None, remedy
    count, reason = survey.excluded
    if count == 0:
        return "No tenant household was left out of the sample frame.", remedy
    left_out = f"{counted(count, 'tenant household')} {'was' if count == 1 else 'were'} left out"
    return f"{left_out} of the sample frame: {_sentence(reason)}", remedy


def two_places(margin: Decimal) -> Decimal:
    """Return a margin of error (points) as it is shown."""
    return round_half_up(Fraction(margin), 2)


def accuracy_text(survey: Survey) -> str | None:
    """Return the accuracy test as sentences; None where the size of the population is not known."""
    test = survey.accuracy
    if test is None:
        return None
    needed = (
        f"{counted(test.required_responses, 'response')} {'is' if test.required_responses == 1 else 'are'} "
        f"required for a margin of error of ±{test.required_margin} percentage points at 95% confidence; "
        f"{test.responses:,} {'was' if test.responses == 1 else 'were'} achieved"
    )
    if test.achieved_margin is not None:
        needed += f" (±{two_places(test.achieved_margin)})"
    if test.met_by_census:
        return f"{needed}. The requirement is met by the census approach, for a population of this size."
    return f"{needed}. The requirement is {'met' if test.met else 'not met'}."


def _sample_size(survey: Survey) -> Written:
    text = accuracy_text(survey)
    if text is None or survey.accuracy is None:
        return None, survey.put("population", "the number of households, or provide the households table")
    if survey.accuracy.met:
        return text, ""
    reason = survey.given("failure_reason")
    if not reason:
        return None, survey.put("failure_reason", f"why fewer than required answered ({text})".rstrip("."))
    return f"{text} {_sentence(reason)}", ""


def _incentives(survey: Survey) -> Written:
    incentives = survey.given("incentives")
    if not incentives:
        return None, survey.put("incentives", "their type and amount, or none")
    return ("No incentives were offered." if is_none(incentives) else _sentence(incentives)), ""


def _other_issues(survey: Survey) -> Written:
    issues, changes = survey.given("other_issues"), survey.given("changes_since_last_year")
    stated = {"Other issues": issues, "Changes since last year": changes}
    real = [f"{title}: {_sentence(text)}" for title, text in stated.items() if text and not is_none(text)]
    if survey.found and not changes:
        real.append(survey.found)
    if real:
        return " ".join(real), ""
    if not issues and not changes:
        return None, survey.put("other_issues", "any other issue likely to affect the measures, or none")
    return "No other methodological issue likely to have a material effect on the measures is known.", ""


WRITERS: Mapping[str, Callable[[Survey], Written]] = {
    "a": _achieved,
    "b": _timing,
    "c": _collection,
    "d": _sampling,
    "e": _representativeness,
    "f": weighting_item,
    "g": _contractor,
    "h": _exclusions,
    "i": _sample_size,
    "j": _incentives,
    "k": _other_issues,
}


def approach_items(survey: Survey) -> tuple[list[dict[str, Any]], list[dict[str, str]]]:
    """Return the items a to k (letter, title, text, missing) and what is missing (what, remedy).

    A text comes from the records and year.yaml; where they do not settle it nothing is invented: `missing`
    is True and the text says what to put where. `generated`: written here, where year.yaml could
    have said it.

    Source: Tenant Survey Requirements, paragraph 35.
    """
    items, missing = [], []
    for item in survey.edition.approach_items:
        text, remedy = WRITERS[item.letter](survey)
        items.append(
            {
                "letter": item.letter,
                "title": item.title,
                "text": text if text is not None else f"Not yet supplied. {remedy}",
                "missing": text is None,
                "generated": text is not None and _is_generated(item.letter, survey),
            }
        )
        if text is None:
            what = f"{survey.population} survey approach, item {item.letter}: {item.title}"
            missing.append({"what": what, "remedy": remedy})
    return items, missing


def _is_generated(letter: str, survey: Survey) -> bool:
    """Whether the software wrote an item that is the landlord's to say, where year.yaml says nothing."""
    if letter == "e":
        return not survey.given("representativeness")
    return letter == "k" and bool(survey.found) and not survey.given("changes_since_last_year")
