"""A table from a database: what is read, what is refused, and that no address is ever shown."""

from __future__ import annotations

import datetime as dt
import hashlib
import json
import logging
import sqlite3
import sys
import traceback
import tracemalloc
from collections.abc import Callable, Iterator
from dataclasses import replace
from decimal import Decimal
from pathlib import Path
from types import SimpleNamespace
from typing import Any
from uuid import UUID

import pandas as pd
import pytest

from pipelines.intake import receive, sql_source
from pipelines.intake.received import rows_file
from pipelines.intake.sheet import Refused
from pipelines.intake.sql_source import SqlRead, SqlRefused, SqlSource, kept_rows, read_sql, rows_as_kept
from pipelines.intake.sql_text import why_not_one_select
from schemas.outputs import FINDING_COLUMNS
from schemas.tables import TABLES, Effect, Grade
from schemas.tables.sql_rules import BY_NUMBER, SQL_RULES
from tests.intake import postgres
from tests.intake.support import CLEAN, write_csv

REPAIRS = TABLES["repairs"]
VARIABLE = "TSM_TEST_DATABASE"
Environment = pytest.MonkeyPatch


def read(query: str, **limits: int) -> SqlRead:
    return read_sql(SqlSource(VARIABLE, query, **limits), REPAIRS)


def refusal(query: str, **limits: int) -> SqlRefused:
    with pytest.raises(SqlRefused) as caught:
        read(query, **limits)
    return caught.value


def cells(query: str) -> dict[str, str]:
    """The one row of a query by its headings."""
    found = read(query)
    assert found.rows == 1
    return dict(zip(found.sheet.headings, found.sheet.cells.iloc[0], strict=True))


@pytest.fixture
def jobs(tmp_path: Path, monkeypatch: Environment) -> Path:
    """A SQLite file with three jobs, and its address in the environment."""
    path = tmp_path / "jobs.db"
    connection = sqlite3.connect(path)
    with connection:
        connection.execute("create table jobs (repair_id text, cost numeric, done text, urgent boolean)")
        rows = [("R2", 12.5, "2024-05-02", 1), ("R1", 10, None, 0), ("R10", None, "2024-05-03 14:05", 1)]
        connection.executemany("insert into jobs values (?, ?, ?, ?)", rows)
    connection.close()
    monkeypatch.setenv(VARIABLE, f"sqlite:///{path}")
    return path


@pytest.fixture(scope="module")
def server() -> Iterator[postgres.Server]:
    running = postgres.server()
    try:
        started = running.__enter__()
    except postgres.CannotStartError as reason:
        pytest.skip(f"no PostgreSQL: {reason}")
    yield started
    running.__exit__(None, None, None)


@pytest.fixture
def pg(server: postgres.Server, monkeypatch: Environment) -> postgres.Server:
    monkeypatch.setenv(VARIABLE, server.url())
    return server


# ---------------------------------------------------------------------------------------------- what is read


def test_rows_become_a_sheet_of_text_in_the_order_of_their_cells(jobs: Path) -> None:
    found = read("select repair_id, cost, done, urgent from jobs")

    assert found.sheet.headings == ["repair_id", "cost", "done", "urgent"]
    assert found.sheet.cells.to_numpy().tolist() == [
        ["R1", "10", "", "0"],
        ["R10", "", "2024-05-03 14:05", "1"],
        ["R2", "12.5", "2024-05-02", "1"],
    ]
    assert list(found.sheet.rows) == [1, 2, 3]
    assert all(kind == "str" for kind in found.sheet.cells.dtypes)
    assert (found.rows, found.dialect) == (3, "sqlite")
    assert found.query == "select repair_id, cost, done, urgent from jobs"


def test_what_a_query_gave_is_kept_and_read_again(jobs: Path) -> None:
    query = "select repair_id, done, cost from jobs"
    found = read_sql(SqlSource(VARIABLE, query), REPAIRS)
    again = kept_rows(rows_as_kept(found))
    assert again.sheet.headings == found.sheet.headings
    pd.testing.assert_frame_equal(again.sheet.cells, found.sheet.cells)
    assert again.sheet.rows.tolist() == found.sheet.rows.tolist()
    assert replace(again, sheet=found.sheet) == found


