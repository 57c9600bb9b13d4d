"""The three kinds of answer Dossier gives when something is wrong.

A :class:`SpecError` collects every mistake of a study's specs before data are
touched; a :class:`DataError` collects every bad record of a dataset; a finding
of a rule is data and never an exception.  Each line reads
*place: subject: what is wrong; hint*.
"""

from __future__ import annotations

import difflib
from collections.abc import Iterable
from dataclasses import dataclass, field


@dataclass(frozen=True, order=True)
class Place:
    """Where something stands: a file and, where known, line and column (from 1).

    >>> str(Place("specs/sdtm/ae.yaml", 12, 5))
    'specs/sdtm/ae.yaml:12:5'
    >>> str(Place("raw_fixtures/ae.csv", 17))
    'raw_fixtures/ae.csv:17'
    """

    file: str
    line: int | None = None
    column: int | None = None

    def __str__(self) -> str:
        parts = [self.file, *(str(n) for n in (self.line, self.column) if n is not None)]
        return ":".join(parts)


@dataclass(frozen=True)
class Record:
    """One bad record of a raw table: its place and its subject."""

    place: Place
    subject: str = ""


@dataclass(frozen=True)
class Problem:
    """One mistake: place, subject (``AE.AESEV``), what is wrong, and a hint.

    ``records`` lists the bad records behind a data problem; ``spec`` is the
    line of the spec that asked for the value.

    >>> print(Problem(Place("ae.yaml", 3, 1), "AE.AESEV", "unknown verb 'asign'",
    ...               "did you mean 'assign'?"))
    ae.yaml:3:1: AE.AESEV: unknown verb 'asign'; did you mean 'assign'?
    """

    place: Place | None
    subject: str
    message: str
    hint: str = ""
    records: tuple[Record, ...] = field(default=(), compare=False)
    spec: Place | None = None

    def __str__(self) -> str:
        head = [str(self.place)] if self.place else []
        if self.subject:
            head.append(self.subject)
        text = ": ".join([*head, self.message])
        return f"{text}; {self.hint}" if self.hint else text


class DossierError(Exception):
    """Base of the two errors a user can mend; its text is a line a problem."""

    def __init__(self, problems: Problem | Iterable[Problem]) -> None:
        found = (problems,) if isinstance(problems, Problem) else tuple(problems)
        if not found:
            raise ValueError("an error needs at least one problem")
        self.problems: tuple[Problem, ...] = found
        super().__init__("\n".join(str(problem) for problem in found))


class SpecError(DossierError):
    """The specs are wrong; nothing was read.  Exit status 2."""


class DataError(DossierError):
    """The data were refused.  Exit status 1."""


def hint_for(word: str, known: Iterable[str]) -> str:
    """Suggest the nearest known word, or list the few there are.

    >>> hint_for("asign", ["assign", "copy"])
    "did you mean 'assign'?"
    >>> hint_for("zzz", ["assign", "copy"])
    'known: assign, copy'
    """
    words = sorted(set(known))
    lowered = {w.lower(): w for w in words}
    near = difflib.get_close_matches(word.lower(), list(lowered), n=1, cutoff=0.6)
    if near:
        return f"did you mean '{lowered[near[0]]}'?"
    if not words:
        return ""
    shown = ", ".join(words[:12])
    return f"known: {shown}" + (f" and {len(words) - 12} more" if len(words) > 12 else "")
