"""Files in the shapes in which housing teams have them, made small, plausible and free of faults.

Each shape is a list of rows, the headings first; `csv_file` and `xlsx_file` write it as a contractor or a
housing system would.
"""

from __future__ import annotations

import csv
import datetime as dt
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import openpyxl

from schemas.rulebook import load_edition

EDITION = load_edition("2024-25")
LANDLORD = "Acme Homes"
Rows = list[list[Any]]

SATISFIED = [answer.label for answer in EDITION.scales["SAT5"].answers]
AGREED = [answer.label for answer in EDITION.scales["AGR5"].answers]
TP = [f"TP{number:02d}" for number in range(1, 13)]
_START = dt.datetime(2024, 4, 2, 9, 30)  # noqa: DTZ001 (files carry local times without a zone)


def csv_file(
    path: Path, rows: Rows, delimiter: str = ",", encoding: str = "utf-8", titles: Rows | None = None
) -> Path:
    with path.open("w", encoding=encoding, newline="") as stream:
        csv.writer(stream, delimiter=delimiter).writerows([*(titles or []), *rows])
    return path


def xlsx_file(path: Path, sheets: dict[str, Rows]) -> Path:
    book = openpyxl.Workbook()
    book.remove(book.worksheets[0])
    for name, rows in sheets.items():
        sheet = book.create_sheet(name)
        for row in rows:
            sheet.append(row)
    book.save(path)
    return path


def day(number: int, shape: str = "%d/%m/%Y", years: int = 0) -> str:
    """The day so many days after the first of the reporting year's working days, as `shape` writes it."""
    at = _START + dt.timedelta(days=number % 330, minutes=7 * number)
    return at.replace(year=at.year + years).strftime(shape)


def question(key: str) -> str:
    """A prescribed question with the landlord's name in it."""
    text = EDITION.filters.get(key) or EDITION.measure(key).question or ""
    for placeholder in EDITION.landlord_placeholders:
        text = text.replace(placeholder, LANDLORD)
    return text


def answer(key: str, number: int) -> str:
    """An answer to a question: mostly satisfied, every answer among them."""
    return (AGREED if key == "TP08" else SATISFIED)[(0, 1, 0, 2, 1, 3, 4)[number % 7]]


def code(key: str, number: int, best: int) -> str:
    """The same answer as a code from 1 to 5."""
    place = (AGREED if key == "TP08" else SATISFIED).index(answer(key, number)) + 1
    return str(place if best == 1 else 6 - place)


def _responses(count: int, answers: Any, yes: Any, no: Any, nadk: Any) -> Rows:
    """Responses to the twelve questions, with the filters before those that have one."""
    rows = []
    for i in range(count):
        had, made, communal = i % 2 == 0, i % 3 == 0, i % 4 != 0
        of = {key: answers(key, i + n) for n, key in enumerate(TP)}
        of |= {key: "" for key in ("TP02", "TP03") if not had}
        of["TP09"] = of["TP09"] if made else ""
        of["TP10"] = of["TP10"] if communal else ""
        of["TP12"] = nadk if i % 5 == 0 else of["TP12"]
        rows.append([yes if had else no, yes if made else no, yes if communal else no, *of.values()])
    return rows


FILTERS = ["Had repair", "Made complaint", "Communal areas"]


def labelled(count: int = 40) -> Rows:
    """A contractor's file of answers in words, headed by the questions' codes."""
    head = [
        "Respondent ID",
        "Tenancy Ref",
        "Interview Date",
        "Survey Method",
        "Tenure",
        *FILTERS,
        *TP,
        "Area",
    ]
    methods, tenures = ("CATI", "Online", "Postal"), ("General Needs", "HfOP", "General Needs")
    rows = []
    for i, answers in enumerate(_responses(count, answer, "Yes", "No", EDITION.nadk)):
        about = [f"R{i:04}", f"T{i:04}", day(i, "%Y-%m-%d"), methods[i % 3], tenures[i % 3]]
        rows.append([*about, *answers, ("North", "South")[i % 2]])
    return [head, *rows]


def asked_in_full(count: int = 40) -> Rows:
    """The same, headed by the questions' whole text, with columns about the person who answered."""
    head, *rows = labelled(count)
    texts = {"Had repair": "had_repair", "Made complaint": "made_complaint"}
    texts |= {"Communal areas": "communal_areas"} | {key: key for key in TP}
    number = iter(range(1, 20))
    heads = [f"Q{next(number)}. {question(texts[name])}" if name in texts else name for name in head]
    people = [[f"Jo Bloggs {i}", f"0770 0900{i:03}", f"jo{i}@example.org"] for i in range(count)]
    said = [f"Nobody came for three weeks to mend the boiler, number {i}" for i in range(count)]
    full = [[*row, *person, why] for row, person, why in zip(rows, people, said, strict=True)]
    for i, row in enumerate(full):
        row[2] = day(i)
    return [[*heads, "Tenant Name", "Telephone", "E-mail", "Why do you say that?"], *full]


def coded(count: int = 40, best: int = 1) -> Rows:
    """A contractor's file of codes: nothing in it says which end of them is satisfied."""
    head = ["Serial", "Interview Date", "Mode", "Tenure", *FILTERS, *TP]
    rows = []
    for i, answers in enumerate(_responses(count, lambda k, n: code(k, n, best), "1", "2", "6")):
        rows.append([str(i + 1), day(i, "%Y-%m-%d"), ("Phone", "Web")[i % 2], "LCRA", *answers])
    return [head, *rows]


