"""All returns of a home, each in a few words: how it stands, what it says, what it lacks.

Read from the folders themselves (the published returns, their revisions, the logs of acts, the landlords'
own folders), so that it is right whatever was run. What was read of a return is remembered by the file it was
read from: with hundreds of landlords, only what is new is read again.
"""

from __future__ import annotations

import json
import os
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import yaml

from pipelines.assurance.acts import day_of
from pipelines.assurance.release import is_filed, newest
from pipelines.assurance.verify import (
    RETURN,
    REVISIONS_SUFFIX,
    Log,
    check_log,
    log_of,
    parse,
    revision_folder,
)
from pipelines.intake.settings import check_code, check_year
from schemas.errors import InputError

Summary = dict[str, Any]

# Where the findings of a return that was withheld lie: beside the year's folder.
FINDINGS_SUFFIX = ".findings"
# The files that people open, in the order in which they are offered, with what they are called.
FILES = {
    "return.pdf": "Return (PDF)",
    "tenants.html": "Tenants' page",
    "return.xlsx": "Workbook",
    "findings.html": "Findings",
    "return.json": "Data (JSON)",
}
# The figures that stand for the whole of a return.
HEADLINES = ("TP01", "RP01", "RP02_1", "BS01", "CH02_1")
_KNOWN_FORM = 1  # of what is remembered; another number, and everything is read again


@dataclass
class Known:
    """What was read before: by the place of a return.json its stamp and what was read from it."""

    software: str
    returns: dict[str, Any] = field(default_factory=dict)

    @classmethod
    def load(cls, file: Path, software: str) -> Known:
        """What an earlier look left in `file`; nothing where that is another version's, or cannot be read."""
        try:
            kept = json.loads(file.read_bytes())
            if kept["form"] == _KNOWN_FORM and kept["software"] == software:
                return cls(software, dict(kept["returns"]))
        except (OSError, ValueError, KeyError, TypeError):
            pass
        return cls(software)

    def dump(self) -> bytes:
        content = {"form": _KNOWN_FORM, "software": self.software, "returns": self.returns}
        return json.dumps(content, ensure_ascii=False, sort_keys=True).encode()


def overview(home: Path, known: Known) -> list[dict[str, Any]]:
    """Return every landlord and year of the home, by name within each year, the newest year first.

    `known` is what was read before; afterwards it holds what is there now.
    """
    seen: dict[str, Any] = {}
    names = _names(home)
    entries = [_entry(home, code, year, names, known, seen) for code, year in _places(home)]
    known.returns = seen
    entries.sort(key=lambda each: (each["name"].casefold(), each["code"]))
    entries.sort(key=lambda each: each["year"], reverse=True)
    return entries


def _places(home: Path) -> list[tuple[str, str]]:
    """Every landlord and year that has a folder of inputs, a return, a log, revisions or findings."""
    found = set()
    for room in (home / "landlords", home / "returns"):
        for landlord in _folders(room):
            if not _is_code(landlord.name):
                continue
            for entry in landlord.iterdir():
                year = entry.name[:7]
                rest = entry.name[7:]
                if _is_year(year) and rest in ("", REVISIONS_SUFFIX, FINDINGS_SUFFIX, ".acts.jsonl"):
                    found.add((landlord.name, year))
    return sorted(found)


def _folders(room: Path) -> Iterator[Path]:
    if room.is_dir():
        yield from sorted(each for each in room.iterdir() if each.is_dir() and not each.is_symlink())


def _is_code(name: str) -> bool:
    try:
        check_code(name)
    except InputError:
        return False
    return True


def _is_year(name: str) -> bool:
    try:
        check_year(name, "")
    except InputError:
        return False
    return True


def _names(home: Path) -> dict[str, str]:
    """The landlords' names by code, as their settings say: for those without a return."""
    names = {}
    for file in (home / "landlords").glob("*/landlord.yaml"):
        try:
            name = yaml.safe_load(file.read_text(encoding="utf-8"))["name"]
        except (OSError, ValueError, KeyError, TypeError, yaml.YAMLError):
            continue
        names[file.parent.name] = str(name)
    return names


