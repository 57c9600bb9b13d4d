"""Non-compartmental analysis: published results, an independent library, 60-digit arithmetic, laws."""

from __future__ import annotations

import csv
import itertools
import math
from decimal import Decimal, localcontext
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from engine.nca import (
    METHODS,
    BelowRules,
    Method,
    Outcome,
    Profiles,
    Samples,
    TerminalRules,
    compute_auc,
    compute_aumc,
    compute_merged,
    compute_nearest,
    compute_observed,
    compute_partial_auc,
    compute_samples,
    compute_terminal_slope,
)

DATA = Path(__file__).parent / "data" / "nca"
RULE: dict[str, Method] = {"Linear": "linear", "Log": "linear_up_log_down"}


def rows(name: str) -> list[dict[str, str]]:
    """The records of a file of published data."""
    with (DATA / name).open(encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file))


def published(name: str) -> Samples:
    """All profiles of a data set, 0 at time 0 where there is no sample; subjects are 1, 2, 3 ..."""
    data = rows(f"{name}.csv")
    profile = np.array([int(row["subject"]) - 1 for row in data])
    value = np.array([float(row["value"]) for row in data])
    return compute_samples(profile, np.array([float(row["time"]) for row in data]),
                           np.where(value > 0, value, np.nan), np.ones(len(data)), int(profile.max()) + 1,
                           BelowRules(between="0"))


def computed(name: str) -> dict[tuple[str, str], np.ndarray]:
    """Every parameter by rule and name, a number a subject."""
    samples = published(name)
    points, seen = samples.profiles, compute_observed(samples.profiles, samples.quantified)
    slope = compute_terminal_slope(points, samples.quantified)
    predicted = np.exp(slope.log_at_zero - slope.rate * seen.tlast)
    made = {"CMAX": seen.cmax, "TMAX": seen.tmax, "CLST": seen.clast, "TLST": seen.tlast, "LAMZ": slope.rate,
            "LAMZHL": slope.half_life, "LAMZNPT": slope.points, "R2": slope.r2, "R2ADJ": slope.r2_adjusted,
            "CORRXY": slope.correlation, "LAMZLL": slope.lower, "LAMZUL": slope.upper, "CLSTP": predicted}
    found = {("any", what): values for what, values in made.items()}
    for rule, method in RULE.items():
        area, moment = compute_auc(points, method), compute_aumc(points, method)
        observed, expected = area + seen.clast / slope.rate, area + predicted / slope.rate
        found |= {(rule, "AUCLST"): area, (rule, "AUMCLST"): moment, (rule, "AUCIFO"): observed,
                  (rule, "AUCIFP"): expected, (rule, "AUCPEO"): 100 * (1 - area / observed),
                  (rule, "AUCPEP"): 100 * (1 - area / expected), (rule, "MRTEVLST"): moment / area,
                  (rule, "CLFO"): 320 / observed, (rule, "VZFO"): 320 / observed / slope.rate,
                  (rule, "AUMCIFO"): moment + seen.clast * (seen.tlast + 1 / slope.rate) / slope.rate}
        for start, end in ((0, 6), (0.3, 5.7), (1.5, 7)):
            found[rule, f"AUC_{start}_{end}"] = compute_partial_auc(points, start, end, method)
    return found


@pytest.mark.parametrize("name", ["theoph", "indometh"])
def test_an_independent_library_finds_the_same(name: str) -> None:
    """NonCompart of R, all digits: both rules, areas, partial areas, moments, terminal slopes."""
    ours = computed(name)
    theirs = [row for row in rows("noncompart.csv") if row["data"] == name]
    assert len(theirs) == 18 * len(np.unique([row["subject"] for row in theirs]))
    for row in theirs:
        value = ours[row["method"], row["what"]][int(row["subject"]) - 1]
        assert value == pytest.approx(float(row["value"]), rel=1e-12, abs=0), row


def test_winnonlin_published_the_same() -> None:
    """Theophylline in 12 subjects, as printed: rounded to 10 digits, and then to 7 decimals."""
    ours = computed("theoph")
    for row in rows("winnonlin.csv"):
        value = ours[row["method"], row["what"]][int(row["subject"]) - 1]
        printed = float(row["value"])
        assert abs(value - printed) <= 5.01e-8 + 5.01e-10 * abs(printed), row


