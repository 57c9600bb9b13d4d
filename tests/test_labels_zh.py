"""Chinese labels: they fit a transport file, tell variables apart, and leave none of the standards out."""

from __future__ import annotations

import re
from collections.abc import Iterable
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

import adam.records
import adam.verbs
import engine.verbs
import sdtm.verbs
from engine.build.expand import Metadata, expand
from engine.build.finish import dataset_label_of
from engine.errors import Place
from engine.spec.dataset import DatasetModel, DatasetSpec, VariableSpec
from engine.spec.entries import Entry, Label
from engine.spec.load import load_study
from engine.standards import adam_structure, adam_structures, sdtm_dataset, sdtm_names, tables
from engine.standards.chinese import LONGEST, chinese_label
from engine.yaml.nodes import Text

REGISTERED = (engine.verbs, sdtm.verbs, adam.verbs, adam.records)  # by import: the specs use their verbs
ROWS = tables.read("labels-zh")
WIDEST = {"xx": "99", "zz": "99", "y": "99", "w": "9"}
FIRST = {"xx": "01", "zz": "01", "y": "1", "w": "1"}
ANALYSIS = ("ADSL", "ADAE", "ADPC", "ADPP", "ADLB", "ADTTE", "ADRS", "ADCP")
HAN = re.compile("[\u4e00-\u9fff]")
# What an analysis dataset may hold together: its structure, ADSL's variables and its source's.
TOGETHER = [("ADSL", "DM"), ("ADAE", "AE"), ("OCCDS", "CM"), ("OCCDS", "MH"), ("NCA", "PC"), ("NCA", "PP"),
            *(("BDS", domain) for domain in ("LB", "CP", "VS", "RS", "EX", "EG", "TR"))]


def indexed(template: str, indexes: dict[str, str]) -> str:
    """A template with its index letters made out."""
    return re.sub("xx|zz|y|w", lambda found: indexes[found.group()], template)


def names_of(structure: str) -> list[str]:
    """The variables of a structure, the templates at their first index."""
    found = adam_structure(structure)
    assert found is not None
    return [name if name.isupper() else indexed(name, FIRST) for name in found.variables]


def alike(dataset: str, names: Iterable[str]) -> list[tuple[str, str, str]]:
    """Pairs of names that have the same label, and the label."""
    seen: dict[str, str] = {}
    return [(seen[label], name, label) for name in dict.fromkeys(names)
            if (label := chinese_label(dataset, name)) and seen.setdefault(label, name) != name]


def test_rows_are_clean() -> None:
    keys = [(dataset, variable) for dataset, variable, _ in ROWS]
    assert len(keys) == len(set(keys))
    assert not [row for row in ROWS if any(part != part.strip() for part in row)]
    assert not [row for row in ROWS if not row[0] or not HAN.search(row[2])]
    known = {"*", "SUPP--", *sdtm_names()}
    assert not [d for d, _, _ in ROWS if d not in known and not d.startswith("AD")]


def test_labels_fit_a_transport_file() -> None:
    """Also with the widest index, and the (N) of the number beside a text."""
    long = [(variable, label) for _, variable, label in ROWS
            if len((indexed(label, WIDEST) if not variable.isupper() else label).encode("utf-8")) > LONGEST]
    assert long == []
    numbers = [chinese_label("ADSL", f"{name}N") for name in names_of("ADSL")]
    assert max(len(label.encode("utf-8")) for label in numbers) <= LONGEST


def test_index_letters_are_those_of_the_name() -> None:
    letters = re.compile("xx|zz|y|w")
    assert not [row for row in ROWS if row[1] and not row[1].isupper()
                and sorted(letters.findall(row[1])) != sorted(letters.findall(row[2]))]


@pytest.mark.parametrize("name", [*sdtm_names(), "SUPPAE"])
def test_every_variable_of_sdtmig_has_a_label_of_its_own(name: str) -> None:
    found = sdtm_dataset(name)
    assert found is not None
    assert [one for one in found.variables if not chinese_label(name, one)] == []
    assert alike(name, found.variables) == []


@pytest.mark.parametrize("structure", adam_structures())
def test_every_variable_of_the_adam_guides_has_a_label_of_its_own(structure: str) -> None:
    names = names_of(structure)
    assert [one for one in names if not chinese_label(structure, one)] == []
    assert alike(structure, names) == []


@pytest.mark.parametrize(("structure", "source"), TOGETHER)
def test_labels_stay_apart_in_analysis_datasets(structure: str, source: str) -> None:
    names = names_of("ADSL") + names_of(structure)
    for domain in ("DM", source):
        found = sdtm_dataset(domain)
        assert found is not None
        names += found.variables
    assert alike("ADXX", names) == []


def test_every_dataset_has_a_label_of_its_own() -> None:
    labels = [chinese_label(name, "") for name in (*sdtm_names(), *ANALYSIS, "SUPPAE", "SUPPLB")]
    assert "" not in labels
    assert len(labels) == len(set(labels))
    assert chinese_label("SUPPDM", "") == "DM补充修饰变量"
    assert chinese_label("SUPPDM", "QNAM") == "修饰变量名称"
    assert chinese_label("SUPPQQ", "") == chinese_label("ADQQ", "") == ""


