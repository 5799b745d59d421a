"""Is what tenants were asked what the regulator prescribes? Question texts and answer labels, compared.

A text is compared letter by letter. Only what no tenant would see or hear is passed over: runs of spaces and
line ends, curly and straight quotation marks, the case of the first letter, a question's number before it
("Q7. ", "TP07: "), and the routing words "If yes:". In the place of the landlord the text may have any of the
landlord's names, a shorter form of one ("Acme" for "Acme Housing Association Limited"), or still say "your
landlord".

Source: RSH removed results whose wording "differed materially" (2023-24, 2024-25).
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Mapping, Sequence

import pandas as pd
import pyarrow as pa

from pipelines.intake.findings import join, mapping_finding
from pipelines.intake.mapping import Asked, Mapped, Replaced
from pipelines.intake.parse import answer_key
from schemas.rulebook import Edition
from schemas.tables import Kind, Table

_QUOTES = str.maketrans("‘’ʼ′`´“”„″«»", "''''''" + '""""""')
_NUMBER = re.compile(
    r"^(?:tp\s?[0-9]{1,2}|q(?:uestion)?\s?[0-9]{1,3}[a-z]?|[0-9]{1,3}[a-z]?)\s*[.:)–-]\s*", re.I
)
_ROUTING = re.compile(r"^if yes\s*[:,–-]?\s*", re.I)
_MOST_OF_A_NAME = 80  # characters
# Words that landlords' names have in common: a name may do without them, or put one for another.
_COMMON = frozenset(
    re.findall(
        "[a-z]+",
        "the of and a association borough charitable city community cooperative council county district "
        "group homes house housing landlord limited london ltd metropolitan my our partnership plc royal "
        "services society trust uk your",
    )
)
_LONGEST_CODE = 3  # letters: VS, FD, NA


def plain(text: str) -> str:
    """A text as it is compared (see the module)."""
    text = unicodedata.normalize("NFC", text).translate(_QUOTES)
    text = " ".join(text.replace("\u200b", "").split())
    text = _ROUTING.sub("", _NUMBER.sub("", text))
    return text[:1].upper() + text[1:]


def with_name(text: str, placeholders: Sequence[str], landlord: str) -> str:
    """A prescribed text with the landlord's name in place of its placeholders."""
    for placeholder in placeholders:
        text = text.replace(placeholder, landlord)
    return text


def is_prescribed(
    asked: str, prescribed: str, placeholders: Sequence[str], landlord_names: Sequence[str] = ()
) -> bool:
    """Whether a question was asked as it is prescribed; without names any name stands for the landlord."""
    if plain(asked) == plain(prescribed):
        return True
    pieces = re.split("|".join(map(re.escape, placeholders)), plain(prescribed)) if placeholders else []
    if len(pieces) < 2:
        return False
    # A name that ends in s may take the apostrophe alone.
    joints = [
        re.escape(piece) if not piece.startswith("'s") else f"'(?:s)?{re.escape(piece[2:])}"
        for piece in pieces
    ]
    found = re.fullmatch(f"(.{{1,{_MOST_OF_A_NAME}}}?)".join(joints), plain(asked), re.DOTALL)
    return found is not None and all(_is_the_landlord(name, landlord_names) for name in found.groups())


def _is_the_landlord(name: str, landlord_names: Sequence[str]) -> bool:
    words = _words(name)
    if not landlord_names or words in ({"your", "landlord"}, {"my", "landlord"}):
        return bool(words)
    known = set().union(*(_words(each) for each in landlord_names))
    telling = known - _COMMON or known
    return bool(words & telling) and words <= known | _COMMON


def _words(name: str) -> set[str]:
    return set(re.findall(r"[^\W_]+", name.casefold().replace("'", "")))


