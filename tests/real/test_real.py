"""Real, public, messy files through mappings, to figures that were reckoned apart from this software.

The files are not part of the project (see README.md here): without them these tests are left out. Each figure
is reckoned a second time below, from the file as pandas reads it, by code that shares nothing with the
pipeline.
"""

from __future__ import annotations

import shutil
from dataclasses import replace
from datetime import date
from pathlib import Path

import pandas as pd
import pytest

from pipelines.intake import Records, check_table, empty_records, receive
from pipelines.intake.proposal_text import as_yaml
from pipelines.intake.propose import propose
from pipelines.measures import Inputs, classify, ledger
from schemas.errors import InputError
from schemas.rulebook import Edition, load_edition
from schemas.tables import TABLES
from schemas.targets import Target
from tests.intake.support import related_to

HERE = Path(__file__).resolve().parent
REAL = HERE.parents[2] / "shared" / "real"
pytestmark = pytest.mark.skipif(
    not REAL.is_dir(), reason="the public files are not beside the project, in ../shared/real"
)
EDITION = load_edition("2024-25")
SETTINGS = EDITION.resolve_settings({})

SAN_FRANCISCO = REAL / "sf_311" / "sfha_repairs.csv"
TORONTO = REAL / "toronto_rentsafe" / "registrations.csv"
SAN_DIEGO = REAL / "san_diego_resident_survey" / "resident_survey_weighted_datasd.csv"
CHELTENHAM = REAL / "cheltenham_police_asb" / "street_crime_cheltenham.csv"


def year(start: date, end: date) -> Edition:
    """The rules of 2024-25 for another year: the files are older than the measures."""
    return replace(EDITION, start=start, end=end)


def mapped(folder: Path, file: Path, place: str, table: str, edition: Edition = EDITION) -> Records:
    """Check a table that the mapping kept here for a place takes from a file."""
    for path in (file, HERE / place / "sources.yaml"):
        if not (folder / path.name).exists():
            shutil.copy(path, folder)
    return check_table(receive(folder, table), edition, {}, SETTINGS)


def text_of(file: Path) -> pd.DataFrame:
    """The file as pandas reads it, every cell as text."""
    return pd.read_csv(file, dtype=str, keep_default_na=False)


def counts(checked: Records) -> dict[str, int]:
    return dict(checked.findings["finding_id"].value_counts())


def tally(
    measure: str, edition: Edition, targets: dict[str, Target] | None = None, **tables: Records
) -> tuple[int, int]:
    """Numerator and denominator of a measure over some tables, the others being empty (of homes: two)."""
    every = {name: tables.get(name) or empty_records(name) for name in TABLES}
    accepted = {name: checked.accepted for name, checked in every.items()}
    if "homes" not in tables:
        accepted["homes"] = related_to("repairs")["homes"]  # a survey is reported by who owns a home
    inputs = Inputs(
        edition=edition,
        settings=SETTINGS,
        accepted=accepted,
        rejected={name: checked.rejected for name, checked in every.items()},
        targets=targets or {},
    )
    lines = classify(inputs, edition.measure(measure))
    numerator, denominator = ledger.tally(lines[lines["population"] != ""])
    return int(numerator), int(denominator)


# ------------------------------------------------------------------------------------- San Francisco: repairs


@pytest.fixture(scope="module")
def repairs(tmp_path_factory: pytest.TempPathFactory) -> Records:
    edition = year(date(2017, 4, 1), date(2018, 3, 31))  # the file's last
    return mapped(tmp_path_factory.mktemp("sf"), SAN_FRANCISCO, "san_francisco", "repairs", edition)


def test_every_request_is_a_record_or_is_left_out_with_its_reason(repairs: Records) -> None:
    left_out = repairs.findings[repairs.findings["finding_id"] == "MAP-201"]["message"].tolist()

    assert len(repairs.accepted) == 1_050
    assert len(repairs.rejected) == 52
    assert len(repairs.accepted) + len(repairs.rejected) == len(text_of(SAN_FRANCISCO)) == 1_102
    assert [message.split(" ")[0] for message in left_out] == ["6", "9", "32", "5"]
    assert "homes of another landlord" in left_out[2]
    assert counts(repairs) == {"MAP-201": 4}


def test_what_the_authority_closed_in_time(repairs: Records) -> None:
    """Of 2009-10, when most was done. Emergencies are closed at a desk: median 129 days."""
    edition = year(date(2009, 4, 1), date(2010, 3, 31))
    targets = {"emergency": Target(hours=24), "non_emergency": Target(calendar_days=28)}

    assert tally("RP02_2", edition, targets, repairs=repairs) == (1, 8) == _closed(["Emergency"], 24)
    assert (
        tally("RP02_1", edition, targets, repairs=repairs)
        == (60, 133)
        == _closed(["Urgent", "Routine"], None)
    )
    emergencies = repairs.accepted[repairs.accepted["priority"] == "emergency"]
    assert (emergencies["completed_at"] - emergencies["reported_at"]).median().days == 129


