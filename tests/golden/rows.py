"""The distilled rows of RSH's published file, as returns that were filed."""

from __future__ import annotations

import csv
from functools import cache
from pathlib import Path
from typing import Any

from pipelines.statutory.filed import Filed
from pipelines.statutory.rsh_sheets import number
from tests.golden.distil import YEAR

FOLDER = Path(__file__).parent / f"rows_{YEAR}"
POPULATION = {"LCRA_Perception": "LCRA", "LCHO_Perception": "LCHO", "Combined_Perception": "COMBINED"}


@cache
def filed() -> dict[str, Filed]:
    """Return the distilled landlords by code; a number is a number again, a marker stays a text."""
    cells: dict[str, dict[tuple[str, str], Any]] = {}
    about: dict[str, dict[str, str]] = {}
    stated: dict[str, dict[str, Any]] = {}
    for path in sorted(FOLDER.glob("*.csv")):
        table = path.stem
        with path.open(encoding="utf-8", newline="") as lines:
            header, *rows = csv.reader(lines)
        for row in rows:
            known = dict(zip(header, row, strict=True))
            code = known.pop("code")
            mine = {name: known.pop(name) for name in ("name", "type", "region")}
            about.setdefault(code, mine)
            if table in POPULATION:
                told = {name: number(known.pop(name))[0] for name in ("required", "margin")}
                stated.setdefault(code, {})[POPULATION[table]] = told
            if table == "Combined_Perception":
                known = _straight(known)
            cells.setdefault(code, {}).update({(table, name): cell for name, cell in known.items()})
    return {code: Filed(code, YEAR, cells[code], about[code], stated.get(code, {})) for code in cells}


def _straight(row: dict[str, str]) -> dict[str, str]:
    """The combined reporters' last answers stand one column to the left of their headings in the file."""
    names = list(row)
    shifted = names[names.index("TP01_Confirm_Weighting_a") :]
    values = [row[name] for name in shifted]
    return row | dict(zip(shifted, [values[-1], *values[:-1]], strict=True))
