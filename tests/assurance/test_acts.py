"""The log of acts: only ever longer, whole or not there, and found out when it was touched."""

from __future__ import annotations

import errno
import json
import os
import subprocess
import sys
from datetime import UTC, date, datetime, timedelta
from pathlib import Path

import pytest

from pipelines.assurance import acts
from pipelines.assurance.verify import canonical, check_log, fingerprint_file, log_of, sha256
from schemas.errors import InputError
from tests.assurance.returns import NOW, later

ROOT = Path(__file__).resolve().parents[2]


@pytest.fixture
def year_folder(tmp_path: Path) -> Path:
    return tmp_path / "returns" / "L0001" / "2024-25"


def confirm(year_folder: Path, number: int = 1, now: datetime = NOW) -> dict:
    with acts.writing(year_folder) as writer:
        return writer.add(
            acts.CONFIRM,
            "Jo Bloggs",
            now,
            finding=f"REP-{number:03d}",
            reason="It is right",
            evidence="",
            answers=[{"table": "repairs", "digest": "0" * 64, "records": 1, "message": "m"}],
        )


def three(year_folder: Path) -> Path:
    for number in (1, 2, 3):
        confirm(year_folder, number, later(number))
    return log_of(year_folder)


def problems(log: Path) -> list[str]:
    return [f"{each.kind} {each.file}: {each.text}" for each in check_log(log).report.problems]


def with_its_fingerprint(log: Path, data: bytes) -> None:
    """Write a log as whoever forges it would: the fingerprint beside it agrees."""
    log.write_bytes(data)
    fingerprint_file(log).write_bytes(f"{sha256(data)}  {log.name}\n".encode())


def test_nobody_has_acted_yet(year_folder):
    log = acts.read_acts(year_folder)
    assert (log.data, log.acts, log.report.problems) == (b"", [], [])


def test_an_act_says_when_who_and_what_and_holds_the_line_before_it(year_folder):
    log = three(year_folder)
    lines = log.read_bytes().splitlines()
    read = [json.loads(line) for line in lines]
    assert [act["n"] for act in read] == [1, 2, 3]
    assert read[0]["previous"] == "0" * 64
    assert [act["previous"] for act in read[1:]] == [sha256(line) for line in lines[:-1]]
    assert read[0]["at"] == "2025-06-12T09:30:00Z"
    assert {(act["landlord"], act["year"], act["by"], act["act"]) for act in read} == {
        ("L0001", "2024-25", "Jo Bloggs", "confirm")
    }
    assert all(canonical(act) == line for act, line in zip(read, lines, strict=True))
    assert acts.read_acts(year_folder).acts == read


def test_the_log_lies_beside_the_folder_that_runs_replace(year_folder):
    assert three(year_folder) == year_folder.parent / "2024-25.acts.jsonl"
    assert sorted(each.name for each in year_folder.parent.iterdir()) == [
        "2024-25.acts.jsonl",
        "2024-25.acts.jsonl.sha256",
    ]


def test_sha256sum_reads_the_fingerprint(year_folder):
    log = three(year_folder)
    check = ["sha256sum", "--check", fingerprint_file(log).name]
    assert subprocess.run(check, cwd=log.parent, capture_output=True, check=False).returncode == 0


def test_earlier_lines_are_never_written_again(year_folder):
    log = three(year_folder)
    before = log.read_bytes()
    confirm(year_folder, 4, later(9))
    assert log.read_bytes().startswith(before)


def test_a_time_is_kept_in_utc_and_shown_as_the_day_in_london(year_folder):
    act = confirm(year_folder, now=datetime(2025, 6, 30, 23, 30, tzinfo=UTC))
    assert act["at"] == "2025-06-30T23:30:00Z"
    assert acts.day_of(act) == "2025-07-01"
    assert acts.day_of({**act, "at": "2025-01-31T23:30:00Z"}) == "2025-01-31"


