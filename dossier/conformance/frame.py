"""The table a rule is evaluated on: columns by name, and where each row comes from."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np
import pandas as pd

from dossier.conformance.outcomes import ColumnAbsent
from dossier.conformance.vectors import Vector, stacked


class Held:
    """A column as it was read; its codes are made when a rule first asks for it, and kept."""

    __slots__ = ("_series", "_vector")

    def __init__(self, values: Vector | pd.Series) -> None:
        self._series = values if isinstance(values, pd.Series) else None
        self._vector = values if isinstance(values, Vector) else None

    @property
    def vector(self) -> Vector:
        """The codes."""
        if self._vector is None:
            assert self._series is not None
            self._vector, self._series = Vector.series(self._series), None
        return self._vector


class Frame:
    """Columns of equal length; rows are taken only of the columns that are asked for.

    ``rows`` is each row's number in its own file (from 1), ``parts`` its file, a
    position in ``files``.

    >>> frame = Frame({"A": Vector.of(["x", "y"])}, 2, ["AE"])
    >>> frame.take(np.array([1, 1])).column("A").cells(), frame.rows.tolist()
    (['y', 'y'], [1, 2])
    """

    def __init__(self, columns: Mapping[str, Vector | Held], size: int, files: Sequence[str],
                 rows: np.ndarray | None = None, parts: np.ndarray | None = None) -> None:
        self._columns: dict[str, tuple[Held, np.ndarray | None]] = {
            name: (held if isinstance(held, Held) else Held(held), None) for name, held in columns.items()}
        self.size = size
        self.files = tuple(files)
        self.rows = np.arange(1, size + 1) if rows is None else rows
        self.parts = np.zeros(size, dtype="int64") if parts is None else parts

    def __contains__(self, name: object) -> bool:
        return name in self._columns

    @property
    def names(self) -> list[str]:
        """The names of the columns, in order."""
        return list(self._columns)

    def column(self, name: str) -> Vector:
        """A column; ColumnAbsent if the frame has none of that name."""
        if name not in self._columns:
            raise ColumnAbsent(f"column {name} is absent")
        held, positions = self._columns[name]
        if positions is None:
            return held.vector
        vector = held.vector.take(positions)
        self._columns[name] = (Held(vector), None)
        return vector

    def put(self, name: str, vector: Vector) -> None:
        """Add or replace a column."""
        self._columns[name] = (Held(vector), None)

    def copy(self) -> Frame:
        """Another frame with the same columns, to add columns to."""
        made = Frame({}, self.size, self.files, self.rows, self.parts)
        made._columns = dict(self._columns)
        return made

    def renamed(self, names: Mapping[str, str]) -> Frame:
        """The columns under other names."""
        made = self.copy()
        made._columns = {names.get(name, name): held for name, held in self._columns.items()}
        return made

    def without(self, names: Sequence[str]) -> Frame:
        """All columns but these."""
        made = self.copy()
        for name in names:
            made._columns.pop(name, None)
        return made

    def take(self, positions: np.ndarray) -> Frame:
        """These rows; -1 gives a row of nulls."""
        made = Frame({}, len(positions), self.files, self.rows[positions], self.parts[positions])
        for name, (held, before) in self._columns.items():
            made._columns[name] = (held, _composed(before, positions))
        return made

    def beside(self, other: Frame) -> Frame:
        """The columns of another frame of as many rows, put beside these."""
        made = self.copy()
        for name, held in other._columns.items():
            made._columns[name] = held
        return made


def _composed(held: np.ndarray | None, positions: np.ndarray) -> np.ndarray:
    if held is None:
        return positions
    if len(held) == 0:
        return np.full(len(positions), -1, dtype="int64")
    return np.where(positions < 0, -1, held[positions])


def stack(frames: Sequence[Frame]) -> Frame:
    """Frames one under another; a column that one lacks is null there.

    >>> one, two = Frame({"A": Vector.of(["x"])}, 1, ["QSA"]), Frame({"B": Vector.of(["y"])}, 1, ["QSB"])
    >>> both = stack([one, two])
    >>> both.column("A").cells(), both.parts.tolist(), both.files
    (['x', None], [0, 1], ('QSA', 'QSB'))
    """
    if len(frames) == 1:
        return frames[0]
    files: list[str] = []
    parts = []
    for frame in frames:
        places = []
        for file in frame.files:
            if file not in files:
                files.append(file)
            places.append(files.index(file))
        parts.append(np.array(places, dtype="int64")[frame.parts])
    names = dict.fromkeys(name for frame in frames for name in frame.names)
    columns = {name: stacked([
        frame.column(name) if name in frame else Vector.constant(None, frame.size) for frame in frames])
        for name in names}
    return Frame(columns, sum(frame.size for frame in frames), files,
                 np.concatenate([frame.rows for frame in frames]), np.concatenate(parts))
