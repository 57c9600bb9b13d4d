"""Questions to a --DTC: is it valid, how precise, which moments does it allow.

All functions take a text column of ISO 8601 values (SDTMIG 3.4 section 4.4.2)
and work on distinct values.  Text that :func:`check_iso` refuses has no
precision, no bounds and no date: it gives missing values, so check first.
A time zone is accepted and set aside: study days and bounds are local time, as
collected.  Fractions of a second are cut off.
"""

from __future__ import annotations

from typing import Literal

import numpy as np
import pandas as pd
import pyarrow.compute as pc
from numpy.typing import NDArray

from engine.coded import Values
from engine.columns import map_distinct
from engine.dates.parts import (
    COMPONENTS,
    MISSING,
    Moments,
    Parts,
    as_coded,
    compose,
    index_of,
    parse_texts,
    read_dtc,
    said,
)

Precision = Literal["year", "month", "day", "hour", "minute", "second"]
PRECISIONS: tuple[str, ...] = ("none", *COMPONENTS)


def check_iso(dtc: Values, *, intervals: bool = True) -> pd.Series:
    """True where text is given and is no valid --DTC; NULL is False.

    Valid are complete and truncated values, one hyphen for a missing component
    between others, and (with ``intervals``) two values or a value and a duration
    with a solidus between.  Dates must exist in the calendar; ``24:00`` and a
    hyphen at the end are refused.  Source: SDTMIG 3.4 sections 4.4.1, 4.4.2, 4.4.3.2.

    >>> check_iso(pd.Series(["2003---15", "-----T07:15", "2003-12-01/2003-12-10"], dtype="str")).tolist()
    [False, False, False]
    >>> check_iso(pd.Series(["2025-02-29", "2025-3", "20250301", "2025-03-", None], dtype="str")).tolist()
    [True, True, True, True, False]
    """
    coded = as_coded(dtc)
    bad = ~parse_texts(coded.distinct).valid
    bad[-1] = False  # NULL
    if not intervals:
        bad[:-1] |= np.asarray(pc.match_substring(coded.distinct, "/"), dtype=bool)
    return pd.Series(bad[coded.codes], index=index_of(dtc))


def _levels(parts: Parts) -> NDArray[np.int64]:
    """How many components from the year down are known without a gap."""
    found = np.zeros(len(parts.known), dtype=np.int64)
    without_gap = np.ones(len(parts.known), dtype=np.bool_)
    for component in parts.known.T:
        without_gap &= component != MISSING
        found += without_gap
    return found


def precision(dtc: Values) -> pd.Series:
    """The last component known without a gap from the year down, as text.

    ``none`` where the year is unknown; NULL where the value is NULL or no date.
    An interval is as precise as what its two ends have in common.

    >>> dtc = pd.Series(["2025-03", "2003---15", "2003-12-15T13:-:17", "--12-15", None], dtype="str")
    >>> precision(dtc).tolist()
    ['month', 'year', 'hour', 'none', nan]
    """
    number = said(dtc, lambda parts: np.where(parts.valid, _levels(parts), len(PRECISIONS)))
    names = pd.Series([*PRECISIONS, None], dtype="str").take(number)
    return names.set_axis(index_of(dtc))


def at_least(dtc: Values, level: Precision) -> pd.Series:
    """True where a value is known down to ``level``; NULL is False.

    >>> at_least(pd.Series(["2025-03-01T13", "2025-03", None], dtype="str"), "day").tolist()
    [True, False, False]
    """
    if level not in COMPONENTS:
        raise ValueError(f"'{level}' is no component of a date; known: {', '.join(COMPONENTS)}")
    known = said(dtc, lambda parts: _levels(parts) > COMPONENTS.index(level))
    return pd.Series(known, index=index_of(dtc))


def _series(values: Moments, index: pd.Index) -> pd.Series:
    return pd.Series(values.astype("datetime64[s]"), index=index, dtype="datetime64[s]")


