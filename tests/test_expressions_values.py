"""NULL and its laws, and the values of operators and functions."""

from __future__ import annotations

import itertools

import pytest
from hypothesis import given
from hypothesis import strategies as st
from laws import examples
from test_expressions import column, evaluate, numbers, texts, values

from engine.columns import Kind
from engine.expressions import ExpressionError, parse
from engine.expressions.like import compile_like

TRI = {True: "TRUE", False: "FALSE", None: "NULL"}
Tri = bool | None


# --- NULL ------------------------------------------------------------------------------

PAIRS = list(itertools.product([True, False, None], repeat=2))


def kleene_and(a: Tri, b: Tri) -> Tri:
    return False if False in (a, b) else None if None in (a, b) else True


@pytest.mark.parametrize(("a", "b"), PAIRS)
def test_truth_tables(a: Tri, b: Tri) -> None:
    both = kleene_and(a, b)
    either = True if True in (a, b) else None if None in (a, b) else False
    left, right = column(Kind.BOOLEAN, a), column(Kind.BOOLEAN, b)
    assert values("A AND B", A=left, B=right) == [both] == values(f"{TRI[a]} AND {TRI[b]}")
    assert values("A OR B", A=left, B=right) == [either] == values(f"{TRI[a]} OR {TRI[b]}")
    assert values("NOT A", A=left) == [None if a is None else not a] == values(f"NOT {TRI[a]}")
    assert values("A IS NULL", A=left) == [a is None]


FLAGS = st.lists(st.tuples(*[st.sampled_from([True, False, None])] * 3), min_size=1, max_size=20)


@pytest.mark.parametrize(("left", "right"), [
    ("NOT (A AND B)", "(NOT A) OR (NOT B)"), ("NOT (A OR B)", "(NOT A) AND (NOT B)"), ("NOT (NOT A)", "A"),
    ("A AND (B OR C)", "A AND B OR A AND C"), ("A AND B", "B AND A"), ("A OR (A AND B)", "A"),
    ("A = B", "B = A"), ("A <> B", "NOT A = B"), ("A IN (B, C)", "A = B OR A = C"),
    ("A NOT IN (B, C)", "A <> B AND A <> C"),
])
@examples(15, 100)
@given(rows=FLAGS)
def test_laws_of_logic(left: str, right: str, rows: list[tuple[Tri, Tri, Tri]]) -> None:
    columns = zip("ABC", zip(*rows, strict=True), strict=True)
    flags = {name: column(Kind.BOOLEAN, *each) for name, each in columns}
    assert values(left, **flags) == values(right, **flags)


NUMBERS = st.lists(st.tuples(*[st.none() | st.integers(-3, 3).map(float)] * 3), min_size=1, max_size=20)


@pytest.mark.parametrize(("left", "right"), [
    ("A < B", "NOT A >= B"), ("A <= B", "B >= A"), ("A <> B", "A < B OR A > B"),
    ("A BETWEEN B AND C", "A >= B AND A <= C"), ("A NOT BETWEEN B AND C", "A < B OR A > C"),
    ("A IN (B, C)", "A = B OR A = C"), ("A IN (1, 2, NULL)", "A = 1 OR A = 2 OR A = NULL"),
    ("A NOT IN (1, 2, NULL)", "NOT (A = 1 OR A = 2 OR A = NULL)"),
    ("COALESCE(A, B)", "CASE WHEN A IS NOT NULL THEN A ELSE B END"),
    ("NULLIF(A, B)", "CASE WHEN A = B THEN NULL ELSE A END"),
    ("GREATEST(A, B, C)", "-LEAST(-A, -B, -C)"), ("A - B", "-(B - A)"),
])
@examples(15, 100)
@given(rows=NUMBERS)
def test_laws_of_numbers(left: str, right: str, rows: list[tuple[float | None, ...]]) -> None:
    table = {name: numbers(*each) for name, each in zip("ABC", zip(*rows, strict=True), strict=True)}
    assert values(left, **table) == values(right, **table)


