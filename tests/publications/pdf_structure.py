"""Reads a PDF as a screen reader does: by its tags, table by table, row by row, cell by cell."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import pikepdf

from tests.publications.pdf_reading import _decoded, _unicode_map, open_pdf

# The text of each piece of marked content: (page, its number there) → text.
Marked = dict[tuple[Any, int], str]


@dataclass(frozen=True)
class Tagged:
    """A table of the PDF: its caption and its rows, the headings first where it has any."""

    caption: str
    rows: list[list[str]]

    def records(self) -> list[dict[str, str]]:
        """The rows by their headings; those that go across the table are left out."""
        heads, *rest = self.rows
        return [dict(zip(heads, row, strict=True)) for row in rest if len(row) == len(heads)]


def read_pdf(content: bytes) -> tuple[list[Tagged], list[str]]:
    """The tables, and the words of every other block: heading, paragraph, list item, alternative text."""
    with open_pdf(content) as pdf:
        marked = {key: text for page in pdf.pages for key, text in _marked(page)}
        tables: list[Tagged] = []
        blocks: list[str] = []
        _walk(pdf.Root.StructTreeRoot, marked, tables, blocks)
        return tables, blocks


def _walk(element: Any, marked: Marked, tables: list[Tagged], blocks: list[str]) -> None:
    for kid in _kids(element):
        kind = str(kid.get("/S"))
        if kind == "/Table":
            tables.append(_table(kid, marked))
        elif kind in ("/P", "/LBody", "/H1", "/H2", "/H3", "/H4", "/Figure"):
            said = _text(kid, marked) or str(kid.get("/Alt", ""))
            blocks.extend([said] if said else [])
            if kind == "/LBody":
                _walk(kid, marked, tables, [])
        else:
            _walk(kid, marked, tables, blocks)


def _table(table: Any, marked: Marked) -> Tagged:
    caption = " ".join(_text(kid, marked) for kid in _kids(table) if kid.get("/S") == "/Caption")
    rows = [
        [_text(cell, marked) for cell in _kids(row) if cell.get("/S") in ("/TH", "/TD")]
        for row in _descendants(table, "/TR")
    ]
    return Tagged(caption, rows)


def _descendants(element: Any, kind: str) -> Iterator[Any]:
    for kid in _kids(element):
        if kid.get("/S") == kind:
            yield kid
        else:
            yield from _descendants(kid, kind)


def _kids(element: Any) -> Iterator[Any]:
    """The structure elements right below one."""
    found = element.get("/K", [])
    for kid in found if isinstance(found, pikepdf.Array) else [found]:
        if isinstance(kid, pikepdf.Dictionary) and "/S" in kid:
            yield kid


def _text(element: Any, marked: Marked) -> str:
    return " ".join(" ".join(_pieces(element, marked)).split())


def _pieces(element: Any, marked: Marked) -> Iterator[str]:
    found = element.get("/K", [])
    for kid in found if isinstance(found, pikepdf.Array) else [found]:
        if isinstance(kid, int):
            yield marked.get((element.Pg.objgen, kid), "")
        elif isinstance(kid, pikepdf.Dictionary) and "/MCID" in kid:
            yield marked.get((kid.get("/Pg", element.get("/Pg")).objgen, int(kid.MCID)), "")
        elif isinstance(kid, pikepdf.Dictionary) and "/S" in kid:
            yield from _pieces(kid, marked)


def _marked(page: pikepdf.Page) -> Iterator[tuple[tuple[Any, int], str]]:
    """The text of each numbered piece of a page; what is drawn outside of any is layout."""
    maps = {name: _unicode_map(font) for name, font in page.obj["/Resources"].get("/Font", {}).items()}
    texts: dict[int, list[str]] = defaultdict(list)
    open_ones: list[int | None] = []
    current: dict[int, str] = {}
    for operands, operator in pikepdf.parse_content_stream(page):
        name = str(operator)
        if name == "BDC":
            properties = operands[1]
            known = isinstance(properties, pikepdf.Dictionary) and "/MCID" in properties
            open_ones.append(int(properties.MCID) if known else None)
        elif name == "BMC":
            open_ones.append(None)
        elif name == "EMC":
            open_ones.pop()
        elif name == "Tf":
            current = maps[str(operands[0])]
        elif name in ("Tj", "TJ", "ET"):
            number = next((each for each in reversed(open_ones) if each is not None), None)
            if number is None:
                continue
            if name == "ET":
                texts[number].append(" ")
                continue
            strings = operands[0] if name == "TJ" else [operands[0]]
            texts[number] += [
                _decoded(bytes(each), current) for each in strings if isinstance(each, pikepdf.String)
            ]
    for number, pieces in texts.items():
        yield (page.obj.objgen, number), "".join(pieces)
