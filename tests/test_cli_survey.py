"""`tsm survey` and `tsm survey plan` as a fieldwork manager uses them, on a landlord counted by hand."""

from __future__ import annotations

import csv
import io
from datetime import date, timedelta
from hashlib import sha256
from pathlib import Path
from typing import Any

import pytest
import yaml
from click.testing import CliRunner, Result

from pipelines.cli import main
from schemas.rulebook import load_edition

CODE, YEAR = "L1234", "2024-25"
DONE, WRONG = 0, 2
PLAN_FILES = ("sample_LCRA.csv", "quotas_LCRA.csv", "exclusions_LCRA.csv", "plan_LCRA.yaml")
SURVEY = {
    "approach": "sample",
    "sampling": "simple_random",
    "fieldwork": {"from": "2024-09-01", "to": "2024-09-30"},
    "quotas": ["area"],
}


class Place:
    """A home whose one landlord has 100 households: 60 in the north and 30 in the south, 10 left out."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self.folder = path / "landlords" / CODE / YEAR
        assert self.tsm("init", CODE, YEAR).exit_code == DONE
        reasons = ["risk to interviewer"] * 7 + ["in hospital"] * 3
        areas = ["north"] * 60 + ["south"] * 30 + ["south"] * 10
        self.write("homes", [{"home_id": f"P{n:03d}", "tenure": "LCRA"} for n in range(1, 101)])
        self.households = [
            {
                "household_id": f"H{n:03d}",
                "tenure": "LCRA",
                "excluded_reason": reasons[n - 91] if n > 90 else "",
                "area": area,
                "phone": f"020 7946 {n:04d}",
            }
            for n, area in enumerate(areas, 1)
        ]
        self.write("households", self.households)
        self.survey(**SURVEY)
        # Two a day to 15 September, 26 of them of the north; then one a day, all of the south.
        north, south = list(range(1, 27)), list(range(61, 80))
        first = [date(2024, 9, 1) + timedelta(days=day) for day in range(15) for _ in range(2)]
        then = [date(2024, 9, 16) + timedelta(days=day) for day in range(15)]
        self.responses = [
            {
                "response_id": f"R{n:03d}",
                "household_id": f"H{household:03d}",
                "tenure": "LCRA",
                "completed_on": str(day),
                "method": "telephone",
                "TP01": "Very satisfied",
            }
            for n, (household, day) in enumerate(zip(north + south, first + then, strict=True), 1)
        ]
        self.write("survey_responses", self.responses)

    def tsm(self, *words: str) -> Result:
        return CliRunner().invoke(main, ["--home", str(self.path), *words])

    def track(self, as_at: str = "2024-09-15", *words: str) -> Result:
        return self.tsm("survey", CODE, YEAR, "--as-at", as_at, *words)

    def plan(self, *words: str) -> Result:
        return self.tsm("survey", "plan", CODE, YEAR, *words)

    def write(self, table: str, rows: list[dict[str, str]]) -> None:
        with (self.folder / f"{table}.csv").open("w", encoding="utf-8", newline="") as file:
            writer = csv.DictWriter(file, list(rows[0]))
            writer.writeheader()
            writer.writerows(rows)

    def headings_alone(self, *tables: str) -> None:
        for table in tables:
            file = self.folder / f"{table}.csv"
            file.write_text(file.read_text(encoding="utf-8").splitlines()[0] + "\n", encoding="utf-8")

    def survey(self, **lcra: Any) -> None:
        content = {"reporting_year": YEAR, "survey": {"LCRA": lcra}} if lcra else {"reporting_year": YEAR}
        (self.folder / "year.yaml").write_text(yaml.safe_dump(content), encoding="utf-8")

    def planned(self) -> dict[str, bytes]:
        folder = self.path / "surveys" / CODE / YEAR
        return {file.name: file.read_bytes() for file in folder.iterdir()} if folder.exists() else {}

    def rows(self, name: str) -> list[dict[str, str]]:
        return list(csv.DictReader(io.StringIO(self.planned()[name].decode("utf-8-sig"))))


@pytest.fixture
def place(tmp_path: Path) -> Place:
    return Place(tmp_path)


def shown(result: Result) -> dict[str, str]:
    """Return what each label of the screen says."""
    assert result.exit_code == DONE, result.output
    lines = [line for line in result.stdout.splitlines() if line.startswith("  ") and line[2:3] != " "]
    return {line[2:19].strip(): line[19:].strip() for line in lines}


def cells(result: Result) -> dict[str, list[str]]:
    """Return the numbers of each quota cell that the screen lists."""
    lines = [line.split() for line in result.stdout.splitlines() if line.startswith("    ")]
    return {words[0]: words[1:] for words in lines if len(words) > 3 and words[1].isdigit()}


def said(result: Result) -> str:
    """Return the one sentence that an error is."""
    assert result.exit_code == WRONG, result.output
    (line,) = [line for line in result.output.splitlines() if line.startswith("tsm: ")]
    return line


# ------------------------------------------------------------------------------------------- the tracker


def test_in_the_middle_of_fieldwork(place: Place) -> None:
    result = place.track()
    # n0 = 1.96² x 0.25 / 0.05² = 384.16; 384.16 / (1 + 384.16 / 100) = 79.3, so 80 of 100 households.
    # 196 x sqrt(0.25 / 30 x 70 / 99) = 15.045. 2 a day for 15 more days: 60; 50 missing over 15 days: 3.3.
    assert shown(result) == {
        "Responses": "30 of 80 required, 50 to go",
        "Margin": "±15.05 now, ±5 required",
        "Pace": "2.0 a day over the last 14 days; 3.3 a day needed",
        "Enough": "not at this pace before fieldwork ends (10 October 2024 at best)",
        "Expected at end": "60 on 30 September 2024, 20 short",
        "Quota cells": "1 of 2 behind, by area",
    }
    assert f"{CODE} {YEAR}, as at 15 September 2024" in result.stdout
    assert "LCRA: 100 households; day 15 of 30 (1 September 2024 to 30 September 2024)" in result.stdout
    # 80 shared out 60 : 30 is 53 and 27; half of that is due: 26 and 13. The south has 4.
    assert cells(result) == {"south": ["27", "4", "13", "9", "23"]}
    assert "1 on course\n" in result.stdout
    assert "Dated later and not counted yet: 15 responses." in result.stdout


def test_before_the_first_day(place: Place) -> None:
    result = place.track("2024-08-31")
    assert shown(result) == {
        "Responses": "0 of 80 required, 80 to go",
        "Margin": "not known now, ±5 required",
        "Quota cells": "2, nothing due yet, by area",
    }
    assert "fieldwork has not started (1 September 2024 to 30 September 2024)" in result.stdout


def test_on_the_first_day(place: Place) -> None:
    found = shown(place.track("2024-09-01"))
    assert found["Pace"] == "2.0 a day over the last day; 2.7 a day needed"
    assert found["Expected at end"] == "60 on 30 September 2024, 20 short"


def test_after_the_last_day(place: Place) -> None:
    result = place.track("2024-10-05")
    assert shown(result) == {
        "Responses": "45 of 80 required, 35 to go",
        "Margin": "±10.89 now, ±5 required",  # 196 x sqrt(0.25 / 45 x 55 / 99) = 10.889
        "Quota cells": "2 of 2 behind, by area",
    }
    assert "fieldwork has ended" in result.stdout
    # Everything is due: 27 fewer than 53, 8 fewer than 27. The worst first.
    assert cells(result) == {"north": ["53", "26", "53", "27", "27"], "south": ["27", "19", "27", "8", "8"]}
    assert list(cells(result)) == ["north", "south"]
    assert "on course" not in result.stdout


def test_enough_is_dated(place: Place) -> None:
    more = [
        {
            **place.responses[0],
            "response_id": f"X{n}",
            "household_id": f"H{n:03d}",
            "completed_on": "2024-09-10",
        }
        for n in range(27, 61)
    ]
    place.write("survey_responses", [*place.responses[:45], *more])
    found = shown(place.track("2024-09-15"))
    assert found["Responses"] == "64 of 80 required, 16 to go"
    assert found["Pace"] == "4.4 a day over the last 14 days; 1.1 a day needed"
    assert found["Enough"] == "on 19 September 2024"  # 16 at 62/14 a day: 4 days
    assert found["Expected at end"] == "100 on 30 September 2024, enough"  # 64 + 66, but no more than 100
    everybody = [
        {**each, "response_id": f"Y{n}", "household_id": f"H{n:03d}", "completed_on": "2024-09-12"}
        for n, each in enumerate(more[:11], 80)
    ]
    place.write("survey_responses", [*place.responses, *more, *everybody])
    result = place.track("2024-09-30")
    assert shown(result)["Responses"] == "90 of 80 required, enough"
    assert shown(result)["Enough"] == "reached on 20 September 2024"
    assert shown(result)["Quota cells"] == "all 2 on course, by area"


def test_a_response_that_a_later_one_replaces_counts_until_then(place: Place) -> None:
    again = {**place.responses[0], "response_id": "AGAIN", "completed_on": "2024-09-20"}
    place.write("survey_responses", [*place.responses, again])
    assert shown(place.track("2024-09-15"))["Responses"] == "30 of 80 required, 50 to go"
    found = shown(place.track("2024-09-30"))
    assert found["Responses"] == "45 of 80 required, 35 to go"
    assert found["Not counted"] == "superseded 1"


@pytest.mark.parametrize("how", ["headings alone", "no file"])
def test_no_response_yet(place: Place, how: str) -> None:
    place.headings_alone("survey_responses")
    if how == "no file":
        (place.folder / "survey_responses.csv").unlink()
    result = place.track("2024-09-15")
    found = shown(result)
    assert found["Responses"] == "0 of 80 required, 80 to go"
    assert found["Pace"] == "0.0 a day over the last 14 days; 5.3 a day needed"
    assert found["Enough"] == "not at this pace before fieldwork ends"
    assert cells(result) == {"north": ["53", "0", "26", "26", "53"], "south": ["27", "0", "13", "13", "27"]}
    assert ("There is no survey_responses file" in result.stdout) == (how == "no file")


def test_without_homes_the_populations_are_those_of_year_yaml(place: Place) -> None:
    place.headings_alone("homes")
    assert shown(place.track())["Responses"] == "30 of 80 required, 50 to go"
    # Else those of the households.
    place.survey()
    result = place.track()
    assert shown(result)["Responses"] == "30 of 80 required, 50 to go"
    assert "LCHO" not in result.stdout
    place.headings_alone("households", "survey_responses")
    assert "No population is surveyed" in said(place.track())


def test_both_tenures_as_one_survey(place: Place) -> None:
    place.headings_alone("homes")
    content = {"reporting_year": YEAR, "survey": {"COMBINED": SURVEY | {"quotas": ["tenure"]}}}
    (place.folder / "year.yaml").write_text(yaml.safe_dump(content), encoding="utf-8")
    shared = [{**each, "tenure": "LCHO" if n < 20 else "LCRA"} for n, each in enumerate(place.households)]
    place.write("households", shared)
    result = place.track()
    assert "COMBINED: 100 households" in result.stdout
    # 20 : 70 of 80 is 18 : 62 (17.8, 62.2), half due; the responses are all given as LCRA.
    assert cells(result) == {"LCHO": ["18", "0", "9", "9", "18"], "LCRA": ["62", "30", "31", "1", "32"]}


def test_stop_findings_elsewhere_do_not_matter(place: Place) -> None:
    (place.folder / "repairs.csv").write_bytes(b"")
    (place.folder / "complaints.csv").unlink()
    place.survey(**SURVEY, weighting={"method": "supplied"})
    assert place.tsm("check", CODE, YEAR).exit_code == 1
    assert shown(place.track())["Responses"] == "30 of 80 required, 50 to go"


def test_rows_turned_away_are_mentioned(place: Place) -> None:
    spoilt = {**place.responses[0], "response_id": "SPOILT", "completed_on": "soon"}
    place.write("survey_responses", [*place.responses, spoilt])
    result = place.track()
    assert shown(result)["Responses"] == "30 of 80 required, 50 to go"
    note = "Turned away from survey_responses and not counted: 1 row (see `tsm check L1234 2024-25`)."
    assert note in result.stdout


def test_responses_of_no_surveyed_population_are_mentioned(place: Place) -> None:
    lcho = {**place.responses[0], "response_id": "O1", "household_id": "", "tenure": "LCHO"}
    place.write("survey_responses", [*place.responses, lcho])
    result = place.track()
    assert shown(result)["Responses"] == "30 of 80 required, 50 to go"
    assert "Responses of no population that is surveyed here: lcho below threshold 1." in result.stdout


def test_a_census_of_few_households(place: Place) -> None:
    place.survey(**SURVEY | {"approach": "census"})
    found = shown(place.track("2024-10-05"))
    assert found["Census"] == "meets the requirement for so few households without that number"


def test_without_the_days_of_fieldwork(place: Place) -> None:
    place.survey(approach="sample", sampling="simple_random", quotas=["area"])
    result = place.track()
    found = shown(result)
    assert found["Fieldwork"] == (
        "write fieldwork: {from: DATE, to: DATE} under survey, LCRA in year.yaml, and pace, projection and "
        "what is due follow"
    )
    assert found["Margin"] == "±15.05 now, ±5 required"
    assert not {"Pace", "Enough", "Expected at end"} & set(found)
    assert found["Quota cells"] == "2 of 2 not full, by area"
    assert cells(result) == {"north": ["53", "26", "27"], "south": ["27", "4", "23"]}
    assert "L1234 2024-25, as at" in place.tsm("survey", CODE, YEAR).stdout


def test_without_the_number_of_households(place: Place) -> None:
    place.headings_alone("households")
    result = place.track()
    found = shown(result)
    assert "the number of households is not known; day 15 of 30" in result.stdout
    assert found["Responses"] == "30"
    assert "population under survey, LCRA in year.yaml" in found["To give"]
    assert not {"Margin", "Quota cells"} & set(found)
    assert "--by" not in place.track("2024-09-15", "--by", "area").output
    assert "the number of households is not known" in said(place.track("2024-09-15", "--csv"))
    place.survey(**SURVEY, population=100)
    found = shown(place.track())
    assert found["Responses"] == "30 of 80 required, 50 to go"
    assert "'area' is not a characteristic" in found["Quota cells"]
    assert "population_margins" in found["Quota cells"]


def test_quotas_by_margin(place: Place) -> None:
    place.headings_alone("households")
    margins = [
        ("area", "north", 60),
        ("area", "south", 40),
        ("age_band", "old", 50),
        ("age_band", "young", 50),
    ]
    place.write(
        "population_margins",
        [
            {"tenure": "LCRA", "characteristic": name, "category": category, "households": str(count)}
            for name, category, count in margins
        ],
    )
    areas = {f"H{n:03d}": "north" if n <= 60 else "south" for n in range(1, 101)}
    place.write(
        "survey_responses", [{**each, "area": areas[each["household_id"]]} for each in place.responses]
    )
    place.survey(**SURVEY | {"quotas": ["area", "age_band"]})
    result = place.track()
    assert "LCRA: 100 households" in result.stdout
    # 80 by 60 : 40 is 48 and 32; by halves 40 each. Half is due; no response has an age.
    assert cells(result) == {
        "south": ["32", "4", "16", "12", "28"],
        "old": ["40", "0", "20", "20", "40"],
        "young": ["40", "0", "20", "20", "40"],
    }
    assert "survey_responses has no column age_band" in result.stdout
    assert "30 responses in cells without a quota: not stated" in result.stdout


def test_without_quotas_it_says_how_to_name_them(place: Place) -> None:
    place.survey(**SURVEY | {"quotas": []})
    found = shown(place.track())
    assert found["Quota cells"] == (
        "none named; write quotas: [area] under survey, LCRA in year.yaml, or give --by area."
    )
    assert "There are no quota cells: none named" in said(place.track("2024-09-15", "--csv"))
    assert shown(place.track("2024-09-15", "--by", " Area ,area"))["Quota cells"] == "1 of 2 behind, by area"


def test_cells_as_csv(place: Place) -> None:
    place.households[0]["area"] = "=north"
    place.write("households", place.households)
    result = place.track("2024-09-15", "--csv")
    assert result.exit_code == DONE
    rows = list(csv.reader(io.StringIO(result.stdout)))
    # 1, 59 and 30 of 90, for 80: 0.89, 52.4 and 26.7.
    assert rows == [
        ["population", "characteristics", "cell", "target", "so_far", "due", "behind", "to_go"],
        ["LCRA", "area", "south", "27", "4", "13", "9", "23"],
        ["LCRA", "area", "north", "52", "25", "26", "1", "27"],
        ["LCRA", "area", "'=north", "1", "1", "0", "0", "0"],
    ]
    assert "1 on course, all of them full" in place.track().stdout


def test_many_cells_behind_are_cut_short(place: Place) -> None:
    for number, household in enumerate(place.households):
        household["area"] = f"area {number // 5:02d}"
    place.write("households", place.households)
    place.headings_alone("survey_responses")
    result = place.track("2024-10-05")
    assert "… and 3 more; --csv gives all" in result.stdout


@pytest.mark.parametrize(
    ("words", "names"),
    [
        (["--as-at", "30/9/2024"], "--as-at is 30/9/2024"),
        (["--as-at", "2024-02-30"], "2024-02-30"),
        (["--as-at", "20240930"], "such as 2024-09-30"),
        (["--by", "colour"], "'colour' is not a characteristic"),
        (["--by", "area,colour"], "use one of area."),
        (["--by", "phone"], "'phone' is not a characteristic"),
        (["--by", "household_id"], "'household_id' is not"),
        (["--by", " , "], "--by is blank"),
    ],
)
def test_a_wrong_word(place: Place, words: list[str], names: str) -> None:
    assert names in said(place.tsm("survey", CODE, YEAR, *words))


@pytest.mark.parametrize(
    ("words", "names"),
    [
        ([CODE, "2019-20"], "2019-20"),
        (["L9999", YEAR], "L9999"),
        (["../x", YEAR], "../x"),
        (["plan", "l0001", YEAR], "l0001"),
        (["plan", CODE, "next year"], "next year"),
    ],
)
def test_a_landlord_or_year_that_is_none(place: Place, words: list[str], names: str) -> None:
    assert names in said(place.tsm("survey", *words))
    assert place.planned() == {}


def test_help_names_both(place: Place) -> None:
    for words in (
        ["survey", "--help"],
        ["survey", CODE, YEAR, "-h"],
        ["survey", "--as-at", "2024-09-15", "-h"],
    ):
        result = place.tsm(*words)
        assert (result.exit_code, "Usage:" in result.stdout) == (DONE, True)
    assert "CODE YEAR | plan CODE YEAR" in place.tsm("survey", "--help").stdout
    assert place.tsm("survey", "--as-at", "2024-09-15", CODE, YEAR).exit_code == DONE
    assert place.tsm("survey").exit_code == WRONG


# ------------------------------------------------------------------------------------------- the planner


def test_a_plan(place: Place) -> None:
    place.headings_alone("homes")
    (place.folder / "survey_responses.csv").unlink()
    result = place.plan("--response-rate", "100%", "--strata", "area")
    assert shown(result) == {
        "Left out": "10",
        "Required": "80 responses for ±5",
        "Invitations": "80 at an expected response rate of 100%",
        "Draw": 'by stratum of area, seed "L1234 2024-25"',
        "Quotas": "2 cells by area",
    }
    assert "LCRA: 100 households, 90 can be invited" in result.stdout
    assert "       7  risk to interviewer\n" in result.stdout
    assert "       3  in hospital\n" in result.stdout
    assert f"Written to {place.path / 'surveys' / CODE / YEAR}: {', '.join(PLAN_FILES)}" in result.stdout
    assert set(place.planned()) == set(PLAN_FILES)
    sample = place.rows("sample_LCRA.csv")
    assert list(sample[0]) == ["household_id", "stratum", "draw", "base_weight", "quota_cell"]
    # 80 of 60 : 30 is 53 and 27, the least hash of the seed and the household first.
    for stratum, size, chosen in (("north", 53, range(1, 61)), ("south", 27, range(61, 91))):
        ranked = sorted(
            (sha256(f"L1234 2024-25\nH{n:03d}".encode()).hexdigest(), f"H{n:03d}") for n in chosen
        )
        mine = [row for row in sample if row["stratum"] == stratum]
        assert [row["household_id"] for row in mine] == [household for _, household in ranked[:size]]
        assert [row["draw"] for row in mine] == [str(number) for number in range(1, size + 1)]
        assert {row["quota_cell"] for row in mine} == {stratum}
        assert {float(row["base_weight"]) for row in mine} == {len(chosen) / size}
    assert place.rows("quotas_LCRA.csv") == [
        {"cell": "north", "households": "60", "quota": "53"},
        {"cell": "south", "households": "30", "quota": "27"},
    ]
    left_out = place.rows("exclusions_LCRA.csv")
    assert [row["household_id"] for row in left_out] == [f"H{n:03d}" for n in range(91, 101)]
    assert {row["excluded_reason"] for row in left_out} == {"risk to interviewer", "in hospital"}


def test_a_plan_holds_what_repeats_it(place: Place) -> None:
    assert place.plan("--response-rate", "100%").exit_code == DONE
    planned = place.planned()
    plan = yaml.safe_load(planned.pop("plan_LCRA.yaml"))
    table = (place.folder / "households.csv").read_bytes()
    assert plan.pop("files") == {name: sha256(data).hexdigest() for name, data in planned.items()}
    assert "SHA-256" in plan.pop("drawn")
    assert plan == {
        "landlord": CODE,
        "reporting_year": YEAR,
        "rules": "final",
        "population": "LCRA",
        "households": 100,
        "left_out": 10,
        "can_be_invited": 90,
        "required_margin_points": 5,
        "required_responses": 80,
        "response_rate": "100%",
        "invitations": 80,
        "census": False,
        "falls_short": False,
        "seed": "L1234 2024-25",
        "strata": [],
        "quota_by": ["area"],
        "households_table": {
            "file": "households.csv",
            "sheet": "",
            "sha256": sha256(table).hexdigest(),
            "rows_turned_away": 0,
        },
    }


def test_no_name_and_no_contact_is_printed_or_written(place: Place) -> None:
    outcomes = [place.plan("--response-rate", "100%"), place.track()]
    everything = b"".join([*place.planned().values(), *(each.output.encode() for each in outcomes)])
    assert b"7946" not in everything
    assert "'phone' is not a characteristic" in said(place.plan("--strata", "phone"))


def test_the_same_plan_twice_is_the_same_bytes(place: Place) -> None:
    assert "Written to" in place.plan("--response-rate", "100%").stdout
    before = place.planned()
    again = place.plan("--response-rate", "100%")
    assert (again.exit_code, "Unchanged in" in again.stdout) == (DONE, True)
    assert place.planned() == before
    # Elsewhere, and with the households in another order, it is the same sample.
    place.write("households", place.households[::-1])
    other = place.path / "other"
    assert place.plan("--response-rate", "100%", "--out", str(other)).exit_code == DONE
    assert (other / "sample_LCRA.csv").read_bytes() == before["sample_LCRA.csv"]
    assert (other / "exclusions_LCRA.csv").read_bytes() == before["exclusions_LCRA.csv"]


def test_another_plan_is_not_overwritten(place: Place) -> None:
    place.plan("--response-rate", "100%")
    before = place.planned()
    sentence = said(place.plan("--response-rate", "100%", "--seed", "another"))
    assert "--force" in sentence
    assert "sample_LCRA.csv differs" in sentence
    assert place.planned() == before
    assert place.plan("--response-rate", "100%", "--seed", "another", "--force").exit_code == DONE
    assert place.planned()["sample_LCRA.csv"] != before["sample_LCRA.csv"]
    assert set(place.planned()) == set(PLAN_FILES)


def test_a_file_that_was_lost_is_written_again(place: Place) -> None:
    place.plan("--response-rate", "100%")
    before = place.planned()
    (place.path / "surveys" / CODE / YEAR / "quotas_LCRA.csv").unlink()
    assert "Written to" in place.plan("--response-rate", "100%").stdout
    assert place.planned() == before


def test_a_folder_that_cannot_be_written(place: Place) -> None:
    blocked = place.path / "blocked"
    blocked.write_text("a file", encoding="utf-8")
    assert f"cannot be written to {blocked / 'deeper'}" in said(place.plan("--out", str(blocked / "deeper")))


def test_a_census_that_falls_short(place: Place) -> None:
    place.survey(**SURVEY | {"quotas": []})
    found = shown(place.plan())
    # 80 / 0.25 = 320 invitations, but 90 can be invited; a quarter of them is 22.
    assert found["Invitations"] == "90: everybody, a census"
    # 196 x sqrt(0.25 / 22 x 78 / 99) = 18.5461
    assert found["Falls short"] == (
        "at 25% even everybody brings about 22 responses, ±18.55: plan reminders or a second way to answer"
    )
    assert "Quotas" not in found
    assert {row["quota_cell"] for row in place.rows("sample_LCRA.csv")} == {"all"}
    assert len(place.rows("sample_LCRA.csv")) == 90


def test_a_census_in_year_yaml_is_remembered(place: Place) -> None:
    place.survey(**SURVEY | {"approach": "census"})
    found = shown(place.plan("--response-rate", "100%"))
    assert found["year.yaml"].startswith("says approach: census")


def test_so_few_expected_that_no_margin_is_known(place: Place) -> None:
    found = shown(place.plan("--response-rate", "1%"))
    assert "even everybody brings about 0 responses: plan" in found["Falls short"]


def test_cells_that_a_spreadsheet_would_run(place: Place) -> None:
    place.households[0] |= {"household_id": "=1+1", "area": "@here"}
    place.households[99]["excluded_reason"] = "+44 gone\u202e"
    place.write("households", place.households)
    result = place.plan("--response-rate", "100%", "--strata", "area", "--quota-by", "area,area")
    assert result.exit_code == DONE
    assert "\u202e" not in result.output
    assert "'=1+1" in {row["household_id"] for row in place.rows("sample_LCRA.csv")}
    assert place.rows("quotas_LCRA.csv")[0]["cell"] == "'@here"
    assert place.rows("exclusions_LCRA.csv")[-1]["excluded_reason"].startswith("'+44 gone")


def test_many_reasons_are_cut_short(place: Place) -> None:
    for number, household in enumerate(place.households[:20]):
        household["excluded_reason"] = f"reason {number}"
    place.write("households", place.households)
    assert "… and 12 more reasons" in place.plan().stdout


def test_one_population_alone(place: Place) -> None:
    assert "no household of LCHO" in said(place.plan("--population", "LCHO"))
    place.households[0]["tenure"] = "LCHO"
    place.write("households", place.households)
    result = place.plan("--population", "LCHO", "--quota-by", "area")
    assert "LCHO: 1 household, 1 can be invited" in result.stdout
    assert set(place.planned()) == {name.replace("LCRA", "LCHO") for name in PLAN_FILES}


@pytest.mark.parametrize("how", ["headings alone", "no file"])
def test_without_households_nothing_is_drawn(place: Place, how: str) -> None:
    place.headings_alone("households")
    if how == "no file":
        (place.folder / "households.csv").unlink()
    assert "There are no households to draw from" in said(place.plan())
    assert place.planned() == {}


def test_households_with_a_stop_finding_are_not_drawn_from(place: Place) -> None:
    (place.folder / "households.csv").write_bytes(b"")
    assert "households.csv has nothing in it" in said(place.plan())


def test_households_turned_away_are_mentioned(place: Place) -> None:
    place.write("households", [*place.households, {**place.households[0], "household_id": ""}])
    result = place.plan("--response-rate", "100%")
    assert "Turned away from households and not counted: 1 row" in result.stdout
    assert yaml.safe_load(place.planned()["plan_LCRA.yaml"])["households_table"]["rows_turned_away"] == 1


@pytest.mark.parametrize(
    ("words", "names"),
    [
        (["--response-rate", "0%"], "--response-rate is 0%"),
        (["--response-rate", "101%"], "at most 100%"),
        (["--response-rate", "0.25"], "such as 25%"),
        (["--response-rate", "-5%"], "--response-rate is -5%"),
        (["--response-rate", "٢٥%"], "such as 25%"),
        (["--seed", " "], "--seed is blank"),
        (["--strata", ","], "--strata is blank"),
        (["--quota-by", "colour"], "'colour' is not a characteristic"),
        (["--strata", "colour"], "use one of area."),
    ],
)
def test_a_wish_that_cannot_be_met(place: Place, words: list[str], names: str) -> None:
    assert names in said(place.plan(*words))
    assert place.planned() == {}


def test_provisional_rules_are_named(tmp_path: Path) -> None:
    year, home = "2026-27", ["--home", str(tmp_path), "survey"]
    runner = CliRunner()
    assert runner.invoke(main, ["--home", str(tmp_path), "init", CODE, year]).exit_code == DONE
    folder = tmp_path / "landlords" / CODE / year
    households = "".join(f"H{n},LCRA,,{'north' if n % 2 else 'south'}\n" for n in range(10))
    (folder / "households.csv").write_text(
        f"household_id,tenure,excluded_reason,area\n{households}", encoding="utf-8"
    )
    note = load_edition(year).status_note
    tracked = runner.invoke(main, [*home, CODE, year])
    listed = runner.invoke(main, [*home, CODE, year, "--by", "area", "--csv"])
    planned = runner.invoke(main, [*home, "plan", CODE, year])
    assert note in tracked.stdout
    assert (note in listed.stderr, note in listed.stdout) == (True, False)
    assert note in planned.stdout
    plan = yaml.safe_load((tmp_path / "surveys" / CODE / year / "plan_LCRA.yaml").read_text(encoding="utf-8"))
    assert plan["rules"] == "provisional"


def test_too_many_strata(place: Place) -> None:
    for number, household in enumerate(place.households):
        household["area"] = f"area {number}"
    place.write("households", place.households)
    sentence = said(place.plan("--response-rate", "100%", "--strata", "area"))
    assert "stratify by fewer or broader categories" in sentence
