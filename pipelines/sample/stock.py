"""Made-up stock: buildings and homes over the years, the households in them, and their safety checks."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date

import numpy as np
import pandas as pd

from pipelines.sample.draw import Draw, day_text, numbered, year_end, year_start

AREAS = ("Northfield", "Eastgate", "Riverside", "Hillside")
AREA_SHARES = (0.34, 0.27, 0.22, 0.17)
AGE_BANDS = ("16-34", "35-54", "55-64", "65+")

# kind: smallest and largest number of homes, share of buildings, years built, chance of communal heating,
# of communal water, and of a lift
_KINDS = {
    "low_rise": (6, 18, 0.80, (1952, 2012), 0.0, 0.10, 0.0),
    "tower": (40, 96, 0.06, (1958, 1974), 0.5, 1.0, 1.0),
    "older_people": (24, 44, 0.08, (1964, 2006), 0.6, 1.0, 0.7),
    "supported": (6, 16, 0.06, (1968, 2012), 0.5, 1.0, 0.1),
    "new_block": (12, 40, 0.0, (2008, 2021), 0.3, 0.35, 0.4),
}
_LCRA_KINDS = ("low_rise", "tower", "older_people", "supported")
_INTERVAL_DAYS = {"gas": 365, "fire": 730, "asbestos": 365, "water": 730, "lift": 180}
_NO_HOME_CHECK = {
    "fire": "House with its own entrance: no communal parts",
    "asbestos": "House with no communal parts",
    "water": "No communal or stored water system",
    "lift": "House without a lift",
}
_NO_BUILDING_CHECK = {
    "asbestos": "Built after 1999",
    "water": "Each home is on the mains, no communal tank",
    "lift": "No passenger lift",
}


@dataclass(frozen=True)
class Stock:
    """Every building and every home that the landlord owned at any time, with what a check needs to know."""

    buildings: pd.DataFrame
    homes: pd.DataFrame


def make_stock(years: Sequence[str], lcra_homes: int, lcho_homes: int, seed: int) -> Stock:
    """Lay out the stock: about half of it in blocks, some leaseholders, building and selling each year."""
    draw = Draw(seed, "stock")
    start = year_start(years[0])
    blocks = pd.concat(
        [
            _blocks(draw, int(lcra_homes * 0.50), _LCRA_KINDS),
            _blocks(draw, int(lcho_homes * 0.80), ("new_block",)),
        ],
        ignore_index=True,
    )
    blocks["building_id"] = numbered("B", range(1, len(blocks) + 1), 4)
    flats = blocks.loc[blocks.index.repeat(blocks["homes"])].reset_index(drop=True)
    flats["tenure"] = _flat_tenures(draw, flats["kind"].to_numpy())
    counts = flats["tenure"].value_counts()
    groups = [flats]
    for tenure, wanted in (("LCRA", lcra_homes), ("LCHO", lcho_homes)):
        missing = max(0, wanted - int(counts.get(tenure, 0)))
        groups.append(_houses(draw, tenure, missing))
    old = pd.concat(groups, ignore_index=True)
    old["owned_from"] = _bought(draw, len(old), start)
    growth = [
        _houses(draw, tenure, max(1, round(share * size))).assign(owned_from=_in_year(draw, year, n))
        for year in years
        for tenure, share, size in (("LCRA", 0.008, lcra_homes), ("LCHO", 0.02, lcho_homes))
        for n in [max(1, round(share * size))]
    ]
    homes = pd.concat([old, *growth], ignore_index=True)
    n = len(homes)
    homes["home_id"] = numbered("H", range(1, n + 1), 5)
    # Real UPRNs of England's homes begin with 1 or 2 where they have twelve digits: nobody lives at 9999….
    homes["uprn"] = numbered("9999", range(1, n + 1), 8)
    homes["stock_type"] = _stock_types(draw, homes)
    homes["la_code"] = np.where(homes["area"] == "Hillside", "E07000998", "E06000999")
    homes["country"] = np.where(homes.index.isin(_abroad(homes)), "Wales", "")
    homes["bedrooms"] = draw.choice(("1", "2", "3", "4"), (0.30, 0.36, 0.28, 0.06), n)
    homes["owned_to"] = _sold(draw, homes, years)
    has_gas = np.where(homes["kind"] == "house", 0.88, np.where(homes["communal_gas"], 0.0, 0.60))
    homes["gas"] = draw.flags(has_gas, n) & (homes["tenure"] == "LCRA")
    homes["condition"] = draw.uniform(n)
    return Stock(blocks, homes)


def _blocks(draw: Draw, flats: int, kinds: Sequence[str]) -> pd.DataFrame:
    shares = [_KINDS[kind][2] or 1.0 for kind in kinds]
    n = max(len(kinds), flats // 6 + 1)
    kind = draw.choice(kinds, shares, n)
    low, high = (np.array([_KINDS[name][i] for name in kind]) for i in (0, 1))
    homes = draw.integers(0, high - low + 1, n) + low
    first, last = (np.array([_KINDS[name][3][i] for name in kind]) for i in (0, 1))
    built = draw.integers(0, last - first + 1, n) + first
    communal_gas, water, lift = (
        draw.flags(np.array([_KINDS[name][i] for name in kind]), n) for i in (4, 5, 6)
    )
    blocks = pd.DataFrame(
        {
            "kind": kind,
            "homes": homes,
            "built": built,
            "communal_gas": communal_gas,
            "communal_water": water | communal_gas,
            "lifts": np.where(lift, np.where(kind == "tower", 2, 1), 0),
            "area": draw.choice(AREAS, AREA_SHARES, n),
        }
    )
    enough = int(np.searchsorted(np.cumsum(homes), flats)) + 1
    return blocks.iloc[:enough]


def _flat_tenures(draw: Draw, kind: np.ndarray) -> np.ndarray:
    """Leaseholders bought in the older general needs blocks; new blocks mix shared owners and renters."""
    u = draw.uniform(len(kind))
    general = np.isin(kind, ("low_rise", "tower"))
    new = kind == "new_block"
    lcho = (general & (u < 0.02)) | (new & (u < 0.75))
    other = general & (u >= 0.02) & (u < 0.11)
    return np.where(lcho, "LCHO", np.where(other, "other", "LCRA"))


def _houses(draw: Draw, tenure: str, n: int) -> pd.DataFrame:
    return pd.DataFrame(
        {
            "kind": np.full(n, "house"),
            "homes": 1,
            "built": draw.integers(1948, 2015, n),
            "communal_gas": False,
            "communal_water": False,
            "lifts": 0,
            "area": draw.choice(AREAS, AREA_SHARES, n),
            "building_id": "",
            "tenure": tenure,
        }
    )


def _stock_types(draw: Draw, homes: pd.DataFrame) -> np.ndarray:
    rented = draw.choice(("general_needs", "intermediate_rent", "temporary"), (0.95, 0.03, 0.02), len(homes))
    by_kind = np.where(homes["kind"].isin(["older_people", "supported"]), homes["kind"], rented)
    by_tenure = np.where(homes["tenure"] == "LCHO", "shared_ownership", by_kind)
    return np.where(homes["tenure"] == "other", "leasehold", by_tenure)


def _abroad(homes: pd.DataFrame) -> np.ndarray:
    """Three houses over the border: owned, and outside the return."""
    houses = homes.index[(homes["kind"] == "house") & (homes["tenure"] == "LCRA")]
    return houses[5:8].to_numpy()


def _bought(draw: Draw, n: int, start: date) -> np.ndarray:
    """When the home came into ownership: blank for most, which says it always was the landlord's."""
    age = draw.integers(400, 12_000, n)
    known = draw.flags(0.25, n)
    return np.where(known, np.datetime64(start, "D") - age, np.datetime64("NaT", "D"))


