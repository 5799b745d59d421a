"""How a figure came about: the arithmetic, the exclusions by reason, and the rows.

It reads the published evidence (figures.csv and the ledgers of a return), not the landlord's files: what it
explains is what was published.
"""

from __future__ import annotations

from dataclasses import dataclass
from fractions import Fraction
from pathlib import Path

import pandas as pd

from pipelines.measures import Figure, figures_from_frame, plain
from pipelines.measures.figures import Precision, as_text
from pipelines.measures.ledger import exact_sum, reasons
from pipelines.measures.rounding import round_half_up
from schemas.errors import InputError
from schemas.rulebook import Edition, Measure


@dataclass(frozen=True)
class Explanation:
    """One measure of a published return: its figures, its ledger, and the lines by population and reason."""

    measure: Measure
    edition: Edition
    figures: list[Figure]
    ledger: pd.DataFrame
    reasons: pd.DataFrame


def explain(folder: Path, edition: Edition, key: str) -> Explanation:
    """Return the explanation of measure `key` from the published return in `folder`.

    Raises InputError for a measure that the edition does not have and where there is no return to explain.
    """
    measure = edition.measure(key)
    ledger_file, figures_file = folder / "ledgers" / f"{key}.parquet", folder / "figures.csv"
    for file in (ledger_file, figures_file):
        if not file.exists():
            raise InputError(
                f"There is no {file}: run `tsm run {folder.parent.name} {folder.name}` first, then explain."
            )
    table = pd.read_csv(figures_file, dtype="str", keep_default_na=False)
    reported = [figure for figure in figures_from_frame(table) if figure.measure == key]
    lines = pd.read_parquet(ledger_file)
    return Explanation(measure, edition, reported, lines, _amounts(lines))


def _amounts(lines: pd.DataFrame) -> pd.DataFrame:
    """Return `ledger.reasons` with `amount`: what the lines add up to, where they are weighted."""
    counts = reasons(lines)
    if "weight" not in lines.columns:
        return counts
    keys = ["population", "reason", "counted", "met"]
    weights = lines.assign(weight=lines["weight"].fillna("0")).groupby(keys, observed=True)["weight"]
    sums = weights.agg(exact_sum).rename("amount").reset_index()
    return counts.merge(sums, on=keys)


def rows(explanation: Explanation, which: str) -> pd.DataFrame:
    """Return the lines that are `met` (in the numerator), `missed` (counted, not met) or `outside`."""
    lines = explanation.ledger
    chosen = {
        "met": lines["met"],
        "missed": lines["counted"] & ~lines["met"],
        "outside": ~lines["counted"] & ~lines["met"],
    }
    return lines[chosen[which]]


def as_lines(explanation: Explanation) -> list[str]:
    """Return the explanation as lines of text: the measure, the arithmetic, every reason with its count."""
    measure, edition = explanation.measure, explanation.edition
    text = [
        f"{measure.label}  {measure.title}  ({edition.year})",
        f"  numerator    {measure.numerator}",
        f"  denominator  {measure.denominator}",
        f"  source       {measure.source}",
    ]
    if edition.status == "provisional":
        text.append(f"  {edition.status_note}")
    for figure in explanation.figures:
        text += ["", f"{figure.population}: {_arithmetic(figure, measure)}"]
        if figure.precision is not None:
            text.append(f"  {_precision(figure.precision)}")
        mine = explanation.reasons[explanation.reasons["population"] == figure.population]
        text += _reason_lines(mine, edition)
    elsewhere = explanation.reasons[
        ~explanation.reasons["population"].isin([figure.population for figure in explanation.figures])
    ]
    if len(elsewhere):
        text += ["", "In none of these populations:", *_reason_lines(elsewhere, edition)]
    return text


def _arithmetic(figure: Figure, measure: Measure) -> str:
    if figure.value is None:
        return f"no value, {figure.status.replace('_', ' ')}. {figure.reason}"
    counts = f"{as_text(plain(figure.numerator))} / {as_text(plain(figure.denominator))}"
    unit = measure.unit_text if measure.unit_text == "%" else f" {measure.unit_text}"
    return f"{counts} x {measure.scale_factor} = {figure.value}{unit}"


def _precision(precision: Precision) -> str:
    low, high, unweighted, worth = (
        round_half_up(Fraction(number), 1)
        for number in (
            precision.ci_low,
            precision.ci_high,
            precision.unweighted_value,
            precision.n_effective,
        )
    )
    return f"95% interval {low}% to {high}%; worth {worth} independent answers; unweighted {unweighted}%"


def _reason_lines(counts: pd.DataFrame, edition: Edition) -> list[str]:
    text = []
    for row in counts.sort_values(["counted", "met", "records"], ascending=False).itertuples():
        side = "numerator and denominator" if row.met and row.counted else "numerator" if row.met else ""
        side = side or ("denominator" if row.counted else "outside")
        weighing = f" ({round_half_up(row.amount, 1):,} weighted)" if "amount" in counts.columns else ""
        weighing = weighing.ljust(20 if weighing else 0)
        text.append(f"  {row.records:>9,}{weighing}  {side:<25}  {row.reason}: {edition.reasons[row.reason]}")
    return text
