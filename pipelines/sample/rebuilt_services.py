"""Repairs, complaints and anti-social behaviour cases rebuilt from published counts.

The 2023-24 rules: a complaint's clock runs from the day it was received, 10 working days at stage one and 20
at stage two, 10 more where an extension is recorded (Complaint Handling Code, 2022).
"""

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
    year_end,
    year_start,
)
from pipelines.sample.published import Published
from pipelines.sample.rebuilt_stock import RebuiltStock

EMERGENCY_HOURS = 24
WORKING_DAYS = 20
_STAGE_DAYS = {1: 10, 2: 20}
_EXTENSION_DAYS = 10
_NAT_DAY = np.datetime64("NaT", "D")
_NAT_MINUTE = np.datetime64("NaT", "m")


def _bounds(year: str) -> tuple[np.datetime64, np.datetime64, np.busdaycalendar]:
    first = year_start(year).year
    start, end = np.datetime64(year_start(year), "D"), np.datetime64(year_end(year), "D")
    return start, end, working_days(first - 1, first + 2)


def _days(start: np.datetime64, end: np.datetime64, calendar: np.busdaycalendar | None = None) -> np.ndarray:
    """The days from `start` to `end`, both included; the working days alone where a calendar is given."""
    days = np.arange(start, end + 1)
    return days if calendar is None else days[np.is_busday(days, busdaycal=calendar)]


def repairs_table(
    stock: RebuiltStock, held: np.ndarray, published: Published, year: str, seed: int
) -> pd.DataFrame:
    """The `repairs` file: responsive repairs completed in the year as RP02 counts them, and others beside."""
    draw = Draw(seed, published.code, "repairs")
    parts = []
    for measure, make in (("RP02_1", _non_emergency), ("RP02_2", _emergency)):
        met, base = published.counts["ALL"].get(measure, (0, 0))
        parts += [make(draw, year, met, True), make(draw, year, base - met, False)]
    jobs = pd.concat(parts, ignore_index=True).assign(work_type="responsive", status="completed")
    places = _places(draw, stock, held, len(jobs)) if len(jobs) else {"home_id": [], "building_id": []}
    jobs = pd.concat(
        [jobs.assign(**places), _repairs_beside(draw, stock, held, jobs, year)], ignore_index=True
    )
    jobs = jobs.sort_values(["reported_at", "home_id"], kind="stable").reset_index(drop=True)
    return pd.DataFrame(
        {
            "repair_id": numbered("R", range(1, len(jobs) + 1), 7),
            "home_id": jobs["home_id"],
            "building_id": jobs["building_id"],
            "priority": jobs["priority"],
            "work_type": jobs["work_type"],
            "reported_at": minute_text(jobs["reported_at"].to_numpy()),
            "target_at": day_text(jobs["target_on"].to_numpy()),
            "completed_at": minute_text(jobs["completed_at"].to_numpy()),
            "status": jobs["status"],
        }
    )


def _non_emergency(draw: Draw, year: str, n: int, in_time: bool) -> pd.DataFrame:
    """Jobs against 20 working days, or a target date of their own; some finished on the very last day."""
    start, end, calendar = _bounds(year)
    done = draw.choice(_days(start, end, calendar), None, n)
    days = draw.integers(1, WORKING_DAYS + 1, n) if in_time else WORKING_DAYS + draw.integers(1, 15, n)
    reported = np.busday_offset(done, -days, busdaycal=calendar)
    # A job reported on a Saturday has the same last day as one reported on the Friday.
    friday = reported.astype(int) % 7 == 1
    reported = reported + (friday & draw.flags(0.1, n)).astype("timedelta64[D]")
    own = draw.flags(0.3, n)
    slack = draw.integers(0, 8, n) if in_time else -draw.integers(1, 7, n)
    return pd.DataFrame(
        {
            "priority": "non_emergency",
            "reported_at": at(reported, draw.integers(420, 1200, n)),
            "target_on": np.where(own, done + slack, _NAT_DAY),
            "completed_at": at(done, draw.integers(490, 1170, n)),
        }
    )


