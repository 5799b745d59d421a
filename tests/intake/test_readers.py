"""The three readers: one table in any form is the same records; what cannot be read is one finding."""

from __future__ import annotations

import datetime as dt
import hashlib
import io
import os
import zipfile
from pathlib import Path

import openpyxl
import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from pandas.testing import assert_frame_equal

from pipelines.intake import Received, receive, xlsx_parts
from pipelines.intake.findings import FINDING_COLUMNS
from pipelines.intake.sheet import find_headings
from schemas.errors import InputError
from schemas.tables import TABLES
from tests.intake.support import CLEAN, check_file, check_rows, write_csv

HEAD = "case_id,home_id,tenure,opened_on,closed_on,hate_incident\n"
ROW = "A1,H1,,2024-09-01,2024-10-01,no\n"


def receive_csv(folder: Path, data: bytes | str, table: str = "asb_cases") -> Received:
    (folder / f"{table}.csv").write_bytes(data.encode() if isinstance(data, str) else data)
    return receive(folder, table)


def ids(received: Received) -> list[str]:
    return list(received.findings["finding_id"])


def frame_of(received: Received) -> pd.DataFrame:
    assert received.frame is not None, received.findings["message"].tolist()
    return received.frame


# ------------------------------------------------------------------------------------------ the three forms


def _typed(table: str, name: str, text: str) -> object:
    """A cell as a workbook or a Parquet file holds it: dates, numbers and flags, not text."""
    if text == "":
        return None
    column = TABLES[table].by_name.get(name)
    kind = str(column.kind) if column else "text"
    if kind == "date":
        return dt.date.fromisoformat(text)
    if kind == "datetime":
        return dt.datetime.fromisoformat(text)
    if kind in ("score", "count", "stage") or name == "uprn":
        return int(text)
    if kind == "decimal":
        return float(text)
    return {"yes": True, "no": False}[text] if kind == "flag" else text


def _write_xlsx(folder: Path, table: str) -> None:
    book = openpyxl.Workbook()
    sheet = book.active
    sheet.append(list(CLEAN[table][0]))
    for row in CLEAN[table]:
        sheet.append([_typed(table, name, text) for name, text in row.items()])
    book.save(folder / f"{table}.xlsx")


def _write_parquet(folder: Path, table: str) -> None:
    columns = {name: [_typed(table, name, row[name]) for row in CLEAN[table]] for name in CLEAN[table][0]}
    pq.write_table(pa.table(columns), folder / f"{table}.parquet")


@pytest.mark.parametrize("table", TABLES)
def test_the_same_table_in_all_three_forms_is_the_same_records(tmp_path: Path, table: str) -> None:
    frames = []
    for form, write in (("xlsx", _write_xlsx), ("parquet", _write_parquet)):
        folder = tmp_path / form
        folder.mkdir()
        write(folder, table)
        records = check_file(folder, table)
        assert records.findings.empty, records.findings["message"].tolist()
        frames.append(records.accepted)

    from_csv = check_rows(tmp_path, table, CLEAN[table]).accepted

    for frame in frames:
        assert_frame_equal(frame, from_csv)


@pytest.mark.parametrize("table", TABLES)
def test_accepted_frames_have_every_column_in_its_type(tmp_path: Path, table: str) -> None:
    required = {c.name for c in TABLES[table].columns if c.required}
    rows = [{k: v for k, v in row.items() if k in required} for row in CLEAN[table]]
    if table == "repairs":
        rows = [row | {"completed_at": "2024-07-01"} for row in rows]
    if table in ("safety_checks", "safety_exclusions", "complaints", "repairs"):
        rows = [row | {"home_id": home} for row, home in zip(rows, ("H1", "H2"), strict=True)]

    accepted = check_rows(tmp_path, table, rows).accepted

    expected = {c.name: c.dtype for c in TABLES[table].columns} | {"source_row": "int64"}
    assert {name: str(dtype) for name, dtype in accepted.dtypes.items()} == expected
    assert set(accepted.attrs["absent_columns"]) == set(expected) - set(rows[0]) - {"source_row"}
    assert len(accepted) == 2


def test_a_table_of_headings_alone_is_received_empty_and_typed(tmp_path: Path) -> None:
    (tmp_path / "asb_cases.csv").write_text(HEAD)

    records = check_file(tmp_path, "asb_cases")

    assert records.findings.empty
    assert len(records.accepted) == 0
    assert str(records.accepted["opened_on"].dtype) == "datetime64[us]"
    assert str(records.accepted["hate_incident"].dtype) == "boolean"


