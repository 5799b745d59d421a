"""What stands in the report: the return document's parts as tables, in the words that a reader sees.

Every function takes the return document and gives tables or plain values. None computes a figure: values,
counts and percentages are read from the document.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from markupsafe import Markup

from pipelines.publications.charts import answer_message, stacked_bar
from pipelines.publications.tables import Cell, Column, Table, make_table
from pipelines.publications.text import ANSWER_CODES, count_text, date_text, plural

Document = Mapping[str, Any]

_PRIORITY_WORDS = {"emergency": "Emergency", "non_emergency": "Non-emergency"}
_GRADE_WORDS = {"stop": "Stop", "confirm": "Confirm", "note": "Note"}
_MET_ANSWERS = {True: "Yes", False: "No", None: "Not known"}
_MET_WORDS = {True: "Met", False: "Not met", None: "Not known"}
_OUTCOME_WORDS = {"passed": "Passed", "failed": "Failed", "warning": "Warning"}
_TABLE_WORDS = {
    "homes": "Homes",
    "safety_checks": "Safety checks",
    "safety_exclusions": "Safety exclusions",
    "repairs": "Repairs",
    "complaints": "Complaints",
    "asb_cases": "Anti-social behaviour cases",
    "survey_responses": "Survey responses",
    "households": "Households",
    "population_margins": "Population margins",
    "return": "The return itself",
}


@dataclass(frozen=True)
class AnswerBlock:
    """The five answers to one survey question in one population: a chart and the table beneath it.

    `interval_text` is the 95% interval, '' where there is none. `chart` is None, and `missing` says why in
    words, where there are no answers to show.
    """

    label: str
    title: str
    value_text: str
    interval_text: str
    missing: str
    chart: Markup | None
    answers: tuple[Mapping[str, Any], ...]
    base_text: str


def _capital(text: str) -> str:
    return text[:1].upper() + text[1:]


def table_word(table: str) -> str:
    """A table's name in words."""
    return _TABLE_WORDS.get(table, table)


def population_title(document: Document, key: str) -> str:
    """A population's name in words, with its abbreviation where it has one."""
    title = next(str(each["title"]) for each in document["populations"] if each["key"] == key)
    return f"{title} ({key})" if key in ("LCRA", "LCHO") else title


def populations_shown(document: Document) -> list[str]:
    """The populations with a figure to show. A landlord that surveys both tenures together still has figures
    of its LCRA homes alone (RP01, RP02), so this asks the figures, not the populations.
    """
    shown = {figure["population"] for figure in document["figures"] if figure["status"] != "not_required"}
    return [each["key"] for each in document["populations"] if each["key"] in shown]


def population_word(key: str) -> str:
    """A population in one word, for headers and captions."""
    return {"COMBINED": "combined", "ALL": "together"}.get(key, key)


def measures_by_key(document: Document) -> dict[str, Mapping[str, Any]]:
    """The measures of the document by key."""
    return {measure["key"]: measure for measure in document["measures"]}


def figures_of(document: Document, measures: Iterable[str], population: str) -> list[Mapping[str, Any]]:
    """The figures of some measures that one population has to show, in the order of `measures`."""
    found = {
        figure["measure"]: figure
        for figure in document["figures"]
        if figure["population"] == population and figure["status"] != "not_required"
    }
    return [found[key] for key in measures if key in found]


def headline_figures(document: Document) -> list[tuple[str, Mapping[str, Any]]]:
    """Overall satisfaction (TP01) of each population that is reported, with the population's name."""
    return [
        (population_title(document, key), figure)
        for key in populations_shown(document)
        for figure in figures_of(document, ["TP01"], key)
    ]


# --- the summary -------------------------------------------------------------------------------------


