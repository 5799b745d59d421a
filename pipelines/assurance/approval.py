"""The life of a return: draft, approved by name, filed, and revised after that.

An approval is of a hash of the return (`verify.return_sha256`), so it holds for that return and no other:
whatever changes afterwards voids it, and the pages say what changed. Filing locks the year (`release`).
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import date, datetime, timedelta
from pathlib import Path
from typing import Any

from pipelines.assurance.acts import (
    APPROVE,
    CONFIRM,
    FILE,
    LONGEST_NAME,
    LONGEST_TEXT,
    Act,
    confirmation_lines,
    confirmations,
    day_given,
    day_of,
    listed,
    name_of_a_person,
    of_kind,
    one_line,
    writing,
)
from pipelines.assurance.differences import (
    differences,
    figure_key,
    figure_name,
    figure_texts,
    figures_changed,
    part_text,
)
from pipelines.assurance.release import folder_of, is_filed, last_filed, newest, read_document
from pipelines.assurance.verify import MANIFEST, Log, canonical, check_return, return_sha256, sha256
from pipelines.statutory.confirmations import still_answers
from schemas.errors import InputError

Document = dict[str, Any]

_MARKS = ("approval", "revision")
_NAMED = 6  # changes that a void approval names before it says how many more there are


def default_statement(year: str) -> str:
    """Return what a person states by approving, where no other words are given."""
    return (
        "I confirm that the figures in this return are an accurate, reliable, valid and transparent "
        f"reflection of the landlord's performance against the Tenant Satisfaction Measures for {year}, and "
        "that the findings listed under Data quality have been considered."
    )


# ---------------------------------------------------------------------------------------- the acts


def approve(
    year_folder: Path,
    *,
    name: str,
    role: str,
    now: datetime,
    statement: str = "",
    incomplete_because: str = "",
    account: str = "",
    assembled: str | None = None,
) -> Act:
    """Record that `name` approves the newest return of the year as it is published; return the act.

    Raises InputError where there is none, where its files are not as they were made, where it is filed, where
    the same person has approved it already, and, unless `incomplete_because` says why it is approved all the
    same, where something is missing or a finding waits for its confirmation. `account`: who typed it.
    `assembled`: the hash of the return that the next pages are made from; it must be the published one.
    """
    by = name_of_a_person(name, "--name")
    role = one_line(role, "--role", LONGEST_NAME)
    because = one_line(incomplete_because, "--incomplete-because", LONGEST_TEXT, needed=False)
    with writing(year_folder) as writer:
        number, document = _published(year_folder, writer.log)
        if is_filed(writer.log, number):
            raise InputError(f"{_called(year_folder, number)} was filed: there is nothing left to approve.")
        digest = return_sha256(document)
        if assembled not in (None, digest):
            raise InputError(
                "A return was assembled after the published one, and its pages were not made: run "
                f"`tsm run {year_folder.parent.name} {year_folder.name}`, read them, then approve."
            )
        for act in of_kind(writer.log, APPROVE):
            if act["return_sha256"] == digest and act["by"].casefold() == by.casefold():
                raise InputError(
                    f"{act['by']} approved this return on {day_of(act)}, and it has not changed."
                )
        lacking = lacks(document)
        if lacking and not because:
            raise InputError(
                f"The return is not complete: {'; '.join(lacking)}. Put that right and run again, or say why "
                "it is approved all the same: --incomplete-because TEXT, which is kept and printed."
            )
        if because and not lacking:
            raise InputError("The return is complete: leave --incomplete-because out.")
        return writer.add(
            APPROVE,
            by,
            now,
            account=account,
            role=role,
            statement=one_line(statement, "--statement", LONGEST_TEXT, needed=False)
            or default_statement(document["reporting_year"]),
            revision=number,
            return_sha256=digest,
            incomplete_because=because,
            lacking=lacking,
            **_snapshot(document),
        )


def record_filing(
    year_folder: Path, *, name: str, on: str, reference: str, now: datetime, account: str = ""
) -> Act:
    """Record that the newest return was filed with the regulator, which locks it; return the act.

    Raises InputError where it is not approved, where its files are not as they were made, where its pages do
    not show the approval, where it is filed already, and for a day on which it cannot have been filed: before
    the year was over, before the filing that it revises, or after today.
    """
    by = name_of_a_person(name, "--name")
    reference = one_line(reference, "--reference", LONGEST_NAME)
    with writing(year_folder) as writer:
        number, document = _published(year_folder, writer.log)
        if is_filed(writer.log, number):
            act = [each for each in of_kind(writer.log, FILE) if each["revision"] == number][-1]
            raise InputError(
                f"{_called(year_folder, number)} was filed already, on {act['on']} "
                f"(reference {act['reference']})."
            )
        day = day_given(on, "--on", *_first_day(document, last_filed(writer.log)), now)
        digest = return_sha256(document)
        command = f"tsm approve {year_folder.parent.name} {year_folder.name}"
        if not any(act["return_sha256"] == digest for act in of_kind(writer.log, APPROVE)):
            raise InputError(f"Nobody has approved the return as it now is: `{command}` comes before filing.")
        if document["status"]["draft"]:
            raise InputError(
                "The pages still show a draft: make them again with "
                f"`tsm run {year_folder.parent.name} {year_folder.name}`, and file those."
            )
        manifest = (folder_of(year_folder, number) / MANIFEST).read_bytes()
        return writer.add(
            FILE,
            by,
            now,
            account=account,
            on=day.isoformat(),
            reference=reference,
            revision=number,
            return_sha256=digest,
            manifest_sha256=sha256(manifest),
        )


def _first_day(document: Mapping[str, Any], filed: Act | None) -> tuple[date, str]:
    """Return the first day that a return can be filed on, and why."""
    first = date.fromisoformat(document["year_end"]) + timedelta(days=1)
    if filed is not None and (last := date.fromisoformat(filed["on"])) > first:
        return last, "the day of the last filing"
    return first, "the day after the year's end"


def confirm(
    year_folder: Path,
    finding: str,
    *,
    by: str,
    reason: str,
    now: datetime,
    evidence: str = "",
    table: str | None = None,
    account: str = "",
) -> Act:
    """Record that a finding to confirm is accepted, as the newest published return shows it; return the act.

    It answers what is found now: the next run prints it, and asks again where the finding has moved. Raises
    InputError for an id that no finding to confirm has, and where all of them are answered.
    """
    by = name_of_a_person(by, "--by")
    reason = one_line(reason, "--reason", LONGEST_TEXT)
    evidence = one_line(evidence, "--evidence", LONGEST_TEXT, needed=False)
    with writing(year_folder) as writer:
        _, document = _published(year_folder, writer.log)
        given = confirmations(confirmation_lines(writer.log))
        asked = [group for group in document["findings"]["groups"] if group["grade"] == "confirm"]
        named = [
            group for group in asked if group["finding_id"] == finding and table in (None, group["table"])
        ]
        if not named:
            waiting = sorted({group["finding_id"] for group in asked if _waits(group, given)})
            such = f"{finding} in {table}" if table else finding
            raise InputError(
                f"There is no finding to confirm called {such} in the published return; "
                + (f"those that wait are {', '.join(waiting)}." if waiting else "none waits.")
            )
        waiting_now = [group for group in named if _waits(group, given)]
        if not waiting_now:
            raise InputError(f"{finding} is confirmed already, and has not changed since.")
        return writer.add(
            CONFIRM,
            by,
            now,
            account=account,
            finding=finding,
            reason=reason,
            evidence=evidence,
            answers=[
                {key: group[key] for key in ("table", "digest", "records", "message")}
                for group in waiting_now
            ],
        )


def _waits(group: Mapping[str, Any], given: Sequence[Mapping[str, Any]]) -> bool:
    """Whether neither the published return nor a later confirmation answers a finding."""
    return group["confirmed"] is None and not any(still_answers(each, group) for each in given)


def _published(year_folder: Path, log: Log) -> tuple[int, Document]:
    """Return the newest return's number and document, from files that are as they were made."""
    number = newest(year_folder, log)
    folder = folder_of(year_folder, number)
    if not (folder / MANIFEST).is_file():
        code, year = year_folder.parent.name, year_folder.name
        raise InputError(f"There is no return in {folder}: make it with `tsm run {code} {year}`.")
    problems = check_return(folder, log, number).problems
    if problems:
        named = [f"{problem.file} ({problem.kind})" for problem in problems]
        raise InputError(
            f"The files of {folder} are not as they were made: {listed(named, 4)}. Make them again with "
            f"`tsm run {year_folder.parent.name} {year_folder.name}`."
        )
    return number, read_document(folder)


