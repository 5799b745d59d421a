"""Worksheets that everybody can read: a title in A1, a few words beneath it, one table marked up as such.

As the Government Analysis Function asks of spreadsheets; what it asks, and where this departs from it, is in
docs/adr/0020-worksheets-by-our-own-hand.md. The library makes the frame, the styles and the tables; rows are
written here, ten times as quick. Nothing runs, and the bytes are the same every time.
"""

from __future__ import annotations

import io
import re
import zipfile
from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from math import ceil
from typing import Any
from xml.sax.saxutils import escape, quoteattr

from pipelines.publications.text import STARTS_A_FORMULA, clean, plural

LONGEST_CELL = 32_767  # Excel's own limit
NOT_SHOWN = " … (cut here)"
CONTENTS = "Contents"

MOST_ROWS = 1_048_000  # what a sheet holds below its headings, and some to spare
_LONGEST_HEADING, _LONGEST_NAME = 240, 31
_EPOCH = (1980, 1, 1, 0, 0, 0)
_FONT, _SIZE = "Arial", 12
_LINE_HEIGHT, _TITLE_HEIGHT, _HIGHEST = 15.75, 24, 409  # points; Excel has no higher row
_FILLED, _BOLD = 1.0, 0.9  # how much of a line's width words fill, and of it bold ones
_LINK = "12436D"
_PRINT = b"<printOptions"
_ESCAPED = re.compile(r"_(?=x[0-9A-Fa-f]{4}_)")
# How the numbers of a column are shown; what is stored is not rounded.
_FORMATS = {
    "count": "#,##0",
    "weighted_count": "#,##0.0",
    "one": "0.0",
    "two": "0.00",
    "change": "+0.0;-0.0;0.0",
    "plain": "General",
}
_TO_THE_LEFT = {f"{kind}_left": shown for kind, shown in _FORMATS.items()}


@dataclass(frozen=True)
class Head:
    """A column of a table: its heading, its width in characters, and of what kind its cells are.

    Kinds: text; count (no decimals, or one where it is weighted), one and two (decimals), change (one decimal
    and its sign), plain (a number as it is). A text in a column of numbers is a symbol, to the right.
    """

    name: str
    width: float = 16
    kind: str = "text"


@dataclass(frozen=True)
class Number:
    """A number of another kind than the rest of its column; it stands to the left, as words do."""

    value: float
    kind: str


@dataclass(frozen=True)
class Sheet:
    """A worksheet: its name on the tab, its title in A1, sentences beneath, and one table.

    `nothing` stands in place of a table without rows. `long`: a list that people work down, which has filters
    and headings that stay. `marked`: the cells of the table, (row, column) from 0, that are filled, framed
    and bold; the table must say the same in words.
    """

    name: str
    title: str
    about: Sequence[str]
    heads: Sequence[Head]
    rows: Sequence[Sequence[Any]]
    nothing: str = "There are none."
    long: bool = False
    marked: Collection[tuple[int, int]] = ()

    @property
    def top(self) -> int:
        """The row of the headings: below the title, the sentences and the link to the contents."""
        return len(self.lines) + 1

    @property
    def reach(self) -> str:
        """The range of all cells."""
        if not self.rows:
            return f"A1:A{len(self.lines)}"
        return f"A1:{_letter(len(self.heads))}{self.top + len(self.rows)}"

    @property
    def lines(self) -> list[str]:
        """What stands above the table, a cell of column A each."""
        about = [*self.about, "This worksheet has one table."] if self.rows else [self.nothing]
        back = [] if self.name == CONTENTS else ["Back to the contents"]
        return [self.title, *about, *back]


def _letter(number: int) -> str:
    """A column's letter: A for 1."""
    from openpyxl.utils import get_column_letter

    return str(get_column_letter(number))


def contents(title: str, about: Sequence[str], sheets: Sequence[Sheet]) -> Sheet:
    """The first worksheet: what the others are, each with a link to it."""
    rows = [
        (
            sheet.name,
            sheet.title,
            plural(len(sheet.rows), "row") if sheet.rows else "No rows",
        )
        for sheet in sheets
    ]
    heads = (Head("Worksheet", 30), Head("What is on it", 80), Head("How long its table is", 24))
    return Sheet(CONTENTS, title, about, heads, rows)


