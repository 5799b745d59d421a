"""`tsm forensics`: what explains a published value. `tsm compare`, `tsm benchmarks`: a return beside others.

Here: words on the screen. Not here: the arithmetic (pipelines.assurance.forensics, pipelines.statutory).
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from pipelines.cli_signoff import of_revision, say_revision
from schemas.errors import InputError

if TYPE_CHECKING:
    from decimal import Decimal
    from fractions import Fraction

    import pandas as pd

    from pipelines.assurance.forensic_cases import Case
    from pipelines.assurance.wrong_ratios import Counts, Ratio
    from pipelines.statutory.peers import Peer
    from schemas.rulebook import Edition

_LARGEST = 200_000_000
_SHOWN_PEERS = 40
_CASE_COLUMNS = (
    "label", "measure", "population", "published", "correct", "verdict", "id", "formula", "sentence", "tied",
    "fits_by_chance", "of_values",
)  # fmt: skip
_PEER_COLUMNS = ("place", "code", "name", "value", "marker", "method", "responses", "note", "own")


@click.command()
@click.argument("code", required=False)
@click.argument("year", required=False)
@click.option("--value", help="The value as published, such as 61.2.")
@click.option("--measure", help="Its measure, such as TP12 or CH01_1.")
@click.option("--population", default="", help="With CODE YEAR: LCRA, LCHO, COMBINED or ALL.")
@click.option("--answers", metavar="A,B,C,D,E", help="Counts of the five answers, the best first.")
@click.option("--numerator", help="Where there are no answers.")
@click.option("--denominator", help="Where there are no answers.")
@click.option("--nadk", help='How many said "not applicable/ don\'t know".')
@click.option("--yes", "filter_yes", help="How many said Yes to the filter question.")
@click.option("--no", "filter_no", help="How many said No to it.")
@click.option("--respondents", help="All who took part in the survey.")
@click.option("--unweighted", metavar="N/D", help="Numerator and denominator without weights.")
@click.option("--weighted", is_flag=True, help="The counts are weighted.")
@click.option("--other-tenure", metavar="N/D", help="The same measure of the other tenure.")
@click.option("--other-part", metavar="N/D", help="The measure's other part.")
@click.option("--part", "parts", metavar="NAME=N/D", multiple=True, help="A month, area or mode; repeatable.")
@click.option("--last-year", help="Last year's value.")
@click.option("--homes-at-start", help="Homes owned as the year began.")
@click.option("--or-denominator", "denominators", metavar="NAME=COUNT", multiple=True, help="One to try.")
@click.option("--or-numerator", "numerators", metavar="NAME=COUNT", multiple=True, help="One to try.")
@click.option("--from", "file", type=click.Path(path_type=Path), help="A CSV file of values, a row each.")
@click.option("--csv", "as_csv", is_flag=True, help="The verdicts as CSV.")
@click.option("--json", "as_json", is_flag=True, help="The verdicts as JSON, every explanation in them.")
@click.pass_obj
def forensics(
    home: Path,
    /,
    code: str | None,
    year: str | None,
    value: str | None,
    measure: str | None,
    population: str,
    file: Path | None,
    as_csv: bool,
    as_json: bool,
    **given: Any,
) -> None:
    """Say which wrong way of computing gives a published value: wrong base, wrong answers, wrong rounding.

    The counts come from the options, from a CSV file (--from: columns measure, value, numerator, …), or, with
    CODE YEAR, from that landlord's own return.
    """
    from schemas.rulebook import editions, load_edition

    if (code is None) != (year is None):
        raise InputError("Give both the landlord's code and the year (L0001 2024-25), or neither.")
    if (file is None) == (value is None):
        raise InputError("Give either one --value with its --measure, or a file of many with --from.")
    edition = load_edition(year or editions()[-1])
    known = _known_counts(home, code, edition, as_csv or as_json) if code else {}
    if file is not None:
        from pipelines.assurance.forensic_cases import read_cases

        cases = read_cases(read_given(file), edition, known)
    else:
        cases = [_one_case(edition, known, value or "", measure, population, given)]
    if as_csv or as_json:
        _write_cases(cases, as_json)
        return
    _show_cases(cases)


def _one_case(
    edition: Edition,
    known: Mapping[tuple[str, str], Counts],
    value: str,
    key: str | None,
    population: str,
    given: Mapping[str, Any],
) -> Case:
    from pipelines.assurance.forensic_cases import Case, with_known
    from pipelines.assurance.forensics import published

    if key is None:
        raise InputError("Say which measure the value is of, such as --measure TP12.")
    measure = edition.measure(key.upper())
    counts, population = with_known(_given_counts(given), known, measure, population.upper())
    return Case("", measure, population, value, published(value), counts)


def _given_counts(given: Mapping[str, Any]) -> Counts:
    """The counts of the options."""
    from pipelines.assurance.forensics import count, published
    from pipelines.assurance.wrong_ratios import Counts, Ratio

    def one(name: str, option: str) -> Any:
        return None if given[name] is None else count(given[name], option)

    met, base = one("numerator", "--numerator"), one("denominator", "--denominator")
    if (met is None) != (base is None):
        raise InputError("Give both --numerator and --denominator, or neither.")
    answers = None if given["answers"] is None else given["answers"].split(",")
    if answers is not None and len(answers) != 5:
        raise InputError("--answers takes five counts, the best answer first: 120,200,80,60,50.")
    return Counts(
        ratio=None if met is None else Ratio(met, base),
        answers=None if answers is None else tuple(count(each, "--answers") for each in answers),
        nadk=one("nadk", "--nadk"),
        filter_yes=one("filter_yes", "--yes"),
        filter_no=one("filter_no", "--no"),
        respondents=one("respondents", "--respondents"),
        unweighted=_ratio(given["unweighted"], "--unweighted"),
        weighted=given["weighted"],
        other_tenure=_ratio(given["other_tenure"], "--other-tenure"),
        other_part=_ratio(given["other_part"], "--other-part"),
        parts={name: _some_ratio(text, "--part") for name, text in _named(given["parts"], "--part")},
        last_year=None if given["last_year"] is None else published(given["last_year"], "--last-year"),
        homes_at_start=one("homes_at_start", "--homes-at-start"),
        denominators=_named_counts(given["denominators"], "--or-denominator"),
        numerators=_named_counts(given["numerators"], "--or-numerator"),
    )


def _ratio(text: str | None, option: str) -> Ratio | None:
    return None if text is None else _some_ratio(text, option)


def _some_ratio(text: str, option: str) -> Ratio:
    from pipelines.assurance.forensics import count
    from pipelines.assurance.wrong_ratios import Ratio

    met, slash, base = text.partition("/")
    if not slash:
        raise InputError(f"{option} takes a numerator and a denominator: 459/624.")
    return Ratio(count(met, option), count(base, option))


def _named_counts(texts: Iterable[str], option: str) -> dict[str, Fraction]:
    from pipelines.assurance.forensics import count

    return {name: count(text, option) for name, text in _named(texts, option)}


def _named(texts: Iterable[str], option: str) -> Iterable[tuple[str, str]]:
    for text in texts:
        name, equals, rest = text.rpartition("=")
        if not equals or not name.strip():
            raise InputError(f'{option} takes a name and what it stands for: "{option} April=40/60".')
        yield name.strip(), rest


def _known_counts(home: Path, code: str, edition: Edition, data: bool) -> dict[tuple[str, str], Counts]:
    """What the landlord's own return knows of each figure; last year's as filed too, if it was made here."""
    from pipelines.assurance.acts import read_acts
    from pipelines.assurance.forensic_cases import counts_of_return
    from pipelines.assurance.release import in_force

    document = _document(home, code, edition.year)
    _say_revision(document, data)
    year_folder = home / "returns" / code / f"{edition.start.year - 1}-{edition.start.year % 100:02}"
    last = in_force(year_folder, read_acts(year_folder)) / "return.json"
    return counts_of_return(document, _read_document(last) if last.is_file() else None)


def _show_cases(cases: Sequence[Case]) -> None:
    from pipelines.assurance.forensic_cases import summary
    from pipelines.assurance.forensics import as_lines

    verdicts = [case.verdict for case in cases]
    for case, verdict in zip(cases, verdicts, strict=True):
        if len(cases) > 1 and verdict.kind == "correct":
            continue
        label = " ".join(each for each in (case.label, case.population) if each)
        click.echo(_clean("\n".join([*([f"{label}:"] if label else []), *as_lines(verdict)])))
    if len(cases) != 1:
        click.echo(_clean("\n".join(summary(verdicts))))


def _write_cases(cases: Sequence[Case], as_json: bool) -> None:
    rows = [{"label": case.label, "population": case.population, **case.verdict.as_dict()} for case in cases]
    if as_json:
        click.echo(json.dumps(rows, ensure_ascii=False, indent=1))
        return
    for row in rows:
        first = row["explanations"][0] if row["explanations"] else {"id": "", "formula": row["formula"]}
        row |= {"id": first["id"], "formula": first["formula"]}
    _echo_csv(_CASE_COLUMNS, rows)


# --------------------------------------------------------------------------------------------------- compare


@click.command()
@click.argument("code")
@click.argument("year")
@click.argument("measure", required=False)
@click.option("--json", "as_json", is_flag=True, help="Everything, as JSON.")
@of_revision
@click.pass_obj
def compare(
    home: Path, code: str, year: str, measure: str | None, as_json: bool, revision: int | None
) -> None:
    """Show each figure of a return beside last year, the nation and its peers, and what changed in method.

    It is what the return itself says; `tsm benchmarks show` compares anew with what is imported now.
    """
    edition = _edition(year)
    document = _document(home, code, edition.year, revision)
    found = document.get("comparison")
    if not found:
        raise InputError(
            f"The return of {edition.year} was made before returns were compared: "
            f"`tsm run {code} {edition.year}` makes it again."
        )
    if measure is not None:
        key = edition.measure(measure.upper()).key
        document = {**document, "figures": [each for each in document["figures"] if each["measure"] == key]}
        found = {
            **found,
            "method_changes": [each for each in found["method_changes"] if key in each["affects"]],
            "gone": [each for each in found["gone"] if each["measure"] == key],
        }
    _say_revision(document, as_json)
    if as_json:
        click.echo(json.dumps(found, ensure_ascii=False, indent=1))
        return
    click.echo(_clean("\n".join(_compared_lines(document, found))))


def _compared_lines(document: Mapping[str, Any], found: Mapping[str, Any]) -> Iterable[str]:
    last_year, nation = found["last_year"], found["benchmarks"]
    yield f"{document['landlord']['name']}, {document['reporting_year']}"
    yield last_year["text"] if last_year else "There are no figures of last year to compare with."
    yield f"{nation['source']} {nation['note']}".strip() if nation["year"] else nation["note"]
    changes = {(each["measure"], each["population"]): each for each in found["changes"]}
    beside = {(each["measure"], each["population"]): each for each in nation["figures"]}
    for figure in document["figures"]:
        key = (figure["measure"], figure["population"])
        if figure["value"] is None:
            continue
        yield ""
        change = changes.get(key)
        yield change["text"] if change else f"{' '.join(key)}: {figure['value_text']}, no value of last year"
        for group in beside[key]["groups"] if key in beside else ():
            words = [f"median {group['median_text']}", group["quarter_text"], group["rank_text"]]
            about = ", ".join(each for each in words if each)
            yield f"  {group['label'][:50]:<51}{group['landlords']:>5,}  {about}"
        if figure["measure"] == "TP01":
            yield from _by_method_lines(document, figure["population"])
    if found["method_changes"]:
        yield ""
        yield "Done differently from last year:"
        yield from (f"  {each['text']}" for each in found["method_changes"])
    if found["gone"]:
        yield ""
        yield from (each["text"] for each in found["gone"])


def _by_method_lines(document: Mapping[str, Any], population: str) -> Iterable[str]:
    """TP01 by how the landlord's own responses were collected."""
    for survey in document["survey"]:
        if survey["population"] == population:
            for method in survey["methods"]:
                own = f"Own responses: {method['label']}"
                yield f"  {own[:50]:<51}{method['responses']:>5,}  {method['tp01_text']}"


