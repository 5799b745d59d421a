"""Every MAP rule by its id: a planted violation is found once and as it should be, its clean twin is not."""

from __future__ import annotations

from dataclasses import dataclass, field
from pathlib import Path

import pytest

from pipelines.intake import Records, check_table, receive, sources
from schemas.tables import MAPPING_RULES, TABLES, Grade
from tests.intake.support import CLEAN, EDITION, SETTINGS, Row, related_to
from tests.intake.test_sources_mapping import JOBS, REGISTER, REGISTER_ENTRY, others, write

REPAIRS = """\
tables:
  repairs:
    files: jobs.csv
    delimiter: ";"
    columns: {repair_id: Job No, home_id: Property, priority: Priority, reported_at: Raised,
      completed_at: Done, status: State}
    values: {priority: {E: emergency, R: non_emergency, Routine: non_emergency}, status: {Raised: open}}
    dates: "%d/%m/%Y %H:%M"
"""
SURVEY = """\
tables:
  survey_responses:
    files: answers.csv
    columns: {TP01: Q1}
    values: {TP01: {1: Very satisfied, Fairly satisfied: Fairly satisfied}}
    questions: {TP01: "%s"}
"""
ASKED = (
    "Taking everything into account, how satisfied or dissatisfied are you with the service provided by Acme?"
)


def answers(first: str = "1", second: str = "Fairly satisfied") -> str:
    rows: list[Row] = [
        {**CLEAN["survey_responses"][0], "TP01": first},
        {**CLEAN["survey_responses"][1], "TP01": second},
    ]
    heading = ",".join(rows[0]).replace("TP01", "Q1")
    return "\n".join([heading, *(",".join(row.values()) for row in rows), ""])


@dataclass(frozen=True)
class Case:
    """A mapping that is clean with `files`, and what breaks it: other files, or words of it replaced."""

    table: str = "repairs"
    entry: str = REPAIRS
    files: dict[str, str] = field(default_factory=lambda: {"jobs.csv": JOBS})
    broken: dict[str, str | None] = field(default_factory=dict)
    words: tuple[str, str] = ("", "")
    says: str = ""
    row: int | None = None
    column: str = ""
    touches: tuple[str, ...] | None = None


TWO = {
    "entry": REPAIRS.replace("jobs.csv", '"jobs_*.csv"'),
    "files": {"jobs_1.csv": JOBS, "jobs_2.csv": others("K")},
}
ANSWERS = {"table": "survey_responses", "entry": SURVEY % ASKED, "files": {"answers.csv": answers()}}
REGISTERED = {
    "table": "safety_checks",
    "entry": REGISTER_ENTRY.replace(", lift: Lift", "").replace('{n/a: ""}', "null"),
    "files": {"register.csv": "UPRN,Block,LGSR date,FRA date\nH1,,01/06/2024,01/07/2024\n"},
}
FILTER = REPAIRS + "    filters: [{column: State, is: Raised, reason: still open}]\n"

