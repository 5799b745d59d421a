"""Putting a finished return where people look for it: everything at once, or nothing."""

from __future__ import annotations

import os
import shutil
from collections.abc import Mapping
from pathlib import Path


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


def _last_good(folder: Path) -> Path:
    return folder.with_name(f".{folder.name}.last")


def _remove(folder: Path) -> None:
    if folder.exists():
        shutil.rmtree(folder)
