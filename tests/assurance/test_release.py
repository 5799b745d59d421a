from pathlib import Path

import pytest

from pipelines.assurance.release import publish, recover


def content(folder: Path) -> dict[str, bytes]:
    return {str(file.relative_to(folder)): file.read_bytes() for file in folder.rglob("*") if file.is_file()}


def test_a_return_is_replaced_whole(tmp_path):
    folder = tmp_path / "L0001" / "2024-25"
    publish({"a.txt": b"1", "ledgers/x.parquet": b"2"}, folder)
    publish({"a.txt": b"3"}, folder)
    assert content(folder) == {"a.txt": b"3"}
    assert [each.name for each in folder.parent.iterdir()] == ["2024-25"]


class NotWritable:
    """Stands for content that fails while it is written."""


def test_what_fails_on_the_way_leaves_the_last_good_return(tmp_path):
    folder = tmp_path / "2024-25"
    publish({"a.txt": b"good"}, folder)
    with pytest.raises(TypeError):
        publish({"a.txt": b"half", "b.txt": NotWritable()}, folder)
    assert content(folder) == {"a.txt": b"good"}
    assert [each.name for each in tmp_path.iterdir()] == ["2024-25"]


def test_a_failed_last_rename_puts_the_last_good_return_back(tmp_path, monkeypatch):
    folder = tmp_path / "2024-25"
    publish({"a.txt": b"good"}, folder)
    rename = Path.rename

    def fail(path, target):
        if ".new." in path.name:
            raise OSError("disk full")
        return rename(path, target)

    monkeypatch.setattr(Path, "rename", fail)
    with pytest.raises(OSError, match="disk full"):
        publish({"a.txt": b"new"}, folder)
    assert content(folder) == {"a.txt": b"good"}


def test_a_process_killed_between_the_renames_is_recovered_from(tmp_path):
    folder = tmp_path / "2024-25"
    publish({"a.txt": b"good"}, folder)
    folder.rename(tmp_path / ".2024-25.last")
    recover(folder)
    assert content(folder) == {"a.txt": b"good"}
    recover(folder)
    assert content(folder) == {"a.txt": b"good"}
