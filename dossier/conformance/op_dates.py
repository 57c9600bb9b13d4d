"""Operators on dates and durations."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np

from dossier.conformance.asked import Asked
from dossier.conformance.dates import compare, complete_date, valid_date, valid_duration
from dossier.conformance.vectors import Mask


def invalid_date(asked: Asked) -> Mask:
    """Whether the target is no date; nothing is none."""
    return asked.target.where(lambda value: not valid_date(value), null=True)


def is_complete_date(asked: Asked) -> Mask:
    """Whether the target is a date known to the day."""
    return asked.target.where(complete_date)


def invalid_duration(asked: Asked) -> Mask:
    """Whether the target is no duration; nothing is none."""
    negative = asked.leaf.negative
    return asked.target.where(lambda value: not valid_duration(value, negative), null=True)


def _compared(test: Callable[[np.ndarray, Mask], Mask]) -> Callable[[Asked], Mask]:
    def operator(asked: Asked) -> Mask:
        known, alike, order = compare(asked.target, asked.compared)
        answers: Mask = known & test(order, alike)
        return answers
    return operator


OPERATORS: dict[str, Callable[[Asked], Mask]] = {
    "invalid_date": invalid_date, "is_complete_date": is_complete_date, "invalid_duration": invalid_duration,
    "date_equal_to": _compared(lambda order, alike: alike & (order == 0)),
    "date_not_equal_to": _compared(lambda order, alike: ~alike | (order != 0)),
    "date_less_than": _compared(lambda order, alike: order < 0),
    "date_less_than_or_equal_to": _compared(lambda order, alike: order <= 0),
    "date_greater_than": _compared(lambda order, alike: order > 0),
    "date_greater_than_or_equal_to": _compared(lambda order, alike: order >= 0),
}
