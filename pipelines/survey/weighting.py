"""Weights: how many households each respondent of one population stands for.

Four methods: none, supplied, post-stratification and raking. Each starts from base weights (1 ÷ the chance of
being invited; equal where they are not given) and returns one weight a respondent, for all measures, summing
to the population. Weights are judged by the totals that they achieve, never by having stopped moving; what
cannot be weighted is refused by name (`WeightingRefusedError`), what is doubtful is said (`problems`).
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import pandas as pd

from .calibration import NOTHING, SWEEPS, Floats, Profiles, calibrate, group
from .weighting_categories import Collapse, Grouping, Limits, Preparation
from .weighting_problems import Problems, WeightingProblem, WeightingRefusedError, people

__all__ = [
    "MARGIN_COLUMNS",
    "Limits",
    "Weighting",
    "WeightingProblem",
    "WeightingRefusedError",
    "cells_of",
    "design_weights",
    "margins_of",
    "post_stratify",
    "rake",
    "replicate",
    "supplied",
    "unweighted",
]

MARGIN_COLUMNS = (
    "characteristic",
    "category",
    "respondents",
    "sample_percent",
    "target",
    "achieved",
    "ratio",
)

_DEFAULT = Limits()


@dataclass(frozen=True, eq=False)
class Weighting:
    """The weights of one population and all that shows how they came about.

    `weights`, `base`: one number above 0 a respondent, indexed as the respondents were; both sum to
    `population`. `categories`: the categories that were weighted by, after collapsing, one column a grouping
    (one column in all for post-stratification): what a variance that knows about the weighting needs.
    `sweeps`: Newton steps, each one pass over all totals (0: none was needed). `worst_error`: the largest
    abs(achieved ÷ target − 1), and its (characteristic, category). `bounds`: least and greatest ratio asked.
    `margins`: columns `MARGIN_COLUMNS`, one row a category; `ratio` = achieved ÷ target.
    """

    method: str
    characteristics: tuple[str, ...]
    population: float
    weights: pd.Series
    base: pd.Series
    categories: pd.DataFrame
    bounds: tuple[float, float] | None
    sweeps: int
    worst_error: float
    worst_category: tuple[str, str] | None
    margins: pd.DataFrame
    problems: tuple[WeightingProblem, ...]

    @property
    def ratios(self) -> pd.Series:
        """The ratio of each weight to its base weight."""
        return self.weights / self.base

    @property
    def least_ratio(self) -> float:
        """The least ratio of a weight to its base weight."""
        return float(self.ratios.min())

    @property
    def greatest_ratio(self) -> float:
        """The greatest ratio of a weight to its base weight."""
        return float(self.ratios.max())

    @property
    def design_effect(self) -> float:
        """Kish's design effect of unequal weights: n Σw² ÷ (Σw)²."""
        return float(len(self.weights) * (self.weights**2).sum() / self.weights.sum() ** 2)

    @property
    def effective_n(self) -> float:
        """Kish's effective sample size: n ÷ the design effect."""
        return len(self.weights) / self.design_effect

    @property
    def response_weights(self) -> pd.Series:
        """The same weights scaled to a mean of 1, so that weighted counts add up to the responses."""
        return self.weights * (len(self.weights) / self.population)


def margins_of(households: pd.DataFrame, characteristics: Sequence[str]) -> pd.DataFrame:
    """Return how many of `households` (one row each) fall in each category of each characteristic.

    Columns characteristic, category (NaN = not stated), households: what `rake` takes.
    """
    counts = [
        households[name]
        .value_counts(dropna=False, sort=False)
        .rename_axis("category")
        .rename("households")
        .reset_index()
        .assign(characteristic=name)
        for name in characteristics
    ]
    return pd.concat(counts, ignore_index=True)[["characteristic", "category", "households"]]


def cells_of(households: pd.DataFrame, characteristics: Sequence[str]) -> pd.DataFrame:
    """Return how many of `households` (one row each) fall in each cell: what `post_stratify` takes.

    One column a characteristic (NaN = not stated), and households.
    """
    names = list(characteristics)
    return households.groupby(names, dropna=False, observed=True).size().rename("households").reset_index()


