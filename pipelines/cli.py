"""The `tsm` command.

Here: words on the screen and exit statuses (0 done, 1 a stop finding, 2 wrong usage). Heavy packages are
imported inside the commands that need them, so that `tsm --help` answers at once.
"""

from __future__ import annotations

import logging
import os
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from pipelines.cli_compare import benchmarks, compare, forensics
from pipelines.cli_filed import check_filed
from pipelines.cli_map import map_file
from pipelines.cli_pages import index, open_returns
from pipelines.cli_signoff import (
    approve,
    confirm,
    of_revision,
    reproduce,
    say_revision,
    submit_record,
    verify,
)
from pipelines.cli_survey import survey
from schemas.errors import InputError, TsmError

if TYPE_CHECKING:
    import pandas as pd

    from pipelines.assurance.compute import Checked

DEMO_LANDLORD, DEMO_LAST_YEAR, DEMO_YEAR = "L0001", "2023-24", "2024-25"
_SHOWN_FINDINGS, _SHOWN_ROWS = 200, 50


class _Command(click.Group):
    """Every error meant for a user is printed as its one sentence, with its exit status."""

    def invoke(self, ctx: click.Context) -> Any:
        try:
            return super().invoke(ctx)
        except TsmError as error:
            click.echo(f"tsm: {error}", err=True)
            ctx.exit(error.exit_status)


@click.group(cls=_Command, context_settings={"help_option_names": ["-h", "--help"]})
@click.option(
    "--home",
    type=click.Path(file_okay=False, path_type=Path),
    default=lambda: Path(os.environ.get("TSM_HOME", "data")),
    show_default="$TSM_HOME or data",
    help="The folder with landlords/, store/, returns/ and the record of runs.",
)
@click.pass_context
def main(ctx: click.Context, home: Path) -> None:
    """Turn a landlord's survey and service records into its Tenant Satisfaction Measures return."""
    ctx.obj = home


main.add_command(survey)
main.add_command(approve)
main.add_command(submit_record)
main.add_command(confirm)
main.add_command(verify)
main.add_command(reproduce)
main.add_command(map_file)
main.add_command(index)
main.add_command(open_returns)
main.add_command(forensics)
main.add_command(benchmarks)
main.add_command(check_filed)
main.add_command(compare)


@main.command()
@click.argument("code")
@click.argument("year")
@click.pass_obj
def init(home: Path, code: str, year: str) -> None:
    """Make a landlord's folder: commented landlord.yaml and year.yaml, and an empty file a table."""
    from pipelines.intake import init_folder

    folder = init_folder(home, *_landlord_year(code, year))
    click.echo(
        f"Made {folder}: fill in landlord.yaml, year.yaml and the tables, then: tsm check {code} {year}"
    )


@main.command()
@click.argument("code")
@click.argument("year")
@click.option(
    "-o",
    "--output",
    type=click.Path(file_okay=False, path_type=Path),
    metavar="FOLDER",
    help="Write findings.html, findings.xlsx and findings.csv there too.",
)
@click.pass_obj
def check(home: Path, code: str, year: str, output: Path | None) -> None:
    """Show the findings of a landlord's files and of the return's validations; no return is made."""
    from pipelines.assurance.compute import gather

    with _progress():
        checked = _check(home, *_landlord_year(code, year), output)
        findings, validated = checked.findings, "The return is not validated: a stop finding withholds it."
        if not checked.stopped:
            of_the_return, validated = _validated(checked)
            findings = gather([findings, of_the_return])
    if checked.rules.edition.status == "provisional":
        click.echo(checked.rules.edition.status_note)
    _show_findings(findings)
    click.echo(validated)
    if output is not None:
        click.echo(f"\nWith the cells marked: {output / 'findings.html'} (and .xlsx, .csv)")
    if (findings["grade"] == "stop").any():
        sys.exit(1)


def _validated(checked: Checked) -> tuple[pd.DataFrame, str]:
    """Return the findings of the return's validations, and how many held."""
    from pipelines.assurance.draft import draft_return
    from pipelines.statutory import as_findings, validate

    outcomes = validate(draft_return(checked))
    passed = sum(each.outcome == "passed" for each in outcomes)
    told = f"{passed} of the return's {len(outcomes)} validations passed"
    return as_findings(outcomes), f"{told}; changes on last year are judged by a run."


@main.command()
@click.argument("code", required=False)
@click.argument("year", required=False)
@click.option("--all", "all_year", metavar="YEAR", help="Every landlord of the home, for one year.")
@click.option(
    "--workers", type=click.IntRange(1), default=1, show_default=True, help="Landlords at a time with --all."
)
@click.pass_obj
def run(home: Path, code: str | None, year: str | None, all_year: str | None, workers: int) -> None:
    """Make the whole return of a landlord and year, or of every landlord with --all YEAR."""
    if (all_year is None) == (code is None) or (code is not None and year is None):
        raise InputError("Give either a landlord's code and a year (tsm run L0001 2024-25) or --all 2024-25.")
    if all_year is None:
        _run_one(home, *_landlord_year(code or "", year or ""))
        return
    from pipelines.partitions import landlord_codes
    from pipelines.runs import run_many

    _, known_year = _landlord_year("ALL", all_year)
    codes = [each for each in landlord_codes(home) if (home / "landlords" / each / known_year).is_dir()]
    if not codes:
        raise InputError(
            f"No landlord in {home / 'landlords'} has a folder {known_year}: make one with `tsm init`."
        )
    failed = 0
    for number, (each, problem) in enumerate(run_many(home, codes, known_year, workers), 1):
        failed += bool(problem)
        click.echo(f"[{number}/{len(codes)}] {each} {known_year}: {problem or 'done'}")
    if failed:
        click.echo(
            f"{failed} of {len(codes)} returns were not made; their last good ones stay in place.", err=True
        )
        sys.exit(1)