def test_a_query_may_end_in_a_semicolon_and_hold_percent_signs_and_colons(jobs: Path) -> None:
    assert read("select repair_id from jobs where repair_id like 'R1%' and done <> ':x'; -- done").rows == 1
    assert read("with found as (select * from jobs) select repair_id from found").rows == 3


def test_a_query_without_rows_gives_its_headings(jobs: Path) -> None:
    found = read("select repair_id, done from jobs where 1 = 0")

    assert found.sheet.cells.shape == (0, 2)
    assert found.rows == 0


def test_the_order_in_which_the_database_gives_rows_changes_nothing(jobs: Path) -> None:
    one = read("select repair_id, done from jobs order by repair_id")
    other = read("select repair_id, done from jobs order by cost desc")

    assert one.sha256 == other.sha256
    pd.testing.assert_frame_equal(one.sheet.cells, other.sheet.cells)


@pytest.mark.parametrize(
    "other",
    [
        "select repair_id, done || ' ' as done from jobs",
        "select repair_id, done as finished from jobs",
        "select done, repair_id from jobs",
        "select repair_id, done from jobs union all select repair_id, done from jobs where cost = 10",
        "select repair_id, done from jobs where cost > 0",
        "select repair_id || '\t' as repair_id, done from jobs",
    ],
)
def test_any_other_cell_heading_or_row_changes_the_hash(jobs: Path, other: str) -> None:
    assert read("select repair_id, done from jobs").sha256 != read(other).sha256


def test_the_hash_can_be_worked_out_by_hand(jobs: Path) -> None:
    found = read("select 'a\tb' as x, 'c\\d' as y union all select 'e\nf', char(13) || 'é'")

    lines = "x\ty\na\\tb\tc\\\\d\ne\\nf\t\\ré\n"
    assert found.sha256 == hashlib.sha256(lines.encode()).hexdigest()
    assert found.size == len(lines.encode())


@pytest.mark.parametrize(
    ("value", "text"),
    [
        (None, ""),
        ("", ""),
        (" as it is ", " as it is "),
        (True, "yes"),
        (False, "no"),
        (7, "7"),
        (7.0, "7"),
        (0.1, "0.1"),
        (1e22, "10000000000000000000000"),
        (float("nan"), ""),
        (float("-inf"), "-inf"),
        (Decimal("1.500"), "1.5"),
        (Decimal("1E+3"), "1000"),
        (Decimal("-0.00"), "0"),
        (Decimal("1234567890123456789012345678901234.567890"), "1234567890123456789012345678901234.56789"),
        (Decimal("NaN"), ""),
        (Decimal("Infinity"), "inf"),
        (dt.date(2025, 3, 31), "2025-03-31"),
        (dt.datetime(2025, 3, 31), "2025-03-31"),  # noqa: DTZ001 (as databases give it)
        (dt.datetime(2025, 3, 31, 14, 5), "2025-03-31T14:05:00"),  # noqa: DTZ001
        (dt.datetime(2025, 3, 31, 23, 30, tzinfo=dt.UTC), "2025-04-01T00:30:00"),
        (dt.datetime(2025, 3, 30, 23, 0, tzinfo=dt.UTC), "2025-03-31"),
        (dt.datetime.min.replace(tzinfo=dt.UTC), "0001-01-01T00:00:00+00:00"),
        (dt.time(14, 5), "14:05:00"),
        (dt.timedelta(days=1, hours=2), "1 day, 2:00:00"),
        (UUID(int=1), "00000000-0000-0000-0000-000000000001"),
        (b"\xde\xad", "\\xdead"),
        (memoryview(b"\x00"), "\\x00"),
        (["a", None, Decimal("1.10"), dt.date(2025, 1, 2)], '["a", null, "1.1", "2025-01-02"]'),
        ({"b": "é"}, '{"b": "é"}'),
        ({"y", "x"}, '["x", "y"]'),
    ],
)
def test_a_value_is_written_by_what_it_is(value: Any, text: str) -> None:
    assert list(sql_source._texts([value])) == [text]
    assert list(sql_source._texts([value, "mixed"])) == [text, "mixed"]


# ----------------------------------------------------------------------------------------------------- rules


