"""The surveys of a landlord's year, weighed: by what year.yaml says, with every problem as a finding."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import pandas as pd

from pipelines.measures import Inputs
from pipelines.measures.figures import Precision
from pipelines.measures.perception import respondents
from pipelines.survey import sample as surveys
from pipelines.survey.accuracy import accuracy_test
from pipelines.survey.last_year import LastYear
from pipelines.survey.sample import Sample, Scheme
from pipelines.survey.statistics import Thresholds, answers_of, survey_statistics
from pipelines.survey.weighting import Limits, Weighting, WeightingProblem, WeightingRefusedError
from schemas.outputs import FINDING_COLUMNS
from schemas.rulebook import Settings

if TYPE_CHECKING:
    from pipelines.assurance.compute import Rules
    from pipelines.intake import SurveyPlan

TABLE = "survey_responses"


@dataclass(frozen=True, eq=False)
class Weighed:
    """The surveys of the reported populations.

    `samples`: every reported population's. `weightings`: of those that have responses and could be weighted.
    `weights`: one row a respondent, columns `survey.sample.WEIGHT_COLUMNS`. `findings`: what the weighting
    met, columns FINDING_COLUMNS.
    """

    samples: Mapping[str, Sample]
    weightings: Mapping[str, Weighting]
    weights: pd.DataFrame
    findings: pd.DataFrame


def scheme_of(plan: SurveyPlan | None) -> Scheme:
    """Return how a population is weighted; without a plan in year.yaml, it is not."""
    if plan is None:
        return Scheme(stated=False)
    weighting = plan.weighting
    bounds = weighting.bounds
    return Scheme(
        method=weighting.method,
        characteristics=weighting.characteristics,
        bounds=None if bounds is None else (float(bounds[0]), float(bounds[1])),
        collapse=weighting.collapse,
        census=plan.approach == "census",
        stratified=plan.sampling == "stratified",
        population=plan.population,
        stated=weighting.stated,
    )


def limits_of(settings: Settings) -> Limits:
    """Return where a problem of weighting begins, by the rulebook's settings."""
    greatest = float(settings["weighting_greatest_factor"])
    return Limits(
        thin=int(settings["weighting_thin_category"]),
        small=int(settings["weighting_small_category"]),
        thin_cell=int(settings["weighting_thin_cell"]),
        totals=int(settings["weighting_totals_tolerance"]) / 100,
        far=(1 / greatest, greatest),
    )


def given(table: pd.DataFrame | None) -> pd.DataFrame | None:
    """Return an accepted table that the landlord gave; None for one that stands in for a missing file."""
    return table if table is not None and table.attrs.get("sha256") else None


def reported_respondents(inputs: Inputs) -> pd.DataFrame:
    """Return `perception.respondents`; attrs `reported` names the populations whose survey is reported."""
    everyone = respondents(inputs)
    everyone.attrs["reported"] = inputs.stock.surveyed
    return everyone


def samples_of(
    rules: Rules, everyone: pd.DataFrame, households: pd.DataFrame | None, margins: pd.DataFrame | None
) -> dict[str, Sample]:
    """Return the survey of each reported population.

    `everyone` as `reported_respondents` gives it; `households` and `margins` as accepted.
    """
    plans = rules.year_file.survey
    return {
        population: surveys.make_sample(
            population, everyone, given(households), given(margins), scheme_of(plans.get(population))
        )
        for population in everyone.attrs["reported"]
    }


