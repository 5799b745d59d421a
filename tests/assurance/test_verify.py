"""Verifying: whatever was altered, is missing or was added is named, with Python alone."""

from __future__ import annotations

import ast
import hashlib
import json
import os
import shutil
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from pipelines.assurance import verify
from pipelines.assurance.verify import canonical, check, check_log, check_year, log_of, sealed, sha256
from schemas.errors import InputError
from tests.assurance.returns import approve, content, document, file, filed, later, publish
from tests.home import CODE, YEAR, Home

SOURCE = Path(verify.__file__)


@pytest.fixture
def year_folder(tmp_path: Path) -> Path:
    return tmp_path / "returns" / "L0001" / "2024-25"


def problems(folder: Path) -> list[tuple[str, str]]:
    return [(each.kind, each.file) for each in check(folder).problems]


def texts(folder: Path) -> str:
    return "\n".join(each.text for each in check(folder).problems)


def reseal(folder: Path, **changes: Any) -> None:
    """Write the manifest again so that it agrees with the files and with its seal, as a forger would."""
    manifest = json.loads((folder / "manifest.json").read_bytes())
    del manifest["seal"]
    for each in manifest["outputs"]:
        data = (folder / each["file"]).read_bytes()
        each |= {"sha256": sha256(data), "bytes": len(data)}
    (folder / "manifest.json").write_bytes(sealed({**manifest, **changes}))


def rewrite(folder: Path, change: Callable[[dict[str, Any]], Any]) -> None:
    """Change a published return document and make the manifest agree."""
    made = json.loads((folder / "return.json").read_bytes())
    change(made)
    (folder / "return.json").write_text(json.dumps(made), encoding="utf-8")
    reseal(folder)


# --------------------------------------------------------------------------------------- one byte


def flip(file: Path, at: int) -> None:
    data = bytearray(file.read_bytes())
    data[at] ^= 1
    file.write_bytes(data)


def test_a_finished_return_is_as_it_was_made(finished: Home):
    report = check(finished.outputs)
    assert report.problems == []
    assert check(finished.path).problems == []
    assert f"{len(finished.published()) - 1} files" in report.checked[0]


def test_one_byte_of_any_file_of_a_finished_return_is_noticed(home: Home):
    """Every file: its first byte, its last, and one chosen by its name."""
    for name, data in home.published().items():
        place = home.outputs / name
        for at in {
            0,
            len(data) - 1,
            int.from_bytes(hashlib.sha256(name.encode()).digest(), "big") % len(data),
        }:
            flip(place, at)
            found = problems(home.outputs)
            assert ("altered", f"{YEAR}/{name}") in found, (name, at)
            assert len(found) == 1, (name, at, found)
            flip(place, at)
    assert problems(home.outputs) == []


