"""Writes the records of a dataset block by block, and collects what is wrong with them."""

from __future__ import annotations

import os
from collections.abc import Iterator, Mapping
from typing import Any, BinaryIO

import numpy as np
import pandas as pd

from engine.columns import Kind
from engine.errors import DataError, Place, Problem, Record
from engine.xpt import ibm, layout, times
from engine.xpt.checks import Header
from engine.xpt.contents import UnwritableError, content_of
from engine.xpt.faults import Faults, record_problem
from engine.xpt.model import LARGEST, SMALLEST, Metadata, Variable
from engine.xpt.numeric import Take, number_source
from engine.xpt.sources import BLOCK, BUFFER, Fault, TextSource, text_source
from engine.xpt.texts import Encoding

Part = pd.DataFrame | tuple[pd.DataFrame, Metadata]
"""A table, or what is read of a part of one: its special missing values are written too."""


def frame_of(part: Part) -> pd.DataFrame:
    """The table of a part."""
    return part[0] if isinstance(part, tuple) else part


class RecordWriter:
    """Writes the records of a dataset to an open file, block by block, and collects what is wrong."""

    def __init__(self, header: Header, encoding: Encoding, file: BinaryIO) -> None:
        self._header = header
        self._encoding = encoding
        self._file = file
        names = [v.name for v in header.variables]
        self._faults = Faults(header.file, header.name, names)
        self._record = np.dtype([(f"f{n}", f"S{v.length}" if v.type == "Char" else ">u8" if v.length == 8
                                  else f"V{v.length}") for n, v in enumerate(header.variables)])
        rows = max(1, min(BLOCK, BUFFER // self._record.itemsize))
        self._block = np.zeros(rows, dtype=self._record)
        self._last = b""
        self._written = 0
        self._cards: list[tuple[int, str]] = []

    def write(self, first: Any, parts: Iterator[Any], special: Mapping[str, pd.Series]) -> int:
        """Write headers, all parts and the padding; gives the number of records."""
        header = self._header
        numbers = {v.name for v in header.variables if v.type == "Num"}
        if strange := sorted(set(special) - numbers):
            raise ValueError(f"{strange[0]} is no number that is written, it has no special missing values")
        start = layout.heads(header.name, header.label.encode(header.label_encoding), header.variables,
                             header.label_bytes(), header.created, header.version)
        self._file.write(start)
        self._file.write(layout.observations(header.version))
        part: Any = first
        while part is not None:
            own = part[1].special if isinstance(part, tuple) else special
            self._part(frame_of(part), own)
            part = next(parts, None)
        problems = self._faults.problems()
        if header.version == 5 and not problems:
            problems = self._blank_end() + self._headers(len(start) + layout.RECORD)
        if problems:
            raise DataError(problems)
        self._file.write(layout.padding(self._written * self._record.itemsize))
        if header.version == 8:
            self._file.seek(len(start))
            self._file.write(layout.observations(8, self._written))
        return self._written

    def _part(self, frame: pd.DataFrame, special: Mapping[str, pd.Series]) -> None:
        sources = [self._source(frame, n) for n in range(len(self._header.variables))]
        letters = {n: special_of(frame, special[v.name]) for n, v in enumerate(self._header.variables)
                   if v.name in special}
        subjects = frame["USUBJID"] if "USUBJID" in frame.columns else None
        size, rows = len(frame), len(self._block)
        for start in range(0, size, rows):
            stop = min(start + rows, size)
            self._faults.first = self._written
            if subjects is not None:
                self._faults.subjects = lambda at, start=start: _texts(subjects.iloc[start + at])
            block = self._block[: stop - start]
            for number, source in enumerate(sources):
                if source is not None:
                    self._fill(block, number, source, start, stop, letters.get(number))
            if not self._faults:
                self._file.write(block.view("uint8").data)
                self._note_cards(block.view("uint8"))
            self._written += stop - start
            self._last = block[-1:].tobytes()

    def _source(self, frame: pd.DataFrame, number: int) -> TextSource | Take | None:
        """How a column is read; None when it cannot be written at all, which is noted."""
        variable, name = self._header.variables[number], self._header.name
        if variable.name not in frame.columns:
            self._faults.add_variable(number, "the table has no such column")
            return None
        values = frame[variable.name]
        if isinstance(values, pd.DataFrame):
            self._faults.add_variable(number, f"the table has {values.shape[1]} columns of this name")
            return None
        try:
            content = content_of(values)
        except UnwritableError as error:
            if values.dtype != "O":
                self._faults.add_variable(number, error.message, error.hint)
                return None
            content = None  # each object that is not of the variable's type is told by its record
        if variable.type == "Char":
            if content not in (Kind.TEXT, None) and values.dtype != "O":
                raise TypeError(f"{name}.{variable.name} is Char, its values are {values.dtype}")
            return text_source(values, self._encoding)
        self._require_kind(values, content, variable)
        return number_source(values, variable.format)

    def _require_kind(self, values: pd.Series, content: Kind | None, variable: Variable) -> None:
        """A bug of the caller: text for a number, or a date with a format that shows none."""
        name = f"{self._header.name}.{variable.name}"
        if content is Kind.TEXT and values.dtype != "O":
            raise TypeError(f"{name} is Num, its values are {values.dtype}")
        if content in (Kind.DATE, Kind.DATETIME, Kind.TIME):
            shown = times.kind_of(variable.format)
            if shown is Kind.NUMBER or (shown is Kind.TIME) != (content is Kind.TIME):
                raise TypeError(f"{name} has format {variable.format}, its values are {values.dtype}")

    def _fill(self, block: np.ndarray, number: int, source: Any, start: int, stop: int,
              special: tuple[np.ndarray, np.ndarray] | None) -> None:
        """Put a column's records into the block; what is wrong is noted."""
        variable, field = self._header.variables[number], f"f{number}"
        if variable.type == "Char":
            made, faults = source.take(start, stop, variable.length)
            if not faults:
                block[field] = made
        else:
            numbers, faults = source(start, stop)
            bits, more = number_bits(numbers, variable.length)
            faults = faults + more
            if special is not None:
                faults += put_special(bits, numbers, special, start)
            if not faults:
                put_number(block, field, bits, variable.length)
        for fault in faults:
            at = np.flatnonzero(fault.where)
            self._faults.add(number, fault.kind, at, fault.tell(int(at[0])))

    def _blank_end(self) -> list[Problem]:
        """A last record of blanks that readers take for the padding that ends the file.

        Padding is less than 80 bytes: a blank record is told from it where the
        records before do not reach into the last 80 bytes of the file.
        """
        size, records = self._record.itemsize, self._written
        if not records or self._last.strip(b" "):
            return []
        if layout.padded((records - 1) * size) < layout.padded(records * size):
            return []
        place = Place(self._header.file, records)
        message = f"record {records}, the last, is blank throughout, like the padding at the end of the file"
        hint = "drop it, or write version 8, which counts its records"
        return [Problem(place, self._header.name, message, hint, records=(Record(place),))]


    def _note_cards(self, data: np.ndarray) -> None:
        """Note where a block has what may be a header record, by its distance from the first record."""
        if self._header.version != 5:  # later ones count their records
            return
        begun, size = self._written * self._record.itemsize, self._record.itemsize
        found = layout.card_starts(data, begun % layout.RECORD)
        named = self._faults.subjects
        subjects = named(found // size) if named and len(found) else [""] * len(found)
        self._cards += zip((found + begun).tolist(), subjects, strict=True)

    def _headers(self, start: int) -> list[Problem]:
        """Records that readers take for the header of another dataset."""
        found = []
        for at, subject in self._cards:
            self._file.seek(start + at)
            if layout.card_name(self._file.read(layout.RECORD)) in layout.HEADS:
                place = Place(self._header.file, at // self._record.itemsize + 1)
                found.append(Record(place, subject))
        self._file.seek(0, os.SEEK_END)
        if not found:
            return []
        message = "its text stands in the file as the header of another dataset does"
        hint = "change it, or write version 8, which counts its records"
        return [record_problem(found, self._header.name, message, hint)]


def number_bits(numbers: np.ndarray, length: int) -> tuple[np.ndarray, list[Fault]]:
    """Doubles as IBM numbers, and those that have none or lose digits in a short length."""
    bits, bad = ibm.to_ibm(numbers)
    faults = []
    if bad is not None:
        faults.append(Fault("range", bad, lambda at: (
            f"{numbers[at]} is beyond the numbers of an XPT file ({SMALLEST:.2g} to {LARGEST:.2g})")))
    if length < 8 and (lost := ibm.lost(bits, length)) is not None:
        faults.append(Fault("short", lost, lambda at: f"{numbers[at]} loses digits in {length} bytes"))
    return bits, faults


def put_number(block: np.ndarray, field: str, bits: np.ndarray, length: int) -> None:
    """Put IBM numbers into the records, cut to their length."""
    if length == 8:
        block[field] = bits
    else:
        first = np.ascontiguousarray(bits.astype(">u8").view("uint8").reshape(-1, 8)[:, :length])
        block[field] = first.view(f"V{length}").ravel()


def special_of(frame: pd.DataFrame, letters: pd.Series) -> tuple[np.ndarray, np.ndarray]:
    """Positions in the frame, ascending, and the bits of the special missing values there.

    Raises ValueError for a letter that is none, or a label that the frame has not.
    """
    texts = letters.astype("str").str.removeprefix(".")
    strange = ~texts.isin(list(ibm.LETTERS))
    if strange.any():
        raise ValueError(f"{letters[strange].iloc[0]!r} is no special missing value; they are A to Z and _")
    at = frame.index.get_indexer(letters.index)
    if (at < 0).any():
        raise ValueError(f"the table has no record {letters.index[at < 0][0]} for a special missing value")
    order = np.argsort(at, kind="stable")
    return at[order], ibm.bits_of(texts.to_numpy("U1")[order])


def put_special(bits: np.ndarray, numbers: np.ndarray, special: tuple[np.ndarray, np.ndarray],
                start: int) -> list[Fault]:
    """Put special missing values in the place of missing ones; a number in that place is a fault."""
    positions, letters = special
    first, last = np.searchsorted(positions, [start, start + len(bits)])
    at = positions[first:last] - start
    taken = ~np.isnan(numbers[at])
    if taken.any():
        where = np.zeros(len(bits), dtype=bool)
        where[at[taken]] = True
        return [Fault("special", where, lambda n: (
            f"{numbers[n]} stands where a special missing value is given"))]
    bits[at] = letters[first:last]
    return []


def _texts(values: pd.Series) -> list[str]:
    return ["" if missing else str(value) for value, missing in zip(values, values.isna(), strict=True)]
