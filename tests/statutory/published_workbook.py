"""Workbooks as RSH publishes them, in the layout of either year, from made-up landlords."""

from __future__ import annotations

import io
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import openpyxl

PERCEPTION = [f"TP{number:02}" for number in range(1, 13)]
LCHO = [key for key in PERCEPTION if key not in {"TP02", "TP03", "TP04"}]
FILTERED = ("TP02", "TP03", "TP09", "TP10")
NADK = ("TP05", "TP06", "TP07", "TP08", "TP11", "TP12")
STOCK = ["BS01", "BS02", "BS03", "BS04", "BS05", "NM01 1", "NM01 2", "RP01", "RP02 1", "RP02 2"]
COMPLAINTS = ["CH01 1", "CH02 1", "CH01 2", "CH02 2"]
METHODS = ["Telephone", "Internet", "FacetoFace", "Postal", "SMS", "Other"]
ANSWERS = ("very satisfied", "fairly satisfied", "neither satisfied nor dissatisfied", "fairly dissatisfied",
           "very dissatisfied")  # fmt: skip
NOTES = ["Notes:", "1. Landlord TSM Publication URL provided by landlord.", "2. This is an RSH estimate."]


@dataclass
class Landlord:
    """One landlord: the answers of every question, and (numerator, denominator) of what is counted."""

    code: Any
    name: str
    type: str = "PRP"
    size: str = "5,000-40,000"
    region: str = "North"
    supported: str = "No"
    method: str = "Telephone"
    answers: Sequence[float] = (300, 250, 50, 100, 100)
    stock: tuple[Any, Any] = (990, 1000)
    complaints: tuple[Any, Any] = (50, 100)
    lcho: bool = False
    cells: Mapping[str, Any] = field(default_factory=dict)

    @property
    def satisfied(self) -> float:
        return (self.answers[0] + self.answers[1]) / sum(self.answers) * 100


def workbook(landlords: Iterable[Landlord], year: int = 24, **changes: Any) -> bytes:
    """Return the workbook of 2023-24 (`year` 24) or 2024-25; `changes`: sheets by name, None removes one."""
    landlords = list(landlords)
    sheets: dict[str, list[list[Any]] | None] = {
        "Contents": [["Contents"], [f"TSM{year}_Management _Info - TSM management information"]],
        f"TSM{year}_LCRA_Perception": _perception(landlords, year, "LCRA"),
        f"TSM{year}_LCHO_Perception": _perception([each for each in landlords if each.lcho], year, "LCHO"),
        f"TSM{year}_Combined_Perception": _perception([], year, "Combined"),
        f"TSM{year}_Management_Info": _management(landlords, year),
        f"TSM{year}_Perception_Not_Inc": [["Landlord name", "Landlord code", "Notes"], ["Gone", "99ZZ", "-"]],
    }
    sheets |= changes
    book = openpyxl.Workbook()
    book.remove(book.active)
    for name, rows in sheets.items():
        if rows is not None:
            sheet = book.create_sheet(name)
            for row in rows:
                sheet.append(row)
    buffer = io.BytesIO()
    book.save(buffer)
    return buffer.getvalue()


def _framed(name: str, table: list[list[Any]], year: int, heading_row: int) -> list[list[Any]]:
    """Headings in row 3 and notes below in 2024; notes above in 2025."""
    title = [[name], ["Go back to contents"]]
    if year == 24:
        return [*title, *table, [], *([note] for note in NOTES)]
    above = [*title, *([note] for note in NOTES)]
    return [*above, *([] for _ in range(heading_row - len(above) - 1)), *table]


def _about(year: int, population: str) -> list[str]:
    names = [
        "Landlord name",
        "Landlord code",
        "Landlord type",
        "Landlord TSM Publication URL1",
        "Landlord group size (homes owned, LCRA and LCHO combined)",
        "Landlord predominant region",
    ]
    return names if population == "LCHO" else [*names, "LCRA above 30% supported housing"]


def _facts(each: Landlord, population: str) -> list[Any]:
    url = "Our results, L9999, are at https://example.org"
    row = [f"{each.name}  ", each.code, each.type, url, each.size, each.region]
    return row if population == "LCHO" else [*row, each.supported]


