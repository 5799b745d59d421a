"""Long tables are cut so that every part fits; text is measured as the typeface draws it."""

from __future__ import annotations

import doctest
import importlib
import random
import re
import xml.etree.ElementTree as ET

import pytest
from markupsafe import Markup

from pipelines.publications.charts import BAR_WIDTH, COLOURS, stacked_bar
from pipelines.publications.fonts import font_face_css, printable, width
from pipelines.publications.pages import paper, stylesheet
from pipelines.publications.tables import (
    CELL_MM,
    FONT_MM,
    MOST_ROWS,
    PART_MM,
    WHOLE_MM,
    Cell,
    Column,
    lines_needed,
    make_table,
    parts,
    row_height,
)
from tests.publications.document import CODES, SAT

COLUMNS = (Column("Name", 30), Column("What", 70))


def test_a_short_table_stays_whole():
    table = make_table("Short", COLUMNS, [("a", "b")] * 3)
    assert parts(table) == (table,)


def test_a_register_is_capped_and_says_how_many_rows_more_there_are():
    table = make_table("Register", COLUMNS, [(f"row {number}", "b") for number in range(MOST_ROWS + 1234)])
    assert len(table.rows) == MOST_ROWS + 1
    assert table.rows[-2][0].text == f"row {MOST_ROWS - 1}"
    assert table.rows[-1][0] == Cell("1,234 more rows", "All of them are in return.json.")
    whole = make_table("Register", COLUMNS, [("a", "b")] * MOST_ROWS)
    assert {row[0].text for row in whole.rows} == {"a"}


@pytest.mark.parametrize(
    "text", ["b", "a longer text that takes several lines of its column " * 6, "W" * 5000]
)
def test_a_long_table_is_cut_into_parts_that_fit_and_lose_nothing(text):
    table = make_table("Long", COLUMNS, [(f"row {number}", text) for number in range(80)])
    pieces = parts(table)
    assert len(pieces) > 1
    assert [piece.part for piece in pieces] == [
        f"part {number} of {len(pieces)}" for number in range(1, len(pieces) + 1)
    ]
    assert tuple(row for piece in pieces for row in piece.rows) == table.rows
    heights = [sum(row_height(COLUMNS, row) for row in piece.rows) for piece in pieces]
    assert max(heights) <= PART_MM
    assert all(piece.columns == COLUMNS for piece in pieces)


def boxes_below(box):
    yield box
    for child in getattr(box, "children", ()):
        yield from boxes_below(child)


def test_rows_are_drawn_no_higher_than_reckoned_and_no_table_crosses_a_page():
    from weasyprint import HTML
    from weasyprint.formatting_structure.boxes import TableBox, TableRowBox

    draw = random.Random(3)  # noqa: S311 - text of all sorts, the same each time
    words = [
        "the",
        "complaint",
        "2024-04-01T00:01",
        "RP02 (1),",
        "W" * 60,
        "i" * 40,
        "records/survey_responses",
    ]
    columns = (Column("A", 12), Column("B", 48), Column("C", 22), Column("D", 18, True))

    def some(most: int) -> str:
        return " ".join(draw.choice(words) for _ in range(draw.randint(1, most)))

    rows = [(Cell(some(3), strong=True), Cell(some(40), note=some(30)), some(6), some(5)) for _ in range(60)]
    table = make_table("Anything", columns, rows)
    source = (
        '{% from "macros.html.j2" import show %}<html lang=en><title>x</title><style>{{ css }}</style>'
        "{{ show(table) }}"
    )
    css = Markup("\n").join([Markup(font_face_css("")), stylesheet("return.css")])  # noqa: S704 - our own
    pages = HTML(string=paper().from_string(source).render(table=table, css=css)).render().pages
    drawn = [box for page in pages for box in boxes_below(page._page_box)]
    assert sum(isinstance(box, TableBox) for box in drawn) == len(parts(table)) > 3
    heights = [box.height * 25.4 / 96 for box in drawn if isinstance(box, TableRowBox)]
    reckoned = [
        height for part in parts(table) for height in (0.0, *(row_height(columns, r) for r in part.rows))
    ]
    pairs = [(high, guess) for high, guess in zip(heights, reckoned, strict=True) if guess]
    assert max(high / guess for high, guess in pairs) < 1.1
    assert 0.85 < sum(high for high, _ in pairs) / sum(guess for _, guess in pairs) <= 1


def test_a_cell_that_no_page_could_hold_is_cut_and_says_so():
    table = make_table("Huge", COLUMNS, [("a", Cell("word " * 100_000, note="W" * 100_000))])
    cell = table.rows[0][1]
    assert "cut here" in cell.text
    assert "cut here" in cell.note
    assert row_height(COLUMNS, table.rows[0]) <= CELL_MM + 4 < PART_MM < WHOLE_MM


