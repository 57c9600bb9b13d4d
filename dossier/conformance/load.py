"""Read a rule's YAML file strictly: every mistake with its place, nothing passed over."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from pathlib import Path
from typing import cast

from dossier.conformance.load_check import read_check
from dossier.conformance.load_parts import (
    Fields,
    mapping,
    number_or_text,
    problem,
)
from dossier.conformance.model import RULE_TYPES, Match, Operation, Rule, Selection, Sensitivity, leaves
from dossier.conformance.operation_names import LEVELS, OPERATIONS, RETURNED
from engine.errors import Problem, SpecError, hint_for
from engine.yaml import Node, Text, YamlMap, describe, parse_yaml, read_yaml

INFORMATIVE = ("Authorities", "Executability", "Description", "Grouping Variables", "Match Datasets",
               "Operations", "Severity")
NEEDED = ("Core", "Rule Type", "Check", "Outcome", "Sensitivity", "Scope")
_MATCH = ("Name", "Keys", "Child", "Wildcard", "Join Type")
SENSITIVITIES = ("Record", "Dataset", "Group")
SEVERITIES = ("Error", "Warning", "Notice")
"""Ours alone: CDISC's rules give no severity."""
MOST_STEPS = 100
"""Operations of a rule, and match datasets."""


def read_rule(path: Path) -> Rule:
    """The rule of a file; :class:`SpecError` with all its mistakes."""
    return _rule(read_yaml(path, path.parent))


def rule_from(node: Node) -> Rule:
    """The rule of a node that is read already; :class:`SpecError` with all its mistakes."""
    return _rule(node)


def parse_rule(text: str, file: str = "rule.yml") -> Rule:
    """The rule of a text, as :func:`read_rule` reads a file.

    >>> rule = parse_rule('''
    ... Core: {Id: MINE-1}
    ... Rule Type: Record Data
    ... Sensitivity: Record
    ... Scope: {Domains: {Include: [AE]}}
    ... Check: {all: [{name: AESEQ, operator: empty}]}
    ... Outcome: {Message: AESEQ is empty}
    ... ''')
    >>> rule.id, rule.domains.include
    ('MINE-1', ('AE',))
    >>> parse_rule("Core: {Id: A}\\nChekc: {}")
    Traceback (most recent call last):
    engine.errors.SpecError: rule.yml:2:1: unknown key 'Chekc'; did you mean 'Check'?
    """
    return _rule(parse_yaml(text, file))


def _rule(node: Node) -> Rule:
    problems: list[Problem] = []
    top = mapping(node, (*NEEDED, *INFORMATIVE), problems)
    if top is None or problems:
        raise SpecError(problems)
    for key in NEEDED:
        if top.node(key) is None:
            problem(problems, top.place, f"'{key}' is missing")
    if problems:
        raise SpecError(problems)
    core = top.map("Core", ("Id", "Status", "Version"))
    outcome = top.map("Outcome", ("Message", "Output Variables"))
    scope = top.map("Scope", ("Classes", "Domains", "Use Case", "Entities", "Data Structures"))
    domains = scope.map("Domains", ("Include", "Exclude", "include_split_datasets"))
    operations = tuple(_operation(item, problems) for item in top.items("Operations", MOST_STEPS))
    check = read_check(top.node("Check"), problems)
    rule = Rule(
        id=core.text("Id", needed=True), place=top.place, check=check,
        type=top.choice("Rule Type", RULE_TYPES) or "Record Data",
        message=outcome.text("Message", needed=True),
        sensitivity=cast(Sensitivity, top.choice("Sensitivity", SENSITIVITIES) or "Record"),
        outputs=outcome.texts("Output Variables"), classes=_selection(scope.map(
            "Classes", ("Include", "Exclude"))), domains=_selection(domains),
        split=domains.flag("include_split_datasets"),
        matches=tuple(_match(item, problems) for item in top.items("Match Datasets", MOST_STEPS)),
        operations=operations, grouping=top.texts("Grouping Variables") or (),
        description=top.text("Description"), executability=top.text("Executability"),
        status=core.text("Status"), severity=top.choice("Severity", SEVERITIES) or "")
    _require_order(rule, problems)
    if rule.sensitivity == "Group" and not rule.grouping:
        problem(problems, top.place, "Group sensitivity needs 'Grouping Variables'")
    if problems:
        raise SpecError(problems)
    return rule


