"""``dossier xpt check``: a passing and a failing case for each rule, and damaged files."""

from __future__ import annotations

import random
import shutil
from collections.abc import Callable
from datetime import datetime
from pathlib import Path
from typing import Any

import pandas as pd
import pytest

from dossier.cli import main
from dossier.transport.check import check_files
from dossier.transport.profiles import FDA, PMDA, PROFILES
from engine import xpt
from engine.xpt import Variable
from engine.yaml import read_yaml

CASES_IN = Path(__file__).parent / "cases" / "transport"
CASES: Any = read_yaml(CASES_IN / "check.yaml", CASES_IN)
AT = datetime(2026, 6, 30)
LABELS = {"USUBJID": ("Subject", "受试者"), "AETERM": ("Reported Term", "术语"),
          "AESEQ": ("Sequence Number", "序号"), "AESTDT": ("Start Date", "开始日期")}
VALUES = {"USUBJID": ["01-001", "01-002"], "AETERM": ["Fever", "Nausea"], "AESEQ": ["1", "2"],
          "AESTDT": ["23802", "23803"]}
KNOWN = {"case", "agency", "encoding", "file", "label", "label_encoding", "version", "variables", "more",
         "patch", "cut", "findings", "notes"}


def write_case(case: Any, folder: Path) -> Path:
    """The file of a case."""
    zh = case.get("agency") == "NMPA"
    own = dict(case.get("variables", {}))
    parts: list[tuple[str, str, Any]] = []
    for standard in VALUES:
        name = next((n for n in own if n == standard), standard)
        parts.append((name, standard, own.pop(name, {})))
    parts = [(next((n for n in own), p[0]), p[1], own.pop(next(iter(own)))) if p[1] == "AETERM" and own
             else p for p in parts]
    parts += [(name, "AETERM", entry) for name, entry in case.get("more", {}).items()]
    variables, columns, special = [], {}, {}
    coded = "utf-8"
    for name, standard, entry in parts:
        number = standard in ("AESEQ", "AESTDT")
        values = [str(v) for v in entry.get("values", VALUES[standard])]
        coded = str(entry.get("coded", coded))
        made: pd.Series = pd.Series(values, dtype="str")
        if number:
            made = pd.Series([float("nan") if v.startswith(".") else float(v) for v in values])
            letters = {n: v[1:] for n, v in enumerate(values) if v.startswith(".")}
            if letters:
                special[name] = pd.Series(letters)
        columns[name] = made
        label = str(entry.get("label", LABELS[standard][zh]))
        format = str(entry.get("format", "DATE9." if standard == "AESTDT" else "")) or None
        length = int(entry.get("length", 8 if number else max(8, *(len(v.encode(coded)) for v in values))))
        variables.append(Variable(name, label, "Num" if number else "Char", length, format))
    path = folder / "ae.xpt"
    xpt.write(pd.DataFrame(columns), path, label=str(case.get("label", ("Adverse Events", "不良事件")[zh])),
              variables=variables, created=AT, version=int(case.get("version", 5)), encoding=coded,
              label_encoding=str(case.get("label_encoding", "utf-8")), special=special)
    return _damaged(case, path)


def _damaged(case: Any, path: Path) -> Path:
    """The file with bytes changed, cut or renamed as the case says."""
    data = path.read_bytes()
    for old, new in case.get("patch", {}).items():
        assert data.count(old.encode()) >= 1, old
        data = data.replace(old.encode(), new.encode())
    path.write_bytes(data[: len(data) - int(case.get("cut", 0))])
    return path.rename(path.with_name(str(case.get("file", "ae.xpt"))))


