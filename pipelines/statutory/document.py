"""The return of one landlord and year as one document, from which every output is rendered."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import asdict, replace
from typing import TYPE_CHECKING, Any

import pandas as pd

from pipelines.measures.figures import Figure, Precision
from pipelines.statutory.approach import Survey, approach_items
from pipelines.statutory.comparison import comparison, comparison_findings
from pipelines.statutory.confirmations import from_year_file, shown_confirmations
from pipelines.statutory.finding_effects import figure_effects, group_effects
from pipelines.statutory.findings import finding_groups, grade_counts, unmatched_confirmations
from pipelines.statutory.inputs import Document, ReturnInputs
from pipelines.statutory.method_changes import MethodChange, changes_text, method_changes
from pipelines.statutory.methods import by_method
from pipelines.statutory.nrosh import form_used, missing_from, nrosh_fields, suppresses
from pipelines.statutory.summary import summarise
from pipelines.statutory.survey_section import filter_question, questions_asked, survey_section
from pipelines.statutory.validations import as_checks, as_findings, validate
from pipelines.statutory.wording import (
    LANDLORD_TYPE_TEXTS,
    POPULATION_TITLES,
    PRIORITY_TEXTS,
    counted,
    filled,
    number,
    percentage,
    target_amount,
    target_text,
    timescale_text,
    value_text,
)
from schemas.rulebook import Edition, Measure, Setting

if TYPE_CHECKING:
    from pipelines.intake import Target

SCHEMA_VERSION = "1.0"
SOFTWARE = "TSM Pipeline"
_SURVEYED = ("LCRA", "LCHO", "COMBINED")
_PRIORITIES = ("emergency", "non_emergency")


def assemble(inputs: ReturnInputs) -> Document:
    """Return the whole return as a JSON-able dict, as schemas/return.schema.json describes it.

    The regulator's validations are run on the assembled figures; their outcomes stand under `checks` and
    their failures and warnings among the findings. A stop finding does not prevent a document: whether one is
    published is the caller's decision (`validate` and `as_findings` give the same outcomes again).
    """
    edition = inputs.edition
    surveys = _surveys(inputs)
    sections = [_section(each) for each in surveys]
    document: Document = {
        "schema_version": SCHEMA_VERSION,
        "software": {"name": SOFTWARE, "version": inputs.software_version},
        "landlord": _landlord(inputs),
        "reporting_year": edition.year,
        "year_start": edition.start.isoformat(),
        "year_end": edition.end.isoformat(),
        "edition": {
            "year": edition.year,
            "status": edition.status,
            "status_note": edition.status_note,
            "fingerprint": edition.fingerprint,
            "methodology_version": edition.methodology_version,
        },
        "status": {},
        "summary": {},
        "stock": {**{key: inputs.stock[key] for key in ("LCRA", "LCHO")}, "ALL": sum(inputs.stock.values())},
        "populations": [_population(key, inputs) for key in (*_SURVEYED, "ALL")],
        "themes": [
            {"title": theme, "measures": [each.key for each in edition.measures if each.theme == theme]}
            for theme in edition.themes
        ],
        "measures": [_measure(each, edition, inputs.landlord.name) for each in edition.measures],
        "figures": [figure_entry(each, edition) for each in inputs.figures],
        "survey": sections,
        "comparison": {},
        "repairs": _repairs(inputs),
        "complaints": {
            "code": f"{edition.complaints_code.name}, {edition.complaints_code.edition}",
            "timescales": [
                {"stage": stage, "text": timescale_text(limits)}
                for stage, limits in sorted(edition.complaints_code.stages.items())
            ],
        },
        "exclusions": _exclusions(inputs.reasons, edition),
        "findings": {},
        "rejected": [
            {"table": each["table"], "rows": each["rows"], "rejected": each["rejected"]}
            for each in inputs.records_summary
            if each["rows"] is not None  # the settings files have none
        ],
        "corrections": [dict(each) for each in inputs.corrections],
        "settings": _settings(inputs),
        "checks": [],
        "confirmations": [],
        "publication": {},
        "provenance": {
            "inputs": [dict(each) for each in inputs.records_summary],
            "assets": [dict(each) for each in inputs.assets],
            "kept": [dict(each) for each in inputs.kept],
        },
        "return_form": form_used(edition),
        "nrosh": [],
        # How the return stands is put in when it is published: it is no part of what is approved.
        "approval": None,
        "revision": None,
    }
    if inputs.year_file.stock_return:
        document["stock_return"] = dict(inputs.year_file.stock_return)
    changes = method_changes(document, inputs.beside)
    missing = [*_write_items(surveys, sections, changes), *_missing_elsewhere(inputs)]
    document["publication"] = _publication(inputs, sections)
    document["comparison"] = comparison(document, inputs.beside, changes)
    document["nrosh"] = nrosh_fields(document, _every_method(inputs, document["return_form"]["form"]))
    missing += missing_from(document, missing)
    outcomes = validate(document)
    document["checks"] = as_checks(outcomes)
    validation_findings = as_findings(outcomes)
    own_findings = (inputs.findings, validation_findings, comparison_findings(document))
    frames = [frame for frame in own_findings if len(frame)]
    found = pd.concat(frames, ignore_index=True) if frames else inputs.findings
    written = [from_year_file(each, inputs.confirmed_before) for each in inputs.year_file.confirmations]
    given = [*written, *inputs.confirmations]
    groups = finding_groups(found, given, [each.key for each in edition.measures])
    document["confirmations"] = shown_confirmations(groups, given)
    groups = group_effects(groups, inputs.unused, inputs.figures, edition)
    effects = figure_effects(inputs.unused, inputs.figures, edition)
    document["findings"] = {"counts": grade_counts(groups), "groups": groups, "effects": effects}
    missing += unmatched_confirmations(groups, inputs.year_file.confirmations)
    document["status"] = _status(groups, missing)
    document["summary"] = summarise(document)
    return document


def _status(groups: Iterable[Mapping[str, Any]], missing: list[dict[str, str]]) -> dict[str, Any]:
    """Whether the return is whole; findings are counted by group, as a person answers them."""
    groups = list(groups)
    to_confirm = sum(each["grade"] == "confirm" and each["confirmed"] is None for each in groups)
    stopped = any(each["grade"] == "stop" for each in groups)
    return {
        "draft": True,
        "complete": not missing and not to_confirm and not stopped,
        "missing": missing,
        "to_confirm": to_confirm,
        "confirmed": sum(each["confirmed"] is not None for each in groups),
        "notes": sum(each["grade"] == "note" for each in groups),
    }


def _landlord(inputs: ReturnInputs) -> dict[str, Any]:
    landlord = inputs.landlord
    return {
        "code": landlord.code,
        "name": landlord.name,
        "type": landlord.type,
        "type_text": LANDLORD_TYPE_TEXTS[landlord.type],
        "region": landlord.region,
        "former_names": list(landlord.former_names),
        "contacts": [asdict(contact) for contact in landlord.contacts],
        "branding": None if inputs.branding is None else dict(inputs.branding),
    }


def _population(key: str, inputs: ReturnInputs) -> dict[str, str]:
    homes = sum(inputs.stock.values())
    status = inputs.blocks.get(key, "reported" if homes else "not_applicable")
    reason = "" if status == "reported" else _why_not(key, status, inputs)
    return {"key": key, "title": POPULATION_TITLES[key], "status": status, "reason": reason}


def _why_not(key: str, status: str, inputs: ReturnInputs) -> str:
    if status == "not_applicable":
        return "The landlord owned no such homes at year end."
    if key == "COMBINED":
        return "Low cost rental and low cost home ownership are reported apart."
    if inputs.blocks["COMBINED"] == "reported":
        threshold = inputs.settings["combined_threshold"]
        return (
            "Reported together with the other tenure: the landlord owned fewer than "
            f"{threshold:,} homes of each, but {threshold:,} or more in all."
        )
    return (
        f"The landlord owned {counted(inputs.stock[key], 'such home')} at year end, fewer than the "
        f"{inputs.settings['lcho_threshold']:,} from which they are surveyed and reported apart."
    )


def _measure(measure: Measure, edition: Edition, landlord: str) -> dict[str, Any]:
    question, scale = measure.question, measure.scale
    return {
        "key": measure.key,
        "code": measure.code,
        "part": measure.part,
        "label": measure.label,
        "title": measure.title,
        "short_title": measure.short_title,
        "theme": measure.theme,
        "kind": measure.kind,
        "family": measure.family,
        "unit": measure.unit,
        "unit_text": measure.unit_text,
        "better": measure.better,
        "numerator_text": measure.numerator,
        "denominator_text": measure.denominator,
        "question": None if question is None else filled(question, edition.landlord_placeholders, landlord),
        "filter_question": filter_question(edition, measure.filter, landlord),
        "scale": None if scale is None else [answer.label for answer in edition.scales[scale].answers],
        "nadk_offered": measure.nadk_offered,
    }


def figure_entry(figure: Figure, edition: Edition) -> dict[str, Any]:
    """Return a figure as the return document has it."""
    measure = edition.measure(figure.measure)
    counts = figure.answers or {}
    return {
        "measure": figure.measure,
        "part": figure.part,
        "population": figure.population,
        "numerator": number(figure.numerator),
        "denominator": number(figure.denominator),
        "value": None if figure.value is None else float(figure.value),
        "value_text": value_text(figure.value, measure.unit_text, figure.status),
        "unit": figure.unit,
        "status": figure.status,
        "reason": figure.reason,
        "answers": _answers(figure, measure, edition),
        "not_applicable": number(counts.get("NADK")),
        "filter_yes": number(figure.filter_yes),
        "filter_no": number(figure.filter_no),
        "met_without_extension": number(figure.met_without_extension),
        "met_with_extension": number(figure.met_with_extension),
        **dict.fromkeys(Precision.names()),
        **({} if figure.precision is None else asdict(figure.precision)),
    }


def _answers(figure: Figure, measure: Measure, edition: Edition) -> list[dict[str, Any]] | None:
    if figure.answers is None or measure.scale is None:
        return None
    rows = []
    for answer in edition.scales[measure.scale].answers:
        count = figure.answers[answer.code]
        percent = percentage(count, figure.denominator) if figure.denominator else None
        rows.append(
            {
                "code": answer.code,
                "label": answer.label,
                "count": number(count),
                "percent": None if percent is None else float(percent),
                "percent_text": "" if percent is None else f"{percent}%",
            }
        )
    return rows


def _surveys(inputs: ReturnInputs) -> list[Survey]:
    plans = inputs.year_file.survey
    return [
        Survey(population, inputs.surveys[population], plans.get(population), inputs)
        for population in _SURVEYED
        if inputs.blocks[population] == "reported"
    ]


def _section(survey: Survey) -> dict[str, Any]:
    asked = questions_asked(survey.edition, survey.inputs.landlord.name, survey.population)
    return survey_section(survey, asked)


def _write_items(
    surveys: Iterable[Survey], sections: Iterable[dict[str, Any]], changes: Sequence[MethodChange]
) -> list[dict[str, str]]:
    """Write the items of each survey's approach into its section; return what is missing from it."""
    missing = []
    for survey, section in zip(surveys, sections, strict=True):
        told = replace(survey, found=changes_text(changes, survey.population))
        section["items"], lacking = approach_items(told)
        missing += lacking
        named = section["questionnaire"]
        if named is None:
            remedy = survey.put("questionnaire", "the name of the file with the full questionnaire")
        else:
            remedy = f"Put the file {named}, which year.yaml names, beside it."
        if section["questionnaire_file"] is None:
            missing.append({"what": f"{survey.population} questionnaire", "remedy": remedy})
    return missing


