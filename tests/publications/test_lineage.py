"""The lineage as a picture joins what the document says was made from what, and nothing else."""

from __future__ import annotations

import xml.etree.ElementTree as ET

from pipelines.publications import lineage
from tests.publications import document as documents


def assets(**made: list[str]) -> dict:
    document = documents.build()
    document["provenance"]["assets"] = [
        {"key": key.replace("__", "/"), "made_from": sources, "data_version": None}
        for key, sources in made.items()
    ]
    return document


def test_ledgers_of_the_same_tables_share_a_box():
    document = assets(
        received__homes=["homes.csv"],
        survey__weights=["records/households"],
        measures__RP01=["records/homes"],
        measures__BS01=["records/homes", "records/safety_checks"],
        measures__BS02=["records/homes", "records/safety_checks"],
        measures__BS03=["records/homes", "records/safety_checks"],
    )
    found = lineage.steps(document)
    assert found.ledgers == {
        "RP01": ("homes",),
        "BS01 to BS03": ("homes", "safety_checks"),
        "Survey: weights": ("households",),
    }
    assert found.files == {"homes": "homes.csv", "safety_checks": "safety_checks.csv", "households": ""}


def test_the_picture_says_its_message_and_every_name():
    picture = lineage.picture(assets(measures__RP01=["records/homes"]))
    root = ET.fromstring(picture)  # noqa: S314 - made a line above
    assert "RP01 from homes" in next(iter(root)).text
    words = {each.text for each in root.iter() if each.tag.endswith("text")}
    assert {"homes.csv", "Homes", "RP01", "return.json"} <= words


def test_without_anything_made_there_is_no_picture():
    assert lineage.picture(assets()) is None
    assert lineage.picture(documents.empty()) is None
