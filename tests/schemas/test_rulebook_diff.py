"""What `tsm rulebook diff` shows."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest

from schemas.errors import InputError
from schemas.rulebook import Change, diff_editions, editions, format_diff, loader
from schemas.rulebook import diff as diff_module


def test_the_new_code_is_the_change_of_2024_25() -> None:
    changes = {change.path: change for change in diff_editions("2023-24", "2024-25")}
    clock = Change("complaints_code.stages.1.clock_from", "received", "acknowledged")
    assert changes["complaints_code.stages.1.clock_from"] == clock
    assert changes["complaints_code.stages.2.extension_working_days"].after == 20
    assert changes["settings.complaint_test.default"].before == "from_receipt"
    assert "complaints_code.stages.1.respond_working_days" not in changes


def test_something_new_is_one_change() -> None:
    changes = {change.path: change for change in diff_editions("2024-25", "2025-26")}
    new = changes["publication_items.comparison_with_earlier_years"]
    assert new.before is None
    assert new.after["title"] == "Comparison with earlier years"
    back = {change.path: change for change in diff_editions("2025-26", "2024-25")}
    assert back["publication_items.comparison_with_earlier_years"].after is None


def test_no_year_differs_from_itself() -> None:
    for year in editions():
        assert diff_editions(year, year) == []
    assert format_diff("2024-25", "2024-25") == "The rulebooks of 2024-25 and 2024-25 say the same."


def test_the_text_names_sections_and_things() -> None:
    text = format_diff("2023-24", "2024-25")
    lines = text.splitlines()
    assert lines[0].startswith("Rulebook 2023-24 to 2024-25: ")
    assert lines.index("Complaint Handling Code") < lines.index(
        "  stages › 1 › clock from: received → acknowledged"
    )
    assert (
        "  complaint_test (When a complaint counts as answered in time) › default: from_receipt → strict"
        in lines
    )
    assert "    2023-24  Complaint Handling Code (2022); limits from professional knowledge, medium" in text
    assert max(map(len, lines)) <= 100


def test_the_text_says_new_and_no_longer() -> None:
    name = "comparison_with_earlier_years (Comparison with earlier years)"
    assert f"  {name}: new\n    title: Comparison with earlier years; text:" in format_diff(
        "2024-25", "2025-26"
    )
    assert f"  {name}: no longer\n" in format_diff("2025-26", "2024-25")
    assert "status: final → provisional" in format_diff("2025-26", "2026-27")


@pytest.mark.parametrize("pair", [("2019-20", "2024-25"), ("2024-25", "2030-31")])
def test_an_unknown_year_is_refused(pair: tuple[str, str]) -> None:
    with pytest.raises(InputError, match="There is no rulebook for"):
        diff_editions(*pair)


def test_lists_flags_numbers_and_empty_texts_are_shown(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    folder = Path(shutil.copytree(loader.EDITIONS_FOLDER, tmp_path / "editions"))
    (folder / "2027-28.yaml").write_text(
        'edition: "2027-28"\nextends: "2026-27"\nstatus: final\nstatus_note: ""\n'
        "families: {repairs: {inputs: [repairs]}}\n"
        "settings: {lcho_threshold: {default: 900}, response_counts_as_acknowledgement: {default: false}}\n",
        encoding="utf-8",
    )
    monkeypatch.setattr(diff_module, "load_edition", lambda year: loader.read_edition(year, folder))
    monkeypatch.setattr(diff_module, "resolve", lambda year: loader.resolve(year, folder))
    shown = format_diff("2026-27", "2027-28").splitlines()
    assert "  repairs › inputs: homes, repairs → repairs" in shown
    assert any(line.endswith("› default: 1000 → 900") for line in shown)
    assert shown.index("    2026-27  true") + 1 == shown.index("    2027-28  false")
    assert "    2027-28  (nothing)" in shown


def test_a_new_order_is_a_change() -> None:
    one, other = {"items": {"a": 1, "b": 2}}, {"items": {"b": 2, "a": 1, "c": 3}}
    changes = list(diff_module._changes((), one, other))
    assert changes == [Change("items.c", None, 3), Change("items.order", ["a", "b"], ["b", "a"])]
