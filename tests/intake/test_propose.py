"""`tsm map` on files of many shapes: which table, which column is which, what it says it does not know."""

from __future__ import annotations

import datetime as dt
from pathlib import Path
from typing import Any

import pandas as pd
import pytest
import yaml
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from pipelines.intake import check_table, receive
from pipelines.intake import settings as yaml_settings
from pipelines.intake.content import content_of, split_label
from pipelines.intake.lexicon import lexicon
from pipelines.intake.proposal_text import as_yaml
from pipelines.intake.propose import FIVE_IS_BEST, ONE_IS_BEST, Proposal, propose
from pipelines.intake.sources import preset_names, read_entry
from pipelines.intake.two_stages import stage_of
from pipelines.intake.value_maps import code_meanings
from schemas.errors import InputError
from schemas.tables import TABLES
from tests.intake import shapes
from tests.intake.shapes import EDITION, LANDLORD, Rows, csv_file, xlsx_file

SAMPLE = Path(__file__).resolve().parents[2] / "data" / "landlords" / "L0001" / "2024-25"


def proposed(path: Path, table: str = "", landlord: str = LANDLORD) -> Proposal:
    """Propose, and hold the printed text to what it must be: an entry that sources.yaml may have."""
    proposal = propose(path, EDITION, table, landlord)
    assert loaded(as_yaml(proposal)) == {"tables": {proposal.table.name: proposal.entry()}}
    entry = {key: value for key, value in proposal.entry().items() if key != "files"}
    read_entry(proposal.table.name, entry, "the proposal")
    return proposal


def loaded(text: str) -> Any:
    """The text as the software reads its YAML; a plain YAML reader must find the same."""
    content = yaml.load(text, Loader=yaml_settings._Loader)  # noqa: S506 (a safe loader)
    assert content == yaml.safe_load(text)
    return content


def of(rows: Rows, tmp_path: Path, name: str = "export.csv", **how: Any) -> Proposal:
    return proposed(csv_file(tmp_path / name, rows, **how))


def sure(proposal: Proposal) -> dict[str, str]:
    """Our columns and how sure each is."""
    return {guess.column.name: guess.confidence for guess in proposal.guesses}


def notes(proposal: Proposal) -> str:
    return "\n".join(proposal.notes)


# ------------------------------------------------------------------------------------------ files of our own


@pytest.mark.parametrize(
    "path", sorted(p for p in SAMPLE.iterdir() if p.suffix in (".csv", ".xlsx", ".parquet"))
)
def test_a_file_of_our_own_form_needs_nothing(path: Path) -> None:
    proposal = proposed(path)

    assert proposal.table.name == path.stem
    assert proposal.confidence == "sure"
    assert proposal.is_ours
    assert not proposal.missing
    assert set(sure(proposal).values()) == {"sure"}
    assert all(heading == name for name, heading in proposal.entry()["columns"].items())
    assert "needs no entry" in as_yaml(proposal)


def test_a_file_with_our_headings_under_another_name_gets_an_entry(tmp_path: Path) -> None:
    path = tmp_path / "export.csv"
    path.write_bytes((SAMPLE / "asb_cases.csv").read_bytes())

    proposal = proposed(path)

    assert proposal.table.name == "asb_cases"
    assert not proposal.is_ours


# ----------------------------------------------------------------------------------------------- the survey


def test_questions_as_headings_are_found_by_their_wording(tmp_path: Path) -> None:
    proposal = of(shapes.asked_in_full(), tmp_path)

    assert proposal.table.name == "survey_responses"
    assert proposal.confidence == "sure"
    columns = proposal.entry()["columns"]
    for key in (*shapes.TP, "had_repair", "made_complaint", "communal_areas"):
        assert columns[key].endswith(shapes.question(key)), key
    assert columns["response_id"] == "Respondent ID"
    assert columns["household_id"] == "Tenancy Ref"
    assert columns["comment"] == "Why do you say that?"
    assert proposal.entry()["dates"] == {"completed_on": "%d/%m/%Y"}
    assert proposal.entry()["values"]["method"] == {"CATI": "telephone", "Online": "internet"}
    assert proposal.entry()["ignore"] == ["Tenant Name", "Telephone", "E-mail"]


def test_questions_are_found_without_knowing_the_landlord(tmp_path: Path) -> None:
    path = csv_file(tmp_path / "x.csv", shapes.asked_in_full())

    assert set(shapes.TP) <= set(sure(proposed(path, landlord="")))


def test_nothing_of_a_person_is_shown(tmp_path: Path) -> None:
    text = as_yaml(of(shapes.asked_in_full(), tmp_path))

    for secret in ("Jo Bloggs", "0770", "example.org", "Nobody came"):
        assert secret not in text
    assert "•••" in text


def test_titles_say_what_codes_mean(tmp_path: Path) -> None:
    key: Rows = [["Variable", "Code", "Label"]]
    key += [["TP01 to TP12", i, label] for i, label in enumerate(shapes.SATISFIED, 1)]
    key += [["", 6, "Not applicable / don't know"]]
    data = [["Acme Homes survey"], [], *shapes.coded()]

    proposal = proposed(xlsx_file(tmp_path / "survey.xlsx", {"Key": key, "Data": data}))

    entry = proposal.entry()
    assert (entry["sheet"], entry["header_row"]) == ("Data", 3)
    assert entry["values"]["TP01"] == {str(i): label for i, label in enumerate(shapes.SATISFIED, 1)}
    assert entry["values"]["TP08"] == {str(i): label for i, label in enumerate(shapes.AGREED, 1)}
    assert entry["values"]["TP12"]["6"] == EDITION.nadk
    assert entry["values"]["had_repair"] == {"1": "yes", "2": "no"}


def test_a_heading_says_that_five_is_satisfied(tmp_path: Path) -> None:
    said = {key: f"{key} (1 = Very dissatisfied, 5 = Very satisfied)" for key in shapes.TP}
    proposal = of(shapes.renamed(shapes.coded(best=5), said), tmp_path)

    values = proposal.entry()["values"]
    assert values["TP01"]["5"] == "Very satisfied"
    assert values["TP01"]["1"] == "Very dissatisfied"
    assert values["TP08"]["5"] == "Strongly agree"
    assert sure(proposal)["TP01"] == "sure"


def codebook(*names: str, best: int = 1, head: str = "") -> Rows:
    """A sheet that explains the codes of each name, or of none."""
    rows: Rows = [[head or "Codes"]]
    for name in names or ("",):
        for place, label in enumerate(shapes.SATISFIED, 1):
            code = place if best == 1 else 6 - place
            rows.append([name, code, label] if name else [f"{code} = {label}"])
    return rows


def survey_with(tmp_path: Path, **sheets: Rows) -> Proposal:
    return proposed(xlsx_file(tmp_path / "survey.xlsx", {"Data": shapes.coded(best=5), **sheets}))


def test_a_codebook_says_of_each_question_which_end_is_satisfied(tmp_path: Path) -> None:
    """Its rows are read to the end, and those of one question say nothing of another."""
    key = codebook("TP01") + codebook(*shapes.TP[1:], best=5) + [["All", 6, "Don't know"]]

    values = survey_with(tmp_path, Codebook=key).entry()["values"]

    assert values["TP01"]["1"] == "Very satisfied"
    for name in shapes.TP[1:]:
        assert values[name]["1"] == ("Strongly disagree" if name == "TP08" else "Very dissatisfied"), name
    assert values["TP12"]["6"] == EDITION.nadk


