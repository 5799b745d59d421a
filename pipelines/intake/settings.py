"""landlord.yaml and year.yaml: read safely, held against their JSON Schemas, told apart from what they mean.

The YAML that is read is a plain one: no anchors, no tags, no key twice; `yes` and `no` are words, a number
with a leading zero (a landlord's code, say) stays as it is written, dates stay text until they are dates.
"""

from __future__ import annotations

import difflib
import json
import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date
from decimal import Decimal
from functools import cache
from importlib import resources
from pathlib import Path
from types import MappingProxyType
from typing import Any

import jsonschema
import yaml

from pipelines.intake.sheet import heading_key
from schemas.errors import InputError
from schemas.targets import Target

MAX_BYTES = 256_000
CODE_PATTERN = re.compile(r"[A-Z0-9_-]{1,32}")
YEAR_PATTERN = re.compile(r"20([0-9]{2})-([0-9]{2})")


@dataclass(frozen=True)
class Contact:
    """A contact for the return."""

    name: str
    role: str | None = None
    email: str | None = None
    phone: str | None = None


@dataclass(frozen=True)
class Branding:
    """The landlord's look: the file of its logo, the colour of headings and that of lines (#RRGGBB)."""

    logo: str | None = None
    colour: str | None = None
    accent: str | None = None


@dataclass(frozen=True)
class Landlord:
    """landlord.yaml. `type`: PRP (private registered provider) or LA (local authority)."""

    code: str
    name: str
    type: str
    region: str | None = None
    former_names: tuple[str, ...] = ()
    contacts: tuple[Contact, ...] = ()
    former_codes: tuple[str, ...] = ()
    branding: Branding | None = None


@dataclass(frozen=True)
class RepairTargets:
    """The year's targets for jobs without one of their own; None where the year file states none."""

    emergency: Target | None = None
    non_emergency: Target | None = None


@dataclass(frozen=True)
class AskedOfTargets:
    """What the return asks about a priority's targets beside them; what the year file leaves out is None.

    `longest`: hours for emergencies, working days for the rest. `outline`: the timescales used, in words.
    """

    several: bool | None = None
    longest: int | None = None
    outline: str | None = None


@dataclass(frozen=True)
class Fieldwork:
    """First and last day of the survey's fieldwork."""

    start: date
    end: date


@dataclass(frozen=True)
class Exclusions:
    """Households left out of the sample frame: how many, and the broad reason."""

    count: int
    reason: str


@dataclass(frozen=True)
class Weighting:
    """How responses are weighted: `none`, `supplied` (the contractor's weights), `post_stratify` or `rake`.

    `bounds`: least and greatest ratio of a weight to its base weight. `collapse`: for each characteristic,
    which category is joined to which. `other_text`: in words, what characteristics the return's list lacks.
    `stated`: whether the file says so; else `none` stands for silence.
    """

    method: str = "none"
    characteristics: tuple[str, ...] = ()
    bounds: tuple[Decimal, Decimal] | None = None
    collapse: Mapping[str, Mapping[str, str]] = field(default_factory=dict)
    other_text: str | None = None
    stated: bool = True


@dataclass(frozen=True)
class SurveyPlan:
    """How one population was surveyed; what the year file leaves out is None."""

    approach: str
    sampling: str | None = None
    population: int | None = None
    fieldwork: Fieldwork | None = None
    contractor: str | None = None
    interviewed_by: str | None = None
    interviewed_by_text: str | None = None
    incentives: str | None = None
    exclusions: Exclusions | None = None
    questionnaire: str | None = None
    weighting: Weighting = Weighting(stated=False)
    quotas: tuple[str, ...] = ()
    changes_since_last_year: str | None = None
    representativeness: str | None = None
    failure_reason: str | None = None
    other_issues: str | None = None
    other_method_text: str | None = None


@dataclass(frozen=True)
class Confirmation:
    """A finding confirmed: its id, by whom, on which day, why, and where what shows it is kept."""

    id: str
    by: str
    on: date
    reason: str
    evidence: str = ""


