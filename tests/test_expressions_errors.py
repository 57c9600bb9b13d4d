"""Mistakes in expressions: each message whole, with its caret, and hostile texts refused."""

from __future__ import annotations

import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from engine.columns import Kind
from engine.errors import Place, SpecError
from engine.expressions import ExpressionError, parse
from engine.expressions.bounds import MAX_LENGTH

KINDS: dict[tuple[str, ...], Kind] = {
    ("T",): Kind.TEXT, ("N",): Kind.NUMBER, ("D",): Kind.DATE, ("S",): Kind.DATETIME, ("H",): Kind.TIME,
    ("B",): Kind.BOOLEAN, ("DM", "RFSTDTC"): Kind.TEXT,
}
VALUE = "expected a value (a name, a number, 'text', a function or '(')"
OPERATOR = "expected an operator (such as = + AND OR)"


def mistake(text: str, place: Place | None = None) -> ExpressionError:
    """The error of a text that is wrong, or whose kinds are."""
    with pytest.raises(ExpressionError) as error:
        parse(text, place).kind(KINDS)
    return error.value


def check(text: str, caret: int, message: str) -> None:
    assert str(mistake(text)) == f"{message}\n    {text}\n    {' ' * caret}^"


def test_the_error_is_one_problem_of_the_specs() -> None:
    error = mistake("AETERM = ''", Place("specs/sdtm/ae.yaml", 12, 22))
    assert isinstance(error, SpecError)
    problem, = error.problems
    assert problem.place == Place("specs/sdtm/ae.yaml", 12, 31)
    assert problem.message == "'' is never true"
    assert problem.hint == "use IS NULL\n    AETERM = ''\n             ^"
    assert str(error) == ("specs/sdtm/ae.yaml:12:31: '' is never true; use IS NULL\n"
                          "    AETERM = ''\n"
                          "             ^")


def test_the_excerpt_ends_the_message_where_there_is_no_hint() -> None:
    problem, = mistake("N = 9007199254740993").problems
    assert problem.message == ("number 9007199254740993 is too large to be held exactly\n"
                               "    N = 9007199254740993\n        ^")
    assert problem.hint == ""


@pytest.mark.parametrize(("place", "shown"), [
    (None, ""), (Place("ae.yaml"), "ae.yaml: "), (Place("ae.yaml", 3), "ae.yaml:3: "),
    (Place("ae.yaml", 3, 10), "ae.yaml:3:14: "),
])
def test_the_column_moves_into_the_expression(place: Place | None, shown: str) -> None:
    assert str(mistake("1 < X", place)).startswith(f"{shown}unknown name 'X'; known: ")


def test_the_line_with_the_mistake_is_shown_and_the_place_stays() -> None:
    error = mistake("N = 1\n  AND lenght(T) = 2\nOR N = 2", Place("ae.yaml", 3, 10))
    assert str(error) == ("ae.yaml:3:10: unknown function 'lenght'; did you mean 'LENGTH'?\n"
                          "      AND lenght(T) = 2\n"
                          "          ^")


def test_a_long_line_is_cut_around_the_mistake() -> None:
    error = mistake(" AND ".join(["N = 1"] * 20) + " AND lenght(T) = 1 AND " + " AND ".join(["N = 1"] * 20))
    first, line, caret = str(error).split("\n")
    assert first == "unknown function 'lenght'; did you mean 'LENGTH'?"
    assert line[caret.index("^"):].startswith("lenght(T)")
    assert line.startswith("    ...")
    assert line.endswith("...")
    assert len(line) <= 86


def test_the_caret_stands_under_wide_characters() -> None:
    assert str(mistake("医院 = lenght(T)")) == (
        "unknown function 'lenght'; did you mean 'LENGTH'?\n    医院 = lenght(T)\n           ^")


# --- what the grammar does not have ----------------------------------------------------

