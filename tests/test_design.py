"""Tables of the study file (``design:``): their rows, their places, and datasets without subjects."""

from __future__ import annotations

from itertools import product
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from dossier.cli import main
from dossier.pipeline import build, check
from dossier.spec_check import check_specs, told
from engine import xpt
from engine.build.design import design_rows
from engine.build.rows import SUBJECT
from engine.errors import Place, SpecError
from engine.spec.design import DesignTable, design_faults, read_design
from engine.yaml.dump import dump
from engine.yaml.nodes import Text, YamlList, YamlMap
from engine.yaml.reader import parse_yaml

STUDY = """
study: {id: S1, title: Small, created: 2025-01-02T03:04:05}
standards: {sdtmig: "3.4"}
subject: SUBJ
raw: {folder: raw, tables: {dm: dm.csv}}
design:
  arms: [{ARMCD: A, ARM: Low}, {ARMCD: B, ARM: High}]
  elements:
    - {ETCD: SCRN, ELEMENT: Screening, TESTRL: Consent, NOTE: none}
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
  ARM: {lookup: {in: design.arms, match: {ARMCD: ARMCD}, take: ARM}}
  COUNTRY: {constant: CHN}
"""
TE = """
domain: TE
from: design.elements
keys: [STUDYID, ETCD]
variables:
  ETCD: {from: ETCD}
  ELEMENT: {from: ELEMENT}
  TESTRL: {from: TESTRL}
supplemental:
  TENOTE: {from: source.TEDUR, label: Note, origin: Protocol}
"""


def study_in(folder: Path, **files: str) -> Path:
    """A study of DM and TE, with other texts of its files where given; gives the study file."""
    texts = {"study": STUDY, "dm": DM, "te": TE.partition("supplemental:")[0]} | files
    (folder / "sdtm").mkdir()
    (folder / "raw").mkdir()
    (folder / "raw/dm.csv").write_text("SUBJ\n1\n")
    (folder / "study.yaml").write_text(texts.pop("study"))
    for name, text in texts.items():
        (folder / "sdtm" / f"{name}.yaml").write_text(text)
    return folder / "study.yaml"


# --- rows --------------------------------------------------------------------------------

_texts = st.sampled_from(["A", "B", "x y", "012", "-", "NO"])
_values = _texts | st.lists(_texts, min_size=1, max_size=3)
_rows = st.lists(st.dictionaries(st.sampled_from(["ARMCD", "ETCD", "EPOCH", "N"]), _values, min_size=1),
                 min_size=1, max_size=5)


def node_of(rows: list[dict[str, str | list[str]]]) -> YamlList:
    """Rows as YAML nodes."""
    def value(held: str | list[str]) -> Text | YamlList:
        return Text(held) if isinstance(held, str) else YamlList([Text(v) for v in held])
    return YamlList([YamlMap((Text(k), value(v)) for k, v in row.items()) for row in rows])


@given(_rows)
@settings(max_examples=100, deadline=None)
def test_a_row_stands_for_each_combination_of_its_lists(rows: list[dict[str, str | list[str]]]) -> None:
    node = YamlMap([(Text("any"), node_of(rows))])
    assert list(design_faults(node)) == []
    table = read_design(node)["design.any"]
    wanted = []
    for row in rows:
        lists = [[v] if isinstance(v, str) else v for v in row.values()]
        wanted += [dict(zip(row, texts, strict=True)) for texts in product(*lists)]
    made = [{name: values[n] for name, values in table.columns.items() if values[n] is not None}
            for n in range(len(table.places))]
    assert made == wanted
    assert list(table.columns) == list(dict.fromkeys(name for row in rows for name in row))


@given(_rows)
@settings(max_examples=50, deadline=None)
def test_rows_survive_being_written_and_read(rows: list[dict[str, str | list[str]]]) -> None:
    node = YamlMap([(Text("any"), node_of(rows))])
    again = parse_yaml(dump(node))
    assert read_design(again)["design.any"].columns == read_design(node)["design.any"].columns


def test_records_are_of_no_subject_and_know_their_line() -> None:
    node = parse_yaml("arms:\n  - {ARMCD: [A, B], ARM: ''}\n  - ARMCD: C\n    N: 1\n")
    made = design_rows(read_design(node)["design.arms"])
    assert made.coded("ARMCD").texts() == ["A", "B", "C"]
    assert made.coded("ARM").texts() == [None, None, None]
    assert made.coded("N").texts() == [None, None, "1"]
    assert made.coded(*SUBJECT).texts() == [None, None, None]
    assert [str(made.origin.place(n)) for n in range(3)] == ["spec.yaml:2", "spec.yaml:2", "spec.yaml:3"]


