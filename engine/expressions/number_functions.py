"""The functions on numbers and dates, over whole arrays."""

from __future__ import annotations

from collections.abc import Callable
from decimal import ROUND_HALF_UP, Context, Decimal

import numpy as np
from numpy.typing import NDArray

from engine.columns import Kind
from engine.expressions.operators import DIVISION, elapsed, settled
from engine.expressions.vectors import Vector, merge

MAX_DIGITS = 15
_EXACT = Context(prec=400)
Numbers = NDArray[np.float64]


def numeric(function: Callable[[Numbers], Numbers], refusal: str = "") -> Callable[[list[Vector]], Vector]:
    """Make a function of one number from numpy's; where that has no value is a data problem."""
    def compute(arguments: list[Vector]) -> Vector:
        given = arguments[0].data
        with np.errstate(all="ignore"):
            values = function(given) + 0.0  # no negative zero
        if not refusal:
            return settled(values, {}, arguments[0])
        # The logarithm of zero is minus infinity to numpy.
        lost = (np.isnan(values) & ~np.isnan(given)) | np.isneginf(values)
        return settled(values, {refusal: lost}, arguments[0])

    return compute


def power(arguments: list[Vector]) -> Vector:
    """A number to the power of another."""
    base, exponent = arguments
    with np.errstate(all="ignore"):
        values = np.power(base.data, exponent.data)
    # numpy says 1 for NULL to the power 0 and for 1 to the power NULL.
    given = ~(np.isnan(base.data) | np.isnan(exponent.data))
    problems = {
        "POWER of a negative number with a fraction": np.isnan(values) & given,
        DIVISION: (base.data == 0) & (exponent.data < 0),
    }
    return settled(np.where(given, values, np.nan), problems, base, exponent)


def mod(arguments: list[Vector]) -> Vector:
    """What is left of a division; the sign is that of the number divided."""
    number, divisor = arguments
    with np.errstate(all="ignore"):
        values = np.fmod(number.data, divisor.data) + 0.0
    return settled(values, {DIVISION: (divisor.data == 0) & ~np.isnan(number.data)}, number, divisor)


def round_half_away(arguments: list[Vector]) -> Vector:
    """Round half away from zero, as the number is written: 1.005 to two digits is 1.01."""
    number = arguments[0].data
    digits = arguments[1].data if len(arguments) > 1 else np.zeros(1)
    number, digits = np.broadcast_arrays(number, digits)
    fit = (np.mod(digits, 1) == 0) & (np.abs(digits) <= MAX_DIGITS)
    problem = f"ROUND: the digits are not a whole number from -{MAX_DIGITS} to {MAX_DIGITS}"
    known = ~(np.isnan(number) | np.isnan(digits))
    values = np.full(number.shape, np.nan)
    for count in np.unique(digits[fit & known]):
        rows = known & (digits == count)
        values[rows] = _round(number[rows], int(count))
    return settled(values, {problem: known & ~fit}, *arguments)


def _round(values: Numbers, digits: int) -> Numbers:
    power = 10.0 ** abs(digits)
    size = np.abs(values)
    with np.errstate(all="ignore"):
        scaled = size * power if digits >= 0 else size / power
        whole = np.floor(scaled)
        made = whole + (scaled - whole >= 0.5)
        made = np.sign(values) * (made / power if digits >= 0 else made * power) + 0.0
        # Near a half, a binary fraction is on the wrong side of what is written.
        doubtful = ~(np.abs(scaled - whole - 0.5) > 1e-9 + scaled * 1e-15)
    if doubtful.any():
        distinct, index = np.unique(values[doubtful], return_inverse=True)
        unit = Decimal(1).scaleb(-digits)
        exact = [float(Decimal(repr(value)).quantize(unit, ROUND_HALF_UP, _EXACT)) + 0.0
                 for value in distinct.tolist()]
        made[doubtful] = np.array(exact)[index]
    return np.asarray(made)


def moment_part(unit: str, larger: str, first: int = 0) -> Callable[[list[Vector]], Vector]:
    """Make a function that counts a unit inside a larger one, such as the day in the month."""
    def compute(arguments: list[Vector]) -> Vector:
        data = arguments[0].data
        lost = np.isnat(data)
        if arguments[0].kind is Kind.TIME:
            data = data + np.datetime64(0, "s")
        parts = data.astype(f"datetime64[{unit}]")
        start = data.astype(f"datetime64[{larger}]") if larger else np.datetime64(0, "Y")
        count = (parts - start.astype(f"datetime64[{unit}]")).astype("int64") + first
        return Vector(Kind.NUMBER, np.where(lost, np.nan, count), arguments[0].bad)

    return compute


def date_diff(arguments: list[Vector]) -> Vector:
    """The time from one date to another: midnights crossed, or seconds."""
    unit, start, end = arguments
    bad = merge(start.bad, end.bad)
    begun, ended = start.data, end.data
    if unit.data[0] == "day":
        begun, ended = (moment.astype("datetime64[D]").astype("datetime64[s]") for moment in (begun, ended))
        return Vector(Kind.NUMBER, elapsed(ended, begun, 86_400), bad)
    return Vector(Kind.NUMBER, elapsed(ended, begun, 1), bad)
