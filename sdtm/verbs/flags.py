"""The last record with a value before a reference: last_before."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Literal

import numpy as np
from pydantic import Field

from engine.build.derivation import Derivation
from engine.build.rows import codes_of
from engine.columns import Column, Kind, repeated
from engine.dates.parts import parse
from engine.spec.entries import Entry
from engine.spec.references import ExpressionField, OrderField, Ref, RefField
from engine.spec.study import Study
from engine.spec.verbs import verb
from engine.verbs.keys import compute_marked
from engine.yaml.fields import Model, OneOrMany, TextField
from sdtm.verbs.epochs import compare_begun


class Before(Model):
    """Which record: the last by ``date`` before ``reference`` in each group of ``by``.

    Only records whose ``value`` is not NULL (--STRESC if not said) and that fit
    ``where``.  ``order`` decides between records of one time, then their place.
    """

    date: RefField
    reference: RefField = Field(default=Ref(("DM", "RFXSTDTC")))
    by: OneOrMany[RefField]
    value: RefField | None = None
    where: ExpressionField | None = None
    order: OneOrMany[OrderField] | None = None


class LastBefore(Entry):
    """``{last_before: {date, reference, by, value, where, order}, same_day, flag}``.

    ``same_day`` says what a record of the reference's own day is where a time is
    unknown: ``before`` (if not said) or ``after``.
    """

    last_before: Before
    same_day: Literal["before", "after"] | None = None
    flag: TextField | None = None

    def needs(self, study: Study, dataset: str) -> Iterator[tuple[str, str]]:
        """--STRESC, where no other value is named."""
        if self.last_before.value is None:
            yield dataset, f"{dataset[:2]}STRESC"


@verb("last_before", layer="sdtm")
def derive_last_before(entry: LastBefore, at: Derivation) -> Column:
    """Flag the last record with a value before the reference, one in each group.

    Where both times are known they decide, and one time is not before; else dates
    do, and records of the reference's own day follow ``same_day`` (those flagged so
    are counted).  A partial date counts only if all that it allows lies before.

    Source: SDTM 2.0, the Findings class (--LOBXFL: the last value before RFXSTDTC);
    SDTMIG 3.4, section 4.5.9.
    """
    part = entry.last_before
    value = at.column(part.value if part.value is not None else f"{at.dataset[:2]}STRESC").values
    dtc, reference = parse(at.text(part.date)), parse(at.text(part.reference))
    dates = (dtc.known, dtc.earliest, dtc.latest, reference.known, reference.earliest, reference.latest)
    strict, unsure = compare_begun(*dates, same_day=True)
    kind, _ = compare_begun(*dates, same_day=entry.same_day == "after")
    given = ~np.isnat(dtc.earliest) & ~np.isnat(reference.earliest)
    among = given & ~kind & ~unsure & value.notna().to_numpy() & at.condition(part.where)
    moments = np.where(np.isnat(dtc.earliest), np.datetime64("1900-01-01", "s"), dtc.earliest)
    positions = at.sorted_positions(part.order or ())
    positions = positions[np.argsort(moments[positions], kind="stable")]
    marked = compute_marked(codes_of(at.keys(part.by)), positions, among, last=True)
    at.note(marked & strict, "taken as before the first dose, on whose day a time is unknown")
    return Column(repeated(str(entry.flag or "Y"), at.index).where(marked), Kind.TEXT)