def _no_variable(monkeypatch: Environment, path: Path) -> SqlRefused:
    monkeypatch.setenv(VARIABLE, " ")
    return refusal("select 1 as a")


def _no_such_kind(monkeypatch: Environment, path: Path) -> SqlRefused:
    monkeypatch.setenv(VARIABLE, "housing://user:secret@server/jobs")
    return refusal("select 1 as a")


def _no_driver(monkeypatch: Environment, path: Path) -> SqlRefused:
    monkeypatch.setitem(sys.modules, "pymysql", None)
    monkeypatch.setenv(VARIABLE, "mysql+pymysql://user:secret@server/jobs")
    return refusal("select 1 as a")


def _no_file(monkeypatch: Environment, path: Path) -> SqlRefused:
    monkeypatch.setenv(VARIABLE, f"sqlite:///{path.with_name('other.db')}")
    refused = refusal("select 1 as a")
    assert not path.with_name("other.db").exists(), "SQLite would have made it"
    return refused


def _query(text: str, **limits: int) -> Callable[[Environment, Path], SqlRefused]:
    return lambda monkeypatch, path: refusal(text, **limits)


def _no_columns(monkeypatch: Environment, path: Path) -> SqlRefused:
    monkeypatch.setattr(sql_source, "why_not_one_select", lambda *_: "")
    return refusal("savepoint here")


def _of_no_kind(monkeypatch: Environment, path: Path) -> SqlRefused:
    monkeypatch.delitem(sql_source._WRITERS, bytes)
    return refusal("select x'00' as photo")


_ENDLESS = "with recursive n(i) as (select 1 union all select i + 1 from n) select count(*) as a from n"
# Rule → what breaks it.
SQL_FAULTS: dict[str, Callable[[Environment, Path], SqlRefused]] = {
    "SQL-001": _no_variable,
    "SQL-002": _no_such_kind,
    "SQL-003": _no_driver,
    "SQL-004": _no_file,
    "SQL-005": _query("delete from jobs"),
    "SQL-006": _query("select repair_ref from jobs"),
    "SQL-007": _no_columns,
    "SQL-008": _query("select repair_id, cost, done as 'Repair ID' from jobs"),
    "SQL-009": _query("select * from jobs", max_rows=2),
    "SQL-010": _query(_ENDLESS, seconds=1),
    "SQL-011": _of_no_kind,
}


@pytest.mark.parametrize("rule_id", SQL_FAULTS)
def test_each_rule_refuses_what_breaks_it(rule_id: str, jobs: Path, monkeypatch: Environment) -> None:
    refused = SQL_FAULTS[rule_id](monkeypatch, jobs)

    assert refused.rule.id == rule_id
    finding = refused.finding(REPAIRS)
    assert list(finding.columns) == list(FINDING_COLUMNS)
    (row,) = finding.to_dict("records")
    assert (row["finding_id"], row["grade"], row["effect"]) == (rule_id, Grade.STOP, Effect.TABLE_REFUSED)
    assert (row["table"], row["file"]) == ("repairs", f"database {VARIABLE}")
    assert row["touches"] == "RP02_1;RP02_2"
    for sentence in (row["message"], row["remedy"]):
        assert sentence.endswith(".")
        assert "{" not in sentence
        assert "secret" not in sentence


def test_its_clean_twin_is_read(jobs: Path) -> None:
    assert read("select * from jobs", max_rows=3, seconds=60).rows == 3


def test_no_rule_is_without_a_planted_violation() -> None:
    assert set(SQL_FAULTS) == {rule.id for rule in SQL_RULES}
    assert len(BY_NUMBER) == len(SQL_RULES)


def test_a_refusal_can_also_be_told_as_a_file_that_cannot_be_read(jobs: Path) -> None:
    refused = refusal("select repair_ref from jobs")

    assert isinstance(refused, Refused)
    assert refused.number == 7
    assert set(refused.facts) == {"problem", "how"}
    assert str(refused) == f"{refused.message} {refused.remedy}"


def test_what_sqlite_says_of_a_query_is_shown_but_not_what_stands_in_a_record(jobs: Path) -> None:
    assert "no such column: repair_ref" in refusal("select repair_ref from jobs").message
    assert "syntax error" in refusal("select from from").message
    said = refusal("select cast(x'4d7273ff' as text) as name").message
    assert "not in UTF-8" in said
    assert "Mrs" not in said


