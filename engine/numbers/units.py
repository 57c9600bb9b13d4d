"""Convert results between units, exactly: decimals stay decimals until the last step.

``units.csv`` holds the factors between units that are exact by definition (powers
of ten, the international inch and pound, temperature scales): unit, dimension, and
``times`` and ``minus`` to the base of its dimension, (value - minus) * times.  A unit
whose factor is not exact by definition (mmHg to kPa), and units of one kind of
quantity that differ by substance (mg and umol, U and IU), need a factor in the spec.
Unit texts are CDISC submission values of codelist UNIT (C71620) and their synonyms,
and a few that laboratories type (K/uL, cells/uL).
"""

from __future__ import annotations

import csv
import re
import sys
from collections.abc import Mapping
from dataclasses import dataclass
from decimal import Decimal
from fractions import Fraction
from functools import cache
from importlib.resources import files

import numpy as np
import pandas as pd

from engine.errors import hint_for
from engine.numbers.unit_text import unit_key

_NUMBER = re.compile(r"-?(?:\d+(?:\.\d+)?|\.\d+)(?:[eE][+-]?\d{1,3})?", re.ASCII)
_FRACTION = re.compile(r"(-?\d+(?:\.\d+)?)\s*/\s*(\d+(?:\.\d+)?)", re.ASCII)
_AMOUNT = re.compile(r"(?P<prefix>[kdcmunpf]?)(?P<symbol>g|mol)(?:/(?P<per>.+))?")
_LITRES = re.compile(r"([dcmunpf]?)L")
_LARGEST = Fraction(sys.float_info.max)
_PREFIXES = {"": 0, "k": 3, "d": -1, "c": -2, "m": -3, "u": -6, "n": -9, "p": -12, "f": -15}


@dataclass(frozen=True)
class Conversion:
    """A conversion: (value - minus) * times + plus.

    >>> Conversion(times=Fraction(5, 9), minus=Fraction(32)).apply(Fraction("98.6"))
    Fraction(37, 1)
    """

    times: Fraction
    minus: Fraction = Fraction(0)
    plus: Fraction = Fraction(0)

    def apply(self, value: Fraction) -> Fraction:
        """The value in the target unit."""
        return (value - self.minus) * self.times + self.plus

    def inverse(self) -> Conversion:
        """The conversion back.

        >>> Conversion(times=Fraction(5, 9), minus=Fraction(32)).inverse().apply(Fraction(37))
        Fraction(493, 5)
        """
        return Conversion(1 / self.times, self.plus, self.minus)


def _exact(value: object, key: str) -> Fraction:
    """A number, the text of one, or a fraction like 5/9, exactly as it is written."""
    if isinstance(value, (int, float, Decimal, Fraction)) and not isinstance(value, bool):
        if isinstance(value, Fraction):
            return value
        text = str(value)
    elif isinstance(value, str):
        text = value.strip()
    else:
        raise ValueError(f"{key} {value!r} is no number or fraction")
    fraction = _FRACTION.fullmatch(text)
    if fraction is not None:
        if Fraction(fraction[2]) == 0:
            raise ValueError(f"{key} '{text}' divides by zero")
        return Fraction(fraction[1]) / Fraction(fraction[2])
    if _NUMBER.fullmatch(text) is None:
        raise ValueError(f"{key} '{text}' is no number or fraction")
    return Fraction(text)


def _amount(unit: str) -> tuple[str, Fraction, str] | None:
    """Mass or amount of substance, its size in g or mol per litre, and what else it is per."""
    match = _AMOUNT.fullmatch(unit_key(unit))
    if match is None:
        return None
    size = Fraction(10) ** _PREFIXES[match["prefix"]]
    per = match["per"] or ""
    litres = _LITRES.fullmatch(per)
    if litres is not None:
        return match["symbol"], size / Fraction(10) ** _PREFIXES[litres[1]], "L"
    return match["symbol"], size, per


def _molar(mass: Fraction, source: str, target: str) -> Conversion:
    """The factor between a mass and an amount of a substance of ``mass`` grams a mole."""
    if mass <= 0:
        raise ValueError(f"a molar mass is more than 0, not {mass}")
    if not source or not target:
        raise ValueError("a molar mass needs the unit to convert from and the unit to convert to")
    one, other = _amount(source), _amount(target)
    if one is None or other is None:
        unit = source if one is None else target
        raise ValueError(f"'{unit}' is no unit of mass or amount of substance, such as mg/dL or umol/L")
    if one[0] == other[0]:
        kind = "masses" if one[0] == "g" else "amounts of substance"
        raise ValueError(f"'{source}' and '{target}' are both {kind}, and need no molar mass")
    if one[2] != other[2]:
        raise ValueError(f"'{source}' and '{target}' are not per the same thing")
    factor = one[1] / other[1]
    return Conversion(factor / mass if one[0] == "g" else factor * mass)


