"""The `tsm` command as a person uses it: words, exit statuses, and nothing half-written."""

from __future__ import annotations

import re
import shutil
from pathlib import Path

import pandas as pd
import pytest
from click.testing import CliRunner, Result

from pipelines.cli import main
from tests.home import CODE, YEAR, Home

DONE, STOPPED, WRONG = 0, 1, 2


def tsm(home: Path, *words: str) -> Result:
    return CliRunner().invoke(main, ["--home", str(home), *words])


def said(result: Result) -> str:
    """Return the one sentence that an error is."""
    (line,) = [line for line in result.output.splitlines() if line.startswith("tsm: ")]
    return line


@pytest.fixture
def new_landlord(tmp_path) -> Path:
    assert tsm(tmp_path, "init", "L1234", YEAR).exit_code == DONE
    return tmp_path


def year_folder(home: Path) -> Path:
    return home / "landlords" / "L1234" / YEAR


def test_init_makes_a_folder_whose_settings_are_in_order(new_landlord):
    folder = year_folder(new_landlord)
    assert {file.suffix for file in folder.iterdir()} == {".csv", ".yaml"}
    assert "L1234" in (folder.parent / "landlord.yaml").read_text(encoding="utf-8")
    # The templates are headings alone: all that is missing is homes.
    result = tsm(new_landlord, "check", "L1234", YEAR)
    assert result.exit_code == STOPPED
    assert set(re.findall(r"[A-Z]{3}-\d{3}", result.output)) == {"FIL-004"}


def test_tables_of_headings_alone_are_a_return_without_cases(new_landlord):
    homes = year_folder(new_landlord) / "homes.csv"
    homes.write_text(homes.read_text(encoding="utf-8-sig").splitlines()[0] + "\n", encoding="utf-8")
    columns = homes.read_text(encoding="utf-8").strip().split(",")
    row = {"home_id": "H1", "tenure": "LCRA", "decent_homes": "meets"}
    with homes.open("a", encoding="utf-8") as file:
        file.write(",".join(row.get(column, "") for column in columns) + "\n")
    result = tsm(new_landlord, "run", "L1234", YEAR)
    assert result.exit_code == DONE, result.output
    assert "No cases" in result.output


def test_init_overwrites_nothing(new_landlord):
    result = tsm(new_landlord, "init", "L1234", YEAR)
    assert (result.exit_code, "already" in said(result)) == (WRONG, True)


@pytest.mark.parametrize(
    ("words", "names"),
    [
        (["run", "L9999", YEAR], "L9999"),
        (["check", "L9999", YEAR], "L9999"),
        (["run", "L1234", "2019-20"], "2019-20"),
        (["run", "L1234", "next year"], "next year"),
        (["run", "L1234", "2025-26"], "2025-26"),
        (["check", "L1234", "2025-26"], "2025-26"),
        (["run", "../../etc", YEAR], "../../etc"),
        (["init", "..\\x", YEAR], "..\\x"),
        (["init", "L" * 300, YEAR], "landlord code"),
        (["explain", "../x", YEAR, "TP01"], "../x"),
        (["explain", "L1234", YEAR, "TP01"], "tsm run L1234"),
        (["explain", "L1234", YEAR, "TP99"], "TP99"),
        (["rulebook", "diff", "2023-24", "1999-00"], "1999-00"),
        (["run"], "--all"),
        (["run", "--all", "2026-27"], "2026-27"),
        (["run", "--all", "2019-20"], "2019-20"),
    ],
)
def test_wrong_usage_is_one_sentence_and_writes_nothing(new_landlord, words, names):
    before = sorted(new_landlord.rglob("*"))
    result = tsm(new_landlord, *words)
    assert result.exit_code == WRONG, result.output
    assert names in said(result)
    assert sorted(new_landlord.rglob("*")) == before


