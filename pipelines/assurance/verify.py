"""Whether a kept return is still what was made, approved and filed.

    python verify.py FOLDER              one return's folder, or any folder above such
    python verify.py FOLDER ARCHIVE      the archive of inputs too, where it does not lie in ../store/archive

This file needs nothing but Python (3.9 or later): an auditor may copy it and a folder of returns to another
machine and run it there. It reads, and never writes. It ends with 0 where all is as it was, 1 where something
was altered, is missing or was added (each named), 2 where there is nothing to verify.

What is checked:

* every file of a return against `manifest.json`, and the manifest against its own seal;
* the log of acts (`YEAR.acts.jsonl`, beside the folder): each line holds the SHA-256 of the line before it,
  and the file beside it (`….sha256`, as `sha256sum` writes it) holds that of the whole;
* the hash that was approved against the return, and what was filed against the manifest filed;
* the entry sheet and the table of figures against the return, value by value;
* each ledger against the hash that the return itself, and so the approval, names for it;
* each file that the return was made of, kept in the archive by its hash, against that hash.

A chain of hashes shows tampering by whoever cannot rewrite all of it. Whoever can, is found out by the
fingerprint of the log that was sent elsewhere (every command prints it).
"""

from __future__ import annotations

import csv
import hashlib
import io
import json
import os
import re
import stat
import sys
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from decimal import Decimal
from pathlib import Path
from typing import Any, NamedTuple

MANIFEST, RETURN, ACTS = "manifest.json", "return.json", "acts.jsonl"
LOG_SUFFIX, FINGERPRINT_SUFFIX, REVISIONS_SUFFIX = ".acts.jsonl", ".sha256", ".revisions"
ARCHIVE = "archive"  # in the store beside the returns: ARCHIVE/CODE/<sha256>
FIRST = "0" * 64  # what the first line of a log has in place of a previous line's hash
_SIGNS_OF_A_RETURN = (MANIFEST, RETURN, "return.pdf")
_TIME = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}T[0-9]{2}:[0-9]{2}:[0-9]{2}Z")
_SHA256 = re.compile(r"[0-9a-f]{64}")
_NUMBER = re.compile(r"-?[0-9]+(\.[0-9]+)?")
# The tables that say what return.json says: its part that they are of, and the columns that name a row.
_TABLES = {
    "figures.csv": ("figures", ("measure", "population")),
    "nrosh.csv": ("nrosh", ("datapoint", "field")),
}
_ANSWERS = {
    "VS": "very_satisfied",
    "FS": "fairly_satisfied",
    "NSD": "neither",
    "FD": "fairly_dissatisfied",
    "VD": "very_dissatisfied",
}


class Problem(NamedTuple):
    """Something that is not as it was: `kind` is altered, missing or added."""

    kind: str
    file: str
    text: str


@dataclass
class Report:
    """What was found: problems, notes (odd, but no harm), and one line for each thing that was checked."""

    problems: list[Problem] = field(default_factory=list)
    notes: list[str] = field(default_factory=list)
    checked: list[str] = field(default_factory=list)


# --------------------------------------------------------------------------- the hashes, stated once


def canonical(value: Any) -> bytes:
    """Return `value` as JSON with sorted keys and no spaces, in UTF-8: the same value, the same bytes."""
    return json.dumps(
        value, ensure_ascii=False, sort_keys=True, separators=(",", ":"), allow_nan=False
    ).encode()


def return_sha256(document: dict[str, Any]) -> str:
    """Return the hash that an approval is of: SHA-256 of the canonical return document less its marks.

    The marks say how the return stands, not what it says, and are added by approving itself: the members
    `approval` and `revision`, and `draft` of `status`. Everything else is signed for: figures, survey,
    findings, confirmations, settings, checks, and the hashes of the files and ledgers they were made from.
    """
    return sha256(signed_bytes(document))


def signed_bytes(document: dict[str, Any]) -> bytes:
    """Return the canonical return document less its marks: what an approval is of (see `return_sha256`)."""
    signed = {key: value for key, value in document.items() if key not in ("approval", "revision")}
    signed["status"] = {key: value for key, value in document["status"].items() if key != "draft"}
    return canonical(signed)


