"""Categories as they are compared: what a survey and a register each call “not stated” is one thing."""

from __future__ import annotations

import pandas as pd

NOT_STATED = "not stated"

# What a blank is called in surveys and registers, in any case.
_NOT_STATED = frozenset(
    {
        "",
        "n/a",
        "no answer",
        "not given",
        "not known",
        "not stated",
        "prefer not to say",
        "refused",
        "unknown",
    }
)


def label_of(value: object) -> str:
    """Return a category as it is compared: trimmed, and NOT_STATED for every word that means it."""
    label = str(value).strip()
    return NOT_STATED if label.casefold() in _NOT_STATED else label


def stated(values: pd.Series) -> pd.Series:
    """Return categories as they are compared; blank where nothing is stated."""
    labels = {value: label_of(value) for value in values.dropna().unique()}
    return values.map({value: label for value, label in labels.items() if label != NOT_STATED}).astype("str")
