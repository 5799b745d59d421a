"""What `tsm forensics` examines: published values with their counts, from a CSV file or our own return."""

from __future__ import annotations

import csv
import io
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal
from fractions import Fraction
from typing import Any

from pipelines.assurance.forensics import Kind, Verdict, count, examine, published
from pipelines.assurance.wrong_ratios import Counts, Published, Ratio
from schemas.errors import InputError
from schemas.rulebook import Edition, Measure

ANSWERS = ("very_satisfied", "fairly_satisfied", "neither", "fairly_dissatisfied", "very_dissatisfied")
_ONE_EACH = {
    "not_applicable": "nadk",
    "filter_yes": "filter_yes",
    "filter_no": "filter_no",
    "respondents": "respondents",
    "homes_at_start": "homes_at_start",
    "met_without_extension": "without_extension",
}
_RATIOS = {
    "": "ratio",
    "unweighted_": "unweighted",
    "other_tenure_": "other_tenure",
    "other_part_": "other_part",
}
COLUMNS = (
    "label", "measure", "population", "value",
    *(f"{prefix}{side}" for prefix in _RATIOS for side in ("numerator", "denominator")),
    *ANSWERS, *_ONE_EACH, "weighted", "last_year",
)  # fmt: skip

MAX_BYTES, MAX_ROWS = 20_000_000, 100_000
_OTHER_TENURE = {"LCRA": "LCHO", "LCHO": "LCRA"}
_PERCENT = Fraction(100)


@dataclass(frozen=True)
class Case:
    """One published value to examine; `label` says whose or where it is from, `text` how it was written."""

    label: str
    measure: Measure
    population: str
    text: str
    value: Published
    counts: Counts

    @property
    def verdict(self) -> Verdict:
        return examine(self.value, self.counts, self.measure, self.text)


def read_cases(
    data: bytes, edition: Edition, known: Mapping[tuple[str, str], Counts] | None = None
) -> list[Case]:
    """Return the cases of a CSV file with the columns measure and value, and any other of COLUMNS.

    `known`: counts by (measure, population), for rows that bring none of their own. Raises InputError, in
    one sentence, for whatever cannot be read.
    """
    cases = [_case(number, row, edition, known or {}) for number, row in _rows(data)]
    if not cases:
        raise InputError("The file has no rows below its headings: give a row for each value.")
    return cases


def _rows(data: bytes) -> Iterator[tuple[int, dict[str, str]]]:
    if len(data) > MAX_BYTES:
        raise InputError(f"The file is larger than {MAX_BYTES // 10**6} MB: give the values only.")
    try:
        reader = csv.DictReader(io.StringIO(data.decode("utf-8-sig"), newline=""), strict=True)
        headings = [" ".join((name or "").split()).lower() for name in reader.fieldnames or ()]
        _check_headings(headings)
        reader.fieldnames = headings
        for row in reader:
            if None in row or None in row.values():
                raise InputError(
                    f"Row {reader.line_num} has not as many cells as the headings: give each its column."
                )
            if reader.line_num > MAX_ROWS:
                raise InputError(f"The file has more than {MAX_ROWS:,} rows: split it.")
            if any(cell.strip() for cell in row.values()):
                yield reader.line_num, {name: cell.strip() for name, cell in row.items()}
    except UnicodeDecodeError as error:
        raise InputError("The file is not UTF-8 text: save it as CSV (UTF-8).") from error
    except csv.Error as error:
        raise InputError(
            "The file is not well-formed CSV: look for a quotation mark that is not closed."
        ) from error


def _check_headings(headings: Sequence[str]) -> None:
    lacking = [name for name in ("measure", "value") if name not in headings]
    if lacking:
        raise InputError(f"The file has no column {' and no column '.join(lacking)}: both are needed.")
    unknown = [name for name in headings if name not in COLUMNS]
    twice = [name for name, times in Counter(headings).items() if times > 1]
    if unknown:
        raise InputError(f'There is no column "{unknown[0][:40]}" here: use {", ".join(COLUMNS)}.')
    if twice:
        raise InputError(f'The column "{twice[0]}" is there twice: keep one.')


def _case(
    number: int, row: Mapping[str, str], edition: Edition, known: Mapping[tuple[str, str], Counts]
) -> Case:
    try:
        measure = edition.measure(row["measure"].upper())
        population = row.get("population", "").upper()
        given, population = with_known(_counts(row), known, measure, population)
        value = published(row["value"])
    except InputError as error:
        raise InputError(f"Row {number}: {error}") from error
    return Case(row.get("label", ""), measure, population, row["value"], value, given)


def with_known(
    given: Counts, known: Mapping[tuple[str, str], Counts], measure: Measure, population: str
) -> tuple[Counts, str]:
    """Return the counts given with a value, or, where there are none, those known of its figure.

    With the population: the first in which the measure is known, unless one is named.
    """
    if given.ratio is not None or given.answers is not None:
        return given, population
    population = population or next((p for p in measure.populations if (measure.key, p) in known), "")
    found = known.get((measure.key, population))
    if known and found is None:
        where = f" of {population}" if population else ""
        raise InputError(f"The return has no counts for {measure.label}{where}: give them with the value.")
    return found or given, population