def sealed(content: dict[str, Any]) -> bytes:
    """Return a manifest's bytes: `content`, and as `seal` the SHA-256 of its bytes without it."""
    return _laid_out({**content, "seal": sha256(_laid_out(content))})


def _laid_out(content: dict[str, Any]) -> bytes:
    return json.dumps(content, ensure_ascii=False, indent=1).encode() + b"\n"


def sha256(data: bytes) -> str:
    """Return the SHA-256 of `data` in hexadecimal."""
    return hashlib.sha256(data).hexdigest()


def parse(data: bytes) -> Any:
    """Return JSON as a value; ValueError for what is not JSON, and where a key stands twice."""
    try:
        return json.loads(data.decode("utf-8"), object_pairs_hook=_once, parse_constant=_no_number)
    except RecursionError:
        raise ValueError("it is nested too deeply") from None


def _once(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    found = dict(pairs)
    if len(found) != len(pairs):
        raise ValueError("a key stands in it twice")
    return found


def _no_number(text: str) -> Any:
    raise ValueError(f"{text} is not a number")


# ----------------------------------------------------------------------------------------- the log


# What each kind of act must hold; `at`, `by`, `landlord` and `year` stand in all.
_MEMBERS: dict[str, dict[str, type]] = {
    "approve": {"role": str, "return_sha256": str, "revision": int},
    "confirm": {"finding": str, "reason": str, "answers": list},
    "file": {"on": str, "reference": str, "return_sha256": str, "manifest_sha256": str, "revision": int},
}


class Log(NamedTuple):
    """A log of acts: its bytes, its acts up to the first that is not as it was written, and what is wrong."""

    data: bytes
    acts: list[dict[str, Any]]
    report: Report


def read_log(data: bytes, name: str) -> Log:
    """Return the log of these bytes; its chain is checked, `name` is what the report calls it."""
    log = Log(data, [], Report())
    lines = data.split(b"\n")
    if lines.pop() != b"":
        log.report.problems.append(Problem("altered", name, "its last line is cut short"))
    previous, before = FIRST, ""
    for number, line in enumerate(lines, start=1):
        act, wrong = _act(line, number, previous, log.acts[0] if log.acts else None)
        if act is None:
            log.report.problems.append(Problem("altered", name, f"act {number} {wrong}"))
            break
        if act["at"] < before:
            log.report.notes.append(
                f"{name}: act {number} ({act['at']}) is dated before act {number - 1} ({before}); "
                "a clock was wrong, the order is that of the lines"
            )
        log.acts.append(act)
        previous, before = sha256(line), act["at"]
    return log


def _act(
    line: bytes, number: int, previous: str, first: dict[str, Any] | None
) -> tuple[dict[str, Any] | None, str]:
    """Return the act of a line, or None and what is wrong with it."""
    try:
        act = parse(line)
        as_written = isinstance(act, dict) and canonical(act) == line
    except ValueError as error:
        return None, f"cannot be read ({error})"
    if not as_written:
        return None, "is not as it was written"
    if act.get("previous") != previous or act.get("n") != number:
        return None, "does not follow from the line before it: one was altered, removed, added or moved"
    members = _MEMBERS.get(str(act.get("act")))
    if members is None:
        return None, "is of no known kind"
    needed = {**members, "at": str, "by": str, "landlord": str, "year": str}
    if not all(type(act.get(key)) is kind for key, kind in needed.items()) or not _TIME.fullmatch(act["at"]):
        return None, "lacks what such an act holds"
    if first is not None and any(act[key] != first[key] for key in ("landlord", "year")):
        return None, "is of another return"
    return act, ""


def check_log(file: Path) -> Log:
    """Return a log with what is wrong with its chain and with the fingerprint beside it; none is no wrong."""
    beside = fingerprint_file(file)
    wrong = [each for each in (file, beside) if os.path.lexists(each) and not _is_file(each)]
    if wrong:
        names = [Problem("altered", each.name, "it is a link, a folder or a device") for each in wrong]
        return Log(b"", [], Report(names))
    # The fingerprint first: a log that is written between the two readings is then one act ahead, at most.
    stated = beside.read_bytes() if beside.exists() else None
    if not file.exists():
        gone = [] if stated is None else [Problem("missing", file.name, "its fingerprint is still there")]
        return Log(b"", [], Report(gone))
    log = read_log(file.read_bytes(), file.name)
    if not log.report.problems:
        _check_fingerprint(file, log, stated)
    return log


def _check_fingerprint(file: Path, log: Log, stated: bytes | None) -> None:
    if stated == fingerprint_line(file, log.data):
        return
    without_last = log.data[: log.data[:-1].rfind(b"\n") + 1]
    if stated == (fingerprint_line(file, without_last) if without_last else None):
        log.report.notes.append(
            f"{file.name}: act {len(log.acts)} was written, its fingerprint not: the machine "
            "stopped in between (the next act puts it right)"
        )
    elif stated is None:
        log.report.problems.append(Problem("missing", fingerprint_file(file).name, "the log's fingerprint"))
    else:
        text = "it is not the log of its fingerprint: one of the two was altered, or acts were removed"
        log.report.problems.append(Problem("altered", file.name, text))


def fingerprint_file(log: Path) -> Path:
    """Return where a log's fingerprint is kept."""
    return log.with_name(log.name + FINGERPRINT_SUFFIX)


def fingerprint_line(log: Path, data: bytes) -> bytes:
    """Return the fingerprint of a log's bytes as `sha256sum` writes it, so that `sha256sum -c` reads it."""
    return f"{sha256(data)}  {log.name}\n".encode()


def log_of(year_folder: Path) -> Path:
    """Return where the log of a return is kept: beside its folder, which is replaced whole."""
    return year_folder.with_name(year_folder.name + LOG_SUFFIX)


def revisions_of(year_folder: Path) -> Path:
    """Return the folder of a return's revisions."""
    return year_folder.with_name(year_folder.name + REVISIONS_SUFFIX)


def revision_folder(year_folder: Path, number: int) -> Path:
    """Return where a numbered revision is kept; 1 is the return itself."""
    return year_folder if number == 1 else revisions_of(year_folder) / str(number)


# ------------------------------------------------------------------------------------ one return


def check_return(folder: Path, log: Log, number: int | None = None, archive: Path | None = None) -> Report:
    """Return what was found of the files of one return; `number` is its revision's, where that is known.

    `archive`: where the landlord's inputs are kept; without it they are not looked at. The names of files
    begin with the folder's, a revision's with that of the revisions too. What is wrong with the log itself is
    not in it.
    """
    report = Report()
    listed = dict(_listing(folder))
    manifest = _manifest(folder, listed, report)
    if manifest is not None:
        named = {each["file"] for each in manifest["outputs"]}
        for each in manifest["outputs"]:
            _check_file(folder, each, listed, report)
        expected = {MANIFEST, *named, *(parent for name in named for parent in _parents(name))}
        for name, kind in sorted(listed.items()):
            if name not in expected:
                report.problems.append(Problem("added", name, f"{kind} that the manifest does not name"))
        report.checked.append(f"{_shown(str(folder))}: {len(named)} files")
        # Of an altered return.json nothing that it claims is worth checking.
        if RETURN in named and not any(problem.file == RETURN for problem in report.problems):
            try:
                _check_claims(folder, manifest, log, number, report)
            except (ValueError, KeyError, TypeError, AttributeError) as error:
                text = f"it is no return document ({type(error).__name__}: {error})"
                report.problems.append(Problem("altered", RETURN, text))
    of_revisions = f"{folder.parent.name}/" if folder.parent.name.endswith(REVISIONS_SUFFIX) else ""
    prefix = f"{of_revisions}{folder.name}/"
    report.problems = [problem._replace(file=prefix + problem.file) for problem in report.problems]
    if manifest is not None and archive is not None:
        _check_kept(manifest, archive, report)
    return report


def _check_kept(manifest: dict[str, Any], archive: Path, report: Report) -> None:
    """Check what the return was made of, kept in the archive by its hash."""
    kept = {each["sha256"]: each for each in manifest.get("kept", ())}
    if kept and not archive.parent.parent.is_dir():  # a copy of the returns without their store
        report.notes.append(
            f"the {len(kept)} files that it was made of are not here ({_shown(str(archive))})"
        )
        return
    for digest, each in sorted(kept.items(), key=lambda item: str(item[1]["file"])):
        place = archive / digest
        name = f"{ARCHIVE}/{archive.name}/{digest[:12]}… ({each['received']}: {each['file']})"
        if not os.path.lexists(place):
            report.problems.append(Problem("missing", name, "the return was made of it"))
        elif not _is_file(place):
            report.problems.append(Problem("altered", name, "it is a link, a folder or a device"))
        elif _hash_of(place)[0] != digest:
            report.problems.append(Problem("altered", name, "other content than the return was made of"))
    if kept:
        report.checked.append(f"  made of {len(kept)} files, kept in {_shown(str(archive))}")


class _RefusedError(Exception):
    """The manifest cannot be used: `args` are the kind of the problem and its text."""


def _manifest(folder: Path, listed: dict[str, str], report: Report) -> dict[str, Any] | None:
    """Return the manifest where it is whole; what is not is reported."""
    try:
        return _whole_manifest(folder, listed.get(MANIFEST))
    except _RefusedError as refused:
        report.problems.append(Problem(refused.args[0], MANIFEST, refused.args[1]))
    except (ValueError, KeyError, TypeError) as error:
        text = f"it cannot be read ({type(error).__name__}: {error})"
        report.problems.append(Problem("altered", MANIFEST, text))
    return None


def _whole_manifest(folder: Path, kind: str | None) -> dict[str, Any]:
    if kind is None:
        raise _RefusedError("missing", "without it no file of this folder can be checked")
    if kind != "a file":
        raise _RefusedError("altered", f"it is {kind}")
    data = (folder / MANIFEST).read_bytes()
    content: dict[str, Any] = parse(data)
    if "seal" not in content or data != sealed({key: content[key] for key in content if key != "seal"}):
        raise _RefusedError("altered", "it does not agree with its seal")
    outputs = content["outputs"]
    good = all(
        _is_plain(each["file"]) and _SHA256.fullmatch(each["sha256"]) and type(each["bytes"]) is int
        for each in outputs
    )
    kept = content.get("kept", [])
    good = good and all(
        _SHA256.fullmatch(each["sha256"]) and each["received"] and each["file"] for each in kept
    )
    if not good or len({each["file"] for each in outputs}) != len(outputs):
        raise _RefusedError("altered", "it names a file that no return has, or one twice")
    return content


def _is_plain(name: Any) -> bool:
    """Whether a file's name stays inside the folder."""
    return (
        isinstance(name, str)
        and name != MANIFEST
        and not set(name) & set("\\\0:")
        and all(part not in ("", ".", "..") for part in name.split("/"))
    )


def _check_file(folder: Path, stated: dict[str, Any], listed: dict[str, str], report: Report) -> None:
    name = stated["file"]
    kind = listed.get(name)
    if kind is None:
        report.problems.append(Problem("missing", name, "the manifest names it"))
    elif kind != "a file":
        report.problems.append(Problem("altered", name, f"it is now {kind}"))
    else:
        digest, size = _hash_of(folder / name)
        if (digest, size) != (stated["sha256"], stated["bytes"]):
            text = (
                "other content"
                if size == stated["bytes"]
                else f"{size:,} bytes; {stated['bytes']:,} were made"
            )
            report.problems.append(Problem("altered", name, text))


def _check_claims(
    folder: Path, manifest: dict[str, Any], log: Log, number: int | None, report: Report
) -> None:
    """Check what the return says of itself: its ledgers, tables, approvals, its number, its filing."""
    document = parse((folder / RETURN).read_bytes())
    hashes = {each["file"]: each["sha256"] for each in manifest["outputs"]}
    if manifest.get("kept", []) != document["provenance"].get("kept", []):
        text = "it names other files that the return was made of than return.json does"
        report.problems.append(Problem("altered", MANIFEST, text))
    for each in document["provenance"]["assets"]:
        stage, _, key = each["key"].partition("/")
        ledger = f"ledgers/{key}.parquet"
        if stage == "measures" and hashes.get(ledger, each["data_version"]) != each["data_version"]:
            report.problems.append(
                Problem("altered", ledger, "it is not the ledger that the return was made from")
            )
    _check_tables(folder, document, hashes, report)
    revision = 1 if document["revision"] is None else document["revision"]["number"]
    if number is not None and revision != number:
        text = f"it is revision {revision}, in the place of {number}"
        report.problems.append(Problem("altered", RETURN, text))
    acts = _acts_for(folder, hashes, log, report)
    digest = return_sha256(document)
    approved = _check_approvals(document, digest, acts, report)
    filed = [act for act in acts if act["act"] == "file" and act["revision"] == revision]
    for act in filed:
        if act["manifest_sha256"] != sha256((folder / MANIFEST).read_bytes()):
            text = f"it is not the one that was filed (act {act['n']})"
            report.problems.append(Problem("altered", MANIFEST, text))
    standing = "approved" if approved else "draft"
    if filed:
        standing = f"filed on {filed[-1]['on']}, reference {_shown(filed[-1]['reference'])}"
    report.checked.append(f"  {standing}; the return's hash is {digest}")


def _check_tables(folder: Path, document: dict[str, Any], hashes: dict[str, str], report: Report) -> None:
    """Check the tables that are typed from and read by machines: only return.json itself was approved."""
    edition = document["edition"]
    rules = edition["year"] + (" provisional" if edition["status"] == "provisional" else "")
    for name, (part, named_by) in _TABLES.items():
        if name not in hashes or any(problem.file == name for problem in report.problems):
            continue
        entries = [{**each, **_answers(each), "rules": rules} for each in document[part]]
        try:
            wrong = _first_difference((folder / name).read_bytes(), entries, named_by)
        except (UnicodeDecodeError, csv.Error) as error:
            wrong = f"it cannot be read ({error})"
        if wrong:
            report.problems.append(Problem("altered", name, wrong))


def _answers(entry: dict[str, Any]) -> dict[str, Any]:
    """Return the answers to a figure's question by the columns of figures.csv."""
    counts = {each["code"]: each["count"] for each in entry.get("answers") or ()}
    return {column: counts.get(code) for code, column in _ANSWERS.items()}


def _first_difference(data: bytes, entries: list[dict[str, Any]], named_by: tuple[str, ...]) -> str:
    """Return what a table says otherwise than these entries of return.json; nothing where they agree."""
    heading, *rows = list(csv.reader(io.StringIO(data.decode("utf-8-sig"), newline=""))) or [[]]
    if len(set(heading)) != len(heading) or not {*named_by, "value"} <= set(heading):
        return "it has not the columns of a return's table"
    if len(rows) != len(entries):
        return f"{len(rows)} rows; return.json has {len(entries)}"
    for at, entry in enumerate(entries):
        row = rows[at]
        if len(row) != len(heading):
            return f"row {at + 2} has {len(row)} cells; its columns are {len(heading)}"
        for place, column in enumerate(heading):
            cell = row[place]
            if column not in entry:
                return f"it has a column {column}, which return.json has not"
            if not _same(cell, entry[column]):
                name = " ".join(str(entry[each]) for each in named_by)
                return f"{name}: {column} is {cell or 'blank'}; in return.json it is {entry[column]}"
    return ""


def _same(cell: str, value: Any) -> bool:
    """Whether a cell of a table says a value of return.json: 64.0 is 64."""
    if value is None:
        return cell == ""
    if isinstance(value, bool):
        return cell == ("yes" if value else "no")
    if isinstance(value, (int, float)):
        return _NUMBER.fullmatch(cell) is not None and Decimal(cell) == Decimal(str(value))
    return _as_read(cell) == _as_read(str(value))


def _as_read(text: str) -> str:
    """Return a text without what a table's texts lose (control characters) or get (' before a formula)."""
    return "".join(each for each in text if each.isprintable() and each != "\ufffd").lstrip("'")


def _acts_for(folder: Path, hashes: dict[str, str], log: Log, report: Report) -> list[dict[str, Any]]:
    """Return the acts of the log; those of the copy inside where the log is not there or not whole."""
    if ACTS not in hashes or any(problem.file == ACTS for problem in report.problems):
        return log.acts
    copy = (folder / ACTS).read_bytes()
    if log.data and not log.report.problems:
        if not log.data.startswith(copy):
            text = "the log beside the folder did not begin so: one of the two was altered"
            report.problems.append(Problem("altered", ACTS, text))
        return log.acts
    of_copy = read_log(copy, ACTS)
    report.problems += of_copy.report.problems
    report.notes += of_copy.report.notes
    count = len(of_copy.acts)
    report.notes.append(f"{_shown(folder.name)}: checked with its own copy of the log, {count} acts")
    return of_copy.acts


def _check_approvals(
    document: dict[str, Any], digest: str, acts: list[dict[str, Any]], report: Report
) -> bool:
    """Check the approvals that the return prints against the log; return whether one stands."""

    def altered(text: str) -> None:
        report.problems.append(Problem("altered", RETURN, text))

    stands = False
    for given in document["approval"]["given"]:
        number = given["act"]
        act = acts[number - 1] if 0 < number <= len(acts) else {"act": "none"}
        if act["act"] != "approve" or sha256(canonical(act)) != given["act_sha256"]:
            altered(f"it prints an approval, act {number}, that is not in the log")
        elif any(act[key] != given[key] for key in ("by", "role", "at", "return_sha256")):
            altered(f"it prints act {number} otherwise than the log")
        elif given["stands"] and act["return_sha256"] != digest:
            altered(f"it prints act {number} as its approval, which is of another return")
        stands = stands or given["stands"] is True
    if stands == document["status"]["draft"]:
        altered("its draft mark does not agree with its approvals")
    return stands


# ---------------------------------------------------------------------------------------- folders


def archive_beside(year_folder: Path) -> Path:
    """Return where the inputs of all landlords are kept, from where a return lies: HOME/returns/CODE/YEAR."""
    return year_folder.parent.parent.parent / "store" / ARCHIVE


def check(path: Path, archive: Path | None = None) -> Report:
    """Return what was found of every return and every log in `path`, or of the one return that it is.

    `archive`: where the inputs of all landlords are kept, if not beside the returns.
    """
    if is_return(path):
        revisions = path.parent.name
        if not revisions.endswith(REVISIONS_SUFFIX):
            return check_year(path, archive, alone=True)
        year_folder = path.parent.with_name(revisions[: -len(REVISIONS_SUFFIX)])
        log = check_log(log_of(year_folder))
        own = (archive or archive_beside(year_folder)) / year_folder.parent.name
        return _together([log.report, check_return(path, log, _number(path), own)])
    reports = []
    for year_folder in _year_folders(path):
        found = check_year(year_folder, archive)
        within = "" if year_folder.parent == path else f"{year_folder.parent.relative_to(path)}/"
        found.problems = [
            problem
            if problem.file.startswith(f"{ARCHIVE}/")
            else problem._replace(file=within + problem.file)
            for problem in found.problems
        ]
        reports.append(found)
    return _together(reports)


def check_year(year_folder: Path, archive: Path | None = None, alone: bool = False) -> Report:
    """Return what was found of a year: its log, its return, its revisions, and whatever was filed.

    `archive`: as for `check`. `alone`: the folder may be a copy that was made without the log beside it.
    """
    own = (archive or archive_beside(year_folder)) / year_folder.parent.name
    file, revisions = log_of(year_folder), revisions_of(year_folder)
    log = check_log(file)
    report = Report()
    if log.data:
        count = len(log.acts)
        report.checked.append(f"{_shown(str(file))}: {count} acts, fingerprint {sha256(log.data)}")
    folders = {1: year_folder} if year_folder.is_dir() else {}
    if year_folder.is_symlink():
        return _together([log.report, Report([Problem("altered", year_folder.name, "it is a link")])])
    for name, kind in _entries(revisions) if revisions.is_dir() else ():
        number = _number(Path(name))
        if number is not None and kind == "a folder":
            folders[number] = revisions / name
        elif not name.startswith("."):  # hidden: half written, by a run that was killed
            report.problems.append(Problem("added", f"{revisions.name}/{name}", "no revision is called so"))
    found = [log.report, report]
    if not alone and not log.data and not log.report.problems and (year_folder / ACTS).is_file():
        text = "the return was published with it, and has a copy of what it then said"
        report.problems.append(Problem("missing", file.name, text))
    # Of a log that is not whole the copies inside the returns say more than what is left of it.
    found += [check_return(folder, log, number, own) for number, folder in sorted(folders.items())]
    filed = {act["revision"] for act in log.acts if act["act"] == "file"}
    for number in sorted(({1} if log.data else set()) | filed):
        if number not in folders:
            place = revision_folder(year_folder, number)
            text = "it was filed" if number in filed else "its log is still there"
            if (last := place.with_name(f".{place.name}.last")).is_dir():
                text += f"; a run was killed, the next one puts it back from {last.name}"
            found.append(Report([Problem("missing", str(place.relative_to(year_folder.parent)), text)]))
    return _together(found)


def _number(folder: Path) -> int | None:
    return int(folder.name) if re.fullmatch("[1-9][0-9]{0,5}", folder.name) and folder.name != "1" else None


def _together(reports: list[Report]) -> Report:
    return Report(
        [each for report in reports for each in report.problems],
        [each for report in reports for each in report.notes],
        [each for report in reports for each in report.checked],
    )


def is_return(folder: Path) -> bool:
    """Whether a folder is one return's, whole or not."""
    return any(os.path.lexists(folder / name) for name in _SIGNS_OF_A_RETURN)


def _year_folders(path: Path) -> list[Path]:
    """Return the folder of each year below `path`, there or not; no link followed, nothing hidden entered."""
    found = set()
    for top, folders, files in os.walk(path):
        here = Path(top)
        folders[:] = [name for name in folders if not name.startswith(".")]
        for name in files:
            for suffix in (LOG_SUFFIX, LOG_SUFFIX + FINGERPRINT_SUFFIX):
                if name.endswith(suffix) and name != suffix:
                    found.add(here / name[: -len(suffix)])
        for name in list(folders):
            if name.endswith(REVISIONS_SUFFIX) and name != REVISIONS_SUFFIX:
                found.add(here / name[: -len(REVISIONS_SUFFIX)])
                folders.remove(name)
            elif is_return(here / name):
                found.add(here / name)
                folders.remove(name)
    return sorted(found)


def _listing(folder: Path, within: str = "") -> Iterator[tuple[str, str]]:
    """Yield (name, what it is) of everything in a folder and below it, without following a link."""
    for name, kind in _entries(folder / within):
        yield within + name, kind
        if kind == "a folder":
            yield from _listing(folder, f"{within}{name}/")


def _entries(folder: Path) -> list[tuple[str, str]]:
    with os.scandir(folder) as entries:
        found = [(entry.name, _kind(entry)) for entry in entries]
    return sorted(found)


def _kind(entry: os.DirEntry[str]) -> str:
    if entry.is_symlink():
        return "a link"
    if entry.is_dir(follow_symlinks=False):
        return "a folder"
    return "a file" if entry.is_file(follow_symlinks=False) else "a device"


def _parents(name: str) -> Iterator[str]:
    parts = name.split("/")
    for length in range(1, len(parts)):
        yield "/".join(parts[:length])


def _is_file(path: Path) -> bool:
    return stat.S_ISREG(path.lstat().st_mode)


def _hash_of(path: Path) -> tuple[str, int]:
    digest, size = hashlib.sha256(), 0
    with path.open("rb") as file:
        while block := file.read(1 << 20):
            digest.update(block)
            size += len(block)
    return digest.hexdigest(), size


def _shown(text: str) -> str:
    """Return a text without what could play tricks on a screen."""
    return "".join(each if each.isprintable() else ascii(each)[1:-1] for each in text)


def as_lines(report: Report) -> Iterable[str]:
    """Yield the report as lines of text, the problems last."""
    yield from report.checked
    yield from (f"note      {note}" for note in report.notes)
    yield from (f"{kind:<9} {_shown(file)}: {_shown(text)}" for kind, file, text in report.problems)
    count = len(report.problems)
    yield f"{count} problem{'s' if count > 1 else ''} found." if count else "All is as it was."


def main(words: list[str]) -> int:
    """Verify the folder named; return the exit status."""
    if len(words) not in (1, 2) or words[0] in ("-h", "--help"):
        print(__doc__)
        return 2
    path = Path(words[0]).resolve()  # a folder given as "." has a name too
    archive = Path(words[1]).resolve() if len(words) > 1 else None
    if archive is not None and not archive.is_dir():
        print(f"There is no folder {_shown(words[1])}.", file=sys.stderr)
        return 2
    if not path.is_dir():
        print(f"There is no folder {_shown(words[0])}.", file=sys.stderr)
        return 2
    try:
        report = check(path, archive)
    except OSError as error:
        print(f"{_shown(str(error.filename))} cannot be read: {error.strerror}.", file=sys.stderr)
        return 2
    if not report.checked and not report.problems:
        print(f"There is no return in {_shown(words[0])}.", file=sys.stderr)
        return 2
    for line in as_lines(report):
        print(line)
    return 1 if report.problems else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