def test_a_codebook_says_which_code_is_no_answer(tmp_path: Path) -> None:
    rows = shapes.coded(best=5)
    for row, code in enumerate(("97", "98", "99", "77"), 1):
        rows = shapes.changed(rows, "TP05", code, row)
    key: Rows = [*codebook("TP05", best=5), ["All", 97, "Not applicable"], ["All", 98, "Don't know"]]
    key += [["All", 99, "Refused"], ["TP01", 77, "Refused"]]

    proposal = proposed(xlsx_file(tmp_path / "survey.xlsx", {"Data": rows, "Codebook": key}))

    values = proposal.entry()["values"]["TP05"]
    assert (values["97"], values["98"], values["99"]) == (EDITION.nadk, EDITION.nadk, "")
    assert [value for value, _, _ in proposal.values["TP05"].unknown] == ["77"]


def test_a_code_that_is_explained_in_two_ways_is_not_mapped(tmp_path: Path) -> None:
    rows = shapes.changed(shapes.coded(best=5), "TP05", "99", 1)
    key: Rows = [*codebook("TP05", best=5), ["All", 99, "Refused"], ["Some", 99, "Don't know"]]

    proposal = proposed(xlsx_file(tmp_path / "survey.xlsx", {"Data": rows, "Codebook": key}))

    assert proposal.entry()["values"]["TP05"]["5"] == "Very satisfied"
    assert [value for value, _, _ in proposal.values["TP05"].unknown] == ["99"]


@pytest.mark.parametrize("names", ["TP1-TP12", "TP01 to TP12", "TP01-TP07, TP08, TP09 - TP12"])
def test_a_codebook_may_name_a_run_of_questions(tmp_path: Path, names: str) -> None:
    other = codebook("Q99", head="Other questions")

    values = survey_with(tmp_path, Codebook=codebook(names, best=5), Other=other).entry()["values"]

    assert {values[name]["5"] for name in shapes.TP} == {"Very satisfied", "Strongly agree"}


def test_codes_of_one_question_stand_for_all_where_nothing_else_is_said(tmp_path: Path) -> None:
    values = survey_with(tmp_path, Codebook=codebook("TP01", best=5)).entry()["values"]

    assert {values[name]["5"] for name in shapes.TP} == {"Very satisfied", "Strongly agree"}


def test_codes_of_one_question_stand_under_its_name(tmp_path: Path) -> None:
    said = [[f"{place} = {label}"] for place, label in enumerate(shapes.SATISFIED, 1)]
    key = [["TP01 Overall satisfaction"], *said, ["TP02 to TP12"], *codebook(best=5)[1:]]

    values = survey_with(tmp_path, Codebook=key).entry()["values"]

    assert (values["TP01"]["1"], values["TP02"]["1"]) == ("Very satisfied", "Very dissatisfied")


def test_two_keys_of_two_directions_are_both_named_and_neither_is_taken(tmp_path: Path) -> None:
    proposal = survey_with(tmp_path, Old=codebook(), New=codebook(best=5))

    assert not set(shapes.TP) & set(proposal.entry()["values"])
    assert "in two ways, in the sheet “Old” and in the sheet “New”" in notes(proposal)
    assert "Nothing in the file says" not in notes(proposal)
    one_sheet = survey_with(tmp_path, Keys=codebook() + codebook(best=5))
    assert not set(shapes.TP) & set(one_sheet.entry()["values"])


def test_two_keys_of_one_direction_agree(tmp_path: Path) -> None:
    proposal = survey_with(tmp_path, Old=codebook(best=5), New=codebook(best=5))

    assert proposal.entry()["values"]["TP01"]["5"] == "Very satisfied"
    assert "in two ways" not in notes(proposal)


def test_the_key_in_another_questions_heading_is_not_taken(tmp_path: Path) -> None:
    heading = "Contractor satisfaction (1 = Very satisfied, 5 = Very dissatisfied)"
    head, *rows = shapes.coded(best=5)

    proposal = of([[*head, heading], *([*row, "3"] for row in rows)], tmp_path)

    assert not set(shapes.TP) & set(proposal.entry()["values"])
    assert "Nothing in the file says whether 1 or 5 is satisfied in TP01" in notes(proposal)


def test_a_column_of_words_says_what_the_codes_beside_it_mean(tmp_path: Path) -> None:
    codes, words = shapes.coded(best=5), shapes.labelled()
    rows = [
        [*row, label] for row, label in zip(codes, ["TP01 label", *shapes.column(words, "TP01")], strict=True)
    ]

    assert of(rows, tmp_path).entry()["values"]["TP01"]["5"] == "Very satisfied"


def test_codes_of_which_nothing_says_the_direction_are_not_mapped(tmp_path: Path) -> None:
    proposal = of(shapes.coded(), tmp_path)

    assert not set(shapes.TP) & set(proposal.entry()["values"])
    assert {ONE_IS_BEST, FIVE_IS_BEST} <= set(preset_names())
    assert f"preset: {ONE_IS_BEST} or preset: {FIVE_IS_BEST}" in notes(proposal)
    assert "“don't know”" in as_yaml(proposal)  # the code 6


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("1 = Very satisfied, 5 = Very dissatisfied", {"1": "VS", "3": "NSD", "5": "VD"}),
        ("1 - very satisfied; 2 - fairly satisfied; 5 - very dissatisfied", {"1": "VS", "2": "FS"}),
        ("on a scale where 5 means very satisfied and 1 means very dissatisfied", {"5": "VS", "2": "FD"}),
        ("Very satisfied (5) … Very dissatisfied (1), Don't know (9)", {"5": "VS", "9": "NADK"}),
        ("5 is strongly agree, 1 is strongly disagree", {"5": "VS", "1": "VD"}),
        ("1 = Very satisfied, 5 = Very dissatisfied; 5 = Very satisfied, 1 = Very dissatisfied", {}),
        ("1 = Very satisfied, 10 = Very dissatisfied", {}),  # another scale
        ("1 = Very satisfied, 2 = Very dissatisfied, 5 = Fairly satisfied", {}),
        ("1 = excellent, 5 = very poor", {}),  # not the prescribed answers
        ("tick 1 box", {}),
        ("", {}),
    ],
)
def test_what_a_text_says_of_codes(text: str, expected: dict[str, str]) -> None:
    found = code_meanings(text, "SAT5", lexicon())

    assert {code: found[code] for code in expected} == expected
    assert bool(found) == bool(expected)


def test_other_wordings_are_shown_and_not_mapped(tmp_path: Path) -> None:
    rows = shapes.changed(shapes.labelled(), "TP06", "Quite satisfied", 3)
    rows = shapes.changed(rows, "TP05", "Don't know", 4)

    proposal = of(rows, tmp_path)

    assert proposal.entry()["values"]["TP05"] == {"Don't know": EDITION.nadk}
    assert "TP06" not in proposal.entry()["values"]
    assert '# "Quite satisfied": ?' in as_yaml(proposal)
    assert "not the prescribed wording, which is “Fairly satisfied”" in as_yaml(proposal)


def test_labels_with_their_codes_before_them(tmp_path: Path) -> None:
    rows = shapes.labelled()
    at = rows[0].index("TP01")
    for row in rows[1:]:
        row[at] = f"{shapes.SATISFIED.index(row[at]) + 1} - {row[at]}"

    assert of(rows, tmp_path).entry()["values"]["TP01"]["1 - Very satisfied"] == "Very satisfied"