def workbook(sheets: Sequence[Sheet], *, title: str, author: str, about: str, moment: datetime) -> bytes:
    """The workbook as XLSX bytes. `sheets`: the contents first (see `contents`); `moment`: its date."""
    from openpyxl import Workbook

    book = Workbook()
    book.remove(book.active)
    styles = _Styles(book)
    names = _unique([sheet.name for sheet in sheets], _LONGEST_NAME)
    frames = [_frame(book, sheet, name) for sheet, name in zip(sheets, names, strict=True)]
    properties = book.properties
    properties.title, properties.creator, properties.description = clean(title), clean(author), clean(about)
    properties.subject, properties.language = "Tenant Satisfaction Measures", "en-GB"
    properties.created = moment
    buffer = io.BytesIO()
    book.save(buffer)
    written = {frame.path.lstrip("/"): sheet for frame, sheet in zip(frames, sheets, strict=True)}
    links = {name: _links(sheet, names) for name, sheet in written.items()}
    return _filled(buffer.getvalue(), written, links, styles, moment)


def _unique(names: Sequence[str], longest: int) -> list[str]:
    """Names that differ also where capitals do not count, none of them empty, none too long."""
    taken: set[str] = set()
    found = []
    for given in names:
        plain = " ".join(clean(given).split())[:longest].strip() or "Blank"
        name, number = plain, 1
        while name.casefold() in taken:
            number += 1
            name = f"{plain[: longest - 6]} ({number})"
        taken.add(name.casefold())
        found.append(name)
    return found


def _frame(book: Any, sheet: Sheet, name: str) -> Any:
    """The worksheet without its rows: widths, table, what stays in view, how it prints."""
    from openpyxl.worksheet.properties import PageSetupProperties

    frame = book.create_sheet(name)
    for at, head in enumerate(sheet.heads, start=1):
        frame.column_dimensions[_letter(at)].width = head.width
    frame.sheet_format.defaultRowHeight = 15.75
    setup = frame.page_setup
    setup.orientation, setup.paperSize, setup.fitToWidth, setup.fitToHeight = "landscape", 9, 1, 0
    frame.sheet_properties.pageSetUpPr = PageSetupProperties(fitToPage=True)
    frame.print_options.gridLines = True
    if sheet.rows:  # a table names its headings to a screen reader; Excel refuses one without rows
        frame.print_title_rows = f"{sheet.top}:{sheet.top}"
        frame.add_table(_table(sheet, name))
        if sheet.long:
            frame.freeze_panes = f"B{sheet.top + 1}"
    return frame


def _table(sheet: Sheet, name: str) -> Any:
    from openpyxl.worksheet.filters import AutoFilter
    from openpyxl.worksheet.table import Table, TableColumn

    reach = f"A{sheet.top}:{_letter(len(sheet.heads))}{sheet.top + len(sheet.rows)}"
    known = re.sub(r"\W+", "_", name).strip("_")
    table = Table(displayName=f"{known}_table", ref=reach)
    if sheet.long:
        table.autoFilter = AutoFilter(ref=reach)
    table.tableColumns = [
        TableColumn(id=at, name=_escaped(heading)) for at, heading in enumerate(_headings(sheet), start=1)
    ]
    return table


def _headings(sheet: Sheet) -> list[str]:
    return _unique([head.name for head in sheet.heads], _LONGEST_HEADING)


def _place(name: str) -> str:
    quoted = name.replace("'", "''")
    return f"'{quoted}'!A1"


def _links(sheet: Sheet, names: Sequence[str]) -> bytes:
    """The links of a worksheet: of the contents one a worksheet, of the others one back."""
    if sheet.name == CONTENTS:
        to = dict(enumerate(names[1:], start=sheet.top + 1))
    else:
        to = {len(sheet.lines): names[0]}
    links = "".join(
        f'<hyperlink ref="A{line}" location={quoteattr(_place(name))}/>' for line, name in to.items()
    )
    return f"<hyperlinks>{links}</hyperlinks>".encode() if links else b""


