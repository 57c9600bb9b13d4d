"""What is read from a profile as it is: the greatest and the last quantified value, and their times."""

from __future__ import annotations

from dataclasses import dataclass

from engine.nca.profiles import Floats, Mask, Profiles, at_positions


@dataclass(frozen=True)
class Observed:
    """One number a profile, NaN where nothing was quantified after time 0."""

    cmax: Floats
    tmax: Floats
    clast: Floats
    tlast: Floats


def compute_observed(profiles: Profiles, quantified: Mask) -> Observed:
    """The greatest value (the first of several), the last, and their times, of those quantified after time 0.

    >>> import numpy as np
    >>> points = Profiles(np.zeros(5, dtype="int64"), np.array([0.0, 1, 2, 4, 8]),
    ...                   np.array([9.0, 3.0, 7.0, 7.0, 1.0]), 1)
    >>> found = compute_observed(points, np.array([True, True, True, True, False]))
    >>> [float(v[0]) for v in (found.cmax, found.tmax, found.clast, found.tlast)]
    [7.0, 2.0, 7.0, 4.0]
    """
    among = quantified & (profiles.time > 0)
    peak, last = profiles.peak(among), profiles.last(among)
    return Observed(at_positions(profiles.value, peak), at_positions(profiles.time, peak),
                    at_positions(profiles.value, last), at_positions(profiles.time, last))
