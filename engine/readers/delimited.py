"""CSV and TSV files: a fast way for well-formed files, a careful one for the rest.

The careful way (Python's ``csv``, strict) is the rule; the fast way (arrow) is
taken only where the bytes show that both give the same.
Source of the form: RFC 4180, with any delimiter and with LF, CRLF or CR lines.
"""

from __future__ import annotations

import codecs
import csv
import io
from collections.abc import Iterator, Sequence
from itertools import islice
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.csv as arrow_csv

from engine.readers.source import Cells, Header, Reader, more

_BLOCK = 16 << 20
_LF, _CR = 10, 13
_BOMS = ((codecs.BOM_UTF8, "utf-8-sig"), (codecs.BOM_UTF16_LE, "utf-16"), (codecs.BOM_UTF16_BE, "utf-16"))


class DelimitedReader(Reader):
    """Reads one delimited text file."""

    _width = 0
    _first = 1
    """The number of cells of a record and the line of the first one: known from the header."""

    def header(self) -> Header:
        for what, word in (("delimiter", self._delimiter), ("quote", self.source.quote or '"')):
            if len(word) != 1 or not word.isascii():
                raise self.error(f"{what}: '{word}' is not one ASCII character")
        encoding = self._encoding()
        try:
            with self.source.path.open(encoding=encoding, newline="") as file:
                found = self._header_records(iter(file))
        except UnicodeDecodeError:
            self._load()  # says where
            raise
        names = found[self.source.header]
        labels = found.get(self.source.labels or 0, [])
        self._width = len(names)
        if not any(name.strip() for name in names):
            raise self.error("the header line is blank", line=self.source.header)
        padded = [*labels, *[""] * len(names)][: len(names)]
        return Header(tuple(names), tuple(padded), line=self.source.header)

    def _header_records(self, lines: Iterator[str]) -> dict[int, list[str]]:
        """The records on the header's and the labels' line; sets where the data start."""
        found: dict[int, list[str]] = {}
        at = 0
        for target in sorted({self.source.header, self.source.labels or self.source.header}):
            if target <= at:
                raise self.error(f"line {target} is part of a quoted cell that starts above it", line=target)
            passed = sum(1 for _ in islice(lines, target - 1 - at))
            reader = self._csv(lines)
            try:
                record = next(reader, None)
            except csv.Error as error:
                raise self._broken(error, target) from error
            if record is None:
                raise self._too_short(target, at + passed)
            found[target] = record
            at = target - 1 + reader.line_num
        self._first = at + 1
        return found

    def _too_short(self, target: int, lines: int) -> Exception:
        if not lines:
            return self.error("the file is empty")
        what = "header" if target == self.source.header else "labels"
        return self.error(f"{what}: line {target}, but the file has {lines} line{'' if lines == 1 else 's'}")

    def _csv(self, lines: Iterator[str]) -> Any:
        quote = self.source.quote
        return csv.reader(lines, delimiter=self._delimiter, quotechar=quote or None, strict=True,
                          quoting=csv.QUOTE_MINIMAL if quote else csv.QUOTE_NONE)

    @property
    def _delimiter(self) -> str:
        return self.source.delimiter or ("\t" if self.source.path.suffix.lower() == ".tsv"
                                         or self.source.format == "tsv" else ",")

    def _broken(self, error: csv.Error, line: int) -> Exception:
        if "unexpected end of data" in str(error):
            return self.error("a quoted cell is never closed", line=line)
        return self.error(f"the line cannot be split into cells: {error}", line=line)

    def _encoding(self) -> str:
        """The encoding the file's byte order mark states, or the spec's."""
        with self.source.path.open("rb") as file:
            start = file.read(4)
        try:
            "".encode(self.source.encoding)
        except LookupError as error:
            raise self.error(f"unknown encoding '{self.source.encoding}'",
                             "for example utf-8, utf-16, gb18030, cp1252") from error
        return next((name for mark, name in _BOMS if start.startswith(mark)), self.source.encoding)

    def _load(self) -> bytes:
        """The whole file as UTF-8 without a byte order mark."""
        data, encoding = self.source.path.read_bytes(), self._encoding()
        try:
            text = data.decode(encoding)
        except UnicodeDecodeError as error:
            raise self._undecodable(data, error) from error
        if codecs.lookup(encoding).name in ("utf-8", "utf-8-sig"):
            utf8 = data.removeprefix(codecs.BOM_UTF8)
        else:
            utf8 = text.encode("utf-8")
        nul = utf8.find(0)
        if nul >= 0:
            wide = utf8.count(0) * 4 > len(utf8)
            hint = "is the file UTF-16? write encoding: utf-16" if wide else ""
            position = nul - utf8.rfind(b"\n", 0, nul)
            raise self.error(f"a NUL character at byte {position} of the line", hint,
                             line=utf8.count(b"\n", 0, nul) + 1)
        return utf8

    def _undecodable(self, data: bytes, error: UnicodeDecodeError) -> Exception:
        line = data.count(b"\n", 0, error.start) + 1
        position = error.start - data.rfind(b"\n", 0, error.start)
        other = next((name for name in ("gb18030", "cp1252") if _decodes(data, name)), None)
        hint = f"the file reads as {other}: write encoding: {other}" if other else ""
        if other == self.source.encoding:
            hint = ""
        return self.error(f"byte 0x{data[error.start]:02X}, number {position} of the line, "
                          f"is not {error.encoding}", hint, line=line)

    def cells(self, positions: Sequence[int]) -> Cells:
        data = self._load()
        return self._fast(data, positions) or self._careful(data, positions)

    def _fast(self, data: bytes, positions: Sequence[int]) -> Cells | None:
        """Read with arrow; None when the file is not plain enough to be sure of the result."""
        if self._width < 2 or data.count(b"\r") != data.count(b"\r\n"):
            return None
        body = data[_line_offset(data, self._first):]
        lines = _record_lines(np.frombuffer(body, dtype=np.uint8), self._delimiter, self.source.quote)
        if lines is None:
            return None
        if not len(lines):
            return Cells({at: pa.array([], pa.large_string()) for at in positions}, lines)
        names = [str(at) for at in range(self._width)]
        asked = [names[at] for at in positions] or names[:1]
        quote = self.source.quote
        try:
            table = arrow_csv.read_csv(
                pa.BufferReader(body),
                arrow_csv.ReadOptions(column_names=names, block_size=_BLOCK),
                arrow_csv.ParseOptions(delimiter=self._delimiter, quote_char=quote or False,
                                       newlines_in_values=bool(quote) and quote.encode() in body),
                arrow_csv.ConvertOptions(column_types=dict.fromkeys(asked, pa.string()), null_values=[],
                                         include_columns=asked, strings_can_be_null=False, check_utf8=False),
            )
        except pa.ArrowInvalid:
            return None
        if table.num_rows != len(lines):
            return None
        rows = (lines + self._first).astype("int32")
        return Cells({at: table.column(str(at)) for at in positions}, rows)

    def _careful(self, data: bytes, positions: Sequence[int]) -> Cells:
        """Read with Python's csv, which knows on which line each record starts."""
        lines = io.StringIO(data.decode("utf-8"), newline="")
        for _ in islice(lines, self._first - 1):
            pass
        kept: list[list[str]] = []
        starts: list[int] = []
        ragged: list[tuple[int, int]] = []
        reader, line = self._csv(lines), self._first
        try:
            for record in reader:
                if len(record) == self._width:
                    kept.append([record[at] for at in positions])
                    starts.append(line)
                elif len(record) > 1 or any(cell.strip() for cell in record):
                    ragged.append((line, len(record)))
                line = self._first + reader.line_num
        except csv.Error as error:
            raise self._broken(error, line) from error
        if ragged:
            raise self._ragged(ragged)
        columns = zip(*kept, strict=True) if kept else [()] * len(positions)
        arrays = [pa.array(column, pa.large_string()) for column in columns]
        return Cells(dict(zip(positions, arrays, strict=True)), np.array(starts, dtype="int32"))

    def _ragged(self, found: list[tuple[int, int]]) -> Exception:
        line, count = found[0]
        message = f"{count} cell{'' if count == 1 else 's'} where the header has {self._width}"
        quoted = self.source.quote and count > self._width
        hint = f"a cell that holds {self._delimiter!r} must be quoted" if quoted else ""
        return self.error(message + more(len(found) - 1), hint, line=line,
                          records=self.records(at for at, _ in found))


