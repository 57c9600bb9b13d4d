"""Read the specs of a study's figures: each file on its own, so that all mistakes come at once."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path

from dossier.figures.model import KINDS, Figure
from dossier.state import FIGURES
from engine.errors import Place, Problem, SpecError, hint_for
from engine.spec.files import dataset_files, unread_in
from engine.spec.study import Study
from engine.spec.study_file import read_study
from engine.spec.told import read_told
from engine.yaml.fields import Collector, validate
from engine.yaml.nodes import Text, YamlMap, describe, shown
from engine.yaml.source import MAX_PROBLEMS, show_path

MOST = 100
_WANTED = "a figure's file has 'figure', 'title' and 'population' at least"


def load_identity(path: Path) -> Study:
    """The study file alone: its id, title and data cut stand under each figure."""
    node = read_told(path, path.parent, "study", "")
    if not isinstance(node, YamlMap):
        raise SpecError(Problem(node.place, "study", "a study file is a mapping of keys to values"))
    return read_study(node)


def load_figures(root: Path, only: Iterable[str] = ()) -> dict[str, Figure]:
    """The figures of a study by the names of their files, ``kinetics`` of ``figures/kinetics.yaml``.

    Raises a SpecError with every problem of any file, also where ``only`` names no figure.
    """
    files = {file.stem: file for file in dataset_files(root, FIGURES)}
    folder = Place(show_path(root / FIGURES))
    if len(files) > MOST:
        raise SpecError(Problem(folder, "", f"{len(files)} figures, {MOST} at most"))
    problems = Collector(MAX_PROBLEMS)
    wanted = list(dict.fromkeys(only))
    for name in wanted:
        if name not in files:
            problems.add(Problem(None, name, "no such figure in the study", hint_for(name, files)))
    found: dict[str, Figure] = {}
    for name, file in files.items():
        if not wanted or name in wanted:
            with problems:
                found[name] = load_figure(file, root)
    for problem in unread_in(root, FIGURES, "the files of figures"):
        problems.add(problem)
    if not files and not problems.problems:
        problems.add(Problem(folder, "", "the study has no figures", "each is a file in this folder"))
    problems.require_none()
    return found


def figure_problems(root: Path) -> tuple[Problem, ...]:
    """What is wrong with the files of a study's figures; of a study without figures nothing."""
    if not (root / FIGURES).exists():
        return ()
    try:
        load_figures(root)
    except SpecError as error:
        return error.problems
    return ()


def load_figure(path: Path, root: Path) -> Figure:
    """Read one figure; raises a SpecError with all of its problems."""
    name = path.stem
    node = read_told(path, root, name, _WANTED)
    if not isinstance(node, YamlMap):
        raise SpecError(Problem(node.place, name, "a figure is a mapping of keys to values", _WANTED))
    given = node.find("figure")
    if given is None:
        raise SpecError(Problem(node.place, name, "key 'figure' is missing", hint_for("", KINDS)))
    if not isinstance(given, Text) or given not in KINDS:
        told = f"unknown kind of figure '{shown(given)}'" if isinstance(given, Text) and given else (
            f"a kind of figure is wanted, not {describe(given)}")
        word = str(given) if isinstance(given, Text) else ""
        raise SpecError(Problem(given.place, name, told, hint_for(word, KINDS)))
    return validate(KINDS[given], node, name, keyed=True)
