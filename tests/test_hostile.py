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
LONG = {
    "files: 30,000 values that are no numbers", "files: a Parquet file of 20,001 columns",
    "files: a Parquet file of 40 million records", "files: a cell of 100 MB",
    "files: a workbook of one text of 30 MB", "files: a workbook whose rows reach to column ZZZ",
    "files: a workbook with row 2,000,000,000", "formats: an unknown word of 2 MB",
    "names: 20,000 files in the raw folder", "scale: 100,000 keys", "scale: 19,000 variables",
    "scale: 20,000 tests", "scale: 30,000 steps", "scale: 49,000 unknown keys", "scale: 49,000 values",
    "scale: 10,000 windows", "scale: a map of 100,000 terms", "scale: a map of 49,000 terms",
    "scale: 10,000 joins", "scale: 40,000 keys to sort by", "yaml: 2 MB of ? - ", "yaml: 2 MB of {[",
    "yaml: 2 MB of {a: ", "yaml: a codelist's name of 2 MB", "yaml: a key of 2 MB",
    "yaml: a raw file's path of 2 MB", "yaml: a table's name of 2 MB", "yaml: a variable's name of 2 MB",
    "yaml: a verb of 2 MB",
}
"""Cases that take long, each like another that `make test` runs; `make test-full` runs these."""


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
    pytest.param(case, id=case.name, marks=[pytest.mark.full] if case.heavy or case.name in LONG else [])
    for case in CASES])
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
    assert {case.name for case in CASES} >= LONG


def test_what_hangs_is_killed(server: Server, tmp_path: Path) -> None:
    write_study(tmp_path)
    assert server.run(tmp_path, CHECK, 0.0).status is None
    assert server.run(tmp_path, CHECK, PATIENCE).status == 0
