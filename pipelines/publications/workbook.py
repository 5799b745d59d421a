"""The return as a workbook: every figure, its comparisons, the survey, the NROSH+ entry sheet, findings.

A worksheet a matter, from the return document alone; how a worksheet is made is in workbook_sheets.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any

from pipelines.publications.content import labels, population_word, table_word
from pipelines.publications.exports import ANSWER_COLUMNS, rules_text
from pipelines.publications.findings import COLUMNS, findings_rows, in_groups
from pipelines.publications.text import cell_text, clean, date_text
from pipelines.publications.workbook_sheets import (
    MOST_ROWS,
    NOT_SHOWN,
    Head,
    Number,
    Sheet,
    contents,
    workbook,
)

Document = Mapping[str, Any]

# What stands for a number that is not there: the Analysis Function's signs, and one for what RSH suppresses.
NOT_KNOWN, NOT_APPLICABLE, SUPPRESSED = "[x]", "[z]", "[s]"
SYMBOLS = {
    "withheld": NOT_KNOWN,
    "not_applicable": NOT_APPLICABLE,
    "not_required": NOT_APPLICABLE,
    "no_cases": NOT_APPLICABLE,
}
_MEANINGS = (
    (NOT_KNOWN, "Not available: withheld by a finding, or not known. Never nought."),
    (NOT_APPLICABLE, "Not applicable: not asked, not required, or no cases to divide by."),
    (SUPPRESSED, "Suppressed: too few answers to be shown."),
    ("[X]", "On the entry sheet, as the regulator writes it: left blank, or still to be supplied."),
    ("[Z]", "On the entry sheet, as the regulator writes it: not required."),
    ("[U]", "On the entry sheet, as the regulator writes it: nothing to divide by."),
    ("[S]", "On the entry sheet, as the regulator writes it: suppressed."),
)
_READING = (
    ("Rounding", "Values are rounded once, half up, to one decimal. Counts are exact and not rounded."),
    ("Weighted counts", "Counts of a weighted survey are sums of weights: one decimal is shown."),
    ("LCRA", "Low cost rental accommodation: homes let at social or affordable rent."),
    ("LCHO", "Low cost home ownership: mostly shared ownership."),
    ("Combined", "LCRA and LCHO surveyed and reported as one."),
    ("Together", "Measures that never tell LCRA and LCHO apart."),
    ("Empty cells", "In a column of words: there is nothing to say. A column of numbers has no empty cells."),
)  # fmt: skip
_STATUS_WORDS = {
    "reported": "Reported",
    "no_cases": "No cases",
    "not_applicable": "Not applicable",
    "not_required": "Not required",
    "withheld": "Withheld",
}
# What the form's fields take, and how a number of each kind is shown.
_ENTERED = {
    "integer": ("Whole number", "plain"),
    "count": ("Count", "plain"),
    "percent": ("Per cent", "one"),
    "per_1000": ("Per 1,000 homes", "one"),
    "yes_no": ("Yes or no", "plain"),
    "choice": ("One of a list", "plain"),
    "text": ("Text", "plain"),
    "url": ("Web address", "plain"),
}
LONGEST_CELL = 2_000  # characters of a landlord's own text; Excel itself holds 32,767
_FIGURE = (Head("Measure", 13), Head("Population", 14))
FINDING_HEADS = {
    "finding_id": Head("Finding", 12),
    "grade": Head("Grade", 11),
    "table": Head("Table", 20),
    "file": Head("File", 26),
    "sheet": Head("Sheet", 14),
    "row": Head("Row", 10, "plain"),
    "column": Head("Column", 20),
    "value": Head("Value", 26),
    "record_id": Head("Record", 20),
    "title": Head("What", 38),
    "message": Head("What was found", 60),
    "remedy": Head("What to do", 50),
    "effect": Head("Effect", 20),
    "touches": Head("Figures touched", 26),
}
GROUP_HEADS = (
    Head("Grade", 11),
    Head("What was found", 48),
    Head("Table", 24),
    Head("Finding", 12),
    Head("How many", 12, "count"),
    Head("Where", 30),
    Head("What it could move, at most", 48),
    Head("What to do", 48),
    Head("Confirmed", 36),
)


def return_xlsx(document: Document, findings: Sequence[Mapping[str, Any]]) -> bytes:
    """The workbook: contents, about, notes, then a worksheet a matter; the same bytes every time."""
    sheets = [
        _about(document),
        _notes(),
        _figures(document),
        _answers(document),
        _extensions(document),
        _precision(document),
        _last_year(document),
        _peers(document),
        _method_changes(document),
        _accuracy(document),
        _methods(document),
        _approach(document),
        _entry_sheet(document),
        _checks(document),
        finding_groups(document),
        each_finding(document, findings),
        _confirmations(document),
        _departures(document),
    ]
    landlord, year = document["landlord"]["name"], document["reporting_year"]
    first = contents(
        f"Tenant Satisfaction Measures return {year}: {landlord}",
        [
            _standing(document),
            "What the symbols and abbreviations mean is on the worksheet Notes.",
        ],
        sheets,
    )
    return workbook(
        [first, *sheets],
        title=f"{landlord}: TSM return {year}",
        author=landlord,
        about=f"Made with {document['software']['name']}",
        moment=datetime.fromisoformat(document["year_end"]),
    )


def _standing(document: Document) -> str:
    return "Draft: not signed off." if document["status"]["draft"] else "Signed off."


def _about(document: Document) -> Sheet:
    status, edition = document["status"], document["edition"]
    facts: list[tuple[str, Any]] = [
        ("Landlord", document["landlord"]["name"]),
        ("Landlord code", document["landlord"]["code"]),
        ("Year", f"{date_text(document['year_start'])} to {date_text(document['year_end'])}"),
        ("Status", _standing(document)),
        ("Approval", document["approval"]["text"] if document["approval"] else ""),
        ("Revision", document["revision"]["text"] if document["revision"] else ""),
        ("Complete", "Yes" if status["complete"] else "No"),
        *(("Still missing", f"{each['what']}: {each['remedy']}") for each in status["missing"]),
        ("Findings to confirm", status["to_confirm"]),
        ("Findings confirmed", status["confirmed"]),
        ("LCRA homes owned at year end", document["stock"]["LCRA"]),
        ("LCHO homes owned at year end", document["stock"]["LCHO"]),
        ("Rules", f"{edition['year']}, {edition['status']}"),
        ("Note on the rules", edition["status_note"]),
        ("Form", document["return_form"]["form"]),
        ("Note on the form", document["return_form"]["note"]),
        ("Published at", document["publication"]["url"]),
    ]
    known = [fact for fact in facts if fact[1] is not None and fact[1] != ""]
    return Sheet("About", "About this return", [], (Head("Fact", 34), Head("Answer", 90)), known)


def _notes() -> Sheet:
    heads = (Head("Symbol or word", 20), Head("What it means", 90))
    return Sheet("Notes", "What the symbols and words mean", [], heads, (*_MEANINGS, *_READING))


# --------------------------------------------------------------------------------------------- figures


def _name_of(document: Document) -> dict[str, str]:
    return {measure["key"]: measure["label"] for measure in document["measures"]}


def _population(key: str) -> str:
    word = population_word(key)
    return word[:1].upper() + word[1:]


def _or(value: Any, symbol: str) -> Any:
    return symbol if value is None else value


def _symbol(figure: Mapping[str, Any]) -> str:
    """What stands for a number that a figure has not."""
    return SYMBOLS.get(figure["status"], NOT_APPLICABLE)


def _figures(document: Document) -> Sheet:
    """Every reported value; those that are not required come last."""
    measures = {each["key"]: each for each in document["measures"]}
    rows = []
    for figure in sorted(document["figures"], key=lambda each: each["status"] == "not_required"):
        measure, symbol = measures[figure["measure"]], _symbol(figure)
        rows.append(
            (
                measure["label"],
                _population(figure["population"]),
                measure["title"],
                _or(figure["value"], symbol),
                measure["unit_text"],
                _or(figure["numerator"], symbol),
                _or(figure["denominator"], symbol),
                _STATUS_WORDS.get(figure["status"], figure["status"]),
                figure["reason"],
            )
        )
    heads = (
        *_FIGURE,
        Head("Title", 46),
        Head("Value", 12, "one"),
        Head("Unit", 18),
        Head("Numerator", 14, "count"),
        Head("Denominator", 15, "count"),
        Head("Status", 17),
        Head("Reason", 46),
    )
    about = [f"Rules: {rules_text(document)}. figures.csv has the same figures for machines."]
    return Sheet("Figures", "Every reported value with its counts", about, heads, rows)


def _answers(document: Document) -> Sheet:
    """How many gave each answer to each survey question."""
    measures = {each["key"]: each for each in document["measures"]}
    rows = []
    for figure in document["figures"]:
        if not figure["answers"]:
            continue
        measure = measures[figure["measure"]]
        counts = {answer["code"]: answer["count"] for answer in figure["answers"]}
        rows.append(
            (
                measure["label"],
                _population(figure["population"]),
                measure["short_title"],
                *(_or(counts.get(code), NOT_APPLICABLE) for code in ANSWER_COLUMNS.values()),
                figure["denominator"],
                *(_or(figure[key], NOT_APPLICABLE) for key in ("not_applicable", "filter_yes", "filter_no")),
            )
        )
    words = (
        "Very satisfied, or strongly agree",
        "Fairly satisfied, or agree",
        "Neither",
        "Fairly dissatisfied, or disagree",
        "Very dissatisfied, or strongly disagree",
        "All answers on the scale",
        "Not applicable or don't know",
        "Filter question: yes",
        "Filter question: no",
    )
    heads = (*_FIGURE, Head("Title", 40), *(Head(word, 16, "count") for word in words))
    about = ["[z]: the question has no such answer, or no filter question before it."]
    return Sheet(
        "Answers", "How many tenants gave each answer", about, heads, rows, "No answers are reported."
    )


def _extensions(document: Document) -> Sheet:
    """The complaints of CH02: answered in time by themselves, and within an extension."""
    names = _name_of(document)
    rows = [
        (
            names[figure["measure"]],
            _population(figure["population"]),
            figure["met_without_extension"],
            figure["met_with_extension"],
            figure["denominator"],
        )
        for figure in document["figures"]
        if figure["met_without_extension"] is not None
    ]
    words = ("In time without an extension", "In time within an extension", "All complaints of that stage")
    heads = (*_FIGURE, *(Head(word, 20, "count") for word in words))
    return Sheet("Complaints", "Complaints answered in time, with and without an extension", [], heads, rows)


def _precision(document: Document) -> Sheet:
    """How far the result of each survey question can be off."""
    names = _name_of(document)
    columns = (
        ("ci_low", "Lower end of the 95% interval"),
        ("ci_high", "Upper end of the 95% interval"),
        ("se", "Standard error"),
        ("deff", "Design effect"),
        ("n_effective", "Answers as many as equally weighted ones"),
        ("unweighted_value", "Before weighting"),
    )
    rows = [
        (
            names[figure["measure"]],
            _population(figure["population"]),
            _or(figure["value"], NOT_KNOWN),
            *(_or(figure[key], NOT_KNOWN) for key, _ in columns),
        )
        for figure in document["figures"]
        if any(figure[key] is not None for key, _ in columns)
    ]
    heads = (*_FIGURE, Head("Value, %", 12, "one"), *(Head(name, 18, "two") for _, name in columns))
    about = ["In per cent and percentage points; two decimals are shown, all are stored."]
    return Sheet("Precision", "How precise each survey result is", about, heads, rows)


# --------------------------------------------------------------------------------------------- comparisons


def _last_year(document: Document) -> Sheet:
    """Each figure beside last year's, and whether the change is more than chance."""
    comparison = document["comparison"]
    measures = {each["key"]: each for each in document["measures"]}
    figures = {(each["measure"], each["population"]): each for each in document["figures"]}
    untested = {"perception": NOT_KNOWN, "management": NOT_APPLICABLE}
    better = {"better": "Better", "worse": "Worse", "same": "The same", None: "Neither"}
    tested = {True: "Yes", False: "No"}
    rows = [
        (
            measures[each["measure"]]["label"],
            _population(each["population"]),
            measures[each["measure"]]["title"],
            figures[each["measure"], each["population"]]["value"],
            each["last_year"],
            each["change"],
            measures[each["measure"]]["unit_text"],
            better[each["direction"]],
            tested.get(each["significant"], untested[measures[each["measure"]]["kind"]]),
            each["text"],
        )
        for each in comparison["changes"]
    ]
    heads = (
        *_FIGURE,
        Head("Title", 56),
        Head("This year", 12, "one"),
        Head("Last year", 12, "one"),
        Head("Change", 12, "change"),
        Head("Unit", 18),
        Head("Better or worse", 14),
        Head("More than chance explains?", 18),
        Head("In words", 70),
    )
    last = comparison["last_year"]
    about = [
        *([last["text"]] if last else []),
        "More than chance explains? [x]: it could not be tested. [z]: counted from all records.",
    ]
    title = f"Change since {last['year']}" if last else "Change since last year"
    return Sheet("Last year", title, about, heads, rows, "There are no figures of last year to compare with.")


