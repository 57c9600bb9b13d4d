"""Analysis visits by windows of days: window."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from typing import Annotated, Literal, Self, SupportsFloat

import numpy as np
import pandas as pd
from numpy.typing import NDArray
from pydantic import Field, model_validator

from adam.verbs.change import number_of
from adam.verbs.choose import Chosen, Mask, Ranks, compute_chosen, order_ranks
from engine.build.derivation import Derivation
from engine.build.expand import Known
from engine.coded import Coded, codes_of
from engine.columns import Column, Kind
from engine.errors import hint_for
from engine.spec.entries import Entry
from engine.spec.references import ExpressionField, OrderField, RefField
from engine.spec.verbs import verb
from engine.spec.windows import Window, Windows
from engine.yaml.fields import BY_KIND, IS_LIST, IS_TEXT, Boolean, Model, Name, OneOrMany, TextField

Days = NDArray[np.float64]


class Windowed(Model):
    """The day, the windows it falls in, and which record of a window counts."""

    day: RefField
    in_: Annotated[Annotated[TextField, IS_TEXT] | Annotated[Windows, IS_LIST], BY_KIND] = Field(alias="in")
    by: OneOrMany[RefField]
    closest: Literal["target"] | None = None
    take: Literal["first", "last"] | None = None
    tie: Literal["earlier", "later"] | None = None
    order: OneOrMany[OrderField] | None = None
    where: ExpressionField | None = None
    flag: Name | None = None
    number: Name | None = None
    low: Name | None = None
    high: Name | None = None
    target: Name | None = None
    distance: Name | None = None
    outside: Literal["error", "blank"] | None = None
    day_zero: Boolean | None = None

    @model_validator(mode="after")
    def _one_way(self) -> Self:
        if self.closest is not None and self.take is not None:
            raise ValueError("'closest' and 'take' are two ways to choose a record")
        if self.flag is not None and self.closest is None and self.take is None:
            raise ValueError(f"nothing says which record of a window gets {self.flag}; "
                             "write 'closest: target', or 'take' with 'order'")
        if self.take is not None and self.order is None:
            raise ValueError(f"'take: {self.take}' needs an 'order'")
        return self


class WindowEntry(Entry):
    """``{window: {day, in, by, closest: target, tie, flag, number}}``."""

    window: Windowed

    def also_makes(self, variable: str) -> tuple[str, ...]:
        """The variables that the window names beside the visit."""
        part = self.window
        named = (part.number, part.flag, part.low, part.high, part.target, part.distance)
        return tuple(str(name) for name in named if name is not None)

    def faults_with(self, known: Known, variable: str, kind: Kind) -> Iterator[tuple[str, str]]:
        """Windows that the study does not have."""
        wanted, there = self.window.in_, known.study.windows or {}
        if isinstance(wanted, str) and wanted not in there:
            yield (f"the study has no windows '{wanted}'",
                   hint_for(str(wanted), there) or "add them under 'windows' in the study file")


def compute_window(days: Days, low: Days, high: Days) -> NDArray[np.int64]:
    """The number of the window each day lies in, -1 for none; windows rise and do not overlap.

    >>> low, high = np.array([-7.0, 5.0]), np.array([1.0, 9.0])
    >>> compute_window(np.array([-3.0, 7.0, 12.0, np.nan]), low, high).tolist()
    [0, 1, -1, -1]
    """
    found = np.searchsorted(low, days, side="right") - 1
    at = np.maximum(found, 0)
    inside = (found >= 0) & (days >= low[at]) & (days <= high[at])
    return np.where(inside, found, -1)


def compute_distance(days: Days, target: Days, *, day_zero: bool = False) -> Days:
    """Days from the target, negative before it; without a day 0, day -1 and day 1 are neighbours.

    >>> compute_distance(np.array([-1.0, 3.0]), np.array([1.0, 1.0])).tolist()
    [-1.0, 2.0]
    """
    if day_zero:
        return days - target
    return (days - (days > 0)) - (target - (target > 0))


@verb("window", layer="adam")
def derive_window(entry: WindowEntry, at: Derivation) -> Mapping[str, Column]:
    """The visit whose window a record's day lies in, and the one record that counts for it.

    Source: ADaMIG 1.3, sections 3.3.3 (AVISIT), 3.3.5 (AWTARGET, AWTDIFF, AWLO, AWHI) and
    3.3.8 (ANLzzFL).
    """
    part, variable = entry.window, at.variable
    windows = _windows(part, at)
    days = number_of(part.day, at).to_numpy(dtype="float64")
    low, high = (np.array([getattr(w, end) for w in windows]) for end in ("low", "high"))
    number = compute_window(days, low, high)
    outside = ~np.isnan(days) & (number < 0)
    if part.outside != "blank" and outside.any():
        shown = pd.Series(days, index=at.index).map("{:g}".format, na_action="ignore").astype("str")
        at.refuse(outside, lambda v: f"day {v} lies in no window", shown,
                  "'outside: blank' leaves such records without a visit")
    target = _of(number, [w.target for w in windows])
    distance = compute_distance(days, target, day_zero=bool(part.day_zero))
    visit = Coded.choice(number.astype("int32"), [str(w.visit) for w in windows])
    made = {variable: Column(visit, Kind.TEXT)}
    for name, values in ((part.number, _of(number, [w.number for w in windows])),
                         (part.low, _finite(_of(number, low))), (part.high, _finite(_of(number, high))),
                         (part.target, target), (part.distance, distance)):
        if name is not None:
            made[str(name)] = Column(pd.Series(values, index=at.index), Kind.NUMBER)
    if part.flag is not None:
        chosen = _chosen(part, number, distance, at)
        made[str(part.flag)] = Column(Coded.constant("Y", at.rows.size).where(chosen), Kind.TEXT)
    return made


def _windows(part: Windowed, at: Derivation) -> tuple[Window, ...]:
    if not isinstance(part.in_, str):
        return part.in_
    known = at.build.plan.study.study.windows or {}
    return next(windows for name, windows in known.items() if name == part.in_)


def _of(number: NDArray[np.int64], values: Iterable[SupportsFloat | None]) -> Days:
    """A value of each record's window, NaN outside."""
    given = np.array([*(np.nan if value is None else float(value) for value in values), np.nan])
    return given[number]


