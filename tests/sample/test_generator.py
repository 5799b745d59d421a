"""The sample landlord: the same each time, of the size asked for, with the mess that it should have."""

from __future__ import annotations

import os
import subprocess
import sys
import zipfile
from dataclasses import replace
from pathlib import Path

import pandas as pd
import pytest

from pipelines.assurance.compute import check_folder
from pipelines.sample import SampleSpec, write_sample
from schemas.errors import InputError
from schemas.tables import TABLES

ROOT = Path(__file__).parents[2]
TRACKED = ROOT / "data" / "landlords" / "L0001"
YEARS = ("2023-24", "2024-25")
SMALL = SampleSpec(
    code="S1", lcra_homes=600, lcho_homes=100, repairs=400, complaints=60, asb_cases=60, responses=120
)


def read(folder: Path, table: str) -> pd.DataFrame:
    """A table as text, blanks as ''."""
    (path,) = folder.glob(f"{table}.*")
    readers = {
        ".csv": lambda: pd.read_csv(path, dtype=str, keep_default_na=False),
        ".xlsx": lambda: pd.read_excel(path, engine="calamine"),
        ".parquet": lambda: pd.read_parquet(path),
    }
    frame = readers[path.suffix]()
    return frame.astype(object).where(frame.notna(), "").astype(str)


@pytest.fixture(scope="module")
def messy(tmp_path_factory) -> Path:
    home = tmp_path_factory.mktemp("messy")
    write_sample(home)
    return home / "landlords" / "L0001"


@pytest.fixture(scope="module")
def clean(tmp_path_factory) -> Path:
    home = tmp_path_factory.mktemp("clean")
    write_sample(home, SampleSpec(mess=False))
    return home / "landlords" / "L0001"


def contents(folder: Path) -> dict[str, bytes]:
    return {str(path.relative_to(folder)): path.read_bytes() for path in folder.rglob("*") if path.is_file()}


def test_the_same_bytes_in_another_process_with_another_hash_seed(tmp_path):
    write_sample(tmp_path / "here", SMALL)
    code = (
        "import sys; from pathlib import Path; from tests.sample.test_generator import SMALL;"
        "from pipelines.sample import write_sample; write_sample(Path(sys.argv[1]), SMALL)"
    )
    environment = {**os.environ, "PYTHONHASHSEED": "77", "TZ": "Pacific/Auckland"}
    there = tmp_path / "there"
    subprocess.run([sys.executable, "-c", code, str(there)], cwd=ROOT, env=environment, check=True)
    assert contents(tmp_path / "here") == contents(there)


def test_another_seed_gives_other_records(tmp_path):
    write_sample(tmp_path / "one", SMALL)
    write_sample(tmp_path / "two", replace(SMALL, seed=2))
    one, two = contents(tmp_path / "one"), contents(tmp_path / "two")
    differing = {name for name in one if one[name] != two[name]}
    assert {Path(name).name for name in differing} >= {"homes.csv", "repairs.csv", "survey_responses.csv"}


def test_the_tracked_sample_is_what_the_generator_writes(messy):
    kept, made = contents(TRACKED), contents(messy)
    assert set(kept) == set(made)
    # XLSX and Parquet hold bytes of the libraries that compress them: their content is compared.
    text = [name for name in kept if Path(name).suffix in {".csv", ".yaml", ".md", ".txt"}]
    assert [name for name in text if kept[name] != made[name]] == []
    others = [Path(name) for name in set(kept) - set(text)]
    assert len(others) == 6
    for name in others:
        kept_table = read(TRACKED / name.parent, name.stem)
        pd.testing.assert_frame_equal(kept_table, read(messy / name.parent, name.stem))


def test_the_tracked_sample_is_small():
    assert sum(len(content) for content in contents(TRACKED).values()) < 4_000_000


def test_all_three_formats_are_there(messy):
    assert {path.suffix for path in (messy / "2024-25").iterdir()} >= {".csv", ".xlsx", ".parquet"}


