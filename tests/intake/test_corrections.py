"""Corrections: each rule with its planted violation and clean twin, and what becomes of a record."""

from __future__ import annotations

import json
import time
from collections.abc import Mapping
from dataclasses import replace
from datetime import date
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pyarrow as pa
import pytest
import yaml

from pipelines.intake import receive
from pipelines.intake.corrections import (
    DROPPED,
    MOST_NAMED,
    Corrected,
    Correction,
    apply_corrections,
    check_corrected,
    load_corrections,
)
from pipelines.intake.findings import MASKED
from pipelines.intake.origin import Origin, SourceFile
from schemas.errors import InputError
from schemas.outputs import FINDING_COLUMNS
from schemas.tables import TABLES, Effect, Grade
from schemas.tables.correction_rules import BY_NUMBER, CORRECTION_RULES
from tests.intake.support import CLEAN, EDITION, SETTINGS, check_rows, write_csv

SAID = {"reason": "year mistyped; job sheet seen", "by": "Jo Bloggs", "on": "2025-05-31"}
JOBS = {
    "repair_id": ["R1", "R2", "R2", " R3 "],
    "priority": ["emergency", "emergency", "non_emergency", "emergency"],
    "completed_at": ["2042-05-02", "2024-05-02", "2024-05-03", ""],
}
OVERRIDE = {
    "where": {"repair_id": "R1"},
    "action": "override",
    "column": "completed_at",
    "value": "2024-05-02",
}
DROP = {"where": {"repair_id": "R1"}, "action": "drop"}


def frame_of(cells: Mapping[str, list[str]]) -> pd.DataFrame:
    frame = pd.DataFrame({name: pd.Series(values, dtype="str") for name, values in cells.items()})
    return frame.set_axis(pd.RangeIndex(2, len(frame) + 2, name="source_row"))


def load(folder: Path, *entries: Mapping[str, Any], table: str = "repairs") -> tuple[Correction, ...]:
    content = {"corrections": [{"table": table, **SAID, **entry} for entry in entries]}
    plain = json.loads(json.dumps(content))  # without objects that are the same: YAML would name them twice
    (folder / "corrections.yaml").write_text(yaml.safe_dump(plain, sort_keys=False), encoding="utf-8")
    return load_corrections(folder)


def apply(folder: Path, *entries: Mapping[str, Any], cells: Mapping[str, list[str]] = JOBS) -> Corrected:
    return apply_corrections(frame_of(cells), load(folder, *entries), "repairs", file="repairs.csv")


def dropped(corrected: Corrected) -> list[int]:
    return [row for each in corrected.left_out for row in each.rows.index]


def found(corrected: Corrected) -> list[str]:
    return list(corrected.findings["finding_id"])


# ------------------------------------------------------------------------------------------------------ rules

# Rule → the entries that break it, and the same entries put right.
PLANTED: dict[str, tuple[list[dict[str, Any]], list[dict[str, Any]]]] = {
    "COR-001": ([DROP | {"where": {"repair_id": "R9"}}], [DROP]),
    "COR-002": ([DROP | {"where": {"repair_id": "R2"}}], [DROP | {"where": {"repair_id": "R2", "row": 4}}]),
    "COR-003": (
        [DROP | {"where": {"priority": "emergency"}}],
        [DROP | {"where": {"priority": "non_emergency"}}],
    ),
    "COR-004": (
        [OVERRIDE | {"expect": {"completed_at": "2024-05-02"}}],
        [OVERRIDE | {"expect": {"completed_at": "2042-05-02"}}],
    ),
    "COR-005": ([OVERRIDE | {"value": "2042-05-02"}], [OVERRIDE]),
    "COR-006": ([OVERRIDE], [DROP]),
    "COR-007": ([DROP], [OVERRIDE]),
    "COR-008": ([DROP | {"action": "flag"}], [DROP]),
    "COR-009": ([OVERRIDE | {"column": "target_at"}], [OVERRIDE]),
    "COR-010": ([OVERRIDE, DROP], [OVERRIDE, DROP | {"where": {"row": 3}}]),
}


