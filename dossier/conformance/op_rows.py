"""Operators that look at several rows: unique sets, one-to-one pairs, agreement, the next row."""

from __future__ import annotations

from collections.abc import Callable, Sequence

import numpy as np
import pandas as pd

from dossier.conformance.asked import Asked
from dossier.conformance.outcomes import ColumnAbsent, Failure
from dossier.conformance.patterns import compiled
from dossier.conformance.ranks import ranks
from dossier.conformance.vectors import Mask, Vector, as_number, group_ids, number_text, same


def is_not_unique_set(asked: Asked) -> Mask:
    """Whether the values of target and other columns stand together on more than one row.

    Names that are no columns are dropped, the target's too.  If one column is left the official engine
    answers true for every row, and so does this.
    """
    wanted = [asked.name, *asked.columns(asked.leaf.value)]
    names = list(dict.fromkeys(name for name in wanted if name in asked.frame))
    if not names:
        raise ColumnAbsent(f"column {asked.name} is absent")
    if len(names) == 1:
        return np.ones(asked.frame.size, dtype=bool)
    ids = group_ids([_cut(asked, asked.frame.column(name)) for name in names], asked.frame.size)
    repeated: Mask = np.bincount(ids)[ids] > 1
    return repeated


def _cut(asked: Asked, column: Vector) -> Vector:
    """A column cut to what the condition's pattern finds, if its first text has any."""
    if not asked.leaf.regex:
        return column
    pattern = compiled(asked.leaf.regex)
    texts = [value for value in column.used() if isinstance(value, str)]
    if not texts or pattern.match(texts[0]) is None:
        return column
    return column.mapped(lambda value: pattern.part(number_text(value)))


def is_not_unique_relationship(asked: Asked) -> Mask:
    """Whether target or value pairs with two different partners."""
    size = asked.frame.size
    target = asked.target
    others = [asked.frame.column(name) for name in asked.columns(asked.leaf.value)]
    one, two = group_ids([target], size), group_ids(others, size)
    absent = np.logical_and.reduce([other.null for other in others])
    result: Mask = (_two_partners(one, two) & ~target.null) | (_two_partners(two, one) & ~absent)
    return result


def _two_partners(ids: np.ndarray, partners: np.ndarray) -> Mask:
    if not len(ids):
        return np.zeros(0, dtype=bool)
    pairs = np.unique(ids * (partners.max() + 1) + partners)
    several: Mask = (np.bincount(pairs // (partners.max() + 1), minlength=ids.max() + 1) > 1)[ids]
    return several


def is_inconsistent_across_dataset(asked: Asked) -> Mask:
    """Whether the target differs from the one value most frequent in its group."""
    names = [name for name in asked.columns(asked.leaf.value) if name in asked.frame]
    size = asked.frame.size
    target = _cut(asked, asked.target)
    if not size:
        return asked.nothing()
    groups = group_ids([_cut(asked, asked.frame.column(name)) for name in names], size)
    cells = pd.factorize(groups * (len(target.values) + 1) + target.codes + 1)[0]
    times = np.bincount(cells)
    _, first = np.unique(cells, return_index=True)
    group_of = groups[first]
    most = np.zeros(groups.max() + 1, dtype="int64")
    np.maximum.at(most, group_of, times)
    top = np.bincount(group_of, weights=times == most[group_of], minlength=len(most))
    kinds = np.bincount(group_of, minlength=len(most))
    is_top = (times == most[group_of]) & (top[group_of] == 1)
    bad: Mask = ((kinds[group_of] > 1) & ~is_top)[cells]
    return bad


def _within(asked: Asked) -> list[Vector]:
    return [asked.frame.column(name) for name in asked.columns(asked.leaf.within)]


def _multiple(wanted: bool) -> Callable[[Asked], Mask]:
    def operator(asked: Asked) -> Mask:
        limit = 1.0 if asked.leaf.value is None else as_number(asked.leaf.value)
        if limit != limit:
            raise Failure(f"{asked.leaf.operator} needs a number")
        columns = [asked.target, *(_within(asked))]
        filled = ~np.logical_or.reduce([column.null for column in columns])
        ids = group_ids([column.take(np.flatnonzero(filled)) for column in columns], int(filled.sum()))
        answers = asked.nothing()
        # As the official engine has it: rows without a value are left out, and answers move up.
        if len(ids):
            answers[:len(ids)] = (np.bincount(ids)[ids] > limit) == wanted
        return answers
    return operator


def does_not_have_next_corresponding_record(asked: Asked) -> Mask:
    """Whether the target differs from the value on the next row of its group.

    Answers stand in the order of the groups, not of the rows, as the official engine has them.
    """
    size = asked.frame.size
    target, other = asked.target, asked.compared
    groups = _within(asked)
    order = ranks(asked.frame.column(asked.expand(asked.leaf.ordering or "")))
    keys: Sequence[np.ndarray] = [order, *(ranks(group) for group in reversed(groups))]
    by_group = np.lexsort(keys)
    keyed = ~np.logical_or.reduce([group.null for group in groups])
    by_group = by_group[keyed[by_group]]
    ids = group_ids(groups, size)[by_group]
    answers = asked.nothing()
    if len(by_group) > 1:
        differs = ~same(target.take(by_group[:-1]), other.take(by_group[1:]))
        answers[:len(by_group) - 1] = differs & (ids[:-1] == ids[1:])
    return answers


OPERATORS: dict[str, Callable[[Asked], Mask]] = {
    "is_not_unique_set": is_not_unique_set, "is_not_unique_relationship": is_not_unique_relationship,
    "is_inconsistent_across_dataset": is_inconsistent_across_dataset,
    "present_on_multiple_rows_within": _multiple(True),
    "not_present_on_multiple_rows_within": _multiple(False),
    "does_not_have_next_corresponding_record": does_not_have_next_corresponding_record,
}
