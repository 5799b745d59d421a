"""Seventy kinds of bad input, each with a file made here and one outcome; docs/bad-input.md is their table.

Of each number the test is one; what the register says of its outcome is held against the records it returns.
"""

from __future__ import annotations

import datetime as dt
import io
import os
from collections.abc import Iterator
from fractions import Fraction
from pathlib import Path
from typing import Any

import openpyxl
import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from pipelines.intake import Records, load_landlord, receive
from pipelines.intake.settings import check_code
from pipelines.measures.rounding import round_half_up
from pipelines.measures.working_days import add_working_days
from pipelines.publications import figures_csv, nrosh_csv, return_xlsx, tenants_html
from pipelines.publications.exports import harmless
from pipelines.publications.pages import paper, screen
from pipelines.publications.pdf import html_to_pdf, return_html
from schemas.errors import InputError
from tests.intake.bad_files import (
    ACCEPT,
    HEAD,
    REJECT_FILE,
    REJECT_ROW,
    ROW,
    SECOND,
    WARN,
    Bounded,
    as_csv,
    asb_sheet,
    book,
    case,
    csv_records,
    figures_of,
    inputs_of,
    raw_sheet,
    reasons,
    text_of,
    under_limits,
    with_cells,
    xlsx_records,
)
from tests.intake.support import CLEAN, check_file, check_rows, rows_of
from tests.publications import document as documents

REPAIR = CLEAN["repairs"][0]
RESPONSE = CLEAN["survey_responses"][0]


def repairs(folder: Path, *changed: dict[str, str]) -> Records:
    """The clean first repair as often as there are changes, each with an id of its own."""
    rows = [REPAIR | {"repair_id": f"R{number}"} | change for number, change in enumerate(changed, 1)]
    return check_rows(folder, "repairs", rows)


def responses(folder: Path, *changed: dict[str, str]) -> Records:
    """The clean first response as often as there are changes, each with an id and a household of its own."""
    base = RESPONSE | {"household_id": "", "weight": ""}
    rows = [base | {"response_id": f"S{number}"} | change for number, change in enumerate(changed, 1)]
    return check_rows(folder, "survey_responses", rows)


def column(records: Records, name: str) -> list[object]:
    return [None if pd.isna(value) else value for value in records.accepted[name]]


@pytest.fixture(scope="module")
def bounded(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Bounded]:
    """What became of the large files, read by a child that may use 1.5 GB and a minute of processor each."""
    files: dict[str, Iterator[bytes]] = {
        "cell.csv": iter([(HEAD + ROW).encode() + b"A2,", b"x" * 100_000_000, b",,2024-09-01,,no\n"]),
        "columns.csv": iter([",".join(f"column {n}" for n in range(16_384)).encode() + b"\n"]),
        "bomb.xlsx": iter([raw_sheet(b"<!-- " + b" " * 1_000_000 + b" -->" for _ in range(2_001))]),
        "blank.xlsx": iter([raw_sheet(_styled_rows(1_000_000))]),
    }
    folders = []
    for name, pieces in files.items():
        folder = tmp_path_factory.mktemp("large") / name.split(".")[0]
        folder.mkdir()
        with (folder / f"asb_cases.{name.split('.')[1]}").open("wb") as stream:
            stream.writelines(pieces)
        folders.append(folder)
    answers = under_limits(folders, megabytes=1500, seconds=60)
    for folder in folders:
        next(folder.iterdir()).unlink()
    return answers


def _styled_rows(count: int) -> Iterator[bytes]:
    for first in range(3, count, 10_000):
        rows = range(first, min(first + 10_000, count))
        yield "".join(f'<row r="{row}"><c r="A{row}" s="1"/></row>' for row in rows).encode()


# ------------------------------------------------------------------------------------- encoding and shape


@case(ACCEPT)
def test_case_01_utf8_byte_order_mark(tmp_path: Path) -> Records:
    records = csv_records(tmp_path, b"\xef\xbb\xbf" + (HEAD + ROW).encode())
    assert column(records, "case_id") == ["A1"]
    return records


@case(WARN, "FIL-016")
def test_case_02_utf16(tmp_path: Path) -> Records:
    records = csv_records(tmp_path, (HEAD + ROW).encode("utf-16"))
    assert column(records, "case_id") == ["A1"]
    return records


@case(WARN, "FIL-016")
def test_case_03_windows_pound_sign_and_curly_quotes(tmp_path: Path) -> Records:
    text = with_cells("survey_responses", area="“Côte” £")
    records = csv_records(tmp_path, text.encode("cp1252"), "survey_responses")
    assert column(records, "area") == ["North", "“Côte” £"]
    return records


@case(WARN, "FIL-016")
def test_case_04_two_encodings_in_one_file(tmp_path: Path) -> Records:
    head, first, second = with_cells("survey_responses", area="Île").splitlines(keepends=True)
    data = (head + first.replace("North", "Café")).encode() + second.encode("cp1252")
    records = csv_records(tmp_path, data, "survey_responses")
    assert column(records, "area") == ["Café", "Île"]
    return records


