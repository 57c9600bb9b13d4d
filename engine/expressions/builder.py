"""From lark's rules to the tree, with the mistakes that need no knowledge of columns."""

from __future__ import annotations

import re
from collections.abc import Iterable
from typing import Any

from lark import Token, Transformer, v_args

from engine.columns import Kind
from engine.errors import hint_for
from engine.expressions.faults import Fault, short
from engine.expressions.functions import FUNCTIONS, SIMILAR
from engine.expressions.like import compile_like
from engine.expressions.moments import HOW_WRITTEN, read_moment
from engine.expressions.tree import (
    COMPARISONS,
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
    Node,
    Shift,
    Unary,
    postorder,
)

UNITS = ("SECOND", "MINUTE", "HOUR", "DAY", "WEEK", "MONTH", "YEAR")
MAX_PARTS = 3          # of a qualified name
MAX_COUNT = 1_000_000  # of an INTERVAL's unit, when it is written as a number
MAX_WHOLE = 2**53      # above it a float no longer holds every whole number

_NOT_ZERO = re.compile(r"[0.]*[1-9]")
_KINDS = {kind.name: kind for kind in (Kind.TEXT, Kind.NUMBER, Kind.DATE, Kind.DATETIME, Kind.TIME)}
_SIMILAR_KINDS = {
    **dict.fromkeys(("VARCHAR", "CHAR", "STRING", "CHARACTER"), "TEXT"),
    **dict.fromkeys(("INTEGER", "INT", "BIGINT", "DOUBLE", "FLOAT", "REAL", "DECIMAL", "NUMERIC"), "NUMBER"),
    "TIMESTAMP": "DATETIME",
}
_MOMENTS = {"DATE": Kind.DATE, "TIME": Kind.TIME, "TIMESTAMP": Kind.DATETIME, "DATETIME": Kind.DATETIME}


def _at(token: Token) -> int:
    return token.start_pos or 0


def unquoted(token: Token) -> str:
    """The text between quotation marks, each doubled mark once."""
    mark = token[0]
    return token[1:-1].replace(mark * 2, mark)


def _is_blank(node: Node) -> bool:
    return isinstance(node, Literal) and node.value == ""


def _refuse_blank(nodes: Iterable[Node]) -> None:
    for node in nodes:
        if _is_blank(node):
            raise Fault("'' is never true", "use IS NULL", node.at)


def _refuse_any_blank(root: Node) -> None:
    for node in postorder(root):
        if isinstance(node, Call) and node.function == "REPLACE" and _is_blank(node.arguments[-1]):
            raise Fault("'' is no value, a blank is NULL", "REPLACE(text, part) removes the part",
                        node.arguments[-1].at)
    for node in postorder(root):
        if _is_blank(node):
            raise Fault("'' is no value, a blank is NULL", "write NULL", node.at)


