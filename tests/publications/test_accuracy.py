"""The section on accuracy says every estimate, hides what is hidden, and survives any name."""

from __future__ import annotations

import re
import xml.etree.ElementTree as ET
from copy import deepcopy

import pytest

from pipelines.publications import accuracy, charts, return_json, return_pdf, tenants_html, themes
from pipelines.publications.fonts import width
from pipelines.publications.pdf import return_html
from pipelines.publications.tables import FONT_MM, TEXT_WIDTH_MM
from tests.publications import document as documents
from tests.publications.pdf_reading import font_names, page_texts, squeezed, tags
from tests.publications.test_tables import luminance
from tests.publications.verapdf import failed_rules

POPULATIONS = (0, 1)


@pytest.fixture(scope="module")
def text(pdfs):
    return squeezed("".join(page_texts(pdfs["plain"])))


@pytest.fixture
def document(plain):
    return deepcopy(plain)


def section(document) -> str:
    return return_html(document).split('id="accuracy"')[1].split('id="questionnaire"')[0]


def drawn(made) -> list[ET.Element]:
    return list(ET.fromstring(str(made)))  # noqa: S314 - made a line above


def tables(document):
    for survey in document["survey"]:
        yield accuracy.estimates(document, survey)
        yield accuracy.accuracy_test(survey)
        yield accuracy.changes(document, survey)
        yield accuracy.groups(document, survey)
        yield accuracy.hidden_groups(document, survey)
        yield accuracy.weight_facts(survey)
        yield accuracy.weight_margins(survey)
        yield from (each.table for each in accuracy.comparisons(survey))
    yield accuracy.response_partial(document["survey"][0])


# --- what it says ------------------------------------------------------------------------------------


def test_every_estimate_stands_in_the_pdf_with_its_interval(plain, text):
    titles = {measure["key"]: measure["short_title"] for measure in plain["measures"]}
    for survey in plain["survey"]:
        for each in survey["statistics"]["estimates"]:
            row = (
                each["measure"], titles[each["measure"]], each["value_text"], each["interval_text"],
                each["margin_text"].lstrip("±"), f"{each['n']:,}", each["n_effective_text"],
                each["deff_text"],
            )  # fmt: skip
            assert squeezed("".join(row)) in text


def test_the_interval_stands_beside_the_value_on_the_theme_pages(plain, text):
    for survey in plain["survey"]:
        for each in survey["statistics"]["estimates"]:
            assert squeezed(f"{each['value_text']} {each['interval_text']}") in text


def test_every_comparison_change_weight_and_group_stands_in_the_pdf(plain, text):
    found = plain["survey"][0]["statistics"]
    for compared in found["representativeness"]:
        assert squeezed(compared["text"]) in text
        for each in compared["categories"]:
            shares = f"{each['population_text']}{each['respondents']}{each['sample_text']}{each['gap_text']}"
            assert squeezed(shares + each["weighted_text"] + each["weighted_gap_text"]) in text
    for each in found["changes"]:
        assert squeezed(f"{each['difference_text']} {each['interval_text']} {each['p_text']}") in text
    for each in found["weights"]["margins"]:
        assert squeezed(f"{each['category']} {each['respondents']}") in text
    for each in found["groups"]["cells"]:
        shown = squeezed(f"{each['difference_text']} ({each['interval_text']}) {each['p_text']}") in text
        assert shown or not each["significant"]
    for words in (
        found["response"]["text"], found["weights"]["text"], found["changes_from"]["source"],
        found["groups"]["text"], found["fpc_assumption"], "The villages with West and the villages",
        "Less than one in a million", "Higher than last year, by more than chance explains",
        "Left out, because they do not state it: 21 responses.", "no household has them: Elsewhere.",
        "Chance alone would rarely bring so large a difference (p <0.001).",
        "Chance alone could bring this difference (p 0.310).",
    ):  # fmt: skip
        assert squeezed(words) in text


def test_a_test_that_is_passed_in_name_only_is_a_warning_in_words_and_shape(plain, pdfs, text):
    honest = plain["survey"][0]["statistics"]["accuracy"]["text"]
    assert squeezed(f"Warning: passed by the number of responses alone. {honest}") in text
    assert tags(pdfs["plain"], "/Figure").count("Warning") == 1
    first = squeezed(page_texts(pdfs["plain"])[0])
    assert squeezed("Read LCRA results with a margin of ±4.28 points") in first.replace(
        "readLCRA", "ReadLCRA"
    )
    assert "Margin of error ±3.93 points ±4.28 points".replace(" ", "") in text
    lcho = plain["survey"][1]["statistics"]["accuracy"]["text"]
    assert squeezed(lcho) in text
    assert squeezed("LCHO results with a margin") not in first