@case(WARN, "FIL-028")
def test_case_05_zero_byte_in_a_cell(tmp_path: Path) -> Records:
    records = csv_records(tmp_path, HEAD + ROW.replace("H1", "H\x001") + SECOND)
    assert column(records, "home_id") == ["H1", "H2"]
    return records


@case(WARN, "FIL-024")
def test_case_06_semicolons_tabs_or_bars_for_commas(tmp_path: Path) -> Records:
    for separator in "\t|;":
        records = csv_records(tmp_path, as_csv(CLEAN["asb_cases"], separator))
        assert column(records, "home_id") == ["H1", None]
    return records


@case(REJECT_FILE, "FIL-025")
def test_case_07_extra_field_in_every_row(tmp_path: Path) -> Records:
    return csv_records(tmp_path, HEAD + "".join(f"A{n},x,H1,,2024-09-01,,no\n" for n in range(30)))


@case(REJECT_ROW, "FIL-014")
def test_case_08_short_row(tmp_path: Path) -> Records:
    records = csv_records(tmp_path, HEAD + ROW + "A2,H2,,2024-11-01\n")
    assert list(records.rejected["case_id"]) == ["A2"]
    return records


@case(REJECT_FILE, "FIL-011")
def test_case_09_quotation_mark_left_open(tmp_path: Path) -> Records:
    rows = [RESPONSE | {"response_id": f"S{n}", "comment": f"said {n}"} for n in range(9)]
    text = as_csv(rows)
    # Of four places where it may be left open, each would lose rows in another way.
    for wrong in ('"said 4', 'said 4"', '"said 4 ""ok""', '" said 4'):
        records = csv_records(
            tmp_path, text.replace("said 4", wrong).replace("said 6", '"said 6"'), "survey_responses"
        )
        if records.accepted.empty:
            assert "FIL-011" in set(records.findings["finding_id"]), wrong
        else:
            assert len(records.accepted) == len(rows), wrong
    return csv_records(
        tmp_path, text.replace("said 4", '"said 4').replace("said 5", '"said 5"'), "survey_responses"
    )


@case(ACCEPT)
def test_case_10_line_end_inside_a_comment(tmp_path: Path) -> Records:
    records = csv_records(
        tmp_path, with_cells("survey_responses", comment='Slow,\r\n"very" slow'), "survey_responses"
    )
    assert column(records, "comment")[1] == 'Slow,\r\n"very" slow'
    return records


@case(REJECT_FILE, "FIL-006")
def test_case_11_two_columns_of_one_name(tmp_path: Path) -> Records:
    return csv_records(tmp_path, HEAD.replace("tenure", "Home ID") + ROW)


@case(WARN, "FIL-019")
def test_case_12_headings_again_in_the_middle(tmp_path: Path) -> Records:
    records = csv_records(tmp_path, HEAD + ROW + "\ufeff" + HEAD + SECOND)
    assert column(records, "case_id") == ["A1", "A2"]
    return records


@case(REJECT_ROW, "MAR-011")
def test_case_13_total_row_at_the_end(tmp_path: Path) -> Records:
    rows = [
        *CLEAN["population_margins"],
        dict(zip(CLEAN["population_margins"][0], ("", "Total", "", "1000"), strict=True)),
    ]
    records = check_rows(tmp_path, "population_margins", rows)
    assert records.accepted["households"].sum() == 1000
    homes = check_rows(
        tmp_path, "homes", [*CLEAN["homes"], dict.fromkeys(CLEAN["homes"][0], "") | {"home_id": "Total: 2"}]
    )
    assert len(homes.accepted) == 2
    return records


@case(REJECT_FILE, "FIL-003")
def test_case_14_empty_file(tmp_path: Path) -> Records:
    for nothing in (b"", b" \r\n\r\n", b"\xef\xbb\xbf", ",,\n,,\n".encode("utf-16")):
        assert set(csv_records(tmp_path, nothing).findings["finding_id"]) == {"FIL-003"}
    headings_alone = csv_records(tmp_path, HEAD)
    assert headings_alone.findings.empty, "the landlord says that there were no cases"
    assert list(csv_records(tmp_path, "home_id,tenure\n", "homes").findings["finding_id"]) == ["FIL-004"]
    return csv_records(tmp_path, b"")


@case(REJECT_FILE, "FIL-007")
def test_case_15_cell_of_100_megabytes(bounded: dict[str, Bounded]) -> None:
    assert "16 MB" in bounded["cell"].findings["FIL-007"]


@case(REJECT_FILE, "FIL-010")
def test_case_16_sixteen_thousand_columns(bounded: dict[str, Bounded]) -> None:
    assert "16,384 columns" in bounded["columns"].findings["FIL-010"]


@case(ACCEPT)
def test_case_17_line_ends_of_an_old_mac(tmp_path: Path) -> Records:
    records = csv_records(tmp_path, (HEAD + ROW + SECOND).replace("\n", "\r"))
    assert list(records.accepted["source_row"]) == [2, 3]
    return records


