"""Scales of the axes: time that is drawn wide at first, values with a strip for what is below the limit."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
import pandas as pd

_STRIP = 0.13
"""Height of the strip of values below the limit, as a share of that of the values above."""


@dataclass(frozen=True)
class TimeScale:
    """Time from ``low`` to ``high``; where there is a ``split``, ``share`` of the width lies before it.

    >>> scale = TimeScale(0, 728, 28, 0.5)
    >>> scale.forward(np.array([0, 14, 28, 378, 728])).tolist()
    [0.0, 0.25, 0.5, 0.75, 1.0]
    """

    low: float
    high: float
    split: float | None = None
    share: float = 0.5

    def _slopes(self) -> tuple[float, float, float]:
        """Where the scale changes, and the width of a unit of time before and after that."""
        if self.split is None or not self.low < self.split < self.high:
            return self.high, 1 / (self.high - self.low), 1 / (self.high - self.low)
        return self.split, self.share / (self.split - self.low), (1 - self.share) / (self.high - self.split)

    def forward(self, times: np.ndarray) -> np.ndarray:
        """Times as parts of the width."""
        at, before, after = self._slopes()
        made: np.ndarray = np.where(times <= at, (times - self.low) * before,
                                    (at - self.low) * before + (times - at) * after)
        return made

    def inverse(self, parts: np.ndarray) -> np.ndarray:
        """The times of parts of the width."""
        at, before, after = self._slopes()
        turn = (at - self.low) * before
        made: np.ndarray = np.where(parts <= turn, self.low + parts / before, at + (parts - turn) / after)
        return made

    def functions(self) -> tuple[Callable[[np.ndarray], np.ndarray], Callable[[np.ndarray], np.ndarray]]:
        """Both ways, as an axis wants them."""
        return self.forward, self.inverse


@dataclass(frozen=True)
class ValueScale:
    """Values up to ``high``; those below the ``limit`` have a strip of their own under it."""

    low: float
    high: float
    limit: float | None
    log: bool

    def _size(self) -> float:
        assert self.limit is not None
        above = np.log10(self.high / self.limit) if self.log else self.high - self.limit
        return float(_STRIP * above)

    def in_strip(self, part: float) -> float:
        """The value at a height of the strip: 0 is its foot, 1 the limit.

        >>> ValueScale(1, 10_000, 1.0, True).in_strip(1.0)
        1.0
        """
        assert self.limit is not None
        down = (1 - part) * self._size()
        return float(self.limit * 10.0 ** -down if self.log else self.limit - down)

    def ends(self) -> tuple[float, float]:
        """The values at the lower and upper end of the axis."""
        low = self.low if self.limit is None else self.in_strip(0)
        if self.log:
            return low, self.high * (self.high / low) ** 0.03
        return low, self.high + 0.03 * (self.high - low)


def value_scale(values: pd.Series, limit: float | None, *, log: bool) -> ValueScale:
    """The scale that holds all values; a log scale begins at a full power of ten.

    >>> value_scale(pd.Series([3.0, 700.0]), None, log=True).ends()[0]
    1.0
    """
    known = values.dropna()
    low, high = (float(known.min()), float(known.max())) if len(known) else (1.0, 10.0)
    if limit is not None:
        high = max(high, limit * 10 if log else limit + 1)
    if not log:
        return ValueScale(min(low, 0.0), high if high > min(low, 0.0) else low + 1, limit, False)
    return ValueScale(float(10.0 ** np.floor(np.log10(low))), rounded_up(high), limit, True)


def rounded_up(value: float) -> float:
    """The next 1, 2 or 5 times a power of ten.

    >>> [rounded_up(value) for value in (1.0, 1.7, 208_000.0, 0.06)]
    [1.0, 2.0, 500000.0, 0.1]
    """
    power = 10.0 ** np.floor(np.log10(value))
    times = next(times for times in (1, 2, 5, 10) if value <= times * power * (1 + 1e-9))
    return float(f"{times * power:.6g}")


def strip_parts(subjects: pd.Series) -> pd.Series:
    """A height in the strip for each subject, so that their signs do not hide each other.

    >>> strip_parts(pd.Series(["a", "b", "a", "c"])).round(2).tolist()
    [0.82, 0.5, 0.82, 0.18]
    """
    order = {subject: at for at, subject in enumerate(sorted(set(subjects)))}
    last = max(len(order) - 1, 1)
    ranks = subjects.map(order).astype("float64")
    return 0.5 * (ranks + 1) if len(order) == 1 else 0.82 - 0.64 * ranks / last
