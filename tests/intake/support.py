"""Small clean tables, written as files and checked, for tests that change one thing in them."""

from __future__ import annotations

import csv
from collections.abc import Mapping
from functools import cache
from pathlib import Path
from typing import Any

import pandas as pd

from pipelines.intake import Records, check_table, receive
from schemas.rulebook import load_edition
from schemas.tables import TABLES

EDITION = load_edition("2024-25")
SETTINGS = EDITION.resolve_settings({"rejected_share_stop": 100})
Row = dict[str, str]

_ANSWERS: Row = {f"TP{n:02d}": "Fairly satisfied" for n in range(1, 13)} | {"TP08": "Agree"}

# Two rows a table, clean together and each by itself; row 2 and row 3 of their files.
CLEAN: Mapping[str, tuple[Row, Row]] = {
    "homes": (
        {
            "home_id": "H1",
            "tenure": "LCRA",
            "stock_type": "general_needs",
            "building_id": "B1",
            "uprn": "100000000001",
            "owned_from": "2010-04-01",
            "owned_to": "",
            "country": "",
            "la_code": "E08000035",
            "decent_homes": "meets",
            "area": "North",
        },
        {
            "home_id": "H2",
            "tenure": "LCRA",
            "stock_type": "supported",
            "building_id": "B2",
            "uprn": "100000000002",
            "owned_from": "",
            "owned_to": "2027-04-30",
            "country": "England",
            "la_code": "",
            "decent_homes": "fails",
            "area": "South",
        },
    ),
    "safety_checks": (
        {
            "check_id": "K1",
            "programme": "gas",
            "home_id": "H1",
            "building_id": "",
            "completed_on": "2024-06-01",
            "valid_until": "2025-05-31",
        },
        {
            "check_id": "K2",
            "programme": "fire",
            "home_id": "",
            "building_id": "B2",
            "completed_on": "2024-01-10",
            "valid_until": "2026-01-09",
        },
    ),
    "safety_exclusions": (
        {"programme": "gas", "home_id": "H2", "building_id": "", "reason": "no gas supply"},
        {"programme": "lift", "home_id": "", "building_id": "B1", "reason": "no lift"},
    ),
    "repairs": (
        {
            "repair_id": "R1",
            "home_id": "H1",
            "building_id": "",
            "tenure": "",
            "priority": "emergency",
            "work_type": "responsive",
            "reported_at": "2024-05-01T10:00",
            "target_at": "2024-05-02T10:00",
            "completed_at": "2024-05-01T15:30",
            "status": "completed",
        },
        {
            "repair_id": "R2",
            "home_id": "H2",
            "building_id": "B2",
            "tenure": "",
            "priority": "non_emergency",
            "work_type": "",
            "reported_at": "2024-06-01T09:00",
            "target_at": "",
            "completed_at": "2024-06-20T12:00",
            "status": "completed",
        },
    ),
    "complaints": (
        {
            "complaint_id": "C1",
            "stage": "1",
            "home_id": "H1",
            "tenure": "",
            "received_on": "2024-05-01",
            "acknowledged_on": "2024-05-03",
            "responded_on": "2024-05-14",
            "extended_until": "",
            "status": "closed",
        },
        {
            "complaint_id": "C2",
            "stage": "2",
            "home_id": "",
            "tenure": "LCHO",
            "received_on": "2024-07-01",
            "acknowledged_on": "2024-07-03",
            "responded_on": "2024-08-10",
            "extended_until": "2024-08-20",
            "status": "closed",
        },
    ),
    "asb_cases": (
        {
            "case_id": "A1",
            "home_id": "H1",
            "tenure": "",
            "opened_on": "2024-09-01",
            "closed_on": "2024-10-01",
            "hate_incident": "no",
        },
        {
            "case_id": "A2",
            "home_id": "",
            "tenure": "LCHO",
            "opened_on": "2024-11-01",
            "closed_on": "",
            "hate_incident": "yes",
        },
    ),
    "households": (
        {
            "household_id": "HH1",
            "tenure": "LCRA",
            "excluded_reason": "",
            "stratum": "A",
            "invited": "yes",
            "area": "North",
        },
        {
            "household_id": "HH2",
            "tenure": "LCRA",
            "excluded_reason": "",
            "stratum": "A",
            "invited": "no",
            "area": "South",
        },
    ),
    "survey_responses": (
        {
            "response_id": "S1",
            "household_id": "HH1",
            "tenure": "LCRA",
            "completed_on": "2024-10-01",
            "method": "telephone",
            "had_repair": "yes",
            "made_complaint": "yes",
            "communal_areas": "yes",
            **_ANSWERS,
            "weight": "1.25",
            "comment": "Thank you",
            "quality_of_home": "Very satisfied",
            "trust": "Strongly agree",
            "recommend": "9",
            "area": "North",
        },
        {
            "response_id": "S2",
            "household_id": "HH2",
            "tenure": "LCRA",
            "completed_on": "2024-10-02",
            "method": "internet",
            "had_repair": "yes",
            "made_complaint": "yes",
            "communal_areas": "yes",
            **_ANSWERS,
            "weight": "0.75",
            "comment": "",
            "quality_of_home": "",
            "trust": "",
            "recommend": "",
            "area": "South",
        },
    ),
    "population_margins": (
        {"tenure": "LCRA", "characteristic": "area", "category": "North", "households": "600"},
        {"tenure": "LCRA", "characteristic": "area", "category": "South", "households": "400"},
    ),
}


