"""A return as it was filed: a row of RSH's published file, or the form typed into a spreadsheet.

It becomes a document of the same shape as ours, as far as the form goes, so that the same validations run on
it: errors that a landlord's spreadsheet made are found by the rules that guard the returns made here.
"""

from __future__ import annotations

import csv
import io
from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from fractions import Fraction
from math import floor
from typing import Any

from pipelines.statutory.nrosh import Field, load_form, suppresses
from pipelines.statutory.rsh_sheets import MANAGEMENT, MARKER, clean, landlord_code, number, open_described
from pipelines.statutory.rules import REDESIGNED
from pipelines.statutory.validations import CheckOutcome, validate
from pipelines.survey.accuracy import accuracy_test
from schemas.errors import InputError
from schemas.rulebook import Edition, editions, load_edition

TABLES: Mapping[str, str] = {
    "LCRA": "LCRA_Perception",
    "LCHO": "LCHO_Perception",
    "COMBINED": "Combined_Perception",
    MANAGEMENT: "Management_Info",
}
_SURVEYED = ("LCRA", "LCHO", "COMBINED")
_ANSWERS = ("VS", "FS", "NSD", "FD", "VD")
_COUNTS = ("numerator", "denominator", "not_applicable", "filter_yes", "filter_no", "met_without_extension",
           "met_with_extension")  # fmt: skip
_ABOUT = {
    "name": "landlord name",
    "type": "landlord type",
    "region": "predominant region",
    "supported30": "above 30% supported",
}
# What RSH works out and publishes beside a survey.
_STATED = {"required": "required minimum sample size", "margin": "estimated margin of error"}
_SHEET_COLUMNS = {"section", "question", "datapoint", "field", "value"}
# What is entered in a field of a number, by its type.
_EXPECTED = {
    "integer": "a whole number such as 2700",
    "count": "a number such as 2700",
    "percent": "a percentage such as 71.2",
    "per_1000": "a rate such as 35.7",
}
# How many of the fields that a sheet lacks are named.
_LACKING_NAMED = 3


@dataclass(frozen=True)
class Filed:
    """One landlord's return as filed for a year: the cells by (table, field), as they stand.

    `about`: name, type, region, supported30 as the file says. `stated`: by population, the required sample
    (`required`) and margin of error (`margin`) that RSH published beside it.
    """

    code: str
    year: str
    cells: Mapping[tuple[str, str], Any]
    about: Mapping[str, str] = field(default_factory=dict)
    stated: Mapping[str, Mapping[str, float | None]] = field(default_factory=dict)

    @property
    def name(self) -> str:
        return self.about.get("name") or self.code


def validate_filed(filed: Filed) -> list[CheckOutcome]:
    """Return the outcome of every validation on a return as it was filed."""
    return validate(filed_document(filed))


def read_filed(data: bytes, year: str | None = None) -> list[Filed]:
    """Return the returns of RSH's published workbook, or the one of an entry sheet (nrosh.csv).

    `year`: the reporting year, needed where an entry sheet does not state it. Raises InputError, in one
    sentence, for anything else, and for a file that states another year.
    """
    if data[:2] == b"PK":
        returns = read_published(data)
        for stated in {each.year for each in returns}:
            _same_year(stated, year)
        return returns
    return [read_entry_sheet(data, year)]


def read_published(data: bytes) -> list[Filed]:
    """Return every landlord's return in RSH's published workbook, of any year, in the order of codes.

    A column is known by its place: the workbook's data dictionary names the fields in the order of the
    columns, whereas headings carry other questions' wording.
    """
    described, year = open_described(data)
    cells: dict[str, dict[tuple[str, str], Any]] = defaultdict(dict)
    about: dict[str, dict[str, str]] = defaultdict(dict)
    stated: dict[str, dict[str, dict[str, float | None]]] = defaultdict(dict)
    for kind, (sheet, names) in described.items():
        code_at = sheet.column("landlord code") or 0
        for _, row in sheet.rows:
            code = landlord_code(row[code_at])
            found = {name: cell for name, cell in zip(names, row, strict=False) if name}
            cells[code] |= {(TABLES[kind], name): cell for name, cell in _straight(names, row, found).items()}
            for key, words in _ABOUT.items():
                at = sheet.column(words)
                if at is not None and not MARKER.fullmatch(clean(row[at])):
                    about[code][key] = clean(row[at])
            if kind != MANAGEMENT:
                places = {key: sheet.column(words) for key, words in _STATED.items()}
                stated[code][kind] = {
                    key: None if place is None else number(row[place])[0] for key, place in places.items()
                }
    return [Filed(code, year, cells[code], about[code], stated[code]) for code in sorted(cells)]


