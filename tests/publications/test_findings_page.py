"""The findings page: what, how many, which figures and what to do first; then every finding."""

from __future__ import annotations

import re
from typing import Any

import pytest

from pipelines.publications import findings_html
from pipelines.publications.findings import MOST_FIGURES, MOST_ROWS, in_groups, in_short
from tests.publications import document as documents
from tests.publications.test_web import Reader


def effect(measure: str, low: float | None, high: float | None, widest: float | None) -> dict[str, Any]:
    known = low is not None
    return {
        "measure": measure, "population": "LCRA", "name": f"{measure} LCRA", "value": 90.0, "rejected": 1400,
        "ignored": 3, "low": low, "high": high, "value_text": "90.0%", "low_text": f"{low}%" if known else "",
        "high_text": f"{high}%" if known else "", "range_text": f"{low}% to {high}%" if known else "",
        "widest": widest, "text": f"{measure} LCRA is 90.0%: {low}% to {high}%.",
    }  # fmt: skip


def build(**given: Any) -> dict[str, Any]:
    """A document whose groups and figures say how far they could move."""
    document = documents.build(**given)
    repairs, survey, homes = document["findings"]["groups"]
    repairs |= {"moves": [], "moves_text": "RP02 (2) is 97.3%, could be 96.6% to 97.4%", "widest": 0.7}
    survey |= {"moves": [], "moves_text": "TP01 LCRA is 71.3%, could be 69.9% to 72.7%", "widest": 1.4}
    homes |= {"moves": [], "moves_text": "No figure moves.", "widest": None}
    document["findings"]["effects"] = [
        effect("RP02_2", 89.4, 90.1, 0.6), effect("TP01", 87.0, 91.0, 3.0), effect("RP02_1", 90.0, 90.0, 0.0),
        effect("CH02_2", None, None, None),
    ]  # fmt: skip
    return document


def page(document: dict[str, Any], findings: list[dict[str, Any]] | None = None) -> Reader:
    return Reader(findings_html(document, documents.findings() if findings is None else findings))


def test_the_summary_is_read_first_and_says_what_matters():
    text = page(build()).text
    parts = ["1 matter to confirm or put right; 1 other is confirmed.", "1 note for information.",
             "The figure that could move furthest: TP01 LCRA is 90.0%: 87.0% to 91.0%.", "In groups",
             "Figures that could move", "For information", "One by one"]  # fmt: skip
    places = [text.index(part) for part in parts]
    assert places == sorted(places)


def test_a_line_a_group_says_what_how_many_which_figures_how_far_what_to_do_and_who_confirmed():
    text = page(build()).text
    assert (
        "Completed before it was reported Repairs, REP-006 14 (rows 12, 40, 977 and 11 more) "
        "RP02 (2) is 97.3%, could be 96.6% to 97.4% Correct reported_at"
    ) in text
    assert "Confirmed by Jo Example on 2 May 2025: Typing errors of one interviewer." in text


def test_groups_stand_by_gravity_and_then_by_how_far_they_could_move_figures():
    document = build()
    first, second, third = document["findings"]["groups"]
    stop = first | {"finding_id": "REP-903", "grade": "stop", "widest": None}
    unknown = first | {"finding_id": "REP-001", "widest": None}
    document["findings"]["groups"] = [third, unknown, first, second, stop]
    assert [group.finding_id for group in in_groups(document)] == [
        "REP-903", "SUR-011", "REP-006", "REP-001", "HOM-014",
    ]  # fmt: skip


def test_the_figures_that_could_move_stand_the_furthest_first_and_the_others_not_at_all():
    text = page(build()).text
    table = text[text.index("Figures that could move, the furthest first") : text.index("For information")]
    assert re.findall(r"(\S+) LCRA 90\.0% (\S+) (\S+) 1,400 3", table) == [
        ("TP01", "87.0%", "91.0%"), ("RP02_2", "89.4%", "90.1%"),
    ]  # fmt: skip
    assert "RP02_1" not in table
    assert "CH02_2" not in table


def test_a_great_many_figures_are_cut_and_the_page_says_so():
    document = build()
    document["findings"]["effects"] = [effect(f"X{n}", 80.0, 95.0, 10.0) for n in range(MOST_FIGURES + 2)]
    assert "And 2 figures more, which could move less far." in page(document).text


def test_what_is_left_out_may_move_nothing():
    document = build()
    document["findings"]["effects"] = [effect("RP02_1", 90.0, 90.0, 0.0)]
    assert "What is left out moves no figure at one decimal." in in_short(document)
    assert "Figures that could move" not in page(document).text


def test_a_group_without_a_range_names_the_figures_that_it_touches():
    text = page(documents.build()).text
    assert "RP02 (1), RP02 (2) Correct reported_at" in text
    assert "Figures that could move" not in text


def test_stops_come_first_and_say_that_nothing_is_published():
    document = build()
    document["findings"]["groups"] = [group | {"grade": "stop"} for group in document["findings"]["groups"]]
    text = page(document).text
    assert "The return is withheld: 3 matters must be put right first." in text
    assert "Put right: the return is withheld until they are" in text
    assert "For information" not in text


