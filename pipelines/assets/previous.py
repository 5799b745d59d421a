"""Last year's figures, as they are kept for comparison.

Here: where they come from. Not here: reading them (pipelines.intake) and comparing (pipelines.survey).
"""

import hashlib
from pathlib import Path
from typing import Any

import dagster as dg
from upath import UPath

from pipelines.assurance.acts import read_acts
from pipelines.assurance.release import in_force
from pipelines.intake.previous_figures import read_previous_figures, year_before
from pipelines.intake.settings import load_year
from pipelines.partitions import code_and_year
from pipelines.statutory import LastYear as LastYearReturn
from pipelines.survey.last_year import LastYear, last_year_estimates
from schemas.errors import InputError

from .common import Place

NAME = "previous_figures"
PREVIOUS_KEY = dg.AssetKey(["received", NAME])


def previous_files(place: Place, code: str, year: str) -> dict[str, Path]:
    """Return the file of last year's figures by the name it is kept under; none where there is none.

    The one that year.yaml names, else the figures.csv that was published here for the year before.
    """
    folder = place.landlord_folder(code) / year
    named = load_year(folder).previous_figures if (folder / "year.yaml").is_file() else None
    if named is not None:
        file = folder / named
        if not file.is_file():
            raise InputError(
                f"{folder / 'year.yaml'}: 'previous_figures' names {named}, which is not in the folder: put "
                "last year's figures there, or remove the line."
            )
        return {f"{year_before(year)}/{named}": file}
    before = place.returns(code, year_before(year))
    published = in_force(before, read_acts(before)) / "figures.csv"
    return {f"{year_before(year)}/published/{published.name}": published} if published.is_file() else {}


def kept_return(context: dg.AssetExecutionContext, place: Place) -> LastYearReturn | None:
    """Return last year's figures, as they were received, for the return that is compared with them."""
    kept = _kept(context, place)
    if kept is None:
        return None
    file, data = kept
    return LastYearReturn(
        year_before(code_and_year(context)[1]),
        file.name,
        hashlib.sha256(data).hexdigest(),
        _made_here(file),
        read_previous_figures(data, file.name),
    )


def kept_last_year(context: dg.AssetExecutionContext, place: Place) -> tuple[LastYear, dict[str, Any] | None]:
    """Return last year's estimates from the figures as they were received, and where those are from.

    That is: year, file, sha256, bytes, published (whether they were made here), and by population which
    measures rest on an assumption of simple random sampling (assumed), and which cannot be compared and why
    (left_out).
    """
    kept = _kept(context, place)
    if kept is None:
        return LastYear(), None
    file, data = kept
    found = last_year_estimates(read_previous_figures(data, file.name))
    return found, {
        "year": year_before(code_and_year(context)[1]),
        "file": file.name,
        "sha256": hashlib.sha256(data).hexdigest(),
        "bytes": len(data),
        "published": _made_here(file),
        "assumed": {population: list(measures) for population, measures in found.assumed.items()},
        "left_out": {population: dict(measures) for population, measures in found.left_out.items()},
    }


def _kept(context: dg.AssetExecutionContext, place: Place) -> tuple[UPath, bytes] | None:
    """The file of last year's figures as it is kept; None where there is none."""
    kept = place.received(NAME, *code_and_year(context))
    files = sorted(each for each in kept.rglob("*") if each.is_file()) if kept.exists() else []
    return (files[0], files[0].read_bytes()) if files else None


def _made_here(file: UPath) -> bool:
    return file.parent.name == "published"
