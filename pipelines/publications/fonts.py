"""The typeface of the PDF: which characters it has, how wide they are, and its CSS.

The font files are part of the product (report_templates/fonts, SIL Open Font License), so that a report
looks the same, and has the same bytes, on every machine. A character that they lack is written out by
its code, never drawn from whatever font a machine happens to have.
"""

from __future__ import annotations

import base64
import unicodedata
from functools import cache
from pathlib import Path

TEMPLATES = Path(__file__).resolve().parents[2] / "report_templates"
# The typeface comes in two files a weight, which must not share a family name: WeasyPrint would take
# one file's glyph numbers for the other's.
FAMILIES = {"latin": "Report Sans", "latin-ext": "Report Sans Extended"}
WEIGHTS = (400, 600, 700)
_LATIN = "U+0000-00FF, U+0131, U+0152-0153, U+02BC, U+02C6, U+02DA, U+02DC, U+2000-206F, U+20AC, U+2122, U+2191, U+2193, U+2212, U+2215, U+FFFD"  # noqa: E501
_LATIN_EXT = "U+0100-0130, U+0132-0151, U+0154-02BA, U+1E00-1EFF, U+20A0-20AB, U+20AD-20C4, U+2113"
_SUBSETS = {"latin": _LATIN, "latin-ext": _LATIN_EXT}

# Characters of ordinary typing that the files lack, and what is written for them.
_STAND_INS = {
    "≤": "<=",
    "≥": ">=",
    "→": "->",
    "‑": "-",
    "\u202f": " ",
    "\u2007": " ",
    "\t": " ",
    "\u200b": "",
    "\u00ad": "",
}


def _file(subset: str, weight: int) -> Path:
    return TEMPLATES / "fonts" / f"source-sans-3-{subset}-{weight}-normal.woff2"


def _in_range(code: int, ranges: str) -> bool:
    for part in ranges.split(", "):
        low, _, high = part.removeprefix("U+").partition("-")
        if int(low, 16) <= code <= int(high or low, 16):
            return True
    return False


@cache
def _widths(subset: str) -> dict[str, float]:
    from fontTools.ttLib import TTFont

    with TTFont(_file(subset, 400)) as font:
        em, metrics = font["head"].unitsPerEm, font["hmtx"]
        return {
            chr(code): metrics[glyph][0] / em
            for code, glyph in font.getBestCmap().items()
            if _in_range(code, _SUBSETS[subset]) and unicodedata.category(chr(code)) not in {"Cc", "Cf"}
        }


@cache
def advances() -> dict[str, float]:
    """The width of each character that the report can print, in ems, at the regular weight."""
    return _widths("latin") | _widths("latin-ext")


def printable(text: str) -> str:
    r"""`text` with every character that the typeface lacks written as its code, such as [U+1F600].

    >>> printable("café ≥ 5 \u202e"), printable("two\nlines")
    ('café >= 5 [U+202E]', 'two\nlines')
    """
    known = advances()
    out = []
    for char in unicodedata.normalize("NFC", text):
        if char in known or char == "\n":
            out.append(char)
        else:
            out.append(_STAND_INS.get(char, f"[U+{ord(char):04X}]"))
    return "".join(out)


def width(text: str, size: float) -> float:
    """How wide a line of `text` is at a font size, in the unit of `size`."""
    known = advances()
    return size * sum(known.get(char, 1.0) for char in text)


def font_face_css(text: str) -> str:
    """The @font-face rules that `text` takes, the files inside them as data: nothing is fetched while a page
    is made. Reading the file of the rarer letters takes a good part of a second, so it is left out where
    none of them occurs.
    """
    rare = not _widths("latin-ext").keys().isdisjoint(unicodedata.normalize("NFC", text))
    return "\n".join(_font_face(subset) for subset in (_SUBSETS if rare else ("latin",)))


@cache
def _font_face(subset: str) -> str:
    rules = []
    for weight in WEIGHTS:
        data = base64.b64encode(_file(subset, weight).read_bytes()).decode("ascii")
        rules.append(
            f"@font-face {{ font-family: '{FAMILIES[subset]}'; font-weight: {weight}; font-style: normal; "
            f"src: url(data:font/woff2;base64,{data}) format('woff2'); "
            f"unicode-range: {_SUBSETS[subset]}; }}"
        )
    return "\n".join(rules)
