"""How numbers, dates, codes and statuses are put into words: once, for every output."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import date
from decimal import Decimal
from fractions import Fraction
from typing import TYPE_CHECKING

from pipelines.measures.rounding import round_half_up
from schemas.rulebook import StageLimits

if TYPE_CHECKING:
    from pipelines.intake import Target

STATUS_TEXTS: Mapping[str, str] = {
    "no_cases": "No cases",
    "not_applicable": "Not applicable",
    "not_required": "Not required",
    "withheld": "Withheld",
}

LANDLORD_TYPE_TEXTS: Mapping[str, str] = {
    "PRP": "Private registered provider",
    "LA": "Local authority registered provider",
}

POPULATION_TITLES: Mapping[str, str] = {
    "LCRA": "Low cost rental accommodation",
    "LCHO": "Low cost home ownership",
    "COMBINED": "Low cost rental accommodation and low cost home ownership combined",
    "ALL": "All homes, low cost rental and low cost home ownership",
}

# Who was asked, as the sentences of the survey approach name them.
TENANTS: Mapping[str, str] = {
    "LCRA": "tenants in low cost rental accommodation",
    "LCHO": "low cost home owners",
    "COMBINED": "tenants in low cost rental accommodation and low cost home owners",
}

INTERVIEWER_TEXTS: Mapping[str, str] = {
    "contractor": "External contractor",
    "own_staff": "Landlord's own staff",
    "managing_agent": "Managing agent or ALMO staff",
    "mixed": "Mixed",
    "none": "None",
}

SAMPLING_TEXTS: Mapping[str, str] = {
    "simple_random": "simple random sampling",
    "stratified": "stratified random sampling",
    "quota": "quota sampling",
}

PRIORITY_TEXTS: Mapping[str, str] = {
    "emergency": "Emergency repairs",
    "non_emergency": "Non-emergency repairs",
}

EFFECT_TEXTS: Mapping[str, str] = {
    "row_rejected": "The row was left out of every figure.",
    "value_ignored": "The value was not used; the rest of the row was.",
    "kept": "Nothing was left out.",
    "table_refused": "The table could not be used.",
}


def number(exact: Fraction | int | None) -> int | float | None:
    """Return a count as JSON has it: an int where it is whole, else a float (a weighted count)."""
    if exact is None:
        return None
    exact = Fraction(exact)
    return exact.numerator if exact.denominator == 1 else float(exact)


def percentage(part: Fraction | int, whole: Fraction | int) -> Decimal:
    """Return part / whole x 100 to one decimal, half-up; `whole` is not 0."""
    return round_half_up(Fraction(part) / Fraction(whole) * 100, 1)


def value_text(value: Decimal | None, unit_text: str, status: str) -> str:
    """Return a figure for display: "76.2%", "53.9 per 1,000 homes", or its status in words."""
    if value is None:
        return STATUS_TEXTS[status]
    return f"{value:,}{unit_text}" if unit_text == "%" else f"{value:,} {unit_text}"


def counted(count: int | float, singular: str, plural: str | None = None) -> str:
    """Return "1 household", "8,962 households"."""
    return f"{count:,} {singular if count == 1 else plural or singular + 's'}"


def listed(parts: Sequence[str]) -> str:
    """Return "a", "a and b", "a, b and c"."""
    return parts[0] if len(parts) == 1 else f"{', '.join(parts[:-1])} and {parts[-1]}" if parts else ""


def day_text(day: date) -> str:
    """Return "2 September 2024"."""
    return f"{day.day} {day:%B %Y}"


def target_amount(target: Target) -> tuple[int, str]:
    """Return a repair target as (number, unit), the unit one of hours, working_days, calendar_days."""
    for unit in ("hours", "working_days", "calendar_days"):
        amount = getattr(target, unit)
        if amount is not None:
            return amount, unit
    raise ValueError("a repair target has a number of hours, working days or calendar days")


def target_text(target: Target) -> str:
    """Return "24 hours", "20 working days", "1 calendar day"."""
    amount, unit = target_amount(target)
    return counted(amount, unit.removesuffix("s").replace("_", " "))


def timescale_text(limits: StageLimits) -> str:
    """Return the Code's limits for one stage as a sentence."""
    start = "of the acknowledgement" if limits.clock_from == "acknowledged" else "of receipt"
    return (
        f"Acknowledged within {counted(limits.acknowledge_working_days, 'working day')} of receipt; answered "
        f"within {counted(limits.respond_working_days, 'working day')} {start}, or, where an extension is "
        f"justified and the tenant is told, within at most {limits.extension_working_days} more."
    )


def filled(text: str, placeholders: Sequence[str], landlord: str) -> str:
    """Return a prescribed text with the landlord's name in place of its placeholders."""
    for placeholder in placeholders:
        text = text.replace(placeholder, landlord)
    return text
