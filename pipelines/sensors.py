"""The sensor that watches the landlords' folders: changed files start the run of their partition, once.

Here: noticing. Not here: what a run does (pipelines.definitions). It works while `tsm watch` (Dagster's
daemon) runs.
"""

from __future__ import annotations

import hashlib
import json
from collections import Counter
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import dagster as dg

from pipelines.intake import READABLE
from pipelines.partitions import partition_key
from schemas.rulebook import editions

NAME = "landlord_files"
SECONDS = 30
_READ = READABLE | {".yaml"}
_COMPARED_WITH = ("previous_figures", "previous_return", "benchmarks")

# What is remembered of a partition: a glance at its files (names, sizes, times), the hash of their content
# when the glance was last the same twice, and the hash that a run was last asked for.
Remembered = dict[str, str]


@dataclass(frozen=True)
class Changes:
    """What one look at the folders found: whom to run, with which files; what to remember; what to say."""

    runs: Mapping[tuple[str, str], str]
    remembered: Mapping[str, Remembered]
    settling: tuple[str, ...]


def look(home: Path, before: Mapping[str, Remembered]) -> Changes:
    """Return which landlords' years have other content than when a run was last asked for.

    A folder is judged once its files look the same twice in a row: an upload may still be under way. One that
    is seen for the first time runs, unless the return that lies there was made of the same files.
    """
    runs: dict[tuple[str, str], str] = {}
    after: dict[str, Remembered] = {}
    settling = []
    for code, year, files in _folders(home):
        name = f"{code}/{year}"
        known = before.get(name, {})
        glance = _glance(files)
        asked, content = known.get("asked", ""), known.get("content", "")
        if known.get("glance") != glance:
            after[name] = {"glance": glance, "content": "", "asked": asked}
            settling.append(name)
            continue
        content = content or _content(files)
        if content != asked:
            if asked or not _made_of(home / "returns" / code / year / "manifest.json", files):
                runs[code, year] = content
            asked = content
        after[name] = {"glance": glance, "content": content, "asked": asked}
    return Changes(runs, after, tuple(settling))


def _folders(home: Path) -> Iterator[tuple[str, str, list[Path]]]:
    """Yield each landlord's year that can be run: code, year, and its files with those of the landlord."""
    for settings in sorted((home / "landlords").glob("*/landlord.yaml")):
        beside = [each for each in settings.parent.iterdir() if each.is_file() and not each.is_symlink()]
        for year in editions():
            folder = settings.parent / year
            if (folder / "year.yaml").is_file():
                found = (each for each in folder.rglob("*") if each.is_file() and not each.is_symlink())
                yield settings.parent.name, year, [*sorted(beside), *sorted(found)]


def _glance(files: list[Path]) -> str:
    """Return a hash of names, sizes and times: cheap, for files that nobody has touched."""
    seen = [(str(file), file.stat().st_size, file.stat().st_mtime_ns) for file in files]
    return hashlib.sha256(repr(seen).encode()).hexdigest()


def _content(files: list[Path]) -> str:
    """Return a hash of names and contents."""
    together = hashlib.sha256()
    for file in files:
        together.update(f"{file.name}\0{_sha256(file)}\n".encode())
    return together.hexdigest()


def _sha256(file: Path) -> str:
    with file.open("rb") as stream:
        return hashlib.file_digest(stream, "sha256").hexdigest()


def _made_of(manifest: Path, files: list[Path]) -> bool:
    """Whether a return was made of these files: none is gone or another, and no table could be in one more.

    What it is compared with may be none of the landlord's files: last year's return, the nation's figures.
    """
    if not manifest.is_file():
        return False
    inputs = json.loads(manifest.read_bytes())["inputs"]
    made_of = Counter(each["sha256"] for each in inputs if each["table"] not in _COMPARED_WITH)
    contents = {file: _sha256(file) for file in files}
    # Counted, as a second copy of a table's file is a second file for the table.
    could_be_read = Counter(contents[file] for file in files if file.suffix.lower() in _READ)
    return made_of.keys() <= {*contents.values()} and could_be_read <= made_of


def build_sensor(home: Path, job_name: str) -> dg.SensorDefinition:
    """Return the sensor of one home."""

    @dg.sensor(
        name=NAME,
        job_name=job_name,
        minimum_interval_seconds=SECONDS,
        default_status=dg.DefaultSensorStatus.RUNNING,
        description="Makes a landlord's return again when the content of a file in its folder has changed.",
    )
    def landlord_files(context: dg.SensorEvaluationContext) -> dg.SensorResult | dg.SkipReason:
        remembered: dict[str, Any] = json.loads(context.cursor) if context.cursor else {}
        changes = look(home, remembered)
        requests = [
            dg.RunRequest(
                # The same content never runs twice, however often it is seen.
                run_key=f"{code}/{year}/{content}",
                partition_key=partition_key(code, year),
                tags={"tsm/files": content[:12]},
            )
            for (code, year), content in changes.runs.items()
        ]
        for code, year in changes.runs:
            context.log.info("The files of %s for %s have changed: its return is made again.", code, year)
        context.update_cursor(json.dumps(changes.remembered))
        if not requests:
            waiting = f" Still arriving: {', '.join(changes.settling)}." if changes.settling else ""
            return dg.SkipReason(f"No landlord's files have changed.{waiting}")
        return dg.SensorResult(run_requests=requests)

    return landlord_files
