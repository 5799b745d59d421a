"""What the tests of bad files share: the register of cases, files made in code, and a child under limits."""

from __future__ import annotations

import functools
import io
import json
import subprocess
import sys
import zipfile
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import openpyxl
import pandas as pd

from pipelines.intake import Records, empty_records
from pipelines.measures import Figure, Inputs, Target, classify, figures
from schemas.tables import TABLES
from tests.intake.support import CLEAN, EDITION, SETTINGS, check_file, clean_frame

ROOT = Path(__file__).resolve().parents[2]
HEAD = "case_id,home_id,tenure,opened_on,closed_on,hate_incident\n"
ROW = "A1,H1,,2024-09-01,2024-10-01,no\n"
SECOND = "A2,H2,,2024-11-01,,yes\n"

# What becomes of a bad file, row or figure. The last also where what is bad is never a file.
REJECT_FILE, REJECT_ROW, WARN, ACCEPT = "reject file", "reject row", "warn", "accept"


@dataclass(frozen=True)
class Case:
    """A case of bad input: its number, its test, what becomes of it, and the rules that say so."""

    number: int
    test: str
    outcome: str
    rules: tuple[str, ...]


CASES: dict[int, Case] = {}


def case(outcome: str, *rules: str) -> Callable[[Callable[..., Records | None]], Callable[..., None]]:
    """Enter a test under its number; where it returns records, their outcome must be the one it states."""

    def enter(test: Callable[..., Records | None]) -> Callable[..., None]:
        number = int(test.__name__.split("_")[2])
        assert number not in CASES, f"case {number} is there twice"
        CASES[number] = Case(number, test.__name__.removeprefix("test_"), outcome, rules)

        @functools.wraps(test)
        def run(*args: Any, **kwargs: Any) -> None:
            records = test(*args, **kwargs)
            if records is not None:
                assert_outcome(records, outcome, rules)

        return run

    return enter


def assert_outcome(records: Records, outcome: str, rules: tuple[str, ...]) -> None:
    """The records show the outcome, by the rules and by no stop that is not among them."""
    findings = records.findings
    told = findings[["finding_id", "row", "message"]].to_string()
    assert set(rules) <= set(findings["finding_id"]), told
    stops = set(findings.loc[findings["grade"] == "stop", "finding_id"])
    if outcome == REJECT_FILE:
        assert rules[0] in stops, told
        return
    assert not stops, told
    turned_away = set(records.rejected["finding_id"])
    if outcome == REJECT_ROW:
        assert rules[0] in turned_away, told
    else:
        assert not turned_away, told
        assert outcome == WARN or findings.empty, told


# ------------------------------------------------------------------------------------------- making files


def csv_records(folder: Path, data: bytes | str, table: str = "asb_cases") -> Records:
    """Check a table given as the bytes of a CSV file."""
    (folder / f"{table}.csv").write_bytes(data.encode() if isinstance(data, str) else data)
    return check_file(folder, table)


def xlsx_records(folder: Path, data: bytes, table: str = "asb_cases") -> Records:
    """Check a table given as the bytes of a workbook."""
    (folder / f"{table}.xlsx").write_bytes(data)
    return check_file(folder, table)


def with_cells(table: str, **cells: str) -> str:
    """The clean table as CSV text, these cells changed in its second row; a column is added if need be."""
    first, second = (dict(row) for row in CLEAN[table])
    first |= {name: "" for name in cells if name not in first}
    return as_csv([first, second | cells])


def as_csv(rows: Iterable[Mapping[str, str]], separator: str = ",") -> str:
    """Rows as CSV text; the columns are those of the first."""
    rows = list(rows)
    names = list(rows[0])
    lines = [
        separator.join(names),
        *(separator.join(_quoted(row[name], separator) for name in names) for row in rows),
    ]
    return "\n".join(lines) + "\n"


def _quoted(text: str, separator: str) -> str:
    needed = any(character in text for character in (separator, '"', "\n", "\r"))
    return '"' + text.replace('"', '""') + '"' if needed else text


def book(*sheets: Iterable[Iterable[Any]], change: Callable[[Any], None] | None = None) -> bytes:
    """A workbook of these sheets; `change` is done to the openpyxl workbook before it is saved."""
    made = openpyxl.Workbook()
    made.remove(made.active)
    for rows in sheets:
        sheet = made.create_sheet()
        for row in rows:
            sheet.append(list(row))
    if change:
        change(made)
    stream = io.BytesIO()
    made.save(stream)
    return stream.getvalue()


def asb_sheet() -> list[list[Any]]:
    """The clean ASB cases as the rows of a sheet."""
    return [line.split(",") for line in (HEAD + ROW + SECOND).splitlines()]


SHEET = b'<worksheet xmlns="http://schemas.openxmlformats.org/spreadsheetml/2006/main"><sheetData>'
SHEET_END = b"</sheetData></worksheet>"


