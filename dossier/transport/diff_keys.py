"""Which records of two datasets belong together: by a key that is unique in both, else by position.

Keys are those the guides describe: a subject and ``--SEQ`` in SDTM (SDTMIG 3.4,
4.1.3 and 8.4), in ADaM a subject, parameter and time (ADaMIG 1.3, 3.3).
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace

import numpy as np
import pandas as pd

from dossier.transport.diff_sides import Held, Options, Side, part_size, shared_kind
from dossier.transport.shown import Value
from engine.columns import Kind
from engine.errors import counted

_SUBJECTS = ("USUBJID", "POOLID", "APID")
_SUPPLEMENTAL = ("STUDYID", "RDOMAIN", "USUBJID", "POOLID", "APID", "IDVAR", "IDVARVAL", "QNAM")
_OWN = {
    "DM": ("USUBJID",), "ADSL": ("USUBJID",), "SV": ("USUBJID", "VISITNUM"), "SM": ("USUBJID", "MIDS"),
    "TA": ("ARMCD", "TAETORD"), "TE": ("ETCD",), "TV": ("VISITNUM", "ARMCD"), "TI": ("IETESTCD", "TIVERS"),
    "TS": ("TSPARMCD", "TSSEQ"), "TD": ("TDORDER",), "TM": ("MIDSTYPE",), "OI": ("NHOID", "OISEQ"),
    "DI": ("SPDEVID", "DIPARMCD"), "RELSPEC": ("USUBJID", "REFID"), "RELSUB": ("USUBJID", "RSUBJID", "SREL"),
    "RELREC": ("RDOMAIN", "USUBJID", "IDVAR", "IDVARVAL", "RELID"),
}
"""Keys of datasets that have none of the general kinds."""
_GROWN = ("PARAMCD", "AVISITN", "AVISIT", "ATPTN", "ATPT", "ADTM", "ADT", "ATM", "DTYPE", "BASETYPE")
_UNSAID = ("STUDYID", "DOMAIN", "RDOMAIN")


@dataclass(frozen=True)
class KeyColumn:
    """A variable of the key: codes of the values of both sides, one after the other, and their meaning."""

    name: str
    codes: np.ndarray
    distinct: list[Value]
    kind: Kind

    def at(self, record: int) -> Value:
        """The value of a record."""
        return self.distinct[int(self.codes[record])]


@dataclass(frozen=True)
class Matching:
    """Which records belong together: ``a`` and ``b`` hold their positions.

    Both are None where the first ``both`` records do, in their order.  ``only_a``
    and ``only_b`` are positions of records without a counterpart, ``first_b`` is
    the number of A's records, ``note`` says why there is no key where none is.
    """

    keys: tuple[KeyColumn, ...]
    both: int
    a: np.ndarray | None
    b: np.ndarray | None
    only_a: np.ndarray
    only_b: np.ndarray
    first_b: int
    note: str = ""

    def named(self, position: int, of_b: bool = False) -> dict[str, Value]:
        """What names a record: the values of its key, or its number (from 1)."""
        if not self.keys:
            return {"record": float(position + 1)}
        return {key.name: key.at(position + self.first_b * of_b) for key in self.keys}


class Keys:
    """Finds the key of two datasets and the records that it brings together."""

    def __init__(self, a: Side, b: Side) -> None:
        self._a, self._b = a, b
        self._held: dict[str, KeyColumn] = {}
        types = {v.name: v.type for v in a.metadata.variables}
        self._usable = [v.name for v in b.metadata.variables if types.get(v.name) == v.type]

    def matching(self, options: Options) -> Matching:
        """Records by the key that is asked for, or the first of the standard's that is unique in both."""
        if options.key and set(options.key) <= set(self._usable):
            return self._asked(options.key)
        found = self._standard(options)
        if options.key:
            none = ", ".join(name for name in options.key if name not in self._usable)
            note = f"{none} is not in both, or not of one type"
            return replace(found, note=f"{note}; {found.note}" if found.note else note)
        return found

    def _standard(self, options: Options) -> Matching:
        """Records by the first of the standard's keys that is unique in both."""
        tried = []
        usable = [name for name in self._usable if name not in options.ignore]
        for names, grown in candidates(self._a.metadata.name, usable):
            columns = self._grown(names) if grown else self._whole(names)
            if columns:
                return self._by_key(columns)
            tried.append(", ".join(names))
        if tried:
            return self._by_position(f"neither {' nor '.join(tried)} is unique in both" if len(tried) > 1
                                     else f"{tried[0]} is not unique in both")
        return self._by_position("no key of the standard fits")

    def _asked(self, names: Sequence[str]) -> Matching:
        columns = self._columns(names)
        codes = _joined(columns)
        for side, part in (("A", codes[: self._records]), ("B", codes[self._records :])):
            repeated = np.flatnonzero(pd.Series(part).duplicated())
            if len(repeated):
                number = counted(len(repeated), "record")
                return self._by_position(f"{', '.join(names)} is not unique in {side}: {number} after one of "
                                         f"the same key, first record {repeated[0] + 1}")
        return self._by_key(columns)

    @property
    def _records(self) -> int:
        return self._a.metadata.records

    def _columns(self, names: Sequence[str]) -> list[KeyColumn]:
        """Variables as codes of both sides; each is read once."""
        new = [name for name in dict.fromkeys(names) if name not in self._held]
        coders = {name: _Coder() for name in new}
        for side in (self._a, self._b):
            for part in side.parts(new, part_size(self._a, self._b, new)):
                for name, held in part.items():
                    coders[name].add(held)
        for name, coder in coders.items():
            kind = shared_kind(self._a.variable(name), self._b.variable(name))
            self._held[name] = coder.made(name, kind)
        return [self._held[name] for name in dict.fromkeys(names)]

    def _unique(self, codes: np.ndarray) -> bool:
        return not any(len(part) and np.bincount(part).max() > 1
                       for part in (codes[: self._records], codes[self._records :]))

    def _whole(self, names: Sequence[str]) -> list[KeyColumn]:
        """The variables if they are unique together; those that say nothing are left out."""
        columns = self._columns(names)
        if not self._unique(_joined(columns)):
            return []
        return [column for column in columns if _says_something(column)] or columns

    def _grown(self, names: Sequence[str]) -> list[KeyColumn]:
        """As many of the variables, from the first on, as make records unique; none that splits nothing."""
        taken: list[KeyColumn] = []
        codes, groups = np.zeros(0, dtype="int64"), 0
        for name in names:
            (column,) = self._columns([name])
            if name in _UNSAID and not _says_something(column):
                continue
            made = _dense(codes * len(column.distinct) + column.codes) if taken else _dense(column.codes)
            found = int(made.max(initial=-1)) + 1
            if found > groups or not taken:
                taken.append(column)
                codes, groups = made, found
            if self._unique(codes):
                return taken
        return []

    def _by_key(self, columns: Sequence[KeyColumn]) -> Matching:
        codes, first_b = _joined(columns), self._records
        a, b = codes[:first_b], codes[first_b:]
        none = np.zeros(0, dtype="int64")
        if len(a) == len(b) and (a == b).all():
            return Matching(tuple(columns), len(a), None, None, none, none, first_b)
        there = np.full(int(codes.max(initial=-1)) + 1, -1, dtype="int64")
        there[b] = np.arange(len(b))
        found = there[a]
        at_a = np.flatnonzero(found >= 0)
        alone = np.ones(len(b), dtype=bool)
        alone[found[at_a]] = False
        return Matching(tuple(columns), len(at_a), at_a, found[at_a], np.flatnonzero(found < 0),
                        np.flatnonzero(alone), first_b)

    def _by_position(self, note: str) -> Matching:
        a, b = self._a.metadata.records, self._b.metadata.records
        both = min(a, b)
        return Matching((), both, None, None, np.arange(both, a), np.arange(both, b), a, note)


