"""The web pages in a browser: for a screen reader, by keyboard, at 400% zoom, in the dark and on paper."""

from __future__ import annotations

import os

import pytest

from pipelines.publications import findings_html, tenants_embed_html, tenants_html
from pipelines.publications.index import index_html
from tests.publications import browser as driven
from tests.publications import document as documents
from tests.publications.browser import tab_stops, too_wide, violations
from tests.publications.test_index import every_status
from tests.publications.test_web import branded


def with_everything(document):
    """The document with the text of a questionnaire, the landlord's colour and its logo."""
    document["survey"][0]["questionnaire_file"] = {"text": "Is this all of it?\n  [ ] Yes\n  [ ] No"}
    document["landlord"]["branding"] = branded()["landlord"]["branding"]
    return document


DOCUMENTS = {
    "plain": lambda: with_everything(documents.build(provisional=True)),
    "hostile": lambda: documents.build(
        name=documents.HOSTILE_NAME, text=documents.HOSTILE_TEXT, provisional=True
    ),
    "empty": documents.empty,
    "combined": documents.combined,
    "crowded": documents.crowded,
}
PAGES = {
    "tenants": tenants_html,
    "embed": tenants_embed_html,
    "findings": lambda document: findings_html(document, documents.findings()),
}
NARROW = {"viewport": driven.ZOOMED}


@pytest.fixture(scope="module")
def browser():
    with driven.running() as started:
        yield started


def test_a_browser_that_only_points_to_another_package_is_none(tmp_path, monkeypatch):
    monkeypatch.setenv("PATH", str(tmp_path), prepend=os.pathsep)
    for name, status in (("one-that-points", 1), ("one-that-works", 0)):
        (tmp_path / name).write_text(f"#!/bin/sh\nexit {status}\n", encoding="utf-8")
        (tmp_path / name).chmod(0o755)
    assert driven.chromium(("not-there", "one-that-points")) is None
    assert driven.chromium(("one-that-points", "one-that-works")) == str(tmp_path / "one-that-works")


@pytest.fixture(scope="module")
def pages():
    """Every page of every document, made once, and the index of all returns."""
    made = {name: make() for name, make in DOCUMENTS.items()}
    found = {(page, name): make(made[name]) for page, make in PAGES.items() for name in made}
    return found | {("index", "plain"): index_html(every_status()), ("index", "empty"): index_html([])}


CASES = [*((page, name) for page in PAGES for name in DOCUMENTS), ("index", "plain"), ("index", "empty")]
ALL_PAGES = (*PAGES, "index")


@pytest.mark.parametrize(("page", "name"), CASES)
def test_nothing_is_wrong_with_a_page_at_400_percent(browser, pages, page, name):
    """At that zoom a page is 320 pixels wide: nothing sticks out, and axe-core finds no violation."""
    it = browser.show(pages[page, name], **NARROW)
    assert too_wide(it) == []
    assert violations(it) == []
    assert [each for each in it.asked if not each.startswith("data:")] == ["page.html"]
    assert it.said == []


@pytest.mark.parametrize("page", ALL_PAGES)
def test_every_text_stands_out_from_its_ground_by_day_and_in_the_dark(browser, pages, page):
    """On a page with every mark: draft, provisional, better, worse."""
    colours = []
    for dark in (False, True):
        it = browser.show(pages[page, "plain"], dark=dark)
        assert violations(it, "color-contrast") == []
        colours.append(it.look("getComputedStyle(document.querySelector('h2')).color"))
    assert colours[0] != colours[1]


@pytest.mark.parametrize("page", ALL_PAGES)
def test_the_tab_key_goes_through_the_page_in_order_and_shows_where(browser, pages, page):
    it = browser.show(pages[page, "plain"], **NARROW)
    stops, faults = tab_stops(it)
    assert faults == []
    assert len(stops) >= (1 if page == "embed" else 3)


@pytest.mark.parametrize("page", ["tenants", "findings", "index"])
def test_the_first_stop_skips_to_the_content(browser, pages, page):
    it = browser.show(pages[page, "plain"], **NARROW)
    it.page.keyboard.press("Tab")
    assert it.look("document.activeElement.className") == "skip"
    it.page.keyboard.press("Enter")
    it.page.keyboard.press("Tab")
    assert it.look("document.querySelector('main').contains(document.activeElement)")
    top = it.look("document.querySelector('main').getBoundingClientRect().top")
    assert top < driven.ZOOMED["height"]


def test_a_wide_table_scrolls_by_keyboard_in_a_region_with_a_name(browser, pages):
    it = browser.show(pages["tenants", "plain"], **NARROW)
    region = it.page.get_by_role("region", name="What people answered: tenants who rent")
    region.focus()
    assert not it.becomes("document.activeElement.scrollLeft > 0", seconds=0)
    it.page.keyboard.press("ArrowRight")
    assert it.becomes("document.activeElement.scrollLeft > 0")


MOVING = """[...document.querySelectorAll('*')].filter(each => {
    const style = getComputedStyle(each);
    return style.animationName !== 'none' || parseFloat(style.transitionDuration) > 0
        || style.scrollBehavior !== 'auto';
}).length"""


@pytest.mark.parametrize("page", ALL_PAGES)
def test_nothing_moves_whether_a_reader_asks_for_that_or_not(browser, pages, page):
    for motion in (True, False):
        it = browser.show(pages[page, "plain"], motion=motion)
        assert it.look(MOVING) == 0


