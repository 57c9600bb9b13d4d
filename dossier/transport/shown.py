"""Values of transport files as a person reads them."""

from __future__ import annotations

import unicodedata
from datetime import datetime

import pandas as pd

from engine.characters import visible
from engine.columns import Kind
from engine.xpt import times

Value = str | float | None
"""A value: text, a number, a special missing one (``.A``), or missing."""

LONGEST = 200
"""Characters of a text that are shown whole; a longer one is cut to where it differs."""
_BEFORE = 40


def number(value: Value, kind: Kind = Kind.NUMBER) -> str:
    """A number, in full; a date or time of SAS as it reads; a missing one as SAS writes it.

    >>> number(3.0), number(0.1), number(None), number(".A"), number(23802.0, Kind.DATE)
    ('3', '0.1', '.', '.A', '2025-03-02')
    >>> number(52200.0, Kind.TIME), number(1e12, Kind.DATE)
    ('14:30:00', '1000000000000')
    """
    if value is None or isinstance(value, str):
        return value or "."
    if kind is not Kind.NUMBER and value == int(value):
        series = pd.Series([value])
        if times.in_range(series, kind).all():
            made = times.from_sas(series, kind).iloc[0]
            if kind is Kind.TIME:
                return _clock(int(value))
            return str(made.date()) if kind is Kind.DATE else str(made.isoformat())
    return str(int(value)) if value == int(value) and abs(value) < 1e16 else repr(float(value))


def _clock(seconds: int) -> str:
    sign, seconds = ("-" if seconds < 0 else ""), abs(seconds)
    return f"{sign}{seconds // 3600:02d}:{seconds // 60 % 60:02d}:{seconds % 60:02d}"


def number_pair(a: Value, b: Value, kind: Kind) -> tuple[str, str]:
    """Two numbers that differ; a date whose day is the same is shown as the number it is.

    >>> number_pair(1.0, 2.0, Kind.DATE), number_pair(1.0, None, Kind.DATE)
    (('1960-01-02', '1960-01-03'), ('1960-01-02', '.'))
    """
    made = number(a, kind), number(b, kind)
    return made if made[0] != made[1] else (number(a), number(b))


def text_pair(a: str, b: str) -> tuple[str, str]:
    r"""Two texts that differ, in quotes: what cannot be seen or told apart is shown by its code.

    >>> text_pair("MILD", ""), text_pair("a b", "a\u00a0b")
    (("'MILD'", "''"), ("'a b'", "'a\\xa0b'"))
    >>> len(text_pair("x" * 250 + "a", "x" * 250 + "b")[0])
    46
    """
    same = next((n for n, (x, y) in enumerate(zip(a, b, strict=False)) if x != y), min(len(a), len(b)))
    start = same - _BEFORE if max(len(a), len(b)) > LONGEST and same > _BEFORE else 0
    return _quoted(a, b, start), _quoted(b, a, start)


def _quoted(text: str, other: str, start: int) -> str:
    alike = unicodedata.normalize("NFKC", text) == unicodedata.normalize("NFKC", other)
    cut = text[start : start + LONGEST]
    odd = {c for c in cut if not c.isascii() and c not in other and (alike or c.isspace())}
    look = plain_line(cut.translate({ord(c): c.encode("unicode_escape").decode("ascii") for c in odd}))
    before, after = "..." if start else "", "..." if start + len(cut) < len(text) else ""
    return f"'{before}{look}{after}'"


def plain_line(text: str) -> str:
    """A text on one line, in which what cannot be seen is told by its code.

    >>> print(plain_line("a\\n    b\\x1b[2J"))
    a\\n    b\\x1b[2J
    """
    return visible(text.replace("\n", "\\n"))


def moment(at: datetime | None) -> str:
    """A time stamp of a header.

    >>> moment(datetime(2026, 6, 30, 8, 5, 9)), moment(None)
    ('2026-06-30 08:05:09', 'no date')
    """
    return at.isoformat(" ") if at else "no date"
