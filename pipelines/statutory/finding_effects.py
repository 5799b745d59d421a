"""How far the rows and values that were not used could move the figures: the widest range, exactly.

A figure leaves out the rows that a check turned away, and the values that it did not use. What it would be
with them nobody knows before they are put right; between which ends it would lie is known: every one of them
met the measure, or none did.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal
from fractions import Fraction
from typing import Any

import pandas as pd

from pipelines.measures.figures import Figure, value_of
from pipelines.measures.rounding import round_half_up
from pipelines.statutory.findings import grade_counts
from pipelines.statutory.wording import counted, listed, value_text
from schemas.outputs import LEFT_OUT_REASONS
from schemas.rulebook import Edition, Measure
from schemas.tables import rule_catalogue

# One row a rule, table, effect and figure: how many rows are not used, and for how many units they stand.
COLUMNS = ("finding_id", "table", "effect", "measure", "population", "rows", "units")
REJECTED, IGNORED = "row_rejected", "value_ignored"

# The table whose rows are what a measure counts.
_COUNTS = {
    "perception": "survey_responses",
    "repairs": "repairs",
    "complaints": "complaints",
    "asb": "asb_cases",
    "decent_homes": "homes",
    "safety": "homes",
}
_CHECKS = "safety_checks"
# The column that says in which of several figures a row may count.
_SORTED_BY = {
    _CHECKS: "programme",
    "complaints": "stage",
    "repairs": "priority",
    "survey_responses": "tenure",
}
_REPEATED = re.compile(r"-901$")  # a repeat of a row that counts takes nothing from a figure
_TEXTS = ("low_text", "high_text", "range_text")
# What an ignored weight does to a figure no count of responses can bound.
_NO_BOUND = frozenset(rule.id for rule in rule_catalogue() if rule.columns[:1] == ("weight",))


@dataclass(frozen=True)
class _Unused:
    """What a figure does not use, in its own units.

    `added`: units that could join it; `changed`: units that could turn out otherwise than they stand. `homes`
    and `homes_changed`: the same of the homes beneath a rate, whose units are cases.
    """

    added: int = 0
    changed: int = 0
    homes: int = 0
    homes_changed: int = 0

    def ends(self, figure: Figure, measure: Measure) -> tuple[Fraction, Fraction, Fraction] | None:
        """Numerator over denominator: the least it could be, what it is, the most; None where none is known.

        A share falls furthest where units that are met turn out not to be, and where units join unmet; it
        rises furthest the other way round. A rate's cases are only in its numerator.
        """
        numerator, denominator = figure.numerator, figure.denominator
        if not denominator or numerator is None:
            return None
        fewest, most = max(numerator - self.changed, Fraction(0)), numerator + self.added + self.changed
        if measure.unit == "per_1000_homes":
            least_homes = denominator - self.homes_changed
            if least_homes <= 0:
                return None
            most_homes = denominator + self.homes + self.homes_changed
            return fewest / most_homes, numerator / denominator, most / least_homes
        base = denominator + self.added
        return fewest / base, numerator / denominator, min(most, base) / base


def nothing_unused() -> pd.DataFrame:
    """Return what `unused_records` gives where every row and value is used."""
    return _frame([])


def unused_records(
    findings: pd.DataFrame,
    accepted: Mapping[str, pd.DataFrame],
    rejected: Mapping[str, pd.DataFrame],
    edition: Edition,
) -> pd.DataFrame:
    """Return what the figures do not use, columns COLUMNS: counts only, nothing of any record.

    `findings` as intake's FINDING_COLUMNS; `accepted` and `rejected` the tables' frames by name. A row that
    was turned away counts under the rule that did so first, in every figure that it may belong to: where the
    row itself says which of two (its stage, its priority, its programme), in that one. Left aside: what a
    filter or a correction leaves out on purpose, and repeats of rows that count.
    """
    homes = accepted["homes"]
    lines = [*_rejected(rejected, homes, edition), *_ignored(findings, accepted, homes, edition)]
    return _frame(lines)


def _frame(lines: Sequence[tuple[object, ...]]) -> pd.DataFrame:
    frame = pd.DataFrame(lines, columns=list(COLUMNS))
    return frame.astype({name: "int64" if name in ("rows", "units") else "str" for name in COLUMNS})


def _rejected(
    rejected: Mapping[str, pd.DataFrame], homes: pd.DataFrame, edition: Edition
) -> Iterator[tuple[object, ...]]:
    for table, frame in rejected.items():
        for finding_id, rows in frame.groupby("finding_id", sort=True):
            if finding_id in LEFT_OUT_REASONS or _REPEATED.search(str(finding_id)):
                continue
            for figure in _by_figure(table, rows, homes, edition):
                yield finding_id, table, REJECTED, *figure


def _ignored(
    findings: pd.DataFrame, accepted: Mapping[str, pd.DataFrame], homes: pd.DataFrame, edition: Edition
) -> Iterator[tuple[object, ...]]:
    ignored = findings[(findings["effect"] == IGNORED) & findings["row"].notna()]
    for (finding_id, table), rows in ignored.groupby(["finding_id", "table"], sort=True):
        if finding_id in _NO_BOUND:
            continue
        touched = {key for keys in rows["touches"].dropna() for key in str(keys).split(";")}
        for figure in _by_figure(str(table), _records_of(rows, accepted[str(table)]), homes, edition):
            if figure[0] in touched:
                yield finding_id, table, IGNORED, *figure


def _records_of(findings: pd.DataFrame, accepted: pd.DataFrame) -> pd.DataFrame:
    """The accepted rows that some findings are about; what another rule turned away is not among them."""
    on = ["source_row"]
    places = findings[["file", "sheet", "row"]].rename(columns={"row": "source_row"})
    if "source_file" in accepted.columns:  # of several files; where one has several sheets, with the sheet
        on.append("source_file")
        with_sheet = places["file"] + " (" + places["sheet"].fillna("") + ")"
        places["source_file"] = with_sheet.where(with_sheet.isin(accepted["source_file"]), places["file"])
    return accepted.merge(places[on].astype({"source_row": "int64"}).drop_duplicates(), on=on)


def _by_figure(
    table: str, rows: pd.DataFrame, homes: pd.DataFrame, edition: Edition
) -> Iterator[tuple[str, str, int, int]]:
    """Yield (measure, population, rows, units) of rows of one table, for each figure that they may be in."""
    measures = [measure for measure in edition.measures if _counts_in(table, measure)]
    if table not in _SORTED_BY:
        for measure in measures:
            for population in measure.populations:
                yield measure.key, population, len(rows), len(rows)
        return
    said = _text(rows, _SORTED_BY[table]).str.casefold()
    words = {
        (measure.key, population): _word(table, measure, population, edition)
        for measure in measures
        for population in measure.populations
    }
    known = {word for word in words.values() if word}
    for (key, population), word in words.items():
        mine = rows[(said == word) | ~said.isin(known)] if word else rows
        if len(mine):
            yield key, population, len(mine), _homes_served(mine, homes) if table == _CHECKS else len(mine)


def _word(table: str, measure: Measure, population: str, edition: Edition) -> str:
    """What a row of a figure says in its table's column of _SORTED_BY; blank where it may say anything."""
    if table == _CHECKS:
        return next(key for key, each in edition.safety_programmes.items() if each.measure == measure.key)
    if table == "complaints":
        return str(measure.stage)
    if table == "repairs":
        return str(measure.priority)
    return "" if population == "COMBINED" else population.casefold()


