"""Expressions agree with DuckDB wherever the two languages say the same.

Expressions are generated as text, and the same text goes to both; only function
names that differ are renamed to macros.  Records with a data problem (where DuckDB
gives infinity, cuts a text, or guesses) are left out.
"""

from __future__ import annotations

import datetime
import math
import random
import re
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

import duckdb
import numpy as np
import pandas as pd
import pytest
from expression_writer import COLUMNS, VALUES, Row, record, table_of, write_expression
from hypothesis import assume, example, given
from hypothesis import strategies as st
from laws import examples

from engine.columns import DTYPES, Column, Kind
from engine.expressions import ExpressionError, parse
from engine.expressions.builder import UNITS
from engine.expressions.functions import FUNCTIONS
from engine.expressions.tree import (
    Between,
    Binary,
    Call,
    Case,
    Cast,
    InList,
    IsNull,
    Like,
    Literal,
    Name,
    Shift,
    Unary,
    postorder,
)

# --- the oracle ------------------------------------------------------------------------

# A blank text is NULL here, so what may make one is wrapped; the numeric type is named as ours.
SETUP = """
CREATE TYPE NUMBER AS DOUBLE;
CREATE MACRO x_trim(t) AS nullif(trim(t), '');
CREATE MACRO x_ltrim(t) AS nullif(ltrim(t), '');
CREATE MACRO x_rtrim(t) AS nullif(rtrim(t), '');
CREATE MACRO x_substr(t, a) AS nullif(substr(t, a), ''), (t, a, n) AS nullif(substr(t, a, n), '');
CREATE MACRO x_left(t, n) AS nullif("left"(t, n), '');
CREATE MACRO x_right(t, n) AS nullif("right"(t, n), '');
CREATE MACRO x_replace(t, p) AS nullif(replace(t, p, ''), ''), (t, p, n) AS nullif(replace(t, p, n), '');
CREATE MACRO x_split_part(t, p, n) AS nullif(split_part(t, p, n), '');
CREATE MACRO x_concat(a, b) AS nullif(concat(a, b), ''), (a, b, c) AS nullif(concat(a, b, c), '');
"""
LOCKED: dict[str, str | bool | int | float | list[str]] = {
    "enable_external_access": "false", "autoload_known_extensions": "false", "threads": "1",
    "autoinstall_known_extensions": "false", "python_enable_replacements": "false", "max_memory": "1GB",
}
KINDLESS = re.compile(r"NULL(?: END)?\)* \+ ")
RENAMED = re.compile(r"\b(TRIM|LTRIM|RTRIM|SUBSTR|LEFT|RIGHT|REPLACE|SPLIT_PART|CONCAT)\(")


@pytest.fixture(scope="module")
def oracle() -> Iterator[duckdb.DuckDBPyConnection]:
    """An in-memory DuckDB that can reach nothing outside itself."""
    connection = duckdb.connect(":memory:", config=LOCKED)
    connection.execute("SET lock_configuration = true")
    connection.execute(SETUP)
    yield connection
    connection.close()


# --- tables and expressions -------------------------------------------------------------

SQL_TYPES = {Kind.NUMBER: "DOUBLE", Kind.TEXT: "VARCHAR", Kind.DATE: "DATE", Kind.DATETIME: "TIMESTAMP",
             Kind.TIME: "TIME"}
TABLES = st.lists(
    st.tuples(*(st.none() | st.sampled_from(VALUES[kind]) for kind in COLUMNS.values())),
    min_size=1, max_size=6)


def relation_of(rows: Sequence[Row]) -> str:
    """The records as a relation of DuckDB."""
    def written(value: object) -> str:
        return "NULL" if value is None else "'" + str(value).replace("'", "''") + "'"

    records = ", ".join(f"({', '.join(written(value) for value in (number, *row))})"
                        for number, row in enumerate(rows))
    casts = ", ".join(f"CAST({name} AS {SQL_TYPES[kind]}) AS {name}" for name, kind in COLUMNS.items())
    return (f"(SELECT CAST(_row AS INTEGER) AS _row, {casts} "
            f"FROM (VALUES {records}) AS raw(_row, {', '.join(COLUMNS)}))")


@st.composite
def expressions(draw: st.DrawFn) -> str:
    return write_expression(lambda options: draw(st.sampled_from(options)))


# --- agreement -------------------------------------------------------------------------

