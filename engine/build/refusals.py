"""Collects what does not fit, by dataset: records refused, and records a spec's policy mended."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field

import numpy as np
import pandas as pd

from engine.build.rows import SUBJECT, Rows
from engine.errors import Place, Problem, Record

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


@dataclass
class Refusals:
    """Problems (records refused) and notes (records mended) of a build."""

    problems: dict[str, list[Problem]] = field(default_factory=dict)
    notes: list[Note] = field(default_factory=list)

    def add(self, dataset: str, problem: Problem) -> None:
        """Note one problem of a dataset."""
        self.problems.setdefault(dataset, []).append(problem)

    def refuse(self, rows: Rows, dataset: str, variable: str, mask: np.ndarray,
               message: Callable[[str], str] | str, values: pd.Series | None = None,
               hint: str = "", spec: Place | None = None) -> None:
        """Refuse the records in ``mask``, one problem a distinct value, counts included."""
        for text, records, count in grouped(rows, mask, message, values):
            total = f"; {count} of {rows.size} records"
            self.add(dataset, Problem(records[0].place, f"{dataset}.{variable}" if variable else dataset,
                                      text + total, hint, tuple(records), spec))

    def note(self, rows: Rows, dataset: str, variable: str, mask: np.ndarray,
             message: Callable[[str], str] | str, values: pd.Series | None = None) -> None:
        """Note records mended by policy."""
        for text, records, count in grouped(rows, mask, message, values):
            self.notes.append(Note(dataset, variable, text, count, records[0].place))


def grouped(rows: Rows, mask: np.ndarray, message: Callable[[str], str] | str,
            values: pd.Series | None) -> list[tuple[str, list[Record], int]]:
    """The bad records as (message, records, count), one a distinct value."""
    positions = np.flatnonzero(mask)
    if not len(positions):
        return []
    if values is None or isinstance(message, str):
        text = message if isinstance(message, str) else message("")
        return [(text, _records(rows, positions), len(positions))]
    shown = values.iloc[positions].astype("str")
    codes, distinct = pd.factorize(shown, use_na_sentinel=True)
    found = []
    for code in pd.unique(codes).tolist():
        at = positions[codes == code]
        found.append((message(str(distinct[code]) if code >= 0 else ""), _records(rows, at), len(at)))
    return found


def _records(rows: Rows, positions: np.ndarray) -> list[Record]:
    subjects = rows.columns[SUBJECT].values if SUBJECT in rows.columns else None
    found = []
    for position in positions[:LISTED].tolist():
        subject = subjects.iloc[position] if subjects is not None else ""
        place = rows.origin.place(position) or Place(f"{rows.name} record", position + 1)
        found.append(Record(place, "" if pd.isna(subject) else str(subject)))
    return found