_PERCENTILES = (
    ("p10", "10% are below"),
    ("q1", "25% are below"),
    ("median", "Median"),
    ("q3", "25% are above"),
    ("p90", "10% are above"),
)


def _peers(document: Document) -> Sheet:
    """Each figure beside the nation and the groups that the landlord is one of."""
    benchmarks = document["comparison"]["benchmarks"]
    measures = {each["key"]: each for each in document["measures"]}
    rows = [
        (
            measures[figure["measure"]]["label"],
            _population(figure["population"]),
            group["label"],
            figure["value"],
            group["landlords"],
            *(_or(group.get(key), NOT_KNOWN) for key, _ in _PERCENTILES),
            group["difference"],
            measures[figure["measure"]]["unit_text"],
            group["quarter_text"],
            group["position_text"],
        )
        for figure in benchmarks["figures"]
        for group in figure["groups"]
    ]
    heads = (
        *_FIGURE,
        Head("Beside", 44),
        Head("This return", 12, "one"),
        Head("Landlords", 14, "count"),
        *(Head(name, 14, "one") for _, name in _PERCENTILES),
        Head("Difference from the median", 16, "change"),
        Head("Unit", 18),
        Head("Quarter", 22),
        Head("Where it stands", 44),
    )
    about = [text for text in (benchmarks["source"], benchmarks["note"]) if text]
    year = f" of {benchmarks['year']}" if benchmarks["year"] else ""
    title = f"Beside the nation and its peers{year}"
    return Sheet(
        "Nation and peers", title, about, heads, rows, "There are no national figures to compare with.",
        long=True,
    )  # fmt: skip


