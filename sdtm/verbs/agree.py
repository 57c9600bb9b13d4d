"""A value that several forms hold and should agree on: agree."""

from __future__ import annotations

from typing import Annotated, Literal, NamedTuple

import numpy as np
import pandas as pd
from pydantic import Field, PlainValidator

from engine.build.derivation import Derivation
from engine.build.reading import read_dates_here
from engine.build.rows import SUBJECT, Rows, codes_of, match, pairs, taken
from engine.columns import Column, Kind, blank
from engine.dates import date_hint
from engine.dates.parts import MISSING, parse
from engine.spec.entries import Entry, Policy
from engine.spec.references import Ref
from engine.spec.verbs import verb
from engine.verbs.picking import Dated, dated_values, read_dated
from engine.yaml.fields import OneOrMany
from engine.yaml.shapes import TextOrModel

SourceField = Annotated[object, PlainValidator(read_dated), TextOrModel(Dated)]


class Agree(Entry):
    """``{agree: [COLUMN, TABLE.COLUMN, {in, value, time, where, on}], prefer, conflict, as}``.

    ``conflict`` says what values that do not agree mean: ``keep`` takes that of the
    first source that has one, or of the last as ``prefer`` says.
    """

    agree: OneOrMany[SourceField]
    prefer: Literal["first", "last"] | None = None
    conflict: Policy | None = None
    as_: Literal["date", "text"] | None = Field(default=None, alias="as")


class _Candidates(NamedTuple):
    """Values of all sources, the preferred source's first: record, value and source's name."""

    record: np.ndarray
    value: pd.Series
    source: pd.Series


@verb("agree", layer="sdtm")
def derive_agree(entry: Agree, at: Derivation) -> Column:
    """The value that all sources with a value agree on.

    Dates agree when one holds all that is known of the other; the fullest is taken.
    Other text must be equal.  All matching records of a source count.

    Source: Dossier's own, for values that several forms hold, such as DTHDTC.
    """
    dates = entry.as_ == "date" or (entry.as_ is None and at.variable.endswith("DTC"))
    items = list(entry.agree)
    found = _gathered(items if entry.prefer != "last" else items[::-1], dates, at)
    chosen, against = compute_agreed(found.record, found.value, at.rows.size, dates=dates)
    values = taken(found.value, chosen, at.index)
    shown = _conflicts(found, against, at)
    if entry.conflict in (None, "error"):
        at.refuse(against, lambda v: f"sources disagree: {v}", shown,
                  "'conflict: keep' takes the preferred source")
    else:
        done = "the first is kept" if entry.conflict == "keep" else "left blank"
        at.note(against, lambda v: f"sources disagree: {v}; {done}", shown)
    return Column(values.mask(against) if entry.conflict == "blank" else values, Kind.TEXT)


def _gathered(items: list[object], dates: bool, at: Derivation) -> _Candidates:
    records, values, names = [], [], []
    for item in items:
        if isinstance(item, Dated):
            record, value = _theirs(item, dates, at)
            name = f"{item.in_}.{item.value.text}"
        else:
            assert isinstance(item, Ref)
            record, value, name = np.arange(at.rows.size), _own(item, dates, at), str(item)
        full = value.notna().to_numpy()
        records.append(record[full])
        values.append(value[full])
        names.append(pd.Series([name], dtype="str").take(np.zeros(int(full.sum()), dtype="int64")))
    return _Candidates(np.concatenate(records), pd.concat(values, ignore_index=True),
                       pd.concat(names, ignore_index=True))


def _own(ref: Ref, dates: bool, at: Derivation) -> pd.Series:
    """A column of the records: a raw one is read as a date by its file."""
    target = at.build.plan.scope.find(ref.parts, at.where, at.place)
    if not dates or target is None or target.table not in at.build.plan.study.study.raw.tables:
        return at.text(ref)
    read = read_dates_here(at, [ref], time_alone="drop")
    at.refuse(read.bad, lambda reason: reason, read.reasons, date_hint)
    return read.values.series()


def _theirs(item: Dated, dates: bool, at: Derivation) -> tuple[np.ndarray, pd.Series]:
    table = str(item.in_)
    rows: Rows = at.other(table, [])
    if item.where is not None:
        rows = rows.where(at.condition(item.where, rows, table))
    column = dated_values(item, at, rows) if dates else at.evaluate(item.value, rows, table)
    if column.kind is not Kind.TEXT:
        raise at.wrong(f"'{item.value.text}' of {table} is a {column.kind.value}, where text is wanted")
    if item.on:
        left = [at.column(ours).values for ours in item.on.values()]
        right = [at.other_column(rows, theirs.parts[-1]).values for theirs in item.on]
    else:
        left, right = [at.subjects()], [rows.columns[SUBJECT].values]
    ours, theirs_at = pairs(match(left, right))
    return ours, column.values.take(theirs_at).reset_index(drop=True)


def compute_agreed(record: np.ndarray, value: pd.Series, size: int, *, dates: bool) -> tuple[
        np.ndarray, np.ndarray]:
    """For each record the position of the value agreed on (-1 for none), and whether one disagrees.

    ``record`` and ``value`` list the candidates, the preferred ones first.  The
    winner is the fullest of those that agree with the preferred one.

    >>> dates_ = pd.Series(["2025-07", "2025-07-03", "2025-08"], dtype="str")
    >>> chosen, against = compute_agreed(np.array([0, 0, 1]), dates_, 2, dates=True)
    >>> chosen.tolist(), against.tolist()
    ([1, 2], [False, False])
    >>> compute_agreed(np.array([0, 0]), pd.Series(["M", "F"]), 1, dates=False)[1].tolist()
    [True]
    """
    preferred = np.full(size, -1)
    preferred[record[::-1]] = np.arange(len(record))[::-1]
    if not dates:
        return preferred, _any(record, size, codes_of([value]) != codes_of([value])[preferred[record]])
    known = parse(value).known
    depth = (known != MISSING).sum(axis=1)
    with_preferred = _agrees(known, known[preferred[record]])
    order = np.lexsort([np.arange(len(record)), -depth, ~with_preferred])
    chosen = np.full(size, -1)
    chosen[record[order][::-1]] = order[::-1]
    return chosen, _any(record, size, ~_agrees(known, known[chosen[record]]))


def _agrees(one: np.ndarray, other: np.ndarray) -> np.ndarray:
    """Where nothing known in both differs, and one knows all that the other does."""
    a, b = one != MISSING, other != MISSING
    same = ~(a & b & (one != other)).any(axis=1)
    within: np.ndarray = same & (~(a & ~b).any(axis=1) | ~(b & ~a).any(axis=1))
    return within


def _any(record: np.ndarray, size: int, mask: np.ndarray) -> np.ndarray:
    made = np.zeros(size, dtype=bool)
    made[record[mask]] = True
    return made


def _conflicts(found: _Candidates, against: np.ndarray, at: Derivation) -> pd.Series:
    """What the sources say of each record where they disagree."""
    shown = blank(at.index, Kind.TEXT)
    if not against.any():
        return shown
    mask = against[found.record]
    said = ("'" + found.value[mask] + "' (" + found.source[mask] + ")")
    frame = pd.DataFrame({"record": found.record[mask], "said": said}).drop_duplicates()
    joined = frame.groupby("record", sort=True)["said"].agg(", ".join)
    shown = shown.mask(against, joined.reindex(range(at.rows.size)).set_axis(at.index))
    return shown
