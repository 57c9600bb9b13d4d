"""Whole conformance rules on small studies: joins, operations, scopes, rule types, findings."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import yaml

from dossier.conformance.compare import compare
from dossier.conformance.execute import run
from dossier.conformance.frame import Frame
from dossier.conformance.load import parse_rule
from dossier.conformance.model import RULE_TYPES
from dossier.conformance.operation_names import OPERATIONS
from dossier.conformance.outcomes import Failure
from dossier.conformance.study import Dataset, Study, VariableFacts
from dossier.conformance.vectors import Vector

CASES: list[dict[str, Any]] = yaml.safe_load(
    (Path(__file__).parent / "conformance" / "rules.yaml").read_text(encoding="utf-8"))


def study_of(data: dict[str, dict[str, list[Any]]]) -> Study:
    return Study([dataset_of(name, columns) for name, columns in data.items()])


def dataset_of(name: str, columns: dict[str, list[Any]]) -> Dataset:
    size = len(next(iter(columns.values())))
    numbers = {column for column, cells in columns.items() if any(isinstance(cell, float) for cell in cells)}
    facts = tuple(VariableFacts(column, "", "Num" if column in numbers else "Char", 8) for column in columns)
    return Dataset(name, f"Label of {name}", f"{name.lower()}.csv", 100, size, facts,
                   reader(columns, numbers))


def reader(columns: dict[str, list[Any]], numbers: set[str]) -> Callable[[], tuple[Frame, Failure | None]]:
    size = len(next(iter(columns.values())))
    return lambda: (Frame({name: Vector.of(cells, name in numbers) for name, cells in columns.items()},
                          size, []), None)


def rule_text(given: dict[str, Any]) -> str:
    rule = {"Core": {"Id": "OWN-1"}, "Rule Type": "Record Data", "Sensitivity": "Record",
            "Scope": {"Domains": {"Include": ["ALL"]}}, "Outcome": {"Message": "It is so."}}
    rule |= {key: value for key, value in given.items() if key != "outputs"}
    if "outputs" in given:
        rule["Outcome"] = {"Message": "It is so.", "Output Variables": given["outputs"]}
    return yaml.safe_dump(rule, sort_keys=False)


@pytest.mark.parametrize("case", CASES, ids=lambda case: case["about"])
def test_rule(case: dict[str, Any]) -> None:
    outcomes = run(parse_rule(rule_text(case["rule"])), study_of(case["data"]))
    found = [line for one in outcomes for finding in one.findings for line in finding.lines()]
    expected = [split(line) for line in case["lines"]]
    difference = compare(expected, found)
    assert (difference.missing, difference.unexpected) == ((), ())
    assert [one.reason for one in outcomes if one.reason] == case.get("reasons", [])


def split(line: str) -> tuple[str, str, str, str]:
    head, tail = (line[:8], line[8:]) if line.startswith("QSA, QSB") else ("", line)
    dataset, record, variable, value = tail.split(",", 3)
    return head + dataset, record, variable, value


def test_every_operation_and_rule_type_has_a_case() -> None:
    used = {step["operator"] for case in CASES for step in case["rule"].get("Operations", ())}
    types = {case["rule"].get("Rule Type", "Record Data") for case in CASES}
    assert (used, types) == (set(OPERATIONS), set(RULE_TYPES))
