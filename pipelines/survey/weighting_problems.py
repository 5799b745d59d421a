"""What can be wrong with a weighting: named, counted, with its remedy; never a silent drop."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from types import MappingProxyType

STOP, CONFIRM, NOTE = "stop", "confirm", "note"

# Between the characteristics of a cell and between their categories: "age_band × area", "65+ × North".
CROSS = " × "

# (grade, title) of every problem: stop = no weights; confirm = weights, for a named person to confirm.
RULES: Mapping[str, tuple[str, str]] = MappingProxyType(
    {
        "WGT-001": (STOP, "Nobody to weight"),
        "WGT-002": (STOP, "Characteristic missing"),
        "WGT-003": (STOP, "Population count unusable"),
        "WGT-004": (STOP, "Population totals disagree"),
        "WGT-005": (STOP, "Households without a respondent"),
        "WGT-006": (STOP, "Respondents without a population count"),
        "WGT-007": (STOP, "Respondents where there are no households"),
        "WGT-008": (STOP, "Population counts that no weights can meet"),
        "WGT-009": (STOP, "Bounds that no weights can keep"),
        "WGT-010": (STOP, "Bounds out of order"),
        "WGT-011": (STOP, "Weight missing or not above zero"),
        "WGT-012": (STOP, "Collapsing map in a chain"),
        "WGT-013": (STOP, "Weighting did not converge"),
        "WGT-014": (STOP, "Stratum without an invited sample"),
        "WGT-101": (CONFIRM, "Population totals differ a little"),
        "WGT-102": (CONFIRM, "Respondents whose category is not stated"),
        "WGT-103": (CONFIRM, "Households whose category is not stated"),
        "WGT-104": (CONFIRM, "Few respondents in a category"),
        "WGT-105": (CONFIRM, "Sample far from the population"),
        "WGT-106": (CONFIRM, "Extreme weights"),
        "WGT-107": (CONFIRM, "Invited at different rates, and not weighted"),
        "WGT-108": (CONFIRM, "Weights in the file, and no word on weighting"),
        "WGT-201": (NOTE, "Small category"),
        "WGT-202": (NOTE, "Categories collapsed"),
        "WGT-203": (NOTE, "Collapsing map not used"),
        "WGT-204": (NOTE, "Weights in the file not used"),
    }
)


@dataclass(frozen=True)
class WeightingProblem:
    """One problem: what it is about, the counts that show it, one sentence, and what to do.

    `characteristic` and `category` are blank where the problem is not one category's. `counts` holds the
    numbers in the message under plain names: respondents, households, population, least_cap …
    """

    id: str
    characteristic: str
    category: str
    counts: Mapping[str, float] = field(hash=False)
    message: str
    remedy: str

    @property
    def grade(self) -> str:
        """Return stop, confirm or note: fixed by the id."""
        return RULES[self.id][0]

    @property
    def title(self) -> str:
        """Return the problem's short name: fixed by the id."""
        return RULES[self.id][1]


class WeightingRefusedError(Exception):
    """No weights can be given: `problems` holds every problem found, at least one of them a stop."""

    def __init__(self, problems: Iterable[WeightingProblem]):
        self.problems = tuple(problems)
        super().__init__(" ".join(f"{p.id}: {p.message}" for p in self.problems if p.grade == STOP))


class Problems:
    """The problems met so far, in the order in which they were met."""

    def __init__(self) -> None:
        self._found: list[WeightingProblem] = []

    def add(
        self,
        rule: str,
        message: str,
        remedy: str,
        characteristic: str = "",
        category: str = "",
        **counts: float,
    ) -> None:
        """Add one problem of the rule `rule`."""
        frozen = MappingProxyType(counts)
        self._found.append(WeightingProblem(rule, characteristic, category, frozen, message, remedy))

    def refuse_if_stopped(self) -> None:
        """Raise WeightingRefusedError if any problem so far is a stop."""
        if any(problem.grade == STOP for problem in self._found):
            raise WeightingRefusedError(self._found)

    def all(self) -> tuple[WeightingProblem, ...]:
        """Return every problem so far."""
        return tuple(self._found)


def people(count: float) -> str:
    """Return a number of respondents in words, such as "1 respondent"."""
    return f"{count:,.0f} respondent{'' if count == 1 else 's'}"


def homes(count: float) -> str:
    """Return a number of households in words, such as "877 households"."""
    shown = f"{count:,.0f}" if round(count) == round(count, 6) else f"{count:,.2f}"
    return f"{shown} household{'' if shown == '1' else 's'}"


def collapsing(characteristic: str, category: str) -> str:
    """Return the remedy that joins a category to another one, as it would stand in year.yaml.

    For a cell of several characteristics the first of them serves as the example.
    """
    name, value = (text.split(CROSS)[0] for text in (characteristic, category))
    return (
        "join it to a similar category, for respondents and households alike, with "
        f'`collapse: {{{name}: {{"{value}": "…"}}}}` under weighting in year.yaml'
    )
