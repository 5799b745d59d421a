"""`tsm survey`: how far a survey's fieldwork is; `tsm survey plan`: whom to invite before it.

Here: words on the screen and the files of a plan. Not here: the arithmetic (pipelines.survey.tracker, .plan).
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime
from fractions import Fraction
from pathlib import Path
from typing import TYPE_CHECKING, Any
from zoneinfo import ZoneInfo

import click

from schemas.errors import InputError

if TYPE_CHECKING:
    import pandas as pd

    from pipelines.assurance.compute import Checked
    from pipelines.measures import Inputs
    from pipelines.survey.plan import SurveyPlan
    from pipelines.survey.sample import Sample
    from pipelines.survey.tracker import Fieldwork, Progress

_SHOWN_CELLS, _SHOWN_REASONS = 15, 10
_LABEL, _CELL = 17, 40
_DATE = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}")
_RATE = re.compile(r"([0-9]{1,3}(?:\.[0-9]{1,3})?) ?%")
_CSV_COLUMNS = ("population", "characteristics", "cell", "target", "so_far", "due", "behind", "to_go")
_TABLES = ("households", "population_margins", "survey_responses")


class _Survey(click.Group):
    """A first word that is no subcommand belongs to the tracker: landlord codes have no small letters."""

    def parse_args(self, ctx: click.Context, args: list[str]) -> list[str]:
        if args and args[0] not in {*self.commands, "-h", "--help"}:
            args = ["track", *args]
        return super().parse_args(ctx, args)


@click.group(cls=_Survey, subcommand_metavar="CODE YEAR | plan CODE YEAR")
def survey() -> None:
    """Follow a survey's fieldwork (`tsm survey CODE YEAR`), or plan it (`tsm survey plan CODE YEAR`)."""


@survey.command()
@click.argument("code")
@click.argument("year")
@click.option("--as-at", metavar="DATE", help="How it stood at the end of that day; today otherwise.")
@click.option(
    "--by", metavar="NAMES", help="Quota cells by these, such as age_band,area, not by year.yaml's."
)
@click.option("--csv", "as_csv", is_flag=True, help="All quota cells, as CSV.")
@click.pass_obj
def track(home: Path, code: str, year: str, as_at: str | None, by: str | None, as_csv: bool) -> None:
    """Show how far fieldwork is (`track` may be left out): responses, margin, pace, quota cells behind."""
    day = _day(as_at)
    chosen = None if by is None else _names("--by", by)
    checked = _check(home, code, year)
    inputs, later = _until(_inputs(checked), day)
    everyone, populations = _respondents(inputs)
    found = [_stand(checked, everyone, population, day, chosen) for population in populations]
    known = [each for each in found if each.progress]
    if (as_csv or (chosen and known)) and not any(each.cells for each in found):
        why = known[0].problem if known else "the number of households is not known."
        raise InputError(f"There are no quota cells: {why}")
    if as_csv:
        _say_if_provisional(checked, err=True)
        click.echo(_cells_csv(found), nl=False)
        return
    click.echo(f"{code} {year}, as at {_text(day)}")
    _say_if_provisional(checked)
    for each in found:
        click.echo("")
        click.echo("\n".join(_standing_lines(each)))
    notes = [*_notes(checked, code, year, _TABLES), *_not_counted(everyone, populations, later)]
    if notes:
        click.echo("\n".join(["", *notes]))


