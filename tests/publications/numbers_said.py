"""What each output says of each figure, read by its structure: a number in the wrong row is a wrong number.

The reference is figures.csv. A reader gives one `Said` for each number that an output shows of a figure; it
never looks at the document that the output was made from.
"""

from __future__ import annotations

import csv
import io
import json
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from decimal import ROUND_HALF_UP, Decimal
from typing import Any

from pipelines.statutory.nrosh import load_form
from tests.publications.html_reading import Element, read_html
from tests.publications.pdf_structure import Tagged, read_pdf
from tests.publications.xlsx_reading import open_xlsx, table_of

# A figure as a reader names it: the label of its measure and its population.
Key = tuple[str, str]
# figures.csv by figure; the rows have a further member, `unit_text`.
Reference = dict[Key, dict[str, str]]

LABEL = r"(?:TP\d\d|RP01|RP02 \([12]\)|BS0\d|CH0[12] \([12]\)|NM01 \([12]\))"
ANSWERS = ("very_satisfied", "fairly_satisfied", "neither", "fairly_dissatisfied", "very_dissatisfied")
WORDS = {
    "no_cases": "No cases",
    "not_applicable": "Not applicable",
    "not_required": "Not required",
    "withheld": "Withheld",
}
SYMBOLS = {"no_cases": "[z]", "not_applicable": "[z]", "not_required": "[z]", "withheld": "[x]"}
_NUMBER = re.compile(r"([+-]?\d[\d,]*(?:\.\d+)?)(%| per 1,000 homes)?")
_HOMES = {"LCRA": "LCRA", "LCHO": "LCHO", "combined": "COMBINED", "together": "ALL", "Combined": "COMBINED",
          "Together": "ALL"}  # fmt: skip
_PEOPLE = {"Tenants who rent": "LCRA", "Shared owners": "LCHO", "Tenants and shared owners": "COMBINED",
           "All our homes": "ALL"}  # fmt: skip
_COLUMNS = {"Renting": "LCRA", "Shared owners": "LCHO", "Everyone": "COMBINED", "All homes": "ALL"}
_TITLES = {
    "Low cost rental accommodation (LCRA)": "LCRA",
    "Low cost home ownership (LCHO)": "LCHO",
}


@dataclass(frozen=True)
class Said:
    """One number, or what stands for it, as an output shows it.

    `what`: a column of figures.csv, "share:" and one of the answers, or "interval".
    """

    where: str
    label: str
    population: str
    what: str
    text: str


# -------------------------------------------------------------------------------------------- the reference


def label_of(key: str) -> str:
    """A measure's key as people write it: CH01_1 is CH01 (1)."""
    return re.sub(r"_(\d)$", r" (\1)", key)


def reference(figures: bytes) -> Reference:
    """figures.csv by label and population."""
    rows = list(csv.DictReader(io.StringIO(figures.decode("utf-8"), newline="")))
    assert rows
    units = {"percent": "%", "per_1000_homes": " per 1,000 homes"}
    return {
        (label_of(row["measure"]), row["population"]): row | {"unit_text": units[row["unit"]]} for row in rows
    }


def beside_last_year(known: Reference, document: Mapping[str, Any]) -> Reference:
    """The same with last year's values and the changes of a return document, '' where there are none."""
    changes = {
        (label_of(each["measure"]), each["population"]): each for each in document["comparison"]["changes"]
    }
    return {
        key: row
        | {name: str(changes[key][name]) if key in changes else "" for name in ("last_year", "change")}
        for key, row in known.items()
    }


def wrong(said: list[Said], known: Reference) -> list[str]:
    """Each thing said that figures.csv does not say, as a sentence."""
    found = []
    for each in said:
        row = known.get((each.label, each.population))
        if row is None:
            found.append(f"{each}: figures.csv has no such figure")
        elif not _agrees(each.what, each.text, row):
            exact = row.get(each.what.removeprefix("share:"), "")
            found.append(f"{each}: figures.csv has {exact or row['status']!r}")
    return found


def missing(said: list[Said], known: Reference, whats: tuple[str, ...]) -> list[str]:
    """The figures of which an output does not say what it should. Those not required need not be shown."""
    told = {(each.label, each.population, each.what) for each in said}
    return [
        f"{label} {population}: no {what}"
        for (label, population), row in known.items()
        for what in whats
        if row["status"] != "not_required" and (label, population, what) not in told
        if what == "value" or row["status"] == "reported"
    ]


