"""dossier xpt info: what files hold, in tables that fit and in JSON."""

from __future__ import annotations

import io
import json
import sys
from datetime import datetime
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from dossier.cli import main
from dossier.transport import info_values
from dossier.transport.info import infos, inspect, told
from dossier.transport.shown import number, text_pair
from dossier.transport.tables import broken, table, width_of
from engine.errors import DataError, SpecError
from engine.xpt import Variable, write

CREATED = datetime(2026, 6, 30, 8, 5, 9)
LB = (
    Variable("USUBJID", "Unique Subject Identifier", "Char", 8),
    Variable("LBTEST", "检查项目名称", "Char", 20, "$20."),
    Variable("LBSTRESN", "Numeric Result/Finding in Standard Units", "Num", 8, "8.2", "8.2"),
    Variable("LBDT", "Date", "Num", 8, "DATE9."),
)


def frame() -> pd.DataFrame:
    return pd.DataFrame({"USUBJID": ["S1-001", "S1-001", "S1-002", "S1-003"],
                         "LBTEST": ["白细胞", "Glucose", None, "Glucose"],
                         "LBSTRESN": [-1.5, np.nan, np.nan, 1e74], "LBDT": [23802.0, 23803, np.nan, 1]})


def put(path: Path, data: pd.DataFrame | None = None, **more: Any) -> Path:
    given_ = {"label": "Laboratory", "created": CREATED, "encoding": "utf-8", "label_encoding": "utf-8",
              "variables": LB, "special": {"LBSTRESN": pd.Series({1: "A"})}, **more}
    write(frame() if data is None else data, path, **given_)
    return path


HEAD = [
    "lb.xpt",
    "  dataset     LB: Laboratory",
    "  file        version 5, 1,520 bytes",
    "  created     2026-06-30 08:05:09, modified 2026-06-30 08:05:09",
    "  written by  SAS 6.06 on bsd4.2",
    "  records     4 of 44 bytes, 4 variables",
    "  text        values UTF-8; labels not ASCII",
    "",
    "no  variable  label                                     type  length  format  informat",
    "--  --------  ----------------------------------------  ----  ------  ------  --------",
    " 1  USUBJID   Unique Subject Identifier                 Char       8",
    " 2  LBTEST    检查项目名称                              Char      20  $20.",
    " 3  LBSTRESN  Numeric Result/Finding in Standard Units  Num        8  8.2     8.2",
    " 4  LBDT      Date                                      Num        8  DATE9.",
]


def test_whole_output(tmp_path: Path) -> None:
    (found,) = inspect(put(tmp_path / "lb.xpt"), distinct=2, shown="lb.xpt")
    assert told(found).splitlines() == [
        *HEAD,
        "",
        "variable  missing  distinct  longest    smallest     largest  special",
        "--------  -------  --------  -------  ----------  ----------  -------",
        "USUBJID         0    over 2        6",
        "LBTEST          1         2        9",
        "LBSTRESN        1         2                 -1.5       1e+74  .A 1",
        "LBDT            1    over 2           1960-01-02  2025-03-03",
    ]