def _in_year(draw: Draw, year: str, n: int) -> np.ndarray:
    return np.datetime64(year_start(year), "D") + draw.integers(0, 365, n)


def _sold(draw: Draw, homes: pd.DataFrame, years: Sequence[str]) -> np.ndarray:
    """Right to Buy sales of rented homes and shared owners who bought the rest; the last day owned."""
    sold = np.full(len(homes), np.datetime64("NaT", "D"))
    rate = np.where(homes["tenure"] == "LCRA", 0.005, np.where(homes["tenure"] == "LCHO", 0.012, 0.0))
    first = np.datetime64(year_start(years[0]), "D")
    standing = ~(homes["owned_from"].to_numpy() >= first)
    for year in years:
        leaves = draw.flags(rate, len(homes)) & standing & np.isnat(sold)
        sold = np.where(leaves, _in_year(draw, year, len(homes)), sold)
    return sold


def owned_during(stock: Stock, year: str) -> pd.DataFrame:
    """The homes owned at any time in the year."""
    start, end = np.datetime64(year_start(year), "D"), np.datetime64(year_end(year), "D")
    homes = stock.homes
    begun = ~(homes["owned_from"].to_numpy() > end)
    ended = homes["owned_to"].to_numpy() < start
    return homes[begun & ~ended]