def test_too_many_columns_are_refused(jobs: Path) -> None:
    many = ", ".join(f"1 as c{i}" for i in range(1001))
    assert refusal(f"select {many}").rule.id == "SQL-009"


def test_too_much_text_is_refused(jobs: Path, monkeypatch: Environment) -> None:
    monkeypatch.setattr(sql_source, "MAX_BYTES", 1_000)
    assert refusal("select hex(zeroblob(1000)) as photo").rule.id == "SQL-009"


@pytest.mark.parametrize(
    ("address", "rule_id"),
    [
        ("jobs", "SQL-002"),
        ("mysql://user:secret@server:port/jobs", "SQL-002"),
        ("sqlite+aiosqlite:///jobs.db", "SQL-002"),
        ("sqlite:///file:jobs.db?uri=true", "SQL-002"),
        ("sqlite:///file:jobs.db?mode=ro&uri=true", "SQL-004"),
    ],
)
def test_addresses_that_cannot_be_used(monkeypatch: Environment, address: str, rule_id: str) -> None:
    monkeypatch.setenv(VARIABLE, address)
    refused = refusal("select 1 as a")

    assert refused.rule.id == rule_id
    assert "jobs.db" not in str(refused)


def test_a_sqlite_database_in_memory_is_read(monkeypatch: Environment) -> None:
    kept = sqlite3.connect("file:tsm_test?mode=memory&cache=shared", uri=True)
    kept.execute("create table jobs as select 'R1' as repair_id")
    kept.commit()
    monkeypatch.setenv(VARIABLE, "sqlite:///file:tsm_test?mode=memory&cache=shared&uri=true")

    assert cells("select * from jobs") == {"repair_id": "R1"}
    kept.close()


def test_a_file_that_is_no_database_is_refused(jobs: Path) -> None:
    jobs.write_text("repair_id,done\nR1,2024-05-02\n" * 100)
    assert refusal("select * from jobs").rule.id in ("SQL-004", "SQL-006")


def test_an_address_in_place_of_a_variable_is_not_shown() -> None:
    source = SqlSource("postgresql://user:secret@server/jobs", "select 1 as a")
    with pytest.raises(SqlRefused) as caught:
        read_sql(source, REPAIRS)

    assert caught.value.rule.id == "SQL-001"
    assert "secret" not in str(caught.value) + caught.value.finding(REPAIRS).to_string()


# ---------------------------------------------------------------------------------------- nothing is written


@pytest.mark.parametrize(
    ("query", "problem"),
    [
        ("", "is blank"),
        (" ;-- nothing", "is blank"),
        ("delete from jobs", "does not begin with SELECT or WITH"),
        ("'select'", "does not begin with SELECT or WITH"),
        ("select 1; drop table jobs", "is more than one statement"),
        ("select 1;;", "is more than one statement"),
        ("select 'it''s; fine'; delete from jobs", "is more than one statement"),
        ("select 1 -- ' \n; delete from jobs", "is more than one statement"),
        ("select * into copy from jobs", "has the word INTO"),
        ("with gone as (delete from jobs returning *) select * from gone", "has the word DELETE"),
        ("select * from jobs for update", "has the word UPDATE"),
        ("select 'open", "has a quotation mark or a comment that is not closed"),
        ('select "open', "has a quotation mark or a comment that is not closed"),
        ("select 1 /* open", "has a quotation mark or a comment that is not closed"),
        ("select 1 /* one /* two */ ; delete from jobs -- */", "has a comment inside a comment"),
    ],
)
def test_a_query_that_is_not_one_select_is_refused(query: str, problem: str) -> None:
    for dialect in ("postgresql", "sqlite", "mssql", "mysql", "mariadb", "oracle"):
        assert why_not_one_select(query, dialect).startswith(problem), dialect


