"""households (the survey population) and population_margins (known totals to weight to)."""

from __future__ import annotations

import pandas as pd

from schemas.tables.model import TP, Column, Context, Effect, Grade, Kind, Rule, Table


def _invited_though_excluded(households: pd.DataFrame, context: Context) -> pd.Series:
    return (households["invited"] == True) & households["excluded_reason"].notna()  # noqa: E712 (blank is no)


HOUSEHOLDS = Table(
    name="households",
    prefix="HSE",
    description="The tenant households that the survey is about, at the day the sample was drawn.",
    key=("household_id",),
    touches=TP,
    required=False,
    keeps_characteristics=True,
    columns=(
        Column("household_id", Kind.TEXT, 1, "The landlord's own reference of the household.", required=True),
        Column(
            "tenure",
            Kind.CHOICE,
            2,
            "LCRA or LCHO; other is outside the population.",
            required=True,
            vocabulary=("LCRA", "LCHO", "other"),
        ),
        Column(
            "excluded_reason",
            Kind.TEXT,
            3,
            "Why it was left out of the sample frame; blank = in it.",
            free_text=True,
        ),
        Column("stratum", Kind.TEXT, 4, "The stratum that it was drawn from, of a stratified sample."),
        Column("invited", Kind.FLAG, 5, "Was it invited to take part? Blank = not known.", touches=()),
    ),
    own_rules=(
        Rule(
            id="HSE-501",
            grade=Grade.CONFIRM,
            title="Invited though excluded",
            message=(
                "Household {household_id} was invited, yet it has an excluded_reason; it counts as invited."
            ),
            remedy="Correct invited, or remove excluded_reason.",
            effect=Effect.KEPT,
            columns=("invited", "excluded_reason", "household_id"),
            touches=(),
            mask=_invited_though_excluded,
        ),
    ),
)


def _totals_differ(margins: pd.DataFrame, context: Context) -> pd.Series:
    """One row, the first, of every characteristic whose total is not that of its tenure's first."""
    totals = margins.groupby(["tenure", "characteristic"])["households"].transform("sum")
    first = totals.groupby(margins["tenure"]).transform("first")
    heads = ~margins.duplicated(["tenure", "characteristic"])
    return heads & (totals != first)


def _percentages(margins: pd.DataFrame, context: Context) -> pd.Series:
    """One row, the first, of every characteristic whose categories add up to 100, give or take a rounding."""
    totals = margins.groupby(["tenure", "characteristic"])["households"].transform("sum")
    return ~margins.duplicated(["tenure", "characteristic"]) & totals.between(99, 101).fillna(value=False)


POPULATION_MARGINS = Table(
    name="population_margins",
    prefix="MAR",
    description="How many households of the population fall in each category of a characteristic.",
    key=("tenure", "characteristic", "category"),
    touches=TP,
    required=False,
    record_column="characteristic",
    columns=(
        Column(
            "tenure",
            Kind.CHOICE,
            1,
            "The population.",
            required=True,
            vocabulary=("LCRA", "LCHO", "COMBINED"),
        ),
        Column("characteristic", Kind.TEXT, 2, "The name of a column of survey_responses.", required=True),
        Column("category", Kind.TEXT, 3, "One of its values.", required=True),
        Column("households", Kind.COUNT, 4, "How many households.", required=True),
    ),
    own_rules=(
        Rule(
            id="MAR-501",
            grade=Grade.CONFIRM,
            title="Totals disagree",
            message=(
                "The categories of {characteristic} add up to another number of {tenure} households than "
                "those of the first characteristic."
            ),
            remedy="Give every household exactly one category of each characteristic, “not known” included.",
            effect=Effect.KEPT,
            columns=("households", "characteristic", "tenure"),
            mask=_totals_differ,
        ),
        Rule(
            id="MAR-502",
            grade=Grade.CONFIRM,
            title="Percentages for counts",
            message=(
                "The categories of {characteristic} add up to about 100 {tenure} households, as percentages "
                "would; the accuracy of the survey is reckoned from the number of households."
            ),
            remedy="Give how many households fall in each category, not their share.",
            effect=Effect.KEPT,
            columns=("households", "characteristic", "tenure"),
            mask=_percentages,
        ),
        Rule(
            id="MAR-801",
            grade=Grade.CONFIRM,
            title="Characteristic not in the survey",
            message=(
                "The survey has no column {characteristic}, so its responses cannot be compared with these "
                "totals."
            ),
            remedy="Name the characteristic as in survey_responses, or add the column there.",
            effect=Effect.KEPT,
            columns=("characteristic",),
            level="cross",
        ),
    ),
)