def design_weights(strata: pd.Series, frame: pd.DataFrame) -> pd.Series:
    """Return base weights where strata were invited at different rates: households ÷ invited of the stratum.

    `strata`: the stratum of each respondent. `frame`: columns stratum, households, invited.

    Raises WeightingRefusedError (WGT-014) for a stratum that has a respondent and no invited household.
    """
    by_stratum = frame.set_index("stratum")
    rates = by_stratum["households"] / by_stratum["invited"]
    weights = strata.map(rates).astype(float).rename("base_weight")
    wrong = ~(np.isfinite(weights) & (weights > 0))
    problems = Problems()
    for stratum, number in strata[wrong].astype("str").fillna("").value_counts().sort_index().items():
        problems.add(
            "WGT-014",
            f"Stratum {str(stratum) or '(blank)'}: {people(number)}, but no count of households and of those "
            "invited, both above 0, to tell how likely they were to be asked.",
            "give each respondent a stratum, and each stratum its households and how many were invited",
            category=str(stratum),
            respondents=number,
        )
    problems.refuse_if_stopped()
    return weights


def unweighted(respondents: pd.DataFrame, population: float, base: pd.Series | None = None) -> Weighting:
    """Return the base weights themselves, scaled to the population: no weighting beyond the design.

    Raises WeightingRefusedError for no respondent, no household, or a base weight that is not above 0.
    """
    problems = Problems()
    design = _base(respondents.index, base, problems)
    _check_population(population, problems)
    problems.refuse_if_stopped()
    base_weights = design * (population / len(design))
    return _weighting(
        respondents.index, "none", (), base_weights, base_weights, population, [], None, 0, problems
    )


def supplied(weights: pd.Series, population: float, limits: Limits = _DEFAULT) -> Weighting:
    """Return a contractor's weights (numbers or decimal text), checked and scaled by one factor.

    The factor makes them sum to the population and changes no ratio between two respondents, so no
    percentage. The base is an equal weight for everybody.

    Raises WeightingRefusedError for no respondent, no household, or a weight that is missing or not above 0.
    """
    problems = Problems()
    design = _base(weights.index, None, problems)
    numbers = _numbers(weights, "weight", problems)
    _check_population(population, problems)
    problems.refuse_if_stopped()
    ratios, equal = numbers / numbers.mean(), design * (population / len(design))
    _tell_extremes(ratios, None, limits, problems)
    return _weighting(weights.index, "supplied", (), equal, equal * ratios, population, [], None, 0, problems)


def post_stratify(
    respondents: pd.DataFrame,
    characteristics: Sequence[str],
    cells: pd.DataFrame,
    *,
    population: float | None = None,
    base: pd.Series | None = None,
    bounds: tuple[float, float] | None = None,
    collapse: Collapse | None = None,
    limits: Limits = _DEFAULT,
) -> Weighting:
    """Return weights that meet the households of every cell of a joint table.

    `cells`: a column for each characteristic, and `households`. Other arguments, results and errors as
    `rake`.
    """
    problems = Problems()
    design = _base(respondents.index, base, problems)
    if population is not None:
        _check_population(population, problems)
    problems.refuse_if_stopped()
    preparation = Preparation(respondents, design, collapse, limits, problems)
    groupings = preparation.from_cells(characteristics, cells, population)
    _check_bounds(bounds, problems)
    problems.refuse_if_stopped()
    preparation.judge_sample(groupings)
    return _calibrated(
        respondents.index,
        "post_stratify",
        tuple(characteristics),
        design,
        groupings,
        bounds,
        limits,
        problems,
        SWEEPS,
    )