def spoil(lines: list[bytes], how: str) -> bytes:
    """Alter three lines as a hand would."""
    first, second, third = lines
    altered = {
        "a letter edited": [first, second.replace(b"It is right", b"It is wrong"), third],
        "the last line edited": [first, second, third.replace(b"Jo", b"Al")],
        "two lines swapped": [first, third, second],
        "the middle removed": [first, third],
        "the first removed": [second, third],
        "one said twice": [first, second, second, third],
        "spaces added": [first, second.replace(b'","', b'", "', 1), third],
        "a key twice": [first, second.replace(b'{"act"', b'{"act":"file","act"', 1), third],
        "no JSON": [first, b"approved, honestly", third],
        "no object": [first, b"[]", third],
        "a blank line": [first, b"", second, third],
        "not UTF-8": [first, second.replace(b"Jo", b"\xff\xfe"), third],
        "nested deeply": [first, b"[" * 100_000, third],
    }[how]
    return b"\n".join(altered) + b"\n"


HOW = (
    "a letter edited", "the last line edited", "two lines swapped", "the middle removed", "the first removed",
    "one said twice", "spaces added", "a key twice", "no JSON", "no object", "a blank line", "not UTF-8",
    "nested deeply",
)  # fmt: skip


@pytest.mark.parametrize("how", HOW)
def test_a_log_that_was_touched_is_not_relied_on(year_folder, how):
    log = three(year_folder)
    log.write_bytes(spoil(log.read_bytes().splitlines(), how))
    assert len(problems(log)) == 1
    with pytest.raises(InputError, match=r"acts beside .*cannot be relied on.*backup"):
        acts.read_acts(year_folder)
    with pytest.raises(InputError, match="cannot be relied on"):
        confirm(year_folder, 4)


@pytest.mark.parametrize("how", [each for each in HOW if each != "the last line edited"])
def test_nor_is_one_whose_fingerprint_was_made_to_agree(year_folder, how):
    log = three(year_folder)
    with_its_fingerprint(log, spoil(log.read_bytes().splitlines(), how))
    assert len(problems(log)) == 1


@pytest.mark.parametrize("kept", [0, 1, 2])
def test_a_truncated_log_is_found_by_its_fingerprint(year_folder, kept):
    log = three(year_folder)
    log.write_bytes(b"".join(log.read_bytes().splitlines(keepends=True)[:kept]))
    assert "acts were removed" in problems(log)[0]


def test_a_log_cut_within_a_line(year_folder):
    log = three(year_folder)
    with_its_fingerprint(log, log.read_bytes()[:-1])
    assert "its last line is cut short" in problems(log)[0]


def test_a_log_that_is_gone_while_its_fingerprint_is_there(year_folder):
    log = three(year_folder)
    log.unlink()
    assert problems(log) == ["missing 2024-25.acts.jsonl: its fingerprint is still there"]
    with pytest.raises(InputError, match="cannot be relied on"):
        confirm(year_folder, 4)


def test_a_fingerprint_that_is_gone(year_folder):
    log = three(year_folder)
    fingerprint_file(log).unlink()
    assert problems(log) == ["missing 2024-25.acts.jsonl.sha256: the log's fingerprint"]


@pytest.mark.parametrize(
    ("change", "says"),
    [
        ({"landlord": "L0002"}, "another return"),
        ({"act": "withdraw"}, "no known kind"),
        ({"reason": None}, "lacks"),
        ({"at": "yesterday"}, "lacks"),
        ({"n": 7}, "does not follow"),
        ({"n": True}, "does not follow"),
    ],
)
def test_a_line_that_no_act_of_ours_would_be(year_folder, change, says):
    log = three(year_folder)
    *lines, last = log.read_bytes().splitlines()
    with_its_fingerprint(log, b"\n".join([*lines, canonical({**json.loads(last), **change})]) + b"\n")
    assert says in problems(log)[0]