# ------------------------------------------------------------------------------------------------ benchmarks


@click.group()
def benchmarks() -> None:
    """Put a landlord beside the nation (`show`) and beside named peers (`import`, then `peers`)."""


@benchmarks.command(name="import")
@click.argument("file", type=click.Path(path_type=Path))
@click.option("--year", help="The reporting year that the workbook must be of; it says so itself.")
@click.pass_obj
def import_file(home: Path, file: Path, year: str | None) -> None:
    """Keep RSH's published landlord-level workbook FILE (.xlsx) of any year in the home folder."""
    from pipelines.statutory.peers import contradicted, import_workbook
    from schemas.rulebook import load_edition

    path, frame = import_workbook(home, read_given(file), None if year is None else load_edition(year).year)
    click.echo(f"Kept {frame['code'].nunique():,} landlords of {frame['year'].iloc[0]} in {path}")
    for population, mine in frame.groupby("population"):
        without = int(mine["value"].isna().sum())
        more = f", {without:,} without a value" if without else ""
        click.echo(f"  {population:<9}{mine['code'].nunique():>5,} landlords, {len(mine):,} figures{more}")
    if wrong := contradicted(frame):
        click.echo(f"  {wrong:,} value(s) not as their counts give them: kept as published.")


@benchmarks.command()
@click.argument("code")
@click.argument("year")
@click.argument("measure", required=False)
@click.option("--supported/--not-supported", default=None, help="Over 30% is supported housing.")
@click.option("--json", "as_json", is_flag=True, help="Everything, as JSON.")
@of_revision
@click.pass_obj
def show(
    home: Path,
    /,
    code: str,
    year: str,
    measure: str | None,
    supported: bool | None,
    as_json: bool,
    revision: int | None,
) -> None:
    """Show each figure of a return beside the nation; with MEASURE, beside every peer group."""
    from pipelines.statutory.benchmarks import compare
    from pipelines.statutory.peers import national_of

    edition = _edition(year)
    document = _document(home, code, edition.year, revision)
    found = compare(document, national_of(home, edition.year), supported)
    if measure is not None:
        key = edition.measure(measure.upper()).key
        found["figures"] = [each for each in found["figures"] if each["measure"] == key]
    if not found["figures"] and not as_json:
        raise InputError(found["note"] or "There is no national figure to compare with.")
    _say_revision(document, as_json)
    if as_json:
        click.echo(json.dumps(found, ensure_ascii=False, indent=1))
        return
    click.echo(_clean("\n".join(_comparison_lines(found, measure is not None))))


