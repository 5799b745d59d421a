"""Reads back what a PDF says: its text through the fonts' own character maps, and its tag tree."""

from __future__ import annotations

import io
import re
from collections.abc import Iterator
from functools import lru_cache

import pikepdf

_RANGE = re.compile(r"<([0-9A-Fa-f]+)>\s*<([0-9A-Fa-f]+)>\s*<([0-9A-Fa-f]+)>")
_CHAR = re.compile(r"<([0-9A-Fa-f]+)>\s*<([0-9A-Fa-f]+)>")


def open_pdf(content: bytes) -> pikepdf.Pdf:
    return pikepdf.open(io.BytesIO(content))


def page_texts(content: bytes) -> list[str]:
    """The text of each page, a line for each piece that was drawn."""
    return [*_page_texts(content)]


@lru_cache(maxsize=8)  # many tests read the same few files
def _page_texts(content: bytes) -> tuple[str, ...]:
    with open_pdf(content) as pdf:
        return tuple(_page_text(page) for page in pdf.pages)


def squeezed(text: str) -> str:
    """Without white space: where a line was broken is the layout's business."""
    return re.sub(r"\s+", "", text)


def tags(content: bytes, kind: str) -> list[str]:
    """The structure elements of one kind, such as /Table, with their alternative texts."""
    with open_pdf(content) as pdf:
        return [str(each.get("/Alt", "")) for each in _elements(pdf) if each.get("/S") == kind]


def font_names(content: bytes) -> set[str]:
    """The names of all fonts in the file, without the subset's prefix."""
    with open_pdf(content) as pdf:
        return {
            str(each["/BaseFont"]).split("+")[-1]
            for each in pdf.objects
            if isinstance(each, pikepdf.Dictionary) and "/BaseFont" in each
        }


def _elements(pdf: pikepdf.Pdf) -> Iterator[pikepdf.Dictionary]:
    for each in pdf.objects:
        if isinstance(each, pikepdf.Dictionary) and each.get("/Type") == "/StructElem":
            yield each


def text_pieces(page: pikepdf.Page) -> Iterator[tuple[int | None, str]]:
    """The texts of a page as they are drawn, each with the number of the marked content it is in."""
    fonts = page.obj["/Resources"].get("/Font", {})
    maps = {name: _unicode_map(font) for name, font in fonts.items()}
    current: dict[int, str] = {}
    marked: list[int | None] = []
    for operands, operator in pikepdf.parse_content_stream(page):
        number = marked[-1] if marked else None
        match str(operator):
            case "BDC" | "BMC":
                properties = operands[1] if len(operands) > 1 else None
                inner = properties.get("/MCID") if isinstance(properties, pikepdf.Dictionary) else None
                marked.append(number if inner is None else int(inner))
            case "EMC":
                marked.pop()
            case "Tf":
                current = maps[str(operands[0])]
            case "Tj":
                yield number, _decoded(bytes(operands[0]), current)
            case "TJ":
                pieces = (bytes(each) for each in operands[0] if isinstance(each, pikepdf.String))
                yield number, "".join(_decoded(piece, current) for piece in pieces)
            case "ET":
                yield number, "\n"


def _page_text(page: pikepdf.Page) -> str:
    return "".join(text for _, text in text_pieces(page))


def _decoded(codes: bytes, chars: dict[int, str]) -> str:
    return "".join(
        chars.get(int.from_bytes(codes[at : at + 2], "big"), "\N{REPLACEMENT CHARACTER}")
        for at in range(0, len(codes), 2)
    )


def _unicode_map(font: pikepdf.Dictionary) -> dict[int, str]:
    source = font["/ToUnicode"].read_bytes().decode("latin-1")
    chars: dict[int, str] = {}
    for block in re.findall(r"beginbfchar(.*?)endbfchar", source, re.DOTALL):
        for code, value in _CHAR.findall(block):
            chars[int(code, 16)] = bytes.fromhex(value).decode("utf-16-be")
    for block in re.findall(r"beginbfrange(.*?)endbfrange", source, re.DOTALL):
        for low, high, value in _RANGE.findall(block):
            for code in range(int(low, 16), int(high, 16) + 1):
                chars[code] = chr(int(value, 16) + code - int(low, 16))
    return chars
