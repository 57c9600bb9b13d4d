"""Hostile studies are refused in the documented form, with the right status and bounded memory.

Each case runs in a process of its own.  The time it may take is a guard against what hangs and
says nothing of speed, which ``bench/hostile.py`` measures.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from pathlib import Path

import pytest

pytest.importorskip("resource", reason="limits of a process are POSIX")

from hostile_cases import CASES
from hostile_run import Server
from hostile_study import ANY, CHECK, MORE, Case, write_study

PATIENCE = 60.0


@pytest.fixture(scope="module")
def server() -> Iterator[Server]:
    """The program, loaded once."""
    with Server() as running:
        yield running


def fits(lines: Sequence[str], wanted: Sequence[str]) -> bool:
    """Whether lines are those wanted, any rest of a line and any lines between left open."""
    if ANY in wanted:
        at = wanted.index(ANY)
        first, last = wanted[:at], wanted[at + 1:]
        return (len(lines) >= len(first) + len(last) and fits(lines[:at], first)
                and fits(lines[len(lines) - len(last):], last))
    return len(lines) == len(wanted) and all(
        line.startswith(want.removesuffix(MORE)) if want.endswith(MORE) else line == want
        for line, want in zip(lines, wanted, strict=True))


@pytest.mark.parametrize("case", [
    pytest.param(case, id=case.name, marks=[pytest.mark.full] if case.heavy else []) for case in CASES])
def test_a_hostile_study(case: Case, server: Server, tmp_path: Path) -> None:
    folder = tmp_path / "home" / "study"
    folder.mkdir(parents=True)
    case.make(folder)
    found = server.run(folder, case.command, PATIENCE)
    said = found.said.replace(f"{tmp_path}/", "@/")
    assert found.status == case.status, said
    lines = said.split("\n")[:-1]
    if case.status:
        count = f"{case.problems} problem{'' if case.problems == 1 else 's'}"
        assert lines.pop() == f"dossier: {count}; nothing was written"
        assert not (folder / "out/m5").exists()
    assert fits(lines, case.said), said
    assert found.megabytes < case.megabytes


def test_names_of_cases_are_their_own() -> None:
    assert len({case.name for case in CASES}) == len(CASES)


def test_what_hangs_is_killed(server: Server, tmp_path: Path) -> None:
    write_study(tmp_path)
    assert server.run(tmp_path, CHECK, 0.0).status is None
    assert server.run(tmp_path, CHECK, PATIENCE).status == 0
