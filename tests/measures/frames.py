"""Accepted records written as short rows: what is left out is missing, as in a landlord's file."""

from __future__ import annotations

from functools import cache
from typing import Any

import pandas as pd

from pipelines.intake import empty_records
from pipelines.measures import Inputs, Target, classify, figures
from schemas.rulebook import load_edition

TABLES = (
    "homes",
    "safety_checks",
    "safety_exclusions",
    "repairs",
    "complaints",
    "asb_cases",
    "survey_responses",
    "households",
)


def records(table: str, rows: list[dict[str, Any]]) -> pd.DataFrame:
    """Return an accepted frame of `rows`, in the table's own columns and types."""
    empty = _empty(table)
    if not rows:
        return empty.copy()
    assert {name for row in rows for name in row} <= {*empty.columns}, (
        "a test names a column that is not there"
    )
    complete = [
        {**dict.fromkeys(empty.columns), **row, "source_row": number} for number, row in enumerate(rows, 2)
    ]
    frame = pd.DataFrame(complete, columns=empty.columns)
    return frame.astype(empty.dtypes.to_dict())


@cache
def _empty(table: str) -> pd.DataFrame:
    """Return the accepted frame of a table that holds no row; a test would make thirty of them otherwise."""
    return empty_records(table).accepted


def turned_away(table: str, rows: list[dict[str, Any]]) -> pd.DataFrame:
    """Return a rejected frame of `rows`; `finding_id` names the rule, any rule unless told."""
    rules = [row.get("finding_id", "FIL-000") for row in rows]
    frame = records(table, [{k: v for k, v in row.items() if k != "finding_id"} for row in rows])
    return frame.assign(finding_id=pd.Series(rules, dtype="str"))


def home(home_id: str = "H1", tenure: str = "LCRA", **more: Any) -> dict[str, Any]:
    """Return a home's row."""
    return {"home_id": home_id, "tenure": tenure, **more}


def inputs(
    year: str = "2024-25",
    settings: dict[str, Any] | None = None,
    rejected: dict[str, list[dict[str, Any]]] | None = None,
    weights: dict[str, dict[str, str]] | None = None,
    targets: dict[str, Target] | None = None,
    **tables: list[dict[str, Any]],
) -> Inputs:
    """Return the inputs of a landlord whose tables hold the given rows (one LCRA home, H1, unless told)."""
    edition = load_edition(year)
    tables.setdefault("homes", [home()])
    usual = {"emergency": Target(hours=24), "non_emergency": Target(working_days=20)}
    return Inputs(
        edition,
        edition.resolve_settings(settings or {}),
        accepted={table: records(table, tables.get(table, [])) for table in TABLES},
        rejected={table: turned_away(table, (rejected or {}).get(table, [])) for table in TABLES},
        targets=usual if targets is None else targets,
        weights={name: pd.Series(each, dtype="str") for name, each in (weights or {}).items()},
    )


def ledger_of(given: Inputs, key: str) -> pd.DataFrame:
    """Return the ledger of a measure."""
    return classify(given, given.edition.measure(key))


def line(given: Inputs, key: str, record_id: str) -> tuple[str, bool, bool]:
    """Return (reason, counted, met) of one record in a measure's ledger."""
    lines = ledger_of(given, key)
    (row,) = lines[lines["record_id"] == record_id].itertuples()
    return row.reason, row.counted, row.met


def reason(given: Inputs, key: str, record_id: str) -> str:
    """Return the reason of one record in a measure's ledger."""
    return line(given, key, record_id)[0]


def figure_of(given: Inputs, key: str, population: str) -> Any:
    """Return one figure, computed from all ledgers as the pipeline does."""
    ledgers = {measure.key: classify(given, measure) for measure in given.edition.measures}
    reported = figures(ledgers, given.stock, given.edition)
    (found,) = [figure for figure in reported if figure.key == (key, population)]
    return found