@pytest.mark.parametrize("rule_id", PLANTED)
def test_a_planted_violation_is_found_and_its_clean_twin_is_not(tmp_path: Path, rule_id: str) -> None:
    entries, put_right = PLANTED[rule_id]
    rule = next(rule for rule in CORRECTION_RULES if rule.id == rule_id)

    corrected = apply(tmp_path, *entries)

    findings = corrected.findings[corrected.findings["finding_id"] == rule_id]
    assert len(findings) == 1
    row = findings.iloc[0]
    assert list(findings.columns) == list(FINDING_COLUMNS)
    assert (row["grade"], row["effect"], row["table"]) == (rule.grade, rule.effect, "repairs")
    assert row["touches"] == "RP02_1;RP02_2"
    assert "{" not in row["message"] + row["remedy"]
    assert row["message"].endswith(".")
    assert rule_id not in found(apply(tmp_path, *put_right))


def test_no_rule_is_without_a_planted_violation() -> None:
    assert set(PLANTED) == {rule.id for rule in CORRECTION_RULES}
    assert len(BY_NUMBER) == len(CORRECTION_RULES)


def test_a_table_without_corrections_stays_as_it_is(tmp_path: Path) -> None:
    frame = frame_of(JOBS)
    corrections = load(tmp_path, DROP | {"where": {"case_id": "R1"}}, table="asb_cases")

    corrected = apply_corrections(frame, corrections, "repairs")

    pd.testing.assert_frame_equal(corrected.frame, frame)
    assert corrected.findings.empty
    assert corrected.left_out == ()
    assert corrected.applied == ()
    assert set(corrected.marks) == {""}


@pytest.mark.parametrize("rule_id", ["COR-001", "COR-002", "COR-004", "COR-005", "COR-009"])
def test_an_entry_that_fails_changes_nothing_and_is_reported(tmp_path: Path, rule_id: str) -> None:
    corrected = apply(tmp_path, *PLANTED[rule_id][0])

    assert found(corrected) == [rule_id]
    pd.testing.assert_frame_equal(corrected.frame, frame_of(JOBS))
    assert corrected.left_out == ()
    (entry,) = corrected.applied
    assert entry["records"] == 0
    assert entry["outcome"] not in ("", "applied")


# ------------------------------------------------------------------------------------- what a correction does


def test_an_override_shows_before_and_after_and_marks_the_record(tmp_path: Path) -> None:
    corrected = apply(tmp_path, OVERRIDE)

    assert list(corrected.frame["completed_at"]) == ["2024-05-02", "2024-05-02", "2024-05-03", ""]
    finding = corrected.findings.iloc[0]
    assert finding["message"] == (
        "completed_at is “2042-05-02” in the source and was taken as “2024-05-02”, by correction 1; year "
        "mistyped; job sheet seen (Jo Bloggs, 2025-05-31)."
    )
    assert (finding["file"], finding["row"], finding["column"]) == ("repairs.csv", 2, "completed_at")
    assert (finding["value"], finding["record_id"]) == ("2042-05-02", "R1")
    assert corrected.marks.to_dict() == {2: "completed_at overridden by correction 1", 3: "", 4: "", 5: ""}


def test_what_became_of_each_entry_is_told_for_the_return(tmp_path: Path) -> None:
    corrected = apply(tmp_path, OVERRIDE, DROP | {"where": {"row": 4}}, DROP | {"where": {"row": 99}})

    assert json.loads(json.dumps(corrected.applied))[0] == {
        "entry": 1,
        "table": "repairs",
        "where": "repair_id is “R1”",
        "action": "override",
        "column": "completed_at",
        "before": "2042-05-02",
        "after": "2024-05-02",
        "records": 1,
        "outcome": "applied",
        "reason": "year mistyped; job sheet seen",
        "by": "Jo Bloggs",
        "on": "2025-05-31",
    }
    assert [(each["where"], each["outcome"]) for each in corrected.applied[1:]] == [
        ("row is 4", "applied"),
        ("row is 99", "fits no record"),
    ]


def test_a_dropped_record_is_kept_with_its_reason(tmp_path: Path) -> None:
    corrected = apply(tmp_path, DROP, DROP | {"where": {"row": 3}, "reason": "a test"})

    assert list(corrected.frame.index) == [4, 5]
    one, other = corrected.left_out
    assert one.rows.to_dict("index") == {2: {name: cells[0] for name, cells in JOBS.items()}}
    assert one.finding_id == DROPPED
    assert one.reason == (
        "Record dropped by a correction: year mistyped; job sheet seen (Jo Bloggs, 2025-05-31)"
    )
    assert list(other.rows.index) == [3]
    assert other.reason == "Record dropped by a correction: a test (Jo Bloggs, 2025-05-31)"


