"""The operators: three-valued logic, comparison, arithmetic, ``||`` and dates with intervals."""

from __future__ import annotations

import operator
from collections.abc import Callable, Sequence
from typing import Any

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.compute as pc
from numpy.typing import NDArray

from engine.columns import Kind
from engine.expressions.vectors import UNKNOWN, Mask, Truth, Vector, length, merge, missing, null, only, typed

DIVISION = "division by zero"
TOO_LARGE = "number out of range"
MAX_TEXT = 32_767  # characters of a text that an expression makes
TOO_LONG = f"the text made is longer than {MAX_TEXT:,} characters"
DATE_RANGE = "date out of range"
NOT_WHOLE = "the count of an INTERVAL is no whole number"
MAX_SHIFT = 1e9  # units an INTERVAL may hold before dates could overflow

_EARLIEST = np.datetime64("0001-01-01T00:00:00", "s")
_LATEST = np.datetime64("9999-12-31T23:59:59", "s")
_SECONDS = {"SECOND": 1, "MINUTE": 60, "HOUR": 3600, "DAY": 86_400, "WEEK": 604_800}
_MONTHS = {"MONTH": 1, "YEAR": 12}

_ORDERS: dict[str, Callable[[Any, Any], Any]] = {
    "<": operator.lt, "<=": operator.le, ">": operator.gt, ">=": operator.ge,
}
_OPPOSITES = {"<": ">=", "<=": ">", ">": "<=", ">=": "<"}


def both(left: Vector, right: Vector) -> Vector:
    """``AND``: a data problem in one part counts only where the other is not false."""
    a, b = left.data, right.data
    bad = merge(only(left.bad, ~b.false), only(right.bad, ~a.false))
    return Vector(Kind.BOOLEAN, Truth(a.true & b.true, a.false | b.false), bad)


def either(left: Vector, right: Vector) -> Vector:
    """``OR``: a data problem in one part counts only where the other is not true."""
    a, b = left.data, right.data
    bad = merge(only(left.bad, ~b.true), only(right.bad, ~a.true))
    return Vector(Kind.BOOLEAN, Truth(a.true | b.true, a.false & b.false), bad)


def negate(value: Vector) -> Vector:
    """``NOT``; UNKNOWN stays UNKNOWN."""
    return Vector(Kind.BOOLEAN, value.data.inverted(), value.bad)


def compare(sign: str, left: Vector, right: Vector) -> Vector:
    """``= <> < <= > >=``; UNKNOWN where either side is NULL."""
    bad = merge(left.bad, right.bad)
    kind = left.kind or right.kind
    if kind is None:
        return Vector(Kind.BOOLEAN, UNKNOWN, bad)
    a, b = typed(left, kind).data, typed(right, kind).data
    if kind is Kind.BOOLEAN:
        truth = Truth((a.true & b.true) | (a.false & b.false), (a.true & b.false) | (a.false & b.true))
        return Vector(kind, truth if sign == "=" else truth.inverted(), bad)
    truth = _compare_text(sign, a, b) if kind is Kind.TEXT else _compare_arrays(sign, a, b)
    return Vector(Kind.BOOLEAN, truth, bad)


def _compare_arrays(sign: str, a: NDArray[Any], b: NDArray[Any]) -> Truth:
    """Compare numbers or dates: NaN and NaT are neither less, equal nor more than anything."""
    if sign in _ORDERS:
        return Truth(_ORDERS[sign](a, b), _ORDERS[_OPPOSITES[sign]](a, b))
    truth = Truth(a == b, (a < b) | (a > b))
    return truth if sign == "=" else truth.inverted()


def _compare_text(sign: str, a: Any, b: Any) -> Truth:
    """Compare texts by code point."""
    known = ~(pd.isna(a) | pd.isna(b))
    if len(a) != len(b):  # one is a constant, which pandas takes as a scalar
        if not (pd.isna(a[0]) if len(a) == 1 else pd.isna(b[0])):
            a, b = (a[0], b) if len(a) == 1 else (a, b[0])
        else:
            return Truth(known, known)  # all false: NULL against anything
    equal = sign in ("=", "<>")
    found = np.asarray(operator.eq(a, b) if equal else _ORDERS[sign](a, b), dtype=bool)
    truth = Truth(known & found, known & ~found)
    return truth.inverted() if sign == "<>" else truth


def arithmetic(sign: str, left: Vector, right: Vector) -> Vector:
    """``+ - * /`` of numbers; dividing by zero and overflow are data problems."""
    a, b = left.data, right.data
    functions: dict[str, Callable[..., Any]] = {
        "+": np.add, "-": np.subtract, "*": np.multiply, "/": np.divide}
    with np.errstate(all="ignore"):
        values = functions[sign](a, b)
    problems = {DIVISION: (b == 0) & ~np.isnan(a)} if sign == "/" else {}
    return settled(values, problems, left, right)


def settled(values: NDArray[np.float64], problems: dict[str, Mask], *sources: Vector) -> Vector:
    """Finish a computed number: data problems and infinite values become NULL."""
    if np.isinf(values).any():
        infinite: Mask = np.isinf(values)
        for mask in problems.values():
            infinite = infinite & ~mask
        problems = {**problems, TOO_LARGE: infinite}
    found = {message: mask for message, mask in problems.items() if mask.any()}
    for mask in found.values():
        values = np.where(mask, np.nan, values)
    return Vector(Kind.NUMBER, values, merge(*(source.bad for source in sources), found))


