"""Reading RSH's published landlord-level workbook, of any year: both layouts, and the quirks of each.

The layout moves from year to year (heading rows, notes above or below, columns added, labels that carry
another question's wording), so columns are found by the measure's tag in their heading, such as (TP05) or
(CH01 1 Numerator), and by their order; never by the wording of the question.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import Any

import pandas as pd

from pipelines.statutory.distributions import NEWER_NAMES
from pipelines.statutory.rsh_sheets import (
    MANAGEMENT,
    MARKER,
    Sheet,
    clean,
    landlord_code,
    number,
    open_sheets,
)
from schemas.errors import InputError

# One row for each landlord, population and measure that has a value, or a marker that says why it has none.
LANDLORD_COLUMNS = (
    "year", "code", "name", "type", "group_size", "region", "supported30",
    "population", "measure", "value", "numerator", "denominator", "marker",
    "method", "approach", "responses", "population_size", "weighted",
)  # fmt: skip
_NUMBERS = ("value", "numerator", "denominator", "responses", "population_size")

_TAG = re.compile(
    r"\((TP[0-9]{2}|BS[0-9]{2}|(?:NM|RP|CH)[0-9]{2})[ _]?([12])?(?: (Numerator|Denominator))?\)",
    re.IGNORECASE,
)
_KEPT_MARKERS = ("[E]", "[U]", "[S]")
_PARTS_OF = ("LCRA", "LCHO", "COMBINED")
# Two landlords of 2023-24 merged before they could be placed.
_NOT_A_GROUP = ("", "Merged during year")


def read_workbook(data: bytes, year: str | None = None) -> pd.DataFrame:
    """Return the landlords of a published workbook, columns LANDLORD_COLUMNS, a row a reported value.

    `year`: the reporting year that it must be of; its sheets' names tell (TSM24_…: 2023-24). Raises
    InputError, in one sentence, for a file that is not such a workbook.
    """
    sheets, stated = open_sheets(data)
    if year not in (None, stated):
        raise InputError(
            f"The workbook is of {stated} by its sheets ({next(iter(sheets.values())).name}), --year says "
            f"{year}: leave --year out, or give the workbook of {year}."
        )
    year = stated
    rows: list[dict[str, Any]] = []
    for kind, sheet in sheets.items():
        read = _management if kind == MANAGEMENT else _perception(kind)
        rows += [{"year": year, **row} for row in read(sheet)]
    if not any(row["value"] is not None for row in rows):
        raise InputError("The workbook has the right sheets but no value in them: is it the published file?")
    frame = pd.DataFrame(rows, columns=list(LANDLORD_COLUMNS))
    kinds = {name: "float64" if name in _NUMBERS else "str" for name in LANDLORD_COLUMNS}
    return _with_groups(frame.astype(kinds))


def _with_groups(frame: pd.DataFrame) -> pd.DataFrame:
    """Fill what a sheet does not say of a landlord from the others (LCHO's lacks the supported share)."""
    for name in ("type", "group_size", "region", "supported30"):
        known = frame[frame[name] != ""].drop_duplicates("code").set_index("code")[name]
        frame[name] = frame[name].mask(frame[name] == "", frame["code"].map(known).fillna(""))
    return frame


def _about(sheet: Sheet, row: Sequence[Any]) -> dict[str, str]:
    """What a row says of the landlord itself, by the names of the later year."""

    def of(words: str) -> str:
        at = sheet.column(words)
        text = clean(row[at]) if at is not None else ""
        text = "" if text in _NOT_A_GROUP or MARKER.fullmatch(text) else text
        return NEWER_NAMES.get(text, text)

    return {
        "code": landlord_code(row[sheet.column("landlord code") or 0]),
        "name": of("landlord name"),
        "type": of("landlord type"),
        "group_size": of("landlord group size"),
        "region": of("predominant region"),
        "supported30": of("above 30% supported"),
    }


def _perception(population: str) -> Callable[[Sheet], Iterator[dict[str, Any]]]:
    def read(sheet: Sheet) -> Iterator[dict[str, Any]]:
        values, answers = _perception_columns(sheet)
        asked = {
            "method": sheet.column("predominant collection method"),
            "approach": sheet.column("sample or census"),
            "weighted": sheet.column("were weighted responses used"),
        }
        sizes = {
            "responses": sheet.column("total sample size"),
            "population_size": sheet.column("tenant population size"),
        }
        for _, row in sheet.rows:
            about: dict[str, Any] = dict(_about(sheet, row))
            for name, at in asked.items():
                text = "" if at is None else clean(row[at])
                about[name] = "" if MARKER.fullmatch(text) else NEWER_NAMES.get(text, text)
            about |= {name: None if at is None else number(row[at])[0] for name, at in sizes.items()}
            for measure, at in values.items():
                value, marker = number(row[at])
                counts = [number(row[place])[0] for place in answers.get(measure, ())]
                known = [each for each in counts if each is not None]
                whole = sum(known) if counts and len(known) == len(counts) else None
                met = None if whole is None else known[0] + known[1]
                yield from _row(about, population, measure, value, marker, met, whole)

    return read


def _perception_columns(sheet: Sheet) -> tuple[dict[str, int], dict[str, list[int]]]:
    """Return the column of each measure's value, and its five columns of answers where just those are told.

    The answers come in the order of the scale, after the filter's Yes and No where these carry the tag too.
    """
    values: dict[str, int] = {}
    tagged: dict[str, list[int]] = {}
    for at, heading in enumerate(sheet.headings):
        match = _TAG.search(heading)
        plain = heading.casefold()
        if match is None or "unweighted" in plain or "method" in plain:
            continue
        if plain.startswith("proportion"):
            values.setdefault(match[1].upper(), at)
        elif plain.startswith("number") and "not applicable" not in plain:
            tagged.setdefault(match[1].upper(), []).append(at)
    return values, {key: columns[-5:] for key, columns in tagged.items() if len(columns) in (5, 7)}


def _management(sheet: Sheet) -> Iterator[dict[str, Any]]:
    columns: dict[tuple[str, str, str], int] = {}
    for at, heading in enumerate(sheet.headings):
        match = _TAG.search(heading)
        plain = heading.casefold()
        if match is None:
            continue
        side = (match[3] or "value").lower()
        if side == "value" and not (" per 1,000" in plain or "proportion" in plain):
            continue  # the questions beside the values carry the same tags
        population = heading.split()[0].strip("-–").upper()
        key = match[1].upper() + (f"_{match[2]}" if match[2] else "")
        columns.setdefault((population if population in _PARTS_OF else "ALL", key, side), at)
    for _, row in sheet.rows:
        about: dict[str, Any] = {
            **_about(sheet, row), "method": "", "approach": "", "weighted": "",
            "responses": None, "population_size": None,
        }  # fmt: skip
        for (population, key, side), at in columns.items():
            if side == "value":
                value, marker = number(row[at])
                sides = (columns.get((population, key, name)) for name in ("numerator", "denominator"))
                met, whole = (None if place is None else number(row[place])[0] for place in sides)
                yield from _row(about, population, key, value, marker, met, whole)


def _row(
    about: Mapping[str, Any],
    population: str,
    measure: str,
    value: float | None,
    marker: str,
    met: float | None,
    whole: float | None,
) -> Iterator[dict[str, Any]]:
    """Yield the row of a value; nothing for one that was left blank or not required.

    An empty denominator is shown as 0% in 2023-24, as [U] later, and there is no value either way; but both
    stand also where nothing was asked, and then the denominator is not 0 but blank.
    """
    if (value == 0 and not whole) or marker == "[U]":
        value, marker = None, "[U]" if whole == 0 else ""
    if value is None and marker not in _KEPT_MARKERS:
        return
    yield {
        **about,
        "population": population,
        "measure": measure,
        "value": value,
        "numerator": met,
        "denominator": whole,
        "marker": marker,
    }
