"""What the values of a transport file are like, counted part by part."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.compute as pc

from engine.xpt import Metadata, read_chunks

BYTES = "latin-1"
"""Read so, every byte is a character: no text is refused, and its length is that in bytes."""

_PART = 16 * 2**20
"""Bytes of records that are read at a time, about."""
_POSSIBLE = ("utf-8", "gb18030", "cp932", "cp1252")
"""Encodings of which it is told whether the text may be in them."""


@dataclass
class Counted:
    """One variable's values: how many are missing, how many distinct ones there are, their range.

    ``distinct`` goes up to a bound; where there are more, ``more`` is true.
    ``longest`` is in bytes; ``smallest`` and ``largest`` are of numbers.
    """

    missing: int = 0
    special: Counter[str] = field(default_factory=Counter)
    distinct: int = 0
    more: bool = False
    longest: int | None = None
    smallest: float | None = None
    largest: float | None = None
    _seen: set[Any] = field(default_factory=set, repr=False)

    def add_text(self, texts: Any, most: int) -> None:
        """Take further texts, read byte by byte."""
        self.missing += texts.null_count
        longest = pc.max(pc.utf8_length(texts)).as_py()
        self.longest = max(self.longest or 0, longest or 0)
        if not self.more:
            self._add_distinct(pc.unique(pc.drop_null(texts)).to_pylist(), most)

    def add_numbers(self, values: np.ndarray, special: pd.Series | None, most: int) -> None:
        """Take further numbers, and the letters of the special missing values among them."""
        there = values[~np.isnan(values)]
        if special is not None:
            self.special.update(special.tolist())
        self.missing += len(values) - len(there) - (0 if special is None else len(special))
        if not len(there):
            return
        low, high = float(there.min()), float(there.max())
        self.smallest = low if self.smallest is None else min(low, self.smallest)
        self.largest = high if self.largest is None else max(high, self.largest)
        if not self.more:
            self._add_distinct(pd.unique(there).tolist(), most)

    def _add_distinct(self, found: list[Any], most: int) -> None:
        self._seen.update(found)
        self.distinct = len(self._seen)
        if self.distinct > most:
            self.distinct, self.more, self._seen = most, True, set()


class TextKind:
    """Finds out in which encodings a dataset's text may be.

    >>> kind = TextKind()
    >>> kind.add("AETERM", pa.array(["北京".encode("gb18030").decode("latin-1")], pa.large_string()), 0)
    >>> kind.told(), kind.first
    ('not UTF-8, may be gb18030 or cp932 or cp1252', ('AETERM', 1))
    """

    def __init__(self) -> None:
        self.ascii = True
        self.possible = list(_POSSIBLE)
        self.first: tuple[str, int] | None = None
        """Variable and record (from 1) of the first text that is not UTF-8."""

    def add(self, name: str, texts: Any, start: int) -> None:
        """Take further texts of a variable, read byte by byte, the first of record ``start`` (from 0)."""
        plain = pc.string_is_ascii(texts)
        if pc.all(plain).as_py() is not False:
            return
        self.ascii = False
        for text in pc.unique(texts.filter(pc.invert(plain))).to_pylist():
            if text is None or not self.possible:
                continue
            blob = text.encode(BYTES)
            keep = [one for one in self.possible if _is_text(blob, one)]
            if self.possible[0] == "utf-8" and "utf-8" not in keep:
                self.first = (name, start + pc.index(texts, text).as_py() + 1)
            self.possible = keep

    @property
    def name(self) -> str:
        """``ascii``, ``utf-8`` or ``other``."""
        return "ascii" if self.ascii else "utf-8" if "utf-8" in self.possible else "other"

    def told(self) -> str:
        """What can be said of the encoding."""
        if self.name != "other":
            return self.name.upper()
        if not self.possible:
            return f"in none of {', '.join(_POSSIBLE)}"
        return f"not UTF-8, may be {' or '.join(self.possible)}"


def _is_text(blob: bytes, encoding: str) -> bool:
    try:
        blob.decode(encoding)
    except UnicodeDecodeError:
        return False
    return True


def look(path: Path, raw: Metadata, shown: str, most: int | None) -> tuple[TextKind, list[Counted]]:
    """Read a dataset part by part: the kind of its text, and with ``most`` also each variable's values.

    ``raw`` is the dataset's metadata read byte by byte; at most ``most`` distinct values are counted.
    """
    kind, counted = TextKind(), [Counted() for _ in raw.variables] if most is not None else []
    wanted = [v.name for v in raw.variables if most is not None or v.type == "Char"]
    if not wanted:
        return kind, counted
    size = max(1, _PART // max(1, sum(v.length for v in raw.variables)))
    parts = read_chunks(path, size, member=raw.name, usecols=wanted, encoding=BYTES,
                        disable_datetime_conversion=True, shown=shown)
    for frame, metadata in parts:
        for n, variable in enumerate(raw.variables):
            if variable.name not in frame:
                continue
            values = frame[variable.name]
            if variable.type == "Char":
                texts = pa.array(values.array)
                kind.add(variable.name, texts, int(frame.index.start))  # type: ignore[attr-defined]
                if most is not None:
                    counted[n].add_text(texts, most)
            elif most is not None:
                counted[n].add_numbers(values.to_numpy(), metadata.special.get(variable.name), most)
    return kind, counted
