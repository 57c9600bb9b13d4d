"""README: every command runs, and the changes it shows build what it says."""

from __future__ import annotations

import re
import shlex
import shutil
from pathlib import Path

import pytest
from command import run

from dossier.cli import _parser
from engine import xpt


def blocks(root: Path, language: str) -> list[str]:
    """The fenced blocks of README in a language."""
    text = (root / "README.md").read_text(encoding="utf-8")
    return re.findall(rf"```{language}\n(.*?)```", text, re.DOTALL)


def commands(root: Path) -> list[list[str]]:
    """The ``dossier`` commands of README, without their comments."""
    lines = [line for block in blocks(root, "sh") for line in block.splitlines()]
    return [shlex.split(line, comments=True)[1:] for line in lines if line.startswith(".venv/bin/dossier")]


@pytest.fixture
def copy(root: Path, tmp_path: Path) -> Path:
    """Specs and raw data in a folder that may be changed."""
    shutil.copytree(root / "specs", tmp_path / "specs")
    shutil.copytree(root / "raw_fixtures", tmp_path / "raw_fixtures")
    return tmp_path


def test_every_command_is_one(root: Path) -> None:
    found = [arguments for arguments in commands(root) if arguments != ["--version"]]
    assert len(found) >= 5
    assert all(callable(_parser().parse_args(arguments).run) for arguments in found)


@pytest.mark.full
def test_every_command_runs(root: Path, copy: Path) -> None:
    found = commands(root)
    assert len(found) >= 5
    for arguments in found:
        done = run(copy, *arguments)
        assert done.returncode == 0, (arguments, done.stderr)
    assert (copy / "build/m5/datasets/cd7cart-101/tabulations/sdtm/ae.xpt").is_file()


def test_make_targets_exist(root: Path) -> None:
    targets = {line.split(":")[0] for line in (root / "Makefile").read_text().splitlines()
               if re.match(r"[a-z-]+:", line)}
    text = (root / "README.md").read_text(encoding="utf-8")
    named = set(re.findall(r"`make ([a-z-]+)`", text))
    named |= set(re.findall(r"^make ([a-z-]+)", text, re.MULTILINE))
    assert {"datasets", "test", "interop"} <= named <= targets


@pytest.mark.full
def test_change_a_mapping_add_a_variable_and_a_domain(root: Path, copy: Path) -> None:
    mapping, variable, supplemental, table, domain = blocks(root, "yaml")
    ae = copy / "specs/sdtm/ae.yaml"
    head, line = mapping.split("    map:\n")
    assert head in ae.read_text(encoding="utf-8")
    ae.write_text(ae.read_text(encoding="utf-8").replace(f"{head}    map:\n", f"{head}    map:\n{line}"),
                  encoding="utf-8")
    raw = copy / "raw_fixtures/ae.csv"
    raw.write_text(raw.read_text(encoding="utf-8").replace(",RECOVERED,", ",Resolved,", 1), encoding="utf-8")
    ex = copy / "specs/sdtm/ex.yaml"
    text = ex.read_text(encoding="utf-8")
    at = "      EXLOT:    {from: LOT}\n"
    assert at in text
    ex.write_text(text.replace(at, at + variable) + supplemental, encoding="utf-8")
    study = copy / "specs/study.yaml"
    head, rest = study.read_text(encoding="utf-8").split("\ndesign:")
    comment, rows = rest.split("\n", 1)
    study.write_text(f"{head}\ndesign:{comment}\n{table}{rows}", encoding="utf-8")
    (copy / "specs/sdtm/tm.yaml").write_text(domain, encoding="utf-8")
    done = run(copy, "build", "--out", "build")
    assert done.returncode == 0, done.stderr
    folder = copy / "build/m5/datasets/cd7cart-101/tabulations/sdtm"
    events, _ = xpt.read(folder / "ae.xpt")
    assert "Resolved" not in set(events["AEOUT"])
    exposure, _ = xpt.read(folder / "ex.xpt")
    assert exposure.loc[exposure["EXCAT"] == "CAR-T CELL INFUSION", "EXREFID"].notna().all()
    qualifiers, _ = xpt.read(folder / "suppex.xpt")
    assert (qualifiers["QNAM"].unique().tolist(), len(qualifiers)) == (["EXVIAB"], 18)
    milestones, _ = xpt.read(folder / "tm.xpt")
    assert milestones["MIDSTYPE"].tolist() == ["RELAPSE"]
