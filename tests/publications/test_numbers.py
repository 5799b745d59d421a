"""The numbers are the numbers: every output says of each figure what figures.csv says, in its place."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import replace
from decimal import ROUND_HALF_UP, Decimal
from typing import TYPE_CHECKING, Any

import pytest

from pipelines.publications import (
    figures_csv,
    nrosh_csv,
    return_json,
    return_pdf,
    return_xlsx,
    tenants_embed_html,
    tenants_html,
)
from pipelines.statutory.benchmarks import compare
from pipelines.statutory.nrosh import nrosh_fields
from tests.publications import document as documents
from tests.publications.numbers_said import (
    ANSWERS,
    Reference,
    Said,
    beside_last_year,
    in_embed_html,
    in_json,
    in_nrosh_csv,
    in_pdf,
    in_table,
    in_tenants_html,
    in_xlsx,
    missing,
    reference,
    wrong,
)
from tests.publications.pdf_structure import Tagged

if TYPE_CHECKING:
    from tests.home import Home

FORM = "nrosh_2025"
COUNTS = ("value", "numerator", "denominator")
# What the short page shows beside overall satisfaction.
SHORT = {"TP02", "TP05", "TP08", "TP09", "RP02 (1)", "RP02 (2)", "BS01", "BS02"}


def whole(document: dict[str, Any]) -> dict[str, Any]:
    """A made-up document with all fields of the return form."""
    document["return_form"]["form"] = FORM
    document["nrosh"] = nrosh_fields(document)
    return document


def share_of(count: float, base: float) -> float:
    share = Decimal(str(count)) * 100 / Decimal(str(base))
    return float(share.quantize(Decimal("0.1"), rounding=ROUND_HALF_UP))


def weighted() -> dict[str, Any]:
    """A survey whose counts are sums of weights, some of them just where a rounding turns."""
    document = documents.build()
    for figure in document["figures"]:
        if figure["answers"] and figure["population"] == "LCRA":
            for answer in figure["answers"]:
                answer["count"] = round(answer["count"] * 1.0625 + 0.05, 6)
            counts = [answer["count"] for answer in figure["answers"]]
            figure |= {"numerator": counts[0] + counts[1], "denominator": sum(counts)}
            for answer in figure["answers"]:
                share = share_of(answer["count"], figure["denominator"])
                answer |= {"percent": share, "percent_text": f"{share:.1f}%"}
            value = share_of(figure["numerator"], figure["denominator"])
            figure |= {"value": value, "value_text": f"{value:.1f}%", "filter_yes": None, "filter_no": None}
    document["survey"][0]["statistics"] = None
    document["comparison"] |= {"changes": [], "benchmarks": compare(document)}
    return document


def withheld() -> dict[str, Any]:
    """Every value is missing; without a survey the form's fields of one are not required."""
    document = documents.empty()
    for population in document["populations"][:3]:
        population |= {"status": "not_required", "reason": "No survey was made."}
    document["repairs"] = documents.build()["repairs"]
    return whole(document)


DOCUMENTS = {
    "plain": lambda: whole(documents.build()),
    "weighted": lambda: whole(weighted()),
    "combined": lambda: whole(documents.combined()),
    "empty": withheld,
}


@pytest.fixture(scope="module")
def made() -> dict[str, dict[str, Any]]:
    return {name: make() for name, make in DOCUMENTS.items()}


def known_of(document: Mapping[str, Any]) -> Reference:
    """What figures.csv says, and last year beside it."""
    return beside_last_year(reference(figures_csv(document)), document)


def said_by_all(document: Mapping[str, Any]) -> dict[str, list[Said]]:
    """What each output but the PDF says of the figures of a document."""
    titles = {measure["short_title"]: measure["label"] for measure in document["measures"]}
    first = next((each["population"] for each in document["survey"]), "LCRA")
    return {
        "return.json": in_json(return_json(document)),
        "nrosh.csv": in_nrosh_csv(nrosh_csv(document), FORM),
        "return.xlsx": in_xlsx(return_xlsx(document, []), FORM),
        "tenants.html": in_tenants_html(tenants_html(document)),
        "tenants-embed.html": in_embed_html(tenants_embed_html(document), titles, first),
    }


