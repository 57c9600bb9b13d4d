"""The order of collected text: dates by date, times by time, all else as text.

Raw columns are text, and as text ``02-MAR-2025`` comes after ``01-APR-2025``; an
``order`` by such a column means the dates.  Versions (``supersede``) also go by
size, 10 after 9.  Variables of a dataset are of their kind already.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from decimal import Decimal
from typing import TYPE_CHECKING, NamedTuple

import numpy as np
import pandas as pd

from engine.build.collected import DateRules, rules_of
from engine.build.rows import Rows, Values
from engine.columns import Column, Kind, blank, map_distinct
from engine.dates import read_dates
from engine.spec.references import Ref

if TYPE_CHECKING:
    from engine.build.derivation import Derivation
    from engine.spec.load import StudySpec

_NUMBER = re.compile(r"[+-]?(\d+(\.\d*)?|\.\d+)", re.ASCII)
LOST = "'where' leaves it out, or correct it"
"""What can be done about a value among dates that is none."""


class Comparable(NamedTuple):
    """Values that sort as they are meant, and where one is no date among dates."""

    values: pd.Series
    lost: np.ndarray


def lost_message(column: str) -> str:
    """What is said of a value that is no date among dates; its text goes in for ``{}``."""
    return "'{}' in " + column + " cannot be ordered: most others are dates or times"


def comparable(texts: pd.Series, file: np.ndarray, rules: Sequence[DateRules],
               *, by_size: bool = False) -> Comparable:
    """Collected text in a form that sorts as it is meant.

    ``file`` says which of ``rules`` a record's dates are read by.  If most texts are
    dates (or times) they sort by date, and the others are lost.  Texts that are all
    numbers are dates only if each is one; ``by_size`` sorts them by size.  Other
    texts stay as they are.

    >>> rules = [DateRules(("dd-MMM-yyyy",), ("hh:mm a",), ("UNK",))]
    >>> def made(*texts: str, by_size: bool = False) -> list[object]:
    ...     values, file = pd.Series(texts, dtype="str"), np.zeros(len(texts), dtype="int64")
    ...     return comparable(values, file, rules, by_size=by_size).values.tolist()
    >>> made("01-APR-2025", "02-MAR-2025"), made("02:35 PM", "09:00 AM")
    (['2025-04-01', '2025-03-02'], ['-----T14:35', '-----T09:00'])
    >>> made("9", "10"), made("9", "10", by_size=True), made("v9", "v10", by_size=True)
    (['9', '10'], [0.0, 1.0], ['v9', 'v10'])
    """
    none = np.zeros(len(texts), dtype=bool)
    distinct = texts.dropna().unique()
    numbers = all(_NUMBER.fullmatch(str(text)) for text in distinct)
    for times in (False,) if numbers else (False, True):
        values, lost = _read(texts, file, rules, times=times)
        if texts[lost].nunique() * 2 < (1 if numbers else len(distinct)):
            return Comparable(values, lost)
    return Comparable(_by_size(texts) if numbers and by_size else texts, none)


def _by_size(texts: pd.Series) -> pd.Series:
    """Texts that are all numbers as ranks."""
    sizes = sorted({Decimal(str(text)) for text in texts.dropna().unique()})
    rank = {size: float(place) for place, size in enumerate(sizes)}
    return map_distinct(texts, lambda v: rank[Decimal(str(v))], "float64")


def _read(texts: pd.Series, file: np.ndarray, rules: Sequence[DateRules],
          *, times: bool) -> tuple[pd.Series, np.ndarray]:
    """Text read as dates, or as times; and where something cannot be read."""
    values, lost = blank(texts.index, Kind.TEXT), np.zeros(len(texts), dtype=bool)
    for number, rule in enumerate(rules):
        mask = file == number
        part = texts[mask].drop_duplicates()
        nothing = blank(part.index, Kind.TEXT)
        read = read_dates([nothing if times else part], part if times else None,
                          rule.dates, rule.times, rule.unknown)
        made = dict(zip(part, read.values, strict=True))
        bad = set(part[read.bad.to_numpy(dtype=bool)])
        values = values.mask(mask, texts.map(made).astype("str"))
        lost |= mask & texts.isin(bad).to_numpy()
    return values, lost


def raw_rules(study: StudySpec, rows: Rows) -> tuple[np.ndarray, list[DateRules]]:
    """The rules of a raw table's files, and which of them each of its records is read by."""
    rules = rules_of(study, rows.name)
    named = [rules.get(name, next(iter(rules.values()))) for name in rows.origin.files]
    return rows.origin.file.astype("int64"), named


def ordered_here(at: Derivation, ref: Ref, column: Column) -> Values:
    """A text column of these records in a form that sorts as it is meant, see :func:`comparable`."""
    target = at.build.plan.scope.find(ref.parts, at.where, at.place)
    tables = at.build.plan.study.study.raw.tables
    if target is None or target.table not in tables or target.kind == "variable":
        return column.held
    texts, rules = column.values, rules_of(at.build.plan.study, str(target.table))
    if target.kind == "source" and len(target.key) == 2:
        named = [rules.get(name, next(iter(rules.values()))) for name in at.rows.origin.files]
        file = at.rows.origin.file.astype("int64")
    else:
        named, file = [next(iter(rules.values()))], np.zeros(at.rows.size, dtype="int64")
    found = comparable(texts, file, named)
    at.refuse(found.lost, lost_message(str(ref)).format, texts, LOST)
    return found.values


def ordered_there(at: Derivation, rows: Rows, name: str, column: Column) -> Values:
    """The same for a column of another table's records."""
    if rows.name not in at.build.plan.study.study.raw.tables:
        return column.held
    texts = column.values
    found = comparable(texts, *raw_rules(at.build.plan.study, rows))
    at.refuse(found.lost, lost_message(f"{rows.name}.{name}").format, texts, LOST, rows)
    return found.values
