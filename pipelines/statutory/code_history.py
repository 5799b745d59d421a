"""What is known of landlords' codes and names over the years: who was renamed, who merged."""

from __future__ import annotations

import csv
from dataclasses import dataclass
from functools import cache

from pipelines.statutory.distributions import SHIPPED

NAMES = SHIPPED.with_name("landlord_codes.csv")


@dataclass(frozen=True, slots=True)
class Name:
    """What is known of a landlord's code over the years: its name in some of them, and what to know."""

    code: str
    name: str
    first_year: str
    last_year: str
    note: str

    def covers(self, year: str) -> bool:
        """Whether it had the name in that year."""
        return self.first_year <= year and (not self.last_year or year <= self.last_year)


@cache
def names() -> tuple[Name, ...]:
    """Return what is known of codes over the years (data/reference/landlord_codes.csv)."""
    with NAMES.open(encoding="utf-8", newline="") as lines:
        return tuple(Name(**row) for row in csv.DictReader(lines))


def other_names(code: str, year: str) -> str:
    """Return the names that a code had in other years and what to know of it, in words; '' for nothing."""
    mine = [each for each in names() if each.code == code]
    now = next((each for each in mine if each.covers(year)), None)
    parts = []
    for each in mine:
        if now is not None and each.name != now.name:
            parts.append(
                f"formerly {each.name}" if each.first_year < now.first_year else f"later {each.name}"
            )
    return "; ".join([*parts, *([now.note] if now is not None and now.note else [])])


def between(code: str, before: str, year: str) -> list[str]:
    """Return what to know when a code's figures of two years are compared, as sentences: names, mergers."""
    mine = [each for each in names() if each.code == code]
    then, now = (next((each for each in mine if each.covers(one)), None) for one in (before, year))
    sentences = []
    if then is not None and now is not None and then.name != now.name:
        sentences.append(f"In {before} its name was {then.name}.")
    for each in dict.fromkeys(each for each in (then, now) if each is not None and each.note):
        # A note on a later name that lasts says how the two years differ; it holds for that first year alone.
        if each is now and each.first_year != year:
            continue
        sentences.append(f"{each.note[0].upper()}{each.note[1:]}.")
    return sentences
