"""What is wrong with parts of a dataset's file that no model sees whole: place, subject, message and hint."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence

from engine.errors import Place
from engine.spec.dataset import SourceSpec, VariableSpec
from engine.spec.names import is_name, name_fault
from engine.spec.nodes import listed
from engine.yaml.nodes import Node, Text, YamlList

Found = Iterator[tuple[Place, str, str, str]]


def key_faults(keys: Node | None) -> Found:
    """Keys that are no names, such as several put together by a comma of full width."""
    for item in listed(keys) if isinstance(keys, Text | YamlList) else ():
        if isinstance(item, Text) and item and not is_name(item):
            place, message, hint = name_fault(item, item.place)
            yield place, "keys", message if place != item.place else f"'{item}' {message}", hint


def twice_made(variables: Mapping[str, VariableSpec], sources: Sequence[SourceSpec]) -> Found:
    """Variables that a source makes and then the dataset: the source's value would be lost."""
    for source in sources:
        for name, own in source.variables.items():
            common = variables.get(name)
            if own.verb is not None and common is not None and common.verb is not None:
                where = f"source {source.model.table} in line {own.place.line}"
                yield common.place, name, f"is made here and by {where}", "delete one of the two"