# --- 60-digit arithmetic ------------------------------------------------------------------


def exact_area(time: list[float], value: list[float], method: Method, moment: bool = False) -> Decimal:
    """The area, or that under time x value, straight from the formulas of a trapezoid and an exponential."""
    with localcontext() as context:
        context.prec = 60
        t, c = [Decimal(x) for x in time], [Decimal(x) for x in value]
        peak, total = value.index(max(value)), Decimal(0)
        for n in range(len(t) - 1):
            width, first, last = t[n + 1] - t[n], c[n], c[n + 1]
            logs = first > 0 and last > 0 and first != last and (
                (method == "linear_up_log_down" and last < first) or (method == "linear_log" and n >= peak))
            if not logs:
                ends = (t[n] * first, t[n + 1] * last) if moment else (first, last)
                total += width * (ends[0] + ends[1]) / 2
                continue
            k = (first / last).ln() / width
            area = (first - last) / k
            total += (t[n] * first - t[n + 1] * last + area) / k if moment else area
        return total


def exact_slope(time: list[float], value: list[float]) -> tuple[Decimal, Decimal, Decimal]:
    """Slope, intercept and R2 of the logarithms, by the formulas of least squares."""
    with localcontext() as context:
        context.prec = 60
        x, y = [Decimal(t) for t in time], [Decimal(c).ln() for c in value]
        none = Decimal(0)
        mean_x, mean_y = sum(x, none) / len(x), sum(y, none) / len(y)
        sxx = sum(((a - mean_x) ** 2 for a in x), none)
        sxy = sum(((a - mean_x) * (b - mean_y) for a, b in zip(x, y, strict=True)), none)
        syy = sum(((b - mean_y) ** 2 for b in y), none)
        slope = sxy / sxx
        return slope, mean_y - slope * mean_x, sxy * sxy / (sxx * syy)


def one(time: list[float], value: list[float]) -> Profiles:
    return Profiles(np.zeros(len(time), dtype=np.int64), np.array(time), np.array(value), 1)


CONCENTRATIONS = st.one_of(st.just(0.0), st.floats(1e-3, 1e6))
STEPS = st.floats(1e-3, 1e3)


@st.composite
def curves(draw: st.DrawFn, least: int = 2, lowest: st.SearchStrategy[float] = CONCENTRATIONS,
           ) -> tuple[list[float], list[float]]:
    """Times that rise from 0, and concentrations, some of them nearly alike."""
    steps = draw(st.lists(STEPS, min_size=least - 1, max_size=12))
    values = draw(st.lists(lowest, min_size=len(steps) + 1, max_size=len(steps) + 1))
    near = draw(st.lists(st.integers(0, 60), min_size=len(values), max_size=len(values)))
    for n in range(1, len(values)):
        if near[n] > 8:
            values[n] = values[n - 1] * (1.0 - 2.0 ** -near[n])
    return [0.0, *np.cumsum(steps).tolist()], values


@settings(max_examples=150, deadline=None)
@given(curves(), st.sampled_from(METHODS))
def test_areas_are_exact(curve: tuple[list[float], list[float]], method: Method) -> None:
    """To 12 digits, also where neighbours are alike but for the last bits."""
    time, value = curve
    points = one(time, value)
    assert compute_auc(points, method)[0] == pytest.approx(float(exact_area(time, value, method)), rel=1e-12)
    assert compute_aumc(points, method)[0] == pytest.approx(
        float(exact_area(time, value, method, moment=True)), rel=1e-12)


@settings(max_examples=100, deadline=None)
@given(st.floats(1e-4, 1.0), st.floats(1.0, 1e6), st.sampled_from([0.0, 1e3, 1e6]),
       st.lists(st.integers(1, 400), min_size=2, max_size=10, unique=True),
       st.lists(st.floats(0.9, 1.1), min_size=11, max_size=11))
