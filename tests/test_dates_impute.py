"""Imputation of partial dates: admiral's rules, flags and limits."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st
from laws import examples

from engine.columns import Column, Kind
from engine.dates import earliest, impute, iso_datetime, latest
from engine.dates.impute import Imputed, nearest_allowed
from engine.dates.parts import MISSING, compose, highest, lowest


def text(*values: str | None) -> pd.Series:
    return pd.Series(list(values), dtype="str")


def moments(*values: datetime | None) -> pd.Series:
    return pd.Series(np.array(values, dtype="datetime64[s]"), dtype="datetime64[s]")


@st.composite
def components(draw: st.DrawFn, year: bool = False) -> tuple[int, ...]:
    """Components of a real moment, any of them missing (the year only if allowed)."""
    moment = draw(st.datetimes(datetime(1900, 1, 1), datetime(2199, 12, 31)))
    known = [*moment.timetuple()[:6]]
    holes = draw(st.lists(st.booleans(), min_size=6, max_size=6))
    return tuple(MISSING if hole and (n or not year) else value
                 for n, (value, hole) in enumerate(zip(known, holes, strict=True)))


LEVELS = ["none", "year", "month", "day", "hour", "minute", "second"]


def flat(found: Imputed) -> list[tuple[str, str, str]]:
    """Moment, date flag and time flag of each record, NULL as empty text."""
    return list(zip(iso_datetime(found.datetime).fillna(""), found.date_flag.fillna(""),
                    found.time_flag.fillna(""), strict=True))


def one(dtc: str | None, **options: Any) -> tuple[str, str, str]:
    for side in ("not_before", "not_after"):
        options[side] = [bound if isinstance(bound, Column) else moments(bound)
                         for bound in options.get(side, ())]
    return flat(impute(text(dtc), **options))[0]


def day(year: int, month: int, number: int) -> Column:
    return Column(moments(datetime(year, month, number)), Kind.DATE)


@pytest.mark.parametrize(("dtc", "level", "date", "time", "wanted"), [
    # the examples of admiral's impute_dtc_dtm
    ("2019-07-18T15:25:40", "hour", "first", "first", ("2019-07-18T15:25:40", "", "")),
    ("2019-07-18T15:25", "hour", "first", "first", ("2019-07-18T15:25:00", "", "S")),
    ("2019-07-18T15", "hour", "first", "first", ("2019-07-18T15:00:00", "", "M")),
    ("2019-07-18", "hour", "first", "first", ("2019-07-18T00:00:00", "", "H")),
    ("2019-02", "hour", "first", "first", ("", "", "")),
    ("2019-07-18T15:25", "hour", "first", "last", ("2019-07-18T15:25:59", "", "S")),
    ("2019-07-18", "hour", "first", "last", ("2019-07-18T23:59:59", "", "H")),
    ("2019-02", "month", "first", "first", ("2019-02-01T00:00:00", "D", "H")),
    ("2019", "month", "first", "first", ("2019-01-01T00:00:00", "M", "H")),
    ("2019-02", "month", "last", "last", ("2019-02-28T23:59:59", "D", "H")),
    ("2020-02", "month", "last", "last", ("2020-02-29T23:59:59", "D", "H")),
    ("2019", "month", "last", "last", ("2019-12-31T23:59:59", "M", "H")),
    ("2019-02", "month", "mid", "first", ("2019-02-15T00:00:00", "D", "H")),
    ("2019", "month", "mid", "first", ("2019-06-30T00:00:00", "M", "H")),
    ("2019---07", "month", "mid", "first", ("2019-06-07T00:00:00", "M", "H")),
    ("2019---18T15:-:05", "month", "mid", "last", ("2019-06-18T15:59:05", "M", "M")),
    ("2019-10", "month", "01-01", "00:00:00", ("2019-10-01T00:00:00", "D", "H")),
    ("2019", "month", "04-06", "12:30:15", ("2019-04-06T12:30:15", "M", "H")),
    ("2019-07-18T15", "hour", "first", "12:30:15", ("2019-07-18T15:30:15", "", "M")),
    # and what it refuses: the day the month has not
    ("2019-02", "month", "02-29", "first", ("2019-02-28T00:00:00", "D", "H")),
    ("2019---31", "month", "mid", "first", ("2019-07-31T00:00:00", "M", "H")),
    # levels
    ("2019", "day", "first", "first", ("", "", "")),
    ("2019-02", "day", "first", "first", ("2019-02-01T00:00:00", "D", "H")),
    ("2019---15", "day", "first", "first", ("", "", "")),
    ("2019-07-18", "minute", "first", "first", ("", "", "")),
    ("2019-07-18T15", "minute", "first", "first", ("2019-07-18T15:00:00", "", "M")),
    ("2019-07-18T15", "second", "first", "first", ("", "", "")),
    ("2019-07-18T15:25", "second", "first", "first", ("2019-07-18T15:25:00", "", "S")),
    ("2019-07-18T15:25", "none", "first", "first", ("", "", "")),
    ("2019-07-18T15:25:40", "none", "first", "first", ("2019-07-18T15:25:40", "", "")),
    ("2019-07-18T-:25", "minute", "first", "first", ("", "", "")),
    ("2019-07-18T-:25", "hour", "last", "last", ("2019-07-18T23:25:59", "", "H")),
    ("2019-07--T10:25:40", "day", "first", "first", ("2019-07-01T10:25:40", "D", "")),
    # no year, no date, no bound
    ("--07-18", "month", "first", "first", ("", "", "")),
    ("--07-18", "year", "first", "first", ("", "", "")),
    (None, "year", "last", "last", ("", "", "")),
    (None, "month", "first", "first", ("", "", "")),
    ("2019-02-30", "month", "first", "first", ("", "", "")),
    # an interval of uncertainty
    ("2003-12-05/2003-12-10", "month", "first", "first", ("2003-12-05T00:00:00", "D", "H")),
    ("2003-12-05/2003-12-10", "month", "last", "last", ("2003-12-10T23:59:59", "D", "H")),
    ("2003-12-05/2003-12-10", "month", "mid", "first", ("2003-12-10T23:59:59", "D", "H")),
])
def test_without_bounds(dtc: str | None, level: str, date: str, time: str, wanted: tuple[str, ...]) -> None:
    assert one(dtc, highest=level, date=date, time=time) == wanted


def test_seconds_never_collected() -> None:
    dtc = text("2019-07-18T15:25", "2019-07-18T15", "2019-07")
    found = flat(impute(dtc, highest="month", ignore_seconds=True))
    assert [flags for _, *flags in found] == [["", ""], ["", "M"], ["D", "H"]]
    with pytest.raises(ValueError, match=r"^seconds are collected, so imputed seconds must be flagged; drop "
                                         r"ignore_seconds$"):
        impute(text("2019-07-18T15:25:40", "2019-07-18T15:25"), highest="hour", ignore_seconds=True)


INFUSION = datetime(2025, 3, 10, 14, 30)


@pytest.mark.parametrize(("dtc", "wanted"), [
    ("2025-03", ("2025-03-10T14:30:00", "D", "H")),       # the bound is in March
    ("2025", ("2025-03-10T14:30:00", "M", "H")),
    ("2025-03-10", ("2025-03-10T14:30:00", "", "H")),
    ("2025-03-10T14", ("2025-03-10T14:30:00", "", "M")),
    ("2025-03-10T13", ("2025-03-10T13:00:00", "", "M")),   # collected before it
    ("2025-03-09", ("2025-03-09T00:00:00", "", "H")),
    ("2025-02", ("2025-02-01T00:00:00", "D", "H")),
    ("2025-04", ("2025-04-01T00:00:00", "D", "H")),
    ("2025-03-10T14:30:10", ("2025-03-10T14:30:10", "", "")),
    ("2025---05", ("2025-04-05T00:00:00", "M", "H")),      # the day was collected and stays
    ("2025-03--T08:00", ("2025-03-11T08:00:00", "D", "S")),
    ("2025-03-10T-:10", ("2025-03-10T15:10:00", "", "H")),
    ("2025-03-10T-:45", ("2025-03-10T14:45:00", "", "H")),
    (None, ("2025-03-10T14:30:00", "Y", "H")),
    ("--12-15", ("2025-12-15T00:00:00", "Y", "H")),
    ("--01-15", ("2026-01-15T00:00:00", "Y", "H")),
    ("--02-29", ("2028-02-29T00:00:00", "Y", "H")),
    ("-----T07:15", ("2025-03-11T07:15:00", "Y", "S")),
])
def test_not_before(dtc: str | None, wanted: tuple[str, ...]) -> None:
    assert one(dtc, highest="year", not_before=[INFUSION]) == wanted


@pytest.mark.parametrize(("dtc", "wanted"), [
    ("2025-03", ("2025-03-10T23:59:59", "D", "H")),        # a date is its whole day
    ("2025-03-10", ("2025-03-10T23:59:59", "", "H")),
    ("2025-03-11", ("2025-03-11T23:59:59", "", "H")),
    ("2025---15", ("2025-02-15T23:59:59", "M", "H")),
    ("2025---05", ("2025-03-05T23:59:59", "M", "H")),
    ("2024", ("2024-12-31T23:59:59", "M", "H")),
    (None, ("2025-03-10T23:59:59", "Y", "H")),
    ("--12-15", ("2024-12-15T23:59:59", "Y", "H")),
    ("--02-29", ("2024-02-29T23:59:59", "Y", "H")),
])
def test_not_after(dtc: str | None, wanted: tuple[str, ...]) -> None:
    assert one(dtc, highest="year", date="last", time="last", not_after=[day(2025, 3, 10)]) == wanted
    exact = moments(datetime(2025, 3, 10, 23, 59, 59)).iloc[0].to_pydatetime()
    assert one(dtc, highest="year", date="last", time="last", not_after=[exact]) == wanted


def test_a_date_as_lower_bound_is_its_first_second() -> None:
    for bound in (day(2025, 3, 10), datetime(2025, 3, 10)):
        assert one("2025-03", highest="month", not_before=[bound])[0] == "2025-03-10T00:00:00"


def test_text_that_is_no_date_is_never_imputed() -> None:
    for value in ("2025-02-30", "UNK", "2025/03"):
        assert one(value, highest="year", not_before=[INFUSION]) == ("", "", "")


def test_a_midnight_datetime_is_not_a_day() -> None:
    options: Any = {"highest": "month", "date": "last", "time": "last"}
    assert one("2025-03", not_after=[datetime(2025, 3, 10)], **options)[0] == "2025-03-10T00:00:00"


def test_several_bounds_and_missing_ones() -> None:
    lower = [day(2025, 3, 5), datetime(2025, 3, 8, 9), datetime(2025, 4, 1), None]
    assert one("2025-03", highest="month", not_before=lower)[0] == "2025-03-08T09:00:00"
    upper = [day(2025, 3, 20), day(2025, 3, 25), datetime(2025, 2, 1), None]
    found = one("2025-03", highest="month", date="last", time="last", not_after=upper)
    assert found[0] == "2025-03-20T23:59:59"


def test_not_after_outweighs_not_before() -> None:
    bounds: Any = {"not_before": [datetime(2025, 3, 20)], "not_after": [day(2025, 3, 10)]}
    for date in ("first", "mid", "last"):
        assert one("2025-03", highest="month", date=date, **bounds)[0] == "2025-03-10T23:59:59"
    for date in ("first", "last"):
        assert one(None, highest="year", date=date, **bounds)[0] == "2025-03-10T23:59:59"
        assert one("--03-15", highest="year", date=date, **bounds)[0] <= "2025-03-10T23:59:59"


def test_missing_date_needs_the_bound_on_its_side() -> None:
    assert one(None, highest="year", date="first", not_after=[INFUSION])[0] == ""
    assert one(None, highest="year", date="last", not_before=[INFUSION])[0] == ""


def test_dates_without_times() -> None:
    dtc = text("2025-03-12T10", "2025-03-12", "2025-03", "2025---15T10", None, "2025-03-12T-:30")
    cutoff = Column(moments(*[datetime(2025, 3, 31)] * 6), Kind.DATE)
    found = impute(dtc, highest="year", not_before=[moments(*[INFUSION] * 6)], not_after=[cutoff],
                   as_date=True)
    assert flat(found) == [
        ("2025-03-12T00:00:00", "", ""), ("2025-03-12T00:00:00", "", ""), ("2025-03-10T00:00:00", "D", ""),
        ("2025-03-15T00:00:00", "M", ""), ("2025-03-10T00:00:00", "Y", ""), ("2025-03-12T00:00:00", "", "")]
    assert flat(impute(dtc, as_date=True))[:3] == [
        ("2025-03-12T00:00:00", "", ""), ("2025-03-12T00:00:00", "", ""), ("", "", "")]


def test_types_and_index() -> None:
    dtc = pd.Series(["2025-03", None], dtype="str", index=[8, 2])
    found = impute(dtc, highest="month")
    assert [str(series.dtype) for series in found] == ["datetime64[s]", "str", "str"]
    assert [series.index.tolist() for series in found] == [[8, 2]] * 3
    assert [len(series) for series in impute(dtc.iloc[:0], highest="month")] == [0, 0, 0]


@pytest.mark.parametrize(("options", "message"), [
    ({"highest": "week"},
     "'week' is no level of imputation; known: none, year, month, day, hour, minute, second"),
    ({"date": "middle"}, "'middle' is no date to impute; known: first, mid, last, or a date as MM-DD"),
    ({"date": "02-30"}, "'02-30' is no date to impute; known: first, mid, last, or a date as MM-DD"),
    ({"date": "13-01"}, "'13-01' is no date to impute; known: first, mid, last, or a date as MM-DD"),
    ({"time": "24:00:00"}, "'24:00:00' is no time to impute; known: first, last, or a time as HH:mm:ss"),
    ({"time": "12:00"}, "'12:00' is no time to impute; known: first, last, or a time as HH:mm:ss"),
    ({"highest": "year", "date": "mid"},
     "a year can be imputed to the first or last date only, not to 'mid'"),
])
def test_what_cannot_be_asked(options: dict[str, Any], message: str) -> None:
    with pytest.raises(ValueError) as caught:   # noqa: PT011 - the whole message is compared below
        impute(text("2025"), **options)
    assert str(caught.value) == message


# Bounds near the dates that are drawn, so that many lie inside the collected range.
NEAR = st.datetimes(datetime(2023, 6, 1), datetime(2025, 6, 1)).map(lambda d: d.replace(microsecond=0))
WAYS: Any = st.fixed_dictionaries({
    "highest": st.sampled_from(LEVELS[1:]), "date": st.sampled_from(["first", "last"]),
    "time": st.sampled_from(["first", "last", "12:30:15"]),
})


@st.composite
def partial(draw: st.DrawFn) -> tuple[int, ...]:
    holes = draw(st.lists(st.booleans(), min_size=6, max_size=6))
    return tuple(MISSING if hole else n for n, hole in zip(draw(NEAR).timetuple()[:6], holes, strict=True))


def split(moment: datetime) -> tuple[int, ...]:
    return tuple(moment.timetuple()[:6])


@given(st.lists(st.tuples(partial(), NEAR, NEAR, NEAR), min_size=1, max_size=5), WAYS)
def test_laws(rows: list[tuple[Any, ...]], way: dict[str, Any]) -> None:
    """Inside what was collected, inside the bounds, and flagged for what was missing."""
    dtc = pd.Series([compose(row[0]) for row in rows], dtype="str")
    lower, upper = [moments(*[row[n] for row in rows]) for n in (1, 2)], [moments(*[row[3] for row in rows])]
    found = impute(dtc, not_before=lower, not_after=upper, **way)
    level = LEVELS[1:].index(way["highest"])
    first, last = earliest(dtc), latest(dtc)
    for n, (known, *bounds) in enumerate(rows):
        made = found.datetime.iloc[n]
        missing = [i for i, value in enumerate(known) if value == MISSING]
        allowed = not missing or missing[0] >= level
        assert pd.isna(made) == (not allowed)
        if not allowed:
            assert found.date_flag.isna()[n]
            assert found.time_flag.isna()[n]
            continue
        assert all(value in (MISSING, got) for value, got in zip(known, split(made), strict=True))
        in_date, in_time = [i for i in missing if i < 3], [i for i in missing if i >= 3]
        assert found.date_flag.fillna("")[n] == ("YMD"[in_date[0]] if in_date else "")
        assert found.time_flag.fillna("")[n] == ("HMS"[in_time[0] - 3] if in_time else "")
        if not pd.isna(first[n]):
            assert first[n] <= made <= last[n]
        inside = [b if pd.isna(first[n]) or first[n] <= b <= last[n] else None for b in bounds]
        if inside[2] is not None:
            assert made <= inside[2]
        top = inside[2] or last[n]
        for bound in inside[:2]:
            # Not before the bound, unless nothing that was collected fits between the two.
            both = max(b for b in bounds[:2] if b in inside) if bound else top
            assert bound is None or made >= bound or not fits(known, both, top)


def fits(known: Any, low: datetime, high: Any) -> bool:
    after = nearest_allowed(known, low, up=True)
    return after is not None and (pd.isna(high) or after <= high)


@given(components(year=True), st.datetimes(datetime(1899, 1, 1), datetime(2201, 1, 1)))
def test_nearest_allowed(known: Any, moment: datetime) -> None:
    """Against a walk over the days, the time taken as 00:00:00 and known in full."""
    known, moment = (*known[:3], 0, 0, 0), moment.replace(microsecond=0)
    low, high = lowest(known), highest(known)
    assert low is not None
    assert high is not None
    days = [low + timedelta(days=n) for n in range((high - low).days + 1)]
    days = [d for d in days if known[1] in (MISSING, d.month) and known[2] in (MISSING, d.day)]
    assert nearest_allowed(known, moment, up=True) == min((d for d in days if d >= moment), default=None)
    assert nearest_allowed(known, moment, up=False) == max((d for d in days if d <= moment), default=None)


@examples(10, 100)
@given(st.lists(partial(), min_size=2, max_size=6), WAYS, NEAR)
def test_a_column_is_imputed_as_its_values_are(rows: list[Any], way: dict[str, Any], bound: datetime) -> None:
    dtc = pd.Series([compose(row) for row in rows], dtype="str")
    whole = flat(impute(dtc, not_before=[moments(*[bound] * len(rows))], **way))
    alone = [flat(impute(dtc.iloc[[n]], not_before=[moments(bound)], **way))[0] for n in range(len(rows))]
    assert whole == alone
    assert np.array(whole).shape == (len(rows), 3)
