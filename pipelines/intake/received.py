"""Receiving a table: find its files, read them as text, say in one finding what is wrong with a whole one."""

from __future__ import annotations

import difflib
import hashlib
import logging
import re
import stat
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd
import pandera.pandas as pa
from pandera.errors import SchemaErrors

from pipelines.intake import sources
from pipelines.intake.content import text_array
from pipelines.intake.csv_file import read_csv
from pipelines.intake.dates import DAY_FIRST, half_swapped
from pipelines.intake.findings import file_finding, join, mapping_finding, no_findings, problem_findings
from pipelines.intake.mapping import LeftOut, Mapped, MappedSheet, NotMapped, map_sheet, stack, take_questions
from pipelines.intake.memory import give_back
from pipelines.intake.origin import SourceFile
from pipelines.intake.parquet_file import read_parquet
from pipelines.intake.sheet import AS_FOUND, Form, Problem, Refused, Sheet, heading_key
from pipelines.intake.sources import Source, SqlQuery, TableMapping
from pipelines.intake.xlsx_file import read_xlsx
from schemas.errors import InputError
from schemas.tables import TABLES, Table, is_personal

if TYPE_CHECKING:
    from pipelines.intake.sql_source import SqlRead

log = logging.getLogger("tsm")

MAX_BYTES = 4_000_000_000
_LONG = 10_000_000  # bytes from which memory is given back as soon as it can be
READERS: dict[str, Callable[[bytes, Table, Form], Sheet]] = {
    ".csv": read_csv,
    ".xlsx": read_xlsx,
    ".parquet": read_parquet,
}
_NAMED = {".csv": "a CSV file", ".xlsx": "an XLSX file", ".parquet": "a Parquet file"}
_HOW_TO_READ = "Put the file itself in the folder, where it can be read."
# What a file that sources.yaml names may also be called.
_ALSO = {".txt": ".csv", ".tsv": ".csv", ".xlsm": ".xlsx", ".pq": ".parquet"}
READABLE = frozenset({*READERS, *_ALSO})  # the endings of files that a table may be in
# With what bytes files of other kinds begin.
_SIGNS = {
    b"PK\x03\x04": ".xlsx",
    b"PAR1": ".parquet",
    **dict.fromkeys(
        (b"\x1f\x8b", b"BZh9", b"\xfd7zXZ", b"7z\xbc\xaf", b"\x28\xb5\x2f\xfd", b"Rar!"), "a compressed file"
    ),
    b"\xd0\xcf\x11\xe0": "an old Excel file (.xls) or one with a password",
    b"%PDF": "a PDF",
    b"{\\rtf": "a word processor's file",
    **dict.fromkeys((b"\x89PNG", b"\xff\xd8\xff", b"GIF8", b"II*\x00"), "a picture"),
    b"\x00\x01\x00\x00Standard ": "an Access database",
    b"$FL2": "an SPSS file",
    b"<stata_dta>": "a Stata file",
    b"SQLite format 3": "a database",
    b"version https://git-lfs": "a pointer to a file that is kept elsewhere (Git LFS)",
    b"MIME-Version:": "a web page",
}
_OF_TABLES = {*READERS, *_ALSO, ".xls", ".xlsb", ".ods", ".gz", ".zip"}
_JSON = re.compile(rb"\s*(?:\[\s*)?\{\s*\"[^\"]*\"\s*:")


