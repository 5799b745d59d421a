"""A survey before its fieldwork: how many to invite, quotas, and the households that are drawn."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal
from fractions import Fraction
from hashlib import sha256
from math import ceil, floor

import pandas as pd

from schemas.categories import NOT_STATED, stated
from schemas.rulebook import Accuracy

from .accuracy import accuracy_test, achieved_margin

SAMPLE_COLUMNS = ("household_id", "stratum", "draw", "base_weight")
EXCLUSION_COLUMNS = ("household_id", "excluded_reason")
WHOLE = "all"
# Fewer in a stratum, and its own variance cannot be estimated.
LEAST_IN_A_STRATUM = 2


@dataclass(frozen=True, eq=False)
class SurveyPlan:
    """The survey of one population.

    `population_size` households, of them `frame_size` can be invited and `exclusions` (columns reason,
    households) say why the others cannot; `excluded` lists these, columns `EXCLUSION_COLUMNS`.
    `required_responses` for `required_margin` points; `invitations` at the expected response rate, which
    bring `expected_responses` and `expected_margin` (None without any); `census` where that is everybody;
    `falls_short` where even everybody is not expected to be enough. `quotas`: columns cell, households, quota
    (responses wanted). `sample`: the households to invite, columns `SAMPLE_COLUMNS` and quota_cell.
    """

    population_size: int
    frame_size: int
    exclusions: pd.DataFrame
    excluded: pd.DataFrame
    required_responses: int
    required_margin: int
    invitations: int
    expected_responses: int
    expected_margin: Decimal | None
    census: bool
    falls_short: bool
    quotas: pd.DataFrame
    sample: pd.DataFrame


def plan_survey(
    households: pd.DataFrame,
    accuracy: Accuracy,
    *,
    response_rate: Fraction,
    seed: str,
    quota_by: Sequence[str] = (),
    strata: Sequence[str] = (),
) -> SurveyPlan:
    """Return the plan of one population.

    `households`: one row each, columns household_id, excluded_reason (blank: can be invited) and the
    characteristics that `quota_by` and `strata` name. `response_rate`: the share of the invited that is
    expected to respond. Excluded households still belong to the population, and to its required sample.

    Raises ValueError for a response rate that is none, and as `draw` does.
    """
    if not 0 < response_rate <= 1:
        raise ValueError(f"the expected response rate must be above 0% and at most 100%: {response_rate}")
    left_out = households["excluded_reason"].notna()
    frame, excluded = households[~left_out], households.loc[left_out, list(EXCLUSION_COLUMNS)]
    needed = accuracy_test(len(households), 0, census=False, accuracy=accuracy)
    wanted = ceil(needed.required_responses / response_rate)
    invitations = min(wanted, len(frame))
    expected = floor(invitations * response_rate)
    cell = cells(frame, quota_by)
    sample = draw(frame, invitations, seed, strata)
    by_household = pd.Series(cell.to_numpy(), index=frame["household_id"], dtype="str")
    return SurveyPlan(
        len(households),
        len(frame),
        _reasons(excluded["excluded_reason"]),
        excluded.sort_values("household_id", ignore_index=True),
        needed.required_responses,
        needed.required_margin,
        invitations,
        expected,
        achieved_margin(len(households), expected, accuracy),
        invitations == len(frame),
        wanted > len(frame),
        quotas(cell, needed.required_responses),
        sample.assign(quota_cell=sample["household_id"].map(by_household).astype("str")),
    )


def quotas(cell: pd.Series, required_responses: int) -> pd.DataFrame:
    """Return the quota of each cell, sorted: columns cell, households, quota.

    `cell`: the cell of every household that can be invited (see `cells`).
    """
    counts = cell.value_counts().sort_index()
    shared = proportional({str(name): int(size) for name, size in counts.items()}, required_responses)
    return pd.DataFrame(
        {"cell": list(shared), "households": counts.to_list(), "quota": list(shared.values())}
    )


def _reasons(excluded: pd.Series) -> pd.DataFrame:
    return excluded.value_counts().sort_index().rename("households").rename_axis("reason").reset_index()


def cells(frame: pd.DataFrame, characteristics: Sequence[str]) -> pd.Series:
    """Return the cell that each row is in: its categories joined by " / ", blanks "not stated"."""
    if not characteristics:
        return pd.Series(WHOLE, index=frame.index, dtype="str")
    parts = [stated(frame[name]).fillna(NOT_STATED) for name in characteristics]
    return parts[0].str.cat(parts[1:], sep=" / ")


def proportional(sizes: Mapping[str, int], total: int) -> dict[str, int]:
    """Return `total` shared out in proportion to `sizes`, by largest remainder (the first of equals).

    Exact in whole numbers, adding up to `total`; all 0 where there is nobody to share out to.
    """
    everybody = sum(sizes.values())
    if everybody == 0:
        return dict.fromkeys(sizes, 0)
    shares = {name: divmod(total * size, everybody) for name, size in sizes.items()}
    whole = {name: share for name, (share, _) in shares.items()}
    by_remainder = sorted(shares, key=lambda name: -shares[name][1])
    for name in by_remainder[: total - sum(whole.values())]:
        whole[name] += 1
    return whole


def allocate(sizes: Mapping[str, int], total: int) -> dict[str, int]:
    """Return how many to draw from each stratum of `sizes` households: proportional, but no stratum alone.

    Each gets at least two (or all that it has), so that each has a chance and a variance.

    Raises ValueError where `total` is too few for that.
    """
    floors = {name: min(size, LEAST_IN_A_STRATUM) for name, size in sizes.items()}
    if sum(floors.values()) > total:
        raise ValueError(
            f"{len(sizes)} strata need {sum(floors.values())} households to be drawn, two of each, and only "
            f"{total} are: stratify by fewer or broader categories"
        )
    fixed: dict[str, int] = {}
    while True:
        rest = {name: size for name, size in sizes.items() if name not in fixed}
        shared = proportional(rest, total - sum(fixed.values()))
        low = {name: floors[name] for name in rest if shared[name] < floors[name]}
        if not low:
            return {name: (fixed | shared)[name] for name in sizes}
        fixed |= low


def draw(frame: pd.DataFrame, size: int, seed: str, strata: Sequence[str] = ()) -> pd.DataFrame:
    """Return `size` households drawn at random without replacement, by stratum if `strata` names any.

    Columns `SAMPLE_COLUMNS`: `draw` counts from 1 within the stratum (the first so many of a stratum are a
    random sample too, so that invitations can go out in waves), `base_weight` = households of the stratum /
    drawn. The order is that of SHA-256 of the seed and the household_id: the same on every machine and with
    every version, whatever the order of the rows; publish the seed, and anybody can draw it again.

    Raises ValueError for more households than there are, a household_id twice, or as `allocate` does.
    """
    if size > len(frame):
        raise ValueError(f"{size} households cannot be drawn from {len(frame)}")
    if frame["household_id"].duplicated().any():
        raise ValueError("a household_id stands twice among the households to draw from")
    ranks = [sha256(f"{seed}\n{household}".encode()).hexdigest() for household in frame["household_id"]]
    listed = pd.DataFrame(
        {"household_id": frame["household_id"], "stratum": cells(frame, strata), "rank": ranks}
    ).sort_values(["stratum", "rank"])
    by_stratum = listed["stratum"].value_counts().sort_index()
    sizes = {str(name): int(count) for name, count in by_stratum.items()}
    drawn = allocate(sizes, size) if strata else proportional(sizes, size)
    listed["draw"] = listed.groupby("stratum").cumcount() + 1
    sample = listed[listed["draw"] <= listed["stratum"].map(drawn).astype("int64")]
    weights = {name: sizes[name] / count for name, count in drawn.items() if count}
    return sample.assign(base_weight=sample["stratum"].map(weights).astype(float))[
        list(SAMPLE_COLUMNS)
    ].reset_index(drop=True)