@pytest.mark.parametrize(
    "query",
    [
        "select 1",
        "SELECT 1 ; -- done",
        "-- update of 2024; don't worry\nselect 1",
        "/* delete; */ with a as (select 1) select * from a",
        "(select 1) union (select 2)",
        "select 'a; delete', \"into; x\" from jobs",
        "select updated_at, deleted from jobs where note like '%update%'",
        "select case when a = '''' then ';' end from jobs",
    ],
)
def test_its_clean_twin_is_not_refused(query: str) -> None:
    for dialect in ("postgresql", "sqlite", "mssql", "mysql", "mariadb", "oracle"):
        assert why_not_one_select(query, dialect) == "", dialect


@pytest.mark.parametrize(
    ("dialect", "query", "is_fine"),
    [
        ("postgresql", "select $$a; 'b$$, $x$;$$;$x$", True),
        ("postgresql", "select $x$ ; delete from jobs", False),
        ("postgresql", r"select E'it\'s; fine'", True),
        ("postgresql", r"select 'x\'; delete from jobs; --'", False),
        ("postgresql", "select a$b$c, d$b$e from jobs", True),
        ("postgresql", "select a[1], b['x'] from jobs", True),
        ("mysql", r"select 'it\'s; fine', `a;b`", True),
        ("mysql", "select 1--1; delete from jobs", False),
        ("mysql", "select 1 # it's; fine", True),
        ("mysql", "select 1 /*! ; delete from jobs */", False),
        ("mysql", "select 1 /*M! ; delete from jobs */", False),
        ("mssql", "select [Tenant's; name], [a]]b'] from jobs", True),
        ("mssql", "select 1 drop table jobs", False),
        ("mssql", "select 1 exec sp_who", False),
        ("sqlite", "select drop_date, [it's], `it's` from jobs", True),
    ],
)
def test_each_kind_of_database_quotes_in_its_own_way(dialect: str, query: str, is_fine: bool) -> None:
    assert (why_not_one_select(query, dialect) == "") is is_fine


def test_a_long_unclosed_string_is_refused_at_once() -> None:
    for dialect in ("postgresql", "mysql", "mssql"):
        assert why_not_one_select("select '" + "\\a''" * 100_000, dialect)


def test_sqlite_itself_refuses_to_write(jobs: Path, monkeypatch: Environment) -> None:
    monkeypatch.setattr(sql_source, "why_not_one_select", lambda *_: "")
    refused = refusal("delete from jobs")

    assert refused.rule.id == "SQL-006"
    assert "attempt to write" in refused.message
    monkeypatch.undo()
    with sqlite3.connect(jobs) as connection:
        assert connection.execute("select count(*) from jobs").fetchone() == (3,)
    connection.close()


@pytest.mark.parametrize(
    ("url", "is_mariadb", "expected"),
    [
        ("mysql+pymysql", False, ["SET SESSION MAX_EXECUTION_TIME = 7000", "START TRANSACTION READ ONLY"]),
        ("mysql+pymysql", True, ["SET SESSION max_statement_time = 7", "START TRANSACTION READ ONLY"]),
        ("mssql+pyodbc", False, ["SET LOCK_TIMEOUT 7000"]),
        ("oracle+oracledb", False, ["SET TRANSACTION READ ONLY"]),
        ("firebird+fdb", False, []),
    ],
)
def test_what_other_databases_are_told_first(
    monkeypatch: Environment, url: str, is_mariadb: bool, expected: list[str]
) -> None:
    said: list[str] = []
    reading = sql_source._Reading(SqlSource(VARIABLE, "select 1", seconds=7), REPAIRS)
    reading.dialect = url.split("+")[0]
    dialect = SimpleNamespace(is_mariadb=is_mariadb)
    reading.prepare(SimpleNamespace(dialect=dialect, exec_driver_sql=said.append))  # type: ignore[arg-type]
    driver = SimpleNamespace(timeout=0, call_timeout=0)
    reading.set_up(driver, None)

    assert said == expected
    assert driver.timeout == (7 if reading.dialect == "mssql" else 0)
    assert driver.call_timeout == (7000 if reading.dialect == "oracle" else 0)


class _DriverError(Exception):
    pass


