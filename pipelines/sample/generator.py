"""The sample landlord: made-up input files of every table, the same to the byte each time."""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from pipelines.sample import mess, services, stock, survey
from pipelines.sample.draw import year_start
from pipelines.sample.files import keep_off, write_table, write_text
from pipelines.sample.questionnaire import questionnaire
from schemas.errors import InputError

Progress = Callable[[str, int, int], None]

# All three formats that the intake reads are in the sample.
_FILES = {
    "homes": "homes.csv",
    "safety_checks": "safety_checks.parquet",
    "safety_exclusions": "safety_exclusions.parquet",
    "repairs": "repairs.csv",
    "complaints": "complaints.xlsx",
    "asb_cases": "asb_cases.csv",
    "survey_responses": "survey_responses.csv",
    "households": "households.csv",
}
_CODE = re.compile(r"[A-Za-z0-9]{2,12}")
_YEAR = re.compile(r"20\d\d-\d\d")


@dataclass(frozen=True)
class SampleSpec:
    """What the sample landlord is like. Counts are homes at the beginning, and records a year.

    `responses` are the rented households that answer; shared owners, a survey of their own from 1,000 such
    homes, add about three for every ten of their number. `mess` plants the faults that real extracts have.
    """

    code: str = "L0001"
    name: str = "Example Homes (synthetic)"
    years: tuple[str, ...] = ("2023-24", "2024-25")
    lcra_homes: int = 3000
    lcho_homes: int = 1100
    repairs: int = 9000
    complaints: int = 200
    asb_cases: int = 150
    responses: int = 700
    seed: int = 20240401
    mess: bool = True


def write_sample(home: Path, spec: SampleSpec | None = None, progress: Progress | None = None) -> list[Path]:
    """Write the sample landlord's folder under `home`/landlords and return the files, in order.

    `progress` is called before each table with what is being written, how many are done and how many there
    are in all. Raises InputError where the spec cannot be met, or the folder belongs to a real landlord.
    """
    spec = spec or SampleSpec()
    _check(spec)
    folder = home / "landlords" / spec.code
    keep_off(folder, spec.name)
    steps = len(spec.years) * len(_FILES)
    report = progress or (lambda what, done, total: None)
    written = [
        write_text(_README.format(name=spec.name, code=spec.code), folder / "README.md"),
        write_text(_LANDLORD.format(code=spec.code, name=spec.name), folder / "landlord.yaml"),
    ]
    standing = stock.make_stock(spec.years, spec.lcra_homes, spec.lcho_homes, spec.seed)
    for age, year in enumerate(spec.years):
        written.append(write_text(_year_file(spec, year, age), folder / year / "year.yaml"))
        for population in _surveyed(spec):
            text = questionnaire(year, population, spec.name)
            written.append(write_text(text, folder / year / _questionnaire_file(population)))
        tables = _tables(spec, standing, year, age, report, steps)
        if spec.mess:
            tables = mess.plant(tables, spec.seed, year)
        for name, frame in tables.items():
            written.append(write_table(frame, folder / year / _FILES[name]))
    report("done", steps, steps)
    return written


def _tables(
    spec: SampleSpec, standing: stock.Stock, year: str, age: int, report: Progress, steps: int
) -> mess.Tables:
    households = stock.households_table(standing, year, age, spec.seed)
    makers = {
        "homes": lambda: stock.homes_table(standing, year, age),
        "safety_checks": lambda: stock.checks_table(standing, year, age, spec.seed),
        "safety_exclusions": lambda: stock.exclusions_table(standing, year),
        "repairs": lambda: services.repairs_table(standing, year, spec.repairs, spec.seed),
        "complaints": lambda: services.complaints_table(standing, year, spec.complaints, spec.seed),
        "asb_cases": lambda: services.asb_table(standing, year, spec.asb_cases, spec.seed),
        "survey_responses": lambda: survey.responses_table(households, year, _surveyed(spec), spec.seed),
        "households": lambda: households,
    }
    tables: mess.Tables = {}
    for number, (name, make) in enumerate(makers.items()):
        report(f"{year} {name}", age * len(makers) + number, steps)
        tables[name] = make()
    return tables


def _surveyed(spec: SampleSpec) -> dict[str, int]:
    """The populations that are surveyed, and how many of each answer."""
    owners = {"LCHO": round(spec.lcho_homes * 0.29)} if spec.lcho_homes >= 1000 else {}
    return {"LCRA": spec.responses, **owners}


