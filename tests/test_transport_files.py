"""Export of any transport files, and the parts of one that is too large."""

from __future__ import annotations

import json
from dataclasses import replace
from datetime import datetime
from pathlib import Path
from typing import Any

import pandas as pd
import pyreadstat
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from dossier.cli import main
from dossier.transport.check import check_files
from dossier.transport.export import Exported, export
from dossier.transport.profiles import FDA, NMPA, PMDA, Profile
from dossier.transport.source import file_items
from dossier.transport.split import part_names
from engine import xpt
from engine.errors import DataError
from engine.xpt import Variable

AT = datetime(2026, 6, 30)


@pytest.fixture(autouse=True)
def _there(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)


def put(path: str, variables: list[Variable] | None = None, label: str = "Data", version: int = 5,
        special: dict[str, pd.Series] | None = None, **columns: list[Any]) -> Path:
    """Write a small file; where it is not named as its dataset, the dataset is AE."""
    target = Path(path)
    target.parent.mkdir(parents=True, exist_ok=True)
    frame = pd.DataFrame(columns)
    given = variables or [
        Variable(c, f"Label of {c}", "Num", 8) if frame[c].dtype.kind in "if" else
        Variable(c, f"Label of {c}", "Char", max(len(v.encode()) for v in frame[c])) for c in columns]
    xpt.write(frame, target, label=label, variables=given, created=AT, version=version, encoding="utf-8",
              label_encoding="utf-8", special=special)
    return target


def files(*paths: str, profile: Profile = FDA, encoding: str = "ascii", read_as: str = "utf-8",
          largest: int | None = None) -> Exported:
    """Export files into the folder out."""
    items = file_items([Path(p) for p in paths], profile, encoding, read_as)
    return export(lambda: items, profile, encoding, Path("out"), largest=largest)


def read(path: str) -> tuple[pd.DataFrame, Any]:
    """A file as another reader reads it."""
    return pyreadstat.read_xport(path, disable_datetime_conversion=True)


def test_a_folder_keeps_its_folders_and_labels() -> None:
    put("in/a/dm.xpt", USUBJID=["1"], AGE=[30.5])
    put("in/b/ae.xpt", USUBJID=["1"], AETERM=["Fever ≥ 38"])
    done = files("in")
    assert [one.file for one in done.datasets] == ["a/dm.xpt", "b/ae.xpt"]
    assert [(c.variable, c.original, c.written) for c in done.changes] == [
        ("AETERM", "Fever ≥ 38", "Fever >= 38")]
    frame, meta = read("out/fda/b/ae.xpt")
    assert (frame["AETERM"].tolist(), meta.file_label) == (["Fever >= 38"], "Data")
    assert check_files([Path("out/fda")], FDA).findings == []


def test_version_8_in_small_letters_becomes_5_in_capitals() -> None:
    variables = [Variable("usubjid", "Subject – id", "Char", 8), Variable("age", "Age", "Num", 8, "8.1")]
    put("in/dm.xpt", variables, "Data ± 1", 8, {"age": pd.Series({1: "B"})}, usubjid=["1", "2"],
        age=[30.5, float("nan")])
    done = files("in/dm.xpt")
    assert [str(note) for note in done.notes] == [
        "in/dm.xpt: DM.usubjid: name 'usubjid' written as 'USUBJID'",
        "in/dm.xpt: DM.usubjid: label 'Subject – id' written as 'Subject - id'",
        "in/dm.xpt: DM.age: name 'age' written as 'AGE'",
        "in/dm.xpt: DM: label 'Data ± 1' written as 'Data +/- 1'"]
    frame, meta = xpt.read("out/fda/dm.xpt")
    assert (meta.version, meta.label, meta.column_names) == (5, "Data +/- 1", ["USUBJID", "AGE"])
    assert meta.column_labels == ["Subject - id", "Age"]
    assert meta.special["AGE"].to_dict() == {1: "B"}
    assert frame["AGE"].iloc[0] == 30.5


def test_lengths_are_kept_where_they_may_and_grow_alike() -> None:
    for name, term in (("ae", "≥"), ("cm", "x")):
        put(f"in/{name}.xpt", [Variable("USUBJID", "S", "Char", 20), Variable("TERM", "T", "Char", 3)],
            USUBJID=["1"], TERM=[term])
    files("in", profile=PMDA)
    assert read("out/pmda/ae.xpt")[1].variable_storage_width == {"USUBJID": 20, "TERM": 3}
    put("in/ae.xpt", [Variable("USUBJID", "S", "Char", 20), Variable("TERM", "T", "Char", 6)], USUBJID=["1"],
        TERM=["℃℃"])
    files("in", profile=PMDA)
    assert [read(f"out/pmda/{name}.xpt")[1].variable_storage_width["TERM"] for name in ("ae", "cm")] == [8, 8]
    files("in")  # FDA wants them tight
    assert [read(f"out/fda/{name}.xpt")[1].variable_storage_width for name in ("ae", "cm")] == [
        {"USUBJID": 1, "TERM": 8}] * 2