def plain(value: Any, kind: Kind) -> object:
    """A value of either side as Python's own; DuckDB has dates where we have midnight."""
    if value is None or value is pd.NA or value is pd.NaT or (isinstance(value, float) and math.isnan(value)):
        return None
    if kind is Kind.NUMBER:
        return float(value)
    if kind in (Kind.DATE, Kind.DATETIME) and not isinstance(value, datetime.datetime):
        return datetime.datetime.combine(value, datetime.time())
    if kind is Kind.TIME and isinstance(value, datetime.time):
        return datetime.timedelta(hours=value.hour, minutes=value.minute, seconds=value.second)
    if isinstance(value, pd.Timestamp):
        return value.to_pydatetime()
    return value.to_pytimedelta() if isinstance(value, pd.Timedelta) else value


def same(ours: object, theirs: object) -> bool:
    if isinstance(ours, float) and isinstance(theirs, float):
        return math.isclose(ours, theirs, rel_tol=1e-12, abs_tol=1e-12)
    return ours == theirs


def agrees(oracle: duckdb.DuckDBPyConnection, text: str, rows: Sequence[Row], relation: str = "") -> bool:
    """Whether both give the same, which is asserted; False where they cannot be compared.

    ``relation`` is where DuckDB has the rows already.
    """
    expression = parse(text)
    assert parse(expression.sql()).tree == expression.tree
    columns = table_of(rows)
    try:
        values, kind, bad = expression.evaluate(columns, pd.RangeIndex(len(rows)))
    except ExpressionError:
        # A CASE of NULLs alone has no kind, and NULL + TIME is taken for the sum of numbers.
        if KINDLESS.search(text):
            return False
        raise
    assert values.dtype == DTYPES[kind]
    skipped = np.zeros(len(rows), dtype=bool)
    for mask in bad.values():
        skipped |= mask.to_numpy()
    assert values[skipped].isna().all()
    if skipped.all():
        return False
    renamed = RENAMED.sub(lambda found: "x_" + found.group(), text)
    query = f"SELECT {renamed} FROM {relation or relation_of(rows)} ORDER BY _row"
    try:
        theirs = [value for value, in oracle.execute(query).fetchall()]
    except duckdb.BinderException as refusal:
        # DuckDB cannot tell what NULL + INTERVAL is; here NULL takes the kind that fits.
        if '"NULL"' in str(refusal):
            return False
        raise
    except duckdb.InvalidInputException as fault:
        if "BindBuiltinScalarFunction" in str(fault):  # a fault of its own, met once in 25,000
            return False
        raise
    for row, left_out, ours, other in zip(rows, skipped, values, theirs, strict=True):
        assert left_out or same(plain(ours, kind), plain(other, kind)), (text, row, ours, other)
    return True


ROW: Row = (2.0, None, "ab", "a_b", "2024-01-31", None, "2024-02-29T23:59:59", None, "09:30:00")


def texts(first: str | None, second: str | None) -> Row:
    """A record with nothing but its two texts."""
    return (None, None, first, second, None, None, None, None, None)


@examples(50, 1_000)
@given(expressions(), TABLES)
@example("NOT N1 = 1e0 AND N2 IS NULL OR T1 = 'a' AND N1 > 3e0", [ROW])
@example("N1 - 1e0 - 2e0 * N1 / 4e0 / 2e0", [ROW])
@example("CAST(D1 + INTERVAL 1 MONTH AS DATE)", [ROW])
@example("LPAD(T2, 1, T1) IS NULL", [texts(None, "a"), texts(None, None), texts("a", "a")])
def test_agrees_with_duckdb(oracle: duckdb.DuckDBPyConnection, text: str, rows: list[Row]) -> None:
    assume(agrees(oracle, text, rows))


SEED = 1


def thousand() -> tuple[list[Row], list[str]]:
    """A table of sixteen records and the thousand expressions that are compared over it, always the same."""
    choose = random.Random(SEED).choice
    return [record(choose) for _ in range(16)], [write_expression(choose) for _ in range(1_000)]


@pytest.mark.parametrize("count", [100, pytest.param(1_000, marks=pytest.mark.full)])
def test_expressions_always_the_same_agree_with_duckdb(oracle: duckdb.DuckDBPyConnection, count: int) -> None:
    rows, texts = thousand()
    oracle.execute(f"CREATE TEMP TABLE made{count} AS SELECT * FROM {relation_of(rows)}")
    assert sum(agrees(oracle, text, rows, f"made{count}") for text in texts[:count]) > 0.9 * count


