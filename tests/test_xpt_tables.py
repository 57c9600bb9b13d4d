"""engine.xpt: any table that can be written comes back as it was."""

from __future__ import annotations

import datetime as dt
from decimal import Decimal
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pyarrow as pa
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from engine.xpt import read, write

CREATED = dt.datetime(2026, 6, 30, 8, 5, 9)
TEXT = st.text(st.characters(codec="utf-8", exclude_characters="\0", exclude_categories=["Cs"]), max_size=12)
FLOATS = st.floats(-7e75, 7e75).filter(lambda x: x == 0 or abs(x) > 5.5e-79)
SINGLE, HALF = (st.floats(width=width, allow_nan=False, allow_infinity=False) for width in (32, 16))
BOOLEANS = st.booleans()
LEAP = (dt.date(4000, 2, 29), dt.date(8000, 2, 29))
"""Days that the calendar of SAS lacks."""
DAYS = st.dates(dt.date(1582, 10, 15), dt.date(9999, 12, 31)).filter(lambda day: day not in LEAP)
MOMENTS = st.datetimes(dt.datetime(1600, 1, 1), dt.datetime(9000, 1, 1)).map(
    lambda moment: moment.replace(microsecond=0)).filter(
    lambda moment: moment.date() not in LEAP)
NEAR = st.datetimes(dt.datetime(1700, 1, 1), dt.datetime(2230, 1, 1)).map(
    lambda moment: moment.replace(microsecond=moment.microsecond // 1000 * 1000))
SPANS = st.integers(-10**6, 10**6).map(lambda seconds: dt.timedelta(seconds=seconds))
CLOCK = st.times().map(lambda one: one.replace(microsecond=0))
DECIMALS = st.integers(-10**9, 10**9).map(lambda number: Decimal(number) / 100)


def whole(bits: int, signed: bool) -> st.SearchStrategy[int]:
    """Integers of a dtype, as far as they are kept exactly."""
    most = min(2 ** (bits - signed) - 1, 2**53)
    return st.integers(-most if signed else 0, most)


def arrow(kind: pa.DataType) -> pd.ArrowDtype:
    """The dtype of pandas for one of Arrow's."""
    return pd.ArrowDtype(kind)


MISSING: list[tuple[Any, st.SearchStrategy[Any]]] = [
    ("str", TEXT), ("category", TEXT), ("object", TEXT), ("string", TEXT), (pd.StringDtype("python"), TEXT),
    (arrow(pa.string()), TEXT), (arrow(pa.large_string()), TEXT), (arrow(pa.string_view()), TEXT),
    (arrow(pa.dictionary(pa.int8(), pa.string())), TEXT),
    ("float64", FLOATS), ("Float64", FLOATS), ("float32", SINGLE), ("Float32", SINGLE), ("float16", HALF),
    ("object", FLOATS), ("category", FLOATS), ("object", DECIMALS), ("object", BOOLEANS),
    ("boolean", BOOLEANS),
    (arrow(pa.float64()), FLOATS), (arrow(pa.float32()), SINGLE), (arrow(pa.bool_()), BOOLEANS),
    (arrow(pa.decimal128(12, 2)), DECIMALS),
    *[(f"{'' if signed else 'U'}Int{bits}", whole(bits, signed)) for bits in (8, 16, 32, 64)
      for signed in (True, False)],
    *[(arrow(kind), whole(bits, signed)) for kind, bits, signed in (
        (pa.int8(), 8, True), (pa.int16(), 16, True), (pa.int32(), 32, True), (pa.int64(), 64, True),
        (pa.uint8(), 8, False), (pa.uint64(), 64, False), (pa.dictionary(pa.int8(), pa.int64()), 64, True))],
    ("datetime64[s]", MOMENTS), ("datetime64[ms]", NEAR), ("datetime64[us]", NEAR), ("datetime64[ns]", NEAR),
    ("object", NEAR), ("category", NEAR), ("object", DAYS), (arrow(pa.date32()), DAYS),
    (arrow(pa.date64()), DAYS), (arrow(pa.timestamp("s")), MOMENTS), (arrow(pa.timestamp("us")), NEAR),
    ("timedelta64[s]", SPANS), ("timedelta64[ns]", SPANS), (arrow(pa.duration("ms")), SPANS),
    (arrow(pa.time32("s")), CLOCK), (arrow(pa.time64("us")), CLOCK), ("object", CLOCK),
]
COMPLETE: list[tuple[Any, st.SearchStrategy[Any]]] = [
    ("bool", BOOLEANS), *[(f"{'' if signed else 'u'}int{bits}", whole(bits, signed))
                          for bits in (8, 16, 32, 64) for signed in (True, False)]]
"""Dtypes that have no missing value."""


@st.composite
def columns(draw: st.DrawFn, size: int) -> pd.Series:
    """A column of any dtype, with any pattern of missing values."""
    dtype, values = draw(st.sampled_from(MISSING + COMPLETE))
    cells = values if (dtype, values) in COMPLETE else st.one_of(st.none(), values)
    drawn = draw(st.lists(cells, min_size=size, max_size=size))
    return pd.Series(drawn, dtype=dtype)


@st.composite
def tables(draw: st.DrawFn) -> pd.DataFrame:
    """Tables of up to six columns."""
    size = draw(st.integers(0, 12))
    return pd.DataFrame({f"X{number}": draw(columns(size)) for number in range(draw(st.integers(1, 6)))})


def plain(values: pd.Series) -> list[Any]:
    """Values as they must come back: text without blanks at its end, blank as missing, SAS's kinds."""
    return [None if pd.isna(value) else _plain(value) for value in objects(values)]


def objects(values: pd.Series) -> list[Any]:
    """Values as Python's."""
    if isinstance(values.dtype, pd.ArrowDtype):
        return pa.array(values.array).to_pylist()
    return values.astype("object").tolist()


def _plain(value: Any) -> Any:
    if isinstance(value, str):
        return value.rstrip(" ") or None
    if isinstance(value, dt.time):
        return dt.timedelta(hours=value.hour, minutes=value.minute, seconds=value.second)
    if isinstance(value, dt.date) and not isinstance(value, dt.datetime):
        return dt.datetime(value.year, value.month, value.day)
    return float(value) if isinstance(value, Decimal | np.number) else value


def is_text(values: pd.Series) -> bool:
    """Whether a column is to be text: some value is, or there is none that is anything else."""
    if isinstance(values.dtype, pd.StringDtype) or "string" in str(values.dtype):
        return True
    present = [value for value in objects(values) if not pd.isna(value)]
    if not present:
        return str(values.dtype) in ("object", "category")
    return isinstance(present[0], str)


@pytest.mark.parametrize("examples", [60, pytest.param(2_000, marks=pytest.mark.full)])
def test_any_table_comes_back(tmp_path: Path, examples: int) -> None:
    @settings(max_examples=examples, deadline=None)
    @given(tables(), st.sampled_from([5, 8]), st.integers(1, 5))
    def comes_back(frame: pd.DataFrame, version: int, more: int) -> None:
        path = tmp_path / "xx.xpt"
        frame["LAST"] = pd.Series(["."] * len(frame), dtype="str")  # no record is blank throughout
        lengths = {str(name): max([1, *(len(text.encode()) for text in plain(frame[name]) if text)]) + more
                   for name in frame if is_text(frame[name])}
        made = write(frame, path, version=version, encoding="utf-8", created=CREATED, label="any",
                     column_labels=[f"Label of {name}" for name in frame], variable_length=lengths)
        found, metadata = read(path)
        assert metadata == made
        assert [v.length for v in metadata.variables] == [lengths.get(name, 8) for name in frame]
        for name in frame:
            assert plain(found[name]) == plain(frame[name])

    comes_back()


@settings(max_examples=60, deadline=None)
@given(st.integers(2, 8), st.lists(st.one_of(st.none(), st.integers(-(16**12), 16**12)), max_size=8),
       st.integers(-50, 38), st.sampled_from([5, 8]))
def test_any_short_number_comes_back(tmp_path_factory: pytest.TempPathFactory, length: int,
                                     numbers: list[int | None], exponent: int, version: int) -> None:
    digits = 2 * (length - 1)  # of base 16
    kept = [None if number is None else number % 16 ** min(digits, 12) * 16.0**exponent for number in numbers]
    frame = pd.DataFrame({"X": pd.Series(kept, dtype="float64"), "LAST": "."})
    path = tmp_path_factory.mktemp("xpt") / "xx.xpt"
    write(frame, path, variable_length={"X": length}, created=CREATED, version=version)
    found, metadata = read(path)
    assert metadata.variables[0].length == length
    pd.testing.assert_series_equal(found["X"], frame["X"], check_exact=True)


MICROSECONDS = st.datetimes(dt.datetime(1700, 1, 1), dt.datetime(2230, 1, 1))


@given(st.lists(st.one_of(st.none(), MICROSECONDS), max_size=5))
@settings(max_examples=50, deadline=None)
def test_any_microsecond_for_centuries_comes_back(tmp_path_factory: pytest.TempPathFactory,
                                                  moments: list[dt.datetime | None]) -> None:
    frame = pd.DataFrame({"X": pd.Series(moments, dtype="datetime64[us]")})
    path = tmp_path_factory.mktemp("xpt") / "xx.xpt"
    write(frame, path, created=CREATED)
    assert read(path)[0].astype("datetime64[us]").equals(frame)
