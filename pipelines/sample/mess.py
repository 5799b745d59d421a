"""The mess that real extracts have, planted by hand into a clean sample.

None of it stops a return: every kind is few enough to be rejected row by row, or only noted.
"""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
import pandas as pd

from pipelines.sample.draw import Draw

Tables = dict[str, pd.DataFrame]

# Comments reach pages and workbooks: none may become markup, a formula, or a file the renderer fetches.
HOSTILE_COMMENTS = (
    "<b>Lift broken</b> <script>alert('lift')</script> since <i>Tuesday</i> & nobody came",
    '=HYPERLINK("http://example.org/prize","Click to claim your refund")',
    "<link rel=attachment href=file:///etc/hostname> see the letter I sent",
    '<img src="file:///etc/hostname"> photo of the damp',
    "@SUM(1+1)*cmd|' /C calc'!A0",
    'First line of a long complaint,\nthen a second line with "quotes", a comma and an emoji 🏚️',
)


class _Rows:
    """Hands out rows of a table in a shuffled order, never one row twice."""

    def __init__(self, frame: pd.DataFrame, draw: Draw) -> None:
        self._frame = frame
        self._waiting: Iterator[int] = iter(draw.order(len(frame)))

    def take(self, count: int, where: np.ndarray | pd.Series | None = None) -> list[int]:
        """Positions of up to `count` rows that meet the condition and have no mess yet."""
        allowed = np.ones(len(self._frame), dtype=bool) if where is None else np.asarray(where, dtype=bool)
        found: list[int] = []
        passed: list[int] = []
        for position in self._waiting:
            if len(found) == count:
                passed.append(position)
                break
            (found if allowed[position] else passed).append(position)
        self._waiting = iter([*passed, *self._waiting])
        return found


def plant(tables: Tables, seed: int, year: str) -> Tables:
    """Return the tables of a year with mess planted; the tables given are left as they are."""
    planters = {
        "homes": _homes,
        "safety_checks": _safety_checks,
        "safety_exclusions": _safety_exclusions,
        "repairs": _repairs,
        "complaints": _complaints,
        "asb_cases": _asb_cases,
        "survey_responses": _survey_responses,
        "households": _households,
    }
    messy = dict(tables)
    for name, planter in planters.items():
        frame = tables[name].astype(object).reset_index(drop=True)
        messy[name] = planter(frame, _Rows(frame, Draw(seed, "mess", year, name)), year)
    return messy


def _set(frame: pd.DataFrame, positions: list[int], column: str, values: list[str] | str) -> None:
    cells = [values] * len(positions) if isinstance(values, str) else values[: len(positions)]
    frame.loc[positions, column] = cells


def _change(frame: pd.DataFrame, positions: list[int], column: str, change: str) -> None:
    """Spoil cells without changing what they mean: `trail` adds a space, `upper` and `lower` change case."""
    spoilt = {"trail": lambda text: f"{text} ", "upper": str.upper, "lower": str.lower}[change]
    frame.loc[positions, column] = frame.loc[positions, column].map(spoilt)


def _repeat(frame: pd.DataFrame, positions: list[int], **changes: str) -> pd.DataFrame:
    """Append the rows again: an exact duplicate, or a conflicting one where columns are changed."""
    return pd.concat([frame, frame.loc[positions].assign(**changes)], ignore_index=True)


def _homes(frame: pd.DataFrame, rows: _Rows, year: str) -> pd.DataFrame:
    rented = frame["tenure"] == "LCRA"
    _set(frame, rows.take(8, rented), "decent_homes", "not_assessed")
    _set(frame, rows.take(2, rented), "decent_homes", "")
    _change(frame, rows.take(3), "tenure", "trail")
    _change(frame, rows.take(2), "tenure", "lower")
    return frame


def _safety_checks(frame: pd.DataFrame, rows: _Rows, year: str) -> pd.DataFrame:
    done = frame["completed_on"] != ""
    _set(frame, rows.take(2, done & (frame["programme"] == "fire")), "valid_until", "")
    unknown = rows.take(1, frame["home_id"] != "")
    _set(frame, unknown, "home_id", "H99997")
    frame = _repeat(frame, rows.take(2, done))
    # homes that nobody put into the gas programme, and nobody excluded
    forgotten = rows.take(2, (frame["programme"] == "gas") & (frame["home_id"] != ""))
    return frame.drop(index=forgotten).reset_index(drop=True)


def _safety_exclusions(frame: pd.DataFrame, rows: _Rows, year: str) -> pd.DataFrame:
    forgotten = [
        position
        for programme, count in (("gas", 3), ("asbestos", 2), ("water", 4))
        for position in rows.take(count, (frame["programme"] == programme) & (frame["home_id"] != ""))
    ]
    _set(frame, rows.take(1, frame["home_id"] != ""), "reason", "")
    return frame.drop(index=forgotten).reset_index(drop=True)


