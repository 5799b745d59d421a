"""The PDF says every figure, keeps its promises to archives and screen readers, and fetches nothing."""

from __future__ import annotations

import hashlib
import html
import re
from datetime import date

import pikepdf
import pytest

from pipelines.publications import RenderError, content, return_json, return_pdf, tenants_html
from pipelines.publications.fonts import advances, font_face_css
from pipelines.publications.pages import paper
from pipelines.publications.pdf import _refuse_other_fonts, html_to_pdf, return_html
from pipelines.publications.text import count_text
from tests.elsewhere import run_elsewhere
from tests.publications import document as documents
from tests.publications.pdf_reading import font_names, open_pdf, page_texts, squeezed, tags
from tests.publications.structure import flaws
from tests.publications.verapdf import failed_rules

DAY = date(2025, 3, 31)


def page(body: str, css: str = "") -> str:
    return (
        f"<!DOCTYPE html><html lang=en><head><title>t</title><style>{font_face_css('Ŵ')}"
        f"html {{ font-family: 'Report Sans', 'Report Sans Extended'; }} {css}</style></head>"
        f"<body><h1>t</h1>{body}</body></html>"
    )


# --- what it says ------------------------------------------------------------------------------------


def test_every_value_stands_in_the_pdf(plain, pdfs):
    text = squeezed("".join(page_texts(pdfs["plain"])))
    missing = [f for f in plain["figures"] if squeezed(f["value_text"]) not in text]
    assert not missing
    assert "99.9%" not in text  # the search can fail


def test_numerator_and_denominator_stand_beside_the_value(pdfs):
    text = squeezed("".join(page_texts(pdfs["plain"])))
    assert squeezed("BS01 Gas safety checks 100.0% 2,633 2,634") in text


@pytest.mark.parametrize("make", [documents.build, documents.combined, documents.empty])
def test_every_figure_has_its_row_in_a_theme(make):
    document = make()
    rows = [
        (table.caption, row)
        for theme in document["themes"]
        for table in content.theme_figures(document, theme)
        for row in table.rows
    ]
    labels = {measure["key"]: measure["label"] for measure in document["measures"]}
    expected = [
        (
            f"Figures: {content.population_title(document, figure['population'])}",
            labels[figure["measure"]],
            figure["value_text"],
            count_text(figure["numerator"]),
            count_text(figure["denominator"]),
        )
        for figure in document["figures"]
        if figure["status"] != "not_required"
    ]
    assert sorted((caption, r[0].text, *(cell.text for cell in r[2:])) for caption, r in rows) == sorted(
        expected
    )


def test_a_landlord_that_surveys_both_together_still_shows_its_lcra_repairs():
    document = documents.combined()
    assert content.populations_shown(document) == ["LCRA", "COMBINED", "ALL"]
    page = squeezed(tenants_html(document).decode("utf-8"))
    assert "81.5%" in page
    assert "Notrequired" not in page
    values = {
        row[0].text: [cell.text for cell in row[2:]] for t in content.overview(document) for row in t.rows
    }
    assert values["TP01"] == ["Not required", "71.3%", "[z]"]
    assert values["RP01"] == ["1.6%", "[z]", "[z]"]


def test_the_five_answers_stand_in_the_pdf(plain, pdfs):
    text = squeezed("".join(page_texts(pdfs["plain"])))
    for figure in plain["figures"]:
        for answer in figure["answers"] or ():
            assert answer["percent_text"] in text


def test_a_missing_value_is_words_and_a_reason(pdfs):
    text = squeezed("".join(page_texts(pdfs["plain"])))
    assert squeezed("No stage two complaint was made in the year, so there is no share to state.") in text
    assert squeezed("The landlord owns no homes to which this measure applies.") in text
    nothing = squeezed("".join(page_texts(pdfs["empty"])))
    assert "Withheld:thefilethatitismadefromwasrefused." in nothing
    assert re.search(r"(?<![0-9])0\.0%", nothing) is None
    assert nothing.count("100.0%") == 1  # the words that say how to read the report


def test_page_one_answers_the_first_questions(pdfs):
    first = squeezed(page_texts(pdfs["plain"])[0])
    for expected in (
        "Draft: not signed off",
        "Example Homes Limited",
        "71.3%",
        "No: 2 things are missing",
        "Yes: 1 finding",
        "No: 1 check fails",
        "Is the survey accurate enough (LCHO)? No",
        "Survey approach, item k (LCRA)",
        "REP-006",
    ):
        assert squeezed(expected) in first


