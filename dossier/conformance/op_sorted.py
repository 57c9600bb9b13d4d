"""The operator that asks whether rows in the order of the target are in the order of other columns."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np

from dossier.conformance.asked import Asked
from dossier.conformance.dates import parts_given, valid_date
from dossier.conformance.ranks import ranks
from dossier.conformance.vectors import Mask, Vector, group_ids


def target_is_sorted_by(asked: Asked) -> Mask:
    """Whether each row stands where the order of the other columns puts it, within its group."""
    within = [asked.frame.column(name) for name in asked.columns(asked.leaf.within)]
    keyless = np.logical_or.reduce([column.null for column in within])
    ids = group_ids(within, asked.frame.size)
    order = np.lexsort((ranks(asked.target), ids))
    good = np.ones(asked.frame.size, dtype=bool)
    for entry in asked.leaf.value:
        column = asked.frame.column(asked.expand(entry["name"]))
        found = _sorted(column.take(order), asked.target.take(order), ids[order],
                        entry["sort_order"] == "desc", entry["null_position"] == "first")
        good[order] &= found
    answers: Mask = good | keyless
    return answers


def _sorted(column: Vector, target: Vector, ids: np.ndarray, descending: bool, nulls_first: bool) -> Mask:
    """The answer for rows in the order of the group and then of the target."""
    bad = _nulls_bad(column.null, ids, nulls_first)
    overlapping = _overlapping(column, ids)
    bad |= overlapping
    rows = np.flatnonzero(~column.null & ~overlapping)
    place = ranks(column, descending)
    by_column = rows[np.lexsort((place[rows], ids[rows]))]
    bad[rows] |= target.codes[rows] != target.codes[by_column]
    dated = np.fromiter((not isinstance(value, str) or valid_date(value) for value in column.values),
                        dtype=bool, count=len(column.values))
    filled = np.flatnonzero(~column.null)
    if len(filled):
        is_date = dated[column.codes[filled]]
        values, groups = place[filled], ids[filled]
        same = groups[1:] == groups[:-1]
        down = np.append(False, same & (values[1:] < values[:-1]))
        up = np.append(same & (values[:-1] > values[1:]), False)
        bad[filled] |= (down | up) & is_date
    return ~bad


def _nulls_bad(null: Mask, ids: np.ndarray, first: bool) -> Mask:
    """All nulls of a group of which one stands on the wrong side of a value."""
    at = np.arange(len(null))
    size = int(ids.max()) + 1 if len(ids) else 0
    if first:
        edge = np.full(size, len(null))
        np.minimum.at(edge, ids[~null], at[~null])
        wrong = null & (at > edge[ids])
    else:
        edge = np.full(size, -1)
        np.maximum.at(edge, ids[~null], at[~null])
        wrong = null & (at < edge[ids])
    groups = np.zeros(size, dtype=bool)
    groups[ids[wrong]] = True
    bad: Mask = null & groups[ids]
    return bad


def _overlapping(column: Vector, ids: np.ndarray) -> Mask:
    """Dates of a group of which one is the beginning of another."""
    codes = {value: at for at, value in enumerate(column.values)}
    pairs = [(at, codes[short]) for at, value in enumerate(column.values)
             if isinstance(value, str) and valid_date(value)
             for short in _beginnings(value) if short in codes]
    if not pairs:
        return np.zeros(len(column), dtype=bool)
    width = len(column.values) + 1
    keys = ids * width + column.codes
    present = np.unique(keys[~column.null])
    by_code = np.argsort(present % width, kind="stable")
    groups = (present // width)[by_code]
    edges = np.searchsorted((present % width)[by_code], np.arange(width + 1))
    found: list[np.ndarray] = []
    for pair in pairs:
        longer, shorter = (groups[edges[code]:edges[code + 1]] for code in pair)
        both = np.intersect1d(longer, shorter)
        found.extend(both * width + code for code in pair)
    overlapping: Mask = np.isin(keys, np.concatenate(found)) & ~column.null
    return overlapping


def _beginnings(text: str) -> list[str]:
    """Shorter dates with fewer parts that a date begins with."""
    return [text[:end] for end in range(1, len(text))
            if valid_date(text[:end]) and parts_given(text[:end]) != parts_given(text)]


OPERATORS: dict[str, Callable[[Asked], Mask]] = {"target_is_sorted_by": target_is_sorted_by}
