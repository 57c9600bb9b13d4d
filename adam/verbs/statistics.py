"""Statistics of groups of values."""

from __future__ import annotations

from typing import Literal

import numpy as np
import pandas as pd

How = Literal["mean", "median", "min", "max", "sum", "count", "sd"]


def compute_summary(values: pd.Series, codes: np.ndarray, how: How) -> pd.Series:
    """A statistic of each group 0 .. n-1, missing values left out; ``sd`` is of a sample.

    >>> compute_summary(pd.Series([1.0, 3.0, 5.0]), np.array([0, 0, 1]), "mean").tolist()
    [2.0, 5.0]
    """
    grouped = values.groupby(codes)
    found: pd.Series = grouped.std() if how == "sd" else getattr(grouped, how)()
    return found.astype("float64")
