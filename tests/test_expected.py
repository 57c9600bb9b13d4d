"""The built datasets against records worked out independently, from the raw files and docs/decisions.md."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pandas as pd
import pytest
from built_study import Built

from engine.yaml import read_yaml

EXPECTED = Path(__file__).parent / "expected"
FILES = sorted(EXPECTED.glob("*.yaml"))


def _cases() -> list[tuple[str, Any]]:
    cases: list[tuple[str, Any]] = []
    for file in FILES:
        spec: Any = read_yaml(file, EXPECTED)
        for record in spec["records"]:
            cases.append((str(spec["dataset"]), record))
    return cases


CASES = _cases()


def _name(case: tuple[str, Any]) -> str:
    find = case[1]["find"]
    return f"{case[0]}-" + "-".join(str(v) for v in find.values())


def _found(built: Built, dataset: str, record: Any) -> pd.DataFrame:
    frame = built.frames[dataset]
    for name, value in record["find"].items():
        frame = frame[frame[str(name)] == str(value)]
    if "parent" in record:
        parent = built.frames[dataset.removeprefix("SUPP")]
        for name, value in record["parent"].items():
            parent = parent[parent[str(name)] == str(value)]
        keys = parent[["USUBJID", f"{dataset.removeprefix('SUPP')}SEQ"]].rename(
            columns={f"{dataset.removeprefix('SUPP')}SEQ": "IDVARVAL"})
        frame = frame.merge(keys, on=["USUBJID", "IDVARVAL"])
    return frame


@pytest.mark.parametrize("case", CASES, ids=_name)
def test_record(built: Built, case: tuple[str, Any]) -> None:
    dataset, record = case
    frame = _found(built, dataset, record)
    if "absent" in record:
        assert frame.empty, record["why"]
        return
    assert len(frame) == 1, f"{len(frame)} records of {dataset} fit {dict(record['find'])}"
    row = frame.iloc[0]
    wanted = {str(n): str(v["is"]) for n, v in record["values"].items()}
    got = {name: row.get(name, "(no such variable)") for name in wanted}
    assert got == wanted


@pytest.mark.parametrize("file", FILES, ids=lambda f: f.stem)
def test_record_counts(built: Built, file: Path) -> None:
    spec: Any = read_yaml(file, EXPECTED)
    if "counts" not in spec:
        pytest.skip(f"{file.name} states no count")
    assert len(built.frames[str(spec["dataset"])]) == int(spec["counts"]["records"])


def test_at_least_twelve_records_a_dataset() -> None:
    counts = pd.Series([dataset for dataset, _ in CASES]).value_counts()
    main = ["DM", "EX", "AE", "PC", "LB", "ADSL", "ADAE", "ADPC"]
    assert {name: counts.get(name, 0) >= 12 for name in main} == dict.fromkeys(main, True)