def test_a_provisional_edition_says_so_on_page_one(pdfs):
    assert "Provisionalrules." in squeezed(page_texts(pdfs["hostile"])[0])
    assert all("(provisionalrules)" in squeezed(page) for page in page_texts(pdfs["hostile"]))
    assert "Provisionalrules." not in squeezed(page_texts(pdfs["plain"])[0])


def test_every_page_of_a_draft_is_marked_and_none_of_a_final_return(pdfs):
    assert all("Draft: not signed off" in text for text in page_texts(pdfs["plain"]))
    final = documents.empty()
    final["status"]["draft"] = False
    assert not any("Draft: not signed off" in text for text in page_texts(return_pdf(final, b"{}")))


@pytest.mark.parametrize(
    "expected",
    [
        "Telephone", "Not shown: fewer than 50 responses", "a. Achieved sample size",
        "k. Other methodological issues",
        "Has Example Homes Limited carried out a repair to your home in the last 12 months?",
        "20 working days from the report.", "Closed without completion", "answered within 20 working days",
        "Confirmed by Jo Example on 2 May 2025", "The home was not owned at year end.",
        "withdrawn complaints",
        "LCHO: 200 responses, 284 required.", "measures/NM01_2", "https://example.org/tsm", "Signature",
        "Departs from the default, keep", "Net promoter score".lower(), documents.digest("homes"),
    ],
)  # fmt: skip
def test_what_a_compliance_officer_looks_for_is_there(pdfs, expected):
    assert squeezed(expected) in squeezed("".join(page_texts(pdfs["plain"])))


# --- archives and screen readers ---------------------------------------------------------------------


@pytest.mark.parametrize("profile", ["PDFA-3A", "PDFUA-1"])
@pytest.mark.parametrize("name", ["plain", "hostile", "empty"])
def test_verapdf_finds_nothing(pdfs, name, profile):
    assert failed_rules(pdfs[name], profile) == {}


@pytest.mark.parametrize("profile", ["PDFA-3A", "PDFUA-1"])
def test_every_character_that_may_be_printed_is_in_the_fonts(profile):
    chars = html.escape(" ".join(sorted(advances())))
    body = "".join(f'<p style="font-weight: {weight}">{chars}</p>' for weight in (400, 600, 700))
    content = html_to_pdf(page(body, "p { overflow-wrap: anywhere }"), b"{}", DAY)
    assert failed_rules(content, profile) == {}


def test_verapdf_sees_a_figure_without_alternative_text(pdfs, tmp_path):
    with open_pdf(pdfs["plain"]) as pdf:
        for each in pdf.objects:
            if isinstance(each, pikepdf.Dictionary) and each.get("/S") == "/Figure":
                del each["/Alt"]
        pdf.save(tmp_path / "spoilt.pdf")
    assert "7.3-1" in failed_rules((tmp_path / "spoilt.pdf").read_bytes(), "PDFUA-1")


def test_every_chart_says_its_message(plain, pdfs):
    charts = tags(pdfs["plain"], "/Figure")
    answers = [chart for chart in charts if "gave one of the first two answers" in chart]
    assert len(answers) == sum(1 for figure in plain["figures"] if figure["answers"])
    assert any(chart.startswith("TP01 Overall satisfaction, LCHO: 49.0%") for chart in answers)
    others = [chart for chart in charts if chart not in answers]
    statistics = [survey["statistics"] for survey in plain["survey"]]
    compared = [each["text"] for found in statistics for each in found["representativeness"]]
    assert len(others) == len(statistics) + len(compared) + 1  # and the sign beside the one warning
    assert all(any(text in chart for chart in others) for text in compared)
    assert "Warning" in others
    assert any(
        chart.startswith("Results of the survey, LCHO") and "Highest: TP05 Safe home, 70.5%" in chart
        for chart in others
    )


def test_no_table_crosses_a_page(plain, hostile, empty, pdfs):
    for name, document in (("plain", plain), ("hostile", hostile), ("empty", empty)):
        assert len(tags(pdfs[name], "/Table")) == return_html(document).count("<table")


@pytest.mark.slow
def test_a_crowded_return_keeps_its_promises_too():
    document = documents.crowded()
    content = return_pdf(document, return_json(document))
    assert len(tags(content, "/Table")) == return_html(document).count("<table")
    assert failed_rules(content, "PDFA-3A") == failed_rules(content, "PDFUA-1") == {}
    assert flaws(content) == []
    assert "cut here; the whole text is in return.json" in " ".join("".join(page_texts(content)).split())


