import pandas as pd
import pytest

from pipelines.measures.working_days import add_working_days


def days(*dates):
    return pd.Series(pd.to_datetime(list(dates))).astype("datetime64[us]")


@pytest.mark.parametrize(
    ("start", "count", "due"),
    [
        ("2024-05-01", 5, "2024-05-09"),  # over the weekend and the early May bank holiday (6 May)
        ("2024-12-20", 5, "2024-12-31"),  # over Christmas and Boxing Day
        ("2023-05-05", 1, "2023-05-09"),  # the coronation's one-off bank holiday (8 May 2023)
        ("2024-06-07", 5, "2024-06-14"),  # Friday
        ("2024-06-08", 5, "2024-06-14"),  # Saturday: day one is Monday, as for the Friday before
        ("2024-06-09", 5, "2024-06-14"),  # Sunday
        ("2024-03-27", 5, "2024-04-05"),  # Good Friday and Easter Monday, into the next year
    ],
)
def test_weekends_and_englands_bank_holidays_are_left_out(start, count, due):
    assert add_working_days(days(start), count).tolist() == [pd.Timestamp(due)]


def test_missing_dates_stay_missing_and_the_index_is_kept():
    dates = pd.Series([pd.NaT, pd.Timestamp("2024-06-07")], index=[7, 3]).astype("datetime64[us]")
    due = add_working_days(dates, 1)
    assert due.index.tolist() == [7, 3]
    assert due.isna().tolist() == [True, False]


def test_no_dates_at_all():
    assert add_working_days(days(None, None), 3).isna().all()
