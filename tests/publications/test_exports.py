"""CSV and JSON: exact, the same bytes every time, and nothing in them runs."""

from __future__ import annotations

import csv
import io
import json

import pandas as pd
import pytest

from pipelines.publications import figures_csv, findings_csv, nrosh_csv, return_json
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


def test_a_rate_is_entered_with_its_decimal_and_a_number_below_zero_stays_one(plain):
    document = documents.build()
    document["nrosh"][1] |= {"type": "percent", "value": 64.0}
    document["nrosh"][3] |= {"type": "per_1000", "value": -5}
    assert [row["value"] for row in read(nrosh_csv(document))][1::2] == ["64.0", "-5.0"]


def test_files_that_people_open_have_a_byte_order_mark_and_all_lines_end_alike(plain):
    found = findings_csv(plain, documents.findings())
    assert nrosh_csv(plain).startswith(b"\xef\xbb\xbf")
    assert found.startswith(b"\xef\xbb\xbf")
    assert figures_csv(plain).startswith(b"measure,")
    for content in (nrosh_csv(plain), figures_csv(plain)):
        assert content.endswith(b"\r\n")
        assert content.count(b"\n") == content.count(b"\r\n")


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


@pytest.mark.parametrize("start", [*"=+-@\t\r\n", "\uff1d", "\uff0b", "\uff0d", "\uff20"])
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


def test_every_table_says_that_its_rules_are_provisional():
    document = documents.build(provisional=True)
    year = document["edition"]["year"]
    for made in (figures_csv(document), nrosh_csv(document)):
        assert {row["rules"] for row in read(made)} == {f"{year} provisional"}
