"""What a part of an expression gives while it is evaluated: a value a record.

A :class:`Vector` holds numpy or pandas arrays as long as the table, or of length
one for what is the same in every record; numpy spreads length one by itself, so
constants cost nothing.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from types import MappingProxyType
from typing import Any, NamedTuple

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from engine.columns import DTYPES, Column, Kind, map_distinct

Mask = NDArray[np.bool_]
Bad = Mapping[str, Mask]
NO_BAD: Bad = MappingProxyType({})


class Truth(NamedTuple):
    """SQL's three truth values as two masks: where true, where false; neither is UNKNOWN."""

    true: Mask
    false: Mask

    def inverted(self) -> Truth:
        return Truth(self.false, self.true)


class Vector(NamedTuple):
    """Values of one kind and the data problems met on the way.

    ``data`` is float64 (NUMBER), datetime64[s] (DATE, DATETIME), timedelta64[s]
    (TIME), a pandas string array (TEXT) or a :class:`Truth` (BOOLEAN); ``kind``
    is None for NULL alone.  ``bad`` holds a mask for each message.
    """

    kind: Kind | None
    data: Any
    bad: Bad = NO_BAD


class Refusal(NamedTuple):
    """What a function gives in place of a value it cannot make."""

    message: str


UNKNOWN = Truth(np.zeros(1, dtype=bool), np.zeros(1, dtype=bool))


def null(kind: Kind) -> Any:
    """The data of one NULL of a kind."""
    if kind is Kind.BOOLEAN:
        return UNKNOWN
    if kind is Kind.TEXT:
        return pd.array([None], dtype="str")
    return np.array(["NaT"] if kind is not Kind.NUMBER else [np.nan], dtype=DTYPES[kind])


def constant(value: str | float | bool | None, kind: Kind | None) -> Vector:
    """A vector of one constant; dates and times come as ISO 8601 text."""
    if kind is None or value is None:
        return Vector(kind, None if kind is None else null(kind))
    if kind is Kind.BOOLEAN:
        return Vector(kind, Truth(np.array([bool(value)]), np.array([not value])))
    if kind is Kind.TEXT:
        return Vector(kind, pd.array([str(value)], dtype="str"))
    if kind is Kind.TIME:
        hour, minute, second = (int(part) for part in str(value).split(":"))
        return Vector(kind, np.array([hour * 3600 + minute * 60 + second], dtype="timedelta64[s]"))
    return Vector(kind, np.array([value], dtype=DTYPES[kind]))


def load(column: Column) -> Vector:
    """Take a table's column.

    Raises TypeError where the dtype does not fit the kind: that is a fault of the
    calling code, not of the data.
    """
    values, kind = column.values, column.kind
    if kind is Kind.TEXT:
        return Vector(kind, values.array)
    if kind is Kind.BOOLEAN:
        flags = values.astype("boolean").array
        return Vector(kind, truth_of(flags))
    if kind is Kind.NUMBER:
        return Vector(kind, values.to_numpy(dtype="float64", na_value=np.nan))
    if values.dtype.kind != ("m" if kind is Kind.TIME else "M"):
        raise TypeError(f"a {kind.value} column of dtype {values.dtype}")
    return Vector(kind, values.to_numpy(dtype=DTYPES[kind]))


def truth_of(flags: Any) -> Truth:
    """Split a pandas boolean array into where it is true and where it is false."""
    return Truth(flags.to_numpy(dtype=bool, na_value=False), (~flags).to_numpy(dtype=bool, na_value=False))


def missing(vector: Vector) -> Mask:
    """Where a vector is NULL."""
    if vector.kind is None:
        return np.ones(1, dtype=bool)
    if vector.kind is Kind.BOOLEAN:
        return np.asarray(~(vector.data.true | vector.data.false))
    return np.asarray(pd.isna(vector.data))


def typed(vector: Vector, kind: Kind) -> Vector:
    """Give NULL alone the kind its neighbours have."""
    return vector if vector.kind is not None else Vector(kind, null(kind), vector.bad)


