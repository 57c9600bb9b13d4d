"""Text by codes: laws against a list of texts, and what is no text."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pyarrow as pa
import pytest
from hypothesis import given
from hypothesis import strategies as st

from engine.coded import Coded, Values, codes_of, distinct_records, groups_of, stack_coded

TEXTS = st.lists(st.one_of(st.none(), st.sampled_from(["", "a", "b", "ab", "é", "\U0001f600"])), max_size=12)


def coded(texts: list[str | None]) -> Coded:
    return Coded.of(pd.Series(texts, dtype="str"))


def plain(column: pd.Series) -> list[str | None]:
    return [None if pd.isna(value) else value for value in column]


@given(TEXTS)
def test_what_goes_in_comes_out(texts: list[str | None]) -> None:
    made = coded(texts)
    assert made.texts() == texts
    assert plain(made.series()) == texts
    assert plain(made.categories()) == texts
    assert made.categories().cat.categories.tolist() == sorted({text for text in texts if text is not None})
    assert Coded.of(made.categories()).texts() == texts
    assert made.isna().tolist() == [text is None for text in texts]
    assert made.sizes().tolist() == [len((text or "").encode()) for text in texts]
    assert made.most_bytes() == max([0, *(len(text.encode()) for text in texts if text is not None)])


@given(TEXTS, st.lists(st.integers(-1, 11), max_size=20))
def test_taking_records(texts: list[str | None], positions: list[int]) -> None:
    at = [p for p in positions if p < len(texts)]
    made = coded(texts).take(np.array(at, dtype="int64"))
    assert made.texts() == [None if p < 0 else texts[p] for p in at]


@given(TEXTS, TEXTS)
def test_stacking_and_filling_in(one: list[str | None], two: list[str | None]) -> None:
    assert stack_coded([coded(one), coded(two)]).texts() == one + two
    size = min(len(one), len(two))
    one, two = one[:size], two[:size]
    wanted = [b if a is None else a for a, b in zip(one, two, strict=True)]
    assert coded(one).or_else(coded(two)).texts() == wanted


@given(TEXTS)
def test_changing_texts_keeps_them_distinct(texts: list[str | None]) -> None:
    made = coded(texts).map(lambda text: text[:1] or None)
    assert made.texts() == [None if not text else text[:1] for text in texts]
    assert len(set(made.distinct.to_pylist())) == len(made.distinct)
    assert coded(texts).where_text("a".__eq__).tolist() == [text == "a" for text in texts]
    lengths = coded(texts).look_up(lambda t: t.str.len().astype("int64"), -1).tolist()
    assert lengths == [-1 if text is None else len(text) for text in texts]


@given(TEXTS)
def test_order_is_that_of_characters_and_null_comes_first(texts: list[str | None]) -> None:
    ranks = coded(texts).order()
    by_rank = [texts[n] for n in np.argsort(ranks, kind="stable")]
    assert by_rank == sorted(texts, key=lambda text: (text is not None, (text or "").encode()))


@given(st.lists(st.tuples(st.sampled_from(["a", "b", None]), st.sampled_from([1.0, 2.0, float("nan")])),
                max_size=15))
def test_codes_are_alike_where_all_columns_are(records: list[tuple[str | None, float]]) -> None:
    numbers = pd.Series([n for _, n in records], dtype="float64")
    columns: list[Values] = [coded([text for text, _ in records]), numbers]
    keys = [(text, None if n != n else n) for text, n in records]
    codes, first = distinct_records(columns)
    assert [keys[first[code]] for code in codes] == keys
    assert codes.tolist() == [list(dict.fromkeys(keys)).index(key) for key in keys]
    groups = groups_of(columns)
    assert len(set(zip(groups.tolist(), codes.tolist(), strict=True))) == len(set(codes.tolist()))


def test_many_columns_of_many_values_do_not_run_over() -> None:
    """Thirteen columns of 50 values make more combinations than 64 bits can number."""
    rng = np.random.default_rng(1)
    columns = [pd.Series(rng.integers(0, 50, 200)) for _ in range(13)]
    codes = codes_of([*columns, *columns])
    assert len(set(codes.tolist())) == 200


def test_a_dictionary_of_arrow_may_hold_a_text_twice_and_null() -> None:
    values = pa.DictionaryArray.from_arrays(pa.array([0, 1, 2, 3, None]), pa.array(["a", "b", "a", None]))
    made = Coded.of_arrow(values)
    assert made.texts() == ["a", "b", "a", None, None]
    assert made.distinct.to_pylist() == ["a", "b"]


def test_few_of_many_texts_are_kept_alone() -> None:
    made = coded([str(n) for n in range(1000)]).take(np.array([7, 7]))
    assert made.distinct.to_pylist() == ["7"]


@pytest.mark.parametrize("values", [pd.Series([1]), pd.Series([1, "a"], dtype="object"),
                                    pd.Series([1.5]).astype("category")])
def test_what_is_no_text_is_a_fault_of_the_code(values: pd.Series) -> None:
    with pytest.raises(TypeError, match=r"^a text column of dtype (int64|object|float64)$"):
        Coded.of(values)
