"""The graph that an auditor sees changes only in review: it is compared with the kept picture of it.

After a meant change: python -m tests.assets.test_graph
"""

from __future__ import annotations

import json
from itertools import pairwise
from pathlib import Path
from typing import Any

import dagster as dg

from pipelines.definitions import build_defs
from schemas.rulebook import load_edition

KEPT = Path(__file__).parent / "graph.json"


def graph(home: Path) -> dict[str, Any]:
    """Return every asset with what it is made from, its group, kinds, owners and checks."""
    assets = build_defs(home).resolve_asset_graph()
    return {
        key.to_user_string(): {
            "made_from": sorted(parent.to_user_string() for parent in assets.get(key).parent_keys),
            "group": assets.get(key).group_name,
            "kinds": sorted(assets.get(key).kinds),
            "owners": sorted(assets.get(key).owners),
            "checks": sorted(check.name for check in assets.get(key).check_keys),
        }
        for key in sorted(assets.get_all_asset_keys())
    }


def test_the_graph_is_the_one_kept(tmp_path):
    assert graph(tmp_path) == json.loads(KEPT.read_text(encoding="utf-8"))


def test_every_asset_says_what_it_is_and_is_partitioned(tmp_path):
    assets = build_defs(tmp_path).resolve_asset_graph()
    for key in assets.get_all_asset_keys():
        node = assets.get(key)
        assert node.description, key
        assert node.code_version, key
        assert isinstance(node.partitions_def, dg.MultiPartitionsDefinition), key


def test_one_asset_a_measure(tmp_path):
    keys = {key for key in graph(tmp_path) if key.startswith("measures/")}
    assert keys == {f"measures/{measure.key}" for measure in load_edition("2024-25").measures}


def test_repairs_can_be_followed_from_the_file_to_the_pdf(tmp_path):
    made_from = {key: node["made_from"] for key, node in graph(tmp_path).items()}
    chain = ["received/repairs", "records/repairs", "measures/RP02_1", "statutory_return/figures"]
    chain += ["statutory_return/document", "publications/return_pdf"]
    for parent, child in pairwise(chain):
        assert parent in made_from[child]


if __name__ == "__main__":
    KEPT.write_text(json.dumps(graph(Path("data")), indent=1) + "\n", encoding="utf-8")