def rake(
    respondents: pd.DataFrame,
    characteristics: Sequence[str],
    margins: pd.DataFrame,
    *,
    population: float | None = None,
    base: pd.Series | None = None,
    bounds: tuple[float, float] | None = None,
    collapse: Collapse | None = None,
    limits: Limits = _DEFAULT,
    max_sweeps: int = SWEEPS,
) -> Weighting:
    """Return weights that meet the households of every category of every characteristic.

    `respondents`: one row each, a column for each characteristic. `margins`: columns characteristic,
    category, households; only rows of `characteristics` are read. `population`: households in all; where it
    is not given, the largest total of a characteristic. `base`: base weights on any scale. `bounds`: least
    and greatest ratio of a weight to its base weight. `collapse`: {characteristic: {from: to}}, applied to
    respondents and households alike.

    Raises WeightingRefusedError, naming every stop found: see `weighting_problems.RULES`.
    """
    problems = Problems()
    design = _base(respondents.index, base, problems)
    if population is not None:
        _check_population(population, problems)
    problems.refuse_if_stopped()
    preparation = Preparation(respondents, design, collapse, limits, problems)
    groupings = preparation.from_margins(characteristics, margins, population)
    _check_bounds(bounds, problems)
    problems.refuse_if_stopped()
    preparation.judge_sample(groupings)
    return _calibrated(
        respondents.index,
        "rake",
        tuple(characteristics),
        design,
        groupings,
        bounds,
        limits,
        problems,
        max_sweeps,
    )


def replicate(weighting: Weighting, draws: np.ndarray) -> Floats:
    """Return the weights of bootstrap samples, each calibrated anew to the same totals and bounds.

    `draws` (replicate × respondent): how often each respondent was drawn. Returns the same shape: the weight
    of a respondent with all its draws, 0 where it was not drawn; a row of NaN where a replicate's totals
    cannot be met (a category that nobody drawn belongs to).
    """
    groupings = [
        Grouping(
            str(name),
            tuple(column.cat.categories),
            column.cat.codes.to_numpy(dtype=np.int64),
            weighting.margins.loc[weighting.margins["characteristic"] == name, "target"].to_numpy(
                dtype=float
            ),
        )
        for name, column in weighting.categories.items()
    ]
    base = weighting.base.to_numpy()
    profiles, targets = _calibration(groupings)
    whole = calibrate(profiles, profiles.per_profile(base), targets, weighting.bounds)
    results = np.full(draws.shape, np.nan)
    for row, drawn in enumerate(draws):
        amounts = base * drawn
        amounts = amounts * (weighting.population / amounts.sum())
        sums = profiles.per_profile(amounts)
        if (profiles.sums(sums) > 0).all():
            found = calibrate(profiles, sums, targets, weighting.bounds, start=whole.multipliers)
            if found.converged:
                results[row] = amounts * found.ratios[profiles.of]
    return results


def _base(index: pd.Index, base: pd.Series | None, problems: Problems) -> Floats:
    """Return the base weights with a mean of 1."""
    if not len(index):
        problems.add("WGT-001", "No respondent takes part in the survey.", "add the survey's responses")
        return np.zeros(0)
    if base is None:
        return np.ones(len(index))
    numbers = _numbers(base.reindex(index), "base weight", problems)
    return numbers / numbers.mean()


def _numbers(weights: pd.Series, name: str, problems: Problems) -> Floats:
    """Return weights as numbers; one that is not above 0 is a problem, and 1 until that is told."""
    numbers = pd.to_numeric(weights, errors="coerce").to_numpy(dtype=float, na_value=np.nan)
    wrong = ~(np.isfinite(numbers) & (numbers > 0))
    if wrong.any():
        first = weights[wrong].iloc[0]
        problems.add(
            "WGT-011",
            f"{people(wrong.sum())} of {len(weights):,} have no {name} above 0 (the first: {first!s}).",
            f"give every respondent a {name} above 0, or leave the response out of the survey",
            respondents=int(wrong.sum()),
        )
    return np.where(wrong, 1.0, numbers)


def _check_population(population: float, problems: Problems) -> None:
    if not (np.isfinite(population) and population > 0):
        problems.add(
            "WGT-003",
            f"{population!s} is not a population of households that weights can add up to.",
            "give the households of the population in households or year.yaml",
            population=population,
        )


