"""Tables written in the study file: the lists under ``design:``, and the planned visits.

A spec names them like raw tables, ``design.arms``; their records are of no subject,
and their place is their line in the study file.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from itertools import product
from typing import TYPE_CHECKING, Annotated

from pydantic import PlainValidator, WithJsonSchema

from engine.errors import Place, Problem
from engine.spec.bounds import MOST, too_many
from engine.yaml import shapes
from engine.yaml.fields import wrong
from engine.yaml.nodes import NOWHERE, Node, Text, YamlList, YamlMap, describe, shown

if TYPE_CHECKING:
    from engine.spec.schedule import Visit

PREFIX = "design."
"""What the name of such a table begins with."""

VISITS = "visits"
"""The list that is made of the planned visits, ``design.visits``."""

_LIST = re.compile(r"[A-Za-z][A-Za-z0-9_]{0,31}")
_COLUMN = re.compile(r"[A-Za-z_][A-Za-z0-9_]{0,31}")
_ROW = "a row is written {COLUMN: value, COLUMN: value}"


@dataclass(frozen=True)
class DesignTable:
    """A table of the study file: text by column, None for none, and the place of each record."""

    name: str
    columns: Mapping[str, tuple[str | None, ...]]
    places: tuple[Place, ...]


def design_faults(node: Node) -> Iterator[Problem]:
    """What is wrong with the block ``design``, list by list and row by row."""
    if not isinstance(node, YamlMap):
        yield Problem(node.place, "design", f"a mapping is wanted, not {describe(node)}",
                      "as in design: {arms: [{ARMCD: A, ARM: Arm A}]}")
        return
    if told := too_many(len(node), "lists of the design"):
        yield Problem(node.place, "design", told)
        return
    for name, rows in node.items():
        subject = f"design.{shown(name)}"
        if not _LIST.fullmatch(name):
            yield Problem(name.place, "design", f"'{shown(name)}' is no name of a list",
                          "letters, digits and _, as in arms")
        elif name == VISITS:
            yield Problem(name.place, subject, "this list is made of the study's own visits",
                          "write them under 'visits'")
        elif not isinstance(rows, YamlList) or not rows:
            yield Problem(rows.place, subject, f"a list of rows is wanted, not {describe(rows)}"
                          if rows or not isinstance(rows, YamlList) else "at least one row is wanted", _ROW)
        else:
            yield from _list_faults(subject, rows)


def _list_faults(subject: str, rows: YamlList) -> Iterator[Problem]:
    for row in rows:
        if not isinstance(row, YamlMap) or not row:
            yield Problem(row.place, subject, f"a row is wanted, not {describe(row)}"
                          if not isinstance(row, YamlMap) else "the row is empty", _ROW)
            continue
        for column, value in row.items():
            if not _COLUMN.fullmatch(column):
                yield Problem(column.place, subject, f"'{shown(column)}' is no name of a column",
                              "letters, digits and _, at most 32")
            many = value if isinstance(value, YamlList) else [value]
            if not many or not all(isinstance(item, Text) for item in many):
                odd = next((item for item in many if not isinstance(item, Text)), value)
                yield Problem(odd.place, subject, "text, or a list of texts, is wanted, not "
                              f"{describe(odd) if many else 'an empty list'}", "a list stands for a row each")
    whole = sum(_copies(row) for row in rows if isinstance(row, YamlMap))
    if told := too_many(whole, "rows"):
        yield Problem(rows.place, subject, told)


def _copies(row: YamlMap) -> int:
    """How many records a row stands for."""
    found = 1
    for value in row.values():
        found *= max(1, len(value)) if isinstance(value, YamlList) else 1
    return found


def read_design(value: object) -> dict[str, DesignTable]:
    """The lists of the block as tables; a value that is a list makes a record of each of its texts.

    >>> from engine.yaml.reader import parse_yaml
    >>> made = read_design(parse_yaml("paths: [{ARMCD: [A, B], ETCD: SCRN}, {ARMCD: A, ETCD: TRT}]"))
    >>> {name: list(texts) for name, texts in made["design.paths"].columns.items()}
    {'ARMCD': ['A', 'B', 'A'], 'ETCD': ['SCRN', 'SCRN', 'TRT']}
    """
    if isinstance(value, dict) and not isinstance(value, YamlMap):
        return value
    if not isinstance(value, YamlMap):
        raise wrong(f"a mapping is wanted, not {describe(value)}")
    for problem in design_faults(value):
        raise wrong(problem.message, problem.hint, problem.place)
    return {f"{PREFIX}{name}": _table(f"{PREFIX}{name}", rows) for name, rows in value.items()}


def _table(name: str, rows: Node) -> DesignTable:
    columns: dict[str, list[str | None]] = {}
    places: list[Place] = []
    for row in rows:
        assert isinstance(row, YamlMap)  # nosec: design_faults has seen to it
        names = [str(column) for column in row]
        for texts in product(*([value] if isinstance(value, Text) else value for value in row.values())):
            for column in (*columns, *names):
                columns.setdefault(column, [None] * len(places))
            said = dict(zip(names, texts, strict=True))
            for column, values in columns.items():
                values.append(str(said[column]) if said.get(column) else None)
            places.append(row.place)
    return DesignTable(name, {column: tuple(values) for column, values in columns.items()}, tuple(places))


def visits_table(visits: Mapping[str, Visit]) -> DesignTable:
    """The planned visits as a table: CODE, VISITNUM, VISIT, VISITDY, LABEL, START_RULE, END_RULE.

    >>> from engine.spec.schedule import Visit
    >>> from engine.yaml.fields import validate
    >>> from engine.yaml.reader import parse_yaml
    >>> visit = validate(Visit, parse_yaml("{VISITNUM: 4, VISIT: DAY 0, VISITDY: 1}"), "visits.D0")
    >>> made = visits_table({"D0": visit}).columns
    >>> made["CODE"], made["VISITNUM"], made["START_RULE"]
    (('D0',), ('4',), (None,))
    """
    found: dict[str, list[str | None]] = {}
    for code, visit in visits.items():
        label = visit.label.en if visit.label is not None else None
        said = {"CODE": code, "VISITNUM": visit.VISITNUM, "VISIT": visit.VISIT, "VISITDY": visit.VISITDY,
                "LABEL": label, "START_RULE": visit.start_rule, "END_RULE": visit.end_rule}
        for column, value in said.items():
            found.setdefault(column, []).append(None if value is None else str(value))
    places = tuple(getattr(code, "place", NOWHERE) for code in visits)
    return DesignTable(f"{PREFIX}{VISITS}", {name: tuple(texts) for name, texts in found.items()}, places)


_ROWS: shapes.Shape = {"type": "array", "minItems": 1, "items": {
    "type": "object", "minProperties": 1,
    "additionalProperties": {"anyOf": [shapes.ANY_TEXT, shapes.list_of(shapes.ANY_TEXT)]}}}

DesignField = Annotated[dict[str, DesignTable], PlainValidator(read_design), WithJsonSchema(
    {"type": "object", "additionalProperties": _ROWS, "maxProperties": MOST["lists of the design"]})]
"""The block ``design:`` of the study file."""
