"""The cases of tests/cases for the page of a verb: one that is built, one that is refused."""

from __future__ import annotations

import csv
import importlib
import re
import sys
import tempfile
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

from engine.errors import SpecError
from engine.spec.verbs import Step, Verb
from engine.yaml.dump import dump
from engine.yaml.nodes import Node, Text, YamlList, YamlMap
from engine.yaml.reader import parse_yaml, read_yaml

ROOT = Path(__file__).resolve().parents[1]
CASES = ROOT / "tests" / "cases"
LAYERS = ("engine", "sdtm", "adam")
LARGEST = 40
"""Lines of raw data, specs and result that a page shows without hesitation."""

_PROBLEM = re.compile(r"(?P<file>[^:\s][^:]*):(?P<line>\d+)(?::\d+)?: (?P<subject>[^:]+): ")


@dataclass(frozen=True)
class Use:
    """A verb or step used in a case: where it stands, and what messages call it."""

    layer: str
    verb: str
    step: bool
    dataset: str
    variable: str
    file: str
    lines: range


@dataclass(frozen=True)
class Case:
    """One case, the files it is made of, and the verbs it uses."""

    stem: str
    node: YamlMap
    files: Mapping[str, str]
    uses: tuple[Use, ...]

    @property
    def name(self) -> str:
        """What the case shows."""
        return str(self.node.find("name"))

    def title(self, verb: str) -> str:
        """The name of the case, without the verb that the page is about."""
        return self.name.removeprefix(f"{verb}: ")

    @property
    def error(self) -> list[str]:
        """The lines of the message it is refused with."""
        return str(self.node.find("error") or "").splitlines()

    @property
    def expect(self) -> YamlMap:
        """The records it builds, by dataset."""
        found = self.node.find("expect")
        return found if isinstance(found, YamlMap) else YamlMap()

    @property
    def size(self) -> int:
        """Lines that a page of it has."""
        records = sum(len(records) for records in self.expect.values())
        shown = [text for file, text in self.files.items() if file != "specs/study.yaml"]
        return sum(text.count("\n") for text in shown) + records + len(self.error)


# --- the cases there are -----------------------------------------------------------------


@cache
def all_cases() -> tuple[Case, ...]:
    """The cases that show a verb; those of other folders test what is no verb."""
    return tuple(_case(file.stem, node) for layer in LAYERS for file in sorted((CASES / layer).glob("*.yaml"))
                 for node in read_yaml(file, CASES) if isinstance(node, YamlMap))


def _case(stem: str, node: YamlMap) -> Case:
    with tempfile.TemporaryDirectory() as folder:
        _runner().write_study(node, Path(folder))
        files = {path.relative_to(folder).as_posix(): path.read_text(encoding="utf-8")
                 for kind in ("raw", "specs") for path in sorted((Path(folder) / kind).rglob("*.*"))}
    uses = [use for file, text in files.items() if file.count("/") == 2 for use in _uses(file, text)]
    return Case(stem, node, files, tuple(uses))


@cache
def _runner() -> Any:
    """The runner of the cases, so that a page shows the very files that a test builds."""
    sys.path.insert(0, str(ROOT / "tests"))
    try:
        return importlib.import_module("cases_runner")
    finally:
        sys.path.remove(str(ROOT / "tests"))


def _uses(file: str, text: str) -> Iterator[Use]:
    """The entries and steps of a dataset's file; none where it is no YAML."""
    try:
        spec = parse_yaml(text, file)
    except SpecError:
        return
    if not isinstance(spec, YamlMap):
        return
    layer = file.split("/")[1]
    dataset = str(spec.find("domain") or spec.find("dataset") or "")
    starts = sorted({key.place.line or 0 for key, _ in _entries(spec)} | {text.count("\n") + 1})
    for name, entry in _entries(spec):
        first = name.place.line or 0
        lines = range(first, next((start for start in starts if start > first), first + 1))
        step = str(name) == "records"
        for key in entry:
            yield Use(layer, str(key), step, dataset, "" if step else str(name), file, lines)


def _entries(spec: YamlMap) -> Iterator[tuple[Text, YamlMap]]:
    """Each entry with its variable's name, each step with ``records`` at its own place."""
    source = spec.find("from")
    for part in (spec, *(source if isinstance(source, YamlList) else [source])):
        for block in ("variables", "supplemental"):
            entries = part.find(block) if isinstance(part, YamlMap) else None
            for name, entry in entries.items() if isinstance(entries, YamlMap) else ():
                if isinstance(entry, YamlMap):
                    yield name, entry
    steps = spec.find("records")
    for item in steps if isinstance(steps, YamlList) else ():
        if isinstance(item, YamlMap):
            yield Text("records", item.place), item


# --- which one is shown ------------------------------------------------------------------


def uses_of(case: Case, item: Verb | Step) -> list[Use]:
    """Where a case uses a verb or step."""
    return [use for use in case.uses if use.verb == item.name and use.step == isinstance(item, Step)
            and item.layer in ("any", use.layer)]


def good_case(item: Verb | Step) -> Case | None:
    """A small case whose result shows what the verb makes; ``verb: ...`` in its name goes before."""
    found = [case for case in all_cases() if not case.error and any(
        case.expect.find(use.dataset) is not None
        and (use.step or use.variable in _columns(case.expect.find(use.dataset)))
        for use in uses_of(case, item))]
    return min(found, key=lambda case: (case.size > LARGEST, _rank(case, item)), default=None)


