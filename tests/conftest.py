"""What tests of several rooms share: one landlord run to the end, once for all test processes."""

from __future__ import annotations

import fcntl
import shutil
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from .home import Home


@pytest.fixture(scope="session")
def made_once(tmp_path_factory: pytest.TempPathFactory, worker_id: str) -> Callable[..., Path]:
    """Make a folder's content by whichever test process needs it first, the others waiting for it.

    `made_once(name, make)`: calls `make(folder)` unless another process has done so, and returns the folder.
    """
    own = tmp_path_factory.getbasetemp()
    shared = own if worker_id == "master" else own.parent

    def once(name: str, make: Callable[[Path], None]) -> Path:
        done = shared / f"{name}.done"
        with (shared / f"{name}.lock").open("w") as lock:
            fcntl.flock(lock, fcntl.LOCK_EX)
            if not done.exists():
                shutil.rmtree(shared / name, ignore_errors=True)  # what an attempt that failed has left
                make(shared / name)
                done.touch()
        return shared / name

    return once


@pytest.fixture(scope="session")
def finished(made_once: Callable[..., Path]) -> Home:
    """A home whose landlord has been run to the end; tests only read it."""
    from pipelines.sample import write_sample

    from .home import SMALL, Home  # here: only the tests that run a landlord pay for importing Dagster

    def run(folder: Path) -> None:
        write_sample(folder, SMALL)
        outcome = Home(folder).run(draw=True)
        assert outcome.success, [event.message for event in outcome.all_events if event.is_failure]

    return Home(made_once("finished", run))


@pytest.fixture
def home(finished: Home, tmp_path: Path) -> Home:
    """A copy of the finished home that a test may change."""
    from .home import Home

    copy = tmp_path / "home"
    shutil.copytree(finished.path, copy)
    return Home(copy)
