"""Figures: the reported values, computed once from the ledgers and read by every output."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import asdict, dataclass, fields, replace
from decimal import Decimal
from fractions import Fraction
from typing import Any

import pandas as pd

from schemas.outputs import FIGURE_COLUMNS
from schemas.rulebook import Edition, Measure

from .ledger import EXACT, tally, total
from .perception import ASSUMED_YES, NADK
from .rounding import round_half_up
from .stock import ALL, LCRA, NOT_APPLICABLE, REPORTED, Stock

# The five answers' columns, in the order of the scale.
_ANSWER_COLUMNS = {
    "VS": "very_satisfied",
    "FS": "fairly_satisfied",
    "NSD": "neither",
    "FD": "fairly_dissatisfied",
    "VD": "very_dissatisfied",
}

STATUS_REASONS = {
    "no_cases": "No record counts in the denominator, so there is no value.",
    "not_applicable": "The landlord owns no homes to which this measure applies.",
    "withheld": "No home has a check, and some have no exclusion that says why none is required: "
    "it cannot be told whether the measure applies.",
    "not_required": "The landlord does not report this measure for this population.",
}


@dataclass(frozen=True)
class Precision:
    """How far a survey estimate can be off, in the unit of the value (percent), unrounded.

    `se`: standard error, without the finite population correction. `deff`: linearised design effect (None
    where the value is 0 or 100). `n_effective`: answers of a simple random sample that would tell as much.
    `ci_low`, `ci_high`: ends of the 95% interval. `unweighted_value`: the value without weights.
    """

    se: float
    deff: float | None
    n_effective: float
    ci_low: float
    ci_high: float
    unweighted_value: float

    @classmethod
    def names(cls) -> tuple[str, ...]:
        """Return the columns of the figures table that hold it."""
        return tuple(field.name for field in fields(cls))


@dataclass(frozen=True)
class Figure:
    """One reported value of one population: exact counts, and the value rounded once, if there is one.

    `answers` maps the scale's codes and NADK to counts (perception only); `filter_yes` and `filter_no` stand
    where the measure has a filter; the two `met_…_extension` split CH02's numerator; `precision` that of a
    survey estimate.
    """

    measure: str
    part: int | None
    population: str
    numerator: Fraction | None
    denominator: Fraction | None
    value: Decimal | None
    unit: str
    status: str
    reason: str = ""
    answers: Mapping[str, Fraction] | None = None
    filter_yes: Fraction | None = None
    filter_no: Fraction | None = None
    met_without_extension: Fraction | None = None
    met_with_extension: Fraction | None = None
    precision: Precision | None = None

    @property
    def key(self) -> tuple[str, str]:
        """The pair that names the figure: (measure, population)."""
        return self.measure, self.population


def value_of(numerator: Fraction, denominator: Fraction, measure: Measure) -> Decimal:
    """Return numerator / denominator in the measure's unit, rounded half-up once; the denominator is not 0.

    Source: RSH computes each percentage (x 100) and rate (x 1,000) from the submitted counts, to one decimal.
    """
    return round_half_up(numerator / denominator * measure.scale_factor, measure.places)


def figures(
    ledgers: Mapping[str, pd.DataFrame],
    stock: Stock,
    edition: Edition,
    precision: Mapping[tuple[str, str], Precision] | None = None,
) -> list[Figure]:
    """Return every reported value of the year, by measure (reporting order) and population.

    `precision`: that of the survey estimates, by (measure, population).
    """
    known = precision or {}
    return [
        replace(
            _figure(ledgers[measure.key], measure, population, stock, edition),
            precision=known.get((measure.key, population)),
        )
        for measure in edition.measures
        for population in measure.populations
    ]


def _block(measure: Measure, population: str, stock: Stock) -> str:
    if measure.family in {"perception", "complaints"}:
        return stock.blocks[population]
    homes = sum(stock.counts.values()) if population == ALL else stock.counts[LCRA]
    return REPORTED if homes else NOT_APPLICABLE


def _figure(lines: pd.DataFrame, measure: Measure, population: str, stock: Stock, edition: Edition) -> Figure:
    status = _block(measure, population, stock)
    if status != REPORTED:
        return _without_value(measure, population, status)
    lines = lines[lines["population"] == population]
    numerator, denominator = tally(lines)
    details: dict[str, Any] = dict(_details(lines, measure, edition))
    if (lines["reason"] == "no_check_and_no_exclusion").any() and denominator == 0:
        return _without_value(measure, population, "withheld")
    if denominator == 0:
        return _without_value(measure, population, measure.empty_status, numerator, denominator, details)
    value = value_of(numerator, denominator, measure)
    return Figure(
        measure.key,
        measure.part,
        population,
        numerator,
        denominator,
        value,
        measure.unit,
        REPORTED,
        **details,
    )


def _without_value(
    measure: Measure,
    population: str,
    status: str,
    numerator: Fraction | None = None,
    denominator: Fraction | None = None,
    details: Mapping[str, Any] | None = None,
) -> Figure:
    reason = STATUS_REASONS[status]
    return Figure(
        measure.key,
        measure.part,
        population,
        numerator,
        denominator,
        None,
        measure.unit,
        status,
        reason,
        **(details or {}),
    )


def _details(lines: pd.DataFrame, measure: Measure, edition: Edition) -> Iterator[tuple[str, object]]:
    """Yield what the return asks beside the value: answers and filter counts, or the split by extension."""
    if measure.scale is not None:
        in_base = lines[lines["counted"]]
        codes = edition.scales[measure.scale].codes
        answers = {code: total(in_base[in_base["answer"] == code]) for code in codes}
        if measure.nadk_offered:
            answers[NADK] = total(lines[lines["reason"] == "nadk"])
        yield "answers", answers
        if measure.filter is not None:
            said = lines["filter_answer"]
            # Where no filter answer is on file, the counts are not known: assumed ones must not be filed.
            if said.isin(["yes", "no"]).any() or lines.empty:
                yield "filter_yes", total(lines[said.isin(["yes", ASSUMED_YES])])
                yield "filter_no", total(lines[said == "no"])
    if measure.code == "CH02":
        extended = lines["reason"] == "in_time_with_extension"
        yield "met_with_extension", total(lines[extended])
        yield "met_without_extension", total(lines[lines["met"] & ~extended])


def plain(number: Fraction | None) -> int | Decimal | None:
    """Return an exact count as a number that prints exactly: an int, or a Decimal for a weighted count.

    Raises decimal.Inexact for a count without an exact decimal form; sums of decimal weights always have one.
    """
    if number is None:
        return None
    if number.denominator == 1:
        return int(number)
    return EXACT.divide(Decimal(number.numerator), Decimal(number.denominator)).normalize()


def figures_frame(reported: list[Figure]) -> pd.DataFrame:
    """Return the figures as text, columns FIGURE_COLUMNS: exact decimals, blank where there is none."""
    rows = []
    for figure in reported:
        answers = figure.answers or {}
        row: dict[str, object] = {
            "measure": figure.measure,
            "part": figure.part,
            "population": figure.population,
            "numerator": plain(figure.numerator),
            "denominator": plain(figure.denominator),
            "value": figure.value,
            "unit": figure.unit,
            "status": figure.status,
            "reason": figure.reason,
            "not_applicable": plain(answers.get(NADK)),
            "filter_yes": plain(figure.filter_yes),
            "filter_no": plain(figure.filter_no),
            "met_without_extension": plain(figure.met_without_extension),
            "met_with_extension": plain(figure.met_with_extension),
            **{column: plain(answers.get(code)) for code, column in _ANSWER_COLUMNS.items()},
            **dict.fromkeys(Precision.names()),
            **({} if figure.precision is None else asdict(figure.precision)),
        }
        rows.append({name: as_text(row[name]) for name in FIGURE_COLUMNS})
    return pd.DataFrame(rows, columns=list(FIGURE_COLUMNS), dtype="str")


def as_text(value: object) -> str:
    """Return a cell of a table of text: blank for None, a decimal without an exponent, a float exactly."""
    if isinstance(value, Decimal):
        return f"{value:f}"
    return "" if value is None else str(value)


def figures_from_frame(frame: pd.DataFrame) -> list[Figure]:
    """Return the figures that `figures_frame` wrote, exactly."""
    return [_from_row(row) for row in frame.to_dict("records")]


def _from_row(row: dict[str, str]) -> Figure:
    def count(name: str) -> Fraction | None:
        return Fraction(row[name]) if row[name] else None

    answers = {code: count(column) for code, column in _ANSWER_COLUMNS.items()}
    answers[NADK] = count("not_applicable")
    present = {code: number for code, number in answers.items() if number is not None}
    # A figures.csv from before these columns existed can be explained too.
    parts = {name: float(row[name]) if row.get(name) else None for name in Precision.names()}
    return Figure(
        row["measure"],
        int(row["part"]) if row["part"] else None,
        row["population"],
        count("numerator"),
        count("denominator"),
        Decimal(row["value"]) if row["value"] else None,
        row["unit"],
        row["status"],
        row["reason"],
        present or None,
        count("filter_yes"),
        count("filter_no"),
        count("met_without_extension"),
        count("met_with_extension"),
        None if parts["se"] is None else Precision(**parts),  # type: ignore[arg-type]
    )
