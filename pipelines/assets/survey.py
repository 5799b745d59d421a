"""The survey as it counts: who takes part, with which weight, and how precise and representative it is.

Here: three steps that later stages read. Not here: the measures' own classification (pipelines.measures) and
any statistics (pipelines.survey).
"""

from collections.abc import Iterator
from typing import Any

import dagster as dg
import pandas as pd

from pipelines.assurance.compute import measure_inputs
from pipelines.assurance.surveys import reported_respondents, statistics_of, weigh_surveys
from pipelines.checks import survey_checks, survey_results
from pipelines.intake import FINDING_COLUMNS
from pipelines.survey.sample import WEIGHT_COLUMNS

from .common import (
    CODE_VERSION,
    OWNERS,
    PERSONAL,
    SETTINGS_KEY,
    TAGS,
    Place,
    kept_frames,
    refuse_if_stopped,
    refuse_stopped_records,
    require_same_sources,
    result,
    rules_of,
    settings_hash,
    sources_of,
    stops_in,
    text_schema,
)
from .measures import WEIGHTS_KEY, measure_key, reported_measures
from .previous import PREVIOUS_KEY, kept_last_year
from .records import record_key

GROUP = "survey"
RESPONDENTS_KEY = dg.AssetKey([GROUP, "respondents"])
FINDINGS_KEY = dg.AssetKey([GROUP, "findings"])
STATISTICS_KEY = dg.AssetKey([GROUP, "statistics"])
# The tables that weights are made from.
WEIGHED_FROM = ("homes", "survey_responses", "households", "population_margins")


def build_survey(partitions: dg.PartitionsDefinition[str]) -> list[dg.AssetsDefinition]:
    """Return the survey assets."""
    return [_respondents(partitions), _weights(partitions), _statistics(partitions)]


def _out(key: dg.AssetKey, description: str, **more: Any) -> dg.AssetOut:
    usual = {"io_manager_key": "parquet_store", "kinds": {"pandas", "parquet"}, "tags": PERSONAL}
    return dg.AssetOut(
        key=key,
        description=description,
        group_name=GROUP,
        owners=OWNERS,
        code_version=CODE_VERSION,
        **{**usual, **more},
    )


def _respondents(partitions: dg.PartitionsDefinition[str]) -> dg.AssetsDefinition:
    @dg.asset(
        key=RESPONDENTS_KEY,
        description="Every response with the population that it is reported in, or why it takes no part: "
        "outside the year, superseded by the household's other response, a tenure that is not surveyed.",
        ins={
            "homes": dg.AssetIn(record_key("homes")),
            "responses": dg.AssetIn(record_key("survey_responses")),
        },
        deps=[SETTINGS_KEY],
        group_name=GROUP,
        owners=OWNERS,
        tags=PERSONAL,
        kinds={"pandas", "parquet"},
        code_version=CODE_VERSION,
        io_manager_key="parquet_store",
        partitions_def=partitions,
    )
    def survey_respondents(
        context: dg.AssetExecutionContext,
        place: Place,
        homes: pd.DataFrame,
        responses: pd.DataFrame,
    ) -> dg.MaterializeResult[Any]:
        frames = {"homes": homes, "survey_responses": responses}
        refuse_stopped_records(frames.values(), "The survey")
        rules = rules_of(context, place)
        everyone = reported_respondents(measure_inputs(rules, frames, {}))
        everyone.attrs["sources"] = sources_of(frames.values(), settings_hash(context, place))
        shown = {"taking_part": int((everyone["standing"] == "").sum())}
        return result(RESPONDENTS_KEY, everyone, rules.edition, shown)

    return survey_respondents