def _counts_in(table: str, measure: Measure) -> bool:
    """Whether the rows of a table count in a measure, by themselves or by the homes that they serve."""
    if table == _CHECKS:
        return measure.family == "safety"
    beneath = table == "homes" and measure.unit == "per_1000_homes"
    return beneath or _COUNTS[measure.family] == table


def _homes_served(rows: pd.DataFrame, homes: pd.DataFrame) -> int:
    """How many homes some checks stand for at most.

    A check that names no home or building of the homes table may belong to any: to one home where it names a
    home, else to the building with the most homes.
    """
    home, building = _text(rows, "home_id"), _text(rows, "building_id")
    own, shared = homes["home_id"].isin(home), homes["building_id"].isin(building[building != ""])
    unknown = ~home.isin(homes["home_id"]) & ~building.isin(homes["building_id"].dropna())
    most = int(homes["building_id"].value_counts().max()) if homes["building_id"].notna().any() else 1
    named_a_home = int((unknown & (home != "")).sum())
    return int((own | shared).sum()) + named_a_home + most * (int(unknown.sum()) - named_a_home)


def _text(rows: pd.DataFrame, column: str) -> pd.Series:
    return rows[column].astype("object").where(rows[column].notna(), "").astype("str").str.strip()


def figure_effects(unused: pd.DataFrame, figures: Iterable[Figure], edition: Edition) -> list[dict[str, Any]]:
    """Return, for each figure that leaves something out, between which values it would lie with all of it.

    `unused`: see `unused_records`. A row: measure, population, name (of both), value, rejected (rows turned
    away), ignored (values not used), low, high, value_text, low_text, high_text, range_text, widest (how far
    from the value the farther end lies, in its unit), text. Of a figure without a value only the text says
    anything. Figures that the landlord does not report are left out.
    """
    by_figure = dict(iter(unused.groupby(["measure", "population"])))
    return [
        _effect(figure, by_figure[figure.key], edition)
        for figure in figures
        if figure.key in by_figure and figure.status != "not_required"
    ]


