"""Impute partial dates for analysis, with the flags that say so.

The rules are admiral's (``impute_dtc_dtm``), with two differences that keep every
collected component: a known component below a missing one is kept (admiral's
``preserve = TRUE``), and a bound never changes one.  Flags: ADaMIG 1.3 section
3.1.3, codelists DATEFL and TIMEFL.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Sequence
from datetime import MAXYEAR, datetime
from typing import Any, Literal, NamedTuple

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from engine.coded import Values
from engine.columns import Column, Kind
from engine.dates.parts import (
    COMPONENTS,
    MISSING,
    Components,
    Known,
    Moments,
    index_of,
    moments,
    month_days,
    month_ends,
    parse,
)

Highest = Literal["none", "year", "month", "day", "hour", "minute", "second"]
Bound = pd.Series | Column

_NAT = np.datetime64("NaT", "s")
_LAST_SECOND = np.timedelta64(86399, "s")
_FILLS = {"first": (1, 1, 1), "mid": (6, 15, 30), "last": (12, 31, 31)}
_DATE = re.compile(r"(0[1-9]|1[0-2])-(0[1-9]|[12]\d|3[01])", re.ASCII)
_TIME = re.compile(r"([01]\d|2[0-3]):([0-5]\d):([0-5]\d)", re.ASCII)


class Imputed(NamedTuple):
    """Imputed moments (datetime64[s]) and the highest component imputed in date and time.

    ``date_flag`` is Y, M, D or NULL, ``time_flag`` H, M, S or NULL.
    """

    datetime: pd.Series
    date_flag: pd.Series
    time_flag: pd.Series


class _Plan(NamedTuple):
    """What is asked for: month, day, day where the month is missing too, and the time."""

    level: int
    month: int
    day: int
    day_and_month: int
    clock: tuple[int, int, int]
    down: bool


def _plan(highest: str, date: str, time: str) -> _Plan:
    if highest not in ("none", *COMPONENTS):
        raise ValueError(f"'{highest}' is no level of imputation; known: none, {', '.join(COMPONENTS)}")
    match = _DATE.fullmatch(date)
    if date not in _FILLS and (match is None or int(match[2]) > month_days(MISSING, int(match[1]))):
        raise ValueError(f"'{date}' is no date to impute; known: first, mid, last, or a date as MM-DD")
    if highest == "year" and date not in ("first", "last"):
        raise ValueError(f"a year can be imputed to the first or last date only, not to '{date}'")
    clock = _TIME.fullmatch({"first": "00:00:00", "last": "23:59:59"}.get(time, time))
    if clock is None:
        raise ValueError(f"'{time}' is no time to impute; known: first, last, or a time as HH:mm:ss")
    month, day, both = _FILLS[date] if match is None else (int(match[1]), int(match[2]), int(match[2]))
    level = len(COMPONENTS) if highest == "none" else COMPONENTS.index(highest)
    hour, minute, second = (int(text) for text in clock.groups())
    return _Plan(level, month, day, both, (hour, minute, second), date == "last")


def _midnight(values: Moments) -> Moments:
    return values.astype("datetime64[D]").astype("datetime64[s]")


def _ends(given: Sequence[Bound], last: bool, as_date: bool) -> list[Moments]:
    """Bounds as moments: a date is its first second, or its last where it limits from above."""
    found = []
    for bound in given:
        column = bound if isinstance(bound, Column) else Column(bound, Kind.DATETIME)
        values = column.values.to_numpy("datetime64[s]")
        if as_date or column.kind is Kind.DATE:
            values = _midnight(values)
            if last and not as_date:
                values = values + _LAST_SECOND
        found.append(values)
    return found


def _target(known: Known, plan: _Plan) -> Moments:
    """Fill what is missing; a day past the end of its month becomes the month's last day."""
    wide = known.astype(np.int64)
    absent = wide == MISSING
    no_year, no_month = absent[:, 0], absent[:, 1]
    fill = np.empty_like(wide)
    fill[:, 0] = 1970       # a missing year is dealt with after, from the bounds
    fill[:, 1] = plan.month
    fill[:, 2] = np.where(no_month, plan.day_and_month, plan.day)
    fill[:, 3:] = plan.clock
    filled = np.where(absent, fill, wide)
    filled[:, 2] = np.minimum(filled[:, 2], month_ends(filled[:, 0], filled[:, 1]))
    made = moments(filled)
    made[no_year] = _NAT
    return made


