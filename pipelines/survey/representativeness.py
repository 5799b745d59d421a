"""Survey statistics that compare with the population: is the sample like it, and who responded."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import pandas as pd

from schemas.categories import label_of, stated

from .association import Fit, goodness_of_fit, r_indicator, weighted_fit
from .estimation import Design
from .sample import CALIBRATED, Sample

# The part of the responses that must be found among the invited households. Those that are not are taken for
# households that did not respond: at this part, 1 - R comes out too small by a tenth at most.
_TRACED = 0.9


def representativeness(sample: Sample, design: Design, most_categories: int) -> list[dict[str, Any]]:
    """Return how respondents compare with the population, one entry a characteristic that both state.

    Shares are among those whose category is stated: blanks, and words such as "unknown", are not. The
    comparison after weighting stands where weights are supplied or fitted. No entry for a characteristic of
    which no respondent has a category of the population's; nor for a column of the households table with
    more than `most_categories` (postcodes, names), unless it is weighted by.
    """
    weighted = sample.scheme.method in CALIBRATED | {"supplied"}
    entries = []
    for name in sample.characteristics:
        households = _households(sample, name)
        wanted = name in sample.scheme.characteristics or _given(sample, name)
        if wanted or len(households) <= most_categories:
            entries.append(_entry(sample, name, households, design if weighted else None))
    return [entry for entry in entries if entry is not None]


def _given(sample: Sample, name: str) -> bool:
    """Return whether population_margins says how many households there are of each category."""
    return bool((sample.margins["characteristic"] == name).any())


def _entry(
    sample: Sample, name: str, households: Mapping[str, int], design: Design | None
) -> dict[str, Any] | None:
    ours = _ours(sample, name, households)
    before = goodness_of_fit(ours, households)
    if before is None:
        return None
    after = None if design is None else weighted_fit(design, ours, households)
    counts = ours.value_counts()
    return {
        "characteristic": name,
        "source": "population_margins" if _given(sample, name) else "households",
        "categories": [
            {
                "category": category,
                "respondents": int(counts.get(category, 0)),
                "households": households[category],
                "sample_percent": 100 * share,
                "population_percent": 100 * before.population_shares[category],
                "gap": before.gaps[category],
                "weighted_percent": None if after is None else 100 * after.shares[category],
                "weighted_gap": None if after is None else after.gaps[category],
            }
            for category, share in before.shares.items()
        ],
        **_tested(before),
        "weighted": None if after is None else _tested(after),
        "not_stated": int(ours.isna().sum()),
        "unmatched": list(before.unmatched),
    }


def _households(sample: Sample, name: str) -> dict[str, int]:
    """Return the population's households by category, but for those whose category is not stated."""
    known = sample.known(name)
    labels = stated(pd.Series(list(known), dtype="str"))
    found: dict[str, int] = {}
    for label, count in zip(labels, known.values(), strict=True):
        if not pd.isna(label):
            found[label] = found.get(label, 0) + count
    return found


def _ours(sample: Sample, name: str, households: Mapping[str, int]) -> pd.Series:
    """Return the respondents' categories; one that the population lacks as year.yaml collapses it.

    Other collapsed categories stay apart: that nobody of a small one responded is to be seen.
    """
    ours = stated(sample.respondents[name])
    joined = {label_of(old): str(new) for old, new in sample.scheme.collapse.get(name, {}).items()}
    lacking = (label for label in ours.dropna().unique() if not households.get(label))
    renamed = {label: joined[label] for label in lacking if label in joined}
    return stated(ours.map(lambda label: renamed.get(label, label), na_action="ignore")) if renamed else ours


def _tested(fit: Fit) -> dict[str, Any]:
    return {
        "effect_size": fit.effect_size,
        "statistic": fit.statistic,
        "df": fit.df,
        "p_value": fit.p_value,
    }


def response(sample: Sample, most_categories: int) -> dict[str, Any] | None:
    """Return how evenly the invited households responded: the R-indicator on what is known of all of them.

    Characteristics: those of the households table that tell the invited apart, with at most
    `most_categories` categories. `mean_propensity` in percent; `r`, `cv` and `partial` (the sd of the
    propensities between categories) as `association.ResponseIndicator` has them.

    None where it would say nothing or something wrong: the invited are not known, nothing is known of them,
    all or none responded, or fewer than nine in ten responses can be traced to an invited household.
    """
    register, respondents = sample.households, sample.respondents
    if register is None or "invited" not in register or "household_id" not in respondents:
        return None
    invited = register[register["invited"].fillna(value=False).astype(bool)]
    responded = invited["household_id"].isin(respondents["household_id"].dropna()).to_numpy()
    traced = int(responded.sum())
    if traced in (0, len(invited)) or traced < _TRACED * len(respondents):
        return None
    known = {name: stated(invited[name]) for name in sample.characteristics if name in invited}
    usable = {
        name: values
        for name, values in known.items()
        if len(values.unique()) > 1 and values.nunique() <= most_categories
    }
    if not usable:
        return None
    found = r_indicator(pd.DataFrame(usable), responded)
    return {
        "r": found.r,
        "cv": found.cv,
        "mean_propensity": 100 * found.mean_propensity,
        "partial": [{"characteristic": name, "value": value} for name, value in found.partial.items()],
        "invited": len(invited),
        "responded": traced,
    }
