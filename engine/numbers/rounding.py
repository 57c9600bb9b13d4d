"""Round numbers half away from zero and write them as plain decimals."""

from __future__ import annotations

from decimal import ROUND_HALF_UP, Context, Decimal

import numpy as np
import pandas as pd
from numpy.typing import NDArray

# Wide enough for the widest float with any number of digits asked for.
_CONTEXT = Context(prec=800, rounding=ROUND_HALF_UP, Emin=-1000, Emax=1000)


def _by_decimal(values: NDArray[np.float64], digits: int) -> NDArray[np.float64]:
    """Round the decimal that each number prints as."""
    step = Decimal(1).scaleb(-digits)
    exact = (Decimal(repr(value)) for value in values.tolist())
    return np.array([float(value.quantize(step, context=_CONTEXT)) for value in exact])


def half_up(values: pd.Series, digits: int = 0) -> pd.Series:
    """Round half away from zero to ``digits`` decimals (negative: tens, hundreds), float64.

    The number rounded is the decimal that a float prints as: 2.675 to 2 digits is
    2.68, although its binary value lies just below.  NaN and infinities stay.

    >>> half_up(pd.Series([2.675, -2.5, 0.125, None]), 2).tolist()
    [2.68, -2.5, 0.13, nan]
    >>> half_up(pd.Series([2.5, -0.4, 1250])).tolist(), half_up(pd.Series([1250]), -2).tolist()
    ([3.0, 0.0, 1250.0], [1300.0])
    """
    numbers = values.to_numpy("float64")
    if not -22 <= digits <= 22:
        raise ValueError(f"cannot round to {digits} digits; from -22 to 22 can be asked for")
    power = 10.0 ** abs(digits)      # exact up to 10**22
    with np.errstate(over="ignore", invalid="ignore"):
        scaled = np.abs(numbers * power if digits >= 0 else numbers / power)
        floor = np.floor(scaled + 0.5)
        # Away from a half (and so below 5e14) the float's own error cannot change the digit, and
        # a whole number scaled back by an exact power of ten is correctly rounded.
        distance = np.abs(scaled - np.floor(scaled) - 0.5)
        safe = distance > scaled * 1e-15
        made = np.copysign(floor / power if digits >= 0 else floor * power, numbers)
    rest = np.isfinite(numbers) & ~safe
    made = np.where(np.isfinite(numbers), made, numbers)
    if rest.any():
        distinct, codes = np.unique(numbers[rest], return_inverse=True)
        made[rest] = _by_decimal(distinct, digits)[codes]
    return pd.Series(made + 0.0, index=values.index, dtype="float64")    # + 0.0: no minus zero


def half_up_significant(values: pd.Series, digits: int) -> pd.Series:
    """Round half away from zero to ``digits`` significant digits, float64.

    >>> half_up_significant(pd.Series([0.0012345, 99.95, 1234567, 0]), 3).tolist()
    [0.00123, 100.0, 1230000.0, 0.0]
    """
    if digits < 1:
        raise ValueError(f"cannot round to {digits} significant digits; 1 is the least")
    codes, distinct = pd.factorize(values.to_numpy("float64"), use_na_sentinel=True)
    context = Context(prec=digits, rounding=ROUND_HALF_UP, Emin=-1000, Emax=1000)
    made = [float(context.create_decimal(repr(value))) + 0.0 for value in distinct.tolist()]
    return pd.Series(np.array([*made, np.nan])[codes], index=values.index, dtype="float64")


def plain_decimal(number: float) -> str:
    """The shortest decimal that reads back as the number, without an exponent.

    >>> plain_decimal(1e-7), plain_decimal(5.0), plain_decimal(-0.0), plain_decimal(1e21)
    ('0.0000001', '5', '0', '1000000000000000000000')
    """
    text = repr(float(number))
    if "e" in text:
        text = format(Decimal(text), "f")
    text = text.removesuffix(".0")
    return "0" if text == "-0" else text


def format_number(values: pd.Series, digits: int | None = None, *, fixed: bool = False) -> pd.Series:
    """Write numbers as text: shortest exact decimal, no exponent, no trailing zeros, no ``-0``.

    With ``digits`` numbers are rounded first (:func:`half_up`); with ``fixed`` too, that
    many decimals are always written.  NaN is NULL; ``ValueError`` for an infinity.

    >>> format_number(pd.Series([1.10, 50, 1e-7, -0.0, None])).tolist()
    ['1.1', '50', '0.0000001', '0', nan]
    >>> format_number(pd.Series([2.5, 2.675]), 2, fixed=True).tolist()
    ['2.50', '2.68']
    """
    if fixed and (digits is None or digits < 0):
        raise ValueError("fixed decimals need a number of digits, 0 or more")
    rounded = values.astype("float64") if digits is None else half_up(values, digits)
    codes, distinct = pd.factorize(rounded.to_numpy("float64"), use_na_sentinel=True)
    if np.isinf(distinct).any():
        raise ValueError("an infinite number cannot be written")
    texts = [plain_decimal(value) for value in distinct.tolist()]
    if fixed and digits:
        texts = [_padded(text, digits) for text in texts]
    made = pd.Series([*texts, None], dtype="str").take(codes % (len(texts) + 1))
    made.index = values.index
    return made


def _padded(text: str, digits: int) -> str:
    whole, _, decimals = text.partition(".")
    return f"{whole}.{decimals.ljust(digits, '0')}"
