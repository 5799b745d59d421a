"""Input files that give a real landlord's published figures, rebuilt from its published counts.

The counts are the regulator's; every record is made up. The files are what a landlord's systems would export:
dates spread over the year, in or out of time as the counts need, beside records that must change nothing
(cancelled jobs, leaseholders' complaints, homes sold in the year, answers after the year's end).
"""

from __future__ import annotations

from pathlib import Path

import yaml

from pipelines.sample import rebuilt_services, rebuilt_stock, rebuilt_survey
from pipelines.sample.files import keep_off, write_table, write_text
from pipelines.sample.published import Published, PublishedSurvey

__all__ = ["Published", "PublishedSurvey", "write_reconstruction"]

_NOTE = "# Synthetic records made up from published counts (Regulator of Social Housing, OGL v3.0).\n"


def write_reconstruction(home: Path, published: Published, year: str = "2023-24", seed: int = 1) -> Path:
    """Write a landlord's folder under `home`/landlords and return it.

    Raises InputError where the published counts contradict each other, or the folder holds real records.
    """
    published.check()
    folder = home / "landlords" / published.code
    name = f"{published.name} (synthetic records)"
    keep_off(folder, name)
    stock = rebuilt_stock.rebuild_stock(published, year, seed)
    homes = rebuilt_stock.homes_table(stock, published, year, seed)
    held = rebuilt_stock.owned_all_year(homes, year)
    tables = {
        "homes.csv": homes,
        "safety_checks.parquet": rebuilt_stock.checks_table(stock, published, year, seed),
        "safety_exclusions.parquet": rebuilt_stock.exclusions_table(stock),
        "repairs.csv": rebuilt_services.repairs_table(stock, held, published, year, seed),
        "complaints.csv": rebuilt_services.complaints_table(stock, held, published, year, seed),
        "asb_cases.csv": rebuilt_services.asb_table(stock, held, published, year, seed),
        "survey_responses.csv": rebuilt_survey.responses_table(published, year, seed),
    }
    about = {"code": published.code, "name": name, "type": published.type, "region": published.region}
    write_text(_NOTE + _yaml(about), folder / "landlord.yaml")
    write_text(_NOTE + _yaml(_year_file(published, year)), folder / year / "year.yaml")
    for file, frame in tables.items():
        write_table(frame, folder / year / file)
    return folder


class _Dumper(yaml.SafeDumper):
    """Writes a value that comes twice in full twice: the settings files allow no YAML aliases."""

    def ignore_aliases(self, data: object) -> bool:
        return True


def _yaml(content: object) -> str:
    return yaml.dump(content, Dumper=_Dumper, sort_keys=False, allow_unicode=True)


def _year_file(published: Published, year: str) -> dict[str, object]:
    begin, end = rebuilt_survey.fieldwork(year)
    return {
        "reporting_year": year,
        "survey": {
            population: {
                "approach": survey.approach,
                **({} if survey.approach == "census" else {"sampling": "simple_random"}),
                "population": survey.population_size,
                "fieldwork": {"from": begin, "to": end},
                "interviewed_by": "none",
                "incentives": "none",
                "weighting": {"method": "supplied" if survey.weighted else "none"},
                "changes_since_last_year": "none",
            }
            for population, survey in published.surveys.items()
        },
        "repairs": {
            "targets": {
                "emergency": {"hours": rebuilt_services.EMERGENCY_HOURS},
                "non_emergency": {"working_days": rebuilt_services.WORKING_DAYS},
            }
        },
        "settings": dict(published.settings),
        "confirmations": [],
    }