def _decodes(data: bytes, encoding: str) -> bool:
    try:
        data.decode(encoding)
    except UnicodeDecodeError:
        return False
    return True


def _line_offset(data: bytes, line: int) -> int:
    """Where a line (from 1) starts; the end of the data when there is no such line."""
    at = 0
    for _ in range(line - 1):
        at = data.find(b"\n", at) + 1
        if not at:
            return len(data)
    return at


def _record_lines(body: np.ndarray, delimiter: str, quote: str) -> np.ndarray | None:
    """The lines (from 0) on which records start: not blank, not inside a quoted cell.

    None when a quote stands where neither an opening nor a closing one can.
    """
    ends = np.flatnonzero(body == _LF)
    starts = np.concatenate(([0], ends + 1))
    ends = np.append(ends, len(body))
    sizes = ends - starts
    blank = sizes == 0
    one = np.flatnonzero(sizes == 1)
    blank[one] = body[starts[one]] == _CR
    starts_record = ~blank
    quotes = np.flatnonzero(body == ord(quote)) if quote else np.array([], dtype="int64")
    if len(quotes):
        if not _structural(body, quotes, ord(delimiter)):
            return None
        starts_record &= np.searchsorted(quotes, starts) % 2 == 0
    return np.flatnonzero(starts_record)


def _structural(body: np.ndarray, quotes: np.ndarray, delimiter: int) -> bool:
    """Whether quotes open and close cells by turns; a doubled quote closes and opens again."""
    if len(quotes) % 2:
        return False
    opening, closing = quotes[0::2], quotes[1::2]
    quote = int(body[quotes[0]])
    before = body[opening[opening > 0] - 1]
    after = body[closing[closing < len(body) - 1] + 1]
    return bool(np.isin(before, (delimiter, _LF, quote)).all()
                and np.isin(after, (delimiter, _LF, _CR, quote)).all())
