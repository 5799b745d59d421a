"""A published return computed again from what was kept of its time, and what is said where it differs."""

from __future__ import annotations

import json
import re
import shutil
import subprocess
import sys
from pathlib import Path

import pandas as pd
import pytest
from click.testing import CliRunner, Result

from pipelines.assurance import compute, reproduce, verify
from pipelines.cli import main
from schemas.rulebook import edition_as_kept, edition_of
from tests.home import CODE, YEAR, Home

SAME, DIFFERENT, WRONG = 0, 1, 2


def tsm(home: Home, *words: str) -> Result:
    return CliRunner().invoke(main, ["--home", str(home.path), *words])


def archived(home: Home, received: str) -> Path:
    """Return where the archive keeps the file that was received under that name."""
    kept = json.loads((home.outputs / "manifest.json").read_bytes())["kept"]
    (line,) = [each for each in kept if each["received"] == received]
    return home.path / "store" / "archive" / CODE / line["sha256"]


def test_the_figures_come_out_again_when_the_landlords_folder_is_gone(home: Home):
    shutil.rmtree(home.path / "landlords")
    shutil.rmtree(home.path / "store" / "received")
    before = {file: file.read_bytes() for file in home.path.rglob("*") if file.is_file()}
    result = tsm(home, "reproduce", CODE, YEAR)
    assert result.exit_code == SAME, result.output
    assert re.search(
        r"^All \d\d figures are as they were published, counts and values\.$", result.output, re.M
    )
    assert "which has not changed since" in result.output
    assert {file: file.read_bytes() for file in home.path.rglob("*") if file.is_file()} == before


def test_a_file_that_is_lost_or_altered_is_named_with_the_figures_that_rest_on_it(home: Home):
    archived(home, "asb_cases").unlink()
    complaints = archived(home, "complaints")
    complaints.write_bytes(complaints.read_bytes()[:-1])
    result = tsm(home, "reproduce", CODE, YEAR)
    assert result.exit_code == DIFFERENT, result.output
    assert f"{CODE}/{YEAR}/asb_cases.csv (asb_cases) is missing from the archive." in result.output
    assert f"{CODE}/{YEAR}/complaints.xlsx (complaints) was altered in the archive." in result.output
    differing = re.findall(r"^(\w\w\d\d).*: published .*, computed again ", result.output, re.M)
    assert set(differing) == {"NM01", "CH01", "CH02"}
    assert "It rests on asb_cases, which could not be read as it was." in result.output


def test_without_the_settings_of_the_time_it_says_so(home: Home):
    for file in home.path.glob("store/archive/*/*"):
        if b"reporting_year" in file.read_bytes()[:200]:
            file.unlink()
    result = tsm(home, "reproduce", CODE, YEAR)
    assert result.exit_code == WRONG
    assert "year.yaml (settings) is missing from the archive" in result.output


def test_a_figure_that_was_altered_in_the_published_return_is_found_out(home: Home):
    document = json.loads((home.outputs / "return.json").read_bytes())
    (figure,) = [each for each in document["figures"] if each["measure"] == "RP02_1"]
    was = f"({figure['numerator']} of {figure['denominator']})"
    figure["numerator"] += 1
    (home.outputs / "return.json").write_text(json.dumps(document), encoding="utf-8")
    result = tsm(home, "reproduce", CODE, YEAR)
    assert result.exit_code == DIFFERENT, result.output
    assert re.search(
        rf"^RP02 \(1\), LCRA: published .*, computed again .*{re.escape(was)}$", result.output, re.M
    )
    assert "the figure is not its tally" in result.output
    assert f"The published {YEAR}/return.json is not as it was made" in result.output
    assert "1 of " in result.output


def test_records_that_the_code_counts_otherwise_are_named(finished: Home, monkeypatch):
    def another(inputs: object, measure: object) -> pd.DataFrame:
        lines = original(inputs, measure)  # type: ignore[arg-type]
        if measure.key == "RP02_1":  # type: ignore[attr-defined]
            first = lines.index[lines["met"]][0]
            lines.loc[first, ["met", "reason"]] = [False, "out_of_target"]
            moved.append(lines.loc[first, "record_id"])
        return lines

    original, moved = compute.classify, []
    monkeypatch.setattr(compute, "classify", another)
    monkeypatch.setattr(reproduce, "version", lambda name: "0.0.0" if name == "pandas" else real(name))
    result = tsm(finished, "reproduce", CODE, YEAR)
    assert result.exit_code == DIFFERENT, result.output
    assert f"{moved[0]}: counted, met (in_target, LCRA), now counted (out_of_target, LCRA)" in result.output
    assert re.search(r"^  pandas was version [0-9.]+, is 0\.0\.0\.$", result.output, re.M)
    assert "1 of " in result.output


real = reproduce.version


def test_a_changed_edition_is_shown_and_the_one_of_the_time_computes(finished: Home, monkeypatch):
    """As if the rulebook had been corrected since: the code's edition of the year is another."""
    kept = json.loads(edition_as_kept(YEAR))
    kept["edition"]["settings"]["complaint_test"]["default"] = "total"
    now = json.dumps(kept).encode()
    monkeypatch.setattr(reproduce, "edition_as_kept", lambda year: now)
    monkeypatch.setattr(compute, "load_edition", lambda year: edition_of(now, year)[0])
    result = tsm(finished, "reproduce", CODE, YEAR)
    assert result.exit_code == SAME, result.output
    assert "of the rules as it was then" in result.output
    assert f"Rulebook {YEAR} then to {YEAR} today: 1 change" in result.output
    assert "strict → total" in result.output
    assert "Today's edition would give" in result.output


def test_what_cannot_be_computed_again_is_one_sentence(home: Home):
    manifest = home.outputs / "manifest.json"
    document = json.loads((home.outputs / "return.json").read_bytes())
    del document["provenance"]["kept"]
    (home.outputs / "return.json").write_text(json.dumps(document), encoding="utf-8")
    assert "before its inputs were kept" in tsm(home, "reproduce", CODE, YEAR).output
    manifest.unlink()
    for words in ((CODE, YEAR), (CODE, YEAR, "--revision", "2"), ("../x", YEAR), (CODE, "last")):
        result = tsm(home, "reproduce", *words)
        assert (result.exit_code, result.output.count("tsm: ")) == (WRONG, 1), result.output


@pytest.mark.parametrize("alone", [True, False])
def test_verify_names_what_the_archive_lost(home: Home, alone: bool):
    def verified(where: Path) -> str:
        if not alone:
            return tsm(home, "verify", *([] if where == home.path else [str(where)])).output
        words = [sys.executable, "-I", verify.__file__, str(where)]
        return subprocess.run(words, capture_output=True, text=True, check=False).stdout

    assert verified(home.path).endswith("All is as it was.\n")
    assert "made of " in verified(home.outputs)
    repairs = archived(home, "repairs")
    repairs.write_bytes(b"x" + repairs.read_bytes()[1:])
    archived(home, "homes").unlink()
    for where in (home.path, home.outputs):
        report = verified(where)
        assert f"(repairs: {CODE}/{YEAR}/repairs.csv): other content" in report
        assert f"missing   archive/{CODE}/" in report
        assert f"(homes: {CODE}/{YEAR}/homes.csv)" in report
        assert "2 problems found." in report
    shutil.rmtree(home.path / "store" / "archive")
    assert "missing   archive" in verified(home.path)
    # A copy of the returns alone says that the inputs are elsewhere.
    copy = home.path.parent / "copy"
    shutil.copytree(home.path / "returns", copy)
    report = verified(copy)
    assert "are not here" in report
    assert report.endswith("All is as it was.\n")
