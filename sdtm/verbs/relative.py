"""Timing relative to a point or to the reference period of the study."""

from __future__ import annotations

from typing import Literal, Self

import numpy as np
from pydantic import Field, model_validator

from engine.build.derivation import Derivation
from engine.columns import Column, Kind, blank
from engine.dates import iso_date, iso_datetime
from engine.dates.parts import Parts, parse
from engine.spec.entries import Entry
from engine.spec.references import ExpressionField, Ref, RefField
from engine.spec.verbs import verb
from engine.yaml.fields import Key, MapOf, Model, TextField, wrong
from sdtm.verbs.epochs import compare_begun


class Relative(Model):
    """``{when, term, point, into}`` or ``{terms: {TERM: CONDITION}, point, into}``.

    ``point`` is an expression (a text stands in quotes: ``"'SCREENING'"``) and goes
    ``into`` --STTPT or --ENTPT.  The first condition that is true counts.
    """

    when: ExpressionField | None = None
    term: TextField | None = None
    terms: MapOf[Key, ExpressionField] | None = None
    point: ExpressionField
    into: TextField

    @model_validator(mode="after")
    def _one_way(self) -> Self:
        if (self.terms is None) is (self.when is None) or (self.when is None) is not (self.term is None):
            raise wrong("either 'when' and 'term', or 'terms', is wanted")
        return self

    def conditions(self) -> dict[str, ExpressionField]:
        """Each term with its condition."""
        if self.when is not None:
            return {str(self.term): self.when}
        return {str(term): condition for term, condition in (self.terms or {}).items()}


class RelativeStart(Entry):
    """``{relative_start: {when, term, point, into}}`` makes --STRTPT and --STTPT."""

    relative_start: Relative

    def also_makes(self, variable: str) -> tuple[str, ...]:
        """The time point."""
        return (str(self.relative_start.into),)


class RelativeEnd(Entry):
    """``{relative_end: {when, term, point, into}}`` makes --ENRTPT and --ENTPT."""

    relative_end: Relative

    def also_makes(self, variable: str) -> tuple[str, ...]:
        """The time point."""
        return (str(self.relative_end.into),)


@verb("relative_start", layer="sdtm")
def derive_relative_start(entry: RelativeStart, at: Derivation) -> dict[str, Column]:
    """--STRTPT where a condition is true, with its --STTPT.

    Source: SDTMIG 3.4, section 4.4.7 (relative timing variables).
    """
    return _relative(entry.relative_start, at)


@verb("relative_end", layer="sdtm")
def derive_relative_end(entry: RelativeEnd, at: Derivation) -> dict[str, Column]:
    """--ENRTPT where a condition is true, with its --ENTPT.

    Source: SDTMIG 3.4, section 4.4.7 (relative timing variables).
    """
    return _relative(entry.relative_end, at)


def _relative(part: Relative, at: Derivation) -> dict[str, Column]:
    terms = blank(at.index, Kind.TEXT)
    for term, condition in part.conditions().items():
        terms = terms.mask(at.condition(condition) & terms.isna().to_numpy(), term)
    point = at.evaluate(part.point)
    values = point.values
    if point.kind is not Kind.TEXT:
        values = iso_date(values) if point.kind is Kind.DATE else iso_datetime(values)
    chosen = terms.notna().to_numpy()
    at.refuse(chosen & values.isna().to_numpy(), lambda v: f"{v}, and '{part.point.text}' has no value",
              terms, f"{at.variable} means nothing without {part.into}")
    return {at.variable: Column(terms, Kind.TEXT),
            str(part.into): Column(values.where(chosen), Kind.TEXT)}


class Period(Model):
    """A date, the condition for what is ongoing, and the period's ends."""

    date: RefField
    ongoing: ExpressionField | None = None
    start: RefField = Field(default=Ref(("DM", "RFSTDTC")))
    end: RefField = Field(default=Ref(("DM", "RFENDTC")))


class ToReference(Entry):
    """``{relative_to_reference: {date, ongoing, start, end}, ongoing: AFTER}``."""

    relative_to_reference: Period
    ongoing: Literal["AFTER", "DURING/AFTER"] | None = None


@verb("relative_to_reference", layer="sdtm")
def derive_relative_to_reference(entry: ToReference, at: Derivation) -> Column:
    """--STRF or --ENRF: BEFORE, DURING or AFTER the reference period, by date.

    What is ongoing is AFTER (or as ``ongoing`` says).  Where a partial date, or a
    period without an end, leaves it open: BEFORE/DURING, DURING/AFTER, or blank.

    Source: SDTMIG 3.4, section 4.4.7 (relative timing variables).
    """
    part = entry.relative_to_reference
    date, start, end = (parse(at.text(ref)) for ref in (part.date, part.start, part.end))
    begun, open_start = compare_begun(*_span(date), *_span(start), same_day=True)
    in_time, open_end = compare_begun(*_span(end), *_span(date), same_day=True)
    given = ~np.isnat(date.earliest) & ~np.isnat(start.earliest)
    endless = np.isnat(end.earliest)
    values = blank(at.index, Kind.TEXT)
    for term, mask in (
        ("BEFORE", given & ~begun & ~open_start),
        ("DURING", begun & in_time),
        ("AFTER", begun & ~in_time & ~open_end & ~endless),
        ("BEFORE/DURING", given & open_start & in_time),
        ("DURING/AFTER", begun & (open_end | endless)),
    ):
        values = values.mask(mask, term)
    if part.ongoing is not None:
        running = at.condition(part.ongoing) & ~np.isnat(start.earliest)
        values = values.mask(running, entry.ongoing or "AFTER")
    return Column(values, Kind.TEXT)


def _span(parts: Parts) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    return parts.known, parts.earliest, parts.latest
