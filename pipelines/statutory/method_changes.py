"""What was done otherwise than last year, as two returns show it: what may make their figures differ.

Last year's return is read with care: it may have been made by an earlier version of the software. What either
return does not say is not compared.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from fractions import Fraction
from typing import Any

from pipelines.measures.rounding import round_half_up
from pipelines.statutory.approach import is_none
from pipelines.statutory.inputs import Beside
from pipelines.statutory.survey_statistics import name_of
from pipelines.statutory.wording import SAMPLING_TEXTS, counted, listed
from schemas.rulebook import Change, Edition, diff_editions, editions, load_edition

# A method is said to be used more or less where its share of the responses moved by so many points. Ours.
SHARE_MOVED = 10
# Homes that grew or shrank by more than this were merged or transferred, not built or sold. Ours.
STOCK_MOVED = Fraction(1, 4)

SURVEY, RULE, SETTING, TARGET, STOCK = "survey", "rule", "setting", "target", "stock"

Documents = tuple[Mapping[str, Any], Mapping[str, Any]]


@dataclass(frozen=True, slots=True)
class MethodChange:
    """One thing that was done otherwise: of which `kind`, in which survey (blank = none), and the two ways.

    `affects`: the measures whose comparison it may affect.
    """

    kind: str
    what: str
    was: str
    now: str
    affects: tuple[str, ...]
    population: str = ""

    @property
    def subject(self) -> str:
        """What changed, as it stands within a sentence."""
        what = self.what.partition(": ")[2] or self.what
        return what[0].lower() + what[1:]

    @property
    def text(self) -> str:
        """The change as a sentence."""
        where = f" ({self.population})" if self.population else ""
        return f"{self.what}{where}: {self.now}; last year {self.was}."

    def as_dict(self) -> dict[str, Any]:
        """The change as the return document has it."""
        return {
            "kind": self.kind,
            "what": self.what,
            "subject": self.subject,
            "was": self.was,
            "now": self.now,
            "text": self.text,
            "affects": list(self.affects),
            "population": self.population,
        }


def method_changes(document: Mapping[str, Any], beside: Beside) -> list[MethodChange]:
    """Return every change of method since last year, those of the surveys first.

    Where last year's return was not made here, only changes of the rules are known.
    """
    if beside.merged:
        return [_merger(document, beside.merged)]
    if beside.last_year is None:
        return []
    edition = load_edition(document["reporting_year"])
    rules = list(_rules(beside.last_year.year, edition))
    before = beside.last_year.document
    if before is None:
        return rules
    both = (before, document)
    return [*_surveys(both), *_targets(both, edition), *rules, *_settings(both, edition), *_stock(both)]


# ------------------------------------------------------------------------------------------------- the survey


def _surveys(documents: Documents) -> Iterator[MethodChange]:
    before, now = ({each["population"]: each for each in document["survey"]} for document in documents)
    if before and now and set(before) != set(now):
        asked = tuple(each["key"] for each in documents[1]["measures"] if each["kind"] == "perception")
        yield MethodChange(SURVEY, "Populations surveyed", listed(list(before)), listed(list(now)), asked)
    for population in [each for each in now if each in before]:
        yield from _survey(before[population], now[population], _asked(documents[1], population))


def _asked(document: Mapping[str, Any], population: str) -> tuple[str, ...]:
    """The perception measures of a population."""
    perception = {each["key"] for each in document["measures"] if each["kind"] == "perception"}
    return tuple(
        each["measure"]
        for each in document["figures"]
        if each["population"] == population and each["measure"] in perception
    )


def _survey(
    before: Mapping[str, Any], now: Mapping[str, Any], affects: tuple[str, ...]
) -> Iterator[MethodChange]:
    mix = _method_mix(before, now)
    if mix is not None:
        yield MethodChange(SURVEY, "How answers were collected", *mix, affects, now["population"])
    for what, said in _SAID.items():
        was, is_now = said(before), said(now)
        if was is not None and is_now is not None and _plain(was) != _plain(is_now):
            yield MethodChange(SURVEY, what, was, is_now, affects, now["population"])


def _plain(text: str) -> str:
    return " ".join(text.split()).rstrip(".").casefold()


def _method_mix(before: Mapping[str, Any], now: Mapping[str, Any]) -> tuple[str, str] | None:
    """The two mixtures of collection methods in words, where they differ enough to matter."""
    shares = [_shares(survey) for survey in (before, now)]
    if not all(shares):
        return None
    was, is_now = shares
    moved = (abs(was.get(each, Fraction(0)) - is_now.get(each, Fraction(0))) for each in {*was, *is_now})
    if max(moved) < SHARE_MOVED and _predominant(was) == _predominant(is_now):
        return None
    return _mix_text(was), _mix_text(is_now)


def _shares(survey: Mapping[str, Any]) -> dict[str, Fraction]:
    """The share of the responses that each method has, in percent."""
    total = sum(each["responses"] for each in survey["methods"])
    return {each["label"]: Fraction(each["responses"], total) * 100 for each in survey["methods"] if total}


def _predominant(shares: Mapping[str, Fraction]) -> str:
    return next((label for label, share in shares.items() if share > 50), "")


def _mix_text(shares: Mapping[str, Fraction]) -> str:
    ordered = sorted(shares.items(), key=lambda each: -each[1])
    return listed([f"{label.lower()} {round_half_up(share, 0)}%" for label, share in ordered])


def _approach(survey: Mapping[str, Any]) -> str | None:
    return {"census": "a census", "sample": "a sample"}.get(survey["facts"].get("approach"))


def _sampling(survey: Mapping[str, Any]) -> str | None:
    return SAMPLING_TEXTS.get(survey["facts"].get("sampling"))


def _contractor(survey: Mapping[str, Any]) -> str | None:
    used = survey["facts"].get("contractor_used")
    return None if used is None else (survey["facts"]["contractor"] if used else "no external contractor")


def _interviewed_by(survey: Mapping[str, Any]) -> str | None:
    by = survey["facts"].get("interviewed_by")
    return by if by is None else by.lower() if by != "None" else "no interviewers"


def _weighting(survey: Mapping[str, Any]) -> str | None:
    if not survey["facts"].get("weighted"):
        return "not weighted"
    method = ((survey.get("statistics") or {}).get("weights") or {}).get("method")
    how = _WEIGHTED.get(str(method), "weighted")
    names = sorted(name_of(each) for each in survey["facts"].get("weighting_characteristics") or [])
    return f"{how} on {listed(names)}" if names else how


def _incentives(survey: Mapping[str, Any]) -> str | None:
    if "incentives" in survey["facts"]:
        stated = survey["facts"]["incentives"]
    else:  # a return of an earlier version has the item's text alone
        item = next((each for each in survey["items"] if each["letter"] == "j"), None)
        stated = None if item is None or item["missing"] else item["text"].rstrip(".")
    if not stated:
        return None
    return _NO_INCENTIVES if is_none(stated) or stated == "No incentives were offered" else stated


_NO_INCENTIVES = "none"
_WEIGHTED = {
    "rake": "weighted by raking",
    "post_stratify": "weighted by post-stratification",
    "supplied": "weighted by weights that the contractor supplied",
}
# What a survey says of itself, each with the words of the change.
_SAID = {
    "Census or sample": _approach,
    "How the sample was drawn": _sampling,
    "External contractor": _contractor,
    "Who interviewed": _interviewed_by,
    "Weighting": _weighting,
    "Incentives": _incentives,
}


# ------------------------------------------------------------------------------------- rules, settings, homes


def _targets(documents: Documents, edition: Edition) -> Iterator[MethodChange]:
    before, now = (
        {each["priority"]: each["text"].rstrip(".") for each in document["repairs"]["targets"]}
        for document in documents
    )
    for priority, text in now.items():
        if priority in before and before[priority] != text:
            measures = tuple(each.key for each in edition.measures if each.priority == priority)
            what = f"Target for {priority.replace('_', '-')} repairs"
            yield MethodChange(TARGET, what, before[priority], text, measures)


# The parts of a measure that say what is counted; titles and sources are no part of the rule.
_DEFINES = {
    "numerator": "what is counted",
    "denominator": "what it is counted over",
    "question": "the question asked",
    "scale": "the scale of answers",
    "filter": "who is asked",
    "nadk_offered": "whether “not applicable/ don't know” is offered",
    "unit": "the unit",
    "places": "the decimals",
    "reasons": "what is left out",
    "populations": "for whom it is reported",
    "lcra_only": "for whom it is reported",
    "priority": "which repairs count",
    "stage": "which stage counts",
    "programme": "which checks count",
}
_STAGE = {
    "clock_from": "what the time to answer runs from",
    "acknowledge_working_days": "working days to acknowledge",
    "respond_working_days": "working days to answer",
    "extension_working_days": "working days of the longest extension",
}
_WORDS = {"received": "receipt", "acknowledged": "the acknowledgement", True: "yes", False: "no"}
# The measure that the Complaint Handling Code's limits decide.
_CODE_DECIDES = "CH02"


def _rules(year_before: str, edition: Edition) -> Iterator[MethodChange]:
    """What the regulator, or the Ombudsman's Code, defines otherwise: by the two editions of the rulebook."""
    if year_before not in editions() or year_before == edition.year:
        return
    for change in diff_editions(year_before, edition.year):
        found = _defined(change, edition)
        if found is not None and found[1]:
            yield MethodChange(RULE, f"Rule: {found[0]}", _said(change.before), _said(change.after), found[1])


