"""One population's survey as the return document has it: questions, approach, accuracy, methods, facts."""

from __future__ import annotations

from dataclasses import asdict
from typing import Any

from pipelines.statutory.approach import (
    Survey,
    accuracy_text,
    is_none,
    two_places,
    weighting_item,
)
from pipelines.statutory.methods import by_method, star_summary, unweighted_tp01
from pipelines.statutory.survey_statistics import with_texts
from pipelines.statutory.wording import INTERVIEWER_TEXTS, filled
from schemas.rulebook import Edition


def survey_section(survey: Survey, questions: list[dict[str, Any]]) -> dict[str, Any]:
    """Return one population's entry under `survey` in the return document, its `items` still to be written.

    (One of them says what changed since last year, and that is found by comparing whole returns.)
    """
    edition, settings = survey.edition, survey.inputs.settings
    weighting = weighting_item(survey)
    return {
        "population": survey.population,
        "population_text": edition.populations[survey.population],
        "questions": questions,
        "items": [],
        "accuracy": _accuracy(survey),
        "methods": by_method(survey.responses, edition, settings, survey.weighted),
        "weighting_text": weighting[0] or f"Not yet supplied. {weighting[1]}",
        "unweighted_tp01": unweighted_tp01(survey.responses, edition) if survey.weighted else None,
        "questionnaire": survey.given("questionnaire"),
        "questionnaire_file": _questionnaire(survey),
        "star": star_summary(survey.responses, edition, survey.weighted),
        "statistics": _statistics(survey),
        "facts": _facts(survey),
    }


def _questionnaire(survey: Survey) -> dict[str, Any] | None:
    """The questionnaire's file as it was sent; None where it was not."""
    sent = survey.inputs.questionnaires.get(survey.given("questionnaire") or "")
    return None if sent is None else asdict(sent)


def _statistics(survey: Survey) -> dict[str, Any] | None:
    raw = survey.evidence.statistics
    labels = {each.key: each.label for each in survey.edition.measures}
    return None if raw is None else with_texts(raw, survey.evidence.last_year, labels)


def _accuracy(survey: Survey) -> dict[str, Any]:
    test = survey.accuracy
    if test is None:
        return {
            "population_size": None,
            "responses": len(survey.responses),
            "required_responses": None,
            "required_margin": None,
            "achieved_margin": None,
            "met": None,
            "text": "The size of the tenant population is not known, so the accuracy cannot be tested.",
        }
    margin = test.achieved_margin
    return {
        "population_size": test.population_size,
        "responses": test.responses,
        "required_responses": test.required_responses,
        "required_margin": test.required_margin,
        "achieved_margin": None if margin is None else float(two_places(margin)),
        "met": test.met,
        "text": accuracy_text(survey),
    }


def _facts(survey: Survey) -> dict[str, Any]:
    """The answers that the return form asks for as such, rather than as text; None = not supplied."""
    contractor, interviewed_by = survey.given("contractor"), survey.given("interviewed_by")
    used = None if not contractor else not is_none(contractor)
    return {
        "approach": survey.given("approach"),
        "sampling": survey.given("sampling"),
        "excluded": None if survey.excluded is None else survey.excluded[0],
        "contractor_used": used,
        "contractor": contractor if used else None,
        "interviewed_by": None if interviewed_by is None else INTERVIEWER_TEXTS[interviewed_by],
        "interviewed_by_text": survey.given("interviewed_by_text"),
        "weighted": survey.weighted,
        "weighting_characteristics": survey.characteristics,
        "weighting_other": survey.given("weighting").other_text if survey.weighted else None,
        "other_methods": survey.given("other_method_text"),
        "incentives": survey.given("incentives"),
        "changes_since_last_year": survey.given("changes_since_last_year"),
    }


def questions_asked(edition: Edition, landlord: str, population: str) -> list[dict[str, Any]]:
    """Return a population's prescribed questions, the landlord's name in them, with filters and answers."""
    asked = []
    for measure in edition.measures:
        if measure.kind != "perception" or population not in measure.populations:
            continue
        assert measure.question is not None
        assert measure.scale is not None
        labels = [answer.label for answer in edition.scales[measure.scale].answers]
        asked.append(
            {
                "key": measure.key,
                "filter_question": filter_question(edition, measure.filter, landlord),
                "question": filled(measure.question, edition.landlord_placeholders, landlord),
                "answers": [*labels, edition.nadk] if measure.nadk_offered else labels,
            }
        )
    return asked


def filter_question(edition: Edition, key: str | None, landlord: str) -> str | None:
    """Return the text of a filter question with the landlord's name in it; None where there is none."""
    return None if key is None else filled(edition.filters[key], edition.landlord_placeholders, landlord)