def _emergency(draw: Draw, year: str, n: int, in_time: bool) -> pd.DataFrame:
    """Jobs against 24 hours at any time of any day; one is finished on the last minute, or one after it."""
    start, end, _ = _bounds(year)
    limit = EMERGENCY_HOURS * 60
    minutes = draw.integers(15, limit + 1, n) if in_time else draw.integers(limit + 1, 4 * limit, n)
    minutes[:1] = limit if in_time else limit + 1
    completed = at(draw.choice(_days(start, end), None, n), draw.integers(0, 1440, n))
    return pd.DataFrame(
        {
            "priority": "emergency",
            "reported_at": completed - minutes.astype("timedelta64[m]"),
            "target_on": _NAT_DAY,
            "completed_at": completed,
        }
    )


def _places(draw: Draw, stock: RebuiltStock, held: np.ndarray, n: int) -> dict[str, np.ndarray]:
    """Rented homes, and for one job in twelve the communal parts of a building with a rented home in it."""
    rented = np.intersect1d(stock.of_tenure("LCRA"), held)
    homes = stock.homes
    blocks = homes.loc[_among(homes, rented) & (homes["building_id"] != ""), "building_id"]
    communal = draw.flags(0.08 if len(blocks) else 0.0, n)
    block = draw.choice(np.unique(blocks.to_numpy().astype("U")) if len(blocks) else [""], None, n)
    home = draw.choice(rented, None, n)
    return {"home_id": np.where(communal, "", home), "building_id": np.where(communal, block, "")}


def _repairs_beside(
    draw: Draw, stock: RebuiltStock, held: np.ndarray, jobs: pd.DataFrame, year: str
) -> pd.DataFrame:
    """Jobs that must change nothing: cancelled, void, planned, open, done next year, not in rented homes."""
    start, end, calendar = _bounds(year)
    n = len(jobs) // 12 + 12
    what = draw.choice(
        ("cancelled", "reclassified", "void", "planned", "open", "later", "elsewhere"), None, n
    )
    what[:7] = ("cancelled", "reclassified", "void", "planned", "open", "later", "elsewhere")
    reported = at(draw.choice(_days(start, end - 90, calendar), None, n), draw.integers(480, 1080, n))
    late = at(draw.choice(_days(end - 40, end - 1, calendar), None, n), draw.integers(480, 1080, n))
    reported = np.where(what == "later", late, reported)
    completed = reported + (draw.integers(1, 30, n) * 1440).astype("timedelta64[m]")
    completed = np.where(what == "later", at(np.full(n, end + 1), draw.integers(0, 1200, n)), completed)
    completed = np.where(np.isin(what, ("cancelled", "reclassified", "open")), _NAT_MINUTE, completed)
    rented = np.intersect1d(stock.of_tenure("LCRA"), held)
    homes = stock.homes
    elsewhere = homes.loc[(homes["tenure"] != "LCRA") & _among(homes, held), "home_id"]
    if not len(elsewhere):
        what = np.where(what == "elsewhere", "void", what)
    others = draw.choice(elsewhere.to_numpy().astype("U") if len(elsewhere) else [""], None, n)
    mine = draw.choice(rented if len(rented) else elsewhere.to_numpy().astype("U"), None, n)
    return pd.DataFrame(
        {
            "priority": draw.choice(("non_emergency", "emergency"), (0.8, 0.2), n),
            "reported_at": reported,
            "target_on": _NAT_DAY,
            "completed_at": completed,
            "work_type": np.where(np.isin(what, ("void", "planned")), what, "responsive"),
            "status": np.where(np.isin(what, ("cancelled", "reclassified", "open")), what, "completed"),
            "home_id": np.where(what == "elsewhere", others, mine),
            "building_id": "",
        }
    )


def complaints_table(
    stock: RebuiltStock, held: np.ndarray, published: Published, year: str, seed: int
) -> pd.DataFrame:
    """The `complaints` file: as CH01 and CH02 count them, with last year's, refused and others' beside."""
    draw = Draw(seed, published.code, "complaints")
    parts = []
    for population in ("LCRA", "LCHO", "COMBINED"):
        tenures = ("LCRA", "LCHO") if population == "COMBINED" else (population,)
        first = _stage(draw, year, 1, *published.complaints(population, 1))
        first = first.assign(complaint_id="", **_tenants(draw, stock, held, tenures, len(first)))
        second = _stage(draw, year, 2, *published.complaints(population, 2))
        second = second.assign(complaint_id="", **_tenants(draw, stock, held, tenures, len(second)))
        parts.append(_link(first, second, population, year))
    parts.append(_complaints_beside(draw, stock, held, published, year))
    rows = pd.concat(parts, ignore_index=True)
    table = rows.assign(
        **{
            name: day_text(rows[name].to_numpy().astype("datetime64[D]"))
            for name in ("received_on", "acknowledged_on", "responded_on", "extended_until")
        }
    ).sort_values(["received_on", "complaint_id", "stage"], kind="stable")
    order = ["complaint_id", "stage", "home_id", "tenure", "received_on", "acknowledged_on", "responded_on"]
    return table[[*order, "extended_until", "status"]].reset_index(drop=True)


