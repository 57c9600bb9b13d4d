"""Whose mistake it is that a file is no YAML: of the dataset, or of the variable in whose entry it lies."""

from __future__ import annotations

import re
from dataclasses import replace
from pathlib import Path

from engine.errors import Problem, SpecError
from engine.spec.names import is_name
from engine.yaml.nodes import Node
from engine.yaml.reader import read_yaml

_KEY = re.compile(r"""
    (?P<indent>[ \t]*) (?:-[ ]+)?
    (?P<key> "[^"]*" | '[^']*' | [^\s:\uff1a\#'"{}\[\]-][^:\uff1a]*? ) \s* [:\uff1a]
    """, re.VERBOSE)
_VARIABLES = ("variables", "supplemental")
_EMPTY = "the file is empty"


def read_told(path: Path, root: Path, subject: str, empty: str) -> Node:
    """Read a file as :func:`read_yaml` does; what is wrong with it is told of ``subject``.

    ``empty`` is the hint for a file in which nothing stands.
    """
    try:
        return read_yaml(path, root)
    except SpecError as error:
        read = any(problem.place is not None and problem.place.line is not None for problem in error.problems)
        lines = path.read_text(encoding="utf-8", errors="replace").splitlines() if read else []
        raise SpecError([_told(problem, lines, subject, empty) for problem in error.problems]) from None


def _told(problem: Problem, lines: list[str], subject: str, empty: str) -> Problem:
    line = problem.place.line if problem.place is not None else None
    whose = subject if line is None or subject == "study" else subject_at(lines, line, subject)
    return replace(problem, subject=whose, hint=problem.hint or (empty if problem.message == _EMPTY else ""))


def subject_at(lines: list[str], line: int, dataset: str) -> str:
    """The variable, or block, of a dataset's file in which a line (from 1) lies, by the indent.

    >>> file = ["domain: AE", "keys: [A", "variables:", "  AESEV:", "    map: {Mld: MILD", "# end"]
    >>> [subject_at(file, line, "AE") for line in (1, 2, 5, 6)]
    ['AE', 'AE.keys', 'AE.AESEV', 'AE.AESEV']
    """
    path: list[str] = []
    indent: int | None = None
    for text in reversed(lines[:line]):
        found = _KEY.match(text)
        if found is not None and (indent is None or len(found["indent"]) < indent):
            path.insert(0, found["key"].strip("'\""))
            indent = len(found["indent"])
        if indent == 0:
            break
    if len(path) > 1 and path[0] in _VARIABLES and is_name(path[1]):
        return f"{dataset}.{path[1]}"
    if len(path) > 1 and path[0] == "tests":
        return f"{dataset}.tests.{path[1]}"
    return f"{dataset}.{path[0]}" if path and path[0] not in (*_VARIABLES, "domain", "dataset") else dataset