def _missing_elsewhere(inputs: ReturnInputs) -> list[dict[str, str]]:
    missing = []

    def lacks(what: str, remedy: str) -> None:
        missing.append({"what": what, "remedy": remedy})

    if inputs.stock["LCRA"]:
        for priority in _PRIORITIES:
            if _target(inputs, priority) is None:
                example = "{hours: 24}" if priority == "emergency" else "{working_days: 20}"
                lacks(
                    f"Target timescale for {PRIORITY_TEXTS[priority].lower()}",
                    f"Put '{priority}' under repairs, targets in year.yaml: {example}.",
                )
    if not inputs.year_file.publication_url:
        lacks(
            "Web address of the published TSMs",
            "Put 'publication_url' in year.yaml: the lasting address where tenants find the results.",
        )
    if not inputs.landlord.contacts:
        lacks(
            "Contacts for the return",
            "Put 'contacts' in landlord.yaml: the name and e-mail address of who answers for the return.",
        )
    return missing


def _target(inputs: ReturnInputs, priority: str) -> Target | None:
    targets = inputs.year_file.targets
    return targets.emergency if priority == "emergency" else targets.non_emergency


def _repairs(inputs: ReturnInputs) -> dict[str, Any]:
    targets = []
    for priority in _PRIORITIES:
        target = _target(inputs, priority)
        if target is not None:
            amount, unit = target_amount(target)
            targets.append(
                {"priority": priority, "text": target_text(target), "amount": amount, "unit": unit}
            )
    context = ("raised", "completed", "closed_without_completion", "outstanding")
    return {
        "targets": targets,
        "return_form": [_asked_of_targets(inputs, priority) for priority in _PRIORITIES],
        "context": {key: inputs.repairs_context[key] for key in context},
    }


