"""Charts as SVG. The only numbers made here are places on the page; what is shown was computed before.

Colours: the Government Analysis Function's, blue for the two answers that count as satisfied, orange and
plum for the two dissatisfied ones, grey between. A white gap stands between neighbours, each segment
carries its share where there is room, and a table with the five answers always stands beneath, so that
nothing is said by colour alone. Marks on an axis differ by shape, which a grey print keeps.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from math import ceil
from typing import Any

from markupsafe import Markup, escape

from pipelines.publications.fonts import printable, width
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


# --- marks on an axis ----------------------------------------------------------------------------------

# The same scale as the bars, 1000 units across the 174 mm of the text, and labels of the same size.
CHART_WIDTH = 1000
MOST_ROWS = 16  # a chart of more could outgrow a page
_MM = 0.174  # millimetres in a unit
_PITCH = 32
_INTERVAL_PITCH = 37  # last year's mark stands beneath the interval
_SECOND_LINE = 29
_KEY_MIDDLE = 18
_LONGEST = 200  # characters: more never fit on two lines
_TOP = 42
_FOOT = 36
_DARK, _BLUE, _PLUM = "#12436D", "#2073BC", "#801650"
_INK, _SOFT, _LINK, _GRID = "#0B0C0C", "#484949", "#767676", "#CECECE"


_Mark = Callable[[float, float], Markup]  # draws at a place and the middle of its row


@dataclass(frozen=True)
class IntervalRow:
    """An estimate with its interval (0 to 100) and, where there is one, last year's value."""

    label: str
    title: str
    value: float
    low: float
    high: float
    value_text: str
    last: float | None = None


@dataclass(frozen=True)
class ShareRow:
    """A category's share (0 to 100) of the population, of the responses and, if weighted, of the weights."""

    title: str
    population: float
    responses: float
    weighted: float | None
    gap_text: str


def interval_chart(rows: Sequence[IntervalRow], message: str) -> Markup:
    """Estimates as dots, each on its interval, on one axis from 0% to 100%; last year's value hollow."""
    place = _scale(472, 904, 100)
    key: list[tuple[str, _Mark]] = [("This year’s result", _dot), ("Its 95% interval", _interval_key)]
    if any(row.last is not None for row in rows):
        key.append(("Last year’s result", _hollow_key))
    middles, foot = _rows(_INTERVAL_PITCH for _ in rows)
    parts = [_legend(key), *_axis([(place(tick), f"{tick}%") for tick in range(0, 101, 20)], foot)]
    for row, middle in zip(rows, middles, strict=True):
        parts += [
            _text(0, middle, row.label, bold=True),
            _text(72, middle, _fitting(row.title, 384)),
            _interval(place(row.low), place(row.high), middle),
        ]
        if row.last is not None:
            parts.append(_hollow(place(row.last), middle))
        parts += [
            _dot(place(row.value), middle),
            _text(CHART_WIDTH, middle, row.value_text, bold=True, anchor="end"),
        ]
    return _chart(foot, message, parts)


def share_charts(rows: Sequence[ShareRow], message: str, gap_title: str) -> tuple[Markup, ...]:
    """Shares by category: a line for the population, a dot for the responses, a diamond for the weighted
    responses, and the gap between the first two at the end. Many categories take several charts, all on the
    same axis.
    """
    shares = [share for row in rows for share in (row.population, row.responses, row.weighted or 0)]
    pieces = [rows[at : at + MOST_ROWS] for at in range(0, len(rows), MOST_ROWS)]
    return tuple(
        _share_chart(
            piece,
            max(shares),
            message if len(pieces) == 1 else f"Part {number} of {len(pieces)}. {message}",
            gap_title,
        )
        for number, piece in enumerate(pieces, start=1)
    )