@survey.command()
@click.argument("code")
@click.argument("year")
@click.option(
    "--population",
    type=click.Choice(["LCRA", "LCHO", "COMBINED"]),
    help="Plan this one alone; otherwise each that is surveyed.",
)
@click.option(
    "--response-rate",
    "rate",
    default="25%",
    show_default=True,
    metavar="PERCENT",
    help="The share of the invited that is expected to respond.",
)
@click.option("--seed", metavar="TEXT", help="What the draw follows from.  [default: CODE YEAR]")
@click.option("--quota-by", metavar="NAMES", help="Quota cells by these, not by year.yaml's.")
@click.option("--strata", metavar="NAMES", help="Draw in proportion by stratum, such as area,stock_type.")
@click.option("--out", type=click.Path(file_okay=False, path_type=Path), help="Another folder for the plan.")
@click.option("--force", is_flag=True, help="Replace a different plan that lies there.")
@click.pass_obj
def plan(
    home: Path,
    code: str,
    year: str,
    population: str | None,
    rate: str,
    seed: str | None,
    quota_by: str | None,
    strata: str | None,
    out: Path | None,
    force: bool,
) -> None:
    """Plan a survey: required sample, quotas, and a drawn sample that anybody can draw again.

    Needs landlord.yaml, year.yaml and the households table alone. Writes to HOME/surveys/CODE/YEAR.
    """
    response_rate = _rate(rate)
    if seed is not None and not seed.strip():
        raise InputError("--seed is blank: give any words, or leave it out.")
    wish = _Wish(
        response_rate,
        f"{code} {year}" if seed is None else seed,
        None if quota_by is None else _names("--quota-by", quota_by),
        () if strata is None else _names("--strata", strata),
    )
    checked = _check(home, code, year)
    _refuse_bad_households(checked, code, year)
    everyone, surveyed = _respondents(_inputs(checked))
    planned = [_plan(checked, everyone, each, wish) for each in ([population] if population else surveyed)]
    folder = out or home / "surveys" / code / year
    files = {name: content for each in planned for name, content in _files(checked, code, each).items()}
    changed = _store(folder, files, force)
    _say_if_provisional(checked)
    for each in planned:
        click.echo("\n".join([*_plan_lines(checked, each), ""]))
    for note in _notes(checked, code, year, ["households"]):
        click.echo(f"{note}\n")
    click.echo(f"{'Written to' if changed else 'Unchanged in'} {folder}: {', '.join(files)}")


# ---------------------------------------------------------------------------------------- what was typed


def _day(text: str | None) -> date:
    if text is None:
        return datetime.now(ZoneInfo("Europe/London")).date()
    try:
        if _DATE.fullmatch(text):
            return date.fromisoformat(text)
    except ValueError:
        pass
    raise InputError(f"--as-at is {_short(text)}, but must be a date such as 2024-09-30.")


def _rate(text: str) -> Fraction:
    match = _RATE.fullmatch(text.strip())
    rate = Fraction(match[1]) / 100 if match else Fraction(0)
    if not 0 < rate <= 1:
        raise InputError(
            f"--response-rate is {_short(text)}, but must be a percentage above 0% and at most 100%, such as "
            "25%."
        )
    return rate


def _names(option: str, text: str) -> tuple[str, ...]:
    """The characteristics that an option names, as the headings of a table are read."""
    from pipelines.intake.sheet import heading_key

    names = tuple(dict.fromkeys(heading_key(name) for name in text.split(",") if name.strip()))
    if not names:
        raise InputError(f"{option} is blank: name characteristics, such as age_band,area.")
    return names


# --------------------------------------------------------------------------------------- what there is


def _check(home: Path, code: str, year: str) -> Checked:
    from pipelines.assurance.compute import check_landlord
    from pipelines.intake.settings import check_code
    from schemas.rulebook import load_edition

    check_code(code)
    load_edition(year)
    click.echo(f"Checking the files of {code} {year} …", err=True)
    return check_landlord(home, code, year)


def _say_if_provisional(checked: Checked, *, err: bool = False) -> None:
    edition = checked.rules.edition
    if edition.status == "provisional":
        click.echo(edition.status_note, err=err)


def _inputs(checked: Checked) -> Inputs:
    """The records; without homes, the populations surveyed are those that year.yaml or the tables state."""
    from pipelines.measures.stock import COMBINED, RELEVANT
    from pipelines.survey.tracker import with_stated_populations

    inputs = checked.inputs
    if len(inputs.accepted["homes"]):
        return inputs
    stated = set(checked.rules.year_file.survey)
    for table in _TABLES:
        stated = stated or set(inputs.accepted[table]["tenure"])
    populations = [COMBINED] if COMBINED in stated else [name for name in RELEVANT if name in stated]
    return with_stated_populations(inputs, populations)