@pytest.mark.parametrize(("text", "caret", "message"), [
    ("N = ", 3, f"the expression ends too early; {VALUE}"),
    ("N AND", 5, f"the expression ends too early; {VALUE}"),
    ("(N", 0, "the bracket is not closed; close it with ')'"),
    ("LENGTH(", 6, "the bracket is not closed; close it with ')'"),
    ("T = ')' AND (N", 12, "the bracket is not closed; close it with ')'"),
    ("CASE WHEN B THEN", 16, f"the expression ends too early; {VALUE}"),
    ("CASE WHEN B THEN 2", 0, "the CASE has no END; write END behind its last value"),
    ("N >> 2", 2, "'>>' is no operator; write one of = <> < <= > >="),
    ("CASE WHEN B", 11, f"the expression ends too early; {OPERATOR} or THEN"),
    ("N)", 1, f"unexpected ')'; {OPERATOR} or the end of the expression"),
    ("N T", 2, f"unexpected 'T'; {OPERATOR} or the end of the expression"),
    ("SELECT N FROM DM", 7, f"unexpected 'N'; {OPERATOR} or the end of the expression"),
    ("N IN (SELECT 1)", 13, f"unexpected '1'; {OPERATOR}, ',' or ')'"),
    ("N IN T", 5, "unexpected 'T'; expected '('"),
    ("N IN ()", 6, f"unexpected ')'; {VALUE}"),
    ("N IS 3", 5, "unexpected '3'; expected NULL or NOT NULL"),
    ("N IS NOT 3", 9, "unexpected '3'; expected NULL"),
    ("N NOT 3", 6, "unexpected '3'; expected IN, LIKE or BETWEEN"),
    ("N BETWEEN 1 OR 2", 12, "unexpected 'OR'; expected AND"),
    ("T LIKE N", 7, "unexpected 'N'; expected text in single quotes"),
    ("CAST(N AS 3)", 10, "unexpected '3'; expected TEXT, NUMBER, DATE, DATETIME or TIME"),
    ("CAST(N, TEXT)", 6, f"unexpected ','; {OPERATOR} or AS"),
    ("D + INTERVAL 3", 14, "the expression ends too early; expected a unit such as DAY"),
    ("DM.3", 3, "unexpected '3'; expected a name"),
    ("DM. = 3", 4, "unexpected '='; expected a name"),
    ("N = END", 4, f"unexpected 'END'; {VALUE}; a column of this name is written \"END\""),
    ("N == 1", 3, "unexpected '='; write one = to compare"),
    ("N eq 1", 2, "unexpected 'eq'; write ="),
    ("N ne 1", 2, "unexpected 'ne'; write <>"),
    ("1 < N < 3", 6, "unexpected '<'; comparisons do not chain; join two with AND"),
    ("N = 1 IS NULL", 6, "unexpected 'IS'; comparisons do not chain; join two with AND"),
    ("B = NOT B", 4, "unexpected 'NOT'; put what begins with NOT in brackets"),
    ("NOT NOT B", 4, "unexpected 'NOT'; put what begins with NOT in brackets"),
    ("- -N", 2, "unexpected '-'; put what begins with - in brackets"),
    ("INTERVAL 30 DAY + D", 9, "unexpected '30'; an INTERVAL stands after a date and + or -"),
    ("N;", 1, "unexpected ';'; an expression has no semicolon"),
    ("N -- all", 2, "unexpected '--'; an expression has no comments; write - (-x) for two minus signs"),
    ("N /* all */", 2, "unexpected '/*'; an expression has no comments"),
    ("N ^= 1", 2, "unexpected '^='; write <>"),
    ("B & B", 2, "unexpected '&'; write AND"),
    ("B | B", 2, "unexpected '|'; write OR, or || to join texts"),
    ("N % 2", 2, "unexpected '%'; write MOD(x, y)"),
    ("T = 'abc", 4, "a text is not closed; its second single quote is missing"),
    ('T = "abc', 4, "a name is not closed; its second double quote is missing"),
    ('T = ""', 4, "unexpected '\"\"'; text is written in single quotes, and a blank is NULL"),
    ("12abc > 1", 0, "'12abc' is no number; a name that begins with a digit is written in double quotes"),
    ("N > 1..2", 4, "'1..2' is no number; a name that begins with a digit is written in double quotes"),
    ("N ≥ 3", 2, "unexpected '≥' (GREATER-THAN OR EQUAL TO); write the plain >="),
    ("T = ‘Y’", 4, "unexpected '‘' (LEFT SINGLE QUOTATION MARK); write the plain '"),
    ("N\u3000= 3", 1, None),
    ("[N]", 0, None),
])
def test_syntax(text: str, caret: int, message: str | None) -> None:
    if text == "[N]":
        assert str(mistake(text)) == "unexpected '['\n    [N]\n    ^"
    elif "\u3000" in text:
        assert str(mistake(text)) == "unexpected IDEOGRAPHIC SPACE; write a plain space\n    N = 3\n     ^"
    else:
        assert message is not None
        check(text, caret, message)