def test_paper_is_white_and_has_everything_but_the_navigation(browser, pages):
    it = browser.show(pages["tenants", "plain"], dark=True)
    it.page.emulate_media(media="print")
    assert it.look("getComputedStyle(document.documentElement).backgroundColor") == "rgb(255, 255, 255)"
    assert not it.page.get_by_role("navigation").is_visible()
    assert not it.page.locator(".skip").is_visible()
    assert it.page.get_by_text("Is this all of it?").is_visible()  # inside what is folded on a screen
    assert it.look("document.querySelector('.scroll').clientWidth >= 600")
    it.page.set_viewport_size({"width": 680, "height": 960})  # an A4 page between its margins
    assert too_wide(it) == []
    it = browser.show(pages["tenants", "plain"])
    assert not it.page.get_by_text("Is this all of it?").is_visible()
    assert it.page.pdf().startswith(b"%PDF-")


# --- the short page in somebody else's page ---------------------------------------------------------------

HOST = """<!DOCTYPE html><html lang="en-GB"><head><title>A host</title><style>
* { letter-spacing: 3px }
body { font: 20px/3 serif; color: #222; background: #fff }
#content h2, #content p, #content li, #content strong { color: #eee; text-transform: uppercase; margin: 40px }
#content a { color: #eee; background: #fff; text-decoration: none }
ul { list-style: square; columns: 3 }
</style></head><body><main id="content"><h1>Ours</h1><h2 id="own">Own</h2><ul><li>One</li></ul>
%s</main></body></html>"""
HOSTS_STYLE = """() => [...document.querySelectorAll('h1, #own, main > ul, main > ul > li')].map(each => {
  const style = getComputedStyle(each);
  return [style.color, style.fontSize, style.margin, style.listStyleType, style.letterSpacing];
})"""


def _pasted(page: bytes) -> str:
    text = page.decode()
    start = text.index("<section")
    return text[start : text.index("</section>") + len("</section>")]


def test_the_pasted_part_neither_changes_the_page_around_it_nor_takes_its_looks(browser, pages):
    fragment = _pasted(pages["embed", "plain"])
    it = browser.show(HOST % "")
    before = it.look(HOSTS_STYLE)
    it = browser.show(HOST % fragment, dark=True, **NARROW)
    assert it.look(HOSTS_STYLE) == before
    style = "what => { const s = getComputedStyle(document.querySelector('.tsm-embed ' + what)); return "
    assert it.look(style + "[s.color, s.textTransform, s.letterSpacing] }", "h2") == [
        "rgb(18, 67, 109)",
        "none",
        "normal",
    ]
    assert it.look(style + "s.color }", "a") == "rgb(18, 67, 109)"
    assert it.look(style + "[s.listStyleType, s.columnCount] }", "ul") == ["none", "auto"]
    assert violations(it, "color-contrast", part=".tsm-embed") == []


def test_the_short_page_works_in_a_frame(browser, pages):
    host = """<!DOCTYPE html><html lang="en-GB"><title>A host</title><main><h1>Ours</h1>
        <iframe title="Tenant Satisfaction Measures" src="embed.html" width="300" height="900"></iframe>
        </main>"""
    it = browser.show(host, **NARROW, embed=pages["embed", "plain"])
    inner = it.page.frame_locator("iframe")
    assert inner.get_by_role("heading", name="How we did in 2024-25").is_visible()
    assert inner.get_by_role("link").get_attribute("href") == "https://example.org/tsm"
    assert violations(it) == []
    assert it.said == []


# --- these tests can fail ---------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("rule", "old", "new"),
    [
        ("html-has-lang", '<html lang="en-GB">', "<html>"),
        ("document-title", "<title>", "<title hidden></title><title-not>"),
        ("image-alt", "</main>", '<img src="data:,"></main>'),
        ("color-contrast", "--mark: #801650", "--mark: #b0b0b0"),
        ("label", "</main>", "<input></main>"),
        ("scrollable-region-focusable", 'role="region" tabindex="0"', 'role="region"'),
        ("meta-viewport", "initial-scale=1", "user-scalable=no"),
    ],
)
def test_a_planted_violation_is_found(browser, pages, rule, old, new):
    page = pages["tenants", "plain"].decode()
    assert old in page
    it = browser.show(page.replace(old, new), **NARROW)
    assert {each.split(":")[0] for each in violations(it, rule)} == {rule}


def test_planted_width_focus_motion_and_requests_are_found(browser, pages):
    page = pages["tenants", "plain"].decode()
    wide = page.replace("</h1>", '</h1><div style="width: 400px">wide</div>')
    it = browser.show(wide, **NARROW)
    assert too_wide(it)
    bare = page.replace("</style>", "a:focus-visible { outline: none !important }</style>")
    it = browser.show(bare, **NARROW)
    assert any("no ring" in each for each in tab_stops(it)[1])
    moving = page.replace("</style>", "a { transition: color 2s }</style>")
    it = browser.show(moving)
    assert it.look(MOVING)
    turned = page.replace('<main id="main" tabindex="-1">', '<main><a href="#main" tabindex="5">x</a>')
    it = browser.show(turned, **NARROW)
    assert any("order" in each for each in tab_stops(it)[1])
    free = page.replace("default-src 'none';", "").replace("; img-src data:", "")
    loud = free.replace("</main>", '<img src="x.png" alt="x"></main>')
    it = browser.show(loud)
    assert it.asked == ["page.html", "x.png"]
    assert it.said
