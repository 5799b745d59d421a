import pandas as pd
import pytest

from .frames import figure_of, home, inputs, ledger_of, line


def day(text):
    return pd.Timestamp(text)


def complaint(**changes):
    # Received on Monday 3 June 2024. 2024 Code: acknowledge by 10 June; answered 10 working days later.
    usual = {
        "complaint_id": "C1",
        "stage": 1,
        "home_id": "H1",
        "received_on": day("2024-06-03"),
        "acknowledged_on": day("2024-06-05"),
        "responded_on": day("2024-06-19"),
        "status": "closed",
    }
    return {**usual, **changes}


def outcome(year="2024-25", settings=None, key="CH02_1", **changes):
    return line(inputs(year, settings=settings, complaints=[complaint(**changes)]), key, "C1")


IN, MISSED, OUT = (True, True), (True, False), (False, False)


@pytest.mark.parametrize(
    ("changes", "expected"),
    [
        ({}, ("in_time", *IN)),
        ({"responded_on": day("2024-06-20")}, ("responded_late", *MISSED)),
        ({"acknowledged_on": day("2024-06-10"), "responded_on": day("2024-06-24")}, ("in_time", *IN)),
        (
            {"acknowledged_on": day("2024-06-11"), "responded_on": day("2024-06-12")},
            ("acknowledged_late", *MISSED),
        ),
        ({"acknowledged_on": pd.NaT, "responded_on": day("2024-06-10")}, ("in_time", *IN)),
        ({"acknowledged_on": pd.NaT, "responded_on": day("2024-06-11")}, ("acknowledged_late", *MISSED)),
        ({"responded_on": pd.NaT, "status": "open"}, ("not_responded", *MISSED)),
        ({"acknowledged_on": pd.NaT, "responded_on": pd.NaT, "status": "open"}, ("not_responded", *MISSED)),
        # Extensions: at most 10 working days beyond 19 June, so to 3 July.
        (
            {"responded_on": day("2024-06-28"), "extended_until": day("2024-06-28")},
            ("in_time_with_extension", *IN),
        ),
        (
            {"responded_on": day("2024-07-01"), "extended_until": day("2024-06-28")},
            ("late_beyond_extension", *MISSED),
        ),
        (
            {"responded_on": day("2024-07-03"), "extended_until": day("2024-07-31")},
            ("in_time_with_extension", *IN),
        ),
        (
            {"responded_on": day("2024-07-04"), "extended_until": day("2024-07-31")},
            ("late_beyond_extension", *MISSED),
        ),
        (
            {"responded_on": day("2024-08-01"), "extended_until": day("2024-07-31")},
            ("late_beyond_extension", *MISSED),
        ),
        ({"responded_on": day("2024-06-18"), "extended_until": day("2024-06-28")}, ("in_time", *IN)),
        (
            {"responded_on": day("2024-06-20"), "extended_until": day("2024-06-10")},
            ("responded_late", *MISSED),
        ),
        # Withdrawn complaints stay in, by the day on which they were withdrawn.
        ({"status": "withdrawn"}, ("withdrawn_in_time", *IN)),
        ({"status": "withdrawn", "responded_on": day("2024-07-20")}, ("withdrawn_late", *MISSED)),
        ({"status": "withdrawn", "responded_on": pd.NaT}, ("withdrawn_undated", *MISSED)),
        # Never acknowledged: its clock starts on the last day for that, 10 June, so it ends on 24 June.
        (
            {"status": "withdrawn", "acknowledged_on": pd.NaT, "responded_on": day("2024-06-24")},
            ("withdrawn_in_time", *IN),
        ),
        (
            {"status": "withdrawn", "acknowledged_on": pd.NaT, "responded_on": day("2024-06-25")},
            ("withdrawn_late", *MISSED),
        ),
        (
            {"status": "withdrawn", "acknowledged_on": day("2025-01-30"), "responded_on": day("2025-02-01")},
            ("withdrawn_late", *MISSED),
        ),
        ({"status": "refused"}, ("refused", *OUT)),
        ({"received_on": day("2024-03-31")}, ("outside_year", *OUT)),
        ({"stage": 2}, ("other_stage", *OUT)),
    ],
)
def test_the_2024_code(changes, expected):
    assert outcome(**changes) == expected


def test_a_complaint_of_late_march_answered_in_april_is_in_time():
    assert outcome(
        received_on=day("2025-03-28"), acknowledged_on=day("2025-04-01"), responded_on=day("2025-04-15")
    ) == ("in_time", *IN)


def test_stage_two_has_twenty_days_from_the_acknowledgement():
    late = {"responded_on": day("2024-07-04")}
    assert outcome(key="CH02_2", stage=2, responded_on=day("2024-07-03")) == ("in_time", *IN)
    assert outcome(key="CH02_2", stage=2, **late) == ("responded_late", *MISSED)
    extended = {"responded_on": day("2024-07-31"), "extended_until": day("2024-07-31")}
    assert outcome(key="CH02_2", stage=2, **extended) == ("in_time_with_extension", *IN)


@pytest.mark.parametrize(
    ("responded", "expected"), [("2024-06-24", ("in_time", *IN)), ("2024-06-25", ("responded_late", *MISSED))]
)
def test_the_total_test_counts_both_limits_from_receipt(responded, expected):
    # 15 working days from 3 June is 24 June; the late acknowledgement does not matter.
    changes = {"acknowledged_on": day("2024-06-20"), "responded_on": day(responded)}
    assert outcome(settings={"complaint_test": "total"}, **changes) == expected


