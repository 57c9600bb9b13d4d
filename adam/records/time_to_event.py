"""Time to an event or to censoring: time_to_event."""

from __future__ import annotations

from typing import ClassVar, Literal, NamedTuple, Self

import numpy as np
import pandas as pd
from numpy.typing import NDArray
from pydantic import Field, model_validator

from engine.build.derivation import Derivation
from engine.build.new_rows import finished_as, set_values
from engine.build.rows import Rows, match, pairs, stack
from engine.coded import Coded
from engine.columns import Column, Kind
from engine.dates import compute_duration, iso_date
from engine.spec.references import ExpressionField, Ref, RefField, TableModel
from engine.spec.verbs import step
from engine.verbs.picking import Dated, DatedField, There, dated_values, reached
from engine.verbs.spans import DATED, Mask, span_of
from engine.yaml.fields import Integer, MapOf, Model, Name, OneOrMany, TextField, wrong
from engine.yaml.nodes import Text

Days = NDArray[np.datetime64]
"""Days, datetime64[D]; NaT where there is none."""
Positions = NDArray[np.int64]

_OWN = ("PARAMCD", "STARTDT", "ADT", "AVAL", "CNSR", "SRCDOM", "SRCVAR", "SRCSEQ")
"""Variables the step makes itself."""


class Ending(TableModel):
    """What ends the time: dates of the record, or of all records of another table that match.

    ``set`` gives the variables that describe it, such as EVNTDESC and CNSDTDSC; ``domain``,
    ``variable`` and ``sequence`` say where it came from (SRCDOM, SRCVAR, SRCSEQ).
    """

    there: ClassVar[frozenset[str]] = frozenset({"value", "where", "sequence"})
    there_keys: ClassVar[frozenset[str]] = frozenset({"on"})

    in_: TextField | None = Field(default=None, alias="in")
    value: ExpressionField
    where: ExpressionField | None = None
    on: MapOf[RefField, RefField] | None = None
    partial: Literal["drop", "first", "last"] | None = None
    before_start: Literal["drop", "start"] | None = None
    cnsr: Integer | None = None
    domain: TextField | None = None
    variable: TextField | None = None
    sequence: RefField | None = None
    set: MapOf[Name, TextField] | None = None

    @model_validator(mode="after")
    def _whole(self) -> Self:
        for key, value in (("on", self.on), ("sequence", self.sequence)):
            if value is not None and self.in_ is None:
                raise wrong(f"'{key}' needs 'in', the table it looks at")
        if self.cnsr is not None and self.cnsr < 0:
            raise wrong(f"CNSR is 0 for an event, 1 or more for a censoring, not {self.cnsr}")
        for name in self.set or ():
            if name in _OWN:
                raise wrong(f"'set' names {name}, which the step makes itself", "leave it out", name.place)
        return self

    @property
    def column(self) -> str | None:
        """The name of the date, where it is no more than a name and no working column."""
        names = self.value.names
        plain = len(names) == 1 and ".".join(names[0]) == self.value.text and names[0][-1][:1] != "_"
        return names[0][-1] if plain else None


class Outcome(Model):
    """One parameter: who is at risk from when, and what ends the time.

    The first of ``events`` counts, and where there is none the last of ``censorings``;
    of several on one day the one written first.
    """

    label: TextField
    start: OneOrMany[DatedField]
    where: ExpressionField | None = None
    events: OneOrMany[Ending]
    censorings: OneOrMany[Ending] | None = None
    set: MapOf[Name, TextField] | None = None

    @model_validator(mode="after")
    def _censored(self) -> Self:
        for item in self.censorings or ():
            if item.cnsr == 0:
                raise wrong("CNSR of a censoring is not 0", "move what is an event to 'events'",
                            item.places.get("cnsr"))
        for name in self.set or ():
            if name in _OWN or name == "PARAM":
                raise wrong(f"'set' names {name}, which the step makes itself", "leave it out", name.place)
        return self


