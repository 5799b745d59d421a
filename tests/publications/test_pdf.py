"""The PDF says every figure, keeps its promises to archives and screen readers, and fetches nothing."""

from __future__ import annotations

import hashlib
import html
import re
from datetime import date

import pikepdf
import pytest

from pipelines.publications import RenderError, content, return_json, return_pdf, tenants_html, themes
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
    assert "99.87%" not in text  # the search can fail


def test_numerator_and_denominator_stand_beside_the_value(pdfs):
    text = squeezed("".join(page_texts(pdfs["plain"])))
    assert squeezed("BS01 Gas safety checks together 100.0% 2,633 2,634") in text


@pytest.mark.parametrize("make", [documents.build, documents.combined, documents.empty])
def test_every_figure_has_its_row_in_a_theme(make):
    document = make()
    rows = [row for theme in document["themes"] for row in themes.figures(document, theme).rows]
    measures = {measure["key"]: measure for measure in document["measures"]}
    expected = [
        (
            f"{measures[figure['measure']]['label']} {measures[figure['measure']]['short_title']}",
            content.population_word(figure["population"]),
            figure["value_text"].removesuffix(" per 1,000 homes"),
            count_text(figure["numerator"]),
            count_text(figure["denominator"]),
        )
        for figure in document["figures"]
        if figure["status"] != "not_required"
    ]
    assert sorted(tuple(cell.text for cell in row[:5]) for row in rows) == sorted(expected)


def test_last_year_and_the_change_stand_beside_each_figure(plain):
    changes = {(each["measure"], each["population"]): each for each in plain["comparison"]["changes"]}
    rows = {
        (row[0].text.split()[0], row[1].text): row
        for theme in plain["themes"]
        for row in themes.figures(plain, theme).rows
    }
    for (measure, population), change in changes.items():
        if "_" not in measure:
            row = rows[measure, content.population_word(population)]
            assert row[5].text == change["last_year_text"]
            assert row[6].text == change["change_text"].removesuffix(" percentage points")
    assert [cell.text for cell in rows["TP12", "LCHO"][5:]] == ["[x]", "[x]"]
    # A change that chance may explain is called neither better nor worse.
    assert {change["significant"] for change in changes.values()} == {True, False, None}
    for (measure, population), change in changes.items():
        if change["significant"] is False:
            assert rows[measure, population][6].note == "Perhaps chance"


def test_quartiles_and_position_stand_beside_each_figure(plain, pdfs):
    found = plain["comparison"]["benchmarks"]["figures"]
    rows = [row for theme in plain["themes"] for row in themes.positions(plain, theme).rows]
    assert len(rows) == len(found) > 20
    nation = next(each for each in found if each["measure"] == "BS01")["groups"][0]
    row = next(row for row in rows if row[0].text == "BS01")
    assert [cell.text for cell in row[1:4]] == [f"{nation[each]:.1f}%" for each in ("q1", "median", "q3")]
    text = squeezed("".join(page_texts(pdfs["plain"])))
    assert squeezed(f"BS01 together {nation['q1']:.1f}%") in text
    assert squeezed("Contains public sector information licensed under") in text


def test_without_last_year_or_nation_a_theme_says_so():
    document = documents.build()
    document["comparison"] = documents.empty()["comparison"] | {
        "benchmarks": {"year": None, "source": "", "note": "None.", "peer_groups": {}, "figures": []}
    }
    theme = document["themes"][1]
    assert len(themes.figures(document, theme).columns) == 5
    assert "No figures of last year are known to compare with." in themes.figure_notes(document, theme)
    assert themes.position_notes(document, theme) == ["None."]
    assert themes.position_chart(document, theme) is None
    assert themes.positions(document, theme).rows == ()