def test_the_response_need_not_count_as_acknowledgement():
    settings = {"response_counts_as_acknowledgement": False}
    assert outcome(settings=settings, acknowledged_on=pd.NaT) == ("not_acknowledged", *MISSED)


def test_an_extension_beyond_the_code_can_be_accepted():
    changes = {"responded_on": day("2024-07-31"), "extended_until": day("2024-07-31")}
    settings = {"extension_beyond_code": "accept"}
    assert outcome(settings=settings, **changes) == ("in_time_with_extension", *IN)


def test_withdrawn_complaints_can_be_dropped_from_both_measures():
    given = inputs(settings={"withdrawn_complaints": "drop"}, complaints=[complaint(status="withdrawn")])
    assert line(given, "CH01_1", "C1") == line(given, "CH02_1", "C1") == ("withdrawn_dropped", *OUT)


@pytest.mark.parametrize(
    ("responded", "expected"),
    [("2023-06-19", ("in_time", *IN)), ("2023-06-20", ("responded_late", *MISSED))],
)
def test_the_2022_code_counts_from_receipt(responded, expected):
    # Received on Monday 5 June 2023: 10 working days end on 19 June, whenever it was acknowledged.
    dates = {"received_on": day("2023-06-05"), "acknowledged_on": day("2023-06-16")}
    assert outcome("2023-24", responded_on=day(responded), **dates) == expected


def test_stage_two_of_the_2022_code_extends_by_ten_days():
    dates = {"stage": 2, "received_on": day("2023-06-05"), "extended_until": day("2023-07-31")}
    assert (
        outcome("2023-24", key="CH02_2", responded_on=day("2023-07-17"), **dates)[0]
        == "in_time_with_extension"
    )
    assert (
        outcome("2023-24", key="CH02_2", responded_on=day("2023-07-18"), **dates)[0]
        == "late_beyond_extension"
    )


def big_landlord(lcho):
    homes = [*(home(f"H{n}") for n in range(1200)), *(home(f"S{n}", "LCHO") for n in range(lcho))]
    rows = [
        complaint(),
        complaint(complaint_id="C2", home_id="S1"),
        complaint(complaint_id="C3", tenure="LCHO", home_id=None),
    ]
    return inputs(homes=homes, complaints=rows)


def test_lcho_is_reported_apart_from_a_thousand_homes():
    given = big_landlord(1000)
    assert figure_of(given, "CH01_1", "LCRA").denominator == 1200
    shared = figure_of(given, "CH01_1", "LCHO")
    assert (shared.numerator, shared.denominator, str(shared.value)) == (2, 1000, "2.0")
    assert figure_of(given, "CH02_1", "LCHO").denominator == shared.numerator


def test_lcho_below_a_thousand_homes_is_outside():
    given = big_landlord(999)
    assert line(given, "CH01_1", "C2") == ("lcho_below_threshold", *OUT)
    assert line(given, "CH01_1", "S1") == ("lcho_below_threshold", *OUT)
    figure = figure_of(given, "CH01_1", "LCHO")
    assert (figure.status, figure.value, figure.denominator) == ("not_required", None, None)
    assert figure_of(given, "CH01_1", "LCRA").numerator == 1


def test_two_small_tenures_that_make_a_thousand_together_are_combined():
    homes = [*(home(f"H{n}") for n in range(600)), *(home(f"S{n}", "LCHO") for n in range(400))]
    given = inputs(homes=homes, complaints=[complaint(), complaint(complaint_id="C2", home_id="S1")])
    both = figure_of(given, "CH01_1", "COMBINED")
    assert (both.numerator, both.denominator, str(both.value)) == (2, 1000, "2.0")
    assert figure_of(given, "CH01_1", "LCRA").status == "not_required"


def test_tenants_of_other_stock_are_outside():
    given = inputs(homes=[home(), home("L1", "other")], complaints=[complaint(home_id="L1")])
    assert line(given, "CH01_1", "C1") == ("not_relevant_stock", *OUT)


def test_no_complaint_is_no_value_and_a_rate_of_nought():
    given = inputs()
    rate, share = figure_of(given, "CH01_1", "LCRA"), figure_of(given, "CH02_1", "LCRA")
    assert (rate.status, str(rate.value)) == ("reported", "0.0")
    assert (share.status, share.value, share.denominator) == ("no_cases", None, 0)


def test_the_numerator_is_split_by_extension():
    extended = {"responded_on": day("2024-06-28"), "extended_until": day("2024-06-28")}
    rows = [
        complaint(),
        complaint(complaint_id="C2", **extended),
        complaint(complaint_id="C3", responded_on=pd.NaT),
    ]
    figure = figure_of(inputs(complaints=rows), "CH02_1", "LCRA")
    assert (figure.numerator, figure.denominator, str(figure.value)) == (2, 3, "66.7")
    assert (figure.met_without_extension, figure.met_with_extension) == (1, 1)


def test_rejected_complaints_and_homes_are_seen_to_be_missing():
    given = inputs(
        complaints=[complaint()],
        rejected={"complaints": [complaint(complaint_id="C9")], "homes": [home("H9")]},
    )
    assert line(given, "CH01_1", "C9") == line(given, "CH02_1", "C9") == ("rejected_record", *OUT)
    assert line(given, "CH01_1", "H9") == ("rejected_record", *OUT)


def test_the_ledger_shows_the_dates_the_decision_rests_on():
    lines = ledger_of(inputs(complaints=[complaint()]), "CH02_1")
    assert lines["acknowledge_by"].tolist() == [day("2024-06-10")]
    assert lines["respond_by"].tolist() == [day("2024-06-19")]
