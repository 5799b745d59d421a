"""What was found in the landlord's files: a page for people and a table for a spreadsheet."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from itertools import groupby
from typing import Any

from pipelines.publications.content import labels, table_word
from pipelines.publications.exports import rules_text, to_csv
from pipelines.publications.masking import MASKED, is_private
from pipelines.publications.pages import screen, stylesheet
from pipelines.publications.text import cell_text, date_text, is_missing, plural
from schemas.outputs import FINDING_COLUMNS

COLUMNS = (*FINDING_COLUMNS, "rules")
# What the page lists of one group, and how many figures it ranks; findings.csv has every finding.
MOST_ROWS = 50
MOST_FIGURES = 12
_SHOWN = [COLUMNS.index(name) for name in ("table", "column", "value", "message")]
_GRADES = {"stop": 0, "confirm": 1, "note": 2}
ANSWER_TEXTS = {
    "stop": "Put right: the return is withheld until they are",
    "confirm": "To confirm: a named person says that they are right, or has them put right",
}


@dataclass(frozen=True)
class Group:
    """The findings of one rule in one table, as a summary shows them: a line a group.

    `number` names it on the page; `message` is what a finding about no single row says, '' for others;
    `where` its first rows; `moves` which figures and how far; `confirmed` who confirmed it and why, ''
    where nobody did.
    """

    number: int
    finding_id: str
    grade: str
    table: str
    title: str
    message: str
    records: int
    where: str
    moves: str
    remedy: str
    confirmed: str


@dataclass(frozen=True)
class Listed:
    """The single findings of one group: as many as the page shows, of so many in all."""

    number: int
    title: str
    remedy: str
    total: int
    rows: tuple[Mapping[str, str], ...]


def findings_csv(document: Mapping[str, Any], findings: Sequence[Mapping[str, Any]]) -> bytes:
    """Every finding, a row each, the gravest first; opens in a spreadsheet without running anything."""
    rows = [[*row[:-1], rules_text(document)] for row in findings_rows(findings)]
    return to_csv(COLUMNS, rows, byte_order_mark=True)


def findings_html(document: Mapping[str, Any], findings: Sequence[Mapping[str, Any]]) -> bytes:
    """The findings as a page: what was found, which figures it can move and what to do, then each of them."""
    groups = in_groups(document)
    single, moving = _listed(groups, findings), moving_figures(document)
    template = screen().get_template("findings.html.j2")
    html = template.render(
        document=document,
        css=stylesheet("page.css"),
        lead=in_short(document),
        answer=[
            (text, mine)
            for grade, text in ANSWER_TEXTS.items()
            if (mine := [group for group in groups if group.grade == grade])
        ],
        told=[group for group in groups if group.grade == "note"],
        effects=moving[:MOST_FIGURES],
        more_effects=len(moving) - MOST_FIGURES,
        single=single,
        numbers={each.number for each in single},
    )
    return html.encode("utf-8")


def in_short(document: Mapping[str, Any]) -> list[str]:
    """The few sentences that a reader needs who reads no further."""
    groups = document["findings"]["groups"]
    if not groups:
        return ["No findings."]
    stops = [group for group in groups if group["grade"] == "stop"]
    asked = [group for group in groups if group["grade"] == "confirm"]
    told = [group for group in groups if group["grade"] == "note"]
    open_ones = [group for group in asked if not group["confirmed"]]
    said = []
    if stops:
        said.append(f"The return is withheld: {plural(len(stops), 'matter')} must be put right first.")
    if open_ones:
        done = len(asked) - len(open_ones)
        rest = f"; {plural(done, 'other is', 'others are')} confirmed" if done else ""
        said.append(f"{plural(len(open_ones), 'matter')} to confirm or put right{rest}.")
    elif asked:
        said.append(f"Nothing is left to confirm: {plural(len(asked), 'matter')} confirmed.")
    if told:
        said.append(f"{plural(len(told), 'note')} for information.")
    moving = moving_figures(document)
    if moving:
        said.append(f"The figure that could move furthest: {moving[0]['text']}")
    elif document["findings"]["effects"]:
        said.append("What is left out moves no figure at one decimal.")
    return said


def in_groups(document: Mapping[str, Any]) -> list[Group]:
    """The groups of the document: the gravest first, then those that could move figures furthest."""
    groups = sorted(
        document["findings"]["groups"],
        key=lambda group: (_GRADES[group["grade"]], -_reach(group), group["finding_id"], group["table"]),
    )
    return [_group(number, group, document) for number, group in enumerate(groups, start=1)]


def _reach(group: Mapping[str, Any]) -> float:
    widest = group["widest"]
    return -1.0 if widest is None else float(widest)


def _group(number: int, group: Mapping[str, Any], document: Mapping[str, Any]) -> Group:
    confirmed = _answer(group)
    of_rows = group["first_rows"] != "no single row"
    return Group(
        number=number,
        finding_id=group["finding_id"],
        grade=group["grade"],
        table=table_word(group["table"]),
        title=group["title"],
        message="" if of_rows else group["message"],
        records=group["records"],
        where=group["first_rows"] if of_rows else "",
        moves=group["moves_text"] or labels(document, group["touches"]) or "None",
        remedy=group["remedy"],
        confirmed=confirmed,
    )


def _answer(group: Mapping[str, Any]) -> str:
    """Who confirmed a finding and why; who did before it moved."""
    if answer := group["confirmed"]:
        evidence = f" (evidence: {answer['evidence']})" if answer["evidence"] else ""
        return f"Confirmed by {answer['by']} on {date_text(answer['on'])}: {answer['reason']}{evidence}"
    if answer := group["reopened"]:
        was = f"“{answer['was']}”"
        return f"To be confirmed again: {answer['by']} confirmed on {date_text(answer['on'])} what was {was}"
    return ""


def moving_figures(document: Mapping[str, Any]) -> list[Mapping[str, Any]]:
    """The figures that could show another value if what is left out had counted, the furthest first."""
    effects = document["findings"]["effects"]
    moving = [each for each in effects if each["low"] is not None and each["low"] != each["high"]]
    return sorted(moving, key=lambda each: -each["widest"])


def _listed(groups: Sequence[Group], findings: Sequence[Mapping[str, Any]]) -> list[Listed]:
    """The single findings in the order of the groups; those of no group at the end."""
    numbers = {(group.finding_id, group.table): group.number for group in groups}
    rows = [dict(zip(COLUMNS, row, strict=True)) for row in findings_rows(findings)]
    found: list[Listed] = []
    for (finding_id, table), several in groupby(rows, key=lambda row: (row["finding_id"], row["table"])):
        mine = [{key: cell_text(value) for key, value in row.items()} for row in several]
        word = table_word(table or "")
        number = numbers.get((finding_id, word), len(groups) + len(found) + 1)
        title = f"{finding_id} {mine[0]['title']} ({word})"
        found.append(Listed(number, title, mine[0]["remedy"], len(mine), tuple(mine[:MOST_ROWS])))
    return sorted(found, key=lambda each: each.number)


def findings_rows(findings: Sequence[Mapping[str, Any]]) -> list[list[Any]]:
    """The findings as rows of COLUMNS: by grade, rule, table, file and row; None for what is missing."""
    ordered = sorted(
        findings,
        key=lambda each: (
            _GRADES.get(cell_text(each["grade"]), 3),
            cell_text(each["finding_id"]),
            cell_text(each["table"]),
            cell_text(each["file"]),
            0 if is_missing(each["row"]) else int(each["row"]),
        ),
    )
    return [_shown([_plain(each.get(column), column) for column in COLUMNS]) for each in ordered]


def _shown(row: list[Any]) -> list[Any]:
    """A row without anything of a person: its value is masked, also where the message quotes it."""
    table, column, value, message = (row[at] for at in _SHOWN)
    if value and ("@" in value or _private(table or "", column or "")):
        row[_SHOWN[2]] = MASKED
        if message and value in message:
            row[_SHOWN[3]] = message.replace(value, MASKED)
    return row


@cache
def _private(table: str, column: str) -> bool:
    return is_private(table, [column])


def _plain(value: Any, column: str) -> Any:
    if is_missing(value):
        return None
    return int(value) if column == "row" else str(value)
