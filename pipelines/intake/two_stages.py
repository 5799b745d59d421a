"""Complaint logs with both stages in one row: each row is read twice, once a stage."""

from __future__ import annotations

import re
from collections.abc import Iterable

from pipelines.intake.content import Content, fit
from pipelines.intake.lexicon import SYNONYM, lexicon
from schemas.tables import TABLES, Column

STAGES = ("1", "2")
_STAGE = re.compile(r"(?i)(?:^|[^a-z])(?:stage|stg|s)[ _.-]*(1|2|one|two|i{1,2})(?![a-z0-9])")
_WORD = re.compile(r"[\w/&'’]+")
_NUMBER = {"1": "1", "one": "1", "i": "1", "2": "2", "two": "2", "ii": "2"}
_DATES = ("received_on", "acknowledged_on", "responded_on", "extended_until")


def stage_of(heading: str) -> tuple[str, str]:
    """The stage that a heading names and what is left of it: "Stage 1 Received" is ("1", "Received")."""
    match = _STAGE.search(heading)
    if not match:
        return "", heading
    rest = f"{heading[: match.start()]} {heading[match.end() :]}"
    return _NUMBER[match[1].lower()], " ".join(_WORD.findall(rest))


def two_stages(contents: Iterable[Content]) -> dict[str, dict[str, Content]]:
    """Each stage's columns, ours to theirs; empty unless both have the day on which it was received."""
    table = TABLES["complaints"]
    found: dict[str, dict[str, Content]] = {stage: {} for stage in STAGES}
    for content in contents:
        stage, rest = stage_of(content.heading)
        named = (
            {name: _naming(rest, content, table.by_name[name]) for name in _DATES} if stage and rest else {}
        )
        best = max(named, key=lambda name: named[name], default="")
        if best and named[best] >= SYNONYM - 0.1:
            found[stage].setdefault(best, content)
    return found if all("received_on" in columns for columns in found.values()) else {}


def _naming(rest: str, content: Content, column: Column) -> float:
    """How well the rest of a heading names a date of a stage; 0 for cells that are no dates."""
    if content.filled and fit(content, column, heading_names_it=True) < 0.5:
        return 0.0
    words, table = lexicon(), TABLES["complaints"]
    return max(words.naming(text, table, column.name) for text in (rest, f"{rest} date"))
