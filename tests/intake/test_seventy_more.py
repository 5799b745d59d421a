"""Further bad input of the kinds of test_seventy, from number 71."""

from __future__ import annotations

import datetime as dt
import decimal
import io
import struct
import uuid
import zipfile
from collections.abc import Iterator
from pathlib import Path

import openpyxl
import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from pipelines.intake import Records, load_landlord, receive, xlsx_parts
from schemas.errors import InputError
from schemas.tables import TABLES
from tests.intake.bad_files import (
    ACCEPT,
    HEAD,
    REJECT_FILE,
    REJECT_ROW,
    ROW,
    SECOND,
    SHEET,
    SHEET_END,
    WARN,
    Bounded,
    as_csv,
    asb_sheet,
    book,
    case,
    csv_records,
    inputs_of,
    raw_book,
    raw_row,
    raw_sheet,
    reasons,
    under_limits,
    with_cells,
    xlsx_records,
)
from tests.intake.support import CLEAN, check_file, check_rows, rows_of
from tests.intake.test_seventy import column, repairs

CELLS = ROW.strip().split(",")


def parquet_records(folder: Path, table: str = "asb_cases", **columns: pa.Array) -> Records:
    """Check one row of ASB cases given as Parquet, some columns typed otherwise."""
    base = {name: pa.array([cell]) for name, cell in zip(HEAD.strip().split(","), CELLS, strict=True)}
    pq.write_table(pa.table(base | columns), folder / f"{table}.parquet")
    return check_file(folder, table)


def rewritten(data: bytes, change: dict[str, bytes]) -> bytes:
    """A workbook with some of its parts replaced."""
    stream = io.BytesIO()
    with zipfile.ZipFile(io.BytesIO(data)) as old, zipfile.ZipFile(stream, "w") as new:
        for name in old.namelist():
            new.writestr(name, change.get(name, old.read(name)))
    return stream.getvalue()


@pytest.fixture(scope="module")
def bounded(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Bounded]:
    """What became of hostile files, read by a child that may use 2 GB and a minute of processor each."""
    head, row = HEAD.encode(), ROW.encode()
    laughs = b'<!DOCTYPE x [<!ENTITY a "ha">' + b"".join(
        b'<!ENTITY %c "%s">' % (ord("a") + n, b"&%c;" % (ord("a") + n - 1) * 10) for n in range(1, 12)
    )
    files: dict[str, bytes | Iterator[bytes]] = {
        "lines.csv": iter([head, b"\n" * 250_000_000, row]),
        "commas.csv": iter([head, b",,,,,\n" * 35_000_000]),
        "ragged.csv": iter([head, b"A2,short\n" * 1_000_000]),
        "some_ragged.csv": iter(
            [head, *(b"A%d,H1,,2024-09-01,,no\n" % n for n in range(100_000)), b"B,x\n" * 9_000]
        ),
        "wrong_bytes.csv": iter(
            [head, (b"A1,\xa3\xe9\xc3\xa9\xff" + b"\xe9" * 90 + b",,2024-09-01,,no\n") * 200_000]
        ),
        "quotes.csv": iter([head, b'"' * 19_999_999]),
        "headings.csv": iter([head * 100_000]),
        "noise.csv": iter([bytes(range(1, 256)) * 40_000]),
        "spaces.csv": iter([head, row, b"A2," + b" " * 15_000_000 + b"x,,2024-09-01,,no\n"]),
        "laughs.xlsx": rewritten(
            book(asb_sheet()), {"xl/workbook.xml": laughs + b"]><workbook>&l;</workbook>"}
        ),
        "deep.xlsx": raw_sheet(b"<deep>" * 10_000 for _ in range(100)),
        "deep_list.xlsx": raw_book({"xl/workbook.xml": (b"<deep>" * 10_000 for _ in range(100))}),
        "strings.xlsx": raw_book(
            {"xl/sharedStrings.xml": [b"<sst>", *[b"<si/>" * 200_000] * 200, b"</sst>"]}
        ),
        "cell.xlsx": raw_sheet([raw_row(3, ["A2", "x" * 100_000_000])]),
        "corner.xlsx": raw_sheet([b'<row r="1048576"><c r="XFD1048576"><v>1</v></c></row>']),
        "parts.xlsx": raw_book({f"p{n}": [] for n in range(3_000)}),
        "shared.parquet": _one_long_value_many_times(),
        "rows.parquet": _many_rows_of_nothing(),
        "nested.parquet": _nested(90),
    }
    folders: list[Path] = []
    for name, content in files.items():
        folder = tmp_path_factory.mktemp("hostile") / name.split(".")[0]
        folder.mkdir()
        with (folder / f"asb_cases.{name.split('.')[1]}").open("wb") as stream:
            stream.writelines([content] if isinstance(content, bytes) else content)
        folders.append(folder)
    answers = under_limits(folders, megabytes=2000, seconds=60)
    for folder in folders:
        next(folder.iterdir()).unlink()
    return answers


