"""Bad specs and bad raw files: the whole message, the exit status, and the last good output left in place."""

from __future__ import annotations

import re
import shutil
from pathlib import Path
from typing import Any

import pytest
from bad_cases import BASE, build, cases, change, contents

CASES = cases()
FORM = re.compile(
    r"(?P<file>[^:\s][^:]*\.[a-z]+)(?::(?P<line>\d+)(?::\d+)?)?: "  # place
    r"(?P<subject>[^\s:;']+): "
    r"(?P<cause>(?:(?!; ).)+(?:; \d+ of \d+ records?)?); (?P<hint>\S.*)")
"""A problem as messages tell it: *place: subject: what is wrong; hint*."""
EXCERPT = re.compile(r" {4}.*\S")
"""A line that shows an expression, or the caret under it."""
MACHINE = re.compile(r"Traceback|Error\b|object at 0x|(?<![\w.])/(?:tmp|home|root|usr|work|etc|private)\b")
"""What a user's message never holds: our own code's words, and paths of a machine."""


@pytest.fixture(scope="module")
def good(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The base study's output."""
    folder = tmp_path_factory.mktemp("good")
    outcome = build(BASE, folder / "out")
    assert (outcome.status, outcome.message) == (0, "")
    names = {Path(name).stem for name in outcome.files if name.endswith(".xpt")}
    assert names == {"ae", "suppae", "dm", "ex", "lb", "pc", "adae", "adpc", "adsl"}
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


@pytest.mark.parametrize(("name", "case"), CASES, ids=[name for name, _ in CASES])
def test_the_form_of_messages(name: str, case: dict[str, Any], tmp_path: Path) -> None:
    """Each problem says place, subject, cause and hint on one line; the last line counts them."""
    lines = case["message"].splitlines()
    if case["exit"] == 0:
        assert lines == []
        return
    last, problems = lines.pop(), [line for line in lines if not EXCERPT.fullmatch(line)]
    assert last == f"dossier: {len(problems)} problem{'s' if len(problems) > 1 else ''}; nothing was written"
    assert len(problems) == len(set(problems)) >= 1
    change(shutil.copytree(BASE, tmp_path / "study"), case["change"])
    for line in problems:
        found = FORM.fullmatch(line)
        assert found is not None, line
        file = tmp_path / "study" / found["file"]
        text = file.suffix in (".csv", ".yaml") and file.is_file() and not file.is_symlink()
        if text and (size := len(file.read_bytes().splitlines())):
            assert found["line"] is not None, line
            assert 1 <= int(found["line"]) <= size, line
    assert not MACHINE.search(case["message"])
    assert all(sign.isprintable() or sign == "\n" for sign in case["message"])


def test_every_case_is_whole() -> None:
    for name, case in CASES:
        assert {*case} - {"because"} == {"name", "change", "intent", "exit", "message"}, name
        assert case["exit"] in (0, 1, 2), name