def _stage(draw: Draw, year: str, stage: int, in_time: int, made: int) -> pd.DataFrame:
    """Complaints received in the year, the first `in_time` of them answered within the Code's limit."""
    start, end, calendar = _bounds(year)
    limit = _STAGE_DAYS[stage]
    received = draw.choice(_days(start, end, calendar), None, made)
    met = np.arange(made) < in_time
    extended = draw.flags(0.15, made)
    within = draw.integers(min(4, limit), limit + 1, made)
    within_extension = limit + draw.integers(1, _EXTENSION_DAYS + 1, made)
    beyond = limit + draw.integers(1, 15, made)
    beyond_extension = limit + _EXTENSION_DAYS + draw.integers(1, 15, made)
    days = np.where(
        met, np.where(extended, within_extension, within), np.where(extended, beyond_extension, beyond)
    )
    responded = add_working_days(received, days, calendar)
    status = np.where(met & ~extended & draw.flags(0.02, made), "withdrawn", "closed")
    never = ~met & ~extended & draw.flags(0.1, made)
    return pd.DataFrame(
        {
            "stage": str(stage),
            "received_on": received,
            "acknowledged_on": add_working_days(received, draw.integers(0, 5, made), calendar),
            "responded_on": np.where(never, _NAT_DAY, responded),
            "extended_until": np.where(
                extended,
                add_working_days(received, np.full(made, limit + _EXTENSION_DAYS), calendar),
                _NAT_DAY,
            ),
            "status": np.where(never, "open", status),
        }
    )


def _among(homes: pd.DataFrame, some: np.ndarray) -> np.ndarray:
    """Which homes are among some references."""
    return np.isin(homes["home_id"].to_numpy().astype("U"), some)


def _tenants(
    draw: Draw, stock: RebuiltStock, held: np.ndarray, tenures: tuple[str, ...], n: int
) -> dict[str, np.ndarray]:
    """Whose complaint: a home, or for a few only the tenure."""
    homes = stock.homes
    mine = homes[homes["counts"] & homes["tenure"].isin(tenures) & _among(homes, held)]
    if not n:
        return {"home_id": np.array([], dtype="U1"), "tenure": np.array([], dtype="U1")}
    at_home = draw.integers(0, len(mine), n)
    unplaced = draw.flags(0.04, n)
    return {
        "home_id": np.where(unplaced, "", mine["home_id"].to_numpy().astype("U")[at_home]),
        "tenure": np.where(unplaced, mine["tenure"].to_numpy().astype("U")[at_home], ""),
    }


def _link(first: pd.DataFrame, second: pd.DataFrame, population: str, year: str) -> pd.DataFrame:
    """Give references: each stage two complaint follows a stage one, of this year or of the year before."""
    start, _, _ = _bounds(year)
    letter = {"LCRA": "R", "LCHO": "S", "COMBINED": "C"}[population]
    first = first.sort_values("received_on", kind="stable").reset_index(drop=True)
    second = second.sort_values("received_on", kind="stable").reset_index(drop=True)
    first["complaint_id"] = numbered(f"{letter}{year[2:4]}-", range(1, len(first) + 1), 5)
    answered = first[(first["status"] == "closed")].sort_values("responded_on", kind="stable")
    queue = list(answered.index)
    earlier, reference, used = [], [], 0
    for row in range(len(second)):
        requested = second.at[row, "received_on"]
        if used < len(queue) and first.at[queue[used], "responded_on"] < requested:
            source = first.loc[queue[used]]
            used += 1
        else:
            source = _last_year(second.loc[row], f"{letter}{int(year[2:4]) - 1:02d}-{row + 1:05d}", start)
            earlier.append(source)
        reference.append(source["complaint_id"])
        second.loc[row, ["home_id", "tenure"]] = source[["home_id", "tenure"]].to_numpy()
    return pd.concat([first, second.assign(complaint_id=reference), pd.DataFrame(earlier)], ignore_index=True)


