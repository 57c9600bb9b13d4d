"""Operators on parts of text, lengths and patterns."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from dossier.conformance.asked import Asked, by_pairs
from dossier.conformance.automata import PatternError
from dossier.conformance.outcomes import Failure
from dossier.conformance.patterns import Pattern, compiled
from dossier.conformance.vectors import Mask, Vector, number_text, same


def contains(asked: Asked) -> Mask:
    """Whether a text stands in the target, as a part or as a member of a list."""
    return _contains(asked, lambda text: text)


def contains_case_insensitive(asked: Asked) -> Mask:
    """The same whatever the capitals."""
    return _contains(asked, str.lower)


def _contains(asked: Asked, folded: Callable[[str], str]) -> Mask:
    value, target = asked.value, asked.target
    if isinstance(value, Vector):
        column = {_folded(one, folded) for one in target.used()}
        return value.where(lambda one: _folded(one, folded) in column)
    wanted = _folded(value, folded)

    def has(cell: Any) -> bool:
        if isinstance(cell, tuple):
            return wanted in {_folded(member, folded) for member in cell}
        return isinstance(cell, str) and isinstance(wanted, str) and wanted in folded(cell)
    return target.where(has)


def _folded(value: Any, folded: Callable[[str], str]) -> Any:
    return folded(value) if isinstance(value, str) else value


def _ends(method: Callable[[str, tuple[str, ...]], bool]) -> Callable[[Asked], Mask]:
    def operator(asked: Asked) -> Mask:
        target, value = asked.target, asked.value
        asked.require_text(target)
        if isinstance(value, Vector):
            asked.require_text(value)
            ends = tuple(value.used())
        elif isinstance(value, str):
            ends = (value,)
        else:
            raise Failure(f"{asked.leaf.operator} needs a text")
        return target.where(lambda text: method(text, ends))
    return operator


def _head(asked: Asked, text: str) -> str:
    return text[:asked.leaf.prefix]


def _tail(asked: Asked, text: str) -> str:
    return text[-asked.leaf.suffix:] if asked.leaf.suffix else ""


_Part = Callable[[Asked, str], str]


def _part_equal(part: _Part) -> Callable[[Asked], Mask]:
    def operator(asked: Asked) -> Mask:
        asked.require_text(asked.target, every=True)
        parts = asked.target.mapped(lambda text: part(asked, text))
        by_domain = asked.leaf.value == "DOMAIN"
        two = Vector.constant(asked.prefix, asked.frame.size) if by_domain else asked.compared
        return same(parts, two)
    return operator


def _part_contained(part: _Part) -> Callable[[Asked], Mask]:
    def operator(asked: Asked) -> Mask:
        from dossier.conformance.op_lists import contained
        asked.require_text(asked.target, every=True)
        return contained(asked, asked.target.mapped(lambda text: part(asked, text)))
    return operator


def longer_than(asked: Asked) -> Mask:
    """Whether the target has more characters than a number, or than another text."""
    target, value = asked.target, asked.value
    if target.number:
        raise Failure(f"longer_than needs text, and {asked.name} is none")
    if isinstance(value, Vector) and not value.number:
        return by_pairs(target, value, lambda one, two: one is not None and two is not None
                        and len(one) > len(two))
    if isinstance(value, Vector):
        return by_pairs(target, value, lambda one, two: one is not None and two is not None
                        and len(one) > two)
    if not isinstance(value, int | float):
        raise Failure(f"longer_than needs a number, and '{value}' is none")
    return target.where(lambda text: _length(asked, text) > value)


def _length(asked: Asked, value: Any) -> int:
    if not isinstance(value, str | tuple):
        raise Failure(f"longer_than needs text, and {asked.name} is none")
    return len(value)


def _whole(asked: Asked, text: str) -> str:
    return text


def _pattern(part: _Part, method: Callable[[Pattern, str], Any], wanted: bool) -> Callable[[Asked], Mask]:
    def operator(asked: Asked) -> Mask:
        pattern = compiled(asked.leaf.value)

        def fits(value: Any) -> bool:
            return bool(method(pattern, part(asked, number_text(value)))) is wanted
        return _bounded(asked, lambda: asked.target.where(fits))
    return operator


def _bounded(asked: Asked, work: Callable[[], Mask]) -> Mask:
    try:
        return work()
    except PatternError as error:
        raise Failure(f"the pattern of {asked.name} {error}") from None


def equals_string_part(asked: Asked) -> Mask:
    """Whether the target equals what a pattern finds in the value; nothing never does."""
    pattern = compiled(asked.leaf.regex or "")

    def work() -> Mask:
        parts = asked.compared.mapped(lambda value: pattern.part(number_text(value)))
        return same(asked.target, parts)
    return _bounded(asked, work)


OPERATORS: dict[str, Callable[[Asked], Mask]] = {
    "contains": contains, "contains_case_insensitive": contains_case_insensitive,
    "starts_with": _ends(str.startswith), "ends_with": _ends(str.endswith),
    "prefix_equal_to": _part_equal(_head), "suffix_equal_to": _part_equal(_tail),
    "prefix_is_contained_by": _part_contained(_head), "suffix_is_contained_by": _part_contained(_tail),
    "longer_than": longer_than,
    "matches_regex": _pattern(_whole, Pattern.match, True),
    "not_matches_regex": _pattern(_whole, Pattern.match, False),
    "prefix_matches_regex": _pattern(_head, Pattern.search, True),
    "not_prefix_matches_regex": _pattern(_head, Pattern.search, False),
    "suffix_matches_regex": _pattern(_tail, Pattern.search, True),
    "not_suffix_matches_regex": _pattern(_tail, Pattern.search, False),
    "equals_string_part": equals_string_part,
}
