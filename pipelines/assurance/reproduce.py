"""Computing a published return again, from the inputs, the settings and the edition of its time.

What it was made of comes from the archive, never from the landlord's folder, which may have changed or be
gone. Nothing is published: the figures are computed in a folder of their own and held against the published
ones. Each that differs is explained as far as the two sets of ledgers can, and what else differs between then
and now is named: the return's own files, the inputs, the edition, settings, software.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from importlib.metadata import version
from io import BytesIO
from pathlib import Path
from typing import Any

import pandas as pd

from pipelines.assurance.acts import Act, of_kind, read_acts
from pipelines.assurance.archive import RULEBOOK, lay_out, read_kept
from pipelines.assurance.compute import Checked, check_folder, compute_ledgers
from pipelines.assurance.differences import figure_key, figure_name, figure_texts
from pipelines.assurance.release import folder_of, newest, read_document
from pipelines.assurance.verify import MANIFEST, check_return, parse
from pipelines.measures import figures
from pipelines.statutory.document import figure_entry
from schemas.errors import InputError
from schemas.rulebook import Edition, diff_contents, edition_as_kept, edition_of, editions, format_changes

Document = Mapping[str, Any]

_NAMED = 5  # records that a difference names
# What is held against each other of a figure: its counts and its value. (Precision is an estimate of floats.)
_SAYS = (
    "numerator", "denominator", "value", "status", "answers", "not_applicable", "filter_yes", "filter_no",
    "met_without_extension", "met_with_extension",
)  # fmt: skip


@dataclass(frozen=True)
class Difference:
    """A figure that is not as it was published: its name, both in words, and the records that moved."""

    name: str
    published: str
    recomputed: str
    why: tuple[str, ...]


@dataclass
class Reproduction:
    """What computing a return again gave.

    `title`: which return. `made_from`: what the figures were computed from, in sentences. `compared`: how
    many figures. `differences`: those that differ. `causes`: what differs between then and now, or is not as
    it was kept, and could explain them. `rulebook`: the edition then against now, as text; blank where it is
    the same. `today`: the figures that today's edition would give otherwise.
    """

    title: str
    made_from: list[str] = field(default_factory=list)
    compared: int = 0
    differences: list[Difference] = field(default_factory=list)
    causes: list[str] = field(default_factory=list)
    rulebook: str = ""
    today: list[Difference] = field(default_factory=list)

    @property
    def same(self) -> bool:
        """Whether every figure came out as it was published."""
        return not self.differences


def reproduce(year_folder: Path, archive: Any, scratch: Path, number: int | None = None) -> Reproduction:
    """Compute a published return again in the empty folder `scratch`; nothing else is written.

    `archive`: where the landlord's inputs are kept; `number`: of the revision, the newest return without one.
    Raises InputError where there is no such return, and where it was published before inputs were kept.
    """
    log = read_acts(year_folder)
    number = newest(year_folder, log) if number is None else number
    folder = folder_of(year_folder, number)
    code, year = year_folder.parent.name, year_folder.name
    if not (folder / MANIFEST).is_file():
        raise InputError(f"There is no return in {folder}: there is nothing to compute again.")
    document = read_document(folder)
    kept = document["provenance"].get("kept")
    if not kept:
        raise InputError(
            f"The return in {folder} was made before its inputs were kept: it cannot be computed again. One "
            f"that `tsm run {code} {year}` makes can."
        )
    found = Reproduction(_title(document, number, of_kind(log, "file")))
    found.causes += [
        f"The published {problem.file} is not as it was made: {problem.text}."
        for problem in check_return(folder, log, number).problems
    ]
    lacking = lay_out(archive, kept, scratch)
    found.causes += [f"{each['file']} ({each['received']}) {wrong}." for each, wrong in lacking]
    edition, then = _edition_of_the_time(archive, kept, document, found)
    files = sum(each["received"] != RULEBOOK for each in kept) - len(lacking)
    found.made_from.insert(0, f"{files} files as they were received, each by its hash, from the archive.")
    if (
        not (scratch / code / year / "year.yaml").is_file()
        or not (scratch / code / "landlord.yaml").is_file()
    ):
        raise InputError(f"{code} {year} cannot be computed again: {' '.join(found.causes)}")
    checked = check_folder(scratch / code, year, edition, as_kept=True)
    found.causes += [*_settings(document, checked), *_software(folder)]
    _compare(document, folder, checked, {each["received"] for each, _ in lacking}, found)
    if then is not None:
        _against_today(found, document, scratch / code, year, then)
    return found


def _title(document: Document, number: int, filings: Sequence[Act]) -> str:
    which = "return" if number == 1 else f"revision {number}"
    filed = [act for act in filings if act["revision"] == number]
    how = f", filed on {filed[-1]['on']} (reference {filed[-1]['reference']})" if filed else ""
    landlord = document["landlord"]
    return f"{landlord['name']} ({landlord['code']}), {document['reporting_year']}: the {which}{how}"


def _edition_of_the_time(
    archive: Any, kept: Sequence[Mapping[str, Any]], document: Document, found: Reproduction
) -> tuple[Edition | None, dict[str, Any] | None]:
    """Return the edition that the return was made by, and its content where today's is another.

    None, for today's, where the one of the time cannot be read; the report then says so.
    """
    stated, year = document["edition"]["fingerprint"], document["reporting_year"]
    (line,) = [each for each in kept if each["received"] == RULEBOOK]
    data, wrong = read_kept(archive, line["sha256"])
    edition: Edition | None = None
    content: dict[str, Any] = {}
    if data is not None:
        try:
            edition, content = edition_of(data, f"the edition {year} as it was kept")
        except InputError as error:
            wrong = f"cannot be read by this version of the software: {error}"
    if edition is None:
        found.causes.append(f"The edition of the rules of the time ({stated[:12]}) {wrong}.")
        found.made_from.append(f"Edition {year} of the rules as it is today, for want of that of the time.")
        return None, None
    if edition.fingerprint != stated:
        found.causes.append(f"The edition as it was kept is not {stated[:12]}, by which the return was made.")
    today, _ = edition_of(edition_as_kept(year), year) if year in editions() else (None, {})
    if today is not None and today.fingerprint == edition.fingerprint:
        found.made_from.append(f"Edition {year} of the rules ({stated[:12]}), which has not changed since.")
        return edition, None
    found.made_from.append(f"Edition {year} of the rules as it was then ({stated[:12]}); today's is another.")
    return edition, content


def _settings(document: Document, checked: Checked) -> Iterator[str]:
    """Say which settings resolve otherwise than they did."""
    for each in document["settings"]["all"]:
        if each["key"] not in checked.rules.edition.settings:
            yield f"The setting {each['key']} is no longer known."
        elif checked.rules.settings[each["key"]] != each["value"]:
            now = checked.rules.settings[each["key"]]
            yield f"The setting {each['key']} was {each['value']}, is {now}."


def _software(folder: Path) -> Iterator[str]:
    """Say which versions are others than those that the manifest names."""
    try:
        software = parse((folder / MANIFEST).read_bytes())["software"]
        then = {software["name"]: software["version"], **software["packages"]}
    except (OSError, ValueError, KeyError, TypeError):
        return
    now = {name: version("tsm-pipeline" if name == software["name"] else name) for name in then}
    for name, was in then.items():
        if now[name] != was:
            yield f"{name} was version {was}, is {now[name]}."


def _compare(document: Document, folder: Path, checked: Checked, lost: set[str], found: Reproduction) -> None:
    """Hold the published figures against those computed again, and explain each that differs.

    `lost`: as what was received what the archive no longer has.
    """
    ledgers = compute_ledgers(checked.inputs)
    entries = _entries(ledgers, checked)
    published = {figure_key(each): each for each in document["figures"]}
    found.compared = len(published)
    inputs = {measure.key: measure.inputs for measure in checked.rules.edition.measures}
    for key in [*published, *(key for key in entries if key not in published)]:
        was, now = published.get(key), entries.get(key)
        if was is not None and now is not None and all(was[name] == now[name] for name in _SAYS):
            continue
        measure = key.split(" ")[0]
        why = []
        if rests_on := sorted(lost & {*inputs.get(measure, ()), "settings"}):
            why.append(f"It rests on {', '.join(rests_on)}, which could not be read as it was.")
        elif measure in ledgers:
            why += _moved_records(folder / "ledgers" / f"{measure}.parquet", ledgers[measure])
        found.differences.append(_difference(key, was, now, document, tuple(why)))


def _entries(ledgers: Mapping[str, pd.DataFrame], checked: Checked) -> dict[str, dict[str, Any]]:
    edition = checked.rules.edition
    computed = figures(ledgers, checked.inputs.stock, edition)
    entries = [figure_entry(each, edition) for each in computed]
    return {figure_key(each): each for each in entries}


def _difference(
    key: str,
    was: Mapping[str, Any] | None,
    now: Mapping[str, Any] | None,
    document: Document,
    why: tuple[str, ...],
) -> Difference:
    members = ("value_text", "numerator", "denominator")
    before = [was[name] for name in members] if was else ["not there", None, None]
    after = [now[name] for name in members] if now else ["not there", None, None]
    texts = figure_texts(before, after)
    if was and now and texts[0] == texts[1]:
        other = [name for name in _SAYS if was[name] != now[name]]
        why = (f"The same counts and value, but another {', '.join(other).replace('_', ' ')}.", *why)
    return Difference(figure_name(key, document), *texts, why)


def _moved_records(published: Path, now: pd.DataFrame) -> list[str]:
    """Say which records stand otherwise in the published ledger than in the one computed again."""
    try:
        before = pd.read_parquet(BytesIO(published.read_bytes()))
    except (OSError, ValueError):
        return ["The published ledger cannot be read."]
    was, is_now = _standing(before), _standing(now)
    moved = [
        f"{record}: {was.get(record, 'not in the ledger')}, now {is_now.get(record, 'not in the ledger')}"
        for record in [*was, *(record for record in is_now if record not in was)]
        if was.get(record) != is_now.get(record)
    ]
    if not moved:
        return ["Every record stands in the published ledger as it does now: the figure is not its tally."]
    more = [f"and {len(moved) - _NAMED:,} more records"] if len(moved) > _NAMED else []
    return [*moved[:_NAMED], *more]


def _standing(ledger: pd.DataFrame) -> dict[str, str]:
    """Return how each record of a ledger counts, in words; one that stands in it twice with both."""
    standing: dict[str, str] = {}
    weights = ledger["weight"].fillna("") if "weight" in ledger.columns else [""] * len(ledger)
    columns = (ledger[name] for name in ("record_id", "population", "counted", "met", "reason"))
    for record, population, counted, met, reason, weight in zip(*columns, weights, strict=True):
        how = "counted" if counted else "not counted"
        how += ", met" if met else ""
        weighs = f", weight {weight}" if weight else ""
        said = f"{how} ({reason}{f', {population}' if population else ''}{weighs})"
        standing[str(record)] = f"{standing[str(record)]}; {said}" if str(record) in standing else said
    return standing


def _against_today(
    found: Reproduction, document: Document, landlord: Path, year: str, then: Mapping[str, Any]
) -> None:
    """Show the edition of the time against today's, and what today's would make of the same inputs."""
    if year not in editions():
        found.rulebook = f"There is no edition {year} any more."
        return
    now = json.loads(edition_as_kept(year))["edition"]
    found.rulebook = format_changes(diff_contents(then, now), (then, now), f"{year} then", f"{year} today")
    try:
        checked = check_folder(landlord, year, as_kept=True)
    except InputError as error:  # the landlord's settings may not be ones of today's edition
        found.rulebook += f"\nBy today's edition the inputs of the time cannot be used: {error}"
        return
    entries = _entries(compute_ledgers(checked.inputs), checked)
    for each in document["figures"]:
        other = entries.get(figure_key(each))
        if other is None or any(each[name] != other[name] for name in _SAYS):
            found.today.append(_difference(figure_key(each), each, other, document, ()))


def as_lines(found: Reproduction) -> Iterator[str]:
    """Yield the report as lines of text, what came of it last."""
    yield found.title
    yield from (f"  {sentence}" for sentence in found.made_from)
    if found.rulebook:
        yield ""
        yield from found.rulebook.splitlines()
        yield ""
        if found.today:
            yield f"Today's edition would give {len(found.today)} other figures:"
            yield from (f"  {each.name}: {each.recomputed}, was {each.published}" for each in found.today)
        else:
            yield "Today's edition would give the same figures."
        yield ""
    for each in found.differences:
        yield f"{each.name}: published {each.published}, computed again {each.recomputed}"
        yield from (f"    {line}" for line in each.why)
    if found.causes:
        yield "Different from when it was made:" if found.same else "What could explain it:"
        yield from (f"  {cause}" for cause in found.causes)
    elif found.differences:
        yield "Inputs, edition, settings and versions are those of the time: the code gives other figures."
    count = len(found.differences)
    if count:
        yield f"{count} of {found.compared} figures differ from what was published."
    else:
        yield f"All {found.compared} figures are as they were published, counts and values."
