"""sources.yaml: which files a table is read from, and how their columns and values become ours.

Read as the other settings are (no tags, no anchors, no key twice), held against its JSON Schema, then against
the tables themselves. What is wrong in it is an InputError of one sentence. What is wrong between it and the
files is a finding: see `pipelines.intake.mapping`.
"""

from __future__ import annotations

import difflib
import hashlib
import itertools
import re
import unicodedata
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from fnmatch import fnmatchcase
from functools import lru_cache
from importlib import resources
from pathlib import Path, PurePosixPath
from types import MappingProxyType
from typing import Any

import pyarrow as pa
import pyarrow.compute as pc
import yaml

from pipelines.intake import settings
from pipelines.intake.dates import DateFormat
from pipelines.intake.sheet import AS_FOUND, Form, heading_key
from schemas.errors import InputError
from schemas.tables import TABLES, Table, is_personal

FILE = "sources.yaml"
MAX_FILES = 500
MAX_PATTERN = 200  # characters of a regular expression

_ENCODINGS = {
    "utf8": "utf-8",
    "utf8sig": "utf-8-sig",
    "ascii": "ascii",
    "usascii": "ascii",
    "utf16": "utf-16",
    "utf16le": "utf-16-le",
    "utf16be": "utf-16-be",
    "utf32": "utf-32",
    "cp1252": "cp1252",
    "windows1252": "cp1252",
    "ansi": "cp1252",
    "cp1250": "cp1250",
    "windows1250": "cp1250",
    "latin1": "iso-8859-1",
    "iso88591": "iso-8859-1",
    "iso885915": "iso-8859-15",
    "latin9": "iso-8859-15",
    "cp437": "cp437",
    "cp850": "cp850",
    "macroman": "mac-roman",
}
_DELIMITERS = {"comma": ",", "semicolon": ";", "tab": "\t", "bar": "|"}
# Columns of our own that stand beside a table's: none of a landlord's may bear their name.
RESERVED = ("source_row", "source_file", "source_sheet")
# What a part of `files` may say otherwise than its table, name by name rather than as a whole.
_BY_NAME = ("columns", "values", "constants", "questions")


@dataclass(frozen=True)
class Filter:
    """Rows to leave out: those whose cell of `column` is one of `values`, is none of them, or matches.

    `kind`: is, is_not, blank, filled or matches (`values` is then the one pattern).
    """

    column: str
    reason: str
    kind: str
    values: tuple[str, ...] = ()


@dataclass(frozen=True)
class Unpivot:
    """One row a column: `columns` says of each name which headings may hold it.

    The name goes into our column `name`, the cell into our column `value`. A blank cell gives a row only of
    the names in `kept_blank`.
    """

    name: str
    value: str
    columns: Mapping[str, tuple[str, ...]]
    kept_blank: frozenset[str] = frozenset()


@dataclass(frozen=True)
class Prefer:
    """Which file is believed of a record that stands in several: `first` or `last` read, or the `newest`.

    `column`: the heading by which the newest is told; `formats`: how its dates are written.
    """

    which: str
    column: str = ""
    formats: tuple[DateFormat, ...] = ()

    @property
    def words(self) -> str:
        """The choice as a message says it."""
        return f"newest {self.column}" if self.which == "newest" else self.which


@dataclass(frozen=True)
class TableMapping:
    """How the columns and values of one shape of file become those of a table.

    `columns`: our column → the headings that may hold it, of which a file has one. `values`: our column → the
    file's value (as `value_keys` gives it) → ours. `dates`: our column → its formats, tried in turn.
    `stated`: what the landlord says and no preset does, as (part, name) and (part, name, key): of a preset
    nobody need be told that it names more than there is.
    """

    columns: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    ignore: tuple[str, ...] = ()
    values: Mapping[str, Mapping[str, str]] = field(default_factory=dict)
    dates: Mapping[str, tuple[DateFormat, ...]] = field(default_factory=dict)
    constants: Mapping[str, str] = field(default_factory=dict)
    unpivot: Unpivot | None = None
    filters: tuple[Filter, ...] = ()
    question_row: int | None = None
    questions: Mapping[str, str] = field(default_factory=dict)
    form: Form = AS_FOUND
    stated: frozenset[tuple[str, ...]] = frozenset()
    prefer: Prefer | None = None


