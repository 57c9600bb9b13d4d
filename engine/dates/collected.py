"""Read dates and times as they were collected, and write them as --DTC.

Source: SDTMIG 3.4 section 4.4.2: what is missing stays missing, no component is
ever filled in.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import Literal, NamedTuple

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from engine.dates.distinct import combinations, spread
from engine.dates.excel import read_excel_date, read_excel_time
from engine.dates.formats import Format, Trouble, compile_format, full_year, normalise
from engine.dates.parts import MISSING, UNKNOWN, Components, compose, in_calendar

_SEPARATORS = re.compile(r"[-/.:,\s]+")
_TROUBLES: dict[Trouble, str] = {
    "calendar": "is no calendar date",
    "clock": "is no time of day",
    "midnight": "is no time of day (midnight at the end of a day is 00:00 of the next day)",
}


_SEVERAL = re.compile(r"'[^']*' is \S+ by ")
_QUOTED = re.compile(r"'([^']*)' (?:fits none|does not fit)")


def date_hint(reason: str) -> str:
    """What to do about a text that could not be read, by the reason that was given for it.

    >>> date_hint("'45743' does not fit the format yyyy-MM-dd")
    "as Excel's serial number it is 2025-03-27: add 'excel' under 'dates'"
    >>> date_hint("'10.3.25' does not fit the format yyyy-MM-dd")
    "give its format under 'dates' or 'times'"
    """
    if _SEVERAL.match(reason):
        return "leave out of 'dates' (or 'times') of the file what does not hold for it"
    found = _QUOTED.match(reason)
    if found is None:
        return "correct it"
    date, time = read_excel_date(found[1]), read_excel_time(found[1])
    if isinstance(date, tuple):
        return f"as Excel's serial number it is {compose(date)}: add 'excel' under 'dates'"
    if isinstance(time, tuple):
        return f"as Excel's part of a day it is {(compose(time) or '')[6:]}: add 'excel' under 'times'"
    return "give its format under 'dates' or 'times'"


class Read(NamedTuple):
    """What was read, three series on the index of the input.

    ``values``: ISO 8601 text, or NULL.  ``bad``: True where something given could
    not be read.  ``reasons``: why, NULL where nothing is wrong.  Where only the
    time is unreadable ``values`` holds the date.
    """

    values: pd.Series
    bad: pd.Series
    reasons: pd.Series


class _Outcome(NamedTuple):
    known: Components = UNKNOWN
    reason: str | None = None


class _Reader:
    """Reads one text by several formats, remembering what it has read."""

    def __init__(self, formats: Sequence[Format], unknown: Sequence[str]) -> None:
        self._formats = formats
        self._unknown = frozenset(normalise(word).casefold() for word in unknown)
        self._seen: dict[str, _Outcome] = {}

    def read(self, raw: str | None) -> _Outcome:
        if raw is None:
            return _Outcome()
        if raw not in self._seen:
            self._seen[raw] = self._read(raw.strip())
        return self._seen[raw]

    def _wholly_unknown(self, text: str) -> bool:
        """An unknown word, or several and nothing else (``UN-UNK-UNKN``, ``UN:UN``)."""
        words = [word for word in _SEPARATORS.split(text) if word]
        return text in self._unknown or (
            bool(words) and all(word in self._unknown and not word.isdigit() for word in words))

    def _read(self, shown: str) -> _Outcome:
        text = normalise(shown)
        if not text or self._wholly_unknown(text.casefold()):
            return _Outcome()
        found: dict[Components, str] = {}
        troubles: list[Trouble] = []
        for format_ in self._formats:
            read = format_.read(text)
            if isinstance(read, str):
                troubles.append(read)
            elif read is not None:
                found.setdefault(read, format_.text)
        if len(found) == 1:
            return _Outcome(next(iter(found)))
        if found:
            ways = " and ".join(f"{compose(known)} by {by}" for known, by in found.items())
            return _Outcome(reason=f"'{shown}' is {ways}")
        if troubles:
            return _Outcome(reason=f"'{shown}' {_TROUBLES[troubles[0]]}")
        names = ", ".join(format_.text for format_ in self._formats)
        fits = "fits none of the formats" if len(self._formats) > 1 else "does not fit the format"
        return _Outcome(reason=f"'{shown}' {fits} {names}")


def _number(text: str | None, unknown: frozenset[str], lengths: Sequence[int], suffix: str) -> int | None:
    """One component from its own column: -1 if missing, ``None`` if unreadable."""
    plain = normalise(text or "").casefold()
    if not plain or plain in unknown:
        return MISSING
    plain = plain.removesuffix(".0").rstrip(suffix)
    return int(plain) if plain.isascii() and plain.isdigit() and len(plain) in lengths else None


class _Columns:
    """Reads a date whose year, month and day stand in three columns."""

    def __init__(self, formats: Sequence[str], unknown: Sequence[str], cutoff: int) -> None:
        self._unknown = frozenset(normalise(word).casefold() for word in unknown)
        self._lengths = (2, 4) if any("yy" in text.replace("yyyy", "") for text in formats) else (4,)
        self._cutoff = cutoff
        self._names = compile_format("MMM", "date", ())

    def read(self, year: str | None, month: str | None, day: str | None) -> _Outcome:
        known = (self._year(year), self._month(month), _number(day, self._unknown, (1, 2), "日号"))
        shown = ", ".join(f"{name} '{(text or '').strip()}'"
                          for name, text in (("year", year), ("month", month), ("day", day)))
        if None in known:
            return _Outcome(reason=f"{shown} is no year, month and day")
        numbers = tuple(MISSING if n is None else n for n in known)
        if not in_calendar(numbers):
            return _Outcome(reason=f"{shown} is no calendar date")
        return _Outcome((*numbers, MISSING, MISSING, MISSING))  # type: ignore[arg-type]

    def _year(self, text: str | None) -> int | None:
        found = _number(text, self._unknown, self._lengths, "年")
        if found is None or found == MISSING or found >= 100:
            return found
        return full_year(found, self._cutoff)

    def _month(self, text: str | None) -> int | None:
        found = _number(text, self._unknown, (1, 2), "月")
        if found is None:
            named = self._names.read(normalise(text or ""))
            return named[1] if isinstance(named, tuple) else None
        return found


def _join(date: _Outcome, time: _Outcome, date_text: str, time_text: str | None, keep: bool) -> _Outcome:
    """One value from a date and a time; a time that cannot be read leaves the date."""
    if date.reason is not None:
        return date
    if time.reason is not None:
        return _Outcome(date.known, time.reason)
    if time.known == UNKNOWN:
        return date
    if any(n != MISSING for n in date.known[3:]):
        if date.known[3:] == time.known[3:]:
            return date
        reason = f"'{date_text.strip()}' has a time of its own, and the time is '{(time_text or '').strip()}'"
        return _Outcome(date.known, reason)
    if date.known == UNKNOWN and not keep:
        return date
    return _Outcome((*date.known[:3], *time.known[3:]))


def read_dates(
    dates: Sequence[pd.Series],
    times: pd.Series | None = None,
    date_formats: Sequence[str] = (),
    time_formats: Sequence[str] = (),
    unknown: Sequence[str] = (),
    *,
    time_without_date: Literal["keep", "drop"] = "keep",
    year_cutoff: int = 1950,
) -> Read:
    """Read collected dates (and times) into ISO 8601 text.

    ``dates`` is one text column, or three (year, month, day); ``times`` a further
    text column; all share one index.  A format also reads its own partial forms:
    an ``unknown`` word in place of a component, and a truncation (without the day,
    without month and day, without seconds, minutes or time).  A value that is
    wholly an unknown word is NULL and not bad.  Month names are English in any
    case; full-width characters count as plain ones.  A two-digit year needs a
    ``yy`` format and lies in the hundred years from ``year_cutoff`` (1950-2049).

    Bad are: a text that fits no format, a date no calendar has, a time no day has
    (24:00 too, for it belongs to the next day), and a text two formats read
    differently.  A time without a date is kept as ``-----T12:30``, the form of
    SDTMIG 3.4 section 4.4.2 (its row 6), unless ``time_without_date`` is "drop".

    ``ValueError``: a format that is none, no format where one is needed, or
    neither one nor three date columns.

    >>> dates = pd.Series(["UN-MAR-2025", "2025-03-01", "31-FEB-2025", "UNK"], dtype="str")
    >>> times = pd.Series([None, "1:05 PM", None, None], dtype="str")
    >>> read = read_dates([dates], times, ["dd-MMM-yyyy", "yyyy-MM-dd"], ["h:mm a"], ["UN", "UNK"])
    >>> read.values.tolist(), read.reasons[2]
    (['2025-03', '2025-03-01T13:05', nan, nan], "'31-FEB-2025' is no calendar date")
    """
    if len(dates) not in (1, 3):
        raise ValueError(f"a date stands in one column or in three (year, month, day), not in {len(dates)}")
    if len(dates) == 1 and not date_formats:
        raise ValueError("no date format is given")
    if times is not None and not time_formats:
        raise ValueError("no time format is given")
    words = tuple(unknown)
    by_date = [compile_format(text, "date", words, year_cutoff) for text in date_formats]
    by_time = [compile_format(text, "time", words, year_cutoff) for text in time_formats]
    whole, clock = _Reader(by_date, words), _Reader(by_time, words)
    parted = _Columns(date_formats, words, year_cutoff)
    index = dates[0].index
    if len(dates) == 1:
        codes, made, texts = _one_column(dates[0], times, whole, clock, time_without_date == "keep")
    else:
        codes, found = combinations([*dates, times] if times is not None else [*dates])
        several = [_join(parted.read(*given[:3]), clock.read(given[3] if times is not None else None),
                      "", given[3] if times is not None else None, time_without_date == "keep")
                for given in found]
        texts = [compose(one.known) for one in several]
        made = list(several)
    bad = {n: one.reason for n, one in enumerate(made) if one is not None and one.reason is not None}
    reasons = np.full(len(made), None, dtype=object)
    reasons.put(list(bad), list(bad.values()))
    return Read(spread(texts, codes, index), spread(~pd.isna(reasons), codes, index, "bool"),
                spread(reasons, codes, index))


def _one_column(dates: pd.Series, times: pd.Series | None, whole: _Reader, clock: _Reader,
                keep: bool) -> tuple[NDArray[np.int64], list[_Outcome | None], Sequence[object]]:
    """The distinct combinations of date and time: where each stands, what it says, and that in ISO 8601.

    Dates and times are read apart, for few of each make many combinations.  A
    whole date with a readable time is put together as text, without an outcome.
    """
    date_codes, date_texts = _distinct(dates)
    time_codes, time_texts = _distinct(times) if times is not None else (np.zeros_like(date_codes), [None])
    by_date, by_time = [whole.read(t) for t in date_texts], [clock.read(t) for t in time_texts]
    codes, first = pd.factorize(date_codes * len(time_texts) + time_codes)
    of_date, of_time = np.divmod(first, len(time_texts))
    plain = np.array([d.reason is None and MISSING not in d.known[:3] and d.known[3:] == UNKNOWN[3:]
                      for d in by_date], dtype=bool)[of_date]
    plain &= np.array([t.reason is None for t in by_time], dtype=bool)[of_time]
    left = np.array([compose(d.known) or "" for d in by_date], dtype=object)
    right = np.array([(compose(t.known) or "")[5:] for t in by_time], dtype=object)  # without -----
    texts = np.asarray(left[of_date] + right[of_time], dtype=object)
    made: list[_Outcome | None] = [None] * len(first)
    for n in np.flatnonzero(~plain).tolist():
        date, time = int(of_date[n]), int(of_time[n])
        joined = _join(by_date[date], by_time[time], date_texts[date] or "", time_texts[time], keep)
        made[n], texts[n] = joined, compose(joined.known)
    return codes, made, list(texts)


def _distinct(column: pd.Series) -> tuple[NDArray[np.int64], list[str | None]]:
    """A code a record, and the texts: the last is None, for NULL."""
    codes, distinct = pd.factorize(column, use_na_sentinel=True)
    texts: list[str | None] = [str(text) for text in distinct]
    return np.where(codes < 0, len(texts), codes).astype(np.int64), [*texts, None]
