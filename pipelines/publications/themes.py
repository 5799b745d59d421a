"""A theme of the report: its figures beside last year, the nation and the peers, and the five answers.

As in `content`, nothing is computed here: every number and word is the document's.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from markupsafe import Markup

from pipelines.publications import charts
from pipelines.publications.content import (
    Document,
    figures_of,
    measures_by_key,
    population_word,
    populations_shown,
)
from pipelines.publications.tables import Cell, Column, Table, make_table
from pipelines.publications.text import ANSWER_CODES, count_text, decimal_text

Mapped = Mapping[str, Any]

NOT_AVAILABLE = "[x]"


@dataclass(frozen=True)
class AnswerBar:
    """The five answers to one question in one population as a bar; `missing` says why there is none."""

    label: str
    homes: str
    title: str
    value_text: str
    interval_text: str
    chart: Markup | None
    missing: str


@dataclass(frozen=True)
class Answers:
    """The answers to a theme's questions: a bar a question and population, and all of them as a table.

    `columns`: code and label of each answer, of every scale in use. `rows`: question, homes, share and number
    of each answer, how many are outside the base, and the base.
    """

    bars: tuple[AnswerBar, ...]
    columns: tuple[tuple[str, str], ...]
    rows: tuple[tuple[str, str, tuple[str, ...], str, str], ...]
    notes: tuple[str, ...]


def theme_text(document: Document, theme: Mapped) -> str:
    """How the theme stands beside the nation, '' where that is not known."""
    return next(
        (str(each["text"]) for each in document["summary"]["themes"] if each["title"] == theme["title"]), ""
    )


def _figures(document: Document, theme: Mapped) -> Iterator[tuple[Mapped, Mapped]]:
    """The theme's figures that are shown, each with its measure; both tenures of a measure together."""
    measures = measures_by_key(document)
    for key in theme["measures"]:
        for population in populations_shown(document):
            for figure in figures_of(document, [key], population):
                yield figure, measures[key]


# --- the figures -----------------------------------------------------------------------------------------


def figures(document: Document, theme: Mapped) -> Table:
    """The theme's figures: numerator and denominator beside each value, last year's value and the change."""
    last = document["comparison"]["last_year"] is not None
    changes = {(each["measure"], each["population"]): each for each in document["comparison"]["changes"]}
    columns = [
        Column("Measure", 32 if last else 48),
        Column("Homes", 9.5),
        Column("Value", 11.5 if last else 13.5, True),
        Column("Numerator", 11, True),
        Column("Denominator", 12.5, True) if last else Column("Denominator", 18, True),
    ]
    if last:
        columns += [Column("Last year", 10, True), Column("Change", 13.5, True)]
    rows = []
    for figure, measure in _figures(document, theme):
        cells: list[Cell | str] = [
            Cell(f"{measure['label']} {measure['short_title']}", note=_beside(figure, measure)),
            population_word(figure["population"]),
            Cell(_short(figure), strong=True),
            count_text(figure["numerator"]),
            count_text(figure["denominator"]),
        ]
        if last:
            change = changes.get((figure["measure"], figure["population"]))
            cells += [_last_year(change), _change(change)]
        rows.append(cells)
    return make_table("Figures, last year and change" if last else "Figures", columns, rows, dense=True)


def _short(figure: Mapped) -> str:
    """The value without its unit's words, which stand beneath it."""
    return str(figure["value_text"]).removesuffix(" per 1,000 homes")


def _beside(figure: Mapped, measure: Mapped) -> str:
    notes = []
    if figure["status"] != "reported" and figure["reason"]:
        notes.append(str(figure["reason"]))
    if figure["met_with_extension"] is not None:
        notes.append(f"Of these, {count_text(figure['met_with_extension'])} within an extension.")
    if measure["unit_text"] != "%" and figure["value"] is not None:
        notes.append(f"{measure['unit_text'][:1].upper()}{measure['unit_text'][1:]}.")
    if measure["better"] == "lower":
        notes.append("Lower is better.")
    return " ".join(notes)


def _last_year(change: Mapped | None) -> Cell:
    if change is None:
        return Cell(NOT_AVAILABLE)
    return Cell(str(change["last_year_text"]).removesuffix(" per 1,000 homes"))


def _change(change: Mapped | None) -> Cell:
    if change is None:
        return Cell(NOT_AVAILABLE)
    text = str(change["change_text"]).removesuffix(" percentage points").removesuffix(" per 1,000 homes")
    word = {"better": "Better", "worse": "Worse", "same": "Same", None: ""}[change["direction"]]
    if change["significant"] is False:
        word = "Perhaps chance"
    elif change["significant"]:
        word = f"{word}, beyond chance" if word else "Beyond chance"
    return Cell(text, note=word)


