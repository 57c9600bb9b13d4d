"""Raw files are found inside the raw folder alone, and their columns known before data are read."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest

import engine.verbs  # noqa: F401 (registers the common verbs)
from engine.build.raw import all_headers
from engine.errors import DataError, SpecError
from engine.spec.load import StudySpec, load_study

STUDY = """
study: {{id: S, title: A study}}
standards: {{sdtmig: "3.4"}}
subject: SUBJ
raw:
  folder: raw
  tables:
{tables}
"""


def study_with(folder: Path, *tables: str) -> StudySpec:
    """A study of these raw tables, each a line of YAML."""
    (folder / "raw").mkdir(exist_ok=True)
    path = folder / "study.yaml"
    path.write_text(STUDY.format(tables="\n".join(f"    {line}" for line in tables)))
    return load_study(path)


def message(error: pytest.ExceptionInfo[SpecError] | pytest.ExceptionInfo[DataError], folder: Path) -> str:
    """The error's text without the folder of the test."""
    return str(error.value).replace(f"{folder}/", "")


def test_files_outside_the_raw_folder_are_refused_all_at_once(tmp_path: Path) -> None:
    (tmp_path / "secret.csv").write_text("SUBJ\nS1\n")
    study = study_with(tmp_path, "a: {file: ../secret.csv}", "b: [inner/../ok.csv, ../raw/../secret.csv]",
                       f"c: {tmp_path}/raw/ok.csv")
    (tmp_path / "raw/ok.csv").write_text("SUBJ\nS1\n")
    with pytest.raises(SpecError) as caught:
        all_headers(study)
    assert message(caught, tmp_path) == (
        "study.yaml:8:15: raw.tables.a: '../secret.csv' lies outside the raw folder; name a file below raw\n"
        "study.yaml:9:26: raw.tables.b: '../raw/../secret.csv' lies outside the raw folder; "
        "name a file below raw\n"
        "study.yaml:10:8: raw.tables.c: 'raw/ok.csv' lies outside the raw folder; name a file below raw")


def test_a_link_that_leads_outside_is_refused(tmp_path: Path) -> None:
    (tmp_path / "secret.csv").write_text("SUBJ\nS1\n")
    (tmp_path / "elsewhere").mkdir()
    (tmp_path / "elsewhere/a.csv").write_text("SUBJ\nS1\n")
    study = study_with(tmp_path, "a: link.csv", "b: folder/a.csv", "c: inside.csv")
    (tmp_path / "raw/link.csv").symlink_to(tmp_path / "secret.csv")
    (tmp_path / "raw/folder").symlink_to(tmp_path / "elsewhere")
    (tmp_path / "raw/real.csv").write_text("SUBJ,A\nS1,x\n")
    (tmp_path / "raw/inside.csv").symlink_to(tmp_path / "raw/real.csv")
    with pytest.raises(SpecError) as caught:
        all_headers(study)
    assert message(caught, tmp_path) == (
        "study.yaml:8:8: raw.tables.a: 'link.csv' is a link to a file outside the raw folder; "
        "copy the file into raw\n"
        "study.yaml:9:8: raw.tables.b: 'folder/a.csv' is a link to a file outside the raw folder; "
        "copy the file into raw")
    assert all_headers(study_with(tmp_path, "c: inside.csv")) == {"c": {"SUBJ": "", "A": ""}}


def test_the_raw_folder_itself_may_be_a_link(tmp_path: Path) -> None:
    study = study_with(tmp_path, "a: a.csv")
    (tmp_path / "raw").rmdir()
    (tmp_path / "data").mkdir()
    (tmp_path / "data/a.csv").write_text("SUBJ\nS1\n")
    (tmp_path / "raw").symlink_to(tmp_path / "data")
    assert all_headers(study) == {"a": {"SUBJ": ""}}


def named_folder(folder: Path, name: str) -> StudySpec:
    """The study in a folder of its own, with another raw folder."""
    home = folder / "studies" / "one"
    home.mkdir(parents=True, exist_ok=True)
    study = study_with(home, "a: a.csv")
    (home / "study.yaml").write_text(study.path.read_text().replace("folder: raw", f"folder: {name}"))
    return load_study(home / "study.yaml")


def test_the_raw_folder_lies_inside_the_study_folder_or_beside_it(tmp_path: Path) -> None:
    for folder in ("studies/one/raw", "studies/beside/deep", "away"):
        (tmp_path / folder).mkdir(parents=True)
        (tmp_path / folder / "a.csv").write_text("SUBJ\nS1\n")
    for name in ("raw", "../beside/deep", "../one/raw", f"{tmp_path}/studies/beside/deep"):
        assert all_headers(named_folder(tmp_path, name)) == {"a": {"SUBJ": ""}}
    (tmp_path / "studies/one/link").symlink_to(tmp_path / "away")
    for name in ("../../away", f"{tmp_path}/away", "link", "/", "../../../../../../../../../../etc"):
        with pytest.raises(SpecError) as caught:
            all_headers(named_folder(tmp_path, name))
        assert str(caught.value).replace(f"{tmp_path}/studies/one/", "", 1) == (
            f"study.yaml:6:11: raw.folder: the folder '{name}' is neither inside the study's folder nor "
            f"beside it; "
            "name it on the command line, --raw FOLDER")
        free = replace(named_folder(tmp_path, name), raw_override=tmp_path / "away")
        assert all_headers(free) == {"a": {"SUBJ": ""}}


def test_files_that_cannot_be_read_are_told_all_at_once(tmp_path: Path) -> None:
    study = study_with(tmp_path, "a: a.csv", "b: b.txt", "c: empty.csv", "d: d.csv")
    for name in ("b.txt", "empty.csv"):
        (tmp_path / "raw" / name).touch()
    (tmp_path / "raw/d.csv").write_text("SUBJ,SUBJ\nS1,S1\n")
    with pytest.raises(DataError) as caught:
        all_headers(study)
    assert message(caught, tmp_path) == (
        "raw/a.csv: a: no such file; the folder holds b.txt, d.csv, empty.csv; --raw names another folder\n"
        "raw/b.txt: b: unknown extension '.txt'; "
        "write format: one of csv, tsv, xlsx, sas7bdat, xpt, parquet\n"
        "raw/empty.csv: c: the file is empty; its header must name the columns: export it anew\n"
        "raw/d.csv:1: d: column names stand more than once: 'SUBJ' in columns 1 and 2; "
        "delete a column or name it otherwise in the file")
