"""A real EDC export, built from YAML alone; the data are published elsewhere, so the tests may skip.

The expected records in ``tests/expected/edc-demo`` were worked out by hand from the export's files.
"""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pandas as pd
import pytest
from built_study import Built, case_name, compare_record, expected_records, read_built

from dossier.pipeline import Summary, build, check
from engine.yaml import read_yaml

EXPECTED = Path(__file__).parent / "expected" / "edc-demo"
FILES = sorted(EXPECTED.glob("*.yaml"))
CASES = expected_records(EXPECTED)

pytestmark = pytest.mark.shared


@pytest.fixture(scope="module")
def made(root: Path, shared: Path, tmp_path_factory: pytest.TempPathFactory) -> Summary:
    """The demo study, built once."""
    out = tmp_path_factory.mktemp("demo")
    return build(root / "specs/examples/edc-demo/study.yaml", out, raw=shared / "edc-export")


@pytest.fixture(scope="module")
def demo(made: Summary) -> Built:
    """Its datasets as an independent reader reads them."""
    return read_built(made.folder)


@pytest.mark.parametrize("case", CASES, ids=case_name)
def test_record(demo: Built, case: tuple[str, Any]) -> None:
    compare_record(demo, *case)


@pytest.mark.parametrize("file", FILES, ids=lambda f: f.stem)
def test_record_counts(demo: Built, file: Path) -> None:
    spec: Any = read_yaml(file, EXPECTED)
    assert len(demo.frames[str(spec["dataset"])]) == int(spec["counts"]["records"])


def test_every_dataset_is_compared(demo: Built) -> None:
    seen = {dataset for dataset, _ in CASES} | {"RELREC", "SUPPPR"}
    assert set(demo.frames) == seen


def test_nothing_had_to_be_mended(made: Summary) -> None:
    assert made.notes == []


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


def test_medication_given_stands_in_the_standard_variable(demo: Built) -> None:
    ae = demo.frames["AE"]
    assert ae["AEACNOTH"].tolist().count("MEDICATION") == 3  # AE.csv: AEACNS1 is ticked on three lines
    assert demo.frames["SUPPAE"]["QNAM"].unique().tolist() == ["AETRTEM"]


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


def test_treatments_are_related_to_their_events(demo: Built) -> None:
    """CM.csv:3-5 and PR.csv:3 name the event's form: AE-1-AE-AE-1 is the first of the subject."""
    links = demo.frames["RELREC"]
    assert set(links["RELTYPE"]) == {""}
    forms = pd.concat([demo.frames[d].rename(columns={f"{d}SEQ": "IDVARVAL", f"{d}SPID": "SPID"}).assign(
        RDOMAIN=d, IDVAR=f"{d}SEQ") for d in ("AE", "CM", "PR")])
    named = links.merge(forms, on=["USUBJID", "RDOMAIN", "IDVAR", "IDVARVAL"], suffixes=("", "_"))
    assert len(named) == len(links)
    named["FORM"] = named["RDOMAIN"] + " " + named["SPID"]
    pairs = named.groupby(["USUBJID", "RELID"])["FORM"].agg(" - ".join)
    assert sorted(pairs.droplevel("RELID").items()) == [
        ("GDISC-DEMO-KIEM-01", "AE 1 - CM 1"), ("GDISC-DEMO-KIEM-01", "AE 2 - PR 1"),
        ("GDISC-DEMO-KIEM-03", "AE 1 - CM 1"), ("GDISC-DEMO-KIEM-03", "AE 2 - CM 2")]


def test_text_is_ascii(demo: Built) -> None:
    """The export holds a curly apostrophe and a sign for greater or equal."""
    values = {str(v) for frame in demo.frames.values() for name in frame for v in frame[name].unique()}
    assert [value for value in sorted(values) if not value.isascii()] == []


def test_the_specs_check_against_the_headers(root: Path, shared: Path) -> None:
    plan = check(root / "specs/examples/edc-demo/study.yaml", shared / "edc-export")
    assert " ".join(sorted(plan.datasets)) == "ADAE ADSL AE CM DA DM DS EX IE LB MB MH PE PR QS RP SV VS"