def join(left: Vector, right: Vector) -> Vector:
    """``||``: NULL where either side is NULL; a text too long to be one is a data problem."""
    a, b = left.data, right.data
    bad = merge(left.bad, right.bad)
    long = too_long([a, b], np.nan)
    if long is not None:  # said before it is made, or texts that double would fill the memory
        made = join(*(Vector(Kind.TEXT, without(part, long)) for part in (a, b)))
        return made._replace(bad=merge(bad, {TOO_LONG: long}))
    if len(a) != len(b):
        one = a if len(a) == 1 else b
        if pd.isna(one[0]):
            return Vector(Kind.TEXT, null(Kind.TEXT), bad)
        a, b = (a[0], b) if len(a) == 1 else (a, b[0])
    return Vector(Kind.TEXT, a + b, bad)


def too_long(parts: Sequence[Any], null: float) -> Mask | None:
    """Where the texts of several parts are too long to be joined; None if nowhere.

    ``null`` is what NULL counts: 0, or NaN where it makes the whole NULL.
    """
    if sum(pc.max(pc.binary_length(pa.array(part))).as_py() or 0 for part in parts) <= MAX_TEXT:
        return None  # the bytes of the longest are enough to know
    total: Any = sum(pd.Series(part).str.len().fillna(null).to_numpy(dtype="float64") for part in parts)
    long: Mask = total > MAX_TEXT
    return long if long.any() else None


def without(text: Any, lost: Mask) -> Any:
    """Texts with NULL where they are lost."""
    spread = pd.Series(text)
    if len(spread) == 1 and len(lost) > 1:
        spread = spread.take(np.zeros(len(lost), dtype="int64"))
    return spread.mask(np.broadcast_to(lost, len(spread))).array


def elapsed(later: NDArray[Any], earlier: NDArray[Any], seconds: int) -> NDArray[np.float64]:
    """The time between two dates in units of so many seconds; NaN where either is NULL."""
    between = later - earlier
    return np.where(np.isnat(between), np.nan, between.astype("int64") / seconds)


def shift(sign: str, date: Vector, count: Vector, unit: str) -> Vector:
    """A date plus or minus a count of units; a day that a month lacks becomes its last day."""
    kind = date.kind or Kind.DATETIME
    number, moments = count.data, date.data
    whole = np.isnan(number) | (np.mod(number, 1) == 0)
    small = ~(np.abs(number) > MAX_SHIFT)
    used = np.where(np.isnan(number) | ~whole | ~small, 0, number).astype("int64")
    if sign == "-":
        used = -used
    moved = _add_months(moments, used * _MONTHS[unit]) if unit in _MONTHS else (
        moments + (used * _SECONDS[unit]).astype("timedelta64[s]"))
    known = ~(np.isnat(moved) | np.isnan(number))
    problems = {
        NOT_WHOLE: known & ~whole,
        DATE_RANGE: known & whole & (~small | (moved < _EARLIEST) | (moved > _LATEST)),
    }
    found = {message: mask for message, mask in problems.items() if mask.any()}
    lost = ~known
    for mask in found.values():
        lost = lost | mask
    values = np.where(lost, np.datetime64("NaT", "s"), moved)
    return Vector(kind, values, merge(date.bad, count.bad, found))


def _add_months(moments: NDArray[Any], count: NDArray[np.int64]) -> NDArray[Any]:
    months = moments.astype("datetime64[M]")
    days = moments.astype("datetime64[D]")
    time = moments - days.astype("datetime64[s]")
    target = months + count.astype("timedelta64[M]")
    last = (target + np.timedelta64(1, "M")).astype("datetime64[D]") - np.timedelta64(1, "D")
    day = target.astype("datetime64[D]") + (days - months.astype("datetime64[D]"))
    made: NDArray[Any] = np.minimum(day, last).astype("datetime64[s]") + time
    return made


def is_null(value: Vector, negated: bool) -> Vector:
    """``IS NULL`` is never UNKNOWN."""
    gone = missing(value)
    truth = Truth(gone, ~gone)
    return Vector(Kind.BOOLEAN, truth.inverted() if negated else truth, value.bad)


def in_list(value: Vector, items: list[Vector]) -> Vector:
    """``IN``: UNKNOWN where nothing is equal and either side has a NULL."""
    kind = value.kind or next((item.kind for item in items if item.kind), None)
    if kind is None:
        return Vector(Kind.BOOLEAN, UNKNOWN, merge(value.bad, *(item.bad for item in items)))
    value, items = typed(value, kind), [typed(item, kind) for item in items]
    fixed = [] if kind is Kind.BOOLEAN else [item for item in items if length(item.data) == 1]
    if len(fixed) < 2:
        fixed = []
    chosen = {id(item) for item in fixed}
    tests = [compare("=", value, item) for item in items if id(item) not in chosen]
    if fixed:
        tests.append(_in_constants(value, fixed))
    true, false = tests[0].data
    for test in tests[1:]:
        true, false = true | test.data.true, false & test.data.false
    return Vector(Kind.BOOLEAN, Truth(true, false), merge(*(test.bad for test in tests)))


def _in_constants(value: Vector, items: list[Vector]) -> Vector:
    data = pd.Series(value.data)
    pool = pd.concat([pd.Series(item.data) for item in items])
    known = data.notna().to_numpy()
    found = data.isin(pool.dropna()).to_numpy() & known
    absent = known & ~found if pool.notna().all() else np.zeros_like(found)
    return Vector(Kind.BOOLEAN, Truth(found, absent), merge(value.bad, *(item.bad for item in items)))
