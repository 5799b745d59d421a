"""The manifest of a return: what went in, what came out, by which rules and versions, all by hash."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from importlib.metadata import version
from typing import Any

from pipelines.assurance.verify import MANIFEST, sealed

NAME = MANIFEST

# The packages whose version can move a figure or a page.
_PACKAGES = ("dagster", "holidays", "numpy", "pandas", "pandera", "pyarrow", "weasyprint")


def manifest(document: Mapping[str, Any], files: Mapping[str, bytes], run: Mapping[str, str]) -> bytes:
    """Return manifest.json: hashes of every input and output, asset data versions, software and run.

    `document` is the return document, `files` every other output by relative name, `run` names the run
    (id, and how to find it); the run and the seal over all of it are the only parts that differ between two
    runs on the same input.
    """
    content = {
        "landlord": document["landlord"]["code"],
        "reporting_year": document["reporting_year"],
        "edition": document["edition"],
        "software": {**document["software"], "packages": {name: version(name) for name in _PACKAGES}},
        "inputs": document["provenance"]["inputs"],
        "assets": document["provenance"]["assets"],
        "outputs": [
            {"file": name, "sha256": hashlib.sha256(content).hexdigest(), "bytes": len(content)}
            for name, content in sorted(files.items())
        ],
        "run": dict(run),
    }
    return sealed(content)
