"""What the column of a table holds, whatever its dtype: text, numbers, dates, datetimes or times."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pyarrow as pa

from engine.columns import Kind

FORMATS = {Kind.DATE: "DATE9.", Kind.DATETIME: "DATETIME20.", Kind.TIME: "TIME8."}
"""The formats of dates, datetimes and times for which none is given."""

_OBJECTS = {
    "string": Kind.TEXT, "integer": Kind.NUMBER, "floating": Kind.NUMBER, "mixed-integer-float": Kind.NUMBER,
    "decimal": Kind.NUMBER, "boolean": Kind.NUMBER, "date": Kind.DATE, "datetime": Kind.DATETIME,
    "datetime64": Kind.DATETIME, "time": Kind.TIME, "timedelta": Kind.TIME, "timedelta64": Kind.TIME,
}
"""What pandas calls the objects of a column, and what they are."""


class UnwritableError(Exception):
    """A column of a kind that a transport file has no place for; says why and what to do."""

    def __init__(self, message: str, hint: str = "") -> None:
        super().__init__(message)
        self.message = message
        self.hint = hint


def content_of(values: pd.Series) -> Kind | None:
    """What a column holds; None when it is empty objects.  Raises UnwritableError.

    >>> content_of(pd.Series([1, 2], dtype="Int64")), content_of(pd.Series(["a"], dtype="category"))
    (<Kind.NUMBER: 'number'>, <Kind.TEXT: 'text'>)
    """
    dtype = values.dtype
    if isinstance(dtype, pd.CategoricalDtype):
        return content_of(pd.Series(dtype.categories)) if len(dtype.categories) else None
    if isinstance(dtype, pd.ArrowDtype):
        return _arrow(dtype.pyarrow_dtype)
    if isinstance(dtype, pd.StringDtype):
        return Kind.TEXT
    if isinstance(dtype, pd.DatetimeTZDtype):
        raise _zoned(str(dtype.tz))
    if isinstance(dtype, pd.PeriodDtype | pd.IntervalDtype | pd.SparseDtype):
        raise UnwritableError(f"values of dtype {dtype} have no place in an XPT file")
    return _objects(values) if dtype.kind == "O" else _plain(dtype.kind, str(dtype))


def _plain(kind: str, dtype: str) -> Kind:
    found = {"f": Kind.NUMBER, "i": Kind.NUMBER, "u": Kind.NUMBER, "b": Kind.NUMBER, "M": Kind.DATETIME,
             "m": Kind.TIME}.get(kind)
    if found is None:
        raise UnwritableError(f"values of dtype {dtype} have no place in an XPT file",
                              "write the real and the imaginary part each" if kind == "c" else "")
    return found


def _objects(values: pd.Series) -> Kind | None:
    inferred = pd.api.types.infer_dtype(values, skipna=True)
    if inferred == "empty":
        return None
    if inferred in _OBJECTS:
        return _OBJECTS[inferred]
    if inferred in ("mixed", "mixed-integer"):
        return _mixed(values)
    raise UnwritableError(f"{inferred} values have no place in an XPT file")


def _mixed(values: pd.Series) -> Kind:
    kinds: dict[str, None] = {}
    for value in values[values.notna()]:
        kinds.setdefault(type(value).__name__)
        if len(kinds) > 1:
            raise UnwritableError(f"holds objects of several kinds, {' and '.join(kinds)}",
                                  "convert them to one kind, for example text")
    raise UnwritableError(f"values of {next(iter(kinds), 'no')} type have no place in an XPT file")


def _arrow(kind: pa.DataType) -> Kind | None:
    types = pa.types
    if types.is_dictionary(kind):
        return _arrow(kind.value_type)
    if types.is_null(kind):
        return None
    if types.is_string(kind) or types.is_large_string(kind) or types.is_string_view(kind):
        return Kind.TEXT
    if types.is_integer(kind) or types.is_floating(kind) or types.is_boolean(kind) or types.is_decimal(kind):
        return Kind.NUMBER
    if types.is_date(kind):
        return Kind.DATE
    if types.is_timestamp(kind):
        if kind.tz is not None:
            raise _zoned(kind.tz)
        return Kind.DATETIME
    if types.is_time(kind) or types.is_duration(kind):
        return Kind.TIME
    raise UnwritableError(f"values of Arrow type {kind} have no place in an XPT file")


def _zoned(zone: str) -> UnwritableError:
    return UnwritableError(f"datetimes have the time zone {zone}, an XPT file has none",
                           "convert them to local time without a zone")


def is_missing(values: np.ndarray) -> np.ndarray:
    """Where objects mean no value.

    >>> is_missing(np.array(["a", None, np.nan, pd.NA, pd.NaT], dtype="O")).tolist()
    [False, True, True, True, True]
    """
    found: np.ndarray = pd.isna(values)
    return found
