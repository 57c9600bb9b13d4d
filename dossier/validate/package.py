"""What is validated: the datasets of folders and files, of SDTM, ADaM or both."""

from __future__ import annotations

import os
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path

from dossier.conformance.folder import FORMATS, read_file, read_folder
from dossier.conformance.reading import read_case
from dossier.conformance.study import Dataset, Study
from engine.errors import DataError, Place, Problem, SpecError
from engine.yaml.source import show_path

_LISTED = "_datasets.csv"


@dataclass(frozen=True)
class Part:
    """The datasets of one folder, or of single files; ``define`` is the define.xml beside them."""

    path: Path
    datasets: tuple[Dataset, ...]
    define: Path | None = None


@dataclass(frozen=True)
class Package:
    """All datasets that are validated together."""

    parts: tuple[Part, ...]

    @property
    def datasets(self) -> list[Dataset]:
        """The datasets of all parts."""
        return [one for part in self.parts for one in part.datasets]

    @cached_property
    def adam(self) -> frozenset[str]:
        """The names of the analysis datasets."""
        return frozenset(one.name for one in self.datasets if is_analysis(one))

    @cached_property
    def sdtm(self) -> frozenset[str]:
        """The names of all others."""
        return frozenset(one.name for one in self.datasets) - self.adam

    def study(self, layers: frozenset[str]) -> tuple[Study, frozenset[str]]:
        """What rules for these layers see, and the datasets they may be run on.

        Rules of SDTM see SDTM alone; those of ADaM join SDTM to the analysis datasets.
        """
        among = (self.sdtm if "sdtm" in layers else frozenset()) | (
            self.adam if "adam" in layers else frozenset())
        seen = self.sdtm if layers == {"sdtm"} else self.adam | self.sdtm
        chosen = [one for one in self.datasets if one.name in seen]
        return Study(chosen, self._define(among)), among

    def _define(self, names: frozenset[str]) -> Path | None:
        return next((part.define for part in self.parts if part.define is not None
                     and not names.isdisjoint(one.name for one in part.datasets)), None)


def is_analysis(dataset: Dataset) -> bool:
    """Whether a dataset is one of ADaM: its name begins with AD and it has no DOMAIN (ADaMIG 1.3, 2.3.1)."""
    if not dataset.name.startswith("AD") or len(dataset.name) < 3:
        return False
    return "DOMAIN" not in [one.name for one in dataset.variables]


def read_package(paths: Sequence[Path], encoding: str = "utf-8") -> Package:
    """The datasets of folders (and of those below them) and of files.

    Raises :class:`SpecError` for a path that is not there, :class:`DataError` for a
    folder without datasets, two datasets of one name, and files that cannot be read.
    """
    missing = [Problem(Place(path.as_posix()), "", "no such file or folder") for path in paths
               if not path.exists()]
    if missing:
        raise SpecError(missing)
    parts = []
    for path in paths:
        if path.is_dir():
            found = [_part(folder, encoding) for folder in _folders(path)]
            if not found:
                raise DataError(Problem(Place(show_path(path)), "", "no dataset in this folder or below",
                                        f"datasets are files {', '.join('*' + one for one in FORMATS)}"))
            parts.extend(found)
        else:
            parts.append(Part(path, (read_file(path, encoding),), _define_beside(path.parent)))
    _require_distinct(parts)
    return Package(tuple(parts))


def _folders(path: Path) -> Iterator[Path]:
    """The folder itself if it holds datasets, else the nearest below it that do."""
    entries = sorted(os.scandir(path), key=lambda one: one.name)
    if any(one.is_file() and _is_dataset(Path(one.name)) for one in entries):
        yield path
        return
    for one in entries:
        if one.is_dir(follow_symlinks=False) and not one.name.startswith("."):
            yield from _folders(Path(one.path))


def _is_dataset(path: Path) -> bool:
    hidden = path.name.startswith(("_", "."))
    return path.name == _LISTED or (path.suffix.lower() in FORMATS and not hidden)


def _part(folder: Path, encoding: str) -> Part:
    study = read_case(folder) if (folder / _LISTED).is_file() else read_folder(folder, encoding=encoding)
    return Part(folder, tuple(study.datasets), study.define)


def _define_beside(folder: Path) -> Path | None:
    found = folder / "define.xml"
    return found if found.is_file() else None


def _require_distinct(parts: Sequence[Part]) -> None:
    seen: dict[str, Path] = {}
    problems = []
    for part in parts:
        for one in part.datasets:
            if one.name in seen:
                problems.append(Problem(Place(show_path(part.path)), one.name, "a second dataset of the name",
                                        f"the first is in {show_path(seen[one.name])}"))
            seen.setdefault(one.name, part.path)
    if problems:
        raise DataError(problems)
