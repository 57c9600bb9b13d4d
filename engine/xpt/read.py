"""Reads datasets from transport files, whole or in parts."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import replace
from pathlib import Path
from typing import BinaryIO

import numpy as np
import pandas as pd

from engine.columns import Kind
from engine.errors import DataError, Place, Problem, hint_for
from engine.xpt import times
from engine.xpt.decode import Column, Numbers, Texts, record_dtype
from engine.xpt.faults import Faults
from engine.xpt.model import Metadata
from engine.xpt.parse import Member, Parser
from engine.xpt.sources import BLOCK, BUFFER
from engine.xpt.texts import Encoding


def read(path: str | Path, *, member: str | None = None, usecols: Sequence[str] | None = None,
         row_offset: int = 0, row_limit: int = 0, encoding: str = "utf-8", metadataonly: bool = False,
         disable_datetime_conversion: bool = False,
         shown: str | None = None) -> tuple[pd.DataFrame, Metadata]:
    """Read a dataset and what its file says of it.

    Text comes as ``str`` (blank is missing, blanks at the end are dropped),
    numbers as float64, missing ones as NaN; which of those are special missing
    values stands in ``special`` of the metadata.  Numbers with a date, datetime
    or time format come as ``datetime64[s]`` and ``timedelta64[s]`` (``[us]``
    where the file holds fractions of a second), unless
    ``disable_datetime_conversion`` leaves them as the counts that SAS holds.

    ``member`` names the dataset where a file holds several; ``usecols`` the
    variables to read (they come in the file's order); ``row_offset`` records are
    left out and ``row_limit`` (0: all) read.  With ``metadataonly`` no record is
    read.  No header says in which ``encoding`` the text is.  ``shown`` is the
    file as messages name it.

    Raises DataError when the file is no transport file, is cut short or damaged,
    holds several datasets of which none is named, or has text that is none in
    the encoding or numbers that their formats cannot show.

    >>> import tempfile
    >>> from engine.xpt import write
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     path = Path(folder, "dm.xpt")
    ...     _ = write(pd.DataFrame({"USUBJID": ["01-001", "01-002"], "AGE": [54, None]}), path)
    ...     frame, metadata = read(path)
    >>> frame["AGE"].tolist(), metadata.records, metadata.column_names
    ([54.0, nan], 2, ['USUBJID', 'AGE'])
    """
    with Path(path).open("rb") as file:
        reader = _Reader(file, shown or Path(path).name, Encoding(encoding), member, usecols,
                         disable_datetime_conversion)
        first, last = _rows(reader.member.metadata.records, row_offset, row_limit)
        return reader.part(first, first if metadataonly else last)


def read_chunks(path: str | Path, chunksize: int = 100_000, *, member: str | None = None,
                usecols: Sequence[str] | None = None, row_offset: int = 0, row_limit: int = 0,
                encoding: str = "utf-8", disable_datetime_conversion: bool = False,
                shown: str | None = None) -> Iterator[tuple[pd.DataFrame, Metadata]]:
    """Read a dataset in parts of ``chunksize`` records, one after the other; else as :func:`read`.

    The records of the parts are numbered on; an empty dataset gives one empty part.
    What it gives can be handed to :func:`engine.xpt.write` as it is.
    """
    if chunksize < 1:
        raise ValueError(f"parts of {chunksize} records cannot be read")
    with Path(path).open("rb") as file:
        reader = _Reader(file, shown or Path(path).name, Encoding(encoding), member, usecols,
                         disable_datetime_conversion)
        first, last = _rows(reader.member.metadata.records, row_offset, row_limit)
        for start in range(first, max(last, first + 1), chunksize):
            yield reader.part(start, min(start + chunksize, last))


def members(path: str | Path, *, encoding: str = "utf-8", shown: str | None = None) -> tuple[Metadata, ...]:
    """What a file says of each dataset it holds; raises DataError as :func:`read` does."""
    with Path(path).open("rb") as file:
        found = Parser(file, shown or Path(path).name, Encoding(encoding)).members()
    return tuple(one.metadata for one in found)


def _rows(records: int, offset: int, limit: int) -> tuple[int, int]:
    if offset < 0 or limit < 0:
        raise ValueError("neither row_offset nor row_limit can be below 0")
    first = min(offset, records)
    return first, min(first + limit, records) if limit else records


class _Reader:
    """Reads records of one dataset of an open file."""

    def __init__(self, file: BinaryIO, shown: str, encoding: Encoding, member: str | None,
                 usecols: Sequence[str] | None, plain: bool) -> None:
        self._file = file
        self._shown = shown
        self._encoding = encoding
        self._plain = plain
        self.member = _chosen(Parser(file, shown, encoding).members(), member, shown)
        names = self.member.metadata.column_names
        strange = next((name for name in usecols or () if name not in names), None)
        if strange is not None:
            subject = f"{self.member.metadata.name}.{strange}"
            raise DataError(Problem(Place(shown), subject, "no such variable", hint_for(strange, names)))
        self._wanted = [n for n, name in enumerate(names) if usecols is None or name in usecols]

    def part(self, first: int, last: int) -> tuple[pd.DataFrame, Metadata]:
        """The records from one to another, with their metadata."""
        metadata = self.member.metadata
        faults = Faults(self._shown, metadata.name, metadata.column_names)
        columns = self._columns(first, last, faults)
        if faults:
            raise DataError(faults.problems())
        special, made = {}, {}
        for n, column in columns.items():
            name = metadata.variables[n].name
            if isinstance(column, Numbers) and (letters := column.special(first)) is not None:
                special[name] = letters
            made[name] = column.made()
        frame = pd.DataFrame(made, index=pd.RangeIndex(first, last), copy=False)
        kept = tuple(metadata.variables[n] for n in self._wanted)
        return frame, replace(metadata, variables=kept, special=special)

    def _columns(self, first: int, last: int, faults: Faults) -> dict[int, Column]:
        """The values of the variables wanted, block by block."""
        variables, length = self.member.metadata.variables, self.member.length
        columns = {n: self._column(n, last - first, faults) for n in self._wanted}
        stored = self._wanted if self.member.subject is None else sorted({*self._wanted, self.member.subject})
        dtype = record_dtype(variables, self.member.positions, length, stored)
        rows = max(1, min(BLOCK, BUFFER // max(length, 1)))
        buffer = bytearray(min(rows, last - first) * length)
        self._file.seek(self.member.start + first * length)
        for start in range(first, last, rows):
            size = min(rows, last - start)
            view = memoryview(buffer)[: size * length]
            if self._file.readinto(view) != len(view):  # type: ignore[attr-defined]
                raise DataError(Problem(Place(self._shown), "", "became shorter while it was read"))
            block = np.frombuffer(view, dtype=dtype, count=size)
            faults.first, faults.subjects = start, self._subjects(block)
            for n, column in columns.items():
                column.add(block[f"f{n}"])
        if first == last:
            for n, column in columns.items():
                column.add(np.empty(0, dtype=dtype)[f"f{n}"])
        return columns

    def _column(self, number: int, size: int, faults: Faults) -> Column:
        variable = self.member.metadata.variables[number]
        if variable.type == "Char":
            return Texts(number, variable.length, size, self._encoding, faults)
        kind = Kind.NUMBER if self._plain else times.kind_of(variable.format)
        return Numbers(number, variable.length, size, kind, faults)

    def _subjects(self, block: np.ndarray) -> Callable[[np.ndarray], list[str]] | None:
        """Gives the subjects of records of a block, where the dataset has them."""
        if self.member.subject is None:
            return None
        stored = block[f"f{self.member.subject}"]
        name = self._encoding.name
        return lambda at: [one.tobytes().decode(name, "replace").rstrip() for one in stored[at]]


def _chosen(found: Sequence[Member], name: str | None, shown: str) -> Member:
    """The dataset of this name, or the only one there is."""
    if name is None:
        if len(found) != 1:
            raise DataError(Problem(Place(shown), "", f"holds {len(found)} datasets, one is expected"))
        return found[0]
    named = [one for one in found if one.metadata.name == name]
    if len(named) > 1:
        raise DataError(Problem(Place(shown), name, f"{len(named)} datasets have this name"))
    if not named:
        hint = hint_for(name, [one.metadata.name for one in found])
        raise DataError(Problem(Place(shown), name, "no such dataset", hint))
    return named[0]
