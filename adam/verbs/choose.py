"""Choose one record of each group, the first or last by several keys, and see where two are alike."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import NamedTuple

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from engine.build.derivation import Derivation
from engine.coded import Coded, Values
from engine.spec.references import Order

Mask = NDArray[np.bool_]
Codes = NDArray[np.int64]
Ranks = NDArray[np.float64]


class Chosen(NamedTuple):
    """The record chosen in each group, and the records that no key tells from it."""

    mask: Mask
    tied: Mask


def compute_chosen(codes: Codes, among: Mask, keys: Sequence[Ranks], *, last: bool) -> Chosen:
    """The first or last record of each group by ``keys``, the first key first.

    ``codes`` number the groups from 0, ``among`` says which records count, and
    ``keys`` are numbers without NaN.  ``tied`` marks the chosen record and those
    alike it in every key, where there are any; the one chosen of them is the
    first (or last) in the table.

    >>> every = np.ones(4, dtype=bool)
    >>> found = compute_chosen(np.array([0, 0, 0, 1]), every, [np.array([1.0, 2.0, 2.0, 9.0])], last=True)
    >>> found.mask.tolist(), found.tied.tolist()
    ([False, False, True, True], [False, True, True, False])
    """
    mask, tied = np.zeros(len(codes), dtype=bool), np.zeros(len(codes), dtype=bool)
    positions = np.flatnonzero(among)
    if not len(positions):
        return Chosen(mask, tied)
    order = positions[np.lexsort([*(key[positions] for key in reversed(keys)), codes[positions]])]
    group = codes[order]
    edge = group[1:] != group[:-1]
    best = order[np.append(edge, True) if last else np.insert(edge, 0, True)]
    mask[best] = True
    winner = np.zeros(int(group.max()) + 1, dtype=np.int64)
    winner[codes[best]] = best
    rival = winner[group]
    alike = np.ones(len(order), dtype=bool)
    for key in keys:
        alike &= key[order] == key[rival]
    several = np.bincount(group[alike], minlength=len(winner)) > 1
    tied[order[alike & several[group]]] = True
    return Chosen(mask, tied)


def ranks_of(values: Values, *, descending: bool = False) -> Ranks:
    """Numbers that sort as the values do, NULL first (last where descending).

    >>> ranks_of(pd.Series(["b", None, "a"], dtype="str")).tolist()
    [1.0, -1.0, 0.0]
    """
    ranks = (values.order() if isinstance(values, Coded)
             else pd.factorize(values, sort=True, use_na_sentinel=True)[0]).astype("float64")
    return -ranks if descending else ranks


def order_ranks(order: Iterable[Order] | None, at: Derivation) -> list[Ranks]:
    """The ranks of an ``order`` of columns."""
    return [ranks_of(at.column(item.ref).held, descending=item.descending) for item in order or ()]
