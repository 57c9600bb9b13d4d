"""Areas under profiles, by the linear rule, the logarithmic one, or both."""

from __future__ import annotations

from typing import Literal, NamedTuple, get_args

import numpy as np

from engine.nca.profiles import Codes, Floats, Mask, Profiles, at_positions, log_ratio

Method = Literal["linear", "linear_log_interpolation", "linear_up_log_down", "linear_log"]
METHODS: tuple[Method, ...] = get_args(Method)
"""``linear`` everywhere; the same, but a value between points is read off a falling exponential;
``linear_up_log_down``: an exponential wherever the values fall; ``linear_log``: linear up to the
greatest value, after it an exponential.  An exponential needs two values above 0."""


class Stretch(NamedTuple):
    """Stretches between neighbouring points: both ends, and the profile."""

    profile: Codes
    start: Floats
    end: Floats
    left: Floats
    right: Floats
    rate: Floats
    """Of decline where the exponential holds for the area, else NaN."""
    between: Floats
    """The same for a value between the points."""


def _stretches(profiles: Profiles, method: Method) -> Stretch:
    at, code = profiles.segments()
    start, end = profiles.time[at], profiles.time[at + 1]
    left, right = profiles.value[at], profiles.value[at + 1]
    positive = (left > 0) & (right > 0)
    falls = positive & (right < left)
    if method == "linear_log":
        tmax = at_positions(profiles.time, profiles.peak())
        logs = positive & (right != left) & (start >= tmax[code])
        between = logs
    else:
        logs = falls & (method == "linear_up_log_down")
        between = falls & (method != "linear")
    rate = log_ratio(left, right) / (end - start)
    return Stretch(code, start, end, left, right, np.where(logs, rate, np.nan),
                   np.where(between, rate, np.nan))


def _value_at(part: Stretch, time: Floats) -> Floats:
    """The value of each stretch at a time within it; exactly that of a point at its ends."""
    share = (time - part.start) / (part.end - part.start)
    straight = part.left + (part.right - part.left) * share
    curved = part.left * np.exp(-part.between * (time - part.start))
    found = np.where(np.isnan(part.between), straight, curved)
    return np.where(time == part.start, part.left, np.where(time == part.end, part.right, found))


def _area(left: Floats, right: Floats, width: Floats, rate: Floats) -> Floats:
    """The area of a piece: under a line, or where ``rate`` is there under an exponential."""
    with np.errstate(divide="ignore", invalid="ignore"):
        curved = left * -np.expm1(-rate * width) / rate
    return np.where(np.isnan(rate), width * (left + right) / 2.0, curved)


def _first_moment(decline: Floats) -> Floats:
    """The integral of u exp(-zu) from 0 to 1: (1 - (1 + z) exp(-z)) / z^2, by its series where z is small.

    >>> _first_moment(np.array([0.0, 0.5, 50.0])).round(9).tolist()
    [0.5, 0.360816042, 0.0004]
    """
    near = np.abs(decline) < 1.0
    z = np.where(near, decline, 0.0)
    term, series = np.ones_like(z), np.full_like(z, 0.5)
    for n in range(1, 21):             # 1 / (22 x 20!) is far below the last digit
        term = term * -z / n
        series = series + term / (n + 2)
    with np.errstate(divide="ignore", invalid="ignore", over="ignore"):
        direct = (1.0 - (1.0 + decline) * np.exp(-decline)) / decline**2
    return np.where(near, series, direct)


def compute_auc(profiles: Profiles, method: Method = "linear_up_log_down") -> Floats:
    """The area from the first point to the last; NaN where a profile has no point.

    >>> points = Profiles(np.zeros(3, dtype="int64"), np.array([0.0, 1, 3]), np.array([0.0, 8.0, 2.0]), 1)
    >>> float(compute_auc(points, "linear")[0])
    14.0
    >>> print(round(compute_auc(points)[0], 9))      # 4 + (8 - 2) x 2 / ln(8 / 2)
    12.656170245
    """
    part = _stretches(profiles, method)
    area = profiles.sums(_area(part.left, part.right, part.end - part.start, part.rate), part.profile)
    return np.where(profiles.size > 0, area, np.nan)


def compute_aumc(profiles: Profiles, method: Method = "linear_up_log_down") -> Floats:
    """The area under time x value from the first point to the last; NaN where a profile has no point.

    >>> points = Profiles(np.zeros(3, dtype="int64"), np.array([0.0, 1, 3]), np.array([0.0, 8.0, 2.0]), 1)
    >>> float(compute_aumc(points, "linear")[0])
    18.0
    """
    part = _stretches(profiles, method)
    width, rate = part.end - part.start, part.rate
    straight = width * (part.start * part.left + part.end * part.right) / 2.0
    # The integral of (start + u) c(u): start x area, and that of u c(u).
    area = _area(part.left, part.right, width, rate)
    curved = part.start * area + part.left * width**2 * _first_moment(rate * width)
    moment = profiles.sums(np.where(np.isnan(rate), straight, curved), part.profile)
    return np.where(profiles.size > 0, moment, np.nan)


class Tail(NamedTuple):
    """How each profile goes on after its last point: from a value, falling at a rate (NaN: not known)."""

    value: Floats
    rate: Floats


def compute_partial_auc(profiles: Profiles, start: float, end: float, method: Method = "linear_up_log_down",
                        tail: Tail | tuple[Floats, Floats] | None = None) -> Floats:
    """The area from one time to another; NaN where part of it is not covered.

    Within the points the values at ``start`` and ``end`` are read off by the
    method's rule.  Beyond the last point the profile goes on by ``tail``, the
    value there and the rate of its decline, one each a profile; without one,
    or where the rate is NaN, the area is not known.  A profile that begins after
    ``start`` has none.

    >>> points = Profiles(np.zeros(3, dtype="int64"), np.array([0.0, 1, 3]), np.array([0.0, 8.0, 2.0]), 1)
    >>> print(round(compute_partial_auc(points, 0, 2)[0], 9))    # 4 + (8 - 4) x 1 / ln(8 / 4)
    9.770780164
    >>> compute_partial_auc(points, 0, 5).tolist()
    [nan]
    >>> rate = np.array([np.log(2)])
    >>> print(round(compute_partial_auc(points, 3, 5, tail=(np.array([2.0]), rate))[0], 9))
    2.164042561
    """
    if not start < end:
        raise ValueError(f"an interval from {start} to {end} has no width")
    part = _stretches(profiles, method)
    low, high = np.clip(part.start, start, None), np.clip(part.end, None, end)
    inside: Mask = low < high
    low, high = np.where(inside, low, part.start), np.where(inside, high, part.end)
    left, right = _value_at(part, low), _value_at(part, high)
    pieces = np.where(inside, _area(left, right, high - low, part.rate), 0.0)
    area = profiles.sums(pieces, part.profile)
    size = profiles.size
    begin = at_positions(profiles.time, np.where(size > 0, profiles.first, -1))
    final = at_positions(profiles.time, profiles.last())
    with np.errstate(invalid="ignore"):
        area = np.where((size > 0) & (begin <= start), area, np.nan)
        beyond = end > final
    if tail is None:
        return np.where(beyond, np.nan, area)
    value, rate = tail
    after = np.clip(start - final, 0.0, None)
    with np.errstate(divide="ignore", invalid="ignore"):
        at_low = value * np.exp(-rate * after)
        more = at_low * -np.expm1(-rate * (end - final - after)) / rate
    return np.where(beyond, area + more, area)