@case(REJECT_ROW, "FIL-014", "FIL-027")
def test_case_18_upload_cut_off(tmp_path: Path) -> Records:
    whole = HEAD + ROW + SECOND
    in_the_last_cell = csv_records(tmp_path, whole[:-2])
    assert rows_of(in_the_last_cell, "FIL-027") == [None]
    return csv_records(tmp_path, whole[:-8])


@case(REJECT_FILE, "FIL-008")
def test_case_19_another_kind_of_file_named_csv(tmp_path: Path) -> Records:
    for data in (b"\x1f\x8b\x08\x00rest", b"\n <!DOCTYPE html>\n<p>Log in", book(asb_sheet()), b"%PDF-1.7"):
        records = csv_records(tmp_path, data)
        assert list(records.findings["finding_id"]) == ["FIL-008"]
    return records


# -------------------------------------------------------------------------------------------------- Excel


@case(WARN, "FIL-018")
def test_case_20_title_rows_and_merged_headings(tmp_path: Path) -> Records:
    def merge(made: openpyxl.Workbook) -> None:
        made.worksheets[0].merge_cells("A1:F1")
        made.worksheets[0].merge_cells("B3:C3")

    titles = [["ASB cases 2024-25"], [], ["", "Where", "", "When"]]
    records = xlsx_records(tmp_path, book([*titles, *asb_sheet()], change=merge))
    assert list(records.accepted["source_row"]) == [5, 6]
    return records


@case(WARN, "FIL-033")
def test_case_21_data_on_the_second_sheet(tmp_path: Path) -> Records:
    for cover in ([["About these data"], ["They are from Orchard"]], []):
        records = xlsx_records(tmp_path, book(cover, asb_sheet()))
        assert column(records, "case_id") == ["A1", "A2"]
    return records


@case(WARN, "FIL-030")
def test_case_22_hidden_rows_and_filters(tmp_path: Path) -> Records:
    def hide(made: openpyxl.Workbook) -> None:
        made.worksheets[0].row_dimensions[3].hidden = True
        made.worksheets[0].auto_filter.ref = "A1:F3"

    records = xlsx_records(tmp_path, book(asb_sheet(), change=hide))
    assert len(records.accepted) == 2
    return records


@case(WARN, "FIL-021")
def test_case_23_formula_without_a_saved_value(tmp_path: Path) -> Records:
    rows = asb_sheet()
    rows[1][4] = "=D2+30"
    records = xlsx_records(tmp_path, book(rows))
    assert column(records, "closed_on") == [None, None]
    return records


@case(REJECT_ROW, "ASB-042")
def test_case_24_dates_as_dates_as_text_and_as_numbers(tmp_path: Path) -> Records:
    dates = [
        dt.date(2024, 9, 1),
        "2024-09-01",
        "01/09/2024",
        45536,
        dt.datetime.fromisoformat("2024-09-01T12:00"),
    ]
    rows = [[f"A{number}", "H1", "", date, "", "no"] for number, date in enumerate(dates)]
    records = xlsx_records(tmp_path, book([asb_sheet()[0], *rows]))
    assert column(records, "case_id") == ["A0", "A1", "A4"]
    assert set(column(records, "opened_on")) == {pd.Timestamp(2024, 9, 1)}
    return records


@case(REJECT_ROW, "ASB-042")
def test_case_25_serial_number_for_a_date(tmp_path: Path) -> Records:
    records = csv_records(tmp_path, HEAD + ROW + SECOND.replace("2024-11-01", "45748"))
    assert "45748" in records.findings["message"].iloc[0]
    return records


@case(ACCEPT)
def test_case_26_workbook_that_counts_days_from_1904(tmp_path: Path) -> Records:
    from openpyxl.utils.datetime import CALENDAR_MAC_1904

    rows = asb_sheet()
    rows[1][3] = dt.date(2024, 9, 1)

    def from_1904(made: openpyxl.Workbook) -> None:
        made.epoch = CALENDAR_MAC_1904

    records = xlsx_records(tmp_path, book(rows, change=from_1904))
    assert column(records, "opened_on")[0] == pd.Timestamp(2024, 9, 1)
    return records


@case(WARN, "FIL-032", "HOM-052")
def test_case_27_reference_shown_as_a_power_of_ten(tmp_path: Path) -> Records:
    records = csv_records(
        tmp_path, with_cells("homes", uprn="1.00023E+11", building_id="1.00023E+11"), "homes"
    )
    assert column(records, "uprn") == ["100000000001", None]
    return records


@case(WARN, "REP-505")
def test_case_28_leading_zeros_lost(tmp_path: Path) -> Records:
    homes = check_rows(tmp_path, "homes", [CLEAN["homes"][0] | {"home_id": "00071"}])
    (tmp_path / "repairs.csv").write_text(as_csv([REPAIR | {"home_id": "71", "tenure": "LCRA"}]))
    return check_file(tmp_path, "repairs", related={"homes": homes.accepted})


