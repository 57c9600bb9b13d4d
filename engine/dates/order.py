"""Order --DTC values, and choose the first or last of several."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from engine.dates.parts import parse


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


def _ranked(columns: Sequence[pd.Series], last: bool) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    """Two sort keys, records by columns: the best value has the smallest."""
    never = np.iinfo(np.int64).max
    keys = []
    for column in columns:
        parts = parse(column)
        none = np.isnat(parts.earliest)
        low, high = parts.earliest.astype(np.int64), parts.latest.astype(np.int64)
        # The same last (first) moment: the later (earlier) its other end, the more is known.
        first, second = (-low, high) if last else (high, -low)
        keys.append((np.where(none, never, first), np.where(none, never, second)))
    return np.stack([a for a, _ in keys], axis=1), np.stack([b for _, b in keys], axis=1)


def _choose(columns: Sequence[pd.Series], last: bool) -> pd.Series:
    if not columns:
        raise ValueError("at least one column is needed")
    first, second = _ranked(columns, last)
    lead = first.min(axis=1, keepdims=True)
    second = np.where(first == lead, second, np.iinfo(np.int64).max)
    best = second.argmin(axis=1)
    chosen = columns[0].where(lead[:, 0] != np.iinfo(np.int64).max)
    for number, column in enumerate(columns[1:], start=1):
        chosen = chosen.where(best != number, column)
    return chosen.astype("str")


def earliest_of(columns: Sequence[pd.Series]) -> pd.Series:
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


def latest_of(columns: Sequence[pd.Series]) -> pd.Series:
    """Of several --DTC, for each record the one that had come last for certain.

    Values are compared by the first moment they allow: ``2025-03-05`` is later
    than ``2025-03`` (the collected part agrees and the day is known), ``2025-04``
    later than both.  On a tie the more precise wins, then the first column.
    Values without a year are left out; NULL if none is left.
    """
    return _choose(columns, last=True)


def _grouped(dtc: pd.Series, groups: pd.Series, last: bool) -> pd.Series:
    first, second = _ranked([dtc], last)
    frame = pd.DataFrame({"group": groups.to_numpy(), "dtc": dtc.to_numpy(),
                          "a": first[:, 0], "b": second[:, 0]})
    frame = frame[(frame["a"] != np.iinfo(np.int64).max) & frame["group"].notna()]
    best = frame.sort_values(["a", "b"], kind="stable").drop_duplicates("group").sort_values("group")
    return pd.Series(best["dtc"].to_numpy(), index=pd.Index(best["group"], name=groups.name), dtype="str",
                     name=dtc.name)


def earliest_by(dtc: pd.Series, groups: pd.Series) -> pd.Series:
    """:func:`earliest_of` down the records of each group, indexed by group (sorted).

    Groups without a value that has a year are not in the result.

    >>> dtc = pd.Series(["2025-03", "2025-02-28", None], dtype="str")
    >>> earliest_by(dtc, pd.Series(["S1", "S1", "S2"])).to_dict()
    {'S1': '2025-02-28'}
    """
    return _grouped(dtc, groups, last=False)


def latest_by(dtc: pd.Series, groups: pd.Series) -> pd.Series:
    """:func:`latest_of` down the records of each group, indexed by group (sorted).

    >>> latest_by(pd.Series(["2025-03", "2025-03-05"], dtype="str"), pd.Series(["S1", "S1"])).to_dict()
    {'S1': '2025-03-05'}
    """
    return _grouped(dtc, groups, last=True)
