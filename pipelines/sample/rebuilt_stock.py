"""Homes, decent homes and safety checks rebuilt from published counts."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pandas as pd

from pipelines.sample.draw import Draw, day_text, numbered, year_end, year_start
from pipelines.sample.published import Published

PROGRAMMES = {"gas": "BS01", "fire": "BS02", "asbestos": "BS03", "water": "BS04", "lift": "BS05"}
_INTERVAL_DAYS = {"gas": 365, "fire": 730, "asbestos": 365, "water": 730, "lift": 180}
_BY_BUILDING = ("fire", "asbestos", "water", "lift")
_REASON = {
    "gas": "No gas supply",
    "fire": "No communal parts",
    "asbestos": "No communal parts built before 2000",
    "water": "No stored or communal water",
    "lift": "No passenger lift",
}


@dataclass(frozen=True)
class RebuiltStock:
    """The homes owned at year end, in an order of buildings, and those beside them that do not count.

    `homes`: home_id, tenure, building_id, `counts` (relevant stock owned at year end). `needs` and `fails`:
    for each programme, which of the counting homes are in its base, and which of those do not meet it.
    """

    homes: pd.DataFrame
    needs: dict[str, np.ndarray]
    fails: dict[str, np.ndarray]

    def of_tenure(self, tenure: str) -> np.ndarray:
        """The counting homes of a tenure."""
        homes = self.homes
        return homes.loc[homes["counts"] & (homes["tenure"] == tenure), "home_id"].to_numpy().astype("U")


def rebuild_stock(published: Published, year: str, seed: int) -> RebuiltStock:
    """Lay out homes so that every programme's base and failures are whole buildings in a row of homes."""
    draw = Draw(seed, published.code, "stock")
    homes = published.homes
    total = sum(homes.values())
    tenure = np.repeat(["LCRA", "LCHO"], [homes["LCRA"], homes["LCHO"]])[draw.order(total)]
    place = np.arange(total)
    needs, fails, cuts = {}, {}, []
    for programme, measure in PROGRAMMES.items():
        met, base = published.counts["ALL"].get(measure, (0, 0))
        first = int(draw.integers(0, met + 1, 1)[0])
        needs[programme] = place < base
        fails[programme] = (place >= first) & (place < first + base - met)
        if programme != "gas":
            cuts += [base, first, first + base - met]
    in_buildings = max(int(needs[programme].sum()) for programme in _BY_BUILDING)
    sizes = draw.integers(2, 25, in_buildings // 2 + 2)
    cuts += [0, *np.cumsum(sizes).tolist()]
    starts = np.unique([cut for cut in cuts if cut <= in_buildings])
    building = numbered("B", np.searchsorted(starts, place, side="right"), 5)
    counting = pd.DataFrame({"tenure": tenure, "building_id": np.where(place < in_buildings, building, "")})
    counting["counts"] = True
    beside = _beside(draw, counting)
    together = pd.concat([counting, beside], ignore_index=True)
    together["home_id"] = numbered("H", range(1, len(together) + 1), 6)
    return RebuiltStock(together, needs, fails)


def _beside(draw: Draw, counting: pd.DataFrame) -> pd.DataFrame:
    """Homes that must change nothing: leaseholders in the blocks, homes sold in the year, a home abroad."""
    n = len(counting) // 40 + 2
    kinds = draw.choice(("leasehold", "sold"), (0.6, 0.4), n)
    kinds[:2] = ("sold", "abroad")
    buildings = counting["building_id"].to_numpy().astype("U")[draw.integers(0, len(counting), n)]
    return pd.DataFrame(
        {
            "tenure": np.where(kinds == "leasehold", "other", counting["tenure"].to_numpy().astype("U")[:n]),
            "building_id": np.where(kinds == "abroad", "", buildings),
            "counts": False,
            "kind": kinds,
        }
    )


def homes_table(stock: RebuiltStock, published: Published, year: str, seed: int) -> pd.DataFrame:
    """The `homes` file: decent homes as RP01 counts them, the rest of the rented homes exempt."""
    draw = Draw(seed, published.code, "homes")
    homes = stock.homes
    n = len(homes)
    failing, applies = published.counts["ALL"].get("RP01", (0, 0))
    rank = np.full(n, n)
    rented = np.flatnonzero((homes["counts"] & (homes["tenure"] == "LCRA")).to_numpy())
    rank[rented[draw.order(len(rented))]] = np.arange(len(rented))
    state = np.where(rank < failing, "fails", np.where(rank < applies, "meets", "exempt"))
    kind = homes["kind"].fillna("").to_numpy().astype("U")
    end = np.datetime64(year_end(year), "D")
    bought = np.where(draw.flags(0.2, n), end - draw.integers(400, 15_000, n), np.datetime64("NaT", "D"))
    # A few homes joined the stock in the year, one of them on its last day.
    recent = homes["counts"].to_numpy() & draw.flags(0.01, n)
    bought = np.where(recent, end - draw.integers(0, 300, n), bought)
    # The last day owned is before the year end for the sold; the file knows a later sale of one kept home.
    sold = np.where(kind == "sold", end - draw.integers(1, 360, n), np.datetime64("NaT", "D"))
    sold[0] = end
    bought[0] = np.datetime64("NaT", "D")
    return pd.DataFrame(
        {
            "home_id": homes["home_id"],
            "tenure": homes["tenure"],
            "stock_type": homes["tenure"].map(
                {"LCRA": "general_needs", "LCHO": "shared_ownership", "other": "leasehold"}
            ),
            "building_id": homes["building_id"],
            "owned_from": day_text(np.where(kind == "sold", np.datetime64("NaT", "D"), bought)),
            "owned_to": day_text(sold),
            "country": np.where(kind == "abroad", "Scotland", ""),
            "decent_homes": np.where(homes["tenure"] == "LCRA", state, ""),
        }
    )


def owned_all_year(table: pd.DataFrame, year: str) -> np.ndarray:
    """The home references that were owned on every day of the year and the months around it."""
    held = (table["owned_from"] < str(year_start(year).replace(month=1))) & (table["owned_to"] == "")
    return table.loc[held, "home_id"].to_numpy().astype("U")


def checks_table(stock: RebuiltStock, published: Published, year: str, seed: int) -> pd.DataFrame:
    """The `safety_checks` file: every home of a base has its check in date, but for those that fail."""
    draw = Draw(seed, published.code, "checks")
    homes = stock.homes[stock.homes["counts"]]
    home, building = homes["home_id"].to_numpy().astype("U"), homes["building_id"].to_numpy().astype("U")
    parts = []
    for programme, needed in stock.needs.items():
        failing = stock.fails[programme]
        if programme == "gas":
            rows = pd.DataFrame({"home_id": home[needed], "building_id": "", "fails": failing[needed]})
            parts.append(_with_plant_rooms(draw, rows, building[needed], building[~needed]))
        else:
            buildings, first = np.unique(building[needed], return_index=True)
            rows = pd.DataFrame({"home_id": "", "building_id": buildings, "fails": failing[needed][first]})
            parts.append(_two_lifts(draw, rows) if programme == "lift" else rows)
        parts[-1] = parts[-1].assign(programme=programme)
    beside = stock.homes[(stock.homes["kind"] == "sold").to_numpy()]
    # the homes sold in the year had gas checks too, long out of date by its end
    parts.append(
        pd.DataFrame({"home_id": beside["home_id"], "building_id": "", "fails": True, "programme": "gas"})
    )
    rows = pd.concat(parts, ignore_index=True)
    completed, valid = _dates(draw, rows, np.datetime64(year_end(year), "D"))
    return pd.DataFrame(
        {
            "check_id": numbered("S", range(1, len(rows) + 1), 7),
            "programme": rows["programme"],
            "home_id": rows["home_id"],
            "building_id": rows["building_id"],
            "completed_on": day_text(completed),
            "valid_until": day_text(valid),
        }
    )


def _with_plant_rooms(
    draw: Draw, rows: pd.DataFrame, building: np.ndarray, without_gas: np.ndarray
) -> pd.DataFrame:
    """Check some buildings' shared boilers instead of their homes, where all of the homes agree."""
    agree = pd.Series(rows["fails"].to_numpy()).groupby(building).transform("nunique").to_numpy() == 1
    shared = agree & (building != "") & ~np.isin(building, without_gas)
    names = np.unique(building[shared])
    chosen = names[draw.flags(0.1, len(names))]
    served = np.isin(building, chosen)
    boilers = pd.DataFrame({"building_id": building[served], "fails": rows.loc[served, "fails"].to_numpy()})
    return pd.concat([rows[~served], boilers.drop_duplicates().assign(home_id="")], ignore_index=True)


def _two_lifts(draw: Draw, rows: pd.DataFrame) -> pd.DataFrame:
    """A second lift in some buildings, always in date: one lift out of date is enough to fail."""
    second = rows[draw.flags(0.3, len(rows))].assign(fails=False)
    return pd.concat([rows, second], ignore_index=True)


def _dates(draw: Draw, rows: pd.DataFrame, end: np.datetime64) -> tuple[np.ndarray, np.ndarray]:
    """When each check was done and how long it holds; failures are overdue, never done, or done too late."""
    n = len(rows)
    interval = rows["programme"].map(_INTERVAL_DAYS).to_numpy()
    age = draw.integers(0, interval + 1, n)
    fails = rows["fails"].to_numpy()
    how = draw.choice(("overdue", "never", "after"), (0.7, 0.15, 0.15), n)
    age = np.where(fails & (how == "overdue"), interval + draw.integers(1, 200, n), age)
    age = np.where(fails & (how == "after"), -draw.integers(1, 40, n), age)
    completed = end - age
    valid = completed + interval
    never = fails & (how == "never")
    # The certificate's date alone, where the programme's interval gives the rest without doubt.
    bare = (
        rows["programme"].isin(["gas", "lift"]).to_numpy() & (np.abs(interval - age) > 5) & draw.flags(0.1, n)
    )
    nothing = np.datetime64("NaT", "D")
    return np.where(never, nothing, completed), np.where(never | bare, nothing, valid)


def exclusions_table(stock: RebuiltStock) -> pd.DataFrame:
    """The `safety_exclusions` file: every counting home outside a base, by building where all of it is."""
    homes = stock.homes[stock.homes["counts"]]
    home, building = homes["home_id"].to_numpy().astype("U"), homes["building_id"].to_numpy().astype("U")
    parts = []
    for programme, needed in stock.needs.items():
        by_building = (building != "") & ~np.isin(building, building[needed])
        blocks = np.unique(building[~needed & by_building])
        alone = home[~needed & ~by_building]
        parts.append(pd.DataFrame({"programme": programme, "home_id": "", "building_id": blocks}))
        parts.append(pd.DataFrame({"programme": programme, "home_id": alone, "building_id": ""}))
    rows = pd.concat(parts, ignore_index=True)
    return rows.assign(reason=rows["programme"].map(_REASON))
