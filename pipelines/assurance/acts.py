"""The log of acts of a return: who confirmed, approved and filed what, and when.

One JSON line an act, each with the SHA-256 of the line before it, in `returns/CODE/YEAR.acts.jsonl`: beside
the return's folder, which is replaced whole by every run. How a line is checked is in `verify`, which reads
the log without this project; here lines are added, never changed.
"""

from __future__ import annotations

import fcntl
import json
import os
import time
import unicodedata
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

from pipelines.assurance.verify import (
    FIRST,
    Log,
    canonical,
    check_log,
    fingerprint_file,
    fingerprint_line,
    log_of,
    sha256,
)
from schemas.errors import InputError

Act = Mapping[str, Any]

APPROVE, CONFIRM, FILE = "approve", "confirm", "file"
LONGEST_NAME, LONGEST_TEXT = 200, 2000
_LONDON = ZoneInfo("Europe/London")
_PATIENCE = 20.0  # seconds to wait for another writer: each holds the lock for milliseconds
_NOT_PLAIN = {"Cc", "Cs", "Co", "Zl", "Zp"}
# Accents written apart, hyphens and dashes, typographic apostrophes, brackets.
_IN_NAMES = {"Mn", "Mc", "Lm", "Pd", "Pi", "Pf", "Ps", "Pe"}
_TURNS = set("\u202a\u202b\u202c\u202d\u202e\u2066\u2067\u2068\u2069\ufeff")


def read_acts(year_folder: Path) -> Log:
    """Return the log of the return in `year_folder`; an empty one where nobody has acted yet.

    Raises InputError for a log that is not as it was written: what it no longer says (that the year was
    filed, say) nobody can know.
    """
    log = check_log(log_of(year_folder))
    if log.report.problems:
        problem = log.report.problems[0]
        raise InputError(
            f"The log of acts beside {year_folder} cannot be relied on: {problem.file}: {problem.text}. "
            "Put it back from a backup; `tsm verify` names all that is not as it was."
        )
    return log


class Writer:
    """The log while nobody else can write it; see `writing`."""

    def __init__(self, year_folder: Path) -> None:
        self.file = log_of(year_folder)
        self.landlord, self.year = year_folder.parent.name, year_folder.name
        self.log = read_acts(year_folder)

    def add(self, kind: str, by: str, now: datetime, **what: Any) -> dict[str, Any]:
        """Add an act to the log and return it, with its number, its time and its link to the line before."""
        lines = self.log.data.splitlines()
        act = {
            **what,
            "act": kind,
            "at": now.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ"),
            "by": by,
            "landlord": self.landlord,
            "n": len(lines) + 1,
            "previous": sha256(lines[-1]) if lines else FIRST,
            "year": self.year,
        }
        data = self.log.data + canonical(act) + b"\n"
        try:
            _replace(self.file, data)
        except OSError as error:
            raise InputError(
                f"{self.file} cannot be written: {error.strerror}. Nothing was recorded."
            ) from error
        try:
            _replace(fingerprint_file(self.file), fingerprint_line(self.file, data))
        except OSError as error:
            raise InputError(
                f"It was recorded in {self.file}, but the fingerprint beside it cannot be written: "
                f"{error.strerror}. The next act puts that right."
            ) from error
        self.log = Log(data, [*self.log.acts, act], self.log.report)
        return act


@contextmanager
def writing(year_folder: Path) -> Iterator[Writer]:
    """Hold the log of a return for writing: what is decided on it stays true until it is written.

    The lock is on the landlord's folder of returns, not on a file of its own: a killed process leaves
    nothing behind. Raises InputError where the folder cannot be used or another writer does not end.
    """
    landlord = year_folder.parent
    try:
        landlord.mkdir(parents=True, exist_ok=True)
        handle = os.open(landlord, os.O_RDONLY | os.O_DIRECTORY)
    except OSError as error:
        raise InputError(f"{landlord} cannot be used: {error.strerror}.") from error
    try:
        _lock(handle, landlord)
        yield Writer(year_folder)
    finally:
        os.close(handle)


def _lock(handle: int, folder: Path) -> None:
    end = time.monotonic() + _PATIENCE
    while True:
        try:
            fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
            return
        except BlockingIOError:
            if time.monotonic() > end:
                raise InputError(
                    f"Another command is writing in {folder}: wait until it has ended, then try again."
                ) from None
            time.sleep(0.02)


