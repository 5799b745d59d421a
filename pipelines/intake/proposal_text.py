"""A proposal as the text of sources.yaml: what to keep and, as remarks, how sure it is and what is out."""

from __future__ import annotations

import json
import re
from typing import Any

from pipelines.intake.content import Content, looks_personal
from pipelines.intake.findings import MASKED
from pipelines.intake.propose import Proposal
from pipelines.intake.value_maps import ValueMap

_PLAIN = re.compile(r"[A-Za-z][A-Za-z0-9_.()/'-]*(?: [A-Za-z0-9_.()/'-]+)*")
_WORDS = frozenset({"yes", "no", "true", "false", "null", "on", "off", "y", "n", "none", "nan"})
_LONGEST_LINE = 110
_MOST_UNKNOWN = 25


def as_yaml(proposal: Proposal) -> str:
    """The text of a sources.yaml with the proposed entry."""
    lines = [*_opening(proposal), "tables:", f"  {proposal.table.name}:"]
    entry = proposal.entry()
    lines += _parts(proposal)
    for name in ("files", "sheet", "header_row", "encoding", "delimiter", "question_row"):
        if name in entry and not isinstance(entry[name], list):
            lines.append(f"    {name}: {scalar(entry[name])}")
    lines += _columns(proposal)
    lines += _unpivot(proposal)
    lines += _ignored(proposal)
    lines += _values(proposal)
    lines += _dates(proposal)
    lines += _constants(proposal)
    lines += _filters(proposal)
    return "\n".join(line.rstrip() for line in lines) + "\n"


def scalar(value: object) -> str:
    """A value as YAML writes it so that every reader takes it for the same text."""
    if isinstance(value, bool):
        return str(value).lower()
    if isinstance(value, int):
        return str(value)
    text = str(value)
    if _PLAIN.fullmatch(text) and text.lower() not in _WORDS:
        return text
    return _quoted(text)


def _quoted(text: str) -> str:
    """Text in double quotation marks, whatever is not seen in print escaped."""
    return "".join(_escaped(letter) for letter in json.dumps(text, ensure_ascii=False))


def _escaped(letter: str) -> str:
    if letter.isprintable():
        return letter
    return f"\\u{ord(letter):04x}" if ord(letter) < 0x10000 else f"\\U{ord(letter):08x}"


def _opening(proposal: Proposal) -> list[str]:
    file, seen = proposal.glance.file, proposal.glance
    shape = {"csv": "CSV", "xlsx": "XLSX", "parquet": "Parquet"}[seen.kind]
    if seen.kind == "csv":
        words = {",": "commas", ";": "semicolons", "\t": "tabs", "|": "vertical bars"}
        shape += f" separated by {words[seen.delimiter]}, {seen.encoding or 'UTF-8'}"
    if proposal.sheets:
        shape += f", sheets {', '.join(f'“{_line(each.page.sheet)}”' for each in proposal.sheets)}"
    elif proposal.page.sheet:
        shape += f", sheet “{_line(proposal.page.sheet)}”"
    head = [
        f"Proposed for {_line(file)}: {shape}, headings in row {proposal.header + 1}, "
        f"{proposal.rows:,} rows.",
        "Check each line, above all those marked guess, before it is kept as sources.yaml beside year.yaml.",
        "",
        f"Table: {proposal.table.name} ({proposal.confidence}).",
    ]
    if proposal.is_ours:
        head.append("The file has this table's own name and form: it is read as it is and needs no entry.")
    if proposal.rivals:
        head.append(
            f"It may also be {' or '.join(proposal.rivals)}: tsm map FILE --table {proposal.rivals[0]}"
        )
    if proposal.missing:
        head += ["", "Required and not found:"]
        head += [f"  {name}" + (f": {_line(hint)}" if hint else "") for name, hint in proposal.missing]
    if proposal.notes:
        head += ["", "To look at:", *(f"  {_line(note, 600)}" for note in proposal.notes)]
    if proposal.unused:
        what = "Kept as characteristics" if proposal.table.keeps_characteristics else "Not used"
        head += ["", f"{what} (heading: samples):"]
        head += [
            f"  {_line(content.heading, 60)}: {_samples(content) or 'empty'}" for content in proposal.unused
        ]
    return [f"# {line}".rstrip() for line in head]


