"""Laws of partial dates from collected text to imputed moment: reading, parts, order, imputation."""

from __future__ import annotations

from datetime import datetime, timedelta
from itertools import product
from typing import Any

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st
from laws import examples
from test_dates_collected import DATES, TIMES, write
from test_dates_impute import components, moments, partial

from engine.columns import Column, Kind
from engine.dates import (
    PRECISIONS,
    check_iso,
    earliest,
    earliest_of,
    impute,
    latest,
    latest_of,
    order_key,
    precision,
    read_dates,
)
from engine.dates.impute import nearest_allowed
from engine.dates.parts import MISSING, compose, highest, lowest, parse

MOMENTS = [datetime(2024, 2, 29, 0, 0, 0), datetime(2025, 12, 31, 23, 59, 59),
           datetime(1999, 10, 5, 13, 7, 30)]
HOLES = list(product([False, True], repeat=6))
PARTIAL = [tuple(MISSING if hole else n for n, hole in zip(moment.timetuple()[:6], holes, strict=True))
           for moment in MOMENTS for holes in HOLES]
WHOLE = [moment for moment in MOMENTS for _ in HOLES]


def text(values: list[str | None]) -> pd.Series:
    return pd.Series(values, dtype="str")


# --- reading, and parts again ----------------------------------------------------------

@pytest.mark.parametrize("apart", [True, False], ids=["two columns", "one column"])
@pytest.mark.parametrize("time", TIMES, ids="".join)
@pytest.mark.parametrize("date", DATES, ids="".join)
def test_every_partial_form_goes_from_text_to_parts(date: list[str], time: list[str], apart: bool) -> None:
    """All 64 ways to know a moment in part, in every format: what was written is what is held."""
    form = [*date, " ", *time]
    if apart:
        found = read_dates([text([write(date, known) for known in PARTIAL])],
                           text([write(time, known) for known in PARTIAL]), ["".join(date)], ["".join(time)],
                           ["UN"])
    else:
        found = read_dates([text([write(form, known) for known in PARTIAL])], None, ["".join(form)], (),
                           ["UN"])
    assert not found.bad.any()
    parts = parse(found.values)
    some = [any(n != MISSING for n in known) for known in PARTIAL]
    assert parts.valid.tolist() == some
    held = [tuple(row) for row in parts.known[some].tolist()]
    assert held == [known for known, one in zip(PARTIAL, some, strict=True) if one]
    assert not check_iso(found.values).any()


def test_what_is_known_holds_the_moment_it_is_known_of() -> None:
    dtc = text([compose(known) for known in PARTIAL])
    first, last, known_to = earliest(dtc), latest(dtc), precision(dtc)
    for n, (known, moment) in enumerate(zip(PARTIAL, WHOLE, strict=True)):
        level = next((at for at, value in enumerate(known) if value == MISSING), 6)
        if compose(known) is not None:
            assert known_to[n] == PRECISIONS[level]
        assert pd.isna(first[n]) == pd.isna(last[n]) == (known[0] == MISSING)
        if known[0] != MISSING:
            assert first[n] <= moment <= last[n]
            assert (first[n] == last[n]) == (MISSING not in known)


def test_to_know_less_allows_more() -> None:
    """Over every pair of ways to know one moment in part."""
    for start in range(0, len(PARTIAL), len(HOLES)):
        dtc = text([compose(known) for known in PARTIAL[start:start + len(HOLES)]])
        first, last = earliest(dtc), latest(dtc)
        for (n, fewer), (m, more) in product(enumerate(HOLES), repeat=2):
            if not fewer[0] and not more[0] and all(b or not a for a, b in zip(fewer, more, strict=True)):
                assert first[m] <= first[n]
                assert last[n] <= last[m]


# --- order -----------------------------------------------------------------------------

MOMENT = st.datetimes(datetime(2023, 12, 30), datetime(2025, 1, 2)).map(lambda d: d.replace(microsecond=0))
TRUNCATED = st.builds(lambda moment, kept: compose([n if at < kept else MISSING
                                                    for at, n in enumerate(moment.timetuple()[:6])]),
                      MOMENT, st.integers(1, 6))


@given(st.lists(TRUNCATED | st.none(), min_size=2, max_size=12))
def test_order_is_that_of_the_first_moment_and_then_of_what_is_known(values: list[str | None]) -> None:
    dtc = text(values)
    first = earliest(dtc)
    ours = sorted(range(len(values)), key=lambda n: order_key(dtc)[n])
    told = sorted(range(len(values)), key=lambda n: (
        pd.Timestamp.min if values[n] is None else first[n], len(values[n] or "")))
    assert [values[n] for n in ours] == [values[n] for n in told]


@given(TRUNCATED, TRUNCATED)
def test_what_certainly_came_first_sorts_first(one: str, two: str) -> None:
    dtc = text([one, two])
    if latest(dtc)[0] < earliest(dtc)[1]:
        assert order_key(dtc)[0] < order_key(dtc)[1]
        columns = [dtc.iloc[[0]].reset_index(drop=True), dtc.iloc[[1]].reset_index(drop=True)]
        assert earliest_of(columns).tolist() == [one]
        assert latest_of(columns).tolist() == [two]


