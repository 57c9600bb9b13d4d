"""dossier xpt diff: what differs is found, named and counted, exactly; what does not is not."""

from __future__ import annotations

import json
from datetime import datetime
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from dossier.cli import main
from dossier.transport import diff_sides, diff_values
from dossier.transport.diff import DatasetDiff, Identical, OneSided, Result, compare
from dossier.transport.diff_keys import candidates
from dossier.transport.diff_sides import Options
from dossier.transport.diff_told import plain_facts, told
from engine.errors import DataError, SpecError
from engine.xpt import Variable, write

CREATED = datetime(2026, 6, 30, 8, 5, 9)
AE = (
    Variable("STUDYID", "Study Identifier", "Char", 2),
    Variable("USUBJID", "Unique Subject Identifier", "Char", 6),
    Variable("AESEQ", "Sequence Number", "Num", 8),
    Variable("AETERM", "Reported Term", "Char", 20),
    Variable("AESTDT", "Start Date", "Num", 8, "DATE9."),
    Variable("AEDUR", "Duration", "Num", 8),
)


def table() -> pd.DataFrame:
    return pd.DataFrame({
        "STUDYID": "S1", "USUBJID": ["S1-001", "S1-001", "S1-002", "S1-003"], "AESEQ": [1.0, 2, 1, 1],
        "AETERM": ["Headache", "Nausea", None, "Rash"], "AESTDT": [23802.0, 23803, np.nan, 1],
        "AEDUR": [1.0, np.nan, np.nan, 2]})


def put(folder: Path, frame: pd.DataFrame, name: str = "AE", variables: tuple[Variable, ...] = AE,
        **more: Any) -> Path:
    folder.mkdir(exist_ok=True)
    path = folder / f"{name.lower()}.xpt"
    given_ = {"label": "Adverse Events", "created": CREATED, "encoding": "utf-8", **more}
    write(frame, path, name=name, variables=variables, **given_)
    return path


def pair(tmp_path: Path, frame: pd.DataFrame, **more: Any) -> tuple[Path, Path]:
    """The table in one file, a changed one in another."""
    return put(tmp_path / "a", table()), put(tmp_path / "b", frame, **more)


def only(a: Path, b: Path, **options: Any) -> DatasetDiff:
    (result,) = compare(a, b, Options(**options))
    assert isinstance(result, DatasetDiff)
    return result


def lines(a: Path, b: Path, **options: Any) -> list[str]:
    return list(told(only(a, b, **options)))


def test_whole_output(tmp_path: Path) -> None:
    changed = pd.concat([table().iloc[[0, 2, 1]], pd.DataFrame({
        "STUDYID": ["S1"], "USUBJID": ["S1-009"], "AESEQ": [1.0], "AETERM": ["Cough"]})], ignore_index=True)
    changed.loc[0, "AETERM"], changed.loc[0, "AEDUR"] = "Head\u00a0ache", 1.5
    changed.loc[1, "AESTDT"] = 5
    changed["AENEW"] = "Y"
    variables = (*AE[:3], AE[4], Variable("AETERM", "Term", "Char", 24), AE[5],
                 Variable("AENEW", "New", "Char", 1))
    a = put(tmp_path / "a", table(), special={"AEDUR": pd.Series({1: "A"})})
    b = put(tmp_path / "b", changed, variables=variables, label="Events", created=datetime(2026, 7, 1))
    assert lines(a, b) == [
        "ae.xpt: different",
        "  created 2026-06-30 08:05:09 -> 2026-07-01 00:00:00 (not compared)",
        "  modified 2026-06-30 08:05:09 -> 2026-07-01 00:00:00 (not compared)",
        "  records: 4; 3 in both, matched by USUBJID, AESEQ",
        "AE: only in A: USUBJID=S1-003, AESEQ=1",
        "AE: only in B: USUBJID=S1-009, AESEQ=1",
        "AE: records stand in another order, first USUBJID=S1-002, AESEQ=1",
        "AE: label 'Adverse Events' -> 'Events'",
        "AE.AETERM: length 20 -> 24",
        "AE.AETERM: label 'Reported Term' -> 'Term'",
        "AE.AENEW: only in B (Char 1, 'New')",
        "AE: order of variables: AETERM AESTDT -> AESTDT AETERM",
        "AE.AETERM: USUBJID=S1-001, AESEQ=1: 'Headache' -> 'Head\\xa0ache'",
        "AE.AESTDT: USUBJID=S1-002, AESEQ=1: . -> 1960-01-06",
        "AE.AEDUR: USUBJID=S1-001, AESEQ=1: 1 -> 1.5",
        "AE.AEDUR: USUBJID=S1-001, AESEQ=2: .A -> .",
        "",
        "variable  values  of records  furthest apart  otherwise",
        "--------  ------  ----------  --------------  -------------",
        "AETERM         1       33.3%                  length, label",
        "AESTDT         1       33.3%",
        "AEDUR          2       66.7%             0.5",
        "AENEW                                         only in B",
        "",
    ]


