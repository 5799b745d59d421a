"""Fuzzing: no bytes make a reader raise anything but its refusal, and no text makes the checks raise.

Every run tries the same examples: what fails here fails for everybody.
"""

from __future__ import annotations

import io
import zipfile
from collections.abc import Callable
from functools import cache

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from pipelines.intake import Received, check_table, no_findings
from pipelines.intake.csv_file import read_csv
from pipelines.intake.encodings import to_utf8
from pipelines.intake.findings import file_finding, problem_findings
from pipelines.intake.parquet_file import read_parquet
from pipelines.intake.received import _frame
from pipelines.intake.sheet import Refused, Sheet
from pipelines.intake.xlsx_file import read_xlsx
from schemas.tables import TABLES, Table
from tests.intake.bad_files import HEAD, as_csv, asb_sheet, book
from tests.intake.support import CLEAN, EDITION, SETTINGS, related_to

Reader = Callable[[bytes, Table], Sheet]
ASB = TABLES["asb_cases"]
SOME = settings(
    max_examples=80,
    derandomize=True,
    deadline=None,
    database=None,
    suppress_health_check=[HealthCheck.too_slow, HealthCheck.data_too_large],
)
FEW = settings(SOME, max_examples=40)

# Pieces that mean something to a reader, among any bytes.
SEPARATORS = (b",", b'"', b'""', b"\n", b"\r\n", b"\r", b";", b"\t", b"\x00", b" ", b"sep=;\n")
MARKS = (b"\xef\xbb\xbf", b"\xff\xfe", b"\xfe\xff", b"\xc3", b"\xa3", b"\xf0\x9f\x98\x80", b"\xed\xa0\x80")
WHOLE = (
    HEAD.encode(),
    b"case_id,home_id\n",
    b"A1,H1,,2024-09-01,,no",
    b"=1+1",
    b"+/v8-",
    b"PAR1",
    b"PK\x03\x04",
)
PIECES = st.one_of(st.binary(max_size=20), st.sampled_from([*SEPARATORS, *MARKS, *WHOLE]))


def is_read_or_refused(reader: Reader, data: bytes, table: Table = ASB) -> Sheet | None:
    """Read and name the columns, as `receive` does; a refusal is the one exception that may come."""
    try:
        sheet = reader(data, table)
        frame, problems = _frame(sheet, table)
    except Refused as refused:
        file_finding(refused.number, table, "asb_cases.csv", "", refused.facts)  # which has all that it says
        return None
    assert len(sheet.cells) == len(sheet.rows)
    assert list(sheet.cells.columns) == list(range(len(sheet.headings)))
    assert (np.diff(sheet.rows) > 0).all()
    problem_findings(problems, table, "asb_cases.csv", sheet.name)
    received = Received(table.name, frame, "asb_cases.csv", sheet.name, "", 1, no_findings())
    records = check_table(received, EDITION, related_to(table.name), SETTINGS)
    assert len(records.accepted) + len(records.rejected) == len(frame)
    return sheet


@cache
def workbook() -> bytes:
    return book(asb_sheet(), [["Contents"]])


@cache
def parquet() -> bytes:
    stream = io.BytesIO()
    columns = {name: pa.array([row[name] for row in CLEAN["asb_cases"]]) for name in CLEAN["asb_cases"][0]}
    days = pa.array([1, None], pa.date32())
    pq.write_table(pa.table(columns | {"closed_on": days}), stream, compression="none")
    return stream.getvalue()


@st.composite
def changed(draw: st.DrawFn, whole: bytes) -> bytes:
    """A file with some bytes changed, cut out, doubled or put in."""
    data = bytearray(whole)
    for _ in range(draw(st.integers(1, 5))):
        at = draw(st.integers(0, len(data)))
        length = draw(st.integers(0, 40))
        piece = draw(st.one_of(PIECES, st.just(bytes(data[at : at + length]) * 2), st.just(b"")))
        data[at : at + (length if draw(st.booleans()) else len(piece))] = piece
    return bytes(data)