@case(ACCEPT)
def test_case_29_uprn_column_with_a_blank(tmp_path: Path) -> Records:
    head, first, second = ([*CLEAN["homes"][0]], [*CLEAN["homes"][0].values()], [*CLEAN["homes"][1].values()])
    at = head.index("uprn")
    first[at], second[at] = 100000000001, None
    records = xlsx_records(tmp_path, book([head, first, second]), "homes")
    assert column(records, "uprn") == ["100000000001", None]
    (tmp_path / "homes.xlsx").unlink()
    columns = {name: [row[name] for row in CLEAN["homes"]] for name in head}
    pq.write_table(pa.table(columns | {"uprn": pa.array([100000000001.0, None])}), tmp_path / "homes.parquet")
    assert column(check_file(tmp_path, "homes"), "uprn") == ["100000000001", None]
    return records


@case(WARN, "FIL-022")
def test_case_30_export_cut_at_a_full_sheet(tmp_path: Path) -> Records:
    rows = "".join(f"A{n},,LCRA,2024-09-01,,no\n" for n in range(65_535))
    records = csv_records(tmp_path, HEAD + rows)
    assert len(records.accepted) == 65_535
    return records


@case(REJECT_FILE, "FIL-010")
def test_case_31_zip_bomb_or_a_million_blank_rows(bounded: dict[str, Bounded]) -> None:
    assert "2 GB" in bounded["bomb"].findings["FIL-010"]
    assert bounded["bomb"].seconds < 30
    assert (bounded["blank"].accepted, bounded["blank"].findings) == (1, {})


# ---------------------------------------------------------------------------------------- dates and times


@case(REJECT_ROW, "REP-072")
def test_case_32_british_date(tmp_path: Path) -> Records:
    return repairs(tmp_path, {}, {"reported_at": "04/05/2024"})


@case(REJECT_FILE, "FIL-012")
def test_case_33_day_first_and_month_first_in_one_column(tmp_path: Path) -> Records:
    return repairs(
        tmp_path, *({"reported_at": day} for day in ("13/04/2024", "04/05/2024", "05/13/2024") * 10)
    )


@case(REJECT_ROW, "REP-072")
def test_case_34_iso_and_british_dates_in_one_column(tmp_path: Path) -> Records:
    records = repairs(tmp_path, {}, {"reported_at": "2024-05-01T09:00"}, {"reported_at": "01/05/2024 09:00"})
    assert column(records, "repair_id") == ["R1", "R2"]
    return records


@case(ACCEPT)
def test_case_35_iso_date_is_never_turned_round(tmp_path: Path) -> Records:
    records = csv_records(tmp_path, HEAD + ROW.replace("2024-09-01", "2024-05-04"))
    assert column(records, "opened_on") == [pd.Timestamp(2024, 5, 4)]
    return records


@case(REJECT_ROW, "REP-092")
def test_case_36_29_february_of_a_common_year(tmp_path: Path) -> Records:
    records = repairs(tmp_path, {}, {"completed_at": "2025-02-29"})
    assert reasons(inputs_of(records), "RP02_2") == {"R1": "in_target", "R2": "rejected_record"}
    return records


@case(REJECT_ROW, "REP-073")
def test_case_37_placeholder_dates(tmp_path: Path) -> Records:
    for day in ("1900-01-01", "9999-12-31", "1970-01-01", "1899-12-31"):
        records = repairs(tmp_path, {}, {"reported_at": day})
        assert rows_of(records, "REP-073") == [3]
    return records


@case(REJECT_ROW, "REP-072")
def test_case_38_years_of_two_digits(tmp_path: Path) -> Records:
    return repairs(tmp_path, {}, {"reported_at": "01/05/24"}, {"reported_at": "24-05-01"})


@case(ACCEPT)
def test_case_39_timestamp_by_greenwich_at_the_year_end(tmp_path: Path) -> Records:
    by_greenwich = {"reported_at": "2025-03-31T20:00Z", "completed_at": "2025-03-31T23:30Z", "target_at": ""}
    records = repairs(tmp_path, by_greenwich, by_greenwich | {"completed_at": "2025-03-31T22:59:59Z"})
    assert column(records, "completed_at")[0] == pd.Timestamp(2025, 4, 1, 0, 30)
    assert reasons(inputs_of(records), "RP02_2") == {"R1": "outside_year", "R2": "in_target"}
    return records


@case(ACCEPT)
def test_case_40_hours_that_do_not_exist_or_happen_twice(tmp_path: Path) -> Records:
    records = repairs(
        tmp_path,
        {"reported_at": "2025-03-30T01:30", "completed_at": "2025-03-30T02:30", "target_at": ""},
        {"reported_at": "2024-10-27T01:30", "completed_at": "2024-10-27T01:45", "target_at": ""},
    )
    assert column(records, "reported_at") == [
        pd.Timestamp(2025, 3, 30, 1, 30),
        pd.Timestamp(2024, 10, 27, 1, 30),
    ]
    assert figures_of(inputs_of(records))["RP02_2", "LCRA"].numerator == 2
    return records


