"""The page of all returns: every landlord with its status in word and shape, sorted, without a script."""

from __future__ import annotations

from pipelines.publications.index import STATUSES, index_html
from tests.publications import document as documents
from tests.publications.test_web import Reader


def entry(**given):
    links = [{"name": "Return (PDF)", "path": "L0001/2024-25/return.pdf"}]
    return {
        "code": "L0001", "name": "Example Homes Limited", "year": "2024-25", "status": "draft",
        "text": "Nobody has approved this return yet.", "problem": "", "to_confirm": 2,
        "missing": ["The questionnaire of the LCHO survey."], "deadline": "2025-06-30",
        "figures": [{"label": "TP01", "population": "LCRA", "value_text": "71.3%"},
                    {"label": "TP01", "population": "LCHO", "value_text": "49.0%"},
                    {"label": "BS01", "population": "ALL", "value_text": "100.0%"}],
        "acts": [], "revisions": [], "links": links, "withheld": [],
    } | given  # fmt: skip


def every_status():
    """An entry of each status and a year before, one landlord with a hostile name."""
    entries = [entry(code=f"L{number:04}", status=status) for number, status in enumerate(STATUSES, start=1)]
    for each in entries:
        if each["status"] in ("withheld", "none"):
            each |= {"links": [], "to_confirm": None, "missing": [], "figures": [], "deadline": ""}
    entries[0] |= {"problem": "return.json cannot be read.", "name": documents.HOSTILE_NAME}
    entries[1]["withheld"] = [{"name": "Findings", "path": "L0002/2024-25.findings/findings.html"}]
    entries[-1] |= {
        "acts": [{"on": "2025-06-12", "text": documents.HOSTILE_TEXT}],
        "revisions": [
            {"number": number, "text": "", "filed": number == 1,
             "links": [{"name": "Return (PDF)", "path": f"L0008/{number}/return.pdf"}]}
            for number in (1, 2)
        ],
    }  # fmt: skip
    return [*entries, entry(year="2023-24", name="W" * 3000)]


def test_every_status_is_a_word_and_a_shape():
    text = Reader(index_html(every_status())).text
    for word, shape, _ in STATUSES.values():
        assert f"{shape}{word}" in text
        assert f"{shape} {word}: 1 landlord" in text
    assert len({shape for _, shape, _ in STATUSES.values()}) == len(STATUSES)


def test_a_landlord_has_its_figures_what_is_open_and_its_files():
    page = Reader(index_html([entry()]))
    assert "TP01 71.3% LCRA, 49.0% LCHO BS01 100.0%" in page.text
    assert "2 findings to confirm 1 item missing" in page.text
    assert "The questionnaire of the LCHO survey." in page.text
    assert "Due by 30 June 2025" in page.text
    assert "L0001/2024-25/return.pdf" in page.targets
    assert "Return (PDF), Example Homes Limited 2024-25" in page.text  # a link says whose


def test_history_has_the_acts_and_the_revisions():
    last = every_status()[-2] | {"acts": [{"on": "2025-06-12", "text": "Jo Bloggs, Chair, approved it"}]}
    text = Reader(index_html([last])).text
    assert "12 June 2025: Jo Bloggs, Chair, approved it" in text
    assert "First return (filed): " in text
    assert "Revision 2: " in text
    assert "History" not in Reader(index_html([entry()])).text


def test_a_return_that_is_not_there_says_what_to_do():
    text = Reader(index_html(every_status())).text
    assert "Something must be put right first: see the findings." in text
    assert "tsm run L0003 2024-25" in text
    assert "return.json cannot be read. tsm verify L0001 2024-25 says more." in text
    both = entry(withheld=[{"name": "Findings", "path": "x/findings.html"}])
    assert "A later run was withheld: Findings" in Reader(index_html([both])).text
    assert "There is no landlord here yet" in Reader(index_html([])).text


def test_the_page_stands_alone_and_its_links_stay_among_the_returns():
    hostile = entry(links=[{"name": "x", "path": 'L0001/"onclick=a/../return.pdf'}])
    for entries in (every_status(), [hostile]):
        page = Reader(index_html(entries))
        assert not page.tags & {"script", "img", "link", "iframe", "object", "form"}
        assert not [name for name in page.attributes if name.startswith("on") or name in {"src", "style"}]
        assert page.wrong == []
        assert len(page.ids) == len(set(page.ids))
        assert not [each for each in page.targets if ":" in each or each.startswith("/")]
        assert {each[1:] for each in page.targets if each.startswith("#")} <= set(page.ids)