# --- imputation ------------------------------------------------------------------------

LEVELS = ["year", "month", "day", "hour", "minute", "second"]
WAYS: Any = st.fixed_dictionaries({
    "highest": st.sampled_from(LEVELS[1:]),
    "date": st.sampled_from(["first", "mid", "last", "02-29", "06-30"]),
    "time": st.sampled_from(["first", "last", "12:30:15"]), "as_date": st.booleans(),
}) | st.fixed_dictionaries({"highest": st.just("year"), "date": st.sampled_from(["first", "last"]),
                            "as_date": st.booleans()})
NEAR = st.datetimes(datetime(2023, 6, 1), datetime(2025, 6, 1)).map(lambda d: d.replace(microsecond=0))
BOUND = st.tuples(st.none() | NEAR, st.sampled_from([Kind.DATE, Kind.DATETIME]))
DAY = timedelta(days=1)


def bound(given_: tuple[datetime | None, Kind]) -> Column:
    moment, kind = given_
    if moment is not None and kind is Kind.DATE:
        moment = moment.replace(hour=0, minute=0, second=0)
    return Column(moments(moment), kind)


def limit(given_: tuple[datetime | None, Kind], last: bool, as_date: bool) -> datetime | None:
    """The moment a bound means: a date from above is the last second of its day."""
    moment, kind = given_
    if moment is None:
        return None
    if kind is Kind.DATE or as_date:
        moment = moment.replace(hour=0, minute=0, second=0)
        if last and not as_date:
            moment += DAY - timedelta(seconds=1)
    return moment


def inside(moment: datetime | None, known: tuple[int, ...], as_date: bool) -> datetime | None:
    """A bound, if what was collected allows its moment; without a year everything does."""
    low, high = lowest(known), highest(known)  # type: ignore[arg-type]
    if moment is None or low is None or high is None:
        return moment
    if as_date:
        low, high = low.replace(hour=0, minute=0, second=0), high.replace(hour=0, minute=0, second=0)
    return moment if low <= moment <= high else None


@examples(60, 1_000)
@given(partial() | components(year=True), BOUND, BOUND, WAYS)
def test_an_imputed_moment_is_one_that_was_possible(
        known: tuple[int, ...], before: tuple[datetime | None, Kind], after: tuple[datetime | None, Kind],
        way: dict[str, Any]) -> None:
    """Inside what was collected; not after the upper bound; not before the lower one if that can be."""
    found = impute(text([compose(known)]), not_before=[bound(before)], not_after=[bound(after)], **way)
    made = found.datetime.iloc[0]
    as_date = way["as_date"]
    seen = (*known[:3], 0, 0, 0) if as_date else known
    gaps = [n for n, value in enumerate(seen) if value == MISSING]
    level = LEVELS.index(way["highest"])
    low = inside(limit(before, False, as_date), seen, as_date)
    high = inside(limit(after, True, as_date), seen, as_date)
    if gaps and (gaps[0] < level or (gaps[0] == 0 and (high if way["date"] == "last" else low) is None)):
        assert pd.isna(made)
        assert found.date_flag.isna().all()
        return
    assert not pd.isna(made)
    assert all(value in (MISSING, got) for value, got in zip(seen, made.timetuple()[:6], strict=True))
    if as_date:
        assert made == made.normalize()
    fits_below = nearest_allowed(seen, high, up=False) if high else None  # type: ignore[arg-type]
    if high is not None and fits_below is not None:
        assert made <= high
    if low is not None:
        fits_above = nearest_allowed(seen, low, up=True)  # type: ignore[arg-type]
        possible = fits_above is not None and (high is None or fits_above <= high)
        assert made >= low or not possible
    flags = [found.date_flag.fillna("").iloc[0], found.time_flag.fillna("").iloc[0]]
    dates, times = [n for n in gaps if n < 3], [n for n in gaps if n >= 3]
    assert flags == ["YMD"[dates[0]] if dates else "", "HMS"[times[0] - 3] if times else ""]


@given(partial(), st.lists(NEAR, max_size=3), st.lists(NEAR, max_size=3), WAYS)
def test_what_is_complete_is_never_moved(
        known: tuple[int, ...], before: list[datetime], after: list[datetime], way: dict[str, Any]) -> None:
    whole = datetime(2024, 5, 6, 7, 8, 9)
    dtc = text(["2024-05-06T07:08:09", compose(known)])
    found = impute(dtc, not_before=[moments(b, b) for b in before], not_after=[moments(a, a) for a in after],
                   **way)
    kept = whole.replace(hour=0, minute=0, second=0) if way["as_date"] else whole
    assert found.datetime.iloc[0] == np.datetime64(kept)
    assert found.date_flag.isna().iloc[0]
    assert found.time_flag.isna().iloc[0]