def test_a_flagged_record_is_kept_and_marked(tmp_path: Path) -> None:
    corrected = apply(tmp_path, OVERRIDE, DROP | {"action": "flag"})

    assert corrected.marks.iloc[0] == ("completed_at overridden by correction 1; flagged by correction 2")
    assert len(corrected.frame) == 4


def test_a_locator_finds_cells_by_what_they_say(tmp_path: Path) -> None:
    """Space and the form of letters mean nothing, case does; a number need not be in quotation marks."""
    assert found(apply(tmp_path, DROP | {"where": {"Repair ID": "R3\u200b"}})) == [DROPPED]
    assert found(apply(tmp_path, DROP | {"where": {"repair_id": "r3"}})) == ["COR-001"]
    cells = {"repair_id": ["17", "017"], "completed_at": ["", ""]}
    assert dropped(apply(tmp_path, DROP | {"where": {"repair_id": 17}}, cells=cells)) == [2]
    blank = apply(tmp_path, DROP | {"where": {"completed_at": None, "priority": "emergency"}})
    assert dropped(blank) == [5]


def test_part_of_a_key_is_not_the_name_of_one_record(tmp_path: Path) -> None:
    cells = {"complaint_id": ["C1", "C1", "C2"], "stage": ["1", "2", "1"]}
    for where, expected in (
        ({"complaint_id": "C1"}, ["COR-003", DROPPED, DROPPED]),
        ({"complaint_id": "C1", "stage": 2}, [DROPPED]),
    ):
        corrections = load(tmp_path, DROP | {"where": where}, table="complaints")
        assert found(apply_corrections(frame_of(cells), corrections, "complaints")) == expected


def test_entries_do_not_see_what_others_change(tmp_path: Path) -> None:
    renamed = {"where": {"repair_id": "R1"}, "action": "override", "column": "repair_id", "value": "R9"}
    of_the_new_name = OVERRIDE | {"where": {"repair_id": "R9"}}
    both = apply(tmp_path, renamed, of_the_new_name)
    other_way = apply(tmp_path, of_the_new_name, renamed)

    assert sorted(found(both)) == sorted(found(other_way)) == ["COR-001", "COR-006"]
    pd.testing.assert_frame_equal(both.frame, other_way.frame)


@pytest.mark.parametrize(
    ("entries", "clash"),
    [
        ([OVERRIDE, OVERRIDE | {"value": "2024-06-01"}], True),
        ([OVERRIDE, OVERRIDE | {"column": "priority", "value": "non_emergency"}], False),
        ([DROP, OVERRIDE], True),
        ([OVERRIDE, DROP], True),
        ([DROP, DROP], True),
        ([DROP, DROP | {"action": "flag"}], False),
    ],
)
def test_two_entries_may_not_change_the_same_thing(
    tmp_path: Path, entries: list[dict[str, Any]], clash: bool
) -> None:
    corrected = apply(tmp_path, *entries)

    assert ("COR-010" in found(corrected)) is clash
    assert corrected.applied[0]["outcome"] == "applied"


def test_an_override_of_some_records_that_say_so_already_names_the_others(tmp_path: Path) -> None:
    corrected = apply(
        tmp_path, OVERRIDE | {"where": {"priority": "emergency"}, "value": None, "column": "completed_at"}
    )

    assert found(corrected) == ["COR-003", "COR-006", "COR-006"]
    assert list(corrected.findings["row"].iloc[1:]) == [2, 3]
    assert corrected.applied[0]["before"] == "2 different values"
    assert list(corrected.frame["completed_at"]) == ["", "", "2024-05-03", ""]


def test_many_records_get_one_finding_together(tmp_path: Path) -> None:
    count = MOST_NAMED + 1
    cells = {"repair_id": [f"R{n}" for n in range(count)], "priority": ["emergency"] * count}
    corrected = apply(tmp_path, DROP | {"where": {"priority": "emergency"}}, cells=cells)

    assert found(corrected) == ["COR-003"]
    assert " 21 records " in corrected.findings["message"].iloc[0]
    assert len(dropped(corrected)) == count
    everywhere = OVERRIDE | {
        "where": {"priority": "emergency"},
        "column": "priority",
        "value": "non_emergency",
    }
    corrected = apply(tmp_path, everywhere, cells=cells)
    assert found(corrected) == ["COR-003"]
    assert corrected.applied[0]["before"] == "emergency"
    assert corrected.applied[0]["records"] == count
    assert set(corrected.marks) == {"priority overridden by correction 1"}