MAPPING_FAULTS: dict[str, Case] = {
    "MAP-001": Case(broken={"jobs.csv": None}, says="There is no file jobs.csv in"),
    "MAP-002": Case(words=("jobs.csv", "jobs.*"), broken={"jobs.xls": "x"}, says="jobs.xls, from which"),
    "MAP-003": Case(
        broken={"repairs.csv": JOBS, "repairs.pdf": ""},
        says="repairs.csv, repairs.pdf bears the name of the table but is not read: sources.yaml takes "
        "repairs from jobs.csv.",
    ),
    "MAP-004": Case(**TWO, broken={"jobs_3.csv": JOBS}, says="takes repairs from 3 files, more than the 2"),
    "MAP-101": Case(
        words=("Raised,", "Raised On,"),
        column="reported_at",
        says="jobs.csv has no column “Raised On”, from which sources.yaml takes reported_at; its headings "
        "are Job No, Property, Priority, Raised, Done, State.",
    ),
    "MAP-102": Case(
        words=("completed_at: Done", "completed_at: [Finished, Complete]"),
        column="completed_at",
        says="jobs.csv has no column “Finished” or “Complete”, from which sources.yaml takes completed_at",
    ),
    "MAP-103": Case(
        entry=FILTER,
        words=("column: State", "column: Trade"),
        says="jobs.csv has no column “Trade”, by which sources.yaml leaves out rows (still open).",
    ),
    "MAP-104": Case(
        broken={
            "jobs.csv": JOBS.replace("State", "State;status")
            .replace("ted\n", "ted;x\n")
            .replace(";;Raised\n", ";;Raised;y\n")
        },
        column="status",
        says="jobs.csv has a column “status”, but sources.yaml takes status from elsewhere",
    ),
    "MAP-105": Case(
        **REGISTERED,
        broken={"register.csv": "UPRN,Block,LGSR date,FRA date\nH1,,01/06/2024, \n"},
        says="1 blank cells of “FRA date” gave no row of safety_checks.",
    ),
    "MAP-106": Case(
        **REGISTERED,
        words=("    unpivot:", "    keep_blank: [fire]\n    unpivot:"),
        broken={"register.csv": "UPRN,Block,LGSR date,FRA date\nH1,,01/06/2024, \n"},
        column="completed_on",
        says="1 blank cells of “FRA date” each gave a row of safety_checks whose completed_on is blank",
    ),
    "MAP-107": Case(
        words=("    columns:", "    prefer: {newest: Changed}\n    columns:"),
        says="has no column “Changed”, by which sources.yaml tells the newest of several files (prefer).",
    ),
    "MAP-111": Case(
        words=(", Routine: non_emergency", ""),
        column="priority",
        touches=(),
        says="does not say what these values of “Priority” (priority) are: “Routine” (1 rows).",
    ),
    "MAP-112": Case(
        words=("R: non_emergency", "R: non_emergency, Urgent: emergency"),
        column="priority",
        touches=(),
        says="sources.yaml names values of “Priority” (priority) that no row has: “urgent”.",
    ),
    "MAP-201": Case(
        words=('dates: "', 'filters: [{column: State, is: [Raised], reason: still open}]\n    dates: "'),
        says="1 rows where “State” is Raised were left out by sources.yaml: still open.",
    ),
    "MAP-202": Case(
        entry=FILTER,
        words=("is: Raised", "blank: false"),
        says="The filters of sources.yaml leave out every one of the 3 rows of repairs.",
    ),
    "MAP-203": Case(
        entry=FILTER,
        words=("is: Raised", "is: Test"),
        says="No row was left out by the filter of sources.yaml where “State” is Test (still open).",
    ),
    "MAP-204": Case(
        **TWO,
        broken={"jobs_2.csv": JOBS.replace("J3;", "K3;")},
        says="2 records stand in more than one file, first J1: in jobs_1.csv row 2 and in jobs_2.csv row 2",
    ),
    "MAP-205": Case(
        **TWO,
        words=("    columns:", "    prefer: last\n    columns:"),
        broken={"jobs_2.csv": JOBS.replace("J3;", "K3;")},
        says="2 records stand in more than one file; by prefer (last) the 2 rows of the other files were "
        "left out. Kept from: jobs_2.csv (2). First J1: jobs_2.csv row 2 is kept, jobs_1.csv row 2 is not.",
    ),
    "MAP-301": Case(
        **ANSWERS,
        words=("Taking everything into account, how", "How"),
        column="TP01",
        touches=("TP01",),
        says="TP01 was asked as “How satisfied or dissatisfied are you with the service provided by Acme?”, "
        "but the prescribed wording is “Taking everything into account, how satisfied or dissatisfied are "
        "you with the service provided by Acme Homes?”.",
    ),
    "MAP-302": Case(
        **ANSWERS,
        words=("Fairly satisfied: Fairly", "Quite satisfied: Fairly"),
        broken={"answers.csv": answers(second="Quite satisfied")},
        column="TP01",
        touches=("TP01",),
        says="1 answers to TP01 say “Quite satisfied” and are read as the prescribed “Fairly satisfied”.",
    ),
}


def checked(folder: Path, case: Case, *, broken: bool) -> Records:
    entry = case.entry.replace(*case.words) if broken else case.entry
    assert entry != case.entry or not (broken and case.words[0])
    write(folder, entry)
    for name, content in {**case.files, **(case.broken if broken else {})}.items():
        if content is not None:
            (folder / name).write_text(content, encoding="utf-8")
    received = receive(folder, case.table)
    return check_table(received, EDITION, related_to(case.table), SETTINGS, ("Acme Homes",))