def test_equal_but_for_the_stamps_and_identical(tmp_path: Path) -> None:
    a, b = pair(tmp_path, table(), created=datetime(2026, 7, 1))
    assert only(a, b).equal
    assert lines(a, b) == [
        "ae.xpt: equal; 4 records, 6 variables",
        "  created 2026-06-30 08:05:09 -> 2026-07-01 00:00:00 (not compared)",
        "  modified 2026-06-30 08:05:09 -> 2026-07-01 00:00:00 (not compared)"]
    (result,) = compare(a, a, Options())
    assert isinstance(result, Identical)
    assert list(told(result)) == ["ae.xpt: identical, byte by byte"]


def test_versions_are_told_and_lengths_are_compared(tmp_path: Path) -> None:
    a, b = pair(tmp_path, table(), version=8)
    result = only(a, b)
    assert result.equal
    assert "  version 5 -> 8 (not compared)" in told(result)


def test_attributes_of_datasets_and_variables(tmp_path: Path) -> None:
    variables = (*AE[:3], Variable("AETERM", "Reported Term", "Char", 20, "$20.", "$20."),
                 Variable("AESTDT", "", "Num", 4, "E8601DA10."), Variable("AEDUR", "Duration", "Char", 3))
    frame = table().assign(AEDUR=["1", "", "", "2"])
    a = put(tmp_path / "a", table())
    b = put(tmp_path / "b", frame, name="CE", variables=variables, label="")
    assert lines(a, b)[1:-3] == [
        "  records: 4; 4 in both, matched by USUBJID, AESEQ",
        "AE: name 'AE' -> 'CE'",
        "AE: label 'Adverse Events' -> ''",
        "AE.AETERM: format none -> $20.",
        "AE.AETERM: informat none -> $20.",
        "AE.AESTDT: length 8 -> 4",
        "AE.AESTDT: label 'Start Date' -> ''",
        "AE.AESTDT: format DATE9. -> E8601DA10.",
        "AE.AEDUR: type Num -> Char; its values were not compared",
        "AE.AEDUR: length 8 -> 3",
        "",
        "variable  values  of records  furthest apart  otherwise",
        "--------  ------  ----------  --------------  ---------------------",
        "AETERM                                        format, informat",
    ]


def test_missing_is_not_special_missing(tmp_path: Path) -> None:
    a = put(tmp_path / "a", table(), special={"AEDUR": pd.Series({1: "A", 2: "_"})})
    b = put(tmp_path / "b", table(), special={"AEDUR": pd.Series({1: "B", 2: "_"})})
    (found,) = only(a, b).values
    assert (found.variable, found.count, found.largest) == ("AEDUR", 1, None)
    assert [(one.a, one.b) for one in found] == [(".A", ".B")]


def test_tolerance_is_a_part_of_the_larger(tmp_path: Path) -> None:
    frame = table()
    frame.loc[[0, 3], "AEDUR"] = [1 + 1e-12, 2.001]
    a, b = pair(tmp_path, frame)
    exact, near, far = (only(a, b, tolerance=one) for one in (0.0, 1e-9, 1e-2))
    assert [[found.count for found in one.values] for one in (exact, near, far)] == [[2], [1], []]
    assert near.values[0].largest == pytest.approx(0.001)
    assert far.equal
    assert "AE.AEDUR: USUBJID=S1-001, AESEQ=1: 1 -> 1.000000000001" in lines(a, b)


def test_ignored_variables_differ_in_nothing(tmp_path: Path) -> None:
    frame = table().assign(AETERM="x").drop(columns="AEDUR")
    a, b = pair(tmp_path, frame, variables=AE[:5])
    assert only(a, b, ignore=frozenset({"AETERM", "AEDUR"})).equal
    assert not only(a, b, ignore=frozenset({"AETERM"})).equal


