"""Every rule by its id: a planted violation is found where it is, and its clean twin is not."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable
from pathlib import Path

import openpyxl
import pandas as pd
import pytest

from pipelines.intake import Records, cross_check, receive, rule_catalogue
from pipelines.intake import xlsx_file as xlsx
from schemas.tables import TABLES, Effect, Grade, Rule
from tests.intake.planted import PLANTED, Planted
from tests.intake.support import (
    CLEAN,
    EDITION,
    SETTINGS,
    check_file,
    check_rows,
    clean_frame,
    rows_of,
    write_csv,
)
from tests.intake.test_corrections import PLANTED as CORRECTION_FAULTS
from tests.intake.test_sources_rules import MAPPING_FAULTS
from tests.intake.test_sql import SQL_FAULTS

RULES = {rule.id: rule for rule in rule_catalogue()}
PLANTED_ROW = 3


@pytest.mark.parametrize("table", TABLES)
def test_clean_tables_have_no_findings(tmp_path: Path, table: str) -> None:
    records = check_rows(tmp_path, table, CLEAN[table])

    assert records.findings.empty, records.findings[["finding_id", "message"]].to_string()
    assert len(records.accepted) == 2
    assert records.rejected.empty


@pytest.mark.parametrize("case", PLANTED, ids=lambda case: case.rule_id)
def test_a_planted_violation_is_found_in_its_row_and_nowhere_else(tmp_path: Path, case: Planted) -> None:
    rule = RULES[case.rule_id]

    records = check_rows(tmp_path, case.table, case.rows)

    assert rows_of(records, rule.id) == ([None] if rule.level == "table" else [PLANTED_ROW])
    finding = records.findings.set_index("finding_id").loc[rule.id]
    assert finding["grade"] == rule.grade
    assert finding["file"] == f"{case.table}.csv"
    assert finding["touches"] == ";".join(rule.touches)
    assert "{" not in finding["message"] + finding["remedy"]
    assert finding["message"].endswith(".")
    assert finding["remedy"].endswith(".")
    if rule.level != "table":
        _assert_the_effect_is_what_the_rule_says(records, rule)


def _assert_the_effect_is_what_the_rule_says(records: Records, rule: Rule) -> None:
    accepted = records.accepted.set_index("source_row")
    rejected = records.rejected.set_index("source_row")
    assert 2 in accepted.index, "the clean twin is never rejected"
    if rule.effect in (Effect.ROW_REJECTED, Effect.TABLE_REFUSED):
        assert list(rejected.index) == [PLANTED_ROW]
        assert rejected.loc[PLANTED_ROW, "finding_id"] == rule.id
        assert rejected.loc[PLANTED_ROW, "reason"] == rule.title
    else:
        assert rejected.empty
        if rule.effect is Effect.VALUE_IGNORED:
            assert pd.isna(accepted.loc[PLANTED_ROW, rule.columns[0]])


def _write(folder: Path, name: str, data: bytes | str) -> None:
    (folder / name).write_bytes(data.encode() if isinstance(data, str) else data)


def _csv_text(table: str = "asb_cases") -> str:
    return "\n".join([",".join(CLEAN[table][0]), *(",".join(row.values()) for row in CLEAN[table]), ""])


def _asb(**changed: Callable[[str], str | bytes]) -> Callable[[Path], str]:
    def write(folder: Path) -> str:
        for name, change in changed.items():
            _write(folder, name.replace("__", "."), change(_csv_text()))
        return "asb_cases"

    return write


def _homes_without_rows(folder: Path) -> str:
    _write(folder, "homes.csv", ",".join(CLEAN["homes"][0]) + "\n")
    return "homes"


def _homes_with_a_nameless_column(folder: Path) -> str:
    _write(
        folder,
        "asb_cases.csv",
        _csv_text().replace("hate_incident\n", "hate_incident,\n").replace("no\n", "no,x\n"),
    )
    return "asb_cases"


def _homes_with_the_day_of_sale_under_another_name(folder: Path) -> str:
    homes = [{name: cell for name, cell in home.items() if name != "owned_to"} for home in CLEAN["homes"]]
    write_csv(folder, "homes", [home | {"Disposal date": ""} for home in homes])
    return "homes"


def _all_dates_british(folder: Path) -> str:
    rows = [CLEAN["asb_cases"][0] | {"case_id": f"A{n}", "opened_on": "01/09/2024"} for n in range(30)]
    write_csv(folder, "asb_cases", rows)
    return "asb_cases"


def _a_tenth_rejected(folder: Path) -> str:
    rows = [CLEAN["asb_cases"][0] | {"case_id": f"A{n}"} for n in range(30)]
    for row in rows[:3]:
        row["hate_incident"] = ""
    write_csv(folder, "asb_cases", rows)
    return "asb_cases"


def _formula_never_computed(folder: Path) -> str:
    book = openpyxl.Workbook()
    for line in _csv_text().splitlines():
        book.active.append(line.split(","))
    book.active["E2"] = "=TODAY()"
    book.save(folder / "asb_cases.xlsx")
    return "asb_cases"


def _sheets(*sheets: str, **more: object) -> Callable[[Path], str]:
    """A workbook whose sheets hold these texts; `more` is set on the first sheet's row 2."""

    def write(folder: Path) -> str:
        book = openpyxl.Workbook()
        book.remove(book.active)
        for text in sheets:
            sheet = book.create_sheet()
            for line in text.splitlines():
                sheet.append(line.split(","))
        first = book.worksheets[0]
        first.row_dimensions[2].hidden = bool(more.get("hidden"))
        book.worksheets[-1].sheet_state = str(more.get("last", "visible"))
        if "value" in more:
            first["B2"] = more["value"]
        if "merged" in more:
            first.merge_cells(str(more["merged"]))
        book.save(folder / "asb_cases.xlsx")
        return "asb_cases"

    return write


