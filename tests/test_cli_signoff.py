"""The life of a return as a person lives it: confirmed, approved, changed, filed, revised, verified."""

from __future__ import annotations

import json
import re
import shutil
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pandas as pd
import pytest
from click.testing import CliRunner, Result

from pipelines import cli_signoff
from pipelines.cli import main
from pipelines.publications.pdf import return_html
from pipelines.runs import remake_pages, run_return
from tests.home import CODE, YEAR, Home, undrawn
from tests.publications.pdf_reading import page_texts

DONE, FOUND, WRONG = 0, 1, 2
JO = ("--name", "Jo Bloggs", "--role", "Chief Executive")
BECAUSE = ("--incomplete-because", "The survey is being repeated")
FILED = ("--on", "2025-06-30", "--reference", "NROSH-1", "--name", "Sam Field")


@pytest.fixture(autouse=True)
def _clock(monkeypatch):
    monkeypatch.setattr(cli_signoff, "_now", lambda: datetime(2025, 7, 1, 9, 0, tzinfo=UTC))
    monkeypatch.setattr(cli_signoff.getpass, "getuser", lambda: "sfield")


def tsm(home: Path, *words: str) -> Result:
    return CliRunner().invoke(main, ["--home", str(home), *words])


def said(result: Result) -> str:
    (line,) = [line for line in result.output.splitlines() if line.startswith("tsm: ")]
    return line


def published(folder: Path) -> dict[str, Any]:
    return json.loads((folder / "return.json").read_bytes())


def log_of(home: Home) -> Path:
    return home.outputs.with_name(f"{YEAR}.acts.jsonl")


def drop_a_repair(home: Home) -> None:
    """Take a repair that RP02_1 counts as met out of the landlord's file."""
    ledger = pd.read_parquet(home.outputs / "ledgers" / "RP02_1.parquet")
    record = ledger.loc[ledger["met"], "record_id"].iloc[0]
    table = home.inputs / "repairs.csv"
    lines = table.read_text(encoding="utf-8-sig").splitlines(keepends=True)
    kept = [line for line in lines if f"{record}," not in line]
    assert len(kept) < len(lines)
    table.write_text("".join(kept), encoding="utf-8")


