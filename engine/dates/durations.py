"""Durations: between two moments, and as ISO 8601 text.

Source: SDTMIG 3.4 section 4.4.3 (--DUR, --ELTM: ``PnYnMnDTnHnMnS`` or ``PnW``).
"""

from __future__ import annotations

import re
from fractions import Fraction
from typing import Literal, NamedTuple

import numpy as np
import pandas as pd

from engine.columns import map_distinct

Unit = Literal["seconds", "minutes", "hours", "days", "weeks", "months", "years"]

_NUMBER = r"(\d+(?:\.\d+)?)"
_DURATION = re.compile(
    rf"(-)?P(?:{_NUMBER}W|(?:{_NUMBER}Y)?(?:{_NUMBER}M)?(?:{_NUMBER}D)?"
    rf"(T(?:{_NUMBER}H)?(?:{_NUMBER}M)?(?:{_NUMBER}S)?)?)",
    re.ASCII,
)
_LETTERS: dict[str, str] = {"years": "P{}Y", "months": "P{}M", "weeks": "P{}W", "days": "P{}D",
                            "hours": "PT{}H", "minutes": "PT{}M", "seconds": "PT{}S"}
_SECONDS: dict[str, int] = {"weeks": 604800, "days": 86400, "hours": 3600, "minutes": 60, "seconds": 1}
# The mean Gregorian lengths that analyses use: 365.25 days a year, a twelfth of it a month.
_DAYS: dict[str, float] = {"days": 1.0, "weeks": 7.0, "months": 30.4375, "years": 365.25}


class Duration(NamedTuple):
    """An ISO 8601 duration: calendar months and exact seconds are kept apart."""

    months: Fraction
    seconds: Fraction
    negative: bool = False


def read_duration(text: str) -> Duration | None:
    """Read one ISO 8601 duration; ``None`` if the text is none.

    >>> read_duration("P1Y2M")
    Duration(months=Fraction(14, 1), seconds=Fraction(0, 1), negative=False)
    >>> read_duration("P1.5DT2H") is None     # only the last part may have decimals
    True
    """
    match = _DURATION.fullmatch(text)
    if match is None:
        return None
    sign, weeks, years, months, days, clock, hours, minutes, seconds = match.groups()
    given = [part for part in (weeks, years, months, days, hours, minutes, seconds) if part is not None]
    if not given or any("." in part for part in given[:-1]):
        return None
    if clock is not None and hours is None and minutes is None and seconds is None:
        return None
    month = Fraction(years or 0) * 12 + Fraction(months or 0)
    second = (Fraction(weeks or 0) * 604800 + Fraction(days or 0) * 86400
              + Fraction(hours or 0) * 3600 + Fraction(minutes or 0) * 60 + Fraction(seconds or 0))
    return Duration(month, second, sign is not None)


def check_iso_duration(values: pd.Series, *, negative: bool = True) -> pd.Series:
    """True where text is given and is no ISO 8601 duration; NULL is False.

    A leading minus is allowed (planned elapsed time before the reference, --ELTM)
    unless ``negative`` is False.  Source: SDTMIG 3.4 section 4.4.3.1.

    >>> check_iso_duration(pd.Series(["P14D", "-PT15M", "P1W2D", "14 days", None], dtype="str")).tolist()
    [False, False, True, True, False]
    """
    def bad(text: object) -> bool:
        found = read_duration(str(text))
        return found is None or (found.negative and not negative)

    return map_distinct(values, bad, "object").fillna(False).astype("bool")


def parse_iso_duration(values: pd.Series) -> pd.Series:
    """Seconds of each duration, float64.

    Years and months have no fixed number of seconds, so a duration with either
    (other than zero) is NaN, as is text that is no duration.

    >>> parse_iso_duration(pd.Series(["P1DT1H", "-PT15M", "P2W", "P1M", None], dtype="str")).tolist()
    [90000.0, -900.0, 1209600.0, nan, nan]
    """
    def seconds(text: object) -> float:
        found = read_duration(str(text))
        if found is None or found.months:
            return np.nan
        return float(-found.seconds if found.negative else found.seconds)

    return map_distinct(values, seconds, "float64")


