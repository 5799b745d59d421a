"""From an edition's checked content to frozen typed objects; nothing is decided here."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import date
from decimal import Decimal
from types import MappingProxyType
from typing import Any, TypeVar

from schemas.rulebook.model import (
    Accuracy,
    Answer,
    ApproachItem,
    Band,
    ComplaintsCode,
    Deadline,
    Edition,
    Measure,
    Programme,
    PublicationItem,
    Scale,
    Setting,
    StageLimits,
)

T = TypeVar("T")


def build_edition(content: Mapping[str, Any], extends: str | None, fingerprint: str) -> Edition:
    """The `Edition` of a content that has passed `checks.check_content`."""
    first_year = int(content["edition"][:4])
    end = date(first_year + 1, 3, 31)
    measures = tuple(_measure(key, m, content["themes"]) for key, m in content["measures"].items())
    return Edition(
        year=content["edition"],
        start=date(first_year, 4, 1),
        end=end,
        extends=extends,
        status=content["status"],
        status_note=content["status_note"],
        fingerprint=fingerprint,
        methodology_version=content["methodology_version"],
        themes=tuple(content["themes"].values()),
        measures=measures,
        reasons=_frozen(content["reasons"], str),
        scales=_keyed(content["scales"], _scale),
        nadk=content["nadk"],
        landlord_placeholders=tuple(content["landlord_placeholders"]),
        filters=_frozen(content["filters"], str),
        complaints_code=_complaints_code(content["complaints_code"]),
        safety_programmes=_keyed(content["safety_programmes"], _programme),
        accuracy=_accuracy(content["accuracy"]),
        populations=_frozen(content["populations"], str),
        survey_methods=_frozen(content["survey_methods"], str),
        approach_items=tuple(ApproachItem(letter, **i) for letter, i in content["approach_items"].items()),
        publication_items=tuple(PublicationItem(key, **i) for key, i in content["publication_items"].items()),
        deadlines=_keyed(content["deadlines"], lambda key, d: _deadline(key, d, end.year)),
        return_form=content["return_form"],
        return_form_note=content["return_form_note"],
        settings=_keyed(content["settings"], lambda key, s: _setting(key, s, measures)),
    )


def _keyed(section: Mapping[str, Any], make: Callable[[str, Any], T]) -> Mapping[str, T]:
    return MappingProxyType({key: make(key, value) for key, value in section.items()})


def _frozen(section: Mapping[str, Any], make: Callable[[Any], T]) -> Mapping[str, T]:
    return MappingProxyType({key: make(value) for key, value in section.items()})


def _measure(key: str, stated: Mapping[str, Any], themes: Mapping[str, str]) -> Measure:
    lists = {field: tuple(stated[field]) for field in ("populations", "inputs", "reasons")}
    return Measure(**{"part": None, **stated, **lists, "key": key, "theme": themes[stated["theme"]]})


def _scale(key: str, stated: Mapping[str, Any]) -> Scale:
    answers = tuple(Answer(code, **answer) for code, answer in stated["answers"].items())
    return Scale(key, answers, tuple(stated["positive"]))


def _complaints_code(stated: Mapping[str, Any]) -> ComplaintsCode:
    stages = MappingProxyType({int(key): StageLimits(**limits) for key, limits in stated["stages"].items()})
    return ComplaintsCode(**{**stated, "stages": stages})


def _programme(key: str, stated: Mapping[str, Any]) -> Programme:
    return Programme(key=key, **{"interval_months": None, **stated})


def _accuracy(stated: Mapping[str, Any]) -> Accuracy:
    return Accuracy(
        confidence_z=Decimal(stated["confidence_z"]),
        proportion=Decimal(stated["proportion"]),
        bands=tuple(Band(int(start), margin) for start, margin in stated["bands"].items()),
        census_fallback_limit=stated["census_fallback_limit"],
        source=stated["source"],
    )


def _deadline(key: str, stated: Mapping[str, Any], year: int) -> Deadline:
    due = date(year, stated["month"], stated["day"]) if "day" in stated else None
    return Deadline(key, stated["title"], due, stated["text"], stated["source"])


def _setting(key: str, stated: Mapping[str, Any], measures: tuple[Measure, ...]) -> Setting:
    kind = stated.get("type", "choice")
    texts = stated.get("alternatives", {})
    # A family's name in `measures` stands for all of its measures; the reporting order is kept.
    named = set(stated["measures"])
    touched = tuple(measure.key for measure in measures if {measure.key, measure.family} & named)
    return Setting(
        key=key,
        title=stated["title"],
        type=kind,
        kind=stated["kind"],
        default=stated["default"],
        alternatives=tuple(text == "true" if kind == "boolean" else text for text in texts),
        meanings=tuple(texts.values()),
        minimum=stated.get("minimum"),
        maximum=stated.get("maximum"),
        description=stated["description"],
        effect=stated["effect"],
        measures=touched,
        source=stated["source"],
        confidence=stated["confidence"],
    )
