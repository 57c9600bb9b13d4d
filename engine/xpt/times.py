"""Dates and times as SAS holds them: numbers that a format makes readable.

A date is the count of days, a datetime the count of seconds since 1960-01-01;
a time the count of seconds since midnight.
Source: SAS 9.4 Language Reference: Concepts, "About SAS Date, Time, and
Datetime Values"; SAS 9.4 Formats and Informats: Reference, formats by category;
The SAS Dummy, *In the year 9999...*, 2010, on leap years.
"""

from __future__ import annotations

import re

import numpy as np
import pandas as pd

from engine.columns import Kind

EPOCH = np.datetime64("1960-01-01", "us")
DAY = 86_400
FIRST_DAY, LAST_DAY = -138_061, 2_936_547
"""The dates SAS knows whose year has four digits: 1582-01-01 to 9999-12-31."""

_DROPPED = (745_154, 2_206_124)
"""The days 4000-02-29 and 8000-02-29 since 1960-01-01, in a calendar that has them; that of SAS has not."""

_DATES = re.compile(
    r"DATE|(DDMMYY|MMDDYY|YYMMDD)[BCDNPS]?|(MMYY|YYMM|YYQ|YYQR)[CDNPS]?|MONYY|YYMON|YYWEEKU?|JULIAN"
    r"|JULDAY|DAY|DOWNAME|MONNAME|WEEKDAT[EX]|WORDDAT[EX]|NLDATE\w*|[BE]8601DA|IS8601DA|WEEK[UVW]|PDJULG|PDJULI"
)
_DATETIMES = re.compile(
    r"DATETIME|DATEAMPM|DTDATE|DTMONYY|DTWKDATX|DTYEAR|DTYYQC|MDYAMPM|YMDDTTM|NLDATM\w*"
    r"|[BE]8601(DN|DT|DX|DZ|LX)|IS8601(DN|DT|DZ)"
)
_TIMES = re.compile(
    r"TIME|TIMEAMPM|HHMM|HOUR|MMSS|TOD|NLTIME|NLTIMAP|[BE]8601(TM|TX|TZ|LZ)|IS8601(TM|TZ)"
)


def kind_of(format: str | None) -> Kind:
    """The kind of number a SAS format shows; a format it does not know shows a number.

    >>> [kind_of(f).value for f in ("DATE9.", "E8601DT19.", "time8.", "8.2", None)]
    ['date', 'datetime', 'time', 'number', 'number']
    """
    word = re.sub(r"\d*(\.\d*)?$", "", (format or "").strip().upper())
    for kind, pattern in ((Kind.DATE, _DATES), (Kind.DATETIME, _DATETIMES), (Kind.TIME, _TIMES)):
        if pattern.fullmatch(word):
            return kind
    return Kind.NUMBER


def calendar_days(days: np.ndarray) -> np.ndarray:
    """The days since 1960-01-01 in everybody's calendar, from those of SAS, which lacks two leap days.

    >>> calendar_days(np.array([0, 745_153, 745_154, LAST_DAY])).tolist()
    [0, 745153, 745155, 2936549]
    """
    first, second = _DROPPED
    made: np.ndarray = days + (days >= first) + (days >= second - 1)
    return made


def sas_days(days: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """The days that SAS counts, from those of everybody's calendar, and where it has no such day.

    >>> days, none = sas_days(np.array([0, 745_154, 745_155]))
    >>> days.tolist(), none.tolist()
    ([0, 745154, 745154], [False, True, False])
    """
    first, second = _DROPPED
    made: np.ndarray = days - 1 * (days > first) - 1 * (days > second)
    return made, (days == first) | (days == second)


def from_sas(values: pd.Series, kind: Kind) -> pd.Series:
    """SAS numbers as dates and datetimes (``datetime64[s]``) or times (``timedelta64[s]``).

    A fraction of a day is dropped from a date; fractions of a second make the
    result ``[us]``.  Values must be :func:`in_range`.

    >>> from_sas(pd.Series([-5.0, None]), Kind.DATE).astype("str").tolist()
    ['1959-12-27', nan]
    """
    numbers = values.to_numpy("float64")
    missing = np.isnan(numbers)
    filled = np.where(missing, 0.0, numbers)
    seconds = np.floor(filled) * DAY if kind is Kind.DATE else filled
    below = np.floor(seconds)
    unit = "s" if (seconds == below).all() else "us"
    counts = below.astype("int64")
    if unit == "us":  # the fraction apart, whose digits a product of the whole would lose
        counts = counts * 1_000_000 + np.round((seconds - below) * 1_000_000).astype("int64")
    if kind is not Kind.TIME:
        per = DAY * (1 if unit == "s" else 1_000_000)
        days = counts // per
        counts += (calendar_days(days) - days) * per
        counts += EPOCH.astype(f"datetime64[{unit}]").astype("int64")
    counts[missing] = np.iinfo("int64").min  # how numpy holds NaT
    dtype = f"{'timedelta64' if kind is Kind.TIME else 'datetime64'}[{unit}]"
    return pd.Series(counts.view(dtype), index=values.index)


def in_range(values: pd.Series, kind: Kind) -> np.ndarray:
    """Whether each SAS number is missing or a date, datetime or time that SAS knows.

    >>> in_range(pd.Series([0.0, None, 9e9]), Kind.DATE).tolist()
    [True, True, False]
    """
    numbers = values.to_numpy("float64")
    scale = 1 if kind is Kind.DATE else DAY
    if kind is Kind.TIME:
        inside = np.abs(numbers) < LAST_DAY * DAY
    else:
        inside = (numbers >= FIRST_DAY * scale) & (numbers < (LAST_DAY + 1) * scale)
    return np.asarray(inside | np.isnan(numbers))
