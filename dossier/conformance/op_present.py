"""Operators of presence: is there a column, is there a value."""

from __future__ import annotations

import numpy as np

from dossier.conformance.asked import Asked
from dossier.conformance.ranks import ranks
from dossier.conformance.vectors import Mask, Vector, group_ids


def exists(asked: Asked) -> Mask:
    """Whether the target is a column, or stands in a list in any cell."""
    found = asked.name in asked.frame or any(
        asked.name in value for name in asked.frame.names if name.startswith("$")
        for value in asked.frame.column(name).values if isinstance(value, tuple))
    return np.full(asked.frame.size, found)


def empty(asked: Asked) -> Mask:
    """Whether there is no value, or a list without members."""
    return is_empty(asked.target)


def is_empty(column: Vector) -> Mask:
    """Where a column has nothing."""
    return column.where(lambda value: isinstance(value, tuple) and not value, null=True)


def empty_within_except_last_row(asked: Asked) -> Mask:
    """Whether there is no value on a row that is not the last of its group."""
    groups = [asked.frame.column(name) for name in asked.columns(asked.leaf.value)]
    order = ranks(asked.frame.column(asked.expand(asked.leaf.ordering or "")))
    ids = group_ids(groups, asked.frame.size)
    by_order = np.lexsort((order, ids))
    last = np.append(ids[by_order][1:] != ids[by_order][:-1], True)
    is_last = np.zeros(asked.frame.size, dtype=bool)
    is_last[by_order] = last[:asked.frame.size]
    keyless = np.logical_or.reduce([group.null for group in groups])
    result: Mask = asked.target.null & ~is_last & ~keyless
    return result


OPERATORS = {"exists": exists, "empty": empty, "empty_within_except_last_row": empty_within_except_last_row}
