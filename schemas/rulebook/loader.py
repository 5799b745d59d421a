"""From an edition's YAML to an `Edition`: read, merge with the editions it extends, check, build.

The merge: a mapping is merged with the parent's key by key; any other value, a list included, replaces the
parent's; null removes the key. `families` then spread over the measures that belong to them.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Hashable, Mapping
from functools import cache, lru_cache
from pathlib import Path
from typing import Any

import yaml

from schemas.errors import InputError
from schemas.rulebook.build import build_edition
from schemas.rulebook.checks import check_content
from schemas.rulebook.model import Edition

try:
    from yaml import CSafeLoader as _BaseLoader  # written in C: an order of magnitude faster
except ImportError:  # pragma: no cover
    from yaml import SafeLoader as _BaseLoader  # type: ignore[assignment]

EDITIONS_FOLDER = Path(__file__).parent / "editions"


def editions(folder: Path = EDITIONS_FOLDER) -> tuple[str, ...]:
    """The reporting years that have an edition, oldest first: ("2023-24", "2024-25", …)."""
    return tuple(sorted(path.stem for path in folder.glob("*.yaml")))


@cache
def load_edition(year: str) -> Edition:
    """The rulebook of a reporting year ("2024-25"), read and checked once and then kept.

    Raises InputError for a year without an edition and for an edition that breaks its own rules, naming the
    file and the path within it.
    """
    return read_edition(year)


def read_edition(year: str, folder: Path = EDITIONS_FOLDER) -> Edition:
    """As `load_edition`, from any folder of editions, without keeping the result."""
    resolved = resolve(year, folder)
    check_content(resolved.content, resolved.where)
    return build_edition(resolved.content, resolved.extends, fingerprint(resolved.content))


def edition_as_kept(year: str, folder: Path = EDITIONS_FOLDER) -> bytes:
    """An edition with all that it extends merged in, to be kept beside what was computed by it."""
    resolved = resolve(year, folder)
    kept = {"extends": resolved.extends, "edition": resolved.merged}
    return json.dumps(kept, ensure_ascii=False, indent=1).encode() + b"\n"


def edition_of(kept: bytes, name: str) -> tuple[Edition, dict[str, Any]]:
    """The edition that `edition_as_kept` kept, and its content as it was written down; `name` for errors.

    Raises InputError where it is not one, or not one that this version of the software can read.
    """
    try:
        stated = json.loads(kept)
        extends, merged = stated["extends"], stated["edition"]
        content = spread_families(merged)
    except (ValueError, KeyError, TypeError) as error:
        raise InputError(f"{name}: it holds no edition of the rulebook.") from error
    check_content(content, lambda _: name)
    return build_edition(content, extends, fingerprint(content)), merged


class Resolved:
    """One edition merged with its parents: `merged` as written, `content` with the families spread out."""

    def __init__(self, year: str, chain: list[tuple[Path, dict[str, Any]]]) -> None:
        self._chain = chain
        self.extends: str | None = chain[-1][1].get("extends")
        merged: dict[str, Any] = {}
        for path, stated in chain:
            merged = merge(merged, stated, path.name)
        # What an edition extends is how it is written down, not what it says.
        merged.pop("extends", None)
        self.merged = merged
        self.content = spread_families(merged)
        if chain[-1][1].get("edition") != year:
            raise InputError(
                f"{chain[-1][0].name}: edition: '{chain[-1][1].get('edition')}' is not the year in the "
                f'file\'s name; write edition: "{year}" or rename the file.'
            )

    def where(self, path: tuple[str, ...]) -> str:
        """The name of the file that last stated the value at a path: the one to correct."""
        candidates = [path]
        if path[:1] == ("measures",) and _states(self.content, (*path[:2], "family")):
            candidates.append(("families", str(self.content["measures"][path[1]]["family"]), *path[2:]))
        # Shorten the path until some file states it: a missing field belongs to whoever states its parent.
        while candidates[0]:
            for candidate in candidates:
                for file, stated in reversed(self._chain):
                    if _states(stated, candidate):
                        return file.name
            candidates = [candidate[:-1] for candidate in candidates]
        return self._chain[-1][0].name


def resolve(year: str, folder: Path = EDITIONS_FOLDER) -> Resolved:
    """Read an edition and every edition that it extends, and merge them; InputError for a broken chain."""
    known = editions(folder)
    if year not in known:
        raise InputError(
            f"There is no rulebook for '{year}': use one of {', '.join(known)}, written like 2024-25."
        )
    chain: list[tuple[Path, dict[str, Any]]] = []
    current: str | None = year
    while current is not None:
        path = folder / f"{current}.yaml"
        if current not in known:
            raise InputError(
                f"{chain[-1][0].name}: extends: there is no edition '{current}'; "
                f"use one of {', '.join(known)}."
            )
        if any(path == seen for seen, _ in chain):
            raise InputError(
                f"{chain[-1][0].name}: extends: the edition '{current}' extends this one in turn; "
                "let the oldest edition extend nothing."
            )
        stated = _read(path)
        chain.append((path, stated))
        current = stated.get("extends")
        if not isinstance(current, str | None):
            raise InputError(f"{path.name}: extends: '{current}' is not a year; write it like \"2024-25\".")
    return Resolved(year, chain[::-1])


def merge(
    parent: Mapping[str, Any], child: Mapping[str, Any], file: str, path: tuple[str, ...] = ()
) -> dict[str, Any]:
    """The parent with the child's statements over it; `file` and `path` say where in an error."""
    merged = dict(parent)
    for key, value in child.items():
        here = (*path, key)
        if value is None:
            if key not in parent:
                raise InputError(
                    f"{file}: {'.'.join(here)}: null removes what the edition before says, which is nothing "
                    "here; state a value or remove the line."
                )
            del merged[key]
        elif isinstance(value, dict):
            base = parent.get(key)
            merged[key] = merge(base if isinstance(base, dict) else {}, value, file, here)
        else:
            merged[key] = value
    return merged


