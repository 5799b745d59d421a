"""The Jinja environments: everything escaped, a missing value an error, no data in CSS or in addresses."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from functools import cache
from typing import Any

from jinja2 import Environment, FileSystemLoader, StrictUndefined
from markupsafe import Markup

from pipelines.publications import accuracy, content, lineage, themes
from pipelines.publications.fonts import TEMPLATES, printable
from pipelines.publications.tables import parts
from pipelines.publications.text import RenderError, clean, count_text, date_text, plural

# A text longer than this is cut in the PDF: a page is read by people, return.json holds all of it.
LONGEST_TEXT = 6000


def _finalizer(prepare: Callable[[str], str]) -> Callable[[Any], Any]:
    def finalize(value: Any) -> Any:
        if value is None:
            raise RenderError(
                "A page asks for a value that is empty: its template must say what to print instead."
            )
        if isinstance(value, Markup):  # made by our own macros and charts, escaped there
            return value
        return prepare(str(value))

    return finalize


def _for_paper(text: str) -> str:
    if len(text) > LONGEST_TEXT:
        text = text[:LONGEST_TEXT] + " … (cut here; the whole text is in return.json)"
    return printable(text)


def _environment(prepare: Callable[[str], str]) -> Environment:
    environment = Environment(
        loader=FileSystemLoader(TEMPLATES),
        autoescape=True,
        undefined=StrictUndefined,
        finalize=_finalizer(prepare),
        trim_blocks=True,
        lstrip_blocks=True,
        keep_trailing_newline=True,
    )
    environment.filters.update(count=count_text, date=date_text, parts=parts)
    environment.globals.update(
        accuracy=accuracy, content=content, lineage=lineage, themes=themes, plural=plural
    )
    return environment


@cache
def paper() -> Environment:
    """For the PDF: a character that the typeface lacks is written as its code."""
    return _environment(_for_paper)


@cache
def screen() -> Environment:
    """For web pages: the reader's own fonts, control characters replaced."""
    return _environment(clean)


_COLOUR = re.compile(r"#[0-9A-F]{6}")


def brand_css(branding: Mapping[str, Any] | None) -> Markup:
    """The landlord's colours as the stylesheet's variables; RenderError for anything but a colour."""
    given = {"brand": (branding or {}).get("colour"), "accent": (branding or {}).get("accent")}
    given["accent"] = given["accent"] or given["brand"]
    for colour in given.values():
        if colour is not None and not _COLOUR.fullmatch(colour):
            raise RenderError("The landlord's colour in the return document is no colour such as #0B5394.")
    rules = " ".join(f"--{name}: {colour};" for name, colour in given.items() if colour is not None)
    return Markup(f":root {{ {rules} }}") if rules else Markup("")  # noqa: S704 - colours, checked above


def stylesheet(name: str) -> Markup:
    """One of our own stylesheets, to stand inside a page. It holds no data."""
    return Markup((TEMPLATES / name).read_text(encoding="utf-8"))  # noqa: S704 - a file of ours