def test_an_absent_optional_table_is_no_finding(tmp_path: Path) -> None:
    received = receive(tmp_path, "households")

    assert received.frame is None
    assert received.findings.empty
    assert received.size == 0


def test_an_unknown_table_or_folder_is_a_wrong_use(tmp_path: Path) -> None:
    with pytest.raises(InputError, match="'jobs' is not a table"):
        receive(tmp_path, "jobs")
    with pytest.raises(InputError, match="There is no folder"):
        receive(tmp_path / "none", "repairs")


def test_the_file_is_known_by_its_hash_and_size(tmp_path: Path) -> None:
    received = receive_csv(tmp_path, HEAD)

    assert received.sha256 == hashlib.sha256(HEAD.encode()).hexdigest()
    assert received.size == len(HEAD)
    assert received.file == "asb_cases.csv"


# ---------------------------------------------------------------------------------------------------- CSV


@pytest.mark.parametrize(
    "data",
    [
        b"\xef\xbb\xbf" + (HEAD + ROW).encode(),
        (HEAD + ROW).replace("\n", "\r\n").encode(),
        (HEAD + ROW).replace("\n", "\r").encode(),
        (HEAD + ROW + "\n\n").encode(),
        (HEAD + ROW + ",,,,,\n").encode(),
        (HEAD + ROW.replace("no\n", "no,,\n")).encode(),
        HEAD.replace("case_id", " Case ID ").replace("home_id", "HOME-ID").encode() + ROW.encode(),
        HEAD.replace("\n", ",\n").encode() + ROW.replace("\n", ",\n").encode(),
        HEAD.encode() + b'"A1","H1","","2024-09-01","2024-10-01","no"\n',
    ],
    ids=[
        "bom",
        "crlf",
        "cr",
        "blank-end",
        "comma-end",
        "blank-extra-cells",
        "headings",
        "blank-extra-column",
        "quoted",
    ],
)
def test_harmless_shapes_are_read_without_a_word(tmp_path: Path, data: bytes) -> None:
    received = receive_csv(tmp_path, data)

    assert ids(received) == []
    assert frame_of(received).to_dict("records") == [
        {
            "case_id": "A1",
            "home_id": "H1",
            "tenure": "",
            "opened_on": "2024-09-01",
            "closed_on": "2024-10-01",
            "hate_incident": "no",
        }
    ]
    assert list(frame_of(received).index) == [2]


@pytest.mark.parametrize("encoding", ["utf-16", "utf-16-le", "utf-16-be", "utf-32"])
def test_other_unicode_encodings_are_read_with_a_note(tmp_path: Path, encoding: str) -> None:
    received = receive_csv(tmp_path, (HEAD + ROW).encode(encoding))

    assert ids(received) == ["FIL-016"]
    assert frame_of(received)["case_id"].tolist() == ["A1"]


def test_only_the_bytes_that_are_not_utf8_are_read_as_windows_wrote_them(tmp_path: Path) -> None:
    rows = b"A1,Caf\xc3\xa9,,2024-09-01,,no\nA2,\xa3 \x93x\x94,,2024-09-01,,no\n"

    received = receive_csv(tmp_path, HEAD.encode() + rows)

    assert ids(received) == ["FIL-016"]
    assert frame_of(received)["home_id"].tolist() == ["Café", "£ “x”"]


@pytest.mark.parametrize("separator", [";", "\t", "|"])
def test_other_separators_are_read_with_a_note(tmp_path: Path, separator: str) -> None:
    received = receive_csv(tmp_path, (HEAD + ROW).replace(",", separator))

    assert ids(received) == ["FIL-024"]
    assert frame_of(received)["home_id"].tolist() == ["H1"]


def test_the_separator_that_excel_states_is_taken(tmp_path: Path) -> None:
    received = receive_csv(tmp_path, "sep=;\n" + (HEAD + ROW).replace(",", ";"))

    assert ids(received) == ["FIL-024", "FIL-018"]
    assert frame_of(received)["home_id"].tolist() == ["H1"]


