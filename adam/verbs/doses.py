"""Doses and the time since them: nearest, relative_time, nominal_time."""

from __future__ import annotations

from typing import ClassVar, Literal, NamedTuple

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from adam.verbs.choose import Codes, Mask
from adam.verbs.dates import dates_of
from engine.build.derivation import Derivation
from engine.build.rows import SUBJECT, Rows
from engine.coded import codes_of, factorized, stack_coded
from engine.columns import Column, Kind
from engine.dates import parse_iso_duration, to_datetime
from engine.expressions import Expression
from engine.spec.entries import Entry
from engine.spec.references import ExpressionField, Ref, RefField
from engine.spec.verbs import verb
from engine.verbs.basic import KindOf
from engine.verbs.picking import There
from engine.verbs.spans import DATED, Moments, Span, span_of
from engine.yaml.fields import Model, OneOrMany

Take = Literal["previous", "next", "closest", "first", "last"]
Unit = Literal["days", "hours", "minutes", "seconds"]
_SECONDS = {"days": 86400, "hours": 3600, "minutes": 60, "seconds": 1}
_MILLION = 1_000_000


class Nearest(There):
    """Which dose of ``in`` a record belongs to, and what is taken from it."""

    there: ClassVar[frozenset[str]] = There.there | {"dated", "drug"}

    value: ExpressionField
    dated: ExpressionField | None = None
    drug: RefField
    date: RefField
    take: OneOrMany[Take]
    tie: Literal["previous", "next"] | None = None
    same_instant: Literal["before", "after"] | None = None


class NearestEntry(Entry):
    """``{nearest: {in: EX, value: EXSTDTC, drug: EXTRT, date: ADTM, take: [previous, next]}}``."""

    nearest: Nearest


class Doses(NamedTuple):
    """Doses in order of group and time, as one number each, with their positions in the table.

    ``step`` is wider than all times, so that ``group * step + time`` keeps groups apart.
    """

    keys: NDArray[np.int64]
    positions: NDArray[np.int64]
    origin: int
    step: int


def sort_doses(codes: Codes, times: Moments, also: Moments) -> Doses:
    """Put doses in order; doses of group -1 or without a time are left out.

    ``also`` are the other times that will be looked up.
    """
    both = np.concatenate([times, also])
    both = both[~np.isnat(both)].astype("int64")
    origin, latest = (int(both.min()), int(both.max())) if len(both) else (0, 0)
    step = latest - origin + 2
    usable = np.flatnonzero((codes >= 0) & ~np.isnat(times))
    keys = codes[usable] * step + (times[usable].astype("int64") - origin)
    order = np.argsort(keys, kind="stable")
    return Doses(keys[order], usable[order], origin, step)


def compute_nearest(doses: Doses, codes: Codes, times: Moments, take: Take, *, instant_after: bool = False,
                    tie_next: bool = False) -> tuple[NDArray[np.int64], Mask]:
    """The dose each record belongs to, as a position (-1 for none), and where two are as near.

    A record at the very instant of a dose was taken before it, so that dose is its
    next one; with ``instant_after`` it was taken after it.  ``closest`` gives the
    previous dose on a tie, the next with ``tie_next``.

    >>> hours = np.array([8, 20], dtype="datetime64[h]").astype("datetime64[s]")
    >>> sample = np.array([8, 14, 15], dtype="datetime64[h]").astype("datetime64[s]")
    >>> one = np.zeros(3, dtype="int64")
    >>> doses = sort_doses(one[:2], hours, sample)
    >>> compute_nearest(doses, one, sample, "previous")[0].tolist()
    [-1, 0, 0]
    >>> compute_nearest(doses, one, sample, "closest")
    (array([0, 0, 1]), array([False,  True, False]))
    """
    known = (codes >= 0) & ~np.isnat(times)
    base = np.where(codes >= 0, codes * doses.step, -1)
    keys = base + np.where(known, times.astype("int64") - doses.origin, 0)
    low = np.searchsorted(doses.keys, base, side="left")
    high = np.searchsorted(doses.keys, base + doses.step - 1, side="left")
    middle = np.searchsorted(doses.keys, keys, side="right" if instant_after else "left")
    before = np.where(known & (middle > low), middle - 1, -1)
    after = np.where(known & (middle < high), middle, -1)
    tied = np.zeros(len(codes), dtype=bool)
    if take == "previous":
        found = before
    elif take == "next":
        found = after
    elif take in ("first", "last"):
        found = np.where((codes >= 0) & (high > low), low if take == "first" else high - 1, -1)
    else:
        padded = np.append(doses.keys, 0)
        past = np.where(before >= 0, keys - padded[before], np.iinfo(np.int64).max)
        ahead = np.where(after >= 0, padded[after] - keys, np.iinfo(np.int64).max)
        tied = (before >= 0) & (after >= 0) & (past == ahead)
        found = np.where((ahead < past) | (tied & tie_next), after, before)
    return np.append(doses.positions, -1)[found], tied


