"""The pages that a landlord publishes for its tenants: one file each, no script, nothing fetched.

The whole page has all that must be published. The short one is to be embedded in the landlord's own website:
the headline results and a link. Words are a tenant's; the regulator's own stand beside the figures.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from markupsafe import Markup

from pipelines.publications import content
from pipelines.publications.pages import screen, stylesheet
from pipelines.publications.text import RenderError, count_text, decimal_text, web_address

Document = Mapping[str, Any]
Figure = Mapping[str, Any]

_COLOUR = re.compile(r"#[0-9A-F]{6}")
FULL_PAGE = "tenants.html"
# How many of the survey's results the summary names as the best, and as many as the worst.
MOST_NAMED = 3
# What the short page shows beside overall satisfaction, where it is reported.
HEADLINES = {
    "perception": ("TP02", "TP05", "TP08", "TP09"),
    "management": ("RP02_1", "RP02_2", "BS01", "BS02"),
}

_PEOPLE = {
    "LCRA": "Tenants who rent",
    "LCHO": "Shared owners",
    "COMBINED": "Tenants and shared owners",
    "ALL": "All our homes",
}
# What a column of results is headed; a column is narrow.
_COLUMNS = {"LCRA": "Renting", "LCHO": "Shared owners", "COMBINED": "Everyone", "ALL": "All homes"}
# A management measure's counts in a sentence; the regulator's own description stands at the end of the page.
_SENTENCES = {
    "RP01": "{n} of the {d} homes that must meet the Decent Homes Standard did not meet it.",
    "RP02_1": "{n} of {d} non-emergency repairs were finished within our target time.",
    "RP02_2": "{n} of {d} emergency repairs were finished within our target time.",
    "BS01": "{n} of the {d} homes that need gas safety checks had all of them.",
    "BS02": "{n} of the {d} homes in buildings that need a fire risk assessment had every one.",
    "BS03": "{n} of the {d} homes in buildings that need asbestos surveys or re-inspections had all of them.",
    "BS04": "{n} of the {d} homes that need a legionella risk assessment had every one.",
    "BS05": "{n} of the {d} homes in buildings with a passenger lift had every lift inspection.",
    "CH01_1": "{n} complaints at stage one; we own {d} homes.",
    "CH01_2": "{n} complaints were taken to stage two; we own {d} homes.",
    "CH02_1": "{n} of {d} stage one complaints were answered in time.",
    "CH02_2": "{n} of {d} stage two complaints were answered in time.",
    "NM01_1": "{n} cases of anti-social behaviour; we own {d} homes.",
    "NM01_2": "{n} cases involved hate incidents; we own {d} homes.",
}  # fmt: skip
# Shapes as well as words: a colour alone tells nobody who cannot see it.
_CHANGES = {
    "better": ("▲", "Better than last year"),
    "worse": ("▼", "Worse than last year"),
    "same": ("●", "Same as last year"),
    "unclear": ("●", "No clear change from last year"),
    "untested": ("●", "Not known whether this is more than chance"),
    None: ("●", "Neither better nor worse than last year"),
}


@dataclass(frozen=True)
class Change:
    """How a figure stands against last year's: `kind` names the style, `sign` is the shape beside `word`."""

    kind: str
    sign: str
    word: str
    text: str


@dataclass(frozen=True)
class Result:
    """One figure as a tenant reads it.

    `bar` is the percentage that a bar shows, None where there is none; `sentence` the counts, or why there is
    no figure; `note` what to know of the number; `change` is None where last year has no such figure;
    `typical` is the middle landlord's value, '' where it is not known.
    """

    who: str
    label: str
    title: str
    value_text: str
    reported: bool
    bar: float | None
    sentence: str
    note: str
    change: Change | None
    typical: str


@dataclass(frozen=True)
class Row:
    """A line of the table of all results: a cell a column, or one cell for all homes across all of them."""

    title: str
    label: str
    cells: tuple[str, ...]
    together: bool


@dataclass(frozen=True)
class Asked:
    """What a survey asked: its own questions, the names of those that an earlier survey has asked too, the
    file of the questionnaire as it was sent and, where that is a text, what is in it.
    """

    who: str
    new: tuple[Mapping[str, Any], ...]
    again: tuple[str, ...]
    file: str
    sent: str


def tenants_html(document: Document) -> bytes:
    """The tenants' page as UTF-8 HTML: every figure that has been worked out, both parts of each two-part
    measure, the targets, the survey approach a to k, the questions, the complaint time limits, and what
    changed in how the figures are worked out.
    """
    columns = _columns(document)
    html = screen().get_template("tenants.html.j2").render(
        document=document,
        css=stylesheet("page.css") + brand_css(document, ":root", ("--accent", "--bar")),
        logo=content.logo(document),
        measures=content.measures_by_key(document),
        people=_PEOPLE,
        column_titles=[_COLUMNS[key] for key in columns],
        overall=headlines(document, ("TP01",)),
        best=named(document, best=True),
        worst=named(document, best=False),
        moved=moved(document),
        glance=[
            (theme["title"], glance(document, theme["measures"], columns)) for theme in document["themes"]
        ],
        results={measure["key"]: results(document, measure["key"]) for measure in document["measures"]},
        comparison=document["comparison"],
        answers=[(survey, answers(document, survey)) for survey in document["survey"]],
        questions=asked(document),
        address=web_address(document["publication"]["url"]),
    )  # fmt: skip
    return html.encode("utf-8")


