"""Operators of equality and of the order of numbers."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np

from dossier.conformance.asked import Asked, by_pairs
from dossier.conformance.outcomes import Failure
from dossier.conformance.vectors import Mask, Vector, as_number, number_text, same


def _normal(value: Any) -> str:
    """Text of a value for which ``1``, ``1.0`` and 1.0 are alike."""
    text = str(value).strip()
    number = as_number(text)
    return number_text(number) if np.isfinite(number) else text


def _sides(asked: Asked) -> tuple[Vector, Vector]:
    one, two = asked.target, asked.compared
    if asked.leaf.type_insensitive:
        return one.mapped(_normal), two.mapped(_normal)
    return one, two


def equal_to(asked: Asked) -> Mask:
    """Whether both are there and alike; text never equals a number."""
    return same(*_sides(asked))


def not_equal_to(asked: Asked) -> Mask:
    """Whether they differ, or one of them is missing."""
    one, two = _sides(asked)
    result: Mask = ~same(one, two) & ~(one.null & two.null)
    return result


def _same_word(one: Any, two: Any) -> bool:
    # What is no text counts as nothing, and nothing equals nothing.
    return bool(_lower(one) == _lower(two))


def _lower(value: Any) -> str | None:
    return value.lower() if isinstance(value, str) else None


def equal_to_case_insensitive(asked: Asked) -> Mask:
    """Whether both are there and alike but for capitals."""
    return by_pairs(asked.target, asked.compared,
                    lambda one, two: one is not None and two is not None and _same_word(one, two))


def not_equal_to_case_insensitive(asked: Asked) -> Mask:
    """Whether they differ in more than capitals, or one of them is missing."""
    return by_pairs(asked.target, asked.compared, _differ)


def _differ(one: Any, two: Any) -> bool:
    if one is None or two is None:
        return (one is None) != (two is None)
    return not _same_word(one, two)


def _ordered(test: Callable[[np.ndarray, Any], Any]) -> Callable[[Asked], Mask]:
    def operator(asked: Asked) -> Mask:
        value = asked.value
        if isinstance(value, Vector):
            limit: Any = asked.compared.numbers()
        elif isinstance(value, int | float):
            limit = float(value)
        else:
            raise Failure(f"{asked.leaf.operator} compares numbers, and '{value}' is none")
        answers: Mask = test(asked.target.numbers(), limit)  # NaN compares false
        return answers
    return operator


OPERATORS = {
    "equal_to": equal_to, "not_equal_to": not_equal_to,
    "equal_to_case_insensitive": equal_to_case_insensitive,
    "not_equal_to_case_insensitive": not_equal_to_case_insensitive,
    "less_than": _ordered(np.less), "less_than_or_equal_to": _ordered(np.less_equal),
    "greater_than": _ordered(np.greater), "greater_than_or_equal_to": _ordered(np.greater_equal),
}