def _respondents(inputs: Inputs) -> tuple[pd.DataFrame, list[str]]:
    """Every response with the population that it is reported in, and the populations that are surveyed."""
    from pipelines.assurance.surveys import reported_respondents

    everyone = reported_respondents(inputs)
    populations = list(everyone.attrs["reported"])
    if not populations:
        raise InputError(
            "No population is surveyed: give the homes table, or name LCRA, LCHO or COMBINED under survey in "
            "year.yaml."
        )
    return everyone, populations


def _until(inputs: Inputs, day: date) -> tuple[Inputs, int]:
    """The records with the responses up to `day` alone, and how many are dated later.

    What came later is taken away before anything else: it must not supersede an earlier response.
    """
    import pandas as pd

    responses = inputs.accepted["survey_responses"]
    so_far = responses[responses["completed_on"] < pd.Timestamp(day) + pd.Timedelta(days=1)]
    accepted = {**inputs.accepted, "survey_responses": so_far}
    return replace(inputs, accepted=accepted), len(responses) - len(so_far)


def _sample_of(checked: Checked, everyone: pd.DataFrame, population: str) -> Sample:
    from pipelines.assurance.surveys import given, scheme_of
    from pipelines.survey.sample import make_sample

    accepted = {table: records.accepted for table, records in checked.records.items()}
    return make_sample(
        population,
        everyone,
        given(accepted["households"]),
        given(accepted["population_margins"]),
        scheme_of(checked.rules.year_file.survey.get(population)),
    )


def _usable(sample: Sample) -> list[str]:
    """The characteristics whose categories are known for the population; never names or contact details."""
    from schemas.tables import is_personal

    named = dict.fromkeys([*sample.characteristics, *map(str, sample.margins["characteristic"])])
    return [name for name in named if not is_personal(name) and sample.known(name)]


def _unusable(names: Sequence[str], usable: Sequence[str], population: str) -> str:
    """The sentence on the first of `names` that is not one of `usable`; blank where all are."""
    unknown = next((name for name in names if name not in usable), None)
    if unknown is None:
        return ""
    remedy = (
        f"use one of {', '.join(usable)}"
        if usable
        else "add it as a column of households, or its totals to population_margins"
    )
    return (
        f"'{_short(unknown)}' is not a characteristic whose categories are known for the {population} "
        f"households: {remedy}."
    )


# -------------------------------------------------------------------------------------------- the tracker


@dataclass(frozen=True, eq=False)
class _Standing:
    """How one population stands; `progress` None where its size is not known.

    `cells`: quota cells by the characteristics that they are made of, or `problem` says why there are none.
    `unplaced`: those characteristics that no response has.
    """

    population: str
    responses: int
    progress: Progress | None
    fieldwork: Fieldwork | None
    cells: Mapping[tuple[str, ...], pd.DataFrame]
    unplaced: Sequence[str]
    problem: str
    not_counted: Mapping[str, int]


def _stand(
    checked: Checked, everyone: pd.DataFrame, population: str, day: date, chosen: tuple[str, ...] | None
) -> _Standing:
    from pipelines.survey.plan import cells
    from pipelines.survey.tracker import (
        Fieldwork,
        progress,
        quota_cells,
        quota_targets,
        worst_first,
    )

    stated = checked.rules.year_file.survey.get(population)
    days = stated.fieldwork if stated else None
    fieldwork = Fieldwork(days.start, days.end, day) if days else None
    sample = _sample_of(checked, everyone, population)
    responded = sample.respondents
    mine = everyone[everyone["population"] == population]
    left = mine.loc[mine["standing"] != "", "standing"].value_counts().sort_index()
    not_counted = {str(reason): int(count) for reason, count in left.items()}
    size = sample.population_size
    if size is None:
        return _Standing(population, len(responded), None, fieldwork, {}, (), "", not_counted)
    accuracy = checked.rules.edition.accuracy
    found = progress(responded["completed_on"], size, sample.scheme.census, fieldwork, accuracy)
    by = (stated.quotas if stated else ()) if chosen is None else chosen
    usable = _usable(sample)
    problem = _unusable(by, usable, population) if by else _no_quotas(usable, population)
    standing: dict[tuple[str, ...], pd.DataFrame] = {}
    if not problem:
        for names, targets in quota_targets(sample, by, found.required_responses).items():
            cell = cells(responded.reindex(columns=list(names)), names)
            standing[names] = worst_first(quota_cells(responded["completed_on"], cell, targets, fieldwork))
    unplaced = [name for name in by if len(responded) and name not in responded] if standing else []
    return _Standing(population, len(responded), found, fieldwork, standing, unplaced, problem, not_counted)


