"""docs/tutorial.md: its files are written, its commands run in order, and every output is the one it shows.

* A paragraph that ends in ```path`:`` before a fenced block writes the file ``path``.
* One that ends in ``line N of `path`:`` puts the block's one line in place of line N.
* A ``console`` block holds commands behind ``$`` and all that each prints, but for the lines of progress
  that a terminal shows only for a moment.  Not compared: seconds, which differ from run to run, and
  blanks at the ends of lines.
* ``sas`` and ``r`` blocks are for systems that a test has not; other blocks are refused.
"""

from __future__ import annotations

import contextlib
import io
import logging
import re
import shlex
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest

from dossier.cli import main

PAGE = (Path(__file__).resolve().parents[1] / "docs" / "tutorial.md").read_text(encoding="utf-8")
FENCE = re.compile(r"^(?P<before>[^\n]*)\n\n?```(?P<language>\w+)\n(?P<body>.*?)^```$",
                   re.MULTILINE | re.DOTALL)
PROGRESS = re.compile(r"^ *\d+\.\d s  .*\n", re.MULTILINE)
SECONDS = re.compile(r"\d+\.\d\d$", re.MULTILINE)
WRITTEN = {"csv", "yaml", "python"}
ELSEWHERE = {"sas", "r"}


@dataclass(frozen=True)
class Step:
    """A file to write (``number``: one line of it), or a command and what it prints."""

    path: str
    text: str
    number: int = 0
    command: str = ""


def steps(page: str) -> Iterator[Step]:
    """What the page does, in its order."""
    for block in FENCE.finditer(page):
        language, body = block["language"], block["body"]
        if language == "console":
            for part in re.split(r"^\$ ", body, flags=re.MULTILINE)[1:]:
                command, _, output = part.partition("\n")
                yield Step("", output, command=command)
        elif language in WRITTEN:
            named = re.search(r"(?:[Ll]ine (\d+) of )?`([\w./]+)`:$", block["before"])
            assert named is not None, f"no file is named before {body.splitlines()[0]!r}"
            yield Step(named[2], body, int(named[1] or 0))
        else:
            assert language in ELSEWHERE, f"what is a block of {language}?"


def write(step: Step, folder: Path) -> None:
    """Write the file of a step, or one line of it."""
    path = folder / step.path
    path.parent.mkdir(parents=True, exist_ok=True)
    if not step.number:
        assert not path.exists(), f"{step.path} is written twice; 'line N of' begins on the line before"
        path.write_text(step.text, encoding="utf-8")
        return
    lines = path.read_text(encoding="utf-8").splitlines(keepends=True)
    assert step.text.count("\n") == 1, f"one line is wanted for line {step.number} of {step.path}"
    old = lines[step.number - 1]
    assert old != step.text, f"line {step.number} of {step.path} is that already"
    assert old.split(":")[0] == step.text.split(":")[0], f"line {step.number} of {step.path} is {old}"
    lines[step.number - 1] = step.text
    path.write_text("".join(lines), encoding="utf-8")


def run(command: str) -> str:
    """What a command prints, without the lines of progress and blanks at the ends of lines."""
    words, said = shlex.split(command), io.StringIO()
    if words[0] == "python":
        done = subprocess.run([sys.executable, *words[1:]], text=True, stdout=subprocess.PIPE,
                              stderr=subprocess.STDOUT, check=True)
        said.write(done.stdout)
    else:
        assert words[0] == "dossier"
        with contextlib.redirect_stdout(said), contextlib.redirect_stderr(said):
            assert main(words[1:]) in (0, 1, 2)
    return "".join(f"{line.rstrip()}\n" for line in PROGRESS.sub("", said.getvalue()).splitlines())


def test_the_tutorial_does_what_it_says(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("COLUMNS", "110")
    monkeypatch.delenv("SOURCE_DATE_EPOCH", raising=False)
    monkeypatch.setattr(sys, "excepthook", sys.excepthook)  # the command sets its own, and its log
    monkeypatch.setattr(logging.root, "handlers", [])
    monkeypatch.setattr(logging.root, "level", logging.root.level)
    commands = 0
    for step in steps(PAGE):
        if not step.command:
            write(step, tmp_path)
            continue
        commands += 1
        printed, shown = (SECONDS.sub("-.--", text) for text in (run(step.command), step.text))
        assert printed == shown, f"$ {step.command}\n{printed}"
    assert commands >= 8


@pytest.mark.parametrize("wanted", ["dossier spec check", "dossier build", "python"])
def test_it_shows(wanted: str) -> None:
    assert any(step.command.startswith(wanted) for step in steps(PAGE))


def test_every_file_is_small_and_lines_are_of_a_readable_length() -> None:
    for step in steps(PAGE):
        if step.path.endswith(".csv") and not step.number:
            assert step.text.count("\n") <= 16, step.path
    prose = re.sub(r"^```.*?^```$", "", PAGE, flags=re.MULTILINE | re.DOTALL)
    assert [line for line in prose.splitlines() if len(line) > 120] == []


def test_steps_are_read_as_the_page_means_them() -> None:
    page = ("In `a/b.csv`:\n\n```csv\nX\n1\n```\n\nNow line 2 of `a/b.csv`:\n```csv\n2\n```\n\n"
            "Run:\n\n```console\n$ dossier --version\ndossier 1\n$ python a.py\n```\n\n```sas\nrun;\n```\n")
    assert list(steps(page)) == [
        Step("a/b.csv", "X\n1\n"), Step("a/b.csv", "2\n", 2),
        Step("", "dossier 1\n", command="dossier --version"), Step("", "", command="python a.py")]
    with pytest.raises(AssertionError, match="what is a block of toml"):
        list(steps("Look:\n\n```toml\nx\n```\n"))
