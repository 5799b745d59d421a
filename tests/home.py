"""A home folder with one small synthetic landlord, and running it through Dagster."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager, nullcontext
from dataclasses import dataclass
from pathlib import Path

import dagster as dg
import pytest

from pipelines.assets import publications
from pipelines.definitions import FULL_RETURN, build_defs
from pipelines.instance import ensure_instance
from pipelines.partitions import partition_key
from pipelines.sample import SampleSpec

CODE, YEAR = "T0001", "2024-25"
SMALL = SampleSpec(code=CODE, years=(YEAR,), lcra_homes=500, lcho_homes=60, repairs=400, responses=200)


@contextmanager
def undrawn() -> Iterator[None]:
    """Let returns be published without drawing their PDF, for tests that do not look at it: half of a run."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(publications, "bounded", lambda make, *given, what: b"%PDF-1.7\n% not drawn here\n")
        yield


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

    def run(self, selection: list[str] | None = None, *, draw: bool = False) -> dg.ExecuteInProcessResult:
        """Materialise the assets of `selection` (user strings), or everything; the PDF is drawn on demand."""
        chosen = [dg.AssetKey(each.split("/")) for each in selection] if selection else None
        with self.instance() as instance, nullcontext() if draw else undrawn():
            outcome = (
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
        failed = dg.DagsterEventType.HOOK_ERRORED  # of which a run takes no notice
        assert [each.message for each in outcome.all_events if each.event_type == failed] == []
        return outcome

    def published(self) -> dict[str, bytes]:
        """Return every output file by its name in the returns folder."""
        return {
            str(file.relative_to(self.outputs)): file.read_bytes()
            for file in sorted(self.outputs.rglob("*"))
            if file.is_file()
        }