@pytest.mark.parametrize(("yes", "no"), [("1 - Yes", "2 - No"), ("Yes (1)", "No (0)"), ("1. yes", "0. no")])
def test_yes_and_no_with_their_codes_beside_them(tmp_path: Path, yes: str, no: str) -> None:
    rows = shapes.renamed(shapes.labelled(), {"Interview Date": "intdate"})
    at = [rows[0].index(name) for name in shapes.FILTERS]
    for row in rows[1:]:
        for i in at:
            row[i] = yes if row[i] == "Yes" else no
    rows = shapes.changed(rows, "Had repair", "9 - Don't know", 1)
    rows = shapes.changed(rows, "Had repair", "3 - Perhaps", 2)

    proposal = of(rows, tmp_path)

    assert proposal.entry()["columns"]["completed_on"] == "intdate"
    values = proposal.entry()["values"]
    assert values["made_complaint"] == {yes: "yes", no: "no"}
    assert values["had_repair"] == {yes: "yes", no: "no", "9 - Don't know": ""}
    assert [value for value, _, _ in proposal.values["had_repair"].unknown] == ["3 - Perhaps"]
    assert sure(proposal)["had_repair"] == "sure"


def test_a_row_of_questions_under_the_headings(tmp_path: Path) -> None:
    head, *rows = shapes.labelled()
    names = {name: f"Q{i}" for i, name in enumerate([*shapes.FILTERS, *shapes.TP])}
    keys = dict(zip(shapes.FILTERS, ("had_repair", "made_complaint", "communal_areas"), strict=True))
    texts = [shapes.question(keys.get(name, name)) if name in names else name for name in head]
    machine = [f'{{"ImportId":"{name}"}}' for name in head]

    proposal = of([[names.get(name, name) for name in head], texts, machine, *rows], tmp_path)

    entry = proposal.entry()
    assert entry["question_row"] == 2
    assert "header_row" not in entry
    assert entry["columns"]["TP01"] == names["TP01"]
    assert entry["columns"]["had_repair"] == names["Had repair"]
    assert entry["filters"] == [
        {"column": "Respondent ID", "is": [machine[0]], "reason": "second row of headings"}
    ]
    assert "ImportId" not in as_yaml(proposal).split("filters:")[0]


def test_the_second_row_of_headings_of_a_survey_tool(tmp_path: Path) -> None:
    head, *rows = shapes.asked_in_full()
    second = ["" if name == "Respondent ID" else "Response" for name in head]

    proposal = of([head, second, *rows], tmp_path)

    assert proposal.entry()["filters"] == [
        {"column": "Respondent ID", "blank": True, "reason": "second row of headings"}
    ]
    assert proposal.rows == len(rows)


def test_rows_that_were_copied_are_noticed(tmp_path: Path) -> None:
    head, *rows = shapes.labelled()
    copies = [[f"C{i}", *row[1:]] for i, row in enumerate(rows[:10])]

    proposal = of([head, *rows, *copies], tmp_path)

    assert "10 of 50 rows repeat an earlier row in all but “Respondent ID”" in notes(proposal)
    assert "weighted by copying" in notes(proposal)
    assert "repeat an earlier row" not in notes(of([head, *rows], tmp_path))


# ------------------------------------------------------------------------------------------------- repairs


def test_a_repairs_report_with_titles_and_totals(tmp_path: Path) -> None:
    titles = [["Repairs report, £ excluding VAT"], ["Run on", "01/04/2025"], []]
    rows = [*shapes.repairs(), ["Total", *[""] * 11, "3000.00"]]

    proposal = of(rows, tmp_path, "Repairs Apr-Mar.csv", titles=titles, encoding="cp1252")

    assert proposal.table.name == "repairs"
    assert proposal.confidence == "sure"
    assert proposal.entry() == {
        "files": "Repairs Apr-Mar.csv",
        "header_row": 4,
        "encoding": "cp1252",
        "columns": {
            "repair_id": "Job No",
            "home_id": "Prop Ref",
            "priority": "Priority Code",
            "work_type": "Job Type",
            "reported_at": "Date Raised",
            "target_at": "Target Date",
            "completed_at": "Date Completed",
            "status": "Job Status",
        },
        "values": {
            "priority": {
                "Routine 28 Days": "non_emergency",
                "Emergency 24hrs": "emergency",
                "Urgent 5 days": "non_emergency",
            },
            "work_type": {"Day to Day": "responsive"},
            "status": {"In Progress": "open"},
        },
        "dates": {
            "reported_at": "%d/%m/%Y %H:%M",
            "target_at": "%d/%m/%Y",
            "completed_at": "%d/%m/%Y %H:%M",
        },
        "filters": [{"column": "Job No", "is": ["Total"], "reason": "rows of totals"}],
    }
    assert {content.heading for content in proposal.unused} == {
        "UPRN",
        "Address",
        "Tenant",
        "Operative",
        "Cost £",
    }
    assert "High Street" not in as_yaml(proposal)
    assert "Bob Jones" not in as_yaml(proposal)


@pytest.mark.parametrize(("delimiter", "word"), [(";", ";"), ("\t", "tab"), ("|", "|")])
def test_other_separators(tmp_path: Path, delimiter: str, word: str) -> None:
    proposal = of(shapes.repairs(), tmp_path, delimiter=delimiter)

    assert proposal.entry()["delimiter"] == word
    assert proposal.entry()["columns"]["repair_id"] == "Job No"


@pytest.mark.parametrize(
    ("encoding", "said"), [("utf-8-sig", None), ("utf-16", "utf-16"), ("cp1252", "cp1252")]
)
def test_other_encodings(tmp_path: Path, encoding: str, said: str | None) -> None:
    proposal = of(shapes.repairs(), tmp_path, encoding=encoding)

    assert proposal.entry().get("encoding") == said
    assert "Cost £" in as_yaml(proposal)


def test_what_is_unsure_is_shown_and_not_mapped(tmp_path: Path) -> None:
    rows = shapes.changed(shapes.repairs(), "Priority Code", "P2", 1)
    rows = shapes.changed(rows, "Priority Code", "Zebra", 2)
    rows = shapes.changed(rows, "Job Status", "Closed", 1)

    proposal = of(rows, tmp_path)

    assert not {"P2", "Zebra"} & set(proposal.entry()["values"]["priority"])
    text = as_yaml(proposal)
    assert '# "P2": non_emergency' in text
    assert '# "Zebra": ?' in text
    assert '# "Closed": completed' in text


def test_an_emergency_flag_is_a_priority(tmp_path: Path) -> None:
    rows = shapes.renamed(shapes.repairs(), {"Priority Code": "Emergency?"})
    at = rows[0].index("Emergency?")
    for row in rows[1:]:
        row[at] = "Y" if row[at].startswith("Emergency") else "N"

    found = of(rows, tmp_path).values["priority"]

    assert {e.theirs: e.ours for e in [*found.entries, *found.unsure]} == {
        "Y": "emergency",
        "N": "non_emergency",
    }


def test_camel_case_headings(tmp_path: Path) -> None:
    proposal = of(shapes.work_orders(), tmp_path)

    assert proposal.table.name == "repairs"
    assert set(sure(proposal).values()) == {"sure"}
    assert proposal.entry()["columns"]["target_at"] == "RequiredCompletionDateTime"
    assert "dates" not in proposal.entry()


def test_records_that_may_be_none_are_offered_as_filters(tmp_path: Path) -> None:
    rows = shapes.renamed(shapes.repairs(), {"Operative": "Notes"})
    for row, word in ((1, "test only"), (2, "duplicate")):
        rows = shapes.changed(rows, "Notes", word, row)

    proposal = of(rows, tmp_path)

    assert "filters" not in proposal.entry()
    assert [(f.entry["is"], f.entry["reason"], f.active) for f in proposal.filters] == [
        (["test only"], "test records", False),
        (["duplicate"], "duplicates", False),
    ]


