"""The survey as it counts: who takes part, and in which population.

Here: one asset that later stages read. Not here: the measures' own classification (pipelines.measures).
"""

from typing import Any

import dagster as dg
import pandas as pd

from pipelines.assurance.compute import measure_inputs
from pipelines.measures.perception import respondents

from .common import (
    CODE_VERSION,
    OWNERS,
    PERSONAL,
    SETTINGS_KEY,
    Place,
    refuse_stopped_records,
    result,
    rules_of,
    settings_hash,
    sources_of,
)
from .records import record_key

GROUP = "survey"
RESPONDENTS_KEY = dg.AssetKey([GROUP, "respondents"])


def build_survey(partitions: dg.PartitionsDefinition[str]) -> list[dg.AssetsDefinition]:
    """Return the survey assets."""

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
        everyone = respondents(measure_inputs(rules, frames, {}))
        everyone.attrs["sources"] = sources_of(frames.values(), settings_hash(context, place))
        shown = {"taking_part": int((everyone["standing"] == "").sum())}
        return result(RESPONDENTS_KEY, everyone, rules.edition, shown)

    return [survey_respondents]