def test_from_draft_to_revision(home: Home):
    draft = home.published()

    # What is lacking is named, and nothing is recorded.
    result = tsm(home.path, "approve", CODE, YEAR, *JO)
    assert result.exit_code == WRONG
    assert re.search(r"sample size is missing; to be confirmed: ASB-042, .*REP-072, ", said(result))
    assert home.published() == draft
    assert not log_of(home).exists()

    # A finding is confirmed; the next run prints it.
    words = ("--by", "Sam Field", "--reason", "Typed late", "--evidence", "Call log 7")
    result = tsm(home.path, "confirm", CODE, YEAR, "REP-072", *words)
    assert result.exit_code == DONE, result.output
    assert re.search(r"^  [0-9a-f]{64}  \(keep it elsewhere", result.output, re.MULTILINE)
    assert home.published() == draft
    (stopped := home.outputs.with_name(f"{YEAR}.findings")).mkdir()  # of a run that was stopped before
    with undrawn():
        run_return(home.path, CODE, YEAR)
    assert not stopped.exists()
    made = published(home.outputs)
    (group,) = [each for each in made["findings"]["groups"] if each["finding_id"] == "REP-072"]
    answer = {"by": "Sam Field", "on": "2025-07-01", "reason": "Typed late", "evidence": "Call log 7"}
    assert group["confirmed"] == answer
    (shown,) = made["confirmations"]
    assert shown["answers"][0]["digest"] == group["digest"]
    assert shown.items() >= {"id": "REP-072", **answer, "source": "tsm confirm", "stands": True}.items()
    assert made["approval"]["standing"] == "none"

    # Approved: the same document, with the approval on its pages, whatever has come to the inputs since.
    drop_a_repair(home)
    result = tsm(home.path, "approve", CODE, YEAR, *JO, *BECAUSE)
    assert result.exit_code == DONE, result.output
    assert "Approved incomplete: The survey is being repeated" in result.output
    approved = published(home.outputs)
    assert approved["status"]["draft"] is False
    assert approved["figures"] == made["figures"]
    pages = page_texts((home.outputs / "return.pdf").read_bytes())
    assert not any("Draft" in page for page in pages)
    assert "Approved by Jo Bloggs, Chief Executive, on 1 July 2025." in pages[0]
    assert "The survey is being repeated" in pages[-1]
    tenants = (home.outputs / "tenants.html").read_text(encoding="utf-8")
    assert "not for publication yet" not in tenants
    index = home.path / "returns" / "index.html"
    assert "Approved by Jo Bloggs, Chief Executive, on 1 July 2025." in index.read_text(encoding="utf-8")
    assert json.loads(log_of(home).read_bytes().splitlines()[1])["account"] == "sfield"
    assert tsm(home.path, "verify", CODE, YEAR).exit_code == DONE

    # Changed: the approval is void, and the cover says by what.
    with undrawn():
        run_return(home.path, CODE, YEAR)
    void = published(home.outputs)
    assert void["status"]["draft"] is True
    assert re.search(r"is void: RP02 \(1\), LCRA changed from \S+( \(.*\))? to ", void["approval"]["text"])
    pages = return_html(void)  # what the PDF is made of
    assert '<strong class="mark">Draft: not signed off' in pages
    assert "is void: RP02 (1), LCRA changed from" in pages
    assert "Nobody has approved the return as it now is" in said(
        tsm(home.path, "submit-record", CODE, YEAR, *FILED)
    )

    # Approved again and filed: the year is locked.
    with undrawn():
        assert tsm(home.path, "approve", CODE, YEAR, *JO, *BECAUSE).exit_code == DONE
    result = tsm(home.path, "submit-record", CODE, YEAR, *FILED)
    assert result.exit_code == DONE, result.output
    filed = home.published()
    with undrawn():
        assert remake_pages(home.path, CODE, YEAR) == home.outputs  # the same again changes nothing
    assert home.published() == filed

    # Another return after that is a revision, with what differs, and the filed one stays.
    drop_a_repair(home)
    result = tsm(home.path, "run", CODE, YEAR)
    assert result.exit_code == DONE, result.output
    second = home.outputs.with_name(f"{YEAR}.revisions") / "2"
    assert str(second / "return.pdf") in result.output
    assert "Revision 2 of the return filed on 30 June 2025 (reference NROSH-1)" in result.output
    assert home.published() == filed
    rows = published(second)["revision"]["differences"]
    assert any(row["part"] == "Figures" and row["what"] == "RP02 (1), LCRA" for row in rows)
    assert any(
        "What changed since filing" in page for page in page_texts((second / "return.pdf").read_bytes())
    )
    assert str(published(second)["figures"]) != str(published(home.outputs)["figures"])
    explained = tsm(home.path, "explain", CODE, YEAR, "RP02_1").output
    (now,) = [each for each in published(second)["figures"] if each["measure"] == "RP02_1"]
    assert explained.startswith(f"Revision 2 of the return of {CODE} for {YEAR}.\n")
    assert f"{now['numerator']} / {now['denominator']}" in explained
    (was,) = [each for each in published(home.outputs)["figures"] if each["measure"] == "RP02_1"]
    explained = tsm(home.path, "explain", CODE, YEAR, "RP02_1", "--revision", "1").output
    assert f"{was['numerator']} / {was['denominator']}" in explained

    # Both can be computed again, each from what it was made of.
    for words, which in ((), "revision 2"), (("--revision", "1"), "the return, filed on 2025-06-30"):
        result = tsm(home.path, "reproduce", CODE, YEAR, *words)
        assert result.exit_code == DONE, result.output
        assert which in result.output.splitlines()[0]

    # All of it verifies, from the product and alone; and what is touched is named.
    result = tsm(home.path, "verify")
    assert result.exit_code == DONE, result.output
    assert "filed on 2025-06-30, reference NROSH-1" in result.output
    (home.outputs / "return.pdf").write_bytes(b"better")
    result = tsm(home.path, "verify", CODE, YEAR)
    assert result.exit_code == FOUND
    assert f"altered   {YEAR}/return.pdf: 6 bytes" in result.output


