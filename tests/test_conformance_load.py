"""Rule files are read strictly, in bounded time, and every mistake has its place."""

from __future__ import annotations

import time
from pathlib import Path

import pytest

from dossier.conformance.load import parse_rule, read_rule
from dossier.conformance.model import Branch, Leaf, leaves
from engine.errors import SpecError

RULE = """\
Core:
  Id: OWN-1
Rule Type: Record Data
Sensitivity: Record
Scope:
  Domains:
    Include: [AE]
Outcome:
  Message: It is so.
Check:
  all:
    - name: AESEQ
      operator: empty
"""


def refused(text: str) -> list[str]:
    with pytest.raises(SpecError) as caught:
        parse_rule(text)
    return [str(problem) for problem in caught.value.problems]


def test_a_rule_as_it_is_written() -> None:
    rule = parse_rule(RULE)
    assert (rule.id, rule.type, rule.sensitivity, rule.domains.include) == ("OWN-1", "Record Data", "Record",
                                                                            ("AE",))
    assert [leaf.name for leaf in leaves(rule.check)] == ["AESEQ"]


def test_values_are_of_the_type_that_yaml_gives_them() -> None:
    text = RULE + "".join(f"    - {{name: A, operator: equal_to, value: {value}}}\n"
                          for value in ("'1'", "1", "true", "Y"))
    assert [leaf.value for leaf in leaves(parse_rule(text).check)][1:] == ["1", 1, True, "Y"]


@pytest.mark.parametrize(("old", "new", "expected"), [
    ("Rule Type", "Rule Typ", "rule.yml:3:1: unknown key 'Rule Typ'; did you mean 'Rule Type'?"),
    ("Record Data", "Recrd Data",
     "rule.yml:3:12: unknown rule type 'Recrd Data'; did you mean 'Record Data'?"),
    ("operator: empty", "operator: emty",
     "rule.yml:13:17: unknown operator 'emty'; did you mean 'empty'?"),
    ("operator: empty", "operator: empty\n      valeu: 1",
     "rule.yml:14:7: unknown key 'valeu'; did you mean 'value'?"),
    ("operator: empty", "operator: equal_to", "rule.yml:12:7: equal_to needs 'value'"),
    ("operator: empty", "operator: prefix_equal_to\n      value: AE",
     "rule.yml:12:7: prefix_equal_to needs 'prefix'"),
    ("operator: empty", "operator: matches_regex\n      value: ^(a+)+$",
     "rule.yml:14:14: the pattern '^(a+)+$' can take time exponential in the text"),
    ("operator: empty", "operator: matches_regex\n      value: '('",
     "rule.yml:14:14: the pattern '(' is no regular expression (missing ), unterminated subpattern at "
     "position 0)"),
    ("operator: empty", "operator: empty\n      prefix: many",
     "rule.yml:14:15: 'prefix' must be a whole number from 0 on"),
    ("name: AESEQ", "name: $seqs", "rule.yml:12:7: no operation makes '$seqs'"),
    ("all:", "all: []\n  any:", "rule.yml:12:3: 'any' stands beside 'all'; nest one in the other"),
    ("Sensitivity: Record", "Sensitivity: Group",
     "rule.yml:1:1: Group sensitivity needs 'Grouping Variables'"),
    ("Message: It is so.", "Output Variables: [A]", "rule.yml:9:3: 'Message' is missing"),
    ("Include: [AE]", "Includ: [AE]", "rule.yml:7:5: unknown key 'Includ'; did you mean 'Include'?"),
])
def test_a_mistake_has_its_place(old: str, new: str, expected: str) -> None:
    assert refused(RULE.replace(old, new, 1)) == [expected]


def test_all_mistakes_are_told_at_once() -> None:
    assert len(refused(RULE.replace("operator: empty", "operator: emty").replace("Message", "Masage"))) == 3


def test_what_is_missing() -> None:
    assert refused("Core: {Id: A}\nCheck: {all: [{name: A, operator: empty}]}") == [
        f"rule.yml:1:1: '{key}' is missing" for key in ("Rule Type", "Outcome", "Sensitivity", "Scope")]


@pytest.mark.parametrize(("operations", "expected"), [
    ("[{id: $a, operator: distinct, name: $b}, {id: $b, operator: distinct, name: $a}]",
     "rule.yml:14:14: operation '$a' uses '$b', which a later operation makes; an operation sees only those "
     "above it"),
    ("[{id: $a, operator: distinct, name: A, group: [$a]}]",
     "rule.yml:14:14: operation '$a' uses itself; an operation sees only those above it"),
    ("[{id: $a, operator: distinct}]", "rule.yml:14:14: distinct needs 'name'"),
    ("[{id: a, operator: distinct, name: A}]", "rule.yml:14:14: the id 'a' does not begin with '$'"),
    ("[{id: $a, operator: distnct, name: A}]",
     "rule.yml:14:33: unknown operator 'distnct'; did you mean 'distinct'?"),
])
def test_operations_cannot_wait_for_each_other(operations: str, expected: str) -> None:
    assert refused(f"{RULE}Operations: {operations}\n")[:1] == [expected]


def test_ten_thousand_nested_conditions_are_refused_in_no_time() -> None:
    start = time.process_time()
    deep = "{all: [" * 10_000 + "{name: A, operator: empty}" + "]}" * 10_000
    told = refused(RULE[:RULE.index("Check:")] + f"Check: {deep}\n")
    assert told == ["rule.yml:10:142: nested more than 40 deep"]
    assert time.process_time() - start < 5


def test_nesting_up_to_the_bound() -> None:
    deep = "{any: [" * 15 + "{name: A, operator: empty}" + "]}" * 15
    check = parse_rule(RULE[:RULE.index("Check:")] + f"Check: {deep}\n").check
    depth = 0
    while isinstance(check, Branch):
        check, depth = check.children[0], depth + 1
    assert (depth, isinstance(check, Leaf)) == (15, True)


def test_ten_thousand_conditions_are_refused() -> None:
    wide = "Check:\n  all:\n" + "    - {name: A, operator: empty}\n" * 10_000
    assert refused(RULE[:RULE.index("Check:")] + wide) == [
        "rule.yml:1012:7: the rule has more than 1000 conditions; split the rule"]


def test_a_file_is_read_in_its_folder(tmp_path: Path) -> None:
    path = tmp_path / "rule.yml"
    path.write_text(RULE, encoding="utf-8")
    assert read_rule(path).id == "OWN-1"
