"""Dates of ISO 8601 as conformance rules judge them: valid, complete, and compared by precision."""

from __future__ import annotations

import calendar
import re
from datetime import datetime, timedelta
from functools import lru_cache
from typing import Any

import numpy as np

from dossier.conformance.vectors import Mask, Vector
from engine.dates.durations import read_duration

_ZONE = r"(?P<zone>Z|[+-](?:[01][0-9]|2[0-3]):[0-5][0-9])?"
_MOMENT = (r"(?P<year>-?[0-9]{4}|-)(?:-(?P<month>1[0-2]|0[1-9]|-)(?:-(?P<day>3[01]|0[1-9]|[12][0-9]|-)"
           r"(?:T(?P<hour>2[0-3]|[01][0-9]|-)(?::(?P<minute>[0-5][0-9]|-)"
           rf"(?::(?P<second>[0-5][0-9]|-))?(?P<fraction>\.[0-9]+)?{_ZONE})?)?)?)?")
_DATE = re.compile(_MOMENT)
_PARTS = ("year", "month", "day", "hour", "minute", "second", "fraction")
_LARGEST = 200
"""Characters of a date: longer text is none."""

# How many units of a microsecond each part counts when all parts make one number that sorts as they do.
_WEIGHTS = np.array([13 * 32 * 24 * 60 * 60 * 10**6, 32 * 24 * 60 * 60 * 10**6, 24 * 60 * 60 * 10**6,
                     60 * 60 * 10**6, 60 * 10**6, 10**6, 1], dtype="int64")


def valid_date(value: Any) -> bool:
    """Whether text is a date in extended form, its later parts optional, a hyphen for an unknown part.

    >>> [valid_date(text) for text in ("2020", "2020---15", "-----T10:00", "2020-01-01/2020-02")]
    [True, True, True, True]
    >>> [valid_date(text) for text in ("20200102", "2020-02-30", "2020-01-01 10:00", "2020-W01")]
    [False, False, False, False]
    """
    if not isinstance(value, str) or len(value) > _LARGEST:
        return False
    return all(_moment(part) is not None for part in value.split("/")) and value.count("/") <= 1


@lru_cache(maxsize=200_000)
def _moment(text: str) -> tuple[tuple[int, ...], int] | None:
    """The parts known without a gap, in UTC, and how many the text has in all; None for no date."""
    found = _DATE.fullmatch(text)
    if found is None:
        return None
    given = [found[name] for name in _PARTS]
    if "-" not in given and not _on_calendar(given):
        return None
    parts: list[int] = []
    for name, part in zip(_PARTS, given, strict=True):
        if part is None or part == "-":
            break
        parts.append(int(part[1:7].ljust(6, "0")) if name == "fraction" else int(part))
    return _in_utc(parts, found["zone"]), sum(part is not None for part in given)


def _on_calendar(given: list[str | None]) -> bool:
    if given[2] is None or given[1] is None or given[0] is None:
        return True
    year = int(given[0])
    if year < 1:
        return False
    return int(given[2]) <= calendar.monthrange(year, int(given[1]))[1]


def _in_utc(parts: list[int], zone: str | None) -> tuple[int, ...]:
    if zone in (None, "Z") or len(parts) < 5 or parts[0] < 1:
        return tuple(parts)
    assert zone is not None
    offset = timedelta(hours=int(zone[1:3]), minutes=int(zone[4:6])) * (-1 if zone[0] == "-" else 1)
    year, month, day, hour, minute, *_ = parts
    try:
        moved = datetime(year, month, day, hour, minute) - offset
    except (OverflowError, ValueError):
        return tuple(parts)
    return (moved.year, moved.month, moved.day, moved.hour, moved.minute, *parts[5:])


def parts_given(text: str) -> int:
    """How many parts a valid date has.

    >>> parts_given("2020-01"), parts_given("2020-01-01T10:00")
    (2, 5)
    """
    moment = _moment(text.split("/")[0])
    return 0 if moment is None else moment[1]


def complete_date(value: Any) -> bool:
    """Whether Python reads text as a date or a datetime.

    >>> complete_date("2020-01-02"), complete_date("20200102"), complete_date("2020-01")
    (True, True, False)
    """
    if not isinstance(value, str) or len(value) > _LARGEST:
        return False
    try:
        datetime.fromisoformat(value)
    except ValueError:
        return False
    return True


def valid_duration(value: Any, negative: bool = True) -> bool:
    """Whether text is a duration; a minus in front counts where ``negative``.

    >>> valid_duration("P1Y2M"), valid_duration("-P2W"), valid_duration("-P2W", negative=False)
    (True, True, False)
    >>> valid_duration("PT"), valid_duration("P1.5DT2H"), valid_duration("P1D2W")
    (False, False, False)
    """
    if not isinstance(value, str) or len(value) > _LARGEST:
        return False
    found = read_duration(value)
    return found is not None and (negative or not value.startswith("-"))


def compare(one: Vector, two: Vector) -> tuple[Mask, Mask, np.ndarray]:
    """Two columns of dates: where both are dates, where they are equally precise, and which is later.

    The third is -1, 0 or 1 after both are cut to the coarser precision.

    >>> known, alike, order = compare(Vector.of(["2020-01", "x"]), Vector.of(["2020-01-15", "2020"]))
    >>> known.tolist(), alike.tolist(), order[0]
    ([True, False], [False, False], np.int64(0))
    """
    first, second = _keyed(one), _keyed(two)
    levels = np.minimum(first[0], second[0])
    known = levels > 0
    weight = _WEIGHTS[np.maximum(levels, 1) - 1]
    order = np.sign(first[1] // weight - second[1] // weight)
    return known, known & (first[0] == second[0]), order


def _keyed(column: Vector) -> tuple[np.ndarray, np.ndarray]:
    levels, keys = [], []
    for value in column.values:
        moment = _moment(value.split("/")[0]) if valid_date(value) else None
        parts = moment[0] if moment else ()
        levels.append(len(parts))
        keys.append(sum(part * int(weight) for part, weight in zip(parts, _WEIGHTS, strict=False)))
    return (np.array([*levels, 0], dtype="int64")[column.codes],
            np.array([*keys, 0], dtype="int64")[column.codes])


def day_number(value: Any) -> int | None:
    """The day of a date that is known to the day, as days since year 1.

    >>> day_number("2020-01-02T10:00") - day_number("2020-01-01")
    1
    """
    if not isinstance(value, str) or not complete_date(value.split("/")[0]):
        return None
    return datetime.fromisoformat(value).toordinal() if complete_date(value) else None
