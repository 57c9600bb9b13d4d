"""A column of a rule's frame: each distinct value once, and for every row which one it is.

A rule compares, matches and groups values; done once a distinct value, a check
of a million records costs little more than one of a thousand.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from typing import Any

import numpy as np
import pandas as pd

Values = Sequence[Any]
Mask = np.ndarray


class Vector:
    """Values by codes: ``codes`` are positions in ``values``, -1 is null.

    Values are text, ``float``, ``int``, ``bool`` or a tuple (a cell that holds a list).
    ``number`` says that the column was declared numeric, also where it holds nothing.

    >>> column = Vector.of(["a", None, "b", "a"])
    >>> column.codes.tolist(), list(column.values), column.cells()
    ([0, -1, 1, 0], ['a', 'b'], ['a', None, 'b', 'a'])
    """

    __slots__ = ("codes", "number", "values")

    def __init__(self, codes: np.ndarray, values: Values, number: bool = False) -> None:
        self.codes = codes
        self.values = values
        self.number = number

    @staticmethod
    def of(cells: Iterable[Any], number: bool = False) -> Vector:
        """The codes of a few cells; ``None``, NaN and empty text are null."""
        kinds: dict[tuple[type, Any], int] = {}
        codes: list[int] = []
        values: list[Any] = []
        for cell in cells:
            if cell is None or cell == "" or cell != cell:
                codes.append(-1)
                continue
            key = (type(cell), cell)
            if key not in kinds:
                kinds[key] = len(values)
                values.append(cell)
            codes.append(kinds[key])
        return Vector(np.array(codes, dtype="int64"), values, number)

    @staticmethod
    def series(column: pd.Series) -> Vector:
        """The codes of a series of text or of numbers.

        >>> Vector.series(pd.Series([2.0, None, 2.0])).cells()
        [2.0, None, 2.0]
        """
        number = pd.api.types.is_numeric_dtype(column.dtype)
        codes, distinct = pd.factorize(column, use_na_sentinel=True)
        values = distinct.tolist()
        made = Vector(codes.astype("int64"), values, number)
        if not number and "" in values:
            empty = values.index("")
            made.codes = np.where(made.codes == empty, -1, made.codes)
        return made

    @staticmethod
    def constant(value: Any, size: int) -> Vector:
        """One value for every row.

        >>> Vector.constant(("A", "B"), 2).cells()
        [('A', 'B'), ('A', 'B')]
        """
        if value is None or value == "":
            return Vector(np.full(size, -1, dtype="int64"), [])
        return Vector(np.zeros(size, dtype="int64"), [value], isinstance(value, int | float))

    def __len__(self) -> int:
        return len(self.codes)

    @property
    def null(self) -> Mask:
        """Where there is no value."""
        return self.codes < 0

    def cell(self, row: int) -> Any:
        """The value of one row, None where there is none."""
        code = int(self.codes[row])
        return None if code < 0 else self.values[code]

    def cells(self) -> list[Any]:
        """The value of every row."""
        table = [*self.values, None]
        return [table[code] for code in self.codes.tolist()]

    def used(self) -> list[Any]:
        """The values that some row has, in the order they first appear.

        >>> Vector(np.array([2, -1, 0]), ["a", "b", "c"]).used()
        ['c', 'a']
        """
        return [self.values[code] for code in pd.unique(self.codes[self.codes >= 0])]

    def take(self, positions: np.ndarray) -> Vector:
        """The values at these rows; -1 gives null."""
        if len(self.codes) == 0:
            return Vector(np.full(len(positions), -1, dtype="int64"), self.values, self.number)
        codes = np.where(positions < 0, -1, self.codes[positions])
        return Vector(codes, self.values, self.number)

    def where(self, function: Callable[[Any], bool], null: bool = False) -> Mask:
        """Whether ``function`` is true of the value of each row; ``null`` where there is none.

        >>> Vector.of(["a", None]).where(str.isupper, null=True).tolist()
        [False, True]
        """
        told = np.fromiter((function(value) for value in self.values), dtype=bool, count=len(self.values))
        answers: Mask = np.append(told, null)[self.codes]
        return answers

    def mapped(self, function: Callable[[Any], Any], number: bool = False) -> Vector:
        """Another value for each distinct one; None makes null, values that become alike share a code."""
        made: list[Any] = []
        known: dict[tuple[type, Any], int] = {}
        codes = np.full(len(self.values) + 1, -1, dtype="int64")
        for at, value in enumerate(self.values):
            new = function(value)
            if new is None or new == "" or new != new:
                continue
            key = (type(new), new)
            if key not in known:
                known[key] = len(made)
                made.append(new)
            codes[at] = known[key]
        return Vector(codes[self.codes], made, number)

    def numbers(self) -> np.ndarray:
        """The values as float64: text that is a number counts, all else is NaN.

        >>> Vector.of(["1.5", "x", None]).numbers().tolist()
        [1.5, nan, nan]
        """
        table = np.array([*map(as_number, self.values), np.nan], dtype="float64")
        found: np.ndarray = table[self.codes]
        return found

    def distinct(self) -> Vector:
        """The same cells, no value twice among the values."""
        return self.mapped(lambda value: value, self.number)


def same(one: Vector, two: Vector) -> Mask:
    """Where two columns have equal values; a number is one, integer or not, and text equals only text.

    >>> same(Vector.of([1.0, "1", None]), Vector.of([1, 1, None])).tolist()
    [True, False, False]
    """
    index: dict[Any, int] = {}
    first, second = ([index.setdefault(value, len(index)) for value in side.values] for side in (one, two))
    mine = np.array([*first, -1], dtype="int64")[one.codes]
    theirs = np.array([*second, -2], dtype="int64")[two.codes]
    answers: Mask = mine == theirs
    return answers


def as_number(value: Any) -> float:
    """A value as a number, NaN if it is none.

    >>> as_number(" 7 "), as_number("7a"), as_number(("A",))
    (7.0, nan, nan)
    """
    if isinstance(value, int | float):
        return float(value)
    if isinstance(value, str):
        try:
            return float(value) if "_" not in value else float("nan")
        except ValueError:
            return float("nan")
    return float("nan")


def number_text(value: Any) -> str:
    """A value as text, a whole number without its decimals.

    >>> number_text(3.0), number_text(0.25), number_text("x")
    ('3', '0.25', 'x')
    """
    if isinstance(value, bool):
        return str(value)
    if isinstance(value, float) and value.is_integer():
        return str(int(value))
    return str(value)


def group_ids(columns: Sequence[Vector], size: int) -> np.ndarray:
    """A number for each combination of values, from 0 by first appearance; null is a value.

    >>> group_ids([Vector.of(["a", "a", None, None]), Vector.of([1, 1, 1, 2])], 4).tolist()
    [0, 0, 1, 2]
    """
    ids = np.zeros(size, dtype="int64")
    for column in columns:
        ids = ids * (len(column.values) + 1) + column.codes + 1
        ids = pd.factorize(ids)[0].astype("int64")
    return ids


def stacked(parts: Sequence[Vector]) -> Vector:
    """Columns one under another.

    >>> stacked([Vector.of(["a"]), Vector.of(["b", "a"])]).cells()
    ['a', 'b', 'a']
    """
    if len(parts) == 1:
        return parts[0]
    known: dict[tuple[type, Any], int] = {}
    values: list[Any] = []
    pieces = []
    for part in parts:
        table = []
        for value in part.values:
            key = (type(value), value)
            if key not in known:
                known[key] = len(values)
                values.append(value)
            table.append(known[key])
        pieces.append(np.array([*table, -1], dtype="int64")[part.codes])
    return Vector(np.concatenate(pieces), values, any(part.number for part in parts))
