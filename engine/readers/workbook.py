"""XLSX sheets: stored values as Excel would show them, every cell as text.

Source: ECMA-376 part 1, 18.3 (cells, their types and cached values) and 18.8.30
(number formats); dates come by the number format, as openpyxl tells them.
"""

from __future__ import annotations

import datetime as dt
import errno
import re
import warnings
import zipfile
import zlib
from collections.abc import Iterator, Sequence
from contextlib import ExitStack, contextmanager
from itertools import count, islice
from typing import Any
from xml.etree import ElementTree

import numpy as np
import openpyxl
import pyarrow as pa
from openpyxl.utils import get_column_letter

from engine.readers.archive import fault_of
from engine.readers.source import Cells, Header, Reader, Source, choices, more
from engine.readers.texts import clock, shortest

_LAST_ROW = 1_048_576  # of any sheet (ECMA-376 part 1, 18.3.1.73: as many as the first program had)
_MOST_BLANK = 5_000_000  # cells without a column
_SAVE_ANEW = "open the workbook in Excel and save it"
_ARCHIVE, _COMPOUND = b"PK\x03\x04", bytes.fromhex("d0cf11e0a1b11ae1")
_DAMAGED = (zipfile.BadZipFile, KeyError, OSError, ElementTree.ParseError, zlib.error, EOFError, ValueError,
            TypeError, IndexError, AttributeError, OverflowError, NotImplementedError, RuntimeError)
"""What the library, and the standard library's readers below it, raise on what is no workbook."""

_ESCAPE = re.compile("_x([0-9A-Fa-f]{4})_")


class WorkbookReader(Reader):
    """Reads one sheet of a workbook."""

    _width = 0
    _sheet: Any = None

    def __init__(self, source: Source, table: str) -> None:
        super().__init__(source, table)
        self._open_files = ExitStack()

    def close(self) -> None:
        self._open_files.close()

    def _open(self, values: bool) -> Any:
        """Open for reading by rows: cached values, or formulas."""
        file = self._open_files.enter_context(self.source.path.open("rb"))
        with self._undamaged():
            book = openpyxl.load_workbook(file, read_only=True, data_only=values)
        self._open_files.callback(book.close)
        return book

    @contextmanager
    def _undamaged(self) -> Iterator[None]:
        """Tell what the library says of a file that no spreadsheet program wrote.

        Nothing but calls of the library may stand inside: it has no exception of its own.
        """
        try:
            yield
        except _DAMAGED as error:
            raise self._damaged(error) from error

    def _damaged(self, error: Exception) -> Exception:
        if isinstance(error, OSError) and error.errno not in (None, errno.EINVAL):
            return error  # EINVAL: the archive says of a part that it begins before the file
        if isinstance(error, zipfile.BadZipFile | KeyError | OSError):
            return self._not_a_workbook()
        return self.error(f"is a damaged workbook ({error})", _SAVE_ANEW)

    def _rows(self, sheet: Any) -> Iterator[Any]:
        """The rows of a sheet, those left out as blank ones."""
        rows = sheet.iter_rows(max_row=_LAST_ROW + 1)  # the library would make up any number of rows
        for line in count(1):
            try:
                row = next(rows, None)
            except _DAMAGED as error:
                raise self._damaged(error) from error
            if row is None:
                return
            if line > _LAST_ROW:
                raise self.error(f"the sheet has a row beyond {_LAST_ROW:,}, the last there is", _SAVE_ANEW)
            yield row

    def _not_a_workbook(self) -> Exception:
        with self.source.path.open("rb") as file:
            start = file.read(1024)
        if start.startswith(_ARCHIVE) and not zipfile.is_zipfile(self.source.path):
            return self.error("the workbook is cut off or damaged", "copy it again, or export it anew")
        if start.startswith(_COMPOUND):
            return self.error("is an old .xls workbook, or one with a password", "save it as a plain .xlsx")
        if b"\0" not in start:
            return self.error("is text and no workbook", "write format: csv, or save it as .xlsx")
        return self.error("is not an XLSX workbook", "save it as a plain .xlsx")

    def _find_sheet(self) -> Any:
        with self._undamaged():
            fault = fault_of(self.source.path)
        if fault:
            raise self.error(fault, _SAVE_ANEW)
        book = self._open(values=True)
        names = [sheet.title for sheet in book.worksheets]
        wanted = self.source.sheet
        if not names:
            raise self.error("the workbook has no sheet of cells", _SAVE_ANEW)
        if wanted is None and len(names) != 1:
            raise self.error(f"the workbook has {len(names)} sheets and none is named",
                             f"write sheet: one of {', '.join(names)}")
        if wanted is not None and wanted not in names:
            raise self.error(f"no sheet '{wanted}'", choices(wanted, names, "the workbook has"))
        sheet = book[wanted or names[0]]
        sheet.reset_dimensions()  # what a file states of its size is often wrong
        return sheet

    def header(self) -> Header:
        with _quiet():
            self._sheet = self._find_sheet()
            return self._header()

    def _header(self) -> Header:
        last = max(self.source.header, self.source.labels or 1)
        rows = [[cell_text(cell) or "" for cell in row] for row in islice(self._rows(self._sheet), last)]
        if not rows:
            raise self.error("the sheet is empty")
        size = f"{len(rows)} row{'' if len(rows) == 1 else 's'}"
        for what, at in (("header", self.source.header), ("labels", self.source.labels or 1)):
            if at > len(rows):
                raise self.error(f"{what}: row {at}, but the sheet has {size}")
        names = rows[self.source.header - 1]
        while names and not names[-1].strip():
            names.pop()
        if not names:
            raise self.error("the header row is blank", line=self.source.header)
        self._width = len(names)
        labels = rows[self.source.labels - 1] if self.source.labels else []
        padded = [*labels, *[""] * len(names)][: len(names)]
        return Header(tuple(names), tuple(padded), line=self.source.header)

    def cells(self, positions: Sequence[int]) -> Cells:
        with _quiet():
            self._require_calculated(positions)
            return self._cells(positions)

    def _cells(self, positions: Sequence[int]) -> Cells:
        first = max(self.source.header, self.source.labels or 1)
        texts: dict[int, list[str | None]] = {at: [] for at in positions}
        lines: list[int] = []
        errors: list[tuple[int, int, str]] = []
        beyond: list[tuple[int, Any]] = []
        blank = 0
        for line, row in enumerate(self._rows(self._sheet), 1):
            blank += max(len(row) - self._width, 0)
            if blank > _MOST_BLANK:
                last = _name(len(row), line)
                raise self.error(f"rows go far beyond the last column with a name, to {last}",
                                 "delete those columns, for they hold formats", line=line)
            if line <= first or not _filled(row):
                continue
            beyond += [(line, cell) for cell in row[self._width:] if cell.value is not None]
            lines.append(line)
            for at in positions:
                cell = row[at] if at < len(row) else None
                texts[at].append(cell_text(cell))
                if cell is not None and cell.data_type == "e":
                    errors.append((at, line, str(cell.value)))
        if beyond:
            line, cell = beyond[0]
            told = f"cell {_name(cell.column, line)} holds {cell_text(cell)!r} and has no column name"
            raise self.error(told + more(len(beyond) - 1), line=line,
                             records=self.records(at for at, _ in beyond))
        arrays = {at: pa.array(column, pa.large_string()) for at, column in texts.items()}
        return Cells(arrays, np.array(lines, dtype="int32"), errors)

    def _require_calculated(self, positions: Sequence[int]) -> None:
        """Refuse formulas that were never calculated: the file holds no value for them."""
        if not self._has_formulas():
            return
        first, asked = max(self.source.header, self.source.labels or 1), set(positions)
        sheet = self._open(values=False)[self._sheet.title]
        sheet.reset_dimensions()
        pairs = zip(self._rows(self._sheet), self._rows(sheet), strict=True)
        bare = [
            (line, at) for line, (values, formulas) in enumerate(pairs, 1) if line > first
            for at, (value, formula) in enumerate(zip(values, formulas, strict=True))
            if at in asked and value.value is None and formula.data_type == "f"
            and value.data_type != "str"  # a formula whose value is the empty text
        ]
        if bare:
            line, at = bare[0]
            told = f"cell {_name(at + 1, line)} holds a formula without a value{more(len(bare) - 1)}"
            raise self.error(told, "open the workbook in Excel and save it", line=line,
                             records=self.records(line for line, _ in bare))

    def _has_formulas(self) -> bool:
        with self._undamaged(), zipfile.ZipFile(self.source.path) as archive:
            sheets = [name for name in archive.namelist() if name.startswith("xl/worksheets/")]
            return any(_holds_formula(archive, name) for name in sheets)


