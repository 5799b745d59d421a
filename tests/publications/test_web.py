"""The web pages: everything that must be published is there, and untrusted text is only text."""

from __future__ import annotations

import re
from html.parser import HTMLParser

import pytest

from pipelines.publications import (
    RenderError,
    content,
    findings_html,
    tenants_embed_html,
    tenants_html,
)
from pipelines.publications.fonts import TEMPLATES
from pipelines.publications.tenants import asked, glance, moved, named, results
from tests.publications import document as documents

VOID = {"meta", "br", "col", "rect"}


class Reader(HTMLParser):
    """The text, the tags and the ids of a page; `wrong` lists tags that do not pair."""

    def __init__(self, content: bytes):
        super().__init__()
        self.tags, self.ids, self.targets, self.text = set(), [], [], []
        self.attributes, self.open, self.wrong = [], [], []
        self.feed(content.decode("utf-8"))
        self.close()
        self.wrong += self.open
        self.text = " ".join("".join(self.text).split())

    def handle_starttag(self, tag, attrs):
        self.tags.add(tag)
        self.attributes += [name for name, _ in attrs]
        given = dict(attrs)
        self.ids += [given["id"]] if "id" in given else []
        self.targets += [given["href"]] if "href" in given else []
        if tag not in VOID:
            self.open.append(tag)

    def handle_startendtag(self, tag, attrs):
        self.handle_starttag(tag, attrs)
        if tag not in VOID:
            self.open.pop()

    def handle_endtag(self, tag):
        if not self.open or self.open.pop() != tag:
            self.wrong.append(tag)

    def handle_data(self, data):
        if "style" not in self.open:
            self.text.append(data)


@pytest.fixture
def tenants(plain):
    return Reader(tenants_html(plain))


@pytest.fixture(params=["plain", "hostile", "empty", "crowded"])
def any_page(request):
    document = {
        "plain": documents.build,
        "hostile": lambda: documents.build(name=documents.HOSTILE_NAME, text=documents.HOSTILE_TEXT),
        "empty": documents.empty,
        "crowded": documents.crowded,
    }[request.param]()
    return (
        Reader(tenants_html(document)),
        Reader(tenants_embed_html(document)),
        Reader(findings_html(document, documents.findings())),
    )


def test_every_measure_with_its_value_and_its_counts(plain, tenants):
    for measure in plain["measures"]:
        assert f"{measure['title']} {measure['label']}" in tenants.text
        if measure["kind"] != "perception":
            assert f"{measure['denominator_text']} {measure['numerator_text']}" in tenants.text
    for figure in plain["figures"]:
        assert figure["value_text"] in tenants.text
    # The LCRA survey is weighted, the LCHO one is not; TP08 asks for agreement.
    assert "365 of 512 answers were satisfied, weighted to stand for all households." in tenants.text
    assert "105 of the 197 people who answered agreed." in tenants.text
    assert "2,633 of the 2,634 homes that need gas safety checks had all of them." in tenants.text
    assert "No stage two complaint was made in the year" in tenants.text


def test_a_rounded_hundred_or_nought_does_not_hide_a_home():
    document = documents.build()
    figures = {each["measure"]: each for each in document["figures"]}
    figures["BS01"] |= {"value": 100.0, "value_text": "100.0%"}
    figures["RP01"] |= {"value": 0.0, "value_text": "0.0%", "numerator": 1}
    text = Reader(tenants_html(document)).text
    assert text.count("Rounded to 100%, but not every one.") == 1  # BS02 is 1,114 of 1,114
    assert text.count("Rounded to 0%, but not none.") == 1
    figures["BS01"]["numerator"], figures["RP01"]["numerator"] = figures["BS01"]["denominator"], 0
    assert "Rounded to" not in Reader(tenants_html(document)).text


def test_the_summary_names_the_best_and_the_worst(plain):
    best, worst = named(plain, best=True), named(plain, best=False)
    assert [each.label for each in best] == ["TP05", "TP02", "TP08"]
    assert [each.label for each in worst] == ["TP09", "TP12", "TP06"]
    assert named(documents.empty(), best=True) == []
    few = documents.build()
    few["figures"] = [each for each in few["figures"] if each["measure"] in ("TP01", "TP02", "TP05", "BS01")]
    assert named(few, best=True) == []


def test_the_table_of_all_results_has_every_figure_once_in_its_column(plain):
    measures = content.measures_by_key(plain)
    rows = {row.label: row for row in glance(plain, list(measures), ["LCRA", "LCHO"])}
    assert rows["TP01"].cells == ("71.3%", "49.0%")
    assert rows["TP02"].cells == ("76.1%", "Not asked")
    assert rows["RP01"].cells == ("1.6%", "–")
    assert rows["BS01"].cells == ("100.0%",)
    assert rows["BS01"].together
    assert rows["CH01 (1)"].cells == ("53.9", "36.3")
    assert rows["CH01 (1)"].title.endswith(", per 1,000 homes")
    assert rows["CH02 (2)"].cells == ("77.3%", "No cases")


