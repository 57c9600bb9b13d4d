"""Text by codes: each distinct text once, and for every record which one it is.

A clinical table of a million records holds few distinct tests, units, visits,
dates, even results.  Kept by codes a column takes four bytes a record, a change
of its text is made once a distinct text, and keys are compared as integers.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from typing import Any

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.compute as pc

_TEXT = pd.StringDtype("pyarrow", na_value=np.nan)
_LARGEST = 2**62
_FEW = 256
"""Dictionaries this small are never worth making smaller."""


class Coded:
    """A text column: ``codes`` (int32, -1 for NULL) are positions in ``distinct``.

    ``distinct`` is an arrow array of ``large_string`` without NULL in which no
    text stands twice; it may hold texts that no record has.

    >>> column = Coded.of(pd.Series(["a", None, "b", "a"], dtype="str"))
    >>> column.codes.tolist(), column.distinct.to_pylist()
    ([0, -1, 1, 0], ['a', 'b'])
    """

    __slots__ = ("_ranks", "codes", "distinct")

    def __init__(self, codes: np.ndarray, distinct: Any) -> None:
        self.codes = codes
        self.distinct = distinct
        self._ranks: np.ndarray | None = None

    @staticmethod
    def of(values: Values) -> Coded:
        """The codes of a text series; codes are given back as they are.

        Raises TypeError for a series that is no text: a fault of the calling code.
        """
        if isinstance(values, Coded):
            return values
        _require_text(values)
        if isinstance(values.dtype, pd.CategoricalDtype):
            texts = pa.array(values.cat.categories, pa.large_string())
            return Coded(values.cat.codes.to_numpy(dtype="int32"), texts)
        return Coded.of_arrow(pa.array(values, pa.large_string(), from_pandas=True))

    @staticmethod
    def of_arrow(values: Any) -> Coded:
        """The codes of an arrow array of text, chunked or not, by codes or not.

        >>> Coded.of_arrow(pa.chunked_array([["a"], ["b", "a"]])).codes.tolist()
        [0, 1, 0]
        """
        if pa.types.is_dictionary(values.type):
            return _of_dictionary(values)
        whole = values.combine_chunks() if isinstance(values, pa.ChunkedArray) else values
        encoded = whole.cast(pa.large_string()).dictionary_encode()
        if isinstance(encoded, pa.ChunkedArray):
            return _of_dictionary(encoded)
        return Coded(_codes(encoded.indices), encoded.dictionary)

    @staticmethod
    def constant(text: str, size: int) -> Coded:
        """One text for every record.

        >>> Coded.constant("AE", 2).texts()
        ['AE', 'AE']
        """
        return Coded(np.zeros(size, dtype="int32"), pa.array([text], pa.large_string()))

    @staticmethod
    def nulls(size: int) -> Coded:
        """No text for any record."""
        return Coded(np.full(size, -1, dtype="int32"), pa.array([], pa.large_string()))

    @staticmethod
    def choice(codes: np.ndarray, texts: Sequence[str | None]) -> Coded:
        """For each record one of these texts, which may be alike; -1 is NULL.

        >>> Coded.choice(np.array([1, 0, -1], dtype="int32"), ["a", "a"]).distinct.to_pylist()
        ['a']
        """
        made = pa.array(texts, pa.large_string())
        return Coded(codes, made).renamed(made)

    def __len__(self) -> int:
        return len(self.codes)

    def series(self, index: pd.Index | None = None) -> pd.Series:
        """The texts as a pandas ``str`` series.

        >>> texts = pa.array(["a", "b"], pa.large_string())
        >>> Coded(np.array([1, -1], dtype="int32"), texts).series().tolist()
        ['b', nan]
        """
        return pd.Series(_pandas(self._taken()), index=index)

    def categories(self, index: pd.Index | None = None) -> pd.Series:
        """The texts as a pandas category: the memory and speed of codes, the order of text."""
        made = self._compact(0)
        texts = pd.Index(_pandas(made.distinct.take(pc.sort_indices(made.distinct))))
        return pd.Series(pd.Categorical.from_codes(made.order(), categories=texts), index=index)

    def texts(self) -> list[str | None]:
        """The texts as Python has them."""
        found: list[str | None] = self._taken().to_pylist()
        return found

    def _taken(self) -> Any:
        return self.distinct.take(pa.array(self.codes, mask=self.codes < 0))

    def isna(self) -> np.ndarray:
        """Where there is no text."""
        return self.codes < 0

    def take(self, positions: np.ndarray) -> Coded:
        """The records at these positions; -1 gives NULL.

        >>> Coded.of(pd.Series(["a", "b"], dtype="str")).take(np.array([1, -1, 1])).texts()
        ['b', None, 'b']
        """
        codes = self.codes.take(positions) if len(self.codes) else np.full(len(positions), -1, dtype="int32")
        if len(positions) and len(self.codes) and positions.min() < 0:
            codes = np.where(positions < 0, np.int32(-1), codes)
        return Coded(codes, self.distinct)._compact(2 * len(codes))

    def where(self, mask: np.ndarray) -> Coded:
        """NULL where ``mask`` is not true."""
        return Coded(np.where(mask, self.codes, np.int32(-1)), self.distinct)

    def _compact(self, most: int) -> Coded:
        """Without texts that no record has, where there are more than ``most`` (and not just a few)."""
        if most and len(self.distinct) <= max(most, _FEW):
            return self
        used = np.zeros(len(self.distinct) + 1, dtype=bool)
        used[self.codes] = True  # NULL's -1 falls on the place after the last
        used = used[:-1]
        if used.all():
            return self
        new = np.append(np.cumsum(used, dtype="int32") - 1, np.int32(-1)).astype("int32")
        return Coded(new[self.codes], self.distinct.filter(pa.array(used)))

    def map(self, function: Callable[[str], str | None]) -> Coded:
        """Change each distinct text; None is NULL.

        >>> Coded.of(pd.Series(["a", "A", "?"], dtype="str")).map(
        ...     lambda text: None if text == "?" else text.upper()).texts()
        ['A', 'A', None]
        """
        made = [function(text) for text in self.distinct.to_pylist()]
        return self.renamed(pa.array(made, pa.large_string()))

    def numbers(self, function: Callable[[str], float | None]) -> np.ndarray:
        """A number for each record by its text; NaN for None and for NULL.

        >>> Coded.of(pd.Series(["D1", "?", None], dtype="str")).numbers({"D1": 1.0}.get).tolist()
        [1.0, nan, nan]
        """
        made = [function(text) for text in self.distinct.to_pylist()]
        found: np.ndarray = np.array([*made, None], dtype="float64")[self.codes]
        return found

    def where_text(self, function: Callable[[str], bool]) -> np.ndarray:
        """Where the text is one for which the function is true; not where there is none."""
        hits = [function(text) for text in self.distinct.to_pylist()]
        found: np.ndarray = np.array([*hits, False], dtype=bool)[self.codes]
        return found

    def sizes(self) -> np.ndarray:
        """The bytes of each record's text in UTF-8; 0 for NULL.

        >>> Coded.of(pd.Series(["ab", "\u00b5", None], dtype="str")).sizes().tolist()
        [2, 2, 0]
        """
        found: np.ndarray = np.append(pc.binary_length(self.distinct).to_numpy(), 0)[self.codes]
        return found

    def most_bytes(self) -> int:
        """The bytes of the longest of the distinct texts, 0 if there is none.

        >>> Coded.of(pd.Series(["ab", None], dtype="str")).most_bytes()
        2
        """
        return int(pc.max(pc.binary_length(self.distinct)).as_py() or 0)

    def filled(self, mask: np.ndarray, text: str) -> Coded:
        """One text where ``mask`` is true.

        >>> Coded.nulls(2).filled(np.array([True, False]), "Y").texts()
        ['Y', None]
        """
        return Coded.constant(text, len(self)).where(mask).or_else(self.where(~mask))

    def or_else(self, other: Coded) -> Coded:
        """The other's text where there is none here."""
        if not self.isna().any():
            return self
        both = stack_coded([self, other])
        size = len(self)
        return Coded(np.where(self.codes < 0, both.codes[size:], both.codes[:size]), both.distinct)

    def renamed(self, texts: Any) -> Coded:
        """Put these texts (an arrow array, NULL allowed) in place of the distinct ones."""
        encoded = pa.array(texts, pa.large_string()).dictionary_encode()
        new = np.append(_codes(encoded.indices), np.int32(-1))
        return Coded(new[self.codes], encoded.dictionary)

    def look_up(self, function: Callable[[pd.Series], pd.Series], missing: object) -> np.ndarray:
        """What a function of series gives for each record, worked out on the distinct texts.

        >>> Coded.of(pd.Series(["a", None], dtype="str")).look_up(lambda texts: texts.str.len(), 0).tolist()
        [1, 0]
        """
        made = function(pd.Series(_pandas(self.distinct))).to_numpy()
        found: np.ndarray = np.append(made, np.array([missing], dtype=made.dtype))[self.codes]
        return found

    def ranks(self) -> np.ndarray:
        """Where each distinct text comes in the order of its characters, from 0.

        >>> Coded.of(pd.Series(["b", "a"], dtype="str")).ranks().tolist()
        [1, 0]
        """
        if self._ranks is None:
            order = pc.sort_indices(self.distinct).to_numpy()
            ranks = np.empty(len(order), dtype="int64")
            ranks[order] = np.arange(len(order))
            self._ranks = ranks
        return self._ranks

    def order(self) -> np.ndarray:
        """The rank of each record's text, -1 for NULL."""
        found: np.ndarray = np.append(self.ranks(), -1)[self.codes]
        return found


