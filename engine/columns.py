"""What a column is: pandas values and the kind of thing they mean.

Blank is NULL everywhere: missing text is ``NaN`` in a ``str`` series, a missing
number ``NaN``, a missing date ``NaT``.  A date and a datetime are both
``datetime64[s]``; the kind tells them apart (a date is at midnight).
"""

from __future__ import annotations

from collections.abc import Callable, Hashable
from enum import Enum

import numpy as np
import pandas as pd

from engine.coded import Coded, Values


class Kind(Enum):
    """The kinds of value a column holds, with the dtype each is held in."""

    TEXT = "text"          # pandas "str", missing NaN
    NUMBER = "number"      # float64, missing NaN
    DATE = "date"          # datetime64[s] at midnight, missing NaT
    DATETIME = "datetime"  # datetime64[s], missing NaT
    TIME = "time"          # timedelta64[s] since midnight, missing NaT
    BOOLEAN = "boolean"    # pandas "boolean", missing NA (SQL's UNKNOWN)


DTYPES: dict[Kind, str] = {
    Kind.TEXT: "str", Kind.NUMBER: "float64", Kind.DATE: "datetime64[s]",
    Kind.DATETIME: "datetime64[s]", Kind.TIME: "timedelta64[s]", Kind.BOOLEAN: "boolean",
}


class Column:
    """Values and their kind; every column of one table shares one index.

    Text is held by codes: ``coded`` gives them, ``values`` always a series.

    >>> column = Column(Coded.constant("AE", 2), Kind.TEXT)
    >>> column.values.tolist(), column.kind.value, len(column)
    (['AE', 'AE'], 'text', 2)
    """

    __slots__ = ("_held", "kind")

    def __init__(self, values: Values, kind: Kind) -> None:
        self._held: Values = Coded.of(values) if kind is Kind.TEXT else values
        self.kind = kind

    def __len__(self) -> int:
        return len(self._held)

    @property
    def values(self) -> pd.Series:
        """The values as a series; text held by codes is written out."""
        return self._held.series() if isinstance(self._held, Coded) else self._held

    @property
    def held(self) -> Values:
        """The codes of text, the values of all else."""
        return self._held

    @property
    def coded(self) -> Coded:
        """The codes of text; TypeError where the column is none."""
        if not isinstance(self._held, Coded):
            raise TypeError(f"a {self.kind.value} has no codes")
        return self._held

    def isna(self) -> np.ndarray:
        """Where there is no value."""
        return np.asarray(self._held.isna())

    def take(self, positions: np.ndarray) -> Column:
        """The values at these positions; -1 gives NULL."""
        if isinstance(self._held, Coded):
            return Column(self._held.take(positions), self.kind)
        if len(positions) == 0 or positions.min() >= 0:
            taken = self._held.array.take(positions)
            return Column(pd.Series(taken, index=pd.RangeIndex(len(positions)), copy=False), self.kind)
        none = positions < 0
        if len(self._held) == 0:
            return Column(blank(pd.RangeIndex(len(positions)), self.kind), self.kind)
        made = self._held.take(np.where(none, 0, positions)).reset_index(drop=True)
        return Column(made.mask(none), self.kind)


def blank(index: pd.Index, kind: Kind) -> pd.Series:
    """A column of NULLs.

    >>> blank(pd.RangeIndex(2), Kind.TEXT).isna().all()
    np.True_
    """
    return pd.Series(pd.array([None] * 0, dtype=DTYPES[kind])).reindex(index)  # type: ignore[call-overload]


def cast(values: pd.Series, kind: Kind) -> pd.Series:
    """Values in the dtype of a kind they already fit.

    >>> cast(pd.Series([1, 2]), Kind.NUMBER).tolist()
    [1.0, 2.0]
    """
    made: pd.Series = values.astype(DTYPES[kind])  # type: ignore[call-overload]
    return made


def repeated(value: str, index: pd.Index) -> pd.Series:
    """One text for every record.

    >>> repeated("AE", pd.RangeIndex(2)).tolist()
    ['AE', 'AE']
    """
    made = pd.Series([value], dtype="str").take(np.zeros(len(index), dtype="int64"))
    return made.set_axis(index)


def marked(mask: np.ndarray, value: str, index: pd.Index) -> pd.Series:
    """A text where ``mask`` is true, NULL elsewhere.

    >>> marked(np.array([True, False]), "Y", pd.RangeIndex(2)).tolist()
    ['Y', nan]
    """
    return repeated(value, index).where(mask)


def map_distinct(values: pd.Series, function: Callable[[Hashable], object], dtype: str = "str") -> pd.Series:
    """Apply ``function`` once to each distinct non-missing value of a series.

    A table of a million records holds few distinct units, terms or dates; this
    is how text is worked on without a loop over records.

    >>> map_distinct(pd.Series(["a", None, "a"], dtype="str"), str.upper).tolist()
    ['A', nan, 'A']
    """
    codes, distinct = pd.factorize(values, use_na_sentinel=True)
    # The last value stands for NULL: code -1 picks it.
    made = pd.Series([*(function(value) for value in distinct), None], dtype=dtype)
    return made.take(np.where(codes < 0, len(distinct), codes)).set_axis(values.index)
