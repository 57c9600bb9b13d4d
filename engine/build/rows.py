"""The records of a dataset while it is built: columns by name, and where each record came from."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field

import numpy as np
import pandas as pd

from engine.coded import Coded, Values, codes_of, combined, distinct_records, factorized, small, stack_coded
from engine.columns import Column, Kind, blank
from engine.errors import Place

Key = tuple[str, ...]
SUBJECT: Key = ("@subject",)


@dataclass(frozen=True)
class Origin:
    """Raw file (a code into ``files``, -1 for none) and row (from 1) of each record."""

    files: tuple[str, ...]
    file: np.ndarray
    row: np.ndarray

    def take(self, positions: np.ndarray) -> Origin:
        """The origin of the records at these positions."""
        return Origin(self.files, self.file[positions], self.row[positions])

    def place(self, position: int) -> Place | None:
        """File and row of one record."""
        code = int(self.file[position])
        return Place(self.files[code], int(self.row[position])) if code >= 0 else None

    @staticmethod
    def nowhere(size: int) -> Origin:
        """Records that no raw row stands behind."""
        return Origin((), np.full(size, -1, dtype="int32"), np.zeros(size, dtype="int32"))

    @staticmethod
    def stack(parts: Sequence[Origin]) -> Origin:
        """One origin of several, in order."""
        files: list[str] = []
        codes = []
        for part in parts:
            at = np.array([_code(files, name) for name in part.files] or [-1], dtype="int32")
            codes.append(np.where(part.file >= 0, at[part.file], -1).astype("int32"))
        rows = np.concatenate([p.row for p in parts]) if parts else np.zeros(0, dtype="int32")
        return Origin(tuple(files), np.concatenate(codes) if codes else np.zeros(0, dtype="int32"), rows)


def _code(files: list[str], name: str) -> int:
    if name not in files:
        files.append(name)
    return files.index(name)


@dataclass
class Rows:
    """The records of one table or dataset: ``size`` records, each column on 0..size-1, text by codes.

    Keys: ``("AESEV",)`` a variable, ``("@", "COL")`` a column of the source,
    ``("@", "alias", "COL")`` one of a joined table, ``("@subject",)`` the
    subject, other ``@`` keys notes a step leaves for later ones.
    """

    name: str
    size: int
    origin: Origin
    columns: dict[Key, Column] = field(default_factory=dict)

    @property
    def index(self) -> pd.RangeIndex:
        """0 .. size-1."""
        return pd.RangeIndex(self.size)

    def values(self, *key: str) -> pd.Series:
        """The values under a key."""
        return self.columns[key].values

    def put(self, key: Key, values: Values, kind: Kind) -> None:
        """Add or replace a column."""
        if len(values) != self.size:
            raise ValueError(f"{self.name}: column {key} has {len(values)} values for {self.size} records")
        if not isinstance(values, Coded) and kind is not Kind.TEXT:
            values = values.copy(deep=False)
            values.index = self.index
        self.columns[key] = Column(values, kind)

    def coded(self, *key: str) -> Coded:
        """The codes of the text under a key."""
        return self.columns[key].coded

    def take(self, positions: np.ndarray) -> Rows:
        """The records at these positions, in that order; a position may come twice."""
        made = Rows(self.name, len(positions), self.origin.take(positions))
        made.columns = {key: column.take(positions) for key, column in self.columns.items()}
        return made

    def only(self, wanted: Callable[[Key], bool]) -> Rows:
        """The same records with just the columns that are wanted."""
        columns = {key: column for key, column in self.columns.items() if wanted(key)}
        return Rows(self.name, self.size, self.origin, columns)

    def where(self, mask: np.ndarray) -> Rows:
        """The records where ``mask`` is true."""
        return self if bool(mask.all()) else self.take(np.flatnonzero(mask))


def stack(name: str, parts: Sequence[Rows]) -> Rows:
    """The records of all parts, in order; a column absent in a part is NULL there.

    A source's column that is of several kinds is left out: nothing may read it (see ``kind_problems``).
    """
    if len(parts) == 1:
        return Rows(name, parts[0].size, parts[0].origin, dict(parts[0].columns))
    size = sum(p.size for p in parts)
    made = Rows(name, size, Origin.stack([p.origin for p in parts]))
    kinds: dict[Key, Kind] = {}
    mixed: set[Key] = set()
    for part in parts:
        for key, column in part.columns.items():
            if kinds.setdefault(key, column.kind) is not column.kind:
                mixed.add(key)
    if strange := [key for key in mixed if key[0] != "@"]:
        raise ValueError(f"{name}: column {strange[0]} is of several kinds")
    for key, kind in kinds.items():
        if key in mixed:
            continue
        if kind is Kind.TEXT:
            made.put(key, stack_coded([p.columns[key].coded if key in p.columns else Coded.nulls(p.size)
                                       for p in parts]), kind)
        else:
            pieces = [p.columns[key].values if key in p.columns else blank(p.index, kind) for p in parts]
            made.put(key, pd.concat(pieces, ignore_index=True), kind)
    return made


@dataclass(frozen=True)
class Match:
    """For each left record: how many right records match, and the first and last of them."""

    count: np.ndarray
    first: np.ndarray
    last: np.ndarray
    order: np.ndarray
    start: np.ndarray


def match(left: Sequence[Values], right: Sequence[Values], order: np.ndarray | None = None) -> Match:
    """Find right records with the same key as each left one.

    ``order`` sorts the right records (positions, best first); NULL keys match
    nothing.  ``first`` and ``last`` are right positions, -1 where none.
    """
    size = len(left[0])
    both = [factorized(_concat(a, b)) for a, b in zip(left, right, strict=True)]
    codes = both[0][0].astype("int64") if len(both) == 1 else small(*combined(both, 0))
    codes = np.where(np.logical_or.reduce([part < 0 for part, _ in both]), -1, codes)
    left_codes, right_codes = codes[:size], codes[size:]
    sequence = np.arange(len(right_codes)) if order is None else order
    sequence = sequence[right_codes[sequence] >= 0]
    by_code = sequence[np.argsort(right_codes[sequence], kind="stable")]
    # Right records a code; a last place of none is where the -1 of NULL falls.
    counts = np.bincount(right_codes[by_code], minlength=int(codes.max(initial=-1)) + 2)
    starts = np.cumsum(counts) - counts
    count, start = counts[left_codes], starts[left_codes]
    padded = np.append(by_code, -1)
    first = np.where(count > 0, padded[np.minimum(start, len(by_code))], -1)
    last = np.where(count > 0, padded[start + count - 1], -1)
    return Match(count, first, last, by_code, start)


def _concat(left: Values, right: Values) -> Values:
    if isinstance(left, Coded) or isinstance(right, Coded):
        return stack_coded([v if isinstance(v, Coded) else Coded.of(v) for v in (left, right)])
    return pd.concat([left, right], ignore_index=True)


def pairs(found: Match) -> tuple[np.ndarray, np.ndarray]:
    """All matching pairs of positions (left, right), in left order."""
    left = np.repeat(np.arange(len(found.count)), found.count)
    offset = np.arange(len(left)) - np.repeat(np.cumsum(found.count) - found.count, found.count)
    return left, found.order[found.start[left] + offset] if len(left) else np.zeros(0, dtype="int64")


def alike(columns: Sequence[Values]) -> np.ndarray:
    """True for records that another one equals in all columns.

    >>> alike([pd.Series([1, 2, 1])]).tolist()
    [True, False, True]
    """
    total, range_ = combined([factorized(column) for column in columns], 0)
    if range_ <= 4 * len(total):
        found: np.ndarray = (np.bincount(total, minlength=1) > 1)[total]
        return found
    order = np.argsort(total, kind="stable")
    same = total[order[1:]] == total[order[:-1]]
    found = np.zeros(len(total), dtype=bool)
    found[order] = np.append(same, False) | np.append(False, same)
    return found


def sort_positions(columns: Sequence[tuple[Values, bool]], size: int) -> np.ndarray:
    """Positions that sort records by columns (values, descending); NULL first, stable."""
    ranked = [_ranks(values, descending) for values, descending in columns]
    return np.argsort(combined(ranked, size)[0], kind="stable")


def _ranks(values: Values, descending: bool) -> tuple[np.ndarray, int]:
    """Ranks from 0, and how many; NULL -1, or where the greatest comes first after all others."""
    if isinstance(values, Coded):
        ranks, count = values.order(), len(values.distinct)
    else:
        ranks, distinct = pd.factorize(values, sort=True, use_na_sentinel=True)
        count = len(distinct)
    return (count - 1 - ranks, count + 1) if descending else (ranks, count)


def taken(values: pd.Series, positions: np.ndarray, index: pd.Index) -> pd.Series:
    """``values`` at positions, NULL where the position is -1."""
    if len(values) == 0:
        return values.reindex(index)
    made = values.take(np.maximum(positions, 0))
    made.index = index
    return made.mask(pd.Series(positions < 0, index=index)) if (positions < 0).any() else made


def keyed(columns: Mapping[str, Column]) -> dict[Key, Column]:
    """Columns by plain name as columns by key."""
    return {(name,): column for name, column in columns.items()}


__all__ = ["SUBJECT", "Key", "Match", "Origin", "Rows", "Values", "codes_of", "distinct_records", "match",
           "pairs", "sort_positions", "stack", "taken"]
