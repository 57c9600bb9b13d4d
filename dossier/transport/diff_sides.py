"""The two sides of a comparison: a dataset of a file each, read in as few variables at a time as fit."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pandas as pd

from dossier.transport.files import reading
from dossier.transport.shown import Value
from engine.columns import Kind
from engine.xpt import Metadata, Variable, read, read_chunks, times

ROOM = 64 * 2**20
"""Bytes of values that are read of a side at a time, about."""
_OVERHEAD = 8
"""Bytes a value takes beside its own."""


@dataclass(frozen=True)
class Options:
    """How two datasets are compared.

    ``key`` are the variables by which records belong together (none: as the
    standard has it), ``tolerance`` how far numbers may be apart, as a part of
    the larger, ``ignore`` variables that are left out, ``limit`` how many values
    of a variable are listed (None: all).
    """

    key: tuple[str, ...] = ()
    tolerance: float = 0.0
    ignore: frozenset[str] = frozenset()
    encoding: str = "utf-8"
    limit: int | None = 10


@dataclass(frozen=True)
class Side:
    """One dataset of a file."""

    path: Path
    shown: str
    metadata: Metadata
    encoding: str

    def variable(self, name: str) -> Variable:
        """A variable by its name."""
        return next(v for v in self.metadata.variables if v.name == name)

    def columns(self, names: Sequence[str]) -> dict[str, Held]:
        """The values of some variables; raises DataError as :func:`engine.xpt.read` does."""
        with reading(self.shown):
            frame, metadata = read(self.path, member=self.metadata.name, usecols=names, shown=self.shown,
                                   encoding=self.encoding, disable_datetime_conversion=True)
        return {name: Held(frame[name], metadata.special.get(name)) for name in names}


    def parts(self, names: Sequence[str], size: int, limit: int = 0) -> Iterator[dict[str, Held]]:
        """The values of some variables in parts of ``size`` records, of the first ``limit`` (0: all)."""
        if not names:
            return
        with reading(self.shown):
            found = read_chunks(self.path, size, member=self.metadata.name, usecols=names, row_limit=limit,
                                encoding=self.encoding, shown=self.shown, disable_datetime_conversion=True)
            for frame, metadata in found:
                yield {name: Held(frame[name], metadata.special.get(name)) for name in names}


class Held:
    """A variable's values: text (missing as NaN) or numbers with the letters of special missing values."""

    def __init__(self, values: pd.Series, special: pd.Series | None) -> None:
        self.values = values
        self.letters: np.ndarray | None = None
        if special is not None:
            self.letters = np.zeros(len(values), dtype="uint8")
            self.letters[values.index.get_indexer(special.index)] = [ord(letter) for letter in special]

    def taken(self, positions: np.ndarray) -> Held:
        """Some of the values, apart from the others."""
        made = Held(pd.Series(self.values.array.take(positions)), None)
        made.letters = None if self.letters is None else self.letters[positions]
        return made

    def at(self, positions: np.ndarray) -> list[Value]:
        """The values of some records."""
        found = self.values.array.take(positions)
        missing = pd.isna(found)
        letters = np.zeros(len(positions), dtype="uint8") if self.letters is None else self.letters[positions]
        return [(f".{chr(letter)}" if letter else None) if none else value
                for value, none, letter in zip(found.tolist(), missing, letters, strict=True)]


def shared_kind(a: Variable, b: Variable) -> Kind:
    """What a variable's values mean on both sides: a date only where both formats say so.

    >>> shared_kind(Variable("ADT", "", "Num", 8, "DATE9."), Variable("ADT", "", "Num", 8, "E8601DA."))
    <Kind.DATE: 'date'>
    """
    if a.type == "Char":
        return Kind.TEXT
    kind = times.kind_of(a.format)
    return kind if kind is times.kind_of(b.format) else Kind.NUMBER


def part_size(a: Side, b: Side, names: Sequence[str]) -> int:
    """How many records of some variables of either side fit into a quarter of the room."""
    width = max(sum(side.variable(name).length + _OVERHEAD for name in names) for side in (a, b))
    return max(1, ROOM // 4 // max(1, width))


def batches(a: Side, b: Side, names: Sequence[str]) -> Iterator[list[str]]:
    """Variables in groups of which the values of either side fit into the room there is.

    Each group costs a pass over the files.
    """
    batch: list[str] = []
    used = 0
    for name in names:
        size = max((side.variable(name).length + _OVERHEAD) * side.metadata.records for side in (a, b))
        if batch and used + size > ROOM:
            yield batch
            batch, used = [], 0
        batch.append(name)
        used += size
    if batch:
        yield batch
