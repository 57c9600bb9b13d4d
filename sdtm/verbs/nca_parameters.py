"""The parameters of a non-compartmental analysis: how each is worked out, and its unit."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from functools import cached_property
from typing import Literal

import numpy as np

from engine.nca import (
    Method,
    Observed,
    Samples,
    TerminalRules,
    TerminalSlope,
    compute_auc,
    compute_aumc,
    compute_observed,
    compute_partial_auc,
    compute_terminal_slope,
)
from engine.nca.profiles import Codes, Floats

Beyond = Literal["observed", "predicted", "blank"]


@dataclass(frozen=True)
class Analysis:
    """Profiles and rules; every quantity is worked out once, when a parameter asks for it."""

    samples: Samples
    method: Method
    rules: TerminalRules
    beyond: Beyond
    dose: Floats

    @cached_property
    def observed(self) -> Observed:
        """The greatest and last values."""
        return compute_observed(self.samples.profiles, self.samples.quantified)

    @cached_property
    def slope(self) -> TerminalSlope:
        """The terminal slope, accepted or not."""
        return compute_terminal_slope(self.samples.profiles, self.samples.quantified, self.rules)

    @cached_property
    def rate(self) -> Floats:
        """Lambda z where it is accepted."""
        return np.where(self.slope.accepted, self.slope.rate, np.nan)

    @cached_property
    def predicted(self) -> Floats:
        """The last concentration by the regression."""
        return np.exp(self.slope.log_at_zero - self.rate * self.observed.tlast)

    @cached_property
    def _to_last(self) -> Samples:
        """Each profile up to its last quantified value."""
        points = self.samples.profiles
        with np.errstate(invalid="ignore"):
            kept = points.time <= self.observed.tlast[points.profile]
        return Samples(points.where(kept), self.samples.quantified[kept])

    @cached_property
    def area(self) -> Floats:
        """AUC to the last quantified value; a single point has none."""
        points = self._to_last.profiles
        return np.where(points.size > 1, compute_auc(points, self.method), np.nan)

    @cached_property
    def area_all(self) -> Floats:
        """AUC to the last sample that has a value."""
        points = self.samples.profiles
        known = (points.size > 1) & ~np.isnan(self.observed.tlast)
        return np.where(known, compute_auc(points, self.method), np.nan)

    @cached_property
    def moment(self) -> Floats:
        """AUMC to the last quantified value."""
        points = self._to_last.profiles
        return np.where(points.size > 1, compute_aumc(points, self.method), np.nan)

    def last(self, predicted: bool) -> Floats:
        """The concentration that the tail begins with."""
        return self.predicted if predicted else self.observed.clast

    def infinite(self, predicted: bool) -> Floats:
        """AUC to infinity."""
        return self.area + self.last(predicted) / self.rate

    def moment_infinite(self, predicted: bool) -> Floats:
        """AUMC to infinity."""
        last = self.last(predicted)
        return self.moment + last * self.observed.tlast / self.rate + last / self.rate**2

    def interval(self, start: float, end: float) -> Floats:
        """AUC from one time to another."""
        tail = None if self.beyond == "blank" else (self.last(self.beyond == "predicted"), self.rate)
        return compute_partial_auc(self._to_last.profiles, start, end, self.method, tail)

    def interval_reason(self, start: float, end: float) -> Codes:
        """Why such an area is not known: 1 the slope, 2 not covered by samples; 0 where neither."""
        points = self._to_last.profiles
        begun = np.zeros(points.count, dtype=bool)
        full = points.size > 0
        begun[full] = points.time[points.first[full]] <= start
        with np.errstate(invalid="ignore"):
            short = end > self.observed.tlast
        return np.where(~begun | (short & (self.beyond == "blank")), 2,
                        np.where(short & np.isnan(self.rate), 1, 0)).astype(np.int64)


@dataclass(frozen=True)
class Quantity:
    """How a parameter is worked out, its dimension, and what it rests on."""

    value: Callable[[Analysis], Floats]
    unit: str
    """Of ``{c}`` concentration, ``{t}`` time, ``{d}`` dose; '' for none."""
    rests: Literal["value", "slope", "fit", "tail", "interval"] = "value"
    area: bool = False

    @property
    def dosed(self) -> bool:
        """Whether it needs the dose."""
        return "{d}" in self.unit


_AREA, _MOMENT, _DOSED = "{t}*{c}", "{t}2*{c}", "{t}*{c}/{d}"
_CLEARANCE, _VOLUME = "{d}/({t}*{c})", "{d}/({c})"

INTERVALS = ("AUCINT", "AUCINTD")
"""Parameters of an interval, worked out by :meth:`Analysis.interval`."""


def _nothing(analysis: Analysis) -> Floats:
    raise AssertionError("an interval's area is asked for with its ends")


QUANTITIES: dict[str, Quantity] = {
    "CMAX": Quantity(lambda a: a.observed.cmax, "{c}"),
    "CMAXD": Quantity(lambda a: a.observed.cmax / a.dose, "{c}/{d}"),
    "TMAX": Quantity(lambda a: a.observed.tmax, "{t}"),
    "CLST": Quantity(lambda a: a.observed.clast, "{c}"),
    "TLST": Quantity(lambda a: a.observed.tlast, "{t}"),
    "AUCLST": Quantity(lambda a: a.area, _AREA, area=True),
    "AUCLSTD": Quantity(lambda a: a.area / a.dose, _DOSED, area=True),
    "AUCALL": Quantity(lambda a: a.area_all, _AREA, area=True),
    "AUCINT": Quantity(_nothing, _AREA, "interval", area=True),
    "AUCINTD": Quantity(_nothing, _DOSED, "interval", area=True),
    "AUCIFO": Quantity(lambda a: a.infinite(False), _AREA, "tail", area=True),
    "AUCIFOD": Quantity(lambda a: a.infinite(False) / a.dose, _DOSED, "tail", area=True),
    "AUCIFP": Quantity(lambda a: a.infinite(True), _AREA, "tail", area=True),
    "AUCIFPD": Quantity(lambda a: a.infinite(True) / a.dose, _DOSED, "tail", area=True),
    "AUCPEO": Quantity(lambda a: 100.0 * (a.last(False) / a.rate) / a.infinite(False), "%", "tail"),
    "AUCPEP": Quantity(lambda a: 100.0 * (a.last(True) / a.rate) / a.infinite(True), "%", "tail"),
    "AUMCLST": Quantity(lambda a: a.moment, _MOMENT, area=True),
    "AUMCIFO": Quantity(lambda a: a.moment_infinite(False), _MOMENT, "tail", area=True),
    "AUMCIFP": Quantity(lambda a: a.moment_infinite(True), _MOMENT, "tail", area=True),
    "MRTEVLST": Quantity(lambda a: a.moment / a.area, "{t}"),
    "MRTEVIFO": Quantity(lambda a: a.moment_infinite(False) / a.infinite(False), "{t}", "tail"),
    "MRTEVIFP": Quantity(lambda a: a.moment_infinite(True) / a.infinite(True), "{t}", "tail"),
    "CLO": Quantity(lambda a: a.dose / a.infinite(False), _CLEARANCE, "tail"),
    "CLP": Quantity(lambda a: a.dose / a.infinite(True), _CLEARANCE, "tail"),
    "CLFO": Quantity(lambda a: a.dose / a.infinite(False), _CLEARANCE, "tail"),
    "CLFP": Quantity(lambda a: a.dose / a.infinite(True), _CLEARANCE, "tail"),
    "VZO": Quantity(lambda a: a.dose / a.infinite(False) / a.rate, _VOLUME, "tail"),
    "VZP": Quantity(lambda a: a.dose / a.infinite(True) / a.rate, _VOLUME, "tail"),
    "VZFO": Quantity(lambda a: a.dose / a.infinite(False) / a.rate, _VOLUME, "tail"),
    "VZFP": Quantity(lambda a: a.dose / a.infinite(True) / a.rate, _VOLUME, "tail"),
    "LAMZ": Quantity(lambda a: a.rate, "/{t}", "slope"),
    "LAMZHL": Quantity(lambda a: np.log(2.0) / a.rate, "{t}", "slope"),
    "LAMZNPT": Quantity(lambda a: a.slope.points, "", "fit"),
    "R2": Quantity(lambda a: a.slope.r2, "", "fit"),
    "R2ADJ": Quantity(lambda a: a.slope.r2_adjusted, "", "fit"),
    "CORRXY": Quantity(lambda a: a.slope.correlation, "", "fit"),
    "LAMZSPN": Quantity(lambda a: a.slope.span, "", "fit"),
    "LAMZLL": Quantity(lambda a: a.slope.lower, "{t}", "fit"),
    "LAMZUL": Quantity(lambda a: a.slope.upper, "{t}", "fit"),
}
"""By PPTESTCD (codelist PKPARMCD, C85839).