def _effect(figure: Figure, unused: pd.DataFrame, edition: Edition) -> dict[str, Any]:
    measure = edition.measure(figure.measure)
    rejected, ignored = (
        int(unused.loc[unused["effect"] == effect, "rows"].sum()) for effect in (REJECTED, IGNORED)
    )
    ends = _unused(unused, measure).ends(figure, measure)
    name = _name(figure, measure)
    known: dict[str, Any] = {
        "measure": figure.measure,
        "population": figure.population,
        "name": name,
        "value": None if figure.value is None else float(figure.value),
        "value_text": value_text(figure.value, measure.unit_text, figure.status),
        "rejected": rejected,
        "ignored": ignored,
    }
    what = _what(rejected, ignored)
    if ends is None:
        nothing = dict.fromkeys(("low", "high", "widest")) | dict.fromkeys(_TEXTS, "")
        return known | nothing | {"text": f"No range can be given for {name}: {what} might change it."}
    least, exact, most = ends
    widest = round_half_up(max(exact - least, most - exact) * measure.scale_factor, measure.places)
    low, high = (value_of(end, Fraction(1), measure) for end in (least, most))
    low_text, high_text = (value_text(end, measure.unit_text, figure.status) for end in (low, high))
    span = _span(low, high, measure)
    would = f"stay at {low_text}" if low == high else f"lie anywhere from {span}"
    each = ", each response counting as one" if measure.family == "perception" else ""
    return known | {
        "low": float(low),
        "high": float(high),
        "widest": float(widest),
        "low_text": low_text,
        "high_text": high_text,
        "range_text": low_text if low == high else span,
        "text": (
            f"{name} is {known['value_text']}. With {what} it would {would}: the widest possible range{each}."
        ),
    }


def _span(low: Decimal, high: Decimal, measure: Measure) -> str:
    """A range as it is read: "81.3% to 85.3%", "35.5 to 36.2 per 1,000 homes"."""
    first = f"{low:,}%" if measure.unit_text == "%" else f"{low:,}"
    return f"{first} to {value_text(high, measure.unit_text, '')}"


def _unused(unused: pd.DataFrame, measure: Measure) -> _Unused:
    beneath = (unused["table"] == "homes") & (measure.unit == "per_1000_homes")
    # A check adds no home of its own: it can turn the state of each home that it serves.
    joins = (unused["effect"] == REJECTED) & (unused["table"] != _CHECKS)
    units = unused["units"]
    return _Unused(
        *(int(units[each].sum()) for each in (joins & ~beneath, ~joins & ~beneath)),
        *(int(units[each].sum()) for each in (joins & beneath, ~joins & beneath)),
    )


def _name(figure: Figure, measure: Measure) -> str:
    """The measure's label, with the population where it has several."""
    several = len(measure.populations) > 1
    word = "combined" if figure.population == "COMBINED" else figure.population
    return f"{measure.label} {word}" if several else measure.label