def test_the_workbook_holds_no_time_of_writing(messy):
    with zipfile.ZipFile(messy / "2024-25" / "complaints.xlsx") as book:
        assert {member.date_time for member in book.infolist()} == {(2000, 1, 1, 0, 0, 0)}
        properties = book.read("docProps/core.xml").decode()
    assert properties.count("2000-01-01T00:00:00Z") == 2


@pytest.mark.parametrize("year", YEARS)
def test_columns_are_those_of_the_contract(messy, year):
    for name, table in TABLES.items():
        if name == "population_margins":
            continue
        columns = list(read(messy / year, name).columns)
        known = [column.name for column in table.columns]
        assert [
            column.name for column in table.columns if column.required and column.name not in columns
        ] == []
        extra = {"repairs": ["trade"], "homes": ["area", "building_type", "bedrooms"]}.get(
            name, ["age_band", "area", "building_type"] if table.keeps_characteristics else []
        )
        assert [column for column in columns if column not in known and column not in extra] == []


def test_everything_says_that_it_is_synthetic(messy):
    assert "synthetic" in (messy / "README.md").read_text(encoding="utf-8").lower()
    assert "(synthetic)" in (messy / "landlord.yaml").read_text(encoding="utf-8")
    for year in YEARS:
        assert (messy / year / "year.yaml").read_text(encoding="utf-8").startswith("# Synthetic")


def test_the_questionnaires_have_the_prescribed_words(messy):
    rented, owned = (
        (messy / "2024-25" / f"questionnaire_{population}.txt").read_text(encoding="utf-8")
        for population in ("lcra", "lcho")
    )
    asked = (
        "TP01  Taking everything into account, how satisfied or dissatisfied are you with the service "
        "provided by Example Homes (synthetic)?\n  [ ] Very satisfied\n"
    )
    assert asked in rented
    assert asked in owned
    assert "TP12" in owned
    assert "TP04" in rented
    assert "TP04" not in owned
    assert rented.count("Has Example Homes (synthetic) carried out a repair") == 1
    assert "carried out a repair" not in owned
    assert rented.count("Not applicable/ don't know") == 6
    assert "[your landlord]" not in rented + owned


@pytest.mark.parametrize("year", YEARS)
def test_sizes(clean, year):
    end = f"{int(year[:4]) + 1}-03-31"
    homes = read(clean / year, "homes")
    owned = homes[(homes["owned_from"] <= end) & ((homes["owned_to"] == "") | (homes["owned_to"] >= end))]
    tenures = owned["tenure"].value_counts()
    assert 2950 < tenures["LCRA"] < 3100
    assert 1000 < tenures["LCHO"] < 1200
    assert 50 < tenures["other"] < 250
    repairs = read(clean / year, "repairs")
    raised = repairs["reported_at"].str.slice(0, 10).between(f"{year[:4]}-04-01", end)
    assert raised.sum() == 9000
    assert 0 < (~raised).sum() < 900
    responses = read(clean / year, "survey_responses")["tenure"].value_counts()
    assert 700 <= responses["LCRA"] <= 701
    # enough shared owners for the five points that their number requires
    assert responses["LCHO"] > 290


def test_the_mess_can_be_left_out(clean):
    for year in YEARS:
        repairs = read(clean / year, "repairs")
        assert pd.to_datetime(repairs["reported_at"], format="%Y-%m-%dT%H:%M", errors="coerce").notna().all()
        assert repairs["repair_id"].is_unique
        assert (repairs["completed_at"].eq("") | (repairs["completed_at"] > repairs["reported_at"])).all()
        assert "trade" not in repairs
        homes = read(clean / year, "homes")
        known = set(homes["home_id"]) | {""}
        for table in ("repairs", "complaints", "asb_cases", "safety_checks", "safety_exclusions"):
            assert set(read(clean / year, table)["home_id"]) <= known
        assert set(homes["decent_homes"]) == {"meets", "fails", "exempt", ""}
        responses = read(clean / year, "survey_responses")
        assert set(responses["household_id"]) <= set(read(clean / year, "households")["household_id"])
        assert not responses["comment"].str.contains("[<=]").any()
        complaints = read(clean / year, "complaints")
        for earlier, later in (("received_on", "acknowledged_on"), ("acknowledged_on", "responded_on")):
            both = complaints[(complaints[earlier] != "") & (complaints[later] != "")]
            assert (both[earlier] <= both[later]).all()


