"""Values that were refused, so that what follows from them is not refused again.

A refused value is NULL from then on, and what reads it may find a value
missing, a day that cannot be counted, a record that fits no range.  Those
mistakes vanish with the first one.  So a record is not refused for a variable
if a value behind it was refused already: of the same record, or, where another
dataset is read by subject, of the same subject.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field

import numpy as np

from engine.build.rows import SUBJECT, Rows
from engine.build.scope import Node
from engine.spec.dataset import DatasetSpec

KEYS = "@keys"
"""Stands for the variable where the records of a dataset are alike in its keys."""

_ROWS = 1 << 32


@dataclass
class _Values:
    """The lost values of one variable: their records, their subjects, or all of them.

    ``records`` are numbers of file and row; ``foreign`` are subjects who lost the
    value by a record of another table.
    """

    records: list[np.ndarray] = field(default_factory=list)
    subjects: set[str] = field(default_factory=set)
    foreign: set[str] = field(default_factory=set)
    every: bool = False


class Lost:
    """The lost values of a build, by variable; ``needs`` says what each node is made from."""

    def __init__(self, datasets: Mapping[str, DatasetSpec], needs: Mapping[Node, set[Node]]) -> None:
        self._datasets, self._needs = datasets, needs
        self._files: dict[str, int] = {}
        self._found: dict[Node, _Values] = {}
        self._strangers: set[str] = set()

    def everyone(self, node: Node) -> None:
        """Note that a variable has no value on any record."""
        self._found.setdefault(node, _Values()).every = True

    def strangers(self, subjects: Iterable[str | None]) -> None:
        """Note subjects that DM does not know: nothing can be read of them elsewhere."""
        self._strangers |= {subject for subject in subjects if subject is not None}

    def note(self, node: Node, rows: Rows, mask: np.ndarray) -> None:
        """Note the records (of the variable's dataset, or of a table it is made from) whose value is lost."""
        found = self._found.setdefault(node, _Values())
        part = rows.where(mask) if mask.any() else rows.take(np.arange(0))
        subjects = {s for s in _subjects(part) if s is not None}
        found.subjects |= subjects
        if rows.name in self._lines(node[0]):
            found.records.append(self._numbers(part))
        else:
            found.foreign |= subjects

    def follows(self, node: Node, rows: Rows, *, itself: bool = False) -> np.ndarray:
        """The records whose refusal for a variable would follow from one there was; ``itself`` counts."""
        mask = np.zeros(rows.size, dtype=bool)
        if not self._found and not self._strangers:
            return mask
        behind, by_subject = self._behind(node)
        for other in (*behind, *([node] if itself else ())):
            if (found := self._found.get(other)) is not None:
                mask |= found.every or self._hit(found, rows, own=rows.name in self._lines(other[0])
                                                 or other[0] in self._lines(rows.name))
        return mask | _of(rows, self._strangers) if by_subject else mask

    def _hit(self, found: _Values, rows: Rows, *, own: bool) -> np.ndarray:
        if not own:
            return _of(rows, found.subjects)
        numbers = self._numbers(rows)
        mask = np.isin(numbers, np.concatenate([np.arange(0), *found.records])) & (numbers >= 0)
        mask |= _of(rows, found.subjects) & (numbers < 0)  # records that no raw row stands behind
        hit: np.ndarray = mask | _of(rows, found.foreign)
        return hit

    def _behind(self, node: Node) -> tuple[set[Node], bool]:
        """The variables that a node is made from, and whether any is read of the same subject elsewhere."""
        found: set[Node] = set()
        waiting, by_subject = [node], False
        while waiting:
            at = waiting.pop()
            for need in self._needs.get(at, ()):
                if not _is_value(need) or need in found:
                    continue
                found.add(need)
                waiting.append(need)
                by_subject = by_subject or need[0] not in self._lines(at[0])
        if node[1] == KEYS:
            found |= {(name, KEYS) for name in self._lines(node[0])}
        return found - {node}, by_subject

    def _lines(self, dataset: str) -> set[str]:
        """The dataset and those that its records come from, one by one."""
        found: set[str] = set()
        waiting = [dataset]
        while waiting:
            name = waiting.pop()
            if name not in found:
                found.add(name)
                spec = self._datasets.get(name)
                waiting += [str(s.model.table) for s in spec.sources] if spec is not None else []
        return found

    def _numbers(self, rows: Rows) -> np.ndarray:
        """A number for each record's file and row, -1 for a record that has none."""
        origin = rows.origin
        if not len(origin.files):
            return np.full(rows.size, -1, dtype="int64")
        known = [self._files.setdefault(name, len(self._files)) for name in origin.files]
        codes = np.array(known, dtype="int64")[origin.file]
        return np.where(origin.file >= 0, codes * _ROWS + origin.row, -1)


def _is_value(node: Node) -> bool:
    """Whether a node is a variable, of a dataset or of one of its sources, and not its records."""
    return not node[1].startswith("@") or "." in node[1]


def _subjects(rows: Rows) -> list[str | None]:
    return rows.coded(*SUBJECT).texts() if SUBJECT in rows.columns else []


def _of(rows: Rows, subjects: set[str]) -> np.ndarray:
    """Where the subject is one of these."""
    if not subjects or SUBJECT not in rows.columns:
        return np.zeros(rows.size, dtype=bool)
    return rows.coded(*SUBJECT).where_text(subjects.__contains__)
