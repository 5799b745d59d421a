"""`tsm index` and `tsm open`: the page of all returns, and looking at it.

Here: words on the screen. Not here: what the page says (pipelines.publications.index), how it is written
(pipelines.returns_index) and served (pipelines.serving).
"""

from __future__ import annotations

from pathlib import Path

import click


@click.command("index")
@click.pass_obj
def index(home: Path) -> None:
    """Write returns/index.html again, from the published returns themselves: every landlord and year."""
    from pipelines.returns_index import write_index

    click.echo(write_index(home, afresh=True))


@click.command("open")
@click.option(
    "--port",
    type=click.IntRange(0, 65535),
    default=0,
    help="The port to serve on; whichever is free, if none is given.",
)
@click.option("--no-browser", is_flag=True, help="Say the address only; open no browser.")
@click.pass_obj
def open_returns(home: Path, port: int, no_browser: bool) -> None:
    """Look at the returns in a browser, on this machine only, until Ctrl-C."""
    from pipelines.returns_index import write_index
    from pipelines.serving import open_browser, serve_site

    folder = write_index(home).parent

    def ready(address: str) -> None:
        shown = not no_browser and open_browser(address)
        click.echo(f"{'Opened' if shown else 'Open'} {address} (this machine only; Ctrl-C ends it)")

    serve_site(folder, port, ready)