def _parts(proposal: Proposal) -> list[str]:
    parts = proposal.parts()
    if not parts:
        return []
    reasons = ["several sheets are of one kind"] if proposal.sheets else []
    reasons += ["both stages stand in one row, so each row is read once a stage"] if proposal.stages else []
    reasons += ["a programme at a time, each with its own next due dates"] if proposal.due else []
    lines = [_remark("    files:", "; ".join(reasons))]
    spread = (proposal.unpivot, proposal.due, *proposal.stages.values())
    samples = {c.heading: _samples(c) or "empty" for columns in spread for c in columns.values()}
    rows = {each.page.sheet: _rows(len(each.frame)) for each in proposal.sheets}
    for part in parts:
        said = rows.get(part.get("sheet", ""), "")
        if not {"columns", "unpivot"} & set(part):
            said += ", its constants guessed from its name" if "constants" in part else ""
            lines.append(_remark(f"      - {_flow(part)}", said))
            continue
        lines.append(_remark(f"      - file: {scalar(part['file'])}", said))
        if "sheet" in part:
            lines.append(f"        sheet: {scalar(part['sheet'])}")
        if "columns" in part:
            lines.append("        columns:")
        for name, heading in part.get("columns", {}).items():
            lines.append(_remark(f"          {name}: {scalar(heading)}", samples[heading]))
        if "unpivot" in part:
            (heading,) = part["unpivot"]["columns"].values()
            lines.append(_remark(f"        unpivot: {_flow(part['unpivot'])}", samples[heading]))
        if "constants" in part:
            lines.append(f"        constants: {_flow(part['constants'])}")
        for each in part.get("filters", ()):
            lines += ["        filters:", f"          - {_flow(each)}"]
    return lines


def _flow(entry: dict[str, Any]) -> str:
    """A part of an entry on one line."""
    return f"{{{', '.join(f'{key}: {_on_a_line(value)}' for key, value in entry.items())}}}"


def _on_a_line(value: Any) -> str:
    if isinstance(value, dict):
        return _flow(value)
    return f"[{', '.join(map(scalar, value))}]" if isinstance(value, list) else scalar(value)


def _columns(proposal: Proposal) -> list[str]:
    if not proposal.guesses:
        return ["    columns: {}"]
    lines = ["    columns:"]
    for guess in proposal.guesses:
        left = f"      {guess.column.name}: {scalar(guess.content.heading)}"
        why = f" ({_line(guess.why)})" if guess.why else ""
        samples = MASKED if guess.column.personal else _samples(guess.content)
        if guess.column.vocabulary and guess.confidence != "guess" and guess.content.recurs:
            samples = ", ".join(_line(_shown(value), 30) for value in list(guess.content.counted)[:3])
        lines.append(_remark(left, f"{guess.confidence}{why}" + (f": {samples}" if samples else "")))
    return lines


def _unpivot(proposal: Proposal) -> list[str]:
    if not proposal.unpivot or proposal.due:
        return []
    lines = [
        _remark("    unpivot:", "a row for each of these columns that has a date"),
        "      into: {name: programme, value: completed_on}",
        "      columns:",
    ]
    for name, content in proposal.unpivot.items():
        lines.append(_remark(f"        {name}: {scalar(content.heading)}", _samples(content) or "empty"))
    return lines


def _ignored(proposal: Proposal) -> list[str]:
    if not proposal.ignored:
        return []
    lines = [_remark("    ignore:", "about a person, or free text that may be: not kept with the records")]
    headings = dict.fromkeys(content.heading for content in proposal.ignored)
    return [*lines, *(f"      - {scalar(heading)}" for heading in headings)]