def _method_changes(document: Document) -> Sheet:
    """What was done in another way than last year, and which figures that can move."""
    rows = [
        (each["what"], each["was"], each["now"], labels(document, each["affects"]), each["text"])
        for each in document["comparison"]["method_changes"]
    ]
    heads = (
        Head("What changed", 34),
        Head("Last year", 30),
        Head("This year", 30),
        Head("Figures that it can move", 34),
        Head("In words", 70),
    )
    nothing = "No change of method since last year is known."
    return Sheet("Method changes", "What was done in another way last year", [], heads, rows, nothing)


# --------------------------------------------------------------------------------------------- the survey


def _accuracy(document: Document) -> Sheet:
    """Whether each survey has the accuracy that is required of it."""
    met = {True: "Yes", False: "No", None: "Not known"}
    rows = []
    for survey in document["survey"]:
        accuracy = survey["accuracy"]
        honest = (survey["statistics"] or {"accuracy": None})["accuracy"] or {}
        numbers = (
            accuracy["population_size"],
            accuracy["responses"],
            accuracy["required_responses"],
            accuracy["required_margin"],
            accuracy["achieved_margin"],
            honest.get("n_effective"),
            honest.get("honest_margin"),
        )
        rows.append(
            (
                _population(survey["population"]),
                *(_or(number, NOT_KNOWN) for number in numbers),
                met[accuracy["met"]],
                " ".join(text for text in (accuracy["text"], honest.get("text", "")) if text),
            )
        )
    heads = (
        Head("Population", 14),
        Head("Households", 14, "count"),
        Head("Responses", 14, "count"),
        Head("Responses required", 14, "count"),
        Head("Margin of error required", 14, "plain"),
        Head("Margin of error achieved", 14, "two"),
        Head("Responses as many as equally weighted ones", 18, "count"),
        Head("Margin of error of those", 14, "two"),
        Head("Requirement met?", 15),
        Head("In words", 70),
    )
    about = ["Margins of error are in percentage points, either way."]
    return Sheet("Accuracy", "How accurate the survey is", about, heads, rows, "No survey is reported.")