def _questionnaire_file(population: str) -> str:
    return f"questionnaire_{population.lower()}.txt"


def _check(spec: SampleSpec) -> None:
    if not _CODE.fullmatch(spec.code):
        raise InputError(
            f"The landlord code {spec.code!r} cannot be used for a sample: expected 2 to 12 letters "
            "and digits, such as L0001; give another code."
        )
    for year in spec.years:
        if not _YEAR.fullmatch(year) or int(year[:4]) % 100 + 1 != int(year[5:]):
            raise InputError(
                f"{year!r} is not a reporting year: expected two years in a row, such as 2024-25."
            )
    starts = [year_start(year).year for year in spec.years]
    if not starts or starts != list(range(starts[0], starts[0] + len(starts))):
        raise InputError(
            f"The sample's years {', '.join(spec.years) or '(none)'} must be given, and follow on."
        )
    least = {
        "lcra_homes": 500,
        "lcho_homes": 0,
        "repairs": 100,
        "complaints": 60,
        "asb_cases": 60,
        "responses": 100,
    }
    for field, limit in least.items():
        if getattr(spec, field) < limit:
            raise InputError(f"The sample's {field} is {getattr(spec, field)}: give {limit} or more.")
    if spec.repairs > 1_000_000:
        raise InputError(f"The sample's repairs is {spec.repairs}: give 1,000,000 a year or fewer.")
    if spec.responses > 0.6 * spec.lcra_homes:
        raise InputError(
            f"The sample's responses is {spec.responses}, of {spec.lcra_homes} rented homes: "
            "give at most six for every ten homes."
        )


def _year_file(spec: SampleSpec, year: str, age: int) -> str:
    first = year_start(year).year
    changes = "none" if age == 0 else "A postal questionnaire was sent to those without a telephone number"
    plans = [
        _PLAN.format(
            population=population,
            first=first,
            changes=changes,
            questionnaire=_questionnaire_file(population),
            weighting=_WEIGHTING.get(population, "{method: none}"),
        )
        for population in _surveyed(spec)
    ]
    return _YEAR_FILE.format(year=year, plans="".join(plans), code=spec.code)


_LANDLORD = """\
# Synthetic: no such landlord exists. Made by `tsm sample`.
code: {code}
name: {name}
type: PRP
region: Midlands
former_names: [Example Housing Association (synthetic)]
contacts:
  - {{name: A. Nother (synthetic), role: Head of Performance, email: performance@example.org}}
"""

_YEAR_FILE = """\
# Synthetic: no such landlord exists. Made by `tsm sample`.
reporting_year: {year}
survey:
{plans}repairs:
  targets: {{emergency: {{hours: 24}}, non_emergency: {{working_days: 20}}}}
  return_form:
    emergency: {{several: no}}
    non_emergency: {{several: yes, longest: 60, outline: "Urgent 5, routine 20, planned 60 working days"}}
publication_url: https://example.org/{code}/tenant-satisfaction-measures/{year}
settings: {{}}
confirmations: []
"""

# Older tenants answer more readily: the larger survey is weighted for it, the smaller is left as it is.
_WEIGHTING = {"LCRA": "{method: rake, characteristics: [age_band, area], bounds: [0.3, 3]}"}

_PLAN = """\
  {population}:
    approach: sample
    sampling: quota
    fieldwork: {{from: {first}-09-02, to: {first}-11-30}}
    contractor: Example Research Ltd (synthetic)
    interviewed_by: contractor
    incentives: A prize draw for one £100 shopping voucher
    questionnaire: {questionnaire}
    weighting: {weighting}
    quotas: [age_band, area]
    changes_since_last_year: {changes}
"""

_README = """\
# {name}, code {code}

**Synthetic data.** No such landlord, home or person exists. `tsm sample` made every file in this folder from
a seed; running it again gives the same bytes.

Each year's folder holds the input tables of one reporting year, as a landlord's systems would export them:
most as CSV, the complaints as an Excel workbook, the safety checks and exclusions as Parquet. A second year
is the same stock a year on: homes built and sold, households that moved, jobs and complaints carried over.

The faults in the files are meant: impossible dates, homes that do not exist, records sent twice, answers
outside the scale or in capitals, jobs completed before they were reported, homes that no check and no
exclusion covers, and comments that try to be a formula or a piece of a web page. They show what `tsm check`
finds, and that none of it stops a return.
"""
