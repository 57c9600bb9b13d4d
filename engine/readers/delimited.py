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
from itertools import count, islice
from typing import Any, TextIO

import numpy as np
import pyarrow as pa
import pyarrow.csv as arrow_csv

from engine.errors import DataError, Problem, counted
from engine.readers.source import EMPTY, Cells, Header, Reader, also

_DELIMITERS = {";": "';'", "\t": "a tab", "|": "'|'", ",": "','"}
"""What separates cells in files that are met, with the words for it."""
_BLOCK = 4 << 20
_LIKE_ASCII = ("ascii", "utf-8", "utf-8-sig", "iso8859-1", "cp1252", "gb18030")
"""Encodings in which ASCII bytes are what they are in UTF-8, so that nothing need be decoded."""
_BY_CODES = pa.dictionary(pa.int32(), pa.string())
_NO_ENCODING = frozenset(
    {"", "undefined", "idna", "punycode", "unicode-escape", "raw-unicode-escape", "utf-7"})
"""Codecs of Python's that are no encoding of a file."""
_LONGEST_LINE = 8 << 20
_LF, _CR = 10, 13
_BOMS = ((codecs.BOM_UTF8, "utf-8-sig"), (codecs.BOM_UTF32_LE, "utf-32"), (codecs.BOM_UTF32_BE, "utf-32"),
         (codecs.BOM_UTF16_LE, "utf-16"), (codecs.BOM_UTF16_BE, "utf-16"))