def _no_quotas(usable: Sequence[str], population: str) -> str:
    names = list(usable[:2]) or ["age_band", "area"]
    return (
        f"none named; write quotas: [{', '.join(names)}] under survey, {population} in year.yaml, or give "
        f"--by {','.join(names)}."
    )


def _standing_lines(each: _Standing) -> Iterator[str]:
    found, fieldwork = each.progress, each.fieldwork
    head = f"{each.population}: "
    head += _count(found.population_size, "household") if found else "the number of households is not known"
    if fieldwork:
        head += f"; {_where_in(fieldwork)}"
    yield head
    if found is None:
        yield _line("Responses", f"{each.responses:,}")
        yield _line(
            "To give",
            f"a households table, population_margins, or population under survey, {each.population} in "
            "year.yaml: without one of them neither the required responses nor the margin are known",
        )
    else:
        yield _line(
            "Responses",
            f"{found.responses:,} of {found.required_responses:,} required, "
            + (f"{found.more_needed:,} to go" if found.more_needed else "enough"),
        )
        yield _line("Margin", f"{_margin(found)} now, ±{found.required_margin} required")
        if found.met and found.more_needed:
            yield _line("Census", "meets the requirement for so few households without that number")
        if fieldwork:
            yield from _projection(found, fieldwork)
    if not fieldwork:
        yield _line(
            "Fieldwork",
            f"write fieldwork: {{from: DATE, to: DATE}} under survey, {each.population} in year.yaml, and "
            "pace, projection and what is due follow",
        )
    if found and each.problem:
        yield _line("Quota cells", each.problem)
    for names, standing in each.cells.items():
        yield from _cell_lines(names, standing, fieldwork)
    for name in each.unplaced:
        yield _line("", f"survey_responses has no column {_short(name)}: no response has a place in these")
    if each.not_counted:
        yield _line("Not counted", _reasons(each.not_counted))


def _where_in(fieldwork: Fieldwork) -> str:
    span = f"{_text(fieldwork.first)} to {_text(fieldwork.last)}"
    if not fieldwork.days_gone:
        return f"fieldwork has not started ({span})"
    if fieldwork.as_at > fieldwork.last:
        return f"fieldwork has ended ({span})"
    return f"day {fieldwork.days_gone} of {fieldwork.days} ({span})"


def _projection(found: Progress, fieldwork: Fieldwork) -> Iterator[str]:
    """Pace, the day of enough, and what to expect at the end; after the end only what was reached."""
    running = fieldwork.days_gone and fieldwork.as_at <= fieldwork.last
    if running and found.pace is not None:
        days = "day" if fieldwork.pace_days == 1 else f"{fieldwork.pace_days} days"
        pace = f"{_one_place(found.pace)} a day over the last {days}"
        if found.pace_needed is not None:
            pace += f"; {_one_place(found.pace_needed)} a day needed"
        yield _line("Pace", pace)
    if found.required_responses and not found.more_needed and found.enough_on:
        yield _line("Enough", f"reached on {_text(found.enough_on)}")
    elif found.enough_on and running and found.enough_on <= fieldwork.last:
        yield _line("Enough", f"on {_text(found.enough_on)}")
    elif running:
        late = f" ({_text(found.enough_on)} at best)" if found.enough_on else ""
        yield _line("Enough", f"not at this pace before fieldwork ends{late}")
    if running and found.responses_at_end is not None:
        short = found.required_responses - found.responses_at_end
        outcome = "enough" if found.on_course else f"{short:,} short"
        yield _line("Expected at end", f"{found.responses_at_end:,} on {_text(fieldwork.last)}, {outcome}")


