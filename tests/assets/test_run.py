from __future__ import annotations

import hashlib
import json
import shutil
import time
from decimal import Decimal
from functools import partial
from itertools import pairwise

import dagster as dg
import pandas as pd
import pytest

from pipelines.assets import statutory_return
from pipelines.assets.publications import OUTPUTS
from pipelines.partitions import partition_key
from pipelines.runs import run_return
from pipelines.statutory.distributions import SHIPPED
from schemas.errors import InputError, StopError
from schemas.outputs import FINDING_COLUMNS
from schemas.rulebook import load_edition
from schemas.tables import TABLES
from tests.elsewhere import run_elsewhere
from tests.home import CODE, YEAR, Home
from tests.publications import jobs

KEY = partition_key(CODE, YEAR)
# Replaced together or not at all, so materialised together.
PUBLICATIONS = [f"publications/{name}" for name in OUTPUTS]
DOCUMENT = ["statutory_return/document", "statutory_return/findings"]
FIGURES = ["statutory_return/figures", "statutory_return/reasons"]


def latest(home: Home, key: str) -> dg.EventLogRecord:
    with home.instance() as instance:
        found = instance.fetch_materializations(
            dg.AssetRecordsFilter(asset_key=dg.AssetKey(key.split("/")), asset_partitions=[KEY]), limit=1
        )
        return found.records[0]


def tags(home: Home, key: str) -> dict[str, str]:
    return dict(latest(home, key).asset_materialization.tags or {})


def failure(outcome: dg.ExecuteInProcessResult) -> str:
    (event,) = outcome.filter_events(lambda e: e.event_type == dg.DagsterEventType.STEP_FAILURE)
    return str(event.step_failure_data.user_failure_data.description)


def checked_alone(table: str) -> list[str]:
    """Return the assets of the step that checks one table."""
    return [f"records/{table}{suffix}" for suffix in ("", "_rejected", "_findings", "_copied")]


def test_every_output_is_there(finished):
    names = set(finished.published())
    measures = {measure.key for measure in load_edition(YEAR).measures}
    files = {file for file, _ in OUTPUTS.values() if file != "ledgers"}
    assert names == files | {f"ledgers/{key}.parquet" for key in (*measures, "weights")}
    index = (finished.path / "returns" / "index.html").read_text(encoding="utf-8")
    assert f'href="{CODE}/{YEAR}/return.pdf"' in index


def test_every_figure_is_the_tally_of_its_ledger(finished):
    figures = pd.read_csv(finished.outputs / "figures.csv", dtype="str")
    reported = figures[figures["status"] == "reported"]
    assert len(reported) > 20
    for row in reported.itertuples():
        lines = pd.read_parquet(finished.outputs / "ledgers" / f"{row.measure}.parquet")
        mine = lines[lines["population"] == row.population]
        counts = mine["weight"].map(Decimal) if "weight" in mine else pd.Series(Decimal(1), index=mine.index)
        sums = [counts[mine[side]].sum() for side in ("met", "counted")]
        assert sums == [Decimal(row.numerator), Decimal(row.denominator)]


@pytest.mark.parametrize("table", sorted(set(TABLES) - {"population_margins"}))
def test_every_record_received_is_accounted_for(finished, table):
    inputs = {
        each["table"]: each
        for each in json.loads(finished.published()["return.json"])["provenance"]["inputs"]
    }
    (file,) = finished.inputs.glob(f"{table}.*")
    read = {
        ".csv": pd.read_csv,
        ".xlsx": partial(pd.read_excel, engine="calamine"),
        ".parquet": pd.read_parquet,
    }[file.suffix]
    each = inputs[table]
    assert each["accepted"] + each["rejected"] == each["rows"] == len(read(file))


def test_data_versions_chain_from_the_file_to_the_pdf(finished):
    file = (finished.inputs / "repairs.csv").read_bytes()
    version = hashlib.sha256(file).hexdigest()
    assert tags(finished, "received/repairs")["dagster/data_version"] == version
    chain = ["received/repairs", "records/repairs", "measures/RP02_1", "statutory_return/figures"]
    chain += ["statutory_return/document", "publications/return_pdf"]
    for parent, child in pairwise(chain):
        taken = tags(finished, child)[f"dagster/input_data_version/{parent}"]
        # Of a partitioned parent Dagster records the hash of its partitions' versions: here, of one.
        assert taken == hashlib.sha256(tags(finished, parent)["dagster/data_version"].encode()).hexdigest()
    pdf = hashlib.sha256(finished.published()["return.pdf"]).hexdigest()
    assert tags(finished, "publications/return_pdf")["dagster/data_version"] == pdf


