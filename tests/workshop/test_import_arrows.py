"""Who may import whom: data goes one way, and what stands left is understood without what stands right."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]

# Each room and the rooms that it may import besides itself. A new room is a decision: it is entered here.
MAY_IMPORT: dict[str, set[str]] = {
    "schemas": set(),
    "pipelines.intake": {"schemas"},
    "pipelines.measures": {"schemas"},
    "pipelines.survey": {"schemas", "pipelines.measures"},
    "pipelines.statutory": {"schemas", "pipelines.intake", "pipelines.measures", "pipelines.survey"},
    "pipelines.publications": {"schemas"},  # every page is made from the return document alone
    "pipelines.assurance": {
        "schemas",
        "pipelines.intake",
        "pipelines.measures",
        "pipelines.survey",
        "pipelines.statutory",
    },
    "pipelines.sample": {"schemas"},
}
# These hold the rooms together and may import any of them.
OUTSIDE_THE_ROOMS = {
    "pipelines",
    "pipelines.assets",
    "pipelines.checks",
    "pipelines.cli",
    "pipelines.cli_compare",
    "pipelines.cli_filed",
    "pipelines.cli_map",
    "pipelines.cli_pages",
    "pipelines.cli_signoff",
    "pipelines.cli_survey",
    "pipelines.definitions",
    "pipelines.event_log",
    "pipelines.instance",
    "pipelines.partitions",
    "pipelines.returns_index",
    "pipelines.runs",
    "pipelines.sensors",
    "pipelines.serving",
    "pipelines.storage",
    "pipelines.web",
}
KNOW_DAGSTER = OUTSIDE_THE_ROOMS - {
    "pipelines",
    "pipelines.instance",
    "pipelines.returns_index",
    "pipelines.serving",
}
# The arithmetic takes frames and gives frames: it knows of no file and no page.
ARITHMETIC = {"pipelines.measures", "pipelines.survey"}
FILES_AND_PAGES = {
    "csv",
    "fsspec",
    "io",
    "jinja2",
    "openpyxl",
    "os",
    "pathlib",
    "pyarrow",
    "shutil",
    "weasyprint",
}


def _room(module: str) -> str:
    parts = module.split(".")
    return ".".join(parts[:2]) if parts[0] == "pipelines" else parts[0]


def _imports(path: Path, module: str) -> Iterator[tuple[int, str]]:
    """Each imported name of a file as (line, dotted name), at whatever depth; relative ones made absolute."""
    package = module.split(".") if path.name == "__init__.py" else module.split(".")[:-1]
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"), filename=str(path))):
        if isinstance(node, ast.Import):
            for alias in node.names:
                yield node.lineno, alias.name
        elif isinstance(node, ast.ImportFrom):
            base = package[: len(package) - node.level + 1] if node.level else []
            source = [*base, *(node.module.split(".") if node.module else [])]
            for alias in node.names:
                # `from pipelines import measures` names the room in its last part.
                yield node.lineno, ".".join([*source, alias.name])


def violations(root: Path) -> list[str]:
    """Every import of the source tree that goes against an arrow, as `file:line: what`."""
    found = []
    for path in sorted([*root.glob("pipelines/**/*.py"), *root.glob("schemas/**/*.py")]):
        place = path.relative_to(root)
        module = ".".join(place.with_suffix("").parts).removesuffix(".__init__")
        here = _room(module)
        if here not in MAY_IMPORT and here not in OUTSIDE_THE_ROOMS:
            found.append(f"{place}:1: {here} is not in the table of rooms")
            continue
        for line, name in _imports(path, module):
            there, outermost = _room(name), name.split(".")[0]
            if outermost.startswith("dagster") and here not in KNOW_DAGSTER:
                found.append(f"{place}:{line}: {here} imports Dagster")
            if here in ARITHMETIC and outermost in FILES_AND_PAGES:
                found.append(f"{place}:{line}: {here} imports {outermost}, which is about files or pages")
            if here in MAY_IMPORT and outermost in ("pipelines", "schemas", "tests"):
                if there != here and there not in MAY_IMPORT[here]:
                    found.append(f"{place}:{line}: {here} imports {there}")
            elif outermost == "tests":
                found.append(f"{place}:{line}: {here} imports the tests")
    return found


def test_the_arrows_hold() -> None:
    assert violations(ROOT) == []


def test_the_rooms_are_there() -> None:
    """The test above would hold over an empty tree too."""
    checked = {_room(".".join(p.relative_to(ROOT).parts)) for p in ROOT.glob("pipelines/*/*.py")}
    assert set(MAY_IMPORT) - {"schemas"} <= checked
    assert list((ROOT / "schemas").glob("**/*.py"))


@pytest.mark.parametrize(
    ("file", "text", "expected"),
    [
        ("schemas/tables/homes.py", "from pipelines.measures import rounding", "imports pipelines.measures"),
        ("schemas/errors.py", "import pipelines", "imports pipelines"),
        ("pipelines/measures/tally.py", "import dagster as dg", "imports Dagster"),
        ("pipelines/measures/tally.py", "from dagster_webserver import app", "imports Dagster"),
        ("pipelines/measures/tally.py", "def f():\n    from dagster import asset", "imports Dagster"),
        ("pipelines/measures/tally.py", "from pipelines import intake", "imports pipelines.intake"),
        ("pipelines/measures/tally.py", "from ..intake import receive", "imports pipelines.intake"),
        ("pipelines/measures/tally.py", "from .. import intake", "imports pipelines.intake"),
        ("pipelines/measures/__init__.py", "from ..survey.weights import rake", "imports pipelines.survey"),
        ("pipelines/survey/rake.py", "from pathlib import Path", "about files or pages"),
        ("pipelines/intake/receive.py", "import pipelines.assets.records", "imports pipelines.assets"),
        ("pipelines/publications/pdf.py", "from pipelines.measures.rounding import f", "pipelines.measures"),
        ("pipelines/statutory/form.py", "import pipelines.publications", "imports pipelines.publications"),
        ("pipelines/statutory/form.py", "from pipelines.cli import main", "imports pipelines.cli"),
        ("pipelines/instance.py", "import dagster", "imports Dagster"),
        ("pipelines/cli.py", "from tests.sample import rows", "imports the tests"),
        ("pipelines/lettings/rents.py", "x = 1", "not in the table of rooms"),
    ],
)
def test_a_planted_violation_is_found(tmp_path: Path, file: str, text: str, expected: str) -> None:
    planted = tmp_path / file
    planted.parent.mkdir(parents=True)
    planted.write_text(text, encoding="utf-8")

    (violation,) = violations(tmp_path)

    assert violation.startswith(f"{file}:")
    assert expected in violation


@pytest.mark.parametrize(
    ("file", "text"),
    [
        ("pipelines/measures/tally.py", "from .ledger import tally\nfrom pipelines.measures import x"),
        ("pipelines/measures/__init__.py", "from . import ledger"),
        ("pipelines/survey/rake.py", "from ..measures.rounding import round_half_up\nimport numpy as np"),
        (
            "pipelines/statutory/form.py",
            "from pipelines.intake import Landlord\nfrom schemas import rulebook",
        ),
        ("pipelines/assets/figures.py", "import dagster as dg\nfrom pipelines.measures import ledger"),
        ("pipelines/intake/receive.py", "from pathlib import Path"),
    ],
)
def test_its_clean_twin_passes(tmp_path: Path, file: str, text: str) -> None:
    clean = tmp_path / file
    clean.parent.mkdir(parents=True)
    clean.write_text(text, encoding="utf-8")

    assert violations(tmp_path) == []
