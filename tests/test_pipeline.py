"""The pipeline: what a part of a set leaves behind, where files go, and the time stamped into them."""

from __future__ import annotations

from pathlib import Path

import pytest

from dossier.pipeline import build, check
from engine import xpt
from engine.errors import DataError, SpecError

STUDY = """
study: {id: S1, title: Small, created: 2025-01-02T03:04:05}
standards: {sdtmig: "3.4"}
subject: SUBJ
raw: {folder: raw, tables: {dm: dm.csv, mh: mh.csv}}
"""
DM = """
domain: DM
from: dm
keys: [STUDYID, USUBJID]
variables:
  SUBJID: {from: SUBJ}
  SITEID: {constant: "01"}
  SEX: {constant: F}
  ARMCD: {constant: A}
  ARM: {constant: A}
  COUNTRY: {constant: CHN}
"""
MH = """
domain: MH
from: mh
keys: [STUDYID, USUBJID, MHTERM]
variables:
  MHSEQ: {sequence: [MHTERM]}
  MHTERM: {from: TERM}
  MHDECOD: {from: TERM}
"""
MORE = """
supplemental:
  MHMORE: {from: MORE, label: More, origin: Collected}
"""


@pytest.fixture
def study(tmp_path: Path) -> Path:
    """A study of two datasets; gives its file."""
    (tmp_path / "sdtm").mkdir()
    (tmp_path / "raw").mkdir()
    for name, text in {"study.yaml": STUDY, "sdtm/dm.yaml": DM, "sdtm/mh.yaml": MH + MORE,
                       "raw/dm.csv": "SUBJ\n1\n", "raw/mh.csv": "SUBJ,TERM,MORE\n1,Pain,x\n"}.items():
        (tmp_path / name).write_text(text)
    return tmp_path / "study.yaml"


def made(out: Path) -> set[str]:
    """The files of the set, by name."""
    return {path.name for path in out.rglob("*.xpt")}


def test_old_qualifiers_go_with_their_parent(study: Path, tmp_path: Path) -> None:
    out = tmp_path / "out"
    build(study, out)
    assert made(out) == {"dm.xpt", "mh.xpt", "suppmh.xpt"}
    build(study, out, ["dm"])
    assert made(out) == {"dm.xpt", "mh.xpt", "suppmh.xpt"}
    (tmp_path / "sdtm/mh.yaml").write_text(MH)
    summary = build(study, out, ["MH"])
    assert made(out) == {"dm.xpt", "mh.xpt"}
    assert summary.kept == ("datasets/s1/tabulations/sdtm/dm.xpt",)


def test_qualifiers_are_asked_for_by_their_parent_or_by_name(study: Path, tmp_path: Path) -> None:
    summary = build(study, tmp_path / "out", ["suppmh"])
    assert [line[0] for line in summary.lines] == ["MH", "SUPPMH"]


@pytest.mark.parametrize("epoch", ["soon", "-1", "1e9", "²", "99999999999999999999"])
def test_a_wrong_time_stops_the_build_before_data_are_read(
    study: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, epoch: str,
) -> None:
    monkeypatch.setenv("SOURCE_DATE_EPOCH", epoch)
    (tmp_path / "raw/mh.csv").write_text("SUBJ,TERM,MORE\n9,Pain,x\n")
    with pytest.raises(SpecError) as caught:
        build(study, tmp_path / "out")
    assert str(caught.value) == f"SOURCE_DATE_EPOCH: '{epoch}' is no number of seconds since 1970"
    assert not (tmp_path / "out").exists()


def test_without_a_time_the_first_that_sas_knows_is_stamped(study: Path, tmp_path: Path,
                                                            monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("SOURCE_DATE_EPOCH", raising=False)
    study.write_text(STUDY.replace(", created: 2025-01-02T03:04:05", ""))
    build(study, tmp_path / "out", ["DM"])
    assert str(xpt.read(next(tmp_path.rglob("dm.xpt")))[1].created) == "1960-01-01 00:00:00"


@pytest.mark.parametrize(("identity", "message"), [
    ("{id: A/B, title: T}", "2:13: study: 'A/B' is no name of a folder"),
    ("{id: A B, title: T, folder: ../x}", "2:36: study: '../x' is no name of a folder")])
def test_the_set_cannot_be_led_out_of_its_folder(study: Path, tmp_path: Path, identity: str,
                                                 message: str) -> None:
    study.write_text(f"\nstudy: {identity}" + STUDY[STUDY.index("\nstandards"):])
    with pytest.raises(SpecError) as caught:
        check(study)
    hint = "letters, digits, - and _; 'folder' names one where the id cannot"
    assert str(caught.value) == f"{tmp_path}/study.yaml:{message}; {hint}"


def test_a_folder_stands_in_for_an_id_that_is_no_name(study: Path, tmp_path: Path) -> None:
    study.write_text(STUDY.replace("{id: S1,", "{id: S/1, folder: S-1,"))
    assert build(study, tmp_path / "out").folder == tmp_path / "out/m5/datasets/s-1"


@pytest.mark.parametrize(("out", "message"), [
    ("raw/dm.csv", "raw/dm.csv: build: is a file, a folder is needed; name another folder with --out"),
    ("raw/dm.csv/x", "raw/dm.csv: build: is a file, a folder is needed; name another folder with --out"),
    ("here", "here/m5: build: is a file, a folder is needed; name another folder with --out")])
def test_an_out_that_cannot_be_used_stops_the_build_before_specs_are_read(
    study: Path, tmp_path: Path, out: str, message: str,
) -> None:
    (tmp_path / "here").mkdir()
    (tmp_path / "here/m5").write_text("")
    study.write_text("nothing that could be read")
    with pytest.raises(DataError) as caught:
        build(study, tmp_path / out)
    assert str(caught.value).replace(f"{tmp_path}/", "") == message


def test_the_trial_of_an_out_leaves_nothing_behind(study: Path, tmp_path: Path) -> None:
    study.write_text("nothing that could be read")
    before = sorted(tmp_path.rglob("*"))
    with pytest.raises(SpecError):
        build(study, tmp_path / "out/of/this")
    assert sorted(tmp_path.rglob("*")) == before


def test_nothing_is_written_when_data_are_refused(study: Path, tmp_path: Path) -> None:
    (tmp_path / "raw/mh.csv").write_text("SUBJ,TERM,MORE\n1,Pain,x\n9,Pain,x\n1,Pain,y\n")
    with pytest.raises(DataError) as caught:
        build(study, tmp_path / "out")
    assert [str(p).replace(f"{tmp_path}/", "") for p in caught.value.problems] == [
        "raw/mh.csv:2: MH: records alike in its keys: lines 2 and 4 (USUBJID '1', MHTERM 'Pain'); "
        "2 of 3 records; 'unique' drops records alike in all columns, 'supersede' old versions; or add a key",
        "raw/mh.csv:3: MH.USUBJID: subject '9' is not in DM; 1 of 3 records; "
        "set 'unknown_subject: drop' if such records are to be left out"]
    assert not (tmp_path / "out").exists()