@case(ACCEPT)
def test_case_41_offsets_of_several_zones(tmp_path: Path) -> Records:
    moments = ("2024-05-01T10:00+01:00", "2024-05-01T09:00Z", "2024-05-01T14:30+0530", "2024-05-01T10:00")
    records = repairs(tmp_path, *({"reported_at": moment} for moment in moments))
    assert set(column(records, "reported_at")) == {pd.Timestamp(2024, 5, 1, 10)}
    return records


@case(REJECT_ROW, "REP-501", "REP-093")
def test_case_42_completed_before_reported_or_in_the_future(tmp_path: Path) -> Records:
    records = repairs(
        tmp_path,
        {},
        {"completed_at": "2024-04-30T10:00"},
        {"completed_at": "2026-06-01T10:00"},
        {"reported_at": "2024-03-01T10:00", "completed_at": "2024-03-01T12:00"},
    )
    assert reasons(inputs_of(records), "RP02_2") == {
        "R1": "in_target",
        "R2": "rejected_record",
        "R3": "rejected_record",
        "R4": "outside_year",
    }
    return records


@case(ACCEPT)
def test_case_43_bank_holidays_moved_and_one_off(tmp_path: Path) -> Records:
    first = CLEAN["complaints"][0] | {"received_on": "2024-04-29", "acknowledged_on": "2024-05-01"}
    days = {"C1": "2024-05-16", "C2": "2024-05-17"}  # the tenth working day after 1 May, as 6 May is none
    rows = [first | {"complaint_id": name, "responded_on": day} for name, day in days.items()]
    records = check_rows(tmp_path, "complaints", rows)
    assert reasons(inputs_of(records), "CH02_1") == {"C1": "in_time", "C2": "responded_late"}
    # The coronation, once; Christmas 2021 on a Saturday, so its holidays on Monday and Tuesday.
    before = pd.Series(pd.to_datetime(["2023-05-05", "2021-12-24"]))
    assert list(add_working_days(before, 1)) == [pd.Timestamp(2023, 5, 9), pd.Timestamp(2021, 12, 29)]
    return records


@case(ACCEPT)
def test_case_44_leap_day_in_a_year_since_the_last_check(tmp_path: Path) -> Records:
    check = CLEAN["safety_checks"][0] | {"valid_until": ""}
    days = {"H1": "2024-02-29", "H2": "2024-04-01"}
    rows = [check | {"check_id": home, "home_id": home, "completed_on": day} for home, day in days.items()]
    records = check_rows(tmp_path, "safety_checks", rows)
    assert reasons(inputs_of(records), "BS01") == {"H1": "overdue", "H2": "all_in_date"}
    return records


# ------------------------------------------------------------------------------------ identity and domain


@case(WARN, "HOM-505")
def test_case_45_uprn_of_two_homes(tmp_path: Path) -> Records:
    records = check_rows(tmp_path, "homes", [row | {"uprn": "100000000001"} for row in CLEAN["homes"]])
    assert sum(inputs_of(records).stock.counts.values()) == 2, "no row is multiplied and none is lost"
    return records


@case(REJECT_ROW, "REP-902")
def test_case_46_one_repair_with_two_dates(tmp_path: Path) -> Records:
    records = repairs(tmp_path, {}, {"repair_id": "R1", "completed_at": "2024-05-03T10:00"})
    assert len(records.accepted) == 1
    return records


@case(ACCEPT)
def test_case_47_invisible_differences_of_text(tmp_path: Path) -> Records:
    homes = check_rows(tmp_path, "homes", [CLEAN["homes"][0] | {"home_id": "Caf\u0065\u0301 1"}])
    assert column(homes, "home_id") == ["Café 1"]
    odd = ("Café 1 ", "\u00a0Café\u00a01", "Caf\u00e9\u200b 1", "\ufeffCafe\u0301 1")
    rows = [
        REPAIR | {"repair_id": f"R{n}", "home_id": home, "status": "Completed "} for n, home in enumerate(odd)
    ]
    (tmp_path / "repairs.csv").write_text(as_csv(rows), encoding="utf-8")
    records = check_file(tmp_path, "repairs", related={"homes": homes.accepted})
    assert set(column(records, "home_id")) == {"Café 1"}
    letter_o = check_rows(tmp_path, "repairs", [REPAIR | {"home_id": "HO1", "tenure": "LCRA"}])
    assert rows_of(letter_o, "REP-505") == [2], "an O for a 0 is another reference: it is named, not guessed"
    return records


@case(WARN, "FIL-020")
def test_case_48_words_that_libraries_take_for_missing(tmp_path: Path) -> Records:
    records = check_rows(tmp_path, "homes", [CLEAN["homes"][0] | {"area": word} for word in ("NA",)])
    assert column(records, "area") == ["NA"]
    named_none = check_rows(tmp_path, "homes", [CLEAN["homes"][0] | {"building_id": "None", "area": "null"}])
    assert named_none.findings.empty
    not_applicable = responses(tmp_path, {}, {"TP01": "N/A"})
    assert rows_of(not_applicable, "SUR-212") == [3], (
        "not the prescribed answer, and never a missing one in silence"
    )
    return check_rows(tmp_path, "homes", [CLEAN["homes"][0] | {"building_id": "NULL"}])


