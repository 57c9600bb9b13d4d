"""The terminal phase: log-linear regression through the last points of a profile."""

from __future__ import annotations

from dataclasses import dataclass
from enum import IntEnum
from typing import Literal, NamedTuple

import numpy as np
from numpy.typing import NDArray

from engine.nca.profiles import Codes, Floats, Mask, Profiles, log_ratio

SLACK = 1e-12
"""So much, of a limit, a value may lie below it by rounding alone."""

First = Literal["after_peak", "peak", "any"]


class Outcome(IntEnum):
    """Why a terminal slope counts or does not; of several reasons the first."""

    ACCEPTED = 0
    FEW_POINTS = 1
    NOT_FALLING = 2
    POOR_FIT = 3
    SHORT_SPAN = 4


@dataclass(frozen=True)
class TerminalRules:
    """What is tried, and what is accepted.

    The last ``points`` or more points after the greatest value (``first``: or
    with it, or any).  Of all regressions the one with the most points counts
    whose adjusted R2 is within ``tolerance`` of the best; with ``falling`` only
    those that fall are tried.
    """

    points: int = 3
    first: First = "after_peak"
    tolerance: float = 0.0001
    falling: bool = False
    r2_adjusted: float | None = None
    span: float | None = None

    def __post_init__(self) -> None:
        if self.points < 3:
            raise ValueError("a regression needs 3 points or more: adjusted R2 divides by points - 2")


@dataclass(frozen=True)
class TerminalSlope:
    """One number a profile: the regression chosen, accepted or not; NaN where there is none.

    ``rate`` is the slope with its sign turned (lambda z), ``half_life`` ln 2 over
    it, ``span`` the time from ``lower`` to ``upper`` in half-lives (both NaN
    where the slope does not fall), ``log_at_zero`` the intercept of ln(value).
    """

    outcome: NDArray[np.int64]
    rate: Floats
    log_at_zero: Floats
    points: Floats
    r2: Floats
    r2_adjusted: Floats
    lower: Floats
    upper: Floats

    @property
    def accepted(self) -> Mask:
        """Where the regression meets the rules."""
        return np.asarray(self.outcome == Outcome.ACCEPTED)

    @property
    def half_life(self) -> Floats:
        """ln 2 / rate, where the slope falls."""
        with np.errstate(divide="ignore", invalid="ignore"):
            return np.where(self.rate > 0, np.log(2.0) / self.rate, np.nan)

    @property
    def span(self) -> Floats:
        """The time of the points over the half-life, where the slope falls."""
        with np.errstate(invalid="ignore"):
            return np.where(self.rate > 0, (self.upper - self.lower) * self.rate / np.log(2.0), np.nan)

    @property
    def correlation(self) -> Floats:
        """Of time and ln(value)."""
        return -np.sign(self.rate) * np.sqrt(self.r2)


class _Tries(NamedTuple):
    """Regressions through the last 3, 4, 5 ... points of each profile."""

    profile: Codes
    points: Codes
    lower: Floats
    upper: Floats
    slope: Floats
    at_zero: Floats
    r2: Floats
    adjusted: Floats

    def where(self, mask: Mask) -> _Tries:
        """Those where ``mask`` is true."""
        return _Tries(self.profile[mask], self.points[mask], self.lower[mask], self.upper[mask],
                      self.slope[mask], self.at_zero[mask], self.r2[mask], self.adjusted[mask])


def compute_terminal_slope(profiles: Profiles, quantified: Mask,
                           rules: TerminalRules | None = None) -> TerminalSlope:
    """The terminal slope of each profile, of its quantified values above 0.

    >>> time = np.array([0.0, 1, 2, 4, 6, 8])
    >>> value = np.array([0.0, 9.0, 8.0, 4.0, 2.0, 1.0])
    >>> found = compute_terminal_slope(Profiles(np.zeros(6, dtype="int64"), time, value, 1), value > 0,
    ...                                TerminalRules(r2_adjusted=0.8, span=2))
    >>> int(found.points[0]), Outcome(found.outcome[0]).name, [float(round(v[0], 12)) for v in (
    ...     found.rate, found.half_life, found.r2_adjusted, found.span)]
    (4, 'ACCEPTED', [0.34657359028, 2.0, 1.0, 3.0])
    """
    rules = rules or TerminalRules()
    usable = _usable(profiles, quantified, rules)
    tries = _regressions(profiles.where(usable), rules.points)
    if rules.falling:
        tries = tries.where(tries.slope < 0)
    chosen = _chosen(tries, profiles.count, rules.tolerance)
    made = [_spread(column, chosen) for column in (
        -tries.slope, tries.at_zero, tries.points, tries.r2, tries.adjusted, tries.lower, tries.upper)]
    found = TerminalSlope(np.zeros(profiles.count, dtype=np.int64), *made)
    enough = profiles.where(usable).size >= rules.points
    return TerminalSlope(_outcome(found, enough, rules), *made)