def _methods(document: Document) -> Sheet:
    """Responses and overall satisfaction by way of collecting."""
    rows = [
        (
            _population(survey["population"]),
            method["label"],
            method["responses"],
            _or(method["tp01_value"], SUPPRESSED if method["suppressed"] else NOT_APPLICABLE),
        )
        for survey in document["survey"]
        for method in survey["methods"]
    ]
    heads = (
        Head("Population", 14),
        Head("Method", 30),
        Head("Responses", 14, "count"),
        Head("Overall satisfaction (TP01), %", 20, "one"),
    )
    title = "Responses and overall satisfaction by way of collecting"
    return Sheet("Methods", title, [], heads, rows, "No survey is reported.")


def _approach(document: Document) -> Sheet:
    """The summary of the survey approach, items a to k."""
    rows = [
        (
            _population(survey["population"]),
            item["letter"],
            item["title"],
            f"Still missing. {item['text']}" if item["missing"] else item["text"],
        )
        for survey in document["survey"]
        for item in survey["items"]
    ]
    heads = (Head("Population", 14), Head("Item", 8), Head("What it is about", 40), Head("Summary", 100))
    title = "Summary of the survey approach, items a to k"
    return Sheet("Survey approach", title, [], heads, rows, "No survey is reported.")


# ------------------------------------------------------------------------------- the form, checks, findings


