"""Operators of membership: in a list, in a column, in each other."""

from __future__ import annotations

from itertools import pairwise
from typing import Any

import numpy as np

from dossier.conformance.asked import Asked, by_pairs
from dossier.conformance.outcomes import Failure
from dossier.conformance.vectors import Mask, Vector


def is_contained_by(asked: Asked) -> Mask:
    """Whether the target is in the list, in its row's list, or anywhere in the column."""
    return contained(asked, asked.target)


def is_contained_by_case_insensitive(asked: Asked) -> Mask:
    """The same whatever the capitals."""
    return contained(asked, asked.target, folded=True)


def contained(asked: Asked, target: Vector, folded: bool = False) -> Mask:
    """Where the cells of a column are in the condition's value; nothing never is."""
    value = asked.value
    if folded:
        target = target.mapped(_fold)
    if isinstance(value, tuple):
        members = {_fold(one) if folded else one for one in value}
        return target.where(lambda cell: _meets(cell, members))
    if not isinstance(value, Vector):
        raise Failure(f"{asked.leaf.operator} needs a list, and '{value}' is none")
    if folded:
        value = value.mapped(_fold)
    if any(isinstance(one, tuple) for one in value.values):
        lists = value.mapped(lambda one: one)
        sets = {one: set(_members(one)) for one in lists.values}
        return by_pairs(target, lists, lambda one, two: one is not None and two is not None
                        and _meets(one, sets[two]))
    column = set(value.used())
    return target.where(lambda cell: _meets(cell, column))


def _fold(value: Any) -> Any:
    if isinstance(value, tuple):
        return tuple(_fold(member) for member in value)
    return value.lower() if isinstance(value, str) else value


def _meets(cell: Any, members: set[Any]) -> bool:
    return not members.isdisjoint(cell) if isinstance(cell, tuple) else cell in members


def _members(cell: Any) -> tuple[Any, ...]:
    return cell if isinstance(cell, tuple) else (cell,)


def shares_at_least_one_element_with(asked: Asked) -> Mask:
    """Whether two cells, lists or not, have a member in common."""
    return by_pairs(asked.target, asked.compared,
                    lambda one, two: not set(_members(one)).isdisjoint(_members(two)))


def _contains_all(asked: Asked) -> bool:
    value = asked.value
    if isinstance(value, Vector):
        wanted = _flat(value)
    else:
        wanted = set()
        for name in value if isinstance(value, tuple) else (value,):
            column = asked.frame.column(name) if isinstance(name, str) and name in asked.frame else None
            cell = column.cell(0) if column is not None and len(column) else None
            wanted |= set(cell) if isinstance(cell, tuple) else {name}
    return wanted <= _flat(asked.target)


def _flat(column: Vector) -> set[Any]:
    return {member for value in column.used() for member in _members(value)}


def contains_all(asked: Asked) -> Mask:
    """Whether every value stands somewhere in the target column: one answer, on the first row."""
    return _on_first_row(asked, _contains_all(asked))


def not_contains_all(asked: Asked) -> Mask:
    """Whether some value stands nowhere in the target column: one answer, on the first row."""
    return _on_first_row(asked, not _contains_all(asked))


def _on_first_row(asked: Asked, answer: bool) -> Mask:
    answers = np.zeros(asked.frame.size, dtype=bool)
    answers[:1] = answer
    return answers


def is_ordered_subset_of(asked: Asked) -> Mask:
    """Whether the members of a list are all in another, in the order they have there."""
    return by_pairs(asked.target, asked.compared, _in_order)


def _in_order(one: Any, two: Any) -> bool:
    if two is None:
        return one is None
    place = {member: at for at, member in reversed(list(enumerate(_members(two))))}
    found = [place.get(member, -1) for member in (() if one is None else _members(one))]
    return -1 not in found and all(a < b for a, b in pairwise(found))


OPERATORS = {
    "is_contained_by": is_contained_by, "is_contained_by_case_insensitive": is_contained_by_case_insensitive,
    "shares_at_least_one_element_with": shares_at_least_one_element_with,
    "contains_all": contains_all, "not_contains_all": not_contains_all,
    "is_ordered_subset_of": is_ordered_subset_of,
}
