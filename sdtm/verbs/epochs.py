"""The epoch of a record, by the element rules of the study: epoch."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from typing import NamedTuple

import numpy as np
import pandas as pd

from engine.build.collected import read_collected
from engine.build.derivation import Derivation
from engine.build.rows import SUBJECT, match, taken
from engine.columns import Column, Kind, blank
from engine.dates import date_hint
from engine.dates.parts import Known, Moments, parse
from engine.expressions.tree import Name
from engine.spec.entries import Entry
from engine.spec.references import RefField
from engine.spec.schedule import Begun
from engine.spec.study import Study
from engine.spec.verbs import verb

_EVERY_SUBJECT = "study"
"""No table's name: what an expression names is brought to each record by its subject."""
_DAY, _HOUR = 3, 4
"""So many components are known of a date, and at least so many of one with a time."""


class EpochOf(Entry):
    """``{epoch: AESTDTC}``."""

    epoch: RefField

    def needs(self, study: Study, dataset: str) -> Iterator[tuple[str, str]]:
        """What the epochs of the study begin at."""
        yield from columns_begun((study.epochs or {}).values(), study)


def columns_begun(begun: Iterable[Begun], study: Study) -> Iterator[tuple[str, str]]:
    """The tables and columns that epochs or elements begin at."""
    for part in begun:
        for parts in part.starts.names:
            if len(parts) == 2 and parts not in study.constants():
                yield parts[0], parts[1]
        if part.time is not None:
            yield part.time.parts[0], part.time.parts[-1]


class Start(NamedTuple):
    """Where an epoch begins for each record's subject, ISO 8601 text; NULL if never."""

    name: str
    dtc: pd.Series
    inclusive: bool


@verb("epoch", layer="sdtm")
def derive_epoch(entry: EpochOf, at: Derivation) -> Column:
    """The last epoch, in the study's order, that had begun by the record's date.

    On the start date itself times decide where both are known (to the precision
    they share), else the record belongs to the epoch that starts that day
    (``inclusive: false``: to the one before).  A partial date has an epoch only
    where every day it allows has the same.  Blank without a date or before the first
    start.

    Source: SDTMIG 3.4, sections 4.1.3.1 (EPOCH) and 5.3 (elements of SE).
    """
    starts = epoch_starts(at)
    if not starts:
        raise at.wrong("the study has no epochs", "give 'epochs' in the study file")
    return Column(compute_epoch(at.text(entry.epoch), starts), Kind.TEXT)


def epoch_starts(at: Derivation) -> list[Start]:
    """The start of each epoch of the study for the subject of each record."""
    return [Start(str(name), start_of(epoch, at), epoch.inclusive is not False)
            for name, epoch in (at.build.plan.study.study.epochs or {}).items()]


def start_of(epoch: Begun, at: Derivation) -> pd.Series:
    """Where an epoch or element begins for the subject of each record, ISO 8601 text; NULL if never."""
    raw = at.build.plan.study.study.raw.tables
    tree = epoch.starts.tree
    if isinstance(tree, Name) and tree.parts[0] in raw and tree.parts[0] not in at.build.plan.datasets:
        return _raw_start(tree.parts[0], tree.parts[-1], epoch.time.parts[-1] if epoch.time else None, at)
    for parts in epoch.starts.names:
        if len(parts) == 1:
            raise at.wrong(f"'{parts[0]}' in the start of an epoch names no table", "as in DM.RFICDTC")
    result = at.evaluate(epoch.starts, at.rows, _EVERY_SUBJECT)
    if result.kind is not Kind.TEXT:
        raise at.wrong(f"'{epoch.starts.text}' is a {result.kind.value}, and an epoch starts at a --DTC text")
    return result.values


def _raw_start(table: str, date: str, time: str | None, at: Derivation) -> pd.Series:
    """A raw table's date for each record's subject; several records of a subject are refused."""
    other = at.other(table, [date])
    read = read_collected(at.build.plan.study, table, other, [other.values(date)],
                          other.values(time) if time is not None else None, time_alone="drop")
    at.refuse(read.bad.to_numpy(dtype=bool), lambda reason: reason, read.reasons, date_hint, other)
    found = match([at.subjects()], [other.columns[SUBJECT].values])
    at.refuse(found.count > 1, lambda v: f"{table} has several records for subject {v}", at.subjects(),
              "let the epoch start at a variable of DM that picks one")
    return taken(read.values, found.first, at.index)


def compute_epoch(dtc: pd.Series, starts: Sequence[Start]) -> pd.Series:
    """The epoch of each --DTC (see :func:`derive_epoch`); ``starts`` in the order of the epochs.

    >>> index = pd.RangeIndex(4)
    >>> starts = [Start("SCREENING", pd.Series(["2025-03-01"] * 4, index=index), True),
    ...           Start("TREATMENT", pd.Series(["2025-03-10T09:30"] * 4, index=index), True)]
    >>> dtc = pd.Series(["2025-03-10T09:00", "2025-03-10", "2025-03", "2025-02-28"], dtype="str")
    >>> compute_epoch(dtc, starts).tolist()
    ['SCREENING', 'TREATMENT', nan, nan]
    """
    values = blank(dtc.index, Kind.TEXT)
    date = parse(dtc)
    unsure = np.zeros(len(dtc), dtype=bool)
    for start in starts:
        begin = parse(start.dtc)
        begun, open_ = compare_begun(date.known, date.earliest, date.latest,
                                     begin.known, begin.earliest, begin.latest, same_day=start.inclusive)
        values = values.mask(begun, start.name)
        unsure = np.where(begun, False, unsure | open_)
    return values.mask(unsure)


def compare_begun(known: Known, low: Moments, high: Moments, begin: Known, first: Moments, last: Moments,
                  *, same_day: bool) -> tuple[np.ndarray, np.ndarray]:
    """Where a moment is not before another, and where that cannot be told.

    Both with a time compare to the precision they share; with complete dates else
    by date, and ``same_day`` says what one date means.  Partial dates are told only
    where all that they allow gives the same answer; unknown years never.
    """
    given = ~np.isnat(low) & ~np.isnat(first)
    depth, other = _depth(known), _depth(begin)
    shared = np.minimum(depth, other)
    sign = _sign(known, begin, shared)
    by_day = np.where(sign == 0, same_day, sign > 0)
    dated = given & (shared >= _DAY)
    timed = dated & (shared >= _HOUR)
    certain = np.where(timed, sign >= 0, by_day)
    day = "datetime64[D]"
    # Where neither has a time, ``same_day`` tells the very day of a partial date like any other of its days.
    began, ended, untimed = low.astype(day), high.astype(day), np.maximum(depth, other) < _HOUR
    after = (began > last.astype(day)) | ((began == last.astype(day)) & untimed & same_day)
    before = (ended < first.astype(day)) | ((ended == first.astype(day)) & untimed & (not same_day))
    partial = given & ~dated
    begun = (dated & certain) | (partial & after)
    return begun, partial & ~after & ~before


def _depth(known: Known) -> np.ndarray:
    gaps = known < 0
    made: np.ndarray = np.where(gaps.any(axis=1), gaps.argmax(axis=1), known.shape[1])
    return made


def _sign(one: Known, other: Known, shared: np.ndarray) -> np.ndarray:
    """-1, 0 or 1: how two dates compare in the components both know."""
    compared = np.arange(one.shape[1])[None, :] < shared[:, None]
    apart = np.where(compared, np.sign(one.astype("int64") - other), 0)
    first = (apart != 0).argmax(axis=1)
    made: np.ndarray = apart[np.arange(len(apart)), first]
    return made
