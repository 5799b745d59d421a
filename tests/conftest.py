"""What tests of several rooms share: one landlord run to the end, once a test process."""

from __future__ import annotations

import shutil
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from .home import Home


@pytest.fixture(scope="session")
def finished(tmp_path_factory: pytest.TempPathFactory) -> Home:
    """A home whose landlord has been run to the end; tests only read it."""
    from pipelines.sample import write_sample

    from .home import SMALL, Home  # here: only the tests that run a landlord pay for importing Dagster

    home = Home(tmp_path_factory.mktemp("home"))
    write_sample(home.path, SMALL)
    outcome = home.run(draw=True)
    assert outcome.success, [event.message for event in outcome.all_events if event.is_failure]
    return home


@pytest.fixture
def home(finished: Home, tmp_path: Path) -> Home:
    """A copy of the finished home that a test may change."""
    from .home import Home

    copy = tmp_path / "home"
    shutil.copytree(finished.path, copy)
    return Home(copy)