def summary(document: Document) -> Table:
    """The questions that a board member asks first, each with its answer."""
    status = document["status"]
    failed = [check for check in document["checks"] if check["outcome"] == "failed"]
    warnings = [check for check in document["checks"] if check["outcome"] == "warning"]
    passed = len(document["checks"]) - len(failed) - len(warnings)
    rows: list[tuple[str, Cell]] = [
        (
            "Is it signed off?",
            Cell(
                "No: this is a draft" if status["draft"] else "Yes",
                note=document["approval"]["text"] if document["approval"] else "",
                strong=True,
            ),
        ),
        (
            "Is it complete?",
            Cell(_completeness(status), strong=True),
        ),
        (
            "Must anything be confirmed?",
            Cell(
                f"Yes: {plural(status['to_confirm'], 'finding')}" if status["to_confirm"] else "No",
                note=f"{plural(status['confirmed'], 'finding')} confirmed, "
                f"{plural(status['notes'], 'note')} for information",
                strong=True,
            ),
        ),
        (
            "Does it pass the regulator's validations?",
            Cell(
                f"No: {plural(len(failed), 'check fails', 'checks fail')}" if failed else "Yes",
                note=f"{passed} passed, {len(failed)} failed, {plural(len(warnings), 'warning')}",
                strong=True,
            ),
        ),
    ]
    for survey in document["survey"]:
        accuracy = survey["accuracy"]
        honest = (survey["statistics"] or {"accuracy": None})["accuracy"]
        doubt = f" {honest['text']}" if honest and honest["only_nominally"] else ""
        rows.append(
            (
                f"Is the survey accurate enough ({population_word(survey['population'])})?",
                Cell(_MET_ANSWERS[accuracy["met"]], note=f"{accuracy['text']}{doubt}", strong=True),
            )
        )
    return make_table("The return in brief", _FACTS, rows, headless=True)


def _completeness(status: Mapping[str, Any]) -> str:
    if status["complete"]:
        return "Yes"
    if status["missing"]:
        return f"No: {plural(len(status['missing']), 'thing is', 'things are')} missing"
    return "No: see what must be confirmed" if status["to_confirm"] else "No: see Data quality"


_FACTS = (Column("Question", 38), Column("Answer", 62))


def overview(document: Document) -> list[Table]:
    """Every reported value: a table for each theme, a row for each measure, a column for each population."""
    shown = populations_shown(document)
    share = 46 / len(shown) if len(shown) > 2 else 18
    columns = [
        Column("Measure", 11),
        Column("Title", 89 - share * len(shown)),
        *(Column(_capital(population_word(key)), share, number=True) for key in shown),
    ]
    measures = measures_by_key(document)
    values = {(f["measure"], f["population"]): str(f["value_text"]) for f in document["figures"]}
    return [
        make_table(
            theme["title"],
            columns,
            [
                [
                    Cell(measures[key]["label"], strong=True),
                    measures[key]["title"],
                    *(values.get((key, population), "[z]") for population in shown),
                ]
                for key in theme["measures"]
            ],
        )
        for theme in document["themes"]
    ]


def populations(document: Document) -> Table:
    """Which populations are reported, and why the others are not."""
    words = {"reported": "Reported", "not_required": "Not required", "not_applicable": "Not applicable"}
    rows = [
        (
            population_title(document, each["key"]),
            Cell(words.get(each["status"], each["status"]), note=str(each["reason"] or "")),
            count_text(document["stock"].get(each["key"], document["stock"]["ALL"])),
        )
        for each in document["populations"]
    ]
    columns = (Column("Population", 40), Column("Reported?", 42), Column("Homes owned at year end", 18, True))
    return make_table("Populations", columns, rows)


# --- themes ------------------------------------------------------------------------------------------


