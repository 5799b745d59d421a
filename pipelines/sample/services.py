"""Made-up service records: repairs, complaints and anti-social behaviour cases of a year."""

from __future__ import annotations

import numpy as np
import pandas as pd

from pipelines.sample.draw import (
    Draw,
    add_working_days,
    at,
    day_text,
    minute_text,
    numbered,
    working_days,
    year_before,
    year_end,
    year_start,
)
from pipelines.sample.stock import Stock, owned_throughout

_NAT_DAY = np.datetime64("NaT", "D")
_NAT_MINUTE = np.datetime64("NaT", "m")


def repairs_table(stock: Stock, year: str, count: int, seed: int) -> pd.DataFrame:
    """The `repairs` file: jobs raised in the year, and those of the year before that it began with open."""
    end = np.datetime64(year_end(year), "D").astype("datetime64[m]") + np.timedelta64(1439, "m")
    start = np.datetime64(year_start(year), "D").astype("datetime64[m]")
    raised = _jobs(stock, year, count, seed)
    before = _jobs(stock, year_before(year), count, seed)
    open_at_start = (before["status"] == "completed") & (before["completed_at"] >= start)
    jobs = pd.concat([before[open_at_start], raised], ignore_index=True)
    not_yet = (jobs["completed_at"] > end).to_numpy()
    completed = jobs["completed_at"].to_numpy().astype("datetime64[m]")
    completed = np.where(not_yet, _NAT_MINUTE, completed)
    return pd.DataFrame(
        {
            "repair_id": jobs["repair_id"],
            "home_id": jobs["home_id"],
            "building_id": jobs["building_id"],
            "priority": jobs["priority"],
            "work_type": jobs["work_type"],
            "reported_at": minute_text(jobs["reported_at"].to_numpy()),
            "target_at": jobs["target_at"],
            "completed_at": minute_text(completed),
            "status": np.where(not_yet, "open", jobs["status"]),
        }
    )


def _jobs(stock: Stock, year: str, count: int, seed: int) -> pd.DataFrame:
    """The jobs raised in a year, with the outcome that each will have, however late."""
    draw = Draw(seed, "repairs", year)
    first = year_start(year).year
    calendar = working_days(first - 1, first + 2)
    n = count
    reported = np.sort(_reported(draw, year, n, calendar))
    emergency = draw.flags(0.24, n)
    work_type = draw.choice(("responsive", "void", "planned", "cyclical"), (0.86, 0.08, 0.04, 0.02), n)
    emergency &= work_type == "responsive"
    own_days, target = _targets(draw, reported, emergency, calendar)
    completed = np.where(emergency, _attended(draw, reported), _visited(draw, reported, own_days, calendar))
    status = draw.choice(("completed", "cancelled", "reclassified"), (0.90, 0.08, 0.02), n)
    completed = np.where(status == "completed", completed, _NAT_MINUTE)
    home_id, building_id = _places(draw, stock, year, n)
    return pd.DataFrame(
        {
            "repair_id": numbered(f"R{year[2:4]}-", range(1, n + 1), 6),
            "home_id": home_id,
            "building_id": building_id,
            "priority": np.where(emergency, "emergency", "non_emergency"),
            "work_type": work_type,
            "reported_at": reported,
            "target_at": day_text(target),
            "completed_at": completed,
            "status": status,
        }
    )


def _reported(draw: Draw, year: str, n: int, calendar: np.busdaycalendar) -> np.ndarray:
    """Moments of reporting: most in office hours, more in winter, some at night, at weekends, on holidays."""
    days = np.arange(year_start(year), np.datetime64(year_end(year), "D") + 1, dtype="datetime64[D]")
    office = np.is_busday(days, busdaycal=calendar)
    month = days.astype("datetime64[M]").astype(int) % 12 + 1
    winter = np.isin(month, (11, 12, 1, 2))
    day = draw.choice(days, np.where(office, 1.0, 0.22) * np.where(winter, 1.25, 1.0), n)
    in_hours = np.is_busday(day, busdaycal=calendar) & draw.flags(0.86, n)
    minute = np.where(in_hours, draw.integers(480, 1080, n), draw.integers(0, 1440, n))
    return at(day, minute)


def _targets(
    draw: Draw, reported: np.ndarray, emergency: np.ndarray, calendar: np.busdaycalendar
) -> tuple[np.ndarray, np.ndarray]:
    """Working days allowed for each job, and the target date where the job states its own."""
    n = len(reported)
    days = draw.choice((20, 5, 60), (0.60, 0.28, 0.12), n)
    due = add_working_days(reported, days, calendar)
    stated = ~emergency & (days != 20)
    return days, np.where(stated, due, _NAT_DAY)


