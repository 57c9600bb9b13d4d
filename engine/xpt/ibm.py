"""IBM hexadecimal floating point, as transport files hold numbers, to and from IEEE doubles.

Eight bytes, the highest first: a sign, an exponent of 16 (7 bits, excess 64)
and a fraction of 56 bits.  Every double from 16**-65 to below 16**63 is held
exactly.  A fraction of more than 53 bits, which no double has, is cut off when
read, as in the routines that SAS publishes.  Numbers are worked on as 64-bit
integers; the tables are indexed by their 12 highest bits.

Source: SAS Institute, technical note TS-140, *Record Layout of a SAS Version 5
or 6 Data Set in SAS Transport (XPORT) Format*, "Numeric data fields" and
"Missing values"; IBM System/370 Principles of Operation, chapter 9.
"""

from __future__ import annotations

import numpy as np

MISSING = 0x2E
"""The first byte of a missing value, ``.``; all others are zero."""
LETTERS = "ABCDEFGHIJKLMNOPQRSTUVWXYZ_"
"""The special missing values ``.A`` to ``.Z`` and ``._`` by their letter, which is their first byte."""

_ONE = np.uint64(1)
_MANTISSA = np.uint64(2**52 - 1)
_IMPLIED = np.uint64(2**52)
_HIGH = np.uint64(52)
_FRACTION = np.uint64(8)
_BYTE = np.uint64(56)
_FIRST, _LAST = 763, 1274  # exponents of a double that have an IBM exponent from 0 to 127

_TOP = np.arange(4096)
_EXPONENT = _TOP & 0x7FF
_SIGN = (_TOP >> 11).astype("uint64") << np.uint64(63)
_HEAD = _SIGN | ((((_EXPONENT - _FIRST) >> 2) & 0x7F).astype("uint64") << _BYTE)
_SHIFT = ((_EXPONENT + 1) & 3).astype("uint64")
_ODD = (_EXPONENT < _FIRST) | (_EXPONENT > _LAST)

_NIBBLE = _TOP & 15
_CUT = np.select([_NIBBLE >= 8, _NIBBLE >= 4, _NIBBLE >= 2], [3, 2, 1], 0).astype("uint64")
_KEPT = np.uint64(2**56 - 1) >> _CUT << _CUT
_SCALE = np.ldexp(np.where(_TOP >> 11, -1.0, 1.0), 4 * (((_TOP >> 4) & 0x7F) - 64) - 56)

_IS_MISSING = np.zeros(256, dtype=bool)
_IS_MISSING[[MISSING, *LETTERS.encode("ascii")]] = True


def to_ibm(numbers: np.ndarray) -> tuple[np.ndarray, np.ndarray | None]:
    """Doubles as IBM numbers (uint64), and where there is none: infinite, too large or too small.

    NaN is the missing value, minus zero is zero.

    >>> made, bad = to_ibm(np.array([1.0, -118.625, np.nan]))
    >>> [hex(one) for one in made.tolist()], bad
    (['0x4110000000000000', '0xc276a00000000000', '0x2e00000000000000'], None)
    """
    bits = np.ascontiguousarray(numbers, dtype="float64").view("uint64")
    top = (bits >> _HIGH).view("int64")
    made = bits & _MANTISSA
    made |= _IMPLIED
    made <<= _SHIFT.take(top)
    made |= _HEAD.take(top)
    odd = _ODD.take(top)
    if not odd.any():
        return made, None
    at = np.flatnonzero(odd)
    values = bits.view("float64")[at]
    missing = np.isnan(values)
    made[at] = np.where(missing, np.uint64(MISSING) << _BYTE, np.uint64(0))
    wrong = ~missing & (values != 0)
    if not wrong.any():
        return made, None
    bad = np.zeros(len(made), dtype=bool)
    bad[at[wrong]] = True
    return made, bad


def from_ibm(bits: np.ndarray) -> tuple[np.ndarray, np.ndarray | None]:
    """IBM numbers (uint64) as doubles, and where a missing value is a special one.

    A fraction of zero is zero whatever its exponent, unless its first byte
    makes it a missing value.  Numbers need not be normalised.

    >>> made, special = from_ibm(np.array([0x4110 << 48, 0x2E << 56, 0x41 << 56], dtype="uint64"))
    >>> made.tolist(), special.tolist()
    ([1.0, nan, nan], [False, False, True])
    """
    top = (bits >> _HIGH).view("int64")
    fraction = bits & _KEPT.take(top)
    made = fraction.view("int64").astype("float64")
    made *= _SCALE.take(top)
    none = (bits << _FRACTION) == 0
    if not none.any():
        return made, None
    at = np.flatnonzero(none)
    first = (bits[at] >> _BYTE).astype("uint8")
    missing = _IS_MISSING[first]
    made[at] = np.where(missing, np.nan, 0.0)
    letters = missing & (first != MISSING)
    if not letters.any():
        return made, None
    special = np.zeros(len(made), dtype=bool)
    special[at[letters]] = True
    return made, special


def letters_of(bits: np.ndarray) -> np.ndarray:
    """The letters of special missing values, as text of one character.

    >>> letters_of(np.array([0x41 << 56, 0x5F << 56], dtype="uint64")).tolist()
    ['A', '_']
    """
    return (bits >> _BYTE).astype("uint32").view("U1") if len(bits) else np.array([], dtype="U1")


def bits_of(letters: np.ndarray) -> np.ndarray:
    """Special missing values by their letters.

    >>> [hex(one) for one in bits_of(np.array(["A", "_"])).tolist()]
    ['0x4100000000000000', '0x5f00000000000000']
    """
    return letters.astype("U1").view("uint32").astype("uint64") << _BYTE


def widened(stored: np.ndarray) -> np.ndarray:
    """Numbers of 2 to 7 bytes (a matrix, one a row) as whole ones: the bytes left out are zero.

    >>> [hex(one) for one in widened(np.array([[0x41, 0x18]], dtype="uint8")).tolist()]
    ['0x4118000000000000']
    """
    whole = np.zeros((len(stored), 8), dtype="uint8")
    whole[:, : stored.shape[1]] = stored
    return whole.view(">u8").astype("uint64").ravel()


def lost(bits: np.ndarray, length: int) -> np.ndarray | None:
    """Where the bytes that a length of 2 to 7 leaves out are not zero; None if nowhere.

    >>> lost(np.array([0x4118 << 48, 0x411999 << 40], dtype="uint64"), 2).tolist()
    [False, True]
    """
    bad: np.ndarray = (bits & ((_ONE << np.uint64(8 * (8 - length))) - _ONE)) != 0
    return bad if bad.any() else None
