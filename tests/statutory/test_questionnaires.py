"""A questionnaire is printed where it is a text, and named with its fingerprint where it is not."""

from __future__ import annotations

import hashlib

import pytest

from pipelines.statutory import questionnaire


@pytest.mark.parametrize(
    ("file", "data", "text"),
    [
        ("q.txt", "\ufeffHow are you? £5  \r\n  [ ] Well\r\n".encode(), "How are you? £5\n  [ ] Well"),
        ("Q.TXT", "Rent: £5".encode("cp1252"), "Rent: £5"),
        ("q.md", b"# Questions", "# Questions"),
        ("q.pdf", b"%PDF-1.7", None),
        ("q.txt", b"MZ\0\0", None),
    ],
)
def test_a_text_file_gives_its_text(file, data, text):
    made = questionnaire(file, data)
    assert made.text == text
    assert (made.file, made.size, made.sha256) == (file, len(data), hashlib.sha256(data).hexdigest())


def test_a_text_without_end_is_cut_and_says_so():
    text = questionnaire("q.txt", b"word " * 100_000).text
    assert len(text) < 61_000
    assert text.endswith("… (cut here; the whole text is in the file)")
