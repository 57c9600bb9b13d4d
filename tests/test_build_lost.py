"""What follows from a refusal is not refused again; what does not, is."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from cases_runner import write_study
from hypothesis import given
from hypothesis import strategies as st
from laws import examples

import dossier.pipeline  # registers all verbs
from engine.build.execute import Build
from engine.build.finish import finish
from engine.build.lost import KEYS, Lost
from engine.build.plan import Plan, make_plan
from engine.build.raw import all_headers
from engine.build.rows import SUBJECT, Origin, Rows
from engine.columns import Kind
from engine.spec.load import load_study
from engine.yaml.nodes import Text, YamlMap
from engine.yaml.reader import parse_yaml

assert dossier.pipeline.REGISTERED

STUDY = """
sdtm:
  DM:
    from: dm
    keys: [STUDYID, USUBJID]
    variables:
      AGE: {from: AGE}
      RFSTDTC: {earliest: EX.EXSTDTC}
  EX:
    from: ex
    variables:
      EXTRT: {constant: X}
      EXSEQ: {sequence: [EXSTDTC]}
      EXSTDTC: {date: DAT}
      EXSTDY: {study_day: EXSTDTC}
  LB:
    from: lab
    keys: [STUDYID, USUBJID, LBDTC, LBSPID]
    variables:
      LBSEQ: {sequence: [LBDTC]}
      LBTESTCD: {constant: GLUC}
      LBTEST: {constant: Glucose}
      LBSPID: {from: NO}
      LBDTC: {date: DAT}
      LBDY: {study_day: LBDTC, required: true}
      LBCAT: {lookup: {in: bands, between: {DM.AGE: [LOW, HIGH]}, take: GROUP}}
adam:
  ADLB:
    class: BASIC DATA STRUCTURE
    from: LB
    keys: [STUDYID, USUBJID, ADT, LBSPID]
    keep: [LBSPID]
    variables:
      ADT: {from: LBDTC, required: true}
      PARAMCD: {from: LBCAT, length: 4}
