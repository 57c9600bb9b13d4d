"""Which records begin and end a period, how long it lasts, and which period a date lies in."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from adam.verbs.choose import Mask, compute_chosen, ranks_of
from engine.verbs.spans import Moments, days

Numbers = NDArray[np.int64]
_DAY = np.timedelta64(86400, "s")


class Bounds(NamedTuple):
    """For each subject and period the record with the first start and that with the last end, -1 for none."""

    first: Numbers
    last: Numbers


def compute_bounds(subject: Numbers, number: Numbers, start: Moments, end: Moments,
                   shape: tuple[int, int]) -> Bounds:
    """The first and last record of each period, arrays of ``shape`` (subjects, periods).

    ``subject`` and ``number`` (both from 0) say where a record belongs.  A period
    with a record that has no end is open: its ``last`` is -1.

    >>> at = lambda *texts: np.array(texts, dtype="datetime64[s]")
    >>> found = compute_bounds(np.array([0, 0, 0]), np.array([0, 0, 1]),
    ...                        at("2025-01-08", "2025-01-01", "2025-02-01"),
    ...                        at("2025-01-09", "2025-01-02", "NaT"), (1, 2))
    >>> found.first.tolist(), found.last.tolist()
    ([[1, 2]], [[0, -1]])
    """
    cell = subject * shape[1] + number
    first, last = np.full(shape[0] * shape[1], -1), np.full(shape[0] * shape[1], -1)
    every = np.ones(len(cell), dtype=bool)
    chosen = compute_chosen(cell, ~np.isnat(start), [moment_ranks(start)], last=False).mask
    first[cell[chosen]] = np.flatnonzero(chosen)
    chosen = compute_chosen(cell, every, [moment_ranks(end)], last=True).mask
    last[cell[chosen]] = np.flatnonzero(chosen)
    last[cell[np.isnat(end)]] = -1
    return Bounds(first.reshape(shape), last.reshape(shape))


def moment_ranks(moments: Moments) -> NDArray[np.float64]:
    """Numbers that sort as the moments do, NaT first."""
    return ranks_of(pd.Series(moments))


def compute_next(start: Moments) -> Moments:
    """The start of the next period that there is, subject by subject; NaT for the last.

    >>> starts = np.array([["2025-01-01", "NaT", "2025-03-01"]], dtype="datetime64[s]")
    >>> compute_next(starts).astype("datetime64[D]").tolist()
    [[datetime.date(2025, 3, 1), datetime.date(2025, 3, 1), None]]
    """
    made = np.full(start.shape, np.datetime64("NaT", "s"))
    for number in range(start.shape[1] - 2, -1, -1):
        made[:, number] = np.fmin(start[:, number + 1], made[:, number + 1])
    return made


def compute_analysis_end(start: Moments, end: Moments, count: int | None, limits: list[Moments], *,
                         timed: bool) -> Moments:
    """The end of each analysis period: before the next begins, so many days after its own end, before limits.

    Without ``count`` it lasts until the next.  Where ``timed`` it ends in the second
    before, else on the day before; never before it began.

    >>> at = lambda *texts: np.array([texts], dtype="datetime64[s]")
    >>> made = compute_analysis_end(at("2025-01-01", "2025-02-01"), at("2025-01-08", "2025-02-08"), None, [],
    ...                             timed=False)
    >>> made.astype("datetime64[D]").tolist()
    [[datetime.date(2025, 1, 31), None]]
    """
    made = compute_next(start) - (np.timedelta64(1, "s") if timed else _DAY)
    if count is not None:
        last = days(end) + count * _DAY
        made = np.fmin(made, last + (_DAY - np.timedelta64(1, "s")) if timed else last)
    for limit in limits:
        made = np.fmin(made, limit[:, None])
    made = np.where(np.isnat(start), np.datetime64("NaT", "s"), made)
    return np.where(made < start, start, made)


def compute_changes(codes: Numbers, values: Numbers, start: Moments) -> tuple[Numbers, Mask]:
    """How often a value has changed up to each record of its group, by start; and where that is not told.

    >>> day = np.array(["2025-01-03", "2025-01-01", "2025-01-02", "2025-01-04"], dtype="datetime64[s]")
    >>> compute_changes(np.zeros(4, dtype="int64"), np.array([1, 0, 0, 0]), day)[0].tolist()
    [1, 0, 0, 2]
    """
    number, tied = np.full(len(codes), -1), np.zeros(len(codes), dtype=bool)
    order = np.lexsort((values, start, codes))
    order = order[~np.isnat(start[order])]
    group, value, moment = codes[order], values[order], start[order]
    fresh = np.append(True, group[1:] != group[:-1])[:len(order)]
    turned = np.append(False, value[1:] != value[:-1])[:len(order)] & ~fresh
    total = np.cumsum(turned)
    begun = np.maximum.accumulate(np.where(fresh, np.arange(len(order)), 0)) if len(order) else total
    number[order] = total - total[begun]
    later = fresh | np.append(True, moment[1:] != moment[:-1])[:len(order)]
    run = np.cumsum(later) - 1      # records of one group that start at one moment
    mixed = np.bincount(run[turned & ~later], minlength=int(run.max(initial=-1)) + 1) > 0
    tied[order] = mixed[run]
    return number, tied