def test_language_title_and_bookmarks(pdfs):
    with open_pdf(pdfs["plain"]) as pdf:
        assert str(pdf.Root.Lang) == "en-GB"
        assert (
            str(pdf.docinfo["/Title"]) == "Example Homes Limited: Tenant Satisfaction Measures return 2024-25"
        )
        assert pdf.Root.ViewerPreferences.DisplayDocTitle
        with pdf.open_outline() as outline:
            titles = [item.title for item in outline.root[0].children]
    assert titles[0] == "Contents"
    assert titles[1] == "1. All reported values"
    assert titles[-1] == "16. Sign-off"


def test_only_our_own_typeface_is_used(pdfs):
    for made in pdfs.values():
        assert all(name.startswith("Report-Sans") for name in font_names(made))


# --- the attachment and the bytes --------------------------------------------------------------------


def test_return_json_is_attached_whole_and_alone(plain, hostile, pdfs):
    for name, document in (("plain", plain), ("hostile", hostile)):
        with open_pdf(pdfs[name]) as pdf:
            assert list(pdf.attachments) == ["return.json"]
            assert pdf.attachments["return.json"].get_file().read_bytes() == return_json(document)
            assert len(pdf.Root.AF) == 1
            assert pdf.Root.AF[0].AFRelationship == "/Data"
            assert "20250331" in str(pdf.Root.AF[0].EF.F.Params.CreationDate)


def test_the_same_bytes_twice(plain, pdfs):
    assert return_pdf(plain, return_json(plain)) == pdfs["plain"]


def test_the_same_bytes_in_another_process_on_another_day_without_fonts(pdfs, tmp_path):
    code = (
        "import hashlib; from pipelines.publications import return_json, return_pdf;"
        "from tests.publications.document import build; d = build();"
        "print(hashlib.sha256(return_pdf(d, return_json(d))).hexdigest())"
    )
    done = run_elsewhere(["-c", code], tmp_path)
    assert done.stdout.strip() == hashlib.sha256(pdfs["plain"]).hexdigest()


# --- untrusted text ----------------------------------------------------------------------------------


def test_hostile_text_is_only_text(hostile, pdfs, asked):
    assert asked
    assert all(url.startswith("data:") for url in asked)
    source = return_html(hostile).split("</style>", 1)[1]
    for tag in ("<script", "<link", "<img", "<iframe", "<image"):
        assert tag not in source
    assert "{{ 7*7 }}" in source  # a template inside the data stays as it is
    with open_pdf(pdfs["hostile"]) as pdf:
        targets = [str(a) for p in pdf.pages for a in p.get("/Annots", []) if "/URI" in a.get("/A", {})]
    assert targets == []


@pytest.mark.parametrize(
    "body",
    [
        "<img alt=x src='file:///etc/hostname'>",
        "<link rel=attachment href='file:///etc/hostname'>",
        "<p style=\"background: url('http://192.0.2.1/x.png')\">x</p>",
        "<style>@import url('file:///etc/hostname');</style>",
        "<svg xmlns='http://www.w3.org/2000/svg' width=9 height=9><title>x</title>"
        "<image href='file:///etc/hostname' width=9 height=9 /></svg>",
    ],
)
def test_a_page_that_asks_for_anything_is_refused(body):
    with pytest.raises(RenderError, match="its renderer warned"):
        html_to_pdf(page(body), b"{}", DAY)


def test_the_refusals_above_are_about_the_request():
    assert html_to_pdf(page("<p>x</p>"), b"{}", DAY).startswith(b"%PDF")


def test_a_style_that_the_renderer_does_not_know_is_an_error():
    with pytest.raises(RenderError, match="colour"):
        html_to_pdf(page("<p>x</p>", "p { colour: red }"), b"{}", DAY)


@pytest.mark.parametrize("body", ["<p>\u4e00</p>", "<p>&rarr;</p>", "<p class=a></p>"])
def test_a_character_outside_the_typeface_is_refused(body):
    """Whatever fonts this machine has: one with the character is refused, one without is warned of."""
    with pytest.raises(RenderError, match=r"typeface of this machine|notdef glyph"):
        html_to_pdf(page(body, ".a::after { content: '\\2192' }"), b"{}", DAY)


def test_a_typeface_of_the_machine_is_refused():
    with pytest.raises(RenderError, match=r"\(Comic Sans, Times\)"):
        _refuse_other_fonts(["Report Sans", "Times", "Comic Sans"])
    _refuse_other_fonts(["Report Sans", "Report Sans Extended"])


def test_an_empty_value_is_an_error_not_the_word_none():
    with pytest.raises(RenderError, match="empty"):
        paper().from_string("{{ value }}").render(value=None)


def test_a_value_that_is_not_there_is_an_error(plain):
    from jinja2 import UndefinedError

    with pytest.raises(UndefinedError):
        return_html({key: value for key, value in plain.items() if key != "complaints"})
