"""`tsm check-filed`: a return that was filed elsewhere, an entry sheet or RSH's workbook."""

from __future__ import annotations

import csv
import io

import pytest
from click.testing import CliRunner

from pipelines.cli import main
from pipelines.publications.exports import nrosh_csv
from pipelines.statutory.filed import (
    Filed,
    filed_document,
    read_entry_sheet,
    read_filed,
    validate_filed,
)
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
    return CliRunner().invoke(main, ["check-filed", str(file), *arguments])


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
    ("field", "text", "expected"),
    [
        ("NM01_1_Denominator", "4100 homes", "a whole number such as 2700 is expected"),
        ("TP01_VS_LCRA", "abc", "a number such as 2700 is expected"),
        ("Responses_Telephone_a", "121x", "a whole number such as 2700 is expected"),
        ("Responses_Telephone_a", "12.5", "a whole number such as 2700 is expected"),
        ("NM01_1_Numerator", "-5", "a whole number such as 2700 is expected"),
        ("NM01_1_Numerator", "90%", "a whole number such as 2700 is expected"),
        ("NM01_1_Calculated_Value", "about 22", "a rate such as 35.7 is expected"),
        ("RP01_Calculated_Value", "n/a", "a percentage such as 71.2 is expected"),
        ("BS05_Applies", "none", "Yes or No is expected"),
        ("Census_or_Sample_a", "both", "Census or Sample is expected"),
    ],
)
def test_what_cannot_be_read_is_refused_by_row_and_datapoint(tmp_path, field, text, expected):
    rows = list(csv.DictReader(io.StringIO(SHEET.decode("utf-8-sig"))))
    at, row = next((at, row) for at, row in enumerate(rows, start=2) if row["field"] == field)
    done = run(tmp_path, changed(**{field: text}))
    assert done.exit_code == 2
    where = f"{row['datapoint']}, {row['section']} {row['question']}"
    assert f'Row {at}: {field} ({where}) is "{text}", where {expected}' in " ".join(done.output.split())


def test_numbers_as_people_type_them_are_read(tmp_path):
    assert run(tmp_path, changed(NM01_1_Denominator=" 4,100 ", RP01_Calculated_Value="0.8%")).exit_code == 0
    done = run(tmp_path, changed(NM01_1_Denominator="4,200", Census_or_Sample_a="SAMPLE"))
    assert done.exit_code == 1
    assert "The denominator of NM01 (1) is 4,200, the denominator of NM01 (2) is 4,100." in done.output
    # A count of a figure that is no whole number is a breach, not a sheet that cannot be read.
    assert "FAILED  VAL-11" in run(tmp_path, changed(NM01_1_Numerator="90.5")).output


def lines_of(data: bytes, first: int, last: int) -> bytes:
    return b"".join(data.splitlines(keepends=True)[first:last])


@pytest.mark.parametrize(
    ("data", "problem"),
    [
        (lines_of(SHEET, 0, 5), r"lacks 445 of the 449 fields of the form of 2024-25: .* and 442 more\."),
        (lines_of(SHEET, 0, 1) + lines_of(SHEET, 3, 500), r"lacks 2 .*: External_contractor_a \(Section1a"),
        (SHEET + lines_of(SHEET, 7, 8), "Row 451: .* stands there a second time"),
        (changed(**dict.fromkeys((line.split(b",")[3].decode() for line in SHEET.splitlines()), "")),
         "No number stands in the column value"),
    ],
)  # fmt: skip
def test_a_sheet_that_is_not_whole_is_refused(data, problem):
    with pytest.raises(InputError, match=problem):
        read_entry_sheet(data, "2024-25")


def test_empty_rows_of_a_spreadsheet_are_passed_over():
    empty = b"," * SHEET.splitlines()[0].count(b",") + b"\r\n"
    assert read_entry_sheet(SHEET + empty, "2024-25") == read_entry_sheet(SHEET, "2024-25")


@pytest.mark.parametrize(
    ("values", "told"),
    [
        ({"NM01_1_Denominator": ""}, "NM01 (1): the value is 22.0, its numerator or denominator is blank."),
        ({"NM01_1_Numerator": ""}, "NM01 (1): the value is 22.0, its numerator or denominator is blank."),
        ({"NM01_1_Numerator": "", "NM01_1_Calculated_Value": "0"}, "NM01 (1): the value is 0.0, its numer"),
        ({"NM01_1_Denominator": "0"}, "NM01 (1): the value is 22.0, its denominator is 0."),
        ({"BS01_Numerator": "", "BS01_Denominator": "", "BS01_Calculated_Value": ""},
         "BS01 applies, with no counts."),
        ({"Total_sample_size_a": ""}, "LCRA: methods add up to 540, all responses are 0."),
    ],
)  # fmt: skip
def test_a_count_left_blank_is_a_breach(tmp_path, values, told):
    done = run(tmp_path, changed(**values), "--all-breaches")
    assert done.exit_code == 1
    assert told in done.output


