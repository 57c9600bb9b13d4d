"""The built datasets against records worked out independently, from the raw files and docs/decisions.md."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pandas as pd
import pytest
from built_study import Built, case_name, compare_record, expected_records

from engine.yaml import read_yaml

EXPECTED = Path(__file__).parent / "expected"
FILES = sorted(EXPECTED.glob("*.yaml"))
CASES = expected_records(EXPECTED)


@pytest.mark.parametrize("case", CASES, ids=case_name)
def test_record(built: Built, case: tuple[str, Any]) -> None:
    compare_record(built, *case)


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
