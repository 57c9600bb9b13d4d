"""The earliest or latest of dates from several sources: earliest, latest."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Literal, NamedTuple

import numpy as np
import pandas as pd

from engine.build.derivation import Derivation
from engine.build.rows import match, pairs
from engine.columns import Column, Kind, cast
from engine.dates import earliest_by, earliest_of, latest_by, latest_of, to_date, to_datetime
from engine.spec.entries import Entry
from engine.spec.references import Ref, RefField
from engine.spec.verbs import Made, verb
from engine.verbs.basic import KindOf
from engine.verbs.picking import Dated, DatedField, dated_values, reached
from engine.verbs.spans import DATED, days, span_of
from engine.yaml.fields import Model, Name, OneOrMany

Partial = Literal["drop", "first", "last"]


class Trace(Model):
    """Variables that say where the date came from: its dataset or table, and its variable."""

    domain: Name | None = None
    variable: Name | None = None


class Extreme(Entry):
    """What ``earliest`` and ``latest`` share.

    ``partial`` brings all sources to dates: incomplete ones left out, or counted
    as the first or last day they allow.  Dates before a ``not_before`` or after a
    ``not_after`` of the record are left out.
    """

    partial: Partial | None = None
    not_before: OneOrMany[RefField] | None = None
    not_after: OneOrMany[RefField] | None = None
    trace: Trace | None = None

    def also_makes(self, variable: str) -> tuple[str, ...]:
        """The variables that name the source."""
        named = (self.trace.domain, self.trace.variable) if self.trace is not None else ()
        return tuple(str(name) for name in named if name is not None)


class Earliest(Extreme):
    """``{earliest: [TABLE.COLUMN, {in, value, where}, COLUMN], partial, not_before, not_after, trace}``."""

    earliest: OneOrMany[DatedField]


class Latest(Extreme):
    """``{latest: [TABLE.COLUMN, {in, value, where}, COLUMN], partial, not_before, not_after, trace}``."""

    latest: OneOrMany[DatedField]


class _Found(NamedTuple):
    """Dates of one source, the record each is for, and the source's name."""

    dates: Column
    record: np.ndarray
    domain: str
    variable: str


def _kind(entry: Earliest | Latest, kind_of: KindOf) -> Kind:
    if entry.partial is not None:
        return Kind.DATE
    for item in entry.earliest if isinstance(entry, Earliest) else entry.latest:
        if isinstance(item, Dated):
            return kind_of((str(item.in_), *item.value.names[0][-1:]))
        if isinstance(item, Ref):
            return kind_of(item.parts)
    return Kind.TEXT


@verb("earliest", kind=_kind)
def derive_earliest(entry: Earliest, at: Derivation) -> Made:
    """The earliest of several dates (of all matching records), blank if there is none.

    Incomplete dates compare by their last moment unless ``partial`` says otherwise, so
    that ``2025-03-05`` is earlier than ``2025-03``.

    Source: SDTMIG 3.4, sections 4.4.2 (precision) and 5.2 (RFICDTC, RFXSTDTC).
    """
    return _extreme(entry, entry.earliest, at, last=False)


@verb("latest", kind=_kind)
def derive_latest(entry: Latest, at: Derivation) -> Made:
    """The latest of several dates (of all matching records), blank if there is none.

    Incomplete dates compare by their first moment unless ``partial`` says otherwise, so
    that ``2025-03-05`` is later than ``2025-03``.

    Source: SDTMIG 3.4, sections 4.4.2 (precision) and 5.2 (RFXENDTC); for ``trace`` ADaMIG
    1.3, section 3.3.9 (SRCDOM, SRCVAR).
    """
    return _extreme(entry, entry.latest, at, last=True)