@pytest.mark.parametrize("text", [
    "A + 1", "A || 'x'", "UPPER(A)", "A = 'x'", "A LIKE '%'", "A IN ('x')", "A BETWEEN 'a' AND 'z'", "-A",
    "LENGTH(A)",
    "CAST(A AS NUMBER)", "SUBSTR('abc', A)", "POWER(A, 0)", "POWER(1, A)", "ROUND(1, A)", "MOD(1, A)",
    "DATE '2026-01-01' + INTERVAL (A) DAY", "STRPOS('a', A)", "NOT A", "A / 0", "MOD(A, 0)",
])
def test_null_in_null_out(text: str) -> None:
    for kind in Kind:
        try:
            found = parse(text).kind({("A",): kind})
        except ExpressionError:
            continue  # a kind that the text does not take
        assert found is not None
        assert values(text, A=column(kind, None)) == [None]
        assert values(text, A=column(kind, None, None)) == [None, None]


@pytest.mark.parametrize("text", ["TRIM('  ')", "SUBSTR('abc', 4)", "REPLACE('aa', 'a')", "LEFT('abc', 0)",
    "RIGHT('a', 0)",
                                  "SPLIT_PART('a', '-', 2)", "CONCAT(NULL, NULL)", "LPAD(TRIM(' '), 3, '0')"])
def test_a_text_of_nothing_is_null(text: str) -> None:
    assert values(text) == [None]
    assert values(f"{text} IS NULL") == [True]


# --- values ----------------------------------------------------------------------------

@pytest.mark.parametrize(("text", "expected"), [
    ("'B' < 'a'", True), ("'Z' < 'é'", True), ("'\uffff' < '\U0001d4b3'", True), ("'a' < 'aa'", True),
    ("ROUND(2.5)", 3), ("ROUND(-2.5)", -3), ("ROUND(0.49999999999999994)", 0), ("ROUND(1.005, 2)", 1.01),
    ("ROUND(2.675, 2)", 2.68), ("ROUND(1234.5, -2)", 1200), ("ROUND(-1250, -2)", -1300),
    ("ROUND(1e300, 2)", 1e300),
    ("ROUND(0.15, 1)", 0.2), ("ROUND(8.345, 2)", 8.35), ("MOD(-5.5, 3)", -2.5), ("MOD(5, -3)", 2),
    ("POWER(-8, 3)", -512), ("0.1 + 0.2 = 0.3", False), ("FLOOR(-0.5)", -1), ("CEIL(-0.5)", 0),
    ("LENGTH('a🤦b')", 3), ("SUBSTR('a🤦b', 2, 1)", "🤦"), ("TRIM('\u3000a\t')", "a"),
    ("CAST(1e21 AS TEXT)", "1000000000000000000000"), ("CAST(-0.5 AS TEXT)", "-0.5"), ("CAST(1/3 AS TEXT)",
    "0.3333333333333333"),
    ("CAST(0 * -1 AS TEXT)", "0"), ("TRY_CAST('1,5' AS NUMBER)", None), ("TRY_CAST('nan' AS NUMBER)", None),
    ("TRY_CAST('1_000' AS NUMBER)", None), ("TRY_CAST('１２' AS NUMBER)", None),
    ("TRY_CAST('1e999' AS NUMBER)", None),
    ("TRY_CAST('20260131' AS DATE) IS NULL", True), ("TRY_CAST('2026-01-31T' AS DATE) IS NULL", True),
    ("TRY_CAST('2026-01-31T24' AS DATE) IS NULL", True), ("TRY_CAST('2026-02-29' AS DATE) IS NULL", True),
    ("TRY_CAST('2026-01-31' AS DATETIME) IS NULL", True),
    ("TRY_CAST('2026-01-31T09' AS DATETIME) IS NULL", True),
    ("TRY_CAST('2026-01-31T24:00' AS DATETIME) IS NULL", True), ("TRY_CAST('24:00' AS TIME) IS NULL", True),
    ("TRY_CAST('2026-01-31T09:30:00Z' AS DATETIME) IS NULL", True),
    ("TRY_CAST('00:24:00' AS TIME) = TIME '00:24'", True),
    ("CAST('2026-01-31T10:24:00' AS DATETIME) = TIMESTAMP '2026-01-31 10:24'", True),
    ("TRY_CAST('9:30' AS TIME) IS NULL", True), ("TRY_CAST('0000-01-01' AS DATE) IS NULL", True),
    ("CAST(DATE '0001-01-01' AS TEXT)", "0001-01-01"), ("CAST(TIME '07:05' AS TEXT)", "07:05:00"),
    ("DATE '2024-01-31' + INTERVAL 1 MONTH = DATE '2024-02-29'", True),
    ("DATE '2024-02-29' + INTERVAL 1 YEAR = DATE '2025-02-28'", True),
    ("DATE '2024-03-31' - INTERVAL 13 MONTH = DATE '2023-02-28'", True),
    ("TIMESTAMP '2026-01-01 00:00:10' - INTERVAL 11 SECOND = TIMESTAMP '2025-12-31 23:59:59'", True),
    ("DATE_DIFF('day', TIMESTAMP '2026-01-01 23:59', TIMESTAMP '2026-01-02 00:00')", 1),
    ("DATE_DIFF('day', DATE '2026-01-02', DATE '2026-01-01')", -1), ("YEAR(DATE '0987-01-01')", 987),
    ("STARTS_WITH('a.c', 'a.')", True), ("REPLACE('a.c', '.', 'b')", "abc"), ("SPLIT_PART('a|b', '|', 2)",
    "b"),
    ("CASE WHEN NULL THEN 1 ELSE 2 END", 2), ("CASE NULL WHEN NULL THEN 1 ELSE 2 END", 2),
    ("CASE WHEN FALSE THEN 1 END", None),
    ("CASE WHEN TRUE THEN 1 WHEN TRUE THEN 2 END", 1), ("COALESCE('a', 'b')", "a"), ("NULLIF(1, NULL)", 1),
])
def test_value(text: str, expected: object) -> None:
    assert values(text) == [expected]


