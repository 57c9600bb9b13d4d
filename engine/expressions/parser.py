"""From text to tree: the lark parser, and its mistakes in a programmer's words."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Set
from functools import lru_cache
from importlib import resources
from typing import Any

from lark import Lark
from lark.exceptions import UnexpectedCharacters, UnexpectedToken

from engine.characters import ascii_for
from engine.expressions.bounds import check_text
from engine.expressions.builder import Builder
from engine.expressions.faults import Fault, short
from engine.expressions.tree import COMPARISONS, RESERVED, Node

# What may follow, in words; each entry is said if one of its terminals is accepted.
_WORDS = {
    "THEN": "_THEN", "WHEN": "_WHEN", "ELSE": "_ELSE", "END": "_END", "AS": "_AS",
    "','": "_COMMA", "')'": "_RPAR",
}
_MNEMONICS = {"EQ": "=", "NE": "<>", "GT": ">", "LT": "<", "GE": ">=", "LE": "<="}
_SIGNS = {
    ";": ("unexpected ';'", "an expression has no semicolon"),
    "--": ("unexpected '--'", "an expression has no comments; write - (-x) for two minus signs"),
    "/*": ("unexpected '/*'", "an expression has no comments"),
    "^=": ("unexpected '^='", "write <>"),
    "~=": ("unexpected '~='", "write <>"),
    "&&": ("unexpected '&&'", "write AND"),
    "&": ("unexpected '&'", "write AND"),
    "|": ("unexpected '|'", "write OR, or || to join texts"),
    "%": ("unexpected '%'", "write MOD(x, y)"),
    "'": ("a text is not closed", "its second single quote is missing"),
    '""': ('unexpected \'""\'', "text is written in single quotes, and a blank is NULL"),
    '"': ("a name is not closed", "its second double quote is missing"),
}


@lru_cache(maxsize=1)
def _parser() -> Lark:
    grammar = resources.files("engine.expressions").joinpath("grammar.lark").read_text(encoding="utf-8")
    return Lark(grammar, parser="lalr", lexer="contextual", maybe_placeholders=True, transformer=Builder())


@lru_cache(maxsize=4096)
def _parsed(text: str) -> Node:
    made: Any = _parser().parse(text)
    root: Node = made
    return root


def parse_tree(text: str) -> Node:
    """Parse an expression's text; the trees of texts seen before are kept.

    Raises Fault, with the offset of the mistake.
    """
    check_text(text)
    if not text.strip():
        raise Fault("the expression is empty")
    try:
        return _parsed(text)
    except UnexpectedToken as problem:
        raise _unexpected_token(problem, text) from None
    except UnexpectedCharacters as problem:
        raise _unexpected_character(text, problem.pos_in_stream or 0) from None


def _expected(accepts: Set[str]) -> str:
    """Say in words what may follow."""
    found = []
    if {"NAME", "NUMBER"} <= accepts:
        found.append("a value (a name, a number, 'text', a function or '(')")
    elif {"NAME", "QUOTED"} <= accepts:
        found.append("a name")
    elif {"NAME", "DATE"} <= accepts:
        found.append("TEXT, NUMBER, DATE, DATETIME or TIME")
    elif "NAME" in accepts:
        found.append("a unit such as DAY")
    elif "STRING" in accepts:
        found.append("text in single quotes")
    elif accepts == {"NULL", "NOT"}:
        found.append("NULL or NOT NULL")
    elif accepts == {"NULL"}:
        found.append("NULL")
    elif accepts == {"IN", "LIKE", "BETWEEN"}:
        found.append("IN, LIKE or BETWEEN")
    elif accepts == {"_LPAR"}:
        found.append("'('")
    elif "OR" in accepts:
        found.append("an operator (such as = + AND OR)")
    elif "AND" in accepts:
        found.append("AND")
    found += [word for word, terminal in _WORDS.items() if terminal in accepts]
    if "$END" in accepts:
        found.append("the end of the expression")
    return found[0] if len(found) == 1 else ", ".join(found[:-1]) + " or " + found[-1]


_SIGNS_TOGETHER = re.compile(r"[<>=!]{2,}")
_WORDS_AND_BRACKETS = re.compile(r"""'(?:[^']|'')*' | "[^"]*" | [()] | \bCASE\b | \bEND\b""",
                                 re.IGNORECASE | re.VERBOSE)


def _ends_early(text: str, accepts: Set[str]) -> Fault:
    """An expression that ends where more is wanted: most often a bracket or CASE is left open."""
    open_: list[tuple[str, int]] = []
    for found in _WORDS_AND_BRACKETS.finditer(text):
        word = found[0].upper()
        if word in ("(", "CASE"):
            open_.append((word, found.start()))
        elif word in (")", "END") and open_:
            open_.pop()
    last, at = open_[-1] if open_ else ("", 0)
    if last == "(" and "_RPAR" in accepts:
        return Fault("the bracket is not closed", "close it with ')'", at)
    if last == "CASE" and "_END" in accepts:
        return Fault("the CASE has no END", "write END behind its last value", at)
    return Fault("the expression ends too early", "expected " + _expected(accepts), len(text.rstrip()))


def _unexpected_token(problem: UnexpectedToken, text: str) -> Fault:
    accepts, token = problem.accepts or problem.expected, problem.token
    expected = "expected " + _expected(frozenset(accepts))
    if token.type == "$END":
        return _ends_early(text, frozenset(accepts))
    at = token.start_pos or 0
    word = token.upper()
    after_operand = "OR" in accepts
    run = next((run for run in _SIGNS_TOGETHER.finditer(text) if run.start() < at < run.end()), None)
    if run is not None and run[0] not in ("==", "--"):
        return Fault(f"'{run[0]}' is no operator", "write one of = <> < <= > >=", run.start())
    if after_operand and word in _MNEMONICS:
        expected = f"write {_MNEMONICS[word]}"
    elif after_operand and (word in COMPARISONS | {"!=", "IN", "IS", "LIKE", "BETWEEN"}):
        expected = "comparisons do not chain; join two with AND"
    elif word == "=" and text[:at].endswith("="):
        expected = "write one = to compare"
    elif not after_operand and word in ("NOT", "-"):
        expected = f"put what begins with {word} in brackets"
    elif token.type == "NUMBER" and re.search(r"(?i)\bINTERVAL\s*$", text[:at]):
        expected = "an INTERVAL stands after a date and + or -"
    elif word in RESERVED and not after_operand and "NAME" in accepts:
        expected += f'; a column of this name is written "{token}"'
    return Fault(f"unexpected '{short(token)}'", expected, at)


def _unexpected_character(text: str, at: int) -> Fault:
    for sign, (message, hint) in _SIGNS.items():
        if text.startswith(sign, at):
            return Fault(message, hint, at)
    number = re.compile(r"[0-9.][\w.]*", re.ASCII).match(text, at)
    if number and any(character.isdigit() for character in number.group()):
        return Fault(f"'{short(number.group())}' is no number",
                     "a name that begins with a digit is written in double quotes", at)
    character = text[at]
    plain, name = ascii_for(character), unicodedata.name(character, "")
    if plain:
        return Fault(f"unexpected '{character}' ({name})", f"write the plain {plain}", at)
    if character.isspace():
        return Fault(f"unexpected {name}", "write a plain space", at)
    return Fault(f"unexpected '{character}'", "", at)
