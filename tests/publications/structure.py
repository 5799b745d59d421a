"""What a screen reader needs of a PDF and veraPDF does not ask for, because its standard leaves it to people.

Every flaw that a machine can name is named; the order of reading and the sense of the words are not judged.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from itertools import pairwise

import pikepdf

from tests.publications.pdf_reading import open_pdf, text_pieces

_STANDARD = """
Document Part Art Sect Div BlockQuote Caption TOC TOCI Index NonStruct Private P H H1 H2 H3 H4 H5 H6 L LI
Lbl LBody Table TR TH TD THead TBody TFoot Span Quote Note Reference BibEntry Code Link Annot Ruby RB RT
RP Warichu WT WP Figure Formula Form
"""
STANDARD = frozenset(_STANDARD.split())
_HEADING = re.compile(r"H[1-6]")
_FILE = re.compile(r"(^data:|\.(svg|png|jpe?g|gif)$)", re.IGNORECASE)
_SIGN = 40.0  # points: a picture smaller than this beside its words may be described by one word


def flaws(content: bytes) -> list[str]:
    """Every flaw of a PDF's structure, in words."""
    with open_pdf(content) as pdf:
        reader = _Reader(pdf)
        return [
            *_of_the_file(pdf),
            *reader.of_headings_and_bookmarks(),
            *reader.of_figures(),
            *reader.of_tables(),
            *reader.of_links(),
            *reader.of_roles(),
        ]


def _of_the_file(pdf: pikepdf.Pdf) -> Iterator[str]:
    if not str(pdf.Root.get("/Lang", "")).strip():
        yield "the file names no language"
    if not pdf.Root.get("/ViewerPreferences", {}).get("/DisplayDocTitle", False):
        yield "the window shows the file's name, not the title"
    if not str(pdf.docinfo.get("/Title", "")).strip():
        yield "the file has no title"
    if not pdf.Root.get("/MarkInfo", {}).get("/Marked", False):
        yield "the file does not say that it is tagged"
    for number, page in enumerate(pdf.pages, start=1):
        if page.get("/Annots") and page.get("/Tabs") != "/S":
            yield f"page {number}: the tab key does not follow the structure"


class _Reader:
    def __init__(self, pdf: pikepdf.Pdf) -> None:
        self.pdf = pdf
        self.texts: dict[tuple[tuple[int, int], int | None], str] = {}
        for page in pdf.pages:
            for mcid, text in text_pieces(page):
                self.texts[page.objgen, mcid] = self.texts.get((page.objgen, mcid), "") + text
        self.elements = list(self._below(pdf.Root.StructTreeRoot))

    def _below(self, element: pikepdf.Object) -> Iterator[pikepdf.Dictionary]:
        for kid in _kids(element):
            if isinstance(kid, pikepdf.Dictionary) and "/S" in kid:
                yield kid
                yield from self._below(kid)

    def _text(self, element: pikepdf.Dictionary) -> str:
        return " ".join("".join(self._pieces(element)).split())

    def _pieces(self, element: pikepdf.Dictionary) -> Iterator[str]:
        for kid in _kids(element):
            if isinstance(kid, int):
                yield self.texts.get((element.Pg.objgen, kid), "")
            elif isinstance(kid, pikepdf.Dictionary) and "/S" in kid:
                yield from self._pieces(kid)

    def _kind(self, kind: str) -> list[pikepdf.Dictionary]:
        return [each for each in self.elements if str(each.S) == "/" + kind]

    def of_headings_and_bookmarks(self) -> Iterator[str]:
        headings = [(str(e.S)[1:], self._text(e)) for e in self.elements if _HEADING.fullmatch(str(e.S)[1:])]
        levels = [int(name[1]) for name, _ in headings]
        if levels.count(1) != 1 or levels[:1] != [1]:
            yield "not one first heading of level 1"
        for (before, here), (_, text) in zip(pairwise([0, *levels]), headings, strict=True):
            if here > before + 1:
                yield f"a heading of level {here} after one of level {before}: {text!r}"
            if not text:
                yield f"a heading of level {here} without words"
        words = iter(_squeezed(text) for _, text in headings)
        for title in self._bookmarks():
            if _squeezed(title) not in words:  # takes the headings up to it: so the order is checked too
                yield f"a bookmark that is no heading, or out of order: {title!r}"

    def _bookmarks(self) -> list[str]:
        def titles(items: list[pikepdf.OutlineItem]) -> Iterator[str]:
            for item in items:
                yield item.title
                yield from titles(item.children)

        with self.pdf.open_outline() as outline:
            return list(titles(outline.root))

    def of_figures(self) -> Iterator[str]:
        for figure in self._kind("Figure"):
            words = str(figure.get("/Alt", "")).strip()
            left, low, right, high = (float(each) for each in figure.A.BBox)
            page = [float(each) for each in figure.Pg.MediaBox]
            if not words:
                yield "a figure without alternative text"
            elif _FILE.search(words):
                yield f"a figure described by its file's name: {words[:40]!r}"
            elif right - left > _SIGN and (len(words.split()) < 3 or words[-1] not in ".!?"):
                yield f"a figure whose alternative text is no sentence: {words[:60]!r}"
            if not (page[0] - 1 <= left < right <= page[2] + 1 and page[1] - 1 <= low < high <= page[3] + 1):
                yield f"a figure whose place is not on its page: {words[:40]!r}"

    def of_tables(self) -> Iterator[str]:
        for table in self._kind("Table"):
            within = list(self._below(table))
            captions = [self._text(each) for each in within if each.S == "/Caption"]
            name = (captions or ["without a caption"])[0][:60]
            headers = {str(each.get("/ID", "")) for each in within if each.S == "/TH"} - {""}
            if not headers:
                yield f"a table without headers: {name}"
            widths = set()
            for row in (each for each in within if each.S == "/TR"):
                cells = [each for each in _kids(row) if each.S in ("/TH", "/TD")]
                widths.add(sum(int(each.get("/A", {}).get("/ColSpan", 1)) for each in cells))
                for cell in (each for each in cells if each.S == "/TD"):
                    named = {str(each) for each in cell.get("/A", {}).get("/Headers", [])}
                    if not named or not named <= headers:
                        yield f"a cell without a header of its table: {name}: {self._text(cell)[:40]!r}"
            if len(widths) != 1:
                yield f"a table with rows of different lengths: {name}"

    def of_links(self) -> Iterator[str]:
        for link in self._kind("Link"):
            if not self._text(link):
                yield "a link without words"
        linked = {
            kid.Obj.objgen
            for element in self._kind("Link")
            for kid in _kids(element)
            if isinstance(kid, pikepdf.Dictionary) and kid.get("/Type") == "/OBJR"
        }
        for number, page in enumerate(self.pdf.pages, start=1):
            for annotation in page.get("/Annots", []):
                if annotation.objgen not in linked:
                    yield f"page {number}: an annotation outside the structure"

    def of_roles(self) -> Iterator[str]:
        mapped = self.pdf.Root.StructTreeRoot.get("/RoleMap", {})
        for role in sorted({str(each.S)[1:] for each in self.elements} - STANDARD):
            if str(mapped.get(f"/{role}", ""))[1:] not in STANDARD:
                yield f"a role that is no standard one: {role}"


def _kids(element: pikepdf.Object) -> list[pikepdf.Object]:
    kids = element.get("/K", [])
    return list(kids) if isinstance(kids, pikepdf.Array) else [kids]


def _squeezed(text: str) -> str:
    return re.sub(r"\s+", "", text)