def theme_figures(document: Document, theme: Mapping[str, Any]) -> list[Table]:
    """The figures of a theme, a table for each population, numerator and denominator beside each value."""
    measures = measures_by_key(document)
    columns = (
        Column("Measure", 12),
        Column("Title", 42),
        Column("Value", 20, True),
        Column("Numerator", 13, True),
        Column("Denominator", 13, True),
    )
    tables = []
    for population in populations_shown(document):
        rows = []
        for figure in figures_of(document, theme["measures"], population):
            measure = measures[figure["measure"]]
            rows.append(
                (
                    Cell(measure["label"], strong=True),
                    Cell(measure["title"], note=_beside(figure, measure)),
                    Cell(str(figure["value_text"]), strong=True),
                    count_text(figure["numerator"]),
                    count_text(figure["denominator"]),
                )
            )
        if rows:
            tables.append(make_table(f"Figures: {population_title(document, population)}", columns, rows))
    return tables


def _beside(figure: Mapping[str, Any], measure: Mapping[str, Any]) -> str:
    notes = []
    if figure["status"] != "reported" and figure["reason"]:
        notes.append(str(figure["reason"]))
    if figure["met_without_extension"] is not None:
        notes.append(
            f"In time without an extension: {count_text(figure['met_without_extension'])}; "
            f"within an extension: {count_text(figure['met_with_extension'])}."
        )
    if measure["better"] == "lower":
        notes.append("Lower is better.")
    return " ".join(notes)


def definitions(document: Document) -> Table:
    """What the numerator and the denominator of each measure are."""
    columns = (Column("Measure", 12), Column("Numerator", 44), Column("Denominator", 44))
    rows = [
        (Cell(each["label"], strong=True), each["numerator_text"], each["denominator_text"])
        for each in document["measures"]
    ]
    return make_table("What each measure counts", columns, rows)


def theme_answers(document: Document, theme: Mapping[str, Any]) -> list[tuple[str, list[AnswerBlock]]]:
    """The answers to a theme's survey questions: for each population its name and a block a question."""
    measures = measures_by_key(document)
    asked = [key for key in theme["measures"] if measures[key]["kind"] == "perception"]
    found = []
    for population in populations_shown(document):
        intervals = _intervals(document, population)
        blocks = [
            _answer_block(figure, measures[figure["measure"]], population, intervals)
            for figure in figures_of(document, asked, population)
        ]
        if blocks:
            found.append((population_title(document, population), blocks))
    return found


def has_intervals(answered: Iterable[tuple[str, Sequence[AnswerBlock]]]) -> bool:
    """Whether any of the blocks that `theme_answers` gives has a 95% interval to show."""
    return any(block.interval_text for _, blocks in answered for block in blocks)


def _intervals(document: Document, population: str) -> dict[str, str]:
    """The 95% interval of each survey measure of a population that has one."""
    return {
        estimate["measure"]: str(estimate["interval_text"])
        for survey in document["survey"]
        if survey["population"] == population and survey["statistics"] is not None
        for estimate in survey["statistics"]["estimates"]
    }


def _answer_block(
    figure: Mapping[str, Any], measure: Mapping[str, Any], population: str, intervals: Mapping[str, str]
) -> AnswerBlock:
    base = []
    if figure["denominator"] is not None:
        base.append(f"{count_text(figure['denominator'])} answers on the scale")
    if figure["not_applicable"] is not None:
        base.append(f"{count_text(figure['not_applicable'])} “not applicable / don't know” outside the base")
    if figure["filter_yes"] is not None:
        base.append(
            f"filter question: {count_text(figure['filter_yes'])} yes, {count_text(figure['filter_no'])} no"
        )
    answers = figure["answers"]
    shown = answers if answers and figure["status"] == "reported" else None
    ordered = sorted(shown or (), key=lambda each: ANSWER_CODES.index(each["code"]))
    chart = None
    if shown:
        message = answer_message(
            measure["label"], measure["short_title"], figure, population_word(population)
        )
        chart = stacked_bar(ordered, message)
    return AnswerBlock(
        label=measure["label"],
        title=measure["short_title"],
        value_text=str(figure["value_text"]),
        interval_text=intervals.get(figure["measure"], "") if shown else "",
        missing="" if shown else str(figure["reason"] or "No answers to show."),
        chart=chart,
        answers=tuple(ordered),
        base_text="; ".join(base),
    )


