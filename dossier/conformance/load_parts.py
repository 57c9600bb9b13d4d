"""The pieces a rule's YAML is read with."""

from __future__ import annotations

import re
from collections.abc import Sequence

from dossier.conformance.automata import PatternError
from dossier.conformance.patterns import compiled
from engine.errors import Place, Problem, hint_for
from engine.yaml import NOWHERE, Node, Text, YamlList, YamlMap, describe

Literal = str | int | float | bool | None

_WHOLE = re.compile(r"[-+]?[0-9]{1,18}")
_DECIMAL = re.compile(r"[-+]?([0-9]{1,18}\.[0-9]{0,18}|\.[0-9]{1,18})([eE][-+]?[0-9]{1,3})?")
_FLAGS = {"true": True, "false": False, "yes": True, "no": False, "on": True, "off": False}
_NULLS = ("", "null", "~")


def problem(problems: list[Problem], place: Place, message: str, hint: str = "") -> None:
    """Note a mistake."""
    problems.append(Problem(place, "", message, hint))


def number_or_text(node: Node) -> Literal | tuple[Literal, ...]:
    """A value by YAML 1.1, in which rules are written: quoted text stays text.

    >>> from engine.yaml import parse_yaml
    >>> number_or_text(parse_yaml("[1, 1.5, '1', true, Y, null]"))
    (1, 1.5, '1', True, 'Y', None)
    """
    if isinstance(node, YamlList):
        return tuple(value for item in node if not isinstance(value := number_or_text(item), tuple))
    if not isinstance(node, Text):
        raise TypeError("a mapping is no value")
    if node.quoted:
        return str(node)
    if node.lower() in _NULLS and node in ("", "~", "null", "Null", "NULL"):
        return None
    if node in _spelled(node):
        return _FLAGS[node.lower()]
    if _WHOLE.fullmatch(node):
        return int(node)
    return float(node) if _DECIMAL.fullmatch(node) else str(node)


def _spelled(text: str) -> tuple[str, ...]:
    low = text.lower()
    return (low, low.capitalize(), low.upper()) if low in _FLAGS else ()


def mapping(node: Node | None, known: Sequence[str], problems: list[Problem]) -> Fields | None:
    """The entries of a mapping with known keys; None with a problem noted if it is none."""
    if not isinstance(node, YamlMap):
        place = NOWHERE if node is None else node.place
        problem(problems, place, f"must be a mapping, not {describe(node)}")
        return None
    for key in node:
        if key not in known:
            problem(problems, key.place, f"unknown key '{key[:60]}'", hint_for(key, known))
    return Fields(node, problems)


class Fields:
    """The entries of one mapping, each read as what it must be."""

    def __init__(self, node: YamlMap, problems: list[Problem]) -> None:
        self._node = node
        self._problems = problems
        self.place = node.place

    @staticmethod
    def none(problems: list[Problem]) -> Fields:
        """The entries of a mapping that is not there."""
        return Fields(YamlMap((), NOWHERE), [])

    def node(self, key: str) -> Node | None:
        """What stands under a key; None where there is nothing."""
        found = self._node.find(key)
        return None if isinstance(found, Text) and not found.quoted and found in _NULLS else found

    def map(self, key: str, known: Sequence[str]) -> Fields:
        """The mapping under a key, empty if there is none."""
        node = self.node(key)
        found = mapping(node, known, self._problems) if node is not None else None
        return found or Fields.none(self._problems)

    def text(self, key: str, needed: bool = False) -> str:
        """The text under a key, empty if there is none."""
        node = self.node(key)
        if isinstance(node, Text):
            return str(node)
        if node is not None:
            problem(self._problems, node.place, f"'{key}' must be text, not {describe(node)}")
        elif needed and self.place is not NOWHERE:
            problem(self._problems, self.place, f"'{key}' is missing")
        return ""

    def texts(self, key: str) -> tuple[str, ...] | None:
        """The texts under a key, one or a list; None if there are none."""
        node = self.node(key)
        if node is None:
            return None
        if isinstance(node, Text):
            return (str(node),)
        if isinstance(node, YamlList) and all(isinstance(item, Text) for item in node):
            return tuple(str(item) for item in node)
        problem(self._problems, node.place, f"'{key}' must be a list of text")
        return None

    def items(self, key: str, most: int) -> Sequence[Node]:
        """The entries of the list under a key."""
        node = self.node(key)
        if node is None:
            return ()
        if not isinstance(node, YamlList):
            problem(self._problems, node.place, f"'{key}' must be a list, not {describe(node)}")
            return ()
        if len(node) > most:
            problem(self._problems, node.place, f"'{key}' has {len(node)} entries, {most} at most")
            return ()
        return node

    def flag(self, key: str) -> bool | None:
        """True or false under a key; None if there is nothing."""
        node = self.node(key)
        if node is None:
            return None
        value = number_or_text(node) if isinstance(node, Text) else None
        if not isinstance(value, bool):
            problem(self._problems, node.place, f"'{key}' must be true or false")
            return None
        return value

    def whole(self, key: str) -> int | None:
        """A number of characters under a key; None if there is nothing."""
        node = self.node(key)
        if node is None:
            return None
        value = number_or_text(node) if isinstance(node, Text) else None
        if isinstance(value, bool) or not isinstance(value, int) or value < 0:
            problem(self._problems, node.place, f"'{key}' must be a whole number from 0 on")
            return None
        return value

    def choice(self, key: str, known: Sequence[str], needed: bool = False) -> str | None:
        """One of the known words under a key; None if there is none."""
        text = self.text(key, needed)
        if not text:
            return None
        if text not in known:
            node = self._node.find(key)
            problem(self._problems, node.place if node is not None else self.place,
                    f"unknown {key.lower()} '{text[:60]}'", hint_for(text, known))
            return None
        return text

    def regex(self, key: str) -> str | None:
        """A regular expression under a key, checked."""
        text = self.text(key)
        if not text:
            return None
        node = self._node.find(key)
        require_pattern(text, node.place if node is not None else self.place, self._problems)
        return text


def require_pattern(text: str, place: Place, problems: list[Problem]) -> None:
    """Note a pattern that cannot be used."""
    try:
        compiled(text)
    except PatternError as error:
        problem(problems, place, f"the pattern '{text[:60]}' {error}")
