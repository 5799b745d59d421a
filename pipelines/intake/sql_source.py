"""Reading a table from a database: one SELECT, run read-only, its rows as the text that a file would hold.

Nothing here shows the address of a database, in a message, a log or a chain of errors: it holds a password.
What a driver says is shown only where it can be about nothing but the query's own names; at other times it
quotes values, and they may be personal.
"""

from __future__ import annotations

import datetime as dt
import hashlib
import io
import json
import logging
import os
import re
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass, replace
from decimal import Decimal
from ipaddress import IPv4Address, IPv4Interface, IPv6Address, IPv6Interface
from pathlib import Path
from typing import TYPE_CHECKING, Any
from uuid import UUID
from zoneinfo import ZoneInfo

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq

from pipelines.intake.findings import cross_findings
from pipelines.intake.sheet import MAX_COLUMNS, Refused, Sheet, heading_key
from pipelines.intake.sql_text import why_not_one_select
from pipelines.intake.values import float_text
from schemas.tables import Table
from schemas.tables.sql_rules import BY_NUMBER

if TYPE_CHECKING:  # importing it takes a third of a second, which a landlord without a database need not wait
    from sqlalchemy import Connection, Engine
    from sqlalchemy.engine import URL, CursorResult

log = logging.getLogger("tsm")

MAX_ROWS = 10_000_000
MAX_BYTES = 4_000_000_000  # of text, as of a file
SECONDS = 900  # in which a query has to be done
_SECONDS_TO_CONNECT = 15
_CHUNK = 20_000  # rows held as Python's own values at a time, fewer where they are wide
_CHUNK_BYTES = 32_000_000
_FIRST_CHUNK = 500
_SAID_EVERY = 500_000  # rows
_VARIABLE = re.compile(r"[A-Za-z_][A-Za-z0-9_]{0,99}")
_LONDON = ZoneInfo("Europe/London")


@dataclass(frozen=True)
class SqlSource:
    """A table's query, and the name of the environment variable that holds the database's address (a URL)."""

    variable: str
    query: str
    max_rows: int = MAX_ROWS
    seconds: int = SECONDS

    @property
    def label(self) -> str:
        """What stands in place of a file's name."""
        # A name that is not one may be the address itself, put where its variable's name belongs.
        return f"database {self.variable}" if _VARIABLE.fullmatch(self.variable) else "database"


@dataclass(frozen=True)
class SqlRead:
    """What a query gave.

    `sheet`: the rows as text, sorted by their cells (first column first, by code point) and numbered from 1
    in that order. `sha256`: a hash over those rows (see `_digest`). Neither depends on the order in which the
    database gave them. `size`: bytes of text.
    """

    sheet: Sheet
    dialect: str
    query: str
    rows: int
    sha256: str
    size: int


def rows_as_kept(read: SqlRead) -> bytes:
    """Return what a query gave as Parquet, to be kept: the database moves on."""
    kept = {
        "headings": read.sheet.headings,
        "dialect": read.dialect,
        "query": read.query,
        "sha256": read.sha256,
    }
    columns = {str(position): read.sheet.cells[position] for position in read.sheet.cells.columns}
    table = pa.table({name: pa.array(cells, type=pa.string()) for name, cells in columns.items()})
    described = table.replace_schema_metadata({"query": json.dumps({**kept, "bytes": read.size})})
    buffer = io.BytesIO()
    pq.write_table(described, buffer, compression="zstd")
    return buffer.getvalue()


def kept_rows(data: bytes) -> SqlRead:
    """Return what `rows_as_kept` kept, as the query gave it."""
    table = pq.read_table(io.BytesIO(data))
    kept = json.loads(table.schema.metadata[b"query"])
    cells = pd.DataFrame({i: column.to_pandas().astype("str") for i, column in enumerate(table.columns)})
    sheet = Sheet(kept["headings"], cells, np.arange(1, table.num_rows + 1))
    return SqlRead(sheet, kept["dialect"], kept["query"], table.num_rows, kept["sha256"], kept["bytes"])