def _agrees(what: str, text: str, row: Mapping[str, str]) -> bool:
    if what == "interval":
        ends = re.findall(r"-?\d[\d,.]*", text)
        return len(ends) == 2 and _same(ends[0], row["ci_low"]) and _same(ends[1], row["ci_high"])
    if what.startswith("share:"):
        count, base = row[what.removeprefix("share:")], row["denominator"]
        return bool(count) and _same(text.removesuffix("%"), str(Decimal(count) * 100 / Decimal(base)))
    exact = row[what]
    if not exact:
        nothing = {"", SYMBOLS.get(row["status"], "[z]"), "[x]" if what in ("last_year", "change") else ""}
        return text in nothing or (what == "value" and text == WORDS[row["status"]])
    found = _NUMBER.fullmatch(text)
    if found is None:
        return False
    number, unit = found.groups()
    units = {None, row["unit_text"]} if what in ("value", "last_year") else {None}
    return _same(number, exact) and unit in units


def _same(text: str, exact: str) -> bool:
    """Whether a number as it is printed is the exact one, rounded half up to as many decimals."""
    printed = Decimal(text.replace(",", ""))
    return bool(exact) and printed == Decimal(exact).quantize(
        Decimal(1).scaleb(printed.as_tuple().exponent),
        rounding=ROUND_HALF_UP,  # type: ignore[arg-type]
    )


# ---------------------------------------------------------------------------------------------- the readers


def in_json(content: bytes) -> list[Said]:
    """return.json: every figure, and its answers."""
    said = []
    for figure in json.loads(content)["figures"]:
        key = (label_of(figure["measure"]), figure["population"])
        numbers = {name: figure[name] for name in ("numerator", "denominator", "value", "not_applicable",
                   "filter_yes", "filter_no", "met_without_extension", "met_with_extension", "se", "deff",
                   "n_effective", "ci_low", "ci_high", "unweighted_value")}  # fmt: skip
        for answer, name in zip(figure["answers"] or (), ANSWERS, strict=False):
            numbers[name] = answer["count"]
            said.append(Said("answers", *key, f"share:{name}", answer["percent_text"]))
        said += [
            Said("figures", *key, name, "" if number is None else str(Decimal(str(number))))
            for name, number in numbers.items()
        ]
        said.append(Said("value_text", *key, "value", figure["value_text"]))
    return said


def in_form(rows: list[Mapping[str, Any]], form: str, column: str) -> list[Said]:
    """The entry sheet, as CSV or worksheet: each field that the form takes from a figure and has a number."""
    fields = load_form(form)
    assert len(rows) == len(fields)
    said = []
    for row, field in zip(rows, fields, strict=True):
        kind, *parts = field.source.split(":")
        if kind != "figure":
            continue
        measure, population, what = parts
        what = dict(zip(("VS", "FS", "NSD", "FD", "VD"), ANSWERS, strict=True)).get(
            what.removeprefix("answers."), what
        )
        text = "" if row[column] is None else str(row[column])
        if text and not re.fullmatch(r"\[[XZUS]\]", text):
            said.append(Said(field.datapoint, label_of(measure), population, what, text))
    return said


def in_nrosh_csv(content: bytes, form: str) -> list[Said]:
    rows = list(csv.DictReader(io.StringIO(content.decode("utf-8-sig"), newline="")))
    return in_form(rows, form, "value")


def in_xlsx(content: bytes, form: str) -> list[Said]:
    """return.xlsx: every worksheet that shows numbers of figures."""
    book = open_xlsx(content)
    said = in_form(table_of(book, "NROSH+ entry"), form, "Value")
    columns = {
        "Figures": {"Value": "value", "Numerator": "numerator", "Denominator": "denominator"},
        "Answers": dict(zip(
            ("Very satisfied, or strongly agree", "Fairly satisfied, or agree", "Neither",
             "Fairly dissatisfied, or disagree", "Very dissatisfied, or strongly disagree",
             "All answers on the scale", "Not applicable or don't know", "Filter question: yes",
             "Filter question: no"),
            (*ANSWERS, "denominator", "not_applicable", "filter_yes", "filter_no"), strict=True)),
        "Complaints": {"In time without an extension": "met_without_extension",
                       "In time within an extension": "met_with_extension",
                       "All complaints of that stage": "denominator"},
        "Precision": {"Value, %": "value", "Lower end of the 95% interval": "ci_low",
                      "Upper end of the 95% interval": "ci_high", "Standard error": "se",
                      "Design effect": "deff", "Answers as many as equally weighted ones": "n_effective",
                      "Before weighting": "unweighted_value"},
        "Last year": {"This year": "value", "Last year": "last_year", "Change": "change"},
        "Nation and peers": {"This return": "value"},
    }  # fmt: skip
    for sheet, meant in columns.items():
        for row in table_of(book, sheet):
            key = (row["Measure"], _HOMES[row["Population"]])
            said += [Said(sheet, *key, what, _number_text(row[name])) for name, what in meant.items()]
    return said


def _number_text(value: Any) -> str:
    return str(value) if isinstance(value, str) else str(Decimal(str(value)))


