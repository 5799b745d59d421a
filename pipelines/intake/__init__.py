"""Intake: a landlord's files become text tables, then typed tables and findings."""

from pipelines.intake.crosscheck import cross_check
from pipelines.intake.findings import no_findings
from pipelines.intake.received import READABLE, Received, receive
from pipelines.intake.records import Records, check_table, empty_records
from pipelines.intake.settings import (
    Confirmation,
    Contact,
    Exclusions,
    Fieldwork,
    Landlord,
    RepairTargets,
    SurveyPlan,
    Weighting,
    YearFile,
    load_landlord,
    load_year,
)
from pipelines.intake.templates import init_folder
from schemas.outputs import FINDING_COLUMNS
from schemas.tables import rule_catalogue
from schemas.targets import Target

__all__ = [
    "FINDING_COLUMNS",
    "READABLE",
    "Confirmation",
    "Contact",
    "Exclusions",
    "Fieldwork",
    "Landlord",
    "Received",
    "Records",
    "RepairTargets",
    "SurveyPlan",
    "Target",
    "Weighting",
    "YearFile",
    "check_table",
    "cross_check",
    "empty_records",
    "init_folder",
    "load_landlord",
    "load_year",
    "no_findings",
    "receive",
    "rule_catalogue",
]