def test_a_limit_lists_fewer_and_counts_all(tmp_path: Path) -> None:
    frame = table().assign(AETERM=["a", "b", "c", "d"], USUBJID=["S1-001"] * 2 + ["S1-008"] * 2,
                           AESEQ=[1.0, 2, 1, 2])
    a, b = pair(tmp_path, frame)
    found = [line for line in lines(a, b, limit=1) if line.startswith(("AE:", "AE."))]
    assert found == [
        "AE: only in A: USUBJID=S1-002, AESEQ=1", "AE: only in A: 1 more record; -v lists all",
        "AE: only in B: USUBJID=S1-008, AESEQ=1", "AE: only in B: 1 more record; -v lists all",
        "AE.AETERM: USUBJID=S1-001, AESEQ=1: 'Headache' -> 'a'", "AE.AETERM: 1 more value; -v lists all"]
    assert sum("more" in line for line in lines(a, b, limit=None)) == 0


def test_records_by_a_key_that_is_given(tmp_path: Path) -> None:
    frame = table().iloc[::-1].assign(AESEQ=[9.0, 8, 7, 6])
    a, b = pair(tmp_path, frame)
    result = only(a, b, key=("AETERM",))
    assert (result.matching.both, result.records_a.count, result.records_b.count) == (4, 0, 0)
    assert [found.variable for found in result.values] == ["AESEQ"]
    assert lines(a, b, key=("AETERM",))[1] == "  records: 4; 4 in both, matched by AETERM"
    assert "AE.AESEQ: AETERM=(blank): 1 -> 8" in lines(a, b, key=("AETERM",))


def test_a_key_that_is_not_unique_leaves_the_position(tmp_path: Path) -> None:
    a, b = pair(tmp_path, table().iloc[:3])
    assert lines(a, b, key=("USUBJID",)) == [
        "ae.xpt: different",
        "  records: 4 -> 3; 3 in both, matched by position (USUBJID is not unique in A: 1 record after one "
        "of the same key, first record 2)",
        "AE: only in A: record 4"]


def test_no_key_of_the_standard_is_unique(tmp_path: Path) -> None:
    frame = table().assign(AESEQ=1.0)
    a, b = put(tmp_path / "a", frame), put(tmp_path / "b", frame.assign(AEDUR=[1.0, 3, np.nan, 2]))
    assert lines(a, b)[1:3] == [
        "  records: 4; 4 in both, matched by position (neither STUDYID, USUBJID, AESEQ nor STUDYID, USUBJID "
        "is unique in both)",
        "AE.AEDUR: record 2: . -> 3"]


@pytest.mark.parametrize(("dataset", "columns", "first"), [
    ("DM", "STUDYID USUBJID AGE", "STUDYID USUBJID"),
    ("SUPPAE", "STUDYID RDOMAIN USUBJID IDVAR IDVARVAL QNAM QLABEL QVAL",
     "STUDYID RDOMAIN USUBJID IDVAR IDVARVAL QNAM"),
    ("LBCH", "STUDYID USUBJID LBSEQ", "STUDYID USUBJID LBSEQ"),
    ("APLB", "STUDYID APID LBSEQ", "STUDYID APID LBSEQ"),
    ("TS", "STUDYID TSSEQ TSPARMCD", "STUDYID TSPARMCD TSSEQ"),
    ("ADAE", "USUBJID ASEQ CMSEQ AESEQ", "USUBJID AESEQ"),
    ("ADCM", "USUBJID ASEQ", "USUBJID ASEQ"),
    ("ADSL", "STUDYID USUBJID", "STUDYID USUBJID"),
    ("RELREC", "STUDYID RDOMAIN USUBJID IDVAR IDVARVAL RELTYPE RELID",
     "STUDYID RDOMAIN USUBJID IDVAR IDVARVAL RELID"),
])
def test_keys_of_the_standard(dataset: str, columns: str, first: str) -> None:
    assert next(candidates(dataset, columns.split()))[0] == first.split()


def test_keys_of_an_analysis_dataset_grow(tmp_path: Path) -> None:
    variables = (*(Variable(name, "", "Char", 8) for name in ("STUDYID", "USUBJID", "PARAMCD", "DTYPE")),
                 Variable("ADT", "", "Num", 8, "DATE9."),
                 *(Variable(name, "", "Num", 8) for name in ("AVISITN", "AVAL")))
    frame = pd.DataFrame({
        "STUDYID": "S1", "USUBJID": ["1", "1", "1", "2"], "PARAMCD": ["A", "A", "B", "A"],
        "AVISITN": [1.0, 1, 1, 1], "ADT": [5.0, 6, 5, 5], "DTYPE": None, "AVAL": [1.0, 2, 3, 4]})
    a = put(tmp_path / "a", frame, "ADLB", variables)
    b = put(tmp_path / "b", frame.iloc[[3, 1, 2, 0]].assign(AVAL=[4.0, 7, 3, 1]), "ADLB", variables)
    found = [line for line in lines(a, b) if line.startswith(("ADLB", "  rec"))]
    assert found == [
        "  records: 4; 4 in both, matched by USUBJID, PARAMCD, ADT",
        "ADLB: records stand in another order, first USUBJID=1, PARAMCD=A, ADT=1960-01-07",
        "ADLB.AVAL: USUBJID=1, PARAMCD=A, ADT=1960-01-07: 2 -> 7"]


