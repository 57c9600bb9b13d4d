"""What date columns of any kind allow: --DTC text, dates and datetimes read alike."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from engine.columns import Column, Kind
from engine.dates.parts import MISSING, parse_texts

Moments = NDArray[np.datetime64]
Mask = NDArray[np.bool_]

DATED = (Kind.TEXT, Kind.DATE, Kind.DATETIME)
"""The kinds a date column may have."""

_DAY = np.timedelta64(86399, "s")


class Span(NamedTuple):
    """First and last second a value allows (NaT where nothing is known), a value a record.

    ``dated`` is true where the day is known, ``timed`` where the minute is.
    """

    low: Moments
    high: Moments
    dated: Mask
    timed: Mask

    @property
    def first_day(self) -> Moments:
        """The day of ``low``."""
        return days(self.low)

    @property
    def last_day(self) -> Moments:
        """The day of ``high``."""
        return days(self.high)


def days(moments: Moments) -> Moments:
    """Moments at midnight, datetime64[s]."""
    found: Moments = moments.astype("datetime64[D]").astype("datetime64[s]")
    return found


def span_of(column: Column) -> Span:
    """What a column of dates allows: text as collected, a DATE its whole day, a DATETIME itself.

    ``ValueError`` for a column of another kind.

    >>> text = pd.Series(["2025-03", "2025-03-12", "2025-03-12T08:30"], dtype="str")
    >>> found = span_of(Column(text, Kind.TEXT))
    >>> [str(moment) for moment in found.high]
    ['2025-03-31T23:59:59', '2025-03-12T23:59:59', '2025-03-12T08:30:59']
    >>> found.dated.tolist(), found.timed.tolist()
    ([False, True, True], [False, False, True])
    """
    kind = column.kind
    if kind is Kind.TEXT:
        texts = column.coded
        parts = parse_texts(texts.distinct)     # once for all four: each distinct text is read in turn
        known = parts.known != MISSING
        found = (parts.earliest, parts.latest, known[:, :3].all(axis=1), known[:, :5].all(axis=1))
        return Span(*(values[texts.codes] for values in found))
    if kind not in DATED:
        raise ValueError(f"a {kind.value} column holds no dates")
    moments = column.values.to_numpy("datetime64[s]")
    known = ~np.isnat(moments)
    if kind is Kind.DATE:
        return Span(days(moments), days(moments) + _DAY, known, np.zeros(len(moments), dtype=bool))
    return Span(moments, moments, known, known)


def widened(span: Span, flags: pd.Series) -> Span:
    """A span of imputed datetimes, as wide as their time flags say (TIMEFL: H, M or S imputed).

    >>> when = Column(pd.Series(pd.to_datetime(["2025-03-12 10:30"] * 3)), Kind.DATETIME)
    >>> found = widened(span_of(when), pd.Series(["H", "M", None], dtype="str"))
    >>> [str(moment)[11:] for moment in found.low], found.timed.tolist()
    (['00:00:00', '10:00:00', '10:30:00'], [False, False, True])
    """
    low, high, timed = span.low.copy(), span.high.copy(), span.timed.copy()
    for flag, unit, length in (("H", "D", 86399), ("M", "h", 3599), ("S", "m", 59)):
        at = (flags == flag).to_numpy(dtype=bool, na_value=False)
        low[at] = low[at].astype(f"datetime64[{unit}]").astype("datetime64[s]")
        high[at] = low[at] + np.timedelta64(length, "s")
        timed[at] &= flag == "S"
    return Span(low, high, span.dated, timed)