@pytest.mark.parametrize(
    ("args", "problem"),
    [
        # SQL Server through pyodbc, then MySQL.
        (("42S22", "[42S22] Invalid column name 'repair_ref'."), "Invalid column name 'repair_ref'"),
        (("22018", "Conversion failed when converting 'Mrs Smith'"), "SQLSTATE 22018"),
        (("HY000", "Something of Mrs Smith"), "SQLSTATE HY000"),
        ((1054, "Unknown column 'repair_ref' in 'field list'"), "Unknown column 'repair_ref'"),
        ((1366, "Incorrect value: 'Mrs Smith'"), "_DriverError"),
        ((), "_DriverError"),
    ],
)
def test_what_a_driver_says_is_shown_where_it_quotes_no_record(args: tuple[Any, ...], problem: str) -> None:
    reading = sql_source._Reading(SqlSource(VARIABLE, "select 1"), REPAIRS)
    reading.stage = "query"
    refused = reading.refused_for(_DriverError(*args))

    assert refused.rule.id == "SQL-006"
    assert problem in refused.message
    assert "Smith" not in refused.message


# -------------------------------------------------------------------------------------------- bounded memory


def test_only_a_chunk_of_rows_is_held_as_python_values(jobs: Path) -> None:
    row = ("R100000", "0" * 80, 1.5, 200_000)
    all_rows = 100_000 * (sys.getsizeof(row) + sum(map(sys.getsizeof, row)))
    query = (
        "with recursive n(i) as (select 1 union all select i + 1 from n where i < 100000) select "
        "'R' || i as repair_id, hex(randomblob(40)) as note, i * 1.5 as cost, i + 100000 as uprn from n"
    )
    tracemalloc.start()
    found = read(query)
    peak = tracemalloc.get_traced_memory()[
        1
    ]  # the finished text lies in Arrow's memory, which is not counted
    tracemalloc.stop()

    assert found.rows == 100_000
    assert peak < 0.8 * all_rows, "read at once it is 1.7 times as much"


def test_time_is_up_between_chunks_too(jobs: Path) -> None:
    assert refusal("select * from jobs", seconds=0).rule.id == "SQL-010"


def test_long_reading_says_how_far_it_is(
    jobs: Path, monkeypatch: Environment, caplog: pytest.LogCaptureFixture
) -> None:
    monkeypatch.setattr(sql_source, "_SAID_EVERY", 3)
    with caplog.at_level(logging.INFO):
        read("select * from jobs")

    assert "Read 3 rows of repairs from the database" in caplog.text


def test_wide_rows_are_fetched_a_few_at_a_time() -> None:
    assert sql_source._rows_of_a_chunk(500, 500 * 100) == 20_000
    assert sql_source._rows_of_a_chunk(500, 500 * 1_000_000) == 32
    assert sql_source._rows_of_a_chunk(1, 10**9) == 1
    assert sql_source._rows_of_a_chunk(500, 0) == 20_000


# ------------------------------------------------------------------------------------------------ PostgreSQL


@pytest.mark.parametrize(
    ("expression", "text"),
    [
        ("timestamptz '2025-03-31 23:30Z'", "2025-04-01T00:30:00"),
        ("timestamptz '2025-03-30 23:00Z'", "2025-03-31"),
        ("timestamptz '2025-10-26 01:30:00.25Z'", "2025-10-26T01:30:00.25"),
        ("timestamptz '1800-01-01 12:00Z'", "1800-01-01T11:58:45"),
        ("timestamptz '-infinity'", "-infinity"),
        ("(timestamptz '2025-03-31 23:30Z')::date", "2025-04-01"),
        ("timestamp '2025-03-31 14:05'", "2025-03-31T14:05:00"),
        ("timestamp '2025-03-31'", "2025-03-31"),
        ("timestamp 'infinity'", "infinity"),
        ("date '2025-03-31'", "2025-03-31"),
        ("date 'infinity'", "infinity"),
        ("date '0044-03-15 BC'", "0044-03-15 BC"),
        ("time '14:05'", "14:05:00"),
        ("interval '1 mon 2 days'", "1 mon 2 days"),
        ("1.500::numeric(40, 20)", "1.5"),
        ("12345678901234567890123456789012345.10::numeric", "12345678901234567890123456789012345.1"),
        ("'NaN'::numeric", ""),
        ("'NaN'::float8", ""),
        ("0.1::float8", "0.1"),
        ("9007199254740993::bigint", "9007199254740993"),
        ("true", "yes"),
        ("false", "no"),
        ("null::bool", ""),
        ("'  text '::text", "  text "),
        ("''", ""),
        ("uuid '00000000-0000-0000-0000-000000000001'", "00000000-0000-0000-0000-000000000001"),
        (r"'\xdead'::bytea", "\\xdead"),
        ("array['a', null, 'b;c']", '["a", null, "b;c"]'),
        ("array[1.10, 2]::numeric[]", '["1.1", "2"]'),
        ("array['infinity'::date]", '["infinity"]'),
        ("""'{"a":1.10}'::json""", '{"a":1.10}'),
        ("inet '192.168.0.1'", "192.168.0.1"),
        ("'50% of :x'", "50% of :x"),
    ],
)
def test_the_types_of_postgresql(pg: postgres.Server, expression: str, text: str) -> None:
    assert cells(f"select {expression} as a") == {"a": text}


