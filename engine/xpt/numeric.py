"""Columns of numbers, dates and times as the writer takes them: some records at a time, as doubles.

A missing value is NaN.  Dates and times become the counts that SAS holds; what a
double cannot hold whole is a fault, never rounded without a word.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from decimal import Decimal
from typing import Any

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.compute as pc

from engine.columns import Kind
from engine.xpt import times
from engine.xpt.contents import is_missing
from engine.xpt.model import WHOLE
from engine.xpt.sources import Fault
from engine.xpt.texts import unchunked
from engine.xpt.times import DAY, FIRST_DAY, LAST_DAY

Take = Callable[[int, int], tuple[np.ndarray, list[Fault]]]
"""Gives the doubles of the records from one to another, and what is wrong with them."""

_UNITS = {"s": 1, "ms": 10**3, "us": 10**6, "ns": 10**9}
_DAYS_TO_SAS = 3653
"""Days from 1960-01-01, where SAS begins to count, to 1970-01-01, where numpy and Arrow do."""


def number_source(values: pd.Series, format: str | None) -> Take:
    """The source of a column that is no text; the format says what SAS counts of dates and times.

    >>> number_source(pd.Series(["1960-01-02"], dtype="datetime64[s]"), "DATETIME20.")(0, 1)
    (array([86400.]), [])
    """
    dtype = values.dtype
    if isinstance(dtype, pd.CategoricalDtype):
        return _by_codes(values, format)
    if isinstance(dtype, pd.ArrowDtype):
        whole = pa.chunked_array(pa.array(values.array))
        return lambda start, stop: _of_arrow(unchunked(whole.slice(start, stop - start)), format)
    if pd.api.types.is_extension_array_dtype(dtype):  # Int64, Float64, boolean and their like
        return lambda start, stop: _of_masked(values.array[start:stop])
    plain = values.to_numpy()
    if dtype.kind == "O":
        return lambda start, stop: _of_objects(plain[start:stop], format)
    if dtype.kind in "mM":
        unit = np.datetime_data(plain.dtype)[0]
        return lambda start, stop: _of_ticks(plain[start:stop], unit, format)
    return lambda start, stop: _of_numpy(plain[start:stop])


def _of_numpy(values: np.ndarray) -> tuple[np.ndarray, list[Fault]]:
    found = values.astype("float64", copy=False)
    if values.dtype.kind in "iu" and values.dtype.itemsize == 8:
        return found, _whole_faults(values)
    if values.dtype.kind == "f" and values.dtype.itemsize > 8:
        bad = (found.astype(values.dtype) != values) & ~np.isnan(found)
        told = Fault("lossy", bad, lambda at: f"{values[at]!s} has more digits than a double holds")
        return found, [told] if bad.any() else []
    return found, []


def _whole_faults(values: np.ndarray) -> list[Fault]:
    bad = (values > WHOLE) if values.dtype.kind == "u" else (values > WHOLE) | (values < -WHOLE)
    return [_whole_fault(bad, values)] if bad.any() else []


def _whole_fault(bad: np.ndarray, values: Any) -> Fault:
    return Fault("whole", bad, lambda at: (
        f"{values[at]} is beyond 2**53, up to which integers are kept exactly"))


def _of_masked(values: Any) -> tuple[np.ndarray, list[Fault]]:
    missing = np.asarray(values.isna(), dtype=bool)
    if values.dtype.kind in "iu":
        whole = values.to_numpy(dtype="uint64" if values.dtype.kind == "u" else "int64", na_value=0)
        found, faults = _of_numpy(whole)
        return np.where(missing, np.nan, found), faults
    return values.to_numpy(dtype="float64", na_value=np.nan), []


def _by_codes(values: pd.Series, format: str | None) -> Take:
    """Categories that are numbers or dates: each is converted once."""
    distinct = pd.Series(values.cat.categories)
    found, faults = number_source(distinct, format)(0, len(distinct))
    table = np.append(found, np.nan)
    codes: np.ndarray = values.array.codes

    def take(start: int, stop: int) -> tuple[np.ndarray, list[Fault]]:
        part = codes[start:stop]
        bad = [Fault(fault.kind, where, lambda at, fault=fault: fault.tell(int(part[at])))  # type: ignore[misc]
               for fault in faults if (where := np.append(fault.where, False)[part]).any()]
        return table[part], bad

    return take


def _of_objects(values: np.ndarray, format: str | None) -> tuple[np.ndarray, list[Fault]]:
    try:
        found = pa.array(values, from_pandas=True)
        if not pa.types.is_decimal(found.type):
            return _of_arrow(found, format)
    except (pa.ArrowException, OverflowError, TypeError):
        pass
    return _one_by_one(values)


def _one_by_one(values: np.ndarray) -> tuple[np.ndarray, list[Fault]]:
    """Numbers of several Python types, or too large for Arrow; whatever is no number is a fault."""
    found = np.full(len(values), np.nan)
    large, strange = np.zeros(len(values), dtype=bool), np.zeros(len(values), dtype=bool)
    for at in np.flatnonzero(~is_missing(values)):
        value = values[at]
        if isinstance(value, int | np.integer) and abs(int(value)) > WHOLE:
            large[at] = True
        elif isinstance(value, int | float | Decimal | np.integer | np.floating | np.bool_):
            found[at] = float(value)
        else:
            strange[at] = True
    faults = [_whole_fault(large, values)] if large.any() else []
    if strange.any():
        faults.append(Fault("object", strange, lambda at: f"{values[at]!r} is no number"))
    return found, faults


def _of_arrow(values: Any, format: str | None) -> tuple[np.ndarray, list[Fault]]:
    if pa.types.is_dictionary(values.type):
        values = values.dictionary_decode()
    types, of = pa.types, values.type
    if types.is_null(of):
        return np.full(len(values), np.nan), []
    if types.is_date(of):
        return _of_ticks(values.cast(pa.date32()).to_numpy(zero_copy_only=False), "D", format)
    if types.is_timestamp(of) and of.tz is not None:
        zoned = Fault("zone", ~np.asarray(values.is_null(), dtype=bool), lambda at: (
            f"{values[at].as_py()} has a time zone, an XPT file has none"))
        return np.full(len(values), np.nan), [zoned]
    if types.is_timestamp(of) or types.is_duration(of):
        return _of_ticks(values.to_numpy(zero_copy_only=False), of.unit, format)
    if types.is_time(of):
        whole = values.cast(pa.int32() if types.is_time32(of) else pa.int64()).cast(pa.int64())
        return _of_ticks(whole.cast(pa.duration(of.unit)).to_numpy(zero_copy_only=False), of.unit, format)
    if types.is_decimal(of):
        # By its digits: what Arrow makes of a decimal is not always the nearest double (0.57).
        return values.cast(pa.string()).cast(pa.float64()).to_numpy(zero_copy_only=False), []
    if types.is_boolean(of):
        values = values.cast(pa.uint8())
    if types.is_integer(of) and values.null_count:
        missing = np.asarray(values.is_null(), dtype=bool)
        found, faults = _of_numpy(pc.fill_null(values, 0).to_numpy(zero_copy_only=False))
        return np.where(missing, np.nan, found), faults
    return _of_numpy(values.to_numpy(zero_copy_only=False))


def _of_ticks(ticks: np.ndarray, unit: str, format: str | None) -> tuple[np.ndarray, list[Fault]]:
    """Moments or spans of time, counted in a unit, as what SAS counts."""
    missing = np.isnat(ticks)
    counts = np.where(missing, 0, ticks.view("int64"))
    per = 1 if unit == "D" else _UNITS[unit]
    whole, rest = np.divmod(counts, per)
    if unit == "D":
        whole = whole * DAY
    moments = ticks.dtype.kind == "M"
    faults = []
    if moments:
        whole = whole + _DAYS_TO_SAS * DAY
        days, none = times.sas_days(whole // DAY)
        whole = days * DAY + whole % DAY
        faults.append(Fault("leap", none, lambda at: (
            f"{_shown(ticks[at])} is a day that the calendar of SAS lacks")))
        outside = (days < FIRST_DAY) | (days > LAST_DAY)
    else:
        outside = np.abs(whole) >= LAST_DAY * DAY
    found = whole + rest / per
    years = "the years 1582 to 9999" if moments else "what SAS counts as a time"
    faults.append(Fault("range", outside, lambda at: f"{_shown(ticks[at])} is not within {years}"))
    if per > 1:
        lossy = _lossy(found, whole, rest, per)
        faults.append(Fault("lossy", lossy, lambda at: (
            f"{_shown(ticks[at])} has finer parts of a second than the file keeps")))
    if moments and times.kind_of(format) is Kind.DATE:
        faults.append(Fault("midnight", found % DAY != 0, lambda at: (
            f"{_shown(ticks[at])} has a time, format {format} holds a date")))
        found = found / DAY
    found[missing] = np.nan
    return found, [replace(fault, where=where) for fault in faults if (where := fault.where & ~missing).any()]


def _lossy(found: np.ndarray, whole: np.ndarray, rest: np.ndarray, per: int) -> np.ndarray:
    """Where seconds as a double do not give back the microsecond, or had finer parts than that."""
    back = np.floor(found)
    micro = np.round((found - back) * 1e6).astype("int64")
    bad: np.ndarray = (back != whole) | (micro * per != rest * 1_000_000)
    return bad


def _shown(tick: Any) -> str:
    return str(np.datetime_as_string(tick)) if tick.dtype.kind == "M" else str(tick)