def in_tenants_html(content: bytes) -> list[Said]:
    """tenants.html: the tiles, the table of all results, each measure, the table of answers, the lists."""
    page = read_html(content)
    said = [*_tiles(page), *_results(page), *_measures(page), *_answer_tables(page)]
    for item in page.all("li"):
        found = item.first("span", "code")
        value = item.first("span", "figure")
        if found is not None and value is not None:
            population = _PEOPLE[_of_list(page, item)]
            said.append(Said("rated", found.text, population, "value", value.text))
        elif found is not None:
            moved = re.fullmatch(r".*, ([^,:]+): ([^;]+); .*", item.text)
            assert moved is not None, item.text
            people = {name.lower(): key for name, key in _PEOPLE.items()}
            said.append(Said("moved", found.text, people[moved[1]], "value", moved[2]))
    return said


def _of_list(page: Element, item: Element) -> str:
    """Who rated: the tile's heading says it where there are several surveys, else the only tile above."""
    for tile in page.all("div", "tile"):
        heading = tile.first("h3")
        if heading is not None and item in list(tile.all("li")):
            who = re.sub(r" rated (highest|lowest)$", "", heading.text)
            if who in _PEOPLE:
                return who
    alone = [who.text for tile in page.all("div", "tile") for who in tile.all("p", "who")]
    assert len(alone) == 1
    return alone[0]


def _tiles(page: Element) -> Iterator[Said]:
    for tile in page.all("div", "tile"):
        who, big, code = tile.first("p", "who"), tile.first("p", "big"), tile.first("span", "code")
        if who is not None and big is not None:
            yield Said("in short", code.text if code else "TP01", _PEOPLE[who.text], "value", big.text)


def _results(page: Element) -> Iterator[Said]:
    table = page.first("table", "results")
    assert table is not None
    _, *titles = [cell.text for cell in next(table.all("thead")).all("th")]
    for row in table.all("tr"):
        head = row.first("th")
        cells = list(row.all("td"))
        if head is None or not cells:
            continue
        code = head.first("span", "code")
        assert code is not None
        if len(cells) == 1 and (len(titles) > 1 or cells[0].first("span", "soft")):
            yield Said("all results", code.text, "ALL", "value", cells[0].text.removeprefix("all homes "))
            continue
        for title, cell in zip(titles, cells, strict=True):
            # Where there is one column, it has the figures of all homes too.
            everywhere = len(titles) == 1 and code.text[:2] in ("BS", "NM")
            population = "ALL" if everywhere else _COLUMNS[title]
            if cell.text not in ("Not asked", "–"):
                yield Said("all results", code.text, population, "value", cell.text)


def _measures(page: Element) -> Iterator[Said]:
    for measure in page.all("div", "measure"):
        code = measure.first("span", "code")
        assert code is not None
        for result in measure.all("div", "result"):
            who, value = result.first("p", "who"), result.first("p", "value")
            key = (code.text, _PEOPLE[who.text] if who else "LCRA")
            assert value is not None
            yield Said("theme", *key, "value", value.text)
            if "words" in value.classes:
                continue
            sentence = next(each for each in result.all("p") if not each.classes)
            counts = re.findall(r"\d[\d,]*(?:\.\d+)?", sentence.text)
            yield Said("theme", *key, "numerator", counts[0])
            yield Said("theme", *key, "denominator", counts[1])
            change = result.first("p", "change")
            found = change and re.search(r": (\S+).* last year(?: \((\S+) .*\))?\.$", change.text)
            yield Said("theme", *key, "last_year", found[1] if found else "")
            yield Said("theme", *key, "change", (found[2] or "0.0").replace("−", "-") if found else "")


def _answer_tables(page: Element) -> Iterator[Said]:
    for heading in page.all("h4"):
        where = heading.attributes.get("id") or ""
        if not where.startswith("answers-"):
            continue
        region = next(each for each in page.all("div") if each.attributes.get("aria-labelledby") == where)
        for row in region.all("tr"):
            code, cells = row.first("span", "code"), [cell.text for cell in row.all("td")]
            if code is None:
                continue
            key = (code.text, where.removeprefix("answers-"))
            for name, text in zip(ANSWERS, cells, strict=False):
                yield Said("answers", *key, f"share:{name}", text)
            yield Said("answers", *key, "denominator", cells[5])


def in_embed_html(content: bytes, titles: Mapping[str, str], first: str) -> list[Said]:
    """tenants-embed.html: the tiles, and the lists by short titles, of the population `first`."""
    page = read_html(content)
    said = []
    for tile in page.all("div", "tsm-tile"):
        who, big = tile.first("p", "tsm-who"), tile.first("p", "tsm-big")
        assert who is not None
        assert big is not None
        said.append(Said("tile", "TP01", _PEOPLE[who.text], "value", big.text))
    for item in page.all("li"):
        title, value = item.first("span"), item.first("strong")
        assert title is not None
        assert value is not None
        label = titles[title.text]
        population = {"BS": "ALL", "NM": "ALL", "RP": "LCRA"}.get(label[:2], first)
        said.append(Said("list", label, population, "value", value.text))
    return said


