"""`tsm map`: what is in a file, proposed as an entry of sources.yaml. It asks nothing and changes nothing."""

from __future__ import annotations

from pathlib import Path

import click

from schemas.errors import InputError


@click.command(name="map")
@click.argument("file", type=click.Path(path_type=Path))
@click.option("--table", default="", help="Which of our tables it is, where the file does not show it.")
@click.option("--year", help="Reporting year whose wording is looked for; the latest if left out.")
@click.option("--landlord", default="", help="The landlord's name as it stands in the survey's questions.")
@click.option(
    "--out", type=click.Path(path_type=Path), help="Write it to this file; one that exists is never replaced."
)
def map_file(file: Path, table: str, year: str | None, landlord: str, out: Path | None) -> None:
    """Propose how FILE is read: which table it is, which column is which, as an entry of sources.yaml."""
    from pipelines.intake.proposal_text import as_yaml
    from pipelines.intake.propose import propose
    from schemas.rulebook import editions, load_edition

    edition = load_edition(year or editions()[-1])
    text = as_yaml(propose(file, edition, table, landlord))
    if out is None:
        click.echo(text, nl=False)
        return
    try:
        with out.open("x", encoding="utf-8") as stream:
            stream.write(text)
    except FileExistsError as error:
        raise InputError(f"{out} is there already: choose another name, nothing was written.") from error
    except OSError as error:
        raise InputError(f"{out} cannot be written: {error.strerror}.") from error
    click.echo(f"Wrote {out}: check it, then keep it as sources.yaml beside year.yaml.")
