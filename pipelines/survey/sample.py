"""One population's survey: who answered, who could have, and the weight of each respondent."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from decimal import ROUND_HALF_EVEN, Decimal
from functools import cached_property

import pandas as pd

from pipelines.measures.ledger import exact_sum
from pipelines.measures.stock import COMBINED, RELEVANT

from . import weighting
from .estimation import Design, make_design
from .weighting import Limits, Weighting
from .weighting_problems import Problems, WeightingProblem, people

METHODS = ("none", "supplied", "post_stratify", "rake")
CALIBRATED = frozenset({"post_stratify", "rake"})
WEIGHT_COLUMNS = ("population", "response_id", "weight", "base_weight", "counts_as")

# The most often invited stratum may be invited so many times as often as the least, and count as even.
_EVEN = 1.1
# Weighted counts are sums of weights with this many decimals: exact sums, and far finer than the tolerance
# that totals are met to.
_PLACES = Decimal("1e-12")


@dataclass(frozen=True)
class Scheme:
    """How the responses of one population are weighted, and how its households were chosen.

    `stated`: whether anybody said so; else `none` stands for silence.
    `population`: households, where no table says. `census`: every household was invited. `stratified`: the
    invited were drawn by stratum. `collapse`: {characteristic: {from: to}}.
    """

    method: str = "none"
    characteristics: tuple[str, ...] = ()
    bounds: tuple[float, float] | None = None
    collapse: Mapping[str, Mapping[str, str]] = field(default_factory=dict)
    census: bool = False
    stratified: bool = False
    population: int | None = None
    stated: bool = True


@dataclass(frozen=True, eq=False)
class Sample:
    """The survey of one population.

    `respondents`: the responses that take part, one a household, indexed from 0, every column of
    survey_responses and the characteristics that only the households table has. `characteristics`: the
    columns that say what kind of household it is (not the collection method). `households`: the population,
    one row each, excluded ones included (None where there is no such table or it has none of this tenure).
    `margins`: the population's rows of population_margins: characteristic, category, households.
    """

    population: str
    respondents: pd.DataFrame
    characteristics: tuple[str, ...]
    households: pd.DataFrame | None
    margins: pd.DataFrame
    scheme: Scheme

    @cached_property
    def population_size(self) -> int | None:
        """Households: those of the table, else what year.yaml says, else the total of population_margins."""
        if self.households is not None:
            return len(self.households)
        if self.scheme.population is not None:
            return self.scheme.population
        return self.margins_total

    @property
    def margins_total(self) -> int | None:
        """Households by population_margins: the largest total of a characteristic; None without any."""
        totals = self.margins.groupby("characteristic")["households"].sum()
        return int(totals.max()) if len(totals) else None

    def known(self, characteristic: str) -> dict[str, int]:
        """Return households by category, as population_margins or else the households table has them.

        Blanks are left out; nothing where neither has the characteristic.
        """
        rows = self.margins[self.margins["characteristic"] == characteristic]
        if len(rows):
            return {str(row.category): int(row.households) for row in rows.itertuples()}
        if self.households is None or characteristic not in self.households.columns:
            return {}
        counts = self.households[characteristic].value_counts().sort_index()
        return {str(name): int(count) for name, count in counts.items()}

    @cached_property
    def strata(self) -> pd.Series | None:
        """The stratum that each respondent was drawn from; None where the strata are not known."""
        frame = self.frame
        if frame is None or "household_id" not in self.respondents:
            return None
        by_household = frame.drop_duplicates("household_id").set_index("household_id")["stratum"]
        return self.respondents["household_id"].map(by_household).rename("stratum")

    @cached_property
    def frame(self) -> pd.DataFrame | None:
        """The households with their stratum and whether they were invited, for a stratified sample."""
        if self.households is None or not self.scheme.stratified:
            return None
        named = [self.households[name].notna().any() for name in ("stratum", "invited")]
        return self.households if all(named) else None

    @property
    def invited_by_stratum(self) -> pd.DataFrame:
        """Households and invited of each stratum: columns stratum, households, invited."""
        assert self.frame is not None
        invited = self.frame["invited"].fillna(value=False).astype(bool)
        by_stratum = invited.groupby(self.frame["stratum"]).agg(["size", "sum"]).reset_index()
        return by_stratum.set_axis(["stratum", "households", "invited"], axis=1)


def make_sample(
    population: str,
    respondents: pd.DataFrame,
    households: pd.DataFrame | None,
    margins: pd.DataFrame | None,
    scheme: Scheme,
) -> Sample:
    """Return the survey of one population from whole tables.

    `respondents` as `perception.respondents` returns it; `households` and `margins` as accepted (None where
    the landlord gave no such table), the attrs of the first two naming their `characteristics`. A
    characteristic that the households table alone has is looked up by household_id. Of COMBINED the margins
    are its own, else the sum of both tenures' (of one tenure alone they would be less than the population).
    """
    mine = respondents[(respondents["population"] == population) & (respondents["standing"] == "")]
    mine = mine.reset_index(drop=True)
    own = [str(name) for name in respondents.attrs.get("characteristics", ())]
    tenures = RELEVANT if population == COMBINED else (population,)
    register = None if households is None else households[households["tenure"].isin(tenures)]
    if register is not None and register.empty:
        register = None
    found = [*(["tenure"] if population == COMBINED else []), *own]
    if households is not None and register is not None:
        # Not one that is named as a column of every survey (weight, method, trust): that would replace it.
        lacking = [name for name in households.attrs.get("characteristics", ()) if name not in mine.columns]
        by_household = register.drop_duplicates("household_id").set_index("household_id")
        for name in lacking:
            mine[name] = mine["household_id"].map(by_household[name])
        found += lacking
    return Sample(population, mine, tuple(found), register, _margins(margins, population), scheme)


def _margins(margins: pd.DataFrame | None, population: str) -> pd.DataFrame:
    columns = ["characteristic", "category", "households"]
    if margins is None:
        return pd.DataFrame({name: [] for name in columns})
    own = margins[margins["tenure"] == population]
    if own.empty and population == COMBINED:
        both = margins[margins["tenure"].isin(RELEVANT)]
        tenures = both.groupby("characteristic")["tenure"].transform("nunique")
        both = both[tenures == len(RELEVANT)]
        return both.groupby(columns[:2])["households"].sum().reset_index()
    return own[columns].reset_index(drop=True)


def weigh(sample: Sample, limits: Limits) -> Weighting:
    """Return the weights of one population by its scheme.

    They sum to the population; where its size is not known (`none`, `supplied`), to the responses.
    Raises WeightingRefusedError, naming every problem that prevents weights.
    """
    found = _weigh(sample, limits)
    return replace(found, problems=(*found.problems, *_weights_not_used(sample)))


def _weigh(sample: Sample, limits: Limits) -> Weighting:
    scheme, respondents = sample.scheme, sample.respondents
    size = sample.population_size
    whole = float(len(respondents) if size is None else size)
    if scheme.method == "none":
        equal = weighting.unweighted(respondents, whole)
        return replace(equal, problems=(*equal.problems, *_unequal_chances(sample)))
    if scheme.method == "supplied":
        return weighting.supplied(respondents["weight"], whole, limits)
    base = None
    if sample.frame is not None and sample.strata is not None:
        base = weighting.design_weights(sample.strata, sample.invited_by_stratum)
    calibrate = weighting.rake if scheme.method == "rake" else weighting.post_stratify
    totals = _totals(sample) if scheme.method == "rake" else _cells(sample)
    return calibrate(
        respondents,
        scheme.characteristics,
        totals,
        population=size,
        base=base,
        bounds=scheme.bounds,
        collapse=scheme.collapse,
        limits=limits,
    )


def _weights_not_used(sample: Sample) -> tuple[WeightingProblem, ...]:
    """Return the problem of a file with weights that nothing is done with: figures would differ by them."""
    if sample.scheme.method == "supplied" or "weight" not in sample.respondents:
        return ()
    weights = sample.respondents["weight"].dropna()
    count = sum(Decimal(weight) != 1 for weight in weights)
    if not count:
        return ()
    problems = Problems()
    said = f"The file gives {people(count)} of {len(sample.respondents):,} a weight other than 1, "
    if sample.scheme.stated:
        rest = f"which is not used, as year.yaml says `method: {sample.scheme.method}`."
        problems.add("WGT-204", said + rest, "nothing need be done, unless these weights are meant")
    else:
        rest = "and year.yaml does not say whether it counts: every response counts the same."
        how = "write `method: supplied` under weighting in year.yaml, or `method: none` if not"
        problems.add("WGT-108", said + rest, how)
    return problems.all()


def _unequal_chances(sample: Sample) -> tuple[WeightingProblem, ...]:
    """Return the problem of a sample whose strata were invited at clearly different rates."""
    if sample.frame is None:
        return ()
    by_stratum = sample.invited_by_stratum
    rates = by_stratum[by_stratum["invited"] > 0].set_index("stratum")
    rates = rates["invited"] / rates["households"]
    if rates.empty or rates.max() <= _EVEN * rates.min():
        return ()
    problems = Problems()
    problems.add(
        "WGT-107",
        f"Of stratum {rates.idxmax()} {rates.max():.0%} of households were invited, of {rates.idxmin()} "
        f"{rates.min():.0%}, and every response counts the same.",
        "weight by what the strata were made of, with `method: rake` under weighting in year.yaml",
    )
    return problems.all()


def _totals(sample: Sample) -> pd.DataFrame:
    """Return households by category of each characteristic: population_margins' where it has them."""
    given = set(sample.margins["characteristic"])
    names = [name for name in sample.scheme.characteristics if name not in given]
    parts = [sample.margins]
    if sample.households is not None:
        there = [name for name in names if name in sample.households.columns]
        parts += [weighting.margins_of(sample.households, there)] if there else []
    return pd.concat([part for part in parts if len(part)] or parts[:1], ignore_index=True)


