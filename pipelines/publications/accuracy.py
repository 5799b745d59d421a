"""How accurate and how representative a survey is: the document's statistics as charts and tables.

As in `content`, no figure is computed here. Hidden and unreliable cells are marked with the symbols of the
Government Analysis Function: [c] confidential, [u] low reliability.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from markupsafe import Markup

from pipelines.publications import charts
from pipelines.publications.content import Document, measures_by_key, population_word
from pipelines.publications.tables import Cell, Column, Table, make_table
from pipelines.publications.text import count_text, decimal_text

Mapped = Mapping[str, Any]

_SIGNIFICANT = 0.05  # below this a difference is called more than chance
_HIDDEN = ("small", "protecting")
_IMPRECISE = "imprecise"
_CONFIDENTIAL, _UNRELIABLE = "[c]", "[u]"
_NEGLIGIBLE = 1e-6
_LONGEST_NAME = 80

_METHOD_WORDS = {
    "none": "No weights",
    "supplied": "Weights supplied by the contractor",
    "post_stratify": "Weighted cell by cell (post-stratification)",
    "rake": "Weighted to several totals at once (raking)",
}
_SOURCE_WORDS = {"households": "the households table", "population_margins": "the population totals given"}


@dataclass(frozen=True)
class Comparison:
    """One characteristic: population, responses and weighted responses, as charts and as a table.

    `short` where chart and table fit on a page together. `notes` are sentences.
    """

    title: str
    text: str
    charts: tuple[Markup, ...]
    table: Table
    notes: tuple[str, ...]
    short: bool


def name_word(name: str) -> str:
    """A characteristic's name in words: 'age_band' as 'Age band'."""
    words = name.replace("_", " ").strip()
    return words[:1].upper() + words[1:]


def _labels(document: Document) -> dict[str, tuple[str, str]]:
    measures = measures_by_key(document)
    return {key: (str(each["label"]), str(each["short_title"])) for key, each in measures.items()}


# --- how close each result is --------------------------------------------------------------------------


def warning_sign() -> Markup:
    """The sign beside a warning."""
    return charts.warning_sign()


def estimates_chart(document: Document, survey: Mapped) -> Markup:
    """Every measure's value with its interval, and last year's value beside it. Needs an estimate."""
    statistics, labels = survey["statistics"], _labels(document)
    last = {each["measure"]: each["last_year"] for each in statistics["changes"]}
    rows = [
        charts.IntervalRow(
            *labels[each["measure"]],
            value=each["value"],
            low=each["ci_low"],
            high=each["ci_high"],
            value_text=each["value_text"],
            last=last.get(each["measure"]),
        )
        for each in statistics["estimates"]
    ]
    by_value = sorted(statistics["estimates"], key=lambda each: each["value"])
    ends = " ".join(
        f"{word}: {' '.join(labels[each['measure']])}, {each['value_text']} ({each['interval_text']})."
        for word, each in (("Highest", by_value[-1]), ("Lowest", by_value[0]))
    )
    message = (
        f"Results of the survey, {population_word(survey['population'])}, with their 95% intervals on a "
        f"scale from 0% to 100%. {ends} The table that follows has every value."
    )
    return charts.interval_chart(rows, message)


def estimates(document: Document, survey: Mapped) -> Table:
    """Every measure's value, its interval and what it rests on."""
    labels = _labels(document)
    columns = (
        Column("Measure", 10),
        Column("Title", 31.5),
        Column("Value", 8.5, True),
        Column("95% interval", 16.5, True),
        Column("±", 6, True),
        Column("Answers", 10, True),
        Column("Effective answers", 10, True),
        Column("Design effect", 7.5, True),
    )
    rows = [
        (
            Cell(labels[each["measure"]][0], strong=True),
            labels[each["measure"]][1],
            Cell(each["value_text"], strong=True),
            each["interval_text"],
            each["margin_text"].lstrip("±"),
            count_text(each["n"]),
            each["n_effective_text"],
            each["deff_text"],
        )
        for each in survey["statistics"]["estimates"]
    ]
    return make_table(
        f"Results and their accuracy: {population_word(survey['population'])}", columns, rows, dense=True
    )