def _what(rejected: int, ignored: int) -> str:
    parts = []
    if rejected:
        parts.append(f"the {counted(rejected, 'row')} turned away")
    if ignored:
        parts.append(f"the {counted(ignored, 'value')} not used")
    return listed(parts)


def group_effects(
    groups: Iterable[Mapping[str, Any]],
    unused: pd.DataFrame,
    figures: Sequence[Figure],
    edition: Edition,
) -> list[dict[str, Any]]:
    """Return the finding groups (see `findings.finding_groups`), each with how far it could move figures.

    Added to a group: `moves`, rows as of `figure_effects` for its own rows alone, the widest first;
    `moves_text`, the first of them in words, or why there is none; `widest`, the farthest move in the
    figure's own unit, None where none can be told.
    """
    return [_group(group, unused, figures, edition) for group in groups]


def _group(
    group: Mapping[str, Any], unused: pd.DataFrame, figures: Sequence[Figure], edition: Edition
) -> dict[str, Any]:
    mine = unused[(unused["finding_id"] == group["finding_id"]) & (unused["table"] == group["table"])]
    effects = [each for each in figure_effects(mine, figures, edition) if each["widest"] is not None]
    moves = sorted(effects, key=lambda each: -each["widest"])
    named = [_in_short(moves[0], edition)] if moves else []
    if len(moves) > 1:
        rest = f"{moves[1]['widest']:.1f} at most" if moves[1]["widest"] else "less than 0.1"
        named.append(f"{counted(len(moves) - 1, 'more figure')} by {rest}")
    return {
        **group,
        "moves": moves,
        "moves_text": "; ".join(named) if named else _why_none(group, mine, edition),
        "widest": moves[0]["widest"] if moves else None,
    }


def _in_short(effect: Mapping[str, Any], edition: Edition) -> str:
    if effect["low"] == effect["high"]:
        return f"{effect['name']} stays at {effect['value_text']}"
    unit = edition.measure(effect["measure"]).unit_text  # of a rate the range says it
    value = effect["value_text"] if unit == "%" else effect["value_text"].removesuffix(f" {unit}")
    return f"{effect['name']} is {value}, could be {effect['range_text']}"


def _why_none(group: Mapping[str, Any], mine: pd.DataFrame, edition: Edition) -> str:
    """Why no range stands beside a group."""
    if group["grade"] == "stop":
        return "No figure is published until it is put right."
    if group["finding_id"] in LEFT_OUT_REASONS:
        return "Left out on purpose, so no range is given."
    if _REPEATED.search(group["finding_id"]) or not group["touches"]:
        return "No figure moves."
    if group["table"] == "safety_exclusions":
        return "No figure moves: an exclusion only says why a home is in none."
    if group["effect"] not in (REJECTED, IGNORED):
        return "Nothing was left out: what was found counts as it stands."
    if len(mine):
        return "No range: the figures that it touches have no value."
    counts = any(_counts_in(group["table"], edition.measure(key)) for key in group["touches"])
    if counts and group["effect"] == REJECTED:
        return "Other findings turn the same rows away, and say how far."
    return "How far cannot be told: the figures rest on it only by way of other records."


def findings_document(
    groups: Sequence[Mapping[str, Any]],
    edition: Edition,
    landlord: str,
    software: str,
    effects: Sequence[Mapping[str, Any]] = (),
) -> dict[str, Any]:
    """Return what the findings' page and workbook need where there is no return: withheld, or only checked.

    A part of the return document, with the same keys; `groups` as `group_effects` gives them, `effects` as
    `figure_effects` does, where there are figures.
    """
    return {
        "software": {"name": software},
        "landlord": {"name": landlord},
        "reporting_year": edition.year,
        "year_end": edition.end.isoformat(),
        "edition": {"year": edition.year, "status": edition.status, "status_note": edition.status_note},
        "measures": [{"key": measure.key, "label": measure.label} for measure in edition.measures],
        "findings": {"counts": grade_counts(groups), "groups": list(groups), "effects": list(effects)},
    }