def _one_long_value_many_times() -> bytes:
    stream = io.BytesIO()
    places = pa.array([0] * 100_000, pa.int32())
    long = pa.DictionaryArray.from_arrays(places, pa.array(["x" * 1_000_000]))
    pq.write_table(pa.table({"case_id": long}), stream, store_schema=False)
    return stream.getvalue()


def _many_rows_of_nothing() -> bytes:
    stream = io.BytesIO()
    schema = pa.schema([pa.field(name, pa.bool_()) for name in HEAD.strip().split(",")])
    with pq.ParquetWriter(stream, schema) as writer:
        table = pa.table([pa.nulls(10_000_000, pa.bool_())] * 6, schema=schema)
        for _ in range(4):
            writer.write_table(table)
    return stream.getvalue()


def _nested(depth: int) -> bytes:
    kind: pa.DataType = pa.int8()
    for _ in range(depth):
        kind = pa.struct([("a", kind)])
    stream = io.BytesIO()
    columns = {name: pa.array([cell]) for name, cell in zip(HEAD.strip().split(","), CELLS, strict=True)}
    pq.write_table(pa.table(columns | {"shape": pa.nulls(1, kind)}), stream)
    return stream.getvalue()


# --- text files


@case(REJECT_FILE, "FIL-007")
def test_case_71_utf7(tmp_path: Path) -> Records:
    return csv_records(tmp_path, b"+/v8-" + (HEAD + ROW).encode())


@case(WARN, "FIL-016")
def test_case_72_lone_surrogates(tmp_path: Path) -> Records:
    as_utf8 = csv_records(tmp_path, HEAD.encode() + ROW.encode().replace(b"A1", b"A\xed\xa0\x801"))
    assert len(as_utf8.accepted) == 1
    return csv_records(
        tmp_path, b"\xff\xfe" + (HEAD + ROW.replace("A1", "A\ud8001")).encode("utf-16-le", "surrogatepass")
    )


@case(ACCEPT)
def test_case_73_byte_order_marks_in_the_middle(tmp_path: Path) -> Records:
    records = csv_records(tmp_path, "\ufeff\ufeff" + HEAD + "\ufeff" + ROW)
    assert column(records, "case_id") == ["A1"]
    return records


@case(WARN, "FIL-024", "SUR-092")
def test_case_74_decimal_comma(tmp_path: Path) -> Records:
    rows = [CLEAN["survey_responses"][0], CLEAN["survey_responses"][1] | {"weight": "0,75"}]
    records = csv_records(tmp_path, as_csv(rows, ";"), "survey_responses")
    assert column(records, "weight") == ["1.25", None]
    return records


@case(WARN, "FIL-018", "FIL-024")
def test_case_75_separator_stated_in_the_first_line(tmp_path: Path) -> Records:
    records = csv_records(tmp_path, "sep=;\r\n" + as_csv(CLEAN["asb_cases"], ";"))
    assert list(records.accepted["source_row"]) == [3, 4]
    return records


