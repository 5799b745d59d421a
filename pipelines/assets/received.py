"""What the landlord sent, kept byte for byte with its hash: where the lineage of every figure begins.

Here: copying files into the store. Not here: reading them (pipelines.intake, in the `records` assets).
"""

import hashlib
from collections.abc import Iterator, Mapping
from contextlib import suppress
from pathlib import Path
from typing import Any

import dagster as dg
from upath import UPath

from pipelines.assurance.acts import confirmation_lines, read_acts, today
from pipelines.assurance.release import confirmed_before, in_force, last_filed
from pipelines.assurance.verify import ACTS, RETURN
from pipelines.intake.corrections import FILE as CORRECTIONS
from pipelines.intake.corrections import load_corrections
from pipelines.intake.received import table_files
from pipelines.intake.settings import load_landlord, load_year, refuse_confirmations_to_come
from pipelines.intake.sources import FILE as SOURCES
from pipelines.partitions import code_and_year
from pipelines.storage import json_bytes
from schemas.errors import InputError
from schemas.rulebook import load_edition
from schemas.tables import TABLES

from .common import (
    ACTS_KEY,
    CODE_VERSION,
    CONFIRMATIONS_KEY,
    CONFIRMED_BEFORE,
    OWNERS,
    PERSONAL,
    SETTINGS_KEY,
    TAGS,
    Place,
    edition_metadata,
)
from .previous import BENCHMARKS_KEY, PREVIOUS_KEY, benchmark_files, previous_files

GROUP = "received"
_PREVIOUS = (
    "Last year, to compare this year with: the file that year.yaml names under previous_figures, else the "
    "figures.csv that was published here for the year before; and the return of that year as it is approved."
)
_BENCHMARKS = (
    "The nation's landlords, to compare the figures with: those imported with `tsm benchmarks import`, where "
    "they are as new as the table that is shipped; nothing otherwise."
)
_SETTINGS = (
    "landlord.yaml and year.yaml, sources.yaml and corrections.yaml if there are any, as they were written; "
    "with them the logo and the questionnaires that they name."
)


_CONFIRMATIONS = (
    "The findings confirmed with `tsm confirm`: those lines of the log of acts, as they are; and what the "
    "confirmations of year.yaml answered in the return published before."
)
_ACTS = (
    "The log of acts (confirmed, approved, filed) and, once filed, the return as it was filed: with them the "
    "pages say how the return stands. No figure is made from them."
)


def received_key(table: str) -> dg.AssetKey:
    """Return the key of a table's file as it was received."""
    return dg.AssetKey([GROUP, table])


def build_received(partitions: dg.PartitionsDefinition) -> dg.AssetsDefinition:
    """Return the assets of everything received: one a table, the settings files, what is compared with."""

    def spec(key: dg.AssetKey, description: str, tags: dict[str, str]) -> dg.AssetSpec:
        return dg.AssetSpec(
            key,
            description=description,
            group_name=GROUP,
            owners=OWNERS,
            tags=tags,
            kinds={"file"},
            code_version=CODE_VERSION,
            skippable=True,
        )

    specs = [
        spec(SETTINGS_KEY, _SETTINGS, TAGS),
        spec(PREVIOUS_KEY, _PREVIOUS, TAGS),
        spec(BENCHMARKS_KEY, _BENCHMARKS, TAGS),
        spec(CONFIRMATIONS_KEY, _CONFIRMATIONS, TAGS),
        spec(ACTS_KEY, _ACTS, TAGS),
        *(
            spec(
                received_key(name),
                f"The file of the {name} table, byte for byte. {table.description}",
                PERSONAL,
            )
            for name, table in TABLES.items()
        ),
    ]

    @dg.multi_asset(name="received", specs=specs, partitions_def=partitions, can_subset=True)
    def received(context: dg.AssetExecutionContext, place: Place) -> Iterator[dg.MaterializeResult[Any]]:
        code, year = code_and_year(context)
        own = place.landlord_folder(code)
        if not (own / year).is_dir():
            raise InputError(f"There is no folder {own / year}: make one with `tsm init {code} {year}`.")
        for key in sorted(context.selected_asset_keys):
            name = key.path[-1]
            files: Mapping[str, Path | bytes]
            if key in (CONFIRMATIONS_KEY, ACTS_KEY):
                files = acts_files(place, code, year)[name]
            elif key == PREVIOUS_KEY:
                files = previous_files(place, code, year)
            elif key == BENCHMARKS_KEY:
                files = benchmark_files(place, year)
            else:
                settings = key == SETTINGS_KEY
                if settings:
                    refuse_confirmations_to_come(own / year, today())
                mine = settings_files(own, year) if settings else _files_of(own / year, name)
                mine += enclosed_files(own, year) if settings else []
                files = {str(file.relative_to(own.parent)): file for file in mine}
            hashes = _keep(files, place.received(name, code, year))
            yield dg.MaterializeResult(
                asset_key=key,
                metadata={
                    "files": {file: f"sha256 {digest}" for file, digest in hashes.items()},
                    **edition_metadata(load_edition(year)),
                },
                data_version=dg.DataVersion(_together(hashes)),
            )

    return received


