"""Which cells of a table are too small to show, and which others must go with them."""

from __future__ import annotations

from collections.abc import Sequence

import pandas as pd

SHOWN = ""
SMALL = "small"
PROTECTING = "protecting"
IMPRECISE = "imprecise"


def marks(counts: pd.Series, least: int, within: Sequence[pd.Series]) -> pd.Series:
    """Return for each cell `SHOWN`, `SMALL` (1 to least - 1 answers) or `PROTECTING`; the index of `counts`.

    `within` names the totals that are published: for each total a series that says which one a cell adds to
    (a table by area has one; area by age has two, its rows' and its columns'). Where a total is known, a
    single hidden cell is the total less the others, and a few hidden cells are together as bare as their sum
    is small. So in each total the next smallest cells are hidden too (`PROTECTING`; the first of equals)
    until there are at least two and at least `least` answers among them. A total that cannot be protected,
    because all its cells are hidden, has to be hidden by whoever shows it.

    Source: secondary suppression as in ONS, Policy on protecting confidentiality in tables.
    """
    found = pd.Series(SHOWN, index=counts.index, dtype="str").mask((counts > 0) & (counts < least), SMALL)
    totals = [rows for labels in within for rows in labels.groupby(labels, sort=True).groups.values()]
    settled = False
    while not settled:
        settled = True
        for rows in totals:
            bare = _to_hide(counts[rows], found[rows], least)
            if bare is not None:
                found[bare] = PROTECTING
                settled = False
    return found


def _to_hide(counts: pd.Series, found: pd.Series, least: int) -> object | None:
    """Return the index of the cell of one total that must be hidden next, None where it is protected."""
    hidden = counts[found != SHOWN]
    if hidden.empty or (len(hidden) > 1 and hidden.sum() >= least):
        return None
    candidates = counts[(found == SHOWN) & (counts > 0)]
    return None if candidates.empty else candidates.sort_values(kind="stable").index[0]
