"""What the last build was made from: what has not changed since need not be built again.

A build leaves ``.state.json`` in its output folder.  It names, for each dataset,
the files that its values can depend on (specs and raw files of all datasets it
reads, directly or not) and the files that were written, each with its SHA-256;
for all of them the study file, our own code and the versions of what it stands
on.  The content of files counts, never their times.

Imports nothing heavy, so that a build with nothing to do ends at once.
"""

from __future__ import annotations

import hashlib
import json
import os
import sys
from collections.abc import Iterable, Mapping
from dataclasses import asdict, dataclass, field
from functools import cache
from importlib.metadata import PackageNotFoundError, entry_points, version
from pathlib import Path
from typing import Any

FILE = ".state.json"
FORMAT = 1
CODE = ("engine", "sdtm", "adam", "dossier")
"""The packages whose content decides what a build makes; what they stand on is known by its version."""
FIGURES = "figures"
"""The folder of the figures' specs in a study, and of their code here: no dataset depends on either."""
LIBRARIES = ("pandas", "numpy", "pyarrow", "pyreadstat", "pydantic", "PyYAML", "lark", "openpyxl")


@dataclass(frozen=True)
class DatasetState:
    """One dataset (RELREC is one too): what it was made from, what was written, and what a build said of it.

    ``inputs`` are specs and raw files by path, ``outputs`` files below ``m5``, each with its
    SHA-256.  ``own`` and ``written`` are lengths of text variables: those of the dataset's own
    values, and as written, where a name has one length in all datasets.
    """

    inputs: dict[str, str]
    outputs: dict[str, str]
    own: dict[str, int] = field(default_factory=dict)
    written: dict[str, int] = field(default_factory=dict)
    lines: list[list[Any]] = field(default_factory=list)


@dataclass(frozen=True)
class State:
    """A build: what all datasets depend on, and each of them; ``others`` are raw files that none reads."""

    base: str
    specs: list[str]
    others: dict[str, str]
    datasets: dict[str, DatasetState]
    said: str = ""


class Hashes:
    """SHA-256 of files, each read once; of what is no file, nothing."""

    def __init__(self) -> None:
        self._known: dict[Path, str] = {}

    def of(self, path: Path) -> str:
        """The hash of a file's content.

        >>> Hashes().of(Path("no such file"))
        ''
        """
        if path not in self._known:
            self._known[path] = _sha256(path)
        return self._known[path]

    def all(self, paths: Iterable[Path]) -> dict[str, str]:
        """The hashes of files, by their paths."""
        return {path.as_posix(): self.of(path) for path in sorted(set(paths))}


def _sha256(path: Path) -> str:
    try:
        with path.open("rb") as file:
            return hashlib.file_digest(file, "sha256").hexdigest()
    except OSError:
        return ""


def spec_files(study: Path) -> list[Path]:
    """All YAML files of a study's folder but those of its figures, and of other studies below it."""
    found = []
    for folder, below, files in os.walk(study.parent):
        if folder != str(study.parent) and "study.yaml" in files:
            below.clear()
            continue
        apart = (FIGURES,) if folder == str(study.parent) else ()
        below[:] = sorted(name for name in below if not name.startswith(".") and name not in apart)
        found += [Path(folder, name) for name in sorted(files) if name.endswith((".yaml", ".yml"))]
    return found


def is_dataset_spec(study: Path, file: Path) -> bool:
    """Whether a file of the study's folder is a dataset's spec, on which that dataset alone depends."""
    return file.parent in (study.parent / "sdtm", study.parent / "adam")


def base(study: Path, raw: Path | None, hashes: Hashes) -> str:
    """What every dataset depends on: study file, tables beside it, code, versions, and what was said."""
    shared = [file for file in spec_files(study) if not is_dataset_spec(study, file)]
    told = [FORMAT, os.path.realpath(study), os.path.realpath(raw) if raw is not None else None,
            os.environ.get("SOURCE_DATE_EPOCH"), sys.version, _code(), _versions(),
            hashes.all([study, *shared])]
    return hashlib.sha256(json.dumps(told).encode()).hexdigest()


@cache
def _code() -> str:
    root, found = Path(__file__).resolve().parents[1], hashlib.sha256()
    for package in CODE:
        for folder, below, files in os.walk(root / package):
            apart = ("__pycache__", FIGURES) if package == "dossier" else ("__pycache__",)
            below[:] = sorted(name for name in below if name not in apart)
            for name in sorted(files):
                if not name.endswith(".pyc"):
                    path = Path(folder, name)
                    found.update(f"{path.relative_to(root).as_posix()} {_sha256(path)}\n".encode())
    return found.hexdigest()


@cache
def _versions() -> list[str]:
    found = [f"{name} {_version(name)}" for name in LIBRARIES]
    plugins = {point.dist.name for point in entry_points(group="dossier.verbs") if point.dist is not None}
    return found + sorted(f"{name} {_version(name)}" for name in plugins)


def _version(name: str) -> str:
    try:
        return version(name)
    except PackageNotFoundError:
        return "absent"


def load(out: Path) -> State | None:
    """The state that the last build left; None where there is none that can be read."""
    try:
        told = json.loads((out / FILE).read_text(encoding="utf-8"))
        return State(told["base"], told["specs"], told["others"],
                     {name: DatasetState(**one) for name, one in told["datasets"].items()}, told["said"])
    except (OSError, ValueError, KeyError, TypeError, AttributeError):
        return None


def save(out: Path, state: State) -> None:
    """Leave the state for the next build, whole or not at all."""
    made = out / f"{FILE}.new"
    made.write_text(json.dumps(asdict(state), ensure_ascii=False, indent=1), encoding="utf-8")
    made.replace(out / FILE)


def forget(out: Path) -> None:
    """Take the state away: what is being written now does not fit it."""
    (out / FILE).unlink(missing_ok=True)


def stale(state: State, out: Path, hashes: Hashes) -> set[str]:
    """The datasets whose specs, raw files or written files are not those of the last build."""
    return {name for name, one in state.datasets.items()
            if not _holds(one.inputs, Path(), hashes) or not _holds(one.outputs, out / "m5", hashes)}


def _holds(files: Mapping[str, str], folder: Path, hashes: Hashes) -> bool:
    return all(hashes.of(folder / path) == value for path, value in files.items())


def common_lengths(own: Iterable[Mapping[str, int]]) -> dict[str, int]:
    """The length of each text variable in all datasets: that of the longest value anywhere.

    >>> common_lengths([{"USUBJID": 10, "AETERM": 20}, {"USUBJID": 12}])
    {'USUBJID': 12, 'AETERM': 20}
    """
    longest: dict[str, int] = {}
    for lengths in own:
        for name, length in lengths.items():
            longest[name] = max(length, longest.get(name, 1))
    return longest


def unlike(datasets: Mapping[str, DatasetState]) -> set[str]:
    """The datasets written with another length than a variable of that name has now."""
    now = common_lengths(one.own for one in datasets.values())
    return {name for name, one in datasets.items()
            if any(one.written.get(v) != now[v] for v in one.own)}


def unchanged(study: Path, out: Path, raw: Path | None) -> str | None:
    """What the last build said, if building again would make the very same files; else None."""
    state = load(out)
    if state is None or not state.datasets:
        return None
    hashes, specs = Hashes(), [path.as_posix() for path in spec_files(study)]
    if state.specs != specs or state.base != base(study, raw, hashes):
        return None
    if not _holds(state.others, Path(), hashes) or stale(state, out, hashes) or unlike(state.datasets):
        return None
    return state.said