def _straight(names: Sequence[str], row: Sequence[Any], found: dict[str, Any]) -> dict[str, Any]:
    """Put right the cells of 2024's combined reporters, whose last answers stand one column to the left."""
    first = next((name for name in names if name.startswith("TP01_Confirm_Weighting")), None)
    if first is None or clean(row[len(names) - 1]) not in {"Weighted", "Unweighted"}:
        return found
    shifted = [name for name in names[names.index(first) :] if name]
    values = [found[name] for name in shifted]
    return found | dict(zip(shifted, [values[-1], *values[:-1]], strict=True))


def read_entry_sheet(data: bytes, year: str | None = None) -> Filed:
    """Return the return of an entry sheet: CSV, columns section, question, datapoint, field, value.

    Its year stands in the column `rules`; `year` says it where that is not there.
    """
    try:
        text = data.decode("utf-8-sig")
        rows = list(csv.DictReader(io.StringIO(text)))
    except (UnicodeDecodeError, csv.Error) as error:
        raise InputError("The entry sheet is not CSV in UTF-8: save it as such.") from error
    lacking = _SHEET_COLUMNS - set(rows[0] if rows else ())
    if lacking:
        raise InputError(
            f"The entry sheet has no column {', '.join(sorted(lacking))}: take nrosh.csv of a return made "
            "here and fill its column value."
        )
    year = _year_of(rows, year)
    form = load_form(load_edition(year).return_form)
    waiting: dict[tuple[str, ...], list[Field]] = defaultdict(list)
    for each in form:
        waiting[each.section, each.question_ref, each.datapoint, each.field].append(each)
    cells, numbers = {}, 0
    for at, row in enumerate(rows, start=2):
        if not any(row.values()):
            continue
        key = tuple(row[name] or "" for name in ("section", "question", "datapoint", "field"))
        if key not in waiting:
            raise InputError(
                f"The form of {year} has no field {key[3][:60]} at {key[0][:20]} {key[1][:20]}: is the sheet "
                "of that year?"
            )
        if not waiting[key]:
            raise InputError(f"Row {at}: {key[3]} at {key[0]} {key[1]} stands there a second time.")
        each = waiting[key].pop(0)
        cell = _entered(each, clean(row["value"] or "") or clean(row.get("symbol") or ""), at)
        numbers += each.type in _EXPECTED and number(cell)[0] is not None
        cells[each.table, each.field] = cell
    _whole([each for fields in waiting.values() for each in fields], len(form), year)
    if not numbers:
        raise InputError("No number stands in the column value of the entry sheet: fill it in first.")
    return Filed("", year, cells)


def _year_of(rows: Sequence[Mapping[str, Any]], year: str | None) -> str:
    """Return the year whose form the sheet is: the one that it states, else the one given."""
    stated = {text.split()[0] for row in rows if (text := clean(row.get("rules") or ""))}
    if len(stated) > 1:
        raise InputError(
            f"The column rules of the sheet names several years ({', '.join(sorted(stated))[:100]}): a "
            "return is of one."
        )
    if stated:
        return _same_year(stated.pop(), year)
    if year is None:
        raise InputError(
            f"The sheet does not say of which year it is: give --year, one of {', '.join(editions())}."
        )
    return year