@main.command()
@click.argument("code")
@click.argument("year")
@click.argument("measure")
@click.option(
    "--rows", "which", type=click.Choice(["met", "missed", "outside"]), help="List the records too."
)
@click.option("--csv", "as_csv", is_flag=True, help="With --rows: all of them, as CSV.")
@of_revision
@click.pass_obj
def explain(
    home: Path, code: str, year: str, measure: str, which: str | None, as_csv: bool, revision: int | None
) -> None:
    """Show how a published figure came about: the arithmetic, the exclusions by reason, the rows."""
    from pipelines.assurance.explain import as_lines, rows
    from pipelines.assurance.explain import explain as explanation_of
    from pipelines.assurance.release import shown
    from schemas.rulebook import load_edition

    code, year = _landlord_year(code, year)
    number, folder = shown(home / "returns" / code / year, revision)
    explanation = explanation_of(folder, load_edition(year), measure.upper())
    if as_csv and not which:
        raise InputError("--csv lists records: say which with --rows met, missed or outside.")
    if as_csv and which:
        rows(explanation, which).to_csv(sys.stdout, index=False)
        return
    say_revision(code, year, number)
    click.echo("\n".join(as_lines(explanation)))
    if which:
        chosen = rows(explanation, which)
        click.echo(f"\n{len(chosen):,} records {which}:")
        click.echo(chosen.head(_SHOWN_ROWS).to_string(index=False))
        if len(chosen) > _SHOWN_ROWS:
            click.echo(f"… the first {_SHOWN_ROWS}; --csv gives all {len(chosen):,}")


@main.command()
@click.option("--code", default=DEMO_LANDLORD, show_default=True, help="The synthetic landlord's code.")
@click.option("--repairs", type=click.IntRange(100, 1_000_000), help="Repairs a year, up to a million.")
@click.option("--homes", "lcra_homes", type=click.IntRange(500, 200_000), help="LCRA homes.")
@click.option("--responses", type=click.IntRange(100, 100_000), help="LCRA households that answer.")
@click.option("--seed", type=int, help="Another seed gives another landlord.")
@click.option("--clean", is_flag=True, help="Without the mess that real data has.")
@click.pass_obj
def sample(home: Path, /, code: str, clean: bool, **sizes: int | None) -> None:
    """Build a synthetic landlord: nobody in it is real."""
    from pipelines.sample import SampleSpec, write_sample

    chosen: dict[str, Any] = {key: value for key, value in sizes.items() if value is not None}
    spec = replace(SampleSpec(code=_code(code), mess=not clean), **chosen)
    for file in write_sample(home, spec, _building):
        click.echo(f"  {file}")


@main.command()
@click.pass_obj
def demo(home: Path) -> None:
    """Build the sample landlord, make its return, and say where the PDF lies."""
    from pipelines.sample.again import write_sample_again

    click.echo(f"Building the sample landlord {DEMO_LANDLORD} (synthetic: nobody in it is real)")
    write_sample_again(home, progress=_building)
    click.echo(f"The year before, {DEMO_LAST_YEAR}, to compare with")
    _run_one(home, DEMO_LANDLORD, DEMO_LAST_YEAR, headlines=False)
    click.echo(f"\nThe year {DEMO_YEAR}")
    _run_one(home, DEMO_LANDLORD, DEMO_YEAR)
    click.echo("\nHow a figure came about:   .venv/bin/tsm explain L0001 2024-25 RP02_1")
    click.echo("The lineage of all of it:  make ui")
    click.echo("Your own landlord:         .venv/bin/tsm init CODE YEAR")


@main.command()
@click.option("--port", type=click.IntRange(1, 65535), default=3000, show_default=True)
@click.pass_obj
def ui(home: Path, port: int) -> None:
    """Open Dagster's web UI on this machine only: lineage, runs, checks, and each return's PDF."""
    from pipelines.web import serve

    click.echo(f"Open http://127.0.0.1:{port} (this machine only; Ctrl-C ends it)")
    serve(home, port=port)


@main.command()
@click.pass_obj
def watch(home: Path) -> None:
    """Watch the landlords' folders: whoever's files change gets a new return. Ctrl-C ends it."""
    from pipelines.instance import point_environment_at
    from pipelines.web import WORKSPACE

    folder = point_environment_at(home)
    click.echo(f"Watching {home / 'landlords'} (runs are recorded in {folder}; Ctrl-C ends it)")
    daemon = [sys.executable, "-m", "dagster._daemon", "run", "--workspace", str(WORKSPACE)]
    sys.stdout.flush()
    os.execv(sys.executable, daemon)  # noqa: S606 (in this process's place: whatever ends it, ends it)


