"""The manifest of a return: what went in, what came out, by which rules and versions, all by hash.

It is the same bytes whoever makes the return from the same files, so that its hash stands for all of it.
Which run made it is in the record of runs, by that hash.
"""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from importlib.metadata import version
from typing import Any

from pipelines.assurance.verify import MANIFEST, sealed

NAME = MANIFEST

# The packages whose version can move a figure or a page.
_PACKAGES = ("dagster", "holidays", "numpy", "pandas", "pandera", "pyarrow", "weasyprint")


def manifest(document: Mapping[str, Any], files: Mapping[str, bytes]) -> bytes:
    """Return manifest.json: hashes of every input and output, asset data versions, and software.

    `document` is the return document, `files` every other output by relative name.
    """
    content = {
        "landlord": document["landlord"]["code"],
        "reporting_year": document["reporting_year"],
        "edition": document["edition"],
        "software": {**document["software"], "packages": {name: version(name) for name in _PACKAGES}},
        "inputs": document["provenance"]["inputs"],
        "assets": document["provenance"]["assets"],
        "kept": document["provenance"]["kept"],
        "outputs": [
            {"file": name, "sha256": hashlib.sha256(content).hexdigest(), "bytes": len(content)}
            for name, content in sorted(files.items())
        ],
    }
    return sealed(content)