@case(REJECT_FILE, "FIL-009")
def test_case_76_separator_that_cannot_be_told(tmp_path: Path) -> Records:
    return csv_records(tmp_path, HEAD.replace(",", ";") + ROW + SECOND)


@case(REJECT_FILE, "FIL-035")
def test_case_77_no_headings(tmp_path: Path) -> Records:
    return csv_records(tmp_path, ROW + SECOND)


@case(REJECT_FILE, "FIL-026")
def test_case_78_joined_files_with_headings_in_another_order(tmp_path: Path) -> Records:
    second = HEAD.replace("opened_on,closed_on", "closed_on,opened_on") + "A2,H2,,,2024-11-01,yes\n"
    return csv_records(tmp_path, HEAD + ROW + second)


@case(REJECT_FILE, "FIL-005")
def test_case_79_every_line_in_quotation_marks(tmp_path: Path) -> Records:
    return csv_records(tmp_path, "".join(f'"{line}"\n' for line in (HEAD + ROW).splitlines()))


@case(ACCEPT)
def test_case_80_inch_marks_and_spaces_round_quotations(tmp_path: Path) -> Records:
    text = with_cells("survey_responses", comment="").replace("Thank you", 'a 5" pipe')
    records = csv_records(tmp_path, text.replace("North", '"North" ', 1), "survey_responses")
    assert column(records, "comment")[0] == 'a 5" pipe'
    assert column(records, "area")[0] == "North"
    return records


@case(ACCEPT)
def test_case_81_heading_of_two_lines(tmp_path: Path) -> Records:
    records = csv_records(tmp_path, HEAD.replace("case_id", '"Case\nID"') + ROW)
    assert list(records.accepted["source_row"]) == [2]
    return records


@case(ACCEPT)
def test_case_82_text_wrapped_as_a_formula(tmp_path: Path) -> Records:
    records = csv_records(tmp_path, with_cells("homes", home_id='="00071"', building_id='=""'), "homes")
    assert column(records, "home_id") == ["H1", "00071"]
    assert column(records, "building_id") == ["B1", None]
    return records


@case(WARN, "REP-505")
def test_case_83_references_with_a_decimal_point(tmp_path: Path) -> Records:
    homes = check_rows(tmp_path, "homes", [CLEAN["homes"][0] | {"home_id": "71"}])
    (tmp_path / "repairs.csv").write_text(
        as_csv([CLEAN["repairs"][0] | {"home_id": "71.0", "tenure": "LCRA"}])
    )
    return check_file(tmp_path, "repairs", related={"homes": homes.accepted})


@case(WARN, "FIL-021")
def test_case_84_errors_of_a_spreadsheet(tmp_path: Path) -> Records:
    for word in ("#REF!", "#DIV/0!", "########"):
        records = csv_records(tmp_path, with_cells("homes", building_id=word, area=word), "homes")
        assert column(records, "building_id") == ["B1", None]
        assert rows_of(records, "FIL-021") == [None, None]
    rows = asb_sheet()
    rows[1][1] = "#N/A"
    in_a_workbook = xlsx_records(tmp_path / ".", book(rows), "asb_cases")
    assert column(in_a_workbook, "home_id") == [None, "H2"]
    return records


@case(WARN, "ASB-052")
def test_case_85_zero_date_of_a_database(tmp_path: Path) -> Records:
    records = csv_records(tmp_path, HEAD + ROW + SECOND.replace("2024-11-01,,", "2024-11-01,0000-00-00,"))
    assert column(records, "closed_on")[1] is None
    return records


@case(ACCEPT)
def test_case_86_moments_as_databases_write_them(tmp_path: Path) -> Records:
    moments = ("2024-05-01 10:00:00.0000000", "2024-05-01T10:00:00.000", "2024-05-01 09:00:00 +00:00")
    records = repairs(tmp_path, *({"reported_at": moment} for moment in moments))
    assert set(column(records, "reported_at")) == {pd.Timestamp(2024, 5, 1, 10)}
    return records


