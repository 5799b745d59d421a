"""What differs between two return documents: the page of a revision, and why an approval is void.

Every difference is found but that of order alone: what has no line of its own here is named by the part of
the return that it is in.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass
from decimal import ROUND_HALF_UP, Decimal
from typing import Any

from pipelines.assurance.verify import canonical, sha256

Document = Mapping[str, Any]
Item = Mapping[str, Any]

ABSENT = "not there"
_LONGEST, _SMALL = 300, 6

# The parts of a return in words, for those that change without a line of their own.
PARTS: Mapping[str, str] = {
    "schema_version": "the layout of return.json",
    "software": "the version of the software",
    "landlord": "the landlord's particulars",
    "reporting_year": "the reporting year",
    "year_start": "the first day of the year",
    "year_end": "the last day of the year",
    "edition": "the edition of the rules",
    "status": "what is missing or to be confirmed",
    "summary": "the summary",
    "stock": "homes owned at year end",
    "populations": "what is reported for whom",
    "themes": "the regulator's themes",
    "measures": "the measures' definitions",
    "figures": "figures",
    "survey": "the survey",
    "comparison": "the comparison with last year and with other landlords",
    "repairs": "targets and context of repairs",
    "complaints": "time limits of complaints",
    "exclusions": "records left out, by reason",
    "findings": "findings",
    "rejected": "rejected rows",
    "settings": "settings",
    "checks": "the regulator's validations",
    "corrections": "corrections of records",
    "confirmations": "confirmations",
    "publication": "what must be published",
    "provenance": "what the figures were made from",
    "return_form": "the regulator's form",
    "nrosh": "fields of the NROSH+ form",
}


def part_text(key: str) -> str:
    """Return the words for a part of the return document."""
    return PARTS.get(key, key.replace("_", " "))


@dataclass(frozen=True)
class _Lines:
    """A list of the return that is compared item by item: what an item is called, and what it says.

    `follows`: members that change with the files and the figures, which have rows of their own; items that
    differ in these alone share a row.
    """

    part: str
    items: Callable[[Document], Iterable[Item]]
    key: tuple[str, ...]
    what: Callable[[Item, Document], str]
    says: Callable[[Item], str]
    follows: tuple[str, ...] = ()


def differences(before: Document, after: Document) -> list[dict[str, str]]:
    """Return each difference as a row: part, what, before, after; the figures first."""
    rows = [row for lines in _LINES for row in _compared(lines, before, after)]
    rest = [_rest(before), _rest(after)]
    for key in sorted({*rest[0], *rest[1]}):
        was, now = (_text(each[key]) if key in each else ABSENT for each in rest)
        if was != now:
            part, _, member = key.partition(" ")
            rows.append(_row(_capital(part_text(part)), _words(member or part), was, now))
    return rows


def figures_changed(rows: Iterable[Mapping[str, str]]) -> int:
    """Return how many figures are among the rows of `differences`."""
    return sum(row["part"] == _FIGURES for row in rows)


def _compared(lines: _Lines, before: Document, after: Document) -> Iterator[dict[str, str]]:
    was, now = _keyed(lines, before), _keyed(lines, after)
    followed = []
    for key in [*now, *(key for key in was if key not in now)]:
        old, new = was.get(key), now.get(key)
        if old == new and canonical(old) == canonical(new):  # 1 and 1.0 are equal, but not the same text
            continue
        what = lines.what(new, after) if new is not None else lines.what(old or {}, before)
        if old and new and canonical(_own(old, lines)) == canonical(_own(new, lines)):
            followed.append(what)
            continue
        texts = [ABSENT if each is None else lines.says(each) for each in (old, new)]
        if old is not None and new is not None and texts[0] == texts[1]:
            texts = list(_members(old, new))
        yield _row(lines.part, what, *texts)
    if followed:
        what = "Where their records stand, and how far those could move figures"
        yield _row(lines.part, what, "as it was", f"changed for {'; '.join(followed)}")


def _own(item: Item, lines: _Lines) -> Item:
    return {name: each for name, each in item.items() if name not in lines.follows}


def _keyed(lines: _Lines, document: Document) -> dict[tuple[str, ...], Item]:
    found: dict[tuple[str, ...], Item] = {}
    for item in lines.items(document):
        key = tuple(str(item[name]) for name in lines.key)
        count = 1
        while (*key, str(count)) in found:
            count += 1
        found[(*key, str(count))] = item
    return found


def _members(old: Item, new: Item) -> tuple[str, str]:
    """Return the members that differ, for items whose own words do not show it."""
    keys = [
        key
        for key in {**old, **new}
        if key not in old or key not in new or _text(old[key]) != _text(new[key])
    ]
    keys = keys or list(new)  # only the order of their members, or 1 for 1.0
    return (
        _cut("; ".join(f"{_words(key)}: {_text(old[key]) if key in old else ABSENT}" for key in keys)),
        _cut("; ".join(f"{_words(key)}: {_text(new[key]) if key in new else ABSENT}" for key in keys)),
    )


def _row(part: str, what: str, before: str, after: str) -> dict[str, str]:
    if _cut(before) == _cut(after):  # they differ beyond where they are cut
        before, after = (
            f"{each[: _LONGEST // 2]}… ({sha256(each.encode())[:12]})" for each in (before, after)
        )
    return {"part": part, "what": what, "before": _cut(before), "after": _cut(after)}


# ------------------------------------------------------------------------------------------- words


def figure_key(figure: Item) -> str:
    """Return how a figure is called: "RP02_1 LCRA"."""
    return f"{figure['measure']} {figure['population']}"


def figure_name(key: str, document: Document) -> str:
    """Return how a figure's key is read: "RP02 (1), LCRA"; without a population the measure alone."""
    measure, _, population = key.partition(" ")
    labels = {each["key"]: each["label"] for each in document["measures"]}
    return ", ".join(each for each in (labels.get(measure, measure), population) if each)