def test_the_pdfs_asset_page_links_to_its_download(finished):
    metadata = latest(finished, "publications/return_pdf").asset_materialization.metadata
    assert metadata["download"].value == f"[Download return.pdf](/returns/{CODE}/{YEAR}/return.pdf)"


def test_materialisations_say_rows_and_edition(finished):
    metadata = latest(finished, "records/repairs").asset_materialization.metadata
    assert metadata["dagster/partition_row_count"].value > 300
    assert metadata["edition"].value == YEAR


def test_checks_are_recorded_for_the_partition(finished):
    with finished.instance() as instance:
        check = dg.AssetCheckKey(dg.AssetKey(["records", "repairs"]), "cells_readable")
        history = instance.event_log_storage.get_asset_check_execution_history(check, limit=5)
        (record,) = history
        assert record.partition == KEY
        assert record.event.dagster_event.asset_check_evaluation_data.passed is False


def test_every_file_that_went_in_is_in_the_manifest_by_its_hash(finished):
    listed = {
        each["file"]: each["sha256"] for each in json.loads(finished.published()["manifest.json"])["inputs"]
    }
    files = [*finished.inputs.iterdir(), finished.inputs.parent / "landlord.yaml"]
    files.append(SHIPPED)  # what the nation's figures are from
    given = {file.name: hashlib.sha256(file.read_bytes()).hexdigest() for file in files}
    assert listed == given  # the questionnaires among them


def test_the_validations_findings_are_among_the_published_ones(finished):
    document = json.loads(finished.published()["return.json"])
    findings = pd.read_csv(finished.outputs / "findings.csv", dtype=str, encoding="utf-8-sig")
    assert len(findings) == sum(document["findings"]["counts"].values())
    warned = {check["id"] for check in document["checks"] if check["outcome"] == "warning"}
    assert warned == set(findings["finding_id"]) & {check["id"] for check in document["checks"]}
    assert warned


def test_nothing_of_a_tenant_is_in_the_event_log(finished):
    responses = pd.read_csv(finished.inputs / "survey_responses.csv", dtype=str)
    said = [text for text in responses["comment"].dropna().unique() if len(text) > 12]
    assert said
    logs = b"".join(file.read_bytes() for file in (finished.path / "dagster").rglob("*") if file.is_file())
    assert [text for text in said if text.encode() in logs] == []


def test_the_same_input_gives_the_same_bytes_on_another_day_in_another_place(finished, tmp_path):
    home = Home(tmp_path / "home with a space")
    shutil.copytree(finished.path / "landlords", home.path / "landlords")
    tsm = ["-c", "from pipelines.cli import main; main()", "--home", str(home.path), "run", CODE, YEAR]
    begin = time.time()
    run_elsewhere(tsm, tmp_path)
    assert home.outputs.stat().st_mtime < begin + 86400  # the disk has the true day
    with home.instance() as instance:
        (run,) = instance.get_run_records()
        assert run.create_timestamp.timestamp() > begin + 400 * 86400  # the program had the other one
    before, after = finished.published(), home.published()
    assert {name for name in before | after if before.get(name) != after.get(name)} == set()


def test_the_record_of_runs_names_the_run_by_the_manifests_hash(finished):
    manifest = hashlib.sha256(finished.published()["manifest.json"]).hexdigest()
    assert tags(finished, "publications/manifest")["dagster/data_version"] == manifest
    assert latest(finished, "publications/manifest").run_id


def test_a_page_without_end_fails_the_run_and_leaves_the_last_good_return(home, monkeypatch):
    from pipelines.assets import publications
    from pipelines.runs import remake_pages

    before = home.published()
    monkeypatch.setattr(publications, "pdf_of", jobs.wait)
    monkeypatch.setenv("TSM_RENDER_SECONDS", "1")
    sentence = f"The PDF of {CODE} for {YEAR} was not made: it took more than 1 second and was ended"
    with pytest.raises(InputError, match=sentence):
        remake_pages(home.path, CODE, YEAR)
    assert home.published() == before


def spoil(home: Home) -> None:
    """Give two files for one table: a stop finding."""
    (home.inputs / "asb_cases.parquet").write_bytes((home.inputs / "asb_cases.csv").read_bytes())


@pytest.fixture(scope="module")
def stopped(finished, tmp_path_factory) -> Home:
    """A finished home whose files were spoiled afterwards and run again; nothing may have come of it."""
    copy = tmp_path_factory.mktemp("stopped") / "home"
    shutil.copytree(finished.path, copy)
    home = Home(copy)
    spoil(home)
    assert not home.run().success
    return home


