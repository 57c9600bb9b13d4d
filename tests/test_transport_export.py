"""``dossier xpt export`` of the built-in study, read back by an independent reader."""

from __future__ import annotations

import functools
import json
import re
from pathlib import Path
from typing import Any

import pandas as pd
import pyreadstat
import pytest
from built_study import Built

from dossier.pipeline import planned
from dossier.transport.check import check_files
from dossier.transport.export import Exported, export
from dossier.transport.profiles import PROFILES
from dossier.transport.source import study_items

pytestmark = pytest.mark.full
SETS = [("FDA", "ascii"), ("NMPA", "utf-8"), ("NMPA", "gb18030"), ("PMDA", "ascii"), ("PMDA", "utf-8")]
HAN = re.compile("[\u4e00-\u9fff]")

Read = dict[str, tuple[pd.DataFrame, Any]]


def read_set(folder: Path, encoding: str = "utf-8") -> Read:
    """Every transport file below a folder as pyreadstat reads it, by dataset."""
    return {path.stem.upper(): pyreadstat.read_xport(str(path), encoding=encoding.upper(),
                                                     disable_datetime_conversion=True)
            for path in sorted(folder.rglob("*.xpt"))}


@functools.cache
def read_once(folder: Path, encoding: str = "utf-8") -> Read:
    """What :func:`read_set` gives of a set that stays as it is."""
    return read_set(folder, encoding)


Sets = dict[tuple[str, str], Exported]


@pytest.fixture(scope="module")
def sets(built: Built, root: Path, tmp_path_factory: pytest.TempPathFactory) -> Sets:
    """The built-in study exported for each agency and encoding."""
    plan, source = planned(root / "specs/study.yaml"), built.folder.parents[1]
    made = {}
    for agency, encoding in SETS:
        profile = PROFILES[agency]
        made[agency, encoding] = export(functools.partial(study_items, plan, source, profile, encoding),
                                        profile, encoding, tmp_path_factory.mktemp("out"))
    return made


@pytest.mark.parametrize(("agency", "encoding"), SETS)
def test_another_reader_finds_what_was_built(sets: Sets, built: Built, agency: str,
                                             encoding: str) -> None:
    """All but the values told is as it was built: records, order, numbers, names, formats."""
    done = sets[agency, encoding]
    theirs, ours = read_once(done.folder, encoding), read_once(built.folder)
    assert list(theirs) == list(ours)
    told = {(c.dataset, c.variable, c.original): c.written for c in done.changes}
    met = set()
    for name, (frame, meta) in theirs.items():
        before, said = ours[name]
        assert meta.table_name == name
        assert meta.column_names == said.column_names
        assert meta.original_variable_types == said.original_variable_types
        for column in frame:
            changed = before[column].map({o: w for (n, v, o), w in told.items() if (n, v) == (name, column)})
            changed = changed.where(changed.notna(), before[column])
            met |= {(name, column, v) for v in before[column] if (name, column, v) in told}
            assert frame[column].dropna().tolist() == changed.dropna().tolist()
            assert frame[column].isna().tolist() == changed.isna().tolist()
    assert met == set(told)
    assert sum(c.count for c in done.changes) == sum(
        int((ours[n][0][v] == original).sum()) for n, v, original in told)


@pytest.mark.parametrize("agency", ["FDA", "PMDA"])
def test_a_set_in_ascii(sets: Sets, built: Built, agency: str) -> None:
    done = sets[agency, "ascii"]
    files = sorted(done.folder.rglob("*.xpt"))
    for name, (frame, meta) in read_once(done.folder, "ascii").items():
        for text in [*frame.select_dtypes("str").stack(), *meta.column_labels, meta.file_label]:
            assert text.isascii(), name
    terms = set(read_once(done.folder)["AE"][0]["AETERM"])
    assert {"Vomiting", "Pneumonia (fungal)", "ALT increased"} <= terms
    assert {path.stem.upper() for path in files} == set(built.frames)
    assert [path.name for path in files if path.name != path.name.lower()] == []


