"""The findings of a return that is withheld, for whoever puts its files right.

In `returns/CODE/YEAR.findings`, beside the last good return, which stays as it is: as a page, a workbook, a
table. A later stop replaces them, a good run removes them. Here: the three files, from what a run kept or
from the landlord's folder. Not here: pages (pipelines.publications) and how far a finding could move a figure
(pipelines.statutory).
"""

from __future__ import annotations

import shutil
from collections.abc import Callable, Collection, Mapping, Sequence
from pathlib import Path
from typing import Any

import dagster as dg
import pandas as pd

from pipelines.assurance.acts import confirmation_lines, confirmations, read_acts
from pipelines.assurance.compute import (
    REFERS_TO,
    Checked,
    Rules,
    check_folder,
    compute_ledgers,
    gather,
    load_rules,
)
from pipelines.assurance.release import confirmed_before, publish
from pipelines.intake import Received, Records
from pipelines.measures import Figure, figures, figures_from_frame
from pipelines.partitions import of_run
from pipelines.publications import findings_csv, findings_html, findings_xlsx
from pipelines.returns_index import refresh_index
from pipelines.statutory.confirmations import from_year_file
from pipelines.statutory.document import SOFTWARE
from pipelines.statutory.finding_effects import (
    figure_effects,
    findings_document,
    group_effects,
    unused_records,
)
from pipelines.statutory.findings import finding_groups
from pipelines.storage import read_kept, store_of

from .common import FINDINGS_KEY, copied_rows, stops_in
from .records import record_key
from .statutory_return import ALL_FINDINGS_KEY, FIGURES_KEY
from .survey import FINDINGS_KEY as SURVEY_FINDINGS_KEY

SUFFIX = ".findings"
_LISTS = frozenset({FINDINGS_KEY, SURVEY_FINDINGS_KEY, ALL_FINDINGS_KEY})


def findings_folder(year_folder: Path) -> Path:
    """Return where the findings of a withheld return lie: beside the folder of the last good one."""
    return year_folder.with_name(year_folder.name + SUFFIX)


def remove_findings(year_folder: Path) -> None:
    """Remove the findings of an earlier stop: the return's own say more."""
    shutil.rmtree(findings_folder(year_folder), ignore_errors=True)


def build_hooks(home: Path) -> set[dg.HookDefinition]:
    """Return what a run does where a stop ends it, however it was started: findings written, index told.

    A step that a stop ends may come before the findings are listed, or after: both are asked.
    """

    def tell(context: dg.HookContext) -> None:
        logged = context.instance.all_logs(context.run_id, of_type=dg.DagsterEventType.ASSET_MATERIALIZATION)
        made = {each.dagster_event.asset_key for each in logged if each.dagster_event is not None}
        run = context.instance.get_run_by_id(context.run_id)
        if run is not None and lists_a_stop(home, *of_run(run), made):
            write_withheld(home, *of_run(run), made)
            refresh_index(home)  # it says that the return is withheld, and where its findings are

    @dg.failure_hook(name="a_stop_ends_a_step")
    def a_stop_ends_a_step(context: dg.HookContext) -> None:
        if isinstance(context.op_exception, dg.Failure):  # anything else is a fault, not a finding
            tell(context)

    @dg.success_hook(name="stops_are_listed")
    def stops_are_listed(context: dg.HookContext) -> None:
        if "findings" in context.op.definition.output_dict:  # as every step calls the list that it makes
            tell(context)

    return {a_stop_ends_a_step, stops_are_listed}


def lists_a_stop(home: Path, code: str, year: str, made: Collection[dg.AssetKey | None]) -> bool:
    """Return whether a stop is in a list of findings that a run has made; `made` is all that it made."""
    store = store_of(home)
    return any(stops_in(read_kept(store, key, code, year)) for key in _LISTS if key in made)


def write_withheld(home: Path, code: str, year: str, made: Collection[dg.AssetKey | None]) -> None:
    """Write the findings of a run that a stop ended.

    `made`: the assets that the run materialised; what the store has of others is of an earlier run.
    """
    store = store_of(home)

    def kept(key: dg.AssetKey) -> pd.DataFrame:
        return read_kept(store, key, code, year)

    whole = [ALL_FINDINGS_KEY] if ALL_FINDINGS_KEY in made else [FINDINGS_KEY, SURVEY_FINDINGS_KEY]
    found = [kept(key) for key in whole if key in made]
    year_folder = home / "returns" / code / year
    rules = load_rules(home / "landlords" / code, year)
    files = _files(
        rules,
        gather(found),
        {name: kept(record_key(name)) for name in REFERS_TO},
        {name: kept(record_key(name, "_rejected")) for name in REFERS_TO},
        {name: kept(record_key(name, "_copied")) for name in REFERS_TO},
        figures_from_frame(kept(FIGURES_KEY)) if FIGURES_KEY in made else [],
        _confirmations(rules, year_folder),
    )
    publish(files, findings_folder(year_folder))


def check_with_files(home: Path, code: str, year: str) -> tuple[Checked, Callable[[], dict[str, bytes]]]:
    """Check a landlord's year, and return with it what makes the three files: name → content."""
    copied: dict[str, pd.DataFrame] = {}

    def copy(received: Received, records: Records) -> None:
        copied[received.table] = copied_rows(received, records.findings)

    checked = check_folder(home / "landlords" / code, year, seen=copy)

    def files() -> dict[str, bytes]:
        inputs = checked.inputs
        computed: list[Figure] = []
        if not checked.stopped:
            computed = figures(compute_ledgers(inputs), inputs.stock, checked.rules.edition)
        given = _confirmations(checked.rules, home / "returns" / code / year)
        accepted = {name: each.accepted for name, each in checked.records.items()}
        rejected = {name: each.rejected for name, each in checked.records.items()}
        return _files(checked.rules, checked.findings, accepted, rejected, copied, computed, given)

    return checked, files


def _files(
    rules: Rules,
    findings: pd.DataFrame,
    accepted: Mapping[str, pd.DataFrame],
    rejected: Mapping[str, pd.DataFrame],
    copied: Mapping[str, pd.DataFrame],
    reported: Sequence[Figure],
    given: Sequence[Mapping[str, Any]],
) -> dict[str, bytes]:
    edition = rules.edition
    unused = unused_records(findings, accepted, rejected, edition)
    groups = finding_groups(findings, given, [measure.key for measure in edition.measures])
    groups = group_effects(groups, unused, reported, edition)
    effects = figure_effects(unused, reported, edition)
    document = findings_document(groups, edition, rules.landlord.name, SOFTWARE, effects)
    listed = findings.astype(object).where(findings.notna(), None).to_dict("records")
    return {
        "findings.csv": findings_csv(document, listed),
        "findings.html": findings_html(document, listed),
        "findings.xlsx": findings_xlsx(document, listed, copied),
    }


def _confirmations(rules: Rules, year_folder: Path) -> list[dict[str, Any]]:
    """Return the confirmations of year.yaml and of the log of acts, as the return would take them."""
    log = read_acts(year_folder)
    before = confirmed_before(year_folder, log)
    written = [from_year_file(each, before) for each in rules.year_file.confirmations]
    return [*written, *confirmations(confirmation_lines(log))]