@dataclass(frozen=True)
class Received:
    """A table as it arrived.

    `frame`: every cell as text, a blank one "", the index (`source_row`) the row as a spreadsheet numbers it;
    None where the table is absent or refused. `file`, `sheet`, `sha256`, `size`: where it came from (blank
    and 0 where there is no file; of several files, a name and a hash for all of them). `findings`: see
    `FINDING_COLUMNS`.

    `files`: each file that was read, with its own hash. `sources_sha256`, `preset`: by which sources.yaml
    and shipped mapping, blank where the table has no entry there. Of a table that has one `mapped` says where
    each row stood (the frame's index then counts its rows). `left_out`: the rows left out before the checks.
    `marks`: for each row of the frame what corrections.yaml did to it, "" for nothing (None: it did nothing).
    `queried`: what a query gave, where the table came from a database.
    """

    table: str
    frame: pd.DataFrame | None
    file: str
    sheet: str
    sha256: str
    size: int
    findings: pd.DataFrame
    files: tuple[SourceFile, ...] = ()
    sources_sha256: str = ""
    preset: str = ""
    mapped: Mapped | None = None
    left_out: tuple[LeftOut, ...] = ()
    marks: pd.Series | None = None
    queried: SqlRead | None = None


def rows_file(folder: Any, table: str) -> Any:
    """Return where the rows that a table's query gave are kept, beside the files received."""
    return folder / f".queried-{table}.parquet"


def receive(folder: Path, table: str, *, as_kept: bool = False) -> Received:
    """Read one table from a landlord's folder of one year.

    `table`: a name of `schemas.tables.TABLES`. `as_kept`: no database is asked, the rows are those of
    `rows_file`. Whatever is wrong with the files is a finding; InputError only
    where the folder does not exist, the table's name is unknown, or sources.yaml cannot be used.
    """
    if table not in TABLES:
        raise InputError(f"'{table}' is not a table: use one of {', '.join(TABLES)}.")
    contract = TABLES[table]
    if not folder.is_dir():
        raise InputError(f"There is no folder {folder}: create it with `tsm init`, or correct the path.")
    said = sources.load_sources(folder)
    if table in said.tables:
        return _receive_mapped(folder, contract, said, as_kept=as_kept)
    found, others = _candidates(folder, table)
    if len(found) != 1:
        return _none_or_many(folder, contract, found, others, _named_much_like(folder, table, said))
    path = found[0]
    data = b""
    try:
        data = _bytes(path)
        sheet = _read(data, path, contract)
        frame, problems = _frame(sheet, contract)
    except Refused as refused:
        findings = file_finding(refused.number, contract, path.name, "", refused.facts)
        file = SourceFile(path.name, "", _sha256(data), len(data))
        return Received(table, None, path.name, "", file.sha256, file.size, findings, (file,))
    file = SourceFile(path.name, sheet.name, _sha256(data), len(data))
    findings = problem_findings(problems, contract, path.name, sheet.name)
    return Received(table, frame, path.name, sheet.name, file.sha256, file.size, findings, (file,))


def _sha256(data: bytes) -> str:
    return hashlib.sha256(data).hexdigest()


def _candidates(folder: Path, table: str) -> tuple[list[Path], list[Path]]:
    """The files of that name that can be read, and those that cannot (such as repairs.xls)."""
    named = sorted(p for p in folder.iterdir() if p.name.split(".")[0].casefold() == table)
    found = [p for p in named if p.suffix.casefold() in READERS and p.stem.casefold() == table]
    return found, [p for p in named if p not in found]


def table_files(folder: Path, table: str) -> list[Path]:
    """Every file in `folder` that says what `table` is.

    Those that are named after it, whether or not they can be read; where sources.yaml has an entry for it
    also that file, the files (and links) that the entry names, and the file that holds its query.
    """
    found, others = _candidates(folder, table)
    said = sources.load_sources(folder)
    source = said.tables.get(table)
    if source is None:
        return [*found, *others] or _named_much_like(folder, table, said)
    files = [folder / sources.FILE]
    patterns = [part.pattern for part in source.parts]
    if source.sql and source.sql.query_file:
        patterns.append(source.sql.query_file)
    for pattern in patterns:
        for several in sources.find_files(folder, pattern):
            files += several
    return list(dict.fromkeys([*files, *found, *others]))


# -------------------------------------------------------------------------------------- tables with a mapping


@dataclass(frozen=True)
class _ToRead:
    """A file that sources.yaml names, and how it is mapped."""

    path: Path
    name: str
    mapping: TableMapping