def _entry(
    home: Path, code: str, year: str, names: Mapping[str, str], known: Known, seen: dict[str, Any]
) -> dict[str, Any]:
    year_folder = home / "returns" / code / year
    log = check_log(log_of(year_folder))
    if log.report.problems:
        log = Log(b"", [], log.report)  # nothing that it says can be relied on
    number = newest(year_folder, log)
    there = [each for each in range(1, number + 1) if revision_folder(year_folder, each).is_dir()]
    summaries = {each: _summary(home, revision_folder(year_folder, each), known, seen) for each in there}
    entry: dict[str, Any] = {
        "code": code,
        "name": names.get(code, code),
        "year": year,
        "figures": [],
        "to_confirm": None,
        "missing": [],
        "deadline": "",
        "revisions": [],
        "acts": [_act_text(act) for act in log.acts],
        "links": [],
        "withheld": _links(home, year_folder.with_name(year + FINDINGS_SUFFIX)),
        "problem": _problem(log),
    }
    shown = summaries.get(number)
    if shown is not None and not entry["problem"]:
        entry |= {**shown, "problem": shown.get("problem", "")}
        entry["links"] = _links(home, revision_folder(year_folder, number))
    entry["status"] = _status(entry, shown, log, number)
    entry["revisions"] = [
        {
            "number": each,
            "text": summaries[each].get("text", summaries[each].get("problem", "")),
            "filed": is_filed(log, each),
            "links": _links(home, revision_folder(year_folder, each)),
        }
        for each in there
        if number > 1
    ]
    return entry


def _problem(log: Log) -> str:
    if not log.report.problems:
        return ""
    problem = log.report.problems[0]
    return f"The log of acts cannot be relied on: {problem.file}: {problem.text}."


def _status(entry: Mapping[str, Any], shown: Summary | None, log: Log, number: int) -> str:
    """Return in one word how a return stands."""
    if entry["problem"]:
        return "unreadable"
    if shown is None:
        return "withheld" if entry["withheld"] else "none"
    if is_filed(log, number):
        return "filed"
    if number > 1:
        return "revised"
    return {"approved": "approved", "void": "void"}.get(shown["standing"], "draft")


def _summary(home: Path, folder: Path, known: Known, seen: dict[str, Any]) -> Summary:
    """What a published return says, from memory where its file has not changed."""
    file = folder / RETURN
    place = file.relative_to(home).as_posix()
    try:
        about = file.stat()
        stamp = [about.st_ino, about.st_size, about.st_mtime_ns]
        before = known.returns.get(place)
        if not (isinstance(before, list) and len(before) == 2 and before[0] == stamp):
            before = [stamp, summary_of(parse(file.read_bytes()))]
        seen[place] = before
        return dict(before[1])
    except OSError:
        return {"problem": "The return is not there or cannot be read."}
    except (ValueError, KeyError, TypeError, AttributeError):
        return {"problem": "return.json cannot be read, or is of another version of this software."}


def summary_of(document: Mapping[str, Any]) -> Summary:
    """Return the little of a return document that stands for the whole."""
    status, labels = document["status"], {each["key"]: each["label"] for each in document["measures"]}
    return {
        "name": document["landlord"]["name"],
        "standing": document["approval"]["standing"],
        "text": " ".join(
            each["text"] for each in (document["revision"], document["approval"]) if each is not None
        ),
        "to_confirm": status["to_confirm"],
        "missing": [each["what"] for each in status["missing"]],
        "deadline": document["publication"]["deadline"] or "",
        "figures": [
            {"label": labels[key], "population": each["population"], "value_text": each["value_text"]}
            for key in HEADLINES
            for each in document["figures"]
            if each["measure"] == key and each["status"] != "not_required"
        ],
    }


def _links(home: Path, folder: Path) -> list[dict[str, str]]:
    """The files of a folder that people open, as paths from the folder of all returns."""
    here = folder.relative_to(home / "returns").as_posix()
    return [
        {"name": name, "path": f"{here}/{file}"}
        for file, name in FILES.items()
        if os.path.isfile(folder / file) and not folder.is_symlink()  # noqa: PTH113 - hundreds of them
    ]


def _act_text(act: Mapping[str, Any]) -> dict[str, str]:
    """An act of the log in words, with its day."""
    what = {
        "approve": lambda: f"{act['by']}, {act['role']}, approved it",
        "confirm": lambda: f"{act['by']} confirmed {act['finding']}: {act['reason']}",
        "file": lambda: (
            f"{act['by']} recorded that it was filed on {act['on']}, reference {act['reference']}"
        ),
    }[act["act"]]()
    return {"on": day_of(act), "text": what}
