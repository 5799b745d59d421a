"""Whether a resolved edition may be used: its shape by JSON Schema, then what a schema cannot say.

Every fault names the file to correct, the path within it, and what was expected there.
"""

from __future__ import annotations

import json
import re
from collections import Counter
from collections.abc import Callable, Iterator, Mapping
from datetime import date
from functools import lru_cache
from pathlib import Path
from textwrap import shorten
from typing import Any

from schemas.errors import InputError

SCHEMA_FILE = Path(__file__).parent / "edition.schema.json"

Path_ = tuple[str, ...]
Fault = tuple[Path_, str]

PERCEPTION_FIELDS = ("question", "scale", "filter", "nadk_offered", "lcra_only")
# The one management field that each family needs, and that no other family may have.
FAMILY_FIELDS = {"complaints": "stage", "repairs": "priority", "safety": "programme"}


def check_content(content: Mapping[str, Any], where: Callable[[Path_], str]) -> None:
    """Raise InputError listing every fault, each with the file that `where` gives for its path."""
    faults = list(shape_faults(content)) or list(meaning_faults(content))
    if faults:
        lines = [f"{where(path)}: {'.'.join(path) or 'the edition'}: {message}." for path, message in faults]
        raise InputError(
            f"The {content.get('edition')} edition of the rulebook cannot be used until this is corrected:\n"
            + "\n".join(f"  {line}" for line in lines)
        )


# ------------------------------------------------------------------------------------------------ shape


@lru_cache(maxsize=1)
def _validator() -> Any:
    # Imported here: the import costs more than reading all editions, and only the first load needs it.
    from jsonschema import Draft202012Validator

    return Draft202012Validator(json.loads(SCHEMA_FILE.read_text(encoding="utf-8")))


def shape_faults(content: Mapping[str, Any]) -> Iterator[Fault]:
    """The places where the content departs from edition.schema.json."""
    for error in _validator().iter_errors(content):
        path = tuple(str(step) for step in error.absolute_path)
        if error.validator == "required":
            for key in error.validator_value:
                if key not in error.instance:
                    yield (*path, key), "is missing"
        elif error.validator == "additionalProperties":
            for key in error.instance:
                if key not in error.schema.get("properties", {}):
                    yield (*path, key), "is not a field that belongs here"
        elif error.validator in ("enum", "const"):
            wanted = error.validator_value if error.validator == "enum" else [error.validator_value]
            yield path, f"'{error.instance}' is not one of {', '.join(map(str, wanted))}"
        else:
            yield path, shorten(error.message, 200)


# ---------------------------------------------------------------------------------------------- meaning


def meaning_faults(content: Mapping[str, Any]) -> Iterator[Fault]:
    """What is wrong in a content of the right shape: names that lead nowhere, parts that do not agree."""
    yield from _year(content)
    yield from _scales(content)
    yield from _wording(content)
    yield from _measure_set(content)
    for key, measure in content["measures"].items():
        path = ("measures", key)
        yield from _measure_names(path, measure, content)
        yield from _measure_kind(path, measure)
        yield from _measure_reasons(path, measure, content)
    yield from _unused_reasons(content)
    yield from _programmes(content)
    yield from _accuracy(content)
    yield from _publication(content)
    for key, setting in content["settings"].items():
        yield from _setting(("settings", key), setting, content)


def _year(content: Mapping[str, Any]) -> Iterator[Fault]:
    first, last = content["edition"].split("-")
    if int(last) != (int(first) + 1) % 100:
        yield ("edition",), f"'{content['edition']}' is not a reporting year; write it like 2024-25"
    if content["status"] == "provisional" and not content["status_note"].strip():
        yield ("status_note",), "is empty, but a provisional edition must say what could not be confirmed"


def _scales(content: Mapping[str, Any]) -> Iterator[Fault]:
    for key, scale in content["scales"].items():
        if tuple(scale["answers"]) != ("VS", "FS", "NSD", "FD", "VD"):
            yield ("scales", key, "answers"), "must be VS, FS, NSD, FD and VD, in this order"
        for code in scale["positive"]:
            if code not in scale["answers"]:
                yield ("scales", key, "positive"), f"'{code}' is not an answer of this scale"