class DelimitedReader(Reader):
    """Reads one delimited text file."""

    _names: tuple[str, ...] = ()
    _first = 1
    """The columns, as many as a record has cells, and the line of the first record: known from the header."""

    @property
    def _width(self) -> int:
        return len(self._names)

    def header(self) -> Header:
        for what, word in (("delimiter", self._delimiter), ("quote", self.source.quote or '"')):
            if len(word) != 1 or not word.isascii():
                raise self.error(f"{what}: '{word}' is not one ASCII character")
        if self._delimiter in ("\r", "\n", self.source.quote):
            what = "the quote" if self._delimiter == self.source.quote else "a line end"
            raise self.error(f"delimiter: it is {what}", "give the sign that separates cells")
        encoding = self._encoding()
        try:
            with self.source.path.open(encoding=encoding, newline="") as file:
                found = self._header_records(self._lines(file))
        except UnicodeDecodeError:
            self._load()  # says where
            raise
        names = found[self.source.header]
        labels = found.get(self.source.labels or 0, [])
        self._names = tuple(names)
        if any("\0" in name for name in names):
            self._load()  # says where
        if not any(name.strip() for name in names):
            raise self.error("the header line is blank", "'header' says which line names the columns",
                             line=self.source.header)
        self._require_delimiter(names, encoding)
        padded = [*labels, *[""] * len(names)][: len(names)]
        return Header(tuple(names), tuple(padded), line=self.source.header)

    def _require_delimiter(self, names: list[str], encoding: str) -> None:
        """Refuse a header of one column that another delimiter would split; ``rename`` says it is one."""
        if len(names) > 1 or names[0] in self.source.columns:
            return
        other = max(_DELIMITERS, key=names[0].count)
        if other != self._delimiter and other in names[0]:
            written = '"\\t"' if other == "\t" else f"'{other}'"
            shown = names[0] if len(names[0]) <= 60 else f"{names[0][:57]}..."
            marked = "" if encoding.startswith("utf-8") or encoding == self.source.encoding else (
                f"the file is {encoding.upper()} by its byte order mark, and ")
            raise self.error(f"{marked}the header is one column, '{shown}'",
                             f"the delimiter is probably {_DELIMITERS[other]}: write delimiter: {written}",
                             line=self.source.header)

    def _lines(self, file: TextIO) -> Iterator[str]:
        """The lines of a file, none of a length that no header has."""
        for number in count(1):
            line = file.readline(_LONGEST_LINE + 1)
            if len(line) > _LONGEST_LINE:
                raise self.error(f"the line has more than {_LONGEST_LINE:,} characters",
                                 "is it a text file, and 'encoding' right?", line=number)
            if not line:
                return
            yield line

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
            return self.error("the file is empty", EMPTY)
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
            return self._never_closed(line)
        if "field limit" in str(error):
            return self.error(f"a cell has more than {csv.field_size_limit():,} characters",
                              "is a quote not closed?" if self.source.quote else "", line=line)
        hint = ("give 'delimiter' if it is another sign" if line == self.source.header
                else "a quotation mark inside a quoted cell is written twice")
        return self.error(f"the line cannot be split into cells: {error}", hint, line=line)

    def _never_closed(self, line: int) -> Exception:
        """Tell a quotation mark that opens on a line and has no second one to the end of the file."""
        rest = list(islice(io.StringIO(self._load().decode("utf-8"), newline=""), line - 1, None))
        try:
            cells = len(next(csv.reader(rest, delimiter=self._delimiter, quotechar=self.source.quote)))
        except csv.Error:
            cells = 0
        where = f" of {self._names[cells - 1]}" if 0 < cells <= self._width else ""
        return self.error(f"the quotation mark{where} is never closed: the cell would end with the file, "
                          f"in line {line + len(rest) - 1}",
                          "close it, or write it twice if it belongs to the text", line=line)

    def _encoding(self) -> str:
        """The encoding the file's byte order mark states, or the spec's."""
        with self.source.path.open("rb") as file:
            start = file.read(4)
        try:
            "".encode(self.source.encoding)
            name = codecs.lookup(self.source.encoding).name
        except (LookupError, UnicodeError):
            name = ""
        if name in _NO_ENCODING:
            raise self.error(f"unknown encoding '{self.source.encoding}'",
                             "for example utf-8, utf-16, gb18030, cp1252")
        stated = next((name for mark, name in _BOMS if start.startswith(mark)), None)
        if stated is None and name in ("utf-16", "utf-32"):
            raise self.error(f"has no byte order mark, as {name} has",
                             f"write encoding: {name}-le or {name}-be, or the true one")
        return stated or self.source.encoding

    def _load(self) -> bytes:
        """The whole file as UTF-8 without a byte order mark."""
        data, encoding = self.source.path.read_bytes(), self._encoding()
        if codecs.lookup(encoding).name in _LIKE_ASCII and data.isascii():
            utf8 = data
        else:
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
            hint = "is the file UTF-16? write encoding: utf-16" if wide else "export the file anew"
            before = utf8[utf8.rfind(b"\n", 0, nul) + 1:nul]
            line, cell = utf8.count(b"\n", 0, nul) + 1, before.count(self._delimiter.encode())
            plain = not (self.source.quote and self.source.quote.encode() in before)
            named = plain and line >= self._first and cell < self._width
            where = f", in {self._names[cell]}" if named else ""
            raise self.error(f"a NUL character (U+0000) at byte {len(before) + 1} of the line{where}", hint,
                             line=line)
        return utf8

    def _undecodable(self, data: bytes, error: UnicodeDecodeError) -> Exception:
        line = data.count(b"\n", 0, error.start) + 1
        position = error.start - data.rfind(b"\n", 0, error.start)
        other = next((name for name in ("utf-8", "gb18030", "cp1252") if _decodes(data, name)), None)
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
        if self._width < 2 or (b"\r" in data and data.count(b"\r") != data.count(b"\r\n")):
            return None
        start, quote = _line_offset(data, self._first), self.source.quote
        body = pa.py_buffer(data).slice(start)
        quoted = bool(quote) and data.find(quote.encode(), start) >= 0
        table = self._parsed(body, [str(at) for at in positions], quoted)
        if table is None:
            return None
        # Without quotes a record is a line, and with as many records as lines none of these is blank.
        size = data.count(b"\n", start) + (not data.endswith(b"\n") and start < len(data))
        lines = np.arange(size) if not quoted and table.num_rows == size else _record_lines(
            np.frombuffer(body, dtype=np.uint8), self._delimiter, quote)
        if lines is None or table.num_rows != len(lines):
            return None
        rows = (lines + self._first).astype("int32")
        return Cells({at: table.column(str(at)) for at in positions}, rows)

    def _parsed(self, body: Any, asked: list[str], quoted: bool) -> Any:
        """The lines as an arrow table whose columns are named by position; None where arrow refuses them."""
        names = [str(at) for at in range(self._width)]
        if not body.size:
            return pa.table({name: pa.array([], pa.large_string()) for name in asked or names[:1]})
        quote = self.source.quote
        try:
            return arrow_csv.read_csv(
                pa.BufferReader(body),
                # One thread: two cores would halve the wait and take half as much time again.
                arrow_csv.ReadOptions(column_names=names, block_size=_BLOCK, use_threads=False),
                arrow_csv.ParseOptions(delimiter=self._delimiter, quote_char=quote or False,
                                       newlines_in_values=quoted),
                arrow_csv.ConvertOptions(column_types=dict.fromkeys(asked, _BY_CODES), null_values=[],
                                         include_columns=asked or names[:1], strings_can_be_null=False,
                                         check_utf8=False),
            )
        except pa.ArrowInvalid:
            return None

    def _careful(self, data: bytes, positions: Sequence[int]) -> Cells:
        """Read with Python's csv, which knows on which line each record starts."""
        lines = io.StringIO(data.decode("utf-8"), newline="")
        for _ in islice(lines, self._first - 1):
            pass
        kept: list[list[str]] = []
        starts: list[int] = []
        ragged: list[tuple[int, list[str]]] = []
        reader, line = self._csv(lines), self._first
        try:
            for record in reader:
                if len(record) == self._width:
                    kept.append([record[at] for at in positions])
                    starts.append(line)
                elif len(record) > 1 or any(cell.strip() for cell in record):
                    ragged.append((line, record))
                line = self._first + reader.line_num
        except csv.Error as error:
            raise self._broken(error, line) from error
        if ragged:
            raise self._ragged(ragged)
        columns = zip(*kept, strict=True) if kept else [()] * len(positions)
        arrays = [pa.array(column, pa.large_string()) for column in columns]
        return Cells(dict(zip(positions, arrays, strict=True)), np.array(starts, dtype="int32"))

    def _ragged(self, found: list[tuple[int, list[str]]]) -> DataError:
        """Records of another width than the header's: a problem for each number of cells."""
        lines: dict[int, list[int]] = {}
        for line, record in found:
            lines.setdefault(len(record), []).append(line)
        first = {len(record): record for _, record in reversed(found)}
        problems: list[Problem] = []
        for cells, at in lines.items():
            shown = f" ('{first[cells][0][:40]}')" if cells == 1 else ""
            told = f"{counted(cells, 'cell')}{shown} where the header has {self._width}"
            hint = "delete the line if it is no record; quote a cell that holds a line break"
            if cells > self._width:
                hint = f"a cell that holds {self._delimiter!r} must be quoted" if self.source.quote else (
                    "'quote' says what sets off a cell that holds the delimiter")
            problems += self.error(told + also(at[1:]), hint, line=at[0], records=self.records(at)).problems
        return DataError(problems)


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