def test_wide_punctuation_is_named() -> None:
    assert str(mistake("（N）")) == (
        "unexpected '（' (FULLWIDTH LEFT PARENTHESIS); write the plain (\n    （N）\n    ^")


@pytest.mark.parametrize("text", ["", "  ", "\n"])
def test_an_empty_expression_is_refused(text: str) -> None:
    assert str(mistake(text, Place("ae.yaml", 3, 10))) == "ae.yaml:3:10: the expression is empty"


# --- words that do not exist, and counts -----------------------------------------------

@pytest.mark.parametrize(("text", "caret", "message"), [
    ("missing(T)", 0, "unknown function 'missing'; use IS NULL"),
    ("IFELSE(B, 1, 2)", 0, "unknown function 'IFELSE'; use CASE WHEN"),
    ("SUBSTRING(T, 1)", 0, "unknown function 'SUBSTRING'; use SUBSTR"),
    ("eval(T)", 0, "unknown function 'eval'; known: ABS, CEIL, COALESCE, CONCAT, CONTAINS, DATE_DIFF, DAY, "
                   "ENDS_WITH, EXP, FLOOR, GREATEST, HOUR and 27 more"),
    ("SUBSTR(T)", 0, "SUBSTR takes 2 or 3 arguments, not 1; write SUBSTR(text, start [, count])"),
    ("LENGTH(T, T)", 0, "LENGTH takes 1 argument, not 2; write LENGTH(text)"),
    ("MOD(N)", 0, "MOD takes 2 arguments, not 1; write MOD(number, divisor)"),
    ("COALESCE()", 0, "COALESCE takes 1 or more arguments, not 0; write COALESCE(value, ...)"),
    ("CAST(N AS VARCHAR)", 10, "unknown type 'VARCHAR'; did you mean 'TEXT'?"),
    ("CAST(N AS BOOLEAN)", 10, "unknown type 'BOOLEAN'; known: TEXT, NUMBER, DATE, DATETIME, TIME"),
    ("D + INTERVAL 1 FORTNIGHT", 15,
     "unknown unit 'FORTNIGHT'; known: DAY, HOUR, MINUTE, MONTH, SECOND, WEEK, YEAR"),
    ("D + INTERVAL 1.5 DAY", 13,
     "INTERVAL 1.5 DAY is no interval; write a whole number up to 1,000,000, as in INTERVAL 30 DAY"),
    ("D + INTERVAL '-1' DAY", 13,
     "INTERVAL '-1' DAY is no interval; write a whole number up to 1,000,000, as in INTERVAL 30 DAY"),
    ("D + INTERVAL (1.5) DAY", 14, "the count of an INTERVAL is a whole number; at most 1,000,000"),
    ("D > DATE '2026-02-30'", 9, "'2026-02-30' is no date; write DATE 'YYYY-MM-DD'"),
    ("D > DATE '2026-02'", 9, "'2026-02' is no date; write DATE 'YYYY-MM-DD'"),
    ("S > TIMESTAMP '2026-02-28'", 14, "'2026-02-28' is no datetime; write TIMESTAMP 'YYYY-MM-DD HH:MM:SS'"),
    ("H > TIME '24:00'", 9, "'24:00' is no time; write TIME 'HH:MM:SS'"),
    ("T LIKE 'a!b' ESCAPE '!'", 7, "the escape character '!' must stand before %, _ or itself"),
    ("T LIKE 'a!' ESCAPE '!'", 7, "the escape character '!' must stand before %, _ or itself"),
    ("T LIKE 'a' ESCAPE '!!'", 7, "ESCAPE takes one character"),
    ("A.B.C.D", 0, "name of 4 parts; at most 3 are allowed"),
    ("N = 1e999", 4, "number 1e999 is too large to be held exactly"),
    ("TT = 'x'", 0, "unknown name 'TT'; did you mean 'T'?"),
    ("DM.RFSTDT = 'x'", 0, "unknown name 'DM.RFSTDT'; did you mean 'DM.RFSTDTC'?"),
    ('T = "Y"', 4, "unknown name 'Y'; text is written in single quotes: 'Y'"),
])
def test_words(text: str, caret: int, message: str) -> None:
    check(text, caret, message)