class SqlRefused(Refused):
    """The query gives no table: the SQL rule that says why, and the facts of its message.

    As a plain Refused it is FIL-007 (cannot be read) with the same words.
    """

    def __init__(self, number: int, table: Table, source: SqlSource, **facts: Any) -> None:
        self.rule = BY_NUMBER[number]
        facts = {"table": table.name, "variable": source.label.removeprefix("database "), **facts}
        self.message = self.rule.message.format_map(facts)
        self.remedy = self.rule.remedy.format_map(facts)
        super().__init__(7, problem=self.message.rstrip("."), how=self.remedy)
        self.source = source
        self.column = str(facts.get("column", ""))

    def __str__(self) -> str:
        return f"{self.message} {self.remedy}"

    def finding(self, table: Table) -> pd.DataFrame:
        """The refusal as a finding."""
        said = {"message": self.message, "remedy": self.remedy, "touches": ";".join(table.touches)}
        place = {"table": table.name, "file": self.source.label, "sheet": "", "row": [None]}
        rule = replace(self.rule, columns=(self.column,))
        return cross_findings(rule, {**place, "value": "", "record_id": "", **said}, 1)


def read_sql(source: SqlSource, table: Table) -> SqlRead:
    """Run a table's query and return its rows as a sheet of text; raises SqlRefused where there are none.

    The rows are fetched in chunks. The transaction is read-only where the database knows such, and is always
    rolled back.
    """
    reading = _Reading(source, table)
    try:
        return reading.read()
    except SqlRefused:
        raise
    except Exception as error:
        refused = reading.refused_for(error)
    # Outside of `except`: a chain of errors would show what the driver said, and so the address.
    raise refused


