"""The statutory return as a value: assembling it, the regulator's validations, the NROSH+ fields."""

from __future__ import annotations

from pipelines.statutory.document import assemble
from pipelines.statutory.inputs import Beside, Document, LastYear, ReturnInputs, SurveyEvidence
from pipelines.statutory.nrosh import nrosh_fields
from pipelines.statutory.questionnaires import Questionnaire, questionnaire
from pipelines.statutory.rules import VALIDATIONS, Validation
from pipelines.statutory.validations import CheckOutcome, as_findings, validate

__all__ = [
    "VALIDATIONS",
    "Beside",
    "CheckOutcome",
    "Document",
    "LastYear",
    "Questionnaire",
    "ReturnInputs",
    "SurveyEvidence",
    "Validation",
    "as_findings",
    "assemble",
    "nrosh_fields",
    "questionnaire",
    "validate",
]
