"""The cell counts in CP or, for receivers on older guides, in LB: the analysis is the same."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest
from built_study import Built, compare_record, expected_records, read_built

from dossier.pipeline import build
from dossier.terminal import closing_table

ROOT = Path(__file__).parent.parent
CASES = [case for case in expected_records(Path(__file__).parent / "expected") if case[0] == "ADCP"]


@pytest.fixture(scope="module")
def in_lb(tmp_path_factory: pytest.TempPathFactory) -> tuple[Built, str]:
    """The study with its switch the other way, and what its build said."""
    folder = tmp_path_factory.mktemp("lb")
    shutil.copytree(ROOT / "specs", folder / "specs", ignore=shutil.ignore_patterns("examples"))
    study = folder / "specs" / "study.yaml"
    text = study.read_text(encoding="utf-8")
    assert text.count("pd_domain: CP") == 1
    study.write_text(text.replace("pd_domain: CP", "pd_domain: LB"), encoding="utf-8")
    summary = build(study, folder / "out", ["CP", "LB", "ADCP"], ROOT / "raw_fixtures")
    return read_built(folder / "out"), closing_table(summary)


def test_a_dataset_without_records_is_not_written(in_lb: tuple[Built, str]) -> None:
    built, said = in_lb
    assert set(built.frames) == {"LB", "ADCP"}
    assert "not written, without records: CP\n" in said


def test_the_same_results_are_in_lb(in_lb: tuple[Built, str], built: Built) -> None:
    lb, cp = in_lb[0].frames["LB"], built.frames["CP"]
    counts = lb[lb["LBCAT"] == "IMMUNOPHENOTYPING"]
    in_lb_, in_cp = (frame[[f"{prefix}{name}" for name in ("REFID", "ORRES", "ORRESU", "DTC", "LOBXFL")]]
                     for frame, prefix in ((counts, "LB"), (cp, "CP")))
    assert sorted(map(tuple, in_lb_.to_numpy())) == sorted(map(tuple, in_cp.to_numpy()))


def test_the_analysis_is_the_same(in_lb: tuple[Built, str], built: Built) -> None:
    for dataset, record in CASES:
        compare_record(in_lb[0], dataset, record)
    keys = ["USUBJID", "PARAMCD", "ADTM", "AVAL"]
    own = [v for v in built.frames["ADCP"] if v not in ("SRCDOM", "SRCVAR", "SRCSEQ", "ATPT", "ATPTN")]
    ours, theirs = (frame[own].sort_values(keys, ignore_index=True)
                    for frame in (built.frames["ADCP"], in_lb[0].frames["ADCP"]))
    assert ours.equals(theirs)