def _nearest_kind(entry: NearestEntry, kind_of: KindOf) -> Kind:
    part = entry.nearest
    kinds = {name: kind_of((str(part.in_), name[-1])) for name in part.value.names}
    return part.value.kind(kinds) or Kind.TEXT


@verb("nearest", layer="adam", kind=_nearest_kind)
def derive_nearest(entry: NearestEntry, at: Derivation) -> Column:
    """A value of the dose that a record belongs to.

    Doses of one subject (or alike in ``on``) must be of one drug.  Where the time
    of a sample or dose is not known and both are of one day, the record is refused.
    Where ``date`` and ``dated`` are numbers they are nominal times.

    Source: ADaMIG-NCA 1.0 (PCRFTDTM, FANLDTM).
    """
    part = entry.nearest
    table, rows = str(part.in_), _doses(part, at)
    ours, theirs = _codes(part, rows, at)
    value = at.evaluate(part.value, rows, table)
    given, sample = _dose_span(part, value, rows, at), _sample_span(part, at)
    at.refuse(~np.isnat(sample.low) & ~sample.dated, "the day of the record is not known")
    _require_one_drug(part, rows, ours, theirs, at)
    if set(part.take) & {"previous", "next", "closest"}:
        _require_times(ours, sample, theirs, given, at)
    doses = sort_doses(theirs, given.low, sample.low)
    found = np.full(at.rows.size, -1)
    for take in part.take:
        position, tied = compute_nearest(doses, ours, sample.low, take, tie_next=part.tie == "next",
                                         instant_after=part.same_instant == "after")
        if part.tie is None:
            at.refuse(tied & (found < 0), "two doses are as near", hint="'tie' says which of them counts")
        found = np.where(found < 0, position, found)
    _require_one_value(found, value, given, theirs, at)
    return value.take(found)


def _doses(part: Nearest, at: Derivation) -> Rows:
    rows = at.other(str(part.in_), [])
    if part.where is not None:
        rows = rows.where(at.condition(part.where, rows, str(part.in_)))
    return rows


def _codes(part: Nearest, rows: Rows, at: Derivation) -> tuple[Codes, Codes]:
    """Numbers of the groups that records and doses are matched in, -1 where a key is blank."""
    pairs = [(at.rows.columns[SUBJECT], rows.columns[SUBJECT])]
    for theirs, ours in (part.on or {}).items():
        mine, other = at.column(ours), at.other_column(rows, theirs.parts[-1])
        if mine.kind is not other.kind:  # they would never be equal
            raise at.wrong(f"{part.in_}.{theirs.parts[-1]} is a {other.kind.value} and is matched with a "
                           f"{mine.kind.value}", "CAST says how to turn one into the other")
        pairs.append((mine, other))
    both = [stack_coded([mine.coded, other.coded]) if mine.kind is Kind.TEXT
            else pd.concat([mine.values, other.values], ignore_index=True) for mine, other in pairs]
    blank = np.logical_or.reduce([np.asarray(values.isna()) for values in both])
    codes = np.where(blank, -1, codes_of(both))
    return codes[:at.rows.size], codes[at.rows.size:]


def numeric_span(values: pd.Series) -> Span:
    """Nominal times (numbers) as moments so many units after an origin, to a millionth of the unit.

    >>> numeric_span(pd.Series([0.5, None])).low.astype("int64")[0]
    np.int64(500000)
    """
    scaled = np.rint(values.to_numpy(dtype="float64") * _MILLION)
    known = ~np.isnan(scaled)
    moments = np.where(known, scaled, 0).astype("int64").astype("datetime64[s]")
    moments = np.where(known, moments, np.datetime64("NaT", "s"))
    return Span(moments, moments, known, known)


def _sample_span(part: Nearest, at: Derivation) -> Span:
    column = at.column(part.date)
    if column.kind is Kind.NUMBER and part.dated is not None:
        return numeric_span(column.values)
    return span_of(dates_of(part.date, at))


def _dose_span(part: Nearest, value: Column, rows: Rows, at: Derivation) -> Span:
    dated = value if part.dated is None else at.evaluate(part.dated, rows, str(part.in_))
    nominal = at.column(part.date).kind is Kind.NUMBER and part.dated is not None
    if nominal and dated.kind is Kind.NUMBER:
        span = numeric_span(dated.values)
        at.refuse(~span.dated, "the time of the dose is not known",
                  hint="leave such doses out with 'where'", rows=rows)
        return span
    if nominal or dated.kind not in DATED:
        expression: Expression = part.dated or part.value
        wanted = "nominal time" if nominal else "date"
        raise at.wrong(f"'{expression.text}' is a {dated.kind.value}, where the {wanted} of a dose is wanted",
                       f"name the {wanted} with 'dated'")
    span = span_of(dated)
    at.refuse(~span.dated, "the day of the dose is not known", hint="leave such doses out with 'where'",
              rows=rows)
    return span