def _receive_mapped(folder: Path, table: Table, said: sources.Sources, *, as_kept: bool = False) -> Received:
    """Read a table as its entry in sources.yaml says."""
    source, sha256 = said.tables[table.name], said.sha256
    if source.sql:
        kept = rows_file(folder, table.name) if as_kept else None
        return _receive_query(folder, table, source, source.sql, sha256, kept)
    named, findings = _named_files(folder, table, source)
    named = _with_sheets_spoken_of(folder, named, said)
    sheets: list[MappedSheet] = []
    files: list[SourceFile] = []
    missing = not named
    for one in named:
        file, sheet, told = _read_named(one, table)
        files.append(file)
        findings.append(told)
        if sheet is None:
            missing = True
            continue
        sheets.append(sheet)
        if len(named) > 1:
            log.info("Read %s: %s rows", one.name, f"{len(sheet.rows):,}")
    return _put_together(table, source, sha256, files, [] if missing else sheets, findings)


def _read_named(one: _ToRead, table: Table) -> tuple[SourceFile, MappedSheet | None, pd.DataFrame]:
    """Read and map one file; None where it is refused."""
    file = SourceFile(one.name, "", "", 0)
    # The hash of a long file takes as long as reading it, so both are done at the same time.
    with ThreadPoolExecutor(1) as pool:
        try:
            data = _bytes(one.path)
            digest = pool.submit(_sha256, data)
            file = replace(file, size=len(data))
            sheet = _read(data, one.path, table, one.mapping.form)
            del data
            if file.size > _LONG:
                give_back()
            mapped = _map(sheet, one.mapping, table, replace(file, sheet=sheet.name))
            del sheet.cells
            if file.size > _LONG:
                give_back()
            file = replace(mapped.file, sha256=digest.result())
            told = problem_findings(sheet.problems, table, one.name, sheet.name)
            return file, replace(mapped, file=file), told
        except Refused as refused:
            if file.size:
                file = replace(file, sha256=digest.result())
            return file, None, _refusal(refused, table, file)


def _refusal(refused: Refused, table: Table, file: SourceFile) -> pd.DataFrame:
    if isinstance(refused, NotMapped):
        return refused.finding(table, file.name, file.sheet)
    return file_finding(refused.number, table, file.name, file.sheet, refused.facts)


def _receive_query(
    folder: Path, table: Table, source: Source, sql: SqlQuery, sha256: str, kept: Path | None
) -> Received:
    """Read a table from a database, or what its query gave from the file `kept`."""
    from pipelines.intake.sql_source import SqlRefused, SqlSource, kept_rows, read_sql

    asked = SqlSource(sql.url, sql.query)
    read = None
    findings = _others(folder, table, source, [])
    file = SourceFile(asked.label, "", "", 0)
    try:
        read = read_sql(asked, table) if kept is None else kept_rows(_bytes(kept))
        file = SourceFile(asked.label, "", read.sha256, read.size)
        sheets = [_map(read.sheet, source.mapping, table, file)]
        findings.append(problem_findings(read.sheet.problems, table, file.name, ""))
    except SqlRefused as refused:
        sheets = []
        findings.append(refused.finding(table))
    except Refused as refused:
        sheets = []
        findings.append(_refusal(refused, table, file))
    return replace(_put_together(table, source, sha256, [file], sheets, findings), queried=read)