def figure_text(value_text: str, numerator: Any, denominator: Any) -> str:
    """Return a figure in words: "93.1% (380 of 408)"; the value alone where it has no counts."""
    if numerator is None or denominator is None:
        return value_text
    return f"{value_text} ({_count(numerator)} of {_count(denominator)})"


def figure_texts(before: Iterable[Any], after: Iterable[Any]) -> tuple[str, str]:
    """Return two figures (value_text, numerator, denominator) in words that differ where they do."""
    before, after = list(before), list(after)
    short = figure_text(*before), figure_text(*after)
    if short[0] != short[1]:
        return short
    exact = [f"{value} ({numerator} of {denominator})" for value, numerator, denominator in (before, after)]
    return exact[0], exact[1]


def _count(number: float) -> str:
    exact = Decimal(str(number))
    if exact == exact.to_integral_value():
        return f"{int(exact):,}"
    return f"{exact.quantize(Decimal('0.1'), rounding=ROUND_HALF_UP):,}"


def _finding_text(group: Item) -> str:
    answer = "" if group["grade"] != "confirm" else ", confirmed" if group["confirmed"] else ", to confirm"
    records = f"{group['records']:,} record{'' if group['records'] == 1 else 's'}"
    return f"{group['grade']}, {records}{answer}: {group['message']}"


def _file_text(each: Item) -> str:
    rows = "" if each["rows"] is None else f"{each['rows']:,} rows, {each['rejected']:,} rejected, "
    return f"{rows}SHA-256 {each['sha256'][:12]}…"


def _text(value: Any) -> str:
    """Return a value in words: itself, a small table's entries, else the length and the start of the hash."""
    if isinstance(value, dict) and len(value) <= _SMALL and all(_is_plain(each) for each in value.values()):
        return ", ".join(f"{key.replace('_', ' ')} {_text(each)}" for key, each in value.items()) or "none"
    if isinstance(value, (dict, list, tuple)):
        return f"{len(value)} entries ({sha256(canonical(value))[:12]}…)"
    return "none" if value in (None, "") else str(value)


def _is_plain(value: Any) -> bool:
    return not isinstance(value, (dict, list, tuple))


def _words(key: str) -> str:
    return _capital(key.replace("_", " "))


def _capital(text: str) -> str:
    return text[:1].upper() + text[1:]


def _cut(text: str) -> str:
    return text if len(text) <= _LONGEST else f"{text[: _LONGEST - 1]}…"


# ------------------------------------------------------------------------------------------- parts

_FIGURES = "Figures"


def _approach_items(document: Document) -> Iterator[Item]:
    for survey in document["survey"]:
        for item in survey["items"]:
            yield {"population": survey["population"], **item}


def _survey_members(document: Document) -> Iterator[Item]:
    for survey in document["survey"]:
        for member, value in survey.items():
            if member not in ("items", "population"):
                yield {"population": survey["population"], "member": member, "value": value}


