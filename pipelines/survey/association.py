"""Association: does the sample look like the population, do groups answer alike, who responded."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from math import sqrt

import numpy as np
import pandas as pd
from scipy.special import chdtrc, expit, fdtrc, log_expit

from .estimation import Design, covariance, linearise

CHI_SQUARE = "chi_square"
RAO_SCOTT = "rao_scott"

# A variance this far below what sampling alone would leave is rounding: the weights fix the shares.
_NOTHING_LEFT = 1e-9
# Relative: the deviance moves no more. The shortest part of a step that is tried.
_SETTLED = 1e-12
_SHORTEST_STEP = 1e-9
# Smaller eigenvalues of the scaled cross-products are redundancy.
_REDUNDANT = 1e-11


@dataclass(frozen=True)
class Fit:
    """How respondents compare with their population on one characteristic.

    `shares` and `population_shares` (0 to 1) and `gaps` (share - population share, in percentage points) by
    category. `effect_size` Cohen's w = sqrt(Σ (share - population share)² / population share): under 0.1
    negligible, from 0.3 medium, from 0.5 large, whatever the number of responses. `statistic` (chi-square, or
    the Rao-Scott F), `df` and `p_value` are None where nothing is to be tested: a single category, or shares
    that the weights were fitted to. `unmatched` names the categories of respondents that the population
    does not have; they are left out of everything else.
    """

    shares: Mapping[str, float]
    population_shares: Mapping[str, float]
    gaps: Mapping[str, float]
    effect_size: float
    test: str
    statistic: float | None
    df: float | None
    p_value: float | None
    unmatched: tuple[str, ...]


@dataclass(frozen=True)
class Association:
    """The Rao-Scott test of whether groups answer alike: F, its degrees of freedom, p, and Cramér's V."""

    statistic: float
    df: float
    df_denominator: float
    p_value: float
    effect_size: float


@dataclass(frozen=True)
class ResponseIndicator:
    """How evenly the invited responded.

    `r` = 1 - 2 sd of the response propensities: 1 where all were equally likely to respond, 0 at worst.
    `cv` = sd / mean: the most that non-response can bias a mean, in standard deviations of the answers.
    `partial` by characteristic: the sd of the propensities between its categories (0: it played no part).
    """

    r: float
    cv: float
    mean_propensity: float
    sd_propensity: float
    partial: Mapping[str, float]


def goodness_of_fit(categories: pd.Series, population: Mapping[str, int]) -> Fit | None:
    """Return how respondents (before weighting) fit the population; Pearson's chi-square.

    `categories`: one a respondent, blanks left out; `population`: households by category. None where no
    respondent has a category that the population has.
    """
    known, stated, unmatched = _matched(categories, population)
    n = int(stated.sum())
    if n == 0:
        return None
    counts = categories[stated].value_counts().reindex(list(known), fill_value=0).to_numpy(dtype=float)
    truth = np.array(list(known.values()))
    w_squared = ((counts / n - truth) ** 2 / truth).sum()
    df = len(truth) - 1
    tested = (float(n * w_squared), float(df), float(chdtrc(df, n * w_squared))) if df else (None, None, None)
    return _fit(known, counts / n, CHI_SQUARE, tested, unmatched)


def weighted_fit(design: Design, categories: pd.Series, population: Mapping[str, int]) -> Fit | None:
    """Return how respondents fit the population after weighting; Rao and Scott's second-order correction.

    As `goodness_of_fit`; `categories` in the order of the design's respondents. The chi-square of weighted
    shares is divided by the mean of its generalised design effects and referred to F.

    Source: Rao and Scott 1981.
    """
    known, stated, unmatched = _matched(categories, population)
    if design.weights[stated].sum() == 0:
        return None
    shares, scores = _linearised(design, [categories == name for name in known], stated)
    truth = np.array(list(known.values()))
    n = int(stated.sum())
    effects = n * covariance(design, scores) / truth[:, None]
    chi_square = n * ((shares - truth) ** 2 / truth).sum()
    f, df, denominator = _second_order(chi_square, effects, n - len(np.unique(design.stratum[stated])))
    tested = (None, None, None) if f is None else (f, df, float(fdtrc(df, denominator, f)))
    return _fit(known, shares, RAO_SCOTT, tested, unmatched)


def rao_scott(design: Design, met: np.ndarray, counted: np.ndarray, groups: pd.Series) -> Association | None:
    """Return the test of whether the proportion of `met` is the same in all `groups` (R's `svychisq`, F).

    Flags and groups in the order of the design's respondents; blanks of `groups` are left out. None where
    there is nothing to compare: fewer than two groups with answers, or all answers alike.

    Source: Rao and Scott 1984; Thomas and Rao 1990.
    """
    stated = np.asarray(counted, dtype=bool) & groups.notna().to_numpy()
    weighty = stated & (design.weights > 0)
    met = np.asarray(met, dtype=bool)
    names = sorted(groups[weighty].unique())
    if len(names) < 2 or met[weighty].all() or not met[weighty].any():
        return None
    members = [(groups == name).to_numpy() for name in names]
    cells = [inside & (met == outcome) for outcome in (True, False) for inside in members]
    shares, scores = _linearised(design, cells, stated)
    table = shares.reshape(2, -1)
    expected = np.outer(table.sum(axis=1), table.sum(axis=0)).ravel()
    n = int(stated.sum())
    v_squared = ((shares - expected) ** 2 / expected).sum()
    contrasts = _interactions(len(names))
    # An empty cell says nothing about the spread of its share.
    inverse = np.divide(1, shares, out=np.zeros_like(shares), where=shares > 0)
    scaled = inverse[:, None] * contrasts
    simple = contrasts.T @ scaled / n
    effects = np.linalg.solve(simple, scaled.T @ covariance(design, scores) @ scaled)
    f, df, denominator = _second_order(n * v_squared, effects, n - len(np.unique(design.stratum[stated])))
    if f is None:
        return None
    return Association(f, df, denominator, float(fdtrc(df, denominator, f)), sqrt(v_squared))