def weigh_surveys(
    rules: Rules, everyone: pd.DataFrame, households: pd.DataFrame | None, margins: pd.DataFrame | None
) -> Weighed:
    """Return the surveys of the reported populations, weighed; arguments as `samples_of`.

    A population without a response has no weights; one whose weighting is refused has none either, and a
    stop finding.
    """
    samples = samples_of(rules, everyone, households, margins)
    limits = limits_of(rules.settings)
    weightings, frames, findings = {}, [], []
    for population, sample in samples.items():
        if sample.respondents.empty:
            continue
        problems: tuple[WeightingProblem, ...]
        try:
            weighting = surveys.weigh(sample, limits)
            weightings[population] = weighting
            frames.append(surveys.weights_frame(sample, weighting))
            problems = weighting.problems
        except WeightingRefusedError as refusal:
            problems = refusal.problems
        touches = [
            each.key for each in rules.edition.measures if each.scale and population in each.populations
        ]
        findings += [_finding(each, population, touches, everyone.attrs) for each in problems]
    columns = list(surveys.WEIGHT_COLUMNS)
    weights = pd.concat(frames, ignore_index=True) if frames else no_weights()
    return Weighed(samples, weightings, weights[columns], findings_frame(findings))


def no_weights() -> pd.DataFrame:
    """Return the weights of nobody."""
    kinds = {"population": "str", "response_id": "str", "counts_as": "str"}
    return pd.DataFrame(
        {name: pd.Series([], dtype=kinds.get(name, "float64")) for name in surveys.WEIGHT_COLUMNS}
    )


def findings_frame(rows: list[dict[str, Any]]) -> pd.DataFrame:
    """Return findings as a frame, columns FINDING_COLUMNS."""
    kinds = {name: "Int64" if name == "row" else "str" for name in FINDING_COLUMNS}
    return pd.DataFrame(rows, columns=list(FINDING_COLUMNS)).astype(kinds)


def _finding(
    problem: WeightingProblem, population: str, touches: list[str], source: Mapping[Any, Any]
) -> dict[str, Any]:
    return {
        "finding_id": problem.id,
        "grade": problem.grade,
        "table": TABLE,
        "file": source["file"],
        "sheet": source["sheet"],
        "row": None,
        "column": problem.characteristic,
        "value": problem.category,
        "record_id": "",
        "title": problem.title,
        "message": f"{population}: {problem.message}",
        "remedy": f"{problem.remedy[:1].upper()}{problem.remedy[1:]}.",
        "effect": "kept",
        "touches": ";".join(touches),
    }


def tally_weights(weights: pd.DataFrame, weighted: Iterable[str]) -> dict[str, pd.Series]:
    """Return what each response counts as (decimal text by response_id), of the populations weighted."""
    return {
        population: weights[weights["population"] == population].set_index("response_id")["counts_as"]
        for population in weighted
    }


def statistics_of(
    rules: Rules,
    weighed: Weighed,
    ledgers: Mapping[str, pd.DataFrame],
    last_year: LastYear,
) -> dict[str, dict[str, Any]]:
    """Return the statistics of each population that has weights (see `survey.statistics`).

    `ledgers`: those of the perception measures. `last_year`: what this year is compared with.
    """
    settings = rules.settings
    thresholds = Thresholds(
        least=int(settings["suppress_below"]),
        caution=float(settings["imprecise_below"]),
        most_categories=int(settings["screen_most_categories"]),
    )
    accuracy = rules.edition.accuracy
    found = {}
    for population, weighting in weighed.weightings.items():
        sample = weighed.samples[population]
        size = sample.population_size
        test = None
        if size is not None:
            test = accuracy_test(size, len(sample.respondents), sample.scheme.census, accuracy)
        answers = {
            key: answers_of(lines, sample)
            for key, lines in ledgers.items()
            if population in rules.edition.measure(key).populations
        }
        before = last_year.estimates.get(population, {})
        found[population] = survey_statistics(sample, weighting, answers, test, accuracy, before, thresholds)
    return found


def precision_of(statistics: Mapping[str, Mapping[str, Any]]) -> dict[tuple[str, str], Precision]:
    """Return how precise each estimate is, by (measure, population), in the unit of the value."""
    return {
        (row["measure"], population): Precision(**{name: row[name] for name in Precision.names()})
        for population, each in statistics.items()
        for row in each["estimates"]
    }


def perception_ledgers(ledgers: Mapping[str, pd.DataFrame], rules: Rules) -> dict[str, pd.DataFrame]:
    """Return the ledgers of the year's perception measures."""
    return {each.key: ledgers[each.key] for each in rules.edition.measures if each.scale is not None}