def test_a_type_without_text_of_its_own_is_refused_by_name(pg: postgres.Server) -> None:
    refused = refusal("select 'R1' as repair_id, int4range(1, 3) as a")

    assert refused.rule.id == "SQL-011"
    assert "Column a " in refused.message
    assert "Range" in refused.message
    assert cells("select int4range(1, 3)::text as a") == {"a": "[1,3)"}


def test_postgresql_runs_the_query_read_only(pg: postgres.Server, monkeypatch: Environment) -> None:
    assert cells("select current_setting('transaction_read_only') as a") == {"a": "on"}
    import psycopg

    with psycopg.connect(pg.url(), autocommit=True) as own:
        own.execute("create sequence counted")
    refused = refusal("select nextval('counted') as a")
    assert refused.rule.id == "SQL-006"
    assert "tries to change the database" in refused.message
    monkeypatch.setattr(sql_source, "why_not_one_select", lambda *_: "")
    for query in ("create table made (a int)", "select 1 as a into made"):
        assert refusal(query).rule.id == "SQL-006"
    assert read("select * from pg_class where relname = 'made'").rows == 0
    monkeypatch.setattr(sql_source._Reading, "prepare", lambda *_: None)
    with pytest.raises(SqlRefused):  # without the guards it is made, and rolled back
        read("create table made (a int)")
    assert read("select * from pg_class where relname = 'made'").rows == 0


@pytest.mark.parametrize(
    ("query", "rule_id", "part"),
    [
        ("select * from nowhere", "SQL-006", 'relation "nowhere" does not exist'),
        ("select a from (select 1 as b) x", "SQL-006", 'column "a" does not exist'),
        ("select 'Mrs Smith'::int as a", "SQL-006", "SQLSTATE 22P02"),
        ("select from pg_class", "SQL-007", "no columns"),
        ("select 1 as a, 2 as a", "SQL-008", "more than one column a"),
        ("select g from generate_series(1, 100000) g", "SQL-009", "more than 99,999 rows"),
        ("select pg_sleep(9)", "SQL-010", "within 1 seconds"),
        ("select pg_terminate_backend(pg_backend_pid())", "SQL-004", "connection was lost"),
    ],
)
def test_what_postgresql_refuses(pg: postgres.Server, query: str, rule_id: str, part: str) -> None:
    refused = refusal(query, max_rows=99_999, seconds=1 if "sleep" in query else 60)

    assert refused.rule.id == rule_id
    assert part in refused.message
    assert "Smith" not in str(refused)


@pytest.mark.parametrize(
    ("change", "part"),
    [
        ({"password": "wr0ng/p@ss"}, "does not accept the user or the password"),
        ({"database": "n0where"}, "has no database of that name"),
        ({"user": "nob0dy"}, "does not accept the user or the password"),
    ],
)
def test_no_address_is_shown_where_a_connection_fails(
    pg: postgres.Server,
    monkeypatch: Environment,
    caplog: pytest.LogCaptureFixture,
    change: dict[str, str],
    part: str,
) -> None:
    monkeypatch.setenv(VARIABLE, pg.url(**change))
    _assert_nothing_shown(caplog, part, [*change.values(), "127.0.0.1", str(pg.port)])