def _usable(profiles: Profiles, quantified: Mask, rules: TerminalRules) -> Mask:
    """The points a regression may go through."""
    usable: Mask = quantified & (profiles.value > 0)
    if rules.first == "any":
        return usable
    peak = profiles.peak(quantified & (profiles.time > 0))
    position = peak[profiles.profile]
    index = np.arange(len(position))
    later = index >= position if rules.first == "peak" else index > position
    return usable & later & (position >= 0)


def _regressions(points: Profiles, least: int) -> _Tries:
    """All regressions, each centred on its own means, so that far-off times or flat values cost no digits."""
    size = points.size
    tried = np.clip(size - least + 1, 0, None)
    profile = np.repeat(np.arange(points.count), tried)
    number = least + np.arange(len(profile)) - np.repeat(np.cumsum(tried) - tried, tried)
    end = (points.first + size)[profile]
    owner = np.repeat(np.arange(len(profile)), number)
    within = np.arange(len(owner)) - np.repeat(np.cumsum(number) - number, number)
    at = (end - number)[owner] + within
    # Distances from the last point: alike values differ by 0 exactly, and so do their logarithms.
    ultimate = (end - 1)[owner]
    x = points.time[at] - points.time[ultimate]
    y = log_ratio(points.value[at], points.value[ultimate])
    count = len(profile)

    def total(values: Floats) -> Floats:
        return np.bincount(owner, weights=values, minlength=count).astype(np.float64)

    mean_x, mean_y = total(x) / number, total(y) / number
    dx, dy = x - mean_x[owner], y - mean_y[owner]
    sxx, sxy, syy = total(dx * dx), total(dx * dy), total(dy * dy)
    slope = sxy / sxx
    with np.errstate(divide="ignore", invalid="ignore"):
        rest = total((dy - slope[owner] * dx) ** 2) / syy    # 1 - R2, without a difference of alike numbers
    adjusted = 1.0 - rest * (number - 1) / (number - 2)
    last = end - 1
    at_zero = np.log(points.value[last]) + mean_y - slope * (mean_x + points.time[last])
    return _Tries(profile, number, points.time[end - number], points.time[last], slope, at_zero,
                  1.0 - rest, adjusted)


def _chosen(tries: _Tries, count: int, tolerance: float) -> Codes:
    """Which regression of each profile counts, -1 where there is none."""
    fit = np.where(np.isnan(tries.adjusted), -np.inf, tries.adjusted)
    best = np.full(count, -np.inf)
    np.maximum.at(best, tries.profile, fit)
    near = np.flatnonzero(fit >= best[tries.profile] - tolerance)
    chosen = np.full(count, -1, dtype=np.int64)
    order = near[np.lexsort((tries.points[near], tries.profile[near]))]
    chosen[tries.profile[order]] = order      # the last written has the most points
    return chosen


def _spread(column: NDArray[np.generic], chosen: Codes) -> Floats:
    padded = np.append(column.astype(np.float64), np.nan)
    found: Floats = padded[chosen]
    return found


def _outcome(found: TerminalSlope, enough: Mask, rules: TerminalRules) -> NDArray[np.int64]:
    """The first reason that holds against the regression."""
    with np.errstate(invalid="ignore"):
        falls = found.rate > 0
        poor = np.zeros(len(falls), dtype=bool) if rules.r2_adjusted is None else ~(
            found.r2_adjusted >= rules.r2_adjusted * (1.0 - SLACK))
        short = np.zeros(len(falls), dtype=bool) if rules.span is None else ~(
            found.span >= rules.span * (1.0 - SLACK))
    reasons = [~enough, ~falls, poor, short]
    codes = [Outcome.FEW_POINTS, Outcome.NOT_FALLING, Outcome.POOR_FIT, Outcome.SHORT_SPAN]
    return np.select(reasons, codes, Outcome.ACCEPTED).astype(np.int64)