def prescribed_texts(edition: Edition) -> dict[str, tuple[str, tuple[str, ...]]]:
    """Our column → the prescribed text of its question, and the measures that it touches."""
    texts: dict[str, tuple[str, tuple[str, ...]]]
    texts = {m.key: (m.question, (m.key,)) for m in edition.measures if m.question}
    for name, text in edition.filters.items():
        texts[name] = text, tuple(m.key for m in edition.measures if m.filter == name)
    return texts


def wording_findings(
    mapped: Mapped, table: Table, edition: Edition, landlord_names: Sequence[str], file: str
) -> pd.DataFrame:
    """A finding for each question, and each answer, that was not put in the prescribed words.

    `landlord_names`: the landlord's name and its former ones, none where they are not known. `file` stands
    for all of the table's files.
    """
    texts = prescribed_texts(edition)
    found = [
        _question_finding(asked, *texts[asked.column], table, edition, landlord_names, file)
        for asked in _each_text_once(mapped.asked)
        if asked.column in texts
    ]
    answers: dict[tuple[str, str, str], int] = {}
    for one in mapped.replaced:
        column = table.by_name.get(one.column)
        if column is not None and column.kind is Kind.ANSWER and _departs(one, edition):
            key = one.column, one.given, str(one.ours)
            answers[key] = answers.get(key, 0) + one.count
    found += [_answer_finding(*key, count, table, edition, file) for key, count in answers.items()]
    return join(*found)


def _each_text_once(asked: Sequence[Asked]) -> list[Asked]:
    """Of a question that several files carry in the same words the first."""
    seen: dict[tuple[str, str], Asked] = {}
    for one in asked:
        seen.setdefault((one.column, plain(one.text)), one)
    return list(seen.values())


def _question_finding(
    asked: Asked,
    prescribed: str,
    touches: tuple[str, ...],
    table: Table,
    edition: Edition,
    landlord_names: Sequence[str],
    file: str,
) -> pd.DataFrame:
    if is_prescribed(asked.text, prescribed, edition.landlord_placeholders, landlord_names):
        return join()
    name = landlord_names[0] if landlord_names else edition.landlord_placeholders[0]
    facts = {
        "question": asked.column,
        "column": asked.column,
        "asked": asked.text.strip(),
        "prescribed": with_name(prescribed, edition.landlord_placeholders, name),
    }
    return mapping_finding(301, table, asked.file or file, asked.sheet, facts, row=asked.row, touches=touches)


def _departs(one: Replaced, edition: Edition) -> bool:
    """Whether an answer's text, not a code for it, was read as one that is prescribed in other words."""
    words = re.findall(r"[^\W\d_]+", one.given)
    is_code = len(words) < 2 and max(map(len, words), default=0) <= _LONGEST_CODE
    if one.ours is None or is_code:
        return False
    label = _label(one.ours, one.column, edition)
    # The file may put a code before or after an answer: "5 - Very satisfied", "Very satisfied (1)".
    bare = re.sub(r"^[\W\d_]+|[\W\d_]+$", "", one.given)
    return label is not None and _key(bare) != _key(label)


def _label(ours: str, column: str, edition: Edition) -> str | None:
    """The prescribed label that an answer of ours is; None where it is none, or blank."""
    labels = {_key(edition.nadk): edition.nadk}
    scale = edition.measure(column).scale
    if scale is not None:
        labels |= {_key(answer.label): answer.label for answer in edition.scales[scale].answers}
    return labels.get(_key(ours))


def _key(label: str) -> str:
    trimmed = pa.array([label.strip()], pa.large_string())
    return str(answer_key(trimmed)[0])


def _answer_finding(
    column: str, given: str, ours: str, count: int, table: Table, edition: Edition, file: str
) -> pd.DataFrame:
    facts: Mapping[str, str] = {
        "question": column,
        "column": column,
        "count": f"{count:,}",
        "given": " ".join(given.split())[:100],
        "prescribed": _label(ours, column, edition) or ours,
    }
    return mapping_finding(302, table, file, "", dict(facts), touches=(column,))
