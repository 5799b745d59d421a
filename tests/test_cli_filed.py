"""`tsm check-filed`: a return that was filed elsewhere, an entry sheet or RSH's workbook."""

from __future__ import annotations

import csv
import io

import pytest
from click.testing import CliRunner

from pipelines.cli import main
from pipelines.publications.exports import nrosh_csv
from pipelines.statutory.filed import read_entry_sheet, validate_filed
from schemas.errors import InputError
from tests.statutory.builders import document

SHEET = nrosh_csv(document())


def changed(**values: str) -> bytes:
    """The entry sheet with other values in some fields, as a person typed them."""
    rows = list(csv.DictReader(io.StringIO(SHEET.decode("utf-8-sig"))))
    for row in rows:
        row["value"] = values.get(row["field"], row["value"])
    out = io.StringIO()
    writer = csv.DictWriter(out, rows[0].keys())
    writer.writeheader()
    writer.writerows(rows)
    return out.getvalue().encode()


def run(tmp_path, data: bytes, *arguments: str):
    file = tmp_path / "filed.csv"
    file.write_bytes(data)
    return CliRunner().invoke(main, ["check-filed", str(file), "--year", "2024-25", *arguments])


def test_our_own_entry_sheet_read_back_breaks_no_hard_rule(tmp_path):
    outcomes = {each.validation.id: each for each in validate_filed(read_entry_sheet(SHEET, "2024-25"))}
    assert not [each for each in outcomes.values() if each.outcome == "failed"]
    # The sheet has all that these compare; and what it has not (stated margins, statistics) is not compared.
    for rule in ("VAL-01", "VAL-02", "VAL-03", "VAL-05", "VAL-06", "VAL-07", "VAL-09", "VAL-13", "VAL-18"):
        assert outcomes[rule].comparisons, rule
    assert outcomes["VAL-20"].comparisons == 0
    done = run(tmp_path, SHEET)
    assert done.exit_code == 0, done.output
    assert "validations passed." in done.output


def test_what_a_spreadsheet_got_wrong_is_named_with_its_remedy(tmp_path):
    done = run(tmp_path, changed(CH02_1_Denominator_LCRA="3000", Responses_Telephone_a="9"))
    assert done.exit_code == 1
    assert "FAILED  VAL-22" in done.output
    assert "CH02 (1) LCRA is over 3,000 complaints, the landlord owned 3,000 homes." in done.output
    assert "enter those, not the homes owned" in done.output
    assert "FAILED  VAL-01" in done.output


@pytest.mark.parametrize(
    ("data", "year", "problem"),
    [
        (b"a,b\n1,2\n", "2024-25", "has no column datapoint"),
        (b"", "2024-25", "has no column"),
        (b"\xff\xfe\x00", "2024-25", "not CSV in UTF-8"),
        (SHEET, "2023-24", "has no field"),
    ],
)
def test_another_file_is_refused_in_a_sentence(data, year, problem):
    with pytest.raises(InputError, match=problem):
        read_entry_sheet(data, year)


def test_an_unknown_landlord_and_a_missing_file_are_refused(tmp_path):
    assert run(tmp_path, SHEET, "L9999").exit_code == 2
    assert CliRunner().invoke(main, ["check-filed", str(tmp_path / "none.csv")]).exit_code == 2
