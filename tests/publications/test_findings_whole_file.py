"""A fault of a whole file is one message, however many rows the file has."""

from __future__ import annotations

import io
import re
import shutil
from collections.abc import Callable
from pathlib import Path

import openpyxl
import pytest

from pipelines.assurance.compute import check_folder
from pipelines.intake import receive
from pipelines.publications import findings_html
from pipelines.publications.findings_workbook import findings_xlsx, rows_with_findings
from pipelines.sample import SampleSpec, write_sample
from pipelines.statutory.finding_effects import findings_document, group_effects, nothing_unused
from pipelines.statutory.findings import finding_groups
from tests.publications.test_web import Reader
from tests.publications.xlsx_reading import table_of

CODE, YEAR = "T0001", "2024-25"
# No planted faults: what is found is of the fault under test.
SPEC = SampleSpec(
    code=CODE, years=(YEAR,), lcra_homes=500, lcho_homes=60, repairs=400, complaints=60, asb_cases=60,
    responses=100, mess=False,
)  # fmt: skip


@pytest.fixture(scope="module")
def sample(tmp_path_factory) -> Path:
    home = tmp_path_factory.mktemp("home")
    write_sample(home, SPEC)
    return home / "landlords" / CODE


def web_page(text: str) -> str:
    rows = "".join(f"<tr><td>{line}</td></tr>" for line in text.splitlines())
    return f"<!DOCTYPE html><html><body><table>{rows}</table></body></html>"


def wrong_year(text: str) -> str:
    return re.sub(r"20(\d\d)-(\d\d-\d\d)", lambda date: f"20{int(date[1]) - 4}-{date[2]}", text)


def wrong_template(text: str) -> str:
    return "Ward,Officer,Notes\n" + "North,12,none\n" * len(text.splitlines())


@pytest.mark.parametrize(
    ("table", "fault", "finding_id", "said"),
    [
        ("repairs", web_page, "FIL-008", "is a web page, not a CSV file"),
        ("repairs", wrong_year, "REP-903", "in the reporting year"),
        ("homes", wrong_template, "FIL-005", "has no column home_id"),
        ("survey_responses", wrong_year, "SUR-903", "in the reporting year"),
        ("safety_checks", web_page, "FIL-008", "is a web page, not a CSV file"),
    ],
)
def test_it_is_one_group_of_one_finding(
    sample: Path, tmp_path: Path, table: str, fault: Callable[[str], str], finding_id: str, said: str
) -> None:
    folder = tmp_path / CODE
    shutil.copytree(sample, folder)
    (given,) = (file for file in (folder / YEAR).iterdir() if file.stem == table)
    frame = receive(folder / YEAR, table).frame
    assert frame is not None
    given.unlink()
    given.with_suffix(".csv").write_text(fault(frame.to_csv(index=False)))

    checked = check_folder(folder, YEAR)

    assert checked.stopped
    groups = finding_groups(checked.findings, [], [measure.key for measure in checked.rules.edition.measures])
    (group,) = (group for group in groups if group["table"] == table)
    assert (group["finding_id"], group["grade"], group["records"]) == (finding_id, "stop", 1)
    assert said in group["message"]
    if table != "safety_checks":  # without its checks each home has neither a check nor an exclusion
        assert len(checked.findings) < 20  # and nothing follows from it row by row elsewhere

    # Enough of a document for a return that is withheld.
    told = group_effects([group], nothing_unused(), [], checked.rules.edition)
    document = findings_document(told, checked.rules.edition, "Example Homes", "TSM Pipeline")
    findings = checked.findings[checked.findings["table"] == table]
    listed = findings.to_dict("records")
    text = Reader(findings_html(document, listed)).text
    assert "The return is withheld: 1 matter must be put right first." in text
    assert "No figure is published until it is put right." in text
    assert text.count(said) == 2  # in the summary, and under its rule
    received = receive(folder / YEAR, table)
    copied = {} if received.frame is None else {table: rows_with_findings(received.frame, findings, table)}
    workbook = openpyxl.load_workbook(io.BytesIO(findings_xlsx(document, listed, copied)))
    assert workbook.sheetnames == ["Contents", "Findings", "Each finding"]
    assert len(table_of(workbook, "Each finding")) == 1
