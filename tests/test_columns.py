"""Columns: every kind's blank and dtype, and work on distinct values."""

from __future__ import annotations

from collections.abc import Hashable

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from engine.columns import DTYPES, Kind, blank, cast, map_distinct, marked, repeated

INDEX = pd.RangeIndex(3)


@pytest.mark.parametrize("kind", list(Kind))
@pytest.mark.parametrize("size", [0, 3])
def test_blank_is_null_in_the_dtype_of_its_kind(kind: Kind, size: int) -> None:
    made = blank(pd.RangeIndex(size), kind)
    assert made.dtype == DTYPES[kind]
    assert made.isna().all()
    assert made.index.equals(pd.RangeIndex(size))


@pytest.mark.parametrize(("kind", "values"), [
    (Kind.TEXT, ["a", None]), (Kind.NUMBER, [1, None]), (Kind.BOOLEAN, [True, None]),
    (Kind.DATE, [pd.Timestamp("2025-03-01"), None]), (Kind.TIME, [pd.Timedelta(5, "s"), None])])
def test_cast_keeps_values_and_null(kind: Kind, values: list[object]) -> None:
    made = cast(pd.Series(values, dtype="object"), kind)
    assert made.dtype == DTYPES[kind]
    assert made.isna().tolist() == [False, True]
    assert made.iloc[0] == values[0]


def test_repeated_and_marked_keep_the_index() -> None:
    assert repeated("AE", INDEX).tolist() == ["AE", "AE", "AE"]
    assert repeated("AE", pd.RangeIndex(0)).dtype == "str"
    made = marked(np.array([True, False, True]), "Y", INDEX)
    assert made.fillna("").tolist() == ["Y", "", "Y"]
    assert made.dtype == "str"
    assert made.index.equals(INDEX)


@given(st.lists(st.none() | st.text(max_size=3), max_size=20))
def test_map_distinct_is_a_map_that_asks_once(values: list[str | None]) -> None:
    asked: list[Hashable] = []

    def function(value: Hashable) -> object:
        asked.append(value)
        return None if value == "" else f"<{value}>"

    series = pd.Series(values, dtype="str", index=[n * 2 for n in range(len(values))])
    made = map_distinct(series, function)
    assert [None if pd.isna(v) else v for v in made] == [f"<{v}>" if v else None for v in values]
    assert made.dtype == "str"
    assert made.index.equals(series.index)
    assert sorted(map(str, asked)) == sorted({v for v in values if v is not None})


def test_map_distinct_makes_numbers_where_they_are_wanted() -> None:
    made = map_distinct(pd.Series(["a", None, "bb"], dtype="str"), lambda v: len(str(v)), "float64")
    assert made.fillna(-1).tolist() == [1.0, -1.0, 2.0]
    assert map_distinct(pd.Series([], dtype="str"), str).tolist() == []
