"""Numbers, dates and words as a reader sees them. Formatting only: nothing here is computed."""

from __future__ import annotations

import re
from datetime import date
from decimal import ROUND_HALF_UP, Decimal
from urllib.parse import urlsplit

from schemas.errors import TsmError

_CONTROL = re.compile(r"[\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x9f\u202a-\u202e\u2066-\u2069\ufeff\ufffe\uffff]")

_NEVER_IN_AN_ADDRESS = re.compile(r"[\s\"'<>\\]")
# Longer than any address that a person would publish.
LONGEST_ADDRESS = 2000

# What may stand at the start of a text that a spreadsheet takes for a formula, full width forms included.
STARTS_A_FORMULA = (*"=+-@\t\r\n", "\uff1d", "\uff0b", "\uff0d", "\uff20")

# The order of the five answers in every chart, table and file.
ANSWER_CODES = ("VS", "FS", "NSD", "FD", "VD")


class RenderError(TsmError):
    """A page could not be made from the return document; the message names what stood in the way."""

    exit_status = 1


def count_text(number: float | int | None) -> str:
    """A count with thousands separators; a weighted count to one decimal, half-up; '' where there is none.

    >>> count_text(12345), count_text(402.25), count_text(None)
    ('12,345', '402.3', '')
    """
    if number is None:
        return ""
    exact = Decimal(str(number))
    if exact == exact.to_integral_value():
        return f"{int(exact):,}"
    return f"{exact.quantize(Decimal('0.1'), rounding=ROUND_HALF_UP):,}"


def decimal_text(number: float | int | None, places: int) -> str:
    """A number to so many decimals, half-up, with thousands separators; 'Not known' where there is none.

    >>> decimal_text(1083.96, 0), decimal_text(-2.25, 1), decimal_text(None, 1)
    ('1,084', '-2.3', 'Not known')
    """
    if number is None:
        return "Not known"
    return f"{Decimal(str(number)).quantize(Decimal(1).scaleb(-places), rounding=ROUND_HALF_UP):,}"


def plain_number(number: float | int | None, places: int | None = None) -> str:
    """A number as a machine reads it: no separators; `places` fixes the decimals, '' where there is none.

    >>> plain_number(1234), plain_number(402.0), plain_number(76.0, 1)
    ('1234', '402', '76.0')
    """
    if number is None:
        return ""
    exact = Decimal(str(number))
    if places is not None:
        return f"{exact:.{places}f}"
    return str(int(exact)) if exact == exact.to_integral_value() else f"{exact:f}"


def date_text(iso: str | None) -> str:
    """'2025-03-31' as '31 March 2025'; a text that is no ISO date is returned as it stands.

    >>> date_text("2025-03-31")
    '31 March 2025'
    """
    if not iso:
        return ""
    try:
        day = date.fromisoformat(str(iso)[:10])
    except ValueError:
        return str(iso)
    return f"{day.day} {day:%B %Y}"


def plural(number: int, one: str, many: str | None = None) -> str:
    """'1 finding', '3 findings'.

    >>> plural(1, "finding"), plural(2, "entry", "entries")
    ('1 finding', '2 entries')
    """
    return f"{number:,} {one if number == 1 else many or one + 's'}"


def clean(text: str) -> str:
    """`text` without control characters and without marks that reverse the direction of reading."""
    return _CONTROL.sub("\N{REPLACEMENT CHARACTER}", text)


def is_missing(value: object) -> bool:
    """Whether a cell of a findings row holds nothing: None, NaN or pandas' NA."""
    if value is None:
        return True
    try:
        return bool(value != value)  # NaN alone differs from itself
    except TypeError:  # pandas' NA has no truth
        return True


def cell_text(value: object) -> str:
    """A value of a findings row as text; '' where it holds nothing."""
    return "" if is_missing(value) else str(value)


def web_address(text: str | None) -> str:
    """`text` where it is the address of a web page that a link may lead to, else ''.

    >>> web_address("https://example.org/tsm"), web_address("javascript:alert(1)"), web_address(None)
    ('https://example.org/tsm', '', '')
    """
    if not text or len(text) > LONGEST_ADDRESS or text != clean(text) or _NEVER_IN_AN_ADDRESS.search(text):
        return ""
    try:
        parts = urlsplit(text)
    except ValueError:
        return ""
    return text if parts.scheme.lower() in ("http", "https") and parts.hostname and not parts.username else ""