def test_nothing_of_a_person_is_shown(tmp_path: Path) -> None:
    cells = {"household_id": ["HH1", "HH2"], "tenure": ["LCRA"] * 2, "tenant_name": ["Mrs Smith", "Mr Smith"]}
    where = {"tenant_name": "Mrs Smith"}
    entries = [
        {"where": where, "action": "override", "column": "tenant_name", "value": "Mrs Smyth"},
        {"where": where, "action": "flag", "expect": {"tenant_name": "Ms Smith"}},
        {"where": {"tenant_name": "Mr Smith x"}, "action": "drop"},
    ]
    corrections = load(tmp_path, *entries, table="households")

    corrected = apply_corrections(frame_of(cells), corrections, "households")

    assert found(corrected) == ["COR-006", "COR-004", "COR-001"]
    told = corrected.findings.to_string() + json.dumps(corrected.applied) + " ".join(corrected.marks)
    assert "Smith" not in told
    assert "Smyth" not in told
    assert MASKED in told
    assert corrected.frame["tenant_name"].iloc[0] == "Mrs Smyth"


def test_a_record_of_several_files_is_found_by_its_file_and_row(tmp_path: Path) -> None:
    frame = frame_of({"repair_id": ["R1", "R1", "R2"], "completed_at": ["a", "b", "c"]}).set_axis([0, 1, 2])
    files = tuple(
        SourceFile(name, "Jobs", "", 0, {"completed_at": "Date Done"}, name)
        for name in ("apr.csv", "may.csv")
    )
    origin = Origin(files, at=np.array([0, 1, 1]), rows=np.array([7, 7, 8]))
    by_row = DROP | {"where": {"row": 7}}
    by_both = OVERRIDE | {"where": {"row": 7, "file": "may.csv"}}

    several = apply_corrections(frame, load(tmp_path, by_row), "repairs", origin=origin)
    one = apply_corrections(frame, load(tmp_path, by_both), "repairs", origin=origin)

    assert found(several) == ["COR-002"]
    assert list(one.frame["completed_at"]) == ["a", "2024-05-02", "c"]
    finding = one.findings.iloc[0]
    assert (finding["file"], finding["sheet"], finding["row"]) == ("may.csv", "Jobs", 7)
    assert (finding["column"], finding["record_id"]) == ("Date Done", "R1")


def test_what_a_mapping_re_wrote_is_expected_as_the_source_or_as_the_mapping_says_it(tmp_path: Path) -> None:
    frame = frame_of({"repair_id": ["R1"], "completed_at": ["2042-05-02"]}).set_axis([0])
    given = {"completed_at": [pa.array(["02/05/2042"])]}
    origin = Origin((SourceFile("a.csv", "", "", 0),), np.array([0]), np.array([2]), given)
    for expected, rule_id in (("2042-05-02", "COR-006"), ("02/05/2042", "COR-006"), ("2042", "COR-004")):
        entry = OVERRIDE | {"expect": {"completed_at": expected}}
        corrected = apply_corrections(frame, load(tmp_path, entry), "repairs", origin=origin)
        assert found(corrected) == [rule_id]
        assert "“02/05/2042”" in corrected.findings["message"].iloc[0]


def test_a_column_personal_in_its_own_file_is_not_shown(tmp_path: Path) -> None:
    frame = frame_of({"repair_id": ["R1"], "completed_at": ["Mrs Smith"]}).set_axis([0])
    file = SourceFile("a.csv", "", "", 0, {"completed_at": "Tenant Name"}, "a.csv")
    origin = Origin((file,), at=np.array([0]), rows=np.array([2]))

    corrected = apply_corrections(frame, load(tmp_path, OVERRIDE), "repairs", origin=origin)

    assert "Smith" not in corrected.findings.to_string() + json.dumps(corrected.applied)


def test_a_thousand_corrections_of_a_large_table_take_seconds_not_minutes() -> None:
    count = 300_000
    frame = frame_of({"repair_id": [f"R{n}" for n in range(count)], "completed_at": ["x"] * count})
    one = Correction(1, "repairs", {}, "override", "reason", "by", date(2025, 5, 31), "completed_at", "y")
    corrections = [replace(one, entry=n, where={"repair_id": f"R{n * 7}"}) for n in range(1, 1001)]
    start = time.perf_counter()

    corrected = apply_corrections(frame, corrections, "repairs")

    assert time.perf_counter() - start < 60
    assert (corrected.frame["completed_at"] == "y").sum() == 1000
    assert found(corrected) == ["COR-006"] * 1000


# -------------------------------------------------------------------------------------- on the way to records