def _finite(values: Days) -> Days:
    return np.where(np.isinf(values), np.nan, values)


def _chosen(part: Windowed, number: NDArray[np.int64], distance: Days, at: Derivation) -> Mask:
    """The record of each group and window that counts."""
    among = (number >= 0) & at.condition(part.where)
    codes = codes_of([*(at.column(ref).held for ref in part.by), pd.Series(number)])
    order = order_ranks(part.order, at)
    if part.take is not None:
        found = compute_chosen(codes, among, order, last=part.take == "last")
        at.refuse(found.tied, f"several records are the {part.take} of their window",
                  hint="'order' says which of them counts")
        return found.mask
    at.refuse(among & np.isnan(distance), "the window has no target",
              hint="give each window a 'target', or use 'take'")
    found = compute_closest(codes, among & ~np.isnan(distance), distance, order, later=part.tie != "earlier")
    rivals = found.tied
    if part.tie is None:
        rivals = compute_chosen(codes, among, [np.abs(distance)], last=False).tied
    at.refuse(rivals, "several records are as close to the target of their window",
              hint="'tie' says whether the earlier or the later counts, 'order' which of a day")
    return found.mask


def compute_closest(codes: NDArray[np.int64], among: Mask, distance: Days, order: list[Ranks], *,
                    later: bool) -> Chosen:
    """The record of each group nearest to its target.

    Of two as near, one before and one after it, the later counts (or the
    earlier); of two on one day the last (or first) by ``order``.

    >>> codes, every = np.zeros(3, dtype="int64"), np.ones(3, dtype=bool)
    >>> compute_closest(codes, every, np.array([-2.0, 2.0, 5.0]), [], later=True).mask.tolist()
    [False, True, False]
    """
    away = np.abs(distance)
    if later:
        return compute_chosen(codes, among, [-away, distance, *order], last=True)
    return compute_chosen(codes, among, [away, distance, *order], last=False)
