"""One planted violation for every rule of the catalogue that looks at cells, rows, keys or whole tables."""

from __future__ import annotations

from dataclasses import dataclass, field

from schemas.tables import TABLES, Column, Kind, Rule, Table
from tests.intake.support import CLEAN, Row

_UNREADABLE = {
    Kind.DATE: "31/03/2025",
    Kind.DATETIME: "2025-02-30T10:00",
    Kind.FLAG: "perhaps",
    Kind.CHOICE: "perhaps",
    Kind.STAGE: "3",
    Kind.ANSWER: "Very happy",
    Kind.STAR: "Very happy",
    Kind.SCORE: "11",
    Kind.COUNT: "-1",
    Kind.DECIMAL: "0.0",
    Kind.TEXT: "12-34",
}

# A change that makes a copy of the clean first row another record under the same key.
_OTHER_CONTENT: dict[str, Row] = {
    "homes": {"stock_type": "supported"},
    "safety_checks": {"valid_until": "2025-05-30"},
    "safety_exclusions": {"reason": "demolished"},
    "repairs": {"completed_at": "2024-05-01T16:00"},
    "complaints": {"responded_on": "2024-05-15"},
    "asb_cases": {"hate_incident": "yes"},
    "households": {"area": "South"},
    "survey_responses": {"TP01": "Very satisfied"},
    "population_margins": {"households": "601"},
}


@dataclass(frozen=True)
class Planted:
    """A violation of `rule_id`: `change` is made to the second row (row 3) of the clean table.

    `copy`: the second row is a copy of the first before the change. `everywhere`: made to both rows.
    `without`: columns left out of the file. `related`: whether the table it points to is changed instead.
    """

    rule_id: str
    table: str
    change: Row = field(default_factory=dict)
    copy: bool = False
    everywhere: Row = field(default_factory=dict)
    without: tuple[str, ...] = ()

    @property
    def rows(self) -> tuple[Row, Row]:
        """The two rows of the file: the clean twin and the violation."""
        first, second = CLEAN[self.table]
        planted = dict(first if self.copy else second) | self.change
        both = [dict(row) | self.everywhere for row in (first, planted)]
        kept = [{k: v for k, v in row.items() if k not in self.without} for row in both]
        return kept[0], kept[1]


def _cell_rule(table: Table, column: Column, rule: Rule) -> Planted:
    digit = int(rule.id[-3:]) % 10
    value = {1: "", 2: _UNREADABLE[column.kind], 3: "2150-01-01" if column.any_past else "1900-01-01"}[digit]
    return Planted(rule.id, table.name, {column.name: value})


def _automatic() -> list[Planted]:
    cases = []
    for table in TABLES.values():
        for rule in table.rules:
            if rule.level == "cell":
                cases.append(_cell_rule(table, table.by_name[rule.columns[0]], rule))
        cases.append(Planted(f"{table.prefix}-901", table.name, copy=True))
        cases.append(Planted(f"{table.prefix}-902", table.name, _OTHER_CONTENT[table.name], copy=True))
    return cases


_NADK = "Not applicable / don’t know"

