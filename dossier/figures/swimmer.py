"""What a swimmer plot shows: a bar a subject, spans on it, and signs of what happened."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pandas as pd

from dossier.figures.model import Bar, Event, Swimmer
from dossier.figures.tables import Builds, Subjects, Table
from engine.errors import DataError, Problem
from engine.yaml.nodes import Text


@dataclass(frozen=True)
class SwimmerData:
    """What is drawn, each with the ``row`` of its subject, 0 being the uppermost.

    ``bars``: subject, label, group, row, start, end.  ``spans`` (one table a span of the
    spec): row, start, end.  ``marks`` (one table a mark): row, at.
    """

    bars: pd.DataFrame
    spans: tuple[pd.DataFrame, ...]
    marks: tuple[pd.DataFrame, ...]


def swimmer_data(spec: Swimmer, builds: Builds, subjects: Subjects, name: str, subject: Text) -> SwimmerData:
    """Work out bars, spans and signs from a build.

    Raises a SpecError or DataError where the spec does not fit the datasets.
    """
    table = builds.select(spec.bar, name)
    spans = _intervals(spec.bar, table, subject)
    if (twice := spans["subject"].duplicated()).any():
        raise DataError(Problem(spec.bar.dataset.place, name,
                                f"{int(twice.sum()) + 1} records of {table.name} are bars of one subject",
                                "one is wanted; see 'where'"))
    bars = order_bars(spans, subjects)
    if bars.empty:
        raise DataError(Problem(spec.bar.dataset.place, name,
                                f"no record of {table.name} is left to be drawn", "see 'where'"))
    found = [on_bars(_intervals(one, builds.select(one, name), subject), bars) for one in spec.spans or ()]
    marks = [_marks(one, builds.select(one, name), bars, subject) for one in spec.marks]
    return SwimmerData(bars, tuple(found), tuple(marks))


def _intervals(spec: Bar, table: Table, subject: Text) -> pd.DataFrame:
    """Start and end of each record that has both."""
    start = table.numbers(spec.start) if spec.start is not None else pd.Series(0.0, table.frame.index)
    made = pd.DataFrame({"subject": table.texts(subject), "start": start, "end": table.numbers(spec.end)})
    return made.dropna().reset_index(drop=True)


def order_bars(spans: pd.DataFrame, subjects: Subjects) -> pd.DataFrame:
    """The bars of the subjects shown, by group, in each the longest first.

    >>> people = Subjects(pd.DataFrame({"subject": ["1", "2"], "label": ["a", "b"], "group": "G"}), ("G",))
    >>> spans = pd.DataFrame({"subject": ["1", "2", "3"], "start": 0.0, "end": [3.0, 9.0, 4.0]})
    >>> order_bars(spans, people)[["label", "row", "end"]].values.tolist()
    [['b', 0, 9.0], ['a', 1, 3.0]]
    """
    made = spans.merge(subjects.frame, on="subject")
    made["_group"] = made["group"].map({group: at for at, group in enumerate(subjects.groups)})
    made["_length"] = made["start"] - made["end"]
    made = made.sort_values(["_group", "_length", "subject"], ignore_index=True)
    made["row"] = np.arange(len(made))
    return made[["subject", "label", "group", "row", "start", "end"]]


def on_bars(spans: pd.DataFrame, bars: pd.DataFrame) -> pd.DataFrame:
    """Spans with the row of their subject's bar; those of others are left out."""
    return spans.merge(bars[["subject", "row"]], on="subject").sort_values(
        ["row", "start"], ignore_index=True)[["row", "start", "end"]]


def _marks(spec: Event, table: Table, bars: pd.DataFrame, subject: Text) -> pd.DataFrame:
    made = pd.DataFrame({"subject": table.texts(subject)})
    made["at"] = table.numbers(spec.at) if spec.at is not None else np.nan
    return place_marks(made, bars, at_end=spec.at is None)


def place_marks(marks: pd.DataFrame, bars: pd.DataFrame, *, at_end: bool) -> pd.DataFrame:
    """Signs with their row and time, that of the bar's end if ``at_end``; each once.

    >>> bars = pd.DataFrame({"subject": ["1"], "row": [0], "end": [9.0]})
    >>> marks = pd.DataFrame({"subject": ["1", "1", "2"], "at": [3.0, 3.0, 4.0]})
    >>> place_marks(marks, bars, at_end=False).values.tolist()
    [[0.0, 3.0]]
    """
    made = marks.merge(bars[["subject", "row", "end"]], on="subject")
    made["at"] = made["end"] if at_end else made["at"]
    return made[["row", "at"]].dropna().drop_duplicates().sort_values(["row", "at"], ignore_index=True)
