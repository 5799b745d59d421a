"""The solver and the linear programmes behind it, on random designs: any bounds that can be met are met."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st

from pipelines.survey import bounds as feasible
from pipelines.survey.calibration import TOLERANCE, calibrate, group

SEEDS = st.integers(0, 2**32 - 1)
EXAMPLES = settings(max_examples=80, deadline=None)


class Design:
    """A random sample whose targets some positive weights, not of raking's form, do meet."""

    def __init__(self, seed: int):
        random = np.random.default_rng(seed)
        size = int(random.integers(30, 1200))
        latent = random.normal(size=size)
        codes = []
        for categories in random.integers(2, 9, random.integers(1, 6)):
            # Characteristics that hang together, from not at all to nearly the same thing.
            mixed = latent * random.choice([0, 0.5, 2, 10]) + random.normal(size=size)
            ranks = (np.argsort(np.argsort(mixed)) + 0.5) / size
            _, code = np.unique(
                (ranks ** random.choice([0.5, 1, 3]) * categories).astype(int), return_inverse=True
            )
            codes.append(code)
        self.codes = codes
        self.sizes = [int(code.max()) + 1 for code in codes]
        self.profiles = group(codes, self.sizes)
        self.each = random.lognormal(0, random.choice([0, 0.5, 1.5]), size)
        base = self.profiles.per_profile(self.each)
        targets = self.profiles.sums(base * np.exp(random.normal(0, random.choice([0.1, 1, 3]), len(base))))
        households = 10.0 ** random.integers(1, 7)
        self.base = base * households / base.sum()
        self.targets = targets * households / targets[: self.sizes[0]].sum()

    @property
    def programme(self):
        return self.profiles, self.base, self.targets


@given(SEEDS)
@EXAMPLES
def test_targets_that_can_be_met_are_met_by_raking(seed):
    design = Design(seed)
    found = calibrate(*design.programme)
    assert found.converged
    assert found.steps <= 60
    np.testing.assert_allclose(
        design.profiles.sums(design.base * found.ratios), design.targets, rtol=TOLERANCE
    )
    # The form of raking: a factor for each category, multiplied.
    factors = np.exp(found.multipliers)[design.profiles.codes].prod(axis=0)
    np.testing.assert_allclose(found.ratios, factors, rtol=1e-9)


@given(SEEDS, st.sampled_from([0.0, 0.01, 0.3, 0.7]), st.sampled_from([0.05, 1e-3, 1e-6]))
@EXAMPLES
def test_bounds_that_can_be_met_are_met_however_tight(seed, floor, slack):
    design = Design(seed)
    greatest = feasible.greatest_floor(*design.programme)
    assert greatest is not None
    floor = min(floor, 0.99 * greatest.ratio)
    least = feasible.least_cap(*design.programme, floor)
    cap = least * (1 + slack)
    found = calibrate(*design.programme, bounds=(floor, cap))
    assert found.converged
    assert found.steps <= 100
    assert floor <= found.ratios.min()
    assert found.ratios.max() <= cap
    # Between the bounds raking's form, at the bounds the side that it points to.
    factors = np.exp(found.multipliers[design.profiles.codes].sum(axis=0))
    np.testing.assert_allclose(found.ratios, np.clip(factors, floor, cap), rtol=1e-9)


@given(SEEDS, st.sampled_from([0.0, 0.3, 0.7]))
@EXAMPLES
def test_no_cap_below_the_least_can_be_met(seed, floor):
    design = Design(seed)
    greatest = feasible.greatest_floor(*design.programme)
    assert greatest is not None
    floor = min(floor, 0.9 * greatest.ratio)
    least = feasible.least_cap(*design.programme, floor)
    if least > 1.01:
        assert not calibrate(*design.programme, bounds=(floor, least * 0.999)).converged