@dataclass(frozen=True)
class Part:
    """Some files of a table, and how they are mapped."""

    pattern: str
    mapping: TableMapping


@dataclass(frozen=True)
class SqlQuery:
    """A query whose rows are a table: `url` names the environment variable that holds the database's URL.

    `query_file`: the file that the query was read from, "" where sources.yaml holds it.
    """

    url: str
    query: str
    query_file: str = ""


@dataclass(frozen=True)
class Source:
    """A table's entry in sources.yaml. Either `parts` or `sql` is given, or neither: the table's own name."""

    table: str
    mapping: TableMapping
    parts: tuple[Part, ...] = ()
    sql: SqlQuery | None = None
    preset: str = ""

    @property
    def named(self) -> str:
        """What the table is taken from, as a message says it."""
        if self.sql:
            return "a query"
        return ", ".join(part.pattern for part in self.parts[:3]) + (" and others" if self.parts[3:] else "")


@dataclass(frozen=True)
class Sources:
    """sources.yaml. `sha256`: of the file, "" where there is none."""

    tables: Mapping[str, Source]
    sha256: str = ""


def load_sources(folder: Path) -> Sources:
    """Read sources.yaml in a landlord's folder of one year; InputError says what to correct."""
    path = folder / FILE
    if path.is_symlink():
        raise InputError(f"{path} is a link: put the file itself in its place.")
    if not path.exists():
        return Sources(MappingProxyType({}))
    sha256 = hashlib.sha256(path.read_bytes()).hexdigest() if path.is_file() else ""
    content = _content(path, sha256)
    tables = {}
    for name, entry in content["tables"].items():
        table = _table(name, path)
        tables[table.name] = _source(table, entry, folder, f"{path}: 'tables.{table.name}")
    return Sources(MappingProxyType(tables), sha256)


@lru_cache(maxsize=8)
def _content(path: Path, sha256: str) -> dict[str, Any]:
    """The file's content; it is asked for once a table, and a long one takes seconds to read."""
    del sha256  # tells one state of the file from another
    return settings._load(path, "sources")


def read_entry(table: str, entry: Mapping[str, Any], where: str) -> TableMapping:
    """Return what one table's entry without files says (a preset, a proposal); InputError says what is wrong.

    `where` begins every message.
    """
    contract = TABLES[table]
    checked = settings._checked({"tables": {table: dict(entry)}}, "sources", Path(where))
    return _mapping(contract, checked["tables"][table], frozenset(), f"{where}: 'tables.{table}")


def preset_names() -> tuple[str, ...]:
    """The shipped mappings, by name."""
    folder = resources.files("pipelines.intake") / "presets"
    names = (file.name for file in folder.iterdir()) if folder.is_dir() else ()
    return tuple(sorted(name.removesuffix(".yaml") for name in names if name.endswith(".yaml")))


def preset_entry(name: str) -> dict[str, Any]:
    """A shipped mapping's content, a table's entry without files; KeyError where there is none."""
    if name not in preset_names():
        raise KeyError(name)
    text = (resources.files("pipelines.intake") / "presets" / f"{name}.yaml").read_text("utf-8")
    content = yaml.load(text, Loader=settings._Loader)  # noqa: S506 (a safe loader)
    return {key: value for key, value in content.items() if key not in ("table", "about")}


def preset_sha256(name: str) -> str:
    """The sha256 of a shipped mapping, "" for no name."""
    if not name:
        return ""
    file = resources.files("pipelines.intake") / "presets" / f"{name}.yaml"
    return hashlib.sha256(file.read_bytes()).hexdigest()


