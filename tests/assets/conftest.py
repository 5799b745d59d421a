"""One small synthetic landlord, run once through Dagster for all tests of this folder."""

from __future__ import annotations

import shutil
from dataclasses import dataclass
from pathlib import Path

import dagster as dg
import pytest

from pipelines.definitions import FULL_RETURN, build_defs
from pipelines.instance import ensure_instance
from pipelines.partitions import partition_key
from pipelines.sample import SampleSpec, write_sample

CODE, YEAR = "T0001", "2024-25"


@dataclass(frozen=True)
class Home:
    """A home folder with one landlord, and its instance."""

    path: Path

    @property
    def inputs(self) -> Path:
        return self.path / "landlords" / CODE / YEAR

    @property
    def outputs(self) -> Path:
        return self.path / "returns" / CODE / YEAR

    def instance(self) -> dg.DagsterInstance:
        return dg.DagsterInstance.from_config(str(ensure_instance(self.path)))

    def run(self, selection: list[str] | None = None) -> dg.ExecuteInProcessResult:
        """Materialise the assets of `selection` (user strings), or everything."""
        chosen = [dg.AssetKey(each.split("/")) for each in selection] if selection else None
        with self.instance() as instance:
            return (
                build_defs(self.path)
                .resolve_job_def(FULL_RETURN)
                .execute_in_process(
                    partition_key=partition_key(CODE, YEAR),
                    instance=instance,
                    asset_selection=chosen,
                    raise_on_error=False,
                    run_config={"loggers": {"console": {"config": {"log_level": "CRITICAL"}}}},
                )
            )

    def published(self) -> dict[str, bytes]:
        """Return every output file by its name in the returns folder."""
        return {
            str(file.relative_to(self.outputs)): file.read_bytes()
            for file in sorted(self.outputs.rglob("*"))
            if file.is_file()
        }


@pytest.fixture(scope="session")
def finished(tmp_path_factory: pytest.TempPathFactory) -> Home:
    """A home whose landlord has been run to the end; tests only read it."""
    home = Home(tmp_path_factory.mktemp("home"))
    spec = SampleSpec(code=CODE, years=(YEAR,), lcra_homes=500, lcho_homes=60, repairs=400, responses=200)
    write_sample(home.path, spec)
    outcome = home.run()
    assert outcome.success, [event.message for event in outcome.all_events if event.is_failure]
    return home


@pytest.fixture
def home(finished: Home, tmp_path: Path) -> Home:
    """A copy of the finished home that a test may change."""
    copy = tmp_path / "home"
    shutil.copytree(finished.path, copy)
    return Home(copy)
