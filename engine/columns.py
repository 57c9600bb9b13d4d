"""What a column is: pandas values and the kind of thing they mean.

Blank is NULL everywhere: missing text is ``NaN`` in a ``str`` series, a missing
number ``NaN``, a missing date ``NaT``.  A date and a datetime are both
``datetime64[s]``; the kind tells them apart (a date is at midnight).
"""

from __future__ import annotations

from collections.abc import Callable, Hashable
from enum import Enum
from typing import NamedTuple

import numpy as np
import pandas as pd


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


class Column(NamedTuple):
    """Values and their kind; every column of one table shares one index."""

    values: pd.Series
    kind: Kind


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
    made = pd.Series([function(value) for value in distinct], dtype=dtype)
    taken = made.reindex(np.where(codes < 0, len(made), codes))
    taken.index = values.index
    return taken
