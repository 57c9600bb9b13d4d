"""YAML as an editor reads it: version 1.2, core schema (YAML 1.2.2, chapter 10.3)."""

from __future__ import annotations

import re
from typing import Any

import yaml


class Core(yaml.SafeLoader):
    """PyYAML with the scalars of YAML 1.2 in place of those of 1.1; keys stay text."""

    yaml_implicit_resolvers: dict[str, Any] = {}  # noqa: RUF012 (PyYAML's own attribute)


for tag, pattern, first in (
    ("null", r"~|null|Null|NULL|", [*"~nN", ""]),
    ("bool", r"true|True|TRUE|false|False|FALSE", [*"tTfF"]),
    ("int", r"[-+]?[0-9]+|0o[0-7]+|0x[0-9a-fA-F]+", [*"-+0123456789"]),
    ("float", r"[-+]?(\.[0-9]+|[0-9]+(\.[0-9]*)?)([eE][-+]?[0-9]+)?", [*"-+.0123456789"]),
):
    Core.add_implicit_resolver(f"tag:yaml.org,2002:{tag}", re.compile(f"^(?:{pattern})$"), first)


def _mapping(loader: Core, node: yaml.MappingNode) -> dict[str, Any]:
    return {key.value: loader.construct_object(value, deep=True) for key, value in node.value}


def _integer(loader: Core, node: yaml.ScalarNode) -> int:
    return int(node.value, 0) if re.match("0[ox]", node.value) else int(node.value)


def _float(loader: Core, node: yaml.ScalarNode) -> float:
    return float(node.value)


Core.add_constructor("tag:yaml.org,2002:map", _mapping)
Core.add_constructor("tag:yaml.org,2002:int", _integer)
Core.add_constructor("tag:yaml.org,2002:float", _float)


def read(text: str) -> Any:
    """The plain values of a text.

    >>> read("{a: NO, b: 012, c: 2025-01-02, d: 12:30, e: true, f: , 1: '1'}")
    {'a': 'NO', 'b': 12, 'c': '2025-01-02', 'd': '12:30', 'e': True, 'f': None, '1': '1'}
    """
    return yaml.load(text, Loader=Core)