def test_a_reference_that_recurs_is_said(tmp_path: Path) -> None:
    rows = shapes.changed(shapes.repairs(), "Job No", "J00000", 2)

    assert "“Job No” is not unique; rows that repeat an earlier reference: 1." in notes(of(rows, tmp_path))


# ------------------------------------------------------------------------------------------- the other tables


def test_a_property_list(tmp_path: Path) -> None:
    proposal = of(shapes.properties(), tmp_path, "Asset list.csv")

    assert proposal.table.name == "homes"
    assert proposal.confidence == "sure"
    assert proposal.entry()["values"] == {
        "tenure": {
            "Social Rent": "LCRA",
            "Affordable Rent": "LCRA",
            "Shared Ownership": "LCHO",
            "Leasehold": "other",
        },
        "decent_homes": {"Pass": "meets", "Fail": "fails", "Not applicable": "exempt"},
    }
    assert [content.heading for content in proposal.unused] == ["Bedrooms"]


def test_a_column_of_failures_turns_yes_and_no(tmp_path: Path) -> None:
    rows = shapes.renamed(shapes.properties(), {"DecentHomesStatus": "Non Decent"})
    at = rows[0].index("Non Decent")
    for row in rows[1:]:
        row[at] = "Yes" if row[at] == "Fail" else "No"

    assert of(rows, tmp_path).entry()["values"]["decent_homes"] == {"No": "meets", "Yes": "fails"}


def test_lost_digits_are_said(tmp_path: Path) -> None:
    rows = shapes.changed(shapes.properties(), "UPRN", "1.00023E+11", 2)

    assert "last digits are lost" in notes(of(rows, tmp_path))


def test_a_register_with_a_column_a_programme(tmp_path: Path) -> None:
    head, *rows = shapes.register()
    rows = [[*row, row[2], "B1"] for row in rows]

    proposal = of([[*head, "LGSR Expiry", "Block"], *rows], tmp_path, "Compliance register.csv")

    assert proposal.table.name == "safety_checks"
    assert not proposal.missing
    entry = proposal.entry()
    assert entry["columns"] == {
        "home_id": "Property Ref"
    }  # a check stands for one place: not for the block too
    assert entry["unpivot"] == {
        "into": {"name": "programme", "value": "completed_on"},
        "columns": dict(
            zip(("gas", "fire", "asbestos", "water", "lift"), shapes.PROGRAMME_COLUMNS, strict=True)
        ),
    }
    assert entry["values"] == {"completed_on": {"N/A": ""}}
    assert entry["dates"] == {"completed_on": "%d/%m/%Y"}
    assert "LGSR Expiry" in notes(proposal)
    assert "never done" in notes(proposal)


def _with_due_dates(rows: Rows, programmes: dict[str, str]) -> Rows:
    """The register with a column of next due dates beside some of its columns."""
    for done, due in programmes.items():
        at = rows[0].index(done)
        for number, row in enumerate(rows):
            is_date = row[at][:1].isdigit()
            row.insert(at + 1, due if not number else f"{row[at][:-1]}6" if is_date else row[at])
    return rows


def test_a_register_with_a_due_column_a_programme_is_read_once_a_programme(tmp_path: Path) -> None:
    pairs = {name: f"{name.removesuffix(' Date')} Next Due" for name in shapes.PROGRAMME_COLUMNS[:4]}
    path = csv_file(tmp_path / "register.csv", _with_due_dates(shapes.register(), pairs))

    proposal = proposed(path)

    entry = proposal.entry()
    into = {"name": "programme", "value": "completed_on"}
    assert entry["files"][1] == {
        "file": "register.csv",
        "columns": {"valid_until": "FRA Next Due"},
        "unpivot": {"into": into, "columns": {"fire": "FRA Date"}},
    }
    assert entry["files"][4] == {
        "file": "register.csv",
        "unpivot": {"into": into, "columns": {"lift": "LOLER Date"}},
    }
    assert "unpivot" not in entry
    assert entry["dates"] == {"completed_on": "%d/%m/%Y", "valid_until": "%d/%m/%Y"}
    assert entry["values"]["valid_until"] == {"N/A": ""}
    assert "not carried over" not in notes(proposal)
    (tmp_path / "sources.yaml").write_text(as_yaml(proposal), encoding="utf-8")
    records = check_table(receive(tmp_path, "safety_checks"), EDITION, {}, EDITION.resolve_settings({}))
    assert len(records.accepted) == 159
    assert records.accepted["check_id"].is_unique
    assert records.accepted.loc[records.accepted["programme"] != "lift", "valid_until"].notna().all()
    assert "CHK-506" not in set(records.findings["finding_id"])


def test_due_dates_that_no_programme_needs_leave_one_entry(tmp_path: Path) -> None:
    rows = _with_due_dates(shapes.register(), {"LGSR Date": "LGSR Next Due"})

    proposal = of(rows, tmp_path)

    assert proposal.entry()["files"] == "export.csv"
    assert "not carried over (LGSR Next Due)" in notes(proposal)


def test_a_list_of_checks_of_all_programmes(tmp_path: Path) -> None:
    head = ["Cert No", "Property ID", "Compliance Type", "Last Inspection Date", "Next Due Date"]
    kinds = ("LGSR", "FRA", "Asbestos", "Legionella", "LOLER", "Electrical")
    rows = [
        [f"C{i}", f"P{i}", kinds[i % 6], shapes.day(i, "%d %b %Y"), shapes.day(i, "%d %b %Y", 1)]
        for i in range(36)
    ]

    proposal = of([head, *rows], tmp_path)

    assert proposal.table.name == "safety_checks"
    assert (
        proposal.entry()["values"]["programme"]
        == {
            "LGSR": "gas",
            "FRA": "fire",
            "Asbestos": "asbestos",
            "Legionella": "water",
            "LOLER": "lift",
        }
        or "Asbestos" not in proposal.entry()["values"]["programme"]
    )
    assert [f.entry["is"] for f in proposal.filters] == [["Electrical"]]
    assert not proposal.filters[0].active


NO_CHECKS = (
    "Fire Door Inspection",
    "Fire Alarm Service",
    "Fire Extinguisher Service",
    "Stair Lift Service",
    "Through Floor Lift LOLER",
    "Domestic Lift LOLER",
    "Water Temperature Check",
    "Water Tank Clean",
    "Asbestos Removal Works",
)
CHECKS = {
    "Domestic Gas Service": "gas",
    "FRA Type 3": "fire",
    "Asbestos Re-inspection": "asbestos",
    "Legionella Risk Assessment": "water",
    "Passenger Lift LOLER": "lift",
}


def test_what_is_no_check_of_a_programme_is_shown_and_not_mapped(tmp_path: Path) -> None:
    head = ["Cert No", "Property ID", "Compliance Type", "Last Inspection Date"]
    kinds = [*CHECKS, *NO_CHECKS]
    rows = [[f"C{i}", f"P{i}", kind, shapes.day(i)] for i, kind in enumerate(kinds * 3)]

    proposal = of([head, *rows], tmp_path)

    assert proposal.entry()["values"]["programme"] == CHECKS
    assert sorted(value for value, _, _ in proposal.values["programme"].unknown) == sorted(NO_CHECKS)
    assert "“door” is not the programme's own check" in as_yaml(proposal)