def _share_chart(rows: Sequence[ShareRow], greatest: float, message: str, gap_title: str) -> Markup:
    step, last = _ticks(greatest)
    place = _scale(320, 870, last)
    key: list[tuple[str, _Mark]] = [("All households", _line), ("Responses", _dot)]
    if any(row.weighted is not None for row in rows):
        key.append(("Weighted responses", _diamond))
    titles = {row: _wrapped(row.title, 290) for row in rows}
    middles, foot = _rows(_PITCH + _SECOND_LINE * (len(titles[row]) - 1) for row in rows)
    parts = [
        _legend(key),
        _text(CHART_WIDTH, _KEY_MIDDLE, gap_title, anchor="end", fill=_SOFT),
        *_axis([(place(tick), f"{tick}%") for tick in range(0, last + 1, step)], foot),
    ]
    for row, middle in zip(rows, middles, strict=True):
        first = middle - _SECOND_LINE * (len(titles[row]) - 1) / 2
        parts += [
            *(_text(0, first + _SECOND_LINE * at, line) for at, line in enumerate(titles[row])),
            _link(place(row.population), place(row.responses), middle),
            _line(place(row.population), middle),
            _dot(place(row.responses), middle),
        ]
        if row.weighted is not None:
            parts.append(_diamond(place(row.weighted), middle))
        parts.append(_text(CHART_WIDTH, middle, row.gap_text, bold=True, anchor="end"))
    return _chart(foot, message, parts)


# --- the position among the nation's landlords -----------------------------------------------------------

_SMALL = 21.5  # 10.6 pt: two strips a figure leave no room for more
_STRIP_PITCH = 49
_STRIP_LEFT, _STRIP_RIGHT = 462.0, 830.0
_NATION, _PEERS = "#6B6B6B", "#6BACE6"


@dataclass(frozen=True)
class Spread:
    """How a group of landlords is spread. p10 and p90 are None where the group is too small for them."""

    q1: float
    median: float
    q3: float
    p10: float | None = None
    p90: float | None = None

    @property
    def ends(self) -> tuple[float, float]:
        """The values at which its strip begins and ends."""
        return (
            self.q1 if self.p10 is None else self.p10,
            self.q3 if self.p90 is None else self.p90,
        )


@dataclass(frozen=True)
class PositionRow:
    """One figure beside nation and peers; `low` and `high` its interval, None where it was counted."""

    label: str
    title: str
    homes: str
    value: float
    value_text: str
    nation: Spread
    peers: Spread | None
    low: float | None = None
    high: float | None = None


def position_chart(rows: Sequence[PositionRow], message: str) -> Markup:
    """Where each figure stands: above it the spread of the nation, beneath it that of its peers.

    Each row has a scale of its own, from the lowest value shown to the greatest, both written at its ends.
    """
    key: list[tuple[str, _Mark]] = [("This landlord", _dot)]
    if any(row.low is not None for row in rows):
        key.append(("95% interval", _interval_key))
    key.append(("All landlords", _nation_key))
    if any(row.peers is not None for row in rows):
        key.append(("Peers", _peers_key))
    middles, foot = _rows(_STRIP_PITCH for _ in rows)
    parts = [_legend(key, _SMALL, 34)]
    for row, middle in zip(rows, middles, strict=True):
        parts += _position(row, middle)
    return _chart(foot - _FOOT + 6, message, parts)


def _position(row: PositionRow, middle: float) -> list[Markup]:
    spreads = [each for each in (row.nation, row.peers) if each is not None]
    shown = [row.value, *(end for each in spreads for end in each.ends)]
    shown += [each for each in (row.low, row.high) if each is not None]
    least, most = min(shown), max(shown)
    extent = _STRIP_RIGHT - _STRIP_LEFT

    def place(value: float) -> float:
        return _STRIP_LEFT + extent * ((value - least) / (most - least) if most > least else 0.5)

    parts = [
        _text(0, middle - 11.5, row.label, bold=True, size=_SMALL),
        _text(118 if "(" in row.label else 68, middle - 11.5, row.homes, fill=_SOFT, size=_SMALL),
        _text(0, middle + 12, _fitting(row.title, 368, _SMALL), size=_SMALL),
        _text(_STRIP_LEFT - 18, middle, f"{least:,.1f}", fill=_SOFT, anchor="end", size=_SMALL),
        _text(_STRIP_RIGHT + 18, middle, f"{most:,.1f}", fill=_SOFT, size=_SMALL),
        _strip(row.nation, place, middle - 12.5, _NATION),
    ]
    if row.peers is not None:
        parts.append(_strip(row.peers, place, middle + 12.5, _PEERS))
    if row.low is not None and row.high is not None:
        parts.append(_interval(place(row.low), place(row.high), middle))
    parts += [
        _dot(place(row.value), middle),
        _text(CHART_WIDTH, middle, row.value_text, bold=True, anchor="end", size=_SMALL),
    ]
    return parts


