"""Bad specs and bad raw files: the whole message, the exit status, and the last good output left in place."""

from __future__ import annotations

import shutil
from pathlib import Path
from typing import Any

import pytest
from bad_cases import BASE, build, cases, change, contents

CASES = cases()


@pytest.fixture(scope="module")
def good(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The base study's output."""
    folder = tmp_path_factory.mktemp("good")
    outcome = build(BASE, folder / "out")
    assert outcome.status == 0, outcome.message
    assert sum(name.endswith(".xpt") for name in outcome.files) == 9
    return folder / "out"


def test_there_are_thirty_of_each() -> None:
    kinds = ["specs" if name.startswith("specs") else "raw" for name, _ in CASES]
    assert (kinds.count("specs"), kinds.count("raw")) == (30, 30)
    assert len({name for name, _ in CASES}) == len(CASES)


@pytest.mark.parametrize(("name", "case"), CASES, ids=[name for name, _ in CASES])
def test_bad_input(name: str, case: dict[str, Any], good: Path, tmp_path: Path) -> None:
    study, out = tmp_path / "study", tmp_path / "out"
    shutil.copytree(BASE, study)
    shutil.copytree(good, out)
    change(study, case["change"])
    outcome = build(study, out)
    assert outcome.message.replace(f"{tmp_path}/", "") == case["message"]
    assert outcome.status == case["exit"]
    if outcome.status:
        assert outcome.files == contents(good)
