"""A published return without a run: its document, its files, and acts at times of our choosing."""

from __future__ import annotations

import json
from copy import deepcopy
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

from pipelines.assurance import approval
from pipelines.assurance.acts import read_acts
from pipelines.assurance.manifest import NAME, manifest
from pipelines.assurance.release import in_force, last_filed, publish_return, read_document, spot_for
from pipelines.assurance.verify import ACTS, return_sha256, sha256
from pipelines.publications import figures_csv, nrosh_csv
from tests.publications import document as documents

NOW = datetime(2025, 6, 12, 8, 30, tzinfo=UTC)
LEDGER = b"the rows behind RP02_1"
JO = {"name": "Jo Bloggs", "role": "Chief Executive"}
SAM = {"name": "Sam Field", "role": "Chair"}


def later(hours: float = 1) -> datetime:
    return NOW + timedelta(hours=hours)


def document(*, complete: bool = True) -> dict[str, Any]:
    """A return document as it is assembled: not yet marked."""
    made = deepcopy(documents.build())
    made["approval"] = made["revision"] = None
    for group in made["findings"]["groups"]:
        asks = group["grade"] == "confirm"
        said = f"{group['finding_id']} {group['message']}"
        group |= {"digest": sha256(said.encode()) if asks else None, "reopened": None}
        if asks and complete:
            group["confirmed"] = {"by": "A", "on": "2025-05-01", "reason": "Checked", "evidence": ""}
    if complete:
        made["status"] |= {"missing": [], "complete": True, "to_confirm": 0}
    made["provenance"]["assets"] = [
        {"key": "measures/RP02_1", "made_from": ["records/repairs"], "data_version": sha256(LEDGER)}
    ]
    return made


def figure(made: dict[str, Any], measure: str, population: str = "LCRA") -> dict[str, Any]:
    (found,) = [
        each for each in made["figures"] if (each["measure"], each["population"]) == (measure, population)
    ]
    return found


def publish(year_folder: Path, made: dict[str, Any], ledger: bytes = LEDGER) -> Path:
    """Publish a document as a run does; return the folder that it came to."""
    log = read_acts(year_folder)
    digest = return_sha256(made)
    spot = spot_for(year_folder, log, digest)
    if spot.filed:
        return spot.folder
    filed = None if last_filed(log) is None else read_document(in_force(year_folder, log))
    marked = approval.mark(made, log, spot.number, filed)
    files = {
        "return.json": json.dumps(marked, ensure_ascii=False, indent=2).encode(),
        "figures.csv": figures_csv(marked),
        "nrosh.csv": nrosh_csv(marked),
        "return.pdf": b"%PDF-1.7 " + str(marked["status"]["draft"]).encode(),
        "ledgers/RP02_1.parquet": ledger,
    }
    if log.data:
        files[ACTS] = log.data
    files[NAME] = manifest(marked, files)
    publish_return(files, year_folder, log, spot, digest)
    return spot.folder


def approve(year_folder: Path, **given: Any) -> Any:
    return approval.approve(year_folder, **{**JO, "now": NOW, **given})


def file(year_folder: Path, **given: Any) -> Any:
    usual = {"name": "Sam Field", "on": "2025-06-12", "reference": "NROSH-1", "now": later()}
    return approval.record_filing(year_folder, **{**usual, **given})


def filed(year_folder: Path, made: dict[str, Any] | None = None) -> dict[str, Any]:
    """Publish, approve, publish with the approval, file; return the document."""
    made = made or document()
    publish(year_folder, made)
    approve(year_folder)
    publish(year_folder, made)
    file(year_folder)
    return made


def content(folder: Path) -> dict[str, bytes]:
    return {str(each.relative_to(folder)): each.read_bytes() for each in folder.rglob("*") if each.is_file()}
