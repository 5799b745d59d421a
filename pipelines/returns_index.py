"""`returns/index.html`: written again after whatever changes how a return stands.

Here: one writer at a time, all or nothing. Not here: what is read (pipelines.assurance.overview) and how it
is shown (pipelines.publications.index).
"""

from __future__ import annotations

import fcntl
import logging
import os
from importlib.metadata import version
from pathlib import Path

from pipelines.assurance.overview import Known, overview
from pipelines.publications.index import index_html
from schemas.errors import InputError

NAME = "index.html"
_KNOWN = ".index.json"  # hidden: it is nobody's to read, and may be deleted at any time
log = logging.getLogger("tsm")


def write_index(home: Path, *, afresh: bool = False) -> Path:
    """Write the index of a home; return its place. `afresh`: trust nothing that was read before.

    Raises InputError where it cannot be written.
    """
    home = home.resolve()
    returns = home / "returns"
    try:
        returns.mkdir(parents=True, exist_ok=True)
        handle = os.open(returns, os.O_RDONLY | os.O_DIRECTORY)
        try:
            # Whoever comes second reads what the first has published: the last index has everything.
            fcntl.flock(handle, fcntl.LOCK_EX)
            software = version("tsm-pipeline")
            known = Known(software) if afresh else Known.load(returns / _KNOWN, software)
            page = index_html(overview(home, known))
            _replace(returns / _KNOWN, known.dump())
            _replace(returns / NAME, page)
        finally:
            os.close(handle)
    except OSError as error:
        raise InputError(f"{returns / NAME} cannot be written: {error.strerror}.") from error
    return returns / NAME


def refresh_index(home: Path) -> None:
    """Write the index after something else was done: that stays done where the index cannot be written."""
    try:
        write_index(home)
    except InputError as error:
        log.warning("%s `tsm index` writes it again.", error)


def _replace(file: Path, content: bytes) -> None:
    fresh = file.with_name(f".{file.name}.{os.getpid()}")
    try:
        fresh.write_bytes(content)
        fresh.replace(file)
    finally:
        fresh.unlink(missing_ok=True)
