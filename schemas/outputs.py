"""The columns of the tables that pass from room to room, stated once."""

from __future__ import annotations

# One row a reported value (figures.csv).
FIGURE_COLUMNS = (
    "measure",
    "part",
    "population",
    "numerator",
    "denominator",
    "value",
    "unit",
    "status",
    "reason",
    "very_satisfied",
    "fairly_satisfied",
    "neither",
    "fairly_dissatisfied",
    "very_dissatisfied",
    "not_applicable",
    "filter_yes",
    "filter_no",
    "met_without_extension",
    "met_with_extension",
)

# One row a finding (findings.csv).
FINDING_COLUMNS = (
    "finding_id",
    "grade",
    "table",
    "file",
    "sheet",
    "row",
    "column",
    "value",
    "record_id",
    "title",
    "message",
    "remedy",
    "effect",
    "touches",
)
