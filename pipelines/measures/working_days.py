"""Working days in England: Monday to Friday, bank holidays left out."""

from __future__ import annotations

from functools import cache

import holidays
import numpy as np
import pandas as pd


@cache
def _bank_holidays(first_year: int, last_year: int) -> np.ndarray:
    calendar = holidays.country_holidays("GB", subdiv="ENG", years=range(first_year, last_year + 1))
    return np.array(sorted(calendar), dtype="datetime64[D]")


def add_working_days(start: pd.Series, days: int) -> pd.Series:
    """Return the date `days` working days after each date of `start` (missing stays missing).

    Day one is the first working day after `start`: a complaint received on a Saturday and one received on the
    Friday before it have the same last day.

    Source: Housing Ombudsman Complaint Handling Code (working days); England's bank holidays from the
    `holidays` calendar, one-off holidays included.
    """
    result = pd.Series(pd.NaT, index=start.index, dtype="datetime64[us]")
    known = start.notna()
    if not known.any():
        return result
    dates = start[known].to_numpy().astype("datetime64[D]")
    years = dates.astype("datetime64[Y]").astype(int) + 1970
    calendar = _bank_holidays(int(years.min()), int(years.max()) + 1)
    due = np.busday_offset(dates, days, roll="backward", holidays=calendar)
    result[known] = due.astype("datetime64[us]")
    return result