def _holds_formula(archive: zipfile.ZipFile, name: str) -> bool:
    with archive.open(name) as stream:
        before = b""
        while chunk := stream.read(1 << 20):
            if b"<f" in before[-1:] + chunk:
                return True
            before = chunk
    return False


@contextmanager
def _quiet() -> Iterator[None]:
    """Silence the library: it warns of styles that hold no data, and of dates that come as errors."""
    with warnings.catch_warnings():
        warnings.filterwarnings("ignore", module="openpyxl")
        yield


def _filled(row: Sequence[Any]) -> bool:
    return any(cell.value is not None for cell in row)


def _name(column: int, line: int) -> str:
    return f"{get_column_letter(column)}{line}"


def cell_text(cell: Any) -> str | None:
    """A cell's stored value as text: ISO dates, TRUE and FALSE, numbers at their shortest."""
    value = None if cell is None else cell.value
    if value is None:
        return None
    if isinstance(value, str):
        return _ESCAPE.sub(_unescape, value)
    if isinstance(value, bool):
        return "TRUE" if value else "FALSE"
    if isinstance(value, int):
        return str(value)
    if isinstance(value, float):
        return shortest(value)
    return _moment_text(value, cell.number_format)


def _unescape(found: re.Match[str]) -> str:
    """``_x000D_`` is a carriage return (ECMA-376 part 1, 22.9.2.19); controls XML lacks stay."""
    code = int(found.group(1), 16)
    return chr(code) if code >= 32 or code in (9, 10, 13) else found.group()


def _moment_text(value: Any, number_format: str) -> str:
    """A date or time in ISO 8601, to the precision its number format shows, and never cut."""
    shows = re.sub(r'"[^"]*"|\\.|\[(?![hms]+\])[^]]*\]', "", number_format.lower())
    if isinstance(value, dt.timedelta):
        return clock(value.total_seconds())
    if isinstance(value, dt.time):
        return _short(value.isoformat(), shows)
    if not isinstance(value, dt.datetime):
        return str(value.isoformat())
    if value.time() == dt.time() and "h" not in shows:
        return value.date().isoformat()
    return _short(value.isoformat(), shows)


def _short(text: str, shows: str) -> str:
    """Leave out seconds that are zero and that the number format does not show."""
    return text[:-3] if text.endswith(":00") and "s" not in shows else re.sub(r"(\.\d*[1-9])0+$", r"\1", text)
