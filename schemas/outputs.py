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
    "se",
    "deff",
    "n_effective",
    "ci_low",
    "ci_high",
    "unweighted_value",
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

# What a row that was turned away is called in the ledgers, by the rule that did it; any other is REJECTED.
LEFT_OUT_REASONS = {"MAP-201": "filtered_by_mapping", "COR-007": "dropped_by_correction"}
REJECTED = "rejected_record"