@pytest.mark.parametrize("rule_id", MAPPING_FAULTS)
def test_a_planted_violation_is_found_once(
    tmp_path: Path, rule_id: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    case = MAPPING_FAULTS[rule_id]
    if rule_id == "MAP-004":
        monkeypatch.setattr(sources, "MAX_FILES", 2)
    rule = {rule.id: rule for rule in MAPPING_RULES}[rule_id]

    findings = checked(tmp_path, case, broken=True).findings

    found = findings[findings["finding_id"] == rule_id]
    assert len(found) == 1, findings[["finding_id", "message"]].to_string()
    finding = found.iloc[0]
    assert case.says in finding["message"]
    assert (finding["grade"], finding["effect"]) == (rule.grade, rule.effect)
    assert finding["column"] == case.column
    assert finding["touches"] == ";".join(
        TABLES[case.table].touches if case.touches is None else case.touches
    )
    assert "{" not in finding["message"] + finding["remedy"]
    assert finding["message"].endswith(".")
    stops = findings.loc[findings["grade"] == Grade.STOP, "finding_id"]
    assert list(stops) == ([rule_id] if rule.grade is Grade.STOP else [])


@pytest.mark.parametrize("rule_id", MAPPING_FAULTS)
def test_its_clean_twin_has_no_such_finding(tmp_path: Path, rule_id: str) -> None:
    findings = checked(tmp_path, MAPPING_FAULTS[rule_id], broken=False).findings

    assert rule_id not in set(findings["finding_id"]), findings[["finding_id", "message"]].to_string()
    assert set(findings["finding_id"]) <= {"MAP-201", "CHK-506"}  # a fire check says until when it is valid


def test_no_mapping_rule_is_without_a_planted_violation() -> None:
    assert set(MAPPING_FAULTS) == {rule.id for rule in MAPPING_RULES}
    for rule in MAPPING_RULES:
        assert rule.remedy.endswith(".")
        assert rule.level == "file"


def test_a_preset_need_not_be_met_in_full(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    shipped = {
        "columns": {
            "repair_id": "Job No",
            "home_id": "Property",
            "priority": "Priority",
            "reported_at": "Raised",
            "completed_at": "Done",
            "status": "State",
            "target_at": "Target",
        },
        "values": {
            "priority": {
                "E": "emergency",
                "R": "non_emergency",
                "Routine": "non_emergency",
                "X": "emergency",
            },
            "status": {"Raised": "open"},
            "tenure": {"Rent": "LCRA"},
        },
        "dates": "%d/%m/%Y %H:%M",
    }
    monkeypatch.setattr(sources, "preset_names", lambda: ("jobs",))
    monkeypatch.setattr(sources, "preset_entry", lambda name: shipped)
    case = Case(entry="tables: {repairs: {preset: jobs, files: jobs.csv, delimiter: ';'}}")

    assert checked(tmp_path, case, broken=False).findings.empty
    assert receive(tmp_path, "repairs").preset == "jobs"
    register = {
        "unpivot": {
            "into": {"name": "programme", "value": "completed_on"},
            "columns": {"gas": ["CP12", "LGSR date"], "water": "LRA"},
        },
        "columns": {"home_id": "UPRN"},
        "dates": "%d/%m/%Y",
    }
    monkeypatch.setattr(sources, "preset_entry", lambda name: register)
    case = Case(
        "safety_checks",
        "tables: {safety_checks: {preset: jobs, files: r.csv}}",
        {"r.csv": "UPRN,LGSR date\nH1,01/06/2024\n"},
    )
    assert checked(tmp_path, case, broken=False).accepted["check_id"].tolist() == ["H1-gas"]
    case = Case("safety_checks", case.entry, {"r.csv": "UPRN,Fire door date\nH1,01/06/2024\n"})
    findings = checked(tmp_path, case, broken=False).findings
    assert findings["message"].tolist() == [
        "r.csv has no column “CP12” or “LRA”, from which sources.yaml takes completed_on; its headings are "
        "UPRN, Fire door date."
    ]


def test_a_programme_of_the_landlords_own_that_is_missing_is_a_stop(tmp_path: Path) -> None:
    case = Case(
        "safety_checks", REGISTER_ENTRY.replace("lift: Lift", "lift: LOLER"), {"register.csv": REGISTER}
    )

    findings = checked(tmp_path, case, broken=False).findings

    assert findings.loc[findings["grade"] == "stop", "message"].tolist() == [
        "register.csv has no column “LOLER”, from which sources.yaml takes completed_on; its headings are "
        "UPRN, Block, LGSR date, FRA date, Lift."
    ]