@pytest.mark.parametrize("place", POPULATIONS)
def test_hidden_cells_show_their_symbol_and_no_number(plain, place):
    survey = plain["survey"][place]
    cells = survey["statistics"]["groups"]["cells"]
    hidden = [each for each in cells if each["mark"] in {"small", "protecting"}]
    assert hidden
    listed = {row[0].text: row[1].text for row in accuracy.hidden_groups(plain, survey).rows}
    for each in hidden:
        group = f"{accuracy.name_word(each['characteristic'])}: {each['category']}"
        assert f"{each['measure']} [c]" in listed[group].split(", ")
    assert sum(len(line.split(", ")) for line in listed.values()) == len(hidden)
    assert all(re.fullmatch(r"(TP\d\d \[c\](, )?)+", line) for line in listed.values())


def test_imprecise_results_are_marked_and_symbols_explained_only_where_they_occur(document):
    survey = document["survey"][0]
    values = [row[3].text for row in accuracy.groups(document, survey).rows]
    assert sum(value.endswith(" [u]") for value in values) == 1 < len(values)
    assert [each[:3] for each in accuracy.symbols(survey)] == ["[c]", "[u]"]
    assert [each[:3] for each in accuracy.symbols(document["survey"][1])] == ["[c]"]
    survey["statistics"]["groups"]["cells"] = []
    assert accuracy.symbols(survey) == []


def test_only_groups_that_differ_are_listed(plain):
    for survey in plain["survey"]:
        cells = survey["statistics"]["groups"]["cells"]
        assert len(accuracy.groups(plain, survey).rows) == sum(each["significant"] for each in cells)
    assert "No group differs from the rest" in section(plain)


# --- documents that lack something -------------------------------------------------------------------


def test_a_survey_without_statistics_still_has_its_pages(document):
    for survey in document["survey"]:
        survey["statistics"] = None
    for figure in document["figures"]:
        figure |= dict.fromkeys(documents.PRECISION)
    made = return_pdf(document, return_json(document))
    said = squeezed("".join(page_texts(made)))
    assert said.count(squeezed("Nobody answered this survey, so there is nothing to estimate.")) == 2
    assert squeezed("Results and their accuracy") not in said
    assert failed_rules(made, "PDFUA-1") == {}
    assert b"very likely" not in tenants_html(document)


def test_statistics_with_nothing_in_them_still_have_their_pages(document):
    for survey in document["survey"]:
        survey["statistics"] |= {
            "population_size": None, "accuracy": None, "estimates": [], "representativeness": [],
            "response": None, "changes": [], "changes_from": None,
        }  # fmt: skip
        survey["statistics"]["weights"] |= {
            "margins": [], "collapsed": [], "bounds": None, "worst_category": None, "method": "supplied",
        }  # fmt: skip
        survey["statistics"]["groups"] |= {"tested": 0, "omitted": [], "cells": [], "text": "No groups."}
    made = return_pdf(document, return_json(document))
    said = squeezed("".join(page_texts(made)))
    for words in (
        "No question has an answer on the scale, so there is no result to judge.",
        "It cannot be worked out: it takes responses, and the number of households in the population.",
        "Nothing is known of the households that the responses could be compared with.",
        "Last year’s results are not known in a form that can be compared.",
        "Weights supplied by the contractor",
    ):
        assert said.count(squeezed(words)) == 2
    assert "Nogroupdiffers" not in said
    assert "Largestmiss" not in said
    assert failed_rules(made, "PDFUA-1") == {}


def test_an_undefined_margin_and_an_untested_difference_are_words(document):
    survey = document["survey"][0]
    survey["statistics"]["accuracy"]["honest_margin"] = survey["accuracy"]["achieved_margin"] = None
    survey["accuracy"]["met"] = survey["accuracy"]["required_margin"] = None
    rows = [[cell.text for cell in row[1:]] for row in accuracy.accuracy_test(survey).rows]
    assert rows == [["512", "441"], ["Not known"] * 2, ["Not known"] * 2, ["Not known", "No"]]
    survey["statistics"]["representativeness"][0]["p_value"] = None
    assert accuracy.comparisons(survey)[0].notes[0] == "Not tested."


def test_a_missed_total_is_named(document):
    weights = document["survey"][0]["statistics"]["weights"]
    weights["worst_error"] = 0.0123456
    facts = {row[0].text: row[1] for row in accuracy.weight_facts(document["survey"][0]).rows}
    assert facts["Largest miss of a total"].text == "0.012346"
    assert facts["Largest miss of a total"].note == "age_band 16 to 34"


# --- hostile and crowded -----------------------------------------------------------------------------


def test_hostile_names_are_only_text(hostile, pdfs):
    said = squeezed("".join(page_texts(pdfs["hostile"])))
    assert "O'Brien&<b>Co</b>" in said
    shown = section(hostile)
    for tag in ("<script", "<link", "<img", "<iframe", "<image", "<b>", "</style>"):
        assert tag not in shown
    assert "{{ 7*7 }}" in shown
    assert "\u202e" not in shown
    assert "\x07" not in shown
    assert all(name.startswith("Report-Sans") for name in font_names(pdfs["hostile"]))