@dataclass(frozen=True)
class YearFile:
    """year.yaml. `survey` has the keys LCRA, LCHO, COMBINED as far as given; `settings` as written.

    `asked_of_targets`: by priority, as far as given. `stock_return`: the homes of LCRA and LCHO in the
    landlord's stock return to the regulator, as far as given.
    """

    reporting_year: str
    survey: Mapping[str, SurveyPlan]
    targets: RepairTargets
    publication_url: str | None
    settings: Mapping[str, Any]
    confirmations: tuple[Confirmation, ...]
    previous_figures: str | None
    asked_of_targets: Mapping[str, AskedOfTargets] = field(default_factory=dict)
    stock_return: Mapping[str, int] = field(default_factory=dict)


def load_landlord(folder: Path) -> Landlord:
    """Read landlord.yaml in a landlord's folder; InputError says what to correct."""
    path = folder / "landlord.yaml"
    content = _load(path, "landlord")
    if content["code"] != folder.name:
        raise InputError(
            f"{path}: 'code' is {content['code']}, but the folder is named {folder.name}: "
            "make the two the same."
        )
    content["former_names"] = tuple(content.get("former_names") or ())
    content["former_codes"] = tuple(content.get("former_codes") or ())
    content["contacts"] = tuple(Contact(**contact) for contact in content.get("contacts") or ())
    content["branding"] = Branding(**content["branding"]) if content.get("branding") else None
    return Landlord(**content)


def load_year(folder: Path) -> YearFile:
    """Read year.yaml in a landlord's folder of one year; InputError says what to correct."""
    path = folder / "year.yaml"
    content = _load(path, "year")
    year = content["reporting_year"]
    check_year(year, str(path))
    if year != folder.name:
        raise InputError(
            f"{path}: 'reporting_year' is {year}, but the folder is named {folder.name}: "
            "make the two the same."
        )
    plans = {
        name: _plan(plan, f"survey.{name}", path) for name, plan in (content.get("survey") or {}).items()
    }
    repairs = content.get("repairs") or {}
    targets = repairs.get("targets") or {}
    confirmations = [
        Confirmation(
            c["id"], c["by"], date.fromisoformat(c["on"]), c["reason"], (c.get("evidence") or "").strip()
        )
        for c in content.get("confirmations") or ()
    ]
    start = date(int(year[:4]), 4, 1)
    for number, each in enumerate(confirmations):
        if each.on < start:
            raise InputError(
                f"{path}: 'confirmations.{number}.on' is {each.on}, before the reporting year began on "
                f"{start}: correct it."
            )
    return YearFile(
        reporting_year=year,
        survey=MappingProxyType(plans),
        targets=RepairTargets(**{name: Target(**target) for name, target in targets.items() if target}),
        publication_url=content.get("publication_url"),
        settings=MappingProxyType(content.get("settings") or {}),
        confirmations=tuple(confirmations),
        previous_figures=content.get("previous_figures"),
        asked_of_targets=MappingProxyType(_asked(repairs.get("return_form") or {})),
        stock_return=MappingProxyType(
            {key: homes for key, homes in (content.get("stock_return") or {}).items() if homes is not None}
        ),
    )


def refuse_confirmations_to_come(folder: Path, today: date) -> None:
    """Raise InputError where year.yaml has a confirmation that is dated after `today`.

    For whoever begins something new with it. Not a part of reading the file: what was made of it once comes
    out again on any day.
    """
    try:
        confirmations = load_year(folder).confirmations
    except InputError:  # what is wrong with the file is said where it is read
        return
    for number, each in enumerate(confirmations):
        if each.on > today:
            raise InputError(
                f"{folder / 'year.yaml'}: 'confirmations.{number}.on' is {each.on}, which is to come (today "
                f"is {today}): correct it."
            )


def check_code(code: str) -> str:
    """Return a landlord's code that is safe as a folder's name; InputError for any other."""
    if not CODE_PATTERN.fullmatch(code):
        raise InputError(
            f"{_short(code)} is not a landlord code: use capital letters, digits, - and _, at most 32, "
            "such as L0001."
        )
    return code


def check_year(year: str, where: str) -> str:
    """Return a reporting year such as 2024-25; InputError where it is not two years running."""
    match = YEAR_PATTERN.fullmatch(year)
    if not match or (int(match[1]) + 1) % 100 != int(match[2]):
        raise InputError(
            f"{where}: {_short(year)} is not a reporting year: write two years, such as 2024-25."
        )
    return year


