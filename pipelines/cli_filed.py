"""`tsm check-filed`: the validations on a return that was filed elsewhere.

Here: words on the screen. Not here: reading and judging it (pipelines.statutory.filed).
"""

from __future__ import annotations

import sys
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING

import click

from schemas.errors import InputError

if TYPE_CHECKING:
    from pipelines.statutory.filed import Filed
    from pipelines.statutory.validations import CheckOutcome


@click.command(name="check-filed")
@click.argument("file", type=click.Path(path_type=Path))
@click.argument("code", required=False)
@click.option("--year", help="The reporting year, such as 2024-25, where an entry sheet does not say.")
@click.option("--all-breaches", is_flag=True, help="Every breach, not the first three of a rule.")
def check_filed(file: Path, code: str | None, year: str | None, all_breaches: bool) -> None:
    """Hold a return that was filed elsewhere against the validations.

    FILE is RSH's published workbook (.xlsx; CODE picks one landlord, else all that break a hard rule are
    shown), or an entry sheet: nrosh.csv with its column value filled in by hand.
    """
    from pipelines.cli_compare import read_given
    from pipelines.statutory.filed import read_filed, validate_filed

    returns = read_filed(read_given(file), year)
    if code is not None:
        if not returns[0].code:
            raise InputError(
                f"{file} is an entry sheet, the return of one landlord: leave {code[:20]} out. A code picks "
                "a landlord from RSH's workbook."
            )
        returns = [each for each in returns if each.code == code.upper()]
        if not returns:
            raise InputError(f"{code[:20]} is not in {file}: its landlords stand there by RSH's code.")
    failed = False
    for filed in returns:
        outcomes = validate_filed(filed)
        hard = any(each.outcome == "failed" for each in outcomes)
        failed |= hard
        if hard or len(returns) == 1:
            _show(filed, outcomes, all_breaches)
    if len(returns) > 1:
        click.echo(f"{len(returns):,} returns of {returns[0].year} were held against the validations.")
    if failed:
        sys.exit(1)


def _show(filed: Filed, outcomes: list[CheckOutcome], all_breaches: bool) -> None:
    from pipelines.publications.text import clean

    click.echo(clean(f"{filed.name} ({filed.code}), {filed.year}" if filed.code else filed.year))
    for line in outcome_lines(outcomes, all_breaches):
        click.echo(clean(line))


def outcome_lines(outcomes: list[CheckOutcome], all_breaches: bool = False) -> Iterator[str]:
    """Yield the validations that did not pass, the hard ones first, and how many did."""
    order = {"failed": 0, "warning": 1}
    shown = [each for each in outcomes if each.outcome != "passed"]
    for each in sorted(shown, key=lambda outcome: order[outcome.outcome]):
        rule = each.validation
        yield f"{each.outcome.upper():<8}{rule.id:<9}{len(each.breaches):>7,}  {rule.title}"
        messages = [breach.message for breach in each.breaches] if all_breaches else [each.message]
        yield from (f"{'':26}{message}" for message in messages)
        yield f"{'':26}{rule.remedy}"
    yield f"{len(outcomes) - len(shown)} of {len(outcomes)} validations passed."
    idle = sum(not each.comparisons for each in outcomes)
    if idle:
        yield f"Of these, {idle} had nothing to compare."
