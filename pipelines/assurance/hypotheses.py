"""The wrong ways to compute a figure, each with the value that it gives: what `forensics` compares with.

All arithmetic is exact (Fraction); a value is rounded half-up once, unless the hypothesis is about rounding.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from decimal import ROUND_DOWN, ROUND_HALF_EVEN, ROUND_UP, Decimal
from fractions import Fraction
from math import floor

from pipelines.assurance.wrong_ratios import (
    ANSWERS,
    BASE,
    ELSEWHERE,
    FAR,
    TWO_SLIPS,
    Counts,
    Published,
    Ratio,
    Way,
    shown,
    wrong_bases,
    wrong_ratios,
)
from pipelines.measures.rounding import round_half_up

# Values with this many decimals or more are a spreadsheet's own binary fractions: nobody rounded them.
UNROUNDED_FROM = 9
FLOAT_ERROR = Fraction(1, 10**9)


@dataclass(frozen=True, slots=True)
class Hypothesis:
    """One wrong way: `exact` is its value before rounding, `value` as it would be shown.

    `cost` is how much must have gone wrong: the less, the simpler.
    """

    id: str
    sentence: str
    formula: str
    exact: Fraction
    value: Decimal
    cost: int


def formula(ratio: Ratio, scale: int) -> str:
    """Return the arithmetic in words: "467 / 677 x 100 = 68.9808"."""
    exact = ratio.numerator / ratio.denominator * scale
    return f"{shown(ratio.numerator)} / {shown(ratio.denominator)} x {scale} = {shown(exact)}"


def hypotheses(right: Ratio, counts: Counts, scale: int, places: int) -> list[Hypothesis]:
    """Return every single wrong way that the counts allow to try, simplest first.

    `right`: the right ratio; `scale`: 100 or 1,000; `places`: the decimals of the published value.
    """
    exact = right.numerator / right.denominator * scale
    found = [_worked_out(way, scale, places) for way in wrong_ratios(right, counts, scale)]
    found += _of_rounded_parts(right, counts, scale, places)
    found += _misprints(exact, scale, places)
    if counts.last_year is not None and counts.last_year.places >= places:
        last = counts.last_year.number
        found.append(
            Hypothesis(
                "last_year", "It is last year's value.", f"last year: {shown(last)}", last,
                round_half_up(last, places), ELSEWHERE,
            )
        )  # fmt: skip
    return sorted(found, key=lambda each: each.cost)


def pairs(right: Ratio, counts: Counts, scale: int, places: int) -> list[Hypothesis]:
    """Return the wrong ways of two slips at once: tried only where no single one will do.

    Numbers from elsewhere take no part: with them, almost any value could be had.
    """
    ways = [way for way in wrong_ratios(right, counts, scale) if way.cost <= ANSWERS]
    found = []
    if places < UNROUNDED_FROM:
        for way in ways:
            exact = _exact(way.ratio, scale)
            found.append(
                Hypothesis(
                    f"{way.id}+truncated", f"{way.sentence} And the rest was cut off, not rounded.",
                    f"{formula(way.ratio, scale)}, cut off", exact, _rounded(exact, places, ROUND_DOWN),
                    TWO_SLIPS + way.cost,
                )
            )  # fmt: skip
    if counts.answers is not None:
        both = right.numerator + counts.answers[2]
        for way in wrong_bases(right, counts):
            found.append(
                _worked_out(
                    Way(
                        f"neutral_in+{way.id}",
                        f"The middle answer was counted as positive. And: {way.sentence}",
                        Ratio(both, way.ratio.denominator),
                        TWO_SLIPS + way.cost,
                    ),
                    scale,
                    places,
                )
            )
    return sorted(found, key=lambda each: each.cost)


def rounded_counts(right: Ratio, counts: Counts, scale: int, published: Published) -> Hypothesis | None:
    """Return the hypothesis that weighted counts were rounded before they were published, where it holds.

    Each of the five answers may be off by a half, two of them in the numerator; it gives a range of values,
    so that it is tried last.
    """
    met, rest = right.numerator, right.denominator - right.numerator
    if not counts.weighted or met.denominator != 1 or rest.denominator != 1 or rest < 2 or met < 1:
        return None
    low = Fraction(met - 1) / (met - 1 + rest + Fraction(3, 2)) * scale
    high = Fraction(met + 1) / (met + 1 + rest - Fraction(3, 2)) * scale
    if not low <= published.number <= high:
        return None
    return Hypothesis(
        "counts_rounded", "The weighted counts were rounded to whole people before they were published.",
        f"{shown(met)} and {shown(rest)}, each answer off by up to a half: {shown(low)} to {shown(high)}",
        published.number, round_half_up(published.number, published.places), FAR,
    )  # fmt: skip


def _exact(ratio: Ratio, scale: int) -> Fraction:
    return ratio.numerator / ratio.denominator * scale


def _worked_out(way: Way, scale: int, places: int) -> Hypothesis:
    exact = _exact(way.ratio, scale)
    return Hypothesis(
        way.id, way.sentence, formula(way.ratio, scale), exact, round_half_up(exact, places), way.cost
    )


def _rounded(exact: Fraction, places: int, how: str) -> Decimal:
    """Round otherwise than half-up; through an exact integer part, so that no digit is lost."""
    scaled = exact * 10**places
    whole, rest = floor(scaled), scaled - floor(scaled)
    up = how == ROUND_UP and rest > 0
    if how == ROUND_HALF_EVEN:
        up = rest > Fraction(1, 2) or (rest == Fraction(1, 2) and whole % 2 == 1)
    return Decimal(whole + up).scaleb(-places)


def _of_rounded_parts(right: Ratio, c: Counts, scale: int, places: int) -> Iterator[Hypothesis]:
    """The two best answers' percentages, each rounded before they were added."""
    if c.answers is None:
        return
    tried: set[Fraction] = set()
    for digits in (0, places) if 0 < places < UNROUNDED_FROM else (0,):
        each = [round_half_up(answer / right.denominator * scale, digits) for answer in c.answers[:2]]
        total = Fraction(sum(each))
        if total in tried:
            continue
        tried.add(total)
        yield Hypothesis(
            "rounded_before_adding", "The percentages of the two best answers were rounded, then added.",
            f"{each[0]} + {each[1]} = {sum(each)}", total, round_half_up(total, places), ANSWERS,
        )  # fmt: skip