def value_keys(cells: pa.Array) -> pa.Array:
    """Values as they are compared: without outer space, in any case, and a code such as 5.0 as 5."""
    from pipelines.intake.parse import clean

    return pc.replace_substring_regex(pc.utf8_lower(clean(cells)), r"^([0-9]{1,2})\.0+$", r"\1")


def value_key(value: str) -> str:
    """One value as it is compared (see `value_keys`)."""
    return str(value_keys(pa.array([value], pa.large_string()))[0])


# ------------------------------------------------------------------------------------------ finding the files


def find_files(folder: Path, pattern: str) -> tuple[list[Path], list[Path]]:
    """The files of a folder that a pattern names, in the order of their names; and links that it met.

    Letters compare in any case. Links are never followed; hidden files, and those that an open Excel leaves
    (~$…), count only where they are named in full.
    """
    found, links = [folder], []
    parts = PurePosixPath(pattern).parts
    for depth, part in enumerate(parts):
        last = depth == len(parts) - 1
        found, met = _within(found, part, last=last)
        links += met
    return found, links


def _within(folders: list[Path], part: str, *, last: bool) -> tuple[list[Path], list[Path]]:
    wanted = _plain(part)
    is_pattern = has_wildcard(part)
    found: list[Path] = []
    links: list[Path] = []
    for folder in folders:
        for path in sorted(_inside(folder), key=lambda path: _natural(path.name)):
            name = _plain(path.name)
            if not (fnmatchcase(name, wanted) if is_pattern else name == wanted):
                continue
            if is_pattern and path.name.startswith((".", "~$")):
                continue
            if last or path.is_dir():
                (links if path.is_symlink() else found).append(path)
    return found, links


def has_wildcard(pattern: str) -> bool:
    """Whether a pattern may name more than one file."""
    return any(mark in pattern for mark in "*?[")


def _inside(folder: Path) -> list[Path]:
    try:
        return list(folder.iterdir())
    except OSError as error:
        raise InputError(f"{folder} cannot be read: {error.strerror}.") from error


def _plain(name: str) -> str:
    return unicodedata.normalize("NFC", name).casefold()


def _natural(name: str) -> tuple[Any, ...]:
    """A name as people sort it: jobs_2 before jobs_10."""
    return tuple(
        (0, int(piece), "") if piece.isdigit() else (1, 0, piece)
        for piece in re.split(r"([0-9]+)", _plain(name))
    )


# ------------------------------------------------------------------------------------------- reading an entry


def _table(name: Any, path: Path) -> Table:
    if name in TABLES:
        return TABLES[name]
    hint = _close(str(name), TABLES)
    raise InputError(
        f"{path}: 'tables.{_short(name)}' is not a table{hint}: use one of {', '.join(TABLES)}, or remove it."
    )


def _source(table: Table, entry: dict[str, Any], folder: Path, where: str) -> Source:
    entry = {key: value for key, value in entry.items() if value is not None}
    if "files" in entry and "sql" in entry:
        raise InputError(
            f"{where}' has both files and sql: a table is taken from one of them; remove the other."
        )
    if "prefer" in entry and "sql" in entry:
        raise InputError(f"{where}.prefer' is about several files, but the table is from a query: remove it.")
    preset = entry.get("preset") or ""
    base = _preset(table, preset, where) if preset else {}
    own = {key: value for key, value in entry.items() if key not in ("files", "sql", "preset")}
    mapping = _mapping(table, _over(base, own), _stated(own), where)
    parts = []
    listed = entry.get("files", [])
    for number, one in enumerate(listed if isinstance(listed, list) else [listed]):
        place = f"{where}.files" + (f".{number}" if isinstance(listed, list) else "")
        if isinstance(one, str):
            parts.append(Part(_path(one, place), mapping))
            continue
        differs = {key: value for key, value in one.items() if key != "file"}
        stated = _stated(own) | _stated(differs)
        of_part = _mapping(table, _over(_over(base, own), differs), stated, place) if differs else mapping
        parts.append(Part(_path(one["file"], f"{place}.file"), of_part))
    sql = _sql(entry["sql"], folder, f"{where}.sql") if "sql" in entry else None
    return Source(table.name, mapping, tuple(parts), sql, preset)