@pytest.mark.parametrize("year", YEARS)
def test_every_home_has_a_check_or_a_reason_for_none(clean, year):
    homes = read(clean / year, "homes")
    checks, exclusions = read(clean / year, "safety_checks"), read(clean / year, "safety_exclusions")
    assert (exclusions["reason"] != "").all()
    for programme in ("gas", "fire", "asbestos", "water", "lift"):
        served = [
            homes["home_id"].isin(rows["home_id"])
            | homes["building_id"].isin(set(rows["building_id"]) - {""})
            for rows in (
                checks[checks["programme"] == programme],
                exclusions[exclusions["programme"] == programme],
            )
        ]
        assert (served[0] ^ served[1]).all(), programme


@pytest.mark.parametrize("year", YEARS)
def test_the_mess_is_planted(messy, year):
    repairs = read(messy / year, "repairs")
    parsed = pd.to_datetime(repairs["reported_at"], format="%Y-%m-%dT%H:%M", errors="coerce")
    assert parsed.isna().sum() >= 3
    repeated = repairs["repair_id"].duplicated(keep=False)
    same = repairs.drop(columns="trade").duplicated(keep=False)
    assert (repeated & same).sum() >= 6
    assert (repeated & ~same).sum() >= 4
    early = (repairs["completed_at"] != "") & (repairs["completed_at"] < repairs["reported_at"])
    assert early.sum() >= 4
    assert (~repairs["home_id"].str.strip().isin([*read(messy / year, "homes")["home_id"], ""])).sum() >= 3
    assert repairs["priority"].str.endswith(" ").sum() == 4
    assert (repairs["status"] == "COMPLETED").sum() >= 1
    assert "trade" in repairs
    homes = read(messy / year, "homes")
    assert homes["home_id"].is_unique
    assert (homes["decent_homes"] == "not_assessed").sum() == 8
    checks = read(messy / year, "safety_checks")
    assert (
        (checks["programme"] == "fire") & (checks["valid_until"] == "") & (checks["completed_on"] != "")
    ).sum() == 2
    responses = read(messy / year, "survey_responses")
    assert (responses["TP06"] == "Quite happy").sum() == 1
    assert responses["TP01"].str.isupper().sum() == 3
    assert ((responses["had_repair"] == "no") & (responses["TP02"] != "")).sum() == 2
    again = responses[responses["household_id"].duplicated(keep=False) & ~responses.duplicated(keep=False)]
    assert len(set(again["completed_on"])) > 1
    for hostile in ("<script>", "=HYPERLINK", "<link rel=attachment href=file:///etc/hostname>", "\n"):
        assert responses["comment"].str.contains(hostile, regex=False).sum() == 1
    complaints = read(messy / year, "complaints")
    assert (complaints["received_on"] == "last week of June").sum() == 1


@pytest.mark.parametrize("year", YEARS)
def test_the_mess_is_found_and_stops_nothing(messy, clean, year):
    found, twin = (check_folder(folder, year).findings for folder in (messy, clean))
    assert set(found["grade"]) == {"confirm", "note"}
    assert {"homes", "safety_checks", "repairs", "complaints", "asb_cases", "survey_responses"} <= set(
        found.loc[found["grade"] == "confirm", "table"]
    )
    assert len(found) > 50
    # The clean twin has only what is true of it: records that are open, or that name no home.
    assert set(twin["effect"]) == {"kept"}
    assert len(twin) < 15


@pytest.mark.parametrize("year", YEARS)
def test_homes_that_nobody_put_into_a_programme(messy, year):
    homes = read(messy / year, "homes")
    checks, exclusions = read(messy / year, "safety_checks"), read(messy / year, "safety_exclusions")
    forgotten = {}
    for programme in ("gas", "asbestos", "water"):
        rows = pd.concat([table[table["programme"] == programme] for table in (checks, exclusions)])
        served = homes["home_id"].isin(rows["home_id"]) | homes["building_id"].isin(
            set(rows["building_id"]) - {""}
        )
        forgotten[programme] = int((~served).sum())
    assert forgotten["gas"] >= 5
    assert forgotten["asbestos"] >= 2
    assert forgotten["water"] >= 4


