"""Numbers and marks over groups of records: sequence, first, last."""

from __future__ import annotations

from typing import ClassVar

import numpy as np
import pandas as pd
from pydantic import Field

from engine.build.derivation import Derivation
from engine.build.rows import SUBJECT
from engine.coded import Coded
from engine.columns import Column, Kind
from engine.spec.entries import Entry
from engine.spec.references import ExpressionField, OrderField, RefField
from engine.spec.verbs import verb
from engine.yaml.fields import Model, OneOrMany, TextField


class Sequence(Entry):
    """``{sequence: [COLUMN, -COLUMN]}``; ``by`` groups (the subject if not said)."""

    sequence: OneOrMany[OrderField]
    by: OneOrMany[RefField] | None = None


def compute_sequence(codes: np.ndarray, order: np.ndarray) -> np.ndarray:
    """1, 2, 3 ... within each group of ``codes``, in the order of positions ``order``.

    >>> compute_sequence(np.array([0, 0, 1]), np.array([1, 0, 2])).tolist()
    [2.0, 1.0, 1.0]
    """
    starts = _group_starts(codes[order])
    if len(starts) > len(np.unique(codes[order[starts]])):  # not in one piece each
        order = order[np.argsort(codes[order], kind="stable")]
        starts = _group_starts(codes[order])
    counted = np.ones(len(codes), dtype="float64")
    counted[starts[1:]] = 1 - np.diff(starts)
    made = np.empty(len(codes), dtype="float64")
    made[order] = np.cumsum(counted)
    return made


def _group_starts(codes: np.ndarray) -> np.ndarray:
    """Where a code differs from the one before it."""
    return np.flatnonzero(np.append(True, codes[1:] != codes[:-1])[:len(codes)])


@verb("sequence", kind=Kind.NUMBER)
def derive_sequence(entry: Sequence, at: Derivation) -> Column:
    """Number the records of each subject, or of each group of ``by``: 1, 2, 3 ...

    Blank sorts first; records alike in all of the order keep their place in the table.

    Source: SDTMIG 3.4, section 4.1.9 (--SEQ as a surrogate key).
    """
    by = [at.column(ref).held for ref in entry.by] if entry.by else [at.rows.coded(*SUBJECT)]
    order = at.sorted_positions(entry.sequence, first=by)
    return Column(pd.Series(compute_sequence(at.groups(entry.by), order), index=at.index), Kind.NUMBER)


class Occurrence(Model):
    """Which record of each group: ``by``, ``order`` and, among the records ``where``."""

    by: OneOrMany[RefField]
    order: OneOrMany[OrderField]
    where: ExpressionField | None = None


class First(Entry):
    """``{first: {by, order, where}}``; the flag is ``flag``, Y if not said."""

    first: Occurrence
    flag: TextField | None = None


class Last(Entry):
    """``{last: {by, order, where}}``; the flag is ``flag``, Y if not said."""

    last: Occurrence
    flag: TextField | None = None


def compute_marked(codes: np.ndarray, order: np.ndarray, among: np.ndarray, *, last: bool) -> np.ndarray:
    """True for the first (or last) record of each group, in ``order``, among those marked.

    >>> every = np.ones(3, dtype=bool)
    >>> compute_marked(np.array([0, 0, 1]), np.array([1, 0, 2]), every, last=False).tolist()
    [False, True, True]
    """
    chosen = order[among[order]]
    kept = ~pd.Series(codes[chosen]).duplicated(keep="last" if last else "first").to_numpy()
    made = np.zeros(len(codes), dtype=bool)
    made[chosen[kept]] = True
    return made


def _flagged(what: Occurrence, flag: str | None, at: Derivation, *, last: bool) -> Column:
    order = at.sorted_positions(what.order)
    chosen = compute_marked(at.groups(what.by), order, at.condition(what.where), last=last)
    return Column(Coded.constant(str(flag or "Y"), at.rows.size).where(chosen), Kind.TEXT)


@verb("first")
def derive_first(entry: First, at: Derivation) -> Column:
    """Flag the first record of each group.

    Source: ADaM OCCDS 1.1, section 3.2 (occurrence flags such as AOCCFL).
    """
    return _flagged(entry.first, entry.flag, at, last=False)


@verb("last")
def derive_last(entry: Last, at: Derivation) -> Column:
    """Flag the last record of each group.

    Source: ADaMIG 1.3, section 3.3.8 (flags such as LVOTFL).
    """
    return _flagged(entry.last, entry.flag, at, last=True)


__all__ = ["ClassVar", "Field", "compute_marked", "compute_sequence"]