def repairs(count: int = 60) -> Rows:
    """A repairs system's report."""
    head = ["Job No", "Prop Ref", "UPRN", "Address", "Tenant", "Priority Code", "Job Type", "Date Raised"]
    head += ["Target Date", "Date Completed", "Job Status", "Operative", "Cost £"]
    priorities = ("Emergency 24hrs", "Routine 28 Days", "Urgent 5 days", "Routine 28 Days")
    rows = []
    for i in range(count):
        done = i % 6 != 5
        rows.append(
            [
                f"J{i:05}",
                f"P{i % 20:04}",
                f"10000000{i:04}",
                f"{i + 1} High Street",
                "Mr A Smith",
                priorities[i % 4],
                ("Responsive", "Day to Day", "Void")[i % 3],
                day(i, "%d/%m/%Y %H:%M"),
                day(i + 28),
                day(i + 3, "%d/%m/%Y %H:%M") if done else "",
                "Completed" if done else "In Progress",
                "Bob Jones",
                f"{20 + i}.50",
            ]
        )
    return [head, *rows]


def work_orders(count: int = 40) -> Rows:
    """Work orders in the manner of the HACT standard."""
    head = ["WorkOrderReference", "PropertyReference", "PriorityDescription", "WorkClass", "DateReported"]
    head += ["RequiredCompletionDateTime", "ActualCompletionDateTime", "WorkOrderStatus", "TradeCode"]
    iso = "%Y-%m-%dT%H:%M:%S"
    rows = []
    for i in range(count):
        state = ("Work complete", "Work complete", "In progress", "Abandoned")[i % 4]
        rows.append(
            [
                f"WO{i:04}",
                f"P{i % 20:04}",
                ("Emergency", "Urgent", "Normal")[i % 3],
                ("Repair", "Repair", "Planned maintenance")[i % 3],
                day(i, iso),
                day(i + 20, iso),
                day(i + 2, iso) if state == "Work complete" else "",
                state,
                "PL",
            ]
        )
    return [head, *rows]


def properties(count: int = 40) -> Rows:
    """Properties in the manner of the HACT standard."""
    head = ["PropertyReference", "UPRN", "BlockReference", "TenureType", "NeedsType", "AcquisitionDate"]
    head += ["LocalAuthorityCode", "DecentHomesStatus", "Bedrooms"]
    tenures = ("Social Rent", "Affordable Rent", "Shared Ownership", "Leasehold")
    rows = []
    for i in range(count):
        rows.append(
            [
                f"P{i:04}",
                f"10000000{i:04}",
                f"B{i // 10:02}",
                tenures[i % 4],
                "General Needs",
                day(i, "%Y-%m-%d", years=-12),
                "E08000035",
                ("Pass", "Fail", "Pass", "Not applicable")[i % 4],
                str(1 + i % 4),
            ]
        )
    return [head, *rows]


PROGRAMME_COLUMNS = ["LGSR Date", "FRA Date", "Asbestos Survey Date", "Legionella Date", "LOLER Date"]


def register(count: int = 40) -> Rows:
    """An asset team's register: a row a home, a column a programme; a home without gas says N/A."""
    head = ["Property Ref", "Address", *PROGRAMME_COLUMNS, "EICR Date"]
    rows = []
    for i in range(count):
        dates = [day(i + 40 * n) for n in range(5)]
        dates[0] = "N/A" if i % 8 == 7 else dates[0]
        dates[4] = dates[4] if i % 10 == 0 else ""
        rows.append([f"P{i:04}", f"{i + 1} High Street", *dates, day(i + 9)])
    return [head, *rows]


def complaints(count: int = 30) -> Rows:
    """A complaints team's log."""
    head = ["Case Reference", "Complaint Stage", "Property Ref", "Complainant Name", "Date Received"]
    head += ["Date Acknowledged", "Response Due", "Response Sent Date", "Case Status", "Outcome"]
    rows: Rows = []
    for i in range(count):
        rows.append(
            [
                f"CMP-{i:04}",
                f"Stage {1 + i % 2}",
                f"P{i:04}",
                "Ann Other",
                day(i),
                day(i + 3),
                day(i + 13),
                day(i + 12),
                ("Closed", "Withdrawn")[i % 9 == 8],
                ("Upheld", "Not upheld")[i % 2],
            ]
        )
    return [head, *rows]


def asb(count: int = 30) -> Rows:
    """An anti-social behaviour log that says hate by its category."""
    head = ["ASB Ref", "Property Ref", "ASB Category", "Date Reported", "Date Closed", "Perpetrator"]
    kinds = ("Noise", "Hate related incident", "Drugs", "Verbal abuse")
    rows: Rows = [[f"ASB{i:04}", f"P{i:04}", kinds[i % 4], day(i), day(i + 40), "X Y"] for i in range(count)]
    return [head, *rows]


def without(rows: Rows, *headings: str) -> Rows:
    """The same rows without some columns."""
    kept = [i for i, heading in enumerate(rows[0]) if heading not in headings]
    return [[row[i] for i in kept] for row in rows]


def changed(rows: Rows, heading: str, value: Any, row: int = 1) -> Rows:
    """The same rows with one cell changed; rows are numbered from the headings, which are 0."""
    at = rows[0].index(heading)
    return [[*r[:at], value, *r[at + 1 :]] if number == row else list(r) for number, r in enumerate(rows)]


def renamed(rows: Rows, names: dict[str, str]) -> Rows:
    """The same rows under other headings."""
    return [[names.get(name, name) for name in rows[0]], *rows[1:]]


def column(rows: Rows, heading: str) -> Sequence[Any]:
    """A column's cells."""
    at = rows[0].index(heading)
    return [row[at] for row in rows[1:]]