# --- the regulator's test ------------------------------------------------------------------------------


def accuracy_test(survey: Mapped) -> Table:
    """The regulator's test beside the same test at what the answers are worth. Needs the honest margin."""
    nominal, honest = survey["accuracy"], survey["statistics"]["accuracy"]
    columns = (Column("", 60), Column("Regulator’s formula", 20, True), Column("Honest margin", 20, True))
    required = _margin(nominal["required_margin"], 0)
    rows: list[tuple[str, str | Cell, str | Cell]] = [
        (
            "Responses, and how many equally weighted ones they are worth",
            count_text(nominal["responses"]),
            decimal_text(honest["n_effective"], 0),
        ),
        ("Margin of error", _margin(nominal["achieved_margin"], 2), _margin(honest["honest_margin"], 2)),
        ("Largest margin permitted", required, required),
        ("Accurate enough?", _met(nominal["met"]), _met(honest["honest_met"])),
    ]
    return make_table(f"The accuracy test: {population_word(survey['population'])}", columns, rows)


def _margin(points: float | None, places: int) -> str:
    return "Not known" if points is None else f"±{decimal_text(points, places)} points"


def _met(met: bool | None) -> Cell:
    return Cell({True: "Yes", False: "No", None: "Not known"}[met], strong=True)


# --- who answered --------------------------------------------------------------------------------------


def comparisons(survey: Mapped) -> list[Comparison]:
    """Who answered beside who lives there, by characteristic."""
    return [_comparison(each, survey["population"]) for each in survey["statistics"]["representativeness"]]


def _comparison(found: Mapped, population: str) -> Comparison:
    title, word = name_word(found["characteristic"]), population_word(population)
    weighted = found["weighted"] is not None
    rows = [
        charts.ShareRow(
            str(each["category"]),
            each["population_percent"],
            each["sample_percent"],
            each["weighted_percent"],
            each["gap_text"],
        )
        for each in found["categories"]
    ]
    message = (
        f"{title}, {word}: shares of all households and of the responses. {found['text'].removesuffix('.')}."
    )
    return Comparison(
        title=title,
        text=str(found["text"]),
        charts=charts.share_charts(rows, message, "Gap, points"),
        table=_comparison_table(f"{title}: {word}", found["categories"], weighted),
        notes=tuple(_comparison_notes(found)),
        short=len(rows) <= 10,
    )


def _comparison_table(caption: str, categories: Sequence[Mapped], weighted: bool) -> Table:
    columns = [
        Column("Category", 23.5 if weighted else 43.5),
        Column("Households", 13.5, True),
        Column("Their share", 10, True),
        Column("Responses", 12.5, True),
        Column("Their share", 10, True),
        Column("Gap, points", 10.5, True),
    ]
    if weighted:
        columns += [Column("Share, weighted", 11, True), Column("Gap, weighted", 9, True)]
    rows = []
    for each in categories:
        cells = [
            str(each["category"]),
            count_text(each["households"]),
            each["population_text"],
            count_text(each["respondents"]),
            each["sample_text"],
            each["gap_text"],
        ]
        rows.append(cells + ([each["weighted_text"], each["weighted_gap_text"]] if weighted else []))
    return make_table(caption, columns, rows, dense=True)


def _comparison_notes(found: Mapped) -> list[str]:
    notes = [f"{_chance(found['p_value'], found['p_text'])}."]
    if found["weighted"] is not None:
        notes.append(f"Effect size after weighting: {found['weighted_effect_text']}.")
    notes.append(f"Source: {_SOURCE_WORDS.get(found['source'], found['source'])}.")
    if found["not_stated"]:
        notes.append(f"Left out, because they do not state it: {count_text(found['not_stated'])} responses.")
    if found["unmatched"]:
        names = ", ".join(_short(str(each)) for each in found["unmatched"])
        notes.append(f"Left out, because no household has them: {names}.")
    return notes


