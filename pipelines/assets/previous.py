"""What a return is compared with, as it is kept: last year's figures and return, and the national figures.

Here: where they come from. Not here: reading them (pipelines.intake) and comparing (pipelines.survey,
pipelines.statutory).
"""

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import dagster as dg
from upath import UPath

from pipelines.assurance.acts import read_acts
from pipelines.assurance.release import in_force, read_document
from pipelines.assurance.verify import RETURN, parse, signed_bytes
from pipelines.intake.previous_figures import read_previous_figures, year_before
from pipelines.intake.settings import load_landlord, load_year
from pipelines.measures.stock import Stock, mostly_supported
from pipelines.partitions import code_and_year
from pipelines.statutory import Beside
from pipelines.statutory import LastYear as LastYearReturn
from pipelines.statutory.peers import import_for, national
from pipelines.survey.last_year import LastYear, last_year_estimates
from schemas.errors import InputError

from .common import Place, file_summary

NAME, RETURN_NAME, BENCHMARKS_NAME = "previous_figures", "previous_return", "benchmarks"
PREVIOUS_KEY = dg.AssetKey(["received", NAME])
BENCHMARKS_KEY = dg.AssetKey(["received", BENCHMARKS_NAME])
_FIGURES, _PUBLISHED, _MERGED = "figures.csv", "published", "merged"


# ----------------------------------------------------------------------------------------- what is received


def previous_files(place: Place, code: str, year: str) -> dict[str, Path | bytes]:
    """Return what is kept of last year by name: its figures, and its return where that was made here.

    The figures are those that year.yaml names, else those published here for the year before, under the
    landlord's code or, where it has none, the one former code (landlord.yaml) that has. Of several such codes
    none is last year's: they are kept to say who merged. A return is kept as it is approved, without
    the marks of how it stands, so that it stays the same when somebody approves it later.
    """
    before = year_before(year)
    given = _given(place.landlord_folder(code) / year, before)
    own = _published(place, code, before)
    former = {} if own else {each: _published(place, each, before) for each in _former_codes(place, code)}
    former = {each: files for each, files in former.items() if files}
    if len(former) > 1:
        apart = {f"{before}/{_MERGED}/{each}/{_FIGURES}": files[_FIGURES] for each, files in former.items()}
        return given or apart
    for files in former.values():
        own = files
    kept = {f"{before}/{_PUBLISHED}/{name}": content for name, content in own.items()}
    if given:
        kept.pop(f"{before}/{_PUBLISHED}/{_FIGURES}", None)
    return {**given, **kept}


def _given(folder: Path, before: str) -> dict[str, Path | bytes]:
    """The file of last year's figures that year.yaml names."""
    named = load_year(folder).previous_figures if (folder / "year.yaml").is_file() else None
    if named is None:
        return {}
    file = folder / named
    if not file.is_file():
        raise InputError(
            f"{folder / 'year.yaml'}: 'previous_figures' names {named}, which is not in the folder: put "
            "last year's figures there, or remove the line."
        )
    return {f"{before}/{named}": file}


def _former_codes(place: Place, code: str) -> tuple[str, ...]:
    folder = place.landlord_folder(code)
    return load_landlord(folder).former_codes if (folder / "landlord.yaml").is_file() else ()


def _published(place: Place, code: str, year: str) -> dict[str, Path | bytes]:
    """The figures and the return that were made here for a code and year; nothing where there are none."""
    returns = place.returns(code, year)
    folder = in_force(returns, read_acts(returns))
    files: dict[str, Path | bytes] = {}
    if (folder / _FIGURES).is_file():
        files[_FIGURES] = folder / _FIGURES
        if (folder / RETURN).is_file():
            files[RETURN] = signed_bytes(read_document(folder))
    return files


def benchmark_files(place: Place, year: str) -> dict[str, Path]:
    """Return the imported national figures that a return of `year` could be compared with, by name."""
    path = import_for(Path(place.home), year)
    return {} if path is None else {f"{path.parent.name}/{path.name}": path}


# --------------------------------------------------------------------------------------------- what is kept


@dataclass(frozen=True)
class _Kept:
    """What was received of last year: the files of its figures and its return, and the codes that merged."""

    figures: UPath | None
    document: UPath | None
    merged: tuple[str, ...]

    @property
    def published(self) -> bool:
        """Whether the figures were made here."""
        return self.figures is not None and self.figures.parent.name == _PUBLISHED


def kept_last_year(context: dg.AssetExecutionContext, place: Place) -> tuple[LastYear, dict[str, Any] | None]:
    """Return last year's estimates from the figures as they were received, and where those are from.

    That is: year, file, sha256, bytes, published (whether they were made here), and by population which
    measures rest on an assumption of simple random sampling (assumed), and which cannot be compared and why
    (left_out).
    """
    kept = _kept(context, place)
    if kept.figures is None:
        return LastYear(), None
    data = kept.figures.read_bytes()
    found = last_year_estimates(read_previous_figures(data, kept.figures.name))
    return found, {
        "year": year_before(code_and_year(context)[1]),
        "file": kept.figures.name,
        "sha256": hashlib.sha256(data).hexdigest(),
        "bytes": len(data),
        "published": kept.published,
        "assumed": {population: list(measures) for population, measures in found.assumed.items()},
        "left_out": {population: dict(measures) for population, measures in found.left_out.items()},
    }


def kept_beside(
    context: dg.AssetExecutionContext, place: Place, stock: Stock
) -> tuple[Beside, list[dict[str, Any]]]:
    """Return what the return is compared with, as it was received, and its lines of provenance."""
    kept = _kept(context, place)
    imported = _imported(context, place)
    nation = national(*imported) if imported else national("", None)
    lines = [file_summary(BENCHMARKS_NAME, nation.file, nation.sha256, nation.size)]
    document = None
    if kept.document is not None:
        data = kept.document.read_bytes()
        document = parse(data)
        lines.insert(0, file_summary(RETURN_NAME, RETURN, hashlib.sha256(data).hexdigest(), len(data)))
    last_year = None
    if kept.figures is not None:
        data = kept.figures.read_bytes()
        last_year = LastYearReturn(
            year_before(code_and_year(context)[1]),
            kept.figures.name,
            hashlib.sha256(data).hexdigest(),
            kept.published,
            read_previous_figures(data, kept.figures.name),
            document,
        )
        lines.insert(0, file_summary(NAME, last_year.file, last_year.sha256, len(data)))
    return Beside(last_year, kept.merged, nation, mostly_supported(stock)), lines


def _kept(context: dg.AssetExecutionContext, place: Place) -> _Kept:
    figures, document, merged = None, None, []
    for file in _files(context, place, NAME).values():
        if file.name == RETURN and file.parent.name == _PUBLISHED:
            document = file
        elif file.parent.parent.name == _MERGED:
            merged.append(file.parent.name)
        else:
            figures = file
    return _Kept(figures, document, tuple(merged))


def _imported(context: dg.AssetExecutionContext, place: Place) -> tuple[str, bytes] | None:
    """The imported national figures as they were received, with what they are called."""
    for name, file in _files(context, place, BENCHMARKS_NAME).items():
        return name, file.read_bytes()
    return None


def _files(context: dg.AssetExecutionContext, place: Place, name: str) -> Mapping[str, UPath]:
    kept = place.received(name, *code_and_year(context))
    files = sorted(each for each in kept.rglob("*") if each.is_file()) if kept.exists() else []
    return {f"{each.parent.name}/{each.name}": each for each in files}