@pytest.mark.parametrize(
    ("file", "text", "names"),
    [
        ("year.yaml", "reporting_year: [", "year.yaml"),
        ("year.yaml", "reporting_year: 2023-24\n", "2023-24"),
        ("year.yaml", f"reporting_year: {YEAR}\nsettings: {{complaint_test: maybe}}\n", "complaint_test"),
        ("year.yaml", f"reporting_year: {YEAR}\nsettings: {{complaint_tset: total}}\n", "complaint_tset"),
        (
            "year.yaml",
            f"reporting_year: {YEAR}\n"
            "confirmations: [{id: REP-504, by: Jo Bloggs, on: 2099-01-01, reason: so}]\n",
            "2099-01-01, which is to come",
        ),
        ("../landlord.yaml", "code: L9999\nname: Another\ntype: PRP\n", "L9999"),
        ("../landlord.yaml", "name: Without a code\n", "code"),
    ],
)
@pytest.mark.parametrize("command", ["check", "run"])
def test_a_settings_file_that_cannot_be_used(new_landlord, command, file, text, names):
    (year_folder(new_landlord) / file).write_text(text, encoding="utf-8")
    result = tsm(new_landlord, command, "L1234", YEAR)
    assert result.exit_code == WRONG, result.output
    assert names in said(result)
    assert not (new_landlord / "returns").exists()


def spoil(home: Home, how: str) -> None:
    table = home.inputs / "asb_cases.csv"
    if how == "missing":
        table.unlink()
    elif how == "empty":
        table.write_bytes(b"")
    elif how == "two files":
        shutil.copy(table, home.inputs / "asb_cases.xlsx")
    elif how == "no column":
        table.write_text(table.read_text(encoding="utf-8").replace("hate_incident", "hate"), encoding="utf-8")


@pytest.mark.parametrize(
    ("how", "rule"),
    [("missing", "FIL-001"), ("empty", "FIL-003"), ("two files", "FIL-002"), ("no column", "FIL-005")],
)
def test_a_stop_finding_ends_with_one_and_is_listed(home, how, rule):
    before = home.published()
    spoil(home, how)
    checked = home.path / "checked"
    commands = [("check", CODE, YEAR, "-o", str(checked))]
    commands += [("run", CODE, YEAR)] if how == "two files" else []  # the gate is one for all of them
    for words in commands:
        result = tsm(home.path, *words)
        assert result.exit_code == STOPPED, result.output
        assert rule in result.output
        assert ("The return is not validated" in result.output) == (words[0] == "check")
    assert home.published() == before
    # Whoever puts it right has the findings with their cells, beside the return that stays.
    written = home.outputs.with_name(f"{YEAR}.findings")
    assert written.exists() == (len(commands) > 1)
    for folder in (written, checked)[2 - len(commands) :]:
        assert len(commands) == 1 or f"cells marked: {written / 'findings.html'}" in result.output
        assert {each.name for each in folder.iterdir()} == {
            f"findings.{kind}" for kind in ("csv", "html", "xlsx")
        }
        page = (folder / "findings.html").read_text(encoding="utf-8")
        assert "The return is withheld: 1 matter must be put right first." in page
        (stop,) = [line for line in csv_rows(folder / "findings.csv") if line["grade"] == "stop"]
        assert stop["finding_id"] == rule
        sheet = pd.read_excel(folder / "findings.xlsx", sheet_name=None, engine="calamine")
        assert {"Contents", "Findings", "Each finding"} <= set(sheet)


def csv_rows(file: Path) -> list[dict[str, str]]:
    return pd.read_csv(file, dtype="str", keep_default_na=False).to_dict("records")


def test_check_shows_groups_first_then_each(finished, tmp_path):
    result = tsm(finished.path, "check", CODE, YEAR, "-o", str(tmp_path / "new" / "folder"))
    assert result.exit_code == DONE
    shown = csv_rows(tmp_path / "new" / "folder" / "findings.csv")
    published = csv_rows(finished.outputs / "findings.csv")
    assert shown == [line for line in published if line["table"] != "return"]
    page = (tmp_path / "new" / "folder" / "findings.html").read_text(encoding="utf-8")
    assert "The figure that could move furthest: " in page
    assert "withheld" not in page
    assert not finished.outputs.with_name(f"{YEAR}.findings").exists()
    groups, _, each = result.output.partition("\n\n")
    assert "touches" in groups
    # The return itself is validated too, without being made.
    assert re.search(r"^\d+ of the return's 24 validations passed", each, re.MULTILINE)
    assert re.search(r"^CONFIRM +REP-072 +\d+  repairs:", groups, re.MULTILINE)
    assert re.search(r"^confirm +REP-072 +repairs.csv row \d+  reported_at is ", each, re.MULTILINE)


