"""Read YAML by its events into nodes with places, and refuse all but plain data.

Refused: anchors, aliases, tags, merge keys, directives, duplicate keys, keys
that are no text, second documents, tabs and unseen characters, files outside
the study folder, and files beyond the bounds of size, depth and node count.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any, NoReturn

import yaml as pyyaml

from engine.errors import Place, Problem, SpecError
from engine.yaml.nodes import Node, Text, YamlList, YamlMap, shown
from engine.yaml.source import MAX_PROBLEMS, check_characters, check_value, place_at, read_source, show_path
from engine.yaml.syntax import QUOTE_EXPRESSION, looks_cut, syntax_problem

MAX_DEPTH = 40
MAX_NODES = 100_000

_FAST: Any = getattr(pyyaml, "CSafeLoader", pyyaml.SafeLoader)
_DIRECTIVE = re.compile(r"^%", re.MULTILINE)
_COMMENT = re.compile(r" +#")
_MAYBE_CUT = re.compile(r"[()'\"]")


def read_yaml(path: Path, root: Path) -> Node:
    """Read one file of the study folder ``root``.

    ``path`` is relative to the current directory, or absolute; places show it
    so.  Raises :class:`SpecError` with every mistake found in the file.
    """
    return _compose(read_source(path, root), show_path(path), _FAST)


def parse_yaml(text: str, file: str = "spec.yaml") -> Node:
    """Read YAML text as :func:`read_yaml` reads a file.

    >>> node = parse_yaml("AESER: {from: SERIOUS, map: {Y: NO}}")
    >>> node["AESER"]["map"]["Y"], str(node["AESER"]["map"]["Y"].place)
    ('NO', 'spec.yaml:1:33')
    >>> parse_yaml("a: 1\\na: 2")
    Traceback (most recent call last):
    engine.errors.SpecError: spec.yaml:2:1: duplicate key 'a'; it is first at line 1
    """
    check_characters(text, file)
    return _compose(text, file, _FAST)


def _compose(text: str, file: str, loader: Any) -> Node:
    _refuse_directives(text, file)
    # At the end of a text without a line end the parsers differ on where they are.
    return _Composer(text if text.endswith("\n") else text + "\n", file, loader).document()


def _refuse_directives(text: str, file: str) -> None:
    if match := _DIRECTIVE.search(text):
        raise SpecError(Problem(place_at(text, match.start(), file), "", "directives are not allowed",
                                "remove the line"))


class _Composer:
    """Builds nodes from events; the bounds are checked as the events come."""

    def __init__(self, text: str, file: str, loader: Any) -> None:
        self.text = text
        self.file = file
        self.events: Iterator[Any] = pyyaml.parse(text, Loader=loader)
        self.problems: list[Problem] = []
        self.cut_lines: set[int] = set()
        self.count = 0

    def document(self) -> Node:
        try:
            self.next()
            event = self.next()
            if isinstance(event, pyyaml.StreamEndEvent):
                raise SpecError(Problem(Place(self.file, 1), "", "the file is empty"))
            node = self.node(self.next(), 1, False)
            self.next()
            event = self.next()
            if not isinstance(event, pyyaml.StreamEndEvent):
                self.problem(self.place(event), "a second document", "a file holds one document")
        except pyyaml.error.MarkedYAMLError as error:
            found = syntax_problem(error, self.text, self.file)
            if found.place is None or found.place.line not in self.cut_lines:
                self.problems.append(found)
        if self.problems:
            raise SpecError(self.problems)
        return node

    def next(self) -> Any:
        return next(self.events)

    def place(self, event: Any) -> Place:
        mark = event.start_mark
        return Place(self.file, mark.line + 1, mark.column + 1)

    def problem(self, place: Place, message: str, hint: str = "") -> None:
        self.problems.append(Problem(place, "", message, hint))
        if len(self.problems) >= MAX_PROBLEMS:
            raise SpecError(self.problems)

    def stop(self, problem: Problem) -> NoReturn:
        raise SpecError([*self.problems, problem])

    def node(self, event: Any, depth: int, flow: bool) -> Node:
        """The node that starts with ``event``; ``flow`` says whether it stands in ``{}`` or ``[]``."""
        place = self.place(event)
        self.count += 1
        if self.count > MAX_NODES:
            self.stop(Problem(place, "", f"the file has more than {MAX_NODES} values", "split it"))
        if depth > MAX_DEPTH:
            self.stop(Problem(place, "", f"nested more than {MAX_DEPTH} deep"))
        if isinstance(event, pyyaml.AliasEvent):
            self.problem(place, f"aliases are not allowed ('*{shown(str(event.anchor))}')",
                         "write the value out, or quote the text")
            return Text("", place)
        if event.anchor is not None:
            self.problem(place, f"anchors are not allowed ('&{shown(str(event.anchor))}')",
                         "remove it, or quote the text")
        if event.tag is not None:
            tag = event.tag.replace("tag:yaml.org,2002:", "!!")
            self.problem(place, f"tags are not allowed ('{shown(tag)}')", "remove it, or quote the text")
        if isinstance(event, pyyaml.ScalarEvent):
            return self.scalar(event, place, flow)
        if isinstance(event, pyyaml.SequenceStartEvent):
            return self.sequence(place, depth, bool(event.flow_style))
        return self.mapping(place, depth, bool(event.flow_style))

    def scalar(self, event: Any, place: Place, flow: bool) -> Text:
        value: str = event.value
        quoted = bool(event.style)
        if quoted:
            if unseen := check_value(value, place):
                self.problem(place, unseen.message, unseen.hint)
        elif _MAYBE_CUT.search(value):
            self.refuse_cut(value, event.end_mark.index, place, flow)
        return Text(value, place, quoted)

    def refuse_cut(self, value: str, end: int, place: Place, flow: bool) -> None:
        """Refuse plain text that a comma or a comment cut inside a bracket or quote."""
        comment = bool(_COMMENT.match(self.text, end))
        line = place.line or 0
        if (flow or comment) and line not in self.cut_lines and looks_cut(value):
            self.cut_lines.add(line)
            by = "' #'" if comment else "YAML"
            self.problem(place, f"'{shown(value)}' is cut short by {by}", QUOTE_EXPRESSION)

    def sequence(self, place: Place, depth: int, flow: bool) -> YamlList:
        made = YamlList((), place, flow)
        while not isinstance(event := self.next(), pyyaml.SequenceEndEvent):
            made.append(self.node(event, depth + 1, flow))
        return made

    def mapping(self, place: Place, depth: int, flow: bool) -> YamlMap:
        made = YamlMap((), place, flow)
        while not isinstance(event := self.next(), pyyaml.MappingEndEvent):
            key = self.node(event, depth + 1, flow)
            value = self.node(self.next(), depth + 1, flow)
            if not isinstance(key, Text):
                self.problem(key.place, "a key must be text", QUOTE_EXPRESSION if flow else "quote the key")
            elif key == "<<" and not key.quoted:
                self.problem(key.place, "merge keys are not allowed ('<<')", "write the entries out")
            elif key in made:
                first = made.key_place(key)
                self.problem(key.place, f"duplicate key '{shown(key)}'", f"it is first at line {first.line}")
            elif not key and not key.quoted and not isinstance(event, pyyaml.AliasEvent):
                self.problem(key.place, "an empty key", "write the name before ':'")
            else:
                made[key] = value
        return made
