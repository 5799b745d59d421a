"""safety_exclusions: why a home or building needs no check of a programme."""

from __future__ import annotations

from schemas.tables.model import BS, Column, Kind, Table
from schemas.tables.safety_checks import PROGRAMMES, place_rules

SAFETY_EXCLUSIONS = Table(
    name="safety_exclusions",
    prefix="EXC",
    description="Why a home or a building needs no check: with safety_checks it accounts for every home.",
    key=("programme", "home_id", "building_id"),
    touches=BS,
    required=False,
    record_column="home_id",
    columns=(
        Column(
            "programme",
            Kind.CHOICE,
            1,
            "The safety programme that needs no check here.",
            required=True,
            vocabulary=PROGRAMMES,
        ),
        Column("home_id", Kind.TEXT, 2, "The home that needs no check."),
        Column("building_id", Kind.TEXT, 3, "The building that needs no check, with all its homes."),
        Column(
            "reason",
            Kind.TEXT,
            4,
            "Why no check is required, such as: no gas supply.",
            required=True,
            free_text=True,
        ),
    ),
    own_rules=place_rules("EXC", "exclusion", BS),
)
