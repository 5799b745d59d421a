"""The Dagster code location: one explicit list of everything in it.

Here: which assets, jobs and resources there are. Not here: what they do.
"""

from __future__ import annotations

import os
from pathlib import Path

import dagster as dg
from upath import UPath

from pipelines.assets.common import Place
from pipelines.assets.measures import build_measures
from pipelines.assets.publications import build_publications
from pipelines.assets.received import build_received
from pipelines.assets.records import build_records
from pipelines.assets.statutory_return import build_statutory_return
from pipelines.assets.survey import build_survey
from pipelines.assets.withheld import build_hooks
from pipelines.event_log import reuse_engines
from pipelines.partitions import landlord_years
from pipelines.sensors import build_sensor
from pipelines.storage import JsonStore, ParquetStore, store_of

FULL_RETURN = "full_return"
reuse_engines()  # in whichever process loads the code location: the command's, the web UI's, the daemon's


def build_defs(home: Path | None = None, store: str | None = None) -> dg.Definitions:
    """Return the definitions for one home.

    `home` is the folder with landlords/ and returns/ (else TSM_HOME, else data); `store` is where assets are
    kept, a folder or an fsspec address such as s3://bucket/tsm (else TSM_STORE, else `<home>/store`).
    """
    home = (home or Path(os.environ.get("TSM_HOME", "data"))).resolve()
    store = store or store_of(home)
    partitions = landlord_years(home)
    assets = [
        build_received(partitions),
        *build_records(partitions),
        *build_survey(partitions),
        *build_measures(partitions),
        *build_statutory_return(partitions),
        build_publications(partitions),
    ]
    return dg.Definitions(
        assets=assets,
        jobs=[
            dg.define_asset_job(
                FULL_RETURN,
                selection=dg.AssetSelection.all(),
                description="The whole return of one landlord and year, from its files to its PDF.",
                hooks=build_hooks(home),
            )
        ],
        sensors=[build_sensor(home, FULL_RETURN)],
        resources={
            "place": Place(home=str(home), store=store),
            "parquet_store": ParquetStore(base_path=UPath(store)),
            "json_store": JsonStore(base_path=UPath(store)),
        },
        # One partition in one process: a process a step would cost more than the step.
        executor=dg.in_process_executor,
    )


defs = build_defs()