def _selection(fields: Fields) -> Selection:
    return Selection(fields.texts("Include"), fields.texts("Exclude") or ())


def _match(node: Node, problems: list[Problem]) -> Match:
    fields = mapping(node, _MATCH, problems) or Fields.none(problems)
    keys: list[tuple[str, str]] = []
    for item in fields.items("Keys", MOST_STEPS):
        if isinstance(item, YamlMap):
            pair = mapping(item, ("Left", "Right"), problems)
            if pair is not None:
                keys.append((pair.text("Left", needed=True), pair.text("Right", needed=True)))
        elif isinstance(item, Text):
            keys.append((str(item), str(item)))
        else:
            problem(problems, item.place, f"a key is a variable, not {describe(item)}")
    return Match(fields.text("Name", needed=True), fields.place, tuple(keys), fields.flag("Child") or False,
                 fields.text("Wildcard") or "**",
                 "left" if fields.choice("Join Type", ("inner", "left")) == "left" else "inner")


def _operation(node: Node, problems: list[Problem]) -> Operation:
    known = ("id", "operator", "name", "domain", "group", "group_aliases", "filter", "regex", "key_name",
             "key_value", "codelists", "level", "returntype", "value_is_reference", "subtract", "by")
    fields = mapping(node, known, problems) or Fields.none(problems)
    operator = fields.choice("operator", OPERATIONS, needed=True) or OPERATIONS[0]
    filters = fields.node("filter")
    given = {}
    if isinstance(filters, YamlMap):
        given = {str(key): number_or_text(value) for key, value in filters.items()}
    elif filters is not None:
        problem(problems, filters.place, f"a filter is a mapping, not {describe(filters)}")
    made = Operation(
        id=fields.text("id", needed=True), operator=operator, place=fields.place,
        name=fields.text("name") or None, domain=fields.text("domain") or None,
        group=fields.texts("group") or (), aliases=fields.texts("group_aliases") or (), filter=given,
        regex=fields.regex("regex"), key_name=fields.text("key_name") or None,
        key_value=fields.text("key_value") or None, codelists=fields.texts("codelists") or (),
        level=fields.choice("level", LEVELS) or "term",
        returntype=fields.choice("returntype", RETURNED) or "value",
        reference=fields.flag("value_is_reference") or False,
        other=fields.text("subtract" if operator == "minus" else "by") or None)
    for key in OPERATION_NEEDS.get(operator, ()):
        if fields.node(key) is None:
            problem(problems, fields.place, f"{operator} needs '{key}'")
    if made.id and not made.id.startswith("$"):
        problem(problems, fields.place, f"the id '{made.id}' does not begin with '$'")
    if made.aliases and len(made.aliases) != len(made.group):
        problem(problems, fields.place, "there are not as many group_aliases as there are groups")
    return made


OPERATION_NEEDS: dict[str, Sequence[str]] = {
    "distinct": ("name",), "min_date": ("name",), "max_date": ("name",), "dy": ("name",),
    "variable_exists": ("name",), "variable_count": ("name",), "extract_metadata": ("name",),
    "minus": ("name", "subtract"), "multiply": ("name", "by"), "divide": ("name", "by"),
    "get_dataset_filtered_variables": ("key_name", "key_value"),
    "get_model_filtered_variables": ("key_name", "key_value"), "codelist_terms": ("codelists",),
    "paired_term": ("name", "codelists"), "library_variable": ("name", "key_name"),
}


def _require_order(rule: Rule, problems: list[Problem]) -> None:
    """An operation may use the columns of those before it only, so none can wait for itself."""
    ids = [step.id for step in rule.operations]
    for at, step in enumerate(rule.operations):
        if step.id in ids[:at]:
            problem(problems, step.place, f"a second operation '{step.id}'")
        later: Collection[str] = set(ids[at:]) - set(ids[:at])
        for name in (step.name, *step.group, step.other):
            if name in later:
                said = "itself" if name == step.id else f"'{name}', which a later operation makes"
                problem(problems, step.place, f"operation '{step.id}' uses {said}",
                        "an operation sees only those above it")
    for leaf in leaves(rule.check):
        if leaf.name.startswith("$") and leaf.name not in ids:
            problem(problems, leaf.place, f"no operation makes '{leaf.name}'", hint_for(leaf.name, ids))


