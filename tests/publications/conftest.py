from __future__ import annotations

import io

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
def asked():
    """The addresses that were asked for while the PDFs of `pdfs` were made."""
    return []


@pytest.fixture(scope="session")
def pdfs(plain, hostile, empty, asked):
    """Three documents as PDF, made once."""
    from weasyprint.urls import URLFetcher

    fetch = URLFetcher.fetch
    made = {"plain": plain, "hostile": hostile, "empty": empty}
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(
            URLFetcher,
            "fetch",
            lambda self, url, headers=None: asked.append(url) or fetch(self, url, headers),
        )
        return {name: return_pdf(document, return_json(document)) for name, document in made.items()}
