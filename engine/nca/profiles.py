"""Many concentration-time profiles, end to end."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]
Codes = NDArray[np.int64]
Mask = NDArray[np.bool_]


@dataclass(frozen=True)
class Profiles:
    """``count`` profiles: codes 0 .. count-1 in order, each with times that rise.

    ``value`` is a concentration, 0 or more; there are no blanks.  A profile may
    have no point at all.

    >>> two = Profiles(np.array([0, 0, 1]), np.array([0.0, 2.0, 1.0]), np.array([0.0, 5.0, 3.0]), 3)
    >>> two.size.tolist(), two.first.tolist()
    ([2, 1, 0], [0, 2, 3])
    >>> Profiles(np.array([0, 0]), np.array([1.0, 1.0]), np.array([2.0, 2.0]), 1)
    Traceback (most recent call last):
    ...
    ValueError: the times of a profile must rise
    """

    profile: Codes
    time: Floats
    value: Floats
    count: int

    def __post_init__(self) -> None:
        step = np.diff(self.profile)
        if (step < 0).any() or (self.profile < 0).any() or (self.profile >= self.count).any():
            raise ValueError("profiles are numbered from 0, each end to end")
        if not np.isfinite(self.time).all() or not np.isfinite(self.value).all() or (self.value < 0).any():
            raise ValueError("a profile has times, and values of 0 or more")
        if (np.diff(self.time)[step == 0] <= 0).any():
            raise ValueError("the times of a profile must rise")

    @property
    def size(self) -> Codes:
        """How many points each profile has."""
        return np.bincount(self.profile, minlength=self.count).astype(np.int64)

    @property
    def first(self) -> Codes:
        """Where each profile begins."""
        size = self.size
        return (np.cumsum(size) - size).astype(np.int64)

    def where(self, mask: Mask) -> Profiles:
        """The points where ``mask`` is true; there are as many profiles as before."""
        return Profiles(self.profile[mask], self.time[mask], self.value[mask], self.count)

    def sums(self, values: Floats, codes: Codes | None = None) -> Floats:
        """The sum of values of each profile (0 where there are none)."""
        at = self.profile if codes is None else codes
        return np.bincount(at, weights=values, minlength=self.count).astype(np.float64)

    def segments(self) -> tuple[Codes, Codes]:
        """Positions of the left point of each stretch between two points of a profile, and its profile."""
        left = np.flatnonzero(np.diff(self.profile) == 0).astype(np.int64)
        return left, self.profile[left]

    def peak(self, among: Mask | None = None) -> Codes:
        """The position of the first of the greatest values of each profile, -1 where there is none."""
        positions = np.flatnonzero(among) if among is not None else np.arange(len(self.profile))
        order = positions[np.lexsort((self.time[positions], -self.value[positions],
                                      self.profile[positions]))]
        codes = self.profile[order]
        found = np.full(self.count, -1, dtype=np.int64)
        starts = np.flatnonzero(np.diff(codes, prepend=-1) != 0)
        found[codes[starts]] = order[starts]
        return found

    def last(self, among: Mask | None = None) -> Codes:
        """The position of the last point of each profile, -1 where there is none."""
        positions = np.flatnonzero(among) if among is not None else np.arange(len(self.profile))
        found = np.full(self.count, -1, dtype=np.int64)
        found[self.profile[positions]] = positions
        return found


def at_positions(values: Floats, positions: Codes) -> Floats:
    """Values at positions, NaN where the position is -1.

    >>> at_positions(np.array([4.0, 5.0]), np.array([1, -1])).tolist()
    [5.0, nan]
    """
    padded = np.append(values, np.nan)
    found: Floats = padded[positions]
    return found


def log_ratio(value: Floats, other: Floats) -> Floats:
    """ln(value / other) of values above 0, to full precision also where they are nearly alike.

    >>> ratio = log_ratio(np.array([1.0 + 2**-50, 8.0]), np.array([1.0, 1.0]))
    >>> float(ratio[0]) * 2**50, float(ratio[1]) == float(np.log(8.0))
    (0.9999999999999996, True)
    """
    near = np.abs(value - other) < 0.5 * other
    with np.errstate(divide="ignore", invalid="ignore"):
        return np.where(near, np.log1p(np.where(near, value - other, 0.0) / other), np.log(value / other))
