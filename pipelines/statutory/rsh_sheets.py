"""Opening RSH's published workbook: its sheets, and in each the headings and the landlords' rows."""

from __future__ import annotations

import io
import re
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

import python_calamine

from schemas.errors import InputError

MAX_BYTES = 100_000_000
MAX_LANDLORDS = 5_000
MANAGEMENT = "management"
MARKER = re.compile(r"\[[A-Z]\]")

_HEADINGS_WITHIN = 40
_MAX_COLUMNS = 1_000
_SHEETS = {
    "lcraperception": "LCRA",
    "lchoperception": "LCHO",
    "combinedperception": "COMBINED",
    "managementinfo": MANAGEMENT,
}
_NEEDED = {"LCRA": "TSMnn_LCRA_Perception", MANAGEMENT: "TSMnn_Management_Info"}
_SHEET = re.compile(r"tsm([0-9]{2})(" + "|".join(_SHEETS) + ")")
# What the data dictionary calls a column that no landlord filled in.
_OF_RSH = ("", "System Property")
_INVISIBLE = re.compile("[\u00ad\u200b-\u200f\u2060\ufeff]")
_NUMBER = re.compile(r"-?(?:[0-9]{1,12}|[0-9]{1,3}(?:,[0-9]{3}){1,3})(?:\.[0-9]{1,20})?%?")
_CODE = re.compile(r"[A-Z0-9]{3,10}")
_AS_IT_IS = "Download the TSM dataset (.xlsx) of the year from gov.uk and give that file as it is."


@dataclass(frozen=True)
class Sheet:
    """One sheet: its name, its headings (cleaned) and the landlords' rows with their numbers in the sheet."""

    name: str
    headings: list[str]
    rows: list[tuple[int, list[Any]]]

    def column(self, words: str) -> int | None:
        """Return the first column whose heading has these words, in any case; None where there is none."""
        return next((at for at, heading in enumerate(self.headings) if words in heading.casefold()), None)


def open_sheets(data: bytes) -> tuple[dict[str, Sheet], str]:
    """Return the sheets by population (or management) and the reporting year that their names state."""
    names, sheet_rows = _open(data)
    found: dict[str, Sheet] = {}
    years = set()
    for name in names:
        match = _SHEET.fullmatch(_letters(name))
        if match is None:
            continue
        kind = _SHEETS[match[2]]
        if kind in found:
            raise InputError(f"The workbook has two sheets for the same: {found[kind].name} and {name}.")
        years.add(match[1])
        found[kind] = _sheet(name, sheet_rows(name))
    lacking = [name for kind, name in _NEEDED.items() if kind not in found]
    if lacking:
        raise InputError(
            "This is not RSH's published landlord-level workbook: it has no sheet "
            f"{' and no sheet '.join(lacking)}. {_AS_IT_IS}"
        )
    if len(years) > 1:
        raise InputError(f"The sheets are of several years ({', '.join(sorted(years))}). {_AS_IT_IS}")
    (end,) = years
    return found, f"20{(int(end) - 1) % 100:02}-{end}"


def open_described(data: bytes) -> tuple[dict[str, tuple[Sheet, list[str]]], str]:
    """Return each sheet with the field that each of its columns holds ('' = RSH's own), and the year.

    The data dictionary names the fields of a sheet in the order of its columns. InputError where it does not
    fit the sheets.
    """
    sheets, year = open_sheets(data)
    names, sheet_rows = _open(data)
    dictionary = next((name for name in names if _letters(name) == "datadictionary"), None)
    if dictionary is None:
        raise InputError(f"The workbook has no sheet Data Dictionary. {_AS_IT_IS}")
    rows = [[clean(cell) for cell in row] for row in sheet_rows(dictionary)]
    at = next((n for n, row in enumerate(rows) if {"Table", "Data Field Name"} <= set(row)), None)
    if at is None:
        raise InputError(f'Sheet {dictionary} has no headings "Table" and "Data Field Name". {_AS_IT_IS}')
    table, name = rows[at].index("Table"), rows[at].index("Data Field Name")
    fields: dict[str, list[str]] = {kind: [] for kind in sheets}
    for row in rows[at + 1 :]:
        match = _SHEET.fullmatch(_letters(row[table]))
        if match is not None and _SHEETS[match[2]] in fields:
            own = row[name] in _OF_RSH or row[name].startswith("Survey data")
            fields[_SHEETS[match[2]]].append("" if own else row[name])
    for kind, sheet in sheets.items():
        if len(fields[kind]) != len(sheet.headings):
            raise InputError(
                f"The data dictionary names {len(fields[kind])} columns of sheet {sheet.name}, which has "
                f"{len(sheet.headings)}. {_AS_IT_IS}"
            )
    return {kind: (sheet, fields[kind]) for kind, sheet in sheets.items()}, year


