"""Charts as SVG. The only numbers made here are places on the page; what is shown was computed before.

Colours: the Government Analysis Function's, blue for the two answers that count as satisfied, orange and
plum for the two dissatisfied ones, grey between. A white gap stands between neighbours, each segment
carries its share where there is room, and a table with the five answers always stands beneath, so that
nothing is said by colour alone.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from markupsafe import Markup, escape

from pipelines.publications.fonts import width
from pipelines.publications.text import ANSWER_CODES

# code -> fill, colour of the label on it (contrast at least 4.5:1 each)
COLOURS: Mapping[str, tuple[str, str]] = {
    "VS": ("#12436D", "#FFFFFF"),
    "FS": ("#2073BC", "#FFFFFF"),
    "NSD": ("#BFBFBF", "#0B0C0C"),
    "FD": ("#F46A25", "#0B0C0C"),
    "VD": ("#801650", "#FFFFFF"),
}
BAR_WIDTH = 1000
BAR_HEIGHT = 46
_GAP = 3
_LABEL = 27


def answer_message(label: str, title: str, figure: Mapping[str, Any], population: str) -> str:
    """What the bar of one survey measure says, in a sentence: its headline and its alternative text."""
    shares = ", ".join(f"{answer['label'].lower()} {answer['percent_text']}" for answer in figure["answers"])
    return (
        f"{label} {title}, {population}: {figure['value_text']} gave one of the first two answers. "
        f"Five answers, in order: {shares}."
    )


def stacked_bar(answers: Sequence[Mapping[str, Any]], message: str) -> Markup:
    """One bar of five answers, `message` its alternative text. An answer that nobody gave takes no room.

    `answers`: `code`, `percent` (0 to 100) and `percent_text` of each, in the scale's order.
    """
    parts: list[Markup] = []
    left = 0.0
    for answer in sorted(answers, key=lambda each: ANSWER_CODES.index(each["code"])):
        extent = BAR_WIDTH * float(answer["percent"] or 0) / 100
        if extent <= 0:
            continue
        fill, ink = COLOURS[answer["code"]]
        drawn = max(extent - _GAP, 0.5)
        parts.append(
            Markup('<rect x="{}" y="0" width="{}" height="{}" fill="{}"/>').format(
                _place(left), _place(drawn), BAR_HEIGHT, fill
            )
        )
        text = str(answer["percent_text"])
        if width(text, _LABEL) + 12 <= drawn:
            parts.append(
                Markup('<text x="{}" y="{}" fill="{}">{}</text>').format(
                    _place(left + drawn / 2), BAR_HEIGHT / 2 + _LABEL * 0.34, ink, text
                )
            )
        left += extent
    return Markup(
        '<svg class="bar" xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {} {}" font-size="{}" '
        'font-weight="600" text-anchor="middle" font-family="Report Sans"><title>{}</title>{}</svg>'
    ).format(BAR_WIDTH, BAR_HEIGHT, _LABEL, escape(message), Markup("").join(parts))


def _place(number: float) -> str:
    return f"{number:.1f}".rstrip("0").rstrip(".")