@case(WARN, "HOM-507")
def test_case_49_sold_homes_counted_as_rented(tmp_path: Path) -> Records:
    kinds = ("Shared ownership 40%", "Leasehold (100%)", "Market rent", "intermediate_rent", "general_needs")
    rows = [
        CLEAN["homes"][0] | {"home_id": f"H{n}", "uprn": "", "stock_type": kind}
        for n, kind in enumerate(kinds)
    ]
    records = check_rows(tmp_path, "homes", rows)
    assert rows_of(records, "HOM-507") == [2, 3, 4]
    return records


@case(WARN, "HOM-505")
def test_case_50_bedspaces_and_homes_sold_in_the_year(tmp_path: Path) -> Records:
    home = CLEAN["homes"][0]
    bedspaces = [home | {"home_id": f"H1-{n}"} for n in (1, 2)]
    sold = home | {"home_id": "H2", "uprn": "", "owned_to": "2024-10-01"}
    bought = home | {"home_id": "H3", "uprn": "", "owned_from": "2025-03-31"}
    records = check_rows(tmp_path, "homes", [*bedspaces, sold, bought])
    standing = inputs_of(records).stock.homes.set_index("home_id")["standing"]
    assert list(standing == "") == [True, True, False, True]
    return records


@case(WARN, "REP-505")
def test_case_51_repair_in_a_home_that_is_not_in_stock(tmp_path: Path) -> Records:
    records = repairs(tmp_path, {}, {"home_id": "H99", "tenure": "LCRA"})
    assert figures_of(inputs_of(records))["RP02_2", "LCRA"].denominator == 2
    nowhere = repairs(tmp_path, {}, {"home_id": "H99"})
    assert rows_of(nowhere, "REP-507") == [3]
    return records


@case(REJECT_ROW, "MAR-042")
def test_case_52_negative_fractional_and_infinite_counts(tmp_path: Path) -> Records:
    rows = [
        CLEAN["population_margins"][0] | {"category": f"C{n}", "households": count}
        for n, count in enumerate(("60", "-1", "1.5", "inf", "1e400", "1e3"))
    ]
    records = check_rows(tmp_path, "population_margins", rows)
    assert column(records, "households") == [60]
    return records


@case(REJECT_ROW, "MAR-042")
def test_case_53_numbers_with_signs_and_separators(tmp_path: Path) -> Records:
    rows = [
        CLEAN["population_margins"][0] | {"category": f"C{n}", "households": count}
        for n, count in enumerate(("60", "73%", "1,234", "GBP 12", "£12"))
    ]
    records = check_rows(tmp_path, "population_margins", rows)
    assert column(records, "households") == [60]
    return records


@case(WARN, "MAR-502")
def test_case_54_percentages_for_counts(tmp_path: Path) -> Records:
    shares = check_rows(
        tmp_path, "population_margins", [row | {"households": "0.5"} for row in CLEAN["population_margins"]]
    )
    assert rows_of(shares, "MAR-042") == [2, 3]
    rows = [
        row | {"households": share}
        for row, share in zip(CLEAN["population_margins"], ("35", "65"), strict=True)
    ]
    return check_rows(tmp_path, "population_margins", rows)


@case(ACCEPT)
def test_case_55_open_job_is_no_miss(tmp_path: Path) -> Records:
    records = repairs(tmp_path, {}, {"status": "open", "completed_at": ""})
    given = inputs_of(records)
    assert reasons(given, "RP02_2")["R2"] == "not_completed"
    assert figures_of(given)["RP02_2", "LCRA"].denominator == 1
    return records


@case(ACCEPT)
def test_case_56_nothing_to_divide_by(tmp_path: Path) -> Records:
    records = csv_records(tmp_path, HEAD)
    computed = figures_of(inputs_of(records))
    for key in (("BS05", "ALL"), ("RP02_2", "LCRA"), ("CH02_1", "LCRA")):
        found = computed[key]
        assert found.value is None
        assert found.status in ("no_cases", "not_applicable", "withheld")
        assert found.reason
    return records


@case(REJECT_FILE, "FIL-012")
def test_case_57_other_scales_and_wordings(tmp_path: Path) -> Records:
    another_word = responses(tmp_path, {}, {"TP01": "Very happy"})
    assert rows_of(another_word, "SUR-212") == [3]
    assert column(another_word, "TP01") == ["FS", None]
    for codes in ("12345", ("1", "4", "10"), ("V. satisfied", "F. satisfied")):
        records = responses(tmp_path, *({"TP01": code} for code in codes * 10))
        assert "FIL-012" in set(records.findings["finding_id"])
    return records


