"""A real EDC export, built from YAML alone; the data are published elsewhere, so the tests may skip."""

from __future__ import annotations

from pathlib import Path

import pytest
from built_study import Built, read_built

from dossier.pipeline import build, check

pytestmark = pytest.mark.shared


@pytest.fixture(scope="module")
def demo(root: Path, shared: Path, tmp_path_factory: pytest.TempPathFactory) -> Built:
    """The demo study, built once."""
    out = tmp_path_factory.mktemp("demo")
    build(root / "specs/examples/edc-demo/study.yaml", out, raw=shared / "edc-export")
    return read_built(out / "m5/datasets")


def test_subjects_and_reference_dates(demo: Built) -> None:
    dm = demo.frames["DM"]
    assert dm["USUBJID"].tolist() == ["GDISC-DEMO-KIEM-01", "GDISC-DEMO-KIEM-02", "GDISC-DEMO-KIEM-03"]
    assert dm["RFSTDTC"].tolist() == ["2023-08-07", "", ""]
    assert dm["RACE"].tolist() == ["WHITE", "ASIAN", "WHITE"]
    assert dm["SEX"].tolist() == ["M", "F", "F"]


def test_events_keep_unknown_days(demo: Built) -> None:
    ae = demo.frames["AE"].set_index("AETERM")
    assert ae.loc["Sun stroke", ["AESTDTC", "AEENDTC", "AESTDY"]].tolist() == ["2023-09-30", "2023-10", "55"]
    assert ae.loc["Aeromonas infection", "AEENDTC"] == "2024-01"
    assert ae.loc["Broken finger", "AEACN"] == "DOSE NOT CHANGED"
    qualifiers = demo.frames["SUPPAE"]
    assert set(zip(qualifiers["QNAM"], qualifiers["QVAL"], strict=True)) == {("AEACNMED", "Y")}
    assert len(qualifiers) == 3


def test_wide_laboratory_forms_become_tests(demo: Built) -> None:
    lb = demo.frames["LB"].set_index(["USUBJID", "LBTESTCD", "VISITNUM"])
    first = lb.loc[("GDISC-DEMO-KIEM-01", "HGB", "1")]
    assert first[["LBORRES", "LBORRESU", "LBSTRESN", "LBSTRESU", "LBSTNRLO", "LBSTNRHI", "LBNRIND"]].tolist() == [
        "16.1", "g/dL", "161", "g/L", "140", "180", "NORMAL"]
    low = lb.loc[("GDISC-DEMO-KIEM-01", "HGB", "3")]
    assert low[["LBORRES", "LBNRIND", "LBDY"]].tolist() == ["13.9", "LOW", "11"]
    cholesterol = lb.loc[("GDISC-DEMO-KIEM-01", "CHOL", "1")]
    # 165 mg/dL / 386.65 g/mol * 10 = 4.267... mmol/L; the range says only "<200"
    assert cholesterol[["LBSTRESC", "LBSTNRLO", "LBSTNRHI"]].tolist() == ["4.27", "", "5.17"]


def test_the_specs_check_against_the_headers(root: Path, shared: Path) -> None:
    plan = check(root / "specs/examples/edc-demo/study.yaml", shared / "edc-export")
    assert sorted(plan.datasets) == ["AE", "DM", "EX", "LB"]