def _clip(made: Moments, low: Moments, high: Moments) -> Moments:
    """Not below ``low``, then not above ``high``; a missing limit is none."""
    return np.fmin(np.fmax(made, low), high)


def _extreme(found: Iterable[Moments], shape: int, last: bool) -> Moments:
    """Record by record the smallest (or largest) moment, NaT left out."""
    made = np.full(shape, _NAT)
    for values in found:
        made = np.fmax(made, values) if last else np.fmin(made, values)
    return made


def _choices(known: Components, taken: Sequence[int], start: int, up: bool) -> Iterable[int]:
    """Values the next component may take, in the order of the search, ``start`` first."""
    n = len(taken)
    top = (MAXYEAR, 12, 31, 23, 59, 59)[n]
    if n == 2:
        top = month_days(taken[0], taken[1])
    low = 1 if n < 3 else 0
    if known[n] != MISSING:
        fits = low <= known[n] <= top and (known[n] >= start if up else known[n] <= start)
        return (known[n],) if fits else ()
    return range(max(start, low), top + 1) if up else range(min(start, top), low - 1, -1)


def nearest_allowed(known: Components, moment: datetime, up: bool) -> datetime | None:
    """The first moment not before (or last not after) another that the components allow.

    >>> nearest_allowed((2025, -1, 15, -1, -1, -1), datetime(2025, 3, 20, 8), up=True)
    datetime.datetime(2025, 4, 15, 0, 0)
    """
    start = moment.timetuple()[:6]

    def search(taken: tuple[int, ...], free: bool) -> Iterator[tuple[int, ...]]:
        if len(taken) == len(COMPONENTS):
            yield taken
            return
        n = len(taken)
        edge = (0 if up else MAXYEAR) if free else start[n]
        for value in _choices(known, taken, edge, up):
            yield from search((*taken, value), free or value != start[n])

    found = next(search((), False), None)
    return None if found is None else datetime(*found)  # type: ignore[arg-type]


def _keep_collected(known: Known, made: Moments, upper: Moments) -> Moments:
    """Move a moment that contradicts a collected component to the nearest that does not.

    Only values with a gap (``2003---15``) can be affected: a bound may have
    moved them.  The next allowed moment is taken, unless it lies past the upper
    bound; then the one before.
    """
    gaps = known == MISSING
    gap = ((np.diff(gaps.astype(np.int8), axis=1) == -1).any(axis=1)) & ~np.isnat(made)
    if not gap.any():
        return made
    rows = np.flatnonzero(gap)
    ceiling = np.where(np.isnat(upper[rows]), np.datetime64("9999-12-31T23:59:59"), upper[rows])
    table = np.column_stack([known[rows].astype(np.int64), made[rows].astype(np.int64),
                             ceiling.astype(np.int64)])
    distinct, codes = np.unique(table, axis=0, return_inverse=True)
    fitted = np.array([_fit(row) for row in distinct], dtype="datetime64[s]")
    made = made.copy()
    made[rows] = fitted[codes.ravel()]
    return made


def _fit(row: NDArray[np.int64]) -> datetime | None:
    known: Any = tuple(int(n) for n in row[:6])
    moment, upper = (np.datetime64(int(n), "s").item() for n in row[6:])
    after = nearest_allowed(known, moment, up=True)
    if after is not None and after <= upper:
        return after
    return nearest_allowed(known, min(moment, upper), up=False) or after


def _without_year(plan: _Plan, lower: Moments, upper: Moments) -> Moments:
    """A wholly missing date: the bound on the side asked for, never past the upper one."""
    if plan.down:
        return upper
    return np.where(np.isnat(lower), _NAT, np.fmin(lower, upper))


def _allowed(gaps: NDArray[np.bool_], plan: _Plan) -> NDArray[np.bool_]:
    """True where no component above the highest level to impute is missing."""
    return np.asarray(~gaps[:, :plan.level].any(axis=1))


def _flags(gaps: NDArray[np.bool_], letters: str, made: Moments, index: pd.Index) -> pd.Series:
    names = pd.Series([*letters, None], dtype="str")
    first = np.where(gaps.any(axis=1) & ~np.isnat(made), gaps.argmax(axis=1), len(letters))
    flags = names.take(first)
    flags.index = index
    return flags


