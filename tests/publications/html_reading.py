"""Reads a page as its structure says it: elements, their classes, what is in which."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from html.parser import HTMLParser

_VOID = {"meta", "link", "br", "hr", "img", "col", "input"}


@dataclass
class Element:
    """An element of a page, with the elements and words in it."""

    tag: str
    attributes: dict[str, str | None] = field(default_factory=dict)
    kids: list[Element | str] = field(default_factory=list)

    @property
    def classes(self) -> set[str]:
        return set((self.attributes.get("class") or "").split())

    @property
    def text(self) -> str:
        """All words in it, with single spaces."""
        return " ".join("".join(self._words()).split())

    def _words(self) -> Iterator[str]:
        for kid in self.kids:
            if isinstance(kid, str):
                yield kid
            elif kid.tag not in ("style", "script"):
                yield from kid._words()

    def all(self, tag: str = "", kind: str = "") -> Iterator[Element]:
        """Every element in it of a tag and a class, from the top down."""
        for kid in self.kids:
            if isinstance(kid, Element):
                if (not tag or kid.tag == tag) and (not kind or kind in kid.classes):
                    yield kid
                yield from kid.all(tag, kind)

    def first(self, tag: str = "", kind: str = "") -> Element | None:
        return next(self.all(tag, kind), None)


class _Reader(HTMLParser):
    def __init__(self) -> None:
        super().__init__()
        self.open = [Element("")]

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        element = Element(tag, dict(attrs))
        self.open[-1].kids.append(element)
        if tag not in _VOID:
            self.open.append(element)

    def handle_startendtag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.open[-1].kids.append(Element(tag, dict(attrs)))

    def handle_endtag(self, tag: str) -> None:
        while len(self.open) > 1 and self.open.pop().tag != tag:
            pass

    def handle_data(self, data: str) -> None:
        self.open[-1].kids.append(data)


def read_html(content: bytes) -> Element:
    """A page as a tree of its elements."""
    reader = _Reader()
    reader.feed(content.decode("utf-8"))
    reader.close()
    return reader.open[0]
