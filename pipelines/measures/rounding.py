"""The one place where a figure is rounded."""

from __future__ import annotations

from decimal import Decimal
from fractions import Fraction
from math import floor

# Published values are binary fractions of about 15 digits: beyond these decimals is nothing to see.
_MOST_PLACES = 12


def round_half_up(exact: Fraction, places: int) -> Decimal:
    """Return `exact` rounded to `places` decimals, ties away from zero.

    Python's `round`, numpy and string formatting each treat ties (and binary fractions near them) in their
    own way; going through integers leaves nothing to treat.

    Source: RSH publishes every calculated measure to one decimal place; no tie occurs in its files, so
    half-up is the documented choice.
    """
    scaled = abs(exact) * 10**places
    whole = floor(scaled + Fraction(1, 2))
    return Decimal(-whole if exact < 0 else whole).scaleb(-places)


def told_apart(first: Fraction, second: Fraction, places: int = 1) -> tuple[Decimal, Decimal]:
    """Return both rounded to `places` decimals, or to as many as it takes to see that they differ.

    For messages: a figure itself is rounded by `round_half_up`.
    """
    for more in range(places, places + _MOST_PLACES):
        shown = round_half_up(first, more), round_half_up(second, more)
        if shown[0] != shown[1]:
            return shown
    return round_half_up(first, places), round_half_up(second, places)