def owned_throughout(stock: Stock, year: str) -> pd.DataFrame:
    """The homes owned on every day of the year, and in England or not."""
    start, end = np.datetime64(year_start(year), "D"), np.datetime64(year_end(year), "D")
    homes = stock.homes
    return homes[~(homes["owned_from"].to_numpy() > start) & ~(homes["owned_to"].to_numpy() <= end)]


def homes_table(stock: Stock, year: str, age: int) -> pd.DataFrame:
    """The `homes` file of a year; `age` = how many years of the sample have passed, for works mend homes."""
    homes = owned_during(stock, year)
    end = np.datetime64(year_end(year), "D")
    owned_to = homes["owned_to"].to_numpy().copy()
    owned_to[owned_to > end] = np.datetime64("NaT", "D")
    condition = homes["condition"].to_numpy()
    fails = (condition >= 0.006 * age) & (condition < 0.009 + 0.004 * age)
    decent = np.where(fails, "fails", np.where(condition > 0.996, "exempt", "meets"))
    return pd.DataFrame(
        {
            "home_id": homes["home_id"],
            "tenure": homes["tenure"],
            "stock_type": homes["stock_type"],
            "building_id": homes["building_id"],
            "uprn": homes["uprn"],
            "owned_from": day_text(homes["owned_from"].to_numpy()),
            "owned_to": day_text(owned_to),
            "country": homes["country"],
            "la_code": homes["la_code"],
            "decent_homes": np.where(homes["tenure"] == "LCRA", decent, ""),
            "area": homes["area"],
            "building_type": np.where(homes["kind"] == "house", "house", "flat"),
            "bedrooms": homes["bedrooms"],
        }
    ).reset_index(drop=True)


def _required(
    stock: Stock, year: str
) -> tuple[dict[str, pd.DataFrame], dict[str, pd.DataFrame], pd.DataFrame]:
    """The buildings that each programme checks, those that it does not, and the homes checked for gas."""
    homes = owned_during(stock, year)
    buildings = stock.buildings[stock.buildings["building_id"].isin(homes["building_id"])]
    rules = {
        "gas": buildings["communal_gas"],
        "fire": buildings["homes"] > 0,
        "asbestos": buildings["built"] < 2000,
        "water": buildings["communal_water"],
        "lift": buildings["lifts"] > 0,
    }
    needed = {programme: buildings[rule] for programme, rule in rules.items()}
    not_needed = {programme: buildings[~rule] for programme, rule in rules.items()}
    return needed, not_needed, homes[homes["gas"]]


def checks_table(stock: Stock, year: str, age: int, seed: int) -> pd.DataFrame:
    """The `safety_checks` file: a row for each check a home or building requires, as at year end."""
    draw = Draw(seed, "checks", year)
    end = np.datetime64(year_end(year), "D")
    needed, _, gas_homes = _required(stock, year)
    parts = []
    for programme, buildings in needed.items():
        rows = buildings.loc[buildings.index.repeat(buildings["lifts"])] if programme == "lift" else buildings
        part = pd.DataFrame({"programme": programme, "home_id": "", "building_id": rows["building_id"]})
        late = _smallest(rows, position=age) if programme in _LATE_BUILDINGS[age % 2] else None
        parts.append(_dated(draw, part, end, overdue=(rows["building_id"] == late).to_numpy()))
        if programme == "gas":
            homes = pd.DataFrame({"programme": "gas", "home_id": gas_homes["home_id"], "building_id": ""})
            overdue = draw.flags(0.0015, len(homes))
            parts.append(_dated(draw, homes, end, overdue, never=draw.flags(0.0005, len(homes))))
    checks = pd.concat(parts, ignore_index=True)
    checks.insert(0, "check_id", numbered(f"S{year[2:4]}", range(1, len(checks) + 1), 5))
    return checks


# one small building a year that some programme has let slip
_LATE_BUILDINGS = ({"fire", "asbestos"}, {"water", "lift"})


def _smallest(buildings: pd.DataFrame, position: int) -> str | None:
    by_size = buildings.sort_values(["homes", "building_id"])["building_id"].unique()
    return by_size[min(position, len(by_size) - 1)] if len(by_size) else None


