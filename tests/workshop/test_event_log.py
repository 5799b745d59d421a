"""Dagster's record of runs keeps its databases open."""

from __future__ import annotations

import os
import sqlite3
from pathlib import Path

import pytest
from dagster import DagsterInstance
from sqlalchemy import text
from sqlalchemy.pool import NullPool

from pipelines import event_log
from pipelines.event_log import engine_of, reuse_engines
from pipelines.instance import ensure_instance


@pytest.fixture
def address(tmp_path: Path) -> str:
    return f"sqlite:///{tmp_path / 'a.db'}"


def test_an_address_has_one_engine_whose_connection_stays_open(address: str) -> None:
    engine = engine_of(address, poolclass=NullPool, connect_args={"timeout": 9})
    with engine.begin() as first:
        first.execute(text("create table t (n integer)"))
        opened = first.connection.dbapi_connection
        assert first.execute(text("pragma synchronous")).scalar_one() == 1  # NORMAL
    engine.dispose()
    again = engine_of(address, poolclass=NullPool)
    assert again is engine
    with again.connect() as second:
        assert second.connection.dbapi_connection is opened


def test_of_many_the_oldest_are_let_go(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(event_log, "_engines", {})
    monkeypatch.setattr(event_log, "_MOST", 2)
    engines = [engine_of(f"sqlite:///{tmp_path / name}.db") for name in "aba"]
    with engines[1].connect() as connection:
        opened = connection.connection.dbapi_connection
    assert engines[0] is engines[2]
    engine_of(f"sqlite:///{tmp_path / 'c.db'}")
    assert [address[-4] for address in event_log._engines] == ["a", "c"]
    with pytest.raises(sqlite3.ProgrammingError, match="closed"):
        opened.execute("select 1")
    event_log._let_all_go()
    assert event_log._engines == {}


def test_a_forked_process_opens_its_own(address: str) -> None:
    mine = engine_of(address)
    child = os.fork()
    if child == 0:
        os._exit(0 if engine_of(address) is not mine else 1)
    assert os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]) == 0
    assert engine_of(address) is mine


def test_dagster_asks_for_these(tmp_path: Path) -> None:
    reuse_engines()
    with DagsterInstance.from_config(str(ensure_instance(tmp_path))) as instance:
        assert list(instance.get_runs()) == []
        assert list(instance.all_logs("a-run")) == []
    kept = {address.rpartition("/")[2] for address in event_log._engines if str(tmp_path) in address}
    assert kept == {"runs.db", "index.db", "a-run.db"}