def homes(folder: Path) -> dict[str, pd.DataFrame]:
    return {"homes": check_rows(folder, "homes", CLEAN["homes"]).accepted}


def test_corrected_text_is_what_is_checked(tmp_path: Path) -> None:
    cases = [CLEAN["asb_cases"][0] | {"hate_incident": "perhaps"}, CLEAN["asb_cases"][1]]
    write_csv(tmp_path, "asb_cases", cases)
    right = {"where": {"case_id": "A1"}, "action": "override", "column": "hate_incident", "value": "no"}
    gone = {"where": {"case_id": "A2"}, "action": "drop"}
    corrections = load(tmp_path, right, gone, table="asb_cases")
    settings = EDITION.resolve_settings({"rejected_share_stop": 10})

    received = receive(tmp_path, "asb_cases")
    records, corrected = check_corrected(received, corrections, EDITION, homes(tmp_path), settings)

    assert list(records.findings["finding_id"]) == ["COR-006", DROPPED], (
        "no share of rejected rows, no ASB rule"
    )
    assert list(records.accepted["case_id"]) == ["A1"]
    assert not records.accepted["hate_incident"].iloc[0]
    assert list(records.rejected["case_id"]) == ["A2"]
    assert list(records.rejected["finding_id"]) == [DROPPED]
    assert [entry["outcome"] for entry in corrected.applied] == ["applied", "applied"]


def test_a_mapped_table_is_corrected_by_its_files(tmp_path: Path) -> None:
    folder = tmp_path / "year"
    folder.mkdir()
    for name, row in zip(("cases_a.csv", "cases_b.csv"), CLEAN["asb_cases"], strict=True):
        line = f"Case No,{','.join(list(row)[1:])}\n{','.join(row.values())}\n"
        (folder / name).write_text(line, encoding="utf-8")
    said = {"tables": {"asb_cases": {"files": "cases_*.csv", "columns": {"case_id": "Case No"}}}}
    (folder / "sources.yaml").write_text(json.dumps(said), encoding="utf-8")
    gone = {"where": {"file": "cases_b.csv", "row": 2}, "action": "drop"}
    right = {"where": {"case_id": "A1"}, "action": "override", "column": "case_id", "value": "A7"}
    corrections = load(folder, gone, right, table="asb_cases")

    received = receive(folder, "asb_cases")
    records, _ = check_corrected(received, corrections, EDITION, homes(tmp_path), SETTINGS)

    found_by_file = records.findings[["finding_id", "file", "row", "column", "record_id"]].to_numpy().tolist()
    assert found_by_file == [
        [DROPPED, "cases_b.csv", 2, "", "A2"],
        ["COR-006", "cases_a.csv", 2, "Case No", "A1"],
    ]
    assert list(records.accepted["case_id"]) == ["A7"]
    assert list(records.rejected["source_file"]) == ["cases_b.csv"]


def test_corrections_of_a_table_that_is_not_there_are_not_forgotten(tmp_path: Path) -> None:
    corrections = load(tmp_path, DROP | {"where": {"household_id": "HH1"}}, table="households")

    records, _ = check_corrected(receive(tmp_path, "households"), corrections, EDITION, {}, SETTINGS)

    assert records.accepted.empty
    assert list(records.findings["finding_id"]) == ["COR-001"]


def test_a_table_that_is_refused_is_not_corrected(tmp_path: Path) -> None:
    (tmp_path / "repairs.csv").write_text("", encoding="utf-8")
    corrections = load(tmp_path, DROP)

    records, corrected = check_corrected(receive(tmp_path, "repairs"), corrections, EDITION, {}, SETTINGS)

    assert list(records.findings["finding_id"]) == ["FIL-003"]
    assert corrected.applied == ()


# --------------------------------------------------------------------------------------------------- the file


def test_no_file_means_no_corrections(tmp_path: Path) -> None:
    assert load_corrections(tmp_path) == ()
    (tmp_path / "corrections.yaml").write_text("corrections:\n", encoding="utf-8")
    assert load_corrections(tmp_path) == ()


