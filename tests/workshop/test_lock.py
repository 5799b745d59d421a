"""requirements.lock: every package pinned with its hashes, without an address, pyproject.toml's all in it."""

from __future__ import annotations

import re
import tomllib
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
PINNED = re.compile(r"[A-Za-z0-9][\w.-]*==[\w.!+]+(?: ; .+)?")
HASH = re.compile(r"--hash=sha256:[0-9a-f]{64}")


def faults(lock: str) -> list[str]:
    """What pip could not install from the lock alone, unaltered."""
    entries = re.sub(r"^\s*#.*$", "", lock, flags=re.MULTILINE).replace("\\\n", " ").split("\n")
    found = []
    for entry in filter(None, (" ".join(line.split()) for line in entries)):
        name, *hashes = re.split(r" (?=--hash)", entry)
        if not PINNED.fullmatch(name):
            found.append(f"not pinned: {name}")
        elif not hashes:
            found.append(f"no hash: {name}")
        found += [f"not a hash: {part}" for part in hashes if not HASH.fullmatch(part)]
    found += [f"an address: {address}" for address in re.findall(r"\w+://\S+", lock)]
    return found


def _key(name: str) -> str:
    return re.sub(r"[-_.]+", "-", name).lower()


def test_every_line_is_pinned_and_hashed_without_an_address() -> None:
    lock = (ROOT / "requirements.lock").read_text(encoding="utf-8")
    assert lock.count("--hash=") > 500
    assert faults(lock) == []


def test_what_pyproject_asks_for_is_locked() -> None:
    lock = (ROOT / "requirements.lock").read_text(encoding="utf-8")
    locked = {_key(name) for name in re.findall(r"^([\w.-]+)==", lock, flags=re.MULTILINE)}
    project = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))
    wanted = [
        *project["build-system"]["requires"],
        *project["project"]["dependencies"],
        *(line for group in project["dependency-groups"].values() for line in group),
    ]
    missing = {line for line in wanted if _key(re.match(r"[\w.-]+", line).group(0)) not in locked}
    assert missing == set()


def test_every_dependency_has_a_floor() -> None:
    project = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))
    assert [line for line in project["project"]["dependencies"] if not re.search(r">=|==", line)] == []


GOOD = "click==8.1.8 \\\n    --hash=sha256:" + "a" * 64 + "\n    # via dagster\n"


@pytest.mark.parametrize(
    ("lock", "expected"),
    [
        (GOOD, []),
        (GOOD.replace("==8.1.8", "==8.1.8 ; sys_platform == 'win32'"), []),
        ("click==8.1.8\n", ["no hash: click==8.1.8"]),
        (GOOD.replace("==", ">="), ["not pinned: click>=8.1.8"]),
        (GOOD.replace("a" * 64, "a" * 63), ["not a hash: --hash=sha256:" + "a" * 63]),
        ("--some-option x\n" + GOOD, ["not pinned: --some-option x"]),
        (GOOD + "# https://example.org/x\n", ["an address: https://example.org/x"]),
    ],
)
def test_faults_are_found(lock: str, expected: list[str]) -> None:
    assert faults(lock) == expected
