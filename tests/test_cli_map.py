"""`tsm map FILE`: what it prints, what it writes, and that it replaces nothing."""

from __future__ import annotations

from pathlib import Path

import pytest
import yaml
from click.testing import CliRunner, Result

from pipelines.cli_map import map_file
from schemas.errors import InputError
from tests.intake import shapes


@pytest.fixture
def export(tmp_path: Path) -> Path:
    return shapes.csv_file(tmp_path / "jobs.csv", shapes.repairs())


def run(*arguments: str) -> Result:
    return CliRunner().invoke(map_file, arguments)


def test_it_prints_a_mapping(export: Path) -> None:
    result = run(str(export))

    assert result.exit_code == 0
    entry = yaml.safe_load(result.output)["tables"]["repairs"]
    assert entry["files"] == "jobs.csv"
    assert entry["columns"]["repair_id"] == "Job No"
    assert result.output.startswith(
        "# Proposed for jobs.csv: CSV separated by commas, UTF-8, headings in row 1"
    )
    assert list(export.parent.iterdir()) == [export]


def test_the_table_may_be_said(export: Path) -> None:
    result = run(str(export), "--table", "complaints")

    assert result.exit_code == 0
    assert list(yaml.safe_load(result.output)["tables"]) == ["complaints"]


def test_it_writes_a_new_file_and_never_an_old_one(export: Path, tmp_path: Path) -> None:
    out = tmp_path / "sources.yaml"

    result = run(str(export), "--out", str(out))

    assert result.exit_code == 0
    assert "check it" in result.output
    written = out.read_text(encoding="utf-8")
    assert written == run(str(export)).output

    out.write_text("mine", encoding="utf-8")
    result = run(str(export), "--out", str(out))

    assert isinstance(result.exception, InputError)
    assert "nothing was written" in str(result.exception)
    assert out.read_text(encoding="utf-8") == "mine"


def test_a_place_that_cannot_be_written(export: Path, tmp_path: Path) -> None:
    result = run(str(export), "--out", str(tmp_path / "no" / "sources.yaml"))

    assert isinstance(result.exception, InputError)
    assert "cannot be written" in str(result.exception)


@pytest.mark.parametrize("arguments", [("--year", "1999-00"), ("--table", "jobs")])
def test_what_is_wrong_is_said_in_a_sentence(export: Path, arguments: tuple[str, str]) -> None:
    assert isinstance(run(str(export), *arguments).exception, InputError)


def test_a_file_that_is_none_of_ours(tmp_path: Path) -> None:
    path = shapes.csv_file(tmp_path / "x.csv", [["a", "b"], ["1", "2"]])

    result = run(str(path))

    assert isinstance(result.exception, InputError)
    assert "is like none of our tables" in str(result.exception)


def test_the_year_and_the_landlord_say_which_wording_is_looked_for(tmp_path: Path) -> None:
    path = shapes.csv_file(tmp_path / "x.csv", shapes.asked_in_full())

    result = run(str(path), "--year", "2023-24", "--landlord", shapes.LANDLORD)

    assert yaml.safe_load(result.output)["tables"]["survey_responses"]["columns"]["TP01"].startswith(
        "Q4. Taking"
    )
