"""The sample written once more: what somebody changed stays, what another release wrote gives way."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path

import openpyxl
import pandas as pd
import pytest
from click.testing import CliRunner

from pipelines import cli
from pipelines.sample import SampleSpec, again, write_sample
from pipelines.sample.again import write_sample_again
from schemas.errors import InputError

SMALL = SampleSpec(
    code="S1", years=("2024-25",), lcra_homes=500, lcho_homes=0, repairs=100, responses=100, complaints=60
)


@pytest.fixture
def home(tmp_path: Path) -> Path:
    write_sample_again(tmp_path, SMALL)
    return tmp_path


def contents(home: Path) -> dict[str, bytes]:
    folder = home / "landlords"
    return {file.name: file.read_bytes() for file in folder.rglob("*") if file.is_file()}


def test_twice_is_as_once(home, tmp_path_factory):
    once = contents(home)
    write_sample(other := tmp_path_factory.mktemp("other"), SMALL)
    assert once == contents(other)
    write_sample_again(home, SMALL)
    assert contents(home) == once


@pytest.mark.parametrize("name", ["repairs.csv", "year.yaml", "complaints.xlsx", "safety_checks.parquet"])
def test_a_file_that_somebody_changed_is_not_written_over(home, name):
    file = home / "landlords" / "S1" / "2024-25" / name
    if name.endswith("xlsx"):
        book = openpyxl.load_workbook(file)
        book.active["A2"] = "changed"
        book.save(file)
    elif name.endswith("parquet"):
        pd.read_parquet(file).iloc[1:].to_parquet(file, index=False)
    else:
        file.write_bytes(file.read_bytes() + b"\n")
    (home / "landlords" / "S1" / "README.md").unlink()
    before = contents(home)
    with pytest.raises(InputError, match=rf"{name} is not as the sample has it .* another --home, or remove"):
        write_sample_again(home, SMALL)
    assert contents(home) == before


def test_several_are_counted_and_a_file_that_cannot_be_read_was_changed(home):
    for name in ("complaints.xlsx", "homes.csv"):
        (home / "landlords" / "S1" / "2024-25" / name).write_bytes(b"mine")
    with pytest.raises(InputError, match=r" \(and 1 more\) is not as the sample has it"):
        write_sample_again(home, SMALL)


def test_other_bytes_of_the_same_table_are_the_same(home):
    """As another version of the libraries writes them."""
    folder = home / "landlords" / "S1" / "2024-25"
    book = openpyxl.load_workbook(folder / "complaints.xlsx")
    book.save(folder / "complaints.xlsx")
    before = contents(home)
    write_sample_again(home, SMALL)
    assert contents(home) == before


def test_what_another_release_wrote_gives_way(home):
    """As if the generator had been changed since: nobody touched the files that it wrote."""
    before = contents(home)
    write_sample_again(home, replace(SMALL, seed=2))
    assert contents(home)["repairs.csv"] != before["repairs.csv"]
    (home / "store" / "sample" / "S1.json").write_text(json.dumps([]), encoding="utf-8")
    with pytest.raises(InputError, match="is not as the sample has it"):  # whose they are is not known
        write_sample_again(home, SMALL)


def test_the_demo_keeps_what_was_changed(home, monkeypatch):
    monkeypatch.setattr(again, "SampleSpec", lambda: SMALL)
    file = home / "landlords" / "S1" / "2024-25" / "year.yaml"
    file.write_text("changed", encoding="utf-8")
    result = CliRunner().invoke(cli.main, ["--home", str(home), "demo"])
    assert result.exit_code == 2
    assert f"tsm: {file} is not as the sample has it" in result.output
    assert file.read_text(encoding="utf-8") == "changed"
