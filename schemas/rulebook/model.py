"""The rulebook as frozen typed objects: what one reporting year's rules say, with nothing left to interpret.

Everything here is immutable (frozen dataclasses, tuples, read-only mappings) and is built from an edition's
YAML by `schemas.rulebook.loader`, which checks it first. Code asks these objects, never what year it is.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from typing import Any, Literal

from schemas.errors import InputError

Population = Literal["LCRA", "LCHO", "COMBINED", "ALL"]
SettingValue = str | bool | int

SCALE_FACTORS: Mapping[str, int] = {"percent": 100, "per_1000_homes": 1000}
UNIT_TEXTS: Mapping[str, str] = {"percent": "%", "per_1000_homes": "per 1,000 homes"}


def as_written(value: Any) -> str:
    """A value as a person writes it in YAML: true and false in small letters."""
    return str(value).lower() if isinstance(value, bool) else str(value)


@dataclass(frozen=True, slots=True)
class Answer:
    """One answer of a scale: its code in our tables, its prescribed text, and a short form for headings."""

    code: str
    label: str
    short: str


@dataclass(frozen=True, slots=True)
class Scale:
    """A prescribed scale, best answer first; `positive` are the codes that count as satisfied or agreeing."""

    key: str
    answers: tuple[Answer, ...]
    positive: tuple[str, ...]

    @property
    def codes(self) -> tuple[str, ...]:
        """The answer codes in the order of the scale."""
        return tuple(answer.code for answer in self.answers)


@dataclass(frozen=True, slots=True)
class Measure:
    """One of the 26 reported values: what is counted over what, for whom, and why a record may be in or out.

    `inputs` are table names; `reasons` the ledger codes that its records may carry; `empty_status` the status
    of its figure where the denominator is empty. The fields after `source` belong to one kind of measure:
    `question` to `lcra_only` to perception measures, `stage` to `priority` to management measures.
    """

    key: str
    code: str
    part: int | None
    title: str
    short_title: str
    theme: str
    kind: Literal["perception", "management"]
    family: Literal["perception", "complaints", "asb", "decent_homes", "repairs", "safety"]
    unit: Literal["percent", "per_1000_homes"]
    places: int
    better: Literal["higher", "lower", "neither"]
    populations: tuple[Population, ...]
    inputs: tuple[str, ...]
    numerator: str
    denominator: str
    reasons: tuple[str, ...]
    empty_status: Literal["no_cases", "not_applicable"]
    source: str
    question: str | None = None
    scale: str | None = None
    filter: str | None = None
    nadk_offered: bool = False
    lcra_only: bool = False
    stage: int | None = None
    programme: str | None = None
    priority: Literal["non_emergency", "emergency"] | None = None

    @property
    def scale_factor(self) -> int:
        """What numerator over denominator is multiplied by: 100 for a percentage, 1000 for a rate."""
        return SCALE_FACTORS[self.unit]

    @property
    def unit_text(self) -> str:
        """The unit as it is printed after a value: "%" or "per 1,000 homes"."""
        return UNIT_TEXTS[self.unit]

    @property
    def label(self) -> str:
        """The measure as the regulator writes it: "TP01", "CH01 (1)"."""
        return self.code if self.part is None else f"{self.code} ({self.part})"


@dataclass(frozen=True, slots=True)
class StageLimits:
    """The Complaint Handling Code's limits for one stage, all in working days.

    `clock_from` says what starts the response limit: the day the complaint was received or the day it was
    acknowledged. `extension_working_days` is the longest extension on top of `respond_working_days`.
    """

    acknowledge_working_days: int
    respond_working_days: int
    clock_from: Literal["received", "acknowledged"]
    extension_working_days: int
    paragraphs: str


@dataclass(frozen=True, slots=True)
class ComplaintsCode:
    """The Housing Ombudsman's Complaint Handling Code that applies to the year's complaints."""

    name: str
    edition: str
    stages: Mapping[int, StageLimits]
    source: str


@dataclass(frozen=True, slots=True)
class Programme:
    """One building safety programme; `interval_months` is None where each check sets its own due date."""

    key: str
    measure: str
    label: str
    check_name: str
    interval_months: int | None
    source: str


@dataclass(frozen=True, slots=True)
class Band:
    """From this many households upwards, the margin of error may be at most so many percentage points."""

    from_population: int
    margin_points: int


@dataclass(frozen=True, slots=True)
class Accuracy:
    """The required accuracy of the perception survey, for each population separately.

    `confidence_z` is the normal quantile of the confidence level, `proportion` the assumed share of positive
    answers; with at most `census_fallback_limit` households a census approach also meets the rule.
    """

    confidence_z: Decimal
    proportion: Decimal
    bands: tuple[Band, ...]
    census_fallback_limit: int
    source: str

    def margin_points(self, population: int) -> int:
        """The largest permitted margin, in percentage points, for that many households (>= 0)."""
        if population < 0:
            raise ValueError(f"a population cannot be negative: {population}")
        return next(b.margin_points for b in reversed(self.bands) if population >= b.from_population)


@dataclass(frozen=True, slots=True)
class ApproachItem:
    """One item of the published summary of the survey approach, `letter` a to k."""

    letter: str
    title: str
    text: str


@dataclass(frozen=True, slots=True)
class PublicationItem:
    """One thing that must be published with the year's results."""

    key: str
    title: str
    text: str
    source: str


@dataclass(frozen=True, slots=True)
class Deadline:
    """A date by which something is due; `due` is None where no date is known: `text` then says what is."""

    key: str
    title: str
    due: date | None
    text: str
    source: str


