"""A conformance rule as its YAML file states it."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any, Literal

from engine.errors import Place

RULE_TYPES = (
    "Record Data", "Variable Metadata Check", "Dataset Metadata Check", "Domain Presence Check",
    "Value Check with Variable Metadata", "Value Check with Dataset Metadata",
    "Define Item Metadata Check against Library Metadata",
)
"""The rule types that are carried."""

Sensitivity = Literal["Record", "Dataset", "Group"]


@dataclass(frozen=True)
class Leaf:
    """One condition: a column, an operator, and what it is compared with."""

    name: str
    operator: str
    value: Any
    place: Place
    within: tuple[str, ...] = ()
    ordering: str | None = None
    regex: str | None = None
    prefix: int | None = None
    suffix: int | None = None
    literal: bool = False
    reference: bool = False
    type_insensitive: bool = False
    negative: bool = True


@dataclass(frozen=True)
class Branch:
    """``all``, ``any`` or ``not`` of other conditions."""

    kind: Literal["all", "any", "not"]
    children: tuple[Leaf | Branch, ...]
    place: Place


Check = Leaf | Branch


def leaves(check: Check) -> Iterator[Leaf]:
    """The conditions of a check, in the order they are written."""
    if isinstance(check, Leaf):
        yield check
    else:
        for child in check.children:
            yield from leaves(child)


@dataclass(frozen=True)
class Operation:
    """A value computed before the check, put in the column ``id``."""

    id: str
    operator: str
    place: Place
    name: str | None = None
    domain: str | None = None
    group: tuple[str, ...] = ()
    aliases: tuple[str, ...] = ()
    filter: Mapping[str, Any] = field(default_factory=dict)
    regex: str | None = None
    key_name: str | None = None
    key_value: str | None = None
    codelists: tuple[str, ...] = ()
    level: str = "term"
    returntype: str = "value"
    reference: bool = False
    other: str | None = None


@dataclass(frozen=True)
class Match:
    """Another dataset to join; each key is its name on the left and on the right."""

    name: str
    place: Place
    keys: tuple[tuple[str, str], ...] = ()
    child: bool = False
    wildcard: str = "**"
    how: Literal["inner", "left"] = "inner"


@dataclass(frozen=True)
class Selection:
    """Names that are in scope and names that are not; no list of the former means all."""

    include: tuple[str, ...] | None = None
    exclude: tuple[str, ...] = ()


@dataclass(frozen=True)
class Rule:
    """A rule: what it looks at, what makes a finding, and what a finding shows."""

    id: str
    place: Place
    type: str
    check: Check
    message: str
    sensitivity: Sensitivity
    outputs: tuple[str, ...] | None = None
    classes: Selection = Selection()
    domains: Selection = Selection()
    split: bool | None = None
    matches: tuple[Match, ...] = ()
    operations: tuple[Operation, ...] = ()
    grouping: tuple[str, ...] = ()
    description: str = ""
    executability: str = ""
    status: str = ""
    severity: str = ""

    def mentions(self, name: str) -> bool:
        """Whether the rule uses a column, as a target, a value or an output."""
        if name in (self.outputs or ()) or any(name in (step.name, *step.group) for step in self.operations):
            return True
        return any(name in (leaf.name, leaf.ordering, *leaf.within) or name == leaf.value
                   or (isinstance(leaf.value, tuple) and name in leaf.value) for leaf in leaves(self.check))
