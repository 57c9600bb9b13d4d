"""Treatment periods: period."""

from __future__ import annotations

from typing import Literal, Self

import numpy as np
import pandas as pd
from numpy.typing import NDArray
from pydantic import Field, model_validator

from adam.verbs.dates import dates_of
from engine.build.derivation import Derivation
from engine.columns import Column, Kind
from engine.spec.entries import Entry
from engine.spec.references import RefField
from engine.spec.verbs import verb
from engine.verbs.basic import KindOf
from engine.verbs.spans import Moments, span_of
from engine.yaml.fields import Model, OneOrMany


class Periods(Model):
    """The starts and ends of the periods, first period first, and what is taken of each."""

    date: RefField
    from_: OneOrMany[RefField] = Field(alias="from")
    to: OneOrMany[RefField] | None = None
    take: OneOrMany[RefField] | None = None
    before: Literal["first", "blank"] | None = None

    @model_validator(mode="after")
    def _as_many(self) -> Self:
        for key, listed in (("to", self.to), ("take", self.take)):
            if listed is not None and len(listed) != len(self.from_):
                raise ValueError(f"'{key}' has {len(listed)} columns for {len(self.from_)} periods")
        return self


class PeriodEntry(Entry):
    """``{period: {date, from: [TR01SDT, TR02SDT], to: [TR01EDT, TR02EDT], take: [TRT01A, TRT02A]}}``."""

    period: Periods


def compute_period(days: Moments, starts: list[Moments], ends: list[Moments], *,
                   first_takes_earlier: bool = False) -> NDArray[np.int64]:
    """The number (from 0) of the last period that has begun on a day, -1 for none.

    A day after the period's own end (NaT: open) is in none; with
    ``first_takes_earlier`` a day before all periods is in the first.

    >>> days = np.array(["2025-01-05", "2025-02-01", "2025-06-01"], dtype="datetime64[s]")
    >>> starts = [np.full(3, np.datetime64(d, "s")) for d in ("2025-01-01", "2025-02-01")]
    >>> ends = [np.full(3, np.datetime64(d, "s")) for d in ("2025-02-01", "2025-03-01")]
    >>> compute_period(days, starts, ends).tolist()
    [0, 1, -1]
    """
    found = np.full(len(days), -1)
    for number, start in enumerate(starts):
        found = np.where(days >= start, number, found)
    if first_takes_earlier:
        found = np.where(days < np.fmin.reduce(starts), 0, found)
    for number, end in enumerate(ends):
        found = np.where((found == number) & (days > end), -1, found)
    return found


def _period_kind(entry: PeriodEntry, kind_of: KindOf) -> Kind:
    return kind_of(entry.period.take[0].parts) if entry.period.take else Kind.NUMBER


@verb("period", layer="adam", kind=_period_kind)
def derive_period(entry: PeriodEntry, at: Derivation) -> Column:
    """The number of the period a date lies in, or that period's column of ``take`` (APERIOD, TRTA).

    Days count: both the first and the last of a period belong to it, and a day that
    ends one and begins the next belongs to the next.  Source: ADaMIG 1.3, section 3.3.2.
    """
    part = entry.period
    days = span_of(dates_of(part.date, at))
    starts = [span_of(dates_of(ref, at)).first_day for ref in part.from_]
    ends = [span_of(dates_of(ref, at)).last_day for ref in part.to or ()]
    found = compute_period(np.where(days.dated, days.first_day, np.datetime64("NaT", "s")), starts, ends,
                           first_takes_earlier=part.before == "first")
    if part.take is None:
        return Column(pd.Series(np.where(found < 0, np.nan, found + 1.0), index=at.index), Kind.NUMBER)
    columns = [at.column(ref) for ref in part.take]
    kinds = {column.kind.value for column in columns}
    if len(kinds) > 1:
        raise at.wrong(f"columns of different kinds: {', '.join(sorted(kinds))}")
    made = columns[0].values.where(found == 0)
    for number, column in enumerate(columns[1:], start=1):
        made = made.where(found != number, column.values)
    return Column(made, columns[0].kind)
