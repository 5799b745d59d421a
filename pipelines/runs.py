"""Starting runs from the command line: in this process, recorded in the home's Dagster instance.

Here: one landlord in this process, many in a pool of them. Not here: what a run does (pipelines.definitions).
"""

from __future__ import annotations

import json
import logging
from collections.abc import Iterator, Sequence
from concurrent.futures import ProcessPoolExecutor, as_completed
from contextlib import suppress
from multiprocessing import get_context
from pathlib import Path
from typing import Any

from pipelines.instance import point_environment_at
from schemas.errors import InputError, StopError, TsmError

# The errors whose message is written for a user; of an error Dagster keeps the name, not the class.
_FOR_THE_USER = {"InputError", "RenderError"}


def require_landlord(home: Path, code: str, year: str) -> None:
    """Raise InputError where the home has no such landlord or no folder for the year."""
    folder = home / "landlords" / code
    if not (folder / "landlord.yaml").exists():
        known = sorted(each.parent.name for each in (home / "landlords").glob("*/landlord.yaml"))
        those = f"it has {', '.join(known)}" if known else "it has none yet"
        raise InputError(
            f"There is no landlord {code} in {home / 'landlords'} ({those}): make one with `tsm init`."
        )
    if not (folder / year).is_dir():
        raise InputError(f"{code} has no folder {folder / year}: make it with `tsm init {code} {year}`.")


def remake_pages(home: Path, code: str, year: str) -> Path:
    """Make the pages of a return again, from the same document, with the log of acts as it is now.

    The return itself is not assembled again, so that a file that has come since changes nothing here.
    """
    from pipelines.assets.common import ACTS_KEY
    from pipelines.assets.publications import OUTPUTS, publication_key

    pages = [publication_key(name).to_user_string() for name in OUTPUTS]
    return run_return(home, code, year, [ACTS_KEY.to_user_string(), *pages])


def assembled(home: Path, code: str, year: str) -> dict[str, Any]:
    """Return the return document as it was assembled last, which the next pages are made from."""
    from upath import UPath

    from pipelines.assets.statutory_return import DOCUMENT_KEY
    from pipelines.storage import JsonStore, store_of

    kept = UPath(store_of(home)).joinpath(*DOCUMENT_KEY.path, code, f"{year}{JsonStore.extension}")
    if not kept.exists():
        raise InputError(
            f"There is no return of {code} for {year} yet: make it with `tsm run {code} {year}`."
        )
    document: dict[str, Any] = json.loads(kept.read_bytes())
    return document


def run_return(home: Path, code: str, year: str, only: Sequence[str] | None = None) -> Path:
    """Make the return of one landlord and year, or of it the assets `only`; return the folder of its outputs.

    Raises StopError where a stop finding withholds it, TsmError where a settings file cannot be used.
    """
    require_landlord(home, code, year)
    folder = point_environment_at(home)
    logging.getLogger("tsm").info("Starting (a few seconds)")

    import dagster as dg

    from pipelines.assets.withheld import findings_folder, lists_a_stop
    from pipelines.assurance.acts import read_acts
    from pipelines.assurance.release import folder_of, newest
    from pipelines.definitions import FULL_RETURN, build_defs
    from pipelines.partitions import partition_key

    quiet = {"loggers": {"console": {"config": {"log_level": "CRITICAL"}}}}
    with dg.DagsterInstance.from_config(str(folder)) as instance:
        job = build_defs(home).resolve_job_def(FULL_RETURN)
        outcome = job.execute_in_process(
            partition_key=partition_key(code, year),
            instance=instance,
            raise_on_error=False,
            run_config=quiet,
            asset_selection=None if only is None else [dg.AssetKey(each.split("/")) for each in only],
        )
        if not outcome.success:
            why = _why(outcome, home, code, year)
            made = {event.asset_key for event in outcome.get_asset_materialization_events()}
            if isinstance(why, StopError) and lists_a_stop(home, code, year, made):
                folder = findings_folder(home / "returns" / code / year)
                told = f"What was found, with the cells marked: {folder / 'findings.html'} (and .xlsx, .csv)."
                why = StopError(f"{why}\n{told}")
            raise why
    year_folder = home / "returns" / code / year
    return folder_of(year_folder, newest(year_folder, read_acts(year_folder)))


def _why(outcome: object, home: Path, code: str, year: str) -> TsmError:
    """Return the first failed step's error as one for the user."""
    from dagster import DagsterEventType, ExecuteInProcessResult

    assert isinstance(outcome, ExecuteInProcessResult)
    for event in outcome.filter_events(lambda e: e.event_type == DagsterEventType.STEP_FAILURE):
        data = event.step_failure_data
        if data.user_failure_data is not None:
            stops = _stops(home, code, year)
            if not stops:
                return StopError(str(data.user_failure_data.description))
            listed = "\n".join(f"  {stop}" for stop in stops)
            return StopError(
                f"The return of {code} for {year} is withheld by {len(stops)} stop finding(s); what was "
                f"published stays as it is. `tsm check {code} {year}` says how to put them right.\n{listed}"
            )
        error = data.error
        while error is not None and error.cause is not None and error.cls_name not in _FOR_THE_USER:
            error = error.cause
        if error is not None and error.cls_name in _FOR_THE_USER:
            return InputError(error.message.split(": ", 1)[1].strip())
        return TsmError(
            f"The run failed in {event.step_key}: {error.message.strip() if error else 'no reason given'} "
            f"This is a fault of the software; run {outcome.run_id} in `tsm ui` has the details."
        )
    return TsmError(f"Run {outcome.run_id} failed; `tsm ui` has the details.")


def _stops(home: Path, code: str, year: str) -> list[str]:
    """Return the stop findings of the files, else of the survey's weights, else of the return itself."""
    from pipelines.assets.common import FINDINGS_KEY, stops_in
    from pipelines.assets.statutory_return import ALL_FINDINGS_KEY
    from pipelines.assets.survey import FINDINGS_KEY as SURVEY_FINDINGS_KEY
    from pipelines.storage import read_kept, store_of

    for key in (FINDINGS_KEY, SURVEY_FINDINGS_KEY, ALL_FINDINGS_KEY):
        with suppress(FileNotFoundError):  # the step that keeps it may not have been reached
            if stops := stops_in(read_kept(store_of(home), key, code, year)):
                return stops
    return []


def run_many(home: Path, codes: list[str], year: str, workers: int) -> Iterator[tuple[str, str]]:
    """Make the returns of many landlords, `workers` at a time; yield (code, problem) as each ends.

    Each worker is a process of its own, so that a landlord whose files exhaust one does not end the others.
    """
    with ProcessPoolExecutor(max_workers=workers, mp_context=get_context("spawn")) as pool:
        jobs = {pool.submit(_one_of_many, home, code, year): code for code in codes}
        for job in as_completed(jobs):
            yield jobs[job], job.result()


def _one_of_many(home: Path, code: str, year: str) -> str:
    try:
        run_return(home, code, year)
    except TsmError as error:
        return str(error)
    return ""