@pytest.mark.parametrize(("dataset", "name", "label"), [
    ("AE", "AETERM", "不良事件名称"),
    ("ADAE", "AETERM", "不良事件名称"),              # analysis datasets keep their source's names
    ("LB", "LBSEQ", "序号"),
    ("XB", "XBSEQ", "序号"),                         # a domain of the sponsor's own
    ("ADLB", "XBSEQ", ""),
    ("ADLB", "LBREFID", "标本标识符"),
    ("PC", "PCREFID", "参考标识符"),
    ("RELSPEC", "LEVEL", "标本层级"),
    ("ADXX", "LEVEL", ""),                           # the word belongs to RELSPEC alone
    ("ADSL", "TRT01P", "周期01计划治疗"),
    ("ADSL", "TRT01PN", "周期01计划治疗(N)"),
    ("ADSL", "TR02AG3", "周期02实际治疗分组3"),
    ("ADSL", "P01S2SDF", "周期01子周期2开始日期填补"),
    ("ADSL", "RFIC2DT", "第2次知情同意日期"),
    ("ADSL", "AGEGR1", "年龄分组1"),
    ("ADSL", "TRTSDTM", "首次用药日期时间"),
    ("ADPC", "ANL01FL", "分析标志01"),
    ("ADLB", "ANL12FN", "分析标志12(N)"),
    ("ADLB", "R2A1HI", "与分析范围1上限的比值"),
    ("ADLB", "CRIT12FL", "标准12评估结果标志"),
    ("ADLB", "RACEN", "种族(N)"),
    ("ADAE", "SMQ03SCN", "SMQ 03范围(N)"),
    ("ADSL", "TRT1P", ""),                           # xx has two digits
    ("ADSL", "TRT00P", ""),                          # and starts at 01
    ("ADSL", "TRTxxP", ""),                          # a template is no name
    ("ADSL", "--SEQ", ""),
    ("ADSL", "MYVAR", ""),
    ("ADSL", "N", ""),
])
def test_labels(dataset: str, name: str, label: str) -> None:
    assert chinese_label(dataset, name) == label


@given(st.sampled_from(["TRT{}P", "TR{}SDT", "AP{}EDTM", "ANL{}FL", "SMQ{}NAM"]), st.integers(1, 99))
def test_indexes_appear_in_the_label(template: str, index: int) -> None:
    label = chinese_label("ADSL", template.format(f"{index:02d}"))
    assert f"{index:02d}" in label
    assert "xx" not in label
    assert "zz" not in label


@given(st.text(alphabet="ADEFLMNPRSTVXYZ0189-*xyzw", max_size=10))
def test_any_name_is_answered_within_the_bytes(name: str) -> None:
    for dataset in ("AE", "ADSL", "SUPPAE", ""):
        assert len(chinese_label(dataset, name).encode("utf-8")) <= LONGEST


def test_standard_variables_of_the_specs_have_labels(root: Path) -> None:
    """All that the guides label in English is labelled in Chinese; no dataset has a label twice."""
    datasets = expand(load_study(root / "specs" / "study.yaml"))
    metadata = Metadata(datasets)
    missing, long, twice = [], [], []
    for name, spec in datasets.items():
        seen: dict[str, str] = {}
        assert dataset_label_of(spec).zh, name
        for one in spec.variables.values():
            if one.name.startswith("_") or one.supplemental:
                continue
            standard = metadata.standard(name, one.name)
            zh = str(metadata.label(name, one.name).zh or "")
            if not zh and standard is not None and standard.label:
                missing.append(f"{name}.{one.name}")
            if len(zh.encode("utf-8")) > LONGEST:
                long.append(f"{name}.{one.name}: {zh}")
            if zh and seen.setdefault(zh, one.name) != one.name:
                twice.append(f"{name}.{one.name}, {seen[zh]}: {zh}")
    assert (missing, long, twice) == ([], [], [])


def label_of(dataset: str, name: str, label: Label | None) -> Label:
    """The label of a variable that its spec labels so."""
    layer = "adam" if dataset.startswith("AD") else "sdtm"
    variable = VariableSpec(name, Entry(label=label), None, Place("ae.yaml", 1, 1))
    model = DatasetModel.model_validate({"class": Text("OCCURRENCE DATA STRUCTURE"),
                                         "subclass": Text("ADVERSE EVENT")})
    spec = DatasetSpec(dataset, layer, model, Place("ae.yaml", 1, 1), (), {name: variable})
    return Metadata({dataset: spec}).label(dataset, name)


def test_a_label_of_the_spec_comes_first() -> None:
    own = label_of("AE", "AESER", Label(en=Text("Serious"), zh=Text("严重")))
    assert (own.en, own.zh) == ("Serious", "严重")
    half = label_of("AE", "AESER", Label(en=Text("Serious")))
    assert (half.en, half.zh) == ("Serious", "严重不良事件")
    filled = label_of("ADAE", "TRTEMFL", None)
    assert (filled.en, filled.zh) == ("Treatment Emergent Analysis Flag", "治疗期间出现分析标志")
    assert (label_of("ADAE", "MYVAR", None).en, label_of("ADAE", "MYVAR", None).zh) == (None, None)


def dataset(name: str, layer: str, label: Label | None) -> DatasetSpec:
    return DatasetSpec(name, layer, DatasetModel(label=label), Place("ae.yaml", 1, 1), (), {})


def test_a_dataset_label_of_the_spec_comes_first() -> None:
    own = dataset_label_of(dataset("AE", "sdtm", Label(zh=Text("所有不良事件"))))
    assert (own.en, own.zh) == ("Adverse Events", "所有不良事件")
    filled = dataset_label_of(dataset("AE", "sdtm", None))
    assert (filled.en, filled.zh) == ("Adverse Events", "不良事件")
    assert dataset_label_of(dataset("ADLB", "adam", None)).zh == "实验室检查分析数据集"
    assert dataset_label_of(dataset("ADQQ", "adam", None)).zh is None