# ------------------------------------------------------------------------------------------------- its rows


class _Styles:
    """The numbers of the styles in the workbook, made before any row is written."""

    _NAMES = (
        *(
            "title",
            "line",
            "link",
            "heading",
            "heading_right",
            "text",
            "wrapped",
            "linked",
            "symbol",
            "marked",
        ),
        *_FORMATS,
        *_TO_THE_LEFT,
    )

    def __init__(self, book: Any) -> None:
        from openpyxl.styles import Alignment, Border, Font, NamedStyle, PatternFill, Side

        plain = {"name": _FONT, "size": _SIZE}
        book._named_styles["Normal"].font = Font(**plain)
        first = NamedStyle("Heading 1", font=Font(**plain | {"size": 16}, bold=True), builtinId=16)
        book.add_named_style(first)
        frame = book.create_sheet()  # styles are made by cells, and cells are of a sheet
        for number, name in enumerate(self._NAMES):
            for quoted in (False, True):
                cell = frame.cell(number + 1, 1 + quoted)
                bold, link = name.startswith(("heading", "marked")), name in ("link", "linked")
                cell.font = Font(
                    **plain,
                    bold=bold,
                    underline="single" if link else None,
                    color=_LINK if link else None,
                )
                right = name in ("heading_right", "symbol") or name in _FORMATS
                wrap = name in ("wrapped", "linked") or name.startswith("heading")
                cell.alignment = Alignment(
                    horizontal="right" if right else "left",
                    vertical="top",
                    wrap_text=wrap,
                    indent=1 if name in ("text", "wrapped", "heading", *_TO_THE_LEFT) else 0,
                )
                if name == "title":
                    cell.style = "Heading 1"
                if name.startswith("heading"):
                    cell.border = Border(bottom=Side(style="medium", color="000000"))
                if name == "marked":
                    edge = Side(style="medium", color="801650")
                    cell.border = Border(left=edge, right=edge, top=edge, bottom=edge)
                    cell.fill = PatternFill("solid", fgColor="FFE9A8")
                cell.number_format = (_FORMATS | _TO_THE_LEFT).get(name, "General")
                cell.quotePrefix = quoted
        self.number = {
            (name, quoted): frame.cell(number + 1, 1 + quoted).style_id
            for number, name in enumerate(self._NAMES)
            for quoted in (False, True)
        }
        book.remove(frame)


def _filled(
    workbook: bytes,
    sheets: Mapping[str, Sheet],
    links: Mapping[str, bytes],
    styles: _Styles,
    moment: datetime,
) -> bytes:
    """The workbook with rows in its sheets, which the library left empty, and without the clock in it."""
    out = io.BytesIO()
    with (
        zipfile.ZipFile(io.BytesIO(workbook)) as source,
        zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as target,
    ):
        for entry in sorted(source.namelist()):
            data = source.read(entry)
            info = zipfile.ZipInfo(entry, _EPOCH)
            info.compress_type = zipfile.ZIP_DEFLATED
            info.external_attr = 0o600 << 16
            if entry == "docProps/core.xml":
                stamp = moment.strftime("%Y-%m-%dT%H:%M:%SZ").encode("ascii")
                data = re.sub(rb"(<dcterms:modified[^>]*>)[^<]*", rb"\g<1>" + stamp, data)
            with target.open(info, "w") as content:
                if entry not in sheets:
                    content.write(data)
                    continue
                sheet = sheets[entry]
                before, after = re.split(rb"<sheetData ?/>|<sheetData></sheetData>", data)
                reach = f'<dimension ref="{sheet.reach}"'.encode()
                content.write(re.sub(rb'<dimension ref="[^"]*"', reach, before) + b"<sheetData>")
                for row in _rows(sheet, styles):
                    content.write(row.encode("utf-8"))
                # Links stand before how it prints: the order is the format's.
                content.write(b"</sheetData>" + after.replace(_PRINT, links[entry] + _PRINT, 1))
    return out.getvalue()