@case(REJECT_ROW, "REP-072")
def test_case_87_leap_second_and_times_past_midnight(tmp_path: Path) -> Records:
    wrong = ("2016-12-31T23:59:60", "2024-05-01T24:00", "2024-05-01T25:10", "2024-05-01T-1:00", "1714557600")
    for moment in wrong:
        records = repairs(tmp_path, {}, {"reported_at": moment})
        assert rows_of(records, "REP-072") == [3]
    return records


@case(REJECT_ROW, "REP-073")
def test_case_88_slips_of_the_year(tmp_path: Path) -> Records:
    for day in ("0204-05-01", "2204-05-01", "1900-02-28"):
        records = repairs(tmp_path, {}, {"reported_at": day})
        assert rows_of(records, "REP-073") == [3]
    return records


@case(REJECT_ROW, "MAR-042")
def test_case_89_digits_of_other_scripts_and_signs(tmp_path: Path) -> Records:
    counts = ("600", "６００", "٦٠٠", "+600", "-0", "6e2", "six", "600.", "0x258", "1_000")
    rows = [
        CLEAN["population_margins"][0] | {"category": f"C{n}", "households": c} for n, c in enumerate(counts)
    ]
    records = check_rows(tmp_path, "population_margins", rows)
    assert column(records, "households") == [600]
    return records


@case(ACCEPT)
def test_case_90_marks_of_direction_and_control_characters(tmp_path: Path) -> Records:
    records = csv_records(
        tmp_path, with_cells("homes", area="\u202eSou\x07th\u200f", home_id="H\u20282"), "homes"
    )
    assert column(records, "area") == ["North", "South"]
    assert column(records, "home_id") == ["H1", "H2"]
    return records


@case(REJECT_FILE, "FIL-002")
def test_case_91_one_table_in_two_files(tmp_path: Path) -> Records:
    (tmp_path / "asb_cases.xlsx").write_bytes(book(asb_sheet()))
    return csv_records(tmp_path, HEAD + ROW)


@case(REJECT_FILE, "FIL-010")
def test_case_92_nothing_but_line_ends_or_commas(bounded: dict[str, Bounded]) -> None:
    assert set(bounded["lines"].findings) == set(bounded["commas"].findings) == {"FIL-010"}


@case(REJECT_FILE, "FIL-025")
def test_case_93_a_million_short_rows(bounded: dict[str, Bounded]) -> None:
    assert set(bounded["ragged"].findings) == {"FIL-025"}
    assert (bounded["some_ragged"].accepted, bounded["some_ragged"].rejected) == (100_000, 9_000)


@case(WARN, "FIL-016")
def test_case_94_millions_of_wrong_bytes(bounded: dict[str, Bounded]) -> None:
    assert "FIL-016" in bounded["wrong_bytes"].findings
    assert bounded["wrong_bytes"].accepted == 1


@case(REJECT_FILE, "FIL-011")
def test_case_95_quotation_marks_without_end(bounded: dict[str, Bounded]) -> None:
    assert set(bounded["quotes"].findings) == {"FIL-011"}


@case(REJECT_FILE, "FIL-035")
def test_case_96_noise(bounded: dict[str, Bounded]) -> None:
    assert set(bounded["noise"].findings) == {"FIL-035"}


@case(WARN, "FIL-019")
def test_case_97_headings_in_every_row(bounded: dict[str, Bounded]) -> None:
    assert set(bounded["headings"].findings) == {"FIL-019"}


@case(ACCEPT)
def test_case_98_millions_of_spaces_in_a_cell(bounded: dict[str, Bounded]) -> None:
    assert bounded["spaces"].accepted == 2


# --- workbooks