def _joined_in_another_order(text: str) -> str:
    return (
        text
        + text.splitlines()[0].replace("case_id,home_id", "home_id,case_id")
        + "\nH1,A3,,2024-09-01,,no\n"
    )


def _most_rows_have_a_comma_too_many(text: str) -> str:
    return text.splitlines()[0] + "\n" + "".join(f"A{n},H1,,2024-09-01,,no,x\n" for n in range(30))


def _exclusions_under_another_name(folder: Path) -> str:
    (folder / "safety exclusions (1).csv").write_text("programme,home_id,reason\ngas,H2,no gas\n")
    return "safety_exclusions"


def _half_swapped(folder: Path, day_of_date_cells: int = 12) -> str:
    """Twenty date cells and twenty British dates as text."""
    book = openpyxl.Workbook()
    book.active.append(list(CLEAN["asb_cases"][0]))
    for number in range(20):
        book.active.append([f"A{number}", "H1", "", dt.date(2024, 9, 1 + number % 12), "", "no"])
        book.active.append([f"B{number}", "H1", "", f"{13 + number % 18}/10/2024", "", "no"])
    book.active["D2"] = dt.date(2024, 9, day_of_date_cells)
    book.save(folder / "asb_cases.xlsx")
    (folder / "sources.yaml").write_text("tables: {asb_cases: {files: asb_cases.xlsx, dates: '%d/%m/%Y'}}")
    return "asb_cases"


