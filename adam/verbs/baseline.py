"""Baseline records and values: baseline, base."""

from __future__ import annotations

from typing import Literal

import numpy as np
import pandas as pd

from adam.verbs.choose import Mask, compute_chosen, order_ranks
from adam.verbs.dates import dates_of
from engine.build.derivation import Derivation
from engine.coded import Coded
from engine.columns import Column, Kind
from engine.spec.entries import Entry
from engine.spec.references import ExpressionField, OrderField, Ref, RefField
from engine.spec.verbs import verb
from engine.verbs.basic import KindOf
from engine.verbs.spans import Span, span_of
from engine.yaml.fields import Model, OneOrMany

Side = Literal["before", "after"]


class Baseline(Model):
    """Which record of a group is the baseline: the last with a value, not after the reference."""

    date: RefField
    reference: RefField
    by: OneOrMany[RefField]
    value: OneOrMany[RefField] = (Ref(("AVAL",)),)
    where: ExpressionField | None = None
    order: OneOrMany[OrderField] | None = None
    same_day: Side | None = None
    at_reference: Side | None = None


class BaselineEntry(Entry):
    """``{baseline: {date, reference, by, value, where, order, same_day, at_reference}}``."""

    baseline: Baseline


def compute_not_after(date: Span, reference: Span, *, same_day: bool = True,
                      at_reference: bool = True) -> Mask:
    """Which dates lie before their reference.

    Where the minute of both is known the moments are compared, and ``at_reference``
    says what the very same minute means; otherwise the days are, and ``same_day``
    says what the same day means.  A date whose day is not known lies before only
    if every day it allows does.

    >>> def spans(*texts):
    ...     return span_of(Column(pd.Series(list(texts), dtype="str"), Kind.TEXT))
    >>> date = spans("2025-03-10T08:00", "2025-03-10T09:00", "2025-03-10", "2025-03", "2025-02")
    >>> dose = spans(*["2025-03-10T08:30"] * 5)
    >>> compute_not_after(date, dose).tolist()
    [True, False, True, False, True]
    """
    timed = date.timed & reference.timed
    overlap = (date.low <= reference.high) & (date.high >= reference.low)
    by_moment = (date.high < reference.low) | (overlap & at_reference)
    one_day = date.dated & reference.dated & (date.first_day == reference.first_day)
    by_day = (date.last_day < reference.first_day) | (one_day & same_day)
    found: Mask = np.where(timed, by_moment, by_day)
    return found


@verb("baseline", layer="adam")
def derive_baseline(entry: BaselineEntry, at: Derivation) -> Column:
    """Flag the baseline record of each group: the last with a value, not after the reference.

    Records of one moment are told apart by ``order``; where that leaves several
    they are refused.

    Source: ADaMIG 1.3, sections 3.3.8 (ABLFL) and 4.5.2 (baseline records).
    """
    part = entry.baseline
    date, reference = (span_of(dates_of(ref, at)) for ref in (part.date, part.reference))
    among = compute_not_after(date, reference, same_day=part.same_day != "after",
                              at_reference=part.at_reference != "after")
    filled = np.zeros(at.rows.size, dtype=bool)
    for ref in part.value:
        filled |= ~at.column(ref).isna()
    among &= filled & at.condition(part.where)
    moment = date.low.astype("int64").astype("float64")
    keys = [moment, *order_ranks(part.order, at)]
    chosen = compute_chosen(at.groups(part.by), among, keys, last=True)
    at.refuse(chosen.tied, "several records are the last before the reference",
              hint="'order' says which of them counts")
    return Column(Coded.constant("Y", at.rows.size).where(chosen.mask), Kind.TEXT)


class Base(Model):
    """The value of the record that ``flag`` marks in each group."""

    value: RefField
    flag: RefField
    by: OneOrMany[RefField]


class BaseEntry(Entry):
    """``{base: {value: AVAL, flag: ABLFL, by: [USUBJID, PARAMCD, BASETYPE]}}``."""

    base: Base


def _base_kind(entry: BaseEntry, kind_of: KindOf) -> Kind:
    return kind_of(entry.base.value.parts)


def compute_base(codes: np.ndarray, flagged: Mask) -> np.ndarray:
    """The position of the marked record of each record's group, -1 where none is marked.

    >>> compute_base(np.array([0, 0, 1]), np.array([False, True, False])).tolist()
    [1, 1, -1]
    """
    position = np.full(int(codes.max(initial=-1)) + 1, -1)
    marks = np.flatnonzero(flagged)
    position[codes[marks]] = marks
    return position[codes] if len(codes) else np.zeros(0, dtype=np.int64)


@verb("base", layer="adam", kind=_base_kind)
def derive_base(entry: BaseEntry, at: Derivation) -> Column:
    """The baseline value on each record of a group.

    Source: ADaMIG 1.3, section 3.3.4 (BASE, BASEC, BNRIND).
    """
    part = entry.base
    codes = at.groups(part.by)
    flagged = at.coded(part.flag).where_text("Y".__eq__)
    again = np.zeros(at.rows.size, dtype=bool)
    again[flagged] = pd.Series(codes[flagged]).duplicated(keep=False).to_numpy()
    alike = ", ".join(str(ref) for ref in part.by)
    at.refuse(again, f"several records alike in {alike} have {part.flag} Y",
              hint="name in 'by' what tells them apart, such as BASETYPE")
    return at.column(part.value).take(compute_base(codes, flagged))
