"""What all tests share: hypothesis profiles and the published files, where they are at hand."""

from __future__ import annotations

import os
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from hypothesis import settings
from laws import FEW, MANY

if TYPE_CHECKING:
    from built_study import Built

ROOT = Path(__file__).resolve().parents[1]

pytest.register_assert_rewrite("built_study")  # its assertions are tests' own

CI = bool(os.environ.get("CI"))
settings.register_profile("dev", deadline=None, max_examples=FEW)
settings.register_profile("ci", settings.get_profile("dev"), derandomize=True, print_blob=True)
settings.register_profile("full", settings.get_profile("ci" if CI else "dev"), max_examples=MANY)
settings.load_profile("ci" if CI else "dev")


@pytest.fixture(scope="session")
def root() -> Path:
    """The checkout."""
    return ROOT


@pytest.fixture(scope="session")
def shared() -> Path:
    """Published standards, terminology, rules and schemas; not part of the repository."""
    folder = Path(os.environ.get("DOSSIER_SHARED", ROOT.parent / "shared"))
    if not (folder / "standards").is_dir():
        pytest.skip(f"published files are not at hand: no {folder.name}/standards beside the checkout")
    return folder


@pytest.fixture(scope="session")
def built(root: Path, tmp_path_factory: pytest.TempPathFactory) -> Built:
    """The built-in study, built once for all tests that only read it."""
    from built_study import read_built

    from dossier.pipeline import build
    out = tmp_path_factory.mktemp("built")
    build(root / "specs/study.yaml", out)
    return read_built(out / "m5/datasets")
