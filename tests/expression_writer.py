"""Writes random expressions of the subset that the language and DuckDB share, and tables for them.

An expression is written as text, following the grammar with as few brackets as it allows,
so that precedence is put to the test too.  What is chosen is asked of a function: that of
hypothesis, which makes a failing example small, or of a seeded generator, which is quick.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any

import pandas as pd

from engine.columns import DTYPES, Column, Kind
from engine.expressions.vectors import constant

Choose = Callable[[Sequence[Any]], Any]
Row = tuple[Any, ...]

COLUMNS = {
    "N1": Kind.NUMBER, "N2": Kind.NUMBER, "T1": Kind.TEXT, "T2": Kind.TEXT, "D1": Kind.DATE, "D2": Kind.DATE,
    "S1": Kind.DATETIME, "S2": Kind.DATETIME, "H1": Kind.TIME,
}
TEXTS = ["a", "b", "ab", "abc", "AB", "Ba", " a ", "a b", "a-b-c", "10%", "a_b", "1", "2.5", "-3", "1e2",
         "é", "中", "中b", "2026-01-05", "2026-01", "2026-02-30", "O'Neil", "%", "_", " "]
DATES = ["2024-01-31", "2024-02-29", "2024-03-01", "2026-01-05", "2025-12-31"]
TIMES = ["00:00:00", "09:30:00", "23:59:59", "12:00:01", "10:24:00"]
VALUES: Mapping[Kind, Sequence[Any]] = {
    Kind.NUMBER: [0.0, 1.0, -1.0, 2.0, 3.0, 0.5, 2.5, -2.5, 0.25, 10.0, 100.0, 7.75],
    Kind.TEXT: TEXTS, Kind.DATE: DATES, Kind.TIME: TIMES,
    Kind.DATETIME: [f"{date}T{time}" for date in DATES for time in TIMES],
}
COUNTS = ["'90'", "7", "(N2)"]
UNITS = ["SECOND", "MINUTE", "HOUR", "DAY", "WEEK", "MONTH", "YEAR", "days", "Months"]


def record(choose: Choose) -> Row:
    """A record of the table, one value in eight NULL."""
    return tuple(None if choose(range(8)) == 0 else choose(VALUES[kind]) for kind in COLUMNS.values())


def table_of(rows: Sequence[Row]) -> dict[tuple[str, ...], Column]:
    """The records as columns of our own."""
    found: dict[tuple[str, ...], Column] = {}
    for (name, kind), values in zip(COLUMNS.items(), zip(*rows, strict=True), strict=True):
        data = [constant(value, kind).data[0] for value in values]
        found[name,] = Column(pd.Series(data, dtype=DTYPES[kind]), kind)
    return found


class Writer:
    """Writes expressions of a kind; ``depth`` bounds how far they nest."""

    def __init__(self, choose: Choose) -> None:
        self.choose = choose

    def pick(self, options: Sequence[str]) -> str:
        made: str = self.choose(options)
        return made

    def often(self, times: int) -> bool:
        """True once in so many times."""
        return bool(self.choose(range(times)) == times - 1)

    def chain(self, part: Callable[[int], str], signs: list[str], depth: int, most: int = 2) -> str:
        """Parts joined by operators of one precedence."""
        made = part(depth)
        for _ in range(self.choose(range(most))):
            made += f" {self.pick(signs)} {part(depth)}"
        return made

    def listed(self, part: Callable[[], str], least: int, most: int) -> str:
        """Several parts with commas between."""
        return ", ".join(part() for _ in range(self.choose(range(least, most + 1))))

    def any_kind(self, kind: Kind, depth: int) -> str:
        if self.often(25):
            return "NULL"
        return {Kind.NUMBER: self.number, Kind.TEXT: self.text, Kind.DATE: self.date,
                Kind.DATETIME: self.moment, Kind.TIME: self.time, Kind.BOOLEAN: self.condition}[kind](depth)

    def choice(self, kind: Kind, depth: int) -> str:
        """The forms that give whatever kind they are given."""
        def value() -> str:
            return self.any_kind(kind, depth)

        forms = ["case", "simple", "COALESCE", "NULLIF", "group", "CAST"]
        form = self.pick(forms if kind is Kind.BOOLEAN else [*forms, "GREATEST", "LEAST"])
        if form == "case":
            otherwise = f" ELSE {value()}" if self.often(2) else ""
            second = f" WHEN {self.condition(depth)} THEN {value()}" if self.often(3) else ""
            return f"CASE WHEN {self.condition(depth)} THEN {value()}{second}{otherwise} END"
        if form == "simple":
            other = self.choose([Kind.NUMBER, Kind.TEXT, Kind.DATE, Kind.TIME])
            subject, test = (self.any_kind(other, depth) for _ in range(2))
            return f"CASE {subject} WHEN {test} THEN {value()} ELSE {value()} END"
        if form == "CAST" and kind is not Kind.BOOLEAN:  # to the kind it is
            return f"{self.pick(['CAST', 'TRY_CAST'])}({value()} AS {kind.name})"
        if form in ("group", "CAST"):
            return f"({value()})"
        if form == "NULLIF":
            return f"NULLIF({value()}, {value()})"
        return f"{form}({self.listed(value, 1, 3)})"

    def number(self, depth: int) -> str:
        return self.chain(self.product, ["+", "-"], depth, 3)

    def product(self, depth: int) -> str:
        return self.chain(self.factor, ["*", "*", "/"], depth, 3)

    def factor(self, depth: int) -> str:
        atom = "NULL" if self.often(40) else self.number_atom(depth)
        return ("- " if self.often(8) else "") + atom

    def column(self, one: str, two: str) -> str:
        """One of two columns, at times in quotes."""
        name = self.pick([one, two])
        return f'"{name}"' if self.often(10) else name

    def number_atom(self, depth: int) -> str:
        if depth == 0 or self.often(3):
            return self.pick([self.column("N1", "N2"), self.column("N1", "N2"), "0e0", "1e0", "2.5e0", ".5e0",
                              "3.e0"])
        depth -= 1
        if self.often(3):
            return self.choice(Kind.NUMBER, depth)
        form = self.pick(["ABS", "SIGN", "ROUND", "FLOOR", "CEIL", "SQRT", "MOD", "LENGTH", "STRPOS", "YEAR",
                          "MONTH", "DAY", "HOUR", "MINUTE", "SECOND", "days", "seconds", "minus", "TRY_CAST",
                          "digits", "rounded", "POWER"])
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
            "days": lambda: f"DATE_DIFF('day', {self.pair(depth)})",
            "seconds": lambda: f"DATE_DIFF('second', {self.pair(depth)})",
            "minus": lambda: f"({self.date(depth)} - {self.date(depth)})",
            "TRY_CAST": lambda: f"TRY_CAST({self.pick(['T1', 'T2'])} AS NUMBER)",
            # Quarters are exact, so that what is half is half to both.
            "digits": lambda: f"ROUND({self.pick(['N1', 'N2'])}, {self.pick(['0', '1', '2', '-1'])})",
            # The last bit of these is the library's own; rounded it cannot be seen.
            "rounded": lambda: f"ROUND({self.pick(['EXP', 'LN', 'LOG10'])}"
                               f"({self.pick(['N1', 'N2', '2e0'])}), 6)",
            "POWER": lambda: f"POWER({self.pick(['N1', 'N2'])}, {self.pick(['2e0', '0e0', '1e0', '-1e0'])})",
        }[form]()

    def pair(self, depth: int) -> str:
        """Two dates, or two datetimes."""
        write = self.choose([self.date, self.moment, self.moment])
        return f"{write(depth)}, {write(depth)}"

    def text(self, depth: int) -> str:
        return self.chain(self.text_atom, ["||"], depth)

    def text_atom(self, depth: int) -> str:
        if depth == 0 or self.often(3):
            return self.pick([self.column("T1", "T2"), self.column("T1", "T2"), "'a'", "'b'", "'-'",
                              "'O''Neil'", "'中'", "' a '"])
        depth -= 1
        if self.often(3):
            return self.choice(Kind.TEXT, depth)
        form = self.pick(["UPPER", "LOWER", "TRIM", "LTRIM", "RTRIM", "SUBSTR", "LEFT", "RIGHT", "LPAD",
                          "REPLACE", "SPLIT_PART", "CONCAT", "CAST"])
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
            "CONCAT": lambda: f"CONCAT({text}, {self.listed(lambda: self.any_kind(Kind.TEXT, depth), 1, 2)})",
            "CAST": lambda: f"CAST({self.pick([self.date(depth), self.time(depth)])} AS TEXT)",
        }[form]()

    def date(self, depth: int) -> str:
        if depth == 0 or self.often(2):
            return self.pick([self.column("D1", "D2"), self.column("D1", "D2"), "DATE '2024-02-29'",
                              "DATE '2026-01-05'"])
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
            return self.pick([self.column("S1", "S2"), "TIMESTAMP '2024-02-29 12:00:00'",
                              "DATETIME '2024-01-31 23:59:59'", "TIMESTAMP '2026-01-05T00:00:00'"])
        depth -= 1
        if self.often(3):
            return self.choice(Kind.DATETIME, depth)
        return self.pick([
            f"({self.moment(depth)} {self.pick(['+', '-'])} "
            f"INTERVAL {self.pick(COUNTS)} {self.pick(UNITS)})",
            f"({self.date(depth)} + {self.time(depth)})",
            f"CAST({self.date(depth)} AS DATETIME)",
        ])

    def time(self, depth: int) -> str:
        if depth == 0 or self.often(2):
            return self.pick(["H1", "H1", "TIME '09:30:00'", "TIME '23:59'"])
        depth -= 1
        if self.often(3):
            return self.choice(Kind.TIME, depth)
        return f"CAST({self.moment(depth)} AS TIME)"

    def condition(self, depth: int) -> str:
        if depth and self.often(8):
            return self.choice(Kind.BOOLEAN, depth - 1)
        return self.chain(self.conjunction, ["OR"], depth)

    def conjunction(self, depth: int) -> str:
        return self.chain(lambda d: ("NOT " if self.often(4) else "") + self.predicate(d), ["AND"], depth)

    def predicate(self, depth: int) -> str:
        kind = self.choose([kind for kind in Kind if kind is not Kind.BOOLEAN])
        inner = max(depth - 1, 0)

        def value() -> str:
            return self.any_kind(kind, inner)

        no = "NOT " if self.often(3) else ""
        form = self.pick(["compare", "compare", "null", "in", "between", "like", "function", "group",
                          "boolean", "truth", "constant"])
        if form == "null":
            return f"{value()} IS {no}NULL"
        if form == "in":
            return f"{value()} {no}IN ({self.listed(value, 1, 4)}{', NULL' if self.often(4) else ''})"
        if form == "between":
            low, high = ("NULL" if self.often(6) else value() for _ in range(2))
            return f"{value()} {no}BETWEEN {low} AND {high}"
        if form == "like":
            pattern = self.pick(["'a%'", "'%b%'", "'_'", "'%'", "'a_b'", "'%-%-%'", "'%中%'", "'%a%b'",
                                 "'%O''%'", "'10!%' ESCAPE '!'", "'%!_%' ESCAPE '!'", "'a!_b' ESCAPE '!'",
                                 "'!%' ESCAPE '!'"])
            return f"{self.any_kind(Kind.TEXT, inner)} {no}LIKE {pattern}"
        if form == "function":
            name = self.pick(["STARTS_WITH", "ENDS_WITH", "CONTAINS"])
            return f"{name}({self.text(inner)}, {self.text(inner)})"
        if form == "constant":
            return self.pick(["TRUE", "FALSE", "NULL"])
        if depth and form == "group":
            return f"({self.condition(depth - 1)})"
        if depth and form == "boolean":
            sign, other = self.pick(["=", "<>"]), self.pick(["TRUE", "FALSE", "NULL"])
            return f"({self.condition(depth - 1)}) {sign} {other}"
        if depth and form == "truth":
            condition = f"({self.condition(depth - 1)})"
            return self.pick([f"{condition} IS {no}NULL", f"{condition} {no}IN (TRUE, NULL)"])
        return f"{value()} {self.pick(['=', '<>', '!=', '<', '<=', '>', '>='])} {value()}"


def write_expression(choose: Choose) -> str:
    """One expression of any kind, conditions more often than others."""
    kind = choose([Kind.BOOLEAN, Kind.BOOLEAN, *Kind])
    return Writer(choose).any_kind(kind, choose([1, 2, 3]))