def _defined(change: Change, edition: Edition) -> tuple[str, tuple[str, ...]] | None:
    """What a change of the rulebook redefines, in words, and of which measures; None for mere wording."""
    section, *path = change.path.split(".")
    every = edition.measures
    if section == "measures" and path[-1:] and len(path) > 1 and path[1] in _DEFINES:
        mine = tuple(each for each in every if each.key == path[0])
        return f"{_DEFINES[path[1]]} in {_labels(mine)}", _keys(mine)
    if section == "complaints_code" and len(path) == 3 and path[2] in _STAGE:
        mine = tuple(each for each in every if each.code == _CODE_DECIDES and each.stage == int(path[1]))
        return f"{_STAGE[path[2]]} in complaints at stage {path[1]}", _keys(mine)
    if section == "scales" and path:
        return "the scale of answers", _keys(each for each in every if each.scale == path[0])
    if section == "filters" and path:
        return "the question that says who is asked", _keys(each for each in every if each.filter == path[0])
    if section == "programmes" and path and path[-1] == "interval_months":
        return "months between checks", _keys(each for each in every if each.programme == path[0])
    return None


def _keys(measures: Any) -> tuple[str, ...]:
    return tuple(each.key for each in measures)


def _labels(measures: Sequence[Any]) -> str:
    return listed([each.label for each in measures])


