"""The structure of every PDF holds what a screen reader needs, beyond what veraPDF asks for."""

from __future__ import annotations

import io
from datetime import date

import pikepdf
import pytest

from pipelines.publications import return_json, return_pdf
from pipelines.publications.pdf import html_to_pdf
from tests.publications import document as documents
from tests.publications.pdf_reading import open_pdf
from tests.publications.structure import flaws
from tests.publications.verapdf import failed_rules

BODY = """<h2 id=b>Results</h2><p>See <a href="#c">the table</a>.</p>
<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 100 10" width="100mm" height="10mm">
<title>All is well.</title>
<rect width="50" height="10" fill="#12436D"/></svg>
<h3 id=c>In numbers</h3><table><caption>Figures</caption><thead>
<tr><th scope=col>Measure</th><th scope=col>Value</th></tr></thead>
<tbody><tr><th scope=row>TP01</th><td>71.3%</td></tr></tbody></table>"""


@pytest.fixture(scope="module")
def small():
    from tests.publications.test_pdf import page

    return html_to_pdf(page(BODY), b"{}", date(2025, 3, 31))


@pytest.mark.parametrize("name", ["plain", "hostile", "empty"])
def test_a_return_has_no_flaw_of_structure(pdfs, name):
    assert flaws(pdfs[name]) == []


@pytest.mark.parametrize("make", [documents.lcho_only, documents.combined])
def test_a_landlord_of_another_kind_has_no_flaw_either(make):
    document = make()
    content = return_pdf(document, return_json(document))
    assert flaws(content) == []
    assert failed_rules(content, "PDFA-3A") == failed_rules(content, "PDFUA-1") == {}


def test_a_small_page_has_none(small):
    assert flaws(small) == []


def _first(pdf, kind):
    return next(
        each for each in pdf.objects if isinstance(each, pikepdf.Dictionary) and each.get("/S") == kind
    )


def _no_words(pdf):
    del _first(pdf, "/Figure")["/Alt"]


def _a_file_name(pdf):
    _first(pdf, "/Figure")["/Alt"] = "chart.svg"


def _no_sentence(pdf):
    _first(pdf, "/Figure")["/Alt"] = "Bar chart"


def _off_the_page(pdf):
    _first(pdf, "/Figure").A.BBox[3] = 5000


def _a_cell_alone(pdf):
    del _first(pdf, "/TD").A["/Headers"]


def _no_headers(pdf):
    for each in pdf.objects:
        if isinstance(each, pikepdf.Dictionary) and each.get("/S") == "/TH":
            each["/S"] = pikepdf.Name.TD


def _a_short_row(pdf):
    del _first(pdf, "/TR").K[1]


def _a_level_left_out(pdf):
    _first(pdf, "/H2")["/S"] = pikepdf.Name.H4


def _no_first_heading(pdf):
    _first(pdf, "/H1")["/S"] = pikepdf.Name.P


def _another_bookmark(pdf):
    with pdf.open_outline() as outline:
        outline.root[0].children[0].title = "Outcome"


def _no_language(pdf):
    del pdf.Root["/Lang"]


def _no_title(pdf):
    del pdf.docinfo["/Title"]


def _file_name_shown(pdf):
    pdf.Root.ViewerPreferences.DisplayDocTitle = False


def _untagged(pdf):
    pdf.Root.MarkInfo.Marked = False


def _any_tab_order(pdf):
    del pdf.pages[0]["/Tabs"]


def _a_link_of_no_kind(pdf):
    _first(pdf, "/Link")["/S"] = pikepdf.Name.Span


def _an_odd_role(pdf):
    _first(pdf, "/P")["/S"] = pikepdf.Name.Paragraph


@pytest.mark.parametrize(
    ("spoil", "named"),
    [
        (_no_words, "a figure without alternative text"),
        (_a_file_name, "a figure described by its file's name"),
        (_no_sentence, "a figure whose alternative text is no sentence"),
        (_off_the_page, "a figure whose place is not on its page"),
        (_a_cell_alone, "a cell without a header of its table: Figures: '71.3%'"),
        (_no_headers, "a table without headers: Figures"),
        (_a_short_row, "a table with rows of different lengths: Figures"),
        (_a_level_left_out, "a heading of level 4 after one of level 1: 'Results'"),
        (_no_first_heading, "not one first heading of level 1"),
        (_another_bookmark, "a bookmark that is no heading, or out of order: 'Outcome'"),
        (_no_language, "the file names no language"),
        (_no_title, "the file has no title"),
        (_file_name_shown, "the window shows the file's name, not the title"),
        (_untagged, "the file does not say that it is tagged"),
        (_any_tab_order, "page 1: the tab key does not follow the structure"),
        (_a_link_of_no_kind, "page 1: an annotation outside the structure"),
        (_an_odd_role, "a role that is no standard one: Paragraph"),
    ],
)
def test_a_planted_flaw_is_named(small, spoil, named):
    with open_pdf(small) as pdf:
        spoil(pdf)
        spoilt = io.BytesIO()
        pdf.save(spoilt)
    assert any(flaw.startswith(named) for flaw in flaws(spoilt.getvalue()))