def _preset(table: Table, name: str, where: str) -> dict[str, Any]:
    try:
        entry = preset_entry(name)
    except KeyError as error:
        known = preset_names()
        raise InputError(
            f"{where}.preset' is {name}, which is not a shipped mapping{_close(name, known)}: "
            f"use one of {', '.join(known) or 'none, as none is shipped'}, or remove the line."
        ) from error
    try:
        read_entry(table.name, entry, f"the preset {name}")
    except InputError as error:
        raise InputError(
            f"{where}.preset' is {name}, which is not made for {table.name}: remove the line. ({error})"
        ) from error
    return entry


def _stated(own: Mapping[str, Any]) -> frozenset[tuple[str, ...]]:
    stated: set[tuple[str, ...]] = set()
    for part in ("columns", "values"):
        for name, value in (own.get(part) or {}).items():
            stated.add((part, str(name)))
            if part == "values":
                stated |= {(part, str(name), value_key(_word(key))) for key in value or {}}
    for name in (own.get("unpivot") or {}).get("columns") or {}:
        stated.add(("unpivot", str(name)))
    return frozenset(stated)


def _over(base: Mapping[str, Any], own: Mapping[str, Any]) -> dict[str, Any]:
    """What `own` says over `base`: name by name where a part has names, else as a whole; null takes back."""
    both = dict(base)
    for key, value in own.items():
        named = key in _BY_NAME or (
            key == "dates" and isinstance(value, dict) and isinstance(base.get(key), dict)
        )
        if not named or value is None:
            both[key] = value
            continue
        merged = dict(both.get(key) or {})
        for name, one in value.items():
            if key == "values" and isinstance(merged.get(name), dict) and isinstance(one, dict):
                merged[name] = merged[name] | one
            else:
                merged[name] = one
        both[key] = merged
    # A column that `own` takes from elsewhere is no longer taken from where `base` took it.
    for given, taken in (("columns", "constants"), ("constants", "columns")):
        gone = {name for name, one in (own.get(given) or {}).items() if one is not None}
        if both.get(taken):
            stays = own.get(taken) or {}
            both[taken] = {k: v for k, v in both[taken].items() if k not in gone or k in stays}
    return both


def _mapping(
    table: Table, entry: Mapping[str, Any], stated: frozenset[tuple[str, ...]], where: str
) -> TableMapping:
    """Hold an entry against its table; everything that cannot be meant is an InputError."""
    columns = {
        _our_column(name, table, f"{where}.columns"): _headings(one, f"{where}.columns.{name}")
        for name, one in (entry.get("columns") or {}).items()
        if one is not None
    }
    constants = {
        _our_column(name, table, f"{where}.constants"): _word(one)
        for name, one in (entry.get("constants") or {}).items()
        if one is not None
    }
    unpivot = _unpivot(entry.get("unpivot"), entry.get("keep_blank"), table, where)
    _refuse_two_sources(columns, constants, unpivot, table, where)
    known = {*table.by_name, *columns}
    values = {
        _known(name, known, table, f"{where}.values"): _values(one, f"{where}.values.{name}")
        for name, one in (entry.get("values") or {}).items()
        if one is not None
    }
    questions = {
        _question(name, table, f"{where}.questions"): text
        for name, text in (entry.get("questions") or {}).items()
        if text
    }
    filters = tuple(
        _filter(one, f"{where}.filters.{number}") for number, one in enumerate(entry.get("filters") or ())
    )
    if entry.get("question_row") and table.name != "survey_responses":
        raise InputError(
            f"{where}.question_row' is about questions, and {table.name} has none: its row would be lost. "
            "Remove the line; where the headings stand is said by header_row."
        )
    elsewhere = {*constants, *((unpivot.name, unpivot.value) if unpivot else ())}
    wanted = {heading_key(c.name) for c in table.columns if c.required and c.name not in elsewhere}
    return TableMapping(
        columns=MappingProxyType(columns),
        ignore=tuple(str(heading) for heading in entry.get("ignore") or ()),
        values=MappingProxyType(values),
        dates=MappingProxyType(_dates(entry.get("dates"), table, f"{where}.dates")),
        constants=MappingProxyType(constants),
        unpivot=unpivot,
        filters=filters,
        question_row=entry.get("question_row"),
        questions=MappingProxyType(questions),
        form=_form(table, entry, columns, unpivot, wanted, where),
        stated=stated,
        prefer=_prefer(entry.get("prefer"), f"{where}.prefer"),
    )