@pytest.mark.parametrize("encoding", ["utf-8", "gb18030"])
def test_a_set_in_chinese(sets: Sets, encoding: str) -> None:
    read = read_once(sets["NMPA", encoding].folder, encoding)
    for frame, meta in read.values():
        for label in [*meta.column_labels, meta.file_label]:
            assert HAN.search(label)
            assert len(label.encode(encoding)) <= 40
        assert not frame.empty
    ae, meta = read["AE"]
    assert meta.file_label == "不良事件"
    assert meta.column_names_to_labels["AETERM"] == "不良事件名称"
    assert all(HAN.search(term) for term in [*ae["AEDECOD"], *ae["AEBODSYS"], *ae["AESOC"]])
    assert {"呕吐", "Vomiting"} <= set(ae["AETERM"])  # as collected
    assert all(HAN.search(label) for label in read["SUPPAE"][0]["QLABEL"])
    assert [str(note).partition(": ")[2] for note in sets["NMPA", encoding].notes] == [
        "SUPPDM.QLABEL: no Chinese for 'Race 1', 'Race 2': kept in 4 records"]


def test_both_encodings_of_chinese_say_the_same(sets: Sets) -> None:
    one, two = (read_once(sets["NMPA", e].folder, e) for e in ("utf-8", "gb18030"))
    for name in one:
        pd.testing.assert_frame_equal(one[name][0], two[name][0])
        assert one[name][1].column_labels == two[name][1].column_labels


def test_terms_collected_are_kept_in_a_set_in_japanese(sets: Sets) -> None:
    assert sets["PMDA", "utf-8"].changes == []
    assert "呕吐" in set(read_once(sets["PMDA", "utf-8"].folder)["AE"][0]["AETERM"])


@pytest.mark.parametrize(("agency", "encoding"), SETS)
def test_lengths_are_those_of_the_longest_values(sets: Sets, agency: str, encoding: str) -> None:
    read = read_once(sets[agency, encoding].folder, encoding)
    longest: dict[str, int] = {}
    for name, (frame, _) in read.items():
        for column in map(str, frame.select_dtypes("str")):
            key = f"{name}.{column}" if name.startswith("SUPP") else column
            size = max((len(v.encode(encoding)) for v in frame[column] if isinstance(v, str)), default=0)
            longest[key] = max(1, size, longest.get(key, 1))
    for name, (frame, meta) in read.items():
        for column in map(str, frame.select_dtypes("str")):
            key = f"{name}.{column}" if name.startswith("SUPP") else column
            assert meta.variable_storage_width[column] == longest[key], (name, column)


@pytest.mark.parametrize(("agency", "encoding"), SETS)
def test_a_set_has_no_findings_and_a_manifest(sets: Sets, agency: str,
                                              encoding: str) -> None:
    done = sets[agency, encoding]
    if (agency, encoding) != ("PMDA", "utf-8"):
        assert check_files([done.folder], PROFILES[agency], encoding).findings == []
    told = json.loads((done.folder / "export.json").read_text(encoding="utf-8"))
    assert (told["agency"], told["encoding"], told["labels"]) == (
        agency, encoding, "Chinese" if agency == "NMPA" else "English")
    assert [one["name"] for one in told["datasets"]] == [one.name for one in done.datasets]
    for one in told["datasets"]:
        assert (done.folder / one["file"]).stat().st_size == one["bytes"]
    assert len(told["written otherwise"]) == len(done.changes)


def test_two_exports_are_alike(sets: Sets, built: Built, root: Path,
                               tmp_path: Path) -> None:
    plan, profile = planned(root / "specs/study.yaml"), PROFILES["NMPA"]
    again = export(lambda: study_items(plan, built.folder.parents[1], profile, "gb18030"), profile, "gb18030",
                   tmp_path)
    assert contents(again.folder) == contents(sets["NMPA", "gb18030"].folder)


def contents(folder: Path) -> dict[Path, bytes]:
    """Every file below a folder."""
    return {path.relative_to(folder): path.read_bytes() for path in folder.rglob("*") if path.is_file()}
