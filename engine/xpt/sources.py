"""Columns of text as the writer takes them: some records at a time, as bytes of one width.

Each source gives the bytes of records, or the faults that keep them from being
written.  Categories are encoded once and taken by their codes.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, Protocol

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.compute as pc

from engine.xpt.contents import is_missing
from engine.xpt.texts import LARGE, Encoding, data_of, fixed, sizes_of, unchunked

BLOCK = 16_384
"""Records looked at together: arrays of numbers of this size stay in the processor's caches."""

BUFFER = 4 * 2**20
"""Bytes of records read or written at a time, at most (but at least one record)."""

_TABLE = 8 * 2**20
"""Bytes that the encoded categories of a column may take; beyond it they are worked on as they are met."""


@dataclass(frozen=True)
class Fault:
    """Records that cannot be written: their kind of fault, where they are, and what to say of one of them."""

    kind: str
    where: np.ndarray
    tell: Callable[[int], str]


class TextSource(Protocol):
    """A column of text."""

    def longest(self) -> int:
        """The bytes of the longest value, 0 where there is none."""

    def take(self, start: int, stop: int, width: int) -> tuple[np.ndarray, list[Fault]]:
        """The records from one to another, as numpy ``S`` of this width, or what is wrong with them."""


class Plain:
    """Text that is given as arrow arrays, some records at a time."""

    def __init__(self, size: int, texts: Callable[[int, int], Any], encoding: Encoding) -> None:
        self._size = size
        self._texts = texts
        self._encoding = encoding

    def longest(self) -> int:
        """The bytes of the longest value."""
        longest = 0
        for start in range(0, self._size, BLOCK):
            blobs, _ = self._encoding.encode(self._texts(start, min(start + BLOCK, self._size)))
            longest = max(longest, int(sizes_of(blobs).max(initial=0)))
        return longest

    def take(self, start: int, stop: int, width: int) -> tuple[np.ndarray, list[Fault]]:
        """The records from one to another."""
        return self._fixed(self._texts(start, stop), width)

    def _fixed(self, texts: Any, width: int) -> tuple[np.ndarray, list[Fault]]:
        blobs, bad = self._encoding.encode(texts)
        faults = _faults(texts, blobs, bad, width, self._encoding)
        return (_NOTHING if faults else fixed(blobs, width)), faults


class Coded:
    """Text by codes: each distinct text is encoded once, and filled up once if there are not many."""

    def __init__(self, codes: np.ndarray, distinct: Any, encoding: Encoding) -> None:
        self._codes = codes
        self._distinct = distinct
        self._encoding = encoding
        self._blobs, self._bad = encoding.encode(distinct)
        self._ready = False
        self._table: np.ndarray | None = None
        self._faults: list[Fault] = []

    def longest(self) -> int:
        """The bytes of the longest text that a record has."""
        used = np.zeros(len(self._distinct) + 1, dtype=bool)
        for start in range(0, len(self._codes), BLOCK):
            used[self._codes[start : start + BLOCK]] = True  # the code -1 falls on the place after the last
        return int(sizes_of(self._blobs)[used[:-1]].max(initial=0))

    def take(self, start: int, stop: int, width: int) -> tuple[np.ndarray, list[Fault]]:
        """The records from one to another; all of one width."""
        if not self._ready:
            self._prepare(width)
        codes = self._codes[start:stop]
        found = [Fault(fault.kind, where, lambda at, fault=fault: fault.tell(int(codes[at])))  # type: ignore[misc]
                 for fault in self._faults if (where := fault.where[codes]).any()]
        if found:
            return _NOTHING, found
        if self._table is not None:
            return self._table[codes], []
        return fixed(self._blobs.take(pa.array(np.where(codes < 0, len(self._distinct), codes))), width), []

    def _prepare(self, width: int) -> None:
        """Find the texts that cannot be written, which are blank from here on, and add a blank for NULL."""
        blobs = self._blobs
        faults = _faults(self._distinct, blobs, self._bad, width, self._encoding)
        if faults:
            bad = np.any([fault.where for fault in faults], axis=0)
            blobs = pc.if_else(pa.array(~bad), blobs, pa.scalar(b"", pa.large_binary()))
        self._faults = [Fault(fault.kind, np.append(fault.where, False), fault.tell) for fault in faults]
        self._blobs = pa.concat_arrays([blobs, pa.array([b""], pa.large_binary())])
        if len(self._blobs) * width <= _TABLE:
            self._table = fixed(self._blobs, width)
        self._ready = True


