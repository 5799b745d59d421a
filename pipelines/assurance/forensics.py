"""Which wrong way of computing gives a value that somebody published, where the right way does not.

A hypothesis that fits is no proof: the verdict says how likely it is that one fits by chance, and where
several fit equally well it says so. A value that is right gets no explanation.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from decimal import Decimal
from fractions import Fraction
from typing import Any, Literal

from pipelines.assurance.hypotheses import (
    FLOAT_ERROR,
    UNROUNDED_FROM,
    Hypothesis,
    formula,
    hypotheses,
    pairs,
    rounded_counts,
)
from pipelines.assurance.wrong_ratios import ANSWERS, Counts, Published, Ratio, shown
from pipelines.measures.rounding import round_half_up
from schemas.errors import InputError
from schemas.rulebook import Measure

Kind = Literal["correct", "explained", "near", "unexplained", "no_value", "no_counts"]

# From here on a fit tells little: so many of the values as near to the right one would fit something.
_LIKELY_CHANCE = Fraction(1, 5)
_SHOWN = 4
_NUMBER = re.compile(r"-?[0-9]{1,9}(?:\.[0-9]{1,20})?")


@dataclass(frozen=True, slots=True)
class Verdict:
    """What became of one published value.

    `correct`: the right value at as many decimals as were published (None where there is none), `formula` its
    arithmetic. `explanations`: the hypotheses that give the published value, simplest first, or, where the
    kind is near, those that miss it by one in the last digit; the first `tied` are equally simple. `fits` of
    the `alternatives` (the wrong values no farther from the right one) would be explained too.
    """

    kind: Kind
    measure: str
    published: str
    correct: Decimal | None
    formula: str
    explanations: tuple[Hypothesis, ...]
    tried: int
    fits: int
    alternatives: int

    @property
    def tied(self) -> int:
        return sum(each.cost == self.explanations[0].cost for each in self.explanations)

    @property
    def sentence(self) -> str:
        """The verdict as one or two sentences."""
        return _SENTENCES[self.kind].format(v=self) + self._caution()

    def _caution(self) -> str:
        if self.kind != "explained":
            return ""
        text = ""
        values = {each.exact for each in self.explanations[: self.tied]}
        if self.tied > 1 and len(values) == 1:
            text = f" {self.tied} explanations come to the same number: these counts cannot tell them apart."
        elif self.tied > 1:
            text = f" {self.tied} explanations are equally simple: nothing here tells which is meant."
        if self.alternatives and Fraction(self.fits, self.alternatives) > _LIKELY_CHANCE:
            text += (
                f" It may be chance: {self.fits} of the {self.alternatives} wrong values as near as this "
                "would fit something."
            )
        return text

    def as_dict(self) -> dict[str, Any]:
        """Return the verdict as JSON has it."""
        return {
            "measure": self.measure,
            "published": self.published,
            "verdict": self.kind,
            "sentence": self.sentence,
            "correct": None if self.correct is None else str(self.correct),
            "formula": self.formula,
            "explanations": [
                {
                    "id": each.id,
                    "sentence": each.sentence,
                    "formula": each.formula,
                    "value": str(each.value),
                    "cost": each.cost,
                }
                for each in self.explanations
            ],
            "tied": self.tied if self.explanations else 0,
            "tried": self.tried,
            "fits_by_chance": self.fits,
            "of_values": self.alternatives,
        }


_DIFFERS = "{v.measure}: {v.published} was published, {v.correct} is correct. "
_SENTENCES: dict[Kind, str] = {
    "correct": "{v.measure}: {v.published} as published: correct.",
    "explained": _DIFFERS + "{v.explanations[0].sentence}",
    "near": _DIFFERS + "Nothing tried gives it, but one comes within one in the last digit: "
    "{v.explanations[0].sentence}",
    "unexplained": _DIFFERS + "None of the {v.tried} explanations tried gives it.",
    "no_value": "{v.measure}: {v.published} was published, but nothing counts in the denominator: there is "
    "no value. (RSH's own file of 2023-24 shows 0 there.)",
    "no_counts": "{v.measure}: {v.published} cannot be tried: there are no counts. Give the five answers, or "
    "numerator and denominator.",
}


def published(text: str, what: str = "The value") -> Published:
    """Return a value as it was written: "61.2", "61.2%"; InputError for anything that is no plain number."""
    plain = text.strip().removesuffix("%").rstrip()
    if not _NUMBER.fullmatch(plain):
        raise InputError(f"{what} {_short(text)} is not a number: write it as published, such as 61.2.")
    return Published(Fraction(plain), len(plain.partition(".")[2]))


def count(text: str, what: str) -> Fraction:
    """Return a count (a fraction where it is weighted): 120, 402.25; InputError for anything else."""
    plain = text.strip()
    if not _NUMBER.fullmatch(plain) or plain.startswith("-"):
        raise InputError(f"{what}: {_short(text)} is not a count: write a number such as 120 or 402.25.")
    return Fraction(plain)


def _short(text: str) -> str:
    line = " ".join("".join(each if each.isprintable() else " " for each in text).split())
    return f'"{line[:40]}…"' if len(line) > 40 else f'"{line}"'


def right_ratio(counts: Counts, measure: str) -> Ratio | None:
    """Return the right numerator and denominator; None where there are no counts.

    Raises InputError where the five answers contradict the numerator and denominator that are given.
    """
    if counts.answers is None:
        return counts.ratio
    ratio = Ratio(counts.answers[0] + counts.answers[1], sum(counts.answers, Fraction(0)))
    if counts.ratio is not None and counts.ratio != ratio:
        stated, given = (f"{shown(n)} of {shown(d)}" for n, d in (ratio, counts.ratio))
        raise InputError(
            f"{measure}: the five answers make {stated}, but {given} is given: correct one, or leave one out."
        )
    return ratio


def examine(value: Published, counts: Counts, measure: Measure, text: str = "") -> Verdict:
    """Return what explains a published value; `text` is how it was written, where that is to be shown."""
    text = text.strip() or str(round_half_up(value.number, value.places))
    right = right_ratio(counts, measure.key)
    if right is None:
        return Verdict("no_counts", measure.label, text, None, "", (), 0, 0, 0)
    if right.denominator == 0:
        return Verdict("no_value", measure.label, text, None, "", (), 0, 0, 0)
    scale = measure.scale_factor
    exact = right.numerator / right.denominator * scale
    correct = round_half_up(exact, value.places)
    shape = (measure.label, text, correct, formula(right, scale))
    if _fits(exact, correct, value):
        return Verdict("correct", *shape, (), 0, 0, 0)
    single = tried = hypotheses(right, counts, scale, value.places)
    fitting = [each for each in tried if _fits(each.exact, each.value, value)]
    if not fitting:
        rounded = rounded_counts(right, counts, scale, value)
        fitting = [] if rounded is None else [rounded]
    if not fitting:
        two = pairs(right, counts, scale, value.places)
        tried = [*tried, *two]
        fitting = [each for each in two if _fits(each.exact, each.value, value)]
    if fitting:
        fits, alternatives = _by_chance(tried, correct, value, scale)
        return Verdict("explained", *shape, tuple(fitting), len(tried), fits, alternatives)
    near = _near(single, correct, value)
    return Verdict("near" if near else "unexplained", *shape, near, len(tried), 0, 0)


def _fits(exact: Fraction, shown_as: Decimal, value: Published) -> bool:
    """Whether a way of computing gives the published value, at as many decimals as it has."""
    if value.places >= UNROUNDED_FROM:
        return abs(exact - value.number) <= FLOAT_ERROR
    return Fraction(shown_as) == value.number


def _near(tried: Sequence[Hypothesis], correct: Decimal, value: Published) -> tuple[Hypothesis, ...]:
    """Return the simplest that miss the published value by one in the last digit, and the right one by more.

    Of whole numbers and of unrounded values nothing is said to be near.
    """
    unit = Fraction(1, 10**value.places)
    if not 0 < value.places < UNROUNDED_FROM:
        return ()
    near = [
        each
        for each in tried
        if each.cost <= ANSWERS
        and abs(Fraction(each.value) - value.number) <= unit < abs(Fraction(each.value) - Fraction(correct))
    ]
    return tuple(each for each in near if each.cost == near[0].cost)


def _by_chance(
    tried: Sequence[Hypothesis], correct: Decimal, value: Published, scale: int
) -> tuple[int, int]:
    """Count the wrong values no farther from the right one, and how many of them something tried gives."""
    if value.places >= UNROUNDED_FROM:
        return 0, 0
    unit, middle = 10**value.places, Fraction(correct)
    distance = abs(value.number - middle)
    low, high = max(middle - distance, Fraction(0)), middle + distance
    if scale == 100:
        high = min(high, Fraction(100))
    alternatives = int(high * unit) - int(low * unit)
    given = {Fraction(each.value) for each in tried}
    return sum(low <= each <= high and each != middle for each in given), max(alternatives, 0)


def as_lines(verdict: Verdict) -> list[str]:
    """Return the verdict as lines of text: the sentence, the right arithmetic, each explanation."""
    lines = [verdict.sentence]
    if verdict.formula:
        lines.append(f"  correct   {verdict.formula}")
    for each in verdict.explanations[:_SHOWN]:
        lines.append(f"  {each.value!s:<9} {each.formula}  [{each.id}]")
        if each is not verdict.explanations[0]:
            lines.append(f"            {each.sentence}")
    more = len(verdict.explanations) - _SHOWN
    return [*lines, f"            … and {more} more"] if more > 0 else lines