def test_the_command_and_a_narrow_terminal(tmp_path: Path, capsys: pytest.CaptureFixture[str],
                                           monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    put(Path("lb.xpt"))
    monkeypatch.setenv("COLUMNS", "100")
    assert main(["xpt", "info", "lb.xpt"]) == 0
    assert capsys.readouterr() == ("\n".join(HEAD) + "\n", "")
    monkeypatch.setenv("COLUMNS", "72")
    assert main(["xpt", "info", "--quick", "."]) == 0
    assert capsys.readouterr().out.splitlines()[6:] == [
        "  text        labels not ASCII",
        "",
        "no  variable  label                       type  length  format  informat",
        "--  --------  --------------------------  ----  ------  ------  --------",
        " 1  USUBJID   Unique Subject Identifier   Char       8",
        " 2  LBTEST    检查项目名称                Char      20  $20.",
        " 3  LBSTRESN  Numeric Result/Finding in   Num        8  8.2     8.2",
        "              Standard Units",
        " 4  LBDT      Date                        Num        8  DATE9.",
    ]


def test_json(tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    put(Path("lb.xpt"), variables=LB[1:3])
    assert main(["xpt", "info", "--json", "--values", "lb.xpt"]) == 0
    assert json.loads(capsys.readouterr().out) == [{
        "file": "lb.xpt", "size": 1200, "version": 5, "name": "LB", "label": "Laboratory", "type": "",
        "created": "2026-06-30T08:05:09", "modified": "2026-06-30T08:05:09", "sas": "6.06",
        "system": "bsd4.2", "records": 4, "record_length": 28,
        "encoding": {"name": "utf-8", "possible": ["utf-8", "cp1252"]},
        "variables": [
            {"number": 1, "name": "LBTEST", "label": "检查项目名称", "type": "Char", "length": 20,
             "format": "$20.", "informat": None, "missing": 1, "special": {}, "distinct": 2,
             "more_distinct": False, "longest": 9, "smallest": None, "largest": None},
            {"number": 2, "name": "LBSTRESN", "label": "Numeric Result/Finding in Standard Units",
             "type": "Num", "length": 8, "format": "8.2", "informat": "8.2", "missing": 1,
             "special": {"A": 1}, "distinct": 2, "more_distinct": False, "longest": None, "smallest": -1.5,
             "largest": 1e74}]}]


def test_encodings_that_can_be_told(tmp_path: Path) -> None:
    data = frame().assign(LBTEST=["Glucose", "白细胞", "", "x"])
    (found,) = inspect(put(tmp_path / "lb.xpt", data, encoding="gb18030"))
    assert told(found).splitlines()[6] == (
        "  text        values not UTF-8, may be gb18030 or cp1252 (first: LB.LBTEST, record 2); "
        "labels not ASCII")
    (found,) = inspect(put(tmp_path / "lb.xpt", data, variables=LB[:1], special={}))
    assert told(found).splitlines()[6] == "  text        values ASCII; labels ASCII"


def test_labels_of_another_encoding(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    path = put(tmp_path / "lb.xpt", label_encoding="gb18030", encoding="gb18030")
    assert main(["xpt", "info", str(path)]) == 1
    assert capsys.readouterr() == ("", (
        f"{path.as_posix()}: the label of LB.LBTEST is not utf-8; give the true encoding, for example "
        "gb18030 or cp1252\ndossier: 1 problem; nothing was written\n"))
    assert main(["xpt", "info", str(path), "--encoding", "gb18030"]) == 0
    assert "检查项目名称" in capsys.readouterr().out


def test_several_datasets_in_a_file(tmp_path: Path) -> None:
    path, other = put(tmp_path / "lb.xpt"), put(tmp_path / "vs.xpt", label="")
    path.write_bytes(path.read_bytes() + other.read_bytes())
    assert [told(one).splitlines()[1] for one in inspect(path)] == [
        "  dataset     LB: Laboratory (dataset 1 of 2 in the file)",
        "  dataset     VS (dataset 2 of 2 in the file)"]


def test_damaged_files_are_told_after_the_others(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    good, bad = put(tmp_path / "lb.xpt"), tmp_path / "ae.xpt"
    bad.write_bytes(good.read_bytes()[:1000])
    (tmp_path / "none.xpt").write_bytes(good.read_bytes()[:240])
    assert main(["xpt", "info", str(tmp_path)]) == 1
    out, err = capsys.readouterr()
    assert out.splitlines()[0] == good.as_posix()
    assert err.splitlines() == [
        f"{bad.as_posix()}: is cut short or damaged; it has 1000 bytes, which is no multiple of 80",
        f"{tmp_path.as_posix()}/none.xpt: holds no dataset", "dossier: 2 problems; nothing was written"]


@pytest.mark.parametrize("seed", range(40))
def test_a_file_in_which_bytes_were_changed(seed: int, tmp_path: Path,
                                            capsys: pytest.CaptureFixture[str]) -> None:
    """Either command tells what is wrong, or shows what is there on lines of its own."""
    random = np.random.default_rng(seed)
    good, bad = put(tmp_path / "lb.xpt", version=5 + 3 * (seed % 2)), tmp_path / "bad.xpt"
    data = np.frombuffer(good.read_bytes(), dtype="uint8").copy()
    at = random.integers(0, len(data), 4)
    data[at] = random.integers(0, 256, 4)
    bad.write_bytes(data.tobytes())
    for command in (["info", "--values", str(bad)], ["diff", str(good), str(bad)]):
        status = main(["xpt", *command])
        out, err = capsys.readouterr()
        assert status == 1 if err else status in ((0,) if command[0] == "info" else (0, 1))
        assert bool(out) != bool(err)
        assert not any(ord(c) < 32 for c in (out + err).replace("\n", ""))


def test_a_terminal_without_the_characters(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    stream = io.TextIOWrapper(io.BytesIO(), encoding="ascii")
    monkeypatch.setattr(sys, "stdout", stream)
    assert main(["xpt", "info", str(put(tmp_path / "lb.xpt"))]) == 0
    assert b" 2  LBTEST    \\u68c0\\u67e5" in stream.buffer.getvalue()  # type: ignore[attr-defined]


def test_what_is_not_there(tmp_path: Path) -> None:
    with pytest.raises(SpecError, match=r"^no\.xpt: no such file or folder\nnix: no such file or folder$"):
        list(infos([Path("no.xpt"), Path("nix")]))
    with pytest.raises(SpecError) as caught:
        list(infos([tmp_path]))
    assert str(caught.value) == f"{tmp_path.as_posix()}: there is no .xpt file in this folder"
    path = put(tmp_path / "lb.xpt")
    with pytest.raises(DataError):
        list(infos([path, path], encoding="ascii"))


def test_no_text_at_all_and_no_records(tmp_path: Path) -> None:
    (found,) = inspect(put(tmp_path / "lb.xpt", frame().iloc[:0], special={}), distinct=9)
    assert told(found).splitlines()[-4:] == [
        "USUBJID         0         0        0",
        "LBTEST          0         0        0",
        "LBSTRESN        0         0",
        "LBDT            0         0"]
    (found,) = inspect(put(tmp_path / "lb.xpt", variables=LB[2:]))
    assert told(found).splitlines()[6] == "  text        values ASCII; labels ASCII"


@pytest.mark.parametrize(("wrong", "told_"), [
    (["--tolerance", "2"], "argument --tolerance: '2' is no part of a number, as in 1e-9"),
    (["--tolerance", "nan"], "argument --tolerance: 'nan' is no part of a number, as in 1e-9"),
    (["--limit", "-1"], "argument --limit: '-1' is no whole number from 0 on"),
    (["--key", "A,,B"], "argument --key: 'A,,B' is no list of variables, as in USUBJID,AESEQ"),
    (["--encoding", "nosuch"], "argument --encoding: nosuch text does not keep ASCII as it is; use utf-8, "
                               "gb18030 or cp1252"),
])
def test_misuse_of_diff(wrong: list[str], told_: str, capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit) as caught:
        main(["xpt", "diff", "a", "b", *wrong])
    assert caught.value.code == 2
    assert capsys.readouterr().err.splitlines()[-1] == f"dossier xpt diff: error: {told_}"


def test_values_as_they_are_shown() -> None:
    assert text_pair("a\x1b[2Jb\n    c", "a") == ("'a\\x1b[2Jb\\n    c'", "'a'")
    assert text_pair("Ａ", "A") == ("'\\uff21'", "'A'")
    assert text_pair("北京" * 3, "北京") == ("'北京北京北京'", "'北京'")
    assert [number(one) for one in (-0.0, 1e300, 0.1 + 0.2, 2.0**60)] == [
        "0", "1e+300", "0.30000000000000004", "1.152921504606847e+18"]


def test_tables() -> None:
    assert table(("a", "b"), [("x", "恶心"), ("长", "")], right=(1,)) == [
        "a      b", "--  ----", "x   恶心", "长"]
    assert broken("ab" * 7, 5) == ["ababa", "babab", "abab"]
    assert broken("恶心恶", 1) == ["恶", "心", "恶"]


@settings(max_examples=50, deadline=None)
@given(text=st.text(st.sampled_from("ab 恶，é"), max_size=60), width=st.integers(2, 20))
def test_a_broken_text_keeps_its_words_and_fits(text: str, width: int) -> None:
    found = broken(text.strip(), width)
    assert "".join(found).replace(" ", "") == text.replace(" ", "")
    assert all(width_of(line) <= width for line in found)


@settings(max_examples=25, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(data=st.data())
def test_counts_are_those_of_pandas(tmp_path: Path, data: st.DataObject) -> None:
    """However the file is cut into parts, the counts are those of the whole table."""
    size = data.draw(st.integers(1, 40))
    random = np.random.default_rng(data.draw(st.integers(0, 999)))
    texts = pd.Series(["a", "恶心", None, "ccc"], dtype="str")
    made = pd.DataFrame({
        "USUBJID": [f"S{n}" for n in range(size)],
        "LBTEST": texts.take(random.integers(0, 4, size)).to_numpy(),
        "LBSTRESN": np.where(random.random(size) < 0.3, np.nan, random.integers(-3, 3, size)),
        "LBDT": random.integers(0, 9, size) * 1.0})
    path = put(tmp_path / "lb.xpt", made, special={})
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(info_values, "_PART", data.draw(st.sampled_from([1, 100, 10_000])))
        (found,) = inspect(path, distinct=1000)
    for variable, counted in zip(LB, found.values, strict=True):
        values = made[variable.name]
        assert (counted.missing, counted.distinct) == (values.isna().sum(), values.nunique())
        if variable.type == "Num" and values.notna().any():
            assert (counted.smallest, counted.largest) == (values.min(), values.max())
    assert found.values[1].longest == max(len(str(one).encode()) for one in made["LBTEST"].fillna(""))
