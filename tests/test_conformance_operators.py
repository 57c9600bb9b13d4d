"""Operators of conformance rules, each on rows for which it is true and on rows for which it is not."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
import yaml

from dossier.conformance.execute import evaluate
from dossier.conformance.frame import Frame
from dossier.conformance.load_check import read_check
from dossier.conformance.operators import OPERATORS
from dossier.conformance.outcomes import ColumnAbsent, Failure
from dossier.conformance.vectors import Vector
from engine.errors import Problem
from engine.yaml import parse_yaml

CASES: list[dict[str, Any]] = yaml.safe_load(
    (Path(__file__).parent / "conformance" / "operators.yaml").read_text(encoding="utf-8"))


def cell(value: Any) -> Any:
    return tuple(value) if isinstance(value, list) else value


def frame_of(case: dict[str, Any]) -> Frame:
    columns = {name: Vector.of([cell(one) for one in cells],
                               number=any(isinstance(one, float) for one in cells))
               for name, cells in case.items() if name not in ("check", "expect")}
    return Frame(columns, len(next(iter(columns.values()))), ["XX"])


def answer(case: dict[str, Any]) -> str:
    problems: list[Problem] = []
    check = read_check(parse_yaml(yaml.safe_dump(case["check"], default_flow_style=False)), problems)
    assert problems == []
    try:
        bad = evaluate(check, frame_of(case), "XX")
    except ColumnAbsent:
        return "skipped"
    except Failure:
        return "error"
    return " ".join("y" if one else "n" for one in bad)


@pytest.mark.parametrize("case", CASES, ids=lambda case: f"{case['check'].get('operator', 'branch')}")
def test_operator(case: dict[str, Any]) -> None:
    assert answer(case) == case["expect"]


def test_every_operator_has_a_row_for_which_it_is_true_and_one_for_which_it_is_not() -> None:
    told: dict[str, set[str]] = {}
    for case in CASES:
        if "operator" in case["check"]:
            told.setdefault(case["check"]["operator"], set()).update(case["expect"].split())
    lacking = {name: {"y", "n"} - told.get(name, set()) for name in OPERATORS}
    assert {name: answers for name, answers in lacking.items() if answers} == {}