def test_another_encoding_is_read_and_written() -> None:
    text = ["恶心", "发热"]
    put("in/ae.xpt", [Variable("TERM", "术语", "Char", 6)], "不良事件", TERM=text)
    files("in/ae.xpt", profile=NMPA, encoding="gb18030")
    Path("out/nmpa/export.json").unlink()
    frame, meta = pyreadstat.read_xport("out/nmpa/ae.xpt", encoding="GB18030")
    assert (frame["TERM"].tolist(), meta.column_labels) == (text, ["术语"])
    Path("out/nmpa").rename("gb")
    files("gb", profile=NMPA, encoding="utf-8", read_as="gb18030")
    assert read("out/nmpa/ae.xpt")[0]["TERM"].tolist() == text


def test_a_set_in_japanese() -> None:
    put("in/ae.xpt", [Variable("USUBJID", "Subject", "Char", 1), Variable("TERM", "Term", "Char", 9)],
        USUBJID=["1", "2"], TERM=["発熱", "表示"])  # 表 ends in the byte of a backslash
    files("in", profile=PMDA, encoding="cp932")
    assert check_files([Path("out/pmda")], PMDA).findings == []
    frame, meta = pyreadstat.read_xport("out/pmda/ae.xpt", encoding="CP932")
    assert (frame["TERM"].tolist(), meta.column_labels) == (["発熱", "表示"], ["Subject", "Term"])
    put("in/ae.xpt", TERM=["恶心", "발열"])
    with pytest.raises(DataError) as error:
        files("in", profile=PMDA, encoding="cp932")
    assert str(error.value).splitlines() == [
        "in/ae.xpt:1: AE.TERM: record 1: '恶心' holds '恶', which is not cp932",
        "in/ae.xpt:2: AE.TERM: record 2: '발열' holds '발', '열', which is not cp932"]


def test_everything_wrong_with_all_files_is_told_at_once() -> None:
    put("in/ae.xpt", [Variable("TERM_", "Grade > 3", "Char", 6, "$OURS.")], "", TERM_=["恶心"])
    put("in/cm.xpt", TERM=["é"])
    with pytest.raises(DataError) as error:
        files("in")
    assert str(error.value).splitlines() == [
        "in/ae.xpt: AE: has no label; FDA wants one, in English",
        "in/ae.xpt: AE.TERM_: the name has an underscore; FDA takes letters and digits",
        "in/ae.xpt: AE.TERM_: the label holds '>'; FDA takes neither < nor >",
        "in/ae.xpt: AE.TERM_: format $OURS. is none of SAS's own; "
        "what it shows is not in the file; leave it out",
        "in/ae.xpt:1: AE.TERM_: record 1: '恶心' holds '恶', '心', which is not ASCII; write it in ASCII",
        "in/cm.xpt:1: CM.TERM: record 1: 'é' holds 'é', which is not ASCII; write it in ASCII"]
    assert not Path("out/fda").exists()


def test_what_only_a_check_of_the_result_finds_keeps_it_from_being_written() -> None:
    put("in/ae.xpt", TERM=[" Fever"])
    with pytest.raises(DataError) as error:
        files("in")
    assert str(error.value) == "ae.xpt:1: AE.TERM: record 1: ' Fever' begins with a blank"
    assert not Path("out/fda").exists()


def test_files_that_cannot_be_exported() -> None:
    put("a/ae.xpt", TERM=["x"])
    put("b/ae.xpt", TERM=["x"])
    Path("a/none.xpt").write_text("x")
    with pytest.raises(DataError) as error:
        files("a", "b", "c.xpt")
    assert str(error.value).splitlines() == [
        "a/none.xpt: is not a SAS transport file",
        "c.xpt: export: cannot be read: No such file or directory",
        "a/ae.xpt: AE: is exported from another file too; name one of them",
        "b/ae.xpt: AE: is exported from another file too; name one of them"]


def test_names_that_are_alike_in_capitals() -> None:
    put("in/ae.xpt", version=8, TERM=["x"], TERN=["y"])
    path = Path("in/ae.xpt")
    path.write_bytes(path.read_bytes().replace(b"TERN", b"term"))
    with pytest.raises(DataError) as error:
        files("in")
    assert str(error.value) == "in/ae.xpt: AE.TERM: stands twice"


def test_a_long_variable_of_version_8_is_as_long_as_version_5_allows() -> None:
    variables = [Variable("TERM", "Term", "Char", 400)]
    put("in/ae.xpt", variables, version=8, TERM=["x" * 200, "y"])
    files("in")
    assert read("out/fda/ae.xpt")[1].variable_storage_width == {"TERM": 200}
    put("in/ae.xpt", variables, version=8, TERM=["y", "x" * 201])
    with pytest.raises(DataError) as error:
        files("in")
    assert str(error.value) == (
        "in/ae.xpt:2: AE.TERM: record 2: text of 201 bytes; version 5 has room for 200")


# --- parts -------------------------------------------------------------------------------


