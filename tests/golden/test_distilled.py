"""The distilled figures are those of the regulator's workbook, where it is at hand."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from tests.golden import distil

HERE = Path(__file__).parent
SOURCE = HERE.parents[2] / "shared" / "rsh"


@pytest.fixture(scope="module")
def workbook() -> Path:
    path = SOURCE / distil.WORKBOOK
    if not path.exists():
        pytest.skip(f"the regulator's workbook is not at {path}")
    return path


def test_the_landlords_are_the_workbooks(workbook):
    kept = json.loads((HERE / f"landlords_{distil.YEAR}.json").read_text(encoding="utf-8"))["landlords"]
    landlords = distil.read_landlords(workbook)
    assert [entry["code"] for entry in kept] == list(distil.LANDLORDS)
    assert kept == [{**distil.LANDLORDS[entry["code"]], **landlords[entry["code"]]} for entry in kept]


def test_the_cases_are_the_workbooks(workbook, tmp_path):
    distil.write_cases(SOURCE / distil.CASES, tmp_path / "cases.csv")
    kept = (HERE / f"published_{distil.YEAR}.csv").read_bytes()
    assert (tmp_path / "cases.csv").read_bytes() == kept


def test_the_rows_are_the_workbooks(workbook, tmp_path):
    distil.write_rows(workbook, tmp_path)
    for path in sorted((HERE / f"rows_{distil.YEAR}").glob("*.csv")):
        assert (tmp_path / path.name).read_bytes() == path.read_bytes()


def test_markers_are_not_numbers():
    cells = [3.0, 12.5, "[X]", "[Z]", "", None]
    assert [distil.number(cell) for cell in cells] == ["3", "12.5", None, None, None, None]
