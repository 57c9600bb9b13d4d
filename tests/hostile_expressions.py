"""Hostile expressions, each in a working column of the small study."""

from __future__ import annotations

import json

from hostile_study import BUILD, CHECK, DM, RAW, Case, write_study

COLUMN = 20  # where an expression stands in its line
DEEP = "brackets and CASE are nested more than 50 deep; split the expression with a working column"
END = "expected an operator (such as = + AND OR) or the end of the expression"
VALUE = "expected a value (a name, a number, 'text', a function or '(')"


def _study(text: str, raw: str) -> object:
    written = json.dumps(text, ensure_ascii=False)
    return lambda folder: write_study(folder, dm=f"{DM}  _X: {{expression: {written}}}\n", raw=raw)


def refused(name: str, text: str, at: int, message: str, shown: str | None = None, caret: int | None = None,
            ) -> Case:
    """An expression refused at an offset of it, with the line that shows it and its caret."""
    lines = (f"sdtm/dm.yaml:12:{COLUMN + at}: DM._X: {message}", f"    {text if shown is None else shown}",
             "    " + " " * (at if caret is None else caret) + "^")
    return Case(f"expressions: {name}", _study(text, RAW), lines, CHECK)  # type: ignore[arg-type]


def told(name: str, text: str, *said: str, raw: str = RAW, status: int = 2) -> Case:
    """An expression that is refused without being shown, or that the data refuse."""
    command = BUILD if status == 1 else CHECK
    return Case(f"expressions: {name}", _study(text, raw), said, command, status)  # type: ignore[arg-type]


def data(name: str, text: str, message: str, raw: str = RAW) -> Case:
    """An expression that is refused for what it makes of every record."""
    return told(name, text, f"raw/dm.csv:2: DM._X: {message}; 2 of 2 records", raw=raw, status=1)


