"""The prescribed wording: what may differ from it, and what is a departure that a person must look at."""

from __future__ import annotations

from pathlib import Path

import openpyxl
import pandas as pd
import pytest

from pipelines.intake import Records, check_table, receive
from pipelines.intake.wording_check import is_prescribed, prescribed_texts, with_name
from schemas.rulebook import editions, load_edition
from tests.intake.support import CLEAN, EDITION, SETTINGS, related_to
from tests.intake.test_sources_mapping import write

PLACEHOLDERS = EDITION.landlord_placeholders
TP01, TP02, TP08, TP12 = (str(EDITION.measure(key).question) for key in ("TP01", "TP02", "TP08", "TP12"))
NAMES = ("Acme Housing Association Limited", "Old Town Homes Ltd")


def named(text: str, name: str = NAMES[0]) -> str:
    return with_name(text, PLACEHOLDERS, name)


ALLOWED = {
    "as prescribed": (named(TP01), TP01),
    "another of its names": (named(TP01, "Old Town Homes"), TP01),
    "a shorter name": (named(TP01, "Acme"), TP01),
    "a fuller name": (named(TP01, "The Acme Housing Group"), TP01),
    "your landlord": (named(TP01, "your landlord"), TP01),
    "the placeholder itself": (TP01, TP01),
    "spaces and line ends": (named(TP01).replace(" ", "  \n", 3) + " ", TP01),
    "a non-breaking space": (named(TP01).replace(" ", "\u00a0"), TP01),
    "a number before it": (f"Q1. {named(TP01)}", TP01),
    "its code before it": (f"TP01: {named(TP01)}", TP01),
    "a small first letter": ("t" + named(TP01)[1:], TP01),
    "without the routing": (named(TP02).removeprefix("If yes: "), TP02),
    "other routing": (named(TP02).replace("If yes: How", "If yes, how"), TP02),
    "curly quotation marks": (named(TP08).replace('"', "“", 1).replace('"', "”"), TP08),
    "a name that ends in s": (named(TP12, "Old Town Homes").replace("'s approach", "’ approach"), TP12),
}

DEPARTURES = {
    "a word changed": named(TP01).replace("Taking", "Thinking of"),
    "a word left out": named(TP01).replace(" or dissatisfied", ""),
    "the ends turned round": named(TP01).replace("satisfied or dissatisfied", "dissatisfied or satisfied"),
    "words added": named(TP01) + " Please be honest.",
    "another sign at the end": named(TP01).replace("?", "."),
    "capital letters": named(TP01).upper(),
    "another landlord": named(TP01, "Beta Homes"),
    "words in the landlord's place": named(TP01, "Acme's friendly and excellent team"),
    "another question": named(TP12),
    "nothing in the landlord's place": named(TP01, "").strip(),
}


@pytest.mark.parametrize("case", ALLOWED)
def test_what_no_tenant_would_notice_is_no_departure(case: str) -> None:
    asked, prescribed = ALLOWED[case]

    assert is_prescribed(asked, prescribed, PLACEHOLDERS, NAMES)


@pytest.mark.parametrize("case", DEPARTURES)
def test_anything_else_is_a_departure(case: str) -> None:
    assert not is_prescribed(DEPARTURES[case], TP01, PLACEHOLDERS, NAMES)


def test_where_no_name_is_known_any_name_will_do() -> None:
    assert is_prescribed(named(TP01, "Beta Homes"), TP01, PLACEHOLDERS)
    assert not is_prescribed(named(TP01, "x" * 81), TP01, PLACEHOLDERS)
    assert not is_prescribed(DEPARTURES["a word changed"], TP01, PLACEHOLDERS)


def test_a_question_without_a_landlord_in_it() -> None:
    text = str(EDITION.measure("TP03").question)

    assert is_prescribed(text, text, PLACEHOLDERS, NAMES)
    assert not is_prescribed(text.replace("time", "time and care"), text, PLACEHOLDERS, NAMES)


@pytest.mark.parametrize("year", editions())
def test_every_question_and_filter_question_has_its_text_and_its_measures(year: str) -> None:
    texts = prescribed_texts(load_edition(year))

    assert {f"TP{n:02d}" for n in range(1, 13)} | {"had_repair", "made_complaint", "communal_areas"} == set(
        texts
    )
    assert texts["had_repair"][1] == ("TP02", "TP03")
    assert texts["TP05"][1] == ("TP05",)
    for text, _ in texts.values():
        assert is_prescribed(named(text), text, PLACEHOLDERS, NAMES)


ROWS = CLEAN["survey_responses"]
FILTERS = {name: named(text) for name, text in EDITION.filters.items()}


def departures(records: Records) -> list[list[object]]:
    found = records.findings[records.findings["finding_id"] == "MAP-301"]
    rows = [None if pd.isna(row) else int(row) for row in found["row"]]
    columns = (found[name] for name in ("file", "sheet", "column", "touches"))
    return [[file, sheet, row, *more] for file, sheet, *more, row in zip(*columns, rows, strict=True)]


def checked(folder: Path, names: tuple[str, ...] = NAMES) -> Records:
    received = receive(folder, "survey_responses")
    return check_table(received, EDITION, related_to("survey_responses"), SETTINGS, names)