def _asked(content: Mapping[str, Any]) -> dict[str, AskedOfTargets]:
    words = {"yes": True, "no": False, None: None}
    return {
        priority: AskedOfTargets(words[asked.get("several")], asked.get("longest"), asked.get("outline"))
        for priority, asked in content.items()
        if asked
    }


def _plan(content: dict[str, Any], where: str, path: Path) -> SurveyPlan:
    content = dict(content)
    if fieldwork := content.get("fieldwork"):
        start, end = date.fromisoformat(fieldwork["from"]), date.fromisoformat(fieldwork["to"])
        if end < start:
            raise InputError(
                f"{path}: '{where}.fieldwork' ends on {end}, before it begins on {start}: correct one."
            )
        content["fieldwork"] = Fieldwork(start, end)
    if exclusions := content.get("exclusions"):
        content["exclusions"] = Exclusions(**exclusions)
    if content["approach"] == "sample" and not content.get("sampling"):
        raise InputError(
            f"{path}: '{where}.sampling' is missing, as the approach is sample: "
            "write simple_random, stratified or quota."
        )
    weighting = content.get("weighting")
    content["weighting"] = _weighting(weighting, where, path) if weighting else Weighting(stated=False)
    content["quotas"] = tuple(map(heading_key, content.get("quotas") or ()))
    return SurveyPlan(**content)


def _weighting(content: dict[str, Any], where: str, path: Path) -> Weighting:
    method, bounds = content["method"], content.get("bounds")
    characteristics = tuple(map(heading_key, content.get("characteristics") or ()))
    if method in ("post_stratify", "rake") and not characteristics:
        raise InputError(
            f"{path}: '{where}.weighting.characteristics' is missing, as the method is {method}: write the "
            "columns to weight by, such as [age_band, area]."
        )
    collapse = {
        heading_key(name): {str(old): str(new) for old, new in joined.items()}
        for name, joined in (content.get("collapse") or {}).items()
    }
    return Weighting(
        method=method,
        characteristics=characteristics,
        bounds=(Decimal(str(bounds[0])), Decimal(str(bounds[1]))) if bounds else None,
        collapse=collapse,
        other_text=content.get("other_text"),
    )


# --------------------------------------------------------------------------------------------- reading YAML


class _Loader(yaml.SafeLoader):
    """YAML without its surprises."""

    yaml_implicit_resolvers: dict[str, Any] = {}  # noqa: RUF012 (PyYAML's own form)

    def compose_node(self, parent: yaml.Node | None, index: int) -> yaml.Node | None:
        if self.check_event(yaml.AliasEvent):
            event = self.peek_event()
            raise yaml.composer.ComposerError(None, None, "an alias (*) is not allowed", event.start_mark)
        return super().compose_node(parent, index)

    def construct_mapping(self, node: yaml.MappingNode, deep: bool = False) -> dict[Any, Any]:
        seen: set[str] = set()
        for key, _ in node.value:
            if not isinstance(key, yaml.ScalarNode):
                raise yaml.constructor.ConstructorError(None, None, "a name must be a word", key.start_mark)
            if key.value in seen:
                raise yaml.constructor.ConstructorError(
                    None, None, f"'{_short(str(key.value))}' is given twice", key.start_mark
                )
            seen.add(key.value)
        return super().construct_mapping(node, deep=deep)


_Loader.add_implicit_resolver("tag:yaml.org,2002:null", re.compile(r"^(?:~|null|)$"), ["~", "n", ""])
_Loader.add_implicit_resolver("tag:yaml.org,2002:bool", re.compile(r"^(?:true|false)$"), ["t", "f"])
_Loader.add_implicit_resolver(
    "tag:yaml.org,2002:int", re.compile(r"^-?(?:0|[1-9][0-9]{0,17})$"), list("-0123456789")
)
_Loader.add_implicit_resolver(
    "tag:yaml.org,2002:float", re.compile(r"^-?[0-9]{1,18}\.[0-9]{1,18}$"), list("-0123456789")
)


