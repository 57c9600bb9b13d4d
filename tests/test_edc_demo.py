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
    assert ae["AEENDTC"].to_dict() == {"Broken finger": "2023-08-31", "Sun stroke": "2023-10",
                                       "Aeromonas infection": "2024-01", "Diarrhea": "2023-11-27"}
    assert ae["AESTDY"].to_dict()["Sun stroke"] == "55"
    assert ae["AEACN"].to_dict()["Broken finger"] == "DOSE NOT CHANGED"
    qualifiers = demo.frames["SUPPAE"]
    assert qualifiers["QNAM"].unique().tolist() == ["AEACNMED"]
    assert qualifiers["QVAL"].unique().tolist() == ["Y"]
    assert len(qualifiers) == 3


def test_wide_laboratory_forms_become_tests(demo: Built) -> None:
    lb = demo.frames["LB"]

    def values(test: str, visit: str, *names: str) -> list[str]:
        rows = (lb["USUBJID"] == "GDISC-DEMO-KIEM-01") & (lb["LBTESTCD"] == test) & (lb["VISITNUM"] == visit)
        assert rows.sum() == 1
        return [str(lb.loc[rows, name].iloc[0]) for name in names]

    assert values("HGB", "1", "LBORRES", "LBORRESU", "LBSTRESN", "LBSTRESU", "LBSTNRLO", "LBSTNRHI",
                  "LBNRIND") == ["16.1", "g/dL", "161", "g/L", "140", "180", "NORMAL"]
    assert values("HGB", "3", "LBORRES", "LBNRIND", "LBDY") == ["13.9", "LOW", "11"]
    # 165 mg/dL / 386.65 g/mol * 10 = 4.267... mmol/L; the range says only "<200"
    assert values("CHOL", "1", "LBSTRESC", "LBSTNRLO", "LBSTNRHI") == ["4.27", "", "5.17"]


def test_the_specs_check_against_the_headers(root: Path, shared: Path) -> None:
    plan = check(root / "specs/examples/edc-demo/study.yaml", shared / "edc-export")
    assert sorted(plan.datasets) == ["AE", "DM", "EX", "LB"]
