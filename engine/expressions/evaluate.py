"""Evaluate a tree over a table: one array operation a node, none a record."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any, NamedTuple

import numpy as np
import pandas as pd

from engine.columns import DTYPES, Column, Kind, blank
from engine.expressions.casts import cast
from engine.expressions.choices import choose
from engine.expressions.functions import FUNCTIONS
from engine.expressions.like import compile_like
from engine.expressions.operators import (
    arithmetic,
    both,
    compare,
    either,
    elapsed,
    in_list,
    is_null,
    join,
    negate,
    shift,
)
from engine.expressions.tree import (
    COMPARISONS,
    Between,
    Binary,
    Call,
    Case,
    Cast,
    InList,
    IsNull,
    Like,
    Literal,
    Name,
    Node,
    Shift,
    Unary,
    fold,
)
from engine.expressions.vectors import Vector, constant, load, merge, null, per_distinct, typed

Columns = Mapping[tuple[str, ...], Column]


class Result(NamedTuple):
    """The values of an expression, their kind, and the records with a data problem.

    ``bad`` maps each message to a boolean series, true in the records it is about;
    the value there is NULL.
    """

    values: pd.Series
    kind: Kind
    bad: Mapping[str, pd.Series]


def evaluate(root: Node, kinds: Sequence[Kind | None], columns: Columns, index: pd.Index) -> Result:
    """Evaluate a checked tree; ``kinds`` are those of its nodes in postorder.

    Raises ValueError where a column's index is not ``index``.
    """
    loaded: dict[tuple[str, ...], Vector] = {}
    ordered = iter(kinds)

    def visit(node: Node, parts: list[Vector]) -> Vector:
        kind = next(ordered)
        if not isinstance(node, Name):
            made = _EVALUATE[type(node)](node, parts, kind)
            return Vector(None, None, made.bad) if kind is None else made
        if node.parts not in loaded:
            column = columns[node.parts]
            if not column.values.index.equals(index):
                raise ValueError(f"column {'.'.join(node.parts)} has another index than the table")
            loaded[node.parts] = load(column)
        return loaded[node.parts]

    return _finish(fold(root, visit), index)


def _finish(vector: Vector, index: pd.Index) -> Result:
    kind, size = vector.kind or Kind.TEXT, len(index)
    masks = {message: np.broadcast_to(mask, size) for message, mask in vector.bad.items()}
    bad = {message: pd.Series(mask, index=index) for message, mask in masks.items() if mask.any()}
    values = _series(typed(vector, kind).data, kind, index)
    for mask in bad.values():
        values = values.mask(mask)
    return Result(values.astype(DTYPES[kind]), kind, bad)  # type: ignore[call-overload]


def _series(data: Any, kind: Kind, index: pd.Index) -> pd.Series:
    size = len(index)
    if kind is Kind.BOOLEAN:
        true, false = (np.broadcast_to(mask, size) for mask in data)
        return pd.Series(pd.arrays.BooleanArray(true.copy(), ~(true | false)), index=index)
    if kind is Kind.TEXT:
        if len(data) == size:
            return pd.Series(data, index=index)
        return blank(index, kind) if pd.isna(data[0]) else pd.Series(data[0], index=index, dtype="str")
    return pd.Series(np.broadcast_to(data, size), index=index)


def _binary(node: Binary, parts: list[Vector], kind: Kind | None) -> Vector:
    sign, (left, right) = node.operator, parts
    if sign in COMPARISONS:
        return compare(sign, left, right)
    if sign in ("AND", "OR"):
        left, right = typed(left, Kind.BOOLEAN), typed(right, Kind.BOOLEAN)
        return both(left, right) if sign == "AND" else either(left, right)
    if sign == "||":
        return join(typed(left, Kind.TEXT), typed(right, Kind.TEXT))
    if kind is Kind.DATETIME:  # a date and a time
        right = typed(right, Kind.TIME)
        return Vector(kind, left.data + right.data, merge(left.bad, right.bad))
    if left.kind is Kind.DATE:
        right = typed(right, Kind.DATE)
        return Vector(kind, elapsed(left.data, right.data, 86_400), merge(left.bad, right.bad))
    return arithmetic(sign, typed(left, Kind.NUMBER), typed(right, Kind.NUMBER))


def _unary(node: Unary, parts: list[Vector], kind: Kind | None) -> Vector:
    value = typed(parts[0], kind or Kind.NUMBER)
    return negate(value) if kind is Kind.BOOLEAN else value._replace(data=-value.data)


def _shift(node: Shift, parts: list[Vector], kind: Kind | None) -> Vector:
    date, count = typed(parts[0], Kind.DATETIME), typed(parts[1], Kind.NUMBER)
    return shift(node.operator, date, count, node.unit)


def _between(node: Between, parts: list[Vector], kind: Kind | None) -> Vector:
    value, low, high = parts
    inside = both(compare(">=", value, low), compare("<=", value, high))
    return negate(inside) if node.negated else inside


def _in_list(node: InList, parts: list[Vector], kind: Kind | None) -> Vector:
    found = in_list(parts[0], parts[1:])
    return negate(found) if node.negated else found


def _like(node: Like, parts: list[Vector], kind: Kind | None) -> Vector:
    matches = compile_like(node.pattern, node.escape)
    found = per_distinct(matches, [typed(parts[0], Kind.TEXT)], Kind.BOOLEAN)
    return negate(found) if node.negated else found


def _case(node: Case, parts: list[Vector], kind: Kind | None) -> Vector:
    subject = parts.pop(0) if node.subject is not None else None
    otherwise = [parts.pop()] if node.otherwise is not None else []
    tests = [typed(test, Kind.BOOLEAN) if subject is None else compare("=", subject, test)
             for test in parts[0::2]]
    return choose(kind or Kind.TEXT, tests, parts[1::2] + otherwise)


def _cast(node: Cast, parts: list[Vector], kind: Kind | None) -> Vector:
    if parts[0].kind is None:
        return Vector(node.kind, null(node.kind), parts[0].bad)
    return cast(parts[0], node.kind, node.trying)


def _call(node: Call, parts: list[Vector], kind: Kind | None) -> Vector:
    function = FUNCTIONS[node.function]
    common = next((part.kind for part in parts[function.alike or 0:] if part.kind), None)
    given = []
    for index, part in enumerate(parts):
        shared = function.alike is not None and index >= function.alike
        own = next(each for each in Kind if each in function.accepts(index))
        given.append(typed(part, (common or own) if shared else own))
    return function.compute(given)


_EVALUATE: dict[type[Node], Callable[..., Vector]] = {
    Literal: lambda node, parts, kind: constant(node.value, node.kind),
    Binary: _binary, Unary: _unary, Shift: _shift,
    IsNull: lambda node, parts, kind: is_null(parts[0], node.negated),
    InList: _in_list, Between: _between, Like: _like, Case: _case, Cast: _cast, Call: _call,
}
