"""What every asset module shares: the place, the words on each asset, and the gate.

Here: the resource that says where a landlord's files and the kept copies are, the metadata every
materialisation carries, and `refuse_if_stopped`. Not here: any arithmetic, any rule about data.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import dagster as dg
import pandas as pd
from upath import UPath

from pipelines.assurance.compute import Rules, load_rules
from pipelines.intake import Received
from pipelines.partitions import code_and_year
from pipelines.publications import rows_with_findings
from pipelines.storage import content_hash, read_kept
from schemas.rulebook import Edition, editions, load_edition
from schemas.tables import Table

OWNERS = ["team:housing-data"]
TAGS = {"regime": "tsm"}
PERSONAL = {**TAGS, "contains": "personal-data"}

# The methodology that the code carries, every edition of it: a changed rule marks assets as stale.
CODE_VERSION = hashlib.sha256(
    "".join(load_edition(year).fingerprint for year in editions()).encode()
).hexdigest()[:12]

SETTINGS_KEY = dg.AssetKey(["received", "settings"])
CONFIRMATIONS_KEY = dg.AssetKey(["received", "confirmations"])
ACTS_KEY = dg.AssetKey(["received", "acts"])
CONFIRMED_BEFORE = "confirmed_before.json"
FINDINGS_KEY = dg.AssetKey(["records", "findings"])


class Place(dg.ConfigurableResource):
    """Where the landlords' folders, the store and the returns are."""

    home: str
    store: str

    def received(self, name: str, code: str, year: str) -> UPath:
        """Return the folder that keeps what arrived under `name`, byte for byte."""
        return UPath(self.store) / "received" / name / code / year

    def landlord_folder(self, code: str) -> Path:
        """Return the landlord's own folder, which the product only reads."""
        return Path(self.home) / "landlords" / code

    def returns(self, code: str, year: str) -> Path:
        """Return the folder of the published return."""
        return Path(self.home) / "returns" / code / year


def kept_file(context: dg.AssetExecutionContext, place: Place, key: dg.AssetKey, file: str) -> bytes:
    """Return a received file as it is kept; nothing where there was none."""
    kept = place.received(key.path[-1], *code_and_year(context)) / file
    return kept.read_bytes() if kept.exists() else b""


def received_bytes(place: Place, name: str, code: str, year: str) -> dict[str, bytes]:
    """Return every file that arrived under `name`: its name from the landlord's folder on → content."""
    kept = place.received(name, code, year)
    files = [each for each in kept.rglob("*") if each.is_file()] if kept.exists() else []
    return {str(each.relative_to(kept)): each.read_bytes() for each in files}


@contextmanager
def kept_folder(context: dg.AssetExecutionContext, place: Place, name: str) -> Iterator[Path]:
    """Yield the landlord's folder as it was received for `name`: the landlord's code, its settings, the year.

    It is the kept one itself on this machine's disk, a copy of it when the store is a bucket.
    """
    code, year = code_and_year(context)
    kept = place.received(name, code, year)
    with TemporaryDirectory() as copy:
        if kept.protocol in ("", "file"):
            folder = Path(str(kept)) / code
        else:
            kept.fs.get(kept.path, copy, recursive=True)
            folder = Path(copy) / kept.name / code
        (folder / year).mkdir(parents=True, exist_ok=True)  # there is no file in it where none was sent
        yield folder


def rules_of(context: dg.AssetExecutionContext, place: Place) -> Rules:
    """Return the rules of the partition, from the settings files as they were received."""
    year = code_and_year(context)[1]
    with kept_folder(context, place, "settings") as folder:
        return load_rules(folder, year)


def settings_hash(context: dg.AssetExecutionContext, place: Place) -> str:
    """Return one sha256 for the settings files as they were received, their names included."""
    return hashlib.sha256(repr(settings_inputs(context, place)).encode()).hexdigest()


def settings_inputs(context: dg.AssetExecutionContext, place: Place) -> list[dict[str, Any]]:
    """Return the settings files' lines of provenance, as a table's; they have no rows."""
    with kept_folder(context, place, "settings") as folder:
        files = {file.name: file.read_bytes() for file in sorted(folder.rglob("*.yaml"))}
    return [
        file_summary("settings", name, hashlib.sha256(content).hexdigest(), len(content))
        for name, content in files.items()
    ]


def file_summary(table: str, file: str, sha256: str, size: int) -> dict[str, Any]:
    """Return the line of provenance of a file that is no table."""
    line = {"table": table, "file": file, "sheet": "", "sha256": sha256, "bytes": size}
    return {**line, "rows": None, "accepted": None, "rejected": None}