@case(REJECT_ROW, "SUR-902", "SUR-561")
def test_case_58_respondent_twice_or_outside_the_fieldwork(tmp_path: Path) -> Records:
    records = responses(
        tmp_path,
        {"household_id": "HH1", "completed_on": "2024-09-01"},
        {"household_id": "HH1", "completed_on": "2024-10-01"},
        {"response_id": "S2", "TP01": "Very dissatisfied"},
        {"completed_on": "2025-04-02"},
    )
    lines = reasons(inputs_of(records, lcho_threshold=1), "TP01")
    assert lines["S1"] == "superseded"
    assert lines["S4"] == "outside_year"
    return records


@case(WARN, "SUR-501")
def test_case_59_repair_answer_of_somebody_without_a_repair(tmp_path: Path) -> Records:
    records = responses(tmp_path, {}, {"had_repair": "no"})
    assert reasons(inputs_of(records), "TP02") == {"S1": "positive", "S2": "filter_no"}
    return records


@case(WARN, "SUR-092", "SUR-563")
def test_case_60_weights_of_zero_below_zero_or_missing(tmp_path: Path) -> Records:
    records = responses(
        tmp_path, {"weight": "1.25"}, {"weight": "0"}, {"weight": "-1"}, {"weight": ""}, {"weight": "inf"}
    )
    assert column(records, "weight") == ["1.25", None, None, None, None]
    merged = [
        CLEAN["homes"][0] | {"owned_to": "2024-09-30"},
        CLEAN["homes"][1] | {"owned_from": "2024-10-01"},
    ]
    homes = check_rows(tmp_path, "homes", merged)
    assert inputs_of(homes).stock.counts["LCRA"] == 1, "in a merger mid-year the owner at year end counts"
    return records


@case(ACCEPT)
def test_case_61_ties_are_rounded_half_up(tmp_path: Path) -> None:
    ties = {Fraction(1, 4): "0.3", Fraction(5, 2): "2.5", Fraction(-1, 4): "-0.3", Fraction(1449, 20): "72.5"}
    for exact, rounded in ties.items():
        assert str(round_half_up(exact, 1)) == rounded
    assert str(round_half_up(Fraction(5, 2), 0)) == "3"
    # A base in which the share falls exactly between: 1 of 16 homes is 6.25%.
    homes = [CLEAN["homes"][0] | {"home_id": f"H{n}", "uprn": "", "decent_homes": "meets"} for n in range(16)]
    homes[0]["decent_homes"] = "fails"
    assert str(figures_of(inputs_of(check_rows(tmp_path, "homes", homes)))["RP01", "LCRA"].value) == "6.3"


# ------------------------------------------------------------------------------------------------ hostile


@pytest.fixture(scope="module")
def hostile() -> dict[str, Any]:
    return documents.build(name=documents.HOSTILE_NAME, text=documents.HOSTILE_TEXT)


@case(ACCEPT)
def test_case_62_formulas_in_what_is_handed_out(hostile: dict[str, Any]) -> None:
    for start in "=+-@\t\r":
        assert harmless(f"{start}cmd|' /C calc'!A0").startswith("'")
    hostile["landlord"]["name"] = "=cmd|' /C calc'!A0"
    book_out = openpyxl.load_workbook(io.BytesIO(return_xlsx(hostile, documents.findings())))
    assert {cell.data_type for sheet in book_out for row in sheet for cell in row} <= {"s", "inlineStr", "n"}
    for content in (figures_csv(hostile), nrosh_csv(hostile)):
        cells = content.decode("utf-8-sig").replace("\r\n", ",").split(",")
        assert not [cell for cell in cells if cell.strip('"').startswith(("=", "+", "@"))]
        assert not [
            cell for cell in cells if cell.startswith("-") and not cell[1:].replace(".", "").isdigit()
        ]
    assert "-5" in nrosh_csv(hostile).decode("utf-8-sig").split(","), "a number below zero stays a number"


@case(ACCEPT)
def test_case_63_html_in_a_name_or_comment() -> None:
    document = documents.build(name=documents.HOSTILE_NAME, text=documents.HOSTILE_TEXT)
    for page in (tenants_html(document).decode(), return_html(document)):
        body = page.split("</style>", 1)[1]
        assert not [tag for tag in ("<script", "<img", "<iframe", "<link", "<image") if tag in body.lower()]
        assert "&lt;script&gt;" in body


@case(ACCEPT)
def test_case_64_data_in_styles_and_addresses() -> None:
    document = documents.build(name="x'); background:url(file:///etc/passwd", text="javascript:alert(1)")
    for page in (tenants_html(document).decode(), return_html(document)):
        styles = "".join(piece.split("</style>")[0] for piece in page.split("<style")[1:])
        assert "passwd" not in styles
        for attribute in (' style="', " href=", " src="):
            values = [piece[:300].split(">")[0] for piece in page.split(attribute)[1:]]
            assert not [value for value in values if "passwd" in value or "javascript" in value]


@case(REJECT_FILE)
def test_case_65_page_that_would_attach_a_file() -> None:
    from pipelines.publications.text import RenderError

    page = "<html lang=en><title>t</title><link rel=attachment href='file:///etc/hostname'><p>x</p></html>"
    with pytest.raises(RenderError):
        html_to_pdf(page, b"{}", dt.date(2025, 3, 31))