def figure_notes(document: Document, theme: Mapped) -> list[str]:
    """What the table of figures takes to be understood."""
    shown = list(_figures(document, theme))
    if not shown:
        return []
    known = document["comparison"]
    notes = []
    if known["last_year"] is None:
        notes.append("No figures of last year are known to compare with.")
    else:
        notes.append(
            f"Last year is {known['last_year']['year']}. Change: in percentage points, or in cases per 1,000 "
            "homes."
        )
        changes = {(each["measure"], each["population"]): each for each in known["changes"]}
        beside = [changes.get((figure["measure"], figure["population"])) for figure, _ in shown]
        if any(each and each["significant"] is not None for each in beside):
            notes.append("Perhaps chance: not everybody answered, so such a change can come about by chance.")
        if None in beside:
            notes.append(f"{NOT_AVAILABLE}: not available.")
    return notes


# --- beside the nation -----------------------------------------------------------------------------------


def _compared(document: Document, theme: Mapped) -> Iterator[tuple[Mapped, Mapped, Mapped, Mapped | None]]:
    """Figure, measure, the nation and the peer group of every figure that can be compared."""
    found = {
        (each["measure"], each["population"]): each
        for each in document["comparison"]["benchmarks"]["figures"]
    }
    for figure, measure in _figures(document, theme):
        known = found.get((figure["measure"], figure["population"]))
        if known:
            yield figure, measure, known["groups"][0], peers(known["groups"], measure)


def peers(groups: Sequence[Mapped], measure: Mapped) -> Mapped | None:
    """The group that a figure is best compared with: for a survey those that surveyed in the same way, for
    other figures the landlords of the same type.
    """
    wanted = ("method", "type") if measure["kind"] == "perception" else ("type",)
    named = {each["group_by"]: each for each in groups}
    return next((named[each] for each in wanted if each in named), None)


def position_chart(document: Document, theme: Mapped) -> Markup | None:
    """The theme's figures among the nation's landlords; None where none can be compared."""
    rows = [
        charts.PositionRow(
            label=str(measure["label"]),
            title=str(measure["short_title"]),
            homes=population_word(figure["population"]),
            value=figure["value"],
            value_text=_short(figure),
            nation=_spread(nation),
            peers=None if group is None else _spread(group),
            low=figure["ci_low"],
            high=figure["ci_high"],
        )
        for figure, measure, nation, group in _compared(document, theme)
    ]
    if not rows:
        return None
    message = (
        f"{theme['title']}: where each figure stands among the landlords of the nation. "
        f"{theme_text(document, theme)} The table that follows has every value."
    )
    return charts.position_chart(rows, message)


def _spread(group: Mapped) -> charts.Spread:
    # Of very few landlords no quartile is known: the strip is then the median alone.
    return charts.Spread(
        q1=group.get("q1", group["median"]),
        median=group["median"],
        q3=group.get("q3", group["median"]),
        p10=group.get("p10"),
        p90=group.get("p90"),
    )


def positions(document: Document, theme: Mapped) -> Table:
    """The quartiles of the nation and of the peers, and where each figure stands among them."""
    columns = (
        Column("Measure", 10),
        Column("Nation: lower quartile", 8.2, True),
        Column("Nation: median", 8.2, True),
        Column("Nation: upper quartile", 8.2, True),
        Column("Position in the nation", 20.4),
        Column("Peers: lower quartile", 8.2, True),
        Column("Peers: median", 8.2, True),
        Column("Peers: upper quartile", 8.2, True),
        Column("Position among peers", 20.4),
    )
    standings = {
        (each["measure"], each["population"]): each["standing"] for each in document["summary"]["standings"]
    }
    rows = [
        (
            Cell(str(measure["label"]), note=population_word(figure["population"]), strong=True),
            *_quartiles(nation, measure),
            Cell(
                _place(nation),
                note=_standing(standings.get((figure["measure"], figure["population"])), figure),
            ),
            *(_quartiles(group, measure) if group else ("[z]",) * 3),
            _place(group) if group else "[z]",
        )
        for figure, measure, nation, group in _compared(document, theme)
    ]
    caption = (
        f"Beside the nation and the peers, {document['comparison']['benchmarks']['year']}"
        if rows
        else "Beside the nation"
    )
    return make_table(caption, columns, rows, dense=True)


def _quartiles(group: Mapped, measure: Mapped) -> tuple[str, str, str]:
    unit = "%" if measure["unit_text"] == "%" else ""
    found = [group.get(each) for each in ("q1", "median", "q3")]
    low, middle, high = ("[u]" if each is None else f"{decimal_text(each, 1)}{unit}" for each in found)
    return low, middle, high


def _place(group: Mapped) -> str:
    words = str(group["quarter_text"] or group["position_text"])
    return words[:1].upper() + words[1:]


