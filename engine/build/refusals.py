"""Collects what does not fit, by dataset: records refused, and records a spec's policy mended."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field

import numpy as np
import pandas as pd

from engine.build.rows import SUBJECT, Rows, Values
from engine.coded import Coded
from engine.errors import Place, Problem, Record, counted

DISTINCT = 1000
"""So many values of a variable that do not fit are told one by one, the others together."""

LISTED = 1000
"""So many bad records are listed behind one problem; the count is always exact."""


@dataclass(frozen=True)
class Note:
    """Records that a spec's own policy kept, blanked or dropped, for the closing table."""

    dataset: str
    variable: str
    message: str
    records: int
    place: Place | None


@dataclass(frozen=True)
class Stray:
    """A value that neither map nor codelist knows, and what the spec's policy makes of it."""

    dataset: str
    variable: str
    message: str
    records: int
    of: int
    place: Place | None
    policy: str
    hint: str


@dataclass
class Refusals:
    """Problems (records refused) and notes (records mended) of a build; strays are among either."""

    problems: dict[str, list[Problem]] = field(default_factory=dict)
    notes: list[Note] = field(default_factory=list)
    several: set[tuple[str, str]] = field(default_factory=set)
    """Tables and subjects told to have several records where one is wanted."""
    strays: list[Stray] = field(default_factory=list)

    def add(self, dataset: str, problem: Problem) -> None:
        """Note one problem of a dataset."""
        self.problems.setdefault(dataset, []).append(problem)

    def refuse(self, rows: Rows, dataset: str, variable: str, mask: np.ndarray,
               message: Callable[[str], str] | str, values: Values | None = None,
               hint: Callable[[str], str] | str = "", spec: Place | None = None) -> None:
        """Refuse the records in ``mask``, one problem a distinct value, counts included.

        Message and hint may depend on the value.
        """
        subject = f"{dataset}.{variable}" if variable else dataset
        for text, records, count, value in grouped(rows, mask, message, values):
            total = f"; {count} of {counted(rows.size, 'record')}"
            told = hint if isinstance(hint, str) else hint(value)
            self.add(dataset, Problem(records[0].place, subject, text + total, told, tuple(records), spec))

    def stray(self, rows: Rows, dataset: str, variable: str, mask: np.ndarray, message: Callable[[str], str],
              values: Values, policy: str, hint: Callable[[str], str]) -> None:
        """List values that are no terms, whatever becomes of them."""
        for text, records, count, value in grouped(rows, mask, message, values):
            self.strays.append(Stray(dataset, variable, text, count, rows.size, records[0].place, policy,
                                     hint(value)))

    def note(self, rows: Rows, dataset: str, variable: str, mask: np.ndarray,
             message: Callable[[str], str] | str, values: Values | None = None) -> None:
        """Note records mended by policy."""
        for text, records, count, _ in grouped(rows, mask, message, values):
            self.notes.append(Note(dataset, variable, text, count, records[0].place))


def grouped(rows: Rows, mask: np.ndarray, message: Callable[[str], str] | str,
            values: Values | None) -> list[tuple[str, list[Record], int, str]]:
    """The bad records as (message, records, count, value), one a distinct value."""
    positions = np.flatnonzero(mask)
    if not len(positions):
        return []
    if values is None or isinstance(message, str):
        text = message if isinstance(message, str) else message("")
        return [(text, _records(rows, positions), len(positions), "")]
    part = values.take(positions)
    shown = part.series() if isinstance(part, Coded) else part.astype("str")
    codes, distinct = pd.factorize(shown, use_na_sentinel=True)
    met, kinds = pd.factorize(codes)  # blank has a number too, in the order in which values are met
    order = np.argsort(met, kind="stable")
    ends = np.searchsorted(met[order], np.arange(len(kinds) + 1))
    found = []
    for number, code in enumerate(kinds[:DISTINCT].tolist()):
        at = positions[order[ends[number]:ends[number + 1]]]
        value = str(distinct[code]) if code >= 0 else ""
        found.append((message(value), _records(rows, at), len(at), value))
    if len(kinds) > DISTINCT:
        rest = np.sort(positions[order[ends[DISTINCT]:]])
        told = f"{len(kinds) - DISTINCT:,} more values that do not fit"
        found.append((told, _records(rows, rest), len(rest), ""))
    return found


def _records(rows: Rows, positions: np.ndarray) -> list[Record]:
    listed = positions[:LISTED]
    subjects = rows.coded(*SUBJECT).take(listed).texts() if SUBJECT in rows.columns else [None] * len(listed)
    return [Record(rows.origin.place(position) or Place(f"{rows.name} record", position + 1), subject or "")
            for position, subject in zip(listed.tolist(), subjects, strict=True)]
