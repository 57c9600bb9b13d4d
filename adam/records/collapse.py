"""Rows of an episode to one record: collapse."""

from __future__ import annotations

from typing import Literal

import numpy as np
import pandas as pd

from adam.verbs.choose import Codes, compute_chosen, order_ranks, ranks_of
from engine.build.derivation import Derivation
from engine.build.new_rows import finished_as
from engine.build.rows import Rows, codes_of, taken
from engine.columns import Column, Kind
from engine.spec.references import OrderField, RefField
from engine.spec.verbs import step
from engine.yaml.fields import MapOf, Model, Name, OneOrMany

How = Literal["min", "max", "min_or_open", "max_or_open", "sum", "mean", "count", "first", "last"]


class Collapse(Model):
    """``by`` names an episode, ``keep`` (by ``order``) the record that stands for it, ``set`` the rest."""

    by: OneOrMany[RefField]
    order: OneOrMany[OrderField] | None = None
    keep: Literal["first", "last"] | None = None
    set: MapOf[Name, How]


class CollapseStep(Model):
    """``{collapse: {by: [USUBJID, AEGRPID], order, keep, set: {ASTDTM: min, AENDTM: max_or_open}}}``."""

    collapse: Collapse

    def makes(self) -> tuple[str, ...]:
        """The variables it sets."""
        return tuple(str(name) for name in self.collapse.set)


def compute_collapsed(column: Column, codes: Codes, kept: np.ndarray, how: str, order: np.ndarray) -> Column:
    """A value for each group: codes 0 .. n-1, ``kept`` a record of each group in that order.

    NULL is left out, except by ``min_or_open`` and ``max_or_open``, which are NULL
    where a record of the group is (an episode with an open end has none).

    >>> ends = Column(pd.Series(pd.to_datetime(["2025-03-01", None, "2025-03-02"])), Kind.DATE)
    >>> codes, kept, order = np.array([0, 0, 1]), np.array([0, 2]), np.arange(3)
    >>> compute_collapsed(ends, codes, kept, "max", order).values.isna().tolist()
    [False, False]
    >>> compute_collapsed(ends, codes, kept, "max_or_open", order).values.isna().tolist()
    [True, False]
    """
    values, kind = column.values, column.kind
    index = pd.RangeIndex(len(kept))
    filled = values.notna().to_numpy()
    if how == "count":
        number = np.bincount(codes[filled], minlength=len(kept)).astype("float64")
        return Column(pd.Series(number), Kind.NUMBER)
    if how in ("sum", "mean"):
        made = getattr(values.groupby(codes), how)(**({"min_count": 1} if how == "sum" else {}))
        return Column(made.reindex(index), kind)
    if how in ("first", "last"):
        position = np.full(len(values), 0.0)
        position[order] = np.arange(len(values))
        chosen = compute_chosen(codes, filled, [position], last=how == "last").mask
    else:
        chosen = compute_chosen(codes, filled, [ranks_of(values)], last=how.startswith("max")).mask
    where = np.full(len(kept), -1)
    where[codes[chosen]] = np.flatnonzero(chosen)
    if how.endswith("_or_open"):
        where[codes[~filled]] = -1
    return Column(taken(values, where, index), kind)


@step("collapse", layer="adam")
def change_collapse(entry: CollapseStep, at: Derivation) -> Rows:
    """One record for each episode.

    A record that is blank in any of ``by`` is an episode of its own.

    Source: SDTMIG 3.4, section 4.2.6 (--GRPID ties records together).
    """
    part = entry.collapse
    keys = [at.column(ref) for ref in part.by]
    alone = np.logical_or.reduce([key.isna() for key in keys])
    single = pd.Series(np.where(alone, np.arange(at.rows.size), -1))
    codes = pd.factorize(codes_of([*(key.held for key in keys), single]))[0].astype("int64")
    ranks = order_ranks(part.order, at)
    every = np.ones(at.rows.size, dtype=bool)
    chosen = compute_chosen(codes, every, ranks, last=part.keep == "last")
    if part.order is not None:
        several = pd.Series(codes).duplicated(keep=False).to_numpy()
        at.refuse(chosen.tied & several, "'order' does not say which record of the episode is kept",
                  hint="add a column to it")
    kept = np.flatnonzero(chosen.mask)
    codes = _renumbered(codes, kept)
    order = np.lexsort(ranks[::-1]) if ranks else np.arange(at.rows.size)
    made = at.rows.take(kept)
    for name, how in part.set.items():
        column = _column(str(name), how, at)
        values = compute_collapsed(column, codes, kept, how, order)
        finished = finished_as(str(name), values, made, at) if how == "count" else values
        made.put((str(name),), finished.held, finished.kind)
    return made


def _column(name: str, how: str, at: Derivation) -> Column:
    column = at.rows.columns.get((name,))
    if column is None:
        raise at.wrong(f"'set' names {name}, which nothing derives", "give it an entry")
    if how in ("sum", "mean") and column.kind is not Kind.NUMBER:
        raise at.wrong(f"{name} is a {column.kind.value}, where '{how}' needs a number")
    return column


def _renumbered(codes: Codes, kept: np.ndarray) -> Codes:
    """Groups numbered in the order of the records kept of them."""
    number = np.empty(len(kept), dtype="int64")
    number[codes[kept]] = np.arange(len(kept))
    return number[codes]