def _closed(priorities: list[str], hours: int | None) -> tuple[int, int]:
    """Requests closed in the year within `hours`, or by the end of the 28th day, and all of them."""
    given = text_of(SAN_FRANCISCO)
    notes = given["status_notes"].str.lower()
    not_done = "invalid|not valid|no longer managed|no longer a property"
    made_again = "dupe|duplicate|new sr |see 6286290|re-create"
    gone = notes.isin(["test", "test only"]) | notes.str.contains(f"{not_done}|{made_again}")
    given = given[~gone & given["priority"].isin(priorities) & (given["closed_date"] != "")]
    opened, closed = (
        pd.to_datetime(given[name], utc=True).dt.tz_convert("Europe/London").dt.tz_localize(None)
        for name in ("created_date", "closed_date")
    )
    latest = opened + pd.Timedelta(hours=hours) if hours else opened.dt.normalize() + pd.Timedelta(days=29)
    in_year = (closed >= "2009-04-01") & (closed < "2010-04-01")
    return int((in_year & (closed <= latest)).sum()), int(in_year.sum())


def test_another_year_is_the_wrong_year(tmp_path: Path) -> None:
    checked = mapped(tmp_path, SAN_FRANCISCO, "san_francisco", "repairs")

    assert counts(checked) == {"MAP-201": 4, "REP-903": 1}


# --------------------------------------------------------------------------- Toronto: a register of buildings


@pytest.fixture(scope="module")
def toronto(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Records]:
    folder = tmp_path_factory.mktemp("toronto")
    return {name: mapped(folder, TORONTO, "toronto", name) for name in ("homes", "safety_checks")}


def test_every_block_with_a_lift_needs_a_check(toronto: dict[str, Records]) -> None:
    checks = toronto["safety_checks"]
    given = text_of(TORONTO)
    lifts = given[~given["NO_OF_ELEVATORS"].isin(["0", ""])]
    done = pd.to_datetime(lifts["DATE_OF_LAST_INSPECTION_BY_TSSA"].replace("", None), format="%b %d, %Y")

    assert len(toronto["homes"].accepted) == len(given) == 3_611
    assert len(checks.accepted) == len(lifts) == 2_156
    assert len(checks.rejected) == (given["NO_OF_ELEVATORS"].isin(["0", ""])).sum() == 1_455
    assert done.notna().sum() == 2_101
    # One inspection of June 2026 cannot be meant; six are later than the year's end; no cell is unreadable.
    assert checks.accepted["completed_on"].notna().sum() == 2_100
    assert counts(checks)["CHK-053"] == 1 == (done > "2026-03-31").sum()
    assert counts(checks)["CHK-509"] == 6 == ((done > "2025-03-31") & (done <= "2026-03-31")).sum()
    assert "CHK-052" not in counts(checks)


def test_lifts_inspected_in_the_last_six_months(toronto: dict[str, Records]) -> None:
    given = text_of(TORONTO)
    lifts = given[~given["NO_OF_ELEVATORS"].isin(["0", ""])]
    done = pd.to_datetime(lifts["DATE_OF_LAST_INSPECTION_BY_TSSA"].replace("", None), format="%b %d, %Y")
    in_date = (done >= "2024-10-01") & (done <= "2025-03-31")

    assert tally("BS05", EDITION, **toronto) == (7, 2_156) == (in_date.sum(), len(lifts))


# ---------------------------------------------------------------------------------------- San Diego: a survey


@pytest.fixture(scope="module")
def survey(tmp_path_factory: pytest.TempPathFactory) -> Records:
    return mapped(tmp_path_factory.mktemp("sd"), SAN_DIEGO, "san_diego", "survey_responses")


def test_every_response_is_a_record(survey: Records) -> None:
    assert len(survey.accepted) == len(text_of(SAN_DIEGO)) == 2_477
    assert survey.rejected.empty
    # TP01 does not offer “don't know”: 42 said so. Nothing else is wrong with the answers; the city asked
    # three of the twelve questions.
    not_asked = {f"SUR-{570 + number}": 1 for number in range(1, 13) if number not in (1, 5, 7)}
    assert counts(survey) == {"SUR-521": 42, "FIL-027": 1, "SUR-567": 1, **not_asked}
    assert not set(survey.findings["grade"]) & {"stop"}
    assert dict(survey.accepted["own_or_rent"].value_counts()) == {"own": 1_518, "rent": 914, "not said": 45}


