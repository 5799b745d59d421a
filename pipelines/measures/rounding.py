"""The one place where a figure is rounded."""

from __future__ import annotations

from decimal import Decimal
from fractions import Fraction
from math import floor


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
