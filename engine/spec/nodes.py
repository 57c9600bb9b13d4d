"""Small changes to YAML nodes before they are checked: short forms written in full."""

from __future__ import annotations

from collections.abc import Mapping

from engine.yaml.nodes import NOWHERE, Node, Text, YamlList, YamlMap


def remade(entries: Mapping[Text, Node], like: Node | None = None) -> YamlMap:
    """A mapping with these entries at the place, and in the style, of another node."""
    place = like.place if like is not None else NOWHERE
    return YamlMap(entries.items(), place, getattr(like, "flow", False))


def key(text: str, at: Node) -> Text:
    """A key that was not typed, at the place of the node it belongs to."""
    return Text(text, at.place)


def named(name: str, node: Node) -> YamlMap:
    """``NODE`` as ``{name: NODE}``."""
    return remade({key(name, node): node}, node)


def listed(node: Node) -> YamlList:
    """A list as it is, anything else as a list of one."""
    return node if isinstance(node, YamlList) else YamlList([node], node.place)


def with_tests(source: Node, shared: YamlMap) -> Node:
    """A source of several, with the dataset's tests; its own keys of a test stand over theirs."""
    if not shared:
        return source
    node = named("table", source) if isinstance(source, Text) else source
    own = node.get(Text("tests"), shared) if isinstance(node, YamlMap) else None
    if not isinstance(node, YamlMap) or not isinstance(own, YamlMap):
        return node
    tests: dict[Text, Node] = {}
    for code, mine in own.items():
        theirs = shared.get(code)
        both = isinstance(mine, YamlMap) and isinstance(theirs, YamlMap)
        tests[code] = remade({**theirs, **mine}, mine) if both else mine  # type: ignore[dict-item]
    return remade({**node, key("tests", node): remade(tests, own)}, node)
