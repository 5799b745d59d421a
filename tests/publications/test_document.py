"""The documents that these tests are made with are return documents as the published schema says."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from jsonschema import Draft202012Validator

from tests.publications import document as documents

SCHEMA = json.loads(
    (Path(__file__).parents[2] / "schemas" / "return.schema.json").read_text(encoding="utf-8")
)


@pytest.mark.parametrize(
    "make",
    [documents.build, documents.empty, documents.combined, documents.crowded],
    ids=lambda make: make.__name__,
)
def test_the_fixture_is_a_return_document(make):
    assert [error.message for error in Draft202012Validator(SCHEMA).iter_errors(make())] == []
