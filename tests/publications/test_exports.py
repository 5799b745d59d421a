"""CSV, JSON and the workbook: exact, the same bytes every time, and nothing in them runs."""

from __future__ import annotations

import csv
import io
import json
import time
import zipfile

import openpyxl
import pandas as pd
import pytest

from pipelines.publications import figures_csv, findings_csv, nrosh_csv, return_json, return_xlsx
from pipelines.publications.exports import FIGURE_COLUMNS, NROSH_COLUMNS, PRECISION_COLUMNS, harmless
from pipelines.publications.findings import COLUMNS
from tests.publications import document as documents


def read(content: bytes) -> list[dict[str, str]]:
    return list(csv.DictReader(io.StringIO(content.decode("utf-8-sig"), newline="")))


def test_figures_csv_has_a_row_for_each_value(plain):
    rows = read(figures_csv(plain))
    assert tuple(rows[0]) == FIGURE_COLUMNS
    assert len(rows) == len(plain["figures"])
    by_key = {(row["measure"], row["population"]): row for row in rows}
    without_precision = by_key["TP01", "LCHO"] | dict.fromkeys((*PRECISION_COLUMNS, "unit"), "")
    assert without_precision == dict.fromkeys(FIGURE_COLUMNS, "") | {
        "measure": "TP01", "population": "LCHO", "numerator": "98", "denominator": "200", "value": "49.0",
        "status": "reported", "very_satisfied": "40", "fairly_satisfied": "58", "neither": "41",
        "fairly_dissatisfied": "32", "very_dissatisfied": "29", "rules": "2024-25",
    }  # fmt: skip
    assert by_key["CH02_1", "LCRA"]["met_with_extension"] == "4"
    missing = by_key["CH02_2", "LCHO"]
    assert (missing["value"], missing["status"], missing["numerator"]) == ("", "no_cases", "0")
    assert missing["reason"].startswith("No stage two complaint")


def test_precision_is_not_rounded_and_stands_before_the_rules(plain):
    assert (*PRECISION_COLUMNS, "rules") == FIGURE_COLUMNS[-7:]
    rows = read(figures_csv(plain))
    for row, figure in zip(rows, plain["figures"], strict=True):
        for column in PRECISION_COLUMNS:
            assert (None if row[column] == "" else float(row[column])) == figure[column]
    assert any(len(row["ci_low"]) > 10 for row in rows)
    assert {row["se"] for row in rows if not row["measure"].startswith("TP")} == {""}


def test_weighted_counts_keep_their_decimals(plain):
    document = documents.build()
    document["figures"][0] |= {"numerator": 364.25, "denominator": 511.0}
    row = read(figures_csv(document))[0]
    assert (row["numerator"], row["denominator"]) == ("364.25", "511")
    document["nrosh"][1]["value"] = 220.125
    assert read(nrosh_csv(document))[1]["value"] == "220.125"


def test_nrosh_csv_keeps_the_order_of_the_form_and_numbers_as_numbers(plain):
    rows = read(nrosh_csv(plain))
    assert tuple(rows[0]) == NROSH_COLUMNS
    assert [row["datapoint"] for row in rows] == [field["datapoint"] for field in plain["nrosh"]]
    assert [row["value"] for row in rows] == ["https://example.org/tsm", "220", "", "-5"]
    assert rows[3]["note"] == "'=1+1"


def test_findings_csv_is_sorted_and_harmless(plain):
    rows = read(findings_csv(plain, documents.findings()))
    assert tuple(rows[0]) == COLUMNS
    assert [row["finding_id"] for row in rows] == ["REP-006", "REP-006", "HOM-014"]
    assert [row["row"] for row in rows] == ["", "12", "3"]
    assert rows[0]["value"].startswith("'=HYPERLINK")
    assert rows[2]["record_id"] == "'-5"
    assert rows[2]["value"] == ""


def test_missing_cells_of_a_frame_are_empty(plain):
    frame = pd.DataFrame(documents.findings()).astype({"row": "Int64"})
    frame.loc[0, "value"] = pd.NA
    rows = read(findings_csv(plain, frame.to_dict("records")))
    assert [row["row"] for row in rows] == ["", "12", "3"]
    assert rows[1]["value"] == ""


