"""Confirmations: whether one still answers what is found.

A confirmation given by `tsm confirm` holds the digest of the finding that it answers, so it reopens when a
value moves. One that is written in year.yaml answers its finding whatever it says: the year file holds no
digest. (An approval ends with any change of a finding, whoever confirmed it.)
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterable, Mapping
from typing import TYPE_CHECKING, Any

import pandas as pd

if TYPE_CHECKING:
    from pipelines.intake import Confirmation

# What a finding says. Not its row nor its file: a row that was moved down, or a renamed file, is the same
# finding. Not title, remedy or effect: a better wording of ours asks nobody to confirm again.
_SAYS = ("column", "value", "record_id", "message")


def digest(rows: pd.DataFrame) -> str:
    """Return the SHA-256 of what a group of findings says, in whatever order its rows stand."""
    said = sorted(zip(*(rows[column].fillna("").astype(str) for column in _SAYS), strict=True))
    first = rows.iloc[0]
    table = "" if pd.isna(first["table"]) else str(first["table"])
    content = json.dumps([str(first["finding_id"]), table, said], ensure_ascii=False, separators=(",", ":"))
    return hashlib.sha256(content.encode()).hexdigest()


def from_year_file(entry: Confirmation) -> dict[str, Any]:
    """Return a confirmation of year.yaml in the form of all confirmations."""
    return {
        "id": entry.id,
        "by": entry.by,
        "on": entry.on.isoformat(),
        "reason": entry.reason,
        "evidence": "",
        "source": "year.yaml",
        "answers": None,
    }


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
) -> list[dict[str, str]]:
    """Return the confirmations as the return lists them: year.yaml's, and those that answer a finding now.

    One that no longer answers anything stays in the log of acts; the return does not print it.
    """
    asked = [group for group in groups if group["grade"] == "confirm"]
    return [
        {key: each[key] for key in ("id", "by", "on", "reason", "evidence", "source")}
        for each in confirmations
        if each["answers"] is None or any(still_answers(each, group) for group in asked)
    ]