def raw_row(number: int, cells: Iterable[str]) -> bytes:
    """A row of a sheet as it stands in a workbook's part."""
    inside = "".join(
        f'<c r="{chr(65 + at)}{number}" t="inlineStr"><is><t>{cell}</t></is></c>'
        for at, cell in enumerate(cells)
    )
    return f'<row r="{number}">{inside}</row>'.encode()


def raw_book(parts: Mapping[str, Iterable[bytes]]) -> bytes:
    """A workbook of one sheet whose parts of these names have these pieces for content."""
    stream = io.BytesIO()
    with (
        zipfile.ZipFile(io.BytesIO(book(asb_sheet()))) as clean,
        zipfile.ZipFile(stream, "w", zipfile.ZIP_DEFLATED, compresslevel=1) as made,
    ):
        contents: dict[str, Iterable[bytes]] = {name: [clean.read(name)] for name in clean.namelist()}
        for name, pieces in (contents | dict(parts)).items():
            with made.open(name, "w", force_zip64=True) as part:
                for piece in pieces:
                    part.write(piece)
    return stream.getvalue()


def raw_sheet(pieces: Iterable[bytes]) -> bytes:
    """A workbook whose one sheet holds the clean headings and row, and then these pieces of XML."""
    rows = [raw_row(number, line.split(",")) for number, line in enumerate((HEAD + ROW).splitlines(), 1)]
    return raw_book({"xl/worksheets/sheet1.xml": [SHEET, *rows, *pieces, SHEET_END]})


# -------------------------------------------------------------------------------------------- the figures


def inputs_of(*checked: Records, targets: Mapping[str, Target] | None = None, **settings: Any) -> Inputs:
    """What measures are computed from: the checked tables, the clean homes unless given, all else empty."""
    given = {records.table: records for records in checked}
    tables = {name: given.get(name) or empty_records(name) for name in TABLES}
    accepted = {name: records.accepted for name, records in tables.items()}
    if "homes" not in given:
        accepted["homes"] = clean_frame("homes")
    return Inputs(
        EDITION,
        EDITION.resolve_settings(settings) if settings else SETTINGS,
        accepted=accepted,
        rejected={name: records.rejected for name, records in tables.items()},
        targets=targets or {"emergency": Target(hours=24), "non_emergency": Target(working_days=20)},
    )


def reasons(given: Inputs, measure: str) -> dict[str, str]:
    """Why each record of a measure counts or does not, by its id."""
    lines = classify(given, EDITION.measure(measure))
    return dict(zip(lines["record_id"], lines["reason"], strict=True))


def figures_of(given: Inputs) -> dict[tuple[str, str], Figure]:
    """Every figure by measure and population, computed as the pipeline does."""
    ledgers = {each.key: classify(given, each) for each in EDITION.measures}
    return {found.key: found for found in figures(ledgers, given.stock, EDITION)}


# ----------------------------------------------------------------------------------- a child under limits

_CHILD = """
import json, resource, sys, time
from pathlib import Path
from pipelines.intake import check_table, receive
from schemas.rulebook import load_edition
folders, megabytes, seconds = json.loads(sys.argv[1])
edition = load_edition("2024-25")
settings = edition.resolve_settings({})
if Path("/proc/self/statm").exists():
    already = int(Path("/proc/self/statm").read_text().split()[0]) * resource.getpagesize()
    resource.setrlimit(resource.RLIMIT_AS, (already + megabytes * 1_000_000,) * 2)
resource.setrlimit(resource.RLIMIT_CPU, (seconds * len(folders),) * 2)
for folder in folders:
    table = next(Path(folder).iterdir()).stem
    began = time.process_time()
    records = check_table(receive(Path(folder), table), edition, {}, settings)
    told = {
        "findings": records.findings[["finding_id", "message"]].drop_duplicates().to_numpy().tolist()[:20],
        "accepted": len(records.accepted),
        "rejected": len(records.rejected),
        "seconds": time.process_time() - began,
    }
    print(json.dumps([Path(folder).name, told]), flush=True)
"""


@dataclass(frozen=True)
class Bounded:
    """What a child found in a file: the finding ids with their messages, the rows, and how long it took."""

    findings: dict[str, str]
    accepted: int
    rejected: int
    seconds: float


def under_limits(folders: Iterable[Path], megabytes: int, seconds: int) -> dict[str, Bounded]:
    """Receive and check the one table of each folder in a child that may use so much memory and time a file.

    The answers are by the folders' names; a folder that the child did not live to answer is not among them.
    """
    asked = json.dumps([[str(folder) for folder in folders], megabytes, seconds])
    child = subprocess.run(
        [sys.executable, "-c", _CHILD, asked],
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=False,
        timeout=600,
    )
    answers = dict(json.loads(line) for line in child.stdout.splitlines())
    assert answers or not child.returncode, child.stderr[-2000:]
    return {
        name: Bounded(dict(told["findings"]), told["accepted"], told["rejected"], told["seconds"])
        for name, told in answers.items()
    }


def text_of(records: Records) -> str:
    """All that the findings and the reasons of rejected rows say, as one text."""
    shown: pd.DataFrame = records.findings[["value", "message", "remedy", "record_id", "sheet", "column"]]
    return shown.to_string()