def test_when_all_is_confirmed_the_summary_says_so():
    document = build()
    document["findings"]["groups"] = document["findings"]["groups"][1:2]
    assert in_short(document)[0] == "Nothing is left to confirm: 1 matter confirmed."


def test_a_finding_about_a_whole_file_is_told_in_the_summary_and_one_about_rows_by_its_title():
    document = build()
    document["findings"]["groups"][0] |= {"first_rows": "no single row", "records": 1}
    document["findings"]["groups"][0]["message"] = "repairs.csv is a web page, not a CSV file."
    text = page(document).text
    summary = text[: text.index("One by one")]
    assert "repairs.csv is a web page, not a CSV file." in summary
    assert "The answer is none of the five answers" not in summary


def test_every_finding_stands_under_its_group_with_file_row_column_value():
    text = page(build()).text
    assert "REP-006 Completed before it was reported (Repairs)" in text
    assert "repairs.csv 12 completed_at 2024-05-01T10:00 Repair R12 was completed before" in text
    assert text.index("REP-006 Completed") < text.index("HOM-014 Completed")
    assert "nan" not in text.lower().split()


def test_a_remedy_of_its_own_is_told_with_its_finding():
    rows = documents.findings()
    rows[1]["remedy"] = "Ask the contractor."
    text = page(build(), rows).text
    assert text.count("Ask the contractor.") == 1
    assert text.count("Correct the dates.") == 2  # once a group


def test_a_group_links_to_its_findings_and_only_where_there_are_any():
    reader = page(build())
    assert set(reader.targets) == {"#content", "#g2", "#g3"}  # SUR-011 has no finding in the list
    assert {"content", "g2", "g3"} <= set(reader.ids)


def test_a_finding_of_no_group_is_listed_last():
    rows = [documents.findings()[0] | {"finding_id": "AAA-001", "table": None}, *documents.findings()]
    reader = page(build(), rows)
    assert reader.text.index("AAA-001") > reader.text.index("HOM-014 Completed")
    assert len(reader.ids) == len(set(reader.ids))


def test_a_great_many_findings_of_one_group_are_cut_and_the_page_says_so():
    rows = [*documents.findings()[:1] * (MOST_ROWS + 1), documents.findings()[2]]
    text = page(build(), rows).text
    assert f"The first {MOST_ROWS} of {MOST_ROWS + 1}. All of them are in findings.csv." in text
    assert text.count("Repair R12 was completed") == MOST_ROWS
    assert "homes.csv 3" in text  # the other group is whole


def test_no_findings_is_said():
    reader = Reader(findings_html(documents.empty(), []))
    assert "No findings." in reader.text
    assert "In groups" not in reader.text


@pytest.fixture(params=["plain", "hostile", "crowded"])
def any_page(request) -> tuple[Reader, str]:
    document = {
        "plain": build,
        "hostile": lambda: build(name=documents.HOSTILE_NAME, text=documents.HOSTILE_TEXT),
        "crowded": documents.crowded,
    }[request.param]()
    if request.param == "hostile":
        for group in document["findings"]["groups"]:
            group |= {"moves_text": documents.HOSTILE_TEXT, "title": documents.HOSTILE_TEXT}
            group |= {"remedy": documents.HOSTILE_TEXT, "first_rows": "no single row"}
        document["findings"]["effects"][0] |= {"name": documents.HOSTILE_TEXT, "text": documents.HOSTILE_TEXT}
    content = findings_html(document, documents.findings())
    return Reader(content), content.decode("utf-8")


def test_the_page_runs_nothing_asks_for_nothing_and_shows_text_as_text(any_page):
    reader, content = any_page
    assert not reader.tags & {"script", "img", "link", "iframe", "object", "image", "form"}
    assert not [name for name in reader.attributes if name.startswith("on") or name in {"src", "style"}]
    assert {target[1:] for target in reader.targets} <= set(reader.ids)
    assert reader.wrong == []
    assert "default-src 'none'" in content
    assert content.startswith("<!DOCTYPE html>")
    assert "\x07" not in content
    assert "\u202e" not in content


def test_each_table_can_be_read_aloud_and_on_a_narrow_screen(any_page):
    """A stacked table keeps its meaning by roles, and each cell says the name of its column."""
    _, content = any_page
    tables = re.findall(r"<table.*?</table>", content, re.DOTALL)
    assert tables
    for table in tables:
        assert table.startswith('<table role="table">\n<caption>')
        heads = re.findall(r"<th role=\"columnheader\" scope=\"col\"", table)
        rows = re.findall(r"<tr role=\"row\"><th role=\"rowheader\" scope=\"row\">.*?</tr>", table, re.DOTALL)
        assert rows
        for row in rows:
            assert row.count("<td ") == row.count('<td role="cell" data-name="') == len(heads) - 1
    assert "max-width: 46rem" in content
    assert content.count("<h1>") == 1
