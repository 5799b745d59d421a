"""The published coverage table: within its limits, and what the benchmark finds."""

from __future__ import annotations

import re
import runpy
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
BENCHMARK = runpy.run_path(str(ROOT / "benchmarks" / "interval_coverage.py"))
ROW = re.compile(r"^\| ([\d,]+) \| (0\.\d\d) \| ([\d.]+) \| ([\d.]+) \| ([\d.]+) \|$", re.MULTILINE)


def published() -> dict[tuple[int, float], tuple[float, ...]]:
    rows = ROW.findall((ROOT / "docs" / "coverage.md").read_text(encoding="utf-8"))
    return {(int(n.replace(",", "")), float(p)): tuple(map(float, found)) for n, p, *found in rows}


def test_every_published_cell_is_within_its_limits() -> None:
    cells = {(n, p) for n in BENCHMARK["SIZES"] for p in BENCHMARK["PROPORTIONS"]}
    assert set(published()) == cells
    assert len(cells) == 16
    assert all(93.5 <= ours <= 97.5 for ours, *_ in published().values())
    assert (BENCHMARK["LOWEST"], BENCHMARK["HIGHEST"]) == (93.5, 97.5)


@pytest.mark.slow
@pytest.mark.parametrize(("size", "p"), [(50, 0.99), (150, 0.97), (400, 0.9)])
def test_a_cell_is_found_again(size: int, p: float) -> None:
    draws = 1500
    ours, width, plain = BENCHMARK["coverage"](size, p, draws)
    # Four standard errors of a simulation of so many draws.
    near = 4 * 100 * (0.05 * 0.95 / draws) ** 0.5
    said = published()[size, p]
    assert ours == pytest.approx(said[0], abs=near)
    assert width == pytest.approx(said[1], rel=0.05)
    assert plain < ours