def result(
    key: dg.AssetKey,
    value: Any,
    edition: Edition,
    metadata: Mapping[str, Any] | None = None,
    check_results: list[dg.AssetCheckResult] | None = None,
) -> dg.MaterializeResult[Any]:
    """Return a materialisation with what every one carries: rows, edition, the content hash as data version.

    No preview of rows: the store holds personal data, the event log must not.
    """
    rows = {"dagster/partition_row_count": len(value)} if isinstance(value, pd.DataFrame) else {}
    return dg.MaterializeResult(
        asset_key=key,
        value=value,
        metadata={**rows, **edition_metadata(edition), **(metadata or {})},
        data_version=dg.DataVersion(content_hash(value)),
        check_results=check_results,
    )


def edition_metadata(edition: Edition) -> dict[str, Any]:
    """Return the rulebook edition as metadata; a provisional one says so."""
    shown = {"edition": edition.year, "edition_fingerprint": edition.fingerprint}
    return {**shown, "edition_status": edition.status_note} if edition.status == "provisional" else shown


def kept_frames(
    context: dg.AssetExecutionContext, place: Place, keys: Mapping[str, dg.AssetKey]
) -> dict[str, pd.DataFrame]:
    """Return the frames of many assets of the partition, by the names given to them."""
    code, year = code_and_year(context)
    return {name: read_kept(place.store, key, code, year) for name, key in keys.items()}


def copied_rows(received: Received, findings: pd.DataFrame) -> pd.DataFrame:
    """Return the rows of a received table that have findings, for the workbook of findings."""
    if received.frame is None:
        return pd.DataFrame({"source_row": pd.Series([], dtype="int64")})
    origin = received.mapped.origin if received.mapped else None
    return rows_with_findings(received.frame, findings, received.table, origin=origin)


def stops_in(findings: pd.DataFrame) -> list[str]:
    """Return the stop findings in words."""
    stops = findings[findings["grade"] == "stop"]
    return [f"{row.finding_id}: {row.message}" for row in stops.itertuples()]


def refuse_if_stopped(stops: list[str], thing: str) -> None:
    """Raise before anything is written where stop findings (`stops_in`) stand against `thing`.

    A failed asset check would not do: it guards its own run alone, and a later run that selects only what
    lies downstream would go ahead on refused records.
    """
    if stops:
        more = f" (and {len(stops) - 5} more)" if len(stops) > 5 else ""
        raise dg.Failure(
            f"{thing} is withheld by {len(stops)} stop finding(s), and what was published stays as it is. "
            f"{'; '.join(stops[:5])}{more} Correct the landlord's files and run again.",
            allow_retries=False,
        )


def refuse_stopped_records(accepted: Iterable[pd.DataFrame], thing: str) -> None:
    """Raise where a table that `thing` is made from has a stop finding; other tables' do not matter here."""
    refuse_if_stopped([stop for frame in accepted for stop in frame.attrs["stops"]], thing)


def text_schema(columns: Iterable[str]) -> dg.TableSchema:
    """Return the columns of a table of our own making for its asset's page."""
    return dg.TableSchema(columns=[dg.TableColumn(name) for name in columns])


def column_schema(table: Table) -> dg.TableSchema:
    """Return a table's columns for the asset's page (in the definition alone, or names lose their case)."""
    return dg.TableSchema(
        columns=[
            dg.TableColumn(
                column.name,
                column.dtype,
                description=column.description,
                constraints=dg.TableColumnConstraints(nullable=not column.required),
            )
            for column in table.columns
        ]
    )


def sources_of(accepted: Iterable[pd.DataFrame], settings_sha256: str) -> dict[str, str]:
    """Return by which files (table → sha256) and settings something was computed."""
    files = {frame.attrs["table"]: (frame.attrs["input"] or {}).get("sha256", "") for frame in accepted}
    return {"settings": settings_sha256, **files}


def require_checked(frames: Iterable[pd.DataFrame], settings_sha256: str, current: Mapping[str, str]) -> None:
    """Raise where a records frame has a stop finding, or is not the one that the kept findings are about."""
    frames = list(frames)
    refuse_stopped_records(frames, "The return")
    require_same_sources(sources_of(frames, settings_sha256), current, "A records asset")


def require_same_sources(made_from: Mapping[str, str], current: Mapping[str, str], made: str) -> None:
    """Raise where `made` rests on other files than those that were checked last.

    A run of some assets alone must not mix a figure of yesterday's file with one of today's.
    """
    moved = sorted(name for name, sha256 in made_from.items() if current.get(name, "") != sha256)
    if moved:
        raise dg.Failure(
            f"{made} was made from another {', '.join(moved)} than the one checked last: materialise it "
            "and what follows it (or the whole return).",
            allow_retries=False,
        )
