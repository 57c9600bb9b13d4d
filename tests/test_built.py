"""What must hold of every built dataset: read back equal, in the standard's order, with its keys."""

from __future__ import annotations

import shutil
import warnings
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from built_study import Built

from dossier.pipeline import build, check
from engine import xpt
from engine.standards import sdtm_dataset

MAIN = {"DM": 24, "EX": None, "AE": None, "PC": None, "PP": None, "LB": None, "ADSL": 24, "ADAE": None,
        "ADPC": None, "ADPP": None}


def test_all_datasets_are_there(built: Built) -> None:
    assert {*MAIN, "SUPPAE", "SUPPDM"} <= set(built.frames)
    assert {n: len(built.frames[n]) for n, size in MAIN.items() if size} == {"DM": 24, "ADSL": 24}
    assert all(len(built.frames[n]) for n in MAIN)


def test_files_stand_where_a_submission_wants_them(built: Built) -> None:
    assert built.file("AE") == built.folder / "cd7cart-101/tabulations/sdtm/ae.xpt"
    assert built.file("ADSL") == built.folder / "cd7cart-101/analysis/adam/datasets/adsl.xpt"


@pytest.mark.parametrize("name", MAIN)
def test_pandas_reads_the_same_numbers_and_ascii_text(built: Built, name: str) -> None:
    own, metadata = xpt.read(built.file(name))
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        theirs = pd.read_sas(built.file(name), format="xport", encoding="utf-8")
    assert list(theirs.columns) == [v.name for v in metadata.variables]
    for variable in metadata.variables:
        mine, other = own[variable.name], theirs[variable.name]
        if variable.type == "Char":
            assert mine.fillna("").tolist() == other.fillna("").tolist()
        elif variable.format is None:
            # pandas shows the transport format's zero as its smallest number
            other = other.where(other.abs() > 1e-70, np.where(other.isna(), np.nan, 0.0))
            np.testing.assert_array_equal(mine.to_numpy(), other.to_numpy())


@pytest.mark.parametrize("name", ["DM", "EX", "AE", "PC", "PP", "LB", "DS"])
def test_sdtm_order_labels_and_required_variables(built: Built, name: str) -> None:
    standard = sdtm_dataset(name)
    assert standard is not None
    _, metadata = xpt.read(built.file(name))
    names = [v.name for v in metadata.variables]
    listed = [n for n in names if n in standard.variables]
    assert listed == sorted(listed, key=lambda n: standard.variables[n].order)
    assert {v.name: v.label for v in metadata.variables if v.name in standard.variables} == {
        n: standard.variables[n].label for n in listed}
    wanted = {n for n, v in standard.variables.items() if v.core in ("Req", "Exp")}
    assert wanted - set(names) == set()


def test_sequence_is_unique_and_supplemental_qualifiers_have_parents(built: Built) -> None:
    for name in ("EX", "AE", "PC", "LB", "DS"):
        frame = built.frames[name]
        assert not frame.duplicated(["USUBJID", f"{name}SEQ"]).any()
    parents = set(map(tuple, built.frames["AE"][["USUBJID", "AESEQ"]].to_numpy()))
    children = built.frames["SUPPAE"]
    assert set(map(tuple, children[["USUBJID", "IDVARVAL"]].to_numpy())) <= parents
    assert set(children["IDVAR"]) == {"AESEQ"}
    assert set(built.frames["SUPPDM"]["USUBJID"]) <= set(built.frames["DM"]["USUBJID"])


def test_every_ae_has_aetrtem_consistent_with_trtemfl(built: Built) -> None:
    supp = built.frames["SUPPAE"]
    flags = supp[supp["QNAM"] == "AETRTEM"].set_index(["USUBJID", "IDVARVAL"])["QVAL"]
    assert len(flags) == len(built.frames["AE"])
    adae = built.frames["ADAE"].set_index(["USUBJID", "AESEQ"])["TRTEMFL"]
    assert flags.eq("Y").sort_index().tolist() == adae.eq("Y").sort_index().tolist()


def test_two_builds_are_alike_to_the_byte(built: Built, root: Path, tmp_path: Path) -> None:
    build(root / "specs/study.yaml", tmp_path)
    one, two = ({p.relative_to(folder): p.read_bytes() for p in folder.rglob("*.xpt")}
                for folder in (built.folder, tmp_path / "m5/datasets"))
    assert one.keys() == two.keys()
    assert one
    assert [name for name in one if one[name] != two[name]] == []


def test_source_date_epoch_is_stamped(root: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SOURCE_DATE_EPOCH", "1000000000")
    build(root / "specs/study.yaml", tmp_path, ["DM"])
    _, metadata = xpt.read(next(tmp_path.rglob("dm.xpt")))
    assert str(metadata.created) == "2001-09-09 01:46:40"


def test_a_partial_build_keeps_the_other_files(built: Built, root: Path, tmp_path: Path) -> None:
    shutil.copytree(built.folder, tmp_path / "m5/datasets")
    before = {p.name for p in tmp_path.rglob("*.xpt")}
    summary = build(root / "specs/study.yaml", tmp_path, ["AE"])
    assert {p.name for p in tmp_path.rglob("*.xpt")} == before
    assert [line[0] for line in summary.lines] == ["AE", "SUPPAE"]


def test_adam_reads_nothing_raw(root: Path) -> None:
    plan = check(root / "specs/study.yaml")
    raw = set(plan.study.study.raw.tables)
    for name, spec in plan.datasets.items():
        if spec.layer == "adam":
            assert not {t for s in spec.sources for t in s.tables.values()} & raw, name