@pytest.mark.parametrize(
    ("host", "part"),
    [("127.0.0.1:1", "nothing answers there"), ("no-such-host.invalid", "there is no server of that name")],
)
def test_no_address_is_shown_where_there_is_no_server(
    monkeypatch: Environment, caplog: pytest.LogCaptureFixture, host: str, part: str
) -> None:
    pytest.importorskip("psycopg", reason="psycopg is not installed")
    monkeypatch.setenv(VARIABLE, f"postgresql://ann:wr0ng%2Fp%40ss@{host}/n0where")
    _assert_nothing_shown(caplog, part, ["ann:", "n0where", *host.split(":")[:1]])


def _assert_nothing_shown(caplog: pytest.LogCaptureFixture, part: str, hidden: list[str]) -> None:
    with caplog.at_level(logging.INFO):
        refused = refusal("select 1 as a")

    assert refused.rule.id == "SQL-004"
    assert part in refused.message
    shown = "".join(traceback.format_exception(refused)) + caplog.text + refused.finding(REPAIRS).to_string()
    assert refused.__context__ is None
    assert refused.__cause__ is None
    for secret in [*hidden, postgres.SECRET, "wr0ng", "p%40ss", "p@ss"]:
        assert secret not in shown.replace(str(Path(__file__).parent), "")


def test_nothing_of_the_address_is_logged_at_any_level(
    pg: postgres.Server, caplog: pytest.LogCaptureFixture
) -> None:
    with caplog.at_level(logging.DEBUG):
        read("select 1 as a")
        refusal("select nothing")

    for secret in (postgres.SECRET, pg.url(), "p%40ss", "127.0.0.1"):
        assert secret not in caplog.text


def test_postgresql_gives_its_rows_in_chunks(pg: postgres.Server, monkeypatch: Environment) -> None:
    """The driver would otherwise hold the whole answer: shown by the cursor that the server holds."""
    seen = cells(
        "select count(*) as a from pg_cursors where statement like '%pg_cursors%' and not is_holdable"
    )

    assert seen == {"a": "1"}
    found = read(
        "select g as repair_id, 'H' || g as home_id from generate_series(1, 100000) g order by random()"
    )
    assert found.rows == 100_000
    assert found.sheet.cells.iloc[0].tolist() == ["1", "H1"]


# --------------------------------------------------------------------------------------------- to the records


def test_a_query_named_in_sources_yaml_gives_the_records_that_its_file_would(
    jobs: Path, tmp_path: Path, monkeypatch: Environment
) -> None:
    by_file, by_query = tmp_path / "file", tmp_path / "query"
    by_file.mkdir()
    by_query.mkdir()
    write_csv(by_file, "asb_cases", CLEAN["asb_cases"])
    connection = sqlite3.connect(jobs)
    with connection:
        connection.execute(f"create table cases ({', '.join(CLEAN['asb_cases'][0])})")
        rows = [tuple(row.values()) for row in reversed(CLEAN["asb_cases"])]
        connection.executemany("insert into cases values (?, ?, ?, ?, ?, ?)", rows)
    connection.close()
    said = {"tables": {"asb_cases": {"sql": {"url": VARIABLE, "query": "select * from cases"}}}}
    (by_query / "sources.yaml").write_text(json.dumps(said), encoding="utf-8")

    read_file, read_query = (receive(folder, "asb_cases") for folder in (by_file, by_query))

    assert read_file.frame is not None
    assert read_query.frame is not None
    pd.testing.assert_frame_equal(
        read_query.frame.reset_index(drop=True), read_file.frame.reset_index(drop=True)
    )
    assert read_query.file == f"database {VARIABLE}"
    assert len(read_query.sha256) == 64
    monkeypatch.delenv(VARIABLE)
    assert list(receive(by_query, "asb_cases").findings["finding_id"]) == ["SQL-001"]

    # What it gave then was kept, and is read where a return is computed again; nowhere else.
    assert read_query.queried is not None
    rows_file(by_query, "asb_cases").write_bytes(rows_as_kept(read_query.queried))
    again = receive(by_query, "asb_cases", as_kept=True)
    assert again.frame is not None
    pd.testing.assert_frame_equal(again.frame, read_query.frame)
    assert (again.sha256, again.size, len(again.findings)) == (read_query.sha256, read_query.size, 0)
    assert receive(by_query, "asb_cases").frame is None
