"""Distil the published figures that the golden tests stand on. Run by hand, never by the tests:

    python tests/golden/distil.py ../shared/rsh

reads the regulator's workbook and the cases drawn from it, and writes beside itself
`landlords_2023-24.json` (the chosen landlords' returns in full), `rows_2023-24` (the published rows of more
landlords, cell by cell) and `published_2023-24.csv` (every case).

The workbook's own labels are not to be trusted (some count columns carry another question's wording), so
columns are read by position, and every position is checked against the tag that its heading carries.
"""

from __future__ import annotations

import csv
import json
import sys
from decimal import Decimal
from pathlib import Path
from typing import Any

from python_calamine import CalamineWorkbook

YEAR = "2023-24"
WORKBOOK = "2024_TSM_Full_Data_v1.1_FINAL.xlsx"
CASES = "golden_cases_2023-24.csv"
HEADER_ROW = 3

# Landlords of every shape, and why each is here. Their counts hang together, so that records can exist; where
# one measure's counts contradict the others, it is left out, with the reason.
LANDLORDS: dict[str, dict[str, Any]] = {
    "00CJ": {"why": "council of more than 20,000 homes, census, five survey methods"},
    "L4465": {"why": "private landlord of more than 20,000 homes with a shared ownership block"},
    "L2179": {"why": "shared ownership block of just over 1,000 homes, census"},
    "5062": {"why": "twice as many shared ownership as rented homes, census, no asbestos base"},
    "4668": {"why": "no rented home at all: shared ownership block alone, RP measures not applicable"},
    "LH3859": {"why": "combined reporting, no asbestos base, no stage two complaint"},
    "H1046": {
        "why": "combined reporting by census, 101 responses, TP02 and TP03 filters differ",
        "left_out": {
            "ALL.RP01": "1,012 homes to which the Standard applied, yet fewer than 1,000 may be rented",
            "COMBINED.CH02_2": "30 stage two complaints, yet CH01 counts 52",
        },
    },
    "L4004": {
        "why": "reported 388 shared ownership homes apart, below the threshold; no lift",
        "settings": {"lcho_threshold": 300},
    },
    "L4538": {"why": "no water and no lift base"},
    "44UB": {"why": "council without lifts"},
    "LH0280": {"why": "796 shared ownership homes below the threshold: in NM01 and BS, not in CH; census"},
    "L3535": {"why": "594 shared ownership homes below the threshold; its own web page agrees with the file"},
    "29UE": {"why": "council, census; its own web page left not applicable answers in the base"},
    "31UG": {"why": "council of under 2,500 homes, census"},
    "00AA": {"why": "small city council with a sample"},
    "4662": {"why": "specialised supported housing"},
    "L0518": {"why": "smallest private landlord, census by five methods"},
    "L2424": {"why": "weighted survey with fractional counts, private landlord"},
    "22UG": {"why": "weighted survey with fractional counts, council"},
}

# Landlords whose return forms are rebuilt field by field, beside those above: small ones of every kind, so
# that the tests stay quick.
FORMS = (
    "5149", "31UJ", "4687", "LH0155", "LH0013", "L0147", "A1855", "L4167", "LH0495", "L3713", "LH0279",
    "LH4078", "L0718", "5079", "LH4454", "LH0676", "L3808", "43UG", "5090", "22UD", "L4140", "LH4184",
    "L0517", "LH2162", "L4118", "4718", "31UE", "42UE", "22UN", "00LC", "42UB", "24UF", "00BP", "4686",
    "L0006",
)  # fmt: skip

# Landlords whose published rows contradict themselves, for the validations to catch.
ERRORS = (
    "5125", "00FF", "LH4087", "L4528", "L4456", "L4517", "29UC", "4636", "L0717", "L4449", "00HY", "18UD",
    "5071", "L0979", "L4260", "LH4208", "00BM", "00CF", "00AM", "00BC", "00CE", "00MG", "LH3728", "00ML",
    "12UB", "4849",
)  # fmt: skip

SHEETS = {
    "LCRA": "TSM24_LCRA_Perception",
    "LCHO": "TSM24_LCHO_Perception",
    "COMBINED": "TSM24_Combined_Perception",
}
MANAGEMENT = "TSM24_Management_Info"
ANSWERS = ("VS", "FS", "NSD", "FD", "VD")
METHODS = ("telephone", "internet", "face_to_face", "postal", "sms", "other")
WITH_FILTER = ("TP02", "TP03", "TP09", "TP10")
WITH_NADK = ("TP05", "TP06", "TP07", "TP08", "TP11", "TP12")
LCRA_ONLY = ("TP02", "TP03", "TP04")
STOCK_MEASURES = ("BS01", "BS02", "BS03", "BS04", "BS05", "NM01_1", "NM01_2", "RP01", "RP02_1", "RP02_2")
COMPLAINT_MEASURES = ("CH01_1", "CH02_1", "CH01_2", "CH02_2")
COMPLAINT_VALUES = ("CH01_1", "CH02_1", "CH01_2", "CH02_2")