def _cell_lines(names: Sequence[str], standing: pd.DataFrame, fieldwork: Fieldwork | None) -> Iterator[str]:
    made_of = " / ".join(_short(name) for name in names)
    wanted = standing[standing["target"] > 0]
    full = int((wanted["to_go"] == 0).sum())
    if fieldwork:
        listed = standing[standing["behind"] > 0]
        state = (
            f"{len(listed):,} of {len(wanted):,} behind" if len(listed) else f"all {len(wanted):,} on course"
        )
        if not fieldwork.days_gone:
            state = f"{len(wanted):,}, nothing due yet"
        columns = {
            "target": "target",
            "responses": "so far",
            "due": "due by now",
            "behind": "behind",
            "to_go": "to go",
        }
    else:
        listed = standing[standing["to_go"] > 0]
        state = f"{len(listed):,} of {len(wanted):,} not full"
        columns = {"target": "target", "responses": "so far", "to_go": "to go"}
    yield _line("Quota cells", f"{state}, by {made_of}")
    shown = listed.head(_SHOWN_CELLS)
    if len(shown):
        labels = [_short(cell) for cell in shown["cell"]]
        width = max(len(label) for label in [*labels, "cell"])
        yield "    " + "cell".ljust(width) + "".join(f"{title:>12}" for title in columns.values())
        for label, row in zip(labels, shown[list(columns)].itertuples(index=False, name=None), strict=True):
            yield "    " + label.ljust(width) + "".join(f"{number:>12,}" for number in row)
    if len(listed) > len(shown):
        yield f"    … and {len(listed) - len(shown):,} more; --csv gives all"
    others = len(wanted) - len(listed)
    if fieldwork and len(listed) and others:
        of_them = f", {'all' if full == others else f'{full:,}'} of them full" if full else ""
        yield f"    {others:,} on course{of_them}"
    without = standing[(standing["target"] == 0) & (standing["responses"] > 0)]
    if len(without):
        some = ", ".join(_short(cell) for cell in without["cell"].head(5))
        outside = _count(int(without["responses"].sum()), "response")
        yield f"    {outside} in cells without a quota: {some}"


def _cells_csv(found: Sequence[_Standing]) -> bytes:
    from pipelines.publications.exports import to_csv

    rows = [
        (each.population, " / ".join(names), cell, target, so_far, due, behind, to_go)
        for each in found
        for names, standing in each.cells.items()
        for cell, target, so_far, to_go, due, behind in standing.itertuples(index=False, name=None)
    ]
    return to_csv(_CSV_COLUMNS, rows)


def _not_counted(everyone: pd.DataFrame, populations: Sequence[str], later: int) -> Iterator[str]:
    elsewhere = everyone.loc[~everyone["population"].isin(list(populations)), "standing"]
    if len(elsewhere):
        reasons = elsewhere.value_counts().sort_index()
        counts = {str(reason): int(count) for reason, count in reasons.items()}
        yield f"Responses of no population that is surveyed here: {_reasons(counts)}."
    if later:
        yield f"Dated later and not counted yet: {_count(later, 'response')}."


def _notes(checked: Checked, code: str, year: str, tables: Sequence[str]) -> Iterator[str]:
    """What the checks say about the survey's own tables; those of other tables do not matter here."""
    from schemas.tables import Effect

    for table in tables:
        findings = checked.findings[checked.findings["table"] == table]
        refused = findings[(findings["grade"] == "stop") & (findings["effect"] == Effect.TABLE_REFUSED)]
        for message in refused["message"]:
            yield _clean(f"{table}: {message}")
        turned_away = len(checked.records[table].rejected)
        if turned_away:
            yield (
                f"Turned away from {table} and not counted: {_count(turned_away, 'row')} "
                f"(see `tsm check {code} {year}`)."
            )


# -------------------------------------------------------------------------------------------- the planner