def stack_coded(parts: Sequence[Coded]) -> Coded:
    """The records of all parts, one after the other.

    >>> stack_coded([Coded.constant("a", 1), Coded.nulls(1), Coded.constant("a", 1)]).texts()
    ['a', None, 'a']
    """
    if len(parts) == 1:
        return parts[0]
    encoded = pa.concat_arrays([part.distinct for part in parts]).dictionary_encode()
    codes, new = [], _codes(encoded.indices)
    start = 0
    for part in parts:
        stop = start + len(part.distinct)
        codes.append(np.append(new[start:stop], np.int32(-1))[part.codes])
        start = stop
    return Coded(np.concatenate(codes), encoded.dictionary)


Values = pd.Series | Coded
"""A column of any kind: text may be by codes."""


def factorized(values: Values) -> tuple[np.ndarray, int]:
    """A code a record (-1 for NULL) and how many there are at most."""
    if isinstance(values, Coded):
        return values.codes, len(values.distinct)
    codes, distinct = pd.factorize(values, use_na_sentinel=True)
    return codes, len(distinct)


def combined(parts: Sequence[tuple[np.ndarray, int]], size: int) -> tuple[np.ndarray, int]:
    """One integer of several codes, in their order with NULL's -1 first, and how many it may be.

    >>> combined([(np.array([1, -1]), 2), (np.array([0, 1]), 2)], 2)[0].tolist()
    [7, 2]
    """
    if not parts:
        return np.zeros(size, dtype="int64"), 1
    total = np.asarray(parts[0][0], dtype="int64") + 1
    range_ = parts[0][1] + 1
    for codes, count in parts[1:]:
        if range_ * (count + 1) > _LARGEST:
            kept, total = np.unique(total, return_inverse=True)
            range_ = len(kept)
        # In place: a column of its own for each step would take longer than the sums.
        total *= count + 1
        total += codes
        total += 1
        range_ *= count + 1
    return total, range_