def test_slopes_are_exact(rate: float, first: float, offset: float, hours: list[int],
                          scatter: list[float]) -> None:
    """To 11 digits, also with times so far off that their squares lose what they differ by."""
    time = [offset + t / 8 for t in sorted({0, *hours})]
    value = [first * math.exp(-rate * (t - offset)) * s for t, s in zip(time, scatter, strict=False)]
    value[0] = 2 * max(value)                     # the greatest, before which no regression goes
    points = one([offset - 1.0, *time] if offset else [-1.0, *time], [3 * max(value), *value])
    points = Profiles(points.profile, points.time + 2.0, points.value, 1)
    found = compute_terminal_slope(points, points.value > 0, TerminalRules(points=len(time)))
    slope, at_zero, r2 = exact_slope([t + 2.0 for t in time], value)
    size = float(abs(slope)) + 1e-9
    assert -found.rate[0] == pytest.approx(float(slope), rel=1e-11, abs=1e-13 * size)
    assert found.r2[0] == pytest.approx(float(r2), rel=1e-10, abs=1e-13)
    assert found.log_at_zero[0] == pytest.approx(float(at_zero), rel=1e-11, abs=1e-11)


def test_an_ill_conditioned_slope() -> None:
    """Ten samples within 8 seconds after 10^6 hours, concentrations alike in 8 digits: 9 of the slope's."""
    time = [1e6 + n / 2**12 for n in range(10)]
    value = [1e5 * (1.0 - 1e-9 * n) for n in range(10)]
    points = one([1.0, *time], [2e5, *value])
    found = compute_terminal_slope(points, points.value > 0, TerminalRules(points=10))
    slope, _, r2 = exact_slope(time, value)
    assert found.rate[0] == pytest.approx(-float(slope), rel=1e-9)
    assert found.r2[0] == pytest.approx(float(r2), abs=1e-12)


# --- laws ---------------------------------------------------------------------------------


@settings(max_examples=100, deadline=None)
@given(curves(3), st.sampled_from(METHODS), st.floats(0.01, 0.99), st.floats(0.01, 0.99))
def test_partial_areas_add_up(curve: tuple[list[float], list[float]], method: Method, a: float,
                              b: float) -> None:
    """The parts are as much as the whole, where values are read off the curve that areas are under."""
    time, value = curve
    points, end = one(time, value), time[-1]
    cuts = sorted({0.0, a * end, b * end, end})
    parts = [compute_partial_auc(points, x, y, method)[0] for x, y in itertools.pairwise(cuts)]
    whole = compute_partial_auc(points, 0.0, end, method)[0]
    assert whole == pytest.approx(compute_auc(points, method)[0], rel=1e-12)
    if method != "linear_log_interpolation":
        assert sum(parts) == pytest.approx(whole, rel=1e-9)


@settings(max_examples=50, deadline=None)
@given(st.lists(curves(4, st.floats(1e-3, 1e6)), min_size=2, max_size=5), st.sampled_from(METHODS))
def test_profiles_do_not_see_each_other(many: list[tuple[list[float], list[float]]], method: Method) -> None:
    """All at once gives what each gives alone."""
    profile = np.repeat(np.arange(len(many)), [len(time) for time, _ in many]).astype(np.int64)
    together = Profiles(profile, np.concatenate([np.array(t) for t, _ in many]),
                        np.concatenate([np.array(c) for _, c in many]), len(many))
    seen = np.ones(len(profile), dtype=bool)
    slopes, peaks = compute_terminal_slope(together, seen), compute_observed(together, seen)
    areas = compute_auc(together, method)
    for n, (time, value) in enumerate(many):
        alone, all_ = one(time, value), np.ones(len(time), dtype=bool)
        assert areas[n] == pytest.approx(compute_auc(alone, method)[0], rel=1e-13)
        slope = compute_terminal_slope(alone, all_)
        assert slopes.outcome[n] == slope.outcome[0]
        np.testing.assert_allclose([slopes.rate[n], slopes.r2[n]], [slope.rate[0], slope.r2[0]], rtol=1e-9,
                                   atol=1e-12)
        assert peaks.cmax[n] == compute_observed(alone, all_).cmax[0]


