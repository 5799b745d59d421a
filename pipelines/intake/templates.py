"""What `tsm init` writes: a landlord's folder with commented settings and input files of headings alone."""

from __future__ import annotations

from pathlib import Path

from pipelines.intake.settings import check_code, check_year
from schemas.errors import InputError
from schemas.rulebook import load_edition
from schemas.tables import TABLES

_LANDLORD = """\
# The landlord, as the regulator knows it. Every line that begins with # is a remark.
code: "{code}"
name: Name of the landlord      # as registered
type: PRP                       # PRP (private registered provider) or LA (local authority)
region:                         # such as North West
former_names: []                # such as [Old Town Homes Ltd]
# former_codes: []              # earlier codes at the regulator, such as [L0002], to find last year by
contacts: []
# contacts:
#   - name: Jo Bloggs
#     role: Head of performance
#     email: jo.bloggs@example.org
#     phone: "020 7946 0000"
# branding:                       # how the report looks; every line may be left out
#   logo: logo.svg                # beside this file: SVG of plain shapes, PNG or JPEG
#   colour: "#0B5394"             # of headings; dark enough to read on white, or the usual one is used
#   accent: "#B45F06"             # of lines
"""

_YEAR = """\
# One reporting year, {start} to {end}. Every line that begins with # is a remark.
reporting_year: {year}

# How the tenant perception survey was done: for LCRA, and likewise LCHO where you own at least 1,000 low cost
# home ownership homes (COMBINED instead of both where neither reaches 1,000 but both together do).
survey:
  LCRA:
    approach: census              # census | sample
    # sampling: quota             # for a sample: simple_random | stratified | quota
    # population: 8962            # households; only where there is no households file
    # fieldwork: {{from: {start}, to: {end}}}
    # contractor: none            # the contractor's name, or none
    # interviewed_by: none        # contractor | own_staff | managing_agent | mixed | none
    # interviewed_by_text:        # in words: who interviewed, where that was mixed
    # incentives: none            # type and amount, or none
    # exclusions: {{count: 4, reason: risk to interviewer}}
    # questionnaire: questionnaire.pdf
    # weighting: {{method: rake, characteristics: [age_band, area], bounds: [0.3, 3]}}
    #                             # none | supplied (weights in survey_responses) | post_stratify | rake
    #                             # other_text: in words, what characteristics the return's list lacks
    # quotas: [age_band, area]    # what `tsm survey` follows during fieldwork
    # representativeness:         # in words: how the responses compare with the population
    # failure_reason:             # in words: why too few responded, if too few did
    # other_method_text:          # in words: what the survey method "other" was
    # changes_since_last_year: none
    # other_issues: none

# Your own targets for repairs that carry none of their own: hours, working_days or calendar_days.
repairs:
  targets:
    emergency: {{hours: 24}}
    non_emergency: {{working_days: 20}}
  # What the return asks beside them. longest: hours for emergencies, working days for the rest.
  # return_form:
  #   emergency: {{several: no}}
  #   non_emergency: {{several: yes, longest: 60, outline: "urgent 5, routine 20, planned 60 working days"}}

# The homes that you gave in the stock return of {end} (SDR; for councils LADR or LAHS), to compare with.
# stock_return: {{LCRA: 2988, LCHO: 1102}}

# The permanent web address at which the results are published.
publication_url:

# Departures from the rulebook's documented defaults, such as
#   rejected_share_stop: 10
settings: {{}}

# Findings that a named person has confirmed, such as
#   - {{id: REP-504, by: Jo Bloggs, on: {end}, reason: "jobs reopened after completion", evidence: "log 7"}}
# Each answers what is found when it is first read. When that moves it asks again: write the new day.
confirmations: []

# Last year's figures, where this software did not compute them.
previous_figures:
"""


def init_folder(home: Path, code: str, year: str) -> Path:
    """Create `landlords/CODE/YEAR` under `home`; return the year's folder.

    Writes landlord.yaml (kept where there is one), year.yaml and one CSV of headings for every table.
    Nothing is overwritten: InputError where the year's folder already holds something.
    """
    check_code(code)
    check_year(year, "tsm init")
    edition = load_edition(year)
    landlord = home / "landlords" / code
    folder = landlord / year
    if folder.exists() and (not folder.is_dir() or any(folder.iterdir())):
        raise InputError(f"{folder} already holds files: remove them first, or choose another year.")
    try:
        folder.mkdir(parents=True, exist_ok=True)
        settings = landlord / "landlord.yaml"
        if not settings.exists():
            settings.write_text(_LANDLORD.format(code=code), encoding="utf-8")
        filled = _YEAR.format(year=year, start=edition.start, end=edition.end)
        (folder / "year.yaml").write_text(filled, encoding="utf-8")
        for table in TABLES.values():
            headings = ",".join(column.name for column in table.columns)
            (folder / f"{table.name}.csv").write_text(f"{headings}\n", encoding="utf-8")
    except OSError as error:
        raise InputError(f"{folder} cannot be written: {error.strerror}.") from error
    return folder
