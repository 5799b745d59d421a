"""RP01: homes that do not meet the Decent Homes Standard."""

from __future__ import annotations

import pandas as pd

from schemas.rulebook import Measure

from . import ledger
from .inputs import Inputs
from .stock import LCRA

# A home never assessed: what the setting `unassessed_homes` makes of it.
_UNASSESSED = {"in_base": (True, False), "failing": (True, True), "outside": (False, False)}


def classify(inputs: Inputs, measure: Measure) -> pd.DataFrame:
    """Return the ledger of RP01: one line a home; met = fails the Standard (lower is better).

    The base is every LCRA home to which the Standard applies, not those surveyed; exempt homes leave both.

    Source: Technical Requirements, RP01; RSH annotated landlords that used surveyed homes as the base.
    """
    homes = inputs.stock.homes
    standing, state = homes["standing"], homes["decent_homes"].fillna("not_assessed")
    reason = ledger.first_reason(
        homes.index,
        [
            *((standing == code, code) for code in standing[standing != ""].unique()),
            (homes["tenure"] != LCRA, "not_lcra"),
            (state == "exempt", "exempt"),
            (state == "fails", "fails_standard"),
            (state == "meets", "meets_standard"),
        ],
        otherwise="not_assessed",
    )
    outcomes = {
        "fails_standard": (True, True),
        "meets_standard": (True, False),
        "not_assessed": _UNASSESSED[str(inputs.settings["unassessed_homes"])],
    }
    population = homes["tenure"].where(homes["tenure"] == LCRA, "")
    lines = ledger.build("home", homes, "home_id", population, reason, outcomes)
    return ledger.join(lines, ledger.rejected_lines("home", inputs.rejected["homes"], "home_id"))