@case(REJECT_FILE)
def test_case_66_page_that_would_fetch_an_address(monkeypatch: pytest.MonkeyPatch) -> None:
    import socket

    from pipelines.publications.text import RenderError

    def no_network(*_: object) -> None:
        raise AssertionError("an address was asked for")

    monkeypatch.setattr(socket, "create_connection", no_network)
    monkeypatch.setattr(socket, "getaddrinfo", no_network)
    for body in (
        "<img alt=x src='http://192.0.2.1/x.png'>",
        "<style>@import url('http://192.0.2.1/a.css');</style>",
    ):
        with pytest.raises(RenderError):
            html_to_pdf(f"<html lang=en><title>t</title>{body}<p>x</p></html>", b"{}", dt.date(2025, 3, 31))


@case(ACCEPT)
def test_case_67_template_in_the_data() -> None:
    for environment in (paper(), screen()):
        assert (
            environment.from_string("{{ value }}").render(value="{{ 7*7 }}{% raw %}") == "{{ 7*7 }}{% raw %}"
        )
    assert "{{ 7*7 }}" in return_html(documents.build(name="{{ 7*7 }} Homes", text="x"))


@case(ACCEPT)
def test_case_68_text_that_is_dear_to_lay_out() -> None:
    small = len(return_html(documents.build(name="Homes", text="x")))
    large = return_html(documents.build(name="Homes", text="W" * 2_000_000))
    assert len(large) < 2 * small + 100_000, "a text is cut before it is laid out"
    assert "<td colspan=65534" not in return_html(documents.build(name="<td colspan=65534>", text="x"))


@case(REJECT_FILE)
def test_case_69_codes_that_are_no_folder_names(tmp_path: Path) -> None:
    from pipelines.partitions import landlord_codes

    bad = (
        "../../x",
        "..\\x",
        "a/b",
        "L1.",
        "l0001",
        "CON ",
        "X" * 33,
        "",
        "L1\n",
        "A\u202eB",
        "Ä1",
        "L|1",
        ".",
    )
    for code in bad:
        with pytest.raises(InputError, match="not a landlord code"):
            check_code(code)
    for code in ("L0001", "A" * 32, "00_9-Z"):
        assert check_code(code) == code
    folder = tmp_path / "landlords" / "l0001"
    folder.mkdir(parents=True)
    (folder / "landlord.yaml").write_text("code: L0001\nname: X\ntype: PRP\n")
    with pytest.raises(InputError, match="folder is named l0001"):
        load_landlord(folder)
    assert landlord_codes(tmp_path) == ["l0001"], "and the run says what is wrong with it"


@case(REJECT_FILE, "FIL-007")
def test_case_70_links_devices_pickles_tags_and_personal_data(tmp_path: Path) -> Records:
    secret = tmp_path / "secret.txt"
    secret.write_text("key")
    folders = [tmp_path / name for name in ("link", "pipe", "pickle", "person")]
    for folder in folders:
        folder.mkdir()
    link, pipe, pickled, person = folders
    (link / "asb_cases.csv").symlink_to(secret)
    os.mkfifo(pipe / "asb_cases.csv")
    for folder in (link, pipe):
        assert list(receive(folder, "asb_cases").findings["finding_id"]) == ["FIL-007"]

    written = tmp_path / "written by the pickle"
    code = f"cposix\nsystem\n(S'touch \"{written}\"'\ntR.".encode()
    storage = pa.field(
        "home_id",
        pa.string(),
        metadata={
            "ARROW:extension:name": "arrow.py_extension_type",
            "ARROW:extension:metadata": code,
        },
    )
    fields = [
        pa.field(name, pa.string()) if name != "home_id" else storage for name in HEAD.strip().split(",")
    ]
    row = [pa.array([cell]) for cell in ROW.strip().split(",")]
    pq.write_table(pa.table(row, schema=pa.schema(fields)), pickled / "asb_cases.parquet")
    records = check_file(pickled, "asb_cases")
    assert column(records, "home_id") == ["H1"]
    assert not written.exists()

    (tmp_path / "landlord.yaml").write_text(
        "code: !!python/object/apply:os.system ['true']\nname: X\ntype: PRP\n"
    )
    with pytest.raises(InputError, match="not YAML that can be read"):
        load_landlord(tmp_path)

    rows = [
        RESPONSE
        | {"household_id": "jo@example.org", "comment": "Jo Bloggs 07700 900123", "area": "x\nforged: line"}
    ]
    (person / "survey_responses.csv").write_text(as_csv(rows))
    told = text_of(check_file(person, "survey_responses"))
    assert not [word for word in ("example.org", "Bloggs", "07700") if word in told]
    headless = csv_records(person, "S1,Jo Bloggs,jo@example.org,2024-09-01\n")
    assert list(headless.findings["finding_id"]) == ["FIL-035"]
    assert "Bloggs" not in text_of(headless)
    return check_file(link, "asb_cases")