def _named_files(folder: Path, table: Table, source: Source) -> tuple[list[_ToRead], list[pd.DataFrame]]:
    """The files of an entry that can be read, none where one cannot; and what is wrong with the others."""
    found: list[_ToRead] = []
    findings: list[pd.DataFrame] = []
    if not source.parts:
        candidates, others = _candidates(folder, table.name)
        if len(candidates) != 1:
            return [], [_none_or_many(folder, table, candidates, others).findings]
        return [_ToRead(candidates[0], candidates[0].name, source.mapping)], []
    in_full = {
        path
        for part in source.parts
        if not sources.has_wildcard(part.pattern)
        for path in sources.find_files(folder, part.pattern)[0]
    }
    for part in source.parts:
        paths, links = sources.find_files(folder, part.pattern)
        for link in links:  # also beside files that are read: else what it leads to would be missing unsaid
            facts = {"problem": "it is a link, which is not followed", "how": _HOW_TO_READ}
            name = _shown_name(link.relative_to(folder).as_posix())
            findings.append(file_finding(7, table, name, "", facts))
        if not paths and not links:
            facts = {"pattern": part.pattern, "folder": folder.name}
            findings.append(mapping_finding(1, table, "", "", facts))
        # What a part names in full, another part's pattern does not take in too.
        taken = in_full if sources.has_wildcard(part.pattern) else set()
        found += [
            _ToRead(path, _shown_name(path.relative_to(folder).as_posix()), part.mapping)
            for path in paths
            if path not in taken
        ]
    found = [one for at, one in enumerate(found) if one not in found[:at]]
    for one in found:
        if _kind(one.path) not in READERS:
            findings.append(mapping_finding(2, table, one.name, "", {}))
    if len(found) > sources.MAX_FILES:
        facts = {"count": f"{len(found):,}", "limit": f"{sources.MAX_FILES:,}"}
        findings.append(mapping_finding(4, table, "", "", facts))
    if findings:
        found = []
    return found, [*findings, *_others(folder, table, source, [one.path for one in found])]


def _with_sheets_spoken_of(folder: Path, named: list[_ToRead], said: sources.Sources) -> list[_ToRead]:
    """The files to read, each with the names of its sheets that any entry of sources.yaml has."""
    if not any(one.mapping.form.sheet for one in named):
        return named
    spoken_of: dict[Path, set[str]] = {}
    for source in said.tables.values():
        for part in source.parts:
            for path in sources.find_files(folder, part.pattern)[0] if part.mapping.form.sheet else ():
                spoken_of.setdefault(path, set()).add(part.mapping.form.sheet)
    forms = [replace(one.mapping.form, spoken_of=frozenset(spoken_of.get(one.path, ()))) for one in named]
    return [
        replace(one, mapping=replace(one.mapping, form=form)) for one, form in zip(named, forms, strict=True)
    ]


def _shown_name(name: str) -> str:
    """A file's name as it may be shown: on one line, and text."""
    return re.sub(r"[\x00-\x1f\x7f\u2028\u2029]+", " ", name.encode("utf-8", "replace").decode())


def _others(folder: Path, table: Table, source: Source, read: list[Path]) -> list[pd.DataFrame]:
    """A note where files bear the table's name and yet are not read."""
    found, others = _candidates(folder, table.name)
    passed_over = [_shown_name(path.name) for path in (*found, *others) if path not in read]
    if not passed_over:
        return []
    facts = {"others": ", ".join(passed_over), "files": source.named}
    return [mapping_finding(3, table, "", "", facts)]


def _map(sheet: Sheet, mapping: TableMapping, table: Table, file: SourceFile) -> MappedSheet:
    """Apply a mapping to a sheet without its blank rows; what is to be said is added to its problems."""
    sheet, questions = take_questions(sheet, mapping.question_row)
    kept = _not_blank(sheet)
    if not kept.all():
        sheet = replace(sheet, cells=sheet.cells.loc[kept], rows=sheet.rows[kept])
    _say_nameless_columns(sheet)
    return map_sheet(sheet, mapping, table, file, questions)


def _say_nameless_columns(sheet: Sheet) -> None:
    nameless = [
        f"column {position + 1}"
        for position, heading in enumerate(sheet.headings)
        if not heading_key(heading) and (sheet.cells[position].str.strip() != "").any()
    ]
    if nameless:
        sheet.problems.append(Problem(23, {"columns": _listed(nameless)}))