def test_a_clock_that_goes_backwards_is_noted_and_the_act_kept(year_folder):
    confirm(year_folder, 1, NOW)
    confirm(year_folder, 2, NOW - timedelta(days=400))
    log = acts.read_acts(year_folder)
    assert [act["n"] for act in log.acts] == [1, 2]
    (note,) = log.report.notes
    assert "act 2 (2024-05-08T08:30:00Z) is dated before act 1" in note


def test_a_linked_log_is_refused_and_what_it_points_at_left_alone(year_folder, tmp_path):
    log = three(year_folder)
    elsewhere = tmp_path / "elsewhere.jsonl"
    log.rename(elsewhere)
    log.symlink_to(elsewhere)
    before = elsewhere.read_bytes()
    with pytest.raises(InputError, match="it is a link"):
        confirm(year_folder, 4)
    assert elsewhere.read_bytes() == before


def test_a_link_planted_where_the_new_log_is_written_is_not_followed(year_folder, tmp_path):
    log = three(year_folder)
    victim = tmp_path / "victim"
    victim.write_bytes(b"mine")
    log.with_name(f".{log.name}.new").symlink_to(victim)
    confirm(year_folder, 4, later(9))
    assert victim.read_bytes() == b"mine"
    assert len(acts.read_acts(year_folder).acts) == 4


def test_a_folder_that_cannot_be_written_is_said_so(year_folder, monkeypatch):
    log = three(year_folder)
    before = log.read_bytes()

    def refuse(*_: object) -> int:
        raise OSError(errno.EROFS, os.strerror(errno.EROFS))

    monkeypatch.setattr(acts.os, "fdopen", refuse)
    with pytest.raises(InputError, match=r"cannot be written: Read-only file system\. Nothing was recorded"):
        confirm(year_folder, 4)
    monkeypatch.undo()
    assert log.read_bytes() == before
    assert problems(log) == []


@pytest.mark.skipif(os.geteuid() == 0, reason="a folder's mode does not stop the superuser")
def test_a_read_only_folder(year_folder):
    log = three(year_folder)
    year_folder.parent.chmod(0o555)
    try:
        with pytest.raises(InputError, match="cannot be written: Permission denied"):
            confirm(year_folder, 4)
        assert problems(log) == []
    finally:
        year_folder.parent.chmod(0o755)


def test_a_landlords_folder_that_is_a_file(tmp_path):
    (tmp_path / "returns").mkdir()
    (tmp_path / "returns" / "L0001").write_bytes(b"")
    with pytest.raises(InputError, match="cannot be used"), acts.writing(tmp_path / "returns/L0001/2024-25"):
        pass


KILLED = """
import os, sys
from pathlib import Path
from tests.assurance import test_acts
replace, left = Path.replace, [int(sys.argv[2])]
def die(self, target):
    left[0] -= 1
    if left[0] < 0:
        os._exit(9)
    return replace(self, target)
Path.replace = die
test_acts.confirm(Path(sys.argv[1]), 4, test_acts.later(9))
"""


@pytest.mark.parametrize(("renames", "acts_after"), [(0, 3), (1, 4)])
def test_killed_between_write_and_rename(year_folder, renames, acts_after):
    log = three(year_folder)
    killed = [sys.executable, "-c", KILLED, str(year_folder), str(renames)]
    assert subprocess.run(killed, cwd=ROOT, check=False).returncode == 9
    found = acts.read_acts(year_folder)  # the old log or the new one, never half of one
    assert len(found.acts) == acts_after
    assert bool(found.report.notes) == (renames == 1)  # written, but not yet its fingerprint
    confirm(year_folder, 5, later(10))
    assert len(acts.read_acts(year_folder).acts) == acts_after + 1
    assert acts.read_acts(year_folder).report.notes == []
    assert problems(log) == []


WRITES = """
import sys
from pathlib import Path
from tests.assurance import test_acts
for number in range(5):
    test_acts.confirm(Path(sys.argv[1]), number)
"""


