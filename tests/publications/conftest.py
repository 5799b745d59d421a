from __future__ import annotations

import io
import json

import pytest
from PIL import Image

from pipelines.intake.branding import branding
from pipelines.intake.settings import Branding
from pipelines.publications import return_json, return_pdf
from tests.publications import document as documents


def with_look(document, logo: str, data: bytes):
    """The document with a landlord's own logo and colours."""
    given = Branding(logo, "#0B5394", "#B45F06")
    document["landlord"]["branding"], findings = branding(given, document["landlord"]["name"], data)
    assert findings.empty
    return document


@pytest.fixture(scope="session")
def plain():
    made = io.BytesIO()
    Image.new("RGBA", (60, 20), (11, 83, 148, 128)).save(made, "PNG")
    return with_look(documents.build(), "logo.png", made.getvalue())


@pytest.fixture(scope="session")
def hostile():
    return documents.build(name=documents.HOSTILE_NAME, text=documents.HOSTILE_TEXT, provisional=True)


@pytest.fixture(scope="session")
def empty():
    svg = (
        b'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 9 3"><defs><linearGradient id="a">'
        b'<stop stop-color="#0B5394"/><stop offset="1" stop-color="#B45F06"/></linearGradient></defs>'
        b'<rect width="9" height="3" fill="url(#a)"/></svg>'
    )
    return with_look(documents.empty(), "logo.svg", svg)


@pytest.fixture(scope="session")
def drawn(plain, hostile, empty, made_once):
    """A folder with three documents as PDF, and the addresses that were asked for while they were made."""
    from weasyprint.urls import URLFetcher

    fetch, asked = URLFetcher.fetch, []

    def draw(folder):
        folder.mkdir()
        with pytest.MonkeyPatch.context() as patch:
            patch.setattr(
                URLFetcher,
                "fetch",
                lambda self, url, headers=None: asked.append(url) or fetch(self, url, headers),
            )
            for name, document in {"plain": plain, "hostile": hostile, "empty": empty}.items():
                (folder / f"{name}.pdf").write_bytes(return_pdf(document, return_json(document)))
        (folder / "asked.json").write_text(json.dumps(asked))

    return made_once("drawn", draw)


@pytest.fixture(scope="session")
def asked(drawn):
    """The addresses that were asked for while the PDFs of `pdfs` were made."""
    return json.loads((drawn / "asked.json").read_text())


@pytest.fixture(scope="session")
def pdfs(drawn):
    """Three documents as PDF, made once."""
    return {name: (drawn / f"{name}.pdf").read_bytes() for name in ("plain", "hostile", "empty")}
