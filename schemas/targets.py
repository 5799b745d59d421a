"""A landlord's own target time for a repair."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class Target:
    """A repair target: exactly one of the three is set."""

    hours: int | None = None
    working_days: int | None = None
    calendar_days: int | None = None