def _same_year(stated: str, year: str | None) -> str:
    if year not in (None, stated):
        raise InputError(
            f"The file is of {stated[:20]}, --year says {year}: leave --year out, or give the file of {year}."
        )
    return stated


def _entered(each: Field, cell: str, row: int) -> str:
    """Return what was entered in a field; InputError for what the validations could not read."""
    if not cell or MARKER.fullmatch(cell.upper()):
        return cell
    if each.type in _EXPECTED:
        value, expected = number(cell)[0], _EXPECTED[each.type]
        # Counts of figures may have a fraction here: VAL-11 says of which they may not.
        whole = each.type != "integer" or each.source.startswith("figure:") or value == floor(value or 0)
        if value is not None and value >= 0 and whole and (each.type == "percent" or "%" not in cell):
            return cell
    elif each.type == "yes_no" or each.source.endswith(":approach"):
        options = each.options or ("Yes", "No")
        known = next((option for option in options if option.casefold() == cell.casefold()), None)
        if known is not None:
            return known
        expected = " or ".join(options)
    else:
        return cell
    raise InputError(
        f"Row {row}: {each.field} ({each.datapoint}, {each.section} {each.question_ref}) is "
        f'"{cell[:60]}", where {expected} is expected: correct it, or leave it blank.'
    )


def _whole(lacking: Sequence[Field], fields: int, year: str) -> None:
    """Raise InputError where the sheet lacks fields of the form: nothing would be compared of them."""
    if not lacking:
        return
    named = [f"{each.field} ({each.section} {each.question_ref})" for each in lacking[:_LACKING_NAMED]]
    more = len(lacking) - len(named)
    raise InputError(
        f"The sheet lacks {len(lacking):,} of the {fields:,} fields of the form of {year}: "
        f"{', '.join(named)}{f' and {more:,} more' if more else ''}. Leave every row of nrosh.csv in it; of "
        "what was not asked, leave the value blank."
    )


# --------------------------------------------------------------------------------- as a document of our shape


def filed_document(filed: Filed) -> dict[str, Any]:
    """Return a filed return as a return document, as far as the validations look at one."""
    edition = load_edition(filed.year)
    form = load_form(edition.return_form)
    figures = _figures(filed, form, edition)
    homes = {key: int(figures["CH01_1", key]["denominator"] or 0) for key in ("LCRA", "LCHO")}
    everything = figures["NM01_1", "ALL"]["denominator"]
    kind = filed.about.get("type", "")
    return {
        "as_filed": True,
        "reporting_year": filed.year,
        "landlord": {
            "code": filed.code,
            "name": filed.name,
            "type": "LA" if kind == "LARP" else kind,
            "region": filed.about.get("region"),
        },
        "measures": [
            {
                "key": each.key,
                "label": each.label,
                "kind": each.kind,
                "unit": each.unit,
                "unit_text": each.unit_text,
                "better": each.better,
            }
            for each in edition.measures
        ],
        "stock": {**homes, "ALL": int(everything or sum(homes.values()))},
        "figures": list(figures.values()),
        "survey": [
            survey
            for population in _SURVEYED
            if (survey := _survey(filed, population, form, edition)) is not None
        ],
        "repairs": {"context": _context(filed, form)},
    }


def _cell(filed: Filed, each: Field) -> Any:
    return filed.cells.get((each.table, each.field))


def _number(filed: Filed, each: Field) -> float | None:
    cell = _cell(filed, each)
    return None if cell is None else number(cell)[0]


