"""Dosing intervals to single doses: expand."""

from __future__ import annotations

import csv
import re
from functools import cache
from importlib import resources
from typing import Annotated, Literal, NamedTuple

import numpy as np
import pandas as pd
from numpy.typing import NDArray
from pydantic import PlainValidator, WithJsonSchema

from adam.verbs.choose import Mask
from engine.build.derivation import Derivation
from engine.build.rows import Rows
from engine.columns import Column, Kind
from engine.spec.references import RefField
from engine.spec.verbs import step
from engine.verbs.spans import Moments, days
from engine.yaml.fields import MapOf, Model, Name, TextField
from engine.yaml.shapes import TEXT

Unit = Literal["minutes", "hours", "days", "months", "once"]
_SECONDS = {"minutes": 60, "hours": 3600, "days": 86400}
_EVERY = re.compile(r"([1-9]\d{0,3}) (minute|hour|day|week|month)s?", re.ASCII)


class Frequency(NamedTuple):
    """A dose every so many units; ``once`` is a single dose."""

    every: int
    unit: Unit


def read_frequency(value: object) -> Frequency:
    """Read an interval such as ``10 days`` or ``36 hours``."""
    if isinstance(value, Frequency):
        return value
    if value == "once":
        return Frequency(0, "once")
    found = _EVERY.fullmatch(value) if isinstance(value, str) else None
    if found is None:
        raise ValueError("an interval such as '36 hours', '10 days', '2 weeks' or 'once' is wanted")
    every, unit = int(found[1]), found[2]
    return Frequency(every * 7, "days") if unit == "week" else Frequency(every, f"{unit}s")  # type: ignore[arg-type]


@cache
def frequencies() -> dict[str, Frequency]:
    """The terms of codelist FREQ (C71113) that have a fixed interval.

    >>> frequencies()["BID"], frequencies()["EVERY 2 WEEKS"]
    (Frequency(every=12, unit='hours'), Frequency(every=14, unit='days'))
    >>> "PRN" in frequencies()
    False
    """
    text = resources.files(__package__).joinpath("data", "frequencies.csv").read_text(encoding="utf-8")
    return {row["term"]: Frequency(int(row["every"] or 0), row["unit"])  # type: ignore[arg-type]
            for row in csv.DictReader(text.splitlines())}


FrequencyField = Annotated[Frequency, PlainValidator(read_frequency), WithJsonSchema(TEXT)]


class Expand(Model):
    """The interval's start and end, how often, and what numbers the doses."""

    start: RefField
    end: RefField
    frequency: RefField
    number: Name | None = None
    frequencies: MapOf[TextField, FrequencyField] | None = None


class ExpandStep(Model):
    """``{expand: {start: ASTDTM, end: AENDTM, frequency: EXDOSFRQ, number}}``."""

    expand: Expand

    def makes(self) -> tuple[str, ...]:
        """The start and the end, which become the dose's moment, and the number."""
        part = self.expand
        return (part.start.parts[-1], part.end.parts[-1], *([str(part.number)] if part.number else []))


class Given(NamedTuple):
    """The record each dose comes from, its number within it (from 0), and its moment."""

    record: NDArray[np.int64]
    number: NDArray[np.int64]
    moment: Moments


