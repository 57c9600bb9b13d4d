"""CDISC's engine is run as a program of its own, and its report laid beside ours."""

from __future__ import annotations

import json
import sys
from pathlib import Path

import pytest
from validate_study import write_rules, write_study

from dossier.validate.checking import check_package
from dossier.validate.core import CoreReport, find_core, merge, read_report, run_core
from dossier.validate.model import Report
from dossier.validate.package import Package, read_package
from dossier.validate.rulebook import read_rules
from engine.errors import DataError

# What the command line of CORE takes and what its report holds (README of CDISC Rules Engine).
PROGRAM = '''\
import argparse, json, pathlib, sys
parser = argparse.ArgumentParser()
parser.add_argument("what", choices=["validate"])
for short, name in (("-s", "standard"), ("-v", "version"), ("-o", "output"), ("-of", "format")):
    parser.add_argument(short, dest=name, required=True)
parser.add_argument("-d", dest="data")
parser.add_argument("-dp", dest="path", action="append")
parser.add_argument("-dxp", dest="define")
given = parser.parse_args()
assert (given.standard, given.version, given.format) == ("sdtmig", "3-4", "JSON"), given
assert bool(given.data) != bool(given.path) and pathlib.Path(given.data or given.path[0]).exists(), given
assert pathlib.Path("resources").is_dir(), "not run in its own folder"
report = json.loads(pathlib.Path("resources/report.json").read_text())
pathlib.Path(given.output + ".json").write_text(json.dumps(report))
'''


def issue(rule: str, row: int | str, **more: object) -> dict[str, object]:
    return {"core_id": rule, "message": "Said by CORE.", "executability": "fully executable",
            "dataset": "ae.csv", "USUBJID": "S-01", "row": row, "SEQ": 2, "variables": ["AESEV"],
            "values": ["GRAVE"], **more}


REPORT = {
    "Conformance_Details": {"CORE_Engine_Version": "0.16.0"}, "Dataset_Details": [], "Issue_Summary": [],
    "Issue_Details": [issue("OWN-1", 2), issue("OWN-1", 1), issue("OWN-9", "", values=[None], SEQ="")],
    "Rules_Report": [
        {"core_id": "OWN-1", "version": "1", "message": "Said by CORE.", "status": "SUCCESS"},
        {"core_id": "OWN-2", "version": "1", "message": "Said by CORE.", "status": "SKIPPED"},
        {"core_id": "OWN-9", "version": "1", "message": "Theirs alone.", "status": "SUCCESS"}],
}


def install(folder: Path, program: str = PROGRAM, report: object = REPORT) -> Path:
    made = folder / "core"
    (made / "resources").mkdir(parents=True)
    (made / "core.py").write_text(program)
    (made / "resources/report.json").write_text(json.dumps(report))
    return made


@pytest.fixture
def package(tmp_path: Path) -> Package:
    return read_package([write_study(tmp_path)])


def ours(package: Package, folder: Path) -> Report:
    return check_package(package, read_rules([write_rules(folder)], own=False))


def test_both_reports_are_merged_and_agreement_is_marked(package: Package, tmp_path: Path) -> None:
    command = find_core(install(tmp_path))
    assert command == [sys.executable, str(tmp_path / "core/core.py")]
    report = ours(package, tmp_path)
    merge(report, run_core(command, package))
    assert [(one.rule, one.dataset, one.record, one.agreement) for one in report.findings] == [
        ("OWN-1", "AE", 2, "both"), ("OWN-1", "AE", 3, "only Dossier"), ("OWN-2", "AE", 2, ""),
        ("OWN-3", "ADSL", 2, ""), ("OWN-1", "AE", 1, "only CORE"), ("OWN-9", "AE", None, "")]
    added, foreign = report.findings[-2:]
    assert (added.severity, added.subject, added.key, added.values) == (
        "warning", "S-01", (("--SEQ", "2"),), ("GRAVE",))
    assert (foreign.severity, foreign.source, foreign.values, foreign.key) == ("error", "CORE", ("",), ())
    assert report.notes == ["CORE: 1 rule run by both engines; 1 finding of both, 1 of Dossier only, "
                            "1 of CORE only"]
    assert [(one.id, one.status) for one in report.rules][-1] == ("OWN-9", "passed")


def test_single_files_are_given_one_by_one(tmp_path: Path) -> None:
    data = write_study(tmp_path)
    command = find_core(install(tmp_path))
    assert command is not None
    made = run_core(command, read_package([data / "sdtm/ae.csv", data / "sdtm/dm.csv"]))
    assert len(made.issues) == 6  # the program is run once a file


def test_analysis_datasets_are_not_given(tmp_path: Path) -> None:
    data = write_study(tmp_path)
    command = find_core(install(tmp_path))
    assert command is not None
    assert run_core(command, read_package([data / "adam"])) == CoreReport((), {})


def test_an_environment_of_its_own_is_used(tmp_path: Path) -> None:
    folder = install(tmp_path)
    (folder / "venv/bin").mkdir(parents=True)
    (folder / "venv/bin/python").write_text("")
    assert find_core(folder) == [str(folder / "venv/bin/python"), str(folder / "core.py")]


def test_a_released_program_is_run_itself(tmp_path: Path) -> None:
    (tmp_path / "core").write_text("")
    assert find_core(tmp_path) == find_core(tmp_path / "core") == [str(tmp_path / "core")]


def test_there_may_be_none(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PATH", str(tmp_path))
    assert find_core(None) is None
    assert find_core(tmp_path) is None


@pytest.mark.parametrize(("program", "told"), [
    ("import sys\nsys.exit('no such standard')", "core: CORE: ended with status 1: no such standard"),
    ("", "CORE: wrote no report"),
])
def test_a_run_that_fails_is_told(program: str, told: str, package: Package, tmp_path: Path,
                                  monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    command = find_core(install(tmp_path, program))
    assert command is not None
    with pytest.raises(DataError) as caught:
        run_core(command, package)
    assert str(caught.value).endswith(told)


@pytest.mark.parametrize(("text", "told"), [
    ("{", "report.json: CORE: its report is no JSON (Expecting property name enclosed in double quotes: "
          "line 1 column 2 (char 1))"),
    ("[]", "report.json: CORE: its report has no Issue_Details or no Rules_Report"),
    ('{"Issue_Details": [1], "Rules_Report": []}',
     "report.json: CORE: its report has no Issue_Details or no Rules_Report"),
])
def test_another_layout_is_told(text: str, told: str, tmp_path: Path,
                                monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    Path("report.json").write_text(text)
    with pytest.raises(DataError) as caught:
        read_report(Path("report.json"))
    assert str(caught.value) == told
