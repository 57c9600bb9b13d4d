"""Records while they are built: matching, grouping, sorting and stacking, against plain Python."""

from __future__ import annotations

import math
from collections.abc import Sequence

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from engine.build.rows import SUBJECT, Origin, Rows, codes_of, match, pairs, sort_positions, stack, taken
from engine.columns import DTYPES, Column, Kind
from engine.errors import Place

Table = list[tuple[Kind, list[object]]]

words = st.none() | st.sampled_from(["a", "b", "B", "", "10", "9", "头"])
numbers = st.none() | st.sampled_from([-1.5, 0.0, 2.0, 10.0])
days = st.none() | st.sampled_from([pd.Timestamp("2025-03-01"), pd.Timestamp("2025-03-01T10:00:00"),
                                    pd.Timestamp("1999-12-31")])
VALUES = {Kind.TEXT: words, Kind.NUMBER: numbers, Kind.DATETIME: days}


@st.composite
def columns(draw: st.DrawFn) -> Table:
    """One to three columns of one length."""
    size = draw(st.integers(0, 9))
    kinds = draw(st.lists(st.sampled_from(list(VALUES)), min_size=1, max_size=3))
    return [(kind, draw(st.lists(VALUES[kind], min_size=size, max_size=size))) for kind in kinds]


@st.composite
def two_tables(draw: st.DrawFn) -> tuple[Table, Table]:
    """Two tables with columns of the same kinds."""
    left = draw(columns())
    size = draw(st.integers(0, 9))
    right: Table = [(kind, draw(st.lists(VALUES[kind], min_size=size, max_size=size))) for kind, _ in left]
    return left, right


def series(kind: Kind, values: Sequence[object]) -> pd.Series:
    """Values as the engine holds them."""
    return pd.Series(pd.array(list(values), dtype=DTYPES[kind]))  # type: ignore[call-overload]


def records(table: Table) -> list[tuple[object, ...]]:
    """The columns of a table as records."""
    return list(zip(*(values for _, values in table), strict=True))


def matching(left: list[tuple[object, ...]], right: list[tuple[object, ...]],
             order: Sequence[int]) -> list[list[int]]:
    """For each left record the right positions with the same key, in order; NULL matches nothing."""
    return [[at for at in order if None not in key and right[at] == key] for key in left]


@given(two_tables(), st.data())
def test_match_finds_what_a_plain_search_finds(tables: tuple[Table, Table], data: st.DataObject) -> None:
    left, right = tables
    order = data.draw(st.permutations(range(len(records(right)))))
    found = match([series(*c) for c in left], [series(*c) for c in right], np.array(order, dtype="int64"))
    wanted = matching(records(left), records(right), order)
    assert found.count.tolist() == [len(hits) for hits in wanted]
    assert found.first.tolist() == [hits[0] if hits else -1 for hits in wanted]
    assert found.last.tolist() == [hits[-1] if hits else -1 for hits in wanted]
    ours, theirs = pairs(found)
    assert list(zip(ours.tolist(), theirs.tolist(), strict=True)) == [
        (number, hit) for number, hits in enumerate(wanted) for hit in hits]


@given(two_tables())
def test_match_without_an_order_keeps_that_of_the_records(tables: tuple[Table, Table]) -> None:
    left, right = tables
    found = match([series(*c) for c in left], [series(*c) for c in right])
    wanted = matching(records(left), records(right), range(len(records(right))))
    assert found.first.tolist() == [hits[0] if hits else -1 for hits in wanted]
    assert found.last.tolist() == [hits[-1] if hits else -1 for hits in wanted]


@given(columns())
def test_codes_are_equal_where_all_columns_are(table: Table) -> None:
    codes = codes_of([series(*column) for column in table]).tolist()
    keys = records(table)
    assert len(codes) == len(keys)
    for one in range(len(keys)):
        for two in range(len(keys)):
            assert (codes[one] == codes[two]) == (keys[one] == keys[two])


def test_codes_of_many_columns_do_not_run_over() -> None:
    """The product of the columns' distinct values is far beyond 64 bits."""
    size = 2000
    table = [pd.Series((np.arange(size) * step) % size) for step in (1, 3, 7, 9, 11, 13, 17)]
    assert len(set(codes_of(table).tolist())) == size
    assert codes_of([]).tolist() == []


@given(columns(), st.data())
def test_sorting_is_stable_with_null_first(table: Table, data: st.DataObject) -> None:
    down = [data.draw(st.booleans()) for _ in table]
    columns_ = [(series(*column), flag) for column, flag in zip(table, down, strict=True)]
    made = sort_positions(columns_, len(records(table)))
    wanted = list(range(len(records(table))))
    for (_, values), flag in reversed(list(zip(table, down, strict=True))):  # the first column decides last
        wanted = sorted_by(wanted, values, flag)
    assert made.tolist() == wanted