def _figures(filed: Filed, form: Sequence[Field], edition: Edition) -> dict[tuple[str, str], dict[str, Any]]:
    found: dict[tuple[str, str], dict[str, Any]] = {}
    for measure in edition.measures:
        for population in measure.populations:
            found[measure.key, population] = {
                "measure": measure.key, "population": population, "unit": measure.unit, "value": None,
                "status": "not_required", "reason": "", "answers": None, **dict.fromkeys(_COUNTS),
            }  # fmt: skip
    applies: dict[tuple[str, str], str] = {}
    answers: dict[tuple[str, str], dict[str, float | None]] = defaultdict(dict)
    for each in form:
        kind, *rest = each.source.split(":")
        if kind == "applies":
            applies[rest[0], rest[1]] = clean(_cell(filed, each) or "")
        elif kind == "figure":
            key, what = (rest[0], rest[1]), rest[2]
            if what.startswith("answers."):
                answers[key][what.removeprefix("answers.")] = _number(filed, each)
            else:
                found[key][what] = _number(filed, each)
    for key, counts in answers.items():
        _with_answers(found[key], counts)
    for key, figure in found.items():
        shows_zero = bool(filed.code) or filed.year < REDESIGNED
        _with_status(figure, applies.get(key, ""), shows_zero)
    return found


def _with_answers(figure: dict[str, Any], counts: Mapping[str, float | None]) -> None:
    """Fill a survey figure's numerator and denominator from its answers, a blank among them being none."""
    if all(count is None for count in counts.values()):
        return
    exact = {code: counts.get(code) or 0.0 for code in _ANSWERS}
    figure["answers"] = [{"code": code, "count": count} for code, count in exact.items()]
    whole = sum(Fraction(str(count)) for count in exact.values())
    figure["numerator"] = float(Fraction(str(exact["VS"])) + Fraction(str(exact["FS"])))
    figure["denominator"] = float(whole)


def _with_status(figure: dict[str, Any], applies: str, shows_zero: bool) -> None:
    """Say what a figure is. `shows_zero`: 0 may stand where nothing was asked.

    RSH showed 0 for an empty denominator in 2023-24, and [U] later. Any other value keeps standing without
    its counts: a validation tells of it.
    """
    base = figure["denominator"]
    if figure["value"] == 0 and (base == 0 or (base is None and shows_zero)):
        figure["value"] = None
    if applies == "No":
        figure["status"] = "not_applicable"
    elif figure["denominator"] == 0:
        figure["status"] = "no_cases"
    elif figure["denominator"] is not None:
        figure["status"] = "reported" if figure["value"] is not None else "withheld"
    elif applies == "Yes":
        figure["status"] = "reported"


def _survey(filed: Filed, population: str, form: Sequence[Field], edition: Edition) -> dict[str, Any] | None:
    mine = {
        each.source.split(":")[2]: each for each in form if each.source.startswith(f"survey:{population}:")
    }
    responses, size = (_number(filed, mine[name]) for name in ("responses", "population_size"))
    by_method = {name: int(_number(filed, mine[f"method.{name}"]) or 0) for name in edition.survey_methods}
    if responses is None:
        if not any(by_method.values()):
            return None
        responses = 0.0  # which is not what the methods add up to, and VAL-01 says so
    suppressing = suppresses(edition.return_form)
    methods = []
    for method, label in edition.survey_methods.items():
        count = by_method[method]
        if count:
            small = suppressing and count < int(edition.settings["mode_minimum_responses"].default)
            methods.append({"method": method, "label": label, "responses": count, "suppressed": small})
    census = clean(_cell(filed, mine["approach"]) or "") == "Census"
    test = accuracy_test(int(size), int(responses), census, edition.accuracy) if size else None
    return {
        "population": population,
        "accuracy": {
            "population_size": None if size is None else int(size),
            "responses": int(responses),
            "required_responses": None if test is None else test.required_responses,
            "met": None if test is None else test.met,
            "stated": dict(filed.stated.get(population, {})),
        },
        "methods": methods,
        "facts": {
            "weighted": clean(_cell(filed, mine["weighted"]) or "") == "Yes",
            "approach": "census" if census else "sample",
        },
        "statistics": None,
    }


def _context(filed: Filed, form: Sequence[Field]) -> dict[str, int] | None:
    """The counts of repairs, which are asked from 2024-25 on; None where they are not all there."""
    known = {
        each.source.removeprefix("repairs:context."): _number(filed, each)
        for each in form
        if each.source.startswith("repairs:context.")
    }
    if not known or any(count is None for count in known.values()):
        return None
    return {name: int(count or 0) for name, count in known.items()}
