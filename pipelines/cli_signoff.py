"""`tsm confirm`, `approve`, `submit-record`, `verify`, `reproduce`: the life of a return once it is made.

Here: words on the screen and exit statuses. Not here: what these acts are (pipelines.assurance.approval) and
what verifying is (pipelines.assurance.verify).
"""

from __future__ import annotations

import getpass
import sys
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING

import click

from schemas.errors import InputError

if TYPE_CHECKING:
    from pipelines.assurance.acts import Act


of_revision = click.option(
    "--revision",
    type=click.IntRange(1),
    help="Of which revision; 1 is the return itself. The newest if left out.",
)


def say_revision(code: str, year: str, number: int, *, beside: bool = False) -> None:
    """Say of which revision what follows is, where it is one; `beside` data for machines, not in them."""
    if number > 1:
        click.echo(f"Revision {number} of the return of {code} for {year}.", err=beside)


@click.command()
@click.argument("code")
@click.argument("year")
@click.option("--name", required=True, help="Who approves: first name and surname.")
@click.option("--role", required=True, help="As what, such as Chief Executive.")
@click.option("--statement", default="", help="Another statement than the usual one.")
@click.option(
    "--incomplete-because",
    "because",
    default="",
    metavar="TEXT",
    help="Why it is approved although something is missing or to be confirmed; kept and printed.",
)
@click.pass_obj
def approve(home: Path, code: str, year: str, name: str, role: str, statement: str, because: str) -> None:
    """Record that a named person approves the return as it is published, and print that on its pages."""
    from pipelines.assurance.approval import approve as record
    from pipelines.assurance.verify import return_sha256
    from pipelines.runs import assembled

    folder = _year_folder(home, code, year)
    digest = return_sha256(assembled(home, code, year))
    act = record(
        folder,
        name=name,
        role=role,
        statement=statement,
        incomplete_because=because,
        now=_now(),
        account=_account(),
        assembled=digest,
    )
    click.echo(f"{act['by']}, {act['role']}, approved the return whose hash is {act['return_sha256']}.")
    if act["lacking"]:
        click.echo(f"Approved incomplete: {act['incomplete_because']}")
    _recorded(folder, act)
    _pages_again(home, code, year)


@click.command("submit-record")
@click.argument("code")
@click.argument("year")
@click.option("--on", required=True, metavar="DATE", help="The day it was filed, such as 2025-06-30.")
@click.option("--reference", required=True, help="The regulator's reference of the filing.")
@click.option("--name", required=True, help="Who filed it: first name and surname.")
@click.pass_obj
def submit_record(home: Path, code: str, year: str, on: str, reference: str, name: str) -> None:
    """Record that the approved return was filed with the regulator; it is never written again after that."""
    from pipelines.assurance.approval import record_filing

    folder = _year_folder(home, code, year)
    act = record_filing(folder, name=name, on=on, reference=reference, now=_now(), account=_account())
    click.echo(f"Filed on {act['on']}, reference {act['reference']}: {code} {year} is locked.")
    click.echo("A later run that gives another return writes a numbered revision beside it.")
    _recorded(folder, act)


@click.command()
@click.argument("code")
@click.argument("year")
@click.argument("finding_id")
@click.option("--by", required=True, help="Who confirms: first name and surname.")
@click.option("--reason", required=True, help="Why what was found is right.")
@click.option("--evidence", default="", help="Where what shows it is kept.")
@click.option("--table", help="In that table alone, where a finding stands in several.")
@click.pass_obj
def confirm(
    home: Path, code: str, year: str, finding_id: str, by: str, reason: str, evidence: str, table: str | None
) -> None:
    """Confirm a finding of the published return, by name and with a reason; it asks again where it moves."""
    from pipelines.assurance.approval import confirm as record

    folder = _year_folder(home, code, year)
    act = record(
        folder,
        finding_id,
        by=by,
        reason=reason,
        evidence=evidence,
        table=table,
        now=_now(),
        account=_account(),
    )
    for answer in act["answers"]:
        records = f"{answer['records']:,} record{'' if answer['records'] == 1 else 's'}"
        click.echo(f"Confirmed {finding_id}, {answer['table']}, {records}: {answer['message']}")
    _recorded(folder, act)
    click.echo(f"The next `tsm run {code} {year}` prints it in the return.")