def test_rows_keep_the_numbers_a_spreadsheet_shows(tmp_path: Path) -> None:
    text = (
        "Exported 1 April\n"
        + HEAD
        + 'A1,"two\nlines",,2024-09-01,,no\n'.replace("two\nlines", "H1")
        + "\n"
        + "A2,short\n"
        + "A3,H1,,2024-09-01,,no\n"
    )

    received = receive_csv(tmp_path, text)

    assert frame_of(received)["case_id"].to_dict() == {3: "A1", 6: "A3"}
    ragged = received.findings.set_index("finding_id").loc["FIL-014"]
    assert (ragged["row"], ragged["record_id"]) == (5, "A2")
    assert sorted(ids(received)) == ["FIL-014", "FIL-015", "FIL-018"]


def test_a_row_that_is_no_row_is_among_the_rejected(tmp_path: Path) -> None:
    (tmp_path / "asb_cases.csv").write_text(HEAD + ROW + "A2,short\n")

    records = check_file(tmp_path, "asb_cases")

    assert records.rejected[["source_row", "finding_id", "case_id"]].to_numpy().tolist() == [
        [3, "FIL-014", "A2"]
    ]
    assert len(records.accepted) == 1


def test_a_comment_may_hold_line_ends_and_commas(tmp_path: Path) -> None:
    first, second = (dict(row) for row in CLEAN["survey_responses"])
    first["comment"] = 'Slow, but\nfine, he said "ok", really'

    received = check_rows(tmp_path, "survey_responses", [first, second])

    assert received.findings.empty
    assert received.accepted["comment"].iloc[0] == first["comment"]
    assert received.accepted["source_row"].tolist() == [2, 3]


@pytest.mark.parametrize("column", ["comment", "area", "household_id"])
def test_a_quotation_mark_left_open_loses_no_rows_in_silence(tmp_path: Path, column: str) -> None:
    path = write_csv(tmp_path, "survey_responses", [*CLEAN["survey_responses"]] * 3)
    text = path.read_text()
    value = CLEAN["survey_responses"][0][column]
    path.write_text(text.replace(value, f'"{value}', 1))

    received = receive(tmp_path, "survey_responses")

    assert received.frame is None
    assert ids(received) == ["FIL-011"]
    assert "row 2" in received.findings["message"].iloc[0]


def test_two_open_quotation_marks_that_make_one_row_of_two_are_seen(tmp_path: Path) -> None:
    received = receive_csv(tmp_path, HEAD + 'A1,"H1,,2024-09-01,,no\nA2,H2",,2024-09-01,,no\n')

    assert received.frame is None
    assert ids(received) == ["FIL-011"]


def test_a_line_end_round_a_value_is_only_space(tmp_path: Path) -> None:
    received = receive_csv(tmp_path, HEAD + '"A1\n",H1,,2024-09-01,,no\nA2,H1,,2024-09-01,,no\n')

    assert ids(received) == []
    assert list(frame_of(received).index) == [2, 3]


@pytest.mark.parametrize(
    ("data", "rule_id", "words"),
    [
        (b"", "FIL-003", "nothing in it"),
        (b"\xef\xbb\xbf", "FIL-003", "nothing in it"),
        (b",,,\n,,,\n", "FIL-003", "nothing in it"),
        (b"PK\x03\x04rest", "FIL-008", "Excel workbook"),
        (b"\x1f\x8brest", "FIL-008", "compressed"),
        (b"\xd0\xcf\x11\xe0rest", "FIL-008", "old Excel"),
        (b"%PDF-1.7", "FIL-008", "PDF"),
        ("<html>".encode("utf-16"), "FIL-008", "web page"),
        (b"<?xml version='1.0'?><a/>", "FIL-008", "XML"),
        (b"just some words\n", "FIL-005", "case_id"),
        (HEAD.encode() + b"A1," + b"x" * (40 << 20) + b",,2024-09-01,,no\n", "FIL-007", "16 MB"),
    ],
    ids=lambda value: value.decode("latin-1")[:12] if isinstance(value, bytes) else value,
)
def test_what_is_no_csv_is_refused_in_one_finding(
    tmp_path: Path, data: bytes, rule_id: str, words: str
) -> None:
    received = receive_csv(tmp_path, data)

    assert received.frame is None
    assert ids(received) == [rule_id]
    assert words in received.findings["message"].iloc[0]


def test_links_and_folders_are_not_followed(tmp_path: Path) -> None:
    (tmp_path / "secret.txt").write_text("key")
    (tmp_path / "asb_cases.csv").symlink_to(tmp_path / "secret.txt")
    (tmp_path / "repairs.csv").mkdir()
    os.mkfifo(tmp_path / "complaints.csv")

    for table in ("asb_cases", "repairs", "complaints"):
        assert ids(receive(tmp_path, table)) == ["FIL-007"]


