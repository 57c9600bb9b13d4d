"""Operations that are computed for a whole dataset or for each group of its records."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np

from dossier.conformance.dates import complete_date
from dossier.conformance.frame import Frame
from dossier.conformance.joins import first_match
from dossier.conformance.model import Operation
from dossier.conformance.patterns import compiled
from dossier.conformance.vectors import Vector, group_ids, number_text


def _laid(operation: Operation, group: Sequence[str], frame: Frame, source: Frame, ids: np.ndarray,
          results: Vector) -> Vector:
    """The result of each group on the rows of the frame; null for a group the source does not have."""
    names = operation.aliases or group
    _, first = np.unique(ids, return_index=True)
    keys = [source.column(name).take(first) for name in group]
    at = first_match([frame.column(name) for name in names], keys, (frame.size, len(first)))
    return results.take(at)


def distinct(operation: Operation, name: str, group: Sequence[str], frame: Frame, source: Frame,
             keep: np.ndarray | None) -> Vector:
    """The values of a variable, as a list, in all or for each group; only of the rows to keep."""
    column = source.column(name)
    kept = ~column.null if keep is None else ~column.null & keep
    for key, value in operation.filter.items():
        kept &= _passes(source.column(key), value)
    if not group:
        return Vector.constant(tuple(column.take(np.flatnonzero(kept)).used()), frame.size)
    ids = group_ids([source.column(one) for one in group], source.size)
    found: list[list[Any]] = [[] for _ in range(int(ids.max()) + 1 if len(ids) else 0)]
    pairs = ids[kept] * (len(column.values) + 1) + column.codes[kept]
    _, first = np.unique(pairs, return_index=True)
    for pair in pairs[np.sort(first)].tolist():
        at, code = divmod(pair, len(column.values) + 1)
        found[at].append(column.values[code])
    return _laid(operation, group, frame, source, ids, Vector.of(tuple(one) for one in found))


def dates_of(operation: Operation, name: str, group: Sequence[str], frame: Frame, source: Frame,
             smallest: bool) -> Vector:
    """The first or last text of a variable for each group; of all records, as a full datetime."""
    column = source.column(name)
    order = sorted(range(len(column.values)), key=lambda at: str(column.values[at]), reverse=not smallest)
    if not group:
        dates = [str(value) for value in column.used() if complete_date(value)]
        found = (min(dates) if smallest else max(dates)) if dates else None
        return Vector.constant(_full(found) if found else None, frame.size)
    rank = np.empty(len(order) + 1, dtype="int64")
    rank[order] = np.arange(len(order))
    rank[-1] = len(order)
    ids = group_ids([source.column(one) for one in group], source.size)
    best = np.full(int(ids.max()) + 1 if len(ids) else 0, len(order), dtype="int64")
    np.minimum.at(best, ids, rank[column.codes])
    codes = np.array([*order, -1], dtype="int64")[best]
    return _laid(operation, group, frame, source, ids, Vector(codes, column.values))


def _full(text: str) -> str:
    from datetime import datetime
    return datetime.fromisoformat(text).isoformat()


def record_count(operation: Operation, group: Sequence[str], frame: Frame, source: Frame) -> Vector:
    """The number of records that pass the filter, in all or for each group."""
    kept = np.ones(source.size, dtype=bool)
    for name, value in operation.filter.items():
        kept &= _passes(source.column(name), value)
    if not group:
        return Vector.constant(int(kept.sum()), frame.size)
    columns = [_cut(operation, source.column(one)) for one in group]
    ids = group_ids(columns, source.size)
    counts = np.bincount(ids, weights=kept) if len(ids) else np.zeros(0)
    results = Vector.of([int(count) for count in counts], number=True)
    if not operation.regex:
        return _laid(operation, group, frame, source, ids, results)
    cut = source.copy()
    for name, column in zip(group, columns, strict=True):
        cut.put(name, column)
    rows = frame.copy()
    for name in operation.aliases or group:
        rows.put(name, _cut(operation, frame.column(name)))
    return _laid(operation, group, rows, cut, ids, results)


def _cut(operation: Operation, column: Vector) -> Vector:
    if not operation.regex:
        return column
    pattern = compiled(operation.regex)
    texts = [value for value in column.used() if isinstance(value, str)]
    if not texts or pattern.match(texts[0]) is None:
        return column
    return column.mapped(lambda value: pattern.part(number_text(value)))


def _passes(column: Vector, value: Any) -> np.ndarray:
    """Where a filter's value fits: equal, or beginning with it where it ends in ``&``."""
    if isinstance(value, str) and value.endswith("&"):
        start = value[:-1]
        return column.where(lambda cell: isinstance(cell, str) and cell.startswith(start))
    return column.where(lambda cell: cell == value)
