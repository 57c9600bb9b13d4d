"""Standards as package data: SDTMIG 3.4 and the ADaM guides."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from engine.standards import (
    StandardVariable,
    adam_structure,
    adam_structures,
    adam_variable,
    class_variable,
    sdtm_dataset,
    sdtm_names,
    sdtm_variable,
)
from engine.terminology import codelist

# MSRESCAT left the terminology; SDTMIG 3.4 still names it.
RETIRED_CODELISTS = {"C85495"}


def sdtm(domain: str, name: str) -> StandardVariable:
    found = sdtm_variable(domain, name)
    assert found is not None, f"{domain}.{name}"
    return found


def adam(structure: str, name: str) -> StandardVariable:
    found = adam_variable(structure, name)
    assert found is not None, f"{structure}.{name}"
    return found


def test_domain_as_listed() -> None:
    ae = sdtm_dataset("AE")
    assert ae is not None
    assert (ae.label, ae.cls, ae.structure) == (
        "Adverse Events", "Events", "One record per adverse event per subject")
    assert list(ae.variables)[:4] == ["STUDYID", "DOMAIN", "USUBJID", "SPDEVID"]
    assert ae.variables["DOMAIN"].value_list == ("AE",)
    assert sdtm("AE", "AESTDTC").value_domain == "ISO 8601 datetime or interval"
    assert sdtm("LB", "LBORRESU").codelists == ("C71620",)
    assert len(sdtm("PP", "PPORRESU").codelists) == 5


def test_supplemental_qualifiers_are_made_out_to_the_domain() -> None:
    suppae = sdtm_dataset("SUPPAE")
    assert suppae is not None
    assert (suppae.name, suppae.label) == ("SUPPAE", "Supplemental Qualifiers for AE")
    assert suppae.variables["RDOMAIN"].value_list == ("AE",)
    general = sdtm_dataset("SUPPQUAL")
    assert general is not None
    assert general.variables["RDOMAIN"].value_list == ()
    assert sdtm_dataset("SUPPZZ") is None


def test_variables_of_the_class_are_allowed() -> None:
    assert "CESER" not in sdtm_dataset("CE").variables  # type: ignore[union-attr]
    ceser = sdtm("CE", "CESER")
    assert (ceser.label, ceser.core, ceser.codelists) == ("Serious Event", "Perm", ("C66742",))
    assert sdtm("MH", "VISITNUM").role == "Timing"            # timing comes from every class
    assert sdtm("AE", "AEOCCUR").label == ""                  # each domain words it its own way
    assert sdtm_variable("LB", "LBTRT") is None               # of another class
    assert sdtm_variable("LB", "IETESTCD") is None            # of another domain
    assert sdtm_variable("DM", "DMSEQ") is None               # special purpose: the list is closed
    assert sdtm_variable("QQ", "QQSEQ") is None
    own = class_variable("Findings", "XB", "XBSTRESN")
    assert own is not None
    assert (own.name, own.type, own.label) == ("XBSTRESN", "Num", "Numeric Result/Finding in Standard Units")


def test_names_that_only_look_prefixed() -> None:
    assert sdtm("MI", "MIDS").label == "Disease Milestone Instance Name"
    assert sdtm("RE", "RELMIDS").role == "Timing"
    assert sdtm("RE", "REREPNUM").label == "Repetition Number"


def test_order_puts_a_class_variable_in_its_place() -> None:
    names = ["STUDYID", "USUBJID", "CESEQ", "CESPID", "CETERM", "CESER", "CESTDTC"]
    assert sorted(names, key=lambda name: sdtm("CE", name).order) == names


@pytest.mark.parametrize(("structure", "name", "label", "kind"), [
    ("ADSL", "TRT01P", "Planned Treatment for Period 01", "Char"),
    ("ADSL", "TR02AG1N", "Actual Pooled Trt 1 for Period 02 (N)", "Num"),
    ("ADSL", "P01S2SDM", "Period 01 Subperiod 2 Start Datetime", "Num"),
    ("ADSL", "AGEGR1", "Pooled Age Group 1", "Char"),
    ("ADSL", "APHASE3", "Description of Phase 3", "Char"),
    ("ADSL", "RFIC2DT", "Date of Informed Consent 2", "Num"),
    ("BDS", "ANL01FL", "Analysis Flag 01", "Char"),
    ("BDS", "AVALCA1N", "Analysis Value Category 1 (N)", "Num"),
    ("BDS", "R2A1HI", "Ratio to Analysis Range 1 Upper Limit", "Num"),
    ("BDS", "CRIT12FL", "Criterion 12 Evaluation Result Flag", "Char"),
    ("ADAE", "SMQ03NAM", "SMQ 03 Name", "Char"),
    ("ADAE", "CQ01NAM", "Customized Query 01 Name", "Char"),
    ("ADAE", "TOXGGR1", "Pooled Toxicity Grade Group 1", "Char"),
    ("ADAE", "AOCC01FL", "", "Char"),             # the guide leaves the label to the user
    ("ADSL", "DLTEVLFL", "", "Char"),
    ("ADSL", "DCUTDT", "", "Num"),
    ("BDS", "LDOSDTM", "", "Num"),
    ("NCA", "FANLDT", "First Date of Dose for Analyte", "Num"),
    ("NCA", "PCRFTDTM", "Reference Datetime of Dose for Analyte", "Num"),
    ("BDS", "RACEN", "Race (N)", "Num"),
])
def test_adam_names(structure: str, name: str, label: str, kind: str) -> None:
    found = adam(structure, name)
    assert (found.name, found.label, found.type) == (name, label, kind)


@pytest.mark.parametrize(("structure", "name"), [
    ("ADSL", "TRT1P"),        # xx has two digits
    ("ADSL", "TRT00P"),       # and starts at 01
    ("BDS", "AVALCAT0"),
    ("BDS", "AVALCAT10"),     # nine letters
    ("ADSL", "TRTxxP"),       # a template is no name
    ("BDS", "*DT"),
    ("ADSL", "AVAL"),         # a BDS variable
    ("ADAE", "SRCVAR"),       # no AVAL to trace in occurrence data
    ("ADAE", "AEHLTGCD"),     # a slip of the published table
    ("ADSL", "MYVAR"),
])
def test_adam_names_no_guide_knows(structure: str, name: str) -> None:
    assert adam_variable(structure, name) is None


def test_imputation_flags_have_their_codelists() -> None:
    for name in ("ASTDTF", "TR01SDTF", "XYZDTF"):
        assert adam("BDS", name).codelists == ("C81223",)
    for name in ("ASTTMF", "XYZTMF"):
        assert adam("BDS", name).codelists == ("C81226",)


def test_labels_of_occurrence_data_are_those_of_occds() -> None:
    """OCCDS 1.1 words some of ADAE 1.0 anew."""
    assert adam("ADAE", "ADURN").label == "Analysis Duration (N)"
    assert adam("ADAE", "ASTDTM").label == "Analysis Start Datetime"
    assert adam("OCCDS", "AOCCFL").label == "1st Occurrence within Subject Flag"
    assert adam("ADAE", "AOCCIFL").value_list == ("Y",)
    assert adam("OCCDS", "CMDECOD").source == "SDTMIG 3.4"
    occds = adam_structure("OCCDS")
    assert occds is not None
    assert "AETERM" not in occds.variables


def test_copied_variables_keep_their_attributes_and_become_permissible() -> None:
    trt = adam("BDS", "TRT01A")
    assert (trt.label, trt.core, trt.source) == ("Actual Treatment for Period 01", "Perm", "ADaMIG 1.3")
    seq = adam("BDS", "PCSEQ")
    assert (seq.type, seq.core, seq.source) == ("Num", "Perm", "SDTMIG 3.4")
    assert adam("BDS", "VISITNUM").type == "Num"
    assert adam("ADAE", "AEHLGTCD").type == "Num"
    assert adam("BDS", "PARAMCD").order < trt.order < seq.order + 1_000_000


def test_structures() -> None:
    heads = {name: (found.cls, found.subclass) for name in adam_structures()
             if (found := adam_structure(name)) is not None}
    assert heads == {
        "ADSL": ("SUBJECT LEVEL ANALYSIS DATASET", ""),
        "BDS": ("BASIC DATA STRUCTURE", ""),
        "TTE": ("BASIC DATA STRUCTURE", "TIME-TO-EVENT"),
        "NCA": ("BASIC DATA STRUCTURE", "NON-COMPARTMENTAL ANALYSIS"),
        "OCCDS": ("OCCURRENCE DATA STRUCTURE", ""),
        "ADAE": ("OCCURRENCE DATA STRUCTURE", "ADVERSE EVENT"),
    }
    assert adam_structure("ADXX") is None
    bds = adam_structure("BDS")
    assert bds is not None
    assert list(bds.variables)[:2] == ["STUDYID", "USUBJID"]  # the published table lists them last


def test_class_names_are_terms_of_define_xml() -> None:
    classes, subclasses = codelist("GNRLOBSC", "define"), set()
    for name in ("BDSSC", "OCCSC"):
        found = codelist(name, "define")
        assert found is not None
        subclasses |= set(found.terms)
    assert classes is not None
    for name in adam_structures():
        found_structure = adam_structure(name)
        assert found_structure is not None
        assert found_structure.cls in classes
        assert found_structure.subclass in {"", *subclasses}


def test_unknown_structure_and_versions_are_refused() -> None:
    known = "known: ADSL, BDS, TTE, NCA, OCCDS, ADAE"
    with pytest.raises(ValueError, match=rf"^no analysis structure 'ADLB'; {known}$"):
        adam_variable("ADLB", "AVAL")
    with pytest.raises(ValueError, match=r"^no ADaMIG '1\.1'; known: 1\.3$"):
        adam_structure("ADSL", version="1.1")
    with pytest.raises(ValueError, match=r"^no SDTMIG '3\.2'; known: 3\.4$"):
        sdtm_dataset("AE", version="3.2")


def everything() -> list[tuple[str, StandardVariable]]:
    found = [(name, one) for name in sdtm_names() for one in sdtm_dataset(name).variables.values()]  # type: ignore[union-attr]
    found += [(name, one) for name in adam_structures()
              for one in adam_structure(name).variables.values()]  # type: ignore[union-attr]
    return found


def test_every_codelist_is_in_the_terminology() -> None:
    missing = {code for _, one in everything() for code in one.codelists
               if codelist(code) is None and codelist(code, "adam") is None}
    assert missing == RETIRED_CODELISTS


def test_names_and_labels_fit_a_transport_file() -> None:
    long = {(one.name, len(one.label)) for _, one in everything() if len(one.label) > 40}
    assert long == {("PBCHGCyN", 41)}  # as published
    assert {one.type for _, one in everything()} == {"Char", "Num"}
    assert {one.core for _, one in everything()} == {"Req", "Exp", "Perm", "Cond", ""}
    assert all(len(one.name) <= 8 for _, one in everything())
    assert not [one.label for _, one in everything() if one.label != one.label.strip() or "\\" in one.label]


@given(st.sampled_from(["TRT{xx}P", "TR{xx}SDT", "AP{xx}EDTM", "ANL{xx}FL"]), st.integers(1, 99))
def test_period_indexes_appear_in_the_label(template: str, index: int) -> None:
    found = adam("BDS", template.format(xx=f"{index:02d}"))
    assert f"{index:02d}" in found.label
    assert "xx" not in found.label


@given(st.text(alphabet="ADEFLMNPRSTVXYZ0189-*xyzw", min_size=1, max_size=10))
def test_any_name_is_answered(name: str) -> None:
    """No name breaks the look-up, and an answer carries the name asked for."""
    for structure in adam_structures():
        found = adam_variable(structure, name)
        assert found is None or (found.name == name and name.isupper() and len(name) <= 8)


@pytest.mark.shared
def test_data_are_what_the_script_makes(shared: Path, root: Path, tmp_path: Path) -> None:
    script = root / "scripts" / "make_standards.py"
    subprocess.run([sys.executable, script, shared / "standards", "--out", tmp_path],
                   check=True, capture_output=True)
    made = {path.name: path.read_bytes() for path in tmp_path.iterdir()}
    kept = {path.name: path.read_bytes() for path in (root / "engine/standards/data").glob("*.csv")}
    by_hand = ("adam-supplement.csv", "labels-zh.csv")
    assert made == {name: text for name, text in kept.items() if name not in by_hand}