def r_indicator(invited: pd.DataFrame, responded: np.ndarray) -> ResponseIndicator:
    """Return the R-indicator of the invited: propensities by logistic regression on their characteristics.

    `invited`: one row an invited household, one column a characteristic (main effects; blanks are a category
    of their own); `responded`: a flag each.

    Raises ValueError for fewer than two invited households, or no characteristic.
    Source: Schouten, Cobben and Bethlehem 2009 (sd with n - 1, no bias adjustment).
    """
    responded = np.asarray(responded, dtype=float)
    if len(responded) < 2 or invited.columns.empty:
        raise ValueError("an R-indicator needs two or more invited households and a characteristic of them")
    labels = invited.astype("str").fillna("")
    # Households alike in everything have one propensity: fit the distinct profiles.
    profile = labels.groupby(list(labels.columns), sort=True).ngroup().to_numpy()
    profiles = labels.iloc[np.unique(profile, return_index=True)[1]]
    size = np.bincount(profile)
    propensity = _logistic(profiles, size, np.bincount(profile, responded))[profile]
    mean, sd = float(propensity.mean()), float(propensity.std(ddof=1))
    partial = {}
    for name in labels.columns:
        between = pd.Series(propensity).groupby(labels[name].to_numpy()).transform("mean") - mean
        partial[str(name)] = sqrt((between**2).mean())
    return ResponseIndicator(1 - 2 * sd, sd / mean if mean else 0.0, mean, sd, partial)


def _matched(
    categories: pd.Series, population: Mapping[str, int]
) -> tuple[dict[str, float], np.ndarray, tuple[str, ...]]:
    """Return the population's shares by category, who is in one of them, and the categories that are not."""
    total = sum(population.values())
    known = {name: count / total for name, count in population.items() if count > 0}
    stated = categories.isin(list(known)).to_numpy()
    unmatched = sorted(categories[~stated].dropna().unique())
    return known, stated, tuple(str(name) for name in unmatched)


def _fit(
    known: Mapping[str, float],
    shares: np.ndarray,
    test: str,
    tested: tuple[float | None, float | None, float | None],
    unmatched: tuple[str, ...],
) -> Fit:
    truth = np.array(list(known.values()))
    found = {name: float(share) for name, share in zip(known, shares, strict=True)}
    gaps = {name: 100 * (share - known[name]) for name, share in found.items()}
    effect_size = sqrt(((shares - truth) ** 2 / truth).sum())
    return Fit(found, dict(known), gaps, effect_size, test, *tested, unmatched)


def _linearised(design: Design, cells: list, stated: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Return the shares of `cells` among `stated` and their scores, a column each."""
    parts = [linearise(design, np.asarray(cell, dtype=bool), stated) for cell in cells]
    return np.array([p for p, _ in parts]), np.column_stack([scores for _, scores in parts])


def _second_order(
    chi_square: float, effects: np.ndarray, df_design: int
) -> tuple[float | None, float, float]:
    """Return (F, df, denominator df) of a chi-square whose terms have the generalised design `effects`."""
    trace = float(np.trace(effects))
    if trace < _NOTHING_LEFT or df_design < 1:
        return None, 0.0, 0.0
    df = trace**2 / float(np.trace(effects @ effects))
    return float(chi_square) / trace, df, df * df_design


def _interactions(groups: int) -> np.ndarray:
    """Return contrasts (2 x groups cells, groups - 1) that are 0 where answers and groups are independent."""
    columns = np.eye(groups)[:, 1:] - 1 / groups
    return np.vstack([columns, -columns])


def _logistic(profiles: pd.DataFrame, size: np.ndarray, responses: np.ndarray) -> np.ndarray:
    """Return the fitted propensity of each profile: main effects, by Newton's method.

    A category where all or none responded has no finite estimate, but its propensity has a limit (1 or 0),
    which is reached when the deviance no longer moves.
    """
    dummies = [(profiles[name].to_numpy()[:, None] == np.unique(profiles[name])[1:]) for name in profiles]
    x = np.hstack([np.ones((len(profiles), 1)), *dummies]).astype(float)
    linear = np.full(len(profiles), np.log((responses.sum() + 0.5) / (size.sum() - responses.sum() + 0.5)))
    here, settled = _deviance(linear, size, responses), False
    while not settled:
        p = expit(linear)
        products = x.T @ (x * np.maximum(size * p * (1 - p), np.finfo(float).tiny)[:, None])
        # To one scale first, so that a category where nearly all responded is not taken for a redundant one.
        scale = 1 / np.sqrt(np.diag(products))
        inverse = np.linalg.pinv(products * np.outer(scale, scale), rcond=_REDUNDANT, hermitian=True)
        step = x @ (scale * (inverse @ (scale * (x.T @ (responses - size * p)))))
        length = 1.0
        # A whole step can overshoot where a category has few households.
        while _deviance(linear + length * step, size, responses) > here and length > _SHORTEST_STEP:
            length /= 2
        there = _deviance(linear + length * step, size, responses)
        settled = here - there < _SETTLED * (there + 0.1)
        if there < here:
            linear, here = linear + length * step, there
    return expit(linear)


def _deviance(linear: np.ndarray, size: np.ndarray, responses: np.ndarray) -> float:
    return float(-2 * (responses * log_expit(linear) + (size - responses) * log_expit(-linear)).sum())
