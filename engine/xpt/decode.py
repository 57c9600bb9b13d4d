"""Turns stored records into columns, block by block: text, numbers, special missing values."""

from __future__ import annotations

from typing import Any, Protocol

import numpy as np
import pandas as pd

from engine.columns import Kind
from engine.xpt import ibm, times
from engine.xpt.faults import Faults
from engine.xpt.model import Variable
from engine.xpt.parse import ENCODING_HINT
from engine.xpt.sources import BLOCK, BUFFER
from engine.xpt.texts import Encoding, Gathered, trimmed

_BLANK = ord(" ")
_GLANCE = 64
"""Records that are looked at first: a column of texts of several lengths shows a blank among them."""


class Column(Protocol):
    """One variable's values, as they are read."""

    def add(self, stored: np.ndarray) -> None:
        """Take the stored values of further records."""

    def made(self) -> Any:
        """All values that were taken."""


class Texts:
    """A variable that holds text; bytes that are none are noted as faults."""

    def __init__(self, number: int, length: int, size: int, encoding: Encoding, faults: Faults) -> None:
        self._number = number
        self._encoding = encoding
        self._faults = faults
        self._texts = Gathered(size, size * length)
        self._own = np.empty(max(1, min(size, BLOCK, BUFFER // length)), dtype=f"V{length}")

    def add(self, stored: np.ndarray) -> None:
        """Take the stored values of further records."""
        if self._filled_up(stored):
            return
        own = self._own[: len(stored)]
        own[:] = stored
        texts, bad = trimmed(own, self._encoding)
        if bad is not None:
            at = np.flatnonzero(bad)
            message = f"holds {own[at[0]].tobytes().rstrip()!r}, which is not {self._encoding.name} text"
            self._faults.add(self._number, "text", at, message, ENCODING_HINT)
            texts = texts.fill_null("")
        self._texts.add(texts)

    def _filled_up(self, stored: np.ndarray) -> bool:
        """Take texts as they stand if all are ASCII and none ends in a blank; False if one is otherwise."""
        last = stored.getfield("uint8", stored.dtype.itemsize - 1)
        if (last[:_GLANCE] == _BLANK).any() or (last == _BLANK).any():
            return False
        room = self._texts.room(len(stored) * stored.dtype.itemsize)
        room.view(stored.dtype)[:] = stored
        if room.max(initial=0) > 127:
            return False
        self._texts.take_room(len(stored), stored.dtype.itemsize)
        return True

    def made(self) -> Any:
        """All values as an array of ``str``, blank as missing."""
        return self._texts.made()


class Numbers:
    """A variable that holds numbers, dates or times, as its kind says; special missing values are kept apart.

    A number that is no date or time that SAS knows is noted as a fault.
    """

    def __init__(self, number: int, length: int, size: int, kind: Kind, faults: Faults) -> None:
        self._number = number
        self._length = length
        self._kind = kind
        self._faults = faults
        self._values = np.empty(size)
        self._filled = 0
        self._at: list[np.ndarray] = []
        self._letters: list[np.ndarray] = []

    def add(self, stored: np.ndarray) -> None:
        """Take the stored values of further records."""
        bits = stored.astype("uint64") if self._length == 8 else _widened(stored, self._length)
        values, special = ibm.from_ibm(bits)
        if special is not None:
            self._at.append(np.flatnonzero(special) + self._filled)
            self._letters.append(ibm.letters_of(bits[special]))
        if self._kind is not Kind.NUMBER:
            outside = np.flatnonzero(~times.in_range(pd.Series(values), self._kind))
            if len(outside):
                told = f"{values[outside[0]]} is not a SAS {self._kind.value}"
                self._faults.add(self._number, "range", outside, told)
        self._values[self._filled : self._filled + len(values)] = values
        self._filled += len(values)

    def made(self) -> Any:
        """All values as doubles, missing as NaN; or as dates or times, missing as NaT."""
        if self._kind is Kind.NUMBER:
            return self._values
        return times.from_sas(pd.Series(self._values), self._kind).array

    def special(self, first: int) -> pd.Series | None:
        """The letters of special missing values by record, counted from ``first``; None if there are none."""
        if not self._at:
            return None
        at = np.concatenate(self._at) + first
        return pd.Series(np.concatenate(self._letters), index=pd.Index(at, dtype="int64"), dtype="str")


def _widened(stored: np.ndarray, length: int) -> np.ndarray:
    return ibm.widened(np.ascontiguousarray(stored).view("uint8").reshape(-1, length))


def record_dtype(variables: tuple[Variable, ...], positions: tuple[int, ...], length: int,
                 wanted: list[int]) -> np.dtype[Any]:
    """The dtype of a record with only the fields that are wanted, named by the variables' positions."""
    stored = [_stored(variables[n]) for n in wanted]
    return np.dtype({"names": [f"f{n}" for n in wanted], "formats": stored,
                     "offsets": [positions[n] for n in wanted], "itemsize": length})


def _stored(variable: Variable) -> str:
    return ">u8" if variable.type == "Num" and variable.length == 8 else f"V{variable.length}"