def parse_conversion(
    spec: Mapping[str, object] | str | float | Decimal | Fraction, source: str = "", target: str = "",
) -> Conversion:
    """A conversion as a spec writes it.

    A factor (``0.0113``, ``"5/9"``); ``{minus, times, plus}``, any of them, for (value -
    minus) * times + plus; or ``{molar: grams a mole}``, for which the unit texts
    ``source`` and ``target`` say the rest (mg/dL to umol/L: 10 / 113.12 * 1000 for
    creatinine).  ``ValueError`` says what is wrong; the caller adds the place.

    >>> parse_conversion({"minus": 32, "times": "5/9"}).apply(Fraction(212))
    Fraction(100, 1)
    >>> float(parse_conversion({"molar": 113.12}, "mg/dL", "umol/L").apply(Fraction(1)))
    88.4016973125884
    """
    if not isinstance(spec, Mapping):
        made = Conversion(_exact(spec, "the factor"))
    else:
        known = ("minus", "times", "plus", "molar")
        for key in spec:
            if key not in known:
                raise ValueError(f"unknown key '{key}' in a conversion; {hint_for(str(key), known)}")
        if not spec:
            raise ValueError("a conversion needs a factor; known: minus, times, plus, molar")
        if "molar" in spec:
            if len(spec) > 1:
                raise ValueError("a molar mass stands alone in a conversion")
            return _molar(_exact(spec["molar"], "molar"), source, target)
        numbers = {key: _exact(value, key) for key, value in spec.items()}
        made = Conversion(**{"times": Fraction(1), **numbers})
    if made.times == 0:
        raise ValueError("a factor of 0 would make every result the same")
    return made


@cache
def _table() -> dict[str, tuple[str, Conversion]]:
    text = files("engine.numbers").joinpath("units.csv").read_text(encoding="utf-8")
    found: dict[str, tuple[str, Conversion]] = {}
    for row in csv.DictReader(text.splitlines()):
        to_base = Conversion(Fraction(row["times"]), Fraction(row["minus"]))
        found[unit_key(row["unit"])] = (row["dimension"], to_base)
    return found


def known_conversion(source: str, target: str) -> Conversion | None:
    """The conversion between two units of one dimension, if it is exact by definition.

    ``None`` where a unit is not in the table or the dimensions differ; a unit to
    itself is a factor of 1, known or not.

    >>> known_conversion("K/uL", "10^9/L"), known_conversion("mg/dL", "umol/L") is None
    (Conversion(times=Fraction(1, 1), minus=Fraction(0, 1), plus=Fraction(0, 1)), True)
    >>> known_conversion("F", "C").apply(Fraction("98.6"))
    Fraction(37, 1)
    """
    if unit_key(source) == unit_key(target):
        return Conversion(Fraction(1))
    one, other = _table().get(unit_key(source)), _table().get(unit_key(target))
    if one is None or other is None or one[0] != other[0]:
        return None
    # To the base by one, back from it by the other: both are (value - minus) * times.
    return Conversion(one[1].times / other[1].times, one[1].minus, other[1].minus)


def _rounded(value: Fraction, digits: int) -> Fraction:
    """Half away from zero, exactly."""
    step = Fraction(10) ** digits
    scaled = abs(value) * step
    whole = (2 * scaled.numerator + scaled.denominator) // (2 * scaled.denominator)
    return Fraction(whole if value >= 0 else -whole) / step


def _leading(value: Fraction) -> int:
    """The power of ten of the first digit that is not zero."""
    power = len(str(abs(value.numerator))) - len(str(value.denominator))
    return power if abs(value) >= Fraction(10) ** power else power - 1


def convert(
    values: pd.Series, conversion: Conversion, digits: int | None = None, *, significant: int | None = None,
) -> pd.Series:
    """Convert results, float64; NULL stays NaN.

    ``values`` are numbers, or the text of numbers, taken as the decimals they print
    as; the arithmetic is exact, so 88.42 * 1.1 is 97.262 and no float dust.  The
    result is rounded half away from zero to ``digits`` decimals or to
    ``significant`` digits if asked for.  ``ValueError`` for text that is no number
    (read results first: :func:`~engine.numbers.results.read_results`).

    >>> convert(pd.Series([88.42, 2.675, None]), parse_conversion(1.1)).tolist()
    [97.262, 2.9425, nan]
    >>> convert(pd.Series(["1.1"]), parse_conversion({"molar": 113.12}, "mg/dL", "umol/L"), 1).tolist()
    [97.2]
    """
    if digits is not None and significant is not None:
        raise ValueError("round to digits or to significant digits, not to both")
    if significant is not None and significant < 1:
        raise ValueError(f"cannot round to {significant} significant digits; 1 is the least")

    def one(value: object) -> float:
        text = value.strip() if isinstance(value, str) else repr(float(value))  # type: ignore[arg-type]
        if _NUMBER.fullmatch(text) is None:
            raise ValueError(f"'{text}' is no number")
        made = conversion.apply(Fraction(text))
        if significant is not None and made:
            made = _rounded(made, significant - 1 - _leading(made))
        made = made if digits is None else _rounded(made, digits)
        if abs(made) > _LARGEST:
            raise ValueError(f"'{text}' is too large a number to convert")
        return float(made)

    codes, distinct = pd.factorize(values, use_na_sentinel=True)
    made = np.array([*(one(value) for value in distinct.tolist()), np.nan])
    return pd.Series(made[codes], index=values.index, dtype="float64")