def _load(path: Path, schema: str) -> dict[str, Any]:
    """Return a YAML file's content, held against its JSON Schema; InputError in every other case."""
    try:
        if not path.is_file():
            raise InputError(f"{path} is missing: create it with `tsm init`.")
        with path.open("rb") as stream:
            data = stream.read(MAX_BYTES + 1)
        if len(data) > MAX_BYTES:
            raise InputError(f"{path} is larger than {MAX_BYTES // 1000} kB: settings are never that long.")
        content = yaml.load(data.decode("utf-8-sig"), Loader=_Loader)  # noqa: S506 (a safe loader)
    except UnicodeDecodeError as error:
        raise InputError(f"{path} is not in UTF-8: save it again with that encoding.") from error
    except OSError as error:
        raise InputError(f"{path} cannot be read: {error.strerror}.") from error
    except RecursionError as error:
        raise InputError(f"{path} is nested too deeply: write it as in the template.") from error
    except (yaml.YAMLError, ValueError) as error:
        raise InputError(_yaml_problem(path, error)) from error
    if not isinstance(content, dict):
        raise InputError(f"{path} holds no settings: write lines such as 'name: value', as in the template.")
    return _checked(content, schema, path)


def _yaml_problem(path: Path, error: Exception) -> str:
    mark = getattr(error, "problem_mark", None)
    line = f", line {mark.line + 1}" if mark else ""
    problem = re.sub(r"\s+", " ", str(getattr(error, "problem", None) or error))
    return f"{path}{line}: this is not YAML that can be read ({problem[:200]}): correct the line."


@cache
def _validator(schema: str) -> jsonschema.Draft202012Validator:
    text = (resources.files("schemas") / "settings" / f"{schema}.schema.json").read_text("utf-8")
    return jsonschema.Draft202012Validator(
        json.loads(text), format_checker=jsonschema.FormatChecker(["date"])
    )


def _checked(content: dict[str, Any], schema: str, path: Path) -> dict[str, Any]:
    if isinstance(content.get("code"), int):
        content["code"] = str(content["code"])  # a code of digits alone, as some councils have
    errors = sorted(_validator(schema).iter_errors(content), key=lambda e: (len(e.path), str(list(e.path))))
    if errors:
        raise InputError(f"{path}: {_sentence(errors[0])}")
    return content


def _sentence(error: jsonschema.ValidationError) -> str:
    """One schema error as one sentence: the key, what is wrong, what was expected, the remedy."""
    schema: dict[str, Any] = error.schema if isinstance(error.schema, dict) else {}
    place = ".".join(str(part) for part in error.absolute_path)
    prefix = f"{place}." if place else ""
    if error.validator == "additionalProperties":
        known = list(schema.get("properties", {}))
        instance: dict[Any, Any] = error.instance  # type: ignore[assignment]
        unknown = next(str(key) for key in instance if key not in known)
        close = difflib.get_close_matches(unknown, known, n=1)
        hint = f" (did you mean '{close[0]}'?)" if close else ""
        return (
            f"'{prefix}{_short(unknown)}' is not a setting{hint}: use one of {', '.join(known)}, "
            "or remove the line."
        )
    if error.validator == "required":
        given: dict[Any, Any] = error.instance  # type: ignore[assignment]
        missing = next(key for key in schema["required"] if key not in given)
        expected = schema.get("properties", {}).get(missing, {}).get("description", "a value")
        return f"'{prefix}{missing}' is missing: write {expected}."
    expected = schema.get("description") or "the value that the template shows"
    if place.endswith("sql.url"):  # an address may hold a password, in more forms than can be told
        return f"'{place}' is something that is not shown here, but must be {expected}: correct it."
    return f"'{place}' is {_short(_as_written(error.instance))}, but must be {expected}: correct it."


def _as_written(value: Any) -> str:
    if value is None or (isinstance(value, str) and not value.strip()):
        return "blank"
    if isinstance(value, bool):
        return str(value).lower()
    if isinstance(value, dict | list):
        return "a list" if isinstance(value, list) else "a group of settings"
    return str(value)


def _short(text: str) -> str:
    line = re.sub(r"[\s\x00-\x1f]+", " ", text)
    line = re.sub(r"://[^/ ]*@", "://•••@", line)  # who may log in, and how
    return line if len(line) <= 60 else f"{line[:60]}…"
