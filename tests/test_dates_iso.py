"""What a --DTC text says: validity, precision and the moments it allows."""

from __future__ import annotations

from datetime import date, datetime, timedelta

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st
from laws import examples

from engine.dates import (
    at_least,
    check_iso,
    date_part,
    earliest,
    iso_date,
    iso_datetime,
    latest,
    precision,
    time_part,
    to_date,
    to_datetime,
)
from engine.dates.parts import MISSING, compose, read_dtc


def text(*values: str | None) -> pd.Series:
    return pd.Series(list(values), dtype="str")


@st.composite
def components(draw: st.DrawFn, year: bool = False) -> tuple[int, ...]:
    """Components of a real moment, any of them missing (the year only if allowed)."""
    moment = draw(st.datetimes(datetime(1900, 1, 1), datetime(2199, 12, 31)))
    known = [*moment.timetuple()[:6]]
    holes = draw(st.lists(st.booleans(), min_size=6, max_size=6))
    return tuple(MISSING if hole and (n or not year) else value
                 for n, (value, hole) in enumerate(zip(known, holes, strict=True)))


# SDTMIG 3.4 section 4.4.2: complete and truncated values, missing middles, intervals.
GUIDE = [
    "2003-12-15T13:14:17.123", "2003-12-15T13:14:17", "2003-12-15T13:14", "2003-12-15T13", "2003-12-15",
    "2003-12", "2003", "2003-12-15T-:15", "2003-12-15T13:-:17", "2003---15", "--12-15", "-----T07:15",
    "2003-12-15T10:00/2003-12-15T10:30", "2003-01-01/2003-02-15", "2003-12-01/2003-12-10",
    "2003-01-01/2003-06-30",
]


@pytest.mark.parametrize("value", [
    *GUIDE, "2024-02-29", "--02-29", "2003-12--T13:15", "----15", "--12", "2003-12-15T-:-:17",
    "2001-12-26T00:00:01Z", "2001-12-26T00:00:01+08:00", "2001-12-26T00:00:01.5-05:00",
    "2003-12-15/P3D", "P3D/2003-12-15", "2003-12-15T10:00/PT30M",
])
def test_valid(value: str) -> None:
    assert check_iso(text(value)).tolist() == [False]


@pytest.mark.parametrize("value", [
    "", " ", "2025-3-01", "20250301", "2025/03/01", "2025-03-01 13:05", "2025-02-29", "1900-02-29",
    "2025-13", "2025-00-01", "2025-03-00", "2025-04-31", "--02-30", "0000-01-01", "25-03-01",
    "2025-03-", "2025--", "2025-03--", "-", "--", "---", "----", "-----", "-----T", "T13:05", "2025T13",
    "2025-03T13:05", "2025-03-01T", "2025-03-01T-", "2025-03-01T13:-", "2025-03-01T-:-", "2025-03-01T24:00",
    "2025-03-01T13:60", "2025-03-01T13:05:60", "2025-03-01T13:05:1", "2025-03-01T13:05.5",
    "2025-03-01T13:05:00+24:00", "2025-03-01+08:00", "2025-W09-6", "２０２５", "2025-03-01\n",
    "2003-12-10/2003-12-01", "2003-12-10/", "/2003", "2003/2004/2005", "P3D/P3D", "P3D", "2003-12-15/-P3D",
    "UNK", "2025-UN-03",
])
def test_invalid(value: str) -> None:
    assert check_iso(text(value)).tolist() == [True]


def test_null_is_not_bad_and_intervals_can_be_refused() -> None:
    assert check_iso(text(None, "2003-01-01/2003-02-15", "2003"), intervals=False).tolist() == [
        False, True, False]
    assert check_iso(text()).tolist() == []


@pytest.mark.parametrize(("value", "level", "first", "last"), [
    ("2003", "year", "2003-01-01T00:00:00", "2003-12-31T23:59:59"),
    ("2024-02", "month", "2024-02-01T00:00:00", "2024-02-29T23:59:59"),
    ("2023-02", "month", "2023-02-01T00:00:00", "2023-02-28T23:59:59"),
    ("2003-12-15", "day", "2003-12-15T00:00:00", "2003-12-15T23:59:59"),
    ("2003-12-15T13", "hour", "2003-12-15T13:00:00", "2003-12-15T13:59:59"),
    ("2003-12-15T13:14", "minute", "2003-12-15T13:14:00", "2003-12-15T13:14:59"),
    ("2003-12-15T13:14:17", "second", "2003-12-15T13:14:17", "2003-12-15T13:14:17"),
    ("2003-12-15T13:14:17.123+08:00", "second", "2003-12-15T13:14:17", "2003-12-15T13:14:17"),
    ("2003-12-15T-:15", "day", "2003-12-15T00:15:00", "2003-12-15T23:15:59"),
    ("2003-12-15T13:-:17", "hour", "2003-12-15T13:00:17", "2003-12-15T13:59:17"),
    ("2003---15", "year", "2003-01-15T00:00:00", "2003-12-15T23:59:59"),
    ("2003-02--T13", "month", "2003-02-01T13:00:00", "2003-02-28T13:59:59"),
    ("--12-15", "none", None, None),
    ("-----T07:15", "none", None, None),
    ("2003-12-01/2003-12-10", "month", "2003-12-01T00:00:00", "2003-12-10T23:59:59"),
    ("2003-12-15T10:00/2003-12-15T10:30", "hour", "2003-12-15T10:00:00", "2003-12-15T10:30:59"),
    ("2003-01-31/P1M", "year", "2003-01-31T00:00:00", "2003-02-28T23:59:59"),
    ("P2W/2003-03", "year", "2003-02-15T00:00:00", "2003-03-31T23:59:59"),
    ("2003/P0.5M", "none", None, None),
    ("2025-02-30", None, None, None),
    (None, None, None, None),
])
def test_precision_and_bounds(value: str | None, level: str | None, first: str | None,
                              last: str | None) -> None:
    def plain(series: pd.Series) -> object:
        return None if pd.isna(series.iloc[0]) else series.iloc[0]

    assert plain(precision(text(value))) == level
    assert plain(iso_datetime(earliest(text(value)))) == first
    assert plain(iso_datetime(latest(text(value)))) == last


