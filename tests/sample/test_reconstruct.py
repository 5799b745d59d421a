"""Records rebuilt from counts, counted again row by row in the plainest way."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import replace
from datetime import date, datetime, timedelta
from decimal import Decimal
from pathlib import Path

import holidays
import pandas as pd
import pytest

from pipelines.sample import Published, PublishedSurvey, write_reconstruction
from schemas.errors import InputError
from schemas.tables import TABLES
from tests.sample.test_generator import read

YEAR = "2023-24"
START, END = date(2023, 4, 1), date(2024, 3, 31)
LANDLORDS = json.loads(
    (Path(__file__).parents[1] / "golden" / "landlords_2023-24.json").read_text(encoding="utf-8")
)["landlords"]
CLOSED = set(holidays.country_holidays("GB", subdiv="ENG", years=range(2022, 2026)))
POSITIVE = {"Very satisfied", "Fairly satisfied", "Strongly agree", "Agree"}
NADK = "Not applicable/ don't know"


def working_day(start: date, days: int) -> date:
    """The last day of so many working days, counted one by one."""
    day = start
    while days:
        day += timedelta(days=1)
        days -= day.weekday() < 5 and day not in CLOSED
    return day


# one of each kind: many methods, shared owners alone, combined, a block below the threshold, weighted
@pytest.fixture(scope="module", params=["L0518", "4668", "LH3859", "LH0280", "L2424"])
def rebuilt(request, tmp_path_factory) -> tuple[Published, Path]:
    entry = next(entry for entry in LANDLORDS if entry["code"] == request.param)
    published = Published.from_dict(entry)
    return published, write_reconstruction(tmp_path_factory.mktemp("home"), published) / YEAR


def in_year(text: str) -> bool:
    return str(START) <= text[:10] <= str(END)


def tenure_of(row: Mapping[str, str], homes: Mapping[str, str]) -> str:
    return homes.get(row["home_id"]) or row["tenure"]


def homes_by_tenure(folder: Path) -> dict[str, str]:
    homes = read(folder, "homes")
    return dict(zip(homes["home_id"], homes["tenure"], strict=True))


def counting_homes(folder: Path) -> pd.DataFrame:
    homes = read(folder, "homes")
    owned = (homes["owned_from"] <= str(END)) & ((homes["owned_to"] == "") | (homes["owned_to"] >= str(END)))
    return homes[owned & (homes["country"] == "") & (homes["tenure"] != "other")]


def test_columns_are_those_of_the_contract(rebuilt):
    _, folder = rebuilt
    for name in ("homes", "safety_checks", "safety_exclusions", "repairs", "complaints", "asb_cases"):
        table = TABLES[name]
        columns = set(read(folder, name).columns)
        assert {column.name for column in table.columns if column.required} <= columns
        assert columns <= {column.name for column in table.columns}
    known = {column.name for column in TABLES["survey_responses"].columns}
    assert set(read(folder, "survey_responses").columns) <= known


def test_keys_are_unique(rebuilt):
    _, folder = rebuilt
    for name in ("homes", "safety_checks", "repairs", "complaints", "asb_cases", "survey_responses"):
        assert not read(folder, name).duplicated(list(TABLES[name].key)).any(), name


def test_homes_and_decent_homes(rebuilt):
    published, folder = rebuilt
    homes = counting_homes(folder)
    assert homes["tenure"].value_counts().to_dict() == {t: n for t, n in published.homes.items() if n}
    rented = homes[homes["tenure"] == "LCRA"]["decent_homes"]
    failing, applies = published.counts["ALL"].get("RP01", (0, 0))
    assert (rented == "fails").sum() == failing
    assert (rented != "exempt").sum() == applies
    assert len(read(folder, "homes")) > len(homes)


def test_safety_checks(rebuilt):
    published, folder = rebuilt
    homes, checks, exclusions = (
        counting_homes(folder),
        read(folder, "safety_checks"),
        read(folder, "safety_exclusions"),
    )
    months = {"gas": 12, "lift": 6}
    for programme, measure in zip(
        ("gas", "fire", "asbestos", "water", "lift"), ("BS01", "BS02", "BS03", "BS04", "BS05"), strict=True
    ):
        faults: dict[str, bool] = {}
        for row in checks[checks["programme"] == programme].to_dict("records"):
            done, valid = row["completed_on"], row["valid_until"]
            if done and not valid:
                valid = str((pd.Timestamp(done) + pd.DateOffset(months=months[programme])).date())
            place = row["home_id"] or row["building_id"]
            faults[place] = faults.get(place, False) or not (done and done <= str(END) <= valid)
        excluded = exclusions[exclusions["programme"] == programme]
        places = set(excluded["home_id"]) | set(excluded["building_id"])
        base = met = 0
        for home in homes.to_dict("records"):
            mine = [faults[place] for place in (home["home_id"], home["building_id"]) if place in faults]
            base += bool(mine)
            met += bool(mine) and not any(mine)
            assert bool(mine) != bool({home["home_id"], home["building_id"]} & (places - {""}))
        assert (met, base) == published.counts["ALL"][measure], programme


def test_repairs(rebuilt):
    published, folder = rebuilt
    repairs = read(folder, "repairs")
    homes = homes_by_tenure(folder)
    table = read(folder, "homes")
    shared = set(table.loc[table["tenure"] == "LCRA", "building_id"]) - {""}
    counted = {"non_emergency": [0, 0], "emergency": [0, 0]}
    for row in repairs.to_dict("records"):
        rented = homes.get(row["home_id"]) == "LCRA" or row["building_id"] in shared
        if row["status"] != "completed" or row["work_type"] != "responsive" or not rented:
            continue
        if not in_year(row["completed_at"]):
            continue
        reported, completed = (datetime.fromisoformat(row[name]) for name in ("reported_at", "completed_at"))
        assert reported < completed
        if row["target_at"]:
            met = row["completed_at"][:10] <= row["target_at"]
        elif row["priority"] == "emergency":
            met = completed - reported <= timedelta(hours=24)
        else:
            met = completed.date() <= working_day(reported.date(), 20)
        counted[row["priority"]][0] += met
        counted[row["priority"]][1] += 1
    published_counts = published.counts["ALL"]
    assert tuple(counted["non_emergency"]) == published_counts.get("RP02_1", (0, 0))
    assert tuple(counted["emergency"]) == published_counts.get("RP02_2", (0, 0))
    if "RP02_1" in published_counts:
        assert {"cancelled", "reclassified", "open"} <= set(repairs["status"])
        assert {"void", "planned"} <= set(repairs["work_type"])


def test_complaints(rebuilt):
    published, folder = rebuilt
    homes = homes_by_tenure(folder)
    combined = "COMBINED" in published.surveys
    counted: dict[tuple[str, str], list[int]] = {}
    for row in read(folder, "complaints").to_dict("records"):
        tenure = tenure_of(row, homes)
        block = "COMBINED" if combined and tenure != "other" else tenure
        if block not in published.surveys or not in_year(row["received_on"]) or row["status"] == "refused":
            continue
        received = date.fromisoformat(row["received_on"])
        limit = working_day(received, 10 if row["stage"] == "1" else 20)
        if row["extended_until"]:
            longest = working_day(limit, 10)
            assert date.fromisoformat(row["extended_until"]) <= longest
            limit = max(limit, date.fromisoformat(row["extended_until"]))
        tally = counted.setdefault((block, row["stage"]), [0, 0])
        tally[0] += bool(row["responded_on"]) and row["responded_on"] <= str(limit)
        tally[1] += 1
    for population in published.surveys:
        for stage in ("1", "2"):
            expected = published.complaints(population, int(stage))
            assert tuple(counted.get((population, stage), (0, 0))) == expected
    assert set(counted) <= {(population, stage) for population in published.surveys for stage in "12"}


def test_anti_social_behaviour(rebuilt):
    published, folder = rebuilt
    homes = homes_by_tenure(folder)
    cases = [
        row
        for row in read(folder, "asb_cases").to_dict("records")
        if in_year(row["opened_on"]) and tenure_of(row, homes) != "other"
    ]
    assert len(cases) == published.counts["ALL"]["NM01_1"][0]
    assert sum(row["hate_incident"] == "yes" for row in cases) == published.counts["ALL"]["NM01_2"][0]
    assert len(read(folder, "asb_cases")) == len(cases) + 6


def test_survey(rebuilt):
    published, folder = rebuilt
    responses = read(folder, "survey_responses")
    responses = responses[responses["completed_on"].map(in_year)]
    latest = responses.sort_values("completed_on").drop_duplicates("household_id", keep="last")
    assert len(latest) == len(responses) - 1
    for population, survey in published.surveys.items():
        tenures = ["LCRA", "LCHO"] if population == "COMBINED" else [population]
        mine = latest[latest["tenure"].isin(tenures)]
        methods = mine["method"].value_counts().to_dict()
        assert methods == dict(survey.methods)
        weight = mine["weight"].map(Decimal) if survey.weighted else pd.Series(Decimal(1), index=mine.index)
        for key, answers in survey.answers.items():
            given = (mine[key] != "") & (mine[key] != NADK)
            assert weight[given].sum() == sum(answers[code] for code in ("VS", "FS", "NSD", "FD", "VD"))
            assert weight[mine[key].isin(POSITIVE)].sum() == answers["VS"] + answers["FS"]
            assert weight[mine[key] == NADK].sum() == answers.get("NADK", 0)
            if key in ("TP02", "TP03", "TP04"):
                assert not (given & (mine["tenure"] == "LCHO")).any()
        for key, column in (("TP02", "had_repair"), ("TP09", "made_complaint"), ("TP10", "communal_areas")):
            if key in survey.filters:
                assert weight[mine[column] == "yes"].sum() == survey.filters[key][0]
                assert weight[mine[column] == "no"].sum() == survey.filters[key][1]


def test_weights_are_like_real_ones(rebuilt):
    published, folder = rebuilt
    responses = read(folder, "survey_responses")
    if not published.surveys[next(iter(published.surveys))].weighted:
        assert "weight" not in responses
        return
    weights = responses["weight"].map(float)
    assert weights.min() >= 0.1
    assert weights.max() <= 3
    assert abs(weights.mean() - 1) < 0.01
    assert weights.nunique() > 10


def test_shared_owners_below_the_threshold_have_records_that_must_not_count(tmp_path):
    entry = next(entry for entry in LANDLORDS if entry["code"] == "LH0280")
    folder = write_reconstruction(tmp_path, Published.from_dict(entry)) / YEAR
    assert (read(folder, "survey_responses")["tenure"] == "LCHO").sum() == 10
    assert (read(folder, "complaints")["tenure"] == "LCHO").sum() >= 3


def small(**changes: object) -> Published:
    """A small landlord whose counts hang together, changed where a test wants them not to."""
    survey = PublishedSurvey(
        population_size=95,
        approach="census",
        methods={"postal": 30},
        answers={
            "TP01": {
                "VS": Decimal(10),
                "FS": Decimal(8),
                "NSD": Decimal(5),
                "FD": Decimal(4),
                "VD": Decimal(3),
            }
        },
        filters={},
    )
    counts = {
        "ALL": {
            **{f"BS0{number}": (40, 41) for number in range(1, 6)},
            "NM01_1": (7, 1100),
            "NM01_2": (1, 1100),
            "RP01": (2, 1050),
            "RP02_1": (40, 50),
            "RP02_2": (9, 10),
        },
        "LCRA": {"CH01_1": (12, 1060), "CH02_1": (9, 12), "CH01_2": (3, 1060), "CH02_2": (2, 3)},
    }
    published = Published("T1", "Testing Homes", "PRP", "North", {"LCRA": survey}, counts)
    return replace(published, **changes)  # type: ignore[arg-type]


def with_count(population: str, key: str, value: tuple[int, int]) -> dict[str, dict[str, tuple[int, int]]]:
    counts = {name: dict(figures) for name, figures in small().counts.items()}
    counts[population][key] = value
    return counts


@pytest.mark.parametrize(
    ("changes", "words"),
    [
        ({"counts": with_count("ALL", "BS03", (5, 1101))}, "BS03 has 1101 homes of 1100"),
        ({"counts": with_count("ALL", "RP01", (5, 1061))}, "RP01 has 1061 homes of 1060"),
        ({"counts": with_count("ALL", "RP02_2", (11, 10))}, "numerator of 11 over 10"),
        ({"counts": with_count("LCRA", "CH02_1", (9, 13))}, r"CH02 \(1\)"),
        ({"counts": with_count("LCRA", "CH01_1", (12, 1200))}, "more than all 1100 homes"),
        (
            {"surveys": {"LCRA": replace(small().surveys["LCRA"], methods={"postal": 29})}},
            "more answers than",
        ),
    ],
)
def test_counts_that_contradict_each_other_are_refused(tmp_path, changes, words):
    assert write_reconstruction(tmp_path / "twin", small()).is_dir()
    with pytest.raises(InputError, match=words):
        write_reconstruction(tmp_path, small(**changes))
    assert not (tmp_path / "landlords").exists()


def test_answers_beyond_the_filter_are_refused(tmp_path):
    survey = small().surveys["LCRA"]
    answers = {**survey.answers, "TP09": dict(survey.answers["TP01"])}
    fits = replace(survey, answers=answers, filters={"TP09": (Decimal(30), Decimal(0))})
    write_reconstruction(tmp_path / "twin", small(surveys={"LCRA": fits}))
    beyond = replace(fits, filters={"TP09": (Decimal(29), Decimal(1))})
    with pytest.raises(
        InputError, match="TP09 has more answers than LCRA tenants whom the filter let through"
    ):
        write_reconstruction(tmp_path, small(surveys={"LCRA": beyond}))


def test_a_real_landlord_is_never_written_over(tmp_path):
    about = tmp_path / "landlords" / "T1" / "landlord.yaml"
    about.parent.mkdir(parents=True)
    about.write_text("code: T1\nname: Testing Homes\n", encoding="utf-8")
    with pytest.raises(InputError, match="Testing Homes"):
        write_reconstruction(tmp_path, small())


def test_the_same_seed_gives_the_same_files(tmp_path):
    one, two, three = (
        write_reconstruction(tmp_path / name, small(), seed=seed)
        for name, seed in (("one", 5), ("two", 5), ("three", 6))
    )
    files = [path.relative_to(one) for path in one.rglob("*") if path.is_file()]
    assert len(files) == 9
    assert all((one / file).read_bytes() == (two / file).read_bytes() for file in files)
    assert any((one / file).read_bytes() != (three / file).read_bytes() for file in files)
