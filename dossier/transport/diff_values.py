"""Values of two datasets, compared variable by variable over the records that belong together."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import numpy as np
import pandas as pd

from dossier.transport.diff_keys import Matching
from dossier.transport.diff_sides import Held, Options, Side, batches, part_size, shared_kind
from dossier.transport.shown import Value
from engine.columns import Kind
from engine.xpt import Variable

Texts = pd.api.extensions.ExtensionArray


@dataclass(frozen=True)
class Differing:
    """One value that differs: what names its record, and the value on either side."""

    record: dict[str, Value]
    a: Value
    b: Value


@dataclass(frozen=True)
class ValueDiff:
    """A variable's differing values: how many, the largest distance between numbers, what is listed.

    ``parts`` holds the positions in A of the records listed and the values on
    either side, ``matching`` their names: there may be millions.
    """

    variable: str
    kind: Kind
    count: int
    largest: float | None
    parts: tuple[tuple[np.ndarray, Held, Held], ...]
    matching: Matching

    def __len__(self) -> int:
        """How many are listed."""
        return sum(len(at) for at, _, _ in self.parts)

    def __iter__(self) -> Iterator[Differing]:
        """The values that are listed, one by one."""
        for at, a, b in self.parts:
            whole = np.arange(len(at))
            for position, one, other in zip(at.tolist(), a.at(whole), b.at(whole), strict=True):
                yield Differing(self.matching.named(position), one, other)


class _Found:
    """Gathers a variable's differing values."""

    def __init__(self, a: Variable, b: Variable, options: Options) -> None:
        self._number = a.type == "Num"
        self._kind = shared_kind(a, b)
        self._name = a.name
        self._options = options
        self._count = self._listed = 0
        self._largest: float | None = None
        self._parts: list[tuple[np.ndarray, Held, Held]] = []

    def add(self, a: Held, b: Held, matching: Matching, start: int) -> None:
        """Compare values: all there are, or a part that begins at record ``start`` of either side."""
        if self._number:
            where, largest = numbers_differ(_numbers(a, matching.a), _numbers(b, matching.b),
                                            self._options.tolerance)
            where |= _letters_differ(a, b, matching)
            self._largest = max((one for one in (self._largest, largest) if one is not None), default=None)
        else:
            where = texts_differ(_taken(a, matching.a), _taken(b, matching.b))
        at = np.flatnonzero(where)
        self._count += len(at)
        limit = self._options.limit
        at = at if limit is None else at[: limit - self._listed]
        if len(at):
            at_a = at if matching.a is None else matching.a[at]
            at_b = at if matching.b is None else matching.b[at]
            self._parts.append((at_a + start, a.taken(at_a), b.taken(at_b)))
            self._listed += len(at)

    def made(self, matching: Matching) -> ValueDiff | None:
        """What was found, None if nothing was."""
        if not self._count:
            return None
        return ValueDiff(self._name, self._kind, self._count, self._largest, tuple(self._parts), matching)


def value_diffs(a: Side, b: Side, names: Sequence[str], matching: Matching,
                options: Options) -> list[ValueDiff]:
    """The variables in which values differ, of those named (which are of one type on both sides).

    Records that stand in one order on both sides are compared part by part,
    others some variables at a time.
    """
    if not matching.both:
        return []
    found = {name: _Found(a.variable(name), b.variable(name), options) for name in names}
    for start, held_a, held_b in _portions(a, b, names, matching):
        for name in list(held_a):
            found[name].add(held_a.pop(name), held_b.pop(name), matching, start)
    return [made for one in found.values() if (made := one.made(matching)) is not None]


def _portions(a: Side, b: Side, names: Sequence[str],
              matching: Matching) -> Iterator[tuple[int, dict[str, Held], dict[str, Held]]]:
    """Values of both sides in portions that fit into memory, and the record at which each begins."""
    if matching.a is not None:
        for batch in batches(a, b, names):
            yield 0, a.columns(batch), b.columns(batch)
        return
    start = 0
    size = part_size(a, b, names)
    for held_a, held_b in zip(a.parts(names, size, matching.both), b.parts(names, size, matching.both),
                              strict=True):
        yield start, held_a, held_b
        start += size


def _taken(held: Held, positions: np.ndarray | None) -> Texts:
    values: Texts = held.values.array
    return values if positions is None else values.take(positions)


def _numbers(held: Held, positions: np.ndarray | None) -> np.ndarray:
    values = held.values.to_numpy("float64")
    return values if positions is None else values[positions]


def texts_differ(a: Texts, b: Texts) -> np.ndarray:
    """Where two arrays of text differ; missing is missing.

    >>> one, other = pd.array(["a", None, "b"], dtype="str"), pd.array(["a", None, None], dtype="str")
    >>> texts_differ(one, other).tolist()
    [False, False, True]
    """
    none_a, none_b = a.isna(), b.isna()
    unlike = np.asarray(a != b, dtype=bool)
    made: np.ndarray = (unlike & ~(none_a & none_b)) | (none_a != none_b)
    return made


def numbers_differ(a: np.ndarray, b: np.ndarray, tolerance: float) -> tuple[np.ndarray, float | None]:
    """Where numbers are further apart than the tolerance, a part of the larger, and how far at most.

    >>> where, largest = numbers_differ(np.array([1.0, 2.0, np.nan]), np.array([1.0 + 1e-12, 2.5, 3.0]), 1e-9)
    >>> where.tolist(), largest
    ([False, True, True], 0.5)
    """
    where = a != b
    where &= ~(np.isnan(a) & np.isnan(b))
    at = np.flatnonzero(where)
    if not len(at):
        return where, None
    apart = np.abs(a[at] - b[at])
    if tolerance:
        near = apart <= tolerance * np.maximum(np.abs(a[at]), np.abs(b[at]))  # never where one is missing
        where[at[near]] = False
        apart = apart[~near]
    apart = apart[~np.isnan(apart)]
    return where, float(apart.max()) if len(apart) else None


def _letters_differ(a: Held, b: Held, matching: Matching) -> np.ndarray:
    """Where two missing values are of different kinds."""
    if a.letters is None and b.letters is None:
        return np.zeros(1, dtype=bool)  # for every record
    none = np.zeros(1, dtype="uint8")
    of_a, of_b = (none if held.letters is None else held.letters if at is None else held.letters[at]
                  for held, at in ((a, matching.a), (b, matching.b)))
    made: np.ndarray = of_a != of_b
    return made