def _attended(draw: Draw, reported: np.ndarray) -> np.ndarray:
    """Emergencies: most made safe within hours, about one in twenty after the 24 hours."""
    n = len(reported)
    quick = np.minimum(20 + draw.waiting(260, n), 1380)
    slow = 1500 + draw.waiting(1500, n)
    minutes = np.where(draw.flags(0.95, n), quick, slow)
    return reported + minutes.astype("timedelta64[m]")


def _visited(draw: Draw, reported: np.ndarray, days: np.ndarray, calendar: np.busdaycalendar) -> np.ndarray:
    """Other jobs: done on a working day or a Saturday, about four in five within the days allowed."""
    n = len(reported)
    in_time = draw.integers(1, np.maximum(days, 2), n)
    late = days + 2 + draw.waiting(14, n).astype(np.int64)
    done = add_working_days(reported, np.where(draw.flags(0.82, n), in_time, late), calendar)
    friday = done.astype("datetime64[D]").astype(int) % 7 == 1
    done = done + (friday & draw.flags(0.12, n)).astype("timedelta64[D]")
    return at(done, draw.integers(490, 1170, n))


def _places(draw: Draw, stock: Stock, year: str, n: int) -> tuple[np.ndarray, np.ndarray]:
    """Where each job is: mostly in a rented home, one in twelve in the communal parts of a building."""
    homes = owned_throughout(stock, year)
    weight = homes["tenure"].map({"LCRA": 1.0, "LCHO": 0.04, "other": 0.04}).to_numpy()
    home = draw.choice(homes["home_id"].to_numpy().astype("U"), weight, n)
    blocks = stock.buildings
    building = draw.choice(blocks["building_id"].to_numpy().astype("U"), blocks["homes"].to_numpy(), n)
    communal = draw.flags(0.08, n)
    return np.where(communal, "", home), np.where(communal, building, "")


def complaints_table(stock: Stock, year: str, count: int, seed: int) -> pd.DataFrame:
    """The `complaints` file: a row for each stage, extracted in the middle of May after the year."""
    rows = pd.concat(
        [_complaints(stock, of, count, seed) for of in (year_before(year), year)], ignore_index=True
    )
    start, end = (np.datetime64(day, "D") for day in (year_start(year), year_end(year)))
    received = rows["received_on"].to_numpy()
    this_year = (received >= start) & (received <= end)
    # A complaint of last year stays in the extract where it was still open, or escalated, this year.
    responded_since = rows["responded_on"].to_numpy() >= start
    escalated = rows["complaint_id"].isin(rows.loc[this_year & (rows["stage"] == "2"), "complaint_id"])
    rows = rows[this_year | ((received < start) & (responded_since | escalated))]
    extracted = end + 46
    answered = rows["responded_on"].to_numpy()
    answered = np.where(answered > extracted, _NAT_DAY, answered)
    still_open = np.isnat(answered) & (rows["status"] == "closed")
    table = pd.DataFrame(
        {
            "complaint_id": rows["complaint_id"],
            "stage": rows["stage"],
            "home_id": rows["home_id"],
            "tenure": rows["tenure"],
            "received_on": day_text(rows["received_on"].to_numpy()),
            "acknowledged_on": day_text(rows["acknowledged_on"].to_numpy()),
            "responded_on": day_text(answered),
            "extended_until": day_text(rows["extended_until"].to_numpy()),
            "status": np.where(still_open, "open", rows["status"]),
        }
    )
    return table.sort_values(["received_on", "complaint_id", "stage"], kind="stable").reset_index(drop=True)


def _complaints(stock: Stock, year: str, count: int, seed: int) -> pd.DataFrame:
    draw = Draw(seed, "complaints", year)
    n = count
    homes = owned_throughout(stock, year)
    weight = homes["tenure"].map({"LCRA": 1.0, "LCHO": 0.8, "other": 0.6}).to_numpy()
    home = draw.choice(np.arange(len(homes)), weight, n)
    # One in twenty is logged against a person whose home the complaints system does not hold.
    no_home = draw.flags(0.05, n)
    days = np.arange(year_start(year), np.datetime64(year_end(year), "D") + 1, dtype="datetime64[D]")
    received = np.sort(draw.choice(days[np.is_busday(days)], None, n))
    stage_one = pd.DataFrame(
        {
            "complaint_id": numbered(f"C{year[2:4]}-", range(1, n + 1), 4),
            "stage": "1",
            "home_id": np.where(no_home, "", homes["home_id"].to_numpy().astype("U")[home]),
            "tenure": np.where(no_home, homes["tenure"].to_numpy().astype("U")[home], ""),
            "received_on": received,
            **_answers(draw, received, 10, year),
        }
    )
    return pd.concat([stage_one, _escalated(stage_one, year, seed)], ignore_index=True)