def test_a_file_of_one_programme_is_known_by_its_name(tmp_path: Path) -> None:
    head = ["Property Ref", "Last Service Date", "Next Service Due"]
    rows = [[f"P{i}", shapes.day(i), shapes.day(i, years=1)] for i in range(20)]

    entry = of([head, *rows], tmp_path, "Gas LGSR March 2025.csv").entry()

    assert entry["constants"] == {"programme": "gas"}
    assert entry["columns"] == {
        "check_id": "Property Ref",
        "home_id": "Property Ref",
        "completed_on": "Last Service Date",
        "valid_until": "Next Service Due",
    }


def test_a_complaints_log(tmp_path: Path) -> None:
    proposal = of(shapes.complaints(), tmp_path)

    assert proposal.table.name == "complaints"
    assert proposal.confidence == "sure"
    assert proposal.entry()["values"] == {"stage": {"Stage 1": "1", "Stage 2": "2"}}
    assert "Ann Other" not in as_yaml(proposal)


def test_a_log_with_both_stages_in_one_row_is_read_once_a_stage(tmp_path: Path) -> None:
    head = ["Complaint Ref", "Tenure", "Stage 1 Received", "Stage 1 Acknowledged", "Stage 1 Responded"]
    head += ["Stage 1 Outcome", "Stage 2 Received", "Stage 2 Acknowledged", "Stage 2 Responded"]
    rows: Rows = [
        [f"C{i}", "Social Rent", *(shapes.day(i + n) for n in (0, 2, 11)), "Upheld"]
        + ([shapes.day(i + n) for n in (20, 22, 35)] if i % 4 == 0 else ["", "", ""])
        for i in range(20)
    ]
    path = csv_file(tmp_path / "log.csv", [head, *rows])

    proposal = proposed(path)

    assert proposal.table.name == "complaints"
    assert not proposal.missing
    assert [content.heading for content in proposal.unused] == ["Stage 1 Outcome"]
    (tmp_path / "sources.yaml").write_text(as_yaml(proposal), encoding="utf-8")
    records = check_table(receive(tmp_path, "complaints"), EDITION, {}, EDITION.resolve_settings({}))
    assert dict(records.accepted["stage"].value_counts()) == {1: 20, 2: 5}
    assert records.accepted["responded_on"].notna().all()
    assert set(records.findings["finding_id"]) == {"MAP-201", "FIL-017"}


@pytest.mark.parametrize(
    ("heading", "stage", "rest"),
    [
        ("Stage 1 Received", "1", "Received"),
        ("Date received (Stage Two)", "2", "Date received"),
        ("S2 response sent", "2", "response sent"),
        ("Date closed stage ii", "2", "Date closed"),
        ("Stage", "", "Stage"),
        ("Stage 10 received", "", "Stage 10 received"),
        ("Homes1", "", "Homes1"),
    ],
)
def test_the_stage_that_a_heading_names(heading: str, stage: str, rest: str) -> None:
    assert stage_of(heading) == (stage, rest)


def test_kinds_of_case_say_which_are_hate(tmp_path: Path) -> None:
    proposal = of(shapes.asb(), tmp_path)

    assert proposal.table.name == "asb_cases"
    assert proposal.entry()["columns"]["hate_incident"] == "ASB Category"
    assert proposal.entry()["values"]["hate_incident"] == {
        "Noise": "no",
        "Hate related incident": "yes",
        "Drugs": "no",
        "Verbal abuse": "no",
    }
    assert sure(proposal)["hate_incident"] == "guess"


@pytest.mark.parametrize(
    ("heading", "value", "expected"),
    [
        ("Hate Incident?", "Hate crime", "yes"),
        ("Hate Incident?", "Hate-related incidents", "yes"),
        ("Hate Incident?", "Non hate crime", "no"),
        ("Hate Incident?", "Non-hate", "no"),
        ("Hate Incident?", "Not hate related", "no"),
        ("Hate Incident?", "Not hate crime - neighbour dispute", "no"),
        ("Hate Incident?", "Not thought to be a hate crime", ""),
        ("Hate Incident?", "Hate crime: no", ""),
        ("Hate Incident Type", "Race", "yes"),
        ("HateIncidentType", "Religion or belief", "yes"),
        ("Hate Incident Type", "Disability", "yes"),
        ("Hate Incident Type", "Sexual Orientation", "yes"),
        ("Hate Incident Type", "Gender identity/transgender", "yes"),
        ("Hate Incident Type", "Alternative subculture", ""),
        ("Hate Incident Type", "Noise", "no"),
        ("ASB Category", "Racial abuse - noise", "yes"),
        ("ASB Category", "Disability", ""),
        ("ASB Category", "Other", ""),
    ],
)
def test_what_says_that_a_case_was_a_hate_incident(
    tmp_path: Path, heading: str, value: str, expected: str
) -> None:
    """What is not known to be hate, or not to be, is shown and never mapped."""
    rows = shapes.renamed(shapes.asb(), {"ASB Category": heading})
    rows = shapes.changed(rows, heading, value, 1)

    found = of(rows, tmp_path).values["hate_incident"]

    assert {e.theirs: e.ours for e in found.entries}.get(value, "") == expected
    assert [theirs for theirs, _, _ in found.unknown] == ([] if expected else [value])


def test_a_register_of_fire_risk_assessments(tmp_path: Path) -> None:
    head = [
        "Block Ref",
        "Block Name",
        "FRA Type",
        "FRA Required",
        "Date of FRA",
        "Assessor",
        "FRA Review Due",
    ]
    rows = [
        [f"B{i}", "Elm House", "Type 1", "Y", shapes.day(i), "J Smith", shapes.day(i, years=1)]
        for i in range(20)
    ]

    proposal = of([head, *rows], tmp_path, "register.csv")

    assert proposal.table.name == "safety_checks"
    assert proposal.entry()["constants"] == {"programme": "fire"}
    assert proposal.entry()["columns"] == {
        "check_id": "Block Ref",
        "building_id": "Block Ref",
        "completed_on": "Date of FRA",
        "valid_until": "FRA Review Due",
    }


def test_a_register_of_due_dates_alone_is_no_register_of_checks(tmp_path: Path) -> None:
    head = ["UPRN", "Gas Expiry", "FRA Review Date", "LOLER Next Due"]
    rows = [[f"1000000000{i:02}", *(shapes.day(i + n, years=1) for n in range(3))] for i in range(20)]

    with pytest.raises(InputError, match="It says when checks fall due; the days on which they were done"):
        of([head, *rows], tmp_path)


def test_headings_run_together_and_cut_short(tmp_path: Path) -> None:
    head = ["PRO_REFNO", "PRO_PROPREF", "PRO_TENURE", "BLOCK", "ACQUIRED_DATE", "DH_STATUS", "AREA_NAME"]
    rows = [
        [str(i), f"{i:08}", ("SEC", "LEA", "SHO")[i % 3], "B1", shapes.day(i, "%d-%b-%Y"), "DECENT", "North"]
        for i in range(30)
    ]

    proposal = of([head, *rows], tmp_path, "properties.csv")

    assert proposal.entry()["columns"] == {
        "home_id": "PRO_PROPREF",
        "tenure": "PRO_TENURE",
        "building_id": "BLOCK",
        "owned_from": "ACQUIRED_DATE",
        "decent_homes": "DH_STATUS",
    }
    assert proposal.entry()["values"]["tenure"] == {"SEC": "LCRA", "LEA": "other", "SHO": "LCHO"}
    assert [content.heading for content in proposal.unused] == ["PRO_REFNO", "AREA_NAME"]


def test_priorities_that_are_numbers_are_never_mapped(tmp_path: Path) -> None:
    rows = shapes.repairs()
    at = rows[0].index("Priority Code")
    for number, row in enumerate(rows[1:]):
        row[at] = str(1 + number % 3)

    proposal = of(rows, tmp_path)

    assert "priority" not in proposal.entry()["values"]
    assert {e.theirs: e.ours for e in proposal.values["priority"].unsure} == {
        "1": "emergency",
        "2": "non_emergency",
        "3": "non_emergency",
    }