@SOME
@given(st.lists(PIECES, max_size=30).map(b"".join))
def test_csv_of_any_bytes(data: bytes) -> None:
    is_read_or_refused(read_csv, data)


@SOME
@given(changed(as_csv(CLEAN["asb_cases"] * 3).encode()))
def test_csv_that_was_changed(data: bytes) -> None:
    is_read_or_refused(read_csv, data)


@FEW
@given(changed(as_csv(CLEAN["survey_responses"] * 2).encode()))
def test_survey_that_was_changed(data: bytes) -> None:
    is_read_or_refused(read_csv, data, TABLES["survey_responses"])


@pytest.mark.parametrize("reader", [read_xlsx, read_parquet], ids=["xlsx", "parquet"])
@FEW
@given(data=st.lists(PIECES, max_size=10).map(b"".join))
def test_other_forms_of_any_bytes(reader: Reader, data: bytes) -> None:
    is_read_or_refused(reader, data)


@SOME
@given(st.data())
def test_workbook_that_was_changed(data: st.DataObject) -> None:
    is_read_or_refused(read_xlsx, data.draw(changed(workbook())))


@FEW
@given(st.data())
def test_workbook_whose_parts_were_changed(data: st.DataObject) -> None:
    """Inside the zip file, where its checksums would else give every change away."""
    stream = io.BytesIO()
    with zipfile.ZipFile(io.BytesIO(workbook())) as whole, zipfile.ZipFile(stream, "w") as made:
        names = whole.namelist()
        chosen = data.draw(st.sampled_from([name for name in names if "xl/" in name]))
        for name in names:
            content = whole.read(name)
            made.writestr(name, data.draw(changed(content)) if name == chosen else content)
    is_read_or_refused(read_xlsx, stream.getvalue())


@SOME
@given(st.data())
def test_parquet_that_was_changed(data: st.DataObject) -> None:
    is_read_or_refused(read_parquet, data.draw(changed(parquet())))


@SOME
@given(st.binary(max_size=60))
def test_any_bytes_become_utf8_as_python_would_mend_them(data: bytes) -> None:
    """Against the plain way, byte by byte: what is not UTF-8 is Windows-1252."""
    plain, rest = "", data
    while rest:
        try:
            plain, rest = plain + rest.decode(), b""
        except UnicodeDecodeError as error:
            good, wrong = rest[: error.start], rest[error.start : error.end]
            plain += good.decode() + "".join(bytes([b]).decode("cp1252", "replace") for b in wrong)
            rest = rest[error.end :]
    text, encoding = to_utf8(b"plain text first," + data)
    assert text.decode() == "plain text first," + plain
    assert encoding in ("", "Windows-1252")


# --- the checks

WORDS = st.one_of(
    st.text(st.characters(exclude_categories=["Cs"]), max_size=12),
    st.sampled_from(
        ["", "yes", "no", "LCRA", "LCHO", "H1", "B1", "HH1", "1", "0", "NULL", "#N/A", "1.00023E+11"]
    ),
    st.sampled_from(
        ["2024-05-01", "2024-05-01T10:00", "0001-01-01T00:00+14:00", "9999-12-31T23:59:59-14:00"]
    ),
    st.sampled_from(
        ["2024-02-30", "9999-12-31", "0000-01-01", "2024-05-01T10:00+99:99", "2024-05-01T00:00Z", "-1"]
    ),
    st.sampled_from(
        ["completed", "open", "emergency", "gas", "Very satisfied", "9" * 40, "0." + "0" * 40 + "1"]
    ),
)