class _Reading:
    """One query on its way; `stage` says what was being tried when a driver raised."""

    def __init__(self, source: SqlSource, table: Table) -> None:
        self.source = source
        self.table = table
        self.stage = "address"
        self.dialect = ""
        self.driver = "of the driver"
        self.deadline = float("inf")

    def refuse(self, number: int, **facts: Any) -> SqlRefused:
        return SqlRefused(number, self.table, self.source, **facts)

    def read(self) -> SqlRead:
        url = self.url()
        problem = why_not_one_select(self.source.query, self.dialect)
        if problem:
            raise self.refuse(5, problem=problem)
        with self.connected(url) as connection:
            self.stage = "query"
            self.deadline = time.monotonic() + self.source.seconds
            self.prepare(connection)
            # Streamed: else the driver holds all rows before it gives the first. Without parameters: else a
            # percent sign in the query would mean one.
            options = {"stream_results": True, "max_row_buffer": _FIRST_CHUNK, "no_parameters": True}
            query = self.source.query.strip().rstrip(";")
            result = connection.execution_options(**options).exec_driver_sql(query)
            try:
                headings = self.headings(result)
                columns = self.columns(result, headings)
            finally:
                result.close()
        return self.as_read(headings, columns)

    # ------------------------------------------------------------------------------------------- connecting

    def url(self) -> URL:
        from sqlalchemy.engine import make_url

        address = ""
        if _VARIABLE.fullmatch(self.source.variable):
            address = os.environ.get(self.source.variable, "").strip()
        if not address:
            raise self.refuse(1)
        url = make_url(address)
        if url.drivername in ("postgres", "postgresql"):
            url = url.set(drivername="postgresql+psycopg")
        self.dialect = url.get_backend_name()
        self.driver = url.get_driver_name()
        return url

    @contextmanager
    def connected(self, url: URL) -> Iterator[Connection]:
        """A connection in a transaction that is rolled back."""
        self.stage = "driver"
        engine = self.engine(url)
        self.stage = "connect"
        try:
            with engine.connect() as connection:
                transaction = connection.begin()
                try:
                    yield connection
                finally:
                    with suppress(Exception):  # of a connection that is lost there is nothing to roll back
                        transaction.rollback()
        finally:
            engine.dispose()

    def engine(self, url: URL) -> Engine:
        from sqlalchemy import create_engine, event
        from sqlalchemy.pool import NullPool

        waits = {
            "psycopg": "connect_timeout",
            "pymysql": "connect_timeout",
            "mysqldb": "connect_timeout",
            "pyodbc": "timeout",
            "pymssql": "login_timeout",
            "oracledb": "tcp_connect_timeout",
        }
        dialect = url.get_dialect()
        if dialect.is_async:
            raise self.refuse(2, problem=f"{dialect.driver} is a driver for asynchronous programs")
        if self.dialect == "sqlite":
            self.refuse_no_file(url)
        wait = waits.get(dialect.driver, "")
        arguments = {wait: _SECONDS_TO_CONNECT} if wait and wait not in url.query else {}
        # No reset by the pool: we roll back ourselves, and it would log what a driver says.
        engine = create_engine(url, poolclass=NullPool, pool_reset_on_return=None, connect_args=arguments)
        event.listen(engine, "connect", self.set_up)
        return engine

    def refuse_no_file(self, url: URL) -> None:
        """SQLite makes a database where there is none: that would be a write."""
        path = url.database or ""
        if path in ("", ":memory:") or Path(path).is_file():
            return
        if path.startswith("file:"):
            if url.query.get("mode") in ("ro", "memory"):
                return
            raise self.refuse(2, problem="an address that begins sqlite:///file: needs mode=ro")
        raise self.refuse(4, problem="there is no such file", how=f"Correct the path in {self.source.label}.")

    def set_up(self, connection: Any, record: Any) -> None:
        """Prepare the driver's own connection, before SQLAlchemy uses it."""
        del record
        if self.dialect == "sqlite":
            # It knows no timeout: every so many steps it asks whether to stop.
            connection.set_progress_handler(lambda: int(time.monotonic() > self.deadline), 100_000)
        elif self.driver == "psycopg":
            from psycopg.types.string import TextLoader

            for kind in _AS_TEXT:
                connection.adapters.register_loader(kind, TextLoader)
        elif self.dialect == "mssql" and hasattr(connection, "timeout"):
            connection.timeout = self.source.seconds
        elif self.dialect == "oracle" and hasattr(connection, "call_timeout"):
            connection.call_timeout = self.source.seconds * 1000

    def prepare(self, connection: Connection) -> None:
        """Make the transaction read-only and bound its time, in the database's own words."""
        milliseconds = self.source.seconds * 1000
        words = {
            "sqlite": ("PRAGMA query_only = ON",),
            # A moment cast to a date in the query is then a day of London's, whatever the server's own zone.
            "postgresql": (
                "SET TRANSACTION READ ONLY",
                f"SET LOCAL statement_timeout = {milliseconds}",
                "SET LOCAL TIME ZONE 'Europe/London'",
                "SET LOCAL datestyle = 'ISO'",
            ),
            # Those below are written from the manuals and not tried on a server.
            "mysql": (f"SET SESSION MAX_EXECUTION_TIME = {milliseconds}", "START TRANSACTION READ ONLY"),
            "mariadb": (
                f"SET SESSION max_statement_time = {self.source.seconds}",
                "START TRANSACTION READ ONLY",
            ),
            "oracle": ("SET TRANSACTION READ ONLY",),
            "mssql": (f"SET LOCK_TIMEOUT {milliseconds}",),
        }
        dialect = "mariadb" if getattr(connection.dialect, "is_mariadb", False) else self.dialect
        for statement in words.get(dialect, ()):
            connection.exec_driver_sql(statement)

    # ---------------------------------------------------------------------------------------------- reading

    def headings(self, result: CursorResult[Any]) -> list[str]:
        headings = list(map(str, result.keys())) if result.returns_rows else []
        if not headings:
            raise self.refuse(7)
        if len(headings) > MAX_COLUMNS:
            raise self.refuse(9, limit=f"{MAX_COLUMNS:,} columns")
        keys = [heading_key(heading) for heading in headings]
        for position, key in enumerate(keys):
            if key and key in keys[:position]:
                raise self.refuse(8, column=headings[position])
        return headings

    def columns(self, result: CursorResult[Any], headings: list[str]) -> list[pa.ChunkedArray]:
        """Each column as text, put together from chunks."""
        chunks: list[list[pa.Array]] = [[] for _ in headings]
        rows = size = 0
        wanted = _FIRST_CHUNK
        moments = [self.driver == "psycopg" and kind in _MOMENTS for _, kind, *_ in result.cursor.description]
        while part := result.fetchmany(wanted):
            rows += len(part)
            if rows > self.source.max_rows:
                raise self.refuse(9, limit=f"{self.source.max_rows:,} rows")
            if time.monotonic() > self.deadline:
                raise self.refuse(10, seconds=self.source.seconds)
            for i, values in enumerate(zip(*part, strict=True)):
                text = self.text(values, headings[i])
                chunks[i].append(_local_moments(text) if moments[i] else text)
                size += text.nbytes
            if size > MAX_BYTES:
                raise self.refuse(9, limit=f"{MAX_BYTES // 10**9} GB")
            wanted = _rows_of_a_chunk(rows, size)
            if rows // _SAID_EVERY > (rows - len(part)) // _SAID_EVERY:
                log.info("Read %s rows of %s from the database", f"{rows:,}", self.table.name)
        return [pa.chunked_array(column, pa.large_string()) for column in chunks]

    def text(self, values: Sequence[Any], heading: str) -> pa.Array:
        try:
            return pa.array(_texts(values), pa.large_string())
        except _NotText as error:
            raise self.refuse(11, column=heading, kind=error.kind) from None

    def as_read(self, headings: list[str], columns: list[pa.ChunkedArray]) -> SqlRead:
        columns = _sorted(columns)
        rows = len(columns[0])
        sha256, size = _digest(headings, columns)
        cells = pd.DataFrame({i: column.to_pandas().astype("str") for i, column in enumerate(columns)})
        sheet = Sheet(headings, cells, np.arange(1, rows + 1))
        return SqlRead(sheet, self.dialect, self.source.query, rows, sha256, size)

    # ----------------------------------------------------------------------------------------------- errors

    def refused_for(self, error: Exception) -> SqlRefused:
        """The rule that a driver's or SQLAlchemy's error comes under; nothing of an address is shown."""
        from sqlalchemy.exc import NoSuchModuleError

        if isinstance(error, NoSuchModuleError):
            return self.refuse(2, problem="there is no kind of database of that name")
        if self.stage == "address":
            return self.refuse(2, problem="it is not of the form kind://user:password@server/database")
        if isinstance(error, ImportError) and self.stage == "driver":
            return self.refuse(3, dialect=self.dialect, module=error.name or self.driver)
        driver_error = getattr(error, "orig", None) or error
        state = _sqlstate(driver_error)
        said = str(driver_error)
        if state == "57014" or said == "interrupted" or time.monotonic() > self.deadline:
            return self.refuse(10, seconds=self.source.seconds)
        lost = state.startswith(("08", "57P")) or getattr(error, "connection_invalidated", False)
        if self.stage != "query" or lost:
            problem, how = _why_no_connection(driver_error, state, self.stage)
            return self.refuse(4, problem=problem, how=how.format(variable=self.source.label))
        return self.refuse(6, problem=_why_failed(driver_error, state, said))


