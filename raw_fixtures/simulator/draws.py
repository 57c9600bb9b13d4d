"""Random numbers that are the same on every machine.

Only uniform doubles are taken from the bit generator; all else is made of them with plain arithmetic, because
the other distributions of a library may change with its version.  Every form has its own stream, so that a
change in one leaves the others as they were.
"""

from __future__ import annotations

import zlib
from collections.abc import Sequence
from typing import Any

import numpy as np
import numpy.typing as npt

Floats = npt.NDArray[np.float64]
Ints = npt.NDArray[np.int64]
Bools = npt.NDArray[np.bool_]
Days = npt.NDArray[np.datetime64]
Text = npt.NDArray[np.object_]


class Stream:
    """Draws for one form and one chunk of subjects.

    >>> Stream(1, 2).uniform(3).shape
    (3,)
    """

    def __init__(self, *key: int) -> None:
        self._generator = np.random.Generator(np.random.PCG64(np.random.SeedSequence(list(key))))

    def uniform(self, n: int, low: float = 0.0, high: float = 1.0) -> Floats:
        """``n`` numbers from low up to high."""
        return low + (high - low) * self._generator.random(n)

    def between(self, low: Floats, high: Floats) -> Floats:
        """One number for each pair of limits."""
        return np.asarray(low + (high - low) * self._generator.random(len(low)), dtype=np.float64)

    def normal(self, n: int) -> Floats:
        """Standard normal to within the needs of a simulation: twelve uniforms less six."""
        return np.asarray(self._generator.random((12, n)).sum(axis=0) - 6.0, dtype=np.float64)

    def integers(self, n: int, low: int, high: int) -> Ints:
        """Whole numbers, both limits included."""
        return np.floor(self.uniform(n, low, high + 1)).astype(np.int64)

    def flag(self, n: int, chance: float | Floats) -> Bools:
        """True with the given chance."""
        return np.asarray(self._generator.random(n) < chance, dtype=np.bool_)

    def pick(self, n: int, values: Sequence[Any], weights: Sequence[float] | None = None) -> Text:
        """``n`` of ``values``, with weights that need not add up to 1."""
        share = np.asarray(weights if weights is not None else [1.0] * len(values), dtype=np.float64)
        place = np.searchsorted(np.cumsum(share) / share.sum(), self._generator.random(n), side="right")
        return np.asarray(values, dtype=object)[np.minimum(place, len(values) - 1)]


class Draws:
    """Streams by name for one seed and chunk.

    >>> a, b = Draws(7, 0), Draws(7, 0)
    >>> bool((a.stream("vs").uniform(4) == b.stream("vs").uniform(4)).all())
    True
    """

    def __init__(self, seed: int, chunk: int) -> None:
        self.seed, self.chunk = seed, chunk

    def stream(self, name: str) -> Stream:
        """A new stream that starts at its beginning."""
        return Stream(self.seed, self.chunk, zlib.crc32(name.encode("ascii")))
