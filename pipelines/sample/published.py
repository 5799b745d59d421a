"""What a landlord published: the counts behind its figures, as the regulator's file gives them."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from decimal import Decimal
from typing import Any

from schemas.errors import InputError

ANSWERS = ("VS", "FS", "NSD", "FD", "VD")
Counts = tuple[int, int]


@dataclass(frozen=True)
class PublishedSurvey:
    """The survey of one population (LCRA, LCHO or COMBINED).

    `answers`: for each question the count of every answer (VS, FS, NSD, FD, VD, NADK); `filters`: Yes and No
    of the questions that have a filter. Counts are whole, or fractional where the landlord weighted.
    `tp01_by_method`: TP01 (%) of each method, where the records are to show it. `says_weighted`: the landlord
    says that it weighted, which its counts need not show. `unweighted_tp01`: how many
    gave each answer to TP01, weights aside.
    """

    population_size: int
    approach: str
    methods: Mapping[str, int]
    answers: Mapping[str, Mapping[str, Decimal]]
    filters: Mapping[str, tuple[Decimal, Decimal]]
    tp01_by_method: Mapping[str, Decimal] = field(default_factory=dict)
    says_weighted: bool = False
    unweighted_tp01: Mapping[str, int] = field(default_factory=dict)

    @property
    def achieved(self) -> int:
        """Responses in all: the sum over the methods."""
        return sum(self.methods.values())

    @property
    def weighted(self) -> bool:
        """Whether the landlord says so, or any count is fractional."""
        if self.says_weighted:
            return True
        counts = [count for answers in self.answers.values() for count in answers.values()]
        counts += [count for pair in self.filters.values() for count in pair]
        return any(count != int(count) for count in counts)


@dataclass(frozen=True)
class Published:
    """One landlord's published return.

    `counts`: (numerator, denominator) of each management measure by population, such as
    counts["LCRA"]["CH02_1"]; BS, NM and RP stand under ALL. A measure that the landlord did not report, or
    that contradicts its other counts, is absent. `settings`: departures that its counts imply.
    """

    code: str
    name: str
    type: str
    region: str
    surveys: Mapping[str, PublishedSurvey]
    counts: Mapping[str, Mapping[str, Counts]]
    settings: Mapping[str, Any] = field(default_factory=dict)

    @classmethod
    def from_dict(cls, entry: Mapping[str, Any]) -> Published:
        """Read an entry of tests/golden/landlords_2023-24.json: texts of numbers, None where not reported.

        `left_out` names measures (population.measure) whose counts contradict the others.
        """
        left_out = entry.get("left_out", {})
        counts = {
            population: {
                key: (int(figure["numerator"]), int(figure["denominator"]))
                for key, figure in figures.items()
                if figure["denominator"] is not None and f"{population}.{key}" not in left_out
            }
            for population, figures in entry["management"]["figures"].items()
        }
        return cls(
            code=entry["code"],
            name=entry["name"],
            type=entry["type"],
            region=entry["region"],
            surveys={population: _survey(survey) for population, survey in entry["surveys"].items()},
            counts=counts,
            settings=entry.get("settings", {}),
        )

    @property
    def homes(self) -> dict[str, int]:
        """Homes owned at year end by tenure: LCRA and LCHO.

        Where the landlord reports both tenures combined, only the sum is known: rented homes are at least
        those to which the Decent Homes Standard applied, and each tenure has fewer than 1,000.
        """
        total = self.counts["ALL"]["NM01_1"][1]
        combined = self._stock_of("COMBINED")
        if combined:
            rented = max(self._count("ALL", "RP01")[1], total - 999, (total * 3) // 5)
            return {"LCRA": min(rented, 999), "LCHO": total - min(rented, 999)}
        rented = self._stock_of("LCRA")
        return {"LCRA": rented, "LCHO": total - rented}

    def complaints(self, population: str, stage: int) -> Counts:
        """Complaints answered in time, and complaints made, at a stage."""
        made = self._count(population, f"CH01_{stage}")[0]
        in_time = self._count(population, f"CH02_{stage}", default=(made, made))[0]
        return in_time, made

    def _stock_of(self, population: str) -> int:
        return self._count(population, "CH01_1")[1]

    def _count(self, population: str, key: str, default: Counts = (0, 0)) -> Counts:
        return self.counts.get(population, {}).get(key, default)

    def check(self) -> None:
        """Raise InputError where no records could give these counts, saying which counts contradict."""
        homes = self.homes
        total = sum(homes.values())
        for key, (numerator, denominator) in self.counts["ALL"].items():
            limit = homes["LCRA"] if key == "RP01" else total
            if key.startswith(("BS", "RP01")) and denominator > limit:
                self._refuse(f"{key} has {denominator} homes of {limit}")
            if not key.startswith("NM") and numerator > denominator:
                self._refuse(f"{key} has a numerator of {numerator} over {denominator}")
        if homes["LCHO"] < 0:
            self._refuse(f"the rented homes are more than all {total} homes")
        for population in ("LCRA", "LCHO", "COMBINED"):
            for stage in (1, 2):
                made = self._count(population, f"CH01_{stage}")[0]
                answered = self._count(population, f"CH02_{stage}", default=(made, made))
                if answered[1] != made or answered[0] > made:
                    self._refuse(f"CH02 ({stage}) counts {answered} of {made} {population} complaints")
        for population, survey in self.surveys.items():
            for key, answers in survey.answers.items():
                given = sum(answers[code] for code in ANSWERS)
                if given + answers.get("NADK", 0) > survey.achieved:
                    self._refuse(f"{key} has more answers than {population} responses")
                if key in survey.filters and given > survey.filters[key][0]:
                    self._refuse(
                        f"{key} has more answers than {population} tenants whom the filter let through"
                    )

    def _refuse(self, fault: str) -> None:
        raise InputError(
            f"The published counts of {self.name} contradict each other: {fault}; leave the measure out."
        )


def _survey(entry: Mapping[str, Any]) -> PublishedSurvey:
    measures = entry["measures"]
    return PublishedSurvey(
        population_size=int(entry["population_size"]),
        approach=entry["approach"],
        methods={name: int(count) for name, count in entry["methods"].items() if count not in (None, "0")},
        answers={
            key: {code: Decimal(row[code] or 0) for code in (*ANSWERS, "NADK") if code in row}
            for key, row in measures.items()
        },
        filters={
            key: (Decimal(row["filter_yes"] or 0), Decimal(row["filter_no"] or 0))
            for key, row in measures.items()
            if "filter_yes" in row
        },
    )