def _sqlstate(error: Any) -> str:
    """The five letters by which the SQL standard names an error; "" where the driver gives none."""
    state = getattr(error, "sqlstate", None)
    if state is None and getattr(error, "args", None):
        state = error.args[0]  # pyodbc's way
    return state if isinstance(state, str) and re.fullmatch("[0-9A-Z]{5}", state) else ""


def _why_no_connection(error: Any, state: str, stage: str) -> tuple[str, str]:
    """Problem and remedy of a connection that was refused or lost, in words of our own."""
    again = "Check the server's name and port in {variable}, and that this machine may reach it."
    if stage == "query":
        return "the connection was lost while reading", "Run it again; if it is lost again, ask for less."
    signs = (
        (r"^28|password authentication|login failed|access denied|no pg_hba", "login"),
        (r"^3D|database .* does not exist|unknown database|cannot open database", "database"),
        (r"translate host|name or service|getaddrinfo|nodename|resolve|name resolution", "name"),
        (r"time.?d? ?out|timeout", "time"),
        (r"refused", "refused"),
        (r"unable to open|not a database|no such file", "file"),
    )
    said = f"{state} {error}"
    found = next((kind for sign, kind in signs if re.search(sign, said, re.IGNORECASE)), "")
    return {
        "login": (
            "it does not accept the user or the password",
            "Correct the user and the password in {variable}.",
        ),
        "database": ("it has no database of that name", "Correct the database's name in {variable}."),
        "name": ("there is no server of that name", again),
        "time": ("it does not answer", again),
        "refused": ("nothing answers there, or not to this machine", again),
        "file": ("the file is not a database that can be opened", "Correct the path in {variable}."),
    }.get(found, (f"the connection could not be made ({type(error).__name__})", again))


