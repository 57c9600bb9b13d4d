"""Arithmetic of toxicity grades: which grade a value has reached, and where that cannot be told."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from engine.spec.grading import Begins, Limit, Term

Numbers = NDArray[np.float64]
Grades = NDArray[np.int32]

ALIKE = 1e-12
"""Numbers that differ by less than this part of the greater are one: 3 x 17.1 is 51.3."""

UNKNOWN = -1
"""The grade of a value of which none can be told."""


@dataclass(frozen=True)
class Values:
    """Results of one term, and what they are compared with, float64 with NaN for what is not known.

    ``sign`` is -1 for a result known to lie below its number (``<5``), 1 for one above (``>1000``),
    else 0.  ``limits`` holds LLN, ULN and BASE, and LLN and ULN ``at BASE``.  ``scale`` is how many
    of a result's unit make one of the term's.
    """

    value: Numbers
    sign: Numbers
    limits: Mapping[str, Numbers]
    scale: Numbers


def compute_side(value: Numbers, sign: Numbers, limit: Numbers) -> Numbers:
    """On which side of a limit a value lies: -1 below, 0 at, 1 above; NaN where either is not known.

    >>> value, sign = np.array([51.3, 5.0, 5.0, 4.0]), np.array([0.0, 0.0, -1.0, 0.0])
    >>> compute_side(value, sign, np.array([3 * 17.1, 4.0, 5.0, np.nan])).tolist()
    [0.0, 1.0, -1.0, nan]
    """
    apart = value - limit
    alike = np.abs(apart) <= ALIKE * np.maximum(np.abs(value), np.abs(limit))
    side: Numbers = np.where(alike, sign, np.sign(apart))
    return side


def compute_limit(limit: Limit, values: Values) -> Numbers:
    """A limit for each result, in the unit of the result."""
    found = values.scale * float(limit.plus) if limit.plus else np.zeros(len(values.value))
    return found if limit.of is None else found + float(limit.times) * values.limits[limit.of]


def compute_reached(begins: Begins, values: Values) -> tuple[NDArray[np.bool_], NDArray[np.bool_]]:
    """Where a grade's limit is reached, or one of them, and where that cannot be told."""
    reached = np.zeros(len(values.value), dtype=bool)
    unknown = reached.copy()
    for limit in begins.limits:
        side = compute_side(values.value, values.sign, compute_limit(limit, values))
        outward = -side if begins.word in ("below", "at_most") else side
        reached |= outward >= 0 if begins.closed else outward > 0
        unknown |= np.isnan(side)
    return reached, unknown & ~reached


def compute_worst(grades: Mapping[str, Begins], values: Values) -> Grades:
    """The worst grade reached, 0 for none, -1 where a worse one than those reached cannot be told.

    >>> from engine.yaml.fields import validate
    >>> from engine.yaml.reader import parse_yaml
    >>> begins = {"1": "{below: LLN}", "2": "{below: 100}"}
    >>> grades = {grade: validate(Begins, parse_yaml(text), "grades") for grade, text in begins.items()}
    >>> value, one = np.array([120.0, 110.0, 99.0, 110.0]), np.ones(4)
    >>> limits = {"LLN": np.array([115.0, 115.0, np.nan, np.nan])}
    >>> compute_worst(grades, Values(value, 0 * one, limits, one)).tolist()
    [0, 1, 2, -1]
    """
    found = np.zeros(len(values.value), dtype=np.int32)
    for grade, begins in grades.items():
        reached, unknown = compute_reached(begins, values)
        found[unknown] = UNKNOWN
        found[reached] = int(grade)
    found[np.isnan(values.value)] = UNKNOWN
    return found


def compute_grades(term: Term, values: Values) -> Grades:
    """The grade of each result of a term: 0 to 5, or -1 where none can be told.

    Where the term says how to grade a subject whose baseline was abnormal, one whose
    baseline is not known, or not told from normal, has no grade.
    """
    normal = compute_worst(term.grades, values)
    if term.abnormal is None:
        return normal
    end = "LLN at BASE" if term.direction == "low" else "ULN at BASE"
    side = compute_side(values.limits["BASE"], np.zeros(len(values.value)), values.limits[end])
    abnormal = side < 0 if term.direction == "low" else side > 0
    found = np.where(abnormal, compute_worst(term.abnormal, values), normal)
    found[np.isnan(side)] = UNKNOWN
    return found.astype(np.int32)


def compute_sign(texts: Sequence[str]) -> list[float]:
    """-1 for text of a result below its number, 1 for one above, else 0.

    >>> compute_sign(["<5", " > 1000", "5.0", "<=5"])
    [-1.0, 1.0, 0.0, 0.0]
    """
    found = []
    for text in texts:
        start = text.lstrip()[:2]
        strict = len(start) < 2 or start[1] != "="
        found.append(-1.0 if start[:1] == "<" and strict else 1.0 if start[:1] == ">" and strict else 0.0)
    return found
