"""Cells: what each kind reads, what it refuses, and that a bad cell never changes a good one."""

from __future__ import annotations

from pathlib import Path

import pandas as pd
import pytest

from pipelines.intake.parse import parse_column
from schemas.rulebook import editions, load_edition
from schemas.tables import TABLES
from tests.intake.support import CLEAN, EDITION, check_rows, rows_of

REPAIRS, SURVEY = TABLES["repairs"].by_name, TABLES["survey_responses"].by_name
UNREADABLE = "unreadable"


def read(table: str, column: str, *cells: str) -> list[object]:
    """The cells as read: a value, None where blank, UNREADABLE where not read."""
    parsed = parse_column(pd.Series(cells, dtype="str"), TABLES[table].by_name[column], EDITION)
    values = [None if pd.isna(value) else value for value in parsed.values]
    return [UNREADABLE if bad else value for value, bad in zip(values, parsed.unreadable, strict=True)]


def stamp(text: str) -> pd.Timestamp:
    return pd.Timestamp(text)


@pytest.mark.parametrize(
    ("text", "moment"),
    [
        ("2024-05-01", "2024-05-01"),
        ("2024-05-01T14:05", "2024-05-01T14:05"),
        ("2024-05-01 14:05:59", "2024-05-01T14:05:59"),
        ("2024-05-01T14:05:59.1234567", "2024-05-01T14:05:59.123456"),
        ("  2024-05-01\u00a0", "2024-05-01"),
        ("\u200b2024-05-01", "2024-05-01"),
        # In a British summer Greenwich is an hour behind; on 31 March 2025 summer has begun.
        ("2025-03-31T23:30Z", "2025-04-01T00:30"),
        ("2025-01-31T23:30Z", "2025-01-31T23:30"),
        ("2024-05-01T14:05+01:00", "2024-05-01T14:05"),
        ("2024-05-01T14:05 +0530", "2024-05-01T09:35"),
        # The hour that happens twice and the hour that never was are what the clock on the wall said.
        ("2024-10-27T01:30", "2024-10-27T01:30"),
        ("2025-03-30T01:30", "2025-03-30T01:30"),
        ("2024-02-29", "2024-02-29"),
    ],
)
def test_dates_and_times_in_iso_form_are_read_to_uk_local_time(text: str, moment: str) -> None:
    assert read("repairs", "reported_at", text) == [stamp(moment)]


@pytest.mark.parametrize(
    "text",
    [
        "01/05/2024",
        "2024-5-1",
        "20240501",
        "2024-05",
        "2025-02-29",
        "2024-05-01T25:00",
        "2024-05-01T14",
        "45748",
        "2024-05-01 2pm",
        "1 May 2024",
        "2024-05-01T14:05+1",
        "24-05-01",
        "today",
        "2024-05-01Z",
        "٢٠٢٤-٠٥-٠١",
    ],
)
def test_any_other_date_is_refused(text: str) -> None:
    assert read("repairs", "reported_at", text, "2024-05-01") == [UNREADABLE, stamp("2024-05-01")]


def test_a_time_of_day_is_left_off_where_a_day_is_wanted() -> None:
    assert read("complaints", "received_on", "2024-05-01T23:59", "2024-06-30T23:30Z") == [
        stamp("2024-05-01"),
        stamp("2024-07-01"),
    ]


def test_a_target_given_as_a_date_runs_to_the_end_of_that_day() -> None:
    assert read("repairs", "target_at", "2024-05-01", "2024-05-01T10:00") == [
        stamp("2024-05-01T23:59:59.999999"),
        stamp("2024-05-01T10:00"),
    ]


@pytest.mark.parametrize(
    ("column", "text", "implausible"),
    [
        ("owned_from", "1066-10-14", False),
        ("owned_from", "9999-12-31", True),
        ("owned_to", "9999-12-31", False),
        ("owned_to", "1900-01-01", True),
    ],
)
def test_how_far_away_a_date_may_lie_is_the_columns_business(
    column: str, text: str, implausible: bool
) -> None:
    parsed = parse_column(pd.Series([text], dtype="str"), TABLES["homes"].by_name[column], EDITION)

    assert list(parsed.implausible) == [implausible]
    assert parsed.values.isna().tolist() == [implausible]
    assert not parsed.unreadable.any()


def test_the_last_plausible_days() -> None:
    parsed = parse_column(
        pd.Series(["1989-12-31", "1990-01-01", "2026-03-31T23:59", "2026-04-01"], dtype="str"),
        REPAIRS["reported_at"],
        EDITION,
    )

    assert parsed.implausible.tolist() == [True, False, False, True]