@case(WARN, "FIL-034")
def test_case_99_merged_cells_among_the_rows(tmp_path: Path) -> Records:
    def merge(made: openpyxl.Workbook) -> None:
        made.worksheets[0].merge_cells("D2:D3")

    rows = [*asb_sheet(), ["A3", "H1", "", "2024-10-01", "", "no"]]
    rows[2][3] = rows[1][3]
    records = xlsx_records(tmp_path, book(rows, change=merge))
    assert rows_of(records, "ASB-041") == [3], "the date is not guessed to be that of the cell above"
    merged_characteristic = [list(CLEAN["homes"][0]), *([*row.values()] for row in CLEAN["homes"])]
    return xlsx_records(
        tmp_path,
        book(merged_characteristic, change=lambda made: made.worksheets[0].merge_cells("K2:K3")),
        "homes",
    )


@case(ACCEPT)
def test_case_100_cells_of_true_and_false(tmp_path: Path) -> Records:
    rows = asb_sheet()
    rows[1][5], rows[2][5] = True, False
    records = xlsx_records(tmp_path, book(rows))
    assert column(records, "hate_incident") == [True, False]
    return records


@case(REJECT_ROW, "ASB-042")
def test_case_101_times_and_durations_for_dates(tmp_path: Path) -> Records:
    odd = [dt.time(10, 30), dt.timedelta(hours=30), -0.5, 0, 60, 2958466.5]

    def as_dates(made: openpyxl.Workbook) -> None:
        for row in range(4, 8):
            made.worksheets[0].cell(row, 4).number_format = "yyyy-mm-dd"

    rows = [[f"A{n}", "H1", "", value, "", "no"] for n, value in enumerate(odd)]
    records = xlsx_records(tmp_path, book([asb_sheet()[0], *rows, asb_sheet()[1]], change=as_dates))
    assert column(records, "case_id") == ["A1"]
    return records


@case(ACCEPT)
def test_case_102_parts_of_a_second_at_the_year_end(tmp_path: Path) -> Records:
    late = dt.datetime(2025, 3, 31, 23, 59, 59, 600_000)  # noqa: DTZ001
    row = CLEAN["repairs"][0] | {"reported_at": "2025-03-31T09:00", "target_at": ""}
    values = [late if name == "completed_at" else value for name, value in row.items()]
    records = xlsx_records(tmp_path, book([list(row), values]), "repairs")
    assert reasons(inputs_of(records), "RP02_2") == {"R1": "in_target"}
    return records


@case(WARN, "FIL-031")
def test_case_103_numbers_of_more_than_fifteen_digits(tmp_path: Path) -> Records:
    rows = [[*CLEAN["homes"][0]], [*CLEAN["homes"][0].values()]]
    rows[1][0] = 12345678901234567
    return xlsx_records(tmp_path, book(rows), "homes")


@case(WARN, "FIL-029")
def test_case_104_a_sheet_for_every_month(tmp_path: Path) -> Records:
    records = xlsx_records(tmp_path, book([["Contents"]], asb_sheet(), asb_sheet(), asb_sheet()))
    assert "“Sheet2”, “Sheet3”" in records.findings["message"].str.cat()
    return records


@case(REJECT_FILE, "FIL-003")
def test_case_105_charts_alone(tmp_path: Path) -> Records:
    from openpyxl.chart import BarChart

    made = openpyxl.Workbook()
    made.create_chartsheet("Chart").add_chart(BarChart())
    stream = io.BytesIO()
    made.active.sheet_state = "hidden"
    made.save(stream)
    return xlsx_records(tmp_path, stream.getvalue())


@case(REJECT_FILE, "FIL-008")
def test_case_106_old_or_locked_workbook_under_a_new_name(tmp_path: Path) -> Records:
    locked = bytearray(book(asb_sheet()))
    for sign, place in ((b"PK\x03\x04", 6), (b"PK\x01\x02", 8)):
        at = locked.find(sign)
        struct.pack_into("<H", locked, at + place, 1)  # the flag of an encrypted part
    in_the_zip = xlsx_records(tmp_path, bytes(locked))
    assert "password" in in_the_zip.findings["message"].iloc[0]
    return xlsx_records(tmp_path, b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + bytes(4000))


