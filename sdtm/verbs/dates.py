"""Collected dates as --DTC, and study days: date, study_day."""

from __future__ import annotations

from typing import Literal, Self

import pandas as pd
from pydantic import Field, model_validator

from engine.build.derivation import Derivation
from engine.build.reading import DateOverride, read_dates_here
from engine.columns import Column, Kind
from engine.dates import compute_study_day, to_date
from engine.spec.entries import Entry
from engine.spec.references import Ref, RefField
from engine.spec.study import DateFormat, TimeFormat
from engine.spec.verbs import verb
from engine.yaml.fields import OneOrMany, TextField, wrong


class Date(Entry):
    """``{date: COLUMN, time: COLUMN}`` or ``{date: [YEAR, MONTH, DAY]}``.

    ``formats``, ``times`` and ``unknown`` stand over those of the raw file.
    ``time_alone`` keeps (or drops) a time without a date.
    """

    date: OneOrMany[RefField]
    time: RefField | None = None
    time_alone: Literal["keep", "drop"] | None = None
    formats: OneOrMany[DateFormat] | None = None
    times: OneOrMany[TimeFormat] | None = None
    unknown: OneOrMany[TextField] | None = None

    @model_validator(mode="after")
    def _one_or_three(self) -> Self:
        if len(self.date) not in (1, 3):
            raise wrong("a date stands in one column or in three", "as in [YEAR, MONTH, DAY]")
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
    cannot be read, ``blank`` leaves the date.  Source: SDTMIG 3.4, sections 4.4.1, 4.4.2.
    """
    read = read_dates_here(at, entry.date, entry.time, entry.over(), time_alone=entry.time_alone or "keep")
    bad = read.bad.to_numpy(dtype=bool)
    values = read.values
    if entry.unread in (None, "error"):
        at.refuse(bad, lambda reason: reason, read.reasons,
                  "give its format under 'dates' or 'times', or 'unread: blank'")
    elif entry.unread == "keep":
        at.note(bad, lambda reason: f"{reason}; kept as collected", read.reasons)
        values = values.mask(bad, _collected(entry, at))
    else:
        at.note(bad, lambda reason: f"{reason}; left blank", read.reasons)
    return Column(values, Kind.TEXT)


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
    """The study day of a complete date: RFSTDTC is day 1, the day before it -1 (SDTMIG 3.4, 4.4.4)."""
    dates = [at.column(ref) for ref in (entry.study_day, entry.reference)]
    date, reference = (to_date(c.values) if c.kind is Kind.TEXT else c.values for c in dates)
    return Column(compute_study_day(date, reference), Kind.NUMBER)