def _short(name: str) -> str:
    return name if len(name) <= _LONGEST_NAME else f"{name[:_LONGEST_NAME].rstrip()}…"


def _chance(p_value: float | None, p_text: str) -> str:
    """What a p-value says, in words."""
    if p_value is None:
        return "Not tested"
    if p_value < _SIGNIFICANT:
        return f"Chance alone would rarely bring so large a difference (p {p_text})"
    return f"Chance alone could bring this difference (p {p_text})"


def response_partial(survey: Mapped) -> Table:
    """How much each characteristic divides those who answered from those who did not."""
    response = survey["statistics"]["response"]
    columns = (Column("Characteristic", 60), Column("Partial R-indicator", 40, True))
    rows = [(name_word(each["characteristic"]), each["value_text"]) for each in response["partial"]]
    return make_table(
        f"What response depends on: {population_word(survey['population'])}", columns, rows, dense=True
    )


# --- weights -------------------------------------------------------------------------------------------


def weight_facts(survey: Mapped) -> Table:
    """How the weights came about, and what they cost."""
    weights = survey["statistics"]["weights"]
    names = ", ".join(name_word(name) for name in weights["characteristics"])
    rows: list[tuple[str, str | Cell]] = [
        ("Method", Cell(_METHOD_WORDS.get(weights["method"], weights["method"]), note=names)),
        ("Least and greatest weight", _span(weights["least_ratio"], weights["greatest_ratio"])),
        ("Bounds that were set", _span(*weights["bounds"]) if weights["bounds"] else "None"),
        (
            "Design effect of the weights",
            Cell(decimal_text(weights["design_effect"], 2), note="1 would be no loss of accuracy"),
        ),
        ("Effective responses", decimal_text(weights["n_effective"], 0)),
    ]
    if weights["margins"]:
        rows.append(("Passes over the totals", count_text(weights["sweeps"])))
        rows.append(("Largest miss of a total", Cell(_miss(weights["worst_error"]), note=_worst(weights))))
    rows += [
        (f"Categories joined: {name_word(each['characteristic'])}", f"{each['from']} with {each['to']}")
        for each in weights["collapsed"]
    ]
    columns = (Column("Fact", 38), Column("Value", 62))
    caption = f"The weights: {population_word(survey['population'])}"
    return make_table(caption, columns, rows, headless=True)


def _span(least: float, greatest: float) -> str:
    return f"{decimal_text(least, 2)} to {decimal_text(greatest, 2)} times the base weight"


def _miss(error: float) -> str:
    return "Less than one in a million" if error < _NEGLIGIBLE else decimal_text(error, 6)


def _worst(weights: Mapped) -> str:
    return str(weights["worst_category"] or "") if weights["worst_error"] >= _NEGLIGIBLE else ""


def weight_margins(survey: Mapped) -> Table:
    """What each category was weighted to, and what the weights achieve."""
    columns = (
        Column("Characteristic", 18),
        Column("Category", 25),
        Column("Responses", 12.5, True),
        Column("Share of responses", 12.5, True),
        Column("Households to meet", 13.5, True),
        Column("Achieved", 11, True),
        Column("Ratio", 7.5, True),
    )
    rows = [
        (
            name_word(each["characteristic"]),
            str(each["category"]),
            count_text(each["respondents"]),
            f"{decimal_text(each['sample_percent'], 1)}%",
            decimal_text(each["target"], 1),
            decimal_text(each["achieved"], 1),
            decimal_text(each["ratio"], 3),
        )
        for each in survey["statistics"]["weights"]["margins"]
    ]
    return make_table(
        f"Totals weighted to: {population_word(survey['population'])}", columns, rows, dense=True
    )


