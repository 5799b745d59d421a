"""Dates in a stated format: what becomes ISO text, what stays as it stands, and which formats there are."""

from __future__ import annotations

import datetime as dt
import locale
from contextlib import suppress
from pathlib import Path

import numpy as np
import openpyxl
import pyarrow as pa
import pytest
from hypothesis import given
from hypothesis import strategies as st

from pipelines.intake import receive
from pipelines.intake.dates import DateFormat, Rewritten, expected, half_swapped, rewrite, to_iso
from tests.intake.support import check_file
from tests.intake.test_sources_mapping import write


def iso(formats: str | list[str], *cells: str) -> list[str]:
    given_formats = [DateFormat(text) for text in ([formats] if isinstance(formats, str) else formats)]
    return to_iso(pa.array(cells, pa.large_string()), given_formats).to_pylist()


CASES = [
    ("%d/%m/%Y %H:%M", "01/05/2024 10:00", "2024-05-01T10:00"),
    ("%d/%m/%Y %H:%M", "1/5/2024 9:05", "2024-05-01T09:05"),
    ("%d/%m/%Y %H:%M", " 02/05/2024  10:00 ", "2024-05-02T10:00"),
    ("%d/%m/%Y %H:%M", "29/02/2024 23:59", "2024-02-29T23:59"),
    ("%d/%m/%Y %H:%M:%S", "01/05/2024 10:00:59", "2024-05-01T10:00:59"),
    ("%m/%d/%Y", "12/31/2024", "2024-12-31"),
    ("%Y%m%d", "20240501", "2024-05-01"),
    # A number without its leading zero: of bare digits only the first can lack one.
    ("%d%m%Y", "1122024", "2024-12-01"),
    ("%d%m%Y", "01122024", "2024-12-01"),
    ("%d/%m/%Y %H%M", "1/5/2024 045", "2024-05-01T00:45"),
    ("%d.%m.%Y", "1.5.2024", "2024-05-01"),
    ("%d %b %Y", "1 May 2024", "2024-05-01"),
    ("%d %b %Y", "30 SEPT. 2024", "2024-09-30"),
    ("%d %b %Y", "1st April 2024", "2024-04-01"),
    ("%b %d, %Y", "OCT 18, 2021", "2021-10-18"),
    ("%d-%b-%y", "05-Jan-24", "2024-01-05"),
    ("%d/%m/%y", "05/01/68", "2068-01-05"),
    ("%d/%m/%y", "05/01/69", "1969-01-05"),
    ("%d/%m/%Y %I:%M %p", "01/05/2024 12:05 am", "2024-05-01T00:05"),
    ("%d/%m/%Y %I:%M %p", "01/05/2024 12:05 PM", "2024-05-01T12:05"),
    ("%d/%m/%Y %I:%M%p", "01/05/2024 1:05p.m.", "2024-05-01T13:05"),
    ("%A %d %B %Y %H:%M:%S.%f", "Monday 03 March 2025 10:11:12.123", "2025-03-03T10:11:12.123"),
    ("%d/%m/%Y %H:%M%z", "01/05/2024 10:00+0100", "2024-05-01T10:00+0100"),
    ("%d/%m/%Y %H:%M %z", "01/05/2024 10:00 z", "2024-05-01T10:00Z"),
    ("le %d/%m/%Y", "le 01/05/2024", "2024-05-01"),
    ("%d£%m£%Y", "01£05£2024", "2024-05-01"),
]
AS_THEY_STAND = [
    ("%d/%m/%Y", "31/02/2024"),
    ("%d/%m/%Y", "29/02/2023"),
    ("%d/%m/%Y", "29/02/1900"),
    ("%d/%m/%Y", "13/13/2024"),
    ("%d/%m/%Y", "00/01/2024"),
    ("%d/%m/%Y", "01/05/24"),
    ("%d/%m/%Y", "01/05/2024 10:00"),
    ("%d/%m/%Y", "01-05-2024"),
    ("%d/%m/%Y", "0a/05/2024"),
    ("%d/%m/%Y", "٠١/05/2024"),
    ("%d/%m/%Y", ""),
    ("%d/%m/%Y", "45748"),
    ("%d/%m/%Y", "2024-05-01"),
    ("%d/%m/%Y", "NULL"),
    ("%d/%m/%Y %H:%M", "01/05/2024 24:00"),
    ("%d/%m/%Y %H:%M", "01/05/2024 10:60"),
    ("%d/%m/%Y %I:%M %p", "01/05/2024 13:05 PM"),
    ("%d/%m/%Y %I:%M %p", "01/05/2024 0:05 PM"),
    ("%d %b %Y", "1 Mai 2024"),
    ("%d %b %Y", "31 June 2024"),
    ("%d %b %Y", "1 maybe 2024"),
]


@pytest.mark.parametrize(("form", "cell", "wanted"), CASES)
def test_a_cell_in_the_format_becomes_iso_text(form: str, cell: str, wanted: str) -> None:
    assert iso(form, cell) == [wanted]
    assert iso(form, "x", cell, "", cell) == ["x", wanted, "", wanted]


