"""A return beside the nation and its peer groups, as numbers and words for the return document.

Peer groups are RSH's own: landlord type, size, region, supported housing; for surveys also how most of the
responses were collected, since that alone moves TP01 by up to ten points.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from decimal import Decimal
from typing import Any

from pipelines.measures.rounding import round_half_up
from pipelines.statutory.distributions import Benchmarks, Distribution, National, Position, position, shipped
from pipelines.statutory.wording import counted

SOURCE = (
    "RSH, Tenant Satisfaction Measures, landlord-level data of {year}; every landlord counts once. Contains "
    "public sector information licensed under the Open Government Licence v3.0."
)
_SIZES = ((5_000, "<5,000"), (40_001, "5,000-40,000"))
_METHODS = {
    "telephone": "Telephone",
    "internet": "Internet",
    "face_to_face": "Face to Face",
    "postal": "Postal",
    "sms": "SMS",
}
NO_PREDOMINANT = "No predominant method"
# RSH's regions by the words of a landlord's own; the first that fits.
_REGIONS = (
    ("london", "London"),
    ("midlands", "Midlands"),
    ("yorkshire", "North"),
    ("north", "North"),
    ("east of england", "South"),
    ("south", "South"),
    ("mixed", "Mixed"),
)
_GROUP_LABELS = {
    "all": "All landlords",
    "type:LA": "Councils",
    "type:PRP": "Private registered providers",
    "group_size:<5,000": "Fewer than 5,000 homes",
    "group_size:5,000-40,000": "5,000 to 40,000 homes",
    "group_size:>40,000": "More than 40,000 homes",
    "supported30:Yes": "More than 30% supported housing",
    "supported30:No": "At most 30% supported housing",
    "method:No predominant method": "No method collected more than half of the responses",
}
_QUARTERS = {1: "best quarter", 2: "second best quarter", 3: "third quarter", 4: "last quarter"}


def size_band(homes: int) -> str:
    """Return RSH's size group of a landlord that owns so many homes."""
    return next((band for below, band in _SIZES if homes < below), ">40,000")


def region_of(text: str | None) -> str | None:
    """Return RSH's region by a landlord's region in words; None where it cannot be told."""
    words = (text or "").casefold()
    return next((region for word, region in _REGIONS if word in words), None)


def predominant_method(methods: Mapping[str, int]) -> str | None:
    """Return the method of more than half of the responses, as the national table names it.

    "No predominant method" where none has; None without responses and for "other" methods, of which the
    table has no group.
    """
    total = sum(methods.values())
    if not total:
        return None
    most = max(methods, key=lambda each: methods[each])
    return _METHODS.get(most) if 2 * methods[most] > total else NO_PREDOMINANT


def survey_method(survey: Mapping[str, Any]) -> str | None:
    """Return the predominant method of a return's survey (see `predominant_method`)."""
    return predominant_method({each["method"]: each["responses"] for each in survey["methods"]})


def peer_groups(document: Mapping[str, Any], supported: bool | None = None) -> dict[str, Any]:
    """Return the landlord's peer groups: type, group_size, region, supported30, and method by population.

    `supported`: whether more than 30% of its rented homes are supported housing, which a return does not say;
    None where that is not known. The size is that of this return's own homes; RSH goes by the whole group's.
    """
    return {
        "type": document["landlord"]["type"],
        "group_size": size_band(document["stock"]["ALL"]),
        "region": region_of(document["landlord"]["region"]),
        "supported30": None if supported is None else ("Yes" if supported else "No"),
        "method": {survey["population"]: survey_method(survey) for survey in document["survey"]},
    }


def compare(
    document: Mapping[str, Any], national: National | None = None, supported: bool | None = None
) -> dict[str, Any]:
    """Return every reported figure beside the nation and its peer groups, JSON-able, with its words.

    Keys: `year` (of the national figures; None where there are none to compare with), `source`, `note`,
    `peer_groups`, and `figures`, one for each value that the national table has: measure, population, value,
    value_text, better, text, and `groups`, each with label, landlords, the percentiles, median_text,
    difference_text, position_text, quarter, rank_text, few.
    """
    national = national or shipped()
    table = national.table
    peers = peer_groups(document, supported)
    asked = document["reporting_year"]
    year = table.year_for(asked)
    if year is None:
        note = f"There are no national figures of {asked} or before it to compare with."
        return {"year": None, "source": "", "note": note, "peer_groups": peers, "figures": []}
    measures = {each["key"]: each for each in document["measures"]}
    figures = [_figure(each, measures[each["measure"]], peers, table, year) for each in document["figures"]]
    return {
        "year": year,
        "source": f"{SOURCE.format(year=year)} {national.text}",
        "note": "" if year == asked else f"Those of {asked} are not at hand: {year} is shown instead.",
        "peer_groups": peers,
        "figures": [each for each in figures if each["groups"]],
    }


