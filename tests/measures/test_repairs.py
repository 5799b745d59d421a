import pandas as pd
import pytest

from pipelines.measures import Target
from pipelines.measures.repairs import context, deadlines, other_targets

from .frames import figure_of, home, inputs, ledger_of, line, reason, records


def repair(**changes):
    usual = {
        "repair_id": "R1",
        "home_id": "H1",
        "priority": "non_emergency",
        "status": "completed",
        "reported_at": pd.Timestamp("2024-06-03 09:00"),
        "completed_at": pd.Timestamp("2024-06-10 12:00"),
        "target_at": pd.Timestamp("2024-06-30 23:59"),
    }
    return {**usual, **changes}


@pytest.mark.parametrize(
    ("changes", "expected"),
    [
        ({}, ("in_target", True, True)),
        ({"completed_at": pd.Timestamp("2024-06-30 23:59")}, ("in_target", True, True)),
        ({"completed_at": pd.Timestamp("2024-07-01 00:00")}, ("out_of_target", True, False)),
        ({"priority": "emergency"}, ("other_priority", False, False)),
        ({"status": "cancelled"}, ("cancelled", False, False)),
        ({"status": "reclassified"}, ("reclassified", False, False)),
        ({"status": "open", "completed_at": pd.NaT}, ("not_completed", False, False)),
        ({"completed_at": pd.NaT}, ("not_completed", False, False)),
        ({"work_type": "void"}, ("not_responsive", False, False)),
        ({"work_type": "planned"}, ("not_responsive", False, False)),
        ({"work_type": "responsive"}, ("in_target", True, True)),
        ({"completed_at": pd.Timestamp("2025-04-01 00:00")}, ("outside_year", False, False)),
        ({"completed_at": pd.Timestamp("2025-03-31 23:59")}, ("out_of_target", True, False)),
        ({"completed_at": pd.Timestamp("2024-03-31 23:59")}, ("outside_year", False, False)),
        ({"completed_at": pd.Timestamp("2024-04-01 00:00")}, ("in_target", True, True)),
        ({"home_id": "S1"}, ("not_lcra", False, False)),
        ({"home_id": "W1"}, ("outside_england", False, False)),
        ({"home_id": None, "tenure": "LCRA"}, ("in_target", True, True)),
        ({"home_id": None, "tenure": "LCHO"}, ("not_lcra", False, False)),
    ],
)
def test_each_repair_is_classified(changes, expected):
    homes = [home(), home("S1", "LCHO"), home("W1", country="Wales")]
    assert line(inputs(homes=homes, repairs=[repair(**changes)]), "RP02_1", "R1") == expected


def test_the_emergency_measure_takes_the_emergencies():
    given = inputs(repairs=[repair(), repair(repair_id="R2", priority="emergency")])
    assert reason(given, "RP02_2", "R1") == "other_priority"
    assert reason(given, "RP02_2", "R2") == "in_target"


@pytest.mark.parametrize(
    ("target", "due"),
    [
        (Target(hours=24), "2024-06-04 09:00"),
        (Target(working_days=1), "2024-06-04 23:59:59.999999"),
        (Target(working_days=5), "2024-06-10 23:59:59.999999"),
        (Target(calendar_days=5), "2024-06-08 23:59:59.999999"),
    ],
)
def test_a_job_without_a_target_takes_the_years(target, due):
    jobs = records("repairs", [repair(target_at=pd.NaT)])
    assert deadlines(jobs, {"non_emergency": target}).tolist() == [pd.Timestamp(due)]


def test_a_priority_without_any_target_has_no_deadline():
    jobs = records("repairs", [repair(target_at=pd.NaT)])
    assert deadlines(jobs, {"emergency": Target(hours=24), "non_emergency": Target()}).isna().all()


def test_a_repair_that_nothing_gives_a_target_cannot_be_met():
    given = inputs(repairs=[repair(target_at=pd.NaT)], targets={})
    assert line(given, "RP02_1", "R1") == ("no_target", True, False)