def _strip(spread: Spread, place: Callable[[float], float], middle: float, fill: str) -> Markup:
    """A line from the 10th percentile to the 90th, a box over the middle half, an upright at the median."""
    start, end = map(place, spread.ends)
    return _box(start, place(spread.q1), place(spread.median), place(spread.q3), end, middle, fill)


def _box(start: float, q1: float, median: float, q3: float, end: float, middle: float, fill: str) -> Markup:
    return Markup(
        '<path d="M{start} {y}H{end}" stroke="{fill}" stroke-width="2.5"/>'
        '<path d="M{q1} {y}H{q3}" stroke="{fill}" stroke-width="9"/>'
        '<path d="M{median} {top}v15" stroke="{ink}" stroke-width="4"/>'
    ).format(
        start=_place(start), end=_place(end), q1=_place(q1), q3=_place(max(q3, q1 + 1)),
        median=_place(median), y=_place(middle), top=_place(middle - 7.5), fill=fill, ink=_INK,
    )  # fmt: skip


def _nation_key(x: float, middle: float) -> Markup:
    return _box(x - 18, x - 8, x + 1, x + 9, x + 18, middle, _NATION)


def _peers_key(x: float, middle: float) -> Markup:
    return _box(x - 18, x - 8, x + 1, x + 9, x + 18, middle, _PEERS)


def warning_sign() -> Markup:
    """A triangle with an exclamation mark, for a warning that words repeat."""
    return Markup(
        '<svg class="sign" xmlns="http://www.w3.org/2000/svg" viewBox="0 0 24 22" width="8mm" height="7.3mm">'
        '<title>Warning</title><path d="M12 1 23 21H1Z" fill="{}"/>'
        '<path d="M12 8v7M12 17v2.4" stroke="#FFFFFF" stroke-width="2.4"/></svg>'
    ).format(_PLUM)


# A state's colour and shape: a disc for good, a diamond for bad, a triangle for what is open.
_GREEN = "#0F7A52"
_STATES: Mapping[str, Markup] = {
    "good": Markup(
        '<circle cx="12" cy="12" r="11" fill="{}"/><path d="m7 12.5 3.5 3.5L17.5 8.5" fill="none" '
        'stroke="#FFFFFF" stroke-width="2.6"/>'
    ).format(_GREEN),
    "bad": Markup(
        '<path d="M12 .5 23.5 12 12 23.5.5 12Z" fill="{}"/><path d="m8.2 8.2 7.6 7.6M15.8 8.2l-7.6 7.6" '
        'stroke="#FFFFFF" stroke-width="2.6"/>'
    ).format(_PLUM),
    "open": Markup(
        '<path d="M12 2.5 22.5 21.5H1.5Z" fill="#FFFFFF" stroke="{0}" stroke-width="2.2"/>'
        '<path d="M12 9.5v6M12 17.3v2" stroke="{0}" stroke-width="2.2"/>'
    ).format(_INK),
}


def state_sign(state: str, word: str) -> Markup:
    """The sign of a state (good, bad or open), `word` its alternative text."""
    return Markup(
        '<svg class="state" xmlns="http://www.w3.org/2000/svg" viewBox="0 0 24 24" width="6mm" height="6mm">'
        "<title>{}</title>{}</svg>"
    ).format(escape(printable(word)), _STATES[state])


def _rows(heights: Iterable[float]) -> tuple[list[float], float]:
    """The middle of each row, and where the rows end."""
    middles, y = [], float(_TOP)
    for height in heights:
        middles.append(y + height / 2)
        y += height
    return middles, y


def _scale(left: float, right: float, last: float) -> Callable[[float], float]:
    """Where a percentage stands on an axis from 0 to `last`."""
    return lambda percent: left + (right - left) * percent / last


def _ticks(greatest: float) -> tuple[int, int]:
    """The step between the marks of an axis from 0%, five at most, and its end."""
    step = next((each for each in (1, 2, 5, 10) if greatest <= 5 * each), 20)
    return step, step * max(ceil(greatest / step), 1)


def _chart(foot: float, message: str, parts: Iterable[Markup]) -> Markup:
    height = foot + _FOOT
    return Markup(
        '<svg class="chart" xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {} {}" width="{}mm" '
        'height="{}mm" font-size="{}" font-family="Report Sans, Report Sans Extended">'
        "<title>{}</title>{}</svg>"
    ).format(
        CHART_WIDTH,
        _place(height),
        _place(CHART_WIDTH * _MM),
        _place(height * _MM),
        _LABEL,
        escape(printable(message)),
        Markup("").join(parts),
    )


