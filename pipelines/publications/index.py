"""The index of all returns of a home, for the compliance officer: one page, no script, nothing fetched."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from itertools import groupby
from typing import Any
from urllib.parse import quote

from pipelines.publications.pages import screen, stylesheet
from pipelines.publications.text import date_text, plural

# How a return may stand, the most urgent first: the word, its shape and its style.
STATUSES = {
    "unreadable": ("Cannot be read", "✕", "bad"),
    "withheld": ("Withheld", "▲", "bad"),
    "none": ("No return yet", "○", "plain"),
    "void": ("Approval void", "▼", "bad"),
    "draft": ("Draft", "◇", "wait"),
    "revised": ("Revised, not filed", "◐", "wait"),
    "approved": ("Approved", "◆", "good"),
    "filed": ("Filed", "■", "good"),
}


def index_html(entries: Sequence[Mapping[str, Any]]) -> bytes:
    """The index as UTF-8 HTML. `entries`: each landlord and year, in the order in which they are shown."""
    years = [(year, list(several)) for year, several in groupby(entries, key=lambda each: each["year"])]
    template = screen().get_template("index.html.j2")
    html = template.render(
        css=stylesheet("page.css"),
        years=years,
        statuses=STATUSES,
        in_short=in_short,
        figure_lines=figure_lines,
        dates={each["deadline"]: date_text(each["deadline"]) for each in entries},
        address=lambda path: quote(path, safe="/"),
    )
    return html.encode("utf-8")


def in_short(entries: Sequence[Mapping[str, Any]]) -> list[tuple[str, str, str]]:
    """How many returns of a year stand how: the shape, its style and the words."""
    numbers = Counter(each["status"] for each in entries)
    return [
        (shape, style, f"{word}: {plural(numbers[status], 'landlord')}")
        for status, (word, shape, style) in STATUSES.items()
        if numbers[status]
    ]


def figure_lines(figures: Sequence[Mapping[str, Any]]) -> list[tuple[str, list[tuple[str, str]]]]:
    """The headline figures, a line a measure: its label, and its values with their populations.

    >>> figure_lines([{"label": "BS01", "population": "ALL", "value_text": "99.8%"}])
    [('BS01', [('99.8%', '')])]
    """
    return [
        (label, [(each["value_text"], each["population"].replace("ALL", "")) for each in several])
        for label, several in groupby(figures, key=lambda each: str(each["label"]))
    ]
