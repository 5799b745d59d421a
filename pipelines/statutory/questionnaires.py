"""A questionnaire as it was sent: its text where it is a text file, else its name and fingerprint."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass

_TEXT_ENDS = (".txt", ".md", ".text")
_LONGEST = 60_000  # characters: some thirty pages


@dataclass(frozen=True)
class Questionnaire:
    """A questionnaire's file; `text` is None where it is a PDF, a Word file or the like."""

    file: str
    sha256: str
    size: int
    text: str | None


def questionnaire(file: str, data: bytes) -> Questionnaire:
    """Return a questionnaire from what its file holds."""
    return Questionnaire(file, hashlib.sha256(data).hexdigest(), len(data), _text(file, data))


def _text(file: str, data: bytes) -> str | None:
    if not file.lower().endswith(_TEXT_ENDS) or b"\0" in data:
        return None
    try:
        text = data.decode("utf-8-sig")
    except UnicodeDecodeError:
        text = data.decode("cp1252", errors="replace")
    text = "\n".join(line.rstrip() for line in text.splitlines()).strip()
    if len(text) <= _LONGEST:
        return text
    return f"{text[:_LONGEST].rstrip()} … (cut here; the whole text is in the file)"