def tenants_embed_html(document: Document) -> bytes:
    """The short page as UTF-8 HTML: to be shown in a frame, or its marked part to be pasted into a page."""
    html = screen().get_template("tenants-embed.html.j2").render(
        document=document,
        css=stylesheet("embed.css") + brand_css(document, ".tsm-embed:not(#_):not(#_)", ("--tsm-accent",)),
        overall=headlines(document, ("TP01",)),
        others=_headline_lists(document),
        address=web_address(document["publication"]["url"]) or FULL_PAGE,
    )  # fmt: skip
    return html.encode("utf-8")


def brand_css(document: Document, within: str, names: Sequence[str]) -> Markup:
    """The landlord's colour for headings and bars, as variables of a stylesheet; '' where it gives none.

    It was checked against white, so that the dark keeps our own; RenderError for anything but a colour.
    """
    colour = (document["landlord"]["branding"] or {}).get("colour")
    if colour is None:
        return Markup("")
    if not _COLOUR.fullmatch(colour):
        raise RenderError("The landlord's colour in the return document is no colour such as #0B5394.")
    rule = f"{within} {{ {' '.join(f'{name}: {colour};' for name in names)} }}"
    css = f"@media not all and (prefers-color-scheme: dark) {{ {rule} }}\n@media print {{ {rule} }}\n"
    return Markup(css)  # noqa: S704 - a colour, checked above


def _shown(document: Document) -> list[str]:
    return content.populations_shown(document)


def _columns(document: Document) -> list[str]:
    """The populations that have a column of their own; figures of all homes go across them."""
    return [key for key in _shown(document) if key != "ALL"] or ["ALL"]


def results(document: Document, key: str) -> list[Result]:
    """A measure's figures, one a population."""
    return [
        _result(document, figure)
        for population in _shown(document)
        for figure in content.figures_of(document, [key], population)
    ]


def headlines(document: Document, keys: Sequence[str]) -> list[Result]:
    """Some measures' reported figures; of each measure those of every population that has one."""
    return [each for key in keys for each in results(document, key) if each.reported]


def _headline_lists(document: Document) -> list[tuple[str, list[Result]]]:
    """What the short page lists, of the first survey alone: the whole page has the others."""
    first = next((str(survey["population"]) for survey in document["survey"]), _columns(document)[0])
    # Repairs are of rented homes also where both tenures are surveyed as one.
    whose = {"perception": {_PEOPLE[first]}, "management": {_PEOPLE["LCRA"], _PEOPLE["ALL"]}}
    mine = {
        kind: [each for each in headlines(document, keys) if each.who in whose[kind]]
        for kind, keys in HEADLINES.items()
    }
    return [
        (f"What {_PEOPLE[first][0].lower()}{_PEOPLE[first][1:]} told us: satisfied with", mine["perception"]),
        ("What our records show", mine["management"]),
    ]


def _result(document: Document, figure: Figure) -> Result:
    measure = content.measures_by_key(document)[figure["measure"]]
    reported = figure["status"] == "reported"
    return Result(
        who=_PEOPLE[figure["population"]],
        label=measure["label"],
        title=measure["short_title"],
        value_text=figure["value_text"],
        reported=reported,
        bar=figure["value"] if reported and measure["unit"] == "percent" else None,
        sentence=_counts(document, measure, figure)
        if reported
        else figure["reason"] or "No figure is reported.",
        note=_note(measure, figure) if reported else "",
        change=_change(document, measure, figure),
        typical=_typical(document, figure) if reported else "",
    )


def _counts(document: Document, measure: Mapping[str, Any], figure: Figure) -> str:
    n, d = count_text(figure["numerator"]), count_text(figure["denominator"])
    if measure["kind"] != "perception":
        sentence = _SENTENCES.get(measure["key"])
        return sentence.format(n=n, d=d) if sentence else f"{n} of {d}."
    said = "agreed" if measure["scale"] and "gree" in measure["scale"][0] else "were satisfied"
    if _weighted(document, figure["population"]):
        return f"{n} of {d} answers {said}, weighted to stand for all households."
    return f"{n} of the {d} people who answered {said}."


def _weighted(document: Document, population: str) -> bool:
    return any(
        survey["population"] == population and survey["facts"]["weighted"] for survey in document["survey"]
    )


