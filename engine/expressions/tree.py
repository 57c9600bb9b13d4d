"""The tree of an expression: its nodes, a walk without recursion, and its text again.

A chain such as ``A + A + A ...`` makes a tree as deep as it is long, so nothing
here (nor in the check or the evaluation) calls itself: :func:`fold` visits the
children before their parent with a stack of its own.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from decimal import Decimal
from typing import TypeVar

from engine.columns import Kind

T = TypeVar("T")

RESERVED = frozenset({
    "AND", "BETWEEN", "CASE", "CAST", "ELSE", "END", "FALSE", "IN", "IS", "LIKE", "NOT", "NULL", "OR",
    "THEN", "TRUE", "TRY_CAST", "WHEN",
})
COMPARISONS = frozenset({"=", "<>", "<", "<=", ">", ">="})


@dataclass(frozen=True, kw_only=True)
class Node:
    """One part of an expression; ``at`` is its offset in the text, for a caret."""

    at: int = field(default=0, compare=False)

    @property
    def children(self) -> tuple[Node, ...]:
        return ()


@dataclass(frozen=True)
class Literal(Node):
    """A constant; dates and times are kept as ISO 8601 text, ``None`` is NULL."""

    value: str | float | bool | None
    kind: Kind | None


@dataclass(frozen=True)
class Name(Node):
    """A column, as ``("AETERM",)`` or ``("DM", "RFSTDTC")``."""

    parts: tuple[str, ...]
    quoted: bool = field(default=False, compare=False)


@dataclass(frozen=True)
class Call(Node):
    """A function by its name in capitals."""

    function: str
    arguments: tuple[Node, ...]

    @property
    def children(self) -> tuple[Node, ...]:
        return self.arguments


@dataclass(frozen=True)
class Unary(Node):
    """``NOT`` or the minus sign before an operand."""

    operator: str
    operand: Node

    @property
    def children(self) -> tuple[Node, ...]:
        return (self.operand,)


@dataclass(frozen=True)
class Binary(Node):
    """``OR AND = <> < <= > >= || + - * /`` between two operands."""

    operator: str
    left: Node
    right: Node

    @property
    def children(self) -> tuple[Node, ...]:
        return (self.left, self.right)


@dataclass(frozen=True)
class IsNull(Node):
    """``IS NULL`` or ``IS NOT NULL``."""

    operand: Node
    negated: bool

    @property
    def children(self) -> tuple[Node, ...]:
        return (self.operand,)


@dataclass(frozen=True)
class InList(Node):
    """``IN (...)`` or ``NOT IN (...)``."""

    operand: Node
    items: tuple[Node, ...]
    negated: bool

    @property
    def children(self) -> tuple[Node, ...]:
        return (self.operand, *self.items)


@dataclass(frozen=True)
class Between(Node):
    """``BETWEEN low AND high``, ends included."""

    operand: Node
    low: Node
    high: Node
    negated: bool

    @property
    def children(self) -> tuple[Node, ...]:
        return (self.operand, self.low, self.high)


@dataclass(frozen=True)
class Like(Node):
    """``LIKE 'pattern' ESCAPE 'c'``; the pattern is a constant."""

    operand: Node
    pattern: str
    escape: str | None
    negated: bool

    @property
    def children(self) -> tuple[Node, ...]:
        return (self.operand,)


@dataclass(frozen=True)
class Case(Node):
    """``CASE``; ``subject`` is None in the searched form."""

    subject: Node | None
    whens: tuple[tuple[Node, Node], ...]
    otherwise: Node | None

    @property
    def children(self) -> tuple[Node, ...]:
        pairs = [node for when in self.whens for node in when]
        return tuple(node for node in (self.subject, *pairs, self.otherwise) if node is not None)


@dataclass(frozen=True)
class Cast(Node):
    """``CAST(operand AS kind)``, or ``TRY_CAST`` where what cannot be read is NULL."""

    operand: Node
    kind: Kind
    trying: bool

    @property
    def children(self) -> tuple[Node, ...]:
        return (self.operand,)


@dataclass(frozen=True)
class Shift(Node):
    """A date ``+`` or ``-`` an interval: a count of one unit."""

    operand: Node
    operator: str
    count: Node
    unit: str

    @property
    def children(self) -> tuple[Node, ...]:
        return (self.operand, self.count)


def postorder(root: Node) -> list[Node]:
    """List the nodes of a tree, children before their parent and left before right."""
    waiting, found = [root], []
    while waiting:
        node = waiting.pop()
        found.append(node)
        waiting.extend(node.children)
    found.reverse()
    return found


def fold(root: Node, visit: Callable[[Node, list[T]], T]) -> T:
    """Give ``visit`` each node with what it made of the node's children."""
    made: list[T] = []
    for node in postorder(root):
        start = len(made) - len(node.children)
        arguments = made[start:]
        del made[start:]
        made.append(visit(node, arguments))
    return made[0]


