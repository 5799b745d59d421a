"""Why there are no weights: totals that contradict each other, bounds too tight, or no convergence."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from . import bounds as feasible
from .calibration import NOTHING, TOLERANCE, Floats, Profiles, Solution
from .weighting_categories import Grouping
from .weighting_problems import Problems, people


@dataclass(frozen=True)
class Case:
    """One calibration: its groupings, and what the solver was given."""

    groupings: Sequence[Grouping]
    profiles: Profiles
    base: Floats
    targets: Floats

    @property
    def programme(self) -> tuple[Profiles, Floats, Floats]:
        """What the linear programmes take."""
        return self.profiles, self.base, self.targets

    def names(self) -> list[tuple[str, str]]:
        """Return (characteristic, category) in the order of the targets."""
        return [(each.name, category) for each in self.groupings for category in each.categories]

    def describe(self, profile: int) -> str:
        """Return a profile in words, such as "area North and age_band 16-24"."""
        names = self.names()
        return " and ".join(" ".join(names[code]) for code in self.profiles.codes[:, profile])


def explain(case: Case, found: Solution, bounds: tuple[float, float] | None, problems: Problems) -> None:
    """Add why no weights were found: the totals, the bounds, or the limit of sweeps."""
    floor = feasible.greatest_floor(*case.programme)
    if floor is None:
        _tell_contradiction(case, problems)
    elif floor.ratio < NOTHING:
        number = float(np.sum(case.profiles.of == floor.profile))
        name, category = case.names()[case.profiles.codes[0, floor.profile]]
        problems.add(
            "WGT-008",
            f"The population's counts leave no household for the {people(number)} with "
            f"{case.describe(floor.profile)}: their weight would have to be 0 or as good as 0.",
            f"check these counts against each other, or {_collapsing_hint(case)}",
            name,
            category,
            respondents=number,
        )
    elif not found.converged and not (bounds and _tell_infeasible(case, *bounds, floor.ratio, problems)):
        worst = int(np.argmax(np.abs(_achieved_shares(case, found) - 1)))
        name, category = case.names()[worst]
        problems.add(
            "WGT-013",
            f"After {found.steps:,} sweeps {name} {category} is still {found.error:.2g} (relative) from its "
            f"count of households; {TOLERANCE:.0e} is required.",
            "weight by fewer characteristics, or widen the bounds",
            name,
            category,
            sweeps=found.steps,
            error=found.error,
        )


def _achieved_shares(case: Case, found: Solution) -> Floats:
    return case.profiles.sums(case.base * found.ratios) / case.targets


def _collapsing_hint(case: Case) -> str:
    names = ", ".join(each.name for each in case.groupings)
    return f"join categories of {names} with `collapse` under weighting in year.yaml"


def _tell_contradiction(case: Case, problems: Problems) -> None:
    shares = feasible.nearest_totals(*case.programme)
    worst = int(np.argmax(np.abs(shares - 1)))
    name, category = case.names()[worst]
    nearest = float(shares[worst] * case.targets[worst])
    wanted = float(case.targets[worst])
    problems.add(
        "WGT-008",
        f"No weights meet the counts of {', '.join(each.name for each in case.groupings)} at once: at "
        f"the nearest, {name} {category} comes to {nearest:,.1f} households instead of {wanted:,.1f}.",
        f"check these counts against each other, or {_collapsing_hint(case)}",
        name,
        category,
        households=wanted,
        nearest=nearest,
    )


def _tell_infeasible(case: Case, floor: float, cap: float, greatest: float, problems: Problems) -> bool:
    """Add that the bounds cannot be kept, with the bounds that can; say whether that is so.

    `greatest`: the greatest floor that can be met.
    """
    if greatest <= floor * (1 + NOTHING):
        possible = feasible.round_down(greatest)
        least = feasible.least_cap(*case.programme, possible)
        why = (
            f"No weights of at least {floor:g} times the base weight meet the population's counts, whatever "
            f"the cap; the greatest floor that can be met is {possible:.2f}, with a cap of "
            f"{feasible.round_up(least):.2f}."
        )
    else:
        possible = floor
        least = feasible.least_cap(*case.programme, floor)
        why = (
            f"No weights within {floor:g} to {cap:g} times the base weight meet the population's counts; "
            f"with the floor of {floor:g} the least cap that can be met is {feasible.round_up(least):.2f}."
        )
        if least <= cap:
            return False
    problems.add(
        "WGT-009",
        why,
        f"set `bounds: [{possible:g}, {feasible.round_up(least):.2f}]` or wider, or {_collapsing_hint(case)}",
        floor=floor,
        cap=cap,
        greatest_floor=greatest,
        least_cap=least,
    )
    return True
