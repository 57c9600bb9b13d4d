"""Work on the distinct combinations of several columns, not on each record."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray


def combinations(columns: Sequence[pd.Series]) -> tuple[NDArray[np.int64], list[tuple[Any, ...]]]:
    """The distinct combinations of columns, and for each record the number of its own.

    The columns have one length; a missing value is ``None`` in a combination.

    >>> a, b = pd.Series(["x", "x", "y", "x"]), pd.Series(["1", None, "1", "1"])
    >>> codes, found = combinations([a, b])
    >>> codes.tolist(), found
    ([0, 1, 2, 0], [('x', '1'), ('x', None), ('y', '1')])
    """
    codes = np.zeros(len(columns[0]), dtype=np.int64)
    for column in columns:
        own, distinct = pd.factorize(column, use_na_sentinel=True)
        # Numbered afresh at each column, the product of two counts stays far below 2**63.
        codes = pd.factorize(codes * (len(distinct) + 1) + own + 1)[0]
    first = np.flatnonzero(~pd.Series(codes).duplicated().to_numpy())
    picked = [[None if pd.isna(v) else v for v in column.iloc[first].tolist()] for column in columns]
    return codes.astype(np.int64), list(zip(*picked, strict=True))


def spread(
    made: Sequence[object] | NDArray[Any], codes: NDArray[np.int64], index: pd.Index, dtype: str = "str",
) -> pd.Series:
    """One value a combination, laid out over the records; ``None`` becomes missing.

    >>> spread(["x", None], np.array([1, 0, 0]), pd.RangeIndex(3)).tolist()
    [nan, 'x', 'x']
    """
    taken = pd.Series(list(made), dtype=dtype).take(codes)
    taken.index = index
    return taken