def _not_blank(sheet: Sheet) -> np.ndarray:
    """Which rows of a sheet have any cell; blank rows inside are said as a problem of the sheet."""
    blank = np.ones(len(sheet.rows), dtype=bool)
    for position in sheet.cells.columns:
        if not blank.any():
            return ~blank
        blank[blank] = (sheet.cells.loc[blank, position].str.strip() == "").to_numpy()
    _say_blank_rows(blank, sheet.rows, sheet.problems)
    return ~blank


def _say_blank_rows(blank: np.ndarray, rows: np.ndarray | pd.Index, problems: list[Problem]) -> None:
    inside = blank.copy()
    inside[np.flatnonzero(~blank)[-1] + 1 if (~blank).any() else 0 :] = False  # at the end nobody minds
    if inside.any():
        hit = pd.Index(rows)[inside]
        problems.append(Problem(15, {"count": len(hit), "rows": _rows(hit)}))


def _put_together(
    table: Table,
    source: Source,
    sha256: str,
    files: list[SourceFile],
    sheets: list[MappedSheet],
    findings: list[pd.DataFrame],
) -> Received:
    """One table of the sheets of all its files."""
    name, sheet, digest, size = _named_together(source, files)
    given = tuple(files)
    nothing = Received(
        table.name, None, name, sheet, digest, size, join(*findings), given, sha256, source.preset
    )
    if not sheets:
        return nothing
    stacked = stack(sheets, table, name)
    if size > _LONG:
        give_back()
    try:
        _check_shape(stacked.frame.iloc[:0], table, [])  # its rows are numbered here, so each but once
    except Refused as refused:
        findings.append(file_finding(refused.number, table, name, sheet, refused.facts))
        return replace(nothing, findings=join(*findings))
    return Received(
        table.name,
        stacked.frame,
        name,
        sheet,
        digest,
        size,
        _said_once(join(*findings, stacked.findings)),
        stacked.mapped.origin.files,
        sha256,
        source.preset,
        stacked.mapped,
        stacked.left_out,
    )


def _said_once(findings: pd.DataFrame) -> pd.DataFrame:
    """Of findings that say the same of several files, or of a file read several times, the first.

    It says how many other files they are.
    """
    if findings.empty:
        return findings
    apart = findings["row"].notna() | (findings["file"] == "")
    pairs = zip(findings["message"], findings["file"], strict=True)
    same = [message.replace(file, "\0") if file else message for message, file in pairs]
    keys = findings.assign(message=same, sheet="", file="", row=0)
    keys.loc[apart, "row"] = np.arange(int(apart.sum())) + 1
    group = keys.groupby(list(keys.columns), sort=False).ngroup()
    others = findings["file"].groupby(group).transform("nunique") - 1
    first = findings[~group.duplicated()].copy()
    for at in first.index[others[first.index] > 0]:
        file, count = first.at[at, "file"], others[at]
        more = f"{file} (like {count:,} other file{'s' if count > 1 else ''})"
        first.at[at, "message"] = first.at[at, "message"].replace(file, more, 1)
    return first.reset_index(drop=True)


def _named_together(source: Source, files: list[SourceFile]) -> tuple[str, str, str, int]:
    """The name, sheet, hash and size that stand for all of a table's files."""
    if not files:
        return "", "", "", 0
    if len(files) == 1:
        return files[0].name, files[0].sheet, files[0].sha256, files[0].size
    each = {(file.name, file.sha256): file.size for file in files}
    names = {file.name for file in files}
    sheets = {file.sheet for file in files}
    name = f"{source.named} ({len(names)} files)" if len(names) > 1 else files[0].name
    if len(names) == 1 < len(sheets):
        name += f" ({len(sheets)} sheets)"
    # One file read several times stays that file: by its own hash it is held against the one that is kept.
    alone = len(each) == 1
    digest = files[0].sha256 if alone else hashlib.sha256(repr(sorted(each)).encode()).hexdigest()
    sheet = files[0].sheet if len(sheets) == 1 else ""
    return name, sheet, digest, sum(each.values())


def _kind(path: Path) -> str:
    """What a file that sources.yaml names is read as, by its name."""
    suffix = path.suffix.casefold()
    return _ALSO.get(suffix, suffix)