def _comparison_lines(found: Mapping[str, Any], every_group: bool) -> Iterable[str]:
    yield f"Beside the national figures of {found['year']}. {found['note']}".rstrip()
    for figure in found["figures"]:
        yield f"{figure['measure']} {figure['population']}  {figure['text']}"
        if every_group:
            for group in figure["groups"]:
                words = [f"median {group['median_text']}", group["position_text"], group["quarter_text"]]
                about = ", ".join(each for each in words if each)
                yield f"  {group['label'][:50]:<51}{group['landlords']:>5,}  {about}"
    yield found["source"]


@benchmarks.command()
@click.argument("code")
@click.argument("year")
@click.argument("measure")
@click.option("--population", help="LCRA, LCHO, COMBINED or ALL; the measure's first if left out.")
@click.option("--with", "others", metavar="CODES", help="These landlords, by code: L1234,22UE.")
@click.option(
    "--former",
    multiple=True,
    metavar="CODE",
    help="A code that it had before; repeatable. Those of landlord.yaml if left out.",
)
@click.option("--csv", "as_csv", is_flag=True, help="All of them, as CSV.")
@of_revision
@click.pass_obj
def peers(
    home: Path,
    /,
    code: str,
    year: str,
    measure: str,
    population: str | None,
    others: str | None,
    former: tuple[str, ...],
    as_csv: bool,
    revision: int | None,
) -> None:
    """Rank a landlord among named peers on MEASURE: --with these, else those of its type, size and region."""
    from pipelines.statutory import peers as data

    edition = _edition(year)
    code, rule = _code(code), edition.measure(measure.upper())
    where = (population or rule.populations[0]).upper()
    if where not in rule.populations:
        raise InputError(f"{rule.label} is reported for {', '.join(rule.populations)}: not for {where[:20]}.")
    compared = max((each for each in data.imported_years(home) if each <= edition.year), default=edition.year)
    known_codes = [each.upper() for each in former] or _former_codes(home, code)
    landlords = data.load_landlords(home, compared, {code: known_codes})
    document = _document(home, code, edition.year, revision, needed=False)
    key = (rule.key, where)
    own = data.own_from_return(document, key, edition) if document else None
    known = own or data.own_peer(landlords, code, key, _edition(compared))
    if known is None:
        raise InputError(
            f"{code} has no return of {edition.year} here with such a value (`tsm run {code} {edition.year}` "
            "makes one), and is not in RSH's data."
        )
    chosen, why = _chosen(landlords, document, code, others)
    ranked = data.among_peers(landlords, key, known, chosen, _edition(compared))
    if own:
        _say_revision(document, as_csv)
    if as_csv:
        _echo_csv(_PEER_COLUMNS, [_peer_row(each) for each in ranked])
        return
    when = compared
    if compared != edition.year:
        when = (
            f"{edition.year} beside peers of {compared}"
            if own
            else f"{compared} ({edition.year} is not here)"
        )
    click.echo(f"{rule.label} {where}, {when}: {why}")
    click.echo(_clean("\n".join(_peer_lines(ranked))))


