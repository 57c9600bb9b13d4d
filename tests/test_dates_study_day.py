"""Study days and ages."""

from __future__ import annotations

from datetime import date, datetime, timedelta

import numpy as np
import pandas as pd
import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from engine.dates import compute_age, compute_study_day


def text(*values: str | None) -> pd.Series:
    return pd.Series(list(values), dtype="str")


DAYS = st.datetimes(datetime(1990, 1, 1), datetime(2060, 1, 1))


def moments(*values: datetime | None) -> pd.Series:
    return pd.Series(np.array(values, dtype="datetime64[s]"), dtype="datetime64[s]")


def test_around_the_reference() -> None:
    dates = moments(datetime(2025, 3, 8), datetime(2025, 3, 9, 23, 59, 59), datetime(2025, 3, 10),
                    datetime(2025, 3, 10, 23), datetime(2025, 3, 11), None)
    found = compute_study_day(dates, pd.Timestamp("2025-03-10 14:30"))
    assert found.dtype == "float64"
    assert found.fillna(99).tolist() == [-2, -1, 1, 1, 2, 99]
    assert compute_study_day(dates, moments(*[None] * 6)).isna().all()
    assert compute_study_day(dates, pd.Timestamp("NaT")).isna().all()


@given(DAYS, DAYS)
def test_no_day_zero_and_the_right_distance(day: datetime, reference: datetime) -> None:
    found = compute_study_day(moments(day), moments(reference)).iloc[0]
    apart = (day.date() - reference.date()).days
    assert found != 0
    assert found == (apart + 1 if apart >= 0 else apart)


@given(st.lists(DAYS, min_size=2, max_size=6), DAYS)
def test_monotone(days: list[datetime], reference: datetime) -> None:
    found = compute_study_day(moments(*sorted(days)), pd.Timestamp(reference))
    assert found.is_monotonic_increasing


@pytest.mark.parametrize(("birth", "at", "years", "undetermined"), [
    ("1980-06-15", "2025-06-14", 44, False),
    ("1980-06-15", "2025-06-15", 45, False),
    ("1980-06-15", "2025-06-15T10:00", 45, False),
    ("2000-02-29", "2025-02-28", 24, False),
    ("2000-02-29", "2025-03-01", 25, False),
    ("2000-02-29", "2024-02-29", 24, False),
    ("1980-06", "2025-07-01", 45, False),
    ("1980-06", "2025-05-31", 44, False),
    ("1980-06", "2025-06-15", None, True),
    ("1980", "2025-12-31", 45, False),
    ("1980", "2025-06-15", None, True),
    ("1980-06-15", "2025", None, True),
    ("--06-15", "2025-06-15", None, True),
    (None, "2025-06-15", None, False),
    ("1980-06-15", None, None, False),
    ("2025-06-15", "2025-06-14", -1, False),
])
def test_age(birth: str | None, at: str | None, years: int | None, undetermined: bool) -> None:
    found = compute_age(text(birth), text(at))
    assert (None if pd.isna(found.years.iloc[0]) else found.years.iloc[0]) == years
    assert found.undetermined.tolist() == [undetermined]


@given(st.dates(date(1920, 1, 1), date(2010, 1, 1)), st.integers(0, 40000))
def test_age_counts_birthdays(birth: date, later: int) -> None:
    at = birth + timedelta(days=later)
    assume((birth.month, birth.day) != (2, 29))
    birthdays = sum(birth.replace(year=year) <= at for year in range(birth.year + 1, at.year + 1))
    assert compute_age(text(birth.isoformat()), text(at.isoformat())).years.tolist() == [birthdays]
