"""The sensor that watches the landlords' folders."""

from __future__ import annotations

import json
import os
import shutil
from pathlib import Path

import dagster as dg
import pytest

from pipelines.definitions import build_defs
from pipelines.sensors import NAME, look
from tests.home import CODE, YEAR, Home

PLACE = f"{CODE}/{YEAR}"


@pytest.fixture
def folders(tmp_path: Path) -> Path:
    """A home with one landlord's folder, no return of it, and one file."""
    folder = tmp_path / "landlords" / CODE / YEAR
    folder.mkdir(parents=True)
    (folder.parent / "landlord.yaml").write_text(f"code: {CODE}\n")
    (folder / "year.yaml").write_text(f"reporting_year: {YEAR}\n")
    (folder / "homes.csv").write_text("home_id,tenure\nH1,LCRA\n")
    return tmp_path


def settled(home: Path, remembered: dict) -> tuple[list, dict]:
    """Two looks: whom the second one runs, and what is remembered."""
    first = look(home, remembered)
    second = look(home, first.remembered)
    assert not first.runs
    return list(second.runs), dict(second.remembered)


def test_a_new_folder_runs_once_its_files_have_settled(folders: Path) -> None:
    first = look(folders, {})
    assert (dict(first.runs), first.settling) == ({}, (PLACE,))
    second = look(folders, first.remembered)
    assert list(second.runs) == [(CODE, YEAR)]
    third = look(folders, second.remembered)
    assert (dict(third.runs), third.settling) == ({}, ())


def test_changed_content_runs_again_and_a_touched_file_does_not(folders: Path) -> None:
    _, remembered = settled(folders, {})
    homes = folders / "landlords" / CODE / YEAR / "homes.csv"
    os.utime(homes, ns=(1, 1))
    runs, remembered = settled(folders, remembered)
    assert runs == []
    homes.write_text("home_id,tenure\nH2,LCRA\n")
    assert settled(folders, remembered)[0] == [(CODE, YEAR)]


def test_a_file_that_is_still_growing_waits(folders: Path) -> None:
    _, remembered = settled(folders, {})
    homes = folders / "landlords" / CODE / YEAR / "homes.csv"
    for rows in range(3):
        homes.write_text("home_id,tenure\n" + "H,LCRA\n" * rows)
        changes = look(folders, remembered)
        remembered = changes.remembered
        assert (dict(changes.runs), changes.settling) == ({}, (PLACE,))
    assert list(look(folders, remembered).runs) == [(CODE, YEAR)]


def test_a_folder_without_year_yaml_and_a_link_are_not_watched(folders: Path) -> None:
    _, remembered = settled(folders, {})
    (folders / "landlords" / CODE / "2023-24").mkdir()
    (folders / "landlords" / CODE / YEAR / "repairs.csv").symlink_to("/etc/passwd")
    assert settled(folders, remembered)[0] == []


def test_a_return_that_was_made_of_the_same_files_is_not_made_again(home: Home) -> None:
    runs, remembered = settled(home.path, {})
    assert runs == []
    homes = home.inputs / "homes.csv"
    homes.write_text(homes.read_text(encoding="utf-8") + "\n", encoding="utf-8")
    assert settled(home.path, remembered)[0] == [(CODE, YEAR)]


@pytest.mark.parametrize(
    ("name", "runs"),
    [
        ("asb_cases.parquet", [(CODE, YEAR)]),  # a second file for a table, be it of the same content
        ("corrections.yaml", [(CODE, YEAR)]),
        ("minutes.pdf", []),  # no table could be in it
    ],
)
def test_a_file_that_was_added_while_nobody_watched_is_seen(home: Home, name: str, runs: list) -> None:
    shutil.copy(home.inputs / "asb_cases.csv", home.inputs / name)
    assert settled(home.path, {})[0] == runs


def test_the_sensor_asks_for_one_run_of_one_partition(folders: Path) -> None:
    definitions = build_defs(folders)
    sensor = definitions.resolve_sensor_def(NAME)
    with dg.DagsterInstance.ephemeral() as instance:
        waiting = sensor(dg.build_sensor_context(instance=instance, definitions=definitions))
        assert isinstance(waiting, dg.SkipReason)
        assert PLACE in waiting.skip_message
        cursor = json.dumps(look(folders, {}).remembered)
        context = dg.build_sensor_context(instance=instance, cursor=cursor, definitions=definitions)
        found = sensor(context)
        (request,) = found.run_requests
        assert request.run_key.startswith(f"{PLACE}/")
        assert request.partition_key.keys_by_dimension == {"landlord": CODE, "year": YEAR}
        again = dg.build_sensor_context(instance=instance, cursor=context.cursor, definitions=definitions)
        assert "No landlord's files have changed." in sensor(again).skip_message