@pytest.mark.parametrize("start", ["=", "+", "-", "@", "\t", "\r", "\n"])
def test_text_that_a_spreadsheet_would_run_gets_an_apostrophe(start):
    assert harmless(f"{start}1") == f"'{start}1"
    assert harmless(f"1{start}") == f"1{start}"


def test_return_json_is_the_document(plain, hostile):
    for document in (plain, hostile):
        content = return_json(document)
        assert json.loads(content) == document
        assert content.endswith(b"}\n")
    assert "Ŵyn café" in return_json(hostile).decode("utf-8")


def test_a_number_that_is_not_finite_is_an_error(plain):
    with pytest.raises(ValueError, match="JSON"):
        return_json(plain | {"stock": {"LCRA": float("nan")}})


@pytest.fixture(scope="module")
def workbook(hostile):
    return openpyxl.load_workbook(io.BytesIO(return_xlsx(hostile, documents.findings())))


def test_the_workbook_has_its_sheets_and_headers(workbook):
    assert workbook.sheetnames == ["Contents", "Figures", "NROSH+", "Findings"]
    for name, columns in (("Figures", FIGURE_COLUMNS), ("NROSH+", NROSH_COLUMNS), ("Findings", COLUMNS)):
        sheet = workbook[name]
        assert tuple(cell.value for cell in sheet[1]) == columns
        assert not sheet.merged_cells.ranges
        assert len(sheet.tables) == 1
    assert workbook.properties.language == "en-GB"


def test_the_workbook_has_the_figures_as_numbers(workbook, hostile):
    rows = list(workbook["Figures"].iter_rows(min_row=2, values_only=True))
    values = {(row[0], row[2]): row[5] for row in rows}
    assert values == {(f["measure"], f["population"]): f["value"] for f in hostile["figures"]}
    assert workbook["Figures"]["F2"].number_format == "0.0"
    assert workbook["NROSH+"]["G5"].value == -5


def test_the_workbook_shows_two_decimals_of_the_precision_and_stores_all(workbook, hostile):
    sheet = workbook["Figures"]
    for column in PRECISION_COLUMNS:
        cells = [row[FIGURE_COLUMNS.index(column)] for row in sheet.iter_rows(min_row=2)]
        assert [cell.value for cell in cells] == [
            None if each[column] is None else pytest.approx(each[column], abs=1e-12)
            for each in hostile["figures"]
        ]
        assert {cell.number_format for cell in cells} == {"0.00"}
        assert sheet.column_dimensions[cells[0].column_letter].width < 20


def test_nothing_in_the_workbook_runs(workbook):
    kinds = {cell.data_type for sheet in workbook for row in sheet.iter_rows() for cell in row}
    assert kinds <= {"s", "inlineStr", "n"}  # "f" would be a formula; an empty cell counts as "n"
    formula = next(cell for cell in workbook["Findings"]["H"] if str(cell.value).startswith("=HYPERLINK"))
    assert formula.data_type == "s"
    assert formula.quotePrefix


def test_the_workbook_has_the_same_bytes_at_another_time(plain):
    first = return_xlsx(plain, documents.findings())
    time.sleep(2.1)  # archives keep times to two seconds
    assert return_xlsx(plain, documents.findings()) == first
    with zipfile.ZipFile(io.BytesIO(first)) as archive:
        assert {entry.date_time[0] for entry in archive.infolist()} == {1980}
        assert b"2025-03-31T00:00:00Z" in archive.read("docProps/core.xml")


def test_a_return_without_findings_still_has_a_workbook(empty):
    workbook = openpyxl.load_workbook(io.BytesIO(return_xlsx(empty, [])))
    assert [cell.value for cell in workbook["Findings"][1]] == list(COLUMNS)
    assert workbook["Findings"].max_row == 1


def test_every_table_says_that_its_rules_are_provisional():
    document = documents.build(provisional=True)
    year = document["edition"]["year"]
    for made in (figures_csv(document), nrosh_csv(document)):
        assert {row["rules"] for row in read(made)} == {f"{year} provisional"}