def codes_of(columns: Iterable[Values]) -> np.ndarray:
    """One integer a record, equal where all columns are equal (NULL equals NULL), from 0 as they are met.

    >>> codes_of([pd.Series([1, 1, 2]), pd.Series(["a", "b", "a"])]).tolist()
    [0, 1, 2]
    """
    return distinct_records(columns)[0]


def groups_of(columns: Sequence[Values]) -> np.ndarray:
    """One small integer a record, equal where all columns are equal; cheaper than :func:`codes_of`.

    >>> groups_of([Coded.of(pd.Series(["b", None, "b"], dtype="str"))]).tolist()
    [1, 0, 1]
    """
    return small(*combined([factorized(column) for column in columns], 0))


def small(codes: np.ndarray, range_: int) -> np.ndarray:
    """Codes as they are, or numbered afresh where they are much greater than there are records."""
    return codes if range_ <= _dense(len(codes)) else pd.factorize(codes)[0].astype("int64", copy=False)


def _dense(size: int) -> int:
    """So many codes may be numbered in a table of their own."""
    return max(2 * size, 1000)


def distinct_records(columns: Iterable[Values]) -> tuple[np.ndarray, np.ndarray]:
    """The number of each record's combination of values, and the position of the first of each.

    >>> codes, first = distinct_records([pd.Series(["a", "b", "a"], dtype="str")])
    >>> codes.tolist(), first.tolist()
    ([0, 1, 0], [0, 1])
    """
    total, range_ = combined([factorized(column) for column in columns], 0)
    size = len(total)
    if range_ > _dense(size):
        codes, kept = pd.factorize(total)
        codes, total, range_ = codes.astype("int64", copy=False), codes, len(kept)
    table = np.full(range_, -1, dtype="int64")
    table[total[::-1]] = np.arange(size - 1, -1, -1)   # the first of each is written last
    first = np.sort(table[table >= 0])
    if range_ <= len(first) and bool((table == first).all()):
        return total, first
    numbers = np.empty(range_, dtype="int64")
    numbers[total[first]] = np.arange(len(first))
    return numbers[total], first


def _require_text(values: pd.Series) -> None:
    if isinstance(values.dtype, pd.CategoricalDtype):
        values = pd.Series(values.cat.categories)
    words = values.dtype == "object" and pd.api.types.infer_dtype(values, skipna=True) in ("string", "empty")
    if not (words or isinstance(values.dtype, pd.StringDtype)):
        raise TypeError(f"a text column of dtype {values.dtype}")


def _of_dictionary(values: Any) -> Coded:
    """Codes of an arrow dictionary array; its dictionary may hold a text twice, or NULL."""
    if isinstance(values, pa.ChunkedArray):
        chunks = values.unify_dictionaries().chunks
        if not chunks:
            return Coded.nulls(0)
        codes, dictionary = np.concatenate([_codes(chunk.indices) for chunk in chunks]), chunks[0].dictionary
    else:
        codes, dictionary = _codes(values.indices), values.dictionary
    texts = dictionary.cast(pa.large_string())
    if texts.null_count == 0 and len(texts.unique()) == len(texts):
        return Coded(codes, texts)
    return Coded(codes, texts).renamed(texts)


def _codes(indices: Any) -> np.ndarray:
    if indices.null_count:
        indices = indices.fill_null(-1)
    found: np.ndarray = indices.to_numpy(zero_copy_only=False).astype("int32", copy=False)
    return found


def _pandas(texts: Any) -> Any:
    """An arrow array as a pandas array of ``str``."""
    return pd.arrays.ArrowStringArray(pa.chunked_array([texts]), dtype=_TEXT)  # type: ignore[call-arg]
