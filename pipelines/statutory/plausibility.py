"""VAL-17: is a figure where its peers are, and has it moved no more than chance explains?

Not proof of an error either way: a person looks, and confirms.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from decimal import Decimal
from fractions import Fraction
from typing import Any

from pipelines.measures.rounding import round_half_up, told_apart
from pipelines.statutory.benchmarks import group_label, peer_groups
from pipelines.statutory.distributions import Benchmarks, load_benchmarks

# A change of more percentage points than this in a year is looked at.
GREATEST_CHANGE = 10
_CHANCE = 0.05
# The same in standard deviations, for counts of cases.
_CHANCE_DEVIATIONS = 1.96
# Peer groups by which a value is judged; of fewer landlords a tenth is nobody.
_JUDGED_BY = ("type", "group_size")
_ENOUGH = 20


@dataclass(frozen=True, slots=True)
class Judgement:
    """One judgement: whether the figure is plausible, its numbers in words, the measure that it touches."""

    held: bool
    message: str
    measures: tuple[str, ...]


def plausibility(
    document: Mapping[str, Any],
    benchmarks: Benchmarks | None = None,
    last_year: Mapping[tuple[str, str], float] | None = None,
) -> Iterator[Judgement]:
    """Yield a judgement for every figure that has peers, and for every figure that has last year's beside it.

    A value is implausible outside the 10th to 90th percentile of every peer group that it is judged by (type
    and size). The changes of survey results are in the document, with their sampling error. `last_year`:
    last year's values by (measure, population) for all others; the document's own comparison where left out.

    Source: domain rule 17, on RSH's published distributions.
    """
    table = load_benchmarks() if benchmarks is None else benchmarks
    yield from _beside_peers(document, table)
    yield from _survey_changes(document)
    yield from _other_changes(document, _last_values(document) if last_year is None else last_year)


def _label(document: Mapping[str, Any], measure: str, population: str) -> str:
    label = next((each["label"] for each in document["measures"] if each["key"] == measure), measure)
    return label if population == "ALL" else f"{label} {population}"


def _beside_peers(document: Mapping[str, Any], table: Benchmarks) -> Iterator[Judgement]:
    year = table.year_for(document["reporting_year"])
    if year is None:
        return
    groups = peer_groups(document)
    for figure in document["figures"]:
        if figure["value"] is None:
            continue
        measure, population = figure["measure"], figure["population"]
        value, ranges, outside, shown = Decimal(str(figure["value"])), [], [], []
        for group_by in _JUDGED_BY:
            found = table.get(year, population, measure, group_by, groups[group_by])
            if found is None or found.landlords < _ENOUGH:
                continue
            low, high = (round_half_up(found.at(each), 1) for each in (10, 90))
            outside.append(not low <= value <= high)
            shown += [told_apart(Fraction(value), Fraction(end))[0] for end in (low, high)]
            ranges.append(f"{low} to {high} ({group_label(group_by, groups[group_by]).lower()})")
        if ranges:
            finest = min(shown, key=lambda each: each.as_tuple().exponent)
            message = (
                f"{_label(document, measure, population)}: {finest}; 10th to 90th percentile of its "
                f"peers in {year}: {', '.join(ranges)}."
            )
            yield Judgement(not all(outside), message, (measure,))


def _survey_changes(document: Mapping[str, Any]) -> Iterator[Judgement]:
    for survey in document["survey"]:
        for change in (survey["statistics"] or {}).get("changes", ()):
            if change["difference"] is None:
                continue
            p_value = change["p_adjusted"] if change["p_adjusted"] is not None else change["p_value"]
            by_chance = p_value is not None and p_value >= _CHANCE
            far = abs(change["difference"]) > GREATEST_CHANGE
            if p_value is None:
                how = "its sampling error is not known"
            else:
                how = "sampling error explains it" if by_chance else "more than sampling error explains"
            label = _label(document, change["measure"], survey["population"])
            before, now = change["last_year"], change["this_year"]
            message = _moved(label, before, now, change["difference"], how if far else "")
            yield Judgement(by_chance or not far, message, (change["measure"],))


def _last_values(document: Mapping[str, Any]) -> dict[tuple[str, str], float]:
    """Last year's values as the return shows them beside its own."""
    changes = (document.get("comparison") or {}).get("changes", ())
    return {(each["measure"], each["population"]): each["last_year"] for each in changes}


def _other_changes(
    document: Mapping[str, Any], last_year: Mapping[tuple[str, str], float]
) -> Iterator[Judgement]:
    """What the surveys' statistics did not test: percentages by their size, rates by chance and size too.

    A percentage of all records has no sampling error that could excuse a change. Cases come by chance: a rate
    is looked at where it doubled or halved, and by more than a Poisson number of cases would.
    """
    tested = {
        (change["measure"], survey["population"])
        for survey in document["survey"]
        for change in (survey["statistics"] or {}).get("changes", ())
        if change["difference"] is not None
    }
    for figure in document["figures"]:
        measure, population = figure["measure"], figure["population"]
        before, now = last_year.get((measure, population)), figure["value"]
        if before is None or now is None or (measure, population) in tested:
            continue
        label = _label(document, measure, population)
        if figure["unit"] == "percent":
            far = abs(now - before) > GREATEST_CHANGE
            unknown = "its sampling error is not known" if far and figure["answers"] else ""
            yield Judgement(not far, _moved(label, before, now, now - before, unknown), (measure,))
        else:
            yield Judgement(_rate_holds(figure, before), _rate_moved(label, before, now), (measure,))


def _rate_holds(figure: Mapping[str, Any], before: float) -> bool:
    """Whether a rate is within half and double last year's, or chance alone could have moved it so far."""
    cases, then = figure["numerator"], before * figure["denominator"] / 1000
    if max(cases, then) < 2 * min(cases, then):
        return True
    return bool(abs(cases - then) <= _CHANCE_DEVIATIONS * (cases + then) ** 0.5)


def _rate_moved(label: str, before: float, now: float) -> str:
    old, new = (round_half_up(Fraction(number), 1) for number in (before, now))
    return f"{label}: from {old} to {new} per 1,000 homes in a year."


def _moved(label: str, before: float, now: float, difference: float, how: str) -> str:
    points, old, new = (round_half_up(Fraction(number), 1) for number in (difference, before, now))
    text = f"{label}: {points:+} percentage points in a year, from {old} to {new}"
    return f"{text}; {how}." if how else f"{text}."