# --- the survey --------------------------------------------------------------------------------------


def survey_accuracy(survey: Mapping[str, Any]) -> Table:
    """Responses against the number that the required accuracy takes."""
    accuracy = survey["accuracy"]
    margin = accuracy["achieved_margin"]
    rows: list[tuple[str, str | Cell]] = [
        ("Households in the population", count_text(accuracy["population_size"])),
        ("Responses", count_text(accuracy["responses"])),
        ("Responses required", count_text(accuracy["required_responses"])),
        ("Margin of error required", _points(accuracy["required_margin"])),
        ("Margin of error achieved", _points(margin, 2)),
        (
            "Accuracy requirement",
            Cell(_MET_WORDS[accuracy["met"]], accuracy["text"], strong=True),
        ),
    ]
    return make_table(f"Accuracy: {population_word(survey['population'])}", _FACTS, rows, headless=True)


def _points(margin: float | None, places: int = 0) -> str:
    if margin is None:
        return "Not known"
    return f"±{margin:.{places}f} percentage points" if places else f"±{count_text(margin)} percentage points"


def survey_methods(survey: Mapping[str, Any]) -> Table:
    """Responses and overall satisfaction by way of collecting."""
    columns = (
        Column("Method", 40),
        Column("Responses", 20, True),
        Column("Overall satisfaction (TP01)", 40, True),
    )
    rows = [(each["label"], count_text(each["responses"]), each["tp01_text"]) for each in survey["methods"]]
    return make_table(
        f"Responses by collection method: {population_word(survey['population'])}", columns, rows
    )


def survey_star(survey: Mapping[str, Any]) -> Table:
    """The further STAR questions, beside the TSMs and not part of them."""
    columns = (Column("Question", 60), Column("Answers", 20, True), Column("Result", 20, True))
    rows = [(each["label"], count_text(each["base"]), each["value_text"]) for each in survey["star"]]
    return make_table(
        f"Further STAR questions, not TSMs: {population_word(survey['population'])}", columns, rows
    )


def unweighted_text(survey: Mapping[str, Any]) -> str:
    """Overall satisfaction before weighting, or '' where nothing is weighted."""
    figure = survey["unweighted_tp01"]
    if not figure:
        return ""
    base = count_text(figure["base"])
    return f"Overall satisfaction before weighting: {figure['value_text']} of {base} answers."


# --- service standards -------------------------------------------------------------------------------


def repair_targets(document: Document) -> Table:
    """The landlord's target times for responsive repairs."""
    rows = [
        (_PRIORITY_WORDS.get(each["priority"], each["priority"]), each["text"])
        for each in document["repairs"]["targets"]
    ]
    return make_table("Target times for repairs", (Column("Repairs", 38), Column("Target", 62)), rows)


def repair_context(document: Document) -> Table:
    """How many responsive repairs stand behind RP02."""
    context = document["repairs"]["context"]
    names = {
        "raised": "Raised in the year",
        "completed": "Completed in the year",
        "closed_without_completion": "Closed without completion (cancelled or reclassified)",
        "outstanding": "Outstanding at year end",
    }
    rows = [(name, count_text(context[key])) for key, name in names.items()]
    return make_table("Responsive repairs in the year", (Column("", 70), Column("", 30, True)), rows, True)


def complaint_timescales(document: Document) -> Table:
    """The Complaint Handling Code's time limits for the year."""
    rows = [(f"Stage {each['stage']}", each["text"]) for each in document["complaints"]["timescales"]]
    return make_table("Time limits for complaints", (Column("Stage", 20), Column("Limit", 80)), rows)


# --- data quality ------------------------------------------------------------------------------------


def labels(document: Document, keys: Sequence[str]) -> str:
    """Measure keys as the labels people know: 'CH01 (1), RP02 (2)'."""
    measures = measures_by_key(document)
    return ", ".join(measures[key]["label"] if key in measures else str(key) for key in keys)


