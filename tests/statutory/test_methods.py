"""Responses by method, TP01 before weighting, and the STAR questions beside the TSMs."""

from __future__ import annotations

import pandas as pd
import pytest

from pipelines.statutory.methods import by_method, star_summary, unweighted_tp01
from schemas.rulebook import load_edition
from tests.statutory.builders import responses

EDITION = load_edition("2024-25")
SETTINGS = EDITION.resolve_settings({})


def said(**answers: list[str | None]) -> pd.DataFrame:
    """Responses with the given answers to TP01 (and other columns), by telephone unless told otherwise."""
    count = len(next(iter(answers.values())))
    frame = responses("LCRA", count).assign(method="telephone")
    for name, values in answers.items():
        frame[name] = values
    return frame


def test_methods_stand_in_the_forms_order_and_add_up() -> None:
    rows = by_method(responses("LCRA", 540), EDITION, SETTINGS, weighted=False)
    assert [(row["method"], row["responses"]) for row in rows] == [("telephone", 360), ("internet", 180)]
    assert [row["label"] for row in rows] == ["Telephone", "Internet"]


@pytest.mark.parametrize(("count", "suppressed"), [(49, True), (50, False)])
def test_tp01_is_suppressed_below_the_minimum(count: int, suppressed: bool) -> None:
    row = by_method(said(TP01=["VS"] * count), EDITION, SETTINGS, weighted=False)[0]
    assert row["suppressed"] is suppressed
    assert (row["tp01_value"] is None) is suppressed
    assert row["tp01_text"] == ("Not shown: fewer than 50 responses" if suppressed else "100.0%")


def test_the_minimum_is_a_setting() -> None:
    settings = EDITION.resolve_settings({"mode_minimum_responses": 3})
    assert (
        by_method(said(TP01=["VS", "VD", None]), EDITION, settings, weighted=False)[0]["tp01_value"] == 50.0
    )


def test_a_method_that_nobody_answered_tp01_by() -> None:
    row = by_method(said(TP01=[None] * 60), EDITION, SETTINGS, weighted=False)[0]
    assert (row["tp01_value"], row["tp01_text"], row["suppressed"]) == (None, "No answers", False)


def test_tp01_by_method_uses_the_weights_where_there_are_any() -> None:
    frame = said(TP01=["VS"] * 30 + ["VD"] * 30, weight=["0.5"] * 30 + ["1.5"] * 29 + [None])
    assert by_method(frame, EDITION, SETTINGS, weighted=False)[0]["tp01_value"] == 50.0
    # 15 of 58.5, the blank weight counting nothing.
    assert by_method(frame, EDITION, SETTINGS, weighted=True)[0]["tp01_value"] == 25.6


def test_unweighted_tp01_gives_counts_and_percentage() -> None:
    summary = unweighted_tp01(said(TP01=["VS", "FS", "VD", None, "NADK"]), EDITION)
    assert summary == {
        "answers": {"VS": 1, "FS": 1, "NSD": 0, "FD": 0, "VD": 1},
        "base": 3,
        "value": 66.7,
        "value_text": "66.7%",
    }
    assert unweighted_tp01(said(TP01=[None]), EDITION)["value_text"] == "No answers"


def test_star_takes_the_top_two_of_those_who_answered() -> None:
    frame = said(trust=["VS", "FS", "NSD", "NADK", None], recommend=pd.array([10, 9, 8, 0, pd.NA], "Int64"))
    rows = {row["key"]: row for row in star_summary(frame, EDITION, weighted=False)}
    assert (rows["trust"]["base"], rows["trust"]["value_text"]) == (3, "66.7%")
    # Two promoters and one detractor among four.
    assert (rows["recommend"]["base"], rows["recommend"]["value"], rows["recommend"]["value_text"]) == (
        4, 25.0, "+25.0",
    )  # fmt: skip


def test_star_uses_the_surveys_weights() -> None:
    frame = said(trust=["VS", "VD", "VD"], recommend=pd.array([10, 0, 7], "Int64"), weight=["2", "1", "1"])
    rows = {row["key"]: row for row in star_summary(frame, EDITION, weighted=True)}
    assert (rows["trust"]["base"], rows["trust"]["value"]) == (3, 50.0)
    assert rows["recommend"]["value"] == 25.0


def test_star_questions_that_were_not_asked_are_left_out() -> None:
    frame = responses("LCRA", 20)
    for name in ("quality_of_home", "rent_value", "service_charge_value", "easy_to_deal_with", "trust"):
        frame[name] = None
    frame["recommend"] = pd.array([pd.NA] * 20, "Int64")
    assert star_summary(frame, EDITION, weighted=False) == []
