"""Dates and times of analysis: impute, datepart, timepart, study_day, duration."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Annotated, Literal, Self

import numpy as np
import pandas as pd
from pydantic import AfterValidator, model_validator

from engine.build.derivation import Derivation
from engine.build.expand import Known
from engine.coded import Coded
from engine.columns import Column, Kind
from engine.dates import (
    check_iso,
    compute_duration,
    compute_study_day,
    impute,
    time_part,
    to_date,
    to_datetime,
)
from engine.dates.parts import MISSING, said
from engine.spec.entries import Entry
from engine.spec.references import ExpressionField, Ref, RefField
from engine.spec.verbs import Made, verb
from engine.verbs.spans import DATED, Moments, days, span_of
from engine.yaml.fields import Boolean, Model, Name, OneOrMany, TextField
from engine.yaml.nodes import Text

Unit = Literal["seconds", "minutes", "hours", "days", "weeks", "months", "years"]
_CLOCK = ("seconds", "minutes", "hours")


def dates_of(ref: Ref, at: Derivation) -> Column:
    """A column of dates: --DTC text, a date or a datetime."""
    column = at.column(ref)
    if column.kind not in DATED:
        raise at.wrong(f"'{ref}' is a {column.kind.value}, where a date is wanted")
    return column


# --- impute ---------------------------------------------------------------------------


class How(Model):
    """How a --DTC is imputed: the highest part that may be, what stands in its place, and the limits."""

    value: RefField
    highest: Literal["none", "year", "month", "day", "hour", "minute", "second"]
    date: TextField = Text("first")
    time: TextField = Text("first")
    not_before: OneOrMany[RefField] | None = None
    not_after: OneOrMany[RefField] | None = None
    when: ExpressionField | None = None
    ignore_seconds: Boolean | None = None

    @model_validator(mode="after")
    def _known_words(self) -> Self:
        """A ValueError of the imputation itself says what is wrong with a word."""
        nothing = pd.Series([], dtype="str")
        impute(nothing, highest=self.highest, date=str(self.date), time=str(self.time))
        return self


def _flag_name(name: Text) -> Text:
    if name[-3:] not in ("DTF", "TMF"):
        raise ValueError(f"'{name}' is no name of an imputation flag; a date's ends in DTF, a time's in TMF")
    return name


class Impute(Entry):
    """``{impute: {value, highest, date, time, not_before, not_after, when}, flags: [ASTDTF, ASTTMF]}``."""

    impute: How
    flags: OneOrMany[Annotated[Name, AfterValidator(_flag_name)]] | None = None

    def also_makes(self, variable: str) -> tuple[str, ...]:
        """The imputation flags, of the date (DTF) and of the time (TMF)."""
        return tuple(str(flag) for flag in self.flags or ())

    @property
    def collected(self) -> Ref:
        """The --DTC it imputes, which tells other entries what is known."""
        return self.impute.value

    def faults(self, variable: str) -> Iterator[tuple[str, str]]:
        """Every imputation has its flag: an entry may not impute unseen (working columns may)."""
        if self.impute.highest in ("year", "month", "day") and not variable.startswith("_"):
            yield from self._without("DTF", "date", variable)

    def faults_with(self, known: Known, variable: str, kind: Kind) -> Iterator[tuple[str, str]]:
        """The same for times, which only a datetime has."""
        part, seconds = self.impute, self.impute.highest == "second" and self.impute.ignore_seconds
        if kind is Kind.DATE and any(name.endswith("TMF") for name in self.also_makes(variable)):
            yield "a date has no imputed time", "leave out the flag that ends in TMF"
        if kind is Kind.DATETIME and part.highest != "none" and not seconds and not variable.startswith("_"):
            yield from self._without("TMF", "time", variable)

    def _without(self, ending: str, what: str, variable: str) -> Iterator[tuple[str, str]]:
        named = self.also_makes(variable)
        if not any(name.endswith(ending) for name in named):
            flags = [*named, variable.removesuffix("M").removesuffix("DT") + ending]
            yield f"a {what} may be imputed, and no flag says so", f"write flags: [{', '.join(flags)}]"


@verb("impute", layer="adam", kind=Kind.DATETIME)
def derive_impute(entry: Impute, at: Derivation) -> Made:
    """A --DTC as a date or datetime, imputed inside what was collected, with its flags.

    A limit moves what was imputed, never what was collected.  A ``not_before`` that lies
    after a ``not_after`` of the same record is left out, so that an event that ended
    before treatment is not moved into it.

    Source: ADaMIG 1.3, sections 3.1.2 and 3.1.3 (--DTF, --TMF).
    """
    part, as_date = entry.impute, at.kind is Kind.DATE
    if at.kind not in (Kind.DATE, Kind.DATETIME):
        raise at.wrong(f"the variable is a {at.kind.value}, where a date or datetime is imputed",
                       "say it with 'type: datetime'")
    dtc = _readable(at.coded(part.value), entry, at)
    below, above = _bounds(part, at, as_date)
    if part.ignore_seconds and not as_date:
        dtc = _without_seconds(dtc, at)
    found = impute(dtc, highest=part.highest, not_before=below, not_after=above, as_date=as_date,
                   ignore_seconds=bool(part.ignore_seconds), date=str(part.date), time=str(part.time))
    values, flags = found.datetime, {"DTF": found.date_flag, "TMF": found.time_flag}
    if part.when is not None:
        barred = ~at.condition(part.when) & (found.date_flag.notna() | found.time_flag.notna()).to_numpy()
        values, flags = values.mask(barred), {key: flag.mask(barred) for key, flag in flags.items()}
    made = {at.variable: Column(values, Kind.DATE if as_date else Kind.DATETIME)}
    return made | {name: Column(flags[name[-3:]], Kind.TEXT) for name in entry.also_makes(at.variable)}


def _readable(dtc: Coded, entry: Entry, at: Derivation) -> Coded:
    bad = check_iso(dtc).to_numpy()
    return at.settle("blank" if entry.unread == "blank" else None, bad, dtc.where(~bad),
                     lambda v: f"'{v}' is no date in ISO 8601", dtc, "'unread: blank' leaves it out")


def _without_seconds(dtc: Coded, at: Derivation) -> Coded:
    seconds = said(dtc, lambda parts: parts.known[:, 5] != MISSING)
    at.refuse(seconds, lambda v: f"'{v}' has seconds, which 'ignore_seconds' says are never collected", dtc,
              "leave 'ignore_seconds' out")
    return dtc.where(~seconds)


def _bounds(part: How, at: Derivation, as_date: bool) -> tuple[list[pd.Series], list[pd.Series]]:
    """The bounds as datetimes; a lower one that lies after any upper one is blanked."""
    upper = [_moments(dates_of(ref, at), last=True) for ref in part.not_after or ()]
    lower = []
    for ref in part.not_before or ():
        values = _moments(dates_of(ref, at), last=False)
        for limit in upper:
            after = days(values) > days(limit) if as_date else values > limit
            values = np.where(after, np.datetime64("NaT", "s"), values)
        lower.append(values)
    return [pd.Series(v, index=at.index) for v in lower], [pd.Series(v, index=at.index) for v in upper]


def _moments(column: Column, *, last: bool) -> Moments:
    span = span_of(column)
    return span.high if last else span.low


# --- parts of a date ------------------------------------------------------------------


class Datepart(Entry):
    """``{datepart: COLUMN}``."""

    datepart: RefField


@verb("datepart", layer="adam", kind=Kind.DATE)
def derive_datepart(entry: Datepart, at: Derivation) -> Column:
    """The date of a datetime or of a complete --DTC; a partial one follows ``unread``.

    Source: ADaMIG 1.3, section 3.1.2 (variables that end in DT).
    """
    column = dates_of(entry.datepart, at)
    if column.kind is not Kind.TEXT:
        return Column(pd.Series(days(column.values.to_numpy("datetime64[s]")), index=at.index), Kind.DATE)
    made = to_date(column.coded)
    partial = ~column.isna() & made.isna().to_numpy()
    return Column(_settled(partial, made, column, "is no complete date", "impute it, or ", entry, at),
                  Kind.DATE)


def _settled(bad: np.ndarray, made: pd.Series, collected: Column, message: str, hint: str,
             entry: Entry, at: Derivation) -> pd.Series:
    """Refuse what is incomplete, or blank it if the entry says so; ``made`` is NULL there."""
    if not bad.any():
        return made
    return at.settle("blank" if entry.unread in ("blank", "keep") else None, bad, made,
                     lambda v: f"'{v}' {message}", collected.values, f"{hint}'unread: blank' leaves it out")


class Timepart(Entry):
    """``{timepart: COLUMN}``."""

    timepart: RefField


@verb("timepart", layer="adam", kind=Kind.TIME)
def derive_timepart(entry: Timepart, at: Derivation) -> Column:
    """The time of a datetime or of a --DTC; one without a time is blank, half a time follows ``unread``.

    Source: ADaMIG 1.3, section 3.1.2 (variables that end in TM).
    """
    column = dates_of(entry.timepart, at)
    if column.kind is Kind.DATE:
        raise at.wrong(f"'{entry.timepart}' is a date, which has no time")
    moments = to_datetime(column.coded) if column.kind is Kind.TEXT else column.values
    values = moments.to_numpy("datetime64[s]")
    made = pd.Series(values - days(values), index=at.index)
    if column.kind is Kind.TEXT:
        half = (time_part(column.values).notna() & made.isna()).to_numpy()
        made = _settled(half, made, column, "has no complete time", "", entry, at)
    return Column(made, Kind.TIME)


# --- counting -------------------------------------------------------------------------


class StudyDay(Entry):
    """``{study_day: DATE, reference: DATE}``."""

    study_day: RefField
    reference: RefField


@verb("study_day", layer="adam", kind=Kind.NUMBER)
def derive_study_day(entry: StudyDay, at: Derivation) -> Column:
    """The day relative to a reference: 1 is the reference itself, -1 the day before, there is no 0.

    A partial date has none.

    Source: ADaMIG 1.3, section 3.1.2 (ADY, ASTDY).
    """
    date, reference = (_complete(dates_of(ref, at)) for ref in (entry.study_day, entry.reference))
    return Column(compute_study_day(date, reference), Kind.NUMBER)


def _complete(column: Column) -> pd.Series:
    """Dates as datetime64; partial text is NaT."""
    return to_date(column.coded) if column.kind is Kind.TEXT else column.values


class Between(Model):
    """From ``start`` to ``end`` in ``unit``; ``add_one`` counts both days."""

    start: RefField
    end: RefField
    unit: Unit
    add_one: Boolean | None = None

    @model_validator(mode="after")
    def _days_to_add(self) -> Self:
        if self.add_one and self.unit in _CLOCK:
            raise ValueError(f"'add_one' counts days, which {self.unit} have not")
        return self


class Duration(Entry):
    """``{duration: {start, end, unit, add_one}}``."""

    duration: Between


@verb("duration", layer="adam", kind=Kind.NUMBER)
def derive_duration(entry: Duration, at: Derivation) -> Column:
    """The length of time between two dates.

    Days and longer count calendar days (a week has 7, a month 30.4375, a year 365.25),
    shorter units the time between two moments.  A partial date gives none, and for
    hours, minutes and seconds neither does a --DTC without a time.

    Source: ADaM OCCDS 1.1, section 3.2 (ADURN).
    """
    part = entry.duration
    ends = [_precise(ref, part.unit, at) for ref in (part.start, part.end)]
    return Column(compute_duration(ends[0], ends[1], part.unit, add_one=bool(part.add_one)), Kind.NUMBER)


def _precise(ref: Ref, unit: str, at: Derivation) -> pd.Series:
    column = dates_of(ref, at)
    if unit not in _CLOCK:
        return _complete(column)
    if column.kind is Kind.DATE:
        raise at.wrong(f"'{ref}' is a date, where {unit} need a date and time")
    return to_datetime(column.coded) if column.kind is Kind.TEXT else column.values