# ----------------------------------------------------------------------------- every output, every figure


@pytest.mark.parametrize("name", DOCUMENTS)
def test_every_output_says_every_figure_as_figures_csv_does(made, name):
    document = made[name]
    known, said = known_of(document), said_by_all(made[name])
    assert {output: wrong(each, known) for output, each in said.items()} == {output: [] for output in said}
    for output in ("return.json", "return.xlsx", "tenants.html"):
        assert missing(said[output], known, COUNTS) == []
    assert _missing_in_form(said["nrosh.csv"], known) == []
    reported = {key[0] for key, row in known.items() if row["status"] == "reported"}
    told = {each.label for each in said["tenants-embed.html"]}
    assert told == (SHORT | {"TP01"}) & reported


def _missing_in_form(said: list[Said], known: Reference) -> list[str]:
    """The form asks the value of every figure; of a question its answers, of another measure its counts."""
    reported = {key: row for key, row in known.items() if row["status"] == "reported"}
    asked = {key: row for key, row in reported.items() if row["very_satisfied"]}
    counted = {key: row for key, row in reported.items() if key not in asked}
    return [
        *missing(said, asked, ("value", *ANSWERS)),
        *missing(said, counted, ("value", "numerator", "denominator")),
    ]


@pytest.fixture(scope="module")
def plain_pdf(pdfs, plain) -> list[Said]:
    """What the PDF of the plain document says, read once."""
    return in_pdf(pdfs["plain"], known_of(plain))


def test_the_pdf_says_every_figure_as_figures_csv_does(plain_pdf, pdfs, plain, empty):
    for document, said in ((plain, plain_pdf), (empty, in_pdf(pdfs["empty"], known_of(empty)))):
        assert wrong(said, known_of(document)) == []
        assert missing(said, known_of(document), COUNTS) == []
    places = {each.where.split(":")[0] for each in plain_pdf}
    assert {"page 1", "bar", "The answers in figures", "Results and their accuracy"} <= places


def test_the_pdf_of_a_combined_survey_says_every_figure_as_figures_csv_does():
    document = documents.combined()
    for many in ("exclusions", "corrections", "rejected", "checks"):  # what has no figures: a shorter PDF
        document[many] = []
    document["settings"]["all"] = document["provenance"]["assets"] = []
    document["survey"][0] |= {"statistics": None, "questions": []}
    known = known_of(document)
    said = in_pdf(return_pdf(document, return_json(document)), known)
    assert wrong(said, known) == []
    assert missing(said, known, COUNTS) == []
    assert {each.population for each in said} == {"COMBINED", "LCRA", "ALL"}


def test_the_sample_landlords_outputs_say_every_figure_as_its_figures_csv_does(finished: Home):
    files = finished.published()
    document = json.loads(files["return.json"])
    known, form = reference(files["figures.csv"]), document["return_form"]["form"]
    assert any("." in row["numerator"] for row in known.values())  # it is weighted
    titles = {measure["short_title"]: measure["label"] for measure in document["measures"]}
    said = {
        "return.json": in_json(files["return.json"]),
        "return.pdf": in_pdf(files["return.pdf"], known),
        "return.xlsx": in_xlsx(files["return.xlsx"], form),
        "nrosh.csv": in_nrosh_csv(files["nrosh.csv"], form),
        "tenants.html": in_tenants_html(files["tenants.html"]),
        "tenants-embed.html": in_embed_html(files["tenants-embed.html"], titles, "LCRA"),
    }
    beside = beside_last_year(known, document)
    assert {output: wrong(each, beside) for output, each in said.items()} == {output: [] for output in said}
    for output in ("return.json", "return.pdf", "return.xlsx", "tenants.html"):
        assert missing(said[output], known, COUNTS) == []
    assert _missing_in_form(said["nrosh.csv"], known) == []


# --------------------------------------------------------------------------------------------- it can fail