@pytest.mark.parametrize(("form", "cell"), AS_THEY_STAND)
def test_a_cell_that_is_not_stays_as_it_stands(form: str, cell: str) -> None:
    assert iso(form, cell) == [cell]


def test_formats_are_tried_in_turn() -> None:
    both = ["%d/%m/%Y %H:%M", "%d/%m/%Y"]

    assert iso(both, "01/05/2024 10:00", "02/05/2024", "x") == ["2024-05-01T10:00", "2024-05-02", "x"]
    assert iso(["%d/%m/%Y", "%m/%d/%Y"], "01/05/2024", "12/31/2024") == ["2024-05-01", "2024-12-31"]


def test_no_cells_at_all() -> None:
    assert iso("%d/%m/%Y") == []
    assert iso("%d/%m/%Y", "", "") == ["", ""]


def test_a_slice_of_an_array() -> None:
    cells = pa.array(["x", "01/05/2024", "02/05/2024", "y"], pa.large_string()).slice(1, 2)

    assert to_iso(cells, [DateFormat("%d/%m/%Y")]).to_pylist() == ["2024-05-01", "2024-05-02"]


@given(st.datetimes())
def test_every_moment_of_the_calendar(moment: dt.datetime) -> None:
    whole = moment.replace(second=0, microsecond=0)
    for form in ("%d/%m/%Y %H:%M", "%Y.%m.%d %H.%M"):
        text = "".join(
            {
                "d": f"{whole.day:02d}",
                "m": f"{whole.month:02d}",
                "Y": f"{whole.year:04d}",
                "H": f"{whole.hour:02d}",
                "M": f"{whole.minute:02d}",
            }.get(part[:1], "")
            + part[1:]
            for part in form.split("%")
        )
        assert iso(form, text) == [whole.isoformat(timespec="minutes")]


@given(st.text(alphabet="0123456789/: -TZ", max_size=16))
def test_whatever_stands_there_is_a_day_of_the_calendar_or_stays(cell: str) -> None:
    for form in ("%d/%m/%Y %H:%M", "%d/%m/%y", "%d/%m/%Y %I:%M %p"):
        (made,) = iso(form, cell)
        if made != cell:
            dt.datetime.fromisoformat(made)


def test_the_language_of_the_machine_does_not_matter() -> None:
    before = locale.setlocale(locale.LC_TIME)
    try:
        with suppress(locale.Error):
            locale.setlocale(locale.LC_TIME, "de_DE.UTF-8")
        assert iso("%d %B %Y", "1 March 2024", "1 März 2024") == ["2024-03-01", "1 März 2024"]
    finally:
        locale.setlocale(locale.LC_TIME, before)


def test_how_a_format_is_shown() -> None:
    assert expected([DateFormat("%d/%m/%Y")]) == "a date such as 31/03/2025 (%d/%m/%Y)"
    assert expected([DateFormat("%d %b %y"), DateFormat("%d/%m/%Y %I:%M %p")]) == (
        "a date such as 31 Mar 25 (%d %b %y) or 31/03/2025 02:05 PM (%d/%m/%Y %I:%M %p)"
    )


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ("%d/%m", "lacks the day, the month or the year"),
        ("%H:%M", "lacks the day, the month or the year"),
        ("%Y-%d-%m", "year, day, month"),
        ("%d/%m/%Y %H", "half a time of day"),
        ("%d/%m/%Y %I:%M", "half a time of day"),
        ("%d/%m/%Y %H:%M %p", "half a time of day"),
        ("%d/%m/%Y %S", "half a time of day"),
        ("%d/%m/%Y %H:%M.%f", "half a time of day"),
        ("%d/%m/%Y %z", "half a time of day"),
        ("%d/%d/%Y", "the same part twice"),
        ("%d/%m/%b/%Y", "the same part twice"),
        ("%d/%m/%Y %y", "the same part twice"),
        ("%d/%m/%Y %j", "%j, a part that is not read"),
        ("%d/%m/%Y %", "a part that is not read"),
        ("%d%%%m/%Y", "a part that is not read"),
        ("%d/%m/%Y\n", "a line end or a control character"),
    ],
)
def test_formats_that_are_not_read(text: str, says: str) -> None:
    with pytest.raises(ValueError, match=says):
        DateFormat(text)


def test_offsets_and_the_hour_that_comes_twice_are_left_to_the_columns_own_rules(tmp_path: Path) -> None:
    rows = [
        ("Z1", "31/03/2025 23:30:00+0000", "2025-04-01 00:30:00"),  # it is April in London
        ("Z2", "27/10/2024 01:30:00+0100", "2024-10-27 01:30:00"),
        ("Z3", "27/10/2024 01:30:00+0000", "2024-10-27 01:30:00"),
    ]
    lines = [f"{case},{day}" for case, day, _ in rows]
    entry = (
        "tables: {repairs: {files: j.csv, columns: {repair_id: Job, reported_at: Raised}, dates: "
        "'%d/%m/%Y %H:%M:%S%z', constants: {home_id: H1, priority: emergency, status: open}}}"
    )
    write(tmp_path, entry, j__csv="\n".join(["Job,Raised", *lines, ""]))

    accepted = check_file(tmp_path, "repairs").accepted

    assert accepted["reported_at"].astype("str").tolist() == [local for _, _, local in rows]