def questions(population: str) -> list[str]:
    """The perception measures that a population's sheet holds."""
    every = [f"TP{number:02d}" for number in range(1, 13)]
    return [key for key in every if population != "LCHO" or key not in LCRA_ONLY]


def number(cell: object) -> str | None:
    """A count as text without a needless fraction; None for the regulator's markers and blanks."""
    if not isinstance(cell, int | float):
        return None
    return str(int(cell)) if cell == int(cell) else str(Decimal(repr(cell)))


def perception(header: list[str], row: list[Any], population: str, row_number: int) -> dict[str, Any]:
    """One landlord's survey of one population."""
    keys = questions(population)
    population_at = next(i for i, name in enumerate(header) if name.startswith("Relevant"))
    methods_at = next(i for i, name in enumerate(header) if name.endswith("method - Telephone"))
    values_at = next(i for i, name in enumerate(header) if name.startswith("Proportion"))
    at = next(i for i, name in enumerate(header) if "are very satisfied" in name)
    measures: dict[str, Any] = {}
    for position, key in enumerate(keys):
        assert f"({key})" in header[values_at + position], (key, header[values_at + position])
        entry: dict[str, Any] = {"value": number(row[values_at + position])}
        if key in WITH_FILTER:
            entry["filter_yes"], entry["filter_no"] = number(row[at]), number(row[at + 1])
            at += 2
        for code in ANSWERS:
            assert f"({key})" in header[at], (key, header[at])
            entry[code] = number(row[at])
            at += 1
        if key in WITH_NADK:
            assert f"({key})" in header[at], (key, header[at])
            assert "know" in header[at], (key, header[at])
            entry["NADK"] = number(row[at])
            at += 1
        measures[key] = entry
    weighted = next(i for i, name in enumerate(header) if name.startswith("Were weighted responses used"))
    return {
        "source": {"sheet": SHEETS[population], "row": row_number},
        "population_size": number(row[population_at]),
        "achieved": number(row[population_at + 2]),
        "approach": str(row[population_at + 5]).lower(),
        "methods": {name: number(row[methods_at + i]) for i, name in enumerate(METHODS)},
        "weighted": row[weighted] == "Yes",
        "measures": measures,
    }


def management(header: list[str], row: list[Any], row_number: int) -> dict[str, Any]:
    """One landlord's management measures: numerator, denominator and value of each, by population."""
    values_at = next(i for i, name in enumerate(header) if "(BS01)" in name)
    at = next(i for i, name in enumerate(header) if "(BS01 Numerator)" in name)
    figures: dict[str, dict[str, Any]] = {"ALL": {}}
    for position, key in enumerate(STOCK_MEASURES):
        tag = key.replace("_", " ")
        assert f"({tag})" in header[values_at + position], (key, header[values_at + position])
        figures["ALL"][key] = _pair(header, row, at + 2 * position, tag, values_at + position)
    at += 2 * len(STOCK_MEASURES)
    values_at = next(i for i, name in enumerate(header) if name.startswith("LCRA - Number of stage one"))
    for block, population in enumerate(("LCRA", "LCHO", "COMBINED")):
        figures[population] = {}
        for position, key in enumerate(COMPLAINT_MEASURES):
            tag = key.replace("_", " ")
            # each block of values begins with two questions about the timescales used
            value_at = values_at + 6 * block + position
            assert header[value_at].upper().startswith(population), (population, header[value_at])
            assert f"({tag})" in header[value_at], (key, header[value_at])
            count_at = at + 8 * block + 2 * position
            assert header[count_at].upper().startswith(population), (population, header[count_at])
            figures[population][key] = _pair(header, row, count_at, tag, value_at)
    return {"source": {"sheet": MANAGEMENT, "row": row_number}, "figures": figures}


def _pair(header: list[str], row: list[Any], at: int, tag: str, value_at: int) -> dict[str, str | None]:
    assert f"({tag} Numerator)" in header[at], (tag, header[at])
    assert f"({tag} Denominator)" in header[at + 1], (tag, header[at + 1])
    return {
        "numerator": number(row[at]),
        "denominator": number(row[at + 1]),
        "value": number(row[value_at]),
    }