# FIL rule → how a folder comes to break it; the table that is broken is returned.
FILE_FAULTS: dict[str, Callable[[Path], str]] = {
    "FIL-001": lambda folder: "asb_cases",
    "FIL-002": _asb(asb_cases__csv=str, ASB_cases__CSV=str),
    "FIL-003": _asb(asb_cases__csv=lambda text: " \n"),
    "FIL-004": _homes_without_rows,
    "FIL-005": _asb(asb_cases__csv=lambda text: text.replace("opened_on", "opened")),
    "FIL-006": _asb(asb_cases__csv=lambda text: text.replace("tenure", "Case ID")),
    "FIL-007": _asb(asb_cases__parquet=lambda text: "PAR1" + text),
    "FIL-008": _asb(asb_cases__csv=lambda text: "<!DOCTYPE html><html><table><tr><td>case_id"),
    "FIL-009": _asb(asb_cases__csv=lambda text: text.replace(",", ";", 5)),
    "FIL-010": _asb(asb_cases__csv=lambda text: text.replace("\n", "," + ",".join(["x"] * 1000) + "\n")),
    "FIL-011": _asb(asb_cases__csv=lambda text: text.replace("A1,", 'A1,"')),
    "FIL-012": _all_dates_british,
    "FIL-013": _a_tenth_rejected,
    "FIL-014": _asb(asb_cases__csv=lambda text: text.replace("A1,", "A1,x,")),
    "FIL-015": _asb(asb_cases__csv=lambda text: text.replace("A2", ",,,,,\n\nA2")),
    "FIL-016": _asb(asb_cases__csv=lambda text: text.encode("utf-16")),
    "FIL-017": _asb(asb_cases__csv=lambda text: text.replace("\n", ",x\n").replace(",x", ",officer", 1)),
    "FIL-018": _asb(asb_cases__csv=lambda text: "ASB cases 2024-25\n\n" + text),
    "FIL-019": _asb(asb_cases__csv=lambda text: text + text.splitlines()[0] + "\n"),
    "FIL-020": _asb(asb_cases__csv=lambda text: text.replace("2024-10-01", "NULL")),
    "FIL-021": _formula_never_computed,
    "FIL-022": _formula_never_computed,
    "FIL-023": _homes_with_a_nameless_column,
    "FIL-024": _asb(asb_cases__csv=lambda text: text.replace(",", ";")),
    "FIL-025": _asb(asb_cases__csv=_most_rows_have_a_comma_too_many),
    "FIL-026": _asb(asb_cases__csv=_joined_in_another_order),
    "FIL-027": _asb(asb_cases__csv=str.rstrip),
    "FIL-028": _asb(asb_cases__csv=lambda text: text.replace("A1", "A\x001")),
    "FIL-029": _sheets(_csv_text(), _csv_text()),
    "FIL-030": _sheets(_csv_text(), hidden=True),
    "FIL-031": _sheets(_csv_text(), value=12345678901234567),
    "FIL-032": _asb(asb_cases__csv=lambda text: text.replace("A2", "1.00023E+11")),
    "FIL-033": _sheets("About this workbook", _csv_text()),
    "FIL-034": _sheets(_csv_text(), merged="B2:B3"),
    "FIL-039": _homes_with_the_day_of_sale_under_another_name,
    "FIL-037": _sheets("About this workbook", _csv_text(), last="veryHidden"),
    "FIL-038": _half_swapped,
    "FIL-036": _exclusions_under_another_name,
    "FIL-035": _asb(asb_cases__csv=lambda text: "".join(text.splitlines(keepends=True)[1:])),
}


