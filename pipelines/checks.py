"""Asset checks: how findings and validations are shown in Dagster, by rule group and partition.

They are the reporting surface, not the gate: what withholds a return is inside the assets.
"""

from __future__ import annotations

import warnings
from collections.abc import Iterable, Sequence

import dagster as dg
import pandas as pd

from pipelines.statutory import VALIDATIONS, CheckOutcome
from schemas.tables import Table

# A rule's level, and what an auditor would call the rules of that level together.
_GROUPS = {
    "file": ("file_usable", "The file is there once, can be read and has the columns it must have."),
    "cell": ("cells_readable", "Every cell holds what its column is for."),
    "row": ("rows_consistent", "Each row agrees with itself and with the records that it names."),
    "key": ("keys_unique", "Every record is given once."),
}
_CROSS = ("tables_agree", "The tables agree with one another.")
_WEIGHTS = ("weights_sound", "The survey can be weighted as year.yaml says, by enough respondents.")
_NO_STOP = ("nothing_withheld", "No stop finding withholds the return.")


def _spec(
    name: str, description: str, key: dg.AssetKey, partitions: dg.PartitionsDefinition[str]
) -> dg.AssetCheckSpec:
    # Without a partitions_def all landlords and years would share one timeline of outcomes. It is in preview:
    # tests/assets/test_run.py pins what is relied on.
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", dg.PreviewWarning)
        return dg.AssetCheckSpec(name, asset=key, description=description, partitions_def=partitions)


def table_checks(key: dg.AssetKey, partitions: dg.PartitionsDefinition[str]) -> list[dg.AssetCheckSpec]:
    """Return the checks of one table's records, one a rule group."""
    return [_spec(name, description, key, partitions) for name, description in _GROUPS.values()]


def table_results(table: Table, key: dg.AssetKey, findings: pd.DataFrame) -> list[dg.AssetCheckResult]:
    """Return the outcome of each rule group from the table's findings."""
    levels = {rule.id: "row" if rule.level == "table" else rule.level for rule in table.rules}
    level_of = findings["finding_id"].map(levels).fillna("file")
    return [_outcome(name, key, findings[level_of == level]) for level, (name, _) in _GROUPS.items()]


def survey_checks(key: dg.AssetKey, partitions: dg.PartitionsDefinition[str]) -> list[dg.AssetCheckSpec]:
    """Return the check of the surveys' weights."""
    return [_spec(*_WEIGHTS, key, partitions)]


def survey_results(key: dg.AssetKey, findings: pd.DataFrame) -> list[dg.AssetCheckResult]:
    """Return the outcome of the check of the surveys' weights."""
    return [_outcome(_WEIGHTS[0], key, findings)]


def cross_checks(key: dg.AssetKey, partitions: dg.PartitionsDefinition[str]) -> list[dg.AssetCheckSpec]:
    """Return the checks over all tables together."""
    return [_spec(name, description, key, partitions) for name, description in (_CROSS, _NO_STOP)]


def cross_results(
    key: dg.AssetKey, across: pd.DataFrame, findings: pd.DataFrame
) -> list[dg.AssetCheckResult]:
    """Return the outcomes of the checks over all tables together."""
    stops = findings[findings["grade"] == "stop"]
    return [_outcome(_CROSS[0], key, across), _outcome(_NO_STOP[0], key, stops)]


def _outcome(name: str, key: dg.AssetKey, findings: pd.DataFrame) -> dg.AssetCheckResult:
    # A note changes no figure, so it does not fail a check; it is counted all the same.
    serious = findings[findings["grade"] != "note"]
    stops = bool((serious["grade"] == "stop").any())
    return dg.AssetCheckResult(
        passed=serious.empty,
        asset_key=key,
        check_name=name,
        severity=dg.AssetCheckSeverity.ERROR if stops else dg.AssetCheckSeverity.WARN,
        metadata={
            "findings": len(findings),
            "by_rule": {
                str(rule): int(count) for rule, count in findings["finding_id"].value_counts().items()
            },
        },
    )


def validation_checks(key: dg.AssetKey, partitions: dg.PartitionsDefinition[str]) -> list[dg.AssetCheckSpec]:
    """Return the regulator's validations as checks of the assembled return, one each."""
    return [_spec(each.id.replace("-", "_"), each.title, key, partitions) for each in VALIDATIONS]


def validation_results(key: dg.AssetKey, outcomes: Sequence[CheckOutcome]) -> Iterable[dg.AssetCheckResult]:
    """Return the regulator's validations' outcomes."""
    for outcome in outcomes:
        yield dg.AssetCheckResult(
            passed=outcome.outcome == "passed",
            asset_key=key,
            check_name=outcome.validation.id.replace("-", "_"),
            severity=dg.AssetCheckSeverity.ERROR
            if outcome.outcome == "failed"
            else dg.AssetCheckSeverity.WARN,
            metadata={"message": outcome.message},
        )
