"""Write nodes back as YAML that reads back equal."""

from __future__ import annotations

import re

from engine.characters import INVISIBLE
from engine.yaml.nodes import Node, Text, YamlList, YamlMap
from engine.yaml.source import BAD_ESCAPE
from engine.yaml.syntax import looks_cut

WIDTH = 110
_MAX_KEY = 200  # YAML wants the ':' of a simple key within 1024 characters
_SIGN_START = re.compile(r"[<=~](?!<)|[(./+$^-][\w(.]")
_NOT_PLAIN = re.compile(r":(?: |$)| #| $")
_NOT_PLAIN_IN_FLOW = re.compile(r"[,\[\]{}?]|:[,\[\]{}]")
_HIDDEN = re.compile(f"[{INVISIBLE}]")
_DOUBLE_ONLY = re.compile(rf"[\n\t{INVISIBLE}]")
_ESCAPES = str.maketrans({"\\": "\\\\", '"': '\\"', "\n": "\\n", "\t": "\\t"})


def dump(node: Node) -> str:
    """YAML text of a node, ending in a line feed.

    Flow mappings and lists stay on their line where they fit; comments are gone.

    >>> from engine.yaml.reader import parse_yaml
    >>> print(dump(parse_yaml("AESER:   {from: SERIOUS, map: {是: 'Y'}}   # yes")), end="")
    AESER: {from: SERIOUS, map: {是: "Y"}}
    """
    if isinstance(node, Text):
        return f"{_scalar(node, False) or '---'}\n"
    inline = _inline(node, 0)
    return "\n".join([inline] if inline is not None else _block(node, 0)) + "\n"


def _block(node: YamlMap | YamlList, indent: int) -> list[str]:
    """Lines of a mapping or list in block style, each starting at column ``indent``."""
    pad = " " * indent
    lines: list[str] = []
    if isinstance(node, YamlList):
        for item in node:
            lines.extend(_entry(pad + "-", item, indent, True))
        return lines
    for key, value in node.items():
        name = _key(key, False)
        if len(name) > _MAX_KEY:
            lines.append(f"{pad}? {name}")
            name = ""
        lines.extend(_entry(f"{pad}{name}:", value, indent, False))
    return lines


def _entry(head: str, value: Node, indent: int, listed: bool) -> list[str]:
    """Lines of ``head`` (``key:`` or ``-``) and its value."""
    if isinstance(value, Text) and _is_literal(value):
        kept = value.endswith("\n")
        body = [" " * (indent + 2) + line if line else "" for line in value.removesuffix("\n").split("\n")]
        return [f"{head} |{'' if kept else '-'}", *body]
    inline = _inline(value, len(head) + 1)
    if inline is not None:
        return [f"{head} {inline}" if inline else head]
    assert not isinstance(value, Text)
    nested = _block(value, indent + 2)
    if listed:
        return [f"{head} {nested[0].lstrip(' ')}", *nested[1:]]
    return [head, *nested]


def _inline(node: Node, column: int) -> str | None:
    """A node on one line, or None if it must stand in block style."""
    if isinstance(node, Text):
        return _scalar(node, False)
    if node and not node.flow:
        return None
    text = _flow(node)
    return text if not node or (text is not None and len(text) + column <= WIDTH) else None


def _flow(node: Node) -> str | None:
    """A node in flow style, or None where flow style cannot say it."""
    if isinstance(node, Text):
        return _scalar(node, True)
    if isinstance(node, YamlList):
        items = [_flow(item) for item in node]
        return None if None in items or "" in items else f"[{', '.join(str(item) for item in items)}]"
    entries = [(_key(key, True), _flow(value)) for key, value in node.items()]
    if any(value is None or len(key) > _MAX_KEY for key, value in entries):
        return None
    return "{" + ", ".join(f"{key}: {value}" for key, value in entries) + "}"


def _key(key: Text, flow: bool) -> str:
    return _quote(key) if not key or key == "<<" else _scalar(key, flow)


def _scalar(text: Text, flow: bool) -> str:
    if not text.quoted and (not text or _is_plain(text, flow)):
        return str(text)
    return _quote(text)


def _is_plain(text: str, flow: bool) -> bool:
    if not (text[0].isalnum() or text[0] == "_" or _SIGN_START.match(text)):
        return False
    if not text.isprintable() or text == "..." or _NOT_PLAIN.search(text):
        return False
    if _HIDDEN.search(text) or BAD_ESCAPE.search(text):
        return False
    return not (flow and (_NOT_PLAIN_IN_FLOW.search(text) or looks_cut(text)))


def _is_literal(text: Text) -> bool:
    """Whether block text (``|``) says this text of several lines exactly."""
    if "\n" not in text or "\t" in text or text[0] in " \n" or text.endswith("\n\n"):
        return False
    if BAD_ESCAPE.search(text) or _HIDDEN.search(text):
        return False
    return all(line.strip(" ") or not line for line in text.split("\n"))


def _quote(text: str) -> str:
    if ('"' in text or "\\" in text) and not _DOUBLE_ONLY.search(text) and not BAD_ESCAPE.search(text):
        return "'" + text.replace("'", "''") + "'"
    return '"' + _HIDDEN.sub(_escape, text.translate(_ESCAPES)) + '"'


def _escape(found: re.Match[str]) -> str:
    code = ord(found[0])
    return f"\\u{code:04X}" if code < 0x10000 else f"\\U{code:08X}"