def _answers(draw: Draw, received: np.ndarray, limit: int, year: str) -> dict[str, np.ndarray]:
    """Acknowledgement, extension, response and status; `limit` = the Code's working days for the response."""
    n = len(received)
    first = year_start(year).year
    calendar = working_days(first - 1, first + 2)
    slow = draw.flags(0.03, n)
    acknowledged = add_working_days(
        received, np.where(slow, draw.integers(6, 9, n), draw.integers(0, 5, n)), calendar
    )
    acknowledged = np.where(draw.flags(0.01, n), _NAT_DAY, np.maximum(acknowledged, received))
    extended = draw.flags(0.16, n)
    late = draw.flags(0.10, n)
    prompt = draw.integers(max(4, limit // 2), limit + 1, n)
    slower = limit + draw.integers(6, 11, n)
    tardy = 2 * limit + 6 + draw.waiting(9, n).astype(np.int64)
    responded = add_working_days(
        received, np.where(late, tardy, np.where(extended, slower, prompt)), calendar
    )
    until = add_working_days(received, np.full(n, limit + 10), calendar)
    status = draw.choice(("closed", "withdrawn", "refused"), (0.955, 0.03, 0.015), n)
    never = draw.flags(0.008, n) & (status == "closed")
    undated = (status == "withdrawn") & draw.flags(0.2, n)
    quickly = add_working_days(received, draw.integers(1, limit, n), calendar)
    responded = np.fmax(np.where(status == "withdrawn", quickly, responded), acknowledged)
    responded = np.where(never | undated | (status == "refused"), _NAT_DAY, responded)
    return {
        "acknowledged_on": acknowledged,
        "responded_on": responded,
        "extended_until": np.where(extended & (status == "closed"), until, _NAT_DAY),
        "status": status,
    }


def _escalated(stage_one: pd.DataFrame, year: str, seed: int) -> pd.DataFrame:
    """About one in six answered complaints goes to stage two, a week or two after the answer."""
    draw = Draw(seed, "stage two", year)
    answered = (stage_one["status"] == "closed") & stage_one["responded_on"].notna()
    asked = stage_one[draw.flags(0.17, len(stage_one)) & answered.to_numpy()]
    first = year_start(year).year
    waited = draw.integers(3, 24, len(asked))
    requested = np.busday_offset(
        asked["responded_on"].to_numpy().astype("datetime64[D]") + waited,
        0,
        roll="forward",
        busdaycal=working_days(first - 1, first + 2),
    )
    return asked[["complaint_id", "home_id", "tenure"]].assign(
        stage="2", received_on=requested, **_answers(draw, requested, 20, year)
    )


def asb_table(stock: Stock, year: str, count: int, seed: int) -> pd.DataFrame:
    """The `asb_cases` file: cases opened in the year, and older ones still open at its start."""
    start, end = (np.datetime64(day, "D") for day in (year_start(year), year_end(year)))
    cases = pd.concat([_cases(stock, of, count, seed) for of in (year_before(year), year)], ignore_index=True)
    opened, closed = cases["opened_on"].to_numpy(), cases["closed_on"].to_numpy()
    keep = (opened >= start) | (closed >= start)
    closed = np.where(closed > end + 46, _NAT_DAY, closed)
    table = cases.assign(opened_on=day_text(opened), closed_on=day_text(closed))
    return table[keep].reset_index(drop=True)


def _cases(stock: Stock, year: str, count: int, seed: int) -> pd.DataFrame:
    draw = Draw(seed, "asb", year)
    n = count
    homes = owned_throughout(stock, year)
    home = draw.integers(0, len(homes), n)
    days = np.arange(year_start(year), np.datetime64(year_end(year), "D") + 1, dtype="datetime64[D]")
    summer = np.isin(days.astype("datetime64[M]").astype(int) % 12 + 1, (5, 6, 7, 8))
    opened = np.sort(draw.choice(days, np.where(summer, 1.5, 1.0), n))
    # Reports about a place or by a passer-by name no home; a few name only whose tenant complained.
    known = draw.choice(("home", "tenure", "none"), (0.92, 0.06, 0.02), n)
    hate = draw.flags(0.02, n)
    return pd.DataFrame(
        {
            "case_id": numbered(f"A{year[2:4]}-", range(1, n + 1), 4),
            "home_id": np.where(known == "home", homes["home_id"].to_numpy().astype("U")[home], ""),
            "tenure": np.where(known == "tenure", homes["tenure"].to_numpy().astype("U")[home], ""),
            "opened_on": opened,
            "closed_on": opened + 7 + draw.waiting(55, n).astype(np.int64),
            "hate_incident": np.where(hate, "yes", "no"),
        }
    )