def _called(year_folder: Path, number: int) -> str:
    which = "The return" if number == 1 else f"Revision {number}"
    return f"{which} of {year_folder.parent.name} for {year_folder.name}"


def lacks(document: Mapping[str, Any]) -> list[str]:
    """Return what stands between a return and its approval, in words: what is missing, what waits."""
    groups = document["findings"]["groups"]
    waiting = {
        group["finding_id"]: None
        for group in groups
        if group["grade"] == "confirm" and group["confirmed"] is None
    }
    missing = [f"{item['what']} is missing" for item in document["status"]["missing"]]
    return [*missing, f"to be confirmed: {', '.join(waiting)}"] if waiting else missing


# --------------------------------------------------------------------------------------- the marks


def mark(
    document: Mapping[str, Any], log: Log, number: int = 1, filed: Mapping[str, Any] | None = None
) -> Document:
    """Return the return document with how it stands: `approval`, `revision` and the draft mark.

    `number` is the revision that it becomes, `filed` the document of the return filed last, for a revision.
    What is marked is not part of the hash that an approval is of.
    """
    signed = {key: value for key, value in document.items() if key not in _MARKS}
    digest = return_sha256({**signed, "status": document["status"]})
    approval = _approval(signed, digest, log)
    return {
        **signed,
        "status": {**document["status"], "draft": approval["standing"] != "approved"},
        "approval": approval,
        "revision": None if filed is None else _revision(signed, number, filed, log),
    }


