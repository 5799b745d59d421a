"""What stands in the report: the return document's parts as tables, in the words that a reader sees.

Every function takes the return document and gives tables or plain values. None computes a figure: values,
counts and percentages are read from the document.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from markupsafe import Markup

from pipelines.publications.charts import state_sign
from pipelines.publications.tables import Cell, Column, Table, make_table
from pipelines.publications.text import count_text, date_text, plural

Document = Mapping[str, Any]

_PRIORITY_WORDS = {"emergency": "Emergency", "non_emergency": "Non-emergency"}
_GRADE_WORDS = {"stop": "Stop", "confirm": "Confirm", "note": "Note"}
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
    "settings": "Settings",
    "previous_figures": "Last year's figures",
}


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


def brief(document: Document) -> list[tuple[Markup, Mapping[str, str]]]:
    """The questions that a board member asks first: a sign for how each stands, and its answer."""
    status, approval = document["status"], document["approval"]
    signed = {
        "key": "signed",
        "question": "Is it signed off?",
        "state": "open" if status["draft"] else "good",
        "answer": "No: this is a draft" if status["draft"] else "Yes",
        "text": str(approval["text"]) if approval else "",
    }
    return [
        (state_sign(each["state"], _STATE_WORDS[each["state"]]), each)
        for each in (*document["summary"]["questions"], signed)
    ]


_STATE_WORDS = {"good": "Good", "bad": "Not good", "open": "To do"}


@dataclass(frozen=True)
class Headline:
    """Overall satisfaction of one population, with what it takes to judge it: each a sentence or ''."""

    population: str
    value_text: str
    reported: bool
    lines: tuple[str, ...]


@dataclass(frozen=True)
class Logo:
    """The landlord's logo: as a data: address, and its alternative text."""

    source: str
    alt: str


def logo(document: Document) -> Logo | None:
    """The landlord's logo, None where it gives none."""
    found = (document["landlord"]["branding"] or {"logo": None})["logo"]
    if found is None:
        return None
    return Logo(f"data:{found['media_type']};base64,{found['data']}", str(found["alt"]))


def headlines(document: Document) -> list[Headline]:
    """Overall satisfaction (TP01) of each population: its margin, last year and the nation beside it."""
    return [
        Headline(
            title, str(figure["value_text"]), figure["status"] == "reported", tuple(_facts(document, figure))
        )
        for title, figure in headline_figures(document)
    ]


def _facts(document: Document, figure: Mapping[str, Any]) -> Iterator[str]:
    key = (figure["measure"], figure["population"])
    if figure["status"] != "reported":
        yield f"Overall satisfaction (TP01). {figure['reason'] or ''}".strip()
        return
    yield (
        f"are satisfied overall (TP01): {count_text(figure['numerator'])} of "
        f"{count_text(figure['denominator'])} answers."
    )
    estimate = next(
        (
            each
            for survey in document["survey"]
            if survey["population"] == figure["population"] and survey["statistics"]
            for each in survey["statistics"]["estimates"]
            if each["measure"] == "TP01"
        ),
        None,
    )
    if estimate:
        yield f"Margin {estimate['margin_text']} points: {estimate['interval_text']}."
    compared = document["comparison"]
    for change in compared["changes"]:
        if (change["measure"], change["population"]) == key:
            chance = {True: ", beyond chance", False: ", perhaps chance", None: ""}[change["significant"]]
            points = change["change_text"].replace("percentage ", "")
            yield f"Last year {change['last_year_text']}: {points}{chance}."
    for each in compared["benchmarks"]["figures"]:
        if (each["measure"], each["population"]) == key:
            nation = each["groups"][0]
            where = nation["quarter_text"] or nation["position_text"]
            yield f"Nation: median {nation['median_text']}, {where} of {nation['landlords']:,}."


_FACTS = (Column("Question", 38), Column("Answer", 62))


@dataclass(frozen=True)
class Overview:
    """Every reported value: by theme its title and rows, each a label, a title and a value a population."""

    populations: tuple[str, ...]
    themes: tuple[tuple[str, tuple[tuple[str, str, tuple[str, ...]], ...]], ...]


def overview(document: Document) -> Overview:
    """Every reported value, a column for each population that is shown."""
    shown = populations_shown(document)
    measures = measures_by_key(document)
    values = {(f["measure"], f["population"]): str(f["value_text"]) for f in document["figures"]}
    return Overview(
        tuple(_capital(population_word(key)) for key in shown),
        tuple(
            (
                str(theme["title"]),
                tuple(
                    (
                        str(measures[key]["label"]),
                        str(measures[key]["short_title"]),
                        tuple(values.get((key, population), "[z]") for population in shown),
                    )
                    for key in theme["measures"]
                ),
            )
            for theme in document["themes"]
        ),
    )


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


def titles(document: Document) -> Table:
    """The measures by their full titles."""
    columns = (Column("Measure", 14), Column("Title in full", 86))
    rows = [(Cell(each["label"], strong=True), each["title"]) for each in document["measures"]]
    return make_table("The measures in full", columns, rows, dense=True)


