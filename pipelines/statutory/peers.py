"""Named peers: RSH's landlord-level data in the home folder, and a landlord's place among others by name."""

from __future__ import annotations

import hashlib
import io
import os
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from decimal import Decimal
from fractions import Fraction
from pathlib import Path
from typing import Any

import pandas as pd
import pyarrow as pa

from pipelines.measures.rounding import round_half_up
from pipelines.measures.stock import REPORTED
from pipelines.statutory.benchmarks import survey_method
from pipelines.statutory.code_history import other_names
from pipelines.statutory.distributions import (
    COLUMNS,
    Benchmarks,
    Better,
    National,
    knots_of,
    load_benchmarks,
    shipped,
    tabled,
)
from pipelines.statutory.rsh_workbook import LANDLORD_COLUMNS, read_workbook
from pipelines.statutory.wording import value_text
from schemas.errors import InputError
from schemas.rulebook import Edition, Measure

FOLDER = "benchmarks"

# Fewer landlords than these make no group of the national table.
_LEAST, _LEAST_OF_METHOD = 10, 5
_GROUP_BY = ("type", "region", "group_size", "supported30", "method")
_TABLED_POPULATIONS = ("LCRA", "LCHO", "ALL")

# An import with fewer landlords than this share of the shipped table's is not the whole nation.
_WHOLE = Fraction(9, 10)

NO_VALUE = "–"
MARKERS: Mapping[str, str] = {
    "[E]": "excluded by RSH",
    "[U]": "no cases",
    "[S]": "suppressed by RSH",
}


@dataclass(frozen=True, slots=True)
class Peer:
    """One landlord on one measure: its value (None where RSH shows none; `marker` says why) and place."""

    code: str
    name: str
    value: Decimal | None
    value_text: str
    place: str
    method: str
    responses: int | None
    marker: str
    note: str
    own: bool = False


def import_workbook(home: Path, data: bytes, year: str | None = None) -> tuple[Path, pd.DataFrame]:
    """Keep a published workbook's landlords as <home>/benchmarks/<year>.parquet; return the file and them.

    Raises InputError where the bytes are no such workbook; then nothing is written.
    """
    frame = read_workbook(data, year)
    path = home / FOLDER / f"{frame['year'].iloc[0]}.parquet"
    path.parent.mkdir(parents=True, exist_ok=True)
    unfinished = path.with_name(f".{path.name}.{os.getpid()}")
    frame.to_parquet(unfinished, index=False)
    unfinished.replace(path)
    return path, frame


def imported_years(home: Path) -> list[str]:
    """Return the years whose landlord-level data is in the home folder, earliest first."""
    return sorted(path.stem for path in (home / FOLDER).glob("20[0-9][0-9]-[0-9][0-9].parquet"))


def load_landlords(
    home: Path, year: str, former_codes: Mapping[str, Sequence[str]] | None = None
) -> pd.DataFrame:
    """Return the imported landlords of a year, columns LANDLORD_COLUMNS.

    `former_codes`: the codes that a code replaced; a year's rows under one of those are given today's code,
    unless several of them, or today's code too, are there: landlords that merged later stay apart.
    """
    path = home / FOLDER / f"{year}.parquet"
    if not path.is_file():
        there = imported_years(home)
        have = f" Those of {', '.join(there)} are there." if there else ""
        raise InputError(
            f"The landlords of {year} are not in {path.parent}: get RSH's workbook of that year and "
            f"run `tsm benchmarks import FILE`.{have}"
        )
    frame = _read(path.read_bytes(), str(path))
    codes = set(frame["code"])
    for code, former in (former_codes or {}).items():
        then = [each for each in former if each in codes]
        if code not in codes and len(then) == 1:
            frame["code"] = frame["code"].replace(then[0], code)
    return frame


def _read(data: bytes, name: str) -> pd.DataFrame:
    try:
        return pd.read_parquet(io.BytesIO(data), columns=list(LANDLORD_COLUMNS))
    except (pa.ArrowInvalid, pa.ArrowKeyError, OSError, ValueError, KeyError) as error:
        raise InputError(f"{name} cannot be read: import the workbook of that year again.") from error


