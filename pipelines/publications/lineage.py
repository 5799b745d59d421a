"""The lineage of a return as a picture: files, tables, ledgers and return, each joined to what it made."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

from markupsafe import Markup, escape

from pipelines.publications.content import Document, measures_by_key, table_word
from pipelines.publications.fonts import printable, width

_WIDTH = 1000
_MM = 0.174  # millimetres in a unit: the text is 174 mm wide
_SIZE = 20.0  # 9.9 pt
_TOP, _PITCH, _HIGH = 44, 46, 34
_COLUMNS = ((0, 250), (300, 240), (600, 190), (850, 150))  # left and width of each
_TITLES = ("Files received", "Tables", "Ledgers", "Return")
_INK, _SOFT, _LINE, _BOX, _LAST = "#0B0C0C", "#484949", "#767676", "#E8EEF4", "#12436D"
_RECORDS, _MEASURES = "records/", "measures/"
_MOST = 24  # boxes in a column: more would outgrow the page


@dataclass(frozen=True)
class Steps:
    """The boxes of each column, and which table goes into which ledgers. `files`: by table, '' where none."""

    files: Mapping[str, str]
    tables: tuple[str, ...]
    ledgers: Mapping[str, tuple[str, ...]]


def steps(document: Document) -> Steps:
    """What was made from what, ledgers of the same tables together."""
    provenance, measures = document["provenance"], measures_by_key(document)
    made: dict[tuple[str, ...], list[str]] = {}
    other: dict[str, tuple[str, ...]] = {}
    for asset in provenance["assets"]:
        tables = tuple(each.removeprefix(_RECORDS) for each in asset["made_from"])
        key = str(asset["key"])
        if key.startswith(_MEASURES):
            made.setdefault(tables, []).append(measures[key.removeprefix(_MEASURES)]["code"])
        elif all(each.startswith(_RECORDS) for each in asset["made_from"]):
            other[key.replace("/", ": ").capitalize()] = tables
    ledgers = {_span(codes): tables for tables, codes in made.items()} | other
    used = dict.fromkeys(table for tables in ledgers.values() for table in tables)
    files: dict[str, list[str]] = {}
    for each in provenance["inputs"]:
        files.setdefault(str(each["table"]), []).append(str(each["file"] or ""))
    return Steps({table: ", ".join(files.get(table, [])) for table in used}, tuple(used), ledgers)


def _span(codes: Sequence[str]) -> str:
    """'TP01 to TP12', 'CH01, CH02', 'RP01': the codes of each family together."""
    families: dict[str, list[str]] = {}
    for code in dict.fromkeys(codes):
        families.setdefault(code[:2], []).append(code)
    return ", ".join(
        f"{each[0]} to {each[-1]}" if len(each) > 2 else ", ".join(each) for each in families.values()
    )


def picture(document: Document) -> Markup | None:
    """The lineage as SVG; None where nothing was made or there is too much for a page: the tables tell it."""
    found = steps(document)
    if not found.tables or max(len(found.tables), len(found.ledgers)) > _MOST:
        return None
    rows = max(len(found.tables), len(found.ledgers))
    foot = _TOP + rows * _PITCH
    tables = _places(found.tables, foot)
    ledgers = _places(tuple(found.ledgers), foot)
    middle = (_TOP + foot) / 2
    parts = [
        *(_text(left, 20, title, bold=True) for (left, _), title in zip(_COLUMNS, _TITLES, strict=True)),
        Markup('<path d="{}" fill="none" stroke="{}" stroke-width="1.6"/>').format(
            "".join(_lines(found, tables, ledgers, middle)), _LINE
        ),
        *(
            _box(0, y, found.files[table] or "none sent", soft=not found.files[table])
            for table, y in tables.items()
        ),
        *(_box(1, y, table_word(table)) for table, y in tables.items()),
        *(_box(2, y, name) for name, y in ledgers.items()),
        _return_box(middle),
    ]
    return Markup(
        '<svg class="chart" xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {} {}" width="{}mm" '
        'height="{}mm" font-size="{}" font-family="Report Sans, Report Sans Extended">'
        "<title>{}</title>{}</svg>"
    ).format(
        _WIDTH,
        _number(foot),
        _number(_WIDTH * _MM),
        _number(foot * _MM),
        _number(_SIZE),
        escape(printable(_message(found))),
        Markup("").join(parts),
    )


def _message(found: Steps) -> str:
    made = "; ".join(
        f"{name} from {', '.join(table_word(table).lower() for table in tables)}"
        for name, tables in found.ledgers.items()
    )
    return (
        "Lineage of the return, from left to right: the files received become "
        f"{len(found.tables)} tables; the ledgers are made from the tables ({made}); the figures are tallied "
        "from the ledgers, and the return is made from the figures. The tables that follow list each with "
        "its fingerprint."
    )


def _places(names: Sequence[str], foot: float) -> dict[str, float]:
    """The middle of each box, spread evenly over the height."""
    step = (foot - _TOP) / len(names)
    return {name: _TOP + step * (at + 0.5) for at, name in enumerate(names)}


def _lines(
    found: Steps, tables: Mapping[str, float], ledgers: Mapping[str, float], middle: float
) -> Iterator[str]:
    def join(column: int, start: float, end: float) -> str:
        left = _COLUMNS[column][0] + _COLUMNS[column][1]
        right = _COLUMNS[column + 1][0]
        bend = (left + right) / 2
        points = ((left, start), (bend, start), (bend, end), (right, end))
        first, *others = (f"{_number(x)} {_number(y)}" for x, y in points)
        return f"M{first}C{' '.join(others)}"

    for table, y in tables.items():
        if found.files[table]:
            yield join(0, y, y)
    for name, made_from in found.ledgers.items():
        for table in made_from:
            yield join(1, tables[table], ledgers[name])
        yield join(2, ledgers[name], middle)


def _box(column: int, middle: float, words: str, *, soft: bool = False) -> Markup:
    left, wide = _COLUMNS[column]
    drawn = Markup("") if soft else _rectangle(left, middle, wide, _HIGH, _BOX)
    return drawn + _text(left + 10, middle, _fitting(words, wide - 18), fill=_SOFT if soft else _INK)


def _return_box(middle: float) -> Markup:
    left, wide = _COLUMNS[3]
    words = ("Figures", "and findings:", "return.json", "and its pages")
    return _rectangle(left, middle, wide, 132, _LAST) + Markup("").join(
        _text(left + 12, middle - 42 + 28 * at, line, fill="#FFFFFF", bold=at == 0)
        for at, line in enumerate(words)
    )


def _rectangle(left: float, middle: float, wide: float, high: float, fill: str) -> Markup:
    return Markup('<rect x="{}" y="{}" width="{}" height="{}" fill="{}"/>').format(
        _number(left), _number(middle - high / 2), _number(wide), _number(high), fill
    )


def _text(x: float, middle: float, text: str, *, bold: bool = False, fill: str = _INK) -> Markup:
    return Markup('<text x="{}" y="{}" fill="{}" font-weight="{}">{}</text>').format(
        _number(x), _number(middle + _SIZE * 0.34), fill, 600 if bold else 400, printable(text)
    )


def _fitting(text: str, room: float) -> str:
    line = " ".join(printable(text[:200]).split())
    if width(line, _SIZE) <= room:
        return line
    while line and width(line + "…", _SIZE) > room:
        line = line[:-1]
    return line.rstrip() + "…"


def _number(number: float) -> str:
    return f"{number:.1f}".rstrip("0").rstrip(".")