def _cells(sample: Sample) -> pd.DataFrame:
    """Return households by cell: counted in the households table, or the margin of a single characteristic.

    Where neither has them there are no cells: the weighting refuses the characteristics by name.
    """
    names = list(sample.scheme.characteristics)
    rows = sample.margins[sample.margins["characteristic"] == names[0]]
    if len(names) == 1 and len(rows):
        return rows.rename(columns={"category": names[0]})[[names[0], "households"]]
    if sample.households is None or not set(names) <= set(sample.households.columns):
        return pd.DataFrame({**{name: pd.Series([], dtype="str") for name in names}, "households": []})
    return weighting.cells_of(sample.households, names)


def counts_as(sample: Sample, weights: Weighting) -> pd.Series:
    """Return how much each response counts in the return, as exact decimal text.

    Unweighted: 1. Supplied: the weight as the contractor gave it. Computed: the weight scaled to a mean of
    1, so that the weighted counts add up to the responses, as the regulator's return has them.
    """
    if weights.method == "none":
        return pd.Series("1", index=weights.weights.index, dtype="str")
    if weights.method == "supplied":
        return sample.respondents["weight"].astype("str")
    return weights.response_weights.map(lambda weight: _decimal_text(float(weight))).astype("str")


def _decimal_text(weight: float) -> str:
    return f"{Decimal(weight).quantize(_PLACES, ROUND_HALF_EVEN).normalize():f}"


