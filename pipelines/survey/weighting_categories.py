"""Respondents and households brought to the same categories, and everything that may keep them apart."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from difflib import get_close_matches
from functools import cached_property

import numpy as np
import pandas as pd

from schemas.categories import NOT_STATED, label_of

from .calibration import Floats, Ints
from .weighting_problems import CROSS, Problems, collapsing, homes, people

Collapse = Mapping[str, Mapping[str, str]]

_MOST_HINTS = 20  # of each side


@dataclass(frozen=True)
class Limits:
    """Where a problem begins; the defaults are usual practice in official statistics.

    `thin`, `small`: respondents in a category of a margin below which it is to be confirmed, or noted;
    `thin_cell`: the same as `thin` for a cell of a joint table. `totals`: share of the population by which a
    characteristic's total may differ and still be scaled. `far`: least and greatest adjustment of a category
    or a weight that needs no confirmation.
    """

    thin: int = 20
    small: int = 30
    thin_cell: int = 10
    totals: float = 0.01
    far: tuple[float, float] = (0.2, 5.0)


@dataclass(frozen=True)
class Grouping:
    """One characteristic (or one joint table, as if it were one) in the categories that weights are made for.

    `codes`: the category of each respondent, 0 to the number of `categories` − 1. `households`: how many
    households each category has, scaled to the population.
    """

    name: str
    categories: tuple[str, ...]
    codes: Ints
    households: Floats

    def counts(self) -> Floats:
        """Return how many respondents each category has."""
        return np.bincount(self.codes, minlength=len(self.categories)).astype(float)

    def sums(self, amounts: Floats) -> Floats:
        """Return the total of `amounts` (one a respondent) in each category."""
        return np.bincount(self.codes, amounts, len(self.categories))

    @property
    def is_cells(self) -> bool:
        """Whether the categories are the cells of a joint table."""
        return CROSS in self.name


@dataclass(frozen=True)
class _Labels:
    """Values as labels: `names[codes]`, where a blank is NOT_STATED."""

    codes: Ints
    names: tuple[str, ...]

    def counts(self) -> dict[str, float]:
        """Return how often each label occurs, of those that do."""
        numbers = np.bincount(self.codes, minlength=len(self.names))
        return {name: float(count) for name, count in zip(self.names, numbers, strict=True) if count}

    def sums(self, amounts: Floats) -> dict[str, float]:
        """Return the total of `amounts` (one a value) under each label, of those that occur."""
        totals = dict(zip(self.names, np.bincount(self.codes, amounts, len(self.names)), strict=True))
        return {name: float(totals[name]) for name in self.counts()}


def _label(values: pd.Series, collapse: Mapping[str, str]) -> _Labels:
    """Return values as labels, with `collapse` (from: to) applied once."""
    codes, found = values.factorize()
    labels = [label_of(value) for value in found]
    collapsed = [collapse.get(label, label) for label in [*labels, NOT_STATED]]
    names = sorted(set(collapsed))
    position = {name: code for code, name in enumerate(names)}
    # A blank has the code -1, which takes the last: NOT_STATED.
    return _Labels(np.array([position[name] for name in collapsed])[codes], tuple(names))


def _cross(parts: Sequence[_Labels]) -> _Labels:
    """Return the labels of a joint table; a cell of which any part is not stated is not stated."""
    if len(parts) == 1:
        return parts[0]
    rows = pd.MultiIndex.from_arrays([part.codes for part in parts])
    codes, found = pd.factorize(rows)
    labels = []
    for row in found:
        names = [part.names[code] for part, code in zip(parts, row, strict=True)]
        labels.append(NOT_STATED if NOT_STATED in names else CROSS.join(names))
    names = sorted(set(labels))
    position = {name: code for code, name in enumerate(names)}
    return _Labels(np.array([position[name] for name in labels])[codes], tuple(names))


class Preparation:
    """Brings one sample and one population to the same groupings, adding to `problems` what it meets."""

    def __init__(
        self,
        respondents: pd.DataFrame,
        base: Floats,
        collapse: Collapse | None,
        limits: Limits,
        problems: Problems,
    ):
        self._respondents = respondents
        self._base = base
        self._limits = limits
        self._problems = problems
        self._collapse = {
            name: {label_of(old): label_of(new) for old, new in mapping.items()}
            for name, mapping in (collapse or {}).items()
        }

    def from_margins(
        self, characteristics: Sequence[str], margins: pd.DataFrame, population: float | None
    ) -> list[Grouping]:
        """Return a grouping for each characteristic; `margins`: characteristic, category, households."""
        self._check_collapse(characteristics)
        groupings = []
        for name in characteristics:
            rows = margins[margins["characteristic"] == name]
            ours = self._respondents_of(name)
            households = _amounts(rows)
            if ours is not None and self._usable(name, [rows["category"]], rows["households"], households):
                theirs = _label(rows["category"], self._collapse.get(name, {}))
                self._tell_collapsed(name, rows["category"], households)
                groupings.append(self._match(name, ours, theirs.sums(households)))
        return self._to_one_total([each for each in groupings if each is not None], population)

    def from_cells(
        self, characteristics: Sequence[str], cells: pd.DataFrame, population: float | None
    ) -> list[Grouping]:
        """Return the one grouping of a joint table `cells` (a column a characteristic, and households)."""
        self._check_collapse(characteristics)
        name = CROSS.join(characteristics)
        ours = [self._respondents_of(each) for each in characteristics]
        present = [each for each in ours if each is not None]
        keys = [cells[each] for each in characteristics]
        households = _amounts(cells)
        if len(present) < len(ours) or not self._usable(name, keys, cells["households"], households):
            return []
        theirs = [_label(cells[each], self._collapse.get(each, {})) for each in characteristics]
        for each in characteristics:
            self._tell_collapsed(each, cells[each], households)
        matched = self._match(name, _cross(present), _cross(theirs).sums(households))
        return self._to_one_total([matched] if matched else [], population)

    def _respondents_of(self, name: str) -> _Labels | None:
        labels = None
        if name in self._respondents.columns:
            labels = _label(self._respondents[name], self._collapse.get(name, {}))
        if labels is None or set(labels.counts()) <= {NOT_STATED}:
            self._problems.add(
                "WGT-002",
                f"The survey has no answer to {name}, so it cannot be weighted by it.",
                f"give the column {name} in survey_responses, or leave {name} out of the weighting",
                name,
                respondents=len(self._respondents),
            )
            return None
        return labels

    def _usable(self, name: str, keys: Sequence[pd.Series], stated: pd.Series, households: Floats) -> bool:
        """Say whether the population's counts can be used: one number, 0 or more, for each category."""
        categories = [CROSS.join(map(str, row)) for row in zip(*keys, strict=True)]
        bad = ~(np.isfinite(households) & (households >= 0))
        first_row = {category: row for row, category in reversed(list(enumerate(categories)))}
        bad |= np.array([first_row[each] != row for row, each in enumerate(categories)], dtype=bool)
        if bad.any():
            first = int(np.argmax(bad))
            category = categories[first]
            self._problems.add(
                "WGT-003",
                f"{name} {category}: {stated.iloc[first]!s} is not a number of households that can be used; "
                "each category needs one count, 0 or more.",
                "correct the count of households, and give each category once",
                name,
                category,
                rows=int(bad.sum()),
            )
            return False
        if not households.sum() > 0:
            self._problems.add(
                "WGT-002",
                f"The population has no households by {name}, so the survey cannot be weighted by it.",
                f"give {name} in households or population_margins, or leave it out of the weighting",
                name,
                households=0,
            )
            return False
        return True

    def _match(self, name: str, ours: _Labels, theirs: dict[str, float]) -> Grouping | None:
        """Return respondents and households in the same categories; None where some are not on both sides."""
        counts = ours.counts()
        theirs = self._settle_not_stated(name, ours, counts, theirs)
        hints_of_ours, hints_of_theirs = _Hints(counts), _Hints(theirs)
        unmatched = False
        for category, households in theirs.items():
            if category not in counts and households > 0:
                unmatched = True
                self._problems.add(
                    "WGT-005",
                    f"{name} {category}: the population has {homes(households)}, the survey no respondent"
                    f"{hints_of_ours.of(category)}.",
                    collapsing(name, category),
                    name,
                    category,
                    respondents=0,
                    households=households,
                )
        for category, number in counts.items():
            if theirs.get(category, 0) > 0:
                continue
            unmatched = True
            known = category in theirs
            self._problems.add(
                "WGT-007" if known else "WGT-006",
                f"{name} {category}: the survey has {people(number)}, the population "
                + ("no household" if known else f"no count of households{hints_of_theirs.of(category)}")
                + ".",
                f"correct the category or the count, or {collapsing(name, category)}",
                name,
                category,
                respondents=number,
                households=0,
            )
        if unmatched:
            return None
        categories = tuple(sorted(counts))
        position = {category: code for code, category in enumerate(categories)}
        recode = np.array([position.get(each, -1) for each in ours.names])
        households = np.array([theirs[each] for each in categories])
        return Grouping(name, categories, recode[ours.codes], households)

    def _settle_not_stated(
        self, name: str, ours: _Labels, counts: Mapping[str, float], theirs: dict[str, float]
    ) -> dict[str, float]:
        """Return the population's counts where one side alone has a category that is not stated."""
        total, unknown = sum(theirs.values()), theirs.get(NOT_STATED, 0.0)
        if NOT_STATED in counts and not unknown:
            share = ours.sums(self._base)[NOT_STATED] / float(self._base.sum())
            self._problems.add(
                "WGT-102",
                f"{name}: {people(counts[NOT_STATED])} ({share:.1%}) did not state it; they keep their share "
                "of the survey, and the population's counts are scaled to the rest.",
                f"find out what is missing, leave {name} out, or {collapsing(name, NOT_STATED)}",
                name,
                NOT_STATED,
                respondents=counts[NOT_STATED],
                share=share,
            )
            scaled = {category: households * (1 - share) for category, households in theirs.items()}
            return {**scaled, NOT_STATED: total * share}
        if NOT_STATED not in counts and 0 < unknown < total:
            self._problems.add(
                "WGT-103",
                f"{name}: the population's category is not stated for {homes(unknown)}, while every "
                "respondent has one; they are spread over the other categories in proportion.",
                f"complete {name} in the population, or {collapsing(name, NOT_STATED)}",
                name,
                NOT_STATED,
                respondents=0,
                households=unknown,
            )
            return {
                category: households * total / (total - unknown)
                for category, households in theirs.items()
                if category != NOT_STATED
            }
        return theirs

    def _to_one_total(self, groupings: list[Grouping], population: float | None) -> list[Grouping]:
        """Return the groupings scaled to one population: the one given, or the total that most agree on.

        Of totals that equally many agree on, the largest: a smaller one lacks the households whose category
        nobody recorded.
        """
        if not groupings:
            return []
        totals = {each.name: float(each.households.sum()) for each in groupings}
        rounded = [round(total, 6) for total in totals.values()]
        whole = population or max(rounded, key=lambda total: (rounded.count(total), total))
        for name, total in totals.items():
            gap = abs(total - whole) / whole
            if gap <= 1e-9:
                continue
            scaled = gap <= self._limits.totals
            self._problems.add(
                "WGT-101" if scaled else "WGT-004",
                f"{name}: its categories add up to {homes(total)}, the population is {homes(whole)} "
                f"({gap:.1%} apart)" + ("; they are scaled to it." if scaled else "."),
                f"count every household once in {name}, under “{NOT_STATED}” where its category is not known",
                name,
                households=total,
                population=whole,
            )
        return [replace(each, households=each.households * (whole / totals[each.name])) for each in groupings]

    def judge_sample(self, groupings: Sequence[Grouping]) -> None:
        """Add the categories that have few respondents, or a share far from the population's."""
        low, high = self._limits.far
        for each in groupings:
            thin = self._limits.thin_cell if each.is_cells else self._limits.thin
            expected = each.sums(self._base) / float(self._base.sum()) * float(each.households.sum())
            rows = zip(each.categories, each.counts(), each.households, expected, strict=True)
            for category, number, households, at_base in rows:
                factor = households / at_base
                if category != NOT_STATED and number < self._limits.small:
                    self._problems.add(
                        "WGT-104" if number < thin else "WGT-201",
                        f"{each.name} {category}: {people(number)} stand for {homes(households)}; fewer than "
                        f"{thin if number < thin else self._limits.small} make unsteady weights.",
                        collapsing(each.name, category),
                        each.name,
                        category,
                        respondents=float(number),
                        households=float(households),
                    )
                if not low <= factor <= high:
                    self._problems.add(
                        "WGT-105",
                        f"{each.name} {category}: {people(number)} stand for {homes(households)}, "
                        f"{factor:.3g} times their share of the survey.",
                        f"check the count, or {collapsing(each.name, category)}",
                        each.name,
                        category,
                        respondents=float(number),
                        households=float(households),
                        factor=float(factor),
                    )

    def _check_collapse(self, characteristics: Sequence[str]) -> None:
        for name, mapping in self._collapse.items():
            for old, new in mapping.items():
                if name not in characteristics:
                    self._tell_unused(name, old, "it is not a characteristic of the weighting")
                elif mapping.get(new, new) != new:
                    self._problems.add(
                        "WGT-012",
                        f"collapse sends {name} {old} to {new}, and {new} on to {mapping[new]}.",
                        f"send each category straight to its last one: {old} to {mapping[new]}",
                        name,
                        old,
                    )

    def _tell_unused(self, name: str, category: str, why: str) -> None:
        self._problems.add(
            "WGT-203",
            f"collapse names {name} {category}, but {why}.",
            "correct the name, or take it out of collapse in year.yaml",
            name,
            category,
        )

    def _tell_collapsed(self, name: str, register: pd.Series, households: Floats) -> None:
        """Add what `collapse` did to one characteristic."""
        mapping = self._collapse.get(name)
        if not mapping:
            return
        ours = _label(self._respondents[name], {}).counts()
        theirs = _label(register, {}).sums(households)
        for old, new in mapping.items():
            if old not in ours and old not in theirs:
                self._tell_unused(name, old, "neither a respondent nor a household has it")
                continue
            number, dwellings = ours.get(old, 0), theirs.get(old, 0)
            self._problems.add(
                "WGT-202",
                f"{name} {old} is weighted as {new}: {people(number)}, {homes(dwellings)}.",
                "none needed: the collapsing map in year.yaml says so",
                name,
                old,
                respondents=number,
                households=dwellings,
            )


def _amounts(rows: pd.DataFrame) -> Floats:
    """Return the counts of households as numbers; what is none becomes NaN."""
    return pd.to_numeric(rows["households"], errors="coerce").to_numpy(dtype=float, na_value=np.nan)


class _Hints:
    """The categories of the other side, of which one may be the same under another spelling.

    Looking for it takes as long as there are others, so that it is done for the first few alone.
    """

    def __init__(self, others: Mapping[str, float]) -> None:
        self._others = others
        self._left = _MOST_HINTS

    @cached_property
    def _spelt(self) -> dict[str, str]:
        return {_spelling(other): other for other in self._others}

    def of(self, category: str) -> str:
        """Return the hint in brackets, '' where there is none."""
        self._left -= 1
        if self._left < 0:
            return ""
        near = get_close_matches(_spelling(category), list(self._spelt), n=1, cutoff=0.85)
        return f" (is it “{self._spelt[near[0]]}”?)" if near else ""


def _spelling(category: str) -> str:
    return category.casefold().replace("_", " ").replace("-", " ").replace(" ", "")
