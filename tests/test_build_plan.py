"""The order of derivation: every node after what it needs, steps between the variables they part."""

from __future__ import annotations

from itertools import pairwise
from pathlib import Path

import pytest
from cases_runner import write_study
from hypothesis import given
from hypothesis import strategies as st
from laws import examples

from dossier.pipeline import check  # registers all verbs
from engine.build.plan import Plan, make_plan
from engine.build.raw import all_headers
from engine.columns import Kind
from engine.errors import SpecError
from engine.spec.load import load_study
from engine.yaml.nodes import YamlMap
from engine.yaml.reader import parse_yaml

STEPS = """
raw:
  lb: |
    SUBJ,DAY,N
    S1,1,5
sdtm:
  LB:
    from: lb
    variables:
      LBTESTCD: {constant: GLUC}
      LBSTRESN: {from: N}
      _DAY: {from: DAY, type: number}
adam:
  ADLB:
    class: BASIC DATA STRUCTURE
    from: LB
    records:
      - drop: "_FAR = 'Y'"
      - copy: {by: [USUBJID], order: [_D], take: last, set: {DTYPE: LOV}}
      - where: "_LATER > 0"
    variables:
      AVAL: {from: LBSTRESN}
      _D: {from: _DAY}
      _FAR: {case: {"_LIMIT < _D": "Y"}}
      _LIMIT: {expression: "5"}
      _LATER: {expression: "_D + 1"}
      _LAST: {sequence: [_D, DTYPE]}
      PARAMCD: {from: LBTESTCD}
"""


def plan_of(text: str, folder: Path) -> Plan:
    """The plan of a case's study."""
    case = parse_yaml(text)
    assert isinstance(case, YamlMap)
    study = load_study(write_study(case, folder))
    return make_plan(study, all_headers(study))


def require_ordered(plan: Plan) -> None:
    """Each node comes once, and after all that it needs."""
    place = {node: at for at, node in enumerate(plan.order)}
    assert len(place) == len(plan.order)
    assert set(place) == set(plan.needs) | {n for needs in plan.needs.values() for n in needs}
    assert [(node, need) for node, needs in plan.needs.items() for need in needs
            if place[need] >= place[node]] == []


def test_every_node_of_the_built_in_study_follows_its_needs(root: Path) -> None:
    plan = check(root / "specs/study.yaml")
    require_ordered(plan)
    place = {node: at for at, node in enumerate(plan.order)}
    assert place["EX", "EXSTDTC"] < place["DM", "RFXSTDTC"] < place["EX", "EXSTDY"]
    assert place["DM", "RFSTDTC"] < place["AE", "AESTDY"]


def test_every_variable_that_leaves_the_build_is_made(root: Path) -> None:
    plan = check(root / "specs/study.yaml")
    nodes = set(plan.order)
    assert {(n, v) for n, spec in plan.datasets.items() for v in spec.variables} <= nodes


def test_variables_stand_before_the_first_step_that_needs_them(tmp_path: Path) -> None:
    plan = plan_of(STEPS, tmp_path)
    require_ordered(plan)
    stages = {name: plan.stage["ADLB", name] for name in plan.datasets["ADLB"].variables}
    assert stages == {"_D": 0, "_FAR": 0, "_LIMIT": 0, "USUBJID": 1, "_LATER": 2, "DTYPE": 2,
                      "AVAL": 3, "_LAST": 3, "PARAMCD": 3, "STUDYID": 3}
    place = {name: at for at, (dataset, name) in enumerate(plan.order) if dataset == "ADLB"}
    for name, stage in stages.items():
        assert place[f"@rows{stage}"] < place[name]
        assert all(place[name] < place[f"@rows{later}"] for later in range(stage + 1, 4) if name != "DTYPE")
    assert plan.final("ADLB") == ("ADLB", "@rows3")


def test_others_see_a_dataset_after_its_last_step(tmp_path: Path) -> None:
    text = STEPS + """
  ADSL:
    class: SUBJECT LEVEL ANALYSIS DATASET
    from: LB
    variables:
      _N: {count: {in: ADLB}}
"""
    plan = plan_of(text, tmp_path)
    assert ("ADLB", "@rows3") in plan.needs["ADSL", "_N"]


def test_kinds_are_the_standards_the_entrys_or_the_verbs(tmp_path: Path) -> None:
    plan = plan_of(STEPS + """
      _WHEN: {expression: "CAST('2025-01-01' AS DATE)"}
      ADT: {expression: "CAST('2025-01-01' AS DATE)"}
      ADTM: {missing: true}
      _COPY: {from: _WHEN}
      _TEXT: {from: _D, type: text}
      _N: {count: {in: LB}}
""", tmp_path)
    assert {name: plan.kind("ADLB", name) for name in ("AVAL", "_D", "_WHEN", "ADT", "ADTM", "_COPY", "_TEXT",
                                                      "_N", "PARAMCD")} == {
        "AVAL": Kind.NUMBER, "_D": Kind.NUMBER, "_WHEN": Kind.DATE, "ADT": Kind.DATE, "ADTM": Kind.DATETIME,
        "_COPY": Kind.DATE, "_TEXT": Kind.TEXT, "_N": Kind.NUMBER, "PARAMCD": Kind.TEXT}


def _reads(size: int) -> st.SearchStrategy[tuple[list[int], set[tuple[int, int]]]]:
    entry = st.integers(0, size - 1)
    return st.tuples(st.permutations(range(size)), st.sets(st.tuples(entry, entry), max_size=12))


@given(st.integers(2, 7).flatmap(_reads))
@examples(20, 200)
def test_any_entries_are_put_in_order_or_the_circle_is_told(
    tmp_path_factory: pytest.TempPathFactory, drawn: tuple[list[int], set[tuple[int, int]]],
) -> None:
    """Each entry reads some others: with a circle the plan is refused, without it is in order."""
    written, drawn_edges = drawn
    edges = {(one, two) for one, two in drawn_edges if one != two}
    reads = {n: sorted(two for one, two in edges if one == n) for n in written}
    entries = "".join(f"      _V{n}: {_entry(others)}\n" for n, others in reads.items())
    case = parse_yaml("raw: {mh: SUBJ}\nsdtm:\n  MH:\n    from: mh\n    variables:\n" + entries)
    assert isinstance(case, YamlMap)
    study = load_study(write_study(case, tmp_path_factory.mktemp("plan")))
    if not _circular(len(written), edges):
        require_ordered(make_plan(study, all_headers(study)))
        return
    with pytest.raises(SpecError, match="reads itself in a circle: ") as caught:
        make_plan(study, all_headers(study))
    told = str(caught.value).rpartition(": ")[2].removesuffix("; make one of them from something else")
    circle = [int(name.removeprefix("MH._V")) for name in told.split(" -> ")]
    assert circle[0] == circle[-1]
    assert all(pair in edges for pair in pairwise(circle))


def _entry(reads: list[int]) -> str:
    return '{expression: "COALESCE(' + ", ".join(["'x'", "'y'", *(f"_V{n}" for n in reads)]) + ')"}'


def _circular(size: int, edges: set[tuple[int, int]]) -> bool:
    """Whether removing entries that read no others, again and again, leaves some."""
    left = set(range(size))
    while free := {n for n in left if not any(one == n and two in left for one, two in edges)}:
        left -= free
    return bool(left)
