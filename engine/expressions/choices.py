"""What picks among values: CASE, COALESCE, NULLIF, GREATEST and LEAST.

A data problem counts only in the records that reach it: what stands behind a
condition that is not true there, or after the value already found, is not met.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence

import numpy as np
from numpy.typing import NDArray

from engine.columns import Kind
from engine.expressions.operators import compare
from engine.expressions.vectors import Bad, Mask, Truth, Vector, assemble, merge, missing, only, typed


def choose(kind: Kind, conditions: Sequence[Vector], results: Sequence[Vector]) -> Vector:
    """``CASE``: the result of the first true condition; the last result, if one more, is ELSE."""
    left: Mask = np.ones(1, dtype=bool)
    choice: NDArray[np.intp] = np.full(1, -1, dtype=np.intp)
    bad: list[Bad] = []
    for index, result in enumerate(results):
        reached = left
        if index < len(conditions):
            condition = conditions[index]
            bad.append(only(condition.bad, left))
            reached = left & condition.data.true
            left = left & ~condition.data.true
        bad.append(only(result.bad, reached))
        choice = np.where(reached, index, choice)
    sources = [typed(result, kind).data for result in results]
    return Vector(kind, assemble(kind, sources, choice), merge(*bad))


def coalesce(arguments: list[Vector]) -> Vector:
    """``COALESCE``: the first value that is not NULL."""
    kind = arguments[0].kind
    if kind is None:
        return arguments[0]
    known = [Vector(Kind.BOOLEAN, _truth(~missing(argument)), argument.bad) for argument in arguments]
    plain = [argument._replace(bad={}) for argument in arguments]
    return choose(kind, known, plain)


def _truth(mask: Mask) -> Truth:
    return Truth(mask, ~mask)


def nullif(arguments: list[Vector]) -> Vector:
    """``NULLIF``: the first value, or NULL where the second is equal to it."""
    value, other = arguments
    kind = value.kind
    if kind is None:
        return value
    equal = compare("=", value, other)
    choice = np.where(equal.data.true, -1, 0)
    return Vector(kind, assemble(kind, [value.data], choice), equal.bad)


def extreme(sign: str) -> Callable[[list[Vector]], Vector]:
    """Make ``GREATEST`` (``>``) or ``LEAST`` (``<``); NULLs are passed over."""
    def compute(arguments: list[Vector]) -> Vector:
        best, *others = arguments
        kind = best.kind
        if kind is None:
            return best
        for other in others:
            taken = compare(sign, other, best).data.true | missing(best)
            choice = np.where(taken, 1, 0)
            data = assemble(kind, [best.data, other.data], choice)
            best = Vector(kind, data, merge(best.bad, other.bad))
        return best

    return compute