def _kept_beside_the_files(document: Document) -> Iterator[Item]:
    """What is kept that is not a file received, which has a line of its own."""
    received = {each["sha256"] for each in document["provenance"]["inputs"]}
    return (each for each in document["provenance"]["kept"] if each["sha256"] not in received)


_LINES = (
    _Lines(
        _FIGURES,
        lambda document: document["figures"],
        ("measure", "population"),
        lambda figure, document: figure_name(figure_key(figure), document),
        lambda figure: figure_text(figure["value_text"], figure["numerator"], figure["denominator"]),
    ),
    _Lines(
        "Findings",
        lambda document: document["findings"]["groups"],
        ("finding_id", "table"),
        lambda group, _: (
            f"{group['finding_id']} {group['title']}" + (f" ({group['table']})" if group["table"] else "")
        ),
        _finding_text,
        follows=("first_rows", "moves", "moves_text", "widest"),  # from the file and the figures
    ),
    _Lines(
        "Confirmations",
        lambda document: document["confirmations"],
        ("id", "by", "on", "reason"),
        lambda each, _: f"{each['id']}, {each['by']}, {each['on']}",
        lambda each: each["reason"] if each["stands"] else f"{each['reason']} (no longer an answer)",
    ),
    _Lines(
        "The regulator's validations",
        lambda document: document["checks"],
        ("id",),
        lambda check, _: f"{check['id']} {check['title']}",
        lambda check: f"{check['outcome']}: {check['message']}",
    ),
    _Lines(
        "Settings",
        lambda document: document["settings"]["all"],
        ("key",),
        lambda setting, _: str(setting["key"]),
        lambda setting: str(setting["value"]),
    ),
    _Lines(
        "Targets for repairs",
        lambda document: document["repairs"]["targets"],
        ("priority",),
        lambda target, _: _words(target["priority"]),
        lambda target: str(target["text"]),
    ),
    _Lines(
        "Survey approach",
        _approach_items,
        ("population", "letter"),
        lambda item, _: f"{item['population']}, {item['letter']}: {item['title']}",
        lambda item: str(item["text"]),
    ),
    _Lines(
        "The survey",
        _survey_members,
        ("population", "member"),
        lambda each, _: f"{each['population']}, {_words(each['member']).lower()}",
        lambda each: _text(each["value"]),
    ),
    _Lines(
        "Records left out",
        lambda document: document["exclusions"],
        ("measure", "population", "reason"),
        lambda each, document: f"{figure_name(figure_key(each), document)}: {each['sentence']}",
        lambda each: f"{each['records']:,} records",
    ),
    _Lines(
        "Rows rejected",
        lambda document: document["rejected"],
        ("table",),
        lambda each, _: _words(each["table"]),
        lambda each: f"{each['rejected']:,} of {each['rows']:,}",
    ),
    _Lines(
        "Files received",
        lambda document: document["provenance"]["inputs"],
        ("table", "file"),
        lambda each, _: f"{each['table']}: {each['file']}",
        _file_text,
    ),
    _Lines(
        "Files kept",
        _kept_beside_the_files,
        ("received", "file"),
        lambda each, _: f"{each['received']}: {each['file']}",
        lambda each: f"SHA-256 {each['sha256'][:12]}…",
    ),
    _Lines(
        "Fields of the NROSH+ form",
        lambda document: document["nrosh"],
        ("datapoint", "field"),
        lambda field, _: f"{field['datapoint']} {field['label']}",
        lambda field: _text(field["value"]),
    ),
)
_COMPARED = {"figures", "confirmations", "checks", "survey", "exclusions", "rejected", "nrosh"}
_COMPARED_WITHIN = {
    "status": ("draft",),
    "findings": ("groups",),
    "settings": ("all",),
    "repairs": ("targets",),
    "provenance": ("inputs", "kept"),
}
_MARKS = {"approval", "revision"}


def _rest(document: Document) -> dict[str, Any]:
    """Return what no lines of `_LINES` compare: "part" or "part member" → value."""
    rest: dict[str, Any] = {}
    for part, value in document.items():
        if part in _COMPARED | _MARKS:
            continue
        if isinstance(value, dict):
            left = _COMPARED_WITHIN.get(part, ())
            rest |= {f"{part} {member}": each for member, each in value.items() if member not in left}
        else:
            rest[part] = value
    return rest
