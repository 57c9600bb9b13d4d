"""Expressions agree with DuckDB wherever the two languages say the same.

Expressions are generated as text, following the grammar with as few brackets as
it allows, so precedence is put to the test too.  The same text goes to both; only
function names that differ are renamed to macros.  Records with a data problem
(where DuckDB gives infinity, cuts a text, or guesses) are left out.
"""

from __future__ import annotations

import datetime
import math
import re
from collections.abc import Callable, Iterator
from typing import Any

import duckdb
import numpy as np
import pandas as pd
import pytest
from hypothesis import assume, example, given, settings
from hypothesis import strategies as st

from engine.columns import DTYPES, Column, Kind
from engine.expressions import ExpressionError, parse
from engine.expressions.vectors import constant

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
CREATE MACRO x_concat(a, b) AS nullif(concat(a, b), '');
"""
RENAMED = re.compile(r"\b(TRIM|LTRIM|RTRIM|SUBSTR|LEFT|RIGHT|REPLACE|SPLIT_PART|CONCAT)\(")


@pytest.fixture(scope="module")
def oracle() -> Iterator[duckdb.DuckDBPyConnection]:
    """An in-memory DuckDB that can reach nothing outside itself."""
    connection = duckdb.connect(":memory:", config={"enable_external_access": "false", "threads": "1"})
    connection.execute("SET lock_configuration = true")
    connection.execute(SETUP)
    yield connection
    connection.close()


# --- tables ----------------------------------------------------------------------------

COLUMNS = {
    "N1": Kind.NUMBER, "N2": Kind.NUMBER, "T1": Kind.TEXT, "T2": Kind.TEXT, "D1": Kind.DATE, "D2": Kind.DATE,
    "S1": Kind.DATETIME, "S2": Kind.DATETIME, "H1": Kind.TIME,
}
SQL_TYPES = {Kind.NUMBER: "DOUBLE", Kind.TEXT: "VARCHAR", Kind.DATE: "DATE", Kind.DATETIME: "TIMESTAMP",
             Kind.TIME: "TIME"}
TEXTS = ["a", "b", "ab", "abc", "AB", "Ba", " a ", "a b", "a-b-c", "10%", "a_b", "1", "2.5", "-3", "1e2", "é",
    "中",
         "中b", "2026-01-05", "2026-01", "2026-02-30", "O'Neil", "%", "_", " "]
DATES = ["2024-01-31", "2024-02-29", "2024-03-01", "2026-01-05", "2025-12-31"]
TIMES = ["00:00:00", "09:30:00", "23:59:59", "12:00:01", "10:24:00"]
VALUES: dict[Kind, st.SearchStrategy[Any]] = {
    Kind.NUMBER: st.sampled_from([0.0, 1.0, -1.0, 2.0, 3.0, 0.5, 2.5, -2.5, 0.25, 10.0, 100.0, 7.75]),
    Kind.TEXT: st.sampled_from(TEXTS),
    Kind.DATE: st.sampled_from(DATES),
    Kind.DATETIME: st.builds("{}T{}".format, st.sampled_from(DATES), st.sampled_from(TIMES)),
    Kind.TIME: st.sampled_from(TIMES),
}
TABLES = st.lists(
    st.tuples(*(st.none() | VALUES[kind] for kind in COLUMNS.values())), min_size=1, max_size=6)
Row = tuple[Any, ...]


def table_of(rows: list[Row]) -> dict[tuple[str, ...], Column]:
    """The records as columns of our own."""
    found: dict[tuple[str, ...], Column] = {}
    for (name, kind), values in zip(COLUMNS.items(), zip(*rows, strict=True), strict=True):
        data = [constant(value, kind).data[0] for value in values]
        found[name,] = Column(pd.Series(data, dtype=DTYPES[kind]), kind)
    return found


def relation_of(rows: list[Row]) -> str:
    """The records as a relation of DuckDB."""
    def written(value: object) -> str:
        return "NULL" if value is None else "'" + str(value).replace("'", "''") + "'"

    records = ", ".join(f"({', '.join(written(value) for value in (number, *row))})"
                        for number, row in enumerate(rows))
    casts = ", ".join(f"CAST({name} AS {SQL_TYPES[kind]}) AS {name}" for name, kind in COLUMNS.items())
    return (f"(SELECT CAST(_row AS INTEGER) AS _row, {casts} "
            f"FROM (VALUES {records}) AS raw(_row, {', '.join(COLUMNS)}))")


# --- expressions -----------------------------------------------------------------------

Draw = Callable[[st.SearchStrategy[Any]], Any]


class Writer:
    """Writes random expressions of a kind; ``depth`` bounds how far they nest."""

    def __init__(self, draw: Draw) -> None:
        self.draw = draw

    def pick(self, options: list[str]) -> str:
        made: str = self.draw(st.sampled_from(options))
        return made

    def often(self, times: int) -> bool:
        """True once in so many times."""
        return bool(self.draw(st.integers(1, times)) == times)

    def chain(self, part: Callable[[int], str], signs: list[str], depth: int, most: int = 2) -> str:
        """Parts joined by operators of one precedence."""
        made = part(depth)
        for _ in range(self.draw(st.integers(0, most - 1))):
            made += f" {self.pick(signs)} {part(depth)}"
        return made

    def any_kind(self, kind: Kind, depth: int) -> str:
        if self.often(25):
            return "NULL"
        return {Kind.NUMBER: self.number, Kind.TEXT: self.text, Kind.DATE: self.date,
                Kind.DATETIME: self.moment, Kind.TIME: self.time, Kind.BOOLEAN: self.condition}[kind](depth)

    def choice(self, kind: Kind, depth: int) -> str:
        """The forms that give whatever kind they are given."""
        def value() -> str:
            return self.any_kind(kind, depth)

        form = self.pick(["case", "simple", "coalesce", "nullif", "greatest", "least", "group"])
        if form == "case":
            otherwise = f" ELSE {value()}" if self.often(2) else ""
            second = f" WHEN {self.condition(depth)} THEN {value()}" if self.often(3) else ""
            return f"CASE WHEN {self.condition(depth)} THEN {value()}{second}{otherwise} END"
        if form == "simple":
            other = self.draw(st.sampled_from([Kind.NUMBER, Kind.TEXT, Kind.DATE]))
            subject, test = (self.any_kind(other, depth) for _ in range(2))
            return f"CASE {subject} WHEN {test} THEN {value()} ELSE {value()} END"
        if form == "group":
            return f"({value()})"
        return f"{form.upper()}({value()}, {value()})"

    def number(self, depth: int) -> str:
        return self.chain(self.product, ["+", "-"], depth, 3)

    def product(self, depth: int) -> str:
        return self.chain(self.factor, ["*", "*", "/"], depth, 3)

    def factor(self, depth: int) -> str:
        return ("- " if self.often(8) else "") + self.number_atom(depth)

    def number_atom(self, depth: int) -> str:
        if depth == 0 or self.often(3):
            return self.pick(["N1", "N2", "N1", "N2", "0e0", "1e0", "2.5e0", ".5e0", "3e0"])
        depth -= 1
        if self.often(3):
            return self.choice(Kind.NUMBER, depth)
        form = self.pick(["ABS", "SIGN", "ROUND", "FLOOR", "CEIL", "SQRT", "MOD", "LENGTH", "STRPOS", "YEAR",
                          "MONTH", "DAY", "HOUR", "MINUTE", "SECOND", "days", "seconds", "minus", "TRY_CAST"])
        if form in ("ABS", "SIGN", "ROUND", "FLOOR", "CEIL", "SQRT"):
            return f"{form}({self.number(depth)})"
        if form in ("YEAR", "MONTH", "DAY"):
            return f"{form}({self.pick([self.date(depth), self.moment(depth)])})"
        if form in ("HOUR", "MINUTE", "SECOND"):
            return f"{form}({self.pick([self.time(depth), self.moment(depth)])})"
        return {
            "MOD": lambda: f"MOD({self.number(depth)}, {self.number(depth)})",
            "LENGTH": lambda: f"LENGTH({self.text(depth)})",
            "STRPOS": lambda: f"STRPOS({self.text(depth)}, {self.text(depth)})",
            "days": lambda: f"DATE_DIFF('day', {self.moment(depth)}, {self.moment(depth)})",
            "seconds": lambda: f"DATE_DIFF('second', {self.moment(depth)}, {self.moment(depth)})",
            "minus": lambda: f"({self.date(depth)} - {self.date(depth)})",
            "TRY_CAST": lambda: f"TRY_CAST({self.pick(['T1', 'T2'])} AS NUMBER)",
        }[form]()

    def text(self, depth: int) -> str:
        return self.chain(self.text_atom, ["||"], depth)

    def text_atom(self, depth: int) -> str:
        if depth == 0 or self.often(3):
            return self.pick(["T1", "T2", "T1", "T2", "'a'", "'b'", "'-'", "'O''Neil'", "'中'", "' a '"])
        depth -= 1
        if self.often(3):
            return self.choice(Kind.TEXT, depth)
        form = self.pick(["UPPER", "LOWER", "TRIM", "LTRIM", "RTRIM", "SUBSTR", "LEFT", "RIGHT", "LPAD",
            "REPLACE",
                          "SPLIT_PART", "CONCAT", "CAST"])
        if form in ("UPPER", "LOWER", "TRIM", "LTRIM", "RTRIM"):
            return f"{form}({self.text(depth)})"
        text, size = self.text(depth), self.pick(["1", "2", "5"])
        return {
            "SUBSTR": lambda: f"SUBSTR({text}, {size}{self.pick(['', ', 0', ', 1', ', 3'])})",
            "LEFT": lambda: f"LEFT({text}, {size})",
            "RIGHT": lambda: f"RIGHT({text}, {size})",
            "LPAD": lambda: f"LPAD({text}, {size}, {self.text(depth)})",
            "REPLACE": lambda: f"REPLACE({text}, {self.text(depth)}"
                               f"{', ' + self.text(depth) if self.often(2) else ''})",
            "SPLIT_PART": lambda: f"SPLIT_PART({text}, {self.text(depth)}, "
                                  f"{self.pick(['1', '2', '-1', '-2'])})",
            "CONCAT": lambda: f"CONCAT({text}, {self.any_kind(Kind.TEXT, depth)})",
            "CAST": lambda: f"CAST({self.pick([self.date(depth), self.time(depth)])} AS TEXT)",
        }[form]()

    def date(self, depth: int) -> str:
        if depth == 0 or self.often(2):
            return self.pick(["D1", "D2", "DATE '2024-02-29'", "DATE '2026-01-05'"])
        depth -= 1
        if self.often(3):
            return self.choice(Kind.DATE, depth)
        # DuckDB makes a timestamp of a date and an interval; the CAST makes both a date.
        return self.pick([
            f"CAST({self.date(depth)} {self.pick(['+', '-'])} INTERVAL {self.pick(['1', '30', '(N1)'])} "
            f"{self.pick(['DAY', 'WEEK', 'MONTH', 'YEAR', 'days'])} AS DATE)",
            f"CAST({self.moment(depth)} AS DATE)",
            f"TRY_CAST({self.pick(['T1', 'T2'])} AS DATE)",
        ])

    def moment(self, depth: int) -> str:
        if depth == 0 or self.often(2):
            return self.pick(["S1", "S2", "TIMESTAMP '2024-02-29 12:00:00'",
                "TIMESTAMP '2026-01-05T00:00:00'"])
        depth -= 1
        if self.often(3):
            return self.choice(Kind.DATETIME, depth)
        return self.pick([
            f"({self.moment(depth)} {self.pick(['+', '-'])} INTERVAL '90' "
            f"{self.pick(['SECOND', 'MINUTE', 'HOUR', 'DAY', 'MONTH', 'YEARS'])})",
            f"({self.date(depth)} + {self.time(depth)})",
            f"CAST({self.date(depth)} AS DATETIME)",
        ])

    def time(self, depth: int) -> str:
        if depth == 0 or self.often(2):
            return self.pick(["H1", "H1", "TIME '09:30:00'"])
        depth -= 1
        if self.often(3):
            return self.choice(Kind.TIME, depth)
        return f"CAST({self.moment(depth)} AS TIME)"

    def condition(self, depth: int) -> str:
        return self.chain(self.conjunction, ["OR"], depth)

    def conjunction(self, depth: int) -> str:
        return self.chain(lambda d: ("NOT " if self.often(4) else "") + self.predicate(d), ["AND"], depth)

    def predicate(self, depth: int) -> str:
        kind = self.draw(st.sampled_from([kind for kind in Kind if kind is not Kind.BOOLEAN]))
        inner = max(depth - 1, 0)

        def value() -> str:
            return self.any_kind(kind, inner)

        no = "NOT " if self.often(3) else ""
        form = self.pick(["compare", "compare", "null", "in", "between", "like", "function", "group",
            "boolean"])
        if form == "null":
            return f"{value()} IS {no}NULL"
        if form == "in":
            return f"{value()} {no}IN ({', '.join(value() for _ in range(self.draw(st.integers(1, 4))))})"
        if form == "between":
            return f"{value()} {no}BETWEEN {value()} AND {value()}"
        if form == "like":
            pattern = self.pick(["a%", "%b%", "_", "%", "a_b", "%-%-%", "10!% ESCAPE", "%中%", "%a%b"])
            escape = " ESCAPE '!'" if pattern.endswith("ESCAPE") else ""
            return f"{self.text(inner)} {no}LIKE '{pattern.removesuffix(' ESCAPE')}'{escape}"
        if form == "function":
            name = self.pick(["STARTS_WITH", "ENDS_WITH", "CONTAINS"])
            return f"{name}({self.text(inner)}, {self.text(inner)})"
        if depth and form == "group":
            return f"({self.condition(depth - 1)})"
        if depth and form == "boolean":
            return f"({self.condition(depth - 1)}) {self.pick(['=', '<>'])} {self.pick(['TRUE', 'FALSE'])}"
        return f"{value()} {self.pick(['=', '<>', '!=', '<', '<=', '>', '>='])} {value()}"


@st.composite
def expressions(draw: Draw) -> str:
    kind = draw(st.sampled_from([Kind.BOOLEAN, Kind.BOOLEAN, *Kind]))
    return Writer(draw).any_kind(kind, draw(st.integers(1, 3)))


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


def check_agreement(oracle: duckdb.DuckDBPyConnection, text: str, rows: list[Row]) -> None:
    expression = parse(text)
    assert parse(expression.sql()).tree == expression.tree
    columns = table_of(rows)
    try:
        values, kind, bad = expression.evaluate(columns, pd.RangeIndex(len(rows)))
    except ExpressionError:
        # A CASE of NULLs alone has no kind, and NULL + TIME is taken for the sum of numbers.
        assume("NULL END + H" not in text)
        raise
    assert values.dtype == DTYPES[kind]
    skipped = np.zeros(len(rows), dtype=bool)
    for mask in bad.values():
        skipped |= mask.to_numpy()
    assert values[skipped].isna().all()
    assume(not skipped.all())
    renamed = RENAMED.sub(lambda found: "x_" + found.group(), text)
    query = f"SELECT {renamed} FROM {relation_of(rows)} ORDER BY _row"
    try:
        theirs = [value for value, in oracle.execute(query).fetchall()]
    except duckdb.BinderException as refusal:
        # DuckDB cannot tell what NULL + INTERVAL is; here NULL takes the kind that fits.
        assume('"NULL"' not in str(refusal))
        raise
    for row, left_out, ours, other in zip(rows, skipped, values, theirs, strict=True):
        assert left_out or same(plain(ours, kind), plain(other, kind)), (text, row, ours, other)


ROW: Row = (2.0, None, "ab", "a_b", "2024-01-31", None, "2024-02-29T23:59:59", None, "09:30:00")


def texts(first: str | None, second: str | None) -> Row:
    """A record with nothing but its two texts."""
    return (None, None, first, second, None, None, None, None, None)


@settings(max_examples=200)
@given(expressions(), TABLES)
@example("NOT N1 = 1e0 AND N2 IS NULL OR T1 = 'a' AND N1 > 3e0", [ROW])
@example("N1 - 1e0 - 2e0 * N1 / 4e0 / 2e0", [ROW])
@example("CAST(D1 + INTERVAL 1 MONTH AS DATE)", [ROW])
@example("LPAD(T2, 1, T1) IS NULL", [texts(None, "a"), texts(None, None), texts("a", "a")])
def test_agrees_with_duckdb(oracle: duckdb.DuckDBPyConnection, text: str, rows: list[Row]) -> None:
    check_agreement(oracle, text, rows)


@pytest.mark.full
@settings(max_examples=1000)
@given(expressions(), TABLES)
def test_agrees_with_duckdb_at_length(oracle: duckdb.DuckDBPyConnection, text: str, rows: list[Row]) -> None:
    check_agreement(oracle, text, rows)


PIECES = ["a", "b", "%", "_", "\n", "中", ".", "*"]


@settings(max_examples=200)
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


@settings(max_examples=100)
@given(st.sampled_from(["EXP", "LN", "LOG10", "SQRT"]), st.floats(0.001, 100))
def test_transcendental_functions_agree_with_duckdb(
        oracle: duckdb.DuckDBPyConnection, name: str, value: float) -> None:
    text = f"{name}({value!r})" if "e" in repr(value) else f"{name}({value!r}e0)"
    ours = parse(text).evaluate({}, pd.RangeIndex(1)).values[0]
    (theirs,), = oracle.execute(f"SELECT {text}").fetchall()
    assert math.isclose(ours, theirs, rel_tol=1e-12, abs_tol=1e-12)


@settings(max_examples=50)
@given(st.integers(-200, 200), st.integers(-4, 4))
def test_power_agrees_with_duckdb(oracle: duckdb.DuckDBPyConnection, base: int, exponent: int) -> None:
    assume(base or exponent >= 0)
    text = f"POWER({base}e0, {exponent}e0)"
    ours = parse(text).evaluate({}, pd.RangeIndex(1)).values[0]
    (theirs,), = oracle.execute(f"SELECT {text}").fetchall()
    assert math.isclose(ours, theirs, rel_tol=1e-12)
