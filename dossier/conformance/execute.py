"""Run a rule over a study: for each dataset findings, or the reason why there are none."""

from __future__ import annotations

from collections.abc import Container, Iterable, Iterator
from dataclasses import dataclass

import numpy as np

from dossier.conformance import frames
from dossier.conformance.asked import Asked
from dossier.conformance.frame import Frame
from dossier.conformance.match import join_all
from dossier.conformance.model import Branch, Check, Leaf, Rule, leaves
from dossier.conformance.operations import add_columns
from dossier.conformance.operators import OPERATORS
from dossier.conformance.outcomes import ColumnAbsent, Failure, NotRun
from dossier.conformance.scope import in_scope
from dossier.conformance.study import Dataset, Study
from dossier.conformance.values import cell_text
from dossier.conformance.vectors import Mask, group_ids

ERROR = "EXECUTION_ERROR"
ABSENT = "Not in dataset"


@dataclass(frozen=True)
class Finding:
    """What a rule finds: where, and the variables it shows with their values as text.

    ``record`` is the record's number in its file, None where the finding is of the
    whole dataset.  ``error`` marks a rule that could not be evaluated on the data.
    """

    rule: str
    dataset: str
    record: int | None
    values: tuple[tuple[str, str], ...]
    error: bool = False

    def lines(self) -> Iterator[tuple[str, str, str, str]]:
        """A line a variable, as results.csv has them."""
        record = "" if self.record is None else str(self.record)
        for name, value in self.values:
            yield self.dataset, record, name, value


@dataclass(frozen=True)
class Outcome:
    """What came of a rule on one dataset; ``reason`` says why it was not run, and is empty if it was."""

    dataset: str
    findings: tuple[Finding, ...]
    reason: str = ""


def run(rule: Rule, study: Study, among: Container[str] | None = None) -> list[Outcome]:
    """Run a rule on every dataset it is meant for; the files of a split dataset count as one.

    ``among`` are the names of the datasets it may be run on, all if there is none; the
    others are there to be joined.
    """
    outcomes = []
    done: set[str] = set()
    for dataset in study.datasets:
        if dataset.unsplit in done:
            continue
        done.add(dataset.unsplit)
        if (among is None or dataset.name in among) and in_scope(rule, dataset, study):
            outcomes.append(_one(rule, dataset, study))
    return outcomes


def _one(rule: Rule, dataset: Dataset, study: Study) -> Outcome:
    try:
        frame = frames.build(rule, dataset, study)
        frame = join_all(frame, rule, dataset, study)
        frame = add_columns(frame, rule.operations, dataset, study)
        if not frame.size:
            return Outcome(dataset.name, (), "there are no records")
        bad = evaluate(rule.check, frame, dataset.prefix)
    except NotRun as error:
        return Outcome(dataset.name, (), str(error))
    except Failure as error:
        failed = Finding(rule.id, dataset.name, None, ((ERROR, str(error)),), error=True)
        return Outcome(dataset.name, (failed,))
    rows = np.flatnonzero(bad)
    return Outcome(dataset.name, tuple(_findings(rule, dataset, frame, rows)) if len(rows) else ())


def evaluate(check: Check, frame: Frame, prefix: str) -> Mask:
    """Where a check is true.

    Raises ColumnAbsent if a condition under ``all``, or every condition under
    ``any``, needs a column that is absent; Failure if one cannot be evaluated.
    """
    if isinstance(check, Leaf):
        return OPERATORS[check.operator](Asked(check, frame, prefix))
    if check.kind == "not":
        return ~evaluate(check.children[0], frame, prefix)
    if check.kind == "all":
        answers = [evaluate(child, frame, prefix) for child in check.children]
        every: Mask = np.logical_and.reduce(answers)
        return every
    return _any(check, frame, prefix)


def _any(check: Branch, frame: Frame, prefix: str) -> Mask:
    answers, lacking = [], None
    for child in check.children:
        try:
            answers.append(evaluate(child, frame, prefix))
        except ColumnAbsent as error:
            lacking = error
    if not answers and lacking is not None:
        raise lacking
    some: Mask = np.logical_or.reduce(answers)
    return some


def _outputs(rule: Rule, dataset: Dataset, frame: Frame, rows: np.ndarray) -> list[str]:
    """The variables a finding shows, members of lists that are columns behind them."""
    if rule.outputs is not None:
        names = [name.replace("--", dataset.prefix, 1) for name in rule.outputs]
    else:
        names = [leaf.name.replace("--", dataset.prefix) for leaf in leaves(rule.check)]
        names = list(dict.fromkeys(names))
    names = list(dict.fromkeys(names))
    for name in list(names):
        if name not in frame:
            continue
        column = frame.column(name)
        if not any(isinstance(value, tuple) for value in column.values):
            continue
        for value in column.take(rows).used():
            for member in value if isinstance(value, tuple) else ():
                if member in frame and member not in names:
                    names.append(member)
    return names


def _findings(rule: Rule, dataset: Dataset, frame: Frame, rows: np.ndarray) -> Iterable[Finding]:
    names = _outputs(rule, dataset, frame, rows)
    presence = rule.type == "Domain Presence Check"
    if rule.sensitivity == "Record":
        yield from _by_record(rule, frame, rows, names, presence)
        return
    grouping = rule.grouping if rule.sensitivity == "Group" else ()
    keys = [name.replace("--", dataset.prefix) for name in grouping]
    shown = list(dict.fromkeys([*keys, *names]))
    groups = group_ids([frame.column(name).take(rows) for name in keys if name in frame], len(rows))
    for group in range(int(groups.max()) + 1):
        mine = rows[groups == group]
        files = sorted({frame.files[part] for part in frame.parts[mine]})
        where = "STUDY" if presence else ", ".join(files)
        yield Finding(rule.id, where, None, tuple(_values(frame, shown, mine[:1])[0]))


def _by_record(rule: Rule, frame: Frame, rows: np.ndarray, names: list[str],
               presence: bool) -> Iterator[Finding]:
    numbers = frame.column("row_number").take(rows).cells() if "row_number" in frame else frame.rows[rows]
    shown = _values(frame, names, rows)
    for at, row in enumerate(rows):
        where = "STUDY" if presence else frame.files[frame.parts[row]]
        yield Finding(rule.id, where, None if presence else int(numbers[at]), tuple(shown[at]))


def _values(frame: Frame, names: list[str], rows: np.ndarray) -> list[list[tuple[str, str]]]:
    columns: list[list[str]] = []
    for name in names:
        if name in frame:
            taken = frame.column(name).take(rows)
            codes = np.unique(taken.codes[taken.codes >= 0])
            texts = {int(code): cell_text(taken.values[code]) for code in codes}
            columns.append([texts.get(int(code), "") for code in taken.codes])
        else:
            columns.append([ABSENT] * len(rows))
    return [list(zip(names, cells, strict=True)) for cells in zip(*columns, strict=True)] if columns else [
        [] for _ in rows]