QUOTED_A = ", 'a'"
EXPRESSIONS = [
    refused("a call", "__import__('os').system('ls')", 16, f"unexpected '.'; {END}"),
    refused("a function of Python's", "getattr(SEX, 'x')", 0,
            "unknown function 'getattr'; did you mean 'GREATEST'?"),
    told("an attribute", "SEX.__class__", "sdtm/dm.yaml:12:20: DM._X: no table or dataset 'SEX'; known: DM, "
                                          "dm, study"),
    refused("attributes of attributes", "a.b.c.d", 0, "name of 4 parts; at most 3 are allowed"),
    refused("a statement", "SEX; DROP TABLE DM", 3, "unexpected ';'; an expression has no semicolon"),
    refused("a subquery", "(SELECT 1)", 8,
            "unexpected '1'; expected an operator (such as = + AND OR) or ')'"),
    refused("a subquery of EXISTS", "EXISTS (SELECT 1)", 15,
            "unexpected '1'; expected an operator (such as = + AND OR), ',' or ')'"),
    refused("a comment to the line's end", "SEX -- x", 4,
            "unexpected '--'; an expression has no comments; write - (-x) for two minus signs"),
    refused("a comment in signs", "SEX /* x */", 4, "unexpected '/*'; an expression has no comments"),
    refused("a lambda", "lambda: 1", 6, "unexpected ':'"),
    refused("an assignment", "(a := 1)", 3, "unexpected ':'"),
    refused("a subscript", "SEX[0]", 3, "unexpected '['"),
    refused("a formatted text", "f'{SEX}'", 1, f"unexpected ''{{SEX}}''; {END}"),
    refused("a template", "{{ 7*7 }}", 0, "unexpected '{'"),
    refused("a parameter", "? = 1", 0, "unexpected '?'"),
    told("100,000 characters", "SEX = '" + "a" * 99_992 + "'",
         "sdtm/dm.yaml:12:20: DM._X: expression of 100,000 characters; at most 10,000 are allowed"),
    refused("5,000 brackets", "(" * 5_000 + "1" + ")" * 4_999, 50, DEEP, "(" * 76 + "...", 50),
    refused("3,000 minus signs before brackets", "-(" * 3_000 + "1" + ")" * 3_000, 101, DEEP,
            "..." + "(-" * 38 + "...", 41),
    refused("2,400 NOT", "NOT " * 2_400 + "TRUE", 4, "unexpected 'NOT'; put what begins with NOT in brackets",
            "NOT " * 19 + "...", 4),
    refused("1,600 NOT before brackets", "NOT (" * 1_600 + "TRUE" + ")" * 1_600, 254, DEEP,
            "..." + ("OT (N" * 16)[:76] + "...", 41),
    refused("9,000 minus signs", "-" * 9_000 + "1", 0,
            "unexpected '--'; an expression has no comments; write - (-x) for two minus signs",
            "-" * 76 + "...", 0),
    refused("700 CASE", "CASE WHEN " * 700 + "TRUE" + " THEN 1 END" * 200, 500, DEEP,
            "..." + ("SE WHEN CA" * 8)[:76] + "...", 41),
    refused("600 CAST", "CAST(" * 600 + "SEX" + " AS TEXT)" * 600, 254, DEEP,
            "..." + ("AST(C" * 16)[:76] + "...", 41),
    refused("a quote of 9,999 quotes", "'" * 9_999, 9_998, "a text is not closed; its second single quote "
                                                           "is missing",
            "..." + "'" * 39, 41),
    refused("a number too large", "1e999999 > 1", 0, "number 1e999999 is too large to be held exactly"),
    refused("a number too small", "1e-999999 > 0", 0, "number 1e-999999 is too small to be held"),
    refused("a number of 9,000 digits", "9" * 9_000 + " > 1", 0,
            f"number {'9' * 30}... is too large to be held exactly", "9" * 76 + "...", 0),
    refused("a number in base 16", "0xFF > 1", 0,
            "'0xFF' is no number; a name that begins with a digit is written in double quotes"),
    refused("powers of powers", "10**10**10", 3, f"unexpected '*'; {VALUE}"),
    data("POWER of POWER", "POWER(10, POWER(10, POWER(10, 10)))", "number out of range"),
    data("EXP of too much", "EXP(1e308)", "number out of range"),
    refused("a CAST to a kind there is not", "CAST(SEX AS BLOB)", 12,
            "unknown type 'BLOB'; known: TEXT, NUMBER, DATE, DATETIME, TIME"),
    refused("a CAST of two values", "CAST(1, 2 AS TEXT)", 6,
            "unexpected ','; expected an operator (such as = + AND OR) or AS"),
    refused("a CAST of a condition", "CAST(TRUE AS NUMBER)", 0, "cannot CAST TRUE (BOOLEAN) to NUMBER; use "
                                                                "CASE WHEN"),
    refused("an INTERVAL too long", "DATE '2025-01-01' + INTERVAL 99999999999999999999 DAY", 29,
            "INTERVAL 99999999999999999999 DAY is no interval; write a whole number up to 1,000,000, "
            "as in INTERVAL 30 DAY"),
    data("an INTERVAL beyond the calendar", "DATE '2025-01-01' + INTERVAL 1000000 YEAR", "date out of range"),
    data("an INTERVAL computed beyond any", "DATE '2025-01-01' - INTERVAL (1e308 * 1) MONTH",
         "date out of range"),
    data("400 INTERVALs", "DATE '2025-01-01'" + " + INTERVAL 1000000 DAY" * 400, "date out of range"),
    refused("a date of 5,000 digits", f"DATE '{'9' * 5_000}'", 5, f"'{'9' * 29}... is no date; write DATE "
                                                                  f"'YYYY-MM-DD'",
            f"DATE '{'9' * 70}...", 5),
    refused("a date in Arabic digits", "DATE '\u0662\u0660\u0662\u0665-01-01'", 5,
            "'\u0662\u0660\u0662\u0665-01-01' is no date; write DATE 'YYYY-MM-DD'"),
    refused("a LIKE pattern of 9,900 signs", "SEX LIKE '" + "%a" * 4_950 + "'", 9,
            "LIKE pattern of 9,900 characters; at most 200 are allowed", "SEX LIKE '" + "%a" * 33 + "...", 9),
    refused("a LIKE pattern whose escape escapes nothing", "SEX LIKE 'a!' ESCAPE '!'", 9,
            "the escape character '!' must stand before %, _ or itself"),
    told("a LIKE pattern that backtracking could not bear", "SUBJ LIKE '" + "%a" * 99 + "%b'", status=0,
         raw="SITE,SUBJ,SEX,AGE\n" + "".join(f"01,{'a' * 2_000}{n},M,3\n" for n in range(100))),
    refused("a name of 9,000 letters", "x" * 9_000 + " = 1", 0,
            f"'{'x' * 76}... is no variable here and no column of dm.csv; known: ACTARM, ACTARMCD, ACTARMUD, "
            "AGE, AGEU, ARM, ARMCD, ARMNRS, COUNTRY, DOMAIN, DTHDTC, DTHFL and 14 more", "x" * 76 + "...", 0),
    told("700 conditions", " OR ".join(["SEX = 'a'"] * 700), status=0),
    told("1,900 values of IN", f"SEX IN ('b'{QUOTED_A * 1_900})", status=0),
    told("1,900 values of COALESCE", f"COALESCE({', '.join(['SEX'] * 1_900)})", status=0),
    told("4,900 sums", "LENGTH(SEX)" + "+1" * 4_900, status=0),
    data("REPLACE of REPLACE, 45 times", "REPLACE(" * 45 + "'M'" + ", 'M', 'MMMMMMMMMM')" * 45,
         "REPLACE: the text made is longer than 32,767 characters"),
    data("LPAD beyond any length", "LPAD(SEX, 1e308, 'x')", "LPAD: the text made is longer than 32,767 "
                                                            "characters"),
    data("1,200 joins of a long text", "TERM" + " || TERM" * 1_200, "the text made is longer than 32,767 "
                                                                    "characters",
         raw=f"SITE,SUBJ,SEX,AGE,TERM\n01,001,M,34,{'a' * 30_000}\n01,002,F,51,{'b' * 30_000}\n"),
]
