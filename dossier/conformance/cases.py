"""Cases of a rule in one YAML file beside it: tables that pass, and tables in which it finds something.

``RULE.cases.yml`` belongs to ``RULE.yml``.  ``passing`` and ``failing`` are lists of cases;
each names its datasets with their records as CSV text, a ``#`` behind a variable's name
says that it is a number.  A failing case tells its ``findings``, each a dataset and the
record's number (the dataset alone where a finding is of all of it).  ``labels`` gives
labels, of a dataset (``AE``) or a variable (``AE.AETERM``), ``lengths`` lengths of variables,
``define`` the name of a define.xml that the folder has::

    passing:
    - ADSL: |
        USUBJID,AGE#
        S1,63
    failing:
    - ADSL: |
        USUBJID,AGE#
        S1,-1
      findings: [ADSL 1]
"""

from __future__ import annotations

import csv
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path

from dossier.conformance.execute import Finding, Outcome
from dossier.conformance.frame import Frame
from dossier.conformance.outcomes import Failure
from dossier.conformance.study import Dataset, Study, VariableFacts
from dossier.conformance.vectors import Vector, as_number
from engine.errors import Place, Problem, SpecError, hint_for
from engine.yaml import Node, Text, YamlList, YamlMap, describe, parse_yaml, read_yaml

SUFFIX = ".cases.yml"
KINDS = ("passing", "failing")
_MORE = ("case", "define", "findings", "labels", "lengths")


@dataclass(frozen=True)
class TableCase:
    """A case: its name, its study, and where the rule finds something, as ``AE 1`` or ``AE``."""

    name: str
    study: Study
    findings: tuple[str, ...]

    def difference(self, outcomes: list[Outcome]) -> str:
        """What the rule found that it should not have, or did not find; empty if it is as told."""
        found = [one for outcome in outcomes for one in outcome.findings]
        for one in found:
            if one.error:
                return f"the rule cannot be evaluated on {one.dataset}: {one.values[0][1]}"
        places = sorted(shown_place(one) for one in found)
        if places == sorted(self.findings):
            return ""
        if not places and outcomes and all(one.reason for one in outcomes):
            return f"nothing found: {outcomes[0].reason}"
        return f"found {', '.join(places) or 'nothing'}, not {', '.join(self.findings) or 'nothing'}"


def shown_place(finding: Finding) -> str:
    """Where a finding is, as cases write it.

    >>> shown_place(Finding("R", "AE", 3, ())), shown_place(Finding("R", "AE", None, ()))
    ('AE 3', 'AE')
    """
    return finding.dataset if finding.record is None else f"{finding.dataset} {finding.record}"


def read_cases(path: Path) -> list[TableCase]:
    """The cases of a file; :class:`SpecError` with all its mistakes."""
    return _cases(read_yaml(path, path.parent))


def parse_cases(text: str, file: str = "rule.cases.yml") -> list[TableCase]:
    r"""The cases of a text, as :func:`read_cases` reads a file.

    >>> cases = parse_cases('passing: [{AE: "AESEQ#\\n1"}]\nfailing: [{AE: "AESEQ#\\n2", findings: [AE 1]}]')
    >>> [(case.name, case.findings) for case in cases]
    [('passing/1', ()), ('failing/1', ('AE 1',))]
    >>> cases[0].study.datasets[0].frame.column("AESEQ").cells()
    [1.0]
    """
    return _cases(parse_yaml(text, file))


def _cases(node: Node) -> list[TableCase]:
    problems: list[Problem] = []
    found: list[TableCase] = []
    if not isinstance(node, YamlMap):
        raise SpecError([Problem(node.place, "", f"must be a mapping, not {describe(node)}")])
    for key in node:
        if key not in KINDS:
            problems.append(Problem(key.place, "", f"unknown key '{key[:60]}'", hint_for(key, KINDS)))
    for kind in KINDS:
        listed = node.find(kind)
        if not isinstance(listed, YamlList) or not listed:
            problems.append(Problem(node.place, "", f"'{kind}' must be a list with at least one case"))
            continue
        for number, item in enumerate(listed, 1):
            if isinstance(item, YamlMap):
                found.append(_case(item, kind, number, problems))
            else:
                problems.append(Problem(item.place, "", f"a case is a mapping, not {describe(item)}"))
    if problems:
        raise SpecError(problems)
    return found


def _case(node: YamlMap, kind: str, number: int, problems: list[Problem]) -> TableCase:
    labels, lengths = (_texts(node.find(key), problems) for key in ("labels", "lengths"))
    datasets = []
    for key in node:
        table = node[key]
        if key in _MORE:
            continue
        if isinstance(table, Text):
            datasets.append(_dataset(str(key), str(table), labels, lengths, table.place, problems))
        else:
            problems.append(Problem(table.place, "", f"the records of {key[:60]} must be CSV text"))
    listed = node.find("findings")
    findings = tuple(str(one) for one in listed) if isinstance(listed, YamlList) else ()
    if bool(findings) != (kind == "failing"):
        told = "a failing case tells its 'findings', a passing one has none"
        problems.append(Problem(node.place, "", told))
    named = node.find("case")
    name = f"{kind}/{number}" + (f" ({named})" if isinstance(named, Text) else "")
    define = node.find("define")
    return TableCase(name, Study(datasets, Path(str(define)) if isinstance(define, Text) else None), findings)


def _texts(node: Node | None, problems: list[Problem]) -> dict[str, str]:
    if node is None:
        return {}
    if not isinstance(node, YamlMap) or not all(isinstance(value, Text) for _, value in node.items()):
        problems.append(Problem(node.place, "", "must map variables to text"))
        return {}
    return {str(key): str(value) for key, value in node.items()}


def _dataset(name: str, text: str, labels: Mapping[str, str], lengths: Mapping[str, str], place: Place,
             problems: list[Problem]) -> Dataset:
    header, *rows = list(csv.reader(line for line in text.splitlines() if line.strip())) or [[]]
    for row in rows:
        if len(row) != len(header):
            problems.append(Problem(place, "", f"a record of {name} has {len(row)} values for "
                                               f"{len(header)} variables", f"it is {','.join(row)[:60]}"))
    if any(len(row) != len(header) for row in rows):
        rows = []
    columns, facts = {}, []
    for at, (written, cells) in enumerate(zip(header, _columns(rows, len(header)), strict=True)):
        number = written.endswith("#")
        variable = written.rstrip("#")
        values = [as_number(cell) if cell else None for cell in cells] if number else cells
        columns[variable] = Vector.of(values, number)
        length = lengths.get(f"{name}.{variable}", "")
        facts.append(VariableFacts(variable, labels.get(f"{name}.{variable}", f"Variable {at + 1}"),
                                   "Num" if number else "Char", int(length) if length.isdecimal() else 8))
    return Dataset(name, labels.get(name, name), f"{name.lower()}.csv", len(text), len(rows), tuple(facts),
                   _reader(Frame(columns, len(rows), [name])))


def _columns(rows: list[list[str]], width: int) -> list[list[str]]:
    return [[row[at] for row in rows] for at in range(width)]


def _reader(frame: Frame) -> Callable[[], tuple[Frame, Failure | None]]:
    return lambda: (frame, None)


def rule_files(path: Path) -> Iterator[Path]:
    """The rules of a folder that have their cases beside them, each in a file of its own."""
    if path.is_file():
        if path.with_name(path.stem + SUFFIX).is_file():
            yield path
        return
    for cases in sorted(path.rglob(f"*{SUFFIX}")):
        rule = cases.with_name(cases.name.removesuffix(SUFFIX) + ".yml")
        if rule.is_file():
            yield rule