def findings(document: Document) -> list[Table]:
    """The findings by grade, the gravest first."""
    columns = (
        Column("Finding", 12),
        Column("What was found, and what to do", 48),
        Column("Where", 22),
        Column("Figures touched", 18),
    )
    captions = {
        "stop": "Stop: the return is withheld until these are put right",
        "confirm": "Confirm: a named person must say that these are right, or have them put right",
        "note": "Note: for information, nothing to confirm",
    }
    tables = []
    for grade, caption in captions.items():
        rows = [
            (
                Cell(group["finding_id"], note=_GRADE_WORDS[grade], strong=True),
                Cell(group["message"], note=_finding_note(group)),
                Cell(f"{table_word(group['table'])}: {group['first_rows']}", note=group["effect_text"]),
                labels(document, group["touches"]) or "None",
            )
            for group in document["findings"]["groups"]
            if group["grade"] == grade
        ]
        if rows:
            tables.append(make_table(caption, columns, rows))
    return tables


def _finding_note(group: Mapping[str, Any]) -> str:
    note = f"{plural(group['records'], 'record')}. What to do: {group['remedy']}"
    if group["confirmed"]:
        by = group["confirmed"]
        evidence = f"\nEvidence: {by['evidence']}" if by["evidence"] else ""
        note += f"\nConfirmed by {by['by']} on {date_text(by['on'])}: {by['reason']}{evidence}"
    if group["reopened"]:
        by = group["reopened"]
        note += (
            f"\nTo be confirmed again: {by['by']} confirmed on {date_text(by['on'])} what was then "
            f"“{by['was']}”"
        )
    return note


def to_confirm(document: Document) -> list[Mapping[str, Any]]:
    """The groups of findings that still wait for a named person, those with the most records first."""
    waiting = [
        group
        for group in document["findings"]["groups"]
        if group["grade"] == "confirm" and not group["confirmed"]
    ]
    return sorted(waiting, key=lambda group: -group["records"])


def exclusions(document: Document) -> Table:
    """The records outside each measure, by reason. Measures that leave out as many for the same reason share
    a row.
    """
    columns = (
        Column("Why these records are outside", 46),
        Column("Measures", 28),
        Column("Population", 13),
        Column("Records", 13, True),
    )
    shared: dict[tuple[str, str, int], list[str]] = {}
    for each in document["exclusions"]:
        key = (each["sentence"], each["population"], each["records"])
        shared.setdefault(key, []).append(each["measure"])
    rows = [
        (
            sentence,
            labels(document, measures),
            _capital(population_word(population)) or "None",
            count_text(records),
        )
        for (sentence, population, records), measures in shared.items()
    ]
    return make_table("Records outside a measure, by reason", columns, rows)


def rejected(document: Document) -> Table:
    """How many rows of each file could not be used."""
    columns = (Column("Table", 50), Column("Rows received", 25, True), Column("Rows rejected", 25, True))
    rows = [
        (table_word(each["table"]), count_text(each["rows"]), count_text(each["rejected"]))
        for each in document["rejected"]
    ]
    return make_table("Rows received and rejected", columns, rows)


def corrections(document: Document) -> Table:
    """What the landlord corrected in its own records before they were counted, by whom and why."""
    columns = (Column("Correction", 14), Column("Of", 26), Column("What", 30), Column("Why, by whom", 30))
    rows = []
    for each in document["corrections"]:
        done = {
            "drop": "left out",
            "override": f"{each['column']} taken as {each['after']}, not {each['before']}",
            "flag": "marked",
        }[each["action"]]
        rows.append(
            (
                Cell(f"Entry {each['entry']}", strong=True),
                Cell(table_word(each["table"]), note=each["where"]),
                Cell(done, note=f"{plural(each['records'], 'record')}; {each['outcome']}"),
                Cell(each["reason"], note=f"{each['by']}, {date_text(each['on'])}"),
            )
        )
    return make_table("Corrections to the landlord's records", columns, rows)