def test_names_are_case_sensitive() -> None:
    check("dm.rfstdtc = 'x'", 0, "unknown name 'dm.rfstdtc'; did you mean 'DM.RFSTDTC'? case matters")


@pytest.mark.parametrize(("text", "caret"), [
    ("T = ''", 4), ("'' <> T", 0), ("T IN ('a', '')", 11), ("T NOT BETWEEN '' AND 'b'", 14), ("T LIKE ''", 7),
    ("CASE T WHEN '' THEN 1 END", 12),
])
def test_the_empty_text_is_never_true(text: str, caret: int) -> None:
    check(text, caret, "'' is never true; use IS NULL")


@pytest.mark.parametrize(("text", "caret", "hint"), [
    ("COALESCE(T, '')", 12, "write NULL"), ("T || ''", 5, "write NULL"), ("''", 0, "write NULL"),
    ("CASE WHEN B THEN '' END", 17, "write NULL"),
    ("REPLACE(T, 'a', '')", 16, "REPLACE(text, part) removes the part"),
])
def test_the_empty_text_is_no_value(text: str, caret: int, hint: str) -> None:
    check(text, caret, f"'' is no value, a blank is NULL; {hint}")


# --- kinds that do not fit -------------------------------------------------------------

@pytest.mark.parametrize(("text", "caret", "message"), [
    ("N = T", 2, "cannot compare N (NUMBER) with T (TEXT); write CAST(T AS NUMBER)"),
    ("T = 1", 2, "cannot compare T (TEXT) with 1 (NUMBER); write '1'"),
    ("N BETWEEN 'a' AND 'b'", 2, "cannot compare N (NUMBER) with 'a' (TEXT)"),
    ("N IN (1, 'x')", 2, "cannot compare N (NUMBER) with 'x' (TEXT)"),
    ("D = S", 2, "cannot compare D (DATE) with S (DATETIME); write CAST(S AS DATE)"),
    ("D > '2026-01-01'", 2, "cannot compare D (DATE) with '2026-01-01' (TEXT); write DATE 'YYYY-MM-DD'"),
    ("T > DATE '2026-01-01'", 2,
     "cannot compare T (TEXT) with DATE '2026-01-01' (DATE); write CAST(T AS DATE)"),
    ("B < TRUE", 2, "conditions have no order for <; only = and <> compare them"),
    ("B BETWEEN B AND B", 2, "conditions have no order for BETWEEN; only = and <> compare them"),
    ("T + 1", 2, "+ needs a number, not T (TEXT); write CAST(T AS NUMBER)"),
    ("-T", 0, "- needs a number, not T (TEXT); write CAST(T AS NUMBER)"),
    ("N || T", 2, "|| needs text, not N (NUMBER); write CAST(N AS TEXT)"),
    ("NOT N", 0, "NOT needs a condition, not N (NUMBER); compare it with a value"),
    ("T AND B", 2, "AND needs a condition, not T (TEXT); write T = 'Y'"),
    ("CASE WHEN N THEN 1 END", 10, "WHEN needs a condition, not N (NUMBER); compare it with a value"),
    ("CASE WHEN B THEN 1 ELSE 'x' END", 0, "CASE cannot mix 1 (NUMBER) with 'x' (TEXT); write '1'"),
    ("CASE N WHEN 'x' THEN 1 END", 12, "cannot compare N (NUMBER) with 'x' (TEXT)"),
    ("D + 1", 2, "cannot add 1 (NUMBER) to D (DATE); write + INTERVAL 1 DAY"),
    ("D - N", 2, "cannot subtract N (NUMBER) from D (DATE); write - INTERVAL (N) DAY"),
    ("S - S", 2, "cannot subtract S (DATETIME) from S (DATETIME); use DATE_DIFF('second', start, end) or "
                 "DATE_DIFF('day', start, end)"),
    ("D + D", 2, "cannot add D (DATE) to D (DATE)"),
    ("D + INTERVAL 1 HOUR", 2, "D (DATE) has no HOUR; write CAST(D AS DATETIME)"),
    ("T + INTERVAL 1 DAY", 2, "+ INTERVAL needs a date, not T (TEXT); write CAST(T AS DATE)"),
    ("D + INTERVAL (T) DAY", 2, "INTERVAL needs a number, not T (TEXT); write CAST(T AS NUMBER)"),
    ("N LIKE 'x'", 2, "LIKE needs text, not N (NUMBER); write CAST(N AS TEXT)"),
    ("UPPER(N)", 6, "UPPER needs TEXT, not N (NUMBER); write CAST(N AS TEXT)"),
    ("YEAR(T)", 5, "YEAR needs DATE or DATETIME, not T (TEXT); write CAST(T AS DATE)"),
    ("HOUR(D)", 5, "HOUR needs DATETIME or TIME, not D (DATE); write CAST(D AS DATETIME)"),
    ("COALESCE(N, T)", 0, "COALESCE cannot mix N (NUMBER) with T (TEXT); write CAST(T AS NUMBER)"),
    ("DATE_DIFF('day', D, S)", 0, "DATE_DIFF cannot mix D (DATE) with S (DATETIME); write CAST(S AS DATE)"),
    ("DATE_DIFF('hour', S, S)", 10,
     "DATE_DIFF cannot count 'hour'; its unit is 'day' or 'second'; divide seconds for others"),
    ("DATE_DIFF(T, S, S)", 10,
     "DATE_DIFF cannot count T; its unit is 'day' or 'second'; divide seconds for others"),
    ("CAST(N AS DATE)", 0, "cannot CAST N (NUMBER) to DATE"),
    ("CAST(B AS TEXT)", 0, "cannot CAST B (BOOLEAN) to TEXT; use CASE WHEN"),
    ("CAST(D AS TIME)", 0, "cannot CAST D (DATE) to TIME; a date and a time make a DATETIME with +"),
])
def test_kinds(text: str, caret: int, message: str) -> None:
    check_kinds = parse(text)  # it can be said; only its kinds are wrong
    assert check_kinds.text == text
    lines = f"\n    {text}\n    {' ' * caret}^"
    assert str(mistake(text)) == message + lines