# What SQLite says that names nothing but the query's own words.
_SQLITE_SAYS = re.compile(
    r'(no such (table|column|function|collation sequence|module)|ambiguous column name|near "[^"]*": syntax'
    r"|incomplete input|unrecognized token|misuse of|wrong number of arguments|SELECTs to the left"
    r"|circular reference|sub-select returns|table .* has \d+ values|attempt to write a readonly database)"
)
_MYSQL_NAMES = {1046, 1052, 1054, 1056, 1064, 1066, 1109, 1111, 1140, 1142, 1143, 1146, 1305, 1630}


def _why_failed(error: Any, state: str, said: str) -> str:
    """What the database says of a query, where that cannot quote a record; else only of what sort it is."""
    if state == "25006":
        return "it tries to change the database"
    first = re.sub(r"\s+", " ", said.splitlines()[0] if said else "").strip(" .")[:200]
    diagnosis = getattr(error, "diag", None)
    if state.startswith("42"):  # syntax, unknown names, missing rights
        return str(getattr(diagnosis, "message_primary", None) or first)
    if type(error).__module__.startswith("sqlite3"):
        if _SQLITE_SAYS.match(first):
            return first
        return "a text in it is not in UTF-8" if "decode to UTF-8" in said else "it did not say why"
    number, *words = getattr(error, "args", None) or [None]
    if number in _MYSQL_NAMES and words:
        return str(words[0])[:200].rstrip(".")
    if state.startswith("22"):
        return f"a value does not fit what the query does with it (SQLSTATE {state})"
    return f"it answered with an error ({f'SQLSTATE {state}' if state else type(error).__name__})"


# ----------------------------------------------------------------------------------------------- values


