"""Dates and times as SAS holds them: numbers that a format makes readable.

A date is the count of days, a datetime the count of seconds since 1960-01-01;
a time the count of seconds since midnight.
Source: SAS 9.4 Language Reference: Concepts, "About SAS Date, Time, and
Datetime Values"; SAS 9.4 Formats and Informats: Reference, formats by category.
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


def to_sas(values: pd.Series, kind: Kind) -> pd.Series:
    """Dates, datetimes or times as SAS numbers (float64, missing NaN).

    >>> to_sas(pd.Series(["1960-01-02", "1959-12-27"], dtype="datetime64[s]"), Kind.DATE).tolist()
    [1.0, -5.0]
    """
    if kind is Kind.TIME:
        ticks = values.to_numpy("timedelta64[us]")
    else:
        ticks = values.to_numpy("datetime64[us]") - EPOCH
    seconds = np.where(np.isnat(ticks), np.nan, ticks.astype("int64") / 1_000_000)
    return pd.Series(seconds / DAY if kind is Kind.DATE else seconds, index=values.index)


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
    whole = bool((seconds == np.floor(seconds)).all())
    unit = "s" if whole else "us"
    counts = np.round(seconds if whole else seconds * 1_000_000).astype("int64")
    if kind is not Kind.TIME:
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
