"""The stages one after another on frames, without Dagster: what `tsm check` and the proofs run.

The Dagster assets call the same functions stage by stage; here they are called in one go.
"""

from __future__ import annotations

import logging
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pandas as pd

from pipelines.assurance.surveys import (
    Weighed,
    perception_ledgers,
    precision_of,
    reported_respondents,
    statistics_of,
    tally_weights,
    weigh_surveys,
)
from pipelines.intake import (
    FINDING_COLUMNS,
    Landlord,
    Received,
    Records,
    YearFile,
    cross_check,
    load_landlord,
    load_year,
    receive,
)
from pipelines.intake.corrections import Corrected, Correction, check_corrected, load_corrections
from pipelines.measures import Figure, Inputs, classify, figures
from pipelines.survey.last_year import LastYear
from schemas.rulebook import Edition, Settings, load_edition
from schemas.targets import Target

log = logging.getLogger("tsm")

# The tables whose records a table names, checked before it.
REFERS_TO: Mapping[str, tuple[str, ...]] = {
    "homes": (),
    "households": (),
    "population_margins": (),
    "safety_checks": ("homes",),
    "safety_exclusions": ("homes",),
    "repairs": ("homes",),
    "complaints": ("homes",),
    "asb_cases": ("homes",),
    "survey_responses": ("homes", "households"),
}


@dataclass(frozen=True)
class Rules:
    """By what one landlord's year is computed: the edition, its two settings files, the resolved settings."""

    edition: Edition
    landlord: Landlord
    year_file: YearFile
    settings: Settings

    @property
    def targets(self) -> dict[str, Target]:
        """The year's target of each priority of repairs that has one."""
        stated = self.year_file.targets
        given = {"emergency": stated.emergency, "non_emergency": stated.non_emergency}
        return {priority: target for priority, target in given.items() if target is not None}

    @property
    def landlord_names(self) -> tuple[str, ...]:
        """The landlord's name and its former ones, as questions may say them."""
        return (self.landlord.name, *self.landlord.former_names)

    @property
    def weighted(self) -> frozenset[str]:
        """The populations whose responses are weighted."""
        plans = self.year_file.survey.items()
        return frozenset(population for population, plan in plans if plan.weighting.method != "none")


def load_rules(landlord_folder: Path, year: str, edition: Edition | None = None) -> Rules:
    """Return the rules of a landlord's year; `edition` is another than the year's own as it is now.

    Raises InputError for an unknown year and for a settings file that is missing, unreadable or wrong.
    """
    edition = edition or load_edition(year)
    landlord, year_file = load_landlord(landlord_folder), load_year(landlord_folder / year)
    return Rules(edition, landlord, year_file, edition.resolve_settings(year_file.settings))


def measure_inputs(
    rules: Rules,
    accepted: Mapping[str, pd.DataFrame],
    rejected: Mapping[str, pd.DataFrame],
    weights: pd.DataFrame | None = None,
) -> Inputs:
    """Return what the measures are computed from (the tables given, which may be some of them).

    `weights`: one row a respondent (`Weighed.weights`); only the perception measures need it.
    """
    return Inputs(
        rules.edition,
        rules.settings,
        accepted,
        rejected,
        targets=rules.targets,
        weights={} if weights is None else tally_weights(weights, sorted(rules.weighted)),
    )


def check_received(
    received: Received,
    corrections: Sequence[Correction],
    rules: Rules,
    related: Mapping[str, pd.DataFrame],
) -> tuple[Records, Corrected]:
    """Return a received table checked, after the corrections of corrections.yaml that are about it.

    `related`: the accepted tables that it points to, by name.
    """
    mine = [each for each in corrections if each.table == received.table]
    return check_corrected(received, mine, rules.edition, related, rules.settings, rules.landlord_names)


def input_summary(received: Received, records: Records) -> dict[str, Any] | None:
    """Return one input table's line of provenance; None where the landlord gave no such file."""
    if not received.sha256:
        return None
    return {
        "table": received.table,
        "file": received.file,
        "sheet": received.sheet,
        "sha256": received.sha256,
        "bytes": received.size,
        "rows": len(records.accepted) + len(records.rejected),
        "accepted": len(records.accepted),
        "rejected": len(records.rejected),
    }