def _weights(partitions: dg.PartitionsDefinition[str]) -> dg.AssetsDefinition:
    @dg.multi_asset(
        name="survey_weights",
        outs={
            "weights": _out(
                WEIGHTS_KEY,
                "How many households each respondent stands for (they sum to the population), and how much "
                "the response counts in the return.",
                metadata={"dagster/column_schema": text_schema(WEIGHT_COLUMNS)},
            ),
            "findings": _out(
                FINDINGS_KEY,
                "What the weighting met: categories that are missing, thin or far from the population, "
                "totals that disagree, bounds that cannot be kept.",
                tags=TAGS,
                metadata={"dagster/column_schema": text_schema(FINDING_COLUMNS)},
            ),
        },
        ins={
            "respondents": dg.AssetIn(RESPONDENTS_KEY),
            "households": dg.AssetIn(record_key("households")),
            "margins": dg.AssetIn(record_key("population_margins")),
        },
        deps=[SETTINGS_KEY],
        check_specs=survey_checks(WEIGHTS_KEY, partitions),
        partitions_def=partitions,
    )
    def survey_weights(
        context: dg.AssetExecutionContext,
        place: Place,
        respondents: pd.DataFrame,
        households: pd.DataFrame,
        margins: pd.DataFrame,
    ) -> Iterator[dg.MaterializeResult[Any]]:
        refuse_stopped_records([households, margins], "The weighting")
        rules = rules_of(context, place)
        sources = _sources(context, place, respondents, households, margins)
        weighed = weigh_surveys(rules, respondents, households, margins)
        weights = weighed.weights
        weights.attrs |= {"stops": stops_in(weighed.findings), "sources": sources}
        shown = {f"method_{name}": each.scheme.method for name, each in weighed.samples.items()}
        yield result(
            WEIGHTS_KEY, weights, rules.edition, shown, survey_results(WEIGHTS_KEY, weighed.findings)
        )
        yield result(FINDINGS_KEY, weighed.findings, rules.edition)

    return survey_weights


def _sources(
    context: dg.AssetExecutionContext,
    place: Place,
    respondents: pd.DataFrame,
    households: pd.DataFrame,
    margins: pd.DataFrame,
) -> dict[str, str]:
    """Return by which files the weights and statistics are made; raise where the settings have moved on."""
    settings = settings_hash(context, place)
    made_from: dict[str, str] = respondents.attrs["sources"]
    require_same_sources({"settings": made_from["settings"]}, {"settings": settings}, "survey/respondents")
    return made_from | sources_of([households, margins], settings)


def _statistics(partitions: dg.PartitionsDefinition[str]) -> dg.AssetsDefinition:
    ledger_keys = {each.key: measure_key(each.key) for each in reported_measures() if each.scale is not None}

    @dg.asset(
        key=STATISTICS_KEY,
        description="How precise and how representative each survey is: estimates with standard errors and "
        "intervals, the sample against the population, change on last year, differences between groups.",
        ins={
            "respondents": dg.AssetIn(RESPONDENTS_KEY),
            "weights": dg.AssetIn(WEIGHTS_KEY),
            "households": dg.AssetIn(record_key("households")),
            "margins": dg.AssetIn(record_key("population_margins")),
        },
        deps=[SETTINGS_KEY, PREVIOUS_KEY, *ledger_keys.values()],
        group_name=GROUP,
        owners=OWNERS,
        tags=TAGS,
        kinds={"json"},
        code_version=CODE_VERSION,
        io_manager_key="json_store",
        partitions_def=partitions,
    )
    def survey_statistics(
        context: dg.AssetExecutionContext,
        place: Place,
        respondents: pd.DataFrame,
        weights: pd.DataFrame,
        households: pd.DataFrame,
        margins: pd.DataFrame,
    ) -> dg.MaterializeResult[Any]:
        refuse_if_stopped(weights.attrs["stops"], "The survey's statistics")
        rules = rules_of(context, place)
        sources = _sources(context, place, respondents, households, margins)
        require_same_sources(weights.attrs["sources"], sources, "survey/weights")
        own = {each.key for each in rules.edition.measures}
        ledgers = kept_frames(context, place, {key: at for key, at in ledger_keys.items() if key in own})
        for key, lines in ledgers.items():
            require_same_sources(lines.attrs["sources"], sources, f"measures/{key}")
        weighed = weigh_surveys(rules, respondents, households, margins)
        last_year, source = kept_last_year(context, place)
        statistics = statistics_of(rules, weighed, ledgers, last_year)
        kept = {"sources": sources, "last_year": source, "populations": statistics}
        return result(STATISTICS_KEY, kept, rules.edition, {"populations": sorted(statistics)})

    return survey_statistics