@case(REJECT_FILE, "FIL-007")
def test_case_107_workbook_cut_off_or_of_another_program(tmp_path: Path) -> Records:
    whole = book(asb_sheet())
    for share in (0.1, 0.5, 0.9, 0.99):
        records = xlsx_records(tmp_path, whole[: int(len(whole) * share)])
        assert list(records.findings["finding_id"]) == ["FIL-007"]
    stream = io.BytesIO()
    with zipfile.ZipFile(stream, "w") as other:
        other.writestr("mimetype", "application/vnd.oasis.opendocument.spreadsheet")
        other.writestr("content.xml", "<office:document-content/>")
    return xlsx_records(tmp_path, stream.getvalue())


@case(WARN, "FIL-018")
def test_case_108_table_that_begins_in_the_middle_of_a_sheet(tmp_path: Path) -> Records:
    rows = [[], [], *([None, None, *row] for row in asb_sheet())]
    records = xlsx_records(tmp_path, book(rows))
    assert list(records.accepted["source_row"]) == [4, 5]
    return records


@case(REJECT_FILE, "FIL-007")
def test_case_109_two_parts_of_one_name_or_false_sizes(tmp_path: Path) -> Records:
    liar = bytearray(raw_sheet([b" " * 5_000_000]))
    at = liar.rfind(b"PK\x01\x02", 0, liar.find(b"sheet1.xml", liar.rfind(b"PK\x01\x02") - 4000))
    struct.pack_into("<I", liar, at + 24, 10)
    assert read_or_refused(xlsx_records(tmp_path, bytes(liar)))
    stream = io.BytesIO(book(asb_sheet()))
    with zipfile.ZipFile(stream, "a") as doubled, pytest.warns(UserWarning, match="Duplicate name"):
        doubled.writestr("xl/worksheets/sheet1.xml", SHEET + SHEET_END)
    return xlsx_records(tmp_path, stream.getvalue())


def read_or_refused(records: Records) -> bool:
    """Whether a file was either read whole or refused."""
    return len(records.accepted) == 1 or set(records.findings["grade"]) == {"stop"}


@case(REJECT_FILE, "FIL-007")
def test_case_110_entities_that_swell(bounded: dict[str, Bounded]) -> None:
    assert "document type" in bounded["laughs"].findings["FIL-007"]


@case(REJECT_FILE, "FIL-007")
def test_case_111_elements_a_million_deep(bounded: dict[str, Bounded]) -> None:
    assert set(bounded["deep_list"].findings) == {"FIL-007"}
    assert bounded["deep"].accepted in (0, 1)


@case(REJECT_FILE, "FIL-010")
def test_case_112_workbook_that_would_fill_the_memory(
    tmp_path: Path, bounded: dict[str, Bounded], monkeypatch: pytest.MonkeyPatch
) -> Records:
    for name in ("strings", "corner", "parts"):
        assert set(bounded[name].findings) == {"FIL-010"}, name
    assert "16 MB" in bounded["cell"].findings["FIL-007"]
    monkeypatch.setattr(xlsx_parts, "MAX_CELLS", 1000)
    return xlsx_records(tmp_path, raw_sheet([b"<row>" + b"<c><v>1</v></c>" * 1000 + b"</row>"]))


# --- Parquet


@case(WARN, "FIL-017")
def test_case_113_nested_columns(tmp_path: Path, bounded: dict[str, Bounded]) -> Records:
    assert set(bounded["nested"].findings) == {"FIL-017"}
    needed = parquet_records(tmp_path, home_id=pa.array([["H1", "H2"]]))
    assert list(needed.findings["finding_id"]) == ["FIL-007"]
    return parquet_records(tmp_path, where=pa.array([{"lat": 51.5, "long": 0.1}]))


