"""Runs the command inside the test's own process, which saves the start of another."""

from __future__ import annotations

import contextlib
import io
import logging
import sys
from dataclasses import dataclass
from pathlib import Path

import pytest

from dossier.cli import main


@dataclass(frozen=True)
class Done:
    """How a command ended and what it said."""

    returncode: int
    stdout: str
    stderr: str


def run(folder: Path, *arguments: str) -> Done:
    """Run ``dossier ARGUMENTS`` in a folder; its log and its hook for bugs do not stay behind."""
    out, err = io.StringIO(), io.StringIO()
    with (contextlib.chdir(folder), contextlib.redirect_stdout(out), contextlib.redirect_stderr(err),
          pytest.MonkeyPatch.context() as patch):
        patch.setattr(sys, "excepthook", sys.excepthook)
        patch.setattr(logging.root, "handlers", [])
        patch.setattr(logging.root, "level", logging.root.level)
        try:
            status = main(list(arguments))
        except SystemExit as end:  # argparse: --version, or a word it does not know
            status = int(end.code or 0)
    return Done(status, out.getvalue(), err.getvalue())