def test_a_sample_frame(tmp_path: Path) -> None:
    head = ["Tenancy Number", "Tenure", "Age Group", "Email", "Do Not Contact"]
    rows = [[f"T{i}", ("Secure", "Shared Owner")[i % 2], "25-34", f"a{i}@example.org", ""] for i in range(20)]

    proposal = of([head, *rows], tmp_path, "sample frame.csv")

    assert proposal.table.name == "households"
    assert proposal.entry()["ignore"] == ["Email"]
    assert [content.heading for content in proposal.unused] == ["Age Group"]


def test_a_row_of_totals_for_every_month_is_left_out(tmp_path: Path) -> None:
    head, *rows = shapes.complaints(240)
    banded: Rows = [["Month", *head]]
    for month in range(12):
        banded += [["", *row] for row in rows[20 * month : 20 * month + 20]]
        banded.append([f"Total month {month + 1}", 20, *[""] * (len(head) - 1)])
    totals = [f"Total month {month + 1}" for month in range(12)]

    def filters(rows: Rows) -> Any:
        return of(rows, tmp_path).entry().get("filters")

    assert filters(banded) == [{"column": "Month", "is": totals, "reason": "rows of totals"}]
    assert filters([banded[0], *banded[1:60], *banded[21:22] * 9]) is None  # too many of them
    jobs = shapes.renamed(shapes.repairs(), {"UPRN": "Fault"})
    assert filters(shapes.changed(jobs, "Fault", "Total loss of heating", 5)) is None  # it has a date


# ------------------------------------------------------------------------------------ sheets of one kind


def test_sheets_of_one_kind_are_all_proposed_and_read(tmp_path: Path) -> None:
    head, *rows = shapes.asb()
    rows[20][2] = "Racist graffiti"  # a value that only the second sheet has
    turned = [[*row[1:], row[0]] for row in [head, *rows[10:]]]
    sheets = {"Notes": [["About"]], "Spring": [head, *rows[:10]], "Autumn": turned}
    proposal = proposed(xlsx_file(tmp_path / "asb log.xlsx", sheets))

    assert proposal.entry()["files"] == [
        {"file": "asb log.xlsx", "sheet": "Spring"},
        {"file": "asb log.xlsx", "sheet": "Autumn"},
    ]
    assert "sheet" not in proposal.entry()
    assert proposal.rows == 30
    assert proposal.entry()["values"]["hate_incident"]["Racist graffiti"] == "yes"
    assert "sheets “Spring”, “Autumn”" in as_yaml(proposal)
    (tmp_path / "sources.yaml").write_text(as_yaml(proposal), encoding="utf-8")
    records = check_table(receive(tmp_path, "asb_cases"), EDITION, {}, EDITION.resolve_settings({}))
    assert len(records.accepted) == 30
    assert records.accepted["home_id"].tolist() == [row[1] for row in rows]
    assert "FIL-029" not in set(records.findings["finding_id"])


def test_a_file_of_our_own_name_with_two_sheets_of_a_kind_needs_an_entry(tmp_path: Path) -> None:
    rows: Rows = [["case_id", "home_id", "opened_on", "hate_incident"], ["A1", "H1", "2024-05-01", "no"]]

    one = proposed(xlsx_file(tmp_path / "asb_cases.xlsx", {"Q1": rows}))
    two = proposed(xlsx_file(tmp_path / "asb_cases.xlsx", {"Q1": rows, "Q2": rows}))

    assert (one.is_ours, two.is_ours) == (True, False)


def test_a_sheet_for_each_tenure(tmp_path: Path) -> None:
    rows = shapes.without(shapes.labelled(), "Tenure")
    again = [rows[0], *([f"L{row[0]}", *row[1:]] for row in rows[1:])]

    proposal = proposed(xlsx_file(tmp_path / "survey.xlsx", {"LCRA": rows, "LCHO": again}))

    assert [part["constants"] for part in proposal.entry()["files"]] == [
        {"tenure": "LCRA"},
        {"tenure": "LCHO"},
    ]
    assert "constants" not in proposal.entry()
    assert not proposal.missing
    (tmp_path / "sources.yaml").write_text(as_yaml(proposal), encoding="utf-8")
    records = check_table(receive(tmp_path, "survey_responses"), EDITION, {}, EDITION.resolve_settings({}))
    assert dict(records.accepted["tenure"].value_counts()) == {"LCRA": 40, "LCHO": 40}

    half_said = proposed(xlsx_file(tmp_path / "survey.xlsx", {"LCRA": rows, "Rest": again}))
    assert [name for name, _ in half_said.missing] == ["tenure"]


def test_complaints_with_both_stages_in_one_row_on_several_sheets(tmp_path: Path) -> None:
    head = ["Complaint Ref", "Tenure", "Stage 1 Received", "Stage 1 Responded", "Stage 2 Received"]
    rows = [[f"C{i}", "Social Rent", *(shapes.day(i + n) for n in (0, 11, 20))] for i in range(20)]
    sheets = {"H1": [head, *rows[:12]], "H2": [head, *rows[12:]]}

    proposal = proposed(xlsx_file(tmp_path / "log.xlsx", sheets))

    parts = proposal.entry()["files"]
    assert [(p["sheet"], p["constants"]["stage"]) for p in parts] == [
        ("H1", "1"),
        ("H1", "2"),
        ("H2", "1"),
        ("H2", "2"),
    ]
    (tmp_path / "sources.yaml").write_text(as_yaml(proposal), encoding="utf-8")
    records = check_table(receive(tmp_path, "complaints"), EDITION, {}, EDITION.resolve_settings({}))
    assert dict(records.accepted["stage"].value_counts()) == {1: 20, 2: 20}


def test_a_sheet_with_much_the_same_headings_is_named(tmp_path: Path) -> None:
    rows = shapes.asb()
    other = shapes.renamed(rows, {"Perpetrator": "Officer"})

    proposal = proposed(xlsx_file(tmp_path / "x.xlsx", {"Q1": rows, "Q2": other, "Other": [["A"], ["B"]]}))

    assert proposal.entry()["sheet"] == "Q1"
    assert "much the same headings and are not taken: Q2." in notes(proposal)


# -------------------------------------------------------------------------------------------------- the dates


def dates(cells: list[str]) -> Any:
    return content_of(pd.Series(cells, dtype="str"), "Date", 0, lexicon()).dates


@pytest.mark.parametrize(
    ("cells", "shape", "proof"),
    [
        (["2024-05-01", "2024-06-30"], "", 0),
        (["2024-05-01T10:00", "2024-06-30 09:15:01+00:00"], "", 0),
        (["01/05/2024", "30/06/2024"], "%d/%m/%Y", 1),
        (["05/01/2024", "06/30/2024", "07/31/2024"], "%m/%d/%Y", 2),
        (["1.5.24", "30.6.24"], "%d.%m.%y", 1),
        (["01-May-24", "30-Jun-24"], "%d-%b-%y", 0),
        (["1 September 2024", "30 June 2024"], "%d %B %Y", 0),
        (["OCT 18, 2021", "JAN 1, 2017"], "%b %d, %Y", 0),
        (["Mon 13 May 2024", "Tue 14 May 2024"], "%a %d %b %Y", 0),
        (["01/05/2024 10:00", "30/06/2024 23:59"], "%d/%m/%Y %H:%M", 1),
        (["01/05/2024 10:00:30 AM", "30/06/2024 11:59:01 PM"], "%d/%m/%Y %I:%M:%S %p", 1),
        (["2024/05/01", "2024/06/30"], "%Y/%m/%d", 0),
        (["01/05/2024", "30/06/2024", "n/a", "-"], "%d/%m/%Y", 1),
    ],
)
def test_how_dates_are_written(cells: list[str], shape: str, proof: int) -> None:
    found = dates(cells)

    assert (found.format, found.proof, found.against) == (shape, proof, 0)
    assert found.share == 1