def test_verify_takes_a_folder_a_year_or_everything(finished: Home, tmp_path):
    copy = tmp_path / "copy"
    shutil.copytree(finished.outputs, copy)
    for words in ((), (CODE, YEAR), (str(finished.outputs),), (str(copy),)):
        result = tsm(finished.path, "verify", *words)
        assert result.exit_code == DONE, result.output
        assert result.output.endswith("All is as it was.\n")
    (copy / "figures.csv").unlink()
    result = tsm(finished.path, "verify", str(copy))
    assert result.exit_code == FOUND
    assert "missing   copy/figures.csv: the manifest names it" in result.output


def test_verify_takes_a_folder_from_where_it_stands(finished: Home, monkeypatch):
    monkeypatch.chdir(finished.outputs)
    result = tsm(finished.path, "verify", ".")
    assert result.exit_code == DONE, result.output


@pytest.mark.parametrize(
    ("words", "names"),
    [
        (["approve", CODE, "2023-24", *JO], "tsm run T0001 2023-24"),
        (["approve", "../x", YEAR, *JO], "../x"),
        (["approve", CODE, "2019-20", *JO], "2019-20"),
        (["approve", CODE, YEAR, "--name", " ", "--role", "Chair"], "--name is blank"),
        (["approve", CODE, YEAR, "--name", "a\nb", "--role", "Chair"], "--name holds a line break"),
        (["submit-record", CODE, YEAR, *FILED], "tsm approve T0001 2024-25"),
        (["submit-record", CODE, "2023-24", *FILED], "tsm run T0001 2023-24"),
        (["confirm", CODE, YEAR, "XYZ-999", "--by", "Jo Bloggs", "--reason", "r"], "those that wait are"),
        (["confirm", CODE, YEAR, "REP-072", "--by", "Jo Bloggs", "--reason", " "], "--reason is blank"),
        (["verify", "L9999", YEAR], "no return to verify"),
        (["verify", "/no/such"], "There is no folder /no/such"),
        (["verify", "a", "b", "c"], "Give a landlord's code and a year"),
    ],
)
def test_wrong_usage_is_one_sentence_and_writes_nothing(finished: Home, words, names):
    before = finished.published()
    result = tsm(finished.path, *words)
    assert result.exit_code == WRONG, result.output
    assert names in said(result)
    assert finished.published() == before
    assert not log_of(finished).exists()


def test_names_and_reasons_must_be_given(finished: Home):
    for words in (["approve", CODE, YEAR], ["confirm", CODE, YEAR, "REP-072"], ["submit-record", CODE, YEAR]):
        result = tsm(finished.path, *words)
        assert result.exit_code == WRONG
        assert "Missing option" in result.output


def test_an_account_without_a_name_is_no_hindrance(monkeypatch):
    def unknown() -> str:
        raise OSError("No username set in the environment")

    monkeypatch.setattr(cli_signoff.getpass, "getuser", unknown)
    assert cli_signoff._account() == ""


def test_a_log_that_was_touched_stops_the_run_and_says_so(home: Home):
    words = ("--by", "Sam Field", "--reason", "Typed late")
    assert tsm(home.path, "confirm", CODE, YEAR, "REP-072", *words).exit_code == DONE
    log_of(home).write_bytes(log_of(home).read_bytes().replace(b"Typed late", b"Typed well"))
    before = home.published()
    result = tsm(home.path, "run", CODE, YEAR)
    assert result.exit_code == WRONG, result.output
    assert "The log of acts beside" in said(result)
    assert home.published() == before