def definitions(document: Document) -> Table:
    """What numerator and denominator are; measures that count the same share a row."""
    columns = (Column("Measures", 16), Column("Numerator", 42), Column("Denominator", 42))
    shared: dict[tuple[str, str], list[str]] = {}
    for each in document["measures"]:
        shared.setdefault((each["numerator_text"], each["denominator_text"]), []).append(each["label"])
    rows = [(Cell(", ".join(names), strong=True), *counts) for counts, names in shared.items()]
    return make_table("What each measure counts", columns, rows, dense=True)


# --- the survey --------------------------------------------------------------------------------------


def survey_methods(survey: Mapping[str, Any]) -> Table:
    """Responses and overall satisfaction by way of collecting."""
    columns = (
        Column("Method", 40),
        Column("Responses", 20, True),
        Column("Overall satisfaction (TP01)", 40, True),
    )
    rows = [(each["label"], count_text(each["responses"]), each["tp01_text"]) for each in survey["methods"]]
    caption = f"Responses by collection method: {population_word(survey['population'])}"
    return make_table(caption, columns, rows, dense=True)


def survey_star(survey: Mapping[str, Any]) -> Table:
    """The further STAR questions, beside the TSMs and not part of them."""
    columns = (Column("Question", 60), Column("Answers", 20, True), Column("Result", 20, True))
    rows = [(each["label"], count_text(each["base"]), each["value_text"]) for each in survey["star"]]
    caption = f"Further STAR questions, not TSMs: {population_word(survey['population'])}"
    return make_table(caption, columns, rows, dense=True)


@dataclass(frozen=True)
class Asked:
    """A prescribed question as it was put, and of whom."""

    key: str
    filter_question: str
    question: str
    answers: str
    of_whom: str


def questions(document: Document) -> list[Asked]:
    """The prescribed questions; one that both tenures were asked in the same words stands once."""
    found: dict[tuple[str, str, str, str], list[str]] = {}
    for survey in document["survey"]:
        for each in survey["questions"]:
            put = (
                str(each["key"]),
                str(each["filter_question"] or ""),
                str(each["question"]),
                " · ".join(each["answers"]),
            )
            found.setdefault(put, []).append(population_word(survey["population"]))
    return [Asked(*put, of_whom=" and ".join(of)) for put, of in sorted(found.items())]


def paragraphs(text: str) -> list[str]:
    """The paragraphs of a text, the lines of each as they stand."""
    return [each.strip("\n") for each in re.split(r"\n\s*\n", text) if each.strip()]


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


_MOST_FINDINGS = 40  # groups of one grade that are printed in full: findings.csv has all of them


def findings(document: Document) -> list[Table]:
    """The findings that stop or wait for a person, the gravest first; in short those for information."""
    columns = (
        Column("Finding", 10),
        Column("What was found, and what to do", 54),
        Column("Where", 20),
        Column("Figures touched", 16),
    )
    captions = {
        "stop": "Stop: the return is withheld until these are put right",
        "confirm": "Confirm: a named person must say that these are right, or have them put right",
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
            for group in _of_grade(document, grade)[:_MOST_FINDINGS]
        ]
        if rows:
            tables.append(make_table(caption, columns, rows, dense=True))
    notes = [
        (
            Cell(group["finding_id"], strong=True),
            group["title"],
            table_word(group["table"]),
            count_text(group["records"]),
            labels(document, group["touches"]) or "None",
        )
        for group in _of_grade(document, "note")[:_MOST_FINDINGS]
    ]
    if notes:
        short = (
            Column("Finding", 10),
            Column("What was found", 36),
            Column("Table", 18),
            Column("Records", 9, True),
            Column("Figures touched", 27),
        )
        caption = "Note: for information, nothing to confirm"
        tables.append(make_table(caption, short, notes, dense=True))
    return tables


def _of_grade(document: Document, grade: str) -> list[Mapping[str, Any]]:
    return [group for group in document["findings"]["groups"] if group["grade"] == grade]


def findings_text(document: Document) -> str:
    """How many findings of each grade there are, as page 1 counts them, and on how many records."""
    records = document["findings"]["counts"]

    def said(grade: str, word: str) -> str:
        return f"{plural(len(_of_grade(document, grade)), word)} ({plural(records[grade], 'record')})"

    stops = f"{said('stop', 'finding')} to be put right first, " if records["stop"] else ""
    return (
        f"{stops}{said('confirm', 'finding')} to be confirmed by a named person, "
        f"{said('note', 'note')} for information."
    )


def findings_left_out(document: Document) -> str:
    """Which findings are not printed here, '' where all are."""
    left = [
        f"{len(groups) - _MOST_FINDINGS:,} of grade {grade}"
        for grade in _GRADE_WORDS
        if len(groups := _of_grade(document, grade)) > _MOST_FINDINGS
    ]
    if not left:
        return ""
    return (
        f"The first {_MOST_FINDINGS} of a grade are shown. Not shown, but in findings.csv: {', '.join(left)}."
    )


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


