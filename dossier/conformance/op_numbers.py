"""Operations of arithmetic: ``minus``, ``multiply`` and ``divide``, row by row.

``minus`` is the official engine's, with ``subtract``; the other two are ours, with ``by``.
"""

from __future__ import annotations

from collections.abc import Callable

import numpy as np

from dossier.conformance.frame import Frame
from dossier.conformance.vectors import Vector, as_number

ARITHMETIC: dict[str, Callable[[np.ndarray, np.ndarray], np.ndarray]] = {
    "minus": np.subtract, "multiply": np.multiply, "divide": np.divide}


def computed(operator: str, frame: Frame, name: str, other: str) -> Vector:
    """The result on each row, null where a side has no number or the divisor is 0.

    ``other`` is a variable or a number.  Results are rounded to 12 significant digits: what
    differs by less is the same number held as binary fractions.

    >>> frame = Frame({"A": Vector.of([0.3, 5.0, None]), "B": Vector.of([0.1, 0.0, 1.0])}, 3, ["AD"])
    >>> computed("minus", frame, "A", "B").cells(), computed("divide", frame, "A", "B").cells()
    ([0.2, 5.0, None], [3.0, None, None])
    >>> computed("multiply", frame, "A", "100").cells()
    [30.0, 500.0, None]
    """
    left = frame.column(name).numbers()
    number = as_number(other)
    constant = other not in frame and bool(np.isfinite(number))
    right = np.full(frame.size, number) if constant else frame.column(other).numbers()
    with np.errstate(divide="ignore", invalid="ignore", over="ignore"):
        exact = ARITHMETIC[operator](left, right)
    scale = np.maximum(np.abs(left), np.abs(right)) if operator == "minus" else np.abs(exact)
    return _vector(_rounded(exact, scale))


def _rounded(exact: np.ndarray, scale: np.ndarray) -> np.ndarray:
    """Numbers rounded to 12 significant digits of their scale."""
    known = np.isfinite(exact) & np.isfinite(scale) & (scale > 0)
    step = np.ones(len(exact))
    step[known] = 10.0 ** np.clip(11 - np.floor(np.log10(scale[known])), -290, 290)
    result = np.where(known, exact, np.where(scale == 0, 0.0, np.nan))
    result[known] = np.round(result[known] * step[known]) / step[known]
    return result


def _vector(numbers: np.ndarray) -> Vector:
    known = np.isfinite(numbers)
    values, codes = np.unique(numbers[known], return_inverse=True)
    filled = np.full(len(numbers), -1, dtype="int64")
    filled[known] = codes
    return Vector(filled, values.tolist(), number=True)