class TimeToEventStep(Model):
    """``{time_to_event: {OS: {label, start, where, events: [...], censorings: [...]}}, cutoff, unit}``."""

    time_to_event: MapOf[Name, Outcome]
    cutoff: ExpressionField | None = None
    unit: Literal["days", "weeks", "months", "years"] = "days"

    def makes(self) -> tuple[str, ...]:
        """The variables it sets."""
        parts = list(self.time_to_event.values())
        endings = [item for part in parts for item in (*part.events, *(part.censorings or ()))]
        named = [name for part in (*(p.set for p in parts), *(e.set for e in endings)) for name in part or ()]
        own = [str(name) for name in named]
        return tuple(dict.fromkeys([*_OWN[:1], "PARAM", *_OWN[1:], *own]))


class Ends(NamedTuple):
    """The day that ends the time of each record, which item gave it (-1: none), and its sequence number."""

    day: Days
    item: Positions
    sequence: NDArray[np.float64]

    @staticmethod
    def none(size: int) -> Ends:
        """Records that nothing ends."""
        return Ends(_never(size), np.full(size, -1, dtype="int64"), np.full(size, np.nan))

    def take(self, positions: Positions) -> Ends:
        """The ends of the records at these positions."""
        return Ends(self.day[positions], self.item[positions], self.sequence[positions])


def _never(size: int) -> Days:
    return np.full(size, np.datetime64("NaT"), dtype="datetime64[D]")


def compute_end(record: Positions, day: Days, sequence: NDArray[np.float64], size: int, *,
                last: bool = False) -> Positions:
    """For each of ``size`` records the candidate of the first (or last) day, -1 where there is none.

    ``record`` says whose a candidate is, ``day`` is without NaT.  Of several on one day the
    least ``sequence`` counts, so that the order of the candidates does not matter.

    >>> record, number = np.array([0, 0, 0, 2]), np.array([7.0, 3.0, 1.0, np.nan])
    >>> day = np.array(["2025-03-02", "2025-03-02", "2025-03-09", "2025-03-01"], dtype="datetime64[D]")
    >>> compute_end(record, day, number, 3).tolist(), compute_end(record, day, number, 3, last=True).tolist()
    ([1, -1, 3], [2, -1, 3])
    """
    when = day.astype("int64")
    order = np.lexsort((sequence, -when if last else when, record))
    group = record[order]
    best = order[np.append(True, group[1:] != group[:-1])[:len(order)]]
    chosen = np.full(size, -1, dtype="int64")
    chosen[record[best]] = best
    return chosen


def compute_joined(before: Ends, other: Ends, *, last: bool = False) -> Ends:
    """The earlier (or later) end of each record; of one day that of ``before``.

    >>> day = lambda text: np.array([text], dtype="datetime64[D]")
    >>> one, two = (Ends(day(text), np.array([n]), np.array([np.nan]))
    ...             for n, text in enumerate(["2025-03-02", "2025-03-01"]))
    >>> compute_joined(one, two).item.tolist(), compute_joined(one, two, last=True).item.tolist()
    ([1], [0])
    """
    better = other.day > before.day if last else other.day < before.day
    takes = (better | np.isnat(before.day)) & ~np.isnat(other.day)
    return Ends(np.where(takes, other.day, before.day), np.where(takes, other.item, before.item),
                np.where(takes, other.sequence, before.sequence))


@step("time_to_event", layer="adam")
def change_time_to_event(entry: TimeToEventStep, at: Derivation) -> Rows:
    """Replace each record by one a parameter that it is at risk for: the time to an event or to censoring.

    A record (a subject) is at risk where ``where`` is true and there is a start, not after
    ``cutoff``.  The first event counts; one after the cut-off does not.  Without an event
    the last date of ``censorings`` does, or the cut-off where that is earlier; one at
    risk without either is refused.  What ends the time without being the event, such as a
    death from another cause, stands among the events with a ``cnsr`` of 1 or more.  AVAL
    counts both days: ADT - STARTDT + 1.

    Source: ADaM Basic Data Structure for Time-to-Event Analyses 1.0; ADaMIG 1.3, sections
    3.3.6 (STARTDT, CNSR, EVNTDESC) and 3.3.9 (SRCDOM, SRCVAR, SRCSEQ).
    """
    cutoff = _never(at.rows.size)
    if entry.cutoff is not None:
        cutoff = _complete(at.evaluate(entry.cutoff), entry.cutoff.text, at.rows, at)
    parts = [_records(str(name), part, entry, cutoff, at) for name, part in entry.time_to_event.items()]
    return stack(at.dataset, parts)