def sorted_by(positions: list[int], values: Sequence[object], down: bool) -> list[int]:
    """Positions in the order of their values, ties as they were; NULL is the least."""
    ascending = sorted({v for v in values if v is not None})  # type: ignore[type-var]
    ranks = {value: rank for rank, value in enumerate([None, *ascending])}
    return sorted(positions, key=lambda at: -ranks[values[at]] if down else ranks[values[at]])


def test_sorting_by_nothing_keeps_the_order() -> None:
    assert sort_positions([], 3).tolist() == [0, 1, 2]


@given(st.sampled_from(list(VALUES)), st.data())
def test_taken_is_null_at_minus_one(kind: Kind, data: st.DataObject) -> None:
    values = data.draw(st.lists(VALUES[kind], max_size=6))
    choices = st.integers(-1, len(values) - 1)
    positions = data.draw(st.lists(choices, max_size=8))
    column = series(kind, values)
    made = taken(column, np.array(positions, dtype="int64"), pd.RangeIndex(len(positions)))
    assert made.dtype == column.dtype
    assert [None if pd.isna(v) else v for v in made] == [None if p < 0 else values[p] for p in positions]


def rows_of(name: str, file: str, subjects: list[str], **others: Column) -> Rows:
    size = len(subjects)
    lines = np.arange(size, dtype="int32") + 2
    made = Rows(name, size, Origin((file,), np.zeros(size, dtype="int32"), lines))
    made.put(SUBJECT, series(Kind.TEXT, subjects), Kind.TEXT)
    for key, column in others.items():
        made.put((key,), column.values, column.kind)
    return made


def text(*values: str | None) -> Column:
    return Column(series(Kind.TEXT, values), Kind.TEXT)


def number(*values: float | None) -> Column:
    return Column(series(Kind.NUMBER, values), Kind.NUMBER)


def test_stacked_records_keep_their_order_and_place() -> None:
    one = rows_of("MH", "a.csv", ["S1", "S2"], A=text("x", None))
    two = rows_of("MH", "b.csv", ["S1"], B=number(5))
    three = rows_of("MH", "a.csv", [], A=text(), B=number())
    made = stack("MH", [one, two, three, Rows("MH", 1, Origin.nowhere(1))])
    assert made.size == 4
    assert made.values("@subject").tolist()[:3] == ["S1", "S2", "S1"]
    assert [None if pd.isna(v) else v for v in made.values("A")] == ["x", None, None, None]
    assert [None if math.isnan(v) else v for v in made.values("B")] == [None, None, 5.0, None]
    assert [made.origin.place(n) for n in range(4)] == [
        Place("a.csv", 2), Place("a.csv", 3), Place("b.csv", 2), None]
    assert made.origin.files == ("a.csv", "b.csv")


def test_one_part_is_stacked_as_it_is_without_sharing_columns() -> None:
    one = rows_of("MH", "a.csv", ["S1"], A=text("x"))
    made = stack("MH", [one])
    made.columns[("B",)] = text("y")
    assert ("B",) not in one.columns
    assert made.values("A").tolist() == ["x"]


def test_a_source_column_of_several_kinds_is_left_out_and_a_variable_is_a_bug() -> None:
    one = rows_of("MH", "a.csv", ["S1"])
    two = rows_of("MH", "b.csv", ["S1"])
    one.columns[("@", "N")] = text("1")
    two.columns[("@", "N")] = number(1)
    assert ("@", "N") not in stack("MH", [one, two]).columns
    one.columns[("N",)] = text("1")
    two.columns[("N",)] = number(1)
    with pytest.raises(ValueError, match=r"^MH: column \('N',\) is of several kinds$"):
        stack("MH", [one, two])


def test_taking_records_takes_every_column_and_their_places() -> None:
    rows = rows_of("MH", "a.csv", ["S1", "S2", "S3"], A=text("x", None, "z"))
    made = rows.take(np.array([2, 0, 2]))
    assert made.values("A").tolist() == ["z", "x", "z"]
    assert made.values("A").index.equals(pd.RangeIndex(3))
    assert [str(made.origin.place(n)) for n in range(3)] == ["a.csv:4", "a.csv:2", "a.csv:4"]
    assert rows.where(np.array([True, True, True])) is rows
    assert rows.where(np.array([False, False, True])).values("@subject").tolist() == ["S3"]


def test_a_column_must_have_a_value_a_record() -> None:
    rows = rows_of("MH", "a.csv", ["S1", "S2"])
    with pytest.raises(ValueError, match=r"^MH: column \('A',\) has 1 values for 2 records$"):
        rows.put(("A",), text("x").values, Kind.TEXT)
