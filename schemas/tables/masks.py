"""Questions that rules of several tables ask of a frame; each answer is a boolean Series."""

from __future__ import annotations

from datetime import date

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.compute as pc

from schemas.tables.model import Context, Mask

_DAY = pd.Timedelta(days=1)
_A_MINUTE, _A_DAY = 60_000_000, 86_400_000_000  # in microseconds


def look_up(keys: pd.Series, values: pd.Series) -> pd.Series:
    """Each key's value (missing where there is none), `values` being indexed by unique keys.

    Unlike `Series.map` it keeps the type of `values`, of none at all too: a table of headings alone.
    """
    return values.reindex(keys).set_axis(keys.index)


def nobody(frame: pd.DataFrame) -> pd.Series:
    """A mask without a hit: what a rule answers that has nothing to go by."""
    return pd.Series(data=False, index=frame.index)


def everybody(frame: pd.DataFrame) -> pd.Series:
    """A mask of every row."""
    return pd.Series(data=True, index=frame.index)


def is_midnight(moments: pd.Series) -> pd.Series:
    """Which date-times carry no time of day: a bare date is read as midnight."""
    return pd.Series(_microseconds(moments) % _A_DAY == 0, index=moments.index) & moments.notna()


def before(earlier: pd.Series, later: pd.Series) -> pd.Series:
    """Which rows have `earlier` before `later`.

    Where either is a bare date only the days are compared; else the minutes, as many systems keep no seconds.
    """
    first, second = _microseconds(earlier), _microseconds(later)
    by_day = (first % _A_DAY == 0) | (second % _A_DAY == 0)
    is_before = np.where(by_day, first // _A_DAY < second // _A_DAY, first // _A_MINUTE < second // _A_MINUTE)
    return pd.Series(is_before, index=earlier.index) & earlier.notna() & later.notna()


def _microseconds(moments: pd.Series) -> np.ndarray:
    """Date-times as whole numbers: their days and minutes are then a division, which is quicker."""
    return moments.to_numpy(dtype="datetime64[us]").view("int64")


def in_year(dates: pd.Series, context: Context) -> pd.Series:
    """Which dates or date-times fall in the reporting year, both ends included."""
    return (dates >= _start(context.edition.start)) & (dates < _start(context.edition.end) + _DAY)


def _start(day: date) -> pd.Timestamp:
    return pd.Timestamp(day)


def known(context: Context, table: str, column: str) -> pd.Series | None:
    """The identifiers that another table holds, or None where that table cannot be asked.

    A table that is absent, refused or empty has a finding of its own; to accuse every row that points to it
    would bury that finding.
    """
    frame = context.related.get(table)
    if frame is None or frame.empty:
        return None
    return frame[column].dropna()


def is_in(cells: pd.Series, there: pd.Series) -> pd.Series:
    """Which cells (text) are among `there`; a missing one is not. Arrow's look-up: pandas' makes lists."""
    found = pc.is_in(pa.array(cells), value_set=pa.array(there.dropna().unique()))
    return pd.Series(found.to_numpy(zero_copy_only=False), index=cells.index)


def resolves(frame: pd.DataFrame, context: Context, column: str, table: str = "homes") -> pd.Series:
    """Which rows name, in `column`, a record that `table` holds (or may hold: see `known`)."""
    # Several rules ask the same of the same frame, and looking up a million references is what checks cost.
    key = (id(frame), column, table)
    asked, answer = context.answers.get(key, (None, None))
    if asked is not frame or answer is None:
        there = known(context, table, column)
        answer = frame[column].notna() if there is None else is_in(frame[column], there)
        context.answers[key] = frame, answer
    return answer


def dangles(frame: pd.DataFrame, context: Context, column: str, table: str = "homes") -> pd.Series:
    """Which rows name, in `column`, a record that `table` does not hold."""
    return frame[column].notna() & ~resolves(frame, context, column, table)


def tenure_differs(frame: pd.DataFrame, context: Context) -> pd.Series:
    """Which rows give a tenure other than that of the home they name."""
    homes = context.related.get("homes")
    if homes is None or homes.empty or frame["tenure"].isna().all():
        return nobody(frame)
    of_home = look_up(frame["home_id"], homes.drop_duplicates("home_id").set_index("home_id")["tenure"])
    return of_home.notna() & frame["tenure"].notna() & (of_home != frame["tenure"])


def none_in_year(*columns: str) -> Mask:
    """A table mask: the file has rows, and none of them falls in the reporting year by any of `columns`."""

    def mask(frame: pd.DataFrame, context: Context) -> pd.Series:
        dated = [frame[column] for column in columns]
        if not any(dates.notna().any() for dates in dated) or any(in_year(d, context).any() for d in dated):
            return nobody(frame)
        return everybody(frame)

    return mask


def owned_at_year_end(homes: pd.DataFrame, context: Context) -> pd.Series:
    """Which homes the landlord owned on the last day of the reporting year."""
    end = _start(context.edition.end)
    starts, ends = homes["owned_from"], homes["owned_to"]
    return (starts.isna() | (starts <= end)) & (ends.isna() | (ends >= end))


def in_england(homes: pd.DataFrame) -> pd.Series:
    """Which homes lie in England; a blank country means England."""
    return homes["country"].isna() | (homes["country"].str.lower() == "england")


def is_relevant_stock(homes: pd.DataFrame, context: Context) -> pd.Series:
    """Which homes count at year end: LCRA or LCHO, owned, in England."""
    return homes["tenure"].isin(("LCRA", "LCHO")) & owned_at_year_end(homes, context) & in_england(homes)