def gather(findings: list[pd.DataFrame]) -> pd.DataFrame:
    """Return all findings as one table, columns FINDING_COLUMNS."""
    filled = [frame for frame in findings if len(frame)]
    if not filled:
        return pd.DataFrame(columns=list(FINDING_COLUMNS))
    return pd.concat(filled, ignore_index=True)


def refused_tables(findings: pd.DataFrame) -> set[str]:
    """Return the tables that could not be used."""
    return set(findings.loc[findings["effect"] == "table_refused", "table"])


@dataclass(frozen=True)
class Checked:
    """A landlord's year after every check: rules, records, the surveys with their weights, and findings."""

    rules: Rules
    records: Mapping[str, Records]
    summary: list[dict[str, Any]]
    weighed: Weighed
    findings: pd.DataFrame

    @property
    def stopped(self) -> bool:
        """Whether a stop finding withholds the return."""
        return bool((self.findings["grade"] == "stop").any())

    @property
    def inputs(self) -> Inputs:
        """What the measures are computed from."""
        accepted = {table: records.accepted for table, records in self.records.items()}
        rejected = {table: records.rejected for table, records in self.records.items()}
        return measure_inputs(self.rules, accepted, rejected, self.weighed.weights)


def check_folder(
    landlord_folder: Path,
    year: str,
    edition: Edition | None = None,
    *,
    as_kept: bool = False,
    seen: Callable[[Received, Records], None] = lambda received, records: None,
) -> Checked:
    """Receive and check every table of `<landlord_folder>/<year>`, by `edition` if one is given.

    `as_kept`: the folder was laid out from an archive, so that no database is asked. `seen` is given each
    table as it was received, and its records. Raises InputError where the settings files cannot be used;
    everything wrong with tables is a finding.
    """
    year_folder = landlord_folder / year
    rules = load_rules(landlord_folder, year, edition)
    records: dict[str, Records] = {}
    summary, findings = [], []
    corrections = load_corrections(year_folder)
    for table, refers_to in REFERS_TO.items():
        received = receive(year_folder, table, as_kept=as_kept)
        related = {name: records[name].accepted for name in refers_to}
        records[table], _ = check_received(received, corrections, rules, related)
        seen(received, records[table])
        rows = len(records[table].accepted)
        log.info(
            "Checked %s: %s rows accepted, %s rejected",
            table,
            f"{rows:,}",
            f"{len(records[table].rejected):,}",
        )
        findings += [records[table].findings]
        summary.append(input_summary(received, records[table]))
    accepted = {table: each.accepted for table, each in records.items()}
    refused = refused_tables(gather(findings))
    findings.append(cross_check(accepted, rules.edition, rules.settings, rules.targets, refused))
    weighed = weigh_accepted(rules, accepted)
    findings.append(weighed.findings)
    return Checked(rules, records, [line for line in summary if line], weighed, gather(findings))


def weigh_accepted(rules: Rules, accepted: Mapping[str, pd.DataFrame]) -> Weighed:
    """Return the surveys of the reported populations, weighed, from the accepted tables."""
    everyone = reported_respondents(measure_inputs(rules, accepted, {}))
    return weigh_surveys(rules, everyone, accepted["households"], accepted["population_margins"])


def check_landlord(home: Path, code: str, year: str) -> Checked:
    """Return a landlord's year after every check (see `check_folder`)."""
    return check_folder(home / "landlords" / code, year)


def compute_ledgers(inputs: Inputs) -> dict[str, pd.DataFrame]:
    """Return the ledger of every measure of the year, by key."""
    return {measure.key: classify(inputs, measure) for measure in inputs.edition.measures}


def compute_figures(landlord_folder: Path, year: str) -> list[Figure]:
    """Return every figure of a landlord's year, from files to figures."""
    checked = check_folder(landlord_folder, year)
    inputs = checked.inputs
    ledgers = compute_ledgers(inputs)
    perception = perception_ledgers(ledgers, checked.rules)
    statistics = statistics_of(checked.rules, checked.weighed, perception, LastYear())
    return figures(ledgers, inputs.stock, inputs.edition, precision_of(statistics))