def _asked_of_targets(inputs: ReturnInputs, priority: str) -> dict[str, Any]:
    """What the return asks about a priority's targets: as year.yaml says, else as the records show."""
    asked = inputs.year_file.asked_of_targets.get(priority)
    several, others, note = None, inputs.other_targets.get(priority), ""
    if asked is not None and asked.several is not None:
        several = asked.several
    elif others is not None:
        several = others > 0
        if others:
            note = f"{counted(others, 'repair')} had a target other than the year's."
    longest, outline = (None, None) if asked is None else (asked.longest, asked.outline)
    return {
        "priority": priority,
        "several": several,
        "longest": longest,
        "outline": outline,
        "note": note,
    }


def _every_method(inputs: ReturnInputs, form: str) -> dict[tuple[str, str], float]:
    """TP01 by population and method, few responses or not, for a form that asks for every method."""
    if suppresses(form):
        return {}
    shown = {}
    for population in _SURVEYED:
        if inputs.blocks[population] == "reported":
            plan = inputs.year_file.survey.get(population)
            survey = Survey(population, inputs.surveys[population], plan, inputs)
            every = {**inputs.settings, "mode_minimum_responses": 0}
            for row in by_method(survey.responses, inputs.edition, every, survey.weighted):
                if row["tp01_value"] is not None:
                    shown[population, row["method"]] = row["tp01_value"]
    return shown