@pytest.mark.parametrize("case", CASES, ids=[str(case["case"]) for case in CASES])
def test_findings(case: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    assert set(case) <= KNOWN
    monkeypatch.chdir(tmp_path)
    path = write_case(case, tmp_path).relative_to(tmp_path)
    found = check_files([path], PROFILES.get(str(case.get("agency"))), case.get("encoding"))
    assert [str(one) for one in found.findings] == [str(one) for one in case.get("findings", [])]
    assert [str(one) for one in found.notes] == [str(one) for one in case.get("notes", [])]


def test_a_control_character_in_a_label(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    write_case({"patch": {"Reported Term": "Reported\x07Term"}}, tmp_path)
    assert [str(one) for one in check_files([Path("ae.xpt")]).findings] == [
        "ae.xpt: AE.AETERM: the label holds '\\x07', which is not printable"]


@pytest.mark.parametrize("agency", PROFILES)
def test_the_file_of_the_cases_is_one_for_each_agency(agency: str, tmp_path: Path) -> None:
    path = write_case({"agency": agency}, tmp_path)
    assert check_files([path], PROFILES[agency]).findings == []


Write = Callable[..., Path]


@pytest.fixture
def small(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Write:
    """Writes a small dataset into a folder."""
    monkeypatch.chdir(tmp_path)

    def write(name: str, folder: str = "set", length: int = 8, **columns: list[Any]) -> Path:
        path = tmp_path / folder / f"{name.lower()}.xpt"
        path.parent.mkdir(parents=True, exist_ok=True)
        frame = pd.DataFrame(columns or {"USUBJID": ["01-001"], "ARM": ["A"]})
        variables = [Variable(c, f"Label of {c}", "Num", 8) if frame[c].dtype.kind in "if"
                     else Variable(c, f"Label of {c}", "Char", length) for c in map(str, frame)]
        xpt.write(frame, path, label=f"Data of {name}", variables=variables, created=AT)
        return path
    return write


def test_variables_of_one_name_are_alike_in_all_datasets(small: Write) -> None:
    small("DM", length=6, USUBJID=["01-001"])
    small("VS", length=6, USUBJID=["01-001"], ARM=["ABCDEF"])
    assert check_files([Path("set")], FDA).findings == []
    small("EX", length=9, USUBJID=["01-001"], ARM=["AB"])
    small("XX", USUBJID=[1], ARM=["ABCDEF"], length=6)
    small("SUPPDM", length=40, QVAL=["A"])
    assert [str(one) for one in check_files([Path("set")], FDA).findings] == [
        "set/vs.xpt: VS.USUBJID: is Char, in XX it is Num",
        "set/xx.xpt: XX.USUBJID: is Num, in DM it is Char",
        "set/ex.xpt: EX.USUBJID: has length 9, its longest value in all datasets 6 bytes; "
        "FDA wants one length, that of the longest",
        "set/ex.xpt: EX.ARM: has length 9, its longest value in all datasets 6 bytes; "
        "FDA wants one length, that of the longest"][1:]
    lengths = [one for one in check_files([Path("set")], PMDA).findings if "length" in one.message]
    assert lengths == []


def test_a_dataset_is_in_one_file_only(small: Write) -> None:
    small("DM", "a")
    small("DM", "b")
    assert [str(one) for one in check_files([Path("a"), Path("b")]).findings] == [
        "b/dm.xpt: DM: the dataset is in a/dm.xpt too; names of datasets are unique in a study"]


def test_a_file_holds_one_dataset(small: Write) -> None:
    one, two = small("DM", "a"), small("EX", "b")
    Path("dm.xpt").write_bytes(one.read_bytes() + two.read_bytes())
    assert [str(one) for one in check_files([Path("dm.xpt")]).findings] == [
        "dm.xpt: holds 2 datasets: DM, EX; one dataset a file"]


def test_a_large_file_has_parts_beside_it(small: Write) -> None:
    from dataclasses import replace
    small("DM")
    tight = replace(FDA, largest=100, tight=False)
    assert [str(one) for one in check_files([Path("set")], tight).findings] == [
        "set/dm.xpt: has 1,120 bytes, and no parts in split/; FDA wants parts of 100 bytes at most beside it"]
    small("DM1", "set/split")
    assert [str(one) for one in check_files([Path("set")], tight).findings] == [
        "set/split/dm1.xpt: has 1,120 bytes; 100 at most in a part"]
    assert [str(one) for one in check_files([Path("set/dm.xpt")], replace(PMDA, agreed=1120)).findings] == [
        "set/dm.xpt: has 1,120 bytes; agree on it with PMDA"]


def test_parts_are_looked_at_together(small: Write, monkeypatch: pytest.MonkeyPatch) -> None:
    small("DM", USUBJID=[f"{n}" for n in range(50)], AGE=[1.5] * 50, ARM=["x"] * 47 + [" y"] * 3)
    whole = [str(one) for one in check_files([Path("set")]).findings]
    monkeypatch.setattr("dossier.transport.check._MOST", 7)
    assert [str(one) for one in check_files([Path("set")]).findings] == whole == [
        "set/dm.xpt:48: DM.ARM: record 48, subject 47: ' y' begins with a blank (and 2 more records)"]


def test_no_damaged_file_is_a_bug(small: Write) -> None:
    data = small("DM", USUBJID=["01-001", "01-002"], AGE=[1.5, 2.0]).read_bytes()
    draw = random.Random(1)
    for _ in range(300):
        made = bytearray(data[: draw.randrange(len(data))] if draw.random() < 0.3 else data)
        for _ in range(draw.randrange(1, 6)):
            if made:
                made[draw.randrange(len(made))] = draw.randrange(256)
        Path("dm.xpt").write_bytes(made)
        for profile in (None, *PROFILES.values()):
            found = check_files([Path("dm.xpt")], profile)
            assert all("\n" not in str(one) for one in found.findings)


def test_the_command(small: Write, capsys: pytest.CaptureFixture[str]) -> None:
    small("DM")
    assert main(["xpt", "check", "set", "--agency", "fda"]) == 0
    assert capsys.readouterr().out == "1 file, 1 dataset, 1 record: no findings\n"
    small("EX", USUBJID=["1", "2"], ARM=[" x", " y"])
    assert main(["xpt", "check", "set/ex.xpt", "nowhere.xpt", "-v"]) == 1
    assert capsys.readouterr().out == (
        "set/ex.xpt:1: EX.ARM: record 1, subject 1: ' x' begins with a blank (and 1 more record)\n"
        "    set/ex.xpt:1: subject 1\n    set/ex.xpt:2: subject 2\n"
        "nowhere.xpt: cannot be read: No such file or directory\n"
        "2 files, 1 dataset, 2 records: 2 findings\n")


def test_a_folder_without_files_and_an_encoding_that_is_none(
        small: Write, capsys: pytest.CaptureFixture[str]) -> None:
    Path("empty").mkdir()
    assert main(["xpt", "check", "empty"]) == 1
    assert capsys.readouterr().out == (
        "empty: there is no transport file (*.xpt)\n0 files, 0 datasets, 0 records: 1 finding\n")
    assert main(["xpt", "check", "empty", "--encoding", "utf-16"]) == 2
    assert capsys.readouterr().err == (
        "--encoding: utf-16 text does not keep ASCII as it is; use utf-8, gb18030 or cp1252\n"
        "dossier: 1 problem; nothing was written\n")


def test_the_manifest_beside_a_set_states_its_encoding(small: Write) -> None:
    path = write_case({"encoding": "gb18030", "variables": {"AETERM": {"values": ["恶心", "x"],
                                                                       "coded": "gb18030"}}}, Path.cwd())
    Path("set").mkdir()
    shutil.move(path, "set/ae.xpt")
    assert [one.message[-11:] for one in check_files([Path("set")]).findings] == ["is not utf-8"[-11:]]
    Path("set/export.json").write_text('{"encoding": "gb18030"}', encoding="utf-8")
    assert check_files([Path("set")]).findings == []
    for other in ("[]", "{", '{"encoding": ["x"]}', '{"encoding": "utf-16"}'):
        Path("set/export.json").write_text(other, encoding="utf-8")
        assert len(check_files([Path("set")]).findings) == 1