def test_a_row_of_questions_below_the_headings_is_compared_and_is_no_response(tmp_path: Path) -> None:
    questions = dict.fromkeys(ROWS[0], "") | {"TP01": named(TP01).replace("Taking", "Having taken")}
    questions |= {"TP12": named(TP12), "had_repair": FILTERS["had_repair"].replace("12 months", "year")}
    lines = [",".join(f'"{cell}"' for cell in row.values()) for row in (questions, *ROWS)]
    content = "\n".join([",".join(ROWS[0]), *lines, ""])
    write(tmp_path, "tables: {survey_responses: {files: a.csv, question_row: 2}}", a__csv=content)

    records = checked(tmp_path)

    assert records.accepted["source_row"].tolist() == [3, 4]
    assert departures(records) == [
        ["a.csv", "", 2, "had_repair", "TP02;TP03"],
        ["a.csv", "", 2, "TP01", "TP01"],
    ]


def test_a_row_of_questions_above_the_headings_of_a_sheet(tmp_path: Path) -> None:
    book = openpyxl.Workbook()
    book.active.title = "Data"
    book.active.append([named(TP12, "Beta") if name == "TP12" else None for name in ROWS[0]])
    book.active.append(list(ROWS[0]))
    for row in ROWS:
        book.active.append(list(row.values()))
    book.save(tmp_path / "a.xlsx")
    write(tmp_path, "tables: {survey_responses: {files: a.xlsx, question_row: 1, header_row: 2}}")

    records = checked(tmp_path)

    assert departures(records) == [["a.xlsx", "Data", 1, "TP12", "TP12"]]
    message = records.findings.set_index("finding_id").loc["MAP-301", "message"]
    assert "“How satisfied or dissatisfied are you with Beta's approach" in message
    assert (
        "“How satisfied or dissatisfied are you with Acme Housing Association Limited's approach" in message
    )


def test_a_row_of_questions_above_the_headings_of_a_csv(tmp_path: Path) -> None:
    top = ",".join('"How happy are you, all in all?"' if name == "TP01" else "" for name in ROWS[0])
    lines = [top, ",".join(ROWS[0]), *(",".join(row.values()) for row in ROWS), ""]
    write(tmp_path, "tables: {survey_responses: {files: a.csv, question_row: 1}}", a__csv="\n".join(lines))

    assert departures(checked(tmp_path)) == [["a.csv", "", 1, "TP01", "TP01"]]


def test_a_row_of_questions_that_is_not_there(tmp_path: Path) -> None:
    content = "\n".join([",".join(ROWS[0]), ",".join(ROWS[0].values()), ""])
    write(tmp_path, "tables: {survey_responses: {files: a.csv, question_row: 1}}", a__csv=content)

    records = checked(tmp_path)

    stops = records.findings[records.findings["grade"] == "stop"]
    assert stops["message"].tolist() == [
        "a.csv cannot be read: there is no row 1, which is said to hold the questions."
    ]


def test_headings_that_are_the_questions_are_compared(tmp_path: Path) -> None:
    first, second = named(TP01), named(TP12).replace("handling", "dealing with")
    heading = ",".join({"TP01": f'"{first}"', "TP12": f'"{second}"'}.get(name, name) for name in ROWS[0])
    content = "\n".join([heading, *(",".join(row.values()) for row in ROWS), ""])
    entry = (
        f"tables: {{survey_responses: {{files: a.csv, columns: {{TP01: '{first}', TP12: \"{second}\"}}}}}}"
    )
    write(tmp_path, entry, a__csv=content)

    records = checked(tmp_path)

    assert departures(records) == [["a.csv", "", None, "TP12", "TP12"]]
    assert len(records.accepted) == 2


def test_the_same_departure_of_several_files_is_said_once(tmp_path: Path) -> None:
    content = "\n".join([",".join(ROWS[0]), *(",".join(row.values()) for row in ROWS), ""])
    other = content.replace("S1", "S3").replace("S2", "S4")
    entry = "tables: {survey_responses: {files: 'a_*.csv', questions: {TP01: 'How are we doing?'}}}"
    write(tmp_path, entry, a_1__csv=content, a_2__csv=other)

    records = checked(tmp_path)

    assert departures(records)[0][0] == "a_*.csv (2 files)"
    assert len(departures(records)) == 1


@pytest.mark.parametrize(
    ("given", "ours", "departs"),
    [
        ("Quite satisfied", "Fairly satisfied", True),
        ("Happy", "Very satisfied", True),
        ("Don't know", "Not applicable/ don't know", True),
        ("2", "Fairly satisfied", False),
        ("FS", "Fairly satisfied", False),
        ("5 - Very satisfied", "Very satisfied", False),
        ("VERY SATISFIED (1)", "Very satisfied", False),
        ("Refused to say", "", False),
        ("No idea at all", "Perhaps", False),  # no answer of the scale: the cell's own finding
    ],
)
def test_answers_that_tenants_were_offered_in_other_words(
    tmp_path: Path, given: str, ours: str, departs: bool
) -> None:
    rows = [{**row, "TP05": given} for row in ROWS]
    content = "\n".join([",".join(rows[0]), *(",".join(row.values()) for row in rows), ""])
    entry = f'tables: {{survey_responses: {{files: a.csv, values: {{TP05: {{"{given}": "{ours}"}}}}}}}}'
    write(tmp_path, entry, a__csv=content)

    findings = checked(tmp_path).findings

    assert (findings["finding_id"] == "MAP-302").sum() == departs
    if departs:
        message = findings.set_index("finding_id").loc["MAP-302", "message"]
        assert message.startswith(f"2 answers to TP05 say “{given}”")
