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
from numpy.typing import NDArray

from engine.columns import map_distinct
from engine.dates.parts import COMPONENTS, MISSING, Moments, Parts, compose, parse, read_dtc

Precision = Literal["year", "month", "day", "hour", "minute", "second"]
PRECISIONS: tuple[str, ...] = ("none", *COMPONENTS)


def check_iso(dtc: pd.Series, *, intervals: bool = True) -> pd.Series:
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
    def bad(text: object) -> bool:
        value = str(text)
        return ("/" in value and not intervals) or read_dtc(value) is None

    return map_distinct(dtc, bad, "object").fillna(False).astype("bool")


def _levels(parts: Parts) -> NDArray[np.int64]:
    """How many components from the year down are known without a gap."""
    gaps = parts.known == MISSING
    first: NDArray[np.int64] = np.where(gaps.any(axis=1), gaps.argmax(axis=1), len(COMPONENTS))
    return first


def precision(dtc: pd.Series) -> pd.Series:
    """The last component known without a gap from the year down, as text.

    ``none`` where the year is unknown; NULL where the value is NULL or no date.
    An interval is as precise as what its two ends have in common.

    >>> dtc = pd.Series(["2025-03", "2003---15", "2003-12-15T13:-:17", "--12-15", None], dtype="str")
    >>> precision(dtc).tolist()
    ['month', 'year', 'hour', 'none', nan]
    """
    parts = parse(dtc)
    names = pd.Series(list(PRECISIONS), dtype="str").take(_levels(parts))
    names.index = dtc.index
    return names.where(parts.valid)


def at_least(dtc: pd.Series, level: Precision) -> pd.Series:
    """True where a value is known down to ``level``; NULL is False.

    >>> at_least(pd.Series(["2025-03-01T13", "2025-03", None], dtype="str"), "day").tolist()
    [True, False, False]
    """
    if level not in COMPONENTS:
        raise ValueError(f"'{level}' is no component of a date; known: {', '.join(COMPONENTS)}")
    return pd.Series(_levels(parse(dtc)) > COMPONENTS.index(level), index=dtc.index)


def _series(values: Moments, index: pd.Index) -> pd.Series:
    return pd.Series(values.astype("datetime64[s]"), index=index, dtype="datetime64[s]")


def earliest(dtc: pd.Series) -> pd.Series:
    """The first second a value allows, datetime64[s]; NaT where the year is unknown.

    >>> iso_datetime(earliest(pd.Series(["2025-03", "2003---15"], dtype="str"))).tolist()
    ['2025-03-01T00:00:00', '2003-01-15T00:00:00']
    """
    return _series(parse(dtc).earliest, dtc.index)


def latest(dtc: pd.Series) -> pd.Series:
    """The last second a value allows, datetime64[s]; NaT where the year is unknown.

    >>> iso_datetime(latest(pd.Series(["2024-02", "2003-12-15T-:15"], dtype="str"))).tolist()
    ['2024-02-29T23:59:59', '2003-12-15T23:15:59']
    """
    return _series(parse(dtc).latest, dtc.index)


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


def to_date(dtc: pd.Series) -> pd.Series:
    """Complete dates at midnight, datetime64[s]; NaT where a component of the date is missing.

    >>> iso_date(to_date(pd.Series(["2025-03-01T13:05", "2025-03"], dtype="str"))).tolist()
    ['2025-03-01', nan]
    """
    parts = parse(dtc)
    days = parts.earliest.astype("datetime64[D]").astype("datetime64[s]")
    return _series(np.where(_levels(parts) >= 3, days, np.datetime64("NaT")), dtc.index)


def to_datetime(dtc: pd.Series) -> pd.Series:
    """Datetimes known at least to the minute, datetime64[s]; NaT otherwise.

    A second that was not collected counts as 00: elapsed times are then right to
    the minute, which is what was collected.

    >>> iso_datetime(to_datetime(pd.Series(["2025-03-01T13:05", "2025-03-01T13"], dtype="str"))).tolist()
    ['2025-03-01T13:05:00', nan]
    """
    parts = parse(dtc)
    return _series(np.where(_levels(parts) >= 5, parts.earliest, np.datetime64("NaT")), dtc.index)


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
