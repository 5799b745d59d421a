"""Work for the process that makes pages: what is well, and what would never end or fill the machine."""

from __future__ import annotations

import os
import time
from datetime import date

from pipelines.publications import RenderError
from pipelines.publications.pdf import html_to_pdf


def number() -> bytes:
    print("what a library says")  # must not be taken for the answer
    return str(os.getpid()).encode()


def wait(attachment: bytes = b"") -> bytes:
    time.sleep(60)
    return attachment


def lay_out_a_monster() -> bytes:
    row = "<tr><td colspan=65534>x</td></tr>"
    return html_to_pdf(
        f"<!DOCTYPE html><html lang=en><title>t</title><table>{row * 500}</table></html>",
        b"{}",
        date(2025, 3, 31),
    )


def fill_memory() -> bytes:
    held = []
    while True:
        held.append(bytearray(1 << 20))


def crash() -> bytes:
    os.abort()


def refuse() -> bytes:
    raise RenderError("The page has no end.")


def fail() -> bytes:
    raise KeyError("a template's fault")
