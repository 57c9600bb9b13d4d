"""What is wrong in ``relrec`` is told with its place; what is right is in tests/cases/sdtm/relrec.yaml."""

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
from sdtm.relrec import relations

CASE = """
raw: {{ae: "SUBJ,ID\\nS1,1\\n", cm: "SUBJ,ID\\nS1,1\\n"}}
sdtm:
  AE:
    from: ae
    relrec:
{relrec}
    variables: {{AESPID: {{from: ID}}}}
  CM:
    from: cm
    variables: {{CMSPID: {{from: ID}}}}
"""


def _plan(relrec: list[str], folder: Path) -> Plan:
    case = parse_yaml(CASE.format(relrec="\n".join(f"      - {line}" for line in relrec)))
    assert isinstance(case, YamlMap)
    study = load_study(write_study(case, folder))
    return make_plan(study, all_headers(study))


def _error(relrec: list[str], folder: Path) -> str:
    with pytest.raises(SpecError) as caught:
        relations(_plan(relrec, folder))
    return str(caught.value).replace(f"{folder}/", "")


def test_all_mistakes_are_told_together(tmp_path: Path) -> None:
    """Unknown datasets and variables, wrong types and lone members, each at its place."""
    assert _error(["{AE: AESPI, CMM: CMSPID}", "{AE: AESPID, CM: CMSPID, type: [ONE, SOME]}", "{AE: AESPID}",
                   "AE"], tmp_path) == "\n".join([
        "specs/sdtm/ae.yaml:4:10: AE.relrec: 'AESPI' is no variable of AE; did you mean 'AESPID'?",
        "specs/sdtm/ae.yaml:4:17: AE.relrec: no SDTM dataset 'CMM'; did you mean 'CM'?",
        "specs/sdtm/ae.yaml:5:36: AE.relrec: 'type' is a list of ONE or MANY, one a dataset; "
        "as in [ONE, MANY]",
        "specs/sdtm/ae.yaml:6:5: AE.relrec: a relation has two datasets or more",
        "specs/sdtm/ae.yaml:7:5: AE.relrec: a relation is a mapping of datasets to variables; "
        "as in {PC: PCGRPID, PP: PPGRPID, type: [MANY, MANY]}",
    ])


def test_two_relations_of_one_name(tmp_path: Path) -> None:
    """A RELID tells one relation, so its id cannot stand twice."""
    assert _error(["{AE: AESPID, CM: CMSPID}", "{AE: AESPID, CM: CMSPID, type: [ONE, ONE]}"], tmp_path) == (
        "specs/sdtm/ae.yaml:5:5: RELREC: two relations have the id 'AECM'; give one of them another 'id'")


def test_an_id_of_its_own(tmp_path: Path) -> None:
    """``id`` names the relation."""
    found = relations(_plan(["{AE: AESPID, CM: CMSPID}",
                             "{AE: AESPID, CM: CMSPID, type: [ONE, ONE], id: SPID}"], tmp_path))
    assert [(r.id, dict(r.members), r.types) for r in found] == [
        ("AECM", {"AE": "AESPID", "CM": "CMSPID"}, ()),
        ("SPID", {"AE": "AESPID", "CM": "CMSPID"}, ("ONE", "ONE"))]