def test_the_thousand_hold_all_of_the_shared_language() -> None:
    nodes = [node for text in thousand()[1] for node in postorder(parse(text).tree)]
    called = {node.function for node in nodes if isinstance(node, Call)}
    assert called == set(FUNCTIONS)
    assert {type(node) for node in nodes} == {
        Literal, Name, Call, Unary, Binary, IsNull, InList, Between, Like, Case, Cast, Shift}
    assert {node.operator for node in nodes if isinstance(node, Binary | Unary)} == {
        "OR", "AND", "NOT", "=", "<>", "<", "<=", ">", ">=", "||", "+", "-", "*", "/"}
    assert {(node.unit, node.operator) for node in nodes if isinstance(node, Shift)} == {
        (unit, sign) for unit in UNITS for sign in "+-"}
    tests = [node for node in nodes if isinstance(node, IsNull | InList | Between | Like)]
    assert {(type(node), node.negated) for node in tests} == {
        (form, no) for form in (IsNull, InList, Between, Like) for no in (True, False)}
    assert {node.escape for node in nodes if isinstance(node, Like)} == {None, "!"}
    assert {(node.kind, node.trying) for node in nodes if isinstance(node, Cast)} == {
        (kind, trying) for kind in Kind if kind is not Kind.BOOLEAN for trying in (True, False)}
    assert {(node.subject is None, node.otherwise is None) for node in nodes if isinstance(node, Case)} == {
        (True, True), (True, False), (False, False)}
    assert {node.kind for node in nodes if isinstance(node, Literal)} == {*Kind, None}
    nulls = [node for node in nodes if any(isinstance(part, Literal) and part.value is None
                                           for part in node.children)]
    assert {type(node) for node in nulls} == {  # not Shift: DuckDB cannot tell what NULL + INTERVAL is
        Call, Unary, Binary, IsNull, InList, Between, Like, Case, Cast}


@pytest.mark.parametrize("query", [
    "SELECT * FROM read_csv('{file}')", "COPY (SELECT 1) TO '{file}.out'", "ATTACH '{file}.db'",
    "SELECT * FROM glob('{folder}/*')", "INSTALL httpfs", "LOAD httpfs", "SET enable_external_access = true",
    "SET threads = 2", "SELECT * FROM reachable", "PRAGMA enable_profiling = 'json'",
])
def test_the_oracle_can_reach_nothing(oracle: duckdb.DuckDBPyConnection, tmp_path: Path, query: str) -> None:
    reachable = pd.DataFrame({"A": [1]})
    (tmp_path / "a.csv").write_text("A\n1\n")
    with pytest.raises((duckdb.PermissionException, duckdb.InvalidInputException, duckdb.CatalogException)):
        oracle.execute(query.format(file=tmp_path / "a.csv", folder=tmp_path))
    assert len(reachable) == len(list(tmp_path.iterdir())) == 1


PIECES = ["a", "b", "%", "_", "\n", "中", ".", "*"]


@examples(50, 500)
@given(
    st.text("ab%_!\n中.*", min_size=1, max_size=12),
    st.lists(st.sampled_from([*PIECES, "!"]), min_size=1, max_size=12).map(lambda parts: ("".join(parts), ""))
    | st.lists(st.sampled_from([*PIECES, "!%", "!_", "!!"]), min_size=1, max_size=12).map(
        lambda parts: ("".join(parts), " ESCAPE '!'")))
def test_like_agrees_with_duckdb(
        oracle: duckdb.DuckDBPyConnection, text: str, pattern: tuple[str, str]) -> None:
    test = "LIKE '{}'{}".format(*pattern)
    column: dict[tuple[str, ...], Column] = {("T",): Column(pd.Series([text], dtype="str"), Kind.TEXT)}
    ours = parse(f"T {test}").evaluate(column, pd.RangeIndex(1)).values[0]
    (theirs,), = oracle.execute(f"SELECT ? {test}", [text]).fetchall()
    assert ours == theirs, (text, pattern)


@given(st.sampled_from(["EXP", "LN", "LOG10", "SQRT"]), st.floats(0.001, 100))
def test_transcendental_functions_agree_with_duckdb(
        oracle: duckdb.DuckDBPyConnection, name: str, value: float) -> None:
    text = f"{name}({value!r})" if "e" in repr(value) else f"{name}({value!r}e0)"
    ours = parse(text).evaluate({}, pd.RangeIndex(1)).values[0]
    (theirs,), = oracle.execute(f"SELECT {text}").fetchall()
    assert math.isclose(ours, theirs, rel_tol=1e-12, abs_tol=1e-12)


@given(st.integers(-200, 200), st.integers(-4, 4))
def test_power_agrees_with_duckdb(oracle: duckdb.DuckDBPyConnection, base: int, exponent: int) -> None:
    assume(base or exponent >= 0)
    text = f"POWER({base}e0, {exponent}e0)"
    ours = parse(text).evaluate({}, pd.RangeIndex(1)).values[0]
    (theirs,), = oracle.execute(f"SELECT {text}").fetchall()
    assert math.isclose(ours, theirs, rel_tol=1e-12)
