"""Partitions: one landlord in one reporting year.

Here: how the pair becomes a Dagster partition key and back. Not here: which assets are partitioned.
"""

from __future__ import annotations

from pathlib import Path

import dagster as dg

from schemas.rulebook import editions

LANDLORD, YEAR = "landlord", "year"


def landlord_codes(home: Path) -> list[str]:
    """Return the codes of the landlords that have a folder with a landlord.yaml, in order."""
    return sorted(file.parent.name for file in (home / "landlords").glob("*/landlord.yaml"))


def landlord_years(home: Path) -> dg.MultiPartitionsDefinition:
    """Return the partitions of the landlords found in `home` and the rulebook's years.

    They are read from the folders, not kept in the instance: a lost instance database loses no landlord.
    """
    return dg.MultiPartitionsDefinition(
        {
            LANDLORD: dg.StaticPartitionsDefinition(landlord_codes(home)),
            YEAR: dg.StaticPartitionsDefinition(list(editions())),
        }
    )


def partition_key(code: str, year: str) -> dg.MultiPartitionKey:
    """Return the partition key of a landlord and year."""
    return dg.MultiPartitionKey({LANDLORD: code, YEAR: year})


def code_and_year(context: dg.AssetExecutionContext) -> tuple[str, str]:
    """Return the landlord's code and the reporting year of the partition being materialised."""
    key = context.partition_key
    assert isinstance(key, dg.MultiPartitionKey)
    return key.keys_by_dimension[LANDLORD], key.keys_by_dimension[YEAR]


def of_run(run: dg.DagsterRun) -> tuple[str, str]:
    """Return the landlord's code and the reporting year of a run, from the tags that Dagster gives it."""
    return run.tags[f"dagster/partition/{LANDLORD}"], run.tags[f"dagster/partition/{YEAR}"]
