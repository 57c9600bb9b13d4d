"""Which rows of two frames belong together."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from dossier.conformance.outcomes import Failure
from dossier.conformance.vectors import Vector, group_ids, stacked


def matched(left: Sequence[Vector], right: Sequence[Vector], sizes: tuple[int, int],
            keep: bool = False) -> tuple[np.ndarray, np.ndarray]:
    """Positions of the rows that are alike in all keys, in the order of the left.

    Null is like null.  With ``keep`` a left row without a partner stays, with -1.

    >>> one, two = Vector.of(["a", "b", "c"]), Vector.of(["b", "a", "b"])
    >>> [found.tolist() for found in matched([one], [two], (3, 3))]
    [[0, 1, 1], [1, 0, 2]]
    """
    ids = group_ids([stacked([a, b]) for a, b in zip(left, right, strict=True)], sum(sizes))
    mine, theirs = ids[:sizes[0]], ids[sizes[0]:]
    order = np.argsort(theirs, kind="stable")
    ordered = theirs[order]
    first = np.searchsorted(ordered, mine, side="left")
    count = np.searchsorted(ordered, mine, side="right") - first
    alone = count == 0
    times = np.where(alone, 1, count) if keep else count
    at_left = np.repeat(np.arange(sizes[0]), times)
    starts = np.cumsum(times) - times
    within = np.arange(len(at_left)) - np.repeat(starts, times)
    at = np.repeat(first, times) + within
    at_right = np.full(len(at_left), -1, dtype="int64")
    real = ~np.repeat(alone, times)
    at_right[real] = order[at[real]]
    return at_left, at_right


def first_match(left: Sequence[Vector], right: Sequence[Vector], sizes: tuple[int, int]) -> np.ndarray:
    """For each row of the left the first row of the right that is alike in all keys, or -1.

    >>> first_match([Vector.of(["a", "x"])], [Vector.of(["b", "a", "a"])], (2, 3)).tolist()
    [1, -1]
    """
    at_left, at_right = matched(left, right, sizes, keep=True)
    _, first = np.unique(at_left, return_index=True)
    found: np.ndarray = at_right[first]
    return found


def require_like(name: str, left: Vector, right: Vector) -> None:
    """A Failure if a key is a number on one side and text on the other."""
    if left.number != right.number and len(left.values) and len(right.values):
        raise Failure(f"key {name} is a number on one side and text on the other")