def _replace(file: Path, data: bytes) -> None:
    """Put `data` in the place of `file`, on the disk before it has the name: there is no half-written one."""
    beside = file.with_name(f".{file.name}.new")
    beside.unlink(missing_ok=True)
    with os.fdopen(os.open(beside, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o644), "wb") as new:
        new.write(data)
        new.flush()
        os.fsync(new.fileno())
    beside.replace(file)
    folder = os.open(file.parent, os.O_RDONLY)
    try:
        os.fsync(folder)
    finally:
        os.close(folder)


def head(log: Log) -> str:
    """Return the fingerprint of a log: what to send elsewhere, so that nobody can rewrite all of it."""
    return sha256(log.data)


def day_of(act: Act) -> str:
    """Return the day of an act in the United Kingdom, such as 2025-06-30."""
    moment = datetime.strptime(act["at"], "%Y-%m-%dT%H:%M:%SZ").replace(tzinfo=UTC)
    return _in_london(moment).isoformat()


def today() -> date:
    """Return the day that it is in the United Kingdom."""
    return _in_london(datetime.now(UTC))


def _in_london(moment: datetime) -> date:
    return moment.astimezone(_LONDON).date()


def of_kind(log: Log, kind: str) -> list[Act]:
    """Return the acts of one kind, in order."""
    return [act for act in log.acts if act["act"] == kind]


def confirmation_lines(log: Log) -> bytes:
    """Return the log's confirmations alone, as they stand there: what the return document is made from.

    An approval does not change it, so that approving makes nothing but the pages anew.
    """
    lines = log.data.splitlines(keepends=True)
    return b"".join(line for line, act in zip(lines, log.acts, strict=True) if act["act"] == CONFIRM)


def confirmations(lines: bytes) -> list[dict[str, Any]]:
    """Return the confirmations of `confirmation_lines` as `pipelines.statutory.confirmations` takes them."""
    acts = [json.loads(line) for line in lines.splitlines()]
    return [
        {
            "id": act["finding"],
            "by": act["by"],
            "on": day_of(act),
            "reason": act["reason"],
            "evidence": act["evidence"],
            "source": "tsm confirm",
            "answers": act["answers"],
        }
        for act in acts
    ]


def one_line(text: str, option: str, longest: int, *, needed: bool = True) -> str:
    """Return what a person typed, trimmed; InputError where it is blank, too long or not plain text."""
    trimmed = text.strip()
    if needed and not trimmed:
        raise InputError(f"{option} is blank.")
    if len(trimmed) > longest:
        raise InputError(f"{option} has {len(trimmed):,} characters: at most {longest:,}.")
    if any(unicodedata.category(each) in _NOT_PLAIN or each in _TURNS for each in trimmed):
        raise InputError(f"{option} holds a line break or a control character: write one line of plain text.")
    return trimmed


def name_of_a_person(text: str, option: str) -> str:
    """Return a name typed in full, trimmed; InputError where it is not two words that a name can be of.

    Initials, titles, hyphens, apostrophes and accents are a name's; digits and strokes (n/a) are not.
    """
    name = one_line(text, option, LONGEST_NAME)
    if sum(map(_may_be_a_name, name.split())) < 2:
        raise InputError(f"{option} is {name}: write first name and surname, such as Jo Bloggs.")
    return name


def _may_be_a_name(word: str) -> bool:
    return any(map(str.isalpha, word)) and all(
        each.isalpha() or unicodedata.category(each) in _IN_NAMES for each in word if each not in ".,'`"
    )


def day_given(text: str, option: str, earliest: date, because: str, now: datetime) -> date:
    """Return a day typed as 2025-06-30 that is not before `earliest` (`because` says why) nor after today."""
    try:
        day = date.fromisoformat(text)
    except ValueError:
        day = date.min
    if day.isoformat() != text:  # other spellings of a day are read too, 2025-W27-1 for one
        raise InputError(f"{option} is no date: write it such as 2025-06-30.")
    latest = _in_london(now)
    if not earliest <= day <= latest:
        raise InputError(f"{option} is {day}: it must be between {earliest} ({because}) and today, {latest}.")
    return day


def listed(items: Sequence[str], most: int) -> str:
    """Return items as "a; b; c and 4 more"."""
    more = f" and {len(items) - most} more" if len(items) > most else ""
    return "; ".join(items[:most]) + more
