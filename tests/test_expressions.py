"""The interface of expressions: names, canonical text, kinds, and columns in and out."""

from __future__ import annotations

from importlib import resources

import pandas as pd
import pytest

from engine.columns import DTYPES, Column, Kind
from engine.errors import Place
from engine.expressions import Expression, Result, parse
from engine.expressions.tree import Binary, Name


def column(kind: Kind, *values: object) -> Column:
    return Column(pd.Series(list(values), dtype=DTYPES[kind]), kind)


def texts(*values: str | None) -> Column:
    return column(Kind.TEXT, *values)


def numbers(*values: float | None) -> Column:
    return column(Kind.NUMBER, *values)


def evaluate(text: str, **columns: Column) -> Result:
    """Evaluate over columns by name; one record where there is none."""
    size = len(next(iter(columns.values())).values) if columns else 1
    return parse(text).evaluate({(name,): each for name, each in columns.items()}, pd.RangeIndex(size))


def values(text: str, **columns: Column) -> list[object]:
    """The values, NULL as None, where no record has a problem."""
    result = evaluate(text, **columns)
    assert not result.bad
    return plain(result.values)


def plain(found: pd.Series) -> list[object]:
    return [None if missing else value for value, missing in zip(found, found.isna(), strict=True)]


def bad(result: Result) -> dict[str, list[bool]]:
    return {message: mask.tolist() for message, mask in result.bad.items()}


# --- the interface ---------------------------------------------------------------------

def test_expression_tells_its_names_in_order_of_appearance() -> None:
    expression = parse('CASE WHEN DM.RFSTDTC > _LAST THEN AETERM ELSE "Dose (mg)" || 不良事件 || AETERM END')
    assert expression.names == (("DM", "RFSTDTC"), ("_LAST",), ("AETERM",), ("Dose (mg)",), ("不良事件",))


def test_expression_is_frozen_hashable_and_equal_by_text_and_place() -> None:
    first, second = (parse("A = 1", Place("ae.yaml", 1, 2)) for _ in range(2))
    assert first == second
    assert len({first, second, parse("A = 1")}) == 2
    with pytest.raises(AttributeError):
        first.text = "B"  # type: ignore[misc]


def test_a_parsed_text_is_kept() -> None:
    assert parse("KEPT = 1").tree is parse("KEPT = 1", Place("other.yaml")).tree


def test_the_grammar_is_package_data() -> None:
    grammar = resources.files("engine.expressions").joinpath("grammar.lark")
    assert "%ignore" in grammar.read_text(encoding="utf-8")


@pytest.mark.parametrize("name", ["_X", "HGB =/>/<", "Dose administered (mg)", "剂量", "END", "a\"b", "DATE",
    "YEAR",
                                  "INTERVAL", "TIME", "LEFT", "day", "ESCAPE", "AS", "AND", "1A", "ANDROID"])
def test_any_column_can_be_named(name: str) -> None:
    expression = parse('"{}" = 1'.format(name.replace('"', '""')))
    assert expression.names == ((name,),)
    assert isinstance(expression.tree, Binary)
    assert expression.tree.left == Name((name,))
    assert parse(expression.sql()).tree == expression.tree
    assert values(expression.sql(), **{name: numbers(1)}) == [True]


@pytest.mark.parametrize("name", ["DATE", "TIME", "INTERVAL", "TIMESTAMP", "DATETIME", "YEAR", "ESCAPE", "AS",
    "DAY"])
def test_soft_words_are_names_without_quotes(name: str) -> None:
    assert values(f"{name} + {name} = 2 AND {name} IN (1)", **{name: numbers(1)}) == [True]
    assert parse(f"{name}.{name}").names == ((name, name),)


@pytest.mark.parametrize(("text", "canonical"), [
    ("not (aeser!='Y')", "NOT aeser <> 'Y'"),
    ("(A or B) and C", "(A OR B) AND C"),
    ("A or (B and C)", "A OR B AND C"),
    ("a-(b-c)-(d)", "a - (b - c) - d"),
    ("-(-(2)) * (3+4)", "-(-2) * (3 + 4)"),
    ("A - -B", "A - -B"),
    ("a || (b || c)", "a || (b || c)"),
    ("x not in('a', 'it''s' )", "x NOT IN ('a', 'it''s')"),
    ("(A = B) = TRUE", "(A = B) = TRUE"),
    ("(A IS NULL) IS NOT NULL", "(A IS NULL) IS NOT NULL"),
    ("X LIKE 'a!%' ESCAPE '!'", "X LIKE 'a!%' ESCAPE '!'"),
    ("d+interval '3' days", "d + INTERVAL 3 DAY"),
    ("d - interval (n + 1) month", "d - INTERVAL (n + 1) MONTH"),
    ("(d + interval (-1) day) - e", "d + INTERVAL (-1) DAY - e"),
    ("case a when 1 then 'x' else null end", "CASE a WHEN 1 THEN 'x' ELSE NULL END"),
    ("datetime '2026-01-31 09:30'", "TIMESTAMP '2026-01-31T09:30:00'"),
    (".5 + 1.50 + 1e-7", "0.5 + 1.5 + 0.0000001"),
    ("try_cast(a as number)", "TRY_CAST(a AS NUMBER)"),
    ("NOT (A BETWEEN 1 AND (2))", "NOT A BETWEEN 1 AND 2"),
])
def test_canonical_text(text: str, canonical: str) -> None:
    assert parse(text).sql() == canonical
    assert parse(canonical).tree == parse(text).tree