def _form(
    table: Table,
    entry: Mapping[str, Any],
    columns: Mapping[str, tuple[str, ...]],
    unpivot: Unpivot | None,
    wanted: set[str],
    where: str,
) -> Form:
    encoding = str(entry.get("encoding") or "")
    if encoding:
        plain = re.sub(r"[^a-z0-9]", "", encoding.lower())
        if plain not in _ENCODINGS:
            raise InputError(
                f"{where}.encoding' is {_short(encoding)}, which is not a text encoding that is read: "
                "use utf-8, cp1252, iso-8859-1 or utf-16, or remove the line."
            )
        encoding = _ENCODINGS[plain]
    delimiter = str(entry.get("delimiter") or "")
    groups = _groups(table, columns, unpivot, wanted)
    record = heading_key((columns.get(table.record_name) or [table.record_name])[0])
    return Form(
        sheet=str(entry.get("sheet") or ""),
        header_row=entry.get("header_row"),
        encoding=encoding,
        delimiter=_DELIMITERS.get(delimiter, delimiter),
        headings=frozenset(key for group in groups if len(group) == 1 for key in group),
        any_of=tuple(group for group in groups if len(group) > 1),
        known=_keys([*columns.values(), *(unpivot.columns.values() if unpivot else ())]),
        record="" if is_personal(record) else record,
    )


def _groups(
    table: Table, columns: Mapping[str, tuple[str, ...]], unpivot: Unpivot | None, wanted: set[str]
) -> list[frozenset[str]]:
    """The headings that a file must have, in groups of which it has one: those of the required columns."""
    if not columns and not unpivot:
        return []
    required = {c.name for c in table.columns if c.required}
    groups = [_keys([headings]) for name, headings in columns.items() if name in required]
    others = [frozenset([key]) for key in sorted(wanted - {heading_key(name) for name in columns})]
    if unpivot:
        groups.append(_keys(unpivot.columns.values()))
        if len(table.key) == 1:  # it can be made: see mapping.make_keys
            others = [group for group in others if group != {heading_key(table.key[0])}]
    return [*groups, *others]


def _keys(several: Iterable[Sequence[str]]) -> frozenset[str]:
    return frozenset(heading_key(heading) for headings in several for heading in headings)


def _refuse_two_sources(
    columns: Mapping[str, Any],
    constants: Mapping[str, Any],
    unpivot: Unpivot | None,
    table: Table,
    where: str,
) -> None:
    given = {"columns": columns, "constants": constants}
    if unpivot:
        given["unpivot"] = dict.fromkeys((unpivot.name, unpivot.value))
        if unpivot.name == unpivot.value:
            raise InputError(f"{where}.unpivot.into' names {unpivot.name} twice: name two of our columns.")
    seen: dict[str, str] = {}
    for part, names in given.items():
        for name in names:
            if name in seen:
                raise InputError(
                    f"{where}.{part}.{name}' gives {name} a second time, after {seen[name]}: keep one."
                )
            seen[name] = part


def _our_column(name: Any, table: Table, where: str) -> str:
    """A column that a mapping may fill: one of the table's or, where it keeps them, a characteristic."""
    name = str(name)
    if name in table.by_name:
        return name
    key = heading_key(name)
    ours = {heading_key(column): column for column in table.by_name}
    if key in ours:
        raise InputError(f"{where}.{_short(name)}' is written {ours[key]}: correct the name.")
    if table.keeps_characteristics and key and key not in RESERVED:
        if key != name:
            raise InputError(f"{where}.{_short(name)}' is written {key}, in small letters: correct the name.")
        return name
    raise InputError(
        f"{where}.{_short(name)}' is not a column of {table.name}{_close(name, table.by_name)}: "
        f"use one of {', '.join(table.by_name)}, or remove the line."
    )