def _check_bounds(bounds: tuple[float, float] | None, problems: Problems) -> None:
    if bounds is not None and not (0 <= bounds[0] <= 1 <= bounds[1] and bounds[0] < bounds[1]):
        problems.add(
            "WGT-010",
            f"Bounds {list(bounds)} leave no room for a weight: they are the least and the greatest ratio of "
            "a weight to its base weight, whose mean is 1.",
            "give a floor from 0 to 1 and a cap from 1, such as [0.3, 3]",
            floor=bounds[0],
            cap=bounds[1],
        )


def _calibration(groupings: Sequence[Grouping]) -> tuple[Profiles, Floats]:
    profiles = group([each.codes for each in groupings], [len(each.categories) for each in groupings])
    return profiles, np.concatenate([each.households for each in groupings])


def _calibrated(
    index: pd.Index,
    method: str,
    characteristics: tuple[str, ...],
    design: Floats,
    groupings: list[Grouping],
    bounds: tuple[float, float] | None,
    limits: Limits,
    problems: Problems,
    max_sweeps: int,
) -> Weighting:
    population = float(groupings[0].households.sum())
    profiles, targets = _calibration(groupings)
    base = design * (population / len(design))
    sums = profiles.per_profile(base)
    found = calibrate(profiles, sums, targets, bounds, max_sweeps)
    # Weights near 0 may be on their way to 0, where totals leave no other choice.
    if not found.converged or found.ratios.min() < NOTHING:
        # Here, because scipy's linear programmes take most of a second to load and are rarely needed.
        from .weighting_refusal import Case, explain

        explain(Case(groupings, profiles, sums, targets), found, bounds, problems)
        problems.refuse_if_stopped()
    _tell_extremes(found.ratios, bounds, limits, problems)
    weights = base * found.ratios[profiles.of]
    return _weighting(
        index, method, characteristics, base, weights, population, groupings, bounds, found.steps, problems
    )


def _tell_extremes(
    ratios: Floats, bounds: tuple[float, float] | None, limits: Limits, problems: Problems
) -> None:
    low, high = limits.far
    least, greatest = float(ratios.min()), float(ratios.max())
    if bounds is None and not (low <= least and greatest <= high):
        problems.add(
            "WGT-106",
            f"Weights run from {least:.3g} to {greatest:.3g} times the base weight; between {low:g} and "
            f"{high:g} is usual.",
            "bound them, such as `bounds: [0.3, 3]` under weighting in year.yaml, or join small categories",
            least=least,
            greatest=greatest,
        )


def _weighting(
    index: pd.Index,
    method: str,
    characteristics: tuple[str, ...],
    base: Floats,
    weights: Floats,
    population: float,
    groupings: Sequence[Grouping],
    bounds: tuple[float, float] | None,
    sweeps: int,
    problems: Problems,
) -> Weighting:
    """Put the result together: its totals are counted again here, from the respondents' own weights."""
    margins = _margins(groupings, weights)
    errors = (margins["ratio"] - 1).abs()
    worst = margins.loc[errors.idxmax(), ["characteristic", "category"]] if groupings else None
    return Weighting(
        method,
        characteristics,
        population,
        pd.Series(weights, index, name="weight"),
        pd.Series(base, index, name="base_weight"),
        pd.DataFrame(
            {each.name: pd.Categorical.from_codes(each.codes, list(each.categories)) for each in groupings},
            index=index,
        ),
        bounds,
        sweeps,
        float(errors.max()) if groupings else 0.0,
        None if worst is None else (str(worst.iloc[0]), str(worst.iloc[1])),
        margins,
        problems.all(),
    )


def _margins(groupings: Sequence[Grouping], weights: Floats) -> pd.DataFrame:
    rows = []
    for each in groupings:
        counts, achieved = each.counts(), each.sums(weights)
        columns = (counts, 100 * counts / len(weights), each.households, achieved, achieved / each.households)
        rows += [
            (each.name, category, int(values[0]), *map(float, values[1:]))
            for category, values in zip(each.categories, zip(*columns, strict=True), strict=True)
        ]
    return pd.DataFrame(rows, columns=list(MARGIN_COLUMNS))
