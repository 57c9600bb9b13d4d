"""Expressions over the records of a table, worked out once for records that are alike."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
import pandas as pd

from engine.coded import distinct_records
from engine.columns import Column, Kind
from engine.expressions import Expression

_FEW = 2000
"""Below so many records finding those that are alike takes longer than it saves."""


def evaluate(expression: Expression, columns: Mapping[tuple[str, ...], Column],
             size: int) -> tuple[Column, dict[str, np.ndarray]]:
    """The value of each of ``size`` records, and for each message the records it is about.

    A value depends on nothing but the columns that are read: where these are all
    text, each combination of texts is worked out once.
    """
    texts = [column.coded for column in columns.values() if column.kind is Kind.TEXT]
    if size < _FEW or len(texts) < len(columns) or not texts:
        return _evaluated(expression, columns, size)
    codes, first = distinct_records(texts)
    if 2 * len(first) > size:
        return _evaluated(expression, columns, size)
    few = {name: column.take(first) for name, column in columns.items()}
    made, bad = _evaluated(expression, few, len(first))
    return made.take(codes), {message: mask[codes] for message, mask in bad.items()}


def _evaluated(expression: Expression, columns: Mapping[tuple[str, ...], Column],
               size: int) -> tuple[Column, dict[str, np.ndarray]]:
    result = expression.evaluate(columns, pd.RangeIndex(size))
    bad = {message: mask.to_numpy(dtype=bool) for message, mask in result.bad.items()}
    return Column(result.values, result.kind), bad