def confirmations(document: Document) -> Table:
    """Who confirmed what, when and why."""
    columns = (Column("Finding", 12), Column("What was found", 36), Column("By", 18), Column("Reason", 34))
    rows = [
        (
            Cell(each["id"], strong=True),
            _confirmed(each),
            Cell(each["by"], note=date_text(each["on"])),
            Cell(each["reason"], note=_confirmation_note(each)),
        )
        for each in document["confirmations"]
    ]
    return make_table("Findings confirmed by a named person", columns, rows)


def _confirmed(confirmation: Mapping[str, Any]) -> str:
    """What a confirmation answers, as it stood when it was confirmed."""
    answers = confirmation["answers"]
    return "\n".join(f"{each['message']} ({plural(each['records'], 'record')})" for each in answers)


def _confirmation_note(confirmation: Mapping[str, Any]) -> str:
    notes = [f"Evidence: {confirmation['evidence']}"] if confirmation["evidence"] else []
    if not confirmation["stands"]:
        notes.append(
            "No longer an answer: what was found has moved since, and is to be confirmed again."
            if confirmation["answers"]
            else "It answers no finding."
        )
    return "\n".join(notes)


# --- sign-off --------------------------------------------------------------------------------------


def approvals(document: Document) -> list[Table]:
    """Each approval of the return, those that a later change has made void included."""
    tables = []
    for each in (document["approval"] or {"given": []})["given"]:
        rows: list[tuple[str, Cell | str]] = [
            ("Name", Cell(each["by"], strong=True)),
            ("Position", each["role"]),
            ("Date", date_text(each["on"])),
            ("Statement", each["statement"]),
        ]
        if each["incomplete_because"]:
            why = Cell(each["incomplete_because"], note="; ".join(each["lacking"]))
            rows.append(("Approved incomplete because", why))
        if each["changed"]:
            rows.append(("Changed since", "; ".join(each["changed"])))
        rows += [
            ("Return approved (SHA-256)", _in_groups(each["return_sha256"])),
            ("In the log of acts", f"Act {each['act']}, {each['at']}"),
        ]
        caption = "Approval" if each["stands"] else "An approval that is void: the return has changed since"
        tables.append(make_table(caption, _FACTS, rows, headless=True))
    return tables


def _in_groups(digest: str) -> str:
    return " ".join(digest[start : start + 16] for start in range(0, len(digest), 16))


def revision(document: Document) -> Table:
    """Every difference between a revision and what was filed; no rows where there is none."""
    columns = (Column("Part", 17), Column("What", 31), Column("As filed", 26), Column("Now", 26))
    rows = [
        (each["part"], each["what"], each["before"], each["after"])
        for each in (document["revision"] or {"differences": []})["differences"]
    ]
    return make_table("What differs from the return as it was filed", columns, rows)


# --- method, checks, publication, provenance -----------------------------------------------------------


def edition(document: Document) -> Table:
    """The edition of the rules that the figures follow."""
    rules = document["edition"]
    words = {"final": "Final", "provisional": "Provisional"}
    rows = [
        ("Edition of the rules", rules["year"]),
        ("Status", Cell(words.get(rules["status"], rules["status"]), note=str(rules["status_note"] or ""))),
        ("Methodology version", str(rules["methodology_version"])),
        ("Fingerprint of the rules", _grouped(rules["fingerprint"])),
        ("Software", f"{document['software']['name']} {document['software']['version']}"),
    ]
    return make_table("Rules and software", _FACTS, rows, headless=True)


def departures(document: Document) -> Table:
    """The settings that differ from the documented default."""
    columns = (Column("Setting", 26), Column("This return", 18), Column("Default", 18), Column("Meaning", 38))
    rows = [
        (
            Cell(_setting(each["key"]), strong=True),
            _setting(each["value"]),
            _setting(each["default"]),
            Cell(each["description"], note=f"Source: {each['source']}" if each["source"] else ""),
        )
        for each in document["settings"]["departures"]
    ]
    return make_table("Settings that depart from the default", columns, rows)