def read_landlords(workbook: Path) -> dict[str, dict[str, Any]]:
    """Every landlord's return by code: name, type, surveys by population, management measures."""
    book = CalamineWorkbook.from_path(str(workbook))
    landlords: dict[str, dict[str, Any]] = {}
    for population, sheet in (*SHEETS.items(), ("", MANAGEMENT)):
        rows = book.get_sheet_by_name(sheet).to_python(skip_empty_area=False)
        header = [" ".join(str(name).replace("​", "").split()) for name in rows[HEADER_ROW - 1]]
        for row_number, row in enumerate(rows[HEADER_ROW:], start=HEADER_ROW + 1):
            if not row[2] or len(str(row[2])) > 6:
                continue  # the notes below the table
            code = str(row[1]).removesuffix(".0").strip()
            landlord = landlords.setdefault(
                code,
                {
                    "code": code,
                    "name": str(row[0]).strip(),
                    "type": "LA" if row[2] == "LARP" else str(row[2]),
                    "surveys": {},
                },
            )
            if population:
                landlord["surveys"][population] = perception(header, row, population, row_number)
            else:
                landlord["region"] = str(row[5])
                landlord["management"] = management(header, row, row_number)
    return landlords


def write_rows(workbook: Path, folder: Path) -> None:
    """The published rows of the landlords: a file a sheet, a line a landlord, a column a field."""
    book = CalamineWorkbook.from_path(str(workbook))
    dictionary = book.get_sheet_by_name("Data Dictionary").to_python(skip_empty_area=False)
    wanted = {*LANDLORDS, *FORMS, *ERRORS}
    for sheet in (*SHEETS.values(), MANAGEMENT):
        rows = book.get_sheet_by_name(sheet).to_python(skip_empty_area=False)
        header = [plain(name) for name in rows[HEADER_ROW - 1]]
        # The dictionary names the fields in the order of the columns; what no landlord filled in has no name.
        named = [plain(row[2]) for row in dictionary if row[0] == sheet]
        assert len(named) == len(header), sheet
        kept = [
            at for at, name in enumerate(named) if name != "System Property" and "Survey data" not in name
        ]
        about = {"code": 1, "name": 0, "type": 2, "region": 5}
        stated = {"required": "Required minimum", "margin": "Estimated margin"}
        places = {key: next((i for i, h in enumerate(header) if h.startswith(words)), None)
                  for key, words in stated.items()}  # fmt: skip
        about |= {key: at for key, at in places.items() if at is not None}
        path = folder / f"{sheet.removeprefix('TSM24_')}.csv"
        with path.open("w", encoding="utf-8", newline="") as out:
            writer = csv.writer(out, lineterminator="\n")
            writer.writerow([*about, *(named[at] for at in kept)])
            for row in rows[HEADER_ROW:]:
                if str(row[1]).removesuffix(".0").strip() in wanted:
                    cells = [row[at] for at in (*about.values(), *kept)]
                    writer.writerow([number(cell) or plain(cell) for cell in cells])


def plain(cell: object) -> str:
    """A cell as one line of text, without marks that cannot be seen; a code of four digits is a number."""
    return " ".join(str(cell).replace("\u200b", "").split()).removesuffix(".0")


def write_cases(source: Path, target: Path) -> None:
    """The published cases with the columns that a test of the tally needs."""
    renamed = {"All": "ALL", "Combined": "COMBINED"}
    with (
        source.open(encoding="utf-8", newline="") as read,
        target.open("w", encoding="utf-8", newline="") as out,
    ):
        writer = csv.writer(out, lineterminator="\n")
        columns = ("landlord_code", "tenure", "measure", "numerator", "denominator", "reported")
        writer.writerow([*columns, "publication_rule", "reproduces", "sheet", "row"])
        for case in csv.DictReader(read):
            case["tenure"] = renamed.get(case["tenure"], case["tenure"])
            case["numerator"], case["denominator"] = (
                case[name].removesuffix(".0") for name in ("numerator", "denominator")
            )
            rule = case["publication_rule"]
            zero = rule.startswith("denominator 0")
            writer.writerow(
                [case[name] for name in columns]
                + [
                    "zero denominator" if zero else rule,
                    case["reproduces"].split()[0],
                    case["sheet"],
                    case["row"],
                ]
            )


def main() -> None:
    """Write both files beside this one."""
    source, here = Path(sys.argv[1]), Path(__file__).parent
    landlords = read_landlords(source / WORKBOOK)
    chosen = [{**notes, **landlords[code]} for code, notes in LANDLORDS.items()]
    text = json.dumps({"year": YEAR, "workbook": WORKBOOK, "landlords": chosen}, indent=1, ensure_ascii=False)
    (here / f"landlords_{YEAR}.json").write_text(text + "\n", encoding="utf-8")
    write_rows(source / WORKBOOK, here / f"rows_{YEAR}")
    write_cases(source / CASES, here / f"published_{YEAR}.csv")


if __name__ == "__main__":
    main()