# -------------------------------------------------------------------------------------------------- the PDF


def in_pdf(content: bytes, known: Reference) -> list[Said]:
    """return.pdf: its tables by their headings, page 1, the answers, and every sentence of a figure."""
    tables, blocks = read_pdf(content)
    said = [each for table in tables for each in in_table(table)]
    return [*said, *_first_page(blocks), *_bars(blocks), *_sentences(blocks, known)]


def in_table(table: Tagged) -> Iterator[Said]:
    heads = table.rows[0]
    if {"Homes", "Value", "Numerator", "Denominator"} <= set(heads):
        for row in table.records():
            key = (_label(row["Measure"]), _HOMES[row["Homes"]])
            for name in ("Value", "Numerator", "Denominator"):
                yield Said(table.caption, *key, name.lower(), row[name])
            if "Last year" in row:
                yield Said(table.caption, *key, "last_year", row["Last year"])
                change = row["Change"].removeprefix("no change").split(" ")[0] or "0.0"
                yield Said(table.caption, *key, "change", change)
    elif re.match(r"All \d+ values", table.caption):
        for row in table.records():
            for name in heads[2:]:
                if row[name] != "[z]":
                    yield Said(table.caption, row["Measure"], _HOMES[name], "value", row[name])
    elif table.caption.startswith("The answers in figures"):
        yield from _answers(table)
    elif table.caption.startswith(("Results and their accuracy: ", "Change on last year: ")):
        population = _HOMES[re.sub(r" \(part.*", "", table.caption.split(": ")[1])]
        for row in table.records():
            key = (row["Measure"], population)
            yield Said(table.caption, *key, "value", row.get("Value") or row["This year"])
            if "Value" in row:
                yield Said(table.caption, *key, "interval", row["95% interval"])


def _answers(table: Tagged) -> Iterator[Said]:
    for row in table.rows[1:]:
        label, homes, *shares, outside, base = row
        key = (label, _HOMES[homes])
        for name, text in zip(ANSWERS, shares, strict=True):
            share, count = text.removesuffix(")").split(" (")
            yield Said(table.caption, *key, f"share:{name}", share)
            yield Said(table.caption, *key, name, count)
        yield Said(table.caption, *key, "denominator", base)
        if outside != "[z]":
            yield Said(table.caption, *key, "not_applicable", outside)


def _label(text: str) -> str:
    found = re.match(LABEL, text)
    assert found is not None, text
    return found[0]


def _first_page(blocks: list[str]) -> Iterator[Said]:
    """The tiles of page 1: the value, whose it is, and of how many answers."""
    for at, block in enumerate(blocks):
        found = re.fullmatch(rf"are satisfied overall \(({LABEL})\): ([\d,.]+) of ([\d,.]+) answers\.", block)
        if found:
            key = (found[1], _TITLES.get(blocks[at - 1], "COMBINED"))
            yield Said("page 1", *key, "value", blocks[at - 2])
            yield Said("page 1", *key, "numerator", found[2])
            yield Said("page 1", *key, "denominator", found[3])


def _bars(blocks: list[str]) -> Iterator[Said]:
    """The bars of the answers: the question above, its picture, and the result with its interval beneath."""
    for at, block in enumerate(blocks):
        found = re.match(rf"({LABEL}) (LCRA|LCHO|combined) (?=[A-Z])", block)
        if not found:
            continue
        key = (found[1], _HOMES[found[2]])
        beneath = re.match(r"(\d[\d,.]*%)(?: (.*))?$", blocks[at + 2]) if len(blocks) > at + 2 else None
        if beneath:
            yield Said("bar", *key, "value", beneath[1])
            if beneath[2]:
                yield Said("bar", *key, "interval", beneath[2])


def _sentences(blocks: list[str], known: Reference) -> Iterator[Said]:
    """Every sentence that names a figure and then tells its value, alternative texts included."""
    for block in blocks:
        found = re.match(
            rf"({LABEL}) [^:]*?(?:(?: \(|, )(LCRA|LCHO|combined|together)\)?)?: "
            r"(\d[\d,.]*\d(?:%| per 1,000 homes))",
            block,
        )
        if found:
            populations = [key[1] for key, row in known.items() if key[0] == found[1] and row["value"]]
            homes = _HOMES[found[2]] if found[2] else "ALL" if "ALL" in populations else populations[0]
            yield Said(block, found[1], homes, "value", found[3])