def test_a_file_in_an_unread_form_is_named(tmp_path: Path) -> None:
    (tmp_path / "repairs.xls").write_bytes(b"\xd0\xcf\x11\xe0")

    received = receive(tmp_path, "repairs")

    assert ids(received) == ["FIL-001"]
    assert "repairs.xls" in received.findings["message"].iloc[0]


def test_every_missing_column_is_named_at_once(tmp_path: Path) -> None:
    received = receive_csv(tmp_path, "case_id,when\n1,2\n")

    assert "no column opened_on and no column hate_incident" in received.findings["message"].iloc[0]


@settings(max_examples=150, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    tail=st.one_of(
        st.binary(max_size=300),
        st.text(alphabet=",\"\n\r;'\t\0Aé£ 0129-T:.", max_size=300).map(lambda s: s.encode()),
    ),
    head=st.sampled_from(
        [b"", HEAD.encode(), HEAD.encode()[:-9], b"\xff\xfe", b"\xef\xbb\xbf" + HEAD.encode()]
    ),
)
def test_no_bytes_end_in_a_traceback(tmp_path: Path, head: bytes, tail: bytes) -> None:
    received = receive_csv(tmp_path, head + tail)

    assert tuple(received.findings.columns) == FINDING_COLUMNS
    if received.frame is None:
        assert list(received.findings["grade"]) == ["stop"]
    else:
        check_file(tmp_path, "asb_cases")


# --------------------------------------------------------------------------------------- XLSX and Parquet


def _book(*sheets: tuple[str, list[list[object]]]) -> bytes:
    book = openpyxl.Workbook()
    book.remove(book.active)
    for name, rows in sheets:
        sheet = book.create_sheet(name)
        for row in rows:
            sheet.append(row)
    stream = io.BytesIO()
    book.save(stream)
    return stream.getvalue()


def receive_xlsx(folder: Path, data: bytes) -> Received:
    (folder / "asb_cases.xlsx").write_bytes(data)
    return receive(folder, "asb_cases")


HEADINGS: list[object] = HEAD.strip().split(",")
CELLS: list[object] = ["A1", "H1", None, dt.date(2024, 9, 1), None, "no"]


def test_the_sheet_of_the_tables_name_is_read_else_the_first(tmp_path: Path) -> None:
    cover = ("Cover", [["Prepared by"]])
    named = receive_xlsx(tmp_path, _book(cover, ("ASB cases", [HEADINGS, CELLS])))
    first = receive_xlsx(tmp_path, _book(("Data", [HEADINGS, CELLS]), cover))

    assert (named.sheet, first.sheet) == ("ASB cases", "Data")
    assert_frame_equal(frame_of(named), frame_of(first))


def test_title_rows_above_the_headings_are_passed_over(tmp_path: Path) -> None:
    received = receive_xlsx(tmp_path, _book(("Data", [["ASB 2024-25"], [], HEADINGS, CELLS])))

    assert ids(received) == ["FIL-018"]
    assert list(frame_of(received).index) == [4]


def test_times_of_a_workbook_are_whole_seconds(tmp_path: Path) -> None:
    moment = dt.datetime.fromisoformat("2024-09-01T14:05:00")
    received = receive_xlsx(tmp_path, _book(("Data", [HEADINGS, ["A1", 7, 7.5, moment, 45748, False]])))

    assert frame_of(received).iloc[0].tolist() == ["A1", "7", "7.5", "2024-09-01T14:05:00", "45748", "no"]


def test_errors_in_a_workbook_are_not_blanks_in_silence(tmp_path: Path) -> None:
    received = receive_xlsx(tmp_path, _book(("Data", [HEADINGS, ["A1", "#REF!", *CELLS[2:]]])))

    assert ids(received) == ["FIL-021"]
    assert frame_of(received)["home_id"].tolist() == [""]