def _wording(content: Mapping[str, Any]) -> Iterator[Fault]:
    texts: dict[Path_, str] = {("filters", key): text for key, text in content["filters"].items()}
    for key, measure in content["measures"].items():
        if "question" in measure:
            texts["measures", key, "question"] = measure["question"]
    for path, text in texts.items():
        for placeholder in re.findall(r"\[.*?\]", text):
            if placeholder not in content["landlord_placeholders"]:
                yield path, f"'{placeholder}' is not one of the landlord_placeholders"


def _measure_set(content: Mapping[str, Any]) -> Iterator[Fault]:
    measures, counts = content["measures"], content["measure_counts"]
    codes: dict[str, list[int | None]] = {}
    for key, measure in measures.items():
        code, part = measure["code"], measure.get("part")
        codes.setdefault(code, []).append(part)
        wanted = code if part is None else f"{code}_{part}"
        if key != wanted:
            yield ("measures", key), f"its code and part make it '{wanted}'"
    for code, parts in codes.items():
        if parts != [None] and parts != list(range(1, len(parts) + 1)):
            key = next(key for key, measure in measures.items() if measure["code"] == code)
            yield ("measures", key, "part"), f"the parts of {code} are {parts}, not 1, 2 and so on"
    if len(codes) != counts["codes"]:
        yield ("measures",), f"there are {len(codes)} measure codes, not {counts['codes']}"
    if len(measures) != counts["values"]:
        yield ("measures",), f"there are {len(measures)} reported values, not {counts['values']}"


def _measure_names(path: Path_, measure: Mapping[str, Any], content: Mapping[str, Any]) -> Iterator[Fault]:
    named_in = {"theme": "themes", "scale": "scales", "filter": "filters", "programme": "safety_programmes"}
    for field, section in named_in.items():
        if field in measure and measure[field] not in content[section]:
            known = ", ".join(content[section])
            yield (*path, field), f"'{measure[field]}' is not one of the {section}: {known}"
    for field, section in {"populations": "populations", "reasons": "reasons"}.items():
        for name in measure[field]:
            if name not in content[section]:
                yield (*path, field), f"'{name}' is not one of the {section}"
        for name, times in Counter(measure[field]).items():
            if times > 1:
                yield (*path, field), f"'{name}' is stated twice, perhaps once by the family"
    if "stage" in measure and str(measure["stage"]) not in content["complaints_code"]["stages"]:
        yield (*path, "stage"), f"the complaints_code has no stage {measure['stage']}"


def _measure_kind(path: Path_, measure: Mapping[str, Any]) -> Iterator[Fault]:
    perception = measure["kind"] == "perception"
    if perception != (measure["family"] == "perception"):
        yield (*path, "kind"), f"'{measure['kind']}' does not fit the family '{measure['family']}'"
    for field in PERCEPTION_FIELDS:
        if perception and field in ("question", "scale", "nadk_offered") and field not in measure:
            yield (*path, field), "is missing; a perception measure needs it"
        if not perception and field in measure:
            yield (*path, field), "belongs to perception measures only"
    for family, field in FAMILY_FIELDS.items():
        if measure["family"] == family and field not in measure:
            yield (*path, field), f"is missing; a measure of the family '{family}' needs it"
        if measure["family"] != family and field in measure:
            yield (*path, field), f"belongs to measures of the family '{family}' only"
    if perception and bool(measure.get("lcra_only")) == ("LCHO" in measure["populations"]):
        yield (*path, "lcra_only"), "does not agree with its populations"
    if measure["family"] == "complaints" and measure.get("stage") != measure.get("part"):
        yield (*path, "stage"), f"is {measure.get('stage')}, but the measure is part {measure.get('part')}"