@settings(max_examples=50, deadline=None)
@given(st.floats(0.01, 2.0), st.floats(1.0, 1e5), st.integers(4, 12))
def test_an_exponential_is_found(rate: float, first: float, count: int) -> None:
    """Of a pure exponential: its rate, R2 1, and first / rate as its whole area."""
    time = np.arange(count, dtype=np.float64) * 0.5
    points = Profiles(np.zeros(count, dtype=np.int64), time, first * np.exp(-rate * time), 1)
    seen = np.ones(count, dtype=bool)
    slope = compute_terminal_slope(points, seen, TerminalRules(first="any"))
    assert slope.points[0] == count
    assert slope.rate[0] == pytest.approx(rate, rel=1e-11)
    assert slope.r2_adjusted[0] == pytest.approx(1.0, abs=1e-12)
    whole = compute_partial_auc(points, 0.0, 1e9, tail=(points.value[-1:], slope.rate))[0]
    assert whole == pytest.approx(first / rate, rel=1e-10)


# --- single rules -------------------------------------------------------------------------


def outcome(value: list[float], rules: TerminalRules) -> str:
    points = one([float(n) for n in range(len(value))], value)
    return Outcome(compute_terminal_slope(points, points.value > 0, rules).outcome[0]).name


def test_each_reason_in_turn() -> None:
    """Of several reasons the first counts; a limit that is met exactly is met."""
    rules = TerminalRules(r2_adjusted=0.8, span=2.0)
    assert outcome([0, 9, 8, 4], rules) == "FEW_POINTS"
    assert outcome([0, 9, 2, 4, 8], rules) == "NOT_FALLING"
    assert outcome([0, 9, 5, 5, 5], rules) == "NOT_FALLING"
    assert outcome([0, 9, 8, 1, 6], rules) == "POOR_FIT"
    assert outcome([0, 9, 8, 7.9, 7.8], rules) == "SHORT_SPAN"
    assert outcome([0, 9, 4, 2, 1], rules) == "ACCEPTED"          # a span of 2 half-lives, by ln 2 twice
    assert outcome([0, 0, 0], rules) == "FEW_POINTS"
    assert outcome([0, 9, 8, 1, 6], TerminalRules()) == "ACCEPTED"


def test_only_falling_regressions_are_tried_if_so_said() -> None:
    """The last three rise in a perfect line; the last four fall."""
    value = [0.0, 900.0, 800.0, 1.0, 2.0, 4.0]
    assert outcome(value, TerminalRules()) == "NOT_FALLING"
    points = one([float(n) for n in range(6)], value)
    found = compute_terminal_slope(points, points.value > 0, TerminalRules(falling=True))
    assert (found.points[0], found.outcome[0]) == (4.0, Outcome.ACCEPTED)


def test_points_before_or_at_the_peak() -> None:
    """The peak itself counts if so said, and what is before it too."""
    points = one([0.0, 1, 2, 3], [16.0, 8.0, 4.0, 2.0])
    seen = points.value > 0
    counts = [compute_terminal_slope(points, seen, TerminalRules(first=first)).points[0]
              for first in ("any", "peak", "after_peak")]
    assert counts[:2] == [4.0, 3.0]               # the peak is the greatest after time 0
    assert np.isnan(counts[2])


def test_a_regression_needs_three_points() -> None:
    with pytest.raises(ValueError, match="a regression needs 3 points or more: adjusted R2 divides"):
        TerminalRules(points=2)


def test_an_interval_needs_a_width() -> None:
    with pytest.raises(ValueError, match="an interval from 3 to 3 has no width"):
        compute_partial_auc(one([0.0, 1.0], [1.0, 1.0]), 3, 3)


@pytest.mark.parametrize(("profile", "time", "value", "told"), [
    ([1, 0], [0.0, 1.0], [1.0, 1.0], "profiles are numbered from 0, each end to end"),
    ([0, 2], [0.0, 1.0], [1.0, 1.0], "profiles are numbered from 0, each end to end"),
    ([0, 0], [1.0, 1.0], [1.0, 1.0], "the times of a profile must rise"),
    ([0, 0], [0.0, np.nan], [1.0, 1.0], "a profile has times, and values of 0 or more"),
    ([0, 0], [0.0, 1.0], [1.0, -1.0], "a profile has times, and values of 0 or more"),
])
def test_what_is_no_profile(profile: list[int], time: list[float], value: list[float], told: str) -> None:
    with pytest.raises(ValueError, match=told):
        Profiles(np.array(profile), np.array(time), np.array(value), 2)