@st.composite
def frames(draw: st.DrawFn) -> tuple[str, pd.DataFrame]:
    name = draw(st.sampled_from(list(TABLES)))
    table = TABLES[name]
    columns = [c.name for c in table.columns if c.required or draw(st.booleans())]
    if table.keeps_characteristics and draw(st.booleans()):
        columns.append(draw(st.sampled_from(["area", "reason", "finding_id", "x" * 300])))
    count = draw(st.integers(0, 6)) * draw(st.sampled_from([1, 1, 1, 10]))
    few = draw(st.lists(WORDS, min_size=1, max_size=6))
    cells = {
        column: draw(st.lists(st.sampled_from(few), min_size=count, max_size=count)) for column in columns
    }
    index = pd.Index(range(2, count + 2), name="source_row", dtype="int64")
    return name, pd.DataFrame(cells, index=index, columns=columns, dtype="str")


@SOME
@given(frames())
def test_checks_of_any_text(made: tuple[str, pd.DataFrame]) -> None:
    name, frame = made
    received = Received(name, frame, f"{name}.csv", "", "", 1, no_findings())

    records = check_table(received, EDITION, related_to(name), SETTINGS)

    if not frame.empty:
        assert len(records.accepted) + len(records.rejected) == len(frame)
    assert set(records.rejected["source_row"]).isdisjoint(records.accepted["source_row"])


@SOME
@given(st.data())
def test_no_row_is_lost_between_the_file_and_the_records(data: st.DataObject) -> None:
    """Rows in = rows accepted + rejected + blank + headings said again, or the file is refused."""
    good, ragged = "A{n},H1,,2024-09-01,,no", "A{n},H1"
    kinds = data.draw(
        st.lists(st.sampled_from([good, ragged, "", ",,,,,", HEAD.strip(), "A{n},H1,,x,,?"]), max_size=25)
    )
    text = HEAD + "".join(kind.replace("{n}", str(n)) + "\n" for n, kind in enumerate(kinds))

    try:
        sheet = read_csv(text.encode(), ASB)
        frame, problems = _frame(sheet, ASB)
    except Refused:
        assert 2 * kinds.count(ragged) > len(kinds) - kinds.count("") > 20
        return
    found = problem_findings(problems, ASB, "asb_cases.csv", "")
    received = Received("asb_cases", frame, "asb_cases.csv", "", "", 1, found)
    records = check_table(received, EDITION, related_to("asb_cases"), SETTINGS)

    passed_over = sum(kind in ("", ",,,,,", HEAD.strip()) for kind in kinds)
    assert len(records.accepted) + len(records.rejected) + passed_over == len(kinds)
    assert len(records.rejected) == sum(kind in (ragged, "A{n},H1,,x,,?") for kind in kinds)


COMMENTS = ("fine", "a, b", 'she said "no"', "two\nlines", "", "x, y, z\nand, so")


@settings(SOME, max_examples=200)
@given(
    st.lists(st.sampled_from(COMMENTS), min_size=2, max_size=7),
    st.permutations(list(CLEAN["survey_responses"][0])),
    st.data(),
)
def test_a_stray_quotation_mark_loses_no_row_in_silence(
    comments: list[str], order: list[str], data: st.DataObject
) -> None:
    table = TABLES["survey_responses"]
    rows = [
        CLEAN["survey_responses"][0] | {"response_id": f"S{n}", "comment": c} for n, c in enumerate(comments)
    ]
    text = as_csv([{name: row[name] for name in order} for row in rows])
    for _ in range(data.draw(st.integers(1, 2))):
        cells = [at for at in range(text.index("\n") + 1, len(text)) if text[at - 1] in ",\n"]
        at = data.draw(st.sampled_from(cells))
        text = f'{text[:at]}"{text[at:]}'

    try:
        sheet = read_csv(text.encode(), table)
    except Refused as refused:
        numbers = {refused.number}
    else:
        numbers = {problem.number for problem in sheet.problems}
        blank = (sheet.cells == "").all(axis=1)
        if (~blank).sum() == len(rows):
            return

    assert numbers & {7, 11, 14}
