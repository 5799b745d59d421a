"""What changed between two editions of the rulebook, as data and as text."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from textwrap import wrap
from typing import Any

from schemas.rulebook.loader import load_edition, resolve

WIDTH = 100
SECTION_TITLES = {
    "edition": "Edition",
    "status": "Edition",
    "status_note": "Edition",
    "methodology_version": "Edition",
    "return_form": "Return form",
    "return_form_note": "Return form",
    "complaints_code": "Complaint Handling Code",
    "families": "Families of measures",
    "nadk": "Survey wording",
    "scales": "Survey wording",
    "filters": "Survey wording",
    "landlord_placeholders": "Survey wording",
    "reasons": "Reasons in the ledgers",
    "approach_items": "Summary of the survey approach",
    "publication_items": "What must be published",
}


@dataclass(frozen=True, slots=True)
class Change:
    """One difference: a dotted path, and the value in each edition (None where that edition has none)."""

    path: str
    before: Any
    after: Any


def diff_editions(before: str, after: str) -> list[Change]:
    """The differences between the editions of two years, in the rulebook's own order.

    Something wholly new or removed is one change. Raises InputError for a year without an edition.
    """
    for year in (before, after):
        load_edition(year)  # only sound editions are compared
    return diff_contents(resolve(before).merged, resolve(after).merged)


def diff_contents(before: Mapping[str, Any], after: Mapping[str, Any]) -> list[Change]:
    """The differences between two editions' contents (`Resolved.merged`)."""
    return list(_changes((), before, after))


def _changes(path: tuple[str, ...], before: Any, after: Any) -> Iterator[Change]:
    if isinstance(before, dict) and isinstance(after, dict):
        for key in [*before, *(key for key in after if key not in before)]:
            if (*path, key) != ("edition",):
                yield from _changes((*path, key), before.get(key), after.get(key))
        kept = [[key for key in one if key in other] for one, other in ((before, after), (after, before))]
        if kept[0] != kept[1] and len(path) == 1:
            yield Change(f"{path[0]}.order", *kept)
    elif before != after:
        yield Change(".".join(path), before, after)


def format_diff(before: str, after: str) -> str:
    """The same as text for a terminal: a heading per section, short changes on one line, long ones on two."""
    changes = diff_editions(before, after)
    return format_changes(changes, (resolve(before).merged, resolve(after).merged), before, after)


def format_changes(
    changes: list[Change], contents: tuple[Mapping[str, Any], Mapping[str, Any]], before: str, after: str
) -> str:
    """`changes` between two contents as text; `before` and `after` are what the two are called."""
    if not changes:
        return f"The rulebooks of {before} and {after} say the same."
    count = "1 change" if len(changes) == 1 else f"{len(changes)} changes"
    lines = [f"Rulebook {before} to {after}: {count}"]
    heading = ""
    for change in sorted(changes, key=lambda c: _heading_rank(c, changes)):
        if _heading(change) != heading:
            heading = _heading(change)
            lines += ["", heading]
        lines += _change_lines(change, before, after, contents)
    return "\n".join(lines)


def _heading(change: Change) -> str:
    section = change.path.split(".")[0]
    return SECTION_TITLES.get(section, section.replace("_", " ").capitalize())


def _heading_rank(change: Change, changes: list[Change]) -> int:
    return next(i for i, other in enumerate(changes) if _heading(other) == _heading(change))


def _change_lines(change: Change, before: str, after: str, contents: tuple[Any, Any]) -> list[str]:
    name = _name(change.path.split("."), contents)
    if change.before is None:
        return [f"  {name}: new", *_block("", change.after)]
    if change.after is None:
        return [f"  {name}: no longer", *_block("", change.before)]
    short = f"  {name}: {_text(change.before)} → {_text(change.after)}"
    if len(short) <= WIDTH:
        return [short]
    return [f"  {name}", *_block(f"{before}  ", change.before), *_block(f"{after}  ", change.after)]


def _name(path: list[str], contents: tuple[Any, Any]) -> str:
    """The path in words; a keyed thing that has a title or a label goes by its key and title."""
    words: list[str] = []
    nodes = list(contents)
    for depth, key in enumerate(path):
        nodes = [node.get(key) if isinstance(node, dict) else None for node in nodes]
        stated = next((node for node in reversed(nodes) if node is not None), None)
        if depth == 0 and len(path) > 1:
            continue
        title = stated.get("title") if isinstance(stated, dict) else None
        words.append(f"{key} ({title})" if title else key.replace("_", " "))
    return " › ".join(words)


def _text(value: Any) -> str:
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, list):
        return ", ".join(map(str, value))
    if isinstance(value, Mapping):
        return "; ".join(f"{key.replace('_', ' ')}: {_text(inner)}" for key, inner in value.items())
    return str(value) if value != "" else "(nothing)"


def _block(label: str, value: Any) -> list[str]:
    first = f"    {label}"
    return wrap(_text(value), WIDTH, initial_indent=first, subsequent_indent=" " * len(first))
