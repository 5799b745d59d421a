"""A landlord's logo and colours: only what can be read and can do nothing but draw reaches the pages."""

from __future__ import annotations

import base64
import io

import pytest
from PIL import Image

from pipelines.intake.branding import MOST_BYTES, branding, contrast
from pipelines.intake.settings import Branding, load_landlord
from schemas.errors import InputError

SVG = b'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 10 4"><rect width="10" height="4"/></svg>'


def picture(kind: str, mode: str = "RGB", size: tuple[int, int] = (12, 8)) -> bytes:
    made = io.BytesIO()
    Image.new(mode, size).save(made, kind)
    return made.getvalue()


@pytest.mark.parametrize(
    ("colour", "ratio"), [("#FFFFFF", 1.0), ("#000000", 21.0), ("#767676", 4.54), ("#777777", 4.48)]
)
def test_the_contrast_on_white_is_that_of_wcag(colour, ratio):
    assert round(contrast(colour), 2) == ratio


def test_a_landlord_that_gives_no_look_has_none_and_no_finding():
    look, findings = branding(None, "Homes", None)
    assert look is None
    assert findings.empty


def test_colours_that_can_be_read_are_taken():
    look, findings = branding(Branding(colour="#0b5394", accent="#949494"), "Homes", None)
    assert look == {"colour": "#0B5394", "accent": "#949494", "logo": None}
    assert findings.empty


@pytest.mark.parametrize(
    ("given", "message"),
    [
        (
            Branding(colour="#777777"),
            "branding.colour #777777 has a contrast of 4.4 to 1 on white, and headings need 4.5 to 1, so the "
            "usual colour is used.",
        ),
        (
            Branding(accent="#FFEE00"),
            "branding.accent #FFEE00 has a contrast of 1.2 to 1 on white, and lines need 3.0 to 1, so the "
            "usual colour is used.",
        ),
    ],
)
def test_a_colour_too_pale_gives_way_and_a_note_says_why(given, message):
    look, findings = branding(given, "Homes", None)
    assert look == {"colour": None, "accent": None, "logo": None}
    assert findings[["finding_id", "grade", "message"]].values.tolist() == [["BRA-001", "note", message]]


@pytest.mark.parametrize(
    ("name", "data", "kind"),
    [
        ("logo.svg", SVG, "image/svg+xml"),
        ("logo.png", picture("PNG", "RGBA"), "image/png"),
        ("logo.jpg", picture("JPEG"), "image/jpeg"),
        ("misnamed.svg", picture("PNG"), "image/png"),
    ],
)
def test_a_logo_is_told_by_what_it_holds(name, data, kind):
    look, findings = branding(Branding(logo=name), "Homes", data)
    assert findings.empty
    assert look["logo"] == {
        "file": name,
        "media_type": kind,
        "data": base64.b64encode(data).decode(),
        "alt": "Logo of Homes.",
    }


def drawn(inside: str) -> bytes:
    return (
        '<svg xmlns="http://www.w3.org/2000/svg" xmlns:xlink="http://www.w3.org/1999/xlink" '
        f'viewBox="0 0 9 9">{inside}</svg>'
    ).encode()


@pytest.mark.parametrize(
    ("data", "why"),
    [
        (None, "is not in the landlord's folder"),
        (b"", "is no SVG, PNG or JPEG"),
        (b"GIF89a", "is no SVG, PNG or JPEG"),
        (b"<html/>", "is no SVG, PNG or JPEG"),
        (b"\x89PNG\r\n\x1a\nbroken", "cannot be read as a PNG or a JPEG"),
        (b" " * (MOST_BYTES + 1), "is larger than 300 kB"),
        (picture("PNG", "L", (4001, 1)), "is larger than 4,000 pixels"),
        (picture("JPEG", "CMYK"), "is in colours of the kind CMYK: save it as RGB"),
        (SVG.replace(b"viewBox", b"view"), "has no viewBox, so its size cannot be told"),
        (b"<!DOCTYPE svg>" + SVG, "declares a document type"),
        (drawn("<script>1</script>"), "holds <script>, which is not let in"),
        (drawn("<foreignObject/>"), "holds <foreignObject>, which is not let in"),
        (drawn('<image href="file:///etc/hostname"/>'), "holds <image>, which is not let in"),
        (drawn("<style>@import 'x'</style>"), "holds <style>, which is not let in"),
        (drawn("<text>Homes</text>"), "holds <text>, which is not let in: turn its words into outlines"),
        (drawn('<rect onload="x()"/>'), "holds a script (onload)"),
        (drawn('<g xlink:href="http://192.0.2.1/x"/>'), "refers to something outside it"),
        (drawn('<rect fill="url(http://192.0.2.1/x)"/>'), "refers to something outside it"),
        (drawn("<rect style=\"fill: url(#a) url( 'data:x')\"/>"), "refers to something outside it"),
    ],
)
def test_a_logo_that_is_not_let_in_is_left_out_and_a_note_says_why(data, why):
    look, findings = branding(Branding(logo="logo.svg"), "Homes", data)
    assert look["logo"] is None
    assert findings["finding_id"].tolist() == ["BRA-002"]
    assert findings["grade"].tolist() == ["note"]
    assert findings["message"].tolist() == [f"branding.logo logo.svg {why}, so the pages have no logo."]


def test_a_gradient_of_the_logo_itself_is_let_in():
    data = drawn('<defs><linearGradient id="a"/></defs><rect fill="url(#a)"/>')
    assert branding(Branding(logo="logo.svg"), "Homes", data)[1].empty


def landlord(folder, text: str):
    (folder / "L1").mkdir()
    (folder / "L1" / "landlord.yaml").write_text(f"code: L1\nname: Homes\ntype: LA\n{text}", encoding="utf-8")
    return load_landlord(folder / "L1")


def test_the_look_is_read_from_landlord_yaml(tmp_path):
    text = 'branding:\n  logo: our logo.svg\n  colour: "#0B5394"\n'
    assert landlord(tmp_path, text).branding == Branding("our logo.svg", "#0B5394", None)


@pytest.mark.parametrize(
    "line", ['colour: "blue"', 'colour: "#0B5394;x"', "logo: ../logo.svg", "logo: a.gif"]
)
def test_what_is_no_colour_or_no_logo_is_refused_where_it_is_written(tmp_path, line):
    with pytest.raises(InputError, match="branding"):
        landlord(tmp_path, f"branding:\n  {line}\n")
