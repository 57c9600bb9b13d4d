"""The treatment period that a record belongs to: period."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from typing import Literal, Self

import numpy as np
import pandas as pd
from numpy.typing import NDArray
from pydantic import Field, model_validator

from adam.verbs.choose import Mask
from adam.verbs.dates import dates_of
from adam.verbs.period_models import numbered
from engine.build.derivation import Derivation
from engine.build.expand import Known
from engine.columns import Column, Kind
from engine.spec.entries import Entry
from engine.spec.references import Ref, RefField
from engine.spec.verbs import verb
from engine.verbs.basic import KindOf
from engine.verbs.spans import Moments, Span, span_of
from engine.yaml.fields import Integer, MapOf, Model, Name, OneOrMany

Refs = tuple[Ref, ...]


class Period(Model):
    """The starts and ends of the periods, first period first, and what is taken of each.

    A name with ``xx`` stands for those of all periods: ``ADSL.TRxxSDT``.
    """

    date: RefField
    from_: OneOrMany[RefField] = Field(alias="from")
    to: OneOrMany[RefField] | None = None
    days: Integer | None = None
    take: OneOrMany[RefField] | None = None
    into: MapOf[Name, OneOrMany[RefField]] | None = None
    before: Literal["first", "blank"] | None = None

    @model_validator(mode="after")
    def _as_many(self) -> Self:
        if self.days is not None and self.to is None:
            raise ValueError("'days' count from the end of a period; name it with 'to'")
        if not _is_template(self.from_) and (told := self.uneven()) is not None:
            raise ValueError(told)
        return self

    def lists(self) -> dict[str, Refs]:
        """The columns that a period has one of, by the key they stand under."""
        listed = {"to": self.to, "take": self.take}
        return {key: refs for key, refs in listed.items() if refs is not None} | {
            f"into.{name}": refs for name, refs in (self.into or {}).items()}

    def uneven(self) -> str | None:
        """What is wrong with a list that has more or fewer columns than there are periods."""
        return next((f"'{key}' has {len(refs)} columns for {len(self.from_)} periods"
                     for key, refs in self.lists().items()
                     if not _is_template(refs) and len(refs) != len(self.from_)), None)

    def filled(self, known: Known) -> Self:
        """Names with ``xx`` as those of periods 01, 02 ... as far as ``from`` has them."""
        count = _count(self.from_[0], known) if _is_template(self.from_) else len(self.from_)
        if count == 0:
            return self     # the name with xx is then reported as one that means nothing

        def said(refs: Refs | None) -> Refs | None:
            if refs is None or not _is_template(refs):
                return refs
            parts, place = refs[0].parts, refs[0].place
            return tuple(Ref((*parts[:-1], numbered(parts[-1], n)), place) for n in range(1, count + 1))

        into = None if self.into is None else {name: said(refs) for name, refs in self.into.items()}
        return self.model_copy(update={"from_": said(self.from_), "to": said(self.to),
                                       "take": said(self.take), "into": into})


def _is_template(refs: Refs) -> bool:
    return len(refs) == 1 and "xx" in refs[0].parts[-1]


def _count(ref: Ref, known: Known) -> int:
    """The greatest number that a variable of this name has."""
    before, _, behind = ref.parts[-1].partition("xx")
    pattern = re.compile(f"{re.escape(before)}([0-9][0-9]){re.escape(behind)}")
    table = ref.parts[0] if len(ref.parts) > 1 else None
    return max((int(found[1]) for name in known.variables(table) if (found := pattern.fullmatch(name))),
               default=0)


class PeriodEntry(Entry):
    """``{period: {date, from: ADSL.TRxxSDT, to: ADSL.TRxxEDT, into: {TRTA: ADSL.TRTxxA}}}``."""

    period: Period

    def also_makes(self, variable: str) -> tuple[str, ...]:
        """The variables of ``into``."""
        return tuple(str(name) for name in self.period.into or {})

    def completed(self, known: Known) -> Self:
        """The entry with the columns of all periods named."""
        return self.model_copy(update={"period": self.period.filled(known)})


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
    earlier = (days < np.fmin.reduce(starts)) & first_takes_earlier
    return compute_last_begun([days >= start for start in starts], [days > end for end in ends], earlier)


def compute_last_begun(begun: Sequence[Mask], over: Sequence[Mask], earlier: Mask) -> NDArray[np.int64]:
    """The last period that has ``begun``, -1 where that one is ``over``; 0 where ``earlier``.

    >>> begun = [np.array([True, True]), np.array([False, True])]
    >>> over = [np.array([False, False]), np.array([False, True])]
    >>> compute_last_begun(begun, over, np.zeros(2, dtype=bool)).tolist()
    [0, -1]
    """
    found = np.full(len(earlier), -1)
    for number, mask in enumerate(begun):
        found = np.where(mask, number, found)
    found = np.where(earlier, 0, found)
    for number, mask in enumerate(over):
        found = np.where((found == number) & mask, -1, found)
    return found


def compute_begun(date: Span, start: Span) -> Mask:
    """Where a period may have begun by a date: to the minute where both times are known, else by day.

    >>> def spans(*texts):
    ...     return span_of(Column(pd.Series(list(texts), dtype="str"), Kind.TEXT))
    >>> compute_begun(spans("2025-02-01T08:00", "2025-02-01"), spans(*["2025-02-01T09:00"] * 2)).tolist()
    [False, True]
    """
    made: Mask = np.where(date.timed & start.timed, date.high >= start.low, date.first_day >= start.first_day)
    return made & date.dated


def compute_over(date: Span, end: Span, count: int | None) -> Mask:
    """Where a date lies after the end of a period, or more than so many days after its last day."""
    if count is not None:
        return date.first_day > end.last_day + np.timedelta64(count * 86400, "s")
    made: Mask = np.where(date.timed & end.timed, date.low > end.high, date.first_day > end.last_day)
    return made


def _period_kind(entry: PeriodEntry, kind_of: KindOf) -> Kind:
    return kind_of(entry.period.take[0].parts) if entry.period.take else Kind.NUMBER


@verb("period", layer="adam", kind=_period_kind)
def derive_period(entry: PeriodEntry, at: Derivation) -> Mapping[str, Column]:
    """The number of the period that a date lies in, or that period's column of ``take``.

    Days count, and times where both are known: both the first and the last of a period
    belong to it, and a day that ends one and begins the next belongs to the next.  A date
    whose day is not known lies in none.

    Source: ADaMIG 1.3, sections 3.3.2 (TRTA) and 3.3.3 (APERIOD).
    """
    part = entry.period
    if (told := part.uneven()) is not None:
        raise at.wrong(told)
    date = span_of(dates_of(part.date, at))
    starts = [span_of(dates_of(ref, at)) for ref in part.from_]
    begun = [compute_begun(date, start) for start in starts]
    over = [compute_over(date, span_of(dates_of(ref, at)), part.days) for ref in part.to or ()]
    first = np.fmin.reduce([start.low for start in starts])
    earlier = ~np.logical_or.reduce(begun) & date.dated & ~np.isnat(first)
    found = compute_last_begun(begun, over, earlier if part.before == "first" else np.zeros_like(earlier))
    made = {name: _taken(found, refs, at) for name, refs in (part.into or {}).items()}
    if part.take is not None:
        return {at.variable: _taken(found, part.take, at)} | made
    number = pd.Series(np.where(found < 0, np.nan, found + 1.0), index=at.index)
    return {at.variable: Column(number, Kind.NUMBER)} | made


def _taken(found: NDArray[np.int64], refs: Refs, at: Derivation) -> Column:
    """The column of each record's period."""
    columns = [at.column(ref) for ref in refs]
    kinds = {column.kind.value for column in columns}
    if len(kinds) > 1:
        raise at.wrong(f"columns of different kinds: {', '.join(sorted(kinds))}")
    made = columns[0].values.where(found == 0)
    for number, column in enumerate(columns[1:], start=1):
        made = made.where(found != number, column.values)
    return Column(made, columns[0].kind)
