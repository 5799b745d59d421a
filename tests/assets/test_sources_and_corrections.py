"""A landlord's own files, mapped and corrected, from the folder to the ledgers and the return."""

from __future__ import annotations

import json
import shutil

import pandas as pd
import pytest
from click.testing import CliRunner

from pipelines.cli import main
from tests.home import CODE, YEAR, Home

SOURCES = """\
tables:
  repairs:
    files: "jobs_*.csv"
    delimiter: ";"
    columns: {repair_id: Job No, priority: Priority}
    values: {priority: {E: emergency, R: non_emergency, routine: non_emergency}}
    filters: [{column: status, is: [cancelled], reason: cancelled jobs are no repairs}]
  asb_cases:
    files:
      - {file: asb_cases.csv, filters: [{column: hate_incident, is: ["yes"], reason: read by the second}]}
      - {file: asb_cases.csv, filters: [{column: hate_incident, is_not: ["yes"], reason: read by the first}]}
"""

CORRECTIONS = """\
corrections:
  - {{table: repairs, where: {{repair_id: {dropped}}}, action: drop, reason: raised twice, by: A. Nother,
     on: 2025-05-01}}
  - {{table: repairs, where: {{repair_id: {changed}}}, action: override, column: priority, value: emergency,
     reason: wrong priority, by: A. Nother, on: 2025-05-01}}
"""


@pytest.fixture
def mapped(home: Home) -> tuple[Home, str, str, pd.DataFrame]:
    """The landlord, its repairs in two extracts of another shape; which one is dropped, which changed."""
    jobs = pd.read_csv(home.inputs / "repairs.csv", dtype="str", keep_default_na=False)
    jobs["priority"] = jobs["priority"].replace({"emergency": "E", "non_emergency": "R"})
    once = jobs.drop_duplicates("repair_id", keep=False)
    counted = once[(once["status"] == "completed") & (once["priority"] == "R")]["repair_id"].tolist()
    jobs = jobs.rename(columns={"repair_id": "Job No", "priority": "Priority"})
    (home.inputs / "repairs.csv").unlink()
    jobs[: len(jobs) // 2].to_csv(home.inputs / "jobs_04.csv", index=False, sep=";")
    jobs[len(jobs) // 2 :].to_csv(home.inputs / "jobs_10.csv", index=False, sep=";")
    dropped, changed = counted[3], counted[5]
    (home.inputs / "sources.yaml").write_text(SOURCES, encoding="utf-8")
    corrections = CORRECTIONS.format(dropped=dropped, changed=changed)
    (home.inputs / "corrections.yaml").write_text(corrections, encoding="utf-8")
    return home, dropped, changed, jobs


def test_what_was_left_out_and_changed_stands_in_the_ledger_and_the_return(mapped) -> None:
    home, dropped, changed, jobs = mapped
    hate_incidents = pd.read_csv(home.outputs / "figures.csv").set_index("measure").loc["NM01_2", "numerator"]
    assert home.run().success
    figures = pd.read_csv(home.outputs / "figures.csv").set_index("measure")
    assert figures.loc["NM01_2", "numerator"] == hate_incidents > 0  # one file, read twice
    lines = pd.read_parquet(home.outputs / "ledgers" / "RP02_2.parquet").set_index("record_id")
    assert lines.loc[dropped, "reason"] == "dropped_by_correction"
    assert not lines.loc[dropped, "counted"]
    assert lines.loc[changed, "correction"] == "priority overridden by correction 2"
    assert set(lines["source_file"]) == {"jobs_04.csv", "jobs_10.csv"}
    filtered = lines[lines["reason"] == "filtered_by_mapping"]
    assert sorted(filtered.index) == sorted(jobs.loc[jobs["status"] == "cancelled", "Job No"])
    first = jobs.index[jobs["Job No"] == dropped][0]
    assert lines.loc[dropped, "source_row"] == first % (len(jobs) // 2) + 2
    # And all of it is kept, so that the figures can be computed again without the landlord's folder.
    shutil.rmtree(home.path / "landlords")
    result = CliRunner().invoke(main, ["--home", str(home.path), "reproduce", CODE, YEAR])
    assert result.exit_code == 0, result.output
    document = json.loads((home.outputs / "return.json").read_bytes())
    told = [(each["action"], each["outcome"], each["records"]) for each in document["corrections"]]
    assert told == [("drop", "applied", 1), ("override", "applied", 1)]
    manifest = json.loads((home.outputs / "manifest.json").read_bytes())
    (repairs,) = [each for each in manifest["inputs"] if each["table"] == "repairs"]
    assert repairs["file"] == "jobs_*.csv (2 files)"
    assert repairs["rows"] == len(jobs)
    kept = home.path / "store" / "received" / "repairs" / CODE / YEAR / CODE / YEAR
    assert {file.name for file in kept.iterdir()} == {
        "jobs_04.csv", "jobs_10.csv", "sources.yaml", "corrections.yaml"
    }  # fmt: skip


def test_a_correction_of_a_source_that_has_changed_since_stops_the_return(mapped) -> None:
    home, dropped, _, _ = mapped
    before = home.published()
    expecting = f"""\
corrections:
  - {{table: repairs, where: {{repair_id: {dropped}}}, action: drop, expect: {{status: open}}, reason: raised
     twice, by: A. Nother, on: 2025-05-01}}
"""
    (home.inputs / "corrections.yaml").write_text(expecting, encoding="utf-8")
    assert not home.run().success
    assert home.published() == before