def compute_doses(start: Moments, end: Moments, every: NDArray[np.int64], unit: NDArray[np.str_]) -> Given:
    """The nominal moments of all doses of intervals, in order.

    The first dose is at ``start``, the next each interval later at the clock time
    of the first (days, months) or after so many hours, as long as its day is not
    after that of ``end`` and, for hours and minutes, it is at most half an interval
    late: the last actual time is seldom the nominal one.  A dose a month later on a
    day the month has not is on its last day.

    >>> at = lambda *texts: np.array(texts, dtype="datetime64[s]")
    >>> given = compute_doses(at("2025-03-01T08:00"), at("2025-03-02T19:50"),
    ...                       np.array([12]), np.array(["hours"]))
    >>> [str(moment)[5:16] for moment in given.moment]
    ['03-01T08:00', '03-01T20:00', '03-02T08:00', '03-02T20:00']
    """
    count = np.ones(len(start), dtype="int64")
    apart = (days(end) - days(start)).astype("int64") // 86400
    whole = unit == "days"
    count[whole] = apart[whole] // every[whole] + 1
    for name in ("hours", "minutes"):
        at = unit == name
        apart_by = every[at] * _SECONDS[name]
        last = np.minimum(end[at].astype("int64") + apart_by // 2, days(end[at]).astype("int64") + 86399)
        count[at] = (last - start[at].astype("int64")) // apart_by + 1
    at = unit == "months"
    count[at] = _months(start[at], end[at], every[at])
    count = np.maximum(count, 1)
    record = np.repeat(np.arange(len(start)), count)
    number = np.arange(len(record)) - np.repeat(np.cumsum(count) - count, count)
    return Given(record, number, _moments(start[record], every[record] * number, unit[record]))


def _moments(start: Moments, ahead: NDArray[np.int64], unit: NDArray[np.str_]) -> Moments:
    factor = np.select([unit == name for name in _SECONDS], list(_SECONDS.values()), 0)
    made: Moments = start + (ahead * factor).astype("timedelta64[s]")
    at = unit == "months"
    made[at] = _months_later(start[at], ahead[at])
    return made


def _months_later(start: Moments, ahead: NDArray[np.int64]) -> Moments:
    month = start.astype("datetime64[M]")
    day = (start.astype("datetime64[D]") - month.astype("datetime64[D]")).astype("int64")
    clock = start - days(start)
    later = month + ahead.astype("timedelta64[M]")
    length = ((later + 1).astype("datetime64[D]") - later.astype("datetime64[D]")).astype("int64")
    there = later.astype("datetime64[D]") + np.minimum(day, length - 1)
    found: Moments = there.astype("datetime64[s]") + clock
    return found


def _months(start: Moments, end: Moments, every: NDArray[np.int64]) -> NDArray[np.int64]:
    apart = (end.astype("datetime64[M]") - start.astype("datetime64[M]")).astype("int64")
    steps = apart // every
    found: NDArray[np.int64] = steps + (days(_months_later(start, steps * every)) <= days(end))
    return found


@step("expand", layer="adam")
def change_expand(entry: ExpandStep, at: Derivation) -> Rows:
    """One record for each dose, from records that give a dosing interval and its frequency.

    ``start`` and ``end`` both become the dose's nominal moment.  Terms of FREQ
    without a fixed interval (PRN, CONTINUOUS, 2 TIMES PER WEEK) are refused unless
    ``frequencies`` says what they mean.

    Source: SDTMIG 3.4, domain EX (one record a constant dosing interval); CDISC
    terminology, codelist FREQ (C71113).
    """
    part = entry.expand
    names = [part.start.parts[-1], part.end.parts[-1]]
    ends = [_dates(ref, at) for ref in (part.start, part.end)]
    every, unit = _intervals(part, at)
    start, end = (column.values.to_numpy("datetime64[s]") for column in ends)
    if ends[1].kind is Kind.DATE:
        end = end + np.timedelta64(86399, "s")
    end = np.where((unit == "once") & np.isnat(end), start, end)
    usable = _usable(start, end, at)
    kept = np.flatnonzero(usable)
    given = compute_doses(start[kept], end[kept], every[kept], unit[kept])
    made = at.rows.take(kept[given.record])
    for name, column in zip(names, ends, strict=True):
        moment = days(given.moment) if column.kind is Kind.DATE else given.moment
        made.put((name,), pd.Series(moment), column.kind)
    if part.number is not None:
        made.put((str(part.number),), pd.Series(given.number + 1.0), Kind.NUMBER)
    return made


def _dates(ref: RefField, at: Derivation) -> Column:
    column = at.column(ref)
    if column.kind not in (Kind.DATE, Kind.DATETIME):
        raise at.wrong(f"'{ref}' is a {column.kind.value}, where a date or datetime is wanted",
                       "impute it in an entry of its own")
    return column


def _intervals(part: Expand, at: Derivation) -> tuple[NDArray[np.int64], NDArray[np.str_]]:
    """The interval of each record; one that is not known is refused and counts as once."""
    own = {str(term).casefold(): given for term, given in (part.frequencies or {}).items()}
    known = {term.casefold(): given for term, given in frequencies().items()} | own
    terms = at.text(part.frequency)
    codes, distinct = pd.factorize(terms, use_na_sentinel=True)
    meant = [known.get(str(term).casefold()) for term in distinct]
    strange = np.array([*(given is None for given in meant), False])[codes]
    at.refuse(strange, lambda v: f"frequency '{v}' has no fixed interval", terms,
              "'frequencies' says what it means, as in {frequencies: {Q10D: 10 days}}")
    at.refuse(terms.isna().to_numpy(), "the record has no frequency")
    listed = [given or Frequency(0, "once") for given in [*meant, None]]
    every, unit = np.array([given.every for given in listed]), np.array([given.unit for given in listed])
    return every[codes], unit[codes]


def _usable(start: Moments, end: Moments, at: Derivation) -> Mask:
    missing = np.isnat(start) | np.isnat(end)
    at.refuse(missing, "the start or end of the interval is not known")
    backwards = ~missing & (days(end) < days(start))
    at.refuse(backwards, "the interval ends before it starts")
    return ~missing & ~backwards