@case(ACCEPT)
def test_case_114_decimals_of_many_digits(tmp_path: Path) -> Records:
    digits = "12345678901234567890123456789012345.125"
    records = parquet_records(tmp_path, case_id=pa.array([decimal.Decimal(digits)], pa.decimal128(38, 3)))
    assert column(records, "case_id") == [digits]
    return records


@case(ACCEPT)
def test_case_115_moments_with_a_zone(tmp_path: Path) -> Records:
    moment = pa.array([dt.datetime(2024, 8, 31, 23, 30)], pa.timestamp("ns", "America/New_York"))  # noqa: DTZ001
    records = parquet_records(
        tmp_path, opened_on=moment.cast(pa.timestamp("us", "UTC")), closed_on=pa.array([""])
    )
    assert column(records, "opened_on") == [pd.Timestamp(2024, 9, 1)]
    return records


@case(REJECT_FILE, "FIL-006")
def test_case_116_columns_of_one_name(tmp_path: Path) -> Records:
    names = ["home_id" if name == "tenure" else name for name in HEAD.strip().split(",")]
    table = pa.table([pa.array([cell]) for cell in CELLS], names=names)
    pq.write_table(table, tmp_path / "asb_cases.parquet")
    return check_file(tmp_path, "asb_cases")


@case(ACCEPT)
def test_case_117_dictionaries_extensions_and_binary_text(tmp_path: Path) -> Records:
    ids = pa.ExtensionArray.from_storage(pa.uuid(), pa.array([uuid.UUID(int=7).bytes], pa.binary(16)))
    records = parquet_records(
        tmp_path,
        case_id=ids,
        home_id=pa.array(["H1"]).dictionary_encode(),
        opened_on=pa.array([b"2024-09-01"]),
        closed_on=pa.array([dt.date(2024, 10, 1)]).dictionary_encode(),
        hate_incident=pa.array([1], pa.uint8()),
    )
    assert column(records, "case_id") == [str(uuid.UUID(int=7))]
    assert column(records, "home_id") == ["H1"]
    assert column(records, "hate_incident") == [True]
    return records


@case(ACCEPT)
def test_case_118_row_groups_without_rows(tmp_path: Path) -> Records:
    schema = pa.schema([pa.field(name, pa.string()) for name in HEAD.strip().split(",")])
    row = pa.table([pa.array([cell]) for cell in CELLS], schema=schema)
    with pq.ParquetWriter(tmp_path / "asb_cases.parquet", schema) as writer:
        for table in (row.slice(0, 0), row, row.slice(0, 0)):
            writer.write_table(table)
    records = check_file(tmp_path, "asb_cases")
    assert column(records, "case_id") == ["A1"]
    return records


@case(REJECT_FILE, "FIL-007")
def test_case_119_text_that_is_no_text(tmp_path: Path) -> Records:
    bytes_for_text = pa.array([b"A\xff\xfe"]).view(pa.string())
    assert list(parquet_records(tmp_path, case_id=bytes_for_text).findings["finding_id"]) == ["FIL-007"]
    return parquet_records(tmp_path, case_id=pa.array([b"A\xff\xfe"]))


@case(WARN, "FIL-031")
def test_case_120_references_kept_as_short_floats(tmp_path: Path) -> Records:
    exact = parquet_records(tmp_path, case_id=pa.array([0.1], pa.float32()))
    assert column(exact, "case_id") == ["0.1"]
    return parquet_records(tmp_path, case_id=pa.array([100000000001.0], pa.float32()))


@case(REJECT_ROW, "ASB-042")
def test_case_121_dates_outside_the_calendar(tmp_path: Path) -> Records:
    for days in (2**31 - 1, -(2**31), 2_932_897):
        records = parquet_records(tmp_path, opened_on=pa.array([days], pa.date32()))
        assert list(records.rejected["opened_on"]) == ["a date outside the years 1 to 9999"]
    for unit in ("ms", "us"):
        for zone in (None, "UTC"):
            moments = pa.array([2**63 - 1], pa.timestamp(unit, zone))
            records = parquet_records(tmp_path, opened_on=moments)
            assert len(records.rejected) == 1
    return records