def _counts(row: Mapping[str, str]) -> Counts:
    """The counts of one row; a blank cell is not known."""

    def of(name: str) -> Fraction | None:
        return count(row[name], name) if row.get(name) else None

    given: dict[str, Any] = {field: of(name) for name, field in _ONE_EACH.items()}
    for prefix, field in _RATIOS.items():
        both = of(f"{prefix}numerator"), of(f"{prefix}denominator")
        if (both[0] is None) != (both[1] is None):
            raise InputError(f"give both {prefix}numerator and {prefix}denominator, or neither.")
        given[field] = None if both[0] is None or both[1] is None else Ratio(both[0], both[1])
    answers = [of(name) for name in ANSWERS]
    stated = [each for each in answers if each is not None]
    if stated and len(stated) < len(ANSWERS):
        raise InputError(f"give all five answers ({', '.join(ANSWERS)}), or none.")
    given["answers"] = tuple(stated) or None
    given["weighted"] = row.get("weighted", "").casefold() in {"yes", "true", "1"}
    given["last_year"] = published(row["last_year"], "last_year") if row.get("last_year") else None
    return Counts(**given)


def counts_of_return(
    document: Mapping[str, Any], last_year: Mapping[str, Any] | None = None
) -> dict[tuple[str, str], Counts]:
    """Return what a return document knows of each figure, by (measure, population).

    `last_year`: the return document of the year before, where there is one.
    """
    figures = {(each["measure"], each["population"]): each for each in document["figures"]}
    before = {(each["measure"], each["population"]): each for each in (last_year or {}).get("figures", ())}
    surveys = {each["population"]: each for each in document["survey"]}
    labels = {each["key"]: each["label"] for each in document["measures"]}
    return {
        key: _known(figure, figures, before, surveys, labels, document["stock"])
        for key, figure in figures.items()
        if _ratio(figure) is not None
    }


def _known(
    figure: Mapping[str, Any],
    figures: Mapping[tuple[str, str], Mapping[str, Any]],
    before: Mapping[tuple[str, str], Mapping[str, Any]],
    surveys: Mapping[str, Mapping[str, Any]],
    labels: Mapping[str, str],
    stock: Mapping[str, int],
) -> Counts:
    measure, population = figure["measure"], figure["population"]
    survey = surveys.get(population) if figure["answers"] else None
    last = before.get((measure, population), {}).get("value")
    code, _, part = measure.partition("_")
    over_homes = figure["unit"] == "per_1000_homes" or measure == "RP01"
    return Counts(
        # Weighted answers need not add up to the last digit of a float: they alone are the counts.
        ratio=None if figure["answers"] else _ratio(figure),
        answers=tuple(_exact(each["count"]) for each in figure["answers"]) if figure["answers"] else None,
        nadk=_optional(figure["not_applicable"]),
        filter_yes=_optional(figure["filter_yes"]),
        filter_no=_optional(figure["filter_no"]),
        respondents=None if survey is None else Fraction(survey["accuracy"]["responses"]),
        unweighted=None if survey is None else _unweighted(figure, survey),
        weighted=bool(survey and survey["facts"]["weighted"]),
        other_tenure=_ratio(figures.get((measure, _OTHER_TENURE.get(population, "")))),
        other_part=_ratio(figures.get((f"{code}_{3 - int(part)}", population))) if part else None,
        parts=_methods(survey) if survey is not None and measure == "TP01" else {},
        last_year=None if last is None else published(str(Decimal(str(last)))),
        without_extension=_optional(figure["met_without_extension"]),
        denominators={f"homes, {key}": Fraction(homes) for key, homes in stock.items()} if over_homes else {},
        neighbours={
            labels[key]: ratio
            for (key, where), other in figures.items()
            if where == population and key != measure and other["unit"] == figure["unit"]
            for ratio in [_ratio(other)]
            if ratio is not None
        },
    )


def _exact(number: float | int) -> Fraction:
    """A count of a document, exactly: a float is read by its shortest decimal form."""
    return Fraction(Decimal(str(number)))


def _optional(number: float | int | None) -> Fraction | None:
    return None if number is None else _exact(number)


def _ratio(figure: Mapping[str, Any] | None) -> Ratio | None:
    if figure is None or figure["numerator"] is None or not figure["denominator"]:
        return None
    return Ratio(_exact(figure["numerator"]), _exact(figure["denominator"]))


def _unweighted(figure: Mapping[str, Any], survey: Mapping[str, Any]) -> Ratio | None:
    """TP01's unweighted counts, or another measure's unweighted percentage; None where nobody weights."""
    counts = survey["unweighted_tp01"]
    if counts is None:
        return None
    if figure["measure"] == "TP01":
        answers = counts["answers"]
        return Ratio(Fraction(answers["VS"] + answers["FS"]), Fraction(counts["base"]))
    value = figure["unweighted_value"]
    return None if value is None else Ratio(_exact(value), _PERCENT)


def _methods(survey: Mapping[str, Any]) -> dict[str, Ratio]:
    return {
        each["label"]: Ratio(_exact(each["tp01_value"]), _PERCENT)
        for each in survey["methods"]
        if each["tp01_value"] is not None
    }


def summary(verdicts: Sequence[Verdict]) -> list[str]:
    """Return what many verdicts say together: one slip that fits many values is likelier than many slips."""
    kinds = Counter(each.kind for each in verdicts)
    words: dict[Kind, str] = {
        "correct": "correct",
        "explained": "explained",
        "near": "explained but for one in the last digit",
        "unexplained": "not explained",
        "no_value": "without a base",
        "no_counts": "without counts",
    }
    parts = [f"{kinds[kind]:,} {text}" for kind, text in words.items() if kinds[kind]]
    lines = [f"{len(verdicts):,} values: {', '.join(parts)}."]
    differing = [each for each in verdicts if each.kind in {"explained", "near", "unexplained"}]
    fitting = Counter(name for each in differing for name in {one.id for one in each.explanations})
    for name, times in fitting.most_common(5):
        if times > 1:
            sentence = next(one.sentence for each in differing for one in each.explanations if one.id == name)
            lines.append(f"  {name} fits {times:,} of the {len(differing):,} that differ, as in: {sentence}")
    return lines