def _entry_sheet(document: Document) -> Sheet:
    """What is typed into NROSH+, in the form's order."""
    rows = []
    for field in document["nrosh"]:
        word, kind = _ENTERED.get(field["type"], (field["type"], "plain"))
        value = field["value"]
        if value is None:
            value = field["symbol"] or "[X]"
        elif not isinstance(value, str):
            value = Number(value, kind)
        names = ("section", "question", "datapoint", "field", "label")
        rows.append((*(field[name] for name in names), word, value, field["note"]))
    heads = (
        Head("Section", 20),
        Head("Question", 12),
        Head("Datapoint", 15),
        Head("Field", 40),
        Head("Label", 60),
        Head("What is entered", 18),
        Head("Value", 30),
        Head("Note", 60),
    )
    form = document["return_form"]["form"]
    about = [f"Form: {form}. A symbol in square brackets is not typed: the note beside it says why."]
    return Sheet(
        "NROSH+ entry", "What is typed into NROSH+, in the form's order", about, heads, rows, long=True
    )


def _checks(document: Document) -> Sheet:
    words = {"passed": "Passed", "failed": "Failed", "warning": "Warning"}
    rows = [
        (each["id"], each["title"], words.get(each["outcome"], each["outcome"]), each["message"])
        for each in document["checks"]
    ]
    heads = (Head("Check", 12), Head("What is checked", 60), Head("Outcome", 12), Head("Result", 70))
    return Sheet("Validations", "The regulator's validations", [], heads, rows, "No validation was made.")