# --- change and groups ---------------------------------------------------------------------------------


def changes(document: Document, survey: Mapped) -> Table:
    """Each measure against last year's."""
    statistics, labels = survey["statistics"], _labels(document)
    this_year = {each["measure"]: each["value_text"] for each in statistics["estimates"]}
    columns = (
        Column("Measure", 10),
        Column("This year", 8, True),
        Column("Last year", 8, True),
        Column("Difference", 12, True),
        Column("95% interval", 15.5, True),
        Column("Adjusted p", 10.5, True),
        Column("What it means", 36),
    )
    rows = [
        (
            Cell(labels[each["measure"]][0], strong=True),
            this_year[each["measure"]],
            f"{decimal_text(each['last_year'], 1)}%",
            Cell(each["difference_text"], strong=each["significant"]),
            each["interval_text"],
            each["p_text"],
            Cell(each["text"], strong=each["significant"]),
        )
        for each in statistics["changes"]
    ]
    return make_table(
        f"Change on last year: {population_word(survey['population'])}", columns, rows, dense=True
    )


def groups(document: Document, survey: Mapped) -> Table:
    """The groups that differ from the rest by more than chance explains."""
    labels = _labels(document)
    columns = (
        Column("Group", 23),
        Column("Measure", 10),
        Column("Title", 24),
        Column("Value", 11, True),
        Column("Difference and its 95%\u00a0interval", 22.5, True),
        Column("Adjusted p", 9.5, True),
    )
    rows = []
    for each in survey["statistics"]["groups"]["cells"]:
        if each["significant"]:
            symbol = f" {_UNRELIABLE}" if each["mark"] == _IMPRECISE else ""
            rows.append(
                (
                    _group(each),
                    Cell(labels[each["measure"]][0], strong=True),
                    labels[each["measure"]][1],
                    Cell(f"{each['value_text']}{symbol}", strong=True),
                    f"{each['difference_text']} ({each['interval_text']})",
                    each["p_text"],
                )
            )
    return make_table(
        f"Groups that differ: {population_word(survey['population'])}", columns, rows, dense=True
    )


def hidden_groups(document: Document, survey: Mapped) -> Table:
    """The groups with results that are not shown, and of which measures."""
    labels = _labels(document)
    found: dict[str, list[str]] = {}
    for each in survey["statistics"]["groups"]["cells"]:
        if each["mark"] in _HIDDEN:
            found.setdefault(_group(each), []).append(f"{labels[each['measure']][0]} {_CONFIDENTIAL}")
    columns = (Column("Group", 40), Column("Measures that are not shown", 60))
    rows = [(group, ", ".join(hidden)) for group, hidden in found.items()]
    return make_table(
        f"Results not shown: {population_word(survey['population'])}", columns, rows, dense=True
    )


def _group(cell: Mapped) -> str:
    return f"{name_word(cell['characteristic'])}: {cell['category']}"


def symbols(survey: Mapped) -> list[str]:
    """What the symbols in the tables of groups mean, a sentence for each that occurs."""
    cells = survey["statistics"]["groups"]["cells"]
    legend = []
    if any(each["mark"] in _HIDDEN for each in cells):
        legend.append(
            f"{_CONFIDENTIAL} confidential: too few answers to show, or a result that would give such a "
            "one away."
        )
    if any(each["mark"] == _IMPRECISE and each["significant"] for each in cells):
        legend.append(f"{_UNRELIABLE} low reliability: rests on few answers, so read it with caution.")
    return legend


# --- for tenants ---------------------------------------------------------------------------------------


def overall(survey: Mapped) -> Mapped | None:
    """The estimate of overall satisfaction (TP01); None where nobody answered it."""
    if survey["statistics"] is None:
        return None
    return next((each for each in survey["statistics"]["estimates"] if each["measure"] == "TP01"), None)
