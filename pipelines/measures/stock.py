"""The stock at year end, and which populations a landlord reports."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import pandas as pd

from schemas.rulebook import Edition, Settings

from . import ledger

LCRA, LCHO, COMBINED, ALL = "LCRA", "LCHO", "COMBINED", "ALL"
RELEVANT = (LCRA, LCHO)

REPORTED, NOT_REQUIRED, NOT_APPLICABLE = "reported", "not_required", "not_applicable"


@dataclass(frozen=True)
class Stock:
    """The homes of a landlord, each with its standing at year end.

    `homes`: the accepted homes table plus `standing` (blank = relevant stock owned at year end, else the
    ledger reason that puts it outside). `counts`: homes owned at year end by tenure. `blocks`: for LCRA, LCHO
    and COMBINED whether perception and complaints are reported, not required or not applicable.
    """

    homes: pd.DataFrame
    counts: Mapping[str, int]
    blocks: Mapping[str, str]

    @property
    def surveyed(self) -> list[str]:
        """The populations whose survey is reported, in the return's order."""
        return [population for population in (LCRA, LCHO, COMBINED) if self.blocks[population] == REPORTED]

    def block_of(self, tenure: pd.Series) -> pd.Series:
        """Return the population in which each tenure's survey answers and complaints stand (blank = none)."""
        relevant = tenure.where(tenure.isin(RELEVANT), "")
        return relevant.where(relevant == "", COMBINED) if self.blocks[COMBINED] == REPORTED else relevant

    def block_reasons(self, tenure: pd.Series) -> list[tuple[pd.Series, str]]:
        """Return the steps that put a tenure outside perception and complaints, for `first_reason`."""
        below = (tenure == LCHO) & (self.block_of(tenure) == LCHO) & (self.blocks[LCHO] != REPORTED)
        return [(~tenure.isin(RELEVANT), "not_relevant_stock"), (below, "lcho_below_threshold")]


def is_abroad(homes: pd.DataFrame) -> pd.Series:
    """Return which homes are outside England (a blank country is England)."""
    return homes["country"].notna() & (homes["country"].str.casefold() != "england")


def take_stock(homes: pd.DataFrame, edition: Edition, settings: Settings) -> Stock:
    """Classify `homes` (accepted table, one row a dwelling unit) at the year's end.

    Source: Technical Requirements (dwelling units owned at year end; relevant stock; stock outside England
    is out); LCHO is reported apart from `lcho_threshold` homes, and together with LCRA where neither reaches
    `combined_threshold` but both together do.
    """
    end = pd.Timestamp(edition.end)
    owned = (homes["owned_from"].isna() | (homes["owned_from"] <= end)) & (
        homes["owned_to"].isna() | (homes["owned_to"] >= end)
    )
    standing = ledger.first_reason(
        homes.index,
        [
            (~homes["tenure"].isin(RELEVANT), "not_relevant_stock"),
            (is_abroad(homes), "outside_england"),
            (~owned, "home_not_owned_at_year_end"),
        ],
        otherwise="",
    )
    owned_homes = homes[standing == ""]
    counts = {tenure: int((owned_homes["tenure"] == tenure).sum()) for tenure in RELEVANT}
    return Stock(homes.assign(standing=standing), counts, _blocks(counts, settings))


def _blocks(counts: Mapping[str, int], settings: Settings) -> dict[str, str]:
    lcra, lcho = counts[LCRA], counts[LCHO]
    threshold = int(settings["combined_threshold"])
    if max(lcra, lcho) < threshold <= lcra + lcho:
        return {LCRA: NOT_REQUIRED, LCHO: NOT_REQUIRED, COMBINED: REPORTED}
    small = NOT_REQUIRED if lcho else NOT_APPLICABLE
    return {
        LCRA: REPORTED if lcra else NOT_APPLICABLE,
        LCHO: REPORTED if lcho >= int(settings["lcho_threshold"]) else small,
        COMBINED: NOT_REQUIRED,
    }


def mostly_supported(stock: Stock) -> bool | None:
    """Return whether more than 30% of the rented homes are supported housing; None where that is not settled.

    RSH's comparison group. Homes of an unknown stock type could be either; so could housing for older people,
    of which the published data does not say whether it counts as supported.
    """
    homes = stock.homes[(stock.homes["standing"] == "") & (stock.homes["tenure"] == LCRA)]
    if homes.empty:
        return None
    words = homes["stock_type"].str.lower()
    supported = words.str.contains(r"\bsupported", regex=True, na=False)
    either = words.isna() | words.str.contains("older|sheltered|retirement|extra.?care", regex=True, na=False)
    least, most = int(supported.sum()), int((supported | either).sum())
    if 10 * least > 3 * len(homes):
        return True
    return False if 10 * most <= 3 * len(homes) else None


def home_tenure(records: pd.DataFrame, stock: Stock) -> tuple[pd.Series, pd.Series]:
    """Return (tenure, abroad) of the homes that service records name; both blank where they name none."""
    homes = stock.homes.set_index("home_id")
    tenure = records["home_id"].map(homes["tenure"]).astype("str")
    abroad = records["home_id"].map(is_abroad(homes)).astype("boolean").fillna(value=False).astype(bool)
    return tenure, abroad


def stock_lines(stock: Stock, population: pd.Series, outside: list[tuple[pd.Series, str]]) -> pd.DataFrame:
    """Return the homes' side of a rate's ledger: each home that adds one to the denominator, or why not."""
    standing = stock.homes["standing"]
    steps = [(standing == code, code) for code in standing[standing != ""].unique()]
    reason = ledger.first_reason(stock.homes.index, [*steps, *outside], otherwise="stock")
    return ledger.build("home", stock.homes, "home_id", population, reason, {"stock": (True, False)})


def year_mask(dates: pd.Series, edition: Edition) -> pd.Series:
    """Return which dates (or date-times) fall in the reporting year, both ends included."""
    after = pd.Timestamp(edition.end) + pd.Timedelta(days=1)
    return (dates >= pd.Timestamp(edition.start)) & (dates < after)