def _repairs(frame: pd.DataFrame, rows: _Rows, year: str) -> pd.DataFrame:
    first = int(year[:4])
    in_home = frame["home_id"] != ""
    done = frame["status"] == "completed"
    _set(
        frame, rows.take(3), "reported_at", [f"31/02/{first + 1} 10:00", f"{first}-13-05T09:00", "not known"]
    )
    _set(frame, rows.take(2, done), "completed_at", ["TBC", f"{first}-11-31T11:20"])
    _set(frame, rows.take(3, in_home), "home_id", ["H99999", "H99998", "VOID-STORE"])
    early = rows.take(4, done)
    frame.loc[early, "completed_at"] = frame.loc[early, "reported_at"].str.slice(0, 10) + "T00:01"
    frame.loc[early, "reported_at"] = frame.loc[early, "reported_at"].str.slice(0, 10) + "T16:45"
    _change(frame, rows.take(4), "priority", "trail")
    _change(frame, rows.take(4), "status", "upper")
    _change(frame, rows.take(2, in_home), "home_id", "trail")
    _set(frame, rows.take(1), "priority", "routine")
    _set(frame, rows.take(1, done), "completed_at", "")
    exact = rows.take(3)
    conflicting = rows.take(2, done)
    frame = _repeat(frame, exact)
    frame = _repeat(frame, conflicting, completed_at=f"{first + 1}-03-30T15:00")
    return frame.assign(
        trade=np.resize(np.array(["plumbing", "heating", "carpentry", "general"]), len(frame))
    )


def _complaints(frame: pd.DataFrame, rows: _Rows, year: str) -> pd.DataFrame:
    closed = (frame["status"] == "closed") & (frame["stage"] == "1")
    in_home = frame["home_id"] != ""
    _set(frame, rows.take(1, closed), "received_on", "last week of June")
    _set(frame, rows.take(1, closed & in_home), "home_id", "H99996")
    backwards = rows.take(1, closed)
    frame.loc[backwards, ["received_on", "responded_on"]] = frame.loc[
        backwards, ["responded_on", "received_on"]
    ].to_numpy()
    _change(frame, rows.take(3), "status", "upper")
    _change(frame, rows.take(1, in_home), "home_id", "trail")
    return _repeat(frame, rows.take(1, closed))


def _asb_cases(frame: pd.DataFrame, rows: _Rows, year: str) -> pd.DataFrame:
    _set(frame, rows.take(1), "opened_on", f"{year[:4]}/7/??")
    _set(frame, rows.take(1, frame["home_id"] != ""), "home_id", "H99995")
    _change(frame, rows.take(3), "hate_incident", "upper")
    return _repeat(frame, rows.take(1))


def _survey_responses(frame: pd.DataFrame, rows: _Rows, year: str) -> pd.DataFrame:
    after = f"{int(year[:4]) + 1}-04-09"
    answered = frame["TP01"] != ""
    _change(frame, rows.take(3, answered), "TP01", "upper")
    _change(frame, rows.take(2, frame["TP08"] != ""), "TP08", "lower")
    _change(frame, rows.take(2, frame["TP05"] != ""), "TP05", "trail")
    _set(frame, rows.take(1), "TP06", "Quite happy")
    # one interviewer offered "don't know" where the question has no such answer
    _set(frame, rows.take(2, answered), "TP01", "Not applicable/ don't know")
    no_repair = (frame["tenure"] == "LCRA") & (frame["had_repair"] == "no")
    _set(frame, rows.take(2, no_repair), "TP02", "Fairly satisfied")
    _set(frame, rows.take(1, frame["made_complaint"] == "no"), "TP09", "Very dissatisfied")
    _set(frame, rows.take(1, frame["tenure"] == "LCHO"), "TP04", "Fairly satisfied")
    _set(frame, rows.take(1), "completed_on", f"{year[:4]}-09-31")
    _set(frame, rows.take(1), "completed_on", after)
    _set(frame, rows.take(1), "household_id", "HH99999A")
    _set(frame, rows.take(1), "recommend", "11")
    _set(frame, rows.take(len(HOSTILE_COMMENTS)), "comment", list(HOSTILE_COMMENTS))
    return _repeat(frame, rows.take(1))


def _households(frame: pd.DataFrame, rows: _Rows, year: str) -> pd.DataFrame:
    _change(frame, rows.take(2), "tenure", "trail")
    return _repeat(frame, rows.take(1))
