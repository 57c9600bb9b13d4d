"""Read the conditions of a rule."""

from __future__ import annotations

from typing import Any, Literal, cast

from dossier.conformance.load_parts import Fields, mapping, number_or_text, problem, require_pattern
from dossier.conformance.model import Branch, Check, Leaf
from dossier.conformance.operators import NO_VALUE, OPERATORS, PATTERNED, PREFIXED, SUFFIXED
from engine.errors import Problem, hint_for
from engine.yaml import NOWHERE, Node, YamlList, YamlMap, describe

MOST_LEAVES = 1_000
MOST_DEEP = 30

_BRANCHES = ("all", "any", "not")
_LEAF = ("name", "operator", "value", "value_is_literal", "value_is_reference", "prefix", "suffix", "within",
         "ordering", "regex", "type_insensitive", "negative")


def read_check(node: Node | None, problems: list[Problem]) -> Check:
    """The tree of conditions; what is wrong in it is noted in ``problems``."""
    count = [0]
    check = _read(node, problems, 1, count)
    return check


def _read(node: Node | None, problems: list[Problem], depth: int, count: list[int]) -> Check:
    nothing = Branch("all", (), node.place if node is not None else NOWHERE)
    if not isinstance(node, YamlMap):
        problem(problems, nothing.place, f"a condition is a mapping, not {describe(node)}")
        return nothing
    if depth > MOST_DEEP:
        problem(problems, node.place, f"conditions are nested more than {MOST_DEEP} deep")
        return nothing
    kinds = [key for key in node if key in _BRANCHES]
    if not kinds:
        count[0] += 1
        if count[0] == MOST_LEAVES + 1:
            problem(problems, node.place, f"the rule has more than {MOST_LEAVES} conditions",
                    "split the rule")
        return _leaf(node, problems) if count[0] <= MOST_LEAVES else nothing
    if len(node) > 1:
        other = next(key for key in node if key != kinds[0])
        problem(problems, other.place, f"'{other[:60]}' stands beside '{kinds[0]}'", "nest one in the other")
        return nothing
    kind = cast(Literal["all", "any", "not"], str(kinds[0]))
    below = node[kinds[0]]
    if kind == "not":
        return Branch(kind, (_read(below, problems, depth + 1, count),), node.place)
    if not isinstance(below, YamlList) or not below:
        problem(problems, below.place, f"'{kind}' must be a list of conditions")
        return nothing
    return Branch(kind, tuple(_read(item, problems, depth + 1, count) for item in below), node.place)


def _leaf(node: YamlMap, problems: list[Problem]) -> Leaf:
    fields = mapping(node, _LEAF, problems)
    assert fields is not None
    name, operator = fields.text("name", needed=True), fields.text("operator", needed=True)
    if operator and operator not in OPERATORS:
        place = node[next(key for key in node if key == "operator")].place
        problem(problems, place, f"unknown operator '{operator[:60]}'", hint_for(operator, OPERATORS))
    leaf = Leaf(
        name=name, operator=operator, value=_value(fields, problems), place=node.place,
        within=fields.texts("within") or (), ordering=fields.text("ordering") or None,
        regex=fields.regex("regex"), prefix=fields.whole("prefix"), suffix=fields.whole("suffix"),
        literal=fields.flag("value_is_literal") or False,
        reference=fields.flag("value_is_reference") or False,
        type_insensitive=fields.flag("type_insensitive") or False,
        negative=fields.flag("negative") is not False)
    _require_parameters(leaf, fields, problems)
    return leaf


def _require_parameters(leaf: Leaf, fields: Fields, problems: list[Problem]) -> None:
    needs = [("prefix", leaf.operator in PREFIXED and leaf.prefix is None),
             ("suffix", leaf.operator in SUFFIXED and leaf.suffix is None),
             ("regex", leaf.operator == "does_not_equal_string_part" and not leaf.regex),
             ("ordering", leaf.operator in ORDERED and not leaf.ordering),
             ("within", leaf.operator in WITHIN and not leaf.within),
             ("value", leaf.operator in OPERATORS and leaf.operator not in NO_VALUE and leaf.value is None)]
    for key, lacking in needs:
        if lacking:
            problem(problems, leaf.place, f"{leaf.operator} needs '{key}'")
    if leaf.operator in PATTERNED and leaf.value is not None:
        node = fields.node("value")
        if isinstance(leaf.value, str):
            require_pattern(leaf.value, node.place if node is not None else leaf.place, problems)
        else:
            problem(problems, leaf.place, f"{leaf.operator} needs a regular expression")
    if leaf.operator in SORTED:
        entries = leaf.value if isinstance(leaf.value, tuple) else ()
        if not entries or not all(isinstance(entry, dict) for entry in entries):
            problem(problems, leaf.place, f"{leaf.operator} needs a list of name, sort_order, null_position")
    elif isinstance(leaf.value, tuple) and any(isinstance(entry, dict) for entry in leaf.value):
        problem(problems, leaf.place, f"{leaf.operator} takes no mappings")


ORDERED = ("empty_within_except_last_row", "does_not_have_next_corresponding_record")
WITHIN = ("does_not_have_next_corresponding_record", "present_on_multiple_rows_within",
          "not_present_on_multiple_rows_within", "target_is_sorted_by", "target_is_not_sorted_by")
SORTED = ("target_is_sorted_by", "target_is_not_sorted_by")


def _value(fields: Fields, problems: list[Problem]) -> Any:
    node = fields.node("value")
    if node is None:
        return None
    if isinstance(node, YamlMap):
        problem(problems, node.place, "a value is a text, a number or a list, not a mapping")
        return None
    if isinstance(node, YamlList) and any(isinstance(item, YamlMap) for item in node):
        return tuple(_sorting(item, problems) for item in node)
    if isinstance(node, YamlList) and any(isinstance(item, YamlList) for item in node):
        problem(problems, node.place, "a list in a list is no value")
        return None
    return number_or_text(node)


def _sorting(node: Node, problems: list[Problem]) -> dict[str, str]:
    fields = mapping(node, ("name", "sort_order", "null_position"), problems)
    if fields is None:
        return {}
    order = fields.choice("sort_order", ("asc", "desc", "ASC", "DESC")) or "asc"
    nulls = fields.choice("null_position", ("first", "last")) or "last"
    return {"name": fields.text("name", needed=True), "sort_order": order.lower(), "null_position": nulls}
