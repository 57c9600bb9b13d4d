"""The command line: exit status, what goes where, and that a failure leaves the last good set."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest
from command import run

STUDY = """
study: {id: S1, title: Small, created: 2025-01-02T03:04:05}
standards: {sdtmig: "3.4"}
read: {missing: [""]}
subject: "study.id || '-' || SITE || '-' || SUBJ"
raw: {folder: raw, tables: {dm: dm.csv}}
"""
DM = """
domain: DM
from: dm
keys: [STUDYID, USUBJID]
variables:
  SUBJID: {from: SUBJ}
  SITEID: {from: SITE}
  SEX: {from: SEX}
  AGE: {from: AGE}
  ARMCD: {constant: A}
  ARM: {constant: A}
  COUNTRY: {constant: CHN}
"""
RAW = "SITE,SUBJ,SEX,AGE\n01,001,Male,34\n01,002,F,51\n"


@pytest.fixture
def study(tmp_path: Path) -> Path:
    """A study of one dataset in a folder of its own."""
    (tmp_path / "sdtm").mkdir()
    (tmp_path / "raw").mkdir()
    (tmp_path / "study.yaml").write_text(STUDY)
    (tmp_path / "sdtm/dm.yaml").write_text(DM)
    (tmp_path / "raw/dm.csv").write_text(RAW)
    return tmp_path


def run_as_a_person(folder: Path, *arguments: str) -> subprocess.CompletedProcess[str]:
    """Run the command in a folder, in a process of its own; elsewhere its start would cost too much."""
    return subprocess.run([sys.executable, "-m", "dossier", *arguments], cwd=folder, text=True,
                          capture_output=True, check=False, timeout=120)


def test_build_writes_and_ends_with_a_table(study: Path) -> None:
    done = run_as_a_person(study, "build", "--study", "study.yaml", "--out", "out")
    assert done.returncode == 0, done.stderr
    lines = done.stdout.splitlines()
    assert lines[0].split() == ["dataset", "records", "variables", "subjects", "problems", "seconds"]
    assert lines[2].split()[:5] == ["DM", "2", "24", "2", "0"]
    assert lines[3] == "written to out/m5/datasets/s1"
    assert (study / "out/m5/datasets/s1/tabulations/sdtm/dm.xpt").is_file()
    assert "01-001" not in done.stderr


def test_refused_data_exit_1_and_keep_the_last_good_set(study: Path) -> None:
    assert run(study, "build", "--study", "study.yaml", "--out", "out").returncode == 0
    file = study / "out/m5/datasets/s1/tabulations/sdtm/dm.xpt"
    before = file.read_bytes()
    (study / "raw/dm.csv").write_text(RAW.replace("Male", "Mannlich").replace("51", "old"))
    done = run(study, "build", "--study", "study.yaml", "--out", "out")
    assert done.returncode == 1
    errors = [line for line in done.stderr.splitlines() if line.startswith(("raw/", "dossier:"))]
    assert errors == [
        "raw/dm.csv:2: DM.SEX: 'Mannlich' is not in codelist SEX (C66731); 1 of 2 records; "
        "known: F, INTERSEX, M, U; say under 'map' which it is",
        "raw/dm.csv:3: DM.AGE: 'old' is no number; 1 of 2 records; 'unread: blank' leaves it out",
        "dossier: 2 problems; nothing was written"]
    assert file.read_bytes() == before


def test_wrong_spec_exits_2_before_data_are_read(study: Path) -> None:
    (study / "sdtm/dm.yaml").write_text(DM.replace("{from: SEX}", "{form: SEX}"))
    (study / "raw/dm.csv").unlink()
    done = run(study, "build", "--study", "study.yaml", "--out", "out")
    assert done.returncode == 2
    assert done.stderr.splitlines()[-2:] == [
        "sdtm/dm.yaml:8:9: DM.SEX: unknown verb 'form'; did you mean 'from'?",
        "dossier: 1 problem; nothing was written"]


def test_unknown_dataset_and_unknown_option_exit_2(study: Path) -> None:
    done = run(study, "build", "DX", "--study", "study.yaml", "--out", "out")
    assert (done.returncode, done.stderr.splitlines()[-2]) == (
        2, "DX: no such dataset in the study; known: DM")
    assert run(study, "build", "--strange").returncode == 2


def test_missing_study_file_exits_2(tmp_path: Path) -> None:
    done = run(tmp_path, "build", "--study", "nosuch.yaml")
    assert done.returncode == 2
    assert "nosuch.yaml" in done.stderr
    assert "Traceback" not in done.stderr


def test_a_bug_exits_3_with_its_traceback(study: Path) -> None:
    program = "import dossier.pipeline as p, dossier.cli as c\np.planned = None\nc.main(['spec', 'check'])"
    done = subprocess.run([sys.executable, "-c", program], cwd=study, text=True, capture_output=True,
                          check=False)
    assert done.returncode == 3
    assert "Traceback" in done.stderr
    assert "this is a bug of Dossier" in done.stderr


def test_spec_check_and_show(study: Path) -> None:
    done = run(study, "spec", "check", "--study", "study.yaml")
    assert (done.returncode, done.stderr) == (0, "")
    head, blank, name, *expected = done.stdout.splitlines()
    assert (head, blank, name) == ("study.yaml: 1 dataset, 24 variables, no problems", "", "DM")
    assert " ".join(" ".join(expected).split()) == (
        "Expected, and nothing makes them: RFSTDTC, RFENDTC, RFXSTDTC, RFXENDTC, RFICDTC, RFPENDTC, DTHDTC, "
        "DTHFL, AGEU, RACE, ACTARMCD, ACTARM, ARMNRS, ACTARMUD")
    shown = run(study, "spec", "show", "DM", "--study", "study.yaml")
    assert shown.returncode == 0
    assert '  SEX:\n    from: SEX\n' in shown.stdout
    assert "C66731" in shown.stdout


def test_version(tmp_path: Path) -> None:
    done = run_as_a_person(tmp_path, "--version")
    assert (done.returncode, done.stdout.split()[0]) == (0, "dossier")


def test_verbose_lists_the_records_with_their_subjects(study: Path) -> None:
    (study / "raw/dm.csv").write_text(RAW.replace("Male", "X"))
    quiet = run(study, "build", "--study", "study.yaml")
    assert "S1-01-001" not in quiet.stderr
    loud = run(study, "build", "-v", "--study", "study.yaml")
    assert "    raw/dm.csv:2: subject S1-01-001" in loud.stderr.splitlines()
