"""Collected dates and times read as each raw file writes them."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import pandas as pd

from engine.build.raw import sources
from engine.build.rows import Rows
from engine.columns import Kind, blank
from engine.dates import Read, read_dates
from engine.spec.load import StudySpec
from engine.spec.study import Reading


@dataclass(frozen=True)
class DateRules:
    """How dates and times are written: formats, and the words for unknown parts."""

    dates: tuple[str, ...]
    times: tuple[str, ...]
    unknown: tuple[str, ...]


def rules_of(study: StudySpec, table: str) -> dict[str, DateRules]:
    """The rules of each file of a raw table, by the file's name (and sheet) as messages show it.

    A table of the study file has the study's own.
    """
    reading = study.study.read
    if table not in study.study.raw.tables:
        return {"": _rules(reading, reading)}
    return {source.file: _rules(file, reading) for file, source
            in zip(study.study.raw.tables[table].files, sources(study, table), strict=True)}


def _rules(file: Reading, reading: Reading) -> DateRules:
    return DateRules(tuple(str(v) for v in (file.dates or reading.dates or ("yyyy-MM-dd",))),
                     tuple(str(v) for v in (file.times or reading.times or ("HH:mm", "HH:mm:ss"))),
                     tuple(str(v) for v in (file.unknown or reading.unknown or ())))


def read_collected(study: StudySpec, table: str, rows: Rows, dates: Sequence[pd.Series],
                   times: pd.Series | None = None, *, time_alone: str = "keep") -> Read:
    """Read date columns (one, or year, month and day) and a time column of a raw table's records.

    Each record is read by the rules of the file it came from (``rows.origin``);
    a table whose files all say the same is read in one go.
    """
    rules = rules_of(study, table)
    first = next(iter(rules.values()))
    if all(r == first for r in rules.values()):
        return _read(first, dates, times, time_alone)
    values = blank(rows.index, Kind.TEXT)
    reasons = blank(rows.index, Kind.TEXT)
    bad = pd.Series(np.zeros(rows.size, dtype=bool), index=rows.index)
    for code, name in enumerate(rows.origin.files):
        at = rows.origin.file == code
        if name in rules and at.any():
            part = _read(rules[name], [d[at] for d in dates], times[at] if times is not None else None,
                         time_alone)
            values[at], bad[at], reasons[at] = part.values, part.bad, part.reasons
    return Read(values, bad, reasons)


def _read(rules: DateRules, dates: Sequence[pd.Series], times: pd.Series | None, alone: str) -> Read:
    return read_dates(list(dates), times, rules.dates, rules.times, rules.unknown,
                      time_without_date="drop" if alone == "drop" else "keep")