def exclusions(document: Document) -> tuple[Table, Table]:
    """Why records are outside a measure, each reason by a letter; and for each measure how many by letter."""
    letters: dict[str, str] = {}
    outside: dict[str, dict[str, list[str]]] = {}
    for each in document["exclusions"]:
        letter = letters.setdefault(each["sentence"], _letter(len(letters)))
        cell = outside.setdefault(each["measure"], {}).setdefault(each["population"], [])
        cell.append(f"{letter} {count_text(each['records'])}")
    reasons = make_table(
        "Why records are outside",
        (Column("Reason", 8), Column("In words", 92)),
        [(Cell(letter, strong=True), sentence) for sentence, letter in letters.items()],
        dense=True,
    )
    order = [*(each["key"] for each in document["populations"]), ""]
    shown = [key for key in order if any(key in found for found in outside.values())]
    share = 88 / max(len(shown), 1)
    counts = make_table(
        "Records outside each measure, by reason",
        (
            Column("Measure", 12),
            *(Column(_capital(population_word(key)) or "Neither", share) for key in shown),
        ),
        [
            (
                Cell(labels(document, [measure]), strong=True),
                *(" · ".join(found.get(key, [])) for key in shown),
            )
            for measure, found in outside.items()
        ],
        dense=True,
    )
    return reasons, counts


def _letter(number: int) -> str:
    """A, B, ... Z, A2, B2, ...: what a reason is called in the table of counts."""
    turn, place = divmod(number, 26)
    return f"{chr(ord('A') + place)}{turn + 1 if turn else ''}"


def rejected(document: Document) -> Table:
    """How many rows of each file could not be used."""
    columns = (Column("Table", 50), Column("Rows received", 25, True), Column("Rows rejected", 25, True))
    rows = [
        (table_word(each["table"]), count_text(each["rows"]), count_text(each["rejected"]))
        for each in document["rejected"]
    ]
    return make_table("Rows received and rejected", columns, rows)


_MOST_CORRECTIONS = 40  # printed: return.json has all of them


def corrections_left_out(document: Document) -> str:
    """How many corrections are not printed here, '' where all are."""
    left = len(document["corrections"]) - _MOST_CORRECTIONS
    return f"The other {left:,} stand in return.json." if left > 0 else ""


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
    caption = "Corrections to the landlord's records"
    return make_table(caption, columns, rows[:_MOST_CORRECTIONS], dense=True)


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
        ("Fingerprint of the rules", grouped(rules["fingerprint"])),
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
    return make_table("Settings that depart from the default", columns, rows, dense=True)


def assumptions(document: Document) -> Table:
    """How the landlord's records are taken to have been prepared, which no software can see in them."""
    columns = (Column("Setting", 28), Column("This return", 22), Column("What it is about", 50))
    rows = [
        (_setting(each["key"]), _setting(each["value"]), each["description"])
        for each in document["settings"]["all"]
        if each["kind"] == "declared"
    ]
    return make_table("How the records are taken to have been prepared", columns, rows, dense=True)


def defaults_text(document: Document) -> str:
    """How many settings stand at their default, and where they are listed."""
    departed = {each["key"] for each in document["settings"]["departures"]}
    kept = [each for each in document["settings"]["all"] if each["key"] not in departed]
    if not kept:
        return ""
    return (
        f"The other {plural(len(kept), 'setting')} stand at the documented default. return.json lists each, "
        "with its meaning and its source, under settings."
    )


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
    return make_table("The regulator's validations", columns, rows, dense=True)


def publication_items(document: Document) -> Table:
    """What must be published with the figures, and whether it is there."""
    rows = [
        (each["text"], Cell("In this return" if each["present"] else "Missing", strong=not each["present"]))
        for each in document["publication"]["items"]
    ]
    columns = (Column("Item", 80), Column("Present?", 20))
    return make_table("What must be published", columns, rows, dense=True)


def inputs(document: Document) -> Table:
    """The files received, with their fingerprints."""
    columns = (
        Column("File", 28),
        Column("Rows", 8, True),
        Column("Accepted", 9, True),
        Column("Rejected", 9, True),
        Column("SHA-256", 46),
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
                Cell("", note=grouped(each["sha256"])),
            )
        )
    return make_table("Files received", columns, rows, dense=True)


def assets(document: Document) -> Table:
    """What was made from what."""
    columns = (Column("Made", 30), Column("From", 50), Column("Version", 20))
    rows = [
        (
            each["key"],
            ", ".join(source.removeprefix("records/") for source in each["made_from"])
            or "the landlord's file",
            _short(each),
        )
        for each in document["provenance"]["assets"]
    ]
    return make_table("What was made from what", columns, rows, dense=True)


def _short(asset: Mapping[str, Any]) -> str:
    return str(asset["data_version"] or "none")[:12]


def grouped(digest: str | None) -> str:
    """A fingerprint in groups of eight, so that it wraps and can be read aloud."""
    text = str(digest or "")
    return " ".join(text[at : at + 8] for at in range(0, len(text), 8))


def inset_notice(document: Document) -> str:
    """What every reader of a provisional edition must be told, or ''."""
    rules = document["edition"]
    if rules["status"] != "provisional":
        return ""
    return f"Provisional rules. {str(rules['status_note']).removeprefix('Provisional. ')}"
