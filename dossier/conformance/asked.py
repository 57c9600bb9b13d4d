"""A condition as it is put to a frame: its texts expanded, its value found."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np

from dossier.conformance.frame import Frame
from dossier.conformance.model import Leaf
from dossier.conformance.outcomes import Failure
from dossier.conformance.vectors import Mask, Vector


@dataclass(frozen=True)
class Asked:
    """A condition, the frame it is asked of, and what ``--`` stands for there."""

    leaf: Leaf
    frame: Frame
    prefix: str

    def expand(self, text: str) -> str:
        """The text with ``--`` at its beginning replaced.

        >>> from engine.errors import Place
        >>> leaf = Leaf("--SEQ", "empty", None, Place(""))
        >>> Asked(leaf, Frame({}, 0, []), "AE").expand("--SEQ")
        'AESEQ'
        """
        return self.prefix + text[2:] if text.startswith("--") else text

    @property
    def name(self) -> str:
        """The target's name."""
        return self.expand(self.leaf.name)

    @property
    def target(self) -> Vector:
        """The target; ColumnAbsent if there is no such column."""
        return self.frame.column(self.name)

    @property
    def value(self) -> Any:
        """The value: a column (a Vector), or a literal; members of a list are expanded."""
        value = self.leaf.value
        if isinstance(value, str):
            text = self.expand(value)
            if text in self.frame and not self.leaf.literal:
                return self.frame.column(text)
            return text or None
        if isinstance(value, tuple):
            return tuple(self.expand(one) if isinstance(one, str) else one for one in value)
        return value

    @property
    def compared(self) -> Vector:
        """The value as a column: a literal on every row; by reference each row's own column."""
        value = self.value
        if self.leaf.reference and isinstance(value, Vector):
            return self.referred(value)
        if isinstance(value, Vector):
            return value
        return Vector.constant(value, self.frame.size)

    def referred(self, names: Vector) -> Vector:
        """For each row the cell of the column that another cell names."""
        codes = np.full(self.frame.size, -1, dtype="int64")
        values: list[Any] = []
        for name in names.used():
            column = self.frame.column(str(name))
            rows = names.codes == names.values.index(name)
            codes[rows] = np.where(column.codes[rows] < 0, -1, column.codes[rows] + len(values))
            values.extend(column.values)
        return Vector(codes, values).distinct()

    def columns(self, given: Any) -> list[str]:
        """The names in a value: one or several, a ``$list`` replaced by its members."""
        names: list[str] = []
        for one in given if isinstance(given, tuple) else (given,):
            name = self.expand(str(one))
            cell = self.frame.column(name).used()[:1] if name.startswith("$") and name in self.frame else []
            if cell and isinstance(cell[0], tuple):
                names.extend(str(member) for member in cell[0])
            else:
                names.append(name)
        return names

    def require_text(self, column: Vector, every: bool = False) -> None:
        """A Failure unless a column is of text; with ``every``, unless each cell has some."""
        if column.number or any(not isinstance(value, str) for value in column.values):
            raise Failure(f"{self.leaf.operator} needs text, and {self.name} is none")
        if every and column.null.any():
            raise Failure(f"{self.leaf.operator} needs text in every cell of {self.name}")

    def nothing(self) -> Mask:
        """False for every row."""
        return np.zeros(self.frame.size, dtype=bool)


def by_pairs(one: Vector, two: Vector, test: Any) -> Mask:
    """A test of two cells, done once for each pair of values; null is ``None``.

    >>> by_pairs(Vector.of([1, 2]), Vector.of([1, None]), lambda a, b: a == b).tolist()
    [True, False]
    """
    width = len(two.values) + 1
    pairs, at = np.unique((one.codes + 1) * width + two.codes + 1, return_inverse=True)
    first, second = [None, *one.values], [None, *two.values]
    told = np.fromiter((bool(test(first[pair // width], second[pair % width])) for pair in pairs.tolist()),
                       dtype=bool, count=len(pairs))
    answers: Mask = told[at]
    return answers