def import_for(home: Path, year: str) -> Path | None:
    """Return the imported file that a return of `year` could be compared with; None where ours is newer."""
    newest = max((each for each in imported_years(home) if each <= year), default="")
    own = load_benchmarks().year_for(year) or ""
    return home / FOLDER / f"{newest}.parquet" if newest and newest >= own else None


def national(name: str, data: bytes | None) -> National:
    """Return the national figures to compare with: an import's, or those shipped where they are better.

    `data`: an imported file (see `import_for`), `name` what it is called. One that has not the whole nation
    in it (a part of the workbook, a trial) is not used, and that is said.
    """
    if data is None:
        return shipped()
    frame = _read(data, name)
    own = load_benchmarks().with_rows(distributions(frame))
    (year,) = frame["year"].unique()
    landlords, usual = _landlords(own, year), _landlords(load_benchmarks(), year)
    if landlords < _WHOLE * usual:
        why = f"The import {name} is not used: it has {landlords:,} landlords with a TP01, of some {usual:,}."
        return replace(shipped(), text=f"{shipped().text} {why}")
    text = f"The figures are computed from RSH's workbook, imported as {name}."
    return National(own, name, hashlib.sha256(data).hexdigest(), len(data), text)


def _landlords(table: Benchmarks, year: str) -> int:
    """How many landlords a table has for a year: those with the one value that every landlord has."""
    found = table.get(table.year_for(year) or "", "LCRA", "TP01", "all", "all")
    return 0 if found is None else found.landlords


def national_of(home: Path, year: str) -> National:
    """Return the national figures that a return of `year` in this home is compared with."""
    path = import_for(home, year)
    return shipped() if path is None else national(f"{FOLDER}/{path.name}", path.read_bytes())


def contradicted(landlords: pd.DataFrame) -> int:
    """Return how many values their own counts do not give: RSH rounded some weighted counts."""
    known = landlords[landlords["value"].notna() & (landlords["denominator"] > 0)]
    factor = known["measure"].str.startswith(("CH01", "NM01")).map({True: 1000, False: 100})
    exact = known["numerator"] / known["denominator"] * factor
    # Published to one decimal, or (complaints of shared owners in 2023-24) as whole numbers.
    slack = (known["value"] % 1 == 0).map({True: 0.5, False: 0.05}) + 1e-9
    return int(((exact - known["value"]).abs() > slack).sum())


def distributions(landlords: pd.DataFrame) -> list[dict[str, str]]:
    """Return the national table's rows of a year's landlords, columns COLUMNS (mean and pooled are blank)."""
    known = landlords[landlords["value"].notna() & landlords["population"].isin(_TABLED_POPULATIONS)]
    rows = []
    for (year, population, measure), mine in known.groupby(["year", "population", "measure"]):
        rows.append(_row((year, population, measure, "all", "all"), mine["value"]))
        for group_by in _GROUP_BY:
            least = _LEAST_OF_METHOD if group_by == "method" else _LEAST
            for group, some in mine[~mine[group_by].isin(["", "Other"])].groupby(group_by):
                if len(some) >= least:
                    rows.append(_row((year, population, measure, group_by, group), some["value"]))
    return rows


def _row(key: tuple[str, str, str, str, str], values: pd.Series) -> dict[str, str]:
    row = dict.fromkeys(COLUMNS, "")
    row |= dict(zip(COLUMNS, key, strict=False))
    row["landlords"] = str(len(values))
    return row | {name: repr(number) for name, number in knots_of(values.tolist()).items()}


def similar(landlords: pd.DataFrame, code: str, like: Mapping[str, str]) -> tuple[list[str], str]:
    """Return the codes of the landlords most like one, and in what: of its type, size and region.

    Where fewer than five are alike in all three, those alike in type and size. `like`: type, group_size and
    region; a blank one is not asked for.
    """
    others = landlords.drop_duplicates("code")
    others = others[others["code"] != code]
    for wanted in (("type", "group_size", "region"), ("type", "group_size")):
        asked = [name for name in wanted if like[name]]
        alike = others
        for name in asked:
            alike = alike[alike[name] == like[name]]
        if len(alike) >= 5:
            break
    return alike["code"].tolist(), ", ".join(like[name] for name in asked) or "all landlords"


