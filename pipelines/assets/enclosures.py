"""What the settings name and the return shows, as it was received: the logo and the questionnaires.

Here: reading them from the kept folder. Not here: what a logo may hold (pipelines.intake.branding).
"""

import hashlib
from typing import Any

import dagster as dg
import pandas as pd

from pipelines.assurance.compute import Rules
from pipelines.intake.branding import branding
from pipelines.partitions import code_and_year
from pipelines.statutory import Questionnaire, questionnaire

from .common import Place, file_summary, kept_folder


def kept_look(
    context: dg.AssetExecutionContext, place: Place, rules: Rules
) -> tuple[dict[str, Any] | None, pd.DataFrame, list[dict[str, Any]]]:
    """Return the look of the pages, the findings about it, and the logo's line of provenance."""
    given = rules.landlord.branding
    logo = None
    if given is not None and given.logo is not None:
        with kept_folder(context, place, "settings") as folder:
            file = folder / given.logo
            logo = file.read_bytes() if file.is_file() else None
    look, findings = branding(given, rules.landlord.name, logo)
    lines = []
    if given is not None and given.logo is not None and logo is not None:
        lines.append(file_summary("logo", given.logo, hashlib.sha256(logo).hexdigest(), len(logo)))
    return look, findings, lines


def kept_questionnaires(
    context: dg.AssetExecutionContext, place: Place, rules: Rules
) -> tuple[dict[str, Questionnaire], list[dict[str, Any]]]:
    """Return the questionnaires that were sent, by file name, and their lines of provenance."""
    year = code_and_year(context)[1]
    found: dict[str, Questionnaire] = {}
    with kept_folder(context, place, "settings") as folder:
        for plan in rules.year_file.survey.values():
            name = plan.questionnaire
            if name and (folder / year / name).is_file():
                found[name] = questionnaire(name, (folder / year / name).read_bytes())
    return found, [
        file_summary("questionnaire", name, each.sha256, each.size) for name, each in found.items()
    ]
