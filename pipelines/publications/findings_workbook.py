"""The findings as a workbook: a summary, every finding, and the landlord's own rows with the cells marked.

`rows_with_findings` copies rows where the landlord's text is at hand; `findings_xlsx` writes the workbook. No
personal value is in either: columns of a person's particulars and free text show that a value was there.
"""

from __future__ import annotations

import io
import re
import zipfile
from collections.abc import Iterator, Mapping, Sequence
from datetime import datetime
from typing import Any, Protocol
from xml.sax.saxutils import escape

import numpy as np
import pandas as pd

from pipelines.publications.content import labels, table_word
from pipelines.publications.exports import rules_text
from pipelines.publications.findings import COLUMNS, findings_rows, in_groups, in_short
from pipelines.publications.text import cell_text, clean, plural
from pipelines.publications.workbook import _fixed
from schemas.tables import TABLES, is_personal

MOST_ROWS = 5_000
MOST_COLUMNS = 60
LONGEST_CELL = 2_000  # characters; Excel itself holds 32,767
MASKED = "•••"
ROW, FILE = "source_row", "source_file"
_MOST_FINDINGS = 1_048_575  # what a sheet holds below its headings
_NOT_SHOWN = " … (cut here)"
_HEADINGS = {
    "finding_id": "Finding",
    "grade": "Grade",
    "table": "Table",
    "file": "File",
    "sheet": "Sheet",
    "row": "Row",
    "column": "Column",
    "value": "Value",
    "record_id": "Record",
    "title": "What",
    "message": "What was found",
    "remedy": "What to do",
    "effect": "Effect",
    "touches": "Figures touched",
    "rules": "Rules",
}
_WIDTHS = {"message": 60, "remedy": 50, "title": 36, "file": 24, "value": 24, "record_id": 18, "touches": 24}
_SUMMARY = (
    ("Grade", 10),
    ("What was found", 48),
    ("Table", 24),
    ("Finding", 12),
    ("How many", 10),
    ("Where", 28),
    ("What it could move, at most", 48),
    ("What to do", 48),
    ("Confirmed", 36),
)
_RUNS = ("=", "+", "-", "@", "\t", "\r", "\n")


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
    return cells.where(cells.str.len() <= LONGEST_CELL, cells.str.slice(0, LONGEST_CELL) + _NOT_SHOWN)


def _masked(cells: pd.Series, names: Sequence[str], table: str) -> pd.Series:
    """Cells as they may be shown: of a person, and of free text, only that something stood there.

    `names`: our name of the column, and the landlord's headings of it.
    """
    columns = [TABLES[table].by_name[name] for name in names if name in TABLES[table].by_name]
    private = any(column.personal or column.free_text for column in columns)
    private = private or any(is_personal(re.sub("[^a-z0-9]+", "_", name.lower())) for name in names)
    return (
        cells.where(cells.str.strip() == "", MASKED)
        if private
        else cells.mask(cells.str.contains("@", regex=False), MASKED)
    )


# --------------------------------------------------------------------------------------------- the workbook


def findings_xlsx(
    document: Mapping[str, Any],
    findings: Sequence[Mapping[str, Any]],
    sheets: Mapping[str, pd.DataFrame],
) -> bytes:
    """The workbook: Summary, Findings, and a sheet for each table of `sheets`; the same bytes every time.

    `sheets[table]`: the landlord's rows that have findings (see `rows_with_findings`): text, `source_row` as
    a column or as the index, `source_file` where they are from several files. The cells that a finding names
    are filled, framed and bold, and the rule stands in words beside them. Nothing in the workbook runs.
    """
    from openpyxl import Workbook

    book = Workbook()
    book.remove(book.active)
    copies = [
        _Copy(table, sheets[table], findings) for table in TABLES if table in sheets and len(sheets[table])
    ]
    written = [
        _summary(_Sheet(book, "Summary"), document, findings, copies),
        _findings(_Sheet(book, "Findings"), document, findings),
        *(copy.write(_Sheet(book, table_word(copy.table)[:31])) for copy in copies),
    ]
    moment = datetime.fromisoformat(document["year_end"])
    properties = book.properties
    properties.title = clean(f"{document['landlord']['name']}: findings {document['reporting_year']}")
    properties.creator = document["software"]["name"]
    properties.language = "en-GB"
    properties.created = moment
    buffer = io.BytesIO()
    book.save(buffer)
    return _fixed(_filled(buffer.getvalue(), written), moment)


