"""Records: every table typed and checked, the rows turned away kept beside it, and all findings.

Here: one step a table, and one that looks across tables. Not here: the rules (schemas.tables) and how they
are applied (pipelines.intake). A stop finding does not fail these assets: the findings must reach people.
What it withholds, it withholds in the assets that follow (`refuse_if_stopped`).
"""

import logging
from collections.abc import Iterator
from typing import Any

import dagster as dg
import pandas as pd
from upath import UPath

from pipelines.assurance.compute import (
    REFERS_TO,
    check_received,
    gather,
    input_summary,
    refused_tables,
)
from pipelines.checks import cross_checks, cross_results, table_checks, table_results
from pipelines.intake import FINDING_COLUMNS, Received, cross_check, receive
from pipelines.intake.corrections import load_corrections
from pipelines.intake.received import rows_file
from pipelines.partitions import code_and_year
from schemas.tables import TABLES, Table

from .common import (
    CODE_VERSION,
    FINDINGS_KEY,
    OWNERS,
    PERSONAL,
    SETTINGS_KEY,
    TAGS,
    Place,
    column_schema,
    copied_rows,
    kept_folder,
    kept_frames,
    result,
    rules_of,
    stops_in,
    text_schema,
)
from .received import received_key

GROUP = "records"
INPUTS_KEY = dg.AssetKey([GROUP, "inputs"])
log = logging.getLogger("tsm")


def record_key(table: str, suffix: str = "") -> dg.AssetKey:
    """Return the key of a table's accepted records, or with a suffix of its rejected rows or findings."""
    return dg.AssetKey([GROUP, f"{table}{suffix}"])


def build_records(partitions: dg.PartitionsDefinition[str]) -> list[dg.AssetsDefinition]:
    """Return the record assets: a step a table (accepted, rejected, findings, copies), one over all."""
    return [*(_table(TABLES[name], partitions) for name in REFERS_TO), _together(partitions)]


def _out(key: dg.AssetKey, description: str, tags: dict[str, str], **more: Any) -> dg.AssetOut:
    usual = {"io_manager_key": "parquet_store", "kinds": {"pandas", "pandera", "parquet"}}
    return dg.AssetOut(
        key=key,
        description=description,
        group_name=GROUP,
        owners=OWNERS,
        tags=tags,
        code_version=CODE_VERSION,
        **{**usual, **more},
    )


def _table(table: Table, partitions: dg.PartitionsDefinition[str]) -> dg.AssetsDefinition:
    name = table.name

    @dg.multi_asset(
        name=f"records_{name}",
        outs={
            "accepted": _out(
                record_key(name),
                f"{table.description} Typed, and within every rule of the table.",
                PERSONAL,
                metadata={"dagster/column_schema": column_schema(table)},
            ),
            "rejected": _out(
                record_key(name, "_rejected"),
                f"The rows of the {name} table that were turned away, as they stood, each with the rule.",
                PERSONAL,
            ),
            "findings": _out(
                record_key(name, "_findings"),
                f"What the checks found in the {name} table: row, column, value, rule, remedy.",
                PERSONAL,
                metadata={"dagster/column_schema": text_schema(FINDING_COLUMNS)},
            ),
            "copied": _out(
                record_key(name, "_copied"),
                f"The landlord's own rows of {name} that have findings, personal columns masked.",
                PERSONAL,
            ),
        },
        ins={other: dg.AssetIn(record_key(other)) for other in REFERS_TO[name]},
        deps=[received_key(name), SETTINGS_KEY],
        check_specs=table_checks(record_key(name), partitions),
        partitions_def=partitions,
    )
    def records(
        context: dg.AssetExecutionContext, place: Place, **related: pd.DataFrame
    ) -> Iterator[dg.MaterializeResult[Any]]:
        rules = rules_of(context, place)
        with kept_folder(context, place, name) as folder:
            year_folder = folder / rules.edition.year
            received, corrections = receive(year_folder, name), load_corrections(year_folder)
        _keep_rows(received, place.received(name, *code_and_year(context)))
        checked, corrected = check_received(received, corrections, rules, related)
        log.info(
            "Checked %s: %s rows accepted, %s rejected",
            name,
            f"{len(checked.accepted):,}",
            f"{len(checked.rejected):,}",
        )
        checked.accepted.attrs |= {
            "input": input_summary(received, checked),
            "corrections": list(corrected.applied),
            "stops": stops_in(checked.findings),
        }
        yield result(
            record_key(name),
            checked.accepted,
            rules.edition,
            {"rows_rejected": len(checked.rejected), "findings": len(checked.findings)},
            table_results(table, record_key(name), checked.findings),
        )
        yield result(record_key(name, "_rejected"), checked.rejected, rules.edition)
        yield result(record_key(name, "_findings"), checked.findings, rules.edition)
        yield result(record_key(name, "_copied"), copied_rows(received, checked.findings), rules.edition)

    return records


def _keep_rows(received: Received, kept: UPath) -> None:
    """Keep what a query gave beside the files that were received: the database moves on."""
    if received.queried is not None:
        from pipelines.intake.sql_source import rows_as_kept  # most landlords have no database

        code, year = kept.parts[-2:]
        place = rows_file(kept / code / year, received.table)
        place.parent.mkdir(parents=True, exist_ok=True)
        place.write_bytes(rows_as_kept(received.queried))


def _together(partitions: dg.PartitionsDefinition[str]) -> dg.AssetsDefinition:
    accepted_keys = {name: record_key(name) for name in REFERS_TO}
    findings_keys = {name: record_key(name, "_findings") for name in REFERS_TO}

    @dg.multi_asset(
        name="records_together",
        outs={
            "findings": _out(
                FINDINGS_KEY,
                "Every finding about the landlord's files, also those that only several tables show.",
                TAGS,
            ),
            "inputs": _out(
                INPUTS_KEY,
                "Each input file with its hash, how many of its rows were accepted and rejected, and the "
                "corrections made to it.",
                TAGS,
                io_manager_key="json_store",
                kinds={"json"},
            ),
        },
        deps=[*accepted_keys.values(), *findings_keys.values(), SETTINGS_KEY],
        check_specs=cross_checks(FINDINGS_KEY, partitions),
        partitions_def=partitions,
    )
    def together(context: dg.AssetExecutionContext, place: Place) -> Iterator[dg.MaterializeResult[Any]]:
        rules = rules_of(context, place)
        accepted = kept_frames(context, place, accepted_keys)
        each = gather(list(kept_frames(context, place, findings_keys).values()))
        refused = refused_tables(each)
        across = cross_check(accepted, rules.edition, rules.settings, rules.targets, refused)
        findings = gather([each, across])
        grades = {grade: int((findings["grade"] == grade).sum()) for grade in ("stop", "confirm", "note")}
        yield result(
            FINDINGS_KEY, findings, rules.edition, grades, cross_results(FINDINGS_KEY, across, findings)
        )
        inputs = [
            {**frame.attrs["input"], "corrections": frame.attrs["corrections"]}
            for frame in accepted.values()
            if frame.attrs["input"]
        ]
        yield result(INPUTS_KEY, inputs, rules.edition, {"files": len(inputs)})

    return together
