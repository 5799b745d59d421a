"""Dagster's record of a run, kept in SQLite with less work.

Dagster opens a database for each of the several thousand times that a run writes or reads its record, and
compiles its statements anew each time: a third of a small landlord's run. Here: one engine an address, whose
connection stays open. Not here: where the record lies and what goes into it (pipelines.instance).
"""

from __future__ import annotations

import atexit
import os
from threading import Lock
from typing import Any

from dagster._core.storage.event_log.sqlite import sqlite_event_log
from dagster._core.storage.runs.sqlite import sqlite_run_storage
from sqlalchemy import create_engine, event
from sqlalchemy.engine import Engine

_MOST = 16  # a run has a database of its own: a web server that shows many lets go of the oldest
_engines: dict[str, Engine] = {}
_of_the_parent: list[Engine] = []
_lock = Lock()


def reuse_engines() -> None:
    """Let Dagster's SQLite storage use one engine an address, in this process.

    Dagster has no setting for it, so the name is replaced in the modules that call it (they are pinned).
    KeyError where they no longer do.
    """
    for module in (sqlite_event_log, sqlite_run_storage):
        vars(module)["create_engine"]
        setattr(module, "create_engine", engine_of)  # noqa: B010 (mypy knows the module's own)


def engine_of(address: str, connect_args: dict[str, Any] | None = None, **_: Any) -> Engine:
    """Return the engine of an address, made when it is first asked for.

    Dagster asks for one that closes each connection and disposes of it after use; here both wait until the
    process ends, or until `_MOST` others have been asked for since.
    """
    with _lock:
        engine = _engines.pop(address, None)
        if engine is None:
            engine = create_engine(address, pool_size=1, connect_args=connect_args or {})
            event.listen(engine, "connect", _sync_at_checkpoints)
            engine.dispose = lambda close=True: None  # type: ignore[method-assign]
        _engines[address] = engine  # the one asked for last is let go of last
        if len(_engines) > _MOST:
            _let_go(next(iter(_engines)))
    return engine


def _let_go(address: str) -> None:
    Engine.dispose(_engines.pop(address))


def _let_all_go() -> None:
    for address in [*_engines]:
        _let_go(address)


def _sync_at_checkpoints(connection: Any, _: object) -> None:
    """Let SQLite wait for the disk at its checkpoints, not at each of the thousand events of a run.

    In the write-ahead mode that Dagster sets, a crash can then lose the last events, never harm the record.
    """
    connection.execute("PRAGMA synchronous = NORMAL").close()


def _leave_to_the_parent() -> None:
    """In a forked process, neither use nor close what was opened before: SQLite forbids both."""
    _of_the_parent.extend(_engines.values())
    _engines.clear()


atexit.register(_let_all_go)
os.register_at_fork(after_in_child=_leave_to_the_parent)