def test_a_typed_date_of_a_workbook_is_read_whatever_format_is_stated(tmp_path: Path) -> None:
    import openpyxl

    book = openpyxl.Workbook()
    book.active.append(["Case", "Opened"])
    book.active.append(["A1", dt.datetime(2024, 9, 1)])  # noqa: DTZ001 (a cell has no zone)
    book.active.append(["A2", "02/09/2024"])
    book.active.append(["A3", "2024.09.03"])
    book.save(tmp_path / "cases.xlsx")
    entry = (
        "tables: {asb_cases: {files: cases.xlsx, columns: {case_id: Case, opened_on: Opened}, dates: "
        "'%d/%m/%Y', constants: {hate_incident: no, tenure: LCRA}}}"
    )
    write(tmp_path, entry)

    records = check_file(tmp_path, "asb_cases")

    assert records.accepted["opened_on"].dt.day.tolist() == [1, 2]
    finding = records.findings.set_index("finding_id").loc["ASB-042"]
    assert list(finding[["row", "column", "value"]]) == [4, "Opened", "2024.09.03"]
    assert "which is not a date such as 31/03/2025 (%d/%m/%Y)" in finding["message"]


SWAPPED = [f"2024-{month:02d}-0{day}" for month in range(1, 11) for day in (1, 2)]
WRITTEN = [f"{day}/04/2024 10:00" for day in range(13, 31)] + ["13/05/2024 10:00", "14/05/2024 10:00"]


@pytest.mark.parametrize(
    ("cells", "found"),
    [
        ([*SWAPPED, *WRITTEN, "", "soon"], (20, 20)),
        ([f"{cell}T10:00:00" for cell in SWAPPED] + WRITTEN, (20, 20)),
        ([*SWAPPED, *WRITTEN, "2024-04-13"], None),
        ([*SWAPPED, *WRITTEN, "12/04/2024 10:00"], None),
        ([*SWAPPED[1:], *WRITTEN], None),  # too few to tell
        ([*SWAPPED, *WRITTEN[1:]], None),
        (SWAPPED, None),
        (WRITTEN, None),
        ([], None),
    ],
)
def test_date_cells_with_day_and_month_swapped(cells: list[str], found: tuple[int, int] | None) -> None:
    assert half_swapped(pa.array(cells, pa.large_string()), [DateFormat("%d/%m/%Y %H:%M")]) == found


def test_columns_that_become_rows_are_looked_at_one_by_one(tmp_path: Path) -> None:
    book = openpyxl.Workbook()
    book.active.append(["UPRN", "LGSR", "LOLER"])
    for number in range(40):
        swapped = dt.date(2024, 1 + number % 12, 5) if number % 2 else f"{13 + number % 16}/05/2024"
        book.active.append([f"H{number}", swapped, dt.date(2024, 5, 1 + number % 28)])
    book.save(tmp_path / "register.xlsx")
    write(
        tmp_path,
        "tables: {safety_checks: {files: register.xlsx, columns: {home_id: UPRN}, dates: '%d/%m/%Y', "
        "unpivot: {into: {name: programme, value: completed_on}, columns: {gas: LGSR, lift: LOLER}}}}",
    )

    findings = receive(tmp_path, "safety_checks").findings

    assert findings.loc[findings["finding_id"] == "FIL-038", "column"].tolist() == ["LGSR"]


def test_dates_are_had_back_as_they_stood() -> None:
    stood = [
        "31/12/2024 23:59",
        "",
        "soon",
        "2024-05-01",
        "29/02/2024 00:00",
        "31/02/2024 10:00",
        "",
        "01/04/2024 07:05",
    ]
    cells = pa.array(stood * 2, pa.large_string())

    iso, given = rewrite(cells, [DateFormat("%d/%m/%Y %H:%M")])

    assert iso[0].as_py() == "2024-12-31T23:59"
    rows = np.array([15, 0, 2, 3, 5, 1, 4, 10])
    assert given.take(rows if isinstance(given, Rewritten) else pa.array(rows)).to_pylist() == [
        (stood * 2)[row] for row in rows
    ]


def test_dates_in_a_form_of_fixed_places_take_less_room() -> None:
    stood = [f"{day:02d}.{month:02d}.2024" for day in range(1, 29) for month in range(1, 13)]

    _, given = rewrite(pa.array([*stood, "later"], pa.large_string()), [DateFormat("%d.%m.%Y")])

    assert isinstance(given, Rewritten)
    assert given.take(np.arange(len(given))).to_pylist() == [*stood, "later"]
    assert isinstance(rewrite(pa.array(["1.5.24"], pa.large_string()), [DateFormat("%d.%m.%y")])[1], pa.Array)