def test_a_table_without_records_is_a_table() -> None:
    assert design_rows(DesignTable("design.none", {"A": ()}, ())).size == 0


@pytest.mark.parametrize(("text", "message"), [
    ("arms: " + "[" + ", ".join(["{A: 1}"] * 1001) + "]", "design.arms: 1,001 rows, 1,000 at most"),
    ("arms: [{A: [" + ", ".join(["1"] * 40) + "], B: [" + ", ".join(["1"] * 40) + "]}]",
     "design.arms: 1,600 rows, 1,000 at most"),
    ("".join(f"l{n}: [{{A: 1}}]\n" for n in range(101)), "design: 101 lists of the design, 100 at most")])
def test_no_design_is_endless(text: str, message: str) -> None:
    (fault,) = design_faults(parse_yaml(text))
    assert f"{fault.subject}: {fault.message}" == message


# --- datasets ----------------------------------------------------------------------------


def test_a_dataset_without_subjects_is_built_checked_and_written(tmp_path: Path) -> None:
    study = study_in(tmp_path)
    done = build(study, tmp_path / "out")
    assert [(line[0], line[1], line[3]) for line in done.lines] == [("DM", 1, 1), ("TE", 1, 0)]
    frame, metadata = xpt.read(done.folder / "tabulations/sdtm/te.xpt")
    assert [v.name for v in metadata.variables] == ["STUDYID", "DOMAIN", "ETCD", "ELEMENT", "TESTRL"]
    assert frame.to_numpy().tolist() == [["S1", "TE", "SCRN", "Screening", "Consent"]]
    subjects, _ = xpt.read(done.folder / "tabulations/sdtm/dm.xpt")
    assert subjects["ARM"].tolist() == ["Low"]
    again = build(study, tmp_path / "out", only=["TE"])
    assert [line[0] for line in again.lines] == ["TE"]
    assert [Path(name).name for name in again.kept] == ["dm.xpt"]


def test_columns_that_nothing_reads_are_told(tmp_path: Path) -> None:
    study = study_in(tmp_path)
    shown = told(study, check_specs(study))
    assert "\ndesign.elements\n  1 of 4 columns is not read: NOTE" in shown
    assert "design.visits" not in shown
    assert "\nDM\n" in shown


def test_a_column_that_no_row_has_is_told(tmp_path: Path) -> None:
    with pytest.raises(SpecError) as error:
        check(study_in(tmp_path, te=TE))
    (problem,) = error.value.problems
    assert (problem.subject, problem.message) == ("TE.TENOTE", "'TEDUR' is no column of source")


def test_analysis_datasets_carry_nothing_of_it(tmp_path: Path) -> None:
    study = study_in(tmp_path)
    (tmp_path / "adam").mkdir()
    (tmp_path / "adam/adsl.yaml").write_text(
        "dataset: ADSL\nfrom: DM\nkeys: [STUDYID, USUBJID]\nwith: {design.arms: [ARM]}\nvariables: {}\n")
    with pytest.raises(SpecError) as error:
        check(study)
    assert "ADSL: no table or dataset 'design.arms'" in str(error.value)


def test_a_raw_table_has_another_name(tmp_path: Path) -> None:
    study = study_in(tmp_path, study=STUDY.replace("{dm: dm.csv}", "{dm: dm.csv, design: dm.csv}"))
    with pytest.raises(SpecError) as error:
        check(study)
    (problem,) = error.value.problems
    assert (problem.subject, problem.message) == ("raw.tables.design", "'design' is no name for a table")


def test_a_bad_value_is_told_with_its_line(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    study = study_in(tmp_path, study=STUDY.replace("ETCD: SCRN", "ETCD: ''"))
    assert main(["build", "--study", str(study), "--out", str(tmp_path / "out")]) == 1
    line = STUDY.splitlines().index("    - {ETCD: SCRN, ELEMENT: Screening, TESTRL: Consent, NOTE: none}") + 1
    assert f"study.yaml:{line}: TE.ETCD: a value is required; 1 of 1 record" in capsys.readouterr().err


def test_places_may_be_unknown() -> None:
    made = design_rows(DesignTable("design.a", {"A": ("1",)}, (Place("study.yaml"),)))
    assert made.size == 1
