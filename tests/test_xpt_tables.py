"""engine.xpt: any table that can be written comes back as it was."""

from __future__ import annotations

import datetime as dt
from typing import Any

import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from engine.xpt import read, write

CREATED = dt.datetime(2026, 6, 30, 8, 5, 9)
TEXT = st.text(st.characters(codec="utf-8", exclude_characters="\0", exclude_categories=["Cs"]), max_size=12)
FLOATS = st.floats(-7e75, 7e75).filter(lambda x: x == 0 or abs(x) > 5.5e-79)
COLUMNS = st.sampled_from([
    ("str", TEXT), ("category", TEXT), ("object", TEXT), ("float64", FLOATS), ("Float64", FLOATS),
    ("Int64", st.integers(-(2**53), 2**53)), ("boolean", st.booleans()),
    ("datetime64[s]", st.datetimes(dt.datetime(1600, 1, 1), dt.datetime(9000, 1, 1)).map(
        lambda moment: moment.replace(microsecond=0))),
    ("timedelta64[s]", st.integers(-10**6, 10**6).map(lambda seconds: dt.timedelta(seconds=seconds))),
])


@st.composite
def tables(draw: st.DrawFn) -> pd.DataFrame:
    """Tables of up to six columns of any dtype, with any pattern of missing values."""
    size = draw(st.integers(0, 12))
    columns = {}
    for number in range(draw(st.integers(1, 6))):
        dtype, values = draw(COLUMNS)
        cells = draw(st.lists(st.one_of(st.none(), values), min_size=size, max_size=size))
        columns[f"X{number}"] = pd.Series(cells, dtype=dtype)
    return pd.DataFrame(columns)


def plain(values: pd.Series) -> list[Any]:
    """Values as they must come back: text without blanks at its end, blank as missing."""
    listed = [None if pd.isna(value) else value for value in values.astype("object")]
    return [(value.rstrip(" ") or None) if isinstance(value, str) else value for value in listed]


@settings(max_examples=100, deadline=None)
@given(tables(), st.sampled_from([5, 8]), st.integers(1, 5))
def test_any_table_comes_back(tmp_path_factory: pytest.TempPathFactory, frame: pd.DataFrame, version: int,
                              more: int) -> None:
    path = tmp_path_factory.mktemp("xpt") / "xx.xpt"
    frame["LAST"] = pd.Series(["."] * len(frame), dtype="str")  # no record is blank throughout
    texts = frame.select_dtypes(["str", "category", "object"])
    lengths = {str(name): max([1, *(len(text.encode()) for text in plain(texts[name]) if text)]) + more
               for name in texts}
    made = write(frame, path, version=version, encoding="utf-8", created=CREATED, label="any",
                 column_labels=[f"Label of {name}" for name in frame], variable_length=lengths)
    found, metadata = read(path)
    assert metadata == made
    assert [v.length for v in metadata.variables] == [lengths.get(name, 8) for name in frame]
    for name in frame:
        assert plain(found[name]) == plain(frame[name])


MICROSECONDS = st.datetimes(dt.datetime(1700, 1, 1), dt.datetime(2230, 1, 1))


@given(st.lists(st.one_of(st.none(), MICROSECONDS), max_size=5))
@settings(max_examples=50, deadline=None)
def test_any_microsecond_for_centuries_comes_back(tmp_path_factory: pytest.TempPathFactory,
                                                  moments: list[dt.datetime | None]) -> None:
    frame = pd.DataFrame({"X": pd.Series(moments, dtype="datetime64[us]")})
    path = tmp_path_factory.mktemp("xpt") / "xx.xpt"
    write(frame, path, created=CREATED)
    assert read(path)[0].astype("datetime64[us]").equals(frame)