def test_two_writers_at_once_lose_nothing(year_folder):
    words = [sys.executable, "-c", WRITES, str(year_folder)]
    writers = [subprocess.Popen(words, cwd=ROOT) for _ in range(3)]
    assert [writer.wait() for writer in writers] == [0, 0, 0]
    log = acts.read_acts(year_folder)
    assert [act["n"] for act in log.acts] == list(range(1, 16))
    assert log.report.notes == []


def test_a_writer_that_does_not_end_is_not_waited_for_for_ever(year_folder, monkeypatch):
    monkeypatch.setattr(acts, "_PATIENCE", 0.05)
    with (
        acts.writing(year_folder),
        pytest.raises(InputError, match="Another command is writing"),
        acts.writing(year_folder),
    ):
        pass
    confirm(year_folder)  # the first has let go


def test_confirmations_are_the_lines_of_their_kind(year_folder):
    confirm(year_folder, 1)
    with acts.writing(year_folder) as writer:
        writer.add(acts.APPROVE, "Jo Bloggs", NOW, role="Chair", return_sha256="0" * 64, revision=1)
    confirm(year_folder, 2, later())
    lines = acts.confirmation_lines(acts.read_acts(year_folder))
    log = log_of(year_folder).read_bytes().splitlines(keepends=True)
    assert lines == log[0] + log[2]
    given = acts.confirmations(lines)
    assert [each["id"] for each in given] == ["REP-001", "REP-002"]
    assert given[0]["on"] == "2025-06-12"
    assert given[0]["source"] == "tsm confirm"
    assert acts.confirmations(b"") == []


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ("", "--name is blank"),
        (" \t", "--name is blank"),
        ("x" * 201, "--name has 201 characters: at most 200"),
        ("Jo\nBloggs", "line break or a control character"),
        ("Jo\x1b[2J", "control character"),
        ("Jo\u202eBloggs", "control character"),
        ("Jo\u2028Bloggs", "control character"),
        ("Jo\ud800", "control character"),
    ],
)
def test_names_are_one_line_of_plain_text(text, says):
    with pytest.raises(InputError, match=says):
        acts.one_line(text, "--name", 200)


def test_a_name_may_be_written_as_it_is_spelled():
    assert acts.one_line("  Siân O'Brien-Nguyễn ", "--name", 200) == "Siân O'Brien-Nguyễn"
    assert acts.one_line("", "--evidence", 200, needed=False) == ""


@pytest.mark.parametrize(
    "name",
    [
        "Jo Bloggs",
        "A. Nother",
        "Dr Siân O'Brien-Nguyễn",
        "Jose\u0301 Núñez (Chair)",
        "Zoë D’Arcy, MBE",
        "李 小龙",
    ],
)
def test_a_person_has_a_name_of_two_words(name):
    assert acts.name_of_a_person(f" {name} ", "--name") == name


@pytest.mark.parametrize(
    "name", ["Chris", "12345 67", "n/a n/a", "Chris 2", "- Chris -", "chris@example.org x1"]
)
def test_less_than_a_name_is_refused(name):
    with pytest.raises(InputError, match=f"--by is {name}: write first name and surname, such as Jo Bloggs"):
        acts.name_of_a_person(name, "--by")


@pytest.mark.parametrize("text", ["2025-03-30", "2025-06-13", "12/06/2025", "20250612", "soon", "2025-W24-4"])
def test_a_day_is_a_date_from_the_years_end_to_today(text):
    with pytest.raises(InputError, match="--on is"):
        acts.day_given(text, "--on", date(2025, 3, 31), "the first", NOW)


def test_today_is_a_day_in_london():
    just_after_midnight = datetime(2025, 6, 12, 23, 30, tzinfo=UTC)
    assert acts.day_given("2025-06-13", "--on", date(2025, 3, 31), "the first", just_after_midnight) == date(
        2025, 6, 13
    )


def test_a_list_is_cut_and_says_so():
    assert acts.listed(["a", "b", "c"], 2) == "a; b and 1 more"
    assert acts.listed(["a"], 2) == "a"