def _said(value: Any) -> str:
    if value is None:
        return "nothing"
    if isinstance(value, list | tuple):
        return listed([str(each).replace("_", " ") for each in value])
    return str(_WORDS.get(value, value)) if isinstance(value, str | bool | int) else str(value)


def _settings(documents: Documents, edition: Edition) -> Iterator[MethodChange]:
    """Settings whose value is another, whether the landlord or the edition's default chose it."""
    before, now = (
        {each["key"]: each["value"] for each in document["settings"]["all"]} for document in documents
    )
    for key, value in now.items():
        if key in before and before[key] != value and key in edition.settings:
            setting = edition.settings[key]
            was, is_now = (
                setting.meaning(each).rstrip(".") if setting.accepts(each) else str(each)
                for each in (before[key], value)
            )
            yield MethodChange(SETTING, f"Setting: {setting.title}", was, is_now, setting.measures)


def _stock(documents: Documents) -> Iterator[MethodChange]:
    was, is_now = (document["stock"]["ALL"] for document in documents)
    if was and abs(Fraction(is_now - was, was)) >= STOCK_MOVED:
        every = tuple(each["key"] for each in documents[1]["measures"])
        yield MethodChange(
            STOCK, "Homes owned at year end", counted(was, "home"), counted(is_now, "home"), every
        )


def _merger(document: Mapping[str, Any], codes: Sequence[str]) -> MethodChange:
    every = tuple(each["key"] for each in document["measures"])
    return MethodChange(
        STOCK, "Merger", f"{listed(codes)}, landlords apart", document["landlord"]["code"], every
    )


# --------------------------------------------------------------------------------------- what is said of them


def changes_text(changes: Sequence[MethodChange], population: str) -> str | None:
    """Return item k's sentences on what a survey did otherwise, as found; None where nothing was."""
    mine = _of_survey(changes, population)
    if not mine:
        return None
    found = "; ".join(f"{each.subject}: {each.now} (last year {each.was})" for each in mine)
    return f"Changes since last year, found by comparing the two returns: {found}."


def _of_survey(changes: Sequence[MethodChange], population: str) -> list[MethodChange]:
    return [each for each in changes if each.kind == SURVEY and each.population in ("", population)]