def _figure(
    figure: Mapping[str, Any],
    measure: Mapping[str, Any],
    peers: Mapping[str, Any],
    table: Benchmarks,
    year: str,
) -> dict[str, Any]:
    groups = []
    if figure["value"] is not None:
        value = Decimal(str(figure["value"]))
        for group_by, group in _groups_of(figure["population"], peers):
            found = table.get(year, figure["population"], figure["measure"], group_by, group)
            if found is not None:
                groups.append(_group(value, found, group_by, group, measure))
    return {
        "measure": figure["measure"],
        "population": figure["population"],
        "value": figure["value"],
        "value_text": figure["value_text"],
        "better": measure["better"],
        "groups": groups,
        "text": _sentence(figure, groups) if groups else "",
    }


def _groups_of(population: str, peers: Mapping[str, Any]) -> Iterator[tuple[str, str]]:
    yield "all", "all"
    for group_by in ("type", "group_size", "region", "supported30"):
        if peers[group_by] is not None:
            yield group_by, peers[group_by]
    method = peers["method"].get(population)
    if method is not None:
        yield "method", method


def group_label(group_by: str, group: str) -> str:
    """Return a peer group's name as a reader sees it."""
    known = _GROUP_LABELS.get(group_by) or _GROUP_LABELS.get(f"{group_by}:{group}")
    if known:
        return known
    if group_by == "region":
        return f"Region: {group}"
    return f"Surveyed mainly by {group if group.isupper() else group.lower()}"


def _group(
    value: Decimal, found: Distribution, group_by: str, group: str, measure: Mapping[str, Any]
) -> dict[str, Any]:
    unit = measure["unit_text"] if measure["unit_text"] == "%" else f" {measure['unit_text']}"
    median = round_half_up(found.median, 1)
    difference = value - median
    where = position(value, found, measure["better"])
    points = "percentage points" if measure["unit_text"] == "%" else measure["unit_text"]
    return {
        "group_by": group_by,
        "group": group,
        "label": group_label(group_by, group),
        "landlords": found.landlords,
        **{
            name: float(round_half_up(found.at(percentile), 1))
            for name, percentile in (("p10", 10), ("q1", 25), ("median", 50), ("q3", 75), ("p90", 90))
            if percentile in found.known
        },
        "median_text": f"{median:,}{unit}",
        "difference": float(difference),
        "difference_text": f"{difference:+,} {points}" if difference else "the same as the median",
        "from_percentile": where.low,
        "to_percentile": where.high,
        "position_text": position_text(where),
        "quarter": where.quarter,
        "quarter_text": "" if where.quarter is None else _QUARTERS[where.quarter],
        "rank": None if where.rank is None else list(where.rank),
        "rank_text": _rank_text(where, found.landlords),
        "few": len(found.known) < 7,
    }


def position_text(where: Position) -> str:
    """Return where a value stands in words, from the lowest value upwards."""
    if where.outside:
        return f"{where.outside} all of them"
    if where.shared:
        none = {0: "; none is lower", 100: "; none is higher"}
        end = none.get(where.low) or none.get(where.high, "")
        return f"the same as at least {where.high - where.low}% of them{end}"
    if where.low == where.high:
        if where.low in (0, 100):
            return "the lowest of them" if where.low == 0 else "the highest of them"
        return "at the median" if where.low == 50 else f"higher than about {where.low}% of them"
    if where.low == 0:
        return f"among the lowest {where.high}%"
    if where.high == 100:
        return f"among the highest {100 - where.low}%"
    return f"higher than between {where.low}% and {where.high}% of them"


def _rank_text(where: Position, landlords: int) -> str:
    if where.rank is None:
        return ""
    first, last = where.rank
    places = f"{first:,}" if first == last else f"{first:,} to {last:,}"
    return f"about place {places} of {landlords:,}, the best first"


def _sentence(figure: Mapping[str, Any], groups: list[dict[str, Any]]) -> str:
    """The figure beside the nation, and beside those that surveyed in the same way where that differs."""
    nation = groups[0]
    text = (
        f"{figure['value_text']}: {nation['position_text']} "
        f"({counted(nation['landlords'], 'landlord')} nationally; median {nation['median_text']})"
    )
    if nation["quarter_text"]:
        text += f", in the {nation['quarter_text']}"
    same_way = next((each for each in groups if each["group_by"] == "method"), None)
    if same_way is not None:
        text += f". {same_way['label']}: median {same_way['median_text']}"
    return f"{text}."
