"""What a file says of its answer codes, and of whose: in headings, titles and the other sheets of a workbook.

A key stands for the question that it names. The key of another question is taken only where it stands in a
codebook, and no text says otherwise; the key in another question's heading never is.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass

from pipelines.intake.content import bare
from pipelines.intake.glance import TOP, Page
from pipelines.intake.lexicon import Lexicon
from pipelines.intake.sheet import heading_key

Names = frozenset[str]

_LONGEST_CODEBOOK = 5_000  # rows; a longer sheet is data
_NAME = re.compile(r"(?<![A-Za-z0-9])([A-Za-z]{1,4})[ _-]?0*(\d{1,3})([a-z]?)(?![A-Za-z0-9])")
_RANGE = re.compile(r"([A-Za-z]{1,4})[ _-]?0*(\d{1,3})\s*(?:-|–|to)\s*(?:\1)?[ _-]?0*(\d{1,3})")


@dataclass(frozen=True)
class Said:
    """A text that may say what answer codes mean; `names`: whose codes, as `names_in` gives them."""

    where: str
    text: str
    names: Names = frozenset()


def names_in(text: str) -> Names:
    """The questions that a text names, such as TP01, Q2a or "TP01 to TP07", and the text as a heading."""
    names = {f"{word}{number}{part}".casefold() for word, number, part in _NAME.findall(text)}
    for word, first, last in _RANGE.findall(text):
        names |= {f"{word}{number}".casefold() for number in range(int(first), int(last) + 1)}
    return frozenset(names | {heading_key(text)})


def said_on(page: Page, header: int | None, headings: Iterable[str], lexicon: Lexicon) -> list[Said]:
    """What a sheet says of codes: all of it, or (of the sheet of data) what stands above row `header`.

    Rows that name no question belong to the one named above them, unless they name something else.
    """
    known = frozenset(f"tp{number}" for number in range(1, 13)).union(*map(names_in, headings))
    groups: dict[Names, list[str]] = {}
    subject: Names = frozenset()
    for row in page.top[:header] if header is not None else _rows(page):
        cells = [bare(cell.strip()) for cell in row if cell.strip()]
        if not cells:
            continue
        named = next((names for cell in cells if (names := names_in(cell) & known)), None)
        goes_on = not row[0].strip() or _is_key(cells[0], lexicon)
        subject = named or (subject if goes_on else frozenset())
        groups.setdefault(subject, []).append(" = ".join(cells))
    where = f"the sheet “{page.sheet}”" if header is None else "the title"
    return [Said(where, " ; ".join(rows), names) for names, rows in groups.items()]


def _is_key(cell: str, lexicon: Lexicon) -> bool:
    """Whether a cell is a code, or an answer that has its code beside it."""
    label = re.split(r"[=(]", cell)[0]
    return cell[0].isdigit() or any(lexicon.answer(label, scale)[0] for scale in ("SAT5", "AGR5"))


def _rows(page: Page) -> list[list[str]]:
    if len(page.top) < TOP:
        return page.top
    rest, _ = page.below(TOP - 1)
    return [*page.top, *rest.to_numpy().tolist()] if len(rest) <= _LONGEST_CODEBOOK else []
