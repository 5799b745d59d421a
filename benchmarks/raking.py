"""Raking against weightipy and svy: the same data, in one run.

    .venv/bin/python benchmarks/raking.py

Every tool starts from a frame of text columns and ends with one weight a respondent. Its own preparation that
does not depend on the data (a scheme, a sample object) is not timed. Times are the least of several runs,
taken in turn.
"""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import Any

import numpy as np
import pandas as pd

from pipelines.survey import weighting

SIZES = {"area": 7, "ward": 24, "property_type": 5, "age_band": 6, "ethnicity": 6}
RUNS = 7


def make(respondents: int, seed: int = 20250331) -> tuple[pd.DataFrame, pd.DataFrame]:
    """Return a sample that some kinds of tenants answered less than others, and the population's margins."""
    rng = np.random.default_rng(seed)
    households = respondents * 8
    taste = rng.normal(size=households)
    population, response = {}, np.zeros(households)
    for name, size in SIZES.items():
        # Characteristics hang together, as they do among tenants.
        shares = np.cumsum(rng.dirichlet(np.full(size, 4.0)))
        mixed = pd.Series(0.5 * taste + rng.normal(size=households)).rank(pct=True).to_numpy()
        codes = np.minimum(np.searchsorted(shares, mixed), size - 1)
        population[name] = np.array([f"{name} {code:02d}" for code in range(size)], dtype=object)[codes]
        response += rng.normal(0, 0.3, size)[codes]
    register = pd.DataFrame(population).astype("str")
    chosen = rng.choice(households, respondents, replace=False, p=np.exp(response) / np.exp(response).sum())
    return register.iloc[chosen].reset_index(drop=True), weighting.margins_of(register, list(SIZES))


def race(works: dict[str, Callable[[], Any]], runs: int = RUNS) -> dict[str, tuple[float, Any]]:
    """Return for each work its least time in milliseconds, and what it returned.

    The works take turns, so that whatever else the machine does meets all of them.
    """
    times: dict[str, list[float]] = {name: [] for name in works}
    answers = {}
    for _ in range(runs):
        for name, work in works.items():
            begin = time.perf_counter()
            answers[name] = work()
            times[name].append(time.perf_counter() - begin)
    return {name: (1000 * min(times[name]), answers[name]) for name in works}


def worst_error(sample: pd.DataFrame, weights: np.ndarray, targets: dict[str, pd.Series]) -> float:
    """Return the largest relative difference of an achieved total from its target."""
    scaled = pd.Series(weights * (targets["area"].sum() / weights.sum()))
    achieved = ((scaled.groupby(sample[name]).sum(), target) for name, target in targets.items())
    return max(float((ours / target - 1).abs().max()) for ours, target in achieved)


def tools(sample: pd.DataFrame, margins: pd.DataFrame) -> dict[str, Callable[[], np.ndarray]]:
    """Return each tool as a call that gives the weights."""
    import polars as pl
    import svy
    import weightipy

    by_name = {
        name: rows.set_index("category")["households"] for name, rows in margins.groupby("characteristic")
    }
    scheme = weightipy.scheme_from_dict({name: rows.to_dict() for name, rows in by_name.items()})
    total = float(by_name["area"].sum())
    frame = pl.from_pandas(sample.assign(base=total / len(sample)))
    design = svy.Sample(frame, svy.Design(wgt="base"))
    controls = {name: {k: float(v) for k, v in rows.items()} for name, rows in by_name.items()}

    def ours() -> np.ndarray:
        return weighting.rake(sample, list(SIZES), margins).weights.to_numpy()

    def theirs_weightipy() -> np.ndarray:
        return weightipy.weight_dataframe(sample, scheme)["weights"].to_numpy()

    def theirs_svy() -> np.ndarray:
        raked = design.weighting.rake(controls=controls, tol=1e-8, max_iter=1000, wgt_name="w")
        return raked.data["w"].to_numpy()

    return {"this": ours, "weightipy": theirs_weightipy, "svy": theirs_svy}


def bootstrap(respondents: int, replicates: int) -> tuple[float, int]:
    """Return the milliseconds of `replicates` re-rakes of `respondents`, and how many were not possible."""
    sample, margins = make(respondents)
    names = ["area", "property_type", "age_band", "ethnicity"]
    raked = weighting.rake(sample, names, margins)
    rng = np.random.default_rng(1)
    draws = rng.multinomial(respondents, np.full(respondents, 1 / respondents), replicates)
    elapsed, weights = race({"": lambda: weighting.replicate(raked, draws)}, 3)[""]
    return elapsed, int(np.isnan(weights[:, 0]).sum())


def main() -> None:
    """Print the table."""
    print("| respondents × margins | tool | ms | times ours | worst margin error |")
    print("|---|---|---|---|---|")
    for respondents in (20_000, 200_000):
        sample, margins = make(respondents)
        targets = {
            name: rows.set_index("category")["households"] for name, rows in margins.groupby("characteristic")
        }
        measured = race(tools(sample, margins))
        ours = measured["this"][0]
        for name, (elapsed, weights) in measured.items():
            case = f"{respondents:,} × {len(SIZES)}"
            error = worst_error(sample, weights, targets)
            print(f"| {case} | {name} | {elapsed:.1f} | {elapsed / ours:.2f} | {error:.0e} |")
    elapsed, failed = bootstrap(1_200, 1_000)
    print(f"\n1,000 bootstrap re-rakes of 1,200 × 4 margins: {elapsed / 1000:.2f} s, {failed} impossible")


if __name__ == "__main__":
    main()