_NOTHING = np.array([], dtype="S1")


def _faults(texts: Any, blobs: Any, bad: np.ndarray | None, width: int, encoding: Encoding) -> list[Fault]:
    """The faults of texts: characters that cannot be written, and then what is too long."""
    found = []
    if bad is not None and bad.any():
        found.append(Fault("text", bad, lambda at: encoding.tell(texts[at].as_py())))
    sizes = sizes_of(blobs)
    if len(sizes) and sizes.max() > width:
        long = sizes > width if bad is None else (sizes > width) & ~bad
        if long.any():
            found.append(Fault("length", long, lambda at: f"text of {sizes[at]} bytes, length {width}"))
    return found


def text_source(values: pd.Series, encoding: Encoding) -> TextSource:
    """The source of a column of text: ``str``, objects, categories, or an Arrow type."""
    if isinstance(values.dtype, pd.CategoricalDtype):
        try:
            distinct = unchunked(pa.array(values.cat.categories, LARGE, from_pandas=True))
        except (pa.ArrowException, TypeError, UnicodeEncodeError):  # halves of characters, told by record
            return _Objects(np.asarray(values, dtype="object"), encoding)
        codes: np.ndarray = values.array.codes
        if _fits(distinct):
            return Coded(codes, distinct, encoding)
        return Plain(len(values), lambda start, stop: filled(distinct.take(pa.array(
            codes[start:stop], mask=codes[start:stop] < 0))), encoding)
    if _holds_objects(values.dtype):
        return _Objects(np.asarray(values.array, dtype="object"), encoding)
    return Plain(len(values), _slices(values), encoding)


def _holds_objects(dtype: Any) -> bool:
    """Whether text is held as objects of Python's, not by Arrow."""
    if isinstance(dtype, pd.StringDtype):
        return dtype.storage == "python"
    return dtype.kind == "O" and not isinstance(dtype, pd.ArrowDtype)


def _fits(distinct: Any) -> bool:
    longest = int(sizes_of(distinct).max(initial=0))
    return longest * len(distinct) <= _TABLE


def _slices(values: pd.Series) -> Callable[[int, int], Any]:
    """Gives slices of a column of an Arrow type, or of text that pandas holds in another way."""
    found = pa.array(values.array, from_pandas=True)
    whole = found if isinstance(found, pa.ChunkedArray) else pa.chunked_array([found])

    def texts(start: int, stop: int) -> Any:
        one = unchunked(whole.slice(start, stop - start))
        return filled(one if one.type == LARGE else one.cast(LARGE))

    return texts


def filled(texts: Any) -> Any:
    """Arrow texts (large) with an empty one for NULL; not copied where a NULL has no bytes, as is usual.

    >>> filled(pa.array(["a", None], LARGE)).to_pylist()
    ['a', '']
    """
    if not texts.null_count:
        return texts
    if (pc.sum(pc.binary_length(texts)).as_py() or 0) != len(data_of(texts)):
        return texts.fill_null("")
    return pa.Array.from_buffers(LARGE, len(texts), [None, *texts.buffers()[1:]], 0, texts.offset)


class _Objects(Plain):
    """Python objects that are to be text."""

    def __init__(self, values: np.ndarray, encoding: Encoding) -> None:
        super().__init__(len(values), lambda start, stop: self._converted(start, stop)[0], encoding)
        self._values = values

    def take(self, start: int, stop: int, width: int) -> tuple[np.ndarray, list[Fault]]:
        """The records from one to another."""
        texts, strange = self._converted(start, stop)
        made, faults = self._fixed(texts, width)
        if strange is None:
            return made, faults
        told = Fault("object", strange, lambda at: f"{self._values[start + at]!r} is no text")
        return _NOTHING, [told, *faults]

    def _converted(self, start: int, stop: int) -> tuple[Any, np.ndarray | None]:
        """Objects as texts, empty where there is none, and where an object is none that has bytes."""
        values = self._values[start:stop]
        try:
            return filled(pa.array(values, LARGE, from_pandas=True)), None
        except (pa.ArrowException, TypeError, UnicodeEncodeError):
            missing = is_missing(values)
            strange = np.array([not _is_text(one) for one in values], dtype=bool) & ~missing
            return pa.array(np.where(strange | missing, "", values).tolist(), LARGE), strange


def _is_text(value: object) -> bool:
    if not isinstance(value, str):
        return False
    try:
        value.encode("utf-8")
    except UnicodeEncodeError:
        return False
    return True