def _require_one_drug(part: Nearest, rows: Rows, ours: Codes, theirs: Codes, at: Derivation) -> None:
    drugs, count = factorized(at.other_column(rows, part.drug.parts[-1]).held)
    known = theirs >= 0
    groups = np.unique(theirs[known] * (count + 1) + drugs[known] + 1) // (count + 1)
    mixed = groups[1:][groups[1:] == groups[:-1]]
    at.refuse(np.isin(ours, mixed), f"the subject has doses of several drugs in {part.in_}",
              hint="keep one with 'where', or match it with 'on'")


def _require_times(ours: Codes, sample: Span, theirs: Codes, given: Span, at: Derivation) -> None:
    """Refuse a record of the day of a dose where the time of either is not known."""
    def keys(codes: Codes, span: Span, mask: Mask) -> NDArray[np.int64]:
        day = span.low[mask].astype("datetime64[D]").astype("int64")
        found: NDArray[np.int64] = codes[mask] * 10_000_000 + day
        return found

    dosed, clear = (theirs >= 0) & given.dated, (ours >= 0) & sample.dated
    unclear = np.zeros(at.rows.size, dtype=bool)
    unclear[clear] = np.where(
        sample.timed[clear],
        np.isin(keys(ours, sample, clear), keys(theirs, given, dosed & ~given.timed)),
        np.isin(keys(ours, sample, clear), keys(theirs, given, dosed)))
    at.refuse(unclear, "the record is of the day of a dose, and a time is missing",
              hint="impute the time, or leave the record out")


def _require_one_value(found: NDArray[np.int64], value: Column, given: Span, theirs: Codes,
                       at: Derivation) -> None:
    """Refuse a record whose dose has a twin at the same instant with another value."""
    when = codes_of([pd.Series(theirs), pd.Series(given.low)])
    values = codes_of([value.held])
    first = np.zeros(int(when.max(initial=-1)) + 1, dtype=np.int64)
    first[when[::-1]] = values[::-1]
    differing = np.zeros(len(first), dtype=bool)
    differing[when[values != first[when]]] = True
    twins = np.append(differing[when], False)
    at.refuse(twins[found], "two doses were given at the same time, with different values",
              hint="keep one with 'where'")


# --- relative times -------------------------------------------------------------------


class Relative(Model):
    """From ``reference`` to ``date`` in ``unit``."""

    date: RefField
    reference: RefField
    unit: Unit


class RelativeTime(Entry):
    """``{relative_time: {date: ADTM, reference: PCRFTDTM, unit: hours}}``."""

    relative_time: Relative


def compute_relative_time(date: pd.Series, reference: pd.Series, unit: Unit) -> pd.Series:
    """Elapsed time from ``reference`` to ``date`` (datetime64), negative before it, float64.

    >>> moments = pd.Series(pd.to_datetime(["2025-03-10 08:00", "2025-03-11 14:00"]))
    >>> compute_relative_time(moments, pd.Series(pd.to_datetime(["2025-03-10 14:00"] * 2)), "days").tolist()
    [-0.25, 1.0]
    """
    elapsed = date.to_numpy("datetime64[s]") - reference.to_numpy("datetime64[s]")
    return pd.Series(elapsed / np.timedelta64(_SECONDS[unit], "s"), index=date.index, dtype="float64")


@verb("relative_time", layer="adam", kind=Kind.NUMBER)
def derive_relative_time(entry: RelativeTime, at: Derivation) -> Column:
    """Actual time from a dose, blank where a time is not known.

    Source: ADaMIG-NCA 1.0 (ARRLT, AFRLT).
    """
    part = entry.relative_time
    moments = [_moments(ref, at) for ref in (part.date, part.reference)]
    return Column(compute_relative_time(moments[0], moments[1], part.unit), Kind.NUMBER)


def _moments(ref: Ref, at: Derivation) -> pd.Series:
    column = dates_of(ref, at)
    if column.kind is Kind.DATE:
        raise at.wrong(f"'{ref}' is a date, where a date and time is wanted")
    return to_datetime(column.coded) if column.kind is Kind.TEXT else column.values


class NominalTime(Entry):
    """``{nominal_time: PCELTM, unit: hours}``."""

    nominal_time: RefField
    unit: Unit


@verb("nominal_time", layer="adam", kind=Kind.NUMBER)
def derive_nominal_time(entry: NominalTime, at: Derivation) -> Column:
    """Planned time from a dose as a number, from an ISO 8601 duration such as PT24H.

    Before the dose it is negative (-PT1H).  Years and months have no fixed length
    and are refused, as is text that is no duration.

    Source: ADaMIG-NCA 1.0 (NRRLT, NFRLT).
    """
    durations = at.text(entry.nominal_time)
    seconds = parse_iso_duration(durations)
    bad = (durations.notna() & seconds.isna()).to_numpy()
    made = at.settle("blank" if entry.unread == "blank" else None, bad, seconds / _SECONDS[entry.unit],
                     lambda v: f"'{v}' is no duration of fixed length in ISO 8601", durations,
                     "'unread: blank' leaves it out")
    return Column(made, Kind.NUMBER)