def earliest(dtc: Values) -> pd.Series:
    """The first second a value allows, datetime64[s]; NaT where the year is unknown.

    >>> iso_datetime(earliest(pd.Series(["2025-03", "2003---15"], dtype="str"))).tolist()
    ['2025-03-01T00:00:00', '2003-01-15T00:00:00']
    """
    return _series(said(dtc, lambda parts: parts.earliest), index_of(dtc))


def latest(dtc: Values) -> pd.Series:
    """The last second a value allows, datetime64[s]; NaT where the year is unknown.

    >>> iso_datetime(latest(pd.Series(["2024-02", "2003-12-15T-:15"], dtype="str"))).tolist()
    ['2024-02-29T23:59:59', '2003-12-15T23:15:59']
    """
    return _series(said(dtc, lambda parts: parts.latest), index_of(dtc))


def date_part(dtc: pd.Series) -> pd.Series:
    """The date of a value as text, partial as collected; NULL where no date is known.

    >>> dtc = pd.Series(["2025-03-01T13:05", "2025-03", "-----T07:15", "2003-12--T13"], dtype="str")
    >>> date_part(dtc).tolist()
    ['2025-03-01', '2025-03', nan, '2003-12']
    """
    def cut(text: object) -> str | None:
        read = read_dtc(str(text))
        return None if read is None else compose((*read.known[:3], MISSING, MISSING, MISSING))

    return map_distinct(dtc, cut, "str")


def time_part(dtc: pd.Series) -> pd.Series:
    """The time of a value as text, partial as collected; NULL where no time is known.

    >>> time_part(pd.Series(["2025-03-01T13:05", "2003-12-15T-:15", "2025-03"], dtype="str")).tolist()
    ['13:05', '-:15', nan]
    """
    def cut(text: object) -> str | None:
        read = read_dtc(str(text))
        whole = None if read is None else compose((MISSING, MISSING, MISSING, *read.known[3:]))
        return None if whole is None else whole.partition("T")[2]

    return map_distinct(dtc, cut, "str")


def to_date(dtc: Values) -> pd.Series:
    """Complete dates at midnight, datetime64[s]; NaT where a component of the date is missing.

    >>> iso_date(to_date(pd.Series(["2025-03-01T13:05", "2025-03"], dtype="str"))).tolist()
    ['2025-03-01', nan]
    """
    def days(parts: Parts) -> Moments:
        found = parts.earliest.astype("datetime64[D]").astype("datetime64[s]")
        return np.where(_levels(parts) >= 3, found, np.datetime64("NaT"))

    return _series(said(dtc, days), index_of(dtc))


def to_datetime(dtc: Values) -> pd.Series:
    """Datetimes known at least to the minute, datetime64[s]; NaT otherwise.

    A second that was not collected counts as 00: elapsed times are then right to
    the minute, which is what was collected.

    >>> iso_datetime(to_datetime(pd.Series(["2025-03-01T13:05", "2025-03-01T13"], dtype="str"))).tolist()
    ['2025-03-01T13:05:00', nan]
    """
    def minutes(parts: Parts) -> Moments:
        return np.where(_levels(parts) >= 5, parts.earliest, np.datetime64("NaT"))

    return _series(said(dtc, minutes), index_of(dtc))


def _text(values: pd.Series, unit: Literal["D", "m", "s"]) -> pd.Series:
    made = np.datetime_as_string(values.to_numpy("datetime64[s]").astype(f"datetime64[{unit}]"))
    return pd.Series(made, index=values.index, dtype="str").where(values.notna())


def iso_date(values: pd.Series) -> pd.Series:
    """Write datetime64 as ``YYYY-MM-DD``; NaT is NULL.

    >>> iso_date(pd.Series(pd.to_datetime(["2025-03-01 13:05", None]))).tolist()
    ['2025-03-01', nan]
    """
    return _text(values, "D")


def iso_datetime(values: pd.Series, *, seconds: bool = True) -> pd.Series:
    """Write datetime64 as ``YYYY-MM-DDThh:mm:ss``, or to the minute; NaT is NULL.

    >>> iso_datetime(pd.Series(pd.to_datetime(["2025-03-01 13:05", None])), seconds=False).tolist()
    ['2025-03-01T13:05', nan]
    """
    return _text(values, "s" if seconds else "m")