def _perception(landlords: Iterable[Landlord], year: int, population: str) -> list[list[Any]]:
    keys = LCHO if population == "LCHO" else PERCEPTION
    by_method = [
        f"Proportion of respondents who report that they are satisfied with the overall service from their "
        f"landlord (TP01) for each survey method - {method}"
        for method in METHODS
    ]
    headings = _about(year, population)
    headings += [
        f"Relevant\xa0tenant population size ({population})",
        "Required minimum sample size2,3",
        "Total sample size achieved",
        "Sample or census",
        *(f"Number of responses by method - {method}" for method in METHODS),
        "Predominant collection method",
    ]
    values = [f"Proportion of respondents who report that they are satisfied ({key})7" for key in keys]
    counts: list[str] = []
    for key in keys:
        if key in FILTERED:
            tag = f" ({key})" if key in {"TP02", "TP03"} or year == 25 else ""
            counts += [f"Number of respondents who say {word}{tag}" for word in ("yes", "no")]
        # RSH's own labels are wrong at TP05 and TP06: only the tag is right.
        counts += [
            f"Number of respondents who report that they are {answer} \u200b({key})" for answer in ANSWERS
        ]
        if key in NADK:
            counts.append(f"Number of respondents who report 'not applicable/ don't know' ({key})")
    unweighted = ["Proportion of tenants (unweighted) who reported they are satisfied\u200b (TP01)"]
    weighted = ["Were weighted responses used to calculate tenant perception measures"]
    middle = [values[0], *by_method, *values[1:]] if year == 25 else values
    headings += [*middle, *counts, *([] if year == 25 else by_method), *weighted, *unweighted]
    rows = []
    for each in landlords:
        total = sum(each.answers)
        row = _facts(each, population)
        row += [20000, 1014, total, "Sample", total, *["[X]"] * 5, each.method]
        value = round(each.satisfied, 1) if year == 25 else each.satisfied
        shown = [each.cells.get(key, value) for key in keys]
        modes = ["[S]" if year == 25 else 12.3] * 6
        row += [shown[0], *modes, *shown[1:]] if year == 25 else shown
        for key in keys:
            row += [total, 5] if key in FILTERED else []
            row += list(each.answers) + ([40] if key in NADK else [])
        row += [*([] if year == 25 else modes), "No", 0]
        rows.append(row)
    name = f"TSM{year}_{population}_Perception"
    return _framed(name, [headings, *rows], year, 11 if population == "LCRA" else 10)


def _management(landlords: Iterable[Landlord], year: int) -> list[list[Any]]:
    headings = [*_about(year, ""), "Any additional notes from RSH"]
    blocks = ("LCRA", "LCHO", "Combined")
    for tag in STOCK:
        if year == 25 and not tag.startswith("NM"):
            headings.append(f"Did you own dwelling units to which this TSM applies at year end? ({tag})")
        headings.append(
            f"Number of cases opened per 1,000 homes ({tag})"
            if tag.startswith("NM")
            else f"Proportion of homes ({tag})2"
        )
    for block in blocks:
        headings += (
            [f"{block} - Has CH02 been calculated using the standard timescales?"] if year == 24 else []
        )
        headings += [
            f"{block} - Number of complaints per 1,000 homes ({tag})"
            if tag.startswith("CH01")
            else f"{block} - Proportion of complaints responded to ({tag})"
            for tag in COMPLAINTS
        ]
    for tag in STOCK:
        headings += [f"Number that count ({tag} {side})" for side in ("Numerator", "Denominator")]
    for block in blocks:
        for tag in COMPLAINTS:
            headings += [f"{block} - Number ({tag} {side})" for side in ("Numerator", "Denominator")]
    rows = []
    for each in landlords:
        row = [*_facts(each, ""), "[X]"]
        pairs = {tag: each.cells.get(f"{tag} counts", each.stock) for tag in STOCK}
        for tag in STOCK:
            row += ["Yes"] if year == 25 and not tag.startswith("NM") else []
            row.append(each.cells.get(tag, _value(pairs[tag], 1000 if tag.startswith("NM") else 100, year)))
        own = {"LCRA": each.complaints, "LCHO": each.complaints if each.lcho else ("[X]", "[X]")}
        for block in blocks:
            pair = own.get(block, ("[X]", "[X]"))
            row += ["Yes"] if year == 24 else []
            row += [_value(pair, 1000 if tag.startswith("CH01") else 100, year) for tag in COMPLAINTS]
        for tag in STOCK:
            row += pairs[tag]
        for block in blocks:
            row += [*own.get(block, ("[X]", "[X]"))] * 4
        rows.append(row)
    return _framed(f"TSM{year}_Management_Info", [headings, *rows], year, 10)


def _value(pair: tuple[Any, Any], factor: int, year: int) -> Any:
    """An empty denominator was shown as 0 in 2024 and as [U] in 2025."""
    if isinstance(pair[1], str) or not pair[1]:
        return 0.0 if year == 24 else "[U]"
    exact = pair[0] / pair[1] * factor
    return round(exact, 1) if year == 25 else exact