def test_a_long_part_is_cut_in_the_message() -> None:
    text = "N || " + " || ".join(["T"] * 20) + " = 1"
    assert str(mistake(text)).startswith("|| needs text, not N (NUMBER); write CAST(N AS TEXT)\n")
    text = " || ".join(["T"] * 20) + " = 1"
    shown = " || ".join(["T"] * 20)[:40]
    assert str(mistake(text)).startswith(f"cannot compare {shown}... (TEXT) with 1 (NUMBER); write '1'\n")


# --- hostile texts ---------------------------------------------------------------------

DEEP = "brackets and CASE are nested more than 50 deep; split the expression with a working column"


@pytest.mark.parametrize(("text", "message"), [
    ("A" * 100_000, "expression of 100,000 characters; at most 10,000 are allowed"),
    ("'" * 1_000_001, "expression of 1,000,001 characters; at most 10,000 are allowed"),
    ("(" * 5_000 + "N" + ")" * 4_999, DEEP), ("(" * 51 + "N" + ")" * 51, DEEP), ("(" * 10_000, DEEP),
    ("CASE WHEN " * 51, DEEP), ("case " * 2_000, DEEP), ("LENGTH(" * 1_400, DEEP),
    ("N\0", "character U+0000 (a control character) is not allowed; it cannot be seen; delete it"),
    ("T = '\0'", "character U+0000 (a control character) is not allowed; it cannot be seen; delete it"),
    ("T = '\u202e'",
     "character U+202E (RIGHT-TO-LEFT OVERRIDE) is not allowed; it cannot be seen; delete it"),
    ("\ufeffN", "character U+FEFF (ZERO WIDTH NO-BREAK SPACE) is not allowed; it cannot be seen; delete it"),
    ("T = '\u200b'", "character U+200B (ZERO WIDTH SPACE) is not allowed; it cannot be seen; delete it"),
    ("N\u2028", "character U+2028 (LINE SEPARATOR) is not allowed; it cannot be seen; delete it"),
    ("T = '\ud800'", "character U+D800 (a control character) is not allowed; it cannot be seen; delete it"),
    (f"T LIKE '{'%_' * 101}'", "LIKE pattern of 202 characters; at most 200 are allowed"),
    ("N = 1e-400", "number 1e-400 is too small to be held"),
    ("N = 0." + "0" * 400 + "1", f"number {'0.' + '0' * 28}... is too small to be held"),
    ("T = 'a\u3164'", "character U+3164 (HANGUL FILLER) is not allowed; it cannot be seen; delete it"),
    ("T\ufe0f = 'a'",
     "character U+FE0F (VARIATION SELECTOR-16) is not allowed; it cannot be seen; delete it"),
    ("N = " + "1" * 5_000, f"number {'1' * 30}... is too large to be held exactly"),
    ("D + INTERVAL " + "9" * 5_000 + " DAY", f"INTERVAL {'9' * 30}... DAY is no interval; "
     "write a whole number up to 1,000,000, as in INTERVAL 30 DAY"),
    ("NOT " * 2_400 + "B", "unexpected 'NOT'; put what begins with NOT in brackets"),
    ("- " * 4_999 + "N", "unexpected '-'; put what begins with - in brackets"),
    (".".join("A" * 4_000), "name of 4,000 parts; at most 3 are allowed"),
    ("X" * 9_000 + "(1)", f"unknown function '{'X' * 30}...'; "),
    ("T = '" + "''" * 4_990, "a text is not closed; its second single quote is missing"),
])
def test_hostile_text_is_refused(text: str, message: str) -> None:
    error = mistake(text, Place("ae.yaml", 1, 1))
    first = str(error).split("\n")[0].split(": ", 1)[1]
    assert first == message or (message.endswith("; ") and first.startswith(message))
    assert len(str(error)) < 600