def _known(name: Any, known: Iterable[str], table: Table, where: str) -> str:
    name = str(name)
    if name in known or (table.keeps_characteristics and name == heading_key(name) and name not in RESERVED):
        return name
    return _our_column(name, table, where)


def _headings(given: Any, where: str) -> tuple[str, ...]:
    headings = tuple(str(one) for one in (given if isinstance(given, list) else [given]))
    for heading in headings:
        if not heading_key(heading):
            raise InputError(
                f"{where}' is {_short(heading)}, without a letter or a digit: write the file's heading."
            )
    return headings


def _word(value: Any) -> str:
    if value is None:
        return ""
    return str(value).lower() if isinstance(value, bool) else str(value)


def _values(given: Mapping[Any, Any], where: str) -> Mapping[str, str]:
    values: dict[str, str] = {}
    for theirs, ours in given.items():
        if theirs is None or isinstance(theirs, float):
            raise InputError(f"{where}.{theirs}' is not plain text: put the value in quotation marks.")
        key = value_key(_word(theirs))
        if key in values and values[key] != _word(ours):
            raise InputError(
                f"{where}.{_short(_word(theirs))}' is given twice, as case and outer space do not matter: "
                "keep one of them."
            )
        values[key] = _word(ours)
    return MappingProxyType(values)


def _dates(given: Any, table: Table, where: str) -> dict[str, tuple[DateFormat, ...]]:
    columns = [column.name for column in table.columns if column.is_date]
    if given is None:
        return {}
    if not isinstance(given, dict):
        if not columns:
            raise InputError(f"{where}' is given, but {table.name} has no dates: remove the line.")
        formats = _formats(given, where)
        return dict.fromkeys(columns, formats)
    for name in given:
        if name not in columns:
            names = ", ".join(columns) or "none, as it has no dates"
            raise InputError(
                f"{where}.{_short(name)}' is not a date of {table.name}{_close(str(name), columns)}: "
                f"use one of {names}, or remove the line."
            )
    return {name: _formats(one, f"{where}.{name}") for name, one in given.items() if one is not None}


def _formats(given: Any, where: str) -> tuple[DateFormat, ...]:
    formats = []
    for text in given if isinstance(given, list) else [given]:
        try:
            formats.append(DateFormat(text))
        except ValueError as error:
            raise InputError(f"{where}' is {_short(text)}, {error}.") from error
    for one, other in itertools.combinations(formats, 2):
        if one.text != other.text and one.shape == other.shape:
            raise InputError(
                f"{where}' has {_short(one.text)} and {_short(other.text)}, which read 05/04/2024 and the "
                "like as different days: keep the one that the file is written in; to files that differ give "
                "their own."
            )
    return tuple(formats)


def _unpivot(given: Any, keep: Any, table: Table, where: str) -> Unpivot | None:
    if given is None:
        if keep:
            raise InputError(
                f"{where}.keep_blank' is about columns that become rows: give unpivot, or remove it."
            )
        return None
    into = f"{where}.unpivot.into"
    name, value = (_our_column(given["into"][one], table, into) for one in ("name", "value"))
    columns = {
        _word(one): _headings(headings, f"{where}.unpivot.columns.{one}")
        for one, headings in given["columns"].items()
        if headings is not None
    }
    kept = frozenset(columns) if keep is True else frozenset(_word(one) for one in keep or ())
    for one in sorted(kept - set(columns)):
        raise InputError(
            f"{where}.keep_blank' names {_short(one)}, which is not under unpivot{_close(one, columns)}: "
            f"use {', '.join(columns)}, or remove it."
        )
    return Unpivot(name, value, MappingProxyType(columns), kept) if columns else None