def _former_codes(home: Path, code: str) -> Sequence[str]:
    """The codes that the landlord's own settings say it had before; none where it has no settings here."""
    from pipelines.intake import load_landlord

    folder = home / "landlords" / code
    return load_landlord(folder).former_codes if (folder / "landlord.yaml").is_file() else ()


def _chosen(
    landlords: pd.DataFrame, document: Mapping[str, Any] | None, code: str, others: str | None
) -> tuple[list[str], str]:
    """The codes of the peers, and how they were chosen, in words."""
    from pipelines.statutory.benchmarks import peer_groups
    from pipelines.statutory.peers import similar

    if others is not None:
        named = [each.strip().upper() for each in others.split(",") if each.strip()]
        return [_code(each) for each in named], "the landlords named"
    mine = landlords[landlords["code"] == code]
    found = mine.iloc[0].to_dict() if len(mine) else peer_groups(document or {})
    like = {name: found[name] or "" for name in ("type", "group_size", "region")}
    codes, alike = similar(landlords, code, like)
    return codes, f"landlords alike in {alike}"


def _peer_row(peer: Peer) -> dict[str, Any]:
    value: Decimal | str = "" if peer.value is None else peer.value
    return {
        "place": peer.place,
        "code": peer.code,
        "name": peer.name,
        "value": value,
        "marker": peer.marker,
        "method": peer.method,
        "responses": peer.responses,
        "note": peer.note,
        "own": "yes" if peer.own else "no",
    }


