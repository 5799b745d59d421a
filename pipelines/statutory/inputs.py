"""What a return is assembled from."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

import pandas as pd

from pipelines.measures.figures import Figure
from pipelines.statutory.distributions import National
from pipelines.statutory.finding_effects import nothing_unused
from pipelines.statutory.questionnaires import Questionnaire
from schemas.rulebook import Edition, Settings

if TYPE_CHECKING:
    from pipelines.intake import Landlord, YearFile

Document = dict[str, Any]


@dataclass(frozen=True)
class SurveyEvidence:
    """The survey records behind one reported population (LCRA, LCHO or COMBINED).

    `responses`: the accepted survey_responses rows that count for the population: completed in the year, one
    a household (superseded ones left out), every column of the table; `weight` is what each counts as, where
    the population is weighted. `households`: the accepted households rows of the population, excluded ones
    included; None where the landlord gave no such table. `margins_total`: households by population_margins,
    for where nothing else says. `statistics`: what `survey.statistics` found; None without a response.
    `last_year`: where the figures that it is compared with are from.
    """

    responses: pd.DataFrame
    households: pd.DataFrame | None = None
    margins_total: int | None = None
    statistics: Mapping[str, Any] | None = None
    last_year: Mapping[str, Any] | None = None


@dataclass(frozen=True)
class LastYear:
    """Last year's return as this one is compared with it.

    `figures`: one row a figure: measure, population and numbers (NaN where blank), as intake reads them from
    `file`. `published`: whether they were made here. `document`: that return's document, where it was.
    """

    year: str
    file: str
    sha256: str
    published: bool
    figures: pd.DataFrame
    document: Mapping[str, Any] | None = None


@dataclass(frozen=True)
class Beside:
    """What a return is compared with.

    `last_year`: None where there is none. `merged`: former codes that each have a return of last year, so
    that none of those is last year's. `national`: None for the figures that are shipped. `supported`: whether
    more than 30% of the rented homes are supported housing; None where the records do not settle it.
    """

    last_year: LastYear | None = None
    merged: tuple[str, ...] = ()
    national: National | None = None
    supported: bool | None = None


@dataclass(frozen=True)
class ReturnInputs:
    """Everything that the return of one landlord and year is made from.

    `figures`: all reported values. `reasons`: how many ledger lines have each reason: columns measure,
    population ('' = in none), reason, counted, met, records. `surveys`: the evidence of each reported survey
    population. `stock`: homes owned at year end, keys LCRA and LCHO. `blocks`: for LCRA, LCHO and COMBINED
    one of reported, not_required, not_applicable. `repairs_context`: raised, completed,
    closed_without_completion, outstanding. `other_targets`: by priority, repairs with a target of their own
    that is not the year's (absent = not known). `findings`: those of the records, columns as intake's
    FINDING_COLUMNS. `records_summary`: one mapping an input table: table, file, sheet, sha256, bytes, rows,
    accepted, rejected. `assets`: key, made_from, data_version. `corrections`: each entry of corrections.yaml
    with what became of it. `unused`: what the figures do not use (finding_effects.COLUMNS). `confirmations`:
    those given by `tsm confirm`, in the form of pipelines.statutory.confirmations (year.yaml's are in
    `year_file`). `beside`: what it is compared with. `branding`: the look of the pages, None for the usual
    one. `questionnaires`: those that were sent, by file name. `confirmed_before`: those that the return
    published before lists. `kept`: the bytes that are kept so that the figures can be computed again
    (pipelines.assurance.archive).
    """

    edition: Edition
    landlord: Landlord
    year_file: YearFile
    settings: Settings
    figures: Sequence[Figure]
    reasons: pd.DataFrame
    surveys: Mapping[str, SurveyEvidence]
    stock: Mapping[str, int]
    blocks: Mapping[str, str]
    repairs_context: Mapping[str, int]
    findings: pd.DataFrame
    records_summary: Sequence[Mapping[str, Any]]
    assets: Sequence[Mapping[str, Any]]
    software_version: str
    corrections: Sequence[Mapping[str, Any]] = ()
    unused: pd.DataFrame = field(default_factory=nothing_unused)
    confirmations: Sequence[Mapping[str, Any]] = ()
    beside: Beside = Beside()
    branding: Mapping[str, Any] | None = None
    questionnaires: Mapping[str, Questionnaire] = field(default_factory=dict)
    other_targets: Mapping[str, int] = field(default_factory=dict)
    confirmed_before: Sequence[Mapping[str, Any]] = ()
    kept: Sequence[Mapping[str, Any]] = ()