def _extreme(entry: Extreme, items: tuple[object, ...], at: Derivation, *,
             last: bool) -> Mapping[str, Column]:
    sources = [_limited(entry, _brought(entry, _source(item, at), at), at) for item in items]
    kinds = {source.dates.kind for source in sources}
    if len(kinds) > 1:
        raise at.wrong(f"dates of different kinds: {', '.join(sorted(k.value for k in kinds))}",
                       "'partial' brings them all to dates")
    kind = sources[0].dates.kind
    columns = [_of_group(s.dates, s.record, at.rows.size, last).set_axis(at.index) for s in sources]
    if kind is Kind.TEXT:
        made = latest_of(columns) if last else earliest_of(columns)
    else:
        frame = pd.concat(columns, axis=1)
        made = (frame.max(axis=1) if last else frame.min(axis=1)).astype(columns[0].dtype)
    result = {at.variable: Column(made, kind)}
    if entry.trace is not None:
        # The first source that has the date is the one that gave it.
        number = np.full(at.rows.size, len(sources))
        for n in reversed(range(len(sources))):
            number = np.where((columns[n] == made).to_numpy(dtype=bool, na_value=False), n, number)
        for name, key in ((entry.trace.domain, "domain"), (entry.trace.variable, "variable")):
            if name is not None:
                words = pd.Series([*(getattr(s, key) for s in sources), None], dtype="str")
                result[str(name)] = Column(words.take(number).set_axis(at.index), Kind.TEXT)
    return result


def _source(item: object, at: Derivation) -> _Found:
    """The dates of one source that are not NULL, for each record that they match."""
    if isinstance(item, Ref):
        column, record = at.column(item), np.arange(at.rows.size)
        target = at.build.plan.scope.find(item.parts, at.where, item.place)
        domain, variable = (target.table if target and target.table else at.dataset), str(item)
    else:
        assert isinstance(item, Dated)
        rows, left, right = reached(item, at, [])
        value = dated_values(item, at, rows)
        record, theirs = pairs(match(left, right))
        column = value.take(theirs)
        domain, variable = str(item.in_), item.value.text
    if column.kind not in DATED:
        raise at.wrong(f"'{variable}' is a {column.kind.value}, where a date is wanted")
    return _kept(_Found(column, record, domain, variable), ~column.isna())


def _kept(found: _Found, mask: np.ndarray) -> _Found:
    if mask.all():
        return found
    return found._replace(dates=found.dates.take(np.flatnonzero(mask)), record=found.record[mask])


def _brought(entry: Extreme, found: _Found, at: Derivation) -> _Found:
    """Dates brought to the variable's kind, partial ones as ``partial`` says."""
    if entry.partial is None:
        return found
    kind = Kind.DATETIME if at.kind is Kind.DATETIME else Kind.DATE
    have = found.dates.kind
    if have is Kind.TEXT and entry.partial == "drop":
        texts = found.dates.coded
        moments = (to_date(texts) if kind is Kind.DATE else to_datetime(texts)).to_numpy("datetime64[s]")
    else:
        span = span_of(found.dates)
        moments = span.high if entry.partial == "last" and have is Kind.TEXT else span.low
    made = pd.Series(days(moments) if kind is Kind.DATE else moments)
    return _kept(found._replace(dates=Column(made, kind)), made.notna().to_numpy())


def _limited(entry: Extreme, found: _Found, at: Derivation) -> _Found:
    """Dates without those that lie wholly outside the limits of their record."""
    if not entry.not_before and not entry.not_after:
        return found
    span = span_of(found.dates)
    out = np.zeros(len(found.record), dtype=bool)
    for ref in entry.not_before or ():
        out |= span.high < span_of(_date(ref, at)).low[found.record]
    for ref in entry.not_after or ():
        out |= span.low > span_of(_date(ref, at)).high[found.record]
    return _kept(found, ~out)


def _date(ref: Ref, at: Derivation) -> Column:
    column = at.column(ref)
    if column.kind not in DATED:
        raise at.wrong(f"'{ref}' is a {column.kind.value}, where a date is wanted")
    return column


def _of_group(dates: Column, group: np.ndarray, size: int, last: bool) -> pd.Series:
    """The last or first date of each group 0 .. size-1; a --DTC by the rule that compares sources."""
    if dates.kind is Kind.TEXT:
        groups = pd.Series(group)
        found = latest_by(dates.coded, groups) if last else earliest_by(dates.coded, groups)
        return cast(found.reindex(pd.RangeIndex(size)), dates.kind)
    nothing = np.iinfo(np.int64).min if last else np.iinfo(np.int64).max
    best, moments = np.full(size, nothing), dates.values.to_numpy("datetime64[s]").view(np.int64)
    (np.maximum if last else np.minimum).at(best, group, moments)
    made = best.view("datetime64[s]")
    made[best == nothing] = np.datetime64("NaT")
    return pd.Series(made)
