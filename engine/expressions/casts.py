"""CAST and TRY_CAST: between text, numbers, dates, datetimes and times."""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Any

import numpy as np
import pandas as pd

from engine.columns import Kind
from engine.expressions.faults import short
from engine.expressions.moments import read_moment
from engine.expressions.tree import number_text
from engine.expressions.vectors import Refusal, Vector, per_distinct

MAX_NAMED = 10  # unreadable values named one by one; the rest share a message
_NUMBER = re.compile(r" *[+-]?(?:[0-9]+(?:\.[0-9]*)?|\.[0-9]+)(?:[eE][+-]?[0-9]+)? *")
_TIME_PART = re.compile(r"[T ](?:[01]\d|2[0-3])(?::[0-5]\d){0,2}", re.ASCII)

# What each kind can be cast to, besides itself.
CASTS: dict[Kind, frozenset[Kind]] = {
    Kind.TEXT: frozenset({Kind.NUMBER, Kind.DATE, Kind.DATETIME, Kind.TIME}),
    Kind.NUMBER: frozenset({Kind.TEXT}),
    Kind.DATE: frozenset({Kind.TEXT, Kind.DATETIME}),
    Kind.DATETIME: frozenset({Kind.TEXT, Kind.DATE, Kind.TIME}),
    Kind.TIME: frozenset({Kind.TEXT}),
    Kind.BOOLEAN: frozenset(),
}


def read_number(text: str) -> float | None:
    """Read a plain decimal number, with blanks around it or an exponent; None if it is none.

    >>> read_number(" 1.50 "), read_number("1e3"), read_number("1,5"), read_number("1e999")
    (1.5, 1000.0, None, None)
    """
    value = float(text) if _NUMBER.fullmatch(text) else float("inf")
    return None if abs(value) == float("inf") else value


def _read_date(text: str) -> str | None:
    """Read a complete date; the time after it, if any, must be one too and is left out."""
    rest = text[10:]
    return read_moment(text[:10], Kind.DATE) if not rest or _TIME_PART.fullmatch(rest) else None


def _read_time(text: str) -> np.timedelta64 | None:
    read = read_moment(text, Kind.TIME)
    if read is None:
        return None
    hour, minute, second = (int(part) for part in read.split(":"))
    return np.timedelta64(hour * 3600 + minute * 60 + second, "s")


_READERS: dict[Kind, Callable[[str], Any]] = {
    Kind.NUMBER: read_number,
    Kind.DATE: _read_date,
    Kind.DATETIME: lambda text: read_moment(text, Kind.DATETIME),
    Kind.TIME: _read_time,
}


def cast(value: Vector, kind: Kind, trying: bool) -> Vector:
    """Turn values into another kind; text that cannot be read is a data problem, or NULL if trying."""
    if value.kind is kind:
        return value
    if value.kind is Kind.TEXT:
        return per_distinct(_reader(kind, trying), [value], kind)
    if kind is Kind.TEXT:
        return per_distinct(_WRITERS[value.kind or Kind.TEXT], [value], kind)
    days = value.data.astype("datetime64[D]").astype("datetime64[s]")
    data = {Kind.DATETIME: value.data, Kind.DATE: days, Kind.TIME: value.data - days}[kind]
    return Vector(kind, data, value.bad)


def _reader(kind: Kind, trying: bool) -> Callable[[str], object]:
    named: set[str] = set()

    def read(text: str) -> object:
        made = _READERS[kind](text)
        if made is not None or trying:
            return made
        if len(named) >= MAX_NAMED:
            return Refusal(f"cannot read more texts as {kind.name}")
        named.add(text)
        return Refusal(f"cannot read {shown(text)} as {kind.name}")

    return read


def shown(text: str) -> str:
    """Quote a value for a message, short and with nothing unprintable in it.

    >>> print(shown("N\\tD"), shown("x" * 50))
    'N\\ufffdD' 'xxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxx...'
    """
    return "'" + "".join(c if c.isprintable() else "\ufffd" for c in short(text, 40)) + "'"


def _write_time(value: pd.Timedelta) -> str:
    seconds = int(value.total_seconds())
    return f"{seconds // 3600:02}:{seconds // 60 % 60:02}:{seconds % 60:02}"


_WRITERS: dict[Kind, Callable[[Any], str]] = {
    Kind.NUMBER: number_text,
    Kind.DATE: lambda value: str(value.isoformat()[:10]),
    Kind.DATETIME: lambda value: str(value.isoformat()[:19]),
    Kind.TIME: _write_time,
}