def _last_year(second: pd.Series, reference: str, start: np.datetime64) -> pd.Series:
    """The stage one complaint of the year before that a stage two complaint of this year followed."""
    received = min(second["received_on"] - pd.Timedelta(days=40), pd.Timestamp(start) - pd.Timedelta(days=25))
    source = second.copy()
    source["complaint_id"], source["stage"], source["status"] = reference, "1", "closed"
    source["received_on"], source["acknowledged_on"] = received, received + pd.Timedelta(days=2)
    source["responded_on"], source["extended_until"] = received + pd.Timedelta(days=12), pd.NaT
    return source


def _complaints_beside(
    draw: Draw, stock: RebuiltStock, held: np.ndarray, published: Published, year: str
) -> pd.DataFrame:
    """Complaints that must change nothing: refused, outside the year, from those who are not counted."""
    start, end, _ = _bounds(year)
    relevant = tuple(tenure for tenure, homes in published.homes.items() if homes)
    uncounted = ["other"]
    if "LCHO" not in published.surveys and "COMBINED" not in published.surveys and published.homes["LCHO"]:
        uncounted.append("LCHO")
    n = 12
    rows = _stage(draw, year, 1, n, n)
    tenants = _tenants(draw, stock, held, relevant[:1], n)
    rows = rows.assign(complaint_id=numbered(f"X{year[2:4]}-", range(1, n + 1), 5), **tenants)
    rows.loc[:2, "status"] = "refused"
    rows.loc[:2, ["responded_on", "extended_until"]] = pd.NaT
    for position, shift in ((3, start - 1), (4, end + 1), (5, start - 30)):
        moved = pd.Timestamp(shift) - rows.at[position, "received_on"]
        for name in ("received_on", "acknowledged_on", "responded_on", "extended_until"):
            rows.at[position, name] = rows.at[position, name] + moved
    rows.loc[6:, "home_id"] = ""
    rows.loc[6:, "tenure"] = np.resize(np.array(uncounted), n - 6)
    return rows


def asb_table(
    stock: RebuiltStock, held: np.ndarray, published: Published, year: str, seed: int
) -> pd.DataFrame:
    """The `asb_cases` file: cases opened in the year as NM01 counts them, others beside."""
    draw = Draw(seed, published.code, "asb")
    start, end, _ = _bounds(year)
    cases = published.counts["ALL"]["NM01_1"][0]
    hate = published.counts["ALL"]["NM01_2"][0]
    beside = 6
    n = cases + beside
    opened = draw.choice(_days(start, end), None, n)
    opened[-beside:-3] = (start - 1, end + 1, start - 60)
    homes = stock.homes
    mine = homes[homes["counts"] & _among(homes, held)]
    home = mine["home_id"].to_numpy().astype("U")[draw.integers(0, len(mine), n)]
    known = draw.choice(("home", "tenure", "none"), (0.93, 0.05, 0.02), n)
    # the last three come from leaseholders
    known[-3:] = "tenure"
    tenure = mine["tenure"].to_numpy().astype("U8")[draw.integers(0, len(mine), n)]
    tenure[-3:] = "other"
    hateful = np.zeros(n, dtype=bool)
    hateful[np.argsort(draw.order(cases), kind="stable")[:hate]] = True
    hateful[-1] = hateful[-6] = True
    rows = pd.DataFrame(
        {
            "home_id": np.where(known == "home", home, ""),
            "tenure": np.where(known == "tenure", tenure, ""),
            "opened_on": opened,
            "closed_on": day_text(opened + 5 + draw.waiting(40, n).astype(np.int64)),
            "hate_incident": np.where(hateful, "yes", "no"),
        }
    ).sort_values(["opened_on", "home_id"], kind="stable")
    rows["opened_on"] = day_text(rows["opened_on"].to_numpy())
    rows.insert(0, "case_id", numbered("A", range(1, n + 1), 6))
    return rows.reset_index(drop=True)