@dataclass(frozen=True, slots=True)
class Setting:
    """A point that the regulator's published words leave open: a named choice with a documented default.

    `kind`: a computed setting changes what the software counts; a declared one says how the landlord prepared
    its records, which the software cannot see, and is printed in the return. `meanings` has one sentence for
    each of `alternatives` (empty for a whole number, which `minimum` and `maximum` bound). `measures` are the
    keys that the choice can move.
    """

    key: str
    title: str
    type: Literal["choice", "boolean", "integer"]
    kind: Literal["computed", "declared"]
    default: SettingValue
    alternatives: tuple[SettingValue, ...]
    meanings: tuple[str, ...]
    minimum: int | None
    maximum: int | None
    description: str
    effect: str
    measures: tuple[str, ...]
    source: str
    confidence: Literal["medium", "low", "product"]

    @property
    def expected(self) -> str:
        """What may be written for this setting, in words: "strict, total or from_receipt"."""
        if self.type == "integer":
            if self.maximum is None:
                return f"a whole number of at least {self.minimum}"
            return f"a whole number from {self.minimum} to {self.maximum}"
        names = [as_written(value) for value in self.alternatives]
        return f"{', '.join(names[:-1])} or {names[-1]}" if len(names) > 1 else f"only {names[0]}"

    def accepts(self, value: Any) -> bool:
        """Whether a value, as YAML gives it, may be chosen; true and 1 are not the same thing."""
        if self.type == "integer":
            if not isinstance(value, int) or isinstance(value, bool):
                return False
            return (self.minimum is None or value >= self.minimum) and (
                self.maximum is None or value <= self.maximum
            )
        wanted = bool if self.type == "boolean" else str
        return isinstance(value, wanted) and value in self.alternatives

    def meaning(self, value: SettingValue) -> str:
        """The sentence that says what a chosen value means; for a number, the number itself."""
        if self.type == "integer":
            return str(value)
        return self.meanings[self.alternatives.index(value)]


class Settings(Mapping[str, SettingValue]):
    """Every setting's value for one run: the edition's defaults with the landlord's departures over them."""

    __slots__ = ("_definitions", "_values")

    def __init__(self, definitions: Mapping[str, Setting], overrides: Mapping[str, SettingValue]) -> None:
        self._definitions = dict(definitions)
        self._values = {key: overrides.get(key, setting.default) for key, setting in definitions.items()}

    def __getitem__(self, key: str) -> SettingValue:
        return self._values[key]

    def __iter__(self) -> Iterator[str]:
        return iter(self._values)

    def __len__(self) -> int:
        return len(self._values)

    def __repr__(self) -> str:
        return f"Settings({ {setting.key: value for setting, value in self.departures} })"

    @property
    def departures(self) -> tuple[tuple[Setting, SettingValue], ...]:
        """The settings whose value is not the edition's default, in the edition's order, with that value."""
        return tuple(
            (setting, self._values[key])
            for key, setting in self._definitions.items()
            if self._values[key] != setting.default
        )


@dataclass(frozen=True, eq=False)
class Edition:
    """The whole rulebook of one reporting year (1 April to 31 March).

    `fingerprint` is the sha256 (64 hex digits) of the resolved content; `status` is "provisional" where the
    regulator's final text could not be confirmed, and `status_note` then says so. An edition is loaded once,
    so two of the same year are the same object and it may be used as a key.
    """

    year: str
    start: date
    end: date
    extends: str | None
    status: Literal["final", "provisional"]
    status_note: str
    fingerprint: str
    methodology_version: str
    themes: tuple[str, ...]
    measures: tuple[Measure, ...]
    reasons: Mapping[str, str]
    scales: Mapping[str, Scale]
    nadk: str
    landlord_placeholders: tuple[str, ...]
    filters: Mapping[str, str]
    complaints_code: ComplaintsCode
    safety_programmes: Mapping[str, Programme]
    accuracy: Accuracy
    populations: Mapping[str, str]
    survey_methods: Mapping[str, str]
    approach_items: tuple[ApproachItem, ...]
    publication_items: tuple[PublicationItem, ...]
    deadlines: Mapping[str, Deadline]
    return_form: str
    return_form_note: str
    settings: Mapping[str, Setting]

    def measure(self, key: str) -> Measure:
        """The measure of that key ("RP02_1"); InputError for a key that this edition does not have."""
        for measure in self.measures:
            if measure.key == key:
                return measure
        known = ", ".join(measure.key for measure in self.measures)
        raise InputError(f"'{key}' is not a measure of the {self.year} rulebook: use one of {known}.")

    def resolve_settings(self, overrides: Mapping[str, Any]) -> Settings:
        """Every setting's value: a landlord's departures (`settings` in its year.yaml) over the defaults.

        Raises InputError for a name that the edition does not have and for a value that it does not allow.
        """
        for key, value in overrides.items():
            setting = self.settings.get(key)
            if setting is None:
                raise InputError(
                    f"'{key}' under 'settings' in year.yaml is not a setting of the {self.year} rulebook"
                    f"{_suggestion(str(key), self.settings)}: correct the name or remove the line."
                )
            if not setting.accepts(value):
                raise InputError(
                    f"'{key}' under 'settings' in year.yaml is '{as_written(value)}', but the {self.year} "
                    f"rulebook allows {setting.expected}: write that, or remove the line to use the default, "
                    f"{as_written(setting.default)}."
                )
        return Settings(self.settings, overrides)

    def __reduce__(self) -> tuple[Any, tuple[str]]:
        # Read-only mappings cannot be pickled; another process loads the same edition from its files instead.
        from schemas.rulebook.loader import load_edition

        return load_edition, (self.year,)


def _suggestion(key: str, known: Mapping[str, Any]) -> str:
    from difflib import get_close_matches

    close = get_close_matches(key, list(known), n=1)
    return f" (did you mean '{close[0]}'?)" if close else ""