@given(components())
def test_every_value_composed_is_read_back(known: tuple[int, ...]) -> None:
    dtc = compose(known)
    if dtc is None:
        assert known == (MISSING,) * 6
        return
    read = read_dtc(dtc)
    assert read is not None
    assert read.known == known
    assert not check_iso(text(dtc)).iloc[0]


@given(components(year=True))
def test_bounds_are_the_first_and_last_allowed(known: tuple[int, ...]) -> None:
    """Against every day of the year, and every second a time can be."""
    year = date(known[0], 1, 1)
    days = [year + timedelta(days=n) for n in range(366) if (year + timedelta(days=n)).year == known[0]]
    days = [day for day in days if known[1] in (MISSING, day.month) and known[2] in (MISSING, day.day)]
    dtc = text(compose(known))
    low, high = earliest(dtc).iloc[0], latest(dtc).iloc[0]
    assert (low.date(), high.date()) == (days[0], days[-1])
    for moment, fill in ((low, (0, 0, 0)), (high, (23, 59, 59))):
        clock = tuple(f if k == MISSING else k for k, f in zip(known[3:], fill, strict=True))
        assert (moment.hour, moment.minute, moment.second) == clock


@examples(8, 60)
@given(st.lists(components(), min_size=1, max_size=8))
def test_a_column_is_read_as_its_values_are(rows: list[tuple[int, ...]]) -> None:
    dtc = pd.Series([compose(row) for row in rows], dtype="str", index=range(5, 5 + len(rows)))
    for question in (earliest, latest, precision, to_date, to_datetime, date_part, time_part):
        whole = question(dtc)
        alone = pd.concat([question(dtc.iloc[[n]]) for n in range(len(dtc))])
        pd.testing.assert_series_equal(whole, alone)
        assert whole.index.equals(dtc.index)


def test_parts() -> None:
    dtc = text("2025-03-01T13:05", "2003---15", "-----T07:15", "2003-12--T13", "2003-12-01/2003-12-10",
               "x", None)
    assert date_part(dtc).fillna("").tolist() == ["2025-03-01", "2003---15", "", "2003-12", "2003-12", "", ""]
    assert time_part(dtc).fillna("").tolist() == ["13:05", "", "07:15", "13", "", "", ""]
    assert date_part(dtc).dtype == time_part(dtc).dtype == "str"


def test_complete_dates_and_datetimes_only() -> None:
    dtc = text("2025-03-01T13:05", "2025-03-01T13", "2025-03-01", "2025-03", "2025---01", "bad", None)
    dates, moments = to_date(dtc), to_datetime(dtc)
    assert dates.dtype == moments.dtype == "datetime64[s]"
    assert iso_date(dates).fillna("").tolist() == ["2025-03-01"] * 3 + [""] * 4
    assert iso_datetime(moments).fillna("").tolist() == ["2025-03-01T13:05:00"] + [""] * 6


def test_at_least() -> None:
    dtc = text("2025-03-01T13:05", "2025-03", "--03-01", None)
    assert at_least(dtc, "year").tolist() == [True, True, False, False]
    assert at_least(dtc, "minute").tolist() == [True, False, False, False]
    with pytest.raises(ValueError, match=r"^'week' is no component of a date; known: year, month, day, hour, "
                                         r"minute, second$"):
        at_least(dtc, "week")  # type: ignore[arg-type]


@given(st.datetimes(datetime(1600, 1, 1), datetime(2400, 1, 1)))
def test_iso_text_of_a_moment_reads_back(moment: datetime) -> None:
    whole = pd.Series(np.array([moment], dtype="datetime64[s]"))
    assert to_datetime(iso_datetime(whole)).tolist() == whole.tolist()
    assert iso_datetime(whole, seconds=False).iloc[0] == moment.strftime("%Y-%m-%dT%H:%M")
    assert iso_date(whole).iloc[0] == moment.date().isoformat()
    assert iso_date(pd.Series(pd.NaT, index=[3]).astype("datetime64[s]")).isna().tolist() == [True]
