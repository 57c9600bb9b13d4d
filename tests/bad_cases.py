"""Runs the cases of ``tests/cases/bad``: a copy of the base study, changed, built over a good output."""

from __future__ import annotations

import base64
import contextlib
import hashlib
import io
import os
import re
import shutil
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import yaml

from dossier.cli import main

HERE = Path(__file__).parent / "cases" / "bad"
BASE = HERE / "base"


_PROGRESS = re.compile(r" *\d+\.\d s  .*\n")
"""A line of the progress, with the seconds since the start."""


@dataclass(frozen=True)
class Outcome:
    """What a build said, but for its progress, and left behind."""

    status: int
    message: str
    files: dict[str, str]


def cases() -> list[tuple[str, dict[str, Any]]]:
    """Every case, under the name of its file and its own."""
    found = []
    for path in sorted(HERE.glob("*.yaml")):
        for case in yaml.safe_load(path.read_text(encoding="utf-8")):
            found.append((f"{path.stem}: {case['name']}", case))
    return found


def change(study: Path, files: dict[str, dict[str, Any]]) -> None:
    """Change a copy of the base study as a case says (see the README beside the cases)."""
    for name, what in files.items():
        path = study / name
        path.parent.mkdir(parents=True, exist_ok=True)
        if {"remove", "directory", "link"} & set(what):
            path.unlink(missing_ok=True)
        if "directory" in what:
            path.mkdir()
        if "link" in what:
            target = path.parent / what["link"]
            if not target.exists():
                target.parent.mkdir(parents=True, exist_ok=True)
                shutil.copyfile(BASE / name, target)
            path.symlink_to(what["link"])
        if "text" in what:
            path.write_bytes(what["text"].encode())
        if "base64" in what:
            path.write_bytes(base64.b64decode(what["base64"]))
        for old, new in what.get("replace", {}).items():
            text = path.read_bytes().decode()
            assert text.count(old) == 1, f"{name}: {old!r} stands {text.count(old)} times"
            path.write_bytes(text.replace(old, new).encode())
        lines = ([what["append"]] if "append" in what else []) + [
            many["line"].format(n=n) + "\n" for many in [what.get("many")] if many
            for n in range(many["from"], many["to"] + 1)]
        if lines:
            path.write_bytes(path.read_bytes() + "".join(lines).encode())


def build(study: Path, out: Path) -> Outcome:
    """Build as the command line does, from the study's folder."""
    said = io.StringIO()
    before = Path.cwd()
    os.chdir(study)
    try:
        with contextlib.redirect_stdout(io.StringIO()), contextlib.redirect_stderr(said):
            status = main(["build", "--study", "study.yaml", "--out", str(out)])
    finally:
        os.chdir(before)
    return Outcome(status, _PROGRESS.sub("", said.getvalue()), contents(out))


def contents(folder: Path) -> dict[str, str]:
    """Every file of a folder, with a digest of what it holds."""
    return {path.relative_to(folder).as_posix(): hashlib.sha256(path.read_bytes()).hexdigest()
            for path in sorted(folder.rglob("*")) if path.is_file()}
