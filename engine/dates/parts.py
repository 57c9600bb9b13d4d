"""What the text of a --DTC says: its components, and the moments it allows.

Source: SDTMIG 3.4 section 4.4.1 (format) and 4.4.2 (precision): extended format,
trailing components left out, a missing component between others is one hyphen
(``2003---15``, ``--12-15``, ``2003-12-15T-:15``, ``-----T07:15``), an interval of
uncertainty is two values and a solidus.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from datetime import MAXYEAR, datetime, timedelta
from functools import lru_cache
from itertools import chain
from typing import NamedTuple

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from engine.dates.durations import Duration, read_duration

COMPONENTS = ("year", "month", "day", "hour", "minute", "second")
MISSING = -1

Components = tuple[int, int, int, int, int, int]
Moments = NDArray[np.datetime64]
Known = NDArray[np.int16]

UNKNOWN: Components = (MISSING,) * 6
_LIMITS = ((1, 9999), (1, 12), (1, 31), (0, 23), (0, 59), (0, 59))
_MONTH_DAYS = (31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31)
_DATE = re.compile(r"(\d{4}|-)(?:-(\d\d|-)(?:-(\d\d|-))?)?", re.ASCII)
_CLOCK = re.compile(
    r"(\d\d|-)(?::(\d\d|-)(?::(\d\d)(?:\.\d+)?)?)?(?:Z|[+-](?:0\d|1[0-4]):[0-5]\d)?", re.ASCII)


class Parts(NamedTuple):
    """A column of --DTC taken apart, a row a record.

    ``known`` has shape (n, 6), year to second, -1 where a component is missing;
    ``valid`` is False for text that is no date (and for NULL); ``earliest`` and
    ``latest`` are datetime64[s], NaT where the year is unknown.
    """

    known: Known
    valid: NDArray[np.bool_]
    earliest: Moments
    latest: Moments


class _Read(NamedTuple):
    known: Components
    bounds: tuple[datetime, datetime] | None = None   # of an interval


def month_days(year: int, month: int) -> int:
    """Days a month can have; an unknown year (-1) may be a leap year.

    >>> month_days(2025, 2), month_days(2024, 2), month_days(-1, 2), month_days(2025, -1)
    (28, 29, 29, 31)
    """
    if month == MISSING:
        return 31
    leap = year == MISSING or (year % 4 == 0 and (year % 100 != 0 or year % 400 == 0))
    return 29 if month == 2 and leap else _MONTH_DAYS[month - 1]


def in_calendar(known: Sequence[int]) -> bool:
    """Whether the date components can stand together in a calendar."""
    limits = zip(known[:3], _LIMITS[:3], strict=True)
    if any(value != MISSING and not low <= value <= high for value, (low, high) in limits):
        return False
    return known[2] <= month_days(known[0], known[1])


def in_day(known: Sequence[int]) -> bool:
    """Whether the time components are a time of day (00:00:00 to 23:59:59)."""
    limits = zip(known[3:], _LIMITS[3:], strict=True)
    return all(value == MISSING or low <= value <= high for value, (low, high) in limits)


def compose(known: Sequence[int]) -> str | None:
    """Write components as a --DTC; ``None`` where nothing is known.

    Source: SDTMIG 3.4 section 4.4.2.

    >>> compose((2003, -1, 15, -1, -1, -1)), compose((-1, 12, 15, -1, -1, -1))
    ('2003---15', '--12-15')
    >>> compose((2003, 12, 15, -1, 15, -1)), compose((-1, -1, -1, 7, 15, -1))
    ('2003-12-15T-:15', '-----T07:15')
    """
    texts = ["-" if value == MISSING else f"{value:0{4 if n == 0 else 2}d}" for n, value in enumerate(known)]
    date, time = texts[:3], texts[3:]
    while time and time[-1] == "-":
        time.pop()
    if time:
        return "-".join(date) + "T" + ":".join(time)
    while date and date[-1] == "-":
        date.pop()
    return "-".join(date) or None


def _numbers(parts: Sequence[str | None]) -> tuple[int, int, int]:
    first, second, third = (MISSING if part in (None, "-") else int(part) for part in parts)
    return first, second, third


@lru_cache(maxsize=65536)
def _date(text: str, timed: bool) -> tuple[int, int, int] | None:
    """Year, month and day; before a time all three stand, otherwise none is missing at the end."""
    match = _DATE.fullmatch(text)
    if match is None:
        return None
    year, month, day = match.groups()
    whole = day is not None if timed else (day or month or year) != "-"
    known = _numbers(match.groups())
    return known if whole and in_calendar(known) else None


@lru_cache(maxsize=65536)
def _clock(text: str) -> tuple[int, int, int] | None:
    """Hour, minute and second, none missing at the end."""
    match = _CLOCK.fullmatch(text)
    if match is None:
        return None
    hour, minute, second = match.groups()
    known = _numbers(match.groups())
    return known if (second or minute or hour) != "-" and in_day(UNKNOWN[:3] + known) else None


def _instant(text: str) -> Components | None:
    """Components of one date or datetime; ``None`` if the text is none."""
    # A million datetimes have few dates and few times of day: each is taken apart once.
    day_text, timed, clock_text = text.partition("T")
    date = _date(day_text, bool(timed))
    if date is None:
        return None
    clock = _clock(clock_text) if timed else UNKNOWN[3:]
    return None if clock is None else date + clock


def lowest(known: Components) -> datetime | None:
    """The first moment the components allow; ``None`` if the year is unknown."""
    if known[0] == MISSING:
        return None
    year, month, day, *clock = known
    hour, minute, second = (max(value, 0) for value in clock)
    return datetime(year, max(month, 1), max(day, 1), hour, minute, second)


def highest(known: Components) -> datetime | None:
    """The last moment (whole second) the components allow."""
    if known[0] == MISSING:
        return None
    year, month, day, *clock = known
    month = 12 if month == MISSING else month
    day = month_days(year, month) if day == MISSING else day
    hour, minute, second = (top if value == MISSING else value
                            for value, top in zip(clock, (23, 59, 59), strict=True))
    return datetime(year, month, day, hour, minute, second)


def _shift(moment: datetime | None, by: Duration, sign: int) -> datetime | None:
    """A moment moved by a duration; ``None`` if months are not whole or a year is passed."""
    if moment is None or by.months.denominator != 1:
        return None
    month = moment.year * 12 + moment.month - 1 + sign * int(by.months)
    year, month = divmod(month, 12)
    if not 1 <= year < MAXYEAR:
        return None
    day = min(moment.day, month_days(year, month + 1))
    moved = moment.replace(year=year, month=month + 1, day=day)
    seconds = sign * by.seconds
    if abs(seconds) > 366 * 86400 * 1000:
        return None
    try:
        return moved + timedelta(seconds=float(seconds))
    except OverflowError:
        return None


def _interval(text: str) -> _Read | None:
    """An interval of uncertainty: what its two ends have in common, and its bounds."""
    left, _, right = text.partition("/")
    start, end = _instant(left), _instant(right)
    for_start, for_end = read_duration(left), read_duration(right)
    if start and end:
        bounds = lowest(start), highest(end)
    elif start and for_end and not for_end.negative:
        bounds = lowest(start), _shift(highest(start), for_end, 1)
    elif end and for_start and not for_start.negative:
        bounds = _shift(lowest(end), for_start, -1), highest(end)
    else:
        return None
    first, last = bounds
    if first is None or last is None:
        return _Read(UNKNOWN)
    if first > last:
        return None
    shared = list(UNKNOWN)
    for n, (a, b) in enumerate(zip(first.timetuple()[:6], last.timetuple()[:6], strict=True)):
        if a != b:
            break
        shared[n] = a
    return _Read((*shared,), (first, last))  # type: ignore[arg-type]


def read_dtc(text: str) -> _Read | None:
    """One --DTC value; ``None`` if the text is none."""
    if "/" in text:
        return _interval(text)
    known = _instant(text)
    return None if known is None else _Read(known)


def moments(filled: NDArray[np.int64]) -> Moments:
    """Complete components, shape (n, 6), as datetime64[s]."""
    months = ((filled[:, 0] - 1970) * 12 + filled[:, 1] - 1).astype("datetime64[M]")
    seconds = filled[:, 3] * 3600 + filled[:, 4] * 60 + filled[:, 5]
    days = months.astype("datetime64[D]") + (filled[:, 2] - 1)
    found: Moments = days.astype("datetime64[s]") + seconds.astype("timedelta64[s]")
    return found


def month_ends(years: NDArray[np.int64], months: NDArray[np.int64]) -> NDArray[np.int64]:
    """The number of days of each month.

    >>> month_ends(np.array([2024, 2025]), np.array([2, 12])).tolist()
    [29, 31]
    """
    first = ((years - 1970) * 12 + months - 1).astype("datetime64[M]")
    span = (first + 1).astype("datetime64[D]") - first.astype("datetime64[D]")
    found: NDArray[np.int64] = span.astype(np.int64)
    return found


def bounds(known: Known) -> tuple[Moments, Moments]:
    """First and last second that components allow, NaT where the year is missing."""
    wide = known.astype(np.int64)
    absent = wide == MISSING
    none = absent[:, 0]
    low = np.where(absent, np.array([1970, 1, 1, 0, 0, 0]), wide)
    high = np.where(absent, np.array([1970, 12, 31, 23, 59, 59]), wide)
    high[:, 2] = np.where(absent[:, 2], month_ends(high[:, 0], high[:, 1]), high[:, 2])
    first, last = moments(low), moments(high)
    first[none], last[none] = np.datetime64("NaT"), np.datetime64("NaT")
    return first, last


def parse(dtc: pd.Series) -> Parts:
    """Take a column of --DTC apart, once for each distinct text.

    >>> found = parse(pd.Series(["2024-02", "31-FEB-2025", None], dtype="str"))
    >>> found.valid.tolist(), found.known[0].tolist(), str(found.latest[0])
    ([True, False, False], [2024, 2, -1, -1, -1, -1], '2024-02-29T23:59:59')
    """
    codes, distinct = pd.factorize(dtc, use_na_sentinel=True)
    # The last row stands for NULL: code -1 picks it.
    reads = [*(read_dtc(str(text)) for text in distinct), None]
    flat = chain.from_iterable(UNKNOWN if read is None else read.known for read in reads)
    known = np.fromiter(flat, dtype=np.int16, count=6 * len(reads)).reshape(-1, 6)
    first, last = bounds(known)
    for n, read in enumerate(reads):
        if read is not None and read.bounds is not None:
            first[n], last[n] = (np.datetime64(moment, "s") for moment in read.bounds)
    valid = np.array([read is not None for read in reads], dtype=np.bool_)
    return Parts(known[codes], valid[codes], first[codes], last[codes])