def _misprints(exact: Fraction, scale: int, places: int) -> Iterator[Hypothesis]:
    """The right value, badly rounded, badly scaled or badly typed."""
    right = round_half_up(exact, places)
    if places < UNROUNDED_FROM:
        twice = Fraction(round_half_up(exact, places + 1))
        whole = Fraction(round_half_up(exact, 0))
        for name, sentence, number, value in (
            ("truncated", "The rest was cut off, not rounded.", exact, _rounded(exact, places, ROUND_DOWN)),
            ("half_even", "A half was rounded to the even digit, not up.", exact,
             _rounded(exact, places, ROUND_HALF_EVEN)),
            ("rounded_up", "It was rounded up, whatever the next digit.", exact,
             _rounded(exact, places, ROUND_UP)),
            ("rounded_twice", f"It was rounded to {places + 1} decimals first, then again.", twice,
             round_half_up(twice, places)),
            ("rounded_to_whole", "It was rounded to a whole number, then shown with decimals.", whole,
             round_half_up(whole, places)),
        ):  # fmt: skip
            if value != right:
                yield Hypothesis(name, sentence, f"{shown(exact)}, shown as {value}", number, value, BASE)
    for name, sentence, factor in _SLIPS[scale]:
        number = exact * factor
        yield Hypothesis(
            name, sentence, f"{shown(exact)} x {shown(factor)} = {shown(number)}", number,
            round_half_up(number, places), ANSWERS,
        )  # fmt: skip
    if places < UNROUNDED_FROM:
        for swapped in _transposed(right):
            yield Hypothesis(
                "digits_transposed", "Two neighbouring digits changed places in typing.",
                f"{right} typed as {swapped}", Fraction(swapped), swapped, FAR,
            )  # fmt: skip


_SLIPS: Mapping[int, tuple[tuple[str, str, Fraction], ...]] = {
    100: (
        ("a_fraction", "It is a fraction of one, not a percentage.", Fraction(1, 100)),
        ("per_1000", "It is per 1,000, not a percentage.", Fraction(10)),
        ("decimal_point", "The decimal point is one place too far left.", Fraction(1, 10)),
    ),
    1000: (
        ("per_100", "It is per 100 homes, not per 1,000.", Fraction(1, 10)),
        ("per_home", "It is per home, not per 1,000 homes.", Fraction(1, 1000)),
        ("per_10000", "It is per 10,000 homes, not per 1,000.", Fraction(10)),
    ),
}


def _transposed(value: Decimal) -> Iterator[Decimal]:
    """Each value that comes of two neighbouring, different digits changing places."""
    places = -int(value.as_tuple().exponent)
    digits = str(value.scaleb(places).to_integral_value()).zfill(places + 1)
    for at in range(len(digits) - 1):
        if digits[at] != digits[at + 1]:
            other = digits[:at] + digits[at + 1] + digits[at] + digits[at + 2 :]
            yield Decimal(other).scaleb(-places)
