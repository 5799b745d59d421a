"""The input contract itself: its pandera schemas, its columns, and that it says nothing twice."""

from __future__ import annotations

import pandas as pd
import pytest
from pandera.errors import SchemaErrors

from schemas.tables import TABLES, Kind, Rule, is_personal
from schemas.tables.model import DTYPES, Context, Grade

# The input contract: every table with its required columns.
REQUIRED = {
    "homes": ("home_id", "tenure"),
    "safety_checks": ("check_id", "programme"),
    "safety_exclusions": ("programme", "reason"),
    "repairs": ("repair_id", "priority", "reported_at", "status"),
    "complaints": ("complaint_id", "stage", "received_on"),
    "asb_cases": ("case_id", "opened_on", "hate_incident"),
    "households": ("household_id", "tenure"),
    "survey_responses": ("response_id", "tenure", "completed_on", "method"),
    "population_margins": ("tenure", "characteristic", "category", "households"),
}


def test_the_nine_tables_and_their_required_columns() -> None:
    assert {name: tuple(c.name for c in t.columns if c.required) for name, t in TABLES.items()} == REQUIRED


def test_which_tables_may_be_absent_and_which_keep_characteristics() -> None:
    optional = {name for name, table in TABLES.items() if not table.required}
    keeping = {name for name, table in TABLES.items() if table.keeps_characteristics}

    assert optional == {"safety_exclusions", "households", "population_margins"}
    assert keeping == {"homes", "survey_responses", "households"}


@pytest.mark.parametrize("name", TABLES)
def test_the_raw_schema_takes_text_alone(name: str) -> None:
    table = TABLES[name]
    text = pd.DataFrame({column: pd.Series([""], dtype="str") for column in REQUIRED[name]})
    table.raw.validate(text)

    with pytest.raises(SchemaErrors, match=REQUIRED[name][0]):
        table.raw.validate(text.drop(columns=REQUIRED[name][0]), lazy=True)
    with pytest.raises(SchemaErrors, match="WRONG_DATATYPE"):
        table.raw.validate(text.assign(**{REQUIRED[name][0]: 1}), lazy=True)
    with pytest.raises(SchemaErrors, match="SERIES_CONTAINS_DUPLICATES"):
        table.raw.validate(pd.concat([text, text]), lazy=True)


@pytest.mark.parametrize("name", TABLES)
def test_the_typed_schema_holds_types_vocabulary_and_key(name: str) -> None:
    table = TABLES[name]
    row = {c.name: pd.Series([_value(c.kind, c.vocabulary)], dtype=c.dtype) for c in table.columns}
    good = pd.DataFrame(row).assign(source_row=pd.Series([2], dtype="int64"))
    table.typed.validate(good, lazy=True)

    with pytest.raises(SchemaErrors, match="DUPLICATES"):
        table.typed.validate(pd.concat([good, good], ignore_index=True), lazy=True)
    with pytest.raises(SchemaErrors):
        table.typed.validate(good.drop(columns=table.columns[-1].name), lazy=True)
    for column in table.columns:
        if column.kind is Kind.CHOICE:
            with pytest.raises(SchemaErrors, match="isin"):
                table.typed.validate(good.assign(**{column.name: "perhaps"}), lazy=True)
        if column.is_date:
            with pytest.raises(SchemaErrors, match="WRONG_DATATYPE"):
                table.typed.validate(good.assign(**{column.name: "2024-05-01"}), lazy=True)


def _value(kind: Kind, vocabulary: tuple[str, ...]) -> object:
    if vocabulary:
        return int(vocabulary[0]) if kind is Kind.STAGE else vocabulary[0]
    by_dtype = {"str": "VS", "boolean": True, "Int64": 1, "datetime64[us]": pd.Timestamp(2024, 5, 1)}
    return by_dtype[DTYPES[kind]]


@pytest.mark.parametrize("name", TABLES)
def test_every_rule_has_its_own_id_and_its_tables_prefix(name: str) -> None:
    table = TABLES[name]
    ids = [rule.id for rule in table.rules]

    assert ids == sorted(set(ids))
    assert all(rule.id.startswith(f"{table.prefix}-") and rule.table == name for rule in table.rules)
    assert len({column.number for column in table.columns}) == len(table.columns)


def test_a_rule_that_cannot_run_is_not_a_rule_that_holds() -> None:
    table = TABLES["repairs"]
    frame = pd.DataFrame({"repair_id": pd.Series(["R1"], dtype="str")})
    found: dict[str, pd.Series] = {}

    with pytest.raises(SchemaErrors, match="KeyError"):
        table.rule_schema(Context(None, {}), ("row",), found).validate(frame, lazy=True)
    assert "REP-501" not in found


@pytest.mark.parametrize(
    ("name", "personal"),
    [
        ("tenant_name", True),
        ("Email", True),
        ("home_postcode", True),
        ("date_of_birth", True),
        ("age_band", False),
        ("ward", False),
        ("tenancy_type", False),
    ],
)
def test_columns_that_look_like_a_person(name: str, personal: bool) -> None:
    assert is_personal(name) is personal


def test_a_rule_is_frozen() -> None:
    rule: Rule = TABLES["homes"].rules[0]

    with pytest.raises(AttributeError):
        rule.grade = Grade.NOTE  # type: ignore[misc]