def _note(measure: Mapping[str, Any], figure: Figure) -> str:
    """What the rounded number alone would hide."""
    notes = []
    if measure["unit"] == "percent" and figure["numerator"] != figure["denominator"]:
        if figure["value"] == 100:
            notes.append("Rounded to 100%, but not every one.")
        if figure["value"] == 0 and figure["numerator"]:
            notes.append("Rounded to 0%, but not none.")
    if measure["better"] == "lower":
        notes.append("A lower figure is better.")
    return " ".join(notes)


# --- what changed ------------------------------------------------------------------------------------


def _change(document: Document, measure: Mapping[str, Any], figure: Figure) -> Change | None:
    found = next(
        (
            each
            for each in document["comparison"]["changes"]
            if (each["measure"], each["population"]) == (figure["measure"], figure["population"])
        ),
        None,
    )
    if found is None:
        return None
    kind = found["direction"]
    if measure["kind"] == "perception" and kind in ("better", "worse"):
        kind = {True: kind, False: "unclear", None: "untested"}[found["significant"]]
    sign, word = _CHANGES[kind]
    size = "" if kind == "same" else f" ({found['change_text'].replace('-', '−', 1)})"
    return Change(kind or "neither", sign, word, f"{found['last_year_text']} last year{size}.")


def _typical(document: Document, figure: Figure) -> str:
    """What half of all landlords are above and half below."""
    benchmarks = document["comparison"]["benchmarks"]
    year = "" if benchmarks["year"] == document["reporting_year"] else f" in {benchmarks['year']}"
    for each in benchmarks["figures"]:
        if (each["measure"], each["population"]) == (figure["measure"], figure["population"]):
            for group in each["groups"]:
                if group["group_by"] == "all":
                    return f"The typical landlord in England{year}: {group['median_text']}."
    return ""


def moved(document: Document) -> list[Result]:
    """The figures of the survey that moved by more than chance explains, in the order of the measures."""
    tested = {(each["measure"], each["population"]) for each in document["comparison"]["changes"]
              if each["significant"]}  # fmt: skip
    return [
        _result(document, figure)
        for population in _shown(document)
        for figure in content.figures_of(document, [each["key"] for each in document["measures"]], population)
        if (figure["measure"], population) in tested
    ]


# --- tables ------------------------------------------------------------------------------------------


def named(document: Document, *, best: bool) -> list[Result]:
    """The survey's results that are highest, or lowest, in the largest survey; none where it has too few."""
    if not document["survey"]:
        return []
    population = document["survey"][0]["population"]
    asked = [each["key"] for each in document["measures"] if each["kind"] == "perception"]
    found = [
        figure
        for figure in content.figures_of(document, asked, population)
        if figure["status"] == "reported" and figure["measure"] != "TP01"
    ]
    if len(found) < 2 * MOST_NAMED:
        return []
    ordered = sorted(found, key=lambda figure: figure["value"], reverse=best)
    return [_result(document, figure) for figure in ordered[:MOST_NAMED]]


def glance(document: Document, keys: Sequence[str], columns: Sequence[str]) -> list[Row]:
    """The results of some measures as lines of a table with a column for each of `columns`."""
    measures, rows = content.measures_by_key(document), []
    for key in keys:
        measure = measures[key]
        per = ", per 1,000 homes" if measure["unit"] == "per_1000_homes" else ""
        figures = {
            population: figure
            for population in _shown(document)
            for figure in content.figures_of(document, [key], population)
        }
        together = "ALL" in figures and len(columns) > 1
        cells = (
            [_cell(measure, figures["ALL"])]
            if "ALL" in figures
            else [_cell(measure, figures[each]) if each in figures else "Not asked" if measure["kind"] ==
                  "perception" else "–" for each in columns]
        )  # fmt: skip
        rows.append(Row(f"{measure['short_title']}{per}", measure["label"], tuple(cells), together))
    return rows


def _cell(measure: Mapping[str, Any], figure: Figure) -> str:
    if figure["status"] == "reported" and measure["unit"] == "per_1000_homes":
        return decimal_text(figure["value"], 1)  # the line's title has the unit
    return str(figure["value_text"])


def answers(document: Document, survey: Mapping[str, Any]) -> list[Figure]:
    """One survey's figures that have answers to show, in the order of the measures."""
    asked = [each["key"] for each in document["measures"] if each["kind"] == "perception"]
    return [each for each in content.figures_of(document, asked, survey["population"]) if each["answers"]]


def asked(document: Document) -> list[Asked]:
    """Each survey's questions; what an earlier survey asked as well is not repeated."""
    seen: list[Mapping[str, Any]] = []
    found = []
    for survey in document["survey"]:
        new = tuple(question for question in survey["questions"] if question not in seen)
        again = tuple(each["key"] for each in survey["questions"] if each not in new)
        sent = (survey.get("questionnaire_file") or {}).get("text") or ""
        found.append(Asked(_PEOPLE[survey["population"]], new, again, survey["questionnaire"] or "", sent))
        seen += new
    return found