def settings(document: Document) -> Table:
    """Every setting with its value, default and meaning."""
    departed = {each["key"] for each in document["settings"]["departures"]}
    columns = (Column("Setting", 26), Column("This return", 20), Column("Meaning", 54))
    rows = []
    for each in document["settings"]["all"]:
        departs = each["key"] in departed
        declared = each["kind"] == "declared"
        usual = "Assumed: the landlord states nothing else" if declared else "Default"
        note = f"Departs from the default, {_setting(each['default'])}" if departs else usual
        kind = "How the records were prepared; the software cannot see it. " if declared else ""
        source = f"{kind}Source: {each['source']}" if each["source"] else kind
        rows.append(
            (
                Cell(_setting(each["key"]), strong=True),
                Cell(_setting(each["value"]), note=note),
                Cell(each["description"], note=source),
            )
        )
    return make_table("All settings", columns, rows)


def _setting(value: object) -> str:
    if isinstance(value, bool):
        return "yes" if value else "no"
    return str(value).replace("_", " ")


def checks(document: Document) -> Table:
    """The regulator's validations, failures first."""
    order = {"failed": 0, "warning": 1, "passed": 2}
    columns = (
        Column("Check", 12),
        Column("What is checked", 40),
        Column("Outcome", 14),
        Column("Result", 34),
    )
    rows = [
        (
            Cell(str(each["id"]), strong=True),
            each["title"],
            Cell(_OUTCOME_WORDS.get(each["outcome"], each["outcome"]), strong=each["outcome"] != "passed"),
            str(each["message"] or ""),
        )
        for each in sorted(document["checks"], key=lambda each: order.get(each["outcome"], 3))
    ]
    return make_table("The regulator's validations", columns, rows)


def publication_items(document: Document) -> Table:
    """What must be published with the figures, and whether it is there."""
    rows = [
        (each["text"], Cell("In this return" if each["present"] else "Missing", strong=not each["present"]))
        for each in document["publication"]["items"]
    ]
    return make_table("What must be published", (Column("Item", 76), Column("Present?", 24)), rows)


def inputs(document: Document) -> Table:
    """The files received, with their fingerprints."""
    columns = (
        Column("File", 30),
        Column("Rows", 12, True),
        Column("Accepted", 13, True),
        Column("Rejected", 13, True),
        Column("SHA-256", 32),
    )
    rows = []
    for each in document["provenance"]["inputs"]:
        sheet = f", sheet {each['sheet']}" if each["sheet"] else ""
        size = f"{count_text(each['bytes'])} bytes" if each["bytes"] is not None else ""
        where = f"{each['file'] or 'no file'}{sheet}\n{size}".strip()
        rows.append(
            (
                Cell(table_word(each["table"]), note=where),
                count_text(each["rows"]),
                count_text(each["accepted"]),
                count_text(each["rejected"]),
                Cell("", note=_grouped(each["sha256"])),
            )
        )
    return make_table("Files received", columns, rows)


def assets(document: Document) -> Table:
    """What was made from what."""
    columns = (Column("Made", 32), Column("From", 48), Column("Version", 20))
    rows = [
        (each["key"], ", ".join(each["made_from"]) or "the landlord's file", Cell("", note=_short(each)))
        for each in document["provenance"]["assets"]
    ]
    return make_table("What was made from what", columns, rows)


def _short(asset: Mapping[str, Any]) -> str:
    return str(asset["data_version"] or "none")[:12]


def _grouped(digest: str | None) -> str:
    """A fingerprint in groups of eight, so that it wraps and can be read aloud."""
    text = str(digest or "")
    return " ".join(text[at : at + 8] for at in range(0, len(text), 8))


def inset_notice(document: Document) -> str:
    """What every reader of a provisional edition must be told, or ''."""
    rules = document["edition"]
    if rules["status"] != "provisional":
        return ""
    return f"Provisional rules. {str(rules['status_note']).removeprefix('Provisional. ')}"