def _letters(name: str) -> str:
    return re.sub(r"[^a-z0-9]", "", name.casefold())


def _open(data: bytes) -> tuple[list[str], Callable[[str], list[list[Any]]]]:
    """Open a workbook after its true size was measured; InputError for one that is broken or a trap."""
    from pipelines.intake.sheet import Refused
    from pipelines.intake.xlsx_parts import HOW, measure

    if len(data) > MAX_BYTES:
        raise InputError(f"The file is larger than {MAX_BYTES // 10**6} MB: RSH's workbook has about one.")
    try:
        extents = measure(data)
    except Refused as refused:
        facts = refused.facts
        problem = facts.get("problem") or f"it {facts.get('size')}, and at most {facts.get('limit')} are read"
        raise InputError(f"The workbook cannot be read: {problem}. {facts.get('how', HOW)}") from refused
    with _a_whole_workbook():
        book = python_calamine.load_workbook(io.BytesIO(data))

    def rows(name: str) -> list[list[Any]]:
        if extents[name].rows > 10 * MAX_LANDLORDS or extents[name].columns > _MAX_COLUMNS:
            raise InputError(f"Sheet {name} is far larger than any that RSH published. {_AS_IT_IS}")
        with _a_whole_workbook():
            return book.get_sheet_by_name(name).to_python(skip_empty_area=False)

    return list(extents), rows


@contextmanager
def _a_whole_workbook() -> Iterator[None]:
    """Raise InputError for whatever the reader makes of a damaged workbook."""
    message = f"The workbook cannot be read: it is damaged. {_AS_IT_IS}"
    try:
        yield
    except (
        python_calamine.CalamineError,
        OSError,
        ValueError,
        KeyError,
        IndexError,
        ArithmeticError,
    ) as error:
        raise InputError(message) from error
    except BaseException as error:
        if type(error).__name__ != "PanicException":  # how the reader, written in Rust, gives up
            raise
        raise InputError(message) from error


def _sheet(name: str, rows: list[list[Any]]) -> Sheet:
    """Find the headings, and the landlords' rows below them: what has a code that looks like one."""
    at, headings = _headings(name, rows)
    code_at = [_plain(heading) for heading in headings].index("landlord code")
    landlords = [
        (number, row)
        for number, row in enumerate(rows[at + 1 :], start=at + 2)
        if code_at < len(row) and _CODE.fullmatch(landlord_code(row[code_at]))
    ]
    seen: dict[str, int] = {}
    for number, row in landlords:
        code = landlord_code(row[code_at])
        if code in seen:
            raise InputError(f"{code} stands twice in sheet {name}, in rows {seen[code]} and {number}.")
        seen[code] = number
    return Sheet(name, headings, landlords)


def _headings(name: str, rows: list[list[Any]]) -> tuple[int, list[str]]:
    """Return the headings and their place: notes may stand above them or below the table."""
    for at, row in enumerate(rows[:_HEADINGS_WITHIN]):
        headings = [clean(cell) for cell in row]
        if {"landlord name", "landlord code"} <= {_plain(heading) for heading in headings}:
            return at, headings
    raise InputError(f'Sheet {name} has no headings "Landlord name" and "Landlord code". {_AS_IT_IS}')


def _plain(heading: str) -> str:
    """A heading without the digits of its footnotes."""
    return heading.casefold().rstrip("0123456789, ")


def clean(cell: Any) -> str:
    """A cell as one line of text, without marks that cannot be seen."""
    return " ".join(_INVISIBLE.sub("", str(cell)).split())


def landlord_code(cell: Any) -> str:
    """Return a landlord's code as text: a code of four digits arrives as the number 5125.0."""
    return clean(cell).removesuffix(".0").upper()


def number(cell: Any) -> tuple[float | None, str]:
    """Return a cell's number (2,700 is one), or None with its marker ("?" for text that is neither)."""
    if isinstance(cell, bool):
        return None, "?"
    if isinstance(cell, int | float):
        return float(cell), ""
    text = clean(cell)
    if _NUMBER.fullmatch(text):
        return float(text.removesuffix("%").replace(",", "")), ""
    return None, text.upper() if MARKER.fullmatch(text.upper()) else "?" if text else ""