def finding_groups(document: Document) -> Sheet:
    """What was found in the files, a row a rule and table, the gravest first."""
    rows = [
        (
            group.grade,
            f"{group.title}: {group.message}" if group.message else group.title,
            group.table,
            group.finding_id,
            group.records,
            group.where,
            group.moves,
            group.remedy,
            group.confirmed,
        )
        for group in in_groups(document)
    ]
    about = ["Stop: withheld until put right. Confirm: a named person confirms it. Note: for information."]
    return Sheet("Findings", "What was found in the files received", about, GROUP_HEADS, rows, "No findings.")


def each_finding(document: Document, findings: Sequence[Mapping[str, Any]]) -> Sheet:
    """Every finding with its file, row and column."""
    columns = COLUMNS[:-1]  # the rules are those of the whole workbook
    table, touches = columns.index("table"), columns.index("touches")
    touched: dict[str, str] = {}
    rows = findings_rows(findings)
    for row in rows:
        keys = row[touches] or ""
        if keys not in touched:
            touched[keys] = labels(document, [key for key in keys.split(";") if key])
        row[table], row[touches] = table_word(row[table] or ""), touched[keys]
        row[:] = [shortened(cell) for cell in row[:-1]]
    about = [f"Rules: {rules_text(document)}. Empty cells: a finding of no single row, column or value."]
    if len(rows) > MOST_ROWS:
        about.append(f"The first {MOST_ROWS:,} of {len(rows):,}: findings.csv has every one.")
    heads = [FINDING_HEADS[column] for column in columns]
    title = "Each finding, with its file, row and column"
    return Sheet("Each finding", title, about, heads, rows[:MOST_ROWS], "No findings.", long=True)


def shortened(value: Any) -> Any:
    """A landlord's own text, cut where it is very long."""
    if isinstance(value, str) and len(value) > LONGEST_CELL:
        return value[:LONGEST_CELL] + NOT_SHOWN
    return value


def _confirmations(document: Document) -> Sheet:
    rows = [
        (each["id"], each["by"], date_text(each["on"]), each["reason"], cell_text(each["evidence"]))
        for each in document["confirmations"]
        if each["stands"]
    ]
    heads = (Head("Finding", 14), Head("By", 30), Head("On", 22), Head("Reason", 70), Head("Evidence", 40))
    title = "Findings confirmed by a named person"
    return Sheet("Confirmations", title, [], heads, rows, "Nothing has been confirmed.")


def _departures(document: Document) -> Sheet:
    """The settings that differ from the documented default."""
    rows = [
        (
            _setting(each["key"]),
            _setting(each["value"]),
            _setting(each["default"]),
            each["description"],
            cell_text(each["source"]),
        )
        for each in document["settings"]["departures"]
    ]
    heads = (Head("Setting", 34), Head("This return", 24), Head("Default", 24), Head("What it decides", 70),
             Head("Source", 50))  # fmt: skip
    nothing = "Every setting has its documented default."
    return Sheet("Settings", "Settings that depart from the default", [], heads, rows, nothing)


def _setting(value: object) -> str:
    if isinstance(value, bool):
        return "yes" if value else "no"
    return clean(str(value)).replace("_", " ")