def _rows(sheet: Sheet, styles: _Styles) -> Iterator[str]:
    """The rows of a sheet as XML."""
    lines = sheet.lines
    for line, text in enumerate(lines, start=1):
        name = "title" if line == 1 else "link" if line == len(lines) and sheet.name != CONTENTS else "line"
        height = f' ht="{_TITLE_HEIGHT}"' if line == 1 else ""
        yield f'<row r="{line}"{height}>{_text(f"A{line}", text, name, styles)}</row>'
    if not sheet.rows:
        return
    letters = [_letter(at) for at in range(1, len(sheet.heads) + 1)]
    cells = [
        _text(f"{letter}{sheet.top}", name, "heading" if head.kind == "text" else "heading_right", styles)
        for letter, name, head in zip(letters, _headings(sheet), sheet.heads, strict=True)
    ]
    headings = max(
        _lines(name, head.width * _BOLD) for name, head in zip(_headings(sheet), sheet.heads, strict=True)
    )
    yield f'<row r="{sheet.top}"{_height(headings)}>{"".join(cells)}</row>'
    marked, linked = sheet.marked, sheet.name == CONTENTS
    columns = list(enumerate(zip(letters, sheet.heads, strict=True)))
    for number, values in enumerate(sheet.rows):
        line, most = sheet.top + 1 + number, 1
        cells = []
        for (at, (letter, head)), value in zip(columns, values, strict=True):
            style = "marked" if marked and (number, at) in marked else ""
            if linked and at == 0:
                style = "linked"
            cells.append(_cell(f"{letter}{line}", value, head, style, styles))
            if value.__class__ is str and style != "marked" and _wraps(value, head):
                most = max(most, _lines(value, head.width))
        yield f'<row r="{line}"{_height(most)}>{"".join(cells)}</row>'


def _wraps(text: str, head: Head) -> bool:
    return head.kind == "text" and (len(text) > head.width * _FILLED or "\n" in text)


def _lines(text: str, width: float) -> int:
    """How many lines a text takes in a cell, about: one is broken between words."""
    room = max(width * _FILLED, 1)
    return sum(max(1, ceil(len(part) / room)) for part in text.split("\n"))


def _height(lines: int) -> str:
    """A row's height in the file: not every program works it out from the text."""
    return f' ht="{min(lines * _LINE_HEIGHT, _HIGHEST):g}"' if lines > 1 else ""


def _cell(at: str, value: Any, head: Head, style: str, styles: _Styles) -> str:
    if value is None or value == "":
        return f'<c r="{at}" s="{styles.number[style, False]}"/>' if style else ""
    if isinstance(value, Number):
        style, value = f"{value.kind}_left", value.value
    if isinstance(value, bool):
        value = "Yes" if value else "No"
    if isinstance(value, int | float):
        kind = style or (head.kind if head.kind in _FORMATS else "text")
        if kind == "count" and value != int(value):
            kind = "weighted_count"
        return f'<c r="{at}" s="{styles.number[kind, False]}"><v>{value!r}</v></c>'
    text = str(value)
    if not style:
        style = "symbol" if head.kind != "text" else "wrapped" if _wraps(text, head) else "text"
    return _text(at, text, style, styles)


def _text(at: str, text: str, style: str, styles: _Styles) -> str:
    """A cell of text: an inline string, which no spreadsheet reads as a formula whatever it begins with."""
    if len(text) > LONGEST_CELL:
        text = text[: LONGEST_CELL - len(NOT_SHOWN)] + NOT_SHOWN
    if not text.isprintable():
        text = clean(text.encode("utf-8", "replace").decode()).replace("\r", " ")
    number = styles.number[style, text.startswith(STARTS_A_FORMULA)]
    shown = escape(_escaped(text))
    return f'<c r="{at}" s="{number}" t="inlineStr"><is><t xml:space="preserve">{shown}</t></is></c>'


def _escaped(text: str) -> str:
    """`text` so that a spreadsheet, which reads _x000D_ as a line's end, shows those seven letters."""
    return _ESCAPED.sub("_x005F_", text) if "_x" in text else text