_BY_HAND = [
    Planted("HOM-501", "homes", {"owned_from": "2024-06-01", "owned_to": "2024-05-01"}),
    Planted("HOM-502", "homes", {"country": "Engerland"}),
    Planted("HOM-503", "homes", {"decent_homes": ""}),
    Planted("HOM-505", "homes", {"uprn": "100000000001"}),
    Planted("HOM-506", "homes", everywhere={"owned_from": "", "owned_to": "2020-03-31"}),
    Planted("HOM-507", "homes", {"stock_type": "Leasehold flat"}),
    Planted("CHK-501", "safety_checks", {"building_id": ""}),
    Planted("CHK-502", "safety_checks", {"home_id": "H2"}),
    Planted("CHK-503", "safety_checks", {"home_id": "H99", "building_id": ""}),
    Planted("CHK-504", "safety_checks", {"building_id": "B99"}),
    Planted("CHK-505", "safety_checks", {"completed_on": "2024-05-02", "valid_until": "2024-05-01"}),
    Planted("CHK-506", "safety_checks", {"valid_until": ""}),
    Planted("CHK-507", "safety_checks", {"completed_on": ""}),
    Planted("CHK-508", "safety_checks", {"programme": "lift", "valid_until": "2024-09-11"}),
    Planted("CHK-509", "safety_checks", {"completed_on": "2025-04-01"}),
    Planted("EXC-501", "safety_exclusions", {"building_id": ""}),
    Planted("EXC-502", "safety_exclusions", {"home_id": "H1"}),
    Planted("EXC-503", "safety_exclusions", {"home_id": "H99", "building_id": ""}),
    Planted("EXC-504", "safety_exclusions", {"building_id": "B99"}),
    Planted("REP-501", "repairs", {"completed_at": "2024-06-01T08:59"}),
    Planted("REP-502", "repairs", {"target_at": "2024-05-31"}),
    Planted("REP-503", "repairs", {"completed_at": ""}),
    Planted("REP-504", "repairs", {"status": "open"}),
    Planted("REP-505", "repairs", {"home_id": "H99"}),
    Planted("REP-506", "repairs", {"building_id": "B99"}),
    Planted("REP-507", "repairs", {"home_id": "H99", "building_id": ""}),
    Planted("REP-508", "repairs", {"tenure": "LCHO"}),
    Planted("REP-509", "repairs", {"priority": "emergency", "completed_at": "2024-06-02"}),
    Planted("REP-510", "repairs", {"target_at": "2034-06-10"}),
    Planted(
        "REP-903", "repairs", everywhere={"reported_at": "2023-03-01", "completed_at": "2023-03-31T23:59"}
    ),
    Planted("CMP-501", "complaints", {"acknowledged_on": "2024-06-30"}),
    Planted("CMP-502", "complaints", {"responded_on": "2024-06-30"}),
    Planted("CMP-503", "complaints", {"extended_until": "2024-06-30"}),
    Planted("CMP-504", "complaints", {"responded_on": "2024-07-02"}),
    Planted("CMP-505", "complaints", {"home_id": "H99"}),
    Planted("CMP-506", "complaints", {"tenure": ""}),
    Planted("CMP-507", "complaints", {"home_id": "H2"}),
    Planted("CMP-508", "complaints", {"responded_on": ""}),
    Planted("CMP-509", "complaints", {"responded_on": "", "status": "open"}),
    Planted("CMP-510", "complaints", {"responded_on": "", "status": "withdrawn"}),
    Planted("CMP-511", "complaints", {"complaint_id": "C1", "received_on": "2024-04-30"}),
    Planted("CMP-903", "complaints", everywhere={"received_on": "2023-05-01"}),
    Planted("ASB-501", "asb_cases", {"closed_on": "2024-10-31"}),
    Planted("ASB-502", "asb_cases", {"home_id": "H99"}),
    Planted("ASB-503", "asb_cases", {"tenure": ""}),
    Planted("ASB-504", "asb_cases", {"home_id": "H2"}),
    Planted("ASB-903", "asb_cases", everywhere={"opened_on": "2025-04-01"}),
    Planted("SUR-501", "survey_responses", {"had_repair": "no", "TP03": ""}),
    Planted("SUR-502", "survey_responses", {"had_repair": "no", "TP02": ""}),
    Planted("SUR-503", "survey_responses", {"made_complaint": "no"}),
    Planted("SUR-504", "survey_responses", {"communal_areas": "no"}),
    *(Planted(f"SUR-{520 + n}", "survey_responses", {f"TP{n:02d}": _NADK}) for n in (1, 2, 3, 4, 9, 10)),
    *(Planted(f"SUR-{539 + n}", "survey_responses", {"tenure": "LCHO"}) for n in (2, 3, 4)),
    Planted("SUR-551", "survey_responses", without=("had_repair",)),
    Planted("SUR-552", "survey_responses", without=("made_complaint",)),
    Planted("SUR-553", "survey_responses", without=("communal_areas",)),
    Planted("SUR-561", "survey_responses", {"completed_on": "2025-04-01"}),
    Planted("SUR-562", "survey_responses", {f"TP{n:02d}": "" for n in range(1, 13)}),
    Planted("SUR-563", "survey_responses", {"weight": ""}),
    Planted("SUR-564", "survey_responses", {"household_id": "HH99"}),
    Planted("SUR-565", "survey_responses", {"tenure": "LCHO"}),
    Planted("SUR-566", "survey_responses", {"household_id": "HH3"}),
    Planted("SUR-567", "survey_responses", {"response_id": "S9"}, copy=True),
    Planted("SUR-568", "survey_responses", {"household_id": "HH1"}),
    *(Planted(f"SUR-{570 + n}", "survey_responses", without=(f"TP{n:02d}",)) for n in range(1, 13)),
    Planted("SUR-903", "survey_responses", everywhere={"completed_on": "2024-03-31"}),
    Planted("HSE-501", "households", {"invited": "yes", "excluded_reason": "risk to interviewer"}),
    Planted("MAR-501", "population_margins", {"characteristic": "age_band"}),
    Planted("MAR-502", "population_margins", {"characteristic": "age_band", "households": "100"}),
]

PLANTED = [*_automatic(), *_BY_HAND]