def _measure_reasons(path: Path_, measure: Mapping[str, Any], content: Mapping[str, Any]) -> Iterator[Fault]:
    if measure["kind"] != "perception":
        return
    offered = measure.get("nadk_offered", False)
    expected = {
        "nadk": offered,
        "nadk_not_offered": not offered,
        "filter_no": "filter" in measure,
        "answered_without_filter": "filter" in measure,
        "not_asked_of_lcho": measure.get("lcra_only", False),
    }
    for reason, wanted in expected.items():
        if wanted and reason not in measure["reasons"]:
            yield (*path, "reasons"), f"'{reason}' is missing, which this question needs"
        if not wanted and reason in measure["reasons"]:
            yield (*path, "reasons"), f"'{reason}' cannot happen with this question"


def _unused_reasons(content: Mapping[str, Any]) -> Iterator[Fault]:
    used = {reason for measure in content["measures"].values() for reason in measure["reasons"]}
    for reason in content["reasons"]:
        if reason not in used:
            yield ("reasons", reason), "is not used by any measure"


def _programmes(content: Mapping[str, Any]) -> Iterator[Fault]:
    for key, programme in content["safety_programmes"].items():
        measure = content["measures"].get(programme["measure"], {})
        if measure.get("programme") != key:
            yield (
                ("safety_programmes", key, "measure"),
                f"'{programme['measure']}' is not the measure of the programme '{key}'",
            )


def _accuracy(content: Mapping[str, Any]) -> Iterator[Fault]:
    path = ("accuracy", "bands")
    bands = [(int(start), margin) for start, margin in content["accuracy"]["bands"].items()]
    starts, margins = [start for start, _ in bands], [margin for _, margin in bands]
    if starts[0] != 0:
        yield path, f"the first band starts at {starts[0]}, not at 0"
    if starts != sorted(starts):
        yield path, f"the bands start at {starts}, which is not ascending"
    if margins != sorted(margins, reverse=True) or len(set(margins)) != len(margins):
        yield path, f"the margins are {margins}, which do not tighten from band to band"


def _publication(content: Mapping[str, Any]) -> Iterator[Fault]:
    letters = "".join(content["approach_items"])
    if letters != "abcdefghijklmnopqrstuvwxyz"[: len(letters)]:
        yield ("approach_items",), f"the letters are {', '.join(letters)}, not a, b, c and so on"
    for key, deadline in content["deadlines"].items():
        path = ("deadlines", key)
        if ("day" in deadline) != ("month" in deadline):
            yield path, "has a day without a month or a month without a day"
        elif "day" in deadline:
            try:
                date(int(content["edition"][:4]) + 1, deadline["month"], deadline["day"])
            except ValueError:
                yield path, f"day {deadline['day']} of month {deadline['month']} is not a date"


def _setting(path: Path_, setting: Mapping[str, Any], content: Mapping[str, Any]) -> Iterator[Fault]:
    kind, default = setting.get("type", "choice"), setting["default"]
    alternatives = setting.get("alternatives")
    if kind == "integer":
        if alternatives is not None:
            yield (*path, "alternatives"), "a whole number is bounded by minimum and maximum instead"
        if not isinstance(default, int) or isinstance(default, bool):
            yield (*path, "default"), f"'{default}' is not a whole number"
        elif "minimum" not in setting:
            yield (*path, "minimum"), "is missing; a whole number needs it"
        elif not setting["minimum"] <= default <= setting.get("maximum", default):
            yield (*path, "default"), f"{default} is outside its own minimum and maximum"
    elif not alternatives:
        yield (*path, "alternatives"), "is missing; say what each value means"
    elif kind == "boolean":
        if set(alternatives) != {"true", "false"}:
            yield (*path, "alternatives"), "must be true and false"
        if not isinstance(default, bool):
            yield (*path, "default"), f"'{default}' is not true or false"
    elif default not in alternatives:
        yield (*path, "default"), f"'{default}' is not one of its alternatives: {', '.join(alternatives)}"
    families = {measure["family"] for measure in content["measures"].values()}
    for name in setting["measures"]:
        if name not in content["measures"] and name not in families:
            yield (*path, "measures"), f"'{name}' is neither a measure nor a family of measures"
