"""The quick ways of reading a long file give what the careful ones give."""

from __future__ import annotations

import random
import time
from pathlib import Path

import numpy as np
import pandas as pd
import pyarrow as pa
import pytest
from hypothesis import given
from hypothesis import strategies as st

from pipelines.intake import csv_file, parse, records
from pipelines.intake.dates import read_iso
from pipelines.intake.encodings import is_utf8
from pipelines.intake.parse import parse_column
from schemas.tables import TABLES
from schemas.tables.unique import all_differ
from tests.intake.support import CLEAN, EDITION, check_file, check_rows, related_to, rows_of
from tests.intake.test_sources_mapping import ENTRY, write


def some_csv(draw: random.Random) -> tuple[bytes, int]:
    """A file of a heading and a few rows with every kind of quotation mark; and how many columns it has."""
    columns = draw.choice([1, 2, 3])
    kinds = (("{}", "ab1 ", 4), ('"{}"', 'ab,"" ', 4), ('"{}"', "ab,\n", 4), ("{}", 'ab"\r', 3))
    lines = []
    for _ in range(draw.randint(1, 8)):
        cells = []
        for _ in range(columns + (draw.random() > 0.93)):
            form, letters, most = draw.choices(kinds, (50, 25, 15, 10))[0]
            text = "".join(draw.choice(letters) for _ in range(draw.randint(0, most)))
            cells.append(form.format(text.replace('"', '""') if form != "{}" else text))
        lines.append(",".join(cells))
    end = draw.choice(["\n", "\n", "\r\n"])
    return f"h\n{end.join(lines)}{draw.choice(['', end, end + end])}".encode(), columns


