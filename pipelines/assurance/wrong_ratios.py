"""The wrong ratios: a figure's right counts put together wrongly, or the right way with the wrong counts."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from fractions import Fraction
from typing import NamedTuple

from pipelines.measures.rounding import round_half_up

# How much must have gone wrong: the base alone, the answers or the rounding; a number from elsewhere; two
# slips at once.
BASE, ANSWERS, ELSEWHERE, FAR, TWO_SLIPS = 1, 2, 3, 4, 5


class Ratio(NamedTuple):
    """A numerator over a denominator, both exact."""

    numerator: Fraction
    denominator: Fraction


class Published(NamedTuple):
    """A value as somebody published it: its number, and how many decimals it was written with."""

    number: Fraction
    places: int


@dataclass(frozen=True)
class Counts:
    """What is known of one figure; the more is given, the more can be tried.

    `ratio`: the right numerator and denominator. `answers`: the five of the scale, best first; `nadk`, the
    filter's Yes and No, and all `respondents` of the survey. `unweighted`: the same without weights.
    `weighted`: the counts are sums of weights. `other_tenure`, `other_part`: the same measure of the other
    tenure, the measure's other part. `parts`: by name, what was published for months, areas or methods.
    `last_year`: last year's value. `homes_at_start`: homes owned as the year began. `without_extension`: the
    numerator without those that used an extension. `denominators`, `numerators`: others, by name.
    `neighbours`: the ratios of other measures, by name.
    """

    ratio: Ratio | None = None
    answers: tuple[Fraction, ...] | None = None
    nadk: Fraction | None = None
    filter_yes: Fraction | None = None
    filter_no: Fraction | None = None
    respondents: Fraction | None = None
    unweighted: Ratio | None = None
    weighted: bool = False
    other_tenure: Ratio | None = None
    other_part: Ratio | None = None
    parts: Mapping[str, Ratio] = field(default_factory=dict)
    last_year: Published | None = None
    homes_at_start: Fraction | None = None
    without_extension: Fraction | None = None
    denominators: Mapping[str, Fraction] = field(default_factory=dict)
    numerators: Mapping[str, Fraction] = field(default_factory=dict)
    neighbours: Mapping[str, Ratio] = field(default_factory=dict)


class Way(NamedTuple):
    """A wrong ratio, before it is worked out."""

    id: str
    sentence: str
    ratio: Ratio
    cost: int


def shown(number: Fraction) -> str:
    """Return a count or a value as text, to four decimals at most."""
    rounded = round_half_up(number, 4)
    return f"{rounded.normalize():f}" if rounded else "0"


def wrong_ratios(right: Ratio, counts: Counts, scale: int) -> Iterator[Way]:
    """Every wrong ratio that differs from the right one and has a base."""
    for way in (
        *wrong_bases(right, counts),
        *_wrong_answers(right, counts, scale),
        *_mixed_up(right, counts),
        *_averages(right, counts),
        *_named(right, counts),
    ):
        n, d = way.ratio
        if d > 0 and n * right.denominator != right.numerator * d:
            yield way


def wrong_bases(right: Ratio, c: Counts) -> Iterator[Way]:
    """Wrong denominators under the right numerator."""

    def over(name: str, sentence: str, base: Fraction, cost: int = BASE) -> Iterator[Way]:
        if base > 0 and base != right.denominator:
            yield Way(name, sentence, Ratio(right.numerator, base), cost)

    if c.nadk is not None:
        said = f'The {shown(c.nadk)} answers "not applicable/ don\'t know" were left in the base.'
        yield from over("nadk_in_base", said, right.denominator + c.nadk)
    if c.respondents is not None:
        said = f"All {shown(c.respondents)} respondents were taken as the base."
        yield from over("all_respondents", said, c.respondents)
    if c.filter_yes is not None:
        said = f"All {shown(c.filter_yes)} who passed the filter question were taken as the base."
        yield from over("filter_yes", said, c.filter_yes)
    if c.filter_no is not None:
        said = f"The {shown(c.filter_no)} whom the filter question leaves out were left in the base."
        yield from over("filter_no_in_base", said, right.denominator + c.filter_no)
        if c.filter_yes is not None:
            said = "All who answered the filter question, Yes or No, were taken as the base."
            yield from over("filter_answered", said, c.filter_yes + c.filter_no)
    if c.respondents is not None and c.nadk is not None:
        said = "Those who did not answer the question were left in the base."
        yield from over("unanswered_in_base", said, c.respondents - c.nadk, ANSWERS)
    if c.homes_at_start is not None:
        said = "The homes owned as the year began were taken, not those at its end."
        yield from over("homes_at_start", said, c.homes_at_start)
        said = "The mean of the homes as the year began and as it ended was taken, not those at its end."
        yield from over("mean_homes", said, (c.homes_at_start + right.denominator) / 2)


def _wrong_answers(right: Ratio, c: Counts, scale: int) -> Iterator[Way]:
    """The wrong answers in the numerator."""
    n, base = right
    if c.answers is not None:
        best, second, middle, fourth, worst = c.answers
        over = {
            "neutral_in": ("The middle answer was counted as positive.", n + middle),
            "first_only": ("Only the best answer was counted as positive.", best),
            "scale_reversed": ("The scale was read backwards: the two worst answers were counted.",
                               fourth + worst),
            "answers_shifted": ("The answers are one column off: the second and third were counted.",
                                second + middle),
            "net": ("The two worst answers were taken off the two best.", n - fourth - worst),
        }  # fmt: skip
        for name, (sentence, positive) in over.items():
            yield Way(name, sentence, Ratio(positive, base), ANSWERS)
        yield Way(
            "neutral_out", "The middle answer was left out of the base.", Ratio(n, base - middle), ANSWERS
        )
        score = 4 * best + 3 * second + 2 * middle + fourth
        yield Way("mean_score", "It is the mean score of the five answers.", Ratio(score, 4 * base), ANSWERS)
        if c.nadk is not None:
            said = '"Not applicable/ don\'t know" was counted as positive.'
            yield Way("nadk_positive", said, Ratio(n + c.nadk, base + c.nadk), ANSWERS)
    if scale == 100 and n <= base:
        said = "It is the share of the others: those that should not be counted were."
        yield Way("complement", said, Ratio(base - n, base), ANSWERS)
    if c.without_extension is not None:
        said = "Answers within a valid extension were counted as late."
        yield Way("extension_late", said, Ratio(c.without_extension, base), ANSWERS)
    if c.unweighted is not None:
        yield Way("unweighted", "The weights were not used.", c.unweighted, ANSWERS)


def _mixed_up(right: Ratio, c: Counts) -> Iterator[Way]:
    """The right kind of number from the wrong place."""
    if c.other_tenure is not None:
        n, d = c.other_tenure
        yield Way("other_tenure", "It is the value of the other tenure.", c.other_tenure, ELSEWHERE)
        both = Ratio(right.numerator + n, right.denominator + d)
        yield Way("tenures_pooled", "Both tenures were pooled; they are reported apart.", both, ELSEWHERE)
        if d > 0:
            yield Way(
                "tenures_averaged", "The percentages of the two tenures were averaged.",
                _mean([right, c.other_tenure]), ELSEWHERE,
            )  # fmt: skip
    if c.other_part is not None:
        n, d = c.other_part
        yield Way("other_part", "It is the value of the measure's other part.", c.other_part, ELSEWHERE)
        both = Ratio(right.numerator + n, right.denominator + (0 if d == right.denominator else d))
        yield Way("parts_pooled", "Both parts of the measure were put together.", both, ELSEWHERE)
    for name, ratio in c.neighbours.items():
        yield Way("other_measure", f"It is the value of {name}.", ratio, FAR)


def _averages(right: Ratio, c: Counts) -> Iterator[Way]:
    """Percentages of parts (months, areas, methods) averaged, or one of them taken for the whole."""
    parts = {name: ratio for name, ratio in c.parts.items() if ratio.denominator > 0}
    if len(parts) > 1:
        said = f"The percentages of {len(parts)} parts were averaged, not their counts added."
        yield Way("parts_averaged", said, _mean(list(parts.values())), ELSEWHERE)
    for name, ratio in parts.items():
        yield Way("one_part", f"It is the value of one part alone: {name}.", ratio, ELSEWHERE)


def _named(right: Ratio, c: Counts) -> Iterator[Way]:
    """Whatever else the user thinks may have been divided, or divided by."""
    for name, base in c.denominators.items():
        said = f"It was divided by something else: {name} ({shown(base)})."
        yield Way("other_denominator", said, Ratio(right.numerator, base), ELSEWHERE)
    for name, met in c.numerators.items():
        said = f"Something else was counted: {name} ({shown(met)})."
        yield Way("other_numerator", said, Ratio(met, right.denominator), ELSEWHERE)


def _mean(ratios: Sequence[Ratio]) -> Ratio:
    shares = [ratio.numerator / ratio.denominator for ratio in ratios]
    return Ratio(sum(shares, Fraction(0)), Fraction(len(shares)))