def _prefer(given: Any, where: str) -> Prefer | None:
    if given is None or isinstance(given, str):
        return Prefer(given) if given else None
    (heading,) = _headings(given["newest"], f"{where}.newest")
    formats = _formats(given["format"], f"{where}.format") if "format" in given else ()
    return Prefer("newest", heading, formats)


def _filter(given: Mapping[str, Any], where: str) -> Filter:
    column, reason = str(given["column"]), " ".join(given["reason"].split())
    kinds = [kind for kind in ("is", "is_not", "blank", "matches") if kind in given]
    if len(kinds) != 1:
        raise InputError(f"{where}' has {len(kinds)} of is, is_not, blank and matches: write exactly one.")
    if not heading_key(column):
        raise InputError(f"{where}.column' has neither a letter nor a digit: write a heading of the file.")
    kind = kinds[0]
    wanted = given[kind]
    if kind == "blank":
        return Filter(column, reason, "blank" if wanted else "filled")
    if kind == "matches":
        return Filter(column, reason, kind, (_pattern(wanted, f"{where}.matches"),))
    words = wanted if isinstance(wanted, list) else [wanted]
    return Filter(column, reason, kind, tuple(_word(word) for word in words))


def _pattern(pattern: str, where: str) -> str:
    """A regular expression of a kind whose cost grows with the text alone (RE2); InputError for others."""
    try:
        pc.match_substring_regex(pa.array([""], pa.large_string()), pattern, ignore_case=True)
    except pa.ArrowException as error:
        raise InputError(
            f"{where}' is not a regular expression that is read (no back-references, no look-around, no "
            f"thousands of repeats): {_short(pattern)}; write a simpler one."
        ) from error
    return pattern


def _question(name: Any, table: Table, where: str) -> str:
    name = str(name)
    if table.name == "survey_responses" and name in table.by_name:
        return name
    raise InputError(
        f"{where}.{_short(name)}' is not a question of {table.name}: write TP01 to TP12, had_repair, "
        "made_complaint or communal_areas under survey_responses, or remove the line."
    )


def _sql(given: Mapping[str, Any], folder: Path, where: str) -> SqlQuery:
    if ("query" in given) == ("query_file" in given):
        raise InputError(f"{where}' needs exactly one of query and query_file: correct it.")
    if "query" in given:
        return SqlQuery(given["url"], given["query"])
    name = _path(given["query_file"], f"{where}.query_file")
    found, links = find_files(folder, name)
    if len(found) != 1 or not found[0].is_file():
        problem = "is a link" if links else "is not in the folder"
        raise InputError(
            f"{where}.query_file' is {_short(name)}, which {problem}: put the file itself there."
        )
    if found[0].stat().st_size > settings.MAX_BYTES:
        raise InputError(f"{where}.query_file' is {_short(name)}, which is too long for a query: shorten it.")
    try:
        query = found[0].read_text("utf-8-sig")
    except (UnicodeDecodeError, OSError) as error:
        raise InputError(
            f"{where}.query_file' is {_short(name)}, which cannot be read as UTF-8 text: save it again."
        ) from error
    return SqlQuery(given["url"], query, name)


def _path(given: str, where: str) -> str:
    """A file's name or pattern that cannot leave the year's folder; InputError for any other."""
    how = "write the name of a file inside the year's folder, such as repairs_*.csv or exports/repairs.csv"
    parts = given.split("/")
    wrong = (
        re.search(r"[\x00-\x1f\x7f\\]", given)
        or re.match(r"[A-Za-z]:", given)
        or "**" in given
        or any(part.strip() in ("", ".", "..", "~") for part in parts)
    )
    if wrong:
        raise InputError(f"{where}' is {_short(given)}, which may lead out of the year's folder: {how}.")
    return given


def _close(name: str, known: Iterable[str]) -> str:
    close = difflib.get_close_matches(name, list(known), n=1)
    return f" (did you mean '{close[0]}'?)" if close else ""


def _short(text: Any) -> str:
    return settings._short(str(text))
