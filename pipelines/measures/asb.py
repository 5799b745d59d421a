"""NM01: anti-social behaviour cases, and those that involve hate incidents, per 1,000 homes."""

from __future__ import annotations

import pandas as pd

from schemas.rulebook import Measure

from . import ledger
from .inputs import Inputs
from .stock import ALL, RELEVANT, home_tenure, stock_lines, year_mask


def classify(inputs: Inputs, measure: Measure) -> pd.DataFrame:
    """Return the ledger of NM01 (1) or (2): the homes (denominator), then the cases (numerator).

    Cases opened in the year in LCRA and LCHO homes together, LCHO below its threshold included; part two
    takes those that involve a hate incident. A case that names neither home nor tenure follows the setting
    `asb_without_home`.

    Source: Technical Requirements, NM01.
    """
    cases = inputs.accepted["asb_cases"]
    tenure, abroad = home_tenure(cases, inputs.stock)
    tenure = tenure.fillna(cases["tenure"])
    unplaced = tenure.isna()
    steps = [
        (~year_mask(cases["opened_on"], inputs.edition), "outside_year"),
        (abroad, "outside_england"),
        (~unplaced & ~tenure.isin(RELEVANT), "not_relevant_stock"),
    ]
    if inputs.settings["asb_without_home"] == "outside":
        steps.append((unplaced, "no_home_given"))
    hate = cases["hate_incident"].astype("boolean").fillna(value=False).astype(bool)
    if measure.part == 2:
        steps.append((hate, "hate_incident"))
        met, otherwise = "hate_incident", "not_hate_incident"
    else:
        met = otherwise = "opened_in_year"
    reason = ledger.first_reason(cases.index, steps, otherwise)
    everyone = pd.Series(ALL, index=cases.index, dtype="str")
    standing = inputs.stock.homes["standing"]
    return ledger.join(
        stock_lines(
            inputs.stock, pd.Series(ALL, index=standing.index, dtype="str").where(standing == "", ""), []
        ),
        ledger.build("asb_case", cases, "case_id", everyone, reason, {met: (False, True)}),
        ledger.rejected_lines("asb_case", inputs.rejected["asb_cases"], "case_id"),
        ledger.rejected_lines("home", inputs.rejected["homes"], "home_id"),
    )
