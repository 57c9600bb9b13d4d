"""Collected dates as --DTC, and study days: date, study_day."""

from __future__ import annotations

from typing import Literal, Self

import numpy as np
import pandas as pd
from pydantic import Field, model_validator

from engine.build.derivation import Derivation
from engine.build.reading import DateOverride, read_dates_here
from engine.coded import Coded
from engine.columns import Column, Kind
from engine.dates import compute_study_day, date_hint, iso_date, to_date
from engine.spec.entries import Entry
from engine.spec.references import Ref, RefField
from engine.spec.study import DateFormat, TimeFormat
from engine.spec.verbs import verb
from engine.yaml.fields import OneOrMany, TextField, wrong


class Date(Entry):
    """``{date: COLUMN, time: COLUMN}`` or ``{date: [YEAR, MONTH, DAY]}``.

    ``formats``, ``times`` and ``unknown`` stand over those of the raw file.
    ``time_alone`` keeps (or drops) a time without a date.  ``overnight`` names the
    start of what ends here, where one date is collected for both.
    """

    date: OneOrMany[RefField]
    time: RefField | None = None
    time_alone: Literal["keep", "drop"] | None = None
    overnight: RefField | None = None
    formats: OneOrMany[DateFormat] | None = None
    times: OneOrMany[TimeFormat] | None = None
    unknown: OneOrMany[TextField] | None = None

    @model_validator(mode="after")
    def _one_or_three(self) -> Self:
        if len(self.date) not in (1, 3):
            raise wrong("a date stands in one column or in three", "as in [YEAR, MONTH, DAY]")
        if self.overnight is not None and self.time is None:
            raise wrong("'overnight' needs 'time': only a time tells the next day")
        return self

    def over(self) -> DateOverride:
        """What the entry itself says of formats."""
        unknown = None if self.unknown is None else tuple(str(u) for u in self.unknown)
        return DateOverride(tuple(str(f) for f in self.formats or ()),
                            tuple(str(f) for f in self.times or ()), unknown)


@verb("date")
def derive_date(entry: Date, at: Derivation) -> Column:
    """A date (and time) as collected, in ISO 8601: what is missing stays missing.

    Each record is read by the formats of its raw file; a joined table's column by
    that table's.  Text that cannot be read follows ``unread``; where only the time
    cannot be read, ``blank`` leaves the date.

    Source: SDTMIG 3.4, sections 4.4.1 (formats) and 4.4.2 (precision).
    """
    read = read_dates_here(at, entry.date, entry.time, entry.over(), time_alone=entry.time_alone or "keep")
    bad, values = read.bad, read.values
    if entry.unread in (None, "error"):
        hint = f", or {_BLANK}"
        at.refuse(bad, lambda reason: reason, read.reasons,
                  _BLANK if len(entry.date) > 1 else lambda reason: date_hint(reason) + hint)
    elif entry.unread == "keep":
        at.note(bad, lambda reason: f"{reason}; kept as collected", read.reasons)
        values = values.where(~bad).or_else(Coded.of(_collected(entry, at)).where(bad))
    else:
        at.note(bad, lambda reason: f"{reason}; left blank", read.reasons)
    return Column(values if entry.overnight is None else _next_day(values, entry.overnight, at), Kind.TEXT)


def _next_day(end: Coded, ref: Ref, at: Derivation) -> Coded:
    """Ends whose time is before the start's on the start's own date, dated the next day; they are counted."""
    starts, ends = at.text(ref), end.series(at.index)
    timed = starts.str.match(_TO_THE_MINUTE, na=False) & ends.str.match(_TO_THE_MINUTE, na=False)
    same = timed & (starts.str[:10] == ends.str[:10])
    late = (same & (ends.str[11:16] < starts.str[11:16])).to_numpy(dtype=bool)
    at.note(late, lambda v: f"'{v}' is before {ref}; dated the next day", end)
    moved = iso_date(to_date(ends) + pd.Timedelta(1, "D")) + ends.str[10:]
    return Coded.of(ends.mask(late, moved))


_BLANK = "'unread: blank' leaves it out"
_TO_THE_MINUTE = r"\d{4}-\d\d-\d\dT\d\d:\d\d"


def _collected(entry: Date, at: Derivation) -> pd.Series:
    """The text as it was typed: parts of a date joined by hyphens, the time behind a blank."""
    made = at.text(entry.date[0]).fillna("")
    for part in entry.date[1:]:
        made = made + "-" + at.text(part).fillna("")
    if entry.time is not None:
        made = (made + " " + at.text(entry.time).fillna("")).str.strip()
    return made.where(made != "")


class StudyDay(Entry):
    """``{study_day: AESTDTC, reference: DM.RFSTDTC}``."""

    study_day: RefField
    reference: RefField = Field(default=Ref(("DM", "RFSTDTC")))


@verb("study_day", layer="sdtm", kind=Kind.NUMBER)
def derive_study_day(entry: StudyDay, at: Derivation) -> Column:
    """The study day of a complete date: the reference date is day 1, the day before it -1.

    There is no day 0; a partial date has no study day.

    Source: SDTMIG 3.4, section 4.4.4.
    """
    date, reference = (_dates(at.column(ref)) for ref in (entry.study_day, entry.reference))
    return Column(compute_study_day(date, reference), Kind.NUMBER)


def _dates(column: Column) -> pd.Series:
    """Complete dates; those of text by its distinct values."""
    if column.kind is not Kind.TEXT:
        return column.values
    return pd.Series(column.coded.look_up(to_date, np.datetime64("NaT")))