``rests`` on: ``value`` a quantified value, ``slope`` an accepted terminal slope, ``fit`` a
regression, accepted or not, ``tail`` an accepted slope beyond the last value, ``interval`` samples
over the interval or the tail.
"""

REASONS = ("", "few_points", "not_falling", "poor_fit", "short_span", "no_value", "no_lambda_z",
           "not_covered")
"""Why a parameter is not there, by number; the first are those of :class:`engine.nca.Outcome`."""


def compute_parameter(quantity: str, analysis: Analysis,
                      interval: tuple[float, float] | None) -> tuple[Floats, Codes]:
    """A number for each profile, NaN where there is none, and why by number in :data:`REASONS`."""
    known = QUANTITIES[quantity]
    with np.errstate(divide="ignore", invalid="ignore"):
        if known.rests == "interval":
            assert interval is not None
            value = analysis.interval(*interval)
            value = value / analysis.dose if known.dosed else value
        else:
            value = known.value(analysis)
    value = np.where(np.isfinite(value), value, np.nan)
    return value, np.where(np.isnan(value), _reasons(known, analysis, interval), 0).astype(np.int64)


def _reasons(known: Quantity, analysis: Analysis, interval: tuple[float, float] | None) -> Codes:
    """Why each profile has no such parameter, if it has none."""
    no_value, no_slope, uncovered = range(len(REASONS) - 3, len(REASONS))
    if known.rests == "interval":
        assert interval is not None
        words = np.where(analysis.interval_reason(*interval) == 1, no_slope, uncovered)
    elif known.rests in ("slope", "fit"):
        words = np.asarray(analysis.slope.outcome)
    else:
        words = np.where(np.isnan(analysis.rate) & (known.rests == "tail"), no_slope, uncovered)
    return np.where(np.isnan(analysis.observed.cmax), no_value, words).astype(np.int64)