@pytest.mark.parametrize("rule_id", FILE_FAULTS)
def test_a_fault_of_a_file_is_one_finding(
    tmp_path: Path, rule_id: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    rule = RULES[rule_id]
    if rule_id == "FIL-022":
        monkeypatch.setattr(xlsx, "LAST_ROW", 3)
    settings = EDITION.resolve_settings({"rejected_share_stop": 5 if rule_id == "FIL-013" else 100})

    table = FILE_FAULTS[rule_id](tmp_path)
    records = check_file(tmp_path, table, settings=settings)

    found = records.findings[records.findings["finding_id"] == rule_id]
    assert len(found) == 1, records.findings[["finding_id", "message"]].to_string()
    assert "{" not in found["message"].iloc[0] + found["remedy"].iloc[0]
    assert found["touches"].iloc[0] == ";".join(TABLES[table].touches)
    stops = records.findings[records.findings["grade"] == Grade.STOP]
    assert list(stops["finding_id"]) == ([rule_id] if rule.grade is Grade.STOP else [])


def test_a_date_cell_with_a_day_above_12_was_not_swapped(tmp_path: Path) -> None:
    records = check_file(tmp_path, _half_swapped(tmp_path, day_of_date_cells=13))

    assert records.findings.empty
    assert len(records.accepted) == 40


def test_the_clean_file_has_no_file_finding(tmp_path: Path) -> None:
    _write(tmp_path, "asb_cases.csv", _csv_text())

    assert receive(tmp_path, "asb_cases").findings.empty


def _accounted_for() -> dict[str, pd.DataFrame]:
    """The clean tables, every home accounted for in every programme."""
    tables = {name: clean_frame(name) for name in TABLES}
    tables["repairs"] = tables["repairs"].assign(priority="emergency")  # for which the year has a target
    rows = [
        {"programme": programme, "home_id": home, "reason": "none here"}
        for programme in EDITION.safety_programmes
        for home in ("H1", "H2")
        if (programme, home) not in (("gas", "H1"), ("fire", "H2"))
    ]
    exclusions = tables["safety_exclusions"].iloc[:0]
    tables["safety_exclusions"] = pd.concat([exclusions, pd.DataFrame(rows)], ignore_index=True)
    return tables


def _without(tables: dict[str, pd.DataFrame], table: str, **where: str) -> None:
    frame = tables[table]
    hit = pd.Series(data=True, index=frame.index)
    for column, value in where.items():
        hit &= frame[column] == value
    tables[table] = frame[~hit]


def _no_lift_for_h2(tables: dict[str, pd.DataFrame]) -> None:
    _without(tables, "safety_exclusions", programme="lift", home_id="H2")


def _h1_excluded_from_gas_too(tables: dict[str, pd.DataFrame]) -> None:
    row = pd.DataFrame([{"programme": "gas", "home_id": "H1", "reason": "no gas"}])
    tables["safety_exclusions"] = pd.concat([tables["safety_exclusions"], row], ignore_index=True)


def _no_lift_at_all(tables: dict[str, pd.DataFrame]) -> None:
    _without(tables, "safety_exclusions", programme="lift")


def _margins_of_another_name(tables: dict[str, pd.DataFrame]) -> None:
    tables["population_margins"] = tables["population_margins"].assign(characteristic="age_band")


def _no_decent_homes_status(tables: dict[str, pd.DataFrame]) -> None:
    tables["homes"] = tables["homes"].assign(decent_homes="not_assessed")


def _no_target_at_all(tables: dict[str, pd.DataFrame]) -> None:
    repairs = tables["repairs"]
    tables["repairs"] = repairs.assign(
        target_at=pd.NaT, priority="non_emergency", status="completed", work_type="responsive"
    )


def _areas_in_other_words(tables: dict[str, pd.DataFrame]) -> None:
    tables["survey_responses"] = tables["survey_responses"].assign(area="Area 1")
    tables["population_margins"] = tables["population_margins"].iloc[:0]


# Rule → what breaks it, and the rows in which it is found.
CROSS_FAULTS: dict[str, tuple[Callable[[dict[str, pd.DataFrame]], None], list[int | None]]] = {
    "CHK-801": (_no_lift_for_h2, [3]),
    "CHK-802": (_h1_excluded_from_gas_too, [2]),
    "CHK-803": (_no_lift_at_all, [None]),
    "MAR-801": (_margins_of_another_name, [2]),
    "HOM-801": (_no_decent_homes_status, [None]),
    "REP-801": (_no_target_at_all, [None]),
    "SUR-801": (_areas_in_other_words, [None]),
}


def test_tables_that_agree_have_no_finding_together() -> None:
    findings = cross_check(_accounted_for(), EDITION, SETTINGS, ["emergency"])

    assert findings.empty, findings[["finding_id", "message"]].to_string()


@pytest.mark.parametrize("rule_id", CROSS_FAULTS)
def test_tables_that_disagree_are_found(rule_id: str) -> None:
    break_it, rows = CROSS_FAULTS[rule_id]
    tables = _accounted_for()
    break_it(tables)

    findings = cross_check(tables, EDITION, SETTINGS, ["emergency"])

    assert list(findings["finding_id"]) == [rule_id] * len(rows)
    assert [None if pd.isna(row) else row for row in findings["row"]] == rows
    assert "{" not in "".join(findings["message"] + findings["remedy"])


def test_a_home_that_does_not_count_need_not_be_accounted_for() -> None:
    tables = _accounted_for()
    _no_lift_for_h2(tables)
    sold = tables["homes"].copy()
    sold.loc[sold["home_id"] == "H2", "owned_to"] = pd.Timestamp(2024, 12, 1)

    assert cross_check(tables | {"homes": sold}, EDITION, SETTINGS, ["emergency"]).empty


def test_no_rule_is_without_a_planted_violation() -> None:
    elsewhere = {*MAPPING_FAULTS, *SQL_FAULTS, *CORRECTION_FAULTS}
    planted = {case.rule_id for case in PLANTED} | set(FILE_FAULTS) | set(CROSS_FAULTS) | elsewhere

    assert planted == set(RULES)
    assert len(RULES) == len(rule_catalogue()), "every id is given once"


def test_the_catalogue_says_what_to_do_about_every_rule() -> None:
    measures = {measure.key for measure in EDITION.measures}
    for rule in RULES.values():
        assert rule.title
        assert rule.message
        assert rule.remedy
        assert set(rule.touches) <= measures
        if rule.level in ("cell", "row", "key"):
            assert set(rule.columns) <= set(TABLES[rule.table].by_name), rule.id
