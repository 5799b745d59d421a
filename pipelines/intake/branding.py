"""A landlord's logo and colours: what is fit to print is taken, what is not is left out, and a note says why.

A pale colour or a faulty logo must never hold up a return, so neither is an error: the house's own look
stands in. A logo is text or pixels from outside, so only what can do nothing but draw is let in.
"""

from __future__ import annotations

import base64
import io
import re
import xml.etree.ElementTree as ET
from typing import Any

import pandas as pd

from pipelines.intake.settings import Branding
from schemas.outputs import FINDING_COLUMNS

TEXT_CONTRAST, LINE_CONTRAST = 4.5, 3.0  # WCAG 2.2 AA: of text (1.4.3), of lines and shapes (1.4.11)
MOST_BYTES, MOST_PIXELS = 300_000, 4_000
_PAPER = "#FFFFFF"
_HEX = re.compile(r"#[0-9A-Fa-f]{6}")
_SVG = "{http://www.w3.org/2000/svg}"
_SHAPES = ("path", "rect", "circle", "ellipse", "line", "polyline", "polygon")
_DRAWN = frozenset(
    ("svg", "g", "defs", "linearGradient", "radialGradient", "stop", "clipPath", "title", "desc", *_SHAPES)
)
_MODES = frozenset(("1", "L", "LA", "P", "RGB", "RGBA"))

_RULES = {
    "BRA-001": ("Colour too pale to read", "Choose a darker colour in landlord.yaml."),
    "BRA-002": (
        "Logo that cannot be used",
        "Put an SVG of plain shapes, a PNG or a JPEG beside landlord.yaml, and name it there.",
    ),
}


class UnfitError(Exception):
    """A logo that is not let in; `why` ends a sentence."""

    def __init__(self, why: str) -> None:
        super().__init__(why)
        self.why = why


def luminance(colour: str) -> float:
    """The relative luminance of a colour such as #0B5394, as WCAG 2.2 defines it."""
    channels = (int(colour[at : at + 2], 16) / 255 for at in (1, 3, 5))
    red, green, blue = (c / 12.92 if c <= 0.04045 else ((c + 0.055) / 1.055) ** 2.4 for c in channels)
    return 0.2126 * red + 0.7152 * green + 0.0722 * blue


def contrast(one: str, other: str = _PAPER) -> float:
    """The contrast ratio of two colours: 1 to 21."""
    dark, light = sorted((luminance(one), luminance(other)))
    return (light + 0.05) / (dark + 0.05)


def branding(
    given: Branding | None, name: str, logo: bytes | None
) -> tuple[dict[str, Any] | None, pd.DataFrame]:
    """Return the look of the pages, JSON-able, and the findings: one a colour or logo that was left out.

    `name`: the landlord's. `logo`: what the file holds; None where it is not there. The look is None where
    the landlord gives none.
    """
    if given is None:
        return None, _findings([])
    told: list[tuple[str, str]] = []
    look: dict[str, Any] = {"colour": None, "accent": None, "logo": None}
    for key, colour, least, what in (
        ("colour", given.colour, TEXT_CONTRAST, "headings"),
        ("accent", given.accent, LINE_CONTRAST, "lines"),
    ):
        if colour is None:
            continue
        ratio = contrast(colour)
        if ratio >= least:
            look[key] = colour.upper()
        else:
            told.append(
                (
                    "BRA-001",
                    f"branding.{key} {colour} has a contrast of {_floor(ratio)} to 1 on white, and {what} "
                    f"need {least} to 1, so the usual colour is used.",
                )
            )
    if given.logo is not None:
        try:
            look["logo"] = _logo(given.logo, name, logo)
        except UnfitError as error:
            told.append(("BRA-002", f"branding.logo {given.logo} {error.why}, so the pages have no logo."))
    return look, _findings(told)


def _floor(ratio: float) -> str:
    """A ratio cut to one decimal: 4.49 is not 4.5."""
    return f"{int(ratio * 10) / 10:.1f}"


def _logo(file: str, name: str, data: bytes | None) -> dict[str, str]:
    if data is None:
        raise UnfitError("is not in the landlord's folder")
    if len(data) > MOST_BYTES:
        raise UnfitError(f"is larger than {MOST_BYTES // 1000} kB")
    if data.startswith((b"\x89PNG\r\n\x1a\n", b"\xff\xd8\xff")):
        kind = _picture(data)
    else:
        kind = "image/svg+xml"
        _check_svg(data)
    return {
        "file": file,
        "media_type": kind,
        "data": base64.b64encode(data).decode("ascii"),
        "alt": f"Logo of {name}.",
    }


def _picture(data: bytes) -> str:
    """The media type of a PNG or JPEG that can be printed as it is."""
    from PIL import Image

    try:
        with Image.open(io.BytesIO(data), formats=("PNG", "JPEG")) as image:
            kind, mode, size = str(image.format), image.mode, image.size
            if max(size) > MOST_PIXELS:
                raise UnfitError(f"is larger than {MOST_PIXELS:,} pixels")
            if mode not in _MODES:
                raise UnfitError(f"is in colours of the kind {mode}: save it as RGB")
            image.load()
    except (OSError, ValueError, SyntaxError, Image.DecompressionBombError):
        raise UnfitError("cannot be read as a PNG or a JPEG") from None
    return f"image/{kind.lower()}"


def _check_svg(data: bytes) -> None:
    """Raise UnfitError unless the SVG does nothing but draw: no script, no style sheet, nothing fetched."""
    if b"<!DOCTYPE" in data.upper() or b"<!ENTITY" in data.upper():
        raise UnfitError("declares a document type")
    try:
        root = ET.fromstring(data)  # noqa: S314 - no document type, so no entities
    except (ET.ParseError, ValueError, LookupError):
        raise UnfitError("is no SVG, PNG or JPEG") from None
    if root.tag != f"{_SVG}svg":
        raise UnfitError("is no SVG, PNG or JPEG")
    if root.get("viewBox") is None:
        raise UnfitError("has no viewBox, so its size cannot be told")
    for each in root.iter():
        tag = str(each.tag).removeprefix(_SVG)
        if tag not in _DRAWN:
            hint = ": turn its words into outlines" if tag in ("text", "tspan") else ""
            raise UnfitError(f"holds <{tag[:30]}>, which is not let in{hint}")
        for name, value in each.attrib.items():
            _check_attribute(name.rpartition("}")[2].lower(), value)


def _check_attribute(name: str, value: str) -> None:
    if name.startswith("on"):
        raise UnfitError(f"holds a script ({name[:30]})")
    if name == "href" and not value.startswith("#"):
        raise UnfitError("refers to something outside it")
    fetched = re.sub(r"url\(\s*['\"]?#[^)]*\)", "", value, flags=re.IGNORECASE)
    if re.search(r"url\s*\(|@import|javascript:|\\", fetched, flags=re.IGNORECASE):
        raise UnfitError("refers to something outside it")


def _findings(told: list[tuple[str, str]]) -> pd.DataFrame:
    rows = [
        {
            "finding_id": rule,
            "grade": "note",
            "table": "settings",
            "file": "landlord.yaml",
            "column": "branding",
            "title": _RULES[rule][0],
            "message": message,
            "remedy": _RULES[rule][1],
            "effect": "kept",
        }
        for rule, message in told
    ]
    frame = pd.DataFrame(rows, columns=list(FINDING_COLUMNS), dtype="str").fillna("")
    return frame.assign(row=pd.array([None] * len(frame), dtype="Int64"))
