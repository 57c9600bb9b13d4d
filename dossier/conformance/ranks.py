"""The order of values in a column."""

from __future__ import annotations

from typing import Any

import numpy as np

from dossier.conformance.vectors import Vector


def sort_key(value: Any) -> tuple[int, Any]:
    """A key that puts numbers before text before lists."""
    if isinstance(value, int | float):
        return (0, float(value))
    return (1, value) if isinstance(value, str) else (2, tuple(sort_key(member) for member in value))


def ranks(column: Vector, descending: bool = False) -> np.ndarray:
    """Each row's place in the order of values, equal for equal values; null comes last.

    >>> ranks(Vector.of(["b", None, "a", "b"])).tolist()
    [1, 2, 0, 1]
    """
    order = sorted(range(len(column.values)), key=lambda at: sort_key(column.values[at]), reverse=descending)
    table = np.empty(len(order) + 1, dtype="int64")
    table[order] = np.arange(len(order))
    table[-1] = len(order)
    found: np.ndarray = table[column.codes]
    return found