def test_no_cell_proves_the_order_of_day_and_month(tmp_path: Path) -> None:
    assert dates(["01/05/2024", "02/06/2024"]).ambiguous
    rows = shapes.complaints(3)
    for row in rows[1:]:
        row[4] = "04/05/2024"
    proposal = of(rows, tmp_path)

    assert proposal.entry()["dates"]["received_on"] == "%d/%m/%Y"
    assert "“Date Received”: no day above 12" in notes(proposal)
    assert "guess: day first" in as_yaml(proposal)


def test_both_orders_in_one_column_are_said(tmp_path: Path) -> None:
    rows = shapes.changed(shapes.complaints(), "Date Received", "04/25/2024", 2)

    assert "day and month can only be the other way round: 1" in notes(of(rows, tmp_path))


def test_day_and_month_swapped_in_the_date_cells_are_never_sure(tmp_path: Path) -> None:
    def mixed(swap: bool) -> Proposal:
        rows = shapes.complaints(60)
        at = rows[0].index("Date Received")
        for row in rows[1:]:
            day = dt.datetime.strptime(row[at], "%d/%m/%Y")  # noqa: DTZ007 (a cell has no zone)
            if day.day <= 12:
                row[at] = day.replace(day=day.month, month=day.day) if swap else day
        rows[1][at] = rows[1][at] if swap else dt.datetime(2024, 5, 13)  # noqa: DTZ001
        return proposed(xlsx_file(tmp_path / "log.xlsx", {"Sheet": rows}))

    swapped, clean = mixed(swap=True), mixed(swap=False)

    assert (swapped.confidence, clean.confidence) == ("likely", "sure")
    assert (sure(swapped)["received_on"], sure(clean)["received_on"]) == ("guess", "likely")
    assert "“Date Received”: its 23 date cells all have a day up to 12, its 37 dates" in notes(swapped)
    assert "guess: day and month look swapped" in as_yaml(swapped)
    assert "day up to 12" not in notes(clean)


def test_several_formats_in_one_column(tmp_path: Path) -> None:
    rows = shapes.changed(shapes.complaints(), "Date Received", "3 May 2024", 2)
    rows = shapes.changed(rows, "Date Received", "2024-05-06", 3)

    assert of(rows, tmp_path).entry()["dates"]["received_on"] == ["%d/%m/%Y", "%d %b %Y"]


@pytest.mark.parametrize(
    "cells", [["31/02/2024", "30/02/2024"], ["yes", "no"], ["2024-05", "2024-06"], ["13/13/2024"]]
)
def test_what_is_no_date(cells: list[str]) -> None:
    assert dates(cells) is None


def test_a_month_is_no_day(tmp_path: Path) -> None:
    rows = shapes.renamed(shapes.asb(), {"Date Reported": "Month"})
    at = rows[0].index("Month")
    for row in rows[1:]:
        row[at] = "2024-07"

    proposal = proposed(csv_file(tmp_path / "x.csv", shapes.without(rows, "Date Closed")), "asb_cases")

    assert dict(proposal.missing)["opened_on"] == "“Month” names months without a day, and a day is needed"
    assert proposal.confidence == "guess"


def test_day_numbers_of_a_spreadsheet_are_said(tmp_path: Path) -> None:
    rows = shapes.complaints()
    at = rows[0].index("Date Received")
    for number, row in enumerate(rows[1:]):
        row[at] = str(45400 + number)

    assert "“Date Received” holds a spreadsheet's day numbers" in notes(of(rows, tmp_path))


# ------------------------------------------------------------------------------------------ what may be shown


@pytest.mark.parametrize(
    ("heading", "cells"),
    [
        ("Tenant", ["A", "B"]),
        ("Phone", ["1", "2"]),
        ("X", ["jo@example.org", "ann@example.org"]),
        ("X", ["0113 496 0000", "0113 496 0001"]),
        ("X", ["1 High Street, LS1 4AP", "2 High Street, LS1 4AP"]),
        ("X", ["QQ 12 34 56 C".replace("QQ", "AB"), "B"]),
        ("X", ["Mr J Bloggs", "B"]),
        ("X", ["Jo Bloggs", "Ann Other", "Sam Smith"]),
        ("X", [f"The boiler in flat {i} has been cold since Monday" for i in range(80)]),
        ("DOB", ["1980-01-01"]),
    ],
)
def test_cells_about_a_person_are_masked(heading: str, cells: list[str]) -> None:
    assert content_of(pd.Series(cells, dtype="str"), heading, 0, lexicon()).samples == ("•••",)


@pytest.mark.parametrize(
    ("heading", "cells", "shown"),
    [
        ("Job No", ["J1", "J2", "J3", "J4"], ("J1", "J2", "J3")),
        ("Area", ["North West"] * 4, ("North West",)),
        ("Trade", [], ()),
        ("Status", ["x" * 40], ("x" * 30 + "…",)),
    ],
)
def test_other_cells_are_shown(heading: str, cells: list[str], shown: tuple[str, ...]) -> None:
    assert content_of(pd.Series(cells, dtype="str"), heading, 0, lexicon()).samples == shown


def test_labels_and_codes_are_told_apart() -> None:
    assert split_label("1 - Very satisfied") == ("1", "Very satisfied")
    assert split_label("Very satisfied (5)") == ("5", "Very satisfied")
    assert split_label("Very satisfied") == ("", "Very satisfied")


# -------------------------------------------------------------------------------------------- what is refused


@pytest.mark.parametrize(
    ("name", "content", "said"),
    [
        ("x.csv", b"", "has nothing in it"),
        ("x.csv", b"<html><body>Sign in</body></html>", "web page"),
        ("x.xlsx", b"a,b\n1,2\n", "not a whole XLSX workbook"),
        ("x.xls", b"\xd0\xcf\x11\xe0", "save it as one of .csv"),
        ("x.csv", b"a,b\n1,2\n3,4\n", "is like none of our tables"),
        ("x.csv", b'a,b\n1,"2\n3,4\n', ""),
        ("x.csv", b"\n\n\n", "has nothing in it"),
        ("x.csv", b"\x00\x01\x02\x03", ""),
    ],
)
def test_what_cannot_be_mapped_is_said_in_a_sentence(
    tmp_path: Path, name: str, content: bytes, said: str
) -> None:
    (tmp_path / name).write_bytes(content)

    with pytest.raises(InputError) as caught:
        proposed(tmp_path / name)

    assert said in str(caught.value)


def test_a_file_or_a_table_that_is_not_there(tmp_path: Path) -> None:
    with pytest.raises(InputError, match="There is no file"):
        proposed(tmp_path / "x.csv")
    (tmp_path / "x.csv").write_text("a\n1\n")
    with pytest.raises(InputError, match="'jobs' is not a table: use one of homes"):
        proposed(tmp_path / "x.csv", "jobs")
    (tmp_path / "link.csv").symlink_to(tmp_path / "x.csv")
    with pytest.raises(InputError, match="it is a link"):
        proposed(tmp_path / "link.csv")