def among_peers(
    landlords: pd.DataFrame,
    key: tuple[str, str],
    own: Peer | None,
    codes: Iterable[str],
    edition: Edition,
) -> list[Peer]:
    """Return the peers of `codes` and `own` on one figure, `key` = (measure, population), the best first.

    Where neither end is the better one, the highest value first. Values that are equal to one decimal share
    a place. Raises InputError for a code that the year's data has not.
    """
    measure = edition.measure(key[0])
    called = landlords.drop_duplicates("code").set_index("code")["name"]
    rows = {
        row.code: row
        for row in landlords[
            (landlords["measure"] == measure.key) & (landlords["population"] == tabled(*key))
        ].itertuples()
    }
    peers = [] if own is None else [own]
    for code in dict.fromkeys(codes):
        if code not in called.index:
            raise InputError(f"RSH's data of {edition.year} has no landlord {code}: look its code up there.")
        if own is None or code != own.code:
            peers.append(_peer(code, called[code], rows.get(code), measure, edition.year))
    return _placed(peers, measure.better)


def own_peer(landlords: pd.DataFrame, code: str, key: tuple[str, str], edition: Edition) -> Peer | None:
    """Return a landlord as the published data has it, marked as the one compared; None where it is not."""
    mine = landlords[landlords["code"] == code]
    if mine.empty:
        return None
    (own,) = among_peers(landlords, key, None, [code], edition)
    return replace(own, own=True)


def own_from_return(document: Mapping[str, Any], key: tuple[str, str], edition: Edition) -> Peer | None:
    """Return a landlord as its own return has it, marked as the one compared; None without such a value."""
    figures = {(each["measure"], each["population"]): each for each in document["figures"]}
    figure = figures.get(key)
    if figure is None or figure["value"] is None:
        return None
    survey = next((each for each in document["survey"] if each["population"] == key[1]), None)
    code, measure = document["landlord"]["code"], edition.measure(key[0])
    asked = survey if figure["answers"] else None
    return Peer(
        code,
        document["landlord"]["name"],
        Decimal(str(figure["value"])),
        shown_value(Decimal(str(figure["value"])), measure),
        "",
        "" if asked is None else survey_method(asked) or "",
        None if asked is None else asked["accuracy"]["responses"],
        "",
        other_names(code, edition.year),
        own=True,
    )


def _peer(code: str, name: str, row: Any, measure: Measure, year: str) -> Peer:
    """A landlord's row of the published data; `row` None where it has none for this figure."""
    known = other_names(code, year)
    if row is None:
        return Peer(code, name, None, NO_VALUE, "", "", None, "not reported", known)
    value = None if pd.isna(row.value) else round_half_up(Fraction(repr(row.value)), measure.places)
    return Peer(
        code,
        name,
        value,
        shown_value(value, measure),
        "",
        row.method,
        None if pd.isna(row.responses) else int(row.responses),
        MARKERS.get(row.marker, ""),
        known,
    )


def shown_value(value: Decimal | None, measure: Measure) -> str:
    """Return a published value with its unit; a dash where there is none."""
    return NO_VALUE if value is None else value_text(value, measure.unit_text, REPORTED)


def _placed(peers: Sequence[Peer], better: Better) -> list[Peer]:
    """Return peers in order with their places ("3", "5=" where shared); those without a value come last."""
    values = [each.value for each in peers if each.value is not None]
    sign = 1 if better == "lower" else -1
    ordered = sorted(
        peers,
        key=lambda each: (each.value is None, sign * (each.value or 0), not each.own, each.name.casefold()),
    )
    placed = []
    for each in ordered:
        place = ""
        if each.value is not None:
            ahead = sum(other * sign < each.value * sign for other in values)
            place = f"{ahead + 1}{'=' if values.count(each.value) > 1 else ''}"
        placed.append(replace(each, place=place))
    return placed