def test_records_named_by_special_missing_values(tmp_path: Path) -> None:
    frame = table().assign(USUBJID="S1-001", AESEQ=[1.0, np.nan, np.nan, 2])
    special = {"AESEQ": pd.Series({1: "A"})}
    a = put(tmp_path / "a", frame, special=special)
    b = put(tmp_path / "b", frame.assign(AETERM=["Headache", "x", "y", "Rash"]), special=special)
    assert [line for line in lines(a, b) if line.startswith("AE.")] == [
        "AE.AETERM: USUBJID=S1-001, AESEQ=.A: 'Nausea' -> 'x'",
        "AE.AETERM: USUBJID=S1-001, AESEQ=(blank): '' -> 'y'"]


def test_empty_tables(tmp_path: Path) -> None:
    a, b = pair(tmp_path, table().iloc[:0], created=datetime(2026, 7, 1))
    assert only(a, b).records_a.count == 4
    again = put(tmp_path / "c", table().iloc[:0])
    assert only(again, b).equal


def test_folders_by_name(tmp_path: Path) -> None:
    put(tmp_path / "a", table())
    put(tmp_path / "b", table()).rename(tmp_path / "b/AE.XPT")
    put(tmp_path / "a", table(), "CE")
    put(tmp_path / "b", table(), "FA")
    assert [line for one in compare(tmp_path / "a", tmp_path / "b", Options()) for line in told(one)] == [
        "ce.xpt: only in A", "fa.xpt: only in B", "ae.xpt: identical, byte by byte"]


def test_files_of_several_datasets(tmp_path: Path) -> None:
    a, b = pair(tmp_path, table().assign(AEDUR=1.0))
    ce, fa = put(tmp_path / "a", table(), "CE"), put(tmp_path / "b", table(), "FA")
    a.write_bytes(a.read_bytes() + ce.read_bytes())
    b.write_bytes(b.read_bytes() + fa.read_bytes())
    found = list(compare(a, b, Options()))
    assert isinstance(found[0], DatasetDiff)
    assert [one.variable for one in found[0].values] == ["AEDUR"]
    assert found[1:] == [OneSided("ae.xpt", "CE", "A"), OneSided("ae.xpt", "FA", "B")]
    assert list(told(found[1])) == ["ae.xpt: dataset CE: only in A"]


def test_a_damaged_file_among_others(tmp_path: Path) -> None:
    a, _ = pair(tmp_path, table())
    put(tmp_path / "a", table(), "CE")
    put(tmp_path / "b", table(), "CE")
    a.write_bytes(a.read_bytes()[:-1])
    found: list[Result] = []
    with pytest.raises(DataError) as caught:
        found.extend(compare(tmp_path / "a", tmp_path / "b", Options()))
    assert str(caught.value) == (f"{a.as_posix()}: is cut short or damaged; it has 1839 bytes, which is no "
                                 "multiple of 80")
    assert [line for one in found for line in told(one)] == ["ce.xpt: identical, byte by byte"]


def test_wrong_names_are_refused(tmp_path: Path) -> None:
    a, b = pair(tmp_path, table())
    with pytest.raises(SpecError) as caught:
        list(compare(a, b, Options(key=("USUBJD", "AESEQ"), ignore=frozenset({"XX"}))))
    assert str(caught.value) == (
        "--key: no dataset has variable USUBJD on both sides; did you mean 'USUBJID'?\n"
        "--ignore: no dataset has variable XX; known: AEDUR, AESEQ, AESTDT, AETERM, STUDYID, USUBJID")
    with pytest.raises(SpecError) as caught:
        list(compare(tmp_path / "a", b, Options()))
    assert str(caught.value) == (f"{(tmp_path / 'a').as_posix()}: is a folder, and {b.as_posix()} is a file; "
                                 "name two files or two folders")


def test_text_of_another_encoding(tmp_path: Path) -> None:
    frame = table().assign(AETERM=["恶心", "Nausea", "", "Rash"])
    a, b = pair(tmp_path, frame, encoding="gb18030")
    with pytest.raises(DataError) as caught:
        list(compare(a, b, Options()))
    assert str(caught.value) == (
        f"{b.as_posix()}:1: AE.AETERM: record 1, subject S1-001: holds b'\\xb6\\xf1\\xd0\\xc4', which is not "
        "utf-8 text; give the true encoding, for example gb18030 or cp1252")
    assert "AE.AETERM: USUBJID=S1-001, AESEQ=1: 'Headache' -> '恶心'" in lines(a, b, encoding="gb18030")


