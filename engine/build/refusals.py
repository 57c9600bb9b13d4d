"""Collects what does not fit, by dataset: records refused, and records a spec's policy mended."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field

import numpy as np
import pandas as pd

from engine.build.lost import Lost
from engine.build.rows import SUBJECT, Rows, Values
from engine.build.scope import Node
from engine.coded import Coded
from engine.errors import Place, Problem, Record, counted

DISTINCT = 1000
"""So many values of a variable that do not fit are told one by one, the others together."""

LISTED = 1000
"""So many bad records are listed behind one problem; the count is always exact."""

SHOWN = 5
"""So many of their lines a message itself may name."""


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
    lost: Lost | None = None

    def add(self, dataset: str, problem: Problem) -> None:
        """Note one problem of a dataset."""
        self.problems.setdefault(dataset, []).append(problem)

    def refuse(self, rows: Rows, dataset: str, variable: str, mask: np.ndarray,
               message: Callable[[str], str] | str, values: Values | None = None,
               hint: Callable[[str], str] | str = "", spec: Place | None = None, *,
               node: Node | None = None, lines: bool = False) -> None:
        """Refuse the records in ``mask``, one problem a distinct value, counts included.

        Message and hint may depend on the value.  With ``lines`` the message ends in
        the lines of the records.  A refusal that follows from an earlier one for what
        ``node`` is made from is left out (see :mod:`engine.build.lost`).
        """
        subject = f"{dataset}.{variable}" if variable else dataset
        if node is not None and self.lost is not None and mask.any():
            mask = mask & ~self.lost.follows(node, rows)
            self.lost.note(node, rows, mask)
        for text, records, count, value in grouped(rows, mask, message, values):
            told = hint if isinstance(hint, str) else "" if value is None else hint(value)
            where = f" ({lines_of(records, count)})" if lines else ""
            self.add(dataset, Problem(records[0].place, subject,
                                      f"{text}{where}; {count} of {counted(rows.size, 'record')}", told,
                                      tuple(records), spec))

    def stray(self, rows: Rows, dataset: str, variable: str, mask: np.ndarray, message: Callable[[str], str],
              values: Values, policy: str, hint: Callable[[str], str]) -> None:
        """List values that are no terms, whatever becomes of them."""
        for text, records, count, value in grouped(rows, mask, message, values):
            self.strays.append(Stray(dataset, variable, text, count, rows.size, records[0].place, policy,
                                     "" if value is None else hint(value)))

    def note(self, rows: Rows, dataset: str, variable: str, mask: np.ndarray,
             message: Callable[[str], str] | str, values: Values | None = None) -> None:
        """Note records mended by policy."""
        for text, records, count, _ in grouped(rows, mask, message, values):
            self.notes.append(Note(dataset, variable, text, count, records[0].place))


def grouped(rows: Rows, mask: np.ndarray, message: Callable[[str], str] | str,
            values: Values | None) -> list[tuple[str, list[Record], int, str | None]]:
    """The bad records as (message, records, count, value), one a distinct value.

    Beyond :data:`DISTINCT` values the others are one more, without a value.
    """
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
    found: list[tuple[str, list[Record], int, str | None]] = []
    for number, code in enumerate(kinds[:DISTINCT].tolist()):
        at = positions[order[ends[number]:ends[number + 1]]]
        value = str(distinct[code]) if code >= 0 else ""
        found.append((message(value), _records(rows, at), len(at), value))
    if len(kinds) > DISTINCT:
        rest = np.sort(positions[order[ends[DISTINCT]:]])
        told = f"{len(kinds) - DISTINCT:,} more values that do not fit"
        found.append((told, _records(rows, rest), len(rest), None))
    return found


def lines_of(records: Sequence[Record], count: int) -> str:
    """Where the first of some records stand, of ``count`` in all; the file is that of the first.

    >>> several = [Record(Place("ae.csv", line)) for line in (2, 5, 9)]
    >>> lines_of(several[:2], 2), lines_of(several, 12)
    ('lines 2 and 5', 'lines 2, 5, 9 and 9 more')
    >>> lines_of([*several[:1], Record(Place("ae2.csv", 4))], 2)
    'ae.csv:2 and ae2.csv:4'
    """
    places = [record.place for record in records[:SHOWN]]
    alike = len({place.file for place in places}) == 1
    shown = [str(place.line) if alike else str(place) for place in places]
    last = f"{count - len(shown)} more" if count > len(shown) else shown.pop()
    what = "" if not alike else "lines " if count > 1 else "line "
    return f"{what}{', '.join(shown)} and {last}" if shown else f"{what}{last}"


def _records(rows: Rows, positions: np.ndarray) -> list[Record]:
    listed = positions[:LISTED]
    subjects = rows.coded(*SUBJECT).take(listed).texts() if SUBJECT in rows.columns else [None] * len(listed)
    return [Record(rows.origin.place(position) or Place(f"{rows.name} record", position + 1), subject or "")
            for position, subject in zip(listed.tolist(), subjects, strict=True)]
