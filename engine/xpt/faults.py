"""What is wrong with records: counted exactly, the first of them listed with their subjects."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field

import numpy as np

from engine.errors import Place, Problem, Record

LISTED = 1000
"""So many bad records are listed behind one problem; the count is always exact."""

Subjects = Callable[[np.ndarray], list[str]]
"""Gives the subjects of records by their positions in the table at hand."""


@dataclass
class _Found:
    message: str
    hint: str
    count: int = 0
    records: list[Record] = field(default_factory=list)


class Faults:
    """The faults of one dataset, a problem for each variable and kind of fault.

    >>> faults = Faults("ae.xpt", "AE", ["AETERM"])
    >>> faults.add(0, "long", np.array([2, 6]), "too long", subjects=lambda at: ["01-001"] * len(at))
    >>> print(faults.problems()[0])
    ae.xpt:3: AE.AETERM: record 3, subject 01-001: too long (and 1 more record)
    """

    def __init__(self, file: str, name: str, variables: Sequence[str]) -> None:
        self.file = file
        self.name = name
        self._variables = variables
        self._found: dict[tuple[int, str], _Found] = {}
        self.first = 0
        """The number of records before the table at hand."""
        self.subjects: Subjects | None = None

    def __bool__(self) -> bool:
        return bool(self._found)

    def add(self, variable: int, kind: str, positions: np.ndarray, message: str, hint: str = "",
            subjects: Subjects | None = None) -> None:
        """Note bad records, by their positions in the table at hand; the message tells of the first."""
        found = self._found.setdefault((variable, kind), _Found(message, hint))
        listed = positions[: max(0, LISTED - len(found.records))]
        named = subjects or self.subjects
        subjects_ = named(listed) if named and len(listed) else [""] * len(listed)
        found.records += [Record(Place(self.file, self.first + int(at) + 1), subject)
                          for at, subject in zip(listed, subjects_, strict=True)]
        found.count += len(positions)

    def add_variable(self, variable: int, message: str, hint: str = "") -> None:
        """Note what is wrong with a variable as a whole, once."""
        self._found.setdefault((variable, message), _Found(message, hint))

    def problems(self) -> list[Problem]:
        """All that was noted, in the order of the variables."""
        return [self._problem(variable, found)
                for (variable, _), found in sorted(self._found.items(), key=lambda item: item[0][0])]

    def _problem(self, variable: int, found: _Found) -> Problem:
        subject = f"{self.name}.{self._variables[variable]}" if variable >= 0 else self.name
        if not found.records:
            return Problem(Place(self.file), subject, found.message, found.hint)
        return record_problem(found.records, subject, found.message, found.hint, found.count)


def record_problem(records: Sequence[Record], subject: str, message: str, hint: str = "",
                   count: int | None = None) -> Problem:
    """One problem of many records, told by the first of them; ``count`` says how many if not all are listed.

    >>> print(record_problem([Record(Place("ae.xpt", n)) for n in (3, 7)], "AE.AETERM", "too long"))
    ae.xpt:3: AE.AETERM: record 3: too long (and 1 more record)
    """
    first, others = records[0], (count or len(records)) - 1
    more = f" (and {others} more record{'s' if others > 1 else ''})" if others else ""
    who = f", subject {first.subject}" if first.subject else ""
    return Problem(first.place, subject, f"record {first.place.line}{who}: {message}{more}", hint,
                   records=tuple(records))