# How tightly each form binds; a form in brackets or a single word binds tightest.
_OR, _AND, _NOT, _PREDICATE, _JOIN, _SUM, _PRODUCT, _MINUS, _ATOM = range(1, 10)
_LEVELS = {"OR": _OR, "AND": _AND, "||": _JOIN, "+": _SUM, "-": _SUM, "*": _PRODUCT, "/": _PRODUCT}
_WORD = re.compile(r"[^\W\d]\w*")


def sql(root: Node) -> str:
    """Write a tree as text that parses to an equal tree, with no bracket too many."""
    return fold(root, _write)[0]


def dotted(parts: Sequence[str]) -> str:
    """Write a name as an expression spells it.

    >>> dotted(("DM", "RFSTDTC")), dotted(("HGB (g/L)",)), dotted(("END",))
    ('DM.RFSTDTC', '"HGB (g/L)"', '"END"')
    """
    return ".".join(
        part if _WORD.fullmatch(part) and part.upper() not in RESERVED else f'"{quote(part, chr(34))}"'
        for part in parts
    )


def quote(text: str, mark: str = "'") -> str:
    """Double the quotation marks inside a text."""
    return text.replace(mark, mark * 2)


def number_text(value: float) -> str:
    """Write a number in its shortest exact form, with no exponent where it is of usual size.

    >>> number_text(30.0), number_text(0.1), number_text(1e-7), number_text(1e300)
    ('30', '0.1', '0.0000001', '1e+300')
    """
    text = repr(float(value) + 0.0)  # adding zero drops the sign of a negative zero
    if "e" in text and 1e-16 <= abs(value) < 1e22:
        text = format(Decimal(text), "f")
    return text.removesuffix(".0")


def _write(node: Node, parts: list[tuple[str, int]]) -> tuple[str, int]:
    def at_least(level: int, index: int) -> str:
        text, bound = parts[index]
        return text if bound >= level else f"({text})"

    def bare(start: int, stop: int | None = None) -> list[str]:
        return [text for text, _ in parts[start:stop]]

    match node:
        case Literal():
            return _write_literal(node), _ATOM
        case Name():
            return dotted(node.parts), _ATOM
        case Call():
            return f"{node.function}({', '.join(bare(0))})", _ATOM
        case Cast():
            word = "TRY_CAST" if node.trying else "CAST"
            return f"{word}({parts[0][0]} AS {node.kind.name})", _ATOM
        case Case():
            return _write_case(node, bare(0)), _ATOM
        case Unary(operator="NOT"):
            return f"NOT {at_least(_PREDICATE, 0)}", _NOT
        case Unary():
            return f"-{at_least(_ATOM, 0)}", _MINUS
        case Shift():
            plain = isinstance(node.count, Literal) and node.count.kind is Kind.NUMBER
            count = parts[1][0] if plain else f"({parts[1][0]})"
            return f"{at_least(_SUM, 0)} {node.operator} INTERVAL {count} {node.unit}", _SUM
        case Binary(operator=operator) if operator in COMPARISONS:
            return f"{at_least(_JOIN, 0)} {operator} {at_least(_JOIN, 1)}", _PREDICATE
        case Binary(operator=operator):
            level = _LEVELS[operator]
            return f"{at_least(level, 0)} {operator} {at_least(level + 1, 1)}", level
        case IsNull():
            return f"{at_least(_JOIN, 0)} IS {'NOT ' if node.negated else ''}NULL", _PREDICATE
    inner = f"{at_least(_JOIN, 0)} {'NOT ' if getattr(node, 'negated', False) else ''}"
    match node:
        case InList():
            return f"{inner}IN ({', '.join(bare(1))})", _PREDICATE
        case Between():
            return f"{inner}BETWEEN {at_least(_JOIN, 1)} AND {at_least(_JOIN, 2)}", _PREDICATE
        case Like():
            escape = f" ESCAPE '{quote(node.escape)}'" if node.escape else ""
            return f"{inner}LIKE '{quote(node.pattern)}'{escape}", _PREDICATE
    raise TypeError(f"no text for {type(node).__name__}")


def _write_literal(node: Literal) -> str:
    if node.value is None:
        return "NULL"
    if isinstance(node.value, bool):
        return "TRUE" if node.value else "FALSE"
    if isinstance(node.value, str):
        word = {Kind.DATE: "DATE ", Kind.DATETIME: "TIMESTAMP ", Kind.TIME: "TIME "}
        return f"{word.get(node.kind, '') if node.kind else ''}'{quote(node.value)}'"
    return number_text(node.value)


def _write_case(node: Case, parts: list[str]) -> str:
    words = ["CASE"]
    rest = iter(parts)
    if node.subject is not None:
        words.append(next(rest))
    for _ in node.whens:
        words += ["WHEN", next(rest), "THEN", next(rest)]
    if node.otherwise is not None:
        words += ["ELSE", next(rest)]
    return " ".join([*words, "END"])