def _plain(value: Fraction) -> str:
    """A decimal fraction as text without an exponent and without trailing zeros."""
    digits = 0
    while (value * 10**digits).denominator != 1:
        digits += 1
    whole = str(int(value * 10**digits)).zfill(digits + 1)
    return f"{whole[:-digits]}.{whole[-digits:]}" if digits else whole


def _split(value: Fraction, unit: str) -> str:
    """A duration carried into days, hours, minutes and seconds."""
    seconds = value * _SECONDS[unit]
    days, seconds = divmod(seconds, 86400)
    hours, seconds = divmod(seconds, 3600)
    minutes, seconds = divmod(seconds, 60)
    day = f"{days}D" if days else ""
    clock = "".join(f"{_plain(Fraction(n))}{letter}"
                    for n, letter in ((hours, "H"), (minutes, "M"), (seconds, "S")) if n)
    return f"P{day}" + (f"T{clock}" if clock else "") if day or clock else ""


def iso_duration(values: pd.Series, unit: Unit, *, split: bool = False) -> pd.Series:
    """Write numbers as ISO 8601 durations in one unit, decimals kept exactly as they print.

    With ``split`` the time is carried into days, hours, minutes and seconds (not
    for months and years, which have no fixed length: ``ValueError``).  A negative
    number has a leading minus.  Source: SDTMIG 3.4 section 4.4.3.1.

    >>> iso_duration(pd.Series([14.0, 0.5, -1, 0, None]), "hours").tolist()
    ['PT14H', 'PT0.5H', '-PT1H', 'PT0H', nan]
    >>> iso_duration(pd.Series([26.5, 48]), "hours", split=True).tolist()
    ['P1DT2H30M', 'P2D']
    """
    if unit not in _LETTERS:
        raise ValueError(f"'{unit}' is no unit of a duration; known: {', '.join(_LETTERS)}")
    if split and unit not in _SECONDS:
        raise ValueError(f"a duration in {unit} has no fixed number of days and cannot be split")

    def write(number: object) -> str | None:
        text = repr(float(number))  # type: ignore[arg-type]
        if not np.isfinite(float(text)):
            return None
        value = Fraction(text)
        sign = "-" if value < 0 else ""
        carried = _split(abs(value), unit) if split else ""
        return sign + (carried or _LETTERS[unit].format(_plain(abs(value))))

    return map_distinct(values.astype("float64"), write, "str")


def compute_duration(
    start: pd.Series, end: pd.Series, unit: Unit = "days", *, add_one: bool = False,
) -> pd.Series:
    """Length of time from ``start`` to ``end`` (datetime64), float64, NaN if either is NaT.

    Hours, minutes and seconds are elapsed time.  Days and longer count calendar
    days, the time of day left out; ``add_one`` counts both the first and the last
    day (one more day where the end is not before the start) *before* weeks (7
    days), months (30.4375 days) or years (365.25 days) are made of them, as
    admiral's ``compute_duration`` does.  ``ValueError`` for an unknown unit, or
    ``add_one`` with a unit below a day.

    >>> start, end = (pd.Series(pd.to_datetime([text])) for text in ("2025-03-01", "2025-03-14 12:00"))
    >>> compute_duration(start, end, "hours").tolist()
    [324.0]
    >>> compute_duration(start, end, "weeks", add_one=True).tolist()
    [2.0]
    """
    first, last = start.to_numpy("datetime64[s]"), end.to_numpy("datetime64[s]")
    if unit in ("hours", "minutes", "seconds"):
        if add_one:
            raise ValueError(f"add_one counts days and cannot be used with {unit}")
        length = (last - first) / np.timedelta64(_SECONDS[unit], "s")
    elif unit in _DAYS:
        length = (last.astype("datetime64[D]") - first.astype("datetime64[D]")) / np.timedelta64(1, "D")
        length = np.where(length >= 0, length + 1, length) if add_one else length
        length = length / _DAYS[unit]
    else:
        known = ", ".join(_LETTERS)
        raise ValueError(f"'{unit}' is no unit of a duration; known: {known}")
    return pd.Series(length, index=start.index, dtype="float64")