class _Sheet:
    """A sheet: the library makes its frame and styles; its rows are written here, ten times as quick.

    Every text is an inline string, which no spreadsheet reads as a formula whatever it begins with.
    """

    def __init__(self, book: Any, title: str) -> None:
        self.frame = book.create_sheet(title)
        self.rows: list[str] = []
        self._styles: dict[tuple[str, bool], int] = {}
        self._letters: list[str] = []

    def widths(self, widths: Sequence[float]) -> None:
        """Set the widths of the columns; no row has more of them."""
        from openpyxl.utils import get_column_letter

        self._letters = [get_column_letter(at) for at in range(1, len(widths) + 1)]
        for letter, width in zip(self._letters, widths, strict=True):
            self.frame.column_dimensions[letter].width = width

    @property
    def reach(self) -> str:
        """The range of all rows, as wide as the sheet."""
        return f"A1:{self._letters[-1]}{max(len(self.rows), 1)}"

    def add(self, values: Sequence[Any], styles: Sequence[str] = ()) -> None:
        """Add a row: integers and texts, None for an empty cell; styles are plain where none is given."""
        line = len(self.rows) + 1
        cells = [
            self._cell(f"{letter}{line}", value, style)
            for letter, value, style in zip(
                self._letters, values, styles or ["plain"] * len(values), strict=False
            )
        ]
        self.rows.append(f'<row r="{line}">{"".join(cells)}</row>')

    def _cell(self, at: str, value: Any, style: str) -> str:
        if value is None or value == "":
            return f'<c r="{at}" s="{self._style(style)}"/>' if style == "marked" else ""
        if isinstance(value, int):
            return f'<c r="{at}" s="{self._style(style)}"><v>{value}</v></c>'
        text = str(value)
        if len(text) > LONGEST_CELL + len(_NOT_SHOWN):
            text = text[:LONGEST_CELL] + _NOT_SHOWN
        if not text.isprintable():
            text = clean(text.encode("utf-8", "replace").decode()).replace("\r", " ")
        number = self._style(style, quoted=text.startswith(_RUNS))
        return (
            f'<c r="{at}" s="{number}" t="inlineStr"><is><t xml:space="preserve">{escape(text)}</t></is></c>'
        )

    def _style(self, name: str, *, quoted: bool = False) -> int:
        """The number of a style; `quoted`: text stays text also when somebody edits the cell."""
        key = (name, quoted)
        if key not in self._styles:
            from openpyxl.cell import WriteOnlyCell
            from openpyxl.styles import Alignment, Border, Font, PatternFill, Side

            cell = WriteOnlyCell(self.frame)
            cell.alignment = Alignment(wrap_text=name in ("wrapped", "heading"), vertical="top")
            cell.font = Font(bold=name in ("heading", "title", "marked"), size=14 if name == "title" else 11)
            if name == "marked":
                edge = Side(style="medium", color="801650")
                cell.border = Border(left=edge, right=edge, top=edge, bottom=edge)
                cell.fill = PatternFill("solid", fgColor="FFE9A8")
            cell.quotePrefix = quoted
            self._styles[key] = cell.style_id
        return self._styles[key]

    def headings(self, names: Sequence[str]) -> None:
        self.add(names, ["heading"] * len(names))


def _filled(workbook: bytes, sheets: Sequence[_Sheet]) -> bytes:
    """The workbook with the rows in its sheets, which the library left empty."""
    out = io.BytesIO()
    rows = {sheet.frame.path.lstrip("/"): sheet for sheet in sheets}
    with zipfile.ZipFile(io.BytesIO(workbook)) as source, zipfile.ZipFile(out, "w") as target:
        for entry in source.namelist():
            data, sheet = source.read(entry), rows.get(entry)
            if sheet is None:
                target.writestr(entry, data)
                continue
            before, after = re.split(rb"<sheetData ?/>|<sheetData></sheetData>", data)
            reach = f'<dimension ref="{sheet.reach}"'.encode()
            with target.open(entry, "w") as content:
                content.write(re.sub(rb'<dimension ref="[^"]*"', reach, before) + b"<sheetData>")
                for row in sheet.rows:
                    content.write(row.encode("utf-8"))
                content.write(b"</sheetData>" + after)
    return out.getvalue()