def wrong_case(item: Verb | Step) -> Case | None:
    """A small case whose message speaks of the verb; ``verb: ...`` in its name goes before."""
    found = [case for case in all_cases()
             if case.error and any(blames(case, use) for use in uses_of(case, item))]
    return min(found, key=lambda case: (case.size > LARGEST or len(case.error) > 4, _rank(case, item),
                                        len(case.error)), default=None)


def blames(case: Case, use: Use) -> bool:
    """Whether a line of the message speaks of an entry or step."""
    for line in case.error:
        found = _PROBLEM.match(line)
        if found is None:
            continue
        if use.step:
            here = found["file"] == use.file and int(found["line"]) in use.lines
            alone = sum(other.step and other.dataset == use.dataset for other in case.uses) == 1
            if here or (alone and found["file"].startswith("raw/") and found["subject"] == use.dataset):
                return True
        elif found["subject"] == f"{use.dataset}.{use.variable}":
            return True
    return False


def _rank(case: Case, item: Verb | Step) -> int:
    """How surely a case is about a verb: 0 if its name begins with it and a colon."""
    if case.name.startswith(f"{item.name}: "):
        return 0
    words = item.name.replace("_", "[ _-]")
    return 1 if re.search(rf"\b{words}\b", case.name) or case.stem == item.name else 2


def _columns(records: Node | None) -> set[str]:
    return {str(key) for record in records or () if isinstance(record, YamlMap) for key in record}


# --- how it shows ------------------------------------------------------------------------


def shown(case: Case) -> str:
    """A case as Markdown: raw data, what the study file adds, specs, and the result or the message."""
    raw = [f"raw/{name}.csv" for name in _names(case, "raw")]
    specs = [f"specs/{layer}/{name.lower()}.yaml"
             for layer in ("sdtm", "adam") for name in _names(case, layer)]
    specs = [*(f"specs/grading/{name}.yaml" for name in _names(case, "grading")), *specs]
    parts = [_raw(file, case.files[file], lines=bool(case.error)) for file in raw]
    parts += _study(case)
    parts += [f"`{file}`:\n\n{fenced(case.files[file], 'yaml')}" for file in specs]
    if case.error:
        parts.append(f"The answer:\n\n{fenced(chr(10).join(case.error), 'text')}")
    for name, records in case.expect.items():
        parts.append(f"Result, {name}:\n\n{_result(records)}")
    notes = case.node.find("notes")
    if isinstance(notes, YamlList):
        parts.append("Counted as mended (`-v` lists them):\n\n" + fenced("\n".join(map(str, notes)), "text"))
    return "\n\n".join(parts)


def _names(case: Case, key: str) -> list[str]:
    found = case.node.find(key)
    return [str(name) for name in found] if isinstance(found, YamlMap) else []


def _study(case: Case) -> list[str]:
    """What the case says in the study file beside or in place of what all cases share."""
    own = case.node.find("study")
    if not isinstance(own, YamlMap) or not own:
        return []
    text = dump(YamlMap(own.items())).rstrip()
    share = "beside or in place of [what all examples share](README.md#the-study-of-the-examples)"
    if "\n" not in text and len(text) < 60:
        return [f"In the study file, {share}: `{text}`."]
    return [f"In the study file, {share}:\n\n{fenced(text, 'yaml')}"]


def fenced(text: str, language: str) -> str:
    """A fenced block of code."""
    return f"```{language}\n{text.rstrip()}\n```"


def _raw(file: str, text: str, *, lines: bool) -> str:
    """A raw file as a table, as text where a table would hide blanks; ``lines`` numbers its lines."""
    rows = list(csv.reader(text.splitlines()))
    cells = [cell for row in rows for cell in row]
    even = all(len(row) == len(rows[0]) for row in rows) and len(rows) == text.count("\n")
    if not even or any(cell != " ".join(cell.split()) for cell in cells):
        return f"`{file}`:\n\n{fenced(text, 'text')}"
    head, body = rows[0], rows[1:]
    if lines:
        head, body = ["line", *head], [[str(number), *row] for number, row in enumerate(body, start=2)]
    return f"`{file}`:\n\n{table(head, body)}"


def _result(records: Node) -> str:
    rows = [{str(k): str(v) for k, v in record.items()} for record in records if isinstance(record, YamlMap)]
    names = list(dict.fromkeys(name for row in rows for name in row))
    return table(names, [[row.get(name, "") for name in names] for row in rows])


def table(head: list[str], rows: list[list[str]]) -> str:
    """A Markdown table.

    >>> print(table(["_A", "B"], [["<5", "a|b"]]))
    | \\_A | B |
    |---|---|
    | <5 | a\\|b |
    """
    lines = [head, ["---"] * len(head), *rows]
    return "\n".join("|" + "|".join("---" if cell == "---" else f" {marked(cell)} " if cell else " "
                                    for cell in line) + "|" for line in lines)


def marked(text: str) -> str:
    """Text that Markdown shows as it is.

    >>> marked("10*9/L"), marked("AE_TERM"), marked("<b")
    ('10\\\\*9/L', 'AE_TERM', '\\\\<b')
    """
    text = re.sub(r"([\\`*|\[\]~])", r"\\\1", text)
    text = re.sub(r"(?<![^\W_])_|_(?![^\W_])", r"\\_", text)
    return re.sub(r"<(?=[A-Za-z/!?])", r"\\<", text)
