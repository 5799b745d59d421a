"""docs/bad-input.md says of every case what its test proves."""

from __future__ import annotations

from pathlib import Path

from schemas.tables import rule_catalogue
from tests.intake import test_seventy, test_seventy_and_on, test_seventy_more
from tests.intake.bad_files import ACCEPT, CASES, REJECT_FILE, REJECT_ROW, WARN

PAGE = Path(__file__).resolve().parents[2] / "docs" / "bad-input.md"


def rows() -> list[list[str]]:
    lines = PAGE.read_text(encoding="utf-8").split("## The cases")[1].splitlines()
    cells = [[cell.strip() for cell in line.strip("|").split("|")] for line in lines if line.startswith("|")]
    return cells[2:]


def test_the_table_is_the_register_of_the_tests() -> None:
    said = {int(n): (test.strip("`"), outcome, rules) for n, _, outcome, rules, test in rows()}
    proved = {n: (c.test, c.outcome, ", ".join(c.rules) or "–") for n, c in CASES.items()}

    assert said == proved
    assert [int(row[0]) for row in rows()] == list(range(1, len(CASES) + 1))
    assert len({row[1] for row in rows()}) == len(CASES), "every case is described in its own words"


def test_every_test_of_a_case_is_in_the_register() -> None:
    found = {
        name.removeprefix("test_")
        for module in (test_seventy, test_seventy_more, test_seventy_and_on)
        for name in vars(module)
        if name.startswith("test_case_")
    }

    assert found == {case.test for case in CASES.values()}


def test_outcomes_and_rules_are_those_that_there_are() -> None:
    grades = {rule.id: str(rule.grade) for rule in rule_catalogue()}
    for case in CASES.values():
        assert case.outcome in (ACCEPT, REJECT_FILE, REJECT_ROW, WARN)
        assert case.outcome != WARN or case.rules, "a warning is a finding"
        assert case.outcome != ACCEPT or not case.rules
        stops = [rule for rule in case.rules if grades[rule] == "stop"]
        assert bool(stops) == (case.outcome == REJECT_FILE and bool(case.rules)), case.test
