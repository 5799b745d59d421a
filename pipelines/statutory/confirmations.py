"""Confirmations: whether one still answers what is found.

A confirmation holds the digest of the finding that it answers, so it reopens when a value moves. One given
by `tsm confirm` has it from the log of acts. One written in year.yaml answers what is found when it is first
read; the return that is published then keeps the digest, and the next run has it from there. Whoever looks
again writes another day or reason: that is another confirmation. (An approval ends with any change of a
finding, whoever confirmed it.)
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterable, Mapping, Sequence
from typing import TYPE_CHECKING, Any

import pandas as pd

if TYPE_CHECKING:
    from pipelines.intake import Confirmation

# What a finding says. Not its row nor its file: a row that was moved down, or a renamed file, is the same
# finding. Not title, remedy or effect: a better wording of ours asks nobody to confirm again.
_SAYS = ("column", "value", "record_id", "message")
YEAR_FILE = "year.yaml"
_ENTRY = ("id", "by", "on", "reason", "evidence")
_ANSWER = ("table", "digest", "records", "message")


def digest(rows: pd.DataFrame) -> str:
    """Return the SHA-256 of what a group of findings says, in whatever order its rows stand."""
    said = sorted(zip(*(rows[column].fillna("").astype(str) for column in _SAYS), strict=True))
    first = rows.iloc[0]
    table = "" if pd.isna(first["table"]) else str(first["table"])
    content = json.dumps([str(first["finding_id"]), table, said], ensure_ascii=False, separators=(",", ":"))
    return hashlib.sha256(content.encode()).hexdigest()


def from_year_file(entry: Confirmation, published: Iterable[Mapping[str, Any]]) -> dict[str, Any]:
    """Return a confirmation of year.yaml in the form of all confirmations.

    `published`: the confirmations of the return published before, as it lists them. Where the entry is among
    them it answers what it answered there; else what is found now, whatever that is (`answers` is None).
    """
    stated = {
        "id": entry.id,
        "by": entry.by,
        "on": entry.on.isoformat(),
        "reason": entry.reason,
        "evidence": entry.evidence,
        "source": YEAR_FILE,
    }
    known = [each["answers"] for each in remembered(published) if stated.items() <= each.items()]
    return {**stated, "answers": known[0] if known else None}


def remembered(published: Iterable[Mapping[str, Any]]) -> list[dict[str, Any]]:
    """Return of a published return's confirmations what the next one must know: year.yaml's that answered."""
    keys = (*_ENTRY, "source", "answers")
    return [
        {key: each[key] for key in keys}
        for each in published
        if each["source"] == YEAR_FILE and each.get("answers")
    ]


def still_answers(confirmation: Mapping[str, Any], group: Mapping[str, Any]) -> bool:
    """Whether a confirmation answers a group of findings (finding_id, table, digest) as it now stands."""
    if confirmation["id"] != group["finding_id"]:
        return False
    answers = confirmation["answers"]
    if answers is None:
        return True
    return any((each["table"], each["digest"]) == (group["table"], group["digest"]) for each in answers)


def answer_to(
    group: Mapping[str, Any], confirmations: Iterable[Mapping[str, Any]]
) -> tuple[dict[str, str] | None, dict[str, str] | None]:
    """Return (the confirmation that answers a group, else the last one that did before the finding moved).

    Both as the return document has them: by, on, reason, evidence; and the second also `was`, what had been
    confirmed. The latest confirmation counts.
    """
    before = None
    for each in reversed(list(confirmations)):
        shown = {key: each[key] for key in ("by", "on", "reason", "evidence")}
        if still_answers(each, group):
            return shown, None
        if before is None and each["id"] == group["finding_id"]:
            was = [answer for answer in each["answers"] or () if answer["table"] == group["table"]]
            before = {**shown, "was": was[0]["message"]} if was else None
    return None, before


def shown_confirmations(
    groups: Iterable[Mapping[str, Any]], confirmations: Iterable[Mapping[str, Any]]
) -> list[dict[str, Any]]:
    """Return the confirmations as the return lists them: year.yaml's, and those that answer a finding now.

    Each with what it answers (`answers`) and whether it still does (`stands`). One that no longer answers
    anything stays in the log of acts; the return lists it only where it still stands in year.yaml.
    """
    asked = [group for group in groups if group["grade"] == "confirm"]
    shown = []
    for each in confirmations:
        answered = [group for group in asked if still_answers(each, group)]
        if not answered and each["source"] != YEAR_FILE:
            continue
        answers: Sequence[Mapping[str, Any]] = answered if each["answers"] is None else each["answers"]
        shown.append(
            {
                **{key: each[key] for key in (*_ENTRY, "source")},
                "stands": bool(answered),
                "answers": [{key: answer[key] for key in _ANSWER} for answer in answers],
            }
        )
    return shown