def test_the_second_year_is_the_same_stock_a_year_on(clean):
    first, second = (read(clean / year, "homes").set_index("home_id") for year in YEARS)
    kept = first.index.intersection(second.index)
    assert len(kept) > 0.98 * len(first)
    assert (first.loc[kept, "uprn"] == second.loc[kept, "uprn"]).all()
    gone = first.index.difference(second.index)
    assert len(gone) > 0
    assert (first.loc[gone, "owned_to"] != "").all()
    assert (second.loc[second.index.difference(first.index), "owned_from"] >= "2024-04-01").all()
    open_at_end = read(clean / YEARS[0], "repairs").query("status == 'open'")["repair_id"]
    carried = read(clean / YEARS[1], "repairs").set_index("repair_id")
    assert len(open_at_end) > 100
    assert set(open_at_end) <= set(carried.index)
    assert (carried.loc[open_at_end, "status"] == "completed").mean() > 0.9
    one, two = (set(read(clean / year, "households")["household_id"]) for year in YEARS)
    assert 0.9 < len(one & two) / len(one) < 0.99


def test_the_sample_is_not_perfectly_representative(clean):
    households = read(clean / "2024-25", "households").query("tenure == 'LCRA'")
    responses = read(clean / "2024-25", "survey_responses").query("tenure == 'LCRA' and age_band != ''")
    assert (responses["age_band"] == "65+").mean() > (households["age_band"] == "65+").mean() + 0.04


def test_progress_is_reported(tmp_path):
    heard: list[tuple[str, int, int]] = []
    written = write_sample(tmp_path, SMALL, progress=lambda *step: heard.append(step))
    assert heard[0] == ("2023-24 homes", 0, 16)
    assert heard[-1] == ("done", 16, 16)
    assert [done for _, done, _ in heard] == list(range(17))
    assert all(path.exists() for path in written)
    assert len(written) == 2 + 2 * 10


def test_below_a_thousand_shared_owners_are_not_surveyed(tmp_path):
    write_sample(tmp_path, SMALL)
    responses = read(tmp_path / "landlords" / "S1" / "2024-25", "survey_responses")
    assert set(responses["tenure"].str.strip()) == {"LCRA"}
    assert "LCHO:" not in (tmp_path / "landlords" / "S1" / "2024-25" / "year.yaml").read_text(
        encoding="utf-8"
    )


@pytest.mark.parametrize(
    ("change", "words"),
    [
        ({"code": "../etc"}, "landlord code"),
        ({"years": ("2024-26",)}, "not a reporting year"),
        ({"years": ("2024",)}, "not a reporting year"),
        ({"years": ()}, "must be given"),
        ({"years": ("2022-23", "2024-25")}, "follow on"),
        ({"lcra_homes": 10}, "lcra_homes is 10"),
        ({"repairs": 1_000_001}, "1,000,000"),
        ({"responses": 599}, "six for every ten"),
        ({"name": "Example Homes"}, "must say"),
    ],
)
def test_what_cannot_be_made_is_refused_in_a_sentence(tmp_path, change, words):
    with pytest.raises(InputError, match=words):
        write_sample(tmp_path, replace(SMALL, **change))
    assert list(tmp_path.rglob("*.csv")) == []


def test_a_real_landlord_is_never_written_over(tmp_path):
    about = tmp_path / "landlords" / "S1" / "landlord.yaml"
    about.parent.mkdir(parents=True)
    about.write_text("code: S1\nname: Somewhere Homes\n", encoding="utf-8")
    with pytest.raises(InputError, match="Somewhere Homes"):
        write_sample(tmp_path, SMALL)
    assert [path.name for path in about.parent.iterdir()] == ["landlord.yaml"]
