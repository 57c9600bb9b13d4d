"""Read the grading tables of a study: each term on its own, so that all mistakes come at once."""

from __future__ import annotations

from pathlib import Path

from engine.errors import Place, Problem, SpecError
from engine.spec.bounds import require_few, too_many
from engine.spec.files import dataset_files, unread_in
from engine.spec.grading import Grading, Term, term_clashes, term_faults
from engine.spec.nodes import remade
from engine.spec.told import read_told
from engine.yaml.fields import Collector, validate
from engine.yaml.nodes import YamlMap
from engine.yaml.source import MAX_PROBLEMS, show_path

Gradings = dict[str, Grading]
"""Grading tables by the names of their files."""

FOLDER = "grading"
"""The folder of the grading tables, beside the study file."""


def load_gradings(root: Path, problems: Collector) -> Gradings:
    """The grading tables of a study by the names of their files, ``ctcae-5`` of ``grading/ctcae-5.yaml``.

    What is wrong with them goes to ``problems``; a table with any mistake is left out.
    """
    files = dataset_files(root, FOLDER)
    if told := too_many(len(files), "grading tables"):
        problems.add(Problem(Place(show_path(root / FOLDER)), "", told))
        return {}
    found: Gradings = {}
    for file in files:
        with problems:
            found[file.stem] = load_grading(file, root)
    for problem in unread_in(root, FOLDER, "grading tables"):
        problems.add(problem)
    return found


def load_grading(path: Path, root: Path) -> Grading:
    """Read one grading table; raises a SpecError with all of its problems."""
    name = path.stem
    node = read_told(path, root, name, "a grading table has 'grading' and 'terms' at least")
    if not isinstance(node, YamlMap):
        raise SpecError(Problem(node.place, name, "a grading table is a mapping of keys to values"))
    problems = Collector(MAX_PROBLEMS)
    node = _terms(node, name, problems)
    with problems:
        made = validate(Grading, node, name)
    problems.require_none()
    return made


def _terms(node: YamlMap, name: str, problems: Collector) -> YamlMap:
    """The table with the terms that are right; the mistakes of the others go to ``problems``."""
    terms = node.find("terms")
    if not isinstance(terms, YamlMap):
        return node
    if not terms:
        problems.add(Problem(terms.place, name, "at least one term is wanted"))
    require_few(terms, "terms", terms.place, name)
    good: dict[str, Term] = {}
    for key, item in terms.items():
        with problems:
            good[key] = validate(Term, item, f"{name}.{key}")
            for problem in term_faults(good[key], f"{name}.{key}"):
                problems.add(problem)
    for problem in term_clashes(good, name):
        problems.add(problem)
    kept = remade({key: item for key, item in terms.items() if key in good}, terms)
    return remade({key: kept if key == "terms" else item for key, item in node.items()}, node)
