"""Which encoding a text file is in, and the same text in UTF-8, in time that grows with the size alone."""

from __future__ import annotations

import codecs
from functools import cache

import numpy as np

from pipelines.intake.sheet import Refused

_BLOCK = 1 << 22  # bytes put right at once
# Encodings that Python knows and no file of a landlord is in; some take hours over a long file.
_NOT_OF_FILES = {"idna", "punycode", "raw_unicode_escape", "undefined", "unicode_escape", "utf_7"}
_SAVE = "Save it as CSV UTF-8."


def to_utf8(data: bytes, encoding: str = "") -> tuple[bytes, str]:
    """Return the file in UTF-8 without its byte order mark, and its encoding where that was not UTF-8.

    `encoding`: the one that the landlord states; else it is found out. Bytes that are not UTF-8, and only
    those, are read as Windows wrote them: a file joined from two systems may hold both, and decoding all of
    it as Windows-1252 would garble the good half. Raises Refused where it cannot be read as stated.
    """
    if encoding:
        return _as_stated(data, encoding)
    for mark, name in (
        (codecs.BOM_UTF32_LE, "UTF-32"),
        (codecs.BOM_UTF32_BE, "UTF-32"),
        (codecs.BOM_UTF16_LE, "UTF-16"),
        (codecs.BOM_UTF16_BE, "UTF-16"),
    ):
        if data.startswith(mark):
            return data.decode(name, errors="replace").encode(), name
    if data.startswith(codecs.BOM_UTF8):
        data = data[len(codecs.BOM_UTF8) :]
    if data.startswith((b"+/v8", b"+/v9", b"+/v+", b"+/v/")):
        raise Refused(7, problem="it is in UTF-7, which is not read", how=_SAVE)
    head = data[:1000]
    for offset, name in ((0, "UTF-32-LE"), (3, "UTF-32-BE")):
        # Plain text in UTF-32 has three zeros beside every sign.
        if len(head) >= 16 and head.count(0) > 0.7 * len(head) > 0 == head[offset::4].count(0):
            return data[: len(data) // 4 * 4].decode(name, errors="replace").encode(), "UTF-32"
    for offset, name in ((1, "UTF-16-LE"), (0, "UTF-16-BE")):
        # Plain text in UTF-16 has a zero in every second byte.
        if len(head) >= 8 and head[offset::2].count(0) > 0.9 * len(head[offset::2]):
            return data.decode(name, errors="replace").encode(), "UTF-16"
    return (data, "") if is_utf8(data) else (_mended(data), "Windows-1252")


def is_utf8(data: bytes) -> bool:
    """Whether all of it is UTF-8; nothing of it is held a second time."""
    if data.isascii():
        return True
    decoder, view = codecs.getincrementaldecoder("utf-8")(), memoryview(data)
    try:
        for start in range(0, len(data), _BLOCK):
            decoder.decode(view[start : start + _BLOCK])
        decoder.decode(b"", final=True)
    except UnicodeDecodeError:
        return False
    return True


def _as_stated(data: bytes, encoding: str) -> tuple[bytes, str]:
    try:
        codec = codecs.lookup(encoding)
        if codec.name.replace("-", "_") in _NOT_OF_FILES:
            raise LookupError
        if codec.name in ("utf-8", "utf-8-sig") and is_utf8(data):
            return data.removeprefix(codecs.BOM_UTF8), codec.name
        if codec.name.startswith(("utf-16", "utf-32")) and b"\x00" not in data[:1000]:
            raise UnicodeError  # commas and line ends have zeros in them there; any two bytes are a letter
        text = data.decode(encoding)
    except LookupError:
        raise Refused(
            7, problem=f"{encoding} is not an encoding that is read", how="Correct the encoding."
        ) from None
    except UnicodeError:
        raise Refused(
            7, problem=f"it is not in {encoding}, as stated", how="Correct or remove the encoding."
        ) from None
    return text.removeprefix("\ufeff").encode(errors="replace"), codec.name


def _mended(data: bytes) -> bytes:
    """UTF-8, its wrong bytes put right in blocks that end with a whole character."""
    parts: list[bytes] = []
    start = 0
    while start < len(data):
        end = min(start + _BLOCK, len(data))
        for _ in range(3):
            if end < len(data) and 0x80 <= data[end] < 0xC0:
                end -= 1  # the next block begins with the byte that begins a character
        parts.append(_mended_block(data[start:end]))
        start = end
    return b"".join(parts)


def _mended_block(block: bytes) -> bytes:
    try:
        block.decode("utf-8")
    except UnicodeDecodeError:
        pass
    else:
        return block
    these = np.frombuffer(block, dtype=np.uint8)
    wrong = ~_is_utf8(these)
    lengths, letters = _windows()
    length = np.where(wrong, lengths[these], 1)
    ends = np.cumsum(length)
    begins = ends - length
    out = np.zeros(int(ends[-1]), dtype=np.uint8)
    out[begins[~wrong]] = these[~wrong]
    for place in range(3):
        has = wrong & (length > place)
        out[begins[has] + place] = letters[these[has], place]
    return out.tobytes()


def _is_utf8(these: np.ndarray) -> np.ndarray:
    """Which bytes are part of a whole UTF-8 character."""
    padded = np.concatenate([these, np.zeros(3, dtype=np.uint8)])
    size = len(these)
    first, second, third = padded[1 : size + 1], padded[2 : size + 2], padded[3 : size + 3]

    def follows(byte: np.ndarray) -> np.ndarray:
        return (byte & 0xC0) == 0x80

    two = (these >= 0xC2) & (these <= 0xDF) & follows(first)
    three = (these >= 0xE0) & (these <= 0xEF) & follows(first) & follows(second)
    three &= ~((these == 0xE0) & (first < 0xA0)) & ~((these == 0xED) & (first > 0x9F))
    four = (these >= 0xF0) & (these <= 0xF4) & follows(first) & follows(second) & follows(third)
    four &= ~((these == 0xF0) & (first < 0x90)) & ~((these == 0xF4) & (first > 0x8F))
    good = these < 0x80
    for begins, length in ((two, 2), (three, 3), (four, 4)):
        at = np.flatnonzero(begins)
        for place in range(length):
            good[at + place] = True
    return good


@cache
def _windows() -> tuple[np.ndarray, np.ndarray]:
    """For each byte, how many bytes its Windows-1252 letter takes in UTF-8, and which."""
    lengths, letters = np.ones(256, dtype=np.int64), np.zeros((256, 3), dtype=np.uint8)
    for byte in range(256):
        letter = bytes([byte]).decode("cp1252", errors="replace").encode()
        lengths[byte] = len(letter)
        letters[byte, : len(letter)] = list(letter)
    return lengths, letters