def _records(name: str, part: Outcome, entry: TimeToEventStep, cutoff: Days, at: Derivation) -> Rows:
    start = _start(part, at)
    risk = at.condition(part.where) & ~np.isnat(start) & ~(start > cutoff)
    doubt = np.zeros(at.rows.size, dtype=bool)      # records with a date that was refused
    start[~risk] = np.datetime64("NaT")
    events = Ends.none(at.rows.size)
    for number, item in enumerate(part.events):
        events = compute_joined(events, _ends(number, item, name, start, cutoff, doubt, at))
    open_ = np.where(events.item < 0, start, np.datetime64("NaT"))
    censored = Ends.none(at.rows.size)
    for number, item in enumerate(part.censorings or (), start=len(part.events)):
        found = _ends(number, item, name, open_, cutoff, doubt, at, last=True)
        censored = compute_joined(censored, found, last=True)
    ends = compute_joined(events, censored)     # a record has one or the other
    at.refuse(risk & (ends.item < 0) & ~doubt,
              f"{name}: at risk, and neither an event nor a date of censoring",
              hint="add to 'censorings'; the start itself may be the last resort")
    kept = np.flatnonzero(risk & (ends.item >= 0))
    made = at.rows.take(kept)
    set_values(made, {Text("PARAMCD"): Text(name), Text("PARAM"): part.label, **(part.set or {})}, None, at)
    for variable, column in _values(part, start[kept], ends.take(kept), entry, at).items():
        finished = finished_as(variable, column, made, at)
        made.put((variable,), finished.held, finished.kind)
    return made


def _values(part: Outcome, start: Days, ends: Ends, entry: TimeToEventStep,
            at: Derivation) -> dict[str, Column]:
    """What the new records hold of their start and end, and of the item that gave the end."""
    items = (*part.events, *(part.censorings or ()))
    first, last = (pd.Series(day.astype("datetime64[s]")) for day in (start, ends.day))
    codes = np.array([item.cnsr if item.cnsr is not None else int(number >= len(part.events))
                      for number, item in enumerate(items)], dtype="float64")
    sources = [_source(item, at) for item in items]
    made = {
        "STARTDT": Column(first, Kind.DATE),
        "ADT": Column(last, Kind.DATE),
        "AVAL": Column(compute_duration(first, last, entry.unit, add_one=True), Kind.NUMBER),
        "CNSR": Column(pd.Series(codes[ends.item]), Kind.NUMBER),
        "SRCSEQ": Column(pd.Series(ends.sequence), Kind.NUMBER),
    }
    told: dict[str, list[str | None]] = {"SRCDOM": [one[0] for one in sources],
                                         "SRCVAR": [one[1] for one in sources]}
    for name in dict.fromkeys(name for item in items for name in item.set or ()):
        told[str(name)] = [None if item.set is None else item.set.get(name) for item in items]
    for variable, texts in told.items():
        held = Coded.choice(ends.item.astype("int32"), [None if t is None else str(t) for t in texts])
        made[variable] = Column(held, Kind.TEXT)
    return made


def _source(item: Ending, at: Derivation) -> tuple[str | None, str | None]:
    """SRCDOM and SRCVAR: as said, else the table and the column that the date is taken from."""
    name, domain = item.column, str(item.in_) if item.in_ is not None else None
    if name is not None and domain is None:
        target = at.build.plan.scope.find(item.value.names[0], at.where, item.value.place)
        domain = target.table if target is not None else None
    domain = str(item.domain) if item.domain is not None else domain
    return domain, str(item.variable) if item.variable is not None else name if domain is not None else None


# --- dates ------------------------------------------------------------------------------


def _start(part: Outcome, at: Derivation) -> Days:
    """The earliest start of each record, NaT where there is none."""
    found = _never(at.rows.size)
    for item in part.start:
        if isinstance(item, Ref):
            days = _complete(at.column(item), str(item), at.rows, at)
        else:
            assert isinstance(item, Dated)
            rows, left, right = reached(item, at, [])
            record, theirs = pairs(match(left, right))
            dates = _complete(dated_values(item, at, rows), item.value.text, rows, at)[theirs]
            there = ~np.isnat(dates)
            record, dates = record[there], dates[there]
            best = compute_end(record, dates, np.full(len(record), np.nan), at.rows.size)
            days = np.append(dates, np.datetime64("NaT"))[best]
        found = np.fmin(found, days)
    return found