def _approval(document: Mapping[str, Any], digest: str, log: Log) -> dict[str, Any]:
    """Return who approved this return, and whose approval a later change has made void."""
    filings = of_kind(log, FILE)
    since = filings[-1]["n"] if filings else 0  # an approval of what was filed was of that, and stays so
    given = []
    for act in of_kind(log, APPROVE):
        stands = act["return_sha256"] == digest
        if stands or act["n"] > since:
            given.append(
                {
                    "by": act["by"],
                    "role": act["role"],
                    "on": day_of(act),
                    "at": act["at"],
                    "statement": act["statement"],
                    "incomplete_because": act["incomplete_because"],
                    "lacking": act["lacking"],
                    "return_sha256": act["return_sha256"],
                    "act": act["n"],
                    "act_sha256": sha256(canonical(act)),
                    "stands": stands,
                    "changed": [] if stands else changed_since(act, document),
                }
            )
    standing = "approved" if any(each["stands"] for each in given) else "void" if given else "none"
    return {
        "standing": standing,
        "text": _approval_text(given, standing),
        "return_sha256": digest,
        "given": given,
    }


def _approval_text(given: Sequence[Mapping[str, Any]], standing: str) -> str:
    if standing == "none":
        return "Nobody has approved this return yet."
    if standing == "approved":
        who = [f"{each['by']}, {each['role']}, on {_day(each['on'])}" for each in given if each["stands"]]
        return f"Approved by {'; and by '.join(who)}."
    last = given[-1]
    return (
        f"The approval by {last['by']}, {last['role']}, of {_day(last['on'])} is void: "
        f"{listed(last['changed'], _NAMED)}."
    )


def _snapshot(document: Mapping[str, Any]) -> dict[str, Any]:
    """Return what an approval keeps of the return, so that it can say later what changed."""
    return {
        "figures": {
            figure_key(each): [each["value_text"], each["numerator"], each["denominator"]]
            for each in document["figures"]
        },
        "parts": {part: _part_sha256(document, part) for part in document if part not in _MARKS},
    }


def _part_sha256(document: Mapping[str, Any], part: str) -> str:
    value = document[part]
    if part == "status":
        value = {key: each for key, each in value.items() if key != "draft"}
    return sha256(canonical(value))


def changed_since(act: Act, document: Mapping[str, Any]) -> list[str]:
    """Return what changed in the return since it was approved, in words, the figures first."""
    was, now = act["figures"], _snapshot(document)["figures"]
    changes = []
    for key in [*now, *(key for key in was if key not in now)]:
        name = figure_name(key, document)
        if key not in now:
            changes.append(f"{name} is no longer reported")
        elif key not in was:
            changes.append(f"{name} is new, {now[key][0]}")
        elif was[key] != now[key]:
            before, after = (was[key][0], now[key][0])
            if before == after:
                before, after = figure_texts(was[key], now[key])
            changes.append(f"{name} changed from {before} to {after}")
    none = "" if changes else "no figure's value, but "
    derived = {"figures", "nrosh", "comparison"} if changes else set()  # they follow from the figures named
    parts = [
        part_text(part)
        for part, digest in act["parts"].items()
        if part not in derived and (part not in document or _part_sha256(document, part) != digest)
    ]
    if parts:
        changes.append(f"{none}{', '.join(parts)} changed")
    return changes or ["the return changed"]


def _revision(document: Mapping[str, Any], number: int, filed: Mapping[str, Any], log: Log) -> dict[str, Any]:
    act = last_filed(log)
    if act is None:
        raise ValueError("a revision needs the filing that it revises")
    rows = differences(filed, document)
    figures = figures_changed(rows)
    if figures:
        what = f"{figures} figure{' differs' if figures == 1 else 's differ'} from what was filed"
    else:
        what = "No figure differs from what was filed"
    filing = f"the return filed on {_day(act['on'])} (reference {act['reference']})"
    return {
        "number": number,
        "text": f"Revision {number} of {filing}. {what}.",
        "filed": {
            key: act[key]
            for key in ("on", "reference", "by", "at", "revision", "return_sha256", "manifest_sha256")
        },
        "figures_changed": figures,
        "differences": rows,
    }


def _day(iso: str) -> str:
    day = date.fromisoformat(iso)
    return f"{day.day} {day:%B %Y}"
