"""What a return was made of: kept once, found by its hash, forgotten when no return names it."""

from __future__ import annotations

from pathlib import Path

import pytest

from pipelines.assurance.archive import forget_unnamed, keep, lay_out, missing_from, read_kept
from pipelines.assurance.verify import sealed, sha256

HOMES, REPAIRS = b"home_id\nH1\n", b"repair_id\nR1\n"


def publish(folder: Path, kept: list[dict[str, object]]) -> None:
    folder.mkdir(parents=True)
    (folder / "manifest.json").write_bytes(sealed({"outputs": [], "kept": kept}))


def test_each_content_is_kept_once_by_its_hash(tmp_path: Path):
    lines = keep(tmp_path, "homes", {"L1/2024-25/homes.csv": HOMES})
    lines += keep(tmp_path, "settings", {"L1/2024-25/b.csv": REPAIRS, "L1/2024-25/a.csv": HOMES})
    assert lines[0] == {
        "received": "homes",
        "file": "L1/2024-25/homes.csv",
        "sha256": sha256(HOMES),
        "bytes": len(HOMES),
    }
    assert [each["file"] for each in lines] == [f"L1/2024-25/{name}.csv" for name in ("homes", "a", "b")]
    assert {each.name for each in tmp_path.iterdir()} == {sha256(HOMES), sha256(REPAIRS)}
    assert read_kept(tmp_path, sha256(HOMES)) == (HOMES, "")
    assert missing_from(tmp_path, lines) == []


def test_what_was_altered_is_kept_anew_and_is_missing_until_then(tmp_path: Path):
    lines = keep(tmp_path, "homes", {"homes.csv": HOMES})
    (tmp_path / sha256(HOMES)).write_bytes(b"other")
    assert read_kept(tmp_path, sha256(HOMES)) == (None, "was altered in the archive")
    assert missing_from(tmp_path, lines) == lines
    keep(tmp_path, "homes", {"homes.csv": HOMES})
    assert missing_from(tmp_path, lines) == []


def test_laid_out_as_it_lay_and_nowhere_else(tmp_path: Path):
    archive, folder = tmp_path / "archive", tmp_path / "folder"
    lines = keep(archive, "homes", {"L1/2024-25/homes.csv": HOMES})
    lines += keep(archive, "repairs", {"L1/2024-25/homes.csv": REPAIRS, "../out.csv": REPAIRS})
    lines += keep(archive, "rulebook", {"2024-25.json": b"{}"})
    lacking = lay_out(archive, lines, folder)
    assert [(each["file"], why) for each, why in lacking] == [
        ("../out.csv", "has a name that leads out of the folder"),
        ("L1/2024-25/homes.csv", "was received with two contents"),
    ]
    assert [each for each in tmp_path.rglob("*.*") if archive not in each.parents] == [
        folder / "L1" / "2024-25" / "homes.csv"
    ]


@pytest.mark.parametrize("spoiled", [False, True])
def test_what_no_return_names_is_forgotten_unless_one_cannot_be_read(tmp_path: Path, spoiled: bool):
    archive, landlord = tmp_path / "archive", tmp_path / "returns" / "L1"
    publish(landlord / "2023-24", keep(archive, "homes", {"homes.csv": HOMES}))
    publish(landlord / "2024-25.revisions" / "2", keep(archive, "repairs", {"repairs.csv": REPAIRS}))
    keep(archive, "homes", {"homes.csv": b"a draft's"})
    if spoiled:
        (landlord / "2023-24" / "manifest.json").write_bytes(b"{")
    forget_unnamed(archive, landlord)
    named = {sha256(HOMES), sha256(REPAIRS)}
    assert {each.name for each in archive.iterdir()} == (named | {sha256(b"a draft's")} if spoiled else named)