def test_explain_shows_the_arithmetic_the_exclusions_and_the_rows(finished):
    result = tsm(finished.path, "explain", CODE, YEAR, "RP02_1", "--rows", "missed")
    assert result.exit_code == DONE
    figures = (finished.outputs / "figures.csv").read_text(encoding="utf-8").splitlines()
    (row,) = [line.split(",") for line in figures if line.startswith("RP02_1,")]
    numerator, denominator, value = row[3:6]
    assert f"{numerator} / {denominator} x 100 = {value}%" in result.output
    missed = int(denominator) - int(numerator)
    assert re.search(rf"^ +{missed:,}  denominator +out_of_target: ", result.output, re.MULTILINE)
    assert re.search(r"^ +\d+  outside +cancelled: ", result.output, re.MULTILINE)
    assert f"{missed:,} records missed:" in result.output
    assert tsm(finished.path, "explain", CODE, YEAR, "rp02_1", "--rows", "missed").output == result.output


def test_explain_shows_what_responses_weigh(finished):
    result = tsm(finished.path, "explain", CODE, YEAR, "TP01")
    figures = pd.read_csv(finished.outputs / "figures.csv", dtype="str").set_index(["measure", "population"])
    row = figures.loc[("TP01", "LCRA")]
    assert f"LCRA: {row['numerator']} / {row['denominator']} x 100 = {row['value']}%" in result.output
    lines = pd.read_parquet(finished.outputs / "ledgers" / "TP01.parquet")
    positive = lines[lines["reason"] == "positive"]
    shown = rf"^ +{len(positive)} \({positive['weight'].astype(float).sum():.1f} weighted\) +numerator and"
    assert re.search(shown, result.output, re.MULTILINE)
    assert f"unweighted {float(row['unweighted_value']):.1f}%" in result.output


def test_explain_gives_all_rows_as_csv(finished):
    result = tsm(finished.path, "explain", CODE, YEAR, "TP01", "--rows", "met", "--csv")
    header, *rows = result.output.strip().splitlines()
    assert header.startswith("record_type,record_id,source_row")
    assert rows
    assert all(",positive," in row for row in rows)


def test_all_landlords_of_a_year_run_in_a_pool(home):
    stopped = home.path / "landlords" / "T0002"
    shutil.copytree(home.path / "landlords" / CODE, stopped)
    settings = stopped / "landlord.yaml"
    settings.write_text(settings.read_text(encoding="utf-8").replace(CODE, "T0002"), encoding="utf-8")
    (stopped / YEAR / "homes.csv").unlink()
    result = tsm(home.path, "run", "--all", YEAR, "--workers", "2")
    assert result.exit_code == STOPPED, result.output
    assert f"{CODE} {YEAR}: done" in result.output
    assert "FIL-001" in result.output
    assert "1 of 2 returns were not made" in result.output


def test_the_rulebook_says_what_changed():
    result = CliRunner().invoke(main, ["rulebook", "diff", "2023-24", "2024-25"])
    assert result.exit_code == DONE
    assert "complaint_test" in result.output


def test_the_sample_says_that_it_is_synthetic(tmp_path):
    sizes = ["--repairs", "200", "--homes", "500", "--responses", "100"]
    result = tsm(tmp_path, "sample", "--code", "T0009", *sizes)
    assert result.exit_code == DONE, result.output
    assert (
        "synthetic"
        in (tmp_path / "landlords" / "T0009" / "landlord.yaml").read_text(encoding="utf-8").lower()
    )