def test_what_cannot_be_seen_is_not_shown() -> None:
    assert str(mistake("T = '\u202eab\0'")).endswith("\n    T = '\ufffdab\ufffd'\n         ^")


@given(st.text(max_size=60) | st.text("()'\"ANDORT=<>|+-*/., 019\n%_;", max_size=60))
def test_any_text_is_parsed_or_refused(text: str) -> None:
    try:
        expression = parse(text)
    except ExpressionError as refusal:
        error: ExpressionError | None = refusal
    else:
        error = None
        assert parse(expression.sql()).tree == expression.tree
    assert error is None or (len(error.problems) == 1 and error.problems[0].message)


WORDS = [
    "AND", "OR", "NOT", "CASE", "WHEN", "THEN", "ELSE", "END", "(", ")", "N", "T", "D", "'x'", "1", "=", "<",
    "||", "+", "-", "*", "IN", "IS", "NULL", "LIKE", "BETWEEN", "CAST", "AS", "NUMBER", "INTERVAL", "DAY",
    "DATE", "LENGTH(", ",", "TRUE", ".", '"N"', "ESCAPE",
]


@given(st.lists(st.sampled_from(WORDS), max_size=15).map(" ".join))
def test_any_words_are_parsed_checked_or_refused(text: str) -> None:
    said = ""
    try:
        expression = parse(text)
        assert parse(expression.sql()).tree == expression.tree
        expression.kind(KINDS)
    except ExpressionError as error:
        said = str(error)
    assert not re.search(r"_[A-Z]{2}|\$END|EQUAL|expected $", said)


def test_the_longest_expression_is_parsed() -> None:
    text = " OR ".join(["N = 1"] * 1_111)
    assert MAX_LENGTH - 20 < len(text) <= MAX_LENGTH
    assert parse(text).sql() == text
