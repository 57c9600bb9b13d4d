"""Controlled terminology as package data."""

from __future__ import annotations

import subprocess
import sys
import time
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from engine import terminology
from engine.terminology import Codelist, Term, codelist, names, versions


def known(name: str, package: terminology.Package = "sdtm") -> Codelist:
    found = codelist(name, package)
    assert found is not None, name
    return found


def test_codelist_by_name_and_code_is_one_object() -> None:
    ny = known("NY")
    assert codelist("C66742") is ny
    assert (ny.code, ny.name, ny.extensible, ny.package, ny.version) == (
        "C66742", "No Yes Response", False, "sdtm", "2025-03-28")
    assert ny.terms["Y"] == Term("C49488", "Y", ("Yes",), "Yes")
    assert "Y" in ny
    assert "y" not in ny


def test_unknown_codelist_is_none() -> None:
    assert codelist("NOSUCH") is None
    assert codelist("DATEFL") is None  # ADaM terminology, not SDTM
    assert known("DATEFL", "adam").code == "C81223"


@pytest.mark.parametrize(("text", "value"), [
    ("10^6/L", "10^6/L"),      # the value itself
    ("10^6/l", "10^6/L"),      # any case
    ("/uL", "10^6/L"),         # a synonym
    ("Pa", "Pa"),
    ("pA", None),              # Pa or PA: no guess
    ("no such unit", None),
])
def test_find_in_units(text: str, value: str | None) -> None:
    term = known("UNIT").find(text)
    assert (term.value if term else None) == value


def test_find_prefers_value_to_synonym_and_refuses_ambiguous_synonyms() -> None:
    one = Term("C1", "ONE", ("TWO", "shared"), "One")
    two = Term("C2", "TWO", ("shared",), "Two")
    both = Codelist("C0", "BOTH", "Both", True, {"ONE": one, "TWO": two}, "sdtm")
    assert both.find("two") is two
    assert both.find("shared") is None
    assert both.by_code("C2") is two


def test_study_terms() -> None:
    """Terms the built-in study stands on (codes of the published package)."""
    assert known("UNIT").terms["10^6/kg"].code == "C198380"
    assert known("UNIT").find("cells/kg") is None
    assert known("PKUNIT").terms["DNA copies/ug"].code == "C170632"
    assert known("PKUNIT").terms["h*DNA copies/ug"].code == "C172585"
    tmax = known("PKPARMCD").terms["TMAX"]
    name = known("PKPARM").by_code(tmax.code)
    assert name is not None
    assert name.value == "Time of CMAX Observation"
    assert known("PKPARM").find("Time of CMAX") == name


def test_sizes_of_the_published_packages() -> None:
    sizes = {package: (len(names(package)), sum(len(known(name, package).terms) for name in names(package)))
             for package in terminology.PACKAGES}
    assert sizes == {"sdtm": (1158, 43698), "adam": (23, 140), "define": (15, 88)}


def test_packages_and_versions_not_carried_are_refused() -> None:
    assert versions() == ("2025-03-28",)
    with pytest.raises(ValueError, match=r"^no sdtm terminology of '2020-01-01'; known: 2025-03-28$"):
        codelist("NY", version="2020-01-01")
    with pytest.raises(ValueError, match=r"^no terminology package 'send'; known: sdtm, adam, define$"):
        names("send")  # type: ignore[arg-type]


@given(st.sampled_from(names()))
def test_every_value_finds_itself(name: str) -> None:
    found = known(name)
    for value, term in found.terms.items():
        assert term.value == value
        assert found.find(value) is term
        assert found.by_code(term.code) is term


def test_first_codelist_is_quick(root: Path) -> None:
    """A fresh interpreter reads one codelist in well under a third of a second."""
    code = ("import time; from engine.terminology import codelist; start = time.process_time(); "
            "codelist('NY').terms; print(time.process_time() - start)")
    took = subprocess.run([sys.executable, "-c", code], cwd=root, check=True, capture_output=True, text=True)
    assert float(took.stdout) < 0.3
    start = time.process_time()
    codelist("NY")
    assert time.process_time() - start < 0.01


@pytest.mark.shared
def test_data_are_what_the_script_makes(shared: Path, root: Path, tmp_path: Path) -> None:
    script = root / "scripts" / "make_terminology.py"
    subprocess.run([sys.executable, script, shared / "terminology", "--out", tmp_path],
                   check=True, capture_output=True)
    made = {path.name: path.read_bytes() for path in tmp_path.iterdir()}
    kept = {path.name: path.read_bytes() for path in (root / "engine/terminology/data").glob("*.csv")}
    assert made == kept
