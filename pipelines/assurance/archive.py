"""What a return was made of, kept by its hash, so that the return can be computed again years later.

`store/archive/CODE/<sha256>`: the files as they were received and the edition of the rules, each content
once, whatever returns share it. A return names its own in `provenance.kept`, which its approval covers, and
in its manifest. Here: keeping, laying out, and forgetting what no return names any more. Not here: computing
again (`reproduce`) and checking (`verify`).
"""

from __future__ import annotations

import json
import os
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from typing import Any

from pipelines.assurance.verify import ARCHIVE, MANIFEST, is_return, sha256

Kept = Mapping[str, Any]

RULEBOOK = "rulebook"  # as what an edition is kept; every other word is the name of what was received


def archive_of(store: Any, code: str) -> Any:
    """Return where a landlord's contents are kept in a store (a path, of a disk or a bucket)."""
    return store / ARCHIVE / code


def keep(archive: Any, received: str, files: Mapping[str, bytes]) -> list[dict[str, Any]]:
    """Keep files (name → content) in the archive; return a line for each, as a return names it."""
    lines = []
    for name, data in sorted(files.items()):
        digest = sha256(data)
        _put(archive, digest, data)
        lines.append({"received": received, "file": name, "sha256": digest, "bytes": len(data)})
    return lines


def _put(archive: Any, digest: str, data: bytes) -> None:
    place = archive / digest
    if place.exists() and sha256(place.read_bytes()) == digest:
        return
    archive.mkdir(parents=True, exist_ok=True)
    beside = archive / f".{digest}.{os.getpid()}"  # moved into place whole: a killed run leaves no half
    beside.write_bytes(data)
    beside.rename(place)


def read_kept(archive: Any, digest: str) -> tuple[bytes | None, str]:
    """Return the content of that hash; None and what is wrong with it where it is not what was kept."""
    place = archive / digest
    if not place.exists():
        return None, "is missing from the archive"
    data: bytes = place.read_bytes()
    return (data, "") if sha256(data) == digest else (None, "was altered in the archive")


def missing_from(archive: Any, kept: Iterable[Kept]) -> list[Kept]:
    """Return what a return names and the archive has not, as it was."""
    return [each for each in kept if read_kept(archive, each["sha256"])[0] is None]


def forget_unnamed(archive: Path, landlord: Path) -> None:
    """Remove from a landlord's archive what none of its published returns names; drafts leave much behind.

    `landlord` is its folder of returns. Nothing is removed where one of them cannot be read.
    """
    named = set()
    for folder in _returns_in(landlord):
        try:
            manifest = json.loads((folder / MANIFEST).read_bytes())
            named |= {each["sha256"] for each in manifest.get("kept", ())}
        except (OSError, ValueError, KeyError, TypeError, AttributeError):
            return
    for each in archive.iterdir() if archive.exists() else ():
        if each.name not in named:
            each.unlink()


def _returns_in(landlord: Path) -> list[Path]:
    """Return the folder of each return, revisions and those a killed run left aside among them."""
    years = [each for each in landlord.iterdir() if each.is_dir()]
    return [each for year in years for each in (year, *year.iterdir()) if each.is_dir() and is_return(each)]


def lay_out(archive: Any, kept: Sequence[Kept], folder: Path) -> list[tuple[Kept, str]]:
    """Put what was received in `folder` as it lay then; return what could not be, each with why.

    A file that was received twice, as settings and with a table, lies there once.
    """
    lacking: list[tuple[Kept, str]] = []
    laid: dict[str, str] = {}
    for each in kept:
        if each["received"] == RULEBOOK:
            continue
        digest = laid.setdefault(each["file"], each["sha256"])
        if digest != each["sha256"]:
            lacking.append((each, "was received with two contents"))
            continue
        data, wrong = read_kept(archive, digest)
        if data is None:
            lacking.append((each, wrong))
            continue
        place = folder / each["file"]
        if not place.resolve().is_relative_to(folder.resolve()):
            lacking.append((each, "has a name that leads out of the folder"))
            continue
        place.parent.mkdir(parents=True, exist_ok=True)
        place.write_bytes(data)
    return lacking
