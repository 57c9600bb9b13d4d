"""From samples as collected to profiles: one value a time, values below the limit, the value at time 0."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal, get_args

import numpy as np

from engine.nca.profiles import Codes, Floats, Mask, Profiles, at_positions, log_ratio

Rule = Literal["0", "blank", "lloq", "half"]
RULES: tuple[Rule, ...] = get_args(Rule)
AtZero = Literal["0", "blank", "first", "extrapolated"]


@dataclass(frozen=True)
class BelowRules:
    """What stands for a value below the limit: before the dose, before the first quantified value,
    between two, after the last; and what stands at time 0 where no sample gives a value."""

    before_dose: Rule = "0"
    before_first: Rule = "0"
    between: Rule = "blank"
    after_last: Rule = "blank"
    at_zero: AtZero = "0"


@dataclass(frozen=True)
class Samples:
    """Profiles from time 0 on, and which of their points were quantified (the others stand by rule)."""

    profiles: Profiles
    quantified: Mask


def compute_nearest(profile: Codes, planned: Floats, time: Floats) -> Mask:
    """Of several samples of one planned time the nearest to it, of two as near the earlier, then the first.

    Samples without a planned time (NaN) all count.

    >>> compute_nearest(np.zeros(4, dtype="int64"), np.array([24.0, 24, 24, np.nan]),
    ...                 np.array([22.0, 26.0, 28.0, 27.0])).tolist()
    [True, False, False, True]
    """
    away = np.abs(time - planned)
    order = np.lexsort((time, away, planned, profile))
    first = np.ones(len(order), dtype=bool)
    same = (profile[order][1:] == profile[order][:-1]) & (planned[order][1:] == planned[order][:-1])
    first[1:] = ~same                      # NaN equals nothing
    chosen = np.zeros(len(order), dtype=bool)
    chosen[order] = first
    return chosen


def compute_merged(profile: Codes, time: Floats, value: Floats) -> tuple[Codes, Floats, Floats, Codes]:
    """One sample a time: the mean of those quantified at it, below the limit (NaN) where none was.

    Gives the profile, time and value of each, sorted, and the group of each sample.

    >>> merged = compute_merged(np.zeros(3, dtype="int64"), np.array([2.0, 1, 2]), np.array([4.0, np.nan, 6]))
    >>> [column.tolist() for column in merged]
    [[0, 0], [1.0, 2.0], [nan, 5.0], [1, 0, 1]]
    """
    order = np.lexsort((time, profile))
    codes, times = profile[order], time[order]
    fresh = np.ones(len(order), dtype=bool)
    fresh[1:] = (codes[1:] != codes[:-1]) | (times[1:] != times[:-1])
    group = np.cumsum(fresh) - 1
    size = int(fresh.sum())
    known = ~np.isnan(value[order])
    number = np.bincount(group, weights=known, minlength=size)
    total = np.bincount(group, weights=np.where(known, value[order], 0.0), minlength=size)
    with np.errstate(invalid="ignore"):
        mean = np.where(number > 0, total / number, np.nan)
    back = np.empty(len(order), dtype=np.int64)
    back[order] = group
    return codes[fresh], times[fresh], mean, back


def compute_samples(profile: Codes, time: Floats, value: Floats, lloq: Floats, count: int,
                    rules: BelowRules | None = None) -> Samples:
    """The points of each profile from time 0 on.

    ``value`` is NaN below the limit ``lloq`` (which only the rules ``lloq`` and
    ``half`` need); there is one sample a time, sorted.  The last sample at or
    before time 0 stands at time 0, earlier ones are left out.

    >>> time, below = np.array([-2.0, -1, 1, 2, 4, 8]), np.nan
    >>> value = np.array([5.0, below, below, 6, below, below])
    >>> made = compute_samples(np.zeros(6, dtype="int64"), time, value, np.ones(6), 1,
    ...                        BelowRules(between="half", after_last="lloq"))
    >>> made.profiles.time.tolist(), made.profiles.value.tolist()
    ([0.0, 1.0, 2.0, 4.0, 8.0], [0.0, 0.0, 6.0, 1.0, 1.0])
    """
    rules = rules or BelowRules()
    next_dosed = np.append(time[1:] > 0, True) | np.append(profile[1:] != profile[:-1], True)
    kept = (time > 0) | next_dosed
    profile, time, value, lloq = profile[kept], time[kept], value[kept], lloq[kept]
    quantified = ~np.isnan(value)
    value = np.where(quantified, value, _ruled(profile, time, quantified, lloq, count, rules))
    time = np.maximum(time, 0.0)
    there = ~np.isnan(value)
    profile, time, value, quantified = profile[there], time[there], value[there], quantified[there]
    return _from_zero(Profiles(profile, time, value, count), quantified, rules.at_zero)


def _ruled(profile: Codes, time: Floats, quantified: Mask, lloq: Floats, count: int,
           rules: BelowRules) -> Floats:
    """What stands for each value if it is below the limit, NaN where nothing does."""
    dosed = time > 0
    first, last = np.full(count, np.inf), np.full(count, -np.inf)
    counted = quantified & dosed
    np.minimum.at(first, profile[counted], time[counted])
    np.maximum.at(last, profile[counted], time[counted])
    stands = {"0": np.zeros(len(time)), "blank": np.full(len(time), np.nan), "lloq": lloq, "half": lloq / 2.0}
    return np.select([~dosed, time < first[profile], time <= last[profile]],
                     [stands[rules.before_dose], stands[rules.before_first], stands[rules.between]],
                     stands[rules.after_last])


def _from_zero(points: Profiles, quantified: Mask, at_zero: AtZero) -> Samples:
    """Points with one at time 0 put before those that lack it, as the rule says."""
    size, first = points.size, points.first
    lacking = size > 0
    lacking[lacking] = points.time[first[lacking]] > 0
    where = np.flatnonzero(lacking)
    if at_zero == "blank" or not len(where):
        return Samples(points, quantified)
    begin = first[where]
    value = np.zeros(len(where))
    if at_zero != "0":
        value = points.value[begin].copy()
    if at_zero == "extrapolated":
        value = _extrapolated(points, begin, begin + 1, size[where] > 1, value)
    added = Profiles(np.insert(points.profile, begin, where), np.insert(points.time, begin, 0.0),
                     np.insert(points.value, begin, value), points.count)
    return Samples(added, np.insert(quantified, begin, False))


def _extrapolated(points: Profiles, begin: Codes, second: Codes, two: Mask, value: Floats) -> Floats:
    """The value at time 0 on the line through the logarithms of the first two points, where they fall;
    else the first point's."""
    left, right = value, at_positions(points.value, np.where(two, second, -1))
    start, end = points.time[begin], at_positions(points.time, np.where(two, second, -1))
    with np.errstate(divide="ignore", invalid="ignore"):
        falls = (right > 0) & (right < left)
        raised = left * np.exp(start * log_ratio(left, right) / (end - start))
    return np.where(falls, raised, left)
