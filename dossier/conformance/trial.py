"""Run the cases that lie beside rules, laid out as CDISC's repository of rules does."""

from __future__ import annotations

import csv
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from importlib import resources
from pathlib import Path
from typing import Literal

from dossier.conformance.cases import SUFFIX, read_cases, rule_files
from dossier.conformance.compare import Difference, compare, read_results
from dossier.conformance.execute import run
from dossier.conformance.load import read_rule
from dossier.conformance.model import Rule
from dossier.conformance.reading import read_case
from engine.errors import DataError, DossierError, Place, Problem, SpecError, counted
from engine.yaml.source import show_path

_KINDS = ("positive", "negative")
_RULE = ("rule.yml", "rule.yaml")
PRODUCT = "SDTMIG"


@dataclass(frozen=True)
class Case:
    """A case of a rule and how it went; ``told`` says the difference, or why it was skipped."""

    rule: str
    name: str
    status: Literal["passed", "failed", "skipped"]
    told: str = ""

    def __str__(self) -> str:
        head = f"{self.status:<7} {self.rule} {self.name}"
        return f"{head}: {self.told}" if self.told else head


def stale_results() -> dict[tuple[str, str], str]:
    """Published cases whose results no longer say what the official engine finds, each with the reason.

    They are run and compared like all others; only a difference counts as skipped.
    """
    path = resources.files("dossier.conformance") / "data" / "stale-results.csv"
    rows = list(csv.reader(path.read_text(encoding="utf-8").splitlines()))[1:]
    return {(rule, case): reason for rule, case, reason in rows}


def run_cases(paths: Sequence[Path], strict: bool = False) -> Iterator[Case]:
    """Every case of every rule in the folders; :class:`DataError` where there is none.

    With ``strict`` a difference from results known to be stale counts as failed.
    """
    stale = {} if strict else stale_results()
    for path in paths:
        folders, files = list(rule_folders(path)), list(rule_files(path))
        if not folders and not files:
            raise DataError(Problem(Place(show_path(path)), "", "no rule.yml in this folder or below"))
        for folder in folders:
            for case in _rule_cases(folder):
                reason = stale.get((case.rule, case.name)) if case.status == "failed" else None
                yield replace(case, status="skipped", told=f"{reason}; {case.told}") if reason else case
        for file in files:
            yield from _table_cases(file)


def _table_cases(file: Path) -> Iterator[Case]:
    """The cases of a rule that are tables in a file beside it."""
    try:
        rule, cases = read_rule(file), read_cases(file.with_name(file.stem + SUFFIX))
    except SpecError as error:
        yield Case(file.stem, "", "failed", _first(error))
        return
    for case in cases:
        difference = case.difference(run(rule, case.study))
        yield Case(rule.id, case.name, "failed" if difference else "passed", difference)


def rule_folders(path: Path) -> Iterator[Path]:
    """The folders of rules in a folder: itself, or those below it."""
    if any((path / name).is_file() for name in _RULE):
        yield path
        return
    if path.is_dir():
        for below in sorted(entry for entry in path.iterdir() if entry.is_dir() and not entry.is_symlink()):
            if below.name not in _KINDS and not below.name.startswith("."):
                yield from rule_folders(below)


def _rule_cases(folder: Path) -> Iterator[Case]:
    file = next(folder / name for name in _RULE if (folder / name).is_file())
    cases = [case for kind in _KINDS if (folder / kind).is_dir()
             for case in sorted((folder / kind).iterdir()) if (case / "data").is_dir()]
    try:
        rule = read_rule(file)
    except SpecError as error:
        told = f"the rule cannot be read: {_first(error)}"
        yield from (Case(folder.name, _name(case), "failed", told) for case in cases or [folder])
        return
    for case in cases:
        yield run_case(rule, case)


def _name(case: Path) -> str:
    return f"{case.parent.name}/{case.name}"


def run_case(rule: Rule, case: Path) -> Case:
    """Run a rule on one case and compare with its results.csv."""
    name = _name(case)
    results = case / "results" / "results.csv"
    if not results.is_file():
        return Case(rule.id, name, "skipped", "there is no results.csv")
    try:
        study = read_case(case / "data")
        if study.product != PRODUCT:
            return Case(rule.id, name, "skipped", f"the case is of {study.product}, which is not carried")
        outcomes = run(rule, study)
        expected = read_results(results)
    except DossierError as error:
        return Case(rule.id, name, "failed", _first(error))
    found = [line for outcome in outcomes for finding in outcome.findings for line in finding.lines()]
    difference = compare(expected, found)
    return Case(rule.id, name, "failed", told(difference)) if difference else Case(rule.id, name, "passed")


def _first(error: DossierError) -> str:
    more = len(error.problems) - 1
    return f"{error.problems[0]}" + (f" (and {counted(more, 'problem')} more)" if more else "")


def told(difference: Difference) -> str:
    """The difference in a line: the counts, and the first three lines of each.

    >>> told(Difference((("AE", "1", "AESEQ", "1.0"),), ()))
    '1 missing (AE,1,AESEQ,1.0)'
    """
    parts = []
    for word, lines in (("missing", difference.missing), ("unexpected", difference.unexpected)):
        if lines:
            shown = "; ".join(_shown(",".join(line)) for line in lines[:3])
            parts.append(f"{len(lines)} {word} ({shown}{'; ...' if len(lines) > 3 else ''})")
    return ", ".join(parts)


def _shown(text: str) -> str:
    line = " ".join(text.split())
    return line if len(line) <= 100 else f"{line[:97]}..."