def test_a_landlord_that_surveys_both_together_still_shows_its_lcra_repairs():
    document = documents.combined()
    assert content.populations_shown(document) == ["LCRA", "COMBINED", "ALL"]
    page = squeezed(tenants_html(document).decode("utf-8"))
    assert "81.5%" in page
    assert "Notrequired" not in page
    values = {label: row for _, rows in content.overview(document).themes for label, _, row in rows}
    assert values["TP01"] == ("Not required", "71.3%", "[z]")
    assert values["RP01"] == ("1.6%", "[z]", "[z]")


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
        "365 of 512 answers",
        "Is it compliant? No: 3 requirements are not met",
        "The LCHO survey is not accurate enough; 1 validation fails (VAL-04); 1 thing that must be",
        "Is it complete? No: 2 things are missing",
        "Must anything be confirmed? Yes: 1 finding",
        "Is it signed off? No: this is a draft",
        "What is good BS02 Fire safety checks",
        "What is bad TP07 Keeps tenants informed (LCHO)",
        "BS04 Water safety checks: 95.5%, in the last quarter",
        "What changed Of",
        "What is missing Survey approach, item k (LCRA)",
        "What must be confirmed REP-006",
    ):
        assert squeezed(expected) in first


def test_findings_are_counted_as_page_one_counts_them(plain, pdfs):
    groups, counts = plain["findings"]["groups"], plain["findings"]["counts"]
    found = {grade: [each for each in groups if each["grade"] == grade] for grade in counts}
    assert [len(found[grade]) for grade in ("stop", "confirm", "note")] == [0, 2, 1]
    said = (
        f"2 findings ({counts['confirm']} records) to be confirmed by a named person, "
        f"1 note ({counts['note']} records) for information."
    )
    assert squeezed(said) in squeezed("".join(page_texts(pdfs["plain"])))
    stopped = {"groups": [found["note"][0] | {"grade": "stop"}], "counts": counts | {"stop": 1, "confirm": 0}}
    assert content.findings_text({"findings": stopped}).startswith(
        "1 finding (1 record) to be put right first, 0 f"
    )


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
        "withdrawn complaints", "The other 3 settings stand at the documented default",
        "LCHO: 200 responses, 284 required.", "measures/NM01_2", "TP01 How satisfied? [ ] Very satisfied",
        "https://example.org/tsm", "Signature",
        "Why records are outside", "A 17", "Net promoter score".lower(), documents.digest("homes"),
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
    nation = [chart for chart in charts if "where each figure stands among the landlords" in chart]
    assert len(nation) == sum(bool(themes.positions(plain, theme).rows) for theme in plain["themes"])
    assert any("Against the national median, 2 figures are level" in chart for chart in nation)
    signs = [chart for chart in charts if chart in ("Good", "Not good", "To do")]
    assert sorted(signs) == ["Not good", "Not good", "To do", "To do"]
    assert "Logo of Example Homes Limited." in charts
    lineage = [chart for chart in charts if chart.startswith("Lineage of the return")]
    assert len(lineage) == 1
    assert "TP01 to TP12, RP01, RP02" in lineage[0]
    logo = ["Logo of Example Homes Limited."]
    others = [chart for chart in charts if chart not in (*answers, *nation, *signs, *lineage, *logo)]
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


def test_the_same_bytes_in_another_process_on_another_day_without_fonts(plain, pdfs, tmp_path):
    file = tmp_path / "return.json"
    file.write_bytes(return_json(plain))
    code = (
        "import hashlib; from pathlib import Path; from pipelines.publications import pdf_of;"
        f"print(hashlib.sha256(pdf_of(Path({str(file)!r}).read_bytes())).hexdigest())"
    )
    done = run_elsewhere(["-c", code], tmp_path)
    assert done.stdout.strip() == hashlib.sha256(pdfs["plain"]).hexdigest()


# --- the landlord's look -------------------------------------------------------------------------------


def test_the_landlords_colours_stand_for_headings_and_lines_but_not_for_states(plain, hostile):
    styles = return_html(plain).split("</style>", 1)[0]
    assert ":root { --brand: #0B5394; --accent: #B45F06; }" in styles
    assert "--brand: #0B5394" not in return_html(hostile)
    assert ".split .vs { border-top-color: #12436d; }" in styles


def test_a_colour_that_is_none_never_reaches_the_style(plain):
    spoilt = {**plain, "landlord": {**plain["landlord"], "branding": {"colour": "red; } body { color: red"}}}
    with pytest.raises(RenderError, match="no colour"):
        return_html(spoilt)


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