@given(SEEDS)
@EXAMPLES
def test_no_floor_above_the_greatest_can_be_met(seed):
    design = Design(seed)
    greatest = feasible.greatest_floor(*design.programme)
    assert greatest is not None
    assert calibrate(*design.programme, bounds=(greatest.ratio * 0.999, np.inf)).converged
    if greatest.ratio < 0.99:
        above = (greatest.ratio * 1.001, np.inf)
        assert not calibrate(*design.programme, bounds=above).converged


@given(SEEDS)
@EXAMPLES
def test_raking_is_the_nearest_of_all_weights_that_meet_the_targets(seed):
    """No small move that keeps every total comes nearer in Σ d (g log g − g + 1)."""
    design = Design(seed)
    found = calibrate(*design.programme)
    incidence = np.zeros((design.profiles.categories, len(design.base)))
    for codes in design.profiles.codes:
        incidence[codes, np.arange(len(design.base))] = design.base
    move = np.random.default_rng(seed).normal(size=len(design.base))
    move = move - np.linalg.pinv(incidence) @ (incidence @ move)
    assume(np.abs(move).max() > 1e-3)  # else the targets leave no other weights
    move *= 0.5 * found.ratios.min() / np.abs(move).max()

    def distance(ratios):
        return float((design.base * (ratios * np.log(ratios) - ratios + 1)).sum())

    nearest = distance(found.ratios)
    slack = 1e-9 * max(1.0, nearest)
    assert nearest <= distance(found.ratios + move) + slack
    assert nearest <= distance(found.ratios - move) + slack


def test_profiles_of_many_characteristics_are_told_apart():
    random = np.random.default_rng(3)
    codes = [random.integers(0, 100, 500) for _ in range(12)]
    codes[5][:2] = codes[5][0]
    profiles = group(codes, [100] * 12)
    assert profiles.codes.shape == (12, 500)
    starts = 100 * np.arange(12)[:, None]
    np.testing.assert_array_equal(profiles.codes[:, profiles.of], np.stack(codes) + starts)


def test_joint_sums_are_those_of_the_two_way_tables():
    design = Design(11)
    joint = design.profiles.joint_sums(design.base)
    incidence = np.zeros((design.profiles.categories, len(design.base)))
    for codes in design.profiles.codes:
        incidence[codes, np.arange(len(design.base))] = 1
    np.testing.assert_allclose(joint, incidence * design.base @ incidence.T, rtol=1e-12)


def test_a_start_elsewhere_arrives_at_the_same_weights():
    design = Design(5)
    found = calibrate(*design.programme)
    start = np.random.default_rng(1).normal(0, 2, design.profiles.categories)
    again = calibrate(*design.programme, start=start)
    np.testing.assert_allclose(again.ratios, found.ratios, rtol=1e-9)


@pytest.mark.parametrize(("apart", "met"), [(1e-11, True), (1e-9, True), (1e-7, False)])
def test_totals_a_rounding_apart_are_met_as_nearly_as_they_can_be(apart, met):
    design = Design(8)
    targets = design.targets.copy()
    targets[: design.sizes[0]] *= 1 + apart
    found = calibrate(design.profiles, design.base, targets)
    assert found.converged is met
    assert found.error == pytest.approx(apart, rel=1)


def test_totals_that_contradict_are_approached_and_not_met():
    same = np.array([0, 0, 0, 1, 1])
    profiles = group([same, same], [2, 2])
    base = profiles.per_profile(np.full(5, 20.0))
    targets = np.array([60.0, 40, 40, 60])
    assert feasible.greatest_floor(profiles, base, targets) is None
    assert not calibrate(profiles, base, targets).converged
    nearest = feasible.nearest_totals(profiles, base, targets)
    assert np.abs(nearest - 1).sum() == pytest.approx(2 / 3, rel=1e-6)


@pytest.mark.parametrize(
    ("number", "up", "down"), [(1.3, 1.31, 1.29), (2.999, 3.01, 2.99), (0.004, 0.01, 0.0)]
)
def test_bounds_are_stated_with_room(number, up, down):
    assert feasible.round_up(number) == up
    assert feasible.round_down(number) == down
