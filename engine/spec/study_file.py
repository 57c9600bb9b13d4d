"""Read the study file: each table, visit and window on its own, so that all mistakes come at once."""

from __future__ import annotations

from collections.abc import Iterable
from typing import TypeVar

from engine.errors import Problem
from engine.spec.bounds import require_few, too_many
from engine.spec.design import design_faults
from engine.spec.nodes import remade
from engine.spec.schedule import Visit, visit_clashes
from engine.spec.study import RawTable, Study, table_node
from engine.spec.windows import Window, named_windows, window_clashes
from engine.yaml.fields import Collector, Model, validate
from engine.yaml.nodes import Node, YamlList, YamlMap
from engine.yaml.source import MAX_PROBLEMS

M = TypeVar("M", bound=Model)


def read_study(node: YamlMap) -> Study:
    """A study file's content as its model; raises a SpecError with every problem."""
    problems = Collector(MAX_PROBLEMS)
    for change in (_tables, _visits, _windows, _design):
        node = change(node, problems)
    with problems:
        study = validate(Study, node, "study")
    problems.require_none()
    return study


def _replaced(node: YamlMap, name: str, value: Node | None) -> YamlMap:
    """A mapping with another value of a key; without the key if there is none."""
    return remade({k: (value if k == name else v) for k, v in node.items()  # type: ignore[misc]
                   if k != name or value is not None}, node)


def _tables(node: YamlMap, problems: Collector) -> YamlMap:
    """Raw tables written in full; those that are wrong are left out."""
    raw = node.find("raw")
    tables = raw.find("tables") if isinstance(raw, YamlMap) else None
    if not isinstance(raw, YamlMap) or not isinstance(tables, YamlMap):
        return node
    require_few(tables, "raw tables", tables.place, "study")
    full = remade({k: table_node(v) for k, v in tables.items()}, tables)
    files = [file for table in full.values() for file in _files(table)]
    require_few(files, "raw files", tables.place, "study")
    good = _each(full, RawTable, "raw.tables", problems)
    kept = remade({k: v for k, v in full.items() if k in good}, full)
    return _replaced(node, "raw", _replaced(raw, "tables", kept))


def _files(table: Node) -> list[Node]:
    files = table.find("files") if isinstance(table, YamlMap) else None
    return list(files) if isinstance(files, YamlList) else []


def _each(nodes: YamlMap, model: type[M], where: str, problems: Collector) -> dict[str, M]:
    """The values of a mapping that are right, each as a model."""
    found: dict[str, M] = {}
    for name, item in nodes.items():
        with problems:
            found[name] = validate(model, item, f"{where}.{name}")
    return found


def _visits(node: YamlMap, problems: Collector) -> YamlMap:
    visits = node.find("visits")
    if not isinstance(visits, YamlMap):
        return node
    found = _each(visits, Visit, "visits", problems)
    return _judged(node, "visits", len(found) < len(visits), visit_clashes(found), problems)


def _windows(node: YamlMap, problems: Collector) -> YamlMap:
    lists = named_windows(node.find("windows"))
    if not isinstance(lists, YamlMap):
        return node
    for name, items in lists.items():
        if not isinstance(items, YamlList) or too_many(len(items), "analysis windows"):
            continue
        found: list[Window] = []
        for item in items:
            with problems:
                found.append(validate(Window, item, f"windows.{name}"))
        node = _judged(node, "windows", len(found) < len(items), window_clashes(found, f"windows.{name}"),
                       problems)
    return node


def _design(node: YamlMap, problems: Collector) -> YamlMap:
    block = node.find("design")
    return node if block is None else _judged(node, "design", False, design_faults(block), problems)


def _judged(node: YamlMap, name: str, wrong: bool, clashes: Iterable[Problem],
            problems: Collector) -> YamlMap:
    """Note how the parts of a block clash; a block with any mistake is left out."""
    for problem in clashes:
        problems.add(problem)
        wrong = True
    return _replaced(node, name, None) if wrong else node
