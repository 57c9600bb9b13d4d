"""``dossier spec check``: mistakes first, then what nothing reads, nothing makes, and no codelist knows."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import NamedTuple

import pytest

from dossier.cli import main

STUDY = """
study: {id: S1, title: Small, created: 2025-01-02T03:04:05}
standards: {sdtmig: "3.4"}
read: {missing: [""], dates: [yyyy-MM-dd]}
subject: "study.id || '-' || SUBJ"
raw: {folder: raw, tables: {dm: dm.csv, ae: ae.csv, vs: vs.csv}}
"""
DM = """
domain: DM
from: dm
keys: [STUDYID, USUBJID]
variables:
  SUBJID: {from: SUBJ}
  SITEID: {constant: "1"}
  SEX: {from: SEX}
  COUNTRY: {constant: CHN}
  RFSTDTC: {missing: true}
  AGE: {from: AGE}
"""
AE = """
domain: AE
from: ae
keys: [STUDYID, USUBJID, AETERM]
variables:
  AESEQ: {sequence: [AETERM]}
  AETERM: {from: TERM}
  AEDECOD: {from: TERM}
  AESEV: {from: SEV, map: {slight: MILD}, unmapped: blank}
  AEOUT: {from: OUT, map: {gone: RECOVERED/RESOLVED}}
  AEACN: {from: ACN, unmapped: keep}
  AEREL: {from: REL, map: {"1": RELATED}}
  AESTDTC: {date: STDAT}
"""
RAW = {
    "dm.csv": "SUBJ,SEX,AGE,INIT,ENTERED\n1,Male,34,AB,x\n2,W,old,CD,x\n",
    "ae.csv": ("SUBJ,TERM,SEV,OUT,ACN,REL,STDAT,ENTERED\n1,Fever,slight,gone,NONE,1,2025-01-02,x\n"
               "1,Rash,awful,better,None,2,2025-01-32,x\n2,Cough,awful,better,stopped,1,,x\n"),
    "vs.csv": "SUBJ,WEIGHT,ENTERED\n1,70,x\n",
}
EXPECTED = ("  Expected, and nothing makes them: RFENDTC, RFXSTDTC, RFXENDTC, RFICDTC, RFPENDTC, DTHDTC, "
            "DTHFL, AGEU, RACE,\n    ARMCD, ARM, ACTARMCD, ACTARM, ARMNRS, ACTARMUD\n")
OUTCOMES = ("known: FATAL, NOT RECOVERED/NOT RESOLVED, RECOVERED/RESOLVED, RECOVERED/RESOLVED WITH SEQUELAE, "
            "RECOVERING/RESOLVING, UNKNOWN; say under 'map' which it is")
SEXES = "known: F, INTERSEX, M, U; say under 'map' which it is"
UNREAD = """
raw.tables
  columns of several tables, never read: ENTERED

raw.tables.dm
  2 of 5 columns are not read: INIT, and 1 of those above

raw.tables.ae
  1 of 8 columns is not read: named above

raw.tables.vs
  2 of 3 columns are not read: WEIGHT, and 1 of those above
"""


@pytest.fixture
def study(tmp_path: Path) -> Path:
    """A study of two domains with a table that nothing reads."""
    for folder in ("sdtm", "raw"):
        (tmp_path / folder).mkdir()
    (tmp_path / "study.yaml").write_text(STUDY)
    (tmp_path / "sdtm/dm.yaml").write_text(DM)
    (tmp_path / "sdtm/ae.yaml").write_text(AE)
    for name, text in RAW.items():
        (tmp_path / "raw" / name).write_text(text)
    return tmp_path


class Said(NamedTuple):
    """How a command ended and what it said."""

    status: int
    stdout: str
    stderr: str


Check = Callable[..., Said]


@pytest.fixture
def check(study: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch) -> Check:
    """The command, in the study's folder."""
    monkeypatch.chdir(study)
    monkeypatch.setenv("COLUMNS", "110")

    def run(*arguments: str) -> Said:
        status = main(["spec", "check", "--study", "study.yaml", *arguments])
        return Said(status, *capsys.readouterr())

    return run


def test_notes_by_dataset_and_raw_table(check: Check) -> None:
    done = check()
    assert (done.status, done.stderr) == (0, "")
    assert done.stdout == f"""study.yaml: 2 datasets, 48 variables, no problems

AE
  raw/ae.csv:3: AESEV: 'awful' is not in codelist AESEV (C66769); 2 of 3 records; left blank
  raw/ae.csv:3: AEOUT: 'better' is not in codelist OUT (C66768); 2 of 3 records; {OUTCOMES}
  raw/ae.csv:2: AEACN: 'NONE' is not in codelist ACN (C66767); 1 of 3 records; kept
  raw/ae.csv:3: AEACN: 'None' is not in codelist ACN (C66767); 1 of 3 records; kept
  raw/ae.csv:4: AEACN: 'stopped' is not in codelist ACN (C66767); 1 of 3 records; kept
  raw/ae.csv:3: AEREL: '2' is not in the map; 1 of 3 records; add it there
  Expected, and nothing makes them: AELLT, AELLTCD, AEPTCD, AEHLT, AEHLTCD, AEHLGT, AEHLGTCD, AEBODSYS,
    AEBDSYCD, AESOC, AESOCCD, AESER, AEENDTC

DM
  raw/dm.csv:3: SEX: 'W' is not in codelist SEX (C66731); 1 of 2 records; {SEXES}
{EXPECTED}{UNREAD}"""


