"""The input contract: nine tables, their columns and rules, each with a raw and a typed pandera schema."""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType

from schemas.tables.asb_cases import ASB_CASES
from schemas.tables.complaints import COMPLAINTS
from schemas.tables.correction_rules import CORRECTION_RULES
from schemas.tables.file_rules import FILE_RULES
from schemas.tables.homes import HOMES
from schemas.tables.households import HOUSEHOLDS, POPULATION_MARGINS
from schemas.tables.mapping_rules import MAPPING_RULES
from schemas.tables.model import Column, Context, Effect, Grade, Kind, Rule, Table, is_personal
from schemas.tables.repairs import REPAIRS
from schemas.tables.safety_checks import SAFETY_CHECKS
from schemas.tables.safety_exclusions import SAFETY_EXCLUSIONS
from schemas.tables.sql_rules import SQL_RULES
from schemas.tables.survey_responses import SURVEY_RESPONSES

# In the order in which they are checked: a table only points to tables before it.
TABLES: Mapping[str, Table] = MappingProxyType(
    {
        table.name: table
        for table in (
            HOMES,
            SAFETY_CHECKS,
            SAFETY_EXCLUSIONS,
            REPAIRS,
            COMPLAINTS,
            ASB_CASES,
            HOUSEHOLDS,
            SURVEY_RESPONSES,
            POPULATION_MARGINS,
        )
    }
)


def rule_catalogue() -> tuple[Rule, ...]:
    """Every rule of the input contract: of files, mappings, databases, corrections; then each table's."""
    of_tables = (rule for table in TABLES.values() for rule in table.rules)
    return (*FILE_RULES, *MAPPING_RULES, *SQL_RULES, *CORRECTION_RULES, *of_tables)


__all__ = [
    "FILE_RULES",
    "MAPPING_RULES",
    "TABLES",
    "Column",
    "Context",
    "Effect",
    "Grade",
    "Kind",
    "Rule",
    "Table",
    "is_personal",
    "rule_catalogue",
]