def test_a_large_dataset_has_parts_beside_it() -> None:
    subjects = [f"01-{n:04d}" for n in range(100)]
    put("in/lb.xpt", USUBJID=subjects, LBSEQ=[float(n) for n in range(100)], LBTEST=["x" * 40] * 100)
    put("in/dm.xpt", USUBJID=["01-0000"])
    done = files("in", largest=3000)
    whole = read("out/fda/lb.xpt")[0]
    assert len(whole) == 100
    parts = sorted(Path("out/fda/split").glob("*.xpt"))
    assert [p.name for p in parts] == ["lb1.xpt", "lb2.xpt", "lb3.xpt", "lb4.xpt"]
    assert all(p.stat().st_size <= 3000 for p in parts)
    pd.testing.assert_frame_equal(pd.concat([read(str(p))[0] for p in parts], ignore_index=True), whole)
    assert [read(str(p))[1].table_name for p in parts] == ["LB1", "LB2", "LB3", "LB4"]
    told = json.loads(Path("out/fda/export.json").read_text(encoding="utf-8"))["datasets"]
    assert "parts" not in told[0]
    assert told[1]["parts"][1] == {"name": "LB2", "file": "split/lb2.xpt", "first record": 33,
                                   "last record": 64, "bytes": parts[1].stat().st_size}
    assert check_files([Path("out/fda")], replace(FDA, largest=3000)).findings == []
    assert [one.name for one in done.datasets] == ["DM", "LB"]


def test_without_need_there_are_no_parts() -> None:
    put("in/lb.xpt", USUBJID=["1"])
    size = Path("in/lb.xpt").stat().st_size
    files("in", largest=size)
    assert not Path("out/fda/split").exists()


def test_parts_that_cannot_be() -> None:
    put("in/lb.xpt", LBTEST=["x" * 200] * 200)
    with pytest.raises(DataError, match=r"^lb\.xpt: LB: a part of 1,000 bytes cannot hold a record of 200$"):
        files("in", largest=1000)
    with pytest.raises(DataError, match=r"^lb\.xpt: LB: 200 parts cannot be named in 4 characters$"):
        files("in", largest=1200)
    assert not Path("out/fda").exists()


@settings(max_examples=25)
@given(records=st.integers(1, 60), width=st.integers(1, 90), room=st.integers(1, 40))
def test_parts_are_the_whole(tmp_path_factory: pytest.TempPathFactory, records: int, width: int,
                             room: int) -> None:
    from dossier.transport.split import split
    folder = tmp_path_factory.mktemp("parts")
    path = folder / "adlb.xpt"
    frame = pd.DataFrame({"N": [float(n) for n in range(records)], "T": ["x" * width] * records})
    written = xpt.write(frame, path, created=AT)
    largest = 1200 + room * (8 + width) + 80
    made = split(path, written, largest, "ascii", "ascii")
    read_back = [xpt.read(folder / "split" / f"{p.name.lower()}.xpt")[0] for p in made]
    pd.testing.assert_frame_equal(pd.concat(read_back, ignore_index=True), frame)
    rows = len(read_back[0])
    assert [(p.first, p.last) for p in made] == [
        (first, min(first + rows - 1, records)) for first in range(1, records + 1, rows)]
    assert all(p.bytes <= largest for p in made)


@given(st.integers(1, 9999))
def test_names_of_parts(parts: int) -> None:
    names = part_names("ADLB", parts, "adlb.xpt")
    assert len(names) == len(set(names)) == parts
    assert names == sorted(names)
    assert max(map(len, names)) <= 8


# --- the command -------------------------------------------------------------------------


def test_the_command(capsys: pytest.CaptureFixture[str]) -> None:
    put("in/ae.xpt", version=8, term=["≥ 3"])
    assert main(["xpt", "export", "--agency", "pmda", "in/ae.xpt", "--out", "out"]) == 0
    assert capsys.readouterr().out == (
        "ae.xpt: AE.TERM: '≥ 3' written as '>= 3', in other characters; 1 record\n"
        "note: in/ae.xpt: AE.term: name 'term' written as 'TERM'\n"
        "dataset  records  variables  bytes  label\n"
        "-------  -------  ---------  -----  -----\n"
        "AE             1          1    960  Data\n"
        "written to out/pmda for PMDA, version 5, in ascii\n")


def test_files_and_a_study_do_not_go_together(capsys: pytest.CaptureFixture[str]) -> None:
    put("in/ae.xpt", TERM=["x"])
    assert main(["xpt", "export", "--agency", "FDA", "in", "--study", "study.yaml", "--from", "build"]) == 2
    assert capsys.readouterr().err == (
        "--study: is for a study's datasets, not for files; leave it out\n"
        "--from: is for a study's datasets, not for files; leave it out\n"
        "--out: says where the set goes, and is needed with files\n"
        "dossier: 3 problems; nothing was written\n")
    assert main(["xpt", "export", "--agency", "FDA", "empty", "--out", "out"]) == 1
    Path("empty").mkdir()
    capsys.readouterr()
    assert main(["xpt", "export", "--agency", "FDA", "empty", "--out", "out"]) == 2
    assert capsys.readouterr().err == (
        "empty: there is no transport file (*.xpt)\ndossier: 1 problem; nothing was written\n")