def test_every_byte_of_a_manifest_and_of_a_log_counts(year_folder):
    filed(year_folder)
    for place in (
        year_folder / "manifest.json",
        log_of(year_folder),
        verify.fingerprint_file(log_of(year_folder)),
    ):
        of_log = (
            place.name != "manifest.json"
        )  # what is wrong with a log is in the report of its year as it is
        for at in range(0, place.stat().st_size, 7):
            flip(place, at)
            found = check_log(log_of(year_folder)).report if of_log else check_year(year_folder)
            assert found.problems, (place.name, at)
            flip(place, at)
        flip(place, place.stat().st_size // 2)
        assert check_year(year_folder).problems
        flip(place, place.stat().st_size // 2)
    assert check_year(year_folder).problems == []


def test_any_file_of_a_finished_return_that_is_gone_is_named(home: Home):
    for name, data in home.published().items():
        (home.outputs / name).unlink()
        assert problems(home.outputs) == [("missing", f"{YEAR}/{name}")]
        (home.outputs / name).write_bytes(data)


def test_what_was_added_is_named(home: Home):
    (home.outputs / "ledgers" / "TP99.parquet").write_bytes(b"")
    (home.outputs / ".hidden").write_bytes(b"")
    (home.outputs / "empty").mkdir()
    (home.outputs / "link").symlink_to("return.pdf")
    os.mkfifo(home.outputs / "pipe")
    names = (".hidden", "empty", "ledgers/TP99.parquet", "link", "pipe")
    assert problems(home.outputs) == [("added", f"{YEAR}/{name}") for name in names]


# ------------------------------------------------------------------------------------- other forms


@pytest.mark.parametrize("kind", ["link", "folder", "pipe"])
def test_a_file_replaced_by_something_else(year_folder, tmp_path, kind):
    place = publish(year_folder, document()) / "return.pdf"
    same = tmp_path / "same"
    place.rename(same)
    {"link": lambda: place.symlink_to(same), "folder": place.mkdir, "pipe": lambda: os.mkfifo(place)}[kind]()
    assert problems(year_folder) == [("altered", "2024-25/return.pdf")]
    assert {"link": "a link", "folder": "a folder", "pipe": "a device"}[kind] in texts(year_folder)


@pytest.mark.parametrize("kind", ["link", "folder"])
def test_a_manifest_replaced_by_something_else(year_folder, tmp_path, kind):
    place = publish(year_folder, document()) / "manifest.json"
    place.rename(tmp_path / "same")
    if kind == "link":
        place.symlink_to(tmp_path / "same")
    else:
        place.mkdir()
    assert problems(year_folder) == [("altered", "2024-25/manifest.json")]


def test_a_folder_replaced_by_a_link(year_folder, tmp_path):
    publish(year_folder, document())
    year_folder.rename(tmp_path / "elsewhere")
    year_folder.symlink_to(tmp_path / "elsewhere")
    assert problems(tmp_path / "returns") == [("altered", "L0001/2024-25")]


@pytest.mark.parametrize(
    "outputs",
    [
        [{"file": "../../../secret", "sha256": "0" * 64, "bytes": 1}],
        [{"file": "/etc/hostname", "sha256": "0" * 64, "bytes": 1}],
        [{"file": "a\\b", "sha256": "0" * 64, "bytes": 1}],
        [{"file": "manifest.json", "sha256": "0" * 64, "bytes": 1}],
        [{"file": "", "sha256": "0" * 64, "bytes": 1}],
        [{"file": 7, "sha256": "0" * 64, "bytes": 1}],
        [{"file": "a", "sha256": "no hash", "bytes": 1}],
        [{"file": "a", "sha256": "0" * 64, "bytes": "1"}],
        [{"file": "a", "sha256": "0" * 64, "bytes": 1}] * 2,
        [{"file": "a"}],
        [7],
        7,
        None,
    ],
)
def test_a_manifest_that_names_what_no_return_has(year_folder, outputs):
    folder = publish(year_folder, document())
    (folder / "manifest.json").write_bytes(sealed({"outputs": outputs}))
    assert problems(year_folder) == [("altered", "2024-25/manifest.json")]


@pytest.mark.parametrize(
    "data", [b"", b"[]", b"{", b"{}", b'{"outputs": []}', b"\xff", b"[" * 200_000, b"NaN"]
)
def test_a_manifest_that_is_none(year_folder, data):
    folder = publish(year_folder, document())
    (folder / "manifest.json").write_bytes(data)
    assert problems(year_folder) == [("altered", "2024-25/manifest.json")]


@pytest.mark.parametrize("text", ["[]", "{", '{"status": 7}', "null", '{"a": 1, "a": 2}', '{"a": NaN}'])
def test_a_return_document_that_is_none(year_folder, text):
    folder = publish(year_folder, document())
    (folder / "return.json").write_text(text, encoding="utf-8")
    reseal(folder)
    assert problems(year_folder) == [("altered", "2024-25/return.json")]


# --------------------------------------------------------------- altered with the manifest made to agree


def test_a_figure_altered_after_approval(year_folder):
    made = document()
    publish(year_folder, made)
    approve(year_folder)
    folder = publish(year_folder, made)
    rewrite(folder, lambda each: each["figures"][0].update(value_text="99.9%"))
    assert problems(year_folder) == [("altered", "2024-25/return.json")]
    assert "act 1 as its approval, which is of another return" in texts(year_folder)


def test_an_approval_that_nobody_gave(year_folder):
    made = document()
    publish(year_folder, made)
    approve(year_folder)
    folder = publish(year_folder, made)
    given = json.loads((folder / "return.json").read_bytes())["approval"]["given"][0]

    def forge(each: dict[str, Any]) -> None:
        each["approval"]["given"] = [{**given, "act": 2, "by": "Al Capone"}]

    rewrite(folder, forge)
    assert "it prints an approval, act 2, that is not in the log" in texts(year_folder)


@pytest.mark.parametrize("member", ["by", "role", "at", "return_sha256"])
def test_an_approval_printed_otherwise_than_it_was_given(year_folder, member):
    made = document()
    publish(year_folder, made)
    approve(year_folder)
    folder = publish(year_folder, made)
    rewrite(folder, lambda each: each["approval"]["given"][0].update({member: "other"}))
    assert "it prints act 1 otherwise than the log" in texts(year_folder)


def test_a_draft_mark_taken_off(year_folder):
    folder = publish(year_folder, document())
    rewrite(folder, lambda each: each["status"].update(draft=False))
    assert "its draft mark does not agree with its approvals" in texts(year_folder)


@pytest.mark.parametrize("spoilt", [{"given": [{}]}, {"given": 7}, {}, None])
def test_an_approval_that_is_no_such_thing(year_folder, spoilt):
    folder = publish(year_folder, document())
    rewrite(folder, lambda each: each.update(approval=spoilt))
    assert problems(year_folder) == [("altered", "2024-25/return.json")]


def test_a_ledger_altered_and_the_manifest_with_it(year_folder):
    folder = publish(year_folder, document())
    (folder / "ledgers" / "RP02_1.parquet").write_bytes(b"other rows")
    reseal(folder)
    assert problems(year_folder) == [("altered", "2024-25/ledgers/RP02_1.parquet")]
    assert "not the ledger that the return was made from" in texts(year_folder)


@pytest.mark.parametrize(
    ("name", "was", "now", "said"),
    [
        ("figures.csv", b",71.3,", b",91.3,", "TP01 LCRA: value is 91.3; in return.json it is 71.3"),
        ("figures.csv", b",71.3,", b",71.3 ,", "TP01 LCRA: value is 71.3 ; in return.json it is 71.3"),
        ("figures.csv", b",365,", b",465,", "TP01 LCRA: numerator is 465; in return.json it is 365"),
        ("figures.csv", b",201,", b",,", "TP01 LCRA: very_satisfied is blank; in return.json it is 201"),
        ("figures.csv", b",reported,", b",other,", "status is other; in return.json it is reported"),
        ("figures.csv", b",2024-25\r\n", b",2023-24\r\n", "rules is 2023-24; in return.json it is 2024-25"),
        ("figures.csv", b"measure,", b"value,", "not the columns of a return's table"),
        ("figures.csv", b",rules", b",best", "it has a column best, which return.json has not"),
        ("figures.csv", b",2024-25\r\n", b"\r\n", "row 2 has 25 cells; its columns are 26"),
        ("figures.csv", b"TP01", b"TP\xff", "it cannot be read"),
        ("nrosh.csv", b",220,", b",320,", "DP_TSML227 TP05_VS_LCRA: value is 320; in return.json it is 220"),
        (
            "nrosh.csv",
            b"/tsm,",
            b"/,",
            "value is https://example.org/; in return.json it is https://example.org/t",
        ),
        ("nrosh.csv", b"\r\n", b"\r\n\r\n", "5 rows; return.json has 4"),
    ],
)
def test_a_table_altered_and_the_manifest_with_it(year_folder, name, was, now, said):
    """Of an approved return: neither its filing nor another approval is recorded either."""
    made = document()
    publish(year_folder, made)
    approve(year_folder)
    folder = publish(year_folder, made)
    assert problems(year_folder) == []
    data = (folder / name).read_bytes()
    assert was in data
    (folder / name).write_bytes(data.replace(was, now, 1))
    reseal(folder)
    assert problems(year_folder) == [("altered", f"2024-25/{name}")]
    assert said in texts(year_folder)
    with pytest.raises(InputError, match=f"not as they were made: 2024-25/{name}"):
        file(year_folder)
    with pytest.raises(InputError, match=f"not as they were made: 2024-25/{name}"):
        approve(year_folder, name="Sam Field")


def test_a_table_says_texts_and_numbers_in_its_own_way(year_folder):
    """A formula's apostrophe, a control character, a line break, yes for true: none of it is a difference."""
    made = document()
    for field, value in zip(made["nrosh"], ("=1+1", "a\x07b\u202e\r\nc", True, -0.5), strict=True):
        field["value"] = value
    publish(year_folder, made)
    assert problems(year_folder) == []


def test_a_page_altered_after_filing_and_the_manifest_with_it(year_folder):
    filed(year_folder)
    (year_folder / "return.pdf").write_bytes(b"better")
    reseal(year_folder)
    assert problems(year_folder) == [("altered", "2024-25/manifest.json")]
    assert "it is not the one that was filed (act 2)" in texts(year_folder)


# ---------------------------------------------------------------------------------------- the log


def test_the_state_is_said(year_folder):
    made = document()
    publish(year_folder, made)
    assert any(line.startswith("  draft; ") for line in check(year_folder).checked)
    approve(year_folder)
    publish(year_folder, made)
    assert any(line.startswith("  approved; ") for line in check(year_folder).checked)
    file(year_folder)
    lines = check(year_folder).checked
    assert any(line.startswith("  filed on 2025-06-12, reference NROSH-1; ") for line in lines)
    assert f"2 acts, fingerprint {sha256(log_of(year_folder).read_bytes())}" in lines[0]


def test_a_log_cut_back_to_before_the_filing(year_folder):
    filed(year_folder)
    log = log_of(year_folder)
    log.write_bytes(log.read_bytes().splitlines(keepends=True)[0])
    assert problems(year_folder) == [("altered", "2024-25.acts.jsonl")]


def test_a_log_exchanged_for_another_that_is_whole(year_folder, tmp_path):
    filed(year_folder)
    other = tmp_path / "other" / "L0001" / "2024-25"
    publish(other, document())
    approve(other, name="Al Capone")
    for each in (log_of(year_folder), verify.fingerprint_file(log_of(year_folder))):
        shutil.copy(other.parent / each.name, each)
    found = problems(year_folder)
    assert ("altered", "2024-25/acts.jsonl") in found
    assert ("altered", "2024-25/return.json") in found


def test_a_broken_log_does_not_put_the_return_in_doubt(year_folder):
    made = document()
    publish(year_folder, made)
    approve(year_folder)
    publish(year_folder, made)
    log_of(year_folder).write_bytes(b"nothing\n")
    assert problems(year_folder) == [("altered", "2024-25.acts.jsonl")]
    assert any("checked with its own copy of the log, 1 acts" in note for note in check(year_folder).notes)


def test_a_folder_copied_without_its_log_is_checked_with_the_copy_inside(year_folder, tmp_path):
    filed(year_folder)
    copy = tmp_path / "usb" / "the return"
    shutil.copytree(year_folder, copy)
    assert problems(copy) == []
    assert any("own copy" in note for note in check(copy).notes)
    rewrite(copy, lambda each: each["figures"][0].update(value_text="99.9%"))
    assert problems(copy) == [("altered", "the return/return.json")]


def test_a_return_that_prints_an_approval_without_any_log(year_folder, tmp_path):
    filed(year_folder)
    copy = tmp_path / "copy"
    shutil.copytree(year_folder, copy)
    (copy / "acts.jsonl").unlink()
    manifest = json.loads((copy / "manifest.json").read_bytes())
    kept = [each for each in manifest["outputs"] if each["file"] != "acts.jsonl"]
    (copy / "manifest.json").write_bytes(
        sealed({**{key: manifest[key] for key in manifest if key != "seal"}, "outputs": kept})
    )
    assert "is not in the log" in texts(copy)


def test_an_interrupted_act_and_a_wrong_clock_are_notes(year_folder):
    publish(year_folder, document())
    approve(year_folder)
    verify.fingerprint_file(log_of(year_folder)).unlink()
    approve(year_folder, name="Sam Field", now=later(-9999))
    report = check(year_folder)
    assert report.problems == []
    assert any("a clock was wrong" in note for note in report.notes)
    stale = sha256(log_of(year_folder).read_bytes().splitlines(keepends=True)[0])
    verify.fingerprint_file(log_of(year_folder)).write_text(
        f"{stale}  2024-25.acts.jsonl\n", encoding="utf-8"
    )
    assert any("the machine stopped in between" in note for note in check(year_folder).notes)
    assert check(year_folder).problems == []


# -------------------------------------------------------------------------------------- revisions


def revised(year_folder: Path) -> Path:
    filed(year_folder)
    made = document()
    made["figures"][0]["value_text"] = "1.0%"
    return publish(year_folder, made)


def test_revisions_are_checked_with_their_year_or_alone(year_folder, tmp_path):
    second = revised(year_folder)
    assert problems(tmp_path / "returns") == []
    (second / "return.pdf").write_bytes(b"better")
    for folder, name in (
        (tmp_path / "returns", "L0001/2024-25.revisions/2/return.pdf"),
        (tmp_path / "returns" / "L0001", "2024-25.revisions/2/return.pdf"),
        (year_folder, "2024-25.revisions/2/return.pdf"),
        (second, "2024-25.revisions/2/return.pdf"),
    ):
        assert [(kind, name) for kind, name in problems(folder)] == [("altered", name)], folder


def test_a_revision_in_the_place_of_another(year_folder):
    second = revised(year_folder)
    second.rename(second.with_name("3"))
    assert "it is revision 2, in the place of 3" in texts(year_folder)


def test_a_filed_return_that_is_gone(year_folder, tmp_path):
    revised(year_folder)
    year_folder.rename(year_folder.with_name(".2024-25.last"))
    assert problems(tmp_path / "returns") == [("missing", "L0001/2024-25")]
    assert "it was filed; a run was killed, the next one puts it back from .2024-25.last" in texts(tmp_path)


def test_what_no_revision_is_called(year_folder):
    second = revised(year_folder)
    (second.parent / "best").mkdir()
    (second.parent / "1").mkdir()
    (second.parent / ".2.new.77").mkdir()  # a killed run's
    assert problems(year_folder) == [
        ("added", "2024-25.revisions/1"),
        ("added", "2024-25.revisions/best"),
    ]


def test_a_log_whose_return_is_gone(year_folder, tmp_path):
    publish(year_folder, document())
    approve(year_folder)
    shutil.rmtree(year_folder)
    assert problems(tmp_path) == [("missing", "returns/L0001/2024-25")]
    assert "its log is still there" in texts(tmp_path)


def test_a_fingerprint_whose_log_is_gone_is_found_too(year_folder, tmp_path):
    publish(year_folder, document())
    approve(year_folder)
    shutil.rmtree(year_folder)
    log_of(year_folder).unlink()
    assert problems(tmp_path) == [("missing", "returns/L0001/2024-25.acts.jsonl")]


def test_a_log_that_is_gone_with_its_fingerprint_is_missed_where_the_return_lies(year_folder, tmp_path):
    filed(year_folder)
    log_of(year_folder).unlink()
    verify.fingerprint_file(log_of(year_folder)).unlink()
    assert problems(tmp_path) == [("missing", "returns/L0001/2024-25.acts.jsonl")]
    assert [each.kind for each in check_year(year_folder).problems] == ["missing"]
    assert problems(year_folder) == []  # given alone it may be a copy, and its own log is whole


# ------------------------------------------------------------------------------- with Python alone


def alone(*words: str | Path) -> subprocess.CompletedProcess[str]:
    """Run the file by itself: no environment, no site packages, nothing of this project on the path."""
    command = [sys.executable, "-I", "-S", "-W", "error", *map(str, words)]
    return subprocess.run(command, capture_output=True, text=True, check=False, cwd="/", env={})


def test_it_imports_nothing_but_the_standard_library():
    tree = ast.parse(SOURCE.read_text(encoding="utf-8"))
    imported = {
        name.split(".")[0]
        for node in ast.walk(tree)
        for name in (
            [alias.name for alias in node.names]
            if isinstance(node, ast.Import)
            else [node.module or ""]
            if isinstance(node, ast.ImportFrom)
            else []
        )
    }
    assert imported <= set(sys.stdlib_module_names)
    assert not any(isinstance(node, ast.ImportFrom) and node.level for node in ast.walk(tree))


def test_it_can_be_run_by_an_older_python():
    ast.parse(SOURCE.read_text(encoding="utf-8"), feature_version=(3, 9))


def test_an_auditor_runs_the_single_file_on_a_copied_folder(year_folder, tmp_path):
    filed(year_folder)
    script = shutil.copy(SOURCE, tmp_path / "verify.py")
    before = content(tmp_path)
    for folder in (year_folder, year_folder.parent, tmp_path):
        ran = alone(script, folder)
        assert (ran.returncode, ran.stderr) == (0, ""), ran.stdout
        assert ran.stdout.endswith("All is as it was.\n")
        assert "filed on 2025-06-12, reference NROSH-1" in ran.stdout
    assert content(tmp_path) == before  # it only reads
    (year_folder / "return.pdf").write_bytes(b"better")
    ran = alone(script, tmp_path)
    assert ran.returncode == 1
    assert "altered   returns/L0001/2024-25/return.pdf: 6 bytes; " in ran.stdout
    assert ran.stdout.endswith("1 problem found.\n")


def test_it_verifies_a_whole_finished_return_alone(finished: Home):
    ran = alone(SOURCE, finished.path / "returns" / CODE)
    assert ran.returncode == 0, ran.stdout


@pytest.mark.parametrize(
    ("words", "says"),
    [
        ((), "python verify.py FOLDER"),
        (("-h",), "python verify.py FOLDER"),
        (("a", "b", "c"), "python verify.py FOLDER"),
        (("/", "/no/such/archive"), "There is no folder /no/such/archive."),
        (("/no/such/folder",), "There is no folder /no/such/folder."),
    ],
)
def test_wrong_usage_is_said(words, says, capsys):
    assert verify.main(list(words)) == 2
    shown = capsys.readouterr()
    assert says in shown.out + shown.err


def test_a_folder_without_a_return_is_said(tmp_path, capsys):
    assert verify.main([str(tmp_path)]) == 2
    assert f"There is no return in {tmp_path}." in capsys.readouterr().err


def test_a_folder_that_cannot_be_read_is_said(year_folder, monkeypatch, capsys):
    publish(year_folder, document())

    def refuse(path: Path) -> bytes:
        raise PermissionError(13, "Permission denied", str(path))

    monkeypatch.setattr(Path, "read_bytes", refuse)
    assert verify.main([str(year_folder)]) == 2
    assert "manifest.json cannot be read: Permission denied." in capsys.readouterr().err


def test_names_cannot_play_tricks_on_a_screen(year_folder, capsys):
    folder = publish(year_folder, document())
    (folder / "a\x1b[2J\u202e.txt").write_bytes(b"")
    (folder / os.fsdecode(b"\xff")).write_bytes(b"")
    assert verify.main([str(folder)]) == 1
    shown = capsys.readouterr().out
    assert "a\\x1b[2J\\u202e.txt" in shown
    assert "\\udcff" in shown
    assert "\x1b" not in shown


def test_a_figure_set_by_hand_in_the_canonical_form_is_still_another_hash():
    assert canonical({"b": 1, "a": [1.0, "é"]}) == '{"a":[1.0,"é"],"b":1}'.encode()
    assert canonical({"a": 1}) != canonical({"a": 1.0})