def _dated(
    draw: Draw, part: pd.DataFrame, end: np.datetime64, overdue: np.ndarray, never: np.ndarray | None = None
) -> pd.DataFrame:
    n = len(part)
    if not n:
        return part.assign(completed_on=[], valid_until=[])
    interval = _INTERVAL_DAYS[part["programme"].iloc[0]]
    age = draw.integers(5, interval - 8, n)
    age = np.where(overdue, interval + draw.integers(3, 60, n), age)
    # The files are extracted after the year end: a few checks have been done since, too late to count.
    since = draw.flags(0.0006, n) & ~overdue
    age = np.where(since, -draw.integers(1, 13, n), age)
    completed = end - age
    valid = completed + interval
    if never is not None:
        completed = np.where(never, np.datetime64("NaT", "D"), completed)
    unknown = np.isnat(completed)
    if part["programme"].iloc[0] == "gas":
        # Many gas registers keep the certificate's date alone: the programme's interval gives the rest.
        unknown = unknown | (draw.flags(0.15, n) & ~overdue)
    valid = np.where(unknown, np.datetime64("NaT", "D"), valid)
    return part.assign(completed_on=day_text(completed), valid_until=day_text(valid))


def exclusions_table(stock: Stock, year: str) -> pd.DataFrame:
    """The `safety_exclusions` file: why each home or building without a check needs none."""
    homes = owned_during(stock, year)
    _, not_needed, gas_homes = _required(stock, year)
    in_block = homes["building_id"] != ""
    no_gas = homes[~homes["home_id"].isin(gas_homes["home_id"]) & ~homes["communal_gas"].astype(bool)]
    reasons = np.where(
        no_gas["tenure"] == "LCRA",
        "All-electric: no gas in the home",
        "The owner is responsible for gas appliances",
    )
    parts = [
        pd.DataFrame({"programme": "gas", "home_id": no_gas["home_id"], "building_id": "", "reason": reasons})
    ]
    houses = homes[~in_block]
    for programme, reason in _NO_HOME_CHECK.items():
        part = {"programme": programme, "home_id": houses["home_id"], "building_id": "", "reason": reason}
        parts.append(pd.DataFrame(part))
    for programme, reason in _NO_BUILDING_CHECK.items():
        blocks = not_needed[programme]["building_id"]
        part = {"programme": programme, "home_id": "", "building_id": blocks, "reason": reason}
        parts.append(pd.DataFrame(part))
    return pd.concat(parts, ignore_index=True)


def households_table(stock: Stock, year: str, age: int, seed: int) -> pd.DataFrame:
    """The `households` file: who lives in the rented and part-owned homes at the sampling date, 31 July."""
    draw = Draw(seed, "households")
    homes = stock.homes
    n = len(homes)
    moved = np.zeros(n, dtype=np.int64)
    band = draw.choice(AGE_BANDS, (0.17, 0.36, 0.19, 0.28), n)
    older = homes["kind"].to_numpy() == "older_people"
    band = np.where(older, draw.choice(("55-64", "65+"), (0.2, 0.8), n), band)
    for _ in range(age):
        leaves = draw.flags(0.05, n)
        moved = moved + leaves
        band = np.where(leaves & ~older, draw.choice(AGE_BANDS, (0.35, 0.40, 0.13, 0.12), n), band)
    this_year = Draw(seed, "households", year)
    occupied = ~this_year.flags(0.02, n)
    excluded = this_year.choice(
        ("", "Risk to the interviewer", "Lacks capacity to take part"), (0.9975, 0.0013, 0.0012), n
    )
    sampled_on = np.datetime64(date(year_start(year).year, 7, 31), "D")
    owned = ~(homes["owned_from"].to_numpy() > sampled_on) & ~(homes["owned_to"].to_numpy() < sampled_on)
    lives = (
        occupied
        & owned
        & homes["tenure"].isin(["LCRA", "LCHO"]).to_numpy()
        & (homes["country"] == "").to_numpy()
    )
    letters = np.array(list("ABCDEFGHIJ"))[np.minimum(moved, 9)]
    table = pd.DataFrame(
        {
            "household_id": np.char.add(
                np.char.replace(homes["home_id"].to_numpy().astype("U12"), "H", "HH"), letters
            ),
            "tenure": homes["tenure"],
            "excluded_reason": excluded,
            "age_band": band,
            "area": homes["area"],
            "building_type": np.where(homes["kind"] == "house", "house", "flat"),
        }
    )
    return table[lives].reset_index(drop=True)