def weights_frame(sample: Sample, weights: Weighting) -> pd.DataFrame:
    """Return one row a respondent, columns WEIGHT_COLUMNS.

    `weight` is exactly `counts_as` times one factor, so that every output rests on the same numbers; it sums
    to the population, as `base_weight` does.
    """
    counts = counts_as(sample, weights)
    factor = weights.population / float(exact_sum(counts))
    return pd.DataFrame(
        {
            "population": pd.Series(sample.population, index=counts.index, dtype="str"),
            "response_id": sample.respondents["response_id"].astype("str"),
            "weight": counts.astype(float) * factor,
            "base_weight": weights.base,
            "counts_as": counts,
        },
        columns=list(WEIGHT_COLUMNS),
    )


def design_of(sample: Sample, weights: Weighting) -> Design:
    """Return the design that estimates rest on: the weights, what they were fitted to, and the strata."""
    strata, size = sample.strata, sample.population_size
    if strata is None or strata.isna().any():
        return make_design(
            weights.weights.to_numpy(),
            base=weights.base.to_numpy(),
            margins=weights.categories,
            population=size,
        )
    frame = sample.invited_by_stratum
    return make_design(
        weights.weights.to_numpy(),
        base=weights.base.to_numpy(),
        margins=weights.categories,
        strata=strata,
        population=dict(zip(frame["stratum"], frame["households"].astype(int), strict=True)),
    )