def impute(
    dtc: Values,
    *,
    highest: Highest = "none",
    date: str = "first",
    time: str = "first",
    not_before: Sequence[Bound] = (),
    not_after: Sequence[Bound] = (),
    ignore_seconds: bool = False,
    as_date: bool = False,
) -> Imputed:
    """Impute a --DTC column to datetimes, inside what was collected.

    ``highest``: the highest component that may be imputed, with all below it; a
    value that lacks a higher one gives NaT ("none": any value not complete to the
    second does).  "year" also imputes wholly missing values: with ``date`` "first"
    to the last of ``not_before``, with "last" to the first of ``not_after``; NaT
    where the record has no such bound.
    ``date``: "first", "last", "mid" (the 15th; 30 June where the month is missing
    too) or "MM-DD"; a day the month has not becomes its last day.  ``time``:
    "first" (00:00:00), "last" (23:59:59) or "HH:mm:ss".
    ``not_before``, ``not_after``: datetime64 series, or :class:`~engine.columns.Column`
    of kind DATE, a date as ``not_after`` being the end of its day.  A bound counts
    only where the collected part allows its moment; one outside says nothing about
    the imputed part and is ignored.  ``not_before`` is applied first, then
    ``not_after``: where they contradict, the value is not after ``not_after``.
    ``ignore_seconds``: seconds are never collected, so a minute stands for its
    second 0 and imputed seconds are not flagged (ADaMIG 1.3 section 3.1.3);
    ``ValueError`` if a value has seconds.
    ``as_date``: impute a date (--DT): times are left out, nothing in them is
    missing or flagged, and moments are at midnight.

    Text that is no --DTC gives NaT; an interval of uncertainty is imputed between
    its ends.  ``ValueError`` for an unknown level, date or time.

    >>> dtc = pd.Series(["2025-03", "2025-03-12", None], dtype="str")
    >>> infusion = pd.Series(pd.to_datetime(["2025-03-10 14:30"] * 3))
    >>> found = impute(dtc, highest="month", not_before=[infusion])
    >>> found.datetime.dt.strftime("%d %H:%M").tolist()
    ['10 14:30', '12 00:00', nan]
    >>> found.date_flag.tolist(), found.time_flag.tolist()
    (['D', nan, nan], ['H', 'H', nan])
    """
    plan = _plan(highest, date, time)
    parts, index = parse(dtc), index_of(dtc)
    known, first, last = parts.known, parts.earliest, parts.latest
    if ignore_seconds and not as_date and (known[:, 5] != MISSING).any():
        raise ValueError("seconds are collected, so imputed seconds must be flagged; drop ignore_seconds")
    if ignore_seconds:  # a time collected to the minute is that minute: nothing is imputed
        known[:, 5] = np.where(known[:, 4] != MISSING, 0, MISSING)
    if as_date:
        known[:, 3:], first, last = 0, _midnight(first), _midnight(last)
    gaps = known == MISSING
    low, high = _bounds_inside(not_before, not_after, first, last, as_date)
    made = first.copy()     # where nothing is missing
    some = np.flatnonzero(np.logical_or.reduce(gaps, axis=1))
    made[some] = _target(known[some], plan)
    made = _clip(_clip(made, first, last), low, high)
    made = np.where(gaps[:, 0], _without_year(plan, low, high), made)
    made = np.where(_allowed(gaps, plan) & (parts.valid | np.asarray(dtc.isna())), made, _NAT)
    made = _keep_collected(known, made, np.fmin(high, last))
    time_gaps = gaps[:, 3:] & np.array([True, True, not ignore_seconds])
    return Imputed(pd.Series(made, index=index, dtype="datetime64[s]"),
                   _flags(gaps[:, :3], "YMD", made, index), _flags(time_gaps, "HMS", made, index))


def _bounds_inside(
    not_before: Sequence[Bound], not_after: Sequence[Bound], first: Moments, last: Moments, as_date: bool,
) -> tuple[Moments, Moments]:
    """The last lower and first upper bound of each record that its collected part allows.

    Where the year is missing every bound is allowed.
    """
    def inside(values: Moments) -> Moments:
        fits = np.isnat(first) | ((first <= values) & (values <= last))
        return np.where(fits, values, _NAT)

    lower = (inside(values) for values in _ends(not_before, False, as_date))
    upper = (inside(values) for values in _ends(not_after, True, as_date))
    return _extreme(lower, len(first), True), _extreme(upper, len(first), False)