def _axis(ticks: Sequence[tuple[float, str]], foot: float) -> list[Markup]:
    """Gridlines in one path, and their labels beneath."""
    lines = "".join(f"M{_place(x)} {_TOP}V{_place(foot)}" for x, _ in ticks)
    return [
        Markup('<path d="{}" stroke="{}" stroke-width="1.6"/>').format(lines, _GRID),
        *(_text(x, foot + 18, label, anchor="middle", fill=_SOFT) for x, label in ticks),
    ]


def _legend(key: Sequence[tuple[str, _Mark]], size: float = _LABEL, apart: float = 44) -> Markup:
    """The marks in a row at the top, each followed by what it stands for."""
    parts, x = [], 18.0
    for words, mark in key:
        parts += [mark(x, _KEY_MIDDLE), _text(x + 27, _KEY_MIDDLE, words, fill=_SOFT, size=size)]
        x += 27 + width(words, size) + apart
    return Markup("").join(parts)


def _text(
    x: float,
    middle: float,
    text: str,
    *,
    bold: bool = False,
    anchor: str = "start",
    fill: str = _INK,
    size: float = _LABEL,
) -> Markup:
    other = "" if size == _LABEL else Markup(' font-size="{}"').format(_place(size))
    return Markup('<text x="{}" y="{}" fill="{}" text-anchor="{}" font-weight="{}"{}>{}</text>').format(
        _place(x), _place(middle + size * 0.34), fill, anchor, 600 if bold else 400, other, printable(text)
    )


def _fitting(text: str, room: float, size: float = _LABEL) -> str:
    """`text` on one line, cut where it is wider than `room`: the table has it whole."""
    line = " ".join(printable(text[:_LONGEST]).split())
    if width(line, size) <= room:
        return line
    while line and width(line + "…", size) > room:
        line = line[:-1]
    return line.rstrip() + "…"


def _wrapped(text: str, room: float) -> tuple[str, ...]:
    """`text` on one line or two, the second cut where it is too wide."""
    words = printable(text[:_LONGEST]).split()
    taken = 0
    while taken < len(words) and width(" ".join(words[: taken + 1]), _LABEL) <= room:
        taken += 1
    if taken in (0, len(words)):
        return (_fitting(text, room),)
    return " ".join(words[:taken]), _fitting(" ".join(words[taken:]), room)


def _interval(start: float, end: float, middle: float) -> Markup:
    """A bar with an upright at each end, so that a short one is still seen on both sides of its dot."""
    return Markup(
        '<path d="M{start} {top}v18M{end} {top}v18M{start} {middle}H{end}" stroke="{}" stroke-width="5"/>'
    ).format(_BLUE, start=_place(start), end=_place(end), top=_place(middle - 9), middle=_place(middle))


def _interval_key(x: float, middle: float) -> Markup:
    return _interval(x - 15, x + 15, middle)


def _link(start: float, end: float, middle: float) -> Markup:
    return Markup('<path d="M{} {}H{}" stroke="{}" stroke-width="4"/>').format(
        _place(start), _place(middle), _place(end), _LINK
    )


def _dot(x: float, middle: float) -> Markup:
    return Markup('<circle cx="{}" cy="{}" r="7.5" fill="{}" stroke="#FFFFFF" stroke-width="1.5"/>').format(
        _place(x), _place(middle), _DARK
    )


def _line(x: float, middle: float) -> Markup:
    return Markup('<path d="M{} {}v28" stroke="{}" stroke-width="5"/>').format(
        _place(x), _place(middle - 14), _INK
    )


def _hollow(x: float, middle: float) -> Markup:
    """A hollow triangle that points at the bar from below, so that it never lies on this year's dot."""
    return Markup('<path d="M{} {}l7.5 12h-15z" fill="#FFFFFF" stroke="{}" stroke-width="2.4"/>').format(
        _place(x), _place(middle + 6), _PLUM
    )


def _hollow_key(x: float, middle: float) -> Markup:
    return _hollow(x, middle - 12)


def _diamond(x: float, middle: float) -> Markup:
    return Markup('<path d="M{} {}l12 12l-12 12l-12 -12z" fill="none" stroke="{}" stroke-width="3"/>').format(
        _place(x), _place(middle - 12), _PLUM
    )


def _place(number: float) -> str:
    return f"{number:.1f}".rstrip("0").rstrip(".")
