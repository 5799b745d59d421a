"""Every estimate of the reference survey, as R's survey package has it."""

from __future__ import annotations

from math import exp, log, sqrt

import numpy as np
import pandas as pd
import pytest
from scipy.special import betaincinv, stdtrit

from pipelines.survey.accuracy import accuracy_test, required_exactly
from pipelines.survey.estimation import Estimate, estimate, kish_deff, make_design
from pipelines.survey.intervals import interval, korn_graubard, wilson
from pipelines.survey.weighting import rake
from schemas.rulebook import load_edition

from .reference import (
    CORRECTED,
    DESIGNS,
    FOLDER,
    HOUSEHOLDS,
    ITEMS,
    MARGINS,
    answers,
    design,
    estimated,
    expected,
    measure_name,
    reference,
    respondents,
)

ends = pytest.approx


@pytest.mark.parametrize("item", ITEMS)
@pytest.mark.parametrize("name", DESIGNS)
def test_estimate_error_and_design_effects(name: str, item: str) -> None:
    found, ours = reference(name, measure_name(item)), estimated(name, item)
    assert ours.n == found["n_valid"]
    assert ours.p == pytest.approx(found["p"], abs=1e-10)
    assert ours.se == pytest.approx(found["se"], rel=1e-6)
    assert ours.deff == pytest.approx(found["deff_srs_wr"], rel=1e-6)
    assert ours.deff_kish == pytest.approx(found["kish_deff_valid"], rel=1e-10)
    assert ours.n_effective == pytest.approx(min(found["neff_lin"], found["n_valid"]), rel=1e-6)
    assert ours.n / ours.deff_kish == pytest.approx(found["neff_kish"], rel=1e-10)


@pytest.mark.parametrize("item", ITEMS)
@pytest.mark.parametrize(("corrected", "name"), CORRECTED.items())
def test_the_error_with_the_finite_population_correction(corrected: str, name: str, item: str) -> None:
    found, ours = reference(corrected, measure_name(item)), estimated(name, item)
    assert ours.p == pytest.approx(found["p"], abs=1e-10)
    assert ours.se_fpc == pytest.approx(found["se"], rel=1e-6)
    assert ours.n / ours.deff_kish == pytest.approx(found["neff_kish"], rel=1e-10)


@pytest.mark.parametrize("item", ITEMS)
@pytest.mark.parametrize("name", DESIGNS)
def test_intervals_at_the_effective_sizes(name: str, item: str) -> None:
    found, ours = reference(name, measure_name(item)), estimated(name, item)
    for kind, n in (("lin", ours.p * (1 - ours.p) / ours.se**2), ("kish", ours.n / ours.deff_kish)):
        assert wilson(ours.p, n) == ends(_ends(found, f"wilson_z_{kind}"), abs=1e-6)
        assert korn_graubard(ours.p, n) == ends(_ends(found, f"kg_{kind}"), abs=1e-6)
    if found["neff_lin"] <= found["n_valid"]:
        assert (ours.ci_low, ours.ci_high) == ends(_ends(found, "wilson_z_lin"), abs=1e-6)
    assert ours.method == "wilson"


@pytest.mark.parametrize("item", ITEMS)
@pytest.mark.parametrize("name", DESIGNS)
def test_rs_own_intervals_follow_from_our_estimate(name: str, item: str) -> None:
    """R uses Student's t with its degrees of freedom; what we publish differs by that alone."""
    found, ours = reference(name, measure_name(item)), estimated(name, item)
    t = float(stdtrit(found["degf"], 0.975))
    logit, spread = log(ours.p / (1 - ours.p)), t * ours.se / (ours.p * (1 - ours.p))
    assert (ours.p - t * ours.se, ours.p + t * ours.se) == ends(_ends(found, "mean"), abs=1e-6)
    assert (_expit(logit - spread), _expit(logit + spread)) == ends(_ends(found, "logit"), abs=1e-6)
    # R keeps those without an answer among the rows of a calibrated design, at weight 0.
    rows = ours.n if design(name).calibration is None else len(respondents())
    assert _korn_graubard_with_t(ours, rows) == ends(_ends(found, "beta"), abs=1e-6)
    assert _wilson_with_t(ours, t) == ends(_ends(found, "wilson"), abs=1e-6)


def _ends(found: dict[str, float], kind: str) -> tuple[float, float]:
    return found[f"ci_{kind}_lo"], found[f"ci_{kind}_hi"]