@click.command()
@click.argument("what", nargs=-1, metavar="[CODE YEAR | FOLDER]")
@click.pass_obj
def verify(home: Path, what: tuple[str, ...]) -> None:
    """Check that kept returns are as they were made, approved and filed: all, one year's, or a folder's.

    An auditor needs none of this: `python verify.py FOLDER` does the same with Python alone.
    """
    from pipelines.assurance import verify as verifying

    archive = _local_archive(home)
    if len(what) == 2:
        report = verifying.check_year(_year_folder(home, *what), archive)
        where = " ".join(what)
    elif len(what) == 1 and not Path(what[0]).is_dir():
        raise InputError(f"There is no folder {what[0]}: give a folder, or a landlord's code and a year.")
    elif len(what) > 2:
        raise InputError("Give a landlord's code and a year, or a folder, or nothing for all returns.")
    else:
        folder = Path(what[0]).resolve() if what else home.resolve() / "returns"
        # Of a folder from elsewhere the inputs lie elsewhere too, or nowhere.
        own = archive if folder.is_relative_to(home.resolve() / "returns") else None
        report, where = verifying.check(folder, own), str(folder)
    if not report.checked and not report.problems:
        raise InputError(f"There is no return to verify in {where}.")
    for line in verifying.as_lines(report):
        click.echo(line)
    if report.problems:
        sys.exit(1)


@click.command()
@click.argument("code")
@click.argument("year")
@of_revision
@click.pass_obj
def reproduce(home: Path, code: str, year: str, revision: int | None) -> None:
    """Compute a published return again, from the inputs and the edition of its time; nothing is published.

    Every figure that comes out otherwise is named and explained. The landlord's own folder is not needed.
    """
    from tempfile import TemporaryDirectory

    from upath import UPath

    from pipelines.assurance import reproduce as reproducing
    from pipelines.assurance.archive import archive_of
    from pipelines.intake.settings import check_code, check_year
    from pipelines.storage import store_of

    folder = home.resolve() / "returns" / check_code(code) / check_year(year, "YEAR")
    archive = archive_of(UPath(store_of(home)), code)
    with TemporaryDirectory() as scratch:
        found = reproducing.reproduce(folder, archive, Path(scratch), revision)
    for line in reproducing.as_lines(found):
        click.echo(line)
    if not found.same:
        sys.exit(1)


def _local_archive(home: Path) -> Path | None:
    """Return where the inputs of all landlords are kept, if that is on this machine's disk."""
    from upath import UPath

    from pipelines.assurance.verify import ARCHIVE
    from pipelines.storage import store_of

    store = UPath(store_of(home))
    return Path(str(store)) / ARCHIVE if store.protocol in ("", "file") else None


def _year_folder(home: Path, code: str, year: str) -> Path:
    """Return where the return of a year is published; InputError for what is no code or no year."""
    from pipelines.intake.settings import check_code
    from schemas.rulebook import load_edition

    return home.resolve() / "returns" / check_code(code) / load_edition(year).year


def _pages_again(home: Path, code: str, year: str) -> None:
    from pipelines.runs import remake_pages

    click.echo("Making the pages with the approval on them", err=True)
    folder = remake_pages(home, code, year)
    click.echo(f"\nThe return:  {folder / 'return.pdf'}")


def _recorded(folder: Path, act: Act) -> None:
    """Say where it was recorded, and the log's fingerprint: whoever has it finds a rewritten log out."""
    from pipelines.assurance.acts import head, read_acts
    from pipelines.assurance.verify import log_of
    from pipelines.returns_index import refresh_index

    refresh_index(folder.parents[2])
    log = read_acts(folder)
    click.echo(f"Act {act['n']} in {log_of(folder)}; the log's fingerprint is now")
    click.echo(f"  {head(log)}  (keep it elsewhere, in the minutes say)")
    for note in log.report.notes:
        click.echo(f"Note: {note}", err=True)


def _now() -> datetime:
    return datetime.now(UTC)


def _account() -> str:
    """Return the account of who types: names are given on trust."""
    try:
        return getpass.getuser()
    except (KeyError, OSError):  # a container's user may have no name
        return ""
