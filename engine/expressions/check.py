"""The kinds of an expression, worked out before any data are read."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping, Sequence

from engine.columns import Kind
from engine.errors import hint_for
from engine.expressions.casts import CASTS
from engine.expressions.faults import Fault, short
from engine.expressions.functions import DIFF_UNITS, FUNCTIONS, Function
from engine.expressions.moments import HOW_WRITTEN
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
    fold,
    sql,
)

Names = Mapping[tuple[str, ...], Kind]
Given = Sequence[Kind | None]
_ORDERS = frozenset({"<", "<=", ">", ">="})
_NUMBER = re.compile(r"-?[0-9]+(\.[0-9]+)?")
CLOCK_UNITS = frozenset({"SECOND", "MINUTE", "HOUR"})
MAX_SHOWN = 40  # characters of a part shown in a message


def kinds_of(root: Node, names: Names) -> list[Kind | None]:
    """The kind of each node, in postorder; None is NULL alone.

    Raises Fault at the first part whose kinds do not fit, or whose name is unknown.
    """
    found: list[Kind | None] = []

    def visit(node: Node, given: list[Kind | None]) -> Kind | None:
        kind = _CHECKS[type(node)](node, given, names)
        found.append(kind)
        return kind

    fold(root, visit)
    return found


def named(node: Node, kind: Kind | None) -> str:
    """A part and its kind, for a message."""
    return f"{short(sql(node), MAX_SHOWN)} ({kind.name if kind else 'NULL'})"


def _name(node: Name, given: Given, names: Names) -> Kind | None:
    kind = names.get(node.parts)
    if kind is None:
        word = ".".join(node.parts)
        hint = hint_for(word, (".".join(parts) for parts in names))
        if node.quoted and len(node.parts) == 1:
            hint = f"text is written in single quotes: '{short(node.parts[0])}'"
        raise Fault(f"unknown name '{short(word)}'", hint, node.at)
    return kind


def _common(node: Node, parts: Sequence[Node], given: Given, verb: str) -> Kind | None:
    """The one kind that several parts share, NULL aside."""
    first: int | None = None
    for index, kind in enumerate(given):
        if kind is None:
            continue
        if first is None:
            first = index
        elif kind is not given[first]:
            ordered = isinstance(node, Between) or (isinstance(node, Binary) and node.operator in _ORDERS)
            raise Fault(f"{verb} {named(parts[first], given[first])} with {named(parts[index], kind)}",
                        _reconcile(parts[first], given[first], parts[index], kind, ordered=ordered), node.at)
    return None if first is None else given[first]


def _reconcile(left: Node, left_kind: Kind | None, right: Node, right_kind: Kind, *,
               ordered: bool = False) -> str:
    """How two parts of different kinds could be made to agree; ``ordered``: they are compared by size."""
    for node, kind, other in ((left, left_kind, right_kind), (right, right_kind, left_kind)):
        if isinstance(node, Literal) and kind is Kind.TEXT and other in HOW_WRITTEN:
            return f"write {HOW_WRITTEN[other]}"
        if isinstance(node, Literal) and kind is Kind.TEXT and other is Kind.NUMBER and (
                _NUMBER.fullmatch(str(node.value))):
            return f"write {node.value}"
        if isinstance(node, Literal) and kind is Kind.NUMBER and other is Kind.TEXT and not ordered:
            return f"write '{sql(node)}'"
    for node, kind, other in ((left, left_kind, right_kind), (right, right_kind, left_kind)):
        fits = kind in CASTS and other in CASTS[kind] and not isinstance(node, Literal)
        if fits and (kind, other) != (Kind.DATE, Kind.DATETIME) and other is not Kind.TEXT:
            theirs = right if node is left else left
            dated = kind is Kind.TEXT and other in HOW_WRITTEN and not isinstance(theirs, Literal)
            return f"write {_cast(node, other)}" + (f", or {_cast(theirs, kind)}" if dated else "")
    return ""


def _cast(node: Node, kind: Kind | None) -> str:
    text = sql(node)
    return f"CAST({text if len(text) <= MAX_SHOWN else '...'} AS {kind.name if kind else ''})"


def _need(kind: Kind, node: Node, parts: Sequence[Node], given: Given, subject: str) -> None:
    for part, found in zip(parts, given, strict=True):
        if found not in (kind, None):
            what = {Kind.BOOLEAN: "a condition", Kind.NUMBER: "a number", Kind.TEXT: "text"}[kind]
            hint = ""
            if kind is Kind.BOOLEAN:
                if isinstance(part, Name):
                    text = f"write {short(sql(part), MAX_SHOWN)} = 'Y'"
                    hint = text if found is Kind.TEXT else "compare it with a value"
            elif found in CASTS and kind in CASTS[found]:
                hint = f"write {_cast(part, kind)}"
            raise Fault(f"{subject} needs {what}, not {named(part, found)}", hint, node.at)


def _binary(node: Binary, given: Given, names: Names) -> Kind | None:
    sign, parts = node.operator, node.children
    if sign in ("AND", "OR"):
        _need(Kind.BOOLEAN, node, parts, given, sign)
        return Kind.BOOLEAN
    if sign in COMPARISONS:
        kind = _common(node, parts, given, "cannot compare")
        if kind is Kind.BOOLEAN and sign not in ("=", "<>"):
            raise Fault(f"conditions have no order for {sign}", "only = and <> compare them", node.at)
        return Kind.BOOLEAN
    if sign == "||":
        _need(Kind.TEXT, node, parts, given, sign)
        return Kind.TEXT
    if sign in "+-" and given[0] in (Kind.DATE, Kind.DATETIME):
        return _date_sum(node, given)
    _need(Kind.NUMBER, node, parts, given, sign)
    return Kind.NUMBER


def _date_sum(node: Binary, given: Given) -> Kind:
    left, right = given
    if node.operator == "-" and left is Kind.DATE and right in (Kind.DATE, None):
        return Kind.NUMBER
    if node.operator == "+" and left is Kind.DATE and right in (Kind.TIME, None):
        return Kind.DATETIME
    hint = ""
    if right is Kind.NUMBER:
        count = sql(node.right) if isinstance(node.right, Literal) else f"({sql(node.right)})"
        hint = f"write {node.operator} INTERVAL {count} DAY" if len(count) <= MAX_SHOWN else ""
    elif node.operator == "-" and right in (Kind.DATE, Kind.DATETIME):
        hint = "use DATE_DIFF('second', start, end) or DATE_DIFF('day', start, end)"
    verb = "add" if node.operator == "+" else "subtract"
    raise Fault(f"cannot {verb} {named(node.right, right)} {'to' if verb == 'add' else 'from'} "
                f"{named(node.left, left)}", hint, node.at)


def _unary(node: Unary, given: Given, names: Names) -> Kind | None:
    kind = Kind.BOOLEAN if node.operator == "NOT" else Kind.NUMBER
    _need(kind, node, node.children, given, node.operator)
    return kind


def _shift(node: Shift, given: Given, names: Names) -> Kind | None:
    date, count = given
    _need(Kind.NUMBER, node, [node.count], [count], "INTERVAL")
    if date not in (Kind.DATE, Kind.DATETIME, None):
        hint = f"write {_cast(node.operand, Kind.DATE)}" if date is Kind.TEXT else ""
        raise Fault(f"{node.operator} INTERVAL needs a date, not {named(node.operand, date)}", hint, node.at)
    if date is Kind.DATE and node.unit in CLOCK_UNITS:
        raise Fault(f"{named(node.operand, date)} has no {node.unit}",
                    f"write {_cast(node.operand, Kind.DATETIME)}", node.at)
    return date or Kind.DATETIME


def _condition(node: Node, given: Given, names: Names) -> Kind | None:
    return Kind.BOOLEAN


def _in_list(node: InList, given: Given, names: Names) -> Kind | None:
    _common(node, node.children, given, "cannot compare")
    return Kind.BOOLEAN


def _between(node: Between, given: Given, names: Names) -> Kind | None:
    if _common(node, node.children, given, "cannot compare") is Kind.BOOLEAN:
        raise Fault("conditions have no order for BETWEEN", "only = and <> compare them", node.at)
    return Kind.BOOLEAN


def _like(node: Like, given: Given, names: Names) -> Kind | None:
    _need(Kind.TEXT, node, node.children, given, "LIKE")
    return Kind.BOOLEAN


def _case(node: Case, given: Given, names: Names) -> Kind | None:
    rest = list(zip(node.children, given, strict=True))
    subject = [rest.pop(0)] if node.subject is not None else []
    otherwise = [rest.pop()] if node.otherwise is not None else []
    tests, results = rest[0::2], rest[1::2] + otherwise
    if subject:
        for test in tests:
            _common(test[0], [subject[0][0], test[0]], [subject[0][1], test[1]], "cannot compare")
    else:
        for part, kind in tests:
            _need(Kind.BOOLEAN, part, [part], [kind], "WHEN")
    return _common(node, [part for part, _ in results], [kind for _, kind in results], "CASE cannot mix")


def _check_cast(node: Cast, given: Given, names: Names) -> Kind | None:
    found = given[0]
    if found not in (None, node.kind) and node.kind not in CASTS[found]:
        hint = "use CASE WHEN" if found is Kind.BOOLEAN else ""
        if (found, node.kind) in ((Kind.DATE, Kind.TIME), (Kind.TIME, Kind.DATETIME)):
            hint = "a date and a time make a DATETIME with +"
        raise Fault(f"cannot CAST {named(node.operand, found)} to {node.kind.name}", hint, node.at)
    return node.kind


def _call(node: Call, given: Given, names: Names) -> Kind | None:
    function = FUNCTIONS[node.function]
    for index, (part, kind) in enumerate(zip(node.arguments, given, strict=True)):
        accepted = function.accepts(index)
        if kind is not None and kind not in accepted:
            raise _misfit(function, node, index, part, kind)
    if node.function == "DATE_DIFF":
        unit = node.arguments[0]
        if not (isinstance(unit, Literal) and unit.value in DIFF_UNITS):
            raise Fault(f"DATE_DIFF cannot count {short(sql(unit))}",
                        "its unit is 'day' or 'second'; divide seconds for others", unit.at)
    if function.alike is None:
        return function.gives
    start = function.alike
    kind = _common(node, node.arguments[start:], given[start:], f"{node.function} cannot mix")
    return function.gives or kind


def _misfit(function: Function, node: Call, index: int, part: Node, kind: Kind) -> Fault:
    accepted = function.accepts(index)
    words = " or ".join(each.name for each in Kind if each in accepted)
    fits = [each for each in Kind if each in accepted and each in CASTS[kind]]
    hint = f"write {_cast(part, fits[0])}" if fits else f"write {function.usage}"
    return Fault(f"{function.name} needs {words}, not {named(part, kind)}", hint, part.at)


_CHECKS: dict[type[Node], Callable[..., Kind | None]] = {
    Literal: lambda node, given, names: node.kind,
    Name: _name, Binary: _binary, Unary: _unary, Shift: _shift, IsNull: _condition, InList: _in_list,
    Between: _between, Like: _like, Case: _case, Cast: _check_cast, Call: _call,
}
