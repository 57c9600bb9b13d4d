"""What keeps a dataset from being written to a transport file, all of it at once."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Literal

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.compute as pc

from engine.errors import DataError, Place, Problem, Record
from engine.xpt.model import DATASET_LABEL, LARGEST, LIMITS, SMALLEST, Variable

Encoding = Literal["ascii", "utf-8"]
"""What text may hold: ASCII alone, or anything, written as UTF-8."""


def require_header(path: Path, name: str, label: str, variables: Sequence[Variable], version: int) -> None:
    """Raise DataError when the dataset or a variable cannot be described in this version."""
    place = Place(path.name)
    faults = [("", fault) for fault in _dataset_faults(name, label, version)]
    if not variables:
        faults.append(("", "has no variables"))
    seen: set[str] = set()
    for variable in variables:
        faults += [(variable.name, fault) for fault in _variable_faults(variable, version)]
        if variable.name.upper() in seen:
            faults.append((variable.name, "stands twice"))
        seen.add(variable.name.upper())
    if faults:
        raise DataError(Problem(place, f"{name}.{word}" if word else name, fault) for word, fault in faults)


def _dataset_faults(name: str, label: str, version: int) -> Iterator[str]:
    yield from _name_faults(name, LIMITS[version].name)
    yield from _label_faults(label, DATASET_LABEL)


def _variable_faults(variable: Variable, version: int) -> Iterator[str]:
    limits = LIMITS[version]
    yield from _name_faults(variable.name, limits.name)
    yield from _label_faults(variable.label, limits.label)
    if variable.type == "Char" and not 1 <= variable.length <= limits.text:
        yield f"length {variable.length} is not within 1 to {limits.text}"
    if variable.type == "Num" and variable.length != 8:
        yield f"length {variable.length}, but a number is written in 8 bytes"


def _name_faults(name: str, most: int) -> Iterator[str]:
    if not re.fullmatch(r"[A-Z_][A-Z0-9_]*", name) or len(name) > most:
        yield f"the name is not one of {most} capital letters, digits and underscores at most"


def _label_faults(label: str, most: int) -> Iterator[str]:
    if not label.isascii() or not label.isprintable():
        odd = next(c for c in label if not c.isascii() or not c.isprintable())
        yield f"the label holds {odd!r}, which is not printable ASCII"
    elif len(label) > most:
        yield f"the label has {len(label)} bytes, {most} at most"


def value_problems(values: pd.Series, variable: Variable, name: str, path: Path,
                   encoding: Encoding = "ascii") -> list[Problem]:
    """The problems of one variable's values; ``values`` are text or SAS numbers."""
    text = variable.type == "Char"
    found = list(_text_faults(values, variable, encoding) if text else _number_faults(values))
    subject = f"{name}.{variable.name}"
    return [record_problem(_records(path.name, bad), subject, message) for bad, message in found]


def _records(file: str, bad: np.ndarray) -> tuple[Record, ...]:
    return tuple(Record(Place(file, int(number) + 1)) for number in np.flatnonzero(bad))


def _text_faults(values: pd.Series, variable: Variable,
                 encoding: Encoding) -> Iterator[tuple[np.ndarray, str]]:
    texts = pa.array(values, type=pa.large_string(), from_pandas=True).fill_null("")
    plain = ~np.asarray(pc.match_substring(texts, "\0"))
    if encoding == "ascii":
        plain &= np.asarray(pc.string_is_ascii(texts))
    if not plain.all():
        text = texts[int(np.argmin(plain))].as_py()
        odd = next(c for c in text if not c.isascii() or c == "\0")
        yield ~plain, f"{text!r} holds {odd!r}, which is not {'ASCII ' * (encoding == 'ascii')}text"
    sizes = np.asarray(pc.binary_length(texts))
    long = plain & (sizes > variable.length)
    if long.any():
        yield long, f"text of {sizes[int(np.argmax(long))]} bytes, length {variable.length}"


def _number_faults(values: pd.Series) -> Iterator[tuple[np.ndarray, str]]:
    sizes = np.abs(values.to_numpy("float64"))
    bad = (sizes >= LARGEST) | ((sizes > 0) & (sizes < SMALLEST))
    if bad.any():
        number = values.iloc[int(np.argmax(bad))]
        yield bad, f"{number} is beyond the numbers of an XPT file (5.4e-79 to 9e+74)"


def record_problem(records: Sequence[Record], subject: str, message: str) -> Problem:
    """One problem of many records, told by the first of them.

    >>> print(record_problem([Record(Place("ae.xpt", n)) for n in (3, 7)], "AE.AETERM", "too long"))
    ae.xpt:3: AE.AETERM: record 3: too long (and 1 more record)
    """
    first, others = records[0].place, len(records) - 1
    more = f" (and {others} more record{'s' if others > 1 else ''})" if others else ""
    return Problem(first, subject, f"record {first.line}: {message}{more}", records=tuple(records))


def last_record_problem(frame: pd.DataFrame, name: str, path: Path) -> list[Problem]:
    """A last record of blanks alone, which readers take for the padding that ends the file.

    Version 8 counts its records and is free of this.
    """
    if not len(frame) or any(column.dtype != "str" for _, column in frame.items()):
        return []
    last = frame.iloc[-1].fillna("").astype("str")
    if last.str.strip(" ").ne("").any():
        return []
    return [Problem(Place(path.name, len(frame)), name,
                    f"record {len(frame)}, the last, is blank throughout, which a version 5 XPT cannot hold")]
