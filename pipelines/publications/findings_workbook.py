"""The findings as a workbook: a summary, every finding, and the landlord's own rows with the cells marked.

`rows_with_findings` copies rows where the landlord's text is at hand; `findings_xlsx` writes the workbook. No
personal value is in either: columns of a person's particulars and free text show that a value was there.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from datetime import datetime
from typing import Any, Protocol

import numpy as np
import pandas as pd

from pipelines.publications.content import table_word
from pipelines.publications.exports import rules_text
from pipelines.publications.findings import in_short
from pipelines.publications.masking import MASKED, is_private
from pipelines.publications.text import cell_text, plural
from pipelines.publications.workbook import LONGEST_CELL, each_finding, finding_groups, shortened
from pipelines.publications.workbook_sheets import NOT_SHOWN, Head, Sheet, contents, workbook
from schemas.tables import TABLES

MOST_ROWS = 5_000
MOST_COLUMNS = 60
ROW, FILE = "source_row", "source_file"


class Places(Protocol):
    """Where the rows of a mapped table stood, and how their cells were written there."""

    @property
    def files(self) -> Sequence[Any]:
        """The files, each with `label` and `headings` (our column → the file's heading of it)."""

    @property
    def spread(self) -> Mapping[str, tuple[Any, tuple[str, ...]]]:
        """Our column → which of some headings each of its cells stood under."""

    def row_numbers(self, index: Any) -> Any:
        """The rows' numbers in their files."""

    def labels(self, index: Any) -> pd.Series:
        """What names each row's file."""

    def as_given(self, column: str, cells: pd.Series) -> pd.Series:
        """Cells of our column as they stood in the file."""


# ---------------------------------------------------------------------------------------- rows to be copied


def rows_with_findings(
    frame: pd.DataFrame,
    findings: pd.DataFrame,
    table: str,
    limit: int = MOST_ROWS,
    origin: Places | None = None,
) -> pd.DataFrame:
    """Return the landlord's rows that `findings` name, as they stood: `source_row`, then the columns.

    `frame`: the table as it arrived, every cell text, its index the row numbers; of a mapped table the text
    as it was mapped, and `origin` says where each row stood and how its cells were written (then columns bear
    the landlord's own headings where all files agree, and `source_file` is there where they are several).
    At most `limit` rows and MOST_COLUMNS columns, the contract's own and those that findings name first. Of
    the frame's `attrs`, `columns` says for each file ('' where there is one) which column here a heading is
    that a finding may name, and `columns_left_out` how many there was no room for.
    """
    named = findings[(findings["table"] == table) & findings["row"].notna()]
    if frame.empty or named.empty:
        return pd.DataFrame({ROW: pd.Series([], dtype="int64")})
    places = pd.DataFrame(
        {ROW: np.asarray(frame.index if origin is None else origin.row_numbers(frame.index))}
    )
    if origin is not None and len({file.label for file in origin.files}) > 1:
        places[FILE] = origin.labels(frame.index).array
    known = set(_keys(named, several=FILE in places))
    rows = places[ROW].isin([row for _, row in known])
    if FILE in places:  # rows first: few are left to be told apart by their files
        rows[rows] = [key in known for key in zip(places.loc[rows, FILE], places.loc[rows, ROW], strict=True)]
    at = np.flatnonzero(rows.to_numpy())[:limit]
    picked, said = frame.iloc[at], _said(origin, several=FILE in places)
    from_a_file = {column for columns in said.values() for column in columns.values()}
    theirs = [name for name in frame.columns if origin is None or name in from_a_file]
    names = {name: _shown_as(name, origin, said) for name in theirs}
    culprits = {
        said.get(label, {}).get(column, column)
        for file, sheet, column in zip(named["file"], named["sheet"], named["column"], strict=True)
        for label in _labels(file, sheet, several=FILE in places)
    }
    shown = _some(theirs, culprits | set(TABLES[table].by_name))
    cells: dict[str, pd.Series] = {}
    for column in shown:
        text = picked[column] if origin is None else origin.as_given(column, picked[column])
        private = [column, *_headings_of(column, origin)]
        cells[names[column]] = _masked(_cut(text), private, table).reset_index(drop=True)
    copied = pd.DataFrame({**places.iloc[at].reset_index(drop=True), **cells})
    copied.attrs = {
        "columns": {
            label: {heading: names[column] for heading, column in columns.items() if column in shown}
            for label, columns in said.items()
        },
        "columns_left_out": len(theirs) - len(shown),
    }
    return copied


def _keys(findings: pd.DataFrame, *, several: bool) -> Iterator[tuple[str, int]]:
    """(file, row) of each finding, the file as it may be labelled: by itself, or with its sheet."""
    for file, sheet, row in zip(findings["file"], findings["sheet"], findings["row"], strict=True):
        yield from ((label, int(row)) for label in _labels(file, sheet, several=several))


def _labels(file: Any, sheet: Any, *, several: bool) -> tuple[str, ...]:
    return (cell_text(file), f"{cell_text(file)} ({cell_text(sheet)})") if several else ("",)


def _some(columns: list[str], wanted: set[str]) -> list[str]:
    """At most MOST_COLUMNS columns, in their order: those that are wanted before the others."""
    if len(columns) <= MOST_COLUMNS:
        return columns
    first = sorted(columns, key=lambda column: column not in wanted)[:MOST_COLUMNS]
    return [column for column in columns if column in set(first)]


def _headings_of(column: str, origin: Places | None) -> list[str]:
    if origin is None:
        return []
    if column in origin.spread:
        return list(origin.spread[column][1])
    return [file.headings[column] for file in origin.files if column in file.headings]


def _said(origin: Places | None, *, several: bool) -> dict[str, dict[str, str]]:
    """What a finding may call a column: for each file its headings, each with our column."""
    said: dict[str, dict[str, str]] = {}
    if origin is None:
        return said
    for file in origin.files:
        columns = said.setdefault(file.label if several else "", {})
        # Of spread columns the first holds the cells, the second the names of what they are.
        for column, (_, headings) in origin.spread.items():
            columns |= {heading: column for heading in headings if heading not in columns}
        columns |= {heading: column for column, heading in file.headings.items() if heading not in columns}
    return said


def _shown_as(column: str, origin: Places | None, said: Mapping[str, Mapping[str, str]]) -> str:
    """The landlord's own heading of our column, where its files agree on one and it means nothing else."""
    headings = set(_headings_of(column, origin))
    if len(headings) != 1:
        return column
    (heading,) = headings
    meant = {columns.get(heading) for columns in said.values()}
    return heading if meant <= {column, None} and heading not in (ROW, FILE) else column


def _cut(cells: pd.Series) -> pd.Series:
    return cells.where(cells.str.len() <= LONGEST_CELL, cells.str.slice(0, LONGEST_CELL) + NOT_SHOWN)


def _masked(cells: pd.Series, names: Sequence[str], table: str) -> pd.Series:
    """Cells as they may be shown: of a person, and of free text, only that something stood there.

    `names`: our name of the column, and the landlord's headings of it.
    """
    return (
        cells.where(cells.str.strip() == "", MASKED)
        if is_private(table, names)
        else cells.mask(cells.str.contains("@", regex=False), MASKED)
    )


# --------------------------------------------------------------------------------------------- the workbook


def findings_xlsx(
    document: Mapping[str, Any],
    findings: Sequence[Mapping[str, Any]],
    sheets: Mapping[str, pd.DataFrame],
) -> bytes:
    """The workbook: contents, the findings in groups, each finding, and a worksheet a table of `sheets`.

    `sheets[table]`: the landlord's rows that have findings (see `rows_with_findings`): text, `source_row` as
    a column or as the index, `source_file` where they are from several files. The cells that a finding names
    are filled, framed and bold, and the rule stands in words beside them. Nothing in the workbook runs, and
    its bytes are the same every time.
    """
    copies = [
        _Copy(table, sheets[table], findings) for table in TABLES if table in sheets and len(sheets[table])
    ]
    told = [finding_groups(document), each_finding(document, findings), *(copy.sheet() for copy in copies)]
    landlord, year = document["landlord"]["name"], document["reporting_year"]
    first = contents(
        f"{landlord}: findings in the files for {year}",
        [*in_short(document), f"Rules: {rules_text(document)}"],
        told,
    )
    return workbook(
        [first, *told],
        title=f"{landlord}: findings {year}",
        author=landlord,
        about=f"Made with {document['software']['name']}",
        moment=datetime.fromisoformat(document["year_end"]),
    )


class _Copy:
    """A copy of the rows of one table that have findings, and what the findings say of each."""

    def __init__(self, table: str, frame: pd.DataFrame, findings: Sequence[Mapping[str, Any]]) -> None:
        self.table = table
        self.frame = frame.iloc[:MOST_ROWS].reset_index(drop=ROW in frame.columns)
        self.columns = [name for name in self.frame.columns if name not in (ROW, FILE)]
        self.columns_left_out = frame.attrs.get("columns_left_out", 0) + max(
            len(self.columns) - MOST_COLUMNS, 0
        )
        self.several = FILE in self.frame.columns
        mine = [row for row in findings if row["table"] == table and cell_text(row["row"])]
        keys = [_labels(row["file"], row["sheet"], several=self.several) for row in mine]
        self.total = len({(key, int(row["row"])) for key, row in zip(keys, mine, strict=True)})
        stood = self.frame[FILE] if self.several else [""] * len(self.frame)
        self.places: dict[tuple[str, int], list[int]] = {}
        for position, place in enumerate(zip(stood, self.frame[ROW], strict=True)):
            self.places.setdefault((str(place[0]), int(place[1])), []).append(position)
        self.notes: dict[int, list[Mapping[str, Any]]] = {}
        self.marked: set[tuple[int, str]] = set()
        said = frame.attrs.get("columns", {})
        for row, files in zip(mine, keys, strict=True):
            name = cell_text(row["column"])
            meant = [said[file][name] for file in files if name in said.get(file, ())]
            known = [column for column in (*meant, name) if column in self.columns]
            self._place(row, files, known[0] if known else None)

    def _place(self, finding: Mapping[str, Any], file: tuple[str, ...], column: str | None) -> None:
        """Note a finding at its row, and mark the cell that it names.

        One row of the landlord's may be several of the table's (a register with a column a programme): the
        cell is then the one that says what the finding shows.
        """
        at = [place for label in file for place in self.places.get((label, int(finding["row"])), ())]
        if column is not None and len(at) > 1:
            value = cell_text(finding["value"])
            at = [place for place in at if self.frame.at[place, column] == value] or at
        for place in at:
            self.notes.setdefault(place, []).append(finding)
            if column is not None:
                self.marked.add((place, column))

    @property
    def about(self) -> str:
        """What the sheet holds, and what was cut."""
        rows, columns = len(self.frame), self.columns_left_out
        said = "The cells that a finding names are filled and framed."
        if rows < self.total:
            first = "first " if rows == MOST_ROWS else ""
            said += f" {self.total:,} rows have findings: these are the {first}{rows:,} that could be copied."
        if columns:
            said += f" {plural(columns, 'column')} that no finding names left out."
        return said

    def sheet(self) -> Sheet:
        """Where each row stands, what was found in it, and the row."""
        where = [Head("Row in your file", 12, "plain"), *([Head("File", 26)] if self.several else [])]
        told = [Head("Findings", 14), Head("What was found", 60), Head("What to do", 40)]
        shown = self.columns[:MOST_COLUMNS]
        theirs = [Head(name, max(12, min(len(name) + 3, 30))) for name in shown]
        cells = [
            _masked(_cut(self.frame[name].fillna("").astype("str")), [name], self.table).to_list()
            for name in shown
        ]
        files = self.frame[FILE].to_list() if self.several else []
        rows = []
        for place, number in enumerate(self.frame[ROW].to_list()):
            notes = sorted(self.notes.get(place, ()), key=lambda note: cell_text(note["finding_id"]))
            lines = (
                [cell_text(note["finding_id"]) for note in notes],
                [f"{_name(note)}: {cell_text(note['message'])}" for note in notes],
                [cell_text(note["remedy"]) for note in notes],
            )
            rows.append(
                [
                    int(number),
                    *files[place : place + 1],
                    *(shortened("\n".join(dict.fromkeys(each))) for each in lines),
                    *(column[place] for column in cells),
                ]
            )
        first = len(where) + len(told)
        at = {name: first + number for number, name in enumerate(shown)}
        word = table_word(self.table)
        return Sheet(
            word,
            f"{word}: your rows with findings",
            [self.about, "Empty cells are empty in your file."],
            [*where, *told, *theirs],
            rows,
            long=True,
            marked={(place, at[name]) for place, name in self.marked if name in at},
        )


def _name(finding: Mapping[str, Any]) -> str:
    """A finding's rule, with the column that it names: a mark must not be told by its colour alone."""
    column = cell_text(finding["column"])
    return f"{cell_text(finding['finding_id'])}, {column}" if column else cell_text(finding["finding_id"])