def candidates(dataset: str, variables: Sequence[str]) -> Iterator[tuple[list[str], bool]]:
    """Keys that a dataset may have, the likeliest first; ``True`` where a beginning of them may do.

    >>> [names for names, _ in candidates("LB", ["STUDYID", "DOMAIN", "USUBJID", "LBSEQ", "LBTESTCD"])]
    [['STUDYID', 'USUBJID', 'LBSEQ'], ['STUDYID', 'USUBJID']]
    >>> next(candidates("ADLB", ["USUBJID", "PARAMCD", "AVISITN", "ADT", "LBSEQ", "ASEQ", "AVAL"]))
    (['USUBJID', 'PARAMCD', 'AVISITN', 'ADT', 'LBSEQ', 'ASEQ'], True)
    """
    there = set(variables)
    study = [name for name in ("STUDYID",) if name in there]
    if {"QNAM", "IDVAR", "IDVARVAL"} <= there:
        yield [name for name in _SUPPLEMENTAL if name in there], False
        return
    if dataset in _OWN and set(_OWN[dataset]) <= there:
        yield study + list(_OWN[dataset]), False
    subjects = study + [name for name in _SUBJECTS if name in there]
    sequences = [name for name in variables if name.endswith("SEQ") and len(name) == 5]
    own = [f"{dataset[at : at + 2]}SEQ" for at in (0, 2)]
    sequences.sort(key=lambda name: own.index(name) if name in own else len(own))
    if "ASEQ" in there:
        sequences.append("ASEQ")
    if "PARAMCD" in there and "USUBJID" in there:
        yield subjects + [name for name in _GROWN if name in there] + sequences, True
        return
    for name in sequences:
        yield [*subjects, name], False
    if subjects != study:
        yield subjects, False


class _Coder:
    """Turns values into codes, part by part; missing ones have a code, each special one another."""

    def __init__(self) -> None:
        self._of: dict[Value, int] = {None: 0}
        self._parts: list[np.ndarray] = []

    def add(self, held: Held) -> None:
        """Take further values."""
        codes, distinct = pd.factorize(held.values)
        values: list[Value] = distinct.tolist()
        of_each = np.array([self._code(value) for value in values] + [0], dtype="int64")  # -1 picks the last
        made = of_each[codes]
        if held.letters is not None:
            for letter in np.unique(held.letters[held.letters > 0]):
                made[held.letters == letter] = self._code(f".{chr(letter)}")
        self._parts.append(made.astype("int32"))

    def _code(self, value: Value) -> int:
        return self._of.setdefault(value, len(self._of))

    def made(self, name: str, kind: Kind) -> KeyColumn:
        """All values that were taken."""
        return KeyColumn(name, np.concatenate(self._parts), list(self._of), kind)


def _says_something(column: KeyColumn) -> bool:
    """Whether a variable tells a record from others: not where it is blank, or the study's, throughout."""
    constant = not len(column.codes) or (column.codes == column.codes[0]).all()
    return not constant or (column.name not in _UNSAID and len(column.codes) > 0 and column.at(0) is not None)


def _joined(columns: Sequence[KeyColumn]) -> np.ndarray:
    """Codes of all variables together, from 0 on without gaps."""
    made = _dense(columns[0].codes)
    for column in columns[1:]:
        made = _dense(made * len(column.distinct) + column.codes)
    return made


def _dense(codes: np.ndarray) -> np.ndarray:
    made: np.ndarray = pd.factorize(codes)[0]
    return made
