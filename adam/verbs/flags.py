"""Flags of analysis: on_treatment, criterion."""

from __future__ import annotations

from typing import Literal, Self

import numpy as np
from pydantic import Field, model_validator

from adam.verbs.choose import Mask
from adam.verbs.dates import dates_of
from adam.verbs.periods import compute_begun, compute_over
from engine.build.derivation import Derivation
from engine.columns import Column, Kind, marked
from engine.spec.entries import Entry
from engine.spec.references import ExpressionField, RefField
from engine.spec.verbs import verb
from engine.verbs.spans import Moments, Span, span_of
from engine.yaml.fields import Boolean, Integer, Model, Name, TextField, wrong

# --- on treatment ---------------------------------------------------------------------


class Treated(Model):
    """The record's start and end, and the treatment: from, to and so many days after."""

    start: RefField
    end: RefField | None = None
    from_: RefField = Field(alias="from")
    to: RefField | None = None
    days: Integer | None = None
    ongoing: Boolean | None = None
    missing_start: Literal["error", "counts", "not"] | None = None

    @model_validator(mode="after")
    def _fits(self) -> Self:
        if self.days is not None and self.to is None:
            raise wrong("'days' count from the end of treatment; name it with 'to'")
        if self.ongoing and self.end is None:
            raise wrong("'ongoing' wants the 'end' of the record")
        return self


class OnTreatment(Entry):
    """``{on_treatment: {start: ASTDTM, end: AENDTM, from: TRTSDTM, to: TRTEDTM, days: 30}}``."""

    on_treatment: Treated
    else_: TextField | None = Field(default=None, alias="else")


def compute_on_treatment(start: Span, end: Span, first: Span, last: Span | None, count: int | None, *,
                         ongoing: bool = False, missing_counts: bool = False) -> Mask:
    """Which records start on treatment: not before ``first``, not so many days after ``last``.

    Moments are compared where both are known, else days; treatment without an end
    goes on.  With ``ongoing`` a record that began before also counts if it had not
    ended by then.  A missing start counts if wanted and the record had not ended.

    >>> from engine.columns import Column, Kind
    >>> import pandas as pd
    >>> def spans(*texts):
    ...     return span_of(Column(pd.Series(list(texts), dtype="str"), Kind.TEXT))
    >>> start, end = spans("2025-01-01", "2025-01-05", "2025-02-01"), spans(None, None, None)
    >>> first, last = spans(*["2025-01-05"] * 3), spans(*["2025-01-20"] * 3)
    >>> compute_on_treatment(start, end, first, last, None).tolist()
    [False, True, False]
    """
    nothing = np.zeros(len(start.low), dtype=bool)
    late = nothing if last is None else compute_over(start, last, count)
    unknown = np.isnat(start.low)
    ended = np.where(end.timed & first.timed, end.high < first.low, end.last_day < first.first_day)
    begun = compute_begun(start, first)
    inside = (begun | (ongoing & ~begun & ~ended)) & ~late
    found: Mask = np.where(unknown, missing_counts & ~ended, inside) & ~np.isnat(first.low)
    return found


@verb("on_treatment", layer="adam")
def derive_on_treatment(entry: OnTreatment, at: Derivation) -> Column:
    """Flag records that start while the subject is treated.

    Moments are compared where both times are known, else days.  Treatment whose end is
    blank goes on.  A partial start is refused: impute it.

    Source: ADaMIG 1.3, section 3.3.8 (ONTRTFL).
    """
    part = entry.on_treatment
    start, first = (span_of(dates_of(ref, at)) for ref in (part.start, part.from_))
    end = span_of(dates_of(part.end, at)) if part.end is not None else _nothing(at.rows.size)
    last = span_of(dates_of(part.to, at)) if part.to is not None else None
    treated = ~np.isnat(first.low)
    unknown = np.isnat(start.low) & treated
    if part.missing_start in (None, "error"):
        at.refuse(unknown, "the start is not known", hint="say with 'missing_start' whether it counts")
    at.refuse(treated & ~unknown & ~start.dated, lambda v: f"'{v}' is no complete date",
              dates_of(part.start, at).values, "impute it")
    found = compute_on_treatment(start, end, first, last, part.days, ongoing=bool(part.ongoing),
                                 missing_counts=part.missing_start == "counts")
    values = marked(found, "Y", at.index)
    return Column(values if entry.else_ is None else values.mask(~found, str(entry.else_)), Kind.TEXT)


def _nothing(size: int) -> Span:
    moments: Moments = np.full(size, np.datetime64("NaT", "s"))
    return Span(moments, moments, np.zeros(size, dtype=bool), np.zeros(size, dtype=bool))


# --- criteria -------------------------------------------------------------------------


class Criterion(Entry):
    """``{criterion: "AVAL > 3 * ANRHI", text: ALT > 3 x ULN, into: CRIT1FL, else: "N", when: SQL}``."""

    criterion: ExpressionField
    text: TextField
    into: Name
    when: ExpressionField | None = None
    else_: TextField | None = Field(default=None, alias="else")

    def also_makes(self, variable: str) -> tuple[str, ...]:
        """The flag."""
        return (str(self.into),)


@verb("criterion", layer="adam")
def derive_criterion(entry: Criterion, at: Derivation) -> dict[str, Column]:
    """The text and the flag of a criterion.

    Without ``else`` both stand where it is met.  With it the text stands on every record
    that ``when`` means, and the flag is Y, the text of ``else``, or blank where the
    criterion cannot be told because a value is blank.

    Source: ADaMIG 1.3, section 3.3.4 (CRITy, CRITyFL).
    """
    among = at.condition(entry.when)
    column = at.evaluate(entry.criterion)
    if column.kind is not Kind.BOOLEAN:
        raise at.wrong(f"'{entry.criterion.text}' is no condition")
    met = column.values.fillna(False).to_numpy(dtype=bool) & among
    flag = marked(met, "Y", at.index)
    if entry.else_ is not None:
        flag = flag.mask(among & ~met & column.values.notna().to_numpy(), str(entry.else_))
    text = marked(met if entry.else_ is None else among, str(entry.text), at.index)
    return {at.variable: Column(text, Kind.TEXT), str(entry.into): Column(flag, Kind.TEXT)}