def test_a_table_that_was_named_is_proposed_whatever_it_lacks(tmp_path: Path) -> None:
    proposal = proposed(csv_file(tmp_path / "x.csv", [["a", "b"], ["1", "2"]]), "homes")

    assert proposal.confidence == "guess"
    assert [name for name, _ in proposal.missing] == ["home_id", "tenure"]
    assert proposal.entry()["columns"] == {}


# -------------------------------------------------------------------------------- the text, and the whole way


_AWKWARD = st.text(
    st.sampled_from(list("aB1 ,;:#'\"\\/{}[]|>&*!%@`-?=\n\t\r~é£\u200b\u2028\u0085\x7f\x00😀")), max_size=12
)


@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    headings=st.lists(_AWKWARD, min_size=1, max_size=4),
    cells=st.lists(_AWKWARD, min_size=4, max_size=12),
    table=st.sampled_from(["homes", "repairs", "survey_responses", "asb_cases"]),
)
def test_whatever_is_in_the_file_the_text_is_a_mapping(
    tmp_path: Path, headings: list[str], cells: list[str], table: str
) -> None:
    names = ["tenure", "priority", "Status", "hate", "TP01", *headings]
    rows = [[cells[(i * 3 + n) % len(cells)] for n in range(len(names))] for i in range(9)]
    path = csv_file(tmp_path / "x.csv", [names, *rows])
    try:
        proposal = propose(path, EDITION, table)
    except InputError:
        return

    content = loaded(as_yaml(proposal))

    assert content == {"tables": {table: proposal.entry()}}
    yaml_settings._checked(content, "sources", path)


@pytest.mark.parametrize(
    ("shape", "table", "count"),
    [
        (shapes.asked_in_full(), "survey_responses", 40),
        (shapes.labelled(), "survey_responses", 40),
        (shapes.repairs(), "repairs", 60),
        (shapes.work_orders(), "repairs", 40),
        (shapes.properties(), "homes", 40),
        (shapes.complaints(), "complaints", 30),
        (shapes.asb(), "asb_cases", 30),
        (shapes.register(), "safety_checks", 159),
    ],
)
def test_what_is_proposed_reads_the_file(tmp_path: Path, shape: Rows, table: str, count: int) -> None:
    """The proposal, kept as it is printed, is a mapping under which every row is accepted."""
    path = csv_file(tmp_path / "export.csv", shape)
    (tmp_path / "sources.yaml").write_text(as_yaml(proposed(path)), encoding="utf-8")

    records = check_table(receive(tmp_path, table), EDITION, {}, EDITION.resolve_settings({}))

    assert len(records.accepted) == count
    assert records.rejected.empty
    assert "stop" not in set(records.findings["grade"])


# ----------------------------------------------------------------------------------------- the lexicon itself


def test_the_synonyms_speak_of_our_tables() -> None:
    content = lexicon().content

    assert set(content["tables"]) == set(TABLES)
    for name, table in TABLES.items():
        shared = set(content["any"]) & set(table.by_name)
        assert set(content["tables"][name]["columns"]) | shared == set(table.by_name), name
    for name, meanings in content["values"].items():
        columns = [
            column
            for table in TABLES.values()
            for column in table.columns
            if name in (column.name, f"{table.name}.{column.name}")
        ]
        words = {word for column in columns for word in (column.vocabulary or ("yes", "no"))}
        assert columns, name
        assert set(meanings) <= words, name


def test_no_value_means_two_things() -> None:
    content = lexicon().content

    for name, meanings in content["values"].items():
        said: dict[str, str] = {}
        for ours, lists in meanings.items():
            for phrase in [p for kind in lists.values() for p in kind]:
                assert said.setdefault(phrase, ours) == ours, f"{name}: {phrase}"


@pytest.mark.parametrize(
    ("vocabulary", "value", "expected"),
    [
        ("tenure", "General Needs (void)", "LCRA"),
        ("tenure", "Shared Ownership - older persons", "LCHO"),
        ("tenure", "Leasehold Extra Care", "other"),
        ("tenure", "Leasehold Scheme - Independent Living", "other"),
        ("tenure", "Freehold service charge - general needs estate", "other"),
        ("tenure", "Garage - Council tenant", "other"),
        ("tenure", "Market Rent General Needs", "other"),
        ("tenure", "Intermediate rent flats", "LCRA"),
        ("tenure", "Intermediate Market Rent", ""),
        ("tenure", "Intermediate Market Rent flats", ""),
        ("tenure", "Shared Ownership - 100% Staircased", ""),
        ("tenure", "Non-Social Housing", ""),
        ("tenure", "Not social rent", ""),
        ("tenure", "Former general needs", ""),
        ("tenure", "No longer social rent", ""),
        ("tenure", "Managed for others - general needs", ""),
        ("tenure", "Non-secure Tenancy", ""),
        ("priority", "Emergency 24 hours", "emergency"),
        ("priority", "Non-emergency repair", "non_emergency"),
        ("priority", "Non Urgent", "non_emergency"),
        ("priority", "Non-Emerg", "non_emergency"),
        ("priority", "Not an emergency", "non_emergency"),
        ("priority", "Not thought an emergency", ""),
        ("priority", "Urgent - same day", ""),
        ("repairs.status", "Job complete - invoiced", "completed"),
        ("repairs.status", "Not complete", "open"),
        ("repairs.status", "To be completed", "open"),
        ("repairs.status", "To be completed by contractor", "open"),
        ("repairs.status", "Not fully complete", ""),
        ("repairs.status", "Complete - awaiting invoice", ""),
        ("repairs.status", "Completed (follow on works)", ""),
        ("repairs.status", "No longer required by tenant", "cancelled"),
        ("complaints.status", "Closed - not upheld", "closed"),
        ("complaints.status", "Not resolved", "open"),
        ("complaints.status", "Not responded", "open"),
        ("complaints.status", "Not yet resolved", ""),
        ("stage", "Formal Stage 1 complaint", "1"),
        ("stage", "Stage 2 (escalated)", "2"),
        ("stage", "Stage 1 (escalated)", ""),
        ("decent_homes", "Fails - roof", "fails"),
        ("decent_homes", "Does not fail", ""),
        ("decent_homes", "Not failing", ""),
        ("decent_homes", "Decent - no", ""),
        ("decent_homes", "Potential fail in 2026", ""),
    ],
)
def test_what_a_value_means(vocabulary: str, value: str, expected: str) -> None:
    """A value with a negation, or with words of two meanings, is never sure of one."""
    found = lexicon().meaning(value, vocabulary)

    assert (found.ours if found and not found.unsure else "") == expected


def test_what_turns_a_meaning_is_shown_and_not_mapped(tmp_path: Path) -> None:
    rows = shapes.changed(shapes.properties(), "TenureType", "Not social rent", 1)
    rows = shapes.changed(rows, "TenureType", "Shared ownership, staircased", 2)

    proposal = of(rows, tmp_path)

    assert set(proposal.entry()["values"]["tenure"].values()) == {"LCRA", "LCHO", "other"}
    assert not {"Not social rent", "Shared ownership, staircased"} & set(proposal.entry()["values"]["tenure"])
    assert '# "Not social rent": ?' in as_yaml(proposal)
    assert "“not” may turn its meaning" in as_yaml(proposal)
    assert "it speaks of LCHO and of other" in as_yaml(proposal)


@pytest.mark.parametrize("table", list(TABLES))
def test_no_heading_names_two_columns_of_a_table(table: str) -> None:
    words = lexicon()
    for column in TABLES[table].by_name:
        for other in TABLES[table].by_name:
            if other != column:
                assert words.naming(column, TABLES[table], other) < 0.9, f"{column} and {other}"
