"""Records with a data problem, and tables of every length."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st
from laws import examples
from test_expressions import bad, evaluate, numbers, plain, texts, values

from engine.columns import Column
from engine.expressions import Result, parse
from engine.expressions.number_functions import MAX_DIGITS

# --- data problems ---------------------------------------------------------------------

def test_division_by_zero_is_a_data_problem() -> None:
    result = evaluate("A / B", A=numbers(1, 0, None, 6), B=numbers(0, 0, 0, 3))
    assert plain(result.values) == [None, None, None, 2]
    assert bad(result) == {"division by zero": [True, True, False, False]}


@pytest.mark.parametrize(("text", "message"), [
    ("MOD(1, 0)", "division by zero"), ("POWER(0, -1)", "division by zero"), ("SQRT(-1)",
    "SQRT of a negative number"),
    ("LN(0)", "LN of zero or a negative number"), ("LOG10(-1)", "LOG10 of zero or a negative number"),
    ("POWER(-8, 0.5)", "POWER of a negative number with a fraction"), ("EXP(1000)", "number out of range"),
    ("1e308 * 10", "number out of range"), ("POWER(10, 400)", "number out of range"),
    ("ROUND(1, 0.5)", f"ROUND: the digits are not a whole number from -{MAX_DIGITS} to {MAX_DIGITS}"),
    ("CAST('ND' AS NUMBER)", "cannot read 'ND' as NUMBER"), ("CAST('2026-01' AS DATE)",
    "cannot read '2026-01' as DATE"),
    ("CAST('a\tb' AS TIME)", "cannot read 'a\ufffdb' as TIME"),
    ("DATE '9999-12-31' + INTERVAL 1 DAY", "date out of range"),
    ("DATE '2026-01-01' + INTERVAL (1e9 * 1e9) DAY", "date out of range"),
    ("DATE '2026-01-01' - INTERVAL (5000 * 1) YEAR", "date out of range"),
    ("DATE '2026-01-01' + INTERVAL (1 / 2) DAY", "the count of an INTERVAL is no whole number"),
    ("SUBSTR('abc', 0)", "SUBSTR: 0 is not a whole number from 1"),
    ("SUBSTR('abc', 1, -1)", "SUBSTR: -1 is not a whole number from 0"),
    ("LEFT('abc', 1.5)", "LEFT: 1.5 is not a whole number from 0"),
    ("SPLIT_PART('a', '-', 0)", "SPLIT_PART: 0 is not a whole number other than 0"),
    ("LPAD('1234', 3, '0')", "LPAD: '1234' is longer than 3 characters"),
    ("LPAD('1', 1e9, '0')", "LPAD: the text made is longer than 32,767 characters"),
    (f"REPLACE('{'a' * 400}', 'a', '{'b' * 100}')",
    "REPLACE: the text made is longer than 32,767 characters"),
    (f"LPAD('a', 32767, 'a') || '{'b'}'", "the text made is longer than 32,767 characters"),
    ("CONCAT(LPAD('a', 32767, 'a'), NULL, 'b')", "CONCAT: the text made is longer than 32,767 characters"),
])
def test_data_problem(text: str, message: str) -> None:
    result = evaluate(text)
    assert bad(result) == {message: [True]}
    assert plain(result.values) == [None]
    assert bad(evaluate(f"{text} IS NULL")) == {message: [True]}
    assert not evaluate(f"CASE WHEN FALSE THEN {text} END").bad
    empty = parse(text).evaluate({}, pd.RangeIndex(0))
    assert not empty.bad
    assert empty.values.empty


def test_nested_replacement_cannot_fill_the_memory() -> None:
    text = "'a'"
    for _ in range(30):
        text = f"REPLACE({text}, 'a', 'aaaaaaaaaa')"
    assert bad(evaluate(text)) == {"REPLACE: the text made is longer than 32,767 characters": [True]}


def lengths(result: Result) -> list[int | None]:
    return [None if value is None else len(str(value)) for value in plain(result.values)]


def test_joined_texts_cannot_fill_the_memory() -> None:
    long, half = "x" * 32_767, "x" * 16_384
    table = {"A": texts(half, half[1:], None, long, "恶" * 16_384),
             "B": texts(half, half, half, None, "心" * 16_384)}
    said = "the text made is longer than 32,767 characters"
    joined = evaluate("A || B", **table)
    assert bad(joined) == {said: [True, False, False, False, True]}
    assert lengths(joined) == [None, 32_767, None, None, None]
    listed = evaluate("CONCAT(A, B, 'y')", **table)
    assert bad(listed) == {f"CONCAT: {said}": [True, True, False, True, True]}
    assert lengths(listed) == [None, None, 16_385, None, None]
    assert bad(evaluate("A || 'y'", A=texts(long, "x"))) == {said: [True, False]}
    assert bad(evaluate("'y' || A", A=texts("x", long))) == {said: [False, True]}
    twice = "A"
    for _ in range(40):
        twice = f"({twice} || {twice})" if len(twice) < 2_000 else f"({twice} || A)"
    assert bad(evaluate(twice, A=texts("x" * 5_000))) == {said: [True]}


def test_each_unreadable_text_is_named_up_to_ten() -> None:
    result = evaluate("CAST(A AS NUMBER)", A=texts(*(f"x{n}" for n in range(12)), "x3", "1"))
    expected = {f"cannot read 'x{n}' as NUMBER": [i == n or (n, i) == (3, 12) for i in range(14)]
                for n in range(10)}
    assert bad(result) == {**expected, "cannot read more texts as NUMBER": [i in (10, 11) for i in range(14)]}
    assert plain(result.values) == [None] * 13 + [1]


def test_try_cast_hides_only_what_it_cannot_read() -> None:
    result = evaluate("TRY_CAST(CAST(1 / A AS TEXT) AS NUMBER)", A=numbers(0, 2))
    assert bad(result) == {"division by zero": [True, False]}
    assert values("TRY_CAST(A AS NUMBER)", A=texts("ND", "2")) == [None, 2]


@pytest.mark.parametrize(("text", "met"), [
    ("CASE WHEN B <> 0 THEN A / B END", [False, False]),
    ("CASE WHEN B = 0 THEN A / B END", [True, False]),
    ("CASE B WHEN 0 THEN 0 ELSE A / B END", [False, False]),
    ("CASE WHEN B = 0 THEN 0 WHEN A / B > 0 THEN 1 END", [False, False]),
    ("CASE WHEN A / B > 0 THEN 1 ELSE 2 END", [True, False]),
    ("B <> 0 AND A / B > 0", [False, False]), ("A / B > 0 AND B <> 0", [False, False]),
    ("B = 0 OR A / B > 0", [False, False]), ("B = 0 AND A / B > 0", [True, False]),
    ("B <> 0 OR A / B > 0", [True, False]), ("NOT (B <> 0 AND A / B > 0)", [False, False]),
    ("COALESCE(A, A / B)", [False, False]), ("COALESCE(A / B, 0)", [True, False]),
    ("A / B IN (1, 2)", [True, False]), ("A BETWEEN 0 AND A / B", [True, False]),
    ("A / B IS NULL", [True, False]),
    ("GREATEST(A, A / B)", [True, False]), ("NULLIF(A, A / B)", [True, False]),
    ("CAST(A / B AS TEXT) || 'x'", [True, False]),
    ("CONCAT('x', CAST(A / B AS TEXT))", [True, False]),
])
def test_a_problem_counts_where_it_is_met(text: str, met: list[bool]) -> None:
    result = evaluate(text, A=numbers(1, 1), B=numbers(0, 2))
    assert bad(result) == ({"division by zero": met} if any(met) else {})
    assert all(value is None for value, hit in zip(plain(result.values), met, strict=True) if hit)


def test_problems_of_several_parts_are_all_told() -> None:
    result = evaluate("CAST(T AS NUMBER) / A", T=texts("x", "1", "1"), A=numbers(1, 0, 1))
    assert bad(result) == {"cannot read 'x' as NUMBER": [True, False, False],
                           "division by zero": [False, True, False]}
    assert plain(result.values) == [None, None, 1]


# --- every length ----------------------------------------------------------------------

MIXED = ["A > 1 AND T = 'x'", "A + B", "T || 'x' || T", "'x' || T", "CASE WHEN A > 1 THEN T ELSE 'x' END",
         "COALESCE(T, 'x')", "UPPER(T)", "T IN ('x', 'y', NULL)", "A BETWEEN 1 AND B", "GREATEST(A, B, 2)",
         "CASE WHEN A > B THEN TRUE WHEN T = 'x' THEN FALSE END", "NULLIF('x', T)", "ROUND(A, 1)",
         "LPAD(T, 9, '-')",
         "DATE '2026-01-01' + INTERVAL (A) DAY", "CAST(A AS TEXT)", "CONCAT(T, 'x', NULL)", "T LIKE 'x%'",
         "1 / A"]


@pytest.mark.parametrize("text", MIXED)
@examples(15, 100)
@given(rows=st.lists(st.tuples(st.none() | st.sampled_from([0.0, 1.0, 2.0, 3.0]), st.none() | st.just(2.0),
                               st.none() | st.sampled_from(["x", "xy", "y"])), max_size=6))
def test_a_table_gives_what_its_records_give_alone(
        text: str, rows: list[tuple[float | None, float | None, str | None]]) -> None:
    def over(some: list[tuple[float | None, float | None, str | None]]) -> Result:
        a, b, t = zip(*some, strict=True) if some else ((), (), ())
        table: dict[tuple[str, ...], Column] = {("A",): numbers(*a), ("B",): numbers(*b), ("T",): texts(*t)}
        return parse(text).evaluate(table, pd.RangeIndex(len(some)))

    together = over(rows)
    alone = [over([row]) for row in rows]
    assert plain(together.values) == [value for each in alone for value in plain(each.values)]
    met = np.zeros(len(rows), dtype=bool)
    for mask in together.bad.values():
        met |= mask.to_numpy()
    assert met.tolist() == [bool(each.bad) for each in alone]
