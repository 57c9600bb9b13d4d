"""Order --DTC values, and choose the first or last of several."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from engine.coded import Coded, Values, stack_coded
from engine.dates.parts import Parts, as_coded, index_of, parse_texts

_NEVER = np.iinfo(np.int64).max


def order_key(dtc: pd.Series) -> pd.Series:
    """Text to sort --DTC values by, NULL first: the order SORT gives in SAS.

    ISO 8601 text in byte order puts a partial value before the complete ones it
    contains, and NULL before all.  For values truncated from the right it is the
    order of :func:`earliest`; one with a hyphen in the middle comes before every
    value that has the component.

    >>> dtc = pd.Series(["2025-03-05", None, "2025-03", "2025", "2025-03-05T10"], dtype="str")
    >>> dtc[order_key(dtc).argsort(kind="stable")].tolist()
    [nan, '2025', '2025-03', '2025-03-05', '2025-03-05T10']
    """
    return dtc.astype("str").fillna("")


def _keys(parts: Parts, last: bool) -> NDArray[np.int64]:
    """Two sort keys, a column each: the best value has the smallest."""
    none = np.isnat(parts.earliest)
    low, high = parts.earliest.astype(np.int64), parts.latest.astype(np.int64)
    # The same last (first) moment: the later (earlier) its other end, the more is known.
    keys = np.stack([-low, high] if last else [high, -low], axis=1)
    keys[none] = _NEVER
    return keys


def _choose(columns: Sequence[Values], last: bool) -> pd.Series:
    if not columns:
        raise ValueError("at least one column is needed")
    index = index_of(columns[0])
    coded = stack_coded([as_coded(column) for column in columns])
    shape = len(columns), len(index)
    keys = _keys(parse_texts(coded.distinct), last)[coded.codes].reshape(*shape, 2)
    lead = keys[:, :, 0].min(axis=0)
    second = np.where(keys[:, :, 0] == lead, keys[:, :, 1], _NEVER)
    best = coded.codes.reshape(shape)[second.argmin(axis=0), np.arange(len(index))]
    return Coded(np.where(lead == _NEVER, np.int32(-1), best), coded.distinct).series(index)


def earliest_of(columns: Sequence[Values]) -> pd.Series:
    """Of several --DTC, for each record the one that had come first for certain.

    Values are compared by the last moment they allow, so of ``2025-03`` and
    ``2025-03-05`` the second is chosen (a value that contains another tells less),
    and ``2025-03`` comes before ``2025-04-01``.  On a tie the more precise wins,
    then the first column.  Values without a year are left out; NULL if none is left.

    >>> a, b = (pd.Series([text], dtype="str") for text in ("2025-03", "2025-03-05"))
    >>> earliest_of([a, b]).tolist(), latest_of([a, b]).tolist()
    (['2025-03-05'], ['2025-03-05'])
    """
    return _choose(columns, last=False)


def latest_of(columns: Sequence[Values]) -> pd.Series:
    """Of several --DTC, for each record the one that had come last for certain.

    Values are compared by the first moment they allow: ``2025-03-05`` is later
    than ``2025-03`` (the collected part agrees and the day is known), ``2025-04``
    later than both.  On a tie the more precise wins, then the first column.
    Values without a year are left out; NULL if none is left.
    """
    return _choose(columns, last=True)


def _grouped(dtc: Values, groups: pd.Series, last: bool) -> pd.Series:
    coded = as_coded(dtc)
    ranks = _ranks(_keys(parse_texts(coded.distinct), last))[coded.codes]
    codes, names = pd.factorize(groups, sort=True)
    among = np.flatnonzero((ranks < _NEVER) & (codes >= 0))
    best = np.full(len(names), _NEVER)
    np.minimum.at(best, codes[among], ranks[among])
    hits = among[ranks[among] == best[codes[among]]][::-1]
    first = np.full(len(names), -1)
    first[codes[hits]] = hits           # written backwards, so the first of them stands
    found = first >= 0
    made = coded.take(first[found]).series(pd.Index(names[found], name=groups.name))
    made.name = dtc.name if isinstance(dtc, pd.Series) else None
    return made


def _ranks(keys: NDArray[np.int64]) -> NDArray[np.int64]:
    """One number for two sort keys, alike where both are; ``_NEVER`` stays."""
    order = np.lexsort((keys[:, 1], keys[:, 0]))
    risen = np.logical_or.reduce(keys[order[1:]] != keys[order[:-1]], axis=1)
    ranks = np.zeros(len(keys), dtype=np.int64)
    ranks[order[1:]] = np.cumsum(risen)
    return np.where(keys[:, 0] == _NEVER, _NEVER, ranks)


def earliest_by(dtc: Values, groups: pd.Series) -> pd.Series:
    """:func:`earliest_of` down the records of each group, indexed by group (sorted).

    Groups without a value that has a year are not in the result.

    >>> dtc = pd.Series(["2025-03", "2025-02-28", None], dtype="str")
    >>> earliest_by(dtc, pd.Series(["S1", "S1", "S2"])).to_dict()
    {'S1': '2025-02-28'}
    """
    return _grouped(dtc, groups, last=False)


def latest_by(dtc: Values, groups: pd.Series) -> pd.Series:
    """:func:`latest_of` down the records of each group, indexed by group (sorted).

    >>> latest_by(pd.Series(["2025-03", "2025-03-05"], dtype="str"), pd.Series(["S1", "S1"])).to_dict()
    {'S1': '2025-03-05'}
    """
    return _grouped(dtc, groups, last=True)
