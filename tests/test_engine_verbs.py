"""The spec engine and the verbs all layers share, by cases that go through the whole engine."""

from __future__ import annotations

from pathlib import Path

import pytest
from cases_runner import cases_of, run_case

import adam.records
import adam.verbs  # noqa: F401 (registers the verbs of that layer)
import engine.verbs  # noqa: F401 (registers the common verbs)
import sdtm.verbs  # noqa: F401 (registers the verbs of that layer)
from engine.yaml.nodes import YamlMap


@pytest.mark.parametrize("case", cases_of("engine"))
def test_case(case: YamlMap, tmp_path: Path) -> None:
    """Each case builds the records, or the error, that it says."""
    run_case(case, tmp_path)