@pytest.mark.parametrize(
    ("table", "column", "cells", "values"),
    [
        (
            "homes",
            "tenure",
            ["lcra", " LCHO ", "Other", "LCRA.", "shared"],
            ["LCRA", "LCHO", "other", "LCRA", UNREADABLE],
        ),
        (
            "repairs",
            "priority",
            ["Non-emergency", "non emergency", "EMERGENCY", "urgent"],
            ["non_emergency", "non_emergency", "emergency", UNREADABLE],
        ),
        (
            "survey_responses",
            "method",
            ["Face to face", "face-to-face", "SMS"],
            ["face_to_face", "face_to_face", "sms"],
        ),
        (
            "asb_cases",
            "hate_incident",
            ["Yes", "N", "TRUE", "0", "maybe", ""],
            [True, False, True, False, UNREADABLE, None],
        ),
        ("complaints", "stage", ["1", "2", "3", "one"], [1, 2, UNREADABLE, UNREADABLE]),
        (
            "survey_responses",
            "recommend",
            ["0", "10", "11", "-1", "5.5"],
            [0, 10, UNREADABLE, UNREADABLE, UNREADABLE],
        ),
        (
            "population_margins",
            "households",
            ["0", "8962", "8,962", "-1", "1e3"],
            [0, 8962, UNREADABLE, UNREADABLE, UNREADABLE],
        ),
        (
            "survey_responses",
            "weight",
            ["1.250", "01", "0.30", "0", "-1", "inf", "1e400", "73%", "1.", "10.00"],
            [
                "1.25",
                "1",
                "0.3",
                UNREADABLE,
                UNREADABLE,
                UNREADABLE,
                UNREADABLE,
                UNREADABLE,
                UNREADABLE,
                "10",
            ],
        ),
        (
            "homes",
            "uprn",
            ["100000000001", "1.00023E+11", "1234567890123"],
            ["100000000001", UNREADABLE, UNREADABLE],
        ),
        (
            "homes",
            "home_id",
            ["007", "Caf\u0065\u0301", "a\x00b", "NULL", "None"],
            ["007", "Café", "ab", None, "None"],
        ),
    ],
    ids=lambda value: value if isinstance(value, str) else "",
)
def test_kinds(table: str, column: str, cells: list[str], values: list[object]) -> None:
    assert read(table, column, *cells) == values


@pytest.mark.parametrize(
    ("column", "cells", "codes"),
    [
        (
            "TP01",
            [
                "VERY SATISFIED",
                "fairly  satisfied",
                " Neither satisfied nor dissatisfied",
                "Fairly dissatisfied",
                "Very dissatisfied",
            ],
            ["VS", "FS", "NSD", "FD", "VD"],
        ),
        (
            "TP08",
            ["Strongly agree", "agree", "Neither agree nor disagree", "Disagree", "Strongly disagree"],
            ["VS", "FS", "NSD", "FD", "VD"],
        ),
        (
            "TP12",
            ["Not applicable/ don't know", "Not applicable / don’t know", "not applicable/don`t know"],
            ["NADK"] * 3,
        ),
        ("TP01", ["Very happy", "Agree", "1", "Satisfied", "Very satisfied!"], [UNREADABLE] * 5),
        ("TP08", ["Very satisfied"], [UNREADABLE]),
        ("trust", ["Very satisfied", "Strongly agree", "Trust a lot"], ["VS", "VS", UNREADABLE]),
    ],
)
def test_answers_are_closed_to_the_prescribed_wording(
    column: str, cells: list[str], codes: list[str]
) -> None:
    assert read("survey_responses", column, *cells) == codes


@pytest.mark.parametrize("year", editions())
def test_every_prescribed_answer_of_every_edition_is_read(year: str) -> None:
    edition = load_edition(year)
    for measure in edition.measures:
        if measure.kind != "perception":
            continue
        answers = edition.scales[str(measure.scale)].answers
        cells = pd.Series([answer.label.upper() for answer in answers] + [edition.nadk], dtype="str")

        parsed = parse_column(cells, SURVEY[measure.key], edition)

        assert parsed.values.tolist() == [answer.code for answer in answers] + ["NADK"]


@pytest.mark.parametrize("question", ["TP05", "TP06", "TP07", "TP08", "TP11", "TP12"])
def test_not_applicable_is_no_finding_where_it_is_offered(tmp_path: Path, question: str) -> None:
    first, second = CLEAN["survey_responses"]

    records = check_rows(tmp_path, "survey_responses", [first, second | {question: EDITION.nadk}])

    assert records.findings.empty
    assert records.accepted[question].tolist()[1] == "NADK"


def test_one_bad_cell_changes_no_other(tmp_path: Path) -> None:
    first, second = CLEAN["repairs"]
    bad = second | {"reported_at": "five past two", "target_at": "soon", "work_type": "?"}

    alone = check_rows(tmp_path, "repairs", [first]).accepted
    beside = check_rows(tmp_path, "repairs", [first, bad])

    pd.testing.assert_frame_equal(beside.accepted, alone)
    assert rows_of(beside, "REP-072") == [3]


def test_findings_show_no_persons_details(tmp_path: Path) -> None:
    first, second = CLEAN["survey_responses"]
    bad = second | {
        "household_id": "jo@example.org",
        "comment": "Jo Bloggs called",
        "recommend": "ring 07700 900123",
    }

    records = check_rows(tmp_path, "survey_responses", [first, bad])

    shown = records.findings[["value", "message", "record_id"]].to_string()
    assert "example.org" not in shown
    assert "Bloggs" not in shown
    assert rows_of(records, "SUR-564") == [3]


def test_a_long_or_many_lined_cell_is_shown_short_on_one_line(tmp_path: Path) -> None:
    first, second = CLEAN["asb_cases"]

    records = check_rows(tmp_path, "asb_cases", [first, second | {"hate_incident": "x {0} {case_id} " * 30}])

    message = records.findings["message"].iloc[0]
    assert message.startswith("hate_incident is “x {0} {case_id} x")
    assert len(message) < 150