@pytest.mark.parametrize("block", [1 << 24, 64, 24])
def test_a_file_of_single_lines_is_read_at_once_as_it_is_line_by_line(
    block: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(csv_file, "_BLOCK", block)
    draw = random.Random(block)  # noqa: S311 (no secret)
    at_once = 0
    for _ in range(3_000):
        data, columns = some_csv(draw)
        top = csv_file._Top([str(n) for n in range(columns)], 1, 2, ",", [])
        found = csv_file._cells_of_single_lines(data, csv_file._lines(data), top)
        if found is None:
            continue
        at_once += 1
        cells, rows, ragged = csv_file._cells(data, top)
        quick = found[0].to_numpy().tolist()
        assert quick == cells.to_numpy().tolist()[: len(quick)], data
        assert all(row == [""] * columns for row in cells.to_numpy().tolist()[len(quick) :]), data
        assert found[1].tolist() == rows.tolist()[: len(quick)], data
        assert not any(row.text.strip() for row in ragged), data
    assert at_once > 300


def test_a_quotation_mark_left_open_is_found_in_the_quick_way_too(tmp_path: Path) -> None:
    entry = ENTRY.format(files="jobs.csv", more="delimiter: ';'")
    head = "Job No;Property;Priority;Raised;Done;State\n"
    row = "J{};H1;E;01/05/2024 10:00;01/05/2024 15:30;Completed\n"
    for text in (row.replace("Completed", '"Completed'), row.replace(";H1", ';"H1')):
        lines = [row.format(n) for n in range(5)]
        write(tmp_path, entry, jobs__csv=head + "".join([*lines, text.format(9), *lines]))
        assert "stop" in set(check_file(tmp_path, "repairs").findings["grade"])


CELLS = ["R1", " R2 ", "R3", "", "NULL", "#N/A", "R\u00e9", "R1", '="007"', "1.2E+11", "x\u200by"]
DATES = [
    "2024-05-01",
    "2024-05-01T10:00",
    "2024-05-01 10:00:30",
    "2024-05-01T24:00",
    "2024-02-30",
    "0000-01-01",
    "9999-12-31",
    "1900-01-01",
    "",
    " 2024-05-01 ",
    "NULL",
    "2024-05-01T10:00:00.5",
    "2025-03-31T23:30Z",
    "2024-05-01x10:00",
    "01/05/2024",
    "2024-5-1",
]


@pytest.mark.parametrize(
    ("table", "column", "cells"),
    [
        ("repairs", "repair_id", CELLS),
        ("homes", "uprn", ["100000000001", "x", "", " 7 "]),
        ("repairs", "priority", ["emergency", "Non-Emergency", "", "P1"]),
        ("repairs", "reported_at", DATES),
        ("repairs", "target_at", DATES),
        ("asb_cases", "opened_on", DATES),
        ("survey_responses", "TP01", ["Very satisfied", "very  satisfied", "Happy", ""]),
    ],
)
def test_a_column_of_many_values_is_read_as_one_of_few(
    table: str, column: str, cells: list[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    text = pd.Series(cells * 3, dtype="str")
    contract = TABLES[table].by_name[column]
    few = parse_column(text, contract, EDITION)
    monkeypatch.setattr(parse, "_SAMPLE", 2)
    many = parse_column(text, contract, EDITION)

    pd.testing.assert_series_equal(many.values, few.values)
    for name in ("blank", "unreadable", "implausible", "null_words", "error_words", "shortened"):
        np.testing.assert_array_equal(getattr(many, name), getattr(few, name))


@pytest.mark.parametrize("column", ["reported_at", "target_at"])
def test_dates_read_by_position_are_read_as_by_their_text(
    column: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    text = pd.Series(DATES, dtype="str")
    contract = TABLES["repairs"].by_name[column]
    by_position = parse_column(text, contract, EDITION)

    def nothing_plain(cells: pa.Array) -> tuple[np.ndarray, np.ndarray]:
        return np.full(len(cells), np.datetime64("NaT", "us"), "datetime64[us]"), np.zeros(len(cells), bool)

    monkeypatch.setattr(parse, "read_iso", nothing_plain)
    by_text = parse_column(text, contract, EDITION)

    pd.testing.assert_series_equal(by_position.values, by_text.values)
    for name in ("blank", "unreadable", "implausible"):
        np.testing.assert_array_equal(getattr(by_position, name), getattr(by_text, name))


@given(st.datetimes())
def test_every_moment_is_read_by_position(moment: object) -> None:
    whole = pd.Timestamp(moment).floor("s").to_pydatetime()  # type: ignore[arg-type]
    forms = [whole.isoformat(), whole.isoformat(sep=" "), whole.isoformat()[:16], whole.isoformat()[:10]]

    moments, plain = read_iso(pa.array([*forms, "x", ""], pa.large_string()))

    expected = [whole, whole, whole.replace(second=0), whole.replace(hour=0, minute=0, second=0)]
    assert moments[:4].tolist() == expected
    assert plain.tolist() == [True] * 4 + [False] * 2


@given(st.lists(st.tuples(st.text(max_size=20), st.sampled_from(["a", "b", "c" * 70])), max_size=8))
def test_keys_that_all_differ_are_no_duplicates(pairs: list[tuple[str, str]]) -> None:
    frame = pd.DataFrame(pairs, columns=["one", "two"]).astype("str")

    for key in (["one"], ["one", "two"]):
        if all_differ(frame, key):
            assert not frame.duplicated(subset=key).any()
        elif (
            not frame[key]
            .astype("str")
            .apply(lambda c: (c.str.len() > 64) | ~c.map(str.isascii))
            .any(axis=None)
        ):
            assert frame.duplicated(subset=key).any()


def test_keys_of_other_kinds() -> None:
    numbers = pd.Series([1, 2, 2], dtype="Int64")
    assert not all_differ(pd.DataFrame({"n": numbers}), ["n"])
    assert all_differ(pd.DataFrame({"n": numbers[:2]}), ["n"])
    assert all_differ(pd.DataFrame({"n": numbers, "t": pd.Series(["x", "y", "z"], dtype="str")}), ["n", "t"])
    assert not all_differ(
        pd.DataFrame({"n": pd.Series([1, None], dtype="Int64")}), ["n"]
    )  # it would be looked up
    assert not all_differ(pd.DataFrame({"n": [0.5, 1.5]}), ["n"])
    assert all_differ(pd.DataFrame({"n": pd.to_datetime(["2024-01-01", "2024-01-02"])}), ["n"])
    assert all_differ(pd.DataFrame({"n": pd.Series([], dtype="str")}), ["n"])


def test_a_long_table_is_checked_like_a_short_one(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    rows = [
        CLEAN["repairs"][0] | {"repair_id": f"R{n % 7}", "priority": "P" if n == 3 else "emergency"}
        for n in range(12)
    ]
    short = check_rows(tmp_path, "repairs", rows)
    monkeypatch.setattr(records, "LONG", 0)
    long = check_rows(tmp_path, "repairs", rows)

    pd.testing.assert_frame_equal(long.accepted, short.accepted)
    pd.testing.assert_frame_equal(long.rejected, short.rejected)
    pd.testing.assert_frame_equal(long.findings, short.findings)


@given(st.binary(max_size=40))
def test_what_is_utf8(data: bytes) -> None:
    try:
        data.decode("utf-8")
    except UnicodeDecodeError:
        assert not is_utf8(data)
    else:
        assert is_utf8(data)


def test_a_character_cut_in_two_by_a_block_is_whole(monkeypatch: pytest.MonkeyPatch) -> None:
    from pipelines.intake import encodings

    monkeypatch.setattr(encodings, "_BLOCK", 2)

    assert is_utf8("a€b€".encode())
    assert not is_utf8("a€".encode()[:-1])


@pytest.mark.slow
def test_a_quarter_of_a_million_mapped_repairs_take_seconds(tmp_path: Path) -> None:
    count = 250_000
    lines = ["Job No;Property;Priority;Raised;Done;State"]
    for n in range(count):
        day = "31/06/2024" if n % 50 == 0 else "01/06/2024"
        lines.append(
            f"J{n};H{n % 2 + 1};{'ER'[n % 2]};{day} {n % 24:02d}:{n % 60:02d};02/06/2024 12:00;Completed"
        )
    more = "filters: [{column: State, is: Test, reason: tests}]"
    write(tmp_path, ENTRY.format(files="jobs.csv", more=more), jobs__csv="\n".join([*lines, ""]))
    related = related_to("repairs")

    start = time.perf_counter()
    checked = check_file(tmp_path, "repairs", related)
    seconds = time.perf_counter() - start

    assert len(checked.accepted) + len(checked.rejected) == count
    assert len(rows_of(checked, "REP-072")) == count // 50
    assert seconds < 10, "a cell-by-cell path has come back: a tenth of this is usual"