def test_a_stop_finding_leaves_the_last_good_return(finished, stopped):
    assert stopped.published() == finished.published()


def test_the_findings_that_stop_are_kept_for_people(stopped):
    kept = stopped.path / "store" / "records" / "findings" / CODE / f"{YEAR}.parquet"
    findings = pd.read_parquet(kept)
    assert findings[findings["grade"] == "stop"]["finding_id"].tolist() == ["FIL-002"]


@pytest.mark.parametrize(
    "selection",
    [
        PUBLICATIONS,
        DOCUMENT,
        FIGURES,
        ["measures/NM01_1"],
        ["measures/NM01_1", *FIGURES, *DOCUMENT, *PUBLICATIONS],
    ],
)
def test_a_later_run_of_downstream_assets_alone_is_refused_too(finished, stopped, selection):
    outcome = stopped.run([*selection])
    assert not outcome.success
    assert "withheld" in failure(outcome)
    assert stopped.published() == finished.published()


@pytest.mark.parametrize("table", ["homes", "asb_cases"])
def test_a_stopped_run_tells_what_it_found_however_it_was_started(home, table):
    """As from the web UI or the sensor, which start the job and not the command.

    Without homes the figures are refused; without cases a measure is, before the findings are listed.
    """
    told = home.outputs.with_name(f"{YEAR}.findings")
    index = home.outputs.parent.parent / "index.html"
    (home.inputs / f"{table}.parquet").write_bytes(b"another")  # two files for one table
    assert not home.run().success
    rules = set(pd.read_csv(told / "findings.csv")["finding_id"])
    assert "FIL-002" in rules
    assert f"T0001/{YEAR}.findings/findings.html" in index.read_text(encoding="utf-8")


def test_a_stop_of_the_regulators_validations_is_told_and_holds(home, monkeypatch):
    """A return that breaks a rule of the form: its findings reach people, and no page is made from them."""
    before = home.published()

    def broken(outcomes: object) -> pd.DataFrame:
        row = dict.fromkeys(FINDING_COLUMNS, "") | {
            "finding_id": "VAL-99",
            "grade": "stop",
            "table": "return",
        }
        return pd.DataFrame([{**row, "row": None, "effect": "kept", "message": "It does not add up."}])

    monkeypatch.setattr(statutory_return, "as_findings", broken)
    with pytest.raises(StopError, match=r"VAL-99: It does not add up\.[\s\S]*findings\.html"):
        run_return(home.path, CODE, YEAR, DOCUMENT)
    told = pd.read_csv(home.outputs.with_name(f"{YEAR}.findings") / "findings.csv", dtype="str")
    assert told["finding_id"].iloc[0] == "VAL-99"
    assert len(told) > 10  # with what was found in the files
    assert "withheld" in failure(home.run(PUBLICATIONS))
    assert home.published() == before


def test_a_refusal_without_a_stop_finding_names_no_findings(home, monkeypatch):
    """Nothing was written for it, so the sentence must not say where."""

    def moved(*_: object) -> None:
        raise dg.Failure("received/homes has changed since its table was checked")

    monkeypatch.setattr(statutory_return, "_require_kept", moved)
    with pytest.raises(StopError, match="has changed since") as caught:
        run_return(home.path, CODE, YEAR)
    assert "findings.html" not in str(caught.value)
    assert not home.outputs.with_name(f"{YEAR}.findings").exists()


def test_records_that_were_checked_alone_do_not_slip_past_the_findings(home):
    # The kept findings are of the good homes; what lies downstream must not take the refused ones.
    before = home.published()
    (home.inputs / "homes.parquet").write_bytes(b"another")
    parts = ["received/homes", *checked_alone("homes")]
    assert home.run(parts).success
    for selection in (FIGURES, DOCUMENT, [*FIGURES, *DOCUMENT, *PUBLICATIONS]):
        assert "withheld" in failure(home.run(selection))
    assert home.published() == before


def test_old_and_new_are_not_mixed(home):
    before = home.published()
    repairs = home.inputs / "repairs.csv"
    lines = repairs.read_text(encoding="utf-8").splitlines()
    repairs.write_text("\n".join([*lines[:-1], ""]), encoding="utf-8")
    checked = ["received/repairs", *checked_alone("repairs")]
    assert home.run([*checked, "records/findings", "records/inputs"]).success
    outcome = home.run(FIGURES)
    assert "measures/RP02_1 was made from another repairs" in failure(outcome)
    assert home.published() == before
    assert home.run(["measures/RP02_1", "measures/RP02_2", *FIGURES]).success
    outcome = home.run(PUBLICATIONS)
    assert "has changed since the return was assembled" in failure(outcome)
    assert home.published() == before