def test_a_zip_bomb_is_refused_before_it_is_opened(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(xlsx_parts, "MAX_UNPACKED", 5_000_000)
    stream = io.BytesIO(_book(("Data", [HEADINGS, CELLS])))
    with zipfile.ZipFile(stream, "a", zipfile.ZIP_DEFLATED) as book:
        book.writestr("xl/media/zeros.bin", b"0" * 6_000_000)

    received = receive_xlsx(tmp_path, stream.getvalue())

    assert ids(received) == ["FIL-010"]


def test_a_sheet_with_a_cell_in_its_far_corner_is_refused(tmp_path: Path) -> None:
    book = openpyxl.Workbook()
    book.active.append(HEADINGS)
    book.active["XFD1048576"] = "x"
    book.save(tmp_path / "asb_cases.xlsx")

    assert ids(receive(tmp_path, "asb_cases")) == ["FIL-010"]


def _rewritten(data: bytes, part: str, change: dict[bytes, bytes]) -> bytes:
    stream = io.BytesIO()
    with zipfile.ZipFile(io.BytesIO(data)) as old, zipfile.ZipFile(stream, "w") as new:
        for name in old.namelist():
            content = old.read(name)
            for before, after in change.items() if name == part else ():
                content = content.replace(before, after)
            new.writestr(name, content)
    return stream.getvalue()


def test_a_workbook_with_entities_is_refused(tmp_path: Path) -> None:
    bomb = b'<!DOCTYPE x [<!ENTITY a "aaaa">]><workbook'
    data = _rewritten(_book(("Data", [HEADINGS, CELLS])), "xl/workbook.xml", {b"<workbook": bomb})

    assert ids(receive_xlsx(tmp_path, data)) == ["FIL-007"]


@pytest.mark.parametrize("data", [b"PK\x03\x04 broken", b"PK\x03\x04", _book(("Data", []))[:900]])
def test_a_broken_workbook_is_refused(tmp_path: Path, data: bytes) -> None:
    assert ids(receive_xlsx(tmp_path, data)) == ["FIL-007"]


def test_an_empty_workbook_is_refused(tmp_path: Path) -> None:
    assert ids(receive_xlsx(tmp_path, _book(("Data", [])))) == ["FIL-003"]


def test_text_under_the_name_of_a_workbook_is_refused(tmp_path: Path) -> None:
    assert ids(receive_xlsx(tmp_path, HEAD.encode())) == ["FIL-007"]


NAIVE = dt.datetime.fromisoformat


def _parquet(folder: Path, **columns: pa.Array) -> Received:
    base = {
        name: pa.array([text])
        for name, text in zip(HEAD.strip().split(","), ROW.strip().split(","), strict=True)
    }
    pq.write_table(pa.table(base | columns), folder / "asb_cases.parquet")
    return receive(folder, "asb_cases")


@pytest.mark.parametrize(
    ("cell", "text"),
    [
        (pa.array([dt.date(2024, 9, 1)]), "2024-09-01"),
        (pa.array([NAIVE("2024-09-01")]), "2024-09-01"),
        (pa.array([NAIVE("2024-09-01T14:05")], pa.timestamp("ns")), "2024-09-01T14:05:00"),
        # Half past eleven in the evening by Greenwich is the next day in a British summer.
        (pa.array([NAIVE("2024-08-31T23:30")], pa.timestamp("ms", "UTC")), "2024-09-01T00:30:00"),
        (pa.array(["x"]).dictionary_encode(), "x"),
        (pa.array([7], pa.int8()), "7"),
        (pa.array([100023000000.0]), "100023000000"),
        (pa.array([0.00001]), "0.00001"),
        (pa.array([float("nan")]), ""),
        (pa.array([True]), "yes"),
        (pa.array([None], pa.null()), ""),
        (pa.array([None], pa.string()), ""),
        (pa.array(["1.50"]).cast(pa.decimal128(5, 2)), "1.5"),
    ],
    ids=str,
)
def test_typed_columns_become_the_text_of_a_careful_person(tmp_path: Path, cell: pa.Array, text: str) -> None:
    received = _parquet(tmp_path, home_id=cell)

    assert frame_of(received)["home_id"].tolist() == [text]


def test_a_nested_column_is_refused(tmp_path: Path) -> None:
    received = _parquet(tmp_path, home_id=pa.array([["H1", "H2"]]))

    assert ids(received) == ["FIL-007"]
    assert "home_id" in received.findings["message"].iloc[0]


def test_headings_are_found_by_what_the_table_must_have() -> None:
    table = TABLES["asb_cases"]

    assert find_headings([["ASB"], ["case id", "tenure"], [str(h) for h in HEADINGS]], table) == 2
    assert find_headings([["ASB"], ["case id", "tenure"]], table) == 1