def _summary(
    sheet: _Sheet,
    document: Mapping[str, Any],
    findings: Sequence[Mapping[str, Any]],
    copies: Sequence[_Copy],
) -> _Sheet:
    sheet.widths([width for _, width in _SUMMARY])
    sheet.add(
        [f"{document['landlord']['name']}: findings in the files for {document['reporting_year']}"], ["title"]
    )
    for sentence in in_short(document):
        sheet.add([sentence])
    sheet.add([f"Rules: {rules_text(document)}"])
    sheet.add([])
    groups = in_groups(document)
    if groups:
        sheet.headings([name for name, _ in _SUMMARY])
    for group in groups:
        what = f"{group.title}: {group.message}" if group.message else group.title
        texts = [group.grade, what, group.table, group.finding_id, group.records, group.where]
        sheet.add([*texts, group.moves, group.remedy, group.confirmed], ["wrapped"] * len(_SUMMARY))
    sheet.add([])
    sheet.headings(["Sheet", "What is on it"])
    every = f"{len(findings):,} findings" if len(findings) <= _MOST_FINDINGS else "As many as a sheet holds"
    sheet.add(["Findings", f"{every}, with file, row and column; findings.csv has every one."])
    for copy in copies:
        sheet.add([table_word(copy.table), copy.about])
    return sheet


def _findings(sheet: _Sheet, document: Mapping[str, Any], findings: Sequence[Mapping[str, Any]]) -> _Sheet:
    from openpyxl.worksheet.filters import AutoFilter
    from openpyxl.worksheet.table import Table, TableColumn

    columns = COLUMNS[:-1]  # the summary says by which rules
    widths = [_WIDTHS.get(column, 14) for column in columns]
    sheet.widths(widths)
    sheet.frame.freeze_panes = "A2"
    sheet.headings([_HEADINGS[column] for column in columns])
    table, touches = columns.index("table"), columns.index("touches")
    touched: dict[str, str] = {}
    for row in findings_rows(findings)[:_MOST_FINDINGS]:
        keys = row[touches] or ""
        if keys not in touched:
            touched[keys] = labels(document, [key for key in keys.split(";") if key])
        row[table], row[touches] = table_word(row[table] or ""), touched[keys]
        styles = [
            "wrapped" if len(str(value)) > width else "plain"
            for value, width in zip(row, widths, strict=False)
        ]
        sheet.add(row[:-1], styles)
    if len(sheet.rows) > 1:  # a table names its header row to a screen reader; Excel refuses one without rows
        named = Table(displayName="Findings", ref=sheet.reach, autoFilter=AutoFilter(ref=sheet.reach))
        named.tableColumns = [
            TableColumn(id=at, name=_HEADINGS[column]) for at, column in enumerate(columns, start=1)
        ]
        sheet.frame.add_table(named)
    return sheet


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
        said = (
            f"Your {plural(rows, 'row')} with findings; the cells that a finding names are filled and framed."
        )
        if rows < self.total:
            first = "first " if rows == MOST_ROWS else ""
            said += f" {self.total:,} rows have findings: these are the {first}{rows:,} that could be copied."
        if columns:
            said += f" {plural(columns, 'column')} that no finding names left out."
        return said

    def write(self, sheet: _Sheet) -> _Sheet:
        """Write where each row stands, what was found in it, and the row."""
        where = ["Row in your file", *(["File"] if self.several else [])]
        told = ["Findings", "What was found", "What to do"]
        shown = self.columns[:MOST_COLUMNS]
        sheet.widths(
            [10, *([24] if self.several else []), 12, 60, 40, *(max(12, min(len(c) + 3, 30)) for c in shown)]
        )
        sheet.frame.freeze_panes = "B2"
        sheet.headings([*where, *told, *shown])
        cells = [
            _masked(_cut(self.frame[name].fillna("").astype("str")), [name], self.table).to_list()
            for name in shown
        ]
        files = self.frame[FILE].to_list() if self.several else []
        before = ["plain"] * len(where) + ["wrapped"] * len(told)
        for place, number in enumerate(self.frame[ROW].to_list()):
            notes = sorted(self.notes.get(place, ()), key=lambda note: cell_text(note["finding_id"]))
            lines = (
                [cell_text(note["finding_id"]) for note in notes],
                [f"{_name(note)}: {cell_text(note['message'])}" for note in notes],
                [cell_text(note["remedy"]) for note in notes],
            )
            sheet.add(
                [
                    int(number),
                    *files[place : place + 1],
                    *("\n".join(dict.fromkeys(each)) for each in lines),
                    *(column[place] for column in cells),
                ],
                [*before, *("marked" if (place, name) in self.marked else "plain" for name in shown)],
            )
        sheet.frame.auto_filter.ref = sheet.reach
        return sheet


def _name(finding: Mapping[str, Any]) -> str:
    """A finding's rule, with the column that it names: a mark must not be told by its colour alone."""
    column = cell_text(finding["column"])
    return f"{cell_text(finding['finding_id'])}, {column}" if column else cell_text(finding["finding_id"])
