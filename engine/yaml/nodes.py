"""What a YAML file is made of here: text, mappings and lists, each with its place.

Nothing is converted: ``NO``, ``012``, ``12:30``, ``1.10`` and ``null`` stay the
text that was typed.  A key without a value is ``Text("")`` with ``quoted`` False.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import TypeAlias

from engine.errors import Place

NOWHERE = Place("")


class Text(str):
    """A scalar, exactly as typed; ``place`` is its first character (or its quote).

    ``quoted`` is True for quoted text and for block text (``|``, ``>``).

    >>> value = Text("012", Place("dm.yaml", 3, 8))
    >>> value, str(value.place), value.quoted
    ('012', 'dm.yaml:3:8', False)
    """

    __slots__ = ("place", "quoted")
    place: Place
    quoted: bool

    def __new__(cls, value: str = "", place: Place = NOWHERE, quoted: bool = False) -> Text:
        made = super().__new__(cls, value)
        made.place = place
        made.quoted = quoted
        return made


class YamlMap(dict[Text, "Text | YamlMap | YamlList"]):
    """A mapping in the order it was written; ``flow`` is True for ``{a: b}``."""

    __slots__ = ("flow", "place")

    def __init__(
        self, entries: Iterable[tuple[Text, Node]] = (), place: Place = NOWHERE, flow: bool = False
    ) -> None:
        super().__init__(entries)
        self.place = place
        self.flow = flow

    def find(self, key: str) -> Node | None:
        """The value of a key, or None: ``get`` for a key that is no ``Text``."""
        return self.get(Text(key))

    def key_place(self, key: str) -> Place:
        """Where ``key`` is written; the place of the mapping if it has no such key."""
        return next((name.place for name in self if name == key), self.place)


class YamlList(list["Text | YamlMap | YamlList"]):
    """A list; ``flow`` is True for ``[a, b]``."""

    __slots__ = ("flow", "place")

    def __init__(self, items: Iterable[Node] = (), place: Place = NOWHERE, flow: bool = False) -> None:
        super().__init__(items)
        self.place = place
        self.flow = flow


Node: TypeAlias = Text | YamlMap | YamlList


def shown(text: str) -> str:
    """Text as a message quotes it: on one line and not too long.

    >>> shown("two\\nlines"), shown("x" * 100) == "x" * 57 + "..."
    ('two lines', True)
    """
    line = text[:61].replace("\n", " ")
    return line if len(line) <= 60 else f"{line[:57]}..."


def describe(value: object) -> str:
    """Name what stands in a spec, for a message.

    >>> describe(YamlList()), describe(YamlMap()), describe(Text("a")), describe(Text(""))
    ('a list', 'a mapping', 'text', 'nothing')
    """
    if isinstance(value, dict):
        return "a mapping"
    if isinstance(value, list | tuple):
        return "a list"
    if isinstance(value, Text) and not value and not value.quoted:
        return "nothing"
    return "text"