def spread_families(merged: Mapping[str, Any]) -> dict[str, Any]:
    """The content with each measure's family spread under its own fields; the reasons of both are joined.

    A shape that cannot be spread is left as it stands for the checks to report.
    """
    families, measures = merged.get("families"), merged.get("measures")
    content = {key: value for key, value in merged.items() if key != "families"}
    if isinstance(families, dict) and isinstance(measures, dict):
        content["measures"] = {key: _with_family(own, families) for key, own in measures.items()}
    return content


def _with_family(own: Any, families: Mapping[str, Any]) -> Any:
    family = families.get(str(own.get("family"))) if isinstance(own, dict) else None
    if not isinstance(family, dict):
        return own
    reasons = [*(family.get("reasons") or []), *(own.get("reasons") or [])]
    return {**family, **own, "reasons": reasons}


def fingerprint(content: Mapping[str, Any]) -> str:
    """The sha256 of an edition's content, 64 hex digits; equal for equal content, whatever the layout.

    The order of fields is layout; the order of measures, items and other keyed things is content.
    """
    order = {key: list(value) for key, value in content.items() if isinstance(value, dict)}
    text = json.dumps([content, order], sort_keys=True, ensure_ascii=False, separators=(",", ":"))
    return hashlib.sha256(text.encode()).hexdigest()


def _states(stated: Any, path: tuple[str, ...]) -> bool:
    for key in path:
        if not isinstance(stated, dict) or key not in stated:
            return False
        stated = stated[key]
    return True


class _Loader(_BaseLoader):
    """YAML with keys as text (`1:` is "1") and without silent duplicates: a key stated twice is an error."""

    def construct_mapping(self, node: Any, deep: bool = False) -> dict[Hashable, Any]:
        mapping: dict[Hashable, Any] = {}
        for key_node, value_node in node.value:
            key = key_node.value
            problem = None
            if not isinstance(key, str):
                problem = "a key must be plain text"
            elif key in mapping:
                problem = f"'{key}' is stated twice"
            if problem:
                raise yaml.constructor.ConstructorError(None, None, problem, key_node.start_mark)
            mapping[key] = self.construct_object(value_node, deep=deep)
        return mapping


def _read(path: Path) -> dict[str, Any]:
    try:
        stated = _parse(path.read_text(encoding="utf-8"))
    except UnicodeDecodeError:
        raise InputError(f"{path.name} is not UTF-8 text: save it as UTF-8.") from None
    except yaml.YAMLError as error:
        mark = getattr(error, "problem_mark", None)
        line = f", line {mark.line + 1}" if mark else ""
        problem = getattr(error, "problem", None) or "it is not YAML"
        raise InputError(f"{path.name}{line}: {problem}; correct the file.") from None
    if not isinstance(stated, dict):
        raise InputError(f"{path.name} does not state anything: an edition is a YAML mapping.")
    return stated


@lru_cache(maxsize=16)
def _parse(text: str) -> Any:
    # The root edition is read for every later one. What is kept here is merged from, never changed.
    return yaml.load(text, Loader=_Loader)  # noqa: S506 (a safe loader)