def test_quick_reads_headers_only(check: Check) -> None:
    done = check("--quick")
    assert (done.status, done.stderr) == (0, "")
    assert done.stdout == f"""study.yaml: 2 datasets, 48 variables, no problems

AE
  Expected, and nothing makes them: AELLT, AELLTCD, AEPTCD, AEHLT, AEHLTCD, AEHLGT, AEHLGTCD, AEBODSYS,
    AEBDSYCD, AESOC, AESOCCD, AESER, AEENDTC

DM
{EXPECTED}{UNREAD}
values were not looked at: --quick
"""


def test_mistakes_come_first_and_exit_2(study: Path, check: Check) -> None:
    text = DM.replace("  SEX: {from: SEX}\n", "").replace("AGE}", "AGE}\n  HEIGHT: {from: INIT}")
    (study / "sdtm/dm.yaml").write_text(text)
    done = check()
    assert done.status == 2
    assert done.stderr == (
        "sdtm/dm.yaml:2:1: DM.SEX: the variable (Sex) is Required, and nothing makes it; "
        "give it an entry, as in SEX: {from: COLUMN}\n"
        "sdtm/dm.yaml:11:11: DM.HEIGHT: SDTMIG 3.4 has no such variable in DM; put it under 'supplemental'\n"
        "dossier: 2 problems; nothing was written\n")
    lines = done.stdout.splitlines()
    assert lines[0] == "study.yaml: 2 datasets, 48 variables, 2 problems"
    assert "  2 of 5 columns are not read: SEX, and 1 of those above" in lines
    assert lines[-1] == "values were not looked at: correct the problems first"


def test_an_unknown_column_is_a_mistake_and_ends_it(study: Path, check: Check) -> None:
    (study / "sdtm/ae.yaml").write_text(AE.replace("{from: SEV,", "{from: SEVR,"))
    done = check()
    assert (done.status, done.stdout) == (2, "")
    assert done.stderr == (
        "sdtm/ae.yaml:9:17: AE.AESEV: 'SEVR' is no variable here and no column of ae.csv; "
        "did you mean 'SEV'?\n"
        "dossier: 1 problem; nothing was written\n")


def test_a_raw_file_that_cannot_be_read_exits_1(study: Path, check: Check) -> None:
    (study / "raw/ae.csv").write_text(RAW["ae.csv"] + "1,Fever\n")
    done = check()
    assert (done.status, done.stdout) == (1, "")
    assert done.stderr == (
        "raw/ae.csv:5: ae: 2 cells where the header has 8; delete the line if it is no record; quote a cell "
        "that holds a line break\ndossier: 1 problem; nothing was written\n")


def test_values_made_on_the_way_are_looked_at_too(study: Path, check: Check) -> None:
    text = DM.replace("{from: SEX}", "{expression: \"SUBSTR(SEX, 1, 1) || '???'\"}")
    (study / "sdtm/dm.yaml").write_text(text)
    found = [line for line in check().stdout.splitlines() if "SEX" in line]
    assert found == [
        f"  raw/dm.csv:2: SEX: 'M???' is not in codelist SEX (C66731); 1 of 2 records; {SEXES}",
        f"  raw/dm.csv:3: SEX: 'W???' is not in codelist SEX (C66731); 1 of 2 records; {SEXES}"]


def test_the_most_frequent_values_of_many_are_listed(study: Path, check: Check) -> None:
    rows = [f"1,T{n},awful,s{n % 30:02d},,,,x" for n in range(31)]
    (study / "raw/ae.csv").write_text("SUBJ,TERM,SEV,OUT,ACN,REL,STDAT,ENTERED\n" + "\n".join(rows) + "\n")
    lines = [line for line in check().stdout.splitlines() if "AEOUT" in line]
    first = "  raw/ae.csv:2: AEOUT: 's00' is not in codelist OUT (C66768); 2 of 31 records; "
    assert lines[0] == first + OUTCOMES
    assert (len(lines), lines[-1]) == (21, "  AEOUT: and 10 more such values; -v lists all")
    assert len([line for line in check("-v").stdout.splitlines() if "AEOUT" in line]) == 30


def test_a_reader_that_has_seen_enough_is_no_bug(study: Path) -> None:
    command = f"{sys.executable} -m dossier spec check --study study.yaml | true"
    done = subprocess.run(["bash", "-o", "pipefail", "-c", command], cwd=study, text=True,
                          capture_output=True, check=False)
    assert (done.returncode, done.stderr) == (0, "")