def test_a_cell_that_fits_is_not_cut():
    assert make_table("Fits", COLUMNS, [("a", "word " * 30)]).rows[0][1].text == "word " * 30


def test_a_row_of_the_wrong_length_is_an_error():
    with pytest.raises(ValueError, match="'Short': a row has 1 cells for 2 columns"):
        make_table("Short", COLUMNS, [("a",)])


def test_lines_are_counted_by_words_and_by_width():
    assert lines_needed("one two", 100, FONT_MM) == 1
    assert lines_needed("one\ntwo", 100, FONT_MM) == 2
    assert lines_needed("word " * 40, 40, FONT_MM) > 5
    assert lines_needed("W" * 400, 40, FONT_MM) > lines_needed("i" * 400, 40, FONT_MM) > 5
    assert width("W", 10) > width("i", 10) > 0


def test_a_character_without_a_glyph_is_written_as_its_code():
    assert printable("\U0001f600") == "[U+1F600]"
    assert printable("Ŵyn – £5") == "Ŵyn – £5"


def test_the_file_of_the_rarer_letters_is_read_only_where_one_occurs():
    assert "Report Sans Extended" not in font_face_css("Plain – £5 café")
    assert "Report Sans Extended" in font_face_css("Ŵyn")
    assert "Report Sans Extended" in font_face_css("W\u0302yn")  # the same letter in two characters


def segments(counts):
    answers = [
        {"code": code, "label": label, "percent": percent, "percent_text": f"{percent:.1f}%"}
        for code, label, percent in zip(CODES, SAT, counts, strict=True)
    ]
    root = ET.fromstring(stacked_bar(answers, "What <b>it</b> says"))  # noqa: S314 - made a line above
    return (
        root,
        [each for each in root if each.tag.endswith("rect")],
        [e for e in root if e.tag.endswith("text")],
    )


def test_a_bar_fills_its_width_in_the_order_of_the_scale():
    root, drawn, labels = segments([40.0, 30.0, 10.0, 12.0, 8.0])
    assert next(iter(root)).text == "What <b>it</b> says"
    assert [each.get("fill") for each in drawn] == [COLOURS[code][0] for code in CODES]
    starts = [float(each.get("x")) for each in drawn]
    assert starts == [0, 400, 700, 800, 920]
    assert BAR_WIDTH - 5 <= starts[-1] + float(drawn[-1].get("width")) <= BAR_WIDTH
    assert [each.text for each in labels][:2] == ["40.0%", "30.0%"]


def test_an_answer_nobody_gave_takes_no_room_and_a_narrow_one_no_label():
    _, drawn, labels = segments([98.0, 0.0, 0.0, 0.0, 2.0])
    assert len(drawn) == 2
    assert [each.text for each in labels] == ["98.0%"]
    _, drawn, labels = segments([0.0] * 5)
    assert (drawn, labels) == ([], [])


def luminance(colour: str) -> float:
    parts_ = [int(colour[at : at + 2], 16) / 255 for at in (1, 3, 5)]
    red, green, blue = (c / 12.92 if c <= 0.04045 else ((c + 0.055) / 1.055) ** 2.4 for c in parts_)
    return 0.2126 * red + 0.7152 * green + 0.0722 * blue


@pytest.mark.parametrize("code", CODES)
def test_labels_on_the_bar_can_be_read(code):
    dark, light = sorted(luminance(colour) for colour in COLOURS[code])
    assert (light + 0.05) / (dark + 0.05) >= 4.5


@pytest.mark.parametrize("name", ["text", "fonts", "exports", "index"])
def test_the_examples_in_the_docstrings_are_true(name):
    done = doctest.testmod(importlib.import_module(f"pipelines.publications.{name}"))
    assert done.attempted > 0
    assert done.failed == 0


def test_no_data_is_written_into_a_style_or_an_address():
    """A value may stand in a style or an address only where it is a number or a name of our own making."""
    from pipelines.publications.fonts import TEMPLATES

    # `address` has come through text.web_address, which lets nothing by but the address of a web page;
    # address(…) quotes the path of a file of ours, `year` is a folder that has the form of a year, and a
    # logo is let in by pipelines.intake alone.
    ours = (
        "css",
        "logo.source",
        "column.share",
        "section.anchor",
        "loop.index",
        "group.number",
        "address",
        "year",
        "address(each.path)",
    )
    allowed = {f"{{{{ {name} }}}}" for name in ours}
    found = set()
    for template in TEMPLATES.rglob("*.j2"):
        source = template.read_text(encoding="utf-8")
        for attribute in re.findall(r'(?:style|href|src)="([^"]*)"', source):
            found |= set(re.findall(r"{{.*?}}", attribute))
        for style in re.findall(r"<style>(.*?)</style>", source, re.DOTALL):
            found |= set(re.findall(r"{{.*?}}", style))
    assert found
    assert found <= allowed