def test_questions_that_two_surveys_share_stand_once(plain):
    first, second = asked(plain)
    assert [each["key"] for each in first.new] == [f"TP{number:02}" for number in range(1, 13)]
    assert second.new == ()
    assert second.again == tuple(each["key"] for each in plain["survey"][1]["questions"])
    other = documents.build()
    other["survey"][1]["questions"][0]["question"] = "Another question?"
    assert [each["key"] for each in asked(other)[1].new] == ["TP01"]


# --- beside last year ---------------------------------------------------------------------------------


def changed(*moves):
    """The document with these changes, each (measure, population, change, direction, significant)."""
    document = documents.build()
    document["comparison"]["changes"] = [
        {"measure": measure, "population": population, "last_year": 71.0, "last_year_text": "71.0%",
         "change": change, "change_text": f"{change:+} percentage points", "direction": direction,
         "significant": significant, "text": ""}
        for measure, population, change, direction, significant in moves
    ]  # fmt: skip
    return document


@pytest.mark.parametrize(
    ("move", "said"),
    [
        (("TP01", "LCRA", 2.7, "better", True), "▲ Better than last year: 71.0% last year (+2.7 "),
        (("TP01", "LCHO", -1.2, "worse", False), "● No clear change from last year: 71.0% last year (−1.2 "),
        (("TP05", "LCRA", 0.4, "better", None), "● Not known whether this is more than chance: 71.0% last"),
        (("TP05", "LCRA", 0.0, "same", None), "● Same as last year: 71.0% last year. "),
        (("RP01", "LCRA", 0.2, "worse", None), "▼ Worse than last year: 71.0% last year (+0.2 "),  # no sample
        (
            ("NM01_1", "ALL", 3.0, None, None),
            "● Neither better nor worse than last year: 71.0% last year (+3",
        ),
    ],
)
def test_what_changed_is_said_with_what_it_means(move, said):
    assert said in Reader(tenants_html(changed(move))).text


def test_the_summary_names_the_changes_that_are_more_than_chance():
    document = changed(("TP01", "LCRA", 2.7, "better", True), ("TP02", "LCRA", 2.7, "better", False),
                       ("TP09", "LCRA", -6.0, "worse", True), ("RP01", "LCRA", 1, "worse", None))  # fmt: skip
    assert [each.label for each in moved(document)] == ["TP01", "TP09"]
    assert "more than chance in who answered it can explain" in Reader(tenants_html(changed())).text
    assert "What changed" not in Reader(tenants_html(documents.empty())).text  # nothing to compare with


def test_changes_of_method_are_told_with_what_they_touch():
    document = documents.build()
    methods = document["comparison"]["method_changes"]
    text = Reader(tenants_html(document)).text
    for method in methods:
        assert f"{method['what']} {method['text']} Touches: " in text
    assert "Touches: RP02 (1)" in text
    said = methods[0]["text"]
    methods.clear()
    text = Reader(tenants_html(document)).text
    assert "Nothing is recorded that stands in the way of comparing" in text
    assert said not in text


def test_the_typical_landlord_stands_beside_a_figure(plain):
    (overall,) = (each for each in results(plain, "TP01") if each.who == "Tenants who rent")
    assert overall.typical == "The typical landlord in England: 71.8%."
    document = documents.build()
    document["comparison"]["benchmarks"]["year"] = "2023-24"
    assert results(document, "TP01")[0].typical == "The typical landlord in England in 2023-24: 71.8%."
    document["comparison"]["benchmarks"]["figures"] = []
    assert "typical" not in Reader(tenants_html(document)).text


def test_the_questionnaire_as_it_was_sent_is_printed_where_it_is_a_text():
    document = documents.build()
    document["survey"][0]["questionnaire_file"] = {"text": "Is this all of it?\n  [ ] Yes"}
    document["survey"][1]["questionnaire"] = "shared_owners.pdf"
    text = Reader(tenants_html(document)).text
    assert "Is this all of it? [ ] Yes" in text
    assert "The questionnaire as it was sent is in the file shared_owners.pdf." in text


# --- the short page ------------------------------------------------------------------------------------


def test_the_short_page_has_the_headlines_and_leads_to_the_whole_one(plain):
    page = Reader(tenants_embed_html(plain))
    assert "Tenants who rent 71.3% are satisfied with our service overall" in page.text
    assert "Shared owners 49.0% are satisfied with our service overall" in page.text
    assert "Gas safety checks 100.0%" in page.text
    assert page.targets == ["https://example.org/tsm"]
    assert "All 22 measures" in page.text
    assert len(tenants_embed_html(plain)) < 12_000
    plain_page = Reader(tenants_embed_html(documents.empty()))
    assert plain_page.targets == ["tenants.html"]
    assert "No figure of overall satisfaction is reported this year." in plain_page.text


@pytest.mark.parametrize(
    "url", ["javascript:alert(1)", "https://x/' onclick='y", "//x", "file:///etc/passwd", ""]
)
def test_no_link_leads_where_only_a_text_was_meant(url):
    document = documents.build()
    document["publication"]["url"] = url
    assert Reader(tenants_embed_html(document)).targets == ["tenants.html"]
    assert {target[0] for target in Reader(tenants_html(document)).targets} == {"#"}