def _expit(x: float) -> float:
    return 1 / (1 + exp(-x))


def _korn_graubard_with_t(ours: Estimate, rows: int) -> tuple[float, float]:
    n = ours.p * (1 - ours.p) / ours.se**2
    n *= float((stdtrit(rows - 1, 0.025) / stdtrit(ours.n - 1, 0.025)) ** 2)
    positive, other = n * ours.p, n * (1 - ours.p)
    return float(betaincinv(positive, other + 1, 0.025)), float(betaincinv(positive + 1, other, 0.975))


def _wilson_with_t(ours: Estimate, t: float) -> tuple[float, float]:
    n = ours.p * (1 - ours.p) / ours.se**2
    centre = (ours.p + t**2 / (2 * n)) / (1 + t**2 / n)
    half = t * sqrt(ours.p * (1 - ours.p) / n + t**2 / (4 * n**2)) / (1 + t**2 / n)
    return centre - half, centre + half


@pytest.mark.parametrize("characteristic", ["area", "age_band"])
@pytest.mark.parametrize("name", ["raked", "calib_raking", "calib_raking_fpc", "raked_weights_as_fixed"])
def test_groups_are_estimated_as_domains(name: str, characteristic: str) -> None:
    met, counted = answers("TP01")
    groups = respondents()[characteristic]
    for group in sorted(groups.unique()):
        found = reference(name, "TP01_sat", f"{characteristic}={group}")
        ours = estimate(design(CORRECTED.get(name, name)), met, counted & (groups == group).to_numpy())
        assert ours is not None
        assert ours.n == found["n_valid"]
        assert ours.p == pytest.approx(found["p"], abs=1e-10)
        assert (ours.se_fpc if name in CORRECTED else ours.se) == pytest.approx(found["se"], rel=1e-6)


def test_weighting_and_estimating_together() -> None:
    """From answers and totals to the standard error, with nothing of R's in between."""
    totals = pd.read_csv(FOLDER / "margins.csv").rename(
        columns={"margin": "characteristic", "population": "households"}
    )
    weighting = rake(respondents().astype(dict.fromkeys(MARGINS, "str")), MARGINS, totals)
    ours = make_design(weighting.weights, base=weighting.base, margins=weighting.categories)
    for item in ITEMS:
        found, estimated_here = reference("calib_raking", measure_name(item)), estimate(ours, *answers(item))
        assert estimated_here is not None
        assert estimated_here.p == pytest.approx(found["p"], abs=1e-10)
        assert estimated_here.se == pytest.approx(found["se"], rel=1e-6)


def test_the_regulators_accuracy_of_the_reference() -> None:
    rules = load_edition("2024-25").accuracy
    test = accuracy_test(HOUSEHOLDS, 1200, census=False, accuracy=rules)
    found = reference("unweighted_srs", "ACCURACY", "moe=0.03")
    assert test.required_responses == found["rsh_n_required_ceil"]
    assert float(required_exactly(HOUSEHOLDS, rules)) == pytest.approx(found["rsh_n_required"], rel=1e-12)
    margin = reference("unweighted_srs", "ACCURACY")["rsh_achieved_margin_pp"]
    assert float(test.achieved_margin or 0) == pytest.approx(margin, abs=1e-6)


@pytest.mark.parametrize("name", DESIGNS)
def test_kishs_design_effect_of_all_weights(name: str) -> None:
    found = expected().loc[(name, "WEIGHTS", "all", "weight_kish_deff")]
    assert kish_deff(design(name).weights) == pytest.approx(found, rel=1e-10)


def test_when_everybody_agrees() -> None:
    found, everybody = reference("unweighted_srs", "X_ALL1"), np.ones(1200, dtype=bool)
    ours = estimate(design("unweighted_srs"), everybody, everybody)
    assert ours is not None
    assert (ours.ci_low, ours.ci_high) == (pytest.approx(found["ci_wilson_z_lo"], abs=1e-9), 1)
    assert korn_graubard(1, 1200) == (pytest.approx(found["ci_clopper_pearson_lo"], abs=1e-9), 1)
    assert interval(1, 1200).low == ours.ci_low


def test_the_numbers_that_the_product_is_known_by() -> None:
    ours = estimated("calib_raking", "TP01")
    shown = [ours.p, ours.se, ours.se_fpc, ours.deff, estimated("unweighted_srs", "TP01").p]
    assert [round(value or 0, 6) for value in shown] == [0.655584, 0.014518, 0.013904, 1.107108, 0.677338]