def _files_of(year_folder: Path, table: str) -> list[Path]:
    """Return every file that says what a table is: its own, sources.yaml and corrections.yaml among them."""
    files = table_files(year_folder, table)
    corrected = any(each.table == table for each in load_corrections(year_folder))
    return [*files, year_folder / CORRECTIONS] if corrected else files


def acts_files(place: Place, code: str, year: str) -> dict[str, dict[str, Path | bytes]]:
    """Return what is kept of the log of acts: by asset's name, content by file name; none before an act."""
    log = read_acts(place.returns(code, year))
    lines = confirmation_lines(log)
    confirmed: dict[str, Path | bytes] = {ACTS: lines} if lines else {}
    if before := confirmed_before(place.returns(code, year), log):
        confirmed[CONFIRMED_BEFORE] = json_bytes(before)
    acts: dict[str, Path | bytes] = {ACTS: log.data} if log.data else {}
    if last_filed(log) is not None:
        acts[f"filed/{RETURN}"] = in_force(place.returns(code, year), log) / RETURN
    return {"confirmations": confirmed, "acts": acts}


def settings_files(landlord_folder: Path, year: str) -> list[Path]:
    """Return the settings files that are there; what is missing is said where they are read.

    Those that say how files are read and corrected are among them: a change of one is a change of all that is
    made from the tables.
    """
    own = landlord_folder / year
    files = [landlord_folder / "landlord.yaml", own / "year.yaml", own / SOURCES, own / CORRECTIONS]
    return [file for file in files if file.exists()]


def enclosed_files(landlord_folder: Path, year: str) -> list[Path]:
    """Return the files that the settings name and that are there: the logo, the questionnaires."""
    own = landlord_folder / year
    named: list[Path] = []
    with suppress(InputError):  # what is wrong with the settings is said where they are read
        look = load_landlord(landlord_folder).branding
        named += [landlord_folder / look.logo] if look and look.logo else []
        plans = load_year(own).survey.values()
        named += [own / plan.questionnaire for plan in plans if plan.questionnaire]
    return [file for file in dict.fromkeys(named) if file.is_file()]


def _keep(files: Mapping[str, Path | bytes], kept: UPath) -> dict[str, str]:
    """Make `kept` hold exactly `files` (name in it → file); return each one's name and sha256."""
    for file in files.values():
        if isinstance(file, Path) and (file.is_symlink() or not file.is_file()):
            raise InputError(f"{file} is a link, a folder or a device: put the file itself in its place.")
    content = {name: file.read_bytes() if isinstance(file, Path) else file for name, file in files.items()}
    if kept.exists():
        kept.fs.rm(kept.path, recursive=True)
    for name, data in content.items():
        (kept / name).parent.mkdir(parents=True, exist_ok=True)
        (kept / name).write_bytes(data)
    return {name: hashlib.sha256(data).hexdigest() for name, data in content.items()}


def _together(hashes: dict[str, str]) -> str:
    if len(hashes) == 1:
        return next(iter(hashes.values()))
    return hashlib.sha256(repr(sorted(hashes.items())).encode()).hexdigest()