def test_every_rule_of_the_short_page_stays_inside_it():
    css = re.sub(r"/\*.*?\*/", "", (TEMPLATES / "embed.css").read_text(encoding="utf-8"), flags=re.DOTALL)
    selectors = [each.strip() for group in re.findall(r"([^{}]+)\{", css) for each in group.split(",")]
    outside = [each for each in selectors if not each.startswith(("@media", ".tsm-embed", "html.tsm-frame"))]
    assert outside == []
    assert len(selectors) > 20


# --- the landlord's own look ---------------------------------------------------------------------------

SQUARE = (
    "PHN2ZyB4bWxucz0iaHR0cDovL3d3dy53My5vcmcvMjAwMC9zdmciIHZpZXdC"
    "b3g9IjAgMCA5IDkiPjxwYXRoIGQ9Ik0wIDBoOXY5eiIvPjwvc3ZnPg=="
)


def branded(**given):
    document = documents.build()
    logo = {"file": "logo.svg", "media_type": "image/svg+xml", "data": SQUARE, "alt": "Logo of Example Homes"}
    document["landlord"]["branding"] = {"colour": "#0B5394", "accent": None, "logo": logo, **given}
    return document


def test_the_landlords_colour_and_logo_are_its_own():
    page, short = tenants_html(branded()).decode(), tenants_embed_html(branded()).decode()
    assert ":root { --accent: #0B5394; --bar: #0B5394; }" in page
    assert ".tsm-embed:not(#_):not(#_) { --tsm-accent: #0B5394; }" in short
    assert f'src="data:image/svg+xml;base64,{SQUARE}" alt="Logo of Example Homes"' in page
    assert "img-src data:" in page
    bare = tenants_html(branded(colour=None, logo=None)).decode()
    assert bare == tenants_html(documents.build()).decode()
    assert "<img" not in bare
    assert "img-src" not in bare


def test_what_is_no_colour_never_comes_into_a_style():
    for colour in ("red", "#0b5394", "#0B5394; } body { display: none", "url(http://192.0.2.1)"):
        for make in (tenants_html, tenants_embed_html):
            with pytest.raises(RenderError, match="no colour"):
                make(branded(colour=colour))


# --- what must be published ----------------------------------------------------------------------------


def test_what_must_be_published_beside_the_figures(plain, tenants):
    for target in plain["repairs"]["targets"]:
        assert target["text"] in tenants.text
    for limit in plain["complaints"]["timescales"]:
        assert limit["text"] in tenants.text
    for survey in plain["survey"]:
        for item in survey["items"]:
            said = "Not stated yet." if item["missing"] else item["text"]
            assert f"{item['title']}. {said}" in tenants.text
        for question in survey["questions"]:
            assert question["question"] in tenants.text
            assert question["filter_question"] is None or question["filter_question"] in tenants.text
            assert "Answers: " + "; ".join(question["answers"]) in tenants.text
        assert survey["accuracy"]["text"] in tenants.text
        assert survey["weighting_text"] in tenants.text


def test_tenants_are_told_how_close_the_result_is():
    document = documents.build()
    document["survey"][1]["statistics"] = None
    told = "overall satisfaction would very likely have been somewhere from"
    (lcra,) = (
        each["interval_text"]
        for each in document["survey"][0]["statistics"]["estimates"]
        if each["measure"] == "TP01"
    )
    text = Reader(tenants_html(document)).text
    assert f"{told} {lcra}." in text
    assert text.count(told) == 1
    document["survey"][0]["statistics"]["estimates"] = []
    assert told not in Reader(tenants_html(document)).text


def test_draft_and_provisional_are_said():
    draft = Reader(tenants_html(documents.build(provisional=True)))
    final = Reader(tenants_html(documents.build(draft=False)))
    assert "Draft: not for publication yet" in draft.text
    assert "Provisional rules." in draft.text
    assert "Draft" not in final.text
    assert "Provisional rules." not in final.text


def test_the_page_stands_alone_and_runs_nothing(any_page):
    for reader in any_page:
        assert not reader.tags & {"script", "img", "link", "iframe", "object", "image", "form"}
        assert not [name for name in reader.attributes if name.startswith("on") or name in {"src", "style"}]
        inside = [target for target in reader.targets if target.startswith("#")]
        assert set(reader.targets) - set(inside) <= {"https://example.org/tsm", "tenants.html"}
        assert {target[1:] for target in inside} <= set(reader.ids)
        assert len(reader.ids) == len(set(reader.ids))
        assert reader.wrong == []


def test_hostile_text_is_shown_as_it_was_written(hostile):
    content = tenants_html(hostile).decode("utf-8")
    assert "&lt;script&gt;alert(1)&lt;/script&gt; &amp; Sons" in content
    assert "\u202e" not in content
    assert "\x07" not in content
    assert "default-src &#39;none&#39;" in content or "default-src 'none'" in content


def test_the_reader_sees_a_planted_fault():
    reader = Reader(b"<p id=a><b>x</p><img src=x onload=y>")
    assert reader.wrong
    assert "img" in reader.tags
    assert "onload" in reader.attributes
