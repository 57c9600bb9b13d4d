"""Complete ISO 8601 dates, datetimes and times as text: read strictly, to the second."""

from __future__ import annotations

import datetime
import re

from engine.columns import Kind

HOW_WRITTEN = {
    Kind.DATE: "DATE 'YYYY-MM-DD'",
    Kind.DATETIME: "TIMESTAMP 'YYYY-MM-DD HH:MM:SS'",
    Kind.TIME: "TIME 'HH:MM:SS'",
}
_CLOCK = r"(?:[01]\d|2[0-3]):[0-5]\d(?::[0-5]\d)?"
_DAY = r"\d{4}-\d\d-\d\d"
_FORMS = {
    Kind.DATE: re.compile(_DAY, re.ASCII),
    Kind.DATETIME: re.compile(f"{_DAY}[T ]{_CLOCK}", re.ASCII),
    Kind.TIME: re.compile(_CLOCK, re.ASCII),
}


def read_moment(text: str, kind: Kind) -> str | None:
    """Write a complete date, datetime or time with all its parts; None if it is not one.

    A time to the minute gets the second 00; nothing else is filled in.  The
    hour 24, fractions of a second and time zones are refused.

    >>> read_moment("2026-02-28 09:30", Kind.DATETIME), read_moment("2026-02-30", Kind.DATE)
    ('2026-02-28T09:30:00', None)
    """
    if not _FORMS[kind].fullmatch(text):
        return None
    try:
        if kind is Kind.DATE:
            return datetime.date.fromisoformat(text).isoformat()
        if kind is Kind.TIME:
            return datetime.time.fromisoformat(text).isoformat()
        return datetime.datetime.fromisoformat(text).isoformat()
    except ValueError:
        return None