def altered() -> dict[str, Any]:
    """The plain document with one figure a tenth of a point too high."""
    document = documents.build()
    document["figures"][0] |= {"value": 71.4, "value_text": "71.4%"}
    return whole(document)


def swapped() -> dict[str, Any]:
    """The plain document with the numbers of two figures in each other's rows."""
    document = documents.build()
    one, other = (
        next(each for each in document["figures"] if (each["measure"], each["population"]) == key)
        for key in (("TP05", "LCRA"), ("BS01", "ALL"))
    )
    names = ("numerator", "denominator", "value", "value_text")
    kept = {name: one[name] for name in names}
    one |= {name: other[name] for name in names}
    other |= kept
    return whole(document)


@pytest.mark.parametrize("spoil", [altered, swapped])
def test_a_figure_that_differs_or_stands_in_anothers_row_is_found_in_each_output(made, plain_pdf, spoil):
    known, spoilt = known_of(made["plain"]), spoil()
    for output, said in said_by_all(spoilt).items():
        assert wrong(said, known), output
    assert wrong(plain_pdf, known_of(spoilt))


def test_each_place_of_the_pdf_is_read(plain_pdf, plain):
    """A reader that passes over a place would never find it wrong."""
    known = known_of(plain)
    others = known | {
        key: row | {"value": "1.1", "ci_low": "1.1", "numerator": "1", "denominator": "3"}
        for key, row in known.items()
        if row["value"]
    }
    places = {said.where for said in plain_pdf if wrong([said], others)}
    for place in ("page 1", "bar", "All 26 values", "Figures", "The answers in figures", "Results and their"):
        assert any(each.startswith(place) for each in places), place
    assert any(each.startswith("TP05 Safe home, LCRA: ") for each in places)  # an alternative text


def test_two_rows_of_a_table_that_are_swapped_are_found(plain):
    known = known_of(plain)
    table = Tagged("Figures", [
        ["Measure", "Homes", "Value", "Numerator", "Denominator"],
        ["TP02 Repairs service", "LCRA", "76.1%", "249", "327"],
        ["TP03 Time taken for repair", "LCRA", "68.7%", "224", "326"],
    ])  # fmt: skip
    assert wrong(list(in_table(table)), known) == []
    heads, one, other = table.rows
    mixed = replace(table, rows=[heads, [*one[:2], *other[2:]], [*other[:2], *one[2:]]])
    assert len(wrong(list(in_table(mixed)), known)) == 6


@pytest.mark.parametrize(
    ("what", "text", "right"),
    [
        ("value", "71.3%", True), ("value", "71.3", True), ("value", "71.4%", False), ("value", "71%", True),
        ("value", "71.3 per 1,000 homes", False), ("value", "Not applicable", False), ("value", "", False),
        ("numerator", "365", True), ("numerator", "364.9", False), ("numerator", "[z]", False),
        ("denominator", "512.0", True), ("denominator", "1,512", False),
        ("share:very_satisfied", "39.3%", True), ("share:very_satisfied", "39.2%", False),
        ("interval", "67.0% to 75.3%", True), ("interval", "67.0% to 75.4%", False),
    ],
)  # fmt: skip
def test_what_agrees_with_figures_csv(plain, what, text, right):
    assert (wrong([Said("here", "TP01", "LCRA", what, text)], known_of(plain)) == []) is right


@pytest.mark.parametrize(
    ("key", "text", "right"),
    [
        (("CH02 (2)", "LCHO"), "No cases", True), (("CH02 (2)", "LCHO"), "[z]", True),
        (("CH02 (2)", "LCHO"), "0.0%", False), (("CH02 (2)", "LCHO"), "Withheld", False),
        (("BS05", "ALL"), "Not applicable", True), (("BS05", "ALL"), "100.0%", False),
        (("TP02", "LCHO"), "Not required", False),  # figures.csv has no such figure
    ],
)  # fmt: skip
def test_a_missing_value_is_said_as_its_status(plain, key, text, right):
    assert (wrong([Said("here", *key, "value", text)], known_of(plain)) == []) is right