@case(REJECT_FILE, "FIL-010")
def test_case_122_one_long_value_a_hundred_thousand_times(bounded: dict[str, Bounded]) -> None:
    assert set(bounded["shared"].findings) == set(bounded["rows"].findings) == {"FIL-010"}


# --- settings and folders


@case(REJECT_FILE)
def test_case_123_yaml_that_swells_or_nests(tmp_path: Path) -> None:
    folder = tmp_path / "L0001"
    folder.mkdir()
    aliases = "a: &a [x]\n" + "".join(f"b{n}: &b{n} [*a, *a]\n" for n in range(9))
    for text in (
        aliases,
        "[" * 100_000,
        "code: {" * 50_000,
        "code: L0001\ncode: L0002\n",
        "\x00",
        "- x\n",
        "!!binary x",
    ):
        (folder / "landlord.yaml").write_text(text)
        with pytest.raises(InputError):
            load_landlord(folder)


@case(REJECT_FILE, "FIL-007")
def test_case_124_folder_under_the_name_of_a_file(tmp_path: Path) -> Records:
    (tmp_path / "asb_cases.csv").mkdir()
    return check_file(tmp_path, "asb_cases")


@case(ACCEPT)
def test_case_125_every_table_of_headings_alone(tmp_path: Path) -> None:
    for name, table in TABLES.items():
        (tmp_path / f"{name}.csv").write_text(",".join(table.by_name) + "\n")
        received = receive(tmp_path, name)
        assert received.frame is not None
        assert received.frame.empty


@case(ACCEPT)
def test_case_126_macros_links_and_commands(tmp_path: Path) -> Records:
    rows = [[str(cell) for cell in row] for row in asb_sheet()]
    command = b'<row r="3"><c r="A3" t="str"><f>cmd|\'/C calc\'!A0</f><v>A2</v></c>'
    others = b"".join(
        b'<c r="%s3" t="inlineStr"><is><t>%s</t></is></c>' % (at, cell.encode())
        for at, cell in zip((b"B", b"C", b"D", b"E", b"F"), rows[2][1:], strict=True)
    )
    sheet = [SHEET, raw_row(1, rows[0]), raw_row(2, rows[1]), command, others, b"</row>", SHEET_END]
    data = raw_book(
        {
            "xl/worksheets/sheet1.xml": sheet,
            "xl/vbaProject.bin": [b"\xd0\xcf\x11\xe0", bytes(2000)],
            "xl/externalLinks/externalLink1.xml": [
                b"<externalLink><ddeLink ddeService='cmd'/></externalLink>"
            ],
        }
    )
    records = xlsx_records(tmp_path, data)
    assert column(records, "case_id") == ["A1", "A2"]
    return records


@case(REJECT_FILE, "FIL-007")
def test_case_127_other_files_under_the_names_of_tables(tmp_path: Path) -> Records:
    others = {
        "json.csv": b'[{"case_id": "A1", "home_id": "H1"}]',
        "sqlite.csv": b"SQLite format 3\x00" + bytes(4000),
        "ebcdic.csv": (HEAD + ROW).encode("cp500"),
        "feather.parquet": b"ARROW1\x00\x00" + bytes(400),
        "encrypted.parquet": b"PARE" + bytes(400) + b"PARE",
        "text.xlsx": (HEAD + ROW).encode(),
    }
    for name, data in others.items():
        folder = tmp_path / name.split(".")[0]
        folder.mkdir()
        (folder / f"asb_cases.{name.split('.')[1]}").write_bytes(data)
        records = check_file(folder, "asb_cases")
        assert records.accepted.empty
        assert set(records.findings["grade"]) == {"stop"}, name
        assert len(records.findings) == 1, name
    return records