def test_a_long_chain_needs_no_recursion() -> None:
    text = " + ".join(["A"] * 2500)
    assert values(text, A=numbers(1, None)) == [2500, None]
    assert parse(text).sql() == text


def test_bounds_are_reached_and_not_passed() -> None:
    deepest = "(" * 50 + "A" + ")" * 50
    assert values(deepest, A=numbers(3)) == [3]
    assert values("'" + "x" * 9_998 + "'") == ["x" * 9_998]
    assert values(f"'x' LIKE '{'%' * 200}'") == [True]
    assert values("'(((((((((((((((((((((((((((((((((((((((((((((((((((((' = 'CASE CASE'") == [False]


# --- kinds -----------------------------------------------------------------------------

KINDS: dict[tuple[str, ...], Kind] = {
    ("T",): Kind.TEXT, ("N",): Kind.NUMBER, ("D",): Kind.DATE, ("S",): Kind.DATETIME, ("H",): Kind.TIME,
    ("B",): Kind.BOOLEAN,
}


@pytest.mark.parametrize(("text", "kind"), [
    ("T", Kind.TEXT), ("N * 2", Kind.NUMBER), ("D", Kind.DATE), ("S", Kind.DATETIME), ("H", Kind.TIME),
    ("B", Kind.BOOLEAN), ("B AND N > 1", Kind.BOOLEAN), ("NULL", None), ("COALESCE(NULL, NULL)", None),
    ("CASE WHEN B THEN NULL END", None), ("CASE WHEN B THEN NULL ELSE D END", Kind.DATE),
    ("COALESCE(NULL, T)", Kind.TEXT), ("D - D", Kind.NUMBER), ("D + H", Kind.DATETIME),
    ("D + INTERVAL 1 MONTH", Kind.DATE), ("S + INTERVAL 1 HOUR", Kind.DATETIME), ("NULL + 1", Kind.NUMBER),
    ("NULL || NULL", Kind.TEXT), ("TRY_CAST(NULL AS TIME)", Kind.TIME), ("GREATEST(D, NULL)", Kind.DATE),
    ("CASE WHEN B THEN NULL END + N", Kind.NUMBER),
])
def test_kind_is_known_before_evaluation(text: str, kind: Kind | None) -> None:
    table = {name: Column(pd.Series([], dtype=DTYPES[each]), each) for name, each in KINDS.items()}
    assert parse(text).kind(KINDS) is kind
    result = parse(text).evaluate(table, pd.RangeIndex(0))
    assert result.kind is (kind or Kind.TEXT)
    assert result.values.dtype == DTYPES[result.kind]


def test_values_come_back_with_the_tables_index() -> None:
    index = pd.Index(["r1", "r2"])
    given = Column(pd.Series([1.0, 2.0], index=index), Kind.NUMBER)
    result = parse("1 / (A - 1)").evaluate({("A",): given}, index)
    assert result.values.index.equals(index)
    assert result.bad["division by zero"].index.equals(index)


def test_a_column_of_another_index_is_refused() -> None:
    given = Column(pd.Series([1.0], index=[7]), Kind.NUMBER)
    with pytest.raises(ValueError, match=r"^column A has another index than the table$"):
        parse("A").evaluate({("A",): given}, pd.RangeIndex(1))


def test_evaluation_leaves_the_columns_alone() -> None:
    given = numbers(1, 0)
    result = evaluate("A", A=given)
    result.values.iloc[0] = 9
    evaluate("1 / A", A=given)
    assert given.values.tolist() == [1, 0]


@pytest.mark.parametrize("made", [
    pd.Series(["Y", None, "N"], dtype="category"), pd.Series(["Y", None, "N"], dtype="object"),
    pd.Series(["Y", None, "N"], dtype="string"),
])
def test_other_text_dtypes_are_accepted(made: pd.Series) -> None:
    result = evaluate("A || '!'", A=Column(made, Kind.TEXT))
    assert plain(result.values) == ["Y!", None, "N!"]
    assert plain(evaluate("A = 'Y'", A=Column(made, Kind.TEXT)).values) == [True, None, False]


@pytest.mark.parametrize(("made", "kind", "message"), [
    (pd.Series([1, 2]), Kind.TEXT, "a text column of dtype int64"),
    (pd.Series([1, 2], dtype="category"), Kind.TEXT, "a text column of dtype int64"),
    (pd.Series([1.0]), Kind.DATE, "a date column of dtype float64"),
])
def test_a_dtype_that_does_not_fit_is_a_fault_of_the_code(made: pd.Series, kind: Kind, message: str) -> None:
    with pytest.raises(TypeError, match=rf"^{message}$"):
        evaluate("A", A=Column(made, kind))


def test_integers_and_flags_are_accepted() -> None:
    assert values("A + 1", A=Column(pd.Series([1, None], dtype="Int64"), Kind.NUMBER)) == [2, None]
    assert values("NOT A", A=Column(pd.Series([True, False]), Kind.BOOLEAN)) == [False, True]


def test_an_expression_says_what_it_is() -> None:
    assert isinstance(parse("A"), Expression)
    assert repr(parse("A")) == "Expression(text='A', names=(('A',),), place=None)"
