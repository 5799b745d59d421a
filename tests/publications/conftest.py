from __future__ import annotations

import pytest

from pipelines.publications import return_json, return_pdf
from tests.publications import document as documents


@pytest.fixture(scope="session")
def plain():
    return documents.build()


@pytest.fixture(scope="session")
def hostile():
    return documents.build(name=documents.HOSTILE_NAME, text=documents.HOSTILE_TEXT, provisional=True)


@pytest.fixture(scope="session")
def empty():
    return documents.empty()


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
