"""One asset a measure, made from the rulebook; the measures of a family are classified in one step.

Here: how the measure functions are wired to records. Not here: what a measure counts (pipelines.measures).
"""

from collections.abc import Iterator
from typing import Any

import dagster as dg
import pandas as pd

from pipelines.assurance.compute import measure_inputs
from pipelines.measures import classify, ledger
from pipelines.measures.classify import FAMILIES
from schemas.rulebook import Measure, editions, load_edition

from .common import (
    CODE_VERSION,
    OWNERS,
    PERSONAL,
    SETTINGS_KEY,
    Place,
    refuse_if_stopped,
    refuse_stopped_records,
    require_same_sources,
    result,
    rules_of,
    settings_hash,
    sources_of,
    text_schema,
)

GROUP = "measures"
WEIGHTS_KEY = dg.AssetKey(["survey", "weights"])


def measure_key(measure: str) -> dg.AssetKey:
    """Return the key of a measure's asset."""
    return dg.AssetKey([GROUP, measure])


def reported_measures() -> list[Measure]:
    """Return the measures of all editions, newest wording first found, in reporting order."""
    known: dict[str, Measure] = {}
    for year in reversed(editions()):
        for measure in load_edition(year).measures:
            known.setdefault(measure.key, measure)
    return list(known.values())


def build_measures(partitions: dg.PartitionsDefinition) -> list[dg.AssetsDefinition]:
    """Return the measure assets, a family a step."""
    measures = reported_measures()
    return [
        _family(name, [measure for measure in measures if measure.family == name], partitions)
        for name in FAMILIES
    ]


def _describe(measure: Measure) -> str:
    return (
        f"{measure.label}: {measure.title}. One line a record: whether it counts, whether it is met, "
        f"and why.\n\n*Numerator:* {measure.numerator}\n\n*Denominator:* {measure.denominator}\n\n"
        f"*Source:* {measure.source}"
    )


def _family(name: str, measures: list[Measure], partitions: dg.PartitionsDefinition) -> dg.AssetsDefinition:
    tables = sorted({table for measure in measures for table in measure.inputs})
    weighted = name == "perception"

    @dg.multi_asset(
        name=f"measures_{name}",
        outs={
            measure.key: dg.AssetOut(
                key=measure_key(measure.key),
                description=_describe(measure),
                io_manager_key="parquet_store",
                group_name=GROUP,
                owners=OWNERS,
                tags=PERSONAL,
                kinds={"pandas", "parquet"},
                metadata={"dagster/column_schema": text_schema(ledger.COLUMNS)},
                code_version=CODE_VERSION,
                is_required=False,
            )
            for measure in measures
        },
        ins={
            **{table: dg.AssetIn(dg.AssetKey(["records", table])) for table in tables},
            **{f"{t}_rejected": dg.AssetIn(dg.AssetKey(["records", f"{t}_rejected"])) for t in tables},
            **({"weights": dg.AssetIn(WEIGHTS_KEY)} if weighted else {}),
        },
        deps=[SETTINGS_KEY],
        partitions_def=partitions,
        can_subset=True,
    )
    def family(
        context: dg.AssetExecutionContext, place: Place, **frames: pd.DataFrame
    ) -> Iterator[dg.MaterializeResult[Any]]:
        accepted = {table: frames[table] for table in tables}
        thing = f"The family of measures '{name}'"
        refuse_stopped_records(accepted.values(), thing)
        rules = rules_of(context, place)
        rejected = {table: frames[f"{table}_rejected"] for table in tables}
        sources = sources_of(accepted.values(), settings_hash(context, place))
        weights = frames.get("weights")
        if weights is not None:
            refuse_if_stopped(weights.attrs["stops"], thing)
            made_from = {each: weights.attrs["sources"][each] for each in sources}
            require_same_sources(made_from, sources, "survey/weights")
            sources = weights.attrs["sources"]
        inputs = measure_inputs(rules, accepted, rejected, weights)
        for measure in measures:
            if measure_key(measure.key) in context.selected_asset_keys:
                lines = classify(inputs, rules.edition.measure(measure.key))
                lines.attrs |= {"sources": sources, "rules": f"{rules.edition.year} {rules.edition.status}"}
                shown = {"counted": int(lines["counted"].sum()), "met": int(lines["met"].sum())}
                yield result(measure_key(measure.key), lines, rules.edition, shown)

    return family
