"""The web pages: everything that must be published is there, and untrusted text is only text."""

from __future__ import annotations

from html.parser import HTMLParser

import pytest

from pipelines.publications import findings_html, tenants_html
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
    return Reader(tenants_html(document)), Reader(findings_html(document, documents.findings()))


def test_every_measure_with_its_value_and_its_counts(plain, tenants):
    for measure in plain["measures"]:
        assert f"{measure['title']} {measure['label']}" in tenants.text
    for figure in plain["figures"]:
        assert figure["value_text"] in tenants.text
    assert "365 of the 512 people who answered were satisfied." in tenants.text
    assert "375 of the 502 people who answered agreed." in tenants.text  # TP08 asks for agreement
    assert ": 2,633." in tenants.text
    assert ".:" not in tenants.text
    assert "No stage two complaint was made in the year" in tenants.text


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
        assert all(target.startswith("#") for target in reader.targets)
        assert {target[1:] for target in reader.targets} <= set(reader.ids)
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