def write_csv(folder: Path, table: str, rows: list[Row] | tuple[Row, ...]) -> Path:
    """Write rows as CSV; the columns are those of all rows together, in their first order."""
    names = list(dict.fromkeys(name for row in rows for name in row))
    path = folder / f"{table}.csv"
    with path.open("w", encoding="utf-8", newline="") as stream:
        writer = csv.DictWriter(stream, names, restval="", lineterminator="\n")
        writer.writeheader()
        writer.writerows(rows)
    return path


def check_rows(
    folder: Path,
    table: str,
    rows: list[Row] | tuple[Row, ...],
    related: Mapping[str, pd.DataFrame] | None = None,
    settings: Any = SETTINGS,
) -> Records:
    """Write rows as CSV, receive and check them beside the clean homes and households."""
    write_csv(folder, table, rows)
    return check_file(folder, table, related, settings)


def check_file(
    folder: Path, table: str, related: Mapping[str, pd.DataFrame] | None = None, settings: Any = SETTINGS
) -> Records:
    """Receive and check one table of a folder beside the clean homes and households."""
    others = related_to(table) if related is None else related
    return check_table(receive(folder, table), EDITION, others, settings)


def related_to(table: str) -> dict[str, pd.DataFrame]:
    """The clean tables that a table points to, and with them a household that was left out of the frame."""
    if table in ("homes", "households", "population_margins"):
        return {}
    excluded = pd.DataFrame(
        {"household_id": ["HH3"], "tenure": ["LCRA"], "excluded_reason": ["risk"]}, dtype="str"
    )
    households = pd.concat([clean_frame("households"), excluded], ignore_index=True)
    return {"homes": clean_frame("homes"), "households": households}


@cache
def clean_frame(table: str) -> pd.DataFrame:
    """The accepted frame of a clean table."""
    import tempfile

    with tempfile.TemporaryDirectory() as folder:
        return check_rows(Path(folder), table, CLEAN[table]).accepted


def rows_of(records: Records, rule_id: str) -> list[Any]:
    """The source rows (None for the file as a whole) in which a rule found something."""
    rows = records.findings.loc[records.findings["finding_id"] == rule_id, "row"]
    return [None if pd.isna(row) else int(row) for row in rows]


assert set(CLEAN) == set(TABLES)
