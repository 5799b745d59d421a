"""What no file that we give away may hold: places on a maker's machine, secrets, how it was made."""

from __future__ import annotations

import re
import subprocess
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]

# Written in pieces, so that this file does not find itself.
FORBIDDEN = {
    "a place on a maker's machine": [
        r"(?<![\w.])/wo" r"rk/",
        r"/t" + r"mp/tsm",
        r"/opt/(?:pyp" r"i|whee" r"ls)",
        r"(?<![\w.])/(?:home|Us" r"ers)/\w+/",
        r"/ro" r"ot/\.",
    ],
    "an address packages are fetched from": [
        r"files\.python" r"hosted\.org",
        r"pypi\.org/sim" r"ple",
        r"--(?:extra-)?index-" r"url[ =]",
        r"--find-" r"links[ =]",
    ],
    "how it was made": [
        r"(?i)\bcla" r"ude\b",
        r"(?i)\banthro" r"pic\b",
        r"(?i)\bchat" r"gpt\b",
        r"(?i)\bopen" r"ai\b",
        r"(?i)\bcopi" r"lot\b",
        r"(?i)\blanguage mo" r"del\b",
        r"(?i)\bas an a" r"i\b",
        r"(?i)\bsub-?age" r"nts?\b",
        r"(?i)\b(?:this|previous|earlier|next|helper) sess" r"ion\b",
        r"(?i)\bthe pro" r"mpt (?:says|said|asks|asked)\b",
        r"CONTR" r"ACT\.md",
        r"(?i)co-authored" r"-by:",
        r"(?i)\bowner [A-F]\b",
        r"\bissues sh" r"ow\b",
    ],
    "a secret": [
        r"-----BEGIN (?:\w+ )?PRIVATE K" r"EY",
        r"\bAK" r"IA[0-9A-Z]{16}\b",
        r"\bgh[pousr]_[A-Za-z0-9]{36}\b",
    ],
}


def findings_in(text: str) -> list[str]:
    return [
        f"{kind}: {match.group(0)!r}"
        for kind, patterns in FORBIDDEN.items()
        for pattern in patterns
        for match in re.finditer(pattern, text)
    ]


def _tracked_files() -> list[Path]:
    """The files of the next commit: tracked ones, and new ones that git does not ignore."""
    listed = subprocess.run(
        ["git", "ls-files", "-z", "--cached", "--others", "--exclude-standard"],
        cwd=ROOT,
        capture_output=True,
        check=False,
        text=True,
    )
    if listed.returncode:
        pytest.skip("not a git checkout")
    return [ROOT / name for name in listed.stdout.split("\0") if name and (ROOT / name).is_file()]


def test_no_tracked_file_says_what_it_should_not() -> None:
    found = [
        f"{path.relative_to(ROOT)}: {finding}"
        for path in _tracked_files()
        for finding in findings_in(path.read_bytes().decode("utf-8", errors="ignore"))
    ]
    assert found == []


def test_file_names_are_plain() -> None:
    odd = [
        str(p.relative_to(ROOT))
        for p in _tracked_files()
        if not re.fullmatch(r"[\w./+-]+", str(p.relative_to(ROOT)))
    ]
    assert odd == []


def test_nothing_large_is_tracked() -> None:
    large = [
        f"{p.relative_to(ROOT)}: {p.stat().st_size}" for p in _tracked_files() if p.stat().st_size > 3_000_000
    ]
    assert large == []


@pytest.mark.parametrize(
    "text",
    [
        "see /wo" + "rk/main/README.md",
        "cp -r /tm" + "p/tsm/x .",
        "read from /home/" + "maria/data",
        "https://files.python" + "hosted.org/packages/x",
        "pip install --index-" + "url https://example.org",
        "as Cla" + "ude said",
        "the previous sess" + "ion left this",
        "Co-Authored" + "-By: someone",
        "-----BEGIN RSA PRIVATE K" + "EY-----",
    ],
)
def test_each_kind_is_found(text: str) -> None:
    assert len(findings_in(text)) == 1


@pytest.mark.parametrize(
    "text",
    [
        "data/landlords/L0001/2024-25/homes.csv",
        "https://example.org/home/tenants/measures",
        "a network/maintenance folder, /var/lib/tsm, ../shared/rsh",
        "the tenant was prompted; a drop-in session for residents",
        "a password=… in the connection string",
    ],
)
def test_ordinary_words_pass(text: str) -> None:
    assert findings_in(text) == []