def merge(*parts: Bad) -> Bad:
    """Join the data problems of several parts."""
    found: dict[str, Mask] = {}
    for part in parts:
        for message, mask in part.items():
            found[message] = found[message] | mask if message in found else mask
    return found


def only(bad: Bad, where: Mask) -> Bad:
    """Keep the data problems of the records that count."""
    return {message: mask & where for message, mask in bad.items()}


def length(data: Any) -> int:
    """How many values: the table's length, or one for a constant."""
    return len(data.true) if isinstance(data, Truth) else len(data)


def assemble(kind: Kind, sources: Sequence[Any], choice: NDArray[np.intp]) -> Any:
    """Take each record's value from the source numbered by ``choice``; -1 is NULL."""
    if kind is Kind.BOOLEAN:
        return Truth(*(
            assemble(Kind.NUMBER, [source[part].astype("float64") for source in sources], choice) == 1
            for part in (0, 1)
        ))
    sizes = [len(source) for source in sources]
    longest = max([len(choice), *sizes], key=lambda size: (size != 1, size))
    choice = np.broadcast_to(choice, longest)
    starts = np.cumsum([0, *sizes[:-1]])
    steps = np.array([0 if size == 1 and longest != 1 else 1 for size in sizes])
    rows = np.where(choice < 0, -1, starts[choice] + steps[choice] * np.arange(longest))
    if kind is Kind.TEXT:
        pool = pd.concat([pd.Series(source) for source in sources]).array
    else:
        pool = np.concatenate(sources)
    return pd.api.extensions.take(pool, rows, allow_fill=True)


def per_distinct(function: Callable[..., object], arguments: Sequence[Vector], kind: Kind) -> Vector:
    """Apply ``function`` to each distinct combination of values; any NULL gives NULL.

    ``function`` gets text as ``str``, numbers as ``float``, dates and times as
    pandas scalars, and gives a value, None for NULL, or a :class:`Refusal`.
    """
    inherited = merge(*(argument.bad for argument in arguments))
    columns = [pd.Series(argument.data) for argument in arguments]
    varying = [index for index, column in enumerate(columns) if len(column) != 1]
    values = [None if index in varying else column.iloc[0] for index, column in enumerate(columns)]
    if any(pd.isna(value) for index, value in enumerate(values) if index not in varying):
        return Vector(kind, null(kind), inherited)
    if len(varying) == 1:
        keys, rows = columns[varying[0]], None
    else:
        keys, rows = _combinations([columns[index] for index in varying])
    refused: dict[str, list[object]] = {}

    def apply(key: Any) -> object:
        for index, value in zip(varying, (key,) if rows is None else rows[int(key)], strict=True):
            values[index] = value
        made = function(*values)
        if isinstance(made, Refusal):
            refused.setdefault(made.message, []).append(key)
            return None
        return None if made == "" else made

    made = map_distinct(keys, apply, DTYPES[kind])
    masks = {message: keys.isin(found).to_numpy() for message, found in refused.items()}
    data: Any = made.to_numpy() if kind not in (Kind.TEXT, Kind.BOOLEAN) else made.array
    return Vector(kind, truth_of(data) if kind is Kind.BOOLEAN else data, merge(inherited, masks))


def _combinations(columns: Sequence[pd.Series]) -> tuple[pd.Series, list[tuple[Any, ...]]]:
    """Number the distinct combinations of values: a number a record (NaN if any is NULL), and each one."""
    if not columns:
        return pd.Series([0.0]), [()]
    numbers = np.zeros(len(columns[0]), dtype=np.int64)
    known = np.ones(len(numbers), dtype=bool)
    for column in columns:
        codes, distinct = pd.factorize(column)
        known &= codes >= 0
        # NULL's code is -1: one more keeps it apart from every other combination
        numbers, _ = pd.factorize(numbers * (len(distinct) + 1) + codes + 1)
    keys = pd.Series(numbers, dtype="float64").where(known)
    first = ~pd.Series(numbers).duplicated().to_numpy()
    # factorize numbers the combinations in the order they are first met
    return keys, list(zip(*(column[first] for column in columns), strict=True))
