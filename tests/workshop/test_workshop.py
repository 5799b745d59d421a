"""The Makefile and what calls it say the same; what the README points to is there."""

from __future__ import annotations

import re
import subprocess
import tomllib
from pathlib import Path

import pytest
import yaml

ROOT = Path(__file__).resolve().parents[2]
TARGETS = ("setup", "demo", "ui", "test", "lint", "types", "check", "fmt", "lock", "clean")


def _plan(*targets: str) -> str:
    done = subprocess.run(
        ["make", "--dry-run", "--no-print-directory", *targets],
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=True,
    )
    return done.stdout


@pytest.mark.parametrize("target", TARGETS)
def test_the_target_exists_and_is_listed(target: str) -> None:
    assert _plan(target)
    listed = subprocess.run(["make", "help"], cwd=ROOT, capture_output=True, text=True, check=True).stdout
    assert f"  make {target} " in listed


@pytest.mark.parametrize("target", [t for t in TARGETS if t not in ("setup", "clean")])
def test_every_target_sets_up_first(target: str) -> None:
    assert "scripts/setup.sh" in _plan(target)


def test_tests_hold_measures_and_survey_at_full_branch_coverage() -> None:
    plan = _plan("test")
    own = "tests/measures tests/survey --cov=pipelines/measures --cov=pipelines/survey"
    assert plan.index(own) < plan.index("--fail-under=100") < plan.index("--ignore=tests/measures")
    settings = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["tool"]
    assert settings["coverage"]["run"]["branch"] is True
    assert settings["pytest"]["ini_options"]["filterwarnings"][0] == "error"


def test_hooks_and_ci_call_the_makefile() -> None:
    (local,) = yaml.safe_load((ROOT / ".pre-commit-config.yaml").read_text(encoding="utf-8"))["repos"]
    assert local["repo"] == "local"
    called = {hook["entry"].split()[-1] for hook in local["hooks"] if hook["entry"].startswith("make ")}
    assert called == {hook["id"] for hook in local["hooks"]} == {"lint", "types"}

    ci = (ROOT / ".ci" / "run").read_text(encoding="utf-8")
    (steps,) = re.findall(r"^for step in (.+); do$", ci, flags=re.MULTILINE)
    assert steps.split() == [
        "setup",
        "lint",
        "types",
        "test",
    ]  # the tests last: their closing lines end the log


def _pages() -> list[Path]:
    return sorted([*ROOT.glob("*.md"), *ROOT.glob("docs/**/*.md")])


def test_links_between_the_pages_lead_somewhere() -> None:
    links = [
        (page, target)
        for page in _pages()
        for target in re.findall(r"\]\((?!\w+:|#)([^)#\s]+)", page.read_text(encoding="utf-8"))
    ]
    assert len(links) > 10
    broken = [
        f"{page.relative_to(ROOT)}: {target}" for page, target in links if not (page.parent / target).exists()
    ]
    assert broken == []


def test_the_readme_names_only_commands_that_make_has() -> None:
    named = set(re.findall(r"\bmake ([a-z]+)\b", (ROOT / "README.md").read_text(encoding="utf-8")))
    assert {"demo", "test", "ui"} <= named <= set(TARGETS)


def test_every_decision_says_what_was_decided_and_what_follows() -> None:
    decisions = sorted(ROOT.glob("docs/adr/[0-9]*.md"))
    assert len(decisions) >= 5
    assert [int(path.name[:4]) for path in decisions] == list(range(1, len(decisions) + 1))
    for path in decisions:
        text = path.read_text(encoding="utf-8")
        assert re.match(rf"# {int(path.name[:4])}\. \S", text), path.name
        headings = re.findall(r"^## (.+)$", text, flags=re.MULTILINE)
        assert headings == ["Context", "Decision", "Not chosen", "Consequences"], path.name