def test_sixty_categories_take_several_charts_on_one_axis():
    many = documents.crowded()["survey"][0]
    ward = next(each for each in accuracy.comparisons(many) if each.title == "Ward")
    assert len(ward.table.rows) == 60
    assert not ward.short
    assert len(ward.charts) == 4
    titles = [drawn(chart)[0].text for chart in ward.charts]
    assert [title[:12] for title in titles] == [f"Part {n} of 4." for n in (1, 2, 3, 4)]
    axes = [[e.text for e in drawn(chart) if str(e.text).endswith("%")] for chart in ward.charts]
    assert axes[0]
    assert axes.count(axes[0]) == 4
    heights = [float(ET.fromstring(str(chart)).get("height")[:-2]) for chart in ward.charts]  # noqa: S314
    assert max(heights) < 230


# --- how it looks ------------------------------------------------------------------------------------


@pytest.mark.parametrize("make", [documents.build, documents.crowded])
def test_no_word_of_a_header_is_wider_than_its_column(make):
    for table in tables(make()):
        for place, column in enumerate(table.columns):
            room = TEXT_WIDTH_MM * column.share / 100 - (3 if place < len(table.columns) - 1 else 0)
            words = re.split(r"[ \n]", column.title.replace("\u00a0", "_"))
            assert max(width(word, FONT_MM) for word in words) * 1.06 <= room, (table.caption, column.title)
        assert sum(column.share for column in table.columns) == pytest.approx(100)


def test_an_interval_chart_places_what_it_is_given():
    rows = [
        charts.IntervalRow("TP01", "One", 50.0, 40.0, 60.0, "50.0%", last=45.0),
        charts.IntervalRow(
            "TP02", "A title <far> too long for its place in the chart", 0.0, 0.0, 3.0, "0.0%"
        ),
    ]
    made = drawn(charts.interval_chart(rows, "What it <says>"))
    assert made[0].text == "What it <says>"
    words = [each.text for each in made if each.tag.endswith("text")]
    assert words[:3] == ["This year’s result", "Its 95% interval", "Last year’s result"]
    assert [tick for tick in words if tick in {"0%", "20%", "40%", "60%", "80%", "100%"}] == [
        "0%", "20%", "40%", "60%", "80%", "100%",
    ]  # fmt: skip
    assert next(word for word in words if word.startswith("A title")).endswith("…")
    dots = [float(each.get("cx")) for each in made if each.tag.endswith("circle")][1:]
    ticks = {each.text: float(each.get("x")) for each in made if each.text in {"0%", "100%"}}
    assert dots == [pytest.approx((ticks["0%"] + ticks["100%"]) / 2), pytest.approx(ticks["0%"])]
    without = drawn(charts.interval_chart(rows[1:], "m"))
    assert "Last year’s result" not in [each.text for each in without]


def test_a_share_chart_says_weighted_only_where_something_is_weighted():
    plain_row = charts.ShareRow("Under 35", 30.0, 20.0, None, "-10.0")
    (made,) = charts.share_charts([plain_row], "m", "Gap")
    words = [each.text for each in drawn(made) if each.tag.endswith("text")]
    assert words == ["All households", "Responses", "Gap", "0%", "10%", "20%", "30%", "Under 35", "-10.0"]
    (weighted,) = charts.share_charts([charts.ShareRow("Under 35", 0.0, 0.0, 0.0, "0.0")], "m", "Gap")
    words = [each.text for each in drawn(weighted)]
    assert "Weighted responses" in words
    assert [word for word in words if str(word).endswith("%")] == ["0%", "1%"]


def test_a_long_category_takes_two_lines_of_its_chart_and_no_more():
    title = "Black, Black British, Caribbean or African and a great deal more than that"
    (made,) = charts.share_charts([charts.ShareRow(title, 3.0, 4.0, None, "+1.0")], "m", "Gap")
    words = [each.text for each in drawn(made) if each.tag.endswith("text")]
    assert words[-3] == "Black, Black British,"
    assert words[-2].startswith("Caribbean or")
    assert words[-2].endswith("…")
    assert all(width(line, 27) <= 290 for line in words[-3:-1])


def test_chart_text_is_as_large_as_that_of_the_bars(plain):
    html = section(plain)
    bars = return_html(plain).split('class="bar"')[1][:300]
    assert 'font-size="27"' in bars
    for made in re.findall(r'<svg class="chart".*?</svg>', html, re.DOTALL):
        assert 'viewBox="0 0 1000 ' in made
        assert 'width="174mm"' in made
        assert re.findall(r'font-size="(\d+)"', made) == ["27"]


@pytest.mark.parametrize("colour", ["#12436D", "#2073BC", "#801650", "#0B0C0C", "#484949", "#767676"])
def test_marks_and_words_of_a_chart_stand_out_from_the_paper(plain, colour):
    assert colour in section(plain)
    assert 1.05 / (luminance(colour) + 0.05) >= 3


def test_every_survey_question_without_an_estimate_shows_no_interval(document):
    estimates = document["survey"][0]["statistics"]["estimates"]
    document["survey"][0]["statistics"]["estimates"] = estimates[1:]
    theme = document["themes"][0]
    answered = themes.answers(document, theme)
    assert [bar.interval_text != "" for bar in answered.bars] == [False, True]
    assert themes.has_intervals(answered)
    document["survey"][1]["statistics"] = None
    assert not themes.has_intervals(themes.answers(document, theme))