def _rows_of_a_chunk(rows: int, size: int) -> int:
    """How many rows to hold at a time, where so many rows have so many bytes."""
    return max(1, min(_CHUNK, _CHUNK_BYTES * rows // max(size, 1)))


class _NotText(Exception):  # noqa: N818 (an answer to the reading above)
    def __init__(self, kind: str) -> None:
        super().__init__(kind)
        self.kind = kind


def _decimal(number: Decimal) -> str:
    """Every digit, no exponent, no zeros at the end; not-a-number is blank, as of floats."""
    if not number.is_finite():
        return "" if number.is_nan() else float_text(float(number))
    text = format(number, "f")
    text = text.rstrip("0").rstrip(".") if "." in text else text
    return "0" if text in ("-0", "") else text


def _moment(moment: dt.datetime) -> str:
    """A date-time in UK local time, at midnight a date: as the readers of files write it."""
    if moment.tzinfo is not None:
        try:
            moment = moment.astimezone(_LONDON).replace(tzinfo=None)
        except OverflowError:  # at the very ends of time
            return moment.isoformat()
    return moment.date().isoformat() if moment.time() == dt.time() else moment.isoformat()


def _json(value: Any) -> str:
    value = sorted(value, key=str) if isinstance(value, set | frozenset) else value
    return json.dumps(value, ensure_ascii=False, default=lambda inner: _text(inner))


_WRITERS: dict[type, Callable[[Any], str]] = {
    str: str,
    type(None): lambda _: "",
    bool: lambda flag: "yes" if flag else "no",
    int: str,
    float: float_text,
    Decimal: _decimal,
    dt.datetime: _moment,
    dt.date: dt.date.isoformat,
    dt.time: dt.time.isoformat,
    dt.timedelta: str,
    UUID: str,
    IPv4Address: str,
    IPv4Interface: str,
    IPv6Address: str,
    IPv6Interface: str,
    bytes: lambda data: f"\\x{data.hex()}",
    bytearray: lambda data: f"\\x{data.hex()}",
    memoryview: lambda data: f"\\x{data.hex()}",
    list: _json,
    tuple: _json,
    dict: _json,
    set: _json,
    frozenset: _json,
}


def _text(value: Any) -> str:
    """One value as text, by what it is and not by the driver that gave it; raises _NotText."""
    for kind in type(value).__mro__:
        if kind in _WRITERS:
            return _WRITERS[kind](value)
    raise _NotText(f"values of the kind {type(value).__name__}")


def _texts(values: Sequence[Any]) -> Sequence[str]:
    """A column's values as text; a column is nearly always of one kind."""
    kinds = set(map(type, values))
    if kinds == {str}:
        return values
    if len(kinds) == 1 and (writer := _WRITERS.get(next(iter(kinds)))):
        return list(map(writer, values))
    return list(map(_text, values))


# Read by PostgreSQL's own text: Python's types cannot hold infinity, years BC and intervals of months, and
# make a million moments take half a minute.
_AS_TEXT = ("date", "timestamp", "timestamptz", "interval", "json", "jsonb")
_MOMENTS = (1114, 1184)  # PostgreSQL's numbers of the types timestamp and timestamptz


def _local_moments(cells: pa.Array) -> pa.Array:
    """PostgreSQL's date-times as `_moment` writes them; the session's zone is London's already."""
    for pattern, instead in (
        (r"([0-9]{2}:[0-9]{2}:[0-9.]+)[+-][0-9]{2}(?::[0-9]{2}){0,2}$", r"\1"),
        (r"^([0-9-]+) 00:00:00$", r"\1"),
        (r"^([0-9-]+) ", r"\1T"),
    ):
        cells = pc.replace_substring_regex(cells, pattern, instead)
    return cells


# --------------------------------------------------------------------------------------------- order and hash


def _sorted(columns: list[pa.ChunkedArray]) -> list[pa.ChunkedArray]:
    """The rows in the order of their cells, first column first."""
    names = [str(i) for i in range(len(columns))]
    table = pa.table(dict(zip(names, columns, strict=True)))
    order = pc.sort_indices(table, sort_keys=[(name, "ascending") for name in names])
    del table
    taken = []
    while columns:  # one at a time, so that only one column is there twice
        taken.append(columns.pop(0).take(order))
    return taken


def _digest(headings: list[str], columns: list[pa.ChunkedArray]) -> tuple[str, int]:
    r"""SHA-256 over the sorted rows, and the bytes it was made of.

    A line of headings, then one a row: the cells parted by tabs, each line ended by a line feed, in UTF-8; a
    backslash, tab, line feed or carriage return in a cell is written `\\`, `\t`, `\n`, `\r`, as
    PostgreSQL's COPY does.
    """
    head = pa.table({str(i): [heading] for i, heading in enumerate(headings)})
    body = pa.table({str(i): column for i, column in enumerate(columns)})
    sha, size = hashlib.sha256(), 0
    for table in (head, body):
        step = _rows_of_a_chunk(table.num_rows, table.nbytes)
        for start in range(0, table.num_rows, step):
            part = table.slice(start, step)
            cells = [_escaped(column.combine_chunks().cast(pa.large_string())) for column in part.columns]
            lines = pc.binary_join_element_wise(*cells, pa.scalar("\t", pa.large_string()))
            data = "".join(f"{line}\n" for line in lines.to_pylist()).encode()
            sha.update(data)
            size += len(data)
    return sha.hexdigest(), size


def _escaped(cells: pa.Array) -> pa.Array:
    for sign, instead in (("\\", "\\\\"), ("\t", "\\t"), ("\n", "\\n"), ("\r", "\\r")):
        if pc.any(pc.match_substring(cells, sign)).as_py():
            cells = pc.replace_substring(cells, sign, instead)
    return cells
