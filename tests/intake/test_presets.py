"""Each shipped mapping on files of its shape: typed records without a finding, and a finding a departure."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pandas as pd
import pytest

from pipelines.intake import Records, check_table, receive
from pipelines.intake.proposal_text import as_yaml
from pipelines.intake.propose import propose
from pipelines.intake.sources import preset_entry, preset_names, read_entry
from tests.intake import shapes
from tests.intake.shapes import EDITION, Rows, changed, csv_file, renamed, without

SETTINGS = EDITION.resolve_settings({"rejected_share_stop": 100})
TABLE_OF = {
    "tsm_labels": "survey_responses",
    "tsm_codes_1_is_best": "survey_responses",
    "tsm_codes_5_is_best": "survey_responses",
    "hact_repairs": "repairs",
    "hact_homes": "homes",
    "asset_compliance_register": "safety_checks",
}


def records(tmp_path: Path, preset: str, rows: Rows, more: str = "") -> Records:
    """Check a file of some shape under a shipped mapping and nothing else."""
    table = TABLE_OF[preset]
    csv_file(tmp_path / "export.csv", rows)
    entry = f"tables:\n  {table}:\n    preset: {preset}\n    files: export.csv\n{more}"
    (tmp_path / "sources.yaml").write_text(entry, encoding="utf-8")
    return check_table(receive(tmp_path, table), EDITION, {}, SETTINGS)


def found(checked: Records) -> dict[str, int]:
    """How often each finding is there."""
    return dict(checked.findings["finding_id"].value_counts())


WORK_ORDERS = without(shapes.work_orders(), "TradeCode")
REGISTER = without(shapes.register(), "Address", "EICR Date")
GAS_ONLY = without(REGISTER, "FRA Date", "Asbestos Survey Date", "Legionella Date", "LOLER Date")
CLEAN: dict[str, Rows] = {
    "tsm_labels": shapes.labelled(),
    "tsm_codes_1_is_best": shapes.coded(best=1),
    "tsm_codes_5_is_best": shapes.coded(best=5),
    "hact_repairs": WORK_ORDERS,
    "hact_homes": shapes.properties(),
    "asset_compliance_register": [row for row in GAS_ONLY if row[1] != "N/A"],
}


def test_every_preset_is_tried() -> None:
    assert set(CLEAN) == set(TABLE_OF) == set(preset_names())


@pytest.mark.parametrize("preset", TABLE_OF)
def test_a_preset_is_a_tables_entry(preset: str) -> None:
    entry = preset_entry(preset)

    assert not {"files", "sql", "sheet", "header_row"} & set(entry)
    read_entry(TABLE_OF[preset], entry, preset)


@pytest.mark.parametrize("preset", TABLE_OF)
def test_a_file_of_its_shape_gives_records_without_a_finding(tmp_path: Path, preset: str) -> None:
    checked = records(tmp_path, preset, CLEAN[preset])

    assert found(checked) == {}
    assert len(checked.accepted) == len(CLEAN[preset]) - 1
    assert checked.rejected.empty


# --------------------------------------------------------------------------------------------- what they mean


@pytest.mark.parametrize(("preset", "best"), [("tsm_codes_1_is_best", 1), ("tsm_codes_5_is_best", 5)])
def test_codes_become_the_answers_that_the_labels_say(tmp_path: Path, preset: str, best: int) -> None:
    """The same responses, in words and in codes: not one answer differs."""
    said = records(tmp_path, "tsm_labels", shapes.labelled()).accepted
    coded = records(tmp_path, preset, shapes.coded(best=best)).accepted

    columns = [*shapes.TP, "had_repair", "made_complaint", "communal_areas"]
    pd.testing.assert_frame_equal(coded[columns], said[columns])
    counts = coded["TP01"].value_counts()
    assert set(counts.index) == {"VS", "FS", "NSD", "FD", "VD"}
    assert counts["VS"] > counts["VD"]


def with_points(rows: Rows) -> Rows:
    """A file of codes as software writes it that keeps a column with blanks as numbers: 5.0 for 5."""
    coded = [rows[0].index(name) for name in (*shapes.FILTERS, *shapes.TP)]
    return [rows[0]] + [[f"{c}.0" if i in coded and c else c for i, c in enumerate(r)] for r in rows[1:]]


def test_codes_with_a_point_are_the_same_codes(tmp_path: Path) -> None:
    """The same responses, as 5 and as 5.0, under a preset and under what is proposed for either."""
    key = "1 = Very dissatisfied, 5 = Very satisfied, 6 = Don't know"
    said = {name: f"{name} ({key})" for name in shapes.TP}
    plain = shapes.coded(best=5)
    expected = records(tmp_path, "tsm_codes_5_is_best", plain).accepted

    checked = records(tmp_path, "tsm_codes_5_is_best", with_points(plain))
    proposal = propose(csv_file(tmp_path / "export.csv", renamed(with_points(plain), said)), EDITION)
    (tmp_path / "sources.yaml").write_text(as_yaml(proposal), encoding="utf-8")
    proposed = check_table(receive(tmp_path, "survey_responses"), EDITION, {}, SETTINGS).accepted

    assert found(checked) == {}
    pd.testing.assert_frame_equal(checked.accepted, expected)
    columns = [*shapes.TP, "had_repair", "made_complaint", "communal_areas"]
    pd.testing.assert_frame_equal(proposed[columns], expected[columns])


@pytest.mark.parametrize("cell", ["5.5", "5.", "500.0"])
def test_another_number_with_a_point_is_no_code(tmp_path: Path, cell: str) -> None:
    rows = changed(shapes.coded(best=5), "TP01", cell, 3)

    assert found(records(tmp_path, "tsm_codes_5_is_best", rows))["SUR-212"] == 1


def test_the_words_of_a_survey(tmp_path: Path) -> None:
    accepted = records(tmp_path, "tsm_labels", shapes.labelled()).accepted

    assert set(accepted["tenure"]) == {"LCRA"}
    assert set(accepted["method"]) == {"telephone", "internet", "postal"}
    assert set(accepted["TP12"]) >= {"NADK", "VS"}
    assert list(accepted["area"][:2]) == ["North", "South"]


def test_the_words_of_work_orders(tmp_path: Path) -> None:
    accepted = records(tmp_path, "hact_repairs", WORK_ORDERS).accepted

    of_theirs = pd.crosstab(shapes.column(WORK_ORDERS, "PriorityDescription"), accepted["priority"])
    assert of_theirs.loc["Emergency", "emergency"] == len(accepted[accepted["priority"] == "emergency"])
    assert set(accepted["status"]) == {"completed", "open", "cancelled"}
    assert set(accepted["work_type"]) == {"responsive", "planned"}
    assert accepted["completed_at"].notna().sum() == (accepted["status"] == "completed").sum()


def test_the_words_of_properties(tmp_path: Path) -> None:
    accepted = records(tmp_path, "hact_homes", shapes.properties()).accepted

    assert list(accepted["tenure"][:4]) == ["LCRA", "LCRA", "LCHO", "other"]
    assert list(accepted["decent_homes"][:4]) == ["meets", "fails", "meets", "exempt"]
    assert list(accepted["bedrooms"][:2]) == ["1", "2"]


def test_a_register_becomes_a_row_a_check(tmp_path: Path) -> None:
    checked = records(tmp_path, "asset_compliance_register", REGISTER)

    accepted = checked.accepted
    dates = [cell for row in REGISTER[1:] for cell in row[1:] if cell not in ("", "N/A")]
    assert len(accepted) == len(dates)
    assert dict(accepted["programme"].value_counts()) == {
        "fire": 40,
        "asbestos": 40,
        "water": 40,
        "gas": 35,
        "lift": 4,
    }
    first = accepted[accepted["home_id"] == "P0000"].set_index("programme")["completed_on"]
    assert first["gas"] == pd.Timestamp(2024, 4, 2)
    assert first["fire"] == pd.Timestamp(2024, 5, 12)
    # 5 homes without gas and 36 without a lift are said; the others have no prescribed interval.
    assert {"MAP-105": 2, "CHK-506": 120}.items() <= found(checked).items()


# ------------------------------------------------------------------------------------------- and what departs


def survey(heading: str, value: Any, *others: tuple[str, Any]) -> Rows:
    rows = changed(shapes.labelled(), heading, value, 3)
    for name, cell in others:
        rows = changed(rows, name, cell, 3)
    return rows


def order(heading: str, value: Any) -> Rows:
    return changed(WORK_ORDERS, heading, value, 1)  # an emergency that was completed


def home(heading: str, value: Any) -> Rows:
    return changed(shapes.properties(), heading, value, 3)


@pytest.mark.parametrize(
    ("preset", "rows", "finding"),
    [
        ("tsm_labels", survey("TP06", "Very happy"), "SUR-262"),
        ("tsm_labels", survey("TP08", "Very satisfied"), "SUR-282"),
        ("tsm_labels", survey("Tenure", "Commercial"), "SUR-032"),
        ("tsm_labels", survey("Survey Method", "Pigeon"), "SUR-052"),
        ("tsm_labels", survey("Interview Date", "31/12/2024"), "SUR-042"),
        ("tsm_labels", survey("Respondent ID", "R0000"), "SUR-902"),
        ("tsm_labels", survey("Had repair", "Perhaps"), "SUR-062"),
        ("tsm_labels", renamed(shapes.labelled(), {"Survey Method": "How"}), "MAP-101"),
        ("tsm_labels", renamed(shapes.labelled(), {"Had repair": "Filter 1"}), "SUR-551"),
        ("tsm_codes_1_is_best", changed(shapes.coded(), "TP05", "7", 3), "SUR-252"),
        ("tsm_codes_1_is_best", changed(shapes.coded(), "TP01", "6", 3), "SUR-212"),
        ("tsm_codes_1_is_best", changed(shapes.coded(), "Had repair", "3", 3), "SUR-062"),
        ("tsm_codes_5_is_best", changed(shapes.coded(best=5), "TP11", "0", 3), "SUR-312"),
        ("hact_repairs", order("PriorityDescription", "Zebra"), "REP-052"),
        ("hact_repairs", order("WorkClass", "Gardening"), "REP-062"),
        ("hact_repairs", order("DateReported", "01/05/2024"), "REP-072"),
        ("hact_repairs", order("RequiredCompletionDateTime", "2024-01-01T00:00:00"), "REP-502"),
        ("hact_repairs", order("ActualCompletionDateTime", "2024-01-01T00:00:00"), "REP-501"),
        ("hact_repairs", order("ActualCompletionDateTime", ""), "REP-503"),
        ("hact_repairs", order("WorkOrderStatus", "Lost"), "REP-102"),
        ("hact_repairs", order("WorkOrderReference", "WO0001"), "REP-902"),
        ("hact_repairs", without(WORK_ORDERS, "WorkOrderStatus"), "MAP-101"),
        ("hact_homes", home("TenureType", "Squat"), "HOM-022"),
        ("hact_homes", home("UPRN", "1.00023E+11"), "HOM-052"),
        ("hact_homes", home("LocalAuthorityCode", "00GL"), "HOM-092"),
        ("hact_homes", home("DecentHomesStatus", "Perhaps"), "HOM-102"),
        ("hact_homes", home("AcquisitionDate", "1 April"), "HOM-062"),
        ("hact_homes", home("PropertyReference", "P0000"), "HOM-902"),
        (
            "asset_compliance_register",
            changed(CLEAN["asset_compliance_register"], "LGSR Date", "soon", 2),
            "CHK-052",
        ),
        (
            "asset_compliance_register",
            changed(CLEAN["asset_compliance_register"], "Property Ref", "P0000", 2),
            "CHK-902",
        ),
        (
            "asset_compliance_register",
            changed(CLEAN["asset_compliance_register"], "LGSR Date", "N/A", 2),
            "MAP-105",
        ),
        ("asset_compliance_register", renamed(GAS_ONLY, {"LGSR Date": "Boiler"}), "MAP-101"),
        ("asset_compliance_register", renamed(GAS_ONLY, {"Property Ref": "Street"}), "FIL-005"),
    ],
)
def test_a_planted_departure_is_found(tmp_path: Path, preset: str, rows: Rows, finding: str) -> None:
    checked = records(tmp_path, preset, rows)

    assert finding in found(checked)
    assert found(checked)[finding] == 1


def test_what_a_landlord_says_stands_over_the_preset(tmp_path: Path) -> None:
    more = "    values: {priority: {Urgent: emergency}}\n"

    accepted = records(tmp_path, "hact_repairs", WORK_ORDERS, more).accepted

    urgent = [
        i for i, word in enumerate(shapes.column(WORK_ORDERS, "PriorityDescription")) if word == "Urgent"
    ]
    assert set(accepted.loc[urgent, "priority"]) == {"emergency"}


def test_what_is_proposed_for_codes_needs_one_line_more(tmp_path: Path) -> None:
    """The preset that `tsm map` names for codes without a direction, over its own columns."""
    csv_file(tmp_path / "export.csv", shapes.coded(best=5))
    text = as_yaml(propose(tmp_path / "export.csv", EDITION))
    assert "preset: tsm_codes_5_is_best" in text
    entry = text.replace("    files:", "    preset: tsm_codes_5_is_best\n    files:", 1)
    (tmp_path / "sources.yaml").write_text(entry, encoding="utf-8")

    checked = check_table(receive(tmp_path, "survey_responses"), EDITION, {}, SETTINGS)

    assert found(checked) == {}
    assert checked.accepted["TP01"].notna().all()
