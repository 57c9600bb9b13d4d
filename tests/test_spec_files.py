"""Which files of a study's folder are read, and that what looks like a spec and is not read is told."""

from __future__ import annotations

from pathlib import Path

import pytest
from cases_runner import write_study

import engine.verbs  # noqa: F401 (registers the common verbs)
import sdtm.verbs  # noqa: F401 (registers the verbs of this layer)
from engine.build.plan import Plan, make_plan
from engine.build.raw import all_headers
from engine.errors import SpecError
from engine.spec.load import load_study
from engine.yaml.nodes import YamlMap
from engine.yaml.reader import parse_yaml

CASE = """
study: {standards: {sdtmig: "3.4", meddra: "28.0"},
        visits: {D1: {VISITNUM: 1, VISIT: DAY 1, label: First day}},
        epochs: {TREATMENT: {starts: AE.AESTDTC, element: CELLS}}}
raw: {ae: "SUBJ,TERM,D,R\\nS1,Rash,2025-03-02,CR\\n"}
sdtm:
  AE:
    structure: One record per event
    comment: Coded by hand
    from: ae
    variables:
      AETERM: {from: TERM, pages: [31, 32], origin: Collected, source: Investigator, comment: As reported,
               method: None, role: Topic}
      AESTDTC: {date: D}
    supplemental:
      AEDLT: {from: TERM, label: More, evaluator: INVESTIGATOR, pages: 33}
  RS:
    from: ae
    tests:
      OVRLRESP: {result: R, codelist: ONCRSR, origin: Assigned, method: Lugano, comment: Central, pages: 12}
    variables:
      RSTESTCD: {test: code}
"""
DATASET = "domain: MH\nfrom: ae\nvariables: {MHTERM: {from: TERM}}\n"


@pytest.fixture
def study(tmp_path: Path) -> Path:
    """A study of two domains; gives its file."""
    case = parse_yaml(CASE)
    assert isinstance(case, YamlMap)
    return write_study(case, tmp_path)


def plan(study: Path) -> Plan:
    """The study's plan."""
    spec = load_study(study)
    return make_plan(spec, all_headers(spec))


def test_files_that_look_like_specs_and_are_not_read(study: Path, tmp_path: Path) -> None:
    specs = tmp_path / "specs"
    (specs / "adam" / "old").mkdir()
    for name in ("sdtm/mh.yml", "sdtm/CM.YAML", "adam/old/adsl.yaml", "mh.yaml", "mh.yml"):
        (specs / name).write_text(DATASET)
    with pytest.raises(SpecError) as caught:
        load_study(study)
    assert str(caught.value).replace(f"{tmp_path}/", "").splitlines() == [
        "specs/adam/old/adsl.yaml: the file is not read; put it straight into adam/",
        "specs/mh.yaml: the file is not read; datasets' files lie in sdtm/ or adam/ and end in .yaml",
        "specs/mh.yml: the file is not read; datasets' files lie in sdtm/ or adam/ and end in .yaml",
        "specs/sdtm/CM.YAML: the file is not read; name it CM.yaml",
        "specs/sdtm/mh.yml: the file is not read; name it mh.yaml"]


def test_files_that_are_no_specs_may_lie_beside_them(study: Path, tmp_path: Path) -> None:
    specs = tmp_path / "specs"
    (specs / "sdtm" / "notes.txt").write_text(DATASET)
    (specs / "sdtm" / "ae.yaml~").write_text(DATASET)
    (specs / "other.yaml").write_text("study: {id: T}\n")
    (specs / "binary.yaml").write_bytes(b"\xff\xfe")
    (specs / "examples").mkdir()
    (specs / "examples" / "mh.yaml").write_text(DATASET)
    assert set(load_study(study).datasets) == {"AE", "RS"}


def test_what_define_xml_says_of_variables_and_tests_is_kept_in_the_plan(study: Path) -> None:
    made = plan(study)
    term, more = made.datasets["AE"].variables["AETERM"].entry, made.datasets["AE"].variables["AEDLT"].entry
    assert (term.pages, term.origin, term.source, term.comment, term.method, term.role) == (
        (31, 32), "Collected", "Investigator", "As reported", "None", "Topic")
    assert (more.evaluator, more.pages) == ("INVESTIGATOR", (33,))
    test = made.datasets["RS"].tests["OVRLRESP"]
    assert (test.codelist, test.origin, test.method, test.comment, test.pages) == (
        ("ONCRSR",), "Assigned", "Lugano", "Central", (12,))
    model = made.datasets["AE"].model
    assert (model.structure, model.comment) == ("One record per event", "Coded by hand")
    file = made.study.study
    assert (file.standards.sdtmig, file.standards.meddra, file.standards.nca) == ("3.4", "28.0", None)
    assert file.epochs is not None
    assert file.epochs["TREATMENT"].element == "CELLS"
    assert file.visits is not None
    assert file.visits["D1"].label is not None
    assert file.visits["D1"].label.en == "First day"