@dataclass(frozen=True)
class _Wish:
    """What was asked of a plan; `quota_by` None: as year.yaml has it."""

    response_rate: Fraction
    seed: str
    quota_by: tuple[str, ...] | None
    strata: tuple[str, ...]


@dataclass(frozen=True, eq=False)
class _Planned:
    """The plan of one population, and what it follows from."""

    population: str
    wish: _Wish
    quota_by: tuple[str, ...]
    plan: SurveyPlan


def _refuse_bad_households(checked: Checked, code: str, year: str) -> None:
    """A sample is only as good as its frame: a households table with a stop finding is put right first."""
    findings = checked.findings
    stops = findings[(findings["table"] == "households") & (findings["grade"] == "stop")]
    if len(stops):
        raise InputError(
            _clean(f"No sample is drawn: {stops['message'].iloc[0]} See `tsm check {code} {year}`.")
        )
    if checked.records["households"].accepted.empty:
        raise InputError(
            f"There are no households to draw from: put a households table into the folder of {code} {year}, "
            "with household_id, tenure and, for those that must not be invited, excluded_reason."
        )


def _plan(checked: Checked, everyone: pd.DataFrame, population: str, wish: _Wish) -> _Planned:
    from pipelines.survey.plan import plan_survey

    sample = _sample_of(checked, everyone, population)
    if sample.households is None:
        raise InputError(
            f"The households table has no household of {population}: add them, or plan another population "
            "alone with --population."
        )
    stated = checked.rules.year_file.survey.get(population)
    quota_by = (stated.quotas if stated else ()) if wish.quota_by is None else wish.quota_by
    stating = sample.households.columns[sample.households.notna().any()]
    usable = [name for name in _usable(sample) if name in stating]
    if problem := _unusable([*quota_by, *wish.strata], usable, population):
        raise InputError(problem)
    try:
        made = plan_survey(
            sample.households,
            checked.rules.edition.accuracy,
            response_rate=wish.response_rate,
            seed=wish.seed,
            quota_by=quota_by,
            strata=wish.strata,
        )
    except ValueError as error:
        raise InputError(f"No sample of {population} is drawn: {error}.") from error
    return _Planned(population, wish, quota_by, made)


def _files(checked: Checked, code: str, each: _Planned) -> dict[str, bytes]:
    """The files of a plan by name, the plan itself last: it names the hashes of the others."""
    from hashlib import sha256

    import yaml

    from pipelines.publications.exports import to_csv

    made = each.plan
    tables = {"sample": made.sample, "quotas": made.quotas, "exclusions": made.excluded}
    files = {
        f"{name}_{each.population}.csv": to_csv(
            list(frame.columns), frame.itertuples(index=False, name=None), byte_order_mark=True
        )
        for name, frame in tables.items()
    }
    households, edition = checked.records["households"], checked.rules.edition
    content: dict[str, Any] = {
        "landlord": code,
        "reporting_year": edition.year,
        "rules": edition.status,
        "population": each.population,
        "households": made.population_size,
        "left_out": made.population_size - made.frame_size,
        "can_be_invited": made.frame_size,
        "required_margin_points": made.required_margin,
        "required_responses": made.required_responses,
        "response_rate": _percent(each.wish.response_rate),
        "invitations": made.invitations,
        "census": made.census,
        "falls_short": made.falls_short,
        "seed": each.wish.seed,
        "strata": list(each.wish.strata),
        "quota_by": list(each.quota_by),
        "drawn": "The households of each stratum that can be invited, in the order of the SHA-256 (hex) of "
        "the seed, a line feed and the household_id, as many as the stratum's share of the invitations.",
        "households_table": {
            **{name: households.accepted.attrs[name] for name in ("file", "sheet", "sha256")},
            "rows_turned_away": len(households.rejected),
        },
        "files": {name: sha256(data).hexdigest() for name, data in files.items()},
    }
    text = yaml.safe_dump(content, sort_keys=False, allow_unicode=True, width=100)
    return files | {f"plan_{each.population}.yaml": text.encode("utf-8")}