def _peer_lines(ranked: Sequence[Peer]) -> Iterable[str]:
    for at, peer in enumerate(ranked):
        if at < _SHOWN_PEERS or peer.own:
            about = "; ".join(each for each in (peer.method, peer.marker, peer.note) if each)
            yield (
                f"{'→' if peer.own else ' '} {peer.place:>4}  {peer.value_text:>8}  {peer.code:<7} "
                f"{peer.name[:44]:<45} {about}".rstrip()
            )
    if len(ranked) > _SHOWN_PEERS:
        yield f"… {len(ranked):,} in all; --csv gives them"


# ---------------------------------------------------------------------------------------------------- shared


def read_given(file: Path) -> bytes:
    """Return a file that the command line names; InputError where it cannot be read, or is too large."""
    try:
        if file.stat().st_size > _LARGEST:
            raise InputError(f"{file} is larger than {_LARGEST // 10**6} MB: that is not the file meant.")
        return file.read_bytes()
    except OSError as error:
        raise InputError(f"{file} cannot be read: {error.strerror}.") from error


def _document(home: Path, code: str, year: str, revision: int | None = None, *, needed: bool = True) -> Any:
    """A return's document, the newest unless a `revision` is named; without one InputError, or None if it is
    not `needed`.
    """
    from pipelines.assurance.release import shown

    path = shown(home / "returns" / _code(code) / year, revision)[1] / "return.json"
    if not path.is_file():
        if needed:
            raise InputError(f"There is no {path}: run `tsm run {code} {year}` first.")
        return None
    return _read_document(path)


def _read_document(path: Path) -> Any:
    try:
        return json.loads(read_given(path))
    except ValueError as error:
        raise InputError(
            f"{path} is damaged: run `tsm run` again or, where it was filed, put it back from a backup."
        ) from error


def _say_revision(document: Mapping[str, Any] | None, data: bool) -> None:
    """Say which revision is shown, where it is one; beside `data` for machines, not in it."""
    if document and (revision := document.get("revision")):
        code, year = document["landlord"]["code"], document["reporting_year"]
        say_revision(code, year, revision["number"], beside=data)


def _edition(year: str) -> Edition:
    from schemas.rulebook import load_edition

    return load_edition(year)


def _code(code: str) -> str:
    from pipelines.intake.settings import check_code

    return check_code(code)


def _clean(text: str) -> str:
    from pipelines.publications.text import clean

    return clean(text)


def _echo_csv(columns: Sequence[str], rows: Iterable[Mapping[str, Any]]) -> None:
    from pipelines.publications.exports import to_csv

    click.echo(to_csv(columns, [[row.get(name) for name in columns] for row in rows]), nl=False)