def test_no_profiles_at_all() -> None:
    """Nothing in, nothing out; a profile without points has no numbers."""
    nothing, empty = np.zeros(0), np.zeros(0, dtype=np.int64)
    samples = compute_samples(empty, nothing, nothing, nothing, 0)
    assert compute_auc(samples.profiles).shape == (0,)
    bare = compute_samples(empty, nothing, nothing, nothing, 2)
    assert np.isnan(compute_auc(bare.profiles)).tolist() == [True, True]
    assert np.isnan(compute_partial_auc(bare.profiles, 0, 1)).tolist() == [True, True]
    assert np.isnan(compute_observed(bare.profiles, bare.quantified).cmax).tolist() == [True, True]
    assert compute_terminal_slope(bare.profiles, bare.quantified).outcome.tolist() == [Outcome.FEW_POINTS] * 2


def test_the_start_of_an_interval_must_be_covered() -> None:
    """A profile that begins at 1 has no area from 0, and one within the tail is all of the tail."""
    points = one([1.0, 3.0], [8.0, 2.0])
    assert np.isnan(compute_partial_auc(points, 0, 2)).tolist() == [True]
    tail = (np.array([2.0]), np.array([math.log(2)]))
    assert compute_partial_auc(points, 4, 5, tail=tail)[0] == pytest.approx(0.5 / math.log(2), rel=1e-14)


def test_samples_before_the_dose_and_below_the_limit() -> None:
    """The last before the dose stands at 0; each place below the limit has its rule."""
    below = np.nan
    time = np.array([-9.0, -1, 1, 2, 3, 4, 5, 6])
    value = np.array([7.0, below, below, 8, below, 2, below, below])
    made = compute_samples(np.zeros(8, dtype=np.int64), time, value, np.full(8, 0.5), 1,
                           BelowRules("lloq", "half", "0", "lloq"))
    assert made.profiles.time.tolist() == [0.0, 1, 2, 3, 4, 5, 6]
    assert made.profiles.value.tolist() == [0.5, 0.25, 8, 0, 2, 0.5, 0.5]
    assert made.quantified.tolist() == [False, False, True, False, True, False, False]


def test_a_value_at_time_0_for_those_that_lack_it() -> None:
    """By each rule, of a profile that falls, one that rises, and one of a single sample."""
    profile, time = np.array([0, 0, 1, 1, 2]), np.array([1.0, 2, 1, 2, 1])
    value = np.array([8.0, 4.0, 4.0, 8.0, 3.0])
    firsts = {}
    for rule in ("0", "blank", "first", "extrapolated"):
        made = compute_samples(profile, time, value, np.ones(5), 4, BelowRules(at_zero=rule)).profiles
        firsts[rule] = made.value[made.first[:3]].round(12).tolist()
    assert firsts == {"0": [0.0, 0.0, 0.0], "blank": [8.0, 4.0, 3.0], "first": [8.0, 4.0, 3.0],
                      "extrapolated": [16.0, 4.0, 3.0]}


def test_ties_of_planned_times_and_of_profiles() -> None:
    """As near is the earlier, alike the first; the same planned time of another profile is its own."""
    planned, time = np.array([24.0, 24, 24, 24, 24]), np.array([26.0, 22, 22, 30, 24])
    assert compute_nearest(np.array([0, 0, 0, 1, 1]), planned, time).tolist() == [
        False, True, False, False, True]


def test_samples_at_one_time() -> None:
    """The mean of those quantified; below the limit only where all are."""
    profile, time, value, group = compute_merged(
        np.array([0, 0, 0, 0, 1]), np.array([1.0, 1, 1, 2, 1]), np.array([np.nan, 2.0, 4.0, np.nan, 5.0]))
    assert (profile.tolist(), time.tolist(), group.tolist()) == ([0, 0, 1], [1.0, 2.0, 1.0], [0, 0, 0, 1, 2])
    np.testing.assert_array_equal(value, [3.0, np.nan, 5.0])