@main.group()
def rulebook() -> None:
    """What the regulator's rules say, by reporting year."""


@rulebook.command()
@click.argument("before")
@click.argument("after")
def diff(before: str, after: str) -> None:
    """Show what changed between two reporting years."""
    from schemas.rulebook import format_diff

    click.echo(format_diff(before, after))


def _building(what: str, done: int, total: int) -> None:
    """Show how far the sample landlord has come."""
    click.echo(f"  [{done}/{total}] {what}", err=True)


def _code(code: str) -> str:
    from pipelines.intake.settings import check_code

    return check_code(code)


def _landlord_year(code: str, year: str) -> tuple[str, str]:
    """Return code and year where both are well-formed and the rulebook has the year."""
    from schemas.rulebook import load_edition

    return _code(code), load_edition(year).year


def _check(home: Path, code: str, year: str, output: Path | None) -> Checked:
    from pipelines.assurance.acts import today
    from pipelines.assurance.compute import check_landlord
    from pipelines.intake.settings import refuse_confirmations_to_come

    refuse_confirmations_to_come(home / "landlords" / code / year, today())
    if output is None:
        return check_landlord(home, code, year)
    from pipelines.assets.withheld import check_with_files

    checked, files = check_with_files(home, code, year)
    try:
        output.mkdir(parents=True, exist_ok=True)
        for name, content in files().items():
            (output / name).write_bytes(content)
    except OSError as error:
        raise InputError(f"{output} cannot be written in: {error.strerror}.") from error
    return checked


def _run_one(home: Path, code: str, year: str, *, headlines: bool = True) -> None:
    from pipelines.runs import run_return

    with _progress():
        folder = run_return(home, code, year)
    if headlines:
        _show_headlines(folder)
    click.echo(f"\nThe return:  {folder / 'return.pdf'}")


def _show_headlines(folder: Path) -> None:
    import json

    document = json.loads((folder / "return.json").read_bytes())
    measures = {measure["key"]: measure for measure in document["measures"]}
    landlord, status = document["landlord"], document["status"]
    click.echo(f"\n{landlord['name']} ({landlord['code']}), {document['reporting_year']}")
    if document["edition"]["status"] == "provisional":
        click.echo(document["edition"]["status_note"])
    shown: dict[str, list[str]] = {}
    for figure in document["figures"]:
        if figure["status"] != "not_required":
            shown.setdefault(figure["measure"], []).append(f"{figure['value_text']} ({figure['population']})")
    for key, values in shown.items():
        click.echo(
            f"  {measures[key]['label']:<9} {measures[key]['short_title'][:52]:<53} {', '.join(values)}"
        )
    if document["revision"]:
        click.echo(document["revision"]["text"])
    click.echo(document["approval"]["text"])
    standing = "Draft" if status["draft"] else "Approved"
    click.echo(
        f"{standing}: {status['to_confirm']} finding(s) to confirm, {len(status['missing'])} item(s) missing."
    )


def _show_findings(findings: pd.DataFrame) -> None:
    import pandas as pd

    if findings.empty:
        click.echo("No findings.")
        return
    order = {"stop": 0, "confirm": 1, "note": 2}
    groups = findings.groupby(["grade", "finding_id", "table"], sort=False)
    for (grade, finding_id, table), group in sorted(groups, key=lambda each: (order[each[0][0]], each[0][1])):
        first = group.iloc[0]
        click.echo(f"{grade.upper():<8}{finding_id:<9}{len(group):>7,}  {table}: {first['title']}")
        click.echo(f"{'':26}{first['remedy']}")
        touched = sorted({key for keys in group["touches"] for key in keys.split(";") if key})
        if touched:
            click.echo(f"{'':26}touches {', '.join(touched)}")
    click.echo("")
    ordered = findings.assign(order=findings["grade"].map(order)).sort_values(
        ["order", "finding_id", "row"], kind="stable"
    )
    for line in ordered.head(_SHOWN_FINDINGS).itertuples():
        sheet = f" {line.sheet}" if isinstance(line.sheet, str) and line.sheet else ""
        row = "" if pd.isna(line.row) else f" row {line.row}"
        click.echo(f"{line.grade:<8}{line.finding_id:<9}{line.file}{sheet}{row}  {line.message}")
    if len(ordered) > _SHOWN_FINDINGS:
        click.echo(
            f"… the first {_SHOWN_FINDINGS} of {len(ordered):,}; a run writes all of them to findings.csv"
        )


@contextmanager
def _progress() -> Iterator[None]:
    """Show what long work is doing: the stages log to `tsm`."""
    handler = logging.StreamHandler(sys.stderr)
    handler.setFormatter(logging.Formatter("  %(message)s"))
    log = logging.getLogger("tsm")
    log.setLevel(logging.INFO)
    log.propagate = False
    log.addHandler(handler)
    try:
        yield
    finally:
        log.removeHandler(handler)