@given(st.integers(-10**7, 10**7), st.integers(0, 5), st.integers(-5, 5))
def test_round_is_what_a_person_would_do_on_paper(whole: int, places: int, digits: int) -> None:
    written = f"{abs(whole):06d}"
    written = (f"{written[:-places]}.{written[-places:]}" if places else written)
    scaled = abs(whole) * 10 ** (15 + digits - places)  # the number in units of the last digit kept
    rounded = (scaled + 5 * 10**14) // 10**15
    expected = float(f"{rounded}e{-digits}") * (-1 if whole < 0 else 1)
    result = evaluate("ROUND(A, B)", A=numbers(float(written) * (-1 if whole < 0 else 1)), B=numbers(digits))
    assert result.values.tolist() == [expected]


def test_round_over_many_values_at_once() -> None:
    given = numbers(1.005, None, -2.5, 0.15, 1e15 + 0.5, 123.456)
    digits = numbers(2, 2, 0, 1, 0, None)
    assert values("ROUND(A, B)", A=given, B=digits) == [1.01, None, -3, 0.2, 1e15 + 1, None]


def test_functions_of_several_columns() -> None:
    table = {"T": texts("abcd", "abcd", None, "xy"), "A": numbers(1, 3, 1, None), "B": numbers(2, 1, 1, 1)}
    assert values("SUBSTR(T, A, B)", **table) == ["ab", "c", None, None]
    assert values("SUBSTR('wxyz', A, B)", **table) == ["wx", "y", "w", None]
    assert values("CONCAT(T, '-', T)", **table) == ["abcd-abcd", "abcd-abcd", "-", "xy-xy"]


def test_in_over_constants_and_columns() -> None:
    table = {"A": texts("a", "b", "c", None), "B": texts("x", "b", None, "c")}
    assert values("A IN ('a', 'z', B)", **table) == [True, True, None, None]
    assert values("A NOT IN ('a', 'z')", **table) == [False, True, True, None]
    assert values("DATE '2026-01-01' IN (DATE '2026-01-01', DATE '2026-01-02')") == [True]


def test_like_is_anchored_and_takes_every_character() -> None:
    matches = compile_like("a_%c.d")
    assert [matches(text) for text in ("ab\nc.d", "abc.dd", "xabc.d", "abcxd", "ac.d", "a\nc.d")] == [
        True, False, False, False, False, True]


def test_like_does_not_look_for_a_piece_twice() -> None:
    # With backtracking, 50 stars over 30,000 characters would take longer than the universe has.
    assert values(f"A LIKE '{'%a' * 50}%b'", A=texts("a" * 30_000)) == [False]
