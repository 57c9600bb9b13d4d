"""What the text of a --DTC says: its components, and the moments it allows.

Source: SDTMIG 3.4 section 4.4.1 (format) and 4.4.2 (precision): extended format,
trailing components left out, a missing component between others is one hyphen
(``2003---15``, ``--12-15``, ``2003-12-15T-:15``, ``-----T07:15``), an interval of
uncertainty is two values and a solidus.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from datetime import MAXYEAR, datetime, timedelta
from functools import lru_cache
from typing import Any, NamedTuple, TypeVar

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from engine.coded import Coded, Values
from engine.dates.durations import Duration, read_duration

COMPONENTS = ("year", "month", "day", "hour", "minute", "second")
MISSING = -1

Components = tuple[int, int, int, int, int, int]
Moments = NDArray[np.datetime64]
Known = NDArray[np.int16]

_Any = TypeVar("_Any", bound=np.generic)

UNKNOWN: Components = (MISSING,) * 6
_LIMITS = ((1, 9999), (1, 12), (1, 31), (0, 23), (0, 59), (0, 59))
# Where each component ends in a text of the usual form, and the sign that follows it.
_ENDS = ((4, "-"), (7, "-"), (10, "T"), (13, ":"), (16, ":"), (19, ""))
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


def _days(years: NDArray[np.integer], months: NDArray[np.integer],
          days: NDArray[np.integer]) -> NDArray[np.datetime64]:
    """Days of the calendar, datetime64[D]."""
    first = ((years.astype(np.int64) - 1970) * 12 + months - 1).astype("datetime64[M]")
    found: NDArray[np.datetime64] = first.astype("datetime64[D]") + (days - 1).astype(np.int64)
    return found


def moments(filled: NDArray[np.integer]) -> Moments:
    """Complete components, shape (n, 6), as datetime64[s]."""
    days = _days(filled[:, 0], filled[:, 1], filled[:, 2])
    seconds = filled[:, 3].astype(np.int64) * 3600 + filled[:, 4].astype(np.int64) * 60 + filled[:, 5]
    found: Moments = days.astype("datetime64[s]") + seconds.astype("timedelta64[s]")
    return found


def month_ends(years: NDArray[np.integer], months: NDArray[np.integer]) -> NDArray[np.int64]:
    """The number of days of each month.

    >>> month_ends(np.array([2024, 2025]), np.array([2, 12])).tolist()
    [29, 31]
    """
    leap = (years % 4 == 0) & ((years % 100 != 0) | (years % 400 == 0))
    found: NDArray[np.int64] = np.array(_MONTH_DAYS, dtype=np.int64)[months - 1]
    found += (months == 2) & leap
    return found


def bounds(known: Known) -> tuple[Moments, Moments]:
    """First and last second that components allow, NaT where the year is missing."""
    absent = known == MISSING
    none = absent[:, 0]
    first = moments(np.where(absent, np.array([1970, 1, 1, 0, 0, 0], dtype=np.int16), known))
    last = first.copy()
    for number, seconds in ((5, 59), (4, 59 * 60), (3, 23 * 3600)):
        last[absent[:, number]] += np.timedelta64(seconds, "s")
    vague = np.flatnonzero(absent[:, 1] | absent[:, 2])
    if len(vague):
        day = known[vague].astype(np.int64)
        month = np.where(absent[vague, 1], 12, day[:, 1])
        year = np.where(none[vague], 1970, day[:, 0])
        end = np.where(absent[vague, 2], month_ends(year, month), day[:, 2])
        start = first[vague].astype("datetime64[D]")
        last[vague] += (_days(year, month, end) - start).astype("timedelta64[s]")
    first[none], last[none] = np.datetime64("NaT"), np.datetime64("NaT")
    return first, last


def _regular(texts: Any) -> tuple[Known, NDArray[np.bool_]]:
    """Components of texts of the usual forms (``2025``, ``2025-03`` ... to the second), and which have one.

    All texts of one length are taken apart together, as a table of their bytes.
    """
    known = np.full((len(texts), 6), MISSING, dtype=np.int16)
    found = np.zeros(len(texts), dtype=np.bool_)
    _, starts, data = texts.buffers()
    if not len(texts) or data is None:
        return known, found
    begin = np.frombuffer(starts, dtype=np.int64)[texts.offset:texts.offset + len(texts) + 1]
    lengths, whole = np.diff(begin), np.frombuffer(data, dtype=np.uint8)
    for count, (length, _) in enumerate(_ENDS, start=1):
        at = np.flatnonzero(lengths == length)
        if len(at) == len(texts):
            signs = whole[begin[0]:begin[-1]].reshape(-1, length).T
        else:
            signs = np.stack([whole[begin[at] + place] for place in range(length)])
        values, good = _table(np.ascontiguousarray(signs), count)
        known[at[good], :count] = values[:, good].T
        found[at[good]] = True
    return known, found


def _table(signs: NDArray[np.uint8], count: int) -> tuple[Known, NDArray[np.bool_]]:
    """The components of texts of one length, given sign by sign, and which texts are dates."""
    good = np.ones(signs.shape[1], dtype=np.bool_)
    values = np.zeros((count, signs.shape[1]), dtype=np.int16)
    place = 0
    for number, (end, sign) in enumerate(_ENDS[:count]):
        for digit in signs[place:end] - np.uint8(48):   # other signs than digits come to 10 or more
            good &= digit < 10
            values[number] = values[number] * 10 + digit
        low, high = _LIMITS[number]
        good &= (values[number] >= low) & (values[number] <= high)
        if end < len(signs):
            good &= signs[end] == ord(sign)
        place = end + 1
    late = np.flatnonzero(good & (values[2] > 28)) if count > 2 else np.zeros(0, dtype=np.int64)
    if len(late):
        good[late] = values[2, late] <= month_ends(values[0, late], values[1, late])
    return values, good


def parse_texts(texts: Any) -> Parts:
    """Take distinct texts (an arrow array of ``large_string``) apart; a last row more stands for NULL.

    >>> import pyarrow as pa
    >>> found = parse_texts(pa.array(["2024-02", "31-FEB-2025"], pa.large_string()))
    >>> found.valid.tolist(), found.known[0].tolist(), str(found.latest[0])
    ([True, False, False], [2024, 2, -1, -1, -1, -1], '2024-02-29T23:59:59')
    """
    known, valid = _regular(texts)
    known, valid = np.vstack([known, np.array([UNKNOWN], dtype=np.int16)]), np.append(valid, False)
    spans = []
    for at in np.flatnonzero(~valid[:-1]).tolist():
        read = read_dtc(texts[at].as_py())
        if read is not None:
            known[at], valid[at] = read.known, True
            if read.bounds is not None:
                spans.append((at, read.bounds))
    first, last = bounds(known)
    for at, (low, high) in spans:
        first[at], last[at] = np.datetime64(low, "s"), np.datetime64(high, "s")
    return Parts(known, valid, first, last)


def parse(dtc: Values) -> Parts:
    """Take a column of --DTC apart, once for each distinct text.

    >>> found = parse(pd.Series(["2024-02", "31-FEB-2025", None], dtype="str"))
    >>> found.valid.tolist(), found.known[0].tolist(), str(found.latest[0])
    ([True, False, False], [2024, 2, -1, -1, -1, -1], '2024-02-29T23:59:59')
    """
    coded = as_coded(dtc)
    return Parts(*(part[coded.codes] for part in parse_texts(coded.distinct)))


def said(dtc: Values, what: Callable[[Parts], NDArray[_Any]]) -> NDArray[_Any]:
    """What the distinct texts of a column say, laid out over its records.

    >>> said(Coded.constant("2024-02", 2), lambda parts: parts.known[:, 1]).tolist()
    [2, 2]
    """
    coded = as_coded(dtc)
    found: NDArray[_Any] = what(parse_texts(coded.distinct))[coded.codes]
    return found


def as_coded(dtc: Values) -> Coded:
    """Text by its codes."""
    return dtc if isinstance(dtc, Coded) else Coded.of(dtc)


def index_of(dtc: Values) -> pd.Index:
    """The index of a series; text by codes stands on 0, 1, 2 ..."""
    return pd.RangeIndex(len(dtc)) if isinstance(dtc, Coded) else dtc.index