def _store(folder: Path, files: Mapping[str, bytes], force: bool) -> bool:
    """Write the files of a plan unless the same lie there; InputError where others do, but for `force`."""
    try:
        there = {name: (folder / name).read_bytes() for name in files if (folder / name).exists()}
        differing = [name for name, content in there.items() if content != files[name]]
        if differing and not force:
            raise InputError(
                f"{folder} holds another plan ({differing[0]} differs): keep it and give another folder with "
                "--out, or replace it with --force."
            )
        if there == dict(files):
            return False
        folder.mkdir(parents=True, exist_ok=True)
        # All written beside, then moved over: a process killed half way leaves no half-written file.
        for name, content in files.items():
            (folder / f"{name}.part").write_bytes(content)
        for name in files:
            (folder / f"{name}.part").replace(folder / name)
    except OSError as error:
        raise InputError(f"The plan cannot be written to {folder}: {error.strerror}.") from error
    return True


def _plan_lines(checked: Checked, each: _Planned) -> Iterator[str]:
    made, wish = each.plan, each.wish
    households = _count(made.population_size, "household")
    yield f"{each.population}: {households}, {made.frame_size:,} can be invited"
    yield _line("Left out", f"{made.population_size - made.frame_size:,}")
    shown = made.exclusions.sort_values("households", ascending=False, kind="stable")
    for row in shown.head(_SHOWN_REASONS).itertuples():
        yield f"{'':{_LABEL + 2}}{row.households:>7,}  {_short(str(row.reason))}"
    if len(shown) > _SHOWN_REASONS:
        yield f"{'':{_LABEL + 2}}        … and {len(shown) - _SHOWN_REASONS:,} more reasons"
    yield _line("Required", f"{made.required_responses:,} responses for ±{made.required_margin}")
    rate = _percent(wish.response_rate)
    if made.census:
        yield _line("Invitations", f"{made.invitations:,}: everybody, a census")
    else:
        yield _line("Invitations", f"{made.invitations:,} at an expected response rate of {rate}")
    if made.falls_short:
        margin = "" if made.expected_margin is None else f", ±{_two_places(made.expected_margin)}"
        yield _line(
            "Falls short",
            f"at {rate} even everybody brings about {made.expected_responses:,} responses{margin}: plan "
            "reminders or a second way to answer",
        )
    stated = checked.rules.year_file.survey.get(each.population)
    if stated and stated.approach == "census" and not made.census:
        yield _line("year.yaml", "says approach: census; write approach: sample if this sample is used")
    how = f"by stratum of {' / '.join(map(_short, wish.strata))}" if wish.strata else "simple random"
    yield _line("Draw", f'{how}, seed "{_short(wish.seed)}"')
    if each.quota_by:
        yield _line("Quotas", f"{len(made.quotas):,} cells by {' / '.join(map(_short, each.quota_by))}")


# ------------------------------------------------------------------------------------------------- words


def _line(label: str, text: str) -> str:
    return f"  {label:<{_LABEL}}{text}"


def _text(day: date) -> str:
    from pipelines.publications.text import date_text

    return date_text(day.isoformat())


def _count(number: int, what: str) -> str:
    from pipelines.publications.text import plural

    return plural(number, what)


def _clean(text: str) -> str:
    from pipelines.publications.text import clean

    return clean(text)


def _short(text: str) -> str:
    """One line of text from a file or the command line, fit for the screen."""
    line = _clean(" ".join(text.split()))
    return line if len(line) <= _CELL else f"{line[: _CELL - 1]}…"


def _reasons(counts: Mapping[str, int]) -> str:
    return ", ".join(f"{reason.replace('_', ' ')} {count:,}" for reason, count in counts.items())


def _margin(found: Progress) -> str:
    if found.margin is None:
        return "not known"
    return f"±{_two_places(found.margin)}"


def _two_places(margin: Any) -> str:
    from pipelines.measures.rounding import round_half_up

    return str(round_half_up(Fraction(margin), 2))


def _one_place(pace: Fraction) -> str:
    from pipelines.measures.rounding import round_half_up

    return f"{round_half_up(pace, 1):,}"


def _percent(rate: Fraction) -> str:
    return f"{float(rate * 100):g}%"