"""
AGES, DAYS = ["30", "old", "90", ""], ["2025-03-01", "2025-03-02", "soon", "2025-03", ""]
SUBJECTS = st.sampled_from(["S1", "S2", "S3"])


def planned(folder: Path, **raw: str) -> Plan:
    """The plan of the study with these raw tables."""
    case = parse_yaml(STUDY)
    assert isinstance(case, YamlMap)
    tables = {**raw, "bands": "LOW,HIGH,GROUP\n18,64,ADULTS\n"}
    case[Text("raw")] = YamlMap([(Text(name), Text(text)) for name, text in tables.items()])
    study = load_study(write_study(case, folder))
    return make_plan(study, all_headers(study))


def told(build: Build) -> set[tuple[str, str]]:
    """Each record that a build refused, with the variable it was refused for."""
    build.run()
    for name in build.plan.datasets:
        finish(build, name)
    problems = [problem for found in build.refusals.problems.values() for problem in found]
    return {(problem.subject, str(record.place)) for problem in problems for record in problem.records}


def table(*columns: str, rows: list[tuple[str, ...]]) -> str:
    return "\n".join(",".join(row) for row in [columns, *rows]) + "\n"


@given(st.lists(st.tuples(SUBJECTS, st.sampled_from(AGES)), max_size=3),
       st.lists(st.tuples(SUBJECTS, st.sampled_from(DAYS)), max_size=4),
       st.lists(st.tuples(SUBJECTS, st.sampled_from(DAYS), st.sampled_from(["1", "2"])), max_size=6))
@examples(8, 60)
def test_only_what_follows_is_left_out(
    tmp_path_factory: pytest.TempPathFactory, dm: list[tuple[str, ...]], ex: list[tuple[str, ...]],
    lab: list[tuple[str, ...]],
) -> None:
    """Less is told than is wrong, but never nothing, and never less than what follows from nothing."""
    plan = planned(tmp_path_factory.mktemp("lost"), dm=table("SUBJ", "AGE", rows=dm),
                   ex=table("SUBJ", "DAT", rows=ex), lab=table("SUBJ", "DAT", "NO", rows=lab))
    own = Build(plan)
    everything = Build(plan)
    everything.refusals.lost, everything.lost = None, Lost({}, {})
    few, many = told(own), told(everything)
    assert few <= many
    assert bool(own.refusals.problems) == bool(everything.refusals.problems)
    first = {one for one in many if one[0] in ("DM.AGE", "EX.EXSTDTC", "LB.LBDTC", "LB.USUBJID")}
    assert first <= few


def rows(name: str, *subjects: str, file: str = "ae.csv") -> Rows:
    made = Rows(name, len(subjects), Origin((file,), np.zeros(len(subjects), dtype="int32"),
                                            np.arange(len(subjects), dtype="int32") + 2))
    made.put(SUBJECT, pd.Series(subjects, dtype="str"), Kind.TEXT)
    return made


@pytest.fixture(scope="module")
def plan(tmp_path_factory: pytest.TempPathFactory) -> Plan:
    return planned(tmp_path_factory.mktemp("plan"), dm="SUBJ,AGE\n", ex="SUBJ,DAT\n", lab="SUBJ,DAT,NO\n")


def test_inside_a_dataset_the_record_counts_elsewhere_the_subject(plan: Plan) -> None:
    lost = Lost(plan.datasets, plan.needs)
    lost.note(("LB", "LBDTC"), rows("LB", "S1", "S1", file="lab.csv"), np.array([True, False]))
    here = rows("LB", "S1", "S1", "S2", file="lab.csv")
    assert lost.follows(("LB", "LBDY"), here).tolist() == [True, False, False]
    assert lost.follows(("LB", "LBSPID"), here).tolist() == [False, False, False]
    assert lost.follows(("LB", "LBDTC"), here).tolist() == [False, False, False]
    assert lost.follows(("LB", "LBDTC"), here, itself=True).tolist() == [True, False, False]
    assert lost.follows(("ADLB", "ADT"), rows("ADLB", "S1", "S1", file="lab.csv")).tolist() == [True, False]
    lost.note(("EX", "EXSTDTC"), rows("EX", "S2", file="ex.csv"), np.array([True]))
    assert lost.follows(("LB", "LBDY"), here).tolist() == [True, False, True]


def test_subjects_that_dm_does_not_know_lack_what_is_read_of_it(plan: Plan) -> None:
    lost = Lost(plan.datasets, plan.needs)
    lost.strangers(["S2", None])
    here = rows("LB", "S1", "S2", file="lab.csv")
    assert lost.follows(("LB", "LBCAT"), here).tolist() == [False, True]
    assert lost.follows(("LB", "LBDTC"), here).tolist() == [False, False]
    later = rows("ADLB", "S1", "S2", file="lab.csv")
    assert lost.follows(("ADLB", "PARAMCD"), later).tolist() == [False, True]


def test_an_entry_without_any_value_and_records_alike_in_keys(plan: Plan) -> None:
    lost = Lost(plan.datasets, plan.needs)
    here = rows("LB", "S1", "S2", file="lab.csv")
    lost.everyone(("DM", "RFSTDTC"))
    assert lost.follows(("LB", "LBDY"), here).tolist() == [True, True]
    assert lost.follows(("LB", "LBCAT"), here).tolist() == [False, False]
    lost.note(("LB", KEYS), here, np.array([True, False]))
    assert lost.follows(("ADLB", KEYS), rows("ADLB", "S1", "S2", file="lab.csv")).tolist() == [True, False]
    assert lost.follows(("LB", KEYS), here).tolist() == [False, False]


def test_a_value_lost_by_a_record_of_another_table_is_lost_to_the_subject(plan: Plan) -> None:
    lost = Lost(plan.datasets, plan.needs)
    lost.note(("DM", "RFSTDTC"), rows("EX", "S1", file="ex.csv"), np.array([True]))
    here = rows("DM", "S1", "S2", file="dm.csv")
    assert lost.follows(("DM", "RFSTDTC"), here, itself=True).tolist() == [True, False]