def test_validations_that_had_nothing_to_compare_are_counted(tmp_path):
    done = run(tmp_path, SHEET)
    idle = [each for each in validate_filed(read_entry_sheet(SHEET, "2024-25")) if not each.comparisons]
    assert f"Of these, {len(idle)} had nothing to compare." in done.output


def test_a_survey_that_was_not_done_is_not_compared():
    form = {each["field"]: "" for each in csv.DictReader(io.StringIO(SHEET.decode("utf-8-sig")))}
    filed = read_entry_sheet(changed(**{key: "" for key in form if key.endswith("_b")}), "2024-25")
    assert [each["population"] for each in filed_document(filed)["survey"]] == ["LCRA"]


@pytest.mark.parametrize(
    ("value", "told"),
    [
        ("21.1463414634", "NM01 (1): the value is 21.1, its counts give 22.0."),
        ("21.9512195121", None),
        ("22.0131951219", "NM01 (1): the value is 22.01, its counts give 21.95."),
    ],
)
def test_a_value_is_shown_with_as_many_decimals_as_tell_it_from_its_counts(tmp_path, value, told):
    done = run(tmp_path, changed(NM01_1_Calculated_Value=value))
    assert (told is None) == ("VAL-09" not in done.output)
    assert told is None or told in done.output


def test_a_value_beside_its_peers_is_shown_with_one_decimal_or_what_tells_it_apart():
    def told(value: str) -> str:
        outcomes = validate_filed(read_entry_sheet(changed(BS02_Calculated_Value=value)))
        plausible = next(each for each in outcomes if each.validation.id == "VAL-17")
        return next(each.message for each in plausible.breaches if each.message.startswith("BS02"))

    assert told("40.401146131805156").startswith("BS02: 40.4; 10th to 90th percentile")
    end = told("40.4").split(": ")[2].split(" to ")[0]
    just_below = f"{float(end) - 0.004:.3f}"
    assert told(just_below).startswith(f"BS02: {just_below}; 10th to 90th percentile")


def without_year(data: bytes) -> bytes:
    return data.replace(b",2024-25\r", b",\r")


@pytest.mark.parametrize(
    ("data", "year", "problem"),
    [
        (b"a,b\n1,2\n", "2024-25", "has no column datapoint"),
        (b"", "2024-25", "has no column"),
        (b"\xff\xfe\x00", "2024-25", "not CSV in UTF-8"),
        (without_year(SHEET), "2023-24", "has no field"),
        (SHEET, "2023-24", "is of 2024-25, --year says 2023-24: leave --year out"),
        (without_year(SHEET), None, "does not say of which year it is: give --year, one of 2023-24"),
        (SHEET.replace(b",2024-25\r", b",2025-26\r", 1), None, r"several years \(2024-25, 2025-26\)"),
        (SHEET.replace(b",2024-25\r", b",2019-20\r"), None, "no rulebook for '2019-20'"),
    ],
)
def test_another_file_is_refused_in_a_sentence(data, year, problem):
    with pytest.raises(InputError, match=problem):
        read_entry_sheet(data, year)


def test_the_year_is_the_one_that_the_sheet_states(tmp_path):
    assert run(tmp_path, SHEET).output.startswith("2024-25\n")
    assert run(tmp_path, SHEET, "--year", "2024-25").exit_code == 0
    assert run(tmp_path, without_year(SHEET), "--year", "2024-25").output == run(tmp_path, SHEET).output
    # The form of later years is that of 2024-25; their rules need not be.
    provisional = SHEET.replace(b",2024-25\r", b",2026-27 provisional\r")
    assert run(tmp_path, provisional).output.startswith("2026-27\n")


def test_a_code_beside_an_entry_sheet_is_refused_in_a_sentence_of_its_own(tmp_path):
    done = run(tmp_path, SHEET, "L9999")
    assert done.exit_code == 2
    assert "is an entry sheet, the return of one landlord: leave L9999 out." in done.output


def test_a_workbook_of_another_year_than_the_one_given_is_refused(monkeypatch):
    monkeypatch.setattr("pipelines.statutory.filed.read_published", lambda _: [Filed("L0001", "2023-24", {})])
    assert len(read_filed(b"PK")) == len(read_filed(b"PK", "2023-24")) == 1
    with pytest.raises(InputError, match="is of 2023-24, --year says 2024-25"):
        read_filed(b"PK", "2024-25")


def test_an_unknown_landlord_and_a_missing_file_are_refused(tmp_path, monkeypatch):
    monkeypatch.setattr("pipelines.statutory.filed.read_published", lambda _: [Filed("L0001", "2023-24", {})])
    done = run(tmp_path, b"PK", "L9999")
    assert done.exit_code == 2
    assert "L9999 is not in" in done.output
    assert CliRunner().invoke(main, ["check-filed", str(tmp_path / "none.csv")]).exit_code == 2