def _values(proposal: Proposal) -> list[str]:
    blocks = [line for found in proposal.values.values() for line in _value_block(found)]
    if not blocks:
        return []
    active = any(found.entries for found in proposal.values.values())
    return ["    values:" if active else "    # values:", *blocks]


def _value_block(found: ValueMap) -> list[str]:
    head = f"      {found.column}:"
    lines = [head if found.entries else f"      # {found.column}:"]
    if found.has_no_direction and not found.unknown:
        return []
    if found.are_codes and found.entries:
        written = ", ".join(f"{_key(entry.theirs)}: {scalar(entry.ours)}" for entry in found.entries)
        lines = [f"{head} {{{written}}}  # {found.entries[0].confidence}"]
    for entry in () if found.are_codes else found.entries:
        left = f"        {_key(entry.theirs)}: {scalar(entry.ours)}"
        lines.append(_remark(left, f"{_rows(entry.rows)}, {entry.confidence}"))
    for entry in found.unsure:
        left = f"        # {_key(entry.theirs)}: {scalar(entry.ours)}"
        lines.append(_remark(left, f"{_rows(entry.rows)}, a guess: take the # away if it is right"))
    for value, rows, why in found.unknown[:_MOST_UNKNOWN]:
        said = f", {why}" if why else ""
        lines.append(_remark(f"        # {_key(_shown(value))}: ?", f"{_rows(rows)}{said}"))
    if len(found.unknown) > _MOST_UNKNOWN:
        lines.append(f"        # and {len(found.unknown) - _MOST_UNKNOWN:,} more values that are not known")
    return lines


def _dates(proposal: Proposal) -> list[str]:
    dates = proposal.dates()
    if not dates:
        return []
    contents = {g.column.name: g.content for g in proposal.guesses}
    lines = ["    dates:"]
    for name, shape in dates.items():
        written = (
            scalar(shape) if isinstance(shape, str) else f"[{', '.join(scalar(each) for each in shape)}]"
        )
        content = contents.get(name)
        known = content.dates if content else None
        said = ""
        if content and content.position in proposal.swapped:
            said = "guess: day and month look swapped in the date cells, see above"
        elif known and known.proof:
            said = "sure: days above 12 prove the order"
        elif known and known.ambiguous:
            said = "guess: day first, as is usual here; no day above 12 proves it"
        lines.append(_remark(f"      {name}: {written}", said) if said else f"      {name}: {written}")
    return lines


def _constants(proposal: Proposal) -> list[str]:
    if not proposal.constants:
        return []
    lines = ["    constants:"]
    for name, (value, why) in proposal.constants.items():
        lines.append(_remark(f"      {name}: {scalar(value)}", why))
    return lines


def _filters(proposal: Proposal) -> list[str]:
    if not proposal.filters:
        return []
    active = any(each.active for each in proposal.filters)
    lines = ["    filters:" if active else "    # filters:"]
    for each in proposal.filters:
        start = "      - " if each.active else "    #   - "
        why = "likely" if each.active else "take the # away if they are no records"
        lines.append(f"{start}{_flow(each.entry)}   # {_rows(each.rows)}, {why}")
    return lines


def _key(value: str) -> str:
    """A value as a key: always in quotation marks, so that a number or a dash stays text."""
    return _quoted(value)


def _remark(left: str, said: str) -> str:
    return f"{left:<34}  # {_line(said, 200)}" if said else left


def _rows(count: int) -> str:
    return f"{count:,} row" + ("" if count == 1 else "s")


def _samples(content: Content) -> str:
    return ", ".join(_line(sample) for sample in content.samples)


def _shown(value: str) -> str:
    """A value that nothing is known of: cut short, and masked where it may be about a person."""
    return MASKED if looks_personal(value) or len(value) > 60 or value.count(" ") > 7 else value


def _line(text: str, longest: int = _LONGEST_LINE * 2) -> str:
    """Text of a file on one line, without what could end a remark."""
    plain = " ".join("".join(letter if letter.isprintable() else " " for letter in text).split())
    return plain if len(plain) <= longest else f"{plain[:longest]}…"
