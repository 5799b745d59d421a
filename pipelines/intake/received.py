"""Receiving a table: find its file, read it as text, say in one finding what is wrong with it as a whole."""

from __future__ import annotations

import hashlib
import stat
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pandas as pd
import pandera.pandas as pa
from pandera.errors import SchemaErrors

from pipelines.intake.csv_file import read_csv
from pipelines.intake.findings import file_finding, join, no_findings
from pipelines.intake.parquet_file import read_parquet
from pipelines.intake.sheet import Problem, Refused, Sheet, heading_key
from pipelines.intake.xlsx_file import read_xlsx
from schemas.errors import InputError
from schemas.tables import TABLES, Table, is_personal

MAX_BYTES = 4_000_000_000
READERS: dict[str, Callable[[bytes, Table], Sheet]] = {
    ".csv": read_csv,
    ".xlsx": read_xlsx,
    ".parquet": read_parquet,
}
_NAMED = {".csv": "CSV", ".xlsx": "XLSX", ".parquet": "Parquet"}


@dataclass(frozen=True)
class Received:
    """A table as it arrived.

    `frame`: every cell as text, a blank one "", the index (`source_row`) the row as a spreadsheet numbers it;
    None where the table is absent or refused. `file`, `sheet`, `sha256`, `size`: where it came from (blank
    and 0 where there is no file). `findings`: see `FINDING_COLUMNS`.
    """

    table: str
    frame: pd.DataFrame | None
    file: str
    sheet: str
    sha256: str
    size: int
    findings: pd.DataFrame


def receive(folder: Path, table: str) -> Received:
    """Read one table from a landlord's folder of one year.

    `table`: a name of `schemas.tables.TABLES`. Whatever is wrong with the file is a finding; InputError only
    where the folder does not exist or the table's name is unknown.
    """
    if table not in TABLES:
        raise InputError(f"'{table}' is not a table: use one of {', '.join(TABLES)}.")
    contract = TABLES[table]
    if not folder.is_dir():
        raise InputError(f"There is no folder {folder}: create it with `tsm init`, or correct the path.")
    found, others = _candidates(folder, table)
    if len(found) != 1:
        return _none_or_many(folder, contract, found, others)
    path = found[0]
    data = b""
    try:
        data = _bytes(path)
        sheet = _read(data, path, contract)
        frame, problems = _frame(sheet, contract)
    except Refused as refused:
        findings = file_finding(refused.number, contract, path.name, "", refused.facts)
        return Received(table, None, path.name, "", _sha256(data), len(data), findings)
    found_by_file = [
        file_finding(p.number, contract, path.name, sheet.name, p.facts, p.row, p.record_id) for p in problems
    ]
    return Received(table, frame, path.name, sheet.name, _sha256(data), len(data), join(*found_by_file))


def _sha256(data: bytes) -> str:
    return hashlib.sha256(data).hexdigest()


def _candidates(folder: Path, table: str) -> tuple[list[Path], list[Path]]:
    """The files of that name that can be read, and those that cannot (such as repairs.xls)."""
    named = sorted(p for p in folder.iterdir() if p.name.split(".")[0].casefold() == table)
    found = [p for p in named if p.suffix.casefold() in READERS and p.stem.casefold() == table]
    return found, [p for p in named if p not in found]


def table_files(folder: Path, table: str) -> list[Path]:
    """Every file in `folder` that is named after `table`, whether or not it can be read."""
    found, others = _candidates(folder, table)
    return [*found, *others]


def _none_or_many(folder: Path, table: Table, found: list[Path], others: list[Path]) -> Received:
    findings = no_findings()
    if found:
        findings = file_finding(2, table, "", "", {"files": ", ".join(p.name for p in found)})
    elif table.required or others:
        hint = f" {others[0].name} is not in a form that is read." if others else ""
        findings = file_finding(1, table, "", "", {"folder": folder.name, "hint": hint})
    return Received(table.name, None, "", "", "", 0, findings)


def _bytes(path: Path) -> bytes:
    """The file's bytes; raises Refused for a link, a device, a folder and a file too large to hold."""
    how = "Put the file itself in the folder, where it can be read."
    try:
        status = path.lstat()
        if not stat.S_ISREG(status.st_mode):
            raise Refused(7, problem="it is a link, a folder or a device, not a file", how=how)
        if status.st_size > MAX_BYTES:
            gigabytes = f"{MAX_BYTES // 10**9} GB"
            raise Refused(10, size=f"has {status.st_size / 10**9:.1f} GB", limit=gigabytes)
        return path.read_bytes()
    except OSError as error:
        raise Refused(7, problem=error.strerror or "the system refused it", how=how) from error


def _read(data: bytes, path: Path, table: Table) -> Sheet:
    if not data:
        raise Refused(3)
    suffix = path.suffix.casefold()
    what = _what_it_is(data)
    if what and what != suffix:
        named = {".xlsx": "an Excel workbook or a zip file", ".parquet": "a Parquet file"}.get(what, what)
        raise Refused(8, what=named, kind=_NAMED[suffix])
    return READERS[suffix](data, table)