def test_communal_repairs_of_a_building_abroad_are_outside():
    homes = [home("H1"), home("W1", building_id="B1", country="Wales")]
    given = inputs(homes=homes, repairs=[repair(home_id=None, building_id="B1")])
    assert line(given, "RP02_1", "R1") == ("outside_england", False, False)
    assert context(given)["raised"] == 0


@pytest.mark.parametrize(("setting", "expected"), [("any_lcra", "in_target"), ("all_lcra", "not_lcra")])
def test_communal_repairs_of_a_mixed_building_follow_the_setting(setting, expected):
    homes = [home("H1", building_id="B1"), home("H2", "LCHO", building_id="B1")]
    given = inputs(
        homes=homes,
        repairs=[repair(home_id=None, building_id="B1")],
        settings={"communal_repairs_in_mixed_buildings": setting},
    )
    assert reason(given, "RP02_1", "R1") == expected


def test_repairs_left_out_by_the_landlord_say_by_what():
    left_out = [
        repair(repair_id="R8", finding_id="MAP-201"),
        repair(repair_id="R9", finding_id="COR-007"),
    ]
    given = inputs(repairs=[repair()], rejected={"repairs": left_out})
    assert line(given, "RP02_1", "R8") == ("filtered_by_mapping", False, False)
    assert line(given, "RP02_1", "R9") == ("dropped_by_correction", False, False)


def test_rejected_repairs_are_seen_to_be_missing():
    given = inputs(repairs=[repair()], rejected={"repairs": [repair(repair_id="R9")]})
    assert line(given, "RP02_1", "R9") == ("rejected_record", False, False)
    assert figure_of(given, "RP02_1", "LCRA").denominator == 1


def test_the_ledger_shows_the_deadline_it_used():
    lines = ledger_of(inputs(repairs=[repair(target_at=pd.NaT)]), "RP02_1")
    assert lines["deadline"].tolist() == [pd.Timestamp("2024-07-01 23:59:59.999999")]


def test_the_returns_repair_context():
    jobs = [
        repair(),
        repair(
            repair_id="R2", reported_at=pd.Timestamp("2024-03-20"), completed_at=pd.Timestamp("2024-04-02")
        ),
        repair(repair_id="R3", status="open", completed_at=pd.NaT),
        repair(repair_id="R4", status="cancelled", completed_at=pd.NaT),
        repair(
            repair_id="R5", completed_at=pd.Timestamp("2025-04-02"), reported_at=pd.Timestamp("2025-03-20")
        ),
        repair(repair_id="R6", work_type="void"),
        repair(repair_id="R7", home_id="S1"),
    ]
    given = inputs(homes=[home(), home("S1", "LCHO")], repairs=jobs)
    assert context(given) == {
        "raised": 4,  # R1, R3, R4, R5
        "completed": 2,  # R1, R2
        "closed_without_completion": 1,  # R4
        "outstanding": 2,  # R3, R5
    }


def test_repairs_with_a_target_of_their_own_that_is_not_the_years():
    on_time = pd.Timestamp("2024-06-10 12:00")
    usual_day = pd.Timestamp("2024-07-01")  # 20 working days from Monday 3 June
    rows = [
        repair(repair_id="same day", target_at=usual_day + pd.Timedelta(hours=9)),
        repair(repair_id="another day", target_at=usual_day + pd.Timedelta(days=1)),
        repair(repair_id="none of its own", target_at=pd.NaT),
        repair(repair_id="not counted", status="cancelled", target_at=usual_day + pd.Timedelta(days=1)),
        repair(repair_id="24 hours", priority="emergency", target_at=pd.Timestamp("2024-06-04 09:00"),
               completed_at=pd.Timestamp("2024-06-03 12:00")),
        repair(repair_id="an hour less", priority="emergency", target_at=pd.Timestamp("2024-06-04 08:00"),
               completed_at=pd.Timestamp("2024-06-03 12:00")),
        repair(repair_id="also late", target_at=usual_day - pd.Timedelta(days=9), completed_at=on_time),
    ]  # fmt: skip
    assert other_targets(inputs(repairs=rows)) == {"non_emergency": 2, "emergency": 1}
    alone = {"emergency": Target(hours=24)}
    assert other_targets(inputs(repairs=rows, targets=alone)) == {"emergency": 1}