# --------------------------------------------------------------------------------------------------- one file


def _named_much_like(folder: Path, table: str, said: sources.Sources) -> list[Path]:
    """Files that nothing reads and whose names are nearly the table's: "safety exclusions (1).csv"."""
    read = {
        path
        for source in said.tables.values()
        for part in source.parts
        for path in sources.find_files(folder, part.pattern)[0]
    }
    near = []
    for path in sorted(folder.iterdir()):
        name = heading_key(path.name.split(".")[0])
        is_table = name in TABLES or path in read or path.name.startswith((".", "~$"))
        if is_table or path.suffix.casefold() not in _OF_TABLES:
            continue
        if name.startswith(table) or difflib.SequenceMatcher(None, name, table).ratio() > 0.9:
            near.append(path)
    return near


def _none_or_many(
    folder: Path, table: Table, found: list[Path], others: list[Path], near: Sequence[Path] = ()
) -> Received:
    findings = no_findings()
    alike = ", ".join(_shown_name(path.name) for path in near[:3])
    if found:
        findings = file_finding(2, table, "", "", {"files": ", ".join(p.name for p in found)})
    elif near and not table.required and not others:
        findings = file_finding(36, table, "", "", {"others": alike})
    elif table.required or others:
        hint = f" {others[0].name} is not in a form that is read." if others else ""
        if alike and not others:
            hint = f" Is it {alike}? Then name it {table.name}, with its ending."
        findings = file_finding(1, table, "", "", {"folder": folder.name, "hint": hint})
    return Received(table.name, None, "", "", "", 0, findings)


def _bytes(path: Path) -> bytes:
    """The file's bytes; raises Refused for a link, a device, a folder and a file too large to hold."""
    how = _HOW_TO_READ
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


def _read(data: bytes, path: Path, table: Table, form: Form = AS_FOUND) -> Sheet:
    if not data:
        raise Refused(3)
    suffix = _kind(path)
    what = _what_it_is(data)
    if what and what != suffix:
        named = {".xlsx": "an Excel workbook or a zip file", ".parquet": "a Parquet file"}.get(what, what)
        raise Refused(8, what=named, kind=_NAMED[suffix])
    return READERS[suffix](data, table, form)


def _what_it_is(data: bytes) -> str:
    """The suffix that a file's first bytes show, or in words what else it is; "" = it may be text."""
    for sign, what in _SIGNS.items():
        if data.startswith(sign):
            return what
    start = data[:2000].replace(b"\x00", b"").lstrip(b"\xef\xbb\xbf\xff\xfe \t\r\n").lower()
    if start.startswith((b"<!doctype html", b"<html", b"<head", b"<body", b"<table", b"<script")):
        return "a web page"
    if _JSON.match(start):
        return "a JSON file"
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
    if sheet.name:
        _say_half_swapped(frame, table, problems)
    return _without_blank_rows(frame, table, sheet, problems)


def _say_half_swapped(frame: pd.DataFrame, table: Table, problems: list[Problem]) -> None:
    for name in [column.name for column in table.columns if column.is_date and column.name in frame]:
        if found := half_swapped(text_array(frame[name]), DAY_FIRST):
            facts = {"column": name, "dates": f"{found[0]:,}", "texts": f"{found[1]:,}"}
            problems.append(Problem(38, facts))


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
        _say_blank_rows(blank, frame.index, problems)
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
    few = ["•••" if _may_be_a_value(name) else name[:40] for name in names[:12]]
    return ", ".join(few) + (f" and {len(names) - 12:,} more" if len(names) > 12 else "")


def _may_be_a_value(name: str) -> bool:
    """Whether what stands for a heading may be a value, and a person's: no headings may have been found."""
    return (is_personal(name) and len(name) > 60) or bool(
        re.search("[0-9]{4}_[0-9]{2}_[0-9]{2}|[0-9]{5}|@", name)
    )