def _exclusions(reasons: pd.DataFrame, edition: Edition) -> list[dict[str, Any]]:
    """The ledger lines in neither numerator nor denominator, by measure, population and reason."""
    outside = reasons[~reasons["counted"].astype(bool) & ~reasons["met"].astype(bool)]
    order = {measure.key: position for position, measure in enumerate(edition.measures)}
    counts = outside.groupby(["measure", "population", "reason"])["records"].sum()
    rows = [
        {
            "measure": measure,
            "population": population,
            "reason": reason,
            "sentence": edition.reasons[reason],
            "records": int(records),
        }
        for (measure, population, reason), records in counts.items()
    ]
    return sorted(
        rows, key=lambda row: (order[row["measure"]], row["population"], -row["records"], row["reason"])
    )


def _settings(inputs: ReturnInputs) -> dict[str, Any]:
    def common(setting: Setting) -> dict[str, Any]:
        return {
            "key": setting.key,
            "value": inputs.settings[setting.key],
            "default": setting.default,
            "description": setting.description,
            "source": setting.source,
        }

    return {
        "departures": [common(setting) for setting, _ in inputs.settings.departures],
        "all": [
            {**common(setting), "kind": setting.kind, "confidence": setting.confidence}
            for setting in inputs.edition.settings.values()
        ],
    }


def _publication(inputs: ReturnInputs, surveys: list[dict[str, Any]]) -> dict[str, Any]:
    """What must be published, and whether this return has it; the due date of the return."""
    plans = [inputs.year_file.survey.get(each["population"]) for each in surveys]
    present = {
        "all_results": not any(figure.status == "withheld" for figure in inputs.figures),
        "repair_targets": all(_target(inputs, priority) is not None for priority in _PRIORITIES),
        "complaint_timescales": True,
        "survey_approach": not any(item["missing"] for each in surveys for item in each["items"]),
        "questionnaire": all(each["questionnaire_file"] for each in surveys),
        "permanent_url": bool(inputs.year_file.publication_url),
        "comparison_with_earlier_years": all(
            (plan and plan.changes_since_last_year)
            or any(item["letter"] == "k" and item["generated"] for item in survey["items"])
            for plan, survey in zip(plans, surveys, strict=True)
        ),
    }
    due = inputs.edition.deadlines["return_submitted"].due
    return {
        "url": inputs.year_file.publication_url,
        "items": [
            {"text": item.text, "present": present[item.key]} for item in inputs.edition.publication_items
        ],
        "deadline": None if due is None else due.isoformat(),
    }