@v_args(inline=True)
class Builder(Transformer[Token, Node]):
    """Makes the node of each rule as the parser recognises it."""

    def start(self, root: Node) -> Node:
        _refuse_any_blank(root)
        return root

    def binary(self, left: Node, token: Token, right: Node) -> Node:
        operator = "<>" if token == "!=" else token.upper()
        if operator in COMPARISONS:
            _refuse_blank((left, right))
        return Binary(operator, left, right, at=_at(token))

    def unary(self, token: Token, operand: Node) -> Node:
        return Unary(token.upper(), operand, at=_at(token))

    def is_null(self, operand: Node, token: Token, *_: Token) -> Node:
        return IsNull(operand, False, at=_at(token))

    def is_not_null(self, operand: Node, token: Token, *_: Token) -> Node:
        return IsNull(operand, True, at=_at(token))

    def items(self, *items: Node) -> tuple[Node, ...]:
        return items

    def in_list(self, operand: Node, token: Token, items: tuple[Node, ...]) -> Node:
        _refuse_blank((operand, *items))
        return InList(operand, items, False, at=_at(token))

    def not_in_list(self, operand: Node, token: Token, _: Token, items: tuple[Node, ...]) -> Node:
        _refuse_blank((operand, *items))
        return InList(operand, items, True, at=_at(token))

    def between(self, operand: Node, token: Token, low: Node, _: Token, high: Node) -> Node:
        _refuse_blank((operand, low, high))
        return Between(operand, low, high, False, at=_at(token))

    def not_between(self, operand: Node, token: Token, _: Token, low: Node, __: Token, high: Node) -> Node:
        _refuse_blank((operand, low, high))
        return Between(operand, low, high, True, at=_at(token))

    def like(self, operand: Node, token: Token, pattern: Token, escape: Token | None) -> Node:
        return _like(operand, token, pattern, escape, negated=False)

    def not_like(self, operand: Node, token: Token, _: Token, pattern: Token, escape: Token | None) -> Node:
        return _like(operand, token, pattern, escape, negated=True)

    def interval(self, _: Token, count: Token, unit: Token) -> tuple[Node, str]:
        digits = unquoted(count) if count.type == "STRING" else str(count)
        if not (digits.isascii() and digits.isdigit() and len(digits) < 10 and int(digits) <= MAX_COUNT):
            raise Fault(f"INTERVAL {short(count)} {short(unit)} is no interval",
                        f"write a whole number up to {MAX_COUNT:,}, as in INTERVAL 30 DAY", _at(count))
        return Literal(float(digits), Kind.NUMBER, at=_at(count)), _unit(unit)

    def counted_interval(self, token: Token, count: Node, unit: Token) -> tuple[Node, str]:
        if isinstance(count, Literal) and count.kind is Kind.NUMBER and (
                not isinstance(count.value, float) or count.value % 1 or count.value > MAX_COUNT):
            raise Fault("the count of an INTERVAL is a whole number", f"at most {MAX_COUNT:,}", count.at)
        return count, _unit(unit)

    def shift(self, operand: Node, token: Token, interval: tuple[Node, str]) -> Node:
        return Shift(operand, str(token), *interval, at=_at(token))

    def number(self, token: Token) -> Node:
        value = float(token)
        digits = token.lstrip("0")
        if value == float("inf") or (digits.isdigit() and (len(digits) > 16 or int(digits) > MAX_WHOLE)):
            raise Fault(f"number {short(token)} is too large to be held exactly", at=_at(token))
        if value == 0 and _NOT_ZERO.match(token):
            raise Fault(f"number {short(token)} is too small to be held", at=_at(token))
        return Literal(value, Kind.NUMBER, at=_at(token))

    def text(self, token: Token) -> Node:
        return Literal(unquoted(token), Kind.TEXT, at=_at(token))

    def boolean(self, token: Token) -> Node:
        return Literal(token.upper() == "TRUE", Kind.BOOLEAN, at=_at(token))

    def null(self, token: Token) -> Node:
        return Literal(None, None, at=_at(token))

    def moment(self, word: Token, token: Token) -> Node:
        kind = _MOMENTS[word.upper()]
        value = read_moment(unquoted(token), kind)
        if value is None:
            raise Fault(f"{short(token)} is no {kind.value}", f"write {HOW_WRITTEN[kind]}", _at(token))
        return Literal(value, kind, at=_at(word))

    def call(self, token: Token, *arguments: Node | None) -> Node:
        given = tuple(argument for argument in arguments if argument is not None)
        return _call(token, given)

    def cast(self, token: Token, operand: Node, kind: Token) -> Node:
        made = _KINDS.get(kind.upper())
        if made is None:
            near = _SIMILAR_KINDS.get(kind.upper())
            hint = f"did you mean '{near}'?" if near else "known: " + ", ".join(_KINDS)
            raise Fault(f"unknown type '{short(kind)}'", hint, _at(kind))
        return Cast(operand, made, token.upper() == "TRY_CAST", at=_at(token))

    def when(self, condition: Node, result: Node) -> tuple[Node, Node]:
        return condition, result

    def searched_case(self, token: Token, *rest: Any) -> Node:
        *whens, otherwise = rest
        return Case(None, tuple(whens), otherwise, at=_at(token))

    def simple_case(self, token: Token, subject: Node, *rest: Any) -> Node:
        *whens, otherwise = rest
        _refuse_blank((subject, *(value for value, _ in whens)))
        return Case(subject, tuple(whens), otherwise, at=_at(token))

    def name(self, *parts: Token) -> Node:
        if len(parts) > MAX_PARTS:
            raise Fault(f"name of {len(parts):,} parts", f"at most {MAX_PARTS} are allowed", _at(parts[0]))
        words = tuple(unquoted(part) if part.type == "QUOTED" else str(part) for part in parts)
        return Name(words, any(part.type == "QUOTED" for part in parts), at=_at(parts[0]))


def _like(operand: Node, token: Token, pattern: Token, escape: Token | None, *, negated: bool) -> Node:
    made, mark = unquoted(pattern), None if escape is None else unquoted(escape)
    _refuse_blank((operand, Literal(made, Kind.TEXT, at=_at(pattern))))
    try:
        compile_like(made, mark)
    except ValueError as problem:
        raise Fault(str(problem), at=_at(pattern)) from None
    return Like(operand, made, mark, negated, at=_at(token))


def _unit(token: Token) -> str:
    unit = token.upper().removesuffix("S")
    if unit not in UNITS:
        raise Fault(f"unknown unit '{short(token)}'", hint_for(token, UNITS), _at(token))
    return unit


def _call(token: Token, arguments: tuple[Node, ...]) -> Node:
    name = token.upper()
    function = FUNCTIONS.get(name)
    if function is None:
        instead = SIMILAR.get(name)
        raise Fault(f"unknown function '{short(token)}'",
                    f"use {instead}" if instead else hint_for(token, FUNCTIONS), _at(token))
    given = len(arguments)
    if given < function.least or (function.most is not None and given > function.most):
        raise Fault(f"{name} takes {function.counts}, not {given}", f"write {function.usage}", _at(token))
    return Call(name, arguments, at=_at(token))
