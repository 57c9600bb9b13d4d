"""Dates and times a spreadsheet hands over as serial numbers (1900 date system)."""

from __future__ import annotations

import re
from datetime import datetime, timedelta
from fractions import Fraction

from engine.dates.parts import MISSING, Components

_SERIAL = re.compile(r"\d{5}(?:\.\d+)?", re.ASCII)
_FRACTION = re.compile(r"0(?:\.\d+)?|\d(?:\.\d+)?E-\d{1,2}", re.ASCII | re.IGNORECASE)
_DAY_ZERO = datetime(1899, 12, 30)      # serial 1 is 1900-01-01, and 1900 counts as a leap year


def _clock(seconds: int) -> tuple[int, int, int]:
    """Hour, minute, second; the second is left out where it is zero, as a cell shows none."""
    hour, minute, second = seconds // 3600, seconds // 60 % 60, seconds % 60
    return hour, minute, second or MISSING


def read_excel_date(text: str) -> Components | None:
    """A serial number of five digits (1927-05-18 to 2173-10-13), so that no year is taken for one.

    A whole number is a date.  With a fraction it is a date and time, rounded to
    the second; a second of zero is left out.

    >>> read_excel_date("45717"), read_excel_date("45717.545138888889")
    ((2025, 3, 1, -1, -1, -1), (2025, 3, 1, 13, 5, -1))
    """
    if _SERIAL.fullmatch(text) is None or text[0] == "0":
        return None
    days, fraction = divmod(Fraction(text), 1)
    # A fraction that rounds to a whole day moves the date, so the moment is made at once.
    moment = _DAY_ZERO + timedelta(days=days, seconds=round(fraction * 86400))
    date = (moment.year, moment.month, moment.day)
    if not fraction:
        return (*date, MISSING, MISSING, MISSING)
    return (*date, *_clock(moment.hour * 3600 + moment.minute * 60 + moment.second))


def read_excel_time(text: str) -> Components | None:
    """A fraction of a day, rounded to the second; a second of zero is left out.

    >>> read_excel_time("0.545138888889")
    (-1, -1, -1, 13, 5, -1)
    """
    if _FRACTION.fullmatch(text) is None:
        return None
    seconds = round(Fraction(text) * 86400)
    return (MISSING, MISSING, MISSING, *_clock(seconds)) if seconds < 86400 else None
