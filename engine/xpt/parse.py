"""Reads the headers of a transport file: its datasets, their variables, where their records stand."""

from __future__ import annotations

import os
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, replace
from typing import Any, BinaryIO, NoReturn

import numpy as np

from engine.errors import DataError, Place, Problem
from engine.xpt import layout
from engine.xpt.layout import RECORD
from engine.xpt.model import LIMITS, SHORTEST, Metadata, Variable
from engine.xpt.texts import Encoding

_FIRST_BLOCK, _BLOCK = 50 * RECORD, 50_000 * RECORD
"""Bytes looked at for headers: a few first, as a file may hold thousands of small datasets, then many."""
_START = np.frombuffer(b"HEADER R", dtype="uint64")[0]
_TEXTS = LIMITS[8].text


@dataclass(frozen=True)
class Member:
    """A dataset of a file: what is said of it, where its records begin and how long each is, in bytes."""

    metadata: Metadata
    start: int
    length: int
    positions: tuple[int, ...]

    @property
    def subject(self) -> int | None:
        """The position of USUBJID among the variables."""
        names = self.metadata.column_names
        return names.index("USUBJID") if "USUBJID" in names else None


class Parser:
    """Reads one open file from header to header; what is wrong with it is a DataError that names it."""

    def __init__(self, file: BinaryIO, shown: str, encoding: Encoding) -> None:
        self._file = file
        self._shown = shown
        self._encoding = encoding
        self._size = os.fstat(file.fileno()).st_size
        self._version = 5

    def members(self) -> list[Member]:
        """The datasets of the file, in their order."""
        head = self._file.read(3 * RECORD)
        version = layout.version_of(head)
        if version is None:
            self._refuse("is not a SAS transport file",
                         "PROC CPORT wrote it; export it with the XPORT engine" if head[:3] == b"**C" else "")
        self._version = version
        if self._size % RECORD:
            self._damaged(f"it has {self._size} bytes, which is no multiple of {RECORD}")
        found: list[Member] = []
        at = 3 * RECORD
        while at < self._size:
            if found and layout.version_of(self._card(at)) is not None:  # files put one after the other
                at += 3 * RECORD
            member, at = self._member(at)
            found.append(member)
        return found

    def _member(self, at: int) -> tuple[Member, int]:
        """The dataset whose headers begin here, and where the next begins."""
        sizes = self._expect(at, "member")[74:78].strip()
        size = int(sizes) if sizes in (b"136", b"140") else layout.NAMESTR.itemsize
        self._expect(at + RECORD, "descriptor")
        metadata = self._described(self._bytes(at + 2 * RECORD, 2 * RECORD))
        counted = self._expect(at + 4 * RECORD, "variables")[52:58]
        if not counted.strip().isdigit():
            self._damaged(f"the NAMESTR header states {counted.decode('latin-1')!r} variables")
        count = int(counted)
        data = self._bytes(at + 5 * RECORD, size * count)
        variables, positions = self._variables(data, count, size, metadata.name)
        at += 5 * RECORD + layout.padded(size * count)
        if layout.card_name(self._card(at)) in layout.LABELS:
            variables, at = self._labels(variables, at)
        stated = self._expect(at, "observations")[48:63]
        names = Counter(v.name for v in variables)
        if twice := next((name for name, times in names.items() if times > 1), None):
            self._refuse(f"variable {twice} stands twice in dataset {metadata.name}")
        length, start = sum(v.length for v in variables), at + RECORD
        records, end = self._records(stated, start, length)
        metadata = replace(metadata, records=records, variables=tuple(variables))
        return Member(metadata, start, length, positions), end

    def _described(self, data: bytes) -> Metadata:
        """The two records that describe a dataset."""
        width = 8 if self._version == 5 else 32
        sas, system = data[16 + width : 24 + width], data[24 + width : 32 + width]
        name = self._text(data[8 : 8 + width], "the dataset's name")
        return Metadata(
            name, self._text(data[RECORD + 32 : RECORD + 72], f"the label of {name}"), self._version,
            layout.moment_of(data[64:80]), layout.moment_of(data[RECORD : RECORD + 16]), 0, (),
            sas=sas.decode("latin-1").strip(" \0"), system=system.decode("latin-1").strip(" \0"),
            kind=data[RECORD + 72 :].decode("latin-1").strip(" \0"))

    def _variables(self, data: bytes, count: int, size: int,
                   dataset: str) -> tuple[list[Variable], tuple[int, ...]]:
        """The variables of their descriptions, and where each stands in a record."""
        whole = np.zeros((count, layout.NAMESTR.itemsize), dtype="uint8")
        whole[:, :size] = np.frombuffer(data, dtype="uint8").reshape(count, size)
        rows = whole.view(layout.NAMESTR).ravel()
        variables = [self._variable(row, number, dataset) for number, row in enumerate(rows, start=1)]
        position = 0
        for at in np.argsort(rows["position"], kind="stable"):
            found = int(rows["position"][at])
            if found != position:
                name = variables[at].name
                self._damaged(f"variable {name} stands at byte {found} of a record, not at {position}")
            position += variables[at].length
        return variables, tuple(rows["position"].tolist())

    def _variable(self, row: Any, number: int, dataset: str) -> Variable:
        stored = row["long_name"] if self._version == 8 and row["long_name"].strip() else row["name"]
        name = self._text(stored, f"the name of variable {number}")
        shown = f"{dataset}.{name}"
        kind, length = int(row["type"]), int(row["length"])
        if not name or kind not in (1, 2):
            self._damaged(f"variable {number} has {'no name' if not name else f'type {kind}, not 1 or 2'}")
        least, most = (SHORTEST, 8) if kind == 1 else (1, _TEXTS)
        if not least <= length <= most:
            self._damaged(f"the length of {shown}, {length}, is not within {least} to {most}")
        formats = []
        for word, width, decimals in (("format", "width", "decimals"),
                                      ("informat", "informat_width", "informat_decimals")):
            text = self._text(row[word], f"the {word} of {shown}")
            formats.append(layout.joined_format(text, max(int(row[width]), 0), max(int(row[decimals]), 0)))
        label = self._text(row["label"], f"the label of {shown}")
        return Variable(name, label, "Num" if kind == 1 else "Char", length, *formats)

    def _labels(self, variables: list[Variable], at: int) -> tuple[list[Variable], int]:
        """Variables with the long labels and formats of their section, and where it ends."""
        head = self._card(at)
        full = layout.card_name(head) == layout.LABELS[1]
        counted = head[48:60].strip()
        if not counted.isdigit():
            self._damaged("the header of long labels does not state how many there are")
        if int(counted) > len(variables):
            self._damaged(f"{int(counted)} long labels are stated for {len(variables)} variables")
        at += RECORD
        numbers = {v.name: n for n, v in enumerate(variables)}
        for _ in range(int(counted)):
            words = 5 if full else 3
            number, *sizes = np.frombuffer(self._bytes(at, 2 * words), dtype=">u2").tolist()
            at += 2 * words
            texts = []
            for size in sizes:
                texts.append(self._text(self._bytes(at, size), "a long label or format"))
                at += size
            n = numbers.get(texts[0], number - 1)
            if not 0 <= n < len(variables):
                self._damaged(f"a long label is for variable {number} of {len(variables)}")
            named = zip(("format", "informat"), texts[2:], strict=False)
            formats = {key: text for key, text in named if text}
            variables[n] = replace(variables[n], name=texts[0] or variables[n].name,
                                   label=texts[1] or variables[n].label, **formats)
        return variables, layout.padded(at)

    def _records(self, stated: bytes, start: int, length: int) -> tuple[int, int]:
        """How many records stand here, and where they end."""
        digits = stated.strip() if self._version == 8 and stated != b"0" * 15 else b""
        if digits:
            if not digits.isdigit():
                self._damaged(f"its OBS header states {digits.decode('latin-1')!r} records")
            records = int(digits)
            end = start + layout.padded(records * length)
            if records and not length:
                self._damaged(f"{records} records are stated, and it has no variables")
            if end > self._size:
                room = (self._size - start) // length
                self._damaged(f"{records} records of {length} bytes are stated, there is room for {room}")
            if end < self._size and layout.card_name(self._card(end)) not in layout.HEADS:
                self._damaged(f"{records} records are stated, and more bytes than these follow")
            return records, end
        end = next(self._heads(start), self._size)
        return self._counted(start, end, length), end

    def _counted(self, start: int, end: int, length: int) -> int:
        """Records that nobody counted: what follows them is less than 80 bytes, all blank.

        Of records shorter than 80 bytes those at the end that are blank and lie
        in the last 80 bytes alone are taken for the padding; so does SAS.
        """
        size = end - start
        if not size:
            return 0
        if not length:
            self._damaged("it has no variables, and bytes where records stand")
        records = size // length
        tail = self._bytes(start + records * length, size - records * length)
        if len(tail) >= RECORD or tail.strip(b" "):
            self._damaged(f"the last record, {records + 1}, has {len(tail)} of {length} bytes")
        least = (size - RECORD) // length + 1
        if least > records:
            return records
        last = self._bytes(start + least * length, (records - least) * length)
        return least + -(-len(last.rstrip(b" ")) // length)

    def _heads(self, start: int) -> Iterator[int]:
        """Where header records of datasets stand from here on; they begin at multiples of 80 bytes."""
        buffer, at, block = bytearray(min(_BLOCK, self._size)), start, _FIRST_BLOCK
        while at < self._size:
            self._file.seek(at)
            size = self._file.readinto(memoryview(buffer)[:block])  # type: ignore[attr-defined]
            block = min(4 * block, _BLOCK)
            first = np.ndarray((size // RECORD,), dtype="uint64", buffer=buffer, strides=(RECORD,))
            for card in np.flatnonzero(first == _START):
                record = bytes(buffer[card * RECORD : (card + 1) * RECORD])
                if layout.card_name(record) in layout.HEADS:
                    yield at + int(card) * RECORD
            at += size

    def _expect(self, at: int, kind: str) -> bytes:
        record, wanted = self._card(at), layout.NAMES[kind][self._version]
        if layout.card_name(record) != wanted:
            self._damaged(f"a {wanted.decode().strip()} header is missing at byte {at}")
        return record

    def _card(self, at: int) -> bytes:
        return self._bytes(at, RECORD)

    def _bytes(self, at: int, size: int) -> bytes:
        self._file.seek(at)
        data = self._file.read(size) if at + size <= self._size else b""
        if len(data) < size:
            self._damaged(f"it ends at byte {self._size}, in the midst of its headers")
        return data

    def _text(self, data: bytes, what: str) -> str:
        try:
            return data.rstrip(b" \0").decode(self._encoding.name)
        except UnicodeDecodeError:
            self._refuse(f"{what} is not {self._encoding.name}", ENCODING_HINT)

    def _damaged(self, how: str) -> NoReturn:
        self._refuse("is cut short or damaged", how)

    def _refuse(self, message: str, hint: str = "") -> NoReturn:
        raise DataError(Problem(Place(self._shown), "", message, hint))


ENCODING_HINT = "give the true encoding, for example gb18030 or cp1252"
"""What helps where bytes are no text of the encoding."""
