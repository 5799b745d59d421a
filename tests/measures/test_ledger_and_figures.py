from decimal import Decimal, Inexact
from fractions import Fraction

import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from pipelines.measures import figures_frame, figures_from_frame, plain
from pipelines.measures.classify import FAMILIES, classify
from pipelines.measures.figures import Precision, figures, value_of
from pipelines.measures.ledger import COLUMNS, build, exact_sum, first_reason, join, reasons, tally, total
from schemas.outputs import FIGURE_COLUMNS
from schemas.rulebook import editions, load_edition

from .frames import home, inputs

INDEX = pd.RangeIndex(3)


def flags(*values):
    return pd.Series(list(values), index=INDEX)


def test_the_first_reason_that_holds_wins():
    steps = [(flags(True, False, False), "a"), (flags(True, True, False), "b")]
    assert first_reason(INDEX, steps, "c").tolist() == ["a", "b", "c"]


def test_a_reason_says_what_it_does_to_the_figure():
    records = pd.DataFrame({"id": ["x", "y", "z"], "source_row": [2, 3, 4]})
    lines = build(
        "home",
        records,
        "id",
        flags("P", "P", ""),
        flags("hit", "miss", "out"),
        {"hit": (True, True), "miss": (True, False)},
    )
    assert lines["counted"].tolist() == [True, True, False]
    assert lines["met"].tolist() == [True, False, False]
    assert tuple(lines.columns) == COLUMNS
    assert tally(lines[lines["population"] == "P"]) == (1, 2)


def test_joining_leaves_empty_parts_out_but_keeps_the_columns_of_an_empty_ledger():
    records = pd.DataFrame({"id": ["x"], "source_row": [2]})
    one = build("home", records, "id", pd.Series(["P"]), pd.Series(["hit"]), {"hit": (True, True)})
    assert len(join(one, one.head(0))) == 1
    assert join(one.head(0), one.head(0)).columns.tolist() == list(COLUMNS)
    of_nobody = join(one.head(0).assign(answer=pd.Series([], dtype="str")), one)  # all were turned away
    assert of_nobody["answer"].isna().tolist() == [True]


def test_reasons_are_counted_by_population():
    given_inputs = inputs(
        homes=[home("H1", decent_homes="fails"), home("H2", decent_homes="meets"), home("S1", "LCHO")]
    )
    counts = reasons(classify(given_inputs, given_inputs.edition.measure("RP01")))
    assert counts.to_dict("records") == [
        {"population": "", "reason": "not_lcra", "counted": False, "met": False, "records": 1},
        {"population": "LCRA", "reason": "fails_standard", "counted": True, "met": True, "records": 1},
        {"population": "LCRA", "reason": "meets_standard", "counted": True, "met": False, "records": 1},
    ]


@given(st.lists(st.decimals(min_value=0, max_value=1000, allow_nan=False, places=9), max_size=50))
def test_decimal_weights_are_summed_exactly(weights):
    assert exact_sum(pd.Series([str(w) for w in weights], dtype="str")) == sum(
        map(Fraction, weights), Fraction(0)
    )


def test_a_sum_that_cannot_be_exact_raises():
    with pytest.raises(Inexact):
        exact_sum(pd.Series(["1e300", "1e-300"]))


def test_lines_without_weights_are_counted():
    assert total(pd.DataFrame({"met": [True, True]})) == 2


@pytest.mark.parametrize(
    ("number", "expected"),
    [(None, None), (Fraction(4), 4), (Fraction(1, 8), Decimal("0.125")), (Fraction(250, 4), Decimal("62.5"))],
)
def test_exact_counts_print_exactly(number, expected):
    assert plain(number) == expected


def test_a_count_without_a_decimal_form_raises():
    with pytest.raises(Inexact):
        plain(Fraction(1, 3))


def test_rates_are_per_thousand_and_shares_per_hundred():
    edition = load_edition("2024-25")
    assert str(value_of(Fraction(1), Fraction(3), edition.measure("TP01"))) == "33.3"
    assert str(value_of(Fraction(1), Fraction(3), edition.measure("CH01_1"))) == "333.3"


@pytest.mark.parametrize("year", editions())
def test_every_measure_of_every_edition_is_classified_and_reported(year):
    empty = inputs(year, homes=[])
    ledgers = {measure.key: classify(empty, measure) for measure in empty.edition.measures}
    reported = figures(ledgers, empty.stock, empty.edition)
    assert {figure.measure for figure in reported} == {measure.key for measure in empty.edition.measures}
    assert {figure.status for figure in reported} <= {"not_applicable", "not_required"}
    assert all(figure.value is None and figure.reason for figure in reported)


def test_a_reason_that_the_rulebook_does_not_list_never_reaches_a_figure(monkeypatch):
    given_inputs = inputs()
    measure = given_inputs.edition.measure("RP01")
    lines = classify(given_inputs, measure).assign(reason="because")
    monkeypatch.setitem(FAMILIES, "decent_homes", lambda *_: lines)
    with pytest.raises(ValueError, match="because"):
        classify(given_inputs, measure)


def test_the_figures_table_gives_the_figures_back():
    answers = [
        {
            "response_id": f"V{n}",
            "tenure": "LCRA",
            "completed_on": pd.Timestamp("2024-10-01"),
            "method": "sms",
            "TP01": "VS",
            "TP05": "NADK",
        }
        for n in range(3)
    ]
    given_inputs = inputs(survey_responses=answers, weights={"LCRA": {f"V{n}": "1.25" for n in range(3)}})
    ledgers = {measure.key: classify(given_inputs, measure) for measure in given_inputs.edition.measures}
    precision = {("TP01", "LCRA"): Precision(0.1 + 0.2, None, 2.5, 43.8, 100.0, 100.0)}
    reported = figures(ledgers, given_inputs.stock, given_inputs.edition, precision)
    table = figures_frame(reported)
    assert tuple(table.columns) == FIGURE_COLUMNS
    first = table.iloc[0]
    assert (first["measure"], first["numerator"], first["value"], first["very_satisfied"]) == (
        "TP01",
        "3.75",
        "100.0",
        "3.75",
    )
    assert figures_from_frame(table) == reported


def test_where_a_record_stood_and_what_was_done_to_it_is_kept():
    records = pd.DataFrame({"id": ["A"], "source_row": [2], "source_file": ["a.csv"], "correction": ["x"]})
    lines = build("repair", records, "id", pd.Series(["LCRA"]), pd.Series(["met"]), {"met": (True, True)})
    assert lines.loc[0, ["source_file", "correction"]].tolist() == ["a.csv", "x"]
