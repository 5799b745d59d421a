"""Putting a finished return where people look for it: everything at once, or nothing.

A return that was filed is never written again: what is made after it becomes a numbered revision in
`YEAR.revisions/2`, `3`… beside it.
"""

from __future__ import annotations

import os
import shutil
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from pipelines.assurance.acts import FILE, Act, of_kind, read_acts, writing
from pipelines.assurance.verify import (
    ACTS,
    RETURN,
    Log,
    parse,
    return_sha256,
    revision_folder,
    revisions_of,
)
from pipelines.statutory.confirmations import remembered
from schemas.errors import InputError

folder_of = revision_folder


@dataclass(frozen=True)
class Spot:
    """Where a return goes: its folder, its number (1, or of a revision), and whether it is there, filed."""

    folder: Path
    number: int
    filed: bool


def publish(files: Mapping[str, bytes], folder: Path) -> None:
    """Replace `folder` by one that holds `files` (relative name → content).

    The new folder is written whole beside the old one and then takes its place; whatever fails before that
    leaves the last good return untouched. A process killed between the two renames leaves the last good
    return under the name that `recover` looks for.
    """
    folder.parent.mkdir(parents=True, exist_ok=True)
    recover(folder)
    fresh = folder.with_name(f".{folder.name}.new.{os.getpid()}")
    _remove(fresh)
    try:
        for name, content in files.items():
            target = fresh / name
            target.parent.mkdir(parents=True, exist_ok=True)
            target.write_bytes(content)
        last = _last_good(folder)
        _remove(last)
        if folder.exists():
            folder.rename(last)
        fresh.rename(folder)
        _remove(last)
    except BaseException:
        _remove(fresh)
        recover(folder)
        raise


def recover(folder: Path) -> None:
    """Put the last good return back where a killed process left none in its place."""
    last = _last_good(folder)
    if last.exists() and not folder.exists():
        last.rename(folder)


def spot_for(year_folder: Path, log: Log, digest: str) -> Spot:
    """Return where a return whose hash is `digest` goes.

    Before filing that is the year's folder. After it, the same return stays where it is, and any other one
    becomes the next revision: nothing that was made after filing is replaced by something else.
    """
    number = newest(year_folder, log)
    folder = folder_of(year_folder, number)
    recover(folder)
    filed = is_filed(log, number)
    if last_filed(log) is None:
        _require_its_log(folder, log)
        return Spot(folder, number, filed=False)
    if return_sha256(read_document(folder)) == digest:
        return Spot(folder, number, filed)
    return Spot(folder_of(year_folder, number + 1), number + 1, filed=False)


def publish_return(files: Mapping[str, bytes], year_folder: Path, log: Log, spot: Spot, digest: str) -> None:
    """Publish a return in its spot, unless somebody acted on it while its pages were made.

    `log` is the log that the pages were made with, `digest` the return's hash.
    """
    with writing(year_folder) as writer:
        if writer.log.data != log.data or spot_for(year_folder, writer.log, digest) != spot:
            raise InputError(
                f"Somebody confirmed, approved, filed or published {year_folder.parent.name} "
                f"{year_folder.name} while these pages were made: run again."
            )
        if spot.filed:
            raise InputError(f"{spot.folder} was filed: it is never written again.")
        publish(files, spot.folder)


def newest(year_folder: Path, log: Log) -> int:
    """Return the number of the newest return of a year: 1, or of the last revision."""
    folder = revisions_of(year_folder)
    names = [each.name for each in folder.iterdir()] if folder.is_dir() else []
    made = [int(name) for name in names if name.isascii() and name.isdecimal()]
    filed = [act["revision"] for act in of_kind(log, FILE)]
    return max([1, *made, *filed]) if filed else 1


def shown(year_folder: Path, number: int | None = None) -> tuple[int, Path]:
    """Return the number and the folder of the return to show: revision `number`, without one the newest."""
    number = newest(year_folder, read_acts(year_folder)) if number is None else number
    folder = folder_of(year_folder, number)
    if number > 1 and not folder.is_dir():
        code, year = year_folder.parent.name, year_folder.name
        raise InputError(f"There is no revision {number} of the return of {code} for {year}.")
    return number, folder


def is_filed(log: Log, number: int) -> bool:
    """Whether the return of that number was filed."""
    return any(act["revision"] == number for act in of_kind(log, FILE))


def last_filed(log: Log) -> Act | None:
    """Return the last filing; None before there is one."""
    filings = of_kind(log, FILE)
    return filings[-1] if filings else None


def in_force(year_folder: Path, log: Log) -> Path:
    """Return the folder of the return that counts: the one filed last, else the year's own."""
    act = last_filed(log)
    return folder_of(year_folder, 1 if act is None else act["revision"])


def read_document(folder: Path) -> dict[str, Any]:
    """Return the return document published in a folder."""
    try:
        document: dict[str, Any] = parse((folder / RETURN).read_bytes())
    except (OSError, ValueError) as error:
        raise InputError(
            f"{folder / RETURN} is not there or cannot be read: put {folder} back from a backup "
            "(`tsm verify` names what is not as it was)."
        ) from error
    return document


def confirmed_before(year_folder: Path, log: Log) -> list[dict[str, Any]]:
    """Return what year.yaml's confirmations answered in the newest published return; none without one.

    None, too, of one whose document cannot be read: a run must be able to put that right.
    """
    try:
        document = parse((folder_of(year_folder, newest(year_folder, log)) / RETURN).read_bytes())
        return remembered(document["confirmations"])
    except (OSError, ValueError, KeyError, TypeError):
        return []


def files_in(folder: Path) -> dict[str, bytes]:
    """Return the files of a published return: relative name → content."""
    return {
        file.relative_to(folder).as_posix(): file.read_bytes()
        for file in sorted(folder.rglob("*"))
        if file.is_file()
    }


def _require_its_log(folder: Path, log: Log) -> None:
    """Raise where a return was published with a log that is gone: whether it was filed nobody can know."""
    copy = folder / ACTS
    if copy.is_file() and not log.data.startswith(copy.read_bytes()):
        raise InputError(
            f"The log of acts beside {folder} is not the one that this return was published with: put it "
            "back from a backup before the return is made again (`tsm verify` says more)."
        )


def _last_good(folder: Path) -> Path:
    return folder.with_name(f".{folder.name}.last")


def _remove(folder: Path) -> None:
    if folder.exists():
        shutil.rmtree(folder)