def test_a_file_is_read_as_it_is_written(tmp_path: Path) -> None:
    (tmp_path / "corrections.yaml").write_text(
        """
corrections:
  - table: repairs
    where: {Repair ID: 0017, row: 12, file: repairs_may.csv}
    action: override
    column: Completed At
    value: 2024-05-02
    expect: {completed_at: 2042-05-02, status: yes, tenure: }
    reason: year mistyped
    by: Jo Bloggs
    on: 2025-05-31
""",
        encoding="utf-8",
    )

    assert load_corrections(tmp_path) == (
        Correction(
            entry=1,
            table="repairs",
            where={"repair_id": "0017", "row": "12", "file": "repairs_may.csv"},
            action="override",
            reason="year mistyped",
            by="Jo Bloggs",
            on=date(2025, 5, 31),
            column="completed_at",
            value="2024-05-02",
            expect={"completed_at": "2042-05-02", "status": "yes", "tenure": ""},
        ),
    )


@pytest.mark.parametrize(
    ("change", "parts"),
    [
        ({"table": "repair"}, ["'corrections.0.table' is repair", "one of homes,"]),
        ({"action": "delete"}, ["'corrections.0.action' is delete", "drop, override or flag"]),
        ({"on": "31/05/2025"}, ["'corrections.0.on'", "a date such as 2025-05-31"]),
        ({"reason": ""}, ["'corrections.0.reason'", "the reason in words"]),
        ({"who": "Jo"}, ["'corrections.0.who' is not a setting"]),
        ({"where": {}}, ["'corrections.0.where'"]),
        ({"where": {"row": 0}}, ["'corrections.0.where.row' is 0", "a row's number"]),
        ({"where": {"row": True}}, ["'corrections.0.where.row' is true"]),
        ({"where": {"file": "a.csv"}}, ["correction 1: 'where' names a file alone"]),
        ({"where": {"repair_id": 1.5}}, ["'corrections.0.where.repair_id' is 1.5", "quotation marks"]),
        ({"where": {"repair_ref": "R1"}}, ["no column 'repair_ref' (did you mean repair_id?)"]),
        ({"where": {"repair_id": "R1", "Repair ID": "R2"}}, ["the column repair_id is named twice"]),
        ({"expect": {"xyz": "1"}}, ["repairs has no column 'xyz': use one of repair_id,"]),
        ({"column": "status"}, ["'column' belongs to an override, not to a drop"]),
        ({"value": None}, ["'value' belongs to an override"]),
        ({"action": "override", "value": "x"}, ["'column' is missing: an override needs"]),
        ({"action": "override", "column": "status"}, ["'value' is missing: an override needs"]),
        ({"action": "override", "column": "xyz", "value": "x"}, ["has no column 'xyz'"]),
        ({"by": None}, ["'corrections.0.by' is blank", "the name of the person"]),
        ({"by": "  "}, ["'corrections.0.by' is blank", "the name of the person"]),
        ({"reason": " "}, ["'corrections.0.reason' is blank", "the reason in words"]),
    ],
)
def test_what_is_wrong_with_the_file_is_told_in_a_sentence(
    tmp_path: Path, change: dict[str, Any], parts: list[str]
) -> None:
    with pytest.raises(InputError) as caught:
        load(tmp_path, DROP | change)

    message = str(caught.value)
    assert "corrections.yaml" in message
    for part in parts:
        assert part in message
    assert message.endswith(".")


def test_a_missing_key_a_list_and_a_dangling_link_are_told(tmp_path: Path) -> None:
    with pytest.raises(InputError, match=r"'corrections\.0\.where' is missing: write what finds the record"):
        load(tmp_path, {"action": "drop"})
    (tmp_path / "corrections.yaml").write_text("- table: repairs\n", encoding="utf-8")
    with pytest.raises(InputError, match="holds no settings"):
        load_corrections(tmp_path)
    (tmp_path / "corrections.yaml").unlink()
    (tmp_path / "corrections.yaml").symlink_to(tmp_path / "nowhere")
    with pytest.raises(InputError, match="is missing"):
        load_corrections(tmp_path)


def test_the_schema_knows_every_table() -> None:
    schema = json.loads(
        (Path(__file__).parents[2] / "schemas/settings/corrections.schema.json").read_text(encoding="utf-8")
    )
    described = schema["$defs"]["correction"]["properties"]["table"]

    assert described["enum"] == list(TABLES)
    assert described["description"] == f"one of {', '.join(TABLES)}"


def test_only_a_dropped_record_is_left_out_and_only_what_contradicts_stops() -> None:
    assert {rule.id for rule in CORRECTION_RULES if rule.effect is Effect.ROW_REJECTED} == {DROPPED}
    stops = {rule.id for rule in CORRECTION_RULES if rule.grade is Grade.STOP}
    assert stops == {"COR-002", "COR-004", "COR-009", "COR-010"}