def _complete(column: Column, what: str, rows: Rows, at: Derivation, partial: str | None = None) -> Days:
    """Dates as days; incomplete ones as ``partial`` says, refused where it says nothing."""
    if column.kind not in DATED:
        raise at.wrong(f"'{what}' is a {column.kind.value}, where a date is wanted")
    span = span_of(column)
    days: Days = (span.high if partial == "last" else span.low).astype("datetime64[D]")
    incomplete = ~column.isna() & ~span.dated
    if partial is None:
        at.refuse(incomplete, lambda v: f"'{v}' is an incomplete date", column.held, "impute it first; of an "
                  "event or censoring 'partial' says what it counts as", rows)
    if partial in (None, "drop"):
        days[incomplete] = np.datetime64("NaT")
    return days


def _ends(number: int, item: Ending, name: str, start: Days, cutoff: Days, doubt: Mask, at: Derivation, *,
          last: bool = False) -> Ends:
    """The first (or last) date of one item for each record with a start; ``doubt`` gains what is refused."""
    rows, record, theirs, column = _candidates(item, at)
    day = _complete(column, item.value.text, rows, at, item.partial)[theirs]
    sequence = _sequence(item, rows, at)[theirs]
    counts = ~np.isnat(day) & ~np.isnat(start[record])
    early = counts & (day < start[record])
    if item.partial is None:
        doubt[record[np.isnat(day) & ~column.isna()[theirs]]] = True
    if item.before_start is None:
        doubt[record[early]] = True
        _refuse_early(name, day, start, early, (rows, record, theirs), at)
    if item.before_start == "start":
        day = np.where(early, start[record], day)
    else:
        counts &= ~early
    after = day > cutoff[record]
    if last:
        day = np.where(after, cutoff[record], day)
    else:
        counts &= ~after
    record, day, sequence = record[counts], day[counts], sequence[counts]
    best = compute_end(record, day, sequence, at.rows.size, last=last)
    return Ends(np.append(day, np.datetime64("NaT"))[best], np.where(best >= 0, number, -1),
                np.append(sequence, np.nan)[best])


def _candidates(item: Ending, at: Derivation) -> tuple[Rows, Positions, Positions, Column]:
    """The records an item looks at, which of them (second) are for which of ours (first), and their dates."""
    if item.in_ is None:
        among = np.flatnonzero(at.condition(item.where))
        return at.rows, among, among, at.evaluate(item.value)
    there = Dated.model_construct(in_=item.in_, on=item.on, where=item.where, value=item.value, time=None)
    assert isinstance(there, There)
    rows, left, right = reached(there, at, [])
    record, theirs = pairs(match(left, right))
    return rows, record, theirs, dated_values(there, at, rows)


def _sequence(item: Ending, rows: Rows, at: Derivation) -> NDArray[np.float64]:
    if item.sequence is None:
        return np.full(rows.size, np.nan)
    column = at.other_column(rows, item.sequence.parts[-1])
    if column.kind is not Kind.NUMBER:
        raise at.wrong(f"'{item.sequence}' is a {column.kind.value}, where a sequence number is wanted")
    return column.values.to_numpy(dtype="float64")


def _refuse_early(name: str, day: Days, start: Days, early: Mask, found: tuple[Rows, Positions, Positions],
                  at: Derivation) -> None:
    """Refuse dates before the start, told with the records that hold them."""
    rows, record, theirs = found
    if not early.any():
        return
    texts = np.full(rows.size, None, dtype=object)
    of = theirs[early]
    dates, starts = (iso_date(pd.Series(days[early].astype("datetime64[s]")))
                     for days in (day, start[record]))
    texts[of] = (dates + " is before the start, " + starts).to_numpy()
    mask = np.zeros(rows.size, dtype=bool)
    mask[of] = True
    at.refuse(mask, lambda v: f"{name}: {v}", pd.Series(texts, dtype="str"),
              "'before_start' says whether it is left out (drop) or counts as the start (start)", rows)