def _what_it_is(data: bytes) -> str:
    """The suffix that a file's first bytes show, or in words what else it is; "" = it may be text."""
    signs = {
        b"PK\x03\x04": ".xlsx",
        b"PAR1": ".parquet",
        b"\x1f\x8b": "a compressed file",
        b"\xd0\xcf\x11\xe0": "an old Excel file (.xls) or one with a password",
        b"%PDF": "a PDF",
        b"{\\rtf": "a word processor's file",
    }
    for sign, what in signs.items():
        if data.startswith(sign):
            return what
    start = data[:2000].replace(b"\x00", b"").lstrip(b"\xef\xbb\xbf\xff\xfe \t\r\n").lower()
    if start.startswith((b"<!doctype html", b"<html", b"<head", b"<body", b"<table", b"<script")):
        return "a web page"
    return "an XML file" if start.startswith(b"<?xml") else ""


def _frame(sheet: Sheet, table: Table) -> tuple[pd.DataFrame, list[Problem]]:
    """Name the columns as the contract does; drop what is blank; raises Refused where the shape is wrong."""
    problems = list(sheet.problems)
    ours = {heading_key(name): name for name in table.by_name}
    names: dict[int, str] = {}
    nameless: list[str] = []
    for position, heading in enumerate(sheet.headings):
        key = heading_key(heading)
        if key:
            names[position] = ours.get(key, key)
        elif (sheet.cells[position].str.strip() != "").any():
            nameless.append(f"column {position + 1}")
    if nameless:
        problems.append(Problem(23, {"columns": _listed(nameless)}))
    kept = {
        position: name
        for position, name in names.items()
        if name in table.by_name or (table.keeps_characteristics and name != "source_row")
    }
    repeated = [name for name in kept.values() if list(kept.values()).count(name) > 1]
    if repeated:
        raise Refused(6, column=repeated[0])
    unused = [name for position, name in names.items() if position not in kept]
    if unused:
        problems.append(Problem(17, {"columns": _listed(unused)}))
    frame = sheet.cells[list(kept)].set_axis(list(kept.values()), axis="columns")
    frame.index = pd.Index(sheet.rows, name="source_row", dtype="int64")
    _check_shape(frame, table, list(names.values()))
    return _without_blank_rows(frame, table, sheet, problems)


def hold_against(schema: pa.DataFrameSchema, frame: pd.DataFrame) -> None:
    """Validate a frame by a pandera schema; raises SchemaErrors with every failure.

    pandera ties the schema to the frame it is given, in a circle that keeps the frame in memory and makes
    a noise when the interpreter ends. So it is given a view, and every hold on the view is let go.
    """
    view = frame.copy(deep=False)
    try:
        schema.validate(view, lazy=True, inplace=True)
    except SchemaErrors as errors:
        for error in (errors, *errors.schema_errors):
            vars(error)["data"] = None
        raise
    finally:
        vars(view).pop("pandera", None)


def _check_shape(frame: pd.DataFrame, table: Table, headings: list[str]) -> None:
    """Hold the frame against the raw schema; raises Refused for a missing column."""
    try:
        hold_against(table.raw, frame)
    except SchemaErrors as errors:
        cases = errors.failure_cases
        missing = cases.loc[cases["check"] == "column_in_dataframe", "failure_case"]
        if missing.empty:
            raise
        raise Refused(5, missing=" and no column ".join(missing), headings=_listed(headings)) from errors


def _without_blank_rows(
    frame: pd.DataFrame, table: Table, sheet: Sheet, problems: list[Problem]
) -> tuple[pd.DataFrame, list[Problem]]:
    required = [c.name for c in table.columns if c.required]
    first = frame[required[0]].str.strip()
    blank = (first == "").to_numpy(copy=True)
    if blank.any():
        rest = frame.loc[blank].apply(lambda column: column.str.strip() == "").all(axis=1).to_numpy()
        blank[blank] = rest
        inside = blank.copy()
        inside[np.flatnonzero(~blank)[-1] + 1 if (~blank).any() else 0 :] = False  # at the end nobody minds
        if inside.any():
            rows = frame.index[inside]
            problems.append(Problem(15, {"count": len(rows), "rows": _rows(rows)}))
    again = _headings_again(frame, required)
    if again.any():
        problems.append(Problem(19, {"rows": _rows(frame.index[again])}))
    return frame.loc[~(blank | again)], problems


def _headings_again(frame: pd.DataFrame, required: list[str]) -> np.ndarray:
    """Which rows say every required column's own name: the headings of a second file."""
    again = np.ones(len(frame), dtype=bool)
    for name in required:
        if not again.any():
            break
        again &= (frame[name].str.strip().str.casefold() == name.casefold()).to_numpy()
    return again


def _rows(rows: pd.Index) -> str:
    few = ", ".join(str(row) for row in rows[:3])
    more = f" and {len(rows) - 3:,} more" if len(rows) > 3 else ""
    return f"row {few}" if len(rows) == 1 else f"rows {few}{more}"


def _listed(names: list[str]) -> str:
    few = ["•••" if is_personal(name) and len(name) > 60 else name[:40] for name in names[:12]]
    return ", ".join(few) + (f" and {len(names) - 12:,} more" if len(names) > 12 else "")