@pytest.mark.parametrize(
    ("measure", "question", "expected"),
    [("TP01", "Q2_6", (1_134, 2_435)), ("TP05", "Q2_2", (1_800, 2_458)), ("TP07", "Q13_2", (937, 2_178))],
)
def test_dont_know_is_outside_the_base(
    survey: Records, measure: str, question: str, expected: tuple[int, int]
) -> None:
    answers = text_of(SAN_DIEGO)[question].astype(int)

    assert tally(measure, EDITION, survey_responses=survey) == expected
    assert expected == ((answers.isin([4, 5])).sum(), (answers <= 5).sum())


def test_copied_rows_are_noticed() -> None:
    """795 rows repeat another but for their number: as they stand they count as so many tenants."""
    given = text_of(SAN_DIEGO)
    assert given.drop(columns="Num").duplicated().sum() == 795

    proposal = propose(SAN_DIEGO, EDITION)

    said = [note for note in proposal.notes if "repeat an earlier row" in note]
    assert said
    assert said[0].startswith("795 of 2,477 rows repeat an earlier row in all but “Num”")


# ---------------------------------------------------------------------------- Cheltenham: no landlord's cases


def test_police_records_are_refused_as_cases(tmp_path: Path) -> None:
    shutil.copy(CHELTENHAM, tmp_path / "asb_cases.csv")

    received = receive(tmp_path, "asb_cases")

    assert received.frame is None
    finding = received.findings.iloc[0]
    assert (finding["finding_id"], finding["grade"]) == ("FIL-005", "stop")
    assert "no column case_id and no column opened_on and no column hate_incident" in finding["message"]
    assert "month" in finding["message"]


def test_the_proposer_says_what_they_lack() -> None:
    with pytest.raises(InputError) as caught:
        propose(CHELTENHAM, EDITION)

    assert "The nearest is asb_cases, for which it lacks opened_on (“month” names months" in str(caught.value)
    assert "hate_incident" in str(caught.value)


def test_a_month_is_not_taken_for_a_day(tmp_path: Path) -> None:
    shutil.copy(CHELTENHAM, tmp_path)
    columns = "columns: {case_id: id, opened_on: month}, constants: {hate_incident: no}"
    entry = f"tables: {{asb_cases: {{files: {CHELTENHAM.name}, {columns}}}}}"
    (tmp_path / "sources.yaml").write_text(entry, encoding="utf-8")

    checked = check_table(receive(tmp_path, "asb_cases"), EDITION, {}, SETTINGS)

    assert checked.accepted.empty
    stop = checked.findings[checked.findings["grade"] == "stop"].iloc[0]
    assert stop["finding_id"] == "FIL-012"
    assert "3,957 of 3,957 rows fail ASB-042" in stop["message"]


@pytest.mark.parametrize(
    ("start", "end", "expected"), [((2024, 4, 1), (2025, 3, 31), 0), ((2025, 4, 1), (2026, 3, 31), 1)]
)
def test_a_person_may_say_what_stands_in(
    tmp_path: Path, start: tuple[int, int, int], end: tuple[int, int, int], expected: int
) -> None:
    edition = year(date(*start), date(*end))
    given = text_of(CHELTENHAM)
    months = given.loc[given["category"] == "anti-social-behaviour", "month"]
    in_year = months.between(*[("2025-01", "2025-03"), ("2025-04", "2025-09")][expected])

    checked = mapped(tmp_path, CHELTENHAM, "cheltenham", "asb_cases", edition)

    assert len(checked.accepted) == len(months) == 850
    assert len(checked.rejected) == 3_107
    assert tally("NM01_1", edition, asb_cases=checked)[0] == in_year.sum() == (223, 627)[expected]


# ---------------------------------------------------------------------------------- what is proposed for them


def test_what_is_proposed_is_right() -> None:
    files = {SAN_FRANCISCO: "", TORONTO: "safety_checks", SAN_DIEGO: "", CHELTENHAM: "asb_cases"}
    proposals = {
        file.stem: {g.column.name: g.content.heading for g in propose(file, EDITION, table).guesses}
        for file, table in files.items()
    }

    assert proposals == {
        "sfha_repairs": {
            "repair_id": "unique_key",
            "priority": "priority",
            "reported_at": "created_date",
            "completed_at": "closed_date",
            "status": "status",
        },
        "registrations": {
            "check_id": "RSN",
            "building_id": "RSN",
            "completed_on": "DATE_OF_LAST_INSPECTION_BY_TSSA",
        },
        "resident_survey_weighted_datasd": {"response_id": "Num"},
        "street_crime_cheltenham": {"case_id": "id"},
    }


def test_no_free_text_of_the_public_is_shown() -> None:
    text = as_yaml(propose(SAN_FRANCISCO, EDITION))

    assert "status_notes: •••" in text
    assert "415-677" not in text