def test_command_statuses_and_streams(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    a, b = pair(tmp_path, table().assign(AEDUR=1.0))
    assert main(["xpt", "diff", str(a), str(a)]) == 0
    assert capsys.readouterr() == ("ae.xpt: identical, byte by byte\n1 compared: 1 equal, 0 different\n", "")
    assert main(["xpt", "diff", str(a), str(b), "--limit", "0"]) == 1
    assert capsys.readouterr().out.splitlines()[-1] == "1 compared: 0 equal, 1 different"
    assert main(["xpt", "diff", str(a), str(b), "--ignore", "AEDUR"]) == 0
    assert main(["xpt", "diff", str(a), str(tmp_path / "none.xpt")]) == 2
    assert capsys.readouterr().err.splitlines() == [
        f"{(tmp_path / 'none.xpt').as_posix()}: no such file or folder",
        "dossier: 1 problem; nothing was written"]
    b.write_bytes(b"no transport file")
    assert main(["xpt", "diff", str(a), str(b)]) == 1
    assert capsys.readouterr() == ("", f"{b.as_posix()}: is not a SAS transport file\n"
                                       "dossier: 1 problem; nothing was written\n")


def test_json(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    frame = table()
    frame.loc[3, "AETERM"] = "恶心"
    a, b = pair(tmp_path, frame)
    assert main(["xpt", "diff", str(a), str(b), "--json"]) == 1
    found = json.loads(capsys.readouterr().out)
    stamps = {"created": "2026-06-30T08:05:09", "modified": "2026-06-30T08:05:09", "version": 5,
              "sas": "6.06", "system": "bsd4.2"}
    assert found == {"equal": False, "datasets": [{
        "file": "ae.xpt", "dataset": "AE", "equal": False, "identical": False,
        "stamps": {"a": stamps, "b": stamps}, "attributes": [], "variables_only_in": {"a": [], "b": []},
        "order": None, "records": {
            "a": 4, "b": 4, "both": 4, "key": ["USUBJID", "AESEQ"], "note": "",
            "only_in": {"a": {"count": 0, "listed": []}, "b": {"count": 0, "listed": []}},
            "first_moved": None},
        "values": [{"variable": "AETERM", "count": 1, "furthest": None, "listed": [
            {"record": {"USUBJID": "S1-003", "AESEQ": 1.0}, "a": "Rash", "b": "恶心"}]}]}]}


@settings(max_examples=20, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(data=st.data())
def test_one_change_is_found_and_named_exactly(tmp_path: Path, data: st.DataObject) -> None:
    """In records of any number and order, read in parts of any size, one change and nothing else is found."""
    size = data.draw(st.integers(1, 30))
    random = np.random.default_rng(data.draw(st.integers(0, 999)))
    texts = pd.Series(["Rash", "恶心", None], dtype="str")
    frame = pd.DataFrame({
        "STUDYID": "S1", "USUBJID": [f"S{n // 3}" for n in range(size)],
        "AESEQ": [n % 3 + 1.0 for n in range(size)],
        "AETERM": texts.take(random.integers(0, 3, size)).to_numpy(),
        "AESTDT": random.integers(0, 9, size) * 1.0,
        "AEDUR": np.where(random.random(size) < 0.3, np.nan, random.normal(size=size))})
    at = data.draw(st.integers(0, size - 1))
    variable = data.draw(st.sampled_from(["AETERM", "AESTDT", "AEDUR"]))
    changed = frame.copy()
    new = "Other" if variable == "AETERM" else 77.5
    changed.loc[at, variable] = new
    order = random.permutation(size) if data.draw(st.booleans()) else np.arange(size)
    a, b = put(tmp_path / "a", frame), put(tmp_path / "b", changed.iloc[order], created=datetime(2026, 7, 1))
    same = put(tmp_path / "c", frame, created=datetime(2026, 7, 1))
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(diff_sides, "ROOM", data.draw(st.sampled_from([1, 1000, 10_000])))
        assert only(a, same).equal
        result = only(a, b)
    assert (result.records_a.count, result.records_b.count) == (0, 0)
    (found,) = result.values
    old: Any = frame.loc[at, variable]
    assert (found.variable, found.count) == (variable, 1)
    assert tuple(found) == (diff_values.Differing(
        {"USUBJID": f"S{at // 3}", "AESEQ": at % 3 + 1.0}, None if pd.isna(old) else old, new),)
    assert json.dumps(plain_facts(result))