def _standing(standing: str | None, figure: Mapped) -> str:
    if standing is None or figure["ci_low"] is None:
        return ""
    return {
        "better": "Better, beyond chance",
        "worse": "Worse, beyond chance",
        "level": "Perhaps chance",
    }[standing]


def position_notes(document: Document, theme: Mapped) -> list[str]:
    """How to read chart and table, who the peers are, and where the national figures are from."""
    compared = list(_compared(document, theme))
    if not any(_figures(document, theme)):
        return []
    if not compared:
        note = str(document["comparison"]["benchmarks"]["note"])
        return [note or "There are no national figures to set beside these."]
    groups: dict[str, str] = {}
    for figure, _, _, group in compared:
        if group:
            word = population_word(figure["population"])
            groups.setdefault(f"{_lower(group['label'])} ({group['landlords']:,}, {word})", word)
    landlords = sorted({nation["landlords"] for _, _, nation, _ in compared})
    span = f"{landlords[0]:,}" if len(landlords) == 1 else f"{landlords[0]:,} to {landlords[-1]:,}"
    notes = [f"Landlords in the nation: {span}."]
    if groups:
        notes.append(f"Peers, with their number: {'; '.join(groups)}.")
    found = document["comparison"]["benchmarks"]
    return [*notes, *([str(found["note"])] if found["note"] else []), f"Source: {found['source']}"]


def _lower(text: str) -> str:
    return text[:1].lower() + text[1:]


# --- the five answers ------------------------------------------------------------------------------------


def answers(document: Document, theme: Mapped) -> Answers | None:
    """The five answers to the theme's questions; None where it has no question."""
    shown = [pair for pair in _figures(document, theme) if pair[1]["kind"] == "perception"]
    if not shown:
        return None
    counted = [(figure, measure) for figure, measure in shown if _has_answers(figure)]
    columns: dict[str, list[str]] = {code: [] for code in ANSWER_CODES}
    for figure, _ in counted:
        for answer in figure["answers"]:
            if answer["label"] not in columns[answer["code"]]:
                columns[answer["code"]].append(answer["label"])
    rows = [
        (
            str(measure["label"]),
            population_word(figure["population"]),
            tuple(f"{each['percent_text']} ({count_text(each['count'])})" for each in _ordered(figure)),
            "[z]" if figure["not_applicable"] is None else count_text(figure["not_applicable"]),
            count_text(figure["denominator"]),
        )
        for figure, measure in counted
    ]
    return Answers(
        bars=tuple(_bar(document, *pair) for pair in shown),
        columns=tuple((code, " / ".join(labels)) for code, labels in columns.items()),
        rows=tuple(rows),
        notes=tuple(_answer_notes(counted)),
    )


def _has_answers(figure: Mapped) -> bool:
    return bool(figure["answers"]) and figure["status"] == "reported"


def _answer_notes(shown: Sequence[tuple[Mapped, Mapped]]) -> Iterator[str]:
    if not shown:
        return
    yield "Share, and number in brackets. NADK: “not applicable / don’t know”, outside the base."
    if any(figure["not_applicable"] is None for figure, _ in shown):
        yield "[z]: not offered with this question."
    asked = [
        f"{measure['label']} {population_word(figure['population'])} {count_text(figure['filter_yes'])} yes, "
        f"{count_text(figure['filter_no'])} no"
        for figure, measure in shown
        if figure["filter_yes"] is not None
    ]
    if asked:
        yield f"Asked only of those who said yes to a question before it: {'; '.join(asked)}."


def _ordered(figure: Mapped) -> list[Mapped]:
    return sorted(figure["answers"], key=lambda each: ANSWER_CODES.index(each["code"]))


def has_intervals(answered: Answers | None) -> bool:
    """Whether any of the bars has a 95% interval beside it."""
    return answered is not None and any(bar.interval_text for bar in answered.bars)


def _interval_text(document: Document, figure: Mapped) -> str:
    """The 95% interval of a survey figure, '' where it has none."""
    return next(
        (
            str(estimate["interval_text"])
            for survey in document["survey"]
            if survey["population"] == figure["population"] and survey["statistics"] is not None
            for estimate in survey["statistics"]["estimates"]
            if estimate["measure"] == figure["measure"]
        ),
        "",
    )


def _bar(document: Document, figure: Mapped, measure: Mapped) -> AnswerBar:
    homes, chart, missing = population_word(figure["population"]), None, ""
    if _has_answers(figure):
        message = charts.answer_message(measure["label"], measure["short_title"], figure, homes)
        chart = charts.stacked_bar(_ordered(figure), message)
    else:
        missing = str(figure["reason"] or "No answers to show.")
    return AnswerBar(
        label=str(measure["label"]),
        homes=homes,
        title=str(measure["short_title"]),
        value_text=str(figure["value_text"]),
        interval_text=_interval_text(document, figure) if chart else "",
        chart=chart,
        missing=missing,
    )
